//! `ndwin stitch`: tiles back to the array that they were cut from.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rayon::prelude::*;
use windows_core::{Dyn, Extent, Grid, WindowSpec};
use windows_stitch::{Reduce, Stitch, StitchSpec, StitcherError, Taper};

use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::geometry::{List, StepArgs, named};
use crate::io::inputs;
use crate::io::output::Outputs;
use crate::io::{self, Kind, npy};
use crate::io::{Array, ArrayOf, Element};
use crate::memory;
use crate::progress::Progress;
use crate::report::Report;

/// Tiles that each thread decodes before any of them is stitched.
const AT_ONCE: usize = 4;

/// Takes what `patches` writes: an array of tiles, or a folder of NAME_y_x.png.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Every element of the result must be in a tile: a grid that leaves some out, or a tile that is missing,
is an error. Means of integers are rounded to the nearest, halves up. Integers have up to 32 bits.
From a folder to a .npy file, rows are written as they are finished: memory is that of a row of tiles.

Example, a photograph to overlapping tiles and back, to the bit:
  ndwin patches docs/assets/rocket.jpg --size 96 --step 64 --edge snap -o target/tiles.npy --force
  ndwin stitch target/tiles.npy --shape 427,640 --step 64 --edge snap --blend hann \\
    -o target/stitched.png --force")]
pub struct Args {
    /// An array (grid, tile, channels), or a folder of pictures named by where they start
    #[arg(value_name = "TILES.npy|DIR")]
    input: PathBuf,

    /// The length of each axis that was cut
    #[arg(long, value_name = "H,W", allow_hyphen_values = true, help_heading = "Geometry")]
    shape: List<usize>,

    #[command(flatten)]
    step: StepArgs,

    /// How the weight of a tile falls off towards its sides, where tiles overlap [default: none]
    #[arg(long, value_enum, help_heading = "Blending")]
    blend: Option<Blend>,

    /// What becomes of elements that several tiles hold [default: mean]
    #[arg(long, value_parser = named(&RULES, Reduce::name), help_heading = "Blending")]
    reduce: Option<Reduce>,

    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Blend {
    None,
    Linear,
    Hann,
    Gaussian,
}

/// Those that need no more than a value of an element.
const RULES: [Reduce; 6] =
    [Reduce::Mean, Reduce::Max, Reduce::Min, Reduce::First, Reduce::Last, Reduce::Crop];

/// Runs `$body` with the array of an element type that tiles can have.
macro_rules! with_tiles {
    ($any:expr, $array:ident => $body:expr, $other:pat => $otherwise:expr) => {
        match $any {
            Array::U8($array) => $body,
            Array::I8($array) => $body,
            Array::U16($array) => $body,
            Array::I16($array) => $body,
            Array::U32($array) => $body,
            Array::I32($array) => $body,
            Array::F32($array) => $body,
            Array::F64($array) => $body,
            $other => $otherwise,
        }
    };
}

impl Args {
    pub(crate) fn run(&self) -> Result<Report> {
        let mut outputs = Outputs::new(self.common.force);
        let kind = Kind::of(&self.common.output)?;
        outputs.plan_file(&self.common.output)?;
        let spec = self.spec()?;
        if self.input.is_dir() {
            self.folder(spec, kind, outputs)
        } else {
            self.array(spec, kind, outputs)
        }
    }

    fn spec(&self) -> Result<StitchSpec> {
        let reduce = self.reduce.unwrap_or_default();
        if let (Some(_), true) = (self.blend, reduce != Reduce::Mean) {
            return Err(Error::new(
                "--blend weighs the tiles of a mean: not beside another --reduce",
            ));
        }
        let taper = match self.blend {
            None | Some(Blend::None) => Taper::Constant,
            Some(Blend::Linear) => Taper::Linear,
            Some(Blend::Hann) => Taper::Hann,
            Some(Blend::Gaussian) => Taper::GAUSSIAN,
        };
        Ok(StitchSpec::new().taper(taper).reduce(reduce))
    }

    /// The grid of tiles of a shape: the axes that were cut, then those that were kept whole.
    fn grid(&self, tile: &[usize]) -> Result<Grid<Dyn>> {
        let lengths = &self.shape.0;
        let k = lengths.len();
        let Some(trailing) = tile.get(k..).filter(|trailing| trailing.len() <= 1) else {
            return Err(Error::new(format_args!(
                "--shape names {k} axes, but a tile has shape {tile:?}: those, or channels besides"
            )));
        };
        let (step, edge) = self.step.resolve(k)?;
        let mut step = step.unwrap_or_else(|| tile[..k].to_vec());
        let mut extent: Vec<Extent> = tile[..k].iter().map(|&size| Extent::Size(size)).collect();
        for _ in trailing {
            extent.push(Extent::Whole);
            step.push(1);
        }
        let whole: Vec<usize> = lengths.iter().chain(trailing).copied().collect();
        let spec = WindowSpec::of(&extent).step(&step).edge(edge.unwrap_or_default());
        Grid::dynamic(&whole, spec).map_err(Error::new)
    }

