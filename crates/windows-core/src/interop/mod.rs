//! Views from and to other libraries' arrays, each by a feature.

#[cfg(feature = "bytemuck")]
mod bytemuck;
#[cfg(feature = "ndarray")]
mod ndarray;
#[cfg(feature = "serde")]
mod serde;

#[cfg(feature = "ndarray")]
pub use self::ndarray::ArrayWindows;
