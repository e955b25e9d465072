//! Planning: from what is asked for to a [`Program`].

use std::collections::HashMap;
use std::sync::Arc;

use windows_core::kernel::Isa;
use windows_core::{Axis, AxisSpec, Dyn, DynView, Layout};

use crate::ConvError;
use crate::kernel::depthwise::MAX_INNER_TAPS;
use crate::kernel::element::{Input, Weight};
use crate::kernel::finish::finished;
use crate::kernel::scalar::Scalar;
use crate::kernel::table::Kernels;
use crate::pass::{Pass, PassAxis, are_all, passes, stride, strided, transposed_axis};
use crate::program::{Algorithm, PassProgram, Program};
use crate::shape::{Product, Shape};
use crate::spec::{Activation, ConvSpec, MOST_THREADS, Method, OutputOrder, Overflow, PlanOptions};
use crate::square::PLACES;
use crate::weights::{Weights, row_major};

/// Bytes of scratch memory that a plan does not ask for more of.
const BUFFERED_MOST: usize = 1 << 20;

/// Checks everything, chooses kernels and packs the weights for them.
///
/// # Errors
/// Those of [`ConvPlan::with`](crate::ConvPlan::with).
pub(crate) fn plan<X: Input, W: Weight<X::Lane>>(
    spec: &ConvSpec,
    input: &Layout<Dyn>,
    weights: &DynView<'_, W>,
    options: &PlanOptions<X::Lane>,
) -> Result<Arc<Program<X>>, ConvError> {
    let input = strided(input)?;
    let axes = spec.axes()?;
    check_ranks(axes.len(), input.ndim(), weights.ndim())?;
    let groups = Groups::new(spec, input.shape()[1], weights.shape())?;
    let windows = resolve(spec, &axes, input.shape(), weights.shape())?;
    let output = Output::new(input.shape()[0], groups.outputs(), &windows, options.output)?;
    let kernels = kernels_of::<X>(options.isa)?;
    check_options::<X, W>(options, groups.outputs())?;
    let weights = Weights {
        data: row_major(weights)?,
        taps: weights.shape()[2..].iter().product(),
        groups: groups.count,
        per_group: groups.inputs,
        out_per_group: groups.outputs,
        transposed: spec.transposed,
        zeros: &options.weight_zeros,
    };
    let passes = match output.is_empty {
        true => Vec::new(),
        false => passes(&pass_axes(spec, &windows, &input, &output), spec.transposed)?,
    };
    Planner { options, kernels, input, output, weights }.program(passes)
}

/// What is chosen from.
struct Planner<'a, X: Input, W: Copy> {
    options: &'a PlanOptions<X::Lane>,
    kernels: &'static Kernels<X>,
    input: Layout<Dyn>,
    output: Output,
    weights: Weights<'a, W>,
}

/// What weights are packed for: taps, channels of a panel, of a unit of one, and whether as squares.
type Packing = (Vec<usize>, usize, usize, bool);

