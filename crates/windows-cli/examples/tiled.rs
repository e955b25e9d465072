//! A picture of any size worked on in tiles that overlap, without a seam.
//!
//! ```sh
//! cargo run --release -p windows-cli --example tiled -- docs/assets/rocket.jpg target/tiled.png
//! ```
//!
//! The work is one that depends on what else is in its tile, as that of many networks does: it stretches
//! the contrast of each tile. The result has two halves: above, tiles put side by side, below, the same tiles
//! stitched with Hann weights. Finished rows leave at once, so that memory is a row of tiles.

use std::error::Error;

use image::GrayImage;
use windows_core::{Edge, View, WindowSpec};
use windows_stitch::{Stitch, StitchSpec, Taper};

const TILE: usize = 128;

/// Stands for a model: it sees one tile.
fn model(tile: &mut [f32]) {
    let least = tile.iter().copied().fold(f32::INFINITY, f32::min);
    let greatest = tile.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let scale = 255.0 / (greatest - least).max(1.0);
    tile.iter_mut().for_each(|value| *value = (*value - least) * scale);
}

fn tiled(
    image: &View<'_, f32, 2>,
    overlap: usize,
    taper: Taper,
) -> Result<Vec<f32>, Box<dyn Error>> {
    let spec = WindowSpec::new([TILE, TILE]).overlap(overlap).edge(Edge::Snap);
    let windows = image.windows(spec);
    let stitch = Stitch::new(windows.grid(), StitchSpec::new().taper(taper))?;
    let mut out = Vec::with_capacity(image.len());
    let mut stitcher = stitch.stitcher(|_: &[_], rows: &[f32]| -> Result<(), std::io::Error> {
        out.extend_from_slice(rows); // or to a file
        Ok(())
    });
    let mut tile = vec![0.0; TILE * TILE];
    for (index, window) in windows.iter().enumerate() {
        window.view().copy_into(&mut tile)?;
        model(&mut tile);
        stitcher.add(index, &tile)?;
    }
    let _sink = stitcher.finish()?;
    Ok(out)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let mut path = || arguments.next().ok_or("usage: tiled INPUT OUTPUT.png");
    let (input, output) = (path()?, path()?);
    let image = image::open(input)?.into_luma8();
    let (width, height) = image.dimensions();
    let pixels: Vec<f32> = image.as_raw().iter().map(|&x| f32::from(x)).collect();
    let view = View::new(&pixels, [height as usize, width as usize])?;

    let apart = tiled(&view, 0, Taper::Constant)?;
    let together = tiled(&view, TILE / 2, Taper::Hann)?;
    let pixels = apart.iter().chain(&together).map(|x| x.round() as u8).collect();
    let both = GrayImage::from_raw(width, 2 * height, pixels).ok_or("as many pixels as before")?;
    both.save(&output)?;
    println!("{}: {width} x {height} side by side, above, and stitched, below", output.display());
    Ok(())
}
