//! Samples as numbers: integers become -1 to 1 while they are windowed.

use core::fmt;

use windows_core::kernel::{Isa, Vectorized, vectorized};

use crate::{Frame, FrameError};

/// A sample of sound. Integers of `b` bits are divided by `2^(b-1)`, so that full scale is -1 to just
/// below 1; floats are taken as they are. Exact in `f64`, and in `f32` up to 24 bits.
pub trait Sample: Copy {
    /// The sample that is 0: what a constant border reads as.
    const SILENCE: Self;

    /// As `f32`.
    fn to_f32(self) -> f32;

    /// As `f64`.
    fn to_f64(self) -> f64;
}

/// A 24-bit sample, as three bytes of a file, least significant first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct I24(pub [u8; 3]);

impl I24 {
    /// The number.
    #[must_use]
    #[inline]
    pub const fn get(self) -> i32 {
        let [low, middle, high] = self.0;
        i32::from_le_bytes([0, low, middle, high]) >> 8
    }
}

macro_rules! sample {
    ($($(#[$doc:meta])* $type:ty: |$sample:ident| $value:expr, $scale:expr, $silence:expr;)*) => {$(
        $(#[$doc])*
        impl Sample for $type {
            const SILENCE: Self = $silence;

            #[inline]
            fn to_f32(self) -> f32 {
                let $sample = self;
                $value as f32 * (1.0 / $scale as f32)
            }

            #[inline]
            fn to_f64(self) -> f64 {
                let $sample = self;
                $value as f64 * (1.0 / $scale as f64)
            }
        }
    )*};
}

sample! {
    /// Offset binary, as in 8-bit WAV files: 128 is silence.
    u8: |sample| (i32::from(sample) - 128), 128.0, 128;
    i8: |sample| sample, 128.0, 0;
    i16: |sample| sample, 32_768.0, 0;
    I24: |sample| sample.get(), 8_388_608.0, I24([0; 3]);
    i32: |sample| sample, 2_147_483_648.0, 0;
    f32: |sample| sample, 1.0, 0.0;
    f64: |sample| sample, 1.0, 0.0;
}

/// The precision of a computation: `f32` or `f64`.
pub trait Real:
    Sample
    + Default
    + PartialOrd
    + Send
    + Sync
    + fmt::Debug
    + core::ops::Add<Output = Self>
    + core::ops::Sub<Output = Self>
    + core::ops::Mul<Output = Self>
    + core::ops::AddAssign
    + core::ops::MulAssign
    + 'static
{
    /// The nearest number of this precision.
    fn nearest(value: f64) -> Self;

    /// The square root.
    #[must_use]
    fn root(self) -> Self;

    /// A sample in this precision.
    fn of<S: Sample>(sample: S) -> Self;
}

impl Real for f32 {
    #[inline]
    fn nearest(value: f64) -> Self {
        value as Self
    }

    #[inline]
    fn root(self) -> Self {
        libm::sqrtf(self)
    }

    #[inline]
    fn of<S: Sample>(sample: S) -> Self {
        sample.to_f32()
    }
}

impl Real for f64 {
    #[inline]
    fn nearest(value: f64) -> Self {
        value
    }

    #[inline]
    fn root(self) -> Self {
        libm::sqrt(self)
    }

    #[inline]
    fn of<S: Sample>(sample: S) -> Self {
        sample.to_f64()
    }
}

impl<S: Sample> Frame<'_, '_, S> {
    /// Writes the frame times a window, converted on the way; the constant border is silence.
    ///
    /// # Errors
    /// The window or `out` is not as long as a frame.
    ///
    /// # Example
    /// ```
    /// use windows_frame::FrameSpec;
    ///
    /// let pcm = [i16::MIN, 0, 16_384, 8_192];
    /// let frames = FrameSpec::new(4, 4).frames(&pcm)?;
    /// let mut out = [0.0_f32; 4];
    /// frames.get(0).unwrap().windowed_into(&[1.0, 1.0, 0.5, 2.0], &mut out)?;
    /// assert_eq!(out, [-1.0, 0.0, 0.25, 0.5]);
    /// # Ok::<(), windows_frame::FrameError>(())
    /// ```
    #[inline]
    pub fn windowed_into<F: Real>(&self, window: &[F], out: &mut [F]) -> Result<(), FrameError> {
        let expected = out.len();
        if window.len() != expected {
            return Err(FrameError::Length { what: "window", expected, got: window.len() });
        }
        if let Some(slice) = self.as_slice()
            && slice.len() == expected
        {
            windowed(slice, window, out);
            return Ok(());
        }
        self.write_with(F::default(), |tap, sample| F::of(sample) * window[tap], out)
    }
}

/// Samples times weights.
#[inline]
pub(super) fn windowed<S: Sample, F: Real>(samples: &[S], weights: &[F], out: &mut [F]) {
    vectorized(Isa::best(), Windowed { samples, weights, out });
}

struct Windowed<'a, S, F> {
    samples: &'a [S],
    weights: &'a [F],
    out: &'a mut [F],
}

impl<S: Sample, F: Real> Vectorized for Windowed<'_, S, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((out, &sample), &weight) in self.out.iter_mut().zip(self.samples).zip(self.weights) {
            *out = F::of(sample) * weight;
        }
    }
}
