//! `ndwin patches`: pictures cut into patches.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use windows_core::{Const, Grid, View, WindowSpec};
use windows_patches::{ImageView, Normalize, Order, PatchPlan, Patchify, Sample, UnknownName};

use crate::args::Common;
use crate::canvas::Canvas;
use crate::error::{At, Error, Result};
use crate::geometry::{SizeArgs, StepArgs};
use crate::io::inputs::{self, Pictures};
use crate::io::output::{self, Outputs};
use crate::io::{self, Kind, image, npy};
use crate::io::{Array, ArrayOf, Dtype, Element, Visitor};
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

--order says how patches and the values in them lie in an array: grid keeps [rows, columns, h, w, C],
the others are the token matrices of models and libraries. --normalize takes imagenet, clip, half, or
means and deviations of intensities from 0 to 1, as in 0.5/0.5 or 0.4,0.5,0.6/0.2,0.2,0.3; the result is
f32, as it is in order pix2struct, which standardises each picture unless told otherwise.

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

    /// The order of patches: grid, vit, mae, siglip2, pix2struct, qwen2-vl, tf, jax, torch
    #[arg(long, value_name = "ORDER", value_parser = order, default_value_t, help_heading = "Model")]
    order: Order,

    /// Patches that order qwen2-vl keeps together, along each axis [default: 2]
    #[arg(long, value_name = "M", help_heading = "Model")]
    merge: Option<usize>,

    /// Numbers instead of samples: imagenet, clip, half, or MEAN/STD
    #[arg(long, value_name = "KIND", value_parser = normalization, help_heading = "Model")]
    normalize: Option<Normalize>,

    /// A contact sheet of one picture's patches, in the order of the grid
    #[arg(long, value_name = "SHEET.png", help_heading = "Run")]
    sheet: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) common: Common,
}

fn order(name: &str) -> std::result::Result<Order, String> {
    name.parse().map_err(|error: UnknownName| format!("the orders are {}", error.names().join(" ")))
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
            let first = io::read_picture(&pictures.paths[0])?;
            let all = All { args: self, first: &first, pictures: &pictures, outputs: &mut outputs };
            let done = match (self.normalization(), &first) {
                (None, _) => first.visit(all)?,
                (Some(by), Array::U8(array)) => all.convert(array, &by)?,
                (Some(by), Array::U16(array)) => all.convert(array, &by)?,
                (Some(by), Array::F32(array)) => all.convert(array, &by)?,
                (Some(_), other) => {
                    let dtype = other.dtype();
                    return Err(Error::at(
                        &pictures.paths[0],
                        format_args!("{dtype} samples are not normalised: u8, u16 and f32 are"),
                    ));
                }
            };
            report = report.output(&self.common.output, &done.shape, done.dtype);
            (done.count, done.sheet)
        } else {
            report = report.output_file(&self.common.output);
            self.to_folder(&pictures, &mut outputs)?
        };
        if let (Some(path), Some(sheet)) = (&self.sheet, sheet) {
            let shape = sheet.shape();
            let kind = Kind::of(path)?;
            outputs.file(path, |out| io::write(out, kind, &shape, sheet.samples()))?;
            report = report.output(path, &shape, u8::DTYPE);
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
        if !to_array && (self.order != Order::Grid || self.normalize.is_some()) {
            return Err(Error::at(
                output,
                "--order and --normalize make arrays: write a .npy file",
            ));
        }
        if let (Some(_), true) = (self.merge, self.order != Order::Qwen2Vl) {
            return Err(Error::new(format_args!(
                "--merge is of order qwen2-vl, not of {}",
                self.order
            )));
        }
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
    ) -> Result<(usize, Option<Canvas>)> {
        let stems = inputs::stems(&pictures.paths)?;
        let inside = outputs.folder(&self.common.output)?;
        let progress = Progress::new(pictures.paths.len() as u64, "images", self.common.quiet);
        let work = pictures.paths.par_iter().zip(&stems).map(|(path, stem)| {
            let array = io::read_picture(path)?;
            let done = array.visit(ToFiles { args: self, path, folder: &inside, stem })?;
            progress.step();
            Ok(done)
        });
        let done: Vec<(usize, Option<Canvas>)> = work.collect::<Result<_>>()?;
        let count = done.iter().map(|(count, _)| count).sum();
        Ok((count, done.into_iter().find_map(|(_, sheet)| sheet)))
    }

    /// What samples are normalised by, if they are.
    fn normalization(&self) -> Option<Normalize> {
        let own = (self.order == Order::Pix2Struct).then(Normalize::standardize);
        self.normalize.clone().or(own)
    }

    fn plan(&self, shape: &[usize], path: &Path, order: Order) -> Result<Cut> {
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
        let mut patchify = Patchify::new(&size).step(&step).order(order);
        if let Some(merge) = self.merge {
            patchify = patchify.merge(merge);
        }
        if let Some(edge) = edge {
            patchify = patchify.edge(edge);
        }
        let plan = patchify.over([1, height, width, channels.unwrap_or(1)]).at(path)?;
        Ok(Cut { plan, channels })
    }

    /// The contact sheet of a picture, if one is asked for, whatever order its patches were written in.
    fn sheet<T: Element>(&self, array: &ArrayOf<T>, path: &Path) -> Result<Option<Canvas>> {
        let Some(sheet_path) = &self.sheet else {
            return Ok(None);
        };
        let cut = self.plan(array.shape(), path, Order::Grid)?;
        let mut packed = memory::zeroed(cut.plan.packed_len(), "the contact sheet").at(path)?;
        cut.pack(array, &mut packed).at(path)?;
        sheet(&packed, &cut.patch_shape(), cut.grid_shape()).map(Some).at(sheet_path)
    }
}

