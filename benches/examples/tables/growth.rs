//! Time and memory against size, over four decades.

use std::cell::RefCell;
use std::hint::black_box;

use serde_json::json;
use windows_benches::noise;
use windows_conv::{ConvPlan, ConvSpec, PlanOptions};
use windows_core::{DynView, View, WindowSpec};
use windows_frame::FrameSpec;
use windows_frame::audio::Window;
use windows_pool::Pool;

use crate::row::Row;
use crate::session::{Case, Session, peak};
use crate::{pool, views};

/// As square as whole numbers allow.
fn square(len: usize) -> [usize; 2] {
    let side = len.isqrt();
    [side, len / side]
}

/// 3 x 3 sums of every window.
fn windows(session: &mut Session, len: usize) {
    let [height, width] = square(len);
    let data = noise(height * width);
    let view = View::new(&data, [height, width]).expect("a picture");
    let windows = view.windows([3, 3]);
    let out = RefCell::new(vec![0.0; windows.len()]);
    let run = |out: &mut [f32]| windows.reduce_into(out, 0.0, |a, b| a + b).expect("an output");
    let mut ours = || run(&mut out.borrow_mut());
    let kernel = "lanes".to_owned();
    let peak = peak(|| run(&mut out.borrow_mut()));
    session.serve(&Case { kernel, peak, ..Case::default() }, &mut [("ours", &mut ours)]);
}

/// Patches of 8 x 8, without overlap.
fn pack(session: &mut Session, len: usize) {
    let [height, width] = square(len);
    let data = noise(height * width);
    let view = View::new(&data, [height, width]).expect("a picture");
    let windows = view.windows(WindowSpec::new([8, 8]).step(8));
    let out = RefCell::new(vec![0.0; windows.grid().packed_len().expect("whole windows")]);
    let parallel = session.threads() > 1;
    let run = |out: &mut [f32]| views::pack(&windows, parallel, out);
    let mut ours = || run(&mut out.borrow_mut());
    let kernel = "runs".to_owned();
    let peak = peak(|| run(&mut out.borrow_mut()));
    session.serve(&Case { kernel, peak, ..Case::default() }, &mut [("ours", &mut ours)]);
}

/// Sliding maxima of 15 x 15.
fn pool(session: &mut Session, len: usize) {
    let [height, width] = square(len);
    let data = noise(height * width);
    let view = DynView::new(&data, [height, width]).expect("a picture");
    let pool = Pool::max(WindowSpec::new([15, 15]).padding(7));
    let plan = pool.plan::<f32>([height, width]).expect("windows that fit");
    let out = RefCell::new(vec![0.0; plan.output_len()]);
    let scratch = RefCell::new(plan.scratch());
    let parallel = session.threads() > 1;
    let mut ours = || {
        let (out, scratch) = (&mut *out.borrow_mut(), &mut scratch.borrow_mut());
        pool::run(&plan, black_box(&view), parallel, out, scratch);
    };
    let peak = peak(|| {
        let plan = pool.plan::<f32>([height, width]).expect("windows that fit");
        plan.run_with(&view, &mut out.borrow_mut(), &mut plan.scratch()).expect("an output");
    });
    let kernel = plan.kernel().to_string();
    session.serve(&Case { kernel, peak, ..Case::default() }, &mut [("ours", &mut ours)]);
}

/// 3 x 3 convolutions of 16 channels to 16.
fn conv(session: &mut Session, len: usize) {
    let [height, width] = square(len / 16);
    let data = noise(16 * height * width);
    let x = DynView::new(&data, [1, 16, height, width]).expect("an image");
    let weights = noise(16 * 16 * 9);
    let w = DynView::new(&weights, [16, 16, 3, 3]).expect("weights");
    let spec = ConvSpec::new([3, 3]).padding(1);
    let options = PlanOptions { threads: session.threads(), ..PlanOptions::default() };
    let make = || ConvPlan::with(&spec, x.layout(), &w, &options).expect("a plan");
    let plan = make();
    let out = RefCell::new(vec![0.0; plan.output_len()]);
    let scratch = RefCell::new(vec![0.0; plan.scratch_len()]);
    let mut ours = || {
        let (out, scratch) = (&mut *out.borrow_mut(), &mut *scratch.borrow_mut());
        plan.run(black_box(&x), out, scratch).expect("an output");
    };
    let peak = peak(|| {
        let plan = make();
        let mut scratch = vec![0.0; plan.scratch_len()];
        plan.run(&x, &mut out.borrow_mut(), &mut scratch).expect("an output");
    });
    let kernel = plan.kernel().to_string();
    session.serve(&Case { kernel, peak, ..Case::default() }, &mut [("ours", &mut ours)]);
}

/// Frames of 400 every 160, each times a window.
fn frames(session: &mut Session, len: usize) {
    let sound = noise(len);
    let window = Window::Hann.periodic(400).expect("a window");
    let window: Vec<f32> = window.iter().map(|&w| w as f32).collect();
    let scratch = RefCell::new(vec![0.0; 400]);
    let run = |scratch: &mut [f32]| {
        for frame in &FrameSpec::new(400, 160).frames(&sound).expect("frames") {
            frame.windowed_into(&window, scratch).expect("a frame");
            black_box(&scratch);
        }
    };
    let mut ours = || run(&mut scratch.borrow_mut());
    let kernel = "lanes".to_owned();
    let peak = peak(|| run(&mut scratch.borrow_mut()));
    session.serve(&Case { kernel, peak, ..Case::default() }, &mut [("ours", &mut ours)]);
}

type Run = fn(&mut Session, usize);

pub(crate) fn rows() -> Vec<Row> {
    let works: [(&str, &str, Run, bool); 5] = [
        ("windows", "sum of every 3 x 3 window", windows, false),
        ("pack", "pack 8 x 8 patches", pack, true),
        ("pool", "sliding max 15 x 15", pool, true),
        ("conv", "3 x 3 convolution, 16 channels to 16", conv, true),
        ("frames", "frames of 400 every 160, windowed", frames, false),
    ];
    let mut rows = Vec::new();
    for (id, work, run, threads) in works {
        for decade in 4..=8 {
            let len = 10_usize.pow(decade);
            let row = Row::new("growth", format!("{id}-{decade}"), work, move |session| {
                run(session, len);
            });
            let row = row.items(len, "element").notes(json!({"work": id, "elements": len}));
            rows.push(if threads { row.threads() } else { row });
        }
    }
    rows
}
