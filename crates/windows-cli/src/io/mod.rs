//! Files in and out. Arrays of any element type, whatever file they came from, are those of `windows-dtype`.
//!
//! | module | files |
//! | --- | --- |
//! | [`npy`] | `.npy` |
//! | [`mod@image`] | `.png .jpg .bmp .tif .webp` |
//! | [`wav`] | `.wav`, whose chunks are found by the private `riff` |
//! | [`inputs`] | many pictures: folders and patterns |
//! | [`output`] | outputs that appear whole or not at all |

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;

use crate::error::{At, Error, Result};

pub mod image;
pub mod inputs;
pub mod npy;
pub mod output;
mod riff;
pub mod wav;

pub use windows_dtype::{Array, ArrayOf, Dtype, Element, Visitor};

/// The kinds of file that hold an array, by their extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An array: `.npy`.
    Npy,
    /// A picture: H x W, or H x W x C with channels innermost.
    Image(image::Format),
    /// A recording: samples, or channels x samples.
    Wav,
}

impl Kind {
    /// The kind that the extension of `path` names.
    ///
    /// # Errors
    /// When it names none.
    pub fn of(path: &Path) -> Result<Self> {
        let extension = path
            .extension()
            .map(|extension| extension.to_string_lossy().to_ascii_lowercase())
            .unwrap_or_default();
        if let Some(format) = image::Format::of(&extension) {
            return Ok(Self::Image(format));
        }
        match extension.as_str() {
            "npy" => Ok(Self::Npy),
            "wav" => Ok(Self::Wav),
            _ => Err(Error::at(
                path,
                "the extension is not one of .npy .png .jpg .bmp .tif .webp .wav",
            )),
        }
    }

    /// For results that are arrays and nothing else.
    ///
    /// # Errors
    /// When this, the kind of `path`, is not [`Kind::Npy`].
    pub fn require_npy(self, path: &Path) -> Result<()> {
        match self {
            Self::Npy => Ok(()),
            _ => Err(Error::at(path, "the result is an array: write a .npy file")),
        }
    }
}

/// What was read.
#[derive(Debug)]
pub struct Input {
    /// The array in the file.
    pub array: Array,
    /// What file that was.
    pub kind: Kind,
    /// Samples a second, of a recording.
    pub rate: Option<u32>,
    /// What is to be said of it besides, in one line.
    pub note: Option<String>,
}

/// Reads the array in the file at `path`.
///
/// A picture is H x W (x C); a recording is its samples, or channels x samples, as floats between -1
/// and 1.
///
/// # Errors
/// When it cannot be opened, is damaged, or needs more memory than there is.
pub fn read(path: &Path) -> Result<Input> {
    require_file(path)?;
    let kind = Kind::of(path)?;
    let without = |array| Input { array, kind, rate: None, note: None };
    match kind {
        Kind::Npy => npy::read(path).map(without),
        Kind::Image(_) => image::read(path).map(without),
        Kind::Wav => {
            let recording = wav::read(path)?;
            let (rate, note) = (Some(recording.rate), recording.note(path));
            Ok(Input { array: recording.into_array().at(path)?, kind, rate, note })
        }
    }
}

/// Reads the picture at `path`, which may be an array.
///
/// # Errors
/// As [`read`]; when it is a recording.
pub fn read_picture(path: &Path) -> Result<Array> {
    match Kind::of(path) {
        Ok(Kind::Wav) => Err(Error::at(path, "is a recording, and a picture is expected")),
        _ => Ok(read(path)?.array),
    }
}

/// Writes row-major elements as a file of `kind`: an array or a picture. Recordings need a rate,
/// see [`wav::write`].
///
/// # Errors
/// When a file of that kind cannot hold them, and when `out` refuses.
pub fn write<T: Element>(
    out: &mut (impl Write + Seek),
    kind: Kind,
    shape: &[usize],
    data: &[T],
) -> Result<()> {
    match kind {
        Kind::Npy => npy::write(out, shape, data).map_err(Error::new),
        Kind::Image(format) => image::write(out, format, shape, data),
        Kind::Wav => Err(Error::new("an array has no sampling rate: write a .npy file")),
    }
}

/// Opens a regular file, and tells its length in bytes.
///
/// # Errors
/// When it cannot be opened, or is a folder, a pipe or a device: what a header claims is held
/// against the length.
pub fn open(path: &Path) -> Result<(File, u64)> {
    let len = require_file(path)?;
    Ok((File::open(path).at(path)?, len))
}

/// The length of a regular file. Asked by path: to open a pipe is to wait for its other end.
fn require_file(path: &Path) -> Result<u64> {
    let metadata = std::fs::metadata(path).at(path)?;
    if metadata.is_dir() {
        return Err(Error::at(path, "is a folder, and a file is expected"));
    }
    if !metadata.is_file() {
        return Err(Error::at(path, "is not a regular file"));
    }
    Ok(metadata.len())
}
