//! Channels along the lanes: a pixel is broadcast, straight from a strip, to a register or two of them.
//!
//! ```text
//! pack_strip:   pack the lines that the band reads, each once
//! by_channels:  for each panel of channels:
//!                   for each block of K, each row of the band:       Sweep
//!                       taps = those of the block that the row has
//!                       for each tile of the row:                    Row
//!                           sum[pixels][registers] = bias, or 0 after the first block
//!                           for each tap, each channel:              tile
//!                               lane[registers] = load(weights)
//!                               for each pixel: sum[pixel] += splat(strip at the tap) * lane
//!                           out = sum, or out + sum after the first block
//!                   transpose the sums, if channels are no neighbours in the output
//! ```
//!
//! Nothing is repeated for the taps, an output loses no lane to the end of a row, and a tap that is missing
//! in a row of outputs is left out. Where neighbouring channels are not neighbours in the output, tiles
//! are summed up in scratch memory and transposed when they are complete.
//!
//! Departures:
//! - Of pixels at the ends of a row, which lack the tap, the sum is left out: a twelfth of all the work, of 3 x 3
//!   taps on 8 x 8 pixels.
//! - Rows are cut to full tiles, tiles of at most [`SHORT`] pixels, and halves of what is between: half as much is
//!   compiled.
//! - Each tile is a function by itself ([`Alone`]): where many were one, the portable set lost half of its speed.
//! - The tiles of a panel ask for the next one meanwhile, a line of the cache every two steps.
//! - Stores are written out, not looped: sums that are indexed by a variable are kept in memory.

use std::ops::Range;

use windows_simd::Compute;

use super::element::Input;
use super::finish::{Finish, Finishing};
use super::gemm::{K_BLOCK, k_blocks};
use super::job::{ALIGN, Job};
use super::lanes::Lanes;
use super::scalar::Scalar;
use super::strip::Strip;
use crate::band::{Band, Bands, pieces};
use crate::pass::Pass;

/// Packs the strip of a band.
///
/// # Safety
/// *Set*, and *inputs* and *room* of the job, for this band.
pub(super) unsafe fn pack_strip<X: Input, S: Lanes<X::Lane>>(
    job: &mut Job<'_, X>,
    bands: &Bands,
    band: &Band,
) {
    // SAFETY: *set*.
    let simd = unsafe { S::new_unchecked() };
    if bands.in_place {
        return;
    }
    let len = Job::<X>::strip(bands, job.channels);
    let out = job.scratch[..len].as_mut_ptr();
    simd.enter(Strip::<X, S> {
        bands,
        band,
        stride: job.pass.stride,
        input: job.input,
        channel_stride: job.channel_stride,
        channels: job.channels,
        zero: job.zero,
        out,
        simd,
    });
}

/// Some channels of a band whose strip is packed, from the first one of a panel on.
///
/// # Safety
/// *Set*, and *inputs*, *outputs*, *operands* and *room* of the job, for these channels of the band.
pub(super) unsafe fn by_channels<X: Input, S: Lanes<X::Lane>>(
    job: &mut Job<'_, X>,
    bands: &Bands,
    band: &Band,
    channels: Range<usize>,
) {
    // SAFETY: *set*.
    let simd = unsafe { S::new_unchecked() };
    let strip = Job::<X>::strip(bands, job.channels);
    for channel in channels.clone().step_by(S::WIDTH * S::WIDE) {
        let panel = job.wide_panel::<S>(channel, channels.end);
        let wide = panel.vectors * S::WIDTH;
        let needed = strip + if job.buffered { band.pixels() * wide } else { 0 };
        assert!(job.scratch.len() >= needed, "scratch has room for a strip and its sums");
        // One pointer to both, of which neither ends the other's life.
        let scratch = job.scratch.as_mut_ptr();
        let sums = scratch.wrapping_add(strip);
        let (strip, line) = match bands.in_place {
            true => {
                let at = job.pass.outer[0] + job.pass.inner[0].offset;
                let input = job.input.cast::<X::Lane>().wrapping_offset(at);
                (input.wrapping_add(band.columns.start), job.channel_stride as usize)
            }
            false => (scratch.cast_const(), bands.line),
        };
        for block in k_blocks(job.steps) {
            let (is_first, is_last) = (block.start == 0, block.end == job.steps);
            let weights = &job.weights[channel * job.steps + block.start * wide..];
            let sweep = Sweep::<X::Lane> {
                pass: job.pass,
                bands,
                band,
                block,
                per_tap: job.channels.div_ceil(X::PAIR),
                weights: weights.as_ptr(),
                vectors: panel.vectors,
                channels: panel.channels,
                strip,
                line,
                sums: job.buffered.then_some(sums),
                out: panel.out,
                bias: is_first.then(|| job.bias[channel..].as_ptr()),
                finish: job.finish.filter(|_| is_last),
            };
            sweep.run(simd);
        }
        // SAFETY: *outputs* of the panel; the sums are in the *room* behind the strip, and complete.
        unsafe { job.scatter_panel::<S>(simd, band, sums, &panel) };
    }
}

