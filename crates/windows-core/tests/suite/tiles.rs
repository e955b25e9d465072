//! Tiles with halo, and shards.

use proptest::prelude::*;
use windows_core::{
    Axis, AxisSpec, Border, Canvas, DynView, Grid, Halo, TileSink, TileSource, Tiles, View,
    WindowError, WindowSpec,
};
use windows_testkit::array::{NdArray, indices};
use windows_testkit::axis::{Edge, NaiveAxis};
use windows_testkit::border::{Border as NaiveBorder, border_index};
use windows_testkit::strategy::{border, shape};
use windows_testkit::windows::NaiveWindows;

use crate::{specs, support};

/// The sum of a box around each element, element by element.
fn box_sums(x: &NdArray<i64>, halo: &[(usize, usize)], border: NaiveBorder, fill: i64) -> Vec<i64> {
    let sizes: Vec<usize> = halo.iter().map(|(before, after)| before + 1 + after).collect();
    let around = |index: &Vec<usize>| -> i64 {
        let value = |tap: Vec<usize>| {
            let axis = |axis: usize| {
                let at = (index[axis] + tap[axis]) as i64 - halo[axis].0 as i64;
                border_index(at, x.shape()[axis], border)
            };
            let source: Option<Vec<usize>> = (0..tap.len()).map(axis).collect();
            source.map_or(fill, |source| *x.get(&source))
        };
        indices(&sizes).into_iter().map(value).sum()
    };
    indices(x.shape()).iter().map(around).collect()
}

proptest! {
    #[test]
    fn what_tiles_make_does_not_depend_on_their_size(
        shape in shape(0..=3, 0..=6),
        cores in prop::collection::vec(1..8_usize, 3),
        halos in prop::collection::vec((0..4_usize, 0..4_usize), 3),
        kind in border(),
    ) {
        let ndim = shape.len();
        let x = NdArray::from_fn(&shape, |index| {
            index.iter().fold(7, |hash, &at| (hash * 31 + at as i64 * 17) % 1009)
        });
        let expected = box_sums(&x, &halos[..ndim], kind, -3);
        let halo: Vec<Halo> =
            halos[..ndim].iter().map(|&(before, after)| Halo { before, after }).collect();
        let tiles = Tiles::<windows_core::Dyn>::over(&shape, &cores[..ndim], &halo).unwrap();
        let mut sums = vec![i64::MIN; x.data().len()];
        let sizes: Vec<usize> = halos[..ndim].iter().map(|(b, a)| b + 1 + a).collect();
        tiles
            .run(
                &mut DynView::new(x.data(), &shape).unwrap(),
                support::border(kind, -3),
                &mut Canvas::new(&mut sums, &shape).unwrap(),
                |tile, input: &[i64], output| {
                    let input = DynView::new(input, &tile.padded_shape()).unwrap();
                    let windows = input.windows(&sizes);
                    windows.map_into(output, |window| window.iter().sum()).unwrap();
                },
            )
            .unwrap();
        prop_assert_eq!(sums, expected);
    }

    #[test]
    fn shards_partition_the_windows_and_the_elements(
        naive in shape(1..=3, 1..=7).prop_flat_map(|shape| {
            let axis = |len| (1..4_usize, 1..4_usize, 0..6_usize).prop_map(move |(size, step, edge)| {
                NaiveAxis::new(len, size, step).edge(Edge::ALL[edge])
            });
            shape.into_iter().map(axis).collect::<Vec<_>>()
        }).prop_map(NaiveWindows::new),
        workers in 1..12_usize,
    ) {
        let grid = Grid::dynamic(&naive.shape(), specs::specs(&naive)).unwrap();
        let mut windows = vec![0; grid.len()];
        let mut owners = vec![0; naive.shape().iter().product()];
        let shape = naive.shape();
        let flat = |lens: &[usize], at: &[usize]| lens.iter().zip(at).fold(0, |f, (l, a)| f * l + a);
        let counts = naive.counts();
        let mut idle = 0;
        for worker in 0..workers {
            let shard = grid.shard(worker, workers).unwrap();
            idle += usize::from(shard.is_empty());
            let mut len = 0;
            for position in naive.positions() {
                if position.iter().zip(shard.positions()).all(|(at, range)| range.contains(at)) {
                    windows[flat(&counts, &position)] += 1;
                    len += 1;
                    // What its windows touch is read.
                    for source in naive.sources(&position, NaiveBorder::Constant).into_iter().flatten() {
                        let read = source.iter().zip(shard.read()).all(|(at, range)| range.contains(at));
                        prop_assert!(read);
                    }
                }
            }
            prop_assert_eq!(len, shard.len());
            for index in indices(&shape) {
                if index.iter().zip(shard.core()).all(|(at, range)| range.contains(at)) {
                    owners[flat(&shape, &index)] += 1;
                    prop_assert!(index.iter().zip(shard.read()).all(|(at, range)| range.contains(at)));
                }
            }
        }
        prop_assert!(windows.iter().all(|&times| times == 1), "{windows:?}");
        // No worker is idle while there is a window for it.
        prop_assert_eq!(idle, workers.saturating_sub(grid.len()));
        for (index, owners) in indices(&shape).iter().zip(owners) {
            let axes = naive.axes().iter().zip(index);
            let spanned = axes.clone().all(|(axis, &at)| !axis.covering(at).is_empty());
            prop_assert!(owners == 1 || owners == 0 && !spanned, "{index:?} has {owners} owners");
        }
        prop_assert!(grid.shard(workers, workers).is_none());
    }
}

