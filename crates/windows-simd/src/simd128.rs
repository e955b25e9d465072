//! WebAssembly's vectors: 128 bits, no masks. Chosen when a module is compiled.

use core::arch::wasm32::*;

use crate::partial::{self, COUNT};
use crate::register::{Mask, Native, Register, Span, bits};
use crate::simd::one_by_one;
use crate::{
    Arithmetic, Bytes, Compute, Convert, Dot4, Element, EverySecond, Extreme, Isa, Moves, MulAdd,
    Narrow, PairsDot, Simd, Transpose, WideElement, Widen,
};

/// WebAssembly's vectors.
#[derive(Clone, Copy, Debug)]
pub struct Simd128(());

type V128<E> = Register<v128, E>;

// SAFETY: it is made of 128 bits.
unsafe impl Native for v128 {}

/// The bytes 0 to 15.
#[inline(always)]
fn count() -> v128 {
    // SAFETY: it has the 16 bytes of a register.
    unsafe { v128_load(COUNT.as_ptr().cast()) }
}

/// All bits of these bytes of a register.
#[inline(always)]
fn byte_mask(bytes: Span) -> v128 {
    let from = u8x16_ge(count(), u8x16_splat(bytes.first));
    v128_and(from, u8x16_lt(count(), u8x16_splat(bytes.end)))
}

impl crate::sealed::Sealed for Simd128 {}

impl Simd for Simd128 {
    type V<E: Element> = V128<E>;
    type M<E: Element> = Mask<Span, E>;

    const ISA: Isa = Isa::SIMD128;
    const NAME: &'static str = "simd128";
    const BYTES: usize = 16;
    const REGISTERS: usize = 16;

    #[inline(always)]
    unsafe fn new_unchecked() -> Self {
        Self(())
    }

    #[inline]
    fn enter<C: Compute<Self>>(self, computation: C) -> C::Output {
        computation.run(self)
    }

    #[inline(always)]
    fn splat<E: Element>(self, value: E) -> V128<E> {
        Register::of(match size_of::<E>() {
            1 => u8x16_splat(bits(value)),
            2 => u16x8_splat(bits(value)),
            4 => u32x4_splat(bits(value)),
            _ => u64x2_splat(bits(value)),
        })
    }

    #[inline(always)]
    fn cast<E: Element, F: Element>(self, vector: V128<E>) -> V128<F> {
        Register::of(vector.0)
    }

    #[inline(always)]
    fn and<E: Element>(self, a: V128<E>, b: V128<E>) -> V128<E> {
        Register::of(v128_and(a.0, b.0))
    }

    #[inline(always)]
    fn or<E: Element>(self, a: V128<E>, b: V128<E>) -> V128<E> {
        Register::of(v128_or(a.0, b.0))
    }

    #[inline(always)]
    fn xor<E: Element>(self, a: V128<E>, b: V128<E>) -> V128<E> {
        Register::of(v128_xor(a.0, b.0))
    }

    #[inline(always)]
    fn mask<E: Element>(self, first: usize, len: usize) -> Mask<Span, E> {
        Mask::of(Span::new(first, len, size_of::<E>(), Self::BYTES))
    }

    #[inline(always)]
    unsafe fn load_masked<E: Element>(self, from: *const E, mask: Mask<Span, E>) -> V128<E> {
        let first = mask.0.first;
        let from = from.cast::<u8>().wrapping_add(first.into());
        // SAFETY: the bytes of the mask are read.
        let [low, high] = unsafe { partial::load(from, mask.0.len()) };
        // Below the first one numbers wrap: those bytes are 0.
        let at = u8x16_sub(count(), u8x16_splat(first));
        Register::of(u8x16_swizzle(u64x2(low, high), at))
    }

    #[inline(always)]
    unsafe fn load_masked_or<E: Element>(
        self,
        from: *const E,
        mask: Mask<Span, E>,
        other: V128<E>,
    ) -> V128<E> {
        // SAFETY: the caller's promise.
        let vector = unsafe { self.load_masked(from, mask) };
        Register::of(v128_bitselect(vector.0, other.0, byte_mask(mask.0)))
    }

