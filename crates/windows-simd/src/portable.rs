//! Plain arrays as registers: what every processor can run, vectorised by the compiler where it can.

use core::ptr;

use crate::simd::one_by_one;
use crate::{
    Arithmetic, Bytes, Compute, Convert, Dot4, Element, EverySecond, Extreme, Isa, Moves, MulAdd,
    Narrow, PairsDot, Simd, Transpose, WideElement, Widen,
};

/// Bytes of a register. Two of most targets' own: loops over it are long enough to be worth their entry.
pub(crate) const BYTES: usize = 32;

/// What the target guarantees. There is always a token of it: [`Portable::NEW`].
#[derive(Clone, Copy, Debug)]
pub struct Portable(());

impl Portable {
    /// A token: nothing is asked of the processor.
    pub const NEW: Self = Self(());
}

/// A register of the portable set.
#[derive(Clone, Copy, Debug)]
pub struct Array<E: Element>(E::Array);

/// The elements `first..end`.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    first: usize,
    end: usize,
}

impl Span {
    fn new(first: usize, len: usize, width: usize) -> Self {
        let first = first.min(width);
        Self { first, end: first + len.min(width - first) }
    }
}

impl<E: Element> Array<E> {
    /// An array by its elements.
    #[inline(always)]
    fn by(element: impl Fn(usize) -> E) -> Self {
        let mut array = E::array(E::default());
        for (i, slot) in array.as_mut().iter_mut().enumerate() {
            *slot = element(i);
        }
        Self(array)
    }

    #[inline(always)]
    fn get(&self) -> &[E] {
        self.0.as_ref()
    }

    /// An array of two, element by element.
    #[inline(always)]
    fn zip(mut self, other: Self, join: impl Fn(E, E) -> E) -> Self {
        for (slot, &other) in self.0.as_mut().iter_mut().zip(other.get()) {
            *slot = join(*slot, other);
        }
        self
    }

    /// An array of two, byte by byte.
    #[inline(always)]
    fn zip_bytes(self, other: Self, join: impl Fn(u8, u8) -> u8) -> Self {
        recast(recast::<E, u8>(self).zip(recast(other), join))
    }
}

/// The same bits as other elements.
#[inline(always)]
fn recast<E: Element, F: Element>(array: Array<E>) -> Array<F> {
    const { assert!(size_of::<E::Array>() == BYTES && size_of::<F::Array>() == BYTES) };
    // SAFETY: both are `BYTES` bytes of integers or floats, and any bits are a value of those.
    unsafe { core::mem::transmute_copy(&array) }
}

/// Element `i` of the span from `from + STEP i`, the others zero. Questions instead of a loop over the span: an
/// array that is indexed by a variable is kept in memory, and what copies a number of bytes is a call.
///
/// # Safety
/// The elements of the span are readable.
#[inline(always)]
unsafe fn spaced<E: Element, const STEP: usize>(from: *const E, span: Span) -> Array<E> {
    let at = |i: usize| {
        // SAFETY: the caller's promise, for each that is asked for.
        unsafe { from.wrapping_add(STEP * i).read_unaligned() }
    };
    if span.first == 0 && span.end == BYTES / size_of::<E>() {
        return Array::by(at);
    }
    Array::by(|i| if (span.first..span.end).contains(&i) { at(i) } else { E::default() })
}

impl crate::sealed::Sealed for Portable {}

impl Simd for Portable {
    type V<E: Element> = Array<E>;
    type M<E: Element> = Span;

    const ISA: Isa = Isa::PORTABLE;
    const NAME: &'static str = "portable";
    const BYTES: usize = BYTES;
    const REGISTERS: usize = 16;

    #[inline(always)]
    unsafe fn new_unchecked() -> Self {
        Self::NEW
    }

    /// Never merged with what calls it: sums would go to memory, for registers that the caller wants.
    #[inline(never)]
    fn enter<C: Compute<Self>>(self, computation: C) -> C::Output {
        computation.run(self)
    }

    #[inline(always)]
    fn splat<E: Element>(self, value: E) -> Array<E> {
        Array(E::array(value))
    }

    #[inline(always)]
    fn cast<E: Element, F: Element>(self, vector: Array<E>) -> Array<F> {
        recast(vector)
    }

    #[inline(always)]
    fn and<E: Element>(self, a: Array<E>, b: Array<E>) -> Array<E> {
        a.zip_bytes(b, |a, b| a & b)
    }

    #[inline(always)]
    fn or<E: Element>(self, a: Array<E>, b: Array<E>) -> Array<E> {
        a.zip_bytes(b, |a, b| a | b)
    }

    #[inline(always)]
    fn xor<E: Element>(self, a: Array<E>, b: Array<E>) -> Array<E> {
        a.zip_bytes(b, |a, b| a ^ b)
    }

    #[inline(always)]
    fn mask<E: Element>(self, first: usize, len: usize) -> Span {
        Span::new(first, len, Self::width::<E>())
    }

