//! All windows of a view: a grid laid over strided data.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;

use crate::check::{check_len, check_shape};
use crate::layout::Layout;
use crate::odometer::{Odometer, unravel};
use crate::rank::{IntoAxes, Rank};
use crate::{DynView, Grid, StridedView, WindowError, view};

/// A [`Grid`] on a [`StridedView`]: every window, as arithmetic.
///
/// A window grid is two layouts of the rank of the view. Moving by one position adds the view's strides
/// times the step; moving by one tap adds them times the dilation:
///
/// ```text
/// 4 x 4 image, row-major: strides (4, 1)        2 x 2 patches at step 2
///
///    0  1 | 2  3                                grid    shape (2, 2), strides (8, 2)
///    4  5 | 6  7                                window  shape (2, 2), strides (4, 1)
///   ------+------
///    8  9 |10 11       window (1, 0) starts at 1 * 8 + 0 * 2 = 8 and reads 8, 9, 12, 13
///   12 13 |14 15
/// ```
///
/// Making it costs a few divisions per axis, and walking it allocates nothing.
///
/// # Example
/// ```
/// use windows_core::{View, WindowSpec};
///
/// let image: Vec<u8> = (0..16).collect();
/// let view = View::new(&image, [4, 4])?;
/// let windows = view.windows(WindowSpec::new([2, 2]).step(2));
///
/// assert_eq!((windows.grid().counts(), windows.grid_strides()), (&[2, 2][..], &[8, 2][..]));
/// assert_eq!((windows.window_shape(), windows.window_strides()), (&[2, 2][..], &[4, 1][..]));
/// assert_eq!(windows.get([1, 0]).unwrap().to_vec(), [8, 9, 12, 13]);
/// # Ok::<(), windows_core::WindowError>(())
/// ```
pub struct Windows<'a, T, R: Rank> {
    view: StridedView<'a, T, R>,
    grid: Grid<R>,
    /// Counts, and the view's strides times the step. Of the virtual array, padding included: its
    /// offsets are those of elements only for windows that lie inside, and wrap elsewhere.
    steps: Layout<R>,
    /// Sizes, and the view's strides times the dilation; the same holds.
    window: Layout<R>,
    /// Virtual offset of tap 0 of window 0.
    origin: isize,
    whole: bool,
    regular: bool,
}

impl<T, R: Rank> Clone for Windows<'_, T, R> {
    fn clone(&self) -> Self {
        Self {
            view: self.view.clone(),
            grid: self.grid.clone(),
            steps: self.steps.clone(),
            window: self.window.clone(),
            ..*self
        }
    }
}

impl<T, R: Rank> fmt::Debug for Windows<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Windows")
            .field("counts", &self.grid.counts())
            .field("grid_strides", &self.grid_strides())
            .field("window_shape", &self.window_shape())
            .field("window_strides", &self.window_strides())
            .finish_non_exhaustive()
    }
}

impl<R: Rank> Grid<R> {
    /// The windows of this grid on an array of its shape: what
    /// [`try_windows`](StridedView::try_windows) gives, without resolving the spec again. Zero-copy;
    /// `O(rank)`.
    ///
    /// # Errors
    /// [`WindowError::Rank`] or [`WindowError::Shape`] if the array has another shape; strides that
    /// overflow when multiplied by the step or the dilation.
    ///
    /// # Example
    /// ```
    /// use windows_core::{Grid, View, WindowError};
    ///
    /// let grid = Grid::new([3, 4], [2, 2])?;
    /// for image in [[0_u8; 12], [1; 12]] {
    ///     assert_eq!(grid.windows(&View::new(&image, [3, 4])?)?.len(), 6);
    /// }
    /// let turned = grid.windows(&View::new(&[0_u8; 12], [4, 3])?).unwrap_err();
    /// assert_eq!(turned, WindowError::Shape { what: "view", axis: 0, expected: 3, got: 4 });
    /// # Ok::<(), WindowError>(())
    /// ```
    pub fn windows<'a, T>(
        &self,
        view: &StridedView<'a, T, R>,
    ) -> Result<Windows<'a, T, R>, WindowError> {
        check_shape("view", self.shape(), view.shape())?;
        Windows::new(view.clone(), self.clone())
    }
}

