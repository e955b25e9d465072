//! Neighbouring outputs of a row in the lanes.
//!
//! ```text
//! for the channels that the cache holds together, each few registers of columns:
//!     masks = lanes whose taps are real
//!     for each channel:                                  descend: the walk of `depthwise`, down the rows
//!         for each row of input: for each inner tap: x = load(row at the tap, masks)
//!             for each row of outputs in flight: sum += taps[outer][inner] * x
//!         store each row that is complete
//!     activate
//! ```
//!
//! Departures:
//! - Only 3 x 3 and 5 x 5 taps, whose rows of outputs share rows of input, are walked. Others go register by register
//!   of outputs, tap by tap ([`Rows::columns`]), a few at a time so that no sum waits for itself.
//! - Masks are made once for some channels, for they depend on columns alone.
//! - Of several registers only the first and the last may be masked: masks of all would be more than there are
//!   registers for. Where padding is wider than that, registers go one by one.
//! - With the 16 registers of AVX2 there are one or two at a time, with 32 up to four: see [`at_once`].

use std::ops::Range;

use windows_simd::Compute;

use super::in_flight;
use crate::band::pieces;
use crate::kernel::finish::{Finish, Finishing};
use crate::kernel::lanes::Lanes;
use crate::kernel::scalar::Scalar;
use crate::pass::{MISSING, Pass, Stairs};

/// Registers of outputs at a time: enough to hide the latency of a multiply-add.
const TILE: usize = 4;

/// Bytes of outputs that stay in the first level of cache, with as much input.
const CACHED: usize = 16 << 10;

/// Most taps along a row.
pub(crate) const MAX_INNER_TAPS: usize = 16;

/// Channels of an image, each read along rows at stride 1 or 2, with at most [`MAX_INNER_TAPS`] taps
/// along a row.
///
/// *Inputs* and *outputs* hold for these channels. *Operands*: each has its bias, and its weights tap by tap.
pub(crate) struct Rows<'a, T, S = ()> {
    pub pass: &'a Pass,
    /// Element 0, .., 0 of the image.
    pub input: *const T,
    /// Elements from one channel of the input to the next.
    pub in_channel: isize,
    /// `channels x taps`.
    pub weights: &'a [T],
    pub bias: &'a [T],
    /// Outputs per input channel.
    pub multiplier: usize,
    /// Which channels of the output.
    pub channels: Range<usize>,
    /// The first output of the image.
    pub out: *mut T,
    pub out_channel: isize,
    pub finish: Option<Finish<T>>,
    pub simd: S,
}

impl<'a, T> Rows<'a, T> {
    /// On the registers of an instruction set.
    pub(super) fn on<S>(self, simd: S) -> Rows<'a, T, S> {
        let taps = self.pass.taps();
        debug_assert!(matches!(self.pass.stride, 1 | 2), "a stride that there are masks for");
        debug_assert!(self.pass.inner.len() <= MAX_INNER_TAPS, "taps along a row");
        debug_assert!(self.channels.end <= self.bias.len(), "operands: bias");
        debug_assert!(self.channels.end * taps <= self.weights.len(), "operands: weights");
        Rows {
            pass: self.pass,
            input: self.input,
            in_channel: self.in_channel,
            weights: self.weights,
            bias: self.bias,
            multiplier: self.multiplier,
            channels: self.channels,
            out: self.out,
            out_channel: self.out_channel,
            finish: self.finish,
            simd,
        }
    }
}

impl<T: Scalar, S: Lanes<T>> Compute<S> for Rows<'_, T, S> {
    type Output = ();

    #[inline(always)]
    fn run(self, _: S) {
        let pass = self.pass;
        let inner_taps = pass.inner.len();
        let outer_taps = pass.taps() / inner_taps.max(1);
        let step = pass.stairs.as_ref().map(|stairs| stairs.step);
        // SAFETY: *inputs* and *outputs*; the numbers of taps and the stride are those that are named.
        unsafe {
            match (step, outer_taps, inner_taps, pass.stride) {
                (Some(1), 3, 3, 1) => self.share::<3, 3, 1>(),
                (Some(2), 3, 3, 2) => self.share::<3, 3, 2>(),
                (Some(1), 5, 5, 1) => self.share::<5, 5, 1>(),
                (Some(2), 5, 5, 2) => self.share::<5, 5, 2>(),
                _ => {
                    // Not a closure, which would be compiled for the baseline.
                    for channel in self.channels.clone() {
                        self.any(channel);
                    }
                    self.finish(0, pass.width, self.channels.clone());
                }
            }
        }
    }
}

