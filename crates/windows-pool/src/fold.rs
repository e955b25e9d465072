//! What a separable kind does with elements: load, join, finish.

use core::hint::select_unpredictable;
use core::marker::PhantomData;

use bytemuck::Pod;
use windows_core::kernel::Isa;

use crate::element::number::{Key, Number};
use crate::element::{Element, Total, average};
use crate::kernel::Sets;
use crate::kernel::wide::OnVectors;

/// An associative join. Windows are joined from parts, left to right.
///
/// Rows are reduced first, then columns of reduced rows, and so on outwards: associativity makes that
/// the reduction of the window in row-major order. Nothing is ever taken out again, so that a NaN or an
/// infinity stays in the windows that hold it.
///
/// Apart from [`Fold`], so that the loops that only join are compiled once for all folds that join alike.
pub(crate) trait Join: Copy + Send + Sync + 'static {
    type Acc: Pod + Send + Sync;

    /// Whether an element may be joined twice.
    const IDEMPOTENT: bool;
    /// Whether there may be NaNs to be seen.
    const SEES: bool;
    /// The sets that loops which join are compiled for.
    const SETS: Sets;

    fn identity(self) -> Self::Acc;
    /// Whether an element was loaded from a NaN.
    fn is_nan(acc: Self::Acc) -> bool;

    /// `left` holds the earlier elements.
    fn join(self, left: Self::Acc, right: Self::Acc) -> Self::Acc;

    /// Runs a computation on vectors with this join, or gives it back if there are none.
    fn on_vectors<C: OnVectors<Self::Acc>>(
        self,
        _: Isa,
        _: usize,
        computation: C,
    ) -> Result<C::Output, C> {
        Err(computation)
    }
}

/// Elements to accumulators. Apart from [`Fold`] too: folds that load alike differ in their results.
pub(crate) trait Load: Copy + Send + Sync + 'static {
    type In: Element;
    type Acc: Pod + Send + Sync;

    /// The sets that loops which load are compiled for.
    const SETS: Sets;
    /// Whether a loop is so large that it is compiled once, and not once more for lines.
    const LARGE: bool = false;

    /// Of nothing.
    fn identity(self) -> Self::Acc;
    fn load(self, value: Self::In) -> Self::Acc;

    /// The elements as accumulators, where loading does nothing.
    fn direct(_: &[Self::In]) -> Option<&[Self::Acc]> {
        None
    }
}

/// Results of accumulators. Apart from [`Fold`] too: elements of many types have the same accumulator.
pub(crate) trait Finish: Copy + Send + Sync + 'static {
    type Acc: Pod + Send + Sync;
    type Out: Copy + Send + Sync;

    /// The sets that loops which finish are compiled for.
    const SETS: Sets;

    fn finish(self, acc: Self::Acc, area: f64) -> Self::Out;
}

/// Elements to accumulators, a join of those, and results from them.
pub(crate) trait Fold: Copy + Send + Sync + 'static {
    type In: Element;
    type Acc: Pod + Send + Sync;
    type Out: Copy + Send + Sync;
    type Loads: Load<In = Self::In, Acc = Self::Acc>;
    type Joins: Join<Acc = Self::Acc>;
    type Finishes: Finish<Acc = Self::Acc, Out = Self::Out>;

    /// Whether finishing does nothing.
    const PLAIN: bool = false;

    /// Whether finishing needs the area.
    const WEIGHTED: bool;

    fn loads(self) -> Self::Loads;
    fn joins(self) -> Self::Joins;
    fn finishes(self) -> Self::Finishes;

    /// The results as accumulators, where they are.
    fn plain(_: &mut [Self::Out]) -> Option<&mut [Self::Acc]> {
        None
    }
}

/// The element with the greatest key, the first of equals; the first NaN, or NaN not looked at, which is right for
/// integers and for data without NaN.
///
/// Elements stay what they are wherever they are stored: they are keys while they are compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extreme<K, const FLIP: bool, const PROPAGATE: bool> {
    /// What is flipped of an element for its key: nothing unless `FLIP`.
    bits: K,
}

impl<K: Key, const FLIP: bool, const PROPAGATE: bool> Extreme<K, FLIP, PROPAGATE> {
    pub(crate) const fn new(bits: K) -> Self {
        Self { bits }
    }

    /// The key of an element, and back.
    #[inline(always)]
    fn flipped(self, value: K) -> K {
        if FLIP { value.flipped(self.bits) } else { value }
    }
}

impl<K: Key, const FLIP: bool, const PROPAGATE: bool> Join for Extreme<K, FLIP, PROPAGATE> {
    type Acc = K;

    const IDEMPOTENT: bool = true;
    const SEES: bool = K::FLOAT;
    // Rows that fill vectors are left to `on_vectors`. Where NaNs are looked at, which only what was read with one
    // is, half of the widest vectors will do.
    const SETS: Sets = match (PROPAGATE, cfg!(target_arch = "x86_64")) {
        (false, true) => Sets::Baseline,
        (false, false) => Sets::All,
        (true, _) => Sets::Half,
    };

    #[inline(always)]
    fn is_nan(acc: K) -> bool {
        acc.not_a_number()
    }

