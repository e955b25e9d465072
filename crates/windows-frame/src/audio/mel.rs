//! Mel filter banks: triangles over the bins of a power spectrum, kept sparse.

use alloc::vec::Vec;
use core::ops::Range;

use windows_core::kernel::{Isa, Vectorized, vectorized};

use super::{Real, Spectra};
use crate::FrameError;

/// How frequency maps to mel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MelScale {
    /// Linear below 1 kHz, logarithmic above (Slaney's Auditory Toolbox, 1998): librosa's default,
    /// Whisper's.
    Slaney,
    /// `2595 log10(1 + f / 700)`: HTK's and Kaldi's (`1127 ln(1 + f / 700)`).
    Htk,
}

/// How the triangles are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MelNorm {
    /// Peaks of 1.
    None,
    /// Each divided by half its width in Hz.
    Slaney,
}

impl MelScale {
    /// Mel of a frequency in Hz.
    #[must_use]
    pub fn mel(self, hz: f64) -> f64 {
        match self {
            Self::Htk => 1127.0 * libm::log1p(hz / 700.0),
            Self::Slaney if hz >= 1000.0 => 15.0 + libm::log(hz / 1000.0) / log_step(),
            Self::Slaney => hz * 3.0 / 200.0,
        }
    }

    /// Frequency in Hz of a mel.
    #[must_use]
    pub fn hz(self, mel: f64) -> f64 {
        match self {
            Self::Htk => 700.0 * libm::expm1(mel / 1127.0),
            Self::Slaney if mel >= 15.0 => 1000.0 * libm::exp(log_step() * (mel - 15.0)),
            Self::Slaney => mel * 200.0 / 3.0,
        }
    }
}

/// 27 steps from 1 to 6.4 kHz.
fn log_step() -> f64 {
    libm::log(6.4) / 27.0
}

/// Triangular filters, as the non-zero runs of their weights.
///
/// # Example
/// ```
/// use windows_frame::audio::{MelBank, MelNorm, MelScale};
///
/// // librosa.filters.mel(sr=16000, n_fft=400, n_mels=80)
/// let bank = MelBank::<f64>::new(MelScale::Slaney, MelNorm::Slaney, 16_000.0, 400, 80, 0.0, 8_000.0)?;
/// let mut mel = vec![0.0; 80];
/// bank.apply(&vec![1.0; 201], &mut mel)?;
/// assert!(mel.iter().all(|&energy| energy > 0.0));
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MelBank<F: Real = f64> {
    bins: usize,
    filters: Vec<Filter>,
    weights: Vec<[F; LANES]>,
}

/// Products are summed side by side in this many lanes: one after the other each addition would wait
/// for the last.
const LANES: usize = 4;

/// One triangle: whole lanes of weights, which zeros before and behind the triangle's own fill.
#[derive(Clone, Debug, PartialEq)]
struct Filter {
    /// The bins that the lanes lie over: fewer than the lanes hold only if there are no more.
    bins: Range<usize>,
    lanes: Range<usize>,
    /// Those of the lanes that are the triangle's.
    taps: Range<usize>,
}

impl<F: Real> MelBank<F> {
    /// `mels` filters over the spectrum of `size` points at `rate`, between two frequencies: triangles
    /// over frequency, as librosa's.
    ///
    /// # Errors
    /// No filters; frequencies that do not ascend from 0 to half the rate.
    pub fn new(
        scale: MelScale,
        norm: MelNorm,
        rate: f64,
        size: usize,
        mels: usize,
        low: f64,
        high: f64,
    ) -> Result<Self, FrameError> {
        check(rate, mels, low, high)?;
        let edges: Vec<f64> = edges(scale, mels, low, high).map(|mel| scale.hz(mel)).collect();
        Ok(Self::triangles(size / 2 + 1, mels, |filter, bin| {
            let hz = bin as f64 * rate / size as f64;
            let (left, middle, right) = (edges[filter], edges[filter + 1], edges[filter + 2]);
            let up = (hz - left) / (middle - left);
            let down = (right - hz) / (right - middle);
            let weight = up.min(down).max(0.0);
            match norm {
                MelNorm::None => weight,
                MelNorm::Slaney => weight * (2.0 / (right - left)),
            }
        }))
    }

    /// Kaldi's filters: triangles over mel, peaks of 1, without the last bin.
    ///
    /// # Errors
    /// As [`MelBank::new`].
    pub fn kaldi(
        rate: f64,
        size: usize,
        mels: usize,
        low: f64,
        high: f64,
    ) -> Result<Self, FrameError> {
        check(rate, mels, low, high)?;
        let edges: Vec<f64> = edges(MelScale::Htk, mels, low, high).collect();
        Ok(Self::triangles(size / 2 + 1, mels, |filter, bin| {
            let mel = MelScale::Htk.mel(bin as f64 * rate / size as f64);
            let (left, middle, right) = (edges[filter], edges[filter + 1], edges[filter + 2]);
            if bin == size / 2 || mel <= left || mel >= right {
                return 0.0;
            }
            if mel <= middle {
                (mel - left) / (middle - left)
            } else {
                (right - mel) / (right - middle)
            }
        }))
    }

