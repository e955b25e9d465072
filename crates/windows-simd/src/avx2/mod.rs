//! AVX2 with FMA: 256 bits, masks for elements of 32 and 64 bits.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use crate::partial::{self, COUNT};
use crate::register::{Mask, Native, Register, Span, bits};
use crate::{Compute, Element, Isa, Simd};

mod compute;
mod moves;

/// AVX2 and FMA, with an option or without.
#[derive(Debug)]
pub struct Avx2With<O>(PhantomData<O>);

/// AVX2 and FMA.
pub type Avx2 = Avx2With<option::Plain>;

/// AVX2 with the dot product of bytes.
pub type Avx2Vnni = Avx2With<option::Vnni>;

impl<O> Clone for Avx2With<O> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Avx2With<O> {}

type Ymm<E> = Register<__m256i, E>;

// SAFETY: it is made of 256 bits.
unsafe impl Native for __m256i {}
// SAFETY: as above.
unsafe impl Native for __m256 {}
// SAFETY: as above.
unsafe impl Native for __m256d {}

/// What an option changes: the entry, and the dot product.
pub(crate) mod option {
    use super::*;

    /// No option.
    #[derive(Clone, Copy, Debug)]
    pub struct Plain;

    /// AVX-VNNI.
    #[derive(Clone, Copy, Debug)]
    pub struct Vnni;

    /// # Safety
    /// Of all functions: the processor has the set and the option.
    pub trait Of256: Copy + core::fmt::Debug + Send + Sync + 'static {
        const ISA: Isa;
        const NAME: &'static str;

        unsafe fn enter<C: Compute<Avx2With<Self>>>(computation: C) -> C::Output;
        /// Fours of `u8` times `i8`.
        unsafe fn dot4(sum: __m256i, a: __m256i, b: __m256i) -> __m256i;
    }

    impl Of256 for Plain {
        const ISA: Isa = Isa::AVX2;
        const NAME: &'static str = "avx2";

        #[target_feature(enable = "avx2,fma")]
        unsafe fn enter<C: Compute<Avx2>>(computation: C) -> C::Output {
            computation.run(Avx2With(PhantomData))
        }

        #[inline(always)]
        unsafe fn dot4(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
            // SAFETY: the caller's promise.
            unsafe {
                let even = _mm256_madd_epi16(
                    _mm256_and_si256(a, _mm256_set1_epi16(0xff)),
                    _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(b)),
                );
                let odd = _mm256_madd_epi16(_mm256_srli_epi16::<8>(a), _mm256_srai_epi16::<8>(b));
                _mm256_add_epi32(sum, _mm256_add_epi32(even, odd))
            }
        }
    }

    impl Of256 for Vnni {
        const ISA: Isa = Isa::AVX2_VNNI;
        const NAME: &'static str = "avx2+vnni";

        #[target_feature(enable = "avx2,fma,avxvnni")]
        unsafe fn enter<C: Compute<Avx2Vnni>>(computation: C) -> C::Output {
            computation.run(Avx2With(PhantomData))
        }

        #[inline(always)]
        unsafe fn dot4(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
            // SAFETY: the caller's promise.
            unsafe { _mm256_dpbusd_avx_epi32(sum, a, b) }
        }
    }
}

use option::Of256;

/// The bytes that a mask of elements of 8 or 16 bits stands for: it holds their bounds, again and again.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn bounds(mask: __m256i) -> Span {
    // SAFETY: the caller's promise.
    let [first, end, ..] = unsafe { _mm256_cvtsi256_si32(mask) }.to_le_bytes();
    Span { first, end }
}

/// `window(8 - first)` is a mask of 32-bit elements from `first` on.
static EDGE: [i32; 24] =
    [0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// The mask of the bytes of whole elements of 32 bits.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn words(bytes: Span) -> __m256i {
    let (first, end) = (usize::from(bytes.first / 4), usize::from(bytes.end / 4));
    // SAFETY: both are 8 at most, so both windows of 8 lie in the 24 of the table.
    unsafe {
        let from = _mm256_loadu_si256(EDGE.as_ptr().add(8 - first).cast());
        let until = _mm256_loadu_si256(EDGE.as_ptr().add(16 - end).cast());
        _mm256_and_si256(from, until)
    }
}

/// Bytes of one half of a register.
///
/// # Safety
/// They are readable at their places from `from` on; the processor has AVX2.
#[inline(always)]
unsafe fn load_half(from: *const u8, bytes: Span) -> __m128i {
    // SAFETY: the caller's promise.
    unsafe {
        let [low, high] = partial::load(from.wrapping_add(bytes.first.into()), bytes.len());
        let down = _mm_set1_epi8(bytes.first as i8);
        // Below the first one numbers are negative: those bytes are 0.
        let at = _mm_sub_epi8(_mm_loadu_si128(COUNT.as_ptr().cast()), down);
        _mm_shuffle_epi8(_mm_set_epi64x(high as i64, low as i64), at)
    }
}

/// # Safety
/// They are writable at their places from `to` on; the processor has AVX2.
#[inline(always)]
unsafe fn store_half(to: *mut u8, bytes: Span, half: __m128i) {
    // SAFETY: the caller's promise.
    unsafe {
        let up = _mm_set1_epi8(bytes.first as i8);
        let at = _mm_add_epi8(_mm_loadu_si128(COUNT.as_ptr().cast()), up);
        let moved = _mm_shuffle_epi8(half, at);
        let halves = [_mm_cvtsi128_si64(moved) as u64, _mm_extract_epi64::<1>(moved) as u64];
        partial::store(to.wrapping_add(bytes.first.into()), bytes.len(), halves);
    }
}

