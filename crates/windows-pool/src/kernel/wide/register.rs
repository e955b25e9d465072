//! Registers of a set of instructions, as vectors that are joined.

use core::marker::PhantomData;

use windows_core::kernel::Isa;
use windows_simd::{Compute, Element, Extreme, Moves, Simd};

use super::{OnVectors, Vector};

/// A register of the set `S` under a maximum or a minimum.
struct Joined<S: Simd, T: Element, const MAX: bool>(S::V<T>, PhantomData<S>);

impl<S: Simd, T: Element, const MAX: bool> Clone for Joined<S, T, MAX> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Simd, T: Element, const MAX: bool> Copy for Joined<S, T, MAX> {}

impl<S: Simd, T: Element, const MAX: bool> Joined<S, T, MAX> {
    #[inline(always)]
    fn of(register: S::V<T>) -> Self {
        Self(register, PhantomData)
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
impl<S: Extreme<T> + Moves, T: Element, const MAX: bool> Vector for Joined<S, T, MAX> {
    type Element = T;
    type Seen = S::Seen;
    type Chosen = S::M<T>;
    const LANES: usize = S::BYTES / size_of::<T>();

    #[inline(always)]
    unsafe fn splat(value: T) -> Self {
        // SAFETY: the caller's.
        Self::of(unsafe { Self::simd() }.splat(value))
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller's.
        Self::of(unsafe { Self::simd().load(from) })
    }

    #[inline(always)]
    unsafe fn fetch(from: *const T) {
        // SAFETY: the caller's.
        unsafe { Self::simd() }.prefetch(from);
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller's.
        unsafe { Self::simd().store(to, self.0) }
    }

    #[inline(always)]
    unsafe fn choose(from: usize, to: usize) -> S::M<T> {
        // SAFETY: the caller's.
        unsafe { Self::simd() }.mask::<T>(from, to - from)
    }

    #[inline(always)]
    unsafe fn load_chosen(from: *const T, lanes: S::M<T>, other: Self) -> Self {
        // SAFETY: the caller's.
        Self::of(unsafe { Self::simd().load_masked_or(from, lanes, other.0) })
    }

    #[inline(always)]
    unsafe fn store_chosen(self, to: *mut T, lanes: S::M<T>) {
        // SAFETY: the caller's.
        unsafe { Self::simd().store_masked(to, lanes, self.0) }
    }

    #[inline(always)]
    unsafe fn join(self, right: Self) -> Self {
        // SAFETY: the caller's.
        let simd = unsafe { Self::simd() };
        Self::of(if MAX {
            simd.first_of_greatest(self.0, right.0)
        } else {
            simd.first_of_least(self.0, right.0)
        })
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

/// A computation on vectors of `T`, with rows that fill them.
struct On<C, T, const MAX: bool> {
    computation: C,
    element: PhantomData<T>,
}

impl<T: Element, const MAX: bool, S: Extreme<T> + Moves, C: OnVectors<T>> Compute<S>
    for On<C, T, MAX>
{
    type Output = C::Output;

    #[inline(always)]
    fn run(self, _: S) -> C::Output {
        // SAFETY: the set is there, for its token is; `on_vectors` asked for the elements before it made this.
        unsafe { self.computation.run::<Joined<S, T, MAX>>() }
    }
}

/// Runs a computation on the widest vectors that `isa` has and that rows of `least` elements fill, or gives
/// it back.
pub(crate) fn on_vectors<T: Element, const MAX: bool, C: OnVectors<T>>(
    isa: Isa,
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
    let on = On::<C, T, MAX> { computation, element: PhantomData };
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
