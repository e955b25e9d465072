//! Mutable strided views, and disjoint tiles of them.
//!
//! Two tiles of one image interleave in memory, so no pair of `&mut [T]` can express them. This file
//! can, and is one of the two places of the crate with `unsafe`.
//!
//! The invariant, of which every block is a consequence: **a view owns the elements at the offsets of its
//! layout, counted from `first`, exclusively for `'a`; the offsets are those of distinct elements of one
//! slice.** Constructors establish it (bounds and injectivity are checked there, for good), and whatever
//! makes a view from a view gives away a subset of its elements, or several disjoint ones.
#![allow(unsafe_code)]

use alloc::borrow::Cow;
use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::ops::{Index, IndexMut, Range};
use core::ptr::NonNull;

use crate::layout::Layout;
#[cfg(feature = "rayon")]
use crate::odometer::split_range;
use crate::odometer::{Odometer, unravel};
use crate::rank::{Const, Dyn, IntoAxes, Rank};
use crate::{Grid, IntoSpec, StridedView, WindowError};

/// A mutable view with `N` axes, known to the compiler.
pub type ViewMut<'a, T, const N: usize> = StridedViewMut<'a, T, Const<N>>;

/// A mutable view whose number of axes is known at run time.
pub type DynViewMut<'a, T> = StridedViewMut<'a, T, Dyn>;

/// Part of a slice, written as an N-dimensional array by stride arithmetic.
///
/// Like [`StridedView`], checked once; and no two positions are one element, so strides of zero and
/// other overlaps are refused. [`ViewMut`] and [`DynViewMut`] are its two names.
///
/// # Example
/// ```
/// use windows_core::{Edge, ViewMut, WindowSpec};
///
/// let mut image = [0_u8; 5 * 6];
/// let mut view = ViewMut::new(&mut image, [5, 6])?;
/// // 2 x 4 tiles, the ragged remainder included
/// let spec = WindowSpec::new([2, 4]).step([2, 4]).edge(Edge::Keep);
/// for (index, mut tile) in view.tiles_mut(spec)?.enumerate() {
///     tile.fill(index as u8);
/// }
/// assert_eq!(image[..6], [0, 0, 0, 0, 1, 1]);
/// assert_eq!(image[24..], [4, 4, 4, 4, 5, 5]);
/// # Ok::<(), windows_core::WindowError>(())
/// ```
///
/// Two tiles are two values, but a view is borrowed once:
/// ```compile_fail,E0499
/// # use windows_core::ViewMut;
/// # let mut data = [0; 4];
/// let mut view = ViewMut::new(&mut data, [2, 2]).unwrap();
/// let mut first = view.tiles_mut([1, 2]).unwrap();
/// let mut again = view.tiles_mut([1, 2]).unwrap();
/// first.next();
/// ```
/// ```
/// # use windows_core::ViewMut;
/// # let mut data = [0; 4];
/// let mut view = ViewMut::new(&mut data, [2, 2]).unwrap();
/// let mut first = view.tiles_mut([1, 2]).unwrap();
/// let (mut top, mut bottom) = (first.next().unwrap(), first.next().unwrap());
/// core::mem::swap(&mut top[[0, 0]], &mut bottom[[0, 1]]);
/// ```
pub struct StridedViewMut<'a, T, R: Rank> {
    /// The element at index 0, .., 0; dangling if there are no elements.
    first: NonNull<T>,
    layout: Layout<R>,
    owns: PhantomData<&'a mut [T]>,
}

// SAFETY: a view is exclusive access to elements of a slice, as `&mut [T]` is, which is `Send` for
// `T: Send`.
unsafe impl<T: Send, R: Rank> Send for StridedViewMut<'_, T, R> {}
// SAFETY: a shared reference to a view gives shared references to elements, as `&&mut [T]` does, which
// is `Sync` for `T: Sync`.
unsafe impl<T: Sync, R: Rank> Sync for StridedViewMut<'_, T, R> {}

