//! How tiles become one array, before a grid is known.

use alloc::vec::Vec;
use core::num::NonZeroUsize;

use crate::{StitchError, Taper};

/// What an element under several tiles becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reduce {
    /// The mean, weighted by the [`Taper`].
    #[default]
    Mean,
    /// What the tile says that owns the element: see [`Axis::core`](windows_core::Axis::core).
    Crop,
    /// The greatest. What is not a number wins.
    Max,
    /// The least. What is not a number wins.
    Min,
    /// What the first tile of the grid says.
    First,
    /// What the last tile of the grid says.
    Last,
    /// What most tiles say, for class numbers; of several, what the first of them says.
    Vote,
}

windows_core::names!(Reduce:
    Mean = "mean", Max = "max", Min = "min", First = "first", Last = "last", Crop = "crop", Vote = "vote",
);

/// How much longer the output is than what the tiles were cut from: `up / down`.
///
/// # Example
/// ```
/// use windows_core::Grid;
/// use windows_stitch::{Scale, Stitch, StitchSpec};
///
/// // A model that doubles the resolution of 4 x 4 tiles
/// let grid = Grid::new([8, 8], [4, 4])?; // step 1: overlapping
/// let stitch = Stitch::new(&grid, StitchSpec::new().scale(Scale::up(2)))?;
/// assert_eq!((stitch.shape(), stitch.tile_shape()), (&[16, 16][..], &[8, 8][..]));
/// // A model that halves it: tiles must then start at even elements
/// assert!(Stitch::new(&grid, StitchSpec::new().scale(Scale::down(2))).is_err());
/// # Ok::<(), windows_stitch::StitchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scale {
    pub(crate) up: NonZeroUsize,
    pub(crate) down: NonZeroUsize,
}

impl Scale {
    /// As long as the input.
    pub const SAME: Self = Self::up(1);

    /// `times` as long.
    ///
    /// # Panics
    /// If that is 0.
    #[must_use]
    pub const fn up(times: usize) -> Self {
        Self::new(times, 1)
    }

    /// One `times`-th as long.
    ///
    /// # Panics
    /// If that is 0.
    #[must_use]
    pub const fn down(times: usize) -> Self {
        Self::new(1, times)
    }

    /// `up / down` times as long.
    ///
    /// # Panics
    /// If one of them is 0.
    #[must_use]
    pub const fn new(up: usize, down: usize) -> Self {
        match (NonZeroUsize::new(up), NonZeroUsize::new(down)) {
            (Some(up), Some(down)) => Self { up, down },
            _ => panic!("a scale is not 0"),
        }
    }

    pub(crate) fn apply(self, axis: usize, length: usize) -> Result<usize, StitchError> {
        let (up, down) = (self.up.get(), self.down.get());
        if !length.is_multiple_of(down) {
            return Err(StitchError::Scale { axis, length, up, down });
        }
        match (length / down).checked_mul(up) {
            Some(scaled) if scaled <= isize::MAX as usize => Ok(scaled),
            _ => Err(StitchError::Scale { axis, length, up, down }),
        }
    }
}

/// How tiles become one array, before a grid is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StitchSpec {
    pub(crate) taper: Taper,
    pub(crate) tapers: Vec<(usize, Taper)>,
    pub(crate) scale: Option<Scale>,
    pub(crate) scales: Vec<(usize, Scale)>,
    pub(crate) reduce: Reduce,
    pub(crate) gaps: bool,
}

impl StitchSpec {
    /// The plain mean, at scale 1, every element covered.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The weights of tiles along every axis. They concern the mean only.
    #[must_use]
    pub fn taper(mut self, taper: Taper) -> Self {
        self.taper = taper;
        self
    }

    /// The weights along one axis.
    #[must_use]
    pub fn taper_on(mut self, axis: usize, taper: Taper) -> Self {
        self.tapers.push((axis, taper));
        self
    }

    /// The length of the output along every windowed axis.
    #[must_use]
    pub fn scale(mut self, scale: Scale) -> Self {
        self.scale = Some(scale);
        self
    }

    /// The length of the output along one axis.
    #[must_use]
    pub fn scale_on(mut self, axis: usize, scale: Scale) -> Self {
        self.scales.push((axis, scale));
        self
    }

    /// What an element under several tiles becomes.
    #[must_use]
    pub fn reduce(mut self, reduce: Reduce) -> Self {
        self.reduce = reduce;
        self
    }

    /// Declares that elements may be under no tile: the grid may leave some out, and
    /// [`Stitcher::skip`](crate::Stitcher::skip) may leave out tiles. They become the fill value, and the weights of the others
    /// still sum to one. Takes one weight per element of the band.
    #[must_use]
    pub fn gaps(mut self) -> Self {
        self.gaps = true;
        self
    }
}
