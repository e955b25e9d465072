//! Small windows of pixels whose channels lie innermost, straight from the data to the results.
//!
//! ```text
//! row of pixels  [ channels ] [ channels ] [ channels ] ..
//!                  ^ strip      ^ strip
//! for each window: for each strip of channels: out = the strip of each pixel of the window, joined
//! ```
//!
//! Pixels are read as often as windows look at them, so there must be few; nothing is stored between.

use super::{OnVectors, Vector, places, store_all, strips};
use crate::kernel::columns::Places;
use crate::spans::Span;

/// Rows of windows over a plane of pixels of `inner` elements each, which are a vector at least.
pub(crate) struct Pixels<'a, A> {
    pub(crate) out: Places<'a, A>,
    pub(crate) data: &'a [A],
    /// From one row of the data to the next, and the pixels of each.
    pub(crate) pitch: usize,
    pub(crate) len: usize,
    pub(crate) inner: usize,
    /// The windows down the rows and along them, and the distances of their taps.
    pub(crate) rows: (&'a [Span], usize),
    pub(crate) columns: (&'a [Span], usize),
    pub(crate) identity: A,
}

impl<A: Copy> OnVectors<A> for Pixels<'_, A> {
    type Output = bool;

    #[inline(always)]
    unsafe fn run<V: Vector<Element = A>>(self, flip: V::Flip) -> bool {
        let Self { out, data, pitch, len, inner, rows, columns, identity } = self;
        let reach = |(spans, apart): (&[Span], usize)| {
            spans.iter().map(|span| span.end(apart)).max().unwrap_or(0)
        };
        let end = reach(rows).checked_sub(1).map_or(Some(0), |last| {
            last.checked_mul(pitch).and_then(|last| last.checked_add(len * inner))
        });
        assert!(end.is_some_and(|end| end <= data.len()), "rows of the data");
        assert!(reach(columns) <= len && inner >= V::LANES, "pixels of a row");
        let ((rows, down), (columns, along)) = (rows, columns);
        let last = rows.len().saturating_sub(1) * out.pitch;
        assert!(out.rows.len() >= last + columns.len() * inner, "a place for each row");

        let (data, mut to) = (data.as_ptr(), out.rows.as_mut_ptr());
        // SAFETY: as asserted, windows are in the data, and vectors in their pixels.
        unsafe {
            let mut seen = [V::unseen(); 4];
            for row in rows {
                let mut place = to;
                for column in columns {
                    let from = data.wrapping_add(row.first * pitch + column.first * inner);
                    macro_rules! window {
                        ($rows:expr, $columns:expr) => {{
                            let (rows, columns) =
                                (($rows, down * pitch), ($columns, along * inner));
                            strips!(V, inner, |at| {
                                let acc = joined::<V, _>(
                                    flip, from, rows, columns, at, identity, &mut seen,
                                );
                                store_all(flip, acc, place, at);
                            });
                        }};
                    }
                    // Apart, so that the compiler knows the usual numbers.
                    match (row.taps, column.taps) {
                        (2, 2) => window!(2, 2),
                        (3, 3) => window!(3, 3),
                        (rows, columns) => window!(rows, columns),
                    }
                    place = place.wrapping_add(inner);
                }
                to = to.wrapping_add(out.pitch);
            }
            V::any(seen)
        }
    }
}

/// Joins the pixels of a window, row by row: so many rows and columns, and their distances.
///
/// # Safety
/// That of [`Vector`], for places `at` in each of those pixels.
#[inline(always)]
unsafe fn joined<V: Vector, const N: usize>(
    flip: V::Flip,
    from: *const V::Element,
    rows: (usize, usize),
    columns: (usize, usize),
    at: [usize; N],
    identity: V::Element,
    seen: &mut [V::Seen; 4],
) -> [V; N] {
    // SAFETY: the caller's.
    unsafe {
        let mut acc = [V::splat(flip, identity); N];
        for row in 0..rows.0 {
            let line = from.wrapping_add(row * rows.1);
            for column in (0..columns.0).step_by(2) {
                // Two by two, for one comparison finds a NaN in either.
                let this = line.wrapping_add(column * columns.1);
                let pair = column + 1 < columns.0;
                let next = if pair { this.wrapping_add(columns.1) } else { this };
                for i in 0..N {
                    let (this, next) = (
                        V::load(flip, this.wrapping_add(at[i])),
                        V::load(flip, next.wrapping_add(at[i])),
                    );
                    seen[i] = this.see(next, seen[i]);
                    acc[i] = acc[i].join(this);
                    if pair {
                        acc[i] = acc[i].join(next);
                    }
                }
            }
        }
        acc
    }
}
