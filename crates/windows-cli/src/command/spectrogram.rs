//! `ndwin spectrogram`: the spectra of a recording, as an array or as a picture.

use std::path::PathBuf;

use clap::ValueEnum;
use num_complex::Complex;
use windows_core::DynView;
use windows_dtype::with_real;
use windows_frame::audio::{
    Fbank, MelBank, MelNorm, MelScale, Spectra, Stft, StftSpec, WhisperMel,
};
use windows_frame::{FrameError, FrameSpec};

use super::frames::{require_sound, too_short};
use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::framing::{Convention, FramingArgs, WindowArg};
use crate::io::output::Outputs;
use crate::io::{self, Kind, npy};
use crate::io::{Array, Dtype, Element};
use crate::memory;
use crate::plot::{Panel, Scale, plot};
use crate::report::Report;

/// Samples a second of an array, where nothing says otherwise.
pub(super) const RATE: u32 = 16_000;

/// The leading axes, bins, frames: f64 for f64 input, else f32, computed in f64. A .png is drawn with axes.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Conventions are those of each library's stft: librosa is centred with zeros, torch is centred and reflected; none
is not centred. A profile has its own frames (400 every 160 at 16 kHz), window and filters; its input is floats
between -1 and 1 for a recording, and an array as it is.

Example:
  ndwin spectrogram docs/assets/speech.wav --size 400 --hop 160 --convention librosa \\
      -o target/speech.png --force"
)]
pub struct Args {
    /// A .wav recording, or a .npy array whose last axis is time
    #[arg(value_name = "IN")]
    input: PathBuf,

    #[command(flatten)]
    framing: FramingArgs,

    /// Window function, as hann, kaiser:8.6 or hamming:symmetric; periodic unless :symmetric [default: hann]
    #[arg(long, value_name = "NAME")]
    window: Option<WindowArg>,

    /// Magnitudes (1) or squared magnitudes (2) [default: 2]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=2), conflicts_with = "complex")]
    power: Option<u8>,

    /// Complex spectra, which istft takes
    #[arg(long, conflicts_with_all = ["mel", "profile"])]
    complex: bool,

    /// Sum to this many mel bands (librosa's: Slaney's scale and norm)
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u16).range(1..))]
    mel: Option<u16>,

    /// Log-mel features to the letter of a library [bands: 80, or --mel]
    #[arg(long, value_enum, conflicts_with_all = ["power", "window"])]
    profile: Option<Profile>,

    /// Samples a second, for --mel and the axes of a picture [default: those of the recording, 16000 of an array]
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// Features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Profile {
    /// Whisper's log-mel spectrogram
    Whisper,
    /// Kaldi's fbank, without dither
    Kaldi,
}

/// What is computed of each channel.
enum Plan {
    Complex(Stft),
    Real { stft: Stft, power: u8, bank: Option<MelBank> },
    Whisper(WhisperMel),
    Kaldi(Fbank),
}

impl Plan {
    fn spec(&self) -> &StftSpec {
        match self {
            Self::Complex(stft) | Self::Real { stft, .. } => stft.spec(),
            Self::Whisper(mel) => mel.stft().spec(),
            Self::Kaldi(fbank) => fbank.stft().spec(),
        }
    }

    fn frames(&self) -> FrameSpec {
        *self.spec().frames()
    }

    fn bins(&self) -> usize {
        match self {
            Self::Complex(stft) | Self::Real { stft, bank: None, .. } => stft.spec().bins(),
            Self::Real { bank: Some(bank), .. } => bank.mels(),
            Self::Whisper(mel) => mel.mels(),
            Self::Kaldi(fbank) => fbank.mels(),
        }
    }

    fn real(&self, samples: &[f64]) -> Result<Spectra<f64>, FrameError> {
        match self {
            Self::Complex(stft) => stft.power(samples),
            Self::Whisper(mel) => mel.features(samples),
            Self::Kaldi(fbank) => fbank.features(samples),
            Self::Real { stft, power: 1, bank: None } => stft.magnitude(samples),
            Self::Real { stft, bank: None, .. } => stft.power(samples),
            Self::Real { stft, power, bank: Some(bank) } => {
                let spectra = match power {
                    1 => stft.magnitude(samples)?,
                    _ => stft.power(samples)?,
                };
                bank.spectra(&spectra)
            }
        }
    }
}