    #[inline(always)]
    unsafe fn load_masked<E: Element>(self, from: *const E, mask: Span) -> Array<E> {
        // SAFETY: the caller's promise.
        unsafe { spaced::<E, 1>(from, mask) }
    }

    #[inline(always)]
    unsafe fn load_masked_or<E: Element>(
        self,
        from: *const E,
        mask: Span,
        mut other: Array<E>,
    ) -> Array<E> {
        let to = &mut other.0.as_mut()[mask.first..mask.end];
        let from = from.cast::<u8>().wrapping_add(mask.first * size_of::<E>());
        // SAFETY: the caller's promise for the elements of the mask; bytes, for they may be unaligned.
        unsafe { ptr::copy_nonoverlapping(from, to.as_mut_ptr().cast::<u8>(), size_of_val(to)) };
        other
    }

    #[inline(always)]
    unsafe fn store_masked<E: Element>(self, to: *mut E, mask: Span, vector: Array<E>) {
        let from = &vector.get()[mask.first..mask.end];
        let to = to.cast::<u8>().wrapping_add(mask.first * size_of::<E>());
        // SAFETY: the caller's promise for the elements of the mask; bytes, for they may be unaligned.
        unsafe { ptr::copy_nonoverlapping(from.as_ptr().cast::<u8>(), to, size_of_val(from)) };
    }
}

impl Moves for Portable {
    #[inline(always)]
    fn ahead<E: Element>(self, this: Array<E>, by: usize, next: Array<E>) -> Array<E> {
        let kept = Self::width::<E>() - by;
        Array::by(|i| if i < kept { this.get()[i + by] } else { next.get()[i - kept] })
    }

    #[inline(always)]
    fn behind<E: Element>(self, this: Array<E>, before: Array<E>) -> Array<E> {
        let last = before.get()[Self::width::<E>() - 1];
        Array::by(|i| if i == 0 { last } else { this.get()[i - 1] })
    }

    #[inline(always)]
    fn part<E: Element>(self, this: Array<E>, next: Array<E>) -> (Array<E>, Array<E>) {
        let half = Self::width::<E>() / 2;
        let at = |i: usize, odd: usize| {
            if i < half { this.get()[2 * i + odd] } else { next.get()[2 * (i - half) + odd] }
        };
        (Array::by(|i| at(i, 0)), Array::by(|i| at(i, 1)))
    }

    #[inline(always)]
    fn in_order<E: Element>(self, mixed: Array<E>) -> Array<E> {
        mixed
    }
}

impl EverySecond for Portable {
    type Second<E: WideElement> = Span;

    #[inline(always)]
    fn second<E: WideElement>(self, first: usize, len: usize) -> Span {
        self.mask::<E>(first, len)
    }

    #[inline(always)]
    unsafe fn load_every_second<E: WideElement>(self, from: *const E, mask: Span) -> Array<E> {
        // SAFETY: the caller's promise.
        unsafe { spaced::<E, 2>(from, mask) }
    }
}

impl Transpose for Portable {
    #[inline(always)]
    unsafe fn transpose<E: Element>(
        self,
        from: *const E,
        from_row: usize,
        rows: usize,
        to: *mut E,
        to_row: isize,
        columns: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe { one_by_one(from, from_row, rows, to, to_row, columns) }
    }
}

macro_rules! extreme {
    ($($element:ty)*, |$x:ident| $nan:expr) => { $(
        impl Extreme<$element> for Portable {
            type Seen = bool;

            #[inline(always)]
            fn first_of_greatest(self, a: Array<$element>, b: Array<$element>) -> Array<$element> {
                a.zip(b, |a, b| if b > a { b } else { a })
            }

            #[inline(always)]
            fn first_of_least(self, a: Array<$element>, b: Array<$element>) -> Array<$element> {
                a.zip(b, |a, b| if b < a { b } else { a })
            }

            #[inline(always)]
            fn unseen(self) -> bool {
                false
            }

            #[inline(always)]
            fn see_nan(self, a: Array<$element>, b: Array<$element>, seen: bool) -> bool {
                let nan = |array: &Array<$element>| {
                    array.get().iter().fold(false, |nan, &$x| nan | $nan)
                };
                seen | nan(&a) | nan(&b)
            }

            #[inline(always)]
            fn any<const N: usize>(self, seen: [bool; N]) -> bool {
                seen.contains(&true)
            }
        }
    )* };
}

extreme!(u8 i8 u16 i16 u32 i32 u64 i64, |_x| false);
extreme!(f32 f64, |x| x.is_nan());

macro_rules! arithmetic {
    ($element:ty: |$a:ident, $b:ident| $add:expr, $sub:expr, $mul:expr) => {
        impl Arithmetic<$element> for Portable {
            #[inline(always)]
            fn add(self, a: Array<$element>, b: Array<$element>) -> Array<$element> {
                a.zip(b, |$a, $b| $add)
            }

            #[inline(always)]
            fn sub(self, a: Array<$element>, b: Array<$element>) -> Array<$element> {
                a.zip(b, |$a, $b| $sub)
            }

            #[inline(always)]
            fn mul(self, a: Array<$element>, b: Array<$element>) -> Array<$element> {
                a.zip(b, |$a, $b| $mul)
            }
        }
    };
}

