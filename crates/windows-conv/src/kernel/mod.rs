//! Everything that touches memory by pointer or the processor by name, and all `unsafe` of the crate.
//!
//! `lanes` says what an instruction set must offer; `portable` and `x86_64` offer it. The algorithms
//! are written once over that: `gemm`, `pack` and `tile` with pixels along the lanes, `wide` and `strip`
//! with channels, `winograd` with fewer multiplications, `depthwise`. What the multiplications are given is a
//! `job`. `run` is the safe way in: it checks input, output and scratch against the plan and shares the work
//! among threads.
#![allow(unsafe_code)]

pub(crate) mod depthwise;
pub(crate) mod element;
pub(crate) mod gemm;
pub(crate) mod job;
pub(crate) mod lanes;
mod pack;
mod portable;
pub(crate) mod run;
mod strip;
pub(crate) mod table;
pub(crate) mod tile;
mod transpose;
mod wide;
pub(crate) mod winograd;
mod x86_64;