impl<'a, T, R: Rank> Windows<'a, T, R> {
    #[inline]
    pub(crate) fn new(view: StridedView<'a, T, R>, grid: Grid<R>) -> Result<Self, WindowError> {
        let ndim = view.ndim();
        let scaled = |by: usize, axis: usize| (by as isize).wrapping_mul(view.strides()[axis]);
        let axes = grid.axes();
        let steps = Layout::inside_of_len(
            R::from_fn(ndim, |axis| axes[axis].count()),
            R::from_fn(ndim, |axis| scaled(axes[axis].step(), axis)),
            grid.len(),
        );
        let window = Layout::inside(
            R::from_fn(ndim, |axis| axes[axis].size()),
            R::from_fn(ndim, |axis| scaled(axes[axis].dilation(), axis)),
        )?;
        let origin = axes.iter().enumerate().fold(view.offset() as isize, |offset, (axis, of)| {
            offset.wrapping_sub(scaled(of.before(), axis))
        });
        let (whole, regular) = (grid.is_whole(), grid.is_regular());
        Ok(Self { view, grid, steps, window, origin, whole, regular })
    }

    /// The positions.
    #[must_use]
    #[inline]
    pub fn grid(&self) -> &Grid<R> {
        &self.grid
    }

    /// The data under the windows.
    #[must_use]
    #[inline]
    pub fn view(&self) -> &StridedView<'a, T, R> {
        &self.view
    }

    /// Number of windows.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.grid.len()
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.grid.is_empty()
    }

    /// Memory distance between neighbouring windows along each axis, in elements. On an axis whose
    /// starts are not equally spaced (snap, balance), the distance that the step would give.
    #[must_use]
    #[inline]
    pub fn grid_strides(&self) -> &[isize] {
        self.steps.strides()
    }

    /// Taps of a window along each axis.
    #[must_use]
    #[inline]
    pub fn window_shape(&self) -> &[usize] {
        self.window.shape()
    }

    /// Memory distance between neighbouring taps along each axis, in elements.
    #[must_use]
    #[inline]
    pub fn window_strides(&self) -> &[isize] {
        self.window.strides()
    }

    /// Taps of a window.
    #[must_use]
    #[inline]
    pub fn window_len(&self) -> usize {
        self.window.len()
    }

    pub(crate) fn window_layout(&self) -> &Layout<R> {
        &self.window
    }

    /// Whether every window is whole and starts where the steps say.
    pub(crate) fn is_plain(&self) -> bool {
        self.whole && self.regular
    }

    /// The window at a position, or `None` outside the grid. `O(rank)`.
    #[must_use]
    pub fn get(&self, position: impl IntoAxes<R>) -> Option<Window<'_, 'a, T, R>> {
        let position = position.into_axes("position", Some(self.grid.ndim())).ok()?;
        let index = self.grid.index(position.as_ref())?;
        Some(self.window_at(index, position.as_ref()))
    }

    /// The window that is `index`-th in row-major order, or `None`. `O(rank)`.
    #[must_use]
    pub fn nth(&self, index: usize) -> Option<Window<'_, 'a, T, R>> {
        let position = self.grid.position(index)?;
        Some(self.window_at(index, position.as_ref()))
    }

    #[inline]
    fn window_at(&self, index: usize, position: &[usize]) -> Window<'_, 'a, T, R> {
        let mut offset = self.view.offset() as isize;
        let mut whole = true;
        for (axis, of) in self.grid.axes().iter().enumerate() {
            let start = of.start(position[axis]);
            offset = offset.wrapping_add(start.wrapping_mul(self.view.strides()[axis]));
            whole &= of.interior().contains(&position[axis]);
        }
        Window { windows: self, index, offset, whole }
    }

    /// The window at a flat index whose offset over the steps is known.
    #[inline]
    fn item(&self, (index, offset): (usize, isize)) -> Window<'_, 'a, T, R> {
        if self.is_plain() {
            let offset = self.origin.wrapping_add(offset);
            return Window { windows: self, index, offset, whole: true };
        }
        self.window_at(index, unravel::<R>(self.grid.counts(), index).as_ref())
    }

    /// Every window, in row-major order of positions: exact size, from both ends, `O(1)` `nth`.
    ///
    /// An item borrows this value, not only the data: the layout of a window is kept once, here.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> WindowsIter<'_, 'a, T, R> {
        WindowsIter { windows: self, odometer: Odometer::new(Cow::Borrowed(&self.steps)) }
    }

    /// The windows of a range of flat indices.
    #[cfg(feature = "rayon")]
    pub(crate) fn iter_range(&self, range: Range<usize>) -> WindowsIter<'_, 'a, T, R> {
        WindowsIter { windows: self, odometer: Odometer::part(Cow::Borrowed(&self.steps), range) }
    }

    /// All windows as one array of twice the rank: the grid axes, then the window axes. No copy.
    /// This is numpy's `sliding_window_view` (with a step) and torch's `unfold` of every axis.
    ///
    /// # Errors
    /// A window that is partial or not where the step says has no place in an array; more than
    /// `isize::MAX` elements in all windows together.
    pub fn as_view(&self) -> Result<DynView<'a, T>, WindowError> {
        self.require_whole()?;
        if let Some(axis) = self.grid.axes().iter().position(|axis| !axis.is_regular()) {
            return Err(WindowError::Irregular { axis });
        }
        let shape: Vec<usize> =
            self.grid.counts().iter().chain(self.window_shape()).copied().collect();
        // A single window needs no stride, and one that is out of all proportion must not overflow.
        let grid_strides = self.grid.counts().iter().zip(self.grid_strides());
        let strides: Vec<isize> = grid_strides
            .map(|(&count, &stride)| if count > 1 { stride } else { 0 })
            .chain(self.window_strides().iter().copied())
            .collect();
        StridedView::with_layout(
            self.view.data(),
            self.view.offset(),
            Layout::new(&shape, &strides)?,
        )
    }

    /// # Errors
    /// [`WindowError::Partial`] names the first axis with windows that are not wholly inside.
    pub(crate) fn require_whole(&self) -> Result<(), WindowError> {
        match self.grid.axes().iter().enumerate().find(|(_, of)| !of.is_whole()) {
            None => Ok(()),
            Some(_) if self.is_empty() => Ok(()),
            Some((axis, of)) => {
                Err(WindowError::Partial { axis, count: of.count(), whole: of.interior().len() })
            }
        }
    }

    /// Writes `f` of every window to `out`, in row-major order of positions: a stencil. Allocates
    /// nothing.
    ///
    /// # Errors
    /// [`WindowError::Length`] unless `out` has one element per window.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    ///
    /// let data = [3, 1, 4, 1, 5, 9];
    /// let mut largest = [0; 4];
    /// View::from_slice(&data)
    ///     .windows([3])
    ///     .map_into(&mut largest, |window| *window.iter().max().unwrap())?;
    /// assert_eq!(largest, [4, 4, 5, 9]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn map_into<U>(
        &self,
        out: &mut [U],
        mut f: impl FnMut(Window<'_, 'a, T, R>) -> U,
    ) -> Result<(), WindowError> {
        check_len("output", self.len(), out.len())?;
        let mut slots = out.iter_mut();
        self.iter().for_each(|window| {
            if let Some(slot) = slots.next() {
                *slot = f(window);
            }
        });
        Ok(())
    }

    /// `f` of every window, in row-major order of positions.
    #[must_use]
    pub fn map<U>(&self, mut f: impl FnMut(Window<'_, 'a, T, R>) -> U) -> Vec<U> {
        let mut out = Vec::with_capacity(self.len());
        self.iter().for_each(|window| out.push(f(window)));
        out
    }
}

