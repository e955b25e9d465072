//! Registers of a set of instructions, as vectors that are joined.

use core::marker::PhantomData;

use windows_core::kernel::Isa;
use windows_simd::{Compute, Element, Extreme, Moves, Simd};

use super::{OnVectors, Vector};

/// A register of the set `S`, of keys.
struct Joined<S: Simd, T: Element, const FLIP: bool>(S::V<T>, PhantomData<S>);

impl<S: Simd, T: Element, const FLIP: bool> Clone for Joined<S, T, FLIP> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Simd, T: Element, const FLIP: bool> Copy for Joined<S, T, FLIP> {}

impl<S: Simd, T: Element, const FLIP: bool> Joined<S, T, FLIP> {
    #[inline(always)]
    fn of(register: S::V<T>) -> Self {
        Self(register, PhantomData)
    }

    /// Elements as keys, and back.
    #[inline(always)]
    fn flipped(simd: S, flip: S::V<T>, register: S::V<T>) -> S::V<T> {
        if FLIP { simd.xor(register, flip) } else { register }
    }

    /// # Safety
    /// The processor has the set.
    #[inline(always)]
    unsafe fn simd() -> S {
        // SAFETY: the caller's.
        unsafe { S::new_unchecked() }
    }
}

// SAFETY of all blocks: the caller of a function of `Vector` has the set, and its elements.
impl<S: Extreme<T> + Moves, T: Element, const FLIP: bool> Vector for Joined<S, T, FLIP> {
    type Element = T;
    type Seen = S::Seen;
    type Chosen = S::M<T>;
    type Flip = S::V<T>;
    const LANES: usize = S::BYTES / size_of::<T>();

    #[inline(always)]
    unsafe fn splat(flip: S::V<T>, value: T) -> Self {
        // SAFETY: the caller's.
        let simd = unsafe { Self::simd() };
        Self::of(Self::flipped(simd, flip, simd.splat(value)))
    }

    #[inline(always)]
    unsafe fn load(flip: S::V<T>, from: *const T) -> Self {
        // SAFETY: the caller's.
        let (simd, elements) = unsafe { (Self::simd(), Self::simd().load(from)) };
        Self::of(Self::flipped(simd, flip, elements))
    }

    #[inline(always)]
    unsafe fn fetch(from: *const T) {
        // SAFETY: the caller's.
        unsafe { Self::simd() }.prefetch(from);
    }

    #[inline(always)]
    unsafe fn store(self, flip: S::V<T>, to: *mut T) {
        // SAFETY: the caller's.
        unsafe {
            let simd = Self::simd();
            simd.store(to, Self::flipped(simd, flip, self.0));
        }
    }

    #[inline(always)]
    unsafe fn choose(from: usize, to: usize) -> S::M<T> {
        // SAFETY: the caller's.
        unsafe { Self::simd() }.mask::<T>(from, to - from)
    }

    #[inline(always)]
    unsafe fn load_chosen(flip: S::V<T>, from: *const T, lanes: S::M<T>, other: Self) -> Self {
        // SAFETY: the caller's.
        unsafe {
            let simd = Self::simd();
            let other = Self::flipped(simd, flip, other.0);
            Self::of(Self::flipped(simd, flip, simd.load_masked_or(from, lanes, other)))
        }
    }

    #[inline(always)]
    unsafe fn store_chosen(self, flip: S::V<T>, to: *mut T, lanes: S::M<T>) {
        // SAFETY: the caller's.
        unsafe {
            let simd = Self::simd();
            simd.store_masked(to, lanes, Self::flipped(simd, flip, self.0));
        }
    }

    #[inline(always)]
    unsafe fn join(self, right: Self) -> Self {
        // SAFETY: the caller's.
        Self::of(unsafe { Self::simd() }.first_of_greatest(self.0, right.0))
    }

    #[inline(always)]
    unsafe fn ahead(self, by: usize, next: Self) -> Self {
        // SAFETY: the caller's.
        Self::of(unsafe { Self::simd() }.ahead(self.0, by, next.0))
    }

    #[inline(always)]
    unsafe fn behind(self, before: Self) -> Self {
        // SAFETY: the caller's.
        Self::of(unsafe { Self::simd() }.behind(self.0, before.0))
    }

    #[inline(always)]
    unsafe fn part(self, next: Self) -> (Self, Self) {
        // SAFETY: the caller's.
        let (even, odd) = unsafe { Self::simd() }.part(self.0, next.0);
        (Self::of(even), Self::of(odd))
    }

    #[inline(always)]
    unsafe fn in_order(self) -> Self {
        // SAFETY: the caller's.
        Self::of(unsafe { Self::simd() }.in_order(self.0))
    }

    #[inline(always)]
    unsafe fn unseen() -> S::Seen {
        // SAFETY: the caller's.
        unsafe { Self::simd() }.unseen()
    }

    #[inline(always)]
    unsafe fn see(self, other: Self, seen: S::Seen) -> S::Seen {
        // SAFETY: the caller's.
        unsafe { Self::simd() }.see_nan(self.0, other.0, seen)
    }

    #[inline(always)]
    unsafe fn any<const N: usize>(seen: [S::Seen; N]) -> bool {
        // SAFETY: the caller's.
        unsafe { Self::simd() }.any(seen)
    }
}

/// A computation on vectors of `T`, with rows that fill them, and what is flipped of elements for keys.
struct On<C, T, const FLIP: bool> {
    computation: C,
    bits: T,
}

impl<T: Element, const FLIP: bool, S: Extreme<T> + Moves, C: OnVectors<T>> Compute<S>
    for On<C, T, FLIP>
{
    type Output = C::Output;

    #[inline(always)]
    fn run(self, simd: S) -> C::Output {
        let flip = simd.splat(self.bits);
        // SAFETY: the set is there, for its token is; `on_vectors` asked for the elements before it made this.
        unsafe { self.computation.run::<Joined<S, T, FLIP>>(flip) }
    }
}

/// Runs a computation on the widest vectors that `isa` has and that rows of `least` elements fill, or gives
/// it back. If `FLIP`, `bits` are flipped of elements for keys.
#[inline(always)]
pub(crate) fn on_vectors<T: Element, const FLIP: bool, C: OnVectors<T>>(
    isa: Isa,
    bits: T,
    least: usize,
    computation: C,
) -> Result<C::Output, C>
where
    windows_simd::Avx512: Extreme<T>,
    windows_simd::Avx2: Extreme<T>,
{
    use windows_simd::{Avx2, Avx512};

    let (wide, half) = (Avx512::width::<T>(), Avx2::width::<T>());
    if least < half {
        return Err(computation);
    }
    let on = On::<C, T, FLIP> { computation, bits };
    // Short rows, where half a vector less is done twice.
    let fewer = least < 2 * wide && least.next_multiple_of(half) < least.next_multiple_of(wide);
    if least >= wide
        && !fewer
        && let Some(simd) = Avx512::within(isa)
    {
        return Ok(simd.enter(on));
    }
    // Not even compiled: computations that choose are large.
    if C::CHOOSES {
        return Err(on.computation);
    }
    match Avx2::within(isa) {
        Some(simd) => Ok(simd.enter(on)),
        None => Err(on.computation),
    }
}
