//! Pixels to panels, straight from the strided input: the matrix of im2col, a block of it at a time.
//!
//! ```text
//! for each panel of pixels:
//!     pieces = the panel, cut where a register or a row of outputs ends
//!     for each tap, each register of the panel:
//!         segments = lanes of its pieces whose tap is real
//!         for each channel: panel = load(segments), zeros for the other lanes
//! ```
//!
//! For a tap and a register of neighbouring outputs, the inputs are a few *segments*: lanes that lie in
//! one row, cut to those that are real. They are worked out once, from the tables of the [`Pass`], and
//! then serve all channels: a masked load and a store each. Padding, the ends of rows and the end of
//! the image are all in the masks, so nothing is tested per element and nothing outside is read.
//!
//! Departures:
//! - No segment, one, and two each have a loop of their own, whose masks stay in registers.
//! - At other steps than 1 and 2, and of pairs of channels, there are no masked loads: elements go one by one.

use std::ops::Range;

use windows_simd::Compute;

use super::element::Input;
use super::lanes::Lanes;
use super::tile::Panels;
use crate::pass::{LineTap, MISSING, Pass};

/// Most pixels of a panel, over all instruction sets.
const MAX_PIXELS: usize = 48;

/// Most lanes of a register.
const MAX_LANES: usize = 16;

/// Some lanes of a register that lie in one row of outputs.
#[derive(Clone, Copy, Default)]
struct Piece {
    lane: usize,
    len: usize,
    row: usize,
    x: usize,
}

/// Lanes that are real, and the virtual offset of lane 0.
#[derive(Clone, Copy, Default)]
struct Segment {
    lane: usize,
    len: usize,
    offset: isize,
}

/// Writes the pixel panels of a block of K.
///
/// *Inputs* hold for these pixels and steps. *Room* holds for `out`: `steps x padded pixels`.
pub(crate) struct Pack<'a, X: Input, S> {
    pub pass: &'a Pass,
    /// Element 0, .., 0 of the first channel of the group.
    pub input: *const X,
    pub channel_stride: isize,
    pub channels: usize,
    pub zero: i32,
    /// Steps along K: the lanes of channels, within taps.
    pub steps: Range<usize>,
    pub panels: Panels,
    pub out: *mut X::Lane,
    pub simd: S,
}

impl<X: Input, S: Lanes<X::Lane>> Compute<S> for Pack<'_, X, S> {
    type Output = ();

    #[inline(always)]
    fn run(self, _: S) {
        let mut out = self.out;
        for panel in 0..self.panels.count() {
            let (start, units, width) = self.panels.get(panel);
            let row = units * S::WIDTH;
            // SAFETY: *inputs* and *room* of the panels, this one behind those before it.
            unsafe { self.panel(start, width, row, out) };
            out = out.wrapping_add(self.steps.len() * row);
        }
    }
}

