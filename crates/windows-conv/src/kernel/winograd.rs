//! Squares of outputs with fewer multiplications: see `square`.
//!
//! ```text
//! transform:   for each part of the channels:
//!                  pack the lines that the band reads
//!                  for each channel, each register of squares:           Forward
//!                      d = load(4 x 4 inputs of the squares)
//!                      for each place: inputs[place] = (B^T d B)[place]
//! by_squares:  for each panel of channels:
//!                  for each place: products[place] = inputs[place] * weights[place]    Products
//!                  for each square:                                                    Back
//!                      out = A^T products A + bias, activated
//!                  transpose the sums, if channels are no neighbours in the output
//! ```
//!
//! Departures:
//! - Inputs are transformed with squares along the lanes, and multiplied with channels along the lanes: those are the
//!   tiles of `wide`, and nothing is compiled for them here.
//! - A part of the channels is packed and transformed at a time: its strip stays in the first level of cache.
//! - An output of a square that lies beyond the end is written to where the one before it is written after it, so
//!   that no square is a case of its own.

use std::ops::Range;

use windows_simd::Compute;

use super::element::Input;
use super::finish::{Finish, Finishing};
use super::gemm::k_blocks;
use super::job::Job;
use super::lanes::Lanes;
use super::scalar::Scalar;
use super::strip::Strip;
use super::wide::{Reach, Row, Tile};
use crate::band::{Band, Bands};
use crate::pass::Pass;
use crate::square::{PLACES, Room, Squares};

/// Transforms what the squares of a band read, of all channels.
///
/// # Safety
/// *Set*, and *inputs* and *room* of the job, for this band.
pub(super) unsafe fn transform<X: Input, S: Lanes<X::Lane>>(
    job: &mut Job<'_, X>,
    squares: &Squares,
    band: &Band,
) {
    // SAFETY: *set*.
    let simd = unsafe { S::new_unchecked() };
    let bands = &squares.bands;
    let room = job.room(squares);
    job.scratch[room.zeros()].fill(X::Lane::default());
    let scratch = job.scratch.as_mut_ptr();
    for first in (0..job.channels).step_by(squares.part) {
        let channels = (job.channels - first).min(squares.part);
        // The parts of scratch are as large as `room` says.
        simd.enter(Strip::<X, S> {
            bands,
            band,
            stride: squares.pass.stride,
            input: job.input.wrapping_offset(first as isize * job.channel_stride),
            channel_stride: job.channel_stride,
            channels,
            zero: job.zero,
            out: scratch,
            simd,
        });
        simd.enter(Forward::<X::Lane> {
            bands,
            band,
            channels,
            strip: scratch,
            zeros: scratch.wrapping_add(room.zeros().start),
            out: scratch.wrapping_add(room.inputs() + first * band.pixels()),
            apart: room.input,
        });
    }
}

/// Some channels of a band that is transformed, from the first one of a panel on.
///
/// # Safety
/// *Set*, and *outputs*, *operands* and *room* of the job, for these channels of the band.
pub(super) unsafe fn by_squares<X: Input, S: Lanes<X::Lane>>(
    job: &mut Job<'_, X>,
    squares: &Squares,
    band: &Band,
    channels: Range<usize>,
) {
    // SAFETY: *set*.
    let simd = unsafe { S::new_unchecked() };
    let room = job.room(squares);
    let scratch = job.scratch.as_mut_ptr();
    let pixels = Band {
        rows: 2 * band.rows.start..(2 * band.rows.end).min(job.pass.rows),
        columns: 2 * band.columns.start..(2 * band.columns.end).min(job.pass.width),
        lines: 0..0,
    };
    let products = scratch.wrapping_add(room.products());
    let sums = scratch.wrapping_add(room.sums());
    for channel in channels.clone().step_by(S::WIDTH * S::WIDE) {
        let panel = job.wide_panel::<S>(channel, channels.end);
        let wide = panel.vectors * S::WIDTH;
        let weights = &job.weights[channel * job.steps..][..job.steps * wide];
        // SAFETY: *outputs* of the panel; *room*, whose parts are those that `Room` says.
        unsafe {
            let multiplied = Products::<X::Lane> {
                squares: band.pixels(),
                channels: job.channels,
                inputs: scratch.wrapping_add(room.inputs()),
                inputs_apart: room.input,
                weights: weights.as_ptr(),
                vectors: panel.vectors,
                zeros: scratch.wrapping_add(room.zeros().start),
                out: products,
                apart: room.product,
            };
            multiplied.run(simd);
            simd.enter(Back::<X::Lane> {
                pass: job.pass,
                band,
                pixels: &pixels,
                products,
                apart: room.product,
                vectors: panel.vectors,
                channels: panel.channels,
                bias: job.bias[channel..].as_ptr(),
                sums: job.buffered.then_some(sums),
                out: panel.out,
                finish: job.finish,
            });
            job.scatter_panel::<S>(simd, &pixels, sums, &panel);
        }
    }
}

