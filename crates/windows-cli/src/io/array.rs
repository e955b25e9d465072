//! Arrays whose element type is known at run time only.

use std::fmt::Debug;

use bytemuck::Pod;
use num_complex::Complex;
use windows_core::{Dyn, DynView, Layout};

use crate::error::{Error, Result};

/// Elements in memory with the layout to see them by.
///
/// A layout, because a Fortran-order file and interleaved channels are viewed as they lie, and
/// copied by nobody.
#[derive(Debug, Clone, PartialEq)]
pub struct ArrayOf<T> {
    data: Vec<T>,
    layout: Layout<Dyn>,
}

impl<T> ArrayOf<T> {
    /// A row-major array: the last axis is contiguous.
    ///
    /// # Errors
    /// When `data` has not exactly the elements of `shape`.
    pub fn new(data: Vec<T>, shape: &[usize]) -> Result<Self> {
        Self::checked(data, Layout::contiguous(shape).map_err(Error::new)?)
    }

    /// A column-major array, as Fortran orders it: the first axis is contiguous.
    ///
    /// # Errors
    /// As [`ArrayOf::new`].
    pub fn column_major(data: Vec<T>, shape: &[usize]) -> Result<Self> {
        let reversed: Vec<usize> = shape.iter().rev().copied().collect();
        let order: Vec<usize> = (0..shape.len()).rev().collect();
        let layout = Layout::contiguous(&reversed).and_then(|layout| layout.permute(&order));
        Self::checked(data, layout.map_err(Error::new)?)
    }

    fn checked(data: Vec<T>, layout: Layout<Dyn>) -> Result<Self> {
        if layout.len() != data.len() {
            return Err(Error::new(format_args!(
                "the shape {:?} has {} elements, but there are {}",
                layout.shape(),
                layout.len(),
                data.len()
            )));
        }
        Ok(Self { data, layout })
    }

    /// The elements in the order in which they lie in memory.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// The length of each axis.
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// The array as the library sees it; nothing is copied.
    pub fn view(&self) -> DynView<'_, T> {
        DynView::with_layout(&self.data, 0, self.layout.clone())
            .expect("made of exactly the elements of the layout")
    }
}

/// The element types of files: what `.npy` and pictures hold, and what the program computes with.
pub trait Element: Pod + PartialEq + Default + Debug + Send + Sync {
    /// The type as the program names it: `u8`, `complex128`.
    const NAME: &'static str;
    /// The type as `.npy` headers name it, without the byte order: `u1`, `c16`.
    const CODE: &'static str;
    /// Bytes of one number: half of a complex element.
    const NUMBER_BYTES: usize;

    /// The array as one of any type.
    fn into_any(array: ArrayOf<Self>) -> Array;

    /// The array of any type as one of this, if it is one.
    fn from_any(array: &Array) -> Option<&ArrayOf<Self>>;

    /// The element that `text` spells (`7`, `-1.5`, `1e3`, `nan`), if the type can hold it exactly;
    /// floats round to nearest.
    fn from_text(text: &str) -> Option<Self>;
}

/// Writes [`Array`], its methods, the [`Element`] of each type, and the dispatch from one to the
/// other, from one table.
macro_rules! elements {
    ($($variant:ident, $type:ty, $name:literal, $code:literal, $number:ty, $parse:path;)*) => {
        /// An array of one of the element types.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Array {
            $(#[doc = concat!("Elements of type ", $name, ".")] $variant(ArrayOf<$type>),)*
        }

        impl Array {
            /// The length of each axis.
            pub fn shape(&self) -> &[usize] {
                match self { $(Self::$variant(array) => array.shape(),)* }
            }

            /// The name of the element type.
            pub fn dtype(&self) -> &'static str {
                match self { $(Self::$variant(_) => <$type>::NAME,)* }
            }

            /// Calls `visitor` with the array in its own type.
            pub fn visit<V: Visitor>(&self, visitor: V) -> V::Output {
                match self { $(Self::$variant(array) => visitor.visit(array),)* }
            }
        }

        $(impl Element for $type {
            const NAME: &'static str = $name;
            const CODE: &'static str = $code;
            const NUMBER_BYTES: usize = size_of::<$number>();

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

        /// Calls `$visitor.build::<T>()` for the type whose `.npy` code is `code`.
        pub(crate) fn build<B: Builder>(code: &str, builder: B) -> Option<B::Output> {
            match code {
                $($code => Some(builder.build::<$type>()),)*
                _ => None,
            }
        }
    };
}

/// A function of an array of any element type.
pub trait Visitor {
    /// What the function returns.
    type Output;
    /// The function.
    fn visit<T: Element>(self, array: &ArrayOf<T>) -> Self::Output;
}

/// A function of an element type.
pub(crate) trait Builder {
    /// What the function returns.
    type Output;
    /// The function.
    fn build<T: Element>(self) -> Self::Output;
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

/// Runs `$body` with `$array` bound to the [`ArrayOf`] inside an [`Array`] of a real type, or
/// evaluates `$otherwise` for a complex one. Where a visitor would need bounds that complex numbers
/// do not meet.
#[macro_export]
macro_rules! with_real {
    ($any:expr, $array:ident => $body:expr, complex => $otherwise:expr $(,)?) => {
        match $any {
            $crate::io::Array::U8($array) => $body,
            $crate::io::Array::I8($array) => $body,
            $crate::io::Array::U16($array) => $body,
            $crate::io::Array::I16($array) => $body,
            $crate::io::Array::U32($array) => $body,
            $crate::io::Array::I32($array) => $body,
            $crate::io::Array::U64($array) => $body,
            $crate::io::Array::I64($array) => $body,
            $crate::io::Array::F32($array) => $body,
            $crate::io::Array::F64($array) => $body,
            $crate::io::Array::C64(_) | $crate::io::Array::C128(_) => $otherwise,
        }
    };
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// An integer, also spelled as a float without a fraction: `2.0`, `1e3`.
fn integer<T: std::str::FromStr + TryFrom<i128>>(text: &str) -> Option<T> {
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
    fn both_orders_show_the_same_elements() {
        let rows = ArrayOf::new(vec![1, 2, 3, 4, 5, 6], &[2, 3]).unwrap();
        let columns = ArrayOf::column_major(vec![1, 4, 2, 5, 3, 6], &[2, 3]).unwrap();
        assert_eq!(rows.view(), columns.view());
        assert_eq!(columns.view().strides(), [1, 2]);
        assert!(ArrayOf::<u8>::new(vec![], &[0, 7]).unwrap().view().is_empty());
        assert!(ArrayOf::new(vec![0u8; 5], &[2, 3]).is_err());
        assert!(ArrayOf::<u8>::new(vec![], &[usize::MAX, usize::MAX]).is_err());
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
        struct Name;
        impl Visitor for Name {
            type Output = &'static str;
            fn visit<T: Element>(self, _: &ArrayOf<T>) -> &'static str {
                T::NAME
            }
        }
        let array = f64::into_any(ArrayOf::new(vec![1.0], &[]).unwrap());
        assert_eq!(array.visit(Name), "f64");
        assert_eq!(array.dtype(), "f64");
    }
}
