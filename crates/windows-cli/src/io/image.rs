//! Pictures: H x W, or H x W x C with channels innermost.

use std::io::{Cursor, ErrorKind, Read, Seek, Write};
use std::path::Path;

use bytemuck::Pod;
use image::{
    ColorType, DynamicImage, ExtendedColorType, ImageBuffer, ImageDecoder, ImageError, ImageFormat,
    ImageReader, Limits, Luma, LumaA, Pixel, Rgb, Rgba,
};

use super::array::{Array, ArrayOf, Element};
use crate::error::{At, Error, Result};
use crate::memory;

/// JPEG quality of pictures that the program writes: artefacts of tiles would show as seams.
const JPEG_QUALITY: u8 = 95;
/// Bytes that a decoder may take beside the pixels: for rows, tables, and what else a file holds. A colour profile, which
/// is not even used, can be compressed a thousandfold.
const BESIDE: u64 = 1 << 26;

/// The format of an extension (lower case), if it is one of a picture.
pub fn format(extension: &str) -> Option<ImageFormat> {
    match extension {
        "png" => Some(ImageFormat::Png),
        "jpg" | "jpeg" => Some(ImageFormat::Jpeg),
        "bmp" => Some(ImageFormat::Bmp),
        "tif" | "tiff" => Some(ImageFormat::Tiff),
        "webp" => Some(ImageFormat::WebP),
        _ => None,
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

    let mut reader = ImageReader::new(Cursor::new(bytes.as_slice()));
    if let Ok(named) = ImageFormat::from_path(path) {
        reader.set_format(named);
    }
    let mut reader = reader.with_guessed_format().at(path)?;
    // The decoder fills what is missing with grey and says nothing.
    if reader.format() == Some(ImageFormat::Jpeg) && !jpeg_is_whole(&bytes) {
        return Err(Error::at(
            path,
            format_args!("is cut short: {len} bytes, and no end of the JPEG picture among them"),
        ));
    }
    // Pixels are asked for here, in a way that may fail; what a decoder takes beside them has a limit.
    reader.limits(beside(0));
    let format = reader.format();
    let decoder = reader.into_decoder().map_err(|error| undecoded(error, format)).at(path)?;
    decode(decoder, format).at(path)
}

/// Lets a decoder take the bytes of the pixels, and a fixed number beside them.
fn beside(pixels: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(pixels.saturating_add(BESIDE));
    limits
}

/// Why a picture was not decoded, in words that do not depend on who has decoded it.
fn undecoded(error: ImageError, format: Option<ImageFormat>) -> Error {
    let name = format.and_then(|format| format.extensions_str().first()).unwrap_or(&"?");
    match error {
        ImageError::IoError(error) if error.raw_os_error().is_some() => Error::new(error),
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            Error::new(format_args!("is cut short: the .{name} picture does not end"))
        }
        ImageError::Limits(_) => Error::new(format_args!(
            "takes more than {BESIDE} bytes of memory beside its pixels to be decoded"
        )),
        ImageError::Unsupported(_) => Error::new(format_args!(
            "is a .{name} picture of a kind that is not read: 1 to 4 channels of 8 or 16 bits are, and 3 or 4 of f32"
        )),
        _ => Error::new(format_args!("is no .{name} picture, or a damaged one")),
    }
}

/// The array of the picture that a decoder has before it.
fn decode(mut decoder: impl ImageDecoder, format: Option<ImageFormat>) -> Result<Array> {
    let limits = beside(decoder.total_bytes());
    decoder.set_limits(limits).map_err(|error| undecoded(error, format))?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let mut shape = vec![height as usize, width as usize];
    if color.channel_count() > 1 {
        shape.push(color.channel_count().into());
    }
    match color {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => {
            decode_as::<u8>(decoder, &shape, format)
        }
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => {
            decode_as::<u16>(decoder, &shape, format)
        }
        ColorType::Rgb32F | ColorType::Rgba32F => decode_as::<f32>(decoder, &shape, format),
        _ => Err(Error::new("has pixels of a kind that is not read")),
    }
}

fn decode_as<T: Element>(
    decoder: impl ImageDecoder,
    shape: &[usize],
    format: Option<ImageFormat>,
) -> Result<Array> {
    const WHAT: &str = "the picture";
    let count = memory::count(shape, WHAT)?;
    // A progressive JPEG is held as 16-bit coefficients while it is decoded.
    let working = if format == Some(ImageFormat::Jpeg) { 3 } else { 1 };
    drop(memory::reserve::<T>(count.saturating_mul(working), WHAT)?);
    let mut data = memory::zeroed::<T>(count, WHAT)?;
    decoder
        .read_image(bytemuck::cast_slice_mut(&mut data))
        .map_err(|error| undecoded(error, format))?;
    ArrayOf::new(data, shape).map(T::into_any)
}

/// Whether the marker that ends the picture is there, by the structure of ITU T.81, annex B: an
/// embedded thumbnail has such a marker too, inside a segment that is skipped.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
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

