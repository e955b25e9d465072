//! Inputs to strips: what a band of outputs reads, each input once.

use std::marker::PhantomData;

use windows_core::kernel::Vectorized;

use super::element::Operand;
use super::lanes::Lanes;
use crate::band::{Band, Bands};

/// Writes the strip of a band, for all channels of a group.
pub(crate) struct Strip<'a, X: Operand<W>, W, S> {
    pub bands: &'a Bands,
    pub band: &'a Band,
    /// Elements between the inputs of neighbouring outputs.
    pub stride: isize,
    /// Element 0, .., 0 of the first channel of the group.
    pub input: *const X,
    pub channel_stride: isize,
    pub channels: usize,
    pub zero: i32,
    pub out: *mut X::Output,
    pub kernel: PhantomData<(S, W)>,
}

impl<X: Operand<W>, W, S: Lanes<Scalar = X::Output>> Vectorized for Strip<'_, X, W, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { bands, band, .. } = self;
        let mut input = self.input;
        let mut channel_out = self.out;
        let line_stride = self.channels.div_ceil(X::PAIR) * bands.line;
        for first in (0..self.channels).step_by(X::PAIR) {
            let paired = X::PAIR > 1 && first + 1 < self.channels;
            let mut out = channel_out;
            for &base in &bands.lines[band.lines.clone()] {
                let line = input.wrapping_offset(base);
                for run in &bands.runs {
                    let (start, end) = (band.columns.start, band.columns.end + run.reach);
                    let lo = run.real.0.clamp(start, end);
                    let hi = run.real.1.clamp(lo, end);
                    let out = out.wrapping_add(run.column);
                    let from = line.wrapping_offset(run.offset + lo as isize * self.stride);
                    // SAFETY: the lines of a strip have room for their runs; the real columns of a
                    // line are inputs.
                    unsafe {
                        zeros::<S>(out, lo - start);
                        self.copy(from, paired, out.wrapping_add(lo - start), hi - lo);
                        zeros::<S>(out.wrapping_add(hi - start), end - hi);
                    }
                }
                out = out.wrapping_add(line_stride);
            }
            input = input.wrapping_offset(X::PAIR as isize * self.channel_stride);
            channel_out = channel_out.wrapping_add(bands.line);
        }
    }
}

impl<X: Operand<W>, W, S: Lanes<Scalar = X::Output>> Strip<'_, X, W, S> {
    /// # Safety
    /// `len` inputs from `from` on are readable, `stride` apart, of the next channel as well if `paired`;
    /// as many outputs are writable.
    #[inline(always)]
    unsafe fn copy(&self, from: *const X, paired: bool, out: *mut X::Output, len: usize) {
        // SAFETY: the caller's promise; the masks leave out what is beyond it.
        unsafe {
            if X::PLAIN && (self.stride == 1 || self.stride == 2) {
                let from = from.cast::<S::Scalar>();
                let whole = len / S::WIDTH * S::WIDTH;
                let rest = len - whole;
                if self.stride == 1 {
                    for x in (0..whole).step_by(S::WIDTH) {
                        S::store(out.add(x), S::load(from.add(x)));
                    }
                    if rest > 0 {
                        let mask = S::mask(0, rest);
                        S::store_mask(out.add(whole), mask, S::load_mask(from.add(whole), mask));
                    }
                } else {
                    let mask = S::mask2(0, S::WIDTH);
                    for x in (0..whole).step_by(S::WIDTH) {
                        S::store(out.add(x), S::load_mask2(from.add(2 * x), mask));
                    }
                    if rest > 0 {
                        let value = S::load_mask2(from.add(2 * whole), S::mask2(0, rest));
                        S::store_mask(out.add(whole), S::mask(0, rest), value);
                    }
                }
                return;
            }
            for x in 0..len {
                let at = from.wrapping_offset(x as isize * self.stride);
                let second = paired.then(|| at.wrapping_offset(self.channel_stride).read());
                out.add(x).write(X::pixel(at.read(), second, self.zero));
            }
        }
    }
}

/// # Safety
/// `len` elements are writable.
#[inline(always)]
unsafe fn zeros<S: Lanes>(out: *mut S::Scalar, len: usize) {
    for x in 0..len {
        // SAFETY: the caller's promise.
        unsafe { out.add(x).write(S::Scalar::default()) };
    }
}
