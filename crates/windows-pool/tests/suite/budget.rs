//! How many loops are compiled for vectors, and how large they are: most of what a build of the crate costs.
//!
//! This program plans pools of every element and kind, so it has all of them.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use windows_testkit::symbols::{self, Budget};

/// Loops of both sets together.
const LOOPS: Budget = Budget { functions: 340, bytes: 970_000, largest: 9_400 };

#[test]
fn loops_are_few_and_small() {
    let sizes = symbols::entered();
    assert!(sizes.len() > 100, "{} loops: are there symbols?", sizes.len());
    // A build that is not optimised keeps what nothing calls, and its sizes say nothing.
    if !cfg!(debug_assertions) {
        LOOPS.assert_holds(&sizes);
    }
}
