//! What is computed on AVX-512.

use core::arch::x86_64::*;

use super::option::Of512;
use super::{Avx512With, Zmm};
use crate::register::Register;
use crate::{
    Arithmetic, Bytes, Convert, Dot4, Extreme, Moves, MulAdd, Narrow, PairsDot, Simd, Widen,
};

/// The second operand of the instructions is the one that a tie and a NaN leave: so `a` is.
macro_rules! extreme {
    ($element:ty: $max:ident $min:ident $($seen:tt)*) => {
        impl<O: Of512> Extreme<$element> for Avx512With<O> {
            #[inline(always)]
            fn first_of_greatest(self, a: Zmm<$element>, b: Zmm<$element>) -> Zmm<$element> {
                with!(self, Register::of($max(b.get(), a.get())))
            }

            #[inline(always)]
            fn first_of_least(self, a: Zmm<$element>, b: Zmm<$element>) -> Zmm<$element> {
                with!(self, Register::of($min(b.get(), a.get())))
            }

            extreme!(@seen $element $($seen)*);
        }
    };
    (@seen $element:ty) => {
        type Seen = ();

        #[inline(always)]
        fn unseen(self) {}

        #[inline(always)]
        fn see_nan(self, _: Zmm<$element>, _: Zmm<$element>, (): ()) {}

        #[inline(always)]
        fn any<const N: usize>(self, _: [(); N]) -> bool {
            false
        }
    };
    (@seen $element:ty, nan by $compare:ident $move:ident) => {
        type Seen = Zmm<$element>;

        #[inline(always)]
        fn unseen(self) -> Zmm<$element> {
            with!(self, Register::of(_mm512_setzero_si512()))
        }

        #[inline(always)]
        fn see_nan(
            self,
            a: Zmm<$element>,
            b: Zmm<$element>,
            seen: Zmm<$element>,
        ) -> Zmm<$element> {
            with!(self, {
                let here = $compare::<_CMP_UNORD_Q>(a.get(), b.get());
                Register::of($move(seen.0, here, _mm512_set1_epi32(-1)))
            })
        }

        #[inline(always)]
        fn any<const N: usize>(self, seen: [Zmm<$element>; N]) -> bool {
            let mut any = Extreme::<$element>::unseen(self);
            for seen in seen {
                any = self.or(any, seen);
            }
            with!(self, _mm512_test_epi64_mask(any.0, any.0) != 0)
        }
    };
}

extreme!(u8: _mm512_max_epu8 _mm512_min_epu8);
extreme!(i8: _mm512_max_epi8 _mm512_min_epi8);
extreme!(u16: _mm512_max_epu16 _mm512_min_epu16);
extreme!(i16: _mm512_max_epi16 _mm512_min_epi16);
extreme!(u32: _mm512_max_epu32 _mm512_min_epu32);
extreme!(i32: _mm512_max_epi32 _mm512_min_epi32);
extreme!(u64: _mm512_max_epu64 _mm512_min_epu64);
extreme!(i64: _mm512_max_epi64 _mm512_min_epi64);
extreme!(f32: _mm512_max_ps _mm512_min_ps, nan by _mm512_cmp_ps_mask _mm512_mask_mov_epi32);
extreme!(f64: _mm512_max_pd _mm512_min_pd, nan by _mm512_cmp_pd_mask _mm512_mask_mov_epi64);

macro_rules! arithmetic {
    ($element:ty: $add:ident $sub:ident $mul:ident) => {
        impl<O: Of512> Arithmetic<$element> for Avx512With<O> {
            #[inline(always)]
            fn add(self, a: Zmm<$element>, b: Zmm<$element>) -> Zmm<$element> {
                with!(self, Register::of($add(a.get(), b.get())))
            }

            #[inline(always)]
            fn sub(self, a: Zmm<$element>, b: Zmm<$element>) -> Zmm<$element> {
                with!(self, Register::of($sub(a.get(), b.get())))
            }

            #[inline(always)]
            fn mul(self, a: Zmm<$element>, b: Zmm<$element>) -> Zmm<$element> {
                with!(self, Register::of($mul(a.get(), b.get())))
            }
        }
    };
}

arithmetic!(f32: _mm512_add_ps _mm512_sub_ps _mm512_mul_ps);
arithmetic!(f64: _mm512_add_pd _mm512_sub_pd _mm512_mul_pd);
arithmetic!(i32: _mm512_add_epi32 _mm512_sub_epi32 _mm512_mullo_epi32);

