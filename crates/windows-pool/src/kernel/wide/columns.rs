//! Windows along an outer axis, by vectors that go down the rows.
//!
//! ```text
//! blocks, kept in a ring       a strip: one to four vectors of a row
//!   0  [ 4 vectors | .. | 2 | 1 ]
//!   1  [     |                  ]     for each strip of a row:
//!   2  [     v                  ]         for each window, top to bottom:
//!   3  [                        ]             out[window] = block[first] + .. + block[first + taps - 1]
//! ```
//!
//! Two departures. Windows of as many blocks that follow each other share most of them: what two or four have in
//! common is joined once, in registers ([`Direct`]). Large windows take the two stacks of a queue, whose joins do not
//! grow with the window ([`Stacked`]).

use super::{OnVectors, Vector, join_all, load_all, places, store_all, strips};
use crate::kernel::columns::{Places, Ring, Stacks};
use crate::spans::Span;

/// What [`Joins::direct`](crate::kernel::joins::Joins::direct) does.
pub(crate) struct Direct<'a, A> {
    pub(crate) out: Places<'a, A>,
    pub(crate) blocks: &'a [A],
    pub(crate) ring: Ring,
    pub(crate) spans: &'a [Span],
    pub(crate) apart: usize,
    pub(crate) identity: A,
}

impl<A: Copy> OnVectors<A> for Direct<'_, A> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector<Element = A>>(self, flip: V::Flip) {
        let Self { out, blocks, ring, spans, apart, identity } = self;
        fits(&out, blocks, ring, spans, V::LANES);
        let (row, from) = (out.rows.as_mut_ptr(), blocks.as_ptr());
        // SAFETY: `fits`: places are within the width of a row, and rows within `out` and the ring.
        unsafe {
            strips!(V, ring.width, threes, |at| {
                let (mut row, mut spans) = (row, spans);
                while let [span, ..] = spans {
                    let first = from.add(ring.start(span.first));
                    let done = if alike(spans, 4, ring, apart) {
                        group::<V, _, 4>(flip, first, ring.pitch, span.taps, at, row, out.pitch);
                        4
                    } else if alike(spans, 2, ring, apart) {
                        group::<V, _, 2>(flip, first, ring.pitch, span.taps, at, row, out.pitch);
                        2
                    } else {
                        let mut joined = [V::splat(flip, identity); _];
                        if span.taps > 0 {
                            joined = load_all(flip, first, at);
                        }
                        for tap in 1..span.taps {
                            let block = from.add(ring.start(span.first + tap * apart));
                            joined = join_all(joined, load_all(flip, block, at));
                        }
                        store_all(flip, joined, row, at);
                        1
                    };
                    spans = &spans[done..];
                    row = row.wrapping_add(done * out.pitch);
                }
            });
        }
    }
}

/// Whether so many windows have as many taps each, or more, follow each other, and so do their blocks.
#[inline(always)]
fn alike(spans: &[Span], count: usize, ring: Ring, apart: usize) -> bool {
    if spans.len() < count {
        return false;
    }
    let Span { first, taps, .. } = spans[0];
    apart == 1
        && taps >= count
        && ring.slot(first) + taps + count - 1 <= ring.kept
        && (1..count).all(|i| spans[i].first == first + i && spans[i].taps == taps)
}

/// Joins the windows of `taps` blocks from each of `G` blocks on: what all of them share is joined once.
///
/// # Safety
/// That of [`Vector`], for all places in all these rows; `taps` is at least `G`.
#[inline(always)]
unsafe fn group<V: Vector, const N: usize, const G: usize>(
    flip: V::Flip,
    from: *const V::Element,
    pitch: usize,
    taps: usize,
    at: [usize; N],
    to: *mut V::Element,
    to_pitch: usize,
) {
    // SAFETY: the caller's.
    unsafe {
        let mut shared = load_all::<V, N>(flip, from.add((G - 1) * pitch), at);
        for tap in G..taps {
            shared = join_all(shared, load_all(flip, from.add(tap * pitch), at));
        }
        let mut front = [shared; G];
        for i in (0..G - 1).rev() {
            front[i] = join_all(load_all(flip, from.add(i * pitch), at), front[i + 1]);
        }
        store_all(flip, front[0], to, at);
        let mut back = load_all::<V, N>(flip, from.add(taps * pitch), at);
        for i in 1..G {
            store_all(flip, join_all(front[i], back), to.add(i * to_pitch), at);
            if i + 1 < G {
                back = join_all(back, load_all(flip, from.add((taps + i) * pitch), at));
            }
        }
    }
}

