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

/// Registers of channels at a time.
const SLOTS: usize = 8;

/// Registers of outputs at a time: enough to hide the latency of a multiply-add.
const TILE: usize = 4;

/// Most taps along a row.
pub(crate) const MAX_INNER_TAPS: usize = 16;

/// One channel, read along rows at stride 1 or 2, with at most [`MAX_INNER_TAPS`] taps along a row.
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

impl<S: Lanes> Vectorized for Rows<'_, S::Scalar, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut x = 0;
        while x < self.pass.width {
            let vectors = (self.pass.width - x).div_ceil(S::WIDTH);
            // SAFETY: the pass was made for this input and output; strides 1 and 2 have masks.
            x += unsafe {
                match (self.pass.stride, vectors) {
                    (1, 1) => self.columns::<1, 1, 4>(x),
                    (1, 2) => self.columns::<1, 2, 2>(x),
                    (1, _) => self.columns::<1, 4, 1>(x),
                    (_, 1) => self.columns::<2, 1, 4>(x),
                    (_, 2) => self.columns::<2, 2, 2>(x),
                    _ => self.columns::<2, 4, 1>(x),
                }
            };
        }
    }
}

impl<S: Lanes> Rows<'_, S::Scalar, S> {
    /// `V` registers of columns from `x` on, `R` rows at a time. Returns how many columns those are.
    ///
    /// Masks depend on columns alone, so they are made once for all rows.
    ///
    /// # Safety
    /// Input and output are as large as the pass says, `STEP` is its stride.
    #[inline(always)]
    unsafe fn columns<const STEP: usize, const V: usize, const R: usize>(&self, x: usize) -> usize {
        let pass = self.pass;
        let inner_taps = pass.inner.len();
        let outer_taps = pass.taps() / inner_taps.max(1);
        // SAFETY: the caller's promise; masked lanes are the real taps.
        unsafe {
            let none = (S::mask(0, 0), S::mask2(0, 0));
            let mut masks = [[none; V]; MAX_INNER_TAPS];
            let mut lens = [0; V];
            for v in 0..V {
                let from = (x + v * S::WIDTH).min(pass.width);
                lens[v] = (pass.width - from).min(S::WIDTH);
                for (masks, inner) in masks.iter_mut().zip(&pass.inner) {
                    let lo = inner.lo.clamp(from, from + lens[v]);
                    let len = inner.hi.clamp(lo, from + lens[v]) - lo;
                    if STEP == 1 {
                        masks[v].0 = S::mask(lo - from, len);
                    } else {
                        masks[v].1 = S::mask2(lo - from, len);
                    }
                }
            }
            let input = self.input.wrapping_add(x * STEP);
            let mut row = 0;
            while row < pass.rows {
                let rows = (pass.rows - row).min(R);
                let mut sum = [[S::splat(self.bias); V]; R];
                for outer in 0..outer_taps {
                    let bases = &pass.outer[outer * pass.rows + row..][..rows];
                    for (tap, inner) in pass.inner.iter().enumerate() {
                        let weight = S::splat(self.weights[outer * inner_taps + tap]);
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
                                        S::load_mask(from, masks[v].0)
                                    } else {
                                        S::load_mask2(from, masks[v].1)
                                    };
                                    sum[r][v] = S::mul_add(sum[r][v], weight, x);
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
                            let out = self.out.wrapping_offset(pass.out_rows[row + r] + x);
                            S::store_mask(out, S::mask(0, lens[v]), sum[r][v]);
                            if let Some(finish) = &self.finish {
                                finish.apply(out, lens[v]);
                            }
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
