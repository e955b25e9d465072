//! The geometry of a convolution, resolved to offsets.
//!
//! Per windowed axis there are *lines*: runs of outputs whose inputs advance by a constant stride. A
//! regular axis is one line, snap and balance are several, and a transposed axis is one per phase: of
//! the outputs `r, r + S, r + 2S, ..` all read through the same taps, with inputs that advance by one. A
//! *pass* is one line of each axis: the innermost gives runs, the others a table of offsets. So there is
//! one kind of work for the kernels, forward or transposed, for any rank and any strides.
//!
//! Outputs whose windows have nothing of the input are in no line: they are the bias, and written as such. So the
//! tables are as long as what is read, however long steps, padding and gaps between taps are.
//!
//! Offsets of taps that are missing may be anything, and wrap; those of real taps are offsets into the input, and
//! sums of them are exact whatever wrapped on the way.

use std::collections::BTreeMap;
use std::ops::Range;

use windows_core::{Axis, AxisSpec, Dyn, Layout, WindowError};

use crate::ConvError;
use crate::memory::room;

/// An outer tap that is missing in a row.
pub(crate) const MISSING: isize = isize::MIN;

/// One tap along a line: output `x` reads element `offset + x stride`, for `x` in `lo..hi`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LineTap {
    pub offset: isize,
    pub lo: usize,
    pub hi: usize,
    /// Which weight it is, along its axis, times that axis' stride in the weights.
    weight: usize,
}

impl LineTap {
    /// What it reads at output `x`, in a line of this stride.
    #[inline(always)]
    pub(crate) fn at(&self, x: usize, stride: isize) -> isize {
        self.offset.wrapping_add((x as isize).wrapping_mul(stride))
    }
}

#[derive(Clone, Debug)]
struct Line {
    count: usize,
    stride: isize,
    taps: Vec<LineTap>,
    out_first: isize,
    out_stride: isize,
}

impl Line {
    /// The parts whose outputs have real taps. Of a line that falls apart each keeps its own taps, so that together
    /// they have no more than one.
    fn real(self) -> Vec<Self> {
        let mut reals: Vec<Range<usize>> =
            self.taps.iter().filter(|tap| tap.lo < tap.hi).map(|tap| tap.lo..tap.hi).collect();
        reals.sort_unstable_by_key(|real| real.start);
        let mut parts: Vec<Range<usize>> = Vec::new();
        for real in reals {
            match parts.last_mut() {
                Some(part) if real.start <= part.end => part.end = part.end.max(real.end),
                _ => parts.push(real),
            }
        }
        if let [part] = &parts[..]
            && *part == (0..self.count)
        {
            return vec![self];
        }
        let mut owned: Vec<Vec<LineTap>> = vec![Vec::new(); parts.len()];
        for &tap in &self.taps {
            let own = match parts.len() {
                0 => continue,
                1 => 0,
                _ if tap.lo == tap.hi => continue,
                _ => parts.partition_point(|part| part.end <= tap.lo),
            };
            let part = &parts[own];
            let within = |x: usize| x.clamp(part.start, part.end) - part.start;
            let skipped = (part.start as isize).wrapping_mul(self.stride);
            let offset = tap.offset.wrapping_add(skipped);
            owned[own].push(LineTap { offset, lo: within(tap.lo), hi: within(tap.hi), ..tap });
        }
        let of = |(part, taps): (Range<usize>, Vec<LineTap>)| Self {
            count: part.len(),
            stride: self.stride,
            taps,
            out_first: self.out_first + part.start as isize * self.out_stride,
            out_stride: self.out_stride,
        };
        parts.into_iter().zip(owned).map(of).collect()
    }

    fn is_plain(&self) -> bool {
        matches!(self.taps[..], [LineTap { lo: 0, hi, .. }] if hi == self.count)
    }
}

/// One axis as the builder sees it.
pub(crate) struct PassAxis {
    pub axis: Axis,
    /// Length of the input.
    pub len: usize,
    pub in_stride: isize,
    pub out_len: usize,
    pub out_stride: isize,
    pub weight_stride: usize,
    pub flipped: bool,
}

