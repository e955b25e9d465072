//! How the axes of an array become those of the engine.

use super::rows::{Halving, RowMethod, Rows, Tile};
use super::{Engine, Level};
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

/// An axis with its stride.
pub(crate) struct Strided {
    pub(crate) spans: Spans,
    pub(crate) stride: isize,
}

impl Engine {
    /// Arranges axes for elements of `bytes` bytes in an accumulator. `None` if the layout has no place in
    /// the engine: axes behind the windowed ones that are no run of their own, or an axis without elements.
    pub(crate) fn arrange(mut axes: Vec<Strided>, bytes: usize, weighted: bool) -> Option<Self> {
        if axes.iter().any(|axis| axis.spans.reach == 0 || axis.spans.count() == 0) {
            return None;
        }
        // Behind the windowed axes: elements that stay together.
        let (mut inner, mut inner_stride) = (1_usize, 1_isize);
        while axes.len() > 1 && axes[axes.len() - 1].spans.is_single() {
            let windowed = axes.iter().any(|axis| !axis.spans.is_single());
            if !windowed {
                break;
            }
            let axis = axes.pop()?;
            if axis.spans.len == 1 {
                continue;
            }
            if inner == 1 {
                inner_stride = axis.stride;
            } else if axis.stride != inner_stride * inner as isize {
                return None;
            }
            inner *= axis.spans.len;
        }
        let row = axes.pop().unwrap_or(Strided { spans: Spans::singles(1), stride: 1 });
        // In front of them: independent planes.
        let windowed = axes.iter().position(|axis| !axis.spans.is_single()).unwrap_or(axes.len());
        let levels = axes.split_off(windowed);
        let mut outer: Vec<(usize, isize)> = Vec::new();
        for axis in &axes {
            let (len, stride) = (axis.spans.len, axis.stride);
            match outer.last_mut() {
                Some((longer, by)) if *by == stride * len as isize => {
                    (*longer, *by) = (*longer * len, stride);
                }
                _ => outer.push((len, stride)),
            }
        }
        let mut levels = levels;
        if levels.is_empty() {
            // Rows alone: several at once where there are several.
            let (len, stride) = outer.pop().unwrap_or((1, 0));
            levels.push(Strided { spans: Spans::singles(len), stride });
        }
        let group = match (&outer[..], &mut levels[..]) {
            (&[(planes, stride)], [level]) => group(planes, stride, level),
            _ => 1,
        };
        let rows = arrange_rows(row, inner, inner_stride, &levels[levels.len() - 1], bytes);
        let levels = arrange_levels(levels, &rows, bytes);
        let areas = if weighted { areas(&levels, &rows) } else { vec![1.0; levels[0].block] };
        Some(Self { outer, group, levels, rows, areas })
    }
}

