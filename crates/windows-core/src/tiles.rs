//! Tiles with halo: a large array, worked on piece by piece.

use alloc::vec::Vec;
use core::ops::Range;

use crate::axis::Axis;
use crate::check::{check_len, product};
use crate::odometer::ravel;
use crate::rank::{Const, Dyn, IntoAxes, Rank};
use crate::{Border, Edge, Grid, Layout, StridedView, WindowError, WindowSpec, positions};

impl Axis {
    /// The elements that window `position` owns: neighbours that overlap share what they have in common
    /// half and half. The cores of all windows are disjoint and hold every element that a window spans.
    ///
    /// # Panics
    /// If there is no such window.
    ///
    /// # Example
    /// ```
    /// use windows_core::{Axis, AxisSpec};
    ///
    /// let axis = Axis::new(10, AxisSpec::new(4).step(3))?; // 0..4, 3..7, 6..10
    /// assert_eq!((axis.core(0), axis.core(1), axis.core(2)), (0..3, 3..6, 6..10));
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    #[must_use]
    pub fn core(&self, position: usize) -> Range<usize> {
        core_of(self.count(), position, |position| self.region(position))
    }
}

/// What region `position` of `count` owns, where starts and ends of regions ascend: neighbours that overlap
/// share what they have in common half and half, as windows do ([`Axis::core`]).
#[must_use]
pub fn core_of(
    count: usize,
    position: usize,
    region: impl Fn(usize) -> Range<usize>,
) -> Range<usize> {
    let own = region(position);
    // Halfway through what two neighbours share; in a gap, somewhere in it.
    let border = |end: usize, start: usize| end / 2 + start / 2 + (end % 2 + start % 2) / 2;
    let start = match position.checked_sub(1) {
        Some(before) => own.start.max(border(region(before).end, own.start)),
        None => own.start,
    };
    let end = match position + 1 {
        after if after < count => own.end.min(border(own.end, region(after).start)),
        _ => own.end,
    };
    start..end.max(start)
}

/// Where tiles are read from: a file, a camera, a slice, another program.
///
/// Closures of the same shape are sources, and so are views.
pub trait TileSource<T> {
    /// Why reading may fail.
    type Error;

    /// Reads a region, one range per axis, to `out` in row-major order.
    ///
    /// # Errors
    /// Whatever keeps the source from reading.
    fn read(&mut self, region: &[Range<usize>], out: &mut [T]) -> Result<(), Self::Error>;
}

/// Where finished parts go.
///
/// Closures of the same shape are sinks; [`Canvas`] is one in memory.
pub trait TileSink<T> {
    /// Why writing may fail.
    type Error;

    /// Writes a region, one range per axis, from `data` in row-major order. Regions never overlap.
    ///
    /// # Errors
    /// Whatever keeps the sink from writing.
    fn write(&mut self, region: &[Range<usize>], data: &[T]) -> Result<(), Self::Error>;
}

impl<T, E, F: FnMut(&[Range<usize>], &mut [T]) -> Result<(), E>> TileSource<T> for F {
    type Error = E;

    fn read(&mut self, region: &[Range<usize>], out: &mut [T]) -> Result<(), E> {
        self(region, out)
    }
}

impl<T, E, F: FnMut(&[Range<usize>], &[T]) -> Result<(), E>> TileSink<T> for F {
    type Error = E;

    fn write(&mut self, region: &[Range<usize>], data: &[T]) -> Result<(), E> {
        self(region, data)
    }
}

impl<T: Copy, R: Rank> TileSource<T> for StridedView<'_, T, R> {
    type Error = WindowError;

    fn read(&mut self, region: &[Range<usize>], out: &mut [T]) -> Result<(), WindowError> {
        let (got, expected) = (region.len(), self.ndim());
        if got != expected {
            return Err(WindowError::Rank { what: "region", got, expected });
        }
        let mut part = self.clone();
        for (axis, range) in region.iter().enumerate() {
            part = part.slice(axis, range.clone())?;
        }
        part.copy_into(out)
    }
}

