//! Convolution as a multiplication of matrices that are never made: the loops around the tiles, where
//! pixels lie along the lanes.
//!
//! ```text
//! straight:  for each block of K:                       where outputs of a row are neighbours
//!                pack its panels of pixels
//!                for each panel of channels: out += weights * pixels
//! buffered:  pack all of K
//!            for each panel of channels:
//!                for each block of K: sums += weights * pixels
//!                scatter sums to out
//! ```
//!
//! Departures:
//! - K is cut into blocks of one chain of sums each, by its length alone: bits do not depend on anything else.
//! - Pixels that lie in memory as a panel has them are packed by the first panel of channels: see `tile`.
//! - Sums are buffered where lanes are no neighbours in the output. All of K is packed then, for sums are there for
//!   one panel of channels alone.

use std::ops::Range;

use super::element::Input;
use super::job::Job;
use super::lanes::Lanes;
use super::pack::Pack;
use super::tile::{Fresh, Panels, Sweep};

/// Steps along K that are summed in one chain. Long enough that a tile pays for its load and store,
/// short enough that a row panel stays in the first-level cache and rounding errors stay small.
pub(crate) const K_BLOCK: usize = 384;

/// Cut points of K: they depend on its length alone, so the order of summation does too.
pub(crate) fn k_blocks(steps: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    let count = steps.div_ceil(K_BLOCK).max(1);
    (0..count).map(move |i| steps * i / count..steps * (i + 1) / count)
}

pub(crate) fn longest_k_block(steps: usize) -> usize {
    k_blocks(steps).map(|block| block.len()).max().unwrap_or(0)
}

/// A block of pixels, which fits the scratch memory, for channels from the first one of a panel on.
///
/// # Safety
/// *Set*, and *inputs*, *outputs*, *operands* and *room* of the job, for these channels and pixels.
pub(super) unsafe fn by_pixels<X: Input, S: Lanes<X::Lane>>(
    job: &mut Job<'_, X>,
    channels: Range<usize>,
    pixels: Range<usize>,
) {
    // SAFETY: *set*.
    let simd = unsafe { S::new_unchecked() };
    let panels = Panels::new(pixels.start, pixels.end, S::WIDTH, S::VECTORS);
    // SAFETY: all that the job has, for these channels and pixels.
    unsafe {
        match job.buffered {
            false => job.straight::<S>(simd, channels, panels),
            true => job.buffered::<S>(simd, channels, panels),
        }
    }
}

