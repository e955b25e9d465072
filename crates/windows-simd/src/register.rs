//! A register of the processor, with the elements that are in it.

use core::marker::PhantomData;

use crate::Element;

/// A register `R` of elements `E`. Made by operations of a set, so where the processor has it.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Register<R, E>(pub(crate) R, PhantomData<E>);

/// Which elements of a register are loaded and stored: in what form is the set's own.
#[derive(Clone, Copy, Debug)]
pub struct Mask<R, E>(pub(crate) R, PhantomData<E>);

/// The bytes `first..end` of a register, or of half of one: a mask, for sets that have none.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub(crate) first: u8,
    pub(crate) end: u8,
}

impl Span {
    /// The elements `first..first + len`, each of `size` bytes, of those that `bytes` hold.
    #[inline(always)]
    pub(crate) fn new(first: usize, len: usize, size: usize, bytes: usize) -> Self {
        let first = first.min(bytes / size);
        let end = first + len.min(bytes / size - first);
        Self { first: (first * size) as u8, end: (end * size) as u8 }
    }

    /// What is in the 16 bytes from `from` on, numbered from there.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(crate) fn part(self, from: u8) -> Self {
        let within = |byte: u8| byte.saturating_sub(from).min(16);
        Self { first: within(self.first), end: within(self.end) }
    }

    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        usize::from(self.end - self.first)
    }

    /// The elements that these bytes are.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline(always)]
    pub(crate) fn elements<E>(self) -> core::ops::Range<usize> {
        usize::from(self.first) / size_of::<E>()..usize::from(self.end) / size_of::<E>()
    }
}

/// The processor's own types of vectors.
///
/// # Safety
/// All bits are defined, and any bits are a value.
pub(crate) unsafe trait Native: Copy {}

#[expect(private_bounds, reason = "what is bound is made here")]
impl<R: Native, E> Register<R, E> {
    /// The same bits as elements `E`.
    #[inline(always)]
    pub(crate) fn of<T: Native>(native: T) -> Self {
        Self(reinterpret(native), PhantomData)
    }

    /// The same bits as the type that an instruction takes.
    #[inline(always)]
    pub(crate) fn get<T: Native>(self) -> T {
        reinterpret(self.0)
    }
}

impl<R, E> Mask<R, E> {
    #[inline(always)]
    pub(crate) fn of(mask: R) -> Self {
        Self(mask, PhantomData)
    }
}

/// The same bits.
#[inline(always)]
pub(crate) fn reinterpret<T: Native, U: Native>(bits: T) -> U {
    const { assert!(size_of::<T>() == size_of::<U>(), "registers of one size") };
    // SAFETY: the sizes are equal, and any bits are a value of either.
    unsafe { core::mem::transmute_copy(&bits) }
}

/// The bits of an element as another one of its size, which is known to the compiler: what an instruction takes.
#[inline(always)]
pub(crate) fn bits<E: Element, I: Element>(value: E) -> I {
    assert!(size_of::<E>() == size_of::<I>(), "elements of one size");
    // SAFETY: the sizes are equal, and any bits are an integer or a float.
    unsafe { core::mem::transmute_copy(&value) }
}