/// Row-major elements of H x W or H x W x C as a picture in memory.
///
/// # Errors
/// As [`write()`], but for those of formats.
pub fn picture<T: Element>(shape: &[usize], data: &[T]) -> Result<DynamicImage> {
    fn of<P: Pixel<Subpixel: Pod>, T: Element>(
        data: &[T],
        [width, height]: [u32; 2],
    ) -> Option<DynamicImage>
    where
        DynamicImage: From<ImageBuffer<P, Vec<P::Subpixel>>>,
    {
        let data = bytemuck::try_cast_slice(data).ok()?.to_vec();
        ImageBuffer::from_raw(width, height, data).map(DynamicImage::from)
    }
    let (color, width, height) = layout(T::NAME, shape)?;
    let side = [width, height];
    let picture = match color {
        ExtendedColorType::L8 => of::<Luma<u8>, T>(data, side),
        ExtendedColorType::La8 => of::<LumaA<u8>, T>(data, side),
        ExtendedColorType::Rgb8 => of::<Rgb<u8>, T>(data, side),
        ExtendedColorType::Rgba8 => of::<Rgba<u8>, T>(data, side),
        ExtendedColorType::L16 => of::<Luma<u16>, T>(data, side),
        ExtendedColorType::La16 => of::<LumaA<u16>, T>(data, side),
        ExtendedColorType::Rgb16 => of::<Rgb<u16>, T>(data, side),
        ExtendedColorType::Rgba16 => of::<Rgba<u16>, T>(data, side),
        ExtendedColorType::Rgb32F => of::<Rgb<f32>, T>(data, side),
        _ => of::<Rgba<f32>, T>(data, side),
    };
    picture.ok_or_else(|| {
        Error::new(format_args!("{} elements are no picture of shape {shape:?}", data.len()))
    })
}

/// How the pixels of an array of element type `dtype` and `shape` are stored, with width and
/// height.
///
/// # Errors
/// When no picture has such a shape or such elements: `u8` and `u16` do, and `f32` RGB (.tif only).
fn layout(dtype: &str, shape: &[usize]) -> Result<(ExtendedColorType, u32, u32)> {
    use ExtendedColorType::{L8, L16, La8, La16, Rgb8, Rgb16, Rgb32F, Rgba8, Rgba16, Rgba32F};
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
    let color = match (dtype, channels) {
        ("u8", 1) => L8,
        ("u8", 2) => La8,
        ("u8", 3) => Rgb8,
        ("u8", 4) => Rgba8,
        ("u16", 1) => L16,
        ("u16", 2) => La16,
        ("u16", 3) => Rgb16,
        ("u16", 4) => Rgba16,
        ("f32", 3) => Rgb32F,
        ("f32", 4) => Rgba32F,
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
    Ok((color, side(width)?, side(height)?))
}

/// Writes H x W or H x W x C elements in row-major order as a picture.
///
/// # Errors
/// When no picture has such elements or such a shape, when the format cannot hold them, and when
/// `out` refuses.
pub fn write<T: Element>(
    out: &mut (impl Write + Seek),
    format: ImageFormat,
    shape: &[usize],
    data: &[T],
) -> Result<()> {
    let (color, width, height) = layout(T::NAME, shape)?;
    let bytes: &[u8] = bytemuck::cast_slice(data);
    let written = match format {
        ImageFormat::Jpeg => {
            image::codecs::jpeg::JpegEncoder::new_with_quality(&mut *out, JPEG_QUALITY)
                .encode(bytes, width, height, color)
        }
        _ => image::write_buffer_with_format(out, bytes, width, height, color, format),
    };
    written.map_err(|error| match error {
        ImageError::IoError(error) => Error::new(error),
        // The crate's message names its own types, and no remedy.
        ImageError::Unsupported(_) => Error::new(format_args!(
            "a {} picture cannot hold {} elements of shape {shape:?}: write .png, .tif or .npy",
            format.extensions_str().first().unwrap_or(&"?"),
            T::NAME
        )),
        _ => Error::new(format_args!("{} elements of shape {shape:?} are not encoded", T::NAME)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATS: [(&str, ImageFormat); 4] = [
        ("png", ImageFormat::Png),
        ("bmp", ImageFormat::Bmp),
        ("tif", ImageFormat::Tiff),
        ("webp", ImageFormat::WebP),
    ];

    fn encoded<T: Element>(format: ImageFormat, shape: &[usize], data: &[T]) -> Result<Vec<u8>> {
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
        let bytes = encoded(ImageFormat::Tiff, &[2, 2, 3], &floats).unwrap();
        assert_eq!(
            decoded("x.tif", &bytes).unwrap(),
            f32::into_any(ArrayOf::new(floats, &[2, 2, 3]).unwrap())
        );
        let grey_alpha = noise(&[5, 7, 2]);
        let bytes = encoded(ImageFormat::Png, &[5, 7, 2], &grey_alpha).unwrap();
        assert_eq!(decoded("x.png", &bytes).unwrap().shape(), [5, 7, 2]);
    }

    #[test]
    fn a_picture_cut_anywhere_is_an_error() {
        let shape = [40, 30, 3];
        let data = noise(&shape);
        for (extension, format) in FORMATS.into_iter().chain([("jpg", ImageFormat::Jpeg)]) {
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
            (ImageFormat::Png, encoded(ImageFormat::Png, &[2, 2, 3], &[0f32; 12])),
            (ImageFormat::Jpeg, encoded(ImageFormat::Jpeg, &[2, 2, 3], &[0u16; 12])),
            (ImageFormat::Bmp, encoded(ImageFormat::Bmp, &[2, 2], &[0u16; 4])),
            (ImageFormat::Png, encoded(ImageFormat::Png, &[2, 2, 5], &[0u8; 20])),
            (ImageFormat::Png, encoded(ImageFormat::Png, &[2, 2], &[0i32; 4])),
            (ImageFormat::Png, encoded(ImageFormat::Png, &[4], &[0u8; 4])),
            (ImageFormat::Png, encoded::<u8>(ImageFormat::Png, &[0, 4], &[])),
        ] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("picture"), "{format:?}: {error}");
        }
    }

    #[test]
    fn the_content_decides_where_the_extension_is_wrong() {
        let bytes = encoded(ImageFormat::Png, &[2, 2], &[1u8, 2, 3, 4]).unwrap();
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
}
