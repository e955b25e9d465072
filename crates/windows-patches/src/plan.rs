//! The patches of images of one shape: from pixels to tokens and back.

use windows_core::check::{check_len, check_shape};
use windows_core::{Border, Const, Dyn, DynView, Grid, Layout, View, WindowError, Windows};
use windows_stitch::{Element, Reduce, Stitch, StitchSpec};

use crate::convert::{Affine, Convert, Copied, Sample};
use crate::order::{CHANNEL, Parts};
use crate::transfer::transfer_into;
use crate::{ImageView, Normalize, Order, PatchError};

/// The patches of images of one shape: geometry, checked, without pixels. Made by
/// [`Patchify::over`](crate::Patchify::over); serves any number of images.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchPlan {
    grid: Grid<Const<4>>,
    order: Order,
    parts: Parts,
    /// One image stands for all frames.
    still: bool,
    /// Rows per image in memory, unused ones included.
    rows: usize,
    /// Where the nine axes of [`Parts`] lie in memory.
    first: usize,
    layout: Layout<Dyn>,
}

impl PatchPlan {
    pub(crate) fn new(
        grid: Grid<Const<4>>,
        order: Order,
        parts: Parts,
        still: bool,
        rows: usize,
    ) -> Result<Self, WindowError> {
        let (first, layout) = parts.layout(order, rows)?;
        Ok(Self { grid, order, parts, still, rows, first, layout })
    }

    /// The windows over `[images, height, width, channels]`.
    #[must_use]
    pub fn grid(&self) -> &Grid<Const<4>> {
        &self.grid
    }

