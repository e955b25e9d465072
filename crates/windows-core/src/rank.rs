//! How many axes: known to the compiler ([`Const`]) or at run time ([`Dyn`]).
//!
//! A rank is nothing but a choice of storage for one value per axis. Every algorithm of the crate is
//! written once, over slices of that storage; with `Const` the compiler sees arrays, with `Dyn` a
//! [`SmallVec`] on the stack.

use alloc::vec::Vec;
use core::fmt::Debug;
use core::ops::{Deref, DerefMut, Index, IndexMut};

use smallvec::SmallVec;

use crate::WindowError;

/// Axes that [`Dyn`] keeps without an allocation.
const INLINE: usize = 6;

/// What can be kept per axis. Implemented for everything that fits.
pub trait Entry: Clone + Debug + PartialEq + Send + Sync {}

impl<E: Clone + Debug + PartialEq + Send + Sync> Entry for E {}

pub(crate) mod sealed {
    use alloc::vec::Vec;

    use super::{Axes, Const, Dyn, Entry, Rank};

    pub trait Sealed {}
    impl<const N: usize> Sealed for Const<N> {}
    impl Sealed for Dyn {}

    /// Lists of values that are known to have the length they are asked for: layouts and grids rely on it.
    pub trait Values<R, E> {}
    impl<R: Rank, E: Entry> Values<R, E> for E {}
    impl<E, const N: usize> Values<Const<N>, E> for [E; N] {}
    impl<E, const N: usize> Values<Const<N>, E> for &[E; N] {}
    impl<E, const N: usize> Values<Dyn, E> for [E; N] {}
    impl<E, const N: usize> Values<Dyn, E> for &[E; N] {}
    impl<R: Rank, E> Values<R, E> for &[E] {}
    impl<R: Rank, E> Values<R, E> for &Vec<E> {}
    impl<R: Rank, E> Values<R, E> for &Axes<E> {}
}

/// The number of axes, as storage for one value per axis. Sealed: [`Const`] and [`Dyn`].
pub trait Rank:
    sealed::Sealed + Clone + Copy + Debug + PartialEq + Eq + Send + Sync + 'static
{
    /// One `E` per axis.
    type PerAxis<E: Entry>: AsRef<[E]>
        + AsMut<[E]>
        + Index<usize, Output = E>
        + IndexMut<usize>
        + Clone
        + Debug
        + PartialEq
        + Send
        + Sync;

    /// The number of axes where the type fixes it.
    const NDIM: Option<usize>;

    /// One value per axis, computed.
    ///
    /// # Panics
    /// If `ndim` is not the number of axes of a [`Const`] rank.
    fn from_fn<E: Entry>(ndim: usize, value: impl FnMut(usize) -> E) -> Self::PerAxis<E>;

    /// One value per axis, computed, or the first error.
    ///
    /// # Errors
    /// The first error of `value`.
    ///
    /// # Panics
    /// As [`Rank::from_fn`].
    fn try_from_fn<E: Entry, X>(
        ndim: usize,
        value: impl FnMut(usize) -> Result<E, X>,
    ) -> Result<Self::PerAxis<E>, X>;
}

/// `N` axes, known to the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Const<const N: usize>;

/// Any number of axes, known at run time. Up to six stay on the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dyn;

impl<const N: usize> Rank for Const<N> {
    type PerAxis<E: Entry> = [E; N];

    const NDIM: Option<usize> = Some(N);

    #[inline]
    fn from_fn<E: Entry>(ndim: usize, value: impl FnMut(usize) -> E) -> [E; N] {
        assert_eq!(ndim, N, "a Const<{N}> rank cannot hold {ndim} axes");
        core::array::from_fn(value)
    }

