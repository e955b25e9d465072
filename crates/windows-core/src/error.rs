//! The one error type of the crate.

use core::fmt;

/// Why a geometry, a view or a buffer was refused.
///
/// Every variant carries the axis and both numbers, so that the message alone tells what to change.
/// The type is small, `Copy` and allocates nothing.
///
/// # Example
/// ```
/// use windows_core::{View, WindowError};
///
/// let data = [0u8; 12];
/// let view = View::new(&data, [3, 4])?;
/// let error = view.try_windows([3, 0]).unwrap_err();
/// assert_eq!(error, WindowError::ZeroSize { axis: 1 });
/// assert_eq!(error.to_string(), "window size 0 on axis 1: a window has at least one element");
/// # Ok::<(), WindowError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WindowError {
    /// A window size of zero.
    ZeroSize {
        /// Where.
        axis: usize,
    },
    /// A step of zero.
    ZeroStep {
        /// Where.
        axis: usize,
    },
    /// A dilation of zero.
    ZeroDilation {
        /// Where.
        axis: usize,
    },
    /// A list of values has another length than the array has axes.
    Rank {
        /// What the list is: `"size"`, `"step"`, `"shape"`, ...
        what: &'static str,
        /// How many values it has.
        got: usize,
        /// How many axes there are.
        expected: usize,
    },
    /// An axis number beyond the rank.
    NoSuchAxis {
        /// The axis asked for.
        axis: usize,
        /// How many axes there are.
        ndim: usize,
    },
    /// A list of axes that is not a permutation.
    NotAPermutation {
        /// The axis that is missing or named twice.
        axis: usize,
    },
    /// The window does not fit, and the caller asked for at least one that does.
    WindowTooLarge {
        /// Where.
        axis: usize,
        /// Window size in taps.
        size: usize,
        /// Distance between taps.
        dilation: usize,
        /// Elements spanned: `dilation * (size - 1) + 1`.
        field: usize,
        /// Length of the axis with its padding.
        padded: usize,
    },
    /// Size and dilation span more than `isize::MAX` elements.
    FieldOverflow {
        /// Where.
        axis: usize,
        /// Window size.
        size: usize,
        /// Dilation.
        dilation: usize,
    },
    /// Length and padding are more than `isize::MAX` elements together.
    PaddedOverflow {
        /// Where.
        axis: usize,
        /// Length of the axis.
        len: usize,
        /// One of the paddings, or both added up if the sum still fits.
        padding: usize,
    },
    /// The last window would start beyond `isize::MAX`.
    StartOverflow {
        /// Where.
        axis: usize,
        /// Step.
        step: usize,
        /// How many windows.
        count: usize,
    },
    /// A product of lengths exceeds `isize::MAX`.
    ProductOverflow {
        /// What is counted: `"elements"`, `"windows"`, ...
        what: &'static str,
        /// The axis whose length is too much.
        axis: usize,
        /// The product up to there.
        product: usize,
        /// The length that makes it overflow.
        len: usize,
    },
    /// A stride times its length leaves `isize`.
    StrideOverflow {
        /// Where.
        axis: usize,
        /// The stride, in elements.
        stride: isize,
        /// The length of the axis, or the step that multiplies the stride.
        len: usize,
    },
    /// Explicit padding beside an edge or a `same` rule that sets its own.
    PaddingConflict {
        /// Where.
        axis: usize,
        /// Padding before.
        before: usize,
        /// Padding after.
        after: usize,
        /// The rule that allows no padding.
        rule: &'static str,
    },
    /// `same` padding beside an edge other than `drop`.
    EdgeConflict {
        /// Where.
        axis: usize,
        /// The edge asked for.
        edge: &'static str,
    },
    /// A view reaches beyond its data.
    OutOfData {
        /// The element reached: an offset from the start of the data, negative if before it.
        offset: isize,
        /// How many elements there are.
        len: usize,
    },
    /// A range leaves its axis.
    RangeOutside {
        /// Where.
        axis: usize,
        /// First index.
        start: usize,
        /// One past the last.
        end: usize,
        /// Length of the axis.
        len: usize,
    },
    /// Two lengths that must agree do not.
    Length {
        /// What is measured: `"output"`, `"windows"`, ...
        what: &'static str,
        /// The length it must have.
        expected: usize,
        /// The length it has.
        got: usize,
    },
    /// Two shapes that must agree do not.
    Shape {
        /// What is measured.
        what: &'static str,
        /// Where.
        axis: usize,
        /// The length it must have.
        expected: usize,
        /// The length it has.
        got: usize,
    },
    /// Windows share elements where each must have its own.
    Overlapping {
        /// Where.
        axis: usize,
        /// Elements spanned by a window.
        field: usize,
        /// Step.
        step: usize,
    },
    /// Two positions of a mutable view would be one element.
    Aliased {
        /// An axis along which elements repeat.
        axis: usize,
        /// Its stride.
        stride: isize,
    },
    /// Windows reach into the padding or over the edge where whole ones are needed.
    Partial {
        /// Where.
        axis: usize,
        /// Windows on that axis.
        count: usize,
        /// Those of them that lie wholly inside.
        whole: usize,
    },
    /// Window starts are not equally spaced where an arithmetic progression is needed.
    Irregular {
        /// Where.
        axis: usize,
    },
    /// A border other than a constant has nothing to read from.
    EmptyBorder {
        /// The axis of length zero.
        axis: usize,
    },
    /// Bytes that do not divide into elements, or lie on the wrong boundary.
    Bytes {
        /// How many bytes.
        len: usize,
        /// Bytes of one element.
        size: usize,
    },
    /// The elements of a foreign array leave gaps in memory that a view would have to span.
    Gaps {
        /// How many elements.
        len: usize,
        /// Bytes of one element.
        size: usize,
    },
    /// More memory than there is, or than there can be.
    Memory {
        /// What it was for: `"packed windows"`, ...
        what: &'static str,
        /// How many elements.
        len: usize,
        /// Bytes of one element.
        size: usize,
    },
}

