//! Windows along an outer axis: blocks of reduced rows come in order, and are joined.
//!
//! Small windows are joined directly. Large ones take the two stacks of a queue: blocks of the front
//! stack hold the join of everything from them to its end, one block holds the join of the back stack,
//! and a window is one front block joined with that. When the front is used up, the back becomes the
//! front, joined from its end on. That is three joins a block whatever the size of the window, as in van
//! Herk's and Gil and Werman's method, and it asks only that windows move forwards: clipped, snapped and
//! strided windows need no other code. Nothing is ever taken out of a join.

use super::{Job, Level, Sink};
use crate::fold::Join;

/// Blocks, by number, of which only the last few are kept.
struct Ring<'s, A> {
    blocks: &'s mut [A],
    /// How many are kept.
    kept: usize,
    /// From one to the next.
    pitch: usize,
    /// Of a block, what is of use.
    width: usize,
}

impl<A> Ring<'_, A> {
    fn at(&self, block: usize) -> core::ops::Range<usize> {
        let start = block % self.kept * self.pitch;
        start..start + self.width
    }

    fn get(&self, block: usize) -> &[A] {
        &self.blocks[self.at(block)]
    }
}

/// Produces blocks from one to another into consecutive places.
pub(super) type Produce<'p, A> = &'p mut dyn FnMut(usize, usize, &mut [A]);

/// One level's scratch: its ring, and two blocks.
pub(super) struct Memory<'s, A> {
    pub(super) ring: &'s mut [A],
    pub(super) held: &'s mut [A],
}

/// Joins the windows at `positions` of a level, and hands each to the sink.
pub(super) fn join_columns<J: Join>(
    job: &Job<'_, J>,
    level: &Level,
    (pitch, width): (usize, usize),
    positions: core::ops::Range<usize>,
    memory: Memory<'_, J::Acc>,
    produce: Produce<'_, J::Acc>,
    sink: &mut Sink<'_, J>,
) {
    let mut ring = Ring { blocks: memory.ring, kept: level.kept, pitch, width };
    let held = &mut memory.held[..width];
    let first = positions.start;
    let mut made = level.keep.get(first).copied().unwrap_or(0) / level.batch * level.batch;
    let lanes = job.lanes;

    // Makes blocks up to `end`, leaving out batches that no window from `position` on looks at.
    let mut make = |ring: &mut Ring<'_, J::Acc>, made: &mut usize, position: usize, end: usize| {
        while *made < end {
            let to = (*made + level.batch).min(level.spans.reach);
            if to > level.keep[position] {
                let start = *made % ring.kept * ring.pitch;
                produce(*made, to, &mut ring.blocks[start..]);
            }
            *made += level.batch;
        }
    };

    if level.stacks {
        // front: `lo..front_end`, back: `front_end..back_end`.
        let (mut front_end, mut back_end) = (0, 0);
        for position in positions {
            let span = level.spans.each[position];
            if span.taps == 0 {
                held.fill(lanes.fold.identity());
                sink.emit(lanes, level, position, position - first, [&*held]);
                // What was held is lost: the next window starts afresh.
                front_end = 0;
                continue;
            }
            let (lo, hi) = (span.first, span.end(1));
            make(&mut ring, &mut made, position, hi);
            if lo >= front_end {
                for block in (lo..hi - 1).rev() {
                    let (this, next) = (ring.at(block), ring.at(block + 1));
                    let [this, next] = ring
                        .blocks
                        .get_disjoint_mut([this, next])
                        .expect("neighbouring blocks of a ring of two or more");
                    lanes.append(this, next);
                }
                (front_end, back_end) = (hi, hi);
            }
            for block in back_end..hi {
                if block == front_end {
                    held.copy_from_slice(ring.get(block));
                } else {
                    lanes.append(held, ring.get(block));
                }
            }
            back_end = hi;
            if back_end == front_end {
                sink.emit(lanes, level, position, position - first, [ring.get(lo)]);
            } else {
                sink.emit(lanes, level, position, position - first, [ring.get(lo), held]);
            }
        }
        return;
    }

    let apart = level.spans.dilation;
    for position in positions {
        let span = level.spans.each[position];
        make(&mut ring, &mut made, position, span.end(apart));
        let block = |tap: usize| ring.get(span.first + tap * apart);
        let row = position - first;
        match span.taps {
            0 => {
                held.fill(lanes.fold.identity());
                sink.emit(lanes, level, position, row, [&*held]);
            }
            1 => sink.emit(lanes, level, position, row, [block(0)]),
            2 => sink.emit(lanes, level, position, row, [block(0), block(1)]),
            3 => sink.emit(lanes, level, position, row, [block(0), block(1), block(2)]),
            taps => {
                lanes.join(held, [block(0), block(1), block(2)]);
                for tap in 3..taps - 1 {
                    lanes.append(held, block(tap));
                }
                sink.emit(lanes, level, position, row, [&*held, block(taps - 1)]);
            }
        }
    }
}
