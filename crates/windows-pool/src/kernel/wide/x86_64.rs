//! Vectors of AVX-512 and AVX2.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use windows_core::kernel::{Isa, Vectorized, vectorized};

use super::{OnVectors, Vector};

/// 512 bits of elements under a maximum or a minimum.
#[derive(Clone, Copy)]
pub(crate) struct Zmm<T, const MAX: bool>(__m512i, PhantomData<T>);

/// 256 bits.
#[derive(Clone, Copy)]
pub(crate) struct Ymm<T, const MAX: bool>(__m256i, PhantomData<T>);

/// Runs a computation on the widest vectors that `isa` has and that rows of `least` elements fill, or gives
/// it back.
pub(crate) fn on_vectors<T, const MAX: bool, C: OnVectors<T>>(
    isa: Isa,
    least: usize,
    computation: C,
) -> Result<C::Output, C>
where
    Zmm<T, MAX>: Vector<Element = T>,
    Ymm<T, MAX>: Vector<Element = T>,
{
    if isa == Isa::Portable || least < Ymm::<T, MAX>::LANES || !isa.is_available() {
        return Err(computation);
    }
    if isa == Isa::Avx512 && least >= Zmm::<T, MAX>::LANES {
        let on = On::<C, Zmm<T, MAX>> { computation, vector: PhantomData };
        return Ok(vectorized(Isa::Avx512, on));
    }
    Ok(vectorized(Isa::Avx2, On::<C, Ymm<T, MAX>> { computation, vector: PhantomData }))
}

/// A computation on one kind of vectors. Made where the processor has them and rows fill them.
struct On<C, V> {
    computation: C,
    vector: PhantomData<V>,
}

impl<V: Vector, C: OnVectors<V::Element>> Vectorized for On<C, V> {
    type Output = C::Output;

    #[inline(always)]
    fn run(self) -> C::Output {
        // SAFETY: `on_vectors` asked for both before it made this.
        unsafe { self.computation.run::<V>() }
    }
}

/// Lanes moved by a number of bytes that is a power of two.
macro_rules! ahead {
    (Zmm, $this:expr, $bytes:expr, $next:expr) => {
        match $bytes {
            32 => _mm512_alignr_epi32::<8>($next, $this),
            16 => _mm512_alignr_epi32::<4>($next, $this),
            8 => _mm512_alignr_epi32::<2>($next, $this),
            4 => _mm512_alignr_epi32::<1>($next, $this),
            bytes => {
                let lanes = _mm512_alignr_epi32::<4>($next, $this);
                if bytes == 2 {
                    _mm512_alignr_epi8::<2>(lanes, $this)
                } else {
                    _mm512_alignr_epi8::<1>(lanes, $this)
                }
            }
        }
    };
    (Ymm, $this:expr, $bytes:expr, $next:expr) => {{
        let lanes = _mm256_permute2x128_si256::<0x21>($this, $next);
        match $bytes {
            16 => lanes,
            8 => _mm256_alignr_epi8::<8>(lanes, $this),
            4 => _mm256_alignr_epi8::<4>(lanes, $this),
            2 => _mm256_alignr_epi8::<2>(lanes, $this),
            _ => _mm256_alignr_epi8::<1>(lanes, $this),
        }
    }};
}

/// Joins by the instruction of the maximum or of the minimum: the second operand on a tie.
macro_rules! join {
    ($left:expr, $right:expr, $max:ident $min:ident) => {
        if MAX { $max($right, $left) } else { $min($right, $left) }
    };
    ($left:expr, $right:expr, $max:ident $min:ident $to:ident $from:ident) => {{
        let (left, right) = ($to($left), $to($right));
        $from(if MAX { $max(right, left) } else { $min(right, left) })
    }};
    // AVX2 compares 64 bits as signed numbers, and that is all.
    ($left:expr, $right:expr, $flip:expr) => {{
        let flip = _mm256_set1_epi64x($flip);
        let (this, that) = (_mm256_xor_si256($left, flip), _mm256_xor_si256($right, flip));
        let wins =
            if MAX { _mm256_cmpgt_epi64(that, this) } else { _mm256_cmpgt_epi64(this, that) };
        _mm256_blendv_epi8($left, $right, wins)
    }};
}