/// A row-major array in memory that parts are written to.
///
/// # Example
/// ```
/// use windows_core::{Canvas, TileSink};
///
/// let mut pixels = [0; 6];
/// Canvas::new(&mut pixels, &[2, 3])?.write(&[0..2, 1..2], &[7, 8])?;
/// assert_eq!(pixels, [0, 7, 0, 0, 8, 0]);
/// # Ok::<(), windows_core::WindowError>(())
/// ```
#[derive(Debug)]
pub struct Canvas<'a, T> {
    data: &'a mut [T],
    shape: Vec<usize>,
}

impl<'a, T> Canvas<'a, T> {
    /// A whole slice, row-major.
    ///
    /// # Errors
    /// [`WindowError::Length`] if the shape has another number of elements.
    pub fn new(data: &'a mut [T], shape: &[usize]) -> Result<Self, WindowError> {
        let layout = Layout::<Dyn>::contiguous(shape)?;
        check_len("data", layout.len(), data.len())?;
        Ok(Self { data, shape: shape.to_vec() })
    }
}

impl<T: Copy> TileSink<T> for Canvas<'_, T> {
    type Error = WindowError;

    fn write(&mut self, region: &[Range<usize>], data: &[T]) -> Result<(), WindowError> {
        let (got, expected) = (region.len(), self.shape.len());
        if got != expected {
            return Err(WindowError::Rank { what: "region", got, expected });
        }
        for (axis, (range, &len)) in region.iter().zip(&self.shape).enumerate() {
            let Range { start, end } = *range;
            if start > end || end > len {
                return Err(WindowError::RangeOutside { axis, start, end, len });
            }
        }
        let lens: Vec<usize> = region.iter().map(Range::len).collect();
        check_len("data", lens.iter().product(), data.len())?;
        let run = lens.last().copied().unwrap_or(1);
        if data.is_empty() {
            return Ok(());
        }
        let mut rows = lens;
        if let Some(last) = rows.last_mut() {
            *last = 1;
        }
        for (row, values) in positions::<Dyn>(&rows).zip(data.chunks_exact(run)) {
            let index: Vec<usize> = row.iter().zip(region).map(|(at, r)| r.start + at).collect();
            let first = ravel(&self.shape, &index);
            self.data[first..first + run].copy_from_slice(values);
        }
        Ok(())
    }
}

/// How far a computation looks beyond the elements that it makes, per axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Halo {
    /// Elements before.
    pub before: usize,
    /// Elements after.
    pub after: usize,
}

impl From<usize> for Halo {
    fn from(both: usize) -> Self {
        Self { before: both, after: both }
    }
}

/// A plan that cuts an array into tiles of which each owns its *core* and reads a *halo* around it.
///
/// Cores are disjoint and cover the array, so tiles can be worked on in any order and by many workers,
/// and what comes out does not depend on the size of the tiles as long as the halo is what the
/// computation looks at.
///
/// # Example
/// ```
/// use windows_core::{Border, Canvas, Halo, Tiles, View, WindowError};
///
/// // The sum of each element and its neighbours, three elements at a time
/// let data = [1, 2, 3, 4, 5, 6, 7, 8];
/// let mut sums = [0; 8];
/// let tiles = Tiles::new([8], [3], Halo::from(1))?;
/// tiles.run(
///     &mut View::from_slice(&data),
///     Border::Replicate,
///     &mut Canvas::new(&mut sums, &[8])?,
///     |_, input: &[i32], output| {
///         for (sum, near) in output.iter_mut().zip(input.windows(3)) {
///             *sum = near.iter().sum();
///         }
///     },
/// )?;
/// assert_eq!(sums, [4, 6, 9, 12, 15, 18, 21, 23]);
/// # Ok::<(), WindowError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tiles<R: Rank> {
    cores: Grid<R>,
    halo: R::PerAxis<Halo>,
}

