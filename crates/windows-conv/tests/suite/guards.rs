//! Every kernel between pages that cannot be touched: inputs, weights, outputs and scratch memory end, and begin, with
//! one. The matrix of im2col is written and summed by code without `unsafe`, which slices guard.

use std::fmt::Debug;

use proptest::prelude::*;
use windows_conv::{
    ConvPlan, ConvSpec, Kernel, MOST_THREADS, Method, Operand, OutputOrder, PlanOptions,
};
use windows_core::kernel::Isa;
use windows_core::{DynView, Layout};
use windows_testkit::guard::both_ends;
use windows_testkit::strategy::cases;

use crate::case::{Case, noise, unit};
use crate::worlds::{case, depthwise_case, far_case, square_case};

/// A convolution in guarded memory, at both ends, gives what it gives elsewhere, bit for bit.
fn guarded<X, W>(
    spec: &ConvSpec,
    layout: &Layout<windows_core::Dyn>,
    weight_shape: &[usize],
    options: &PlanOptions<X::Output>,
    (value, weight): (impl Fn(u64) -> X, impl Fn(u64) -> W),
    seed: u64,
) -> Kernel
where
    X: Operand<W>,
    W: Copy + Sync + Debug,
    X::Output: PartialEq,
{
    // No element that is not of the view.
    let (low, high) = layout.span().unwrap_or((0, -1));
    let len = (high - low + 1) as usize;
    let offset = low.unsigned_abs();
    let data: Vec<X> = (0..len).map(|i| value(noise(seed, i))).collect();
    let weights: usize = weight_shape.iter().product();
    let weights: Vec<W> = (0..weights).map(|i| weight(noise(!seed, i))).collect();
    let expected = {
        let x = DynView::with_layout(&data, offset, layout.clone()).unwrap();
        let w = DynView::new(&weights, weight_shape).unwrap();
        ConvPlan::with(spec, layout, &w, options).unwrap().conv(&x).unwrap()
    };
    let ends = both_ends(&data).into_iter().zip(both_ends(&weights));
    let kernels = ends.enumerate().map(|(end, (data, weights))| {
        let x = DynView::with_layout(&data, offset, layout.clone()).unwrap();
        let w = DynView::new(&weights, weight_shape).unwrap();
        let plan = ConvPlan::with(spec, layout, &w, options).unwrap();
        let [out, scratch] = [plan.output_len(), plan.scratch_len()]
            .map(|len| both_ends(&vec![X::Output::default(); len]).into_iter().nth(end).unwrap());
        let (mut out, mut scratch) = (out, scratch);
        plan.run(&x, &mut out, &mut scratch).unwrap();
        assert!(*out == *expected, "{}", plan.kernel());
        plan.kernel()
    });
    kernels.last().unwrap()
}

/// A layout whose axes lie in memory in this order, the last one nearest.
fn layout(shape: &[usize], memory: &[usize], reversed: bool) -> Layout<windows_core::Dyn> {
    let mut strides = vec![0; shape.len()];
    let mut extent = if reversed { -1 } else { 1 };
    for &axis in memory.iter().rev() {
        strides[axis] = extent;
        extent *= shape[axis] as isize;
    }
    Layout::new(shape, &strides[..]).unwrap()
}

/// What a kernel is made for, by the shapes that lead to it.
struct Setup {
    kernel: &'static str,
    spec: ConvSpec,
    x: Vec<usize>,
    w: Vec<usize>,
    channels_last: bool,
    scratch_bytes: usize,
}