impl<X: Input, W: Weight<X::Lane>> Planner<'_, X, W> {
    fn program(self, passes: Vec<Pass>) -> Result<Arc<Program<X>>, ConvError> {
        let (mut algorithm, mut shapes) = (self.algorithm(&passes), Vec::new());
        if algorithm == Algorithm::Gemm {
            match self.shapes(&passes)? {
                Some(found) => shapes = found,
                None => algorithm = Algorithm::Reference,
            }
        }
        self.check_sums(&passes)?;
        let blank = self.blank(&passes);
        let bias = self.bias(algorithm);
        let scratch = shapes.iter().map(|shape| shape.scratch).max().unwrap_or(0);
        self.check_scratch(scratch)?;
        let mut shapes = shapes.into_iter();
        let mut packed = HashMap::new();
        let passes = passes
            .into_iter()
            .map(|pass| self.pass(algorithm, pass, shapes.next(), &mut packed))
            .collect::<Result<_, _>>()?;
        Ok(Arc::new(Program {
            passes,
            bias,
            blank,
            algorithm,
            scratch,
            groups: self.weights.groups,
            out_image: self.output.strides[0],
            out_channel: self.output.strides[1],
            activation: self.options.activation,
            input_zero: self.options.input_zero,
            kernels: self.kernels,
            threads: self.options.threads,
            input: self.input,
            output: self.output.shape,
        }))
    }

    /// Lanes of the channels of a tap.
    fn per_tap(&self) -> usize {
        self.weights.per_group.div_ceil(X::PAIR)
    }

    fn in_channel(&self) -> isize {
        stride(self.input.shape(), self.input.strides(), 1)
    }

    /// What the geometry and the weights suit.
    fn algorithm(&self, passes: &[Pass]) -> Algorithm {
        let weights = &self.weights;
        let finite = weights.data.iter().all(|&w| W::lane([Some(w), None], 0).is_finite());
        if self.options.reference || !finite {
            return Algorithm::Reference;
        }
        // Depthwise: one input channel per output, read straight from the image.
        let single = X::PLAIN && weights.per_group == 1;
        let by_rows = |pass: &Pass| {
            matches!(pass.stride, 1 | 2)
                && pass.out_stride == 1
                && pass.inner.len() <= MAX_INNER_TAPS
        };
        let rows = passes.iter().all(by_rows);
        let channels = self.output.shape[1];
        let neighbours =
            weights.groups == channels && self.in_channel() == 1 && self.output.strides[1] == 1;
        match single {
            true if neighbours && (channels > 1 || !rows) => Algorithm::DepthwiseChannels,
            true if rows => Algorithm::DepthwiseRows,
            _ => Algorithm::Gemm,
        }
    }

    /// How the multiplication of each pass is laid out; `None` where plain loops must do.
    fn shapes(&self, passes: &[Pass]) -> Result<Option<Vec<Shape>>, ConvError> {
        let limit = self.options.scratch_bytes;
        let mut shapes = Vec::with_capacity(passes.len());
        for pass in passes {
            let product = Product {
                pass,
                per_tap: self.per_tap(),
                channels: self.weights.out_per_group,
                out_channel: self.output.strides[1],
                plain: X::PLAIN,
                in_channel: self.in_channel(),
                size: size_of::<X::Lane>(),
                limit,
                threads: self.options.threads,
                times: self.input.shape()[0] * self.weights.groups,
                winograd: self.options.method == Method::Winograd,
            };
            match self.kernels.tiles.shape(&product) {
                Ok(shape) => shapes.push(shape),
                // A window of more taps than any network has, onto outputs that are not
                // neighbours: plain loops need no scratch at all.
                Err(needed) if needed > BUFFERED_MOST => return Ok(None),
                Err(needed) => return Err(ConvError::Scratch { needed, limit }),
            }
        }
        Ok(Some(shapes))
    }

    fn check_sums(&self, passes: &[Pass]) -> Result<(), ConvError> {
        if self.options.overflow == Overflow::Refuse {
            let PlanOptions { input_zero, bias, .. } = self.options;
            for pass in passes {
                self.weights.check_sums::<X>(&pass.weights, *input_zero, bias)?;
            }
        }
        Ok(())
    }

    fn check_scratch(&self, scratch: usize) -> Result<(), ConvError> {
        let len = scratch.checked_mul(self.options.threads);
        let bytes = len.and_then(|len| len.checked_mul(size_of::<X::Lane>()));
        match bytes {
            Some(bytes) if isize::try_from(bytes).is_ok() => Ok(()),
            _ => Err(ConvError::Memory { what: "scratch", bytes: usize::MAX }),
        }
    }

    /// A pass with its weights, which it shares with those that read through the same taps.
    fn pass(
        &self,
        algorithm: Algorithm,
        pass: Pass,
        shape: Option<Shape>,
        all: &mut HashMap<Packing, Arc<Vec<X::Lane>>>,
    ) -> Result<PassProgram<X::Lane>, ConvError> {
        let (weights, tiles, per_tap) = (&self.weights, self.kernels.tiles, self.per_tap());
        let taps = &pass.weights;
        let (full, unit) = match shape.as_ref().map(Shape::channel_lanes) {
            Some(true) => (tiles.panel(true), tiles.width),
            Some(false) => (tiles.panel(false), tiles.panel(false)),
            None => (1, 1),
        };
        let squares = shape.as_ref().is_some_and(Shape::squares);
        let steps = per_tap * if squares { PLACES } else { pass.taps() };
        let packing = (taps.clone(), full, unit, squares);
        if let Some(packed) = all.get(&packing) {
            return Ok(PassProgram { pass, shape, steps, weights: Arc::clone(packed) });
        }
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
        all.insert(packing, Arc::clone(&packed));
        Ok(PassProgram { pass, shape, steps, weights: packed })
    }

    /// By channel, those of each group padded to whole panels.
    fn bias(&self, algorithm: Algorithm) -> Vec<X::Lane> {
        let (per_group, tiles) = (self.weights.out_per_group, self.kernels.tiles);
        let padded = match algorithm {
            Algorithm::Gemm => tiles.padded(true, per_group).max(tiles.padded(false, per_group)),
            _ => per_group,
        };
        let bias = &self.options.bias;
        let of = |group: usize, m: usize| match bias.is_empty() || m >= per_group {
            true => X::Lane::default(),
            false => bias[group * per_group + m],
        };
        let groups = 0..self.weights.groups;
        groups.flat_map(|group| (0..padded).map(move |m| of(group, m))).collect()
    }

    /// By channel, what outputs are that read nothing, if there are any.
    fn blank(&self, passes: &[Pass]) -> Vec<X::Lane> {
        if are_all(passes.iter(), self.output.shape[2..].iter().product()) {
            return Vec::new();
        }
        let bias = |m: usize| self.options.bias.get(m).copied().unwrap_or_default();
        let channels = 0..self.output.shape[1];
        channels.map(|m| finished(self.options.activation, bias(m))).collect()
    }
}

