//! A pooling resolved for a layout: made once, run often.

use core::fmt;
use std::sync::Mutex;

use windows_core::kernel::Isa;
use windows_core::{Axes, Border, Dyn, Layout, Rank, StridedView, WindowError};

use crate::PoolError;
use crate::element::Element;
use crate::engine::{Engine, RowMethod, Strided};
use crate::error::filled;
use crate::kind::{Kind, Nan};
use crate::pass::{Pass, typed};
use crate::scalar::{Axis, Walk};
use crate::spans::{CONSTANT, Span, Spans};

/// How a [`Plan`] computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kernel {
    /// Every window by itself, element by element.
    Scalar,
    /// Rows first, then columns, vectorised.
    Separable {
        /// The vector instructions.
        isa: Isa,
        /// What is done along the innermost windowed axis.
        rows: RowKernel,
        /// What is done along the axes outside of it.
        columns: ColumnKernel,
    },
}

/// What a [`Kernel`] does along the innermost windowed axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RowKernel {
    /// A run joined with itself, shifted: the cost grows with the logarithm of the size.
    Doubling,
    /// Size 2 or 3 at step 2, pairs at once.
    Halving,
    /// Few taps of pixels with several channels, each at once.
    Pixels,
    /// One window over the whole row.
    Whole,
    /// Irregular windows, one by one.
    Each,
}

/// What a [`Kernel`] does along the outer axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ColumnKernel {
    /// Small windows: their rows joined directly.
    Direct,
    /// Large windows on some axis: three joins a row, whatever the size.
    Stacks,
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar => f.write_str("scalar"),
            Self::Separable { isa, rows, columns } => {
                write!(f, "separable {isa:?}: {rows:?} rows, {columns:?} columns")
            }
        }
    }
}

/// Bytes of a cache line.
const LINE: usize = 64;

/// The greatest area that is a whole number as a float, as the engine has it.
const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

/// Memory that a run works in. Made by [`Plan::scratch`], for that plan and every one that needs no more.
#[derive(Clone, Debug)]
pub struct Scratch {
    words: Vec<u128>,
}

impl Scratch {
    /// Room for this many bytes, and for beginning at a cache line.
    fn with_bytes(bytes: usize) -> Result<Self, PoolError> {
        Ok(Self { words: filled("scratch", 0, (bytes + LINE).div_ceil(size_of::<u128>()))? })
    }

    /// Bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.words.len() * size_of::<u128>()
    }
}

/// A pooling for one shape and strides.
///
/// Made by [`Pool::plan`](crate::Pool::plan). Everything that can be wrong is found there; what is left is
/// to give views of that layout and buffers of the right length. Running allocates nothing once the plan
/// has run before, or with [`Scratch`] of the caller's.
///
/// # Example
/// ```
/// use windows_core::View;
/// use windows_pool::{Pool, WindowSpec};
///
/// let plan = Pool::average(WindowSpec::new([3]).step(2)).plan::<f32>([2, 5])?;
/// assert_eq!(plan.output_shape(), [2, 2]);
/// let data: Vec<f32> = (0..10).map(|i| i as f32).collect();
/// let mut out = [0.0; 4];
/// plan.run_into(&View::new(&data, [2, 5])?, &mut out)?;
/// assert_eq!(out, [1.0, 3.0, 6.0, 8.0]);
/// # Ok::<(), windows_pool::PoolError>(())
/// ```
pub struct Plan<T: Element, K: Kind<T>> {
    pub(crate) kind: K,
    layout: Layout<Dyn>,
    output: Layout<Dyn>,
    pub(crate) walk: Walk,
    engine: Option<Engine>,
    constant: Option<T>,
    pub(crate) nan: Nan,
    isa: Isa,
    taps: usize,
    scratch_bytes: usize,
    spare: Mutex<Vec<Scratch>>,
}

impl<T: Element, K: Kind<T>> fmt::Debug for Plan<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("kind", &self.kind)
            .field("shape", &self.layout.shape())
            .field("output_shape", &self.output_shape())
            .field("kernel", &self.kernel())
            .field("scratch_bytes", &self.scratch_bytes)
            .finish_non_exhaustive()
    }
}