impl<'w, 'a, T, R: Rank> IntoIterator for &'w Windows<'a, T, R> {
    type Item = Window<'w, 'a, T, R>;
    type IntoIter = WindowsIter<'w, 'a, T, R>;

    #[inline]
    fn into_iter(self) -> WindowsIter<'w, 'a, T, R> {
        self.iter()
    }
}

/// One window: a place in a grid, and a view of the elements there.
///
/// A window that reaches over the border is a view still, smaller than the others: [`Window::view`] and
/// the iterators give the real elements only, [`Window::taps`] and [`Window::missing`] say which those
/// are. A value for the missing ones comes from [`Windows::with_border`].
pub struct Window<'w, 'a, T, R: Rank> {
    windows: &'w Windows<'a, T, R>,
    index: usize,
    /// Of tap 0, in the data if the window is whole.
    offset: isize,
    whole: bool,
}

impl<T, R: Rank> Clone for Window<'_, '_, T, R> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, R: Rank> Copy for Window<'_, '_, T, R> {}

impl<T: fmt::Debug, R: Rank> fmt::Debug for Window<'_, '_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window")
            .field("position", &self.position())
            .field("view", &self.view())
            .finish()
    }
}

impl<'w, 'a, T, R: Rank> Window<'w, 'a, T, R> {
    /// Which window this is, in row-major order.
    #[must_use]
    #[inline]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Where it is in the grid. A division per axis.
    #[must_use]
    pub fn position(&self) -> R::PerAxis<usize> {
        unravel::<R>(self.windows.grid.counts(), self.index)
    }

    /// Where its tap 0 is, relative to the data: negative in the padding.
    #[must_use]
    pub fn origin(&self) -> R::PerAxis<isize> {
        self.windows.grid.origin(self.position().as_ref())
    }

    /// Whether it lies wholly inside the data.
    #[must_use]
    #[inline]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The taps that are real elements, per axis.
    #[must_use]
    pub fn taps(&self) -> R::PerAxis<Range<usize>> {
        self.windows.grid.taps(self.position().as_ref())
    }

    /// How many taps are missing on each side, per axis: before the data, and after it.
    #[must_use]
    pub fn missing(&self) -> R::PerAxis<(usize, usize)> {
        let taps = self.taps();
        R::from_fn(self.windows.grid.ndim(), |axis| {
            (taps[axis].start, self.windows.window_shape()[axis] - taps[axis].end)
        })
    }

