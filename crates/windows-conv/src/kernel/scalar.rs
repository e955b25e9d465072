//! What kernels multiply and add.

use windows_simd::WideElement;

/// The element that kernels multiply and add: `f32`, `f64`, or an `i32` that holds two `i16`.
pub trait Scalar: WideElement {
    /// `sum + a b`, in two roundings; of pairs, `sum + a0 b0 + a1 b1`, wrapping.
    #[doc(hidden)]
    fn mul_add(sum: Self, a: Self, b: Self) -> Self;
    /// Wrapping for integers.
    #[doc(hidden)]
    fn add(a: Self, b: Self) -> Self;
    /// `x` cut to `low..=high`; NaN stays NaN.
    #[doc(hidden)]
    fn clamp(self, low: Self, high: Self) -> Self;
    /// `x / (1 + exp(-x))`.
    #[doc(hidden)]
    fn silu(self) -> Self;
    /// A number that has few digits; rounded for integers.
    #[doc(hidden)]
    fn from_f32(value: f32) -> Self;
    /// Whether it is an ordinary number: one whose product with zero is zero.
    #[doc(hidden)]
    fn is_finite(self) -> bool;
}

macro_rules! float {
    ($scalar:ident, $silu:path) => {
        impl Scalar for $scalar {
            #[inline(always)]
            fn mul_add(sum: $scalar, a: $scalar, b: $scalar) -> $scalar {
                sum + a * b
            }

            #[inline(always)]
            fn add(a: $scalar, b: $scalar) -> $scalar {
                a + b
            }

            #[inline(always)]
            fn clamp(self, low: $scalar, high: $scalar) -> $scalar {
                let x = if self < low { low } else { self };
                if x > high { high } else { x }
            }

            #[inline(always)]
            fn silu(self) -> $scalar {
                $silu(self)
            }

            #[inline(always)]
            fn from_f32(value: f32) -> $scalar {
                $scalar::from(value)
            }

            #[inline(always)]
            fn is_finite(self) -> bool {
                self.is_finite()
            }
        }
    };
}

float!(f32, silu_f32);
float!(f64, silu_f64);

/// `exp` by range reduction to `|r| <= ln 2 / 2` and a polynomial of degree 6 (its Taylor series, whose
/// remainder there is below 2e-8), written without branches so that a row of it is vectorised.
#[inline(always)]
fn silu_f32(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4; // few bits, so that its product with n is exact
    const LN2_LOW: f32 = -2.121_944_4e-4;
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to an integer
    // Beyond +-87 the quotient is x or 0 to the last bit of an f32, and NaN stays NaN.
    let t = Scalar::clamp(-x, -87.0, 87.0);
    let n = (t * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (t - n * LN2_HIGH) - n * LN2_LOW;
    let tail = 1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0)));
    let p = 1.0 + r * (1.0 + r * (0.5 + r * tail));
    // n is an integer of at most 8 bits: its low mantissa bits, shifted into the exponent.
    let power = f32::from_bits((n + (ROUND + 127.0)).to_bits() << 23);
    x / (1.0 + p * power)
}

#[inline(always)]
fn silu_f64(x: f64) -> f64 {
    x / (1.0 + (-x).exp())
}

/// Two `i16` in one lane.
impl Scalar for i32 {
    #[inline(always)]
    fn mul_add(sum: i32, a: i32, b: i32) -> i32 {
        let low = (a as i16 as i32) * (b as i16 as i32);
        let high = (a >> 16) * (b >> 16);
        sum.wrapping_add(low.wrapping_add(high))
    }

    #[inline(always)]
    fn add(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }

    #[inline(always)]
    fn clamp(self, low: i32, high: i32) -> i32 {
        self.max(low).min(high)
    }

    /// Never asked for: a plan of integers refuses it.
    #[inline(always)]
    fn silu(self) -> i32 {
        self
    }

    /// Only small whole numbers are asked for.
    #[inline(always)]
    fn from_f32(value: f32) -> i32 {
        value as i32
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        true
    }
}
