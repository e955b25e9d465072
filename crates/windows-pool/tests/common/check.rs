//! Every kind of pooling against the oracle, on every path; from random cases and from the fuzzer's.

use windows_core::DynView;
use windows_pool::{
    Average, Kind, Lp, Max, Median, Min, Nan, Pool, PoolError, Quantile, Sum, WindowError,
};

use super::{Case, PATHS, Sample, extreme};

/// Results on every path.
fn results<T: Sample, K: Kind<T>>(case: &Case, kind: K, nan: Nan) -> Vec<(String, Vec<K::Out>)> {
    let (data, offset, strides) = case.memory::<T>();
    let view = DynView::strided(&data, offset, &case.shape(), &strides).unwrap();
    let paths = PATHS.iter().filter(|path| path.is_none_or(|isa| isa.is_available()));
    paths
        .filter_map(|path| {
            let pool = Pool::new(kind.clone(), case.spec()).behind(case.behind.len()).nan(nan);
            let pool = match path {
                Some(isa) => pool.isa(*isa),
                None => pool.scalar(),
            };
            match pool.plan_layout(view.layout(), case.border::<T>()) {
                Ok(plan) => {
                    let mut scratch = plan.scratch();
                    let mut out = vec![K::Out::default(); plan.output_len()];
                    // Whatever scratch holds, and whatever was computed before.
                    for _ in 0..2 {
                        plan.run_with(&view, &mut out, &mut scratch).unwrap();
                    }
                    assert_eq!(plan.output_shape(), case.naive().counts());
                    Some((format!("{} {kind:?} {nan:?}", plan.kernel()), out))
                }
                Err(PoolError::Window(WindowError::EmptyBorder { .. })) if case.is_impossible() => {
                    None
                }
                Err(error) => panic!("{error}"),
            }
        })
        .collect()
}

pub(crate) fn check_extremes<T: Sample>(case: &Case, least: T, greatest: T) {
    let windows = case.windows::<T>();
    for nan in [Nan::Propagate, Nan::Ignore] {
        let max = |w: &[T]| extreme(w, nan, |a, b| a > b, least).bits();
        let min = |w: &[T]| extreme(w, nan, |a, b| a < b, greatest).bits();
        let bits = |out: Vec<T>| out.into_iter().map(T::bits).collect::<Vec<_>>();
        let expected: Vec<u64> = windows.iter().map(|(w, _)| max(w)).collect();
        for (path, out) in results::<T, _>(case, Max, nan) {
            assert_eq!(bits(out), expected, "{path}");
        }
        let expected: Vec<u64> = windows.iter().map(|(w, _)| min(w)).collect();
        for (path, out) in results::<T, _>(case, Min, nan) {
            assert_eq!(bits(out), expected, "{path}");
        }
    }
}

pub(crate) fn check_ranks<T: Sample>(case: &Case) {
    let windows = case.windows::<T>();
    for nan in [Nan::Propagate, Nan::Ignore] {
        let quantile = f64::from(case.seed % 11) / 10.0;
        let of = |window: &[T], rank: &dyn Fn(usize) -> usize| {
            if nan == Nan::Propagate
                && let Some(nan) = window.iter().find(|value| value.nan())
            {
                return Some(*nan);
            }
            let mut sorted: Vec<T> = window.iter().copied().filter(|value| !value.nan()).collect();
            sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
            (!sorted.is_empty()).then(|| sorted[rank(sorted.len())])
        };
        let nearest = |len: usize| ((quantile * len as f64).ceil() as usize).max(1) - 1;
        for (path, out) in results::<T, _>(case, Median, nan) {
            for (out, (window, _)) in out.iter().zip(&windows) {
                same_element(*out, of(window, &|len| len / 2), &path);
            }
        }
        for (path, out) in results::<T, _>(case, Quantile::new(quantile), nan) {
            for (out, (window, _)) in out.iter().zip(&windows) {
                same_element(*out, of(window, &nearest), &path);
            }
        }
    }
}

/// NaN of floats is that of the type, and 0 of integers.
fn compare<T: Sample>(got: T, expected: f64, bound: f64, path: &str) {
    let is_float = T::sample(0, false).nan();
    let same = if expected.is_nan() {
        if is_float { got.bits() == T::own_nan() } else { got.f64() == 0.0 }
    } else {
        got.f64() == expected || (got.f64() - expected).abs() <= bound
    };
    assert!(same, "{got:?}, expected {expected} within {bound}: {path}");
}

/// An element of a window, the first NaN with its bits, or what is of nothing.
fn same_element<T: Sample>(got: T, expected: Option<T>, path: &str) {
    match expected {
        Some(expected) if expected.nan() => assert_eq!(got.bits(), expected.bits(), "{path}"),
        Some(expected) => compare(got, expected.f64(), 0.0, path),
        None => compare(got, f64::NAN, 0.0, path),
    }
}

fn averages(padding: bool) -> Average {
    if padding { Average::new().count_padding() } else { Average::new() }
}

