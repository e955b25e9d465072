//! Advanced SIMD of AArch64: 128 bits, no masks.

use core::arch::aarch64::*;
use core::arch::asm;
use core::marker::PhantomData;

use crate::partial::{self, COUNT};
use crate::register::{Mask, Native, Register, Span, bits};
use crate::{Compute, Element, Isa, Simd};

mod compute;
mod moves;

/// Advanced SIMD, with an option or without.
#[derive(Debug)]
pub struct NeonWith<O>(PhantomData<O>);

/// Advanced SIMD.
pub type Neon = NeonWith<option::Plain>;

/// Advanced SIMD with the dot product of bytes.
pub type NeonDotprod = NeonWith<option::Dotprod>;

impl<O> Clone for NeonWith<O> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for NeonWith<O> {}

type Q<E> = Register<uint8x16_t, E>;

macro_rules! native {
    ($($register:ty)*) => { $(
        // SAFETY: it is made of 128 bits.
        unsafe impl Native for $register {}
    )* };
}

native!(uint8x16_t uint16x8_t uint32x4_t uint64x2_t int8x16_t int16x8_t int32x4_t int64x2_t);
native!(float32x4_t float64x2_t);

/// What an option changes: the entry, and the dot product.
pub(crate) mod option {
    use super::*;

    /// No option.
    #[derive(Clone, Copy, Debug)]
    pub struct Plain;

    /// The dot product of bytes.
    #[derive(Clone, Copy, Debug)]
    pub struct Dotprod;

    /// # Safety
    /// Of all functions: the processor has the set and the option.
    pub trait OfNeon: Copy + core::fmt::Debug + Send + Sync + 'static {
        const ISA: Isa;
        const NAME: &'static str;

        unsafe fn enter<C: Compute<NeonWith<Self>>>(computation: C) -> C::Output;
        /// Fours of `i8`.
        unsafe fn dot4(sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t;
    }

    impl OfNeon for Plain {
        const ISA: Isa = Isa::NEON;
        const NAME: &'static str = "neon";

        #[inline]
        #[target_feature(enable = "neon")]
        unsafe fn enter<C: Compute<Neon>>(computation: C) -> C::Output {
            computation.run(NeonWith(PhantomData))
        }

        #[inline(always)]
        unsafe fn dot4(sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
            // SAFETY: the caller's promise.
            unsafe {
                // A product of two is at most 2^14, so a sum of two of them fits.
                let low = vmull_s8(vget_low_s8(a), vget_low_s8(b));
                let high = vmull_high_s8(a, b);
                let pairs = vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high));
                vaddq_s32(sum, pairs)
            }
        }
    }

    impl OfNeon for Dotprod {
        const ISA: Isa = Isa::NEON_DOTPROD;
        const NAME: &'static str = "neon+dotprod";

        #[inline]
        #[target_feature(enable = "neon,dotprod")]
        unsafe fn enter<C: Compute<NeonDotprod>>(computation: C) -> C::Output {
            computation.run(NeonWith(PhantomData))
        }

        #[inline(always)]
        unsafe fn dot4(sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
            // SAFETY: the caller's promise.
            unsafe { sdot(sum, a, b) }
        }
    }

    /// The intrinsic of the instruction is not stable.
    ///
    /// # Safety
    /// The processor has `dotprod`.
    #[inline]
    #[target_feature(enable = "neon,dotprod")]
    unsafe fn sdot(mut sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
        // SAFETY: the instruction is there, and reads and writes these registers alone.
        unsafe {
            asm!(
                "sdot {sum:v}.4s, {a:v}.16b, {b:v}.16b",
                sum = inout(vreg) sum,
                a = in(vreg) a,
                b = in(vreg) b,
                options(pure, nomem, nostack, preserves_flags)
            );
        }
        sum
    }
}

use option::OfNeon;

/// All bits of these bytes of a register.
///
/// # Safety
/// The processor has NEON.
#[inline(always)]
unsafe fn byte_mask(bytes: Span) -> uint8x16_t {
    // SAFETY: the caller's promise.
    unsafe {
        let count = vld1q_u8(COUNT.as_ptr());
        let from = vcgeq_u8(count, vdupq_n_u8(bytes.first));
        vandq_u8(from, vcltq_u8(count, vdupq_n_u8(bytes.end)))
    }
}

