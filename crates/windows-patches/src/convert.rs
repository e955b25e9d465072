//! Blocks of pixels from one channel order to another, converted on the way.

use core::array;

use windows_simd::{ByteShuffle, Isa, Vectorized, vectorized};

/// What happens to a value on its way, by a factor and a bias of its channel.
///
/// The two are apart so that tables of them are: vector code loads what lies side by side.
pub(crate) trait Convert<S, D>: Sync {
    /// What a channel multiplies by.
    type Scale: Copy + Send + Sync;

    /// What a channel adds.
    type Bias: Copy + Send + Sync;

    /// What is done to a channel.
    fn channel(&self, channel: usize) -> (Self::Scale, Self::Bias);

    /// One value. Must be `#[inline(always)]`.
    fn convert(scale: Self::Scale, bias: Self::Bias, value: S) -> D;

    /// Sixteen pixels as planes. Must be `#[inline(always)]`.
    #[inline(always)]
    fn planes<const N: usize>(
        _: Option<ByteShuffle>,
        pixels: &[[S; N]; AT_ONCE],
    ) -> [[S; AT_ONCE]; N]
    where
        S: Copy,
    {
        picked(pixels)
    }
}

/// Pixels as planes, with constant distances between what is picked.
#[inline(always)]
fn picked<S: Copy, const N: usize>(pixels: &[[S; N]; AT_ONCE]) -> [[S; AT_ONCE]; N] {
    array::from_fn(|channel| array::from_fn(|at| pixels[at][channel]))
}

/// No conversion: values of any type as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copied;

impl<T: Copy> Convert<T, T> for Copied {
    type Scale = ();
    type Bias = ();

    fn channel(&self, _: usize) -> ((), ()) {
        ((), ())
    }

    #[inline(always)]
    fn convert((): (), (): (), value: T) -> T {
        value
    }
}

/// A sample of an image: `u8`, `u16` or `f32`, by way of `f32`.
pub trait Sample: Copy + Default + Send + Sync + 'static {
    /// One over the value that means full intensity: 255, 65535 or 1.
    const UNIT: f64;

    /// As `f32`, exactly.
    fn to_f32(self) -> f32;

    /// The nearest value there is, halves to even; what is not a number is 0 for integers.
    fn from_f32(value: f32) -> Self;

    #[doc(hidden)]
    #[inline(always)]
    fn planes<const N: usize>(
        _: Option<ByteShuffle>,
        pixels: &[[Self; N]; AT_ONCE],
    ) -> [[Self; AT_ONCE]; N] {
        picked(pixels)
    }
}

impl Sample for f32 {
    const UNIT: f64 = 1.0;

    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }

    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        value
    }
}

macro_rules! integer_sample {
    ($($integer:ty { $($planes:item)? })*) => { $(
        impl Sample for $integer {
            const UNIT: f64 = 1.0 / <$integer>::MAX as f64;

            #[inline(always)]
            fn to_f32(self) -> f32 {
                f32::from(self)
            }

            #[inline(always)]
            fn from_f32(value: f32) -> Self {
                // Added to a number so large that its last bit is 1, a fraction is rounded away by the
                // processor itself; what is left over is exact. `max` first: it drops what is no number.
                const LARGE: f32 = (1_u32 << 23) as f32;
                let inside = value.max(0.0).min(<$integer>::MAX as f32);
                ((inside + LARGE) - LARGE) as Self
            }

            $($planes)?
        }
    )* };
}

integer_sample! {
    u8 {
        #[inline(always)]
        fn planes<const N: usize>(
            shuffle: Option<ByteShuffle>,
            pixels: &[[u8; N]; AT_ONCE],
        ) -> [[u8; AT_ONCE]; N] {
            match (shuffle, pixels.as_flattened().try_into()) {
                (Some(shuffle), Ok(bytes)) => {
                    let planes = shuffle.part(bytes);
                    array::from_fn(|channel| planes[channel])
                }
                _ => picked(pixels),
            }
        }
    }
    u16 {}
}

/// `value * scale + bias` in `f32`, per channel: two roundings, the same on every processor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Affine {
    channels: Vec<(f32, f32)>,
}

impl Affine {
    /// Scale and bias of each channel; of one alone, of all.
    #[must_use]
    pub(crate) fn new(channels: &[(f32, f32)]) -> Self {
        Self { channels: channels.to_vec() }
    }
}

impl<S: Sample, D: Sample> Convert<S, D> for Affine {
    type Scale = f32;
    type Bias = f32;

