//! What is computed of each window.

use core::num::NonZeroUsize;

use crate::PoolError;
use crate::element::number::{Key, Number, Possible};
use crate::element::{Element, average};
use crate::entry::Entry;
use crate::fold::{
    Additive, Averaged, Extreme, Fold, Ignoring, Outcome, Power, RealAveraged, Totalled, power,
    root,
};
use crate::pass::Pass;

/// What a NaN does to the windows that hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Nan {
    /// The result is NaN: the first one of the window, bit for bit, for max, min, median and quantile.
    #[default]
    Propagate,
    /// It is as absent as padding is: it never wins and never counts. A window of nothing else gives what
    /// a window without an element gives.
    Ignore,
}

/// A kind of pooling of elements `T`: [`Max`], [`Min`], [`Average`], [`RealAverage`], [`Sum`], [`Lp`],
/// [`Median`] and [`Quantile`]. Sealed.
pub trait Kind<T: Element>: Reduce<T> {}

impl<T: Element, K: Reduce<T>> Kind<T> for K {}

/// What a kind does: not nameable outside the crate.
pub trait Reduce<T: Element>: Clone + core::fmt::Debug + Send + Sync + 'static {
    /// The type of the results.
    type Out: Element;

    /// The parameters, if they make sense.
    ///
    /// # Errors
    /// They do not.
    fn check(&self) -> Result<(), PoolError> {
        Ok(())
    }

    #[doc(hidden)]
    fn counts_padding(&self) -> bool {
        false
    }

    #[doc(hidden)]
    fn divisor(&self) -> Option<usize> {
        None
    }

    /// Bytes of an accumulator for windows of so many elements, if the kind joins elements.
    #[doc(hidden)]
    fn accumulator(&self, taps: usize) -> Option<usize>;

    /// Whether results depend on the area of their windows.
    #[doc(hidden)]
    const WEIGHTED: bool = false;

    /// Whether any order of joins gives the same bits.
    #[doc(hidden)]
    const EXACT: bool = true;

    /// The functions that are compiled for the kind.
    #[doc(hidden)]
    const ENTRY: &'static Entry<Self, T, Self::Out>;

    /// The result of one window, of its elements in row-major order: the definition.
    #[doc(hidden)]
    fn value(&self, window: &mut [T], area: usize, nan: Nan) -> Self::Out;

    /// The results of a band by the engine; `false` if it cannot give them.
    #[doc(hidden)]
    fn pool(&self, _: &mut Pass<'_, T, Self::Out>) -> bool {
        false
    }
}

/// Takes NaNs out if they are ignored: how many elements are left.
fn drop_nan<T: Element>(window: &mut [T], nan: Nan) -> usize {
    if !T::FLOAT || nan == Nan::Propagate {
        return window.len();
    }
    let mut kept = 0;
    for i in 0..window.len() {
        if !window[i].not_a_number() {
            window[kept] = window[i];
            kept += 1;
        }
    }
    kept
}

/// The first of the greatest elements. Of nothing: minus infinity, or the least integer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Max;

/// The first of the least elements. Of nothing: infinity, or the greatest integer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Min;

/// Where in a window its extreme is, by comparing one element after the other.
pub(crate) fn extreme<T: Element, const MAX: bool>(window: &[T], nan: Nan) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (i, value) in window.iter().enumerate() {
        if value.not_a_number() {
            match nan {
                Nan::Propagate => return Some(i),
                Nan::Ignore => continue,
            }
        }
        let wins =
            best.is_none_or(|best| if MAX { *value > window[best] } else { *value < window[best] });
        if wins {
            best = Some(i);
        }
    }
    best
}

/// The elements with the greatest keys, by the engine: `bits` are flipped for these.
fn greatest<K: Key>(pass: &mut Pass<'_, K, K>, bits: K) {
    // Data is mostly free of NaN, and the plain join is one instruction.
    let as_it_is = bytemuck::bytes_of(&bits).iter().all(|&byte| byte == 0);
    let mut nan = false;
    let plain = as_it_is
        && K::Plain::run(|| {
            nan = pass.fold(Extreme::<K, false, false>::new(bits));
            true
        });
    if !plain {
        nan = pass.fold(Extreme::<K, true, false>::new(bits));
    }
    if nan {
        K::Nans::run(|| match pass.nan {
            Nan::Propagate => pass.fold(Extreme::<K, true, true>::new(bits)),
            Nan::Ignore => pass.fold(Ignoring(Extreme::<K, true, false>::new(bits))),
        });
    }
}

macro_rules! extremes {
    ($($kind:ident $entry:ident $max:literal $nothing:ident $bits:ident;)*) => {$(
        impl<T: Element> Reduce<T> for $kind {
            type Out = T;

            const ENTRY: &'static Entry<Self, T, T> = T::ENTRIES.$entry;

            fn accumulator(&self, _: usize) -> Option<usize> {
                Some(size_of::<T>())
            }

            fn value(&self, window: &mut [T], _: usize, nan: Nan) -> T {
                extreme::<T, $max>(window, nan).map_or(T::$nothing, |at| window[at])
            }

            fn pool(&self, pass: &mut Pass<'_, T, T>) -> bool {
                greatest(&mut pass.keys(), T::$bits);
                true
            }
        }
    )*};
}

