//! `ndwin conv`: convolution of arrays by weights, and of pictures by named kernels.

use std::path::PathBuf;

use windows_conv::{ConvPlan, ConvSpec, NamedKernel, Operand, OutputOrder, PlanOptions};
use windows_core::{Dyn, DynView, Extent, Grid, Same, WindowSpec};
use windows_dtype::with_real;
use windows_pool as pool;
use windows_pool::Pool;

use super::im2col::{announce, padded, require_windows, require_zero_border, spatial, spec};
use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::geometry::{Border, Geometry, GeometryArgs, List};
use crate::io::output::Outputs;
use crate::io::{self, Kind, npy};
use crate::io::{Array, ArrayOf, Dtype, Element};
use crate::memory;
use crate::report::Report;

/// X is N x C x spatial, W is M x C/G x spatial (transposed: C x M/G x spatial), Y is N x M x spatial.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Cross-correlation, as in neural networks: W is not flipped. Padding is 0 unless --border says otherwise.
f32 and f64 give the same type (f64 if they are mixed), 8-bit integers give exact i32.
With --kernel a picture is filtered, each colour by itself; its size is kept unless a geometry is given, alpha is
carried over, and values are rounded and cut to the range of a pixel. Written to .npy they stay f32.

Example, edges of a photograph:
  ndwin conv docs/assets/rocket.jpg --kernel sobel-x --border replicate -o target/edges.png --force")]
pub struct Args {
    /// An array N x C x spatial, or with --kernel a picture
    #[arg(value_name = "X")]
    input: PathBuf,

    /// The weights
    #[arg(value_name = "W.npy", required_unless_present = "kernel", conflicts_with = "kernel")]
    weights: Option<PathBuf>,

    /// Added to each of the M outputs
    #[arg(long, value_name = "B.npy", conflicts_with = "kernel")]
    bias: Option<PathBuf>,

    /// Groups of channels that do not mix; one for each channel is depthwise
    #[arg(long, value_name = "G", default_value_t = 1, conflicts_with = "kernel")]
    groups: usize,

    /// The adjoint: every input spreads over a window of outputs
    #[arg(long, conflicts_with = "kernel")]
    transpose: bool,

    /// More outputs at the end of each axis, less than step or dilation
    #[arg(long, value_name = "P,..", requires = "transpose", allow_hyphen_values = true)]
    output_padding: Option<List<usize>>,

    /// Filter a picture: sobel-x, sobel-y, laplace, sharpen, gauss:SIGMA, box:N
    #[arg(long, value_name = "NAME")]
    kernel: Option<NamedKernel>,

    #[command(flatten)]
    geometry: GeometryArgs,

    #[command(flatten)]
    pub(crate) common: Common,
}

impl Args {
    pub(crate) fn run(&self) -> Result<Report> {
        let mut outputs = Outputs::new(self.common.force);
        outputs.plan_file(&self.common.output)?;
        let report = match (&self.kernel, &self.weights) {
            (Some(kernel), _) => self.picture(kernel, &mut outputs)?,
            (None, Some(weights)) => self.array(weights, &mut outputs)?,
            (None, None) => return Err(Error::new("conv takes weights or a --kernel")),
        };
        outputs.commit()?;
        Ok(report)
    }

    fn array(&self, weights_path: &PathBuf, outputs: &mut Outputs) -> Result<Report> {
        let output = &self.common.output;
        Kind::of(output)?.require_npy(output)?;
        let x = npy::read(&self.input)?;
        let weights = npy::read(weights_path)?;
        let bias = self.bias.as_ref().map(|path| npy::read(path)).transpose()?;
        let k = spatial(x.shape()).at(&self.input)?;
        if weights.shape().len() != k + 2 {
            return Err(Error::at(
                weights_path,
                format_args!(
                    "the weights have {} axes (shape {:?}), but {} are needed",
                    weights.shape().len(),
                    weights.shape(),
                    k + 2
                ),
            ));
        }
        let geometry = self.geometry.resolve(weights.shape()[2..].to_vec())?;
        if self.transpose {
            require_zero_border(&geometry, "a transposed convolution")?;
            if let Some(Border::Constant(text)) = &geometry.border
                && text.parse() != Ok(0.0)
            {
                return Err(Error::new(format_args!(
                    "--border constant:{text}: a transposed convolution drops what lies in the padding, which reads as 0"
                )));
            }
        }
        let job = Job { args: self, geometry, bias: bias.as_ref() };
        let unsupported = || {
            Error::at(
                &self.input,
                format_args!(
                    "{} by {} weights: conv takes f32, f64, and 8-bit integers by 8-bit integers",
                    x.dtype(),
                    weights.dtype()
                ),
            )
        };
        let (shape, result, kernel) = match (&x, &weights) {
            (Array::F32(x), Array::F32(w)) => job.write::<f32, f32>(x, w, outputs),
            (Array::F64(x), Array::F64(w)) => job.write::<f64, f64>(x, w, outputs),
            (Array::F32(x), Array::F64(w)) => job.write::<f64, f64>(&widened(x)?, w, outputs),
            (Array::F64(x), Array::F32(w)) => job.write::<f64, f64>(x, &widened(w)?, outputs),
            (Array::I8(x), Array::I8(w)) => job.write::<i8, i8>(x, w, outputs),
            (Array::I8(x), Array::U8(w)) => job.write::<i8, u8>(x, w, outputs),
            (Array::U8(x), Array::I8(w)) => job.write::<u8, i8>(x, w, outputs),
            (Array::U8(x), Array::U8(w)) => job.write::<u8, u8>(x, w, outputs),
            _ => return Err(unsupported()),
        }
        .at(&self.input)?;
        Ok(Report::new("conv")
            .input(&self.input, x.shape(), x.dtype())
            .output(output, &shape, result)
            .count("outputs", kernel))
    }

