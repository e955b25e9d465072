//! Plan once, run often: geometry, packed weights and the choice of a kernel.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use windows_core::kernel::Isa;
use windows_core::{Axis, Dyn, Layout, Rank, StridedView};

use crate::kernel::depthwise::MAX_INNER_TAPS;
use crate::kernel::element::Operand;
use crate::kernel::lanes::Scalar;
use crate::kernel::run::{run, tile_size};
use crate::kernel::tile::{Finish, finished};
use crate::memory::filled;
use crate::pass::{Pass, PassAxis, are_all, named, passes, stride, strided, transposed_axis};
use crate::shape::{Product, Shape, TileSize};
use crate::spec::{Activation, ConvSpec, MOST_THREADS, Method, OutputOrder, Overflow, PlanOptions};
use crate::square::PLACES;
use crate::weights::{Weights, row_major};
use crate::{ConvError, reference};

/// Bytes of scratch memory that a plan does not ask for more of.
const BUFFERED_MOST: usize = 1 << 20;

/// What a plan does with its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Gemm,
    DepthwiseRows,
    DepthwiseChannels,
    Reference,
}

/// One pass, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct PassPlan<T> {
    pub pass: Pass,
    /// Of a multiplication.
    pub shape: Option<Shape>,
    /// Lanes along K: channels (pairs of them) times taps.
    pub steps: usize,
    /// Shared by passes with the same taps.
    pub weights: Arc<Vec<T>>,
}

/// Which kernel a plan chose, and its tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    isa: Isa,
    algorithm: Algorithm,
    squares: bool,
    channel_lanes: bool,
    rows: usize,
    lanes: usize,
}

impl Kernel {
    /// The instruction set.
    #[must_use]
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// `"implicit-gemm"`, `"winograd"`, `"depthwise"` or `"reference"`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Gemm if self.squares => "winograd",
            Algorithm::Gemm => "implicit-gemm",
            Algorithm::DepthwiseRows | Algorithm::DepthwiseChannels => "depthwise",
            Algorithm::Reference => "reference",
        }
    }

    /// What lies along the lanes of a register: `"pixels"` or `"channels"`.
    #[must_use]
    pub fn lanes(&self) -> &'static str {
        if self.channel_lanes { "channels" } else { "pixels" }
    }
}

