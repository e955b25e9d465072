//! `ndwin patches`: pictures cut into patches.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use ::image::RgbImage;
use rayon::prelude::*;
use windows_core::{Const, Grid, View, WindowSpec};
use windows_patches::{ImageView, PatchPlan, Patchify};

use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::geometry::{SizeArgs, StepArgs};
use crate::io::array::{Array, ArrayOf, Element, Visitor};
use crate::io::inputs::{self, Pictures};
use crate::io::output::{self, Outputs};
use crate::io::{self, Kind, image, npy};
use crate::memory;
use crate::progress::Progress;
use crate::report::Report;
use crate::sheet::sheet;

/// An array (grid height, grid width, patch height, patch width, channels), or a picture a patch.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
A size that does not fit the picture is an error unless --edge says what is to happen. Pixels beyond
the picture, of the partial patches of --edge keep, ceil and covered, are 0. Many pictures make an
array only if all have one shape; it then has one more axis in front.

Example, overlapping patches of a photograph, and a sheet to look at them:
  ndwin patches docs/assets/rocket.jpg --size 96 --step 64 --edge snap \\
    -o target/patches --sheet target/sheet.png --force")]
pub struct Args {
    /// Pictures: files, folders, patterns like 'photos/*.jpg', or a .npy array H x W or H x W x C
    #[arg(value_name = "IMAGE|DIR|GLOB", required = true)]
    input: Vec<PathBuf>,

    #[command(flatten)]
    size: SizeArgs,

    #[command(flatten)]
    step: StepArgs,

    /// A contact sheet of one picture's patches, in the order of the grid
    #[arg(long, value_name = "SHEET.png", help_heading = "Run")]
    sheet: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) common: Common,
}

impl Args {
    pub(crate) fn run(&self) -> Result<Report> {
        let mut outputs = Outputs::new(self.common.force);
        let to_array = self.plan_outputs(&mut outputs)?;
        let pictures = inputs::pictures(&self.input)?;
        if self.sheet.is_some() && pictures.paths.len() > 1 {
            return Err(Error::new(format_args!(
                "--sheet shows one picture, but {} are given",
                pictures.paths.len()
            )));
        }
        let mut report = Report::new("patches");
        let (count, sheet) = if to_array {
            let first = io::read(&pictures.paths[0])?.0;
            let done = first.visit(ToArray {
                args: self,
                first: &first,
                pictures: &pictures,
                outputs: &mut outputs,
            })?;
            report = report.output(&self.common.output, &done.shape, first.dtype());
            (done.count, done.sheet)
        } else {
            report = report.output_file(&self.common.output);
            self.to_folder(&pictures, &mut outputs)?
        };
        if let (Some(path), Some(sheet)) = (&self.sheet, sheet) {
            let shape = [sheet.height() as usize, sheet.width() as usize, 3];
            let kind = Kind::of(path)?;
            outputs.file(path, |out| io::write(out, kind, &shape, sheet.as_raw()))?;
            report = report.output(path, &shape, u8::NAME);
        }
        outputs.commit()?;
        for input in &self.input {
            report = report.input_file(input);
        }
        Ok(report.count("images", pictures.paths.len()).count("patches", count))
    }

    /// Whether the result is an array, and no folder of pictures.
    fn plan_outputs(&self, outputs: &mut Outputs) -> Result<bool> {
        let output = &self.common.output;
        let to_array = match Kind::of(output) {
            Ok(Kind::Npy) => true,
            Ok(_) => {
                return Err(Error::at(output, "patches are many: write a .npy file or a folder"));
            }
            // No extension of a file that holds arrays.
            Err(_) => false,
        };
        if to_array { outputs.plan_file(output) } else { outputs.plan_folder(output) }?;
        if let Some(sheet) = &self.sheet {
            outputs.plan_file(sheet)?;
            if !matches!(Kind::of(sheet)?, Kind::Image(_)) {
                return Err(Error::at(sheet, "a contact sheet is a picture"));
            }
        }
        Ok(to_array)
    }

    /// A picture a patch, in a folder; many pictures at a time. Tells how many patches there are.
    fn to_folder(
        &self,
        pictures: &Pictures,
        outputs: &mut Outputs,
    ) -> Result<(usize, Option<RgbImage>)> {
        let stems = inputs::stems(&pictures.paths)?;
        let inside = outputs.folder(&self.common.output)?;
        let progress = Progress::new(pictures.paths.len() as u64, "images", self.common.quiet);
        let work = pictures.paths.par_iter().zip(&stems).map(|(path, stem)| {
            let array = io::read(path)?.0;
            let done = array.visit(ToFiles { args: self, path, folder: &inside, stem })?;
            progress.step();
            Ok(done)
        });
        let done: Vec<(usize, Option<RgbImage>)> = work.collect::<Result<_>>()?;
        let count = done.iter().map(|(count, _)| count).sum();
        Ok((count, done.into_iter().find_map(|(_, sheet)| sheet)))
    }

    fn plan(&self, shape: &[usize], path: &Path) -> Result<Cut> {
        let (height, width, channels) = match *shape {
            [height, width] => (height, width, None),
            [height, width, channels] => (height, width, Some(channels)),
            _ => {
                return Err(Error::at(
                    path,
                    format_args!("a picture is H x W or H x W x C, and the shape is {shape:?}"),
                ));
            }
        };
        let size = self.size.size.per_axis(2, "--size").at(path)?;
        let (step, edge) = self.step.resolve(2).at(path)?;
        let step = step.unwrap_or_else(|| size.clone());
        // Asked first over the axes that the file has: an error then names those.
        let spec = WindowSpec::new(&size).step(&step).edge(edge.unwrap_or_default());
        Grid::<Const<2>>::over(&shape[..2], spec).and_then(Grid::require_windows).at(path)?;
        let mut patchify = Patchify::new(&size).step(&step);
        if let Some(edge) = edge {
            patchify = patchify.edge(edge);
        }
        let plan = patchify.over([1, height, width, channels.unwrap_or(1)]).at(path)?;
        Ok(Cut { plan, channels })
    }

