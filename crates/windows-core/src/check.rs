//! What every constructor and every `_into` call asks first: does it fit, is it as long as it must be.
//!
//! Crates on top ask the same and give the same errors.

use alloc::vec::Vec;

use crate::WindowError;

/// The product of the lengths, where it fits `isize`; `what` names what is counted in the error.
///
/// An empty axis makes it 0, but does not excuse the others: the product of the non-zero lengths must fit,
/// as in numpy and ndarray.
///
/// # Errors
/// [`WindowError::ProductOverflow`].
///
/// # Example
/// ```
/// use windows_core::check::product;
///
/// assert_eq!(product("elements", &[4, 0, 3])?, 0);
/// assert!(product("elements", &[usize::MAX, 0, 3]).is_err());
/// # Ok::<(), windows_core::WindowError>(())
/// ```
#[inline]
pub fn product(what: &'static str, shape: &[usize]) -> Result<usize, WindowError> {
    let mut product = 1_usize;
    let mut empty = false;
    for (axis, &len) in shape.iter().enumerate() {
        empty |= len == 0;
        product = match product.checked_mul(len.max(1)) {
            Some(next) if next <= isize::MAX as usize => next,
            _ => return Err(WindowError::ProductOverflow { what, axis, product, len }),
        };
    }
    Ok(if empty { 0 } else { product })
}

/// Whether something has the length that it must have.
///
/// # Errors
/// [`WindowError::Length`].
#[inline]
pub fn check_len(what: &'static str, expected: usize, got: usize) -> Result<(), WindowError> {
    if got == expected { Ok(()) } else { Err(WindowError::Length { what, expected, got }) }
}

/// Whether an array has the shape that it must have.
///
/// # Errors
/// [`WindowError::Rank`] or [`WindowError::Shape`], of the first axis that differs.
pub fn check_shape(
    what: &'static str,
    expected: &[usize],
    got: &[usize],
) -> Result<(), WindowError> {
    if expected.len() != got.len() {
        return Err(WindowError::Rank { what, got: got.len(), expected: expected.len() });
    }
    match (0..got.len()).find(|&axis| got[axis] != expected[axis]) {
        Some(axis) => {
            Err(WindowError::Shape { what, axis, expected: expected[axis], got: got[axis] })
        }
        None => Ok(()),
    }
}

/// An empty vector with room for `len` elements.
///
/// # Errors
/// [`WindowError::Memory`], where `Vec::with_capacity` would panic or end the program.
pub fn room<T>(what: &'static str, len: usize) -> Result<Vec<T>, WindowError> {
    let mut vector = Vec::new();
    match vector.try_reserve_exact(len) {
        Ok(()) => Ok(vector),
        Err(_) => Err(WindowError::Memory { what, len, size: size_of::<T>() }),
    }
}

/// A vector of `len` equal elements.
///
/// # Errors
/// As [`room`].
pub fn filled<T: Clone>(what: &'static str, len: usize, value: T) -> Result<Vec<T>, WindowError> {
    // Asked for and given back: zeros then come from the system, which need not write them.
    drop(room::<T>(what, len)?);
    Ok(alloc::vec![value; len])
}
