//! The multiplication with pixels along the lanes: a tile of outputs stays in registers while K runs.
//!
//! ```text
//! for each panel of pixels:                                  Sweep
//!     sum[rows][registers] = bias, or 0 after the first block of K
//!     for each step of the block:                            tile
//!         lane[registers] = load(pixels)
//!         for each row: sum[row] += splat(weight of row) * lane
//!     out = sum, or out + sum after the first block
//!     out = activation(out), in the last block
//! ```
//!
//! Departures:
//! - Four steps are one turn of the loop, in which the weights of later ones are asked for.
//! - Pixels that lie in memory as the panel has them are packed by the first tile on its way ([`Fresh`]): what it
//!   waits for then, the multiplications hide.
//! - Stores are written out, not looped: sums that are indexed by a variable are kept in memory.
//! - The last register of a row may be masked, and only that one.

use windows_simd::Compute;

use super::finish::{Finish, Finishing};
use super::lanes::Lanes;
use super::scalar::Scalar;

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

/// Pixels that are neighbours in memory, channel by channel. The first tiles that multiply them pack them
/// on their way: what they wait for then, the multiplications hide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fresh<T> {
    pub from: *const T,
    pub channel: isize,
}

/// One weights panel against all pixel panels of a block.
///
/// *Operands* hold for `steps` of the panel, *outputs* or *room* for `out`, *room* for `pixels`, and *inputs* for
/// `fresh`.
pub(crate) struct Sweep<T> {
    /// Steps along K.
    pub steps: usize,
    /// The weights panel at the first of them: `steps x rows`.
    pub weights: *const T,
    /// The packed pixel panels, one behind the other, each `steps x width`.
    pub pixels: *mut T,
    /// Where the panels are packed from meanwhile, if they are not yet.
    pub fresh: Option<Fresh<T>>,
    pub panels: Panels,
    /// Channels of the panel that exist.
    pub channels: usize,
    /// The output of the first channel of the panel and the first pixel of the block.
    pub out: *mut T,
    /// Distance of neighbouring channels in the output. Neighbouring pixels are neighbours.
    pub row_stride: isize,
    /// Whether tiles lie one behind the other, each full, instead of in the output.
    pub buffered: bool,
    /// Of the first channel of the panel, if this is the first block of K.
    pub bias: Option<*const T>,
    pub finish: Option<Finish<T>>,
}

/// Steps that fresh pixels are asked for ahead: each is in another page, which no processor foresees.
const AHEAD: isize = 12;

struct Tile<T> {
    steps: usize,
    pixels: *mut T,
    fresh: Option<Fresh<T>>,
    weights: *const T,
    out: *mut T,
    row_stride: isize,
    /// Lanes of the last register that exist, rows that exist.
    tail: usize,
    count: usize,
    bias: Option<*const T>,
}

impl<T: Scalar, S: Lanes<T>> Compute<S> for Sweep<T> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let mut pixels = self.pixels;
        for panel in 0..self.panels.count() {
            let (start, vectors, width) = self.panels.get(panel);
            let ahead = start - self.panels.first;
            let (out, row_stride) = match self.buffered {
                true => (self.out.wrapping_add(ahead * S::ROWS), (vectors * S::WIDTH) as isize),
                false => (self.out.wrapping_add(ahead), self.row_stride),
            };
            let tile = Tile {
                steps: self.steps,
                pixels,
                fresh: self
                    .fresh
                    .map(|fresh| Fresh { from: fresh.from.wrapping_add(ahead), ..fresh }),
                weights: self.weights,
                out,
                row_stride,
                tail: if self.buffered { S::WIDTH } else { width - (vectors - 1) * S::WIDTH },
                count: if self.buffered { S::ROWS } else { self.channels },
                bias: self.bias,
            };
            // SAFETY: *operands*, *outputs* and *room* of the sweep, of which this tile is a part.
            unsafe {
                if tile.fresh.is_some() {
                    by_vectors::<T, S, true>(simd, vectors, &tile);
                } else {
                    by_vectors::<T, S, false>(simd, vectors, &tile);
                }
            }
            if let Some(finish) = self.finish {
                let len = (vectors - 1) * S::WIDTH + tile.tail;
                let (count, apart) = (tile.count, row_stride);
                simd.enter(Finishing { finish, out, rows: &[0], count, apart, len });
            }
            pixels = pixels.wrapping_add(self.steps * vectors * S::WIDTH);
        }
    }
}

