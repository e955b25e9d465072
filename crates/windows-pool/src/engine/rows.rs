//! Windows along the innermost axis: several rows at once, as one run.
//!
//! Rows lie `pitch` apart in a staging area, with the identity of the fold where padding is, so that no
//! position is special. Then a window is a join of the run with itself, shifted, and a shift that crosses
//! from one row into the next happens only where there is no window. Joins of 4, 8, 16.. neighbours are
//! made from each other, and a window of any size is two of them that overlap (or, where an element must
//! not count twice, one for each binary digit of its size): the cost grows with the logarithm of the
//! size, and the work is in the first-level cache. Steps pick from that.

use core::ops::Range;

use bytemuck::Pod;

use super::{Job, Level, Sink, Source};
use crate::kernel::LoadRows;
use crate::kernel::joins::{Joins, WORK};
use crate::kernel::wide::halves::Halves;
use crate::kernel::wide::pixels::Pixels;
use crate::kernel::wide::rows::SlideRows;
use crate::spans::{CONSTANT, Progression, Span, Spans};

/// How the windows of a run are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowMethod {
    /// Shifted runs, then every `step`-th element.
    Slide,
    /// Pairs at once: size 2 or 3, step 2.
    Halve,
    /// A few pixels of several elements, one window after the other.
    Pixels,
    /// One window over the whole row, by joining neighbours until one is left.
    Whole,
    /// Windows of irregular size or place, one after the other.
    Each,
}

/// A part of all columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile {
    /// The first window.
    pub(crate) position: usize,
    pub(crate) count: usize,
    /// The first element, negative in the padding.
    pub(crate) start: isize,
    /// How windows are halved in one go with the joins of rows, where that can be done.
    pub(crate) halving: Option<Halving>,
}

/// Windows of two or three neighbours at step 2, of which the first may lack the element before the row, and
/// the last few some behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Halving {
    size: usize,
    /// Windows that lack none behind the row.
    windows: usize,
    /// Whether the first of them lacks one.
    lacks: bool,
    /// Where the first that lacks none begins.
    first: usize,
}

impl Halving {
    /// Of windows of `size` over a row of `len` elements, if each has an element.
    pub(crate) fn new(windows: &[Span], size: usize, len: usize) -> Option<Self> {
        let begins = windows.iter().position(|span| span.taps == size)?;
        let first = windows[begins].first;
        let lacks = begins == 1 && windows[0].taps + 1 == size && first > 0;
        let left = windows.partition_point(|span| span.first + size <= len);
        let known = begins <= usize::from(lacks) && windows.iter().all(|span| span.taps > 0);
        known.then_some(Self { size, windows: left, lacks, first })
    }
}

/// The innermost windowed axis, and the elements behind it that stay together.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) spans: Spans,
    pub(crate) stride: isize,
    /// Elements of a pixel and their distance.
    pub(crate) inner: usize,
    pub(crate) inner_stride: isize,
    pub(crate) method: RowMethod,
    pub(crate) tiles: Vec<Tile>,
    /// Elements of the axis that the windows of a full tile span.
    pub(crate) needed: usize,
    /// From one staged row to the next, and from one reduced row to the next: that has room for the windows of a
    /// full tile, of which there may be more than elements.
    pub(crate) pitch: usize,
    pub(crate) reduced: usize,
    /// Whether rows may be read where they are.
    pub(crate) in_place: bool,
    /// Whether windows are of so few pixels, of several elements each, that they are joined without storing
    /// anything between.
    pub(crate) few_pixels: bool,
}

impl Rows {
    fn progression(&self) -> Progression {
        self.spans.progression.unwrap_or(Progression { start: 0, step: 1, size: 1 })
    }

    /// Elements of the axis that the windows of a tile span.
    fn needed_by(&self, tile: &Tile) -> usize {
        self.needed - (self.tiles[0].count - tile.count) * self.progression().step
    }

