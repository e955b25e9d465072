//! What is asked for: the geometry, the groups, and what happens at the store.

use windows_core::kernel::Isa;
use windows_core::{AxisSpec, Dyn, Edge, IntoAxes, IntoSpec, Same, WindowSpec};

use crate::ConvError;

/// What happens to an output value just before it is stored, after the bias.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Activation<T> {
    /// Nothing.
    #[default]
    None,
    /// `max(x, 0)`; NaN stays NaN.
    Relu,
    /// `x` cut to a range, both ends included; NaN stays NaN. `Clamp(0, 6)` is ReLU6.
    Clamp(T, T),
    /// `x / (1 + exp(-x))`, also called swish. Floats only; within 1e-6 relative for `f32`.
    Silu,
}

/// A convolution before it knows shapes: geometry of the windowed axes, groups, direction.
///
/// Each setting takes one value for all windowed axes or one per axis, as in
/// [`WindowSpec`]. Padding reads as zero: other borders are padded first by
/// [`pad_into`](windows_core::StridedView::pad_into).
///
/// As in every neural-network library this is *cross-correlation*: the weights are not flipped.
/// [`ConvSpec::convolution`] asks for the mathematical one.
///
/// # Example
/// ```
/// use windows_conv::ConvSpec;
///
/// let first_layer = ConvSpec::new([7, 7]).step(2).padding(3);
/// let depthwise = ConvSpec::new([3, 3]).padding(1).groups(144);
/// let upsampling = ConvSpec::new([4, 4]).step(2).padding(1).transposed();
/// # let _ = (first_layer, depthwise, upsampling);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ConvSpec {
    pub(crate) window: WindowSpec<Dyn>,
    pub(crate) groups: usize,
    pub(crate) transposed: bool,
    pub(crate) output_padding: Vec<usize>,
    pub(crate) flipped: bool,
}

impl ConvSpec {
    /// Windows of this many taps along each windowed axis, at step 1, without padding.
    #[must_use]
    pub fn new(size: impl IntoAxes<Dyn>) -> Self {
        Self::from_windows(WindowSpec::new(size))
    }

    /// A geometry made elsewhere.
    #[must_use]
    pub fn from_windows(window: WindowSpec<Dyn>) -> Self {
        Self { window, groups: 1, transposed: false, output_padding: Vec::new(), flipped: false }
    }

    /// The distance between neighbouring windows; other libraries say stride.
    #[must_use]
    pub fn step(mut self, step: impl IntoAxes<Dyn>) -> Self {
        self.window = self.window.step(step);
        self
    }

    /// The distance between neighbouring taps.
    #[must_use]
    pub fn dilation(mut self, dilation: impl IntoAxes<Dyn>) -> Self {
        self.window = self.window.dilation(dilation);
        self
    }

    /// Zeros on both sides of each axis; taken from the output if transposed.
    #[must_use]
    pub fn padding(mut self, padding: impl IntoAxes<Dyn>) -> Self {
        self.window = self.window.padding(padding);
        self
    }

    /// Zeros before each axis.
    #[must_use]
    pub fn before(mut self, before: impl IntoAxes<Dyn>) -> Self {
        self.window = self.window.before(before);
        self
    }

    /// Zeros after each axis.
    #[must_use]
    pub fn after(mut self, after: impl IntoAxes<Dyn>) -> Self {
        self.window = self.window.after(after);
        self
    }

    /// Padding computed so that there are `ceil(length / step)` outputs; `length * step` if transposed.
    #[must_use]
    pub fn same(mut self, same: impl IntoAxes<Dyn, Same>) -> Self {
        self.window = self.window.same(same);
        self
    }

    /// What happens at the end of each axis.
    #[must_use]
    pub fn edge(mut self, edge: impl IntoAxes<Dyn, Edge>) -> Self {
        self.window = self.window.edge(edge);
        self
    }

    /// Channels are convolved in this many groups that do not mix. As many groups as input channels is
    /// a depthwise convolution.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// The adjoint: every input element spreads over a window of outputs. Weights are then
    /// `C x M/groups x sizes`, and the output has `step (L - 1) + field + output padding - padding`
    /// elements along an axis.
    #[must_use]
    pub fn transposed(mut self) -> Self {
        self.transposed = true;
        self
    }

    /// More outputs at the end of each axis of a transposed convolution: fewer than the step or the
    /// dilation, because that is how many lengths have the same number of windows.
    #[must_use]
    pub fn output_padding(mut self, padding: &[usize]) -> Self {
        self.output_padding = padding.to_vec();
        self
    }

    /// Flips the weights along every windowed axis: convolution as in mathematics and signal
    /// processing (`scipy.signal.convolve`), where the default is cross-correlation.
    #[must_use]
    pub fn convolution(mut self) -> Self {
        self.flipped = true;
        self
    }

    /// The geometry of the windowed axes.
    #[must_use]
    pub fn windows(&self) -> &WindowSpec<Dyn> {
        &self.window
    }

    pub(crate) fn axes(&self) -> Result<Vec<AxisSpec>, ConvError> {
        let ndim = self.window.axes().len();
        Ok((&self.window).into_spec(ndim)?.to_vec())
    }
}

