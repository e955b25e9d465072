//! What a band holds per element, and what runs of a tile do to it.

use alloc::vec;
use alloc::vec::Vec;
use core::hint::black_box;
use core::marker::PhantomData;
use core::ops::Range;

use crate::element::{Element, Sum};
use windows_simd::{Isa, Vectorized, fetch, vectorized};

/// The weights of a tile along the last axis, one per element of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inner {
    pub(crate) weight: Vec<f64>,
    pub(crate) earlier: Vec<f64>,
    /// Elements at the front that an earlier tile covers: neighbours overlap there and nowhere else.
    pub(crate) shared: usize,
    /// Where the next elements end that no other tile covers, neither an earlier nor a later one.
    pub(crate) alone: usize,
}

/// The weights of the other axes, constant over a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outer {
    /// The product of the weights.
    pub(crate) weight: f64,
    /// What earlier tiles weigh here, relative to that product; `None` if none of them comes here.
    pub(crate) earlier: Option<f64>,
}

/// Runs of a tile against runs of the band, one below the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panel<'t, T> {
    /// First cell of the first run, and from one to the next.
    pub(crate) at: usize,
    pub(crate) pitch: usize,
    /// The values of the first run and what follows, and from one run to the next.
    pub(crate) values: &'t [T],
    pub(crate) apart: usize,
    /// Values of a run, and the index of the first one in [`Inner`].
    pub(crate) len: usize,
    pub(crate) skip: usize,
    /// The weights of each run.
    pub(crate) outer: &'t [Outer],
}

impl<'t, T> Panel<'t, T> {
    /// The cells, the values and the weights of each run.
    #[inline(always)]
    fn runs(&self) -> impl Iterator<Item = (Range<usize>, &'t [T], Outer)> {
        let Self { at, pitch, values, apart, len, outer, .. } = *self;
        outer.iter().enumerate().map(move |(run, &outer)| {
            let at = at + run * pitch;
            (at..at + len, &values[run * apart..][..len], outer)
        })
    }
}

/// A band of cells.
///
/// Cells are never cleared: the first tile that comes to a cell enters it, the others meet it there.
pub(crate) trait Cells<T>: Send {
    /// The last axis has moved on.
    fn turn(&mut self, inner: &Inner);

    fn meet(&mut self, panel: Panel<'_, T>);

    /// The elements that a range of cells has come to.
    fn finish(&mut self, cells: Range<usize>) -> &[T];

    /// Drops the cells before one and makes it the first.
    fn shift(&mut self, first: usize);
}

/// How a value meets what is in a cell.
pub(crate) trait Rule<T>: Send {
    type Cell: Copy + Default + Send;

    fn enter(value: T) -> Self::Cell;

    /// Each value to a cell of its own.
    fn enter_all(values: &[T], cells: &mut [Self::Cell]);

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
pub(crate) struct Mean;

impl<T: Element> Rule<T> for Mean {
    type Cell = T::Sum;

    #[inline(always)]
    fn enter(value: T) -> T::Sum {
        value.lift()
    }

