//! One function, compiled for several instruction sets, chosen at run time.
#![allow(unsafe_code)]

/// A set of vector instructions that loops can be compiled for.
///
/// Ordered: a later one contains the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Isa {
    /// What the target guarantees; the compiler vectorises for that.
    Portable,
    /// AVX2 and FMA: 256 bits. `x86_64` only.
    Avx2,
    /// AVX-512 F, BW, DQ and VL: 512 bits. `x86_64` only.
    Avx512,
}

impl Isa {
    /// The best one that this processor has, capped by the environment variable `WINDOWS_ISA`
    /// (`portable`, `avx2` or `avx512`) for tests and measurements. Looked up once.
    ///
    /// Without the feature `std` there is no way to ask: [`Isa::Portable`].
    #[must_use]
    #[inline]
    pub fn best() -> Self {
        #[cfg(feature = "std")]
        {
            static BEST: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
            *BEST.get_or_init(|| match std::env::var("WINDOWS_ISA").as_deref() {
                Ok("portable") => Self::Portable,
                Ok("avx2") => Self::detect().min(Self::Avx2),
                _ => Self::detect(),
            })
        }
        #[cfg(not(feature = "std"))]
        Self::Portable
    }

    /// Whether this processor has it.
    #[must_use]
    pub fn is_available(self) -> bool {
        self <= Self::detect()
    }

    /// What this processor has. Asked once: a question a feature at every call would cost a short lane
    /// as much as its work.
    #[cfg(all(target_arch = "x86_64", feature = "std", not(miri)))]
    #[inline]
    fn detect() -> Self {
        use std::arch::is_x86_feature_detected as has;
        static DETECTED: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
        *DETECTED.get_or_init(|| {
            if !(has!("avx2") && has!("fma")) {
                return Self::Portable;
            }
            let wide = has!("avx512f") && has!("avx512bw") && has!("avx512dq");
            if wide && has!("avx512vl") { Self::Avx512 } else { Self::Avx2 }
        })
    }

    #[cfg(not(all(target_arch = "x86_64", feature = "std", not(miri))))]
    #[inline]
    fn detect() -> Self {
        Self::Portable
    }
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

/// Runs a computation with the vector instructions of `isa`, or of the best available one below it.
///
/// No operation changes: the compiler may use wider registers, but it neither reorders floating-point
/// sums nor fuses multiplications with additions, so every `isa` gives the same bits.
#[inline]
pub fn vectorized<V: Vectorized>(isa: Isa, computation: V) -> V::Output {
    #[cfg(target_arch = "x86_64")]
    {
        match isa.min(Isa::detect()) {
            // SAFETY: `detect` has seen AVX-512 F, BW, DQ, VL, AVX2 and FMA on this processor.
            Isa::Avx512 => return unsafe { enter::avx512(computation) },
            // SAFETY: `detect` has seen AVX2 and FMA on this processor.
            Isa::Avx2 => return unsafe { enter::avx2(computation) },
            Isa::Portable => {}
        }
    }
    let _ = isa;
    computation.run()
}

/// Entries for what is made for one instruction set: compiled for it and for no other, where [`vectorized`] compiles a
/// computation for every one.
pub mod enter {
    use super::Vectorized;

    /// Runs a computation compiled for [`Isa::Avx512`](super::Isa::Avx512).
    ///
    /// # Safety
    /// The instruction set is available.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    pub fn avx512<V: Vectorized>(computation: V) -> V::Output {
        computation.run()
    }

    /// Runs a computation compiled for [`Isa::Avx2`](super::Isa::Avx2).
    ///
    /// # Safety
    /// The instruction set is available.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    pub fn avx2<V: Vectorized>(computation: V) -> V::Output {
        computation.run()
    }
}