impl WindowError {
    /// The same error, said of another axis: 1-D arithmetic does not know which axis it serves.
    /// Crates that make an [`Axis`](crate::Axis) by itself say so for theirs.
    ///
    /// # Example
    /// ```
    /// use windows_core::{Axis, AxisSpec, WindowError};
    ///
    /// let error = Axis::new(8, AxisSpec::new(0)).unwrap_err();
    /// assert_eq!(error.on_axis(2), WindowError::ZeroSize { axis: 2 });
    /// ```
    #[must_use]
    pub const fn on_axis(self, on: usize) -> Self {
        let mut error = self;
        match &mut error {
            Self::ZeroSize { axis }
            | Self::ZeroStep { axis }
            | Self::ZeroDilation { axis }
            | Self::WindowTooLarge { axis, .. }
            | Self::FieldOverflow { axis, .. }
            | Self::PaddedOverflow { axis, .. }
            | Self::StartOverflow { axis, .. }
            | Self::PaddingConflict { axis, .. }
            | Self::EdgeConflict { axis, .. } => *axis = on,
            _ => {}
        }
        error
    }
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ZeroSize { axis } => {
                write!(f, "window size 0 on axis {axis}: a window has at least one element")
            }
            Self::ZeroStep { axis } => {
                write!(f, "step 0 on axis {axis}: windows must advance by at least 1")
            }
            Self::ZeroDilation { axis } => {
                write!(f, "dilation 0 on axis {axis}: taps are at least 1 apart")
            }
            Self::Rank { what, got, expected } => {
                write!(f, "{what} has {got} values, but there are {expected} axes")
            }
            Self::NoSuchAxis { axis, ndim } => {
                write!(f, "axis {axis} does not exist: there are {ndim} axes")
            }
            Self::NotAPermutation { axis } => {
                write!(f, "axis {axis} must be named exactly once")
            }
            Self::WindowTooLarge { axis, size, dilation: 1, padded, .. } => {
                write!(f, "window size {size} on axis {axis}, but the length is {padded}")
            }
            Self::WindowTooLarge { axis, size, dilation, field, padded } => write!(
                f,
                "window size {size} with dilation {dilation} spans {field} on axis {axis}, \
                 but the padded length is {padded}"
            ),
            Self::FieldOverflow { axis, size, dilation } => write!(
                f,
                "window size {size} with dilation {dilation} on axis {axis} spans more than \
                 isize::MAX elements"
            ),
            Self::PaddedOverflow { axis, len, padding } => write!(
                f,
                "length {len} with padding {padding} on axis {axis} exceeds isize::MAX elements"
            ),
            Self::StartOverflow { axis, step, count } => write!(
                f,
                "{count} windows at step {step} on axis {axis} start beyond isize::MAX elements"
            ),
            Self::ProductOverflow { what, axis, product, len } => write!(
                f,
                "too many {what}: {product} times {len} on axis {axis} exceeds isize::MAX"
            ),
            Self::StrideOverflow { axis, stride, len } => {
                write!(f, "stride {stride} times {len} on axis {axis} overflows isize")
            }
            Self::PaddingConflict { axis, before, after, rule } => write!(
                f,
                "padding {before}:{after} on axis {axis} beside `{rule}`, which takes none"
            ),
            Self::EdgeConflict { axis, edge } => {
                write!(f, "edge `{edge}` on axis {axis} beside `same` padding, which takes none")
            }
            Self::OutOfData { offset, len } => {
                write!(f, "the view reaches element {offset}, but the data has {len}")
            }
            Self::RangeOutside { axis, start, end, len } => {
                write!(f, "range {start}..{end} on axis {axis}, but its length is {len}")
            }
            Self::Length { what, expected, got } => {
                write!(f, "{what} has length {got}, but {expected} is needed")
            }
            Self::Shape { what, axis, expected, got } => {
                write!(f, "{what} has length {got} on axis {axis}, but {expected} is needed")
            }
            Self::Overlapping { axis, field, step } => write!(
                f,
                "windows overlap on axis {axis}: each spans {field} elements, the step is {step}"
            ),
            Self::Aliased { axis, stride } => write!(
                f,
                "stride {stride} on axis {axis} lets two positions be one element, which a \
                 mutable view must not"
            ),
            Self::Partial { axis, count, whole } => write!(
                f,
                "only {whole} of {count} windows on axis {axis} lie wholly inside: name a border"
            ),
            Self::Irregular { axis } => {
                write!(f, "window starts on axis {axis} are not equally spaced")
            }
            Self::EmptyBorder { axis } => {
                write!(f, "axis {axis} has length 0: only a constant border can be read there")
            }
            Self::Bytes { len, size } => {
                write!(f, "{len} bytes are not whole, aligned elements of {size} bytes")
            }
            Self::Gaps { len, size } => write!(
                f,
                "the {len} elements of {size} bytes leave gaps in memory: view the whole array and \
                 slice the view"
            ),
            Self::Memory { what, len, size } => {
                write!(f, "no memory for {what}: {len} elements of {size} bytes")
            }
        }
    }
}

impl core::error::Error for WindowError {}
