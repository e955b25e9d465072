//! Vectors of AVX-512 and AVX2.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use windows_core::kernel::{Isa, Vectorized, enter};

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
    if !isa.contains(Isa::AVX2) || least < Ymm::<T, MAX>::LANES || !isa.is_available() {
        return Err(computation);
    }
    let (wide, half) = (Zmm::<T, MAX>::LANES, Ymm::<T, MAX>::LANES);
    // Short rows, where half a vector less is done twice.
    let fewer = least < 2 * wide && least.next_multiple_of(half) < least.next_multiple_of(wide);
    if isa.contains(Isa::AVX512) && least >= wide && !fewer {
        let on = On::<C, Zmm<T, MAX>> { computation, vector: PhantomData };
        // SAFETY: `isa` is available.
        return Ok(unsafe { enter::avx512(on) });
    }
    // Not even compiled: computations that choose are large.
    if C::CHOOSES {
        return Err(computation);
    }
    let on = On::<C, Ymm<T, MAX>> { computation, vector: PhantomData };
    // SAFETY: `isa` is available, and contains AVX2.
    Ok(unsafe { enter::avx2(on) })
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

macro_rules! bytes {
    (Zmm) => {
        64
    };
    (Ymm) => {
        32
    };
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

/// Lanes moved up by one.
macro_rules! behind {
    (@by $align:ident $lanes:expr, $this:expr, $bytes:expr) => {
        match $bytes {
            8 => $align::<8>($this, $lanes),
            4 => $align::<12>($this, $lanes),
            2 => $align::<14>($this, $lanes),
            _ => $align::<15>($this, $lanes),
        }
    };
    (Zmm, $this:expr, $bytes:expr, $before:expr) => {{
        let lanes = _mm512_alignr_epi32::<12>($this, $before);
        behind!(@by _mm512_alignr_epi8 lanes, $this, $bytes)
    }};
    (Ymm, $this:expr, $bytes:expr, $before:expr) => {{
        let lanes = _mm256_permute2x128_si256::<0x21>($before, $this);
        behind!(@by _mm256_alignr_epi8 lanes, $this, $bytes)
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

/// Looks for NaN: what is kept are all bits of lanes that had one.
macro_rules! see {
    () => {
        type Seen = ();
        const NONE: () = ();

        #[inline(always)]
        unsafe fn see(self, _: Self, (): ()) {}

        #[inline(always)]
        unsafe fn any<const N: usize>(_: [(); N]) -> bool {
            false
        }
    };
    // Not a mask: the compiler moves those that live long between kinds of registers.
    (mask $compare:ident $to:ident $move:ident $ones:expr) => {
        type Seen = __m512i;
        // SAFETY: any bits are a vector.
        const NONE: __m512i = unsafe { core::mem::transmute([0_u8; 64]) };

        #[inline(always)]
        unsafe fn see(self, other: Self, seen: __m512i) -> __m512i {
            // SAFETY: the caller's.
            unsafe {
                let here = $compare::<_CMP_UNORD_Q>($to(self.0), $to(other.0));
                $move(seen, here, $ones)
            }
        }

        #[inline(always)]
        unsafe fn any<const N: usize>(seen: [__m512i; N]) -> bool {
            let mut any = Self::NONE;
            for seen in seen {
                // SAFETY: the caller's.
                any = unsafe { _mm512_or_si512(any, seen) };
            }
            // SAFETY: the caller's.
            unsafe { _mm512_test_epi64_mask(any, any) != 0 }
        }
    };
    (bits $compare:ident $to:ident $from:ident) => {
        type Seen = __m256i;
        // SAFETY: any bits are a vector.
        const NONE: __m256i = unsafe { core::mem::transmute([0_u8; 32]) };

        #[inline(always)]
        unsafe fn see(self, other: Self, seen: __m256i) -> __m256i {
            // SAFETY: the caller's.
            unsafe {
                let seen_here = $compare::<_CMP_UNORD_Q>($to(self.0), $to(other.0));
                _mm256_or_si256(seen, $from(seen_here))
            }
        }

        #[inline(always)]
        unsafe fn any<const N: usize>(seen: [__m256i; N]) -> bool {
            let mut any = Self::NONE;
            for seen in seen {
                // SAFETY: the caller's.
                any = unsafe { _mm256_or_si256(any, seen) };
            }
            // SAFETY: the caller's.
            unsafe { _mm256_movemask_epi8(any) != 0 }
        }
    };
}

/// Even and odd lanes, within parts of 128 bits: the first half of each from one operand.
macro_rules! part {
    (narrow $this:expr, $next:expr, $and:ident $mask:expr, $shift:ident $by:literal, $pack:ident) => {{
        let mask = $mask;
        let even = $pack($and($this, mask), $and($next, mask));
        (even, $pack($shift::<$by>($this), $shift::<$by>($next)))
    }};
    (single $this:expr, $next:expr, $shuffle:ident $to:ident $from:ident) => {{
        let (this, next) = ($to($this), $to($next));
        let even = $from($shuffle::<0b10_00_10_00>(this, next));
        (even, $from($shuffle::<0b11_01_11_01>(this, next)))
    }};
    (double $this:expr, $next:expr, $even:ident $odd:ident) => {
        ($even($this, $next), $odd($this, $next))
    };
}

/// Parts of 128 bits whose halves are from one operand and the other, in order.
macro_rules! in_order {
    (Zmm, $mixed:expr) => {
        _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), $mixed)
    };
    (Ymm, $mixed:expr) => {
        _mm256_permute4x64_epi64::<0b11_01_10_00>($mixed)
    };
}

/// Lanes that are chosen by a mask, of which the elements are as wide as those of the vector.
macro_rules! chosen {
    (Zmm $element:ty) => {
        type Chosen = u64;

        #[inline(always)]
        unsafe fn choose(from: usize, to: usize) -> u64 {
            let below = |lane: usize| if lane < 64 { (1_u64 << lane) - 1 } else { u64::MAX };
            below(to) & !below(from)
        }

        #[inline(always)]
        unsafe fn load_chosen(from: *const $element, lanes: u64, other: Self) -> Self {
            let (from, other) = (from.cast::<i8>(), other.0);
            // SAFETY: the caller's; what is not chosen is not touched.
            let vector = unsafe {
                match size_of::<$element>() {
                    1 => _mm512_mask_loadu_epi8(other, lanes, from),
                    2 => _mm512_mask_loadu_epi16(other, lanes as __mmask32, from.cast()),
                    4 => _mm512_mask_loadu_epi32(other, lanes as __mmask16, from.cast()),
                    _ => _mm512_mask_loadu_epi64(other, lanes as __mmask8, from.cast()),
                }
            };
            Self(vector, PhantomData)
        }

        #[inline(always)]
        unsafe fn store_chosen(self, to: *mut $element, lanes: u64) {
            // SAFETY: the caller's; what is not chosen is not touched.
            unsafe {
                match size_of::<$element>() {
                    1 => _mm512_mask_storeu_epi8(to.cast(), lanes, self.0),
                    2 => _mm512_mask_storeu_epi16(to.cast(), lanes as __mmask32, self.0),
                    4 => _mm512_mask_storeu_epi32(to.cast(), lanes as __mmask16, self.0),
                    _ => _mm512_mask_storeu_epi64(to.cast(), lanes as __mmask8, self.0),
                }
            }
        }
    };
    (Ymm $element:ty) => {
        type Chosen = ();

        unsafe fn choose(_: usize, _: usize) {
            unreachable!("`on_vectors` gives back what chooses lanes");
        }

        unsafe fn load_chosen(_: *const $element, (): (), _: Self) -> Self {
            unreachable!("`on_vectors` gives back what chooses lanes");
        }

        unsafe fn store_chosen(self, _: *mut $element, (): ()) {
            unreachable!("`on_vectors` gives back what chooses lanes");
        }
    };
}

macro_rules! vectors {
    ($($vector:ident $element:ty, join($($join:tt)*), see($($see:tt)*), part($way:ident $($part:tt)*);)*) => { $(
        impl<const MAX: bool> Vector for $vector<$element, MAX> {
            type Element = $element;
            const LANES: usize = bytes!($vector) / size_of::<$element>();

            #[inline(always)]
            unsafe fn splat(value: $element) -> Self {
                // SAFETY: the sizes are equal, and any bits are a vector.
                unsafe { core::mem::transmute([value; bytes!($vector) / size_of::<$element>()]) }
            }

            #[inline(always)]
            unsafe fn load(from: *const $element) -> Self {
                // SAFETY: the caller's.
                unsafe { from.cast::<Self>().read_unaligned() }
            }

            #[inline(always)]
            unsafe fn fetch(from: *const $element) {
                // SAFETY: the caller's; it does not fault.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) };
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
            unsafe fn behind(self, before: Self) -> Self {
                let bytes = size_of::<$element>();
                // SAFETY: the caller's.
                Self(unsafe { behind!($vector, self.0, bytes, before.0) }, PhantomData)
            }

            #[inline(always)]
            unsafe fn part(self, next: Self) -> (Self, Self) {
                // SAFETY: the caller's.
                let (even, odd) = unsafe { part!($way self.0, next.0, $($part)*) };
                (Self(even, PhantomData), Self(odd, PhantomData))
            }

            #[inline(always)]
            unsafe fn in_order(self) -> Self {
                // SAFETY: the caller's.
                Self(unsafe { in_order!($vector, self.0) }, PhantomData)
            }

            chosen!($vector $element);
            see!($($see)*);
        }
    )* };
}

vectors! {
    Zmm u8, join(_mm512_max_epu8 _mm512_min_epu8), see(), part(narrow _mm512_and_si512 _mm512_set1_epi16(0xff), _mm512_srli_epi16 8, _mm512_packus_epi16);
    Zmm i8, join(_mm512_max_epi8 _mm512_min_epi8), see(), part(narrow _mm512_and_si512 _mm512_set1_epi16(0xff), _mm512_srli_epi16 8, _mm512_packus_epi16);
    Zmm u16, join(_mm512_max_epu16 _mm512_min_epu16), see(), part(narrow _mm512_and_si512 _mm512_set1_epi32(0xffff), _mm512_srli_epi32 16, _mm512_packus_epi32);
    Zmm i16, join(_mm512_max_epi16 _mm512_min_epi16), see(), part(narrow _mm512_and_si512 _mm512_set1_epi32(0xffff), _mm512_srli_epi32 16, _mm512_packus_epi32);
    Zmm u32, join(_mm512_max_epu32 _mm512_min_epu32), see(), part(single _mm512_shuffle_ps _mm512_castsi512_ps _mm512_castps_si512);
    Zmm i32, join(_mm512_max_epi32 _mm512_min_epi32), see(), part(single _mm512_shuffle_ps _mm512_castsi512_ps _mm512_castps_si512);
    Zmm u64, join(_mm512_max_epu64 _mm512_min_epu64), see(), part(double _mm512_unpacklo_epi64 _mm512_unpackhi_epi64);
    Zmm i64, join(_mm512_max_epi64 _mm512_min_epi64), see(), part(double _mm512_unpacklo_epi64 _mm512_unpackhi_epi64);
    Zmm f32, join(_mm512_max_ps _mm512_min_ps _mm512_castsi512_ps _mm512_castps_si512),
        see(mask _mm512_cmp_ps_mask _mm512_castsi512_ps _mm512_mask_mov_epi32 _mm512_set1_epi32(-1)), part(single _mm512_shuffle_ps _mm512_castsi512_ps _mm512_castps_si512);
    Zmm f64, join(_mm512_max_pd _mm512_min_pd _mm512_castsi512_pd _mm512_castpd_si512),
        see(mask _mm512_cmp_pd_mask _mm512_castsi512_pd _mm512_mask_mov_epi64 _mm512_set1_epi64(-1)), part(double _mm512_unpacklo_epi64 _mm512_unpackhi_epi64);
    Ymm u8, join(_mm256_max_epu8 _mm256_min_epu8), see(), part(narrow _mm256_and_si256 _mm256_set1_epi16(0xff), _mm256_srli_epi16 8, _mm256_packus_epi16);
    Ymm i8, join(_mm256_max_epi8 _mm256_min_epi8), see(), part(narrow _mm256_and_si256 _mm256_set1_epi16(0xff), _mm256_srli_epi16 8, _mm256_packus_epi16);
    Ymm u16, join(_mm256_max_epu16 _mm256_min_epu16), see(), part(narrow _mm256_and_si256 _mm256_set1_epi32(0xffff), _mm256_srli_epi32 16, _mm256_packus_epi32);
    Ymm i16, join(_mm256_max_epi16 _mm256_min_epi16), see(), part(narrow _mm256_and_si256 _mm256_set1_epi32(0xffff), _mm256_srli_epi32 16, _mm256_packus_epi32);
    Ymm u32, join(_mm256_max_epu32 _mm256_min_epu32), see(), part(single _mm256_shuffle_ps _mm256_castsi256_ps _mm256_castps_si256);
    Ymm i32, join(_mm256_max_epi32 _mm256_min_epi32), see(), part(single _mm256_shuffle_ps _mm256_castsi256_ps _mm256_castps_si256);
    Ymm u64, join(i64::MIN), see(), part(double _mm256_unpacklo_epi64 _mm256_unpackhi_epi64);
    Ymm i64, join(0), see(), part(double _mm256_unpacklo_epi64 _mm256_unpackhi_epi64);
    Ymm f32, join(_mm256_max_ps _mm256_min_ps _mm256_castsi256_ps _mm256_castps_si256),
        see(bits _mm256_cmp_ps _mm256_castsi256_ps _mm256_castps_si256), part(single _mm256_shuffle_ps _mm256_castsi256_ps _mm256_castps_si256);
    Ymm f64, join(_mm256_max_pd _mm256_min_pd _mm256_castsi256_pd _mm256_castpd_si256),
        see(bits _mm256_cmp_pd _mm256_castsi256_pd _mm256_castpd_si256), part(double _mm256_unpacklo_epi64 _mm256_unpackhi_epi64);
}