    /// Reduces rows `from..to` of a plane whose first row starts at `offset`.
    #[allow(clippy::too_many_arguments, reason = "a place in the data, a place in the scratch")]
    pub(super) fn reduce<A: Pod>(
        &self,
        job: &Job<'_, A>,
        level: &Level,
        tile: &Tile,
        offset: isize,
        constant: bool,
        (from, to): (usize, usize),
        padded: &mut usize,
        places: &mut [A],
        scratch: &mut [A],
    ) {
        let count = to - from;
        let needed = self.needed_by(tile);
        let (stage, work) = scratch.split_at_mut(level.batch * self.pitch);
        let run = (count - 1) * self.pitch + needed * self.inner;
        // Under a border rows come one by one, from anywhere in the data or from nowhere.
        let first = level.spans.source(from);
        let direct = if self.in_place && !constant && first != CONSTANT {
            let start = offset + first as isize * level.stride + tile.start * self.stride;
            job.source.direct(start as usize..start as usize + run)
        } else {
            None
        };
        let source = match direct {
            Some(run) => run,
            None if self.is_packed()
                && self.spans.map.is_none()
                && level.spans.map.is_none()
                && !constant =>
            {
                let (before, len) = self.real(tile, needed);
                // The elements of a tile in the padding are nowhere.
                let (start, stride) = match len {
                    0 => (0, 0),
                    _ => {
                        let along = (tile.start + before as isize) * self.stride;
                        (offset + from as isize * level.stride + along, level.stride)
                    }
                };
                let rows = LoadRows {
                    start,
                    stride,
                    len: len * self.inner,
                    before: before * self.inner,
                    pitch: self.pitch,
                    padded: *padded,
                };
                if self.slide_rows(job, tile, rows, count, places) {
                    return;
                }
                // Padding stays in the staging area while the tile does, but for the end of the last row.
                *padded = (count - 1).max(*padded);
                job.source.load_rows(&mut stage[..run], rows);
                &stage[..run]
            }
            None => {
                for (row, at) in (from..to).enumerate() {
                    let end = run.min((row + 1) * self.pitch);
                    let (stage, gap) =
                        stage[row * self.pitch..end].split_at_mut(needed * self.inner);
                    gap.fill(job.joins.identity());
                    match level.spans.source(at) {
                        _ if constant => stage.fill(job.source.constant()),
                        CONSTANT => stage.fill(job.source.constant()),
                        at => self.load(job, tile, offset + at as isize * level.stride, stage),
                    }
                }
                &stage[..run]
            }
        };
        let nan = self.join(job.joins, tile, count, needed, source, places, work);
        job.see(nan);
    }

    /// The windows at some positions of a level whose rows lie forwards in the data, and the data up to the last
    /// row that they look at; `None` if there are none, or elements are no accumulators as they are.
    fn in_one_go<'l, 'd, A: Pod>(
        &self,
        job: &Job<'d, A>,
        level: &'l Level,
        offset: isize,
        positions: &Range<usize>,
    ) -> Option<(&'l [Span], &'d [A])> {
        let last = level.reached[positions.clone().last()?].checked_sub(1);
        let row = self.spans.reach * self.inner;
        let end = last.map_or(0, |last| last * level.stride as usize + row);
        let data = job.source.direct(offset as usize..offset as usize + end)?;
        Some((&level.spans.each[positions.clone()], data))
    }

    /// Halves rows and joins them in one go, if that can be done.
    #[allow(clippy::too_many_arguments, reason = "a place in the data, a place for the results")]
    pub(super) fn halve<A: Pod>(
        &self,
        job: &Job<'_, A>,
        level: &Level,
        tile: &Tile,
        offset: isize,
        positions: &Range<usize>,
        sink: &mut Sink<'_, A>,
    ) -> bool {
        let Some(Halving { size, windows, lacks, first }) = tile.halving else { return false };
        let Some((rows, data)) = self.in_one_go(job, level, offset, positions) else {
            return false;
        };
        let Some(out) = sink.rows(0) else { return false };
        let (pitch, len) = (level.stride as usize, self.spans.reach);
        let right = &self.spans.each[tile.position..][..tile.count][windows..];
        let (apart, identity) = (level.spans.dilation, job.joins.identity());
        let halves = Halves {
            out,
            data,
            pitch,
            len,
            rows,
            apart,
            even: level.even,
            windows,
            lacks,
            right,
            first,
            identity,
        };
        job.joins.halve_rows(halves, size).map(|nan| job.see(nan)).is_some()
    }

    /// Joins the pixels of small windows in one go, if that can be done.
    pub(super) fn join_pixels<A: Pod>(
        &self,
        job: &Job<'_, A>,
        level: &Level,
        offset: isize,
        positions: &Range<usize>,
        sink: &mut Sink<'_, A>,
    ) -> bool {
        if !self.few_pixels {
            return false;
        }
        let Some((rows, data)) = self.in_one_go(job, level, offset, positions) else {
            return false;
        };
        let Some(out) = sink.rows(0) else { return false };
        let (pitch, len, inner) = (level.stride as usize, self.spans.reach, self.inner);
        let rows = (rows, level.spans.dilation);
        let columns = (&self.spans.each[..], self.spans.dilation);
        let identity = job.joins.identity();
        let pixels = Pixels { out, data, pitch, len, inner, rows, columns, identity };
        job.joins.join_pixels(pixels).map(|nan| job.see(nan)).is_some()
    }

    /// Joins the windows of rows that would be staged, without that, if it can be done.
    fn slide_rows<A: Pod>(
        &self,
        job: &Job<'_, A>,
        tile: &Tile,
        rows: LoadRows,
        count: usize,
        places: &mut [A],
    ) -> bool {
        let Progression { step, size: taps, .. } = self.progression();
        let windows = tile.count;
        let slides = self.method == RowMethod::Slide && self.inner == 1 && step == 1;
        let (apart, last) = (self.spans.dilation, rows.start + (count - 1) as isize * rows.stride);
        if !slides || apart > 1 || rows.len == 0 || !SlideRows::<A>::takes(rows, windows, taps) {
            return false;
        }
        let (low, high) = (rows.start.min(last) as usize, rows.start.max(last) as usize);
        let Some(data) = job.source.direct(low..high + rows.len) else { return false };
        let rows = LoadRows { start: rows.start - low as isize, ..rows };
        let identity = job.joins.identity();
        let slide = SlideRows { out: places, data, rows, count, windows, taps, identity };
        job.joins.slide_rows(slide).map(|nan| job.see(nan)).is_some()
    }

