//! Raw bytes as typed strided views, fields of structs, pixels and their channels. All checked by
//! `bytemuck`, none copied.

use bytemuck::{AnyBitPattern, NoUninit};

use crate::rank::{Axes, Dyn, IntoAxes, Rank};
use crate::{DynView, StridedView, WindowError};

impl<'a, T: AnyBitPattern, R: Rank> StridedView<'a, T, R> {
    /// Views bytes as elements, row-major.
    ///
    /// # Errors
    /// [`WindowError::Bytes`] if the bytes do not lie on the boundary of an element or do not divide
    /// into elements; what [`StridedView::new`] refuses.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    ///
    /// let samples = [1.0_f32, -1.0, 0.5, 0.25]; // bytes from a file, say
    /// let view = View::<f32, 2>::from_bytes(bytemuck::bytes_of(&samples), [2, 2])?;
    /// assert_eq!(view[[1, 0]], 0.5);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn from_bytes(bytes: &'a [u8], shape: impl IntoAxes<R>) -> Result<Self, WindowError> {
        Self::new(cast(bytes)?, shape)
    }

    /// Views bytes as elements by shape and strides *in bytes*, starting at byte `offset`: numpy's
    /// `as_strided`, and one field of a slice of structs.
    ///
    /// # Errors
    /// [`WindowError::Bytes`] if the offset or a stride is not a whole number of elements (on an axis of
    /// length 1 any stride will do), or the bytes do not lie on the boundary of one; what
    /// [`StridedView::strided`] refuses.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    ///
    /// #[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
    /// #[repr(C)]
    /// struct Reading {
    ///     seconds: f32,
    ///     volts: f32,
    /// }
    ///
    /// let log = [1.0, 2.0, 3.0].map(|s| Reading { seconds: s, volts: 10.0 * s });
    /// let bytes = bytemuck::cast_slice(&log);
    /// let volts = View::<f32, 1>::from_bytes_strided(bytes, 4, [3], [8])?; // 4 bytes in, every 8
    /// assert_eq!(volts.to_vec(), [10.0, 20.0, 30.0]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn from_bytes_strided(
        bytes: &'a [u8],
        offset: usize,
        shape: impl IntoAxes<R>,
        strides: impl IntoAxes<R, isize>,
    ) -> Result<Self, WindowError> {
        let size = size_of::<T>().max(1);
        let whole = bytes.len() / size * size;
        let data: &[T] = cast(&bytes[..whole])?;
        let shape = shape.into_axes("shape", R::NDIM)?;
        let ndim = shape.as_ref().len();
        let mut strides = strides.into_axes("strides", Some(ndim))?;
        let uneven = |len: usize| WindowError::Bytes { len, size };
        for (stride, &len) in strides.as_mut().iter_mut().zip(shape.as_ref()) {
            if len > 1 && *stride % size as isize != 0 {
                return Err(uneven(stride.unsigned_abs()));
            }
            *stride /= size as isize;
        }
        if !offset.is_multiple_of(size) {
            return Err(uneven(offset));
        }
        Self::strided(data, offset / size, shape.as_ref(), strides.as_ref())
    }
}

fn cast<T: AnyBitPattern>(bytes: &[u8]) -> Result<&[T], WindowError> {
    let refused = WindowError::Bytes { len: bytes.len(), size: size_of::<T>() };
    // A slice of zero-sized elements has no length of its own.
    if size_of::<T>() == 0 && !bytes.is_empty() {
        return Err(refused);
    }
    bytemuck::try_cast_slice(bytes).map_err(|_| refused)
}

impl<'a, P: NoUninit, R: Rank> StridedView<'a, P, R> {
    /// Elements that are made of channels (pixels, stereo samples, vectors) as one more axis at the
    /// end. No copy.
    ///
    /// # Errors
    /// [`WindowError::Bytes`] if an element is not a whole number of channels; an overflow.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    ///
    /// let pixels = [[255_u8, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]];
    /// let channels = View::new(&pixels, [2, 2])?.channels::<u8>()?;
    /// assert_eq!((channels.shape(), channels.strides()), (&[2, 2, 3][..], &[6, 3, 1][..]));
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn channels<C: AnyBitPattern>(&self) -> Result<DynView<'a, C>, WindowError> {
        let refused = WindowError::Bytes { len: size_of::<P>(), size: size_of::<C>() };
        if size_of::<C>() == 0 || !size_of::<P>().is_multiple_of(size_of::<C>()) {
            return Err(refused);
        }
        let count = size_of::<P>() / size_of::<C>();
        let data: &[C] = bytemuck::try_cast_slice(self.data()).map_err(|_| refused)?;
        let mut shape: Axes<usize> = self.shape().iter().copied().collect();
        let mut strides = Axes::new();
        for (axis, &stride) in self.strides().iter().enumerate() {
            let stride = stride.checked_mul(count as isize);
            strides.push(stride.ok_or(WindowError::StrideOverflow {
                axis,
                stride: self.strides()[axis],
                len: count,
            })?);
        }
        shape.push(count);
        strides.push(1);
        // The offset counts elements of a slice, so it fits in bytes.
        DynView::strided(data, self.offset() * count, &shape, &strides)
    }
}

impl<'a, C: NoUninit> StridedView<'a, C, Dyn> {
    /// The last axis as one element: channels to pixels, the inverse of [`StridedView::channels`]. No
    /// copy.
    ///
    /// # Errors
    /// [`WindowError::Shape`] if the last axis does not make a pixel, or its channels are not
    /// neighbours; [`WindowError::Bytes`] if the pixels do not lie on the boundaries of pixels.
    pub fn pixels<P: AnyBitPattern>(&self) -> Result<DynView<'a, P>, WindowError> {
        let refused = WindowError::Bytes { len: size_of_val(self.data()), size: size_of::<P>() };
        let Some(last) = self.ndim().checked_sub(1) else { return Err(refused) };
        let size = size_of::<C>().max(1);
        let count = size_of::<P>() / size;
        let got = self.shape()[last];
        if got != count || !size_of::<P>().is_multiple_of(size) {
            return Err(WindowError::Shape { what: "pixel", axis: last, expected: count, got });
        }
        let uneven = |distance: usize| !distance.is_multiple_of(count);
        let (shape, strides) = (&self.shape()[..last], &self.strides()[..last]);
        let axes = shape.iter().zip(strides);
        if count == 0
            || (count > 1 && self.strides()[last] != 1)
            || uneven(self.offset())
            || axes.clone().any(|(&len, stride)| len > 1 && uneven(stride.unsigned_abs()))
        {
            return Err(refused);
        }
        let whole = self.data().len() / count * count;
        let data = bytemuck::try_cast_slice(&self.data()[..whole]).map_err(|_| refused)?;
        let strides: Axes<isize> = strides.iter().map(|stride| stride / count as isize).collect();
        DynView::strided(data, self.offset() / count, shape, &strides)
    }
}
