//! Windows in parallel, by feature `rayon`.
//!
//! One code path: a parallel iterator is a range of flat indices, split in the middle, and each part is
//! the sequential iterator over its range. Outputs are disjoint, so nothing is locked, and every result
//! is the same, to the bit, for any number of threads.

use core::ops::Range;

use rayon::iter::plumbing::{Consumer, Producer, ProducerCallback, UnindexedConsumer, bridge};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};

use crate::check::check_len;
use crate::kernel::Writer;
use crate::odometer::split_range;
use crate::pack::Packing;
use crate::rank::Rank;
use crate::{
    Bordered, IntoSpec, StridedViewMut, TilesMut, Window, WindowError, Windows, WindowsIter,
};

/// Below this many output elements a second thread costs more than it saves: waking one takes some
/// microseconds, in which one thread writes some ten thousand elements.
const SPLIT: usize = 1 << 15;

/// Every window, in parallel. Made by [`Windows::par_iter`].
#[derive(Debug)]
pub struct ParWindows<'w, 'a, T, R: Rank> {
    windows: &'w Windows<'a, T, R>,
}

impl<T, R: Rank> Clone for ParWindows<'_, '_, T, R> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<'a, T: Sync, R: Rank> Windows<'a, T, R> {
    /// Every window, in parallel, indexed in row-major order of positions.
    ///
    /// # Example
    /// ```
    /// use rayon::prelude::*;
    /// use windows_core::View;
    ///
    /// let data: Vec<u64> = (0..1000).collect();
    /// let windows = View::new(&data, [20, 50])?.windows([3, 3]);
    /// let most = windows.par_iter().map(|w| w.iter().sum::<u64>()).max();
    /// assert_eq!(most, Some(9 * 948));
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    ///
    /// Windows of what must not be shared stay on their thread:
    /// ```compile_fail,E0277
    /// # use core::cell::Cell;
    /// # use rayon::prelude::*;
    /// # use windows_core::View;
    /// let cells = [Cell::new(1), Cell::new(2)];
    /// View::from_slice(&cells).windows([2]).par_iter().for_each(|w| w.view()[[0]].set(3));
    /// ```
    /// ```
    /// # use core::cell::Cell;
    /// # use windows_core::View;
    /// let cells = [Cell::new(1), Cell::new(2)];
    /// View::from_slice(&cells).windows([2]).iter().for_each(|w| w.view()[[0]].set(3));
    /// ```
    #[must_use]
    pub fn par_iter(&self) -> ParWindows<'_, 'a, T, R> {
        ParWindows { windows: self }
    }

    /// [`Windows::map_into`], in parallel.
    ///
    /// # Errors
    /// [`WindowError::Length`] unless `out` has one element per window.
    pub fn par_map_into<U: Send>(
        &self,
        out: &mut [U],
        f: impl Fn(Window<'_, 'a, T, R>) -> U + Sync,
    ) -> Result<(), WindowError> {
        check_len("output", self.len(), out.len())?;
        self.par_map_part(0, out, &f);
        Ok(())
    }

    /// The windows from `first` on, one for each element of `out`.
    fn par_map_part<U: Send>(
        &self,
        first: usize,
        out: &mut [U],
        f: &(impl Fn(Window<'_, 'a, T, R>) -> U + Sync),
    ) {
        if out.len().saturating_mul(self.window_len()) <= SPLIT || out.len() < 2 {
            let windows = self.iter_range(first..first + out.len());
            for (slot, window) in out.iter_mut().zip(windows) {
                *slot = f(window);
            }
            return;
        }
        let middle = out.len() / 2;
        let (head, tail) = out.split_at_mut(middle);
        rayon::join(
            || self.par_map_part(first, head, f),
            || self.par_map_part(first + middle, tail, f),
        );
    }
}

impl<'w, 'a, T: Sync, R: Rank> ParallelIterator for ParWindows<'w, 'a, T, R> {
    type Item = Window<'w, 'a, T, R>;

    fn drive_unindexed<C: UnindexedConsumer<Self::Item>>(self, consumer: C) -> C::Result {
        bridge(self, consumer)
    }

    fn opt_len(&self) -> Option<usize> {
        Some(self.windows.len())
    }
}

impl<T: Sync, R: Rank> IndexedParallelIterator for ParWindows<'_, '_, T, R> {
    fn len(&self) -> usize {
        self.windows.len()
    }

    fn drive<C: Consumer<Self::Item>>(self, consumer: C) -> C::Result {
        bridge(self, consumer)
    }

    fn with_producer<CB: ProducerCallback<Self::Item>>(self, callback: CB) -> CB::Output {
        callback.callback(WindowsRange { windows: self.windows, range: 0..self.windows.len() })
    }
}

/// A range of windows.
struct WindowsRange<'w, 'a, T, R: Rank> {
    windows: &'w Windows<'a, T, R>,
    range: Range<usize>,
}

