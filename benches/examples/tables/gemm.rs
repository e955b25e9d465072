//! The baseline of convolution: columns of a few rows of outputs at a time, multiplied by a library.
//!
//! The product is ndarray's, which is `matrixmultiply`'s for `f32`.

use std::cell::RefCell;

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, s};
use windows_benches::layers::Layer;
use windows_conv::{ColumnOrder, Im2col};
use windows_core::{Border, DynView, WindowSpec};

/// Bytes of columns at a time: what the second level of cache keeps beside the weights.
const COLUMNS: usize = 512 << 10;

/// A convolution of one group: images and weights as the layer has them, channels first.
pub(crate) struct Baseline {
    layer: Layer,
    weights: Vec<f32>,
    bias: Vec<f32>,
    /// The image with its border, and the columns.
    memory: RefCell<(Vec<f32>, Vec<f32>)>,
}

impl Baseline {
    pub(crate) fn new(layer: Layer, weights: &[f32], bias: &[f32]) -> Self {
        assert_eq!(layer.groups, 1, "one product a layer");
        let side = layer.len + 2 * layer.padding;
        let memory = (vec![0.0; layer.channels * side * side], Vec::new());
        let (weights, bias) = (weights.to_vec(), bias.to_vec());
        Self { layer, weights, bias, memory: RefCell::new(memory) }
    }

    pub(crate) fn run(&self, x: &DynView<'_, f32>, out: &mut [f32]) {
        let Layer { channels, out_channels, len, size, step, padding, .. } = self.layer;
        let (padded, columns) = &mut *self.memory.borrow_mut();
        let around = [0, 0, padding, padding];
        x.pad_into(around, around, Border::Constant(0.0), padded).expect("room for the border");
        let side = len + 2 * padding;
        let x = DynView::new(padded, [1, channels, side, side]).expect("an image");

        let (width, taps) = (self.layer.out_len(), channels * size * size);
        let weights = ArrayView2::from_shape((out_channels, taps), &self.weights).expect("weights");
        let mut out =
            ArrayViewMut2::from_shape((out_channels, width * width), out).expect("an output");
        for (mut channel, &bias) in out.outer_iter_mut().zip(&self.bias) {
            channel.fill(bias);
        }
        let rows = (COLUMNS / (4 * taps * width)).clamp(1, width);
        for first in (0..width).step_by(rows) {
            let rows = rows.min(width - first);
            let from = first * step;
            let band =
                x.slice(2, from..from + (rows - 1) * step + size).expect("rows of the image");
            let im2col = Im2col::new(band.layout(), WindowSpec::new([size, size]).step(step))
                .expect("windows that fit");
            columns.resize(im2col.len(), 0.0);
            im2col.write_into(&band, ColumnOrder::Torch, columns).expect("columns");
            let columns = ArrayView2::from_shape((taps, rows * width), columns).expect("columns");
            let places = s![.., first * width..(first + rows) * width];
            general_mat_mul(1.0, &weights, &columns, 1.0, &mut out.slice_mut(places));
        }
    }
}
