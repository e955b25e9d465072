//! What registers hold.

use core::fmt::Debug;

use crate::sealed;

/// An element of a register: an integer of 8 to 64 bits, or a float.
pub trait Element:
    Copy + Debug + Default + PartialOrd + Send + Sync + sealed::Sealed + 'static
{
    /// A register of the portable set.
    #[doc(hidden)]
    type Array: Copy + Debug + AsRef<[Self]> + AsMut<[Self]>;

    /// A bit for each element of 64 bytes: a mask of AVX-512, as narrow as it is in a register of masks.
    #[doc(hidden)]
    type Bits: Copy + Debug + Into<u64>;

    /// The lowest bits of a number.
    #[doc(hidden)]
    fn bits(number: u64) -> Self::Bits;

    /// That register, with the same value in every element.
    #[doc(hidden)]
    fn array(value: Self) -> Self::Array;
}

/// An element of 32 or 64 bits.
pub trait WideElement: Element {}

macro_rules! elements {
    ($($bits:ty: $($element:ty)*;)*) => { $($(
        impl sealed::Sealed for $element {}

        impl Element for $element {
            type Array = [$element; crate::portable::BYTES / size_of::<$element>()];

            #[inline(always)]
            fn array(value: $element) -> Self::Array {
                [value; crate::portable::BYTES / size_of::<$element>()]
            }

            type Bits = $bits;

            #[inline(always)]
            fn bits(number: u64) -> $bits {
                number as $bits
            }
        }
    )*)* };
}

macro_rules! wide_elements {
    ($($element:ty)*) => { $(
        impl WideElement for $element {}
    )* };
}

elements!(
    u64: u8 i8;
    u32: u16 i16;
    u16: u32 i32 f32;
    u8: u64 i64 f64;
);
wide_elements!(u32 i32 u64 i64 f32 f64);
