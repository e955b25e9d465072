//! Squares of outputs with fewer multiplications: see `square`. Inputs are transformed with squares along the
//! lanes, then each of 16 places is a multiplication of matrices with channels along the lanes, as in `wide`;
//! its products are transformed back a square at a time.

use std::marker::PhantomData;
use std::ops::Range;

use windows_core::kernel::Vectorized;

use super::element::Input;
use super::gemm::k_blocks;
use super::job::{ALIGN, Job};
use super::lanes::{Lanes, Scalar};
use super::strip::Strip;
use super::tile::Finish;
use super::wide::{Reach, Tile, by_pixels};
use crate::band::{Band, Bands, pieces};
use crate::pass::Pass;
use crate::square::{PLACES, Room, Squares};

/// Transforms what the squares of a band read, of all channels.
///
/// # Safety
/// The instruction set of `S` is available, and the input is as large as the pass says.
pub(super) unsafe fn transform<X: Input, S: Lanes<Scalar = X::Lane>>(
    job: &mut Job<'_, X>,
    squares: &Squares,
    band: &Band,
) {
    let bands = &squares.bands;
    let room = job.room(squares);
    job.scratch[room.zeros()].fill(X::Lane::default());
    let scratch = job.scratch.as_mut_ptr();
    for first in (0..job.channels).step_by(squares.part) {
        let channels = (job.channels - first).min(squares.part);
        // SAFETY: the caller's promise; the parts of scratch are as large as `room` says.
        unsafe {
            S::enter(Strip::<X, S> {
                bands,
                band,
                stride: squares.pass.stride,
                input: job.input.wrapping_offset(first as isize * job.channel_stride),
                channel_stride: job.channel_stride,
                channels,
                zero: job.zero,
                out: scratch,
                kernel: PhantomData,
            });
            S::enter(Forward::<X::Lane, S> {
                bands,
                band,
                channels,
                strip: scratch,
                zeros: scratch.wrapping_add(room.zeros().start),
                out: scratch.wrapping_add(room.inputs() + first * band.pixels()),
                apart: room.input,
                isa: PhantomData,
            });
        }
    }
}

