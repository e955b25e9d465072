//! N-dimensional sliding windows by stride arithmetic: zero-copy, safe, `no_std`.
//!
//! A window is arithmetic on a strided array, not a copy. An N-dimensional window grid is a product of
//! 1-D axes, so every formula lives once, in [`Axis`], and everything else multiplies it out:
//!
//! ```text
//! data      0 1 2 3 4 5 6 7         size 3, step 2, padding 1:1
//!
//! (•) 0 1 | 1 2 3 | 3 4 5 | 5 6 7   4 windows; only the first is clipped: its tap 0 is missing
//! ```
//!
//! ```
//! use windows_core::{Border, Edge, View, WindowSpec};
//!
//! let image: Vec<f32> = (0..30).map(|i| i as f32).collect();
//! let view = View::new(&image, [5, 6])?; // 5 rows of 6, no copy
//!
//! // every 3 x 3 neighbourhood
//! let means: Vec<f32> = view.windows([3, 3]).map(|w| w.iter().sum::<f32>() / 9.0);
//! assert_eq!((means.len(), means[0]), (12, 7.0));
//!
//! // 2 x 4 tiles with what is left over at the edges
//! let tiles = view.windows(WindowSpec::new([2, 4]).step([2, 4]).edge(Edge::Keep));
//! assert_eq!(tiles.grid().counts(), [3, 2]);
//!
//! // padded, with reflected borders, packed into contiguous memory
//! let same = view.windows(WindowSpec::new([3, 3]).padding(1));
//! assert_eq!(same.with_border(Border::Reflect)?.pack().len(), 5 * 6 * 9);
//! # Ok::<(), windows_core::WindowError>(())
//! ```
//!
//! # Where things are
//!
//! | to | take |
//! | --- | --- |
//! | compute counts, starts, taps, coverage, without data | [`Axis`] (1-D, `const`), [`Grid`] (N-D) |
//! | say which windows | a size, or [`WindowSpec`]: size, step, overlap, dilation, padding, [`Edge`], [`Extent`] per axis |
//! | view a slice as an array | [`View`] (rank known to the compiler), [`DynView`] (at run time) |
//! | walk windows | [`Windows`]: [`iter`](Windows::iter) for people, [`lanes`](Windows::lanes) and [`reduce_into`](Windows::reduce_into) for kernels, [`arrays`](Windows::arrays) of known size |
//! | read beyond the edge | [`Windows::with_border`] and a [`Border`] |
//! | copy windows, or a padded array | [`Windows::pack_into`], [`Bordered::pack_into`], [`StridedView::pad_into`] |
//! | sum windows back | [`Grid::fold_into`], the adjoint of packing; weighted means of tiles are in `windows-stitch` |
//! | write tiles | [`ViewMut::tiles_mut`](StridedViewMut::tiles_mut), [`for_each_window_mut`](StridedViewMut::for_each_window_mut), or a [`View`] of [`Cell`](core::cell::Cell)s |
//!
//! # Words
//!
//! One meaning each, in names, documentation and errors: **size**, **step** and **dilation** of a window
//! per axis; **stride** is a distance in memory, in elements, and never the step; **padding** is virtual,
//! a **border** what it reads as; the **edge** is what happens to the last windows; a **position** is a
//! window's place in the grid, a **tap** a place inside a window, an **offset** an index in memory, a
//! **lane** an innermost run.
//!
//! # Names from elsewhere
//!
//! | elsewhere | here |
//! | --- | --- |
//! | numpy `sliding_window_view(x, k)` | [`view.windows(k).as_view()`](Windows::as_view), and a step |
//! | numpy, torch `as_strided` | [`StridedView::strided`], checked |
//! | numpy `pad` | [`StridedView::pad_into`]; [`Border`] has a table of the modes' names |
//! | scikit-image `view_as_windows(x, k, step)`, `view_as_blocks` | `view.windows(WindowSpec::new(k).step(s))` |
//! | torch `x.unfold(d, k, s)` | [`Extent::Size`] on axis `d`, [`Extent::Each`] on the others |
//! | torch `F.unfold`, `im2col`; TensorFlow `extract_patches`; JAX `conv_general_dilated_patches` | [`Windows::pack_into`]; their orders of axes in `windows-conv` and `windows-patches` |
//! | torch `F.fold`, `col2im`, `overlap_add` | [`Grid::fold_into`] |
//! | `patchify` | `windows-patches` |
//! | TensorFlow, Keras `padding="same"`; ONNX `SAME_UPPER`, `SAME_LOWER` | [`Same::Upper`], [`Same::Lower`] |
//! | torch pooling `ceil_mode=True` | [`Edge::Ceil`] |
//! | ndarray `windows`, `windows_with_stride`, `axis_windows` | [`StridedView::windows`]; `ArrayWindows` on an ndarray array, feature `ndarray` |
//! | ndarray `exact_chunks`, `exact_chunks_mut` | step = size with [`Edge::Drop`]; [`tiles_mut`](StridedViewMut::tiles_mut) keeps the remainder with [`Edge::Keep`] |
//! | std `windows`, `array_windows`, `chunks`, `chunks_mut` | the same in any rank |
//! | librosa `frame` | `windows-frame` |
//!
//! # Features
//!
//! `std` (default): run-time choice of vector instructions. `rayon`: windows, tiles and packing in
//! parallel. `bytemuck`: bytes to typed views, pixels to channels. `ndarray`: views both ways. `serde`:
//! specs and grids as data. Without `std` the crate needs `alloc`.
//!
//! # Promises
//!
//! Sizes are checked once, by constructors, with checked arithmetic in every build profile; after that
//! nothing is out of bounds. Iterators have exact sizes, both ends and `O(1)` `nth`. Walking, and every
//! `_into` call, allocates nothing up to six axes. Results are the same to the bit for any number of
//! threads.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

mod arrays;
mod axis;
mod border;
pub mod check;
mod covering;
mod error;
mod fold;
mod grid;
mod interop;
pub mod kernel;
mod lanes;
mod layout;
mod names;
mod odometer;
mod pack;
#[cfg(feature = "rayon")]
mod par;
mod rank;
mod raw;
mod shard;
mod spec;
mod tiles;
mod view;
mod windows;

pub use arrays::WindowArrays;
pub use axis::{Axis, AxisSpec, Edge, Extent, Same};
pub use border::{Border, Bordered};
pub use covering::Covering;
pub use error::WindowError;
pub use fold::Additive;
pub use grid::{Grid, GridCovering, Positions, positions};
#[cfg(feature = "ndarray")]
pub use interop::ArrayWindows;
pub use lanes::{Lane, Row, Rows, Taps};
pub use layout::Layout;
pub use names::UnknownName;
pub use odometer::ravel;
#[cfg(feature = "rayon")]
pub use par::{ParTilesMut, ParWindows};
pub use rank::{Axes, Const, Dyn, Entry, IntoAxes, Rank};
pub use raw::{DynViewMut, ElementsMut, StridedViewMut, TilesMut, ViewMut};
pub use shard::Shard;
pub use spec::{IntoSpec, WindowSpec};
pub use tiles::{Canvas, Halo, Tile, TileSink, TileSource, Tiles, core_of};
pub use view::{DynView, Elements, Lanes, StridedView, View};
pub use windows::{Window, Windows, WindowsIter};
