//! Packed windows back to an array, overlaps summed: the adjoint of packing. Torch's `fold`, `col2im`,
//! overlap-add.

use alloc::vec::Vec;

use crate::check::{check_len, product, room};
use crate::layout::Layout;
use crate::rank::Rank;
use crate::{Border, Grid, WindowError};

/// What can be summed: all primitive numbers. Integers wrap around in every build profile.
pub trait Additive: Copy {
    /// What an empty sum is.
    const ZERO: Self;

    /// The sum; integers wrap.
    #[must_use]
    fn plus(self, other: Self) -> Self;
}

macro_rules! additive {
    ($($float:ty),*; $($integer:ty),*) => {
        $(impl Additive for $float {
            const ZERO: Self = 0.0;

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self + other
            }
        })*
        $(impl Additive for $integer {
            const ZERO: Self = 0;

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
        })*
    };
}

additive!(f32, f64; u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

impl<R: Rank> Grid<R> {
    /// Sums packed windows back: `out[x]` becomes the sum of every tap that reads element `x`, in
    /// row-major order of windows and taps. `packed` is what packing writes, `out` row-major over
    /// [`Grid::shape`]; it is overwritten. Missing taps are left out. Allocates nothing.
    ///
    /// This is the adjoint of packing with a constant border of zero: `<pack x, y> = <x, fold y>`. It is
    /// no inverse where windows overlap: stitching is, which divides by the weights.
    ///
    /// # Errors
    /// [`WindowError::Length`] unless `packed` has [`Grid::packed_len`] elements and `out` those
    /// of the shape.
    ///
    /// # Example
    /// ```
    /// use windows_core::Grid;
    ///
    /// let grid = Grid::new([4], [2])?;
    /// assert_eq!(grid.fold(&[1, 2, 10, 20, 100, 200])?, [1, 12, 120, 200]);
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn fold_into<T: Additive>(&self, packed: &[T], out: &mut [T]) -> Result<(), WindowError> {
        self.fold_border_into(packed, &Border::Constant(T::ZERO), out)
    }

    /// The same in a new vector.
    ///
    /// # Errors
    /// As [`Grid::fold_into`]; [`WindowError::Memory`].
    pub fn fold<T: Additive>(&self, packed: &[T]) -> Result<Vec<T>, WindowError> {
        check_len("packed windows", self.packed_len()?, packed.len())?;
        let len = product("elements", self.shape())?;
        let mut out = room("elements", len)?;
        out.resize(len, T::ZERO);
        self.fold_into(packed, &mut out)?;
        Ok(out)
    }

    /// The adjoint of packing with any border: what a missing tap reads through the border's map is
    /// where its value goes. What a constant gave is dropped.
    ///
    /// # Errors
    /// As [`Grid::fold_into`], and [`WindowError::EmptyBorder`] as
    /// [`Windows::with_border`](crate::Windows::with_border).
    pub fn fold_border_into<T: Additive>(
        &self,
        packed: &[T],
        border: &Border<T>,
        out: &mut [T],
    ) -> Result<(), WindowError> {
        let strides = Layout::<R>::contiguous(self.shape())?;
        check_len("packed windows", self.packed_len()?, packed.len())?;
        check_len("output", strides.len(), out.len())?;
        border.check(self)?;
        out.fill(T::ZERO);
        if packed.is_empty() {
            return Ok(());
        }
        let sizes = self.window_shape();
        let Some(last) = self.ndim().checked_sub(1) else {
            out[0] = packed[0];
            return Ok(());
        };
        let inner = &self.axes()[last];
        let rows: usize = sizes.as_ref()[..last].iter().product();
        for (position, window) in self.positions().zip(packed.chunks_exact(rows * inner.size())) {
            let taps = inner.taps(position[last]);
            let mut row = R::from_fn(last + 1, |_| 0);
            for values in window.chunks_exact(inner.size()) {
                if let Some(first) = self.row_start(position.as_ref(), row.as_ref(), border) {
                    let line = &mut out[first..first + inner.len()];
                    if !taps.is_empty() {
                        let first = inner.element(position[last], taps.start);
                        let line = &mut line[first as usize..];
                        add_run(line, inner.dilation(), &values[taps.clone()]);
                    }
                    for tap in (0..taps.start).chain(taps.end..inner.size()) {
                        let element = inner.element(position[last], tap);
                        if let Some(x) = border.index(element, inner.len()) {
                            line[x] = line[x].plus(values[tap]);
                        }
                    }
                }
                step_row(&mut row, &sizes, last);
            }
        }
        Ok(())
    }

    /// Flat index of the first element of the line that a row of taps reads, or `None` if it reads a
    /// constant. `position` and `tap` are looked at on all axes but the last.
    fn row_start<T>(&self, position: &[usize], tap: &[usize], border: &Border<T>) -> Option<usize> {
        let last = self.ndim() - 1;
        let mut first = 0;
        for (axis, of) in self.axes()[..last].iter().enumerate() {
            let element = border.index(of.element(position[axis], tap[axis]), of.len())?;
            first = first * of.len() + element;
        }
        Some(first * self.axes()[last].len())
    }
}

/// The next tap over all axes but the last, in row-major order.
fn step_row<A, B>(row: &mut A, sizes: &B, last: usize)
where
    A: AsMut<[usize]>,
    B: AsRef<[usize]>,
{
    let row = row.as_mut();
    for axis in (0..last).rev() {
        row[axis] += 1;
        if row[axis] < sizes.as_ref()[axis] {
            return;
        }
        row[axis] = 0;
    }
}

/// Adds values to every `step`-th element of a line.
#[inline]
fn add_run<T: Additive>(line: &mut [T], step: usize, values: &[T]) {
    if step == 1 {
        for (sum, &value) in line[..values.len()].iter_mut().zip(values) {
            *sum = sum.plus(value);
        }
    } else {
        for (sum, &value) in line.iter_mut().step_by(step).zip(values) {
            *sum = sum.plus(value);
        }
    }
}
