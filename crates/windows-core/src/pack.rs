//! Windows to contiguous memory: numpy's `ascontiguousarray(sliding_window_view(..))`, torch's
//! `unfold`, `extract_patches`, `im2col`.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

use crate::check::{check_len, room};
use crate::kernel::{Blocks, Steps, Writer};
use crate::layout::Layout;
use crate::odometer::{Odometer, unravel};
use crate::rank::{Dyn, IntoAxes, Rank};
use crate::{Border, Bordered, Extent, StridedView, WindowError, WindowSpec, Windows};

impl<T: Copy, R: Rank> Windows<'_, T, R> {
    /// Copies every window to `out`: windows in row-major order of positions, each in row-major order
    /// of taps. Allocates nothing.
    ///
    /// Axes that are neighbours in memory are merged and the longest runs copied, at the speed of
    /// `memcpy` where they are long.
    ///
    /// # Errors
    /// [`WindowError::Partial`] if a window is not wholly inside: name a border with
    /// [`Windows::with_border`]. [`WindowError::Length`] unless `out` has
    /// [`packed_len`](crate::Grid::packed_len) elements.
    ///
    /// # Example
    /// ```
    /// use windows_core::{View, WindowSpec};
    ///
    /// let image: Vec<u8> = (0..16).collect();
    /// let mut patches = [0; 16];
    /// let view = View::new(&image, [4, 4])?;
    /// view.windows(WindowSpec::new([2, 2]).step(2)).pack_into(&mut patches)?;
    /// assert_eq!(patches, [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn pack_into(&self, out: &mut [T]) -> Result<(), WindowError> {
        Packing::whole(self)?.write_over(out)
    }

    /// The same in a new vector, which is not filled first.
    ///
    /// # Errors
    /// [`WindowError::Partial`] as [`Windows::pack_into`]; [`WindowError::Memory`].
    pub fn pack(&self) -> Result<Vec<T>, WindowError> {
        Packing::whole(self)?.collect()
    }
}

impl<T: Copy, R: Rank> Bordered<'_, '_, T, R> {
    /// Copies every window to `out`, missing elements as the border has them; see
    /// [`Windows::pack_into`]. Windows wholly inside are copied run by run without any test.
    ///
    /// # Errors
    /// [`WindowError::Length`] unless `out` has [`packed_len`](crate::Grid::packed_len) elements.
    pub fn pack_into(&self, out: &mut [T]) -> Result<(), WindowError> {
        Packing::new(self.windows, Some(&self.border)).write_over(out)
    }

    /// The same in a new vector, which is not filled first.
    ///
    /// # Panics
    /// If there are more than `isize::MAX` elements in all windows together, or no memory for them.
    #[must_use]
    #[track_caller]
    pub fn pack(&self) -> Vec<T> {
        match Packing::new(self.windows, Some(&self.border)).collect() {
            Ok(packed) => packed,
            Err(error) => panic!("{error}"),
        }
    }
}

