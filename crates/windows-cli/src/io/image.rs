//! Pictures: H x W, or H x W x C with channels innermost.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::Path;

use super::{Array, ArrayOf, Dtype, Element};
use crate::error::{At, Error, Result};
use crate::memory;

mod bmp;
mod jpeg;
mod png;
mod tiff;
mod webp;

/// Bytes that a decoder may take beside the pixels: for rows, tables, and what else a file holds.
const BESIDE: usize = 1 << 26;

/// The formats of pictures that the program names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.png`
    Png,
    /// `.jpg`, `.jpeg`
    Jpeg,
    /// `.bmp`
    Bmp,
    /// `.tif`, `.tiff`
    Tiff,
    /// `.webp`
    WebP,
}

impl Format {
    /// The format of an extension (lower case), if it is one of a picture.
    pub fn of(extension: &str) -> Option<Self> {
        match extension {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "bmp" => Some(Self::Bmp),
            "tif" | "tiff" => Some(Self::Tiff),
            "webp" => Some(Self::WebP),
            _ => None,
        }
    }

    /// The format that the first bytes of a file are of.
    fn guess(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [b'B', b'M', ..] => Some(Self::Bmp),
            [b'M', b'M', 0, b'*', ..] | [b'I', b'I', b'*', 0, ..] => Some(Self::Tiff),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
            Self::WebP => "webp",
        }
    }
}

/// A picture but for its samples: sides that are not 0, and 1 to 4 channels.
#[derive(Debug, Clone, Copy)]
struct Pixels {
    width: u32,
    height: u32,
    channels: usize,
    samples: Samples,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Samples {
    U8,
    U16,
    F32,
}

/// A picture in the bytes of a file, whose header is read and whose samples are not.
trait Coded<'a>: Sized {
    /// Times the bytes of the samples that decoding takes at once.
    const WORKING: usize = 1;

