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
    mels: usize,
    groups: Vec<Group>,
    /// Of each bin of each group, the weights in the filters of the group.
    weights: Vec<[F; GROUP]>,
}

/// Neighbouring filters, whose energies are summed side by side: most of their bins are shared, and
/// one filter alone is so short that what surrounds its loop would cost more than the loop.
const GROUP: usize = 4;

/// Where a group of filters lies.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    /// From the first bin of any of them to the last.
    bins: Range<usize>,
    /// The first of its weights.
    from: usize,
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
        let (mut groups, mut weights) = (Vec::new(), Vec::new());
        for first in (0..mels).step_by(GROUP) {
            let filters = first..mels.min(first + GROUP);
            let inside = |&bin: &usize| filters.clone().any(|filter| weight(filter, bin) > 0.0);
            let from = (0..bins).find(inside).unwrap_or(0);
            let to = (from..bins).rev().find(inside).map_or(from, |last| last + 1);
            groups.push(Group { bins: from..to, from: weights.len() });
            weights.extend((from..to).map(|bin| {
                core::array::from_fn(|i| match first + i {
                    filter if filter < mels => F::nearest(weight(filter, bin)),
                    _ => F::default(),
                })
            }));
        }
        Self { bins, mels, groups, weights }
    }

    /// How many filters.
    #[must_use]
    pub fn mels(&self) -> usize {
        self.mels
    }

    /// Bins of the spectrum they lie over.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// The weight of a bin in a filter: 0 outside of its triangle.
    #[must_use]
    pub fn weight(&self, filter: usize, bin: usize) -> F {
        let weight = || {
            let group = self.groups.get(filter / GROUP)?;
            let at = bin.checked_sub(group.bins.start).filter(|_| bin < group.bins.end)?;
            Some(self.weights[group.from + at][filter % GROUP])
        };
        weight().unwrap_or_default()
    }

    /// The energy under each filter. A bin that is not a number spoils the filters beside its own too,
    /// as in a product with the whole matrix. Allocates nothing.
    ///
    /// # Errors
    /// A spectrum of another number of bins, another number of outputs.
    pub fn apply(&self, power: &[F], out: &mut [F]) -> Result<(), FrameError> {
        if power.len() != self.bins {
            let expected = self.bins;
            return Err(FrameError::Length { what: "spectrum", expected, got: power.len() });
        }
        if out.len() != self.mels {
            let expected = self.mels;
            return Err(FrameError::Length { what: "mel output", expected, got: out.len() });
        }
        vectorized(Isa::best(), Product { bank: self, power, out });
        Ok(())
    }
}

impl<F: Real> MelBank<F> {
    #[inline(always)]
    fn energies(&self, Group { bins, from }: &Group, power: &[F]) -> [F; GROUP] {
        let values = &power[bins.clone()];
        let weights = &self.weights[*from..][..values.len()];
        let mut sums = [F::default(); GROUP];
        for (weights, &value) in weights.iter().zip(values) {
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum += weight * value;
            }
        }
        sums
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
        let (whole, rest) = out.as_chunks_mut::<GROUP>();
        for (out, group) in whole.iter_mut().zip(&bank.groups) {
            *out = bank.energies(group, power);
        }
        if let (Some(group), false) = (bank.groups.get(whole.len()), rest.is_empty()) {
            rest.copy_from_slice(&bank.energies(group, power)[..rest.len()]);
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