impl<O: OfNeon> crate::sealed::Sealed for NeonWith<O> {}

impl<O: OfNeon> Simd for NeonWith<O> {
    type V<E: Element> = Q<E>;
    type M<E: Element> = Mask<Span, E>;

    const ISA: Isa = O::ISA;
    const NAME: &'static str = O::NAME;
    const BYTES: usize = 16;
    const REGISTERS: usize = 32;

    #[inline(always)]
    unsafe fn new_unchecked() -> Self {
        Self(PhantomData)
    }

    #[inline(always)]
    fn enter<C: Compute<Self>>(self, computation: C) -> C::Output {
        with!(self, O::enter(computation))
    }

    #[inline(always)]
    fn splat<E: Element>(self, value: E) -> Q<E> {
        with!(
            self,
            match size_of::<E>() {
                1 => Register::of(vdupq_n_u8(bits(value))),
                2 => Register::of(vdupq_n_u16(bits(value))),
                4 => Register::of(vdupq_n_u32(bits(value))),
                _ => Register::of(vdupq_n_u64(bits(value))),
            }
        )
    }

    #[inline(always)]
    fn cast<E: Element, F: Element>(self, vector: Q<E>) -> Q<F> {
        Register::of(vector.0)
    }

    #[inline(always)]
    fn and<E: Element>(self, a: Q<E>, b: Q<E>) -> Q<E> {
        with!(self, Register::of(vandq_u8(a.0, b.0)))
    }

    #[inline(always)]
    fn or<E: Element>(self, a: Q<E>, b: Q<E>) -> Q<E> {
        with!(self, Register::of(vorrq_u8(a.0, b.0)))
    }

    #[inline(always)]
    fn xor<E: Element>(self, a: Q<E>, b: Q<E>) -> Q<E> {
        with!(self, Register::of(veorq_u8(a.0, b.0)))
    }

    #[inline(always)]
    fn mask<E: Element>(self, first: usize, len: usize) -> Mask<Span, E> {
        Mask::of(Span::new(first, len, size_of::<E>(), Self::BYTES))
    }

    #[inline(always)]
    unsafe fn load_masked<E: Element>(self, from: *const E, mask: Mask<Span, E>) -> Q<E> {
        let first = mask.0.first;
        let from = from.cast::<u8>().wrapping_add(first.into());
        // SAFETY: the set is there; the bytes of the mask are read.
        unsafe {
            let [low, high] = partial::load(from, mask.0.len());
            let bytes = vcombine_u64(vcreate_u64(low), vcreate_u64(high));
            // Below the first one numbers wrap: those bytes are 0.
            let at = vsubq_u8(vld1q_u8(COUNT.as_ptr()), vdupq_n_u8(first));
            Register::of(vqtbl1q_u8(vreinterpretq_u8_u64(bytes), at))
        }
    }

    #[inline(always)]
    unsafe fn load_masked_or<E: Element>(
        self,
        from: *const E,
        mask: Mask<Span, E>,
        other: Q<E>,
    ) -> Q<E> {
        // SAFETY: the caller's promise; the set is there.
        unsafe {
            let vector = self.load_masked(from, mask);
            Register::of(vbslq_u8(byte_mask(mask.0), vector.0, other.0))
        }
    }

    #[inline(always)]
    unsafe fn store_masked<E: Element>(self, to: *mut E, mask: Mask<Span, E>, vector: Q<E>) {
        let first = mask.0.first;
        let to = to.cast::<u8>().wrapping_add(first.into());
        // SAFETY: the set is there; the bytes of the mask are written.
        unsafe {
            let at = vaddq_u8(vld1q_u8(COUNT.as_ptr()), vdupq_n_u8(first));
            let moved = vreinterpretq_u64_u8(vqtbl1q_u8(vector.0, at));
            let halves = [vgetq_lane_u64::<0>(moved), vgetq_lane_u64::<1>(moved)];
            partial::store(to, mask.0.len(), halves);
        }
    }

    #[inline(always)]
    fn prefetch<E>(self, from: *const E) {
        // SAFETY: a hint: it reads nothing.
        unsafe {
            asm!(
                "prfm pldl1keep, [{from}]",
                from = in(reg) from,
                options(readonly, nostack, preserves_flags)
            );
        }
    }
}
