//! What is computed on Advanced SIMD.

use core::arch::aarch64::*;

use super::option::OfNeon;
use super::{NeonWith, Q};
use crate::register::Register;
use crate::{Arithmetic, Bytes, Convert, Dot4, Extreme, MulAdd, Narrow, PairsDot, Simd, Widen};

/// Of integers the instructions of the maximum and the minimum; of the others a comparison and a choice, for ties of
/// floats and NaN.
macro_rules! extreme {
    (@join $element:ty: $max:ident $min:ident) => {
        #[inline(always)]
        fn first_of_greatest(self, a: Q<$element>, b: Q<$element>) -> Q<$element> {
            with!(self, Register::of($max(a.get(), b.get())))
        }

        #[inline(always)]
        fn first_of_least(self, a: Q<$element>, b: Q<$element>) -> Q<$element> {
            with!(self, Register::of($min(a.get(), b.get())))
        }
    };
    (@choose $element:ty: $greater:ident) => {
        #[inline(always)]
        fn first_of_greatest(self, a: Q<$element>, b: Q<$element>) -> Q<$element> {
            with!(self, {
                let wins: Q<$element> = Register::of($greater(b.get(), a.get()));
                Register::of(vbslq_u8(wins.0, b.0, a.0))
            })
        }

        #[inline(always)]
        fn first_of_least(self, a: Q<$element>, b: Q<$element>) -> Q<$element> {
            with!(self, {
                let wins: Q<$element> = Register::of($greater(a.get(), b.get()));
                Register::of(vbslq_u8(wins.0, b.0, a.0))
            })
        }
    };
    (@integer $way:ident $element:ty: $($instruction:ident)*) => {
        impl<O: OfNeon> Extreme<$element> for NeonWith<O> {
            type Seen = ();

            extreme!(@$way $element: $($instruction)*);

            #[inline(always)]
            fn unseen(self) {}

            #[inline(always)]
            fn see_nan(self, _: Q<$element>, _: Q<$element>, (): ()) {}

            #[inline(always)]
            fn any<const N: usize>(self, _: [(); N]) -> bool {
                false
            }
        }
    };
    (@float $element:ty: $greater:ident $equal:ident) => {
        impl<O: OfNeon> Extreme<$element> for NeonWith<O> {
            /// All bits of elements that were equal to themselves so far.
            type Seen = Q<$element>;

            extreme!(@choose $element: $greater);

            #[inline(always)]
            fn unseen(self) -> Q<$element> {
                with!(self, Register::of(vdupq_n_u8(0xff)))
            }

            #[inline(always)]
            fn see_nan(
                self,
                a: Q<$element>,
                b: Q<$element>,
                seen: Q<$element>,
            ) -> Q<$element> {
                with!(self, {
                    let a = Register::of($equal(a.get(), a.get()));
                    let b = Register::of($equal(b.get(), b.get()));
                    self.and(seen, self.and(a, b))
                })
            }

            #[inline(always)]
            fn any<const N: usize>(self, seen: [Q<$element>; N]) -> bool {
                let mut all = Extreme::<$element>::unseen(self);
                for seen in seen {
                    all = self.and(all, seen);
                }
                with!(self, vminvq_u8(all.0) == 0)
            }
        }
    };
}

extreme!(@integer join u8: vmaxq_u8 vminq_u8);
extreme!(@integer join i8: vmaxq_s8 vminq_s8);
extreme!(@integer join u16: vmaxq_u16 vminq_u16);
extreme!(@integer join i16: vmaxq_s16 vminq_s16);
extreme!(@integer join u32: vmaxq_u32 vminq_u32);
extreme!(@integer join i32: vmaxq_s32 vminq_s32);
extreme!(@integer choose u64: vcgtq_u64);
extreme!(@integer choose i64: vcgtq_s64);
extreme!(@float f32: vcgtq_f32 vceqq_f32);
extreme!(@float f64: vcgtq_f64 vceqq_f64);

macro_rules! arithmetic {
    ($element:ty: $add:ident $sub:ident $mul:ident) => {
        impl<O: OfNeon> Arithmetic<$element> for NeonWith<O> {
            #[inline(always)]
            fn add(self, a: Q<$element>, b: Q<$element>) -> Q<$element> {
                with!(self, Register::of($add(a.get(), b.get())))
            }

            #[inline(always)]
            fn sub(self, a: Q<$element>, b: Q<$element>) -> Q<$element> {
                with!(self, Register::of($sub(a.get(), b.get())))
            }

            #[inline(always)]
            fn mul(self, a: Q<$element>, b: Q<$element>) -> Q<$element> {
                with!(self, Register::of($mul(a.get(), b.get())))
            }
        }
    };
}

arithmetic!(f32: vaddq_f32 vsubq_f32 vmulq_f32);
arithmetic!(f64: vaddq_f64 vsubq_f64 vmulq_f64);
arithmetic!(i32: vaddq_s32 vsubq_s32 vmulq_s32);

