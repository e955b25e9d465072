//! `.bmp`: the format of Windows, versions 2 to 5, and OS/2 1. Small enough to be read here: crates for it alone are
//! not kept as those of the other formats are.
//!
//! | bits a pixel | as |
//! | --- | --- |
//! | 1, 2, 4, 8 | places in a palette, plain or (4 and 8) in runs: RGB |
//! | 16, 32 | fields of bits: RGB, and RGBA where a field of alpha is named |
//! | 24 | RGB |
//!
//! JPEG and PNG inside a `.bmp`, CMYK, and the compressions of OS/2 2 are refused.

use std::io::Write;

use super::{Coded, Fault, Pixels, Samples};

const FILE_HEADER: usize = 14;
const INFO_HEADER: usize = 40;
const V4_HEADER: usize = 108;
/// Masks of red, green and blue where each is a byte.
const BYTES: [u32; 3] = [0xFF << 16, 0xFF << 8, 0xFF];

/// A BMP picture whose header is read.
pub(super) struct Bmp<'a> {
    pixels: Pixels,
    /// Whether the first row of the file is the uppermost.
    top_down: bool,
    bits: usize,
    storage: Storage,
    /// From the first row on.
    rows: &'a [u8],
}

/// How pixels lie in the rows.
enum Storage {
    Palette([[u8; 3]; 256]),
    /// A palette, and runs of 4 or 8 bits.
    Runs([[u8; 3]; 256]),
    /// Red, green, blue, and alpha where there are 4 channels.
    Fields(Box<[Field; 4]>),
}

/// The bytes of a file, from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        let (head, rest) = self.0.split_at_checked(len).ok_or(Fault::Short)?;
        self.0 = rest;
        Ok(head)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (head, rest) = self.0.split_first_chunk().ok_or(Fault::Short)?;
        self.0 = rest;
        Ok(*head)
    }

    fn u16(&mut self) -> Result<u16, Fault> {
        self.bytes().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn i32(&mut self) -> Result<i32, Fault> {
        self.bytes().map(i32::from_le_bytes)
    }
}

