//! A pooling resolved for a layout: made once, run often.

use core::fmt;

use windows_core::kernel::Isa;
use windows_core::{Border, Dyn, Layout, Rank, StridedView};

use crate::PoolError;
use crate::element::Element;
use crate::entry::Pooling;
use crate::error::filled;
use crate::kind::{Kind, Max, Min};
use crate::pool::Request;
use crate::program::{Needs, Part, Program};
use crate::spans::Counted;

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

/// Memory that a run works in. Made by [`Plan::scratch`], for that plan and every one that needs no more.
#[derive(Clone, Debug)]
pub struct Scratch {
    pub(crate) words: Vec<u128>,
}

impl Scratch {
    /// The most bytes that there can be.
    pub(crate) const MOST: usize = isize::MAX as usize - 2 * LINE;

    /// Room for this many bytes, and for beginning at a cache line.
    pub(crate) fn with_bytes(bytes: usize) -> Result<Self, PoolError> {
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
    kind: K,
    constant: Option<T>,
    pub(crate) program: Program,
}

impl<T: Element, K: Kind<T>> fmt::Debug for Plan<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("kind", &self.kind)
            .field("shape", &self.program.layout.shape())
            .field("output_shape", &self.output_shape())
            .field("kernel", &self.kernel())
            .field("scratch_bytes", &self.scratch_bytes())
            .finish_non_exhaustive()
    }
}

impl<T: Element, K: Kind<T>> Plan<T, K> {
    pub(crate) fn new(
        kind: K,
        layout: Layout<Dyn>,
        request: &Request,
        border: Option<Border<T>>,
    ) -> Result<Self, PoolError> {
        let accumulator = |taps| kind.accumulator(taps);
        let counts_padding = kind.counts_padding();
        let needs = Needs {
            accumulator: &accumulator,
            weighted: K::WEIGHTED,
            divisor: kind.divisor(),
            counted: if counts_padding { Counted::Padded } else { Counted::Real },
            #[cfg(feature = "rayon")]
            exact: K::EXACT,
            element: size_of::<T>(),
            float: T::FLOAT,
        };
        let program = request.program(layout, border.as_ref().map(without_constant), &needs)?;
        let constant = border.as_ref().and_then(Border::constant).copied();
        Ok(Self { kind, constant, program })
    }

    /// The shape of the results: row-major, every axis of the input with its number of windows.
    #[must_use]
    pub fn output_shape(&self) -> &[usize] {
        self.program.output.shape()
    }

    /// The number of results.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.program.output.len()
    }

    /// How results are computed.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.program.kernel()
    }

    /// Bytes of scratch that a thread needs. Bounded by the caches and the size of a window, not by the
    /// size of the data, except that rank 3 and above keep reduced planes.
    #[must_use]
    pub fn scratch_bytes(&self) -> usize {
        self.program.scratch_bytes
    }

    /// Scratch for [`Plan::run_with`].
    ///
    /// # Panics
    /// If there is no memory for [`Plan::scratch_bytes`]. What runs with scratch of the plan's own gives an error.
    #[must_use]
    pub fn scratch(&self) -> Scratch {
        Scratch::with_bytes(self.scratch_bytes()).unwrap_or_else(|error| panic!("{error}"))
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
        let bytes = size_of::<K::Out>();
        self.program.run_spare(bytemuck::cast_slice_mut(out), bytes, &self.band(view))
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
        let (expected, got) = (self.scratch_bytes() + LINE, size_of_val(memory));
        if got < expected {
            return Err(PoolError::Scratch { expected, got });
        }
        let bytes = size_of::<K::Out>();
        self.program.run(bytemuck::cast_slice_mut(out), bytes, memory, &self.band(view));
        Ok(())
    }

    /// Whether a view is one that the plan was made for.
    pub(crate) fn check<R: Rank>(&self, view: &StridedView<'_, T, R>) -> Result<(), PoolError> {
        self.program.check(view.shape(), view.strides())
    }

    pub(crate) fn check_output(&self, what: &'static str, got: usize) -> Result<(), PoolError> {
        self.program.check_output(what, got)
    }

    /// The kind and a view, for the program.
    pub(crate) fn pooling<'p, R: Rank>(
        &'p self,
        view: &StridedView<'p, T, R>,
    ) -> Pooling<'p, K, T> {
        self.pooling_of(&self.kind, view)
    }

    /// As [`Plan::pooling`], by another kind with the same geometry.
    fn pooling_of<'p, Q, R: Rank>(
        &'p self,
        kind: &'p Q,
        view: &StridedView<'p, T, R>,
    ) -> Pooling<'p, Q, T> {
        let (data, offset) = (view.data(), view.offset());
        Pooling { program: &self.program, kind, data, offset, constant: self.constant }
    }

    /// What gives the results of a part.
    fn band<'p, R: Rank>(
        &'p self,
        view: &StridedView<'p, T, R>,
    ) -> impl Fn(&Part, &mut [u8], &mut [u128]) + Sync {
        let pooling = self.pooling(view);
        move |part, out, scratch| {
            (K::ENTRY.band)(&pooling, part, bytemuck::cast_slice_mut(out), scratch);
        }
    }
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
        let greatest = self.pooling(view);
        let least = self.pooling_of(&Min, view);
        self.program.with_spare(&mut |scratch| {
            // The second finds in the cache what the first has read.
            self.program.each_band(&mut |part, place| {
                let (max, min) = (&mut max[place.clone()], &mut min[place]);
                (T::ENTRIES.max.band)(&greatest, &part, max, scratch);
                (T::ENTRIES.min.band)(&least, &part, min, scratch);
            });
        })
    }
}

/// A border whose constant is somewhere else.
fn without_constant<T>(border: &Border<T>) -> Border<()> {
    match border {
        Border::Constant(_) => Border::Constant(()),
        Border::Replicate => Border::Replicate,
        Border::Reflect => Border::Reflect,
        Border::Symmetric => Border::Symmetric,
        Border::Wrap => Border::Wrap,
    }
}
