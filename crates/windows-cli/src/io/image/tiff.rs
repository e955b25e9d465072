//! `.tif`

use std::io::{Cursor, Seek, Write};

use bytemuck::{Pod, cast_slice, cast_slice_mut};
use tiff::decoder::{BufferLayoutPreference, ChunkType, Decoder, Limits};
use tiff::encoder::{TiffEncoder, TiffValue, colortype};
use tiff::tags::{SampleFormat, Tag};
use tiff::{ColorType, TiffError};

use super::{BESIDE, Coded, Fault, Pixels, Samples};
use crate::memory;

/// A TIFF picture whose header is read; of many the first.
pub(super) struct Tiff<'a> {
    decoder: Decoder<Cursor<&'a [u8]>>,
    color: ColorType,
    pixels: Pixels,
}

impl<'a> Coded<'a> for Tiff<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut limits = Limits::default();
        // Pixels are asked for by the picture.
        limits.decoding_buffer_size = usize::MAX;
        limits.intermediate_buffer_size = BESIDE;
        limits.ifd_value_size = BESIDE;
        let mut decoder = Decoder::new(Cursor::new(bytes))?.with_limits(limits);
        let (width, height) = decoder.dimensions()?;
        let color = decoder.colortype()?;
        let (channels, bits) = match color {
            ColorType::Gray(bits @ (1 | 8 | 16)) => (1, bits),
            ColorType::GrayA(bits @ (8 | 16)) => (2, bits),
            ColorType::RGB(bits @ (8 | 16 | 32)) => (3, bits),
            ColorType::RGBA(bits @ (8 | 16 | 32)) => (4, bits),
            ColorType::CMYK(bits @ (8 | 16)) => (3, bits),
            _ => return Err(Fault::Kind),
        };
        let (samples, expected) = match bits {
            16 => (Samples::U16, SampleFormat::Uint),
            32 => (Samples::F32, SampleFormat::IEEEFP),
            _ => (Samples::U8, SampleFormat::Uint),
        };
        let formats = decoder.find_tag_unsigned_vec::<u16>(Tag::SampleFormat)?;
        // A file that does not say has unsigned integers.
        let mut formats = formats.unwrap_or_else(|| vec![1]).into_iter();
        if formats.any(|format| format != expected.to_u16()) {
            return Err(Fault::Kind);
        }
        Ok(Self { decoder, color, pixels: Pixels { width, height, channels, samples } })
    }

    fn pixels(&self) -> Result<Pixels, Fault> {
        Ok(self.pixels)
    }

    fn fill(mut self, out: &mut [u8]) -> Result<(), Fault> {
        let layout = self.decoder.image_buffer_layout()?;
        let converted = matches!(self.color, ColorType::Gray(1) | ColorType::CMYK(_));
        if layout.planes == 1 && !converted {
            return match layout.complete_len == out.len() {
                true => Ok(self.decoder.read_image_bytes(out)?),
                false => Err(Fault::Kind),
            };
        }
        // The decoder takes the tiles of the second plane to lie below those of the first, and panics.
        let tiled = self.decoder.get_chunk_type() == ChunkType::Tile;
        if layout.planes > 1 && (converted || tiled) {
            return Err(Fault::Kind);
        }
        match self.pixels.samples {
            Samples::U8 => self.convert::<u8>(&layout, out),
            Samples::U16 => self.convert::<u16>(&layout, cast_slice_mut(out)),
            Samples::F32 => self.convert::<f32>(&layout, cast_slice_mut(out)),
        }
    }
}

impl Tiff<'_> {
    /// Pixels that do not lie in the file as they are to lie in memory.
    fn convert<T: Sample>(
        &mut self,
        layout: &BufferLayoutPreference,
        out: &mut [T],
    ) -> Result<(), Fault> {
        let count = layout.complete_len.div_ceil(size_of::<T>());
        let mut stored = memory::zeroed::<T>(count, "the picture as it is stored")?;
        self.decoder.read_image_bytes(cast_slice_mut(&mut stored))?;
        let channels = self.pixels.channels;
        match self.color {
            ColorType::Gray(1) => {
                let (Some(stride), width) = (layout.row_stride, self.pixels.width as usize) else {
                    return Err(Fault::Damaged);
                };
                let stored: &[u8] = cast_slice(&stored);
                for (bits, row) in stored.chunks(stride.get()).zip(out.chunks_mut(width)) {
                    for (x, pixel) in row.iter_mut().enumerate() {
                        *pixel =
                            if bits[x / 8] >> (7 - x % 8) & 1 == 1 { T::MOST } else { T::NONE };
                    }
                }
            }
            ColorType::CMYK(_) => {
                for (&[inks @ .., black], pixel) in
                    stored.as_chunks::<4>().0.iter().zip(out.as_chunks_mut::<3>().0)
                {
                    *pixel = inks.map(|ink| T::lit(ink, black));
                }
            }
            _ => {
                let plane = layout.plane_stride.map_or(0, |bytes| bytes.get() / size_of::<T>());
                if plane == 0 || stored.len() / plane < channels || plane * channels < out.len() {
                    return Err(Fault::Damaged);
                }
                for (channel, plane) in stored.chunks_exact(plane).take(channels).enumerate() {
                    let pixels = out.iter_mut().skip(channel).step_by(channels);
                    pixels.zip(plane).for_each(|(pixel, &sample)| *pixel = sample);
                }
            }
        }
        Ok(())
    }
}