extremes! {
    Max max true LOWEST GREATEST;
    Min min false HIGHEST LEAST;
}

/// The sum over the number of elements, with the type of the elements: integers are rounded half to even.
///
/// The sum is exact for integers and `f64` for floats, so that an `f32` average is off by at most one
/// rounding of the result, and an `f64` average of `n` elements by `(n + 1) 2^-53` times the average of
/// the magnitudes. Of nothing: NaN, or 0 for integers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Average {
    padding: bool,
    divisor: Option<usize>,
}

impl Average {
    /// Padding does not count.
    #[must_use]
    pub const fn new() -> Self {
        Self { padding: false, divisor: None }
    }

    /// Elements of the padding that was asked for count as zeros: torch's `count_include_pad`. What a
    /// window hangs over the padding, under [`Edge::Ceil`](windows_core::Edge::Ceil), never counts.
    #[must_use]
    pub const fn count_padding(mut self) -> Self {
        self.padding = true;
        self
    }

    /// Divides by this instead: torch's `divisor_override`.
    #[must_use]
    pub const fn divisor(mut self, divisor: NonZeroUsize) -> Self {
        self.divisor = Some(divisor.get());
        self
    }

    /// The same average, not rounded: `f64` for integers.
    #[must_use]
    pub const fn real(self) -> RealAverage {
        RealAverage(self)
    }

    /// Elements that count, of a window with this area and so many NaNs ignored.
    const fn elements(&self, area: usize, ignored: usize) -> usize {
        if self.divisor.is_some() { area } else { area - ignored }
    }
}

/// An [`Average`] that is not rounded to integers: `f32` of `f32`, `f64` of all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RealAverage(Average);

/// The sum of a window, exact, at 64 bits wrapping for integers; `f64` accumulates the sums of floats.
/// Of nothing: 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum;

/// Sums one element after the other.
fn total<T: Element>(window: &[T]) -> (i128, f64) {
    window.iter().fold((0, 0.0), |(whole, real), &value| {
        if T::FLOAT {
            (whole, real + value.real())
        } else {
            (whole + crate::element::Total::whole(value.many()), real)
        }
    })
}

/// Sums by the engine, in the narrowest accumulator that is exact.
fn sum_up<T: Element, K: Outcome>(pass: &mut Pass<'_, T, K::Out<T>>) -> bool {
    if pass.taps <= T::FEW {
        return sum_in(pass, Additive::<T, K, true>::new());
    }
    T::Wider::run(|| sum_in(pass, Additive::<T, K, false>::new()))
}

/// Sums by the engine; `false` if it cannot, because ignored elements do not count and the engine counts
/// by geometry.
fn sum_in<F: Fold>(pass: &mut Pass<'_, F::In, F::Out>, fold: F) -> bool {
    if !pass.fold(fold) || pass.nan == Nan::Propagate {
        return true;
    }
    !F::WEIGHTED
        && <F::In as Number>::Nans::run(|| {
            pass.fold(Ignoring(fold));
            true
        })
}

/// Bytes of the accumulator of sums.
fn sum_bytes<T: Element>(taps: usize) -> usize {
    if taps <= T::FEW { size_of::<T::Few>() } else { size_of::<T::Many>() }
}

macro_rules! sums {
    ($($kind:ident $entry:ident { $out:ty, $finish:ident, $average:expr, $value:expr })*) => {$(
        impl<T: Element> Reduce<T> for $kind {
            type Out = $out;

            const ENTRY: &'static Entry<Self, T, $out> = T::ENTRIES.$entry;

            const WEIGHTED: bool = <$finish as Outcome>::WEIGHTED;
            const EXACT: bool = !T::FLOAT;

            fn counts_padding(&self) -> bool {
                let average: Average = $average(self);
                average.padding
            }

            fn divisor(&self) -> Option<usize> {
                let average: Average = $average(self);
                average.divisor
            }

            fn accumulator(&self, taps: usize) -> Option<usize> {
                Some(sum_bytes::<T>(taps))
            }

            fn value(&self, window: &mut [T], area: usize, nan: Nan) -> $out {
                let kept = drop_nan(window, nan);
                let average: Average = $average(self);
                let area = average.elements(area, window.len() - kept);
                $value(total(&window[..kept]), area)
            }

            fn pool(&self, pass: &mut Pass<'_, T, $out>) -> bool {
                sum_up::<T, $finish>(pass)
            }
        }
    )*};
}

