//! Checked shape and strides: which offset an index tuple means.

use alloc::borrow::Cow;
use core::ops::Range;

use crate::WindowError;
use crate::check::product;
use crate::odometer::Odometer;
use crate::rank::{Axes, Const, Dyn, IntoAxes, Rank, from_slice};

/// Lengths and memory distances of the axes of an array, in elements.
///
/// Made by constructors that check every product and sum: the number of elements and the offset of
/// every element fit `isize`, in every build profile. Strides may be negative, zero or permuted.
///
/// Along an axis of length 1 nothing is ever a stride away, so any stride is allowed there, as in numpy and
/// torch. [`Layout::new`] keeps 0 for it, and for every axis of length 0: a number without a meaning would
/// still be multiplied by steps and paddings. For the same reason two layouts are equal if they have one shape
/// and give each element the same offset.
///
/// # Example
/// ```
/// use windows_core::{Const, Layout};
///
/// let image = Layout::<Const<3>>::contiguous([4, 4, 3])?; // 4 x 4 pixels of 3 channels
/// assert_eq!(image.strides(), [12, 3, 1]);
/// assert_eq!(image.offset([1, 2, 0]), Some(18));
/// assert!(Layout::<Const<2>>::contiguous([usize::MAX, 2]).is_err());
/// # Ok::<(), windows_core::WindowError>(())
/// ```
#[derive(Debug)]
pub struct Layout<R: Rank> {
    shape: R::PerAxis<usize>,
    strides: R::PerAxis<isize>,
    len: usize,
}

impl<R: Rank> Clone for Layout<R> {
    #[inline]
    fn clone(&self) -> Self {
        Self { shape: self.shape.clone(), strides: self.strides.clone(), len: self.len }
    }
}

/// The same offsets; the strides of axes of length 0 and 1 do not matter.
impl<R: Rank> PartialEq for Layout<R> {
    fn eq(&self, other: &Self) -> bool {
        let mut axes = self.shape().iter().zip(self.strides().iter().zip(other.strides()));
        self.shape() == other.shape()
            && (self.is_empty() || axes.all(|(&len, (ours, theirs))| len == 1 || ours == theirs))
    }
}

impl<R: Rank> Copy for Layout<R>
where
    R::PerAxis<usize>: Copy,
    R::PerAxis<isize>: Copy,
{
}

impl<R: Rank> Layout<R> {
    /// Row-major: the last axis has stride 1.
    ///
    /// # Errors
    /// More than `isize::MAX` elements.
    pub fn contiguous(shape: impl IntoAxes<R>) -> Result<Self, WindowError> {
        let shape = shape.into_axes("shape", R::NDIM)?;
        let len = product("elements", shape.as_ref())?;
        Ok(Self::row_major(shape, len))
    }

    /// Row-major over a shape whose product is known to be `len`.
    #[inline]
    pub(crate) fn row_major(shape: R::PerAxis<usize>, len: usize) -> Self {
        let ndim = shape.as_ref().len();
        let mut strides = R::from_fn(ndim, |_| 1_isize);
        for axis in (1..ndim).rev() {
            // Products of lengths (an empty axis counts as 1) fit: `product` has seen to it.
            strides[axis - 1] = strides[axis] * shape[axis].max(1) as isize;
        }
        Self { shape, strides, len }
    }

    /// Any strides, in elements. Those of axes of length 0 and 1 are arbitrary and become 0.
    ///
    /// # Errors
    /// More than `isize::MAX` elements, or an offset beyond `isize`.
    pub fn new(
        shape: impl IntoAxes<R>,
        strides: impl IntoAxes<R, isize>,
    ) -> Result<Self, WindowError> {
        let shape = shape.into_axes("shape", R::NDIM)?;
        let mut strides = strides.into_axes("strides", Some(shape.as_ref().len()))?;
        for (stride, &len) in strides.as_mut().iter_mut().zip(shape.as_ref()) {
            if len <= 1 {
                *stride = 0;
            }
        }
        let len = product("elements", shape.as_ref())?;
        let layout = Self { shape, strides, len };
        layout.check_reach()?;
        Ok(layout)
    }

    /// Every offset fits, and so does the distance between any two.
    fn check_reach(&self) -> Result<(), WindowError> {
        let mut reach = 0_usize;
        for axis in 0..self.ndim() {
            let (len, stride) = (self.shape[axis], self.strides[axis]);
            let steps = len.saturating_sub(1);
            reach = stride
                .unsigned_abs()
                .checked_mul(steps)
                .and_then(|span| span.checked_add(reach))
                .filter(|&reach| reach <= isize::MAX as usize)
                .ok_or(WindowError::StrideOverflow { axis, stride, len: steps })?;
        }
        Ok(())
    }

    /// Number of axes.
    #[must_use]
    #[inline]
    pub fn ndim(&self) -> usize {
        self.shape.as_ref().len()
    }

