//! Where extremes are, and back again.

use windows_core::{Rank, StridedView};

use crate::PoolError;
use crate::element::Element;
use crate::entry::{Found, Pooling};
use crate::error::filled;
use crate::kind::{Kind, Max, Min};
use crate::plan::Plan;
use crate::program::Program;

/// What counts the elements of a plane: `u8`, `u32` or `i64`. Sealed.
pub trait Index: Copy + Default + Send + Sync + sealed::Sealed + 'static {
    /// The name of the type.
    const NAME: &'static str;
    /// The greatest index.
    const HIGHEST: u64;
    /// Stands for «no element»: the greatest value, or -1.
    const NONE: Self;

    /// An index that is at most [`Index::HIGHEST`].
    fn from_usize(index: usize) -> Self;

    /// The number, negative for none.
    fn to_i64(self) -> i64;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! indices {
    ($($type:ty: $none:expr;)*) => {$(
        impl sealed::Sealed for $type {}

        impl Index for $type {
            const NAME: &'static str = stringify!($type);
            const HIGHEST: u64 = <$type>::MAX as u64;
            const NONE: Self = $none;

            fn from_usize(index: usize) -> Self {
                index as Self
            }

            fn to_i64(self) -> i64 {
                i64::from(self)
            }
        }
    )*};
}

indices! {
    u8: u8::MAX;
    u32: u32::MAX;
    i64: -1;
}

/// A kind that one element of the window is the result of.
pub trait Extremal<T: Element>: Kind<T, Out = T> {
    #[doc(hidden)]
    fn find(pooling: &Pooling<'_, Self, T>, values: &mut [T], found: Found<'_>);
}

impl<T: Element> Extremal<T> for Max {
    fn find(pooling: &Pooling<'_, Self, T>, values: &mut [T], found: Found<'_>) {
        (T::ENTRIES.extremes.max)(pooling, values, found);
    }
}

impl<T: Element> Extremal<T> for Min {
    fn find(pooling: &Pooling<'_, Self, T>, values: &mut [T], found: Found<'_>) {
        (T::ENTRIES.extremes.min)(pooling, values, found);
    }
}

impl<T: Element, K: Extremal<T>> Plan<T, K> {
    /// Pools a view, and tells where each result was found: its index in its plane, flat, in row-major
    /// order of the windowed axes, as torch gives it; [`Index::NONE`] where there is no element or the
    /// result is a border's constant. The first of equals, and the first NaN, where torch names the last
    /// NaN. Allocates both results.
    ///
    /// # Errors
    /// As [`Plan::run`]; an index type that cannot count the elements of a plane.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    /// use windows_pool::{Pool, WindowSpec};
    ///
    /// let image = [1_u8, 7, 3, 2, 9, 1, 0, 5];
    /// let plan = Pool::max(WindowSpec::new([2, 2]).step(2)).plan::<u8>([2, 4])?;
    /// let (values, indices) = plan.run_indexed::<u32, _>(&View::new(&image, [2, 4])?)?;
    /// assert_eq!((values, indices.clone()), (vec![9, 5], vec![4, 7]));
    ///
    /// let mut back = [0; 8];
    /// plan.unpool_into(&[9, 5], &indices, &mut back)?;
    /// assert_eq!(back, [0, 0, 0, 0, 9, 0, 0, 5]);
    /// # Ok::<(), windows_pool::PoolError>(())
    /// ```
    pub fn run_indexed<I: Index, R: Rank>(
        &self,
        view: &StridedView<'_, T, R>,
    ) -> Result<(Vec<T>, Vec<I>), PoolError> {
        self.check(view)?;
        let mut values = filled("results", T::default(), self.output_len())?;
        let mut indices = filled("indices", I::default(), self.output_len())?;
        self.run_indexed_into(view, &mut values, &mut indices)?;
        Ok((values, indices))
    }

