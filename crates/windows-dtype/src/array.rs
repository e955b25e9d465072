//! Arrays whose element type is known at run time only.

use num_complex::Complex;
use windows_core::{Dyn, DynView, Layout};

use crate::dtype::{Dtype, Element};
use crate::error::Error;

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
    pub fn new(data: Vec<T>, shape: &[usize]) -> Result<Self, Error> {
        Self::checked(data, Layout::contiguous(shape)?)
    }

    /// A column-major array, as Fortran orders it: the first axis is contiguous.
    ///
    /// # Errors
    /// As [`ArrayOf::new`].
    pub fn column_major(data: Vec<T>, shape: &[usize]) -> Result<Self, Error> {
        let reversed: Vec<usize> = shape.iter().rev().copied().collect();
        let order: Vec<usize> = (0..shape.len()).rev().collect();
        let layout = Layout::contiguous(&reversed).and_then(|layout| layout.permute(&order));
        Self::checked(data, layout?)
    }

    fn checked(data: Vec<T>, layout: Layout<Dyn>) -> Result<Self, Error> {
        if layout.len() != data.len() {
            return Err(Error::Elements {
                shape: layout.shape().to_vec(),
                expected: Some(layout.len()),
                found: data.len(),
            });
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

/// The number of elements of a shape: 0 if one of its lengths is, whatever the others are. `None` if it overflows.
#[must_use]
pub fn elements(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_usize, |all, &len| all.checked_mul(len))
}

/// A function of an array of any element type.
pub trait Visitor {
    /// What the function returns.
    type Output;
    /// The function.
    fn visit<T: Element>(self, array: &ArrayOf<T>) -> Self::Output;
}

/// Writes [`Array`] and what it does with the array inside of it, from one list.
macro_rules! arrays {
    ($($variant:ident, $type:ty, $name:literal;)*) => {
        /// An array of one of the element types.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Array {
            $(#[doc = concat!("Elements of type `", $name, "`.")] $variant(ArrayOf<$type>),)*
        }

        impl Array {
            /// The length of each axis.
            #[must_use]
            pub fn shape(&self) -> &[usize] {
                match self { $(Self::$variant(array) => array.shape(),)* }
            }

            /// The element type.
            #[must_use]
            pub fn dtype(&self) -> Dtype {
                match self { $(Self::$variant(_) => Dtype::$variant,)* }
            }

            /// Calls `visitor` with the array in its own type.
            pub fn visit<V: Visitor>(&self, visitor: V) -> V::Output {
                match self { $(Self::$variant(array) => visitor.visit(array),)* }
            }
        }
    };
}

arrays! {
    U8, u8, "u8";
    I8, i8, "i8";
    U16, u16, "u16";
    I16, i16, "i16";
    U32, u32, "u32";
    I32, i32, "i32";
    U64, u64, "u64";
    I64, i64, "i64";
    F32, f32, "f32";
    F64, f64, "f64";
    C64, Complex<f32>, "complex64";
    C128, Complex<f64>, "complex128";
}

/// Runs `$body` with `$array` bound to the [`ArrayOf`] inside an [`Array`] of a real type, or
/// evaluates `$otherwise` for a complex one. Where a visitor would need bounds that complex numbers
/// do not meet.
#[macro_export]
macro_rules! with_real {
    ($any:expr, $array:ident => $body:expr, complex => $otherwise:expr $(,)?) => {
        match $any {
            $crate::Array::U8($array) => $body,
            $crate::Array::I8($array) => $body,
            $crate::Array::U16($array) => $body,
            $crate::Array::I16($array) => $body,
            $crate::Array::U32($array) => $body,
            $crate::Array::I32($array) => $body,
            $crate::Array::U64($array) => $body,
            $crate::Array::I64($array) => $body,
            $crate::Array::F32($array) => $body,
            $crate::Array::F64($array) => $body,
            $crate::Array::C64(_) | $crate::Array::C128(_) => $otherwise,
        }
    };
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
    fn a_visitor_sees_the_type() {
        struct Type;
        impl Visitor for Type {
            type Output = Dtype;
            fn visit<T: Element>(self, _: &ArrayOf<T>) -> Dtype {
                T::DTYPE
            }
        }
        let array = f64::into_any(ArrayOf::new(vec![1.0], &[]).unwrap());
        assert_eq!(array.visit(Type), Dtype::F64);
        assert_eq!(array.dtype(), Dtype::F64);
    }
}