    /// The real elements, as a view.
    #[must_use]
    #[inline]
    pub fn view(&self) -> StridedView<'a, T, R> {
        let data = self.windows.view.data();
        if self.whole {
            return StridedView::part(data, self.offset as usize, self.windows.window.clone());
        }
        self.clipped()
    }

    #[cold]
    fn clipped(&self) -> StridedView<'a, T, R> {
        let Windows { view, grid, window, .. } = self.windows;
        let taps = self.taps();
        let layout = Layout::inside(
            R::from_fn(grid.ndim(), |axis| taps[axis].len()),
            R::from_fn(grid.ndim(), |axis| window.strides()[axis]),
        )
        .expect("no more taps than the window has");
        let mut offset = self.offset;
        for (axis, taps) in taps.as_ref().iter().enumerate() {
            let ahead = (taps.start as isize).wrapping_mul(window.strides()[axis]);
            offset = offset.wrapping_add(ahead);
        }
        let offset = if layout.is_empty() { 0 } else { offset as usize };
        StridedView::part(view.data(), offset, layout)
    }

    /// A tap of the window, or `None` where it is missing or beyond the size.
    #[must_use]
    pub fn get(&self, tap: impl IntoAxes<R>) -> Option<&'a T> {
        let Windows { view, grid, window, .. } = self.windows;
        let tap = tap.into_axes("tap", Some(grid.ndim())).ok()?;
        if !self.whole {
            let taps = self.taps();
            if !taps.as_ref().iter().zip(tap.as_ref()).all(|(taps, tap)| taps.contains(tap)) {
                return None;
            }
        }
        let mut offset = self.offset;
        for axis in 0..grid.ndim() {
            if tap[axis] >= window.shape()[axis] {
                return None;
            }
            let ahead = (tap[axis] as isize).wrapping_mul(window.strides()[axis]);
            offset = offset.wrapping_add(ahead);
        }
        Some(&view.data()[offset as usize])
    }

    /// Reads a window that is wholly inside, from its data, first element and strides.
    #[inline(always)]
    pub(crate) fn read<A>(&self, read: fn(&[T], usize, &[isize]) -> A) -> A {
        read(self.windows.view.data(), self.offset as usize, self.windows.window_strides())
    }

    /// The real elements, in row-major order.
    #[must_use]
    #[inline(always)]
    pub fn iter(&self) -> view::Elements<'w, 'a, T, R> {
        let data = self.windows.view.data();
        if self.whole {
            let layout = Cow::Borrowed(&self.windows.window);
            return view::Elements::new(data, self.offset as usize, layout);
        }
        self.clipped().iter()
    }

    /// The runs of real elements along the last axis: slices where it is contiguous.
    #[must_use]
    #[inline]
    pub fn lanes(&self) -> view::Lanes<'a, T, R> {
        self.view().lanes()
    }

    /// The real elements, in row-major order, copied.
    #[must_use]
    pub fn to_vec(&self) -> Vec<T>
    where
        T: Clone,
    {
        self.view().to_vec()
    }
}

/// Every window, in row-major order. Made by [`Windows::iter`].
#[derive(Debug)]
pub struct WindowsIter<'w, 'a, T, R: Rank> {
    windows: &'w Windows<'a, T, R>,
    odometer: Odometer<'w, R>,
}

impl<T, R: Rank> Clone for WindowsIter<'_, '_, T, R> {
    fn clone(&self) -> Self {
        Self { windows: self.windows, odometer: self.odometer.clone() }
    }
}

impl<'w, 'a, T, R: Rank> Iterator for WindowsIter<'w, 'a, T, R> {
    type Item = Window<'w, 'a, T, R>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.odometer.next().map(|at| self.windows.item(at))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.odometer.size_hint()
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.odometer.nth(n).map(|at| self.windows.item(at))
    }

    #[inline]
    fn count(self) -> usize {
        self.odometer.count()
    }

    #[inline]
    fn last(mut self) -> Option<Self::Item> {
        self.next_back()
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
        self.odometer.fold(init, |acc, at| f(acc, self.windows.item(at)))
    }
}

impl<T, R: Rank> DoubleEndedIterator for WindowsIter<'_, '_, T, R> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.odometer.next_back().map(|at| self.windows.item(at))
    }

    #[inline]
    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        self.odometer.nth_back(n).map(|at| self.windows.item(at))
    }
}

impl<T, R: Rank> ExactSizeIterator for WindowsIter<'_, '_, T, R> {}

impl<T, R: Rank> FusedIterator for WindowsIter<'_, '_, T, R> {}
