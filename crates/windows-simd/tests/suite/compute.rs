//! What is computed, element by element.

use proptest::prelude::*;
use windows_simd::{Arithmetic, Dot4, Extreme, MulAdd, Narrow, Widen};
use windows_testkit::strategy::cases;

use crate::sets::{Check, Drawn, Set, draw, elements, on_every_set, same};

struct Computed(u64);

impl Check for Computed {
    #[inline(always)]
    fn run<S: Set>(&self, simd: S) {
        let seed = self.0;
        extremes::<S, u8>(simd, seed);
        extremes::<S, i8>(simd, seed);
        extremes::<S, u16>(simd, seed);
        extremes::<S, i16>(simd, seed);
        extremes::<S, u32>(simd, seed);
        extremes::<S, i32>(simd, seed);
        extremes::<S, u64>(simd, seed);
        extremes::<S, i64>(simd, seed);
        extremes::<S, f32>(simd, seed);
        extremes::<S, f64>(simd, seed);
        arithmetic::<S, i32>(simd, seed, [i32::wrapping_add, i32::wrapping_sub, i32::wrapping_mul]);
        arithmetic::<S, f32>(simd, seed, [|a, b| a + b, |a, b| a - b, |a, b| a * b]);
        arithmetic::<S, f64>(simd, seed, [|a, b| a + b, |a, b| a - b, |a, b| a * b]);
        mul_add::<S, f32>(simd, seed, [|sum, a, b| sum + a * b, |sum, a, b| a.mul_add(b, sum)]);
        mul_add::<S, f64>(simd, seed, [|sum, a, b| sum + a * b, |sum, a, b| a.mul_add(b, sum)]);
        dots(simd, seed);
        sizes(simd, seed);
        converted(simd, seed);
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn computed(seed in any::<u64>()) {
        on_every_set(&Computed(seed));
    }
}

/// Of two elements.
fn each<E: Copy, F>(a: &[E], b: &[E], join: impl Fn(E, E) -> F) -> Vec<F> {
    a.iter().zip(b).map(|(&a, &b)| join(a, b)).collect()
}

#[inline(always)]
fn extremes<S: Extreme<E>, E: Drawn>(simd: S, seed: u64) {
    let width = S::width::<E>();
    let (a, b) = (draw::<E>(seed, width), draw::<E>(!seed, width));
    let (left, right) = (simd.read(&a), simd.read(&b));
    let got = elements(simd, simd.first_of_greatest(left, right));
    same(S::NAME, "greatest", &got, &each(&a, &b, |a, b| if b > a { b } else { a }));
    let got = elements(simd, simd.first_of_least(left, right));
    same(S::NAME, "least", &got, &each(&a, &b, |a, b| if b < a { b } else { a }));

    let nan = a.iter().chain(&b).any(|x| x.is_nan());
    let seen = simd.see_nan(left, right, simd.unseen());
    assert_eq!(simd.any([simd.unseen(), seen]), nan, "{}: {a:?} {b:?}", S::NAME);
}

#[inline(always)]
fn arithmetic<S: Arithmetic<E>, E: Drawn>(simd: S, seed: u64, right: [fn(E, E) -> E; 3]) {
    let width = S::width::<E>();
    let (a, b) = (finite::<E>(seed, width), finite::<E>(!seed, width));
    let (left, other) = (simd.read(&a), simd.read(&b));
    let got = [simd.add(left, other), simd.sub(left, other), simd.mul(left, other)];
    for (got, right) in got.into_iter().zip(right) {
        same(S::NAME, "arithmetic", &elements(simd, got), &each(&a, &b, right));
    }
}

/// What makes no NaN, whose bits are nobody's promise.
fn finite<E: Drawn>(seed: u64, len: usize) -> Vec<E> {
    let finite = |x: &E| !x.is_nan() && !matches!(format!("{x:?}").as_str(), "inf" | "-inf");
    draw::<E>(seed, 16 * len).into_iter().filter(finite).take(len).collect()
}

#[inline(always)]
fn mul_add<S: MulAdd<E>, E: Drawn>(simd: S, seed: u64, right: [fn(E, E, E) -> E; 2]) {
    let width = S::width::<E>();
    let [sum, a, b] = [0, 1, 2].map(|i| finite::<E>(seed ^ i << 32, width));
    let got = simd.mul_add(simd.read(&sum), simd.read(&a), simd.read(&b));
    let right = right[usize::from(S::FUSED)];
    let right: Vec<E> = (0..width).map(|i| right(sum[i], a[i], b[i])).collect();
    same(S::NAME, "mul_add", &elements(simd, got), &right);
}

#[inline(always)]
fn dots<S: Set>(simd: S, seed: u64) {
    let sum = draw::<i32>(seed, S::width::<i32>());
    let (a, b) = (draw::<i16>(seed, S::width::<i16>()), draw::<i16>(!seed, S::width::<i16>()));
    let got = simd.pairs_dot(simd.read(&sum), simd.read(&a), simd.read(&b));
    let right = dot(&sum, each(&a, &b, |a, b| i32::from(a) * i32::from(b)), 2);
    same(S::NAME, "pairs_dot", &elements(simd, got), &right);

    let b = draw::<i8>(!seed, S::width::<i8>());
    let unsigned = draw::<u8>(seed, S::width::<u8>());
    let got = Dot4::<u8>::dot4(simd, simd.read(&sum), simd.read(&unsigned), simd.read(&b));
    let products = unsigned.iter().zip(&b).map(|(&a, &b)| i32::from(a) * i32::from(b));
    same(S::NAME, "dot4 of u8", &elements(simd, got), &dot(&sum, products.collect(), 4));
    let signed = draw::<i8>(seed, S::width::<i8>());
    let got = Dot4::<i8>::dot4(simd, simd.read(&sum), simd.read(&signed), simd.read(&b));
    let right = dot(&sum, each(&signed, &b, |a, b| i32::from(a) * i32::from(b)), 4);
    same(S::NAME, "dot4 of i8", &elements(simd, got), &right);
}

/// Sums, and so many products each.
fn dot(sum: &[i32], products: Vec<i32>, count: usize) -> Vec<i32> {
    let groups = sum.iter().zip(products.chunks(count));
    groups.map(|(&sum, group)| group.iter().copied().fold(sum, i32::wrapping_add)).collect()
}

struct Greatest;

impl Check for Greatest {
    #[inline(always)]
    fn run<S: Set>(&self, simd: S) {
        let sum = vec![0; S::width::<i32>()];
        for (a, b) in [(255, -128), (255, 127), (0, -128)] {
            let (left, right) = (simd.splat(a), simd.splat(b));
            let got = Dot4::<u8>::dot4(simd, simd.read(&sum), left, right);
            let right = vec![4 * i32::from(a) * i32::from(b); sum.len()];
            same(S::NAME, "the greatest products of u8", &elements(simd, got), &right);
        }
        for (a, b) in [(-128, -128), (-128, 127), (127, -128)] {
            let (left, right) = (simd.splat(a), simd.splat(b));
            let got = Dot4::<i8>::dot4(simd, simd.read(&sum), left, right);
            let right = vec![4 * i32::from(a) * i32::from(b); sum.len()];
            same(S::NAME, "the greatest products of i8", &elements(simd, got), &right);
        }
        let least = simd.splat(i16::MIN);
        let got = simd.pairs_dot(simd.read(&sum), least, least);
        let right = vec![i32::MIN; sum.len()];
        same(S::NAME, "the pair that wraps", &elements(simd, got), &right);
    }
}

#[test]
fn the_greatest_products_neither_saturate_nor_overflow() {
    on_every_set(&Greatest);
}

#[inline(always)]
fn sizes<S: Set>(simd: S, seed: u64) {
    widened::<S, u8>(simd, seed, u16::from);
    widened::<S, i8>(simd, seed, i16::from);
    widened::<S, u16>(simd, seed, u32::from);
    widened::<S, i16>(simd, seed, i32::from);
    narrowed::<S, i16>(simd, seed, |x| x.clamp(-32768, 32767) as i16);
    narrowed::<S, u8>(simd, seed, |x| x.clamp(0, 255) as u8);
    narrowed::<S, i8>(simd, seed, |x| x.clamp(-128, 127) as i8);
}

#[inline(always)]
fn widened<S: Widen<E, Wide: Drawn>, E: Drawn>(simd: S, seed: u64, wide: fn(E) -> S::Wide) {
    let narrow = draw::<E>(seed, S::width::<E>());
    let [low, high] = simd.widen(simd.read(&narrow));
    let got = [elements(simd, low), elements(simd, high)].concat();
    same(S::NAME, "widen", &got, &narrow.into_iter().map(wide).collect::<Vec<_>>());
}

#[inline(always)]
fn narrowed<S: Narrow<E, Wide: Drawn>, E: Drawn>(simd: S, seed: u64, narrow: fn(S::Wide) -> E) {
    let mut wide = draw::<S::Wide>(seed, S::width::<E>());
    // Some that fit.
    wide[1] = S::Wide::default();
    let (low, high) = wide.split_at(S::width::<S::Wide>());
    let got = simd.narrow([simd.read(low), simd.read(high)]);
    let right: Vec<E> = wide.into_iter().map(narrow).collect();
    same(S::NAME, "narrow", &elements(simd, got), &right);
}

#[inline(always)]
fn converted<S: Set>(simd: S, seed: u64) {
    let width = S::width::<i32>();
    let integers = draw::<i32>(seed, width);
    let got = simd.to_f32(simd.read(&integers));
    let right: Vec<f32> = integers.iter().map(|&x| x as f32).collect();
    same(S::NAME, "to_f32", &elements(simd, got), &right);

    // Of halves, of large ones that are whole, and of small ones of either sign.
    let scale = [0.5, 0.25, 1.0, 1e-3][seed as usize % 4];
    let floats: Vec<f32> = integers.iter().map(|&x| (x >> (seed % 31)) as f32 * scale).collect();
    let floats: Vec<f32> = floats.into_iter().map(|x| if x < 2e9 { x } else { 0.5 }).collect();
    let got = simd.to_i32(simd.read(&floats));
    let right: Vec<i32> = floats.iter().map(|x| x.round_ties_even() as i32).collect();
    same(S::NAME, "to_i32", &elements(simd, got), &right);
}

struct Pairs;

impl Check for Pairs {
    #[inline(always)]
    fn run<S: Set>(&self, simd: S) {
        pairs::<S, f32>(simd, [-0.0, 0.0, f32::NAN, 1.0]);
        pairs::<S, f64>(simd, [-0.0, 0.0, f64::NAN, 1.0]);
        one_nan::<S, f32>(simd, f32::NAN);
        one_nan::<S, f64>(simd, f64::NAN);
    }
}

#[test]
fn ties_and_nan_leave_the_first() {
    on_every_set(&Pairs);
}

/// `(-0, +0)`, `(+0, -0)`, `(NaN, 1)`, `(1, NaN)`.
#[inline(always)]
fn pairs<S: Extreme<E>, E: Drawn>(simd: S, [minus, plus, nan, one]: [E; 4]) {
    for (a, b) in [(minus, plus), (plus, minus), (nan, one), (one, nan)] {
        let (left, right) = (simd.splat(a), simd.splat(b));
        let first = vec![a; S::width::<E>()];
        let got = simd.first_of_greatest(left, right);
        same(S::NAME, "greatest of a tie", &elements(simd, got), &first);
        let got = simd.first_of_least(left, right);
        same(S::NAME, "least of a tie", &elements(simd, got), &first);
    }
}

/// One NaN is found in whichever element it is.
#[inline(always)]
fn one_nan<S: Extreme<E>, E: Drawn>(simd: S, nan: E) {
    let width = S::width::<E>();
    for at in 0..width {
        let mut data = vec![E::default(); width];
        data[at] = nan;
        let (with, without) = (simd.read(&data), simd.splat(E::default()));
        for (a, b) in [(with, without), (without, with)] {
            let seen = simd.see_nan(a, b, simd.unseen());
            let later = simd.see_nan(without, without, seen);
            assert!(simd.any([seen]) && simd.any([later]), "{}, at {at}", S::NAME);
        }
    }
    let none = simd.splat(E::default());
    assert!(!simd.any([simd.see_nan(none, none, simd.unseen()); 3]), "{}", S::NAME);
}
