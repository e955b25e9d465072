//! What a window costs by each order of walking: the numbers of `docs/design.md`.
//!
//! Sums of 3 x 3 windows over 1024 x 1024 `f32`, shape and size hidden from the compiler, minima of
//! alternating rounds, results compared before anything is printed.
//!
//! ```sh
//! cargo run --release -p windows-benches --features rivals --example walking
//! ```

use std::hint::black_box;
use std::time::Instant;

use windows_core::{Border, View, WindowError, WindowSpec};

const ROUNDS: usize = 30;

/// Runs `work` and keeps its time, in nanoseconds an output, if it is the least so far.
fn time(best: &mut f64, outputs: usize, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    *best = best.min(start.elapsed().as_secs_f64() * 1e9 / outputs as f64);
}

fn main() -> Result<(), WindowError> {
    let (side, size) = (black_box(1024), black_box([3, 3]));
    let image: Vec<f32> = (0..side * side).map(|i| (i % 251) as f32).collect();
    let view = View::new(&image, [side, side])?;
    let dynamic = view.to_dyn();
    let windows = view.windows(size);
    let windows_dynamic = dynamic.windows(&size[..]);
    let padded = view.windows(WindowSpec::new(size).padding(1));

    let outputs = windows.len();
    let mut first = vec![0.0_f32; outputs];
    let mut sums = vec![0.0_f32; outputs];
    let mut rows = sums.clone();
    let mut rows_dynamic = sums.clone();
    let mut clipped = vec![0.0_f32; padded.len()];
    let mut copied = clipped.clone();
    let mut copy = vec![0.0_f32; (side + 2) * (side + 2)];
    let mut best = [f64::INFINITY; 6];
    #[cfg(feature = "rivals")]
    let (array, mut theirs, mut best_theirs) = (
        ndarray::ArrayView2::from_shape((side, side), &image).expect("as long as it is"),
        sums.clone(),
        f64::INFINITY,
    );

    for _ in 0..ROUNDS {
        time(&mut best[0], outputs, || {
            windows.map_into(&mut first, |w| w.view()[[0, 0]]).expect("as many");
        });
        time(&mut best[1], outputs, || {
            windows.map_into(&mut sums, |w| w.iter().sum()).expect("as many");
        });
        time(&mut best[2], outputs, || {
            windows.reduce_into(&mut rows, 0.0, |sum, x| sum + x).expect("as many");
        });
        time(&mut best[3], outputs, || {
            windows_dynamic.reduce_into(&mut rows_dynamic, 0.0, |sum, x| sum + x).expect("as many");
        });
        time(&mut best[4], padded.len(), || {
            padded.reduce_into(&mut clipped, 0.0, |sum, x| sum + x).expect("as many");
        });
        time(&mut best[5], padded.len(), || {
            view.pad_into(1, 1, Border::Constant(0.0), &mut copy).expect("as long");
            let padded = View::new(&copy, [side + 2, side + 2]).expect("as long");
            padded.windows(size).reduce_into(&mut copied, 0.0, |sum, x| sum + x).expect("as many");
        });
        #[cfg(feature = "rivals")]
        time(&mut best_theirs, outputs, || {
            for (sum, window) in theirs.iter_mut().zip(array.windows((size[0], size[1]))) {
                *sum = window.iter().fold(0.0, |sum, x| sum + x);
            }
        });
    }
    assert_eq!(sums, rows);
    assert_eq!(rows, rows_dynamic);
    assert_eq!(clipped, copied);
    black_box(&first);

    let names = [
        "a view per window, one element read",
        "a view per window, summed by its iterator",
        "row x tap, rank known to the compiler",
        "row x tap, rank known at run time",
        "row x tap, padded, clipped ranges",
        "row x tap, copied into a padded buffer first",
    ];
    for (name, best) in names.iter().zip(best) {
        println!("{best:6.2} ns  {name}");
    }
    #[cfg(feature = "rivals")]
    {
        assert_eq!(rows, theirs);
        println!("{best_theirs:6.2} ns  ndarray windows(), folded");
    }
    Ok(())
}
