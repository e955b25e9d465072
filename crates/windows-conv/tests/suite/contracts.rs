//! What a plan promises beyond its sums: the same bits, bounded memory, skipped padding, clear errors.

use proptest::prelude::*;
use windows_conv::{
    Activation, CausalConv1d, ColumnOrder, ConvError, ConvPlan, ConvSpec, Im2col, Kernel,
    MOST_THREADS, Method, OutputOrder, PlanOptions, conv,
};
use windows_core::kernel::Isa;
use windows_core::{DynView, WindowSpec};
use windows_testkit::strategy::{cases, windows_over};
use windows_testkit::{Border, NdArray};

fn noise(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(len).collect()
}

struct Setup {
    spec: ConvSpec,
    x: Vec<f32>,
    x_shape: [usize; 4],
    w: Vec<f32>,
    w_shape: [usize; 4],
}

impl Setup {
    fn new(spec: ConvSpec, x_shape: [usize; 4], w_shape: [usize; 4]) -> Self {
        let (x, w) = (x_shape.iter().product(), w_shape.iter().product());
        Self { spec, x: noise(x, 1), x_shape, w: noise(w, 2), w_shape }
    }

    fn plan(&self, options: &PlanOptions<f32>) -> ConvPlan<f32> {
        let x = DynView::new(&self.x, &self.x_shape[..]).unwrap();
        let w = DynView::new(&self.w, &self.w_shape[..]).unwrap();
        ConvPlan::with(&self.spec, x.layout(), &w, options).unwrap()
    }

    fn run(&self, options: &PlanOptions<f32>) -> (Vec<f32>, Kernel) {
        let plan = self.plan(options);
        let x = DynView::new(&self.x, &self.x_shape[..]).unwrap();
        (plan.conv(&x).unwrap(), plan.kernel())
    }
}

fn setups() -> Vec<Setup> {
    let square = |padding| ConvSpec::new([3, 3]).padding(padding);
    vec![
        Setup::new(square(1), [2, 40, 20, 23], [70, 40, 3, 3]),
        Setup::new(square(1), [1, 130, 7, 7], [100, 130, 3, 3]),
        Setup::new(ConvSpec::new([1, 1]), [1, 500, 9, 9], [24, 500, 1, 1]),
        Setup::new(square(0).step(2).groups(8), [3, 8, 31, 40], [8, 1, 3, 3]),
        Setup::new(square(1).step(2).transposed(), [1, 20, 9, 8], [20, 12, 3, 3]),
        // Pixels packed by the tiles that multiply them, in several blocks of K and a part of a register.
        Setup::new(ConvSpec::new([1, 1]), [1, 400, 103, 2], [24, 400, 1, 1]),
        // Strips of two runs, in several bands.
        Setup::new(square(3).step(2).dilation(3), [1, 20, 41, 37], [48, 20, 3, 3]),
    ]
}

/// Each of the two methods, with the setups that it is taken for.
fn methods() -> Vec<(Method, Setup)> {
    let direct = setups().into_iter().map(|setup| (Method::Direct, setup));
    let squares = setups().into_iter().map(|setup| (Method::Winograd, setup)).take(2);
    direct.chain(squares).collect()
}

fn isas() -> Vec<Isa> {
    [Isa::PORTABLE, Isa::AVX2, Isa::AVX512].into_iter().filter(|isa| isa.is_available()).collect()
}

#[test]
fn bits_do_not_depend_on_threads_scratch_or_order() {
    for isa in isas() {
        for (method, setup) in methods() {
            let options = PlanOptions { isa: Some(isa), method, ..PlanOptions::default() };
            let (expected, kernel) = setup.run(&options);
            assert_eq!(kernel.isa(), isa);
            // Long sums, in several blocks: the plain loops are held against the oracle elsewhere.
            let (plain, _) = setup.run(&PlanOptions { reference: true, ..options.clone() });
            let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-4;
            assert!(expected.iter().zip(&plain).all(near), "{kernel}");
            for threads in 1..=MOST_THREADS.min(5) {
                let (got, _) = setup.run(&PlanOptions { threads, ..options.clone() });
                assert_eq!(got, expected, "{threads} threads, {kernel}");
            }
            for scratch_bytes in [80_000, 200_000, 1_500_000] {
                let (got, _) = setup.run(&PlanOptions { scratch_bytes, ..options.clone() });
                assert_eq!(got, expected, "{scratch_bytes} bytes, {kernel}");
            }
            let last = PlanOptions { output: OutputOrder::ChannelsLast, ..options.clone() };
            let plan = setup.plan(&last);
            let [n, m, h, w] = plan.output_shape()[..] else { unreachable!("four axes") };
            let (got, kernel) = setup.run(&last);
            let got = DynView::new(&got, [n, h, w, m]).unwrap();
            assert_eq!(got.permute([0, 3, 1, 2]).unwrap().to_vec(), expected, "{kernel}");
        }
    }
}

