//! What becomes of outputs whose sums are complete: their activation.
//!
//! ```text
//! for each row of outputs, each piece of neighbours in it:
//!     for each element: x = activation(x)
//! ```
//!
//! It is applied to what lies in the first level of cache, rows of outputs at a time, by one function of a set. In
//! each tile it was a tenth of all that is compiled, for every loop is there once for each activation. Pieces that
//! adjoin are one piece.

use windows_simd::Compute;

use super::lanes::Lanes;
use super::scalar::Scalar;
use crate::Activation;

/// What is done to an output when its sum is complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finish<T> {
    pub activation: Activation<T>,
}

impl<T: Scalar> Finish<T> {
    /// # Safety
    /// The `len` elements at `at` are among the *outputs* of a job, and initialised.
    #[inline(always)]
    pub(super) unsafe fn apply(&self, at: *mut T, len: usize) {
        // SAFETY: *outputs*, which no one else touches.
        let row = unsafe { std::slice::from_raw_parts_mut(at, len) };
        match self.activation {
            Activation::None => {}
            // A loop each, so that each is vectorised.
            Activation::Relu => row.iter_mut().for_each(|x| *x = finished(Activation::Relu, *x)),
            Activation::Clamp(low, high) => row.iter_mut().for_each(|x| *x = x.clamp(low, high)),
            Activation::Silu => row.iter_mut().for_each(|x| *x = x.silu()),
        }
    }
}

/// A value after its activation.
#[inline(always)]
pub(crate) fn finished<T: Scalar>(activation: Activation<T>, x: T) -> T {
    match activation {
        Activation::None => x,
        Activation::Relu => {
            let zero = T::default();
            if x < zero { zero } else { x }
        }
        Activation::Clamp(low, high) => x.clamp(low, high),
        Activation::Silu => x.silu(),
    }
}

/// Outputs that are complete: in each of `rows` there are `count` pieces of `len` neighbours.
pub(super) struct Finishing<'a, T> {
    pub finish: Finish<T>,
    /// What rows are counted from, and the first piece of each.
    pub out: *mut T,
    pub rows: &'a [isize],
    pub count: usize,
    /// From piece to piece.
    pub apart: isize,
    /// Elements of a piece.
    pub len: usize,
}

impl<T: Scalar, S: Lanes<T>> Compute<S> for Finishing<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self, _: S) {
        let neighbours = self.apart == self.len as isize;
        let (count, len) =
            if neighbours { (1, self.count * self.len) } else { (self.count, self.len) };
        for &row in self.rows {
            for piece in 0..count {
                let at = self.out.wrapping_offset(row + piece as isize * self.apart);
                // SAFETY: *outputs*, or sums in the *room*, which the kernel has just written.
                unsafe { self.finish.apply(at, len) };
            }
        }
    }
}