    #[inline(always)]
    unsafe fn store_masked<E: Element>(self, to: *mut E, mask: Mask<Span, E>, vector: V128<E>) {
        let first = mask.0.first;
        let to = to.cast::<u8>().wrapping_add(first.into());
        let moved = u8x16_swizzle(vector.0, u8x16_add(count(), u8x16_splat(first)));
        let halves = [u64x2_extract_lane::<0>(moved), u64x2_extract_lane::<1>(moved)];
        // SAFETY: the bytes of the mask are written.
        unsafe { partial::store(to, mask.0.len(), halves) }
    }
}

impl Moves for Simd128 {
    #[inline(always)]
    fn ahead<E: Element>(self, this: V128<E>, by: usize, next: V128<E>) -> V128<E> {
        let (a, b) = (this.0, next.0);
        Register::of(match by * size_of::<E>() {
            8 => i64x2_shuffle::<1, 2>(a, b),
            4 => i32x4_shuffle::<1, 2, 3, 4>(a, b),
            2 => i16x8_shuffle::<1, 2, 3, 4, 5, 6, 7, 8>(a, b),
            _ => i8x16_shuffle::<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16>(a, b),
        })
    }

    #[inline(always)]
    fn behind<E: Element>(self, this: V128<E>, before: V128<E>) -> V128<E> {
        let (a, b) = (before.0, this.0);
        Register::of(match size_of::<E>() {
            8 => i64x2_shuffle::<1, 2>(a, b),
            4 => i32x4_shuffle::<3, 4, 5, 6>(a, b),
            2 => i16x8_shuffle::<7, 8, 9, 10, 11, 12, 13, 14>(a, b),
            _ => i8x16_shuffle::<15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30>(
                a, b,
            ),
        })
    }

    #[inline(always)]
    fn part<E: Element>(self, this: V128<E>, next: V128<E>) -> (V128<E>, V128<E>) {
        let (a, b) = (this.0, next.0);
        let (even, odd) = match size_of::<E>() {
            1 => (
                i8x16_shuffle::<0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30>(a, b),
                i8x16_shuffle::<1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31>(a, b),
            ),
            2 => (
                i16x8_shuffle::<0, 2, 4, 6, 8, 10, 12, 14>(a, b),
                i16x8_shuffle::<1, 3, 5, 7, 9, 11, 13, 15>(a, b),
            ),
            4 => (i32x4_shuffle::<0, 2, 4, 6>(a, b), i32x4_shuffle::<1, 3, 5, 7>(a, b)),
            _ => (i64x2_shuffle::<0, 2>(a, b), i64x2_shuffle::<1, 3>(a, b)),
        };
        (Register::of(even), Register::of(odd))
    }

    /// They are in order.
    #[inline(always)]
    fn in_order<E: Element>(self, mixed: V128<E>) -> V128<E> {
        mixed
    }
}

impl EverySecond for Simd128 {
    type Second<E: WideElement> = Mask<Span, E>;

    #[inline(always)]
    fn second<E: WideElement>(self, first: usize, len: usize) -> Mask<Span, E> {
        self.mask(first, len)
    }

    /// An element at a time: there are four at most.
    #[inline(always)]
    unsafe fn load_every_second<E: WideElement>(
        self,
        from: *const E,
        mask: Mask<Span, E>,
    ) -> V128<E> {
        let mut elements = [E::default(); 4];
        for i in mask.0.elements::<E>() {
            // SAFETY: the caller's promise for the elements of the mask.
            elements[i] = unsafe { from.wrapping_add(2 * i).read_unaligned() };
        }
        self.read(&elements)
    }
}

impl Transpose for Simd128 {
    #[inline(always)]
    unsafe fn transpose<E: Element>(
        self,
        from: *const E,
        from_row: usize,
        rows: usize,
        to: *mut E,
        to_row: isize,
        columns: usize,
    ) {
        if size_of::<E>() != 4 || rows < 4 {
            // SAFETY: the caller's promise.
            return unsafe { one_by_one(from, from_row, rows, to, to_row, columns) };
        }
        // SAFETY: the caller's promise; elements of a size are moved alike.
        unsafe {
            let row = |row: usize| self.load(from.add(row * from_row)).0;
            let (a, b, c, d) = (row(0), row(1), row(2), row(3));
            let (p, q) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
            let (r, s) = (i32x4_shuffle::<0, 4, 1, 5>(c, d), i32x4_shuffle::<2, 6, 3, 7>(c, d));
            let turned = [
                i64x2_shuffle::<0, 2>(p, r),
                i64x2_shuffle::<1, 3>(p, r),
                i64x2_shuffle::<0, 2>(q, s),
                i64x2_shuffle::<1, 3>(q, s),
            ];
            for column in 0..4 {
                if column < columns {
                    let to = to.wrapping_offset(column as isize * to_row);
                    self.store(to, Register::of(turned[column]));
                }
            }
        }
    }
}