/// All bits of these bytes of a register.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn byte_mask(bytes: Span) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let count = _mm_loadu_si128(COUNT.as_ptr().cast());
        let count = _mm256_setr_m128i(count, _mm_add_epi8(count, _mm_set1_epi8(16)));
        let before = _mm256_cmpgt_epi8(_mm256_set1_epi8(bytes.first as i8), count);
        let until = _mm256_cmpgt_epi8(_mm256_set1_epi8(bytes.end as i8), count);
        _mm256_andnot_si256(before, until)
    }
}

impl<O: Of256> crate::sealed::Sealed for Avx2With<O> {}

impl<O: Of256> Simd for Avx2With<O> {
    type V<E: Element> = Ymm<E>;
    type M<E: Element> = Mask<__m256i, E>;

    const ISA: Isa = O::ISA;
    const NAME: &'static str = O::NAME;
    const BYTES: usize = 32;
    const REGISTERS: usize = 16;

    #[inline(always)]
    unsafe fn new_unchecked() -> Self {
        Self(PhantomData)
    }

    #[inline(always)]
    fn enter<C: Compute<Self>>(self, computation: C) -> C::Output {
        with!(self, O::enter(computation))
    }

    #[inline(always)]
    fn splat<E: Element>(self, value: E) -> Ymm<E> {
        with!(
            self,
            Register::of(match size_of::<E>() {
                1 => _mm256_set1_epi8(bits(value)),
                2 => _mm256_set1_epi16(bits(value)),
                4 => _mm256_set1_epi32(bits(value)),
                _ => _mm256_set1_epi64x(bits(value)),
            })
        )
    }

    #[inline(always)]
    fn cast<E: Element, F: Element>(self, vector: Ymm<E>) -> Ymm<F> {
        Register::of(vector.0)
    }

    #[inline(always)]
    fn and<E: Element>(self, a: Ymm<E>, b: Ymm<E>) -> Ymm<E> {
        with!(self, Register::of(_mm256_and_si256(a.0, b.0)))
    }

    #[inline(always)]
    fn or<E: Element>(self, a: Ymm<E>, b: Ymm<E>) -> Ymm<E> {
        with!(self, Register::of(_mm256_or_si256(a.0, b.0)))
    }

    #[inline(always)]
    fn xor<E: Element>(self, a: Ymm<E>, b: Ymm<E>) -> Ymm<E> {
        with!(self, Register::of(_mm256_xor_si256(a.0, b.0)))
    }

    #[inline(always)]
    fn mask<E: Element>(self, first: usize, len: usize) -> Mask<__m256i, E> {
        let bytes = Span::new(first, len, size_of::<E>(), Self::BYTES);
        Mask::of(match size_of::<E>() {
            1 | 2 => self.splat(u16::from_le_bytes([bytes.first, bytes.end])).0,
            _ => with!(self, words(bytes)),
        })
    }

    #[inline(always)]
    unsafe fn load_masked<E: Element>(self, from: *const E, mask: Mask<__m256i, E>) -> Ymm<E> {
        // SAFETY: the set is there; what is not in the mask is not touched.
        Register::of(unsafe {
            if size_of::<E>() >= 4 {
                _mm256_maskload_epi32(from.cast(), mask.0)
            } else {
                let bytes = bounds(mask.0);
                let (from, ahead) = (from.cast::<u8>(), from.cast::<u8>().wrapping_add(16));
                _mm256_setr_m128i(load_half(from, bytes.part(0)), load_half(ahead, bytes.part(16)))
            }
        })
    }

    #[inline(always)]
    unsafe fn load_masked_or<E: Element>(
        self,
        from: *const E,
        mask: Mask<__m256i, E>,
        other: Ymm<E>,
    ) -> Ymm<E> {
        // SAFETY: the set is there; what is not in the mask is not touched.
        unsafe {
            let vector = self.load_masked(from, mask);
            let chosen = if size_of::<E>() < 4 { byte_mask(bounds(mask.0)) } else { mask.0 };
            Register::of(_mm256_blendv_epi8(other.0, vector.0, chosen))
        }
    }

    #[inline(always)]
    unsafe fn store_masked<E: Element>(self, to: *mut E, mask: Mask<__m256i, E>, vector: Ymm<E>) {
        // SAFETY: the set is there; what is not in the mask is not touched.
        unsafe {
            if size_of::<E>() >= 4 {
                _mm256_maskstore_epi32(to.cast(), mask.0, vector.0);
            } else {
                let bytes = bounds(mask.0);
                let (to, ahead) = (to.cast::<u8>(), to.cast::<u8>().wrapping_add(16));
                store_half(to, bytes.part(0), _mm256_castsi256_si128(vector.0));
                store_half(ahead, bytes.part(16), _mm256_extracti128_si256::<1>(vector.0));
            }
        }
    }

    #[inline(always)]
    unsafe fn store_streaming<E: Element>(self, to: *mut E, vector: Ymm<E>) {
        // SAFETY: the set is there, and the caller promises 32 aligned bytes.
        unsafe { _mm256_stream_si256(to.cast(), vector.0) }
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
