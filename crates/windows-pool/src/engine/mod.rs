//! The separable engine: every kind that joins elements, at any rank, layout and geometry.
//!
//! Row by row the data is read once, and reduced along the innermost windowed axis ([`rows`]); reduced
//! rows are joined to reduced planes along the next ([`columns`]), and so on outwards. Wide rows are cut
//! into tiles of columns, so that what is kept stays in the cache.

mod columns;
mod layout;
mod rows;

use core::cell::Cell;
use core::ops::Range;

use crate::fold::Fold;
use crate::kernel::Lanes;
use crate::spans::{CONSTANT, Spans};
use columns::{Memory, join_columns};
pub(crate) use layout::Strided;
pub(crate) use rows::RowMethod;
use rows::{Rows, WORK};

/// One plane's data and what is found on the way.
pub(crate) struct Job<'d, F: Fold> {
    pub(crate) lanes: Lanes<F>,
    pub(crate) data: &'d [F::In],
    /// The constant of the border.
    pub(crate) constant: Option<F::In>,
    /// Whether a NaN was read.
    pub(crate) nan: Cell<bool>,
}

impl<F: Fold> Job<'_, F> {
    fn see(&self, nan: bool) {
        self.nan.set(self.nan.get() | nan);
    }

    fn constant(&self) -> F::Acc {
        let value = self.constant.expect("only a constant border has elements without a source");
        self.see(crate::element::number::Number::not_a_number(value));
        self.lanes.fold.load(value)
    }
}

/// An outer axis.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    spans: Spans,
    stride: isize,
    /// The first element that a window at or behind each position looks at.
    keep: Vec<usize>,
    /// Blocks that are kept.
    kept: usize,
    /// Blocks that are made at once.
    batch: usize,
    /// Two stacks, or direct joins.
    stacks: bool,
    /// Results of all levels inside.
    block: usize,
}

/// Where joined blocks go.
enum Sink<'s, F: Fold> {
    /// To the levels outside.
    Kept { out: &'s mut [F::Acc], block: usize, at: usize, width: usize },
    /// To the caller, with areas of the elements of a block unless they are all 1.
    Done { out: &'s mut [F::Out], block: usize, at: usize, width: usize, areas: &'s [f64] },
}

impl<F: Fold> Sink<'_, F> {
    /// Takes the join of blocks as the window at `position`, which is the `row`-th of the sink.
    fn emit<const N: usize>(
        &mut self,
        lanes: Lanes<F>,
        level: &Level,
        position: usize,
        row: usize,
        blocks: [&[F::Acc]; N],
    ) {
        match self {
            Self::Kept { out, block, at, width } => {
                let out = &mut out[row * *block + *at..][..*width];
                lanes.joins().join(out, blocks);
            }
            Self::Done { out, block, at, width, areas } => {
                let out = &mut out[row * *block + *at..][..*width];
                let area = level.spans.each[position].area as f64;
                let areas = if F::WEIGHTED { &areas[*at..][..*width] } else { &[] };
                lanes.emit(out, blocks, area, areas);
            }
        }
    }
}

/// Geometry of the engine, made once for a layout.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    /// Axes around the windowed ones: lengths and strides.
    outer: Vec<(usize, isize)>,
    levels: Vec<Level>,
    rows: Rows,
    /// Areas of the windows of one block of the outermost level.
    areas: Vec<f64>,
}

impl Engine {
    /// Independent planes.
    pub(crate) fn planes(&self) -> usize {
        self.outer.iter().map(|&(len, _)| len).product()
    }

    /// Results along the outermost windowed axis, and results of each.
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
                level.kept * pitch + pitch
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
    pub(crate) fn run<F: Fold>(
        &self,
        job: &Job<'_, F>,
        offset: usize,
        plane: usize,
        band: Range<usize>,
        out: &mut [F::Out],
        scratch: &mut [F::Acc],
    ) {
        let mut offset = offset as isize;
        let mut rest = plane;
        for &(len, stride) in self.outer.iter().rev() {
            offset += (rest % len) as isize * stride;
            rest /= len;
        }
        let block = self.levels[0].block;
        let sink = Sink::Done { out, block, at: 0, width: block, areas: &self.areas };
        self.level(job, 0, offset, false, band, sink, scratch);
    }

    #[allow(clippy::too_many_arguments, reason = "a place in the data, a place in the scratch")]
    fn level<F: Fold>(
        &self,
        job: &Job<'_, F>,
        at: usize,
        offset: isize,
        constant: bool,
        positions: Range<usize>,
        mut sink: Sink<'_, F>,
        scratch: &mut [F::Acc],
    ) {
        let level = &self.levels[at];
        let pitch = self.pitch(at);
        let (ring, rest) = scratch.split_at_mut(level.kept * pitch);
        let (held, rest) = rest.split_at_mut(pitch);
        if at + 1 < self.levels.len() {
            let inner = &self.levels[at + 1];
            let produce = |from: usize, to: usize, places: &mut [F::Acc]| {
                for (block, places) in (from..to).zip(places.chunks_exact_mut(pitch)) {
                    let source = level.spans.source(block);
                    let constant = constant || source == CONSTANT;
                    let ahead = if source == CONSTANT { 0 } else { source as isize * level.stride };
                    let sink =
                        Sink::Kept { out: places, block: inner.block, at: 0, width: inner.block };
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
            let memory = Memory { ring, held };
            join_columns(job, level, (pitch, pitch), positions, memory, produce, &mut sink);
            return;
        }
        for tile in &self.rows.tiles {
            let width = tile.count * self.rows.inner;
            match &mut sink {
                Sink::Kept { at, width: of, .. } | Sink::Done { at, width: of, .. } => {
                    (*at, *of) = (tile.position * self.rows.inner, width);
                }
            }
            let produce = |from: usize, to: usize, places: &mut [F::Acc]| {
                self.rows.reduce(job, level, tile, offset, constant, (from, to), places, rest);
            };
            let memory = Memory { ring: &mut *ring, held: &mut *held };
            join_columns(job, level, (pitch, width), positions.clone(), memory, produce, &mut sink);
        }
    }
}
