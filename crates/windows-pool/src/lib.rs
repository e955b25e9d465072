//! Pooling of every kind, rank and type, and sliding extrema whose cost does not grow with the window.
mod bands;
mod element;
mod engine;
mod error;
mod fold;
mod indices;
mod kernel;
mod kind;
mod pass;
mod plan;
mod pool;
mod scalar;
mod spans;
mod stream;

pub use element::Element;
pub use error::PoolError;
pub use indices::{Extremal, Index};
pub use kind::{Average, Kind, Lp, Max, Median, Min, Nan, Quantile, RealAverage, Sum};
pub use plan::{ColumnKernel, Kernel, Plan, RowKernel, Scratch};
pub use pool::Pool;
pub use stream::{SlidingAverage, SlidingMax, SlidingMin};
pub use windows_core::kernel::Isa;
pub use windows_core::{Border, Edge, Extent, Same, WindowError, WindowSpec};
