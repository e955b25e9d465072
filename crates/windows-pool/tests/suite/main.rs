//! Pooling against the definition, a naive oracle and other libraries, on every path.

#[path = "../common/mod.rs"]
mod common;

mod budget;
mod golden;
mod hostile;
mod oracle;
mod plan;
mod vectors;
