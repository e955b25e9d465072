//! From samples to the numbers that a model was trained on.

use crate::convert::{Affine, Sample};
use crate::{ImageView, PatchError};

/// `(sample / full - mean) / deviation` per channel, where `full` is 255 for `u8`, 65535 for `u16` and 1
/// for `f32`: means and deviations are those of intensities from 0 to 1.
///
/// It runs in the pass that orders the pixels, as one multiplication and one addition in `f32`, whose
/// factors are computed in `f64`. Against the three steps of the Python stack results differ by less
/// than two units in the last place of the largest intermediate value.
///
/// # Example
/// ```
/// use windows_patches::{ImageView, Normalize, Order, Patchify};
///
/// let pixels = [0_u8, 255, 51, 204];
/// let image = ImageView::interleaved(&pixels, [2, 2, 1])?;
/// let plan = Patchify::new(1).order(Order::Vit).over(image.shape())?;
/// let mut tokens = [0.0_f32; 4];
/// plan.convert_into(&image, &Normalize::half(), &mut tokens)?;
/// assert_eq!(tokens.map(|token| (token * 10.0).round()), [-10.0, 10.0, -6.0, 6.0]);
/// # Ok::<(), windows_patches::PatchError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Normalize {
    kind: Kind,
    scale: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// Samples as numbers.
    Plain,
    Channels {
        mean: Vec<f32>,
        deviation: Vec<f32>,
    },
    /// The image's own mean and deviation.
    Standardize,
}

impl Normalize {
    /// Samples as the numbers they are, neither scaled nor moved.
    #[must_use]
    pub fn none() -> Self {
        Self { kind: Kind::Plain, scale: Some(1.0) }
    }

    /// A mean and a deviation for each channel, or one for all.
    #[must_use]
    pub fn new(mean: &[f32], deviation: &[f32]) -> Self {
        let kind = Kind::Channels { mean: mean.to_vec(), deviation: deviation.to_vec() };
        Self { kind, scale: None }
    }

    /// Of ImageNet, for three channels: most convolutional networks, DeiT, MAE.
    #[must_use]
    pub fn imagenet() -> Self {
        Self::new(&[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225])
    }

    /// Of OpenAI's CLIP, for three channels: CLIP, Qwen2-VL, LLaVA.
    #[must_use]
    pub fn clip() -> Self {
        Self::new(
            &[0.481_454_66, 0.457_827_5, 0.408_210_73],
            &[0.268_629_54, 0.261_302_6, 0.275_777_1],
        )
    }

    /// 0.5 and 0.5, from -1 to 1, any number of channels: ViT, SigLIP.
    #[must_use]
    pub fn half() -> Self {
        Self::new(&[0.5], &[0.5])
    }

    /// The mean and the deviation of all samples of each image, the deviation at least `1 / sqrt(n)` of
    /// its `n` samples: Pix2Struct, and TensorFlow's `per_image_standardization`. (The torch processor of
    /// Pix2Struct divides the squares by `n - 1`, which the model was not trained with.) The samples are
    /// not scaled first.
    #[must_use]
    pub fn standardize() -> Self {
        Self { kind: Kind::Standardize, scale: Some(1.0) }
    }

    /// Samples are multiplied by this first, instead of by one over full intensity.
    #[must_use]
    pub fn scale(mut self, scale: f64) -> Self {
        self.scale = Some(scale);
        self
    }

    pub(crate) fn is_per_image(&self) -> bool {
        self.kind == Kind::Standardize
    }

    /// The same normalisation with the mean and the deviation of an image, where it takes those: what
    /// is needed to undo it later. One pass over the samples, in `f64`.
    #[must_use]
    pub fn of<S: Sample>(&self, image: &ImageView<'_, S>) -> Self {
        if !self.is_per_image() {
            return self.clone();
        }
        let scale = self.scale_of::<S>();
        let sample = |sample: &S| f64::from(sample.to_f32()) * scale;
        let count = image.pixels().len().max(1) as f64;
        let mean = image.pixels().iter().map(sample).sum::<f64>() / count;
        let off = |value: &S| (sample(value) - mean) * (sample(value) - mean);
        let variance = image.pixels().iter().map(off).sum::<f64>() / count;
        let deviation = variance.sqrt().max(1.0 / count.sqrt());
        Self { scale: self.scale, ..Self::new(&[mean as f32], &[deviation as f32]) }
    }

    fn scale_of<S: Sample>(&self) -> f64 {
        self.scale.unwrap_or(S::UNIT)
    }

    /// Scale, mean and deviation of each channel, checked.
    fn resolve<S: Sample>(&self, channels: usize) -> Result<Vec<[f64; 3]>, PatchError> {
        let scale = self.scale_of::<S>();
        let (mean, deviation): (&[f32], &[f32]) = match &self.kind {
            Kind::Plain => (&[0.0], &[1.0]),
            Kind::Channels { mean, deviation } => (mean, deviation),
            Kind::Standardize => return Err(PatchError::ImageNeeded),
        };
        for (what, values) in [("mean", mean), ("deviation", deviation)] {
            let got = values.len();
            if got != 1 && got != channels {
                return Err(PatchError::Channels { what, got, channels });
            }
        }
        let of = |values: &[f32], channel: usize| values[channel % values.len()];
        (0..channels)
            .map(|channel| {
                let (mean, deviation) = (of(mean, channel), of(deviation, channel));
                if !mean.is_finite() {
                    return Err(PatchError::BadNormalization { channel, value: mean });
                }
                if !(deviation > 0.0 && deviation.is_finite()) {
                    return Err(PatchError::BadNormalization { channel, value: deviation });
                }
                if !(scale > 0.0 && scale.is_finite()) {
                    return Err(PatchError::BadNormalization { channel, value: scale as f32 });
                }
                Ok([scale, f64::from(mean), f64::from(deviation)])
            })
            .collect()
    }

    /// From samples of type `S`.
    pub(crate) fn forward<S: Sample>(&self, channels: usize) -> Result<Affine, PatchError> {
        let affine = |[scale, mean, deviation]: [f64; 3]| {
            ((scale / deviation) as f32, (-mean / deviation) as f32)
        };
        let channels: Vec<_> = self.resolve::<S>(channels)?.into_iter().map(affine).collect();
        Ok(Affine::new(&channels))
    }

    /// Back to samples of type `S`.
    pub(crate) fn backward<S: Sample>(&self, channels: usize) -> Result<Affine, PatchError> {
        let affine = |[scale, mean, deviation]: [f64; 3]| {
            ((deviation / scale) as f32, (mean / scale) as f32)
        };
        let channels: Vec<_> = self.resolve::<S>(channels)?.into_iter().map(affine).collect();
        Ok(Affine::new(&channels))
    }
}