macro_rules! mul_add {
    ($element:ty: $fma:ident) => {
        impl<O: OfNeon> MulAdd<$element> for NeonWith<O> {
            const FUSED: bool = true;

            #[inline(always)]
            fn mul_add(self, sum: Q<$element>, a: Q<$element>, b: Q<$element>) -> Q<$element> {
                with!(self, Register::of($fma(sum.get(), a.get(), b.get())))
            }
        }
    };
}

mul_add!(f32: vfmaq_f32);
mul_add!(f64: vfmaq_f64);

impl<O: OfNeon> PairsDot for NeonWith<O> {
    #[inline(always)]
    fn pairs_dot(self, sum: Q<i32>, a: Q<i16>, b: Q<i16>) -> Q<i32> {
        let (a, b): (int16x8_t, int16x8_t) = (a.get(), b.get());
        with!(self, {
            let low = vmull_s16(vget_low_s16(a), vget_low_s16(b));
            let pairs = vpaddq_s32(low, vmull_high_s16(a, b));
            Register::of(vaddq_s32(sum.get(), pairs))
        })
    }
}

impl<O: OfNeon> Dot4<i8> for NeonWith<O> {
    #[inline(always)]
    fn dot4(self, sum: Q<i32>, a: Q<i8>, b: Q<i8>) -> Q<i32> {
        with!(self, Register::of(O::dot4(sum.get(), a.get(), b.get())))
    }
}

impl<O: OfNeon> Dot4<u8> for NeonWith<O> {
    /// `a - 128` is an `i8`, and 128 times the sum of `b` is too little.
    #[inline(always)]
    fn dot4(self, sum: Q<i32>, a: Q<u8>, b: Q<i8>) -> Q<i32> {
        with!(self, {
            let flip = vdupq_n_u8(0x80);
            let less = O::dot4(sum.get(), vreinterpretq_s8_u8(veorq_u8(a.0, flip)), b.get());
            let missing = O::dot4(vdupq_n_s32(0), vreinterpretq_s8_u8(flip), b.get());
            Register::of(vsubq_s32(less, missing))
        })
    }
}

macro_rules! widen {
    ($element:ty: $wide:ty, $low:ident of $half:ident, $high:ident) => {
        impl<O: OfNeon> Widen<$element> for NeonWith<O> {
            type Wide = $wide;

            #[inline(always)]
            fn widen(self, vector: Q<$element>) -> [Q<$wide>; 2] {
                with!(self, {
                    let low = Register::of($low($half(vector.get())));
                    [low, Register::of($high(vector.get()))]
                })
            }
        }
    };
}

widen!(u8: u16, vmovl_u8 of vget_low_u8, vmovl_high_u8);
widen!(i8: i16, vmovl_s8 of vget_low_s8, vmovl_high_s8);
widen!(u16: u32, vmovl_u16 of vget_low_u16, vmovl_high_u16);
widen!(i16: i32, vmovl_s16 of vget_low_s16, vmovl_high_s16);

macro_rules! narrow {
    ($element:ty: $wide:ty, $low:ident $high:ident) => {
        impl<O: OfNeon> Narrow<$element> for NeonWith<O> {
            type Wide = $wide;

            #[inline(always)]
            fn narrow(self, [low, high]: [Q<$wide>; 2]) -> Q<$element> {
                with!(self, Register::of($high($low(low.get()), high.get())))
            }
        }
    };
}

narrow!(i16: i32, vqmovn_s32 vqmovn_high_s32);
narrow!(u8: i16, vqmovun_s16 vqmovun_high_s16);
narrow!(i8: i16, vqmovn_s16 vqmovn_high_s16);

impl<O: OfNeon> Convert for NeonWith<O> {
    #[inline(always)]
    fn to_f32(self, vector: Q<i32>) -> Q<f32> {
        with!(self, Register::of(vcvtq_f32_s32(vector.get())))
    }

    #[inline(always)]
    fn to_i32(self, vector: Q<f32>) -> Q<i32> {
        with!(self, Register::of(vcvtnq_s32_f32(vector.get())))
    }
}

impl<O: OfNeon> Bytes for NeonWith<O> {
    #[inline(always)]
    fn bytes_at(self, table: Q<u8>, at: Q<u8>) -> Q<u8> {
        with!(self, Register::of(vqtbl1q_u8(table.0, at.0)))
    }

    /// A bit of each byte, summed up over eight of them.
    #[inline(always)]
    fn equal(self, a: Q<u8>, b: Q<u8>) -> u64 {
        with!(self, {
            let bit = vdupq_n_u64(0x8040_2010_0804_0201);
            let bits = vandq_u8(vceqq_u8(a.0, b.0), vreinterpretq_u8_u64(bit));
            let (low, high) = (vaddv_u8(vget_low_u8(bits)), vaddv_u8(vget_high_u8(bits)));
            u64::from(low) | u64::from(high) << 8
        })
    }

    #[inline(always)]
    fn classes(self, bytes: Q<u8>, low: Q<u8>, high: Q<u8>) -> Q<u8> {
        let low = self.bytes_at(low, self.and(bytes, self.splat(15)));
        let above = with!(self, Register::of(vshrq_n_u8::<4>(bytes.0)));
        self.and(low, self.bytes_at(high, above))
    }
}