impl<'a> Coded<'a> for Bmp<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader(bytes);
        if reader.bytes()? != *b"BM" {
            return Err(Fault::Damaged);
        }
        reader.take(8)?;
        let start = reader.u32()? as usize;
        let header = reader.u32()? as usize;
        let core = match header {
            ..12 => return Err(Fault::Damaged),
            12 => true,
            40 | 52 | 56 | V4_HEADER | 124 => false,
            _ => return Err(Fault::Kind),
        };
        let (width, height) = match core {
            true => (reader.u16()?.into(), reader.u16()?.into()),
            false => (reader.i32()?, reader.i32()?),
        };
        if width <= 0 || height == 0 || reader.u16()? != 1 {
            return Err(Fault::Damaged);
        }
        let bits = reader.u16()?;
        let (compression, colors) = match core {
            true => (0, 0),
            false => {
                let compression = reader.u32()?;
                reader.take(12)?;
                let colors = reader.u32()?;
                reader.take(4)?;
                (compression, colors)
            }
        };
        let top_down = height < 0;
        // Runs lead from below upwards.
        if top_down && !matches!(compression, 0 | 3) {
            return Err(Fault::Damaged);
        }
        let palette = || {
            let colors = if colors == 0 { 1 << bits } else { colors };
            if colors > 1 << bits {
                return Err(Fault::Damaged);
            }
            let mut reader = Reader(bytes.get(FILE_HEADER + header..).ok_or(Fault::Short)?);
            // What the palette lacks is black.
            let mut palette = [[0; 3]; 256];
            for color in &mut palette[..colors as usize] {
                let [blue, green, red] = reader.bytes()?;
                *color = [red, green, blue];
                reader.take(if core { 0 } else { 1 })?;
            }
            Ok(palette)
        };
        let fields = |[red, green, blue]: [u32; 3], alpha| {
            let fields = [red, green, blue, alpha].map(|mask| Field::new(mask, bits));
            let [red, green, blue, alpha] = fields;
            Ok::<_, Fault>(Storage::Fields(Box::new([red?, green?, blue?, alpha?])))
        };
        let mut channels = 3;
        let storage = match (compression, bits) {
            (0, 1 | 4 | 8) => Storage::Palette(palette()?),
            (0, 2) if !core => Storage::Palette(palette()?),
            (0, 24) => fields(BYTES, 0)?,
            (0, 16) if !core => fields([0x1F << 10, 0x1F << 5, 0x1F], 0)?,
            (0, 32) if !core => fields(BYTES, 0)?,
            (1, 8) | (2, 4) => Storage::Runs(palette()?),
            (3, 16 | 32) => {
                let masks = [reader.u32()?, reader.u32()?, reader.u32()?];
                let alpha = if header >= 56 { reader.u32()? } else { 0 };
                if masks.contains(&0) {
                    return Err(Fault::Damaged);
                }
                channels = if alpha == 0 { 3 } else { 4 };
                fields(masks, alpha)?
            }
            (4 | 5 | 11..=13, _) => return Err(Fault::Kind),
            _ => return Err(Fault::Damaged),
        };
        let (width, height) = (width.unsigned_abs(), height.unsigned_abs());
        let pixels = Pixels { width, height, channels, samples: Samples::U8 };
        let rows = bytes.get(start..).ok_or(Fault::Short)?;
        let picture = Self { pixels, top_down, bits: bits.into(), storage, rows };
        // Rows that are not there are no reason to ask for memory.
        if !matches!(picture.storage, Storage::Runs(_)) {
            let stored = picture.stride().saturating_mul(u64::from(height));
            if (rows.len() as u64) < stored {
                return Err(Fault::Short);
            }
        }
        Ok(picture)
    }

    fn pixels(&self) -> Result<Pixels, Fault> {
        Ok(self.pixels)
    }

    fn fill(self, out: &mut [u8]) -> Result<(), Fault> {
        if let Storage::Runs(palette) = &self.storage {
            return self.fill_runs(palette, out);
        }
        let stored = self.rows.chunks_exact(self.stride() as usize);
        for (y, stored) in stored.take(self.pixels.height as usize).enumerate() {
            let row = self.row(y, out);
            match &self.storage {
                Storage::Palette(palette) | Storage::Runs(palette) => {
                    let mask = (1 << self.bits) - 1;
                    for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                        let bit = x * self.bits;
                        let place = u16::from(stored[bit / 8]) >> (8 - self.bits - bit % 8) & mask;
                        *pixel = palette[usize::from(place)];
                    }
                }
                Storage::Fields(fields) => {
                    let channels = self.pixels.channels;
                    let words = stored.chunks_exact(self.bits / 8);
                    for (pixel, word) in row.chunks_exact_mut(channels).zip(words) {
                        let mut bytes = [0; 4];
                        bytes[..word.len()].copy_from_slice(word);
                        let word = u32::from_le_bytes(bytes);
                        for (sample, field) in pixel.iter_mut().zip(fields.iter()) {
                            *sample = field.read(word);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

impl Bmp<'_> {
    /// Bytes of a row in the file, which are a multiple of 4.
    fn stride(&self) -> u64 {
        (u64::from(self.pixels.width) * self.bits as u64).div_ceil(32) * 4
    }

    /// Row `y` of the file in the picture.
    fn row<'b>(&self, y: usize, out: &'b mut [u8]) -> &'b mut [u8] {
        let len = self.pixels.width as usize * self.pixels.channels;
        let y = if self.top_down { y } else { self.pixels.height as usize - 1 - y };
        &mut out[y * len..][..len]
    }

    /// Runs of pixels and jumps over pixels, which stay black as they are in `out`.
    fn fill_runs(&self, palette: &[[u8; 3]; 256], out: &mut [u8]) -> Result<(), Fault> {
        let (width, height) = (self.pixels.width as usize, self.pixels.height as usize);
        let mut reader = Reader(self.rows);
        let half = self.bits == 4;
        // The place that number `i` of a run takes from these bytes.
        let place = |bytes: &[u8], i: usize| match half {
            true => bytes[i / 2 % bytes.len()] >> (4 - i % 2 * 4) & 0xF,
            false => bytes[i % bytes.len()],
        };
        let (mut x, mut y) = (0_usize, 0);
        while y < height {
            let (bytes, count) = match reader.bytes()? {
                [0, 0] => {
                    (x, y) = (0, y + 1);
                    continue;
                }
                [0, 1] => return Ok(()),
                [0, 2] => {
                    let [right, up] = reader.bytes()?.map(usize::from);
                    (x, y) = (x + right, y + up);
                    if (right, up) != (0, 0) && (x > width || y >= height) {
                        return Err(Fault::Damaged);
                    }
                    continue;
                }
                [0, count] => {
                    let len = if half { count.div_ceil(2) } else { count };
                    let bytes = reader.take(usize::from(len).next_multiple_of(2))?;
                    if x + usize::from(count) > width {
                        return Err(Fault::Damaged);
                    }
                    (bytes, count)
                }
                [count, _] if half && x + usize::from(count) > width => return Err(Fault::Damaged),
                // Some programs write runs of bytes beyond the end of the row.
                [count, _] => {
                    let read = self.rows.len() - reader.0.len();
                    (&self.rows[read - 1..read], count)
                }
            };
            let row = self.row(y, out).as_chunks_mut::<3>().0;
            let end = x + usize::from(count);
            for (i, pixel) in row[x.min(width)..end.min(width)].iter_mut().enumerate() {
                *pixel = palette[usize::from(place(bytes, i))];
            }
            x = end;
        }
        Ok(())
    }
}

/// A sample of up to 8 bits inside a word.
struct Field {
    shift: u32,
    mask: u32,
    /// The sample of every value, as 8 bits.
    scaled: [u8; 256],
}

impl Field {
    fn new(mask: u32, bits: u16) -> Result<Self, Fault> {
        if mask == 0 {
            return Ok(Self { shift: 0, mask: 0, scaled: [0; 256] });
        }
        let (start, len) = (mask.trailing_zeros(), mask.count_ones());
        let end = 32 - mask.leading_zeros();
        if end - start != len || end > bits.into() {
            return Err(Fault::Damaged);
        }
        // Of longer fields the upper 8 bits.
        let most = (1 << len.min(8)) - 1;
        let scaled = |value: usize| ((value as u32 * 255 + most / 2) / most).min(255) as u8;
        Ok(Self { shift: end - len.min(8), mask: most, scaled: std::array::from_fn(scaled) })
    }

    fn read(&self, word: u32) -> u8 {
        self.scaled[(word >> self.shift & self.mask) as usize]
    }
}

/// Writes grey as a palette, RGB as 24 bits and RGBA as fields of version 4.
pub(super) fn write(out: &mut impl Write, pixels: Pixels, bytes: &[u8]) -> Result<(), Fault> {
    let Pixels { width, height, channels, samples: Samples::U8 } = pixels else {
        return Err(Fault::Kind);
    };
    let (header, colors) = match channels {
        1 => (INFO_HEADER, 256),
        3 => (INFO_HEADER, 0),
        4 => (V4_HEADER, 0),
        _ => return Err(Fault::Kind),
    };
    let row = width as usize * channels;
    let padding = row.next_multiple_of(4) - row;
    let start = (FILE_HEADER + header) as u32 + colors * 4;
    let large = |_| Fault::Large;
    let sides = [i32::try_from(width).map_err(large)?, i32::try_from(height).map_err(large)?];
    let stored = (row as u64 + padding as u64) * u64::from(height);
    let len = u32::try_from(stored + u64::from(start)).map_err(large)?;

    let mut head = b"BM".to_vec();
    let mut put = |values: &[u32]| head.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    let compression = if channels == 4 { 3 } else { 0 };
    put(&[len, 0, start, header as u32, sides[0] as u32, sides[1] as u32]);
    // One plane, and the bits of a pixel, 16 bits each.
    put(&[1 | (channels as u32 * 8) << 16, compression, len - start, 0, 0, colors, 0]);
    if channels == 4 {
        // Fields, the name of sRGB, and nothing about end points and gamma.
        put(&[0xFF << 16, 0xFF << 8, 0xFF, 0xFF << 24, 0x7352_4742]);
        put(&[0; 12]);
    }
    for grey in 0..colors {
        put(&[grey * 0x01_01_01]);
    }
    out.write_all(&head)?;

    let mut line = vec![0; row + padding];
    for pixels in bytes.chunks_exact(row).rev() {
        line[..row].copy_from_slice(pixels);
        if channels > 1 {
            line[..row].chunks_exact_mut(channels).for_each(|pixel| pixel.swap(0, 2));
        }
        out.write_all(&line)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ::image::ImageFormat;

    use super::*;

    fn noise(mut state: u32) -> impl FnMut() -> u8 {
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }
    }

    /// A file of the parts that headers of any size have.
    fn file(
        [header, bits, compression, colors]: [u32; 4],
        [width, height]: [i32; 2],
        masks: &[u32],
        palette: &[u8],
        rows: &[u8],
    ) -> Vec<u8> {
        let mut head = Vec::new();
        let sides = [width as u32, height as u32];
        if header == 12 {
            let halves = [sides[0], sides[1], 1, bits].map(|value| value as u16);
            head.extend(halves.iter().flat_map(|value| value.to_le_bytes()));
        } else {
            let fields = [sides[0], sides[1], 1 | bits << 16, compression, 0, 0, 0, colors, 0];
            head.extend(fields.iter().chain(masks).flat_map(|value| value.to_le_bytes()));
            head.resize(head.len().max(header as usize - 4), 0);
        }
        let start = (FILE_HEADER + 4 + head.len() + palette.len()) as u32;
        let front = [start + rows.len() as u32, 0, start, header];
        let front: Vec<u8> = front.iter().flat_map(|value| value.to_le_bytes()).collect();
        [b"BM", &front[..], &head, palette, rows].concat()
    }

    fn decoded(bytes: &[u8]) -> Result<(Vec<usize>, Vec<u8>), Fault> {
        let bmp = Bmp::open(bytes)?;
        let Pixels { width, height, channels, .. } = bmp.pixels;
        let shape = vec![height as usize, width as usize, channels];
        let mut out = vec![0; shape.iter().product()];
        bmp.fill(&mut out)?;
        Ok((shape, out))
    }

    /// Holds a file, and it cut and damaged, against another reader of the format.
    fn check(bytes: &[u8], next: &mut impl FnMut() -> u8, what: &str) -> bool {
        let agree = |bytes: &[u8]| {
            let theirs = ::image::load(Cursor::new(bytes), ImageFormat::Bmp).ok().map(|picture| {
                let channels = usize::from(picture.color().channel_count());
                let shape = vec![picture.height() as usize, picture.width() as usize, channels];
                (shape, picture.into_bytes())
            });
            let ours = decoded(bytes).ok();
            assert_eq!(ours, theirs, "{what}: {bytes:?}");
            ours.is_some()
        };
        let read = agree(bytes);
        for _ in 0..4 {
            agree(&bytes[..usize::from(next()) * bytes.len() / 256]);
            let mut damaged = bytes.to_vec();
            // Behind the sides, which may claim more pixels than a test should ask for.
            let at = (26 + usize::from(next())) % bytes.len();
            if at >= 26 {
                damaged[at] ^= 1 << (next() % 8);
            }
            agree(&damaged);
        }
        read
    }

    #[test]
    fn every_kind_is_read_as_another_reader_reads_it() {
        let mut next = noise(7);
        let mut read = 0;
        for (header, bits) in [12, 16, 40, 52, 56, 64, 108, 124]
            .into_iter()
            .flat_map(|header| [1, 2, 4, 8, 16, 24, 32].map(|bits| (header, bits)))
        {
            for (width, height) in [(1, 3), (2, -2), (5, 4), (9, -3), (33, 2_i32)] {
                let colors = if bits <= 8 { 1_usize << bits } else { 0 };
                let palette: Vec<u8> = std::iter::repeat_with(&mut next)
                    .take(colors * if header == 12 { 3 } else { 4 })
                    .collect();
                let len = (bits * width as usize).div_ceil(32) * 4 * height.unsigned_abs() as usize;
                let rows: Vec<u8> = std::iter::repeat_with(&mut next).take(len).collect();
                let bytes =
                    file([header, bits as u32, 0, 0], [width, height], &[], &palette, &rows);
                let what = format!("{bits} bits under a header of {header}");
                read += u32::from(check(&bytes, &mut next, &what));
            }
        }
        // Headers of 12 bytes have neither negative heights nor 2, 16 and 32 bits; those of 16 and 64 are of OS/2.
        assert_eq!(read, 3 * 4 + 5 * 7 * 5);
    }

    #[test]
    fn fields_of_any_length_are_scaled_as_another_reader_scales_them() {
        let mut next = noise(9);
        for (bits, masks) in [
            (16, [0xF800, 0x7E0, 0x1F, 0]),
            (16, [0x7C00, 0x3E0, 0x1F, 0x8000]),
            (16, [0xE000, 0x1C00, 0x300, 0xFF]),
            (16, [0xFE00, 0x1F0, 0xF, 0]),
            (16, [0xF00F, 0xF0, 0x1F, 0]),
            (16, [0x1_F800, 0x7E0, 0x1F, 0]),
            (32, [0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000]),
            (32, [0xFF00_0000, 0xFF_0000, 0xFF00, 0]),
            (32, [0x3FF0_0000, 0xF_FC00, 0x3FF, 0xC000_0000]),
            (32, [7, 0x38, 0x1C0, 0]),
            (32, [7, 0, 0x1C0, 0]),
        ] {
            for header in [40, 52, 56, 108, 124] {
                let rows: Vec<u8> = std::iter::repeat_with(&mut next).take(9 * 32 * 2).collect();
                let masks = if header >= 56 { &masks[..] } else { &masks[..3] };
                let bytes = file([header, bits, 3, 0], [9, -2], masks, &[], &rows);
                check(&bytes, &mut next, &format!("{masks:x?}"));
            }
        }
    }

    #[test]
    fn runs_and_jumps_are_read_as_another_reader_reads_them() {
        let mut next = noise(11);
        let mut read = 0;
        for round in 0..400 {
            let (bits, compression) = if round % 2 == 0 { (8, 1) } else { (4, 2) };
            let palette: Vec<u8> = std::iter::repeat_with(&mut next).take(4 << bits).collect();
            let mut runs = Vec::new();
            for _ in 0..4 + next() % 16 {
                match next() % 16 {
                    0..7 => runs.extend([1 + next() % 5, next()]),
                    7..10 => {
                        let count = 3 + next() % 4;
                        let len = if bits == 8 { count } else { count.div_ceil(2) };
                        runs.extend([0, count]);
                        let len = usize::from(len).next_multiple_of(2);
                        runs.extend(std::iter::repeat_with(&mut next).take(len));
                    }
                    10..14 => runs.extend([0, 0]),
                    14 => runs.extend([0, 2, next() % 3, next() % 2]),
                    _ => runs.extend([0, 1]),
                }
            }
            runs.extend([0, 1]);
            let bytes = file([40, bits, compression, 0], [12, 6], &[], &palette, &runs);
            read += u32::from(check(&bytes, &mut next, "runs"));
        }
        assert!(read > 100, "{read}");
    }
}