/// Registers of columns at a time, beside the weights: a sum alone would wait for itself.
const fn at_once(registers: usize, outer: usize, inner: usize, step: usize) -> usize {
    let room = registers.saturating_sub(outer * inner) / outer;
    match (registers > 16, step, room) {
        (true, _, 4..) => 4,
        (true, _, 3) => 3,
        (true, ..) | (false, 1, 2..) => 2,
        // Of two registers, the masks would go back and forth to memory.
        (false, ..) => 1,
    }
}

impl<T: Scalar, S: Lanes<T>> Rows<'_, T, S> {
    #[inline(always)]
    fn place(&self, channel: usize) -> (*const T, *mut T) {
        let from = (channel / self.multiplier) as isize * self.in_channel;
        let to = channel as isize * self.out_channel;
        (self.input.wrapping_offset(from), self.out.wrapping_offset(to))
    }

    /// `OUTER x INNER` taps over rows that share their inputs, `STEP` apart both ways: every row of the
    /// input is read once for all the outputs that it is part of, whose sums are in flight together.
    ///
    /// # Safety
    /// What [`Rows`] says, of a pass that has these taps, this stride and stairs of this step.
    #[inline(always)]
    unsafe fn share<const OUTER: usize, const INNER: usize, const STEP: usize>(&self) {
        let pass = self.pass;
        // Masks are made once for the channels that the first level of cache holds together.
        let together = (CACHED / (size_of::<T>() * pass.pixels())).max(1);
        let most = const { at_once(S::REGISTERS, OUTER, INNER, STEP) };
        for first in self.channels.clone().step_by(together) {
            let channels = first..(first + together).min(self.channels.end);
            for registers in pieces(pass.width.div_ceil(S::WIDTH), most) {
                let all = registers.start * S::WIDTH;
                // SAFETY: *inputs* and *outputs*, for these columns; the pass is that of this function.
                unsafe {
                    let done = match registers.len() {
                        4 if most >= 4 => {
                            self.columns_of::<OUTER, INNER, STEP, 4>(all, channels.clone())
                        }
                        3 if most >= 3 => {
                            self.columns_of::<OUTER, INNER, STEP, 3>(all, channels.clone())
                        }
                        2 if most >= 2 => {
                            self.columns_of::<OUTER, INNER, STEP, 2>(all, channels.clone())
                        }
                        _ => false,
                    };
                    for register in if done { 0..0 } else { registers } {
                        let x = register * S::WIDTH;
                        self.columns_of::<OUTER, INNER, STEP, 1>(x, channels.clone());
                    }
                }
            }
        }
    }

    /// `V` registers of columns of some channels, or nothing, if others of them than the first and the last one are
    /// masked.
    ///
    /// # Safety
    /// As [`Rows::share`].
    #[inline(always)]
    unsafe fn columns_of<
        const OUTER: usize,
        const INNER: usize,
        const STEP: usize,
        const V: usize,
    >(
        &self,
        x: usize,
        channels: Range<usize>,
    ) -> bool {
        let simd = self.simd;
        // SAFETY: registers between the first and the last are whole, or nothing is done.
        unsafe {
            let mut columns = [Columns::<T, S, INNER>::new(simd, self.pass, x); V];
            for v in 1..V {
                columns[v] = Columns::new(simd, self.pass, x + v * S::WIDTH);
            }
            // Padding and the end of a row are in the first and the last register, unless there is much of it.
            let between = V < 3 || columns[1..V - 1].iter().all(|columns| columns.whole);
            if !between {
                return false;
            }
            let whole = STEP == 1 && columns[0].whole && columns[V - 1].whole;
            for channel in channels.clone() {
                if whole {
                    self.descend::<OUTER, INNER, STEP, V, true>(channel, &columns);
                } else {
                    self.descend::<OUTER, INNER, STEP, V, false>(channel, &columns);
                }
            }
            self.finish(x, (V - 1) * S::WIDTH + columns[V - 1].len, channels);
            true
        }
    }

    /// The columns from `x` on of some channels are complete.
    #[inline(always)]
    fn finish(&self, x: usize, len: usize, channels: Range<usize>) {
        let Some(finish) = self.finish else { return };
        for channel in channels {
            let (_, out) = self.place(channel);
            let (out, rows) = (out.wrapping_add(x), &self.pass.out_rows);
            self.simd.enter(Finishing { finish, out, rows, count: 1, apart: 0, len });
        }
    }

    /// `V` registers of columns of a channel, top to bottom: the walk of `depthwise` down the rows of input. Turned by
    /// 90 degrees it is `Channels::slide_rows`.
    ///
    /// # Safety
    /// As [`Rows::share`]; no lane is masked but in the first and the last register, and there only unless
    /// `WHOLE`.
    #[inline(always)]
    unsafe fn descend<
        const OUTER: usize,
        const INNER: usize,
        const STEP: usize,
        const V: usize,
        const WHOLE: bool,
    >(
        &self,
        channel: usize,
        columns: &[Columns<T, S, INNER>; V],
    ) {
        let simd = self.simd;
        let pass = self.pass;
        let Some(Stairs { bases, .. }) = &pass.stairs else { return };
        let ahead = const { in_flight(OUTER, STEP) - 1 };
        let (input, out) = self.place(channel);
        let x = columns[0].x;
        let (input, out) = (input.wrapping_add(x * STEP), out.wrapping_add(x));
        let weights = &self.weights[channel * OUTER * INNER..][..OUTER * INNER];
        // SAFETY: *inputs*, for lanes that are not masked are real taps; *outputs*, of the columns that exist.
        unsafe {
            let mut taps = [[simd.splat(T::default()); INNER]; OUTER];
            for outer in 0..OUTER {
                for inner in 0..INNER {
                    taps[outer][inner] = simd.splat(weights[outer * INNER + inner]);
                }
            }
            let bias = [simd.splat(self.bias[channel]); V];
            let mut sums = [bias; OUTER];
            for turn in 0..pass.rows + ahead {
                for new in 0..STEP {
                    // Of the first row in flight it is the tap `last`, of each next one `STEP` less.
                    let last = OUTER - STEP + new;
                    let Some(place) = (turn * STEP + last).checked_sub(ahead * STEP) else {
                        continue;
                    };
                    if bases[place] == MISSING {
                        continue;
                    }
                    let from = input.wrapping_offset(bases[place]);
                    for inner in 0..INNER {
                        let from = from.wrapping_offset(columns[0].offsets[inner]);
                        for v in 0..V {
                            let from = from.wrapping_add(v * S::WIDTH * STEP);
                            // Masks of all registers would be more than there are registers for.
                            let masked = !WHOLE && (v == 0 || v + 1 == V);
                            let x = match (STEP, masked) {
                                (1, true) => simd.load_masked(from, columns[v].masks[inner].0),
                                (1, false) => simd.load(from),
                                (_, true) => {
                                    simd.load_every_second(from, columns[v].masks[inner].1)
                                }
                                (_, false) => {
                                    simd.load_every_second(from, simd.second::<T>(0, S::WIDTH))
                                }
                            };
                            for row in 0..=last / STEP {
                                let tap = taps[last - row * STEP][inner];
                                sums[row][v] = simd.mul_add(sums[row][v], tap, x);
                            }
                        }
                    }
                }
                if let Some(row) = turn.checked_sub(ahead) {
                    let out = out.wrapping_offset(pass.out_rows[row]);
                    for v in 0..V {
                        let out = out.wrapping_add(v * S::WIDTH);
                        if WHOLE || v + 1 < V {
                            simd.store(out, sums[0][v]);
                        } else {
                            simd.store_masked(out, columns[v].lanes, sums[0][v]);
                        }
                    }
                }
                for row in 1..=ahead {
                    sums[row - 1] = sums[row];
                }
                sums[ahead] = bias;
            }
        }
    }

    /// A channel with any number of taps, whose rows need not share inputs.
    ///
    /// # Safety
    /// What [`Rows`] says, for this channel.
    #[inline(always)]
    unsafe fn any(&self, channel: usize) {
        let mut x = 0;
        while x < self.pass.width {
            let vectors = (self.pass.width - x).div_ceil(S::WIDTH);
            // SAFETY: *inputs* and *outputs*, for columns from `x` on; strides are 1 and 2.
            x += unsafe {
                match (self.pass.stride, vectors) {
                    (1, 1) => self.columns::<1, 1, 4>(channel, x),
                    (1, 2) => self.columns::<1, 2, 2>(channel, x),
                    (1, _) => self.columns::<1, 4, 1>(channel, x),
                    (_, 1) => self.columns::<2, 1, 4>(channel, x),
                    (_, 2) => self.columns::<2, 2, 2>(channel, x),
                    _ => self.columns::<2, 4, 1>(channel, x),
                }
            };
        }
    }

    /// `V` registers of columns from `x` on, `R` rows at a time. Returns how many columns those are.
    ///
    /// Masks depend on columns alone, so they are made once for all rows.
    ///
    /// # Safety
    /// What [`Rows`] says, for this channel; `STEP` is the stride of the pass.
    #[inline(always)]
    unsafe fn columns<const STEP: usize, const V: usize, const R: usize>(
        &self,
        channel: usize,
        x: usize,
    ) -> usize {
        let simd = self.simd;
        let pass = self.pass;
        let (input, out) = self.place(channel);
        let weights = &self.weights[channel * pass.taps()..][..pass.taps()];
        let inner_taps = pass.inner.len();
        let outer_taps = pass.taps() / inner_taps.max(1);
        // SAFETY: *inputs*, for lanes that are not masked are real taps; *outputs*, of the columns that exist.
        unsafe {
            let none = (simd.mask::<T>(0, 0), simd.second::<T>(0, 0));
            let mut masks = [[none; V]; MAX_INNER_TAPS];
            let mut lens = [0; V];
            for v in 0..V {
                let from = (x + v * S::WIDTH).min(pass.width);
                lens[v] = (pass.width - from).min(S::WIDTH);
                for (masks, inner) in masks.iter_mut().zip(&pass.inner) {
                    let lo = inner.lo.clamp(from, from + lens[v]);
                    let len = inner.hi.clamp(lo, from + lens[v]) - lo;
                    if STEP == 1 {
                        masks[v].0 = simd.mask::<T>(lo - from, len);
                    } else {
                        masks[v].1 = simd.second::<T>(lo - from, len);
                    }
                }
            }
            let input = input.wrapping_add(x * STEP);
            let mut row = 0;
            while row < pass.rows {
                let rows = (pass.rows - row).min(R);
                let mut sum = [[simd.splat(self.bias[channel]); V]; R];
                for outer in 0..outer_taps {
                    let bases = &pass.outer[outer * pass.rows + row..][..rows];
                    for (tap, inner) in pass.inner.iter().enumerate() {
                        let weight = simd.splat(weights[outer * inner_taps + tap]);
                        let masks = &masks[tap];
                        let from = input.wrapping_offset(inner.offset);
                        for r in 0..R {
                            // A row beyond the end repeats the last one and is not stored.
                            let base = bases[r.min(rows - 1)];
                            if base != MISSING {
                                let from = from.wrapping_offset(base);
                                for v in 0..V {
                                    let from = from.wrapping_add(v * S::WIDTH * STEP);
                                    let x = if STEP == 1 {
                                        simd.load_masked(from, masks[v].0)
                                    } else {
                                        simd.load_every_second(from, masks[v].1)
                                    };
                                    sum[r][v] = simd.mul_add(sum[r][v], weight, x);
                                }
                            }
                        }
                    }
                }
                // Written out, so that no sum is indexed by a variable: see `tile`.
                macro_rules! store {
                    ($($s:literal)*) => {$(
                        let (r, v) = ($s / V, $s % V);
                        if r < rows && lens[v] > 0 {
                            let x = (x + v * S::WIDTH) as isize;
                            let out = out.wrapping_offset(pass.out_rows[row + r] + x);
                            simd.store_masked(out, simd.mask::<T>(0, lens[v]), sum[r][v]);
                        }
                    )*};
                }
                const { assert!(V * R == TILE) };
                store!(0 1 2 3);
                row += rows;
            }
            lens.iter().sum()
        }
    }
}

