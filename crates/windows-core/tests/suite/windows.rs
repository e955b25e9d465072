//! Windows of any rank, strides and geometry, against the oracle.

use proptest::prelude::*;
use windows_core::{DynView, Edge, Extent, View, WindowError, WindowSpec};
use windows_testkit::array::NdArray;
use windows_testkit::strategy::{Strided, border, strided, windows_over};
use windows_testkit::windows::NaiveWindows;

use crate::agree;

/// A strided view and windows over its shape, of all worlds of [`strided`] and [`windows_over`].
pub(crate) fn case() -> impl Strategy<Value = (Strided, NaiveWindows)> {
    strided(0..=4, 0..=5).prop_flat_map(|view| {
        let windows = windows_over(view.shape.clone());
        (Just(view), windows)
    })
}

proptest! {
    #[test]
    fn a_grid_answers_as_the_oracle_does((strided, naive) in case()) {
        agree::grid(&strided, &naive);
    }

    #[test]
    fn covering_inverts_the_windows((strided, naive) in case()) {
        agree::covering(&strided, &naive);
    }

    #[test]
    fn every_window_shows_its_real_elements((strided, naive) in case(), kind in border()) {
        agree::windows(&strided, &naive, kind);
    }

    #[test]
    fn rows_give_every_real_tap_once_in_order((strided, naive) in case()) {
        agree::rows(&strided, &naive);
    }

    #[test]
    fn all_windows_are_one_array_or_say_why_not((strided, naive) in case()) {
        agree::as_view(&strided, &naive);
    }
}

#[test]
fn long_rows_fold_through_every_block_size() {
    // Blocks of 64, 8 and 1 outputs, groups of 16 taps, contiguous and strided.
    for (height, width, size, step) in
        [(9, 200, 5, 1), (6, 137, 3, 1), (5, 90, 2, 3), (3, 64, 3, 1)]
    {
        let data: Vec<f32> = (0..height * width).map(|i| (i as f32 * 0.37).sin()).collect();
        let view = View::new(&data, [height, width]).unwrap();
        for padding in [0, 2] {
            let spec = WindowSpec::new([size, size]).step(step).padding(padding);
            let windows = view.windows(spec);
            let mut sums = vec![f32::NAN; windows.len()];
            windows.reduce_into(&mut sums, 0.0, |sum, x| sum + x).unwrap();
            // The same order of taps, so the same bits.
            let expected = windows.map(|window| window.iter().fold(0.0, |sum, x| sum + x));
            assert_eq!(sums, expected);
        }
    }
}

#[test]
fn axes_are_chosen_by_name() {
    let shape = [2, 5, 6, 3];
    let data: Vec<usize> = (0..180).collect();
    let images = View::new(&data, shape).unwrap();
    let spec = WindowSpec::of([Extent::Each, Extent::Size(2), Extent::Size(3), Extent::Whole]);
    let windows = images.windows(spec.step(2).edge(Edge::Keep));
    assert_eq!(windows.grid().counts(), [2, 3, 3, 1]);
    assert_eq!(windows.window_shape(), [1, 2, 3, 3]);
    let window = windows.get([1, 1, 1, 0]).unwrap();
    let expected = NdArray::new(data.clone(), &shape);
    let mut pixels = Vec::new();
    for y in 2..4 {
        for x in 2..5 {
            for c in 0..3 {
                pixels.push(*expected.get(&[1, y, x, c]));
            }
        }
    }
    assert_eq!(window.to_vec(), pixels);
}

#[test]
fn the_strides_of_the_idea() {
    let grey: Vec<u8> = (0..16).collect();
    let windows = View::new(&grey, [4, 4]).unwrap().windows(WindowSpec::new([2, 2]).step(2));
    assert_eq!((windows.grid().counts(), windows.grid_strides()), (&[2, 2][..], &[8, 2][..]));
    assert_eq!((windows.window_shape(), windows.window_strides()), (&[2, 2][..], &[4, 1][..]));

    let rgb: Vec<u8> = (0..48).collect();
    let image = View::new(&rgb, [4, 4, 3]).unwrap();
    assert_eq!(image.strides(), [12, 3, 1]);
    let spec = WindowSpec::of([Extent::Size(2), Extent::Size(2), Extent::Whole]).step(2);
    let windows = image.windows(spec);
    assert_eq!(windows.grid().counts(), [2, 2, 1]);
    assert_eq!(windows.grid_strides()[..2], [24, 6]);
    assert_eq!(
        (windows.window_shape(), windows.window_strides()),
        (&[2, 2, 3][..], &[12, 3, 1][..])
    );
}

#[test]
fn a_window_too_large_is_no_window_and_huge_grids_are_refused() {
    let data = [0_u8; 6];
    let view = View::new(&data, [2, 3]).unwrap();
    assert_eq!(view.windows([3, 1]).iter().count(), 0);
    assert!(view.windows([3, 3]).pack().unwrap().is_empty());
    let wide = WindowSpec::new([1, 1]).padding(isize::MAX as usize / 4);
    assert!(matches!(view.try_windows(wide), Err(WindowError::ProductOverflow { .. })));
    let empty: DynView<'_, u8> = DynView::new(&[], [0, 4]).unwrap();
    assert_eq!(empty.windows([1, 2]).len(), 0);
    assert_eq!(empty.windows(WindowSpec::new([2, 2]).padding(1)).grid().counts(), [1, 5]);
}