#[test]
fn bits_do_not_depend_on_the_batch() {
    for method in [Method::Direct, Method::Winograd] {
        let one = |x: &[f32], n: usize| {
            let x = DynView::new(x, [n, 24, 12, 11]).unwrap();
            let w = noise(32 * 24 * 9, 5);
            let w = DynView::new(&w, [32, 24, 3, 3]).unwrap();
            let options = PlanOptions { method, ..PlanOptions::default() };
            let plan = ConvPlan::with(&ConvSpec::new([3, 3]), x.layout(), &w, &options).unwrap();
            plan.conv(&x).unwrap()
        };
        let images = noise(4 * 24 * 12 * 11, 6);
        let together = one(&images, 4);
        let apart: Vec<f32> = images.chunks(24 * 12 * 11).flat_map(|image| one(image, 1)).collect();
        assert_eq!(together, apart);
    }
}

#[test]
fn a_run_allocates_nothing_and_scratch_is_bounded() {
    for (method, setup) in methods() {
        for scratch_bytes in [100_000, 1 << 20] {
            let options = PlanOptions { scratch_bytes, method, ..PlanOptions::default() };
            let plan = setup.plan(&options);
            assert!(plan.scratch_len() * size_of::<f32>() <= scratch_bytes);
            let x = DynView::new(&setup.x, &setup.x_shape[..]).unwrap();
            let mut out = vec![f32::NAN; plan.output_len()];
            let mut scratch = vec![f32::NAN; plan.scratch_len()];
            let counted = allocation_counter::measure(|| {
                plan.run(&x, &mut out, &mut scratch).unwrap();
            });
            assert_eq!(counted.count_total, 0, "{}", plan.kernel());
            assert!(out.iter().all(|y| y.is_finite()), "every output is written");
        }
    }
}

#[test]
fn an_activation_is_that_of_every_output() {
    for (method, setup) in methods() {
        for isa in isas() {
            let of = |activation| {
                let options =
                    PlanOptions { isa: Some(isa), method, activation, ..PlanOptions::default() };
                setup.run(&options)
            };
            let (plain, kernel) = of(Activation::None);
            let relu: Vec<f32> = plain.iter().map(|y| y.max(0.0)).collect();
            assert_eq!(of(Activation::Relu).0, relu, "{kernel}");
            let cut: Vec<f32> = plain.iter().map(|y| y.clamp(-0.5, 0.25)).collect();
            assert_eq!(of(Activation::Clamp(-0.5, 0.25)).0, cut, "{kernel}");
            for (y, silu) in plain.iter().zip(of(Activation::Silu).0) {
                let expected = f64::from(*y) / (1.0 + f64::from(-y).exp());
                let error = (f64::from(silu) - expected).abs();
                assert!(error <= 1e-6 * expected.abs(), "{kernel}: {silu} of {y}");
            }
        }
    }
}

#[test]
fn padding_is_skipped_even_by_infinite_weights() {
    let x = [1.0f32; 3];
    let x = DynView::new(&x, [1, 1, 3]).unwrap();
    let w = [f32::INFINITY, 1.0, f32::NAN];
    let w = DynView::new(&w, [1, 1, 3]).unwrap();
    let y = conv(&ConvSpec::new([3]).padding(3), &x, &w).unwrap();
    // Windows wholly in the padding, then NaN from the right, infinity alone on the left.
    assert!(y[0] == 0.0 && y[1].is_nan() && y[6] == 0.0);
    assert_eq!(y[5], f32::INFINITY);
}

#[test]
fn the_plan_says_which_kernel_it_chose() {
    let isa = Isa::best().cap(Isa::AVX512);
    let kernels: Vec<(&str, &str)> = setups()
        .iter()
        .map(|setup| setup.plan(&PlanOptions::default()).kernel())
        .inspect(|kernel| assert_eq!(kernel.isa(), isa))
        .map(|kernel| (kernel.name(), kernel.lanes()))
        .collect();
    assert_eq!(kernels[3], ("depthwise", "pixels"));
    // Which way has less work depends on how wide registers are.
    if isa == Isa::AVX512 {
        assert_eq!(kernels[0], ("implicit-gemm", "pixels"));
        assert_eq!(kernels[1], ("implicit-gemm", "channels"));
        assert_eq!(kernels[5], ("implicit-gemm", "pixels"));
        assert_eq!(kernels[6], ("implicit-gemm", "channels"));
        let text = setups()[1].plan(&PlanOptions::default()).kernel().to_string();
        assert_eq!(text, "avx512-f32-14x32-channels");
    }
}

