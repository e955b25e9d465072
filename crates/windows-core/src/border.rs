//! What elements outside the data read as.

use core::fmt;
use core::str::FromStr;

use crate::rank::{IntoAxes, Rank};
use crate::{Grid, UnknownName, WindowError, Windows};

/// What a padded or missing element reads as.
///
/// A border is not part of a spec or a grid: those are geometry, and a constant would make them generic
/// over the element. It is named where values are read ([`Windows::with_border`]).
///
/// Drawn for `a b c d` with two elements on each side:
///
/// ```text
/// Constant(x)   x x | a b c d | x x
/// Replicate     a a | a b c d | d d
/// Reflect       c b | a b c d | c b      the edge element is not repeated
/// Symmetric     b a | a b c d | d c      the edge element is repeated
/// Wrap          c d | a b c d | a b
/// ```
///
/// Padding longer than the axis repeats the map, as in numpy. Reflecting an axis of length 1 gives its
/// element. "Reflect" means two different things among libraries:
///
/// | ours | numpy `pad` | torch | OpenCV | scipy.ndimage | TensorFlow `pad` |
/// | --- | --- | --- | --- | --- | --- |
/// | `Constant` | `constant` | `constant` | `BORDER_CONSTANT` | `constant` | `CONSTANT` |
/// | `Replicate` | `edge` | `replicate` | `BORDER_REPLICATE` | `nearest` | - |
/// | `Reflect` | `reflect` | `reflect` | `BORDER_REFLECT_101` | `mirror` | `REFLECT` |
/// | `Symmetric` | `symmetric` | - | `BORDER_REFLECT` | `reflect` | `SYMMETRIC` |
/// | `Wrap` | `wrap` | `circular` | `BORDER_WRAP` | `grid-wrap` | - |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Border<T> {
    /// This value.
    Constant(T),
    /// The nearest element.
    Replicate,
    /// Mirrored at the edge element.
    Reflect,
    /// Mirrored beyond the edge element, which is repeated.
    Symmetric,
    /// Continued from the other side.
    Wrap,
}

impl Border<()> {
    /// Every border; the value of the constant is still to be named.
    pub const ALL: [Self; 5] =
        [Self::Constant(()), Self::Replicate, Self::Reflect, Self::Symmetric, Self::Wrap];

    const NAMES: [&'static str; 5] = {
        let mut names = [""; 5];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].name();
            at += 1;
        }
        names
    };

    /// The same border with a value for the constant.
    #[must_use]
    pub fn with_constant<T>(self, value: T) -> Border<T> {
        match self {
            Self::Constant(()) => Border::Constant(value),
            Self::Replicate => Border::Replicate,
            Self::Reflect => Border::Reflect,
            Self::Symmetric => Border::Symmetric,
            Self::Wrap => Border::Wrap,
        }
    }
}

/// The border of a name: `"constant"` for one whose value is still to be named.
///
/// # Example
/// ```
/// use windows_core::Border;
///
/// let border: Border<()> = "constant".parse()?;
/// assert_eq!(border.with_constant(7), Border::Constant(7));
/// # Ok::<(), windows_core::UnknownName>(())
/// ```
impl FromStr for Border<()> {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let named = Self::ALL.into_iter().find(|border| border.name() == name);
        named.ok_or(UnknownName::of(&Self::NAMES))
    }
}

