//! Registers of AVX2 with FMA, and of AVX-512.
//!
//! On other processors the two names stand for the portable lanes; run-time dispatch never chooses them.

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use super::portable::{Portable as Avx2, Portable as Avx512};
#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::marker::PhantomData;

    use windows_core::kernel::{Isa, Vectorized, enter};

    use crate::kernel::lanes::Lanes;
    use crate::kernel::transpose::{transpose, transpose_8, transpose_16};

    /// 256-bit registers, sixteen of them: a tile is 6 rows of 2.
    #[derive(Debug)]
    pub struct Avx2<T>(PhantomData<T>);

    /// 512-bit registers, thirty-two of them: a tile is 8 rows of 3.
    #[derive(Debug)]
    pub struct Avx512<T>(PhantomData<T>);

    /// `window(8 - first)` is a mask of 32-bit lanes from `first` on.
    static EDGE: [i32; 24] =
        [0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

    /// Lanes `first..first + len` of eight, cut at both ends; `first` may be up to 8.
    #[inline(always)]
    unsafe fn mask_of_8(first: usize, len: usize) -> __m256i {
        let (first, end) = (first.min(8), (first + len).min(8));
        // SAFETY: both windows of 8 lie in the 24 of the table.
        unsafe {
            let from = _mm256_loadu_si256(EDGE.as_ptr().add(8 - first).cast());
            let until = _mm256_loadu_si256(EDGE.as_ptr().add(16 - end).cast());
            _mm256_and_si256(from, until)
        }
    }

    /// The same of four 64-bit lanes.
    #[inline(always)]
    unsafe fn mask_of_4(first: usize, len: usize) -> __m256i {
        // SAFETY: as the caller's.
        unsafe { mask_of_8(2 * first, 2 * len) }
    }

    #[inline(always)]
    fn bits(first: usize, len: usize) -> u64 {
        ((1u64 << len) - 1) << first
    }

    /// Bits `2 i` for lanes `first..first + len`: the elements that a step of 2 reads.
    #[inline(always)]
    fn even_bits(first: usize, len: usize) -> u64 {
        bits(2 * first, 2 * len) & 0x5555_5555_5555_5555
    }

    macro_rules! lanes_512 {
        ($scalar:ident, $vector:ident, $mask:ident, $width:literal, $splat:ident, $load:ident,
         $store:ident, $maskz:ident, $mask_store:ident, $even:expr, $add:ident,
         |$s:ident, $a:ident, $b:ident| $fma:expr, |$x:ident, $y:ident| $or:expr, $read:ty,
         $transpose:ident of $turned:ty) => {
            impl Lanes for Avx512<$scalar> {
                type Scalar = $scalar;
                type Vector = $vector;
                type Mask = $mask;
                type Mask2 = ($mask, $mask);

                const ISA: Isa = Isa::Avx512;
                const WIDTH: usize = $width;
                const REGISTERS: usize = 32;
                const VECTORS: usize = 3;
                const ROWS: usize = 8;
                const WIDE: usize = 2;
                const PIXELS: usize = 14;

                // SAFETY of all: the trait is used where AVX-512 was detected; a masked load or store
                // touches the lanes of its mask only, and does not fault elsewhere.
                unsafe fn enter<C: Vectorized>(computation: C) -> C::Output {
                    // SAFETY: see above.
                    unsafe { enter::avx512(computation) }
                }
                #[inline(always)]
                unsafe fn splat(value: $scalar) -> $vector {
                    // SAFETY: see above.
                    unsafe { $splat(value) }
                }
                #[inline(always)]
                unsafe fn load(from: *const $scalar) -> $vector {
                    // SAFETY: see above.
                    unsafe { $load(from as *const $read) }
                }
                #[inline(always)]
                unsafe fn store(to: *mut $scalar, value: $vector) {
                    // SAFETY: see above.
                    unsafe { $store(to as *mut $read, value) }
                }
                #[inline(always)]
                unsafe fn mask(first: usize, len: usize) -> $mask {
                    bits(first, len) as $mask
                }
                #[inline(always)]
                unsafe fn load_mask(from: *const $scalar, mask: $mask) -> $vector {
                    // SAFETY: see above.
                    unsafe { $maskz(mask, from as *const $read) }
                }
                #[inline(always)]
                unsafe fn store_mask(to: *mut $scalar, mask: $mask, value: $vector) {
                    // SAFETY: see above.
                    unsafe { $mask_store(to as *mut $read, mask, value) }
                }
                #[inline(always)]
                unsafe fn mask2(first: usize, len: usize) -> ($mask, $mask) {
                    let bits = even_bits(first, len);
                    (bits as $mask, (bits >> $width) as $mask)
                }
                #[inline(always)]
                unsafe fn load_mask2(from: *const $scalar, mask: ($mask, $mask)) -> $vector {
                    // SAFETY: see above.
                    unsafe {
                        let low = $maskz(mask.0, from as *const $read);
                        let high = $maskz(mask.1, from.wrapping_add($width) as *const $read);
                        $even(low, high)
                    }
                }
                #[inline(always)]
                unsafe fn merge($x: $vector, $y: $vector) -> $vector {
                    // SAFETY: see above.
                    unsafe { $or }
                }
                #[inline(always)]
                unsafe fn add(a: $vector, b: $vector) -> $vector {
                    // SAFETY: see above.
                    unsafe { $add(a, b) }
                }
                #[inline(always)]
                unsafe fn mul_add($s: $vector, $a: $vector, $b: $vector) -> $vector {
                    // SAFETY: see above.
                    unsafe { $fma }
                }
                #[inline(always)]
                unsafe fn transpose(
                    from: *const $scalar,
                    from_row: usize,
                    rows: usize,
                    to: *mut $scalar,
                    to_row: isize,
                    columns: usize,
                ) {
                    let (from, to) = (from as *const $turned, to as *mut $turned);
                    // SAFETY: see above; elements of a size are moved alike.
                    unsafe { $transpose(from, from_row, rows, to, to_row, columns) }
                }
                #[inline(always)]
                fn prefetch(from: *const $scalar) {
                    // SAFETY: a hint; it reads nothing.
                    unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
                }
            }
        };
    }

    lanes_512!(
        f32,
        __m512,
        __mmask16,
        16,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_maskz_loadu_ps,
        _mm512_mask_storeu_ps,
        even_ps,
        _mm512_add_ps,
        |s, a, b| _mm512_fmadd_ps(a, b, s),
        |x, y| _mm512_or_ps(x, y),
        f32,
        transpose_16 of f32
    );
    lanes_512!(
        f64,
        __m512d,
        __mmask8,
        8,
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_storeu_pd,
        _mm512_maskz_loadu_pd,
        _mm512_mask_storeu_pd,
        even_pd,
        _mm512_add_pd,
        |s, a, b| _mm512_fmadd_pd(a, b, s),
        |x, y| _mm512_or_pd(x, y),
        f64,
        transpose of f64
    );
    lanes_512!(
        i32,
        __m512i,
        __mmask16,
        16,
        _mm512_set1_epi32,
        _mm512_loadu_epi32,
        _mm512_storeu_epi32,
        _mm512_maskz_loadu_epi32,
        _mm512_mask_storeu_epi32,
        even_epi32,
        _mm512_add_epi32,
        |s, a, b| _mm512_add_epi32(s, _mm512_madd_epi16(a, b)),
        |x, y| _mm512_or_si512(x, y),
        i32,
        transpose_16 of f32
    );

    #[inline(always)]
    unsafe fn even_ps(low: __m512, high: __m512) -> __m512 {
        // SAFETY: used where AVX-512 was detected.
        unsafe {
            let even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
            _mm512_permutex2var_ps(low, even, high)
        }
    }

    #[inline(always)]
    unsafe fn even_epi32(low: __m512i, high: __m512i) -> __m512i {
        // SAFETY: used where AVX-512 was detected.
        unsafe { _mm512_castps_si512(even_ps(_mm512_castsi512_ps(low), _mm512_castsi512_ps(high))) }
    }

    #[inline(always)]
    unsafe fn even_pd(low: __m512d, high: __m512d) -> __m512d {
        // SAFETY: used where AVX-512 was detected.
        unsafe { _mm512_permutex2var_pd(low, _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0), high) }
    }

    macro_rules! lanes_256 {
        ($scalar:ident, $vector:ident, $width:literal, $splat:ident, $load:ident, $store:ident,
         $mask_of:ident, $mask_load:ident, $mask_store:ident, $even:ident, $add:ident,
         |$s:ident, $a:ident, $b:ident| $fma:expr, |$x:ident, $y:ident| $or:expr, $read:ty,
         $transpose:ident of $turned:ty) => {
            impl Lanes for Avx2<$scalar> {
                type Scalar = $scalar;
                type Vector = $vector;
                type Mask = __m256i;
                type Mask2 = (__m256i, __m256i);

                const ISA: Isa = Isa::Avx2;
                const WIDTH: usize = $width;
                const REGISTERS: usize = 16;
                const VECTORS: usize = 2;
                const ROWS: usize = 6;
                const WIDE: usize = 2;
                const PIXELS: usize = 6;

                // SAFETY of all: the trait is used where AVX2 and FMA were detected; a masked load or
                // store touches the lanes of its mask only, and does not fault elsewhere.
                unsafe fn enter<C: Vectorized>(computation: C) -> C::Output {
                    // SAFETY: see above.
                    unsafe { enter::avx2(computation) }
                }
                #[inline(always)]
                unsafe fn splat(value: $scalar) -> $vector {
                    // SAFETY: see above.
                    unsafe { $splat(value) }
                }
                #[inline(always)]
                unsafe fn load(from: *const $scalar) -> $vector {
                    // SAFETY: see above.
                    unsafe { $load(from as *const $read) }
                }
                #[inline(always)]
                unsafe fn store(to: *mut $scalar, value: $vector) {
                    // SAFETY: see above.
                    unsafe { $store(to as *mut $read, value) }
                }
                #[inline(always)]
                unsafe fn mask(first: usize, len: usize) -> __m256i {
                    // SAFETY: see above.
                    unsafe { $mask_of(first, len) }
                }
                #[inline(always)]
                unsafe fn load_mask(from: *const $scalar, mask: __m256i) -> $vector {
                    // SAFETY: see above.
                    unsafe { $mask_load(from, mask) }
                }
                #[inline(always)]
                unsafe fn store_mask(to: *mut $scalar, mask: __m256i, value: $vector) {
                    // SAFETY: see above.
                    unsafe { $mask_store(to, mask, value) }
                }
                #[inline(always)]
                unsafe fn mask2(first: usize, len: usize) -> (__m256i, __m256i) {
                    // Of 2 WIDTH elements, the even ones from 2 first on; the last odd one is not read.
                    let (start, end) = (2 * first, (2 * (first + len)).max(1) - 1);
                    let part = |base: usize| {
                        let (start, end) = (start.max(base), end.min(base + $width).max(base));
                        let start = start.min(end);
                        // SAFETY: see above.
                        unsafe { $mask_of(start - base, end - start) }
                    };
                    (part(0), part($width))
                }
                #[inline(always)]
                unsafe fn load_mask2(from: *const $scalar, mask: (__m256i, __m256i)) -> $vector {
                    // SAFETY: see above.
                    unsafe {
                        let low = $mask_load(from, mask.0);
                        let high = $mask_load(from.wrapping_add($width), mask.1);
                        $even(low, high)
                    }
                }
                #[inline(always)]
                unsafe fn merge($x: $vector, $y: $vector) -> $vector {
                    // SAFETY: see above.
                    unsafe { $or }
                }
                #[inline(always)]
                unsafe fn add(a: $vector, b: $vector) -> $vector {
                    // SAFETY: see above.
                    unsafe { $add(a, b) }
                }
                #[inline(always)]
                unsafe fn mul_add($s: $vector, $a: $vector, $b: $vector) -> $vector {
                    // SAFETY: see above.
                    unsafe { $fma }
                }
                #[inline(always)]
                unsafe fn transpose(
                    from: *const $scalar,
                    from_row: usize,
                    rows: usize,
                    to: *mut $scalar,
                    to_row: isize,
                    columns: usize,
                ) {
                    let (from, to) = (from as *const $turned, to as *mut $turned);
                    // SAFETY: see above; elements of a size are moved alike.
                    unsafe { $transpose(from, from_row, rows, to, to_row, columns) }
                }
                #[inline(always)]
                fn prefetch(from: *const $scalar) {
                    // SAFETY: a hint; it reads nothing.
                    unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
                }
            }
        };
    }

    lanes_256!(
        f32,
        __m256,
        8,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        mask_of_8,
        _mm256_maskload_ps,
        _mm256_maskstore_ps,
        even_ps_256,
        _mm256_add_ps,
        |s, a, b| _mm256_fmadd_ps(a, b, s),
        |x, y| _mm256_or_ps(x, y),
        f32,
        transpose_8 of f32
    );
    lanes_256!(
        f64,
        __m256d,
        4,
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        mask_of_4,
        _mm256_maskload_pd,
        _mm256_maskstore_pd,
        even_pd_256,
        _mm256_add_pd,
        |s, a, b| _mm256_fmadd_pd(a, b, s),
        |x, y| _mm256_or_pd(x, y),
        f64,
        transpose of f64
    );
    lanes_256!(
        i32,
        __m256i,
        8,
        _mm256_set1_epi32,
        _mm256_loadu_si256,
        _mm256_storeu_si256,
        mask_of_8,
        _mm256_maskload_epi32,
        _mm256_maskstore_epi32,
        even_epi32_256,
        _mm256_add_epi32,
        |s, a, b| _mm256_add_epi32(s, _mm256_madd_epi16(a, b)),
        |x, y| _mm256_or_si256(x, y),
        __m256i,
        transpose_8 of f32
    );

    #[inline(always)]
    unsafe fn even_pd_256(low: __m256d, high: __m256d) -> __m256d {
        // SAFETY: used where AVX2 was detected.
        unsafe { _mm256_permute4x64_pd::<0b11_01_10_00>(_mm256_unpacklo_pd(low, high)) }
    }

    #[inline(always)]
    unsafe fn even_ps_256(low: __m256, high: __m256) -> __m256 {
        // SAFETY: used where AVX2 was detected.
        unsafe {
            let pairs = _mm256_castps_pd(_mm256_shuffle_ps::<0b10_00_10_00>(low, high));
            _mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(pairs))
        }
    }

    #[inline(always)]
    unsafe fn even_epi32_256(low: __m256i, high: __m256i) -> __m256i {
        // SAFETY: used where AVX2 was detected.
        unsafe {
            let (low, high) = (_mm256_castsi256_ps(low), _mm256_castsi256_ps(high));
            _mm256_castps_si256(even_ps_256(low, high))
        }
    }
}
