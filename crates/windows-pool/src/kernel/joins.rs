//! What the engine asks of a join: the loops of it, whatever is joined.
//!
//! The engine is compiled once for each accumulator, and finds the loops of a join here. A call is one of a run or of
//! several rows, never of an element.

use bytemuck::Pod;

use super::Lanes;
use super::columns::{Places, Ring, Stacks};
use super::wide::columns::{Direct, Stacked};
use super::wide::halves::{Halves, Sized};
use super::wide::pixels::Pixels;
use super::wide::rows::{Slide, SlideRows};
use crate::fold::Join;
use crate::spans::Span;

/// Work areas, as long as the staging area, that [`Joins::slide`] takes.
pub(crate) const WORK: usize = 4;

/// The loops of a join. What returns `None` has nothing done: there are no vectors for it, or none that the rows
/// fill. What is seen is whether there was a NaN in what was read.
pub(crate) trait Joins<A: Pod> {
    fn identity(&self) -> A;

    /// Whether there is a NaN.
    fn scan(&self, run: &[A]) -> bool;

    /// Joins every `taps` elements that are `apart` from each other: `out[i]` is `run[i] + run[i + apart] + ..`.
    /// The work area holds [`WORK`] times the run. Whether there is a NaN in it.
    fn slide(&self, out: &mut [A], run: &[A], taps: usize, apart: usize, work: &mut [A]) -> bool;

    /// Every `step`-th element.
    fn pick(&self, out: &mut [A], run: &[A], step: usize);

    /// Windows of two or three neighbours, `size`, at step 2. Whether one of them is NaN.
    fn halve(&self, out: &mut [A], run: &[A], size: usize) -> bool;

    /// Windows of pixels of `inner` elements, `apart` from each other, in one row.
    fn pixels(
        &self,
        out: &mut [A],
        row: &[A],
        inner: usize,
        taps: usize,
        step: usize,
        apart: usize,
    );

    /// Joins all pixels of a row, neighbours first: what a window of the size of the row would be.
    fn whole(&self, out: &mut [A], row: &[A], work: &mut [A]);

    /// Windows of a row, wherever they are, one after the other.
    fn each(&self, out: &mut [A], row: &[A], inner: usize, spans: &[Span], apart: usize);

