//! Small windows at step 2 along the row, straight from the data to the results.
//!
//! Nothing is stored between: data larger than the caches passes about as fast as it can be read.

use super::{OnVectors, Vector, join_all, places, store_all, strips};
use crate::kernel::columns::Places;
use crate::spans::Span;

/// Rows ahead that are asked for, and bytes on top: from the third-level cache, planes of 224 x 224 take a
/// quarter longer without.
const FETCH: (usize, usize) = (2, 2048);

/// Windows that vectors go down at once. Few, so that what is read meanwhile stays in the cache and in order.
const DOWN: usize = 16;

/// Rows of windows over a plane, where windows have `SIZE` neighbours, 2 or 3, at step 2 along a row.
///
/// The first and the last few of a row may lack elements, those between are at least a vector.
pub(crate) struct Halves<'a, A, const SIZE: usize> {
    pub(crate) out: Places<'a, A>,
    pub(crate) data: &'a [A],
    /// From one row of the data to the next, and the elements of each.
    pub(crate) pitch: usize,
    pub(crate) len: usize,
    /// The windows down the rows, and the distance of their taps.
    pub(crate) rows: &'a [Span],
    pub(crate) apart: usize,
    /// Windows along a row that lack none on the right, of which the first may lack the element before the
    /// row, and those that lack some on the right.
    pub(crate) windows: usize,
    pub(crate) lacks: bool,
    pub(crate) right: &'a [Span],
    /// Where the first window with all elements begins.
    pub(crate) first: usize,
    pub(crate) identity: A,
}

impl<A: Copy, const SIZE: usize> OnVectors<A> for Halves<'_, A, SIZE> {
    type Output = bool;

    #[inline(always)]
    unsafe fn run<V: Vector<Element = A>>(self) -> bool {
        let Self { out, data, pitch, len, rows, apart, windows, lacks, right, first, identity } =
            self;
        let (lanes, count) = (V::LANES, windows + right.len());
        let whole = windows - usize::from(lacks);
        let last = rows.iter().map(|span| span.end(apart)).max().unwrap_or(0);
        assert!(whole >= lanes && matches!(SIZE, 2 | 3), "whole vectors of pairs");
        assert!(
            first + 2 * (whole - 1) + SIZE <= len && first >= usize::from(lacks),
            "rows of windows"
        );
        assert!(last == 0 || data.len() >= (last - 1) * pitch + len, "rows of the data");
        let before = rows.len().saturating_sub(1) * out.pitch;
        assert!(out.rows.len() >= before + count, "a place for each row");
        // One that lacks elements is a lane of vectors that are within the row.
        let ends = |span: &Span| span.taps > 0 && span.end(1) <= len && span.first + SIZE > len;
        assert!(right.iter().all(ends), "windows at the end of a row");

        let ahead = FETCH.0 * pitch + FETCH.1 / size_of::<A>();
        let ahead = ahead.next_multiple_of(pitch);
        let data = data.as_ptr();
        let mut row = out.rows.as_mut_ptr();
        let mut nan = false;
        for rows in rows.chunks(DOWN) {
            // SAFETY: as asserted, rows are in the data, and so are the elements of windows in a row; vectors
            // of pairs end with the last window of the vector, as places end with `inner`. Of what is stored
            // for a window that lacks elements, all but one lane is overwritten.
            unsafe {
                let mut seen = [V::NONE; 4];
                for (number, window) in right.iter().enumerate().rev() {
                    let position = windows + number;
                    for (number, span) in rows.iter().enumerate() {
                        let mut acc = V::splat(identity);
                        for tap in 0..span.taps {
                            let from = data.add((span.first + tap * apart) * pitch + window.first);
                            for at in 0..window.taps {
                                let next = V::load(from.add(at + 1).sub(lanes));
                                seen[0] = next.see(next, seen[0]);
                                acc = acc.join(next);
                            }
                        }
                        acc.store(row.add(number * out.pitch + position + 1).sub(lanes));
                    }
                }
                // That of the first window, which may be one before the row.
                let from = data.add(first).wrapping_sub(2 * usize::from(lacks));
                strips!(V, windows, |at| {
                    // The element before the row.
                    let before = (lacks && at[0] == 0).then_some(V::splat(identity));
                    let mut to = row;
                    // The last row, which the next window may begin with.
                    let mut last = [V::splat(identity); _];
                    let mut shared = usize::MAX;
                    for span in rows {
                        let mut acc = [V::splat(identity); _];
                        let (mut from, mut taps) =
                            (from.wrapping_add(span.first * pitch), span.taps);
                        if taps > 0 && span.first == shared {
                            acc = last;
                            from = from.wrapping_add(pitch);
                            taps -= 1;
                        }
                        for _ in 0..taps {
                            last = halved::<V, _, SIZE>(from, at, before, ahead, &mut seen);
                            acc = join_all(acc, last);
                            from = from.wrapping_add(apart * pitch);
                        }
                        shared = if apart == 1 { span.end(1).wrapping_sub(1) } else { usize::MAX };
                        for i in 0..acc.len() {
                            acc[i] = acc[i].in_order();
                        }
                        store_all(acc, to, at);
                        to = to.wrapping_add(out.pitch);
                    }
                });
                nan |= V::any(seen);
            }
            row = row.wrapping_add(rows.len() * out.pitch);
        }
        nan
    }
}

/// Windows of `SIZE` neighbours at step 2, of those that begin at `2 * at` the first of a vector each: not
/// in order.
#[inline(always)]
unsafe fn halved<V: Vector, const N: usize, const SIZE: usize>(
    row: *const V::Element,
    at: [usize; N],
    before: Option<V>,
    ahead: usize,
    seen: &mut [V::Seen; 4],
) -> [V; N] {
    // SAFETY: the caller's.
    unsafe {
        let mut acc = [V::load(row.wrapping_add(2 * at[0] + V::LANES)); N];
        for i in 0..N {
            let from = row.wrapping_add(2 * at[i]);
            V::fetch(from.wrapping_add(ahead));
            V::fetch(from.wrapping_add(ahead + V::LANES));
            let this = match before {
                Some(before) if i == 0 => V::load(from.wrapping_add(1)).behind(before),
                _ => V::load(from),
            };
            let next = V::load(from.wrapping_add(V::LANES));
            seen[i] = this.see(next, seen[i]);
            let (even, odd) = this.part(next);
            acc[i] = even.join(odd);
            if SIZE == 3 {
                // The third of each, from one element before, so that it ends with the last window.
                let (this, next) =
                    (V::load(from.wrapping_add(1)), V::load(from.wrapping_add(1 + V::LANES)));
                acc[i] = acc[i].join(this.part(next).1);
                // All but the last are in a pair.
                if i + 1 == N {
                    seen[i] = next.see(next, seen[i]);
                }
            }
        }
        acc
    }
}
