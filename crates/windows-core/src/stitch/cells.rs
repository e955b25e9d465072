//! What a band holds per element, and what a run of a tile does to it.

use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ops::Range;

use super::element::{Element, Sum};
use crate::kernel::{Isa, Vectorized, vectorized};

/// The weights of a tile along the last axis, one per element of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Inner {
    pub(super) weight: Vec<f64>,
    pub(super) earlier: Vec<f64>,
    /// Elements at the front that an earlier tile covers: neighbours overlap there and nowhere else.
    pub(super) shared: usize,
    /// Where the next elements end that no other tile covers, neither an earlier nor a later one.
    pub(super) alone: usize,
}

/// The weights of the other axes, constant over a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outer {
    /// The product of the weights.
    pub(super) weight: f64,
    /// What earlier tiles weigh here, relative to that product; `None` if none of them comes here.
    pub(super) earlier: Option<f64>,
}

/// One run of a tile against one run of the band.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'t, T> {
    /// First cell.
    pub(super) at: usize,
    /// Index of the first value in [`Inner`].
    pub(super) skip: usize,
    pub(super) values: &'t [T],
    pub(super) outer: Outer,
}

/// A band of cells.
///
/// Cells are never cleared: the first tile that comes to a cell enters it, the others meet it there.
pub(super) trait Cells<T>: Send {
    /// The last axis has moved on.
    fn turn(&mut self, inner: &Inner);

    fn run(&mut self, run: Run<'_, T>);

    /// The elements that a range of cells has come to.
    fn finish(&mut self, cells: Range<usize>) -> &[T];

    /// Drops the cells before one and makes it the first.
    fn shift(&mut self, first: usize);
}

/// How a value meets what is in a cell.
pub(super) trait Rule<T>: Send {
    type Cell: Copy + Default + Send;

    fn enter(value: T) -> Self::Cell;

    /// `share` is the weight of the value among all that have come so far, itself included.
    fn meet(cell: Self::Cell, value: T, share: <T as Element>::Sum) -> Self::Cell
    where
        T: Element;

    fn leave(cell: Self::Cell) -> T;

    /// Cells as elements, where they are the same.
    fn as_elements(_: &[Self::Cell]) -> Option<&[T]>;
}

/// The weighted mean, as a running one: `m + share (v - m)`. Tiles that agree are reproduced to the bit,
/// whatever the weights, for every type and every number of tiles.
pub(super) struct Mean;

impl<T: Element> Rule<T> for Mean {
    type Cell = T::Sum;

    #[inline(always)]
    fn enter(value: T) -> T::Sum {
        value.lift()
    }

    #[inline(always)]
    fn meet(cell: T::Sum, value: T, share: T::Sum) -> T::Sum {
        let value = value.lift();
        let moved = cell + share * (value - cell);
        // Two infinities agree as well, though their difference does not say so.
        if value == cell { cell } else { moved }
    }

    #[inline(always)]
    fn leave(cell: T::Sum) -> T {
        T::lower(cell)
    }