    /// Of the `needed` elements of a tile, how many lie before the data, and how many in it.
    fn real(&self, tile: &Tile, needed: usize) -> (usize, usize) {
        let before = ((-tile.start).max(0) as usize).min(needed);
        let start = (tile.start + before as isize) as usize;
        (before, self.spans.reach.saturating_sub(start).min(needed - before))
    }

    /// Whether the elements of a row are neighbours.
    fn is_packed(&self) -> bool {
        (self.inner == 1 || self.inner_stride == 1) && self.stride == self.inner as isize
    }

    /// Loads the part of a row that a tile needs.
    fn load<A: Pod>(&self, job: &Job<'_, A>, tile: &Tile, offset: isize, stage: &mut [A]) {
        let inner = self.inner;
        let needed = stage.len() / inner;
        let (left, real) = self.real(tile, needed);
        let start = (tile.start + left as isize) as usize;
        stage[..left * inner].fill(job.joins.identity());
        stage[(left + real) * inner..].fill(job.joins.identity());
        let stage = &mut stage[left * inner..][..real * inner];
        let Some(map) = &self.spans.map else {
            self.copy(job.source, offset, start, stage);
            return;
        };
        // Elements that follow each other in the data do so in the middle of the map.
        let mut done = 0;
        while done < real {
            let source = map[start + done];
            let same = map[start + done..start + real]
                .iter()
                .enumerate()
                .take_while(|&(i, &at)| source != CONSTANT && at == source + i)
                .count();
            let part = &mut stage[done * inner..];
            if source == CONSTANT {
                part[..inner].fill(job.source.constant());
                done += 1;
            } else {
                self.copy(job.source, offset, source, &mut part[..same * inner]);
                done += same;
            }
        }
    }

    /// Loads neighbouring pixels from `start` on.
    fn copy<A>(&self, source: &dyn Source<A>, offset: isize, start: usize, stage: &mut [A]) {
        if stage.is_empty() {
            return;
        }
        let offset = offset + start as isize * self.stride;
        if self.is_packed() {
            source.load(stage, offset as usize);
            return;
        }
        if self.inner == 1 {
            source.gather(stage, offset, self.stride);
            return;
        }
        for (pixel, stage) in stage.chunks_exact_mut(self.inner).enumerate() {
            source.gather(stage, offset + pixel as isize * self.stride, self.inner_stride);
        }
    }

    /// Joins the windows of `count` rows; whether there is a NaN in them.
    #[allow(clippy::too_many_arguments, reason = "a run, its geometry, and where it goes")]
    fn join<A: Pod>(
        &self,
        joins: &dyn Joins<A>,
        tile: &Tile,
        count: usize,
        needed: usize,
        source: &[A],
        places: &mut [A],
        work: &mut [A],
    ) -> bool {
        let inner = self.inner;
        let Progression { step, size, .. } = self.progression();
        let apart = self.spans.dilation;
        let shift = apart * inner;
        let width = tile.count * inner;
        // Reduced elements of the whole run, up to the last window of the last row.
        let reduced = (count - 1) * self.reduced + width;
        let rows = |row: usize| &source[row * self.pitch..][..needed * inner];
        match self.method {
            RowMethod::Slide if step == 1 => {
                return joins.slide(&mut places[..reduced], source, size, shift, work);
            }
            RowMethod::Slide => {
                let (slid, work) = work.split_at_mut(work.len() / (WORK + 1));
                let slid = &mut slid[..source.len() - (size - 1) * shift];
                let nan = joins.slide(slid, source, size, shift, work);
                if inner == 1 {
                    joins.pick(&mut places[..reduced], slid, step);
                } else {
                    for row in 0..count {
                        let places = &mut places[row * self.reduced..][..width];
                        joins.pixels(places, &slid[row * self.pitch..], inner, 1, step, apart);
                    }
                }
                return nan;
            }
            RowMethod::Halve => return joins.halve(&mut places[..reduced], source, size),
            RowMethod::Pixels => {
                for row in 0..count {
                    let places = &mut places[row * self.reduced..][..width];
                    joins.pixels(places, rows(row), inner, size, step, apart);
                }
            }
            RowMethod::Whole => {
                for row in 0..count {
                    joins.whole(&mut places[row * self.reduced..][..inner], rows(row), work);
                }
            }
            RowMethod::Each => {
                for row in 0..count {
                    let places = &mut places[row * self.reduced..][..width];
                    joins.each(places, rows(row), inner, &self.spans.each, apart);
                }
            }
        }
        joins.scan(source)
    }
}
