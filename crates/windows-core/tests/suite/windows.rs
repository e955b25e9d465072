//! Windows of any rank, strides and geometry, against the oracle.

use proptest::prelude::*;
use windows_core::{DynView, Edge, Extent, Grid, View, WindowError, WindowSpec};
use windows_testkit::array::NdArray;
use windows_testkit::border::Border as NaiveBorder;
use windows_testkit::strategy::{Strided, border, strided, windows_over};
use windows_testkit::windows::NaiveWindows;

use crate::support::{self, specs, view};

/// A strided view and windows over its shape.
pub(crate) fn case() -> impl Strategy<Value = (Strided, NaiveWindows)> {
    strided(0..=4, 0..=5).prop_flat_map(|view| {
        let windows = windows_over(view.shape.clone());
        (Just(view), windows)
    })
}

proptest! {
    #[test]
    fn a_grid_answers_as_the_oracle_does((strided, naive) in case()) {
        let grid = Grid::dynamic(&strided.shape, specs(&naive)).unwrap();
        prop_assert_eq!(grid.counts(), naive.counts());
        prop_assert_eq!(grid.len(), naive.positions().len());
        let positions = naive.positions();
        prop_assert!(grid.positions().map(|p| p.to_vec()).eq(positions.iter().cloned()));
        for (index, position) in positions.iter().enumerate() {
            let origin: Vec<i64> = grid.origin(position).iter().map(|&x| x as i64).collect();
            prop_assert_eq!(origin, naive.origin(position));
            prop_assert_eq!(grid.index(position), Some(index));
            prop_assert_eq!(grid.position(index).unwrap().to_vec(), position.clone());
            let sources = naive.sources(position, NaiveBorder::Constant);
            prop_assert_eq!(grid.is_interior(position), sources.iter().all(Option::is_some));
        }
        prop_assert_eq!(grid.position(positions.len()), None);
        prop_assert_eq!(grid.spec(), specs(&naive));
        prop_assert_eq!(Grid::dynamic(&strided.shape, grid.spec()).unwrap(), grid);
    }

    #[test]
    fn covering_inverts_the_windows((strided, naive) in case()) {
        let grid = Grid::dynamic(&strided.shape, specs(&naive)).unwrap();
        for element in windows_testkit::array::indices(&strided.shape) {
            let covering: Vec<Vec<usize>> = grid.covering(&element).map(|p| p.to_vec()).collect();
            let expected: Vec<Vec<usize>> = naive
                .positions()
                .into_iter()
                .filter(|p| naive.sources(p, NaiveBorder::Constant).contains(&Some(element.clone())))
                .collect();
            prop_assert_eq!(covering, expected);
        }
    }

    #[test]
    fn every_window_shows_its_real_elements((strided, naive) in case(), kind in border()) {
        let (buffer, shown) = (strided.buffer(), strided.counting());
        let windows = view(&buffer, &strided).try_windows(specs(&naive)).unwrap();
        let positions = naive.positions();
        prop_assert_eq!(windows.iter().len(), positions.len());
        let bordered = windows.with_border(support::border(kind, usize::MAX));
        for (window, position) in windows.iter().zip(&positions) {
            prop_assert_eq!(window.position().to_vec(), position.clone());
            let taps = naive.window(&shown, position, NaiveBorder::Constant);
            let real: Vec<usize> = taps.iter().flatten().copied().collect();
            prop_assert_eq!(window.to_vec(), real.clone());
            prop_assert!(window.iter().eq(&real));
            prop_assert_eq!(window.is_whole(), taps.iter().all(Option::is_some));
            let missing = window.missing();
            let kept = window.view();
            for axis in 0..missing.len() {
                let (before, after) = missing[axis];
                prop_assert_eq!(before + kept.shape()[axis] + after, naive.sizes()[axis]);
            }
            let tap_indices = windows_testkit::array::indices(&naive.sizes());
            for (tap, value) in tap_indices.iter().zip(&taps) {
                prop_assert_eq!(window.get(tap).copied(), *value);
            }
            prop_assert_eq!(window.get(&naive.sizes()).is_some(), naive.sizes().is_empty());
            if let Ok(bordered) = &bordered {
                let values = naive.window(&shown, position, kind);
                for (tap, value) in tap_indices.iter().zip(values) {
                    let read = bordered.value(position, tap).copied();
                    prop_assert_eq!(read, Some(value.unwrap_or(usize::MAX)));
                }
            }
            prop_assert_eq!(windows.get(position).unwrap().to_vec(), real.clone());
            prop_assert_eq!(windows.nth(window.index()).unwrap().to_vec(), real);
        }
    }

    #[test]
    fn rows_give_every_real_tap_once_in_order((strided, naive) in case()) {
        let (buffer, shown) = (strided.buffer(), strided.counting());
        let windows = view(&buffer, &strided).try_windows(specs(&naive)).unwrap();
        let mut seen: Vec<Vec<(usize, usize)>> = vec![Vec::new(); windows.len()];
        let mut outputs = Vec::new();
        for row in windows.lanes() {
            outputs.extend(row.output());
            for lane in row.taps() {
                for (output, &value) in lane.output().zip(&lane.input()) {
                    seen[output].push((lane.tap(), value));
                }
            }
        }
        prop_assert!(outputs.into_iter().eq(0..windows.len()));
        for (position, seen) in naive.positions().iter().zip(&seen) {
            let expected: Vec<(usize, usize)> = naive
                .window(&shown, position, NaiveBorder::Constant)
                .into_iter()
                .enumerate()
                .filter_map(|(tap, value)| value.map(|value| (tap, value)))
                .collect();
            prop_assert_eq!(seen, &expected);
        }
        // The fold keeps the order of taps, which this operation depends on.
        let step = |acc: usize, &x: &usize| acc.wrapping_mul(31).wrapping_add(x);
        let mut folded = vec![0; windows.len()];
        windows.reduce_into(&mut folded, 7, step).unwrap();
        let expected = windows.map(|window| window.iter().fold(7, step));
        prop_assert_eq!(folded, expected);
    }

    #[test]
    fn all_windows_are_one_array_or_say_why_not((strided, naive) in case()) {
        let (buffer, shown) = (strided.buffer(), strided.counting());
        let windows = view(&buffer, &strided).try_windows(specs(&naive)).unwrap();
        match windows.as_view() {
            Ok(all) => {
                let packed = naive.pack(&shown, NaiveBorder::Constant, usize::MAX);
                prop_assert_eq!(all.shape(), packed.shape());
                prop_assert_eq!(&all.to_vec(), packed.data());
            }
            Err(WindowError::Partial { axis, count, whole }) => {
                prop_assert_eq!(count, naive.counts()[axis]);
                prop_assert_eq!(whole, naive.axes()[axis].interior().len());
                prop_assert!(whole < count);
            }
            Err(error) => {
                let irregular = matches!(error, WindowError::Irregular { .. });
                prop_assert!(irregular && !windows.grid().is_regular());
            }
        }
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
