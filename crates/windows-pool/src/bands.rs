//! Bands of planes: for threads, and for two results in one pass.

use core::ops::Range;

use windows_core::{Rank, StridedView};

use crate::PoolError;
use crate::element::Element;
use crate::kind::{Kind, Max, Min};
use crate::plan::Plan;

/// Results that a band has at least where bands are cut for the cache.
const CACHED: usize = 1 << 16;

impl<T: Element, K: Kind<T>> Plan<T, K> {
    /// How many results along the outermost windowed axis make a band of about `results` results that
    /// does not read much twice.
    fn band(&self, results: usize) -> usize {
        let (_, bands, block) = self.shares();
        let (depth, halo) = self.halo();
        // Neighbouring bands both read the halo: at most a quarter of a band.
        let wide = halo.saturating_mul(4).saturating_mul(bands).div_ceil(depth.max(1));
        (results / block.max(1)).max(wide).clamp(1, bands.max(1))
    }
}

/// The bands of all planes, each with the results it fills.
fn bands(
    bands: usize,
    block: usize,
    band: usize,
    results: usize,
) -> impl Iterator<Item = (usize, Range<usize>, Range<usize>)> {
    let planes = results.div_ceil((bands * block).max(1));
    (0..planes).flat_map(move |plane| {
        let start = plane * bands * block;
        let bands = bands.min((results - start) / block);
        (0..bands).step_by(band).map(move |first| {
            let rows = first..(first + band).min(bands);
            (plane, rows.clone(), start + rows.start * block..start + rows.end * block)
        })
    })
}

impl<T: Element> Plan<T, Max> {
    /// The greatest and the least element of each window, in one pass over the data.
    ///
    /// # Errors
    /// As [`Plan::run_into`].
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    /// use windows_pool::{Pool, WindowSpec};
    ///
    /// let plan = Pool::max(WindowSpec::new([3])).plan::<i16>([5])?;
    /// let (mut max, mut min) = ([0; 3], [0; 3]);
    /// plan.run_with_min_into(&View::from_slice(&[4, -1, 7, 5, 6]), &mut max, &mut min)?;
    /// assert_eq!((max, min), ([7, 7, 7], [-1, -1, 5]));
    /// # Ok::<(), windows_pool::PoolError>(())
    /// ```
    pub fn run_with_min_into<R: Rank>(
        &self,
        view: &StridedView<'_, T, R>,
        max: &mut [T],
        min: &mut [T],
    ) -> Result<(), PoolError> {
        self.check(view)?;
        self.check_output("max", max.len())?;
        self.check_output("min", min.len())?;
        let (_, count, block) = self.shares();
        let band = self.band(CACHED);
        let (data, offset) = (view.data(), view.offset());
        self.with_spare(|scratch| {
            // The second finds in the cache what the first has read.
            for (plane, rows, place) in bands(count, block, band, max.len()) {
                let (max, min) = (&mut max[place.clone()], &mut min[place]);
                self.run_band(&Max, data, offset, plane, rows.clone(), max, scratch);
                self.run_band(&Min, data, offset, plane, rows, min, scratch);
            }
        })
    }
}

#[cfg(feature = "rayon")]
impl<T: Element, K: Kind<T>> Plan<T, K> {
    /// Pools planes, or bands of few planes, in parallel. Float sums whose bits would depend on where
    /// bands are cut are not cut.
    pub(crate) fn run_parallel<R: Rank>(
        &self,
        view: &StridedView<'_, T, R>,
        out: &mut [K::Out],
    ) -> Result<(), PoolError> {
        use rayon::prelude::*;

        let (planes, count, block) = self.shares();
        let threads = rayon::current_num_threads();
        let (data, offset) = (view.data(), view.offset());
        if planes == 0 || count * block == 0 {
            return Ok(());
        }
        let few = planes < 4 * threads && self.divisible();
        let band = if few { self.band(out.len().div_ceil(4 * threads)) } else { count };
        // Each task has a run of bands, so that scratch is fetched a few times and not for each.
        let mut parts: Vec<_> = Vec::new();
        let mut rest = out;
        for (plane, rows, place) in bands(count, block, band, rest.len()) {
            let (part, behind) = core::mem::take(&mut rest).split_at_mut(place.len());
            parts.push((plane, rows, part));
            rest = behind;
        }
        let chunk = parts.len().div_ceil(8 * threads).max(1);
        parts.par_chunks_mut(chunk).try_for_each(|parts| {
            self.with_spare(|scratch| {
                for (plane, rows, out) in parts {
                    self.run_band(&self.kind, data, offset, *plane, rows.clone(), out, scratch);
                }
            })
        })
    }
}
