//! Walking windows by *row x tap*: the order for kernels.
//!
//! A view per window pays for its rank and its bounds checks once per window. Turned inside out (for
//! each row of outputs, for each tap, one run of input against one run of outputs) they are paid once
//! per row, and the compiler vectorises the rest, whatever the rank.

use alloc::borrow::Cow;
use core::array;
use core::iter::FusedIterator;
use core::ops::Range;

use crate::axis::Axis;
use crate::check::check_len;
use crate::kernel::{Isa, Vectorized, vectorized};
use crate::layout::Layout;
use crate::odometer::Odometer;
use crate::rank::Rank;
use crate::{StridedView, View, WindowError, Windows};

impl<'a, T, R: Rank> Windows<'a, T, R> {
    /// The output rows: for each, [`Row::taps`] gives one run of input per tap, and [`Row::fold_into`]
    /// folds them at the speed of a hand-written loop.
    ///
    /// A row is a run of neighbouring windows along the last axis whose starts are equally spaced: all
    /// of them on most axes, two runs under snap, several under balance. Taps that are missing are left
    /// out, so nothing is tested per element.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    ///
    /// let image: Vec<f32> = (0..12).map(|i| i as f32).collect();
    /// let windows = View::new(&image, [3, 4])?.windows([2, 2]);
    /// let mut sums = vec![0.0; windows.len()];
    /// for row in windows.lanes() {
    ///     for lane in row.taps() {
    ///         for (sum, x) in sums[lane.output()].iter_mut().zip(&lane.input()) {
    ///             *sum += x;
    ///         }
    ///     }
    /// }
    /// assert_eq!(sums, [10.0, 14.0, 18.0, 26.0, 30.0, 34.0]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    #[must_use]
    pub fn lanes(&self) -> Rows<'_, 'a, T, R> {
        let ndim = self.grid().ndim();
        let outer =
            R::from_fn(ndim, |axis| if axis + 1 == ndim { 1 } else { self.grid().counts()[axis] });
        let len = if self.is_empty() { 0 } else { outer.as_ref().iter().product() };
        Rows {
            windows: self,
            outer: Odometer::new(Cow::Owned(Layout::row_major(outer, len))),
            column: 0,
            isa: Isa::best(),
        }
    }

    /// The axis along which rows run; windows of a rank-0 view are one row of one.
    fn last_axis(&self) -> &Axis {
        self.grid().axes().last().unwrap_or(const { &Axis::SINGLE })
    }

    /// Folds the real elements of every window: `out[i] = f(.. f(f(init, first), second) ..)`, taps in
    /// row-major order. Allocates nothing.
    ///
    /// This is [`Windows::lanes`] with [`Row::fold_into`]: several times as fast as a fold per window,
    /// with the same result to the bit, for any rank and any thread count.
    ///
    /// # Errors
    /// [`WindowError::Length`] unless `out` has one element per window.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    ///
    /// let image: Vec<u8> = (0..12).collect();
    /// let windows = View::new(&image, [3, 4])?.windows([2, 2]);
    /// let mut largest = [0; 6];
    /// windows.reduce_into(&mut largest, 0, |max, &x| if x > max { x } else { max })?;
    /// assert_eq!(largest, [5, 6, 7, 9, 10, 11]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn reduce_into<U: Copy>(
        &self,
        out: &mut [U],
        init: U,
        f: impl Fn(U, &T) -> U,
    ) -> Result<(), WindowError> {
        check_len("output", self.len(), out.len())?;
        for row in self.lanes() {
            row.fold_into(&mut out[row.output()], init, &f);
        }
        Ok(())
    }
}

/// The output rows of [`Windows::lanes`].
#[derive(Debug)]
pub struct Rows<'w, 'a, T, R: Rank> {
    windows: &'w Windows<'a, T, R>,
    /// Positions of the outer axes.
    outer: Odometer<'w, R>,
    /// Where on the last axis the next run starts.
    column: usize,
    isa: Isa,
}

impl<T, R: Rank> Clone for Rows<'_, '_, T, R> {
    fn clone(&self) -> Self {
        Self { outer: self.outer.clone(), ..*self }
    }
}

