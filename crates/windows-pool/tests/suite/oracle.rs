//! Every kind, type, rank, layout, geometry, border and path against the oracle.

use crate::common::Case;
use crate::common::check::{check_adaptive, check_extremes, check_norms, check_ranks, check_sums};
use proptest::prelude::*;
use windows_testkit::strategy::cases;
use windows_testkit::{Border as NaiveBorder, Edge as NaiveEdge, NaiveAxis, Same as NaiveSame};

/// Axes with windows over lengths up to `len`. Worlds: windows up to `size`, every edge, padding of a few elements,
/// `same`; and, of each about one in ten, windows, steps, dilations and padding that are many times the length, and
/// lengths of 0 and 1.
fn axis(len: usize, size: usize) -> impl Strategy<Value = NaiveAxis> {
    let edge = prop_oneof![
        3 => Just(NaiveEdge::Drop), 2 => Just(NaiveEdge::Ceil), 1 => Just(NaiveEdge::Keep),
        1 => Just(NaiveEdge::Covered), 1 => Just(NaiveEdge::Snap), 1 => Just(NaiveEdge::Balance),
    ];
    let same = prop_oneof![
        6 => Just(None), 1 => Just(Some(NaiveSame::Upper)), 1 => Just(Some(NaiveSame::Lower)),
    ];
    let lens = prop_oneof![6 => 0..=len, 1 => 0..=1_usize];
    let step = prop_oneof![9 => Just(1_usize), 6 => Just(2), 3 => 3..6_usize, 2 => 6..4 * len];
    let dilation = prop_oneof![8 => Just(1_usize), 2 => 2..4_usize, 1 => 4..2 * len];
    let sizes = prop_oneof![6 => 1..=3.min(size), 3 => 1..=size, 1 => 1..=8 * size];
    let padding = || prop_oneof![8 => 0..6_usize, 1 => 6..3 * len];
    (lens, sizes, step, dilation, edge, padding(), padding(), same).prop_map(
        |(len, size, step, dilation, edge, before, after, same)| {
            let axis = NaiveAxis::new(len, size, step).dilation(dilation);
            match same {
                Some(same) => axis.same(same),
                None if edge.takes_padding() => axis.edge(edge).padding(before, after),
                None => axis.edge(edge),
            }
        },
    )
}

/// Arrays of every rank and memory order. Worlds: axes in front and behind that are not windowed, any of them of 0 or 1
/// elements; memory in order, reversed, rotated, with axes backwards, spread out or repeated, and strides of axes of one
/// element that are anything; every border; elements with and without infinities and NaNs of many bits.
fn case() -> impl Strategy<Value = Case> {
    let axes = prop_oneof![
        3 => prop::collection::vec(axis(70, 40), 1),
        4 => prop::collection::vec(axis(20, 12), 2),
        1 => prop::collection::vec(axis(6, 4), 3),
    ];
    let around = || prop::collection::vec(0..4_usize, 0..=2);
    let border = prop_oneof![
        2 => Just(None),
        1 => prop::sample::select(NaiveBorder::ALL.to_vec()).prop_map(Some),
    ];
    (around(), axes, around(), 0..3_u32, 0..8_usize, any::<u32>(), any::<bool>(), border).prop_map(
        |(before, axes, behind, order, reverse, seed, tame, border)| {
            let ndim = before.len() + axes.len() + behind.len();
            let mut order_of: Vec<usize> = (0..ndim).collect();
            match order {
                1 => order_of.reverse(),
                2 => order_of.rotate_left(1),
                _ => {}
            }
            Case { before, axes, behind, order: order_of, reverse, seed, tame, border }
        },
    )
}

macro_rules! extremes {
    ($($name:ident: $type:ty, $least:expr, $greatest:expr;)*) => {$(
        proptest! {
            #![proptest_config(cases(48))]
            #[test]
            fn $name(case in case()) {
                check_extremes::<$type>(&case, $least, $greatest);
            }
        }
    )*};
}

extremes! {
    extremes_u8: u8, u8::MIN, u8::MAX;
    extremes_i8: i8, i8::MIN, i8::MAX;
    extremes_u16: u16, u16::MIN, u16::MAX;
    extremes_i16: i16, i16::MIN, i16::MAX;
    extremes_u32: u32, u32::MIN, u32::MAX;
    extremes_i32: i32, i32::MIN, i32::MAX;
    extremes_u64: u64, u64::MIN, u64::MAX;
    extremes_i64: i64, i64::MIN, i64::MAX;
    extremes_f32: f32, f32::NEG_INFINITY, f32::INFINITY;
    extremes_f64: f64, f64::NEG_INFINITY, f64::INFINITY;
}

macro_rules! others {
    ($($check:ident: $($name:ident $type:ty)*;)*) => {$($(
        proptest! {
            #![proptest_config(cases(16))]
            #[test]
            fn $name(case in case()) {
                $check::<$type>(&case);
            }
        }
    )*)*};
}

others! {
    check_sums: sums_u8 u8 sums_i8 i8 sums_u16 u16 sums_i16 i16 sums_u32 u32 sums_i32 i32 sums_u64 u64
        sums_i64 i64 sums_f32 f32 sums_f64 f64;
    check_norms: norms_u8 u8 norms_i16 i16 norms_i64 i64 norms_f32 f32 norms_f64 f64;
    check_ranks: ranks_u8 u8 ranks_i8 i8 ranks_u16 u16 ranks_i32 i32 ranks_u64 u64 ranks_f32 f32
        ranks_f64 f64;
}

/// So many windows that share each axis of a plane, fewer or more than it has elements.
fn adaptive() -> impl Strategy<Value = (Vec<(usize, usize)>, u32)> {
    let axis = (1..12_usize, prop_oneof![3 => 1..12_usize, 1 => 12..140_usize]);
    (prop::collection::vec(axis, 1..=2), any::<u32>())
}

proptest! {
    #![proptest_config(cases(64))]

    /// Worlds: one and two axes, shared downwards, evenly and upwards.
    #[test]
    fn adaptive_windows_share_their_axes((axes, seed) in adaptive()) {
        check_adaptive(&axes, seed);
    }
}