impl<'w, 'a, T: Sync, R: Rank> Producer for WindowsRange<'w, 'a, T, R> {
    type Item = Window<'w, 'a, T, R>;
    type IntoIter = WindowsIter<'w, 'a, T, R>;

    fn into_iter(self) -> Self::IntoIter {
        self.windows.iter_range(self.range)
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let (head, tail) = split_range(&self.range, index);
        (Self { range: head, ..self }, Self { range: tail, ..self })
    }
}

/// Disjoint tiles, in parallel. Made by [`StridedViewMut::par_tiles_mut`].
#[derive(Debug)]
pub struct ParTilesMut<'v, T, R: Rank>(TilesMut<'v, T, R>);

impl<T: Send, R: Rank> StridedViewMut<'_, T, R> {
    /// [`StridedViewMut::tiles_mut`], in parallel.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Example
    /// ```
    /// use rayon::prelude::*;
    /// use windows_core::{Edge, ViewMut, WindowSpec};
    ///
    /// let mut image = vec![0_usize; 100 * 130];
    /// let spec = WindowSpec::new([32, 32]).step(32).edge(Edge::Keep);
    /// ViewMut::new(&mut image, [100, 130])?
    ///     .par_tiles_mut(spec)?
    ///     .enumerate()
    ///     .for_each(|(index, mut tile)| tile.fill(index));
    /// assert_eq!((image[0], image[129], image[99 * 130]), (0, 4, 15));
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    pub fn par_tiles_mut(
        &mut self,
        spec: impl IntoSpec<R>,
    ) -> Result<ParTilesMut<'_, T, R>, WindowError> {
        self.tiles_mut(spec).map(ParTilesMut)
    }
}

impl<'v, T: Send, R: Rank> ParallelIterator for ParTilesMut<'v, T, R> {
    type Item = StridedViewMut<'v, T, R>;

    fn drive_unindexed<C: UnindexedConsumer<Self::Item>>(self, consumer: C) -> C::Result {
        bridge(self, consumer)
    }

    fn opt_len(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

impl<T: Send, R: Rank> IndexedParallelIterator for ParTilesMut<'_, T, R> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn drive<C: Consumer<Self::Item>>(self, consumer: C) -> C::Result {
        bridge(self, consumer)
    }

    fn with_producer<CB: ProducerCallback<Self::Item>>(self, callback: CB) -> CB::Output {
        callback.callback(TilesRange(self.0))
    }
}

/// A range of tiles.
struct TilesRange<'v, T, R: Rank>(TilesMut<'v, T, R>);

impl<'v, T: Send, R: Rank> Producer for TilesRange<'v, T, R> {
    type Item = StridedViewMut<'v, T, R>;
    type IntoIter = TilesMut<'v, T, R>;

    fn into_iter(self) -> Self::IntoIter {
        self.0
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let (head, tail) = self.0.split_at(index);
        (Self(head), Self(tail))
    }
}

impl<T: Copy + Send + Sync, R: Rank> Windows<'_, T, R> {
    /// [`Windows::pack_into`], in parallel.
    ///
    /// # Errors
    /// As there.
    pub fn par_pack_into(&self, out: &mut [T]) -> Result<(), WindowError> {
        Packing::whole(self)?.par_write_over(out)
    }
}

impl<T: Copy + Send + Sync, R: Rank> Bordered<'_, '_, T, R> {
    /// [`Bordered::pack_into`], in parallel.
    ///
    /// # Errors
    /// As there.
    pub fn par_pack_into(&self, out: &mut [T]) -> Result<(), WindowError> {
        Packing::new(self.windows(), Some(self.border())).par_write_over(out)
    }
}

impl<T: Copy + Send + Sync, R: Rank> Packing<'_, '_, T, R> {
    fn par_write_over(&self, out: &mut [T]) -> Result<(), WindowError> {
        check_len("output", self.windows().grid().packed_len()?, out.len())?;
        self.par_write(0..self.windows().len(), out.len(), out);
        Ok(())
    }

    fn par_write(&self, range: Range<usize>, whole: usize, out: &mut [T]) {
        // Windows side by side are written in turn: a row of the grid is only cut if there are few rows.
        let row = self.row();
        let few = self.windows().len() / row < 2 * rayon::current_num_threads();
        let middle = match range.len() / row {
            0..=1 if few => range.len() / 2,
            0..=1 => 0,
            rows => rows / 2 * row,
        };
        if out.len() <= SPLIT || middle == 0 {
            return self.write(range, &mut Writer::over_part(whole, out));
        }
        let middle = range.start + middle;
        let (head, tail) = out.split_at_mut((middle - range.start) * self.windows().window_len());
        rayon::join(
            || self.par_write(range.start..middle, whole, head),
            || self.par_write(middle..range.end, whole, tail),
        );
    }
}