/// Makes planes whose rows follow each other one level, with the windows of each: how many.
fn group(planes: usize, stride: isize, level: &mut Strided) -> usize {
    let spans = &mut level.spans;
    let group = (GROUP_ROWS / spans.reach).min(planes);
    if group < 2 || spans.map.is_some() || stride != level.stride * spans.reach as isize {
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
    spans.dilation == 1 && taps > 3 * step + 2
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

fn arrange_rows(
    row: Strided,
    inner: usize,
    inner_stride: isize,
    level: &Strided,
    bytes: usize,
) -> Rows {
    let Strided { mut spans, stride } = row;
    let dilation = spans.dilation;
    // Windows that are mostly padding, or leave most of the row out, would be staged for nothing.
    spans.progression = spans.progression.filter(|p| {
        let most = 4 * spans.reach + 64;
        (p.size - 1) * dilation < most && p.step <= most && p.start.unsigned_abs() <= most
    });
    let method = match spans.progression {
        None => RowMethod::Each,
        Some(Progression { size, .. })
            if spans.count() == 1 && size == spans.reach && size > 4 && dilation == 1 =>
        {
            RowMethod::Whole
        }
        Some(Progression { size: 2 | 3, step: 2, .. }) if inner == 1 && dilation == 1 => {
            RowMethod::Halve
        }
        Some(Progression { size, step, .. }) if inner > 1 && step > 1 && size <= 3 * step => {
            RowMethod::Pixels
        }
        Some(_) => RowMethod::Slide,
    };
    let (start, step, field) = match spans.progression {
        Some(p) => (p.start, p.step, (p.size - 1) * dilation + 1),
        None => (0, 1, spans.reach),
    };
    let count = spans.count();
    // As many windows as keep both the staged row and the rows kept of it in their caches, but enough
    // that the overlap of tiles is a small part.
    let staged = (STAGE_BYTES / (bytes * inner)).max(16);
    let ahead = if stacked(&level.spans) { AHEAD } else { 1 };
    let kept = KEPT_BYTES / (bytes * inner * depth(&level.spans, ahead)).max(1);
    let few = staged.saturating_sub(field).max(3 * field.min(spans.reach)) / step;
    let tile = if spans.progression.is_none() {
        count
    } else {
        // All of them alike.
        let tile = few.min(kept.max(field)).max(16).min(count);
        count.div_ceil(count.div_ceil(tile))
    };
    let packed = (inner == 1 || inner_stride == 1) && stride == inner as isize;
    let plain = spans.map.is_none() && level.spans.map.is_none() && level.stride > 0;
    let halves = method == RowMethod::Halve && packed && plain && !stacked(&level.spans);
    let tiles: Vec<Tile> = (0..count)
        .step_by(tile)
        .map(|position| {
            let count = tile.min(count - position);
            let windows = &spans.each[position..][..count];
            let size = spans.progression.map_or(0, |p| p.size);
            Tile {
                position,
                count,
                start: start + (position * step) as isize,
                halving: halves.then(|| Halving::new(windows, size, spans.reach)).flatten(),
            }
        })
        .collect();
    let needed = if spans.progression.is_none() { field } else { (tile - 1) * step + field };

    let unpadded = spans.map.is_none()
        && start >= 0
        && tiles.iter().all(|t| t.start as usize + (t.count - 1) * step + field <= spans.reach);
    let steps = if method == RowMethod::Each { 1 } else { step };
    let rounded = needed.next_multiple_of(steps) * inner;
    let follow = level.stride > 0
        && level.spans.map.is_none()
        && level.stride as usize >= needed * inner
        && (level.stride as usize / inner).is_multiple_of(steps)
        && (level.stride as usize).is_multiple_of(inner)
        && level.stride as usize <= 2 * rounded;
    let in_place = packed && unpadded && (follow || needed * inner * bytes >= STAGE_BYTES / 4);
    let pitch = if in_place && follow { level.stride as usize } else { rounded };
    let reduced = pitch / steps;
    let taps = |spans: &Spans| spans.each.iter().map(|span| span.taps).max().unwrap_or(0);
    let step = |spans: &Spans| spans.progression.map_or(0, |progression| progression.step);
    let few = FEW * step(&spans) * step(&level.spans);
    let few_pixels = inner > 1 && packed && plain && taps(&spans) * taps(&level.spans) <= few;
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
            let rows = (STAGE_BYTES / (rows.pitch * bytes)).clamp(1, 64).min(spans.reach);
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

/// The areas of the windows of one block of the outermost level.
fn areas(levels: &[Level], rows: &Rows) -> Vec<f64> {
    let mut areas: Vec<f64> = vec![1.0];
    for spans in levels[1..].iter().map(|level| &level.spans).chain([&rows.spans]) {
        areas = areas
            .iter()
            .flat_map(|&area| spans.each.iter().map(move |span| area * span.area as f64))
            .collect();
    }
    if rows.inner > 1 {
        areas = areas.iter().flat_map(|&area| core::iter::repeat_n(area, rows.inner)).collect();
    }
    areas
}

const _: () = assert!(CONSTANT > isize::MAX as usize, "no element has the number of the constant");
