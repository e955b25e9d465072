//! A convolution from its definition, and a case of it run through the library.

use proptest::prelude::*;
use windows_conv::{ConvPlan, ConvSpec, MOST_THREADS, Method, Operand, OutputOrder, PlanOptions};
use windows_core::kernel::Isa;
use windows_core::{AxisSpec, DynView, Layout, WindowSpec};
use windows_testkit::{Edge, NaiveAxis, Same, indices};

/// Everything that defines a case; data comes from the seed.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) images: usize,
    pub(crate) groups: usize,
    pub(crate) per_group: usize,
    pub(crate) out_per_group: usize,
    pub(crate) axes: Vec<NaiveAxis>,
    pub(crate) transposed: bool,
    pub(crate) output_padding: Vec<usize>,
    pub(crate) flipped: bool,
    /// Order of the axes of the input in memory, which are reversed or have stride 0, how far apart elements are.
    /// Strides of axes of length 1 are anything.
    pub(crate) memory: Vec<usize>,
    pub(crate) reversed: Vec<bool>,
    pub(crate) repeated: Vec<bool>,
    pub(crate) spread: isize,
    pub(crate) channels_last: bool,
    pub(crate) isa: Isa,
    pub(crate) method: Method,
    pub(crate) threads: usize,
    pub(crate) scratch: usize,
    pub(crate) seed: u64,
}

impl Case {
    pub(crate) fn spec(&self) -> ConvSpec {
        let axes: Vec<AxisSpec> = self.axes.iter().map(axis_spec).collect();
        let mut spec = ConvSpec::from_windows(WindowSpec::from_axes(&axes)).groups(self.groups);
        if self.flipped {
            spec = spec.convolution();
        }
        if self.transposed {
            spec = spec.transposed().output_padding(&self.output_padding);
        }
        spec
    }

    pub(crate) fn options<T>(&self, bias: Vec<T>) -> PlanOptions<T> {
        PlanOptions {
            bias,
            output: match self.channels_last {
                true => OutputOrder::ChannelsLast,
                false => OutputOrder::ChannelsFirst,
            },
            isa: Some(self.isa),
            method: self.method,
            threads: self.threads.min(MOST_THREADS),
            scratch_bytes: self.scratch,
            ..PlanOptions::default()
        }
    }

    fn input_shape(&self) -> Vec<usize> {
        let mut shape = vec![self.images, self.groups * self.per_group];
        shape.extend(self.axes.iter().map(|axis| axis.len));
        shape
    }

    pub(crate) fn weight_shape(&self) -> Vec<usize> {
        let mut shape = match self.transposed {
            false => vec![self.groups * self.out_per_group, self.per_group],
            true => vec![self.groups * self.per_group, self.out_per_group],
        };
        shape.extend(self.axes.iter().map(|axis| axis.size));
        shape
    }

    /// Length of a buffer, offset and layout of the input in it.
    pub(crate) fn layout(&self) -> (usize, usize, Layout<windows_core::Dyn>) {
        let shape = self.input_shape();
        let mut strides = vec![0; shape.len()];
        let (mut extent, mut offset) = (self.spread, 2);
        for &axis in self.memory.iter().rev() {
            if shape[axis] == 1 {
                let any = [isize::MIN, -1, 0, 1, extent, isize::MAX];
                strides[axis] = any[(noise(self.seed, axis) % any.len() as u64) as usize];
                continue;
            }
            if self.repeated[axis] {
                continue;
            }
            let backwards = self.reversed[axis];
            strides[axis] = if backwards { -extent } else { extent };
            if backwards {
                offset += shape[axis].saturating_sub(1) * extent as usize;
            }
            extent *= shape[axis].max(1) as isize;
        }
        (extent as usize + 4, offset, Layout::new(&shape, &strides[..]).unwrap())
    }

    /// For every output position of every windowed axis, the input element of every tap.
    fn sources(&self) -> Vec<Vec<Vec<Option<usize>>>> {
        let forward = |axis: &NaiveAxis| (0..axis.count()).map(|i| axis.taps(i)).collect();
        let spread = |(axis, &more): (&NaiveAxis, &usize)| {
            // Tap t of input i lands on i step + t dilation - before.
            let before = axis.before as i64;
            let reach = (axis.len as i64 - 1) * axis.step as i64 + axis.field() as i64;
            let out = reach + more as i64 - before - axis.after as i64;
            let from = |o: i64, t: usize| {
                (0..axis.len).find(|&i| (i * axis.step + t * axis.dilation) as i64 - before == o)
            };
            let out = if axis.len == 0 { 0 } else { out };
            (0..out).map(|o| (0..axis.size).map(|t| from(o, t)).collect()).collect()
        };
        match self.transposed {
            false => self.axes.iter().map(forward).collect(),
            true => self.axes.iter().zip(&self.output_padding).map(spread).collect(),
        }
    }

