//! The safe ways into code that is compiled for an instruction set.

use crate::{Isa, Portable, Simd};

/// A computation on the registers of a set.
///
/// `run` must be `#[inline(always)]`, or it is compiled for the target's baseline whatever was entered.
pub trait Compute<S: Simd> {
    /// What it computes.
    type Output;

    /// Computes it.
    fn run(self, simd: S) -> Self::Output;
}

/// A computation that [`vectorized`] compiles once per instruction set.
///
/// `run` must be `#[inline(always)]`, or it is compiled for the target's baseline whatever was chosen.
pub trait Vectorized {
    /// What it computes.
    type Output;

    /// Computes it.
    fn run(self) -> Self::Output;
}

/// A plain loop: it needs a set's features, and none of its registers. For who enters one set and not every one.
#[derive(Clone, Copy, Debug)]
pub struct Plain<V>(pub V);

impl<V: Vectorized, S: Simd> Compute<S> for Plain<V> {
    type Output = V::Output;

    #[inline(always)]
    fn run(self, _: S) -> V::Output {
        self.0.run()
    }
}

/// Runs a computation with the vector instructions of `isa`, or of the best available level in it.
///
/// No operation changes: the compiler may use wider registers, but it neither reorders floating-point
/// sums nor fuses multiplications with additions, so every `isa` gives the same bits.
#[inline]
pub fn vectorized<V: Vectorized>(isa: Isa, computation: V) -> V::Output {
    dispatch(isa, Plain(computation))
}

/// Runs a computation on the registers of the best available level in `isa`.
///
/// Options of the level are not entered: what gains from them asks for the token of the option.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn dispatch<C, O>(isa: Isa, computation: C) -> O
where
    C: Compute<Portable, Output = O>
        + Compute<crate::Avx2, Output = O>
        + Compute<crate::Avx512, Output = O>,
{
    if let Some(simd) = crate::Avx512::within(isa) {
        return simd.enter(computation);
    }
    if let Some(simd) = crate::Avx2::within(isa) {
        return simd.enter(computation);
    }
    Portable::NEW.enter(computation)
}

/// Runs a computation on the registers of the best available level in `isa`.
///
/// Options of the level are not entered: what gains from them asks for the token of the option.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
#[inline]
pub fn dispatch<C, O>(isa: Isa, computation: C) -> O
where
    C: Compute<Portable, Output = O> + Compute<crate::Neon, Output = O>,
{
    if let Some(simd) = crate::Neon::within(isa) {
        return simd.enter(computation);
    }
    Portable::NEW.enter(computation)
}

/// Runs a computation on the registers of the best available level in `isa`.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline]
pub fn dispatch<C, O>(isa: Isa, computation: C) -> O
where
    C: Compute<Portable, Output = O> + Compute<crate::Simd128, Output = O>,
{
    if let Some(simd) = crate::Simd128::within(isa) {
        return simd.enter(computation);
    }
    Portable::NEW.enter(computation)
}

/// Runs a computation on the registers of the best available level in `isa`: here there is one.
#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little"),
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
#[inline]
pub fn dispatch<C, O>(_: Isa, computation: C) -> O
where
    C: Compute<Portable, Output = O>,
{
    Portable::NEW.enter(computation)
}