impl<X: Input> Job<'_, X> {
    /// Elements of a strip, so that what is behind it is aligned.
    fn strip(bands: &Bands, channels: usize) -> usize {
        let len = bands.strip(channels.div_ceil(X::PAIR));
        len.next_multiple_of(ALIGN / size_of::<X::Lane>())
    }

    /// The panel of channels along the lanes that begins with `channel`, of those before `end`.
    pub(super) fn wide_panel<S: Lanes<X::Lane>>(
        &self,
        channel: usize,
        end: usize,
    ) -> WidePanel<X::Lane> {
        let channels = (end - channel).min(S::WIDTH * S::WIDE);
        WidePanel {
            channels,
            // Panels before this one are full; the last one of a group has only the registers it needs.
            vectors: channels.div_ceil(S::WIDTH),
            out: self.out.wrapping_offset(channel as isize * self.out_channel),
        }
    }

    /// Moves the sums of a panel to where they belong, if they are not there.
    ///
    /// # Safety
    /// *Outputs* of the panel, and *room* for the sums of all pixels of the band, which are complete.
    pub(super) unsafe fn scatter_panel<S: Lanes<X::Lane>>(
        &self,
        simd: S,
        band: &Band,
        sums: *const X::Lane,
        panel: &WidePanel<X::Lane>,
    ) {
        if !self.buffered {
            return;
        }
        simd.enter(Scatter::<X::Lane> {
            pass: self.pass,
            band,
            sums,
            wide: panel.vectors * S::WIDTH,
            channels: panel.channels,
            out: panel.out,
            out_channel: self.out_channel,
        });
    }
}

/// Channels that lie along the lanes of a few registers.
pub(super) struct WidePanel<T> {
    /// Channels that exist.
    pub channels: usize,
    pub vectors: usize,
    /// The output of the first channel and the first pixel of the image.
    pub out: *mut T,
}

/// One weights panel against all pixels of a band, for a block of K.
///
/// *Operands* hold for the block, *inputs* or *room* for the strip, and *room* for the sums or *outputs* for `out`.
struct Sweep<'a, T> {
    pass: &'a Pass,
    bands: &'a Bands,
    band: &'a Band,
    block: Range<usize>,
    per_tap: usize,
    /// The panel at the first step of the block: `steps x vectors` registers.
    weights: *const T,
    vectors: usize,
    /// Channels of the panel that exist.
    channels: usize,
    /// The inputs of the band, the lines of neighbouring channels `line` elements apart.
    strip: *const T,
    line: usize,
    /// Where the pixels of the band are summed up, one behind the other, if not in the output.
    sums: Option<*mut T>,
    /// The output of the first channel of the panel and the first pixel of the image.
    out: *mut T,
    /// Of the first channel of the panel, if this is the first block of K.
    bias: Option<*const T>,
    finish: Option<Finish<T>>,
}

/// The steps of a block that belong to one tap of a row.
#[derive(Clone, Copy, Default)]
pub(super) struct Reach {
    /// The input of the first pixel of the row, in the strip.
    pub pixel: usize,
    /// The first of the steps, in the block.
    pub first: usize,
    pub steps: usize,
    /// Whether the tap is missing in the first and in the last output of the row.
    pub missing: (bool, bool),
}

/// A row of neighbouring pixels times a panel of weights, tile by tile.
///
/// The strip has `width` pixels at each step of the taps. *Operands* hold for `panel` elements of weights. *Outputs*,
/// or *room*, hold for the `width` pixels at `out`.
pub(super) struct Row<'a, T> {
    pub taps: &'a [Reach],
    /// Pixels.
    pub width: usize,
    /// Registers of channels.
    pub vectors: usize,
    /// The first tile. Its ends are those of the row.
    pub tile: Tile<T>,
    /// Elements of the panel, behind which the next one lies, and how many of that have been asked for.
    pub panel: usize,
    pub asked: usize,
    pub finish: Option<Finish<T>>,
}

