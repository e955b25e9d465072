//! Mutable views: disjoint tiles, overlapping windows one at a time, cells.

use std::cell::Cell;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use windows_core::{DynViewMut, Edge, Grid, View, ViewMut, WindowError, WindowSpec};
use windows_testkit::array::indices;
use windows_testkit::border::Border as NaiveBorder;

use crate::specs::specs;
use crate::windows::case;

proptest! {
    #[test]
    fn mutable_views_write_what_views_read((strided, naive) in case()) {
        let mut buffer = strided.buffer();
        let shown = strided.counting();
        let distinct = {
            let mut seen = shown.data().to_vec();
            seen.sort_unstable();
            seen.dedup();
            seen.len() == shown.data().len()
        };
        let made = DynViewMut::strided(&mut buffer, strided.offset, &strided.shape, &strided.strides);
        let mut view = match made {
            Ok(view) => {
                prop_assert!(distinct);
                view
            }
            Err(error) => {
                let aliased = matches!(error, WindowError::Aliased { .. });
                prop_assert!(aliased && !distinct);
                return Ok(());
            }
        };
        // Every element once, in order, from both ends.
        let elements: Vec<usize> = view.iter_mut().map(|x| *x).collect();
        prop_assert_eq!(&elements, shown.data());
        let mut backwards: Vec<usize> = view.iter_mut().rev().map(|x| *x).collect();
        backwards.reverse();
        prop_assert_eq!(&backwards, shown.data());
        for index in indices(&strided.shape) {
            prop_assert_eq!(view.get(&index), Some(shown.get(&index)));
        }

        // Tiles: each real element of each window is written by that window alone, or it is an error.
        let grid = Grid::dynamic(&strided.shape, specs(&naive)).unwrap();
        match view.tiles_mut(specs(&naive)) {
            Ok(tiles) => {
                prop_assert!(grid.is_disjoint());
                prop_assert_eq!(tiles.len(), grid.len());
                // All alive at once.
                let mut tiles: Vec<_> = tiles.collect();
                for (tile, position) in tiles.iter_mut().zip(naive.positions()) {
                    let taps = naive.window(&shown, &position, NaiveBorder::Constant);
                    let real: Vec<usize> = taps.into_iter().flatten().collect();
                    prop_assert_eq!(tile.iter_mut().map(|x| *x).collect::<Vec<_>>(), real);
                }
                for (index, tile) in tiles.iter_mut().enumerate() {
                    tile.iter_mut().for_each(|x| *x = 1_000_000 + index);
                }
                drop(tiles);
                let owner = |index: &Vec<usize>| grid.covering(index).next();
                for index in indices(&strided.shape) {
                    let expected = match owner(&index) {
                        Some(position) => 1_000_000 + grid.index(position.as_ref()).unwrap(),
                        None => *shown.get(&index),
                    };
                    prop_assert_eq!(view.get(&index).copied(), Some(expected));
                }
            }
            Err(WindowError::Overlapping { axis, .. }) => {
                prop_assert!(!grid.axes()[axis].is_disjoint());
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
        // Outside the view nothing was touched.
        for (at, &value) in buffer.iter().enumerate() {
            prop_assert!(value == at || shown.data().contains(&at));
        }
    }

    #[test]
    fn windows_are_lent_one_at_a_time((strided, naive) in case()) {
        let shape = strided.shape.clone();
        let len = shape.iter().product();
        let mut counts = vec![0_usize; len];
        let mut seen = Vec::new();
        DynViewMut::new(&mut counts, &shape)
            .unwrap()
            .for_each_window_mut(specs(&naive), |position, mut window| {
                seen.push(position.to_vec());
                window.iter_mut().for_each(|count| *count += 1);
            })
            .unwrap();
        prop_assert_eq!(seen, naive.positions());
        let grid = Grid::dynamic(&shape, specs(&naive)).unwrap();
        for (index, count) in indices(&shape).iter().zip(&counts) {
            prop_assert_eq!(*count, grid.covering(index).count());
        }
    }
}

#[test]
fn parts_of_a_mutable_view_stay_its_own() {
    let mut data: Vec<i32> = (0..24).collect();
    let view = ViewMut::new(&mut data, [4, 6]).unwrap();
    let (left, right) = view.split_at(1, 2).unwrap();
    let (mut top, mut bottom) = right.reverse(0).unwrap().split_at(0, 1).unwrap();
    assert_eq!(
        (top.shape(), bottom.shape(), left.shape()),
        (&[1, 4][..], &[3, 4][..], &[4, 2][..])
    );
    assert_eq!(top[[0, 0]], 20);
    std::mem::swap(&mut top[[0, 0]], &mut bottom[[2, 3]]);
    let mut turned = left.permute([1, 0]).unwrap();
    turned[[1, 3]] = -1;
    let row = turned.slice(0, 0..1).unwrap();
    assert_eq!(row[[0, 3]], 18);
    assert_eq!((data[20], data[5], data[19]), (5, 20, -1));
}

#[test]
fn assigning_checks_the_shape() {
    let mut out = [0; 6];
    let source: Vec<i32> = (0..6).collect();
    let mut view = ViewMut::new(&mut out, [2, 3]).unwrap();
    let other = View::new(&source, [3, 2]).unwrap();
    assert_eq!(
        view.assign(&other).unwrap_err().to_string(),
        "source has length 3 on axis 0, but 2 is needed"
    );
    view.assign(&other.permute([1, 0]).unwrap()).unwrap();
    assert_eq!(out, [0, 2, 4, 1, 3, 5]);
}

#[test]
fn overlapping_tiles_are_an_error_and_cells_are_not() {
    let mut data = [1, 2, 3, 4];
    let error = ViewMut::new(&mut data, [4]).unwrap().tiles_mut([2]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "windows overlap on axis 0: each spans 2 elements, the step is 1"
    );
    let cells = Cell::from_mut(&mut data[..]).as_slice_of_cells();
    for pair in View::from_slice(cells).windows([2]).iter() {
        let pair = pair.view();
        pair[[1]].set(pair[[0]].get() + pair[[1]].get());
    }
    assert_eq!(data, [1, 3, 6, 10]);
    // Interleaved tiles share nothing: windows of every other element.
    let mut data = [0; 8];
    let mut view = ViewMut::new(&mut data, [8]).unwrap();
    let spec = WindowSpec::new([4]).dilation(2).edge(Edge::Drop);
    for (index, mut tile) in view.tiles_mut(spec).unwrap().enumerate() {
        tile.fill(index + 1);
    }
    assert_eq!(data, [1, 2, 1, 2, 1, 2, 1, 2]);
}

/// Jumps over an iterator that cannot be cloned, from either end; `$make` makes it again.
macro_rules! jumps {
    ($make:expr, $key:expr, $expected:expr) => {{
        let (expected, len) = (&$expected[..], $expected.len());
        for k in [0, 1, 2, len / 2, len.saturating_sub(1), len, len + 1, usize::MAX - 1, usize::MAX]
        {
            let mut it = $make;
            assert_eq!(it.nth(k).map($key), expected.get(k).copied());
            let rest = expected.get(k.saturating_add(1)..).unwrap_or(&[]);
            assert_eq!(it.len(), rest.len());
            assert!(it.map($key).eq(rest.iter().copied()));
            let mut it = $make;
            let kept = len.checked_sub(k).and_then(|left| left.checked_sub(1));
            assert_eq!(it.nth_back(k).map($key), kept.map(|at| expected[at]));
            assert_eq!(it.len(), kept.unwrap_or(0));
            assert!(it.map($key).eq(expected[..kept.unwrap_or(0)].iter().copied()));
            let mut it = $make;
            assert_eq!(it.nth(1).map($key), expected.get(1).copied());
            let rest = expected.get(2..).unwrap_or(&[]);
            let from_back = rest.len().checked_sub(k.saturating_add(1));
            assert_eq!(it.nth_back(k).map($key), from_back.map(|at| rest[at]));
        }
        assert_eq!($make.count(), len);
        assert_eq!($make.last().map($key), expected.last().copied());
    }};
}

#[test]
fn elements_and_tiles_to_write_are_jumped_over_from_both_ends() {
    for len in 0..=7_usize {
        let mut data: Vec<usize> = (0..len).collect();
        let expected: Vec<usize> = (0..len).rev().collect();
        let mut backwards = ViewMut::new(&mut data, [1, len]).unwrap().reverse(1).unwrap();
        jumps!(backwards.iter_mut(), |element: &mut usize| *element, expected);
        let expected: Vec<usize> = (0..len).step_by(2).collect();
        let pairs = WindowSpec::new([2]).step(2).edge(Edge::Keep);
        let mut view = ViewMut::new(&mut data, [len]).unwrap();
        jumps!(view.tiles_mut(pairs).unwrap(), |tile: ViewMut<'_, usize, 1>| tile[[0]], expected);
    }
}

#[test]
fn jumping_over_what_is_to_be_written_does_not_walk() {
    // Half of the bits of a length of elements that take no memory: walking them takes ten seconds at least.
    let len = 1_usize << (usize::BITS / 2 + 2);
    let mut nothing = vec![(); len];
    let mut view = ViewMut::new(&mut nothing, [len]).unwrap();
    let begin = Instant::now();
    let mut elements = view.iter_mut();
    assert!(elements.nth(len / 4).is_some() && elements.nth_back(len / 4).is_some());
    assert_eq!(elements.len(), len / 2 - 2);
    assert_eq!(view.iter_mut().count(), len);
    assert!(view.iter_mut().last().is_some());
    let mut tiles = view.tiles_mut(WindowSpec::new([2]).step(2)).unwrap();
    assert!(tiles.nth(len / 8).is_some() && tiles.nth_back(len / 8).is_some());
    assert_eq!(tiles.len(), len / 4 - 2);
    assert_eq!(view.tiles_mut(WindowSpec::new([2]).step(2)).unwrap().count(), len / 2);
    assert!(view.tiles_mut(WindowSpec::new([2]).step(2)).unwrap().last().is_some());
    assert!(begin.elapsed() < Duration::from_secs(2));
}
