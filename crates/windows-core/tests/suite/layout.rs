//! Views by shape and strides.

use proptest::prelude::*;
use windows_core::{Const, DynView, Layout, View, ViewMut, WindowError};
use windows_testkit::array::{Slice, indices};
use windows_testkit::strategy::strided;

use crate::agree;
use crate::support::view;

/// Half of the bits of a length: two lengths of more cannot be multiplied.
const HALF: u32 = usize::BITS / 2;

proptest! {
    #[test]
    fn a_view_shows_what_the_oracle_shows(strided in strided(0..=4, 0..=4)) {
        agree::layout(&strided);
    }

    #[test]
    fn slicing_reversing_and_permuting_commute_with_the_oracle(
        strided in strided(1..=4, 0..=5),
        axis in any::<prop::sample::Index>(),
        cut in (0..6_usize, 0..6_usize, 1..4_usize),
        turn in any::<u8>(),
    ) {
        let (buffer, shown) = (strided.buffer(), strided.counting());
        let view = view(&buffer, &strided);
        let axis = axis.index(view.ndim());
        let len = view.shape()[axis];
        let (start, end, step) = (cut.0.min(len), cut.1.min(len), cut.2);
        if start <= end {
            let mut slices: Vec<Slice> =
                shown.shape().iter().map(|&len| Slice { start: 0, len, step: 1 }).collect();
            slices[axis] = Slice { start, len: (end - start).div_ceil(step), step: step as isize };
            let part = view.slice_by(axis, start..end, step).unwrap();
            let expected = shown.slice(&slices);
            prop_assert_eq!(part.shape(), expected.shape());
            prop_assert_eq!(&part.to_vec(), expected.data());
        } else {
            let error = view.slice(axis, start..end).unwrap_err();
            prop_assert_eq!(error, WindowError::RangeOutside { axis, start, end, len });
        }
        let back = view.reverse(axis).unwrap();
        prop_assert!(back.reverse(axis).unwrap() == view);
        for index in indices(view.shape()) {
            let mut mirrored = index.clone();
            mirrored[axis] = len - 1 - mirrored[axis];
            prop_assert_eq!(back.get(&index), view.get(&mirrored));
        }
        let ndim = view.ndim();
        let order: Vec<usize> = (0..ndim).map(|i| (i + turn as usize) % ndim).collect();
        let turned = view.permute(&order).unwrap();
        let expected = shown.permute(&order);
        prop_assert_eq!(&turned.to_vec(), expected.data());
    }

    #[test]
    fn merged_axes_visit_the_same_offsets(strided in strided(0..=4, 0..=4)) {
        let layout = Layout::<windows_core::Dyn>::new(&strided.shape, &strided.strides).unwrap();
        let merged = layout.merge_axes();
        let offsets = |layout: &Layout<windows_core::Dyn>| -> Vec<isize> {
            indices(layout.shape()).iter().map(|index| layout.offset(index).unwrap()).collect()
        };
        prop_assert_eq!(offsets(&layout), offsets(&merged));
        prop_assert!(merged.ndim() <= layout.ndim().max(1));
    }

    #[test]
    fn no_shape_or_stride_reaches_outside(
        shape in prop::collection::vec(prop_oneof![0..4_usize, Just(usize::MAX), Just(1 << (usize::BITS - 2))], 0..4),
        strides in prop::collection::vec(
            prop_oneof![-4..4_isize, Just(isize::MAX), Just(isize::MIN), Just(1 << (usize::BITS - 3))], 0..4),
        offset in prop_oneof![0..12_usize, Just(usize::MAX), Just(isize::MAX as usize)],
    ) {
        agree::bounds(&shape, &strides, offset);
    }
}

