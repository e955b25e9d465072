//! Why framing was refused.

use core::fmt;

use windows_core::WindowError;

/// Why a framing or a stream was refused. Small, `Copy`, allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum FrameError {
    /// The geometry is impossible: a length, hop or padding.
    Geometry(WindowError),
    /// Fewer samples left out at the edges than the tail rule allows: only `drop` takes negative padding.
    NegativePadding {
        /// Samples before; negative ones are left out.
        before: isize,
        /// Samples after; negative ones are left out.
        after: isize,
        /// The rule that allows none.
        edge: &'static str,
    },
    /// A partial frame must keep at least one sample, and at most all.
    AtLeast {
        /// Samples asked for.
        samples: usize,
        /// Length of a frame.
        length: usize,
    },
    /// Two lengths that must agree do not.
    Length {
        /// What is measured: `"frame"`, `"window"`, ...
        what: &'static str,
        /// The length it must have.
        expected: usize,
        /// The length it has.
        got: usize,
    },
    /// These frames depend on samples that a stream has not seen or no longer has.
    NotStreamable {
        /// The rule that needs the whole input: `"balance"` or `"wrap"`.
        rule: &'static str,
    },
    /// A stream ended in the middle of an interleaved sample.
    Interleaved {
        /// Channels of a sample.
        channels: usize,
        /// Channels that the last one has.
        got: usize,
    },
    /// A stream has no channels, or is given another number of them.
    Channels {
        /// Channels of the stream.
        expected: usize,
        /// Channels given.
        got: usize,
    },
    /// A border other than a constant has nothing to read from.
    NoSamples {
        /// Frames asked for.
        frames: usize,
    },
    /// More memory than there is.
    Memory {
        /// Elements asked for.
        elements: usize,
    },
    /// A parameter outside its domain.
    Parameter {
        /// Which.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Geometry(error) => error.fmt(f),
            Self::NegativePadding { before, after, edge } => write!(
                f,
                "padding {before}:{after} leaves samples out, which edge `{edge}` does not allow"
            ),
            Self::AtLeast { samples, length } => {
                write!(f, "a partial frame must keep 1 to {length} samples, not {samples}")
            }
            Self::Length { what, expected, got } => {
                write!(f, "{what} has length {got}, but {expected} is needed")
            }
            Self::NotStreamable { rule } => {
                write!(f, "`{rule}` needs the whole input: frames cannot be streamed")
            }
            Self::Interleaved { channels, got } => {
                write!(f, "the stream ended after {got} of {channels} interleaved channels")
            }
            Self::Channels { expected, got } => {
                write!(f, "{got} channels, but {expected} are needed")
            }
            Self::NoSamples { frames } => write!(
                f,
                "{frames} frames over 0 samples: only a constant border can be read there"
            ),
            Self::Memory { elements } => write!(f, "no memory for {elements} elements"),
            Self::Parameter { what, value, expected } => {
                write!(f, "{what} is {value}, but must be {expected}")
            }
        }
    }
}

impl core::error::Error for FrameError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Geometry(error) => Some(error),
            _ => None,
        }
    }
}

impl From<WindowError> for FrameError {
    fn from(error: WindowError) -> Self {
        Self::Geometry(error)
    }
}
