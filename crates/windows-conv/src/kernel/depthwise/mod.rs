//! One input channel per output: no sum over channels, so nothing to multiply as a matrix.
//!
//! [`Rows`] has neighbouring outputs of a row in the lanes, [`Channels`] neighbouring channels. What nets
//! are made of, 3 x 3 and 5 x 5 taps, each does with all weights in registers; anything else goes tap by
//! tap. Masks leave out what lies in the padding. Both ways, an output sums its taps in row-major order.

mod channels;
mod rows;

use super::lanes::Lanes;
use super::scalar::Scalar;
pub(super) use channels::Channels;
pub(crate) use rows::MAX_INNER_TAPS;
pub(super) use rows::Rows;

/// # Safety
/// The instruction set of `S` is available; input and output are as large as the pass and the strides say, and no one
/// else writes these outputs meanwhile.
pub(super) unsafe fn rows<T: Scalar, S: Lanes<T>>(of: Rows<'_, T>) {
    // SAFETY: the caller's promise.
    unsafe {
        {
            let simd = S::new_unchecked();
            simd.enter(of.on(simd))
        }
    }
}

/// # Safety
/// As [`rows`].
pub(super) unsafe fn channels<T: Scalar, S: Lanes<T>>(of: Channels<'_, T>) {
    // SAFETY: the caller's promise.
    unsafe {
        {
            let simd = S::new_unchecked();
            simd.enter(of.on(simd))
        }
    }
}