    #[inline]
    fn try_from_fn<E: Entry, X>(
        ndim: usize,
        mut value: impl FnMut(usize) -> Result<E, X>,
    ) -> Result<[E; N], X> {
        assert_eq!(ndim, N, "a Const<{N}> rank cannot hold {ndim} axes");
        let mut error = None;
        let slots: [Option<E>; N] = core::array::from_fn(|axis| {
            if error.is_some() {
                return None;
            }
            value(axis).map_err(|e| error = Some(e)).ok()
        });
        match error {
            Some(error) => Err(error),
            None => Ok(slots.map(|slot| slot.expect("every axis has a value"))),
        }
    }
}

impl Rank for Dyn {
    type PerAxis<E: Entry> = Axes<E>;

    const NDIM: Option<usize> = None;

    #[inline]
    fn from_fn<E: Entry>(ndim: usize, value: impl FnMut(usize) -> E) -> Axes<E> {
        Axes((0..ndim).map(value).collect())
    }

    #[inline]
    fn try_from_fn<E: Entry, X>(
        ndim: usize,
        value: impl FnMut(usize) -> Result<E, X>,
    ) -> Result<Axes<E>, X> {
        (0..ndim).map(value).collect::<Result<_, _>>().map(Axes)
    }
}

/// One value per axis of a [`Dyn`] rank; reads like a slice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Axes<E>(SmallVec<[E; INLINE]>);

impl<E> Axes<E> {
    /// No axes yet.
    #[must_use]
    pub fn new() -> Self {
        Self(SmallVec::new())
    }

    /// Adds an axis behind the others.
    pub fn push(&mut self, value: E) {
        self.0.push(value);
    }

    /// Takes the last axis away.
    pub fn pop(&mut self) -> Option<E> {
        self.0.pop()
    }
}

impl<E> Default for Axes<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> FromIterator<E> for Axes<E> {
    fn from_iter<I: IntoIterator<Item = E>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl<E> Deref for Axes<E> {
    type Target = [E];

    #[inline]
    fn deref(&self) -> &[E] {
        &self.0
    }
}

impl<E> DerefMut for Axes<E> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [E] {
        &mut self.0
    }
}

impl<E> AsRef<[E]> for Axes<E> {
    #[inline]
    fn as_ref(&self) -> &[E] {
        &self.0
    }
}

impl<E> AsMut<[E]> for Axes<E> {
    #[inline]
    fn as_mut(&mut self) -> &mut [E] {
        &mut self.0
    }
}

impl<E> Index<usize> for Axes<E> {
    type Output = E;

    #[inline]
    fn index(&self, axis: usize) -> &E {
        &self.0[axis]
    }
}

impl<E> IndexMut<usize> for Axes<E> {
    #[inline]
    fn index_mut(&mut self, axis: usize) -> &mut E {
        &mut self.0[axis]
    }
}

impl<E: PartialEq, const N: usize> PartialEq<[E; N]> for Axes<E> {
    fn eq(&self, other: &[E; N]) -> bool {
        self.0.as_slice() == other
    }
}