impl<'w, 'a, T, R: Rank> Iterator for Rows<'w, 'a, T, R> {
    type Item = Row<'w, 'a, T, R>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.outer.len() == 0 {
            return None;
        }
        let windows = self.windows;
        let inner = windows.last_axis();
        let (columns, step) = inner.run_from(self.column);
        let row = self.outer.range().start;
        let position = self.outer.position();
        let first = row * inner.count() + columns.start;
        let view = windows.view();
        let ndim = view.ndim();
        let start = |axis: usize| match axis + 1 == ndim {
            true => inner.start(columns.start),
            false => windows.grid().axes()[axis].start(position[axis]),
        };
        let offset = (0..ndim).fold(view.offset() as isize, |offset, axis| {
            offset.wrapping_add(start(axis).wrapping_mul(view.strides()[axis]))
        });
        // Of the outer axes, the taps that are real anywhere in the row; of the last one, all.
        let taps = R::from_fn(ndim, |axis| match axis + 1 == ndim {
            true => 0..inner.size(),
            false => windows.grid().axes()[axis].taps(position[axis]),
        });
        let output = first..first + columns.len();
        self.column = columns.end;
        if columns.end == inner.count() {
            self.outer.next();
            self.column = 0;
        }
        Some(Row { windows, output, columns, step, offset, taps, isa: self.isa })
    }
}

impl<T, R: Rank> FusedIterator for Rows<'_, '_, T, R> {}

/// A run of neighbouring windows along the last axis, their starts equally spaced.
#[derive(Debug)]
pub struct Row<'w, 'a, T, R: Rank> {
    windows: &'w Windows<'a, T, R>,
    /// Flat indices of the windows.
    output: Range<usize>,
    /// Their positions on the last axis.
    columns: Range<usize>,
    /// Elements of the last axis between two of them.
    step: usize,
    /// Virtual offset of tap 0 of the first one.
    offset: isize,
    taps: R::PerAxis<Range<usize>>,
    isa: Isa,
}

/// How many taps are folded in one pass over a row, at most: with more there are not registers enough for
/// their addresses. A second pass reads and writes the outputs again.
const GROUP: usize = 9;

impl<'w, 'a, T, R: Rank> Row<'w, 'a, T, R> {
    /// Flat indices of the windows of this row: where its outputs go.
    #[must_use]
    #[inline]
    pub fn output(&self) -> Range<usize> {
        self.output.clone()
    }

