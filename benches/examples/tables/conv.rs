//! Convolution layers of networks, and im2col.

use std::cell::RefCell;
use std::hint::black_box;

use serde_json::json;
use windows_benches::layers::{Layer, MOBILENET_V2, RESNET_50};
use windows_benches::noise;
use windows_conv::{ColumnOrder, ConvPlan, ConvSpec, Im2col, Method, OutputOrder, PlanOptions};
use windows_core::{DynView, WindowSpec};

use crate::gemm::Baseline;
use crate::row::{HEAVY, Row, Target};
use crate::rten::Rten;
use crate::session::{Array, Case, Session};

/// Ours, asked for fewer products.
const WINOGRAD: &str = "ours, Winograd";

/// The baseline.
const GEMM: &str = "tiled im2col and matrixmultiply";

/// An engine in Rust.
const RTEN: &str = "rten";

/// Channels in front of an image whose channels lie innermost.
const TO_FIRST: [usize; 4] = [0, 3, 1, 2];

fn convolve(session: &mut Session, layer: Layer, order: OutputOrder) {
    let Layer { channels, out_channels, len, size, step, padding, groups, .. } = layer;
    let data = noise(channels * len * len);
    let x = DynView::new(&data, [1, channels, len, len]).expect("an image");
    let last = x.permute([0, 2, 3, 1]).expect("four axes").to_vec();
    let x = match order {
        OutputOrder::ChannelsFirst => x,
        OutputOrder::ChannelsLast => DynView::new(&last, [1, len, len, channels])
            .and_then(|x| x.permute(TO_FIRST))
            .expect("an image"),
    };
    let taps = channels / groups * size * size;
    // Sums near one, whatever the layer.
    let scale = 1.0 / (taps as f32).sqrt();
    let weights: Vec<f32> = noise(out_channels * taps).iter().map(|w| w * scale).collect();
    let shape = [out_channels, channels / groups, size, size];
    let w = DynView::new(&weights, shape).expect("weights");
    let bias = noise(out_channels);
    let spec = ConvSpec::new([size, size]).step(step).padding(padding).groups(groups);
    let options = PlanOptions {
        bias: bias.clone(),
        threads: session.threads(),
        output: order,
        ..PlanOptions::default()
    };
    let plan = ConvPlan::with(&spec, x.layout(), &w, &options).expect("a plan");
    let out = RefCell::new(vec![0.0; plan.output_len()]);
    let scratch = RefCell::new(vec![0.0; plan.scratch_len()]);
    let mut ours = || {
        let (out, scratch) = (&mut *out.borrow_mut(), &mut *scratch.borrow_mut());
        plan.run(black_box(&x), out, scratch).expect("an output");
    };
    ours();
    let made = out.borrow().clone();
    let made = match (order, plan.output_shape()) {
        (OutputOrder::ChannelsLast, &[n, m, height, width]) => {
            DynView::new(&made, [n, height, width, m]).and_then(|made| made.permute(TO_FIRST))
        }
        (_, shape) => DynView::new(&made, shape),
    }
    .expect("an output");
    let expected = made.to_vec();
    let case = Case {
        kernel: plan.kernel().to_string(),
        arrays: vec![
            Array::new("x", &[1, channels, len, len], &data),
            Array::new("w", &shape, &weights),
            Array::new("b", &[out_channels], &bias),
            Array::new("output", made.shape(), &expected),
        ],
        peak: Some(4 * plan.scratch_len() as u64),
        ..Case::default()
    };
    let rten = Rten::new(layer, &data, &weights, &bias);
    check(&expected, &rten.run());
    let mut by_rten = || drop(black_box(rten.run()));
    if groups > 1 {
        return session.serve(&case, &mut [("ours", &mut ours), (RTEN, &mut by_rten)]);
    }
    let options = PlanOptions { method: Method::Winograd, ..options };
    let squares = ConvPlan::with(&spec, x.layout(), &w, &options).expect("a plan");
    let (fewer, room) = (
        RefCell::new(vec![0.0; plan.output_len()]),
        RefCell::new(vec![0.0; squares.scratch_len()]),
    );
    let mut by_squares = || {
        let (out, room) = (&mut *fewer.borrow_mut(), &mut *room.borrow_mut());
        squares.run(black_box(&x), out, room).expect("an output");
    };
    by_squares();
    check(&expected, &fewer.borrow());
    let baseline = Baseline::new(layer, &weights, &bias);
    let multiplied = RefCell::new(vec![0.0; plan.output_len()]);
    let mut by_product = || baseline.run(black_box(&x), &mut multiplied.borrow_mut());
    by_product();
    check(&expected, &multiplied.borrow());
    session.serve(
        &case,
        &mut [
            ("ours", &mut ours),
            (WINOGRAD, &mut by_squares),
            (GEMM, &mut by_product),
            (RTEN, &mut by_rten),
        ],
    );
}

