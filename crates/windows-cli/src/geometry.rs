//! The geometry of windows, as it is written on the command line.
//!
//! Nothing is computed here: texts become plain values, one an axis, and the library judges them.
//! What is checked is what only the command line can get wrong: how many values there are, and
//! options that contradict one another.

use std::fmt::Display;
use std::str::FromStr;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use windows_core::Border as Of;
use windows_core::{AxisSpec, Dyn, Edge, Extent, Grid, Same, UnknownName, WindowSpec};

use crate::error::{Error, Result};
use crate::io::{Element, Kind};

/// One value for all axes, or one an axis: `3` or `3,5`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T: FromStr<Err: Display>> FromStr for List<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(|part| {
                let part = part.trim();
                part.parse().map_err(|reason| format!("'{part}': {reason}"))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl<T: Clone> List<T> {
    /// The `k` values that `option` stands for.
    ///
    /// # Errors
    /// When there are neither 1 nor `k`.
    pub fn per_axis(&self, k: usize, option: &str) -> Result<Vec<T>> {
        match self.0.as_slice() {
            [value] => Ok(vec![value.clone(); k]),
            values if values.len() == k => Ok(values.to_vec()),
            values => Err(Error::new(format_args!(
                "{option} gives {} values, but {k} axes are windowed: give 1 or {k}",
                values.len()
            ))),
        }
    }
}

/// Padding of one axis: `2` on each side, or `1:2` before and after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pad {
    /// Elements before the first.
    pub before: usize,
    /// Elements after the last.
    pub after: usize,
}

impl FromStr for Pad {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            text.trim()
                .parse()
                .map_err(|reason| format!("padding is N or BEFORE:AFTER, and {reason}"))
        };
        let (before, after) = match text.split_once(':') {
            Some((before, after)) => (number(before)?, number(after)?),
            None => (number(text)?, number(text)?),
        };
        Ok(Self { before, after })
    }
}

/// What a padded element reads as. The constant stays text until the element type is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Border {
    /// `x x|abcd|x x`
    Constant(String),
    /// `a a|abcd|d d`
    Replicate,
    /// `c b|abcd|c b`
    Reflect,
    /// `b a|abcd|d c`
    Symmetric,
    /// `c d|abcd|a b`
    Wrap,
}

impl Default for Border {
    fn default() -> Self {
        Self::Constant("0".to_owned())
    }
}

impl Border {
    /// The border of an array of `T`.
    ///
    /// # Errors
    /// When `T` cannot hold the constant.
    pub fn of<T: Element>(&self) -> Result<Of<T>> {
        Ok(match self {
            Self::Constant(text) => Of::Constant(T::from_text(text).ok_or_else(|| {
                Error::new(format_args!(
                    "--border constant:{text}: not a value of type {}",
                    T::DTYPE
                ))
            })?),
            Self::Replicate => Of::Replicate,
            Self::Reflect => Of::Reflect,
            Self::Symmetric => Of::Symmetric,
            Self::Wrap => Of::Wrap,
        })
    }
}

impl FromStr for Border {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(value) = text.strip_prefix("constant:").map(str::trim).filter(|v| !v.is_empty())
        {
            return Ok(Self::Constant(value.to_owned()));
        }
        Ok(match text.parse().map_err(|error: UnknownName| format!("{error}, constant:VALUE"))? {
            Of::Constant(()) => Self::default(),
            Of::Replicate => Self::Replicate,
            Of::Reflect => Self::Reflect,
            Of::Symmetric => Self::Symmetric,
            Of::Wrap => Self::Wrap,
        })
    }
}

