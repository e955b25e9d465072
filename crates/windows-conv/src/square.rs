//! Winograd's minimal filtering F(2 x 2, 3 x 3): which passes it suits, what becomes of their weights, and how
//! scratch memory is divided.
//!
//! A *square* is 2 x 2 neighbouring outputs of 3 x 3 windows at step 1: together they read 4 x 4 inputs. Its sums
//! take 16 products a channel instead of 36, of transformed inputs and transformed weights: `A^T ((G g G^T) *
//! (B^T d B)) A`, with the matrices of A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural
//! Networks", CVPR 2016, after S. Winograd, "Arithmetic Complexity of Computations", 1980.

use std::ops::Range;

use crate::band::Bands;
use crate::kernel::scalar::Scalar;
use crate::pass::Pass;

/// Places of the transformed inputs and weights of a square.
pub(crate) const PLACES: usize = 16;

/// The squares of a pass.
#[derive(Clone, Debug)]
pub(crate) struct Squares {
    /// 4 x 4 taps at step 2, whose outputs are squares.
    pub pass: Pass,
    pub bands: Bands,
    /// Input channels that are transformed at a time.
    pub part: usize,
    pub room: Room,
}

/// Scratch memory, part behind part, in elements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    strip: usize,
    zeros: usize,
    /// From place to place of transformed inputs, `channels x squares` each.
    pub input: usize,
    /// From place to place of products, `squares x panel` each.
    pub product: usize,
    sums: usize,
}

impl Room {
    /// For squares in bands. Of the input channels, `part` are transformed at a time; `panel` output channels are
    /// multiplied at a time. `unit` elements are a line of the cache.
    pub(crate) fn new(
        bands: &Bands,
        (channels, part): (usize, usize),
        panel: usize,
        buffered: bool,
        unit: usize,
    ) -> Self {
        let most = bands.pixels();
        // An odd number of lines of the cache: else the places would share its sets.
        let apart = |len: usize| (len.div_ceil(unit) | 1).saturating_mul(unit);
        Self {
            strip: bands.strip(part).div_ceil(unit).saturating_mul(unit),
            // What is read of it is a line in whole registers, or a panel.
            zeros: bands.line.saturating_add(panel).div_ceil(unit).saturating_mul(unit),
            input: apart(channels.saturating_mul(most)),
            product: apart(panel.saturating_mul(most)),
            sums: if buffered { most.saturating_mul(4 * panel) } else { 0 },
        }
    }

    /// What stands for a missing row of inputs, and for what products start from.
    pub(crate) fn zeros(&self) -> Range<usize> {
        self.strip..self.strip + self.zeros
    }

    pub(crate) fn inputs(&self) -> usize {
        self.strip.saturating_add(self.zeros)
    }

    pub(crate) fn products(&self) -> usize {
        self.inputs().saturating_add(PLACES.saturating_mul(self.input))
    }

    pub(crate) fn sums(&self) -> usize {
        self.products().saturating_add(PLACES.saturating_mul(self.product))
    }

    pub(crate) fn len(&self) -> usize {
        self.sums().saturating_add(self.sums)
    }
}

/// `G g G^T`: 3 x 3 weights to 4 x 4 places.
pub(crate) fn transformed<T: Scalar>(weights: [T; 9]) -> [T; PLACES] {
    let half = T::from_f32(0.5);
    let minus = |a: T, b: T| T::mul_add(a, b, T::from_f32(-1.0));
    let along = |[a, b, c]: [T; 3]| {
        let ends = T::add(a, c);
        let halved = |sum: T| T::mul_add(T::default(), sum, half);
        [a, halved(T::add(ends, b)), halved(minus(ends, b)), c]
    };
    let rows: [[T; 4]; 3] =
        std::array::from_fn(|row| along(std::array::from_fn(|tap| weights[row * 3 + tap])));
    let columns: [[T; 4]; 4] =
        std::array::from_fn(|column| along(std::array::from_fn(|row| rows[row][column])));
    std::array::from_fn(|place| columns[place % 4][place / 4])
}
