//! All window positions over a shape: geometry as a value, without data.

use alloc::borrow::Cow;
use core::iter::FusedIterator;
use core::ops::Range;

use crate::axis::Axis;
use crate::check::product;
use crate::layout::Layout;
use crate::odometer::{Odometer, ravel, unravel};
use crate::rank::{Const, Dyn, IntoAxes, Rank, from_slice};
use crate::{Covering, IntoSpec, WindowError, WindowSpec};

/// A [`WindowSpec`] resolved over a shape: one [`Axis`] per axis, and their product.
///
/// Windows have *positions*, one index per axis, and are counted in row-major order of them. Every
/// answer is `O(rank)`, needs no data, and was checked when the grid was made.
///
/// # Example
/// ```
/// use windows_core::{Edge, Grid, WindowSpec};
///
/// // 256 x 256 tiles of an image, 64 of overlap, the last ones moved back to end with the image
/// let grid = Grid::new([1080, 1920], WindowSpec::new([256, 256]).overlap(64).edge(Edge::Snap))?;
/// assert_eq!(grid.counts(), [6, 10]);
/// assert_eq!(grid.origin([5, 9]), [824, 1664]);
/// let tiles: Vec<_> = grid.covering([1000, 200]).collect();
/// assert_eq!(tiles, [[4, 0], [4, 1], [5, 0], [5, 1]]);
/// # Ok::<(), windows_core::WindowError>(())
/// ```
#[derive(Debug, PartialEq)]
pub struct Grid<R: Rank> {
    axes: R::PerAxis<Axis>,
    shape: R::PerAxis<usize>,
    counts: R::PerAxis<usize>,
    len: usize,
}

impl<R: Rank> Clone for Grid<R> {
    #[inline]
    fn clone(&self) -> Self {
        Self {
            axes: self.axes.clone(),
            shape: self.shape.clone(),
            counts: self.counts.clone(),
            len: self.len,
        }
    }
}

impl<R: Rank> Copy for Grid<R>
where
    R::PerAxis<Axis>: Copy,
    R::PerAxis<usize>: Copy,
{
}

impl<const N: usize> Grid<Const<N>> {
    /// Resolves a spec over a shape, the rank known to the compiler.
    ///
    /// # Errors
    /// As [`Grid::over`].
    #[inline]
    pub fn new(shape: [usize; N], spec: impl IntoSpec<Const<N>>) -> Result<Self, WindowError> {
        Self::over(shape, spec)
    }
}

impl Grid<Dyn> {
    /// Resolves a spec over a shape, the rank known at run time.
    ///
    /// # Errors
    /// As [`Grid::over`].
    pub fn dynamic(
        shape: impl IntoAxes<Dyn>,
        spec: impl IntoSpec<Dyn>,
    ) -> Result<Self, WindowError> {
        Self::over(shape, spec)
    }
}

impl<R: Rank> Grid<R> {
    /// Resolves a spec over a shape, for any rank: what [`Grid::new`] and [`Grid::dynamic`] do.
    ///
    /// # Errors
    /// Size, step or dilation 0, a combination of padding and edge that contradicts itself, another
    /// number of axes than the shape, more than `isize::MAX` windows or elements. A window that is
    /// larger than the data is no error: there are zero of it, see [`Grid::require_windows`].
    #[inline]
    pub fn over(shape: impl IntoAxes<R>, spec: impl IntoSpec<R>) -> Result<Self, WindowError> {
        let shape = shape.into_axes("shape", R::NDIM)?;
        let ndim = shape.as_ref().len();
        product("elements", shape.as_ref())?;
        let spec = spec.into_spec(ndim)?;
        let axes = R::try_from_fn(ndim, |axis| {
            Axis::new(shape[axis], spec[axis]).map_err(|error| error.on_axis(axis))
        })?;
        let counts = R::from_fn(ndim, |axis| axes[axis].count());
        let len = product("windows", counts.as_ref())?;
        Ok(Self { axes, shape, counts, len })
    }

    /// The grid, if it has at least one window.
    ///
    /// # Errors
    /// [`WindowError::WindowTooLarge`] names the first axis without a window.
    pub fn require_windows(self) -> Result<Self, WindowError> {
        for (axis, of) in self.axes().iter().enumerate() {
            if of.count() == 0 {
                return Err(WindowError::WindowTooLarge {
                    axis,
                    size: of.size(),
                    dilation: of.dilation(),
                    field: of.field(),
                    padded: of.len() + of.before() + of.after(),
                });
            }
        }
        Ok(self)
    }

