//! Moves of elements on AVX2.

use core::arch::x86_64::*;

use super::option::Of256;
use super::{Avx2With, Ymm, words};
use crate::register::{Mask, Register, Span};
use crate::simd::one_by_one;
use crate::{Element, EverySecond, Moves, Simd, Transpose, WideElement};

impl<O: Of256> Moves for Avx2With<O> {
    #[inline(always)]
    fn ahead<E: Element>(self, this: Ymm<E>, by: usize, next: Ymm<E>) -> Ymm<E> {
        let (this, next) = (this.0, next.0);
        with!(self, {
            // Bytes are moved within 16: the 16 ahead of them come first.
            let half = _mm256_permute2x128_si256::<0x21>(this, next);
            Register::of(match by * size_of::<E>() {
                16 => half,
                8 => _mm256_alignr_epi8::<8>(half, this),
                4 => _mm256_alignr_epi8::<4>(half, this),
                2 => _mm256_alignr_epi8::<2>(half, this),
                _ => _mm256_alignr_epi8::<1>(half, this),
            })
        })
    }

    #[inline(always)]
    fn behind<E: Element>(self, this: Ymm<E>, before: Ymm<E>) -> Ymm<E> {
        let this = this.0;
        with!(self, {
            let before = _mm256_permute2x128_si256::<0x21>(before.0, this);
            Register::of(match size_of::<E>() {
                8 => _mm256_alignr_epi8::<8>(this, before),
                4 => _mm256_alignr_epi8::<12>(this, before),
                2 => _mm256_alignr_epi8::<14>(this, before),
                _ => _mm256_alignr_epi8::<15>(this, before),
            })
        })
    }

    /// Within 16 bytes: the first half of each is from `this`, the second one from `next`.
    #[inline(always)]
    fn part<E: Element>(self, this: Ymm<E>, next: Ymm<E>) -> (Ymm<E>, Ymm<E>) {
        let (a, b) = (this.0, next.0);
        let (even, odd) = with!(
            self,
            match size_of::<E>() {
                1 => {
                    let low = _mm256_set1_epi16(0xff);
                    let even = (_mm256_and_si256(a, low), _mm256_and_si256(b, low));
                    let odd = (_mm256_srli_epi16::<8>(a), _mm256_srli_epi16::<8>(b));
                    (_mm256_packus_epi16(even.0, even.1), _mm256_packus_epi16(odd.0, odd.1))
                }
                2 => {
                    let low = _mm256_set1_epi32(0xffff);
                    let even = (_mm256_and_si256(a, low), _mm256_and_si256(b, low));
                    let odd = (_mm256_srli_epi32::<16>(a), _mm256_srli_epi32::<16>(b));
                    (_mm256_packus_epi32(even.0, even.1), _mm256_packus_epi32(odd.0, odd.1))
                }
                4 => {
                    let (a, b) = (_mm256_castsi256_ps(a), _mm256_castsi256_ps(b));
                    let even = _mm256_shuffle_ps::<0b10_00_10_00>(a, b);
                    let odd = _mm256_shuffle_ps::<0b11_01_11_01>(a, b);
                    (_mm256_castps_si256(even), _mm256_castps_si256(odd))
                }
                _ => (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b)),
            }
        );
        (Register::of(even), Register::of(odd))
    }

    #[inline(always)]
    fn in_order<E: Element>(self, mixed: Ymm<E>) -> Ymm<E> {
        with!(self, Register::of(_mm256_permute4x64_epi64::<0b11_01_10_00>(mixed.0)))
    }
}

impl<O: Of256> EverySecond for Avx2With<O> {
    type Second<E: WideElement> = Mask<[__m256i; 2], E>;

    /// Every second element of two registers.
    #[inline(always)]
    fn second<E: WideElement>(self, first: usize, len: usize) -> Mask<[__m256i; 2], E> {
        let width = Self::width::<E>();
        let first = first.min(width);
        let end = first + len.min(width - first);
        let bytes = |first: usize, end: usize| {
            let (first, end) = (first.min(width), end.min(width));
            Span::new(first, end - first, size_of::<E>(), Self::BYTES)
        };
        let ahead = |element: usize| (2 * element).saturating_sub(width);
        let spans = [bytes(2 * first, 2 * end), bytes(ahead(first), ahead(end))];
        with!(self, {
            // The even elements, in a register of the same bytes.
            let even = match size_of::<E>() {
                4 => _mm256_set1_epi64x(0xffff_ffff),
                _ => _mm256_setr_epi64x(-1, 0, -1, 0),
            };
            let (low, high) = (words(spans[0]), words(spans[1]));
            Mask::of([_mm256_and_si256(even, low), _mm256_and_si256(even, high)])
        })
    }

    #[inline(always)]
    unsafe fn load_every_second<E: WideElement>(
        self,
        from: *const E,
        mask: Mask<[__m256i; 2], E>,
    ) -> Ymm<E> {
        let ahead = from.wrapping_add(Self::width::<E>());
        // SAFETY: the set is there; of both registers only elements of the mask are touched.
        let (low, high) = unsafe {
            let low = _mm256_maskload_epi32(from.cast(), mask.0[0]);
            (low, _mm256_maskload_epi32(ahead.cast(), mask.0[1]))
        };
        let (even, _) = self.part(Register::of(low), Register::of(high));
        self.in_order(even)
    }
}

impl<O: Of256> Transpose for Avx2With<O> {
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
        // SAFETY: the caller's promise; elements of a size are moved alike.
        unsafe {
            if size_of::<E>() == 4 {
                transpose_8(from.cast(), from_row, rows, to.cast(), to_row, columns);
            } else {
                one_by_one(from, from_row, rows, to, to_row, columns);
            }
        }
    }
}

/// At most eight rows of eight elements of 32 bits.
///
/// # Safety
/// As [`Transpose::transpose`]; the processor has AVX2.
#[inline(always)]
unsafe fn transpose_8(
    from: *const f32,
    from_row: usize,
    rows: usize,
    to: *mut f32,
    to_row: isize,
    columns: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut a = [_mm256_setzero_ps(); 8];
        for row in 0..8 {
            if row < rows {
                a[row] = _mm256_loadu_ps(from.add(row * from_row));
            }
        }
        let mut b = a;
        for i in 0..4 {
            b[2 * i] = _mm256_unpacklo_ps(a[2 * i], a[2 * i + 1]);
            b[2 * i + 1] = _mm256_unpackhi_ps(a[2 * i], a[2 * i + 1]);
        }
        for g in 0..2 {
            let (p, q) = (_mm256_castps_pd(b[4 * g]), _mm256_castps_pd(b[4 * g + 1]));
            let (r, s) = (_mm256_castps_pd(b[4 * g + 2]), _mm256_castps_pd(b[4 * g + 3]));
            a[4 * g] = _mm256_castpd_ps(_mm256_unpacklo_pd(p, r));
            a[4 * g + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(p, r));
            a[4 * g + 2] = _mm256_castpd_ps(_mm256_unpacklo_pd(q, s));
            a[4 * g + 3] = _mm256_castpd_ps(_mm256_unpackhi_pd(q, s));
        }
        for j in 0..4 {
            b[j] = _mm256_permute2f128_ps::<0x20>(a[j], a[4 + j]);
            b[4 + j] = _mm256_permute2f128_ps::<0x31>(a[j], a[4 + j]);
        }
        let mask = words(Span::new(0, rows, 4, 32));
        for column in 0..8 {
            if column < columns {
                let to = to.wrapping_offset(column as isize * to_row);
                _mm256_maskstore_ps(to, mask, b[column]);
            }
        }
    }
}
