//! From one layout to another, element by element of the same index, converted on the way.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::check::room;
use crate::kernel::{Block, Convert, Isa, Side};
use crate::layout::Layout;
use crate::odometer::Odometer;
use crate::rank::{Axes, Dyn};
use crate::{DynView, WindowError};

impl<S: Copy> DynView<'_, S> {
    /// Writes every element to where `layout` has the same index in `out`, whose element at index
    /// 0, 0, .. is `offset`: a copy into any order of axes, with a [`Convert`] applied on the way.
    ///
    /// `channels` is the axis that the conversion is told the index of, if one is. Rows of pixels go at
    /// once, under run-time dispatch; interleaved to planar and back as well. Allocates `O(row)`.
    ///
    /// # Errors
    /// [`WindowError::Shape`] if the layout has another shape, [`WindowError::OutOfData`] if it leaves
    /// `out`, [`WindowError::NoSuchAxis`], [`WindowError::Memory`] for the numbers of a row.
    ///
    /// # Example
    /// ```
    /// use windows_core::kernel::Affine;
    /// use windows_core::{DynView, Layout};
    ///
    /// // Two RGB pixels, interleaved, to planes of numbers around 0
    /// let view = DynView::new(&[0_u8, 128, 255, 255, 128, 0], [2, 3])?;
    /// let planes = Layout::new([2, 3], [1, 2])?;
    /// let mut out = [0.0_f32; 6];
    /// let half = Affine::new(&[(2.0 / 255.0, -1.0)]);
    /// view.transfer_into(&mut out, 0, &planes, Some(1), &half)?;
    /// assert_eq!((out[0], out[1], out[5]), (-1.0, 1.0, -1.0));
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn transfer_into<D: Copy, C: Convert<S, D>>(
        &self,
        out: &mut [D],
        offset: usize,
        layout: &Layout<Dyn>,
        channels: Option<usize>,
        conversion: &C,
    ) -> Result<(), WindowError> {
        let ndim = self.ndim();
        if layout.ndim() != ndim {
            let got = layout.ndim();
            return Err(WindowError::Rank { what: "layout", got, expected: ndim });
        }
        for axis in 0..ndim {
            let (expected, got) = (self.shape()[axis], layout.shape()[axis]);
            if expected != got {
                return Err(WindowError::Shape { what: "layout", axis, expected, got });
            }
        }
        if let Some(axis) = channels.filter(|&axis| axis >= ndim) {
            return Err(WindowError::NoSuchAxis { axis, ndim });
        }
        DynView::with_layout(&*out, offset, layout.clone())?;
        if self.is_empty() {
            return Ok(());
        }

        // The channel, and the axes that pixels and rows lie along where they are written.
        let channel = Along::of(self, layout, channels);
        let mut others: Vec<usize> =
            (0..ndim).filter(|&axis| Some(axis) != channels && self.shape()[axis] > 1).collect();
        others.sort_by_key(|&axis| {
            // Where two axes are as near to each other in one memory, the other one decides.
            let near = |stride: isize| core::cmp::Reverse(stride.unsigned_abs());
            (near(layout.strides()[axis]), near(self.strides()[axis]))
        });
        let pixel = Along::of(self, layout, others.pop());
        let row = Along::of(self, layout, others.pop());

        let both = (0..channel.len).map(|at| conversion.channel(at)).cycle();
        let len = pixel.len * channel.len;
        let mut scales: Vec<C::Scale> = room("factors of a row", len)?;
        let mut biases: Vec<C::Bias> = room("biases of a row", len)?;
        for (scale, bias) in both.take(len) {
            scales.push(scale);
            biases.push(bias);
        }
        let outer = |strides: &[isize]| -> Result<Layout<Dyn>, WindowError> {
            let shape: Axes<usize> = others.iter().map(|&axis| self.shape()[axis]).collect();
            let strides: Axes<isize> = others.iter().map(|&axis| strides[axis]).collect();
            Layout::inside(shape, strides)
        };
        let (from, to) = (outer(self.strides())?, outer(layout.strides())?);
        let isa = Isa::best();
        for ((_, read), (_, write)) in
            Odometer::new(Cow::Owned(from)).zip(Odometer::new(Cow::Owned(to)))
        {
            let side = |first: usize, ahead: isize, of: fn(&Along) -> isize| Side {
                first: first.wrapping_add_signed(ahead),
                row: of(&row),
                pixel: of(&pixel),
                channel: of(&channel),
            };
            let block = Block::<S, D, C> {
                src: self.data(),
                dst: out,
                from: side(self.offset(), read, |along| along.from),
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
