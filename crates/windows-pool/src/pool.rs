//! What is asked for, before a shape is known.

use windows_core::kernel::Isa;
use windows_core::{
    Axes, AxisSpec, Border, Dyn, Extent, Grid, IntoAxes, IntoSpec, Layout, Rank, StridedView,
    WindowError, WindowSpec,
};

use crate::PoolError;
use crate::element::Element;
use crate::kind::{Average, Kind, Lp, Max, Median, Min, Nan, Quantile, Sum};
use crate::plan::Plan;
use crate::program::{Needs, Program, Wanted};
use crate::spans::{Counted, Spans};

/// Where the windows are.
#[derive(Clone, Debug)]
enum Geometry {
    Windows(Box<WindowSpec<Dyn>>),
    Adaptive(Axes<usize>),
}

/// A kind of pooling over windows, before a shape is known.
///
/// The windows are over the **last** axes of an array, as many as the spec has; the axes before them are
/// batches and channels. [`Pool::behind`] keeps axes behind the windowed ones too, for channels last, and
/// a spec with [`Extent::Each`] says the same for any axis. Memory order plays no part: any
/// strides are pooled where they are.
///
/// # Example
/// ```
/// use windows_core::View;
/// use windows_pool::{Pool, WindowSpec};
///
/// let image: Vec<u8> = (0..16).collect();
/// let view = View::new(&image, [4, 4])?;
/// let pooled = Pool::max(WindowSpec::new([2, 2]).step(2)).run(&view)?;
/// assert_eq!(pooled, [5, 7, 13, 15]);
/// # Ok::<(), windows_pool::PoolError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pool<K> {
    kind: K,
    request: Request,
}

/// What is asked for, whatever the kind.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    geometry: Geometry,
    behind: usize,
    wanted: Wanted,
}

impl Pool<Max> {
    /// The greatest element of each window.
    #[must_use]
    pub fn max(spec: WindowSpec<Dyn>) -> Self {
        Self::new(Max, spec)
    }
}

impl Pool<Min> {
    /// The least element of each window.
    #[must_use]
    pub fn min(spec: WindowSpec<Dyn>) -> Self {
        Self::new(Min, spec)
    }
}

impl Pool<Average> {
    /// The average of each window; see [`Average`] for what counts, and how integers are rounded.
    #[must_use]
    pub fn average(spec: WindowSpec<Dyn>) -> Self {
        Self::new(Average::new(), spec)
    }
}

impl Pool<Sum> {
    /// The sum of each window.
    #[must_use]
    pub fn sum(spec: WindowSpec<Dyn>) -> Self {
        Self::new(Sum, spec)
    }
}

impl Pool<Lp> {
    /// The norm with this exponent of each window.
    #[must_use]
    pub fn lp(exponent: f64, spec: WindowSpec<Dyn>) -> Self {
        Self::new(Lp::new(exponent), spec)
    }
}

impl Pool<Median> {
    /// The median of each window.
    #[must_use]
    pub fn median(spec: WindowSpec<Dyn>) -> Self {
        Self::new(Median, spec)
    }
}

impl Pool<Quantile> {
    /// A quantile of each window.
    #[must_use]
    pub fn quantile(quantile: f64, spec: WindowSpec<Dyn>) -> Self {
        Self::new(Quantile::new(quantile), spec)
    }
}

impl<K> Pool<K> {
    fn over(kind: K, geometry: Geometry) -> Self {
        let wanted = Wanted { nan: Nan::Propagate, isa: None, scalar: false };
        Self { kind, request: Request { geometry, behind: 0, wanted } }
    }

    /// A kind over windows.
    #[must_use]
    pub fn new(kind: K, spec: WindowSpec<Dyn>) -> Self {
        Self::over(kind, Geometry::Windows(Box::new(spec)))
    }

    /// A kind over all of the last `axes` axes: one result for each plane.
    ///
    /// # Example
    /// ```
    /// use windows_core::View;
    /// use windows_pool::{Average, Pool};
    ///
    /// let planes = [1.0_f32, 2.0, 3.0, 6.0, 5.0, 5.0, 5.0, 5.0];
    /// let view = View::new(&planes, [2, 2, 2])?;
    /// assert_eq!(Pool::global(Average::new(), 2).run(&view)?, [3.0, 5.0]);
    /// # Ok::<(), windows_pool::PoolError>(())
    /// ```
    #[must_use]
    pub fn global(kind: K, axes: usize) -> Self {
        Self::new(kind, WindowSpec::of(&vec![Extent::Whole; axes]))
    }

    /// A kind over windows that share each axis evenly, so many of them: torch's adaptive pooling. Window
    /// `i` of `n` over a length `L` is `floor(i L / n) .. ceil((i + 1) L / n)`.
    #[must_use]
    pub fn adaptive(kind: K, counts: &[usize]) -> Self {
        Self::over(kind, Geometry::Adaptive(counts.iter().copied().collect()))
    }

    /// Keeps this many axes behind the windowed ones: 1 where channels come last.
    #[must_use]
    pub fn behind(mut self, axes: usize) -> Self {
        self.request.behind = axes;
        self
    }

