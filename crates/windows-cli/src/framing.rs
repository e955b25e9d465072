//! The options of frames: `--size --hop --convention --center --tail --window`.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use windows_core::{Border, Edge, UnknownName};
use windows_frame::audio::{StftSpec, Window};
use windows_frame::{FrameError, FrameSpec};

use crate::error::{Error, Result};
use crate::geometry::tail;

/// Whose frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Convention {
    /// Frames from the first sample on, those that fit
    None,
    /// librosa: its stft is centred with zeros, its frames are not
    Librosa,
    /// torch: its stft is centred and reflected, its frames are not
    Torch,
    /// TensorFlow: transforms of a power of two
    Tensorflow,
    /// Kaldi, snipped edges: transforms of a power of two
    Kaldi,
    /// Kaldi, edges not snipped: mirrored
    KaldiNosnip,
    /// scipy's ShortTimeFFT: every frame that touches the sound
    Scipy,
    /// Whisper: centred and reflected, without the last frame
    Whisper,
}

/// Where frames lie.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Frames")]
pub struct FramingArgs {
    /// Samples of a frame
    #[arg(long, value_name = "N")]
    pub size: Option<usize>,

    /// Samples from one frame to the next
    #[arg(long, value_name = "H")]
    pub hop: Option<usize>,

    /// Whose frames
    #[arg(long, value_enum, hide_possible_values = false)]
    pub convention: Option<Convention>,

    /// Half a frame of padding on both sides, and what it reads as: constant, reflect, replicate, symmetric, wrap; or none
    #[arg(long, value_name = "MODE")]
    center: Option<Center>,

    /// What happens to the last frames: drop, keep (filled), ceil or pad, covered, snap or slide-back, balance
    #[arg(long, value_name = "RULE", value_parser = tail)]
    pub tail: Option<Edge>,
}

/// A value of `--center`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Center(Option<Border<()>>);

impl FromStr for Center {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        Ok(Self(match text {
            "none" => None,
            "constant:0" | "zeros" | "zero" => Some(Border::Constant(())),
            "edge" => Some(Border::Replicate),
            name => Some(name.parse().map_err(|error: UnknownName| format!("{error}, none"))?),
        }))
    }
}

impl FramingArgs {
    /// The size and the hop.
    ///
    /// # Errors
    /// When one is missing or 0.
    pub fn lengths(&self) -> Result<(usize, usize)> {
        let positive = |value: Option<usize>, option: &str| match value {
            None => Err(Error::new(format_args!("{option} is required"))),
            Some(0) => Err(Error::new(format_args!("{option} 0: at least 1 is needed"))),
            Some(value) => Ok(value),
        };
        Ok((positive(self.size, "--size")?, positive(self.hop, "--hop")?))
    }

    /// The frames of a library's bare framing.
    ///
    /// # Errors
    /// As [`FramingArgs::lengths`].
    pub fn frames(&self) -> Result<FrameSpec> {
        let (size, hop) = self.lengths()?;
        let spec = match self.convention.unwrap_or(Convention::None) {
            Convention::KaldiNosnip => FrameSpec::kaldi_unsnipped(size, hop),
            Convention::Scipy => FrameSpec::scipy(size, hop, 0),
            Convention::Whisper => FrameSpec::whisper(size, hop),
            _ => FrameSpec::new(size, hop),
        };
        Ok(self.adjusted(spec))
    }

    /// The transforms of a library.
    ///
    /// # Errors
    /// As [`FramingArgs::lengths`].
    pub fn stft(&self, window: WindowArg) -> Result<StftSpec> {
        let (size, hop) = self.lengths()?;
        // A frame longer than any sound has no window either.
        crate::memory::check(size.saturating_mul(64), "the window")?;
        let window = window.weights(size)?;
        let spec = match self.convention.unwrap_or(Convention::None) {
            Convention::None => StftSpec::new(FrameSpec::new(size, hop), &window),
            Convention::Librosa => StftSpec::librosa(size, hop, &window),
            Convention::Torch => StftSpec::torch(size, hop, &window),
            Convention::Tensorflow => StftSpec::tensorflow(hop, &window),
            Convention::Kaldi => StftSpec::new(FrameSpec::kaldi(size, hop), &window)
                .and_then(StftSpec::padded_to_power),
            Convention::KaldiNosnip => {
                StftSpec::new(FrameSpec::kaldi_unsnipped(size, hop), &window)
                    .and_then(StftSpec::padded_to_power)
            }
            Convention::Scipy => StftSpec::scipy(hop, &window),
            Convention::Whisper => StftSpec::new(FrameSpec::whisper(size, hop), &window),
        };
        let spec = spec.map_err(Error::new)?;
        let frames = self.adjusted(*spec.frames());
        spec.framed(frames).map_err(Error::new)
    }

