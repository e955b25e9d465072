//! Inputs to strips: what a band of outputs reads, each input once.

use std::marker::PhantomData;
use std::ops::Range;

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
                    let from = line.wrapping_offset(run.offset + start as isize * self.stride);
                    // SAFETY: the lines of a strip have room for their runs; the real columns of a
                    // line are inputs.
                    unsafe {
                        let out = out.wrapping_add(run.column);
                        self.copy(from, paired, lo - start..hi - start, out, end - start);
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
    /// Columns `real` of a run, and zeros for the others.
    ///
    /// # Safety
    /// The inputs from `from` on that are real are readable, `stride` apart, those of the next channel as
    /// well if `paired`; `len` outputs are writable.
    #[inline(always)]
    unsafe fn copy(
        &self,
        from: *const X,
        paired: bool,
        real: Range<usize>,
        out: *mut X::Output,
        len: usize,
    ) {
        // SAFETY: the caller's promise; the masks leave out what is beyond it.
        unsafe {
            if X::PLAIN && (self.stride == 1 || self.stride == 2) {
                let from = from.cast::<S::Scalar>();
                let mut column = 0;
                while column < len {
                    let lo = real.start.clamp(column, column + S::WIDTH) - column;
                    let hi = real.end.clamp(column + lo, column + S::WIDTH) - column;
                    let from = from.wrapping_offset(column as isize * self.stride);
                    let value = if self.stride == 2 {
                        S::load_mask2(from, S::mask2(lo, hi - lo))
                    } else if hi - lo == S::WIDTH {
                        S::load(from)
                    } else {
                        S::load_mask(from, S::mask(lo, hi - lo))
                    };
                    let out = out.add(column);
                    if len - column >= S::WIDTH {
                        S::store(out, value);
                    } else {
                        S::store_mask(out, S::mask(0, len - column), value);
                    }
                    column += S::WIDTH;
                }
                return;
            }
            for column in 0..len {
                let value = if real.contains(&column) {
                    let at = from.wrapping_offset(column as isize * self.stride);
                    let second = paired.then(|| at.wrapping_offset(self.channel_stride).read());
                    X::pixel(at.read(), second, self.zero)
                } else {
                    X::Output::default()
                };
                out.add(column).write(value);
            }
        }
    }
}
