//! Convolution as a multiplication of matrices that are never made: the loops around the tiles.

use std::marker::PhantomData;
use std::ops::Range;

use super::element::Operand;
use super::lanes::{Lanes, Scalar};
use super::pack::Pack;
use super::tile::{Finish, Panels, Sweep};
use crate::pass::Pass;

/// Steps along K that are summed in one chain. Long enough that a tile pays for its load and store,
/// short enough that a row panel stays in the first-level cache and rounding errors stay small.
const K_BLOCK: usize = 384;

/// Cut points of K: they depend on its length alone, so the order of summation does too.
pub(crate) fn k_blocks(steps: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    let count = steps.div_ceil(K_BLOCK).max(1);
    (0..count).map(move |i| steps * i / count..steps * (i + 1) / count)
}

fn longest_k_block(steps: usize) -> usize {
    k_blocks(steps).map(|block| block.len()).max().unwrap_or(0)
}

/// Bytes that a cache line, and the widest register, is aligned to.
pub(crate) const ALIGN: usize = 64;

/// How the multiplication of one pass is laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shape {
    /// Whether channels lie along the lanes, and pixels are broadcast.
    pub channel_lanes: bool,
    /// Whether tiles are summed up in scratch and then scattered, because neighbouring lanes are not
    /// neighbours in the output.
    pub buffered: bool,
    /// Pixels packed at a time.
    pub block: usize,
    /// Elements of scratch memory a thread.
    pub scratch: usize,
}

impl Shape {
    /// Of a kernel that needs none.
    pub(crate) const NONE: Self =
        Self { channel_lanes: false, buffered: false, block: 0, scratch: 0 };
}

/// The tile of an instruction set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TileSize {
    pub width: usize,
    pub vectors: usize,
    pub rows: usize,
}

impl TileSize {
    pub(crate) fn of<S: Lanes>() -> Self {
        Self { width: S::WIDTH, vectors: S::VECTORS, rows: S::ROWS }
    }

    /// Channels of a full panel.
    pub(crate) fn panel(self, channel_lanes: bool) -> usize {
        if channel_lanes { self.width * self.vectors } else { self.rows }
    }

    /// Pixels of a full panel, and of the unit that panels are made of.
    fn pixels(self, channel_lanes: bool) -> (usize, usize) {
        if channel_lanes { (self.rows, 1) } else { (self.width * self.vectors, self.width) }
    }

    pub(crate) fn panels(self, channel_lanes: bool, pixels: Range<usize>) -> Panels {
        let (unit, most) = if channel_lanes { (1, self.rows) } else { (self.width, self.vectors) };
        Panels::new(pixels.start, pixels.end, unit, most)
    }

    /// Elements of the packed weights of a group: whole rows, or whole registers.
    pub(crate) fn padded_channels(self, channel_lanes: bool, channels: usize) -> usize {
        let unit = if channel_lanes { self.width } else { self.rows };
        channels.next_multiple_of(unit)
    }

    /// The layout that fits `limit` bytes, or the bytes that the smallest one needs.
    pub(crate) fn shape<T: Scalar>(
        self,
        pass: &Pass,
        steps: usize,
        channels: usize,
        out_channel: isize,
        limit: usize,
    ) -> Result<Shape, usize> {
        let pixels = pass.pixels();
        let fill = |len: usize, unit: usize| len as f64 / len.next_multiple_of(unit).max(1) as f64;
        let by_pixels = fill(pixels, self.width) * fill(channels, self.rows);
        let by_channels = fill(channels, self.width) * (pixels as f64 / 2.0).min(1.0);
        let direct_pixels = pass.out_flat && pass.out_stride == 1;
        let direct_channels = pass.out_flat && out_channel == 1;
        // Lanes that are neighbours in the output need no second trip through memory.
        let channel_lanes = match (direct_pixels, direct_channels) {
            (false, true) => by_channels * 2.0 > by_pixels,
            (true, true) => by_channels > by_pixels,
            _ => by_channels > by_pixels * 1.15 && pixels <= 4 * self.width,
        };
        let buffered = if channel_lanes { !direct_channels } else { !direct_pixels };
        let (most, unit) = self.pixels(channel_lanes);
        let kept = if buffered { steps } else { longest_k_block(steps) };
        let per_pixel = kept + if buffered { self.panel(channel_lanes) } else { 0 };
        let size = size_of::<T>();
        let room = limit.saturating_sub(ALIGN) / size / per_pixel.max(1);
        let least = if channel_lanes { 1 } else { self.width };
        if room < least {
            return Err((per_pixel * least).saturating_mul(size).saturating_add(ALIGN));
        }
        let most_at_once = if room >= most { room / most * most } else { room / unit * unit };
        // Even blocks: a short last one would leave the tiles half empty.
        let blocks = pixels.div_ceil(most_at_once).max(1);
        let units = pixels.div_ceil(blocks).div_ceil(unit).max(1);
        let block = (units.next_multiple_of(most / unit) * unit).min(most_at_once);
        let padded = block.min(pixels.next_multiple_of(unit)).max(unit);
        let scratch = per_pixel * padded + ALIGN / size;
        Ok(Shape { channel_lanes, buffered, block, scratch })
    }
}

