//! `.webp`

use std::io::{Cursor, Write};

use image_webp::{ColorType, DecodingError, EncodingError, WebPDecoder, WebPEncoder};

use super::{Coded, Fault, Pixels, Samples};

/// A WebP picture whose header is read; of an animation the first.
pub(super) struct Webp<'a>(WebPDecoder<Cursor<&'a [u8]>>);

impl<'a> Coded<'a> for Webp<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        Ok(Self(WebPDecoder::new(Cursor::new(bytes))?))
    }

    fn pixels(&self) -> Result<Pixels, Fault> {
        let (width, height) = self.0.dimensions();
        let channels = if self.0.has_alpha() { 4 } else { 3 };
        Ok(Pixels { width, height, channels, samples: Samples::U8 })
    }

    fn fill(mut self, out: &mut [u8]) -> Result<(), Fault> {
        Ok(self.0.read_image(out)?)
    }
}

/// Writes samples of 8 bits, without loss.
pub(super) fn write(out: &mut impl Write, pixels: Pixels, bytes: &[u8]) -> Result<(), Fault> {
    let color = match (pixels.samples, pixels.channels) {
        (Samples::U8, 1) => ColorType::L8,
        (Samples::U8, 2) => ColorType::La8,
        (Samples::U8, 3) => ColorType::Rgb8,
        (Samples::U8, _) => ColorType::Rgba8,
        _ => return Err(Fault::Kind),
    };
    Ok(WebPEncoder::new(out).encode(bytes, pixels.width, pixels.height, color)?)
}

impl From<DecodingError> for Fault {
    fn from(error: DecodingError) -> Self {
        match error {
            DecodingError::IoError(error) => error.into(),
            _ => Self::Damaged,
        }
    }
}

impl From<EncodingError> for Fault {
    fn from(error: EncodingError) -> Self {
        match error {
            EncodingError::IoError(error) => error.into(),
            _ => Self::Large,
        }
    }
}
