//! Moves of elements.

use proptest::prelude::*;
use windows_testkit::guard::both_ends;
use windows_testkit::strategy::cases;

use crate::sets::{Check, Drawn, Set, draw, each_element, elements, noise, on_every_set, same};

struct Moved(u64);

impl Check for Moved {
    #[inline(always)]
    fn run<S: Set>(&self, simd: S) {
        each_element!(between(simd, self.0));
        each_element!(turned(simd, self.0));
        cast(simd, self.0);
    }
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn moves(seed in any::<u64>()) {
        on_every_set(&Moved(seed));
    }
}

#[inline(always)]
fn between<S: Set, E: Drawn>(simd: S, seed: u64) {
    let width = S::width::<E>();
    let both = draw::<E>(seed, 2 * width);
    let (this, next) = (simd.read(&both), simd.read(&both[width..]));
    let mut by = 1;
    while by <= width / 2 {
        let got = simd.ahead(this, by, next);
        same(S::NAME, "ahead", &elements(simd, got), &both[by..][..width]);
        by *= 2;
    }
    let got = simd.behind(next, this);
    same(S::NAME, "behind", &elements(simd, got), &both[width - 1..][..width]);

    let (even, odd) = simd.part(this, next);
    let (even, odd) = (simd.in_order(even), simd.in_order(odd));
    let every = |first: usize| both[first..].iter().copied().step_by(2).collect::<Vec<_>>();
    same(S::NAME, "even", &elements(simd, even), &every(0));
    same(S::NAME, "odd", &elements(simd, odd), &every(1));
}

/// Some block of some rows and columns, of rows that are apart.
#[inline(always)]
fn turned<S: Set, E: Drawn>(simd: S, seed: u64) {
    let width = S::width::<E>();
    let some = |at: usize, most: usize| noise(seed, at) as usize % (most + 1);
    let whole = seed.is_multiple_of(3);
    let rows = if whole { width } else { some(0, width) };
    let columns = if whole { width } else { some(1, width) };
    let from_row = width + some(2, 3);
    let data = draw::<E>(seed, (rows.max(1) - 1) * from_row + width);
    let to_row = rows + some(3, 3);
    let out = draw::<E>(!seed, (columns.max(1) - 1) * to_row + rows);
    let mut right = out.clone();
    for column in 0..columns {
        for row in 0..rows {
            right[column * to_row + row] = data[row * from_row + column];
        }
    }
    for (data, mut out) in both_ends(&data).into_iter().zip(both_ends(&out)) {
        let (from, to) = (data.as_ptr(), out.as_mut_ptr());
        // SAFETY: both buffers end with the last element that is moved.
        unsafe { simd.transpose(from, from_row, rows, to, to_row as isize, columns) };
        same(S::NAME, "transposed", &out, &right);
    }
    // The rows of the output the other way round.
    if columns > 0 {
        let mut out = out.clone();
        let last = out.as_mut_ptr().wrapping_add((columns - 1) * to_row);
        // SAFETY: as above, from the last row to the first.
        unsafe {
            simd.transpose(data.as_ptr(), from_row, rows, last, -(to_row as isize), columns);
        }
        for column in 0..columns {
            let (got, right) = (&out[(columns - 1 - column) * to_row..], &right[column * to_row..]);
            same(S::NAME, "transposed upwards", &got[..rows], &right[..rows]);
        }
    }
}

#[inline(always)]
fn cast<S: Set>(simd: S, seed: u64) {
    let floats = draw::<f32>(seed, S::width::<f32>());
    let right: Vec<i32> = floats.iter().map(|float| float.to_bits() as i32).collect();
    let got = simd.cast::<f32, i32>(simd.read(&floats));
    same(S::NAME, "cast", &elements(simd, got), &right);
    let (a, b) = (draw::<u64>(seed, S::width::<u64>()), draw::<u64>(!seed, S::width::<u64>()));
    let (left, right) = (simd.read(&a), simd.read(&b));
    let each =
        |join: fn(u64, u64) -> u64| a.iter().zip(&b).map(|(&a, &b)| join(a, b)).collect::<Vec<_>>();
    same(S::NAME, "and", &elements(simd, simd.and(left, right)), &each(|a, b| a & b));
    same(S::NAME, "or", &elements(simd, simd.or(left, right)), &each(|a, b| a | b));
    same(S::NAME, "xor", &elements(simd, simd.xor(left, right)), &each(|a, b| a ^ b));
}
