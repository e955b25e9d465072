//! Plan once, run often: the public face of planning and running.

use std::marker::PhantomData;
use std::sync::Arc;

use windows_core::{Layout, Rank, StridedView};

use crate::ConvError;
use crate::engine::Source;
use crate::kernel::element::Operand;
use crate::program::{Kernel, Program};
use crate::spec::{ConvSpec, PlanOptions};

/// A convolution for one input layout: packed weights, bias and activation, and the kernel.
///
/// Planning checks everything, packs the weights and may allocate; a run allocates nothing. A plan is
/// immutable: threads share it, each with its own scratch memory.
///
/// Inputs are `N x C x spatial` *by axis*, in memory as their strides say: an image whose channels are
/// innermost is permuted, not copied. Outputs are `N x M x spatial` or `N x spatial x M`.
///
/// # Results
/// Every output is the bias plus chains of products along K (taps outside, channels inside), cut at
/// points that depend on the length of K alone. On one instruction set, results do therefore not depend
/// on threads, batch, scratch size, tile or the order of the output. Integers are exact: a plan whose sums may
/// leave the range of `i32` is refused, unless [`Overflow::Wrap`](crate::Overflow::Wrap) is asked for.
///
/// Taps in the padding contribute nothing: they are skipped, not multiplied by zero, so that infinite or
/// NaN weights stay out of outputs whose window does not reach the data with them. (Kernels do pad
/// panels with zeros where all weights are finite, which cannot be told apart.)
///
/// [`Method::Winograd`](crate::Method::Winograd) keeps the first of these promises and loosens the second, as it says.
///
/// # Example
/// ```
/// use windows_conv::{ConvPlan, ConvSpec};
/// use windows_core::DynView;
///
/// let image: Vec<f32> = (0..16).map(|i| i as f32).collect();
/// let x = DynView::new(&image, [1, 1, 4, 4])?;
/// let mean = vec![1.0 / 9.0; 9];
/// let w = DynView::new(&mean, [1, 1, 3, 3])?;
///
/// let plan = ConvPlan::new(&ConvSpec::new([3, 3]), x.layout(), &w)?;
/// let mut out = vec![0.0; plan.output_len()];
/// let mut scratch = vec![0.0; plan.scratch_len()];
/// plan.run(&x, &mut out, &mut scratch)?;
/// assert_eq!(plan.output_shape(), [1, 1, 2, 2]);
/// for (mean, centre) in out.iter().zip([5.0, 6.0, 9.0, 10.0]) {
///     assert!((mean - centre).abs() < 1e-5);
/// }
/// # Ok::<(), windows_conv::ConvError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConvPlan<X: Operand<W>, W = X> {
    program: Arc<Program<X>>,
    weight: PhantomData<W>,
}

impl<X: Operand<W>, W: Copy + Sync> ConvPlan<X, W> {
    /// Plans a convolution without bias or activation, for inputs of this layout.
    ///
    /// # Errors
    /// As [`ConvPlan::with`].
    pub fn new<R: Rank, Q: Rank>(
        spec: &ConvSpec,
        input: &Layout<R>,
        weights: &StridedView<'_, W, Q>,
    ) -> Result<Self, ConvError> {
        Self::with(spec, input, weights, &PlanOptions::default())
    }

    /// Plans a convolution for inputs of this layout: `N x C x spatial` by axis, any strides.
    ///
    /// Weights are `M x C/groups x sizes`, or `C x M/groups x sizes` if transposed. Costs a copy of the
    /// weights and, for all windowed axes but the last together, a table of an offset per tap and row of
    /// outputs that read anything: it does not grow with padding, steps or dilation.
    ///
    /// # Errors
    /// Ranks, channels or sizes that do not agree; a geometry that the core refuses; an output of more
    /// than `isize::MAX` elements; sums of integers that may overflow; too little scratch memory, or memory
    /// at all; threads or an instruction set that are not there.
    pub fn with<R: Rank, Q: Rank>(
        spec: &ConvSpec,
        input: &Layout<R>,
        weights: &StridedView<'_, W, Q>,
        options: &PlanOptions<X::Output>,
    ) -> Result<Self, ConvError> {
        let (input, weights) = (input.to_dyn(), weights.to_dyn());
        let program = (X::engine().plan)(spec, &input, &weights, options)?;
        Ok(Self { program, weight: PhantomData })
    }

    /// Shape of the output, `[N, M, spatial..]` whatever its order in memory.
    #[must_use]
    pub fn output_shape(&self) -> &[usize] {
        &self.program.output
    }

    /// Elements of the output.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.program.output_len()
    }

    /// Elements of scratch memory that a run needs, for all its threads together. At most
    /// [`PlanOptions::scratch_bytes`] each.
    #[must_use]
    pub fn scratch_len(&self) -> usize {
        self.program.scratch_len()
    }

    /// Which kernel runs.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.program.kernel()
    }

    /// Convolves. Allocates nothing; the scratch memory may hold anything.
    ///
    /// # Errors
    /// An input of another shape or other strides than the plan was made for; an output or scratch
    /// memory of the wrong length. Nothing is written then.
    pub fn run<R: Rank>(
        &self,
        input: &StridedView<'_, X, R>,
        out: &mut [X::Output],
        scratch: &mut [X::Output],
    ) -> Result<(), ConvError> {
        (X::engine().run)(&self.program, Source::of(input), out, scratch)
    }

    /// Convolves into new memory, with scratch memory of its own.
    ///
    /// # Errors
    /// As [`ConvPlan::run`], and memory that is not there.
    pub fn conv<R: Rank>(
        &self,
        input: &StridedView<'_, X, R>,
    ) -> Result<Vec<X::Output>, ConvError> {
        (X::engine().conv)(&self.program, Source::of(input))
    }
}

/// Plans and runs a convolution at once, into new memory.
///
/// # Errors
/// As [`ConvPlan::with`].
///
/// # Example
/// ```
/// use windows_conv::{ConvSpec, conv};
/// use windows_core::View;
///
/// let signal = View::from_slice(&[1.0f32, 2.0, 4.0, 8.0]);
/// let x = View::new(signal.data(), [1, 1, 4])?;
/// let difference = View::new(&[-1.0f32, 1.0], [1, 1, 2])?;
/// assert_eq!(conv(&ConvSpec::new([2]), &x, &difference)?, [1.0, 2.0, 4.0]);
/// # Ok::<(), windows_conv::ConvError>(())
/// ```
pub fn conv<X: Operand<W>, W: Copy + Sync, R: Rank, Q: Rank>(
    spec: &ConvSpec,
    input: &StridedView<'_, X, R>,
    weights: &StridedView<'_, W, Q>,
) -> Result<Vec<X::Output>, ConvError> {
    ConvPlan::new(spec, input.layout(), weights)?.conv(input)
}
