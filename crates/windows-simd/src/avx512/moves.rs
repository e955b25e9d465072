//! Moves of elements on AVX-512.

use core::arch::x86_64::*;

use super::option::Of512;
use super::{Avx512With, Zmm, span};
use crate::register::{Mask, Register};
use crate::simd::one_by_one;
use crate::{Element, EverySecond, Moves, Simd, Transpose, WideElement};

impl<O: Of512> Moves for Avx512With<O> {
    #[inline(always)]
    fn ahead<E: Element>(self, this: Zmm<E>, by: usize, next: Zmm<E>) -> Zmm<E> {
        let (this, next) = (this.0, next.0);
        with!(
            self,
            Register::of(match by * size_of::<E>() {
                32 => _mm512_alignr_epi32::<8>(next, this),
                16 => _mm512_alignr_epi32::<4>(next, this),
                8 => _mm512_alignr_epi32::<2>(next, this),
                4 => _mm512_alignr_epi32::<1>(next, this),
                // Bytes are moved within 16: the 16 ahead of them come first.
                2 => _mm512_alignr_epi8::<2>(_mm512_alignr_epi32::<4>(next, this), this),
                _ => _mm512_alignr_epi8::<1>(_mm512_alignr_epi32::<4>(next, this), this),
            })
        )
    }

    #[inline(always)]
    fn behind<E: Element>(self, this: Zmm<E>, before: Zmm<E>) -> Zmm<E> {
        let this = this.0;
        with!(self, {
            let before = _mm512_alignr_epi32::<12>(this, before.0);
            Register::of(match size_of::<E>() {
                8 => _mm512_alignr_epi8::<8>(this, before),
                4 => _mm512_alignr_epi8::<12>(this, before),
                2 => _mm512_alignr_epi8::<14>(this, before),
                _ => _mm512_alignr_epi8::<15>(this, before),
            })
        })
    }

    /// Within 16 bytes: the first half of each is from `this`, the second one from `next`.
    #[inline(always)]
    fn part<E: Element>(self, this: Zmm<E>, next: Zmm<E>) -> (Zmm<E>, Zmm<E>) {
        let (a, b) = (this.0, next.0);
        let (even, odd) = with!(
            self,
            match size_of::<E>() {
                1 => {
                    let low = _mm512_set1_epi16(0xff);
                    let even = (_mm512_and_si512(a, low), _mm512_and_si512(b, low));
                    let odd = (_mm512_srli_epi16::<8>(a), _mm512_srli_epi16::<8>(b));
                    (_mm512_packus_epi16(even.0, even.1), _mm512_packus_epi16(odd.0, odd.1))
                }
                2 => {
                    let low = _mm512_set1_epi32(0xffff);
                    let even = (_mm512_and_si512(a, low), _mm512_and_si512(b, low));
                    let odd = (_mm512_srli_epi32::<16>(a), _mm512_srli_epi32::<16>(b));
                    (_mm512_packus_epi32(even.0, even.1), _mm512_packus_epi32(odd.0, odd.1))
                }
                4 => {
                    let (a, b) = (_mm512_castsi512_ps(a), _mm512_castsi512_ps(b));
                    let even = _mm512_shuffle_ps::<0b10_00_10_00>(a, b);
                    let odd = _mm512_shuffle_ps::<0b11_01_11_01>(a, b);
                    (_mm512_castps_si512(even), _mm512_castps_si512(odd))
                }
                _ => (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b)),
            }
        );
        (Register::of(even), Register::of(odd))
    }

    #[inline(always)]
    fn in_order<E: Element>(self, mixed: Zmm<E>) -> Zmm<E> {
        with!(self, {
            let order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
            Register::of(_mm512_permutexvar_epi64(order, mixed.0))
        })
    }
}

impl<O: Of512> EverySecond for Avx512With<O> {
    type Second<E: WideElement> = Mask<[E::Bits; 2], E>;

