//! `ndwin pool`: one value for each window.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use windows_core::{AxisSpec, Dyn, Extent, Grid, WindowSpec};
use windows_dtype::with_real;
use windows_pool as pool;
use windows_pool::{Nan, Pool};

use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::geometry::{Border, GeometryArgs, SizeArgs};
use crate::io::output::Outputs;
use crate::io::{self, Kind as FileKind};
use crate::io::{ArrayOf, Dtype, Element};
use crate::memory;
use crate::report::Report;

/// What is computed of each window.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Max,
    Min,
    Average,
    Sum,
    Lp(f64),
    Median,
    Quantile(f64),
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number)),
            None => (text, None),
        };
        let parsed = number.map(|number| {
            number.trim().parse::<f64>().map_err(|reason| format!("'{number}': {reason}"))
        });
        match (name, parsed.transpose()?) {
            ("max", None) => Ok(Self::Max),
            ("min", None) => Ok(Self::Min),
            ("avg", None) => Ok(Self::Average),
            ("sum", None) => Ok(Self::Sum),
            ("median", None) => Ok(Self::Median),
            ("lp", Some(exponent)) => Ok(Self::Lp(exponent)),
            ("quantile", Some(quantile)) => Ok(Self::Quantile(quantile)),
            _ => Err("not one of max, min, avg, sum, lp:P, median, quantile:Q".to_owned()),
        }
    }
}

/// What NaN does, as it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum NanArg {
    /// A window with a NaN gives NaN
    #[default]
    Propagate,
    /// NaN is as absent as padding
    Ignore,
}

/// The leading axes, then one value for each window; of a picture also its channels.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "The element type is kept, except of integers: sum gives u64 or i64 (and wraps there), avg and lp give f64. Written as a picture,
avg of integers is rounded half to even and keeps its type. Floats keep theirs throughout.

Without --border, padding is absent: it never wins, and counts only with --count-include-pad. With one, padded elements are
ordinary values. A window without any element gives the identity of max and min (-inf, inf, or the end of the integers), 0 for
sum and lp, and NaN or integer 0 for the others. The median of n elements is element n/2 in order; quantile:Q is element
ceil(Q n) - 1, at least the first. Ties go to the first element, for --indices too.

Example, a photograph with every highlight spread over 15 x 15 pixels (dilation, in the words of morphology):
  ndwin pool docs/assets/rocket.jpg --kind max --size 15 --same upper -o target/dilated.png --force"
)]
pub struct Args {
    /// A .npy array, a picture (windows of height and width, channels innermost) or a .wav recording
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// max, min, avg, sum, lp:P, median or quantile:Q
    #[arg(long, value_name = "KIND")]
    kind: Kind,

    #[command(flatten)]
    size: SizeArgs,

    #[command(flatten)]
    geometry: GeometryArgs,

    /// Count padded elements as zeros in averages
    #[arg(long)]
    count_include_pad: bool,

    /// What NaN does
    #[arg(long, value_enum, default_value_t)]
    nan: NanArg,

    /// Also write where each max or min is: flat indices in the plane, i64, -1 for none
    #[arg(long, value_name = "IDX.npy")]
    indices: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// A pooling of one array.
struct Job<'a, T> {
    array: &'a ArrayOf<T>,
    input: &'a Path,
    spec: &'a WindowSpec<Dyn>,
    behind: usize,
    border: Option<windows_core::Border<T>>,
    nan: Nan,
    /// Results.
    len: usize,
    output: &'a Path,
    kind: FileKind,
    indices: Option<&'a Path>,
    outputs: &'a mut Outputs,
}