    fn channel(&self, channel: usize) -> (f32, f32) {
        self.channels.get(channel).or(self.channels.first()).copied().unwrap_or((1.0, 0.0))
    }

    #[inline(always)]
    fn convert(scale: f32, bias: f32, value: S) -> D {
        D::from_f32(value.to_f32() * scale + bias)
    }

    #[inline(always)]
    fn planes<const N: usize>(
        shuffle: Option<ByteShuffle>,
        pixels: &[[S; N]; AT_ONCE],
    ) -> [[S; AT_ONCE]; N] {
        S::planes(shuffle, pixels)
    }
}

/// Distances in memory of one side of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    pub(crate) first: usize,
    pub(crate) row: isize,
    pub(crate) pixel: isize,
    pub(crate) channel: isize,
}

/// Rows of pixels with their channels, from one slice to another.
pub(crate) struct Block<'b, S, D, C: Convert<S, D>> {
    pub(crate) src: &'b [S],
    pub(crate) dst: &'b mut [D],
    pub(crate) from: Side,
    pub(crate) to: Side,
    pub(crate) rows: usize,
    pub(crate) pixels: usize,
    pub(crate) channels: usize,
    /// What is done to each value of an interleaved row, so to each channel at its front.
    pub(crate) scales: &'b [C::Scale],
    pub(crate) biases: &'b [C::Bias],
    /// What it is compiled for.
    pub(crate) isa: Isa,
}

/// How a block is walked.
#[derive(Clone, Copy)]
enum Path {
    /// Pixels with their channels on both sides.
    Interleaved,
    /// Planes on both sides.
    Planar,
    /// Pixels of three or four channels into planes.
    Part,
    /// Planes of three or four channels into pixels.
    Join,
    /// Element by element.
    Strided,
}

/// Pixels that are handled at once: a loop of a known length becomes straight vector code, where one of
/// an unknown length would leave a patch's sixteen pixels to its scalar rest. An array is made as a whole
/// and then stored: the compiler cannot know that what is written is not what is still to be read.
const AT_ONCE: usize = 16;

