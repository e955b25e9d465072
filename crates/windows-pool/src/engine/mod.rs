//! The separable engine: every kind that joins elements, at any rank, layout and geometry.
//!
//! Row by row the data is read once, and reduced along the innermost windowed axis ([`rows`]); reduced
//! rows are joined to reduced planes along the next ([`columns`]), and so on outwards. Wide rows are cut
//! into tiles of columns, so that what is kept stays in the cache.
//!
//! The engine knows accumulators alone, and is compiled once for each; what loads elements, what joins them and
//! what finishes results, of which there are many more, stand behind [`Source`], [`Joins`] and [`Target`].

mod columns;
mod layout;
mod rows;

use core::cell::Cell;
use core::ops::Range;

use bytemuck::Pod;

use crate::kernel::LoadRows;
use crate::kernel::columns::{Places, Ring};
use crate::kernel::joins::{Joins, WORK};
use crate::spans::{CONSTANT, Span, Spans};
use columns::{Memory, join_columns};
pub(crate) use layout::Strided;
pub(crate) use rows::RowMethod;
use rows::Rows;

/// Elements on their way in.
pub(crate) trait Source<A> {
    /// Elements that are accumulators as they are, where loading does nothing.
    fn direct(&self, range: Range<usize>) -> Option<&[A]>;
    /// Loads neighbours from `offset` on.
    fn load(&self, stage: &mut [A], offset: usize);
    /// Loads rows of neighbours.
    fn load_rows(&self, stage: &mut [A], rows: LoadRows);
    /// Loads elements that are `stride` apart.
    fn gather(&self, stage: &mut [A], offset: isize, stride: isize);
    /// The constant of the border.
    fn constant(&self) -> A;
}

/// Results on their way out.
pub(crate) trait Target<A> {
    /// The results, if they are what is joined.
    fn plain(&mut self) -> Option<&mut [A]>;
    /// Finishes joined rows, which lie `joined.1` apart, into results from `place.0` on, `place.1` apart. The area
    /// of a result is that of the row's span, times that of the column.
    fn finish(
        &mut self,
        place: (usize, usize),
        joined: (&[A], usize),
        spans: &[Span],
        areas: &[f64],
    );
}

/// Joins, and what they are fed from.
pub(crate) struct Job<'d, A: Pod> {
    pub(crate) joins: &'d dyn Joins<A>,
    pub(crate) source: &'d dyn Source<A>,
    /// Whether a NaN was read.
    pub(crate) nan: Cell<bool>,
}

impl<A: Pod> Job<'_, A> {
    fn see(&self, nan: bool) {
        self.nan.set(self.nan.get() | nan);
    }
}

/// An outer axis.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    spans: Spans,
    stride: isize,
    /// The first element that a window at or behind each position looks at.
    keep: Vec<usize>,
    /// One past the last element that a window at or before each position looks at.
    reached: Vec<usize>,
    /// From each window to the next, if all are as far apart, with as many elements.
    even: Option<usize>,
    /// Blocks that are kept.
    kept: usize,
    /// Blocks that are made at once.
    batch: usize,
    /// Windows that are waited for, to be joined together.
    ahead: usize,
    /// Two stacks, or direct joins.
    stacks: bool,
    /// Results of all levels inside.
    block: usize,
}

/// Where joined blocks go: rows that lie `block` apart, in each from `at` on `width` elements.
struct Sink<'s, A> {
    out: Out<'s, A>,
    block: usize,
    at: usize,
    width: usize,
}

enum Out<'s, A> {
    /// To the levels outside.
    Kept(&'s mut [A]),
    /// To the caller, with areas of the elements of a block.
    Done(&'s mut dyn Target<A>, &'s [f64]),
}

impl<A> Sink<'_, A> {
    /// The places of rows from one on, if these are what is joined.
    fn rows(&mut self, row: usize) -> Option<Places<'_, A>> {
        let out = match &mut self.out {
            Out::Kept(out) => &mut **out,
            Out::Done(target, _) => target.plain()?,
        };
        Some(Places { rows: &mut out[row * self.block + self.at..], pitch: self.block })
    }

    /// Finishes joined rows, which lie `from` apart.
    fn finish(&mut self, row: usize, spans: &[Span], joined: &[A], from: usize) {
        if let Out::Done(target, areas) = &mut self.out {
            let place = (row * self.block + self.at, self.block);
            target.finish(place, (joined, from), spans, &areas[self.at..][..self.width]);
        }
    }
}

/// Geometry of the engine, made once for a layout.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    /// Axes around the windowed ones: lengths and strides.
    outer: Vec<(usize, isize)>,
    /// Planes that are done as one. There may be fewer in the last group.
    group: usize,
    levels: Vec<Level>,
    rows: Rows,
    /// Areas of the windows of one block of the outermost level.
    areas: Vec<f64>,
}

impl Engine {
    /// Independent planes, or groups of them.
    pub(crate) fn planes(&self) -> usize {
        self.outer.iter().map(|&(len, _)| len).product::<usize>().div_ceil(self.group)
    }

    /// Results along the outermost windowed axis of all planes of a group, and results of each.
    pub(crate) fn bands(&self) -> (usize, usize) {
        (self.levels[0].spans.count(), self.levels[0].block)
    }

