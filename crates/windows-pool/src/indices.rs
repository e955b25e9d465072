//! Where extremes are, and back again.

use windows_core::{Rank, StridedView};

use crate::PoolError;
use crate::element::Element;
use crate::error::filled;
use crate::kind::{Kind, Max, Min, extreme};
use crate::plan::Plan;

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
    fn position(window: &[T], nan: crate::Nan) -> Option<usize>;

    #[doc(hidden)]
    fn nothing() -> T;
}

impl<T: Element> Extremal<T> for Max {
    fn position(window: &[T], nan: crate::Nan) -> Option<usize> {
        extreme::<T, true>(window, nan)
    }

    fn nothing() -> T {
        T::LOWEST
    }
}

impl<T: Element> Extremal<T> for Min {
    fn position(window: &[T], nan: crate::Nan) -> Option<usize> {
        extreme::<T, false>(window, nan)
    }

    fn nothing() -> T {
        T::HIGHEST
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
        self.check_index::<I>()?;
        let mut cursor = self.walk.cursor();
        // The best so far is all that is needed of a window; the definition decides between two.
        for (window, (value, index)) in values.iter_mut().zip(indices).enumerate() {
            let mut best: Option<(T, Option<usize>)> = None;
            self.walk.visit(&mut cursor, window, |at| {
                let next = self.read(view.data(), view.offset(), at.map(|(ahead, _)| ahead));
                let number = at.map(|(_, number)| number);
                let (pair, len) = match best {
                    Some((best, _)) => ([best, next], 2),
                    None => ([next, next], 1),
                };
                match K::position(&pair[..len], self.nan) {
                    Some(0) if len == 1 => best = Some((next, number)),
                    Some(1) => best = Some((next, number)),
                    _ => {}
                }
            });
            (*value, *index) = match best {
                Some((best, Some(number))) => (best, I::from_usize(number)),
                Some((best, None)) => (best, I::NONE),
                None => (K::nothing(), I::NONE),
            };
        }
        Ok(())
    }

    /// Whether an index type can count the elements of a plane, and say «none» where that happens.
    fn check_index<I: Index>(&self) -> Result<(), PoolError> {
        let plane = self.plane_len();
        let ignored = T::FLOAT && self.nan == crate::Nan::Ignore;
        let unnumbered = (self.has_unnumbered() || ignored) && I::NONE.to_i64() >= 0;
        let highest = I::HIGHEST - u64::from(unnumbered);
        match plane.checked_sub(1) {
            Some(last) if last as u64 > highest => {
                Err(PoolError::IndexTooSmall { index: I::NAME, highest, plane })
            }
            _ => Ok(()),
        }
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
        let expected = self.layout().len();
        if out.len() != expected {
            let got = out.len();
            return Err(windows_core::WindowError::Length { what: "output", expected, got }.into());
        }
        let plane = self.plane_len();
        for (at, index) in indices.iter().enumerate() {
            let number = index.to_i64();
            let none = number == I::NONE.to_i64() && number as u64 as usize >= plane;
            if !none && (number < 0 || number as u64 >= plane as u64) {
                return Err(PoolError::IndexOutside { at, index: number, plane });
            }
        }
        out.fill(T::default());
        let mut strides: Vec<usize> = vec![1; self.walk.axes.len()];
        for axis in (1..strides.len()).rev() {
            strides[axis - 1] = strides[axis] * self.walk.axes[axis].spans.len;
        }
        for (window, (value, index)) in values.iter().zip(indices).enumerate() {
            let number = index.to_i64();
            if number < 0 || number as usize >= plane {
                continue;
            }
            let (mut window, mut number, mut at) = (window, number as usize, 0);
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
            out[at] = *value;
        }
        Ok(())
    }
}