pub(crate) fn check_sums<T: Sample>(case: &Case)
where
    T::Sum: Sample,
    T::Real: Sample,
{
    let is_float = T::sample(0, false).nan();
    let windows = case.windows::<T>();
    for nan in [Nan::Propagate, Nan::Ignore] {
        let real = |w: &[T]| -> Vec<T> {
            w.iter().copied().filter(|v| nan == Nan::Propagate || !v.nan()).collect()
        };
        // Sums of nothing are 0, not -0.
        let sum = |w: &[T]| real(w).iter().fold(0.0, |sum, v| sum + v.f64());
        let magnitude = |w: &[T]| real(w).iter().map(|v| v.f64().abs()).sum::<f64>();
        let whole = |w: &[T]| w.iter().map(|v| v.i128()).sum::<i128>();
        let unit = if size_of::<T>() == 4 { f64::from(f32::EPSILON) } else { f64::EPSILON };
        for (path, out) in results::<T, _>(case, Sum, nan) {
            for (out, (window, _)) in out.iter().zip(&windows) {
                if is_float {
                    let bound = unit * magnitude(window) * (window.len() + 1) as f64;
                    compare(*out, sum(window), bound, &path);
                } else {
                    // All low bits, whatever the sign.
                    assert_eq!(out.bits(), whole(window) as u64, "{path}");
                }
            }
        }
        for padding in [false, true] {
            let count = |w: &[T], padded: usize| {
                if padding { padded - (w.len() - real(w).len()) } else { real(w).len() }
            };
            for (path, out) in results::<T, _>(case, averages(padding), nan) {
                for (out, (window, padded)) in out.iter().zip(&windows) {
                    let count = count(window, *padded);
                    if is_float {
                        let scale = magnitude(window) / count as f64;
                        // One rounding of the result, and of f64 sums one each.
                        let steps = (window.len() + 1) as f64;
                        let mean = sum(window) / count as f64;
                        let rounding = mean.abs() * unit + steps * f64::EPSILON * scale;
                        compare(*out, mean, rounding, &path);
                    } else {
                        assert_eq!(out.i128(), half_even(whole(window), count as i128), "{path}");
                    }
                }
            }
            for (path, out) in results::<T, _>(case, averages(padding).real(), nan) {
                for (out, (window, padded)) in out.iter().zip(&windows) {
                    let count = count(window, *padded) as f64;
                    let sum = if is_float { sum(window) } else { whole(window) as f64 };
                    let steps = (window.len() + 2) as f64;
                    let nothing = count == 0.0;
                    let expected = if nothing { f64::NAN } else { sum / count };
                    let bound =
                        expected.abs() * unit + steps * f64::EPSILON * magnitude(window) / count;
                    compare(*out, expected, bound, &path);
                }
            }
        }
    }
}

/// By trying.
fn half_even(sum: i128, count: i128) -> i128 {
    if count == 0 {
        return 0;
    }
    let near = sum / count;
    let distance = |q: &i128| ((q * count - sum).abs(), (q & 1).abs());
    (near - 1..=near + 1).min_by_key(distance).unwrap()
}

pub(crate) fn check_norms<T: Sample>(case: &Case)
where
    T::Real: Sample,
{
    let windows = case.windows::<T>();
    for exponent in [1.0, 2.0, 3.0, 0.5] {
        for nan in [Nan::Propagate, Nan::Ignore] {
            for (path, out) in results::<T, _>(case, Lp::new(exponent), nan) {
                for (out, (window, _)) in out.iter().zip(&windows) {
                    let real = window.iter().filter(|v| nan == Nan::Propagate || !v.nan());
                    let powers = real.map(|v| v.f64().abs().powf(exponent)).fold(0.0, |a, b| a + b);
                    let expected = powers.powf(1.0 / exponent);
                    compare(*out, expected, expected.abs() * 4e-7 + 1e-30, &path);
                }
            }
        }
    }
}

/// Windows `i L / n` rounded down to `(i + 1) L / n` rounded up, of one or two axes with lengths and counts.
pub(crate) fn check_adaptive(axes: &[(usize, usize)], seed: u32) {
    let shape: Vec<usize> = axes.iter().map(|&(len, _)| len).collect();
    let counts: Vec<usize> = axes.iter().map(|&(_, count)| count).collect();
    let len = shape.iter().product();
    let data: Vec<f32> = (0..len).map(|at| f32::sample(super::random(seed, at), false)).collect();
    let view = DynView::new(&data, &shape).unwrap();
    let mut windows: Vec<Vec<f32>> = Vec::new();
    let ((rows, down), (columns, along)) =
        if axes.len() == 2 { (axes[0], axes[1]) } else { ((1, 1), axes[0]) };
    let share =
        |len: usize, count: usize, i: usize| i * len / count..((i + 1) * len).div_ceil(count);
    for i in 0..down {
        for j in 0..along {
            let of =
                share(rows, down, i).flat_map(|y| share(columns, along, j).map(move |x| (y, x)));
            windows.push(of.map(|(y, x)| data[y * columns + x]).collect());
        }
    }
    for path in PATHS.iter().filter(|path| path.is_none_or(|isa| isa.is_available())) {
        let max = Pool::adaptive(Max, &counts);
        let sum = Pool::adaptive(Sum, &counts);
        let (max, sum) = match path {
            Some(isa) => (max.isa(*isa), sum.isa(*isa)),
            None => (max.scalar(), sum.scalar()),
        };
        let results = max.run(&view).unwrap().into_iter().zip(sum.run(&view).unwrap());
        for ((greatest, sum), window) in results.zip(&windows) {
            let expected = extreme(window, Nan::Propagate, |a, b| a > b, f32::NEG_INFINITY);
            assert_eq!(greatest.to_bits(), expected.to_bits(), "{path:?} {axes:?}");
            let total: f64 = window.iter().map(|&value| f64::from(value)).sum();
            let magnitude: f64 = window.iter().map(|&value| f64::from(value).abs()).sum();
            compare(sum, total, magnitude * 1e-6, &format!("{path:?} {axes:?}"));
        }
    }
}
