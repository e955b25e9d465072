//! Image patches for vision models, on the windows of `windows-core`.
#![forbid(unsafe_code)]

mod convert;
mod error;
mod image;
mod normalize;
mod order;
mod patchify;
mod plan;
mod transfer;

#[cfg(feature = "image")]
mod interop;

pub use convert::Sample;
pub use error::PatchError;
pub use image::ImageView;
pub use normalize::Normalize;
pub use order::Order;
pub use patchify::Patchify;
pub use plan::PatchPlan;
pub use windows_core::{Border, Edge, UnknownName, WindowError};
pub use windows_stitch::{Element, StitchError};

#[cfg(feature = "image")]
pub use interop::{DynamicView, image_from};