/// Looks for NaN.
macro_rules! see {
    ($this:expr, $other:expr, $seen:expr, $compare:ident $to:ident) => {
        $seen | u32::from($compare::<_CMP_UNORD_Q>($to($this), $to($other)))
    };
    ($this:expr, $other:expr, $seen:expr, $compare:ident $to:ident $bits:ident) => {
        $seen | $bits($compare::<_CMP_UNORD_Q>($to($this), $to($other))) as u32
    };
}

/// Even and odd lanes.
macro_rules! part {
    // By a table of the even ones.
    ($this:expr, $next:expr, $permute:ident $one:ident $even:ident) => {{
        let even: __m512i = core::mem::transmute($even);
        let odd = _mm512_or_si512(even, $one(1));
        ($permute($this, even, $next), $permute($this, odd, $next))
    }};
    // Cut to half their width in parts of 128 bits, which are then put in order.
    ($this:expr, $next:expr, $and:ident $mask:expr, $shift:ident $by:literal, $pack:ident $order:ident) => {{
        let mask = $mask;
        let even = $pack($and($this, mask), $and($next, mask));
        let odd = $pack($shift::<$by>($this), $shift::<$by>($next));
        ($order(even), $order(odd))
    }};
    // Picked from both in parts of 128 bits.
    ($this:expr, $next:expr, $pick:ident) => {{
        let (even, odd) = $pick($this, $next);
        (in_order(even), in_order(odd))
    }};
}

/// The numbers of the even ones of the lanes of two vectors.
macro_rules! evens {
    ($($name:ident: [$number:ident; $len:literal];)*) => { $(
        const $name: [$number; $len] = {
            let mut numbers = [0; $len];
            let mut i = 0;
            while i < $len {
                numbers[i] = 2 * i as $number;
                i += 1;
            }
            numbers
        };
    )* };
}

evens! {
    EVEN_16: [u16; 32];
    EVEN_32: [u32; 16];
    EVEN_64: [u64; 8];
}

macro_rules! vectors {
    ($($vector:ident $element:ty, join($($join:tt)*), $(see($($see:tt)*),)? part($($part:tt)*);)*) => { $(
        impl<const MAX: bool> Vector for $vector<$element, MAX> {
            type Element = $element;
            const LANES: usize = size_of::<Self>() / size_of::<$element>();

            #[inline(always)]
            unsafe fn splat(value: $element) -> Self {
                // SAFETY: the sizes are equal, and any bits are a vector.
                unsafe { core::mem::transmute([value; size_of::<Self>() / size_of::<$element>()]) }
            }

            #[inline(always)]
            unsafe fn load(from: *const $element) -> Self {
                // SAFETY: the caller's.
                unsafe { from.cast::<Self>().read_unaligned() }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $element) {
                // SAFETY: the caller's.
                unsafe { to.cast::<Self>().write_unaligned(self) }
            }

            #[inline(always)]
            unsafe fn join(self, right: Self) -> Self {
                // SAFETY: the caller's.
                Self(unsafe { join!(self.0, right.0, $($join)*) }, PhantomData)
            }

            #[inline(always)]
            unsafe fn ahead(self, by: usize, next: Self) -> Self {
                let bytes = by * size_of::<$element>();
                // SAFETY: the caller's.
                Self(unsafe { ahead!($vector, self.0, bytes, next.0) }, PhantomData)
            }

            #[inline(always)]
            unsafe fn part(self, next: Self) -> (Self, Self) {
                // SAFETY: the caller's.
                let (even, odd) = unsafe { part!(self.0, next.0, $($part)*) };
                (Self(even, PhantomData), Self(odd, PhantomData))
            }

            $(
                #[inline(always)]
                unsafe fn see(self, other: Self, seen: u32) -> u32 {
                    // SAFETY: the caller's.
                    unsafe { see!(self.0, other.0, seen, $($see)*) }
                }
            )?
        }
    )* };
}

/// Parts of 128 bits in order, where each half of the vector has one of either operand.
#[inline(always)]
unsafe fn in_order(mixed: __m256i) -> __m256i {
    // SAFETY: the caller has AVX2.
    unsafe { _mm256_permute4x64_epi64::<0b11_01_10_00>(mixed) }
}

/// As [`in_order`], of half as large parts.
#[inline(always)]
unsafe fn in_order_512(mixed: __m512i) -> __m512i {
    // SAFETY: the caller has AVX-512.
    unsafe { _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), mixed) }
}