impl<T: Element, K: Kind<T>> Plan<T, K> {
    #[allow(clippy::too_many_arguments, reason = "the parts of a pool, once")]
    pub(crate) fn new<R: Rank>(
        kind: K,
        layout: &Layout<R>,
        spans: Vec<Spans>,
        each: &[bool],
        border: Option<Border<T>>,
        nan: Nan,
        isa: Option<Isa>,
        scalar: bool,
    ) -> Result<Self, PoolError> {
        let layout = layout.to_dyn();
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
        let area = match kind.divisor() {
            Some(divisor) => divisor,
            None => elements(&spans, |span| span.area)?,
        };
        let bytes =
            kind.accumulator(taps).filter(|_| !scalar && (!K::WEIGHTED || area as u64 <= EXACT));
        let engine = match bytes {
            Some(bytes) => {
                let axes = spans.iter().cloned().zip(strides.iter());
                let axes = axes.map(|(spans, &stride)| Strided { spans, stride });
                Engine::arrange(axes.collect(), bytes, K::WEIGHTED)?
            }
            None => None,
        };
        let engine = engine.map(|engine| engine.with_divisor(kind.divisor()));
        let engine_bytes =
            engine.as_ref().zip(bytes).map_or(0, |(engine, bytes)| engine.scratch_len() * bytes);
        // The engine hands windows with ignored elements to the definition where it divides by what counts.
        let defined = engine.is_none() || (K::WEIGHTED && T::FLOAT && nan == Nan::Ignore);
        let window = if defined { taps.saturating_mul(size_of::<T>()) } else { 0 };
        let scratch_bytes = engine_bytes.max(window);
        if scratch_bytes > isize::MAX as usize - 2 * LINE {
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
        let walk = Walk { axes: walk };
        Ok(Self {
            kind,
            layout,
            output,
            walk,
            engine,
            constant: border.as_ref().and_then(Border::constant).copied(),
            nan,
            isa: isa.unwrap_or_else(Isa::best),
            taps,
            scratch_bytes,
            spare: Mutex::new(Vec::new()),
        })
    }

    /// The shape of the results: row-major, every axis of the input with its number of windows.
    #[must_use]
    pub fn output_shape(&self) -> &[usize] {
        self.output.shape()
    }

    /// The number of results.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.output.len()
    }

    /// How results are computed.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
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

    /// Bytes of scratch that a thread needs. Bounded by the caches and the size of a window, not by the
    /// size of the data, except that rank 3 and above keep reduced planes.
    #[must_use]
    pub fn scratch_bytes(&self) -> usize {
        self.scratch_bytes
    }

    /// Scratch for [`Plan::run_with`].
    ///
    /// # Panics
    /// If there is no memory for [`Plan::scratch_bytes`]. What runs with scratch of the plan's own gives an error.
    #[must_use]
    pub fn scratch(&self) -> Scratch {
        Scratch::with_bytes(self.scratch_bytes).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Pools a view. Allocates the results.
    ///
    /// # Errors
    /// A view of another shape or other strides; results or scratch that memory cannot hold.
    pub fn run<R: Rank>(&self, view: &StridedView<'_, T, R>) -> Result<Vec<K::Out>, PoolError> {
        self.check(view)?;
        let mut out = filled("results", K::Out::default(), self.output_len())?;
        self.run_into(view, &mut out)?;
        Ok(out)
    }

    /// Pools a view into a buffer, in parallel with the feature `rayon`. Scratch is kept in the plan:
    /// allocates nothing after the first run.
    ///
    /// # Errors
    /// A view of another shape or other strides, a buffer of another length; scratch that memory cannot hold.
    pub fn run_into<R: Rank>(
        &self,
        view: &StridedView<'_, T, R>,
        out: &mut [K::Out],
    ) -> Result<(), PoolError> {
        self.check(view)?;
        self.check_output("output", out.len())?;
        #[cfg(feature = "rayon")]
        return self.run_parallel(view, out);
        #[cfg(not(feature = "rayon"))]
        self.with_spare(|scratch| self.run_all(view.data(), view.offset(), out, scratch))
    }

    /// Pools a view into a buffer, in the caller's scratch, on this thread. Allocates nothing.
    ///
    /// # Errors
    /// As [`Plan::run_into`], and scratch that is too small.
    pub fn run_with<R: Rank>(
        &self,
        view: &StridedView<'_, T, R>,
        out: &mut [K::Out],
        scratch: &mut Scratch,
    ) -> Result<(), PoolError> {
        self.run_in(view, out, &mut scratch.words)
    }

    /// As [`Plan::run_with`], in memory of the caller's own, which may hold anything: [`Plan::scratch_bytes`], and 64
    /// bytes for beginning at a cache line.
    ///
    /// # Errors
    /// As [`Plan::run_with`].
    pub fn run_in<R: Rank>(
        &self,
        view: &StridedView<'_, T, R>,
        out: &mut [K::Out],
        memory: &mut [u128],
    ) -> Result<(), PoolError> {
        self.check(view)?;
        self.check_output("output", out.len())?;
        let (expected, got) = (self.scratch_bytes + LINE, size_of_val(memory));
        if got < expected {
            return Err(PoolError::Scratch { expected, got });
        }
        self.run_all(view.data(), view.offset(), out, memory);
        Ok(())
    }

    /// Whether a view is one that the plan was made for.
    pub(crate) fn check<R: Rank>(&self, view: &StridedView<'_, T, R>) -> Result<(), PoolError> {
        let (ndim, got) = (self.layout.ndim(), view.ndim());
        if ndim != got {
            return Err(WindowError::Rank { what: "view", got, expected: ndim }.into());
        }
        for axis in 0..ndim {
            let (expected, got) = (self.layout.shape()[axis], view.shape()[axis]);
            if expected != got {
                return Err(WindowError::Shape { what: "view", axis, expected, got }.into());
            }
            let (expected, got) = (self.layout.strides()[axis], view.strides()[axis]);
            // An axis of one element has no stride to speak of.
            if expected != got && view.shape()[axis] > 1 && !view.is_empty() {
                return Err(PoolError::Strides { axis, expected, got });
            }
        }
        Ok(())
    }

    pub(crate) fn check_output(&self, what: &'static str, got: usize) -> Result<(), PoolError> {
        let expected = self.output_len();
        if expected == got {
            Ok(())
        } else {
            Err(WindowError::Length { what, expected, got }.into())
        }
    }

    /// Runs in scratch of an earlier run, or new one.
    pub(crate) fn with_spare(&self, run: impl FnOnce(&mut [u128])) -> Result<(), PoolError> {
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
            None => (1, self.output_len(), 1),
        }
    }

