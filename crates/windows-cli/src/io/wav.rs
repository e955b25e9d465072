//! `.wav` recordings: integers of up to 32 bits, floats of 32 and 64, A-law and mu-law, any number of channels.

use std::io::{BufReader, Read, Seek, Write};
use std::path::Path;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::riff::{self, Encoding, Layout};
use super::{Array, ArrayOf, Element};
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
    /// The file does not say how many there are, and all up to its end were taken.
    pub open: bool,
}

/// Samples as a file stores them.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// Integers of `bits` bits, signed (8-bit files are unsigned, and are shifted; A-law and mu-law are expanded to 16).
    Int {
        /// The samples.
        data: Vec<i32>,
        /// 8, 16, 24 or 32.
        bits: u16,
    },
    /// Floats, nominally between -1 and 1.
    Float(Vec<f32>),
    /// Floats of 64 bits.
    Double(Vec<f64>),
}

impl Samples {
    /// Integers of `bits` bits from floats between -1 and 1, rounded to nearest; and how many had to be clipped to
    /// the range, or were no number and became 0.
    pub fn quantised(values: impl IntoIterator<Item = f64>, bits: u16) -> (Self, usize) {
        let scale = full_scale(bits);
        let mut clipped = 0;
        let data = values
            .into_iter()
            .map(|value| {
                let rounded = (value * scale).round_ties_even();
                clipped += usize::from(!(-scale..=scale - 1.0).contains(&rounded));
                rounded.clamp(-scale, scale - 1.0) as i32
            })
            .collect();
        (Self::Int { data, bits }, clipped)
    }

