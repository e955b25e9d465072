//! Extremes on vectors that are held in registers from one row, or one part of a row, to the next.
//!
//! The compiler vectorises a loop over the elements of some rows, but it cannot keep what several such
//! loops share: it stores it and loads it again, and short rows spend more on entering loops than in them.
//! Here a few vectors go down the rows instead, or along a row, and what is read is read once.
//!
//! Greatest and least elements only: an element may be joined twice, so that the last vector of a row
//! overlaps the one before it, and joining the identity changes no bit. NaN is looked for and not looked
//! at: [`Extreme`](crate::fold::Extreme) without propagation is what is computed.
#![allow(unsafe_code)]

pub(crate) mod columns;
pub(crate) mod halves;
pub(crate) mod pixels;
#[cfg(target_arch = "x86_64")]
mod register;
pub(crate) mod rows;

#[cfg(target_arch = "x86_64")]
pub(crate) use register::on_vectors;

/// Gives a computation back: there are no vectors.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn on_vectors<T, const FLIP: bool, C: OnVectors<T>>(
    _: windows_core::kernel::Isa,
    _: T,
    _: usize,
    computation: C,
) -> Result<C::Output, C> {
    Err(computation)
}

/// A vector of keys, of which the greatest are looked for. In memory they are elements, with other bits: those of
/// [`Vector::Flip`] are flipped on the way.
///
/// # Safety
/// Of all functions: the processor has the instructions of the vector. Of `load` and `store`: there are
/// [`Vector::LANES`] elements at the pointer, of any alignment.
pub trait Vector: Copy {
    type Element: Copy;
    /// What was found out about NaN.
    type Seen: Copy;
    /// Some of the lanes.
    type Chosen: Copy;
    /// What is flipped of elements for keys.
    type Flip: Copy;
    const LANES: usize;

    unsafe fn splat(flip: Self::Flip, value: Self::Element) -> Self;
    unsafe fn load(flip: Self::Flip, from: *const Self::Element) -> Self;
    /// Asks for what will be loaded. Nothing has to be there.
    unsafe fn fetch(from: *const Self::Element);
    unsafe fn store(self, flip: Self::Flip, to: *mut Self::Element);
    /// The lanes from one on, before another one.
    unsafe fn choose(from: usize, to: usize) -> Self::Chosen;
    /// The chosen lanes, each from its place, the others from `other`. Their places are not touched.
    unsafe fn load_chosen(
        flip: Self::Flip,
        from: *const Self::Element,
        lanes: Self::Chosen,
        other: Self,
    ) -> Self;
    /// The chosen lanes, each to its place.
    unsafe fn store_chosen(self, flip: Self::Flip, to: *mut Self::Element, lanes: Self::Chosen);
    /// `self` holds the earlier elements.
    unsafe fn join(self, right: Self) -> Self;
    /// The lanes from `by` on, and behind them the first of `next`. `by` is a power of two, at most half of
    /// the lanes, and known to the compiler.
    unsafe fn ahead(self, by: usize, next: Self) -> Self;
    /// The last lane of `before`, and behind it all but the last.
    unsafe fn behind(self, before: Self) -> Self;
    /// The even lanes of two vectors, and the odd ones, in an order that [`Vector::in_order`] undoes.
    unsafe fn part(self, next: Self) -> (Self, Self);
    unsafe fn in_order(self) -> Self;
    /// There was no NaN yet.
    unsafe fn unseen() -> Self::Seen;
    /// `seen`, and whether one of two vectors has a NaN.
    unsafe fn see(self, other: Self, seen: Self::Seen) -> Self::Seen;
    /// Whether there was one.
    unsafe fn any<const N: usize>(seen: [Self::Seen; N]) -> bool;
}

/// A computation on vectors of some kind.
pub trait OnVectors<E> {
    type Output;
    /// Whether it chooses lanes, for which AVX2 has no instructions that are fast.
    const CHOOSES: bool = false;

    /// Must be `#[inline(always)]`.
    ///
    /// # Safety
    /// The processor has the instructions of the vector, and there are as many elements as was said.
    unsafe fn run<V: Vector<Element = E>>(self, flip: V::Flip) -> Self::Output;
}

/// Where the vectors of a row of `width` elements begin, from `at` on: the last one is moved back to end
/// with the row, and what would be behind it is it once more.
#[inline(always)]
fn places<V: Vector, const N: usize>(at: usize, width: usize) -> [usize; N] {
    core::array::from_fn(|i| (at + i * V::LANES).min(width - V::LANES))
}

// Loops and no closures: those would be functions of their own, without the instructions of the caller.

#[inline(always)]
unsafe fn load_all<V: Vector, const N: usize>(
    flip: V::Flip,
    row: *const V::Element,
    at: [usize; N],
) -> [V; N] {
    // SAFETY: the caller's.
    unsafe {
        let mut vectors = [V::load(flip, row.add(at[0])); N];
        for i in 1..N {
            vectors[i] = V::load(flip, row.add(at[i]));
        }
        vectors
    }
}

#[inline(always)]
unsafe fn store_all<V: Vector, const N: usize>(
    flip: V::Flip,
    vectors: [V; N],
    row: *mut V::Element,
    at: [usize; N],
) {
    for i in 0..N {
        // SAFETY: the caller's.
        unsafe { vectors[i].store(flip, row.add(at[i])) };
    }
}

#[inline(always)]
unsafe fn join_all<V: Vector, const N: usize>(mut left: [V; N], right: [V; N]) -> [V; N] {
    for i in 0..N {
        // SAFETY: the caller's.
        left[i] = unsafe { left[i].join(right[i]) };
    }
    left
}

/// Does a row of a width in strips: four vectors at once, then what is left. Three are a strip where `threes` is asked
/// for: short rows are often so many, and large bodies are compiled once less without.
macro_rules! strips {
    ($vector:ident, $width:expr, |$at:ident| $body:expr) => {
        strips!(@ $vector, $width, false, |$at| $body)
    };
    ($vector:ident, $width:expr, threes, |$at:ident| $body:expr) => {
        strips!(@ $vector, $width, true, |$at| $body)
    };
    (@ $vector:ident, $width:expr, $threes:literal, |$at:ident| $body:expr) => {{
        let (width, lanes) = ($width, $vector::LANES);
        let mut place = 0;
        while place + 3 * lanes < width {
            let $at = places::<$vector, 4>(place, width);
            $body;
            place += 4 * lanes;
        }
        if $threes && place + 2 * lanes < width {
            let $at = places::<$vector, 3>(place, width);
            $body;
        } else {
            if place + lanes < width {
                let $at = places::<$vector, 2>(place, width);
                $body;
                place += 2 * lanes;
            }
            if place < width {
                let $at = places::<$vector, 1>(place, width);
                $body;
            }
        }
    }};
}
use strips;