impl<T: Copy, R: Rank> StridedView<'_, T, R> {
    /// Copies the view with a border around it: numpy's `pad`. `out` is row-major, each axis
    /// `before + length + after` long. Allocates nothing.
    ///
    /// # Errors
    /// A length beyond `isize`; an empty axis without a constant; `out` of another length.
    ///
    /// # Example
    /// ```
    /// use windows_core::{Border, View};
    ///
    /// let data = [1, 2, 3, 4];
    /// let mut padded = [0; 16];
    /// View::new(&data, [2, 2])?.pad_into([1, 1], [1, 1], Border::Wrap, &mut padded)?;
    /// assert_eq!(padded, [4, 3, 4, 3, 2, 1, 2, 1, 4, 3, 4, 3, 2, 1, 2, 1]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn pad_into(
        &self,
        before: impl IntoAxes<R>,
        after: impl IntoAxes<R>,
        border: Border<T>,
        out: &mut [T],
    ) -> Result<(), WindowError> {
        self.padded(before, after)?.with_border(border)?.pack_into(out)
    }

    /// The same in a new vector.
    ///
    /// # Errors
    /// As [`StridedView::pad_into`]; [`WindowError::Memory`].
    pub fn pad(
        &self,
        before: impl IntoAxes<R>,
        after: impl IntoAxes<R>,
        border: Border<T>,
    ) -> Result<Vec<T>, WindowError> {
        let windows = self.padded(before, after)?;
        border.check(windows.grid())?;
        Packing::new(&windows, Some(&border)).collect()
    }

    /// The padded view as the one window that takes it all.
    fn padded(
        &self,
        before: impl IntoAxes<R>,
        after: impl IntoAxes<R>,
    ) -> Result<Windows<'_, T, R>, WindowError> {
        let ndim = self.ndim();
        let before = before.into_axes("padding before", Some(ndim))?;
        let after = after.into_axes("padding after", Some(ndim))?;
        let size = R::try_from_fn(ndim, |axis| {
            let len = self.shape()[axis];
            let sides = before[axis].checked_add(after[axis]);
            sides.and_then(|sides| sides.checked_add(len)).ok_or(WindowError::PaddedOverflow {
                axis,
                len,
                padding: before[axis].max(after[axis]),
            })
        })?;
        // An axis that is empty even with its padding has no window of size 0; taken whole, it is one.
        let extent = R::from_fn(ndim, |axis| match size[axis] {
            0 => Extent::Whole,
            size => Extent::Size(size),
        });
        let spec = WindowSpec::of(extent.as_ref()).before(before.as_ref()).after(after.as_ref());
        self.try_windows(spec)
    }
}

/// One packing job: what does not change from window to window.
pub(crate) struct Packing<'p, 'a, T, R: Rank> {
    windows: &'p Windows<'a, T, R>,
    border: Option<&'p Border<T>>,
    /// The axes of a whole window, merged.
    merged: Layout<Dyn>,
}

impl<'p, 'a, T: Copy, R: Rank> Packing<'p, 'a, T, R> {
    pub(crate) fn new(windows: &'p Windows<'a, T, R>, border: Option<&'p Border<T>>) -> Self {
        Self { windows, border, merged: windows.window_layout().merge_axes() }
    }

    /// Without a border, for windows that need none.
    pub(crate) fn whole(windows: &'p Windows<'a, T, R>) -> Result<Self, WindowError> {
        windows.require_whole()?;
        Ok(Self::new(windows, None))
    }

    fn write_over(&self, out: &mut [T]) -> Result<(), WindowError> {
        check_len("output", self.windows.grid().packed_len()?, out.len())?;
        self.write(0..self.windows.len(), &mut Writer::over(out));
        Ok(())
    }

    fn collect(&self) -> Result<Vec<T>, WindowError> {
        let len = self.windows.grid().packed_len()?;
        let packed = room("packed windows", len)?;
        Ok(Writer::collect(packed, len, |writer| self.write(0..self.windows.len(), writer)))
    }

    #[cfg(feature = "rayon")]
    pub(crate) fn windows(&self) -> &'p Windows<'a, T, R> {
        self.windows
    }

    /// Windows that follow each other and are neighbours on one axis.
    #[cfg(feature = "rayon")]
    pub(crate) fn row(&self) -> usize {
        self.windows.grid().counts().iter().rev().copied().find(|&count| count > 1).unwrap_or(1)
    }