    fn open(bytes: &'a [u8]) -> Result<Self, Fault>;

    fn pixels(&self) -> Result<Pixels, Fault>;

    /// Decodes into the bytes of all samples, which are 0.
    fn fill(self, out: &mut [u8]) -> Result<(), Fault>;
}

/// Why a decoder or an encoder gave up.
#[derive(Debug)]
enum Fault {
    /// The file ends before the picture does.
    Short,
    /// More than [`BESIDE`].
    Memory,
    /// A picture of a kind that is not read, or cannot be written.
    Kind,
    /// Bytes that are no picture.
    Damaged,
    /// Sides beyond those of the format.
    Large,
    /// The output refuses.
    Io(io::Error),
    /// In words of the program already.
    Refused(Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // Files are in memory when they are decoded.
            ErrorKind::UnexpectedEof => Self::Short,
            _ => Self::Io(error),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Reads a picture: H x W if it has one channel, H x W x C if it has 2 (grey and alpha), 3 or 4.
///
/// Elements are `u8`, `u16` or `f32`, as the file has them. The content decides the format where
/// the extension is wrong.
///
/// # Errors
/// When the file cannot be read, is damaged or cut short, or needs more memory than there is.
pub fn read(path: &Path) -> Result<Array> {
    let (mut file, len) = super::open(path)?;
    let len = usize::try_from(len).at(path)?;
    let mut bytes = memory::reserve(len, "the file").at(path)?;
    file.read_to_end(&mut bytes).at(path)?;

    let named = || {
        let extension = path.extension().map(OsStr::to_ascii_lowercase)?;
        Format::of(extension.to_str()?)
    };
    let Some(format) = Format::guess(&bytes).or_else(named) else {
        return Err(Error::at(path, "is no picture of a format that is read"));
    };
    let array = match format {
        Format::Png => decode::<png::Png>(&bytes),
        Format::Jpeg => decode::<jpeg::Jpeg>(&bytes),
        Format::Bmp => decode::<bmp::Bmp>(&bytes),
        Format::Tiff => decode::<tiff::Tiff>(&bytes),
        Format::WebP => decode::<webp::Webp>(&bytes),
    };
    array.map_err(|fault| undecoded(fault, format)).at(path)
}

/// Why a picture was not decoded, in words that do not depend on who has decoded it.
fn undecoded(fault: Fault, format: Format) -> Error {
    let name = format.name();
    match fault {
        Fault::Short => Error::new(format_args!("is cut short: the .{name} picture does not end")),
        Fault::Memory => Error::new(format_args!(
            "takes more than {BESIDE} bytes of memory beside its pixels to be decoded"
        )),
        Fault::Kind => Error::new(format_args!(
            "is a .{name} picture of a kind that is not read: 1 to 4 channels of 8 or 16 bits are, and 3 or 4 of f32"
        )),
        Fault::Damaged | Fault::Large | Fault::Io(_) => {
            Error::new(format_args!("is no .{name} picture, or a damaged one"))
        }
        Fault::Refused(error) => error,
    }
}

fn decode<'a, C: Coded<'a>>(bytes: &'a [u8]) -> Result<Array, Fault> {
    let coded = C::open(bytes)?;
    let Pixels { width, height, channels, samples } = coded.pixels()?;
    let mut shape = vec![height as usize, width as usize];
    if channels > 1 {
        shape.push(channels);
    }
    match samples {
        Samples::U8 => decode_as::<u8, C>(coded, &shape),
        Samples::U16 => decode_as::<u16, C>(coded, &shape),
        Samples::F32 => decode_as::<f32, C>(coded, &shape),
    }
}

fn decode_as<'a, T: Element, C: Coded<'a>>(coded: C, shape: &[usize]) -> Result<Array, Fault> {
    const WHAT: &str = "the picture";
    let count = memory::count(shape, WHAT)?;
    drop(memory::reserve::<T>(count.saturating_mul(C::WORKING), WHAT)?);
    let mut data = memory::zeroed::<T>(count, WHAT)?;
    coded.fill(bytemuck::cast_slice_mut(&mut data))?;
    Ok(ArrayOf::new(data, shape).map(T::into_any).map_err(Error::new)?)
}

/// How a picture of the element type `dtype` and `shape` is stored.
///
/// # Errors
/// When no picture has such a shape or such elements: `u8` and `u16` do, and `f32` RGB (.tif only).
fn pixels(dtype: Dtype, shape: &[usize]) -> Result<Pixels> {
    let (height, width, channels) = match *shape {
        [height, width] => (height, width, 1),
        [height, width, channels] => (height, width, channels),
        _ => {
            return Err(Error::new(format_args!(
                "a picture is H x W or H x W x C, and the result has the shape {shape:?}: \
                 write a .npy file"
            )));
        }
    };
    let samples = match (dtype, channels) {
        (Dtype::U8, 1..=4) => Samples::U8,
        (Dtype::U16, 1..=4) => Samples::U16,
        (Dtype::F32, 3 | 4) => Samples::F32,
        _ => {
            return Err(Error::new(format_args!(
                "no picture has {channels} channels of {dtype}: write a .npy file"
            )));
        }
    };
    let side = |len: usize| {
        u32::try_from(len)
            .ok()
            .filter(|&len| len > 0)
            .ok_or_else(|| Error::new(format_args!("no picture has the shape {shape:?}")))
    };
    Ok(Pixels { width: side(width)?, height: side(height)?, channels, samples })
}

/// Row-major elements of H x W or H x W x C as RGB of 8 bits, to look at: grey is repeated, 16 bits are rounded, floats
/// from 0 to 1 are scaled, and alpha is left out.
///
/// # Errors
/// As [`write()`], but for those of formats.
pub fn rgb<T: Element>(shape: &[usize], data: &[T]) -> Result<Vec<u8>> {
    let Pixels { width, height, channels, samples } = pixels(T::DTYPE, shape)?;
    let shown = memory::count(&[height as usize, width as usize, 3], "a picture to look at")?;
    let mut rgb = memory::reserve(shown, "a picture to look at")?;
    // Grey has one channel, with or without alpha.
    let places = if channels < 3 { [0; 3] } else { [0, 1, 2] };
    match samples {
        Samples::U8 => {
            let pixels = bytemuck::cast_slice::<_, u8>(data).chunks_exact(channels);
            rgb.extend(pixels.flat_map(|pixel| places.map(|place| pixel[place])));
        }
        Samples::U16 => {
            let scaled = |value: u16| ((u32::from(value) + 128) / 257) as u8;
            let pixels = bytemuck::cast_slice::<_, u16>(data).chunks_exact(channels);
            rgb.extend(pixels.flat_map(|pixel| places.map(|place| scaled(pixel[place]))));
        }
        Samples::F32 => {
            // NaN is white, as browsers show it.
            let scaled = |value: f32| {
                let level = if value < 1.0 { value.max(0.0) } else { 1.0 };
                (level * 255.0).round() as u8
            };
            let pixels = bytemuck::cast_slice::<_, f32>(data).chunks_exact(channels);
            rgb.extend(pixels.flat_map(|pixel| places.map(|place| scaled(pixel[place]))));
        }
    }
    Ok(rgb)
}

/// Writes H x W or H x W x C elements in row-major order as a picture.
///
/// # Errors
/// When no picture has such elements or such a shape, when the format cannot hold them, and when
/// `out` refuses.
pub fn write<T: Element>(
    out: &mut (impl Write + Seek),
    format: Format,
    shape: &[usize],
    data: &[T],
) -> Result<()> {
    write_bytes(out, format, T::DTYPE, shape, bytemuck::cast_slice(data))
}

/// Writes the bytes of elements, whatever their type.
fn write_bytes(
    out: &mut (impl Write + Seek),
    format: Format,
    dtype: Dtype,
    shape: &[usize],
    bytes: &[u8],
) -> Result<()> {
    let pixels = pixels(dtype, shape)?;
    let written = match format {
        Format::Png => png::write(out, pixels, bytes),
        Format::Jpeg => jpeg::write(out, pixels, bytes),
        Format::Bmp => bmp::write(out, pixels, bytes),
        Format::Tiff => tiff::write(out, pixels, bytes),
        Format::WebP => webp::write(out, pixels, bytes),
    };
    let name = format.name();
    written.map_err(|fault| match fault {
        Fault::Io(error) => Error::new(error),
        Fault::Refused(error) => error,
        Fault::Kind => Error::new(format_args!(
            "a {name} picture cannot hold {dtype} elements of shape {shape:?}: write .png, .tif or .npy"
        )),
        _ => Error::new(format_args!(
            "the shape {shape:?} is larger than a {name} picture can be: write .npy"
        )),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const FORMATS: [(&str, Format); 4] =
        [("png", Format::Png), ("bmp", Format::Bmp), ("tif", Format::Tiff), ("webp", Format::WebP)];

    fn encoded<T: Element>(format: Format, shape: &[usize], data: &[T]) -> Result<Vec<u8>> {
        let mut out = Cursor::new(Vec::new());
        write(&mut out, format, shape, data).map(|()| out.into_inner())
    }

    fn decoded(name: &str, bytes: &[u8]) -> Result<Array> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read(&path)
    }

    /// A picture that no format compresses to nothing.
    fn noise(shape: &[usize]) -> Vec<u8> {
        let mut state = 1u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        std::iter::repeat_with(next).take(shape.iter().product()).collect()
    }

    #[test]
    fn lossless_pictures_come_back_as_they_were() {
        for (extension, format) in FORMATS {
            for shape in [vec![5, 7], vec![5, 7, 3], vec![5, 7, 4]] {
                let data = noise(&shape);
                let bytes = encoded(format, &shape, &data).unwrap();
                let name = format!("x.{extension}");
                let array = decoded(&name, &bytes).unwrap();
                if array.shape() == shape {
                    assert_eq!(array, u8::into_any(ArrayOf::new(data, &shape).unwrap()), "{name}");
                } else {
                    // WebP has no grey pictures and BMP grey palettes: both come back as RGB.
                    assert!(["webp", "bmp"].contains(&extension), "{name}");
                    assert_eq!((&shape[..], array.shape()), (&[5, 7][..], &[5, 7, 3][..]));
                }
            }
        }
        let wide: Vec<u16> = noise(&[5, 7, 3]).iter().map(|&v| u16::from(v) * 257).collect();
        for (extension, format) in [FORMATS[0], FORMATS[2]] {
            let bytes = encoded(format, &[5, 7, 3], &wide).unwrap();
            let array = decoded(&format!("x.{extension}"), &bytes).unwrap();
            assert_eq!(array, u16::into_any(ArrayOf::new(wide.clone(), &[5, 7, 3]).unwrap()));
        }
        let floats: Vec<f32> = (0..12).map(|v| v as f32 / 7.0).collect();
        let bytes = encoded(Format::Tiff, &[2, 2, 3], &floats).unwrap();
        assert_eq!(
            decoded("x.tif", &bytes).unwrap(),
            f32::into_any(ArrayOf::new(floats, &[2, 2, 3]).unwrap())
        );
        let grey_alpha = noise(&[5, 7, 2]);
        let bytes = encoded(Format::Png, &[5, 7, 2], &grey_alpha).unwrap();
        assert_eq!(decoded("x.png", &bytes).unwrap().shape(), [5, 7, 2]);
    }

    #[test]
    fn a_picture_cut_anywhere_is_an_error() {
        let shape = [40, 30, 3];
        let data = noise(&shape);
        for (extension, format) in FORMATS.into_iter().chain([("jpg", Format::Jpeg)]) {
            let bytes = encoded(format, &shape, &data).unwrap();
            let name = format!("x.{extension}");
            assert!(decoded(&name, &bytes).is_ok(), "{name}");
            // The last bytes of a PNG say only that it ends.
            for cut in (0..bytes.len() - 12).step_by(bytes.len() / 40) {
                let error = decoded(&name, &bytes[..cut]);
                assert!(error.is_err(), "{name} cut to {cut} of {} bytes", bytes.len());
            }
        }
    }

    #[test]
    fn what_a_format_cannot_hold_is_an_error() {
        for (format, result) in [
            (Format::Png, encoded(Format::Png, &[2, 2, 3], &[0f32; 12])),
            (Format::Jpeg, encoded(Format::Jpeg, &[2, 2, 3], &[0u16; 12])),
            (Format::Bmp, encoded(Format::Bmp, &[2, 2], &[0u16; 4])),
            // Its alpha would be lost.
            (Format::Bmp, encoded(Format::Bmp, &[2, 2, 2], &[0u8; 8])),
            (Format::Jpeg, encoded(Format::Jpeg, &[1, 65536], &[0u8; 65536])),
            (Format::Png, encoded(Format::Png, &[2, 2, 5], &[0u8; 20])),
            (Format::Png, encoded(Format::Png, &[2, 2], &[0i32; 4])),
            (Format::Png, encoded(Format::Png, &[4], &[0u8; 4])),
            (Format::Png, encoded::<u8>(Format::Png, &[0, 4], &[])),
        ] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("picture"), "{format:?}: {error}");
        }
    }

    #[test]
    fn the_content_decides_where_the_extension_is_wrong() {
        let bytes = encoded(Format::Png, &[2, 2], &[1u8, 2, 3, 4]).unwrap();
        assert_eq!(decoded("x.jpg", &bytes).unwrap().shape(), [2, 2]);
        assert!(decoded("x.png", b"").is_err());
        assert!(decoded("x.png", b"not a picture at all").is_err());
    }

    #[test]
    fn a_picture_larger_than_memory_is_refused() {
        // A valid PNG header of 2^31-1 x 2^31-1 RGBA pixels of 16 bits.
        let mut bytes =
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x10\x06\0\0\0".to_vec();
        bytes.extend([0x5f, 0x3c, 0x9e, 0x2b]);
        assert!(decoded("x.png", &bytes).is_err());
    }
    #[test]
    fn what_is_looked_at_is_scaled_as_another_crate_scales_it() {
        use ::image::{DynamicImage, ImageBuffer};
        let deep: Vec<u16> = (0..=u16::MAX).collect();
        let theirs = ImageBuffer::from_raw(256, 64, deep.clone()).map(DynamicImage::ImageRgba16);
        assert_eq!(rgb(&[64, 256, 4], &deep).unwrap(), theirs.unwrap().into_rgb8().into_raw());
        let theirs = ImageBuffer::from_raw(256, 256, deep.clone()).map(DynamicImage::ImageLuma16);
        assert_eq!(rgb(&[256, 256], &deep).unwrap(), theirs.unwrap().into_rgb8().into_raw());
        let grey = noise(&[3, 4, 2]);
        let theirs = ImageBuffer::from_raw(4, 3, grey.clone()).map(DynamicImage::ImageLumaA8);
        assert_eq!(rgb(&[3, 4, 2], &grey).unwrap(), theirs.unwrap().into_rgb8().into_raw());
        let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 1.5, 0.998];
        let floats: Vec<f32> =
            special.into_iter().chain((0..600).map(|v| v as f32 / 599.0)).collect();
        let theirs = ImageBuffer::from_raw(101, 2, floats.clone()).map(DynamicImage::ImageRgb32F);
        assert_eq!(rgb(&[2, 101, 3], &floats).unwrap(), theirs.unwrap().into_rgb8().into_raw());
    }
}
