//! How elements become the scalars that kernels multiply.

use super::lanes::Scalar;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for i8 {}
    impl Sealed for u8 {}
}

/// Input elements that can be convolved with weights `W`. Sealed: `f32` and `f64` with themselves, `i8`
/// and `u8` with either of the two, which gives `i32`: exact, see [`Overflow`](crate::Overflow).
pub trait Operand<W = Self>:
    sealed::Sealed + Copy + PartialEq + Send + Sync + std::fmt::Debug + 'static
{
    /// What is multiplied, added up and stored.
    type Output: Scalar;
    /// Channels that one lane holds.
    #[doc(hidden)]
    const PAIR: usize;
    /// Whether an element *is* its lane, bit for bit.
    #[doc(hidden)]
    const PLAIN: bool;
    /// Smallest and greatest zero point of inputs and of weights.
    #[doc(hidden)]
    const ZEROS: [(i32, i32); 2];

    /// The lane of one channel and, in pairs, the next, missing if there is none.
    #[doc(hidden)]
    fn pixel(first: Self, second: Option<Self>, zero: i32) -> Self::Output;

    /// The element that means zero.
    #[doc(hidden)]
    fn from_zero_point(zero: i32) -> Self;

    /// The lane of the weights of as many channels, missing ones zero.
    #[doc(hidden)]
    fn weight(channels: [Option<W>; 2], zero: i32) -> Self::Output;

    /// A whole number that stands for zero at `zero`; nothing for floats, whose sums have no range to leave.
    #[doc(hidden)]
    fn difference(weight: W, zero: i32) -> Option<i64>;

    /// What is added to sums of products; nothing for floats.
    #[doc(hidden)]
    fn whole(bias: Self::Output) -> Option<i64>;
}

macro_rules! float {
    ($float:ident) => {
        impl Operand<$float> for $float {
            type Output = $float;
            const PAIR: usize = 1;
            const PLAIN: bool = true;
            const ZEROS: [(i32, i32); 2] = [(0, 0); 2];

            #[inline(always)]
            fn pixel(first: $float, _: Option<$float>, _: i32) -> $float {
                first
            }

            fn from_zero_point(_: i32) -> $float {
                0.0
            }

            fn weight(channels: [Option<$float>; 2], _: i32) -> $float {
                channels[0].unwrap_or_default()
            }

            fn difference(_: $float, _: i32) -> Option<i64> {
                None
            }

            fn whole(_: $float) -> Option<i64> {
                None
            }
        }
    };
}

float!(f32);
float!(f64);

#[inline(always)]
fn pair(low: i32, high: i32) -> i32 {
    (low & 0xffff) | (high << 16)
}

/// Differences from a zero point need nine bits; their products fit, in pairs, an `i32`. Sums
/// wrap, on the way at least: what a plan lets through is exact at the end, in whatever order it was added up.
macro_rules! integer {
    ($($input:ident $weight:ident),*) => {$(
        impl Operand<$weight> for $input {
            type Output = i32;
            const PAIR: usize = 2;
            const PLAIN: bool = false;
            const ZEROS: [(i32, i32); 2] = [
                ($input::MIN as i32, $input::MAX as i32),
                ($weight::MIN as i32, $weight::MAX as i32),
            ];

            #[inline(always)]
            fn pixel(first: $input, second: Option<$input>, zero: i32) -> i32 {
                pair(i32::from(first) - zero, second.map_or(0, |x| i32::from(x) - zero))
            }

            fn from_zero_point(zero: i32) -> $input {
                zero as $input // checked against `ZEROS`
            }

            fn weight(channels: [Option<$weight>; 2], zero: i32) -> i32 {
                let [low, high] = channels.map(|w| w.map_or(0, |w| i32::from(w) - zero));
                pair(low, high)
            }

            fn difference(weight: $weight, zero: i32) -> Option<i64> {
                Some(i64::from(weight) - i64::from(zero))
            }

            fn whole(bias: i32) -> Option<i64> {
                Some(i64::from(bias))
            }
        }
    )*};
}

integer!(i8 i8, i8 u8, u8 i8, u8 u8);