/// Elements of 64 bits are compared as signed numbers. `flip` makes them signed.
#[inline(always)]
fn greater_64(a: v128, b: v128, flip: i64) -> v128 {
    let flip = i64x2_splat(flip);
    i64x2_gt(v128_xor(a, flip), v128_xor(b, flip))
}

#[inline(always)]
fn u64x2_max(a: v128, b: v128) -> v128 {
    v128_bitselect(b, a, greater_64(b, a, i64::MIN))
}

#[inline(always)]
fn u64x2_min(a: v128, b: v128) -> v128 {
    v128_bitselect(b, a, greater_64(a, b, i64::MIN))
}

#[inline(always)]
fn i64x2_max(a: v128, b: v128) -> v128 {
    v128_bitselect(b, a, greater_64(b, a, 0))
}

#[inline(always)]
fn i64x2_min(a: v128, b: v128) -> v128 {
    v128_bitselect(b, a, greater_64(a, b, 0))
}

/// Of floats `pmax` and `pmin`, which leave `a` on a tie and for a NaN; `max` and `min` do not.
macro_rules! extreme {
    ($element:ty: $max:ident $min:ident $($seen:tt)*) => {
        impl Extreme<$element> for Simd128 {
            #[inline(always)]
            fn first_of_greatest(self, a: V128<$element>, b: V128<$element>) -> V128<$element> {
                Register::of($max(a.get(), b.get()))
            }

            #[inline(always)]
            fn first_of_least(self, a: V128<$element>, b: V128<$element>) -> V128<$element> {
                Register::of($min(a.get(), b.get()))
            }

            extreme!(@seen $element $($seen)*);
        }
    };
    (@seen $element:ty) => {
        type Seen = ();

        #[inline(always)]
        fn unseen(self) {}

        #[inline(always)]
        fn see_nan(self, _: V128<$element>, _: V128<$element>, (): ()) {}

        #[inline(always)]
        fn any<const N: usize>(self, _: [(); N]) -> bool {
            false
        }
    };
    (@seen $element:ty, nan by $differs:ident) => {
        type Seen = V128<$element>;

        #[inline(always)]
        fn unseen(self) -> V128<$element> {
            self.splat(0.0)
        }

        #[inline(always)]
        fn see_nan(
            self,
            a: V128<$element>,
            b: V128<$element>,
            seen: V128<$element>,
        ) -> V128<$element> {
            let here = v128_or($differs(a.0, a.0), $differs(b.0, b.0));
            Register::of(v128_or(seen.0, here))
        }

        #[inline(always)]
        fn any<const N: usize>(self, seen: [V128<$element>; N]) -> bool {
            let mut any = Extreme::<$element>::unseen(self);
            for seen in seen {
                any = self.or(any, seen);
            }
            v128_any_true(any.0)
        }
    };
}

extreme!(u8: u8x16_max u8x16_min);
extreme!(i8: i8x16_max i8x16_min);
extreme!(u16: u16x8_max u16x8_min);
extreme!(i16: i16x8_max i16x8_min);
extreme!(u32: u32x4_max u32x4_min);
extreme!(i32: i32x4_max i32x4_min);
extreme!(u64: u64x2_max u64x2_min);
extreme!(i64: i64x2_max i64x2_min);
extreme!(f32: f32x4_pmax f32x4_pmin, nan by f32x4_ne);
extreme!(f64: f64x2_pmax f64x2_pmin, nan by f64x2_ne);

macro_rules! arithmetic {
    ($element:ty: $add:ident $sub:ident $mul:ident) => {
        impl Arithmetic<$element> for Simd128 {
            #[inline(always)]
            fn add(self, a: V128<$element>, b: V128<$element>) -> V128<$element> {
                Register::of($add(a.get(), b.get()))
            }

            #[inline(always)]
            fn sub(self, a: V128<$element>, b: V128<$element>) -> V128<$element> {
                Register::of($sub(a.get(), b.get()))
            }

            #[inline(always)]
            fn mul(self, a: V128<$element>, b: V128<$element>) -> V128<$element> {
                Register::of($mul(a.get(), b.get()))
            }
        }
    };
}