sums! {
    Sum sum { T::Sum, Totalled, |_: &Self| Average::new(), |(whole, real): (i128, f64), _: usize| {
        if T::FLOAT { T::Sum::from_real(real) } else { T::Sum::wrap(whole) }
    } }
    Average average { T, Averaged, |this: &Self| *this, |(whole, real): (i128, f64), area: usize| {
        if T::FLOAT { T::from_real(real / area as f64) } else { T::wrap(average(whole, area as u64)) }
    } }
    RealAverage real_average { T::Real, RealAveraged, |this: &Self| this.0, |(whole, real): (i128, f64), area: usize| {
        let sum = if T::FLOAT { real } else { whole as f64 };
        T::Real::from_real(sum / area as f64)
    } }
}

/// The norm `(sum |x|^p)^(1/p)`, as ONNX defines it, in `f64`. Of nothing: 0.
///
/// torch takes `x^p` without the magnitude, and rescales windows that hang over the edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lp {
    exponent: f64,
}

impl Lp {
    /// The norm with this exponent: 1 is the sum of magnitudes, 2 the Euclidean norm.
    #[must_use]
    pub const fn new(exponent: f64) -> Self {
        Self { exponent }
    }
}

impl<T: Element> Reduce<T> for Lp {
    type Out = T::Real;

    const ENTRY: &'static Entry<Self, T, T::Real> = T::ENTRIES.lp;
    const EXACT: bool = false;

    fn check(&self) -> Result<(), PoolError> {
        if self.exponent > 0.0 && self.exponent.is_finite() {
            Ok(())
        } else {
            Err(PoolError::BadExponent(self.exponent))
        }
    }

    fn accumulator(&self, _: usize) -> Option<usize> {
        Some(size_of::<f64>())
    }

    fn value(&self, window: &mut [T], _: usize, nan: Nan) -> T::Real {
        let kept = drop_nan(window, nan);
        let sum: f64 = window[..kept].iter().map(|value| power(value.real(), self.exponent)).sum();
        // The sum of no floats is -0.
        T::Real::from_real(root(sum + 0.0, self.exponent))
    }

    fn pool(&self, pass: &mut Pass<'_, T, T::Real>) -> bool {
        sum_in(pass, Power::<T>::new(self.exponent))
    }
}

/// Element `n / 2` of the sorted window of `n` elements, as scipy's `median_filter`: the upper one of two
/// middle elements. Of nothing: NaN, or 0 for integers. -0 sorts before +0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Median;

/// The nearest rank: element `ceil(q n) - 1` of the sorted window of `n` elements, at least the first;
/// numpy's `inverted_cdf`. Of nothing: NaN, or 0 for integers. -0 sorts before +0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    quantile: f64,
}

impl Quantile {
    /// From 0, the least element, to 1, the greatest.
    #[must_use]
    pub const fn new(quantile: f64) -> Self {
        Self { quantile }
    }
}

/// The element of a rank, in the total order of the type.
fn ranked<T: Element>(window: &mut [T], nan: Nan, rank: &dyn Fn(usize) -> usize) -> T {
    if nan == Nan::Propagate
        && let Some(value) = window.iter().find(|value| value.not_a_number())
    {
        return *value;
    }
    let kept = drop_nan(window, nan);
    if kept == 0 {
        return T::from_real(f64::NAN);
    }
    let window: &mut [T::Ordered] = bytemuck::cast_slice_mut(&mut window[..kept]);
    for value in &mut *window {
        *value = bytemuck::cast::<_, T>(*value).ordered();
    }
    T::of_ordered(nth(window, rank(kept)))
}

/// The element of a rank. Apart, so that it is compiled once for elements of a size.
#[inline(never)]
fn nth<I: Ord + Copy>(window: &mut [I], rank: usize) -> I {
    *window.select_nth_unstable(rank).1
}

/// A kind that is an element of the sorted window.
trait Ranked: Clone + core::fmt::Debug + Send + Sync + 'static {
    /// Which element of so many, at least one.
    fn rank(&self, len: usize) -> usize;

    /// Whether the rank makes sense.
    fn check(&self) -> Result<(), PoolError>;
}

impl Ranked for Median {
    fn rank(&self, len: usize) -> usize {
        len / 2
    }

    fn check(&self) -> Result<(), PoolError> {
        Ok(())
    }
}

impl Ranked for Quantile {
    fn rank(&self, len: usize) -> usize {
        ((self.quantile * len as f64).ceil() as usize).clamp(1, len) - 1
    }

    fn check(&self) -> Result<(), PoolError> {
        if (0.0..=1.0).contains(&self.quantile) {
            Ok(())
        } else {
            Err(PoolError::BadQuantile(self.quantile))
        }
    }
}

macro_rules! ranks {
    ($($kind:ident $entry:ident)*) => {$(
        impl<T: Element> Reduce<T> for $kind {
            type Out = T;

            const ENTRY: &'static Entry<Self, T, T> = T::ENTRIES.$entry;

            fn check(&self) -> Result<(), PoolError> {
                Ranked::check(self)
            }

            fn accumulator(&self, _: usize) -> Option<usize> {
                None
            }

            fn value(&self, window: &mut [T], _: usize, nan: Nan) -> T {
                ranked(window, nan, &|len| self.rank(len))
            }
        }
    )*};
}

ranks! { Median median Quantile quantile }
