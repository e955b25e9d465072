//! Which inputs a band of outputs needs, each of them once.
//!
//! A matrix of im2col repeats an input for every tap that reads it. A *strip* does not: it has the *lines*
//! of the input that the rows of a band read, each for all channels one behind the other, and a tap of a
//! row is a place in a line. A line is a few *runs*, one for each remainder that taps leave modulo the
//! step, so that neighbouring outputs read neighbours whatever the step is. Where one tap reads what lies
//! side by side, the input is a strip as it is.

use std::ops::Range;

use crate::pass::{MISSING, Pass};

/// Where a row has no line for a tap.
pub(crate) const NO_LINE: usize = usize::MAX;

/// Inputs of a line that are `stride` apart, from the first one that output 0 reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// What is added to the base of a line.
    pub offset: isize,
    /// Where the run starts in the line.
    pub column: usize,
    /// How much further than the first tap the last one reads.
    pub reach: usize,
    /// Which columns are real, counted over the whole row.
    pub real: (usize, usize),
}

/// Outputs whose inputs are packed together.
#[derive(Clone, Debug)]
pub(crate) struct Band {
    pub rows: Range<usize>,
    pub columns: Range<usize>,
    /// Which of [`Bands::lines`] it reads.
    pub lines: Range<usize>,
}

impl Band {
    pub(crate) fn pixels(&self) -> usize {
        self.rows.len() * self.columns.len()
    }
}

/// All bands of a pass, and how their strips are laid out.
///
/// Kernels rely on this: a place is a line of its band or [`NO_LINE`], and from each tap on the outputs of a band find
/// their inputs before the end of the line.
#[derive(Clone, Debug)]
pub(crate) struct Bands {
    /// Rows that are taken together, and which lines they read.
    pub groups: Vec<(Range<usize>, Range<usize>)>,
    /// Outputs of a row, and into how many bands they are cut.
    columns: (usize, usize),
    /// The base of each line.
    pub lines: Vec<isize>,
    pub runs: Vec<Run>,
    /// Elements of a line of one channel.
    pub line: usize,
    /// Lines of the largest band.
    pub most: usize,
    /// Whether the input itself is the strip.
    pub in_place: bool,
    /// `[outer tap][row]`: which line of the band it is, or [`NO_LINE`].
    places: Vec<usize>,
    /// Where each inner tap of output 0 lies in a line.
    taps: Vec<usize>,
    rows: usize,
}

impl Bands {
    /// Bands of at most `rows` and `columns`. `unit` elements are a line of the cache. Only where a pass is
    /// pointwise can a strip be `in_place`.
    pub(crate) fn new(
        pass: &Pass,
        rows: usize,
        columns: usize,
        unit: usize,
        in_place: bool,
    ) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        let mut shifts = vec![(0, 0); pass.inner.len()];
        let mut order: Vec<usize> = (0..pass.inner.len()).collect();
        order.sort_by_key(|&tap| pass.inner[tap].offset);
        for index in order {
            let tap = &pass.inner[index];
            // Only taps that are whole steps apart share a run.
            let shift = |run: &Run| tap.offset.wrapping_sub(run.offset) / pass.stride.max(1);
            let of = runs.iter().position(|run| {
                pass.stride > 0
                    && tap.offset.wrapping_sub(run.offset) % pass.stride == 0
                    && shift(run) as usize <= columns.saturating_add(run.reach)
            });
            let (lo, hi) = (tap.lo, tap.hi);
            let of = of.unwrap_or_else(|| {
                let real = (usize::MAX, 0);
                runs.push(Run { offset: tap.offset, column: 0, reach: 0, real });
                runs.len() - 1
            });
            let run = &mut runs[of];
            let shift = if pass.stride > 0 { shift(run) as usize } else { 0 };
            run.reach = run.reach.max(shift);
            if lo < hi {
                run.real = (run.real.0.min(lo + shift), run.real.1.max(hi + shift));
            }
            shifts[index] = (of, shift);
        }
        let mut line = 0;
        for run in &mut runs {
            run.column = line;
            line = columns.saturating_add(run.reach).saturating_add(line);
        }
        // Not an even number of lines of the cache: those would all fall into every other set of it.
        if line > 0 && line.is_multiple_of(2 * unit) {
            line = line.saturating_add(unit);
        }
        let taps: Vec<usize> =
            shifts.iter().map(|&(run, shift)| runs[run].column.saturating_add(shift)).collect();