    #[inline(always)]
    fn identity(self) -> K {
        self.flipped(K::LOWEST)
    }

    #[inline(always)]
    fn join(self, left: K, right: K) -> K {
        // The shape of the instruction: the second operand on a tie, and on a NaN in either. A branch
        // would become a store under a mask where `left` is replaced, which takes several times as long.
        let (first, second) = (self.flipped(left), self.flipped(right));
        let later = self.flipped(select_unpredictable(second > first, second, first));
        if PROPAGATE && right.not_a_number() && !left.not_a_number() { right } else { later }
    }

    #[inline(always)]
    fn on_vectors<C: OnVectors<K>>(
        self,
        isa: Isa,
        least: usize,
        computation: C,
    ) -> Result<C::Output, C> {
        if PROPAGATE {
            return Err(computation);
        }
        K::on_vectors::<FLIP, C>(isa, self.bits, least, computation)
    }
}

impl<K: Key, const FLIP: bool, const PROPAGATE: bool> Load for Extreme<K, FLIP, PROPAGATE> {
    type In = K;
    type Acc = K;

    // Copies, and those that fill vectors are made without it.
    const SETS: Sets = Sets::Baseline;

    #[inline(always)]
    fn identity(self) -> K {
        Join::identity(self)
    }

    #[inline(always)]
    fn load(self, value: K) -> K {
        value
    }

    #[inline(always)]
    fn direct(input: &[K]) -> Option<&[K]> {
        Some(input)
    }
}

impl<K: Key, const FLIP: bool, const PROPAGATE: bool> Fold for Extreme<K, FLIP, PROPAGATE> {
    type In = K;
    type Acc = K;
    type Out = K;
    type Loads = Self;
    type Joins = Self;
    type Finishes = Joined<K>;

    const PLAIN: bool = true;
    const WEIGHTED: bool = false;

    fn loads(self) -> Self {
        self
    }

    fn joins(self) -> Self {
        self
    }

    fn finishes(self) -> Joined<K> {
        Joined(PhantomData)
    }

    #[inline(always)]
    fn plain(out: &mut [K]) -> Option<&mut [K]> {
        Some(out)
    }
}

/// What is joined, as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joined<T>(PhantomData<T>);

impl<T: Element> Finish for Joined<T> {
    type Acc = T;
    type Out = T;

    const SETS: Sets = Sets::Baseline;

    #[inline(always)]
    fn finish(self, acc: T, _: f64) -> T {
        acc
    }
}

/// A fold of the elements that are not NaN.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ignoring<F>(pub(crate) F);

impl<L: Load> Load for Ignoring<L> {
    type In = L::In;
    type Acc = L::Acc;

    const SETS: Sets = Sets::All;
    const LARGE: bool = true;

    #[inline(always)]
    fn identity(self) -> L::Acc {
        self.0.identity()
    }

    #[inline(always)]
    fn load(self, value: L::In) -> L::Acc {
        if value.not_a_number() { self.0.identity() } else { self.0.load(value) }
    }
}

impl<F: Fold> Fold for Ignoring<F> {
    type In = F::In;
    type Acc = F::Acc;
    type Out = F::Out;
    type Loads = Ignoring<F::Loads>;
    type Joins = F::Joins;
    type Finishes = F::Finishes;

    const PLAIN: bool = F::PLAIN;
    const WEIGHTED: bool = F::WEIGHTED;

    fn loads(self) -> Ignoring<F::Loads> {
        Ignoring(self.0.loads())
    }

    fn joins(self) -> F::Joins {
        self.0.joins()
    }

    fn finishes(self) -> F::Finishes {
        self.0.finishes()
    }

    #[inline(always)]
    fn plain(out: &mut [F::Out]) -> Option<&mut [F::Acc]> {
        F::plain(out)
    }
}

/// A sum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plus<W>(PhantomData<W>);

impl<W: Total> Join for Plus<W> {
    type Acc = W;

    const IDEMPOTENT: bool = false;
    const SEES: bool = !W::EXACT;
    const SETS: Sets = Sets::of_totals::<W>();

    #[inline(always)]
    fn is_nan(acc: W) -> bool {
        !W::EXACT && acc.real().is_nan()
    }

    #[inline(always)]
    fn identity(self) -> W {
        W::default()
    }

    #[inline(always)]
    fn join(self, left: W, right: W) -> W {
        left.plus(right)
    }
}

/// What becomes of a sum, whatever was summed.
pub(crate) trait Outcome: Copy + Send + Sync + 'static {
    /// Of sums of elements.
    type Out<T: Element>: Element;
    const WEIGHTED: bool;

    fn finish<W: Total, O: Element>(sum: W, area: f64) -> O;
}

/// The sum itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Totalled;

/// The sum over the area, as an element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Averaged;

/// The sum over the area, not rounded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RealAveraged;

impl Outcome for Totalled {
    type Out<T: Element> = T::Sum;
    const WEIGHTED: bool = false;

    #[inline(always)]
    fn finish<W: Total, O: Element>(sum: W, _: f64) -> O {
        if W::EXACT { O::wrap(sum.whole()) } else { O::from_real(sum.real()) }
    }
}