    /// Elements that neighbouring bands both read.
    pub(crate) fn halo(&self) -> usize {
        let spans = &self.levels[0].spans;
        let field = spans.each.iter().map(|s| s.end(spans.dilation) - s.first.min(s.end(1)));
        field.max().unwrap_or(0)
    }

    /// Rows that a plane has, whatever its rank: what one unit of `halo` costs is in proportion.
    pub(crate) fn depth(&self) -> usize {
        self.levels[0].spans.reach
    }

    /// Which row method and whether large windows are joined by two stacks.
    pub(crate) fn methods(&self) -> (RowMethod, bool) {
        let single = self.rows.spans.is_single();
        let method = if single { RowMethod::Slide } else { self.rows.method };
        (method, self.levels.iter().any(|level| level.stacks))
    }

    /// With one divisor in place of all areas.
    pub(crate) fn with_divisor(mut self, divisor: Option<usize>) -> Self {
        if let Some(divisor) = divisor {
            for level in &mut self.levels {
                level.spans.each.iter_mut().for_each(|span| span.area = 1);
            }
            self.areas.iter_mut().for_each(|area| *area = divisor as f64);
        }
        self
    }

    /// Accumulators of scratch.
    pub(crate) fn scratch_len(&self) -> usize {
        let columns: usize = self
            .levels
            .iter()
            .enumerate()
            .map(|(at, level)| {
                let pitch = self.pitch(at);
                (level.kept + 2 + level.batch) * pitch
            })
            .sum();
        let last = &self.levels[self.levels.len() - 1];
        columns + last.batch * self.rows.pitch * (2 + WORK) + 64
    }

    /// From one kept block of a level to the next.
    fn pitch(&self, level: usize) -> usize {
        if level + 1 == self.levels.len() {
            self.rows.reduced
        } else {
            self.levels[level + 1].block * self.levels[level + 1].spans.count()
        }
    }

    /// Pools a band of a plane.
    pub(crate) fn run<A: Pod>(
        &self,
        job: &Job<'_, A>,
        offset: usize,
        plane: usize,
        band: Range<usize>,
        out: &mut dyn Target<A>,
        scratch: &mut [A],
    ) {
        let mut offset = offset as isize;
        let mut rest = plane * self.group;
        for &(len, stride) in self.outer.iter().rev() {
            offset += (rest % len) as isize * stride;
            rest /= len;
        }
        let block = self.levels[0].block;
        let sink = Sink { out: Out::Done(out, &self.areas), block, at: 0, width: block };
        self.level(job, 0, offset, false, band, sink, scratch);
    }

    #[allow(clippy::too_many_arguments, reason = "a place in the data, a place in the scratch")]
    fn level<A: Pod>(
        &self,
        job: &Job<'_, A>,
        at: usize,
        offset: isize,
        constant: bool,
        positions: Range<usize>,
        mut sink: Sink<'_, A>,
        scratch: &mut [A],
    ) {
        let level = &self.levels[at];
        let pitch = self.pitch(at);
        let (blocks, rest) = scratch.split_at_mut(level.kept * pitch);
        let (last, rest) = rest.split_at_mut(pitch);
        let (held, rest) = rest.split_at_mut(pitch);
        let (joined, rest) = rest.split_at_mut(level.batch * pitch);
        let mut ring = Ring { kept: level.kept, pitch, width: pitch };
        if at + 1 < self.levels.len() {
            let inner = &self.levels[at + 1];
            let mut produce = |from: usize, to: usize, places: &mut [A]| {
                for (block, places) in (from..to).zip(places.chunks_exact_mut(pitch)) {
                    let source = level.spans.source(block);
                    let constant = constant || source == CONSTANT;
                    let ahead = if source == CONSTANT { 0 } else { source as isize * level.stride };
                    let (out, block) = (Out::Kept(places), inner.block);
                    let sink = Sink { out, block, at: 0, width: block };
                    self.level(
                        job,
                        at + 1,
                        offset + ahead,
                        constant,
                        0..inner.spans.count(),
                        sink,
                        &mut *rest,
                    );
                }
            };
            let memory = Memory { blocks, held: (last, held), joined };
            join_columns(job, level, ring, positions, memory, &mut produce, &mut sink);
            return;
        }
        if !constant && self.rows.join_pixels(job, level, offset, &positions, &mut sink) {
            return;
        }
        for tile in &self.rows.tiles {
            ring.width = tile.count * self.rows.inner;
            (sink.at, sink.width) = (tile.position * self.rows.inner, ring.width);
            if !constant && self.rows.halve(job, level, tile, offset, &positions, &mut sink) {
                continue;
            }
            let mut padded = 0;
            let mut produce = |from: usize, to: usize, places: &mut [A]| {
                let range = (from, to);
                self.rows.reduce(
                    job,
                    level,
                    tile,
                    offset,
                    constant,
                    range,
                    &mut padded,
                    places,
                    rest,
                );
            };
            let memory = Memory {
                blocks: &mut *blocks,
                held: (&mut *last, &mut *held),
                joined: &mut *joined,
            };
            join_columns(job, level, ring, positions.clone(), memory, &mut produce, &mut sink);
        }
    }
}