    #[inline(always)]
    fn enter_all(values: &[T], cells: &mut [T::Sum]) {
        T::lift_all(values, cells);
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
        pub(crate) struct $name;

        impl<T: Element> Rule<T> for $name {
            type Cell = T;

            #[inline(always)]
            fn enter(value: T) -> T {
                value
            }

            #[inline(always)]
            fn enter_all(values: &[T], cells: &mut [T]) {
                cells.copy_from_slice(values);
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
    /// The greatest; the first that is not a number wins and stays.
    Max, |cell, value| if value > cell || (value.is_nan() && !cell.is_nan()) { value } else { cell }
);
pick!(
    /// The least; the first that is not a number wins and stays.
    Min, |cell, value| if value < cell || (value.is_nan() && !cell.is_nan()) { value } else { cell }
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
pub(crate) struct Dense<T: Element, U: Rule<T>, B> {
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
    pub(crate) fn new(cells: B) -> Self {
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

    fn meet(&mut self, panel: Panel<'_, T>) {
        let Panel { skip, len, .. } = panel;
        let tables = skip..skip + len;
        let behind = |end: usize| end.saturating_sub(skip).min(len);
        vectorized(
            self.isa,
            Meet::<T, U> {
                cells: self.cells.as_mut(),
                panel,
                weight: &self.weight[tables.clone()],
                up_to: &self.up_to[tables.clone()],
                share: &self.share[tables],
                shared: behind(self.shared),
                alone: behind(self.alone),
            },
        );
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
struct Meet<'m, T: Element, U: Rule<T>> {
    cells: &'m mut [U::Cell],
    panel: Panel<'m, T>,
    /// Those of [`Dense`], for a run.
    weight: &'m [T::Sum],
    up_to: &'m [T::Sum],
    share: &'m [T::Sum],
    shared: usize,
    alone: usize,
}

impl<T: Element, U: Rule<T>> Vectorized for Meet<'_, T, U> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { cells, panel, weight, up_to, share, shared, alone } = self;
        let one = T::Sum::from_f64(1.0);
        for (run, (at, values, outer)) in panel.runs().enumerate() {
            if run + AHEAD < panel.outer.len() {
                let below = AHEAD * panel.pitch;
                fetch(&cells[at.start + below..at.end + below]);
            }
            let cells = &mut cells[at];
            let Some(earlier) = outer.earlier else {
                let (met, entered) = cells.split_at_mut(shared);
                let (meeting, entering) = values.split_at(shared);
                meet::<T, U>(met, meeting, [&share[..shared]; 2], |share, _| share);
                U::enter_all(entering, entered);
                continue;
            };
            let earlier = T::Sum::from_f64(earlier);
            // The same quotient all along the middle is divided once.
            let middle = one / (earlier + one);
            let (front, rest) = cells.split_at_mut(shared);
            let (between, back) = rest.split_at_mut(alone - shared);
            let fade = |weight, up_to| weight / (earlier + up_to);
            let tables = |part: Range<usize>| [&weight[part.clone()], &up_to[part]];
            meet::<T, U>(front, &values[..shared], tables(0..shared), fade);
            let level = tables(shared..alone);
            meet::<T, U>(between, &values[shared..alone], level, |_, _| middle);
            meet::<T, U>(back, &values[alone..], tables(alone..values.len()), fade);
        }
    }
}

/// Runs below that are asked for: tiles of 64 x 64 in a picture larger than the caches take a sixth less; 4, 16
/// or 32 were less good.
const AHEAD: usize = 8;

/// Values that are met at once: short runs have few vectors, and would spend their time in the loops around
/// those that a compiler unrolls for long ones.
const AT_ONCE: usize = 16;

/// Values meet cells, with shares from two tables.
#[inline(always)]
fn meet<T: Element, U: Rule<T>>(
    cells: &mut [U::Cell],
    values: &[T],
    tables: [&[T::Sum]; 2],
    share: impl Fn(T::Sum, T::Sum) -> T::Sum,
) {
    let (cells, last_cells) = cells.as_chunks_mut::<AT_ONCE>();
    let (values, last_values) = values.as_chunks::<AT_ONCE>();
    let [(one, last_one), (other, last_other)] = tables.map(<[T::Sum]>::as_chunks::<AT_ONCE>);
    let both = one.iter().zip(other);
    for ((cells, values), (one, other)) in cells.iter_mut().zip(values).zip(both) {
        // Keeps the compiler from vectorising across chunks, for which it would gather elements: one chunk at a time.
        let cells = black_box(cells);
        // Of copies: it does not see that tables and cells are apart.
        let (mut met, values, one, other) = (*cells, *values, *one, *other);
        for i in 0..AT_ONCE {
            met[i] = U::meet(met[i], values[i], share(one[i], other[i]));
        }
        *cells = met;
    }
    let both = last_one.iter().zip(last_other);
    for ((cell, &value), (&one, &other)) in last_cells.iter_mut().zip(last_values).zip(both) {
        *cell = U::meet(*cell, value, share(one, other));
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
pub(crate) struct Sparse<T: Element, U: Rule<T>> {
    cells: Vec<U::Cell>,
    total: Vec<f64>,
    inner: Vec<f64>,
    elements: Vec<T>,
    fill: T,
}

impl<T: Element, U: Rule<T>> Sparse<T, U> {
    pub(crate) fn new(len: usize, fill: T) -> Self {
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

    fn meet(&mut self, panel: Panel<'_, T>) {
        let weights = &self.inner[panel.skip..panel.skip + panel.len];
        for (cells, values, outer) in panel.runs() {
            let both = self.cells[cells.clone()].iter_mut().zip(&mut self.total[cells]);
            for (((cell, total), &value), weight) in both.zip(values).zip(weights) {
                let weight = weight * outer.weight;
                let first = *total == 0.0;
                *total += weight;
                *cell = if first {
                    U::enter(value)
                } else {
                    U::meet(*cell, value, T::Sum::from_f64(weight / *total))
                };
            }
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
pub(crate) struct Votes<T> {
    /// The values of a cell are neighbours.
    values: Vec<T>,
    cast: Vec<u32>,
    depth: usize,
    elements: Vec<T>,
    fill: T,
}

impl<T: Element> Votes<T> {
    pub(crate) fn new(len: usize, depth: usize, fill: T) -> Self {
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

    fn meet(&mut self, panel: Panel<'_, T>) {
        for (cells, values, _) in panel.runs() {
            for (cell, &value) in cells.zip(values) {
                let cast = &mut self.cast[cell];
                self.values[cell * self.depth + *cast as usize] = value;
                *cast += 1;
            }
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
