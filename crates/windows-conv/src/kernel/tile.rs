//! The multiplication: a tile of outputs stays in registers while K runs.
//!
//! One operand lies along the *lanes* of registers, the other is broadcast *row* by row. Which of the
//! two are the pixels and which the channels is the orientation of a plan; the tile is the same.

use windows_core::kernel::Vectorized;

use super::lanes::{Lanes, Scalar};
use crate::Activation;

/// Groups of equally wide panels that cover a range, as even as can be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panels {
    pub first: usize,
    pub end: usize,
    /// Elements of a unit: panels are whole units, the last unit may reach beyond the end.
    unit: usize,
    units: usize,
    count: usize,
}

impl Panels {
    pub(crate) fn new(first: usize, end: usize, unit: usize, most: usize) -> Self {
        let units = (end - first).div_ceil(unit);
        Self { first, end, unit, units, count: units.div_ceil(most) }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// First element, units, and elements before the end.
    #[inline(always)]
    pub(crate) fn get(&self, panel: usize) -> (usize, usize, usize) {
        let at = |panel: usize| self.units * panel / self.count;
        let (from, to) = (at(panel), at(panel + 1));
        let start = self.first + from * self.unit;
        (start, to - from, ((to - from) * self.unit).min(self.end - start))
    }

    /// Elements, the overhang of the last unit included.
    pub(crate) fn padded(&self) -> usize {
        self.units * self.unit
    }
}

/// What is done to a tile when its sum is complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finish<T> {
    pub activation: Activation<T>,
}

impl<T: Scalar> Finish<T> {
    /// # Safety
    /// `len` elements at `at` are the caller's to write, and initialised.
    #[inline(always)]
    pub(crate) unsafe fn apply(&self, at: *mut T, len: usize) {
        // SAFETY: the caller's promise.
        let row = unsafe { std::slice::from_raw_parts_mut(at, len) };
        match self.activation {
            Activation::None => {}
            // A loop each, so that each is vectorised.
            Activation::Relu => row.iter_mut().for_each(|x| *x = finished(Activation::Relu, *x)),
            Activation::Clamp(low, high) => row.iter_mut().for_each(|x| *x = x.clamp(low, high)),
            Activation::Silu => row.iter_mut().for_each(|x| *x = x.silu()),
        }
    }
}

/// A value after its activation.
#[inline(always)]
pub(crate) fn finished<T: Scalar>(activation: Activation<T>, x: T) -> T {
    match activation {
        Activation::None => x,
        Activation::Relu => {
            let zero = T::default();
            if x < zero { zero } else { x }
        }
        Activation::Clamp(low, high) => x.clamp(low, high),
        Activation::Silu => x.silu(),
    }
}

/// One weights panel against all pixel panels of a block.
pub(crate) struct Sweep<T, S, const CHANNELS: bool> {
    /// Steps along K.
    pub steps: usize,
    /// The weights panel at the first of them: `steps x rows`, or `steps x lanes` with channels along
    /// the lanes.
    pub weights: *const T,
    /// The packed pixel panels, one behind the other, each `steps x width`.
    pub pixels: *const T,
    pub panels: Panels,
    /// Registers of the weights panel, where channels lie along the lanes.
    pub vectors: usize,
    /// Channels of the panel that exist.
    pub channels: usize,
    /// The output of the first channel of the panel and the first pixel of the block.
    pub out: *mut T,
    /// Distance of neighbouring rows of a tile in the output. Neighbouring lanes are neighbours.
    pub row_stride: isize,
    /// Whether tiles lie one behind the other, each full, instead of in the output.
    pub buffered: bool,
    /// Of the first channel of the panel, if this is the first block of K.
    pub bias: Option<*const T>,
    pub finish: Option<Finish<T>>,
    pub isa: std::marker::PhantomData<S>,
}

struct Tile<T> {
    steps: usize,
    lanes: *const T,
    rows: *const T,
    out: *mut T,
    row_stride: isize,
    /// Lanes of the last register that exist, rows that exist.
    tail: usize,
    count: usize,
    bias: Option<*const T>,
    finish: Option<Finish<T>>,
    /// Weights that the next block reads, and that are not in the cache yet.
    soon: *const T,
}

impl<S: Lanes, const CHANNELS: bool> Vectorized for Sweep<S::Scalar, S, CHANNELS> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut pixels = self.pixels;
        let line = 64 / size_of::<S::Scalar>();
        for panel in 0..self.panels.count() {
            let (start, units, width) = self.panels.get(panel);
            let (vectors, rows) = if CHANNELS { (self.vectors, units) } else { (units, S::ROWS) };
            let (lanes, count) =
                if CHANNELS { (self.channels, units) } else { (width, self.channels) };
            let (lanes_at, rows_at) =
                if CHANNELS { (self.weights, pixels) } else { (pixels, self.weights) };
            let ahead = start - self.panels.first;
            let out = match (self.buffered, CHANNELS) {
                (true, true) => self.out.wrapping_add(ahead * self.vectors * S::WIDTH),
                (true, false) => self.out.wrapping_add(ahead * S::ROWS),
                (false, true) => self.out.wrapping_offset(ahead as isize * self.row_stride),
                (false, false) => self.out.wrapping_add(ahead),
            };
            let row_stride =
                if self.buffered { (vectors * S::WIDTH) as isize } else { self.row_stride };
            let tile = Tile {
                steps: self.steps,
                lanes: lanes_at,
                rows: rows_at,
                out,
                row_stride,
                tail: if self.buffered { S::WIDTH } else { lanes - (vectors - 1) * S::WIDTH },
                count: if self.buffered { rows } else { count },
                bias: self.bias,
                finish: self.finish,
                // Blocks and panels lie one behind the other: every tile fetches its part of the next.
                soon: self.weights.wrapping_add(
                    self.steps * self.vectors * S::WIDTH + panel * (self.steps / 4) * 2 * line,
                ),
            };
            // SAFETY: the driver has set up panels and output for exactly these tiles.
            unsafe { by_rows::<S, CHANNELS>(vectors, rows, &tile) };
            pixels = pixels.wrapping_add(self.steps * units * if CHANNELS { 1 } else { S::WIDTH });
        }
    }
}