    /// Number of axes.
    #[must_use]
    #[inline]
    pub fn ndim(&self) -> usize {
        self.shape.as_ref().len()
    }

    /// The shape that the windows lie over.
    #[must_use]
    #[inline]
    pub fn shape(&self) -> &[usize] {
        self.shape.as_ref()
    }

    /// Windows along each axis.
    #[must_use]
    #[inline]
    pub fn counts(&self) -> &[usize] {
        self.counts.as_ref()
    }

    /// Taps of a window along each axis.
    #[must_use]
    #[inline]
    pub fn window_shape(&self) -> R::PerAxis<usize> {
        R::from_fn(self.ndim(), |axis| self.axes[axis].size())
    }

    /// Number of windows.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The 1-D arithmetic of each axis.
    #[must_use]
    #[inline]
    pub fn axes(&self) -> &[Axis] {
        self.axes.as_ref()
    }

    /// The spec the grid was made from.
    #[must_use]
    pub fn spec(&self) -> WindowSpec<R> {
        WindowSpec::from_storage(R::from_fn(self.ndim(), |axis| self.axes[axis].spec()))
    }

    /// Elements in all windows together: what packing them takes.
    ///
    /// # Errors
    /// More than `isize::MAX`.
    pub fn packed_len(&self) -> Result<usize, WindowError> {
        let window = product("taps", self.window_shape().as_ref())?;
        product("packed elements", &[self.len, window])
    }

    /// The position of the window that is `index`-th in row-major order.
    #[must_use]
    pub fn position(&self, index: usize) -> Option<R::PerAxis<usize>> {
        (index < self.len).then(|| unravel::<R>(self.counts(), index))
    }

    /// The row-major index of a position.
    #[must_use]
    pub fn index(&self, position: impl IntoAxes<R>) -> Option<usize> {
        let position = position.into_axes("position", Some(self.ndim())).ok()?;
        let inside = position.as_ref().iter().zip(self.counts()).all(|(at, count)| at < count);
        inside.then(|| ravel(self.counts(), position.as_ref()))
    }

    #[track_caller]
    fn check(&self, position: impl IntoAxes<R>) -> R::PerAxis<usize> {
        match position.into_axes("position", Some(self.ndim())) {
            Ok(position) => position,
            Err(error) => panic!("{error}"),
        }
    }

    /// Where a window starts, relative to the data: negative in the padding before it.
    ///
    /// # Panics
    /// If there is no such window.
    #[must_use]
    #[track_caller]
    pub fn origin(&self, position: impl IntoAxes<R>) -> R::PerAxis<isize> {
        let position = self.check(position);
        R::from_fn(self.ndim(), |axis| self.axes[axis].start(position[axis]))
    }

    /// The elements that a window spans, clipped to the data.
    ///
    /// # Panics
    /// If there is no such window.
    #[must_use]
    #[track_caller]
    pub fn region(&self, position: impl IntoAxes<R>) -> R::PerAxis<Range<usize>> {
        let position = self.check(position);
        R::from_fn(self.ndim(), |axis| self.axes[axis].region(position[axis]))
    }

    /// The taps of a window that read a real element.
    ///
    /// # Panics
    /// If there is no such window.
    #[must_use]
    #[track_caller]
    pub fn taps(&self, position: impl IntoAxes<R>) -> R::PerAxis<Range<usize>> {
        let position = self.check(position);
        R::from_fn(self.ndim(), |axis| self.axes[axis].taps(position[axis]))
    }

    /// Whether a window lies wholly inside the data.
    ///
    /// # Panics
    /// If the position has another number of axes.
    #[must_use]
    #[track_caller]
    #[inline]
    pub fn is_interior(&self, position: impl IntoAxes<R>) -> bool {
        let position = self.check(position);
        self.axes().iter().zip(position.as_ref()).all(|(axis, at)| axis.interior().contains(at))
    }

    /// Whether every window lies wholly inside the data.
    #[must_use]
    #[inline]
    pub fn is_whole(&self) -> bool {
        self.axes().iter().all(Axis::is_whole)
    }

    /// Whether window starts are equally spaced on every axis.
    #[must_use]
    #[inline]
    pub fn is_regular(&self) -> bool {
        self.axes().iter().all(Axis::is_regular)
    }

    /// Whether no element belongs to two windows; see [`Axis::is_disjoint`].
    #[must_use]
    pub fn is_disjoint(&self) -> bool {
        self.axes().iter().all(Axis::is_disjoint)
    }

