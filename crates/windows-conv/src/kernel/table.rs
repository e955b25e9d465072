//! The kernels of an instruction set for an element: one line a pair of them.

use std::ops::Range;

use windows_core::kernel::Isa;

use super::element::Input;
use super::job::Job;
use super::lanes::Lanes;
use super::scalar::Scalar;
use super::{depthwise, gemm, wide, winograd};
use crate::band::{Band, Bands};
use crate::square::Squares;

/// What a plan may call. The functions are safe to call where the instruction set is available, on what each says.
#[derive(Debug)]
pub struct Kernels<X: Input> {
    pub(crate) isa: Isa,
    pub(crate) tiles: TileSize,
    /// Channels, from the first one of a panel on, of a block of pixels.
    pub(crate) by_pixels: unsafe fn(&mut Job<'_, X>, Range<usize>, Range<usize>),
    pub(crate) pack_strip: unsafe fn(&mut Job<'_, X>, &Bands, &Band),
    /// Channels of a band whose strip is packed.
    pub(crate) by_channels: unsafe fn(&mut Job<'_, X>, &Bands, &Band, Range<usize>),
    /// Nothing for elements that are packed in pairs: no kernel is compiled that no plan takes.
    plain: Option<PlainKernels<X>>,
}

/// Those of inputs whose elements are lanes.
#[derive(Debug)]
pub(crate) struct PlainKernels<X: Input> {
    pub transform: unsafe fn(&mut Job<'_, X>, &Squares, &Band),
    /// Channels of a band that is transformed.
    pub by_squares: unsafe fn(&mut Job<'_, X>, &Squares, &Band, Range<usize>),
    pub depthwise_rows: unsafe fn(depthwise::Rows<'_, X::Lane>),
    pub depthwise_channels: unsafe fn(depthwise::Channels<'_, X::Lane>),
}

impl<X: Input> Kernels<X> {
    pub(crate) const fn of<S: Lanes<X::Lane>>() -> Self {
        Self {
            isa: S::ISA,
            tiles: TileSize::of::<X::Lane, S>(),
            by_pixels: gemm::by_pixels::<X, S>,
            pack_strip: wide::pack_strip::<X, S>,
            by_channels: wide::by_channels::<X, S>,
            plain: match X::PLAIN {
                true => Some(PlainKernels {
                    transform: winograd::transform::<X, S>,
                    by_squares: winograd::by_squares::<X, S>,
                    depthwise_rows: depthwise::rows::<X::Lane, S>,
                    depthwise_channels: depthwise::channels::<X::Lane, S>,
                }),
                false => None,
            },
        }
    }

    pub(crate) fn plain(&self) -> &PlainKernels<X> {
        self.plain.as_ref().expect("planning takes these for plain elements alone")
    }
}

/// The kernels of every instruction set for inputs of this element, the best one first.
macro_rules! kernels {
    ($input:ty) => {
        &[
            #[cfg(target_arch = "x86_64")]
            Kernels::of::<windows_simd::Avx512>(),
            #[cfg(target_arch = "x86_64")]
            Kernels::of::<windows_simd::Avx2>(),
            Kernels::of::<windows_simd::Portable>(),
        ]
    };
}
pub(crate) use kernels;

/// The tiles of an instruction set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TileSize {
    /// Lanes of a register.
    pub width: usize,
    /// Registers of pixels, with pixels along the lanes, and channels.
    pub vectors: usize,
    pub rows: usize,
    /// Registers of channels, with channels along the lanes, and pixels.
    pub wide: usize,
    pub pixels: usize,
}

impl TileSize {
    pub(crate) const fn of<T: Scalar, S: Lanes<T>>() -> Self {
        Self {
            width: S::WIDTH,
            vectors: S::VECTORS,
            rows: S::ROWS,
            wide: S::WIDE,
            pixels: S::PIXELS,
        }
    }

    /// Channels of a full panel.
    pub(crate) fn panel(self, channel_lanes: bool) -> usize {
        if channel_lanes { self.width * self.wide } else { self.rows }
    }

    /// What is broadcast, times the lanes.
    pub(crate) fn tile(self, channel_lanes: bool) -> (usize, usize) {
        match channel_lanes {
            true => (self.pixels, self.width * self.wide),
            false => (self.rows, self.width * self.vectors),
        }
    }

    /// Channels that panels are padded to: whole rows, or whole registers.
    pub(crate) fn padded(self, channel_lanes: bool, channels: usize) -> usize {
        channels.next_multiple_of(if channel_lanes { self.width } else { self.rows })
    }
}
