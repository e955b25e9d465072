//! What a plan is without its types: geometry, memory, and how runs are cut into bands.
//!
//! Compiled once. What knows elements and kinds stands behind the functions of an [`Entry`](crate::entry::Entry).

use core::ops::Range;
use std::sync::Mutex;

use windows_core::kernel::Isa;
use windows_core::{Axes, Dyn, Layout, WindowError};

use crate::PoolError;
use crate::engine::{Engine, RowMethod, Strided};
use crate::kind::Nan;
use crate::plan::{ColumnKernel, Kernel, RowKernel, Scratch};
use crate::scalar::{Axis, Walk};
use crate::spans::{CONSTANT, Counted, Span, Spans};

/// Results that a band has at least where bands are cut for the cache.
const CACHED: usize = 1 << 16;

/// The greatest area that is a whole number as a float, as the engine has it.
const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

/// What planning asks of a kind and its elements.
pub(crate) struct Needs<'k> {
    /// Bytes of an accumulator for windows of so many elements, if the kind joins elements.
    pub(crate) accumulator: &'k dyn Fn(usize) -> Option<usize>,
    /// Whether results depend on the area of their windows, and what stands in place of it.
    pub(crate) weighted: bool,
    pub(crate) divisor: Option<usize>,
    pub(crate) counted: Counted,
    /// Whether any order of joins gives the same bits.
    #[cfg(feature = "rayon")]
    pub(crate) exact: bool,
    /// Bytes of an element, and whether there are NaNs.
    pub(crate) element: usize,
    pub(crate) float: bool,
}

/// How windows are to be pooled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) nan: Nan,
    pub(crate) isa: Option<Isa>,
    /// Every window by itself.
    pub(crate) scalar: bool,
}

/// Results of a plane, or of a group of them, along their outermost windowed axis.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) plane: usize,
    pub(crate) rows: Range<usize>,
}

/// Gives the results of a part, as bytes, in scratch.
pub(crate) type Band<'r> = &'r (dyn Fn(&Part, &mut [u8], &mut [u128]) + Sync);

/// A plan without its types.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) layout: Layout<Dyn>,
    pub(crate) output: Layout<Dyn>,
    pub(crate) walk: Walk,
    pub(crate) engine: Option<Engine>,
    pub(crate) nan: Nan,
    pub(crate) isa: Isa,
    /// Elements of the largest window.
    pub(crate) taps: usize,
    pub(crate) scratch_bytes: usize,
    /// Whether any order of joins gives the same bits.
    #[cfg(feature = "rayon")]
    exact: bool,
    /// Whether elements may be NaN.
    float: bool,
    spare: Mutex<Vec<Scratch>>,
}

impl Program {
    pub(crate) fn new(
        layout: Layout<Dyn>,
        spans: Vec<Spans>,
        each: &[bool],
        wanted: Wanted,
        needs: &Needs<'_>,
    ) -> Result<Self, PoolError> {
        let strides = strides(&layout);
        let counts: Axes<usize> = spans.iter().map(Spans::count).collect();
        let output = Layout::contiguous(&counts)?;
        let mut numbers: Axes<usize> = spans.iter().map(|_| 0).collect();
        let mut plane = 1;
        for axis in (0..spans.len()).rev().filter(|&axis| !each[axis]) {
            numbers[axis] = plane;
            plane *= spans[axis].len;
        }
        let taps = elements(&spans, |span| span.taps)?;
        let area = match needs.divisor {
            Some(divisor) => divisor,
            None => elements(&spans, |span| span.area)?,
        };
        let bytes = (needs.accumulator)(taps)
            .filter(|_| !wanted.scalar && (!needs.weighted || area as u64 <= EXACT));
        let engine = match bytes {
            Some(bytes) => {
                let axes = spans.iter().cloned().zip(strides.iter());
                let axes = axes.map(|(spans, &stride)| Strided { spans, stride });
                Engine::arrange(axes.collect(), bytes, needs.weighted)?
            }
            None => None,
        };
        let engine = engine.map(|engine| engine.with_divisor(needs.divisor));
        let engine_bytes =
            engine.as_ref().zip(bytes).map_or(0, |(engine, bytes)| engine.scratch_len() * bytes);
        // The engine hands windows with ignored elements to the definition where it divides by what counts.
        let ignores = needs.float && wanted.nan == Nan::Ignore;
        let defined = engine.is_none() || (needs.weighted && ignores);
        let window = if defined { taps.saturating_mul(needs.element) } else { 0 };
        let scratch_bytes = engine_bytes.max(window);
        if scratch_bytes > Scratch::MOST {
            return Err(PoolError::Memory { what: "scratch", axis: None, bytes: scratch_bytes });
        }
        let mut walk: Axes<Axis> = spans
            .into_iter()
            .zip(strides.iter().zip(numbers.iter()))
            .map(|(spans, (&stride, &numbers))| Axis { spans, stride, numbers })
            .collect();
        if walk.is_empty() {
            walk.push(Axis { spans: Spans::singles(1, 0)?, stride: 1, numbers: 0 });
        }
        Ok(Self {
            layout,
            output,
            walk: Walk { axes: walk },
            engine,
            nan: wanted.nan,
            // What there are kernels for.
            isa: wanted.isa.unwrap_or_else(Isa::best).cap(Isa::AVX512),
            taps,
            scratch_bytes,
            #[cfg(feature = "rayon")]
            exact: needs.exact,
            float: needs.float,
            spare: Mutex::new(Vec::new()),
        })
    }

