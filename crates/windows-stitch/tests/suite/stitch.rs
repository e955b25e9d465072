//! Stitching against plain lists of what every tile says about every element.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::select;
use windows_core::{Canvas, Dyn, Edge, Extent, Grid, View, WindowError, WindowSpec};
use windows_stitch::{
    Reduce, Scale, Stitch, StitchError, StitchSpec, Stitcher, StitcherError, Taper,
};
use windows_testkit::array::indices;
use windows_testkit::axis::NaiveAxis;
use windows_testkit::strategy::{shape, windows_over};
use windows_testkit::windows::NaiveWindows;

use crate::stitched::{self, grid, mean, noise, said};

/// Solid tiles over shapes of rank 0 to 4, of all worlds of [`windows_over`]: overlapping, with gaps, in padding or
/// over the edge for the most part, far longer than the data.
fn tiles() -> impl Strategy<Value = NaiveWindows> {
    shape(0..=4, 0..=6)
        .prop_flat_map(windows_over)
        .prop_map(|naive| {
            NaiveWindows::new(naive.axes().iter().map(|axis| axis.clone().dilation(1)).collect())
        })
        .prop_filter("small enough", |naive| {
            naive.counts().iter().chain(&naive.sizes()).product::<usize>() < 30_000
        })
}

/// Tiles under which every element is.
fn covering() -> impl Strategy<Value = NaiveWindows> {
    tiles().prop_filter("covering", |naive| {
        naive.axes().iter().all(|axis| (0..axis.len).all(|x| !axis.covering(x).is_empty()))
    })
}

fn taper() -> impl Strategy<Value = Taper> {
    let all = [Taper::Constant, Taper::Linear, Taper::Hann, Taper::GAUSSIAN];
    select(all.to_vec())
}