impl<S: Copy, D: Copy, C: Convert<S, D>> Block<'_, S, D, C> {
    /// What is picked apart runs with AVX2 where there is AVX-512 too: patches of sixteen pixels a row, of
    /// an image of 224 x 224, take 26 us with the one and 33 with the other.
    pub(crate) fn run(self) {
        let isa = match self.path() {
            Path::Part if self.isa.contains(Isa::AVX2) => Isa::AVX2,
            _ => self.isa,
        };
        vectorized(isa, self);
    }

    fn path(&self) -> Path {
        let channels = self.channels;
        let (from, to) = (self.from.is_interleaved(channels), self.to.is_interleaved(channels));
        let few = matches!(channels, 3 | 4);
        match (self.from.pixel, self.to.pixel) {
            _ if from && to => Path::Interleaved,
            (1, 1) => Path::Planar,
            (_, 1) if from && few => Path::Part,
            (1, _) if to && few => Path::Join,
            _ => Path::Strided,
        }
    }

    /// Side by side on both sides: a row is one run.
    #[inline(always)]
    fn interleaved(self) {
        let run = self.pixels * self.channels;
        let (scales, last_scales) = self.scales[..run].as_chunks::<AT_ONCE>();
        let (biases, last_biases) = self.biases[..run].as_chunks::<AT_ONCE>();
        for row in 0..self.rows {
            let src = &self.src[self.from.row_at(row)..][..run];
            let dst = &mut self.dst[self.to.row_at(row)..][..run];
            let (heads, tail) = dst.as_chunks_mut::<AT_ONCE>();
            let (values, last_values) = src.as_chunks::<AT_ONCE>();
            let tables = scales.iter().zip(biases);
            for ((dst, src), (scale, bias)) in heads.iter_mut().zip(values).zip(tables) {
                *dst = array::from_fn(|at| C::convert(scale[at], bias[at], src[at]));
            }
            let tables = last_scales.iter().zip(last_biases);
            for ((dst, src), (scale, bias)) in tail.iter_mut().zip(last_values).zip(tables) {
                *dst = C::convert(*scale, *bias, *src);
            }
        }
    }

    /// Planes on both sides: a row of each channel is one run.
    #[inline(always)]
    fn planar(self) {
        for channel in 0..self.channels {
            let (scale, bias) = (self.scales[channel], self.biases[channel]);
            for row in 0..self.rows {
                let src = &self.src[self.from.at(row, channel)..][..self.pixels];
                let dst = &mut self.dst[self.to.at(row, channel)..][..self.pixels];
                let (heads, tail) = dst.as_chunks_mut::<AT_ONCE>();
                let (values, last_values) = src.as_chunks::<AT_ONCE>();
                for (dst, src) in heads.iter_mut().zip(values) {
                    *dst = array::from_fn(|at| C::convert(scale, bias, src[at]));
                }
                for (dst, &src) in tail.iter_mut().zip(last_values) {
                    *dst = C::convert(scale, bias, src);
                }
            }
        }
    }

    /// Interleaved to planar, of `N` channels.
    #[inline(always)]
    fn part<const N: usize>(self) {
        let shuffle = ByteShuffle::new(self.isa);
        let scales: [C::Scale; N] = array::from_fn(|channel| self.scales[channel]);
        let biases: [C::Bias; N] = array::from_fn(|channel| self.biases[channel]);
        // A patch's row is short: what it needs beside its pixels is kept in registers.
        let Block { src, dst, from, to, rows, pixels, .. } = self;
        let (mut first, mut to_first) = (from.first, to.first);
        for _ in 0..rows {
            let (row, _) = src[first..][..pixels * N].as_chunks::<N>();
            let (values, rest) = row.as_chunks::<AT_ONCE>();
            for (chunk, src) in values.iter().enumerate() {
                let planes = C::planes(shuffle, src);
                let mut at = to_first + chunk * AT_ONCE;
                for channel in 0..N {
                    let (scale, bias) = (scales[channel], biases[channel]);
                    let dst = &mut dst[at..][..AT_ONCE];
                    let made = planes[channel].map(|value| C::convert(scale, bias, value));
                    dst.copy_from_slice(&made);
                    at = at.wrapping_add_signed(to.channel);
                }
            }
            if !rest.is_empty() {
                let mut at = to_first + values.len() * AT_ONCE;
                for channel in 0..N {
                    let (scale, bias) = (scales[channel], biases[channel]);
                    for (dst, src) in dst[at..][..rest.len()].iter_mut().zip(rest) {
                        *dst = C::convert(scale, bias, src[channel]);
                    }
                    at = at.wrapping_add_signed(to.channel);
                }
            }
            first = first.wrapping_add_signed(from.row);
            to_first = to_first.wrapping_add_signed(to.row);
        }
    }

    /// Planar to interleaved, of `N` channels.
    #[inline(always)]
    fn join<const N: usize>(self) {
        let scales: [C::Scale; N] = array::from_fn(|channel| self.scales[channel]);
        let biases: [C::Bias; N] = array::from_fn(|channel| self.biases[channel]);
        for row in 0..self.rows {
            let planes: [&[S]; N] =
                array::from_fn(|channel| &self.src[self.from.at(row, channel)..][..self.pixels]);
            let dst = &mut self.dst[self.to.row_at(row)..][..self.pixels * N];
            for (at, dst) in dst.as_chunks_mut::<N>().0.iter_mut().enumerate() {
                for channel in 0..N {
                    dst[channel] =
                        C::convert(scales[channel], biases[channel], planes[channel][at]);
                }
            }
        }
    }

    #[inline(always)]
    fn strided(self) {
        for channel in 0..self.channels {
            let (scale, bias) = (self.scales[channel], self.biases[channel]);
            for row in 0..self.rows {
                let (mut from, mut to) = (self.from.at(row, channel), self.to.at(row, channel));
                for _ in 0..self.pixels {
                    self.dst[to] = C::convert(scale, bias, self.src[from]);
                    from = from.wrapping_add_signed(self.from.pixel);
                    to = to.wrapping_add_signed(self.to.pixel);
                }
            }
        }
    }
}

impl Side {
    #[inline(always)]
    fn row_at(&self, row: usize) -> usize {
        self.first.wrapping_add_signed(row as isize * self.row)
    }

    #[inline(always)]
    fn at(&self, row: usize, channel: usize) -> usize {
        self.row_at(row).wrapping_add_signed(channel as isize * self.channel)
    }

    fn is_interleaved(&self, channels: usize) -> bool {
        self.pixel == channels as isize && (self.channel == 1 || channels == 1)
    }
}

impl<S: Copy, D: Copy, C: Convert<S, D>> Vectorized for Block<'_, S, D, C> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match (self.path(), self.channels) {
            (Path::Interleaved, _) => self.interleaved(),
            (Path::Planar, _) => self.planar(),
            (Path::Part, 3) => self.part::<3>(),
            (Path::Part, _) => self.part::<4>(),
            (Path::Join, 3) => self.join::<3>(),
            (Path::Join, _) => self.join::<4>(),
            (Path::Strided, _) => self.strided(),
        }
    }
}