    /// What NaN does.
    #[must_use]
    pub fn nan(mut self, nan: Nan) -> Self {
        self.request.wanted.nan = nan;
        self
    }

    /// Uses no better instructions than these. By default the best there are, capped by the environment
    /// variable `WINDOWS_ISA`.
    #[must_use]
    pub fn isa(mut self, isa: Isa) -> Self {
        self.request.wanted.isa = Some(isa);
        self
    }

    /// Takes every window by itself, as the definition says: the slow reference.
    #[must_use]
    pub fn scalar(mut self) -> Self {
        self.request.wanted.scalar = true;
        self
    }

    /// Pools a view: a plan, run once. Allocates the results and the plan.
    ///
    /// # Errors
    /// As [`Pool::plan`].
    pub fn run<T: Element, R: Rank>(
        &self,
        view: &StridedView<'_, T, R>,
    ) -> Result<Vec<K::Out>, PoolError>
    where
        K: Kind<T>,
    {
        self.plan_layout(view.layout(), None)?.run(view)
    }

    /// A plan for row-major arrays of a shape.
    ///
    /// # Errors
    /// A geometry that is impossible, naming the axis and both numbers; more axes than the array has; an
    /// exponent or a quantile out of range; windows, or elements of one, that memory cannot hold.
    pub fn plan<T: Element>(&self, shape: impl IntoAxes<Dyn>) -> Result<Plan<T, K>, PoolError>
    where
        K: Kind<T>,
    {
        self.plan_layout(&Layout::<Dyn>::contiguous(shape)?, None)
    }

    /// A plan for arrays of a shape and strides, with padded elements that read as a border. Without a
    /// border they are absent: they never win, and count only where asked.
    ///
    /// # Errors
    /// As [`Pool::plan`]; an axis without elements under a border that is no constant.
    pub fn plan_layout<T: Element, R: Rank>(
        &self,
        layout: &Layout<R>,
        border: Option<Border<T>>,
    ) -> Result<Plan<T, K>, PoolError>
    where
        K: Kind<T>,
    {
        self.kind.check()?;
        Plan::new(self.kind.clone(), layout.to_dyn(), &self.request, border)
    }
}

impl Request {
    /// What it is for arrays of a layout.
    pub(crate) fn program(
        &self,
        layout: Layout<Dyn>,
        border: Option<Border<()>>,
        needs: &Needs<'_>,
    ) -> Result<Program, PoolError> {
        let (spans, each) = self.spans(layout.shape(), border, needs.counted)?;
        Program::new(layout, spans, &each, self.wanted, needs)
    }

    /// The windows of every axis, and which axes are batches or channels.
    fn spans(
        &self,
        shape: &[usize],
        border: Option<Border<()>>,
        counted: Counted,
    ) -> Result<(Vec<Spans>, Vec<bool>), PoolError> {
        let windowed = match &self.geometry {
            // A spec that could not be built reports that before its missing axes.
            Geometry::Windows(spec) => {
                IntoSpec::<Dyn>::into_spec(spec.as_ref(), spec.axes().len())?.len()
            }
            Geometry::Adaptive(counts) => counts.len(),
        };
        let ndim = shape.len();
        let taken = windowed.saturating_add(self.behind);
        let Some(before) = ndim.checked_sub(taken) else {
            return Err(PoolError::TooFewAxes { spec: taken, ndim });
        };
        let end = before + windowed;
        let counts = match &self.geometry {
            Geometry::Adaptive(counts) => Some(counts),
            Geometry::Windows(_) => None,
        };
        let specs: Axes<AxisSpec> = (0..ndim)
            .map(|axis| match &self.geometry {
                Geometry::Windows(spec) if (before..end).contains(&axis) => {
                    spec.axes()[axis - before]
                }
                _ => AxisSpec::of(Extent::Each),
            })
            .collect();
        let each = specs.iter().enumerate().map(|(axis, spec)| {
            spec.extent == Extent::Each && !(counts.is_some() && (before..end).contains(&axis))
        });
        let each: Vec<bool> = each.collect();
        let grid = Grid::dynamic(shape, WindowSpec::<Dyn>::from_axes(&specs))?;
        let spans = grid.axes().iter().enumerate().map(|(axis, of)| {
            if each[axis] {
                return Spans::singles(of.len(), axis);
            }
            if let Some(counts) = counts {
                return Spans::adaptive(of.len(), counts[axis - before], axis);
            }
            match border {
                Some(border) => {
                    let padded = of.count() > 0 && !of.is_whole();
                    if padded && of.len() == 0 && border.constant().is_none() {
                        return Err(WindowError::EmptyBorder { axis }.into());
                    }
                    if padded {
                        Spans::bordered(of, &border, axis)
                    } else {
                        Spans::new(of, counted, axis)
                    }
                }
                None => Spans::new(of, counted, axis),
            }
        });
        Ok((spans.collect::<Result<_, PoolError>>()?, each))
    }
}
