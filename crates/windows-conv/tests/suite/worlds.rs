//! Cases at random, and which worlds each kind of them covers.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use windows_conv::Method;
use windows_core::kernel::Isa;
use windows_testkit::NaiveAxis;
use windows_testkit::strategy::axis_over;

use crate::case::Case;

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

/// Everything at once, in small: one to three axes with every edge, transposed or not, few channels, many or one a
/// group, any memory order, strides of either sign and of zero.
pub(crate) fn case() -> impl Strategy<Value = Case> {
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
            let repeated = vec(proptest::bool::weighted(0.05), ndim);
            let spread = select(vec![1, 1, 1, 2, 3]);
            let strides = (memory, reversed, repeated, spread);
            (Just((output_padding, axes, transposed, channels, rest)), strides)
        })
        .prop_map(|((output_padding, axes, transposed, channels, rest), strides)| Case {
            images: rest.0,
            groups: channels.0,
            per_group: channels.1,
            out_per_group: channels.2,
            axes,
            transposed,
            output_padding,
            flipped: rest.1,
            memory: strides.0,
            reversed: strides.1,
            repeated: strides.2,
            spread: strides.3,
            channels_last: rest.2,
            isa: rest.3,
            method: Method::Direct,
            threads: rest.4,
            scratch: rest.5,
            seed: rest.6,
        })
}

/// One channel a group under square windows of 3 or 5, for which there are loops of their own: several
/// registers of pixels or of channels, with a rest.
pub(crate) fn depthwise_case() -> impl Strategy<Value = Case> {
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
            repeated: vec![false; 4],
            spread: 1,
            channels_last: !channels_first,
            ..other
        },
    )
}

/// What Winograd's method takes: windows of 3 x 3 at step 1, in images of few and of many squares.
pub(crate) fn square_case() -> impl Strategy<Value = Case> {
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
        repeated: vec![false; 4],
        method: Method::Winograd,
        // 16 places of an input channel need more than its inputs.
        scratch: other.scratch.max(100_000),
        ..other
    })
}

/// An axis of which one measure is far larger than the data: padding, the window, the step, the gaps between taps.
fn far_axis() -> impl Strategy<Value = NaiveAxis> {
    let len = prop_oneof![1 => Just(0usize), 2 => Just(1), 4 => 2..=6usize];
    let near = (1..=4usize, 1..=4usize, 1..=3usize, 0..=4usize, 0..=4usize);
    (len, near, 0..4u8, 1..=40usize, 0..=45usize, 0..=45usize).prop_map(
        |(len, (size, step, dilation, before, after), far, large, low, high)| match far {
            0 => NaiveAxis::new(len, size, step).dilation(dilation).padding(low, high),
            1 => NaiveAxis::new(len, large, step).padding(low, high),
            2 => NaiveAxis::new(len, size, large).dilation(dilation).padding(before, after),
            _ => NaiveAxis::new(len, size, step).dilation(large).padding(3 * low, 3 * high),
        },
    )
}

/// The same of a transposed convolution, with the most output padding or less; the padding may take all but one
/// output.
fn far_transposed_axis() -> impl Strategy<Value = (NaiveAxis, usize)> {
    (0..=4usize, 1..=6usize, 1..=50usize, 1..=30usize, any::<[u16; 3]>()).prop_map(
        |(len, size, step, dilation, [more, before, after])| {
            let axis = NaiveAxis::new(len, size, step).dilation(dilation);
            let more = usize::from(more) % step.max(dilation);
            let full = (len.max(1) - 1) * step + axis.field() + more;
            let before = usize::from(before) % full;
            let after = usize::from(after) % (full - before);
            (axis.padding(before, after), more)
        },
    )
}

/// Where little or nothing of a window is data: padding, windows, steps and gaps between taps far larger than an
/// axis, which may have one element or none; transposed with steps of which most have no tap, and with output
/// padding; no images, no channels. One or two axes, any memory order, strides of either sign and of zero.
pub(crate) fn far_case() -> impl Strategy<Value = Case> {
    let forward = vec(far_axis(), 1..=2).prop_map(|axes| (vec![0; axes.len()], axes, false));
    let backward = vec(far_transposed_axis(), 1..=2).prop_map(|axes| {
        let (axes, more): (Vec<_>, Vec<_>) = axes.into_iter().unzip();
        (more, axes, true)
    });
    let axes =
        prop_oneof![2 => forward, 1 => backward].prop_filter("little work", |(_, axes, _)| {
            let work = |axis: &NaiveAxis| {
                let outputs = (axis.len * axis.step).max(axis.count()) + axis.field();
                outputs * axis.size
            };
            axes.iter().map(work).product::<usize>() < 100_000
        });
    let channels = prop_oneof![
        1 => Just((1usize, 0usize, 2usize)),
        4 => (1..=2usize, 1..=3usize, 1..=3usize),
        2 => (1..=9usize, Just(1usize), 1..=2usize),
    ];
    let images = prop_oneof![1 => Just(0usize), 9 => 1..=2usize];
    (axes, channels, images, case(), vec(select(vec![0u8, 0, 0, 1, 2]), 4)).prop_map(
        |((output_padding, axes, transposed), channels, images, other, strange)| {
            let ndim = axes.len() + 2;
            Case {
                images,
                groups: channels.0,
                per_group: channels.1,
                out_per_group: channels.2,
                axes,
                transposed,
                output_padding,
                memory: match other.channels_last {
                    true => std::iter::once(0).chain(2..ndim).chain([1]).collect(),
                    false => (0..ndim).collect(),
                },
                reversed: strange[..ndim].iter().map(|&strange| strange == 1).collect(),
                repeated: strange[..ndim].iter().map(|&strange| strange == 2).collect(),
                ..other
            }
        },
    )
}