impl<'a, T, R: Rank> StridedViewMut<'a, T, R> {
    /// Writes a whole slice, row-major.
    ///
    /// # Errors
    /// [`WindowError::Length`] if the shape has another number of elements than the slice, or more than
    /// `isize::MAX`.
    pub fn new(data: &'a mut [T], shape: impl IntoAxes<R>) -> Result<Self, WindowError> {
        let layout = StridedView::new(&*data, shape)?.layout().clone();
        Ok(Self { first: first_of(data, 0), layout, owns: PhantomData })
    }

    /// Writes a slice by shape and strides, starting at element `offset`.
    ///
    /// # Errors
    /// [`WindowError::OutOfData`] if an element of the view is not one of the slice;
    /// [`WindowError::Aliased`] if two positions may be one element; an overflow.
    pub fn strided(
        data: &'a mut [T],
        offset: usize,
        shape: impl IntoAxes<R>,
        strides: impl IntoAxes<R, isize>,
    ) -> Result<Self, WindowError> {
        let view = StridedView::strided(&*data, offset, shape, strides)?;
        let (offset, layout) = (view.offset(), view.layout().clone());
        if let Some((axis, stride)) = layout.aliasing() {
            return Err(WindowError::Aliased { axis, stride });
        }
        Ok(Self { first: first_of(data, offset), layout, owns: PhantomData })
    }

    /// Shape and strides.
    #[must_use]
    pub fn layout(&self) -> &Layout<R> {
        &self.layout
    }

    /// Length of each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// Memory distance between neighbours along each axis, in elements.
    #[must_use]
    pub fn strides(&self) -> &[isize] {
        self.layout.strides()
    }

