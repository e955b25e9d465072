//! One input channel per output: no sum over channels, so nothing to multiply as a matrix.
//!
//! Both kernels keep several registers of outputs and go over the taps; masks leave out what lies in
//! the padding. `Rows` has neighbouring outputs of a row in the lanes, `Channels` neighbouring channels.

use std::marker::PhantomData;
use std::ops::Range;

use windows_core::kernel::Vectorized;

use super::lanes::Lanes;
use super::tile::Finish;
use crate::pass::{MISSING, Pass};

/// Registers of outputs at a time: enough to hide the latency of a multiply-add.
const SLOTS: usize = 8;

/// One channel, read along rows at stride 1 or 2.
pub(crate) struct Rows<'a, T, S> {
    pub pass: &'a Pass,
    /// Element 0, .., 0 of the channel.
    pub input: *const T,
    /// One per tap.
    pub weights: &'a [T],
    pub bias: T,
    /// The first output of the channel.
    pub out: *mut T,
    pub finish: Option<Finish<T>>,
    pub isa: PhantomData<S>,
}

/// A register of outputs: its row, its first column, its lanes.
#[derive(Clone, Copy, Default)]
struct Slot {
    row: usize,
    x: usize,
    len: usize,
}

impl<S: Lanes> Vectorized for Rows<'_, S::Scalar, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let per_row = self.pass.width.div_ceil(S::WIDTH);
        let total = self.pass.rows * per_row;
        let (mut row, mut x) = (0, 0);
        let mut first = 0;
        while first < total {
            let mut slots = [Slot::default(); SLOTS];
            let count = (total - first).min(SLOTS);
            for slot in &mut slots[..count] {
                *slot = Slot { row, x, len: (self.pass.width - x).min(S::WIDTH) };
                x += S::WIDTH;
                if x >= self.pass.width {
                    (row, x) = (row + 1, 0);
                }
            }
            // SAFETY: the pass was made for this input and output; stride 1 and 2 have masks.
            unsafe {
                match self.pass.stride {
                    1 => self.slots::<1>(&slots, count),
                    _ => self.slots::<2>(&slots, count),
                }
            }
            first += count;
        }
    }
}

impl<S: Lanes> Rows<'_, S::Scalar, S> {
    /// # Safety
    /// Input and output are as large as the pass says, `STEP` is its stride.
    #[inline(always)]
    unsafe fn slots<const STEP: usize>(&self, slots: &[Slot; SLOTS], count: usize) {
        let pass = self.pass;
        let inner_taps = pass.inner.len();
        let outer_taps = pass.taps() / inner_taps.max(1);
        // SAFETY: the caller's promise; masked lanes are the real taps.
        unsafe {
            let mut sum = [S::splat(self.bias); SLOTS];
            for (i, inner) in pass.inner.iter().enumerate() {
                let mut from = [self.input; SLOTS];
                let mut masks = [(S::mask(0, 0), S::mask2(0, 0)); SLOTS];
                for s in 0..SLOTS {
                    let slot = slots[s];
                    let lo = inner.lo.max(slot.x).min(slot.x + slot.len);
                    let len = inner.hi.min(slot.x + slot.len).max(lo) - lo;
                    let offset = inner.offset + (slot.x * STEP) as isize;
                    from[s] = self.input.wrapping_offset(offset);
                    if STEP == 1 {
                        masks[s].0 = S::mask(lo - slot.x, len);
                    } else {
                        masks[s].1 = S::mask2(lo - slot.x, len);
                    }
                }
                for outer in 0..outer_taps {
                    let weight = S::splat(self.weights[outer * inner_taps + i]);
                    let bases = &pass.outer[outer * pass.rows..][..pass.rows];
                    for s in 0..SLOTS {
                        let base = bases[slots[s].row];
                        if base != MISSING {
                            let here = from[s].wrapping_offset(base);
                            let x = if STEP == 1 {
                                S::load_mask(here, masks[s].0)
                            } else {
                                S::load_mask2(here, masks[s].1)
                            };
                            sum[s] = S::mul_add(sum[s], weight, x);
                        }
                    }
                }
            }
            // Written out, so that no sum is indexed by a variable: see `tile`.
            macro_rules! store {
                ($($s:literal)*) => {$(
                    if $s < count {
                        let Slot { row, x, len } = slots[$s];
                        let out = self.out.wrapping_offset(pass.out_rows[row] + x as isize);
                        if len == S::WIDTH {
                            S::store(out, sum[$s]);
                        } else {
                            S::store_mask(out, S::mask(0, len), sum[$s]);
                        }
                        if let Some(finish) = &self.finish {
                            finish.apply(out, len);
                        }
                    }
                )*};
            }
            store!(0 1 2 3 4 5 6 7);
        }
    }
}

/// Neighbouring channels of the outputs of some rows, where channels are neighbours in memory.
pub(crate) struct Channels<'a, T, S> {
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
    pub isa: PhantomData<S>,
}

impl<S: Lanes> Vectorized for Channels<'_, S::Scalar, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let channels = self.bias.len();
        for row in self.rows.clone() {
            for x in 0..self.pass.width {
                let mut channel = 0;
                while channel < channels {
                    let len = (channels - channel).min(SLOTS * S::WIDTH);
                    // SAFETY: the pass was made for this input and output.
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
        }
    }
}

impl<S: Lanes> Channels<'_, S::Scalar, S> {
    /// `V` registers of channels of one output, `tail` lanes in the last.
    ///
    /// # Safety
    /// Input and output are as large as the pass says; the channels exist.
    #[inline(always)]
    unsafe fn pixel<const V: usize>(&self, row: usize, x: usize, channel: usize, tail: usize) {
        let pass = self.pass;
        let channels = self.bias.len();
        // SAFETY: the caller's promise.
        unsafe {
            let mask = S::mask(0, tail);
            let whole = tail == S::WIDTH;
            // Not a closure, which would be compiled for the baseline.
            macro_rules! read {
                ($from:expr, $v:expr) => {{
                    let from = $from.wrapping_add($v * S::WIDTH);
                    if whole || $v + 1 < V { S::load(from) } else { S::load_mask(from, mask) }
                }};
            }
            let bias = self.bias[channel..].as_ptr();
            let mut sum = [S::splat(S::Scalar::default()); V];
            for v in 0..V {
                sum[v] = read!(bias, v);
            }
            for tap in 0..pass.taps() {
                let Some((base, inner)) = pass.tap(tap, row) else { continue };
                if x < inner.lo || x >= inner.hi {
                    continue;
                }
                let offset = base + inner.offset + x as isize * pass.stride + channel as isize;
                let from = self.input.wrapping_offset(offset);
                let weights = self.weights[tap * channels + channel..].as_ptr();
                for v in 0..V {
                    sum[v] = S::mul_add(sum[v], read!(weights, v), read!(from, v));
                }
            }
            let out = self.out.wrapping_offset(
                pass.out_rows[row] + x as isize * pass.out_stride + channel as isize,
            );
            for v in 0..V {
                let out = out.wrapping_add(v * S::WIDTH);
                if whole || v + 1 < V {
                    S::store(out, sum[v]);
                } else {
                    S::store_mask(out, mask, sum[v]);
                }
            }
            if let Some(finish) = &self.finish {
                finish.apply(out, (V - 1) * S::WIDTH + tail);
            }
        }
    }
}
