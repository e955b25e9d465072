//! Max pooling as networks have it, and sliding maxima of pictures.

use std::cell::RefCell;
use std::hint::black_box;

use serde_json::json;
use windows_benches::{noise, noise_u8};
use windows_core::DynView;
use windows_pool::{Element, Max, Plan, Pool, Scratch, WindowSpec};

use crate::row::{HEAVY, Row, Target};
use crate::session::{Array, Case, Session};

/// Square windows over planes, padded alike on all sides.
#[derive(Clone, Copy)]
pub(crate) struct Windows {
    pub(crate) shape: [usize; 3],
    pub(crate) size: usize,
    pub(crate) step: usize,
    pub(crate) padding: usize,
}

/// Runs a plan, by all threads if there are several.
pub(crate) fn run<T: Element>(
    plan: &Plan<T, Max>,
    view: &DynView<'_, T>,
    parallel: bool,
    out: &mut [T],
    scratch: &mut Scratch,
) {
    match parallel {
        true => plan.run_into(view, out).expect("an output"),
        false => plan.run_with(view, out, scratch).expect("an output"),
    }
}

/// Max pooling of planes, beside the definition.
pub(crate) fn max<T: Element>(session: &mut Session, windows: Windows, data: Vec<T>, check: bool) {
    let Windows { shape, .. } = windows;
    let view = DynView::new(&data, black_box(shape)).expect("planes");
    serve(session, windows, &data, (&view, 0, [0, 1, 2]), check);
}

/// The same over pixels whose channels lie innermost.
fn max_of_pixels(session: &mut Session, windows: Windows, data: &[f32]) {
    let [channels, height, width] = windows.shape;
    let planes = DynView::new(data, windows.shape).expect("planes");
    let pixels = planes.permute([1, 2, 0]).expect("three axes").to_vec();
    let view = DynView::new(&pixels, black_box([height, width, channels])).expect("pixels");
    serve(session, windows, data, (&view, 1, [2, 0, 1]), true);
}

/// Pools a view with so many axes behind the windowed ones, whose results are planes in that order of axes.
fn serve<T: Element>(
    session: &mut Session,
    Windows { shape, size, step, padding }: Windows,
    data: &[T],
    (view, behind, order): (&DynView<'_, T>, usize, [usize; 3]),
    check: bool,
) {
    let pool = Pool::max(WindowSpec::new([size, size]).step(step).padding(padding)).behind(behind);
    let plan = pool.plan::<T>(view.shape()).expect("windows that fit");
    let out = RefCell::new(vec![T::default(); plan.output_len()]);
    let scratch = RefCell::new(plan.scratch());
    let parallel = session.threads() > 1;
    let mut ours = || {
        let (out, scratch) = (&mut *out.borrow_mut(), &mut scratch.borrow_mut());
        run(&plan, black_box(view), parallel, out, scratch);
    };
    ours();
    if check {
        assert!(pool.clone().scalar().run(view).expect("planes") == *out.borrow());
    }
    let made = out.borrow().clone();
    let made = DynView::new(&made, plan.output_shape()).and_then(|made| made.permute(order));
    let made = made.expect("three axes");
    let expected = made.to_vec();
    let case = Case {
        kernel: plan.kernel().to_string(),
        arrays: vec![Array::new("x", &shape, data), Array::new("output", made.shape(), &expected)],
        ..Case::default()
    };
    session.serve(&case, &mut [("ours", &mut ours)]);
}

fn channels_last(planes: usize, len: usize, (size, step, padding): (usize, usize, usize)) -> Row {
    let windows = Windows { shape: [planes, len, len], size, step, padding };
    let work = format!(
        "max {size} x {size} step {step} padding {padding}, {len} x {len} pixels of {planes} f32"
    );
    Row::new("pool", format!("{size}x{size}s{step}-nhwc"), work, move |session| {
        max_of_pixels(session, windows, &noise(planes * len * len))
    })
    .items(planes * len * len, "element")
    .notes(json!({"size": size, "step": step, "padding": padding}))
    .peers(&["oneDNN nhwc", "torch nhwc"])
    .threads()
}

fn layer(planes: usize, len: usize, (size, step, padding): (usize, usize, usize)) -> Row {
    let windows = Windows { shape: [planes, len, len], size, step, padding };
    let id = format!("{size}x{size}s{step}");
    let work =
        format!("max {size} x {size} step {step} padding {padding}, {planes} x {len} x {len} f32");
    Row::new("pool", id, work, move |session| {
        max(session, windows, noise(planes * len * len), true)
    })
    .items(planes * len * len, "element")
    .notes(json!({"size": size, "step": step, "padding": padding}))
    .peers(&["oneDNN nhwc", "oneDNN nchw", "torch", "torch nhwc", "onnxruntime"])
    .threads()
}

fn sliding(dtype: &'static str, size: usize, times: f64) -> Row {
    let windows = Windows { shape: [1, 1080, 1920], size, step: 1, padding: size / 2 };
    let work = format!("sliding max {size} x {size}, 1080p {dtype}");
    let run = move |session: &mut Session| match dtype {
        "u8" => max(session, windows, noise_u8(1080 * 1920), size < 10),
        _ => max(session, windows, noise(1080 * 1920), size < 10),
    };
    Row::new("pool", format!("sliding-{dtype}-{size}"), work, run)
        .items(1080 * 1920, "element")
        .notes(json!({"size": size}))
        .peers(if size == 31 { &["OpenCV", "scipy"] } else { &["OpenCV"] })
        .target(Target::Faster(times, "OpenCV"))
}

pub(crate) fn rows() -> Vec<Row> {
    const NHWC: &str = "oneDNN nhwc";
    vec![
        layer(64, 224, (2, 2, 0)).skip("candle", HEAVY).target(Target::Within(1.0, NHWC)),
        layer(64, 112, (3, 2, 1)).target(Target::Within(1.0, NHWC)),
        layer(256, 20, (5, 1, 2)).target(Target::Faster(1.0, NHWC)),
        layer(512, 20, (13, 1, 6)).target(Target::Faster(2.0, NHWC)),
        channels_last(64, 224, (2, 2, 0)),
        channels_last(64, 112, (3, 2, 1)),
        channels_last(64, 112, (3, 1, 1)),
        sliding("u8", 3, 1.0),
        sliding("u8", 31, 3.0),
        sliding("u8", 101, 8.0),
        sliding("f32", 3, 1.0),
        sliding("f32", 31, 3.0),
        sliding("f32", 101, 8.0),
    ]
}
