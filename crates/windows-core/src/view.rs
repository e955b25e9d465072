//! Strided views of a slice: any shape, any strides, never a copy.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::{Index, Range};

use crate::layout::Layout;
use crate::odometer::Odometer;
use crate::rank::{Const, Dyn, IntoAxes, Rank};
use crate::{Grid, IntoSpec, WindowError, Windows};

/// A view with `N` axes, known to the compiler.
pub type View<'a, T, const N: usize> = StridedView<'a, T, Const<N>>;

/// A view whose number of axes is known at run time.
pub type DynView<'a, T> = StridedView<'a, T, Dyn>;

/// A slice, read as an N-dimensional array by stride arithmetic.
///
/// Checked once, when made: every index inside the shape is an element of the slice, so nothing after
/// that can be out of bounds. Slicing, reversing and permuting make new views of the same slice and
/// copy no element. [`View`] and [`DynView`] are its two names.
///
/// # Example
/// ```
/// use windows_core::View;
///
/// let data: Vec<u32> = (0..12).collect();
/// let view = View::new(&data, [3, 4])?; // row-major
/// assert_eq!(view[[1, 2]], 6);
///
/// let columns = view.permute([1, 0])?; // no copy: only the strides change
/// assert_eq!((columns.shape(), columns.strides()), (&[4, 3][..], &[1, 4][..]));
/// assert_eq!(columns[[2, 1]], 6);
///
/// let backwards = view.reverse(1)?.slice(0, 1..3)?;
/// assert_eq!(backwards.to_vec(), [7, 6, 5, 4, 11, 10, 9, 8]);
/// # Ok::<(), windows_core::WindowError>(())
/// ```
pub struct StridedView<'a, T, R: Rank> {
    data: &'a [T],
    /// Of the element at index 0, .., 0; anything valid if there are no elements.
    offset: usize,
    layout: Layout<R>,
}

impl<T, R: Rank> Clone for StridedView<'_, T, R> {
    #[inline]
    fn clone(&self) -> Self {
        Self { data: self.data, offset: self.offset, layout: self.layout.clone() }
    }
}

impl<T, R: Rank> Copy for StridedView<'_, T, R> where Layout<R>: Copy {}

impl<'a, T, R: Rank> StridedView<'a, T, R> {
    /// Views a whole slice, row-major.
    ///
    /// # Errors
    /// [`WindowError::Length`] if the shape has another number of elements than the slice, or more than
    /// `isize::MAX`.
    pub fn new(data: &'a [T], shape: impl IntoAxes<R>) -> Result<Self, WindowError> {
        let layout = Layout::contiguous(shape)?;
        if layout.len() != data.len() {
            return Err(WindowError::Length {
                what: "data",
                expected: layout.len(),
                got: data.len(),
            });
        }
        Ok(Self { data, offset: 0, layout })
    }

    /// Views a slice by shape and strides, starting at element `offset`: numpy's and torch's
    /// `as_strided`, checked. Strides count elements and may be negative, zero or in any order.
    ///
    /// # Errors
    /// [`WindowError::OutOfData`] if an element of the view is not one of the slice; an overflow.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    ///
    /// let data: Vec<u8> = (0..16).collect(); // a 4 x 4 image
    /// // every 2 x 2 patch: 2 x 2 patches at strides 8 and 2, their pixels at strides 4 and 1
    /// let patches = View::strided(&data, 0, [2, 2, 2, 2], [8, 2, 4, 1])?;
    /// assert_eq!(patches.slice(0, 1..2)?.slice(1, 0..1)?.to_vec(), [8, 9, 12, 13]);
    /// assert!(View::strided(&data, 1, [2, 2, 2, 2], [8, 2, 4, 1]).is_err());
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn strided(
        data: &'a [T],
        offset: usize,
        shape: impl IntoAxes<R>,
        strides: impl IntoAxes<R, isize>,
    ) -> Result<Self, WindowError> {
        Self::with_layout(data, offset, Layout::new(shape, strides)?)
    }

