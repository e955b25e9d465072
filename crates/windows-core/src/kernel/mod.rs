//! Where the crate touches memory and the processor directly: copies of lanes.
//!
//! This folder and `raw.rs` hold all `unsafe` of the crate. What is here is small and generic: an
//! algorithm calls it, it never calls back.

mod writer;

pub use windows_simd::{Isa, Vectorized, vectorized};
pub(crate) use writer::{Blocks, Steps, Writer};