/// What [`Lanes::stacks_short`](crate::kernel::Lanes::stacks_short) does, with two differences: the front stack stands
/// where its blocks were, and the join of an empty back stack is the identity, which changes no bit.
pub(crate) struct Stacked<'a, A> {
    pub(crate) out: Places<'a, A>,
    pub(crate) blocks: &'a mut [A],
    pub(crate) ring: Ring,
    pub(crate) spans: &'a [Span],
    /// The join of the back stack is in one of them, the next one goes to the other: vectors that overlap
    /// both begin with what was.
    pub(crate) held: [&'a mut [A]; 2],
    pub(crate) stacks: Stacks,
    pub(crate) identity: A,
}

impl<A: Copy> OnVectors<A> for Stacked<'_, A> {
    type Output = Stacks;

    #[inline(always)]
    unsafe fn run<V: Vector<Element = A>>(self, flip: V::Flip) -> Stacks {
        let Self { out, blocks, ring, spans, held: [this, that], stacks, identity } = self;
        fits(&out, blocks, ring, spans, V::LANES);
        assert!(this.len() >= ring.width && that.len() >= ring.width, "room for the back stack");
        let (this, that) = (this.as_mut_ptr(), that.as_mut_ptr());
        let Stacks { mut front_end, mut back_end, mut turned } = stacks;
        let (rows, blocks) = (out.rows.as_mut_ptr(), blocks.as_mut_ptr());
        let mut done = 0;
        while let Some(span) = spans.get(done) {
            let row = rows.wrapping_add(done * out.pitch);
            if span.taps == 0 {
                // SAFETY: as below.
                unsafe {
                    strips!(V, ring.width, |at| store_all(
                        flip,
                        [V::splat(flip, identity); _],
                        row,
                        at
                    ));
                }
                done += 1;
                continue;
            }
            let fresh = span.first >= front_end;
            if fresh {
                (front_end, back_end) = (span.end(1), span.end(1));
            }
            let rest = &spans[done..];
            let of_front = |span: &&Span| span.taps > 0 && span.first < front_end;
            let windows = &rest[..rest.iter().take_while(of_front).count()];
            let (from, to) = if turned { (that, this) } else { (this, that) };
            // SAFETY: `fits`: places are within the width of a row, and rows within `out` and the ring; so
            // they are within what is held. The four are borrowed for themselves.
            unsafe {
                strips!(V, ring.width, threes, |at| {
                    let mut held = [V::splat(flip, identity); _];
                    if fresh {
                        let mut front =
                            load_all::<V, _>(flip, blocks.add(ring.start(front_end - 1)), at);
                        for block in (span.first..front_end - 1).rev() {
                            let block = blocks.add(ring.start(block));
                            front = join_all(load_all(flip, block, at), front);
                            store_all(flip, front, block, at);
                        }
                    } else {
                        held = load_all(flip, from, at);
                    }
                    let (mut end, mut row) = (back_end, row);
                    for span in windows {
                        for block in end..span.end(1) {
                            held =
                                join_all(held, load_all(flip, blocks.add(ring.start(block)), at));
                        }
                        end = end.max(span.end(1));
                        let front = load_all(flip, blocks.add(ring.start(span.first)), at);
                        store_all(flip, join_all(front, held), row, at);
                        row = row.wrapping_add(out.pitch);
                    }
                    store_all(flip, held, to, at);
                });
            }
            turned = !turned;
            back_end = windows.iter().map(|span| span.end(1)).fold(back_end, usize::max);
            done += windows.len();
        }
        Stacks { front_end, back_end, turned }
    }
}

/// Whether all that is read and written is there.
#[inline(always)]
fn fits<A>(out: &Places<'_, A>, blocks: &[A], ring: Ring, spans: &[Span], lanes: usize) {
    let last = spans.len().saturating_sub(1) * out.pitch;
    assert!(out.rows.len() >= last + ring.width, "a place for each row");
    assert!(ring.width <= ring.pitch && blocks.len() >= ring.kept * ring.pitch, "a whole ring");
    assert!(ring.width >= lanes && ring.kept.is_power_of_two(), "rows of whole vectors");
}
