//! The element types, and what their sums accumulate in.

use core::cmp::Ordering;
use core::fmt::{Debug, Display};

use bytemuck::Pod;
use windows_core::kernel::Isa;

use crate::entry::{Entries, entries};
use crate::kernel::wide::OnVectors;

/// What can be pooled: `u8 i8 u16 i16 u32 i32 u64 i64 f32 f64`. Sealed.
pub trait Element: number::Number + Display {
    /// What sums have: `u64`, `i64`, `f32` or `f64`. Sums of integers wrap at 64 bits, in every build.
    type Sum: Element;
    /// What norms and unrounded averages have: `f32` for `f32`, else `f64`.
    type Real: Element;

    /// The functions that are compiled for it.
    #[doc(hidden)]
    const ENTRIES: Entries<Self>;
}

pub(crate) mod number {
    use super::{Debug, Element, Isa, OnVectors, Pod, Total};

    /// Whether something can happen for a type. What cannot is not even compiled: the loops of ten types
    /// are many.
    pub trait Possible {
        /// Runs something, and says whether it succeeded; `false` if it cannot happen.
        fn run(something: impl FnOnce() -> bool) -> bool;
    }

    /// It can.
    #[derive(Debug)]
    pub struct Yes;

    /// It cannot.
    #[derive(Debug)]
    pub struct No;

    impl Possible for Yes {
        fn run(something: impl FnOnce() -> bool) -> bool {
            something()
        }
    }

    impl Possible for No {
        fn run(_: impl FnOnce() -> bool) -> bool {
            false
        }
    }

    /// The arithmetic behind [`Element`](super::Element): not nameable outside the crate.
    pub trait Number: Copy + PartialOrd + Default + Debug + Pod + Send + Sync + 'static {
        /// What ranks are looked for among: an unsigned integer.
        type Ordered: Ord + Pod;
        /// What sums of few elements accumulate in: exact for up to [`Number::FEW`] integers.
        type Few: Total;
        /// What sums of many elements accumulate in.
        type Many: Total;
        /// How many elements a `Few` can take.
        const FEW: usize;
        /// Not more than any element.
        const LOWEST: Self;
        /// Not less than any element.
        const HIGHEST: Self;
        /// Whether there are NaNs.
        type Nans: Possible;
        /// Whether `Many` is wider than `Few`.
        type Wider: Possible;
        /// Whether there are NaNs.
        const FLOAT: bool;
        /// What extremes are looked for among, of the same size.
        type Key: Key;
        /// The bits of an element that are flipped for its key, where the greatest key is the greatest element.
        const GREATEST: Self::Key;
        /// Those where the greatest key is the least element.
        const LEAST: Self::Key;

        fn not_a_number(self) -> bool;
        fn few(self) -> Self::Few;
        fn many(self) -> Self::Many;
        fn real(self) -> f64;
        /// For integers rounded half to even, and saturated. Every NaN becomes that of the type, or 0.
        fn from_real(real: f64) -> Self;
        /// The low bits.
        fn wrap(total: i128) -> Self;
        /// An integer of the same size whose order is the total order of the type: for floats IEEE 754's.
        fn ordered(self) -> Self::Ordered;
        /// The element of such an integer.
        fn of_ordered(ordered: Self::Ordered) -> Self;
    }

    /// What is compared to find extremes: an unsigned integer or a float.
    ///
    /// The greatest and the least of every type are the greatest of keys, which are elements with some bits flipped:
    /// the sign bit of signed integers, for they come before the others; all bits of unsigned ones, and the sign of
    /// floats, where the least is looked for. So the loops of ten types, for both extremes, are those of six keys.
    /// What a float loses, ties and NaNs, it loses with either sign.
    pub trait Key: Element {
        /// Whether the greatest elements have loops of their own, which flip nothing: pictures and networks are full
        /// of them.
        type Plain: Possible;

        /// Bits flipped: a key of an element, and back.
        #[must_use]
        fn flipped(self, bits: Self) -> Self;

        /// Runs a computation on vectors of keys that `least` elements fill, or gives it back if there are none.
        /// `bits` are flipped for a key, if `FLIP`.
        fn on_vectors<const FLIP: bool, C: OnVectors<Self>>(
            isa: Isa,
            bits: Self,
            least: usize,
            computation: C,
        ) -> Result<C::Output, C>;
    }
}

macro_rules! keys {
    ($($type:ty: $plain:ident, $flipped:expr;)*) => {$(
        impl number::Key for $type {
            type Plain = number::$plain;

            #[inline(always)]
            fn flipped(self, bits: Self) -> Self {
                $flipped(self, bits)
            }

            #[inline(always)]
            fn on_vectors<const FLIP: bool, C: OnVectors<Self>>(
                isa: Isa,
                bits: Self,
                least: usize,
                computation: C,
            ) -> Result<C::Output, C> {
                crate::kernel::wide::on_vectors::<Self, FLIP, C>(isa, bits, least, computation)
            }
        }
    )*};
}

keys! {
    u8: Yes, |key, bits| key ^ bits;
    u16: No, |key, bits| key ^ bits;
    u32: No, |key, bits| key ^ bits;
    u64: No, |key, bits| key ^ bits;
    f32: Yes, |key: f32, bits: f32| f32::from_bits(key.to_bits() ^ bits.to_bits());
    f64: No, |key: f64, bits: f64| f64::from_bits(key.to_bits() ^ bits.to_bits());
}

/// A wide accumulator of sums.
pub trait Total: Copy + Default + Debug + Pod + Send + Sync + 'static {
    /// Whether sums are exact.
    const EXACT: bool;

    /// The sum; nothing overflows, except `i128` beyond what memory can hold.
    #[must_use]
    fn plus(self, other: Self) -> Self;

    /// As a float, rounded once.
    fn real(self) -> f64;

    /// As an integer; floats are cut.
    fn whole(self) -> i128;
}

