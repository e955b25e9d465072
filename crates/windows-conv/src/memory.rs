//! Memory that there may be too little of: asked for by what needs it, and an error instead of an abort.

use crate::ConvError;

/// An empty vector with room for `len` elements.
pub(crate) fn room<T>(what: &'static str, len: usize) -> Result<Vec<T>, ConvError> {
    let mut vec = Vec::new();
    match vec.try_reserve_exact(len) {
        Ok(()) => Ok(vec),
        Err(_) => Err(ConvError::Memory { what, bytes: len.saturating_mul(size_of::<T>()) }),
    }
}

/// So many elements of one value.
pub(crate) fn filled<T: Clone>(
    what: &'static str,
    len: usize,
    value: T,
) -> Result<Vec<T>, ConvError> {
    // Tried and given back: memory that `vec!` asks the system for is zero already, and is not written twice.
    drop(room::<T>(what, len)?);
    Ok(vec![value; len])
}