    /// As [`Plan::run_indexed`], into buffers of the caller's. Takes one window after the other: the cost
    /// of each is its number of elements.
    ///
    /// # Errors
    /// As [`Plan::run_indexed`].
    pub fn run_indexed_into<I: Index, R: Rank>(
        &self,
        view: &StridedView<'_, T, R>,
        values: &mut [T],
        indices: &mut [I],
    ) -> Result<(), PoolError> {
        self.check(view)?;
        self.check_output("values", values.len())?;
        self.check_output("indices", indices.len())?;
        self.program.check_index(I::NAME, I::HIGHEST, I::NONE.to_i64())?;
        K::find(&self.pooling(view), values, &mut |window, number| {
            indices[window] = number.map_or(I::NONE, I::from_usize);
        });
        Ok(())
    }

    /// Puts values back to where they were found: the inverse of pooling as far as there is one, torch's
    /// `MaxUnpool`. `out` has the shape of the input, row-major; elements that were found nowhere become
    /// 0 ([`Default`]). Values of windows that share an element write it one after the other.
    ///
    /// # Errors
    /// A buffer of another length, an index that is no element of a plane. Nothing is written then.
    pub fn unpool_into<I: Index>(
        &self,
        values: &[T],
        indices: &[I],
        out: &mut [T],
    ) -> Result<(), PoolError> {
        self.check_output("values", values.len())?;
        self.check_output("indices", indices.len())?;
        let numbers = |at: usize| indices[at].to_i64();
        self.program.check_unpool(out.len(), I::NONE.to_i64(), &numbers)?;
        out.fill(T::default());
        self.program.unpool(&numbers, &mut |window, at| out[at] = values[window]);
        Ok(())
    }
}

impl Program {
    /// Whether an index type can count the elements of a plane, and say «none» where that happens.
    fn check_index(&self, index: &'static str, highest: u64, none: i64) -> Result<(), PoolError> {
        let plane = self.plane_len();
        let highest = highest - u64::from(self.has_unnumbered() && none >= 0);
        match plane.checked_sub(1) {
            Some(last) if last as u64 > highest => {
                Err(PoolError::IndexTooSmall { index, highest, plane })
            }
            _ => Ok(()),
        }
    }

    /// Whether there is room for so many elements, and each index is one of a plane or says «none».
    fn check_unpool(
        &self,
        got: usize,
        none: i64,
        index: &dyn Fn(usize) -> i64,
    ) -> Result<(), PoolError> {
        let expected = self.layout.len();
        if got != expected {
            return Err(windows_core::WindowError::Length { what: "output", expected, got }.into());
        }
        let plane = self.plane_len();
        for at in 0..self.output.len() {
            let number = index(at);
            let none = number == none && number as u64 as usize >= plane;
            if !none && (number < 0 || number as u64 >= plane as u64) {
                return Err(PoolError::IndexOutside { at, index: number, plane });
            }
        }
        Ok(())
    }

    /// Visits each window that has an index, with the place of its element in a row-major input.
    fn unpool(&self, index: &dyn Fn(usize) -> i64, put: &mut dyn FnMut(usize, usize)) {
        let plane = self.plane_len();
        let mut strides: Vec<usize> = vec![1; self.walk.axes.len()];
        for axis in (1..strides.len()).rev() {
            strides[axis - 1] = strides[axis] * self.walk.axes[axis].spans.len;
        }
        for result in 0..self.output.len() {
            let number = index(result);
            if number < 0 || number as usize >= plane {
                continue;
            }
            let (mut window, mut number, mut at) = (result, number as usize, 0);
            for (axis, stride) in self.walk.axes.iter().zip(&strides).rev() {
                let position = window % axis.spans.count();
                window /= axis.spans.count();
                if axis.numbers == 0 {
                    at += position * stride;
                } else {
                    at += number % axis.spans.len * stride;
                    number /= axis.spans.len;
                }
            }
            put(result, at);
        }
    }
}