    /// The positions whose window has an element among its taps, in row-major order.
    ///
    /// # Panics
    /// If the index has another number of axes.
    #[must_use]
    #[track_caller]
    pub fn covering(&self, element: impl IntoAxes<R>) -> GridCovering<R> {
        let element = self.check(element);
        let mut axes = R::from_fn(self.ndim(), |axis| self.axes[axis].covering(element[axis]));
        let current = R::from_fn(self.ndim(), |axis| axes[axis].next());
        let done = current.as_ref().iter().any(Option::is_none);
        GridCovering { grid: self.clone(), element, axes, current, done }
    }

    /// All positions, in row-major order.
    #[must_use]
    pub fn positions(&self) -> Positions<R> {
        Positions(Odometer::new(Cow::Owned(Layout::row_major(self.counts.clone(), self.len))))
    }

    /// The same grid with its rank known at run time.
    #[must_use]
    pub fn to_dyn(&self) -> Grid<Dyn> {
        self.cast().expect("Dyn holds any rank")
    }

    /// The same grid with its rank known to the compiler.
    ///
    /// # Errors
    /// It has another number of axes.
    pub fn to_const<const N: usize>(&self) -> Result<Grid<Const<N>>, WindowError> {
        self.cast()
    }

    fn cast<Q: Rank>(&self) -> Result<Grid<Q>, WindowError> {
        Ok(Grid {
            axes: from_slice::<Q, _>("grid", self.axes(), None)?,
            shape: from_slice::<Q, _>("grid", self.shape(), None)?,
            counts: from_slice::<Q, _>("grid", self.counts(), None)?,
            len: self.len,
        })
    }
}

/// All positions inside a shape, in row-major order.
///
/// # Panics
/// If there are more than `isize::MAX`: the shape is one that was checked before.
///
/// # Example
/// ```
/// use windows_core::{Const, positions};
///
/// assert!(positions::<Const<2>>([2, 2]).eq([[0, 0], [0, 1], [1, 0], [1, 1]]));
/// ```
#[must_use]
pub fn positions<R: Rank>(shape: impl IntoAxes<R>) -> Positions<R> {
    match Layout::contiguous(shape) {
        Ok(layout) => Positions(Odometer::new(Cow::Owned(layout))),
        Err(error) => panic!("{error}"),
    }
}

/// All positions of a grid, in row-major order. Made by [`Grid::positions`] and [`positions`].
#[derive(Debug)]
pub struct Positions<R: Rank>(Odometer<'static, R>);

impl<R: Rank> Clone for Positions<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: Rank> Iterator for Positions<R> {
    type Item = R::PerAxis<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.len() == 0 {
            return None;
        }
        let position = self.0.position().clone();
        self.0.next().map(|_| position)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        let (index, _) = self.0.nth(n)?;
        Some(unravel::<R>(self.0.layout().shape(), index))
    }

    fn count(self) -> usize {
        self.0.count()
    }

    fn last(mut self) -> Option<Self::Item> {
        self.next_back()
    }
}

impl<R: Rank> DoubleEndedIterator for Positions<R> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let (index, _) = self.0.next_back()?;
        Some(unravel::<R>(self.0.layout().shape(), index))
    }

    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        let (index, _) = self.0.nth_back(n)?;
        Some(unravel::<R>(self.0.layout().shape(), index))
    }
}

impl<R: Rank> ExactSizeIterator for Positions<R> {}

impl<R: Rank> FusedIterator for Positions<R> {}

/// The positions that cover an element, in row-major order. Made by [`Grid::covering`].
#[derive(Clone, Debug)]
pub struct GridCovering<R: Rank> {
    grid: Grid<R>,
    element: R::PerAxis<usize>,
    axes: R::PerAxis<Covering>,
    current: R::PerAxis<Option<usize>>,
    done: bool,
}

impl<R: Rank> Iterator for GridCovering<R> {
    type Item = R::PerAxis<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = R::from_fn(self.grid.ndim(), |axis| self.current[axis].unwrap_or(0));
        self.done = true;
        for axis in (0..self.grid.ndim()).rev() {
            self.current[axis] = self.axes[axis].next();
            if self.current[axis].is_some() {
                self.done = false;
                break;
            }
            self.axes[axis] = self.grid.axes()[axis].covering(self.element[axis]);
            self.current[axis] = self.axes[axis].next();
        }
        Some(item)
    }
}

impl<R: Rank> FusedIterator for GridCovering<R> {}