macro_rules! mul_add {
    ($element:ty: $fma:ident) => {
        impl<O: Of512> MulAdd<$element> for Avx512With<O> {
            const FUSED: bool = true;

            #[inline(always)]
            fn mul_add(
                self,
                sum: Zmm<$element>,
                a: Zmm<$element>,
                b: Zmm<$element>,
            ) -> Zmm<$element> {
                with!(self, Register::of($fma(a.get(), b.get(), sum.get())))
            }
        }
    };
}

mul_add!(f32: _mm512_fmadd_ps);
mul_add!(f64: _mm512_fmadd_pd);

impl<O: Of512> PairsDot for Avx512With<O> {
    #[inline(always)]
    fn pairs_dot(self, sum: Zmm<i32>, a: Zmm<i16>, b: Zmm<i16>) -> Zmm<i32> {
        with!(self, Register::of(_mm512_add_epi32(sum.0, _mm512_madd_epi16(a.0, b.0))))
    }
}

impl<O: Of512> Dot4<u8> for Avx512With<O> {
    #[inline(always)]
    fn dot4(self, sum: Zmm<i32>, a: Zmm<u8>, b: Zmm<i8>) -> Zmm<i32> {
        with!(self, Register::of(O::dot4(sum.0, a.0, b.0)))
    }
}

impl<O: Of512> Dot4<i8> for Avx512With<O> {
    /// `a + 128` is a `u8`, and 128 times the sum of `b` is too much.
    #[inline(always)]
    fn dot4(self, sum: Zmm<i32>, a: Zmm<i8>, b: Zmm<i8>) -> Zmm<i32> {
        with!(self, {
            let (flip, none) = (_mm512_set1_epi8(-128), _mm512_setzero_si512());
            let more = O::dot4(sum.0, _mm512_xor_si512(a.0, flip), b.0);
            Register::of(_mm512_sub_epi32(more, O::dot4(none, flip, b.0)))
        })
    }
}

macro_rules! widen {
    ($element:ty: $wide:ty, $convert:ident) => {
        impl<O: Of512> Widen<$element> for Avx512With<O> {
            type Wide = $wide;

            #[inline(always)]
            fn widen(self, vector: Zmm<$element>) -> [Zmm<$wide>; 2] {
                with!(self, {
                    let low = _mm512_castsi512_si256(vector.0);
                    let high = _mm512_extracti64x4_epi64::<1>(vector.0);
                    [Register::of($convert(low)), Register::of($convert(high))]
                })
            }
        }
    };
}

widen!(u8: u16, _mm512_cvtepu8_epi16);
widen!(i8: i16, _mm512_cvtepi8_epi16);
widen!(u16: u32, _mm512_cvtepu16_epi32);
widen!(i16: i32, _mm512_cvtepi16_epi32);

macro_rules! narrow {
    ($element:ty: $wide:ty, $pack:ident) => {
        impl<O: Of512> Narrow<$element> for Avx512With<O> {
            type Wide = $wide;

            #[inline(always)]
            fn narrow(self, [low, high]: [Zmm<$wide>; 2]) -> Zmm<$element> {
                with!(self, self.in_order(Register::of($pack(low.0, high.0))))
            }
        }
    };
}

narrow!(i16: i32, _mm512_packs_epi32);
narrow!(u8: i16, _mm512_packus_epi16);
narrow!(i8: i16, _mm512_packs_epi16);

impl<O: Of512> Convert for Avx512With<O> {
    #[inline(always)]
    fn to_f32(self, vector: Zmm<i32>) -> Zmm<f32> {
        with!(self, Register::of(_mm512_cvtepi32_ps(vector.0)))
    }

    #[inline(always)]
    fn to_i32(self, vector: Zmm<f32>) -> Zmm<i32> {
        with!(self, Register::of(_mm512_cvtps_epi32(vector.get())))
    }
}

impl<O: Of512> Bytes for Avx512With<O> {
    #[inline(always)]
    fn bytes_at(self, table: Zmm<u8>, at: Zmm<u8>) -> Zmm<u8> {
        with!(self, Register::of(_mm512_shuffle_epi8(table.0, at.0)))
    }

    #[inline(always)]
    fn equal(self, a: Zmm<u8>, b: Zmm<u8>) -> u64 {
        with!(self, _mm512_cmpeq_epi8_mask(a.0, b.0))
    }

    #[inline(always)]
    fn classes(self, bytes: Zmm<u8>, low: Zmm<u8>, high: Zmm<u8>) -> Zmm<u8> {
        let four = self.splat(15);
        let above = with!(self, Register::of(_mm512_srli_epi16::<4>(bytes.0)));
        let low = self.bytes_at(low, self.and(bytes, four));
        self.and(low, self.bytes_at(high, self.and(above, four)))
    }
}
