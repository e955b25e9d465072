//! Views, sums of windows and packing, beside plain loops, `memcpy` and `ndarray`.
//!
//! Shapes, sizes and ranks are hidden from the compiler, results are compared before anything is timed.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use windows_benches::{noise, noise_u8, sum_3x3_by_hand};
use windows_core::{DynView, Extent, View, WindowSpec};

const HEIGHT: usize = 1080;
const WIDTH: usize = 1920;

fn view(c: &mut Criterion) {
    let image = noise(HEIGHT * WIDTH);
    let mut group = c.benchmark_group("view of all 3x3 windows, 1080p");
    group.bench_function("static rank", |b| {
        let view = View::new(&image, black_box([HEIGHT, WIDTH])).unwrap();
        b.iter(|| black_box(black_box(&view).windows(black_box([3, 3]))).len());
    });
    group.bench_function("dynamic rank", |b| {
        let view = DynView::new(&image, black_box([HEIGHT, WIDTH])).unwrap();
        b.iter(|| black_box(black_box(&view).windows(black_box([3, 3]))).len());
    });
}

fn sum(c: &mut Criterion) {
    let image = noise(HEIGHT * WIDTH);
    let mut expected = vec![0.0; (HEIGHT - 2) * (WIDTH - 2)];
    sum_3x3_by_hand(&image, WIDTH, &mut expected);
    let add = |sum: f32, x: &f32| sum + x;

    let shape: Vec<usize> = black_box(vec![HEIGHT, WIDTH]);
    let size: Vec<usize> = black_box(vec![3, 3]);
    let fixed = View::new(&image, [shape[0], shape[1]]).unwrap();
    let fixed = fixed.windows([size[0], size[1]]);
    let dynamic = DynView::new(&image, &shape).unwrap();
    let dynamic = dynamic.windows(&size);

    let mut group = c.benchmark_group("sum of every 3x3 window, 1080p f32");
    group.throughput(Throughput::Elements(expected.len() as u64));
    let mut case = |name: &str, run: &dyn Fn(&mut [f32])| {
        let mut out = vec![f32::NAN; expected.len()];
        run(&mut out);
        assert_eq!(out, expected, "{name}");
        group.bench_function(name, |b| b.iter(|| run(black_box(&mut out))));
    };
    case("hand-written loop", &|out| sum_3x3_by_hand(black_box(&image), black_box(WIDTH), out));
    case("lanes, static rank", &|out| fixed.reduce_into(out, 0.0, add).unwrap());
    case("lanes, dynamic rank", &|out| dynamic.reduce_into(out, 0.0, add).unwrap());
    case("iter, static rank", &|out| fixed.map_into(out, |w| w.iter().fold(0.0, add)).unwrap());
    case("iter, dynamic rank", &|out| dynamic.map_into(out, |w| w.iter().fold(0.0, add)).unwrap());
    #[cfg(feature = "rivals")]
    {
        let array = ndarray::ArrayView2::from_shape((HEIGHT, WIDTH), &image).unwrap();
        case("ndarray windows(), fold", &|out| {
            for (out, w) in out.iter_mut().zip(array.windows((size[0], size[1]))) {
                *out = w.iter().fold(0.0, add);
            }
        });
    }
}

/// Packs non-overlapping square patches of an interleaved RGB image.
fn pack_rgb(c: &mut Criterion, name: &str, side: usize, patch: usize) {
    let image = noise_u8(side * side * 3);
    let mut out = vec![0; image.len()];
    let view = View::new(&image, black_box([side, side, 3])).unwrap();
    let patch = black_box(patch);
    let size = [Extent::Size(patch), Extent::Size(patch), Extent::Whole];
    let windows = view.windows(WindowSpec::of(size).step(patch));

    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Bytes(image.len() as u64));
    group.bench_function("memcpy", |b| b.iter(|| out.copy_from_slice(black_box(&image))));
    group.bench_function("pack_into", |b| {
        b.iter(|| windows.pack_into(black_box(&mut out)).unwrap())
    });
    assert_eq!(out[..3 * patch], image[..3 * patch]);
    assert_eq!(out.last(), image.last());
    #[cfg(feature = "rivals")]
    {
        let array = ndarray::ArrayView3::from_shape((side, side, 3), &image).unwrap();
        let expected = std::mem::take(&mut out);
        out = vec![0; image.len()];
        group.bench_function("ndarray exact_chunks(), assign", |b| {
            b.iter(|| {
                let len = patch * patch * 3;
                let patches = array.exact_chunks((patch, patch, 3));
                for (out, chunk) in out.chunks_exact_mut(len).zip(patches) {
                    let out = ndarray::ArrayViewMut3::from_shape((patch, patch, 3), out);
                    out.unwrap().assign(&chunk);
                }
            });
        });
        assert_eq!(out, expected);
    }
}

fn pack(c: &mut Criterion) {
    pack_rgb(c, "pack 224x224x3 u8 into 16x16 patches", 224, 16);
    pack_rgb(c, "pack 4096x4096x3 u8 into 256x256 tiles", 4096, 256);

    let image = noise(HEIGHT * WIDTH);
    let view = View::new(&image, black_box([HEIGHT, WIDTH])).unwrap();
    let windows = view.windows(WindowSpec::new(black_box([8, 8])).step(black_box(4)));
    let mut out = vec![0.0; windows.grid().packed_len().unwrap()];
    let mut group = c.benchmark_group("pack 1080p f32, 8x8 step 4");
    group.throughput(Throughput::Bytes(4 * out.len() as u64));
    group.bench_function("memcpy of the same bytes", |b| {
        let source = out.clone();
        b.iter(|| out.copy_from_slice(black_box(&source)));
    });
    group.bench_function("pack_into", |b| {
        b.iter(|| windows.pack_into(black_box(&mut out)).unwrap())
    });
    assert_eq!(out[..8], image[..8]);
}

criterion_group!(benches, view, sum, pack);
criterion_main!(benches);