    fn as_elements(cells: &[T::Sum]) -> Option<&[T]> {
        T::as_elements(cells)
    }
}

macro_rules! pick {
    ($(#[$doc:meta])* $name:ident, |$cell:ident, $value:ident| $meet:expr) => {
        $(#[$doc])*
        pub(super) struct $name;

        impl<T: Element> Rule<T> for $name {
            type Cell = T;

            #[inline(always)]
            fn enter(value: T) -> T {
                value
            }

            #[inline(always)]
            fn meet($cell: T, $value: T, _: T::Sum) -> T {
                $meet
            }

            #[inline(always)]
            fn leave(cell: T) -> T {
                cell
            }

            fn as_elements(cells: &[T]) -> Option<&[T]> {
                Some(cells)
            }
        }
    };
}

pick!(
    /// The greatest; what is not a number wins and stays.
    Max, |cell, value| if value > cell || value.is_nan() { value } else { cell }
);
pick!(
    /// The least; what is not a number wins and stays.
    Min, |cell, value| if value < cell || value.is_nan() { value } else { cell }
);
pick!(
    /// What the first tile says.
    First, |cell, _value| cell
);
pick!(
    /// What the last tile says.
    Last, |_cell, value| value
);

/// Cells of one value each, with weights that are products of one weight per axis.
pub(super) struct Dense<T: Element, U: Rule<T>, B> {
    cells: B,
    /// Of [`Inner`], in the precision of the cells.
    weight: Vec<T::Sum>,
    /// Weight of the tile and all earlier ones.
    up_to: Vec<T::Sum>,
    /// Share where no other axis has earlier tiles.
    share: Vec<T::Sum>,
    shared: usize,
    alone: usize,
    elements: Vec<T>,
    isa: Isa,
    rule: PhantomData<fn() -> U>,
}

impl<T: Element, U: Rule<T>, B: AsMut<[U::Cell]>> Dense<T, U, B> {
    pub(super) fn new(cells: B) -> Self {
        Self {
            cells,
            weight: Vec::new(),
            up_to: Vec::new(),
            share: Vec::new(),
            shared: 0,
            alone: 0,
            elements: Vec::new(),
            isa: Isa::best(),
            rule: PhantomData,
        }
    }
}

/// Replaces the elements of a vector, keeping its memory.
fn refill<T>(vector: &mut Vec<T>, values: impl Iterator<Item = T>) {
    vector.clear();
    vector.extend(values);
}

impl<T, U, B> Cells<T> for Dense<T, U, B>
where
    T: Element,
    U: Rule<T>,
    B: AsMut<[U::Cell]> + Send,
{
    fn turn(&mut self, inner: &Inner) {
        let both = || inner.weight.iter().zip(&inner.earlier);
        refill(&mut self.weight, inner.weight.iter().map(|&w| T::Sum::from_f64(w)));
        refill(&mut self.up_to, both().map(|(w, e)| T::Sum::from_f64(w + e)));
        refill(&mut self.share, both().map(|(w, e)| T::Sum::from_f64(w / (w + e))));
        (self.shared, self.alone) = (inner.shared, inner.alone);
    }

    #[inline]
    fn run(&mut self, run: Run<'_, T>) {
        let Run { at, skip, values, outer } = run;
        let cells = &mut self.cells.as_mut()[at..at + values.len()];
        let behind = |end: usize| end.saturating_sub(skip).min(values.len());
        let (shared, alone) = (behind(self.shared), behind(self.alone));
        let Some(earlier) = outer.earlier else {
            let (met, entered) = cells.split_at_mut(shared);
            let (meeting, entering) = values.split_at(shared);
            for (cell, &value) in entered.iter_mut().zip(entering) {
                *cell = U::enter(value);
            }
            if shared > 0 {
                let share = &self.share[skip..][..shared];
                meet::<T, U>(self.isa, met, meeting, share.iter().copied());
            }
            return;
        };
        let earlier = T::Sum::from_f64(earlier);
        let one = T::Sum::from_f64(1.0);
        let share = one / (earlier + one);
        let mut fade = |part: Range<usize>| {
            let tables = skip + part.start..skip + part.end;
            let (weight, up_to) = (&self.weight[tables.clone()], &self.up_to[tables]);
            let shares =
                weight.iter().zip(up_to).map(|(&weight, &up_to)| weight / (earlier + up_to));
            meet::<T, U>(self.isa, &mut cells[part.clone()], &values[part], shares);
        };
        // The same quotient all along the middle is divided once.
        fade(0..shared);
        fade(alone..values.len());
        let middle = shared..alone;
        let shares = middle.clone().map(|_| share);
        meet::<T, U>(self.isa, &mut cells[middle.clone()], &values[middle], shares);
    }

    fn finish(&mut self, cells: Range<usize>) -> &[T] {
        let cells = &self.cells.as_mut()[cells];
        match U::as_elements(cells) {
            Some(elements) => elements,
            None => {
                vectorized(self.isa, Leave::<T, U> { cells, elements: &mut self.elements });
                &self.elements
            }
        }
    }

    fn shift(&mut self, first: usize) {
        self.cells.as_mut().copy_within(first.., 0);
    }
}

/// Values meet cells, each with its share.
#[inline]
fn meet<T: Element, U: Rule<T>>(
    isa: Isa,
    cells: &mut [U::Cell],
    values: &[T],
    shares: impl Iterator<Item = T::Sum>,
) {
    vectorized(isa, Meet::<T, U, _> { cells, values, shares });
}

struct Meet<'m, T, U: Rule<T>, I> {
    cells: &'m mut [U::Cell],
    values: &'m [T],
    /// An iterator and no table to look into: a test whether the index is inside leaves the last vectors of
    /// each run, of which a short one has few, to be done one by one.
    shares: I,
}

impl<T: Element, U: Rule<T>, I: Iterator<Item = T::Sum>> Vectorized for Meet<'_, T, U, I> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((cell, &value), share) in self.cells.iter_mut().zip(self.values).zip(self.shares) {
            *cell = U::meet(*cell, value, share);
        }
    }
}

