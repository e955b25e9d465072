//! Inputs to strips: what a band of outputs reads, each input once.
//!
//! ```text
//! for each channel, each line of the band, each run of the line:
//!     for each register of columns:
//!         strip = load(columns that are real), zeros for the others
//! ```
//!
//! Departures:
//! - Where registers of a line begin, and which columns of them are real, is the same for all lines and channels. It
//!   is worked out once for [`MOVES`] registers, which then are the innermost loop.
//! - At other steps than 1 and 2, and of pairs of channels, there are no masked loads: elements go one by one.

use std::ops::Range;

use windows_simd::Compute;

use super::element::Input;
use super::lanes::Lanes;
use super::scalar::Scalar;
use crate::band::{Band, Bands, Run};

/// Writes the strip of a band, for all channels of a group.
///
/// *Inputs* hold for these lines and channels. *Room* holds for `out`: a line for each line of the band and channel.
pub(crate) struct Strip<'a, X: Input, S> {
    pub bands: &'a Bands,
    pub band: &'a Band,
    /// Elements between the inputs of neighbouring outputs.
    pub stride: isize,
    /// Element 0, .., 0 of the first channel of the group.
    pub input: *const X,
    pub channel_stride: isize,
    pub channels: usize,
    pub zero: i32,
    pub out: *mut X::Lane,
    pub simd: S,
}

/// Registers of a line whose masks are worked out once for all lines.
const MOVES: usize = 16;

/// A register of columns, from an input line to a line of the strip.
struct Move<T: Scalar, S: Lanes<T>> {
    from: isize,
    to: usize,
    /// Columns that are real; zeros for the others.
    real: (S::M<T>, S::Second<T>),
    /// Columns that are written, and whether that is all of them.
    written: S::M<T>,
    whole: bool,
}

impl<X: Input, S: Lanes<X::Lane>> Compute<S> for Strip<'_, X, S> {
    type Output = ();

    #[inline(always)]
    fn run(self, _: S) {
        // SAFETY: *inputs* and *room* of a strip, and the stride is the one that is named.
        unsafe {
            match self.stride {
                1 if X::PLAIN => self.registers::<1>(),
                2 if X::PLAIN => self.registers::<2>(),
                _ => self.elements(),
            }
        }
    }
}

impl<X: Input, S: Lanes<X::Lane>> Strip<'_, X, S> {
    /// Each run, its columns, and those of them that are real.
    #[inline(always)]
    fn runs(&self) -> impl Iterator<Item = (&Run, usize, Range<usize>)> {
        let columns = &self.band.columns;
        self.bands.runs.iter().map(|run| {
            let (start, end) = (columns.start, columns.end + run.reach);
            let lo = run.real.0.clamp(start, end);
            let hi = run.real.1.clamp(lo, end);
            (run, end - start, lo - start..hi - start)
        })
    }

    /// From the start of an input line to the first column of a run.
    #[inline(always)]
    fn first(&self, run: &Run) -> isize {
        let skipped = (self.band.columns.start as isize).wrapping_mul(self.stride);
        run.offset.wrapping_add(skipped)
    }

    /// Whole registers of columns, `STEP` elements apart.
    ///
    /// # Safety
    /// *Inputs* and *room* of the strip hold, and `STEP` is its stride.
    #[inline(always)]
    unsafe fn registers<const STEP: usize>(&self) {
        let simd = self.simd;
        // SAFETY: *inputs* and *room*, of which the masks leave out all else.
        unsafe {
            let none = (simd.mask::<X::Lane>(0, 0), simd.second::<X::Lane>(0, 0));
            let mut moves: [Move<X::Lane, S>; MOVES] = core::array::from_fn(|_| Move {
                from: 0,
                to: 0,
                real: none,
                written: none.0,
                whole: false,
            });
            let mut count = 0;
            for (run, len, real) in self.runs() {
                for column in (0..len).step_by(S::WIDTH) {
                    let lo = real.start.clamp(column, column + S::WIDTH) - column;
                    let hi = real.end.clamp(column + lo, column + S::WIDTH) - column;
                    let of = &mut moves[count];
                    of.from = self.first(run).wrapping_add((column * STEP) as isize);
                    of.to = run.column + column;
                    of.real =
                        (simd.mask::<X::Lane>(lo, hi - lo), simd.second::<X::Lane>(lo, hi - lo));
                    of.whole = len - column >= S::WIDTH;
                    of.written = simd.mask::<X::Lane>(0, (len - column).min(S::WIDTH));
                    count += 1;
                    if count == MOVES {
                        self.moved::<STEP>(&moves);
                        count = 0;
                    }
                }
            }
            self.moved::<STEP>(&moves[..count]);
        }
    }

    /// # Safety
    /// As [`Strip::registers`].
    #[inline(always)]
    unsafe fn moved<const STEP: usize>(&self, moves: &[Move<X::Lane, S>]) {
        let simd = self.simd;
        let line_stride = self.channels * self.bands.line;
        for channel in 0..self.channels {
            let input = self.input.cast::<X::Lane>();
            let input = input.wrapping_offset(channel as isize * self.channel_stride);
            let mut out = self.out.wrapping_add(channel * self.bands.line);
            for &base in &self.bands.lines[self.band.lines.clone()] {
                let line = input.wrapping_offset(base);
                for of in moves {
                    let from = line.wrapping_offset(of.from);
                    // SAFETY: *inputs* for the lanes of `real`, *room* for those of `written`.
                    unsafe {
                        let value = match STEP {
                            2 => simd.load_every_second(from, of.real.1),
                            _ => simd.load_masked(from, of.real.0),
                        };
                        let out = out.wrapping_add(of.to);
                        if of.whole {
                            simd.store(out, value);
                        } else {
                            simd.store_masked(out, of.written, value);
                        }
                    }
                }
                out = out.wrapping_add(line_stride);
            }
        }
    }

    /// Element after element, of any stride, in pairs of channels.
    ///
    /// # Safety
    /// *Inputs* and *room* of the strip hold.
    #[inline(always)]
    unsafe fn elements(&self) {
        let pairs = self.channels.div_ceil(X::PAIR);
        for pair in 0..pairs {
            let first = pair * X::PAIR;
            let paired = X::PAIR > 1 && first + 1 < self.channels;
            let input = self.input.wrapping_offset(first as isize * self.channel_stride);
            let mut out = self.out.wrapping_add(pair * self.bands.line);
            for &base in &self.bands.lines[self.band.lines.clone()] {
                for (run, len, real) in self.runs() {
                    let from = input.wrapping_offset(base.wrapping_add(self.first(run)));
                    for column in 0..len {
                        let step = (column as isize).wrapping_mul(self.stride);
                        let at = from.wrapping_offset(step);
                        // SAFETY: *inputs* for columns that are real, *room* for all.
                        unsafe {
                            let value = if real.contains(&column) {
                                let next = at.wrapping_offset(self.channel_stride);
                                X::pixel(at.read(), paired.then(|| next.read()), self.zero)
                            } else {
                                X::Lane::default()
                            };
                            out.wrapping_add(run.column + column).write(value);
                        }
                    }
                }
                out = out.wrapping_add(pairs * self.bands.line);
            }
        }
    }
}
