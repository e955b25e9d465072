//! `ndarray` views as ours and back, without copying.

use ndarray::{
    ArrayRef, ArrayView, ArrayViewD, ArrayViewMut, Axis, Dimension, IxDyn, ShapeBuilder, Slice,
};

use crate::rank::{Axes, Dyn, Rank};
use crate::{DynView, DynViewMut, Grid, IntoSpec, StridedView, WindowError, Windows};

/// Windows on an `ndarray` array or view, in one call.
///
/// ndarray's own `windows` have a size and a step; these have dilation, padding, every edge, a choice of
/// axes, both ends, `O(1)` `nth`, packing, folding and threads.
///
/// # Example
/// ```
/// use ndarray::Array2;
/// use windows_core::{ArrayWindows, Edge, WindowSpec};
///
/// let image = Array2::from_shape_fn((5, 6), |(y, x)| 10 * y + x);
/// let windows = image.sliding_windows(WindowSpec::new([2, 4]).step([2, 4]).edge(Edge::Keep))?;
/// assert_eq!(windows.grid().counts(), [3, 2]);
/// assert_eq!(windows.get([2, 1]).unwrap().to_vec(), [44, 45]); // what is left in the corner
///
/// // transposed and reversed views too
/// let turned = image.t();
/// assert_eq!(turned.sliding_windows([6, 1])?.nth(1).unwrap().to_vec(), [10, 11, 12, 13, 14, 15]);
/// # Ok::<(), windows_core::WindowError>(())
/// ```
pub trait ArrayWindows {
    /// The element of the array.
    type Elem;

    /// The array as a view of ours: same shape, same strides, no copy.
    ///
    /// # Errors
    /// [`WindowError::Gaps`] for a part of an array whose elements leave gaps in memory: what lies in
    /// the gaps may be borrowed mutably by others, so no safe code can span them. View the whole
    /// array and [slice](StridedView::slice_by) the view, take [`ArrayWindows::window_arrays`], or copy
    /// the part.
    fn strided_view(&self) -> Result<DynView<'_, Self::Elem>, WindowError>;

    /// All windows of a size, or of a [`WindowSpec`](crate::WindowSpec). Zero-copy.
    ///
    /// # Errors
    /// As [`ArrayWindows::strided_view`] and [`StridedView::try_windows`].
    fn sliding_windows(
        &self,
        spec: impl IntoSpec<Dyn>,
    ) -> Result<Windows<'_, Self::Elem, Dyn>, WindowError> {
        self.strided_view()?.try_windows(spec)
    }

    /// All windows in row-major order, each a view of ndarray's: zero-copy, of any array, parts with gaps
    /// included. A window that hangs over the data is clipped to it.
    ///
    /// Up to four axes, no window allocates. The grid of the windows is
    /// [`Grid::dynamic`] of the shape and the spec.
    ///
    /// # Errors
    /// As [`Grid::dynamic`].
    ///
    /// # Example
    /// ```
    /// use ndarray::{Array2, s};
    /// use windows_core::{ArrayWindows, WindowSpec};
    ///
    /// let image = Array2::from_shape_fn((5, 6), |(y, x)| 10 * y + x);
    /// let middle = image.slice(s![1..4, 1..5]); // with gaps between its rows
    /// let means: Vec<_> = middle.window_arrays(WindowSpec::new([2, 2]).step(2))?
    ///     .map(|window| window.mean().unwrap())
    ///     .collect();
    /// assert_eq!(means, [16, 18]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    fn window_arrays(
        &self,
        spec: impl IntoSpec<Dyn>,
    ) -> Result<
        impl DoubleEndedIterator<Item = ArrayViewD<'_, Self::Elem>> + ExactSizeIterator,
        WindowError,
    >;
}

impl<T, D: Dimension> ArrayWindows for ArrayRef<T, D> {
    type Elem = T;

    fn strided_view(&self) -> Result<DynView<'_, T>, WindowError> {
        DynView::try_from(self.view())
    }

    fn window_arrays(
        &self,
        spec: impl IntoSpec<Dyn>,
    ) -> Result<impl DoubleEndedIterator<Item = ArrayViewD<'_, T>> + ExactSizeIterator, WindowError>
    {
        let array = self.view().into_dyn();
        let grid = Grid::dynamic(self.shape(), spec)?;
        Ok(grid.positions().map(move |position| {
            let (origin, taps) = (grid.origin(&position), grid.taps(&position));
            let mut window = array.clone();
            window.slice_each_axis_inplace(|at| {
                let axis = at.axis.index();
                let dilation = grid.axes()[axis].dilation() as isize;
                let element = |tap: usize| origin[axis] + tap as isize * dilation;
                match taps[axis].clone() {
                    // The span of a dilated window can reach into the data where no tap is.
                    none if none.is_empty() => Slice::from(0..0),
                    // A single tap is no distance from another, and the dilation may be any number.
                    real if real.len() == 1 => {
                        Slice::from(element(real.start)..element(real.start) + 1)
                    }
                    real => {
                        Slice::new(element(real.start), Some(element(real.end - 1) + 1), dilation)
                    }
                }
            });
            window
        }))
    }
}