    /// Writes the windows of a range of flat indices, a row of the grid at a time: the interior of a
    /// row is known, so that no window in it is tested.
    pub(crate) fn write(&self, range: Range<usize>, out: &mut Writer<'_, T>) {
        let grid = self.windows.grid();
        let Range { start: mut index, end } = range;
        if index >= end || self.windows.window_len() == 0 {
            return;
        }
        let view = self.windows.view();
        if grid.ndim() == 0 {
            return out.push(view.data()[view.offset()]);
        }
        let mut position = unravel::<R>(grid.counts(), index);
        // The last axis that has several positions: windows that follow each other are neighbours on it.
        let last = grid.counts().iter().rposition(|&count| count > 1).unwrap_or(0);
        let inner = &grid.axes()[last];
        // The axis along which rows of windows are neighbours.
        let above = grid.counts()[..last].iter().rposition(|&count| count > 1);
        while index < end {
            let row = (inner.count() - position[last]).min(end - index);
            let columns = position[last]..position[last] + row;
            // Where this row starts in the data, and whether anything of it is missing.
            let mut offset = view.offset() as isize;
            let mut whole = true;
            for (axis, of) in grid.axes().iter().enumerate().filter(|&(axis, _)| axis != last) {
                let start = of.start(position[axis]);
                offset = offset.wrapping_add(start.wrapping_mul(view.strides()[axis]));
                whole &= of.interior().contains(&position[axis]);
            }
            let interior =
                if whole { clamp(inner.interior(), &columns) } else { columns.end..columns.end };
            for column in columns.start..interior.start {
                position[last] = column;
                self.write_partial(position.as_ref(), out);
            }
            let stride = view.strides()[last];
            let mut column = interior.start;
            while column < interior.end {
                let (run, step) = inner.run_from(column);
                let start = inner.start(column).wrapping_mul(stride);
                let count = run.end.min(interior.end) - column;
                let windows = Steps { count, stride: (step as isize).wrapping_mul(stride) };
                let first = offset.wrapping_add(start) as usize;
                // Rows that are all of them whole, and equally far from each other, are written at once.
                let mut lines = Steps::ONE;
                if let (Some(axis), true) = (above, count == inner.count()) {
                    let (from, of) = (position[axis], &grid.axes()[axis]);
                    let (run, step) = of.run_from(from);
                    let rows = run.end.min(of.interior().end) - from;
                    lines.count = rows.min((end - index) / count);
                    lines.stride = (step as isize).wrapping_mul(view.strides()[axis]);
                    position[axis] += lines.count - 1;
                    index += (lines.count - 1) * count;
                }
                write_blocks(view.data(), first, lines, windows, &self.merged, out);
                column += count;
            }
            for column in interior.end..columns.end {
                position[last] = column;
                self.write_partial(position.as_ref(), out);
            }
            index += row;
            position[last] = 0;
            for axis in (0..last).rev() {
                position[axis] += 1;
                if position[axis] < grid.counts()[axis] {
                    break;
                }
                position[axis] = 0;
            }
        }
    }

    /// A window that reaches over the border, run by run along the last axis.
    #[cold]
    fn write_partial(&self, position: &[usize], out: &mut Writer<'_, T>) {
        let Some(border) = self.border else {
            unreachable!("windows were checked to be whole");
        };
        let (grid, view) = (self.windows.grid(), self.windows.view());
        let axes = grid.axes();
        let last = grid.ndim() - 1;
        let (inner, stride) = (&axes[last], view.strides()[last]);
        let taps = inner.taps(position[last]);
        let rows = Layout::<R>::row_major(
            R::from_fn(last + 1, |axis| if axis == last { 1 } else { axes[axis].size() }),
            self.windows.window_len() / inner.size(),
        );
        let mut rows = Odometer::new(Cow::Owned(rows));
        while rows.len() > 0 {
            let tap = rows.position().clone();
            rows.next();
            let mut offset = view.offset() as isize;
            let mut missing = false;
            for (axis, of) in axes[..last].iter().enumerate() {
                match border.index(of.element(position[axis], tap[axis]), of.len()) {
                    Some(element) => offset += element as isize * view.strides()[axis],
                    None => missing = true,
                }
            }
            if let (true, Border::Constant(value)) = (missing, border) {
                out.fill(inner.size(), *value);
                continue;
            }
            let from = (position[last], offset);
            self.write_missing(border, from, 0..taps.start, out);
            if !taps.is_empty() {
                let first = inner.element(position[last], taps.start);
                let stride_of_taps = self.windows.window_strides()[last];
                let first = (offset + first * stride) as usize;
                out.gather(view.data(), first, stride_of_taps, taps.len());
            }
            self.write_missing(border, from, taps.end..inner.size(), out);
        }
    }

