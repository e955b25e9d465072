//! `windows-core` against the naive oracles, by exhaustion and at random.

mod axis;
mod iterators;
mod layout;
mod pack;
mod stitch;
mod support;
mod tiles;
mod windows;