    fn array(&self, spec: StitchSpec, kind: Kind, mut outputs: Outputs) -> Result<Report> {
        let tiles = npy::read(&self.input)?;
        let k = self.shape.0.len();
        let Some((counts, tile)) =
            tiles.shape().split_at_checked(k).filter(|(_, tile)| tile.len() >= k)
        else {
            let held = tiles.shape();
            return Err(Error::at(
                &self.input,
                format_args!("{k} axes of --shape need {} axes or more, not {held:?}", 2 * k),
            ));
        };
        let grid = self.grid(tile).at(&self.input)?;
        for (axis, (&held, &expected)) in counts.iter().zip(grid.counts()).enumerate() {
            if held != expected {
                return Err(Error::at(
                    &self.input,
                    format_args!(
                        "{held} tiles on axis {axis}, but this geometry has {expected} there"
                    ),
                ));
            }
        }
        let stitch = stitch(&grid, spec).at(&self.input)?;
        let output = &self.common.output;
        with_tiles!(&tiles, array => {
            let whole = whole(array, &stitch).at(&self.input)?;
            outputs.file(output, |out| io::write(out, kind, stitch.shape(), &whole))?;
        }, other => return Err(self.not_stitched(other)));
        outputs.commit()?;
        Ok(Report::new("stitch")
            .input(&self.input, tiles.shape(), tiles.dtype())
            .output(output, stitch.shape(), tiles.dtype())
            .count("tiles", grid.len()))
    }

    fn not_stitched(&self, tiles: &Array) -> Error {
        let dtype = tiles.dtype();
        Error::at(
            &self.input,
            format_args!("{dtype} tiles are not stitched: floats and up to 32 bits"),
        )
    }

    fn folder(&self, spec: StitchSpec, kind: Kind, mut outputs: Outputs) -> Result<Report> {
        let paths = inputs::pictures(std::slice::from_ref(&self.input))?.paths;
        let first = io::read_picture(&paths[0])?;
        if self.shape.0.len() != 2 {
            return Err(Error::new(format_args!(
                "pictures have a height and a width, but --shape has {} values",
                self.shape.0.len()
            )));
        }
        let grid = self.grid(first.shape()).at(&paths[0])?;
        let stitch = stitch(&grid, spec).at(&self.input)?;
        let tiles = places(&paths, &grid)?;
        let output = &self.common.output;
        // What is wrong with a tile is not said of the output.
        let mut written = Ok(());
        with_tiles!(&first, first => {
            outputs.file(output, |out| {
                written = self.write_stitched(first, &tiles, &stitch, kind, out);
                std::io::Result::Ok(())
            })?;
        }, other => return Err(self.not_stitched(other)));
        written?;
        outputs.commit()?;
        Ok(Report::new("stitch")
            .input_file(&self.input)
            .output(output, stitch.shape(), first.dtype())
            .count("tiles", grid.len()))
    }

    /// An array is written row by row as its rows are finished; a picture is encoded whole.
    fn write_stitched<T: Element + windows_stitch::Element>(
        &self,
        first: &ArrayOf<T>,
        tiles: &[(usize, &Path)],
        stitch: &Stitch,
        kind: Kind,
        out: &mut (impl Write + Seek),
    ) -> Result<()> {
        let (shape, output) = (stitch.shape(), &self.common.output);
        let len = memory::count(shape, "the result")?;
        if kind == Kind::Npy {
            npy::require_loadable(T::DTYPE, shape).at(output)?;
            out.write_all(&npy::header(T::DTYPE, shape)).at(output)?;
            let write = |slab: &[T]| out.write_all(bytemuck::cast_slice(slab)).at(output);
            return self.each_slab(first, tiles, stitch, write);
        }
        let mut whole = memory::reserve(len, "the result")?;
        self.each_slab(first, tiles, stitch, |slab| {
            whole.extend_from_slice(slab);
            Ok(())
        })?;
        io::write(out, kind, shape, &whole).at(output)
    }