/// Outputs that all read through the same taps: `rows` runs of `width`.
///
/// Kernels rely on this: `outer` has an entry for each row of each outer tap, `weights` one for each outer and inner
/// tap, and no inner tap is real beyond `width`. Passes of squares have no weights.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub rows: usize,
    pub width: usize,
    /// Elements between the inputs of neighbouring outputs of a row.
    pub stride: isize,
    /// `[outer tap][row]`: what the outer axes add to an offset, or [`MISSING`].
    pub outer: Vec<isize>,
    pub inner: Vec<LineTap>,
    /// The weight of each tap, outer taps first.
    pub weights: Vec<usize>,
    /// Where each row starts in the output.
    pub out_rows: Vec<isize>,
    pub out_stride: isize,
    /// Whether all outputs are equally spaced, across rows as well.
    pub out_flat: bool,
    /// The same as `outer`, where neighbouring rows share inputs.
    pub stairs: Option<Stairs>,
}

/// Rows of outputs that read the same rows of input, `step` further for each: the outer tap `o` of row
/// `r` lies at `bases[r step + o]`.
#[derive(Clone, Debug)]
pub(crate) struct Stairs {
    pub step: usize,
    /// What is added to an offset, or [`MISSING`].
    pub bases: Vec<isize>,
}

impl Stairs {
    fn find(outer: &[isize], rows: usize) -> Option<Self> {
        let taps = outer.len().checked_div(rows).filter(|&taps| taps > 0)?;
        let at = |tap: usize, row: usize| outer[tap * rows + row];
        let shared = |&step: &usize| {
            (step..taps).all(|tap| (1..rows).all(|row| at(tap - step, row) == at(tap, row - 1)))
        };
        let step = [1, 2].into_iter().find(shared)?;
        let base = |place: usize| {
            let row = (place / step).min(rows - 1);
            let tap = place - row * step;
            if tap < taps { at(tap, row) } else { MISSING }
        };
        Some(Self { step, bases: (0..(rows - 1) * step + taps).map(base).collect() })
    }
}

impl Pass {
    /// The same, of which is asserted what kernels rely on.
    fn checked(self) -> Self {
        let (outer, inner) = (self.outer.len(), self.inner.len());
        debug_assert!(outer.is_multiple_of(self.rows), "{outer} entries of {} rows", self.rows);
        debug_assert!(
            self.weights.is_empty() || self.weights.len() * self.rows == outer * inner,
            "{} weights of {outer} entries, {inner} inner taps",
            self.weights.len()
        );
        let within = |tap: &LineTap| tap.lo <= tap.hi && tap.hi <= self.width;
        debug_assert!(self.inner.iter().all(within), "{:?} along {}", self.inner, self.width);
        self
    }

    pub(crate) fn pixels(&self) -> usize {
        self.rows * self.width
    }

    /// Whether output `i` reads element `i`, from some element on: a 1 x 1 window at step 1.
    pub(crate) fn is_pointwise(&self) -> bool {
        let whole = |tap: &LineTap| tap.lo == 0 && tap.hi == self.width;
        self.rows == 1
            && self.stride == 1
            && self.outer == [0]
            && matches!(&self.inner[..], [tap] if whole(tap))
    }

    pub(crate) fn taps(&self) -> usize {
        self.weights.len()
    }

    /// Where the outer axes put a tap in a row, and the tap along the row; `None` where missing.
    #[inline(always)]
    pub(crate) fn tap(&self, tap: usize, row: usize) -> Option<(isize, LineTap)> {
        let base = self.outer[tap / self.inner.len() * self.rows + row];
        (base != MISSING).then(|| (base, self.inner[tap % self.inner.len()]))
    }