/// Finds the tile of that many registers and of the rows of the instruction set.
///
/// # Safety
/// As [`tile`], of `vectors` registers and the rows of the set. `vectors` is at most that of a full tile.
#[inline(always)]
unsafe fn by_vectors<T: Scalar, S: Lanes<T>, const FRESH: bool>(
    simd: S,
    vectors: usize,
    of: &Tile<T>,
) {
    // SAFETY: the tile that is found has these registers and rows.
    unsafe {
        match (vectors, S::ROWS) {
            (3, 8) if S::VECTORS >= 3 => tile::<T, S, 3, 8, FRESH>(simd, of),
            (2, 8) => tile::<T, S, 2, 8, FRESH>(simd, of),
            (_, 8) => tile::<T, S, 1, 8, FRESH>(simd, of),
            (2, 6) => tile::<T, S, 2, 6, FRESH>(simd, of),
            (_, 6) => tile::<T, S, 1, 6, FRESH>(simd, of),
            (2, 4) if S::VECTORS >= 2 => tile::<T, S, 2, 4, FRESH>(simd, of),
            _ => {
                const { assert!(matches!(S::ROWS, 4 | 6 | 8), "a tile of those rows") };
                tile::<T, S, 1, 4, FRESH>(simd, of);
            }
        }
    }
}

/// `V` registers times `B` rows.
///
/// Every output is one chain of multiply-adds per block of K, started from the bias in the first block
/// and from zero in the others, which are added to what is there: the same for every shape of tile.
///
/// # Safety
/// `pixels` has `steps x V x WIDTH` elements. If `FRESH` they are written, from `steps` channels that are *inputs*.
/// *Operands*: `weights` has `steps x B` elements, `bias` has `B`. *Outputs*, or *room*: the `count` rows at `out`, of
/// `V` registers whose last one has `tail` lanes.
#[inline(always)]
unsafe fn tile<T: Scalar, S: Lanes<T>, const V: usize, const B: usize, const FRESH: bool>(
    simd: S,
    of: &Tile<T>,
) {
    // SAFETY: *operands* and *room* for each step; *outputs* for `count` rows, whose last register is masked.
    unsafe {
        let mut sum = [[simd.splat(T::default()); V]; B];
        if let Some(bias) = of.bias {
            for r in 0..B {
                for v in 0..V {
                    sum[r][v] = simd.splat(*bias.add(r));
                }
            }
        }
        for r in 0..B.min(of.count) {
            simd.prefetch(of.out.wrapping_offset(r as isize * of.row_stride));
        }
        let (mut lanes, mut rows) = (of.pixels, of.weights);
        let (mut from, channel) = match of.fresh {
            Some(fresh) if FRESH => (fresh.from, fresh.channel),
            _ => (of.pixels.cast_const(), 0),
        };
        let whole = of.tail == S::WIDTH;
        let mask = simd.mask::<T>(0, of.tail);
        macro_rules! step {
            ($ahead:expr) => {{
                // Not `from_fn`: a closure is compiled for the baseline, and intrinsics stay calls there.
                let mut lane = [simd.splat(T::default()); V];
                for v in 0..V {
                    let packed = lanes.add(($ahead * V + v) * S::WIDTH);
                    lane[v] = if FRESH {
                        let from = from.wrapping_add(v * S::WIDTH);
                        simd.prefetch(from.wrapping_offset(AHEAD * channel));
                        let value =
                            if v + 1 < V { simd.load(from) } else { simd.load_masked(from, mask) };
                        simd.store(packed, value);
                        value
                    } else {
                        simd.load(packed)
                    };
                }
                from = from.wrapping_offset(channel);
                for r in 0..B {
                    let row = simd.splat(*rows.add($ahead * B + r));
                    for v in 0..V {
                        sum[r][v] = simd.mul_add(sum[r][v], row, lane[v]);
                    }
                }
            }};
        }
        for _ in 0..of.steps / 4 {
            simd.prefetch(rows.wrapping_add(16 * B));
            simd.prefetch(rows.wrapping_add(18 * B));
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
                if $r < B && $r < of.count {
                    store!($r, 0);
                    store!($r, 1);
                    store!($r, 2);
                }
            )*};
        }
        store!(0 1 2 3 4 5 6 7);
    }
}
