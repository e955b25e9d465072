//! Kernels on whole vectors, which take rows longer than those of the oracle's arrays: every path against
//! the definition, between pages without access.

use proptest::prelude::*;
use windows_core::DynView;
use windows_pool::{Average, Element, Isa, Kind, Lp, Max, Min, Pool, Sum, WindowSpec};
use windows_testkit::guard::both_ends;
use windows_testkit::strategy::cases;

/// Planes, and windows over their rows and columns; or rows and columns of pixels.
#[derive(Clone, Debug)]
struct Case {
    shape: [usize; 3],
    pixels: bool,
    size: [usize; 2],
    step: [usize; 2],
    dilation: [usize; 2],
    before: [usize; 2],
    after: [usize; 2],
    seed: u64,
}

/// Worlds: planes and pixels whose rows fill vectors, or nearly; windows high or wide, also wider than the row; steps,
/// dilations and padding of a few elements, now and then of more than the plane.
fn case() -> impl Strategy<Value = Case> {
    // Windows high or wide, not both: the definition takes its time.
    let size = prop_oneof![
        3 => [1..4_usize, 1..6_usize],
        1 => [4..20_usize, 1..4_usize],
        1 => [1..3_usize, 6..140_usize],
    ];
    let step = || prop_oneof![3 => Just(1_usize), 3 => Just(2), 1 => 3..5_usize];
    let step = || prop_oneof![20 => step(), 1 => 5..300_usize];
    let dilation = || prop_oneof![10 => Just(1_usize), 2 => 2..4_usize, 1 => 4..90_usize];
    let padding =
        || prop_oneof![4 => Just(0_usize), 6 => Just(1), 4 => 2..9_usize, 1 => 9..150_usize];
    let shape = (1..14_usize, 1..30_usize, prop_oneof![2 => 16..70_usize, 2 => 70..200_usize]);
    let pairs = (step(), step(), dilation(), dilation());
    let paddings = (padding(), padding(), padding(), padding());
    let pixels = prop_oneof![3 => Just(false), 1 => Just(true)];
    let drawn = (shape, pixels, size, pairs, paddings, any::<u64>());
    drawn.prop_map(|(shape, pixels, size, pairs, paddings, seed)| Case {
        shape: [shape.0, shape.1, shape.2],
        pixels,
        size,
        step: [pairs.0, pairs.1],
        dilation: [pairs.2, pairs.3],
        before: [paddings.0, paddings.1],
        after: [paddings.2, paddings.3],
        seed,
    })
}

fn noise(seed: u64, at: usize) -> u64 {
    let x = (seed ^ at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 29)
}

/// What a kind on the fast paths is held against: itself by the definition, or on the plain loops where the definition
/// sums in another order.
#[derive(Clone, Copy)]
enum Against {
    Definition,
    Portable,
}

/// Every path of one kind: its bits are those of the definition. Inputs, results and scratch lie beside pages that must
/// not be touched, behind them and before them.
fn check<T: Element, K: Kind<T>>(
    case: &Case,
    kind: K,
    against: Against,
    element: impl Fn(u64) -> T,
    bits: impl Fn(K::Out) -> u64,
) {
    let len = case.shape.iter().product();
    let data: Vec<T> = (0..len).map(|at| element(noise(case.seed, at))).collect();
    let spec = WindowSpec::new(case.size).step(case.step).dilation(case.dilation);
    let pool = Pool::new(kind, spec.before(case.before).after(case.after));
    let pool = pool.behind(usize::from(case.pixels));
    let bits = |values: &[K::Out]| values.iter().map(|&value| bits(value)).collect::<Vec<_>>();
    let view = DynView::new(&data, case.shape).unwrap();
    let expected = match against {
        Against::Definition => pool.clone().scalar(),
        Against::Portable => pool.clone().isa(Isa::PORTABLE),
    };
    let expected = bits(&expected.run(&view).unwrap());
    for isa in [Isa::PORTABLE, Isa::AVX2, Isa::AVX512] {
        if !isa.is_available() {
            continue;
        }
        let plan = pool.clone().isa(isa).plan::<T>(case.shape).unwrap();
        let words = (plan.scratch_bytes() + 64).div_ceil(size_of::<u128>());
        let outs = both_ends(&vec![K::Out::default(); plan.output_len()]);
        let places = both_ends(&data).into_iter().zip(outs).zip(both_ends(&vec![0; words]));
        for ((data, mut out), mut memory) in places {
            let view = DynView::new(&data, case.shape).unwrap();
            // The second finds in the scratch what the first has left.
            for _ in 0..2 {
                plan.run_in(&view, &mut out, &mut memory).unwrap();
            }
            assert!(bits(&out) == expected, "{} {case:?}", plan.kernel());
        }
        assert!(bits(&plan.run(&view).unwrap()) == expected, "bands of {}", plan.kernel());
    }
}

