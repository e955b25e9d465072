//! Memory that there may be too little of: what the core asks for, with the errors of this crate.

use windows_core::check;

use crate::ConvError;

/// An empty vector with room for `len` elements.
pub(crate) fn room<T>(what: &'static str, len: usize) -> Result<Vec<T>, ConvError> {
    check::room(what, len).map_err(|_| too_much::<T>(what, len))
}

/// A vector of `len` equal elements.
pub(crate) fn filled<T: Clone>(
    what: &'static str,
    len: usize,
    value: T,
) -> Result<Vec<T>, ConvError> {
    check::filled(what, len, value).map_err(|_| too_much::<T>(what, len))
}

fn too_much<T>(what: &'static str, len: usize) -> ConvError {
    ConvError::Memory { what, bytes: len.saturating_mul(size_of::<T>()) }
}
