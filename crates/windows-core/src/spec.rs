//! What windows are asked for, before a shape is known.

use alloc::vec::Vec;

use crate::WindowError;
use crate::axis::{AxisSpec, Edge, Extent, Same};
use crate::rank::{Axes, Const, Dyn, Entry, IntoAxes, Rank};

mod sealed {
    use alloc::vec::Vec;

    use super::{Const, Dyn, Rank, WindowSpec};

    pub trait Spec<R> {}
    impl<R: Rank> Spec<R> for WindowSpec<R> {}
    impl<R: Rank> Spec<R> for &WindowSpec<R> {}
    impl<R: Rank> Spec<R> for usize {}
    impl<const N: usize> Spec<Const<N>> for [usize; N] {}
    impl<const N: usize> Spec<Dyn> for [usize; N] {}
    impl<R: Rank> Spec<R> for &[usize] {}
    impl<R: Rank> Spec<R> for &Vec<usize> {}
}

/// Size, step, dilation, padding and edge of windows, per axis.
///
/// Each setting takes one value for all axes or one per axis. A setting that has the wrong number of
/// values is remembered and reported by whatever resolves the spec, so that building needs no `?`.
///
/// # Example
/// ```
/// use windows_core::{Edge, Extent, Grid, WindowSpec};
///
/// // 3 x 3 windows, every second one, one element of padding all around
/// let spec = WindowSpec::new([3, 3]).step(2).padding(1);
/// assert_eq!(Grid::new([224, 224], spec)?.counts(), [112, 112]);
///
/// // A batch of images: window height and width, keep the channels whole, take images one by one
/// let spec = WindowSpec::of([Extent::Each, Extent::Size(16), Extent::Size(16), Extent::Whole])
///     .step(16)
///     .edge(Edge::Snap);
/// assert_eq!(Grid::new([8, 224, 230, 3], spec)?.counts(), [8, 14, 15, 1]);
/// # Ok::<(), windows_core::WindowError>(())
/// ```
#[derive(Debug, PartialEq)]
pub struct WindowSpec<R: Rank> {
    axes: R::PerAxis<AxisSpec>,
    /// The first setting that had the wrong number of values.
    error: Option<WindowError>,
}

impl<R: Rank> Clone for WindowSpec<R> {
    fn clone(&self) -> Self {
        Self { axes: self.axes.clone(), error: self.error }
    }
}

impl<R: Rank> Copy for WindowSpec<R> where R::PerAxis<AxisSpec>: Copy {}

impl<R: Rank> WindowSpec<R> {
    /// Windows of this many taps per axis, at step 1, without dilation or padding, dropping what does
    /// not fit. One number alone means all axes of a [`Const`] rank, and one axis of a [`Dyn`] rank.
    #[must_use]
    #[inline]
    pub fn new(size: impl IntoAxes<R>) -> Self {
        Self::from_values(size.into_axes("size", R::NDIM), AxisSpec::new)
    }

    /// Windows that take part of some axes, all of others, or one element at a time.
    #[must_use]
    pub fn of(extent: impl IntoAxes<R, Extent>) -> Self {
        Self::from_values(extent.into_axes("size", R::NDIM), AxisSpec::of)
    }

    /// One spec per axis.
    #[must_use]
    pub fn from_axes(axes: impl IntoAxes<R, AxisSpec>) -> Self {
        Self::from_values(axes.into_axes("spec", R::NDIM), |axis| axis)
    }

    pub(crate) fn from_storage(axes: R::PerAxis<AxisSpec>) -> Self {
        Self { axes, error: None }
    }

    #[inline]
    fn from_values<E: Entry>(
        values: Result<R::PerAxis<E>, WindowError>,
        spec: impl Fn(E) -> AxisSpec,
    ) -> Self {
        match values {
            Ok(values) => {
                let ndim = values.as_ref().len();
                Self { axes: R::from_fn(ndim, |axis| spec(values[axis].clone())), error: None }
            }
            Err(error) => Self {
                axes: R::from_fn(R::NDIM.unwrap_or(0), |_| AxisSpec::new(1)),
                error: Some(error),
            },
        }
    }

