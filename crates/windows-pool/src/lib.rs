//! Pooling of every kind, rank and type, and sliding extrema whose cost does not grow with the window.
//!
//! A [`Pool`] is what is asked for: a kind over windows. Resolved for a shape and strides it is a [`Plan`],
//! made once and run often, without an allocation and without a copy of the data. The windows are over
//! the last axes, or over any; channels come first or last; views may be cropped, permuted or reversed.
//!
//! ```
//! use windows_core::DynView;
//! use windows_pool::{Kernel, Pool, WindowSpec};
//!
//! // Eight channels of 32 x 32, pooled as after a convolution.
//! let image: Vec<f32> = (0..8 * 32 * 32).map(|i| (i * 37 % 101) as f32).collect();
//! let view = DynView::new(&image, [8, 32, 32])?;
//!
//! let spec = WindowSpec::new([3, 3]).step(2).padding(1);
//! let plan = Pool::max(spec).plan::<f32>([8, 32, 32])?;
//! assert_eq!(plan.output_shape(), [8, 16, 16]);
//! assert!(matches!(plan.kernel(), Kernel::Separable { .. }));
//!
//! let mut out = vec![0.0; plan.output_len()];
//! plan.run_into(&view, &mut out)?;
//! let corner = [image[0], image[1], image[32], image[33]];
//! assert_eq!(out[0], corner.into_iter().fold(f32::NEG_INFINITY, f32::max));
//! # Ok::<(), windows_pool::PoolError>(())
//! ```
//!
//! | kind | of each window | results | of no element |
//! | --- | --- | --- | --- |
//! | [`Max`], [`Min`] | the first of the greatest, of the least | as the elements | -inf and inf, or the ends of the integers |
//! | [`Average`] | sum over count, integers rounded half to even | as the elements | NaN, or 0 |
//! | [`RealAverage`] | the same, not rounded | `f32` of `f32`, else `f64` | NaN |
//! | [`Sum`] | the exact sum of integers, an `f64` sum of floats | `u64`, `i64`, `f32` or `f64` | 0 |
//! | [`Lp`] | `(sum abs(x)^p)^(1/p)` | `f32` of `f32`, else `f64` | 0 |
//! | [`Median`] | element `n / 2` in order | as the elements | NaN, or 0 |
//! | [`Quantile`] | element `ceil(q n) - 1` in order, at least the first | as the elements | NaN, or 0 |
//!
//! Elements are `u8 i8 u16 i16 u32 i32 u64 i64 f32 f64`.
//!
//! | you want | you take |
//! | --- | --- |
//! | one call | [`Pool::run`] |
//! | channels last (NHWC) | [`Pool::behind`] |
//! | global pooling | [`Pool::global`] |
//! | adaptive pooling | [`Pool::adaptive`] |
//! | dilation and erosion by a box (`grey_dilation`, `maximum_filter`) | [`Pool::max`], [`Pool::min`] with [`Same`] |
//! | both extremes (envelopes) | [`Plan::run_with_min_into`] |
//! | where the extremes are (`return_indices`) | [`Plan::run_indexed_into`] |
//! | elements back where they were (`MaxUnpool`) | [`Plan::unpool_into`] |
//! | torch's `count_include_pad`, `divisor_override` | [`Average::count_padding`], [`Average::divisor`] |
//! | padded elements with a value | [`Pool::plan_layout`] with a [`Border`] |
//! | a signal that arrives in chunks | [`SlidingMax`], [`SlidingMin`], [`SlidingAverage`] |
//!
//! # Contract
//!
//! Every path, fast or slow, keeps it; the slow one ([`Pool::scalar`]) is the definition.
//!
//! - **Windows** are those of `windows-core`. Under [`Edge::Ceil`] a window starts in the data or in the
//!   padding before it, never behind: torch and ONNX agree. Padding may be wider than the window, which
//!   torch and onnxruntime refuse.
//! - **Padding is absent** unless a border is named: it never wins, and counts only where
//!   [`Average::count_padding`] asks for it, without what a window hangs over the padding under ceil. With
//!   a border, padded elements are ordinary values.
//! - **A window without an element** gives the identity of its kind, as the table says.
//! - **Ties go to the first** element in row-major order. `-0` and `+0` tie for max and min, and so the
//!   first of them is the result; median and quantile order `-0` before `+0`.
//! - **NaN propagates**, the first one of the window with all its bits, or is [ignored](Nan::Ignore). An
//!   index is that of the first NaN; torch gives the last. `-inf` is a value like others: a window of it
//!   alone gives `-inf`, where several libraries give the least finite number.
//! - **Integers are exact.** Narrow ones are summed wide. A [`Sum`] wraps at 64 bits, in every build.
//! - **Nothing is taken out of a sum again**: a window's NaN, infinity or large number has no effect on the
//!   next, as it would have in running sums that subtract.
//! - **Indices** are flat within the plane of the windowed axes, as torch's. An index type too small for
//!   the plane is an error.
//! - **Empty** batches, channels and outputs are fine.
//! - **The same bits** come from every instruction set, and for any number of threads. Max, min, rank and
//!   integers are also equal to the definition bit for bit; float sums differ from it in their order only,
//!   which [`Average`] bounds.
//!
//! # How it runs
//!
//! Windows are separable: rows are reduced first, then columns of reduced rows. Along a row a run is
//! joined with itself, shifted by 1, 2, 4 and so on; along columns large windows take the two stacks of a
//! queue, three joins a row, in the manner of [van Herk](https://doi.org/10.1016/0167-8655(92)90069-C).
//! So the cost of an element hardly depends on the size. [`Plan::kernel`] says what was chosen. The loops
//! are compiled for AVX-512, AVX2 and the baseline; the processor decides, and the environment variable
//! `WINDOWS_ISA` or [`Pool::isa`] caps it. Median and quantile select in each window by itself.
//!
//! # Features
//!
//! `rayon` pools planes, and bands of large ones, in parallel.
#![deny(unsafe_code)]

mod element;
mod engine;
mod entry;
mod error;
mod fold;
mod indices;
mod kernel;
mod kind;
mod pass;
mod plan;
mod pool;
mod program;
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