/// In which order outputs lie in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputOrder {
    /// `N x M x spatial`, row-major.
    #[default]
    ChannelsFirst,
    /// `N x spatial x M`, row-major.
    ChannelsLast,
}

/// How sums are made.
///
/// # Example
/// ```
/// use windows_conv::{ConvPlan, ConvSpec, Method, PlanOptions};
/// use windows_core::DynView;
///
/// let image = vec![0.5f32; 16 * 28 * 28];
/// let x = DynView::new(&image, [1, 16, 28, 28])?;
/// let weights = vec![0.25f32; 32 * 16 * 9];
/// let w = DynView::new(&weights, [32, 16, 3, 3])?;
/// let options = PlanOptions { method: Method::Winograd, ..PlanOptions::default() };
///
/// let plan = ConvPlan::with(&ConvSpec::new([3, 3]), x.layout(), &w, &options)?;
/// assert_eq!(plan.kernel().name(), "winograd");
/// assert!(plan.conv(&x)?.iter().all(|y| (y - 18.0).abs() < 1e-4));
/// # Ok::<(), windows_conv::ConvError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Every output from its own window alone: one product a tap and channel.
    #[default]
    Direct,
    /// Winograd's F(2 x 2, 3 x 3) for floats whose windows are 3 x 3 at step 1 without dilation, where it takes
    /// fewer products; else as [`Method::Direct`]. Four neighbouring outputs then take 16 products a channel
    /// instead of 36, of sums and differences of their 4 x 4 inputs, which is faster unless channels are few.
    ///
    /// The error of an output is relative to the magnitudes of all 4 x 4 inputs, not of its own 3 x 3 alone:
    /// at most 1e-6 in `f32` of the sum over channels of the greatest of them times the magnitudes of all
    /// weights. What is infinite or NaN in them, or is so when they are added, may reach all four outputs. Packed
    /// weights take 16/9 of the memory.
    /// [`ConvPlan::kernel`](crate::ConvPlan::kernel) says whether it was taken.
    Winograd,
}

/// What is done about sums of integers that may leave the range of `i32`.
///
/// A plan knows its weights, so it knows the greatest and the least sum that any input can give.
///
/// # Example
/// ```
/// use windows_conv::{ConvError, ConvPlan, ConvSpec, Overflow, PlanOptions};
/// use windows_core::DynView;
///
/// // 40,000 products of at most 255 x 255 are more than an `i32` holds.
/// let bytes = vec![255u8; 40_000];
/// let x = DynView::new(&bytes, [1, 40_000, 1])?;
/// let w = DynView::new(&bytes, [1, 40_000, 1])?;
/// let spec = ConvSpec::new([1]);
/// let error = ConvPlan::<u8>::new(&spec, x.layout(), &w).unwrap_err();
/// assert_eq!(error, ConvError::Overflow { channel: 0, products: 40_000, sum: 2_601_000_000 });
///
/// let options = PlanOptions { overflow: Overflow::Wrap, ..PlanOptions::default() };
/// let sums = ConvPlan::<u8>::with(&spec, x.layout(), &w, &options)?.conv(&x)?;
/// assert_eq!(sums, [2_601_000_000_u32 as i32]);
/// # Ok::<(), ConvError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// A plan whose sums may leave the range is refused: every sum of a plan is exact.
    #[default]
    Refuse,
    /// Sums wrap around: they are exact modulo 2^32.
    Wrap,
}

/// The most threads that a plan takes: those of `rayon`, one without that feature.
pub const MOST_THREADS: usize = if cfg!(feature = "rayon") { 65_535 } else { 1 };

/// How a plan is to run. The result depends on `isa` and `method` within rounding, and on nothing else here.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanOptions<T> {
    /// Added to each output channel. Empty: nothing.
    pub bias: Vec<T>,
    /// Applied after the bias.
    pub activation: Activation<T>,
    /// In which order outputs lie in memory.
    pub output: OutputOrder,
    /// The value of the input that means zero; integers only.
    pub input_zero: i32,
    /// The value of the weights that means zero: empty, one for all, or one per output channel.
    pub weight_zeros: Vec<i32>,
    /// Whether sums of integers may wrap. Floats have no need of it.
    pub overflow: Overflow,
    /// Instruction set. `None`: the best one of this processor, capped by `WINDOWS_ISA`.
    pub isa: Option<Isa>,
    /// How sums are made.
    pub method: Method,
    /// How many threads share a run: 1 to [`MOST_THREADS`]. More than one needs the feature `rayon`.
    pub threads: usize,
    /// Most bytes of scratch memory that a thread may take.
    pub scratch_bytes: usize,
    /// Whether to use the plain loops instead of the kernels: slow, and the reference of the tests.
    pub reference: bool,
}

impl<T> Default for PlanOptions<T> {
    fn default() -> Self {
        Self {
            bias: Vec::new(),
            activation: Activation::None,
            output: OutputOrder::ChannelsFirst,
            input_zero: 0,
            weight_zeros: Vec::new(),
            overflow: Overflow::Refuse,
            isa: None,
            method: Method::Direct,
            threads: 1,
            scratch_bytes: 1 << 20,
            reference: false,
        }
    }
}
