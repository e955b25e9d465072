//! `ndwin istft`: a recording from its complex spectra.

use std::path::PathBuf;

use num_complex::Complex;
use windows_core::DynView;
use windows_frame::audio::{Istft, StftSpec};

use super::spectrogram::RATE;
use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::framing::{FramingArgs, WindowArg};
use crate::io::output::Outputs;
use crate::io::wav::{Recording, Samples};
use crate::io::{self, Kind, npy, wav};
use crate::io::{Array, ArrayOf, Element};
use crate::memory;
use crate::report::Report;

/// The leading axes, samples. A .wav file has 16 bits, and samples beyond -1 to 1 are clipped, and are counted. Samples
/// that no frame gives back are 0, and are counted.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Takes what spectrogram --complex writes, with the same size, hop, window and convention. Without --length the
sound is the shortest that has the frames of the spectra.

Example, a recording by way of its spectra:
  ndwin spectrogram docs/assets/speech.wav --size 400 --hop 160 --convention librosa --complex \\
      -o target/speech.npy --force
  ndwin istft target/speech.npy --size 400 --hop 160 --convention librosa \\
      -o target/speech.wav --force"
)]
pub struct Args {
    /// A .npy array of complex spectra: .., bins, frames
    #[arg(value_name = "SPEC")]
    input: PathBuf,

    #[command(flatten)]
    framing: FramingArgs,

    /// Window function, as hann, kaiser:8.6 or hamming:symmetric; periodic unless :symmetric
    #[arg(long, value_name = "NAME", default_value = "hann", hide_default_value = false)]
    window: WindowArg,

    /// Samples of the sound
    #[arg(long, value_name = "N")]
    length: Option<usize>,

    /// Samples a second of a .wav file [default: 16000]
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,

    #[command(flatten)]
    pub(crate) common: Common,
}

impl Args {
    pub(crate) fn run(&self) -> Result<Report> {
        let output = &self.common.output;
        let kind = Kind::of(output)?;
        if matches!(kind, Kind::Image(_)) {
            return Err(Error::at(output, "the result is sound: write a .wav or .npy file"));
        }
        if let (Some(rate), Kind::Npy) = (self.rate, kind) {
            return Err(Error::at(
                output,
                format_args!("--rate {rate}: an array has no rate, a .wav file has"),
            ));
        }
        let spec = self.framing.stft(self.window)?;
        let mut outputs = Outputs::new(self.common.force);
        outputs.plan_file(output)?;

        let array = io::read(&self.input)?.array;
        let shape = array.shape();
        let [leading @ .., bins, frames] = shape else {
            return Err(Error::at(&self.input, "spectra have at least 2 axes: bins and frames"));
        };
        if *bins != spec.bins() {
            return Err(Error::at(
                &self.input,
                format_args!(
                    "{bins} bins on axis {}, but a transform of {} points has {}",
                    shape.len() - 2,
                    spec.size(),
                    spec.bins()
                ),
            ));
        }
        let len = self.length.map_or_else(|| shortest(&spec, *frames), Ok)?;
        let expected = spec.frames().over(len).at(&self.input)?.count();
        if expected != *frames {
            return Err(Error::at(
                &self.input,
                format_args!(
                    "{frames} frames on axis {}, but a sound of {len} samples has {expected}",
                    shape.len() - 1
                ),
            ));
        }
        let result = [leading, &[len]].concat();
        let total = memory::count(&result, "the sound").at(&self.input)?;
        memory::check(total.saturating_mul(16), "the sound").at(&self.input)?;

        let (sound, lost) = match &array {
            Array::C128(array) => rebuilt(array, &spec, len, |x| x).at(&self.input)?,
            Array::C64(array) => {
                let wide = |x: Complex<f32>| Complex::new(f64::from(x.re), f64::from(x.im));
                rebuilt(array, &spec, len, wide).at(&self.input)?
            }
            _ => {
                let reason = format!("{} elements, and spectra are complex", array.dtype());
                return Err(Error::at(&self.input, reason));
            }
        };
        let report = Report::new("istft").input(&self.input, shape, array.dtype());
        let report = match kind {
            Kind::Wav => {
                let (recording, clipped) = self.recording(&sound, len)?;
                outputs.file(output, |out| wav::write(out, &recording))?;
                let report = report.output(output, &result, i16::DTYPE);
                if clipped > 0 { report.count("samples clipped", clipped) } else { report }
            }
            _ if matches!(array, Array::C128(_)) => {
                outputs.file(output, |out| npy::write(out, &result, &sound))?;
                report.output(output, &result, f64::DTYPE)
            }
            _ => {
                let narrow: Vec<f32> = sound.iter().map(|&sample| sample as f32).collect();
                outputs.file(output, |out| npy::write(out, &result, &narrow))?;
                report.output(output, &result, f32::DTYPE)
            }
        };
        outputs.commit()?;
        Ok(if lost > 0 { report.count("samples lost", lost) } else { report })
    }

    /// Channels after one another, as a recording of 16 bits, and how many samples had to be clipped.
    fn recording(&self, sound: &[f64], len: usize) -> Result<(Recording, usize)> {
        let channels = sound.len().checked_div(len).unwrap_or(1);
        let count = u16::try_from(channels).map_err(|_| {
            Error::new(format_args!("{channels} channels, but a .wav file holds 65535"))
        })?;
        let view = DynView::new(sound, [channels, len]).map_err(Error::new)?;
        let interleaved = view.permute([1, 0]).map_err(Error::new)?;
        let (samples, clipped) = Samples::quantised(interleaved.iter().copied(), 16);
        let rate = self.rate.unwrap_or(RATE);
        Ok((Recording { rate, channels: count.max(1), samples, open: false }, clipped))
    }
}

/// The length of the shortest sound that has `frames` frames.
fn shortest(spec: &StftSpec, frames: usize) -> Result<usize> {
    let spec = spec.frames();
    let too_many =
        || Error::new(format_args!("{frames} frames are of more samples than there can be"));
    if frames == 0 {
        return Ok(0);
    }
    // Counts ascend with the length: halve what is in question.
    let (mut low, mut high) = (0_usize, isize::MAX as usize / 4);
    while low < high {
        let middle = low + (high - low) / 2;
        if spec.over(middle).map_err(|_| too_many())?.count() < frames {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The sound of all channels, and how many samples of each were lost.
fn rebuilt<T: Element>(
    array: &ArrayOf<T>,
    spec: &StftSpec,
    len: usize,
    wide: impl Fn(T) -> Complex<f64>,
) -> Result<(Vec<f64>, usize)> {
    let istft = Istft::new(spec.clone()).map_err(Error::new)?;
    let view = array.view();
    let ndim = view.ndim();
    // Frames before bins, the order in which they are transformed.
    let order: Vec<usize> = (0..ndim - 2).chain([ndim - 1, ndim - 2]).collect();
    let turned = view.permute(&order).map_err(Error::new)?;
    let values = turned.shape()[ndim - 2] * turned.shape()[ndim - 1];
    let spectra: Vec<Complex<f64>> = turned.iter().map(|&value| wide(value)).collect();
    let (mut sound, mut lost) = (Vec::new(), 0);
    let channels: usize = turned.shape()[..ndim - 2].iter().product();
    for channel in 0..channels {
        let of = &spectra[channel * values..][..values];
        let (rebuilt, without) = istft.rebuild_lossy(of, len).map_err(Error::new)?;
        sound.extend(rebuilt);
        lost = without.ranges.iter().map(ExactSizeIterator::len).sum();
    }
    Ok((sound, lost))
}