/// For people: `avx512 implicit-gemm 8x48, pixels along the lanes`.
impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.isa, self.name())?;
        match self.algorithm {
            Algorithm::Reference => Ok(()),
            Algorithm::Gemm => {
                write!(f, " {}x{}, {} along the lanes", self.rows, self.lanes, self.lanes())
            }
            _ => write!(f, ", {} along the lanes", self.lanes()),
        }
    }
}

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
/// leave the range of `i32` is refused, unless [`Overflow::Wrap`] is asked for.
///
/// Taps in the padding contribute nothing: they are skipped, not multiplied by zero, so that infinite or
/// NaN weights stay out of outputs whose window does not reach the data with them. (Kernels do pad
/// panels with zeros where all weights are finite, which cannot be told apart.)
///
/// [`Method::Winograd`] keeps the first of these promises and loosens the second, as it says.
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
    pub(crate) input: Layout<Dyn>,
    pub(crate) groups: usize,
    pub(crate) out_channels: usize,
    output: Vec<usize>,
    pub(crate) out_image: isize,
    pub(crate) out_channel: isize,
    pub(crate) passes: Vec<PassPlan<X::Output>>,
    pub(crate) bias: Vec<X::Output>,
    /// By channel, what outputs are whose windows have nothing of the input; none if there are no such.
    blank: Vec<X::Output>,
    pub(crate) activation: Activation<X::Output>,
    pub(crate) input_zero: i32,
    pub(crate) isa: Isa,
    pub(crate) algorithm: Algorithm,
    pub(crate) threads: usize,
    /// Elements a thread.
    pub(crate) scratch: usize,
    weight: std::marker::PhantomData<W>,
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
        let input = strided(input)?;
        let axes = spec.axes()?;
        let ndim = axes.len();
        let rank = |what, got| match got == ndim + 2 {
            true => Ok(()),
            false => Err(ConvError::Rank { what, got, expected: ndim + 2 }),
        };
        if ndim == 0 {
            return Err(ConvError::Rank { what: "size", got: 0, expected: 1 });
        }
        rank("input", input.ndim())?;
        rank("weights", weights.ndim())?;
        let (channels, groups) = (input.shape()[1], spec.groups);
        let shape = weights.shape();
        if groups == 0 {
            return Err(ConvError::ZeroGroups);
        }
        if channels % groups != 0 {
            return Err(ConvError::Groups { what: "input", channels, groups });
        }
        let (expected, out_channels) = if spec.transposed {
            let out = shape[1].checked_mul(groups).ok_or(ConvError::Groups {
                what: "output",
                channels: shape[1],
                groups,
            })?;
            (channels, out)
        } else {
            if !shape[0].is_multiple_of(groups) {
                return Err(ConvError::Groups { what: "output", channels: shape[0], groups });
            }
            (channels / groups, shape[0])
        };
        let got = if spec.transposed { shape[0] } else { shape[1] };
        if got != expected {
            return Err(ConvError::Channels { input: channels, groups, weights: got });
        }

        let resolved = resolve(spec, &axes, input.shape(), shape)?;
        let mut output = vec![input.shape()[0], out_channels];
        output.extend(resolved.iter().map(|&(_, out_len)| out_len));
        let order: Vec<usize> = match options.output {
            OutputOrder::ChannelsFirst => (0..ndim + 2).collect(),
            OutputOrder::ChannelsLast => std::iter::once(0).chain(2..ndim + 2).chain([1]).collect(),
        };
        let in_memory: Vec<usize> = order.iter().map(|&axis| output[axis]).collect();
        let in_memory = Layout::<Dyn>::contiguous(&in_memory)?;
        let mut out_strides = vec![0; ndim + 2];
        for (place, &axis) in order.iter().enumerate() {
            out_strides[axis] = in_memory.strides()[place];
        }

        let isa = match options.isa {
            // What there are kernels for.
            None => Isa::best().cap(Isa::AVX512),
            Some(isa) if isa.is_available() => isa.cap(Isa::AVX512),
            Some(isa) => return Err(ConvError::Isa { name: isa.name() }),
        };
        check_options::<X, W>(options, out_channels)?;

        let taps: usize = shape[2..].iter().product();
        let weights = Weights {
            data: row_major(weights)?,
            taps,
            groups,
            per_group: channels / groups,
            out_per_group: out_channels / groups,
            transposed: spec.transposed,
            zeros: &options.weight_zeros,
        };
        let mut weight_stride = taps;
        let pass_axes: Vec<PassAxis> = (0..ndim)
            .map(|axis| {
                weight_stride /= shape[2 + axis].max(1);
                PassAxis {
                    axis: resolved[axis].0,
                    len: input.shape()[2 + axis],
                    in_stride: stride(&input, 2 + axis),
                    out_len: output[2 + axis],
                    out_stride: out_strides[2 + axis],
                    weight_stride,
                    flipped: spec.flipped,
                }
            })
            .collect();
        let passes = match in_memory.is_empty() {
            true => Vec::new(),
            false => passes(&pass_axes, spec.transposed)?,
        };

        let mut plan = Self {
            input,
            groups,
            out_channels,
            output,
            out_image: out_strides[0],
            out_channel: out_strides[1],
            passes: Vec::new(),
            bias: Vec::new(),
            blank: Vec::new(),
            activation: options.activation,
            input_zero: options.input_zero,
            isa,
            algorithm: Algorithm::Gemm,
            threads: options.threads,
            scratch: 0,
            weight: std::marker::PhantomData,
        };
        plan.choose(passes, &weights, options)?;
        Ok(plan)
    }

    /// Chooses the kernel and packs the weights for it.
    fn choose(
        &mut self,
        passes: Vec<Pass>,
        weights: &Weights<'_, W>,
        options: &PlanOptions<X::Output>,
    ) -> Result<(), ConvError> {
        let size = tile_size::<X::Output>(self.isa);
        let per_tap = weights.per_group.div_ceil(X::PAIR);
        let finite = weights.data.iter().all(|&w| X::weight([Some(w), None], 0).is_finite());
        // Depthwise: one input channel per output, read straight from the image.
        let single = X::PLAIN && weights.per_group == 1;
        let rows = |pass: &Pass| {
            matches!(pass.stride, 1 | 2)
                && pass.out_stride == 1
                && pass.inner.len() <= MAX_INNER_TAPS
        };
        let single_rows = single && passes.iter().all(rows);
        let last = self.groups == self.out_channels
            && stride(&self.input, 1) == 1
            && self.out_channel == 1;
        let mut shapes = Vec::new();
        let mut algorithm = if options.reference || !finite {
            Algorithm::Reference
        } else if single && last && (self.out_channels > 1 || !single_rows) {
            Algorithm::DepthwiseChannels
        } else if single_rows {
            Algorithm::DepthwiseRows
        } else {
            Algorithm::Gemm
        };
        if algorithm == Algorithm::Gemm {
            for pass in &passes {
                let limit = options.scratch_bytes;
                let product = Product {
                    pass,
                    per_tap,
                    channels: weights.out_per_group,
                    out_channel: self.out_channel,
                    plain: X::PLAIN,
                    in_channel: stride(&self.input, 1),
                    size: size_of::<X::Output>(),
                    limit,
                    threads: self.threads,
                    times: self.images() * self.groups,
                    winograd: options.method == Method::Winograd,
                };
                match size.shape(&product) {
                    Ok(shape) => shapes.push(shape),
                    // A window of more taps than any network has, onto outputs that are not
                    // neighbours: plain loops need no scratch at all.
                    Err(needed) if needed > BUFFERED_MOST => {
                        algorithm = Algorithm::Reference;
                        break;
                    }
                    Err(needed) => return Err(ConvError::Scratch { needed, limit }),
                }
            }
        }
        self.algorithm = algorithm;

        if options.overflow == Overflow::Refuse {
            for pass in &passes {
                weights.check_sums::<X>(&pass.weights, options.input_zero, &options.bias)?;
            }
        }

        let mut shapes = shapes.into_iter();
        let mut all_packed = HashMap::new();
        for pass in passes {
            let mut steps = per_tap * pass.taps();
            let shape = if algorithm == Algorithm::Gemm { shapes.next() } else { None };
            let (full, unit) = match shape.as_ref().map(Shape::channel_lanes) {
                Some(true) => (size.panel(true), size.width),
                Some(false) => (size.panel(false), size.panel(false)),
                None => (1, 1),
            };
            let squares = shape.as_ref().is_some_and(Shape::squares);
            if squares {
                steps = per_tap * PLACES;
            }
            let taps = &pass.weights;
            let key = (taps.clone(), full, unit, squares);
            let packed = match all_packed.get(&key) {
                Some(packed) => Arc::clone(packed),
                None => {
                    let mut packed = if squares {
                        let places = weights.transformed::<X>(taps);
                        weights.pack(steps, full, unit, |group, out, step| {
                            let out = group * weights.out_per_group + out;
                            places[out * per_tap + step % per_tap][step / per_tap]
                        })?
                    } else {
                        weights.pack(steps, full, unit, |group, out, step| {
                            weights.lane::<X>(group, out, step, taps)
                        })?
                    };
                    if algorithm == Algorithm::DepthwiseChannels {
                        packed = (0..steps)
                            .flat_map(|tap| packed.iter().skip(tap).step_by(steps).copied())
                            .collect();
                    }
                    let packed = Arc::new(packed);
                    all_packed.insert(key, Arc::clone(&packed));
                    packed
                }
            };
            self.scratch = self.scratch.max(shape.as_ref().map_or(0, |shape| shape.scratch));
            self.passes.push(PassPlan { pass, shape, steps, weights: packed });
        }

        let per_group = weights.out_per_group;
        let padded = match algorithm {
            Algorithm::Gemm => size.padded(true, per_group).max(size.padded(false, per_group)),
            _ => per_group,
        };
        let zero = X::Output::default();
        for group in 0..self.groups {
            let bias = |m: usize| match options.bias.is_empty() || m >= per_group {
                true => zero,
                false => options.bias[group * per_group + m],
            };
            self.bias.extend((0..padded).map(bias));
        }
        let outputs = self.output[2..].iter().product();
        if !are_all(self.passes.iter().map(|part| &part.pass), outputs) {
            let bias = |m: usize| options.bias.get(m).copied().unwrap_or_default();
            let blank = (0..self.out_channels).map(|m| finished(self.activation, bias(m)));
            self.blank = blank.collect();
        }
        let bytes = self.scratch.checked_mul(self.threads).and_then(|len| {
            len.checked_mul(size_of::<X::Output>()).filter(|&bytes| bytes <= isize::MAX as usize)
        });
        match bytes {
            Some(_) => Ok(()),
            None => Err(ConvError::Memory { what: "scratch", bytes: usize::MAX }),
        }
    }

    /// Shape of the output, `[N, M, spatial..]` whatever its order in memory.
    #[must_use]
    pub fn output_shape(&self) -> &[usize] {
        &self.output
    }

    /// Elements of the output.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.output.iter().product()
    }

    /// Elements of scratch memory that a run needs, for all its threads together. At most
    /// [`PlanOptions::scratch_bytes`] each.
    #[must_use]
    pub fn scratch_len(&self) -> usize {
        self.scratch * self.threads
    }

    /// Which kernel runs.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        let size: TileSize = tile_size::<X::Output>(self.isa);
        let shape = self.passes.first().and_then(|pass| pass.shape.as_ref());
        let channel_lanes = match self.algorithm {
            Algorithm::DepthwiseChannels => true,
            _ => shape.is_some_and(Shape::channel_lanes),
        };
        let (rows, lanes) = size.tile(channel_lanes);
        let squares = shape.is_some_and(Shape::squares);
        Kernel { isa: self.isa, algorithm: self.algorithm, squares, channel_lanes, rows, lanes }
    }

    pub(crate) fn images(&self) -> usize {
        self.input.shape()[0]
    }

    pub(crate) fn finish(&self) -> Option<Finish<X::Output>> {
        (self.activation != Activation::None).then_some(Finish { activation: self.activation })
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
        check_layout(&self.input, input)?;
        let lengths = [
            ("output", out.len(), self.output_len(), out.len() == self.output_len()),
            ("scratch", scratch.len(), self.scratch_len(), scratch.len() >= self.scratch_len()),
        ];
        for (what, got, expected, fits) in lengths {
            if !fits {
                return Err(ConvError::Shape { what, axis: 0, got, expected });
            }
        }
        self.write_blank(out);
        match self.algorithm {
            Algorithm::Reference => reference::run(self, input.data(), input.offset(), out),
            _ => run(self, input.data(), input.offset(), out, scratch),
        }
        Ok(())
    }

    /// Writes every output as if its window had nothing of the input, where some have not.
    fn write_blank(&self, out: &mut [X::Output]) {
        if self.blank.is_empty() {
        } else if self.out_channel == 1 {
            for pixel in out.chunks_exact_mut(self.out_channels) {
                pixel.copy_from_slice(&self.blank);
            }
        } else {
            let planes = out.chunks_exact_mut(self.output[2..].iter().product());
            planes.zip(self.blank.iter().cycle()).for_each(|(plane, &value)| plane.fill(value));
        }
    }

    /// Convolves into new memory, with scratch memory of its own.
    ///
    /// # Errors
    /// As [`ConvPlan::run`], and memory that is not there.
    pub fn conv<R: Rank>(
        &self,
        input: &StridedView<'_, X, R>,
    ) -> Result<Vec<X::Output>, ConvError> {
        let mut out = filled("output", self.output_len(), X::Output::default())?;
        let mut scratch = filled("scratch", self.scratch_len(), X::Output::default())?;
        self.run(input, &mut out, &mut scratch)?;
        Ok(out)
    }
}

