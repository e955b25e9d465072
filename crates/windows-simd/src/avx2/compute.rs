//! What is computed on AVX2.

use core::arch::x86_64::*;

use super::option::Of256;
use super::{Avx2With, Ymm};
use crate::register::Register;
use crate::{
    Arithmetic, Bytes, Convert, Dot4, Extreme, Moves, MulAdd, Narrow, PairsDot, Simd, Widen,
};

/// AVX2 compares elements of 64 bits as signed numbers, and that is all. `flip` makes them signed.
macro_rules! extreme_64 {
    ($max:ident $min:ident: $flip:expr) => {
        /// # Safety
        /// The processor has AVX2.
        #[inline(always)]
        unsafe fn $max(b: __m256i, a: __m256i) -> __m256i {
            // SAFETY: the caller's promise.
            unsafe {
                let flip = _mm256_set1_epi64x($flip);
                let wins = _mm256_cmpgt_epi64(_mm256_xor_si256(b, flip), _mm256_xor_si256(a, flip));
                _mm256_blendv_epi8(a, b, wins)
            }
        }

        /// # Safety
        /// The processor has AVX2.
        #[inline(always)]
        unsafe fn $min(b: __m256i, a: __m256i) -> __m256i {
            // SAFETY: the caller's promise.
            unsafe {
                let flip = _mm256_set1_epi64x($flip);
                let wins = _mm256_cmpgt_epi64(_mm256_xor_si256(a, flip), _mm256_xor_si256(b, flip));
                _mm256_blendv_epi8(a, b, wins)
            }
        }
    };
}

extreme_64!(max_epu64 min_epu64: i64::MIN);
extreme_64!(max_epi64 min_epi64: 0);

