//! How the axes of an array become those of the engine.

use super::rows::{Halving, RowMethod, Rows, Tile};
use super::{Engine, Level};
use crate::PoolError;
use crate::error::room;
use crate::spans::{CONSTANT, Progression, Span, Spans};

/// What one staged batch of rows may take: a part of the first-level cache, most of which is work area.
const STAGE_BYTES: usize = 8 << 10;
/// What kept rows may take: a part of the second-level cache.
const KEPT_BYTES: usize = 512 << 10;
/// Rows that small planes together have at least, if there are as many planes: what is done once a call is
/// a part of what is done for each row.
const GROUP_ROWS: usize = 4096;
/// Windows that large ones wait for, to be joined together: their vectors are then kept in registers.
const AHEAD: usize = 16;

/// Windows that a pixel is part of, at most, so that its windows are joined one by one: of 3 x 3 at step 1,
/// where it is part of 9, that takes nearly twice the time of doubling.
const FEW: usize = 3;

/// Levels at most: each is a call within that of the one outside, on a stack that ends.
const LEVELS: usize = 64;
/// The most elements, or windows, that the engine counts: with what it multiplies them by, they fit.
const MOST: u64 = 1 << 40;

/// An axis with its stride.
pub(crate) struct Strided {
    pub(crate) spans: Spans,
    pub(crate) stride: isize,
}

impl Engine {
    /// Arranges axes for elements of `bytes` bytes in an accumulator. `None` if the layout has no place in
    /// the engine: axes behind the windowed ones that are no run of their own, an axis without elements, more
    /// levels or elements than it is made for.
    pub(crate) fn arrange(
        mut axes: Vec<Strided>,
        bytes: usize,
        weighted: bool,
    ) -> Result<Option<Self>, PoolError> {
        let most = |axis: &Strided| axis.spans.reach.max(axis.spans.count()) as u64;
        let most = axes.iter().try_fold(1_u64, |product, axis| product.checked_mul(most(axis)));
        if axes.iter().any(|axis| axis.spans.reach == 0 || axis.spans.count() == 0)
            || most.is_none_or(|most| most > MOST)
        {
            return Ok(None);
        }
        // Behind the windowed axes: elements that stay together.
        let (mut inner, mut inner_stride) = (1_usize, 1_isize);
        while axes.len() > 1 && axes[axes.len() - 1].spans.is_single() {
            let windowed = axes.iter().any(|axis| !axis.spans.is_single());
            if !windowed {
                break;
            }
            let Some(axis) = axes.pop() else { break };
            if axis.spans.len == 1 {
                continue;
            }
            if inner == 1 {
                inner_stride = axis.stride;
            } else if !steps_over(axis.stride, inner_stride, inner) {
                return Ok(None);
            }
            inner *= axis.spans.len;
        }
        let row = match axes.pop() {
            Some(row) => row,
            None => Strided { spans: Spans::singles(1, 0)?, stride: 1 },
        };
        // In front of them: independent planes.
        let windowed = axes.iter().position(|axis| !axis.spans.is_single()).unwrap_or(axes.len());
        let levels = axes.split_off(windowed);
        let mut outer: Vec<(usize, isize)> = Vec::new();
        for axis in &axes {
            let (len, stride) = (axis.spans.len, axis.stride);
            match outer.last_mut() {
                Some((longer, by)) if steps_over(*by, stride, len) => {
                    (*longer, *by) = (*longer * len, stride);
                }
                _ => outer.push((len, stride)),
            }
        }
        let mut levels = levels;
        if levels.is_empty() {
            // Rows alone: several at once where there are several.
            let (len, stride) = outer.pop().unwrap_or((1, 0));
            levels.push(Strided { spans: Spans::singles(len, 0)?, stride });
        }
        if levels.len() > LEVELS {
            return Ok(None);
        }
        let group = match (&outer[..], &mut levels[..]) {
            (&[(planes, stride)], [level]) => group(planes, stride, level),
            _ => 1,
        };
        let rows = arrange_rows(row, inner, inner_stride, &levels[levels.len() - 1], bytes);
        let levels = arrange_levels(levels, &rows, bytes);
        let areas = areas(&levels, &rows, weighted)?;
        Ok(Some(Self { outer, group, levels, rows, areas }))
    }
}