fn setups() -> Vec<Setup> {
    let mut all = Vec::new();
    let mut add = |kernel, spec: &ConvSpec, x: &[usize], w: &[usize], channels_last| {
        all.push(Setup {
            kernel,
            spec: spec.clone(),
            x: x.to_vec(),
            w: w.to_vec(),
            channels_last,
            scratch_bytes: 1 << 20,
        });
    };
    let three = ConvSpec::new([3, 3]);
    for last in [false, true] {
        for padding in [0, 1, 4] {
            let three = three.clone().padding(padding);
            for step in [1, 2, 3] {
                // Few pixels and many channels, the other way round, and one channel a group.
                let spec = three.clone().step(step);
                add("implicit-gemm", &spec, &[2, 3, 9, 37], &[5, 3, 3, 3], last);
                add("implicit-gemm", &spec, &[1, 19, 5, 6], &[70, 19, 3, 3], last);
                // Strides that rows have no loads for are multiplied instead.
                let kernel = if step == 3 && !last { "implicit-gemm" } else { "depthwise" };
                for channels in [5, 16, 19] {
                    let x = [1, channels, 9, 41];
                    add(kernel, &spec.clone().groups(channels), &x, &[channels, 1, 3, 3], last);
                }
            }
            add("winograd", &three, &[1, 5, 9, 21], &[19, 5, 3, 3], last);
        }
        // Long sums: of pixels that are read as they lie, and in several blocks of K.
        let one = ConvSpec::new([1, 1]);
        add("implicit-gemm", &one, &[1, 400, 3, 37], &[24, 400, 1, 1], last);
        add("implicit-gemm", &one, &[1, 500, 3, 3], &[70, 500, 1, 1], last);
        add(
            "implicit-gemm",
            &three.clone().step(2).transposed(),
            &[1, 6, 5, 7],
            &[6, 9, 3, 3],
            last,
        );
        add(
            "implicit-gemm",
            &three.clone().dilation(3).padding(3),
            &[1, 6, 9, 11],
            &[9, 6, 3, 3],
            last,
        );
        for size in [2, 5] {
            for step in [1, 2] {
                let spec = ConvSpec::new([size, size]).step(step).padding(2).groups(19);
                add("depthwise", &spec, &[1, 19, 11, 39], &[19, 1, size, size], last);
            }
        }
    }
    // Integers have their pixels along the lanes where there is no room for a strip.
    add("implicit-gemm", &three, &[1, 1600, 4, 5], &[3, 1600, 3, 3], false);
    if let Some(last) = all.last_mut() {
        last.scratch_bytes = 26_000;
    }
    all
}

fn isas() -> impl Iterator<Item = Isa> {
    [Isa::PORTABLE, Isa::AVX2, Isa::AVX512].into_iter().filter(|isa| isa.is_available())
}

#[test]
fn every_kernel_stays_inside_of_its_memory() {
    let mut seen = std::collections::HashSet::new();
    for setup in setups() {
        for isa in isas() {
            for (threads, reversed) in [(1, false), (MOST_THREADS.min(2), true)] {
                let memory = if setup.channels_last { [0, 2, 3, 1] } else { [0, 1, 2, 3] };
                let layout = layout(&setup.x, &memory, reversed);
                let squares = setup.kernel == "winograd";
                let method = if squares { Method::Winograd } else { Method::Direct };
                let output = match setup.channels_last {
                    true => OutputOrder::ChannelsLast,
                    false => OutputOrder::ChannelsFirst,
                };
                macro_rules! run {
                    ($name:literal, $value:expr, $weight:expr, $reference:expr) => {{
                        let options = PlanOptions {
                            isa: Some(isa),
                            threads,
                            method,
                            output,
                            scratch_bytes: setup.scratch_bytes,
                            reference: $reference,
                            ..PlanOptions::default()
                        };
                        let values = ($value, $weight);
                        let kernel = guarded(&setup.spec, &layout, &setup.w, &options, values, 3);
                        seen.insert((isa, $name, kernel.name(), kernel.lanes()));
                        kernel
                    }};
                }
                let float = |bits| unit(bits) as f32;
                let kernel = run!("f32", float, float, false);
                if !reversed {
                    assert_eq!(kernel.name(), setup.kernel, "{:?} {:?}", setup.spec, setup.x);
                }
                if isa == Isa::PORTABLE {
                    run!("f32", float, float, true);
                }
                run!("f64", unit, unit, false);
                run!("u8 i8", |bits| bits as u8, |bits| bits as i8, false);
            }
        }
    }
    for isa in isas() {
        for lanes in ["pixels", "channels"] {
            for kernel in ["implicit-gemm", "depthwise"] {
                assert!(seen.contains(&(isa, "f32", kernel, lanes)), "{isa:?} {kernel} {lanes}");
            }
            assert!(seen.contains(&(isa, "u8 i8", "implicit-gemm", lanes)), "{isa:?} {lanes}");
        }
        assert!(seen.contains(&(isa, "f64", "winograd", "channels")), "{isa:?}");
    }
    assert!(seen.iter().any(|seen| seen.2 == "reference"));
}

fn stays_inside(case: &Case) {
    let (_, _, layout) = case.layout();
    let (spec, shape) = (case.spec(), case.weight_shape());
    let float = |bits| unit(bits) as f32;
    guarded(&spec, &layout, &shape, &case.options(Vec::new()), (float, float), case.seed);
    let bytes = (|bits| bits as u8, |bits| bits as i8);
    guarded(&spec, &layout, &shape, &case.options(Vec::new()), bytes, case.seed);
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn any_case_stays_inside_of_its_memory(
        case in prop_oneof![case(), depthwise_case(), square_case(), far_case()],
    ) {
        stays_inside(&case);
    }
}