/// Some pixels of a row.
#[derive(Clone, Copy)]
pub(super) struct Tile<T> {
    pub pixels: *const T,
    pub channel: usize,
    pub weights: *const T,
    pub out: *mut T,
    pub row_stride: isize,
    /// Whether its first pixel is the first of the row, its last one the last.
    pub ends: (bool, bool),
    /// Lanes of the last register that exist.
    pub tail: usize,
    pub bias: Option<*const T>,
    /// A part of the next panel of weights, which the tiles of this one ask for in turn.
    pub soon: *const T,
}

impl<T: Scalar> Row<'_, T> {
    /// Gives how many elements of the next panel have been asked for.
    ///
    /// # Safety
    /// What [`Row`] says holds.
    pub(super) unsafe fn run<S: Lanes<T>>(self, simd: S) -> usize {
        let Self { tile: row, vectors, panel, mut asked, .. } = self;
        // A tile asks for a line of the cache every two steps.
        let steps = panel / (vectors * S::WIDTH);
        let line = ALIGN / size_of::<T>();
        for full in pieces(self.width, S::PIXELS) {
            let fits = full.len() == S::PIXELS || full.len() <= SHORT;
            let most = if fits { full.len() } else { full.len().div_ceil(2) };
            // No `pieces`, whose divisions a tile of few steps would wait for.
            for start in full.clone().step_by(most) {
                let end = (start + most).min(full.end);
                let ahead = if asked < panel { panel + asked } else { 0 };
                let tile = Tile {
                    pixels: row.pixels.wrapping_add(start),
                    out: row.out.wrapping_offset(start as isize * row.row_stride),
                    ends: (row.ends.0 && start == 0, row.ends.1 && end == self.width),
                    soon: row.weights.wrapping_add(ahead),
                    ..row
                };
                asked += steps / 2 * line;
                // SAFETY: what `Row` says, for a part of its pixels: a full tile, or at most `SHORT`.
                unsafe { by_pixels::<T, S>(simd, vectors, end - start, &tile, self.taps) };
            }
        }
        if let Some(finish) = self.finish {
            let (out, count, apart) = (row.out, self.width, row.row_stride);
            let len = (vectors - 1) * S::WIDTH + row.tail;
            simd.enter(Finishing { finish, out, rows: &[0], count, apart, len });
        }
        asked
    }
}

impl<T: Scalar> Sweep<'_, T> {
    fn run<S: Lanes<T>>(self, simd: S) {
        let Self { pass, band, .. } = self;
        let wide = self.vectors * S::WIDTH;
        let mut taps = [Reach::default(); K_BLOCK + 1];
        let tail = if self.sums.is_some() { wide } else { self.channels };
        let (x, width) = (band.columns.start, band.columns.len());
        let (panel, mut asked) = (self.block.len() * wide, 0);
        for (i, row) in band.rows.clone().enumerate() {
            let count = self.taps(row, &mut taps);
            let (out, row_stride) = match self.sums {
                Some(sums) => (sums.wrapping_add(i * width * wide), wide as isize),
                None => {
                    let first = pass.out_rows[row] + x as isize * pass.out_stride;
                    (self.out.wrapping_offset(first), pass.out_stride)
                }
            };
            let row = Row {
                taps: &taps[..count],
                width,
                vectors: self.vectors,
                tile: Tile {
                    pixels: self.strip,
                    channel: self.line,
                    weights: self.weights,
                    out,
                    row_stride,
                    ends: (x == 0, x + width == pass.width),
                    tail: tail - (self.vectors - 1) * S::WIDTH,
                    bias: self.bias,
                    soon: self.weights,
                },
                panel,
                asked,
                finish: self.finish,
            };
            // SAFETY: *operands*, *inputs*, *outputs* and *room* of the sweep, of which this is one row.
            asked = unsafe { row.run(simd) };
        }
    }

    /// The taps of the block that a row has: how many.
    fn taps(&self, row: usize, taps: &mut [Reach; K_BLOCK + 1]) -> usize {
        let inner_taps = self.pass.inner.len().max(1);
        let tap = self.block.start / self.per_tap.max(1);
        let (mut outer, mut inner) = (tap / inner_taps, tap % inner_taps);
        let mut lane = self.block.start % self.per_tap.max(1);
        let (mut step, mut count) = (self.block.start, 0);
        while step < self.block.end {
            let steps = (self.per_tap - lane).min(self.block.end - step);
            if let Some(place) = self.bands.place(outer, inner, row, self.per_tap) {
                let pixel = place + lane * self.line;
                let tap = &self.pass.inner[inner];
                let missing = (tap.lo > 0, tap.hi < self.pass.width);
                taps[count] = Reach { pixel, first: step - self.block.start, steps, missing };
                count += 1;
            }
            (step, lane, inner) = (step + steps, 0, inner + 1);
            if inner == inner_taps {
                (outer, inner) = (outer + 1, 0);
            }
        }
        count
    }
}