/// Whether an axis steps over exactly the whole of the one behind it.
fn steps_over(stride: isize, behind: isize, len: usize) -> bool {
    behind.checked_mul(len as isize) == Some(stride)
}

/// Makes planes whose rows follow each other one level, with the windows of each: how many.
fn group(planes: usize, stride: isize, level: &mut Strided) -> usize {
    let spans = &mut level.spans;
    let group = (GROUP_ROWS / spans.reach).min(planes);
    if group < 2 || spans.map.is_some() || !steps_over(stride, level.stride, spans.reach) {
        return 1;
    }
    let (plane, len) = (spans.each.clone(), spans.reach);
    for before in (len..group * len).step_by(len) {
        spans.each.extend(plane.iter().map(|span| Span { first: before + span.first, ..*span }));
    }
    (spans.len, spans.reach) = (group * len, group * len);
    group
}

/// Blocks that so many windows of a level span at most, those between their taps included.
fn depth(spans: &Spans, ahead: usize) -> usize {
    let (keep, reached) = (keep(spans), reached(spans));
    let last = |position: usize| (position + ahead).min(keep.len()) - 1;
    let depths = keep.iter().enumerate().map(|(at, keep)| reached[last(at)].saturating_sub(*keep));
    depths.max().unwrap_or(1).max(1)
}

/// Whether windows of a level are joined by two stacks. Those take three joins a block and a copy now and
/// then, direct joins one a tap.
fn stacked(spans: &Spans) -> bool {
    let taps = spans.each.iter().map(|span| span.taps).max().unwrap_or(0);
    let step = spans.progression.map_or(1, |p| p.step);
    spans.dilation == 1 && taps > step.saturating_mul(3).saturating_add(2)
}

/// For each position, the first element that its window or a later one looks at.
fn keep(spans: &Spans) -> Vec<usize> {
    let mut keep: Vec<usize> = vec![0; spans.count()];
    let mut lowest = spans.reach;
    for (position, span) in spans.each.iter().enumerate().rev() {
        if span.taps > 0 {
            lowest = lowest.min(span.first);
        }
        keep[position] = lowest;
    }
    keep
}

/// For each position, one past the last element that its window or an earlier one looks at.
fn reached(spans: &Spans) -> Vec<usize> {
    let ends = spans.each.iter().map(|span| span.end(spans.dilation));
    ends.scan(0, |reached, end| {
        *reached = end.max(*reached);
        Some(*reached)
    })
    .collect()
}

/// From each window to the next, if all are as far apart, with as many elements.
fn even(spans: &Spans) -> Option<usize> {
    let step = |pair: &[Span]| pair[1].first.checked_sub(pair[0].first);
    let first = spans.each.get(..2).map_or(Some(0), step);
    let alike = |pair: &[Span]| step(pair) == first && pair[0].taps == pair[1].taps;
    first.filter(|_| spans.each.windows(2).all(alike))
}

/// How the windows of a row are joined.
fn row_method(spans: &Spans, inner: usize) -> RowMethod {
    let (count, solid) = (spans.count(), spans.dilation == 1);
    match spans.progression {
        None => RowMethod::Each,
        Some(Progression { size, .. })
            if count == 1 && size == spans.reach && size > 4 && solid =>
        {
            RowMethod::Whole
        }
        Some(Progression { size: 2 | 3, step: 2, .. }) if inner == 1 && solid => RowMethod::Halve,
        Some(Progression { size, step, .. }) if inner > 1 && step > 1 && size <= 3 * step => {
            RowMethod::Pixels
        }
        Some(_) => RowMethod::Slide,
    }
}

