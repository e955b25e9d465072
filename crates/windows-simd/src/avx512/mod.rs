//! AVX-512: 512 bits, masks for everything.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use crate::register::{Mask, Native, Register, bits};
use crate::{Compute, Element, Isa, Simd};

mod compute;
mod moves;

/// AVX-512 F, BW, DQ and VL, with an option or without.
#[derive(Debug)]
pub struct Avx512With<O>(PhantomData<O>);

/// AVX-512 F, BW, DQ and VL.
pub type Avx512 = Avx512With<option::Plain>;

/// AVX-512 with the dot product of bytes.
pub type Avx512Vnni = Avx512With<option::Vnni>;

impl<O> Clone for Avx512With<O> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Avx512With<O> {}

type Zmm<E> = Register<__m512i, E>;

// SAFETY: it is made of 512 bits.
unsafe impl Native for __m512i {}
// SAFETY: as above.
unsafe impl Native for __m512 {}
// SAFETY: as above.
unsafe impl Native for __m512d {}

/// What an option changes: the entry, and the dot product.
pub(crate) mod option {
    use super::*;

    /// No option.
    #[derive(Clone, Copy, Debug)]
    pub struct Plain;

    /// AVX512-VNNI.
    #[derive(Clone, Copy, Debug)]
    pub struct Vnni;

    /// # Safety
    /// Of all functions: the processor has the set and the option.
    pub trait Of512: Copy + core::fmt::Debug + Send + Sync + 'static {
        const ISA: Isa;
        const NAME: &'static str;

        unsafe fn enter<C: Compute<Avx512With<Self>>>(computation: C) -> C::Output;
        /// Fours of `u8` times `i8`.
        unsafe fn dot4(sum: __m512i, a: __m512i, b: __m512i) -> __m512i;
    }

    impl Of512 for Plain {
        const ISA: Isa = Isa::AVX512;
        const NAME: &'static str = "avx512";

        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
        unsafe fn enter<C: Compute<Avx512>>(computation: C) -> C::Output {
            computation.run(Avx512With(PhantomData))
        }

        #[inline(always)]
        unsafe fn dot4(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
            // SAFETY: the caller's promise.
            unsafe {
                let even = _mm512_madd_epi16(
                    _mm512_and_si512(a, _mm512_set1_epi16(0xff)),
                    _mm512_srai_epi16::<8>(_mm512_slli_epi16::<8>(b)),
                );
                let odd = _mm512_madd_epi16(_mm512_srli_epi16::<8>(a), _mm512_srai_epi16::<8>(b));
                _mm512_add_epi32(sum, _mm512_add_epi32(even, odd))
            }
        }
    }

    impl Of512 for Vnni {
        const ISA: Isa = Isa::AVX512_VNNI;
        const NAME: &'static str = "avx512+vnni";

        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
        unsafe fn enter<C: Compute<Avx512Vnni>>(computation: C) -> C::Output {
            computation.run(Avx512With(PhantomData))
        }

        #[inline(always)]
        unsafe fn dot4(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
            // SAFETY: the caller's promise.
            unsafe { _mm512_dpbusd_epi32(sum, a, b) }
        }
    }
}

use option::Of512;

/// Bits `first..first + len`, cut to 64.
#[inline(always)]
fn span(first: usize, len: usize) -> u64 {
    let below = |end: usize| if end < 64 { (1_u64 << end) - 1 } else { u64::MAX };
    below(first.saturating_add(len)) & !below(first)
}

impl<O: Of512> crate::sealed::Sealed for Avx512With<O> {}

impl<O: Of512> Simd for Avx512With<O> {
    type V<E: Element> = Zmm<E>;
    type M<E: Element> = Mask<E::Bits, E>;

    const ISA: Isa = O::ISA;
    const NAME: &'static str = O::NAME;
    const BYTES: usize = 64;
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
    fn splat<E: Element>(self, value: E) -> Zmm<E> {
        with!(
            self,
            Register::of(match size_of::<E>() {
                1 => _mm512_set1_epi8(bits(value)),
                2 => _mm512_set1_epi16(bits(value)),
                4 => _mm512_set1_epi32(bits(value)),
                _ => _mm512_set1_epi64(bits(value)),
            })
        )
    }

    #[inline(always)]
    fn cast<E: Element, F: Element>(self, vector: Zmm<E>) -> Zmm<F> {
        Register::of(vector.0)
    }

    #[inline(always)]
    fn and<E: Element>(self, a: Zmm<E>, b: Zmm<E>) -> Zmm<E> {
        with!(self, Register::of(_mm512_and_si512(a.0, b.0)))
    }

    #[inline(always)]
    fn or<E: Element>(self, a: Zmm<E>, b: Zmm<E>) -> Zmm<E> {
        with!(self, Register::of(_mm512_or_si512(a.0, b.0)))
    }

    #[inline(always)]
    fn xor<E: Element>(self, a: Zmm<E>, b: Zmm<E>) -> Zmm<E> {
        with!(self, Register::of(_mm512_xor_si512(a.0, b.0)))
    }

    #[inline(always)]
    fn mask<E: Element>(self, first: usize, len: usize) -> Mask<E::Bits, E> {
        Mask::of(E::bits(span(first, len)))
    }

    #[inline(always)]
    unsafe fn load_masked<E: Element>(self, from: *const E, mask: Mask<E::Bits, E>) -> Zmm<E> {
        // SAFETY: the set is there; what is not in the mask is not touched.
        unsafe { self.load_masked_or(from, mask, Register::of(_mm512_setzero_si512())) }
    }

    #[inline(always)]
    unsafe fn load_masked_or<E: Element>(
        self,
        from: *const E,
        mask: Mask<E::Bits, E>,
        other: Zmm<E>,
    ) -> Zmm<E> {
        let (mask, other): (u64, _) = (mask.0.into(), other.0);
        // SAFETY: the set is there; what is not in the mask is not touched.
        Register::of(unsafe {
            match size_of::<E>() {
                1 => _mm512_mask_loadu_epi8(other, mask, from.cast()),
                2 => _mm512_mask_loadu_epi16(other, mask as __mmask32, from.cast()),
                4 => _mm512_mask_loadu_epi32(other, mask as __mmask16, from.cast()),
                _ => _mm512_mask_loadu_epi64(other, mask as __mmask8, from.cast()),
            }
        })
    }

    #[inline(always)]
    unsafe fn store_masked<E: Element>(self, to: *mut E, mask: Mask<E::Bits, E>, vector: Zmm<E>) {
        let mask: u64 = mask.0.into();
        // SAFETY: the set is there; what is not in the mask is not touched.
        unsafe {
            match size_of::<E>() {
                1 => _mm512_mask_storeu_epi8(to.cast(), mask, vector.0),
                2 => _mm512_mask_storeu_epi16(to.cast(), mask as __mmask32, vector.0),
                4 => _mm512_mask_storeu_epi32(to.cast(), mask as __mmask16, vector.0),
                _ => _mm512_mask_storeu_epi64(to.cast(), mask as __mmask8, vector.0),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_streaming<E: Element>(self, to: *mut E, vector: Zmm<E>) {
        // SAFETY: the set is there, and the caller promises 64 aligned bytes.
        unsafe { _mm512_stream_si512(to.cast(), vector.0) }
    }

    #[inline(always)]
    fn fence(self) {
        with!(self, _mm_sfence());
    }

    #[inline(always)]
    fn prefetch<E>(self, from: *const E) {
        with!(self, _mm_prefetch::<_MM_HINT_T0>(from.cast()));
    }
}
