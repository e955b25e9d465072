//! `windows-core` against the naive oracles, by exhaustion and at random.

mod agree;
mod arrays;
mod axis;
mod fold;
mod hostile;
mod interop;
mod iterators;
mod layout;
mod mutate;
mod pack;
mod parallel;
mod specs;
mod support;
mod tiles;
mod windows;
