//! Neighbouring channels in the lanes.
//!
//! ```text
//! for each band of rows that the cache holds:
//!     for each register of channels:
//!         taps = load(their weights)
//!         for each row or two of outputs:                slide_rows: the walk of `depthwise`, along the columns
//!             for each column of input: for each row of taps: x = load(channels of the input there)
//!                 for each output in flight: sum += taps[outer][inner] * x
//!             store each output that is complete
//!     activate
//! ```
//!
//! Departures:
//! - Only 3 x 3 and 5 x 5 taps, whose outputs share columns of input, are walked. Other 3 x 3 taps keep their weights
//!   in registers ([`Channels::band`]), anything else goes output by output ([`Channels::pixels`]).
//! - Two rows of outputs go together where registers are enough: a sum alone would wait for itself.
//! - Where it pays, a short first register lets the others begin lines of the cache.
//! - The lines of a row are looked up before its columns: in the loop each would be asked whether it is there.

use std::ops::Range;

use windows_simd::{Compute, Simd};

use super::in_flight;
use crate::kernel::finish::{Finish, Finishing};
use crate::kernel::lanes::Lanes;
use crate::kernel::scalar::Scalar;
use crate::pass::{MISSING, Pass, Stairs};

/// Registers of channels at a time.
const SLOTS: usize = 8;

/// Rows of input that some rows of outputs read, at most: those of 5 taps, or of 3 taps twice at step 2.
const LINES: usize = 5;

/// Bytes of outputs that stay in the second level of cache, with as much input.
const BAND: usize = 256 << 10;

/// A body for each of five numbers, written out: a loop would index registers by a variable.
macro_rules! each {
    ($number:ident $body:block) => {
        each!($number $body; 0 1 2 3 4)
    };
    ($number:ident $body:block; $($value:literal)*) => {$(
        {
            const $number: usize = $value;
            $body
        }
    )*};
}

/// Neighbouring channels of the outputs of some rows, where channels are neighbours in memory.
///
/// *Inputs* and *outputs* hold for these rows, in all channels. *Operands*: each tap has a weight for each channel.
pub(crate) struct Channels<'a, T, S = ()> {
    pub pass: &'a Pass,
    /// Element 0, .., 0 of the first channel.
    pub input: *const T,
    /// `taps x channels`.
    pub weights: &'a [T],
    pub bias: &'a [T],
    pub rows: Range<usize>,
    /// The first output of the first channel.
    pub out: *mut T,
    pub finish: Option<Finish<T>>,
    pub simd: S,
}

impl<'a, T> Channels<'a, T> {
    /// On the registers of an instruction set.
    pub(super) fn on<S>(self, simd: S) -> Channels<'a, T, S> {
        debug_assert!(self.rows.end <= self.pass.rows, "rows of the pass");
        debug_assert_eq!(self.weights.len(), self.pass.taps() * self.bias.len(), "operands");
        Channels {
            pass: self.pass,
            input: self.input,
            weights: self.weights,
            bias: self.bias,
            rows: self.rows,
            out: self.out,
            finish: self.finish,
            simd,
        }
    }
}

impl<T: Scalar, S: Lanes<T>> Compute<S> for Channels<'_, T, S> {
    type Output = ();

    #[inline(always)]
    fn run(self, _: S) {
        let pass = self.pass;
        let inner_taps = pass.inner.len();
        let step = pass.stairs.as_ref().map(|stairs| stairs.step);
        let columns = step.and_then(|step| pass.columns(step));
        // SAFETY: *inputs* and *outputs*; the pass has the taps that are named, and its outputs share rows and columns
        // where it has stairs and columns.
        unsafe {
            match (pass.taps() / inner_taps.max(1), inner_taps, step, columns) {
                (3, 3, Some(1), Some(columns)) => self.bands::<3, 3, 1>(Some(columns)),
                (3, 3, Some(2), Some(columns)) => self.bands::<3, 3, 2>(Some(columns)),
                (5, 5, Some(1), Some(columns)) => self.bands::<5, 5, 1>(Some(columns)),
                (5, 5, Some(2), Some(columns)) => self.bands::<5, 5, 2>(Some(columns)),
                (3, 3, ..) => self.bands::<3, 3, 1>(None),
                _ => self.pixels(),
            }
        }
    }
}

/// The weights of some channels, a register a tap.
type Taps<T, S, const OUTER: usize, const INNER: usize> = [[<S as Simd>::V<T>; INNER]; OUTER];

/// A register, or the lanes of a mask.
///
/// # Safety
/// The elements at `from` are readable: a register if `WHOLE`, else the lanes of `mask`.
#[inline(always)]
unsafe fn read<T: Scalar, S: Lanes<T>, const WHOLE: bool>(
    simd: S,
    from: *const T,
    mask: S::M<T>,
) -> S::V<T> {
    // SAFETY: the elements are readable.
    unsafe { if WHOLE { simd.load(from) } else { simd.load_masked(from, mask) } }
}

