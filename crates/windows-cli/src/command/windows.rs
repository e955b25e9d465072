//! `ndwin windows`: all windows of an array as one array.

use std::path::{Path, PathBuf};

use windows_core::{Dyn, Grid, WindowSpec};

use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::geometry::{DefaultStep, GeometryArgs, SizeArgs};
use crate::io::array::{ArrayOf, Element, Visitor};
use crate::io::output::Outputs;
use crate::io::{self, Kind, npy};
use crate::report::Report;

/// All windows of an array as one array, .npy: the leading axes, the k axes of the grid, the k axes of a window.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Example, every second 3 x 3 window of a photograph (213 x 319 x 3 x 3 x 3 elements):
  ndwin windows docs/assets/rocket.jpg --size 3 --step 2 -o target/windows.npy --force"
)]
pub struct Args {
    /// A .npy array, a picture (windows of height and width, channels innermost) or a .wav recording
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
        if Kind::of(output)? != Kind::Npy {
            return Err(Error::at(output, "windows are an array: write a .npy file"));
        }
        let mut outputs = Outputs::new(self.common.force);
        outputs.plan_file(output)?;

        let (array, kind) = io::read(&self.input)?;
        let windowed = self.size.resolve(array.shape(), kind).at(&self.input)?;
        let geometry = self.geometry.resolve(windowed.size.clone(), DefaultStep::One)?;
        let shape = array.shape().to_vec();
        let dtype = array.dtype();
        let spec = geometry.spec(windowed.leading, windowed.trailing);
        let grid = Grid::dynamic(&shape, &spec).at(&self.input)?;
        // An explicit edge says what is to happen to windows that do not fit: none of them, with drop.
        let fits = !windowed.lengths(grid.counts()).contains(&0);
        if !fits && geometry.edge.is_none() {
            grid.clone().require_windows().at(&self.input)?;
        }
        let written = windowed.shape_of_windows(&grid);
        let write = Write { spec: &spec, shape: &written, output, outputs: &mut outputs };
        array.visit(write)?;
        outputs.commit()?;
        Ok(Report::new("windows")
            .input(&self.input, &shape, dtype)
            .output(output, &written, dtype)
            .count("windows", grid.len()))
    }
}

/// Writes the windows of an array of any type.
struct Write<'a> {
    spec: &'a WindowSpec<Dyn>,
    shape: &'a [usize],
    output: &'a Path,
    outputs: &'a mut Outputs,
}

impl Visitor for Write<'_> {
    type Output = Result<()>;

    fn visit<T: Element>(self, array: &ArrayOf<T>) -> Self::Output {
        let view = array.view();
        let windows = view.try_windows(self.spec).map_err(Error::new)?;
        let all = windows.as_view().map_err(Error::new)?;
        self.outputs.file(self.output, |out| npy::write_view(out, self.shape, &all))
    }
}
