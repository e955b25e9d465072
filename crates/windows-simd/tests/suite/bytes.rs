//! Bytes looked up and looked for.

use proptest::prelude::*;
use windows_testkit::strategy::cases;

use crate::sets::{Check, Set, draw, elements, noise, on_every_set, same};

struct LookedUp(u64);

impl Check for LookedUp {
    #[inline(always)]
    fn run<S: Set>(&self, simd: S) {
        let (seed, width) = (self.0, S::BYTES);
        let (table, high) = (draw::<u8>(seed, width), draw::<u8>(!seed, width));
        // Below 16, or from 128 on.
        let numbers: Vec<u8> = (0..width).map(|at| noise(seed, at) as u8 & 0x8f).collect();
        let got = simd.bytes_at(simd.read(&table), simd.read(&numbers));
        let of = |table: &[u8], at: usize, number: u8| table[at / 16 * 16 + usize::from(number)];
        let right = (0..width).map(|at| match numbers[at] {
            number if number < 16 => of(&table, at, number),
            _ => 0,
        });
        same(S::NAME, "bytes_at", &elements(simd, got), &right.collect::<Vec<_>>());

        let bytes: Vec<u8> = (0..width).map(|at| noise(!seed, at) as u8).collect();
        let got = simd.classes(simd.read(&bytes), simd.read(&table), simd.read(&high));
        let right =
            (0..width).map(|at| of(&table, at, bytes[at] % 16) & of(&high, at, bytes[at] / 16));
        same(S::NAME, "classes", &elements(simd, got), &right.collect::<Vec<_>>());

        let equal = simd.equal(simd.read(&table), simd.read(&high));
        for at in 0..64 {
            let right = at < width && table[at] == high[at];
            assert_eq!(equal >> at & 1 == 1, right, "{}: byte {at}", S::NAME);
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn looked_up(seed in any::<u64>()) {
        on_every_set(&LookedUp(seed));
    }
}
