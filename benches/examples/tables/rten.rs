//! The same layers by rten.

use rten::BufferPool;
use rten::ops::{Padding, conv};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;
use windows_benches::layers::Layer;

/// A convolution of one image, channels first.
pub(crate) struct Rten {
    layer: Layer,
    image: Tensor<f32>,
    weights: Tensor<f32>,
    bias: Tensor<f32>,
    /// Where results and what is in between come from.
    pool: BufferPool,
}

impl Rten {
    pub(crate) fn new(layer: Layer, image: &[f32], weights: &[f32], bias: &[f32]) -> Self {
        let Layer { channels, out_channels, len, size, groups, .. } = layer;
        let kernel = [out_channels, channels / groups, size, size];
        Self {
            layer,
            image: Tensor::from_data(&[1, channels, len, len], image.to_vec()),
            weights: Tensor::from_data(&kernel, weights.to_vec()),
            bias: Tensor::from_data(&[out_channels], bias.to_vec()),
            pool: BufferPool::new(),
        }
    }

    /// Its outputs.
    pub(crate) fn run(&self) -> Vec<f32> {
        let Layer { step, padding, groups, .. } = self.layer;
        conv(
            &self.pool,
            self.image.view(),
            self.weights.view(),
            Some(self.bias.view()),
            Padding::Fixed([padding; 4].into()),
            groups,
            &[step; 2],
            &[1; 2],
        )
        .expect("a layer")
        .into_data()
    }
}