    /// Missing taps of the last axis, of a run whose outer coordinates are at an offset.
    fn write_missing(
        &self,
        border: &Border<T>,
        (position, offset): (usize, isize),
        taps: Range<usize>,
        out: &mut Writer<'_, T>,
    ) {
        if let Border::Constant(value) = border {
            return out.fill(taps.len(), *value);
        }
        let view = self.windows.view();
        let last = view.ndim() - 1;
        let inner = &self.windows.grid().axes()[last];
        for tap in taps {
            let element = border.index(inner.element(position, tap), inner.len());
            let element = element.expect("`with_border` refuses an empty axis") as isize;
            out.push(view.data()[(offset + element * view.strides()[last]) as usize]);
        }
    }
}

/// `range`, made to lie inside `within`.
fn clamp(range: Range<usize>, within: &Range<usize>) -> Range<usize> {
    let start = range.start.clamp(within.start, within.end);
    start..range.end.clamp(start, within.end)
}

/// Appends all elements of a merged layout at evenly spaced offsets, in blocks and lines of them: the three
/// innermost axes at once, the others by an odometer.
#[inline]
fn write_blocks<T: Copy>(
    src: &[T],
    first: usize,
    lines: Steps,
    blocks: Steps,
    merged: &Layout<Dyn>,
    out: &mut Writer<'_, T>,
) {
    let rows = |count, stride| Steps { count, stride };
    let of = match (merged.shape(), merged.strides()) {
        (&[run], &[1]) => Blocks { lines, blocks, run, ..Blocks::ONE },
        (&[b, run], &[y, 1]) => Blocks { lines, blocks, rows: rows(b, y), run, ..Blocks::ONE },
        (&[a, b, run], &[x, y, 1]) => {
            Blocks { lines, blocks, planes: rows(a, x), rows: rows(b, y), run }
        }
        _ => {
            for line in 0..lines.count as isize {
                for block in 0..blocks.count as isize {
                    let across = block.wrapping_mul(blocks.stride);
                    let ahead = line.wrapping_mul(lines.stride).wrapping_add(across);
                    write_block(src, first.wrapping_add_signed(ahead), merged, out);
                }
            }
            return;
        }
    };
    out.blocks(src, first, of);
}

/// Appends all elements of a merged layout at an offset.
fn write_block<T: Copy>(src: &[T], offset: usize, merged: &Layout<Dyn>, out: &mut Writer<'_, T>) {
    match (merged.shape(), merged.strides()) {
        ([], _) => out.push(src[offset]),
        (&[.., count, run], &[.., stride, 1]) => {
            let of = Blocks { rows: Steps { count, stride }, run, ..Blocks::ONE };
            for (_, ahead) in Odometer::new(Cow::Owned(merged.outer(2))) {
                out.blocks(src, offset.wrapping_add_signed(ahead), of);
            }
        }
        (&[.., run], &[.., stride]) => {
            for (_, ahead) in Odometer::new(Cow::Owned(merged.outer(1))) {
                out.gather(src, offset.wrapping_add_signed(ahead), stride, run);
            }
        }
        _ => unreachable!("a stride for each length"),
    }
}

impl<T: Copy, R: Rank> StridedView<'_, T, R> {
    /// Copies the elements in row-major order. Allocates nothing.
    ///
    /// # Errors
    /// [`WindowError::Length`] unless `out` has the elements of the view.
    pub fn copy_into(&self, out: &mut [T]) -> Result<(), WindowError> {
        check_len("output", self.len(), out.len())?;
        if !self.is_empty() {
            let merged = self.layout().merge_axes();
            let mut out = Writer::over(out);
            write_blocks(self.data(), self.offset(), Steps::ONE, Steps::ONE, &merged, &mut out);
        }
        Ok(())
    }
}