impl Args {
    pub(crate) fn run(&self) -> Result<Report> {
        let output = &self.common.output;
        let kind = Kind::of(output)?;
        if kind == Kind::Wav {
            return Err(Error::at(output, "the result is an array or a picture, not a recording"));
        }
        if self.complex && kind != Kind::Npy {
            return Err(Error::at(output, "complex spectra are an array: write a .npy file"));
        }
        if let (Some(rate), Kind::Npy, None, None) = (self.rate, kind, self.mel, self.profile) {
            return Err(Error::new(format_args!(
                "--rate {rate} is for --mel and the axes of a picture: this array depends on no rate"
            )));
        }
        let mut outputs = Outputs::new(self.common.force);
        outputs.plan_file(output)?;

        let (io::Input { array, note, .. }, rate) = self.read()?;
        let (shape, dtype) = (array.shape(), array.dtype());
        let plan = self.plan(rate)?;
        let (leading, len) = (&shape[..shape.len() - 1], shape[shape.len() - 1]);
        let count = plan.frames().over(len).at(&self.input)?.count();
        let named = !matches!(self.framing.convention, None | Some(Convention::None));
        if count == 0 && self.framing.tail.is_none() && !named {
            return Err(too_short(&self.input, shape, &plan.frames()));
        }
        self.framing.require_length(&plan.frames(), shape).at(&self.input)?;
        let result = [leading, &[plan.bins(), count]].concat();
        let values = memory::count(&result, "the spectra").at(&self.input)?;
        // Each channel is held as spectra of f64 beside the result.
        memory::check(values.saturating_mul(32), "the spectra").at(&self.input)?;
        let channels = channels(&array).at(&self.input)?;

        let written = match (&plan, kind) {
            (Plan::Complex(stft), _) => {
                let spectra = || channels.iter().map(|samples| stft.complex(samples));
                Some(if dtype == Dtype::F64 {
                    self.write::<Complex<f64>, _>(spectra(), &result, |x| x, &mut outputs)?
                } else {
                    let narrow = |x: Complex<f64>| Complex::new(x.re as f32, x.im as f32);
                    self.write(spectra(), &result, narrow, &mut outputs)?
                })
            }
            (_, Kind::Npy) => {
                let spectra = || channels.iter().map(|samples| plan.real(samples));
                Some(if dtype == Dtype::F64 {
                    self.write(spectra(), &result, |x: f64| x, &mut outputs)?
                } else {
                    self.write(spectra(), &result, |x: f64| x as f32, &mut outputs)?
                })
            }
            _ => {
                self.draw(&plan, &channels, rate, kind, &mut outputs)?;
                None
            }
        };
        outputs.commit()?;
        let report = Report::new("spectrogram").input(&self.input, shape, dtype);
        let report = match written {
            None => report.output_file(output),
            Some(dtype) => report.output(output, &result, dtype),
        };
        Ok(report.count("frames", count * channels.len()).note(note))
    }

    /// The sound, and its rate.
    fn read(&self) -> Result<(io::Input, u32)> {
        let input = io::read(&self.input)?;
        require_sound(&self.input, input.array.shape(), input.kind)?;
        if let (Some(_), Some(given), Some(held)) = (self.profile, self.rate, input.rate)
            && given != held
        {
            return Err(Error::at(
                &self.input,
                format_args!("--rate {given}, but the recording has {held} samples a second"),
            ));
        }
        let rate = self.rate.or(input.rate).unwrap_or(RATE);
        Ok((input, rate))
    }

    fn plan(&self, rate: u32) -> Result<Plan> {
        let mels = self.mel.map(usize::from);
        if let Some(profile) = self.profile {
            if rate != RATE {
                return Err(Error::at(
                    &self.input,
                    format_args!(
                        "{rate} samples a second, but a profile is of {RATE}: resample first"
                    ),
                ));
            }
            return self.profiled(profile, mels.unwrap_or(80));
        }
        let rate = f64::from(rate);
        let stft = Stft::new(self.framing.stft(self.window.unwrap_or_default())?);
        let stft = stft.map_err(Error::new)?;
        if self.complex {
            return Ok(Plan::Complex(stft));
        }
        let bank = match mels {
            None => None,
            Some(mels) => {
                let size = stft.spec().size();
                let (scale, norm) = (MelScale::Slaney, MelNorm::Slaney);
                let bank = MelBank::new(scale, norm, rate, size, mels, 0.0, rate / 2.0);
                Some(bank.map_err(Error::new)?)
            }
        };
        Ok(Plan::Real { stft, power: self.power.unwrap_or(2), bank })
    }

