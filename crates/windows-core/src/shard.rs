//! A grid cut for several workers, by arithmetic alone.

use core::ops::Range;

use crate::Grid;
use crate::rank::Rank;

/// The windows of one worker of several, what they own and what must be read for them. Made by
/// [`Grid::shard`].
#[derive(Clone, Debug, PartialEq)]
pub struct Shard<R: Rank> {
    positions: R::PerAxis<Range<usize>>,
    core: R::PerAxis<Range<usize>>,
    read: R::PerAxis<Range<usize>>,
}

impl<R: Rank> Shard<R> {
    /// The windows of this worker, per axis.
    #[must_use]
    pub fn positions(&self) -> &[Range<usize>] {
        self.positions.as_ref()
    }

    /// How many windows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.positions().iter().map(Range::len).product()
    }

    /// Whether there are none: more workers than windows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.positions().iter().any(Range::is_empty)
    }

    /// The elements that those windows own ([`Axis::core`](crate::Axis::core)): no two workers share
    /// one, and together they have every element that a window spans. Gaps between the windows of a worker
    /// belong to it.
    #[must_use]
    pub fn core(&self) -> &[Range<usize>] {
        self.core.as_ref()
    }

    /// The elements that those windows span: the core and its halo.
    #[must_use]
    pub fn read(&self) -> &[Range<usize>] {
        self.read.as_ref()
    }
}

impl<R: Rank> Grid<R> {
    /// The part of worker `index` of `workers`, or `None` if there is no such worker.
    ///
    /// The first axis is cut into parts that differ by one position at most. Where it has fewer positions
    /// than there are workers, each position is cut further along the next axis. `O(rank)`, needs no
    /// other worker: any scheduler can use it.
    ///
    /// # Example
    /// ```
    /// use windows_core::{Edge, Grid, WindowSpec};
    ///
    /// let grid = Grid::new([100, 64], WindowSpec::new([16, 64]).step([12, 64]).edge(Edge::Snap))?;
    /// let shard = grid.shard(1, 2).unwrap();
    /// assert_eq!((grid.counts(), shard.positions()), (&[8, 1][..], &[4..8, 0..1][..]));
    /// assert_eq!((shard.core(), shard.read()), (&[50..100, 0..64][..], &[48..100, 0..64][..]));
    /// # Ok::<(), windows_core::WindowError>(())
    /// ```
    #[must_use]
    pub fn shard(&self, index: usize, workers: usize) -> Option<Shard<R>> {
        if index >= workers {
            return None;
        }
        // Of the workers that share what is left, this one is number `index`.
        let (mut index, mut workers) = (index as u128, workers as u128);
        let mut positions = R::from_fn(self.ndim(), |axis| 0..self.counts()[axis]);
        for (axis, &count) in self.counts().iter().enumerate() {
            let positions = &mut positions[axis];
            let count = count as u128;
            if count == 0 {
                continue;
            }
            if workers <= count {
                let cut = |worker: u128| (count * worker / workers) as usize;
                *positions = cut(index)..cut(index + 1);
                index = 0;
                break;
            }
            // The position whose share of the workers has this one.
            let at = (count * (index + 1)).div_ceil(workers) - 1;
            let first = |position: u128| workers * position / count;
            *positions = at as usize..at as usize + 1;
            (index, workers) = (index - first(at), first(at + 1) - first(at));
        }
        let idle = index > 0;
        let span = |axis: usize, of: fn(&crate::Axis, usize) -> Range<usize>| {
            let (along, at) = (&self.axes()[axis], &positions[axis]);
            if idle || at.is_empty() {
                return 0..0;
            }
            of(along, at.start).start..of(along, at.end - 1).end
        };
        let core = R::from_fn(self.ndim(), |axis| span(axis, crate::Axis::core));
        let read = R::from_fn(self.ndim(), |axis| span(axis, crate::Axis::region));
        if idle {
            positions = R::from_fn(self.ndim(), |_| 0..0);
        }
        Some(Shard { positions, core, read })
    }
}
