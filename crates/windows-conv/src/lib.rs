//! Convolution by implicit matrix multiplication, on plain strided arrays.
#![deny(unsafe_code)]

mod error;
mod kernel;
mod pass;
mod plan;
mod reference;
mod spec;

pub use error::ConvError;
pub use kernel::element::Operand;
pub use plan::{ConvPlan, Kernel, conv};
pub use spec::{Activation, ConvSpec, OutputOrder, PlanOptions};