/// One pass over one group of one image, for some channels and some pixels of it.
pub(crate) struct Gemm<'a, X: Operand<W>, W> {
    pub pass: &'a Pass,
    pub shape: Shape,
    /// Packed for [`Shape::channel_lanes`], panel by panel.
    pub weights: &'a [X::Output],
    /// As many as padded channels.
    pub bias: &'a [X::Output],
    /// Input channels of the group.
    pub channels: usize,
    /// Steps along K.
    pub steps: usize,
    pub input: *const X,
    pub channel_stride: isize,
    pub zero: i32,
    /// The output of the first channel of the group and the first pixel of the image.
    pub out: *mut X::Output,
    pub out_channel: isize,
    pub finish: Option<Finish<X::Output>>,
    pub scratch: &'a mut [X::Output],
    pub weight: PhantomData<W>,
}

impl<X: Operand<W>, W> Gemm<'_, X, W> {
    /// # Safety
    /// Input and output are as large as the pass and the strides say, and no one else writes these
    /// channels and pixels meanwhile.
    pub(crate) unsafe fn run<S: Lanes<Scalar = X::Output>>(
        mut self,
        channels: Range<usize>,
        pixels: Range<usize>,
    ) {
        let size = TileSize::of::<S>();
        let skip = self.scratch.as_ptr().align_offset(ALIGN);
        // A plan's scratch has room to be aligned.
        self.scratch = &mut std::mem::take(&mut self.scratch)[skip..];
        let mut first = pixels.start;
        while first < pixels.end {
            let end = (first + self.shape.block).min(pixels.end);
            let panels = size.panels(self.shape.channel_lanes, first..end);
            // SAFETY: the caller's promise, of a part of the pixels.
            unsafe {
                match (self.shape.buffered, self.shape.channel_lanes) {
                    (false, false) => self.straight::<S, false>(channels.clone(), panels),
                    (false, true) => self.straight::<S, true>(channels.clone(), panels),
                    (true, false) => self.buffered::<S, false>(channels.clone(), panels),
                    (true, true) => self.buffered::<S, true>(channels.clone(), panels),
                }
            }
            first = end;
        }
    }

    /// # Safety
    /// The instruction set of `S` is available; the input is as large as the pass says.
    unsafe fn pack<S: Lanes<Scalar = X::Output>>(
        &mut self,
        steps: Range<usize>,
        panels: Panels,
        at: usize,
    ) {
        let len = steps.len() * panels.padded();
        let out = self.scratch[at..at + len].as_mut_ptr();
        // SAFETY: the caller's promise.
        unsafe {
            S::enter(Pack::<X, W, S> {
                pass: self.pass,
                input: self.input,
                channel_stride: self.channel_stride,
                channels: self.channels,
                zero: self.zero,
                steps,
                panels,
                whole: !self.shape.channel_lanes,
                out,
                kernel: PhantomData,
            })
        };
    }

    /// The weights panel of `channel` at `step`, its registers, and the channels in it that exist.
    fn panel<S: Lanes<Scalar = X::Output>, const C: bool>(
        &self,
        channel: usize,
        end: usize,
        step: usize,
    ) -> (*const X::Output, usize, usize) {
        let full = TileSize::of::<S>().panel(C);
        let exist = (end - channel).min(full);
        let vectors = exist.div_ceil(S::WIDTH);
        // Panels before this one are full; the last one of a group has only the registers it needs.
        let wide = if C { vectors * S::WIDTH } else { full };
        let at = channel * self.steps + step * wide;
        (self.weights[at..].as_ptr(), vectors, exist)
    }

    /// Sums straight into the output, one block of K after another.
    ///
    /// # Safety
    /// As [`Gemm::run`].
    unsafe fn straight<S: Lanes<Scalar = X::Output>, const C: bool>(
        &mut self,
        channels: Range<usize>,
        panels: Panels,
    ) {
        let full = TileSize::of::<S>().panel(C);
        let out = self.out.wrapping_offset(self.pass.out_offset(panels.first));
        for block in k_blocks(self.steps) {
            // SAFETY: the caller's promise.
            unsafe { self.pack::<S>(block.clone(), panels, 0) };
            let (is_first, is_last) = (block.start == 0, block.end == self.steps);
            for channel in channels.clone().step_by(full) {
                let (weights, vectors, exist) =
                    self.panel::<S, C>(channel, channels.end, block.start);
                // SAFETY: the caller's promise; panels and output are set up for each other.
                unsafe {
                    S::enter(Sweep::<X::Output, S, C> {
                        steps: block.len(),
                        weights,
                        pixels: self.scratch.as_ptr(),
                        panels,
                        vectors,
                        channels: exist,
                        out: out.wrapping_offset(channel as isize * self.out_channel),
                        row_stride: if C { self.pass.out_stride } else { self.out_channel },
                        buffered: false,
                        bias: is_first.then(|| self.bias[channel..].as_ptr()),
                        finish: self.finish.filter(|_| is_last),
                        isa: PhantomData,
                    })
                };
            }
        }
    }

    /// Packs all of K, sums a panel of channels in scratch, then scatters it.
    ///
    /// # Safety
    /// As [`Gemm::run`].
    unsafe fn buffered<S: Lanes<Scalar = X::Output>, const C: bool>(
        &mut self,
        channels: Range<usize>,
        panels: Panels,
    ) {
        let size = TileSize::of::<S>();
        let full = size.panel(C);
        let tiles = self.steps * panels.padded();
        for block in k_blocks(self.steps) {
            // SAFETY: the caller's promise.
            unsafe { self.pack::<S>(block.clone(), panels, block.start * panels.padded()) };
        }
        for channel in channels.clone().step_by(full) {
            let mut wide = 0;
            let mut exist = 0;
            for block in k_blocks(self.steps) {
                let (weights, vectors, some) =
                    self.panel::<S, C>(channel, channels.end, block.start);
                (wide, exist) = (vectors * S::WIDTH, some);
                let is_last = block.end == self.steps;
                // SAFETY: the caller's promise; panels and output are set up for each other.
                unsafe {
                    S::enter(Sweep::<X::Output, S, C> {
                        steps: block.len(),
                        weights,
                        pixels: self.scratch[block.start * panels.padded()..].as_ptr(),
                        panels,
                        vectors,
                        channels: exist,
                        out: self.scratch[tiles..].as_mut_ptr(),
                        row_stride: 0,
                        buffered: true,
                        bias: (block.start == 0).then(|| self.bias[channel..].as_ptr()),
                        finish: self.finish.filter(|_| is_last),
                        isa: PhantomData,
                    })
                };
            }
            let out = self.out.wrapping_offset(channel as isize * self.out_channel);
            for panel in 0..panels.count() {
                let (start, units, width) = panels.get(panel);
                let row = if C { wide } else { units * S::WIDTH };
                let ahead = (start - panels.first) * if C { wide } else { size.rows };
                let tile = &self.scratch[tiles + ahead..];
                // SAFETY: the caller's promise.
                unsafe { self.scatter::<C>(tile, row, start..start + width, exist, out) };
            }
        }
    }

    /// # Safety
    /// As [`Gemm::run`], for these pixels and `channels` channels at `out`.
    unsafe fn scatter<const C: bool>(
        &self,
        tile: &[X::Output],
        row: usize,
        pixels: Range<usize>,
        channels: usize,
        out: *mut X::Output,
    ) {
        for (i, pixel) in pixels.enumerate() {
            let out = out.wrapping_offset(self.pass.out_offset(pixel));
            for channel in 0..channels {
                let value = if C { tile[i * row + channel] } else { tile[channel * row + i] };
                // SAFETY: the caller's promise.
                unsafe { out.wrapping_offset(channel as isize * self.out_channel).write(value) };
            }
        }
    }
}
