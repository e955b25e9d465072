//! Convolutions of every kind against the definition: sums over windows that the testkit enumerates.

use proptest::prelude::*;
use windows_conv::{Activation, ConvPlan, ConvSpec, PlanOptions};
use windows_core::DynView;
use windows_testkit::strategy::cases;

use crate::case::{check_f32, check_f64, check_integers, check_uneven};
use crate::worlds::{case, depthwise_case, far_case, square_case};

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn f32_sums_are_within_a_millionth(case in case(), with_bias in any::<bool>()) {
        check_f32(&case, with_bias)?;
    }

    #[test]
    fn depthwise_sums_are_within_rounding(case in depthwise_case(), with_bias in any::<bool>()) {
        check_f32(&case, with_bias)?;
        check_f64(&case)?;
        check_integers(&case, 0)?;
    }

    #[test]
    fn f64_sums_are_within_rounding(case in case()) {
        check_f64(&case)?;
    }

    #[test]
    fn far_windows_are_within_rounding(case in far_case(), with_bias in any::<bool>()) {
        check_f32(&case, with_bias)?;
        check_f64(&case)?;
    }

    #[test]
    fn far_windows_of_integers_are_exact(case in far_case(), signs in 0..4_u8) {
        check_integers(&case, signs)?;
    }

    #[test]
    fn integers_are_exact(case in case(), signs in 0..4_u8) {
        check_integers(&case, signs)?;
    }
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn sums_of_squares_are_within_a_millionth(case in square_case(), with_bias in any::<bool>()) {
        check_f32(&case, with_bias)?;
        check_uneven(&case)?;
        check_f64(&case)?;
    }
}

#[test]
fn relu_keeps_nan() {
    let data = [f32::NAN, -1.0, 2.0, -0.5];
    let x = DynView::new(&data, [1, 1, 4]).unwrap();
    let w = DynView::new(&[1.0f32], [1, 1, 1]).unwrap();
    let options = PlanOptions { activation: Activation::Relu, ..PlanOptions::default() };
    let y =
        ConvPlan::with(&ConvSpec::new([1]), x.layout(), &w, &options).unwrap().conv(&x).unwrap();
    assert!(y[0].is_nan());
    assert_eq!(y[1..], [0.0, 2.0, 0.0]);
}
