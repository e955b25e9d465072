//! Tiles back to one array: a weighted mean whose weights sum to one, and other reductions.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::ops::Range;

use windows_core::check::{check_len, product, room};
use windows_core::{Axis, AxisSpec, Dyn, Extent, Grid, Rank, WindowError, ravel};

use crate::along::Along;
use crate::band::Band;
use crate::cells::{Cells, Dense, First, Last, Max, Mean, Min, Rule, Sparse, Votes};
use crate::{Element, Reduce, Scale, StitchError, StitchSpec, Taper};

/// A plan that puts the tiles of a grid together: checked once, without data.
///
/// Tiles are what the windows of the grid hold, or what a model made of them: each in row-major order,
/// of the full window shape, partial ones too (what their missing taps hold is not looked at).
///
/// The mean is a partition of unity by construction: the weight of a tile at an element is a product of
/// one share per axis, and along an axis the shares of all tiles at an element sum to one. So only one
/// taper and one sum per axis are kept, `O(sum of lengths)`, and never a weight per element. Where tiles
/// agree, the output is what they say, to the bit, whatever the taper.
///
/// The output has the same bits for any number of threads and any order in which tiles arrive.
///
/// # Example
/// ```
/// use windows_core::{Edge, Grid, View, WindowSpec};
/// use windows_stitch::{Stitch, StitchError, StitchSpec, Taper};
///
/// let image: Vec<u8> = (0..70).collect();
/// let view = View::new(&image, [7, 10])?;
/// let windows = view.windows(WindowSpec::new([4, 4]).overlap(1).edge(Edge::Snap));
///
/// let stitch = Stitch::new(windows.grid(), StitchSpec::new().taper(Taper::Hann))?;
/// assert_eq!(stitch.run(&windows.pack()?)?, image);
///
/// // Without the edge, the last columns are in no tile, and nothing is silently blank
/// let grid = Grid::new([7, 10], WindowSpec::new([4, 4]).step(4))?;
/// let error = Stitch::new(&grid, StitchSpec::new()).unwrap_err();
/// assert_eq!(error, StitchError::Uncovered { first: 8, count: 38 });
/// # Ok::<(), StitchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stitch {
    grid: Grid<Dyn>,
    /// Trailing axes that tiles take whole belong to the last axis that they do not.
    along: Vec<Along>,
    /// Elements of those trailing axes together.
    grain: usize,
    shape: Vec<usize>,
    tile_shape: Vec<usize>,
    tile_len: usize,
    row_len: usize,
    reduce: Reduce,
    pub(crate) gaps: bool,
}

impl Stitch {
    /// Plans the stitch of the tiles of a grid.
    ///
    /// # Errors
    /// [`StitchError::Uncovered`] if the grid leaves elements out and [`StitchSpec::gaps`] was not
    /// declared; a dilated grid; a weight that is not positive; a scale that does not divide a length, a
    /// size or a start; an axis that does not exist; [`WindowError::Memory`](windows_core::WindowError::Memory) for one weight per element and
    /// per tap of an axis.
    pub fn new<R: Rank>(grid: &Grid<R>, spec: StitchSpec) -> Result<Self, StitchError> {
        let grid = grid.to_dyn();
        let ndim = grid.ndim();
        let named = spec.tapers.iter().map(|(axis, _)| *axis);
        for axis in named.chain(spec.scales.iter().map(|(axis, _)| *axis)) {
            if axis >= ndim {
                return Err(WindowError::NoSuchAxis { axis, ndim }.into());
            }
        }
        let mut along = Vec::with_capacity(ndim);
        for (axis, of) in grid.axes().iter().enumerate() {
            let taper = spec.tapers.iter().rev().find(|(on, _)| *on == axis);
            let scale = spec.scales.iter().rev().find(|(on, _)| *on == axis);
            let windowed = matches!(of.spec().extent, Extent::Size(_));
            along.push(Along::new(
                axis,
                of,
                taper.map_or(&spec.taper, |(_, taper)| taper),
                scale
                    .map(|(_, scale)| *scale)
                    .or(spec.scale.filter(|_| windowed))
                    .unwrap_or(Scale::SAME),
                spec.reduce,
            )?);
        }
        let shape: Vec<usize> = along.iter().map(|along| along.len).collect();
        let tile_shape: Vec<usize> = along.iter().map(|along| along.size).collect();
        let elements = product("elements", &shape)?;
        let tile_len = product("taps", &tile_shape)?;
        product("elements of tiles", &[grid.len(), tile_len])?;
        let row_len = product("elements", shape.get(1..).unwrap_or(&[]))?;
        if !spec.gaps {
            covered(&along, &shape, elements)?;
        }
        let mut grain = 1;
        while along.len() > 1 && along.last().is_some_and(Along::is_whole) {
            grain *= along.pop().map_or(1, |last| last.len);
        }
        if along.is_empty() {
            // A single element is an axis of length 1.
            let point = Axis::new(1, AxisSpec::new(1))?;
            along.push(Along::new(0, &point, &Taper::Constant, Scale::SAME, spec.reduce)?);
        }
        let (reduce, gaps) = (spec.reduce, spec.gaps);
        Ok(Self { grid, along, grain, shape, tile_shape, tile_len, row_len, reduce, gaps })
    }

