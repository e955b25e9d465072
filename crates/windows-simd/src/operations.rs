//! What is computed on registers: a kernel names the operations that it needs.

use crate::{Element, Simd};

/// Greatest and least elements: of every element there is.
///
/// | | greatest | least |
/// | --- | --- | --- |
/// | rule | `if b > a { b } else { a }` | `if b < a { b } else { a }` |
/// | `(-0, +0)`, `(+0, -0)` | the first | the first |
/// | `(NaN, 1)`, `(1, NaN)` | the first | the first |
///
/// So ties go to the first, and a NaN stays where it is first and is lost where it is second: whoever cares looks for
/// it with [`Extreme::see_nan`].
pub trait Extreme<E: Element>: Simd {
    /// What was found out about NaN. A register and no mask: masks that live long are moved between kinds of
    /// registers by the compiler. Of integers nothing.
    type Seen: Copy;

    /// `if b > a { b } else { a }`.
    fn first_of_greatest(self, a: Self::V<E>, b: Self::V<E>) -> Self::V<E>;
    /// `if b < a { b } else { a }`.
    fn first_of_least(self, a: Self::V<E>, b: Self::V<E>) -> Self::V<E>;
    /// There was no NaN yet.
    fn unseen(self) -> Self::Seen;
    /// `seen`, and whether one of two registers has a NaN.
    fn see_nan(self, a: Self::V<E>, b: Self::V<E>, seen: Self::Seen) -> Self::Seen;
    /// Whether there was one.
    fn any<const N: usize>(self, seen: [Self::Seen; N]) -> bool;
}

/// Sums, differences and products: of `f32`, `f64` and `i32`, which wraps.
pub trait Arithmetic<E: Element>: Simd {
    /// `a + b`.
    fn add(self, a: Self::V<E>, b: Self::V<E>) -> Self::V<E>;
    /// `a - b`.
    fn sub(self, a: Self::V<E>, b: Self::V<E>) -> Self::V<E>;
    /// `a * b`.
    fn mul(self, a: Self::V<E>, b: Self::V<E>) -> Self::V<E>;
}

/// Products added to a sum: of `f32` and `f64`.
pub trait MulAdd<E: Element>: Arithmetic<E> {
    /// Whether the product is not rounded before it is added: AVX2, AVX-512 and NEON. The portable set and
    /// WebAssembly round twice.
    const FUSED: bool;

    /// `sum + a * b`.
    fn mul_add(self, sum: Self::V<E>, a: Self::V<E>, b: Self::V<E>) -> Self::V<E>;
}

/// Products of neighbouring pairs.
pub trait PairsDot: Simd {
    /// Element `i` of the sum, and `a[2 i] * b[2 i] + a[2 i + 1] * b[2 i + 1]`, which wraps.
    fn pairs_dot(self, sum: Self::V<i32>, a: Self::V<i16>, b: Self::V<i16>) -> Self::V<i32>;
}

/// Products of neighbouring fours: of `u8` or `i8`, with `i8`.
pub trait Dot4<A: Element>: Simd {
    /// Element `i` of the sum, and `a[4 i + k] * b[4 i + k]` for the four `k`. Nothing saturates; the sum wraps.
    fn dot4(self, sum: Self::V<i32>, a: Self::V<A>, b: Self::V<i8>) -> Self::V<i32>;
}

/// Elements as ones of twice the size: `u8` to `u16`, `u16` to `u32`, `i8` to `i16`, `i16` to `i32`.
pub trait Widen<E: Element>: Simd {
    /// An element of twice the size.
    type Wide: Element;

    /// The first half of the elements, and the second one, in order.
    fn widen(self, vector: Self::V<E>) -> [Self::V<Self::Wide>; 2];
}

/// Elements as ones of half the size, the nearest there are: `i16` from `i32`, `u8` and `i8` from `i16`.
pub trait Narrow<E: Element>: Simd {
    /// An element of twice the size.
    type Wide: Element;

    /// The elements of the first register and of the second one, in order.
    fn narrow(self, vectors: [Self::V<Self::Wide>; 2]) -> Self::V<E>;
}

/// Integers as floats, and floats as integers.
pub trait Convert: Simd {
    /// The nearest float, halves to even.
    fn to_f32(self, vector: Self::V<i32>) -> Self::V<f32>;

    /// The nearest integer, halves to even. Of a NaN, and beyond `i32`, any integer: it is not the same in all sets.
    fn to_i32(self, vector: Self::V<f32>) -> Self::V<i32>;
}

/// Bytes looked up and looked for.
pub trait Bytes: Simd {
    /// Within each 16 bytes of a register, the byte of `table` that each byte of `at` numbers; 0 for those from 128
    /// on. For 16 to 127 any byte: it is not the same in all sets.
    fn bytes_at(self, table: Self::V<u8>, at: Self::V<u8>) -> Self::V<u8>;

    /// Bit `i` of the result is set if bytes `i` are equal. A register has at most 64 bytes.
    fn equal(self, a: Self::V<u8>, b: Self::V<u8>) -> u64;

    /// For each byte what `low` has at its last four bits, and `high` at the first four, both within 16 bytes: the
    /// classes that it belongs to, a bit each.
    fn classes(self, bytes: Self::V<u8>, low: Self::V<u8>, high: Self::V<u8>) -> Self::V<u8>;
}
