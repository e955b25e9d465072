//! A band of the output: rows that tiles still come to, and where each run of a tile goes.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::iter;
use core::ops::Range;

use crate::Stitch;
use crate::along::Placed;
use crate::cells::{Cells, Inner, Outer, Panel};

/// Rows of the output, in cells. Rows are indices of the first axis.
pub(crate) struct Band<'p, T> {
    plan: &'p Stitch,
    cells: Box<dyn Cells<T> + 'p>,
    /// Rows not yet finished that are this band's to fill, those in cells and those after.
    rows: Range<usize>,
    /// Rows that there are cells for; all, and nothing to give away, where the cells are the output.
    height: Option<usize>,
    /// Of the tile before, per axis: the next one shares most of it.
    placed: Vec<Option<(usize, Placed)>>,
    inner: Inner,
    /// Of the runs of a panel, and which of the axis below each other; its memory is kept.
    outer: (Option<(usize, Range<usize>)>, Vec<Outer>),
}

impl<'p, T> Band<'p, T> {
    pub(crate) fn new(
        plan: &'p Stitch,
        rows: Range<usize>,
        height: Option<usize>,
        cells: Box<dyn Cells<T> + 'p>,
    ) -> Self {
        let placed = vec![None; plan.along().len()];
        Self {
            plan,
            cells,
            rows,
            height,
            placed,
            inner: Inner::default(),
            outer: (None, Vec::new()),
        }
    }

    pub(crate) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// Sets the weights of every axis for a tile.
    fn place(&mut self, position: &[usize]) {
        let last = position.len() - 1;
        for (axis, (along, &at)) in self.plan.along().iter().zip(position).enumerate() {
            match &mut self.placed[axis] {
                Some((placed, _)) if *placed == at => continue,
                Some((placed, of)) if along.alike(*placed, at) => {
                    (*placed, of.first) = (at, along.first_of(at));
                    continue;
                }
                _ => {}
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
    pub(crate) fn apply(&mut self, position: &[usize], tile: &[T]) {
        self.place(position);
        let Self { plan, cells, rows, placed, outer, .. } = self;
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
        // Where an element lies in the band and in the tile, along one axis.
        let step = |axis: usize, element: usize, (cell, tap): (usize, usize)| {
            let (along, of) = (&plan.along()[axis], placed[axis]);
            let (rows, row) = if axis == 0 { (1, rows.start) } else { (along.len, 0) };
            let at = of.taps.start + (element - of.first);
            (cell * rows + (element - row), tap * along.size + at)
        };
        // The weights so far, and those with one axis more.
        let weigh = |axis: usize, element: usize, (weight, earlier, fresh): (f64, f64, bool)| {
            let (of, at) = (placed[axis], element - placed[axis].first);
            let before = of.earlier[at];
            (weight * of.weight[at], earlier + weight * before, fresh && before == 0.0)
        };
        let lane = &elements[last];
        // Of one run, or of one a row of the last axis but one.
        let rows_axis = last.saturating_sub(1);
        let below = if last == 0 { 0..1 } else { elements[rows_axis].clone() };
        let (pitch, apart) = (plan.along()[last].len * grain, plan.along()[last].size * grain);
        let mut at: Vec<usize> = elements[..rows_axis].iter().map(|range| range.start).collect();
        loop {
            let (mut place, mut weights) = ((0, 0), (1.0, 0.0, true));
            for (axis, &element) in at.iter().enumerate() {
                place = step(axis, element, place);
                weights = weigh(axis, element, weights);
            }
            if last > 0 {
                place = step(rows_axis, below.start, place);
            }
            let (cell, tap) = step(last, lane.start, place);
            // Those of the tile before, if there is one panel a tile and only the last axis has moved on.
            let of = (last <= 1).then(|| (position[rows_axis], below.clone()));
            if of.is_none() || outer.0 != of {
                outer.0 = of;
                outer.1.clear();
                outer.1.extend(below.clone().map(|row| {
                    let (weight, earlier, fresh) =
                        if last > 0 { weigh(rows_axis, row, weights) } else { weights };
                    Outer { weight, earlier: (!fresh).then(|| earlier / weight) }
                }));
            }
            cells.meet(Panel {
                at: cell * grain,
                pitch,
                values: &tile[tap * grain..],
                apart,
                len: lane.len() * grain,
                skip: (lane.start - placed[last].first) * grain,
                outer: &outer.1,
            });

            let mut axis = rows_axis;
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
    pub(crate) fn emit<E>(
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
