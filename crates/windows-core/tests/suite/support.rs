//! Borders and views in the oracle's words, in the library's.

use windows_core::{Border, DynView};
use windows_testkit::border;
use windows_testkit::strategy::Strided;

pub(crate) fn border<T>(naive: border::Border, constant: T) -> Border<T> {
    match naive {
        border::Border::Constant => Border::Constant(constant),
        border::Border::Replicate => Border::Replicate,
        border::Border::Reflect => Border::Reflect,
        border::Border::Symmetric => Border::Symmetric,
        border::Border::Wrap => Border::Wrap,
    }
}

/// A view of a counting buffer.
pub(crate) fn view<'a>(buffer: &'a [usize], strided: &Strided) -> DynView<'a, usize> {
    DynView::strided(buffer, strided.offset, &strided.shape, &strided.strides).unwrap()
}

/// Numbers from a seed.
pub(crate) fn noise(len: usize, seed: u32) -> Vec<i64> {
    let value = |i: usize| (i as i64 + 3) * (i64::from(seed) % 1000 + 7) % 211 - 105;
    (0..len).map(value).collect()
}
