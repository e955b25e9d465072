//! Patches, fused normalisation and stitching, beside plain loops and `memcpy`.
//!
//! Results are compared before anything is timed. Rivals of the Python world: `scripts/benchmarks`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use windows_benches::{noise, noise_u8, vit_tokens_by_hand};
use windows_core::{Edge, View, WindowSpec};
use windows_patches::{ImageView, Normalize, Order, Patchify};
use windows_stitch::{Stitch, StitchSpec, Taper};

fn normalize(c: &mut Criterion) {
    const SIDE: usize = 224;
    const PATCH: usize = 16;
    let pixels = noise_u8(SIDE * SIDE * 3);
    let image = ImageView::interleaved(&pixels, black_box([SIDE, SIDE, 3])).unwrap();
    let plan = |order| Patchify::new(PATCH).order(order).over(image.shape()).unwrap();

    let by_hand = |out: &mut [f32]| vit_tokens_by_hand(&pixels, SIDE, PATCH, out);
    let mut expected = vec![0.0; pixels.len()];
    by_hand(&mut expected);
    let mut out = vec![f32::NAN; pixels.len()];
    plan(Order::Vit).convert_into(&image, &Normalize::imagenet(), &mut out).unwrap();
    assert!(out.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6));

    let mut group = c.benchmark_group("224x224x3 u8 to normalised f32 patches of 16");
    group.bench_function("plain loop", |b| b.iter(|| by_hand(black_box(&mut out))));
    for order in [Order::Vit, Order::Mae, Order::Qwen2Vl, Order::Torch] {
        let plan = plan(order);
        let mut out = vec![0.0; plan.packed_len()];
        let imagenet = Normalize::imagenet();
        group.bench_function(order.name(), |b| {
            b.iter(|| plan.convert_into(black_box(&image), &imagenet, &mut out).unwrap());
        });
    }
    let planar = image.pixels().permute([0, 3, 1, 2]).unwrap().to_vec();
    let image = ImageView::planar(&planar, [3, SIDE, SIDE]).unwrap();
    let vit = plan(Order::Vit);
    group.bench_function("vit, from planes", |b| {
        let imagenet = Normalize::imagenet();
        b.iter(|| vit.convert_into(black_box(&image), &imagenet, &mut out).unwrap());
    });
    group.finish();

    let mut group = c.benchmark_group("224x224x3 u8 to patches of 16");
    let mut bytes = vec![0; pixels.len()];
    group.bench_function("memcpy", |b| {
        b.iter(|| black_box(&mut bytes).copy_from_slice(black_box(&pixels)));
    });
    let image = ImageView::interleaved(&pixels, [SIDE, SIDE, 3]).unwrap();
    for order in [Order::Grid, Order::Vit] {
        let plan = plan(order);
        group.bench_function(order.name(), |b| {
            b.iter(|| plan.pack_into(black_box(&image), &mut bytes).unwrap());
        });
    }
}

fn stitch(c: &mut Criterion) {
    const SIDE: usize = 2048;
    let image = noise(SIDE * SIDE);
    let view = View::new(&image, black_box([SIDE, SIDE])).unwrap();
    let windows = view.windows(WindowSpec::new([256, 256]).overlap(64).edge(Edge::Snap));
    let stitch = Stitch::new(windows.grid(), StitchSpec::new().taper(Taper::Hann)).unwrap();
    let tiles = windows.pack().unwrap();
    let mut out = vec![0.0; image.len()];
    stitch.run_into(&tiles, &mut out).unwrap();
    assert_eq!(out, image);

    let mut group = c.benchmark_group("2048x2048 f32, tiles of 256, 64 overlap, Hann");
    group.sample_size(30);
    group.bench_function("memcpy of the tiles", |b| {
        let mut copy = vec![0.0; tiles.len()];
        b.iter(|| black_box(&mut copy).copy_from_slice(black_box(&tiles)));
    });
    group.bench_function("stitch", |b| {
        b.iter(|| stitch.run_into(black_box(&tiles), &mut out).unwrap());
    });
    let mut packed = vec![0.0; tiles.len()];
    group.bench_function("cut and stitch", |b| {
        b.iter(|| {
            windows.pack_into(&mut packed).unwrap();
            stitch.run_into(black_box(&packed), &mut out).unwrap();
        });
    });
    let bytes: Vec<u8> = tiles.iter().map(|x| (x * 127.0 + 128.0) as u8).collect();
    let mut pixels = vec![0; image.len()];
    group.bench_function("stitch u8", |b| {
        b.iter(|| stitch.run_into(black_box(&bytes), &mut pixels).unwrap());
    });
}

criterion_group!(benches, normalize, stitch);
criterion_main!(benches);