proptest! {
    #[test]
    fn means_agree_with_lists(naive in covering(), taper in taper(), seed in any::<u32>()) {
        stitched::means(&naive, &taper, seed);
    }

    #[test]
    fn what_tiles_agree_on_comes_back_to_the_bit(
        naive in covering(), taper in taper(), seed in any::<u32>(),
    ) {
        stitched::comes_back(&naive, &taper, seed);
    }

    #[test]
    fn integers_round_halves_up_exactly(naive in covering(), seed in any::<u32>()) {
        stitched::integers(&naive, seed);
    }

    #[test]
    fn picks_agree_with_lists(naive in covering(), seed in any::<u32>()) {
        stitched::picks(&naive, seed);
    }

    #[test]
    fn what_is_not_a_number_has_bits_of_its_own(naive in covering(), seed in any::<u32>()) {
        stitched::nans(&naive, seed);
    }

    #[test]
    fn gaps_are_counted_and_refused(naive in tiles()) {
        let grid = grid(&naive);
        let none = vec![0_u8; grid.packed_len().unwrap()];
        let lists = said(&naive, &none, &Taper::Constant);
        let first = lists.iter().position(Vec::is_empty);
        let count = lists.iter().filter(|said| said.is_empty()).count();
        match (Stitch::new(&grid, StitchSpec::new().taper(Taper::Hann)), first) {
            (Ok(_), None) => {}
            (Err(error), Some(first)) => {
                prop_assert_eq!(error, StitchError::Uncovered { first, count });
            }
            (result, first) => prop_assert!(false, "{result:?} {first:?}"),
        }
        // Declared, they are filled.
        let stitch = Stitch::new(&grid, StitchSpec::new().gaps()).unwrap();
        let filled: Vec<u8> =
            lists.iter().map(|said| if said.is_empty() { 9 } else { 0 }).collect();
        let mut out = Vec::new();
        let mut stitcher = stitch.stitcher_filled(collect(&mut out), 9);
        for (index, tile) in none.chunks_exact(stitch.tile_len().max(1)).enumerate() {
            stitcher.add(index, tile).unwrap();
        }
        drop(stitcher.finish().unwrap());
        prop_assert_eq!(out, filled);
    }

    #[test]
    fn any_order_of_arrival_gives_the_bits_of_the_whole(
        (naive, order) in covering().prop_flat_map(|naive| {
            let count = naive.counts().iter().product();
            (Just(naive), Just((0..count).collect::<Vec<usize>>()).prop_shuffle())
        }),
        taper in taper(),
        seed in any::<u32>(),
    ) {
        let grid = grid(&naive);
        let stitch = Stitch::new(&grid, StitchSpec::new().taper(taper)).unwrap();
        let tiles: Vec<f32> = noise(grid.packed_len().unwrap(), seed)
            .iter()
            .map(|&x| x as f32 / 1e9)
            .collect();
        let whole = stitch.run(&tiles).unwrap();
        let mut streamed = Vec::new();
        let mut stitcher = stitch.stitcher(collect(&mut streamed));
        for &index in &order {
            stitcher.add(index, &tiles[index * stitch.tile_len()..][..stitch.tile_len()]).unwrap();
        }
        drop(stitcher.finish().unwrap());
        prop_assert_eq!(bits(&streamed), bits(&whole));
        let mut out = vec![f32::NAN; whole.len()];
        let mut stitcher = stitch.stitcher_into(&mut out).unwrap();
        for &index in &order {
            stitcher.add(index, &tiles[index * stitch.tile_len()..][..stitch.tile_len()]).unwrap();
        }
        drop(stitcher.finish().unwrap());
        prop_assert_eq!(bits(&out), bits(&whole));
        #[cfg(feature = "rayon")]
        {
            let mut out = vec![f32::NAN; whole.len()];
            stitch.par_run_into(&tiles, &mut out).unwrap();
            prop_assert_eq!(bits(&out), bits(&whole));
        }
    }

    #[test]
    fn a_buffer_holds_what_a_sink_would_get(naive in covering(), reduce in reduce(), seed in any::<u32>()) {
        let grid = grid(&naive);
        let stitch = Stitch::new(&grid, StitchSpec::new().reduce(reduce)).unwrap();
        let tiles: Vec<u8> =
            noise(grid.packed_len().unwrap(), seed).iter().map(|&x| (x % 5) as u8).collect();
        let whole = stitch.run(&tiles).unwrap();
        let mut out = vec![77; whole.len()];
        let mut stitcher = stitch.stitcher_into(&mut out).unwrap();
        for (index, tile) in tiles.chunks_exact(stitch.tile_len().max(1)).enumerate().rev() {
            stitcher.add(index, tile).unwrap();
        }
        drop(stitcher.finish().unwrap());
        prop_assert_eq!(out, whole);
        let mut long = vec![0_u8; stitch.output_len() + 1];
        prop_assert!(stitch.stitcher_into(&mut long).is_err());
    }

    #[test]
    fn missing_tiles_are_errors_unless_declared(
        naive in covering(), taper in taper(), pick in any::<prop::sample::Index>(), seed in any::<u32>(),
    ) {
        let grid = grid(&naive);
        prop_assume!(!grid.is_empty());
        let missing = pick.index(grid.len());
        let tiles: Vec<f64> =
            noise(grid.packed_len().unwrap(), seed).iter().map(|&x| f64::from(x)).collect();
        let lists = said(&naive, &tiles, &taper);
        let spec = StitchSpec::new().taper(taper.clone());

        let stitch = Stitch::new(&grid, spec.clone()).unwrap();
        let mut out = Vec::new();
        let mut stitcher = stitch.stitcher(collect(&mut out));
        for index in (0..grid.len()).filter(|&index| index != missing) {
            stitcher.add(index, &tiles[index * stitch.tile_len()..][..stitch.tile_len()]).unwrap();
        }
        let touched: Vec<usize> = (0..lists.len())
            .filter(|&at| lists[at].iter().any(|said| said.0 == missing))
            .collect();
        match (stitcher.finish(), touched.first()) {
            (Ok(_), None) => {}
            (Err(StitcherError::Stitch(error)), Some(&first)) => {
                prop_assert_eq!(error, StitchError::Uncovered { first, count: touched.len() });
            }
            (result, _) => prop_assert!(false, "{:?}", result.map(|_| ())),
        }

        let stitch = Stitch::new(&grid, spec.gaps()).unwrap();
        let mut out = Vec::new();
        let mut stitcher = stitch.stitcher_filled(collect(&mut out), -1.0);
        stitcher.skip(missing).unwrap();
        for index in (0..grid.len()).filter(|&index| index != missing) {
            stitcher.add(index, &tiles[index * stitch.tile_len()..][..stitch.tile_len()]).unwrap();
        }
        drop(stitcher.finish().unwrap());
        for (out, said) in out.iter().zip(&lists) {
            let rest: Vec<_> = said.iter().filter(|said| said.0 != missing).copied().collect();
            let expected = if rest.is_empty() { -1.0 } else { mean(&rest) };
            prop_assert!((out - expected).abs() < 1e-5, "{out} {expected}");
        }
    }

    #[test]
    fn scaled_tiles_stitch_like_scaled_data(
        axes in prop::collection::vec((1..7_usize, 1..4_usize, 1..4_usize), 1..=3),
        up in 1..4_usize,
        snap in any::<bool>(),
    ) {
        // A model that repeats every element `up` times along every axis.
        let (shape, sizes): (Vec<usize>, Vec<usize>) =
            axes.iter().map(|&(len, size, _)| (len, size)).unzip();
        let steps: Vec<usize> = axes.iter().map(|&(_, size, step)| step.min(size)).collect();
        let edge = if snap { Edge::Snap } else { Edge::Keep };
        let grid = Grid::dynamic(&shape, WindowSpec::new(&sizes).step(&steps).edge(edge)).unwrap();
        let spec = StitchSpec::new().taper(Taper::Linear).scale(Scale::up(up));
        let stitch = Stitch::new(&grid, spec).unwrap();
        let large: Vec<usize> = shape.iter().map(|len| len * up).collect();
        prop_assert_eq!(stitch.shape(), &large);
        let value = |index: &[usize]| {
            index.iter().zip(&shape).fold(0, |flat, (at, len)| flat * len + at / up) as f32
        };
        let mut tiles = Vec::new();
        for position in grid.positions() {
            let origin = grid.origin(&position);
            for tap in indices(stitch.tile_shape()) {
                let element: Vec<usize> = tap
                    .iter()
                    .zip(origin.iter())
                    .map(|(tap, &start)| (start * up as isize) as usize + tap)
                    .collect();
                tiles.push(value(&element));
            }
        }
        let expected: Vec<f32> = indices(&large).iter().map(|index| value(index)).collect();
        prop_assert_eq!(stitch.run(&tiles).unwrap(), expected);
    }
}