impl<X: Input, S: Lanes<X::Lane>> Pack<'_, X, S> {
    /// Steps of one tap.
    #[inline(always)]
    fn steps_per_tap(&self) -> usize {
        self.channels.div_ceil(X::PAIR)
    }

    /// # Safety
    /// *Inputs* hold, and *room* for `steps x row` elements at `out`.
    #[inline(always)]
    unsafe fn panel(&self, start: usize, width: usize, row: usize, out: *mut X::Lane) {
        let mut pieces = [Piece::default(); MAX_PIXELS];
        // The pieces of register v are `ends[v]..ends[v + 1]`.
        let mut ends = [0; MAX_PIXELS + 1];
        let (mut count, mut vectors, mut pixel) = (0, 0, start);
        let (mut line, mut x) = (start / self.pass.width, start % self.pass.width);
        while pixel < start + width {
            let lane = (pixel - start) % S::WIDTH;
            let len = (self.pass.width - x).min(S::WIDTH - lane).min(start + width - pixel);
            pieces[count] = Piece { lane, len, row: line, x };
            count += 1;
            (pixel, x) = (pixel + len, x + len);
            if x == self.pass.width {
                (line, x) = (line + 1, 0);
            }
            if lane + len == S::WIDTH || pixel == start + width {
                vectors += 1;
                ends[vectors] = count;
            }
        }

        let per_tap = self.steps_per_tap();
        let inner_taps = self.pass.inner.len();
        let mut segments = [Segment::default(); MAX_LANES];
        let mut first = self.steps.start % per_tap.max(1);
        let tap = self.steps.start / per_tap.max(1);
        let (mut outer, mut inner) = (tap / inner_taps.max(1), tap % inner_taps.max(1));
        let mut step = self.steps.start;
        while step < self.steps.end {
            let len = (per_tap - first).min(self.steps.end - step);
            let out = out.wrapping_add((step - self.steps.start) * row);
            for v in 0..row / S::WIDTH {
                let mine = if v < vectors { &pieces[ends[v]..ends[v + 1]] } else { &[] };
                let out = out.wrapping_add(v * S::WIDTH);
                let bases = &self.pass.outer[outer * self.pass.rows..];
                let count = self.segments(bases, self.pass.inner[inner], mine, &mut segments);
                let real = &segments[..count];
                // SAFETY: *inputs* and *room*, for the steps of this tap.
                unsafe { self.register(real, first..first + len, row, out) };
            }
            (step, first) = (step + len, 0);
            inner += 1;
            if inner == inner_taps {
                (outer, inner) = (outer + 1, 0);
            }
        }
    }

    /// The real lanes of one tap in the pieces of a register: how many segments.
    #[inline(always)]
    fn segments(
        &self,
        bases: &[isize],
        tap: LineTap,
        pieces: &[Piece],
        segments: &mut [Segment; MAX_LANES],
    ) -> usize {
        let stride = self.pass.stride;
        let mut count = 0;
        for piece in pieces {
            let base = bases[piece.row];
            let (lo, hi) = (tap.lo.max(piece.x), tap.hi.min(piece.x + piece.len));
            if base != MISSING && lo < hi {
                let lane = piece.lane + lo - piece.x;
                let first = tap.at(lo, stride).wrapping_add(base);
                let offset = first.wrapping_sub((lane as isize).wrapping_mul(stride));
                segments[count] = Segment { lane, len: hi - lo, offset };
                count += 1;
            }
        }
        count
    }

    /// One register of pixels, for a range of the steps of one tap.
    ///
    /// # Safety
    /// As [`Pack::panel`].
    #[inline(always)]
    unsafe fn register(
        &self,
        segments: &[Segment],
        steps: Range<usize>,
        row: usize,
        mut out: *mut X::Lane,
    ) {
        let simd = self.simd;
        let stride = self.pass.stride;
        let channel = self.channel_stride.wrapping_mul(X::PAIR as isize);
        let mut input = self.input.wrapping_offset((steps.start as isize).wrapping_mul(channel));
        // SAFETY: *inputs*, for segments are real taps; *room* for the rows.
        unsafe {
            if X::PLAIN && (stride == 1 || stride == 2) {
                macro_rules! rows {
                    (|$from:ident| $value:expr) => {
                        for _ in steps {
                            let $from = input.cast::<X::Lane>();
                            simd.store(out, $value);
                            input = input.wrapping_offset(channel);
                            out = out.wrapping_add(row);
                        }
                    };
                }
                match (stride, segments) {
                    (_, []) => {
                        let zero = simd.splat(X::Lane::default());
                        rows!(|_from| zero);
                    }
                    (1, &[a]) if a.len == S::WIDTH => {
                        rows!(|from| simd.load(from.wrapping_offset(a.offset)));
                    }
                    (1, &[a]) => {
                        let mask = simd.mask::<X::Lane>(a.lane, a.len);
                        rows!(|from| simd.load_masked(from.wrapping_offset(a.offset), mask));
                    }
                    (1, &[a, b]) => {
                        let masks = (
                            simd.mask::<X::Lane>(a.lane, a.len),
                            simd.mask::<X::Lane>(b.lane, b.len),
                        );
                        rows!(|from| simd.or::<X::Lane>(
                            simd.load_masked(from.wrapping_offset(a.offset), masks.0),
                            simd.load_masked(from.wrapping_offset(b.offset), masks.1)
                        ));
                    }
                    (2, &[a]) => {
                        let mask = simd.second::<X::Lane>(a.lane, a.len);
                        rows!(|from| simd.load_every_second(from.wrapping_offset(a.offset), mask));
                    }
                    (1, _) => rows!(|from| {
                        let mut value = simd.splat(X::Lane::default());
                        for s in segments {
                            let from = from.wrapping_offset(s.offset);
                            value = simd.or::<X::Lane>(
                                value,
                                simd.load_masked(from, simd.mask::<X::Lane>(s.lane, s.len)),
                            );
                        }
                        value
                    }),
                    _ => rows!(|from| {
                        let mut value = simd.splat(X::Lane::default());
                        for s in segments {
                            let from = from.wrapping_offset(s.offset);
                            value = simd.or::<X::Lane>(
                                value,
                                simd.load_every_second(from, simd.second::<X::Lane>(s.lane, s.len)),
                            );
                        }
                        value
                    }),
                }
                return;
            }
            for step in steps {
                let pair = self.channels - step * X::PAIR > 1;
                let written: usize = segments.iter().map(|s| s.len).sum();
                if written < S::WIDTH {
                    for lane in 0..S::WIDTH {
                        out.wrapping_add(lane).write(X::Lane::default());
                    }
                }
                for s in segments {
                    let from = input.wrapping_offset(s.offset);
                    for lane in s.lane..s.lane + s.len {
                        let at = from.wrapping_offset((lane as isize).wrapping_mul(stride));
                        let second = (X::PAIR > 1 && pair)
                            .then(|| at.wrapping_offset(self.channel_stride).read());
                        out.wrapping_add(lane).write(X::pixel(at.read(), second, self.zero));
                    }
                }
                input = input.wrapping_offset(channel);
                out = out.wrapping_add(row);
            }
        }
    }
}
