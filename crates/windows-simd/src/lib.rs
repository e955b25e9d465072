//! One vector vocabulary for every processor.
//!
//! A kernel is written once, over a set of vector instructions `S`, and names the operations that it needs:
//!
//! ```
//! use windows_simd::{Compute, Extreme, Isa, dispatch};
//!
//! /// The element-wise maximum of two runs, into the first one.
//! struct Greatest<'a>(&'a mut [u8], &'a [u8]);
//!
//! impl<S: Extreme<u8>> Compute<S> for Greatest<'_> {
//!     type Output = ();
//!
//!     #[inline(always)]
//!     fn run(self, simd: S) {
//!         let width = S::width::<u8>();
//!         for (left, right) in self.0.chunks_mut(width).zip(self.1.chunks(width)) {
//!             let (a, b) = (simd.read_part(left), simd.read_part(right));
//!             simd.write_part(left, simd.first_of_greatest(a, b));
//!         }
//!     }
//! }
//!
//! let mut left: Vec<u8> = (0..100).collect();
//! let right: Vec<u8> = (0..100).rev().collect();
//! dispatch(Isa::best(), Greatest(&mut left, &right));
//! assert!(left.iter().enumerate().all(|(i, &max)| usize::from(max) == i.max(99 - i)));
//! ```
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Isa`] | which instructions there are: a set of capabilities, cut by intersection |
//! | [`Portable`], `Avx2`, `Avx512`, `Neon`, `Simd128` | tokens: values that only detection makes, so that having one is the proof |
//! | [`Simd`] | registers and memory, the same for every element; [`Moves`], [`EverySecond`], [`Transpose`] move elements |
//! | [`Extreme`], [`Arithmetic`], [`MulAdd`], [`PairsDot`], [`Dot4`], [`Widen`], [`Narrow`], [`Convert`], [`Bytes`] | what is computed: a kernel asks for what it needs, and no set has an operation that it cannot do |
//! | [`Compute`], [`dispatch()`] | a kernel, and the safe way into it: *exact entry*, compiled for each set with the features of that set alone |
//! | [`Vectorized`], [`vectorized`] | one plain loop without registers, compiled for every set |
//! | [`copies`], [`fetch()`] | bytes of any type by a mask or past the caches, and what is asked for ahead |
//!
//! # What differs between sets
//!
//! Integers, maxima, minima and moves give the same bits everywhere. Two things do not:
//!
//! | | portable | avx2, avx512 | neon | simd128 |
//! | --- | --- | --- | --- | --- |
//! | bytes of a register | 32 | 32, 64 | 16 | 16 |
//! | registers | 16 | 16, 32 | 32 | 16 |
//! | `mul_add` of floats | two roundings | fused | fused | two roundings |
//! | greatest of floats | `if b > a` | `maxps(b, a)` | compare, select | `pmax(a, b)` |
//! | `+vnni`, `+dotprod`: [`Dot4`] | widened | `vpdpbusd` | `sdot` | widened |
//!
//! # Safety
//!
//! Operations on registers are safe on a token. Operations on pointers are `unsafe`, and each says which elements it
//! touches; [`Simd::read`] and its like take slices, for crates that forbid unsafe code. Every method is
//! `#[inline(always)]`, so that it is compiled for the set whose [`Simd::enter`] the kernel was called through.
//! Kernels must be as well, and keep to loops: a closure is a function of its own, and is compiled for the baseline
//! where it is not inlined.
#![no_std]
#![allow(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

/// Runs instructions of a set whose token is at hand, and which ask for nothing but the set.
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
macro_rules! with {
    ($token:expr, $instructions:expr) => {{
        let _: Self = $token;
        // SAFETY: a token exists only where the processor has the instructions of its set.
        unsafe { $instructions }
    }};
}

/// Elements and sets are those that are here: unsafe code relies on what they are made of.
mod sealed {
    pub trait Sealed {}
}

pub mod copies;
mod dispatch;
mod element;
mod fetch;
mod isa;
mod operations;
mod portable;
mod shuffle;
mod simd;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon;
#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little"),
    all(target_arch = "wasm32", target_feature = "simd128")
))]
mod partial;
#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little"),
    all(target_arch = "wasm32", target_feature = "simd128")
))]
mod register;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

pub use dispatch::{Compute, Plain, Vectorized, dispatch, vectorized};
pub use element::{Element, WideElement};
pub use fetch::fetch;
pub use isa::{Isa, IsaError};
pub use operations::{Arithmetic, Bytes, Convert, Dot4, Extreme, MulAdd, Narrow, PairsDot, Widen};
pub use portable::Portable;
pub use shuffle::ByteShuffle;
pub use simd::{EverySecond, Moves, Simd, Transpose};

#[cfg(target_arch = "x86_64")]
pub use avx2::{Avx2, Avx2Vnni, Avx2With};
#[cfg(target_arch = "x86_64")]
pub use avx512::{Avx512, Avx512Vnni, Avx512With};
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub use neon::{Neon, NeonDotprod, NeonWith};
#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little"),
    all(target_arch = "wasm32", target_feature = "simd128")
))]
pub use register::{Mask, Register, Span};
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use simd128::Simd128;