fn check_ranks(windowed: usize, input: usize, weights: usize) -> Result<(), ConvError> {
    if windowed == 0 {
        return Err(ConvError::Rank { what: "size", got: 0, expected: 1 });
    }
    for (what, got) in [("input", input), ("weights", weights)] {
        if got != windowed + 2 {
            return Err(ConvError::Rank { what, got, expected: windowed + 2 });
        }
    }
    Ok(())
}

/// Channels that are convolved apart from others.
struct Groups {
    count: usize,
    /// Channels of each.
    inputs: usize,
    outputs: usize,
}

impl Groups {
    /// # Errors
    /// Channels of input, output or weights that do not agree.
    fn new(spec: &ConvSpec, channels: usize, weights: &[usize]) -> Result<Self, ConvError> {
        let groups = spec.groups;
        if groups == 0 {
            return Err(ConvError::ZeroGroups);
        }
        if !channels.is_multiple_of(groups) {
            return Err(ConvError::Groups { what: "input", channels, groups });
        }
        let of_output = |channels| ConvError::Groups { what: "output", channels, groups };
        let (got, expected, outputs) = if spec.transposed {
            weights[1].checked_mul(groups).ok_or(of_output(weights[1]))?;
            (weights[0], channels, weights[1])
        } else {
            if !weights[0].is_multiple_of(groups) {
                return Err(of_output(weights[0]));
            }
            (weights[1], channels / groups, weights[0] / groups)
        };
        if got != expected {
            return Err(ConvError::Channels { input: channels, groups, weights: got });
        }
        Ok(Self { count: groups, inputs: channels / groups, outputs })
    }

    /// Output channels of all groups.
    fn outputs(&self) -> usize {
        self.count * self.outputs
    }
}

/// The output: shape and strides by axis, whatever its order in memory.
struct Output {
    shape: Vec<usize>,
    strides: Vec<isize>,
    is_empty: bool,
}

impl Output {
    /// # Errors
    /// More than `isize::MAX` elements.
    fn new(
        images: usize,
        channels: usize,
        windows: &[(Axis, usize)],
        order: OutputOrder,
    ) -> Result<Self, ConvError> {
        let mut shape = vec![images, channels];
        shape.extend(windows.iter().map(|&(_, out_len)| out_len));
        let axes = shape.len();
        let order: Vec<usize> = match order {
            OutputOrder::ChannelsFirst => (0..axes).collect(),
            OutputOrder::ChannelsLast => std::iter::once(0).chain(2..axes).chain([1]).collect(),
        };
        let in_memory: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
        let in_memory = Layout::<Dyn>::contiguous(&in_memory)?;
        let mut strides = vec![0; axes];
        for (place, &axis) in order.iter().enumerate() {
            strides[axis] = in_memory.strides()[place];
        }
        Ok(Self { shape, strides, is_empty: in_memory.is_empty() })
    }
}

/// The windowed axes as passes are made of them.
fn pass_axes(
    spec: &ConvSpec,
    windows: &[(Axis, usize)],
    input: &Layout<Dyn>,
    output: &Output,
) -> Vec<PassAxis> {
    let mut weight_stride: usize = windows.iter().map(|(axis, _)| axis.size()).product();
    let of = |(at, &(axis, out_len)): (usize, &(Axis, usize))| {
        weight_stride /= axis.size().max(1);
        PassAxis {
            axis,
            len: input.shape()[2 + at],
            in_stride: stride(input.shape(), input.strides(), 2 + at),
            out_len,
            out_stride: output.strides[2 + at],
            weight_stride,
            flipped: spec.flipped,
        }
    };
    windows.iter().enumerate().map(of).collect()
}

/// The kernels of the best instruction set that is asked for.
///
/// # Errors
/// One that this processor does not have.
fn kernels_of<X: Input>(isa: Option<Isa>) -> Result<&'static Kernels<X>, ConvError> {
    let isa = match isa {
        None => Isa::best(),
        Some(isa) if isa.is_available() => isa,
        Some(isa) => return Err(ConvError::Isa { name: isa.name() }),
    };
    let (portable, others) = X::KERNELS.split_last().expect("what every processor can run");
    Ok(others.iter().find(|kernels| isa.contains(kernels.isa)).unwrap_or(portable))
}

/// The axis of windows and the output length of each windowed axis.
fn resolve(
    spec: &ConvSpec,
    axes: &[AxisSpec],
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
            let resolved = Axis::new(len, axes[axis]).map_err(|error| error.on_axis(2 + axis))?;
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

fn check_options<X: Input, W: Weight<X::Lane>>(
    options: &PlanOptions<X::Lane>,
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
        [("input", &input_zero[..], X::ZEROS), ("weights", &options.weight_zeros, W::ZEROS)];
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
