//! `.npy` files on disk: what [`windows_dtype::npy`] reads, held against the length of the file and the memory there is.

use std::path::Path;

pub use windows_dtype::npy::{Header, header, require_loadable, write};

use super::Array;
use crate::error::{At, Result};
use crate::memory;

/// Reads the array in a `.npy` file.
///
/// A Fortran-order file becomes a column-major array: nothing is transposed.
///
/// # Errors
/// When the file cannot be read, is no `.npy` file, holds an element type that the program does not
/// know, or fewer elements than its header claims; when the memory is not there.
pub fn read(path: &Path) -> Result<Array> {
    let (mut file, len) = super::open(path)?;
    let header = Header::read(&mut file, len).at(path)?;
    memory::check(header.bytes(), "the array").at(path)?;
    header.read_array(file).at(path)
}