    fn sheet<T: Element>(&self, cut: &Cut, packed: &[T]) -> Result<Option<RgbImage>> {
        let Some(path) = &self.sheet else {
            return Ok(None);
        };
        sheet(packed, &cut.patch_shape(), cut.grid_shape()).map(Some).at(path)
    }
}

/// How pictures of one shape are cut.
#[derive(Debug, Clone)]
struct Cut {
    plan: PatchPlan,
    /// `None` where the array has no axis for them.
    channels: Option<usize>,
}

impl Cut {
    fn grid_shape(&self) -> [usize; 2] {
        let counts = self.plan.grid().counts();
        [counts[1], counts[2]]
    }

    fn patch_shape(&self) -> Vec<usize> {
        let [_, height, width, _] = self.plan.grid().window_shape();
        [height, width].into_iter().chain(self.channels).collect()
    }

    fn pack<T: Element>(&self, array: &ArrayOf<T>, out: &mut [T]) -> Result<()> {
        let view = array.view();
        let strides = view.strides();
        // One picture, and one channel where there is no axis of them.
        let strides = [0, strides[0], strides[1], strides.get(2).copied().unwrap_or(1)];
        let shape = self.plan.grid().shape();
        let pixels = View::strided(view.data(), view.offset(), shape, strides);
        let pixels = ImageView::from_view(pixels.map_err(Error::new)?);
        self.plan.pack_into(&pixels, out).map_err(Error::new)
    }
}

/// All pictures, of the type and shape of the first, as one array.
struct ToArray<'a> {
    args: &'a Args,
    first: &'a Array,
    pictures: &'a Pictures,
    outputs: &'a mut Outputs,
}

/// What became of it.
struct Done {
    shape: Vec<usize>,
    count: usize,
    sheet: Option<RgbImage>,
}

impl Visitor for ToArray<'_> {
    type Output = Result<Done>;

    fn visit<T: Element>(self, first: &ArrayOf<T>) -> Self::Output {
        let paths = &self.pictures.paths;
        let cut = self.args.plan(first.shape(), &paths[0])?;
        let len = cut.plan.packed_len();
        let grid = cut.grid_shape();
        let batch = self.pictures.many.then_some(paths.len());
        let shape: Vec<usize> = batch.into_iter().chain(grid).chain(cut.patch_shape()).collect();
        let total = memory::count(&shape, "all patches")?;
        let mut packed = memory::zeroed(total, "all patches")?;

        let progress = Progress::new(paths.len() as u64, "images", self.args.common.quiet);
        // A picture without channels has empty patches, and chunks are not empty.
        let chunks = packed.par_chunks_mut(len.max(1));
        chunks.zip(paths).enumerate().try_for_each(|(index, (out, path))| {
            let read = if index == 0 { None } else { Some(io::read(path)?.0) };
            let any = read.as_ref().unwrap_or(self.first);
            let array = T::from_any(any).filter(|array| array.shape() == first.shape());
            let array = array.ok_or_else(|| {
                Error::at(
                    path,
                    format_args!(
                        "has shape {:?} of {}, but {} has {:?} of {}: write to a folder",
                        any.shape(),
                        any.dtype(),
                        paths[0].display(),
                        first.shape(),
                        T::NAME
                    ),
                )
            })?;
            cut.pack(array, out).at(path)?;
            progress.step();
            Ok(())
        })?;
        self.outputs.file(&self.args.common.output, |out| npy::write(out, &shape, &packed))?;
        let sheet = self.args.sheet(&cut, &packed)?;
        Ok(Done { shape, count: paths.len() * grid[0] * grid[1], sheet })
    }
}

/// The patches of one picture as files.
struct ToFiles<'a> {
    args: &'a Args,
    path: &'a Path,
    folder: &'a Path,
    /// The name of the picture without its extension.
    stem: &'a OsStr,
}

impl Visitor for ToFiles<'_> {
    type Output = Result<(usize, Option<RgbImage>)>;

    fn visit<T: Element>(self, array: &ArrayOf<T>) -> Self::Output {
        let cut = self.args.plan(array.shape(), self.path)?;
        let len = cut.plan.packed_len();
        let mut packed = memory::zeroed(len, "all patches").at(self.path)?;
        cut.pack(array, &mut packed).at(self.path)?;

        let patch_shape = cut.patch_shape();
        let patch_len = memory::count(&patch_shape, "a patch")?.max(1);
        let grid = cut.plan.grid();
        for (patch, position) in packed.chunks_exact(patch_len).zip(grid.positions()) {
            // Named by where it starts in the picture.
            let [_, y, x, _] = grid.origin(position);
            let mut name = self.stem.to_owned();
            name.push(format!("_{y}_{x}.png"));
            output::write_file(&self.folder.join(name), |out| {
                image::write(out, ::image::ImageFormat::Png, &patch_shape, patch)
            })
            .map_err(|error| error.about(&self.args.common.output))?;
        }
        Ok((grid.len(), self.args.sheet(&cut, &packed)?))
    }
}
