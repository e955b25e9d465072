//! Convolutions of every kind against the definition: sums over windows that the testkit enumerates.

mod common;

use common::{Case, check_f32, check_f64, check_integers, check_uneven};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use windows_conv::{Activation, ConvPlan, ConvSpec, Method, PlanOptions};
use windows_core::DynView;
use windows_core::kernel::Isa;
use windows_testkit::NaiveAxis;
use windows_testkit::strategy::{axis_over, cases};

/// An axis of a transposed convolution that leaves an output, and its output padding.
fn transposed_axis(len: usize) -> impl Strategy<Value = (NaiveAxis, usize)> {
    (1..5usize, 1..4usize, 1..3usize, 0..3usize, 0..3usize, 0..3usize).prop_filter_map(
        "an output",
        move |(size, step, dilation, before, after, more)| {
            let axis = NaiveAxis::new(len, size, step).dilation(dilation).padding(before, after);
            let more = more % step.max(dilation);
            let full = (len - 1) * step + axis.field() + more;
            (full > before + after).then_some((axis, more))
        },
    )
}

fn case() -> impl Strategy<Value = Case> {
    let axes = (1..=3usize).prop_flat_map(|rank| {
        let longest = [0usize, 40, 12, 6][rank];
        let forward = vec((1..=longest).prop_flat_map(axis_over), rank)
            .prop_map(|axes| (vec![0; axes.len()], axes, false));
        let backward =
            vec((1..=longest / 2).prop_flat_map(transposed_axis), rank).prop_map(|axes| {
                let (axes, more): (Vec<_>, Vec<_>) = axes.into_iter().unzip();
                (more, axes, true)
            });
        prop_oneof![2 => forward, 1 => backward]
    });
    // Few channels, many, or one a group.
    let channels = prop_oneof![
        (1..=2usize, 1..=3usize, 1..=3usize),
        (Just(1usize), 1..=9usize, 1..=60usize),
        (1..=20usize, Just(1usize), 1..=2usize),
    ];
    let isa = select(
        [Isa::PORTABLE, Isa::AVX2, Isa::AVX512]
            .into_iter()
            .filter(|isa| isa.is_available())
            .collect::<Vec<_>>(),
    );
    let rest = (
        1..=2usize,
        any::<bool>(),
        any::<bool>(),
        isa,
        1..=3usize,
        select(vec![40_000usize, 1 << 20]),
        any::<u64>(),
    );
    (axes, channels, rest)
        .prop_flat_map(|((output_padding, axes, transposed), channels, rest)| {
            let ndim = axes.len() + 2;
            let nchw: Vec<usize> = (0..ndim).collect();
            let nhwc: Vec<usize> = std::iter::once(0).chain(2..ndim).chain([1]).collect();
            let memory = prop_oneof![
                4 => Just(nchw.clone()),
                2 => Just(nhwc),
                1 => Just(nchw).prop_shuffle(),
            ];
            let reversed = vec(proptest::bool::weighted(0.1), ndim);
            let spread = select(vec![1, 1, 1, 2, 3]);
            (Just((output_padding, axes, transposed, channels, rest)), memory, reversed, spread)
        })
        .prop_map(
            |((output_padding, axes, transposed, channels, rest), memory, reversed, spread)| Case {
                images: rest.0,
                groups: channels.0,
                per_group: channels.1,
                out_per_group: channels.2,
                axes,
                transposed,
                output_padding,
                flipped: rest.1,
                memory,
                reversed,
                spread,
                channels_last: rest.2,
                isa: rest.3,
                method: Method::Direct,
                threads: rest.4,
                scratch: rest.5,
                seed: rest.6,
            },
        )
}