/// A parser of names that lists them in the help.
pub(crate) fn named<T>(all: &[T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + FromStr<Err = UnknownName> + 'static,
{
    PossibleValuesParser::new(all.iter().map(|&one| name(one)))
        .try_map(|name: String| name.parse::<T>())
}

/// An edge as `--tail` names it, which knows two more names.
pub(crate) fn tail(name: &str) -> std::result::Result<Edge, UnknownName> {
    match name {
        "pad" => Ok(Edge::Ceil),
        "slide-back" => Ok(Edge::Snap),
        name => name.parse(),
    }
}

/// Edges as `--tail` names them.
pub(crate) fn tail_parser() -> impl TypedValueParser<Value = Edge> {
    let aliased = Edge::ALL.map(|edge| {
        let value = PossibleValue::new(edge.name());
        let aliases = ["pad", "slide-back"].into_iter().filter(|name| tail(name) == Ok(edge));
        value.aliases(aliases)
    });
    PossibleValuesParser::new(aliased).try_map(|name: String| tail(&name))
}

/// The options `--step` and `--edge`: all that tiles need besides a size.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Geometry")]
pub struct StepArgs {
    /// From one window to the next, per axis
    #[arg(long, value_name = "S,..", allow_hyphen_values = true)]
    pub step: Option<List<usize>>,

    /// What happens to the last windows
    #[arg(long, value_parser = named(&Edge::ALL, Edge::name))]
    pub edge: Option<Edge>,
}

/// The options of windows besides their size.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Geometry")]
pub struct GeometryArgs {
    #[command(flatten)]
    step: StepArgs,

    /// From one element of a window to the next, per axis [default: 1]
    #[arg(long, value_name = "D,..", allow_hyphen_values = true)]
    dilation: Option<List<usize>>,

    /// Elements added to each side, per axis: N, or BEFORE:AFTER [default: 0]
    #[arg(long, value_name = "P,..", allow_hyphen_values = true)]
    pad: Option<List<Pad>>,

    /// What a padded element reads as: constant[:VALUE], replicate, reflect, symmetric, wrap
    #[arg(long, value_name = "KIND")]
    border: Option<Border>,

    /// The same as --edge ceil
    #[arg(long)]
    ceil: bool,

    /// Pad so that there are ceil(length / step) windows: upper puts an odd element after the data
    #[arg(long, value_parser = named(&Same::ALL, Same::name))]
    same: Option<Same>,
}

impl StepArgs {
    /// The step and the edge, if they were said, of `k` windowed axes.
    ///
    /// # Errors
    /// When `--step` has neither 1 value nor `k`.
    pub fn resolve(&self, k: usize) -> Result<(Option<Vec<usize>>, Option<Edge>)> {
        let step = self.step.as_ref().map(|step| step.per_axis(k, "--step")).transpose()?;
        Ok((step, self.edge))
    }
}

/// The option `--size`, for the commands whose windows have one.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Geometry")]
pub struct SizeArgs {
    /// Window size; the number of values is the number of windowed axes, the last ones
    #[arg(long, value_name = "K,..", allow_hyphen_values = true)]
    pub size: List<usize>,
}

/// Which axes of an array are windowed, and how large the windows are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windowed {
    /// Axes before the windowed ones: batch and channels.
    pub leading: usize,
    /// The window size on each windowed axis.
    pub size: Vec<usize>,
    /// Axes after the windowed ones: the channels of a picture.
    pub trailing: usize,
}

impl Windowed {
    /// The values of the windowed axes, of one value for each axis of the array.
    pub fn of<'a>(&self, axes: &'a [usize]) -> &'a [usize] {
        &axes[self.leading..self.leading + self.size.len()]
    }

    /// The shape of all windows of a grid: the leading axes, the axes of the grid, those of a
    /// window.
    pub fn shape_of_windows(&self, grid: &Grid<Dyn>) -> Vec<usize> {
        let positions = &grid.counts()[..self.leading + self.size.len()];
        let window = grid.window_shape();
        positions.iter().chain(window.iter().skip(self.leading)).copied().collect()
    }
}