/// Sums in another order are a little different.
fn check(expected: &[f32], theirs: &[f32]) {
    let largest = expected.iter().fold(1.0_f32, |most, y| most.max(y.abs()));
    assert_eq!(expected.len(), theirs.len());
    for (ours, theirs) in expected.iter().zip(theirs) {
        assert!((ours - theirs).abs() <= 1e-4 * largest, "{ours} {theirs}");
    }
}

fn im2col(session: &mut Session) {
    let shape = [1, 64, 56, 56];
    let data = noise(64 * 56 * 56);
    let x = DynView::new(&data, shape).expect("an image");
    let spec = WindowSpec::new([3, 3]).padding(1);
    let im2col = Im2col::new(x.layout(), spec).expect("windows that fit");
    let out = RefCell::new(vec![f32::NAN; im2col.len()]);
    let mut ours = || {
        let out = &mut *out.borrow_mut();
        im2col.write_into(black_box(&x), ColumnOrder::Torch, out).expect("an output");
    };
    ours();
    let expected = out.borrow().clone();
    let case = Case {
        kernel: "runs".to_owned(),
        arrays: vec![
            Array::new("x", &shape, &data),
            Array::new("output", &im2col.shape(ColumnOrder::Torch), &expected),
        ],
        ..Case::default()
    };
    session.serve(&case, &mut [("ours", &mut ours)]);
}

fn layer(family: &'static str, layer: Layer, order: OutputOrder) -> Row {
    let Layer { name, channels, out_channels, len, size, step, padding, groups, count } = layer;
    let place = match order {
        OutputOrder::ChannelsFirst => "",
        OutputOrder::ChannelsLast => "-nhwc",
    };
    let work = format!(
        "{name}{place}: {channels} x {len} x {len}, {size} x {size} step {step} to {out_channels}"
    );
    let id = format!("{name}{place}");
    Row::new(family, id, work, move |session| convolve(session, layer, order))
        .items(layer.flops() as usize, "flop")
        .weight(count)
        .notes(json!({"step": step, "padding": padding, "groups": groups}))
        .threads()
}

pub(crate) fn rows() -> Vec<Row> {
    const NCHW: &str = "oneDNN nchw";
    const OWN: &str = "oneDNN own layout";
    const ORT: &str = "onnxruntime";
    let mut rows: Vec<Row> = RESNET_50
        .iter()
        .map(|of| {
            layer("resnet", *of, OutputOrder::ChannelsFirst)
                .rivals(&[WINOGRAD, GEMM, RTEN])
                .peers(&[NCHW, OWN, "torch", ORT, "tract"])
                .skip("candle", HEAVY)
                .target(Target::Faster(1.15, NCHW))
                .target(Target::Faster(1.15, ORT))
                .target(Target::Faster(0.97, OWN))
                .target(Target::Threads(1.8))
        })
        .collect();
    // As they come from a framework that keeps channels first, and in the layout of the fastest rival.
    for order in [OutputOrder::ChannelsFirst, OutputOrder::ChannelsLast] {
        rows.extend(MOBILENET_V2.iter().map(|of| {
            let row = layer("depthwise", *of, order).peers(&["oneDNN nhwc", "torch", ORT, "tract"]);
            let row = row.rivals(&[RTEN]);
            let row = row.skip("candle", HEAVY);
            // The one that was agreed on before; the others are there to see.
            match of.name {
                "dw144@56" => row.target(Target::Within(1.0, "oneDNN nhwc")),
                _ => row,
            }
        }));
    }
    rows.push(
        Row::new("im2col", "im2col", "im2col 64 x 56 x 56, 3 x 3 padding 1, f32", im2col)
            .items(64 * 9 * 56 * 56, "element")
            .notes(json!({"size": 3, "padding": 1}))
            .peers(&["torch"])
            .target(Target::Faster(4.0, "torch")),
    );
    rows
}
