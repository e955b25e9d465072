//! `windows-core` against the naive oracles, by exhaustion and at random.

mod agree;
mod arrays;
mod axis;
mod fold;
mod hostile;
mod interop;
mod iterators;
mod layout;
mod memory;
mod mutate;
mod pack;
mod parallel;
mod stitch;
mod stitched;
mod support;
mod tiles;
mod windows;
