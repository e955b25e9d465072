//! Where the crate touches memory and the processor directly: copies of lanes.
//!
//! This folder and `raw.rs` hold all `unsafe` of the crate. What is here is small and generic: an
//! algorithm calls it, it never calls back.

mod convert;
mod shuffle;
mod writer;

pub use convert::{Affine, Convert, Copied, Sample};
pub(crate) use convert::{Block, Side};
pub use shuffle::ByteShuffle;
pub use windows_simd::{Isa, Vectorized, enter, vectorized};
pub(crate) use writer::{Blocks, Steps, Writer};