/// Finds the tile of that many rows and registers.
///
/// # Safety
/// See [`tile`]; `rows` and `vectors` are at most those of a full tile.
#[inline(always)]
unsafe fn by_rows<S: Lanes, const CHANNELS: bool>(
    vectors: usize,
    rows: usize,
    of: &Tile<S::Scalar>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match rows {
            8 if S::ROWS >= 8 => by_vectors::<S, 8, CHANNELS>(vectors, of),
            7 if S::ROWS >= 8 => by_vectors::<S, 7, CHANNELS>(vectors, of),
            6 if S::ROWS >= 6 => by_vectors::<S, 6, CHANNELS>(vectors, of),
            5 if S::ROWS >= 6 => by_vectors::<S, 5, CHANNELS>(vectors, of),
            4 => by_vectors::<S, 4, CHANNELS>(vectors, of),
            3 => by_vectors::<S, 3, CHANNELS>(vectors, of),
            2 => by_vectors::<S, 2, CHANNELS>(vectors, of),
            _ => by_vectors::<S, 1, CHANNELS>(vectors, of),
        }
    }
}

/// # Safety
/// As [`by_rows`].
#[inline(always)]
unsafe fn by_vectors<S: Lanes, const B: usize, const CHANNELS: bool>(
    vectors: usize,
    of: &Tile<S::Scalar>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match vectors {
            3 if S::VECTORS >= 3 => tile::<S, 3, B, CHANNELS>(of),
            2 if S::VECTORS >= 2 => tile::<S, 2, B, CHANNELS>(of),
            _ => tile::<S, 1, B, CHANNELS>(of),
        }
    }
}

/// `V` registers times `B` rows.
///
/// Every output is one chain of multiply-adds per block of K, started from the bias in the first block
/// and from zero in the others, which are added to what is there: the same for every shape of tile.
///
/// # Safety
/// `lanes` has `steps V WIDTH` elements, `rows` has `steps B`, `out` the rows that exist, `bias` as many
/// as the panel has, and the instruction set of `S` is available.
#[inline(always)]
unsafe fn tile<S: Lanes, const V: usize, const B: usize, const CHANNELS: bool>(
    of: &Tile<S::Scalar>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sum = [[S::splat(S::Scalar::default()); V]; B];
        if let Some(bias) = of.bias {
            for r in 0..B {
                for v in 0..V {
                    sum[r][v] = if CHANNELS {
                        S::load(bias.add(v * S::WIDTH))
                    } else {
                        S::splat(*bias.add(r))
                    };
                }
            }
        }
        for r in 0..B.min(of.count) {
            S::prefetch(of.out.wrapping_offset(r as isize * of.row_stride));
        }
        let (mut lanes, mut rows, mut soon) = (of.lanes, of.rows, of.soon);
        let line = 64 / size_of::<S::Scalar>();
        macro_rules! step {
            ($ahead:expr) => {{
                // Not `from_fn`: a closure is compiled for the baseline, and intrinsics stay calls there.
                let mut lane = [S::splat(S::Scalar::default()); V];
                for v in 0..V {
                    lane[v] = S::load(lanes.add(($ahead * V + v) * S::WIDTH));
                }
                for r in 0..B {
                    let row = S::splat(*rows.add($ahead * B + r));
                    for v in 0..V {
                        sum[r][v] = S::mul_add(sum[r][v], row, lane[v]);
                    }
                }
            }};
        }
        for _ in 0..of.steps / 4 {
            if CHANNELS {
                S::prefetch(soon);
                S::prefetch(soon.wrapping_add(line));
                soon = soon.wrapping_add(2 * line);
            } else {
                S::prefetch(rows.wrapping_add(16 * B));
                S::prefetch(rows.wrapping_add(18 * B));
            }
            step!(0);
            step!(1);
            step!(2);
            step!(3);
            lanes = lanes.add(4 * V * S::WIDTH);
            rows = rows.add(4 * B);
        }
        for _ in 0..of.steps % 4 {
            step!(0);
            lanes = lanes.add(V * S::WIDTH);
            rows = rows.add(B);
        }
        let whole = of.tail == S::WIDTH;
        let mask = S::mask(0, of.tail);
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
                            None => S::add(S::load(out), sum),
                        };
                        S::store(out, value);
                    } else {
                        let value = match of.bias {
                            Some(_) => sum,
                            None => S::add(S::load_mask(out, mask), sum),
                        };
                        S::store_mask(out, mask, value);
                    }
                }
            };
            ($($r:literal)*) => {$(
                if $r < B && $r < of.count {
                    store!($r, 0);
                    store!($r, 1);
                    store!($r, 2);
                }
            )*};
        }
        store!(0 1 2 3 4 5 6 7);
        if let Some(finish) = &of.finish {
            for r in 0..of.count {
                let out = of.out.wrapping_offset(r as isize * of.row_stride);
                finish.apply(out, (V - 1) * S::WIDTH + of.tail);
            }
        }
    }
}
