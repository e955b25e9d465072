//! A check on every set, and elements that are drawn.

use windows_simd::{
    Arithmetic, Bytes, Compute, Convert, Dot4, Element, EverySecond, Extreme, Moves, MulAdd,
    Narrow, PairsDot, Portable, Simd, Transpose, Widen,
};

/// All that a set has.
pub(crate) trait Set:
    Moves
    + EverySecond
    + Transpose
    + Bytes
    + Convert
    + PairsDot
    + Dot4<u8>
    + Dot4<i8>
    + Widen<u8, Wide = u16>
    + Widen<i8, Wide = i16>
    + Widen<u16, Wide = u32>
    + Widen<i16, Wide = i32>
    + Narrow<i16, Wide = i32>
    + Narrow<u8, Wide = i16>
    + Narrow<i8, Wide = i16>
    + Extreme<u8>
    + Extreme<i8>
    + Extreme<u16>
    + Extreme<i16>
    + Extreme<u32>
    + Extreme<i32>
    + Extreme<u64>
    + Extreme<i64>
    + Extreme<f32>
    + Extreme<f64>
    + MulAdd<f32>
    + MulAdd<f64>
    + Arithmetic<i32>
{
}

macro_rules! set {
    ($set:ty) => {
        impl Set for $set {}
    };
}

set!(Portable);
#[cfg(target_arch = "x86_64")]
set!(windows_simd::Avx2);
#[cfg(target_arch = "x86_64")]
set!(windows_simd::Avx2Vnni);
#[cfg(target_arch = "x86_64")]
set!(windows_simd::Avx512);
#[cfg(target_arch = "x86_64")]
set!(windows_simd::Avx512Vnni);
#[cfg(target_arch = "aarch64")]
set!(windows_simd::Neon);
#[cfg(target_arch = "aarch64")]
set!(windows_simd::NeonDotprod);
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
set!(windows_simd::Simd128);

/// A check of one set.
pub(crate) trait Check {
    /// Must be `#[inline(always)]`.
    fn run<S: Set>(&self, simd: S);
}

struct Entered<'a, C>(&'a C);

impl<S: Set, C: Check> Compute<S> for Entered<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        self.0.run(simd);
    }
}

/// Runs a check on every set that this processor has.
pub(crate) fn on_every_set(check: &impl Check) {
    fn on<S: Set>(check: &impl Check) -> usize {
        S::detect().map_or(0, |simd| {
            simd.enter(Entered(check));
            1
        })
    }
    let mut sets = on::<Portable>(check);
    #[cfg(target_arch = "x86_64")]
    {
        use windows_simd::{Avx2, Avx2Vnni, Avx512, Avx512Vnni};
        sets += on::<Avx2>(check) + on::<Avx2Vnni>(check);
        sets += on::<Avx512>(check) + on::<Avx512Vnni>(check);
    }
    #[cfg(target_arch = "aarch64")]
    {
        use windows_simd::{Neon, NeonDotprod};
        sets += on::<Neon>(check) + on::<NeonDotprod>(check);
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    {
        sets += on::<windows_simd::Simd128>(check);
    }
    assert!(sets > 0);
}

/// An element that can be drawn, and compared by its bits.
pub(crate) trait Drawn: Element {
    /// Of floats also zeros of both signs, infinities and NaN.
    fn draw(noise: u64) -> Self;
    fn bits(self) -> u64;
    fn is_nan(self) -> bool;
}

macro_rules! integers {
    ($($integer:ty)*) => { $(
        impl Drawn for $integer {
            fn draw(noise: u64) -> Self {
                // Often the same ones, and the ends of the range.
                match noise % 4 {
                    0 => (noise >> 8) as $integer % 3,
                    1 => [<$integer>::MIN, <$integer>::MAX][(noise >> 8) as usize % 2],
                    _ => (noise >> 8) as $integer,
                }
            }

            fn bits(self) -> u64 {
                self as u64
            }

            fn is_nan(self) -> bool {
                false
            }
        }
    )* };
}

macro_rules! floats {
    ($($float:ident)*) => { $(
        impl Drawn for $float {
            fn draw(noise: u64) -> Self {
                match noise % 8 {
                    0 => [0.0, -0.0, 1.0, -1.0][(noise >> 8) as usize % 4],
                    1 => [$float::NAN, $float::INFINITY, -$float::INFINITY][(noise >> 8) as usize % 3],
                    _ => (noise >> 8) as i32 as $float / 65536.0,
                }
            }

            fn bits(self) -> u64 {
                self.to_bits().into()
            }

            fn is_nan(self) -> bool {
                self.is_nan()
            }
        }
    )* };
}

integers!(u8 i8 u16 i16 u32 i32 u64 i64);
floats!(f32 f64);

pub(crate) fn noise(seed: u64, at: usize) -> u64 {
    let x = (seed ^ at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 29)
}

pub(crate) fn draw<E: Drawn>(seed: u64, len: usize) -> Vec<E> {
    (0..len).map(|at| E::draw(noise(seed, at))).collect()
}

/// The elements of a register.
#[inline(always)]
pub(crate) fn elements<S: Simd, E: Element>(simd: S, vector: S::V<E>) -> Vec<E> {
    let mut elements = vec![E::default(); S::width::<E>()];
    simd.write(&mut elements, vector);
    elements
}

#[track_caller]
pub(crate) fn same<E: Drawn>(set: &str, what: &str, got: &[E], right: &[E]) {
    let bits = |values: &[E]| values.iter().map(|value| value.bits()).collect::<Vec<_>>();
    assert!(bits(got) == bits(right), "{set}, {what}: {got:?}, and not {right:?}");
}

/// Calls a generic function once an element type.
macro_rules! each_element {
    ($check:ident($simd:expr, $seed:expr)) => {
        each_element!(@ $check($simd, $seed) u8 i8 u16 i16 u32 i32 u64 i64 f32 f64)
    };
    (@ $check:ident($simd:expr, $seed:expr) $($element:ty)*) => {
        $($check::<_, $element>($simd, $seed);)*
    };
}
pub(crate) use each_element;
