//! Blocks of pixels from one channel order to another, converted on the way.

use alloc::vec::Vec;

use super::dispatch::{Isa, Vectorized, vectorized};

/// What happens to a value on its way; `Channel` is what it needs to know of the channel.
pub trait Convert<S, D>: Sync {
    /// Per channel.
    type Channel: Copy + Send + Sync;

    /// What is done to a channel.
    fn channel(&self, channel: usize) -> Self::Channel;

    /// One value. Must be `#[inline(always)]`.
    fn convert(channel: Self::Channel, value: S) -> D;
}

/// No conversion: values of any type as they are.
#[derive(Clone, Copy, Debug)]
pub struct Copied;

impl<T: Copy> Convert<T, T> for Copied {
    type Channel = ();

    fn channel(&self, _: usize) {}

    #[inline(always)]
    fn convert((): (), value: T) -> T {
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
    ($($integer:ty),*) => { $(
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
        }
    )* };
}

integer_sample!(u8, u16);

/// `value * scale + bias` in `f32`, per channel: two roundings, the same on every processor.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    channels: Vec<(f32, f32)>,
}

impl Affine {
    /// Scale and bias of each channel; of one alone, of all.
    #[must_use]
    pub fn new(channels: &[(f32, f32)]) -> Self {
        Self { channels: channels.to_vec() }
    }
}

impl<S: Sample, D: Sample> Convert<S, D> for Affine {
    type Channel = (f32, f32);

    fn channel(&self, channel: usize) -> (f32, f32) {
        self.channels.get(channel).or(self.channels.first()).copied().unwrap_or((1.0, 0.0))
    }

    #[inline(always)]
    fn convert((scale, bias): (f32, f32), value: S) -> D {
        D::from_f32(value.to_f32() * scale + bias)
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
    /// What is done to each channel; as many as there are.
    pub(crate) channels: &'b [C::Channel],
    /// The same for each value of an interleaved row.
    pub(crate) pattern: &'b [C::Channel],
}

/// Pixels that are handled at once: a loop of a known length becomes straight vector code, where one of
/// an unknown length would leave a patch's sixteen pixels to its scalar rest.
const AT_ONCE: usize = 16;

impl<S: Copy, D: Copy, C: Convert<S, D>> Block<'_, S, D, C> {
    pub(crate) fn run(self, isa: Isa) {
        vectorized(isa, self);
    }

    #[inline(always)]
    fn interleaved(self) {
        let run = self.pattern.len();
        for row in 0..self.rows {
            let src = &self.src[self.from.row_at(row)..][..run];
            let dst = &mut self.dst[self.to.row_at(row)..][..run];
            let (heads, tail) = dst.as_chunks_mut::<AT_ONCE>();
            let (patterns, last_pattern) = self.pattern.as_chunks::<AT_ONCE>();
            let (values, last_values) = src.as_chunks::<AT_ONCE>();
            for ((dst, src), pattern) in heads.iter_mut().zip(values).zip(patterns) {
                for at in 0..AT_ONCE {
                    dst[at] = C::convert(pattern[at], src[at]);
                }
            }
            for ((dst, src), pattern) in tail.iter_mut().zip(last_values).zip(last_pattern) {
                *dst = C::convert(*pattern, *src);
            }
        }
    }

    #[inline(always)]
    fn planar(self) {
        for row in 0..self.rows {
            let (from, to) = (self.from.row_at(row), self.to.row_at(row));
            for (number, &channel) in self.channels.iter().enumerate() {
                let from = from.wrapping_add_signed(number as isize * self.from.channel);
                let to = to.wrapping_add_signed(number as isize * self.to.channel);
                let src = &self.src[from..][..self.pixels];
                let dst = &mut self.dst[to..][..self.pixels];
                let (heads, tail) = dst.as_chunks_mut::<AT_ONCE>();
                let (values, last_values) = src.as_chunks::<AT_ONCE>();
                for (dst, src) in heads.iter_mut().zip(values) {
                    for at in 0..AT_ONCE {
                        dst[at] = C::convert(channel, src[at]);
                    }
                }
                for (dst, &src) in tail.iter_mut().zip(last_values) {
                    *dst = C::convert(channel, src);
                }
            }
        }
    }

    /// Interleaved to planar, three channels.
    #[inline(always)]
    fn part_three(self) {
        let &[red, green, blue] = self.channels else {
            return self.strided();
        };
        let plane = self.to.channel;
        for row in 0..self.rows {
            let src = &self.src[self.from.row_at(row)..][..self.pixels * 3];
            let to = self.to.row_at(row);
            let (values, last_values) = src.as_chunks::<{ 3 * AT_ONCE }>();
            let mut at = to;
            for src in values {
                for (number, channel) in [red, green, blue].into_iter().enumerate() {
                    let first = at.wrapping_add_signed(number as isize * plane);
                    let dst = &mut self.dst[first..][..AT_ONCE];
                    for at in 0..AT_ONCE {
                        dst[at] = C::convert(channel, src[3 * at + number]);
                    }
                }
                at += AT_ONCE;
            }
            for (number, channel) in [red, green, blue].into_iter().enumerate() {
                let first = at.wrapping_add_signed(number as isize * plane);
                let rest = last_values.len() / 3;
                let dst = &mut self.dst[first..][..rest];
                for (dst, src) in dst.iter_mut().zip(last_values.as_chunks::<3>().0) {
                    *dst = C::convert(channel, src[number]);
                }
            }
        }
    }

    #[inline(always)]
    fn strided(self) {
        for row in 0..self.rows {
            let (from, to) = (self.from.row_at(row), self.to.row_at(row));
            for (number, &channel) in self.channels.iter().enumerate() {
                let mut from = from.wrapping_add_signed(number as isize * self.from.channel);
                let mut to = to.wrapping_add_signed(number as isize * self.to.channel);
                for _ in 0..self.pixels {
                    self.dst[to] = C::convert(channel, self.src[from]);
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

    fn is_interleaved(&self, channels: usize) -> bool {
        self.pixel == channels as isize && (self.channel == 1 || channels == 1)
    }
}

impl<S: Copy, D: Copy, C: Convert<S, D>> Vectorized for Block<'_, S, D, C> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let channels = self.channels.len();
        if self.from.is_interleaved(channels) && self.to.is_interleaved(channels) {
            self.interleaved();
        } else if self.from.pixel == 1 && self.to.pixel == 1 {
            self.planar();
        } else if channels == 3 && self.from.is_interleaved(3) && self.to.pixel == 1 {
            self.part_three();
        } else {
            self.strided();
        }
    }
}