/// Every layout of two axes with lengths and strides so small that its offsets can be listed.
#[test]
fn span_contiguity_and_aliasing_are_those_of_the_listed_offsets() {
    let (longest, furthest) = if cfg!(miri) { (3, 2) } else { (4, 5) };
    let axes: Vec<(usize, isize)> = (0..=longest)
        .flat_map(|len| (-furthest..=furthest).map(move |stride| (len, stride)))
        .collect();
    for &(rows, down) in &axes {
        for &(columns, right) in &axes {
            let layout = Layout::<Const<2>>::new([rows, columns], [down, right]).unwrap();
            let offsets: Vec<isize> = indices(&[rows, columns])
                .iter()
                .map(|at| at[0] as isize * down + at[1] as isize * right)
                .collect();
            let ends = offsets.iter().min().zip(offsets.iter().max());
            assert_eq!(layout.span(), ends.map(|(&low, &high)| (low, high)), "{layout:?}");
            let neighbours = offsets.iter().enumerate().all(|(at, &offset)| offset == at as isize);
            assert_eq!(layout.is_contiguous(), neighbours, "{layout:?}");

            let mut data = [0_u8; 64];
            let made = ViewMut::strided(&mut data, 32, [rows, columns], [down, right]);
            let mut distinct = offsets.clone();
            distinct.sort_unstable();
            distinct.dedup();
            match made {
                Ok(_) => assert_eq!(distinct.len(), offsets.len(), "{layout:?}"),
                // Axes that interleave may be refused though their elements are distinct; nested ones not.
                Err(WindowError::Aliased { axis, stride }) => {
                    assert_eq!([down, right][axis], stride);
                    let reach = |len: usize, stride: isize| (len - 1) * stride.unsigned_abs();
                    let nested = down.unsigned_abs() > reach(columns, right)
                        || right.unsigned_abs() > reach(rows, down);
                    assert!(!nested || distinct.len() < offsets.len(), "{layout:?}");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn parts_of_an_axis_step_over_what_is_left_out() {
    let layout = Layout::<Const<1>>::new([9], [-3]).unwrap();
    let (part, first) = layout.slice(0, 1..8, 2).unwrap();
    assert_eq!((part.shape(), part.strides(), first), (&[4][..], &[-6][..], -3));
    // One element or none has no neighbour: a step beyond every distance is no overflow.
    for end in [4, 5] {
        let (part, _) = layout.slice(0, 4..end, usize::MAX / 2).unwrap();
        assert_eq!((part.len(), part.strides()), (end - 4, &[-3][..]));
    }
}

#[test]
fn axes_are_merged_and_split_where_one_steps_over_the_other() {
    let whole = Layout::<Const<3>>::contiguous([2, 3, 4]).unwrap().merge_axes();
    assert_eq!((whole.shape(), whole.strides()), (&[24][..], &[1][..]));
    let cropped = Layout::<Const<3>>::new([2, 3, 4], [20, 5, 1]).unwrap().merge_axes();
    assert_eq!((cropped.shape(), cropped.strides()), (&[2, 3, 4][..], &[20, 5, 1][..]));
    let rows = Layout::<Const<3>>::new([2, 3, 4], [15, 5, 1]).unwrap().merge_axes();
    assert_eq!((rows.shape(), rows.strides()), (&[6, 4][..], &[5, 1][..]));

    let layout = Layout::<Const<2>>::new([2, 6], [20, -3]).unwrap();
    let split = layout.split(1, 2).unwrap();
    assert_eq!((split.shape(), split.strides()), (&[2, 3, 2][..], &[20, -6, -3][..]));
    let single = layout.split(0, 2).unwrap();
    assert_eq!((single.shape(), single.strides()), (&[1, 2, 6][..], &[0, 20, -3][..]));
    for inner in [0, 4] {
        let error = WindowError::Shape { what: "split axis", axis: 1, expected: inner, got: 6 };
        assert_eq!(layout.split(1, inner).unwrap_err(), error);
    }
}

#[test]
fn an_axis_that_is_not_there_is_named() {
    let layout = Layout::<Const<2>>::contiguous([2, 3]).unwrap();
    let missing = WindowError::NoSuchAxis { axis: 2, ndim: 2 };
    assert_eq!(layout.slice(2, 0..1, 1).unwrap_err(), missing);
    assert_eq!(layout.reverse(2).unwrap_err(), missing);
    assert_eq!(layout.split(2, 1).unwrap_err(), missing);
}

#[test]
fn a_stride_that_wraps_is_refused_in_every_profile() {
    let four = [1_u8, 2, 3, 4];
    // In a release build a wrapped product would say that one element is enough.
    assert!(View::strided(&four, 0, [2, 2], [isize::MAX, 1]).is_err());
    assert!(View::strided(&four, 0, [2, 2], [isize::MIN, 1]).is_err());
    assert!(View::strided(&four, 0, [usize::MAX, 2], [1, 1]).is_err());
    assert!(View::strided(&four, 0, [1 << HALF, 1 << HALF], [0, 0]).is_err());
    // Fits a length, but no distance.
    assert!(View::strided(&four, 0, [1 << (HALF - 1), 1 << HALF], [0, 0]).is_err());
    assert!(View::new(&four, [2 << HALF, 2 << HALF]).is_err());
    assert!(View::strided(&four, usize::MAX, [1], [1]).is_err());
    assert_eq!(
        View::strided(&four, 3, [2], [-4]).unwrap_err().to_string(),
        "the view reaches element -1, but the data has 4"
    );
    // An empty axis does not excuse the others.
    assert!(View::new(&[0_u8; 0], [0, 1 << (HALF + 8), 1 << (HALF + 8)]).is_err());
}

#[test]
fn zero_sized_and_uncopyable_elements_have_views_and_windows() {
    let nothing = [(); 6];
    let view = View::new(&nothing, [2, 3]).unwrap();
    assert_eq!(view.windows([2, 2]).iter().map(|w| w.iter().count()).sum::<usize>(), 8);
    assert_eq!(view.windows([2, 2]).pack().unwrap().len(), 8);

    let words = ["a", "b", "c"].map(String::from);
    let view = View::from_slice(&words);
    let pairs = view.windows([2]).map(|w| w.iter().map(String::as_str).collect::<String>());
    assert_eq!(pairs, ["ab", "bc"]);
}

#[test]
fn static_and_dynamic_rank_are_one_type() {
    let data: Vec<u8> = (0..12).collect();
    let view = View::new(&data, [3, 4]).unwrap();
    assert_eq!(view.to_dyn(), view);
    assert_eq!(view.to_dyn().to_const::<2>().unwrap(), view);
    assert_eq!(
        view.to_dyn().to_const::<3>().unwrap_err(),
        WindowError::Rank { what: "layout", got: 2, expected: 3 }
    );
    let layout = Layout::<Const<0>>::contiguous([]).unwrap();
    assert_eq!((layout.len(), layout.offset([])), (1, Some(0)));
}

fn is_send_and_sync<T: Send + Sync>() {}

#[test]
fn views_travel_between_threads_as_slices_do() {
    is_send_and_sync::<View<'_, f32, 2>>();
    is_send_and_sync::<DynView<'_, String>>();
    is_send_and_sync::<windows_core::Windows<'_, u8, Const<3>>>();
}