/// # Errors
/// The first axis whose length or stride is not that of the plan; strides of length 1 do not matter.
pub(crate) fn check_layout<T, R: Rank>(
    plan: &Layout<Dyn>,
    input: &StridedView<'_, T, R>,
) -> Result<(), ConvError> {
    let expected = plan.ndim();
    if input.ndim() != expected {
        return Err(ConvError::Rank { what: "input", got: input.ndim(), expected });
    }
    for axis in 0..expected {
        let (got, expected) = (input.shape()[axis], plan.shape()[axis]);
        if got != expected {
            return Err(ConvError::Shape { what: "input", axis, got, expected });
        }
    }
    for axis in 0..expected {
        let (got, expected) = (stride(input.layout(), axis), stride(plan, axis));
        if got != expected {
            return Err(ConvError::Stride { axis, got, expected });
        }
    }
    Ok(())
}

/// The axis of windows and the output length of each windowed axis.
fn resolve(
    spec: &ConvSpec,
    axes: &[windows_core::AxisSpec],
    input: &[usize],
    weights: &[usize],
) -> Result<Vec<(Axis, usize)>, ConvError> {
    let padding = &spec.output_padding;
    if !padding.is_empty() {
        if !spec.transposed {
            return Err(ConvError::NotTransposed);
        }
        if padding.len() != axes.len() {
            let (got, expected) = (padding.len(), axes.len());
            return Err(ConvError::Rank { what: "output padding", got, expected });
        }
    }
    let of = |axis: usize| {
        let len = input[2 + axis];
        let resolved = if spec.transposed {
            let more = padding.get(axis).copied().unwrap_or(0);
            transposed_axis(2 + axis, len, axes[axis], more)?
        } else {
            let resolved = Axis::new(len, axes[axis]).map_err(|error| named(error, 2 + axis))?;
            (resolved, resolved.count())
        };
        let (got, expected) = (weights[2 + axis], resolved.0.size());
        if got != expected {
            return Err(ConvError::Shape { what: "weights", axis: 2 + axis, got, expected });
        }
        Ok(resolved)
    };
    (0..axes.len()).map(of).collect()
}

