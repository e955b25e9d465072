//! Pooling as networks have it, and sliding extremes of pictures by the size of their window.
//!
//! The kernel that each plan chose and its results are checked before anything is timed. Rivals of the
//! Python world: oneDNN, OpenCV and scipy.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use windows_benches::{noise, noise_u8};
use windows_core::DynView;
use windows_pool::{ColumnKernel, Element, Kernel, Max, Plan, Pool, RowKernel, WindowSpec};

/// The greatest element of each square window of planes, padded alike on all sides: plain loops.
fn by_hand<T: Element>(
    data: &[T],
    shape: [usize; 3],
    size: usize,
    step: usize,
    pad: usize,
) -> Vec<T> {
    let [planes, height, width] = shape;
    let count = |len: usize| (len + 2 * pad - size) / step + 1;
    let real = |at: usize, len: usize| {
        let start = at * step;
        start.saturating_sub(pad)..(start + size - pad).min(len)
    };
    let mut out = Vec::new();
    for plane in data.chunks_exact(height * width).take(planes) {
        // Rows first: a picture's windows of 101 x 101 would take minutes otherwise.
        let greater = |a: T, b: T| if b > a { b } else { a };
        let rows: Vec<T> = plane
            .chunks_exact(width)
            .flat_map(|row| (0..count(width)).map(move |x| &row[real(x, width)]))
            .filter_map(|taps| taps.iter().copied().reduce(greater))
            .collect();
        for y in 0..count(height) {
            out.extend((0..count(width)).filter_map(|x| {
                real(y, height).map(|y| rows[y * count(width) + x]).reduce(greater)
            }));
        }
    }
    out
}

/// A plan that has the kernel that it is meant to have and gives the right results.
fn plan<T: Element>(
    data: &[T],
    shape: [usize; 3],
    (size, step, pad): (usize, usize, usize),
    kernel: (RowKernel, ColumnKernel),
) -> Plan<T, Max> {
    let spec = WindowSpec::new([size, size]).step(step).padding(pad);
    let plan = Pool::max(spec).plan::<T>(black_box(&shape)).expect("a possible geometry");
    let Kernel::Separable { rows, columns, .. } = plan.kernel() else {
        panic!("{} has no fast path", plan.kernel());
    };
    assert_eq!((rows, columns), kernel);
    let view = DynView::new(data, shape).expect("as many elements as the shape has");
    assert!(plan.run(&view).expect("the plan's view") == by_hand(data, shape, size, step, pad));
    plan
}

fn layers(c: &mut Criterion) {
    use ColumnKernel::{Direct, Stacks};
    use RowKernel::{Doubling, Halving};

    let mut group = c.benchmark_group("max pooling, f32, NCHW");
    for (name, shape, geometry, kernel) in [
        ("2 x 2 step 2, 64 x 224 x 224", [64, 224, 224], (2, 2, 0), (Halving, Direct)),
        ("3 x 3 step 2, 64 x 112 x 112", [64, 112, 112], (3, 2, 1), (Halving, Direct)),
        ("3 x 3 step 1, 64 x 112 x 112", [64, 112, 112], (3, 1, 1), (Doubling, Direct)),
        ("5 x 5 step 1, 256 x 20 x 20", [256, 20, 20], (5, 1, 2), (Doubling, Direct)),
        ("13 x 13 step 1, 512 x 20 x 20", [512, 20, 20], (13, 1, 6), (Doubling, Stacks)),
    ] {
        group.throughput(Throughput::Elements(shape.iter().product::<usize>() as u64));
        group.bench_function(name, |bencher| {
            let data = noise(shape.iter().product());
            let plan = plan(&data, shape, geometry, kernel);
            let view = DynView::new(&data, shape).expect("as many elements as the shape has");
            let mut out = vec![0.0; plan.output_len()];
            let mut scratch = plan.scratch();
            bencher.iter(|| plan.run_with(black_box(&view), black_box(&mut out), &mut scratch));
        });
    }
    group.finish();
}

fn sliding<T: Element>(c: &mut Criterion, name: &str, data: &[T]) {
    let shape = [1, 1080, 1920];
    let view = DynView::new(data, shape).expect("a picture");
    let mut group = c.benchmark_group(format!("sliding max, 1080p {name}"));
    group.throughput(Throughput::Elements(data.len() as u64));
    for size in [3, 15, 31, 101] {
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            let columns = if size == 3 { ColumnKernel::Direct } else { ColumnKernel::Stacks };
            let kernel = (RowKernel::Doubling, columns);
            let plan = plan(data, shape, (size, 1, size / 2), kernel);
            let mut out = vec![T::default(); plan.output_len()];
            let mut scratch = plan.scratch();
            bencher.iter(|| plan.run_with(black_box(&view), black_box(&mut out), &mut scratch));
        });
    }
    group.finish();
}

fn pictures(c: &mut Criterion) {
    sliding(c, "u8", &noise_u8(1080 * 1920));
    sliding(c, "f32", &noise(1080 * 1920));
}

criterion_group!(benches, layers, pictures);
criterion_main!(benches);
