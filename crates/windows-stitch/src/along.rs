//! One axis of a stitch: where each tile lies in the output, and what its taps weigh there.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use windows_core::check::room;
use windows_core::{Axis, core_of};

use crate::{Reduce, Scale, StitchError, Taper};

/// The tiles of one axis over the output, and the two tables that make weights a partition of unity:
/// the taper, one value per tap, and its sum, one value per element. Memory is `O(length + size)`.
#[derive(Clone, Debug)]
pub(crate) struct Along {
    axis: Axis,
    scale: Scale,
    /// Of the output.
    pub(crate) len: usize,
    /// Taps of a tile of the output.
    pub(crate) size: usize,
    taper: Vec<f64>,
    total: Vec<f64>,
    /// Whether a tile keeps only what it owns.
    crop: bool,
}

/// What one tile does along one axis.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// Taps that lie in the output.
    pub(crate) taps: Range<usize>,
    /// Element of the first of them.
    pub(crate) first: usize,
    /// Share of the tile in each element, of 1 for all tiles.
    pub(crate) weight: Vec<f64>,
    /// Share of all earlier tiles.
    pub(crate) earlier: Vec<f64>,
}

impl Along {
    pub(crate) fn new(
        number: usize,
        axis: &Axis,
        taper: &Taper,
        scale: Scale,
        reduce: Reduce,
    ) -> Result<Self, StitchError> {
        if axis.dilation() != 1 {
            return Err(StitchError::Dilated { axis: number, dilation: axis.dilation() });
        }
        let scaled = |length| scale.apply(number, length);
        let (len, size) = (scaled(axis.len())?, scaled(axis.size())?);
        let mut total = room("weights", len)?;
        total.resize(len, 0.0);
        for position in 0..axis.count() {
            // A start in the padding scales as well as one in the data.
            scaled(axis.start(position).unsigned_abs())?;
        }
        let taper = if reduce == Reduce::Mean {
            taper.weights(number, size)?
        } else {
            Taper::Constant.weights(number, size)?
        };
        let crop = reduce == Reduce::Crop;
        let mut along = Self { axis: *axis, scale, len, size, taper, total, crop };
        for position in 0..axis.count() {
            let taps = along.taps(position);
            let first = along.first(position, &taps);
            for (tap, total) in taps.clone().zip(&mut along.total[first..first + taps.len()]) {
                *total += along.taper[tap];
            }
        }
        Ok(along)
    }

    pub(crate) fn count(&self) -> usize {
        self.axis.count()
    }

    /// Whether there is one tile, which is all of the axis.
    pub(crate) fn is_whole(&self) -> bool {
        self.count() == 1 && self.size == self.len && self.region(0) == (0..self.len)
    }

    /// Start of a tile in the output, negative in the padding.
    fn start(&self, position: usize) -> isize {
        let start = self.axis.start(position);
        let scaled = start.unsigned_abs() / self.scale.down.get() * self.scale.up.get();
        if start < 0 { -(scaled as isize) } else { scaled as isize }
    }

    /// The elements of the output under a tile.
    pub(crate) fn region(&self, position: usize) -> Range<usize> {
        let start = self.start(position);
        let end = start.saturating_add(self.size as isize).clamp(0, self.len as isize);
        start.clamp(0, end) as usize..end as usize
    }

    /// The elements that the tile has a say in: all of its region, or its core.
    pub(crate) fn kept(&self, position: usize) -> Range<usize> {
        if self.crop {
            core_of(self.count(), position, |position| self.region(position))
        } else {
            self.region(position)
        }
    }

    fn taps(&self, position: usize) -> Range<usize> {
        let (kept, start) = (self.kept(position), self.start(position));
        let tap = |element: usize| (element as isize - start) as usize;
        if kept.is_empty() { 0..0 } else { tap(kept.start)..tap(kept.end) }
    }

    fn first(&self, position: usize, taps: &Range<usize>) -> usize {
        if taps.is_empty() { 0 } else { (self.start(position) + taps.start as isize) as usize }
    }

    /// Where all tiles from this one on begin: elements before are finished once it is reached.
    pub(crate) fn finished_before(&self, position: usize) -> usize {
        // Starts ascend.
        if position < self.count() { self.region(position).start } else { self.len }
    }

    /// The first element under no tile, and how many elements are under one.
    pub(crate) fn coverage(&self) -> (Option<usize>, usize) {
        let first = self.total.iter().position(|&total| total == 0.0);
        (first, self.total.iter().filter(|&&total| total > 0.0).count())
    }

    /// The weights of one tile. `O(size x overlapping tiles)`.
    pub(crate) fn place(&self, position: usize) -> Placed {
        let taps = self.taps(position);
        let first = self.first(position, &taps);
        let covered = first..first + taps.len();
        let total = &self.total[covered.clone()];
        let weight = self.taper[taps.clone()].iter().zip(total).map(|(w, sum)| w / sum).collect();
        let mut earlier = vec![0.0; taps.len()];
        for (before, kept) in self.reaching(position, first) {
            let start = self.start(before);
            for element in first.max(kept.start)..covered.end.min(kept.end) {
                let tap = (element as isize - start) as usize;
                earlier[element - covered.start] += self.taper[tap] / self.total[element];
            }
        }
        Placed { taps, first, weight, earlier }
    }

    /// The tiles before one that reach element `first`, and what they keep.
    fn reaching(
        &self,
        position: usize,
        first: usize,
    ) -> impl Iterator<Item = (usize, Range<usize>)> {
        let kept = (0..position).rev().map(|before| (before, self.kept(before)));
        // Ends ascend: no earlier one reaches here either, unless one lies in the padding.
        kept.take_while(move |(_, kept)| kept.is_empty() || kept.end > first)
    }

    /// Whether two tiles have the same weights, element by element: those in the middle of a grid do.
    /// `O(size)`.
    pub(crate) fn alike(&self, one: usize, other: usize) -> bool {
        let taps = self.taps(one);
        if taps != self.taps(other) {
            return false;
        }
        let first = |position| self.first(position, &taps);
        let total = |position| &self.total[first(position)..][..taps.len()];
        // Where the earlier tiles that reach here begin, and what they keep, seen from here.
        let earlier = |position: usize| {
            let from = first(position);
            self.reaching(position, from).map(move |(before, kept)| {
                let from = from as isize;
                (kept.start as isize - from, kept.len(), self.start(before) - from)
            })
        };
        total(one) == total(other) && earlier(one).eq(earlier(other))
    }

    /// The first element that a tile has a say in.
    pub(crate) fn first_of(&self, position: usize) -> usize {
        self.first(position, &self.taps(position))
    }

    /// Most tiles that share one element.
    pub(crate) fn depth(&self) -> usize {
        let mut deepest = 0;
        let mut oldest = 0;
        for position in 0..self.count() {
            let start = self.region(position).start;
            while self.region(oldest).end <= start && oldest < position {
                oldest += 1;
            }
            deepest = deepest.max(position - oldest + 1);
        }
        deepest
    }
}