/// Cells become elements.
struct Leave<'l, T, U: Rule<T>> {
    cells: &'l [U::Cell],
    elements: &'l mut Vec<T>,
}

impl<T: Element, U: Rule<T>> Vectorized for Leave<'_, T, U> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        refill(self.elements, self.cells.iter().map(|&cell| U::leave(cell)));
    }
}

/// Cells that keep what has come to them so far, because tiles are missing: the weights are no product.
pub(super) struct Sparse<T: Element, U: Rule<T>> {
    cells: Vec<U::Cell>,
    total: Vec<f64>,
    inner: Vec<f64>,
    elements: Vec<T>,
    fill: T,
}

impl<T: Element, U: Rule<T>> Sparse<T, U> {
    pub(super) fn new(len: usize, fill: T) -> Self {
        Self {
            cells: vec![U::Cell::default(); len],
            total: vec![0.0; len],
            inner: Vec::new(),
            elements: Vec::new(),
            fill,
        }
    }
}

impl<T: Element, U: Rule<T>> Cells<T> for Sparse<T, U> {
    fn turn(&mut self, inner: &Inner) {
        self.inner.clone_from(&inner.weight);
    }

    fn run(&mut self, run: Run<'_, T>) {
        let cells = run.at..run.at + run.values.len();
        let weights = &self.inner[run.skip..run.skip + run.values.len()];
        let both = self.cells[cells.clone()].iter_mut().zip(&mut self.total[cells]);
        for (((cell, total), &value), weight) in both.zip(run.values).zip(weights) {
            let weight = weight * run.outer.weight;
            let first = *total == 0.0;
            *total += weight;
            *cell = if first {
                U::enter(value)
            } else {
                U::meet(*cell, value, T::Sum::from_f64(weight / *total))
            };
        }
    }

    fn finish(&mut self, cells: Range<usize>) -> &[T] {
        let both = self.cells[cells.clone()].iter().zip(&self.total[cells]);
        let fill = self.fill;
        refill(
            &mut self.elements,
            both.map(|(&cell, &total)| if total == 0.0 { fill } else { U::leave(cell) }),
        );
        &self.elements
    }

    fn shift(&mut self, first: usize) {
        self.cells.copy_within(first.., 0);
        self.total.copy_within(first.., 0);
        let kept = self.total.len() - first;
        self.total[kept..].fill(0.0);
    }
}

/// Cells that keep every value, to count them at the end.
pub(super) struct Votes<T> {
    /// The values of a cell are neighbours.
    values: Vec<T>,
    cast: Vec<u32>,
    depth: usize,
    elements: Vec<T>,
    fill: T,
}

impl<T: Element> Votes<T> {
    pub(super) fn new(len: usize, depth: usize, fill: T) -> Self {
        let values = vec![T::default(); len * depth];
        Self { values, cast: vec![0; len], depth, elements: Vec::new(), fill }
    }
}

/// The most frequent value; of several, the one that came first.
fn winner<T: PartialEq + Copy>(values: &[T]) -> Option<T> {
    let votes = |value: &T| values.iter().filter(|other| *other == value).count();
    let mut best = None;
    for value in values {
        let count = votes(value);
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, *value));
        }
    }
    best.map(|(_, value)| value)
}

impl<T: Element> Cells<T> for Votes<T> {
    fn turn(&mut self, _: &Inner) {}

    fn run(&mut self, run: Run<'_, T>) {
        for (cell, &value) in (run.at..).zip(run.values) {
            let cast = &mut self.cast[cell];
            self.values[cell * self.depth + *cast as usize] = value;
            *cast += 1;
        }
    }

    fn finish(&mut self, cells: Range<usize>) -> &[T] {
        let elected = cells.map(|cell| {
            let first = cell * self.depth;
            let cast = &self.values[first..first + self.cast[cell] as usize];
            winner(cast).unwrap_or(self.fill)
        });
        refill(&mut self.elements, elected);
        &self.elements
    }

    fn shift(&mut self, first: usize) {
        self.values.copy_within(first * self.depth.., 0);
        self.cast.copy_within(first.., 0);
        let kept = self.cast.len() - first;
        self.cast[kept..].fill(0);
    }
}
