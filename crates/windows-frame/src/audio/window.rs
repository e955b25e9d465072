//! Window functions, computed in `f64`.

use alloc::vec::Vec;
use core::f64::consts::{PI, TAU};

use crate::FrameError;

/// A window function.
///
/// *Symmetric* windows of `n` weights begin and end alike: for the design of filters, and as
/// `scipy.signal.windows`, numpy and Kaldi give them. *Periodic* ones are the symmetric of `n + 1`
/// without the last: for spectra, and as `scipy.signal.get_window`, librosa and torch give them.
/// A window of your own is any slice.
///
/// Computed in `f64`, without the standard library's functions, so that the bits are the same on every
/// platform; within 2e-15 of scipy's weights, Kaiser's within 4e-15. A window of one weight is 1.
/// Allocates the result.
///
/// With `x = i / (n - 1)` from 0 to 1 over the symmetric window:
///
/// | window | weight | source |
/// | --- | --- | --- |
/// | rectangular | 1 | |
/// | Hann | `0.5 - 0.5 cos 2πx` | Blackman and Tukey 1958 |
/// | Hamming | `0.54 - 0.46 cos 2πx` | the same |
/// | Blackman | `0.42 - 0.5 cos 2πx + 0.08 cos 4πx` | the same |
/// | Blackman-Harris | 4 terms, -92 dB | Harris 1978 |
/// | Nuttall | 4 terms, -98 dB | Nuttall 1981 |
/// | flat top | 5 terms | D'Antona and Ferrero 2006 |
/// | Bartlett | `1 - abs(2x - 1)` | |
/// | Kaiser | `I0(β sqrt(1 - (2x - 1)²)) / I0(β)` | Kaiser 1974 |
/// | Gaussian | `exp(-((i - (n-1)/2) / σ)² / 2)`, σ in samples | |
/// | Tukey | Hann over a fraction α of the length, 1 between | Harris 1978 |
/// | sine | `sin(π (i + 1/2) / n)` | |
/// | Povey | `(0.5 - 0.5 cos 2πx)^0.85` | Kaldi |
///
/// # Example
/// ```
/// use windows_frame::audio::Window;
///
/// assert_eq!(Window::Hann.symmetric(5)?[2], 1.0);
/// assert_eq!(Window::Hann.periodic(4)?, Window::Hann.symmetric(5)?[..4]);
/// assert!(Window::Kaiser(-1.0).periodic(4).is_err());
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Window {
    /// All ones.
    Rectangular,
    /// Raised cosine.
    Hann,
    /// Raised cosine on a pedestal.
    Hamming,
    /// Three cosine terms.
    Blackman,
    /// Four cosine terms, minimal side lobes.
    BlackmanHarris,
    /// Four cosine terms, smaller side lobes still.
    Nuttall,
    /// Five cosine terms, for amplitudes.
    FlatTop,
    /// A triangle with zero ends.
    Bartlett,
    /// Kaiser's, of this β of 0 or more.
    Kaiser(f64),
    /// A bell, of this standard deviation in samples, above 0.
    Gaussian(f64),
    /// Tapered by cosines over this fraction of the length, 0 to 1.
    Tukey(f64),
    /// Half a sine, sampled in the middle of each place.
    Sine,
    /// Kaldi's default.
    Povey,
}

impl Window {
    /// The periodic window of `length` weights.
    ///
    /// # Errors
    /// A parameter outside its domain.
    pub fn periodic(self, length: usize) -> Result<Vec<f64>, FrameError> {
        let mut window = self.symmetric(length.saturating_add(1).min(isize::MAX as usize))?;
        window.truncate(length);
        // One weight is 1, as of the symmetric window.
        if length == 1 {
            window[0] = 1.0;
        }
        Ok(window)
    }

    /// The symmetric window of `length` weights.
    ///
    /// # Errors
    /// A parameter outside its domain.
    pub fn symmetric(self, length: usize) -> Result<Vec<f64>, FrameError> {
        self.check()?;
        if length == 1 {
            return Ok(alloc::vec![1.0]);
        }
        // Computed to the middle and mirrored: symmetric to the last bit.
        let mut window: Vec<f64> =
            (0..length.div_ceil(2)).map(|i| self.weight(i as f64, length as f64)).collect();
        window.extend((0..length / 2).rev().map(|i| self.weight(i as f64, length as f64)));
        Ok(window)
    }

    fn check(self) -> Result<(), FrameError> {
        let (what, value, expected, valid) = match self {
            Self::Kaiser(beta) => {
                ("Kaiser's beta", beta, "0 to 700", (0.0..=700.0).contains(&beta))
            }
            Self::Gaussian(deviation) => {
                let valid = deviation > 0.0 && deviation.is_finite();
                ("the standard deviation", deviation, "positive", valid)
            }
            Self::Tukey(part) => ("the tapered part", part, "0 to 1", (0.0..=1.0).contains(&part)),
            _ => return Ok(()),
        };
        if valid { Ok(()) } else { Err(FrameError::Parameter { what, value, expected }) }
    }

    /// Weight `i` of `n`, for `i` up to the middle.
    fn weight(self, i: f64, n: f64) -> f64 {
        let last = n - 1.0;
        let hann = || 0.5 - 0.5 * libm::cos(TAU * i / last);
        match self {
            Self::Rectangular => 1.0,
            Self::Hann => hann(),
            Self::Hamming => cosines(&[0.54, 0.46], i, last),
            Self::Blackman => cosines(&[0.42, 0.5, 0.08], i, last),
            Self::BlackmanHarris => cosines(&[0.35875, 0.48829, 0.14128, 0.01168], i, last),
            Self::Nuttall => cosines(&[0.3635819, 0.4891775, 0.1365995, 0.0106411], i, last),
            Self::FlatTop => {
                cosines(&[0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368], i, last)
            }
            Self::Bartlett => 2.0 * i / last,
            Self::Kaiser(beta) => {
                let x = 2.0 * i / last - 1.0;
                bessel_i0(beta * libm::sqrt((1.0 - x * x).max(0.0))) / bessel_i0(beta)
            }
            Self::Gaussian(deviation) => {
                let x = (i - last / 2.0) / deviation;
                libm::exp(-0.5 * x * x)
            }
            Self::Tukey(part) => {
                let width = libm::floor(part * last / 2.0);
                if part > 0.0 && i <= width {
                    0.5 * (1.0 + libm::cos(PI * (-1.0 + 2.0 * i / part / last)))
                } else {
                    1.0
                }
            }
            Self::Sine => libm::sin(PI * (i + 0.5) / n),
            Self::Povey => libm::pow(hann(), 0.85),
        }
    }
}

/// `a0 - a1 cos t + a2 cos 2t - ..` with `t` from 0 to 2π.
fn cosines(terms: &[f64], i: f64, last: f64) -> f64 {
    let mut sign = 1.0;
    let mut sum = 0.0;
    for (k, term) in terms.iter().enumerate() {
        sum += sign * term * libm::cos(k as f64 * (TAU * i / last));
        sign = -sign;
    }
    sum
}

/// The modified Bessel function of the first kind and order 0, by its power series: all terms are
/// positive, so nothing cancels, and it is summed until it no longer changes.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * (f64::EPSILON / 8.0) {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}