impl<T: Scalar, S: Lanes<T>> Channels<'_, T, S> {
    /// `OUTER x INNER` taps, whose weights stay in registers for all outputs of a band of rows. Outputs share
    /// rows, and `columns` of which those are real, at step `STEP`; without `columns` they share nothing.
    ///
    /// # Safety
    /// What [`Channels`] says, of a pass that has these taps, and stairs and columns of this step if there are
    /// `columns`.
    #[inline(always)]
    unsafe fn bands<const OUTER: usize, const INNER: usize, const STEP: usize>(
        &self,
        columns: Option<Range<usize>>,
    ) {
        let pass = self.pass;
        let channels = self.bias.len();
        let row = size_of_val(self.bias) * pass.width;
        let band = (BAND / row).max(1);
        // Outputs all of whose taps along the row are real.
        let mut inside = 0..pass.width;
        for tap in &pass.inner {
            inside.start = inside.start.max(tap.lo);
            inside.end = inside.end.min(tap.hi);
        }
        inside.end = inside.end.max(inside.start);
        let ahead = self.input.align_offset(size_of::<T>() * S::WIDTH);
        let pays = channels.is_multiple_of(S::WIDTH) && channels >= 6 * S::WIDTH && ahead > 0;
        let head = if pays { ahead.min(S::WIDTH) } else { S::WIDTH };
        for first in self.rows.clone().step_by(band) {
            let rows = first..(first + band).min(self.rows.end);
            let mut channel = 0;
            while channel < channels {
                // A register that straddles two lines of cache is read at half the speed, and lines that
                // are a row apart are fetched twice: a short first register lets the others begin lines.
                let room = if channel == 0 { head } else { S::WIDTH };
                let len = (channels - channel).min(room);
                // SAFETY: *inputs* and *outputs*; the pass is that of this function, and the channels exist.
                unsafe {
                    match &columns {
                        Some(columns) if len == S::WIDTH => {
                            self.slide::<OUTER, INNER, STEP, true>(&rows, columns, channel, len);
                        }
                        Some(columns) => {
                            self.slide::<OUTER, INNER, STEP, false>(&rows, columns, channel, len);
                        }
                        None if len == S::WIDTH => {
                            self.band::<OUTER, INNER, true>(&rows, &inside, channel, len);
                        }
                        None => self.band::<OUTER, INNER, false>(&rows, &inside, channel, len),
                    }
                }
                channel += len;
            }
            self.finish(rows);
        }
    }

    /// Some rows of outputs are complete.
    #[inline(always)]
    fn finish(&self, rows: Range<usize>) {
        let Some(finish) = self.finish else { return };
        let (pass, len) = (self.pass, self.bias.len());
        let (rows, count, apart) = (&pass.out_rows[rows], pass.width, pass.out_stride);
        self.simd.enter(Finishing { finish, out: self.out, rows, count, apart, len });
    }

    /// Bias and weights of a register of channels.
    ///
    /// # Safety
    /// The `len` channels exist, and fill the register if `WHOLE`.
    #[inline(always)]
    unsafe fn taps<const OUTER: usize, const INNER: usize, const WHOLE: bool>(
        &self,
        channel: usize,
        len: usize,
    ) -> (S::V<T>, Taps<T, S, OUTER, INNER>) {
        let simd = self.simd;
        let channels = self.bias.len();
        // SAFETY: *operands*, of channels that exist.
        unsafe {
            let mask = simd.mask::<T>(0, len);
            let bias = read::<T, S, WHOLE>(simd, self.bias[channel..].as_ptr(), mask);
            let mut taps = [[bias; INNER]; OUTER];
            for outer in 0..OUTER {
                for inner in 0..INNER {
                    let tap = (outer * INNER + inner) * channels + channel;
                    taps[outer][inner] =
                        read::<T, S, WHOLE>(simd, self.weights[tap..].as_ptr(), mask);
                }
            }
            (bias, taps)
        }
    }

    /// A register of channels of all outputs of some rows, along which columns of input are read once for all
    /// outputs that they are part of.
    ///
    /// # Safety
    /// As [`Channels::bands`]; the `len` channels exist, and fill the register if `WHOLE`.
    #[inline(always)]
    unsafe fn slide<
        const OUTER: usize,
        const INNER: usize,
        const STEP: usize,
        const WHOLE: bool,
    >(
        &self,
        rows: &Range<usize>,
        columns: &Range<usize>,
        channel: usize,
        len: usize,
    ) {
        let mut row = rows.start;
        // SAFETY: *inputs* and *outputs* of these rows, of channels that exist.
        unsafe {
            let (bias, taps) = self.taps::<OUTER, INNER, WHOLE>(channel, len);
            while row < rows.end {
                // Several rows at once: a sum alone would wait for itself.
                if OUTER == 3 && row + 2 <= rows.end {
                    self.slide_rows::<OUTER, INNER, STEP, 2, WHOLE>(
                        row, columns, channel, len, bias, &taps,
                    );
                    row += 2;
                } else {
                    self.slide_rows::<OUTER, INNER, STEP, 1, WHOLE>(
                        row, columns, channel, len, bias, &taps,
                    );
                    row += 1;
                }
            }
        }
    }

    /// `ROWS` rows of [`Channels::slide`], from one on: the walk of `depthwise` along the columns of input. Turned by
    /// 90 degrees it is `Rows::descend`.
    ///
    /// # Safety
    /// As there; `taps` are the weights of those channels.
    #[inline(always)]
    unsafe fn slide_rows<
        const OUTER: usize,
        const INNER: usize,
        const STEP: usize,
        const ROWS: usize,
        const WHOLE: bool,
    >(
        &self,
        row: usize,
        columns: &Range<usize>,
        channel: usize,
        len: usize,
        bias: S::V<T>,
        taps: &Taps<T, S, OUTER, INNER>,
    ) {
        let simd = self.simd;
        let pass = self.pass;
        let Some(Stairs { bases, .. }) = &pass.stairs else { return };
        let input = self.input.wrapping_add(channel).wrapping_offset(pass.inner[0].offset);
        let apart = pass.inner[1].offset.wrapping_sub(pass.inner[0].offset);
        let ahead = const { in_flight(INNER, STEP) - 1 };
        // SAFETY: *inputs*, of columns and lines that are real; *outputs* of `ROWS` rows, of channels that exist.
        unsafe {
            let mask = simd.mask::<T>(0, len);
            // Looked up once: in the loop over the columns each would be asked whether it is there.
            let places = OUTER + (ROWS - 1) * STEP;
            let mut lines = [MISSING; LINES];
            lines[..places].copy_from_slice(&bases[row * STEP..][..places]);
            let mut outs = [self.out.wrapping_add(channel); ROWS];
            for below in 0..ROWS {
                outs[below] = outs[below].wrapping_offset(pass.out_rows[row + below]);
            }
            let mut sums = [[bias; INNER]; ROWS];
            for turn in 0..pass.width + ahead {
                for new in 0..STEP {
                    let column = turn * STEP + new;
                    if !columns.contains(&column) {
                        continue;
                    }
                    let from = input.wrapping_offset(apart.wrapping_mul(column as isize));
                    for place in 0..OUTER + (ROWS - 1) * STEP {
                        if lines[place] == MISSING {
                            continue;
                        }
                        let from = from.wrapping_offset(lines[place]);
                        let x = read::<T, S, WHOLE>(simd, from, mask);
                        for below in 0..ROWS {
                            // Which tap that row is to the output `below` rows further down.
                            let outer = place.wrapping_sub(below * STEP);
                            if outer >= OUTER {
                                continue;
                            }
                            for flying in 0..=ahead {
                                let inner = new + (ahead - flying) * STEP;
                                if inner < INNER {
                                    let sum = sums[below][flying];
                                    sums[below][flying] = simd.mul_add(sum, taps[outer][inner], x);
                                }
                            }
                        }
                    }
                }
                if let Some(x) = turn.checked_sub(ahead) {
                    for below in 0..ROWS {
                        let out = outs[below].wrapping_offset(x as isize * pass.out_stride);
                        if WHOLE {
                            simd.store(out, sums[below][0]);
                        } else {
                            simd.store_masked(out, mask, sums[below][0]);
                        }
                    }
                }
                for below in 0..ROWS {
                    for flying in 1..=ahead {
                        sums[below][flying - 1] = sums[below][flying];
                    }
                    sums[below][ahead] = bias;
                }
            }
        }
    }

    /// A register of channels of all outputs of some rows.
    ///
    /// # Safety
    /// As [`Channels::bands`]; the `len` channels exist, and fill the register if `WHOLE`.
    #[inline(always)]
    unsafe fn band<const OUTER: usize, const INNER: usize, const WHOLE: bool>(
        &self,
        rows: &Range<usize>,
        inside: &Range<usize>,
        channel: usize,
        len: usize,
    ) {
        let simd = self.simd;
        let pass = self.pass;
        // SAFETY: *inputs*, for taps that are real; *outputs* of these rows, of channels that exist.
        unsafe {
            let (bias, taps) = self.taps::<OUTER, INNER, WHOLE>(channel, len);
            let mask = simd.mask::<T>(0, len);
            let mut along = [(0, 0, 0); INNER];
            for inner in 0..INNER {
                let tap = pass.inner[inner];
                along[inner] = (tap.offset, tap.lo, tap.hi);
            }
            let input = self.input.wrapping_add(channel);
            for row in rows.clone() {
                let mut bases = [MISSING; OUTER];
                for outer in 0..OUTER {
                    bases[outer] = pass.outer[outer * pass.rows + row];
                }
                let out = self.out.wrapping_offset(pass.out_rows[row]).wrapping_add(channel);
                for x in 0..pass.width {
                    let input = input.wrapping_offset((x as isize).wrapping_mul(pass.stride));
                    let mut sum = bias;
                    macro_rules! add {
                        (|$tap:ident| $real:expr) => {
                            each!(O {
                                if O < OUTER && bases[O] != MISSING {
                                    let input = input.wrapping_offset(bases[O]);
                                    each!($tap {
                                        if $tap < INNER && $real {
                                            let x = read::<T, S, WHOLE>(simd, input.wrapping_offset(along[$tap].0), mask);
                                            sum = simd.mul_add(sum, taps[O][$tap], x);
                                        }
                                    });
                                }
                            })
                        };
                    }
                    // Apart, so that most outputs ask nothing.
                    if inside.contains(&x) {
                        add!(|TAP| true);
                    } else {
                        add!(|TAP| along[TAP].1 <= x && x < along[TAP].2);
                    }
                    let out = out.wrapping_offset(x as isize * pass.out_stride);
                    if WHOLE {
                        simd.store(out, sum);
                    } else {
                        simd.store_masked(out, mask, sum);
                    }
                }
            }
        }
    }

    /// Any number of taps, one output after another.
    ///
    /// # Safety
    /// As [`Channels::bands`].
    #[inline(always)]
    unsafe fn pixels(&self) {
        let channels = self.bias.len();
        for row in self.rows.clone() {
            for x in 0..self.pass.width {
                let mut channel = 0;
                while channel < channels {
                    let len = (channels - channel).min(SLOTS * S::WIDTH);
                    // SAFETY: *inputs* and *outputs* of this output, of channels that exist.
                    unsafe {
                        if len == SLOTS * S::WIDTH {
                            self.pixel::<SLOTS>(row, x, channel, S::WIDTH);
                        } else if len > 2 * S::WIDTH {
                            self.pixel::<2>(row, x, channel, S::WIDTH);
                        } else if len > S::WIDTH {
                            self.pixel::<2>(row, x, channel, len - S::WIDTH);
                        } else {
                            self.pixel::<1>(row, x, channel, len);
                        }
                    }
                    channel += if len == SLOTS * S::WIDTH { len } else { len.min(2 * S::WIDTH) };
                }
            }
            self.finish(row..row + 1);
        }
    }

    /// `V` registers of channels of one output, `tail` lanes in the last.
    ///
    /// # Safety
    /// What [`Channels`] says, for this output; the channels exist.
    #[inline(always)]
    unsafe fn pixel<const V: usize>(&self, row: usize, x: usize, channel: usize, tail: usize) {
        let simd = self.simd;
        let pass = self.pass;
        let channels = self.bias.len();
        // SAFETY: *inputs*, for taps that are real; *outputs* and *operands*, of channels that exist.
        unsafe {
            let mask = simd.mask::<T>(0, tail);
            let whole = tail == S::WIDTH;
            // Not a closure, which would be compiled for the baseline.
            macro_rules! read {
                ($from:expr, $v:expr) => {{
                    let from = $from.wrapping_add($v * S::WIDTH);
                    if whole || $v + 1 < V { simd.load(from) } else { simd.load_masked(from, mask) }
                }};
            }
            let bias = self.bias[channel..].as_ptr();
            let mut sum = [simd.splat(T::default()); V];
            for v in 0..V {
                sum[v] = read!(bias, v);
            }
            for tap in 0..pass.taps() {
                let Some((base, inner)) = pass.tap(tap, row) else { continue };
                if x < inner.lo || x >= inner.hi {
                    continue;
                }
                let offset = inner.at(x, pass.stride).wrapping_add(base);
                let from = self.input.wrapping_add(channel).wrapping_offset(offset);
                let weights = self.weights[tap * channels + channel..].as_ptr();
                for v in 0..V {
                    sum[v] = simd.mul_add(sum[v], read!(weights, v), read!(from, v));
                }
            }
            let out = self.out.wrapping_offset(
                pass.out_rows[row] + x as isize * pass.out_stride + channel as isize,
            );
            for v in 0..V {
                let out = out.wrapping_add(v * S::WIDTH);
                if whole || v + 1 < V {
                    simd.store(out, sum[v]);
                } else {
                    simd.store_masked(out, mask, sum[v]);
                }
            }
        }
    }
}
