//! Tiles as they come, finished rows as soon as no later tile can touch them.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use windows_core::check::check_len;
use windows_core::{Canvas, Dyn, Grid, TileSink, WindowError, positions, ravel};

use crate::band::Band;
use crate::{Element, Stitch, StitchError, StitcherError};

/// Puts tiles together as they arrive and hands finished rows to a [`TileSink`]: memory is one row of
/// tiles ([`Stitch::band_len`]), however long the first axis is.
///
/// Rows are indices of the first axis of the grid. Tiles are brought to the output in the order of the
/// grid, whatever the order they arrive in, so the bits never depend on it; one that comes early is
/// kept until its turn. [`Stitcher::waiting`] bounds how many may be.
///
/// # Example
/// ```
/// use std::ops::Range;
/// use windows_core::{Edge, View, WindowError, WindowSpec};
/// use windows_stitch::{Stitch, StitchSpec, StitcherError, Taper};
///
/// let image: Vec<u16> = (0..96).collect();
/// let view = View::new(&image, [12, 8])?;
/// let windows = view.windows(WindowSpec::new([4, 4]).step(2).edge(Edge::Snap));
/// let stitch = Stitch::new(windows.grid(), StitchSpec::new().taper(Taper::Hann))?;
///
/// let mut rows = Vec::new();
/// let sink = |region: &[Range<usize>], slab: &[u16]| -> Result<(), WindowError> {
///     assert_eq!((region[0].start, region[1].clone()), (rows.len() / 8, 0..8));
///     rows.extend_from_slice(slab);
///     Ok(())
/// };
/// let mut stitcher = stitch.stitcher(sink);
/// for (index, window) in windows.iter().enumerate().skip(1) {
///     stitcher.add(index, &window.to_vec())?; // early: they wait for the first one
/// }
/// stitcher.add(0, &windows.nth(0).unwrap().to_vec())?;
/// stitcher.finish()?;
/// assert_eq!(rows, image);
/// # Ok::<(), StitcherError<WindowError>>(())
/// ```
pub struct Stitcher<'p, T, S> {
    plan: &'p Stitch,
    band: Band<'p, T>,
    sink: S,
    /// The tile whose turn it is.
    next: usize,
    /// Tiles after it that are here already; none for one that is declared missing.
    early: BTreeMap<usize, Option<Box<[T]>>>,
    limit: usize,
}

impl<T, S: fmt::Debug> fmt::Debug for Stitcher<'_, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stitcher")
            .field("next", &self.next)
            .field("early", &self.early.len())
            .field("rows", &self.band.rows())
            .field("sink", &self.sink)
            .finish_non_exhaustive()
    }
}

impl Stitch {
    /// Starts to put tiles together; what no tile covers, where gaps were declared, is `T::default()`.
    #[must_use]
    pub fn stitcher<T: Element, S: TileSink<T>>(&self, sink: S) -> Stitcher<'_, T, S> {
        self.stitcher_filled(sink, T::default())
    }

    /// Starts to put tiles together; what no tile covers, where gaps were declared, is `fill`.
    #[must_use]
    pub fn stitcher_filled<T: Element, S: TileSink<T>>(
        &self,
        sink: S,
        fill: T,
    ) -> Stitcher<'_, T, S> {
        let rows = if self.output_len() == 0 { 0..0 } else { 0..self.height() };
        let band = self.band(rows, self.band_height(), fill);
        Stitcher { plan: self, band, sink, next: 0, early: BTreeMap::new(), limit: usize::MAX }
    }

    /// Starts to put tiles together in a buffer. Tiles of floats meet in the buffer itself, and so do
    /// those of any type that are not averaged or voted on: there is no band, and nothing is moved twice.
    /// Until [`Stitcher::finish`] has returned without an error, not all of it is written.
    ///
    /// # Errors
    /// [`WindowError::Length`](windows_core::WindowError::Length) if `out` has another length than [`Stitch::output_len`].
    ///
    /// # Example
    /// ```
    /// use windows_core::{Edge, View, WindowError, WindowSpec};
    /// use windows_stitch::{Stitch, StitchSpec, StitcherError, Taper};
    ///
    /// let image: Vec<f32> = (0..96).map(|i| i as f32).collect();
    /// let view = View::new(&image, [12, 8])?;
    /// let windows = view.windows(WindowSpec::new([4, 4]).overlap(1).edge(Edge::Snap));
    /// let stitch = Stitch::new(windows.grid(), StitchSpec::new().taper(Taper::Hann))?;
    ///
    /// let (mut out, mut tile) = (vec![0.0; 96], [0.0; 16]);
    /// let mut stitcher = stitch.stitcher_into(&mut out)?;
    /// for (index, window) in windows.iter().enumerate() {
    ///     window.view().copy_into(&mut tile)?;
    ///     tile.iter_mut().for_each(|x| *x += 1.0); // the model
    ///     stitcher.add(index, &tile)?;
    /// }
    /// stitcher.finish()?;
    /// assert!(out.iter().zip(&image).all(|(made, given)| *made == given + 1.0));
    /// # Ok::<(), StitcherError<WindowError>>(())
    /// ```
    pub fn stitcher_into<'s, T: Element>(
        &'s self,
        out: &'s mut [T],
    ) -> Result<Stitcher<'s, T, Stitched<'s, T>>, StitchError> {
        check_len("output", self.output_len(), out.len())?;
        if out.is_empty() || !self.joins_in_place::<T>() {
            return Ok(self.stitcher(Stitched(Some(Canvas::new(out, self.shape())?))));
        }
        let band = self.band_over(0..self.height(), out);
        let (sink, early) = (Stitched(None), BTreeMap::new());
        Ok(Stitcher { plan: self, band, sink, next: 0, early, limit: usize::MAX })
    }
}