    /// Views a slice through a layout.
    ///
    /// # Errors
    /// As [`StridedView::strided`].
    pub fn with_layout(
        data: &'a [T],
        offset: usize,
        layout: Layout<R>,
    ) -> Result<Self, WindowError> {
        let len = data.len();
        let Some((low, high)) = layout.span() else {
            return Ok(Self { data, offset: 0, layout });
        };
        if offset > isize::MAX as usize {
            return Err(WindowError::OutOfData { offset: isize::MAX, len });
        }
        let first = offset as isize + low; // a non-negative and a non-positive number
        let last = (offset as isize).saturating_add(high);
        if first < 0 || (first as usize) >= len {
            return Err(WindowError::OutOfData { offset: first, len });
        }
        if last as usize >= len {
            return Err(WindowError::OutOfData { offset: last, len });
        }
        Ok(Self { data, offset, layout })
    }

    /// The slice that is viewed.
    #[must_use]
    #[inline]
    pub fn data(&self) -> &'a [T] {
        self.data
    }

    /// Index in [`StridedView::data`] of the first element.
    #[must_use]
    #[inline]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Shape and strides.
    #[must_use]
    #[inline]
    pub fn layout(&self) -> &Layout<R> {
        &self.layout
    }

    /// Length of each axis.
    #[must_use]
    #[inline]
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// Memory distance between neighbours along each axis, in elements.
    #[must_use]
    #[inline]
    pub fn strides(&self) -> &[isize] {
        self.layout.strides()
    }

    /// Number of axes.
    #[must_use]
    #[inline]
    pub fn ndim(&self) -> usize {
        self.layout.ndim()
    }

    /// Number of elements.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.layout.len()
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.layout.is_empty()
    }

    /// An element, or `None` outside the shape.
    #[must_use]
    #[inline]
    pub fn get(&self, index: impl IntoAxes<R>) -> Option<&'a T> {
        let offset = self.layout.offset(index)?;
        Some(&self.data[self.offset.wrapping_add_signed(offset)])
    }

    /// The elements as one slice, if they are neighbours in memory in row-major order.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> Option<&'a [T]> {
        if self.is_empty() {
            return Some(&[]);
        }
        self.layout.is_contiguous().then(|| &self.data[self.offset..self.offset + self.len()])
    }

    /// The axes in another order: axis `i` of the result is axis `order[i]` of this view. No copy.
    ///
    /// # Errors
    /// `order` is not a permutation of the axes.
    pub fn permute(&self, order: impl IntoAxes<R>) -> Result<Self, WindowError> {
        Ok(Self { layout: self.layout.permute(order)?, ..*self })
    }

    /// Part of an axis. No copy.
    ///
    /// # Errors
    /// No such axis, or a range outside of it.
    pub fn slice(&self, axis: usize, range: Range<usize>) -> Result<Self, WindowError> {
        self.slice_by(axis, range, 1)
    }

    /// Every `step`-th element of part of an axis. No copy.
    ///
    /// # Errors
    /// No such axis, a range outside of it, or a step of 0.
    pub fn slice_by(
        &self,
        axis: usize,
        range: Range<usize>,
        step: usize,
    ) -> Result<Self, WindowError> {
        let (layout, first) = self.layout.slice(axis, range, step)?;
        Ok(Self { data: self.data, offset: self.offset.wrapping_add_signed(first), layout })
    }

    /// An axis backwards. No copy.
    ///
    /// # Errors
    /// No such axis.
    pub fn reverse(&self, axis: usize) -> Result<Self, WindowError> {
        let (layout, first) = self.layout.reverse(axis)?;
        Ok(Self { data: self.data, offset: self.offset.wrapping_add_signed(first), layout })
    }

    /// An axis as two, the inner one of length `inner`. No copy.
    ///
    /// # Errors
    /// No such axis, or a length that is not a multiple of `inner`.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    ///
    /// let rows: Vec<u8> = (0..6).collect();
    /// let pairs = View::new(&rows, [6])?.split(0, 2)?;
    /// assert_eq!((pairs.shape(), pairs.strides()), (&[3, 2][..], &[2, 1][..]));
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn split(&self, axis: usize, inner: usize) -> Result<DynView<'a, T>, WindowError> {
        let layout = self.layout.split(axis, inner)?;
        Ok(StridedView { data: self.data, offset: self.offset, layout })
    }

    /// The same view with its rank known at run time. No copy.
    #[must_use]
    pub fn to_dyn(&self) -> DynView<'a, T> {
        StridedView { data: self.data, offset: self.offset, layout: self.layout.to_dyn() }
    }

    /// The same view with its rank known to the compiler. No copy.
    ///
    /// # Errors
    /// It has another number of axes.
    pub fn to_const<const N: usize>(&self) -> Result<View<'a, T, N>, WindowError> {
        Ok(StridedView { data: self.data, offset: self.offset, layout: self.layout.to_const()? })
    }

    /// The elements in row-major order. Allocates nothing.
    ///
    /// `for_each`, `fold`, `sum` and their like run row by row and are faster than a `for` loop.
    #[must_use]
    pub fn iter(&self) -> Elements<'a, 'a, T, R> {
        Elements::new(self.data, self.offset, Cow::Owned(self.layout.clone()))
    }

    /// The runs along the last axis, in row-major order of the others: 1-D views, contiguous
    /// ([`StridedView::as_slice`]) where the last stride is 1. A rank-0 view is one run of one element.
    #[must_use]
    pub fn lanes(&self) -> Lanes<'a, T, R> {
        let ndim = self.ndim();
        let (len, stride) = match ndim.checked_sub(1) {
            Some(last) => (self.shape()[last], self.strides()[last]),
            None => (1, 1),
        };
        // The last axis counts once; an empty last axis has no lanes at all.
        let once = |axis: usize| {
            if axis + 1 == ndim { self.shape()[axis].min(1) } else { self.shape()[axis] }
        };
        let outer =
            Layout::inside(R::from_fn(ndim, once), R::from_fn(ndim, |axis| self.strides()[axis]))
                .expect("no more lanes than elements");
        let lane = Layout::inside([len], [stride]).expect("no longer than the view");
        Lanes {
            data: self.data,
            base: self.offset,
            lane,
            odometer: Odometer::new(Cow::Owned(outer)),
        }
    }

    /// The elements in row-major order, copied.
    #[must_use]
    pub fn to_vec(&self) -> Vec<T>
    where
        T: Clone,
    {
        let mut copy = Vec::with_capacity(self.len());
        for lane in self.lanes() {
            match lane.as_slice() {
                Some(slice) => copy.extend_from_slice(slice),
                None => copy.extend(lane.iter().cloned()),
            }
        }
        copy
    }

    /// All windows of a size, or of a [`WindowSpec`](crate::WindowSpec). Zero-copy; `O(rank)`.
    ///
    /// # Panics
    /// Where [`StridedView::try_windows`] is an error.
    ///
    /// # Example
    /// ```
    /// use windows_core::{View, WindowSpec};
    ///
    /// let data: Vec<u32> = (0..12).collect();
    /// let view = View::new(&data, [3, 4])?;
    /// let sums: Vec<u32> = view.windows([2, 2]).iter().map(|w| w.iter().sum()).collect();
    /// assert_eq!(sums, [10, 14, 18, 26, 30, 34]);
    ///
    /// let windows = view.windows(WindowSpec::new([2, 2]).step([1, 2]));
    /// assert_eq!(windows.grid().counts(), [2, 2]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    #[must_use]
    #[track_caller]
    #[inline]
    pub fn windows(&self, spec: impl IntoSpec<R>) -> Windows<'a, T, R> {
        match self.try_windows(spec) {
            Ok(windows) => windows,
            Err(error) => panic!("{error}"),
        }
    }

    /// All windows of a size, or of a [`WindowSpec`](crate::WindowSpec). Zero-copy; `O(rank)`.
    ///
    /// # Errors
    /// What [`Grid::new`](crate::Grid::new) refuses, and strides that overflow when multiplied by the
    /// step or the dilation.
    #[inline]
    pub fn try_windows(&self, spec: impl IntoSpec<R>) -> Result<Windows<'a, T, R>, WindowError> {
        Windows::new(self.clone(), Grid::over(self.shape(), spec)?)
    }

    /// A part whose reach is known to lie in the data.
    #[inline]
    pub(crate) fn part(data: &'a [T], offset: usize, layout: Layout<R>) -> Self {
        Self { data, offset, layout }
    }
}

