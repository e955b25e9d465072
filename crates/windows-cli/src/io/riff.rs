//! The chunks of a `.wav` file: how its samples are written, and where.
//!
//! A header is a claim, and every claim is held against the file. Two claims are none: writers into a pipe cannot go
//! back to fill in how long the data is, and leave 0 or 2^32 - 1 there. The data then ends with the file.

use std::io::{self, Read, Seek, SeekFrom};

use crate::error::{Error, Result};

/// The size of a chunk whose writer did not know it, and of one whose size is in the chunk `ds64`.
const UNKNOWN: u32 = u32::MAX;
/// More than any `fmt ` chunk that is read here.
const LONGEST_FORMAT: u64 = 1 << 10;
/// The rest of the identifier of an extensible format, behind the two bytes of its tag.
const SUBFORMAT: [u8; 14] = *b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const EXTENSIBLE: u16 = 0xFFFE;

/// How one sample is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// An integer of 1 to 4 bytes: one byte is unsigned, the others are signed. Fewer valid bits than that are the high
    /// ones, whose full scale is that of all bytes.
    Int(u16),
    /// The low 24 bits of 4 bytes.
    Low24,
    Float,
    Double,
    ALaw,
    MuLaw,
}

impl Encoding {
    /// Bytes of a sample.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Int(bytes) => bytes.into(),
            Self::Low24 | Self::Float => 4,
            Self::Double => 8,
            Self::ALaw | Self::MuLaw => 1,
        }
    }
}

/// Where the samples are, and how to read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) encoding: Encoding,
    pub(super) big_endian: bool,
    /// Samples of all channels together; `file` stands at the first.
    pub(super) samples: u64,
    /// The header does not say how many there are: they end with the file.
    pub(super) open: bool,
}

/// Finds the samples of a file of `len` bytes.
///
/// # Errors
/// When it is no such file, is of a kind that is not read, or is shorter than it claims.
pub(super) fn find(file: &mut (impl Read + Seek), len: u64) -> Result<Layout> {
    let mut start = [0; 12];
    read(file, &mut start, "its first 12 bytes")?;
    let big_endian = match &start[..4] {
        b"RIFF" | b"RF64" => false,
        b"RIFX" => true,
        other => {
            return Err(Error::new(format_args!(
                "is no .wav file: it starts with {}, not with RIFF, RIFX or RF64",
                name(other)
            )));
        }
    };
    if &start[8..] != b"WAVE" {
        return Err(Error::new(format_args!(
            "is a RIFF file of {}, not of WAVE",
            name(&start[8..])
        )));
    }
    let mut chunks = Chunks { file, at: 12, len, big_endian };
    let (mut format, mut long_size) = (None, None);
    let data = loop {
        let Some(chunk) = chunks.next()? else {
            let lacks = if format.is_some() { "data" } else { "fmt" };
            return Err(Error::new(format_args!(
                "has no {lacks} chunk in its {len} bytes: it is cut short, or no recording"
            )));
        };
        match &chunk.id {
            b"data" => break chunk,
            b"fmt " if format.is_some() => return Err(Error::new("has two fmt chunks")),
            b"fmt " => format = Some(chunks.format(&chunk)?),
            b"ds64" if &start[..4] == b"RF64" => {
                let mut sizes = [0; 16];
                read(chunks.file, &mut sizes, "its chunk ds64")?;
                let size = sizes[8..].try_into().map_or(0, u64::from_le_bytes);
                long_size = Some(size);
            }
            _ => {}
        }
        chunks.skip(&chunk)?;
    };
    let Some((format, encoding)) = format else {
        return Err(Error::new("has its data chunk before its fmt chunk"));
    };
    let held = len - data.start;
    let size = match (data.size, long_size) {
        (UNKNOWN, Some(size)) => Some(size),
        (UNKNOWN, None) => None,
        (0, _) if held > 0 && !chunks.are_all_behind(&data)? => None,
        (size, _) => Some(size.into()),
    };
    let bytes = encoding.bytes() as u64;
    let frame = bytes * u64::from(format.channels);
    if let Some(size) = size {
        if size > held {
            return Err(Error::new(format_args!(
                "the header claims {} samples of {} bits, but the file holds {}: it is cut short",
                size / bytes,
                8 * bytes,
                held / bytes
            )));
        }
        if size % frame != 0 {
            return Err(Error::new(format_args!(
                "the data has {size} bytes, which is no multiple of the {frame} of a sample of all {} channels",
                format.channels
            )));
        }
        chunks.require_no_other(&data)?;
    }
    chunks.seek(data.start)?;
    Ok(Layout {
        rate: format.rate,
        channels: format.channels,
        encoding,
        big_endian,
        samples: size.unwrap_or(held) / frame * u64::from(format.channels),
        open: size.is_none(),
    })
}

/// What a `fmt ` chunk says of every recording.
struct Format {
    rate: u32,
    channels: u16,
}

/// A chunk whose content starts at `start`.
struct Chunk {
    id: [u8; 4],
    start: u64,
    size: u32,
}

impl Chunk {
    /// Where the next one starts: on an even byte.
    fn end(&self) -> u64 {
        self.start + u64::from(self.size) + u64::from(self.size % 2)
    }
}

/// The chunks of a file in their order.
struct Chunks<'a, F> {
    file: &'a mut F,
    at: u64,
    len: u64,
    big_endian: bool,
}