/// A sink that appends: slabs must come in order, and be whole rows.
fn reduce() -> impl Strategy<Value = Reduce> {
    use Reduce::{Crop, First, Last, Max, Mean, Min, Vote};
    select(vec![Mean, Crop, Max, Min, First, Last, Vote])
}

fn collect<T: Copy>(
    out: &mut Vec<T>,
) -> impl FnMut(&[Range<usize>], &[T]) -> Result<(), WindowError> {
    let mut rows = 0;
    move |region, slab| {
        if let Some((first, rest)) = region.split_first() {
            assert_eq!(first.start, rows);
            assert!(rest.iter().all(|range| range.start == 0));
            rows = first.end;
        }
        out.extend_from_slice(slab);
        Ok(())
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// 1-D tiles 0..4, 3..7, 6..10.
fn three() -> Grid<Dyn> {
    Grid::dynamic([10], WindowSpec::new([4]).step(3)).unwrap()
}

#[test]
fn crop_gives_each_element_to_the_tile_that_owns_it() {
    let stitch = Stitch::new(&three(), StitchSpec::new().reduce(Reduce::Crop)).unwrap();
    let tiles = [1_u8, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3];
    assert_eq!(stitch.run(&tiles).unwrap(), [1, 1, 1, 2, 2, 2, 3, 3, 3, 3]);
}

#[test]
fn channels_ride_along() {
    // The same values, once as three channels that tiles take whole and once as three images.
    let pixels: Vec<f32> = (0..9 * 8 * 3).map(|x| (x * x % 101) as f32).collect();
    let spec = WindowSpec::of([Extent::Size(4), Extent::Size(4), Extent::Whole])
        .step([3, 3, 1])
        .edge(Edge::Snap);
    let grid = Grid::new([9, 8, 3], spec).unwrap();
    let stitch = Stitch::new(&grid, StitchSpec::new().taper(Taper::Hann)).unwrap();
    // Tiles that disagree: each is its part of the image plus its own number.
    let view = View::new(&pixels, [9, 8, 3]).unwrap();
    let mut tiles = view.windows(grid.spec()).pack().unwrap();
    for (number, tile) in tiles.chunks_exact_mut(48).enumerate() {
        tile.iter_mut().for_each(|x| *x += number as f32);
    }
    let out = stitch.run(&tiles).unwrap();
    let grid = Grid::new([9, 8], WindowSpec::new([4, 4]).step(3).edge(Edge::Snap)).unwrap();
    let planar = Stitch::new(&grid, StitchSpec::new().taper(Taper::Hann)).unwrap();
    for channel in 0..3 {
        let plane: Vec<f32> = tiles.iter().skip(channel).step_by(3).copied().collect();
        let expected = planar.run(&plane).unwrap();
        let got: Vec<f32> = out.iter().skip(channel).step_by(3).copied().collect();
        assert_eq!(got, expected, "channel {channel}");
    }
}

#[test]
fn misuse_is_refused_and_loses_nothing() {
    let grid = three();
    let stitch = Stitch::new(&grid, StitchSpec::new()).unwrap();
    let mut out = [0; 10];
    let mut stitcher: Stitcher<'_, i32, _> =
        stitch.stitcher(Canvas::new(&mut out, &[10]).unwrap()).waiting(1);
    let error = |result: Result<(), StitcherError<WindowError>>| match result {
        Err(StitcherError::Stitch(error)) => error,
        other => panic!("{other:?}"),
    };
    let unexpected = |index| StitchError::UnexpectedTile { index, count: 3 };
    stitcher.add(1, &[2; 4]).unwrap();
    assert_eq!(
        error(stitcher.add(2, &[3; 4])),
        StitchError::TooEarly { index: 2, next: 0, limit: 1 }
    );
    assert_eq!(error(stitcher.add(1, &[2; 4])), unexpected(1));
    assert_eq!(error(stitcher.add(3, &[2; 4])), unexpected(3));
    let short = WindowError::Length { what: "tile", expected: 4, got: 3 };
    assert_eq!(error(stitcher.add(0, &[1; 3])), short.into());
    assert_eq!(error(stitcher.skip(0)), StitchError::Uncovered { first: 0, count: 4 });
    stitcher.add(0, &[1; 4]).unwrap();
    assert_eq!(stitcher.next_tile(), Some(2));
    assert_eq!(error(stitcher.add(0, &[1; 4])), unexpected(0));
    stitcher.add(2, &[3; 4]).unwrap();
    assert_eq!(stitcher.next_tile(), None);
    stitcher.finish().unwrap();
    assert_eq!(out, [1, 1, 1, 2, 2, 2, 3, 3, 3, 3]);
}

#[test]
fn a_sink_that_fails_is_offered_the_same_rows_again() {
    let grid = three();
    let stitch = Stitch::new(&grid, StitchSpec::new().reduce(Reduce::First)).unwrap();
    let (mut out, mut failures) = (Vec::new(), 0);
    let sink = |_: &[Range<usize>], slab: &[u8]| {
        failures += 1;
        if failures % 2 == 1 {
            return Err("disk full");
        }
        out.extend_from_slice(slab);
        Ok(())
    };
    let mut stitcher = stitch.stitcher(sink);
    stitcher.add(0, &[1; 4]).unwrap();
    assert_eq!(stitcher.add(1, &[2; 4]), Err(StitcherError::Sink("disk full")));
    // Tile 1 is taken; the rows come again with the next one, whose own rows fail.
    assert_eq!(stitcher.add(2, &[3; 4]), Err(StitcherError::Sink("disk full")));
    stitcher.finish().map(|_| ()).unwrap_err();
    assert_eq!(out, [1, 1, 1, 1, 2, 2]);
}

#[test]
fn plans_that_cannot_be_are_refused() {
    let dilated = Grid::new([9], WindowSpec::new([3]).dilation(2)).unwrap();
    let error = Stitch::new(&dilated, StitchSpec::new()).unwrap_err();
    assert_eq!(error, StitchError::Dilated { axis: 0, dilation: 2 });
    let custom = StitchSpec::new().taper_on(0, Taper::custom(&[1.0, 2.0, f64::NAN, 1.0]));
    let error = Stitch::new(&three(), custom).unwrap_err();
    assert_eq!(error, StitchError::BadWeight { axis: 0, index: 2 });
    let custom = StitchSpec::new().taper(Taper::custom(&[1.0]));
    let error = Stitch::new(&three(), custom).unwrap_err();
    assert_eq!(error, WindowError::Shape { what: "taper", axis: 0, expected: 4, got: 1 }.into());
    let error = Stitch::new(&three(), StitchSpec::new().scale_on(1, Scale::SAME)).unwrap_err();
    assert_eq!(error, WindowError::NoSuchAxis { axis: 1, ndim: 1 }.into());
    let error = Stitch::new(&three(), StitchSpec::new().scale(Scale::down(2))).unwrap_err();
    assert_eq!(error, StitchError::Scale { axis: 0, length: 3, up: 1, down: 2 });
    let huge = Scale::up(usize::MAX / 2);
    assert!(Stitch::new(&three(), StitchSpec::new().scale(huge)).is_err());
    let narrow = StitchSpec::new().taper(Taper::Gaussian { sigma: 1e-3 });
    let error = Stitch::new(&three(), narrow).unwrap_err();
    assert_eq!(error, StitchError::BadWeight { axis: 0, index: 0 });
}

#[test]
fn a_long_axis_needs_one_row_of_tiles() {
    let spec = WindowSpec::new([64, 32]).step([48, 32]).edge(Edge::Snap);
    let len = if cfg!(miri) { 1000 } else { 1_000_000 };
    let grid = Grid::new([len, 32], spec).unwrap();
    let stitch = Stitch::new(&grid, StitchSpec::new().taper(Taper::Hann)).unwrap();
    assert_eq!(stitch.band_len(), 64 * 32);
}

/// Tiles of a balanced grid that overlap the one before by 3 and by 2 in turn: under a constant taper the
/// sums of weights do not tell them apart.
#[test]
fn neighbours_with_equal_sums_of_weights_keep_their_own() {
    for len in if cfg!(miri) { 17..19 } else { 10..40 } {
        for (size, step) in [(5, 3), (7, 4), (6, 4)] {
            let axis = NaiveAxis::new(len, size, step).edge(windows_testkit::axis::Edge::Balance);
            stitched::means(&NaiveWindows::new(vec![axis.clone()]), &Taper::Constant, len as u32);
            let columns = NaiveAxis::new(3, 2, 1);
            stitched::means(&NaiveWindows::new(vec![axis, columns]), &Taper::Constant, len as u32);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "an interpreter refuses memory by stopping")]
fn more_memory_than_there_is_is_an_error() {
    const MOST: usize = isize::MAX as usize;
    let refused =
        |error: &StitchError| matches!(error, StitchError::Window(WindowError::Memory { .. }));
    let grid = Grid::new([MOST / 2], WindowSpec::new([1]).step(MOST / 2)).unwrap();
    assert!(refused(&Stitch::new(&grid, StitchSpec::new().gaps()).unwrap_err()));
    let whole = Grid::new([MOST / 2], WindowSpec::of([Extent::Whole])).unwrap();
    assert!(refused(&Stitch::new(&whole, StitchSpec::new()).unwrap_err()));
}