    fn picture(&self, kernel: &NamedKernel, outputs: &mut Outputs) -> Result<Report> {
        let output = &self.common.output;
        let out_kind = Kind::of(output)?;
        let io::Input { array, kind, .. } = io::read(&self.input)?;
        if !matches!(kind, Kind::Image(_)) {
            return Err(Error::at(&self.input, "--kernel filters pictures: give weights instead"));
        }
        let (shape, dtype) = with_real!(&array, array => {
            self.filtered(kernel, array, out_kind, outputs).at(&self.input)?
        }, complex => {
            return Err(Error::at(&self.input, "a picture has no complex pixels"));
        });
        Ok(Report::new("conv")
            .input(&self.input, array.shape(), array.dtype())
            .output(output, &shape, dtype)
            .count("pixels", shape[0] * shape[1]))
    }

    /// Filters the colours of a picture and writes it.
    fn filtered<T: Pixel>(
        &self,
        kernel: &NamedKernel,
        picture: &ArrayOf<T>,
        out_kind: Kind,
        outputs: &mut Outputs,
    ) -> Result<(Vec<usize>, Dtype)> {
        let shape = picture.shape();
        let (height, width) = (shape[0], shape[1]);
        let channels = shape.get(2).copied().unwrap_or(1);
        let colours = if matches!(channels, 2 | 4) { channels - 1 } else { channels };
        let view = picture.view();
        let (side, weights) = kernel.weights();
        let mut geometry = self.geometry.resolve(vec![side; 2])?;
        if geometry.pad.iter().all(|pad| pad.before + pad.after == 0) && geometry.edge.is_none() {
            geometry.same = geometry.same.or(Some(Same::Upper));
        }
        let filtered = match kernel {
            NamedKernel::Box(_) => means(&planes(picture, colours, Pixel::to_f64)?, geometry)?,
            _ => weighted(&planes(picture, colours, Pixel::to_f32)?, side, &weights, geometry)?,
        };
        let Filtered { rows, columns, values: y } = filtered;
        let keeps_alpha = colours < channels && (rows, columns) == (height, width);
        let mut result = vec![rows, columns];
        if shape.len() > 2 {
            result.push(if keeps_alpha { channels } else { colours });
        }
        let alpha = |i: usize| view[[i / width, i % width, colours].as_slice()];
        if matches!(out_kind, Kind::Npy) {
            let values = y.chunks(colours).enumerate().flat_map(|(i, pixel)| {
                let colours = pixel.iter().map(|&value| value as f32);
                colours.chain(keeps_alpha.then(|| alpha(i).to_f32()))
            });
            let values: Vec<f32> = values.collect();
            outputs.file(&self.common.output, |out| npy::write(out, &result, &values))?;
            return Ok((result, f32::DTYPE));
        }
        let pixels = y.chunks(colours).enumerate().flat_map(|(i, pixel)| {
            let colours = pixel.iter().map(|&value| T::from_f64(value));
            colours.chain(keeps_alpha.then(|| alpha(i)))
        });
        let pixels: Vec<T> = pixels.collect();
        outputs.file(&self.common.output, |out| io::write(out, out_kind, &result, &pixels))?;
        Ok((result, T::DTYPE))
    }
}