    /// The energies of all spectra. Allocates the result.
    ///
    /// # Errors
    /// Spectra of another number of bins.
    pub fn spectra(&self, spectra: &Spectra<F>) -> Result<Spectra<F>, FrameError> {
        let mels = self.mels();
        let mut out = alloc::vec![F::default(); spectra.frames() * mels];
        for (k, out) in out.chunks_exact_mut(mels).enumerate() {
            self.apply(spectra.frame(k), out)?;
        }
        Ok(Spectra::new(out, mels))
    }

    fn triangles(bins: usize, mels: usize, weight: impl Fn(usize, usize) -> f64) -> Self {
        let (mut filters, mut weights) = (Vec::with_capacity(mels), Vec::new());
        for filter in 0..mels {
            let inside = |&bin: &usize| weight(filter, bin) > 0.0;
            let first = (0..bins).find(inside).unwrap_or(0);
            let taps = (first..bins).take_while(inside).count();
            // Lanes that would reach over the last bin begin with zeros instead.
            let len = taps.next_multiple_of(LANES);
            let from = first.min(bins.saturating_sub(len));
            let taps = first - from..first - from + taps;
            let lanes = weights.len()..weights.len() + len / LANES;
            let lane = |tap| if taps.contains(&tap) { weight(filter, from + tap) } else { 0.0 };
            weights.extend(
                (0..len / LANES)
                    .map(|lanes| core::array::from_fn(|i| F::nearest(lane(lanes * LANES + i)))),
            );
            filters.push(Filter { bins: from..bins.min(from + len), lanes, taps });
        }
        Self { bins, filters, weights }
    }

    /// How many filters.
    #[must_use]
    pub fn mels(&self) -> usize {
        self.filters.len()
    }

    /// Bins of the spectrum they lie over.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// The weights of a filter and the bin of the first.
    #[must_use]
    pub fn filter(&self, filter: usize) -> Option<(usize, &[F])> {
        let Filter { bins, lanes, taps } = self.filters.get(filter)?;
        let weights = self.weights[lanes.clone()].as_flattened();
        Some((bins.start + taps.start, &weights[taps.clone()]))
    }

    /// The energy under each filter, as the whole matrix of weights would give it: up to three bins
    /// beside a triangle count with a weight of 0. Allocates nothing.
    ///
    /// # Errors
    /// A spectrum of another number of bins, another number of outputs.
    pub fn apply(&self, power: &[F], out: &mut [F]) -> Result<(), FrameError> {
        if power.len() != self.bins {
            let expected = self.bins;
            return Err(FrameError::Length { what: "spectrum", expected, got: power.len() });
        }
        if out.len() != self.filters.len() {
            let expected = self.filters.len();
            return Err(FrameError::Length { what: "mel output", expected, got: out.len() });
        }
        vectorized(Isa::best(), Product { bank: self, power, out });
        Ok(())
    }
}

/// A bank times a spectrum.
struct Product<'a, F: Real> {
    bank: &'a MelBank<F>,
    power: &'a [F],
    out: &'a mut [F],
}

impl<F: Real> Vectorized for Product<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { bank, power, out } = self;
        for (out, filter) in out.iter_mut().zip(&bank.filters) {
            let weights = &bank.weights[filter.lanes.clone()];
            let (values, rest) = power[filter.bins.clone()].as_chunks::<LANES>();
            let mut sums = [F::default(); LANES];
            for (weights, values) in weights.iter().zip(values) {
                for lane in 0..LANES {
                    sums[lane] += weights[lane] * values[lane];
                }
            }
            if let (Some(weights), false) = (weights.get(values.len()), rest.is_empty()) {
                for (lane, &value) in rest.iter().enumerate() {
                    sums[lane] += weights[lane] * value;
                }
            }
            *out = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        }
    }
}

fn edges(scale: MelScale, mels: usize, low: f64, high: f64) -> impl Iterator<Item = f64> {
    let (low, high) = (scale.mel(low), scale.mel(high));
    let step = (high - low) / (mels + 1) as f64;
    (0..mels + 2).map(move |edge| low + edge as f64 * step)
}

fn check(rate: f64, mels: usize, low: f64, high: f64) -> Result<(), FrameError> {
    let parameter = |what, value, expected| Err(FrameError::Parameter { what, value, expected });
    if !(rate > 0.0 && rate.is_finite()) {
        return parameter("the rate", rate, "positive");
    }
    if mels == 0 {
        return parameter("the number of mel filters", 0.0, "at least 1");
    }
    if !(low >= 0.0 && low < high) {
        return parameter("the lowest frequency", low, "at least 0 and below the highest");
    }
    if high > rate / 2.0 {
        return parameter("the highest frequency", high, "at most half the rate");
    }
    Ok(())
}
