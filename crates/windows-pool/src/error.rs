//! Why a pooling was refused.

use core::fmt;

use windows_core::{WindowError, check};

/// Why a kind, a geometry or a buffer was refused.
///
/// # Example
/// ```
/// use windows_pool::{Average, Pool, WindowSpec};
///
/// let error = Pool::max(WindowSpec::new([3, 0])).plan::<f32>([8, 8]).unwrap_err();
/// assert_eq!(error.to_string(), "window size 0 on axis 1: a window has at least one element");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PoolError {
    /// The geometry, the view or a length.
    Window(WindowError),
    /// More windowed axes than the array has.
    TooFewAxes {
        /// Axes that the spec asks for, those behind the windowed ones included.
        spec: usize,
        /// Axes of the array.
        ndim: usize,
    },
    /// The index type cannot count the elements of a plane.
    IndexTooSmall {
        /// The name of the type.
        index: &'static str,
        /// The highest index it can hold.
        highest: u64,
        /// Elements in a plane.
        plane: usize,
    },
    /// An index to unpool that is not an element of its plane.
    IndexOutside {
        /// Which of the indices, counted in row-major order.
        at: usize,
        /// Its value.
        index: i64,
        /// Elements in a plane.
        plane: usize,
    },
    /// The exponent of an Lp norm that is not a positive finite number.
    BadExponent(f64),
    /// A quantile outside `0..=1`.
    BadQuantile(f64),
    /// An average with a divisor of 0.
    ZeroDivisor,
    /// A view whose strides are not those that the plan was made for.
    Strides {
        /// Where.
        axis: usize,
        /// The stride of the plan, in elements.
        expected: isize,
        /// The stride of the view.
        got: isize,
    },
    /// An adaptive pooling to no windows at all.
    ZeroOutput {
        /// Where.
        axis: usize,
        /// Length of the axis.
        len: usize,
    },
    /// Something that there is no memory for.
    Memory {
        /// What: `"windows"`, `"padded elements"`, `"scratch"`, ...
        what: &'static str,
        /// The axis that it is of, for a table of one axis.
        axis: Option<usize>,
        /// Bytes that were asked for, `usize::MAX` if they are more.
        bytes: usize,
    },
    /// Scratch memory that is too small.
    Scratch {
        /// Bytes that are needed.
        expected: usize,
        /// Bytes there are.
        got: usize,
    },
}

impl From<WindowError> for PoolError {
    fn from(error: WindowError) -> Self {
        Self::Window(error)
    }
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Window(error) => error.fmt(f),
            Self::TooFewAxes { spec, ndim } => {
                write!(f, "the windows take {spec} axes, but the array has {ndim}")
            }
            Self::IndexTooSmall { index, highest, plane } => {
                write!(
                    f,
                    "index type {index} counts to {highest}, but a plane has {plane} elements"
                )
            }
            Self::IndexOutside { at, index, plane } => {
                write!(f, "index {index} at position {at}, but a plane has {plane} elements")
            }
            Self::BadExponent(p) => write!(f, "exponent {p} of an Lp norm: it must be positive"),
            Self::BadQuantile(q) => write!(f, "quantile {q} is not in 0..=1"),
            Self::ZeroDivisor => write!(f, "divisor 0 of an average"),
            Self::Strides { axis, expected, got } => write!(
                f,
                "the view has stride {got} on axis {axis}, but the plan was made for {expected}"
            ),
            Self::ZeroOutput { axis, len } => {
                write!(f, "0 windows asked for on axis {axis} of length {len}")
            }
            Self::Memory { what, axis: Some(axis), bytes } => {
                write!(f, "no memory for {what} of axis {axis}: {bytes} bytes")
            }
            Self::Memory { what, axis: None, bytes } => {
                write!(f, "no memory for {what}: {bytes} bytes")
            }
            Self::Scratch { expected, got } => {
                write!(f, "scratch has {got} bytes, but {expected} are needed")
            }
        }
    }
}

impl core::error::Error for PoolError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Window(error) => Some(error),
            _ => None,
        }
    }
}

/// An empty vector with room for `len` elements.
pub(crate) fn room<E>(
    what: &'static str,
    axis: Option<usize>,
    len: usize,
) -> Result<Vec<E>, PoolError> {
    check::room(what, len).map_err(|_| too_much::<E>(what, axis, len))
}

/// A vector of `len` equal elements.
pub(crate) fn filled<E: Clone>(
    what: &'static str,
    value: E,
    len: usize,
) -> Result<Vec<E>, PoolError> {
    check::filled(what, len, value).map_err(|_| too_much::<E>(what, None, len))
}

fn too_much<E>(what: &'static str, axis: Option<usize>, len: usize) -> PoolError {
    PoolError::Memory { what, axis, bytes: len.saturating_mul(size_of::<E>()) }
}