#[test]
fn winograd_is_taken_where_it_has_fewer_products() {
    let kernel = |spec: ConvSpec, len: usize| {
        let setup = Setup::new(spec, [1, 16, len, len], [16, 16, 3, 3]);
        let options = PlanOptions { method: Method::Winograd, ..PlanOptions::default() };
        setup.plan(&options).kernel().name()
    };
    let square = ConvSpec::new([3, 3]);
    assert_eq!(kernel(square.clone(), 8), "winograd");
    assert_eq!(kernel(square.clone().convolution(), 8), "winograd");
    // 16 products for a single output.
    assert_eq!(kernel(square.clone(), 3), "implicit-gemm");
    assert_eq!(kernel(square.clone().step(2), 9), "implicit-gemm");
    assert_eq!(kernel(square.clone().dilation(2), 9), "implicit-gemm");
    assert_eq!(kernel(square.clone().step(2).transposed(), 9), "implicit-gemm");
    // Snapped windows come in two kinds of rows, of which the last is short.
    assert_eq!(kernel(square.step(2).edge(windows_core::Edge::Snap), 10), "implicit-gemm");
}

#[test]
fn what_is_infinite_reaches_a_square_and_no_further() {
    let mut data = [1.0f32; 128];
    data[3 * 8 + 3] = f32::INFINITY;
    let x = DynView::new(&data, [1, 2, 8, 8]).unwrap();
    let w = [1.0f32; 36];
    let w = DynView::new(&w, [2, 2, 3, 3]).unwrap();
    let options = PlanOptions { method: Method::Winograd, ..PlanOptions::default() };
    let plan = ConvPlan::with(&ConvSpec::new([3, 3]), x.layout(), &w, &options).unwrap();
    let y = plan.conv(&x).unwrap();
    assert_eq!(plan.kernel().name(), "winograd");
    for (i, y) in y.iter().enumerate() {
        let (row, column) = (i / 6 % 6, i % 6);
        // The windows of outputs 1 to 3 have the third element; squares 0 and 1 read it, which end at output 3.
        let own = (1..4).contains(&row) && (1..4).contains(&column);
        assert!(!own || !y.is_finite(), "output {i}: {y}");
        assert!((row < 4 && column < 4) || *y == 18.0, "output {i}: {y}");
    }
}