/// `imagenet`, `clip`, `half`, or `MEAN/STD` with a value for all channels or one for each.
fn normalization(text: &str) -> Result<Normalize, String> {
    match text {
        "imagenet" => return Ok(Normalize::imagenet()),
        "clip" => return Ok(Normalize::clip()),
        "half" => return Ok(Normalize::half()),
        _ => {}
    }
    let numbers = |list: &str| -> Option<Vec<f32>> {
        list.split(',').map(|number| number.trim().parse().ok()).collect()
    };
    text.split_once('/')
        .and_then(|(mean, deviation)| Some(Normalize::new(&numbers(mean)?, &numbers(deviation)?)))
        .ok_or_else(|| "it is imagenet, clip, half, or numbers MEAN/STD as in 0.5/0.5".to_owned())
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

    /// Shape of what is packed, without an axis for the picture or for channels that are not there.
    fn shape(&self) -> Vec<usize> {
        let shape = self.plan.shape();
        match self.plan.order() {
            Order::Grid => self.grid_shape().into_iter().chain(self.patch_shape()).collect(),
            Order::Qwen2Vl => shape,
            _ => shape[1..].to_vec(),
        }
    }

    fn pixels<'a, T: Element>(&self, array: &'a ArrayOf<T>) -> Result<ImageView<'a, T>> {
        let view = array.view();
        let strides = view.strides();
        // One picture, and one channel where there is no axis of them.
        let strides = [0, strides[0], strides[1], strides.get(2).copied().unwrap_or(1)];
        let pixels = View::strided(array.data(), view.offset(), self.plan.grid().shape(), strides);
        Ok(ImageView::from_view(pixels.map_err(Error::new)?))
    }

    fn pack<T: Element>(&self, array: &ArrayOf<T>, out: &mut [T]) -> Result<()> {
        self.plan.pack_into(&self.pixels(array)?, out).map_err(Error::new)
    }
}

/// All pictures, of the type and shape of the first, as one array.
struct All<'a> {
    args: &'a Args,
    first: &'a Array,
    pictures: &'a Pictures,
    outputs: &'a mut Outputs,
}

/// What became of it.
struct Done {
    shape: Vec<usize>,
    dtype: Dtype,
    count: usize,
    sheet: Option<Canvas>,
}

impl Visitor for All<'_> {
    type Output = Result<Done>;

    /// The samples as they are.
    fn visit<T: Element>(self, first: &ArrayOf<T>) -> Self::Output {
        self.write(first, |cut, array, out: &mut [T]| cut.pack(array, out))
    }
}

impl All<'_> {
    /// Numbers instead of samples.
    fn convert<S: Element + Sample>(self, first: &ArrayOf<S>, by: &Normalize) -> Result<Done> {
        self.write(first, |cut, array, out: &mut [f32]| {
            cut.plan.convert_into(&cut.pixels(array)?, by, out).map_err(Error::new)
        })
    }

    fn write<T: Element, D: Element>(
        self,
        first: &ArrayOf<T>,
        fill: impl Fn(&Cut, &ArrayOf<T>, &mut [D]) -> Result<()> + Sync,
    ) -> Result<Done> {
        let paths = &self.pictures.paths;
        let cut = self.args.plan(first.shape(), &paths[0], self.args.order)?;
        let len = cut.plan.packed_len();
        let batch = self.pictures.many.then_some(paths.len());
        let shape: Vec<usize> = batch.into_iter().chain(cut.shape()).collect();
        let total = memory::count(&shape, "all patches")?;
        let mut packed = memory::zeroed(total, "all patches")?;

        let progress = Progress::new(paths.len() as u64, "images", self.args.common.quiet);
        // A picture without channels has empty patches, and chunks are not empty.
        let chunks = packed.par_chunks_mut(len.max(1));
        chunks.zip(paths).enumerate().try_for_each(|(index, (out, path))| {
            let read = if index == 0 { None } else { Some(io::read_picture(path)?) };
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
                        T::DTYPE
                    ),
                )
            })?;
            fill(&cut, array, out).at(path)?;
            progress.step();
            Ok(())
        })?;
        self.outputs.file(&self.args.common.output, |out| npy::write(out, &shape, &packed))?;
        let sheet = self.args.sheet(first, &paths[0])?;
        let count = paths.len() * cut.plan.grid().len();
        Ok(Done { shape, dtype: D::DTYPE, count, sheet })
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
    type Output = Result<(usize, Option<Canvas>)>;

    fn visit<T: Element>(self, array: &ArrayOf<T>) -> Self::Output {
        let cut = self.args.plan(array.shape(), self.path, Order::Grid)?;
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
                image::write(out, image::Format::Png, &patch_shape, patch)
            })
            .map_err(|error| error.about(&self.args.common.output))?;
        }
        Ok((grid.len(), self.args.sheet(array, self.path)?))
    }
}