    /// The grid of the tiles.
    #[must_use]
    pub fn grid(&self) -> &Grid<Dyn> {
        &self.grid
    }

    /// Shape of the output.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Shape of every tile.
    #[must_use]
    pub fn tile_shape(&self) -> &[usize] {
        &self.tile_shape
    }

    /// Elements of a tile.
    #[must_use]
    pub fn tile_len(&self) -> usize {
        self.tile_len
    }

    /// Elements of the output.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Elements that a [`Stitcher`](crate::Stitcher) holds at most: one row of tiles, whatever the length of the first
    /// axis.
    #[must_use]
    pub fn band_len(&self) -> usize {
        self.band_height() * self.row_len
    }

    pub(crate) fn along(&self) -> &[Along] {
        &self.along
    }

    pub(crate) fn grain(&self) -> usize {
        self.grain
    }

    pub(crate) fn row_len(&self) -> usize {
        self.row_len
    }

    pub(crate) fn height(&self) -> usize {
        self.shape.first().copied().unwrap_or(1)
    }

    pub(crate) fn band_height(&self) -> usize {
        self.along.first().map_or(1, |first| first.size.min(first.len)).max(1)
    }

    /// Puts packed tiles together: `tiles` holds all of them in the order of the grid, as
    /// [`Windows::pack_into`](windows_core::Windows::pack_into) writes them. Besides the output, integers take
    /// [`Stitch::band_len`] sums.
    ///
    /// # Errors
    /// [`WindowError::Length`](windows_core::WindowError::Length) if `tiles` or `out` has another length.
    pub fn run_into<T: Element>(&self, tiles: &[T], out: &mut [T]) -> Result<(), StitchError> {
        self.check(tiles, out)?;
        self.fill_rows(0..self.height(), tiles, out);
        Ok(())
    }

    /// The same in a new vector.
    ///
    /// # Errors
    /// [`WindowError::Length`](windows_core::WindowError::Length) if `tiles` has another length; [`WindowError::Memory`](windows_core::WindowError::Memory).
    pub fn run<T: Element>(&self, tiles: &[T]) -> Result<Vec<T>, StitchError> {
        self.check_tiles(tiles)?;
        let mut out = room("elements", self.output_len())?;
        out.resize(self.output_len(), T::default());
        self.run_into(tiles, &mut out)?;
        Ok(out)
    }

    /// [`Stitch::run_into`] by all threads of the current rayon pool, with the same bits: each fills rows
    /// of its own.
    ///
    /// # Errors
    /// [`WindowError::Length`](windows_core::WindowError::Length) if `tiles` or `out` has another length.
    #[cfg(feature = "rayon")]
    pub fn par_run_into<T: Element>(&self, tiles: &[T], out: &mut [T]) -> Result<(), StitchError> {
        use rayon::prelude::*;

        self.check(tiles, out)?;
        if out.is_empty() {
            return Ok(());
        }
        let rows = self.height().div_ceil(rayon::current_num_threads()).max(1);
        out.par_chunks_mut(rows * self.row_len).enumerate().for_each(|(chunk, out)| {
            let first = chunk * rows;
            self.fill_rows(first..first + out.len() / self.row_len, tiles, out);
        });
        Ok(())
    }

    fn check<T>(&self, tiles: &[T], out: &[T]) -> Result<(), StitchError> {
        self.check_tiles(tiles)?;
        Ok(check_len("output", self.output_len(), out.len())?)
    }

    fn check_tiles<T>(&self, tiles: &[T]) -> Result<(), StitchError> {
        Ok(check_len("tiles", self.grid.len() * self.tile_len, tiles.len())?)
    }