    /// Every second bit of two registers.
    #[inline(always)]
    fn second<E: WideElement>(self, first: usize, len: usize) -> Mask<[E::Bits; 2], E> {
        let width = Self::width::<E>();
        let first = first.min(width);
        let len = len.min(width - first);
        let bits = span(2 * first, 2 * len) & 0x5555_5555_5555_5555;
        Mask::of([E::bits(bits), E::bits(bits >> width)])
    }

    #[inline(always)]
    unsafe fn load_every_second<E: WideElement>(
        self,
        from: *const E,
        mask: Mask<[E::Bits; 2], E>,
    ) -> Zmm<E> {
        let ahead = from.wrapping_add(Self::width::<E>());
        // SAFETY: the set is there; of both registers only elements of the mask are touched.
        unsafe {
            let low = self.load_masked(from, Mask::<E::Bits, E>::of(mask.0[0])).0;
            let high = self.load_masked(ahead, Mask::<E::Bits, E>::of(mask.0[1])).0;
            Register::of(if size_of::<E>() == 4 {
                let even =
                    _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
                _mm512_permutex2var_epi32(low, even, high)
            } else {
                let even = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
                _mm512_permutex2var_epi64(low, even, high)
            })
        }
    }
}

impl<O: Of512> Transpose for Avx512With<O> {
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
                transpose_16(from.cast(), from_row, rows, to.cast(), to_row, columns);
            } else {
                one_by_one(from, from_row, rows, to, to_row, columns);
            }
        }
    }
}

/// At most sixteen rows of sixteen elements of 32 bits.
///
/// # Safety
/// As [`Transpose::transpose`]; the processor has AVX-512.
#[inline(always)]
unsafe fn transpose_16(
    from: *const f32,
    from_row: usize,
    rows: usize,
    to: *mut f32,
    to_row: isize,
    columns: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut a = [_mm512_setzero_ps(); 16];
        for row in 0..16 {
            if row < rows {
                a[row] = _mm512_loadu_ps(from.add(row * from_row));
            }
        }
        let mut b = a;
        for i in 0..8 {
            b[2 * i] = _mm512_unpacklo_ps(a[2 * i], a[2 * i + 1]);
            b[2 * i + 1] = _mm512_unpackhi_ps(a[2 * i], a[2 * i + 1]);
        }
        // Of four rows each: part q of register 4 g + j is column 4 q + j of the rows from 4 g on.
        for g in 0..4 {
            let (p, q) = (_mm512_castps_pd(b[4 * g]), _mm512_castps_pd(b[4 * g + 1]));
            let (r, s) = (_mm512_castps_pd(b[4 * g + 2]), _mm512_castps_pd(b[4 * g + 3]));
            a[4 * g] = _mm512_castpd_ps(_mm512_unpacklo_pd(p, r));
            a[4 * g + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(p, r));
            a[4 * g + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(q, s));
            a[4 * g + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(q, s));
        }
        const EVEN: i32 = 0b10_00_10_00;
        const ODD: i32 = 0b11_01_11_01;
        for j in 0..4 {
            let low = _mm512_shuffle_f32x4::<EVEN>(a[j], a[4 + j]);
            let high = _mm512_shuffle_f32x4::<EVEN>(a[8 + j], a[12 + j]);
            b[j] = _mm512_shuffle_f32x4::<EVEN>(low, high);
            b[8 + j] = _mm512_shuffle_f32x4::<ODD>(low, high);
            let low = _mm512_shuffle_f32x4::<ODD>(a[j], a[4 + j]);
            let high = _mm512_shuffle_f32x4::<ODD>(a[8 + j], a[12 + j]);
            b[4 + j] = _mm512_shuffle_f32x4::<EVEN>(low, high);
            b[12 + j] = _mm512_shuffle_f32x4::<ODD>(low, high);
        }
        let mask = span(0, rows) as __mmask16;
        for column in 0..16 {
            if column < columns {
                let to = to.wrapping_offset(column as isize * to_row);
                _mm512_mask_storeu_ps(to, mask, b[column]);
            }
        }
    }
}