macro_rules! totals {
    ($($type:ty: $exact:literal, $plus:expr;)*) => {$(
        impl Total for $type {
            const EXACT: bool = $exact;

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                $plus(self, other)
            }

            #[inline(always)]
            fn real(self) -> f64 {
                self as f64
            }

            #[inline(always)]
            fn whole(self) -> i128 {
                self as i128
            }
        }
    )*};
}

totals! {
    i32: true, i32::wrapping_add;
    i64: true, i64::wrapping_add;
    i128: true, i128::wrapping_add;
    f64: false, |a, b| a + b;
}

macro_rules! integers {
    ($($type:ty, $key:ty: $sum:ty, $few:ty, $many:ty, $wider:ident, $limit:expr;)*) => {$(
        impl Element for $type {
            type Sum = $sum;
            type Real = f64;
            const ENTRIES: Entries<Self> = entries!($type);
        }

        impl number::Number for $type {
            type Few = $few;
            type Many = $many;
            type Nans = number::No;
            type Wider = number::$wider;
            const FEW: usize = $limit;
            const LOWEST: Self = Self::MIN;
            const HIGHEST: Self = Self::MAX;
            const FLOAT: bool = false;
            type Key = $key;
            type Ordered = $key;
            // The sign bit, where there is one.
            const GREATEST: $key = <$type>::MIN as $key;
            const LEAST: $key = <$type>::MAX as $key;

            #[inline(always)]
            fn not_a_number(self) -> bool {
                false
            }

            #[inline(always)]
            fn few(self) -> $few {
                self as $few
            }

            #[inline(always)]
            fn many(self) -> $many {
                self as $many
            }

            #[inline(always)]
            fn real(self) -> f64 {
                self as f64
            }

            #[inline(always)]
            fn from_real(real: f64) -> Self {
                real.round_ties_even() as Self
            }

            #[inline(always)]
            fn wrap(total: i128) -> Self {
                total as Self
            }

            #[inline(always)]
            fn ordered(self) -> $key {
                self as $key ^ Self::GREATEST
            }

            #[inline(always)]
            fn of_ordered(ordered: $key) -> Self {
                (ordered ^ Self::GREATEST) as Self
            }
        }
    )*};
}

integers! {
    u8, u8: u64, i32, i64, Yes, 1 << 23;
    i8, u8: i64, i32, i64, Yes, 1 << 23;
    u16, u16: u64, i32, i64, Yes, 1 << 15;
    i16, u16: i64, i32, i64, Yes, 1 << 15;
    u32, u32: u64, i64, i64, No, usize::MAX;
    i32, u32: i64, i64, i64, No, usize::MAX;
    u64, u64: u64, i128, i128, No, usize::MAX;
    i64, u64: i64, i128, i128, No, usize::MAX;
}

macro_rules! floats {
    ($($type:ty: $bits:ty;)*) => {$(
        impl Element for $type {
            type Sum = $type;
            type Real = $type;
            const ENTRIES: Entries<Self> = entries!($type);
        }

        impl number::Number for $type {
            type Few = f64;
            type Many = f64;
            type Nans = number::Yes;
            type Wider = number::No;
            const FEW: usize = usize::MAX;
            const LOWEST: Self = Self::NEG_INFINITY;
            const HIGHEST: Self = Self::INFINITY;
            const FLOAT: bool = true;
            type Key = $type;
            type Ordered = $bits;
            const GREATEST: $type = 0.0;
            // The sign bit.
            const LEAST: $type = -0.0;

            #[inline(always)]
            fn not_a_number(self) -> bool {
                self.is_nan()
            }

            #[inline(always)]
            fn few(self) -> f64 {
                f64::from(self)
            }

            #[inline(always)]
            fn many(self) -> f64 {
                f64::from(self)
            }

            #[inline(always)]
            fn real(self) -> f64 {
                f64::from(self)
            }

            #[inline(always)]
            fn from_real(real: f64) -> Self {
                // Which of two NaNs an addition keeps is up to the instruction. Looked at as integers: of floats
                // the compiler takes one NaN for another, and keeps what there is.
                let magnitude = real.to_bits() & !(-0.0_f64).to_bits();
                let nan = magnitude > f64::INFINITY.to_bits();
                Self::from_bits(if nan { Self::NAN.to_bits() } else { (real as Self).to_bits() })
            }

            #[inline(always)]
            fn wrap(total: i128) -> Self {
                total as Self
            }

            #[inline(always)]
            fn ordered(self) -> $bits {
                let (bits, sign) = (self.to_bits(), (-0.0 as $type).to_bits());
                if bits & sign != 0 { !bits } else { bits | sign }
            }

            #[inline(always)]
            fn of_ordered(ordered: $bits) -> Self {
                let sign = (-0.0 as $type).to_bits();
                Self::from_bits(if ordered & sign != 0 { ordered ^ sign } else { !ordered })
            }
        }
    )*};
}

floats! {
    f32: u32;
    f64: u64;
}

/// `sum / area`, rounded half to even; 0 where there is no area.
#[must_use]
pub(crate) fn average(sum: i128, area: u64) -> i128 {
    if area == 0 {
        return 0;
    }
    let area = i128::from(area);
    let (quotient, rest) = (sum.div_euclid(area), sum.rem_euclid(area));
    match (2 * rest).cmp(&area) {
        Ordering::Less => quotient,
        Ordering::Greater => quotient + 1,
        Ordering::Equal => quotient + (quotient & 1),
    }
}