impl SizeArgs {
    /// The windowed axes of an array of `shape` that came from a file of `kind`: height and width
    /// of a picture, else the last ones, one for each size.
    ///
    /// # Errors
    /// When there are more sizes than axes.
    pub fn resolve(&self, shape: &[usize], kind: Kind) -> Result<Windowed> {
        if let Kind::Image(_) = kind {
            let size = self.size.per_axis(2, "--size")?;
            return Ok(Windowed { leading: 0, size, trailing: shape.len().saturating_sub(2) });
        }
        let size = self.size.0.clone();
        let Some(leading) = shape.len().checked_sub(size.len()) else {
            return Err(Error::new(format_args!(
                "--size gives {} values, but the array has {} axes (shape {shape:?})",
                size.len(),
                shape.len()
            )));
        };
        Ok(Windowed { leading, size, trailing: 0 })
    }
}

/// The geometry of `k` windowed axes as plain values; the library checks what they mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Geometry {
    /// Elements of a window along each axis.
    pub size: Vec<usize>,
    /// From one window to the next.
    pub step: Vec<usize>,
    /// From one element of a window to the next.
    pub dilation: Vec<usize>,
    /// Padding that was asked for.
    pub pad: Vec<Pad>,
    /// What happens to the last windows, if it was said.
    pub edge: Option<Edge>,
    /// Padding by formula, if it was asked for.
    pub same: Option<Same>,
    /// The border, if it was said: its default is the command's.
    pub border: Option<Border>,
}

impl GeometryArgs {
    /// The geometry of windows of `size`, one value an axis.
    ///
    /// # Errors
    /// When an option has neither 1 value nor one for each of `size`, and when options contradict one
    /// another.
    pub fn resolve(&self, size: Vec<usize>) -> Result<Geometry> {
        let k = size.len();
        let (step, edge) = self.step.resolve(k)?;
        let dilation = match &self.dilation {
            Some(dilation) => dilation.per_axis(k, "--dilation")?,
            None => vec![1; k],
        };
        let pad = match &self.pad {
            Some(pad) => pad.per_axis(k, "--pad")?,
            None => vec![Pad::default(); k],
        };
        let edge = match (self.ceil, edge) {
            (true, Some(edge)) if edge != Edge::Ceil => {
                return Err(Error::new(format_args!(
                    "--ceil is --edge ceil, but --edge {} is given as well",
                    edge.name()
                )));
            }
            (true, _) => Some(Edge::Ceil),
            (false, edge) => edge,
        };
        if let Some(edge) = edge.filter(|_| self.same.is_some()) {
            return Err(Error::new(format_args!(
                "--same decides the last windows itself, but --edge {} is given as well",
                edge.name()
            )));
        }
        Ok(Geometry {
            size,
            step: step.unwrap_or_else(|| vec![1; k]),
            dilation,
            pad,
            edge,
            same: self.same,
            border: self.border.clone(),
        })
    }
}

impl Geometry {
    /// The spec of the windowed axes.
    pub fn axes(&self) -> impl Iterator<Item = AxisSpec> {
        (0..self.size.len()).map(|axis| AxisSpec {
            extent: Extent::Size(self.size[axis]),
            step: self.step[axis],
            dilation: self.dilation[axis],
            before: self.pad[axis].before,
            after: self.pad[axis].after,
            same: self.same,
            edge: self.edge.unwrap_or_default(),
        })
    }