    #[inline]
    fn set<E: Entry>(
        mut self,
        what: &'static str,
        values: impl IntoAxes<R, E>,
        set: impl Fn(&mut AxisSpec, E),
    ) -> Self {
        match values.into_axes(what, Some(self.axes.as_ref().len())) {
            Ok(values) => {
                for (axis, spec) in self.axes.as_mut().iter_mut().enumerate() {
                    set(spec, values[axis].clone());
                }
            }
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// The distance between the starts of neighbouring windows.
    #[must_use]
    #[inline]
    pub fn step(self, step: impl IntoAxes<R>) -> Self {
        self.set("step", step, |axis, step| axis.step = step)
    }

    /// How many elements neighbouring windows share: the step is the size less this. The overlap of a
    /// window that takes a whole axis, or one element at a time, means nothing and is not looked at.
    ///
    /// An overlap of the size or more leaves no step, which is [`WindowError::ZeroStep`] when resolved.
    #[must_use]
    pub fn overlap(self, overlap: impl IntoAxes<R>) -> Self {
        self.set("overlap", overlap, |axis, overlap| {
            if let Extent::Size(size) = axis.extent {
                axis.step = size.saturating_sub(overlap);
            }
        })
    }

    /// The distance between neighbouring taps of one window.
    #[must_use]
    pub fn dilation(self, dilation: impl IntoAxes<R>) -> Self {
        self.set("dilation", dilation, |axis, dilation| axis.dilation = dilation)
    }

    /// Virtual elements on both sides of each axis. What they read as is a [`Border`](crate::Border),
    /// named where values are read.
    #[must_use]
    pub fn padding(self, padding: impl IntoAxes<R>) -> Self {
        self.set("padding", padding, |axis, padding| {
            (axis.before, axis.after) = (padding, padding);
        })
    }

    /// Virtual elements before each axis.
    #[must_use]
    pub fn before(self, before: impl IntoAxes<R>) -> Self {
        self.set("padding before", before, |axis, before| axis.before = before)
    }

    /// Virtual elements after each axis.
    #[must_use]
    pub fn after(self, after: impl IntoAxes<R>) -> Self {
        self.set("padding after", after, |axis, after| axis.after = after)
    }

    /// Padding computed from the length, so that there are `ceil(length / step)` windows.
    #[must_use]
    pub fn same(self, same: impl IntoAxes<R, Same>) -> Self {
        self.set("same", same, |axis, same| axis.same = Some(same))
    }

    /// What happens to the windows at the end.
    #[must_use]
    pub fn edge(self, edge: impl IntoAxes<R, Edge>) -> Self {
        self.set("edge", edge, |axis, edge| axis.edge = edge)
    }

    /// The spec, or the error that building it remembered.
    ///
    /// # Errors
    /// [`WindowError::Rank`] if a setting had another number of values than there are axes.
    pub fn checked(self) -> Result<Self, WindowError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// The spec of each axis.
    #[must_use]
    pub fn axes(&self) -> &[AxisSpec] {
        self.axes.as_ref()
    }

    /// The same spec with its rank known at run time.
    #[must_use]
    pub fn to_dyn(&self) -> WindowSpec<Dyn> {
        WindowSpec { axes: self.axes().iter().copied().collect::<Axes<_>>(), error: self.error }
    }
}

/// What [`windows`](crate::StridedView::windows) and [`Grid::new`](crate::Grid::new) take: a
/// [`WindowSpec`], or a size alone. Sealed, as [`IntoAxes`] is, and for the same reason.
///
/// ```compile_fail,E0277
/// use windows_core::{Axes, AxisSpec, Dyn, IntoSpec, WindowError};
///
/// struct Lie;
/// impl IntoSpec<Dyn> for Lie {
///     fn into_spec(self, _: usize) -> Result<Axes<AxisSpec>, WindowError> {
///         Ok(Axes::new())
///     }
/// }
/// ```
/// ```
/// use windows_core::{Axes, AxisSpec, Dyn, IntoSpec, WindowError};
///
/// fn truth(spec: impl IntoSpec<Dyn>) -> Result<Axes<AxisSpec>, WindowError> {
///     spec.into_spec(2)
/// }
/// assert_eq!(truth(5)?, [AxisSpec::new(5); 2]);
/// assert!(truth([1, 2, 3]).is_err());
/// # Ok::<(), WindowError>(())
/// ```
pub trait IntoSpec<R: Rank>: sealed::Spec<R> {
    /// The spec of each of `ndim` axes.
    ///
    /// # Errors
    /// [`WindowError::Rank`] if it has another number of axes.
    fn into_spec(self, ndim: usize) -> Result<R::PerAxis<AxisSpec>, WindowError>;
}

impl<R: Rank> IntoSpec<R> for WindowSpec<R> {
    #[inline]
    fn into_spec(self, expected: usize) -> Result<R::PerAxis<AxisSpec>, WindowError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        match self.axes.as_ref().len() {
            got if got == expected => Ok(self.axes),
            got => Err(WindowError::Rank { what: "spec", got, expected }),
        }
    }
}

impl<R: Rank> IntoSpec<R> for &WindowSpec<R> {
    #[inline]
    fn into_spec(self, ndim: usize) -> Result<R::PerAxis<AxisSpec>, WindowError> {
        self.clone().into_spec(ndim)
    }
}

#[inline]
fn sizes<R: Rank>(
    size: impl IntoAxes<R>,
    ndim: usize,
) -> Result<R::PerAxis<AxisSpec>, WindowError> {
    let size = size.into_axes("size", Some(ndim))?;
    Ok(R::from_fn(ndim, |axis| AxisSpec::new(size[axis])))
}

impl<R: Rank> IntoSpec<R> for usize {
    #[inline]
    fn into_spec(self, ndim: usize) -> Result<R::PerAxis<AxisSpec>, WindowError> {
        sizes::<R>(self, ndim)
    }
}

impl<const N: usize> IntoSpec<Const<N>> for [usize; N] {
    #[inline]
    fn into_spec(self, ndim: usize) -> Result<[AxisSpec; N], WindowError> {
        sizes::<Const<N>>(self, ndim)
    }
}

impl<const N: usize> IntoSpec<Dyn> for [usize; N] {
    fn into_spec(self, ndim: usize) -> Result<Axes<AxisSpec>, WindowError> {
        sizes::<Dyn>(self, ndim)
    }
}

impl<R: Rank> IntoSpec<R> for &[usize] {
    fn into_spec(self, ndim: usize) -> Result<R::PerAxis<AxisSpec>, WindowError> {
        sizes::<R>(self, ndim)
    }
}

impl<R: Rank> IntoSpec<R> for &Vec<usize> {
    fn into_spec(self, ndim: usize) -> Result<R::PerAxis<AxisSpec>, WindowError> {
        sizes::<R>(self, ndim)
    }
}