impl Args {
    pub(crate) fn run(&self) -> Result<Report> {
        let output = &self.common.output;
        let kind = FileKind::of(output)?;
        let mut outputs = Outputs::new(self.common.force);
        outputs.plan_file(output)?;
        if let Some(indices) = &self.indices {
            if !matches!(self.kind, Kind::Max | Kind::Min) {
                return Err(Error::new(
                    "--indices are those of max and min, no other kind has them",
                ));
            }
            FileKind::of(indices)?.require_npy(indices)?;
            outputs.plan_file(indices)?;
        }
        if self.count_include_pad && self.kind != Kind::Average {
            return Err(Error::new(
                "--count-include-pad is of --kind avg: no other kind counts elements",
            ));
        }

        let io::Input { array, kind: input_kind, note, .. } = io::read(&self.input)?;
        let (shape, dtype) = (array.shape(), array.dtype());
        let windowed = self.size.resolve(shape, input_kind).at(&self.input)?;
        let geometry = self.geometry.resolve(windowed.size.clone())?;
        if self.count_include_pad && geometry.border.is_some() {
            return Err(Error::new(
                "--count-include-pad beside --border: a border makes padding of ordinary values, which count anyway",
            ));
        }
        // Channels of a picture are pooled each by itself.
        let single = std::iter::repeat_n(AxisSpec::of(Extent::Each), windowed.trailing);
        let leading = std::iter::repeat_n(AxisSpec::of(Extent::Each), windowed.leading);
        let all: Vec<AxisSpec> = leading.chain(geometry.axes()).chain(single).collect();
        let grid = Grid::dynamic(shape, WindowSpec::<Dyn>::from_axes(&all)).at(&self.input)?;
        if geometry.edge.is_none() && windowed.of(grid.counts()).contains(&0) {
            grid.clone().require_windows().at(&self.input)?;
        }
        // The plan notes every position of every axis; what it takes is asked for first.
        let noted = grid.axes().iter().map(|axis| {
            let padded = axis.before().saturating_add(axis.after()).saturating_add(axis.len());
            axis.count().saturating_add(padded).saturating_mul(64)
        });
        let noted = noted.fold(0, usize::saturating_add).min(isize::MAX as usize);
        drop(memory::reserve::<u8>(noted, "the geometry").at(&self.input)?);

        let axes: Vec<AxisSpec> = geometry.axes().collect();
        let spec = WindowSpec::<Dyn>::from_axes(&axes);
        let nan = match self.nan {
            NanArg::Propagate => Nan::Propagate,
            NanArg::Ignore => Nan::Ignore,
        };
        let made = with_real!(&array, array => self.pool(Job {
            array,
            input: &self.input,
            spec: &spec,
            behind: windowed.trailing,
            border: geometry.border.as_ref().map(Border::of).transpose()?,
            nan,
            len: grid.len(),
            output,
            kind,
            indices: self.indices.as_deref(),
            outputs: &mut outputs,
        })?, complex => {
            let reason = format_args!("{dtype} elements have no order and are not pooled");
            return Err(Error::at(&self.input, reason));
        });
        outputs.commit()?;
        let mut report = Report::new("pool")
            .input(&self.input, shape, dtype)
            .output(output, grid.counts(), made)
            .count("windows", grid.len())
            .note(note);
        if let Some(indices) = &self.indices {
            report = report.output(indices, grid.counts(), i64::DTYPE);
        }
        Ok(report)
    }

    /// Pools and writes; the name of the type of the results.
    fn pool<T>(&self, job: Job<'_, T>) -> Result<Dtype>
    where
        T: Element + pool::Element<Sum: Element, Real: Element>,
    {
        let average = if self.count_include_pad {
            pool::Average::new().count_padding()
        } else {
            pool::Average::new()
        };
        match self.kind {
            Kind::Max => job.extreme(pool::Max),
            Kind::Min => job.extreme(pool::Min),
            Kind::Average if matches!(job.kind, FileKind::Image(_)) => job.value(average),
            Kind::Average => job.value(average.real()),
            Kind::Sum => job.value(pool::Sum),
            Kind::Lp(exponent) => job.value(pool::Lp::new(exponent)),
            Kind::Median => job.value(pool::Median),
            Kind::Quantile(quantile) => job.value(pool::Quantile::new(quantile)),
        }
    }
}

impl<T: Element + pool::Element> Job<'_, T> {
    fn plan<K: pool::Kind<T>>(&self, kind: K) -> Result<pool::Plan<T, K>> {
        let pool = Pool::new(kind, self.spec.clone()).behind(self.behind).nan(self.nan);
        let plan = pool.plan_layout(self.array.view().layout(), self.border).at(self.input)?;
        drop(memory::reserve::<u8>(plan.scratch_bytes(), "pooling").at(self.input)?);
        Ok(plan)
    }

    fn value<K: pool::Kind<T, Out: Element>>(self, kind: K) -> Result<Dtype> {
        let plan = self.plan(kind)?;
        let mut out = memory::zeroed::<K::Out>(self.len, "the result").at(self.input)?;
        plan.run_into(&self.array.view(), &mut out).at(self.input)?;
        let shape = plan.output_shape();
        self.outputs.file(self.output, |file| io::write(file, self.kind, shape, &out))?;
        Ok(<K::Out as Element>::DTYPE)
    }

    fn extreme<K: pool::Extremal<T>>(self, kind: K) -> Result<Dtype> {
        let Some(path) = self.indices else {
            return self.value(kind);
        };
        let plan = self.plan(kind)?;
        let mut out = memory::zeroed::<T>(self.len, "the result").at(self.input)?;
        let mut indices = memory::zeroed::<i64>(self.len, "the indices").at(self.input)?;
        plan.run_indexed_into(&self.array.view(), &mut out, &mut indices).at(self.input)?;
        let shape = plan.output_shape();
        self.outputs.file(self.output, |file| io::write(file, self.kind, shape, &out))?;
        self.outputs.file(path, |file| io::write(file, FileKind::Npy, shape, &indices))?;
        Ok(<T as Element>::DTYPE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_its_number_or_none() {
        assert_eq!("max".parse(), Ok(Kind::Max));
        assert_eq!("lp:2".parse(), Ok(Kind::Lp(2.0)));
        assert_eq!("quantile:0.25".parse(), Ok(Kind::Quantile(0.25)));
        for bad in ["", "mean", "lp", "max:3", "quantile:x", "lp:"] {
            assert!(bad.parse::<Kind>().is_err(), "{bad:?}");
        }
    }
}
