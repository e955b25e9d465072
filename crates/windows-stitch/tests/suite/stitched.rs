//! Stitching as plain lists of what every tile says about every element, and the library against them.

use windows_core::{Dyn, DynView, Grid};
use windows_stitch::{Reduce, Stitch, StitchSpec, Taper};
use windows_testkit::array::indices;
use windows_testkit::border::Border;
use windows_testkit::windows::NaiveWindows;

use super::specs::specs;

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

pub(crate) fn said<T: Copy>(naive: &NaiveWindows, tiles: &[T], taper: &Taper) -> Said<T> {
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

pub(crate) fn grid(naive: &NaiveWindows) -> Grid<Dyn> {
    Grid::dynamic(&naive.shape(), specs(naive)).unwrap()
}

pub(crate) fn noise(len: usize, seed: u32) -> Vec<u32> {
    let mut state = u64::from(seed) | 1;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    (0..len).map(|_| next()).collect()
}

pub(crate) fn mean(said: &[(usize, f64, f64)]) -> f64 {
    let total: f64 = said.iter().map(|said| said.2).sum();
    said.iter().map(|said| said.1 * said.2).sum::<f64>() / total
}

fn vote(said: &[(usize, u32, f64)]) -> u32 {
    let votes = |value| said.iter().filter(|said| said.1 == value).count();
    let most = said.iter().map(|said| votes(said.1)).max().unwrap();
    said.iter().find(|said| votes(said.1) == most).unwrap().1
}

/// Weighted means, in both precisions.
pub(crate) fn means(naive: &NaiveWindows, taper: &Taper, seed: u32) {
    let grid = grid(naive);
    let stitch = Stitch::new(&grid, StitchSpec::new().taper(taper.clone())).unwrap();
    let len = grid.packed_len().unwrap();
    let tiles: Vec<f64> = noise(len, seed).iter().map(|&x| f64::from(x) - 1e9).collect();
    let out = stitch.run(&tiles).unwrap();
    for (out, said) in out.iter().zip(said(naive, &tiles, taper)) {
        assert!((out - mean(&said)).abs() < 1e-5, "{out} {said:?}");
    }
    // In single precision: of values up to 1, the last two bits.
    let tiles: Vec<f32> = tiles.iter().map(|x| (x / 1.2e9) as f32).collect();
    let out = stitch.run(&tiles).unwrap();
    let wide: Vec<f64> = tiles.iter().copied().map(f64::from).collect();
    for (out, said) in out.iter().zip(said(naive, &wide, taper)) {
        assert!((f64::from(*out) - mean(&said)).abs() < 1e-6, "{out} {said:?}");
    }
}

/// What all tiles say is what comes out, to the bit, whatever the element and the rule.
pub(crate) fn comes_back(naive: &NaiveWindows, taper: &Taper, seed: u32) {
    let grid = grid(naive);
    let spec = StitchSpec::new().taper(taper.clone());
    let len = naive.shape().iter().product();
    let wide = noise(len, seed);
    macro_rules! comes_back {
        ($($element:ty: $convert:expr),*) => { $(
            let x: Vec<$element> = wide.iter().map(|&x: &u32| $convert(x)).collect();
            let view = DynView::new(&x, &naive.shape()).unwrap();
            let tiles = view.windows(specs(naive));
            let tiles = tiles.with_border(windows_core::Border::Constant(<$element>::MAX)).unwrap();
            for reduce in [Reduce::Mean, Reduce::Crop, Reduce::Max, Reduce::Min, Reduce::First,
                Reduce::Last, Reduce::Vote]
            {
                let stitch = Stitch::new(&grid, spec.clone().reduce(reduce)).unwrap();
                assert_eq!(&stitch.run(&tiles.pack()).unwrap(), &x, "{:?}", reduce);
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

/// Means of integers, halves rounded up.
pub(crate) fn integers(naive: &NaiveWindows, seed: u32) {
    let grid = grid(naive);
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
            for (out, said) in out.iter().zip(said(naive, &list, &Taper::Constant)) {
                assert_eq!(i64::from(*out), exact(&said));
            }
        )* };
    }
    rounds!(u8, i8, u16, i16, u32, i32);
}

/// The rules that pick one of the values.
pub(crate) fn picks(naive: &NaiveWindows, seed: u32) {
    let grid = grid(naive);
    let tiles: Vec<u32> = noise(grid.packed_len().unwrap(), seed).iter().map(|x| x % 5).collect();
    let lists = said(naive, &tiles, &Taper::Constant);
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

/// Numbers that are none, of which several meet in an element: the greatest and the least are the first of them, with its
/// bits.
pub(crate) fn nans(naive: &NaiveWindows, seed: u32) {
    let grid = grid(naive);
    let value = |x: &u32| match x % 8 {
        0 => f32::from_bits(0x7fc0_0001 + (x >> 8)),
        1 => f32::from_bits(0xff80_0001 + (x >> 10)),
        2 => f32::INFINITY,
        3 => f32::NEG_INFINITY,
        4 => -0.0,
        _ => (x >> 3) as f32,
    };
    let tiles: Vec<f32> = noise(grid.packed_len().unwrap(), seed).iter().map(value).collect();
    let lists = said(naive, &tiles, &Taper::Constant);
    let run = |reduce| {
        let stitch = Stitch::new(&grid, StitchSpec::new().reduce(reduce)).unwrap();
        stitch.run(&tiles).unwrap()
    };
    for (reduce, other) in
        [(Reduce::Max, std::cmp::Ordering::Greater), (Reduce::Min, std::cmp::Ordering::Less)]
    {
        for (out, said) in run(reduce).iter().zip(&lists) {
            let nan = said.iter().map(|said| said.1).find(|x| x.is_nan());
            let best = || {
                let values = said.iter().map(|said| said.1);
                values.reduce(|a, b| if b.partial_cmp(&a) == Some(other) { b } else { a }).unwrap()
            };
            assert_eq!(out.to_bits(), nan.unwrap_or_else(best).to_bits(), "{reduce:?} {said:?}");
        }
    }
}
