//! What a short-time Fourier transform is made of, and what each library makes it of.

use alloc::vec::Vec;

use crate::{FrameError, FrameSpec};

/// What an STFT is made of: frames, a window, the length of the transform.
///
/// # Example
/// ```
/// use windows_frame::audio::{Stft, StftSpec, Window};
///
/// // librosa.stft(y, n_fft=400, hop_length=160)
/// let spec = StftSpec::librosa(400, 160, &Window::Hann.periodic(400)?)?;
/// let stft = Stft::<f64>::new(spec)?;
/// let power = stft.power(&vec![0i16; 16_000])?;
/// assert_eq!((power.frames(), power.bins()), (101, 201));
/// # Ok::<(), windows_frame::FrameError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StftSpec {
    pub(super) frames: FrameSpec,
    pub(super) window: Vec<f64>,
    pub(super) size: usize,
    pub(super) rotation: usize,
}

impl StftSpec {
    /// Frames of the window's length, transformed as they are.
    ///
    /// # Errors
    /// The window is not as long as a frame.
    pub fn new(frames: FrameSpec, window: &[f64]) -> Result<Self, FrameError> {
        let expected = frames.length();
        if window.len() != expected {
            return Err(FrameError::Length { what: "window", expected, got: window.len() });
        }
        Ok(Self { frames, window: window.to_vec(), size: expected, rotation: 0 })
    }

    /// With frames elsewhere, of the same length.
    ///
    /// # Errors
    /// Frames of another length.
    pub fn framed(mut self, frames: FrameSpec) -> Result<Self, FrameError> {
        let expected = self.window.len();
        if frames.length() != expected {
            return Err(FrameError::Length { what: "frame", expected, got: frames.length() });
        }
        self.frames = frames;
        Ok(self)
    }

    /// With frames followed by zeros up to this many points.
    ///
    /// # Errors
    /// Fewer points than a frame has.
    pub fn padded_to(mut self, size: usize) -> Result<Self, FrameError> {
        if size < self.window.len() {
            let expected = self.window.len();
            return Err(FrameError::Length { what: "transform", expected, got: size });
        }
        self.size = size;
        Ok(self)
    }

    /// With every frame, zeros included, rotated to begin with its sample `by`: phases are then those
    /// of that sample. Powers do not change.
    #[must_use]
    pub fn rotated(mut self, by: usize) -> Self {
        self.rotation = by % self.size.max(1);
        self
    }

    /// `librosa.stft`: centred with zeros; a window shorter than `size` in the middle of zeros.
    ///
    /// # Errors
    /// A window longer than `size`.
    pub fn librosa(size: usize, hop: usize, window: &[f64]) -> Result<Self, FrameError> {
        Self::new(FrameSpec::librosa(size, hop), &centered(window, size)?)
    }

    /// `torch.stft`: centred and reflected; a window shorter than `size` in the middle of zeros.
    ///
    /// # Errors
    /// A window longer than `size`.
    pub fn torch(size: usize, hop: usize, window: &[f64]) -> Result<Self, FrameError> {
        Self::new(FrameSpec::torch(size, hop), &centered(window, size)?)
    }

    /// `torch.stft(center=False, align_to_window=True)`: the window in the middle of a transform of
    /// `size` points, frames as long as the window.
    ///
    /// # Errors
    /// A window longer than `size`.
    pub fn torch_aligned(size: usize, hop: usize, window: &[f64]) -> Result<Self, FrameError> {
        let spec =
            Self::new(FrameSpec::torch_aligned(window.len(), hop), window)?.padded_to(size)?;
        let left = (size - window.len()) / 2;
        Ok(spec.rotated(size - left))
    }

    /// `tf.signal.stft`: zeros behind each frame up to a power of two. The windows that TensorFlow makes
    /// itself are symmetric where their length is odd, whatever their argument `periodic` says.
    ///
    /// # Errors
    /// No such power of two.
    pub fn tensorflow(hop: usize, window: &[f64]) -> Result<Self, FrameError> {
        Self::new(FrameSpec::tensorflow(window.len(), hop), window)?.padded_to_power()
    }

    /// `scipy.signal.ShortTimeFFT`, phases of the window's middle.
    ///
    /// # Errors
    /// None that a window of at least one weight causes.
    pub fn scipy(hop: usize, window: &[f64]) -> Result<Self, FrameError> {
        let zeros = window.iter().take_while(|&&weight| weight == 0.0).count();
        let spec = Self::new(FrameSpec::scipy(window.len(), hop, zeros), window)?;
        Ok(spec.rotated(window.len() / 2))
    }

    /// With zeros behind each frame up to a power of two, as TensorFlow and Kaldi do.
    ///
    /// # Errors
    /// No such power of two.
    pub fn padded_to_power(self) -> Result<Self, FrameError> {
        let elements = self.window.len();
        let size = elements.checked_next_power_of_two().ok_or(FrameError::Memory { elements })?;
        self.padded_to(size)
    }

    /// Where the frames lie.
    #[must_use]
    pub fn frames(&self) -> &FrameSpec {
        &self.frames
    }

    /// The window.
    #[must_use]
    pub fn window(&self) -> &[f64] {
        &self.window
    }

    /// Points of the transform.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Numbers of a spectrum: from zero to half the rate, both included.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.size / 2 + 1
    }

    /// The sample that a frame is rotated to begin with.
    #[must_use]
    pub fn rotation(&self) -> usize {
        self.rotation
    }
}

/// A window in the middle of zeros.
fn centered(window: &[f64], size: usize) -> Result<Vec<f64>, FrameError> {
    let free = size.checked_sub(window.len()).ok_or(FrameError::Length {
        what: "transform",
        expected: window.len(),
        got: size,
    })?;
    let mut whole = alloc::vec![0.0; size];
    whole[free / 2..free / 2 + window.len()].copy_from_slice(window);
    Ok(whole)
}
