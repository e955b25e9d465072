//! Image patches for vision models, on the windows of `windows-core`.
#![forbid(unsafe_code)]

mod error;
mod image;
mod patchify;

#[cfg(feature = "image")]
mod interop;

pub use error::PatchError;
pub use image::ImageView;
pub use patchify::{PatchPlan, Patchify};
pub use windows_core::{Border, Edge, WindowError};

#[cfg(feature = "image")]
pub use interop::{DynamicView, image_from};
