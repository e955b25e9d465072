//! 1-D sliding windows: frames of audio and windows over text, on [`windows_core`].
//!
//! A [`FrameSpec`] says where frames lie. It knows nothing of sound or text; the modules on it do.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod audio;
mod convention;
mod error;
mod frames;
mod inverse;
mod spec;
mod stream;
#[cfg(feature = "std")]
pub mod text;

pub use error::FrameError;
pub use frames::{Frame, Frames, FramesIter};
pub use inverse::{Blend, Inverse, InverseError, Lost, OverlapAdd, cola, nola};
pub use spec::{FrameGrid, FrameSpec};
pub use stream::{Framer, StreamFrame};