/// Windows of a tile: as many as keep both the staged row and the rows kept of it in their caches, but enough
/// that the overlap of tiles is a small part. Pixels are of `bytes` bytes.
fn tile(spans: &Spans, progression: Progression, level: &Spans, bytes: usize) -> usize {
    let field = (progression.size - 1) * spans.dilation + 1;
    let staged = (STAGE_BYTES / bytes).max(16);
    let ahead = if stacked(level) { AHEAD } else { 1 };
    let kept = KEPT_BYTES / (bytes * depth(level, ahead)).max(1);
    let few = staged.saturating_sub(field).max(3 * field.min(spans.reach)) / progression.step;
    let tile = few.min(kept.max(field)).max(16).min(spans.count());
    // All of them alike.
    spans.count().div_ceil(spans.count().div_ceil(tile))
}

/// How the rows of a level are read and joined.
fn arrange_rows(
    row: Strided,
    inner: usize,
    inner_stride: isize,
    level: &Strided,
    bytes: usize,
) -> Rows {
    let Strided { mut spans, stride } = row;
    spans.progression = spans.progression.filter(|&progression| is_staged(&spans, progression));
    let method = row_method(&spans, inner);
    let packed = (inner == 1 || inner_stride == 1) && stride == inner as isize;
    // Windows in one go, straight from the data: rows lie forwards in it, and nothing is in place of an element.
    let straight = packed && spans.map.is_none() && level.spans.map.is_none() && level.stride > 0;
    let halves = straight && method == RowMethod::Halve && !stacked(&level.spans);
    let few_pixels = straight && inner > 1 && are_few(&spans, &level.spans);
    let (tiles, needed) = cut(&spans, level, bytes * inner, halves);
    let staging = Staging::new(&spans, method, (&tiles, needed), level, (inner, bytes), packed);
    let Staging { pitch, reduced, in_place } = staging;
    Rows {
        spans,
        stride,
        inner,
        inner_stride,
        method,
        tiles,
        needed,
        pitch,
        reduced,
        in_place,
        few_pixels,
    }
}

/// Whether rows are staged for regular windows: those that are mostly padding, or leave most of the row out, would be
/// staged for nothing.
fn is_staged(spans: &Spans, progression: Progression) -> bool {
    let most = 4 * spans.reach + 64;
    let Progression { start, step, size } = progression;
    (size - 1) * spans.dilation < most && step <= most && start.unsigned_abs() <= most
}

/// Whether each pixel is part of so few windows that these are joined one by one.
fn are_few(spans: &Spans, level: &Spans) -> bool {
    let few = FEW.saturating_mul(step_of(spans)).saturating_mul(step_of(level));
    spans.most(|span| span.taps) * level.most(|span| span.taps) <= few
}

/// Cuts the windows of a row into tiles, and says what the windows of a full one need of the row: from their first
/// element on or, one by one, all of it. Pixels are of `bytes` bytes.
fn cut(spans: &Spans, level: &Strided, bytes: usize, halves: bool) -> (Vec<Tile>, usize) {
    let count = spans.count();
    let Progression { start, step, size } =
        spans.progression.unwrap_or(Progression { start: 0, step: 0, size: 0 });
    let (tile, needed) = match spans.progression {
        Some(progression) => {
            let tile = tile(spans, progression, &level.spans, bytes);
            (tile, (tile - 1) * step + (size - 1) * spans.dilation + 1)
        }
        None => (count, spans.reach),
    };
    let tiles = (0..count).step_by(tile).map(|position| {
        let count = tile.min(count - position);
        let windows = &spans.each[position..][..count];
        let halving = halves.then(|| Halving::new(windows, size, spans.reach)).flatten();
        Tile { position, count, start: start + (position * step) as isize, halving }
    });
    (tiles.collect(), needed)
}

/// Where rows are read from, and how far apart they lie.
struct Staging {
    /// From one staged row to the next, and from one reduced row to the next.
    pitch: usize,
    reduced: usize,
    /// Whether rows may be read where they are.
    in_place: bool,
}