impl<X: Input> Job<'_, X> {
    fn room(&self, squares: &Squares) -> Room {
        assert!(self.scratch.len() >= squares.room.len(), "scratch has room for squares");
        squares.room
    }
}

/// `a - b`.
#[inline(always)]
fn minus<T: Scalar, S: Lanes<T>>(simd: S, a: S::V<T>, b: S::V<T>) -> S::V<T> {
    // A product with one is exact.
    simd.mul_add(a, b, simd.splat(T::from_f32(-1.0)))
}

/// Inputs of a band to `places x channels x squares`: `B^T d B`.
///
/// *Room* holds for strip, zeros and `out`, laid out as [`Room`] says.
struct Forward<'a, T> {
    bands: &'a Bands,
    band: &'a Band,
    /// Channels of the strip.
    channels: usize,
    strip: *const T,
    zeros: *const T,
    out: *mut T,
    /// From place to place.
    apart: usize,
}

impl<T: Scalar, S: Lanes<T>> Compute<S> for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let Self { bands, band, channels, .. } = self;
        let (squares, width) = (band.pixels(), band.columns.len());
        for (i, row) in band.rows.clone().enumerate() {
            // Of each row of taps: the line it reads, and how far the next channel is.
            let mut lines = [(self.zeros, 0); 4];
            let mut taps = [0; 4];
            for tap in 0..4 {
                if let Some(first) = bands.first(tap, row, channels) {
                    lines[tap] = (self.strip.wrapping_add(first), bands.line);
                }
                taps[tap] = bands.tap(tap);
            }
            for channel in 0..channels {
                for square in (0..width).step_by(S::WIDTH) {
                    let len = (width - square).min(S::WIDTH);
                    let out = self.out.wrapping_add(channel * squares + i * width + square);
                    // SAFETY: *room* for strip, zeros and inputs. Beyond a line there are other lines, and zeros
                    // behind the strip, and the inputs of the first place behind those.
                    unsafe {
                        let mut d = [[simd.splat(T::default()); 4]; 4];
                        for outer in 0..4 {
                            let (line, apart) = lines[outer];
                            let line = line.wrapping_add(channel * apart + square);
                            for inner in 0..4 {
                                d[outer][inner] = simd.load(line.wrapping_add(taps[inner]));
                            }
                        }
                        for inner in 0..4 {
                            let column = forward::<T, S>(
                                simd,
                                d[0][inner],
                                d[1][inner],
                                d[2][inner],
                                d[3][inner],
                            );
                            for outer in 0..4 {
                                d[outer][inner] = column[outer];
                            }
                        }
                        let mask = simd.mask::<T>(0, len);
                        for outer in 0..4 {
                            let [a, b, c, e] = d[outer];
                            let row = forward::<T, S>(simd, a, b, c, e);
                            for inner in 0..4 {
                                let out = out.wrapping_add((outer * 4 + inner) * self.apart);
                                if len == S::WIDTH {
                                    simd.store(out, row[inner]);
                                } else {
                                    simd.store_masked(out, mask, row[inner]);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `B^T` times a column.
#[inline(always)]
fn forward<T: Scalar, S: Lanes<T>>(
    simd: S,
    a: S::V<T>,
    b: S::V<T>,
    c: S::V<T>,
    d: S::V<T>,
) -> [S::V<T>; 4] {
    [
        minus::<T, S>(simd, a, c),
        simd.add(b, c),
        minus::<T, S>(simd, c, b),
        minus::<T, S>(simd, b, d),
    ]
}

/// The multiplications of a panel of channels: for each place, `squares x channels` times `channels x panel`.
///
/// *Room* holds for inputs, zeros and `out`, *operands* for the weights of all places.
struct Products<T> {
    squares: usize,
    /// Input channels.
    channels: usize,
    inputs: *const T,
    inputs_apart: usize,
    /// `places x channels x vectors` registers.
    weights: *const T,
    vectors: usize,
    zeros: *const T,
    /// `places x squares x vectors` registers.
    out: *mut T,
    apart: usize,
}

impl<T: Scalar> Products<T> {
    fn run<S: Lanes<T>>(self, simd: S) {
        let wide = self.vectors * S::WIDTH;
        for place in 0..PLACES {
            let weights = self.weights.wrapping_add(place * self.channels * wide);
            for block in k_blocks(self.channels) {
                let weights = weights.wrapping_add(block.start * wide);
                let inputs = place * self.inputs_apart + block.start * self.squares;
                let row = Row {
                    taps: &[Reach { steps: block.len(), ..Reach::default() }],
                    width: self.squares,
                    vectors: self.vectors,
                    tile: Tile {
                        pixels: self.inputs.wrapping_add(inputs),
                        channel: self.squares,
                        weights,
                        out: self.out.wrapping_add(place * self.apart),
                        row_stride: wide as isize,
                        ends: (false, false),
                        tail: S::WIDTH,
                        bias: (block.start == 0).then_some(self.zeros),
                        soon: weights,
                    },
                    panel: block.len() * wide,
                    asked: 0,
                    finish: None,
                };
                // SAFETY: *operands* of the place; *room* for its inputs, the zeros and its products.
                unsafe { row.run(simd) };
            }
        }
    }
}

/// Products of a panel to outputs: `A^T m A`, and the bias.
///
/// *Room* holds for products and sums, *operands* for the bias, *outputs* for `pixels` in `channels` channels.
struct Back<'a, T> {
    pass: &'a Pass,
    /// Of squares, and of their outputs.
    band: &'a Band,
    pixels: &'a Band,
    products: *const T,
    apart: usize,
    vectors: usize,
    /// Channels of the panel that exist.
    channels: usize,
    bias: *const T,
    /// Where the outputs of the band go, one behind the other, if not to the output.
    sums: Option<*mut T>,
    out: *mut T,
    finish: Option<Finish<T>>,
}

impl<T: Scalar, S: Lanes<T>> Compute<S> for Back<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let Self { pass, band, pixels, vectors, .. } = self;
        let (wide, width) = (vectors * S::WIDTH, band.columns.len());
        let exist = if self.sums.is_some() { wide } else { self.channels };
        for square in 0..band.pixels() {
            let (i, j) = (square / width * 2, square % width * 2);
            let from = self.products.wrapping_add(square * wide);
            // An output beyond the end is written to where the one before it is written after it.
            let (rows, columns) = (pixels.rows.len() - i, pixels.columns.len() - j);
            let mut out = [[self.out; 2]; 2];
            for row in 0..2 {
                for column in 0..2 {
                    let (i, j) = (i + row.min(rows - 1), j + column.min(columns - 1));
                    out[row][column] = match self.sums {
                        Some(sums) => sums.wrapping_add((i * pixels.columns.len() + j) * wide),
                        None => {
                            let x = (pixels.columns.start + j) as isize * pass.out_stride;
                            self.out.wrapping_offset(pass.out_rows[pixels.rows.start + i] + x)
                        }
                    };
                }
            }
            for v in 0..vectors {
                let lane = v * S::WIDTH;
                // SAFETY: *room* for products and sums, *operands* for the bias, *outputs* of the squares.
                unsafe {
                    let mut half = [[simd.splat(T::default()); 4]; 2];
                    for inner in 0..4 {
                        // Not `from_fn`: a closure is compiled for the baseline.
                        let mut m = [simd.splat(T::default()); 4];
                        for outer in 0..4 {
                            let at = (outer * 4 + inner) * self.apart + lane;
                            m[outer] = simd.load(from.wrapping_add(at));
                        }
                        [half[0][inner], half[1][inner]] =
                            back::<T, S>(simd, m[0], m[1], m[2], m[3]);
                    }
                    let bias = simd.load(self.bias.wrapping_add(lane));
                    let mask = simd.mask::<T>(0, (exist - lane).min(S::WIDTH));
                    for row in [1, 0] {
                        let [a, b, c, d] = half[row];
                        let sums = back::<T, S>(simd, a, b, c, d);
                        for column in [1, 0] {
                            let out = out[row][column].wrapping_add(lane);
                            let sum = simd.add(sums[column], bias);
                            if exist - lane >= S::WIDTH {
                                simd.store(out, sum);
                            } else {
                                simd.store_masked(out, mask, sum);
                            }
                        }
                    }
                }
            }
        }
        let Some(finish) = self.finish else { return };
        let (out, rows, count, apart) = match self.sums {
            Some(sums) => (sums, &[0][..], pixels.pixels(), wide as isize),
            None => {
                let first = pixels.columns.start as isize * pass.out_stride;
                let rows = &pass.out_rows[pixels.rows.clone()];
                (self.out.wrapping_offset(first), rows, pixels.columns.len(), pass.out_stride)
            }
        };
        simd.enter(Finishing { finish, out, rows, count, apart, len: exist });
    }
}

/// `A^T` times a column.
#[inline(always)]
fn back<T: Scalar, S: Lanes<T>>(
    simd: S,
    a: S::V<T>,
    b: S::V<T>,
    c: S::V<T>,
    d: S::V<T>,
) -> [S::V<T>; 2] {
    [simd.add(simd.add(a, b), c), minus::<T, S>(simd, minus::<T, S>(simd, b, c), d)]
}
