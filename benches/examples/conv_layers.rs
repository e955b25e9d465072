//! Times the layers of ResNet-50 and MobileNet v2 and prints a JSON line each, for
//! `benches/peers/conv.py`.
//!
//! `conv_layers [--threads N] [--isa portable|avx2|avx512] [--order nchw|nhwc] [--seconds S] [NAME]`

use std::hint::black_box;
use std::time::Instant;

use windows_benches::layers::{Layer, MOBILENET_V2, RESNET_50};
use windows_conv::{ConvPlan, ConvSpec, OutputOrder, PlanOptions};
use windows_core::DynView;
use windows_core::kernel::Isa;

fn noise(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn time(layer: &Layer, options: &PlanOptions<f32>, seconds: f64) -> (f64, String) {
    let Layer { channels, out_channels, len, size, step, padding, groups, .. } = *layer;
    let x = noise(channels * len * len, 1);
    let x = match options.output {
        OutputOrder::ChannelsFirst => DynView::new(&x, [1, channels, len, len]),
        OutputOrder::ChannelsLast => {
            DynView::new(&x, [1, len, len, channels]).and_then(|x| x.permute([0, 3, 1, 2]))
        }
    }
    .expect("an image");
    let w = noise(out_channels * channels / groups * size * size, 2);
    let w = DynView::new(&w, [out_channels, channels / groups, size, size]).expect("weights");
    let spec = ConvSpec::new([size, size]).step(step).padding(padding).groups(groups);
    let plan = ConvPlan::with(&spec, x.layout(), &w, options).expect("a plan");
    let mut out = vec![0.0; plan.output_len()];
    let mut scratch = vec![0.0; plan.scratch_len()];
    let mut best = f64::INFINITY;
    let start = Instant::now();
    loop {
        let before = Instant::now();
        plan.run(black_box(&x), black_box(&mut out), &mut scratch).expect("a run");
        best = best.min(before.elapsed().as_secs_f64());
        if start.elapsed().as_secs_f64() >= seconds {
            break;
        }
    }
    (best, plan.kernel().to_string())
}

fn main() {
    let mut options = PlanOptions { bias: Vec::new(), ..PlanOptions::default() };
    let mut seconds = 0.1;
    let mut filter = String::new(); // one layer by name, or all
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value");
        match argument.as_str() {
            "--threads" => options.threads = value().parse().expect("a number of threads"),
            "--seconds" => seconds = value().parse().expect("seconds"),
            "--scratch" => options.scratch_bytes = value().parse().expect("bytes"),
            "--isa" => {
                options.isa = Some(match value().as_str() {
                    "avx512" => Isa::Avx512,
                    "avx2" => Isa::Avx2,
                    _ => Isa::Portable,
                });
            }
            "--order" if value() == "nhwc" => options.output = OutputOrder::ChannelsLast,
            "--order" => {}
            name => filter = name.to_owned(),
        }
    }
    for layer in
        RESNET_50.iter().chain(&MOBILENET_V2).filter(|l| filter.is_empty() || l.name == filter)
    {
        options.bias = noise(layer.out_channels, 3);
        let (best, kernel) = time(layer, &options, seconds);
        let Layer { name, channels, out_channels, len, size, step, padding, groups, count } =
            *layer;
        println!(
            "{{\"name\": \"{name}\", \"channels\": {channels}, \"out_channels\": {out_channels}, \
             \"len\": {len}, \"size\": {size}, \"step\": {step}, \"padding\": {padding}, \
             \"groups\": {groups}, \"count\": {count}, \"kernel\": \"{kernel}\", \
             \"ms\": {:.5}, \"gflops\": {:.1}}}",
            best * 1e3,
            layer.flops() / best / 1e9
        );
    }
}
