//! `ndwin im2col`: windows as the columns of a matrix.

use std::path::PathBuf;

use windows_conv::{ColumnOrder, Im2col};
use windows_core::{Additive, Dyn, DynView, Grid, Layout, WindowSpec};
use windows_dtype::with_real;

use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::geometry::{Border, Geometry, GeometryArgs, SizeArgs};
use crate::io::Kind;
use crate::io::npy;
use crate::io::output::Outputs;
use crate::io::{ArrayOf, Dtype, Element};
use crate::memory;
use crate::report::Report;

/// N x (C * window) x positions, as torch's `unfold` orders it; the element type is kept.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
All axes but the first two, images and channels, are windowed. Padding is 0 unless --border says otherwise.

Example, tiles of a photograph (6 x 9 of them, 64 x 64 x 3), then the 3 x 3 windows in each:
  ndwin windows docs/assets/rocket.jpg --size 64 --step 64 -o target/tiles.npy --force
  ndwin im2col target/tiles.npy --size 3,3,1 --pad 1,1,0 -o target/c.npy --force")]
pub struct Args {
    /// An array N x C x spatial
    #[arg(value_name = "X.npy")]
    input: PathBuf,

    #[command(flatten)]
    size: SizeArgs,

    #[command(flatten)]
    geometry: GeometryArgs,

    #[command(flatten)]
    pub(crate) common: Common,
}

impl Args {
    pub(crate) fn run(&self) -> Result<Report> {
        let output = &self.common.output;
        Kind::of(output)?.require_npy(output)?;
        let mut outputs = Outputs::new(self.common.force);
        outputs.plan_file(output)?;

        let array = npy::read(&self.input)?;
        let k = spatial(array.shape()).at(&self.input)?;
        let geometry = self.geometry.resolve(self.size.size.per_axis(k, "--size")?)?;
        let (result, dtype) = with_real!(&array, array => {
            let (array, geometry) = padded(array, geometry).at(&self.input)?;
            let (shape, columns) = columns(&array, &geometry).at(&self.input)?;
            outputs.file(output, |out| npy::write(out, &shape, &columns))?;
            (shape, dtype_of(&columns))
        }, complex => {
            return Err(Error::at(&self.input, format_args!("{} has no columns", array.dtype())));
        });
        outputs.commit()?;
        Ok(Report::new("im2col")
            .input(&self.input, array.shape(), array.dtype())
            .output(output, &result, dtype)
            .count("positions", result[2]))
    }
}

fn dtype_of<T: Element>(_: &[T]) -> Dtype {
    T::DTYPE
}

/// How many axes are spatial.
pub(super) fn spatial(shape: &[usize]) -> Result<usize> {
    match shape.len().checked_sub(2) {
        Some(k @ 1..) => Ok(k),
        _ => Err(Error::new(format_args!(
            "the array has {} axes (shape {shape:?}), but N x C x spatial has 3 or more",
            shape.len()
        ))),
    }
}

/// The spec of the spatial axes.
pub(super) fn spec(geometry: &Geometry) -> WindowSpec<Dyn> {
    WindowSpec::from_axes(&geometry.axes().collect::<Vec<_>>())
}

/// Refuses windows of which there are none, unless an edge was named: that says what becomes of them.
pub(super) fn require_windows(shape: &[usize], geometry: &Geometry) -> Result<Grid<Dyn>> {
    let grid = Grid::dynamic(shape, geometry.spec(2, 0)).map_err(Error::new)?;
    if geometry.edge.is_none() && grid.counts()[2..].contains(&0) {
        return grid.require_windows().map_err(Error::new);
    }
    Ok(grid)
}

/// Asks for the memory of the results, each of `bytes`, and for what a plan notes before it says how many there are: offsets
/// of every position and every tap along each axis, and some tables for each of its passes.
pub(super) fn announce(
    outputs: &[usize],
    grid: &Grid<Dyn>,
    bytes: usize,
    passes: usize,
) -> Result<()> {
    let places = grid.axes().iter().flat_map(|axis| [axis.count(), axis.len(), axis.size()]);
    let noted = places.fold(0, usize::saturating_add).saturating_mul(64);
    let noted = noted.saturating_add(passes.saturating_mul(1 << 10));
    let results = memory::count(outputs, "the result")?.saturating_mul(bytes);
    memory::check(results.saturating_add(noted), "the result")
}

/// The array with its padding written out, and the geometry without, where a border is not zero.
pub(super) fn padded<T: Element>(
    array: &ArrayOf<T>,
    mut geometry: Geometry,
) -> Result<(ArrayOf<T>, Geometry)> {
    let border = match geometry.border.take() {
        Some(border) => border.of::<T>()?,
        None => windows_core::Border::Constant(T::default()),
    };
    let shape = array.shape();
    if border == windows_core::Border::Constant(T::default()) {
        return Ok((array.clone(), geometry));
    }
    if geometry.edge.is_some_and(|edge| edge != windows_core::Edge::Drop) {
        return Err(Error::new("--border beside --edge: windows that hang over read as 0"));
    }
    let grid = require_windows(shape, &geometry)?;
    let sides =
        |of: fn(&windows_core::Axis) -> usize| grid.axes().iter().map(of).collect::<Vec<_>>();
    let (before, after) = (sides(windows_core::Axis::before), sides(windows_core::Axis::after));
    let whole: Vec<usize> =
        (0..shape.len()).map(|axis| shape[axis] + before[axis] + after[axis]).collect();
    let mut data = memory::zeroed(memory::count(&whole, "the padded array")?, "the padded array")?;
    array.view().pad_into(&before, &after, border, &mut data).map_err(Error::new)?;
    geometry.pad = vec![Default::default(); geometry.size.len()];
    geometry.same = None;
    Ok((ArrayOf::new(data, &whole).map_err(Error::new)?, geometry))
}

fn columns<T: Element + Additive>(
    array: &ArrayOf<T>,
    geometry: &Geometry,
) -> Result<([usize; 3], Vec<T>)> {
    let grid = require_windows(array.shape(), geometry)?;
    announce(&[grid.packed_len().map_err(Error::new)?], &grid, size_of::<T>(), 0)?;
    let view: DynView<'_, T> = array.view();
    let im2col = Im2col::new(view.layout(), spec(geometry)).map_err(Error::new)?;
    let mut out = memory::zeroed(im2col.len(), "the matrix")?;
    im2col.write_into(&view, ColumnOrder::Torch, &mut out).map_err(Error::new)?;
    Ok((im2col.shape(ColumnOrder::Torch), out))
}

/// The geometry of a matrix over row-major images of this shape.
pub(super) fn over(shape: &[usize], geometry: &Geometry) -> Result<Im2col> {
    announce(&[0], &require_windows(shape, geometry)?, 1, 0)?;
    let layout = Layout::<Dyn>::contiguous(shape).map_err(Error::new)?;
    Im2col::new(&layout, spec(geometry)).map_err(Error::new)
}

/// Borders that `col2im` and transposed convolutions cannot have.
pub(super) fn require_zero_border(geometry: &Geometry, command: &str) -> Result<()> {
    match &geometry.border {
        None | Some(Border::Constant(_)) => Ok(()),
        Some(_) => Err(Error::new(format_args!(
            "--border: {command} drops what lies in the padding, so only constant is possible"
        ))),
    }
}
