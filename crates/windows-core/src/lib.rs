//! N-dimensional sliding windows by stride arithmetic.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

mod arrays;
mod axis;
mod border;
mod covering;
mod error;
mod fold;
mod grid;
mod interop;
pub mod kernel;
mod lanes;
mod layout;
mod odometer;
mod pack;
#[cfg(feature = "rayon")]
mod par;
mod rank;
mod raw;
mod spec;
mod view;
mod windows;

pub use arrays::WindowArrays;
pub use axis::{Axis, AxisSpec, Edge, Extent, Same};
pub use border::{Border, Bordered};
pub use covering::Covering;
pub use error::WindowError;
pub use fold::Additive;
pub use grid::{Grid, GridCovering, Positions};
#[cfg(feature = "ndarray")]
pub use interop::ArrayWindows;
pub use lanes::{Lane, Row, Rows, Taps};
pub use layout::Layout;
#[cfg(feature = "rayon")]
pub use par::{ParTilesMut, ParWindows};
pub use rank::{Axes, Const, Dyn, Entry, IntoAxes, Rank};
pub use raw::{DynViewMut, ElementsMut, StridedViewMut, TilesMut, ViewMut};
pub use spec::{IntoSpec, WindowSpec};
pub use view::{DynView, Elements, Lanes, StridedView, View};
pub use windows::{Window, Windows, WindowsIter};
