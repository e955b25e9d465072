//! `.png`

use std::io::{Cursor, Write};

use png::{BitDepth, ColorType, DecodingError, EncodingError, Transformations};

use super::{BESIDE, Coded, Fault, Pixels, Samples};
use crate::memory;

/// A PNG picture whose header is read.
pub(super) struct Png<'a>(png::Reader<Cursor<&'a [u8]>>);

impl<'a> Coded<'a> for Png<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        let limits = png::Limits { bytes: BESIDE };
        let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
        // Nothing here uses them, and a profile can be compressed a thousandfold.
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        // Palettes and samples of less than 8 bits; 16 bits stay.
        decoder.set_transformations(Transformations::EXPAND);
        Ok(Self(decoder.read_info()?))
    }

    fn pixels(&self) -> Result<Pixels, Fault> {
        let (color, depth) = self.0.output_color_type();
        let channels = match color {
            ColorType::Grayscale => 1,
            ColorType::GrayscaleAlpha => 2,
            ColorType::Rgb => 3,
            ColorType::Rgba => 4,
            ColorType::Indexed => return Err(Fault::Kind),
        };
        let samples = match depth {
            BitDepth::Eight => Samples::U8,
            BitDepth::Sixteen => Samples::U16,
            _ => return Err(Fault::Kind),
        };
        let (width, height) = self.0.info().size();
        Ok(Pixels { width, height, channels, samples })
    }

    fn fill(mut self, out: &mut [u8]) -> Result<(), Fault> {
        let (_, depth) = self.0.output_color_type();
        self.0.next_frame(out)?;
        if depth == BitDepth::Sixteen {
            out.as_chunks_mut().0.iter_mut().for_each(swap);
        }
        Ok(())
    }
}

/// Writes samples as they lie in memory.
pub(super) fn write(out: &mut impl Write, pixels: Pixels, bytes: &[u8]) -> Result<(), Fault> {
    let color = match pixels.channels {
        1 => ColorType::Grayscale,
        2 => ColorType::GrayscaleAlpha,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    };
    let depth = match pixels.samples {
        Samples::U8 => BitDepth::Eight,
        Samples::U16 => BitDepth::Sixteen,
        Samples::F32 => return Err(Fault::Kind),
    };
    let mut encoder = png::Encoder::new(out, pixels.width, pixels.height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Adaptive);
    let mut writer = encoder.write_header()?;
    if depth == BitDepth::Eight {
        writer.write_image_data(bytes)?;
    } else {
        let mut swapped = memory::reserve(bytes.len(), "the picture as it is written")?;
        swapped.extend_from_slice(bytes);
        swapped.as_chunks_mut().0.iter_mut().for_each(swap);
        writer.write_image_data(&swapped)?;
    }
    writer.finish()?;
    Ok(())
}

/// Between the order of memory and that of the file, which is big-endian.
fn swap(sample: &mut [u8; 2]) {
    *sample = u16::from_be_bytes(*sample).to_ne_bytes();
}

impl From<DecodingError> for Fault {
    fn from(error: DecodingError) -> Self {
        match error {
            DecodingError::IoError(error) => error.into(),
            DecodingError::LimitsExceeded => Self::Memory,
            DecodingError::Format(_) | DecodingError::Parameter(_) => Self::Damaged,
        }
    }
}

impl From<EncodingError> for Fault {
    fn from(error: EncodingError) -> Self {
        match error {
            EncodingError::IoError(error) => error.into(),
            EncodingError::LimitsExceeded => Self::Memory,
            EncodingError::Format(_) | EncodingError::Parameter(_) => Self::Large,
        }
    }
}