#[test]
fn bad_input_is_named() {
    let plan = |spec: ConvSpec, x: [usize; 4], w: [usize; 4], options: PlanOptions<f32>| {
        let (data, weights) = (vec![0.0; x.iter().product()], vec![0.0; w.iter().product()]);
        let x = DynView::new(&data, x).unwrap();
        let w = DynView::new(&weights, w).unwrap();
        ConvPlan::<f32>::with(&spec, x.layout(), &w, &options).unwrap_err()
    };
    let plain = PlanOptions::default;
    let three = || ConvSpec::new([3, 3]);
    let (x, w) = ([1, 6, 5, 5], [4, 6, 3, 3]);
    assert_eq!(plan(three().groups(0), x, w, plain()), ConvError::ZeroGroups);
    assert_eq!(
        plan(three().groups(4), x, w, plain()).to_string(),
        "6 input channels do not divide into 4 groups"
    );
    assert_eq!(
        plan(three().groups(3), x, w, plain()).to_string(),
        "4 output channels do not divide into 3 groups"
    );
    assert_eq!(
        plan(three().groups(2), x, w, plain()),
        ConvError::Channels { input: 6, groups: 2, weights: 6 }
    );
    assert_eq!(
        plan(ConvSpec::new([3]), x, w, plain()),
        ConvError::Rank { what: "input", got: 4, expected: 3 }
    );
    assert_eq!(
        plan(ConvSpec::new([3, 2]), x, w, plain()),
        ConvError::Shape { what: "weights", axis: 3, got: 3, expected: 2 }
    );
    assert_eq!(
        plan(three().step(0), x, w, plain()).to_string(),
        "step 0 on axis 2: windows must advance by at least 1"
    );
    assert_eq!(plan(three().output_padding(&[1, 1]), x, w, plain()), ConvError::NotTransposed);
    let up = || three().step(2).transposed();
    assert_eq!(
        plan(up().output_padding(&[1, 2]), x, [6, 4, 3, 3], plain()),
        ConvError::OutputPadding { axis: 3, padding: 2, limit: 2 }
    );
    assert_eq!(
        plan(up().padding(6), x, [6, 4, 3, 3], plain()),
        ConvError::OutputLength { axis: 2, full: 11, padding: 12 }
    );
    assert_eq!(
        plan(three(), x, w, PlanOptions { bias: vec![0.0; 3], ..plain() }),
        ConvError::Shape { what: "bias", axis: 0, got: 3, expected: 4 }
    );
    assert!(matches!(
        plan(three(), x, w, PlanOptions { scratch_bytes: 100, ..plain() }),
        ConvError::Scratch { limit: 100, .. }
    ));
    assert_eq!(
        plan(three(), x, w, PlanOptions { input_zero: 1, ..plain() }),
        ConvError::ZeroPoint { what: "input", value: 1, low: 0, high: 0 }
    );
    let clamp = PlanOptions { activation: Activation::Clamp(1.0, 0.0), ..plain() };
    assert_eq!(plan(three(), x, w, clamp), ConvError::Activation { name: "clamp" });

    // A view with a stride of zero claims more outputs than memory has, and is refused before.
    let data = [0.0f32];
    let huge = DynView::strided(&data, 0, [1, 1, 1 << 31, 1 << 31], &[0, 0, 0, 0][..]).unwrap();
    let weights = vec![0.0; 64];
    let w = DynView::new(&weights, [64, 1, 1, 1]).unwrap();
    assert!(ConvPlan::<f32>::new(&ConvSpec::new([1, 1]), huge.layout(), &w).is_err());

    let setup = &setups()[0];
    let plan = setup.plan(&plain());
    let x = DynView::new(&setup.x, &setup.x_shape[..]).unwrap();
    let mut out = vec![0.0; plan.output_len() - 1];
    let error = plan.run(&x, &mut out, &mut vec![0.0; plan.scratch_len()]).unwrap_err();
    assert!(matches!(error, ConvError::Shape { what: "output", .. }));
    let mut out = vec![0.0; plan.output_len()];
    let error = plan.run(&x, &mut out, &mut []).unwrap_err();
    assert!(matches!(error, ConvError::Shape { what: "scratch", .. }));
    let flipped = x.permute([0, 1, 3, 2]).unwrap();
    assert!(plan.conv(&flipped).is_err());
}

