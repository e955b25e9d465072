//! Elements that tiles can be made of, and how their means are kept and rounded.

mod sealed {
    pub trait Sealed {}
}

/// What a stitched element can be: the integers up to 32 bits, and floats. Sealed.
///
/// A mean is kept in [`Element::Sum`] and rounded once, at the end, to the nearest integer, halves up.
pub trait Element:
    sealed::Sealed + Copy + PartialOrd + Default + core::fmt::Debug + Send + Sync + 'static
{
    /// What means are kept in: `f32` for `f32` and 8-bit integers, `f64` for the others.
    type Sum: Sum;

    #[doc(hidden)]
    fn lift(self) -> Self::Sum;

    #[doc(hidden)]
    fn lift_all(values: &[Self], sums: &mut [Self::Sum]);

    #[doc(hidden)]
    fn lower(sum: Self::Sum) -> Self;

    #[doc(hidden)]
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }

    /// The sums as elements, where they are the same.
    #[doc(hidden)]
    #[inline]
    fn as_elements(_: &[Self::Sum]) -> Option<&[Self]> {
        None
    }

    /// Elements as sums, where they are the same.
    #[doc(hidden)]
    #[inline]
    fn as_sums(_: &mut [Self]) -> Option<&mut [Self::Sum]> {
        None
    }
}

/// What means are kept in: `f32` or `f64`. Sealed.
pub trait Sum:
    sealed::Sealed
    + Copy
    + PartialEq
    + Default
    + core::ops::Add<Output = Self>
    + core::ops::Sub<Output = Self>
    + core::ops::Mul<Output = Self>
    + core::ops::Div<Output = Self>
    + Send
    + Sync
    + core::fmt::Debug
    + 'static
{
    #[doc(hidden)]
    fn from_f64(value: f64) -> Self;
}

macro_rules! float {
    ($($float:ty),*) => { $(
        impl sealed::Sealed for $float {}

        impl Element for $float {
            type Sum = $float;

            #[inline(always)]
            fn lift(self) -> $float {
                self
            }

            #[inline(always)]
            fn lift_all(values: &[$float], sums: &mut [$float]) {
                sums.copy_from_slice(values);
            }

            #[inline(always)]
            fn lower(sum: $float) -> $float {
                sum
            }

            #[inline(always)]
            fn is_nan(self) -> bool {
                <$float>::is_nan(self)
            }

            #[inline]
            fn as_elements(sums: &[$float]) -> Option<&[$float]> {
                Some(sums)
            }

            #[inline]
            fn as_sums(elements: &mut [$float]) -> Option<&mut [$float]> {
                Some(elements)
            }
        }

        impl Sum for $float {
            #[inline(always)]
            fn from_f64(value: f64) -> $float {
                value as $float
            }
        }
    )* };
}

float!(f32, f64);

/// A mean of `m` integers is a multiple of `1/m`, but the sum that holds it may be a rounding error short
/// of a half. Halves are found again by adding more than that error and less than `1/2m`.
macro_rules! integer {
    ($sum:ty, $slack:expr, $wide:ty: $($integer:ty),*) => { $(
        impl sealed::Sealed for $integer {}

        impl Element for $integer {
            type Sum = $sum;

            #[inline(always)]
            fn lift(self) -> $sum {
                self as $sum
            }

            #[inline(always)]
            fn lift_all(values: &[$integer], sums: &mut [$sum]) {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = value.lift();
                }
            }

            #[inline(always)]
            fn lower(sum: $sum) -> $integer {
                // A conversion truncates, which is the floor where all numbers are positive.
                const LOWEST: $wide = <$integer>::MIN as $wide;
                let above = (sum - LOWEST as $sum) + (0.5 + $slack);
                let floor = above as $wide + LOWEST;
                floor.clamp(LOWEST, <$integer>::MAX as $wide) as $integer
            }
        }
    )* };
}

integer!(f32, 1.0 / 1024.0, i32: u8, i8);
integer!(f64, 1.0 / 65536.0, i32: u16, i16);
integer!(f64, 1.0 / 65536.0, i64: u32, i32);