    /// The order.
    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }

    /// Shape of what is packed: see [`Order`].
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        let (count, size) = (self.grid.counts(), self.grid.window_shape());
        let [images, _, width] = self.parts.memory(self.order);
        match self.order {
            Order::Grid => vec![count[0], count[1], count[2], size[1], size[2], size[3]],
            Order::TensorFlow | Order::Jax => vec![count[0], count[1], count[2], width],
            Order::Qwen2Vl => vec![self.rows, width],
            _ => vec![images, self.rows, self.order.prefix() + width],
        }
    }

    /// Elements of what is packed.
    #[must_use]
    pub fn packed_len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Patches of one image, or of one video; those beyond a limit not counted.
    #[must_use]
    pub fn patches(&self) -> usize {
        let patches: usize = self.grid.counts()[1..3].iter().product();
        if self.order == Order::Qwen2Vl { patches * self.grid_thw()[0] } else { patches }
    }

    /// Times, rows and columns of patches: what Qwen2-VL calls `grid_thw`. A time is a group of frames.
    #[must_use]
    pub fn grid_thw(&self) -> [usize; 3] {
        [self.parts.0[0], self.grid.counts()[1], self.grid.counts()[2]]
    }

    /// Time (or image), row and column of every patch, in the order of the patches, counted from 0:
    /// position ids for an embedding.
    pub fn positions(&self) -> impl Iterator<Item = [usize; 3]> {
        self.parts.positions(self.order)
    }

    /// The patches as windows: zero-copy, any element type, with everything that windows can do.
    ///
    /// # Errors
    /// [`WindowError::Shape`] if the image has another shape than the plan.
    pub fn windows<'a, T>(
        &self,
        image: &ImageView<'a, T>,
    ) -> Result<Windows<'a, T, Const<4>>, WindowError> {
        check_shape("image", self.grid.shape(), &image.shape())?;
        self.grid.windows(image.pixels())
    }

    /// The patches as one array, `[images, rows, columns, height, width, channels]`, zero-copy.
    ///
    /// # Errors
    /// Another shape; patches that are partial or not equally spaced have no place in an array.
    pub fn view<'a, T>(&self, image: &ImageView<'a, T>) -> Result<View<'a, T, 6>, WindowError> {
        let all = self.windows(image)?.as_view()?;
        // The grid has one position along the channels, a window one tap along the images.
        let kept = [0, 1, 2, 5, 6, 7];
        View::strided(
            all.data(),
            all.offset(),
            kept.map(|axis| all.shape()[axis]),
            kept.map(|axis| all.strides()[axis]),
        )
    }

    /// Whether the patches of an image are one strided array.
    fn is_strided(&self) -> bool {
        self.grid.is_whole() && self.grid.is_regular()
    }

    /// The nine axes of a view of `[images, rows, columns, height, width, channels]`.
    fn nine<'a, T>(&self, patches: &DynView<'a, T>) -> Result<DynView<'a, T>, WindowError> {
        let [_, frames, _, merge, ..] = self.parts.0;
        let frames_there = if self.still { 1 } else { frames };
        let nine = patches.split(2, merge)?.split(1, merge)?.split(0, frames_there)?;
        if !self.still {
            return Ok(nine);
        }
        let mut strides = nine.strides().to_vec();
        strides[1] = 0;
        DynView::strided(nine.data(), nine.offset(), &self.parts.0[..], &strides)
    }

    /// Copies the patches to `out` in the order of the plan. Pixels beyond the image read as
    /// `T::default()`.
    ///
    /// Patches that lie in the image as the order wants them are copied run by run at the speed of
    /// `memcpy` and nothing is allocated; otherwise tables of one row of a patch are. Snap, balance and
    /// partial patches are packed first in any other order than that of the image.
    ///
    /// # Errors
    /// An image of another shape, `out` of another length; [`PatchError::NumbersNeeded`] for
    /// [`Order::Pix2Struct`], which [`PatchPlan::convert_into`] serves.
    pub fn pack_into<T: Copy + Default>(
        &self,
        image: &ImageView<'_, T>,
        out: &mut [T],
    ) -> Result<(), PatchError> {
        self.pack_bordered_into(image, Border::Constant(T::default()), out)
    }

    /// The same, with another border.
    ///
    /// # Errors
    /// As [`PatchPlan::pack_into`].
    pub fn pack_bordered_into<T: Copy + Default>(
        &self,
        image: &ImageView<'_, T>,
        border: Border<T>,
        out: &mut [T],
    ) -> Result<(), PatchError> {
        if self.order.prefix() > 0 {
            return Err(PatchError::NumbersNeeded { order: self.order.name() });
        }
        check_len("output", self.packed_len(), out.len())?;
        if self.order.is_packed() && self.rows == self.parts.memory(self.order)[1] {
            self.windows(image)?.with_border(border)?.pack_into(out)?;
            return Ok(());
        }
        self.fill_unused(out);
        self.transfer(image, border, out, |_| Ok(Copied))
    }

    /// The same in a new vector.
    ///
    /// # Errors
    /// As [`PatchPlan::pack_into`].
    pub fn pack<T: Copy + Default>(&self, image: &ImageView<'_, T>) -> Result<Vec<T>, PatchError> {
        let mut out = vec![T::default(); self.packed_len()];
        self.pack_into(image, &mut out)?;
        Ok(out)
    }

    /// Copies the patches to `out` in the order of the plan, normalised on the way: samples are read
    /// once and numbers written once. Pixels beyond the image read as 0 before normalisation.
    ///
    /// Where `out` is of integers, numbers are rounded to the nearest, halves to even, and stop at the
    /// ends of the type.
    ///
    /// # Errors
    /// An image of another shape, `out` of another length, a mean or a deviation for another number of
    /// channels.
    pub fn convert_into<S: Sample, D: Sample>(
        &self,
        image: &ImageView<'_, S>,
        normalize: &Normalize,
        out: &mut [D],
    ) -> Result<(), PatchError> {
        self.convert_bordered_into(image, Border::Constant(S::default()), normalize, out)
    }

    /// The same, with another border: its constant is a sample, and normalised as the others are.
    ///
    /// # Errors
    /// As [`PatchPlan::convert_into`].
    pub fn convert_bordered_into<S: Sample, D: Sample>(
        &self,
        image: &ImageView<'_, S>,
        border: Border<S>,
        normalize: &Normalize,
        out: &mut [D],
    ) -> Result<(), PatchError> {
        check_len("output", self.packed_len(), out.len())?;
        let channels = self.parts.0[CHANNEL];
        self.fill_unused(out);
        self.transfer(image, border, out, |image| normalize.of(image).forward::<S>(channels))?;
        self.number(out)
    }

    /// The same in a new vector.
    ///
    /// # Errors
    /// As [`PatchPlan::convert_into`].
    pub fn convert<S: Sample, D: Sample>(
        &self,
        image: &ImageView<'_, S>,
        normalize: &Normalize,
    ) -> Result<Vec<D>, PatchError> {
        let mut out = vec![D::default(); self.packed_len()];
        self.convert_into(image, normalize, &mut out)?;
        Ok(out)
    }

    /// Rows that no patch will be written to.
    fn fill_unused<T: Copy + Default>(&self, out: &mut [T]) {
        let [_, used, width] = self.parts.memory(self.order);
        let width = self.order.prefix() + width;
        for image in out.chunks_exact_mut((self.rows * width).max(1)) {
            image[used * width..].fill(T::default());
        }
    }

    /// Row and column in front of every patch, from 1.
    fn number<D: Sample>(&self, out: &mut [D]) -> Result<(), PatchError> {
        let prefix = self.order.prefix();
        if prefix == 0 {
            return Ok(());
        }
        let [_, used, width] = self.parts.memory(self.order);
        let patches = out
            .chunks_exact_mut(self.rows * (prefix + width))
            .flat_map(|image| image.chunks_exact_mut(prefix + width).take(used));
        for (patch, [_, row, column]) in patches.zip(self.positions()) {
            for (slot, number) in patch.iter_mut().zip([row + 1, column + 1]) {
                *slot = D::from_f32(number as f32);
                if slot.to_f32() != number as f32 {
                    return Err(PatchError::NumberTooLarge { number });
                }
            }
        }
        Ok(())
    }

    /// Brings every pixel of every patch to its place in `out`.
    fn transfer<S, D, C>(
        &self,
        image: &ImageView<'_, S>,
        border: Border<S>,
        out: &mut [D],
        conversion: impl Fn(&ImageView<'_, S>) -> Result<C, PatchError>,
    ) -> Result<(), PatchError>
    where
        S: Copy,
        D: Copy,
        C: Convert<S, D>,
    {
        let packed;
        let patches = if self.is_strided() {
            self.view(image)?.to_dyn()
        } else {
            packed = self.windows(image)?.with_border(border)?.pack();
            let (count, size) = (self.grid.counts(), self.grid.window_shape());
            let shape = [count[0], count[1], count[2], size[1], size[2], size[3]];
            DynView::new(&packed, shape)?
        };
        let patches = self.nine(&patches)?;
        if self.order == Order::Qwen2Vl || image.shape()[0] == 1 {
            let conversion = conversion(image)?;
            transfer_into(&patches, out, self.first, &self.layout, Some(CHANNEL), &conversion)?;
            return Ok(());
        }
        // Every image by itself: a conversion may depend on it.
        for at in 0..image.shape()[0] {
            let one = ImageView::from_view(image.pixels().slice(0, at..at + 1)?);
            let (layout, ahead) = self.layout.slice(0, at..at + 1, 1)?;
            let first = self.first.wrapping_add_signed(ahead);
            let conversion = conversion(&one)?;
            let patches = patches.slice(0, at..at + 1)?;
            transfer_into(&patches, out, first, &layout, Some(CHANNEL), &conversion)?;
        }
        Ok(())
    }

    /// Puts patches back to where they were cut, the exact inverse of [`PatchPlan::pack_into`]: `out` is
    /// `[images, height, width, channels]`, interleaved. Where patches overlap, the last one counts.
    ///
    /// # Errors
    /// Another length of `patches` or `out`; [`StitchError::Uncovered`](crate::StitchError::Uncovered) if patches do not cover the image.
    pub fn restore_into<T: Element>(&self, patches: &[T], out: &mut [T]) -> Result<(), PatchError> {
        self.restore(patches, out, &Copied)
    }

    /// The inverse of [`PatchPlan::convert_into`]: undoes the normalisation and puts patches back.
    ///
    /// # Errors
    /// As [`PatchPlan::restore_into`]; [`PatchError::ImageNeeded`] if the normalisation takes mean and
    /// deviation from an image: use what [`Normalize::of`] made of it.
    pub fn revert_into<D: Sample, S: Sample + Element>(
        &self,
        patches: &[D],
        normalize: &Normalize,
        out: &mut [S],
    ) -> Result<(), PatchError> {
        let affine: Affine = normalize.backward::<S>(self.parts.0[CHANNEL])?;
        self.restore(patches, out, &affine)
    }

    fn restore<D: Copy, S: Element, C: Convert<D, S>>(
        &self,
        patches: &[D],
        out: &mut [S],
        conversion: &C,
    ) -> Result<(), PatchError> {
        check_len("patches", self.packed_len(), patches.len())?;
        let spec = StitchSpec::new().reduce(Reduce::Last);
        let stitch = Stitch::new(&self.grid, spec)?;
        check_len("output", stitch.output_len(), out.len())?;
        let mut patches = DynView::with_layout(patches, self.first, self.layout.clone())?;
        if self.still {
            patches = patches.slice(1, 0..1)?;
        }
        if self.is_strided() {
            // Straight to the pixels: where they are, the plan says of any image.
            let pixels = ImageView::interleaved_batch(&*out, self.image_shape())?;
            let places = self.split_image(&self.view(&pixels)?.to_dyn())?;
            transfer_into(&patches, out, 0, &places, Some(CHANNEL), conversion)?;
            return Ok(());
        }
        let mut packed = vec![S::default(); self.grid.packed_len()?];
        let (count, size) = (self.grid.counts(), self.grid.window_shape());
        let shape = [count[0], count[1], count[2], size[1], size[2], size[3]];
        let places = self.split_image(&DynView::new(&packed, shape)?)?;
        transfer_into(&patches, &mut packed, 0, &places, Some(CHANNEL), conversion)?;
        stitch.run_into(&packed, out)?;
        Ok(())
    }

    fn image_shape(&self) -> [usize; 4] {
        core::array::from_fn(|axis| self.grid.shape()[axis])
    }

    /// The nine axes of patches in an image, a still one with its single frame.
    fn split_image<T>(&self, patches: &DynView<'_, T>) -> Result<Layout<Dyn>, WindowError> {
        let [_, frames, _, merge, ..] = self.parts.0;
        let frames = if self.still { 1 } else { frames };
        Ok(patches.split(2, merge)?.split(1, merge)?.split(0, frames)?.layout().clone())
    }
}
