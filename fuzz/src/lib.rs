//! What the fuzzer calls, and what replays its corpus: bytes in, and a panic if anything is out of bounds or
//! differs from the oracle. The comparisons are those of the tests.

mod conv;
mod core;
#[cfg(feature = "files")]
mod files;
mod frames;
mod input;
mod pool;
mod text;

use arbitrary::{Result, Unstructured};

/// Bytes that describe no case are [`Err`], and none.
type Target = fn(&mut Unstructured<'_>) -> Result<()>;

const STRUCTURED: [(&str, Target); 9] = [
    ("geometry", core::geometry),
    ("bounds", core::bounds),
    ("windows", core::windows),
    ("fold", core::fold),
    ("stitch", core::stitch),
    ("pool", pool::pool),
    ("conv", conv::conv),
    ("frames", frames::frames),
    ("text", text::text),
];

const RAW: &[(&str, fn(&[u8]))] = &[
    #[cfg(feature = "files")]
    ("npy", files::npy),
    #[cfg(feature = "files")]
    ("wav", files::wav),
    #[cfg(feature = "files")]
    ("image", files::image),
];

/// The names of the targets.
pub fn names() -> impl Iterator<Item = &'static str> {
    STRUCTURED.iter().map(|target| target.0).chain(RAW.iter().map(|target| target.0))
}

/// Runs the target `name` on `bytes`.
///
/// # Panics
/// If there is no such target, or what it checks does not hold.
pub fn run(name: &str, bytes: &[u8]) {
    if let Some((_, target)) = STRUCTURED.iter().find(|target| target.0 == name) {
        // Bytes that are no case are not one of interest.
        let _ = target(&mut Unstructured::new(bytes));
    } else if let Some((_, target)) = RAW.iter().find(|target| target.0 == name) {
        target(bytes);
    } else {
        panic!("no target {name}");
    }
}
