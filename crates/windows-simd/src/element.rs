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

    /// That register, with the same value in every element.
    #[doc(hidden)]
    fn array(value: Self) -> Self::Array;
}

/// An element of 32 or 64 bits.
pub trait WideElement: Element {}

macro_rules! elements {
    ($($element:ty)*) => { $(
        impl sealed::Sealed for $element {}

        impl Element for $element {
            type Array = [$element; crate::portable::BYTES / size_of::<$element>()];

            #[inline(always)]
            fn array(value: $element) -> Self::Array {
                [value; crate::portable::BYTES / size_of::<$element>()]
            }
        }
    )* };
}

macro_rules! wide_elements {
    ($($element:ty)*) => { $(
        impl WideElement for $element {}
    )* };
}

elements!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);
wide_elements!(u32 i32 u64 i64 f32 f64);