    /// Which columns of input are real, where neighbouring outputs of a row share them: the tap `t` of output
    /// `x` reads column `x step + t`.
    pub(crate) fn columns(&self, step: usize) -> Option<Range<usize>> {
        let first = self.inner.first()?.offset;
        let apart = self.inner.get(1)?.offset.wrapping_sub(first);
        let real = self.inner.iter().enumerate().filter(|(_, tap)| tap.lo < tap.hi);
        let low = real.clone().map(|(at, tap)| tap.lo * step + at).min()?;
        let high = real.map(|(at, tap)| (tap.hi - 1) * step + at + 1).max()?;
        let bound = |column: usize, at: usize| column.saturating_sub(at).div_ceil(step);
        let shared = apart.wrapping_mul(step as isize) == self.stride
            && self.inner.iter().enumerate().all(|(at, tap)| {
                let lo = bound(low, at).min(self.width);
                let hi = bound(high, at).clamp(lo, self.width);
                (tap.lo, tap.hi) == (lo, hi)
                    && tap.offset == first.wrapping_add(apart.wrapping_mul(at as isize))
            });
        shared.then_some(low..high)
    }

    /// The pass whose outputs are squares of 2 x 2 of these, if these have 3 x 3 neighbouring taps at step 1 and
    /// 16 products a square are fewer than 9 an output. It has 4 x 4 taps at step 2, and its outputs lie nowhere.
    pub(crate) fn squares(&self) -> Option<Self> {
        let stairs = self.stairs.as_ref().filter(|stairs| stairs.step == 1)?;
        let real = self.columns(1)?;
        if self.inner.len() != 3 || self.taps() != 9 {
            return None;
        }
        let (rows, width) = (self.rows.div_ceil(2), self.width.div_ceil(2));
        if 16 * rows * width >= 9 * self.pixels() {
            return None;
        }
        let base = |place: usize| stairs.bases.get(place).copied().unwrap_or(MISSING);
        let first = self.inner[0].offset;
        let tap = |tap: usize| {
            let bound = |column: usize| column.saturating_sub(tap).div_ceil(2).min(width);
            let (lo, hi) = (bound(real.start), bound(real.end));
            let offset = first.wrapping_add(self.stride.wrapping_mul(tap as isize));
            LineTap { offset, lo, hi: hi.max(lo), weight: 0 }
        };
        let squares = Self {
            rows,
            width,
            stride: self.stride.wrapping_mul(2),
            outer: (0..4)
                .flat_map(|tap| (0..rows).map(move |row| 2 * row + tap))
                .map(base)
                .collect(),
            inner: (0..4).map(tap).collect(),
            weights: Vec::new(),
            out_rows: Vec::new(),
            out_stride: 0,
            out_flat: false,
            stairs: None,
        };
        Some(squares.checked())
    }

    #[inline(always)]
    pub(crate) fn out_offset(&self, pixel: usize) -> isize {
        self.out_rows[pixel / self.width] + (pixel % self.width) as isize * self.out_stride
    }
}

/// The axis of windows whose adjoint is asked for, over the output.
///
/// # Errors
/// An edge, an output padding that is no remainder, or padding that takes everything.
pub(crate) fn transposed_axis(
    axis: usize,
    len: usize,
    spec: AxisSpec,
    output_padding: usize,
) -> Result<(Axis, usize), ConvError> {
    if spec.edge != windows_core::Edge::Drop {
        return Err(ConvError::TransposedEdge { axis });
    }
    // Resolves size, step and dilation once, so that the errors are those of a forward axis.
    let probe = Axis::new(0, AxisSpec { before: 0, after: 0, same: None, ..spec })
        .map_err(|error| error.on_axis(axis))?;
    let limit = probe.step().max(probe.dilation());
    if output_padding >= limit {
        return Err(ConvError::OutputPadding { axis, padding: output_padding, limit });
    }
    let overflow = WindowError::PaddedOverflow { axis, len, padding: output_padding };
    let fits = |value: Option<usize>| {
        value.filter(|&value| value <= isize::MAX as usize).ok_or(ConvError::Window(overflow))
    };
    let out_len = if len == 0 {
        0
    } else if spec.same.is_some() {
        fits(len.checked_mul(probe.step()))?
    } else {
        let reach = fits((len - 1).checked_mul(probe.step()))?;
        let full = fits(reach.checked_add(probe.field()))?;
        let full = fits(full.checked_add(output_padding))?;
        let padding = fits(spec.before.checked_add(spec.after))?;
        if padding >= full {
            return Err(ConvError::OutputLength { axis, full, padding });
        }
        full - padding
    };
    let axis = Axis::new(out_len, spec).map_err(|error| error.on_axis(axis))?;
    Ok((axis, out_len))
}

