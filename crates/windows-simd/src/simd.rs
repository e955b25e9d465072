//! What every set of vector instructions has: registers, memory, and moves of elements.

use core::fmt::Debug;

use crate::{Compute, Element, Isa, WideElement, sealed};

/// A set of vector instructions that this processor has. A token of no size: to have one is the proof.
///
/// The elements of a register are numbered from 0, which lies first in memory.
pub trait Simd: Copy + Debug + Send + Sync + sealed::Sealed + 'static {
    /// A register of elements.
    type V<E: Element>: Copy + Debug;
    /// Neighbouring elements of a register, for partial loads and stores.
    type M<E: Element>: Copy + Debug;

    /// The capabilities of the set.
    const ISA: Isa;
    /// The set as [`Isa`] prints it.
    const NAME: &'static str;
    /// Bytes of a register.
    const BYTES: usize;
    /// Registers there are.
    const REGISTERS: usize;

    /// A token, without a look at the processor.
    ///
    /// # Safety
    /// The processor has all of [`Simd::ISA`].
    unsafe fn new_unchecked() -> Self;

    /// A token, if the processor has the set.
    #[must_use]
    #[inline]
    fn detect() -> Option<Self> {
        // SAFETY: the processor has been asked.
        Self::ISA.is_available().then(|| unsafe { Self::new_unchecked() })
    }

    /// A token, if `isa` and the processor have the set.
    #[must_use]
    #[inline]
    fn within(isa: Isa) -> Option<Self> {
        if isa.contains(Self::ISA) { Self::detect() } else { None }
    }

    /// Runs a computation, compiled for this set and for no other.
    fn enter<C: Compute<Self>>(self, computation: C) -> C::Output;

    /// Elements of a register.
    #[must_use]
    #[inline(always)]
    fn width<E: Element>() -> usize {
        Self::BYTES / size_of::<E>()
    }

    /// The same value in every element.
    fn splat<E: Element>(self, value: E) -> Self::V<E>;
    /// The same bits as other elements.
    fn cast<E: Element, F: Element>(self, vector: Self::V<E>) -> Self::V<F>;
    /// Bits that are set in both.
    fn and<E: Element>(self, a: Self::V<E>, b: Self::V<E>) -> Self::V<E>;
    /// Bits that are set in either. Merges registers of which each element is zero in one.
    fn or<E: Element>(self, a: Self::V<E>, b: Self::V<E>) -> Self::V<E>;
    /// Bits that are set in one.
    fn xor<E: Element>(self, a: Self::V<E>, b: Self::V<E>) -> Self::V<E>;

    /// A register from memory.
    ///
    /// # Safety
    /// `width` elements at `from` are readable, at any alignment.
    #[inline(always)]
    unsafe fn load<E: Element>(self, from: *const E) -> Self::V<E> {
        // SAFETY: the caller's promise; any bits are a register.
        unsafe { from.cast::<Self::V<E>>().read_unaligned() }
    }

    /// A register to memory.
    ///
    /// # Safety
    /// `width` elements at `to` are writable, at any alignment.
    #[inline(always)]
    unsafe fn store<E: Element>(self, to: *mut E, vector: Self::V<E>) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<Self::V<E>>().write_unaligned(vector) }
    }

    /// The elements `first..first + len` of those that a register has.
    fn mask<E: Element>(self, first: usize, len: usize) -> Self::M<E>;

    /// Element `i` of the mask from `from + i`; the others are zero.
    ///
    /// # Safety
    /// The elements of the mask are readable. Nothing else is touched: `from` itself may lie outside of the data.
    unsafe fn load_masked<E: Element>(self, from: *const E, mask: Self::M<E>) -> Self::V<E>;

    /// Element `i` of the mask from `from + i`; the others from a register.
    ///
    /// # Safety
    /// As [`Simd::load_masked`].
    unsafe fn load_masked_or<E: Element>(
        self,
        from: *const E,
        mask: Self::M<E>,
        other: Self::V<E>,
    ) -> Self::V<E>;

    /// Element `i` of the mask to `to + i`.
    ///
    /// # Safety
    /// The elements of the mask are writable. Nothing else is touched: `to` itself may lie outside of the data.
    unsafe fn store_masked<E: Element>(self, to: *mut E, mask: Self::M<E>, vector: Self::V<E>);

    /// The first `len` elements from memory, the others from a register. A `len` beyond the width is the width.
    ///
    /// # Safety
    /// As many elements are readable. Nothing else is touched.
    #[inline(always)]
    unsafe fn load_first<E: Element>(
        self,
        from: *const E,
        len: usize,
        other: Self::V<E>,
    ) -> Self::V<E> {
        // SAFETY: the caller's promise: these elements are the mask.
        unsafe { self.load_masked_or(from, self.mask::<E>(0, len), other) }
    }

    /// The first `len` elements to memory. A `len` beyond the width is the width.
    ///
    /// # Safety
    /// As many elements are writable. Nothing else is touched.
    #[inline(always)]
    unsafe fn store_first<E: Element>(self, to: *mut E, len: usize, vector: Self::V<E>) {
        // SAFETY: the caller's promise: these elements are the mask.
        unsafe { self.store_masked(to, self.mask::<E>(0, len), vector) }
    }

    /// A register to memory, past the caches where the set can. [`Simd::fence`] must follow the last one, before
    /// another thread may look.
    ///
    /// # Safety
    /// `width` elements at `to` are writable, and `to` is a multiple of [`Simd::BYTES`].
    #[inline(always)]
    unsafe fn store_streaming<E: Element>(self, to: *mut E, vector: Self::V<E>) {
        // SAFETY: the caller's promise.
        unsafe { self.store(to, vector) }
    }

    /// Orders stores past the caches before what follows.
    #[inline(always)]
    fn fence(self) {}

    /// Asks for what is read or written soon. Any address: nothing is read.
    #[inline(always)]
    fn prefetch<E>(self, from: *const E) {
        let _ = from;
    }

    /// The first elements of a slice.
    ///
    /// # Panics
    /// If there are fewer than a register has.
    #[inline(always)]
    fn read<E: Element>(self, from: &[E]) -> Self::V<E> {
        let from = &from[..Self::width::<E>()];
        // SAFETY: the slice has the elements of a register.
        unsafe { self.load(from.as_ptr()) }
    }

    /// A register to the first elements of a slice.
    ///
    /// # Panics
    /// If there are fewer than a register has.
    #[inline(always)]
    fn write<E: Element>(self, to: &mut [E], vector: Self::V<E>) {
        let to = &mut to[..Self::width::<E>()];
        // SAFETY: the slice has the elements of a register.
        unsafe { self.store(to.as_mut_ptr(), vector) }
    }

    /// As many elements of a slice as there are, at most a register; zero behind them.
    #[inline(always)]
    fn read_part<E: Element>(self, from: &[E]) -> Self::V<E> {
        if from.len() >= Self::width::<E>() {
            return self.read(from);
        }
        // SAFETY: the elements of the mask are those of the slice.
        unsafe { self.load_masked(from.as_ptr(), self.mask::<E>(0, from.len())) }
    }

    /// As many elements as a slice has room for, at most a register.
    #[inline(always)]
    fn write_part<E: Element>(self, to: &mut [E], vector: Self::V<E>) {
        if to.len() >= Self::width::<E>() {
            return self.write(to, vector);
        }
        // SAFETY: the elements of the mask are those of the slice.
        unsafe { self.store_first(to.as_mut_ptr(), to.len(), vector) }
    }
}

