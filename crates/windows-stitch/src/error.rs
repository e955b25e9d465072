//! Why tiles cannot be put together.

use core::fmt;

use windows_core::WindowError;

/// Why a plan, a taper or a tile was refused.
///
/// Every variant carries the axis, or the tile, and both numbers, so that the message alone tells what to
/// change. The type is small, `Copy` and allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StitchError {
    /// What the geometry under the tiles says.
    Window(WindowError),
    /// An element that no tile covers.
    Uncovered {
        /// Flat index of the first one.
        first: usize,
        /// How many there are.
        count: usize,
    },
    /// A tile that was given twice, or that the grid does not have.
    UnexpectedTile {
        /// Flat index of the tile.
        index: usize,
        /// How many tiles the grid has.
        count: usize,
    },
    /// A tile that came so early that no room is left for it.
    TooEarly {
        /// Flat index of the tile.
        index: usize,
        /// The tile that is waited for.
        next: usize,
        /// How many tiles may wait.
        limit: usize,
    },
    /// Tiles with gaps between their taps.
    Dilated {
        /// Where.
        axis: usize,
        /// Distance between taps.
        dilation: usize,
    },
    /// A length, a size or a start that a scale does not take to a whole number.
    Scale {
        /// Where.
        axis: usize,
        /// The length.
        length: usize,
        /// It is multiplied by this,
        up: usize,
        /// and divided by this.
        down: usize,
    },
    /// A weight that is zero, negative or not finite.
    BadWeight {
        /// Where.
        axis: usize,
        /// Index of the weight.
        index: usize,
    },
}

impl From<WindowError> for StitchError {
    fn from(error: WindowError) -> Self {
        Self::Window(error)
    }
}

impl fmt::Display for StitchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Window(error) => error.fmt(f),
            Self::Uncovered { first, count } => {
                write!(f, "{count} elements are covered by no tile, the first is element {first}")
            }
            Self::UnexpectedTile { index, count } => {
                write!(f, "tile {index} was given before or is not one of the {count} tiles")
            }
            Self::TooEarly { index, next, limit } => write!(
                f,
                "tile {index} came while tile {next} is waited for, and {limit} are waiting already"
            ),
            Self::Dilated { axis, dilation } => {
                write!(f, "dilation {dilation} on axis {axis}: tiles must be solid")
            }
            Self::Scale { axis, length, up, down } => write!(
                f,
                "{length} elements on axis {axis} times {up} / {down} is not a whole number that fits"
            ),
            Self::BadWeight { axis, index } => {
                write!(f, "weight {index} on axis {axis} is not a positive finite number")
            }
        }
    }
}

impl core::error::Error for StitchError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Window(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a [`Stitcher`](crate::Stitcher) stopped: the tiles, or whoever takes the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StitcherError<E> {
    /// The tiles are not what the grid needs.
    Stitch(StitchError),
    /// The sink failed.
    Sink(E),
}

impl<E> From<StitchError> for StitcherError<E> {
    fn from(error: StitchError) -> Self {
        Self::Stitch(error)
    }
}

impl<E> From<WindowError> for StitcherError<E> {
    fn from(error: WindowError) -> Self {
        Self::Stitch(error.into())
    }
}

impl<E: fmt::Display> fmt::Display for StitcherError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stitch(error) => error.fmt(f),
            Self::Sink(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for StitcherError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Stitch(error) => Some(error),
            Self::Sink(error) => Some(error),
        }
    }
}