/// A picture after a filter: the colours of each pixel, row by row.
struct Filtered {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

/// The colours of a picture as numbers, 1 x colours x height x width.
fn planes<T: Pixel, V: Copy>(
    picture: &ArrayOf<T>,
    colours: usize,
    number: impl Fn(T) -> V,
) -> Result<ArrayOf<V>> {
    let view = picture.view();
    let (height, width) = (picture.shape()[0], picture.shape()[1]);
    let mut flat = memory::reserve(view.len(), "the picture")?;
    flat.extend(view.iter().map(|&pixel| number(pixel)));
    let x = DynView::new(&flat, [1, height, width, view.len() / (height * width).max(1)]);
    let x = x.and_then(|x| x.slice(3, 0..colours)).and_then(|x| x.permute([0, 3, 1, 2]));
    let x = x.map_err(Error::new)?;
    ArrayOf::new(x.to_vec(), x.shape()).map_err(Error::new)
}

/// The mean of each window: its sum, which is exact for integers, divided once. Weights of 1 / n^2 would be rounded, and
/// each product with them, and ties would fall to either side.
fn means(x: &ArrayOf<f64>, geometry: Geometry) -> Result<Filtered> {
    let (x, geometry) = padded(x, geometry)?;
    let grid = require_windows(x.shape(), &geometry)?;
    let (view, len) = (x.view(), grid.len());
    let pool = Pool::new(pool::Sum, spec(&geometry));
    announce(&[len], &grid, size_of::<f64>(), 1)?;
    let plan = pool.plan_layout(view.layout(), None).map_err(Error::new)?;
    drop(memory::reserve::<u8>(plan.scratch_bytes(), "scratch")?);
    let mut sums = memory::zeroed::<f64>(len, "the result")?;
    plan.run_into(&view, &mut sums).map_err(Error::new)?;
    let [_, colours, rows, columns] = *plan.output_shape() else {
        return Err(Error::new("a picture has a height and a width"));
    };
    let elements = geometry.size.iter().map(|&side| side as f64).product::<f64>();
    let plane = rows * columns;
    let mut values = memory::reserve(len, "the result")?;
    let order = (0..plane).flat_map(|i| (0..colours).map(move |colour| colour * plane + i));
    values.extend(order.map(|at| sums[at] / elements));
    Ok(Filtered { rows, columns, values })
}

/// The sum of each window by the weights of a square of this side.
fn weighted(
    x: &ArrayOf<f32>,
    side: usize,
    weights: &[f64],
    geometry: Geometry,
) -> Result<Filtered> {
    let (x, geometry) = padded(x, geometry)?;
    let grid = require_windows(x.shape(), &geometry)?;
    let colours = x.shape()[1];
    let weights: Vec<f32> =
        (0..colours).flat_map(|_| weights.iter().map(|&weight| weight as f32)).collect();
    let weights = ArrayOf::new(weights, &[colours, 1, side, side]).map_err(Error::new)?;
    announce(&[grid.len()], &grid, size_of::<f32>(), 1)?;
    let options = PlanOptions { output: OutputOrder::ChannelsLast, ..PlanOptions::default() };
    let conv = ConvSpec::from_windows(spec(&geometry)).groups(colours);
    let (made, y) = convolved::<f32, f32>(&x, &weights, &conv, options)?;
    let mut values = memory::reserve(y.len(), "the result")?;
    values.extend(y.into_iter().map(f64::from));
    Ok(Filtered { rows: made[2], columns: made[3], values })
}

/// A pixel as a number, and a number as the nearest pixel.
trait Pixel: Element {
    fn to_f32(self) -> f32;
    fn to_f64(self) -> f64;
    fn from_f64(value: f64) -> Self;
}

macro_rules! pixel {
    ($round:expr; $($type:ident)*) => {$(
        impl Pixel for $type {
            fn to_f32(self) -> f32 {
                self as f32
            }

            fn to_f64(self) -> f64 {
                self as f64
            }

            fn from_f64(value: f64) -> Self {
                $round(value) as $type // a cast saturates
            }
        }
    )*};
}

pixel!(f64::round_ties_even; u8 i8 u16 i16 u32 i32 u64 i64);
pixel!(f64::from; f32 f64);

/// One convolution of arrays of known types.
struct Job<'a> {
    args: &'a Args,
    geometry: Geometry,
    bias: Option<&'a Array>,
}