    /// Number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.layout.ndim()
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.layout.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.layout.is_empty()
    }

    /// The same view for a shorter time, so that what consumes a view can be used again.
    #[must_use]
    pub fn reborrow(&mut self) -> StridedViewMut<'_, T, R> {
        StridedViewMut { first: self.first, layout: self.layout.clone(), owns: PhantomData }
    }

    /// A subset of the elements: the layout's offsets, counted from `ahead`, are offsets of this view.
    fn part<Q: Rank>(self, ahead: isize, layout: Layout<Q>) -> StridedViewMut<'a, T, Q> {
        // SAFETY: as `element`.
        let first = unsafe { element(self.first, if layout.is_empty() { 0 } else { ahead }) };
        StridedViewMut { first, layout, owns: PhantomData }
    }

    /// An element, or `None` outside the shape.
    #[must_use]
    pub fn get(&self, index: impl IntoAxes<R>) -> Option<&T> {
        let offset = self.layout.offset(index)?;
        // SAFETY: an offset of the layout is one of an element that this view owns, and `&self` shares.
        Some(unsafe { element(self.first, offset).as_ref() })
    }

    /// An element to write, or `None` outside the shape.
    #[must_use]
    pub fn get_mut(&mut self, index: impl IntoAxes<R>) -> Option<&mut T> {
        let offset = self.layout.offset(index)?;
        // SAFETY: an offset of the layout is one of an element that this view owns, and `&mut self`
        // borrows exclusively.
        Some(unsafe { element(self.first, offset).as_mut() })
    }

    /// The elements as one slice, if they are neighbours in memory in row-major order.
    #[must_use]
    pub fn as_mut_slice(&mut self) -> Option<&mut [T]> {
        if !self.layout.is_contiguous() {
            return None;
        }
        let (first, len) = (self.first.as_ptr(), if self.is_empty() { 0 } else { self.len() });
        // SAFETY: the offsets of a contiguous layout are `0..len`, of elements that this view owns and
        // `&mut self` borrows exclusively; with none, `first` is aligned and not null.
        Some(unsafe { core::slice::from_raw_parts_mut(first, len) })
    }

    /// The elements in row-major order, to write. Allocates nothing.
    pub fn iter_mut(&mut self) -> ElementsMut<'_, T, R> {
        ElementsMut {
            first: self.first,
            odometer: Odometer::new(Cow::Borrowed(&self.layout)),
            owns: PhantomData,
        }
    }

    /// Sets every element.
    pub fn fill(&mut self, value: T)
    where
        T: Clone,
    {
        match self.as_mut_slice() {
            Some(slice) => slice.fill(value),
            None => self.iter_mut().for_each(|element| *element = value.clone()),
        }
    }

    /// Copies a view of the same shape.
    ///
    /// # Errors
    /// [`WindowError::Shape`] or [`WindowError::Rank`] if it has another shape.
    pub fn assign<Q: Rank>(&mut self, source: &StridedView<'_, T, Q>) -> Result<(), WindowError>
    where
        T: Clone,
    {
        let (expected, got) = (self.ndim(), source.ndim());
        if expected != got {
            return Err(WindowError::Rank { what: "source", got, expected });
        }
        for (axis, (&expected, &got)) in self.shape().iter().zip(source.shape()).enumerate() {
            if expected != got {
                return Err(WindowError::Shape { what: "source", axis, expected, got });
            }
        }
        let mut elements = self.iter_mut();
        source.iter().for_each(|value| {
            if let Some(element) = elements.next() {
                *element = value.clone();
            }
        });
        Ok(())
    }

    /// Part of an axis.
    ///
    /// # Errors
    /// No such axis, or a range outside of it.
    pub fn slice(self, axis: usize, range: Range<usize>) -> Result<Self, WindowError> {
        let (layout, ahead) = self.layout.slice(axis, range, 1)?;
        Ok(self.part(ahead, layout))
    }

    /// An axis backwards.
    ///
    /// # Errors
    /// No such axis.
    pub fn reverse(self, axis: usize) -> Result<Self, WindowError> {
        let (layout, ahead) = self.layout.reverse(axis)?;
        Ok(self.part(ahead, layout))
    }

    /// The axes in another order: axis `i` of the result is axis `order[i]` of this view.
    ///
    /// # Errors
    /// `order` is not a permutation of the axes.
    pub fn permute(self, order: impl IntoAxes<R>) -> Result<Self, WindowError> {
        let layout = self.layout.permute(order)?;
        Ok(self.part(0, layout))
    }

    /// Two views, of the elements before `at` on an axis and of the others.
    ///
    /// # Errors
    /// No such axis, or `at` beyond it.
    pub fn split_at(self, axis: usize, at: usize) -> Result<(Self, Self), WindowError> {
        let (head, _) = self.layout.slice(axis, 0..at, 1)?;
        let (tail, ahead) = self.layout.slice(axis, at..self.shape()[axis], 1)?;
        // The two have no element in common, so each may have a view of its own.
        let copy = Self { first: self.first, layout: self.layout.clone(), owns: PhantomData };
        Ok((self.part(0, head), copy.part(ahead, tail)))
    }

    /// The same view with its rank known at run time.
    #[must_use]
    pub fn into_dyn(self) -> DynViewMut<'a, T> {
        let layout = self.layout.to_dyn();
        self.part(0, layout)
    }

    /// Windows that share no element, each to write: tiles. Partial ones are views of the elements they
    /// have, so [`Edge::Keep`](crate::Edge::Keep) gives the ragged remainder too.
    ///
    /// # Errors
    /// [`WindowError::Overlapping`] if an element may be in two windows: use
    /// [`StridedViewMut::for_each_window_mut`], or a [`View`](crate::View) of
    /// [`Cell`](core::cell::Cell)s. What [`Grid::over`] refuses.
    pub fn tiles_mut(&mut self, spec: impl IntoSpec<R>) -> Result<TilesMut<'_, T, R>, WindowError> {
        let grid = Grid::over(self.shape(), spec)?;
        if let Some(axis) = grid.axes().iter().position(|axis| !axis.is_disjoint()) {
            let of = grid.axes()[axis];
            return Err(WindowError::Overlapping { axis, field: of.field(), step: of.step() });
        }
        Ok(TilesMut { range: 0..grid.len(), grid, view: self.reborrow() })
    }

    /// Calls `f` with every window, overlapping or not, one at a time in row-major order of positions:
    /// what one call wrote, the next ones see.
    ///
    /// # Errors
    /// What [`Grid::over`] refuses.
    ///
    /// # Example
    /// ```
    /// use windows_core::ViewMut;
    ///
    /// let mut data = [1, 2, 3, 4];
    /// ViewMut::new(&mut data, [4])?.for_each_window_mut([2], |_, mut pair| {
    ///     pair[[1]] += pair[[0]]; // a running sum
    /// })?;
    /// assert_eq!(data, [1, 3, 6, 10]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn for_each_window_mut(
        &mut self,
        spec: impl IntoSpec<R>,
        mut f: impl FnMut(&R::PerAxis<usize>, StridedViewMut<'_, T, R>),
    ) -> Result<(), WindowError> {
        let grid = Grid::over(self.shape(), spec)?;
        for position in grid.positions() {
            // The window lives only as long as this call, which is why they may overlap.
            f(&position, self.reborrow().window(&grid, &position));
        }
        Ok(())
    }

    /// The real elements of one window.
    fn window(self, grid: &Grid<R>, position: &R::PerAxis<usize>) -> Self {
        let taps = grid.taps(position.as_ref());
        let axes = grid.axes();
        let mut ahead = 0_isize;
        for (axis, of) in axes.iter().enumerate() {
            // Of a window without real taps there is no such element, and the sum may wrap.
            let first = taps[axis].start.wrapping_mul(of.dilation()) as isize;
            let element = of.start(position[axis]).wrapping_add(first);
            ahead = ahead.wrapping_add(element.wrapping_mul(self.strides()[axis]));
        }
        let layout = Layout::inside(
            R::from_fn(axes.len(), |axis| taps[axis].len()),
            R::from_fn(axes.len(), |axis| {
                (axes[axis].dilation() as isize).wrapping_mul(self.strides()[axis])
            }),
        )
        .expect("no more elements than the view has");
        self.part(ahead, layout)
    }
}

