//! `.wav` recordings: 8, 16, 24 and 32-bit integers and 32-bit floats, any number of channels.

use std::io::{BufReader, Seek, Write};
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use super::array::{Array, ArrayOf, Element};
use crate::error::{At, Error, Result};
use crate::memory;

/// A recording: samples of all channels, interleaved.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Samples a second and channel.
    pub rate: u32,
    /// Channels, at least one.
    pub channels: u16,
    /// The samples, channels innermost.
    pub samples: Samples,
}

/// Samples as a file stores them.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// Integers of `bits` bits, signed (8-bit files are unsigned, and are shifted).
    Int {
        /// The samples.
        data: Vec<i32>,
        /// 8, 16, 24 or 32.
        bits: u16,
    },
    /// Floats, nominally between -1 and 1.
    Float(Vec<f32>),
}

impl Samples {
    /// Integers of `bits` bits from floats between -1 and 1: rounded to nearest, and clipped to the
    /// range.
    pub fn quantised(values: impl IntoIterator<Item = f64>, bits: u16) -> Self {
        let scale = full_scale(bits);
        let data = values
            .into_iter()
            .map(|value| (value * scale).round_ties_even().clamp(-scale, scale - 1.0) as i32)
            .collect();
        Self::Int { data, bits }
    }

    /// How many samples there are, of all channels together.
    pub fn len(&self) -> usize {
        match self {
            Self::Int { data, .. } => data.len(),
            Self::Float(data) => data.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The integer that stands for 1.0.
fn full_scale(bits: u16) -> f64 {
    f64::from(bits - 1).exp2()
}

impl Recording {
    /// The samples as floats between -1 and 1: those of one channel, or channels x samples, seen
    /// through strides.
    ///
    /// Integers of up to 24 bits are exact.
    ///
    /// # Errors
    /// When the memory is not there.
    pub fn into_array(self) -> Result<Array> {
        let floats = match self.samples {
            Samples::Float(data) => data,
            Samples::Int { data, bits } => {
                let unit = full_scale(bits).recip();
                let mut floats = memory::reserve(data.len(), "the recording")?;
                floats.extend(data.iter().map(|&sample| (f64::from(sample) * unit) as f32));
                floats
            }
        };
        let channels = usize::from(self.channels);
        let per_channel = floats.len() / channels;
        let array = match channels {
            1 => ArrayOf::new(floats, &[per_channel])?,
            _ => ArrayOf::column_major(floats, &[channels, per_channel])?,
        };
        Ok(f32::into_any(array))
    }
}

/// Reads a recording.
///
/// # Errors
/// When the file cannot be read, is of a kind that is not named above, or holds fewer samples than
/// its header claims.
pub fn read(path: &Path) -> Result<Recording> {
    let (file, len) = super::open(path)?;
    let mut reader = WavReader::new(BufReader::new(file)).at(path)?;
    let spec = reader.spec();
    if spec.sample_rate == 0 {
        return Err(Error::at(path, "the header claims 0 samples a second"));
    }
    let claimed = reader.len();
    let held = len / u64::from(spec.bits_per_sample.div_ceil(8).max(1));
    if u64::from(claimed) > held {
        return Err(Error::at(
            path,
            format_args!(
                "the header claims {claimed} samples of {} bits, but the file has room for {held}",
                spec.bits_per_sample
            ),
        ));
    }
    let samples = match spec.sample_format {
        SampleFormat::Float => Samples::Float(collect(&mut reader, claimed, path)?),
        SampleFormat::Int => {
            Samples::Int { data: collect(&mut reader, claimed, path)?, bits: spec.bits_per_sample }
        }
    };
    Ok(Recording { rate: spec.sample_rate, channels: spec.channels, samples })
}

fn collect<S: hound::Sample>(
    reader: &mut WavReader<impl std::io::Read>,
    claimed: u32,
    path: &Path,
) -> Result<Vec<S>> {
    let mut data = memory::reserve(claimed as usize, "the recording").at(path)?;
    for sample in reader.samples() {
        data.push(sample.at(path)?);
    }
    Ok(data)
}

/// Writes a recording in the format of its samples.
///
/// # Errors
/// When a `.wav` file cannot hold it (4 GiB is the most), and when `out` refuses.
pub fn write(out: &mut (impl Write + Seek), recording: &Recording) -> Result<(), hound::Error> {
    let (sample_format, bits_per_sample) = match recording.samples {
        Samples::Int { bits, .. } => (SampleFormat::Int, bits),
        Samples::Float(_) => (SampleFormat::Float, 32),
    };
    let bytes_each = u32::from(bits_per_sample / 8);
    // The header names the bytes of a second, which hound multiplies unchecked and divides again.
    let a_second = recording.rate.checked_mul(bytes_each * u32::from(recording.channels));
    if a_second.is_none_or(|bytes| bytes == 0) {
        return Err(hound::Error::FormatError("a .wav file holds 1 to 2^32 - 1 bytes a second"));
    }
    let bytes = recording.samples.len() as u64 * u64::from(bytes_each);
    // The lengths in the header are 32-bit, and hound would wrap them.
    if bytes > u64::from(u32::MAX) - 128 {
        return Err(hound::Error::FormatError("a .wav file holds at most 4 GiB"));
    }
    let mut writer = WavWriter::new(
        out,
        WavSpec {
            channels: recording.channels,
            sample_rate: recording.rate,
            bits_per_sample,
            sample_format,
        },
    )?;
    match &recording.samples {
        Samples::Int { data, .. } => data.iter().try_for_each(|&s| writer.write_sample(s))?,
        Samples::Float(data) => data.iter().try_for_each(|&s| writer.write_sample(s))?,
    }
    writer.finalize()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn written(recording: &Recording) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        write(&mut out, recording).unwrap();
        out.into_inner()
    }

    fn read_bytes(bytes: &[u8]) -> Result<Recording> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.wav");
        std::fs::write(&path, bytes).unwrap();
        read(&path)
    }

    fn recordings() -> Vec<Recording> {
        let mut all = Vec::new();
        for channels in [1, 2, 3] {
            for bits in [8, 16, 24, 32] {
                let top = (1i64 << (bits - 1)) as i32;
                let data = vec![0, 1, -1, top.wrapping_sub(1), top.wrapping_neg(), 100];
                all.push((channels, Samples::Int { data, bits }));
            }
            all.push((channels, Samples::Float(vec![0.0, 0.5, -0.25, 1.0, -1.0, 1.5])));
        }
        let recording = |(channels, samples)| Recording { rate: 16_000, channels, samples };
        all.into_iter().map(recording).collect()
    }

    #[test]
    fn every_format_comes_back_as_it_was() {
        for recording in recordings() {
            assert_eq!(read_bytes(&written(&recording)).unwrap(), recording);
        }
    }

    #[test]
    fn a_recording_cut_anywhere_is_an_error() {
        for recording in recordings() {
            let bytes = written(&recording);
            for cut in 0..bytes.len() {
                assert!(read_bytes(&bytes[..cut]).is_err(), "{recording:?} cut to {cut}");
            }
        }
    }

    #[test]
    fn a_damaged_header_is_no_panic() {
        let bytes = written(&recordings()[6]);
        for at in 0..44 {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] = value;
                if let Ok(recording) = read_bytes(&damaged) {
                    recording.into_array().unwrap();
                }
            }
        }
    }

    #[test]
    fn floats_are_between_minus_one_and_one_and_channels_are_rows() {
        let samples = Samples::Int { data: vec![-32768, 16384, 0, 32767], bits: 16 };
        let stereo = Recording { rate: 8000, channels: 2, samples: samples.clone() };
        let expected = vec![-1.0f32, 0.5, 0.0, 32767.0 / 32768.0];
        let array = ArrayOf::column_major(expected.clone(), &[2, 2]).unwrap();
        assert_eq!(stereo.into_array(), Ok(Array::F32(array)));
        let mono = Recording { rate: 8000, channels: 1, samples };
        assert_eq!(mono.into_array(), Ok(Array::F32(ArrayOf::new(expected, &[4]).unwrap())));
    }

    #[test]
    fn quantising_undoes_scaling_and_clips() {
        for bits in [8u16, 16, 24, 32] {
            let scale = full_scale(bits);
            let data = vec![0, 1, -1, 77, -128, 127];
            let floats = data.iter().map(|&v| f64::from(v) / scale);
            assert_eq!(Samples::quantised(floats, bits), Samples::Int { data, bits });
        }
        let clipped = Samples::quantised([2.0, -2.0, f64::NAN], 16);
        assert_eq!(clipped, Samples::Int { data: vec![32767, -32768, 0], bits: 16 });
    }

    #[test]
    fn a_rate_that_a_header_cannot_hold_is_an_error() {
        let samples = Samples::Int { data: vec![1, 2], bits: 16 };
        for rate in [0, u32::MAX / 2 + 1] {
            let recording = Recording { rate, channels: 1, samples: samples.clone() };
            assert!(write(&mut Cursor::new(Vec::new()), &recording).is_err(), "{rate}");
        }
        let mut bytes = written(&Recording { rate: 8000, channels: 1, samples });
        // The rate, and the bytes of a second.
        bytes[24..32].fill(0);
        let error = read_bytes(&bytes).unwrap_err().to_string();
        assert!(error.contains("0 samples a second"), "{error}");
    }
}