    /// The part of a position that `along` knows.
    pub(crate) fn lead<'g>(&self, position: &'g [usize]) -> &'g [usize] {
        position.get(..self.along.len()).unwrap_or(&[0])
    }

    /// Fills some rows of the output from all tiles that reach them.
    fn fill_rows<T: Element>(&self, rows: Range<usize>, tiles: &[T], out: &mut [T]) {
        if out.is_empty() {
            return;
        }
        if self.joins_in_place::<T>() {
            let mut band = self.band_over(rows.clone(), out);
            return self.tiles_of(&mut band, rows, tiles, |_, _| {});
        }
        let first = rows.start;
        let height = self.band_height().min(rows.len());
        let mut band = self.band(rows.clone(), height, T::default());
        self.tiles_of(&mut band, rows, tiles, |band, end| {
            let received: Result<(), Infallible> = band.emit(end, |rows, slab| {
                let at = (rows.start - first) * self.row_len;
                out[at..at + slab.len()].copy_from_slice(slab);
                Ok(())
            });
            let Ok(()) = received;
        });
    }

    /// Brings all tiles that reach some rows to a band, in order.
    fn tiles_of<'p, T: Element>(
        &'p self,
        band: &mut Band<'p, T>,
        rows: Range<usize>,
        tiles: &[T],
        mut finished: impl FnMut(&mut Band<'p, T>, usize),
    ) {
        for (index, position) in self.grid.positions().enumerate() {
            let position = self.lead(&position);
            let reach = self.along[0].region(position[0]);
            if reach.end <= rows.start || reach.start >= rows.end {
                continue;
            }
            finished(band, reach.start);
            band.apply(position, &tiles[index * self.tile_len..][..self.tile_len]);
        }
        finished(band, rows.end);
    }

    /// Whether tiles can meet in the output itself: cells are elements there, and none is left out.
    pub(crate) fn joins_in_place<T: Element>(&self) -> bool {
        let cells_are_elements = match self.reduce {
            Reduce::Mean => T::as_sums(&mut []).is_some(),
            Reduce::Vote => false,
            _ => true,
        };
        cells_are_elements && !self.gaps
    }

    /// A band of all of `rows`, whose cells are the output's own elements.
    ///
    /// # Panics
    /// Unless [`Stitch::joins_in_place`].
    pub(crate) fn band_over<'o, T: Element>(
        &'o self,
        rows: Range<usize>,
        out: &'o mut [T],
    ) -> Band<'o, T> {
        let cells: Box<dyn Cells<T> + 'o> = match self.reduce {
            Reduce::Mean => {
                let sums = T::as_sums(out).expect("elements that are sums");
                Box::new(Dense::<T, Mean, _>::new(sums))
            }
            Reduce::Max => Box::new(Dense::<T, Max, _>::new(out)),
            Reduce::Min => Box::new(Dense::<T, Min, _>::new(out)),
            Reduce::First => Box::new(Dense::<T, First, _>::new(out)),
            Reduce::Crop | Reduce::Last => Box::new(Dense::<T, Last, _>::new(out)),
            Reduce::Vote => unreachable!("votes need more than an element"),
        };
        Band::new(self, rows, None, cells)
    }

    pub(crate) fn band<T: Element>(
        &self,
        rows: Range<usize>,
        height: usize,
        fill: T,
    ) -> Band<'_, T> {
        fn cells<'c, T: Element, U: Rule<T> + 'c>(
            len: usize,
            gaps: Option<T>,
        ) -> Box<dyn Cells<T> + 'c> {
            match gaps {
                Some(fill) => Box::new(Sparse::<T, U>::new(len, fill)),
                None => Box::new(Dense::<T, U, _>::new(vec![U::Cell::default(); len])),
            }
        }
        let len = height * self.row_len;
        let gaps = self.gaps.then_some(fill);
        let cells = match self.reduce {
            Reduce::Mean => cells::<T, Mean>(len, gaps),
            Reduce::Max => cells::<T, Max>(len, gaps),
            Reduce::Min => cells::<T, Min>(len, gaps),
            Reduce::First => cells::<T, First>(len, gaps),
            Reduce::Crop | Reduce::Last => cells::<T, Last>(len, gaps),
            Reduce::Vote => {
                let depth = self.along.iter().map(Along::depth).product();
                Box::new(Votes::new(len, depth, fill))
            }
        };
        Band::new(self, rows, Some(height), cells)
    }
}

/// Whether every element is under a tile: one that is not under any along one axis is under none.
fn covered(along: &[Along], shape: &[usize], elements: usize) -> Result<(), StitchError> {
    let under: usize = along.iter().map(|along| along.coverage().1).product();
    let mut index = vec![0; shape.len()];
    let firsts = along.iter().enumerate().filter_map(|(axis, along)| {
        let first = along.coverage().0?;
        index.fill(0);
        index[axis] = first;
        Some(ravel(shape, &index))
    });
    match firsts.min() {
        Some(first) if elements > 0 => {
            Err(StitchError::Uncovered { first, count: elements - under })
        }
        _ => Ok(()),
    }
}