    fn profiled(&self, profile: Profile, mels: usize) -> Result<Plan> {
        let (size, hop) = (self.framing.size.unwrap_or(400), self.framing.hop.unwrap_or(160));
        if (size, hop) != (400, 160) {
            return Err(Error::new(format_args!(
                "--size {size} --hop {hop}: a profile has frames of 400 every 160"
            )));
        }
        if let Some(option) = self.framing.placement() {
            return Err(Error::new(format_args!(
                "--profile has its own frames, which {option} does not change"
            )));
        }
        let convention = self.framing.convention;
        match (profile, convention) {
            (Profile::Whisper, None | Some(Convention::Whisper)) => {
                WhisperMel::new(mels).map(Plan::Whisper).map_err(Error::new)
            }
            (Profile::Kaldi, None | Some(Convention::Kaldi)) => {
                Fbank::new(mels).map(Plan::Kaldi).map_err(Error::new)
            }
            (Profile::Kaldi, Some(Convention::KaldiNosnip)) => {
                Fbank::with_frames(FrameSpec::kaldi_unsnipped(size, hop), mels)
                    .map(Plan::Kaldi)
                    .map_err(Error::new)
            }
            _ => {
                Err(Error::new("--profile has its own frames, which --convention does not change"))
            }
        }
    }

    /// Writes the spectra of all channels, bins before frames.
    fn write<T: Element, V: Copy>(
        &self,
        spectra: impl Iterator<Item = Result<Spectra<V>, FrameError>>,
        shape: &[usize],
        convert: impl Fn(V) -> T,
        outputs: &mut Outputs,
    ) -> Result<Dtype> {
        let len = memory::count(shape, "the spectra")?;
        let mut all: Vec<T> = memory::reserve(len, "the spectra")?;
        for spectra in spectra {
            let spectra = spectra.at(&self.input)?;
            let size = [spectra.frames(), spectra.bins()];
            let view = DynView::new(spectra.as_slice(), size).map_err(Error::new)?;
            let turned = view.permute([1, 0]).map_err(Error::new)?;
            all.extend(turned.iter().map(|&value| convert(value)));
        }
        outputs.file(&self.common.output, |out| npy::write(out, shape, &all))?;
        Ok(T::DTYPE)
    }

    fn draw(
        &self,
        plan: &Plan,
        channels: &[Vec<f64>],
        rate: u32,
        kind: Kind,
        outputs: &mut Outputs,
    ) -> Result<()> {
        let frames = plan.frames();
        let mel = self.mel.is_some() || self.profile.is_some();
        let scale = match (self.profile, self.power) {
            (Some(_), _) => Scale::Plain,
            (None, Some(1)) => Scale::Decibels(20.0),
            _ => Scale::Decibels(10.0),
        };
        let mut panels = Vec::new();
        for samples in channels {
            let spectra = plan.real(samples).at(&self.input)?;
            let grid = frames.over(samples.len()).at(&self.input)?;
            if grid.count() == 0 {
                return Err(Error::at(&self.input, "0 frames: there is nothing to draw"));
            }
            let seconds = f64::from(rate);
            let first = grid.center_seconds(0, seconds);
            let last = grid.center_seconds(grid.count() - 1, seconds);
            let top = if mel { plan.bins() as f64 } else { f64::from(rate) / 2.0 };
            panels.push(Panel { spectra, time: (first, last), top, mel });
        }
        let picture = plot(&panels, scale).at(&self.input)?;
        let (shape, samples) = (picture.shape(), picture.samples());
        outputs.file(&self.common.output, |out| io::write(out, kind, &shape, samples))
    }
}

/// The rows of an array along its last axis, in f64: one for each index of its leading axes, also where rows are empty.
fn channels(array: &Array) -> Result<Vec<Vec<f64>>> {
    let complex = || Err(Error::new("complex elements, and sound is real"));
    with_real!(array, array => {
        let (view, shape) = (array.view(), array.shape());
        if shape.last() == Some(&0) {
            return Ok(vec![Vec::new(); memory::count(&shape[..shape.len() - 1], "the sound")?]);
        }
        view.lanes()
            .map(|lane| {
                #[allow(clippy::unnecessary_cast, reason = "one of the element types is f64")]
                let widen = |&sample| sample as f64;
                let mut row = memory::reserve(lane.len(), "the sound")?;
                row.extend(lane.iter().map(widen));
                Ok(row)
            })
            .collect()
    }, complex => complex())
}
