//! Windows along an outer axis: kept blocks joined element by element, several windows in one call.

use core::marker::PhantomData;
use core::ops::Range;

use windows_core::kernel::{Vectorized, vectorized};

use super::{Lanes, append, half_vectorized, parts, short};
use crate::fold::Join;
use crate::spans::Span;

/// Where blocks lie, by number; only the last few are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring {
    /// How many are kept: a power of two.
    pub(crate) kept: usize,
    /// From one to the next.
    pub(crate) pitch: usize,
    /// Of a block, what is of use.
    pub(crate) width: usize,
}

impl Ring {
    /// The place of a block.
    #[inline(always)]
    pub(crate) fn slot(self, block: usize) -> usize {
        block & (self.kept - 1)
    }

    /// Where a block begins.
    #[inline(always)]
    pub(crate) fn start(self, block: usize) -> usize {
        self.slot(block) * self.pitch
    }

    #[inline(always)]
    fn at(self, block: usize) -> Range<usize> {
        let start = self.start(block);
        start..start + self.width
    }
}

/// Where joined rows go: the first is at the start, each next one `pitch` further.
pub(crate) struct Places<'a, A> {
    pub(crate) rows: &'a mut [A],
    pub(crate) pitch: usize,
}

/// How far two stacks have come: the front one ends before `front_end`, the back one before `back_end`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stacks {
    pub(crate) front_end: usize,
    pub(crate) back_end: usize,
    /// In which of two places the join of the back one is.
    pub(crate) turned: bool,
}

impl<J: Join> Lanes<J> {
    leaf! {
        /// Joins the blocks of each window, top to bottom. Rows that fill no vector are short: the baseline will do.
        direct_short(
            J: Join, fold, out: Places<'a, J::Acc>, blocks: &'a [J::Acc], ring: Ring, spans: &'a [Span],
            apart: usize,
        ) {
            for (span, out) in spans.iter().zip(out.rows.chunks_mut(out.pitch)) {
                let out = &mut out[..ring.width];
                let block = |tap: usize| &blocks[ring.at(span.first + tap * apart)];
                match span.taps {
                    0 => out.fill(fold.identity()),
                    1 => out.copy_from_slice(block(0)),
                    taps if const { short::<J>() } => {
                        out.copy_from_slice(block(0));
                        (1..taps).for_each(|tap| append(fold, out, block(tap)));
                    }
                    2 => joined(fold, out, [block(0), block(1)]),
                    3 => joined(fold, out, [block(0), block(1), block(2)]),
                    4 => joined(fold, out, [block(0), block(1), block(2), block(3)]),
                    taps => {
                        joined(fold, out, [block(0), block(1), block(2), block(3), block(4)]);
                        (5..taps).for_each(|tap| append(fold, out, block(tap)));
                    }
                }
            }
        }
    }

    leaf! {
        /// Joins the blocks of each window by the two stacks of a queue.
        ///
        /// A block of the front stack stands for the join of everything from it to its end, `held.1` is
        /// the join of the back stack, and a window is one front block joined with that. When the front is
        /// used up, the back becomes the front, joined from its end on.
        stacks_short(
            J: Join, fold, out: Places<'a, J::Acc>, blocks: &'a mut [J::Acc], ring: Ring, spans: &'a [Span],
            held: (&'a mut [J::Acc], &'a mut [J::Acc]), stacks: Stacks,
        ) -> Stacks {
            let Stacks { mut front_end, mut back_end, turned } = stacks;
            let (last, held) = (&mut held.0[..ring.width], &mut held.1[..ring.width]);
            for (span, out) in spans.iter().zip(out.rows.chunks_mut(out.pitch)) {
                let out = &mut out[..ring.width];
                if span.taps == 0 {
                    out.fill(fold.identity());
                    continue;
                }
                let (lo, hi) = (span.first, span.end(1));
                if lo >= front_end {
                    to_front(fold, blocks, ring, lo..hi, last);
                    (front_end, back_end) = (hi, hi);
                }
                let front = if lo + 1 == front_end { &*last } else { &blocks[ring.at(lo + 1)] };
                if hi == front_end {
                    out.copy_from_slice(front);
                    continue;
                }
                for block in back_end..hi {
                    let next = &blocks[ring.at(block)];
                    if block == front_end {
                        held.copy_from_slice(next);
                    } else if block + 1 < hi {
                        append(fold, held, next);
                    } else {
                        append_joined(fold, out, held, front, next);
                    }
                }
                if back_end == hi || front_end + 1 == hi {
                    joined(fold, out, [front, held]);
                }
                back_end = hi;
            }
            Stacks { front_end, back_end, turned }
        }
    }
}

/// Makes blocks a front stack: the join of each and all behind it takes the place of the next block, and
/// the last block moves to `last`.
///
/// In place of the block itself, the compiler would store under a mask what is greater, which takes twice
/// as long.
#[inline(always)]
fn to_front<J: Join>(
    fold: J,
    blocks: &mut [J::Acc],
    ring: Ring,
    stack: Range<usize>,
    last: &mut [J::Acc],
) {
    let mut behind = stack.end - 1;
    last.copy_from_slice(&blocks[ring.at(behind)]);
    for block in stack.rev().skip(1) {
        let place = block + 1;
        if behind == place {
            let parts = blocks.get_disjoint_mut([ring.at(block), ring.at(place)]);
            let [this, out] = parts.expect("neighbouring blocks of the ring");
            joined(fold, out, [this, last]);
        } else {
            let parts = blocks.get_disjoint_mut([ring.at(block), ring.at(place), ring.at(behind)]);
            let [this, out, behind] = parts.expect("neighbouring blocks of the ring");
            joined(fold, out, [this, behind]);
        }
        behind = place;
    }
}

/// Joins runs left to right.
#[inline(always)]
fn joined<J: Join, const N: usize>(fold: J, out: &mut [J::Acc], runs: [&[J::Acc]; N]) {
    each_line!(out.len(), size_of::<J::Acc>(), const { short::<J>() }, |run| {
        let runs = parts(runs, run.clone());
        let out = &mut out[run];
        for i in 0..out.len() {
            let mut acc = runs[0][i];
            for run in &runs[1..] {
                acc = fold.join(acc, run[i]);
            }
            out[i] = acc;
        }
    });
}

/// Appends to what is held, and joins that to the right of `front`.
#[inline(always)]
fn append_joined<J: Join>(
    fold: J,
    out: &mut [J::Acc],
    held: &mut [J::Acc],
    front: &[J::Acc],
    run: &[J::Acc],
) {
    each_line!(out.len(), size_of::<J::Acc>(), const { short::<J>() || !J::IDEMPOTENT }, |part| {
        let (out, held) = (&mut out[part.clone()], &mut held[part.clone()]);
        let (front, run) = (&front[part.clone()], &run[part]);
        for i in 0..out.len() {
            let back = fold.join(held[i], run[i]);
            held[i] = back;
            out[i] = fold.join(front[i], back);
        }
    });
}