/// Most pixels of a tile that is not full. From five on, sums are enough to hide what they wait for, so of those
/// between this and a full tile there are two halves, and half as much is compiled.
const SHORT: usize = 8;

/// Finds the tile of that many registers and pixels.
///
/// # Safety
/// As [`tile`], of `vectors` and `pixels`: those of a full tile, or at most [`SHORT`].
#[inline]
unsafe fn by_pixels<T: Scalar, S: Lanes<T>>(
    simd: S,
    vectors: usize,
    pixels: usize,
    of: &Tile<T>,
    taps: &[Reach],
) {
    macro_rules! find {
        ($($b:literal)*) => {
            match (vectors, pixels) {
                $((2, $b) if S::WIDE >= 2 && S::PIXELS >= $b => simd.enter(Alone::<T, 2, $b> { of, taps }),)*
                $((_, $b) if S::PIXELS >= $b => simd.enter(Alone::<T, 1, $b> { of, taps }),)*
                _ => unreachable!("a tile is full, or in part"),
            }
        };
    }
    find!(1 2 3 4 5 6 7 8 14);
}

/// A tile that is compiled by itself. Where many were one function, the compiler mixed the sums of one with those of
/// another, and the portable set lost half of its speed; a call costs what two steps of hundreds do.
struct Alone<'a, T, const V: usize, const B: usize> {
    of: &'a Tile<T>,
    taps: &'a [Reach],
}

impl<T: Scalar, S: Lanes<T>, const V: usize, const B: usize> Compute<S> for Alone<'_, T, V, B> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        // SAFETY: what `by_pixels` says, which alone makes one of these.
        unsafe { tile::<T, S, V, B>(simd, self.of, self.taps) }
    }
}

