//! Instruction sets as capabilities.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

/// The vector instructions that code may use: a level, and optional capabilities on top of it.
///
/// A set and not an order: AVX2 and NEON have no greater one between them. [`Isa::cap`] is the intersection,
/// [`Isa::contains`] the question.
///
/// In text a level is followed by its options: `avx512+vnni+bf16`.
///
/// | level | what it means | options |
/// | --- | --- | --- |
/// | `portable` | what the target guarantees | |
/// | `avx2` | AVX2 and FMA | `+vnni` (AVX-VNNI) |
/// | `avx512` | AVX-512 F, BW, DQ and VL, and all of `avx2` | `+vnni` (AVX512-VNNI), `+bf16` |
/// | `neon` | Advanced SIMD of AArch64 | `+dotprod` |
/// | `simd128` | WebAssembly's vectors | |
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Isa(u16);

/// Levels. One that contains another stands before it.
const LEVELS: [Isa; 5] = [Isa::AVX512, Isa::AVX2, Isa::NEON, Isa::SIMD128, Isa::PORTABLE];

/// Options of levels by name.
const OPTIONS: [(Isa, &str, Isa); 4] = [
    (Isa::AVX2, "vnni", Isa::AVX2_VNNI),
    (Isa::AVX512, "vnni", Isa::AVX512_VNNI),
    (Isa::AVX512, "bf16", Isa::AVX512_BF16),
    (Isa::NEON, "dotprod", Isa::NEON_DOTPROD),
];

impl Isa {
    /// What the target guarantees; the compiler vectorises for that.
    pub const PORTABLE: Self = Self(0);
    /// AVX2 and FMA: 256 bits. `x86_64` only.
    pub const AVX2: Self = Self(1);
    /// AVX-512 F, BW, DQ and VL: 512 bits. `x86_64` only.
    pub const AVX512: Self = Self(Self::AVX2.0 | 1 << 1);
    /// Advanced SIMD: 128 bits. `aarch64` only.
    pub const NEON: Self = Self(1 << 2);
    /// WebAssembly's vectors: 128 bits. `wasm32` only, and chosen when a module is compiled.
    pub const SIMD128: Self = Self(1 << 3);
    /// [`Isa::AVX2`] with the dot product of bytes.
    pub const AVX2_VNNI: Self = Self(Self::AVX2.0 | 1 << 4);
    /// [`Isa::AVX512`] with the dot product of bytes.
    pub const AVX512_VNNI: Self = Self(Self::AVX512.0 | 1 << 5);
    /// [`Isa::AVX512`] with the dot product of `bf16`.
    pub const AVX512_BF16: Self = Self(Self::AVX512.0 | 1 << 6);
    /// [`Isa::NEON`] with the dot product of bytes.
    pub const NEON_DOTPROD: Self = Self(Self::NEON.0 | 1 << 7);

    const AVX512_BOTH: Self = Self(Self::AVX512_VNNI.0 | Self::AVX512_BF16.0);

    /// Every set there is, on any processor.
    pub const ALL: [Self; 10] = [
        Self::PORTABLE,
        Self::AVX2,
        Self::AVX2_VNNI,
        Self::AVX512,
        Self::AVX512_VNNI,
        Self::AVX512_BF16,
        Self::AVX512_BOTH,
        Self::NEON,
        Self::NEON_DOTPROD,
        Self::SIMD128,
    ];