    /// For Winograd's method, what errors are relative to instead of the magnitudes of the products: over
    /// channels, the greatest input that the outputs of a square of 2 x 2 read, times all weights.
    fn of_square(
        &self,
        index: &[usize],
        x: impl Fn(&[usize]) -> f64,
        w: impl Fn(&[usize]) -> f64,
    ) -> f64 {
        let read = |axis: usize| {
            let (of, first) = (&self.axes[axis], index[2 + axis] / 2 * 2);
            let both = (first..of.count().min(first + 2)).flat_map(|at| of.taps(at));
            both.flatten().collect::<Vec<usize>>()
        };
        let (rows, columns) = (read(0), read(1));
        let group = index[1] / self.out_per_group;
        let of_channel = |c: usize| {
            let inputs =
                rows.iter().flat_map(|&row| columns.iter().map(move |&column| [row, column]));
            let channel = group * self.per_group + c;
            let inputs = inputs.map(|[row, column]| x(&[index[0], channel, row, column]).abs());
            let taps = indices(&[3, 3]);
            let weights = taps.iter().map(|tap| w(&[index[1], c, tap[0], tap[1]]).abs());
            inputs.fold(0.0, f64::max) * weights.sum::<f64>()
        };
        (0..self.per_group).map(of_channel).sum()
    }

    /// Sums and sums of magnitudes, `N x M x spatial`, by an `f64` value of input and weight.
    fn expected(
        &self,
        x: impl Fn(&[usize]) -> f64,
        w: impl Fn(&[usize]) -> f64,
        bias: impl Fn(usize) -> f64,
    ) -> Vec<(f64, f64)> {
        let sources = self.sources();
        let mut shape = vec![self.images, self.groups * self.out_per_group];
        shape.extend(sources.iter().map(Vec::len));
        let sizes: Vec<usize> = self.axes.iter().map(|axis| axis.size).collect();
        let one = |index: &Vec<usize>| {
            let (group, m) = (index[1] / self.out_per_group, index[1] % self.out_per_group);
            let mut sum = bias(index[1]);
            let mut magnitude = sum.abs();
            if self.method == Method::Winograd {
                magnitude += self.of_square(index, &x, &w);
            }
            for tap in indices(&sizes) {
                let source: Option<Vec<usize>> =
                    (0..tap.len()).map(|axis| sources[axis][index[2 + axis]][tap[axis]]).collect();
                let Some(source) = source else { continue };
                let mut weight = tap.clone();
                if self.flipped {
                    weight.iter_mut().zip(&sizes).for_each(|(t, size)| *t = size - 1 - *t);
                }
                for c in 0..self.per_group {
                    let channel = group * self.per_group + c;
                    let (a, b) = if self.transposed { (channel, m) } else { (index[1], c) };
                    let product = x(&[&[index[0], channel][..], &source].concat())
                        * w(&[&[a, b][..], &weight].concat());
                    sum += product;
                    if self.method == Method::Direct {
                        magnitude += product.abs();
                    }
                }
            }
            (sum, magnitude)
        };
        indices(&shape).iter().map(one).collect()
    }
}

fn axis_spec(axis: &NaiveAxis) -> AxisSpec {
    let edge = match axis.edge {
        Edge::Drop => windows_core::Edge::Drop,
        Edge::Keep => windows_core::Edge::Keep,
        Edge::Covered => windows_core::Edge::Covered,
        Edge::Ceil => windows_core::Edge::Ceil,
        Edge::Snap => windows_core::Edge::Snap,
        Edge::Balance => windows_core::Edge::Balance,
    };
    let spec = AxisSpec::new(axis.size).step(axis.step).dilation(axis.dilation).edge(edge);
    match axis.same {
        None => spec.padding(axis.before, axis.after),
        Some(Same::Upper) => spec.same(windows_core::Same::Upper),
        Some(Same::Lower) => spec.same(windows_core::Same::Lower),
    }
}

