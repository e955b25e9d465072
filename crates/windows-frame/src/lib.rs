//! 1-D sliding windows: frames of audio and windows over text, on [`windows_core`].
//!
//! A [`FrameSpec`] says where frames lie. It knows nothing of sound or text; the modules on it do.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod audio;
mod error;
mod spec;
#[cfg(feature = "std")]
pub mod text;

pub use error::FrameError;
pub use spec::{FrameGrid, FrameSpec};