impl<'a, T> View<'a, T, 1> {
    /// Views a slice as it is.
    #[must_use]
    #[inline]
    pub fn from_slice(data: &'a [T]) -> Self {
        Self { data, offset: 0, layout: Layout::contiguous([data.len()]).unwrap_or_else(zst_limit) }
    }
}

/// Only a slice of zero-sized elements can be longer than `isize::MAX`.
#[cold]
fn zst_limit(error: WindowError) -> Layout<Const<1>> {
    panic!("{error}")
}

impl<T, R: Rank, I: IntoAxes<R>> Index<I> for StridedView<'_, T, R> {
    type Output = T;

    /// # Panics
    /// Outside the shape.
    #[inline]
    #[track_caller]
    fn index(&self, index: I) -> &T {
        self.get(index).expect("index outside the shape of the view")
    }
}

impl<T: fmt::Debug, R: Rank> fmt::Debug for StridedView<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("shape", &self.shape())
            .field("strides", &self.strides())
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

/// Equal shape, equal elements; strides do not matter.
impl<T: PartialEq<U>, U, R: Rank, Q: Rank> PartialEq<StridedView<'_, U, Q>>
    for StridedView<'_, T, R>
{
    fn eq(&self, other: &StridedView<'_, U, Q>) -> bool {
        self.shape() == other.shape() && self.iter().zip(other.iter()).all(|(a, b)| a == b)
    }
}

