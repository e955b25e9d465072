//! One band of one plane on its way through the engine.

use core::cell::Cell;
use core::ops::Range;

use bytemuck::Pod;
use windows_core::kernel::Isa;

use crate::element::Element;
use crate::engine::{Engine, Job};
use crate::fold::Fold;
use crate::kernel::Lanes;
use crate::kind::Nan;

/// What a kind needs to give the results of a band.
#[derive(Debug)]
pub struct Pass<'p, T, O> {
    pub(crate) engine: &'p Engine,
    pub(crate) isa: Isa,
    pub(crate) nan: Nan,
    /// Elements of the largest window.
    pub(crate) taps: usize,
    pub(crate) data: &'p [T],
    pub(crate) offset: usize,
    pub(crate) constant: Option<T>,
    pub(crate) plane: usize,
    pub(crate) band: Range<usize>,
    pub(crate) out: &'p mut [O],
    pub(crate) scratch: &'p mut [u128],
}

impl<T: Element, O> Pass<'_, T, O> {
    /// Folds the band; whether there was a NaN in it.
    pub(crate) fn fold<F: Fold<In = T, Out = O>>(&mut self, fold: F) -> bool {
        let job = Job {
            lanes: Lanes { fold, isa: self.isa },
            data: self.data,
            constant: self.constant,
            nan: Cell::new(false),
        };
        let scratch = typed::<F::Acc>(self.scratch);
        let (plane, band) = (self.plane, self.band.clone());
        self.engine.run(&job, self.offset, plane, band, self.out, scratch);
        job.nan.get()
    }
}

/// Scratch as elements of a type, from a cache line's beginning on.
pub(crate) fn typed<A: Pod>(scratch: &mut [u128]) -> &mut [A] {
    let skip = scratch.as_ptr().align_offset(64).min(scratch.len());
    let scratch = &mut scratch[skip..];
    let whole = size_of_val(scratch) / size_of::<A>();
    &mut bytemuck::cast_slice_mut(scratch)[..whole]
}