#[test]
fn empty_arrays_have_empty_or_biased_outputs() {
    let w = vec![1.0f32; 2 * 3 * 9];
    let w = DynView::new(&w, [2, 3, 3, 3]).unwrap();
    let x = DynView::<f32>::new(&[], [0, 3, 5, 5]).unwrap();
    assert_eq!(conv(&ConvSpec::new([3, 3]), &x, &w).unwrap(), []);
    let x = DynView::new(&[1.0f32; 12], [1, 3, 2, 2]).unwrap();
    assert_eq!(conv(&ConvSpec::new([3, 3]), &x, &w).unwrap(), []);
    // No channels: sums of nothing.
    let x = DynView::<f32>::new(&[], [1, 0, 3, 4]).unwrap();
    let w = DynView::<f32>::new(&[], [2, 0, 3, 3]).unwrap();
    for method in [Method::Direct, Method::Winograd] {
        let options = PlanOptions { bias: vec![1.0, 2.0], method, ..PlanOptions::default() };
        let plan = ConvPlan::with(&ConvSpec::new([3, 3]), x.layout(), &w, &options).unwrap();
        assert_eq!(plan.conv(&x).unwrap(), [1.0, 1.0, 2.0, 2.0], "{}", plan.kernel());
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_stream_is_the_batch_at_any_chunking(
        channels in 1..4usize, groups in 1..3usize, size in 1..6usize, step in 1..9usize,
        dilation in 1..4usize, chunks in proptest::collection::vec(0..40usize, 0..8),
        long in any::<bool>(),
    ) {
        let (inputs, outputs) = (channels * groups, 5 * groups);
        let chunks = if long { [&[3000][..], &chunks].concat() } else { chunks };
        let len: usize = chunks.iter().sum();
        let x = noise(inputs * len, 3);
        let w = noise(outputs * channels * size, 4);
        let w = DynView::new(&w, [outputs, channels, size]).unwrap();
        let spec = ConvSpec::new([size]).step(step).dilation(dilation).groups(groups);
        let options = PlanOptions { bias: noise(outputs, 5), ..PlanOptions::default() };
        let mut stream = CausalConv1d::new(&spec, inputs, &w, &options).unwrap();

        let whole = DynView::new(&x, [1, inputs, len]).unwrap();
        let padded = spec.before(dilation * (size - 1));
        let plan = ConvPlan::with(&padded, whole.layout(), &w, &options).unwrap();
        let batch = plan.conv(&whole).unwrap();
        let count = plan.output_shape()[2];

        for round in 0..2 {
            let (mut at, mut done) = (0, 0);
            for &chunk in &chunks {
                let part = whole.slice(2, at..at + chunk).unwrap().to_vec();
                let got = stream.push(&part).unwrap();
                let got_len = got.len() / outputs;
                let want = DynView::new(&batch, [1, outputs, count]).unwrap();
                let want = want.slice(2, done..done + got_len).unwrap().to_vec();
                prop_assert_eq!(got, want, "round {}", round);
                (at, done) = (at + chunk, done + got_len);
            }
            prop_assert_eq!(done, count);
            stream.reset();
        }
    }

    #[test]
    fn im2col_is_packing_with_positions_last_and_folding_is_its_adjoint(
        (windows, channels) in (proptest::collection::vec(1..9usize, 1..4), 1..4usize)
            .prop_flat_map(|(shape, channels)| (windows_over(shape), Just(channels))),
    ) {
        let axes: Vec<_> = windows.axes().iter().map(|axis| {
            let edge = match axis.edge {
                windows_testkit::Edge::Drop => windows_core::Edge::Drop,
                windows_testkit::Edge::Keep => windows_core::Edge::Keep,
                windows_testkit::Edge::Covered => windows_core::Edge::Covered,
                windows_testkit::Edge::Ceil => windows_core::Edge::Ceil,
                windows_testkit::Edge::Snap => windows_core::Edge::Snap,
                windows_testkit::Edge::Balance => windows_core::Edge::Balance,
            };
            let spec = windows_core::AxisSpec::new(axis.size)
                .step(axis.step).dilation(axis.dilation).edge(edge);
            match axis.same {
                None => spec.padding(axis.before, axis.after),
                Some(windows_testkit::Same::Upper) => spec.same(windows_core::Same::Upper),
                Some(windows_testkit::Same::Lower) => spec.same(windows_core::Same::Lower),
            }
        }).collect();
        let spatial = windows.shape();
        let shape = [&[2, channels][..], &spatial].concat();
        let len: usize = shape.iter().product();
        let plane: usize = spatial.iter().product();
        let x: Vec<i64> = (0..len).map(|i| (i as i64 * 7919) % 1009 - 500).collect();
        let view = DynView::new(&x, &shape).unwrap();
        let im2col = Im2col::new(view.layout(), WindowSpec::from_axes(&axes)).unwrap();

        let mut torch = vec![7; im2col.len()];
        im2col.write_into(&view, ColumnOrder::Torch, &mut torch).unwrap();
        let mut last = vec![7; im2col.len()];
        im2col.write_into(&view, ColumnOrder::ChannelsLast, &mut last).unwrap();
        let taps: usize = windows.sizes().iter().product();
        let positions: usize = windows.counts().iter().product();
        for n in 0..2 {
            for c in 0..channels {
                let image = &x[(n * channels + c) * plane..][..plane];
                let image = NdArray::new(image.to_vec(), &spatial);
                let packed = windows.pack(&image, Border::Constant, 0);
                for p in 0..positions {
                    for t in 0..taps {
                        let want = packed.data()[p * taps + t];
                        let row = (n * channels + c) * taps + t;
                        prop_assert_eq!(torch[row * positions + p], want);
                        let row = (n * positions + p) * taps + t;
                        prop_assert_eq!(last[row * channels + c], want);
                    }
                }
            }
        }
        if let Ok(copyless) = im2col.view(&view) {
            prop_assert_eq!(copyless.to_vec(), torch.clone());
        }

        for (order, columns) in [(ColumnOrder::Torch, &torch), (ColumnOrder::ChannelsLast, &last)] {
            let y: Vec<i64> = (0..columns.len()).map(|i| (i as i64 * 104_729) % 997 - 400).collect();
            let mut folded = vec![7; len];
            im2col.fold_into(&y, order, &mut folded).unwrap();
            let dot = |a: &[i64], b: &[i64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<i64>();
            prop_assert_eq!(dot(columns, &y), dot(&x, &folded));
        }
    }
}