#[test]
fn cores_are_in_their_windows_and_disjoint() {
    // An interpreter sees the smallest.
    let (lengths, most) = if cfg!(miri) { (5, 3) } else { (12, 6) };
    for len in 0..lengths {
        for (size, step) in (1..most).flat_map(|size| (1..=most).map(move |step| (size, step))) {
            for edge in Edge::ALL {
                let naive = NaiveAxis::new(len, size, step).edge(edge);
                let axis = Axis::new(len, AxisSpec::new(size).step(step).edge(specs::edge(edge)));
                let axis = axis.unwrap();
                let mut owners = vec![0; len];
                for position in 0..axis.count() {
                    let (core, region) = (axis.core(position), axis.region(position));
                    assert!(region.start <= core.start && core.end <= region.end);
                    core.for_each(|element| owners[element] += 1);
                }
                for (element, owners) in owners.into_iter().enumerate() {
                    let covered = !naive.covering(element).is_empty();
                    assert_eq!(owners, usize::from(covered), "{naive:?} element {element}");
                }
            }
        }
    }
}

#[test]
fn sources_and_sinks_check_their_regions() {
    let data = [1_u8, 2, 3, 4, 5, 6];
    let mut view = View::new(&data, [2, 3]).unwrap();
    let mut out = [0; 2];
    view.read(&[0..2, 2..3], &mut out).unwrap();
    assert_eq!(out, [3, 6]);
    let outside = WindowError::RangeOutside { axis: 1, start: 2, end: 4, len: 3 };
    assert_eq!(view.read(&[0..1, 2..4], &mut out), Err(outside));
    assert!(view.read(&[0..1, 0..1], &mut out).is_err());
    let rows = 0..2;
    assert_eq!(
        view.read(std::slice::from_ref(&rows), &mut out),
        Err(WindowError::Rank { what: "region", got: 1, expected: 2 })
    );
    let mut target = [0_u8; 6];
    let mut canvas = Canvas::new(&mut target, &[2, 3]).unwrap();
    assert_eq!(canvas.write(&[0..1, 2..4], &out), Err(outside));
    assert!(canvas.write(&[0..1, 0..3], &out).is_err());
    canvas.write(&[0..0, 0..3], &[]).unwrap();
    canvas.write(&[0..2, 2..3], &out).unwrap();
    assert_eq!(target, [0, 0, 3, 0, 0, 6]);
    assert!(Canvas::new(&mut target, &[2, 2]).is_err());
}

#[test]
fn a_failing_source_stops_the_run() {
    let tiles = Tiles::new([8], [4], Halo::default()).unwrap();
    let mut written = 0;
    let mut source = |region: &[std::ops::Range<usize>], _: &mut [u8]| {
        if region[0].start == 4 { Err("no such block") } else { Ok(()) }
    };
    let mut sink = |_: &[std::ops::Range<usize>], data: &[u8]| {
        written += data.len();
        Ok(())
    };
    let result = tiles.run(&mut source, Border::Replicate, &mut sink, |_, _, _| {});
    assert_eq!((result, written), (Err("no such block"), 4));
    let huge = Halo { before: usize::MAX, after: 1 };
    assert!(Tiles::new([8], [4], huge).is_err());
    // Each axis by itself fits, a tile does not.
    let wide = Halo::from(1 << (usize::BITS / 2));
    let error = Tiles::new([8, 8], [4, 4], wide).unwrap_err();
    assert!(matches!(error, WindowError::ProductOverflow { axis: 1, .. }), "{error}");
    let grid = Grid::new([8], WindowSpec::new([4]).step(4)).unwrap();
    assert!(grid.shard(0, 0).is_none());
}
