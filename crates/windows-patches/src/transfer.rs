//! From one layout to another, element by element of the same index, converted on the way.

use std::cmp::Reverse;

use windows_core::check::{check_shape, room};
use windows_core::{Axes, Dyn, DynView, Layout, WindowError};
use windows_simd::Isa;

use crate::convert::{Block, Convert, Side};

/// Writes every element to where `layout` has the same index in `out`, whose element at index
/// 0, 0, .. is `offset`: a copy into any order of axes, with a [`Convert`] applied on the way.
///
/// `channels` is the axis that the conversion is told the index of, if one is. Rows of pixels go at
/// once, under run-time dispatch; interleaved to planar and back as well. Allocates `O(row)`.
///
/// # Errors
/// [`WindowError::Shape`] if the layout has another shape, [`WindowError::OutOfData`] if it leaves
/// `out`, [`WindowError::NoSuchAxis`], [`WindowError::Memory`] for the numbers of a row.
pub(crate) fn transfer_into<S: Copy, D: Copy, C: Convert<S, D>>(
    view: &DynView<'_, S>,
    out: &mut [D],
    offset: usize,
    layout: &Layout<Dyn>,
    channels: Option<usize>,
    conversion: &C,
) -> Result<(), WindowError> {
    let walk = Walk::of(view.layout(), layout, channels)?;
    DynView::with_layout(&*out, offset, layout.clone())?;
    let Some(Walk { channel, pixel, row, from, to }) = walk else {
        return Ok(());
    };

    let both = (0..channel.len).map(|at| conversion.channel(at)).cycle();
    let len = pixel.len * channel.len;
    let mut scales: Vec<C::Scale> = room("factors of a row", len)?;
    let mut biases: Vec<C::Bias> = room("biases of a row", len)?;
    for (scale, bias) in both.take(len) {
        scales.push(scale);
        biases.push(bias);
    }
    let isa = Isa::best();
    for (read, write) in from.offsets().zip(to.offsets()) {
        let side = |first: usize, ahead: isize, of: fn(&Along) -> isize| Side {
            first: first.wrapping_add_signed(ahead),
            row: of(&row),
            pixel: of(&pixel),
            channel: of(&channel),
        };
        let block = Block::<S, D, C> {
            src: view.data(),
            dst: out,
            from: side(view.offset(), read, |along| along.from),
            to: side(offset, write, |along| along.to),
            rows: row.len,
            pixels: pixel.len,
            channels: channel.len,
            scales: &scales,
            biases: &biases,
            isa,
        };
        block.run();
    }
    Ok(())
}

/// Which axes go at once, and the layouts of all others. Of no element type: it is compiled once.
struct Walk {
    channel: Along,
    pixel: Along,
    row: Along,
    from: Layout<Dyn>,
    to: Layout<Dyn>,
}

impl Walk {
    /// `None` if there are no elements.
    fn of(
        from: &Layout<Dyn>,
        to: &Layout<Dyn>,
        channels: Option<usize>,
    ) -> Result<Option<Self>, WindowError> {
        let (ndim, shape) = (from.ndim(), from.shape());
        check_shape("layout", shape, to.shape())?;
        if let Some(axis) = channels.filter(|&axis| axis >= ndim) {
            return Err(WindowError::NoSuchAxis { axis, ndim });
        }
        if from.is_empty() {
            return Ok(None);
        }
        // The channel, and the axes that pixels and rows lie along where they are written.
        let mut others: Vec<usize> =
            (0..ndim).filter(|&axis| Some(axis) != channels && shape[axis] > 1).collect();
        others.sort_by_key(|&axis| {
            // Where two axes are as near to each other in one memory, the other one decides.
            let near = |stride: isize| Reverse(stride.unsigned_abs());
            (near(to.strides()[axis]), near(from.strides()[axis]))
        });
        let along = |axis| Along::of(from, to, axis);
        let (channel, pixel, row) = (along(channels), along(others.pop()), along(others.pop()));
        let outer = |strides: &[isize]| -> Result<Layout<Dyn>, WindowError> {
            let shape: Axes<usize> = others.iter().map(|&axis| shape[axis]).collect();
            let strides: Axes<isize> = others.iter().map(|&axis| strides[axis]).collect();
            Layout::new(shape.as_ref(), strides.as_ref())
        };
        let (from, to) = (outer(from.strides())?, outer(to.strides())?);
        Ok(Some(Self { channel, pixel, row, from, to }))
    }
}

/// An axis of both layouts, or none: a single step.
struct Along {
    len: usize,
    from: isize,
    to: isize,
}

impl Along {
    fn of(from: &Layout<Dyn>, to: &Layout<Dyn>, axis: Option<usize>) -> Self {
        match axis {
            Some(axis) => {
                Self { len: from.shape()[axis], from: from.strides()[axis], to: to.strides()[axis] }
            }
            None => Self { len: 1, from: 1, to: 1 },
        }
    }
}
