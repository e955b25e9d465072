//! Stitching against plain lists of what every tile says about every element.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::select;
use windows_core::{
    Canvas, Dyn, Edge, Extent, Grid, Reduce, Scale, Stitch, StitchError, StitchSpec, Stitcher,
    Taper, View, WindowError, WindowSpec,
};
use windows_testkit::array::indices;
use windows_testkit::axis::NaiveAxis;
use windows_testkit::border::Border;
use windows_testkit::strategy::{axis_over, shape};
use windows_testkit::windows::NaiveWindows;

use crate::support::specs;

/// Solid tiles over shapes of rank 0 to 4.
fn tiles() -> impl Strategy<Value = NaiveWindows> {
    shape(0..=4, 0..=6)
        .prop_flat_map(|shape| shape.into_iter().map(axis_over).collect::<Vec<_>>())
        .prop_map(|axes: Vec<NaiveAxis>| {
            NaiveWindows::new(axes.into_iter().map(|axis| axis.dilation(1)).collect())
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

/// The weight of a tap from the formula in words.
fn weight(taper: &Taper, tap: usize, size: usize) -> f64 {
    let u = (tap as f64 + 0.5) / size as f64;
    match taper {
        Taper::Linear => 2.0 * u.min(1.0 - u),
        Taper::Hann => 0.5 - 0.5 * (2.0 * std::f64::consts::PI * u).cos(),
        Taper::Gaussian { sigma } => (-(u - 0.5) * (u - 0.5) / (2.0 * sigma * sigma)).exp(),
        Taper::Custom(weights) => weights[tap],
        _ => 1.0,
    }
}

/// What is said about each element: by which tile, which value, with which weight; in tile order.
type Said<T> = Vec<Vec<(usize, T, f64)>>;

fn said<T: Copy>(naive: &NaiveWindows, tiles: &[T], taper: &Taper) -> Said<T> {
    let shape = naive.shape();
    let mut said = vec![Vec::new(); shape.iter().product()];
    let sizes = naive.sizes();
    let taps = indices(&sizes);
    for (number, position) in naive.positions().iter().enumerate() {
        for (tap, source) in naive.sources(position, Border::Constant).into_iter().enumerate() {
            let Some(element) = source else { continue };
            let flat = shape.iter().zip(&element).fold(0, |flat, (len, at)| flat * len + at);
            let both = taps[tap].iter().zip(&sizes);
            let weight = both.map(|(&tap, &size)| weight(taper, tap, size)).product();
            said[flat].push((number, tiles[number * taps.len() + tap], weight));
        }
    }
    said
}

fn grid(naive: &NaiveWindows) -> Grid<Dyn> {
    Grid::dynamic(&naive.shape(), specs(naive)).unwrap()
}

fn noise(len: usize, seed: u32) -> Vec<u32> {
    let mut state = u64::from(seed) | 1;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    (0..len).map(|_| next()).collect()
}

fn mean(said: &[(usize, f64, f64)]) -> f64 {
    let total: f64 = said.iter().map(|said| said.2).sum();
    said.iter().map(|said| said.1 * said.2).sum::<f64>() / total
}

fn vote(said: &[(usize, u32, f64)]) -> u32 {
    let votes = |value| said.iter().filter(|said| said.1 == value).count();
    let most = said.iter().map(|said| votes(said.1)).max().unwrap();
    said.iter().find(|said| votes(said.1) == most).unwrap().1
}

proptest! {
    #[test]
    fn means_agree_with_lists(naive in covering(), taper in taper(), seed in any::<u32>()) {
        let grid = grid(&naive);
        let stitch = Stitch::new(&grid, StitchSpec::new().taper(taper.clone())).unwrap();
        let len = grid.packed_len().unwrap();
        let tiles: Vec<f64> = noise(len, seed).iter().map(|&x| f64::from(x) - 1e9).collect();
        let out = stitch.run(&tiles).unwrap();
        for (out, said) in out.iter().zip(said(&naive, &tiles, &taper)) {
            prop_assert!((out - mean(&said)).abs() < 1e-5, "{out} {said:?}");
        }
        // In single precision: of values up to 1, the last two bits.
        let tiles: Vec<f32> = tiles.iter().map(|x| (x / 1.2e9) as f32).collect();
        let out = stitch.run(&tiles).unwrap();
        let wide: Vec<f64> = tiles.iter().copied().map(f64::from).collect();
        for (out, said) in out.iter().zip(said(&naive, &wide, &taper)) {
            prop_assert!((f64::from(*out) - mean(&said)).abs() < 1e-6, "{out} {said:?}");
        }
    }

    #[test]
    fn what_tiles_agree_on_comes_back_to_the_bit(
        naive in covering(), taper in taper(), seed in any::<u32>(),
    ) {
        let grid = grid(&naive);
        let spec = StitchSpec::new().taper(taper);
        let len = naive.shape().iter().product();
        let wide = noise(len, seed);
        macro_rules! comes_back {
            ($($element:ty: $convert:expr),*) => { $(
                let x: Vec<$element> = wide.iter().map(|&x: &u32| $convert(x)).collect();
                let view = windows_core::DynView::new(&x, &naive.shape()).unwrap();
                let tiles = view.windows(specs(&naive));
                let tiles = tiles.with_border(windows_core::Border::Constant(<$element>::MAX)).unwrap();
                for reduce in [Reduce::Mean, Reduce::Crop, Reduce::Max, Reduce::Min, Reduce::First,
                    Reduce::Last, Reduce::Vote]
                {
                    let stitch = Stitch::new(&grid, spec.clone().reduce(reduce)).unwrap();
                    prop_assert_eq!(&stitch.run(&tiles.pack()).unwrap(), &x, "{:?}", reduce);
                }
            )* };
        }
        comes_back!(
            f32: |x| f32::from_bits(x >> 1).min(f32::MAX),
            f64: |x| f64::from(x).sqrt() * 1e100,
            u8: |x| x as u8, i8: |x| x as i8, u16: |x| x as u16, i16: |x| x as i16,
            u32: |x: u32| x.wrapping_mul(2_654_435_769), i32: |x: u32| x.wrapping_mul(2_654_435_769) as i32
        );
    }

    #[test]
    fn integers_round_halves_up_exactly(naive in covering(), seed in any::<u32>()) {
        let grid = grid(&naive);
        let stitch = Stitch::new(&grid, StitchSpec::new()).unwrap();
        let len = grid.packed_len().unwrap();
        let wide = noise(len, seed);
        let exact = |said: &[(usize, i64, f64)]| {
            let (n, sum) = (said.len() as i64, said.iter().map(|said| said.1).sum::<i64>());
            (2 * sum + n).div_euclid(2 * n)
        };
        macro_rules! rounds {
            ($($element:ty),*) => { $(
                let tiles: Vec<$element> =
                    wide.iter().map(|&x| x.wrapping_mul(2_654_435_769) as $element).collect();
                let list: Vec<i64> = tiles.iter().map(|&x| i64::from(x)).collect();
                let out = stitch.run(&tiles).unwrap();
                for (out, said) in out.iter().zip(said(&naive, &list, &Taper::Constant)) {
                    prop_assert_eq!(i64::from(*out), exact(&said));
                }
            )* };
        }
        rounds!(u8, i8, u16, i16, u32, i32);
    }

    #[test]
    fn picks_agree_with_lists(naive in covering(), seed in any::<u32>()) {
        let grid = grid(&naive);
        let tiles: Vec<u32> =
            noise(grid.packed_len().unwrap(), seed).iter().map(|x| x % 5).collect();
        let lists = said(&naive, &tiles, &Taper::Constant);
        let value = |said: &(usize, u32, f64)| said.1;
        type Rule<'r> = &'r dyn Fn(&[(usize, u32, f64)]) -> u32;
        let agree = |reduce, expected: Rule<'_>| {
            let stitch = Stitch::new(&grid, StitchSpec::new().reduce(reduce)).unwrap();
            let out = stitch.run(&tiles).unwrap();
            let expected: Vec<u32> = lists.iter().map(|said| expected(said)).collect();
            assert_eq!(out, expected, "{reduce:?}");
        };
        agree(Reduce::Max, &|said| said.iter().map(value).max().unwrap());
        agree(Reduce::Min, &|said| said.iter().map(value).min().unwrap());
        agree(Reduce::First, &|said| value(&said[0]));
        agree(Reduce::Last, &|said| value(said.last().unwrap()));
        agree(Reduce::Vote, &vote);
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
                prop_assert_eq!(error, WindowError::Uncovered { first, count });
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
        #[cfg(feature = "rayon")]
        {
            let mut out = vec![f32::NAN; whole.len()];
            stitch.par_run_into(&tiles, &mut out).unwrap();
            prop_assert_eq!(bits(&out), bits(&whole));
        }
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
            (Err(StitchError::Window(error)), Some(&first)) => {
                prop_assert_eq!(error, WindowError::Uncovered { first, count: touched.len() });
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
    let error = |result: Result<(), StitchError<WindowError>>| match result {
        Err(StitchError::Window(error)) => error,
        other => panic!("{other:?}"),
    };
    let unexpected = |index| WindowError::UnexpectedTile { index, count: 3 };
    stitcher.add(1, &[2; 4]).unwrap();
    assert_eq!(
        error(stitcher.add(2, &[3; 4])),
        WindowError::TooEarly { index: 2, next: 0, limit: 1 }
    );
    assert_eq!(error(stitcher.add(1, &[2; 4])), unexpected(1));
    assert_eq!(error(stitcher.add(3, &[2; 4])), unexpected(3));
    let short = WindowError::Length { what: "tile", expected: 4, got: 3 };
    assert_eq!(error(stitcher.add(0, &[1; 3])), short);
    assert_eq!(error(stitcher.skip(0)), WindowError::Uncovered { first: 0, count: 4 });
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
    assert_eq!(stitcher.add(1, &[2; 4]), Err(StitchError::Sink("disk full")));
    // Tile 1 is taken; the rows come again with the next one, whose own rows fail.
    assert_eq!(stitcher.add(2, &[3; 4]), Err(StitchError::Sink("disk full")));
    stitcher.finish().map(|_| ()).unwrap_err();
    assert_eq!(out, [1, 1, 1, 1, 2, 2]);
}

#[test]
fn plans_that_cannot_be_are_refused() {
    let dilated = Grid::new([9], WindowSpec::new([3]).dilation(2)).unwrap();
    let error = Stitch::new(&dilated, StitchSpec::new()).unwrap_err();
    assert_eq!(error, WindowError::Dilated { axis: 0, dilation: 2 });
    let custom = StitchSpec::new().taper_on(0, Taper::custom(&[1.0, 2.0, f64::NAN, 1.0]));
    let error = Stitch::new(&three(), custom).unwrap_err();
    assert_eq!(error, WindowError::BadWeight { axis: 0, index: 2 });
    let custom = StitchSpec::new().taper(Taper::custom(&[1.0]));
    let error = Stitch::new(&three(), custom).unwrap_err();
    assert_eq!(error, WindowError::Shape { what: "taper", axis: 0, expected: 4, got: 1 });
    let error = Stitch::new(&three(), StitchSpec::new().scale_on(1, Scale::SAME)).unwrap_err();
    assert_eq!(error, WindowError::NoSuchAxis { axis: 1, ndim: 1 });
    let error = Stitch::new(&three(), StitchSpec::new().scale(Scale::down(2))).unwrap_err();
    assert_eq!(error, WindowError::Scale { axis: 0, length: 3, up: 1, down: 2 });
    let huge = Scale::up(usize::MAX / 2);
    assert!(Stitch::new(&three(), StitchSpec::new().scale(huge)).is_err());
    let narrow = StitchSpec::new().taper(Taper::Gaussian { sigma: 1e-3 });
    let error = Stitch::new(&three(), narrow).unwrap_err();
    assert_eq!(error, WindowError::BadWeight { axis: 0, index: 0 });
}

#[test]
fn a_long_axis_needs_one_row_of_tiles() {
    let spec = WindowSpec::new([64, 32]).step([48, 32]).edge(Edge::Snap);
    let grid = Grid::new([1_000_000, 32], spec).unwrap();
    let stitch = Stitch::new(&grid, StitchSpec::new().taper(Taper::Hann)).unwrap();
    assert_eq!(stitch.band_len(), 64 * 32);
}