/// What can stand for one value per axis: `[a, b]`, `&[a, b]`, a slice, a vector, or one value for all.
///
/// The rank is inferred from an array, and checked against a slice. Sealed: whoever takes one relies on the
/// number of values being right.
///
/// # Example
/// ```
/// use windows_core::{DynView, View};
///
/// let data = [0u8; 12];
/// let view = View::new(&data, [3, 4])?; // two axes, known to the compiler
/// assert_eq!(view.windows([2, 2]).len(), view.windows(2).len());
///
/// let shape = vec![3, 4];
/// let view = DynView::new(&data, &shape)?; // two axes, known at run time
/// assert_eq!(view.windows(2).len(), 6);
/// # Ok::<(), windows_core::WindowError>(())
/// ```
///
/// A list of its own cannot claim another number of axes:
/// ```compile_fail,E0277
/// use windows_core::{Axes, Dyn, IntoAxes, WindowError};
///
/// struct Lie;
/// impl IntoAxes<Dyn> for Lie {
///     fn into_axes(self, _: &'static str, _: Option<usize>) -> Result<Axes<usize>, WindowError> {
///         Ok(Axes::new())
///     }
/// }
/// ```
/// ```
/// use windows_core::{Axes, Dyn, IntoAxes, WindowError};
///
/// fn truth(values: impl IntoAxes<Dyn>) -> Result<Axes<usize>, WindowError> {
///     values.into_axes("size", Some(2))
/// }
/// assert_eq!(truth(5)?, [5, 5]);
/// assert!(truth([1, 2, 3]).is_err());
/// # Ok::<(), WindowError>(())
/// ```
pub trait IntoAxes<R: Rank, E: Entry = usize>: sealed::Values<R, E> {
    /// One value per axis. `ndim` is the number of axes where something else fixes it; without it a list
    /// fixes the number, and one value alone means one axis.
    ///
    /// # Errors
    /// [`WindowError::Rank`] if a list has another length; `what` names the list.
    fn into_axes(
        self,
        what: &'static str,
        ndim: Option<usize>,
    ) -> Result<R::PerAxis<E>, WindowError>;
}

pub(crate) fn from_slice<R: Rank, E: Entry>(
    what: &'static str,
    values: &[E],
    ndim: Option<usize>,
) -> Result<R::PerAxis<E>, WindowError> {
    let got = values.len();
    for expected in [ndim, R::NDIM].into_iter().flatten() {
        if got != expected {
            return Err(WindowError::Rank { what, got, expected });
        }
    }
    Ok(R::from_fn(got, |axis| values[axis].clone()))
}

impl<R: Rank, E: Entry> IntoAxes<R, E> for E {
    #[inline]
    fn into_axes(self, _: &'static str, ndim: Option<usize>) -> Result<R::PerAxis<E>, WindowError> {
        Ok(R::from_fn(R::NDIM.or(ndim).unwrap_or(1), |_| self.clone()))
    }
}

impl<E: Entry, const N: usize> IntoAxes<Const<N>, E> for [E; N] {
    #[inline]
    fn into_axes(self, _: &'static str, _: Option<usize>) -> Result<[E; N], WindowError> {
        Ok(self)
    }
}

impl<E: Entry, const N: usize> IntoAxes<Const<N>, E> for &[E; N] {
    #[inline]
    fn into_axes(self, _: &'static str, _: Option<usize>) -> Result<[E; N], WindowError> {
        Ok(self.clone())
    }
}

impl<E: Entry, const N: usize> IntoAxes<Dyn, E> for [E; N] {
    fn into_axes(self, what: &'static str, ndim: Option<usize>) -> Result<Axes<E>, WindowError> {
        from_slice::<Dyn, E>(what, &self, ndim)
    }
}

impl<E: Entry, const N: usize> IntoAxes<Dyn, E> for &[E; N] {
    fn into_axes(self, what: &'static str, ndim: Option<usize>) -> Result<Axes<E>, WindowError> {
        from_slice::<Dyn, E>(what, self, ndim)
    }
}

impl<R: Rank, E: Entry> IntoAxes<R, E> for &[E] {
    fn into_axes(
        self,
        what: &'static str,
        ndim: Option<usize>,
    ) -> Result<R::PerAxis<E>, WindowError> {
        from_slice::<R, E>(what, self, ndim)
    }
}

impl<R: Rank, E: Entry> IntoAxes<R, E> for &Vec<E> {
    fn into_axes(
        self,
        what: &'static str,
        ndim: Option<usize>,
    ) -> Result<R::PerAxis<E>, WindowError> {
        from_slice::<R, E>(what, self, ndim)
    }
}

impl<R: Rank, E: Entry> IntoAxes<R, E> for &Axes<E> {
    fn into_axes(
        self,
        what: &'static str,
        ndim: Option<usize>,
    ) -> Result<R::PerAxis<E>, WindowError> {
        from_slice::<R, E>(what, self, ndim)
    }
}
