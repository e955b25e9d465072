//! Windows of a size that the compiler knows, as arrays.

use core::iter::FusedIterator;

use crate::rank::{Const, Rank};
use crate::{WindowError, Windows, WindowsIter};

/// Windows copied out as nested arrays: `[T; W]`, `[[T; W]; H]`, `[[[T; W]; H]; D]`. Made by
/// `Windows::arrays`.
#[derive(Debug)]
pub struct WindowArrays<'w, 'a, T, R: Rank, A> {
    iter: WindowsIter<'w, 'a, T, R>,
    read: fn(&[T], usize, &[isize]) -> A,
}

impl<T, R: Rank, A> Clone for WindowArrays<'_, '_, T, R, A> {
    fn clone(&self) -> Self {
        Self { iter: self.iter.clone(), read: self.read }
    }
}

impl<T, R: Rank, A> Iterator for WindowArrays<'_, '_, T, R, A> {
    type Item = A;

    #[inline]
    fn next(&mut self) -> Option<A> {
        self.iter.next().map(|window| window.read(self.read))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.iter.size_hint()
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<A> {
        self.iter.nth(n).map(|window| window.read(self.read))
    }

    #[inline]
    fn count(self) -> usize {
        self.iter.count()
    }

    #[inline]
    fn last(mut self) -> Option<A> {
        self.next_back()
    }

    #[inline]
    fn fold<B, F: FnMut(B, A) -> B>(self, init: B, mut f: F) -> B {
        let read = self.read;
        self.iter.fold(init, |acc, window| f(acc, window.read(read)))
    }
}

impl<T, R: Rank, A> DoubleEndedIterator for WindowArrays<'_, '_, T, R, A> {
    #[inline]
    fn next_back(&mut self) -> Option<A> {
        self.iter.next_back().map(|window| window.read(self.read))
    }

    #[inline]
    fn nth_back(&mut self, n: usize) -> Option<A> {
        self.iter.nth_back(n).map(|window| window.read(self.read))
    }
}

impl<T, R: Rank, A> ExactSizeIterator for WindowArrays<'_, '_, T, R, A> {}

impl<T, R: Rank, A> FusedIterator for WindowArrays<'_, '_, T, R, A> {}

impl<'a, T, R: Rank> Windows<'a, T, R> {
    /// # Errors
    /// [`WindowError::Shape`] unless windows have this size; [`WindowError::Partial`] unless all are
    /// whole.
    fn check_size(&self, size: &[usize]) -> Result<(), WindowError> {
        for (axis, (&expected, &got)) in size.iter().zip(self.window_shape()).enumerate() {
            if expected != got {
                return Err(WindowError::Shape { what: "window", axis, expected, got });
            }
        }
        self.require_whole()
    }
}

#[inline(always)]
fn row<T: Copy, const W: usize>(data: &[T], first: usize, stride: isize) -> [T; W] {
    // Of windows without elements, neither their starts nor their strides are those of elements.
    if W > 0
        && stride == 1
        && let Some(row) = data[first..].first_chunk::<W>()
    {
        return *row;
    }
    core::array::from_fn(|i| data[first.wrapping_add_signed((i as isize).wrapping_mul(stride))])
}

#[inline(always)]
fn plane<T: Copy, const H: usize, const W: usize>(
    data: &[T],
    first: usize,
    strides: &[isize],
) -> [[T; W]; H] {
    core::array::from_fn(|i| {
        row(data, first.wrapping_add_signed((i as isize).wrapping_mul(strides[0])), strides[1])
    })
}

impl<'a, T: Copy> Windows<'a, T, Const<1>> {
    /// Every window as an array. Copies `W` elements a window, allocates nothing.
    ///
    /// # Errors
    /// [`WindowError::Shape`] unless the windows have size `W`; [`WindowError::Partial`] unless all are
    /// whole.
    #[allow(clippy::type_complexity, reason = "an alias would hide the array")]
    pub fn arrays<const W: usize>(
        &self,
    ) -> Result<WindowArrays<'_, 'a, T, Const<1>, [T; W]>, WindowError> {
        self.check_size(&[W])?;
        Ok(WindowArrays { iter: self.iter(), read: |data, at, strides| row(data, at, strides[0]) })
    }
}

impl<'a, T: Copy> Windows<'a, T, Const<2>> {
    /// Every window as an array of rows. Copies `H * W` elements a window, allocates nothing.
    ///
    /// # Errors
    /// [`WindowError::Shape`] unless the windows have size `H x W`; [`WindowError::Partial`] unless all
    /// are whole.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    ///
    /// let data = [1, 2, 3, 4, 5, 6];
    /// let windows = View::new(&data, [2, 3])?.windows([2, 2]);
    /// let determinants: Vec<i32> =
    ///     windows.arrays::<2, 2>()?.map(|[[a, b], [c, d]]| a * d - b * c).collect();
    /// assert_eq!(determinants, [-3, -3]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    #[allow(clippy::type_complexity, reason = "an alias would hide the array")]
    pub fn arrays<const H: usize, const W: usize>(
        &self,
    ) -> Result<WindowArrays<'_, 'a, T, Const<2>, [[T; W]; H]>, WindowError> {
        self.check_size(&[H, W])?;
        Ok(WindowArrays { iter: self.iter(), read: plane })
    }
}

impl<'a, T: Copy> Windows<'a, T, Const<3>> {
    /// Every window as an array of planes. Copies `D * H * W` elements a window, allocates nothing.
    ///
    /// # Errors
    /// [`WindowError::Shape`] unless the windows have size `D x H x W`; [`WindowError::Partial`] unless
    /// all are whole.
    #[allow(clippy::type_complexity, reason = "an alias would hide the array")]
    pub fn arrays<const D: usize, const H: usize, const W: usize>(
        &self,
    ) -> Result<WindowArrays<'_, 'a, T, Const<3>, [[[T; W]; H]; D]>, WindowError> {
        self.check_size(&[D, H, W])?;
        let read: fn(&[T], usize, &[isize]) -> [[[T; W]; H]; D] = |data, at, strides| {
            core::array::from_fn(|i| {
                let ahead = (i as isize).wrapping_mul(strides[0]);
                plane(data, at.wrapping_add_signed(ahead), &strides[1..])
            })
        };
        Ok(WindowArrays { iter: self.iter(), read })
    }
}
