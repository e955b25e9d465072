//! Windows along the innermost axis: several rows at once, as one run.
//!
//! Rows lie `pitch` apart in a staging area, with the identity of the fold where padding is, so that no
//! position is special. Then a window is a join of the run with itself, shifted, and a shift that crosses
//! from one row into the next happens only where there is no window. Joins of 4, 8, 16.. neighbours are
//! made from each other, and a window of any size is two of them that overlap (or, where an element must
//! not count twice, one for each binary digit of its size): the cost grows with the logarithm of the
//! size, and the work is in the first-level cache. Steps pick from that.

use core::ops::Range;

use super::{Job, Level, Sink, Source};
use crate::fold::Join;
use crate::kernel::wide::halves::Halves;
use crate::kernel::wide::pixels::Pixels;
use crate::kernel::wide::rows::{Slide, SlideRows};
use crate::kernel::{Lanes, LoadRows};
use crate::spans::{CONSTANT, Progression, Span, Spans};

/// Work areas, as long as the staging area, that [`slide`] takes.
pub(super) const WORK: usize = 4;

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
    pub(super) fn reduce<J: Join>(
        &self,
        job: &Job<'_, J>,
        level: &Level,
        tile: &Tile,
        offset: isize,
        constant: bool,
        (from, to): (usize, usize),
        padded: &mut usize,
        places: &mut [J::Acc],
        scratch: &mut [J::Acc],
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
                    gap.fill(job.lanes.fold.identity());
                    match level.spans.source(at) {
                        _ if constant => stage.fill(job.source.constant()),
                        CONSTANT => stage.fill(job.source.constant()),
                        at => self.load(job, tile, offset + at as isize * level.stride, stage),
                    }
                }
                &stage[..run]
            }
        };
        let nan = self.join(job.lanes, tile, count, needed, source, places, work);
        job.see(nan);
    }

    /// The windows at some positions of a level whose rows lie forwards in the data, and the data up to the last
    /// row that they look at; `None` if there are none, or elements are no accumulators as they are.
    fn in_one_go<'l, 'd, J: Join>(
        &self,
        job: &Job<'d, J>,
        level: &'l Level,
        offset: isize,
        positions: &Range<usize>,
    ) -> Option<(&'l [Span], &'d [J::Acc])> {
        let last = level.reached[positions.clone().last()?].checked_sub(1);
        let row = self.spans.reach * self.inner;
        let end = last.map_or(0, |last| last * level.stride as usize + row);
        let data = job.source.direct(offset as usize..offset as usize + end)?;
        Some((&level.spans.each[positions.clone()], data))
    }

    /// Halves rows and joins them in one go, if that can be done.
    #[allow(clippy::too_many_arguments, reason = "a place in the data, a place for the results")]
    pub(super) fn halve<J: Join>(
        &self,
        job: &Job<'_, J>,
        level: &Level,
        tile: &Tile,
        offset: isize,
        positions: &Range<usize>,
        sink: &mut Sink<'_, J::Acc>,
    ) -> bool {
        let Some(Halving { size, windows, lacks, first }) = tile.halving else { return false };
        let Some((rows, data)) = self.in_one_go(job, level, offset, positions) else {
            return false;
        };
        let Some(out) = sink.rows(0) else { return false };
        let (pitch, len) = (level.stride as usize, self.spans.reach);
        let right = &self.spans.each[tile.position..][..tile.count][windows..];
        let (apart, identity) = (level.spans.dilation, job.lanes.fold.identity());
        let least = windows - usize::from(lacks);
        macro_rules! halves {
            ($size:literal) => {{
                let halves = Halves::<_, $size> {
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
                job.lanes.on_vectors(least, halves).ok()
            }};
        }
        let nan = if size == 2 { halves!(2) } else { halves!(3) };
        nan.map(|nan| job.see(nan)).is_some()
    }

    /// Joins the pixels of small windows in one go, if that can be done.
    pub(super) fn join_pixels<J: Join>(
        &self,
        job: &Job<'_, J>,
        level: &Level,
        offset: isize,
        positions: &Range<usize>,
        sink: &mut Sink<'_, J::Acc>,
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
        let identity = job.lanes.fold.identity();
        let pixels = Pixels { out, data, pitch, len, inner, rows, columns, identity };
        job.lanes.on_vectors(inner, pixels).map(|nan| job.see(nan)).is_ok()
    }

    /// Joins the windows of rows that would be staged, without that, if it can be done.
    fn slide_rows<J: Join>(
        &self,
        job: &Job<'_, J>,
        tile: &Tile,
        rows: LoadRows,
        count: usize,
        places: &mut [J::Acc],
    ) -> bool {
        let Progression { step, size: taps, .. } = self.progression();
        let windows = tile.count;
        let slides = self.method == RowMethod::Slide && self.inner == 1 && step == 1;
        let (apart, last) = (self.spans.dilation, rows.start + (count - 1) as isize * rows.stride);
        if !slides || apart > 1 || rows.len == 0 || !SlideRows::<J::Acc>::takes(rows, windows, taps)
        {
            return false;
        }
        let (low, high) = (rows.start.min(last) as usize, rows.start.max(last) as usize);
        let Some(data) = job.source.direct(low..high + rows.len) else { return false };
        let rows = LoadRows { start: rows.start - low as isize, ..rows };
        let identity = job.lanes.fold.identity();
        let slide = SlideRows { out: places, data, rows, count, windows, taps, identity };
        // As wide as can be: what a row has less is not chosen.
        job.lanes.on_vectors(usize::MAX, slide).map(|nan| job.see(nan)).is_ok()
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
    fn load<J: Join>(&self, job: &Job<'_, J>, tile: &Tile, offset: isize, stage: &mut [J::Acc]) {
        let inner = self.inner;
        let needed = stage.len() / inner;
        let (left, real) = self.real(tile, needed);
        let start = (tile.start + left as isize) as usize;
        stage[..left * inner].fill(job.lanes.fold.identity());
        stage[(left + real) * inner..].fill(job.lanes.fold.identity());
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
    fn join<J: Join>(
        &self,
        lanes: Lanes<J>,
        tile: &Tile,
        count: usize,
        needed: usize,
        source: &[J::Acc],
        places: &mut [J::Acc],
        work: &mut [J::Acc],
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
                return slide(lanes, &mut places[..reduced], source, size, shift, work);
            }
            RowMethod::Slide => {
                let (slid, work) = work.split_at_mut(work.len() / (WORK + 1));
                let slid = &mut slid[..source.len() - (size - 1) * shift];
                let nan = slide(lanes, slid, source, size, shift, work);
                if inner == 1 {
                    lanes.pick(&mut places[..reduced], slid, step);
                } else {
                    for row in 0..count {
                        let places = &mut places[row * self.reduced..][..width];
                        lanes.pixels(places, &slid[row * self.pitch..], inner, 1, step, apart);
                    }
                }
                return nan;
            }
            RowMethod::Halve if size == 2 => {
                return lanes.halve::<2>(&mut places[..reduced], source);
            }
            RowMethod::Halve => return lanes.halve::<3>(&mut places[..reduced], source),
            RowMethod::Pixels => {
                for row in 0..count {
                    let places = &mut places[row * self.reduced..][..width];
                    lanes.pixels(places, rows(row), inner, size, step, apart);
                }
            }
            RowMethod::Whole => {
                for row in 0..count {
                    whole(lanes, &mut places[row * self.reduced..][..inner], rows(row), work);
                }
            }
            RowMethod::Each => {
                for row in 0..count {
                    let (source, places) = (rows(row), &mut places[row * self.reduced..][..width]);
                    for (span, place) in self.spans.each.iter().zip(places.chunks_exact_mut(inner))
                    {
                        place.fill(lanes.fold.identity());
                        for tap in 0..span.taps {
                            let at = (span.first + tap * apart) * inner;
                            let pixel = &source[at..at + inner];
                            if tap == 0 {
                                place.copy_from_slice(pixel);
                            } else {
                                for (acc, &value) in place.iter_mut().zip(pixel) {
                                    *acc = lanes.fold.join(*acc, value);
                                }
                            }
                        }
                    }
                }
            }
        }
        lanes.scan(source)
    }
}

