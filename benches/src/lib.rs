//! Workloads that the benches share.

pub mod layers;
