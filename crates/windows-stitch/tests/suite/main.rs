//! `windows-stitch` against plain lists of what every tile says.

mod memory;
#[path = "../../../windows-core/tests/suite/specs.rs"]
mod specs;
mod stitch;
mod stitched;