/// The element at an offset from the first one.
///
/// # Safety
/// The offset is 0, or that of an element of the slice that `first` is an element of.
unsafe fn element<T>(first: NonNull<T>, offset: isize) -> NonNull<T> {
    // SAFETY: both are elements of one slice, whose size in bytes fits `isize`.
    unsafe { first.offset(offset) }
}

/// A pointer to an element, with leave to access all of the slice; to the start if there are none.
fn first_of<T>(data: &mut [T], offset: usize) -> NonNull<T> {
    assert!(offset <= data.len(), "views are checked to start in their data");
    let start = NonNull::from(data).cast::<T>();
    // SAFETY: `offset` is at most the length.
    unsafe { start.add(offset) }
}

impl<T, R: Rank, I: IntoAxes<R>> Index<I> for StridedViewMut<'_, T, R> {
    type Output = T;

    /// # Panics
    /// Outside the shape.
    #[track_caller]
    fn index(&self, index: I) -> &T {
        self.get(index).expect("index outside the shape of the view")
    }
}

impl<T, R: Rank, I: IntoAxes<R>> IndexMut<I> for StridedViewMut<'_, T, R> {
    /// # Panics
    /// Outside the shape.
    #[track_caller]
    fn index_mut(&mut self, index: I) -> &mut T {
        self.get_mut(index).expect("index outside the shape of the view")
    }
}

impl<T, R: Rank> fmt::Debug for StridedViewMut<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ViewMut")
            .field("shape", &self.shape())
            .field("strides", &self.strides())
            .finish_non_exhaustive()
    }
}

/// The elements of a mutable view in row-major order. Made by [`StridedViewMut::iter_mut`].
#[derive(Debug)]
pub struct ElementsMut<'v, T, R: Rank> {
    first: NonNull<T>,
    odometer: Odometer<'v, R>,
    owns: PhantomData<&'v mut [T]>,
}

