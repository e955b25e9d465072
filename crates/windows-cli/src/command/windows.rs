//! `ndwin windows`: all windows of an array as one array.

use std::path::{Path, PathBuf};

use windows_core::{Dyn, Grid, WindowSpec};

use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::geometry::{Border, GeometryArgs, SizeArgs};
use crate::io::output::Outputs;
use crate::io::{self, Kind, npy};
use crate::io::{ArrayOf, Element, Visitor};
use crate::memory;
use crate::report::Report;

/// The leading axes, the k axes of the grid, the k axes of a window; the element type is kept.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Missing elements, of padding and of partial windows, read as the border: 0 unless said.

Example, every second 3 x 3 window of a photograph (213 x 319 x 3 x 3 x 3 elements):
  ndwin windows docs/assets/rocket.jpg --size 3 --step 2 -o target/windows.npy --force")]
pub struct Args {
    /// A .npy array, a picture (windows of height and width, channels innermost) or a .wav
    /// recording
    #[arg(value_name = "IN")]
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

        let io::Input { array, kind, note, .. } = io::read(&self.input)?;
        let (shape, dtype) = (array.shape(), array.dtype());
        let windowed = self.size.resolve(shape, kind).at(&self.input)?;
        let geometry = self.geometry.resolve(windowed.size.clone())?;
        let spec = geometry.spec(windowed.leading, windowed.trailing);
        let grid = Grid::dynamic(shape, &spec).at(&self.input)?;
        // An edge that is named says what becomes of windows that do not fit: with drop, nothing.
        if geometry.edge.is_none() && windowed.of(grid.counts()).contains(&0) {
            grid.clone().require_windows().at(&self.input)?;
        }
        let result = windowed.shape_of_windows(&grid);
        array.visit(Write {
            spec: &spec,
            border: &geometry.border.unwrap_or_default(),
            shape: &result,
            input: &self.input,
            output,
            outputs: &mut outputs,
        })?;
        outputs.commit()?;
        Ok(Report::new("windows")
            .input(&self.input, shape, dtype)
            .output(output, &result, dtype)
            .count("windows", grid.len())
            .note(note))
    }
}

/// Writes the windows of an array of any type.
struct Write<'a> {
    spec: &'a WindowSpec<Dyn>,
    border: &'a Border,
    shape: &'a [usize],
    input: &'a Path,
    output: &'a Path,
    outputs: &'a mut Outputs,
}

impl Visitor for Write<'_> {
    type Output = Result<()>;

    fn visit<T: Element>(self, array: &ArrayOf<T>) -> Self::Output {
        let border = self.border.of::<T>()?;
        let windows = array.view().try_windows(self.spec).at(self.input)?;
        let len = windows.grid().packed_len().at(self.input)?;
        let mut packed = memory::zeroed(len, "all windows").at(self.input)?;
        let windows = windows.with_border(border).at(self.input)?;
        windows.pack_into(&mut packed).map_err(Error::new)?;
        self.outputs.file(self.output, |out| npy::write(out, self.shape, &packed))
    }
}
