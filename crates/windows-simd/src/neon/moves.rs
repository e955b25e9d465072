//! Moves of elements on Advanced SIMD.

use core::arch::aarch64::*;

use super::option::OfNeon;
use super::{NeonWith, Q};
use crate::register::{Mask, Register, Span};
use crate::simd::one_by_one;
use crate::{Element, EverySecond, Moves, Simd, Transpose, WideElement};

impl<O: OfNeon> Moves for NeonWith<O> {
    #[inline(always)]
    fn ahead<E: Element>(self, this: Q<E>, by: usize, next: Q<E>) -> Q<E> {
        let (this, next) = (this.0, next.0);
        with!(
            self,
            Register::of(match by * size_of::<E>() {
                8 => vextq_u8::<8>(this, next),
                4 => vextq_u8::<4>(this, next),
                2 => vextq_u8::<2>(this, next),
                _ => vextq_u8::<1>(this, next),
            })
        )
    }

    #[inline(always)]
    fn behind<E: Element>(self, this: Q<E>, before: Q<E>) -> Q<E> {
        let (this, before) = (this.0, before.0);
        with!(
            self,
            Register::of(match size_of::<E>() {
                8 => vextq_u8::<8>(before, this),
                4 => vextq_u8::<12>(before, this),
                2 => vextq_u8::<14>(before, this),
                _ => vextq_u8::<15>(before, this),
            })
        )
    }

    #[inline(always)]
    fn part<E: Element>(self, this: Q<E>, next: Q<E>) -> (Q<E>, Q<E>) {
        macro_rules! part {
            ($even:ident $odd:ident) => {{
                let even = Register::of($even(this.get(), next.get()));
                (even, Register::of($odd(this.get(), next.get())))
            }};
        }
        with!(
            self,
            match size_of::<E>() {
                1 => part!(vuzp1q_u8 vuzp2q_u8),
                2 => part!(vuzp1q_u16 vuzp2q_u16),
                4 => part!(vuzp1q_u32 vuzp2q_u32),
                _ => part!(vuzp1q_u64 vuzp2q_u64),
            }
        )
    }

    /// They are in order.
    #[inline(always)]
    fn in_order<E: Element>(self, mixed: Q<E>) -> Q<E> {
        mixed
    }
}

impl<O: OfNeon> EverySecond for NeonWith<O> {
    type Second<E: WideElement> = Mask<Span, E>;

    #[inline(always)]
    fn second<E: WideElement>(self, first: usize, len: usize) -> Mask<Span, E> {
        self.mask(first, len)
    }

    /// An element at a time: there are four at most.
    #[inline(always)]
    unsafe fn load_every_second<E: WideElement>(self, from: *const E, mask: Mask<Span, E>) -> Q<E> {
        let mut elements = [E::default(); 4];
        for i in mask.0.elements::<E>() {
            // SAFETY: the caller's promise for the elements of the mask.
            elements[i] = unsafe { from.wrapping_add(2 * i).read_unaligned() };
        }
        self.read(&elements)
    }
}

impl<O: OfNeon> Transpose for NeonWith<O> {
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
        if size_of::<E>() != 4 || rows < 4 {
            // SAFETY: the caller's promise.
            return unsafe { one_by_one(from, from_row, rows, to, to_row, columns) };
        }
        // SAFETY: the caller's promise; elements of a size are moved alike.
        unsafe {
            let from = from.cast::<u32>();
            let (a, b) = (vld1q_u32(from), vld1q_u32(from.add(from_row)));
            let (c, d) = (vld1q_u32(from.add(2 * from_row)), vld1q_u32(from.add(3 * from_row)));
            let (p, q) =
                (vreinterpretq_u64_u32(vtrn1q_u32(a, b)), vreinterpretq_u64_u32(vtrn2q_u32(a, b)));
            let (r, s) =
                (vreinterpretq_u64_u32(vtrn1q_u32(c, d)), vreinterpretq_u64_u32(vtrn2q_u32(c, d)));
            let turned = [vtrn1q_u64(p, r), vtrn1q_u64(q, s), vtrn2q_u64(p, r), vtrn2q_u64(q, s)];
            for column in 0..4 {
                if column < columns {
                    let to = to.wrapping_offset(column as isize * to_row);
                    self.store(to, Register::of(turned[column]));
                }
            }
        }
    }
}
