//! Small windows at step 2 along the row, straight from the data to the results.
//!
//! ```text
//! row      a b c d e f g h      two vectors
//! even     a c e g              odd  b d f h
//! pairs    a+b c+d e+f g+h      of three: + c e g .., the even ones from the second on
//!
//! for each strip of a row of windows:
//!     for each row of windows: out = halved(first row) + halved(next row) + ..
//! ```
//!
//! Departures: a row that two windows share is halved once; windows that lack an element at the end of a row are done
//! before, and all but theirs is overwritten; pairs of two rows, where nothing is shared, are done row by row, so that
//! memory is read from front to back.
//!
//! Nothing is stored between: data larger than the caches passes about as fast as it can be read.

use super::{OnVectors, Vector, join_all, places, store_all, strips};
use crate::kernel::columns::Places;
use crate::spans::Span;

/// Rows ahead that are asked for, and bytes on top: from the third-level cache, planes of 224 x 224 take a
/// quarter longer without, if vectors are not aligned.
const FETCH: (usize, usize) = (4, 2048);

/// Rows of windows that vectors go down at once. Few, so that what is read meanwhile stays in the cache and in
/// order.
const DOWN: usize = 16;

/// Rows of windows over a plane, where windows have two or three neighbours at step 2 along a row.
///
/// The first and the last few of a row may lack elements, those between are at least a vector.
pub(crate) struct Halves<'a, A> {
    pub(crate) out: Places<'a, A>,
    pub(crate) data: &'a [A],
    /// From one row of the data to the next, and the elements of each.
    pub(crate) pitch: usize,
    pub(crate) len: usize,
    /// The windows down the rows, and the distance of their taps.
    pub(crate) rows: &'a [Span],
    pub(crate) apart: usize,
    /// From each window to the one below, if all are as far apart, with as many taps.
    pub(crate) even: Option<usize>,
    /// Windows along a row that lack none on the right, of which the first may lack the element before the
    /// row, and those that lack some on the right.
    pub(crate) windows: usize,
    pub(crate) lacks: bool,
    pub(crate) right: &'a [Span],
    /// Where the first window with all elements begins.
    pub(crate) first: usize,
    pub(crate) identity: A,
}

impl<A> Halves<'_, A> {
    /// Windows of a row that lack no element.
    pub(crate) fn whole(&self) -> usize {
        self.windows - usize::from(self.lacks)
    }
}

/// [`Halves`] of so many neighbours.
pub(crate) struct Sized<'a, A, const SIZE: usize>(pub(crate) Halves<'a, A>);

impl<A: Copy, const SIZE: usize> OnVectors<A> for Sized<'_, A, SIZE> {
    type Output = bool;

    #[inline(always)]
    unsafe fn run<V: Vector<Element = A>>(self, flip: V::Flip) -> bool {
        let whole = self.0.whole();
        let Halves { out, data, pitch, len, rows, apart, .. } = self.0;
        let Halves { even, windows, lacks, right, first, identity, .. } = self.0;
        let (lanes, count) = (V::LANES, windows + right.len());
        assert!(whole >= lanes && matches!(SIZE, 2 | 3), "whole vectors of pairs");
        assert!(
            first + 2 * (whole - 1) + SIZE <= len && first >= usize::from(lacks),
            "rows of windows"
        );
        let there = data.len().checked_sub(len).map_or(0, |last| last / pitch + 1);
        let before = rows.len().saturating_sub(1) * out.pitch;
        assert!(out.rows.len() >= before + count, "a place for each row");
        // One that lacks elements is a lane of vectors that are within the row.
        let ends = |span: &Span| span.taps > 0 && span.end(1) <= len && span.first + SIZE > len;
        assert!(right.iter().all(ends), "windows at the end of a row");

        // Windows of two rows that lack nothing need not be looked at one by one.
        let whole_pairs = SIZE == 2 && !lacks && right.is_empty();
        let even = even.filter(|_| whole_pairs && rows.first().is_some_and(|span| span.taps == 2));
        match even {
            // The last one is the furthest.
            Some(step) => {
                let reach = (rows.len() - 1).checked_mul(step);
                let end = reach.and_then(|reach| reach.checked_add(rows[0].end(apart)));
                assert!(end.is_some_and(|end| end <= there), "rows of the data");
            }
            None => {
                assert!(rows.iter().all(|span| span.end(apart) <= there), "rows of the data");
            }
        }

        // SAFETY: as asserted, rows are in the data, and so are the elements of windows in a row; vectors
        // of pairs end with the last window of the vector, and that ends with `windows`. Of what is stored
        // for a window that lacks elements, all but one lane is overwritten.
        unsafe {
            let from = Rows {
                flip,
                first: data.as_ptr().wrapping_add(first).wrapping_sub(2 * usize::from(lacks)),
                pitch,
                apart,
                before: lacks.then_some(V::splat(flip, identity)),
                ahead: (FETCH.0 * pitch + FETCH.1 / size_of::<A>()).next_multiple_of(pitch),
            };
            let mut row = out.rows.as_mut_ptr();
            let mut seen = [V::unseen(); 4];
            if let Some(step) = even {
                let from = Rows { before: None, ..from };
                let rows = (rows[0].first, step, rows.len());
                pairs::<V>(from, rows, (row, out.pitch), windows, &mut seen);
                return V::any(seen);
            }
            for rows in rows.chunks(DOWN) {
                for (number, window) in right.iter().enumerate().rev() {
                    let position = windows + number;
                    for (number, span) in rows.iter().enumerate() {
                        let mut acc = V::splat(flip, identity);
                        for tap in 0..span.taps {
                            let at = (span.first + tap * apart) * pitch + window.first;
                            for tap in 0..window.taps {
                                let next =
                                    V::load(flip, data.as_ptr().add(at + tap + 1).sub(lanes));
                                seen[0] = next.see(next, seen[0]);
                                acc = acc.join(next);
                            }
                        }
                        acc.store(flip, row.add(number * out.pitch + position + 1).sub(lanes));
                    }
                }
                strips!(V, windows, |at| {
                    down::<V, _, SIZE>(from, rows, at, (row, out.pitch), identity, &mut seen);
                });
                row = row.wrapping_add(rows.len() * out.pitch);
            }
            V::any(seen)
        }
    }
}