/// Some channels of a band that is transformed, from the first one of a panel on.
///
/// # Safety
/// As [`transform`], for the output as well; no one else writes these outputs meanwhile.
pub(super) unsafe fn by_squares<X: Input, S: Lanes<Scalar = X::Lane>>(
    job: &mut Job<'_, X>,
    squares: &Squares,
    band: &Band,
    channels: Range<usize>,
) {
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
        // SAFETY: the caller's promise; the parts of scratch are as large as `room` says.
        unsafe {
            S::enter(Products::<X::Lane, S> {
                squares: band.pixels(),
                channels: job.channels,
                inputs: scratch.wrapping_add(room.inputs()),
                inputs_apart: room.input,
                weights: weights.as_ptr(),
                vectors: panel.vectors,
                zeros: scratch.wrapping_add(room.zeros().start),
                out: products,
                apart: room.product,
                isa: PhantomData,
            });
            S::enter(Back::<X::Lane, S> {
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
                isa: PhantomData,
            });
            job.scatter_panel::<S>(&pixels, sums, &panel);
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
unsafe fn minus<S: Lanes>(a: S::Vector, b: S::Vector) -> S::Vector {
    // SAFETY: the caller's: the instruction set of `S` is available. A product with one is exact.
    unsafe { S::mul_add(a, b, S::splat(S::Scalar::from_f32(-1.0))) }
}

/// Inputs of a band to `places x channels x squares`: `B^T d B`.
struct Forward<'a, T, S> {
    bands: &'a Bands,
    band: &'a Band,
    /// Channels of the strip.
    channels: usize,
    strip: *const T,
    zeros: *const T,
    out: *mut T,
    /// From place to place.
    apart: usize,
    isa: PhantomData<S>,
}

impl<S: Lanes> Vectorized for Forward<'_, S::Scalar, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
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
                    // SAFETY: the driver's promise. Beyond a line there are other lines, and zeros behind the
                    // strip, and the inputs of the first place behind those.
                    unsafe {
                        let mut d = [[S::splat(S::Scalar::default()); 4]; 4];
                        for outer in 0..4 {
                            let (line, apart) = lines[outer];
                            let line = line.wrapping_add(channel * apart + square);
                            for inner in 0..4 {
                                d[outer][inner] = S::load(line.wrapping_add(taps[inner]));
                            }
                        }
                        for inner in 0..4 {
                            let column =
                                forward::<S>(d[0][inner], d[1][inner], d[2][inner], d[3][inner]);
                            for outer in 0..4 {
                                d[outer][inner] = column[outer];
                            }
                        }
                        let mask = S::mask(0, len);
                        for outer in 0..4 {
                            let [a, b, c, e] = d[outer];
                            let row = forward::<S>(a, b, c, e);
                            for inner in 0..4 {
                                let out = out.wrapping_add((outer * 4 + inner) * self.apart);
                                if len == S::WIDTH {
                                    S::store(out, row[inner]);
                                } else {
                                    S::store_mask(out, mask, row[inner]);
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
unsafe fn forward<S: Lanes>(
    a: S::Vector,
    b: S::Vector,
    c: S::Vector,
    d: S::Vector,
) -> [S::Vector; 4] {
    // SAFETY: the caller's: the instruction set of `S` is available.
    unsafe { [minus::<S>(a, c), S::add(b, c), minus::<S>(c, b), minus::<S>(b, d)] }
}

/// The multiplications of a panel of channels: for each place, `squares x channels` times `channels x panel`.
struct Products<T, S> {
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
    isa: PhantomData<S>,
}

impl<S: Lanes> Vectorized for Products<S::Scalar, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let wide = self.vectors * S::WIDTH;
        let line = ALIGN / size_of::<S::Scalar>();
        for place in 0..PLACES {
            let weights = self.weights.wrapping_add(place * self.channels * wide);
            for block in k_blocks(self.channels) {
                let steps = [Reach { steps: block.len(), ..Reach::default() }];
                let weights = weights.wrapping_add(block.start * wide);
                let inputs = self
                    .inputs
                    .wrapping_add(place * self.inputs_apart + block.start * self.squares);
                // What is multiplied next lies behind. A tile asks for a line every two steps.
                let (panel, mut asked) = (block.len() * wide, 0);
                for part in pieces(self.squares, S::PIXELS) {
                    let tile = Tile {
                        pixels: inputs.wrapping_add(part.start),
                        channel: self.squares,
                        weights,
                        out: self.out.wrapping_add(place * self.apart + part.start * wide),
                        row_stride: wide as isize,
                        ends: (false, false),
                        tail: S::WIDTH,
                        bias: (block.start == 0).then_some(self.zeros),
                        finish: None,
                        soon: weights.wrapping_add(if asked < panel { panel + asked } else { 0 }),
                    };
                    asked += block.len() / 2 * line;
                    // SAFETY: the driver has set up inputs, weights and products for exactly these tiles.
                    unsafe { by_pixels::<S>(self.vectors, part.len(), &tile, &steps) };
                }
            }
        }
    }
}

/// Products of a panel to outputs: `A^T m A`, and the bias.
struct Back<'a, T, S> {
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
    isa: PhantomData<S>,
}

impl<S: Lanes> Vectorized for Back<'_, S::Scalar, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
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
                // SAFETY: the driver has set up products, bias and outputs for exactly these squares.
                unsafe {
                    let mut half = [[S::splat(S::Scalar::default()); 4]; 2];
                    for inner in 0..4 {
                        // Not `from_fn`: a closure is compiled for the baseline.
                        let mut m = [S::splat(S::Scalar::default()); 4];
                        for outer in 0..4 {
                            let at = (outer * 4 + inner) * self.apart + lane;
                            m[outer] = S::load(from.wrapping_add(at));
                        }
                        [half[0][inner], half[1][inner]] = back::<S>(m[0], m[1], m[2], m[3]);
                    }
                    let bias = S::load(self.bias.wrapping_add(lane));
                    let mask = S::mask(0, (exist - lane).min(S::WIDTH));
                    for row in [1, 0] {
                        let [a, b, c, d] = half[row];
                        let sums = back::<S>(a, b, c, d);
                        for column in [1, 0] {
                            let out = out[row][column].wrapping_add(lane);
                            let sum = S::add(sums[column], bias);
                            if exist - lane >= S::WIDTH {
                                S::store(out, sum);
                            } else {
                                S::store_mask(out, mask, sum);
                            }
                        }
                    }
                }
            }
            if let Some(finish) = &self.finish {
                for row in 0..rows.min(2) {
                    for column in 0..columns.min(2) {
                        // SAFETY: as above.
                        unsafe { finish.apply(out[row][column], exist) };
                    }
                }
            }
        }
    }
}

/// `A^T` times a column.
#[inline(always)]
unsafe fn back<S: Lanes>(a: S::Vector, b: S::Vector, c: S::Vector, d: S::Vector) -> [S::Vector; 2] {
    // SAFETY: the caller's: the instruction set of `S` is available.
    unsafe { [S::add(S::add(a, b), c), minus::<S>(minus::<S>(b, c), d)] }
}
