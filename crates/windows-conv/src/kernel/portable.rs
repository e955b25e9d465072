//! Plain arrays as registers: what every processor can run, vectorised by the compiler where it can.

use std::ops::Range;

use windows_core::kernel::{Isa, Vectorized};

use super::lanes::{Lanes, Scalar};
use super::x86_64 as x86;

/// Eight lanes of any scalar.
#[derive(Debug)]
pub struct Portable<T>(std::marker::PhantomData<T>);

const WIDTH: usize = 8;

impl<T: Scalar> Lanes for Portable<T> {
    type Scalar = T;
    type Vector = [T; WIDTH];
    type Mask = (usize, usize);
    type Mask2 = (usize, usize);

    const ISA: Isa = Isa::PORTABLE;
    const WIDTH: usize = WIDTH;
    const REGISTERS: usize = 16;
    const VECTORS: usize = 1;
    const ROWS: usize = 4;
    const WIDE: usize = 1;
    const PIXELS: usize = 4;

    unsafe fn enter<C: Vectorized>(computation: C) -> C::Output {
        computation.run()
    }

    #[inline(always)]
    unsafe fn splat(value: T) -> [T; WIDTH] {
        [value; WIDTH]
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> [T; WIDTH] {
        // SAFETY: the caller gives WIDTH readable elements; an array has no alignment of its own.
        unsafe { from.cast::<[T; WIDTH]>().read() }
    }

    #[inline(always)]
    unsafe fn store(to: *mut T, value: [T; WIDTH]) {
        // SAFETY: the caller gives WIDTH writable elements.
        unsafe { to.cast::<[T; WIDTH]>().write(value) }
    }

    #[inline(always)]
    unsafe fn mask(first: usize, len: usize) -> (usize, usize) {
        (first, first + len)
    }

    #[inline(always)]
    unsafe fn load_mask(from: *const T, mask: (usize, usize)) -> [T; WIDTH] {
        // SAFETY: as the caller's.
        unsafe { strided(from, mask.0..mask.1, 1) }
    }

    #[inline(always)]
    unsafe fn store_mask(to: *mut T, (first, end): (usize, usize), value: [T; WIDTH]) {
        for lane in first..end {
            // SAFETY: the caller may write the lanes of the mask.
            unsafe { to.wrapping_add(lane).write(value[lane]) };
        }
    }

    #[inline(always)]
    unsafe fn mask2(first: usize, len: usize) -> (usize, usize) {
        (first, first + len)
    }

    #[inline(always)]
    unsafe fn load_mask2(from: *const T, mask: (usize, usize)) -> [T; WIDTH] {
        // SAFETY: as the caller's.
        unsafe { strided(from, mask.0..mask.1, 2) }
    }

    #[inline(always)]
    unsafe fn merge(a: [T; WIDTH], b: [T; WIDTH]) -> [T; WIDTH] {
        let mut either = a;
        for lane in 0..WIDTH {
            either[lane] = if a[lane] == T::default() { b[lane] } else { a[lane] };
        }
        either
    }

    #[inline(always)]
    unsafe fn add(a: [T; WIDTH], b: [T; WIDTH]) -> [T; WIDTH] {
        let mut sum = a;
        for lane in 0..WIDTH {
            sum[lane] = T::add(a[lane], b[lane]);
        }
        sum
    }

    #[inline(always)]
    unsafe fn mul_add(sum: [T; WIDTH], a: [T; WIDTH], b: [T; WIDTH]) -> [T; WIDTH] {
        let mut next = sum;
        for lane in 0..WIDTH {
            next[lane] = T::mul_add(sum[lane], a[lane], b[lane]);
        }
        next
    }
}

/// Lane `i` of the range from `from + step i`, the others zero.
#[inline(always)]
unsafe fn strided<T: Scalar>(from: *const T, lanes: Range<usize>, step: usize) -> [T; WIDTH] {
    let mut value = [T::default(); WIDTH];
    for lane in lanes {
        // SAFETY: the caller may read the lanes of the mask.
        value[lane] = unsafe { from.wrapping_add(step * lane).read() };
    }
    value
}

macro_rules! float {
    ($scalar:ident, $silu:path) => {
        impl Scalar for $scalar {
            type Portable = Portable<$scalar>;
            type Avx2 = x86::Avx2<$scalar>;
            type Avx512 = x86::Avx512<$scalar>;

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
    type Portable = Portable<i32>;
    type Avx2 = x86::Avx2<i32>;
    type Avx512 = x86::Avx512<i32>;

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
