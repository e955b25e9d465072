//! Frames of audio: window functions, integer samples, and (features `stft` and `mel`) spectra.
//!
//! ```
//! use windows_frame::FrameSpec;
//! use windows_frame::audio::Window;
//!
//! // 16-bit samples, framed as `torch.stft` does, converted while they are windowed
//! let pcm: Vec<i16> = (0..1600).map(|i| ((i * 37) % 2000 - 1000) as i16).collect();
//! let window = Window::Hann.periodic(400)?;
//! let mut scratch = vec![0.0; 400];
//! for frame in FrameSpec::torch(400, 160).frames(&pcm)?.iter() {
//!     frame.windowed_into(&window, &mut scratch)?;
//! }
//! # Ok::<(), windows_frame::FrameError>(())
//! ```

mod sample;
mod window;

pub use sample::{I24, Real, Sample};
pub use window::Window;

#[cfg(feature = "stft")]
mod istft;
#[cfg(feature = "stft")]
mod stft;
#[cfg(feature = "stft")]
mod stft_spec;

#[cfg(feature = "stft")]
pub use istft::{Istft, IstftStream};
#[cfg(feature = "stft")]
pub use realfft::num_complex::Complex;
#[cfg(feature = "stft")]
pub use stft::{Spectra, Stft, StftScratch, StftStream, Transform, magnitude_into, power_into};
#[cfg(feature = "stft")]
pub use stft_spec::StftSpec;

#[cfg(feature = "mel")]
mod log;
#[cfg(feature = "mel")]
mod mel;
#[cfg(feature = "mel")]
mod profile;

#[cfg(feature = "mel")]
pub use mel::{MelBank, MelNorm, MelScale};
#[cfg(feature = "mel")]
pub use profile::{Fbank, WhisperMel};
