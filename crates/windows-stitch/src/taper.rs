//! How much each tap of a tile counts where tiles overlap.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::f64::consts::PI;

use windows_core::WindowError;
use windows_core::check::room;

use crate::StitchError;

/// The weight of each tap of a tile along one axis, before normalisation.
///
/// Weights only matter where tiles overlap: they are divided by their sum at every element, so an
/// element that one tile covers has weight 1 whatever the taper, and there is no ramp at the border of
/// the data. No weight is zero: tapers are sampled at the middle of each tap, so that the first and the
/// last tap of a Hann taper still count.
///
/// ```text
/// Constant   1                                   the plain mean
/// Linear     1 - |2u - 1|                        u = (tap + 1/2) / size, in (0, 1)
/// Hann       sin^2(pi u)
/// Gaussian   exp(-((u - 1/2) / sigma)^2 / 2)     sigma in sizes; 1/8 in nnU-Net and MONAI
/// ```
///
/// # Example
/// ```
/// use windows_stitch::Taper;
///
/// assert_eq!(Taper::Linear.weights(0, 4)?, [0.25, 0.75, 0.75, 0.25]);
/// assert!(Taper::Hann.weights(0, 512)?.iter().all(|&weight| weight > 0.0));
/// assert!(Taper::custom(&[0.5, 0.0]).weights(0, 2).is_err());
/// # Ok::<(), windows_stitch::StitchError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Taper {
    /// Every tap counts the same.
    #[default]
    Constant,
    /// A triangle.
    Linear,
    /// A raised cosine.
    Hann,
    /// A bell.
    Gaussian {
        /// Standard deviation as a fraction of the size.
        sigma: f64,
    },
    /// These weights, one per tap.
    Custom(Arc<[f64]>),
}

impl Taper {
    /// A bell of the width that nnU-Net and MONAI use: an eighth of the size.
    pub const GAUSSIAN: Self = Self::Gaussian { sigma: 0.125 };

    /// These weights, one per tap.
    #[must_use]
    pub fn custom(weights: &[f64]) -> Self {
        Self::Custom(weights.into())
    }

    /// The weights of `size` taps; `axis` is named in errors.
    ///
    /// # Errors
    /// [`StitchError::BadWeight`] for a weight that is not positive and finite, which a very narrow
    /// bell has as well; [`WindowError::Shape`](windows_core::WindowError::Shape) if there are other than `size` custom ones;
    /// [`WindowError::Memory`](windows_core::WindowError::Memory).
    pub fn weights(&self, axis: usize, size: usize) -> Result<Vec<f64>, StitchError> {
        if let Self::Custom(weights) = self
            && weights.len() != size
        {
            let got = weights.len();
            return Err(WindowError::Shape { what: "taper", axis, expected: size, got }.into());
        }
        let middle = |tap: usize| (tap as f64 + 0.5) / size as f64;
        let mut weights = room("weights", size)?;
        match self {
            Self::Constant => weights.resize(size, 1.0),
            Self::Linear => {
                weights.extend((0..size).map(|tap| 1.0 - libm::fabs(2.0 * middle(tap) - 1.0)));
            }
            Self::Hann => {
                let sine = |tap| libm::sin(PI * middle(tap));
                weights.extend((0..size).map(|tap| sine(tap) * sine(tap)));
            }
            Self::Gaussian { sigma } => {
                let bell = |tap| {
                    let deviations = (middle(tap) - 0.5) / sigma;
                    libm::exp(-0.5 * deviations * deviations)
                };
                weights.extend((0..size).map(bell));
            }
            Self::Custom(custom) => weights.extend_from_slice(custom),
        }
        // Down to the smallest normal number, ratios of weights are exact to rounding.
        match weights.iter().position(|w| !(f64::MIN_POSITIVE..f64::INFINITY).contains(w)) {
            Some(index) => Err(StitchError::BadWeight { axis, index }),
            None => Ok(weights),
        }
    }
}
