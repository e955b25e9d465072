//! How many kernels are compiled for vectors, and how large they are: most of what a build of the crate costs.
//!
//! The tables name every kernel of every element, and this program has the tables.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use windows_testkit::symbols::{self, Budget};

/// Kernels of both sets together.
const KERNELS: Budget = Budget { functions: 145, bytes: 770_000, largest: 67_000 };

#[test]
fn kernels_are_few_and_small() {
    let sizes = symbols::entered();
    assert!(sizes.len() > 50, "{} kernels: are there symbols?", sizes.len());
    // A build that is not optimised keeps what nothing calls, and its sizes say nothing.
    if !cfg!(debug_assertions) {
        KERNELS.assert_holds(&sizes);
    }
}
