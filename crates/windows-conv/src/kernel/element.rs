//! Which elements there are, and how they become the scalars that kernels multiply.

use super::scalar::Scalar;
use super::table::{Kernels, kernels};
use crate::engine::Engine;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for i8 {}
    impl Sealed for u8 {}
}

/// Elements of inputs.
pub trait Input:
    sealed::Sealed + Copy + PartialEq + Send + Sync + std::fmt::Debug + 'static
{
    /// What is multiplied, added up and stored.
    type Lane: Scalar;
    /// What kernels of it are called.
    const ELEMENT: &'static str;
    /// What the plain loops over it are called, which are no kernel of a set.
    const REFERENCE: &'static str;
    /// Channels that one lane holds.
    const PAIR: usize;
    /// Whether an element *is* its lane, bit for bit.
    const PLAIN: bool;
    /// Smallest and greatest zero point.
    const ZEROS: (i32, i32);
    /// The kernels of each instruction set, the best one first. The last one is always there.
    const KERNELS: &'static [Kernels<Self>];

    /// The lane of one channel and, in pairs, the next, missing if there is none.
    fn pixel(first: Self, second: Option<Self>, zero: i32) -> Self::Lane;

    /// The element that means zero.
    fn from_zero_point(zero: i32) -> Self;

    /// What is added to sums of products, as a whole number; nothing for floats.
    fn whole(bias: Self::Lane) -> Option<i64>;
}

/// Elements of weights that become lanes of `T`.
pub trait Weight<T>: Copy + Sync {
    /// Smallest and greatest zero point.
    const ZEROS: (i32, i32);

    /// The lane of the weights of its channels, one or a pair. Missing ones are zero.
    fn lane(channels: [Option<Self>; 2], zero: i32) -> T;

    /// A whole number that stands for zero at `zero`; nothing for floats, whose sums have no range to leave.
    fn difference(self, zero: i32) -> Option<i64>;
}

/// Input elements that can be convolved with weights `W`. Sealed: `f32` and `f64` with themselves, `i8`
/// and `u8` with either of the two, which gives `i32`: exact, see [`Overflow`](crate::Overflow).
pub trait Operand<W = Self>: Input<Lane = <Self as Operand<W>>::Output> {
    /// What is multiplied, added up and stored.
    type Output: Scalar;
    /// Plans and runs of this pair: compiled in this crate, so that no user compiles them.
    #[doc(hidden)]
    fn engine<'a>() -> &'a Engine<Self, W>
    where
        W: 'a;
}

macro_rules! float {
    ($($float:ident),*) => {$(
        impl Input for $float {
            type Lane = $float;
            const ELEMENT: &'static str = stringify!($float);
            const REFERENCE: &'static str = concat!(stringify!($float), "-reference");
            const PAIR: usize = 1;
            const PLAIN: bool = true;
            const ZEROS: (i32, i32) = (0, 0);
            const KERNELS: &'static [Kernels<Self>] = kernels!($float);

            #[inline(always)]
            fn pixel(first: $float, _: Option<$float>, _: i32) -> $float {
                first
            }

            fn from_zero_point(_: i32) -> $float {
                0.0
            }

            fn whole(_: $float) -> Option<i64> {
                None
            }
        }

        impl Weight<$float> for $float {
            const ZEROS: (i32, i32) = (0, 0);

            fn lane(channels: [Option<$float>; 2], _: i32) -> $float {
                channels[0].unwrap_or_default()
            }

            fn difference(self, _: i32) -> Option<i64> {
                None
            }
        }
    )*};
}

float!(f32, f64);

#[inline(always)]
fn pair(low: i32, high: i32) -> i32 {
    (low & 0xffff) | (high << 16)
}

/// Differences from a zero point need nine bits; their products fit, in pairs, an `i32`. Sums
/// wrap, on the way at least: what a plan lets through is exact at the end, in whatever order it was added up.
macro_rules! integer {
    ($($integer:ident),*) => {$(
        impl Input for $integer {
            type Lane = i32;
            const ELEMENT: &'static str = stringify!($integer);
            const REFERENCE: &'static str = concat!(stringify!($integer), "-reference");
            const PAIR: usize = 2;
            const PLAIN: bool = false;
            const ZEROS: (i32, i32) = ($integer::MIN as i32, $integer::MAX as i32);
            const KERNELS: &'static [Kernels<Self>] = kernels!($integer);

            #[inline(always)]
            fn pixel(first: $integer, second: Option<$integer>, zero: i32) -> i32 {
                pair(i32::from(first) - zero, second.map_or(0, |x| i32::from(x) - zero))
            }

            fn from_zero_point(zero: i32) -> $integer {
                zero as $integer // checked against `ZEROS`
            }

            fn whole(bias: i32) -> Option<i64> {
                Some(i64::from(bias))
            }
        }

        impl Weight<i32> for $integer {
            const ZEROS: (i32, i32) = ($integer::MIN as i32, $integer::MAX as i32);

            fn lane(channels: [Option<$integer>; 2], zero: i32) -> i32 {
                let [low, high] = channels.map(|w| w.map_or(0, |w| i32::from(w) - zero));
                pair(low, high)
            }

            fn difference(self, zero: i32) -> Option<i64> {
                Some(i64::from(self) - i64::from(zero))
            }
        }
    )*};
}

integer!(i8, u8);

/// Which elements are multiplied, and what that gives.
macro_rules! pairs {
    ($($input:ident $weight:ident => $output:ident),*) => {$(
        impl Operand<$weight> for $input {
            type Output = $output;

            fn engine<'a>() -> &'a Engine<$input, $weight> {
                // No constant: a static is compiled here, a constant wherever it is named.
                static ENGINE: Engine<$input, $weight> = Engine::new();
                &ENGINE
            }
        }
    )*};
}

pairs!(
    f32 f32 => f32,
    f64 f64 => f64,
    i8 i8 => i32,
    i8 u8 => i32,
    u8 i8 => i32,
    u8 u8 => i32
);
