//! A band of the output: rows that tiles still come to, and where each run of a tile goes.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::iter;
use core::ops::Range;

use super::Stitch;
use super::along::Placed;
use super::cells::{Cells, Inner, Outer, Run};

/// Rows of the output, in cells. Rows are indices of the first axis.
pub(super) struct Band<'p, T> {
    plan: &'p Stitch,
    cells: Box<dyn Cells<T> + 'p>,
    /// Rows not yet finished that are this band's to fill, those in cells and those after.
    rows: Range<usize>,
    /// Rows that there are cells for; all, and nothing to give away, where the cells are the output.
    height: Option<usize>,
    /// Of the tile before, per axis: the next one shares most of it.
    placed: Vec<Option<(usize, Placed)>>,
    inner: Inner,
}

impl<'p, T> Band<'p, T> {
    pub(super) fn new(
        plan: &'p Stitch,
        rows: Range<usize>,
        height: Option<usize>,
        cells: Box<dyn Cells<T> + 'p>,
    ) -> Self {
        let placed = vec![None; plan.along().len()];
        Self { plan, cells, rows, height, placed, inner: Inner::default() }
    }

    pub(super) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// Sets the weights of every axis for a tile.
    fn place(&mut self, position: &[usize]) {
        let last = position.len() - 1;
        for (axis, (along, &at)) in self.plan.along().iter().zip(position).enumerate() {
            if matches!(&self.placed[axis], Some((placed, _)) if *placed == at) {
                continue;
            }
            let placed = along.place(at);
            if axis == last {
                let grain = self.plan.grain();
                let repeat = |of: &[f64]| -> Vec<f64> {
                    of.iter().flat_map(|&weight| iter::repeat_n(weight, grain)).collect()
                };
                let shared = placed.earlier.iter().take_while(|&&earlier| earlier > 0.0).count();
                let alone = placed.weight[shared..].iter().take_while(|&&weight| weight == 1.0);
                let alone = shared + alone.count();
                self.inner = Inner {
                    weight: repeat(&placed.weight),
                    earlier: repeat(&placed.earlier),
                    shared: shared * grain,
                    alone: alone * grain,
                };
                self.cells.turn(&self.inner);
            }
            self.placed[axis] = Some((at, placed));
        }
    }

    /// Brings a tile to the rows of this band. Tiles must come in the order of the grid.
    pub(super) fn apply(&mut self, position: &[usize], tile: &[T]) {
        self.place(position);
        let Self { plan, cells, rows, placed, .. } = self;
        let placed: Vec<&Placed> = placed.iter().flatten().map(|(_, placed)| placed).collect();
        // Per axis, which of the placed taps lie in the rows: all but on the first axis.
        let clipped = |axis: usize| {
            let of = placed[axis];
            let all = of.first..of.first + of.taps.len();
            if axis > 0 {
                return all;
            }
            let start = all.start.max(rows.start);
            start..all.end.min(rows.end).max(start)
        };
        let last = placed.len() - 1;
        let elements: Vec<Range<usize>> = (0..=last).map(clipped).collect();
        if elements.iter().any(Range::is_empty) {
            return;
        }
        let grain = plan.grain();
        let (lane, inner) = (&elements[last], placed[last]);
        let skip = (lane.start - inner.first) * grain;
        let len = lane.len() * grain;
        let mut at: Vec<usize> = elements[..last].iter().map(|range| range.start).collect();
        loop {
            // Where the run lies in the band and in the tile, and what it weighs.
            let (mut cell, mut tap) = (0, 0);
            let (mut weight, mut earlier) = (1.0, 0.0);
            let mut fresh = true;
            for axis in 0..=last {
                let (along, of) = (&plan.along()[axis], placed[axis]);
                let element = if axis == last { lane.start } else { at[axis] };
                let row = if axis == 0 { element - rows.start } else { element };
                cell = cell * if axis == 0 { 1 } else { along.len } + row;
                tap = tap * along.size + of.taps.start + (element - of.first);
                if axis < last {
                    let before = of.earlier[element - of.first];
                    fresh &= before == 0.0;
                    earlier += weight * before;
                    weight *= of.weight[element - of.first];
                }
            }
            let outer = Outer { weight, earlier: (!fresh).then(|| earlier / weight) };
            let values = &tile[tap * grain..tap * grain + len];
            cells.run(Run { at: cell * grain, skip, values, outer });

            let mut axis = last;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                at[axis] += 1;
                if at[axis] < elements[axis].end {
                    break;
                }
                at[axis] = elements[axis].start;
            }
        }
    }

    /// Gives away finished rows, those before `end`. If the receiver fails, the rows that it refused are
    /// still here.
    pub(super) fn emit<E>(
        &mut self,
        end: usize,
        mut receive: impl FnMut(Range<usize>, &[T]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(height) = self.height else { return Ok(()) };
        let row = self.plan.row_len();
        while self.rows.start < end.min(self.rows.end) {
            // Where a grid leaves a gap there may be more rows than cells.
            let count = (end.min(self.rows.end) - self.rows.start).min(height);
            let rows = self.rows.start..self.rows.start + count;
            receive(rows.clone(), self.cells.finish(0..count * row))?;
            self.cells.shift(count * row);
            self.rows.start = rows.end;
        }
        Ok(())
    }
}
