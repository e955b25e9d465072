//! Layers of ResNet-50 and MobileNet v2, by the kernel each plan chooses.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use windows_benches::layers::{Layer, MOBILENET_V2, RESNET_50};
use windows_benches::noise;
use windows_conv::{ColumnOrder, ConvPlan, ConvSpec, Im2col, PlanOptions};
use windows_core::kernel::Isa;
use windows_core::{DynView, WindowSpec};

fn layers(c: &mut Criterion) {
    for (network, layers) in [("resnet-50", &RESNET_50[..]), ("mobilenet-v2", &MOBILENET_V2[..])] {
        let mut group = c.benchmark_group(network);
        for layer in layers {
            group.throughput(Throughput::Elements(layer.flops() as u64));
            group.bench_function(layer.name, |bencher| {
                let Layer { channels, out_channels, len, size, step, padding, groups, .. } = *layer;
                let x = noise(channels * len * len);
                let x = DynView::new(&x, [1, channels, len, len]).expect("an image");
                let w = noise(out_channels * channels / groups * size * size);
                let w = DynView::new(&w, [out_channels, channels / groups, size, size])
                    .expect("weights");
                let spec = ConvSpec::new([size, size]).step(step).padding(padding).groups(groups);
                let options = PlanOptions { bias: noise(out_channels), ..PlanOptions::default() };
                let plan = ConvPlan::with(&spec, x.layout(), &w, &options).expect("a plan");
                // Every layer must have a fast path, and the one it is meant to have.
                let expected = if groups > 1 { "depthwise" } else { "implicit-gemm" };
                assert_eq!(plan.kernel().name(), expected);
                if plan.kernel().isa() == Isa::AVX512 && groups == 1 {
                    let lanes = match (size, layer.out_len()) {
                        // Rows that fill registers.
                        (1, 56..) => "pixels",
                        // Between, weights that few outputs share.
                        (1, 15..) if channels < 4 * out_channels => "pixels",
                        // Taps that share inputs, or rows that do not fill registers.
                        _ => "channels",
                    };
                    assert_eq!(plan.kernel().lanes(), lanes, "{}", layer.name);
                }
                let mut out = vec![0.0; plan.output_len()];
                let mut scratch = vec![0.0; plan.scratch_len()];
                bencher.iter(|| plan.run(black_box(&x), black_box(&mut out), &mut scratch));
            });
        }
    }
}

fn im2col(c: &mut Criterion) {
    let x = noise(64 * 56 * 56);
    let x = DynView::new(&x, [1, 64, 56, 56]).expect("an image");
    let im2col =
        Im2col::new(x.layout(), WindowSpec::new([3, 3]).padding(1)).expect("windows that fit");
    let mut out = vec![0.0; im2col.len()];
    c.bench_function("im2col 64 x 56 x 56, 3 x 3", |bencher| {
        bencher.iter(|| im2col.write_into(black_box(&x), ColumnOrder::Torch, black_box(&mut out)));
    });
}

criterion_group!(benches, layers, im2col);
criterion_main!(benches);
