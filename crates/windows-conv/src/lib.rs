//! Convolution by implicit matrix multiplication, on plain strided arrays.
#![deny(unsafe_code)]

mod causal;
mod error;
mod im2col;
mod kernel;
mod named;
mod pass;
mod plan;
mod reference;
mod spec;

pub use causal::CausalConv1d;
pub use error::ConvError;
pub use im2col::{ColumnOrder, Im2col, col2im, im2col};
pub use kernel::element::Operand;
pub use named::NamedKernel;
pub use plan::{ConvPlan, Kernel, conv};
pub use spec::{Activation, ConvSpec, OutputOrder, PlanOptions};