/// Proof that the buffer given to [`Stitch::stitcher_into`] is completely written.
#[derive(Debug)]
pub struct Stitched<'o, T>(
    /// Where rows go that were not put together in the buffer itself.
    Option<Canvas<'o, T>>,
);

impl<T: Copy> TileSink<T> for Stitched<'_, T> {
    type Error = WindowError;

    fn write(&mut self, region: &[Range<usize>], data: &[T]) -> Result<(), WindowError> {
        self.0.as_mut().map_or(Ok(()), |canvas| canvas.write(region, data))
    }
}

impl<T: Element, S: TileSink<T>> Stitcher<'_, T, S> {
    /// At most this many tiles may wait for an earlier one; without it, any number.
    #[must_use]
    pub fn waiting(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// The tile that is waited for, or `None` once all have come.
    #[must_use]
    pub fn next_tile(&self) -> Option<usize> {
        (self.next < self.plan.grid().len()).then_some(self.next)
    }

    /// Takes the tile of a flat index.
    ///
    /// # Errors
    /// [`StitchError::UnexpectedTile`] if the grid has no such tile or it has come before,
    /// [`WindowError::Length`](windows_core::WindowError::Length) if it has not [`Stitch::tile_len`] elements, [`StitchError::TooEarly`] if
    /// too many wait already: the tile is not taken, everything else goes on. If the sink fails, the
    /// tile is taken and what the sink refused is offered to it again the next time.
    pub fn add(&mut self, index: usize, tile: &[T]) -> Result<(), StitcherError<S::Error>> {
        self.expect(index)?;
        check_len("tile", self.plan.tile_len(), tile.len())?;
        if index == self.next {
            self.apply(Some(tile))?;
        } else {
            self.early.insert(index, Some(tile.into()));
        }
        self.catch_up()
    }

    /// Declares that a tile will not come.
    ///
    /// # Errors
    /// As [`Stitcher::add`]; [`StitchError::Uncovered`] unless gaps were declared.
    pub fn skip(&mut self, index: usize) -> Result<(), StitcherError<S::Error>> {
        self.expect(index)?;
        if !self.plan.gaps {
            return Err(self.uncovered(|tile| tile == index).into());
        }
        self.early.insert(index, None);
        self.catch_up()
    }

    fn expect(&self, index: usize) -> Result<(), StitchError> {
        let count = self.plan.grid().len();
        if index >= count || index < self.next || self.early.contains_key(&index) {
            return Err(StitchError::UnexpectedTile { index, count });
        }
        if index > self.next && self.early.len() >= self.limit {
            return Err(StitchError::TooEarly { index, next: self.next, limit: self.limit });
        }
        Ok(())
    }

    /// Brings the tiles to the band that have waited and whose turn it is.
    fn catch_up(&mut self) -> Result<(), StitcherError<S::Error>> {
        while let Some(tile) = self.early.remove(&self.next) {
            self.apply(tile.as_deref())?;
        }
        Ok(())
    }

    /// Brings one tile to the band. Rows are given away first, so that there is room for it; if the sink
    /// refuses them, the tile waits at the front of the others.
    fn apply(&mut self, tile: Option<&[T]>) -> Result<(), StitcherError<S::Error>> {
        let grid = self.plan.grid();
        if let Some(position) = grid.position(self.next) {
            let position = self.plan.lead(&position);
            if let Err(error) = self.emit(self.plan.along()[0].finished_before(position[0])) {
                self.early.insert(self.next, tile.map(Into::into));
                return Err(error);
            }
            if let Some(tile) = tile {
                self.band.apply(position, tile);
            }
            self.next += 1;
        }
        Ok(())
    }

    fn emit(&mut self, end: usize) -> Result<(), StitcherError<S::Error>> {
        let mut region: Vec<Range<usize>> = self.plan.shape().iter().map(|&len| 0..len).collect();
        let sink = &mut self.sink;
        self.band
            .emit(end, |rows, slab| {
                if let Some(first) = region.first_mut() {
                    *first = rows;
                }
                sink.write(&region, slab)
            })
            .map_err(StitcherError::Sink)
    }

    /// Gives away the last rows and returns the sink.
    ///
    /// # Errors
    /// [`StitchError::Uncovered`] counts the elements that a tile which did not come should have had a
    /// say in; the sink's own error.
    pub fn finish(mut self) -> Result<S, StitcherError<S::Error>> {
        while let Some(next) = self.next_tile() {
            match self.early.remove(&next) {
                Some(tile) => self.apply(tile.as_deref())?,
                None => {
                    let missing =
                        self.uncovered(|tile| tile >= self.next && !self.early.contains_key(&tile));
                    match missing {
                        // A tile wholly in the padding says nothing.
                        StitchError::Uncovered { count: 0, .. } => self.apply(None)?,
                        missing => return Err(missing.into()),
                    }
                }
            }
        }
        self.emit(usize::MAX)?;
        Ok(self.sink)
    }

    /// The elements under a missing tile. Between the borders of tiles, elements are under the same
    /// ones, so one element of each such block is asked.
    fn uncovered(&self, missing: impl Fn(usize) -> bool) -> StitchError {
        let (grid, along) = (self.plan.grid(), self.plan.along());
        let cuts: Vec<Vec<usize>> = along
            .iter()
            .map(|along| {
                let regions = (0..along.count()).map(|position| along.kept(position));
                let mut cuts: Vec<usize> = regions.flat_map(|r| [r.start, r.end]).collect();
                cuts.sort_unstable();
                cuts.dedup();
                cuts
            })
            .collect();
        let lens: Vec<usize> = along.iter().map(|along| along.len).collect();
        let blocks: Vec<usize> = cuts.iter().map(|cuts| cuts.len().saturating_sub(1)).collect();
        let (mut first, mut count) = (usize::MAX, 0);
        for block in positions::<Dyn>(&blocks) {
            let corner: Vec<usize> = block.iter().zip(&cuts).map(|(&at, cuts)| cuts[at]).collect();
            let size: usize =
                block.iter().zip(&cuts).map(|(&at, cuts)| cuts[at + 1] - cuts[at]).product();
            if size > 0 && self.is_under(&corner, grid, &missing) {
                first = first.min(ravel(&lens, &corner) * self.plan.grain());
                count += size * self.plan.grain();
            }
        }
        StitchError::Uncovered { first, count }
    }

    /// Whether an element is under a missing tile.
    fn is_under(
        &self,
        element: &[usize],
        grid: &Grid<Dyn>,
        missing: &impl Fn(usize) -> bool,
    ) -> bool {
        // Per axis, the tiles over the element are neighbours.
        let over: Vec<Range<usize>> = self
            .plan
            .along()
            .iter()
            .zip(element)
            .map(|(along, element)| {
                let over = |position: &usize| along.kept(*position).contains(element);
                let first = (0..along.count()).find(over).unwrap_or(along.count());
                let end = (first..along.count()).find(|at| !over(at)).unwrap_or(along.count());
                first..end
            })
            .collect();
        let counts: Vec<usize> = over.iter().map(Range::len).collect();
        positions::<Dyn>(&counts).any(|at| {
            let mut position: Vec<usize> =
                at.iter().zip(&over).map(|(at, over)| over.start + at).collect();
            position.resize(grid.ndim(), 0);
            grid.index(&position).is_some_and(missing)
        })
    }
}