impl Job<'_> {
    fn write<X, W>(
        self,
        x: &ArrayOf<X>,
        weights: &ArrayOf<W>,
        outputs: &mut Outputs,
    ) -> Result<(Vec<usize>, Dtype, usize)>
    where
        X: Operand<W> + Element,
        W: Element,
        X::Output: Element + Number,
    {
        let (x, geometry) = padded(x, self.geometry)?;
        let mut conv = ConvSpec::from_windows(spec(&geometry)).groups(self.args.groups);
        if self.args.transpose {
            let padding = match &self.args.output_padding {
                Some(padding) => padding.per_axis(geometry.size.len(), "--output-padding")?,
                None => Vec::new(),
            };
            conv = conv.transposed().output_padding(&padding);
            announce_transposed(x.shape(), weights.shape(), &geometry, size_of::<X::Output>())?;
        } else {
            let grid = require_windows(x.shape(), &geometry)?;
            let outputs = [&[x.shape()[0], weights.shape()[0]], &grid.counts()[2..]].concat();
            announce(&outputs, &grid, size_of::<X::Output>(), 1)?;
        }
        let bias = match self.bias {
            None => Vec::new(),
            Some(bias) => with_real!(bias, bias => {
                let numbers = bias.view().iter().map(|&b| X::Output::from_number(b.to_f64()));
                numbers.collect::<Option<Vec<_>>>()
            }, complex => None)
            .ok_or_else(|| {
                let (bias, kind) = (bias.dtype(), <X::Output as Element>::DTYPE);
                Error::new(format_args!("a bias of type {bias} does not fit results of {kind}"))
            })?,
        };
        let options = PlanOptions { bias, ..PlanOptions::default() };
        let (shape, y) = convolved(&x, weights, &conv, options)?;
        outputs.file(&self.args.common.output, |out| npy::write(out, &shape, &y))?;
        Ok((shape, <X::Output as Element>::DTYPE, y.len()))
    }
}

/// As [`announce`], of a transposed convolution: a pass for each phase of the step that a tap falls on.
fn announce_transposed(
    shape: &[usize],
    weights: &[usize],
    geometry: &Geometry,
    bytes: usize,
) -> Result<()> {
    let (mut outputs, mut passes) = (vec![shape[0], weights[1]], 1_usize);
    for (axis, spec) in geometry.axes().enumerate() {
        // The result is the array whose windows the input would be: as long as its last window reaches.
        let (len, size) = (shape[axis + 2], geometry.size[axis]);
        let field = spec.dilation.saturating_mul(size.saturating_sub(1)).saturating_add(1);
        let reach = spec.step.saturating_mul(len.saturating_sub(1)).saturating_add(field);
        outputs.push(reach.saturating_sub(spec.before.saturating_add(spec.after)).max(1));
        passes = passes.saturating_mul(spec.step.min(size).saturating_add(1));
    }
    let grid = Grid::dynamic(shape, WindowSpec::<Dyn>::of(&vec![Extent::Each; shape.len()]));
    announce(&outputs, &grid.map_err(Error::new)?, bytes, passes)
}

/// The shape and the elements of a convolution, in memory that was asked for first.
fn convolved<X, W>(
    x: &ArrayOf<X>,
    weights: &ArrayOf<W>,
    conv: &ConvSpec,
    mut options: PlanOptions<X::Output>,
) -> Result<(Vec<usize>, Vec<X::Output>)>
where
    X: Operand<W> + Element,
    W: Element,
    X::Output: Element,
{
    options.threads = rayon::current_num_threads();
    let plan =
        ConvPlan::with(conv, x.view().layout(), &weights.view(), &options).map_err(Error::new)?;
    let shape = plan.output_shape().to_vec();
    let mut out = memory::zeroed(memory::count(&shape, "the result")?, "the result")?;
    let mut scratch = memory::zeroed(plan.scratch_len(), "scratch")?;
    plan.run(&x.view(), &mut out, &mut scratch).map_err(Error::new)?;
    Ok((shape, out))
}

fn widened(array: &ArrayOf<f32>) -> Result<ArrayOf<f64>> {
    ArrayOf::new(array.view().iter().map(|&x| f64::from(x)).collect(), array.shape())
        .map_err(Error::new)
}

/// What a result can be made of.
trait Number: Sized {
    /// The number, if it fits.
    fn from_number(value: f64) -> Option<Self>;
}

impl Number for f32 {
    fn from_number(value: f64) -> Option<Self> {
        Some(value as f32)
    }
}

impl Number for f64 {
    fn from_number(value: f64) -> Option<Self> {
        Some(value)
    }
}

impl Number for i32 {
    fn from_number(value: f64) -> Option<Self> {
        let whole = value as i32;
        (f64::from(whole) == value).then_some(whole)
    }
}
