//! How many loops are compiled for vectors, and how large they are: most of what a build of the crate costs.
//!
//! Each is entered through the one function of its set that has the set's features, once for each computation, and
//! so has a symbol of its own. This program plans pools of every element and kind: it has all of them.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use object::{Object, ObjectSymbol};

/// Loops of both sets together.
const LEAVES: usize = 325;
/// Bytes of all of them, and of the largest.
const BYTES: u64 = 950_000;
const LARGEST: u64 = 9_400;

/// Bytes of the functions that enter AVX2 and AVX-512, by the symbols of this program.
fn leaves() -> Vec<u64> {
    let program = std::env::current_exe().and_then(std::fs::read).expect("this program");
    let program = object::File::parse(&*program).expect("an executable");
    let entered = |name: &str| {
        name.contains("5enter") && ["Of256", "Of512"].iter().any(|set| name.contains(set))
    };
    let leaves = program.symbols().filter(|symbol| symbol.name().is_ok_and(entered));
    leaves.map(|symbol| symbol.size()).collect()
}

#[test]
fn loops_are_few_and_small() {
    let leaves = leaves();
    assert!(leaves.len() > 100, "{} loops: are there symbols?", leaves.len());
    // A build that is not optimised keeps what nothing calls, and its sizes say nothing.
    if cfg!(debug_assertions) {
        return;
    }
    assert!(leaves.len() <= LEAVES, "{} loops, of at most {LEAVES}", leaves.len());
    let (bytes, largest) = (leaves.iter().sum::<u64>(), leaves.iter().max().expect("a loop"));
    assert!(bytes <= BYTES, "{bytes} bytes of loops, of at most {BYTES}");
    assert!(*largest <= LARGEST, "a loop of {largest} bytes, of at most {LARGEST}");
}