// SAFETY: as for `StridedViewMut`, of which this is an exclusive borrow.
unsafe impl<T: Send, R: Rank> Send for ElementsMut<'_, T, R> {}
// SAFETY: as for `StridedViewMut`; a shared reference to this gives access to nothing.
unsafe impl<T: Sync, R: Rank> Sync for ElementsMut<'_, T, R> {}

impl<'v, T, R: Rank> ElementsMut<'v, T, R> {
    fn item(&self, (_, offset): (usize, isize)) -> &'v mut T {
        // SAFETY: the odometer gives every offset of the layout once, and the offsets are those of
        // distinct elements that the view owns and lent exclusively for `'v`.
        unsafe { element(self.first, offset).as_mut() }
    }
}

impl<'v, T, R: Rank> Iterator for ElementsMut<'v, T, R> {
    type Item = &'v mut T;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.odometer.next().map(|at| self.item(at))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.odometer.size_hint()
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.odometer.nth(n).map(|at| self.item(at))
    }

    fn count(self) -> usize {
        self.odometer.count()
    }

    fn last(mut self) -> Option<Self::Item> {
        self.next_back()
    }
}

impl<T, R: Rank> DoubleEndedIterator for ElementsMut<'_, T, R> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.odometer.next_back().map(|at| self.item(at))
    }

    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        self.odometer.nth_back(n).map(|at| self.item(at))
    }
}

impl<T, R: Rank> ExactSizeIterator for ElementsMut<'_, T, R> {}

impl<T, R: Rank> FusedIterator for ElementsMut<'_, T, R> {}

/// Disjoint windows of a mutable view. Made by [`StridedViewMut::tiles_mut`].
#[derive(Debug)]
pub struct TilesMut<'v, T, R: Rank> {
    view: StridedViewMut<'v, T, R>,
    grid: Grid<R>,
    range: Range<usize>,
}

impl<'v, T, R: Rank> TilesMut<'v, T, R> {
    /// The positions.
    #[must_use]
    pub fn grid(&self) -> &Grid<R> {
        &self.grid
    }

    fn tile(&self, index: usize) -> StridedViewMut<'v, T, R> {
        // An index beyond the last would wrap to the position of an earlier one.
        assert!(index < self.grid.len(), "tile {index} of {}", self.grid.len());
        let position = unravel::<R>(self.grid.counts(), index);
        // Each index is given out once, and windows of different positions share no element, so each
        // may have a view of its own.
        let view = StridedViewMut {
            first: self.view.first,
            layout: self.view.layout.clone(),
            owns: PhantomData,
        };
        view.window(&self.grid, &position)
    }

    /// The tiles before `index` and the others.
    ///
    /// # Panics
    /// If there are fewer tiles than `index`.
    #[cfg(feature = "rayon")]
    pub(crate) fn split_at(self, index: usize) -> (Self, Self) {
        // The two ranges have no index in common, and none beyond this one's: callers of a producer are safe
        // code and may ask for any split.
        let (head, tail) = split_range(&self.range, index);
        let copy = StridedViewMut {
            first: self.view.first,
            layout: self.view.layout.clone(),
            owns: PhantomData,
        };
        (Self { view: copy, grid: self.grid.clone(), range: head }, Self { range: tail, ..self })
    }
}

impl<'v, T, R: Rank> Iterator for TilesMut<'v, T, R> {
    type Item = StridedViewMut<'v, T, R>;

    fn next(&mut self) -> Option<Self::Item> {
        self.range.next().map(|index| self.tile(index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.range.nth(n).map(|index| self.tile(index))
    }

    fn count(self) -> usize {
        self.range.len()
    }

    fn last(mut self) -> Option<Self::Item> {
        self.next_back()
    }
}

impl<T, R: Rank> DoubleEndedIterator for TilesMut<'_, T, R> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.range.next_back().map(|index| self.tile(index))
    }

    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        self.range.nth_back(n).map(|index| self.tile(index))
    }
}

impl<T, R: Rank> ExactSizeIterator for TilesMut<'_, T, R> {}

impl<T, R: Rank> FusedIterator for TilesMut<'_, T, R> {}
