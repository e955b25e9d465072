//! `.jpg`

use std::io::Write;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

use super::{Coded, Fault, Pixels, Samples};

/// Quality of pictures that the program writes: artefacts of tiles would show as seams.
const QUALITY: u8 = 95;

/// A JPEG picture whose header is read.
pub(super) struct Jpeg<'a> {
    bytes: &'a [u8],
    pixels: Pixels,
    colors: ColorSpace,
}

impl<'a> Coded<'a> for Jpeg<'a> {
    // A progressive picture is held as 16-bit coefficients while it is decoded.
    const WORKING: usize = 3;

    fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        // The decoder fills what is missing with grey and says nothing.
        if !is_whole(bytes) {
            return Err(Fault::Short);
        }
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options());
        decoder.decode_headers()?;
        let (Some((width, height)), Some(stored)) =
            (decoder.dimensions(), decoder.input_colorspace())
        else {
            return Err(Fault::Damaged);
        };
        let (colors, channels) = match stored {
            ColorSpace::Luma => (stored, 1),
            ColorSpace::LumaA => (stored, 2),
            ColorSpace::RGBA => (stored, 4),
            // What is stored as YCbCr, CMYK or YCCK.
            _ => (ColorSpace::RGB, 3),
        };
        let side = |len: usize| u32::try_from(len).map_err(|_| Fault::Damaged);
        let (width, height) = (side(width)?, side(height)?);
        Ok(Self { bytes, pixels: Pixels { width, height, channels, samples: Samples::U8 }, colors })
    }

    fn pixels(&self) -> Result<Pixels, Fault> {
        Ok(self.pixels)
    }

    fn fill(self, out: &mut [u8]) -> Result<(), Fault> {
        let options = options().jpeg_set_out_colorspace(self.colors);
        JpegDecoder::new_with_options(ZCursor::new(self.bytes), options).decode_into(out)?;
        Ok(())
    }
}

fn options() -> DecoderOptions {
    // Memory is asked for by the picture, so that sides need no limit of their own.
    DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
}

/// Whether the marker that ends the picture is there, by the structure of ITU T.81, annex B: an
/// embedded thumbnail has such a marker too, inside a segment that is skipped.
fn is_whole(bytes: &[u8]) -> bool {
    const END: u8 = 0xD9;
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| byte == 0xFF) {
        rest = &rest[at + 1..];
        match rest.first() {
            Some(&END) => return true,
            // A stuffed byte, a fill byte, or a marker without a segment.
            Some(0x00 | 0x01 | 0xFF | 0xD0..=0xD8) => {}
            Some(_) => {
                let Some(&[high, low]) = rest.get(1..3) else {
                    return false;
                };
                let Some(after) = rest.get(1 + usize::from(u16::from_be_bytes([high, low]))..)
                else {
                    return false;
                };
                rest = after;
            }
            None => return false,
        }
    }
    false
}

/// Writes grey or RGB of 8 bits.
pub(super) fn write(out: &mut impl Write, pixels: Pixels, bytes: &[u8]) -> Result<(), Fault> {
    let color = match (pixels.samples, pixels.channels) {
        (Samples::U8, 1) => jpeg_encoder::ColorType::Luma,
        (Samples::U8, 3) => jpeg_encoder::ColorType::Rgb,
        _ => return Err(Fault::Kind),
    };
    let side = |len: u32| u16::try_from(len).map_err(|_| Fault::Large);
    let encoder = jpeg_encoder::Encoder::new(out, QUALITY);
    encoder.encode(bytes, side(pixels.width)?, side(pixels.height)?, color)?;
    Ok(())
}

impl From<DecodeErrors> for Fault {
    fn from(error: DecodeErrors) -> Self {
        match error {
            DecodeErrors::Unsupported(_) => Self::Kind,
            _ => Self::Damaged,
        }
    }
}

impl From<jpeg_encoder::EncodingError> for Fault {
    fn from(error: jpeg_encoder::EncodingError) -> Self {
        match error {
            jpeg_encoder::EncodingError::IoError(error) => error.into(),
            _ => Self::Large,
        }
    }
}