/// A layout whose strides can be multiplied: where there are no elements at all they may be anything.
pub(crate) fn strided(of: &Layout<Dyn>) -> Result<Layout<Dyn>, WindowError> {
    let of_axis = |axis| stride(of.shape(), of.strides(), axis);
    let strides: Vec<isize> = (0..of.ndim()).map(of_axis).collect();
    Layout::new(of.shape(), &strides[..])
}

/// The stride of an axis. Along one of length 1, or of no elements at all, it has no meaning: there it is 1, as if what
/// follows were a neighbour, which the fastest kernels ask for.
pub(crate) fn stride(shape: &[usize], strides: &[isize], axis: usize) -> isize {
    if shape.contains(&0) || shape[axis] == 1 { 1 } else { strides[axis] }
}

/// The passes of a convolution: together they write every output that reads anything once.
///
/// # Errors
/// Tables that there is no memory for.
pub(crate) fn passes(axes: &[PassAxis], transposed: bool) -> Result<Vec<Pass>, ConvError> {
    let lines: Vec<Vec<Line>> =
        axes.iter().map(|axis| if transposed { phases(axis) } else { runs(axis) }).collect();
    let mut chosen = vec![0; lines.len()];
    let mut passes = Vec::new();
    if lines.iter().any(Vec::is_empty) {
        return Ok(passes);
    }
    loop {
        passes.push(pass(chosen.iter().zip(&lines).map(|(&i, lines)| lines[i].clone()).collect())?);
        let Some(axis) = (0..lines.len()).rev().find(|&axis| chosen[axis] + 1 < lines[axis].len())
        else {
            return Ok(passes);
        };
        chosen[axis] += 1;
        chosen[axis + 1..].fill(0);
    }
}

/// Whether passes write all `outputs`: those that they do not write read nothing.
pub(crate) fn are_all<'a>(passes: impl Iterator<Item = &'a Pass>, outputs: usize) -> bool {
    passes.map(Pass::pixels).sum::<usize>() == outputs
}

/// The windows of a forward axis, cut where the distance of their starts changes.
fn runs(of: &PassAxis) -> Vec<Line> {
    let axis = &of.axis;
    let mut lines = Vec::new();
    let mut first = 0;
    while first < axis.count() {
        let (run, step) = axis.run_from(first);
        let taps = (0..axis.size()).map(|tap| {
            let weight = if of.flipped { axis.size() - 1 - tap } else { tap };
            line_tap(of, axis.element(first, tap), step, run.len(), weight)
        });
        let line = Line {
            count: run.len(),
            stride: (step as isize).wrapping_mul(of.in_stride),
            taps: taps.collect(),
            out_first: first as isize * of.out_stride,
            out_stride: of.out_stride,
        };
        lines.extend(line.real());
        first = run.end;
    }
    lines
}

/// The outputs of a transposed axis by their remainder modulo the step: output `r + S q` gets tap `t` of
/// window `q + (r + before - t D) / S`, where that division is exact. Remainders without a tap have no line.
fn phases(of: &PassAxis) -> Vec<Line> {
    let axis = &of.axis;
    // A longer step is never taken: there is one window then.
    let step = axis.step().min(isize::MAX as usize) as isize;
    let mut taps: BTreeMap<isize, Vec<usize>> = BTreeMap::new();
    for tap in 0..axis.size() {
        taps.entry(tap_start(axis, tap).rem_euclid(step)).or_default().push(tap);
    }
    let phase = |(r, taps): (isize, Vec<usize>)| {
        let left = of.out_len.checked_sub(r as usize).filter(|&left| left > 0)?;
        let count = left.div_ceil(axis.step());
        let taps = taps.into_iter().map(|tap| {
            let weight = if of.flipped { axis.size() - 1 - tap } else { tap };
            line_tap(of, (r - tap_start(axis, tap)).div_euclid(step), 1, count, weight)
        });
        Some(Line {
            count,
            stride: of.in_stride,
            taps: taps.collect(),
            out_first: r * of.out_stride,
            out_stride: step.wrapping_mul(of.out_stride),
        })
    };
    taps.into_iter().filter_map(phase).flat_map(Line::real).collect()
}

