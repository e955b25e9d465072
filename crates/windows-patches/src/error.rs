//! Why an image, a patch size or a buffer was refused.

use core::fmt;

use windows_core::WindowError;
use windows_stitch::StitchError;

/// Why an image, a patch size or a buffer was refused.
///
/// Axes are named as people name them: `height`, `width`, `frames`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PatchError {
    /// What the geometry under the patches says; its axes are image, height, width, channel.
    Window(WindowError),
    /// Patches that cannot be put back: they leave pixels out, for the most part.
    Stitch(StitchError),
    /// The patches end before the image does, and no edge was named.
    DoesNotFit {
        /// `height` or `width`.
        axis: &'static str,
        /// Length of the image.
        len: usize,
        /// Length of a patch.
        size: usize,
        /// Distance between patches.
        step: usize,
        /// Pixels that no patch would hold.
        left: usize,
    },
    /// Patches, or frames, that do not divide into groups.
    Group {
        /// `height`, `width` or `frames`.
        axis: &'static str,
        /// How many there are.
        count: usize,
        /// How many a group takes.
        group: usize,
    },
    /// More patches than the model takes.
    TooManyPatches {
        /// How many there are.
        patches: usize,
        /// How many the model takes.
        limit: usize,
    },
    /// One value per channel is needed.
    Channels {
        /// What has a value per channel.
        what: &'static str,
        /// How many values it has.
        got: usize,
        /// How many channels there are.
        channels: usize,
    },
    /// A scale, mean or standard deviation that is not finite, or a deviation that is not positive.
    BadNormalization {
        /// The channel.
        channel: usize,
        /// The value.
        value: f32,
    },
    /// A normalisation by the image's own mean, where there is no image.
    ImageNeeded,
    /// An order that puts numbers in front of patches, for elements that may be none.
    NumbersNeeded {
        /// The order.
        order: &'static str,
    },
    /// A row or a column that the elements cannot hold.
    NumberTooLarge {
        /// Its number.
        number: usize,
    },
    /// A pixel type with another number of channels than the image.
    PixelType {
        /// Channels of the pixel type.
        pixel: usize,
        /// Channels of the image.
        channels: usize,
    },
}

impl From<WindowError> for PatchError {
    fn from(error: WindowError) -> Self {
        Self::Window(error)
    }
}

impl From<StitchError> for PatchError {
    fn from(error: StitchError) -> Self {
        match error {
            StitchError::Window(error) => Self::Window(error),
            error => Self::Stitch(error),
        }
    }
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Window(error) => error.fmt(f),
            Self::Stitch(error) => error.fmt(f),
            Self::DoesNotFit { axis, len, size, step, left } => write!(
                f,
                "patch size {size} at step {step} leaves {left} of {len} pixels of the {axis} over: \
                 name an edge"
            ),
            Self::Group { axis, count, group } => {
                write!(f, "{count} along the {axis} do not divide into groups of {group}")
            }
            Self::TooManyPatches { patches, limit } => {
                write!(f, "{patches} patches, but the model takes {limit}")
            }
            Self::Channels { what, got, channels } => {
                write!(f, "{what} has {got} values, but the image has {channels} channels")
            }
            Self::BadNormalization { channel, value } => {
                write!(f, "{value} of channel {channel} cannot normalise an image")
            }
            Self::ImageNeeded => f.write_str(
                "mean and deviation are those of an image: take the normalisation of that image",
            ),
            Self::NumbersNeeded { order } => {
                write!(f, "order {order} puts numbers in front of patches: convert to numbers")
            }
            Self::NumberTooLarge { number } => {
                write!(f, "row or column {number} is more than an element can hold")
            }
            Self::PixelType { pixel, channels } => {
                write!(f, "a pixel of {pixel} channels, but the image has {channels}")
            }
        }
    }
}

impl core::error::Error for PatchError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Window(error) => Some(error),
            Self::Stitch(error) => Some(error),
            _ => None,
        }
    }
}
