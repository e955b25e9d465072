//! Loads and stores: whole ones, parts, and parts whose pointer lies outside of the data, beside pages that must not
//! be touched.

use proptest::prelude::*;
use windows_simd::WideElement;
use windows_testkit::guard::{Guarded, both_ends};
use windows_testkit::strategy::cases;

use crate::sets::{Check, Drawn, Set, draw, each_element, elements, on_every_set, same};

struct Memory(u64);

impl Check for Memory {
    #[inline(always)]
    fn run<S: Set>(&self, simd: S) {
        each_element!(whole(simd, self.0));
        each_element!(masked(simd, self.0));
        every_second::<_, u32>(simd, self.0);
        every_second::<_, i32>(simd, self.0);
        every_second::<_, f32>(simd, self.0);
        every_second::<_, u64>(simd, self.0);
        every_second::<_, i64>(simd, self.0);
        every_second::<_, f64>(simd, self.0);
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn loads_and_stores(seed in any::<u64>()) {
        on_every_set(&Memory(seed));
    }
}

#[inline(always)]
fn whole<S: Set, E: Drawn>(simd: S, seed: u64) {
    let width = S::width::<E>();
    assert_eq!(width * size_of::<E>(), S::BYTES);
    for data in both_ends(&draw::<E>(seed, width)) {
        // SAFETY: the buffer is a register long.
        let vector = unsafe { simd.load(data.as_ptr()) };
        same(S::NAME, "load", &elements(simd, vector), &data);
        for mut out in both_ends(&vec![E::default(); width]) {
            // SAFETY: as above.
            unsafe { simd.store(out.as_mut_ptr(), vector) };
            same(S::NAME, "store", &out, &data);
        }
        same(S::NAME, "splat", &elements(simd, simd.splat(data[0])), &vec![data[0]; width]);
        same(S::NAME, "read", &elements(simd, simd.read(&data)), &data);
    }
    // A multiple of the bytes of any register.
    let mut out = vec![E::default(); 3 * width];
    let first = out.as_ptr().align_offset(S::BYTES);
    let data = draw::<E>(seed, width);
    // SAFETY: there are two registers of elements from an aligned one on.
    unsafe { simd.store_streaming(out.as_mut_ptr().add(first), simd.read(&data)) };
    simd.fence();
    same(S::NAME, "streaming store", &out[first..][..width], &data);
    simd.prefetch(data.as_ptr().wrapping_add(1 << 30));
}

/// The elements of a mask lie at the end or at the start of a guarded buffer of a register.
#[inline(always)]
fn masked<S: Set, E: Drawn>(simd: S, seed: u64) {
    let width = S::width::<E>();
    let data = draw::<E>(seed, width);
    let [at_end, at_start] = both_ends(&data);
    let others = draw::<E>(!seed, width);
    let [mut out_end, mut out_start] = both_ends(&others);
    let vector = simd.read(&data);
    for first in 0..=width {
        for len in 0..=width - first {
            for (buffer, out, start) in
                [(&at_end, &mut out_end, width - len), (&at_start, &mut out_start, 0)]
            {
                let mask = simd.mask::<E>(first, len);
                let from = buffer.as_ptr().wrapping_add(start).wrapping_sub(first);
                let mut zeros = vec![E::default(); width];
                zeros[first..first + len].copy_from_slice(&buffer[start..start + len]);
                let mut merged = others.clone();
                merged[first..first + len].copy_from_slice(&buffer[start..start + len]);
                // SAFETY: the elements of the mask lie in the buffer.
                let (plain, or) = unsafe {
                    let other = simd.read(&others);
                    (simd.load_masked(from, mask), simd.load_masked_or(from, mask, other))
                };
                same(S::NAME, "load_masked", &elements(simd, plain), &zeros);
                same(S::NAME, "load_masked_or", &elements(simd, or), &merged);

                out.copy_from_slice(&others);
                let to = out.as_mut_ptr().wrapping_add(start).wrapping_sub(first);
                // SAFETY: the elements of the mask lie in the buffer.
                unsafe { simd.store_masked(to, mask, vector) };
                let mut stored = others.clone();
                stored[start..start + len].copy_from_slice(&data[first..first + len]);
                same(S::NAME, "store_masked", out, &stored);
            }
        }
        // What is first: as many elements as a slice has.
        let [part, _] = both_ends(&data[..first]);
        let mut right = vec![E::default(); width];
        right[..first].copy_from_slice(&data[..first]);
        same(S::NAME, "read_part", &elements(simd, simd.read_part(&part)), &right);
        let mut part = Guarded::at_end(&others[..first]);
        simd.write_part(&mut part, vector);
        same(S::NAME, "write_part", &part, &data[..first]);
    }
    // Beyond a register a mask is cut.
    let mask = simd.mask::<E>(0, usize::MAX);
    // SAFETY: a register is readable.
    let all = unsafe { simd.load_masked(at_end.as_ptr(), mask) };
    same(S::NAME, "a mask cut to a register", &elements(simd, all), &data);
    let none = simd.mask::<E>(width + 1, 5);
    // SAFETY: no element is in the mask.
    let nothing = unsafe { simd.load_masked(std::ptr::null::<E>(), none) };
    same(S::NAME, "a mask outside", &elements(simd, nothing), &vec![E::default(); width]);
}

#[inline(always)]
fn every_second<S: Set, E: Drawn + WideElement>(simd: S, seed: u64) {
    let width = S::width::<E>();
    for first in 0..=width {
        for len in 0..=width - first {
            // Nothing behind the last one.
            let data = draw::<E>(seed, (2 * len).max(1) - 1);
            for data in both_ends(&data) {
                let mask = simd.second::<E>(first, len);
                let from = data.as_ptr().wrapping_sub(2 * first);
                // SAFETY: the elements of the mask lie in the buffer.
                let got = unsafe { simd.load_every_second(from, mask) };
                let mut right = vec![E::default(); width];
                for i in 0..len {
                    right[first + i] = data[2 * i];
                }
                same(S::NAME, "every second", &elements(simd, got), &right);
            }
        }
    }
}

#[cfg(panic = "unwind")]
mod short {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use crate::sets::{Check, Set, elements, on_every_set};

    struct Short;

    impl Check for Short {
        #[inline(always)]
        fn run<S: Set>(&self, simd: S) {
            let short = vec![0_u8; S::BYTES - 1];
            let result = catch_unwind(AssertUnwindSafe(|| elements(simd, simd.read(&short))));
            assert!(result.is_err(), "{}: a slice too short was read", S::NAME);
            let result = catch_unwind(AssertUnwindSafe(|| {
                simd.write(&mut short.clone(), simd.splat(0));
            }));
            assert!(result.is_err(), "{}: a slice too short was written", S::NAME);
        }
    }

    #[test]
    fn whole_registers_ask_for_whole_slices() {
        on_every_set(&Short);
    }
}