arithmetic!(f32: f32x4_add f32x4_sub f32x4_mul);
arithmetic!(f64: f64x2_add f64x2_sub f64x2_mul);
arithmetic!(i32: i32x4_add i32x4_sub i32x4_mul);

macro_rules! mul_add {
    ($($element:ty)*) => { $(
        impl MulAdd<$element> for Simd128 {
            const FUSED: bool = false;

            #[inline(always)]
            fn mul_add(
                self,
                sum: V128<$element>,
                a: V128<$element>,
                b: V128<$element>,
            ) -> V128<$element> {
                self.add(sum, self.mul(a, b))
            }
        }
    )* };
}

mul_add!(f32 f64);

impl PairsDot for Simd128 {
    #[inline(always)]
    fn pairs_dot(self, sum: V128<i32>, a: V128<i16>, b: V128<i16>) -> V128<i32> {
        Register::of(i32x4_add(sum.0, i32x4_dot_i16x8(a.0, b.0)))
    }
}

macro_rules! dot4 {
    ($element:ty: $low:ident $high:ident) => {
        impl Dot4<$element> for Simd128 {
            #[inline(always)]
            fn dot4(self, sum: V128<i32>, a: V128<$element>, b: V128<i8>) -> V128<i32> {
                let low = i32x4_dot_i16x8($low(a.0), i16x8_extend_low_i8x16(b.0));
                let high = i32x4_dot_i16x8($high(a.0), i16x8_extend_high_i8x16(b.0));
                let even = i32x4_shuffle::<0, 2, 4, 6>(low, high);
                let odd = i32x4_shuffle::<1, 3, 5, 7>(low, high);
                Register::of(i32x4_add(sum.0, i32x4_add(even, odd)))
            }
        }
    };
}

dot4!(u8: i16x8_extend_low_u8x16 i16x8_extend_high_u8x16);
dot4!(i8: i16x8_extend_low_i8x16 i16x8_extend_high_i8x16);

macro_rules! widen {
    ($element:ty: $wide:ty, $low:ident $high:ident) => {
        impl Widen<$element> for Simd128 {
            type Wide = $wide;

            #[inline(always)]
            fn widen(self, vector: V128<$element>) -> [V128<$wide>; 2] {
                [Register::of($low(vector.0)), Register::of($high(vector.0))]
            }
        }
    };
}

widen!(u8: u16, u16x8_extend_low_u8x16 u16x8_extend_high_u8x16);
widen!(i8: i16, i16x8_extend_low_i8x16 i16x8_extend_high_i8x16);
widen!(u16: u32, u32x4_extend_low_u16x8 u32x4_extend_high_u16x8);
widen!(i16: i32, i32x4_extend_low_i16x8 i32x4_extend_high_i16x8);

macro_rules! narrow {
    ($element:ty: $wide:ty, $narrow:ident) => {
        impl Narrow<$element> for Simd128 {
            type Wide = $wide;

            #[inline(always)]
            fn narrow(self, [low, high]: [V128<$wide>; 2]) -> V128<$element> {
                Register::of($narrow(low.0, high.0))
            }
        }
    };
}

narrow!(i16: i32, i16x8_narrow_i32x4);
narrow!(u8: i16, u8x16_narrow_i16x8);
narrow!(i8: i16, i8x16_narrow_i16x8);

impl Convert for Simd128 {
    #[inline(always)]
    fn to_f32(self, vector: V128<i32>) -> V128<f32> {
        Register::of(f32x4_convert_i32x4(vector.0))
    }

    #[inline(always)]
    fn to_i32(self, vector: V128<f32>) -> V128<i32> {
        Register::of(i32x4_trunc_sat_f32x4(f32x4_nearest(vector.0)))
    }
}

impl Bytes for Simd128 {
    #[inline(always)]
    fn bytes_at(self, table: V128<u8>, at: V128<u8>) -> V128<u8> {
        Register::of(u8x16_swizzle(table.0, at.0))
    }

    #[inline(always)]
    fn equal(self, a: V128<u8>, b: V128<u8>) -> u64 {
        u64::from(u8x16_bitmask(u8x16_eq(a.0, b.0)))
    }

    #[inline(always)]
    fn classes(self, bytes: V128<u8>, low: V128<u8>, high: V128<u8>) -> V128<u8> {
        let low = self.bytes_at(low, self.and(bytes, self.splat(15)));
        self.and(low, self.bytes_at(high, Register::of(u8x16_shr(bytes.0, 4))))
    }
}