    /// One lane per tap that is real anywhere in the row, in row-major order of taps.
    #[must_use]
    pub fn taps(&self) -> Taps<'_, 'w, 'a, T, R> {
        Taps { row: self, odometer: Odometer::new(self.real_taps()) }
    }

    /// The layout of the taps that are real anywhere in the row: the window's, but for partial windows.
    #[inline]
    fn real_taps(&self) -> Cow<'w, Layout<R>> {
        let window = self.windows.window_layout();
        let ndim = window.ndim();
        if (0..ndim).all(|axis| self.taps[axis].len() == window.shape()[axis]) {
            return Cow::Borrowed(window);
        }
        let shape = R::from_fn(ndim, |axis| self.taps[axis].len());
        let strides = R::from_fn(ndim, |axis| window.strides()[axis]);
        Cow::Owned(Layout::inside(shape, strides).expect("no more taps than the window has"))
    }

    /// Virtual offset of the first real tap.
    fn first_tap(&self) -> isize {
        let strides = self.windows.window_strides();
        self.taps.as_ref().iter().zip(strides).fold(self.offset, |offset, (taps, &stride)| {
            offset.wrapping_add((taps.start as isize).wrapping_mul(stride))
        })
    }

    /// Memory distance between the inputs of neighbouring outputs.
    fn stride(&self) -> isize {
        let stride = self.windows.view().strides().last().copied().unwrap_or(1);
        (self.step as isize).wrapping_mul(stride)
    }

    /// Folds the real elements of every window of the row, taps in row-major order.
    ///
    /// `out` has one element per window: `&mut all[row.output()]`. Allocates nothing. Runs of inputs
    /// that are neighbours in memory are folded with the widest vectors the processor has; no operation
    /// is reordered, so the bits are those of the plain loop.
    ///
    /// # Panics
    /// If `out` has another length.
    pub fn fold_into<U: Copy>(&self, out: &mut [U], init: U, f: impl Fn(U, &T) -> U) {
        assert_eq!(out.len(), self.output.len(), "one output per window of the row");
        let inner = self.windows.last_axis();
        let interior = inner.interior();
        let start = interior.start.clamp(self.columns.start, self.columns.end);
        let end = interior.end.clamp(start, self.columns.end);
        self.fold_interior(start..end, out, init, &f);
        if start - self.columns.start + (self.columns.end - end) == 0 {
            return;
        }
        let (head, tail) = (start - self.columns.start, end - self.columns.start);
        out[..head].fill(init);
        out[tail..].fill(init);
        for lane in self.taps() {
            let first = lane.output.start - self.output.start;
            let last = lane.output.end - self.output.start;
            for at in (first..last.min(head)).chain(tail.max(first)..last) {
                out[at] = f(out[at], &lane.input[[at - first]]);
            }
        }
    }

    /// Windows whose taps are all there, as far as the last axis goes.
    fn fold_interior<U: Copy>(
        &self,
        columns: Range<usize>,
        out: &mut [U],
        init: U,
        f: &impl Fn(U, &T) -> U,
    ) {
        let ahead = columns.start - self.columns.start;
        let out = &mut out[ahead..][..columns.len()];
        if out.is_empty() {
            return;
        }
        let data = self.windows.view().data();
        let stride = self.stride();
        let base = self.first_tap().wrapping_add(stride.wrapping_mul(ahead as isize));
        let taps = Odometer::new(self.real_taps());
        if stride != 1 || taps.len() == 0 {
            out.fill(init);
            for (_, tap) in taps {
                let mut at = base.wrapping_add(tap);
                for out in out.iter_mut() {
                    *out = f(*out, &data[at as usize]);
                    at = at.wrapping_add(stride);
                }
            }
            return;
        }
        let mut init = Some(init);
        let mut runs: [&[T]; GROUP] = [&[]; GROUP];
        let mut held = 0;
        taps.for_each(|(_, tap)| {
            if held == GROUP {
                vectorized(
                    self.isa,
                    FoldRuns { runs: &runs, out: &mut *out, init: init.take(), f },
                );
                held = 0;
            }
            runs[held] = &data[base.wrapping_add(tap) as usize..][..out.len()];
            held += 1;
        });
        vectorized(self.isa, FoldRuns { runs: &runs[..held], out, init, f });
    }
}

/// Folds several runs into one: `out[i] = f(.. f(start, runs[0][i]) .., runs[n][i])`, where `start` is
/// `init`, or what is in `out[i]` already.
struct FoldRuns<'r, 'a, T, U, F> {
    runs: &'r [&'a [T]],
    out: &'r mut [U],
    init: Option<U>,
    f: &'r F,
}

impl<T, U: Copy, F: Fn(U, &T) -> U> Vectorized for FoldRuns<'_, '_, T, U, F> {
    type Output = ();

    /// A pass of its own for every number of runs. An array of accumulators that any number of runs is
    /// folded into would be one; the compiler keeps it in memory, at 1.4 times the time.
    #[inline(always)]
    fn run(self) {
        let Self { runs, out, init, f } = self;
        match runs.len() {
            1 => fold_runs::<_, _, 1>(runs, out, init, f),
            2 => fold_runs::<_, _, 2>(runs, out, init, f),
            3 => fold_runs::<_, _, 3>(runs, out, init, f),
            4 => fold_runs::<_, _, 4>(runs, out, init, f),
            5 => fold_runs::<_, _, 5>(runs, out, init, f),
            6 => fold_runs::<_, _, 6>(runs, out, init, f),
            7 => fold_runs::<_, _, 7>(runs, out, init, f),
            8 => fold_runs::<_, _, 8>(runs, out, init, f),
            _ => fold_runs::<_, _, GROUP>(runs, out, init, f),
        }
    }
}