/// The second operand of the instructions is the one that a tie and a NaN leave: so `a` is.
macro_rules! extreme {
    ($element:ty: $max:ident $min:ident $($seen:tt)*) => {
        impl<O: Of256> Extreme<$element> for Avx2With<O> {
            #[inline(always)]
            fn first_of_greatest(self, a: Ymm<$element>, b: Ymm<$element>) -> Ymm<$element> {
                with!(self, Register::of($max(b.get(), a.get())))
            }

            #[inline(always)]
            fn first_of_least(self, a: Ymm<$element>, b: Ymm<$element>) -> Ymm<$element> {
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
        fn see_nan(self, _: Ymm<$element>, _: Ymm<$element>, (): ()) {}

        #[inline(always)]
        fn any<const N: usize>(self, _: [(); N]) -> bool {
            false
        }
    };
    (@seen $element:ty, nan by $compare:ident) => {
        type Seen = Ymm<$element>;

        #[inline(always)]
        fn unseen(self) -> Ymm<$element> {
            with!(self, Register::of(_mm256_setzero_si256()))
        }

        #[inline(always)]
        fn see_nan(
            self,
            a: Ymm<$element>,
            b: Ymm<$element>,
            seen: Ymm<$element>,
        ) -> Ymm<$element> {
            with!(self, {
                let here: Ymm<$element> =
                    Register::of($compare::<_CMP_UNORD_Q>(a.get(), b.get()));
                self.or(seen, here)
            })
        }

        #[inline(always)]
        fn any<const N: usize>(self, seen: [Ymm<$element>; N]) -> bool {
            let mut any = Extreme::<$element>::unseen(self);
            for seen in seen {
                any = self.or(any, seen);
            }
            with!(self, _mm256_movemask_epi8(any.0) != 0)
        }
    };
}

extreme!(u8: _mm256_max_epu8 _mm256_min_epu8);
extreme!(i8: _mm256_max_epi8 _mm256_min_epi8);
extreme!(u16: _mm256_max_epu16 _mm256_min_epu16);
extreme!(i16: _mm256_max_epi16 _mm256_min_epi16);
extreme!(u32: _mm256_max_epu32 _mm256_min_epu32);
extreme!(i32: _mm256_max_epi32 _mm256_min_epi32);
extreme!(u64: max_epu64 min_epu64);
extreme!(i64: max_epi64 min_epi64);
extreme!(f32: _mm256_max_ps _mm256_min_ps, nan by _mm256_cmp_ps);
extreme!(f64: _mm256_max_pd _mm256_min_pd, nan by _mm256_cmp_pd);

macro_rules! arithmetic {
    ($element:ty: $add:ident $sub:ident $mul:ident) => {
        impl<O: Of256> Arithmetic<$element> for Avx2With<O> {
            #[inline(always)]
            fn add(self, a: Ymm<$element>, b: Ymm<$element>) -> Ymm<$element> {
                with!(self, Register::of($add(a.get(), b.get())))
            }

            #[inline(always)]
            fn sub(self, a: Ymm<$element>, b: Ymm<$element>) -> Ymm<$element> {
                with!(self, Register::of($sub(a.get(), b.get())))
            }

            #[inline(always)]
            fn mul(self, a: Ymm<$element>, b: Ymm<$element>) -> Ymm<$element> {
                with!(self, Register::of($mul(a.get(), b.get())))
            }
        }
    };
}

arithmetic!(f32: _mm256_add_ps _mm256_sub_ps _mm256_mul_ps);
arithmetic!(f64: _mm256_add_pd _mm256_sub_pd _mm256_mul_pd);
arithmetic!(i32: _mm256_add_epi32 _mm256_sub_epi32 _mm256_mullo_epi32);

macro_rules! mul_add {
    ($element:ty: $fma:ident) => {
        impl<O: Of256> MulAdd<$element> for Avx2With<O> {
            const FUSED: bool = true;

            #[inline(always)]
            fn mul_add(
                self,
                sum: Ymm<$element>,
                a: Ymm<$element>,
                b: Ymm<$element>,
            ) -> Ymm<$element> {
                with!(self, Register::of($fma(a.get(), b.get(), sum.get())))
            }
        }
    };
}

mul_add!(f32: _mm256_fmadd_ps);
mul_add!(f64: _mm256_fmadd_pd);

impl<O: Of256> PairsDot for Avx2With<O> {
    #[inline(always)]
    fn pairs_dot(self, sum: Ymm<i32>, a: Ymm<i16>, b: Ymm<i16>) -> Ymm<i32> {
        with!(self, Register::of(_mm256_add_epi32(sum.0, _mm256_madd_epi16(a.0, b.0))))
    }
}

impl<O: Of256> Dot4<u8> for Avx2With<O> {
    #[inline(always)]
    fn dot4(self, sum: Ymm<i32>, a: Ymm<u8>, b: Ymm<i8>) -> Ymm<i32> {
        with!(self, Register::of(O::dot4(sum.0, a.0, b.0)))
    }
}

impl<O: Of256> Dot4<i8> for Avx2With<O> {
    /// `a + 128` is a `u8`, and 128 times the sum of `b` is too much.
    #[inline(always)]
    fn dot4(self, sum: Ymm<i32>, a: Ymm<i8>, b: Ymm<i8>) -> Ymm<i32> {
        with!(self, {
            let (flip, none) = (_mm256_set1_epi8(-128), _mm256_setzero_si256());
            let more = O::dot4(sum.0, _mm256_xor_si256(a.0, flip), b.0);
            Register::of(_mm256_sub_epi32(more, O::dot4(none, flip, b.0)))
        })
    }
}

macro_rules! widen {
    ($element:ty: $wide:ty, $convert:ident) => {
        impl<O: Of256> Widen<$element> for Avx2With<O> {
            type Wide = $wide;

            #[inline(always)]
            fn widen(self, vector: Ymm<$element>) -> [Ymm<$wide>; 2] {
                with!(self, {
                    let low = _mm256_castsi256_si128(vector.0);
                    let high = _mm256_extracti128_si256::<1>(vector.0);
                    [Register::of($convert(low)), Register::of($convert(high))]
                })
            }
        }
    };
}

widen!(u8: u16, _mm256_cvtepu8_epi16);
widen!(i8: i16, _mm256_cvtepi8_epi16);
widen!(u16: u32, _mm256_cvtepu16_epi32);
widen!(i16: i32, _mm256_cvtepi16_epi32);

macro_rules! narrow {
    ($element:ty: $wide:ty, $pack:ident) => {
        impl<O: Of256> Narrow<$element> for Avx2With<O> {
            type Wide = $wide;

            #[inline(always)]
            fn narrow(self, [low, high]: [Ymm<$wide>; 2]) -> Ymm<$element> {
                with!(self, self.in_order(Register::of($pack(low.0, high.0))))
            }
        }
    };
}

narrow!(i16: i32, _mm256_packs_epi32);
narrow!(u8: i16, _mm256_packus_epi16);
narrow!(i8: i16, _mm256_packs_epi16);

impl<O: Of256> Convert for Avx2With<O> {
    #[inline(always)]
    fn to_f32(self, vector: Ymm<i32>) -> Ymm<f32> {
        with!(self, Register::of(_mm256_cvtepi32_ps(vector.0)))
    }

    #[inline(always)]
    fn to_i32(self, vector: Ymm<f32>) -> Ymm<i32> {
        with!(self, Register::of(_mm256_cvtps_epi32(vector.get())))
    }
}

impl<O: Of256> Bytes for Avx2With<O> {
    #[inline(always)]
    fn bytes_at(self, table: Ymm<u8>, at: Ymm<u8>) -> Ymm<u8> {
        with!(self, Register::of(_mm256_shuffle_epi8(table.0, at.0)))
    }

    #[inline(always)]
    fn equal(self, a: Ymm<u8>, b: Ymm<u8>) -> u64 {
        with!(self, u64::from(_mm256_movemask_epi8(_mm256_cmpeq_epi8(a.0, b.0)) as u32))
    }

    #[inline(always)]
    fn classes(self, bytes: Ymm<u8>, low: Ymm<u8>, high: Ymm<u8>) -> Ymm<u8> {
        let four = self.splat(15);
        let above = with!(self, Register::of(_mm256_srli_epi16::<4>(bytes.0)));
        let low = self.bytes_at(low, self.and(bytes, four));
        self.and(low, self.bytes_at(high, self.and(above, four)))
    }
}