    /// Joins the blocks of each window, top to bottom.
    fn direct(&self, out: Places<'_, A>, blocks: &[A], ring: Ring, spans: &[Span], apart: usize);

    /// Joins the blocks of each window by two stacks.
    fn stacks(
        &self,
        out: Places<'_, A>,
        blocks: &mut [A],
        ring: Ring,
        spans: &[Span],
        held: (&mut [A], &mut [A]),
        stacks: Stacks,
    ) -> Stacks;

    /// Halves rows and joins them in one go.
    fn halve_rows(&self, halves: Halves<'_, A>, size: usize) -> Option<bool>;

    /// Joins the pixels of small windows in one go.
    fn join_pixels(&self, pixels: Pixels<'_, A>) -> Option<bool>;

    /// Joins the windows of rows without staging them.
    fn slide_rows(&self, rows: SlideRows<'_, A>) -> Option<bool>;
}

impl<J: Join> Joins<J::Acc> for Lanes<J> {
    fn identity(&self) -> J::Acc {
        self.fold.identity()
    }

    fn scan(&self, run: &[J::Acc]) -> bool {
        Lanes::scan(*self, run)
    }

    fn slide(
        &self,
        out: &mut [J::Acc],
        run: &[J::Acc],
        taps: usize,
        apart: usize,
        work: &mut [J::Acc],
    ) -> bool {
        slide(*self, out, run, taps, apart, work)
    }

    fn pick(&self, out: &mut [J::Acc], run: &[J::Acc], step: usize) {
        Lanes::pick(*self, out, run, step);
    }

    fn halve(&self, out: &mut [J::Acc], run: &[J::Acc], size: usize) -> bool {
        match size {
            2 => Lanes::halve::<2>(*self, out, run),
            _ => Lanes::halve::<3>(*self, out, run),
        }
    }

    fn pixels(
        &self,
        out: &mut [J::Acc],
        row: &[J::Acc],
        inner: usize,
        taps: usize,
        step: usize,
        apart: usize,
    ) {
        Lanes::pixels(*self, out, row, inner, taps, step, apart);
    }

    fn whole(&self, out: &mut [J::Acc], row: &[J::Acc], work: &mut [J::Acc]) {
        whole(*self, out, row, work);
    }

    fn each(&self, out: &mut [J::Acc], row: &[J::Acc], inner: usize, spans: &[Span], apart: usize) {
        for (span, place) in spans.iter().zip(out.chunks_exact_mut(inner)) {
            place.fill(self.fold.identity());
            for tap in 0..span.taps {
                let at = (span.first + tap * apart) * inner;
                let pixel = &row[at..at + inner];
                if tap == 0 {
                    place.copy_from_slice(pixel);
                } else {
                    for (acc, &value) in place.iter_mut().zip(pixel) {
                        *acc = self.fold.join(*acc, value);
                    }
                }
            }
        }
    }

    fn direct(
        &self,
        out: Places<'_, J::Acc>,
        blocks: &[J::Acc],
        ring: Ring,
        spans: &[Span],
        apart: usize,
    ) {
        let identity = self.fold.identity();
        let direct = Direct { out, blocks, ring, spans, apart, identity };
        if let Err(direct) = self.on_vectors(ring.width, direct) {
            self.direct_short(direct.out, blocks, ring, spans, apart);
        }
    }

    fn stacks(
        &self,
        out: Places<'_, J::Acc>,
        blocks: &mut [J::Acc],
        ring: Ring,
        spans: &[Span],
        held: (&mut [J::Acc], &mut [J::Acc]),
        stacks: Stacks,
    ) -> Stacks {
        let identity = self.fold.identity();
        let held = [held.0, held.1];
        let stacked = Stacked { out, blocks, ring, spans, held, stacks, identity };
        self.on_vectors(ring.width, stacked).unwrap_or_else(|stacked| {
            let Stacked { out, blocks, held: [last, held], .. } = stacked;
            self.stacks_short(out, blocks, ring, spans, (last, held), stacks)
        })
    }

    fn halve_rows(&self, halves: Halves<'_, J::Acc>, size: usize) -> Option<bool> {
        let least = halves.whole();
        match size {
            2 => self.on_vectors(least, Sized::<_, 2>(halves)).ok(),
            _ => self.on_vectors(least, Sized::<_, 3>(halves)).ok(),
        }
    }

    fn join_pixels(&self, pixels: Pixels<'_, J::Acc>) -> Option<bool> {
        self.on_vectors(pixels.inner, pixels).ok()
    }

    fn slide_rows(&self, rows: SlideRows<'_, J::Acc>) -> Option<bool> {
        // As wide as can be: what a row has less is not chosen.
        self.on_vectors(usize::MAX, rows).ok()
    }
}

/// What [`Joins::slide`] does.
fn slide<J: Join>(
    lanes: Lanes<J>,
    out: &mut [J::Acc],
    run: &[J::Acc],
    taps: usize,
    apart: usize,
    work: &mut [J::Acc],
) -> bool {
    if apart == 1 && !out.is_empty() {
        let run = &run[..out.len() + taps - 1];
        let identity = lanes.fold.identity();
        let slide = Slide { out: &mut *out, run, taps, work: &mut *work, identity };
        if let Ok(nan) = lanes.on_vectors(slide.out.len(), slide) {
            return nan;
        }
    }
    if taps <= 4 {
        return lanes.join_apart::<true>(out, run, taps, apart);
    }
    if J::IDEMPOTENT {
        let (mut this, mut next) = work.split_at_mut(work.len() / 2);
        let mut len = run.len() - 3 * apart;
        let nan = lanes.join_apart::<true>(&mut this[..len], run, 4, apart);
        let mut joined = 4;
        while joined * 2 < taps {
            // `this[i]` joins `joined` elements.
            let by = joined * apart;
            let times = if joined * 4 <= taps { 4 } else { 2 };
            len -= (times - 1) * by;
            lanes.join_apart::<false>(&mut next[..len], this, times, by);
            joined *= times;
            core::mem::swap(&mut this, &mut next);
        }
        lanes.join_apart::<false>(out, this, 2, (taps - joined) * apart);
        return nan;
    }
    // From the lowest binary digit of the size to the highest, right to left.
    let quarter = work.len() / 4;
    let (powers, sums) = work.split_at_mut(2 * quarter);
    let (mut this, mut next) = powers.split_at_mut(quarter);
    let (mut sum, mut longer) = sums.split_at_mut(quarter);
    let (mut joined, mut behind) = (1, 0);
    let mut len = run.len();
    loop {
        let this_run = if joined == 1 { run } else { &*this };
        if taps & joined != 0 {
            behind += joined;
            let left = &this_run[(taps - behind) * apart..];
            if behind == taps && joined == taps {
                out.copy_from_slice(&left[..out.len()]);
                return lanes.scan(run);
            } else if behind == taps {
                lanes.join(out, [left, sum]);
                return lanes.scan(run);
            } else if behind == joined {
                sum[..out.len()].copy_from_slice(&left[..out.len()]);
            } else {
                lanes.join(&mut longer[..out.len()], [left, sum]);
                core::mem::swap(&mut sum, &mut longer);
            }
        }
        len -= joined * apart;
        let by = joined * apart;
        lanes.join(&mut next[..len], [this_run, &this_run[by..]]);
        core::mem::swap(&mut this, &mut next);
        joined *= 2;
    }
}

/// Windows of pairs from which on vectors pay: to enter them takes as long as half of these.
const LONG: usize = 128;

/// What [`Joins::whole`] does.
fn whole<J: Join>(lanes: Lanes<J>, out: &mut [J::Acc], row: &[J::Acc], work: &mut [J::Acc]) {
    let inner = out.len();
    if inner > 1 {
        let (first, rest) = row.split_at(inner);
        out.copy_from_slice(first);
        rest.chunks_exact(inner).for_each(|pixel| lanes.append(out, pixel));
        return;
    }
    let (mut this, mut next) = work.split_at_mut(work.len() / 2);
    let mut tail = None;
    let mut len = row.len();
    this[..len].copy_from_slice(row);
    while len > 1 {
        if len % 2 == 1 {
            let last = this[len - 1];
            tail = Some(tail.map_or(last, |tail| lanes.fold.join(last, tail)));
        }
        len /= 2;
        let (joined, pairs) = (&mut next[..len], &this[..2 * len]);
        if len >= LONG {
            lanes.halve::<2>(joined, pairs);
        } else {
            lanes.halve_short::<2>(joined, pairs);
        }
        core::mem::swap(&mut this, &mut next);
    }
    out[0] = tail.map_or(this[0], |tail| lanes.fold.join(this[0], tail));
}
