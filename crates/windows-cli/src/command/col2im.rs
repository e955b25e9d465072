//! `ndwin col2im`: the adjoint of `im2col`.

use std::borrow::Cow;
use std::path::PathBuf;

use windows_conv::ColumnOrder;
use windows_core::Additive;
use windows_dtype::with_real;

use super::im2col::{over, require_zero_border};
use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::geometry::{Geometry, GeometryArgs, List, SizeArgs};
use crate::io::output::Outputs;
use crate::io::{ArrayOf, Element};
use crate::io::{Kind, npy};
use crate::memory;
use crate::report::Report;

/// N x C x spatial: every element of the matrix is added to the element it is a copy of.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
The adjoint of im2col under the same options: torch's `fold`, for any number of spatial axes. Integers wrap around.

Example, there and back, every element times the windows that hold it:
  ndwin windows docs/assets/rocket.jpg --size 64 --step 64 -o target/tiles.npy --force
  ndwin im2col target/tiles.npy --size 3,3,1 --pad 1,1,0 -o target/c.npy --force
  ndwin col2im target/c.npy --shape 64,64,3 --size 3,3,1 --pad 1,1,0 -o target/s.npy --force")]
pub struct Args {
    /// What `im2col` wrote
    #[arg(value_name = "COLS.npy")]
    input: PathBuf,

    /// The spatial lengths of the array that had the windows
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
        Kind::of(output)?.require_npy(output)?;
        let mut outputs = Outputs::new(self.common.force);
        outputs.plan_file(output)?;

        let array = npy::read(&self.input)?;
        let lengths = &self.shape.0;
        let geometry = self.geometry.resolve(self.size.size.per_axis(lengths.len(), "--size")?)?;
        require_zero_border(&geometry, "col2im")?;
        let shape = self.shape_of_images(array.shape(), &geometry)?;
        with_real!(&array, array => {
            let sums = fold(array, &shape, &geometry).at(&self.input)?;
            outputs.file(output, |out| npy::write(out, &shape, &sums))?;
        }, complex => {
            let dtype = array.dtype();
            return Err(Error::at(&self.input, format_args!("{dtype} columns are not summed")));
        });
        outputs.commit()?;
        Ok(Report::new("col2im").input(&self.input, array.shape(), array.dtype()).output(
            output,
            &shape,
            array.dtype(),
        ))
    }

    fn shape_of_images(&self, held: &[usize], geometry: &Geometry) -> Result<Vec<usize>> {
        let &[images, rows, positions] = held else {
            return Err(Error::at(
                &self.input,
                format_args!("columns have 3 axes, N x (C * window) x positions, not {held:?}"),
            ));
        };
        let taps = memory::count(&geometry.size, "a window").at(&self.input)?;
        if taps == 0 || rows % taps != 0 {
            return Err(Error::at(
                &self.input,
                format_args!(
                    "length {rows} on axis 1 is no multiple of the {taps} elements of a window"
                ),
            ));
        }
        let shape = [&[images, rows / taps][..], &self.shape.0].concat();
        let im2col = over(&shape, geometry).at(&self.input)?;
        let expected = im2col.shape(ColumnOrder::Torch)[2];
        if positions != expected {
            return Err(Error::at(
                &self.input,
                format_args!("length {positions} on axis 2, but there are {expected} windows"),
            ));
        }
        Ok(shape)
    }
}

fn fold<T: Element + Additive>(
    array: &ArrayOf<T>,
    shape: &[usize],
    geometry: &Geometry,
) -> Result<Vec<T>> {
    let view = array.view();
    let columns = match view.as_slice() {
        Some(columns) => Cow::Borrowed(columns),
        None => {
            let mut copy = memory::zeroed(view.len(), "the columns")?;
            view.copy_into(&mut copy).map_err(Error::new)?;
            Cow::Owned(copy)
        }
    };
    let mut out = memory::zeroed(memory::count(shape, "the result")?, "the result")?;
    over(shape, geometry)?.fold_into(&columns, ColumnOrder::Torch, &mut out).map_err(Error::new)?;
    Ok(out)
}