impl<'a, T, D: Dimension> TryFrom<ArrayView<'a, T, D>> for DynView<'a, T> {
    type Error = WindowError;

    /// The same elements, the same strides (negative, permuted, repeated), no copy. Without elements, the same
    /// shape.
    ///
    /// # Errors
    /// As [`ArrayWindows::strided_view`].
    fn try_from(array: ArrayView<'a, T, D>) -> Result<Self, WindowError> {
        if array.is_empty() {
            return DynView::new(&[], array.shape());
        }
        let (shape, strides, offset) = geometry(array.shape(), array.strides());
        // A repeated axis is one element in memory.
        let mut memory = array.into_dyn();
        for axis in 0..memory.ndim() {
            if strides[axis] == 0 && shape[axis] > 1 {
                memory.collapse_axis(Axis(axis), 0);
            }
        }
        let gaps = WindowError::Gaps { len: memory.len(), size: size_of::<T>() };
        let data = memory.to_slice_memory_order().ok_or(gaps)?;
        DynView::strided(data, offset, &shape, &strides)
    }
}

impl<'a, T, D: Dimension> TryFrom<ArrayViewMut<'a, T, D>> for DynViewMut<'a, T> {
    type Error = WindowError;

    /// The same elements, the same strides, no copy. Without elements, the same shape.
    ///
    /// # Errors
    /// As [`ArrayWindows::strided_view`].
    fn try_from(array: ArrayViewMut<'a, T, D>) -> Result<Self, WindowError> {
        if array.is_empty() {
            return DynViewMut::new(&mut [], array.shape());
        }
        let (shape, strides, offset) = geometry(array.shape(), array.strides());
        let gaps = WindowError::Gaps { len: array.len(), size: size_of::<T>() };
        let data = array.into_slice_memory_order().ok_or(gaps)?;
        DynViewMut::strided(data, offset, &shape, &strides)
    }
}

/// Shape, strides and the offset of the first element from the lowest one in memory, of an array with elements.
fn geometry(shape: &[usize], strides: &[isize]) -> (Axes<usize>, Axes<isize>, usize) {
    let strides = known(shape, strides);
    let backwards = shape.iter().zip(strides.iter()).filter(|(_, stride)| **stride < 0);
    let offset = backwards.map(|(&len, stride)| (len - 1) * stride.unsigned_abs()).sum();
    (shape.iter().copied().collect(), strides, offset)
}

/// The strides that mean something: an axis of one element may have any, here and in ndarray.
fn known(shape: &[usize], strides: &[isize]) -> Axes<isize> {
    let axes = shape.iter().zip(strides);
    axes.map(|(&len, &stride)| if len > 1 { stride } else { 0 }).collect()
}

impl<'a, T, R: Rank> StridedView<'a, T, R> {
    /// The same elements as an `ndarray` view: same shape, same strides (0 on axes of length 1), no copy.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    ///
    /// let data: Vec<u8> = (0..6).collect();
    /// let view = View::new(&data, [2, 3])?.reverse(1)?;
    /// assert_eq!(view.to_ndarray(), ndarray::arr2(&[[2, 1, 0], [5, 4, 3]]).into_dyn());
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    #[must_use]
    pub fn to_ndarray(&self) -> ArrayViewD<'a, T> {
        let shape = IxDyn(self.shape());
        let Some((low, _)) = self.layout().span() else {
            // ndarray looks at the strides of an array without elements too.
            return ArrayView::from_shape(shape, &[]).expect("a shape of no elements");
        };
        let data = &self.data()[self.offset().wrapping_add_signed(low)..];
        let strides = known(self.shape(), self.strides());
        let forwards: Axes<usize> = strides.iter().map(|stride| stride.unsigned_abs()).collect();
        let shape = shape.strides(IxDyn(&forwards));
        let mut array = ArrayView::from_shape(shape, data).expect("a view stays inside its data");
        for (axis, _) in strides.iter().enumerate().filter(|(_, stride)| **stride < 0) {
            array.invert_axis(Axis(axis));
        }
        array
    }
}