/// The name, without the constant.
impl<T> fmt::Display for Border<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl<T> Border<T> {
    /// The name, as in the documentation and on the command line.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Constant(_) => "constant",
            Self::Replicate => "replicate",
            Self::Reflect => "reflect",
            Self::Symmetric => "symmetric",
            Self::Wrap => "wrap",
        }
    }

    /// The element that position `element` of an axis reads, or `None` where it reads the constant.
    /// `O(1)` for any distance. An axis of length 0 has nothing to read: `None`.
    ///
    /// # Example
    /// ```
    /// use windows_core::Border;
    ///
    /// let reflect = Border::<u8>::Reflect;
    /// let read: Vec<_> = (-3..7).map(|i| reflect.index(i, 4).unwrap()).collect();
    /// assert_eq!(read, [3, 2, 1, 0, 1, 2, 3, 2, 1, 0]);
    /// assert_eq!(Border::Constant(0).index(-1, 4), None);
    /// ```
    #[must_use]
    #[inline]
    pub const fn index(&self, element: isize, len: usize) -> Option<usize> {
        if element >= 0 && (element as usize) < len {
            return Some(element as usize);
        }
        if len == 0 {
            return None;
        }
        match self {
            Self::Constant(_) => None,
            Self::Replicate => Some(if element.is_negative() { 0 } else { len - 1 }),
            Self::Wrap => Some(modulo(element, len)),
            Self::Reflect if len == 1 => Some(0),
            Self::Reflect => Some(fold_back(modulo(element, 2 * (len - 1)), 2 * (len - 1), len)),
            Self::Symmetric => Some(fold_back(modulo(element, 2 * len), 2 * len - 1, len)),
        }
    }

    /// # Errors
    /// [`WindowError::EmptyBorder`] if windows reach over an axis that has nothing to read.
    pub(crate) fn check<R: Rank>(&self, grid: &Grid<R>) -> Result<(), WindowError> {
        if matches!(self, Self::Constant(_)) || grid.is_empty() {
            return Ok(());
        }
        match grid.axes().iter().position(|of| of.len() == 0 && !of.is_whole()) {
            Some(axis) => Err(WindowError::EmptyBorder { axis }),
            None => Ok(()),
        }
    }

    /// The constant, if that is what the border is.
    #[must_use]
    pub const fn constant(&self) -> Option<&T> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }
}

/// The second half of a period runs backwards.
const fn fold_back(at: usize, end: usize, len: usize) -> usize {
    if at < len { at } else { end - at }
}

/// `element` modulo a period, which may be longer than `isize::MAX`.
const fn modulo(element: isize, period: usize) -> usize {
    if element >= 0 {
        element as usize % period
    } else {
        period - 1 - (element.unsigned_abs() - 1) % period
    }
}

/// [`Windows`] whose missing elements have values. Made by [`Windows::with_border`].
#[derive(Clone, Debug)]
pub struct Bordered<'w, 'a, T, R: Rank> {
    pub(crate) windows: &'w Windows<'a, T, R>,
    pub(crate) border: Border<T>,
}

impl<'a, T, R: Rank> Windows<'a, T, R> {
    /// The windows with values for their missing elements.
    ///
    /// # Errors
    /// [`WindowError::EmptyBorder`] if windows reach over an axis of length 0 and the border is not a
    /// constant.
    ///
    /// # Example
    /// ```
    /// use windows_core::{Border, View, WindowSpec};
    ///
    /// let data = [1, 2, 3];
    /// let windows = View::from_slice(&data).windows(WindowSpec::new([3]).padding(1));
    /// let reflected = windows.with_border(Border::Reflect)?;
    /// assert_eq!(reflected.value([0], [0]), Some(&2));
    /// assert_eq!(reflected.pack(), [2, 1, 2, 1, 2, 3, 2, 3, 2]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn with_border(&self, border: Border<T>) -> Result<Bordered<'_, 'a, T, R>, WindowError> {
        border.check(self.grid())?;
        Ok(Bordered { windows: self, border })
    }
}

impl<'a, T, R: Rank> Bordered<'_, 'a, T, R> {
    /// The windows.
    #[must_use]
    pub fn windows(&self) -> &Windows<'a, T, R> {
        self.windows
    }

    /// What their missing elements read as.
    #[must_use]
    pub fn border(&self) -> &Border<T> {
        &self.border
    }

    /// What a tap of a window reads, real or not; `None` outside the grid or the window.
    #[must_use]
    pub fn value(&self, position: impl IntoAxes<R>, tap: impl IntoAxes<R>) -> Option<&T> {
        let (grid, view) = (self.windows.grid(), self.windows.view());
        let position = position.into_axes("position", Some(grid.ndim())).ok()?;
        let tap = tap.into_axes("tap", Some(grid.ndim())).ok()?;
        let mut offset = view.offset() as isize;
        let mut constant = false;
        for (axis, of) in grid.axes().iter().enumerate() {
            if position[axis] >= of.count() || tap[axis] >= of.size() {
                return None;
            }
            match self.border.index(of.element(position[axis], tap[axis]), of.len()) {
                Some(element) => offset += element as isize * view.strides()[axis],
                None => constant = true,
            }
        }
        if constant { self.border.constant() } else { Some(&view.data()[offset as usize]) }
    }
}