#[inline(always)]
fn fold_runs<T, U: Copy, const N: usize>(
    runs: &[&[T]],
    out: &mut [U],
    init: Option<U>,
    f: &impl Fn(U, &T) -> U,
) {
    let runs: [&[T]; N] = array::from_fn(|at| &runs[at][..out.len()]);
    match init {
        Some(init) => {
            for i in 0..out.len() {
                out[i] = runs.iter().fold(init, |acc, run| f(acc, &run[i]));
            }
        }
        None => {
            for i in 0..out.len() {
                out[i] = runs.iter().fold(out[i], |acc, run| f(acc, &run[i]));
            }
        }
    }
}

/// The lanes of a [`Row`], one per tap. Made by [`Row::taps`].
#[derive(Debug)]
pub struct Taps<'r, 'w, 'a, T, R: Rank> {
    row: &'r Row<'w, 'a, T, R>,
    odometer: Odometer<'r, R>,
}

impl<T, R: Rank> Clone for Taps<'_, '_, '_, T, R> {
    fn clone(&self) -> Self {
        Self { row: self.row, odometer: self.odometer.clone() }
    }
}

impl<'a, T, R: Rank> Iterator for Taps<'_, '_, 'a, T, R> {
    type Item = Lane<'a, T>;

    fn next(&mut self) -> Option<Lane<'a, T>> {
        loop {
            if self.odometer.len() == 0 {
                return None;
            }
            let tap = self.odometer.position().clone();
            let (_, ahead) = self.odometer.next()?;
            let lane = self.row.lane(tap.as_ref(), ahead);
            if lane.is_some() {
                return lane;
            }
        }
    }
}

impl<T, R: Rank> FusedIterator for Taps<'_, '_, '_, T, R> {}

/// One tap of a row of windows: a run of input, and the outputs that it belongs to.
#[derive(Debug)]
pub struct Lane<'a, T> {
    tap: usize,
    output: Range<usize>,
    input: View<'a, T, 1>,
}

impl<T> Clone for Lane<'_, T> {
    fn clone(&self) -> Self {
        Self { output: self.output.clone(), ..*self }
    }
}

impl<'a, T> Lane<'a, T> {
    /// Which tap of the window, in row-major order.
    #[must_use]
    pub fn tap(&self) -> usize {
        self.tap
    }

    /// Flat indices of the windows that have this tap.
    #[must_use]
    pub fn output(&self) -> Range<usize> {
        self.output.clone()
    }

    /// What the tap reads in each of them; a slice where it is contiguous.
    #[must_use]
    pub fn input(&self) -> View<'a, T, 1> {
        self.input
    }
}

impl<'a, T, R: Rank> Row<'_, 'a, T, R> {
    /// The lane of a tap, counted among the real ones, whose offset from the first real tap is known.
    /// `None` if no window of the row has it.
    fn lane(&self, tap: &[usize], ahead: isize) -> Option<Lane<'a, T>> {
        let inner = self.windows.last_axis();
        let mut flat = 0;
        for (axis, (&tap, taps)) in tap.iter().zip(self.taps.as_ref()).enumerate() {
            flat = flat * self.windows.window_shape()[axis] + taps.start + tap;
        }
        // The windows of the row for which `0 <= start + tap D < L` on the last axis.
        let reach = (tap.last().map_or(0, |tap| tap * inner.dilation())) as isize;
        let first = inner.start(self.columns.start).saturating_add(reach);
        let step = self.step;
        let skipped = if first < 0 { first.unsigned_abs().div_ceil(step) } else { 0 };
        let end =
            if first >= inner.len() as isize { 0 } else { (inner.len() as isize - first) as usize };
        let end = end.div_ceil(step).min(self.columns.len());
        if skipped >= end {
            return None;
        }
        let stride = self.stride();
        let offset = self
            .first_tap()
            .wrapping_add(ahead)
            .wrapping_add(stride.wrapping_mul(skipped as isize));
        let layout = Layout::inside([end - skipped], [stride]).expect("no longer than the row");
        let output = self.output.start + skipped..self.output.start + end;
        let input = StridedView::part(self.windows.view().data(), offset as usize, layout);
        Some(Lane { tap: flat, output, input })
    }
}