impl Outcome for Averaged {
    type Out<T: Element> = T;
    const WEIGHTED: bool = true;

    #[inline(always)]
    fn finish<W: Total, O: Element>(sum: W, area: f64) -> O {
        // Below 2^52 the quotient is a tie in f64 exactly if it is one: ties are representable, and
        // anything else is at least 1 / (2 area) away from them, more than the rounding error.
        let exact = size_of::<W>() <= 4 || sum.real().abs() < (1_u64 << 52) as f64;
        if !W::EXACT || exact {
            O::from_real(sum.real() / area)
        } else {
            O::wrap(average(sum.whole(), area as u64))
        }
    }
}

impl Outcome for RealAveraged {
    type Out<T: Element> = T::Real;
    const WEIGHTED: bool = true;

    #[inline(always)]
    fn finish<W: Total, O: Element>(sum: W, area: f64) -> O {
        O::from_real(sum.real() / area)
    }
}

/// Results of a sum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summed<W, K, O>(PhantomData<(W, K, O)>);

impl<W: Total, K: Outcome, O: Element> Finish for Summed<W, K, O> {
    type Acc = W;
    type Out = O;

    const SETS: Sets = Sets::of_totals::<W>();

    #[inline(always)]
    fn finish(self, acc: W, area: f64) -> O {
        K::finish(acc, area)
    }
}

/// A sum, in the accumulator that the number of elements allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Additive<T, K, const FEW: bool>(PhantomData<(T, K)>);

impl<T, K, const FEW: bool> Additive<T, K, FEW> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

/// An element as an accumulator of sums, which its kind has no part in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Widened<T, const FEW: bool>(PhantomData<T>);

macro_rules! additive {
    ($few:literal, $total:ident, $widen:ident) => {
        impl<T: Element> Load for Widened<T, $few> {
            type In = T;
            type Acc = T::$total;

            const SETS: Sets = Sets::of_totals::<T::$total>();

            #[inline(always)]
            fn identity(self) -> T::$total {
                T::$total::default()
            }

            #[inline(always)]
            fn load(self, value: T) -> T::$total {
                value.$widen()
            }
        }

        impl<T: Element, K: Outcome> Fold for Additive<T, K, $few> {
            type In = T;
            type Acc = T::$total;
            type Out = K::Out<T>;
            type Loads = Widened<T, $few>;
            type Joins = Plus<T::$total>;
            type Finishes = Summed<T::$total, K, K::Out<T>>;

            const WEIGHTED: bool = K::WEIGHTED;

            fn loads(self) -> Self::Loads {
                Widened(PhantomData)
            }

            fn joins(self) -> Self::Joins {
                Plus(PhantomData)
            }

            fn finishes(self) -> Self::Finishes {
                Summed(PhantomData)
            }
        }
    };
}

additive!(true, Few, few);
additive!(false, Many, many);

/// `(sum |x|^p)^(1/p)` in `f64`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Power<T> {
    exponent: f64,
    element: PhantomData<T>,
}

impl<T> Power<T> {
    pub(crate) const fn new(exponent: f64) -> Self {
        Self { exponent, element: PhantomData }
    }
}

/// `|x|^p`, exact where a product or nothing does.
#[inline(always)]
pub(crate) fn power(value: f64, exponent: f64) -> f64 {
    if exponent == 1.0 {
        value.abs()
    } else if exponent == 2.0 {
        value * value
    } else {
        value.abs().powf(exponent)
    }
}

/// The inverse of [`power`].
#[inline(always)]
pub(crate) fn root(value: f64, exponent: f64) -> f64 {
    if exponent == 1.0 {
        value
    } else if exponent == 2.0 {
        value.sqrt()
    } else {
        value.powf(exponent.recip())
    }
}

impl<T: Element> Load for Power<T> {
    type In = T;
    type Acc = f64;

    const SETS: Sets = Sets::All;
    const LARGE: bool = true;

    #[inline(always)]
    fn identity(self) -> f64 {
        0.0
    }

    #[inline(always)]
    fn load(self, value: T) -> f64 {
        power(value.real(), self.exponent)
    }
}

impl<T: Element> Fold for Power<T> {
    type In = T;
    type Acc = f64;
    type Out = T::Real;
    type Loads = Self;
    type Joins = Plus<f64>;
    type Finishes = Rooted<T::Real>;

    const WEIGHTED: bool = false;

    fn loads(self) -> Self {
        self
    }

    fn joins(self) -> Plus<f64> {
        Plus(PhantomData)
    }

    fn finishes(self) -> Rooted<T::Real> {
        Rooted { exponent: self.exponent, result: PhantomData }
    }
}

/// The root of a sum of powers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rooted<O> {
    exponent: f64,
    result: PhantomData<O>,
}

impl<O: Element> Finish for Rooted<O> {
    type Acc = f64;
    type Out = O;

    const SETS: Sets = Sets::All;

    #[inline(always)]
    fn finish(self, acc: f64, _: f64) -> O {
        O::from_real(root(acc, self.exponent))
    }
}