impl Staging {
    fn new(
        spans: &Spans,
        method: RowMethod,
        (tiles, needed): (&[Tile], usize),
        level: &Strided,
        (inner, bytes): (usize, usize),
        packed: bool,
    ) -> Self {
        let step = step_of(spans);
        let (full, last) = (tiles[0].count, &tiles[tiles.len() - 1]);
        // Without padding, a row is where it is.
        let end = last.start + (needed - (full - last.count) * step) as isize;
        let unpadded = spans.map.is_none() && tiles[0].start >= 0 && end as usize <= spans.reach;
        // Shifted runs are joined over the ends of rows: their results are as far apart as the rows, by the step.
        let shifted = matches!(method, RowMethod::Slide | RowMethod::Halve);
        let steps = if shifted { step } else { 1 };
        let rounded = needed.next_multiple_of(steps) * inner;
        // A run of several rows is one in the data as well.
        let by = level.stride.max(0) as usize;
        let follow = level.spans.map.is_none()
            && (needed * inner..=2 * rounded).contains(&by)
            && by.is_multiple_of(steps * inner);
        let in_place = packed && unpadded && (follow || needed * inner * bytes >= STAGE_BYTES / 4);
        let pitch = if in_place && follow { by } else { rounded };
        // Others are joined row by row, and their results have their own number.
        let reduced = if shifted { pitch / steps } else { full * inner };
        Self { pitch, reduced, in_place }
    }
}

/// From one window to the next, or 0 where they are irregular.
fn step_of(spans: &Spans) -> usize {
    spans.progression.map_or(0, |progression| progression.step)
}

fn arrange_levels(levels: Vec<Strided>, rows: &Rows, bytes: usize) -> Vec<Level> {
    let last = levels.len() - 1;
    let mut block = rows.spans.count() * rows.inner;
    let mut arranged: Vec<Level> = Vec::new();
    for (at, Strided { spans, stride }) in levels.into_iter().enumerate().rev() {
        let batch = if at < last {
            1
        } else {
            let contiguous = rows.pitch as isize == stride && spans.map.is_none();
            let sparse = spans.progression.is_none_or(|p| p.step > p.size || spans.dilation > 1);
            let one = sparse || (rows.in_place && !contiguous);
            let rows = (STAGE_BYTES / (rows.pitch.max(rows.reduced) * bytes))
                .clamp(1, 64)
                .min(spans.reach);
            // A power of two, and so is what is kept: batches then end where the ring does.
            if one { 1 } else { 1 << rows.ilog2() }
        };
        let stacks = stacked(&spans);
        // A batch of many rows is enough for many windows, and planes take more memory than rows.
        let ahead = if stacks && batch < AHEAD && at == last { AHEAD } else { 1 };
        let kept = (depth(&spans, ahead) + batch).next_power_of_two();
        let (keep, reached, count) = (keep(&spans), reached(&spans), spans.count());
        let even = even(&spans);
        arranged.push(Level {
            spans,
            stride,
            keep,
            reached,
            even,
            kept,
            batch,
            ahead,
            stacks,
            block,
        });
        block *= count;
    }
    arranged.reverse();
    arranged
}

/// The areas of the windows of one block of the outermost level, or 1 for each where they do not matter.
fn areas(levels: &[Level], rows: &Rows, weighted: bool) -> Result<Vec<f64>, PoolError> {
    let mut areas: Vec<f64> = room("areas", None, levels[0].block)?;
    if !weighted {
        areas.resize(levels[0].block, 1.0);
        return Ok(areas);
    }
    areas.push(1.0);
    for spans in levels[1..].iter().map(|level| &level.spans).chain([&rows.spans]) {
        areas = areas
            .iter()
            .flat_map(|&area| spans.each.iter().map(move |span| area * span.area as f64))
            .collect();
    }
    if rows.inner > 1 {
        areas = areas.iter().flat_map(|&area| core::iter::repeat_n(area, rows.inner)).collect();
    }
    Ok(areas)
}

const _: () = assert!(CONSTANT > isize::MAX as usize, "no element has the number of the constant");