/// Joins every `taps` elements that are `apart` from each other: `out[i]` is `run[i] + run[i + apart] + ..`.
/// The work area holds four times the run. Whether there is a NaN in it.
pub(crate) fn slide<J: Join>(
    lanes: Lanes<J>,
    out: &mut [J::Acc],
    run: &[J::Acc],
    taps: usize,
    apart: usize,
    work: &mut [J::Acc],
) -> bool {
    if apart == 1 && !out.is_empty() {
        let run = &run[..out.len() + taps - 1];
        let identity = lanes.fold.identity();
        let slide = Slide { out: &mut *out, run, taps, work: &mut *work, identity };
        if let Ok(nan) = lanes.on_vectors(slide.out.len(), slide) {
            return nan;
        }
    }
    let at = |tap: usize| &run[tap * apart..];
    match taps {
        1 => return lanes.join_seeing(out, [run]),
        2 => return lanes.join_seeing(out, [run, at(1)]),
        3 => return lanes.join_seeing(out, [run, at(1), at(2)]),
        4 => return lanes.join_seeing(out, [run, at(1), at(2), at(3)]),
        _ => {}
    }
    if J::IDEMPOTENT {
        let (mut this, mut next) = work.split_at_mut(work.len() / 2);
        let mut len = run.len() - 3 * apart;
        let nan = lanes.join_seeing(&mut this[..len], [run, at(1), at(2), at(3)]);
        let mut joined = 4;
        while joined * 2 < taps {
            // `this[i]` joins `joined` elements.
            let by = joined * apart;
            let times = if joined * 4 <= taps { 4 } else { 2 };
            len -= (times - 1) * by;
            let shifted = |times: usize| &this[times * by..];
            if times == 4 {
                lanes.join(&mut next[..len], [this, shifted(1), shifted(2), shifted(3)]);
            } else {
                lanes.join(&mut next[..len], [this, shifted(1)]);
            }
            joined *= times;
            core::mem::swap(&mut this, &mut next);
        }
        lanes.join(out, [this, &this[(taps - joined) * apart..]]);
        return nan;
    }
    // From the lowest binary digit of the size to the highest, right to left.
    let quarter = work.len() / 4;
    let (powers, sums) = work.split_at_mut(2 * quarter);
    let (mut this, mut next) = powers.split_at_mut(quarter);
    let (mut sum, mut longer) = sums.split_at_mut(quarter);
    let (mut joined, mut behind) = (1, 0);
    let mut len = run.len();
    loop {
        let this_run = if joined == 1 { run } else { &*this };
        if taps & joined != 0 {
            behind += joined;
            let left = &this_run[(taps - behind) * apart..];
            if behind == taps && joined == taps {
                out.copy_from_slice(&left[..out.len()]);
                return lanes.scan(run);
            } else if behind == taps {
                lanes.join(out, [left, sum]);
                return lanes.scan(run);
            } else if behind == joined {
                sum[..out.len()].copy_from_slice(&left[..out.len()]);
            } else {
                lanes.join(&mut longer[..out.len()], [left, sum]);
                core::mem::swap(&mut sum, &mut longer);
            }
        }
        len -= joined * apart;
        let by = joined * apart;
        lanes.join(&mut next[..len], [this_run, &this_run[by..]]);
        core::mem::swap(&mut this, &mut next);
        joined *= 2;
    }
}

/// Joins all pixels of a row, neighbours first: what a window of the size of the row would be.
fn whole<J: Join>(lanes: Lanes<J>, out: &mut [J::Acc], row: &[J::Acc], work: &mut [J::Acc]) {
    let inner = out.len();
    if inner > 1 {
        let (first, rest) = row.split_at(inner);
        out.copy_from_slice(first);
        rest.chunks_exact(inner).for_each(|pixel| lanes.append(out, pixel));
        return;
    }
    let (mut this, mut next) = work.split_at_mut(work.len() / 2);
    let mut tail = None;
    let mut len = row.len();
    this[..len].copy_from_slice(row);
    while len > 1 {
        if len % 2 == 1 {
            let last = this[len - 1];
            tail = Some(tail.map_or(last, |tail| lanes.fold.join(last, tail)));
        }
        len /= 2;
        lanes.halve::<2>(&mut next[..len], &this[..2 * len]);
        core::mem::swap(&mut this, &mut next);
    }
    out[0] = tail.map_or(this[0], |tail| lanes.fold.join(this[0], tail));
}
