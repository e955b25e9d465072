//! Every committed input, through its target, on a stable compiler; and some random ones.

use std::path::Path;
use std::{env, fs};

#[test]
fn the_corpus_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let (mut files, mut bytes) = (0, 0);
    for name in windows_fuzz::names() {
        let folder =
            fs::read_dir(corpus.join(name)).unwrap_or_else(|_| panic!("no corpus of {name}"));
        let before = files;
        for entry in folder {
            let path = entry.unwrap().path();
            let input = fs::read(&path).unwrap();
            println!("{name} {}", path.display()); // shown if it panics
            windows_fuzz::run(name, &input);
            files += 1;
            bytes += input.len();
        }
        assert!(files > before, "the corpus of {name} is empty");
    }
    println!("{files} inputs");
    assert!(
        files < 1000 && bytes < 1 << 20,
        "a corpus of {files} files, {bytes} bytes: minimise it"
    );
}

/// Where no fuzzer is to be had: random bytes. `FUZZ_RANDOM=100000` for more of them.
#[test]
fn random_bytes_hold() {
    let rounds = env::var("FUZZ_RANDOM").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for name in windows_fuzz::names() {
        for _ in 0..rounds {
            let len = next() % 200;
            let input: Vec<u8> = (0..len).map(|_| (next() >> 32) as u8).collect();
            windows_fuzz::run(name, &input);
        }
    }
}
