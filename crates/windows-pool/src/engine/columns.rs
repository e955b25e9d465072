//! Windows along an outer axis: blocks of reduced rows come in order, and are joined.
//!
//! Small windows are joined directly. Large ones take the two stacks of a queue: three joins a block
//! whatever the size of the window, as in van Herk's and Gil and Werman's method, and it asks only that
//! windows move forwards: clipped, snapped and strided windows need no other code. Nothing is ever taken
//! out of a join.
//!
//! All windows that the blocks made so far are enough for are joined in one call: small planes are one
//! or two calls each, whatever their number of rows.

use core::ops::Range;

use bytemuck::Pod;

use super::{Job, Level, Sink};
use crate::kernel::columns::{Places, Ring, Stacks};

/// Produces blocks from one to another into consecutive places.
pub(super) type Produce<'p, A> = &'p mut dyn FnMut(usize, usize, &mut [A]);

/// One level's scratch.
pub(super) struct Memory<'s, A> {
    /// The kept blocks.
    pub(super) blocks: &'s mut [A],
    /// The last block of the front stack, and the join of the back stack.
    pub(super) held: (&'s mut [A], &'s mut [A]),
    /// As many joined blocks as a batch has, on their way to being finished.
    pub(super) joined: &'s mut [A],
}

/// Joins the windows at `positions` of a level, and hands them to the sink.
pub(super) fn join_columns<A: Pod>(
    job: &Job<'_, A>,
    level: &Level,
    ring: Ring,
    positions: Range<usize>,
    memory: Memory<'_, A>,
    produce: Produce<'_, A>,
    sink: &mut Sink<'_, A>,
) {
    let Memory { blocks, held, joined } = memory;
    let spans = &level.spans;
    let mut stacks = Stacks::default();
    let mut join = |windows: Range<usize>, blocks: &mut [A], out: Places<'_, A>| {
        let windows = &spans.each[windows];
        if level.stacks {
            let held = (&mut *held.0, &mut *held.1);
            stacks = job.joins.stacks(out, blocks, ring, windows, held, stacks);
        } else {
            job.joins.direct(out, blocks, ring, windows, spans.dilation);
        }
    };
    let first = positions.start;
    let mut made = level.keep.get(first).copied().unwrap_or(0) / level.batch * level.batch;
    let reached = &level.reached[..positions.end];
    let reach = reached.last().copied().unwrap_or(0);
    let mut position = first;
    while position < positions.end {
        // The blocks of this window and some more, without batches that no window from here on looks at.
        let last = (position + level.ahead).min(positions.end) - 1;
        while made < reached[last] {
            let to = (made + level.batch).min(reach);
            if to > level.keep[position] {
                produce(made, to, &mut blocks[ring.slot(made) * ring.pitch..]);
            }
            made += level.batch;
        }
        let ready = reached.partition_point(|&reached| reached <= made).max(position + 1);
        if let Some(out) = sink.rows(position - first) {
            join(position..ready, blocks, out);
        } else {
            for from in (position..ready).step_by(level.batch) {
                let windows = from..(from + level.batch).min(ready);
                let out = Places { rows: &mut *joined, pitch: ring.pitch };
                join(windows.clone(), blocks, out);
                sink.finish(from - first, &spans.each[windows], joined, ring.pitch);
            }
        }
        position = ready;
    }
}
