//! A contact sheet: all tiles of a picture in the order of their grid, to look at.

use windows_core::View;
use windows_pool::{Average, Pool};

use crate::canvas::{Canvas, Colour};
use crate::error::{Error, Result};
use crate::io::Element;
use crate::io::image;
use crate::memory;

/// Neither side of a sheet is longer than this, in pixels: larger tiles are scaled down.
const LONGEST: usize = 4096;
/// Between tiles, in pixels.
const GAP: usize = 4;
/// What shows in the gaps.
const GROUND: Colour = [40; 3];

/// Lays out tiles of `tile_shape` (H x W or H x W x C), one after the other in `tiles`, in `rows`
/// rows of `columns`.
///
/// Grey becomes RGB, 16 bits become 8, and alpha is left out. Tiles keep their proportions to one
/// another.
///
/// # Errors
/// When no picture has such elements, and when there are more tiles than a sheet has room for.
pub fn sheet<T: Element>(
    tiles: &[T],
    tile_shape: &[usize],
    [rows, columns]: [usize; 2],
) -> Result<Canvas> {
    let [height, width] = [tile_shape[0], tile_shape[1]];
    let (down, across) = (fitted(rows, height)?, fitted(columns, width)?);
    let gap = down.gap.min(across.gap);
    // One scale for both sides.
    let scale = (down.len as f64 / height as f64).min(across.len as f64 / width as f64);
    let scaled = |len: usize| ((len as f64 * scale) as usize).max(1);
    let [tile_height, tile_width] = [scaled(height), scaled(width)];
    let side = |count: usize, len: usize| count * (len + gap) + gap;
    let mut sheet = Canvas::new([side(rows, tile_height), side(columns, tile_width)], GROUND)?;
    // A pixel of a smaller tile is the mean of those that it stands for.
    let smaller = Pool::adaptive(Average::new(), &[tile_height, tile_width]).behind(1);
    let smaller = smaller.plan::<u8>([height, width, 3]).map_err(Error::new)?;
    let mut shown = memory::zeroed(tile_height * tile_width * 3, "a tile")?;
    let tile_len = tile_shape.iter().product::<usize>().max(1);
    for (index, tile) in tiles.chunks_exact(tile_len).enumerate() {
        let tile = image::rgb(tile_shape, tile)?;
        let view = View::new(&tile, [height, width, 3]).map_err(Error::new)?;
        smaller.run_into(&view, &mut shown).map_err(Error::new)?;
        let at = |place: usize, len: usize| place * (len + gap) + gap;
        let corner = (at(index % columns, tile_width), at(index / columns, tile_height));
        sheet.place(corner, tile_width, &shown);
    }
    Ok(sheet)
}

/// Tiles in a row or a column that fits the sheet.
struct Fitted {
    /// Of a tile.
    len: usize,
    /// Between tiles, and around them.
    gap: usize,
}

/// `count` tiles, each `len` long or as much shorter as it must be.
fn fitted(count: usize, len: usize) -> Result<Fitted> {
    let room = |gap: usize| LONGEST.saturating_sub(gap) / count.max(1);
    for gap in [GAP, 1] {
        let room = room(gap).saturating_sub(gap);
        // Gaps are not to be wider than what they part.
        if room > gap {
            return Ok(Fitted { len: len.min(room), gap });
        }
    }
    Err(Error::new(format_args!(
        "--sheet has room for {} tiles in a row, but there are {count}: give a larger --step",
        (LONGEST - 1) / 3
    )))
}