/// Rows of the data: of the first one where its first window begins, or would if it lacks an element.
#[derive(Clone, Copy)]
struct Rows<V: Vector> {
    flip: V::Flip,
    first: *const V::Element,
    pitch: usize,
    apart: usize,
    /// In place of what the first window lacks.
    before: Option<V>,
    /// So many elements ahead of what is loaded are asked for.
    ahead: usize,
}

/// Windows of two rows, a row after the other: nothing is shared, and a plane is read from front to back. They
/// begin with a row, at a step, and are so many.
///
/// # Safety
/// That of [`halved`], for each vector of windows.
#[inline(always)]
unsafe fn pairs<V: Vector>(
    data: Rows<V>,
    (first, step, count): (usize, usize, usize),
    (mut to, pitch): (*mut V::Element, usize),
    windows: usize,
    seen: &mut [V::Seen; 4],
) {
    let flip = data.flip;
    let mut top = data.first.wrapping_add(first * data.pitch);
    for _ in 0..count {
        let below = top.wrapping_add(data.apart * data.pitch);
        macro_rules! vector {
            ($at:expr) => {{
                let above = halved::<V, 1, 2>(data, top, [$at], &mut seen[..1]);
                let below = halved::<V, 1, 2>(data, below, [$at], &mut seen[1..]);
                store_all(flip, in_order(join_all(above, below)), to, [$at]);
            }};
        }
        // SAFETY: the caller's.
        unsafe {
            let mut at = 0;
            while at + V::LANES <= windows {
                vector!(at);
                at += V::LANES;
            }
            if at < windows {
                vector!(windows - V::LANES);
            }
        }
        (top, to) = (top.wrapping_add(step * data.pitch), to.wrapping_add(pitch));
    }
}

/// Some vectors of windows of each row, row after row: one that two windows share is halved once.
///
/// # Safety
/// That of [`halved`], for each row.
#[inline(always)]
unsafe fn down<V: Vector, const N: usize, const SIZE: usize>(
    data: Rows<V>,
    rows: &[Span],
    at: [usize; N],
    (mut to, pitch): (*mut V::Element, usize),
    identity: V::Element,
    seen: &mut [V::Seen; 4],
) {
    // SAFETY: the caller's.
    unsafe {
        let flip = data.flip;
        // The last row, which the next window may begin with.
        let mut last = [V::splat(flip, identity); N];
        let mut shared = usize::MAX;
        for span in rows {
            let mut acc = [V::splat(flip, identity); N];
            let mut from = data.first.wrapping_add(span.first * data.pitch);
            let mut taps = span.taps;
            if taps > 0 && span.first == shared {
                acc = last;
                from = from.wrapping_add(data.pitch);
                taps -= 1;
            }
            for _ in 0..taps {
                last = halved::<V, N, SIZE>(data, from, at, seen);
                acc = join_all(acc, last);
                from = from.wrapping_add(data.apart * data.pitch);
            }
            shared = if data.apart == 1 { span.end(1).wrapping_sub(1) } else { usize::MAX };
            if SIZE == 2 {
                acc = in_order(acc);
            }
            store_all(flip, acc, to, at);
            to = to.wrapping_add(pitch);
        }
    }
}

/// # Safety
/// That of [`Vector`].
#[inline(always)]
unsafe fn in_order<V: Vector, const N: usize>(mut mixed: [V; N]) -> [V; N] {
    for i in 0..N {
        // SAFETY: the caller's.
        mixed[i] = unsafe { mixed[i].in_order() };
    }
    mixed
}

/// Windows of `SIZE` neighbours at step 2 of a row, of those that begin at `2 * at` the first of a vector each:
/// of two, not in order.
///
/// # Safety
/// That of [`Vector`], for the elements of those windows.
#[inline(always)]
unsafe fn halved<V: Vector, const N: usize, const SIZE: usize>(
    data: Rows<V>,
    row: *const V::Element,
    at: [usize; N],
    seen: &mut [V::Seen],
) -> [V; N] {
    // SAFETY: the caller's.
    unsafe {
        let flip = data.flip;
        let mut acc = [V::load(flip, row.wrapping_add(2 * at[0] + V::LANES)); N];
        for i in 0..N {
            let from = row.wrapping_add(2 * at[i]);
            V::fetch(from.wrapping_add(data.ahead));
            V::fetch(from.wrapping_add(data.ahead + V::LANES));
            let this = match data.before {
                Some(before) if i == 0 && at[0] == 0 => {
                    V::load(flip, from.wrapping_add(1)).behind(before)
                }
                _ => V::load(flip, from),
            };
            let next = V::load(flip, from.wrapping_add(V::LANES));
            seen[i] = this.see(next, seen[i]);
            let (even, odd) = this.part(next);
            acc[i] = even.join(odd);
            if SIZE == 3 {
                // The third of each is the first of the next; that of the last is in no pair.
                let third = V::splat(flip, *from.wrapping_add(2 * V::LANES));
                acc[i] = acc[i].in_order().join(even.in_order().ahead(1, third));
                if i + 1 == N {
                    seen[i] = third.see(third, seen[i]);
                }
            }
        }
        acc
    }
}
