//! What a kernel asks of an instruction set, and how large its tiles are.

use windows_simd::{Arithmetic, EverySecond, MulAdd, PairsDot, Portable, Simd, Transpose};

use super::scalar::Scalar;

/// A set of vector instructions as the kernels of a scalar need it. A value of it proves that the processor has it.
pub(crate) trait Lanes<T: Scalar>: EverySecond + Transpose + Arithmetic<T> {
    /// Lanes of a register.
    const WIDTH: usize = Self::BYTES / size_of::<T>();
    /// Registers of pixels of a full tile, with pixels along the lanes.
    const VECTORS: usize;
    /// Channels of such a tile: each is a weight that is broadcast.
    const ROWS: usize;
    /// Registers of channels of a full tile, with channels along the lanes.
    const WIDE: usize;
    /// Pixels of such a tile: each is broadcast.
    const PIXELS: usize;

    /// `sum + a b`, in one rounding where the set has it; of pairs `sum + a0 b0 + a1 b1`, wrapping.
    fn mul_add(self, sum: Self::V<T>, a: Self::V<T>, b: Self::V<T>) -> Self::V<T>;
}

/// Tiles of `VECTORS x ROWS` and `WIDE x PIXELS`, of a set and a scalar.
macro_rules! tiles {
    ($($set:ident $scalar:ident: $vectors:literal $rows:literal, $wide:literal $pixels:literal)*) => {$(
        impl Lanes<$scalar> for $set {
            const VECTORS: usize = $vectors;
            const ROWS: usize = $rows;
            const WIDE: usize = $wide;
            const PIXELS: usize = $pixels;

            #[inline(always)]
            fn mul_add(
                self,
                sum: Self::V<$scalar>,
                a: Self::V<$scalar>,
                b: Self::V<$scalar>,
            ) -> Self::V<$scalar> {
                mul_add!($scalar self, sum, a, b)
            }
        }
    )*};
}

macro_rules! mul_add {
    (i32 $simd:ident, $sum:ident, $a:ident, $b:ident) => {
        $simd.pairs_dot($sum, $simd.cast($a), $simd.cast($b))
    };
    ($float:ident $simd:ident, $sum:ident, $a:ident, $b:ident) => {
        MulAdd::mul_add($simd, $sum, $a, $b)
    };
}

// All registers of a set: sums, the lanes of a step, and what is broadcast.
tiles!(
    Portable f32: 1 4, 1 4
    Portable f64: 2 4, 2 4
    Portable i32: 1 4, 1 4
);
#[cfg(target_arch = "x86_64")]
use windows_simd::{Avx2, Avx512};
#[cfg(target_arch = "x86_64")]
tiles!(
    Avx2 f32: 2 6, 2 6
    Avx2 f64: 2 6, 2 6
    Avx2 i32: 2 6, 2 6
    Avx512 f32: 3 8, 2 14
    Avx512 f64: 3 8, 2 14
    Avx512 i32: 3 8, 2 14
);
