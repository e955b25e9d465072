//! Natural logarithms of many numbers at once.

/// Below this mantissa a number counts to the lower power of two: the square root of a half.
const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
const ONE: u64 = 0x3ff0_0000_0000_0000;
const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
/// 2^52, whose last bits count in ones.
const COUNT: u64 = 0x4330_0000_0000_0000;

/// The natural logarithm of a positive normal number, to within 1e-13 of its magnitude or of 1.
///
/// `x = 2^e m` with `m` between the roots of 1/2 and of 2, and `ln m = 2 artanh((m - 1) / (m + 1))` by
/// its series, whose next term is below 1e-14. Without a branch or a table, and without a conversion of
/// integers, so that compilers vectorise a loop over it for any processor.
#[inline]
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits().wrapping_add(ONE - HALF_ROOT);
    let exponent = f64::from_bits(COUNT | (bits >> 52)) - (f64::from_bits(COUNT) + 1023.0);
    let mantissa = f64::from_bits((bits & MANTISSA) + HALF_ROOT);
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let u = t * t;
    let series = 1.0 / 13.0 + u * (1.0 / 15.0);
    let series = 1.0 / 9.0 + u * (1.0 / 11.0 + u * series);
    let series = 1.0 / 5.0 + u * (1.0 / 7.0 + u * series);
    let series = 1.0 + u * (1.0 / 3.0 + u * series);
    exponent * core::f64::consts::LN_2 + 2.0 * t * series
}

#[cfg(test)]
mod tests {
    use super::ln;

    #[test]
    fn logarithms_are_those_of_the_standard_library() {
        let mut x = f64::MIN_POSITIVE;
        while x < 1e300 {
            let expected = x.ln();
            assert!((ln(x) - expected).abs() <= 1e-13 * expected.abs().max(1.0), "ln {x}");
            x *= 1.000_37 + x.fract() * 0.1;
        }
        assert_eq!(ln(1.0), 0.0);
    }
}
