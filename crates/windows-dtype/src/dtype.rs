//! The element types of files and of other languages.

use std::fmt::Debug;
use std::str::FromStr;

use bytemuck::Pod;
use num_complex::Complex;

use crate::array::{Array, ArrayOf};

/// The element types: what `.npy` files, pictures and recordings hold, and what results are made of.
///
/// A type of Rust that is one of them. Sealed: an array of any type is one of a list that every use is written for.
pub trait Element: Pod + PartialEq + Default + Debug + Send + Sync + sealed::Sealed {
    /// The type as a value.
    const DTYPE: Dtype;

    /// The array as one of any type. Nothing is copied.
    fn into_any(array: ArrayOf<Self>) -> Array;

    /// The array of any type as one of this, if it is one.
    fn from_any(array: &Array) -> Option<&ArrayOf<Self>>;

    /// The element that `text` spells (`7`, `-1.5`, `1e3`, `nan`), if the type can hold it exactly; floats round to the
    /// nearest.
    fn from_text(text: &str) -> Option<Self>;
}

mod sealed {
    /// Keeps the list of element types closed.
    pub trait Sealed {}
}

/// A function of an element type.
pub trait TypeVisitor {
    /// What the function returns.
    type Output;
    /// The function.
    fn visit<T: Element>(self) -> Self::Output;
}

/// Writes [`Dtype`] and the [`Element`] of each type from one table.
macro_rules! elements {
    ($($variant:ident, $type:ty, $name:literal, $code:literal, $number:ty, $parse:path;)*) => {
        /// An element type, as a value.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Dtype {
            $(#[doc = concat!("`", $name, "`.")] $variant,)*
        }

        impl Dtype {
            /// The type as headers of `.npy` name it behind the byte order: `u1`, `c16`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The bytes of an element.
            #[must_use]
            pub const fn bytes(self) -> usize {
                match self { $(Self::$variant => size_of::<$type>(),)* }
            }

            /// The bytes of one number, which a byte order reverses: half of those of a complex element.
            #[must_use]
            pub const fn number_bytes(self) -> usize {
                match self { $(Self::$variant => size_of::<$number>(),)* }
            }

            /// Calls `visitor` with the type itself.
            pub fn visit<V: TypeVisitor>(self, visitor: V) -> V::Output {
                match self { $(Self::$variant => visitor.visit::<$type>(),)* }
            }
        }

        windows_core::names!(Dtype: $($variant = $name),*);

        $(impl sealed::Sealed for $type {}

        impl Element for $type {
            const DTYPE: Dtype = Dtype::$variant;

            fn into_any(array: ArrayOf<Self>) -> Array {
                Array::$variant(array)
            }

            fn from_any(array: &Array) -> Option<&ArrayOf<Self>> {
                match array {
                    Array::$variant(array) => Some(array),
                    _ => None,
                }
            }

            fn from_text(text: &str) -> Option<Self> {
                $parse(text)
            }
        })*
    };
}

elements! {
    U8, u8, "u8", "u1", u8, integer;
    I8, i8, "i8", "i1", i8, integer;
    U16, u16, "u16", "u2", u16, integer;
    I16, i16, "i16", "i2", i16, integer;
    U32, u32, "u32", "u4", u32, integer;
    I32, i32, "i32", "i4", i32, integer;
    U64, u64, "u64", "u8", u64, integer;
    I64, i64, "i64", "i8", i64, integer;
    F32, f32, "f32", "f4", f32, number;
    F64, f64, "f64", "f8", f64, number;
    C64, Complex<f32>, "complex64", "c8", f32, number;
    C128, Complex<f64>, "complex128", "c16", f64, number;
}

impl Dtype {
    /// The type that headers of `.npy` name so behind the byte order.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dtype| dtype.code() == code)
    }
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// An integer, also spelled as a float without a fraction: `2.0`, `1e3`.
fn integer<T: FromStr + TryFrom<i128>>(text: &str) -> Option<T> {
    text.parse().ok().or_else(|| {
        let float: f64 = text.parse().ok()?;
        // Beyond 2^63 a float spells no 64-bit integer but by accident.
        (float.fract() == 0.0 && float.abs() < 9.3e18).then(|| T::try_from(float as i128).ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_read_back() {
        for dtype in Dtype::ALL {
            assert_eq!(dtype.name().parse(), Ok(dtype));
            assert_eq!(Dtype::of_code(dtype.code()), Some(dtype));
            assert_eq!(dtype.code()[1..], dtype.bytes().to_string());
            assert_eq!(dtype.bytes() % dtype.number_bytes(), 0);
        }
        let error = "f16".parse::<Dtype>().unwrap_err().to_string();
        assert!(error.starts_with("not one of u8, i8") && error.ends_with("complex128"), "{error}");
        assert_eq!(Dtype::of_code("f2"), None);
    }

    #[test]
    fn text_becomes_an_element_only_if_the_type_holds_it() {
        assert_eq!(u8::from_text("255"), Some(255));
        assert_eq!(u8::from_text("2.0"), Some(2));
        assert_eq!(u8::from_text("256"), None);
        assert_eq!(u8::from_text("-1"), None);
        assert_eq!(u8::from_text("0.5"), None);
        assert_eq!(i16::from_text("-1e3"), Some(-1000));
        assert_eq!(i64::from_text("9223372036854775807"), Some(i64::MAX));
        assert_eq!(u64::from_text("18446744073709551615"), Some(u64::MAX));
        assert_eq!(i32::from_text("nan"), None);
        assert_eq!(f32::from_text("-1.5"), Some(-1.5));
        assert!(f64::from_text("nan").is_some_and(f64::is_nan));
        assert_eq!(<Complex<f64>>::from_text("1+2j"), Some(Complex::new(1.0, 2.0)));
        assert_eq!(<Complex<f32>>::from_text("3"), Some(Complex::new(3.0, 0.0)));
    }

    #[test]
    fn a_visitor_sees_the_type() {
        struct Bytes;
        impl TypeVisitor for Bytes {
            type Output = (Dtype, usize);
            fn visit<T: Element>(self) -> (Dtype, usize) {
                (T::DTYPE, size_of::<T>())
            }
        }
        for dtype in Dtype::ALL {
            assert_eq!(dtype.visit(Bytes), (dtype, dtype.bytes()));
        }
    }
}
