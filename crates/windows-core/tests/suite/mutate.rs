//! Mutable views: disjoint tiles, overlapping windows one at a time, cells.

use std::cell::Cell;

use proptest::prelude::*;
use windows_core::{DynViewMut, Edge, Grid, View, ViewMut, WindowError, WindowSpec};
use windows_testkit::array::indices;
use windows_testkit::border::Border as NaiveBorder;

use crate::support::specs;
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