    /// Some tiles are decoded by many threads, then stitched, and so on: what is held is those and a
    /// row of tiles.
    fn each_slab<T: Element + windows_stitch::Element>(
        &self,
        first: &ArrayOf<T>,
        tiles: &[(usize, &Path)],
        stitch: &Stitch,
        mut each: impl FnMut(&[T]) -> Result<()>,
    ) -> Result<()> {
        let mut stitcher = stitch.stitcher(|_: &[Range<usize>], slab: &[T]| each(slab));
        let failed = |error: StitcherError<Error>| match error {
            StitcherError::Stitch(error) => Error::at(&self.input, error),
            StitcherError::Sink(error) => error,
        };
        let progress = Progress::new(tiles.len() as u64, "tiles", self.common.quiet);
        for some in tiles.chunks(AT_ONCE * rayon::current_num_threads()) {
            let read = some.par_iter().map(|&(index, path)| {
                let any = io::read_picture(path)?;
                let tile = T::from_any(&any).filter(|tile| tile.shape() == first.shape());
                let tile = tile.map(|tile| tile.view().to_vec()).ok_or_else(|| {
                    Error::at(
                        path,
                        format_args!(
                            "has shape {:?} of {}, but other tiles have {:?} of {}",
                            any.shape(),
                            any.dtype(),
                            first.shape(),
                            <T as Element>::DTYPE
                        ),
                    )
                })?;
                Ok((index, tile))
            });
            for (index, tile) in read.collect::<Result<Vec<_>>>()? {
                stitcher.add(index, &tile).map_err(failed)?;
                progress.step();
            }
        }
        stitcher.finish().map(|_| ()).map_err(failed)
    }
}

/// Makes sure that there is memory for the weights and for the sums of a row of tiles, of 64 bits at most.
fn stitch(grid: &Grid<Dyn>, spec: StitchSpec) -> Result<Stitch> {
    // The weights of each axis are summed over its length beforehand.
    let lengths = grid.shape().iter().fold(0, |sum: usize, &len| sum.saturating_add(len));
    memory::check(lengths.saturating_mul(32), "the weights")?;
    let stitch = Stitch::new(grid, spec).map_err(Error::new)?;
    drop(memory::reserve::<u64>(stitch.band_len(), "a row of tiles")?);
    Ok(stitch)
}

fn whole<T: Element + windows_stitch::Element>(
    array: &ArrayOf<T>,
    stitch: &Stitch,
) -> Result<Vec<T>> {
    let view = array.view();
    let packed = match view.as_slice() {
        Some(packed) => Cow::Borrowed(packed),
        None => {
            let mut copy = memory::zeroed(view.len(), "the tiles")?;
            view.copy_into(&mut copy).map_err(Error::new)?;
            Cow::Owned(copy)
        }
    };
    let len = memory::count(stitch.shape(), "the result")?;
    let mut out = memory::zeroed(len, "the result")?;
    stitch.par_run_into(&packed, &mut out).map_err(Error::new)?;
    Ok(out)
}

/// The tile that each file is, by the place in its name, in the order of the grid.
fn places<'p>(paths: &'p [PathBuf], grid: &Grid<Dyn>) -> Result<Vec<(usize, &'p Path)>> {
    let origins: BTreeMap<[isize; 2], usize> = grid
        .positions()
        .enumerate()
        .map(|(index, position)| {
            let origin = grid.origin(&position);
            ([origin[0], origin[1]], index)
        })
        .collect();
    let mut tiles: BTreeMap<usize, &Path> = BTreeMap::new();
    let mut image = None;
    for path in paths {
        let (name, origin) = place(path).ok_or_else(|| {
            Error::at(path, "is not named by where the tile starts, as in NAME_64_128.png")
        })?;
        if *image.get_or_insert_with(|| name.clone()) != name {
            return Err(Error::at(path, "is a tile of another picture than the others"));
        }
        let [y, x] = origin;
        let index = *origins.get(&origin).ok_or_else(|| {
            Error::at(path, format_args!("starts at {y}, {x}, where the grid has no tile"))
        })?;
        if let Some(other) = tiles.insert(index, path) {
            let other = other.display();
            return Err(Error::at(path, format_args!("is the same tile as {other}")));
        }
    }
    Ok(tiles.into_iter().collect())
}

/// Name of the picture and start of the tile, from `NAME_y_x.png`.
fn place(path: &Path) -> Option<(String, [isize; 2])> {
    let stem = path.file_stem()?.to_str()?;
    let (rest, x) = stem.rsplit_once('_')?;
    let (name, y) = rest.rsplit_once('_')?;
    Some((name.to_owned(), [y.parse().ok()?, x.parse().ok()?]))
}