/// `V` registers of channels times `B` neighbouring pixels of a row.
///
/// Every output is one chain of multiply-adds per block of K, started from the bias in the first block
/// and from zero in the others, which are added to what is there: the same for every shape of tile.
///
/// # Safety
/// The strip has `B` pixels at each step of the taps. *Operands*: the panel has all those steps, `bias` has `V`
/// registers. *Outputs*, or *room*: the `B` pixels at `out`, of `V` registers whose last one has `tail` lanes.
#[inline(always)]
unsafe fn tile<T: Scalar, S: Lanes<T>, const V: usize, const B: usize>(
    simd: S,
    of: &Tile<T>,
    taps: &[Reach],
) {
    // SAFETY: *inputs* or *room* for each step of the taps, *operands* likewise; *outputs* for `B` pixels, whose last
    // register is masked.
    unsafe {
        let mut sum = [[simd.splat(T::default()); V]; B];
        if let Some(bias) = of.bias {
            for r in 0..B {
                for v in 0..V {
                    sum[r][v] = simd.load(bias.add(v * S::WIDTH));
                }
            }
        }
        let mut soon = of.soon;
        for tap in taps {
            let mut pixels = of.pixels.add(tap.pixel);
            let mut weights = of.weights.add(tap.first * V * S::WIDTH);
            macro_rules! step {
                ($ahead:expr, $rows:expr) => {{
                    // Not `from_fn`: a closure is compiled for the baseline, and intrinsics stay calls there.
                    let mut lane = [simd.splat(T::default()); V];
                    for v in 0..V {
                        lane[v] = simd.load(weights.add(($ahead * V + v) * S::WIDTH));
                    }
                    let pixels = pixels.wrapping_add($ahead * of.channel);
                    for r in $rows {
                        let pixel = simd.splat(*pixels.add(r));
                        for v in 0..V {
                            sum[r][v] = simd.mul_add(sum[r][v], pixel, lane[v]);
                        }
                    }
                }};
            }
            macro_rules! steps {
                ($rows:expr) => {
                    for _ in 0..tap.steps {
                        simd.prefetch(soon);
                        soon = soon.wrapping_add(ALIGN / size_of::<T>() / 2);
                        step!(0, $rows);
                        weights = weights.add(V * S::WIDTH);
                        pixels = pixels.wrapping_add(of.channel);
                    }
                };
            }
            // An output at the end of a row that lacks the tap is left out: a twelfth of all the work, of
            // 3 x 3 taps on 8 x 8 pixels. Further ones have zeros in the strip.
            match (of.ends.0 && tap.missing.0, of.ends.1 && tap.missing.1) {
                (true, false) => steps!(1..B),
                (false, true) => steps!(0..B - 1),
                _ => {
                    for _ in 0..tap.steps / 2 {
                        simd.prefetch(soon);
                        soon = soon.wrapping_add(ALIGN / size_of::<T>());
                        step!(0, 0..B);
                        step!(1, 0..B);
                        weights = weights.add(2 * V * S::WIDTH);
                        pixels = pixels.wrapping_add(2 * of.channel);
                    }
                    if tap.steps % 2 > 0 {
                        step!(0, 0..B);
                    }
                }
            }
        }
        let whole = of.tail == S::WIDTH;
        let mask = simd.mask::<T>(0, of.tail);
        // Written out, not looped: sums that are indexed by a variable are kept in memory, and then
        // stored in every step.
        macro_rules! store {
            ($r:literal, $v:literal) => {
                if $v < V {
                    let sum = sum[$r % B][$v % V];
                    let out = of.out.wrapping_offset($r * of.row_stride);
                    let out = out.wrapping_add($v * S::WIDTH);
                    if whole || $v + 1 < V {
                        let value = match of.bias {
                            Some(_) => sum,
                            None => simd.add(simd.load(out), sum),
                        };
                        simd.store(out, value);
                    } else {
                        let value = match of.bias {
                            Some(_) => sum,
                            None => simd.add(simd.load_masked(out, mask), sum),
                        };
                        simd.store_masked(out, mask, value);
                    }
                }
            };
            ($($r:literal)*) => {$(
                if $r < B {
                    store!($r, 0);
                    store!($r, 1);
                }
            )*};
        }
        store!(0 1 2 3 4 5 6 7 8 9 10 11 12 13);
    }
}

/// Sums of a panel of channels to where they belong.
///
/// *Room* holds for the sums of the band, *outputs* for its pixels in `channels` channels.
struct Scatter<'a, T> {
    pass: &'a Pass,
    band: &'a Band,
    /// `pixels x wide`.
    sums: *const T,
    wide: usize,
    channels: usize,
    /// The output of the first channel and the first pixel of the image.
    out: *mut T,
    out_channel: isize,
}

impl<T: Scalar, S: Lanes<T>> Compute<S> for Scatter<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let Self { pass, band, .. } = self;
        // Outputs that are neighbours are turned together, across rows as well.
        let whole = pass.out_flat && (band.columns.len() == pass.width || band.rows.len() == 1);
        let (rows, width) =
            if whole { (1, band.pixels()) } else { (band.rows.len(), band.columns.len()) };
        for i in 0..rows {
            let row = pass.out_rows[band.rows.start + i];
            let x = band.columns.start as isize * pass.out_stride;
            for pixel in (0..width).step_by(S::WIDTH) {
                let pixels = (width - pixel).min(S::WIDTH);
                let out = self.out.wrapping_offset(row + x + pixel as isize * pass.out_stride);
                for channel in (0..self.channels).step_by(S::WIDTH) {
                    let from = self.sums.wrapping_add((i * width + pixel) * self.wide + channel);
                    let to = out.wrapping_offset(channel as isize * self.out_channel);
                    let channels = (self.channels - channel).min(S::WIDTH);
                    // SAFETY: *room* for the sums of these pixels, and their *outputs*.
                    unsafe {
                        if pass.out_stride == 1 {
                            simd.transpose(from, self.wide, pixels, to, self.out_channel, channels);
                            continue;
                        }
                        for pixel in 0..pixels {
                            for channel in 0..channels {
                                let to = to.wrapping_offset(
                                    pixel as isize * pass.out_stride
                                        + channel as isize * self.out_channel,
                                );
                                to.write(from.add(pixel * self.wide + channel).read());
                            }
                        }
                    }
                }
            }
        }
    }
}
