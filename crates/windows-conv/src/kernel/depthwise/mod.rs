//! One input channel per output: no sum over channels, so nothing to multiply as a matrix.
//!
//! [`Rows`] has neighbouring outputs of a row in the lanes, [`Channels`] neighbouring channels. What nets
//! are made of, 3 x 3 and 5 x 5 taps, each does with all weights in registers; anything else goes tap by
//! tap. Masks leave out what lies in the padding. Both ways, an output sums its taps in row-major order.
//!
//! ```text
//! share:  taps = load(all weights)                                they stay in registers
//!         for each place along the axis that is walked:           rows of input, or columns of it
//!             x = load(inputs there)                              each once for all outputs that it is part of
//!             for each output in flight: sum[output] += taps[place - STEP output] * x
//!             store the first output in flight, if it has its last tap now
//!             the others move up, a new one starts from the bias
//! ```
//!
//! This is one algorithm, turned by 90 degrees: [`Rows`] walks down the rows of input, with columns along the lanes;
//! [`Channels`] walks along the columns, with channels along the lanes. What they share is how many outputs are
//! [`in_flight`]. The loops stay apart: down the rows a missing row is one branch and the masks are those of columns;
//! along the columns the masks are those of channels, and several rows go together. The three lines in which sums move
//! up are written twice: as a function of both they gave other machine code, up to a twentieth larger or smaller.

mod channels;
mod rows;

use super::lanes::Lanes;
use super::scalar::Scalar;
pub(super) use channels::Channels;
pub(crate) use rows::MAX_INNER_TAPS;
pub(super) use rows::Rows;

/// Outputs whose sums are in flight when inputs are walked along an axis of this number of taps: the first lacks its
/// last taps, the last has its first ones only.
const fn in_flight(taps: usize, step: usize) -> usize {
    taps.div_ceil(step)
}

/// # Safety
/// *Set*, and what [`Rows`] says.
pub(super) unsafe fn rows<T: Scalar, S: Lanes<T>>(of: Rows<'_, T>) {
    // SAFETY: *set*.
    let simd = unsafe { S::new_unchecked() };
    simd.enter(of.on(simd));
}

/// # Safety
/// *Set*, and what [`Channels`] says.
pub(super) unsafe fn channels<T: Scalar, S: Lanes<T>>(of: Channels<'_, T>) {
    // SAFETY: *set*.
    let simd = unsafe { S::new_unchecked() };
    simd.enter(of.on(simd));
}
