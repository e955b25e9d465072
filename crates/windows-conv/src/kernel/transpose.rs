//! Blocks of sums turned over: from pixels by channels to channels by pixels.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// `to[column to_row + row] = from[row from_row + column]`, an element at a time.
///
/// # Safety
/// The elements of `from` are readable, those of `to` writable.
#[inline(always)]
pub(super) unsafe fn transpose<T>(
    from: *const T,
    from_row: usize,
    rows: usize,
    to: *mut T,
    to_row: isize,
    columns: usize,
) {
    for column in 0..columns {
        let to = to.wrapping_offset(column as isize * to_row);
        for row in 0..rows {
            // SAFETY: the caller's promise.
            unsafe { to.add(row).write(from.add(row * from_row + column).read()) };
        }
    }
}

/// The same, of at most sixteen rows of sixteen elements.
///
/// # Safety
/// As [`transpose`]; rows of `from` have sixteen elements; AVX-512 is available.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn transpose_16(
    from: *const f32,
    from_row: usize,
    rows: usize,
    to: *mut f32,
    to_row: isize,
    columns: usize,
) {
    // SAFETY: used where AVX-512 was detected; the caller's promise.
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
            let at = |i: usize| _mm512_castps_pd(b[4 * g + i]);
            let (p, q, r, s) = (at(0), at(1), at(2), at(3));
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
        let mask = ((1u32 << rows) - 1) as __mmask16;
        for column in 0..16 {
            if column < columns {
                let to = to.wrapping_offset(column as isize * to_row);
                _mm512_mask_storeu_ps(to, mask, b[column]);
            }
        }
    }
}

/// The same, of at most eight rows of eight elements.
///
/// # Safety
/// As [`transpose`]; rows of `from` have eight elements; AVX2 is available.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn transpose_8(
    from: *const f32,
    from_row: usize,
    rows: usize,
    to: *mut f32,
    to_row: isize,
    columns: usize,
) {
    // SAFETY: used where AVX2 was detected; the caller's promise.
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
            let at = |i: usize| _mm256_castps_pd(b[4 * g + i]);
            let (p, q, r, s) = (at(0), at(1), at(2), at(3));
            a[4 * g] = _mm256_castpd_ps(_mm256_unpacklo_pd(p, r));
            a[4 * g + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(p, r));
            a[4 * g + 2] = _mm256_castpd_ps(_mm256_unpacklo_pd(q, s));
            a[4 * g + 3] = _mm256_castpd_ps(_mm256_unpackhi_pd(q, s));
        }
        for j in 0..4 {
            b[j] = _mm256_permute2f128_ps::<0x20>(a[j], a[4 + j]);
            b[4 + j] = _mm256_permute2f128_ps::<0x31>(a[j], a[4 + j]);
        }
        let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        let mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(rows as i32), lane);
        for column in 0..8 {
            if column < columns {
                let to = to.wrapping_offset(column as isize * to_row);
                _mm256_maskstore_ps(to, mask, b[column]);
            }
        }
    }
}