impl<X: Input> Job<'_, X> {
    /// # Safety
    /// *Inputs* of the job, for these steps and panels.
    unsafe fn pack_panels<S: Lanes<X::Lane>>(
        &mut self,
        simd: S,
        steps: Range<usize>,
        panels: Panels,
        at: usize,
    ) {
        let len = steps.len() * panels.padded();
        let out = self.scratch[at..at + len].as_mut_ptr();
        simd.enter(Pack::<X, S> {
            pass: self.pass,
            input: self.input,
            channel_stride: self.channel_stride,
            channels: self.channels,
            zero: self.zero,
            steps,
            panels,
            out,
            simd,
        });
    }

    /// The weights panel of `channel` at `step`, and the channels in it that exist.
    fn panel<S: Lanes<X::Lane>>(
        &self,
        channel: usize,
        end: usize,
        step: usize,
    ) -> (*const X::Lane, usize) {
        let at = channel * self.steps + step * S::ROWS;
        (self.weights[at..].as_ptr(), (end - channel).min(S::ROWS))
    }

    /// Where the first step of a block of K reads the first of some pixels, if pixels are read as they lie.
    fn fresh(&self, step: usize, pixel: usize) -> Option<Fresh<X::Lane>> {
        let plain = X::PLAIN && self.pass.is_pointwise();
        let at = plain.then(|| self.pass.outer[0] + self.pass.inner[0].offset + pixel as isize)?;
        let from = self.input.wrapping_offset(at + step as isize * self.channel_stride);
        Some(Fresh { from: from.cast(), channel: self.channel_stride })
    }

    /// Sums straight into the output, one block of K after another.
    ///
    /// # Safety
    /// As [`by_pixels`].
    unsafe fn straight<S: Lanes<X::Lane>>(
        &mut self,
        simd: S,
        channels: Range<usize>,
        panels: Panels,
    ) {
        let out = self.out.wrapping_offset(self.pass.out_offset(panels.first));
        for block in k_blocks(self.steps) {
            // Packed by the first panel of channels on its way, or before.
            let mut fresh = self.fresh(block.start, panels.first);
            if fresh.is_none() {
                // SAFETY: *inputs*, for the pixels of this job.
                unsafe { self.pack_panels::<S>(simd, block.clone(), panels, 0) };
            }
            let packed = self.scratch[..block.len() * panels.padded()].as_mut_ptr();
            let (is_first, is_last) = (block.start == 0, block.end == self.steps);
            for channel in channels.clone().step_by(S::ROWS) {
                let (weights, exist) = self.panel::<S>(channel, channels.end, block.start);
                simd.enter(Sweep::<X::Lane> {
                    steps: block.len(),
                    weights,
                    pixels: packed,
                    fresh: fresh.take(),
                    panels,
                    channels: exist,
                    out: out.wrapping_offset(channel as isize * self.out_channel),
                    row_stride: self.out_channel,
                    buffered: false,
                    bias: is_first.then(|| self.bias[channel..].as_ptr()),
                    finish: self.finish.filter(|_| is_last),
                });
            }
        }
    }

    /// Packs all of K, sums a panel of channels in scratch, then scatters it.
    ///
    /// # Safety
    /// As [`by_pixels`].
    unsafe fn buffered<S: Lanes<X::Lane>>(
        &mut self,
        simd: S,
        channels: Range<usize>,
        panels: Panels,
    ) {
        let tiles = self.steps * panels.padded();
        for block in k_blocks(self.steps) {
            // SAFETY: *inputs*, for the pixels of this job.
            unsafe {
                self.pack_panels::<S>(simd, block.clone(), panels, block.start * panels.padded())
            };
        }
        for channel in channels.clone().step_by(S::ROWS) {
            let mut exist = 0;
            assert!(self.scratch.len() >= tiles + S::ROWS * panels.padded(), "room for the sums");
            // One pointer to both, of which neither ends the other's life.
            let scratch = self.scratch.as_mut_ptr();
            for block in k_blocks(self.steps) {
                let (weights, some) = self.panel::<S>(channel, channels.end, block.start);
                exist = some;
                let is_last = block.end == self.steps;
                simd.enter(Sweep::<X::Lane> {
                    steps: block.len(),
                    weights,
                    pixels: scratch.wrapping_add(block.start * panels.padded()),
                    fresh: None,
                    panels,
                    channels: exist,
                    out: scratch.wrapping_add(tiles),
                    row_stride: 0,
                    buffered: true,
                    bias: (block.start == 0).then(|| self.bias[channel..].as_ptr()),
                    finish: self.finish.filter(|_| is_last),
                });
            }
            let out = self.out.wrapping_offset(channel as isize * self.out_channel);
            for panel in 0..panels.count() {
                let (start, units, width) = panels.get(panel);
                let row = units * S::WIDTH;
                let tile = &self.scratch[tiles + (start - panels.first) * S::ROWS..];
                // SAFETY: *outputs*, for the channels of the panel that exist.
                unsafe { self.scatter(tile, row, start..start + width, exist, out) };
            }
        }
    }

    /// # Safety
    /// *Outputs* of the job, for these pixels and `channels` channels at `out`.
    unsafe fn scatter(
        &self,
        tile: &[X::Lane],
        row: usize,
        pixels: Range<usize>,
        channels: usize,
        out: *mut X::Lane,
    ) {
        for (i, pixel) in pixels.enumerate() {
            let out = out.wrapping_offset(self.pass.out_offset(pixel));
            for channel in 0..channels {
                let value = tile[channel * row + i];
                // SAFETY: *outputs*.
                unsafe { out.wrapping_offset(channel as isize * self.out_channel).write(value) };
            }
        }
    }
}
