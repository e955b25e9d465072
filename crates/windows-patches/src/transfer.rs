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
    let ndim = view.ndim();
    check_shape("layout", view.shape(), layout.shape())?;
    if let Some(axis) = channels.filter(|&axis| axis >= ndim) {
        return Err(WindowError::NoSuchAxis { axis, ndim });
    }
    DynView::with_layout(&*out, offset, layout.clone())?;
    if view.is_empty() {
        return Ok(());
    }

    // The channel, and the axes that pixels and rows lie along where they are written.
    let channel = Along::of(view, layout, channels);
    let mut others: Vec<usize> =
        (0..ndim).filter(|&axis| Some(axis) != channels && view.shape()[axis] > 1).collect();
    others.sort_by_key(|&axis| {
        // Where two axes are as near to each other in one memory, the other one decides.
        let near = |stride: isize| Reverse(stride.unsigned_abs());
        (near(layout.strides()[axis]), near(view.strides()[axis]))
    });
    let pixel = Along::of(view, layout, others.pop());
    let row = Along::of(view, layout, others.pop());

    let both = (0..channel.len).map(|at| conversion.channel(at)).cycle();
    let len = pixel.len * channel.len;
    let mut scales: Vec<C::Scale> = room("factors of a row", len)?;
    let mut biases: Vec<C::Bias> = room("biases of a row", len)?;
    for (scale, bias) in both.take(len) {
        scales.push(scale);
        biases.push(bias);
    }
    let outer = |strides: &[isize]| -> Result<Layout<Dyn>, WindowError> {
        let shape: Axes<usize> = others.iter().map(|&axis| view.shape()[axis]).collect();
        let strides: Axes<isize> = others.iter().map(|&axis| strides[axis]).collect();
        Layout::new(shape.as_ref(), strides.as_ref())
    };
    let (from, to) = (outer(view.strides())?, outer(layout.strides())?);
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
/// An axis of both layouts, or none: a single step.
struct Along {
    len: usize,
    from: isize,
    to: isize,
}

impl Along {
    fn of<S>(view: &DynView<'_, S>, layout: &Layout<Dyn>, axis: Option<usize>) -> Self {
        match axis {
            Some(axis) => Self {
                len: view.shape()[axis],
                from: view.strides()[axis],
                to: layout.strides()[axis],
            },
            None => Self { len: 1, from: 1, to: 1 },
        }
    }
}
