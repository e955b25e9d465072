//! The one error type of the crate.

use std::{fmt, io};

use windows_core::WindowError;

use crate::dtype::Dtype;
use crate::npy::MAX_AXES;

/// Why an array or a file was refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A shape that no array has.
    Shape(WindowError),
    /// Not as many elements as the shape has.
    Elements {
        /// The lengths of the axes.
        shape: Vec<usize>,
        /// The product of the lengths. `None` if it overflows.
        expected: Option<usize>,
        /// The number of elements that there are.
        found: usize,
    },
    /// A file that is no `.npy` file, or has a damaged header: in which way.
    Header(String),
    /// A `.npy` file of elements that are none of [`Dtype::ALL`]: their type as the header writes it.
    UnknownDtype(String),
    /// A `.npy` file that ends before its elements do.
    Short {
        /// The element type.
        dtype: Dtype,
        /// The lengths of the axes, as the header claims them.
        shape: Vec<usize>,
        /// The number of elements that the header claims.
        claimed: usize,
        /// The number of elements that the file holds.
        held: u64,
    },
    /// A shape of more axes than numpy can load.
    Axes {
        /// The number of axes.
        axes: usize,
    },
    /// A shape of more bytes than numpy can load; an array without elements can have one.
    Unloadable {
        /// The lengths of the axes.
        shape: Vec<usize>,
    },
    /// The system refuses the memory.
    Memory {
        /// What is needed, in bytes.
        bytes: usize,
    },
    /// Reading or writing failed.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(error) => error.fmt(f),
            Self::Elements { shape, expected: Some(expected), found } => {
                write!(f, "the shape {shape:?} has {expected} elements, but there are {found}")
            }
            Self::Elements { shape, expected: None, .. } => {
                write!(f, "the shape {shape:?} has more elements than the address space")
            }
            Self::Header(reason) => f.write_str(reason),
            Self::UnknownDtype(descr) => {
                write!(f, "element type '{descr}' is not one of")?;
                Dtype::ALL.iter().try_for_each(|dtype| write!(f, " {dtype}"))
            }
            Self::Short { dtype, shape, claimed, held } => write!(
                f,
                "the header claims {claimed} elements of {dtype} (shape {shape:?}), but the file holds {held}"
            ),
            Self::Axes { axes } => {
                write!(f, "the shape has {axes} axes, and numpy has {MAX_AXES} at most")
            }
            Self::Unloadable { shape } => write!(
                f,
                "numpy cannot load the shape {shape:?}: its lengths are of more than {} bytes",
                isize::MAX
            ),
            Self::Memory { bytes } => {
                write!(f, "{bytes} bytes of memory are needed, and the system refuses them")
            }
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Shape(error) => Some(error),
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<WindowError> for Error {
    fn from(error: WindowError) -> Self {
        Self::Shape(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
