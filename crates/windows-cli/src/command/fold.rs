//! `ndwin fold`: windows back to an array, overlaps summed.

use std::borrow::Cow;
use std::path::PathBuf;

use windows_core::{Additive, Dyn, Grid};
use windows_dtype::with_real;

use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::geometry::{Border, Geometry, GeometryArgs, List, SizeArgs, Windowed};
use crate::io::output::Outputs;
use crate::io::{self, Kind, npy};
use crate::io::{ArrayOf, Element};
use crate::memory;
use crate::report::Report;

/// The adjoint of `windows`: takes exactly what it writes, under the same options.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Values on padding go where the border reads from, and those on a constant border are dropped.
Integers wrap around. Windows of a picture, channels last, are recognised by their shape.

Example, a photograph to windows and back, every pixel times the windows that hold it:
  ndwin windows docs/assets/rocket.jpg --size 3 --step 2 -o target/windows.npy --force
  ndwin fold target/windows.npy --shape 427,640 --size 3 --step 2 -o target/fold.npy --force")]
pub struct Args {
    /// What `windows` wrote
    #[arg(value_name = "WINDOWS.npy")]
    input: PathBuf,

    /// The length of each windowed axis of the array that had the windows
    #[arg(long, value_name = "L,..", allow_hyphen_values = true, help_heading = "Geometry")]
    shape: List<usize>,

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
        let kind = Kind::of(output)?;
        let mut outputs = Outputs::new(self.common.force);
        outputs.plan_file(output)?;

        let array = npy::read(&self.input)?;
        let lengths = &self.shape.0;
        let size = self.size.size.per_axis(lengths.len(), "--size")?;
        let geometry = self.geometry.resolve(size)?;
        let grid = self.grid(&geometry, array.shape(), matches!(kind, Kind::Image(_)))?;
        let border = geometry.border.unwrap_or_default();
        with_real!(&array, array => {
            let folded = fold(array, &grid, &border).at(&self.input)?;
            outputs.file(output, |out| io::write(out, kind, grid.shape(), &folded))?;
        }, complex => {
            let dtype = array.dtype();
            return Err(Error::at(&self.input, format_args!("{dtype} windows are not summed")));
        });
        outputs.commit()?;
        Ok(Report::new("fold")
            .input(&self.input, array.shape(), array.dtype())
            .output(output, grid.shape(), array.dtype())
            .count("windows", grid.len()))
    }

    /// The grid whose windows the file holds: its axes are the leading ones, the grid and the
    /// window; or, of a picture, the grid, the window and the channels.
    fn grid(&self, geometry: &Geometry, held: &[usize], picture: bool) -> Result<Grid<Dyn>> {
        let lengths = &self.shape.0;
        let k = lengths.len();
        let Some(rest) = held.len().checked_sub(2 * k) else {
            return Err(Error::at(
                &self.input,
                format_args!(
                    "{k} windowed axes make windows of {} axes or more, but the file has {} \
                     (shape {held:?})",
                    2 * k,
                    held.len()
                ),
            ));
        };
        let grid = |leading: usize, trailing: usize| {
            let windowed = Windowed { leading, size: geometry.size.clone(), trailing };
            let whole: Vec<usize> =
                [&held[..leading], lengths, &held[held.len() - trailing..]].concat();
            let grid = Grid::dynamic(&whole, geometry.spec(leading, trailing)).at(&self.input)?;
            let expected = windowed.shape_of_windows(&grid);
            Ok((grid, expected))
        };
        let (array, expected) = grid(rest, 0)?;
        let of_picture = if k == 2 && rest == 1 { Some(grid(0, 1)?) } else { None };
        match of_picture {
            // A shape may be that of both: the output then says which was meant.
            Some((grid, expected_of_picture))
                if expected_of_picture == held && (picture || expected != held) =>
            {
                Ok(grid)
            }
            _ if expected == held => Ok(array),
            _ => Err(self.mismatch(held, &expected)),
        }
    }

    fn mismatch(&self, held: &[usize], expected: &[usize]) -> Error {
        let differ = |(_, (held, expected)): &(usize, (&usize, &usize))| held != expected;
        let axis = held.iter().zip(expected).enumerate().find(differ);
        let (axis, (held_len, expected_len)) = axis.unwrap_or((0, (&0, &0)));
        Error::at(
            &self.input,
            format_args!(
                "length {held_len} on axis {axis}, but windows of this geometry have {expected_len} \
                 there (shape {held:?}, not {expected:?})"
            ),
        )
    }
}

fn fold<T: Element + Additive>(
    array: &ArrayOf<T>,
    grid: &Grid<Dyn>,
    border: &Border,
) -> Result<Vec<T>> {
    let view = array.view();
    let packed = match view.as_slice() {
        Some(packed) => Cow::Borrowed(packed),
        None => {
            let mut copy = memory::zeroed(view.len(), "the windows")?;
            view.copy_into(&mut copy).map_err(Error::new)?;
            Cow::Owned(copy)
        }
    };
    let len = memory::count(grid.shape(), "the result")?;
    let mut out = memory::zeroed(len, "the result")?;
    grid.fold_border_into(&packed, &border.of::<T>()?, &mut out).map_err(Error::new)?;
    Ok(out)
}