    /// The words that it is written as.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AVX2 => "avx2",
            Self::AVX2_VNNI => "avx2+vnni",
            Self::AVX512 => "avx512",
            Self::AVX512_VNNI => "avx512+vnni",
            Self::AVX512_BF16 => "avx512+bf16",
            Self::AVX512_BOTH => "avx512+vnni+bf16",
            Self::NEON => "neon",
            Self::NEON_DOTPROD => "neon+dotprod",
            Self::SIMD128 => "simd128",
            _ => "portable",
        }
    }

    /// The best one that this processor has, capped by the environment variable `WINDOWS_ISA` for tests and
    /// measurements. Looked up once.
    ///
    /// `WINDOWS_ISA` is written as an [`Isa`] is: a level alone is that level without options. What is not written
    /// so is ignored here; [`Isa::from_env`] says what is wrong with it.
    ///
    /// Without the feature `std` there is no way to ask: what the target guarantees.
    #[must_use]
    #[inline]
    pub fn best() -> Self {
        #[cfg(feature = "std")]
        {
            static BEST: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
            *BEST.get_or_init(|| match Self::from_env() {
                Ok(Some(cap)) => Self::detected().cap(cap),
                _ => Self::detected().canonical(),
            })
        }
        #[cfg(not(feature = "std"))]
        Self::detected().canonical()
    }

    /// What the environment variable `WINDOWS_ISA` caps instructions to. `None` if it is not set.
    ///
    /// # Errors
    /// If it names no instruction set.
    #[cfg(feature = "std")]
    pub fn from_env() -> Result<Option<Self>, IsaError> {
        match std::env::var_os("WINDOWS_ISA") {
            None => Ok(None),
            Some(text) => text.to_string_lossy().parse().map(Some),
        }
    }

    /// Whether this processor has all of it.
    #[must_use]
    #[inline]
    pub fn is_available(self) -> bool {
        Self::detected().contains(self)
    }

    /// The sets that this processor has, the portable one first.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|isa| isa.is_available())
    }

    /// Whether it has all capabilities of another one.
    #[must_use]
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What both of them have.
    #[must_use]
    #[inline]
    pub fn cap(self, other: Self) -> Self {
        Self(self.0 & other.0).canonical()
    }

    /// Its level, without options.
    #[must_use]
    #[inline]
    pub fn level(self) -> Self {
        LEVELS.into_iter().find(|level| self.contains(*level)).unwrap_or(Self::PORTABLE)
    }

    /// A level and the options of that level: processors have options of lower levels as well.
    fn canonical(self) -> Self {
        let level = self.level();
        let options = OPTIONS.iter().filter(|(of, _, isa)| *of == level && self.contains(*isa));
        Self(options.fold(level.0, |bits, (.., isa)| bits | isa.0))
    }

    /// All that this processor has. Asked once: a question a feature at every call would cost a short run as much
    /// as its work.
    #[cfg(all(target_arch = "x86_64", feature = "std", not(miri)))]
    #[inline]
    fn detected() -> Self {
        use std::arch::is_x86_feature_detected as has;
        static DETECTED: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
        *DETECTED.get_or_init(|| {
            let mut all = Self::PORTABLE;
            if !(has!("avx2") && has!("fma")) {
                return all;
            }
            let wide = has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
            for (isa, there) in [
                (Self::AVX2, true),
                (Self::AVX2_VNNI, has!("avxvnni")),
                (Self::AVX512, wide),
                (Self::AVX512_VNNI, wide && has!("avx512vnni")),
                (Self::AVX512_BF16, wide && has!("avx512bf16")),
            ] {
                all.0 |= if there { isa.0 } else { 0 };
            }
            all
        })
    }

    #[cfg(all(target_arch = "aarch64", target_endian = "little", feature = "std", not(miri)))]
    #[inline]
    fn detected() -> Self {
        use std::arch::is_aarch64_feature_detected as has;
        static DETECTED: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
        *DETECTED.get_or_init(|| match (has!("neon"), has!("dotprod")) {
            (true, true) => Self::NEON_DOTPROD,
            (true, false) => Self::NEON,
            (false, _) => Self::PORTABLE,
        })
    }

    #[cfg(not(all(
        any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")),
        feature = "std",
        not(miri)
    )))]
    #[inline]
    fn detected() -> Self {
        if cfg!(all(target_arch = "wasm32", target_feature = "simd128")) {
            Self::SIMD128
        } else {
            Self::PORTABLE
        }
    }
}

/// `avx512+vnni`.
impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Isa {
    type Err = IsaError;

    fn from_str(text: &str) -> Result<Self, IsaError> {
        let mut words = text.split('+');
        let level = words.next().unwrap_or_default();
        let Some(level) = LEVELS.into_iter().find(|isa| isa.name() == level) else {
            return Err(IsaError { word: level.into(), level: None });
        };
        words.try_fold(level, |isa, word| {
            let option = OPTIONS.iter().find(|(of, name, _)| *of == level && *name == word);
            let (.., option) =
                option.ok_or_else(|| IsaError { word: word.into(), level: Some(level) })?;
            Ok(Self(isa.0 | option.0))
        })
    }
}

/// A word that is no instruction set, or no option of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsaError {
    word: String,
    /// The level whose option it was meant to be.
    level: Option<Isa>,
}

impl fmt::Display for IsaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(level) = self.level else {
            write!(f, "`{}` is no instruction set:", self.word)?;
            return LEVELS
                .iter()
                .rev()
                .enumerate()
                .try_for_each(|(i, level)| write!(f, "{} {level}", if i > 0 { "," } else { "" }));
        };
        write!(f, "`{level}` has no option `+{}`:", self.word)?;
        let mut options = OPTIONS.iter().filter(|(of, ..)| *of == level).peekable();
        if options.peek().is_none() {
            return f.write_str(" it has none");
        }
        options.try_for_each(|(_, name, _)| write!(f, " +{name}"))
    }
}

impl core::error::Error for IsaError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// No other way leads there on a processor that has not both.
    #[test]
    fn options_of_lower_levels_are_left_out() {
        let both = Isa(Isa::AVX2_VNNI.0 | Isa::AVX512_VNNI.0);
        assert_eq!(both.canonical().0, Isa::AVX512_VNNI.0);
        assert_eq!(both.cap(Isa::AVX2_VNNI).0, Isa::AVX2_VNNI.0);
        assert_eq!(both.cap(Isa::AVX2).0, Isa::AVX2.0);
    }
}
