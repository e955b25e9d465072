//! Arrays whose element type is known at run time only, and `.npy` files.
//!
//! The other crates are generic over the element type; a program, another language or a file learns it when it runs.
//! This is the one place where the two meet.
//!
//! | module | concept |
//! | --- | --- |
//! | `dtype` | the element types: [`Dtype`] as a value, [`Element`] as a trait, and from one to the other |
//! | `array` | [`ArrayOf`] one element type, [`Array`] of any, and from one to the other |
//! | [`npy`] | `.npy` files |
//!
//! ```
//! use windows_core::WindowSpec;
//! use windows_dtype::{Array, ArrayOf, Dtype, Element, Visitor, npy};
//!
//! // From a file, whatever it holds ..
//! let mut file = Vec::new();
//! npy::write(&mut file, &[2, 3], &[1_i16, 2, 3, 4, 5, 6])?;
//! let array = npy::read(&file[..], file.len() as u64)?;
//! assert_eq!((array.dtype(), array.shape()), (Dtype::I16, &[2, 3][..]));
//!
//! // .. to code that is generic.
//! struct Windows;
//! impl Visitor for Windows {
//!     type Output = usize;
//!     fn visit<T: Element>(self, array: &ArrayOf<T>) -> usize {
//!         array.view().windows(WindowSpec::new(&vec![2; array.shape().len()])).len()
//!     }
//! }
//! assert_eq!(array.visit(Windows), 2);
//! # Ok::<(), windows_dtype::Error>(())
//! ```
#![forbid(unsafe_code)]

mod array;
mod dtype;
mod error;
pub mod npy;

pub use array::{Array, ArrayOf, Visitor, elements};
pub use dtype::{Dtype, Element, TypeVisitor};
pub use error::Error;
