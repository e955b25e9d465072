//! N-dimensional sliding windows by stride arithmetic.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

mod axis;
mod border;
mod covering;
mod error;
mod grid;
pub mod kernel;
mod lanes;
mod layout;
mod odometer;
mod pack;
mod rank;
mod spec;
mod view;
mod windows;

pub use axis::{Axis, AxisSpec, Edge, Extent, Same};
pub use border::{Border, Bordered};
pub use covering::Covering;
pub use error::WindowError;
pub use grid::{Grid, GridCovering, Positions};
pub use lanes::{Lane, Row, Rows, Taps};
pub use layout::Layout;
pub use rank::{Axes, Const, Dyn, Entry, IntoAxes, Rank};
pub use spec::{IntoSpec, WindowSpec};
pub use view::{DynView, Elements, Lanes, StridedView, View};
pub use windows::{Window, Windows, WindowsIter};
