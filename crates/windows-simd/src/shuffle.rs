//! Bytes of interleaved pixels, picked apart by the processor's byte shuffle.
//!
//! The compiler makes of that loop one extraction and one insertion a byte.

use crate::Isa;

/// Pixels that are picked apart at once.
const PIXELS: usize = 16;

/// A token: this processor has `pshufb` (SSSE3, implied by AVX2).
#[derive(Clone, Copy, Debug)]
pub struct ByteShuffle(());

impl ByteShuffle {
    /// If `isa` has it, and the processor has `isa`.
    #[must_use]
    #[inline]
    pub fn new(isa: Isa) -> Option<Self> {
        // Its twin for the interpreter needs no instruction.
        let there = cfg!(miri) || isa.contains(Isa::AVX2) && isa.is_available();
        there.then_some(Self(()))
    }

    /// The three channels of sixteen pixels.
    #[must_use]
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    #[inline(always)]
    pub fn part(self, pixels: &[u8; 3 * PIXELS]) -> [[u8; PIXELS]; 3] {
        // SAFETY: a `ByteShuffle` is made only where AVX2 was seen, which contains SSSE3.
        unsafe { part(pixels) }
    }

    /// The three channels of sixteen pixels.
    #[must_use]
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    pub fn part(self, pixels: &[u8; 3 * PIXELS]) -> [[u8; PIXELS]; 3] {
        core::array::from_fn(|channel| core::array::from_fn(|at| pixels[3 * at + channel]))
    }
}

/// For each channel and each vector of pixels, where its bytes go: those of other vectors are 0.
#[cfg(all(target_arch = "x86_64", not(miri)))]
static PLACES: [[[u8; PIXELS]; 3]; 3] = {
    let mut places = [[[0x80; PIXELS]; 3]; 3];
    let mut channel = 0;
    while channel < 3 {
        let mut at = 0;
        while at < PIXELS {
            let byte = 3 * at + channel;
            places[channel][byte / PIXELS][at] = (byte % PIXELS) as u8;
            at += 1;
        }
        channel += 1;
    }
    places
};

/// # Safety
/// The processor has SSSE3.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
#[target_feature(enable = "ssse3")]
fn part(pixels: &[u8; 3 * PIXELS]) -> [[u8; PIXELS]; 3] {
    use core::arch::x86_64::{__m128i, _mm_or_si128, _mm_shuffle_epi8};

    let vector = |bytes: [u8; PIXELS]| {
        // SAFETY: both are sixteen bytes, and any sixteen bytes are a value of either.
        unsafe { core::mem::transmute::<[u8; PIXELS], __m128i>(bytes) }
    };
    let bytes = |vector: __m128i| {
        // SAFETY: as above.
        unsafe { core::mem::transmute::<__m128i, [u8; PIXELS]>(vector) }
    };
    let (parts, _) = pixels.as_chunks::<PIXELS>();
    let (first, second, third) = (vector(parts[0]), vector(parts[1]), vector(parts[2]));
    let channel = |places: &[[u8; PIXELS]; 3]| {
        let first = _mm_shuffle_epi8(first, vector(places[0]));
        let second = _mm_shuffle_epi8(second, vector(places[1]));
        let third = _mm_shuffle_epi8(third, vector(places[2]));
        bytes(_mm_or_si128(first, _mm_or_si128(second, third)))
    };
    [channel(&PLACES[0]), channel(&PLACES[1]), channel(&PLACES[2])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_goes_to_its_channel() {
        let pixels: [u8; 48] = core::array::from_fn(|at| at as u8 ^ 0xa5);
        let Some(shuffle) = ByteShuffle::new(Isa::AVX2) else { return };
        for (channel, bytes) in shuffle.part(&pixels).iter().enumerate() {
            for (at, &byte) in bytes.iter().enumerate() {
                assert_eq!(byte, pixels[3 * at + channel]);
            }
        }
    }
}