/// Where a tap that reads element `first + x step` at output `x` lies, and for which `x` it is real.
fn line_tap(of: &PassAxis, first: isize, step: usize, count: usize, weight: usize) -> LineTap {
    let lo = if first < 0 { first.unsigned_abs().div_ceil(step).min(count) } else { 0 };
    let hi = match usize::try_from(of.len as isize - first) {
        Ok(ahead) => ahead.div_ceil(step).min(count),
        Err(_) => 0,
    };
    LineTap {
        offset: first.wrapping_mul(of.in_stride),
        lo,
        hi: hi.max(lo),
        weight: weight * of.weight_stride,
    }
}

fn pass(mut lines: Vec<Line>) -> Result<Pass, ConvError> {
    // Axes without windows worth the name (1 x 1 convolutions, rows of length 1) become one.
    let mut axis = 1;
    while axis < lines.len() {
        let (a, b) = (&lines[axis - 1], &lines[axis]);
        let count = b.count as isize;
        let adjoining = a.count == 1
            || b.count == 1
            || (a.stride == count.wrapping_mul(b.stride)
                && a.out_stride == count.wrapping_mul(b.out_stride));
        let along = if b.count == 1 { a } else { b };
        if a.is_plain() && b.is_plain() && adjoining {
            let merged = Line {
                count: a.count * b.count,
                stride: along.stride,
                taps: vec![LineTap {
                    offset: a.taps[0].offset.wrapping_add(b.taps[0].offset),
                    lo: 0,
                    hi: a.count * b.count,
                    weight: a.taps[0].weight + b.taps[0].weight,
                }],
                out_first: a.out_first + b.out_first,
                out_stride: along.out_stride,
            };
            lines.splice(axis - 1..=axis, [merged]);
            axis = axis.max(2) - 1;
        } else {
            axis += 1;
        }
    }
    let inner = lines.pop().expect("at least one windowed axis");

    // The product over the outer axes, one after another: rows and taps in row-major order.
    let (mut rows, mut taps) = (1, 1);
    let mut out_rows = vec![inner.out_first];
    let mut outer = vec![0isize]; // [tap][row]
    let mut weights = vec![0usize];
    for line in &lines {
        let more_rows = rows * line.count;
        let mut starts = room("tables", more_rows)?;
        for &start in &out_rows {
            let of = |x| start + line.out_first + x as isize * line.out_stride;
            starts.extend((0..line.count).map(of));
        }
        let mut offsets = room("tables", more_rows.saturating_mul(taps * line.taps.len()))?;
        for bases in outer.chunks_exact(rows) {
            for tap in &line.taps {
                for &base in bases {
                    let of = |x| match base != MISSING && (tap.lo..tap.hi).contains(&x) {
                        true => tap.at(x, line.stride).wrapping_add(base),
                        false => MISSING,
                    };
                    offsets.extend((0..line.count).map(of));
                }
            }
        }
        weights = weights
            .iter()
            .flat_map(|weight| line.taps.iter().map(move |tap| weight + tap.weight))
            .collect();
        (out_rows, outer) = (starts, offsets);
        (rows, taps) = (more_rows, taps * line.taps.len());
    }
    let width = inner.count;
    let flat_step = width as isize * inner.out_stride;
    let pass = Pass {
        rows,
        width,
        stride: inner.stride,
        stairs: Stairs::find(&outer, rows),
        outer,
        weights: weights
            .iter()
            .flat_map(|weight| inner.taps.iter().map(move |tap| weight + tap.weight))
            .collect(),
        out_flat: out_rows.windows(2).all(|pair| pair[1] - pair[0] == flat_step),
        inner: inner.taps,
        out_rows,
        out_stride: inner.out_stride,
    };
    Ok(pass.checked())
}

/// Where tap `tap` of the first window lies, if there is one or not.
fn tap_start(axis: &Axis, tap: usize) -> isize {
    (tap * axis.dilation()) as isize - axis.before() as isize
}
