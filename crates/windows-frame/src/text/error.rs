//! Why windows over text were refused.

use core::fmt;
use std::io;

use crate::FrameError;

/// Why units, windows, chunks or a merge were refused. Small, `Copy`, allocates nothing.
///
/// # Example
/// ```
/// use windows_frame::text::{TextError, Units};
///
/// let error = Units::from_offsets("añb", [0..1, 1..2]).unwrap_err();
/// assert_eq!(error, TextError::InsideChar { index: 1, at: 2 });
/// assert_eq!(error.to_string(), "unit 1: byte 2 lies inside a character");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum TextError {
    /// The frames are impossible: a size or step of 0, an overlap that leaves no step.
    Frames(FrameError),
    /// Padding before the text, or text left out: windows over text start at its start.
    Padding {
        /// Units before; negative ones are left out.
        before: isize,
        /// Units after; negative ones are left out.
        after: isize,
    },
    /// Balanced windows need the number of units, or units of one length.
    Balance,
    /// An empty delimiter would end a unit everywhere.
    EmptyDelimiter,
    /// Bytes that are not UTF-8.
    InvalidUtf8 {
        /// The first byte of the first sequence that is none, from the start of the input.
        at: usize,
    },
    /// A unit, or what must be read to find its end, is longer than the cap.
    UnitTooLong {
        /// Where it starts, in bytes.
        at: usize,
        /// The most bytes a unit may have.
        cap: usize,
    },
    /// A unit of the caller's ends before it starts.
    Backwards {
        /// Which.
        index: usize,
        /// Its start.
        start: usize,
        /// Its end.
        end: usize,
    },
    /// A unit of the caller's starts or ends before the one in front of it does.
    Disordered {
        /// Which.
        index: usize,
        /// Its start or end.
        at: usize,
        /// The start or end of the one in front.
        before: usize,
    },
    /// A unit of the caller's leaves the text.
    OutOfText {
        /// Which.
        index: usize,
        /// Its end.
        end: usize,
        /// Length of the text, in the unit of the offsets.
        len: usize,
    },
    /// A unit of the caller's starts or ends inside a character.
    InsideChar {
        /// Which.
        index: usize,
        /// The byte.
        at: usize,
    },
    /// A budget of 0.
    NoBudget,
    /// Chunks share as much as they may hold, and would not advance.
    Overlap {
        /// The most that neighbours may share.
        overlap: usize,
        /// The most that a chunk may hold.
        budget: usize,
    },
    /// One unit alone is above the budget.
    AboveBudget {
        /// Where it starts, in bytes.
        at: usize,
        /// Its measure.
        measure: usize,
        /// The most that a chunk may hold.
        budget: usize,
    },
    /// Two lengths that must agree do not.
    Length {
        /// What is measured: `"weights"`, `"predictions"`.
        what: &'static str,
        /// The length it must have.
        expected: usize,
        /// The length it has.
        got: usize,
    },
    /// A window lies outside the units that are merged.
    OutOfUnits {
        /// Its end.
        end: usize,
        /// How many units there are.
        units: usize,
    },
    /// Units for which no window brought a prediction.
    Uncovered {
        /// The first one.
        first: usize,
        /// How many.
        count: usize,
    },
    /// A weight that is not a positive finite number.
    Weight {
        /// Position inside the window.
        index: usize,
        /// Units of the window.
        len: usize,
    },
    /// n-grams of length 0, or of lengths from more to less.
    Ngrams {
        /// The shortest.
        shortest: usize,
        /// The longest.
        longest: usize,
    },
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Frames(error) => error.fmt(f),
            Self::Padding { before, after } => {
                write!(f, "padding {before}:{after}, but windows over text start with the text")
            }
            Self::Balance => {
                f.write_str("`balance` needs the number of units before the first window")
            }
            Self::EmptyDelimiter => f.write_str("a delimiter has at least one character"),
            Self::InvalidUtf8 { at } => write!(f, "invalid UTF-8 at byte {at}"),
            Self::UnitTooLong { at, cap } => {
                write!(f, "the unit at byte {at} is longer than {cap} bytes")
            }
            Self::Backwards { index, start, end } => {
                write!(f, "unit {index} starts at {start}, but ends at {end}")
            }
            Self::Disordered { index, at, before } => {
                write!(f, "unit {index} has offset {at}, but the unit before it has {before}")
            }
            Self::OutOfText { index, end, len } => {
                write!(f, "unit {index} ends at {end}, but the text at {len}")
            }
            Self::InsideChar { index, at } => {
                write!(f, "unit {index}: byte {at} lies inside a character")
            }
            Self::NoBudget => f.write_str("budget 0: a chunk holds at least 1"),
            Self::Overlap { overlap, budget } => {
                write!(f, "overlap {overlap} leaves nothing of the budget {budget} to advance by")
            }
            Self::AboveBudget { at, measure, budget } => {
                write!(f, "the unit at byte {at} measures {measure}, but the budget is {budget}")
            }
            Self::Length { what, expected, got } => {
                write!(f, "{what} have length {got}, but {expected} is needed")
            }
            Self::OutOfUnits { end, units } => {
                write!(f, "a window ends at unit {end}, but there are {units} units")
            }
            Self::Uncovered { first, count } => {
                write!(f, "{count} units have no prediction, the first is unit {first}")
            }
            Self::Weight { index, len } => write!(
                f,
                "weight {index} of a window of {len} units is not a positive finite number"
            ),
            Self::Ngrams { shortest, longest } => {
                write!(f, "n-grams of {shortest} to {longest} units: give 1 <= shortest <= longest")
            }
        }
    }
}

impl core::error::Error for TextError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Frames(error) => Some(error),
            _ => None,
        }
    }
}

impl From<FrameError> for TextError {
    fn from(error: FrameError) -> Self {
        Self::Frames(error)
    }
}

/// Why a reader's text ended early.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The reader failed.
    Io(io::Error),
    /// What it read was refused.
    Text(TextError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Text(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Text(error) => Some(error),
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<TextError> for ReadError {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}