    /// The spec of a whole array: `leading` axes taken one element at a time, the windowed ones,
    /// and `trailing` ones that windows take whole.
    pub fn spec(&self, leading: usize, trailing: usize) -> WindowSpec<Dyn> {
        let each = std::iter::repeat_n(AxisSpec::of(Extent::Each), leading);
        let whole = std::iter::repeat_n(AxisSpec::of(Extent::Whole), trailing);
        let axes: Vec<AxisSpec> = each.chain(self.axes()).chain(whole).collect();
        WindowSpec::from_axes(&axes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pads(text: &str) -> Vec<(usize, usize)> {
        let list: List<Pad> = text.parse().unwrap();
        list.0.iter().map(|pad| (pad.before, pad.after)).collect()
    }

    #[test]
    fn values_are_one_for_all_axes_or_one_an_axis() {
        assert_eq!("3".parse(), Ok(List(vec![3])));
        assert_eq!("3,5, 7".parse(), Ok(List(vec![3, 5, 7])));
        assert_eq!(List(vec![3]).per_axis(2, "--step"), Ok(vec![3, 3]));
        assert_eq!(List(vec![3, 5]).per_axis(2, "--step"), Ok(vec![3, 5]));
        let error = List(vec![1, 2, 3]).per_axis(2, "--step").unwrap_err();
        assert_eq!(
            error.to_string(),
            "--step gives 3 values, but 2 axes are windowed: give 1 or 2"
        );
        for bad in ["", ",", "3,", "-1", "1.5", "x", "99999999999999999999"] {
            assert!(bad.parse::<List<usize>>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn padding_is_both_sides_or_before_and_after() {
        assert_eq!(pads("1"), [(1, 1)]);
        assert_eq!(pads("1,2"), [(1, 1), (2, 2)]);
        assert_eq!(pads("1:2,0:3"), [(1, 2), (0, 3)]);
        assert_eq!(pads("1:2,3"), [(1, 2), (3, 3)]);
        for bad in ["1:", ":1", "1:2:3", "-1", "1:-1"] {
            assert!(bad.parse::<List<Pad>>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_border_may_carry_its_constant() {
        assert_eq!("constant".parse(), Ok(Border::Constant("0".into())));
        assert_eq!("constant:-1.5".parse(), Ok(Border::Constant("-1.5".into())));
        assert_eq!("wrap".parse(), Ok(Border::Wrap));
        for bad in ["constant:", "mirror", "reflect:1", ""] {
            assert!(bad.parse::<Border>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn contradictions_are_errors_and_repetitions_are_not() {
        let resolve = |args: GeometryArgs| args.resolve(vec![2, 2]);
        let ceil = |edge| GeometryArgs {
            ceil: true,
            step: StepArgs { step: None, edge },
            ..Default::default()
        };
        assert_eq!(resolve(ceil(None)).unwrap().edge, Some(Edge::Ceil));
        assert_eq!(resolve(ceil(Some(Edge::Ceil))).unwrap().edge, Some(Edge::Ceil));
        assert!(resolve(ceil(Some(Edge::Keep))).is_err());

        let same = GeometryArgs { same: Some(Same::Upper), ..Default::default() };
        assert_eq!(resolve(same.clone()).unwrap().same, Some(Same::Upper));
        // Padding beside it is for the library to judge.
        let pad = "0,0:1".parse().ok();
        assert!(resolve(GeometryArgs { pad, ..same.clone() }).is_ok());
        assert!(resolve(GeometryArgs { ceil: true, ..same }).is_err());
    }

    #[test]
    fn the_size_says_which_axes_are_windowed() {
        let resolve = |size: &str, shape: &[usize], kind| {
            let size = SizeArgs { size: size.parse().unwrap() };
            size.resolve(shape, kind).map(|axes| (axes.leading, axes.size, axes.trailing))
        };
        let picture = Kind::Image(crate::io::image::Format::Png);
        assert_eq!(resolve("3", &[4, 5, 6], Kind::Npy), Ok((2, vec![3], 0)));
        assert_eq!(resolve("3,2", &[4, 5, 6], Kind::Npy), Ok((1, vec![3, 2], 0)));
        assert!(resolve("3,2", &[4], Kind::Npy).is_err());
        assert_eq!(resolve("3", &[4, 5, 6], picture), Ok((0, vec![3, 3], 1)));
        assert_eq!(resolve("3,2", &[4, 5], picture), Ok((0, vec![3, 2], 0)));
        assert!(resolve("3,2,1", &[4, 5, 6], picture).is_err());
    }
}