impl<'a, T, R: Rank> IntoIterator for &StridedView<'a, T, R> {
    type Item = &'a T;
    type IntoIter = Elements<'a, 'a, T, R>;

    fn into_iter(self) -> Elements<'a, 'a, T, R> {
        self.iter()
    }
}

/// The elements of a view in row-major order. Made by [`StridedView::iter`].
#[derive(Debug)]
pub struct Elements<'l, 'a, T, R: Rank> {
    data: &'a [T],
    base: usize,
    odometer: Odometer<'l, R>,
}

/// The innermost runs of a view. Made by [`StridedView::lanes`].
#[derive(Debug)]
pub struct Lanes<'a, T, R: Rank> {
    data: &'a [T],
    base: usize,
    lane: Layout<Const<1>>,
    odometer: Odometer<'a, R>,
}

impl<'l, 'a, T, R: Rank> Elements<'l, 'a, T, R> {
    #[inline(always)]
    pub(crate) fn new(data: &'a [T], base: usize, layout: Cow<'l, Layout<R>>) -> Self {
        Self { data, base, odometer: Odometer::new(layout) }
    }

    #[inline]
    fn item(&self, (_, offset): (usize, isize)) -> &'a T {
        &self.data[self.base.wrapping_add_signed(offset)]
    }
}

impl<'a, T, R: Rank> Lanes<'a, T, R> {
    #[inline]
    fn item(&self, (_, offset): (usize, isize)) -> View<'a, T, 1> {
        View::part(self.data, self.base.wrapping_add_signed(offset), self.lane)
    }
}

impl<T, R: Rank> Clone for Elements<'_, '_, T, R> {
    fn clone(&self) -> Self {
        Self { odometer: self.odometer.clone(), ..*self }
    }
}

impl<T, R: Rank> Clone for Lanes<'_, T, R> {
    fn clone(&self) -> Self {
        Self { odometer: self.odometer.clone(), ..*self }
    }
}

/// With more axes than this, elements are walked by the odometer, which takes no stack: a call per axis is
/// faster, but the number of axes is limited by memory alone.
const CALLS: usize = 16;

/// Folds all elements of a layout, run by run along its last axis. Ranks 1 and 2 are most windows:
/// inlined, they cost a window no call.
#[inline(always)]
fn fold_axes<'a, T, B>(
    data: &'a [T],
    offset: usize,
    shape: &[usize],
    strides: &[isize],
    init: B,
    f: &mut impl FnMut(B, &'a T) -> B,
) -> B {
    match (shape, strides) {
        (&[len], &[stride]) => fold_run(data, offset, len, stride, init, f),
        (&[rows, len], &[row_stride, stride]) => {
            let (mut acc, mut at) = (init, offset);
            for _ in 0..rows {
                acc = fold_run(data, at, len, stride, acc, f);
                at = at.wrapping_add_signed(row_stride);
            }
            acc
        }
        _ => fold_more_axes(data, offset, shape, strides, init, f),
    }
}