/// One tile of [`Tiles`].
#[derive(Clone, Debug, PartialEq)]
pub struct Tile<R: Rank> {
    core: R::PerAxis<Range<usize>>,
    halo: R::PerAxis<Halo>,
    shape: R::PerAxis<usize>,
}

impl<const N: usize> Tiles<Const<N>> {
    /// Tiles whose cores have this size, smaller at the end of an axis; the rank known to the compiler.
    ///
    /// # Errors
    /// As [`Tiles::over`].
    pub fn new(
        shape: [usize; N],
        core: impl IntoAxes<Const<N>>,
        halo: impl IntoAxes<Const<N>, Halo>,
    ) -> Result<Self, WindowError> {
        Self::over(shape, core, halo)
    }
}

impl<R: Rank> Tiles<R> {
    /// Tiles whose cores have this size, smaller at the end of an axis.
    ///
    /// # Errors
    /// What [`Grid::over`] refuses; a core that exceeds `isize` together with its halo, and a
    /// tile of which all axes together do.
    pub fn over(
        shape: impl IntoAxes<R>,
        core: impl IntoAxes<R>,
        halo: impl IntoAxes<R, Halo>,
    ) -> Result<Self, WindowError> {
        let shape = shape.into_axes("shape", R::NDIM)?;
        let ndim = shape.as_ref().len();
        let core = core.into_axes("core", Some(ndim))?;
        let halo = halo.into_axes("halo", Some(ndim))?;
        for axis in 0..ndim {
            let Halo { before, after } = halo[axis];
            let (len, padding) = (core[axis], before.max(after));
            let padded = before.checked_add(after).and_then(|halo| halo.checked_add(len));
            // A tile at the end reaches from the end of the data as far as its halo does.
            let reach = shape[axis].checked_add(after);
            if padded.is_none_or(|padded| padded > isize::MAX as usize)
                || reach.is_none_or(|reach| reach > isize::MAX as usize)
            {
                return Err(WindowError::PaddedOverflow { axis, len, padding });
            }
        }
        // So that the elements of any tile can be counted.
        let largest = R::from_fn(ndim, |axis| {
            halo[axis].before + core[axis].min(shape[axis]) + halo[axis].after
        });
        product("elements of a tile", largest.as_ref())?;
        let spec = WindowSpec::new(core.as_ref()).step(core.as_ref()).edge(Edge::Covered);
        Ok(Self { cores: Grid::over(shape.as_ref(), spec)?, halo })
    }

    /// How many tiles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cores.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cores.is_empty()
    }

    /// The cores, as a grid.
    #[must_use]
    pub fn cores(&self) -> &Grid<R> {
        &self.cores
    }

    /// A tile by its flat index, or `None`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Tile<R>> {
        let position = self.cores.position(index)?;
        Some(self.tile(position.as_ref()))
    }

    fn tile(&self, position: &[usize]) -> Tile<R> {
        Tile {
            core: self.cores.region(position),
            halo: self.halo.clone(),
            shape: R::from_fn(self.cores.ndim(), |axis| self.cores.shape()[axis]),
        }
    }

    /// All tiles, in row-major order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Tile<R>> + DoubleEndedIterator + '_ {
        self.cores.positions().map(|position| self.tile(position.as_ref()))
    }

    /// Reads every tile with its halo, lets `process` make its core from that, and writes the core.
    ///
    /// The input of `process` always has the whole halo around the core ([`Tile::padded_shape`]), with
    /// the border where that lies outside the array. Memory is three tiles; only [`Border::Wrap`] reads
    /// the whole length of an axis for tiles at its ends.
    ///
    /// # Errors
    /// What the source or the sink fails with; [`WindowError::EmptyBorder`] cannot occur, as an array
    /// without elements has no tiles.
    pub fn run<T, U, S, K, E>(
        &self,
        source: &mut S,
        border: Border<T>,
        sink: &mut K,
        mut process: impl FnMut(&Tile<R>, &[T], &mut [U]),
    ) -> Result<(), E>
    where
        T: Copy + Default,
        U: Copy + Default,
        S: TileSource<T, Error = E>,
        K: TileSink<U, Error = E>,
    {
        let (mut read, mut padded, mut core) = (Vec::new(), Vec::new(), Vec::new());
        for tile in self.iter() {
            let sources = tile.sources(&border);
            let region: Vec<Range<usize>> =
                sources.iter().map(|(region, _)| region.clone()).collect();
            read.resize(region.iter().map(Range::len).product(), T::default());
            source.read(&region, &mut read)?;
            let in_order = |(at, source): (usize, &Option<usize>)| *source == Some(at);
            let inside = sources.iter().all(|(_, map)| map.iter().enumerate().all(in_order));
            let input = if inside {
                &read
            } else {
                tile.pad(&sources, &read, border, &mut padded);
                &padded
            };
            core.resize(tile.core().iter().map(Range::len).product(), U::default());
            process(&tile, input, &mut core);
            sink.write(tile.core(), &core)?;
        }
        Ok(())
    }
}

