//! One band of one plane on its way through the engine.

use core::cell::Cell;
use core::ops::Range;

use bytemuck::{Pod, cast_slice, cast_slice_mut};
use windows_core::kernel::Isa;

use crate::element::Element;
use crate::engine::{Engine, Job, Source, Target};
use crate::fold::{Fold, Load};
use crate::kernel::wide::rows::FETCH;
use crate::kernel::{Lanes, LoadRows, copy_rows};
use crate::kind::Nan;
use crate::spans::Span;

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
        let lanes = Lanes { fold, isa: self.isa };
        let input = Input { lanes: lanes.loads(), data: self.data, constant: self.constant };
        let mut output = Output::<F> { lanes: lanes.finishes(), out: &mut *self.out };
        let job = Job { joins: &lanes.joins(), source: &input, nan: Cell::new(false) };
        let scratch = typed::<F::Acc>(self.scratch);
        let (plane, band) = (self.plane, self.band.clone());
        self.engine.run(&job, self.offset, plane, band, &mut output, scratch);
        job.nan.get()
    }
}

impl<T: Element> Pass<'_, T, T> {
    /// The same pass, with elements as what their keys are made of.
    pub(crate) fn keys(&mut self) -> Pass<'_, T::Key, T::Key> {
        Pass {
            engine: self.engine,
            isa: self.isa,
            nan: self.nan,
            taps: self.taps,
            data: cast_slice(self.data),
            offset: self.offset,
            constant: self.constant.map(bytemuck::cast),
            plane: self.plane,
            band: self.band.clone(),
            out: cast_slice_mut(&mut *self.out),
            scratch: &mut *self.scratch,
        }
    }
}

/// The data, loaded as a fold does.
struct Input<'p, L: Load> {
    lanes: Lanes<L>,
    data: &'p [L::In],
    constant: Option<L::In>,
}

impl<L: Load> Source<L::Acc> for Input<'_, L> {
    fn direct(&self, range: Range<usize>) -> Option<&[L::Acc]> {
        L::direct(&self.data[range])
    }

    fn load(&self, stage: &mut [L::Acc], offset: usize) {
        self.lanes.load(stage, &self.data[offset..offset + stage.len()]);
    }

    fn load_rows(&self, stage: &mut [L::Acc], rows: LoadRows) {
        let short = rows.len * size_of::<L::In>() < FETCH;
        if let Some(data) = L::direct(self.data).filter(|_| short) {
            let identity = self.lanes.fold.identity();
            if copy_rows(self.lanes.isa, stage, data, rows, identity) {
                return;
            }
        }
        self.lanes.load_rows(stage, self.data, rows);
    }

    fn gather(&self, stage: &mut [L::Acc], offset: isize, stride: isize) {
        for (i, stage) in stage.iter_mut().enumerate() {
            let value = self.data[(offset + i as isize * stride) as usize];
            *stage = self.lanes.fold.load(value);
        }
    }

    fn constant(&self) -> L::Acc {
        let value = self.constant.expect("only a constant border has elements without a source");
        self.lanes.fold.load(value)
    }
}

/// The results, finished as a fold does.
struct Output<'p, F: Fold> {
    lanes: Lanes<F::Finishes>,
    out: &'p mut [F::Out],
}

impl<F: Fold> Target<F::Acc> for Output<'_, F> {
    fn plain(&mut self) -> Option<&mut [F::Acc]> {
        F::plain(self.out)
    }

    fn finish(
        &mut self,
        (start, pitch): (usize, usize),
        (joined, from): (&[F::Acc], usize),
        spans: &[Span],
        areas: &[f64],
    ) {
        // What is plain is there already.
        if !F::PLAIN {
            self.lanes.finish(&mut self.out[start..], pitch, joined, from, spans, areas);
        }
    }
}

/// Scratch as elements of a type, from a cache line's beginning on.
pub(crate) fn typed<A: Pod>(scratch: &mut [u128]) -> &mut [A] {
    let skip = scratch.as_ptr().align_offset(64).min(scratch.len());
    let scratch = &mut scratch[skip..];
    let whole = size_of_val(scratch) / size_of::<A>();
    &mut cast_slice_mut(scratch)[..whole]
}
