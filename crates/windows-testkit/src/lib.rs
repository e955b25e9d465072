//! Naive oracles: the definitions of this workspace as plain loops over plain `Vec`s.
//!
//! Everything here is written to be *obviously right* and is as slow as that makes it. Windows are
//! enumerated one by one from what an edge rule says in words; borders are found by walking one
//! element at a time; arrays are read by adding up indices. No closed formula of the library
//! appears, and no code of it is called, so that a test which compares the two can fail.
//!
//! | module | oracle of |
//! | --- | --- |
//! | [`axis`] | windows along one axis: where they start, which elements they touch |
//! | [`border`] | what a coordinate outside the data reads as |
//! | [`mod@array`] | N-D arrays: indexing, slicing, permuting, viewing by strides |
//! | [`windows`] | N-D windows: their values, packing, and the adjoint |
//! | [`strategy`] | random but valid inputs for `proptest` |
//! | [`guard`] | no oracle: memory beside pages that end a test which touches them |
//! | [`symbols`] | no oracle: how many functions of a kind a program has, and how large they are |
//!
//! # Example
//!
//! ```
//! use windows_testkit::{Border, NaiveAxis, NaiveWindows, NdArray};
//!
//! let image = NdArray::from_fn(&[4, 4], |index| index[0] * 4 + index[1]);
//! let axis = NaiveAxis::new(4, 2, 2);
//! let windows = NaiveWindows::new(vec![axis.clone(), axis]);
//! assert_eq!(windows.counts(), [2, 2]);
//! let packed = windows.pack(&image, Border::Constant, 0);
//! assert_eq!(packed.shape(), [2, 2, 2, 2]);
//! assert_eq!(packed.data()[..4], [0, 1, 4, 5]);
//! ```

// `guard` alone may.
#![deny(unsafe_code)]

pub mod array;
pub mod axis;
pub mod border;
pub mod guard;
pub mod strategy;
pub mod symbols;
pub mod windows;

pub use array::{NdArray, Slice, indices};
pub use axis::{Edge, NaiveAxis, Same};
pub use border::{Border, border_index};
pub use windows::NaiveWindows;