    /// Length of each axis.
    #[must_use]
    #[inline]
    pub fn shape(&self) -> &[usize] {
        self.shape.as_ref()
    }

    /// Memory distance between neighbours along each axis, in elements (times the size of an element:
    /// in bytes).
    #[must_use]
    #[inline]
    pub fn strides(&self) -> &[isize] {
        self.strides.as_ref()
    }

    /// Number of elements.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Offset of an element from the first one, or `None` outside the shape.
    #[must_use]
    #[inline]
    pub fn offset(&self, index: impl IntoAxes<R>) -> Option<isize> {
        let index = index.into_axes("index", Some(self.ndim())).ok()?;
        let mut offset = 0;
        for axis in 0..self.ndim() {
            if index[axis] >= self.shape[axis] {
                return None;
            }
            offset += index[axis] as isize * self.strides[axis];
        }
        Some(offset)
    }

    /// The offset of every element from the first one, in row-major order. One addition a step.
    ///
    /// # Example
    /// ```
    /// use windows_core::{Dyn, Layout};
    ///
    /// // Two rows of three, transposed
    /// let layout = Layout::<Dyn>::new([3, 2], [1, 3])?;
    /// assert!(layout.offsets().eq([0, 3, 1, 4, 2, 5]));
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn offsets(&self) -> impl ExactSizeIterator<Item = isize> + DoubleEndedIterator + '_ {
        Odometer::new(Cow::Borrowed(self)).map(|(_, offset)| offset)
    }

    /// Lowest and highest offset from the first element, or `None` if there are no elements.
    #[must_use]
    pub fn span(&self) -> Option<(isize, isize)> {
        if self.is_empty() {
            return None;
        }
        let (mut low, mut high) = (0, 0);
        for (&len, &stride) in self.shape().iter().zip(self.strides()) {
            let reach = (len as isize - 1) * stride;
            low += reach.min(0);
            high += reach.max(0);
        }
        Some((low, high))
    }

    /// Whether the elements in row-major order are neighbours in memory.
    #[must_use]
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        for axis in (0..self.ndim()).rev() {
            let len = self.shape[axis];
            if len != 1 && self.strides[axis] != expected && self.len != 0 {
                return false;
            }
            expected *= len.max(1) as isize;
        }
        true
    }

    /// An axis along which two positions may be one element, with its stride; `None` proves that all
    /// elements are distinct. Sorted by stride, each axis must step over the reach of the smaller ones:
    /// sufficient, and necessary for every layout that slicing and permuting can make.
    pub(crate) fn aliasing(&self) -> Option<(usize, isize)> {
        if self.len <= 1 {
            return None;
        }
        let mut order: Axes<usize> =
            (0..self.ndim()).filter(|&axis| self.shape[axis] > 1).collect();
        order.sort_unstable_by_key(|&axis| self.strides[axis].unsigned_abs());
        let mut reach = 0;
        for &axis in order.iter() {
            let stride = self.strides[axis];
            if stride.unsigned_abs() <= reach {
                return Some((axis, stride));
            }
            // The sum of all reaches fits: checked at construction.
            reach += stride.unsigned_abs() * (self.shape[axis] - 1);
        }
        None
    }

    fn check_axis(&self, axis: usize) -> Result<(), WindowError> {
        if axis < self.ndim() {
            Ok(())
        } else {
            Err(WindowError::NoSuchAxis { axis, ndim: self.ndim() })
        }
    }

    /// The axes in another order: axis `i` of the result is axis `order[i]` of this one.
    ///
    /// # Errors
    /// `order` is not a permutation of the axes.
    pub fn permute(&self, order: impl IntoAxes<R>) -> Result<Self, WindowError> {
        let ndim = self.ndim();
        let order = order.into_axes("order", Some(ndim))?;
        let mut named = R::from_fn(ndim, |_| 0_usize);
        for &axis in order.as_ref() {
            if let Some(times) = named.as_mut().get_mut(axis) {
                *times += 1;
            }
        }
        if let Some(axis) = named.as_ref().iter().position(|&times| times != 1) {
            return Err(WindowError::NotAPermutation { axis });
        }
        Ok(Self {
            shape: R::from_fn(ndim, |axis| self.shape[order[axis]]),
            strides: R::from_fn(ndim, |axis| self.strides[order[axis]]),
            len: self.len,
        })
    }

    /// Part of an axis, every `step`-th element of it; with the offset of the new first element.
    ///
    /// # Errors
    /// No such axis, a range outside of it, or a step of 0.
    pub fn slice(
        &self,
        axis: usize,
        range: Range<usize>,
        step: usize,
    ) -> Result<(Self, isize), WindowError> {
        self.check_axis(axis)?;
        let (len, stride) = (self.shape[axis], self.strides[axis]);
        let Range { start, end } = range;
        if start > end || end > len {
            return Err(WindowError::RangeOutside { axis, start, end, len });
        }
        if step == 0 {
            return Err(WindowError::ZeroStep { axis });
        }
        let kept = (end - start).div_ceil(step);
        let mut part = self.clone();
        part.shape[axis] = kept;
        if kept > 1 {
            // `step` times `stride` is a distance between two elements of this layout, so it fits.
            part.strides[axis] = step as isize * stride;
        }
        part.len = product("elements", part.shape())?;
        // An empty part needs no offset, and may start at the end, which is none.
        let first = if part.is_empty() { 0 } else { start as isize * stride };
        Ok((part, first))
    }

    /// An axis backwards, with the offset of the new first element.
    ///
    /// # Errors
    /// No such axis.
    pub fn reverse(&self, axis: usize) -> Result<(Self, isize), WindowError> {
        self.check_axis(axis)?;
        let mut reversed = self.clone();
        let last = self.shape[axis].saturating_sub(1) as isize;
        let first = if self.is_empty() { 0 } else { last * self.strides[axis] };
        // The negative of `isize::MIN` does not exist, but a stride that long has no second element.
        reversed.strides[axis] = self.strides[axis].checked_neg().unwrap_or(0);
        Ok((reversed, first))
    }

    /// The fewest axes that visit the same offsets in the same order: axes of length 1 are dropped, and
    /// neighbours joined where the outer one steps over exactly the whole inner one.
    #[must_use]
    pub fn merge_axes(&self) -> Layout<Dyn> {
        let mut shape = Axes::new();
        let mut strides: Axes<isize> = Axes::new();
        if self.is_empty() {
            shape.push(0);
            strides.push(1);
            return Layout { shape, strides, len: 0 };
        }
        for (&len, &stride) in self.shape().iter().zip(self.strides()) {
            if len == 1 {
                continue;
            }
            match (shape.last_mut(), strides.last_mut()) {
                (Some(outer), Some(outer_stride))
                    if stride.checked_mul(len as isize) == Some(*outer_stride) =>
                {
                    *outer *= len;
                    *outer_stride = stride;
                }
                _ => {
                    shape.push(len);
                    strides.push(stride);
                }
            }
        }
        Layout { shape, strides, len: self.len }
    }

    /// All axes but the last `inner` ones.
    pub(crate) fn outer(&self, inner: usize) -> Layout<Dyn> {
        let kept = self.ndim() - inner;
        let shape: Axes<usize> = self.shape()[..kept].iter().copied().collect();
        let len = shape.iter().product();
        Layout { shape, strides: self.strides()[..kept].iter().copied().collect(), len }
    }

    /// An axis as two: `outer` times `inner` of it, the inner one nearest.
    ///
    /// # Errors
    /// No such axis, or a length that is not a multiple of `inner`.
    pub fn split(&self, axis: usize, inner: usize) -> Result<Layout<Dyn>, WindowError> {
        self.check_axis(axis)?;
        let (len, stride) = (self.shape[axis], self.strides[axis]);
        let Some(outer) = len.checked_div(inner).filter(|outer| outer * inner == len) else {
            return Err(WindowError::Shape { what: "split axis", axis, expected: inner, got: len });
        };
        let (mut shape, mut strides) = (Axes::new(), Axes::new());
        for at in 0..self.ndim() {
            if at == axis {
                shape.push(outer);
                // With a single outer step there is none to take, and nothing to overflow.
                strides.push(if outer > 1 { stride * inner as isize } else { 0 });
            }
            shape.push(if at == axis { inner } else { self.shape[at] });
            strides.push(if at == axis { stride } else { self.strides[at] });
        }
        Ok(Layout { shape, strides, len: self.len })
    }

    /// The same layout with its rank known at run time.
    #[must_use]
    pub fn to_dyn(&self) -> Layout<Dyn> {
        self.cast().expect("Dyn holds any rank")
    }

    /// The same layout with its rank known to the compiler.
    ///
    /// # Errors
    /// It has another number of axes.
    pub fn to_const<const N: usize>(&self) -> Result<Layout<Const<N>>, WindowError> {
        self.cast()
    }

    pub(crate) fn cast<Q: Rank>(&self) -> Result<Layout<Q>, WindowError> {
        Ok(Layout {
            shape: from_slice::<Q, _>("layout", self.shape(), None)?,
            strides: from_slice::<Q, _>("layout", self.strides(), None)?,
            len: self.len,
        })
    }

    /// A layout whose reach is known to lie inside another one's, so that nothing needs a check.
    pub(crate) fn inside(
        shape: R::PerAxis<usize>,
        strides: R::PerAxis<isize>,
    ) -> Result<Self, WindowError> {
        let len = product("elements", shape.as_ref())?;
        Ok(Self::inside_of_len(shape, strides, len))
    }

    /// The same over a shape whose product is known to be `len`.
    #[inline]
    pub(crate) fn inside_of_len(
        shape: R::PerAxis<usize>,
        strides: R::PerAxis<isize>,
        len: usize,
    ) -> Self {
        Self { shape, strides, len }
    }
}