/// One channel a group under square windows of 3 or 5, for which there are loops of their own: several
/// registers of pixels or of channels, with a rest.
fn depthwise_case() -> impl Strategy<Value = Case> {
    let size = select(vec![3usize, 5]);
    let axis = move |longest: usize, size: usize, step: usize| {
        (1..=longest, 1..=2usize, 0..=4usize, 0..=4usize)
            .prop_map(move |(len, dilation, before, after)| {
                NaiveAxis::new(len, size, step).dilation(dilation).padding(before, after)
            })
            .prop_filter("an output", |axis| axis.count() > 0)
    };
    let large = prop_oneof![(Just(40usize), 1..=4usize), (Just(8usize), 1..=130usize)];
    let axes = (large, size, 1..=3usize).prop_flat_map(move |((longest, groups), size, step)| {
        (vec(axis(longest, size, step), 2), Just(groups))
    });
    (axes, case(), 1..=2usize, any::<bool>()).prop_map(
        |((axes, groups), other, multiplier, channels_first)| Case {
            groups,
            per_group: 1,
            out_per_group: multiplier,
            axes,
            transposed: false,
            output_padding: vec![0; 2],
            memory: if channels_first { vec![0, 1, 2, 3] } else { vec![0, 2, 3, 1] },
            reversed: vec![false; 4],
            spread: 1,
            channels_last: !channels_first,
            ..other
        },
    )
}

/// What Winograd's method takes: windows of 3 x 3 at step 1, in images of few and of many squares.
fn square_case() -> impl Strategy<Value = Case> {
    let axis = |longest: usize| {
        let axis = (1..=longest, 0..=4usize, 0..=4usize)
            .prop_map(|(len, before, after)| NaiveAxis::new(len, 3, 1).padding(before, after));
        axis.prop_filter("an output", |axis| axis.count() > 0)
    };
    let large = prop_oneof![
        8 => (vec(axis(20), 2), 1..=2usize, 1..=3usize, 1..=3usize),
        8 => (vec(axis(4), 2), Just(1usize), 1..=12usize, 1..=36usize),
        // Several blocks of K.
        1 => (vec(axis(2), 2), Just(1usize), 385..=388usize, 1..=2usize),
    ];
    (large, case()).prop_map(|((axes, groups, per_group, out_per_group), other)| Case {
        groups,
        per_group,
        out_per_group,
        axes,
        transposed: false,
        output_padding: vec![0; 2],
        memory: if other.seed % 3 > 0 { vec![0, 1, 2, 3] } else { vec![0, 2, 3, 1] },
        reversed: vec![false, other.seed % 5 == 0, other.seed % 7 == 0, other.seed % 11 == 0],
        method: Method::Winograd,
        // 16 places of an input channel need more than its inputs.
        scratch: other.scratch.max(100_000),
        ..other
    })
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn f32_sums_are_within_a_millionth(case in case(), with_bias in any::<bool>()) {
        check_f32(&case, with_bias)?;
    }

    #[test]
    fn depthwise_sums_are_within_rounding(case in depthwise_case(), with_bias in any::<bool>()) {
        check_f32(&case, with_bias)?;
        check_f64(&case)?;
        check_integers(&case, 0)?;
    }

    #[test]
    fn f64_sums_are_within_rounding(case in case()) {
        check_f64(&case)?;
    }

    #[test]
    fn integers_are_exact(case in case(), signs in 0..4_u8) {
        check_integers(&case, signs)?;
    }
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn sums_of_squares_are_within_a_millionth(case in square_case(), with_bias in any::<bool>()) {
        check_f32(&case, with_bias)?;
        check_uneven(&case)?;
        check_f64(&case)?;
    }
}

#[test]
fn relu_keeps_nan() {
    let data = [f32::NAN, -1.0, 2.0, -0.5];
    let x = DynView::new(&data, [1, 1, 4]).unwrap();
    let w = DynView::new(&[1.0f32], [1, 1, 1]).unwrap();
    let options = PlanOptions { activation: Activation::Relu, ..PlanOptions::default() };
    let y =
        ConvPlan::with(&ConvSpec::new([1]), x.layout(), &w, &options).unwrap().conv(&x).unwrap();
    assert!(y[0].is_nan());
    assert_eq!(y[1..], [0.0, 2.0, 0.0]);
}