impl<F: Read + Seek> Chunks<'_, F> {
    /// The next chunk; none at the end of the file.
    fn next(&mut self) -> Result<Option<Chunk>> {
        if self.at.saturating_add(8) > self.len {
            return Ok(None);
        }
        self.seek(self.at)?;
        let mut head = [0; 8];
        read(self.file, &mut head, "the head of a chunk")?;
        let [a, b, c, d, size @ ..] = head;
        self.at += 8;
        Ok(Some(Chunk { id: [a, b, c, d], start: self.at, size: self.u32(size) }))
    }

    fn skip(&mut self, chunk: &Chunk) -> Result<()> {
        if chunk.start + u64::from(chunk.size) > self.len {
            return Err(Error::new(format_args!(
                "the header claims a chunk {} of {} bytes, but the file holds {}",
                name(&chunk.id),
                chunk.size,
                self.len - chunk.start
            )));
        }
        self.at = chunk.end();
        Ok(())
    }

    /// Whether there is nothing but whole chunks behind one, up to the end of the file.
    fn are_all_behind(&mut self, chunk: &Chunk) -> Result<bool> {
        self.at = chunk.end();
        while self.at < self.len {
            match self.next()? {
                Some(next) if next.end() <= self.len => self.at = next.end(),
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Refuses a second data chunk behind the first: its samples would be lost. What is no chunk is not looked at, as
    /// everybody else does not.
    fn require_no_other(&mut self, data: &Chunk) -> Result<()> {
        self.at = data.end();
        while let Some(next) = self.next()? {
            if next.id == data.id {
                return Err(Error::new("has two data chunks"));
            }
            self.at = next.end();
        }
        Ok(())
    }

    fn seek(&mut self, at: u64) -> Result<()> {
        self.file.seek(SeekFrom::Start(at)).map(|_| ()).map_err(Error::new)
    }

    fn u16(&self, bytes: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    fn u32(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// Reads a `fmt ` chunk.
    fn format(&mut self, chunk: &Chunk) -> Result<(Format, Encoding)> {
        let size = u64::from(chunk.size);
        if !(16..=LONGEST_FORMAT).contains(&size) {
            return Err(Error::new(format_args!(
                "has a fmt chunk of {size} bytes, and 16 to {LONGEST_FORMAT} are read"
            )));
        }
        let mut bytes = vec![0; size as usize];
        read(self.file, &mut bytes, "its fmt chunk")?;
        let at = |i: usize| self.u16([bytes[i], bytes[i + 1]]);
        let (channels, block, bits) = (at(2), at(12), at(14));
        let rate = self.u32([bytes[4], bytes[5], bytes[6], bytes[7]]);
        let extended = at(0) == EXTENSIBLE;
        let tag = match at(0) {
            EXTENSIBLE if size < 40 => {
                return Err(Error::new(format_args!(
                    "has an extensible fmt chunk of {size} bytes, and 40 are needed"
                )));
            }
            EXTENSIBLE if self.big_endian || bytes[26..40] != SUBFORMAT => {
                return Err(Error::new("has an extensible format of a kind that is not read"));
            }
            EXTENSIBLE => at(24),
            tag => tag,
        };
        if rate == 0 {
            return Err(Error::new("the header claims 0 samples a second"));
        }
        if channels == 0 {
            return Err(Error::new("the header claims 0 channels"));
        }
        let encoding = match (tag, bits) {
            (PCM, 24) if !extended && u32::from(block) == 4 * u32::from(channels) => {
                Encoding::Low24
            }
            (PCM, 1..=32) => Encoding::Int(bits.div_ceil(8)),
            (FLOAT, 32) => Encoding::Float,
            (FLOAT, 64) => Encoding::Double,
            (A_LAW, 8) => Encoding::ALaw,
            (MU_LAW, 8) => Encoding::MuLaw,
            _ => return Err(unread(tag, bits)),
        };
        if u64::from(block) != encoding.bytes() as u64 * u64::from(channels) {
            return Err(Error::new(format_args!(
                "the header claims blocks of {block} bytes, but {channels} channels of {bits} bits take {}",
                encoding.bytes() * usize::from(channels)
            )));
        }
        Ok((Format { rate, channels }, encoding))
    }
}

/// A kind of sample that is not read.
fn unread(tag: u16, bits: u16) -> Error {
    let kind = match tag {
        PCM => "integers",
        FLOAT => "floats",
        A_LAW => "A-law",
        MU_LAW => "mu-law",
        0x0002 => "Microsoft's ADPCM",
        0x0011 => "IMA's ADPCM",
        0x0031 => "GSM 6.10",
        0x0055 => "MP3",
        _ => "a kind without a name here",
    };
    Error::new(format_args!(
        "has samples of format 0x{tag:04x} and {bits} bits ({kind}): integers of 1 to 32 bits, floats of 32 and 64, \
         A-law and mu-law are read"
    ))
}

/// The name of a chunk, which damage may have made anything.
fn name(id: &[u8]) -> String {
    String::from_utf8_lossy(id).trim_end().escape_default().to_string()
}

fn read(file: &mut impl Read, bytes: &mut [u8], what: &str) -> Result<()> {
    file.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            Error::new(format_args!("is no .wav file: it ends inside {what}"))
        }
        _ => Error::new(error),
    })
}
