//! Causal 1-D convolution of a stream that arrives in chunks.

use std::marker::PhantomData;
use std::sync::Arc;

use windows_core::{Axis, AxisSpec, Dyn, DynView, Layout, Rank, StridedView, WindowError};

use crate::engine::{Source, run_program};
use crate::kernel::element::{Input, Operand, Weight};
use crate::memory::filled;
use crate::planner::plan;
use crate::program::Program;
use crate::spec::{ConvSpec, OutputOrder, PlanOptions};
use crate::{ConvError, Kernel};

/// Most outputs computed at once.
const MOST: usize = 1024;

/// A causal convolution that remembers the end of what it has seen.
///
/// Output `i` sees inputs up to `i step`: it is the batch convolution of the whole signal with
/// `dilation (size - 1)` zeros before it, to the last bit and in chunks of any length, one sample or a
/// million. (The zeros before the signal are multiplied here: with infinite or NaN weights the first
/// outputs differ from a batch that skips its padding.)
///
/// Memory is bounded by `C (field + 1024 step)` elements and the weights, packed for blocks of 1, 2, 4,
/// .. outputs. [`CausalConv1d::push_into`] allocates nothing.
///
/// # Example
/// ```
/// use windows_conv::{CausalConv1d, ConvSpec, PlanOptions};
/// use windows_core::View;
///
/// let weights = [0.5f32, 0.5]; // the mean of a sample and the one before
/// let weights = View::new(&weights, [1, 1, 2])?;
/// let mut stream = CausalConv1d::new(&ConvSpec::new([2]), 1, &weights, &PlanOptions::default())?;
/// assert_eq!(stream.push(&[2.0, 4.0])?, [1.0, 3.0]);
/// assert_eq!(stream.push(&[])?, []);
/// assert_eq!(stream.push(&[6.0])?, [5.0]);
/// # Ok::<(), windows_conv::ConvError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CausalConv1d<X: Operand<W>, W = X> {
    stream: Stream<X>,
    weight: PhantomData<W>,
}

impl<X: Operand<W>, W: Copy + Sync> CausalConv1d<X, W> {
    /// A stream of `channels` channels, not yet begun. Weights are `M x C/groups x size`.
    ///
    /// # Errors
    /// As [`ConvPlan::with`](crate::ConvPlan::with). Padding, an edge or a transposed convolution is refused.
    pub fn new<R: Rank>(
        spec: &ConvSpec,
        channels: usize,
        weights: &StridedView<'_, W, R>,
        options: &PlanOptions<X::Output>,
    ) -> Result<Self, ConvError> {
        let stream = (X::engine().stream)(spec, channels, &weights.to_dyn(), options)?;
        Ok(Self { stream, weight: PhantomData })
    }

    /// Forgets everything: the next sample is the first.
    pub fn reset(&mut self) {
        self.stream.reset();
    }

    /// The kernel of the longest block.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.stream.longest().kernel()
    }

    /// How many outputs per channel a chunk of `len` samples will give.
    #[must_use]
    pub fn outputs(&self, len: usize) -> usize {
        self.stream.outputs(len)
    }

    /// Takes a chunk, `C x len` row-major, and writes the outputs it completes, `M x outputs(len)`
    /// row-major. Allocates nothing.
    ///
    /// # Errors
    /// A chunk that does not divide into the channels, or an output of the wrong length; then nothing
    /// has been taken.
    pub fn push_into(&mut self, chunk: &[X], out: &mut [X::Output]) -> Result<(), ConvError> {
        (X::engine().push)(&mut self.stream, chunk, out)
    }

    /// [`CausalConv1d::push_into`] with a new vector.
    ///
    /// # Errors
    /// A chunk that does not divide into the channels, and memory that is not there.
    pub fn push(&mut self, chunk: &[X]) -> Result<Vec<X::Output>, ConvError> {
        let len = chunk.len() / self.stream.channels.max(1);
        let len = self.outputs(len).saturating_mul(self.stream.out_channels);
        let mut out = filled("output", len, X::Output::default())?;
        self.push_into(chunk, &mut out)?;
        Ok(out)
    }
}

/// A causal convolution whatever its weights are.
#[derive(Clone, Debug)]
pub(crate) struct Stream<X: Input> {
    /// For 1, 2, 4, .. outputs.
    plans: Vec<Arc<Program<X>>>,
    channels: usize,
    out_channels: usize,
    field: usize,
    step: usize,
    zero: X,
    /// `channels` rows of `capacity`, of which `filled` are not yet done with.
    state: Vec<X>,
    capacity: usize,
    filled: usize,
    /// Inputs to skip before the next window, where the step is longer than the field.
    skip: usize,
    out: Vec<X::Lane>,
    scratch: Vec<X::Lane>,
}