impl<R: Rank> Tile<R> {
    /// The elements that the tile makes.
    #[must_use]
    pub fn core(&self) -> &[Range<usize>] {
        self.core.as_ref()
    }

    /// The elements that it looks at, inside the array.
    #[must_use]
    pub fn read(&self) -> R::PerAxis<Range<usize>> {
        R::from_fn(self.core().len(), |axis| {
            let (core, halo) = (&self.core[axis], self.halo[axis]);
            core.start.saturating_sub(halo.before)..(core.end + halo.after).min(self.shape[axis])
        })
    }

    /// Lengths of core and halo together, outside the array too.
    #[must_use]
    pub fn padded_shape(&self) -> R::PerAxis<usize> {
        R::from_fn(self.core().len(), |axis| {
            self.halo[axis].before + self.core[axis].len() + self.halo[axis].after
        })
    }

    /// Per axis, the elements to read, and which of them each element of core and halo is.
    fn sources<T>(&self, border: &Border<T>) -> Vec<(Range<usize>, Vec<Option<usize>>)> {
        let axis = |axis: usize| {
            let (core, halo, len) = (&self.core[axis], self.halo[axis], self.shape[axis]);
            let first = core.start as isize - halo.before as isize;
            let last = (core.end + halo.after) as isize;
            let map: Vec<Option<usize>> = (first..last).map(|at| border.index(at, len)).collect();
            let start = map.iter().flatten().min().copied().unwrap_or(0);
            let end = map.iter().flatten().max().map_or(0, |last| last + 1);
            let map = map.into_iter().map(|at| at.map(|at| at - start)).collect();
            (start..end, map)
        };
        (0..self.core().len()).map(axis).collect()
    }

    /// Core and halo, from what was read.
    fn pad<T: Copy + Default>(
        &self,
        sources: &[(Range<usize>, Vec<Option<usize>>)],
        read: &[T],
        border: Border<T>,
        padded: &mut Vec<T>,
    ) {
        let lens: Vec<usize> = sources.iter().map(|(region, _)| region.len()).collect();
        let constant = border.constant().copied().unwrap_or_default();
        padded.clear();
        let Some((last, outer)) = sources.split_last() else {
            padded.extend_from_slice(read);
            return;
        };
        let rows: Vec<usize> = outer.iter().map(|(_, map)| map.len()).collect();
        for row in positions::<Dyn>(&rows) {
            let at: Option<Vec<usize>> =
                row.iter().zip(outer).map(|(&at, (_, map))| map[at]).collect();
            let first = at.map(|at| ravel(&lens[..outer.len()], &at) * last.0.len());
            padded.extend(last.1.iter().map(|at| match (first, at) {
                (Some(first), Some(at)) => read[first + at],
                _ => constant,
            }));
        }
    }
}
