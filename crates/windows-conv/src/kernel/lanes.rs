//! What a kernel asks of an instruction set: a vector of lanes and a dozen operations on it.

use windows_core::kernel::{Isa, Vectorized};

use super::transpose::transpose;

/// The element that kernels multiply and add: `f32`, `f64`, or an `i32` that holds two `i16`.
pub trait Scalar: Copy + Default + PartialOrd + Send + Sync + std::fmt::Debug + 'static {
    #[doc(hidden)]
    type Portable: Lanes<Scalar = Self>;
    #[doc(hidden)]
    type Avx2: Lanes<Scalar = Self>;
    #[doc(hidden)]
    type Avx512: Lanes<Scalar = Self>;

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

/// A vector register of some instruction set, as an implementation of the kernels needs it.
///
/// # Safety
/// The functions are safe to call where [`Lanes::ISA`] is available; the pointers are as each says.
/// Every implementation is `#[inline(always)]`, so that it is compiled for the instruction set of the
/// kernel that it is inlined into.
pub trait Lanes: 'static {
    /// One lane.
    type Scalar: Scalar;
    /// A register.
    type Vector: Copy;
    /// Some of the lanes of a register.
    type Mask: Copy;
    /// Some of the lanes of a register that is read from every second element.
    type Mask2: Copy;
    /// What it is made of.
    const ISA: Isa;
    /// Lanes of a register.
    const WIDTH: usize;
    /// Registers there are.
    const REGISTERS: usize;
    /// Registers of pixels of a full tile, with pixels along the lanes.
    const VECTORS: usize;
    /// Channels of such a tile: each is a weight that is broadcast.
    const ROWS: usize;
    /// Registers of channels of a full tile, with channels along the lanes.
    const WIDE: usize;
    /// Pixels of such a tile: each is broadcast.
    const PIXELS: usize;

    /// Runs a computation compiled for this instruction set, and for this one only.
    unsafe fn enter<C: Vectorized>(computation: C) -> C::Output;
    /// The same value in every lane.
    unsafe fn splat(value: Self::Scalar) -> Self::Vector;
    /// `WIDTH` elements, at any alignment.
    unsafe fn load(from: *const Self::Scalar) -> Self::Vector;
    /// Writes `WIDTH` elements, at any alignment.
    unsafe fn store(to: *mut Self::Scalar, value: Self::Vector);
    /// Lanes `first..first + len`.
    unsafe fn mask(first: usize, len: usize) -> Self::Mask;
    /// Lane `i` of the mask from `from + i`, without touching the others, which become zero. `from` may
    /// lie outside the data.
    unsafe fn load_mask(from: *const Self::Scalar, mask: Self::Mask) -> Self::Vector;
    /// Writes the lanes of the mask only.
    unsafe fn store_mask(to: *mut Self::Scalar, mask: Self::Mask, value: Self::Vector);
    /// Lanes `first..first + len`, of every second element.
    unsafe fn mask2(first: usize, len: usize) -> Self::Mask2;
    /// Lane `i` of the mask from `from + 2 i`, as [`Lanes::load_mask`].
    unsafe fn load_mask2(from: *const Self::Scalar, mask: Self::Mask2) -> Self::Vector;
    /// The lanes that are set in either; no lane is set in both.
    unsafe fn merge(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// Lane by lane.
    unsafe fn add(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `sum + a b`, in one rounding where the instruction set has it.
    unsafe fn mul_add(sum: Self::Vector, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `to[column to_row + row] = from[row from_row + column]`, for at most `WIDTH` rows and columns; the
    /// rows of `from` have `WIDTH` elements, whatever `columns` is.
    #[inline(always)]
    unsafe fn transpose(
        from: *const Self::Scalar,
        from_row: usize,
        rows: usize,
        to: *mut Self::Scalar,
        to_row: isize,
        columns: usize,
    ) {
        // SAFETY: the caller gives these elements.
        unsafe { transpose(from, from_row, rows, to, to_row, columns) }
    }
    /// Asks for a cache line that is read soon. Any address.
    #[inline(always)]
    fn prefetch(from: *const Self::Scalar) {
        let _ = from;
    }
}