impl<X: Input> Stream<X> {
    /// As [`CausalConv1d::new`].
    pub(crate) fn new<W: Weight<X::Lane>>(
        spec: &ConvSpec,
        channels: usize,
        weights: &DynView<'_, W>,
        options: &PlanOptions<X::Lane>,
    ) -> Result<Self, ConvError> {
        let axes = spec.axes()?;
        let [axis] = axes[..] else {
            return Err(ConvError::Rank { what: "size", got: axes.len(), expected: 1 });
        };
        let plain = AxisSpec::of(axis.extent).step(axis.step).dilation(axis.dilation);
        if spec.transposed || axis != plain {
            return Err(ConvError::TransposedEdge { axis: 0 });
        }
        let field = Axis::new(0, axis)?.field();
        let step = axis.step;
        let capacity = (MOST - 1).checked_mul(step).and_then(|reach| reach.checked_add(field));
        let overflow = WindowError::FieldOverflow { axis: 0, size: field, dilation: axis.dilation };
        let capacity = capacity.ok_or(overflow)?;
        let state = Layout::<Dyn>::contiguous([channels, capacity])?.len();
        let zero = X::from_zero_point(options.input_zero);
        let options = PlanOptions { output: OutputOrder::ChannelsFirst, ..options.clone() };
        let plans = (0..=MOST.ilog2())
            .map(|power| {
                let len = ((1usize << power) - 1) * step + field;
                let strides = [(channels * capacity) as isize, capacity as isize, 1];
                let layout = Layout::<Dyn>::new([1, channels, len], &strides[..])?;
                plan(spec, &layout, weights, &options)
            })
            .collect::<Result<Vec<_>, ConvError>>()?;
        let largest = &plans[plans.len() - 1];
        let zeroed = X::Lane::default();
        let scratch = plans.iter().map(|plan| plan.scratch_len()).max().unwrap_or(0);
        let mut stream = Self {
            channels,
            out_channels: largest.channels(),
            field,
            step,
            zero,
            state: filled("state", state, zero)?,
            capacity,
            filled: 0,
            skip: 0,
            out: filled("output", largest.output_len(), zeroed)?,
            scratch: filled("scratch", scratch, zeroed)?,
            plans,
        };
        stream.reset();
        Ok(stream)
    }

    fn reset(&mut self) {
        self.state.fill(self.zero);
        self.filled = self.field - 1;
        self.skip = 0;
    }

    /// The program of the longest block.
    fn longest(&self) -> &Program<X> {
        &self.plans[self.plans.len() - 1]
    }

    fn outputs(&self, len: usize) -> usize {
        let have = (self.filled + len).saturating_sub(self.skip);
        if have < self.field { 0 } else { (have - self.field) / self.step + 1 }
    }

    /// As [`CausalConv1d::push_into`].
    pub(crate) fn push_into(&mut self, chunk: &[X], out: &mut [X::Lane]) -> Result<(), ConvError> {
        let channels = self.channels.max(1);
        let len = chunk.len() / channels;
        if len * self.channels != chunk.len() {
            let (got, expected) = (chunk.len(), len * self.channels);
            return Err(ConvError::Shape { what: "chunk", axis: 1, got, expected });
        }
        let total = self.outputs(len);
        if out.len() != total * self.out_channels {
            let (got, expected) = (out.len(), total * self.out_channels);
            return Err(ConvError::Shape { what: "output", axis: 1, got, expected });
        }
        let (mut taken, mut written) = (0, 0);
        loop {
            // What a long step jumps over is never kept.
            let jump = self.skip.min(len - taken);
            (self.skip, taken) = (self.skip - jump, taken + jump);
            let more = (self.capacity - self.filled).min(len - taken);
            for channel in 0..self.channels {
                let from = &chunk[channel * len + taken..][..more];
                self.state[channel * self.capacity + self.filled..][..more].copy_from_slice(from);
            }
            (self.filled, taken) = (self.filled + more, taken + more);
            let ready = self.outputs(0);
            if ready == 0 {
                return Ok(());
            }
            let mut first = 0;
            while first < ready {
                let power = (ready - first).ilog2().min(MOST.ilog2());
                self.block(power as usize, first, out, written, total)?;
                (first, written) = (first + (1 << power), written + (1 << power));
            }
            let used = (ready * self.step).min(self.filled);
            self.skip = ready * self.step - used;
            for channel in 0..self.channels {
                let row = channel * self.capacity;
                self.state.copy_within(row + used..row + self.filled, row);
            }
            self.filled -= used;
        }
    }

    /// Outputs `first..first + 2^power` of the state, to column `written` of `total`.
    fn block(
        &mut self,
        power: usize,
        first: usize,
        out: &mut [X::Lane],
        written: usize,
        total: usize,
    ) -> Result<(), ConvError> {
        let plan = &self.plans[power];
        let columns = 1 << power;
        let block = &mut self.out[..columns * self.out_channels];
        let input = Source {
            data: &self.state,
            offset: first * self.step,
            shape: plan.input.shape(),
            strides: plan.input.strides(),
        };
        run_program(plan, input, block, &mut self.scratch)?;
        for (row, to) in block.chunks_exact(columns).zip(out.chunks_exact_mut(total)) {
            to[written..written + columns].copy_from_slice(row);
        }
        Ok(())
    }
}