/// Moves of elements inside and between registers, by their size alone.
pub trait Moves: Simd {
    /// The elements from `by` on, and behind them the first ones of `next`. `by` is a power of two, at most half
    /// of the width, and known to the compiler.
    fn ahead<E: Element>(self, this: Self::V<E>, by: usize, next: Self::V<E>) -> Self::V<E>;

    /// The last element of `before`, and behind it all but the last of `this`.
    fn behind<E: Element>(self, this: Self::V<E>, before: Self::V<E>) -> Self::V<E>;

    /// The even elements of two registers, and the odd ones, in an order that [`Moves::in_order`] undoes.
    fn part<E: Element>(self, this: Self::V<E>, next: Self::V<E>) -> (Self::V<E>, Self::V<E>);

    /// The order of memory, of what [`Moves::part`] made.
    fn in_order<E: Element>(self, mixed: Self::V<E>) -> Self::V<E>;
}

/// Loads of every second element.
pub trait EverySecond: Simd {
    /// Neighbouring elements of a register, for a load of every second element.
    type Second<E: WideElement>: Copy + Debug;

    /// The elements `first..first + len` of those that a register has.
    fn second<E: WideElement>(self, first: usize, len: usize) -> Self::Second<E>;

    /// Element `i` of the mask from `from + 2 i`; the others are zero.
    ///
    /// # Safety
    /// As [`Simd::load_masked`]. Elements between those of the mask are not touched, nor is one behind the last.
    unsafe fn load_every_second<E: WideElement>(
        self,
        from: *const E,
        mask: Self::Second<E>,
    ) -> Self::V<E>;
}

/// Blocks turned over.
pub trait Transpose: Simd {
    /// `to[column to_row + row] = from[row from_row + column]`, for at most `width` rows and columns.
    ///
    /// # Safety
    /// Each of the `rows` rows of `from` has `width` readable elements, whatever `columns` is; the first `rows`
    /// elements of each of the `columns` rows of `to` are writable.
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

/// [`Transpose::transpose`], an element at a time, of any number of rows and columns.
///
/// # Safety
/// Each row of `from` has `columns` readable elements, each of `to` has `rows` writable ones.
#[inline(always)]
pub(crate) unsafe fn one_by_one<E: Element>(
    from: *const E,
    from_row: usize,
    rows: usize,
    to: *mut E,
    to_row: isize,
    columns: usize,
) {
    for column in 0..columns {
        let to = to.wrapping_offset(column as isize * to_row);
        for row in 0..rows {
            // SAFETY: the caller's promise.
            unsafe { to.add(row).write(from.add(row * from_row + column).read()) };
        }
    }
}
