//! Tiles back to one array: weighted means whose weights sum to one, and other reductions; `no_std`.
//!
//! [`Stitch`] is a plan over the grid that the tiles were cut by: geometry, tapers and scales, checked
//! once, without data. It takes all tiles at once ([`Stitch::run_into`]), or one by one in any order
//! ([`Stitch::stitcher`]), and then hands out rows as soon as no later tile can touch them.
//!
//! ```
//! use windows_core::{Edge, View, WindowSpec};
//! use windows_stitch::{Stitch, StitchError, StitchSpec, Taper};
//!
//! let image: Vec<f32> = (0..70).map(|i| i as f32).collect();
//! let view = View::new(&image, [7, 10])?;
//! let windows = view.windows(WindowSpec::new([4, 4]).overlap(2).edge(Edge::Snap));
//!
//! let mut tiles = windows.pack()?;
//! tiles.iter_mut().for_each(|x| *x *= 2.0); // the model
//! let stitch = Stitch::new(windows.grid(), StitchSpec::new().taper(Taper::Hann))?;
//! assert!(stitch.run(&tiles)?.iter().zip(&image).all(|(made, given)| *made == 2.0 * given));
//! # Ok::<(), StitchError>(())
//! ```
//!
//! # Features
//!
//! `std` (default): run-time choice of vector instructions. `rayon`: rows of the output in parallel, with
//! the same bits. Without `std` the crate needs `alloc`.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod along;
mod band;
mod cells;
mod element;
mod error;
mod spec;
mod stitch;
mod stitcher;
mod taper;

pub use element::{Element, Sum};
pub use error::{StitchError, StitcherError};
pub use spec::{Reduce, Scale, StitchSpec};
pub use stitch::Stitch;
pub use stitcher::{Stitched, Stitcher};
pub use taper::Taper;