    /// How many samples there are, of all channels together.
    pub fn len(&self) -> usize {
        match self {
            Self::Int { data, .. } => data.len(),
            Self::Float(data) => data.len(),
            Self::Double(data) => data.len(),
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
    /// Integers of up to 24 bits are exact. Floats of 64 bits stay what they are, all else becomes `f32`.
    ///
    /// # Errors
    /// When the memory is not there.
    pub fn into_array(self) -> Result<Array> {
        match self.samples {
            Samples::Float(data) => by_channel(data, self.channels),
            Samples::Double(data) => by_channel(data, self.channels),
            Samples::Int { data, bits } => {
                let unit = full_scale(bits).recip();
                let mut floats = memory::reserve(data.len(), "the recording")?;
                floats.extend(data.iter().map(|&sample| (f64::from(sample) * unit) as f32));
                by_channel(floats, self.channels)
            }
        }
    }

    /// What is to be said of the recording at `path` besides its samples.
    pub fn note(&self, path: &Path) -> Option<String> {
        let per_channel = self.samples.len() / usize::from(self.channels);
        self.open.then(|| {
            format!(
                "the header of {} names no length: {per_channel} samples to the end of the file",
                path.display()
            )
        })
    }
}

fn by_channel<T: Element>(data: Vec<T>, channels: u16) -> Result<Array> {
    let channels = usize::from(channels);
    let per_channel = data.len() / channels;
    let array = match channels {
        1 => ArrayOf::new(data, &[per_channel]),
        _ => ArrayOf::column_major(data, &[channels, per_channel]),
    };
    array.map(T::into_any).map_err(Error::new)
}

/// Reads a recording.
///
/// # Errors
/// When the file cannot be read, is of a kind that is not named above, or holds fewer samples than
/// its header claims.
pub fn read(path: &Path) -> Result<Recording> {
    let (file, len) = super::open(path)?;
    let mut file = BufReader::new(file);
    let layout = riff::find(&mut file, len).at(path)?;
    let samples = samples(&mut file, &layout).at(path)?;
    Ok(Recording { rate: layout.rate, channels: layout.channels, samples, open: layout.open })
}

/// Reads the samples at which `file` stands.
fn samples(file: &mut impl Read, layout: &Layout) -> Result<Samples> {
    let int24 = |[low, middle, high]: [u8; 3]| i32::from_le_bytes([0, low, middle, high]) >> 8;
    let (data, bits) = match layout.encoding {
        Encoding::Float => return collect(file, layout, f32::from_le_bytes).map(Samples::Float),
        Encoding::Double => return collect(file, layout, f64::from_le_bytes).map(Samples::Double),
        Encoding::Int(1) => (collect(file, layout, |[byte]| i32::from(byte) - 128)?, 8),
        Encoding::Int(2) => (collect(file, layout, |bytes| i16::from_le_bytes(bytes).into())?, 16),
        Encoding::Int(3) => (collect(file, layout, int24)?, 24),
        Encoding::Int(_) => (collect(file, layout, i32::from_le_bytes)?, 32),
        Encoding::Low24 => (collect(file, layout, |[a, b, c, _]| int24([a, b, c]))?, 24),
        Encoding::ALaw => (collect(file, layout, |[code]| a_law(code))?, 16),
        Encoding::MuLaw => (collect(file, layout, |[code]| mu_law(code))?, 16),
    };
    Ok(Samples::Int { data, bits })
}

/// All samples, each of `N` bytes, which `decode` gets the lowest first.
fn collect<const N: usize, T>(
    file: &mut impl Read,
    layout: &Layout,
    decode: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>> {
    let count = usize::try_from(layout.samples).map_err(Error::new)?;
    let mut data = memory::reserve(count, "the recording")?;
    let mut bytes = [0; N];
    for _ in 0..count {
        file.read_exact(&mut bytes).map_err(Error::new)?;
        if layout.big_endian {
            bytes.reverse();
        }
        data.push(decode(bytes));
    }
    Ok(data)
}

/// A sample of 16 bits from its 8, by ITU-T G.711.
fn a_law(code: u8) -> i32 {
    let code = i32::from(code ^ 0x55);
    let (exponent, mantissa) = (code >> 4 & 7, (code & 15) << 4);
    let magnitude = match exponent {
        0 => mantissa + 8,
        _ => (mantissa + 0x108) << (exponent - 1),
    };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

/// A sample of 16 bits from its 8, by ITU-T G.711.
fn mu_law(code: u8) -> i32 {
    let code = i32::from(!code);
    let magnitude = ((((code & 15) << 3) + 0x84) << (code >> 4 & 7)) - 0x84;
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

/// Writes a recording in the format of its samples.
///
/// # Errors
/// When a `.wav` file cannot hold it (4 GiB is the most, and floats of 32 bits), and when `out` refuses.
pub fn write(out: &mut (impl Write + Seek), recording: &Recording) -> Result<()> {
    let (sample_format, bits_per_sample) = match recording.samples {
        Samples::Int { bits, .. } => (SampleFormat::Int, bits),
        Samples::Float(_) => (SampleFormat::Float, 32),
        Samples::Double(_) => return Err(Error::new("floats of 64 bits are not written as .wav")),
    };
    let (rate, channels) = (recording.rate, recording.channels);
    let bytes_each = u32::from(bits_per_sample / 8);
    // The header names the bytes of a second, which hound multiplies unchecked and divides again.
    let a_second = rate.checked_mul(bytes_each * u32::from(channels));
    if a_second.is_none_or(|bytes| bytes == 0) {
        return Err(Error::new(format_args!(
            "{rate} samples a second of {channels} channels, but a .wav file holds 1 to 2^32 - 1 bytes a second"
        )));
    }
    let bytes = recording.samples.len() as u64 * u64::from(bytes_each);
    // The lengths in the header are 32-bit, and hound would wrap them.
    if bytes > u64::from(u32::MAX) - 128 {
        return Err(Error::new(format_args!("{bytes} bytes, but a .wav file holds at most 4 GiB")));
    }
    let spec = WavSpec { channels, sample_rate: rate, bits_per_sample, sample_format };
    let written = WavWriter::new(out, spec).and_then(|mut writer| {
        match &recording.samples {
            Samples::Int { data, .. } => data.iter().try_for_each(|&s| writer.write_sample(s))?,
            Samples::Float(data) => data.iter().try_for_each(|&s| writer.write_sample(s))?,
            Samples::Double(_) => return Err(hound::Error::Unsupported),
        }
        writer.finalize()
    });
    written.map_err(|error| match error {
        hound::Error::IoError(error) => Error::new(error),
        _ => Error::new("a .wav file cannot hold these samples"),
    })
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
        let recording =
            |(channels, samples)| Recording { rate: 16_000, channels, samples, open: false };
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
        let stereo = Recording { rate: 8000, channels: 2, samples: samples.clone(), open: false };
        let expected = vec![-1.0f32, 0.5, 0.0, 32767.0 / 32768.0];
        let array = ArrayOf::column_major(expected.clone(), &[2, 2]).unwrap();
        assert_eq!(stereo.into_array(), Ok(Array::F32(array)));
        let mono = Recording { rate: 8000, channels: 1, samples, open: false };
        assert_eq!(mono.into_array(), Ok(Array::F32(ArrayOf::new(expected, &[4]).unwrap())));
    }

    #[test]
    fn quantising_undoes_scaling_and_clips() {
        for bits in [8u16, 16, 24, 32] {
            let scale = full_scale(bits);
            let data = vec![0, 1, -1, 77, -128, 127];
            let floats = data.iter().map(|&v| f64::from(v) / scale);
            assert_eq!(Samples::quantised(floats, bits), (Samples::Int { data, bits }, 0));
        }
        // The greatest sample is one step below 1.
        let clipped = Samples::quantised([2.0, 1.0, -1.0, -2.0, f64::NAN, 0.25], 16);
        let data = vec![32767, 32767, -32768, -32768, 0, 8192];
        assert_eq!(clipped, (Samples::Int { data, bits: 16 }, 4));
    }

    #[test]
    fn a_rate_that_a_header_cannot_hold_is_an_error() {
        let samples = Samples::Int { data: vec![1, 2], bits: 16 };
        for rate in [0, u32::MAX / 2 + 1] {
            let recording = Recording { rate, channels: 1, samples: samples.clone(), open: false };
            assert!(write(&mut Cursor::new(Vec::new()), &recording).is_err(), "{rate}");
        }
        let mut bytes = written(&Recording { rate: 8000, channels: 1, samples, open: false });
        // The rate, and the bytes of a second.
        bytes[24..32].fill(0);
        let error = read_bytes(&bytes).unwrap_err().to_string();
        assert!(error.contains("0 samples a second"), "{error}");
    }
}