arithmetic!(f32: |a, b| a + b, a - b, a * b);
arithmetic!(f64: |a, b| a + b, a - b, a * b);
arithmetic!(i32: |a, b| a.wrapping_add(b), a.wrapping_sub(b), a.wrapping_mul(b));

macro_rules! mul_add {
    ($($element:ty)*) => { $(
        impl MulAdd<$element> for Portable {
            const FUSED: bool = false;

            #[inline(always)]
            fn mul_add(
                self,
                mut sum: Array<$element>,
                a: Array<$element>,
                b: Array<$element>,
            ) -> Array<$element> {
                // A single loop: of two, the products would wait in registers that there are not.
                for (sum, (&a, &b)) in sum.0.as_mut().iter_mut().zip(a.get().iter().zip(b.get())) {
                    *sum += a * b;
                }
                sum
            }
        }
    )* };
}

mul_add!(f32 f64);

impl PairsDot for Portable {
    #[inline(always)]
    fn pairs_dot(self, sum: Array<i32>, a: Array<i16>, b: Array<i16>) -> Array<i32> {
        let product = |i: usize| i32::from(a.get()[i]) * i32::from(b.get()[i]);
        Array::by(|i| {
            let pair = product(2 * i).wrapping_add(product(2 * i + 1));
            sum.get()[i].wrapping_add(pair)
        })
    }
}

macro_rules! dot4 {
    ($($element:ty)*) => { $(
        impl Dot4<$element> for Portable {
            #[inline(always)]
            fn dot4(self, sum: Array<i32>, a: Array<$element>, b: Array<i8>) -> Array<i32> {
                let product = |i: usize| i32::from(a.get()[i]) * i32::from(b.get()[i]);
                Array::by(|i| {
                    let low = product(4 * i) + product(4 * i + 1);
                    let high = product(4 * i + 2) + product(4 * i + 3);
                    sum.get()[i].wrapping_add(low + high)
                })
            }
        }
    )* };
}

dot4!(u8 i8);

macro_rules! widen {
    ($($element:ty: $wide:ty),*) => { $(
        impl Widen<$element> for Portable {
            type Wide = $wide;

            #[inline(always)]
            fn widen(self, vector: Array<$element>) -> [Array<$wide>; 2] {
                let half = Self::width::<$wide>();
                let from = |first: usize| {
                    Array::by(|i| <$wide>::from(vector.get()[first + i]))
                };
                [from(0), from(half)]
            }
        }
    )* };
}

widen!(u8: u16, i8: i16, u16: u32, i16: i32);

macro_rules! narrow {
    ($($element:ty: $wide:ty),*) => { $(
        impl Narrow<$element> for Portable {
            type Wide = $wide;

            #[inline(always)]
            fn narrow(self, [low, high]: [Array<$wide>; 2]) -> Array<$element> {
                let half = Self::width::<$wide>();
                let (least, greatest) = (<$element>::MIN.into(), <$element>::MAX.into());
                Array::by(|i| {
                    let wide = if i < half { low.get()[i] } else { high.get()[i - half] };
                    wide.clamp(least, greatest) as $element
                })
            }
        }
    )* };
}

narrow!(i16: i32, u8: i16, i8: i16);

impl Convert for Portable {
    #[inline(always)]
    fn to_f32(self, vector: Array<i32>) -> Array<f32> {
        Array::by(|i| vector.get()[i] as f32)
    }

    #[inline(always)]
    fn to_i32(self, vector: Array<f32>) -> Array<i32> {
        // A number so large that its last bit is 1: added, the processor rounds the fraction away.
        const LARGE: f32 = (1_u32 << 23) as f32;
        Array::by(|i| {
            let x = vector.get()[i];
            let large = LARGE.copysign(x);
            let rounded = if x.abs() < LARGE { (x + large) - large } else { x };
            rounded as i32
        })
    }
}

impl Bytes for Portable {
    #[inline(always)]
    fn bytes_at(self, table: Array<u8>, at: Array<u8>) -> Array<u8> {
        Array::by(|i| {
            let number = at.get()[i];
            let byte = table.get()[i / 16 * 16 + usize::from(number % 16)];
            if number < 128 { byte } else { 0 }
        })
    }

    #[inline(always)]
    fn equal(self, a: Array<u8>, b: Array<u8>) -> u64 {
        let mut bits = 0;
        for i in 0..BYTES {
            bits |= u64::from(a.get()[i] == b.get()[i]) << i;
        }
        bits
    }

    #[inline(always)]
    fn classes(self, bytes: Array<u8>, low: Array<u8>, high: Array<u8>) -> Array<u8> {
        let low_four = Array::by(|i| bytes.get()[i] % 16);
        let high_four = Array::by(|i| bytes.get()[i] / 16);
        self.and(self.bytes_at(low, low_four), self.bytes_at(high, high_four))
    }
}