    /// Whether a view of this shape and these strides is one that the plan was made for.
    pub(crate) fn check(&self, shape: &[usize], strides: &[isize]) -> Result<(), PoolError> {
        let (ndim, got) = (self.layout.ndim(), shape.len());
        if ndim != got {
            return Err(WindowError::Rank { what: "view", got, expected: ndim }.into());
        }
        let empty = shape.contains(&0);
        for axis in 0..ndim {
            let (expected, got) = (self.layout.shape()[axis], shape[axis]);
            if expected != got {
                return Err(WindowError::Shape { what: "view", axis, expected, got }.into());
            }
            let (expected, got) = (self.layout.strides()[axis], strides[axis]);
            // An axis of one element has no stride to speak of.
            if expected != got && shape[axis] > 1 && !empty {
                return Err(PoolError::Strides { axis, expected, got });
            }
        }
        Ok(())
    }

    pub(crate) fn check_output(&self, what: &'static str, got: usize) -> Result<(), PoolError> {
        let expected = self.output.len();
        if expected == got {
            Ok(())
        } else {
            Err(WindowError::Length { what, expected, got }.into())
        }
    }

    /// Runs in scratch of an earlier run, or new one.
    pub(crate) fn with_spare(&self, run: &mut dyn FnMut(&mut [u128])) -> Result<(), PoolError> {
        let spare = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        let mut scratch = match spare {
            Some(scratch) => scratch,
            None => Scratch::with_bytes(self.scratch_bytes)?,
        };
        run(&mut scratch.words);
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(scratch);
        }
        Ok(())
    }

    /// Planes or groups of them, results along their outermost windowed axis, and results of each of those.
    pub(crate) fn shares(&self) -> (usize, usize, usize) {
        match &self.engine {
            Some(engine) => {
                let (bands, block) = engine.bands();
                (engine.planes(), bands, block)
            }
            None => (1, self.output.len(), 1),
        }
    }

    /// The number of the first result of a part.
    pub(crate) fn first(&self, part: &Part) -> usize {
        let (_, bands, block) = self.shares();
        (part.plane * bands + part.rows.start) * block
    }

    /// Gives all results, of so many bytes each, on this thread.
    pub(crate) fn run(&self, out: &mut [u8], bytes: usize, scratch: &mut [u128], band: Band<'_>) {
        if out.is_empty() {
            return;
        }
        let (_, bands, block) = self.shares();
        let block = block * bytes;
        for (plane, out) in out.chunks_mut(bands * block).enumerate() {
            band(&Part { plane, rows: 0..out.len() / block }, out, scratch);
        }
    }

    /// Gives all results, on as many threads as there are with the feature `rayon`, in scratch of the plan's own.
    pub(crate) fn run_spare(
        &self,
        out: &mut [u8],
        bytes: usize,
        band: Band<'_>,
    ) -> Result<(), PoolError> {
        #[cfg(feature = "rayon")]
        return self.run_parallel(out, bytes, band);
        #[cfg(not(feature = "rayon"))]
        self.with_spare(&mut |scratch| self.run(out, bytes, scratch, band))
    }

    /// Visits bands of all planes that are cut for the cache, each with the places of its results.
    pub(crate) fn each_band(&self, visit: &mut dyn FnMut(Part, Range<usize>)) {
        for (part, place) in self.bands(self.band(CACHED), self.output.len()) {
            visit(part, place);
        }
    }

    /// How many results along the outermost windowed axis make a band of about `results` results that
    /// does not read much twice.
    fn band(&self, results: usize) -> usize {
        let (_, bands, block) = self.shares();
        let (depth, halo) = self
            .engine
            .as_ref()
            .map_or((self.output.len(), 0), |engine| (engine.depth(), engine.halo()));
        // Neighbouring bands both read the halo: at most a quarter of a band.
        let wide = halo.saturating_mul(4).saturating_mul(bands).div_ceil(depth.max(1));
        (results / block.max(1)).max(wide).clamp(1, bands.max(1))
    }

    /// The bands of all planes, each with the results it fills.
    fn bands(&self, band: usize, results: usize) -> impl Iterator<Item = (Part, Range<usize>)> {
        let (_, bands, block) = self.shares();
        let planes = results.div_ceil((bands * block).max(1));
        (0..planes).flat_map(move |plane| {
            let start = plane * bands * block;
            let bands = bands.min((results - start) / block);
            (0..bands).step_by(band).map(move |first| {
                let rows = first..(first + band).min(bands);
                let place = start + rows.start * block..start + rows.end * block;
                (Part { plane, rows }, place)
            })
        })
    }

    /// Pools planes, or bands of few planes, in parallel. Float sums whose bits would depend on where
    /// bands are cut are not cut.
    #[cfg(feature = "rayon")]
    fn run_parallel(&self, out: &mut [u8], bytes: usize, band: Band<'_>) -> Result<(), PoolError> {
        use rayon::prelude::*;

        let (planes, count, block) = self.shares();
        let threads = rayon::current_num_threads();
        if planes == 0 || count * block == 0 {
            return Ok(());
        }
        let results = out.len() / bytes;
        let divisible = self.exact || self.engine.as_ref().is_none_or(|engine| !engine.methods().1);
        let few = planes < 4 * threads && divisible;
        let rows = if few { self.band(results.div_ceil(4 * threads)) } else { count };
        // Each task has a run of bands, so that scratch is fetched a few times and not for each.
        let mut parts: Vec<_> = Vec::new();
        let mut rest = out;
        for (part, place) in self.bands(rows, results) {
            let (out, behind) = core::mem::take(&mut rest).split_at_mut(place.len() * bytes);
            parts.push((part, out));
            rest = behind;
        }
        let chunk = parts.len().div_ceil(8 * threads).max(1);
        parts.par_chunks_mut(chunk).try_for_each(|parts| {
            self.with_spare(&mut |scratch| {
                parts.iter_mut().for_each(|(part, out)| band(part, out, scratch));
            })
        })
    }

    /// How results are computed.
    pub(crate) fn kernel(&self) -> Kernel {
        let Some(engine) = &self.engine else { return Kernel::Scalar };
        let (rows, stacks) = engine.methods();
        Kernel::Separable {
            isa: self.isa,
            rows: match rows {
                RowMethod::Slide => RowKernel::Doubling,
                RowMethod::Halve => RowKernel::Halving,
                RowMethod::Pixels => RowKernel::Pixels,
                RowMethod::Whole => RowKernel::Whole,
                RowMethod::Each => RowKernel::Each,
            },
            columns: if stacks { ColumnKernel::Stacks } else { ColumnKernel::Direct },
        }
    }

    /// Whether some window has no element, or one that is not in the data, or all of them may be ignored.
    pub(crate) fn has_unnumbered(&self) -> bool {
        let ignored = self.float && self.nan == Nan::Ignore;
        ignored
            || self.walk.axes.iter().any(|axis| {
                let constant = |map: &Vec<usize>| map.contains(&CONSTANT);
                axis.spans.has_empty() || axis.spans.map.as_ref().is_some_and(constant)
            })
    }

    /// Elements of a plane: what indices count.
    pub(crate) fn plane_len(&self) -> usize {
        let windowed = self.walk.axes.iter().filter(|axis| axis.numbers > 0);
        windowed.map(|axis| axis.spans.len).product()
    }
}

/// Strides that may be multiplied: that of an axis of one element means nothing and may be anything, so it becomes what
/// it is in a packed array.
fn strides(layout: &Layout<Dyn>) -> Axes<isize> {
    let mut strides: Axes<isize> = layout.strides().iter().copied().collect();
    let mut behind = Some(1_isize);
    for (stride, &len) in strides.iter_mut().zip(layout.shape()).rev() {
        if len == 1 {
            *stride = behind.unwrap_or(0);
        } else {
            behind = stride.checked_abs().and_then(|stride| stride.checked_mul(len as isize));
        }
    }
    strides
}

/// Elements that a window has at most, counted by `of` along each axis. They fit even where others have none.
fn elements(spans: &[Spans], of: impl Fn(&Span) -> usize) -> Result<usize, PoolError> {
    let mut product = 1_usize;
    for (axis, spans) in spans.iter().enumerate() {
        let len = spans.most(&of);
        product = match product.checked_mul(len) {
            Some(next) if next <= isize::MAX as usize => next,
            _ => {
                let what = "elements of a window";
                return Err(WindowError::ProductOverflow { what, axis, product, len }.into());
            }
        };
    }
    Ok(product)
}