    /// Along the outermost windowed axis: its length, and what neighbouring bands both read.
    pub(crate) fn halo(&self) -> (usize, usize) {
        self.engine
            .as_ref()
            .map_or((self.output_len(), 0), |engine| (engine.depth(), engine.halo()))
    }

    /// Whether bands may be cut anywhere.
    #[cfg(feature = "rayon")]
    pub(crate) fn divisible(&self) -> bool {
        K::EXACT || self.engine.as_ref().is_none_or(|engine| !engine.methods().1)
    }

    fn run_all(&self, data: &[T], offset: usize, out: &mut [K::Out], scratch: &mut [u128]) {
        if out.is_empty() {
            return;
        }
        let (_, bands, block) = self.shares();
        for (plane, out) in out.chunks_mut(bands * block).enumerate() {
            let band = 0..out.len() / block;
            self.run_band(&self.kind, data, offset, plane, band, out, scratch);
        }
    }

    /// Pools a band of a plane by a kind: that of the plan, or one with the same geometry.
    #[allow(clippy::too_many_arguments, reason = "where from, where to")]
    pub(crate) fn run_band<Q: Kind<T>>(
        &self,
        kind: &Q,
        data: &[T],
        offset: usize,
        plane: usize,
        band: core::ops::Range<usize>,
        out: &mut [Q::Out],
        scratch: &mut [u128],
    ) {
        if let Some(engine) = &self.engine {
            let mut pass = Pass {
                engine,
                isa: self.isa,
                nan: self.nan,
                taps: self.taps,
                data,
                offset,
                constant: self.constant,
                plane,
                band: band.clone(),
                out: &mut *out,
                scratch: &mut *scratch,
            };
            if kind.pool(&mut pass) {
                return;
            }
        }
        let (_, bands, block) = self.shares();
        let first = (plane * bands + band.start) * block;
        let values = typed::<T>(scratch);
        let mut cursor = self.walk.cursor();
        for (window, out) in (first..).zip(out) {
            let mut len = 0;
            self.walk.visit(&mut cursor, window, |at| {
                values[len] = self.read(data, offset, at.map(|(ahead, _)| ahead));
                len += 1;
            });
            let area = kind.divisor().unwrap_or_else(|| self.walk.area(&cursor));
            *out = kind.value(&mut values[..len], area, self.nan);
        }
    }

    /// An element of the data, or the constant of the border.
    pub(crate) fn read(&self, data: &[T], offset: usize, ahead: Option<isize>) -> T {
        match ahead {
            Some(ahead) => data[offset.wrapping_add_signed(ahead)],
            None => self.constant.expect("only a constant border has elements without a source"),
        }
    }

    /// Whether some window has no element, or one that is not in the data.
    pub(crate) fn has_unnumbered(&self) -> bool {
        self.walk.axes.iter().any(|axis| {
            let constant = |map: &Vec<usize>| map.contains(&CONSTANT);
            axis.spans.has_empty() || axis.spans.map.as_ref().is_some_and(constant)
        })
    }

    /// Elements of a plane: what indices count.
    pub(crate) fn plane_len(&self) -> usize {
        let windowed = self.walk.axes.iter().filter(|axis| axis.numbers > 0);
        windowed.map(|axis| axis.spans.len).product()
    }

    pub(crate) fn layout(&self) -> &Layout<Dyn> {
        &self.layout
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
