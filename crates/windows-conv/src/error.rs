//! The one error type of the crate.

use std::fmt;

use windows_core::WindowError;

/// Why a convolution was refused. Small, `Copy`, and says both numbers.
///
/// # Example
/// ```
/// use windows_conv::{ConvError, ConvPlan, ConvSpec};
/// use windows_core::DynView;
///
/// let (x, w) = (vec![0f32; 3 * 8 * 8], vec![0f32; 4 * 2 * 3 * 3]);
/// let x = DynView::new(&x, [1, 3, 8, 8])?;
/// let w = DynView::new(&w, [4, 2, 3, 3])?;
/// let error = ConvPlan::<f32>::new(&ConvSpec::new([3, 3]), x.layout(), &w).unwrap_err();
/// assert_eq!(error, ConvError::Channels { input: 3, groups: 1, weights: 2 });
/// # Ok::<(), windows_core::WindowError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConvError {
    /// A geometry, a view or a buffer that the core refuses. The axis is that of the input.
    Window(WindowError),
    /// No groups at all.
    ZeroGroups,
    /// A number of channels that does not divide into the groups.
    Groups {
        /// Whose channels: `"input"` or `"output"`.
        what: &'static str,
        /// How many channels.
        channels: usize,
        /// How many groups.
        groups: usize,
    },
    /// The weights expect another number of input channels.
    Channels {
        /// Channels of the input.
        input: usize,
        /// Groups.
        groups: usize,
        /// Channels a group, in the weights (input channels in all, if transposed).
        weights: usize,
    },
    /// An array of the wrong rank.
    Rank {
        /// Which.
        what: &'static str,
        /// Its number of axes.
        got: usize,
        /// The number needed.
        expected: usize,
    },
    /// An array or list of the wrong length along an axis.
    Shape {
        /// Which.
        what: &'static str,
        /// The axis of that array.
        axis: usize,
        /// Its length.
        got: usize,
        /// The length needed.
        expected: usize,
    },
    /// An input whose memory layout is not the one that the plan was made for.
    Stride {
        /// The axis.
        axis: usize,
        /// Its stride.
        got: isize,
        /// The stride of the plan.
        expected: isize,
    },
    /// Output padding is an ambiguity to resolve, smaller than step or dilation.
    OutputPadding {
        /// Axis of the input.
        axis: usize,
        /// What was asked for.
        padding: usize,
        /// It must be less than this: the greater one of step and dilation.
        limit: usize,
    },
    /// Output padding without `transposed`.
    NotTransposed,
    /// A transposed convolution whose padding takes all of the output away.
    OutputLength {
        /// Axis of the input.
        axis: usize,
        /// Length without padding.
        full: usize,
        /// Padding, both sides.
        padding: usize,
    },
    /// A transposed convolution has no windows that stop at an edge.
    TransposedEdge {
        /// Axis of the input.
        axis: usize,
    },
    /// An activation that the element type does not have, or an empty clamp.
    Activation {
        /// Its name.
        name: &'static str,
    },
    /// A zero point outside the element type, or any at all for floats.
    ZeroPoint {
        /// Whose: `"input"` or `"weights"`.
        what: &'static str,
        /// Its value.
        value: i32,
        /// The smallest allowed.
        low: i32,
        /// The greatest allowed.
        high: i32,
    },
    /// Integers whose sums may leave the range of `i32`, where wrapping was not asked for.
    Overflow {
        /// The output channel.
        channel: usize,
        /// Products that an output of it is the sum of, at most.
        products: usize,
        /// The greatest such sum, or the least, bias included.
        sum: i64,
    },
    /// No threads at all, or more than there can be.
    Threads {
        /// What was asked for.
        threads: usize,
        /// The most there can be: 1 without the feature `rayon`.
        most: usize,
    },
    /// Memory that the system does not have.
    Memory {
        /// For what.
        what: &'static str,
        /// How much was asked for, or `usize::MAX` if it cannot be said.
        bytes: usize,
    },
    /// A limit on scratch memory that not even one panel fits into.
    Scratch {
        /// Bytes needed.
        needed: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// An instruction set that this processor does not have.
    Isa {
        /// Its name.
        name: &'static str,
    },
}

impl From<WindowError> for ConvError {
    fn from(error: WindowError) -> Self {
        Self::Window(error)
    }
}

impl fmt::Display for ConvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Window(error) => error.fmt(f),
            Self::ZeroGroups => write!(f, "groups must be at least 1"),
            Self::Groups { what, channels, groups } => {
                write!(f, "{channels} {what} channels do not divide into {groups} groups")
            }
            Self::Channels { input, groups, weights } => write!(
                f,
                "the input has {input} channels in {groups} groups, but the weights are for \
                 {weights} a group"
            ),
            Self::Rank { what, got, expected } => {
                write!(f, "{what} has {got} axes, but {expected} are needed")
            }
            Self::Shape { what, axis, got, expected } => {
                write!(f, "{what} has length {got} on axis {axis}, but {expected} is needed")
            }
            Self::Stride { axis, got, expected } => {
                write!(f, "input stride {got} on axis {axis}, but the plan was made for {expected}")
            }
            Self::OutputPadding { axis, padding, limit } => write!(
                f,
                "output padding {padding} on axis {axis} must be less than {limit}, the greater \
                 one of step and dilation"
            ),
            Self::NotTransposed => write!(f, "output padding without a transposed convolution"),
            Self::OutputLength { axis, full, padding } => write!(
                f,
                "padding {padding} on axis {axis} leaves nothing of a transposed output of {full}"
            ),
            Self::TransposedEdge { axis } => {
                write!(f, "axis {axis}: a transposed convolution takes no edge but `drop`")
            }
            Self::Activation { name } => {
                write!(f, "activation `{name}` is not possible for this element type and range")
            }
            Self::ZeroPoint { what, value, low, high } => {
                write!(f, "zero point {value} of the {what} is outside {low}..={high}")
            }
            Self::Overflow { channel, products, sum } => write!(
                f,
                "{products} products of output channel {channel} may add up to {sum}, but an i32 holds \
                 {} to {}: `Overflow::Wrap` lets sums wrap",
                i32::MIN,
                i32::MAX
            ),
            Self::Threads { threads, most: 1 } => {
                write!(f, "{threads} threads, but without the feature `rayon` there is 1")
            }
            Self::Threads { threads, most } => {
                write!(f, "{threads} threads, but there are 1 to {most}")
            }
            Self::Memory { what, bytes } => write!(f, "no memory for the {bytes} bytes of {what}"),
            Self::Scratch { needed, limit } => {
                write!(f, "scratch of {limit} bytes a thread, but {needed} are needed")
            }
            Self::Isa { name } => write!(f, "this processor has no {name}"),
        }
    }
}

impl std::error::Error for ConvError {}