    /// Which option places frames otherwise than the convention does, if one is given.
    pub(crate) fn placement(&self) -> Option<&'static str> {
        match (self.center, self.tail) {
            (Some(_), _) => Some("--center"),
            (None, Some(_)) => Some("--tail"),
            (None, None) => None,
        }
    }

    /// Refuses the frames of a sound that the library of the convention refuses: librosa and torch raise where a frame
    /// is longer than what it is cut from, torch also where it would reflect more than there is.
    ///
    /// `frames` lie over the last axis of `shape`. A `--tail` says itself what becomes of a short sound.
    pub(crate) fn require_length(&self, frames: &FrameSpec, shape: &[usize]) -> Result<()> {
        let torch = self.convention == Some(Convention::Torch);
        let (axis, len) = (shape.len() - 1, shape[shape.len() - 1]);
        let padding = frames.before().unsigned_abs();
        if torch && len > 0 && padding >= len && frames.outside() == Border::Reflect {
            return Err(Error::new(format_args!(
                "padding {padding} on axis {axis}, but the length is {len}: torch reflects less than there is"
            )));
        }
        let strict = torch || self.convention == Some(Convention::Librosa);
        let inside = len.saturating_add(padding.saturating_mul(2));
        if strict && self.tail.is_none() && inside < frames.length() {
            return Err(Error::new(format_args!(
                "frame size {} on axis {axis}, but the length is {len}",
                frames.length()
            )));
        }
        Ok(())
    }

    fn adjusted(&self, mut spec: FrameSpec) -> FrameSpec {
        match self.center {
            Some(Center(Some(border))) => spec = spec.centered().border(border),
            Some(Center(None)) => spec = spec.padding(0, 0),
            None => {}
        }
        match self.tail {
            Some(edge) => spec.edge(edge),
            None => spec,
        }
    }
}

/// The option `--window`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowArg {
    window: Window,
    symmetric: bool,
}

impl Default for WindowArg {
    fn default() -> Self {
        Self { window: Window::Hann, symmetric: false }
    }
}

impl WindowArg {
    fn weights(self, size: usize) -> Result<Vec<f64>> {
        let weights: Result<_, FrameError> = match self.symmetric {
            true => self.window.symmetric(size),
            false => self.window.periodic(size),
        };
        weights.map_err(|error| Error::new(format_args!("--window: {error}")))
    }
}

impl FromStr for WindowArg {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (text, symmetric) = match text.strip_suffix(":symmetric") {
            Some(text) => (text, true),
            None => (text.strip_suffix(":periodic").unwrap_or(text), false),
        };
        let (name, parameter) = match text.split_once(':') {
            Some((name, value)) => {
                let number =
                    value.parse::<f64>().map_err(|_| format!("{value} is not a number"))?;
                (name, Some(number))
            }
            None => (text, None),
        };
        let window = match (name, parameter) {
            ("rectangular" | "boxcar" | "rect" | "ones", None) => Window::Rectangular,
            ("hann" | "hanning", None) => Window::Hann,
            ("hamming", None) => Window::Hamming,
            ("blackman", None) => Window::Blackman,
            ("blackman-harris" | "blackmanharris", None) => Window::BlackmanHarris,
            ("nuttall", None) => Window::Nuttall,
            ("flat-top" | "flattop", None) => Window::FlatTop,
            ("bartlett", None) => Window::Bartlett,
            ("sine" | "cosine", None) => Window::Sine,
            ("povey", None) => Window::Povey,
            ("kaiser", Some(beta)) => Window::Kaiser(beta),
            ("gaussian", Some(deviation)) => Window::Gaussian(deviation),
            ("tukey", part) => Window::Tukey(part.unwrap_or(0.5)),
            _ => {
                return Err("not one of rectangular, hann, hamming, blackman, blackman-harris, nuttall, flat-top, \
                            bartlett, sine, povey, kaiser:BETA, gaussian:DEVIATION, tukey[:PART], each with :symmetric \
                            at will"
                    .to_owned());
            }
        };
        Ok(Self { window, symmetric })
    }
}