macro_rules! integers {
    ($($type:ident)*) => { $(
        proptest! {
            #![proptest_config(cases(24))]

            #[test]
            fn $type(case in case()) {
                // Ties, the ends of the type, anything.
                let element = |noise: u64| match noise % 8 {
                    0 => $type::MAX,
                    1 => $type::MIN,
                    2..5 => (noise >> 8) as $type,
                    _ => (noise >> 8) as $type % 5,
                };
                check(&case, Max, Against::Definition, element, |value| value as u64);
                check(&case, Min, Against::Definition, element, |value| value as u64);
                check(&case, Sum, Against::Definition, element, |value| value as u64);
                let average = Average::new().count_padding();
                check(&case, average, Against::Definition, element, |value| value as u64);
            }
        }
    )* };
}

integers! { u8 i8 u16 i16 u32 i32 u64 i64 }

macro_rules! floats {
    ($($type:ident $bits:ident $sums:ident;)*) => { $(
        proptest! {
            #![proptest_config(cases(48))]

            #[test]
            fn $type(case in case(), nan in any::<bool>()) {
                // Zeros of both signs, infinities, and a NaN of any bits now and then.
                let element = |noise: u64| match noise % 1024 {
                    0 if nan && noise >> 63 == 0 => $type::NAN,
                    0 if nan => -$type::NAN,
                    1023 if nan => $type::from_bits($type::INFINITY.to_bits() | (noise >> 40) as $bits),
                    1..100 => 0.0,
                    100..200 => -0.0,
                    200..300 => $type::NEG_INFINITY,
                    300 => $type::INFINITY,
                    301..500 => -(((noise >> 12) % 7) as $type),
                    _ => ((noise >> 12) % 4000) as $type - 3990.0,
                };
                check(&case, Max, Against::Definition, element, |value| value.to_bits().into());
                check(&case, Min, Against::Definition, element, |value| value.to_bits().into());
            }

            /// The order of a sum is that of its plan, whatever the width of a register. Worlds: finite elements of
            /// both signs; with infinities; with NaNs of several bits; with all of these.
            #[test]
            fn $sums(case in case(), nan in any::<bool>(), infinite in any::<bool>(), square in any::<bool>()) {
                let element = |noise: u64| match noise % 256 {
                    0 if nan => $type::NAN,
                    1 if nan => -$type::NAN,
                    2..4 if nan => $type::from_bits($type::INFINITY.to_bits() | (noise >> 40) as $bits),
                    4 if infinite => $type::INFINITY,
                    5 if infinite => $type::NEG_INFINITY,
                    6 => -0.0,
                    _ => (noise >> 12) as $type / 7.0 - (noise >> 13) as $type,
                };
                let bits = |value: $type| {
                    assert!(!value.is_nan() || value.to_bits() == $type::NAN.to_bits());
                    value.to_bits().into()
                };
                check(&case, Sum, Against::Portable, element, bits);
                check(&case, Average::new(), Against::Portable, element, bits);
                check(&case, Lp::new(if square { 2.0 } else { 3.0 }), Against::Portable, element, bits);
            }
        }
    )* };
}

floats! { f32 u32 sums_f32; f64 u64 sums_f64; }

/// A NaN anywhere is in every window that holds it: none is overlooked where vectors end.
#[test]
fn one_nan_is_found_wherever_it_is() {
    for (size, step, padding) in
        [(2, 2, 0), (3, 2, 1), (3, 1, 1), (5, 1, 2), (13, 1, 6), (40, 1, 0)]
    {
        for columns in [40, 41, 47, 57, 70] {
            let shape = [2, 3, columns];
            let spec = WindowSpec::new([1, size]).step([1, step]).padding([0, padding]);
            let pool = Pool::max(spec);
            for at in 0..columns {
                let mut data = vec![1.0_f32; 6 * columns];
                data[4 * columns + at] = f32::NAN;
                let view = DynView::new(&data, shape).unwrap();
                let bits =
                    |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
                let definition = bits(pool.clone().scalar().run(&view).unwrap());
                for isa in [Isa::AVX2, Isa::AVX512] {
                    let out = bits(pool.clone().isa(isa).run(&view).unwrap());
                    assert!(out == definition, "size {size} at {at} of {columns}, {isa:?}");
                }
            }
        }
    }
}

#[test]
fn one_nan_is_found_in_whichever_pixel_it_is() {
    let shape = [4, 5, 21];
    for (size, step, padding) in [(2, 2, 0), (3, 2, 1), (3, 1, 1)] {
        let spec = WindowSpec::new([size, size]).step(step).padding(padding);
        let pool = Pool::max(spec).behind(1);
        for at in 0..4 * 5 * 21 {
            let mut data = vec![1.0_f32; 4 * 5 * 21];
            data[at] = f32::NAN;
            let view = DynView::new(&data, shape).unwrap();
            let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
            let definition = bits(pool.clone().scalar().run(&view).unwrap());
            for isa in [Isa::AVX2, Isa::AVX512] {
                let out = bits(pool.clone().isa(isa).run(&view).unwrap());
                assert!(out == definition, "size {size} at {at}, {isa:?}");
            }
        }
    }
}