/// A sample of a picture.
trait Sample: Pod + Default {
    const NONE: Self;
    const MOST: Self;
    /// What an ink and black leave of white.
    fn lit(ink: Self, black: Self) -> Self;
}

macro_rules! sample {
    ($type:ty, $most:expr) => {
        impl Sample for $type {
            const NONE: Self = 0 as $type;
            const MOST: Self = $most;
            fn lit(ink: Self, black: Self) -> Self {
                let most = Self::MOST as f32;
                ((most - ink as f32) * (1.0 - black as f32 / most)) as Self
            }
        }
    };
}

sample!(u8, u8::MAX);
sample!(u16, u16::MAX);
sample!(f32, 1.0);

/// Writes samples as they lie in memory.
pub(super) fn write(
    out: &mut (impl Write + Seek),
    pixels: Pixels,
    bytes: &[u8],
) -> Result<(), Fault> {
    fn of<C: colortype::ColorType<Inner: Pod>>(
        out: &mut (impl Write + Seek),
        pixels: Pixels,
        bytes: &[u8],
    ) -> Result<(), Fault>
    where
        [C::Inner]: TiffValue,
    {
        let mut encoder = TiffEncoder::new(out)?;
        let picture = encoder.new_image::<C>(pixels.width, pixels.height)?;
        Ok(picture.write_data(cast_slice(bytes))?)
    }
    use colortype::{Gray8, Gray16, RGB8, RGB16, RGB32Float, RGBA8, RGBA16, RGBA32Float};
    match (pixels.samples, pixels.channels) {
        (Samples::U8, 1) => of::<Gray8>(out, pixels, bytes),
        (Samples::U8, 3) => of::<RGB8>(out, pixels, bytes),
        (Samples::U8, 4) => of::<RGBA8>(out, pixels, bytes),
        (Samples::U16, 1) => of::<Gray16>(out, pixels, bytes),
        (Samples::U16, 3) => of::<RGB16>(out, pixels, bytes),
        (Samples::U16, 4) => of::<RGBA16>(out, pixels, bytes),
        (Samples::F32, 3) => of::<RGB32Float>(out, pixels, bytes),
        (Samples::F32, 4) => of::<RGBA32Float>(out, pixels, bytes),
        _ => Err(Fault::Kind),
    }
}

impl From<TiffError> for Fault {
    fn from(error: TiffError) -> Self {
        match error {
            TiffError::IoError(error) => error.into(),
            TiffError::UnsupportedError(_) => Self::Kind,
            TiffError::LimitsExceeded => Self::Memory,
            TiffError::IntSizeError => Self::Large,
            TiffError::FormatError(_) | TiffError::UsageError(_) => Self::Damaged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of one tile for each of 3 planes, 16 x 16 pixels each, of which 8 rows are in the picture.
    fn planes_of_tiles() -> Vec<u8> {
        const TAGS: u16 = 11;
        let after = 8 + 2 + u32::from(TAGS) * 12 + 4;
        let (bits, places, lens, data) = (after, after + 6, after + 18, after + 30);
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend(TAGS.to_le_bytes());
        let mut tag = |tag: u16, kind: u16, count: u32, value: u32| {
            bytes.extend([tag, kind].iter().flat_map(|value| value.to_le_bytes()));
            bytes.extend([count, value].iter().flat_map(|value| value.to_le_bytes()));
        };
        tag(256, 4, 1, 16);
        tag(257, 4, 1, 8);
        tag(258, 3, 3, bits);
        tag(259, 3, 1, 1);
        tag(262, 3, 1, 2);
        tag(277, 3, 1, 3);
        tag(284, 3, 1, 2);
        tag(322, 4, 1, 16);
        tag(323, 4, 1, 16);
        tag(324, 4, 3, places);
        tag(325, 4, 3, lens);
        bytes.extend([0; 4]);
        bytes.extend([8_u16; 3].iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend([data, data + 256, data + 512].iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend([256_u32; 3].iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend([7; 768]);
        bytes
    }

    #[test]
    fn planes_in_tiles_are_refused_and_no_panic() {
        let bytes = planes_of_tiles();
        let tiff = Tiff::open(&bytes).unwrap();
        let Pixels { width: 16, height: 8, channels: 3, samples: Samples::U8 } = tiff.pixels else {
            panic!("{:?}", tiff.pixels);
        };
        assert!(matches!(tiff.fill(&mut [0; 16 * 8 * 3]), Err(Fault::Kind)));
    }
}