/// Numbers from a seed.
pub(crate) fn noise(seed: u64, i: usize) -> u64 {
    let mut z = seed.wrapping_add((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Runs a case of one element type; `value` makes elements, `float` reads them.
fn check<X, W>(
    case: &Case,
    (value, of_input): (impl Fn(u64) -> X, impl Fn(X) -> f64),
    (weight, of_weight): (impl Fn(u64) -> W, impl Fn(W) -> f64),
    bias: &[X::Output],
    of_output: impl Fn(X::Output) -> f64,
    tolerance: f64,
) -> Result<(), TestCaseError>
where
    X: Operand<W>,
    W: Copy + Sync,
{
    let (len, offset, layout) = case.layout();
    let data: Vec<X> = (0..len).map(|i| value(noise(case.seed, i))).collect();
    let x = DynView::with_layout(&data, offset, layout).unwrap();
    let shape = case.weight_shape();
    let count = shape.iter().product::<usize>();
    let data: Vec<W> = (0..count).map(|i| weight(noise(!case.seed, i))).collect();
    let w = DynView::new(&data, &shape[..]).unwrap();

    let options = case.options(bias.to_vec());
    let plan = ConvPlan::with(&case.spec(), x.layout(), &w, &options).unwrap();
    prop_assert!(plan.scratch_len() * size_of::<X::Output>() <= case.scratch * case.threads);
    let got = plan.conv(&x).unwrap();
    let mut out_shape = plan.output_shape().to_vec();
    if case.channels_last {
        let channels = out_shape.remove(1);
        out_shape.push(channels);
    }
    let got = DynView::new(&got, &out_shape[..]).unwrap();
    let order: Vec<usize> = match case.channels_last {
        true => {
            std::iter::once(0).chain([out_shape.len() - 1]).chain(1..out_shape.len() - 1).collect()
        }
        false => (0..out_shape.len()).collect(),
    };
    let got = got.permute(&order[..]).unwrap();
    let expected = case.expected(
        |index| of_input(x[index]),
        |index| of_weight(w[index]),
        |m| if bias.is_empty() { 0.0 } else { of_output(bias[m]) },
    );
    prop_assert_eq!(got.len(), expected.len());
    for (i, (&got, (sum, magnitude))) in got.iter().zip(expected).enumerate() {
        let got = of_output(got);
        prop_assert!(
            (got - sum).abs() <= tolerance * magnitude,
            "output {}: {} instead of {} by {}",
            i,
            got,
            sum,
            plan.kernel()
        );
    }

    // The plain loops are another way to the same.
    let options = PlanOptions { reference: true, ..options };
    let plain = ConvPlan::with(&case.spec(), x.layout(), &w, &options).unwrap().conv(&x).unwrap();
    let got = plan.conv(&x).unwrap();
    if case.isa == Isa::PORTABLE && plan.kernel().name() == "implicit-gemm" {
        prop_assert!(got == plain, "the same order of summation gives the same bits");
    }
    Ok(())
}

pub(crate) fn unit(bits: u64) -> f64 {
    (bits >> 40) as f64 / f64::from(1 << 23) - 1.0
}

/// Sums of `f32`, with a bias or without.
pub(crate) fn check_f32(case: &Case, with_bias: bool) -> Result<(), TestCaseError> {
    let channels = case.groups * case.out_per_group;
    let bias: Vec<f32> =
        (0..channels).map(|m| unit(noise(7, m)) as f32).filter(|_| with_bias).collect();
    let value = |bits| unit(bits) as f32;
    let both = (value, f64::from);
    check::<f32, f32>(case, both, both, &bias, f64::from, 1e-6)
}

/// Sums of `f32` of which a few are a million times as large as the others.
pub(crate) fn check_uneven(case: &Case) -> Result<(), TestCaseError> {
    let value = |bits| unit(bits) as f32 * if bits.is_multiple_of(9) { 1e6 } else { 1.0 };
    let both = (value, f64::from);
    check::<f32, f32>(case, both, both, &[], f64::from, 1e-6)
}

/// Sums of `f64`.
pub(crate) fn check_f64(case: &Case) -> Result<(), TestCaseError> {
    check::<f64, f64>(case, (unit, |x| x), (unit, |w| w), &[], |y| y, 1e-14)
}

/// Bytes of either sign in input and weights: exact.
pub(crate) fn check_integers(case: &Case, signs: u8) -> Result<(), TestCaseError> {
    let channels = case.groups * case.out_per_group;
    let bias: Vec<i32> = (0..channels).map(|m| noise(9, m) as i16 as i32).collect();
    let of = f64::from;
    let byte = (|bits: u64| bits as u8, f64::from);
    let signed = (|bits: u64| bits as i8, f64::from);
    match signs {
        0 => check::<i8, i8>(case, signed, signed, &bias, of, 0.0),
        1 => check::<u8, i8>(case, byte, signed, &bias, of, 0.0),
        2 => check::<i8, u8>(case, signed, byte, &bias, of, 0.0),
        _ => check::<u8, u8>(case, byte, byte, &bias, of, 0.0),
    }
}