fn fold_more_axes<'a, T, B>(
    data: &'a [T],
    offset: usize,
    shape: &[usize],
    strides: &[isize],
    init: B,
    f: &mut impl FnMut(B, &'a T) -> B,
) -> B {
    match (shape, strides) {
        (&[len], &[stride]) => fold_run(data, offset, len, stride, init, f),
        ([rows, shape @ ..], [stride, strides @ ..]) => (0..*rows).fold(init, |acc, row| {
            let offset = offset.wrapping_add_signed(row as isize * stride);
            fold_more_axes(data, offset, shape, strides, acc, f)
        }),
        _ => f(init, &data[offset]),
    }
}

#[inline(always)]
fn fold_run<'a, T, B>(
    data: &'a [T],
    offset: usize,
    len: usize,
    stride: isize,
    init: B,
    f: &mut impl FnMut(B, &'a T) -> B,
) -> B {
    if stride == 1 {
        return data[offset..offset + len].iter().fold(init, f);
    }
    let at = |i: usize| offset.wrapping_add_signed(i as isize * stride);
    (0..len).fold(init, |acc, i| f(acc, &data[at(i)]))
}

/// What the two iterators share: an odometer whose offsets are looked up.
macro_rules! walk {
    () => {
        #[inline]
        fn next(&mut self) -> Option<Self::Item> {
            self.odometer.next().map(|at| self.item(at))
        }

        #[inline]
        fn size_hint(&self) -> (usize, Option<usize>) {
            self.odometer.size_hint()
        }

        #[inline]
        fn nth(&mut self, n: usize) -> Option<Self::Item> {
            self.odometer.nth(n).map(|at| self.item(at))
        }

        #[inline]
        fn count(self) -> usize {
            self.odometer.count()
        }

        #[inline]
        fn last(mut self) -> Option<Self::Item> {
            self.next_back()
        }
    };
    (back) => {
        #[inline]
        fn next_back(&mut self) -> Option<Self::Item> {
            self.odometer.next_back().map(|at| self.item(at))
        }

        #[inline]
        fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
            self.odometer.nth_back(n).map(|at| self.item(at))
        }
    };
}

impl<'a, T, R: Rank> Iterator for Elements<'_, 'a, T, R> {
    type Item = &'a T;

    walk!();

    #[inline(always)] // so that the layout of a window is read where it is, and not moved
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
        let layout = self.odometer.layout();
        if self.odometer.range() != (0..layout.len()) || layout.ndim() > CALLS {
            return self.fold_part(init, f);
        }
        if layout.is_empty() {
            return init;
        }
        fold_axes(self.data, self.base, layout.shape(), layout.strides(), init, &mut f)
    }
}

impl<'a, T, R: Rank> Elements<'_, 'a, T, R> {
    /// The fold of an iterator that was advanced before, or of any number of axes.
    #[inline(never)]
    fn fold_part<B>(self, init: B, mut f: impl FnMut(B, &'a T) -> B) -> B {
        let Self { data, base, odometer } = self;
        odometer.fold(init, |acc, (_, offset)| f(acc, &data[base.wrapping_add_signed(offset)]))
    }
}

impl<T, R: Rank> DoubleEndedIterator for Elements<'_, '_, T, R> {
    walk!(back);
}

impl<T, R: Rank> ExactSizeIterator for Elements<'_, '_, T, R> {}

impl<T, R: Rank> FusedIterator for Elements<'_, '_, T, R> {}

impl<'a, T, R: Rank> Iterator for Lanes<'a, T, R> {
    type Item = View<'a, T, 1>;

    walk!();
}

impl<T, R: Rank> DoubleEndedIterator for Lanes<'_, T, R> {
    walk!(back);
}

impl<T, R: Rank> ExactSizeIterator for Lanes<'_, T, R> {}

impl<T, R: Rank> FusedIterator for Lanes<'_, T, R> {}