/// The lanes of a register of neighbouring outputs of a row, and which of them each tap is real for.
struct Columns<T: Scalar, S: Lanes<T>, const INNER: usize> {
    /// The first output.
    x: usize,
    /// How many there are.
    len: usize,
    lanes: S::M<T>,
    masks: [(S::M<T>, S::Second<T>); INNER],
    offsets: [isize; INNER],
    /// Whether all lanes are outputs, and all their taps real.
    whole: bool,
}

// Not derived, which would ask it of `S`.
impl<T: Scalar, S: Lanes<T>, const INNER: usize> Clone for Columns<T, S, INNER> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Scalar, S: Lanes<T>, const INNER: usize> Copy for Columns<T, S, INNER> {}

impl<T: Scalar, S: Lanes<T>, const INNER: usize> Columns<T, S, INNER> {
    /// Of a pass that has at least `INNER` taps along a row.
    #[inline(always)]
    fn new(simd: S, pass: &Pass, x: usize) -> Self {
        let len = (pass.width - x).min(S::WIDTH);
        let mut masks = [(simd.mask::<T>(0, 0), simd.second::<T>(0, 0)); INNER];
        let mut offsets = [0; INNER];
        let mut whole = len == S::WIDTH;
        for tap in 0..INNER {
            let inner = pass.inner[tap];
            let lo = inner.lo.clamp(x, x + len);
            let hi = inner.hi.clamp(lo, x + len);
            masks[tap] = (simd.mask::<T>(lo - x, hi - lo), simd.second::<T>(lo - x, hi - lo));
            offsets[tap] = inner.offset;
            whole &= hi - lo == S::WIDTH;
        }
        Self { x, len, lanes: simd.mask::<T>(0, len), masks, offsets, whole }
    }
}