fn check_options<X: Operand<W>, W>(
    options: &PlanOptions<X::Output>,
    out_channels: usize,
) -> Result<(), ConvError> {
    if !(1..=MOST_THREADS).contains(&options.threads) {
        return Err(ConvError::Threads { threads: options.threads, most: MOST_THREADS });
    }
    let listed = |what, got: usize| match got == out_channels {
        true => Ok(()),
        false => Err(ConvError::Shape { what, axis: 0, got, expected: out_channels }),
    };
    if !options.bias.is_empty() {
        listed("bias", options.bias.len())?;
    }
    if options.weight_zeros.len() > 1 {
        listed("weight zero points", options.weight_zeros.len())?;
    }
    let input_zero = [options.input_zero];
    let zeros =
        [("input", &input_zero[..], X::ZEROS[0]), ("weights", &options.weight_zeros, X::ZEROS[1])];
    for (what, values, (low, high)) in zeros {
        if let Some(&value) = values.iter().find(|&&value| value < low || value > high) {
            return Err(ConvError::ZeroPoint { what, value, low, high });
        }
    }
    match options.activation {
        Activation::Silu if !X::PLAIN => Err(ConvError::Activation { name: "silu" }),
        Activation::Clamp(low, high)
            if low.partial_cmp(&high).is_none_or(|order| order.is_gt()) =>
        {
            Err(ConvError::Activation { name: "clamp" })
        }
        _ => Ok(()),
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