#[inline(always)]
unsafe fn pick_32(this: __m256i, next: __m256i) -> (__m256i, __m256i) {
    // SAFETY: the caller has AVX2.
    unsafe {
        let (this, next) = (_mm256_castsi256_ps(this), _mm256_castsi256_ps(next));
        let even = _mm256_shuffle_ps::<0b10_00_10_00>(this, next);
        let odd = _mm256_shuffle_ps::<0b11_01_11_01>(this, next);
        (_mm256_castps_si256(even), _mm256_castps_si256(odd))
    }
}

#[inline(always)]
unsafe fn pick_64(this: __m256i, next: __m256i) -> (__m256i, __m256i) {
    // SAFETY: the caller has AVX2.
    unsafe { (_mm256_unpacklo_epi64(this, next), _mm256_unpackhi_epi64(this, next)) }
}

vectors! {
    Zmm u8, join(_mm512_max_epu8 _mm512_min_epu8), part(_mm512_and_si512 _mm512_set1_epi16(0xff), _mm512_srli_epi16 8, _mm512_packus_epi16 in_order_512);
    Zmm i8, join(_mm512_max_epi8 _mm512_min_epi8), part(_mm512_and_si512 _mm512_set1_epi16(0xff), _mm512_srli_epi16 8, _mm512_packus_epi16 in_order_512);
    Zmm u16, join(_mm512_max_epu16 _mm512_min_epu16), part(_mm512_permutex2var_epi16 _mm512_set1_epi16 EVEN_16);
    Zmm i16, join(_mm512_max_epi16 _mm512_min_epi16), part(_mm512_permutex2var_epi16 _mm512_set1_epi16 EVEN_16);
    Zmm u32, join(_mm512_max_epu32 _mm512_min_epu32), part(_mm512_permutex2var_epi32 _mm512_set1_epi32 EVEN_32);
    Zmm i32, join(_mm512_max_epi32 _mm512_min_epi32), part(_mm512_permutex2var_epi32 _mm512_set1_epi32 EVEN_32);
    Zmm u64, join(_mm512_max_epu64 _mm512_min_epu64), part(_mm512_permutex2var_epi64 _mm512_set1_epi64 EVEN_64);
    Zmm i64, join(_mm512_max_epi64 _mm512_min_epi64), part(_mm512_permutex2var_epi64 _mm512_set1_epi64 EVEN_64);
    Zmm f32, join(_mm512_max_ps _mm512_min_ps _mm512_castsi512_ps _mm512_castps_si512), see(_mm512_cmp_ps_mask _mm512_castsi512_ps), part(_mm512_permutex2var_epi32 _mm512_set1_epi32 EVEN_32);
    Zmm f64, join(_mm512_max_pd _mm512_min_pd _mm512_castsi512_pd _mm512_castpd_si512), see(_mm512_cmp_pd_mask _mm512_castsi512_pd), part(_mm512_permutex2var_epi64 _mm512_set1_epi64 EVEN_64);
    Ymm u8, join(_mm256_max_epu8 _mm256_min_epu8), part(_mm256_and_si256 _mm256_set1_epi16(0xff), _mm256_srli_epi16 8, _mm256_packus_epi16 in_order);
    Ymm i8, join(_mm256_max_epi8 _mm256_min_epi8), part(_mm256_and_si256 _mm256_set1_epi16(0xff), _mm256_srli_epi16 8, _mm256_packus_epi16 in_order);
    Ymm u16, join(_mm256_max_epu16 _mm256_min_epu16), part(_mm256_and_si256 _mm256_set1_epi32(0xffff), _mm256_srli_epi32 16, _mm256_packus_epi32 in_order);
    Ymm i16, join(_mm256_max_epi16 _mm256_min_epi16), part(_mm256_and_si256 _mm256_set1_epi32(0xffff), _mm256_srli_epi32 16, _mm256_packus_epi32 in_order);
    Ymm u32, join(_mm256_max_epu32 _mm256_min_epu32), part(pick_32);
    Ymm i32, join(_mm256_max_epi32 _mm256_min_epi32), part(pick_32);
    Ymm u64, join(i64::MIN), part(pick_64);
    Ymm i64, join(0), part(pick_64);
    Ymm f32, join(_mm256_max_ps _mm256_min_ps _mm256_castsi256_ps _mm256_castps_si256), see(_mm256_cmp_ps _mm256_castsi256_ps _mm256_movemask_ps), part(pick_32);
    Ymm f64, join(_mm256_max_pd _mm256_min_pd _mm256_castsi256_pd _mm256_castpd_si256), see(_mm256_cmp_pd _mm256_castsi256_pd _mm256_movemask_pd), part(pick_64);
}
