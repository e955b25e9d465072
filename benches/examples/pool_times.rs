//! Times of pooling, one line a case: the best of many runs on one thread, in milliseconds.
//!
//!     cargo run --release -p windows-benches --example pool_times
//!
//! `WINDOWS_ISA=avx2` or `portable` caps the instructions.

use std::time::Instant;

use windows_core::DynView;
use windows_pool::{Element, Pool, WindowSpec};

fn time<T: Element>(
    name: &str,
    shape: &[usize],
    size: usize,
    step: usize,
    pad: usize,
    value: fn(usize) -> T,
) {
    let data: Vec<T> =
        (0..shape.iter().product()).map(|i| value(i.wrapping_mul(2_654_435_761) >> 7)).collect();
    let view = DynView::new(&data, shape).expect("as many elements as the shape has");
    let spec = WindowSpec::new([size, size]).step(step).padding(pad);
    let plan = Pool::max(spec).plan::<T>(shape).expect("a possible geometry");
    let mut out = vec![T::default(); plan.output_len()];
    let mut scratch = plan.scratch();
    let mut best = f64::MAX;
    for _ in 0..40 {
        let start = Instant::now();
        plan.run_with(&view, &mut out, &mut scratch).expect("the view of the plan");
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name}: {:.3} ms, {}", best * 1e3, plan.kernel());
}

fn main() {
    let f32_of = |i: usize| (i % 1009) as f32;
    let u8_of = |i: usize| (i % 251) as u8;
    time("max 2 x 2 s2, 64 x 224 x 224 f32", &[64, 224, 224], 2, 2, 0, f32_of);
    time("max 3 x 3 s2 p1, 64 x 112 x 112 f32", &[64, 112, 112], 3, 2, 1, f32_of);
    time("max 5 x 5 s1 p2, 256 x 20 x 20 f32", &[256, 20, 20], 5, 1, 2, f32_of);
    time("max 13 x 13 s1 p6, 512 x 20 x 20 f32", &[512, 20, 20], 13, 1, 6, f32_of);
    for size in [3, 15, 31, 101] {
        time(&format!("sliding max {size}, 1080p u8"), &[1080, 1920], size, 1, size / 2, u8_of);
        time(&format!("sliding max {size}, 1080p f32"), &[1080, 1920], size, 1, size / 2, f32_of);
    }
}
