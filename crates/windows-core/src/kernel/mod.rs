//! Where the crate touches memory and the processor directly: copy lanes and run-time dispatch.
//!
//! This folder and `raw.rs` hold all `unsafe` of the crate. What is here is small and generic: an
//! algorithm calls it, it never calls back.

mod convert;
mod dispatch;
mod fetch;
mod shuffle;
mod writer;

pub use convert::{Affine, Convert, Copied, Sample};
pub(crate) use convert::{Block, Side};
pub use dispatch::{Isa, Vectorized, enter, vectorized};
pub(crate) use fetch::fetch;
pub use shuffle::ByteShuffle;
pub(crate) use writer::{Blocks, Steps, Writer};