        let outer_taps = pass.outer.len() / pass.rows.max(1);
        let (mut groups, mut lines) = (Vec::new(), Vec::new());
        let mut places = vec![NO_LINE; pass.outer.len()];
        let mut most = 0;
        for rows in pieces(pass.rows, rows) {
            let first = lines.len();
            let at = |tap: usize, row: usize| pass.outer[tap * pass.rows + row];
            let all = (0..outer_taps).flat_map(|tap| rows.clone().map(move |row| at(tap, row)));
            lines.extend(all.filter(|&base| base != MISSING));
            lines[first..].sort_unstable();
            let mut kept = first;
            for i in first..lines.len() {
                if i == first || lines[i] != lines[kept - 1] {
                    lines[kept] = lines[i];
                    kept += 1;
                }
            }
            lines.truncate(kept);
            for tap in 0..outer_taps {
                for row in rows.clone() {
                    if let Ok(found) = lines[first..].binary_search(&at(tap, row)) {
                        places[tap * pass.rows + row] = found;
                    }
                }
            }
            most = most.max(kept - first);
            groups.push((rows, first..kept));
        }
        debug_assert!(places.iter().all(|&at| at == NO_LINE || at < most), "lines of a band");
        let ends = |&tap: &usize| columns.saturating_add(tap) <= line;
        debug_assert!(taps.iter().all(ends), "taps of a line of {line}");
        let columns = (pass.width, piece_count(pass.width, columns));
        Self { groups, columns, lines, runs, line, most, in_place, places, taps, rows: pass.rows }
    }

    /// How many bands there are.
    pub(crate) fn len(&self) -> usize {
        self.groups.len() * self.columns.1
    }

    /// Band `at`: those of a group of rows one after another.
    pub(crate) fn get(&self, at: usize) -> Band {
        let (width, count) = self.columns;
        let (rows, lines) = self.groups[at / count].clone();
        Band { rows, columns: piece(width, at % count, count), lines }
    }

    /// Where the first output of a row finds a tap in a strip of `channels`.
    #[inline(always)]
    pub(crate) fn place(
        &self,
        outer: usize,
        inner: usize,
        row: usize,
        channels: usize,
    ) -> Option<usize> {
        Some(self.first(outer, row, channels)? + self.tap(inner))
    }

    /// Where the line that a row has for an outer tap begins in a strip of `channels`.
    #[inline(always)]
    pub(crate) fn first(&self, outer: usize, row: usize, channels: usize) -> Option<usize> {
        let line = self.places[outer * self.rows + row];
        (line != NO_LINE).then(|| line * channels * self.line)
    }

    /// Where the first output of a row finds a tap in a line.
    #[inline(always)]
    pub(crate) fn tap(&self, inner: usize) -> usize {
        self.taps[inner]
    }

    /// Elements of a strip of `channels`.
    pub(crate) fn strip(&self, channels: usize) -> usize {
        if self.in_place { 0 } else { self.most.saturating_mul(self.line).saturating_mul(channels) }
    }

    /// Elements of the strips of all bands, for a channel.
    pub(crate) fn packed(&self) -> f64 {
        let lines: usize = self.groups.iter().map(|(_, lines)| lines.len()).sum();
        lines as f64 * self.columns.1 as f64 * self.line as f64
    }

    /// Outputs of the largest band.
    pub(crate) fn pixels(&self) -> usize {
        let (width, count) = self.columns;
        let rows = self.groups.iter().map(|(rows, _)| rows.len()).max().unwrap_or(0);
        rows.saturating_mul(width.div_ceil(count.max(1)))
    }
}

/// Parts of at most `most`, as even as can be.
pub(crate) fn pieces(len: usize, most: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    let count = piece_count(len, most);
    (0..count).map(move |i| piece(len, i, count))
}

fn piece_count(len: usize, most: usize) -> usize {
    len.div_ceil(most.max(1))
}

/// Part `i` of `count` of them.
fn piece(len: usize, i: usize, count: usize) -> Range<usize> {
    len * i / count..len * (i + 1) / count
}
