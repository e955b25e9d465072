//! Figures of what is done with windows.

use windows_conv::{ColumnOrder, Im2col};
use windows_core::{Axis, AxisSpec, DynView, Edge, Grid, Halo, Tiles, View, WindowSpec};
use windows_frame::FrameSpec;
use windows_frame::text::{Delimiter, Unit, Units};
use windows_patches::{Order, Patchify};
use windows_pool::Pool;
use windows_stitch::{Stitch, StitchSpec, Taper};

use crate::Figure;
use crate::svg::{CELL, GLYPH, Svg, colour};

const LEFT: f64 = 20.0;

fn at(x: f64, y: f64, row: usize, column: usize) -> (f64, f64) {
    (x + CELL * column as f64, y + CELL * row as f64)
}

/// The share of each tile is what the stitch gives where that tile is 1 and all others are 0.
pub(crate) fn stitch() -> Figure {
    const LEN: usize = 52;
    let mut svg = Svg::new("Shares of overlapping tiles sum to one");
    let spec = WindowSpec::new([16]).overlap([6]).edge(Edge::Snap);
    let grid = Grid::new([LEN], spec)?;
    let stitch = Stitch::new(&grid, StitchSpec::new().taper(Taper::Hann))?;
    let side = 11.0;
    svg.text((LEFT, 30.0), "title", "size 16, overlap 6, snap, Hann taper");
    let (top, height) = (110.0, 110.0);
    let mut sums = [0.0; LEN];
    for tile in 0..grid.len() {
        let mut tiles = vec![0.0_f64; grid.packed_len()?];
        tiles[tile * 16..(tile + 1) * 16].fill(1.0);
        let shares = stitch.run(&tiles)?;
        let [region] = grid.region([tile]);
        let (x, y) = (LEFT + side * region.start as f64, 42.0 + 12.0 * tile as f64);
        svg.rect((x, y), (side * region.len() as f64, 9.0), colour(tile));
        let points: Vec<(f64, f64)> = region
            .map(|element| {
                let x = LEFT + side * (element as f64 + 0.5);
                (x, top + height * (1.0 - shares[element]))
            })
            .collect();
        svg.curve(&points, colour(tile));
        for (sum, share) in sums.iter_mut().zip(&shares) {
            *sum += share;
        }
    }
    let least = sums.iter().copied().fold(f64::INFINITY, f64::min);
    let most = sums.iter().copied().fold(0.0, f64::max);
    let end = LEFT + side * LEN as f64;
    svg.line((LEFT, top + height), (end, top + height));
    svg.line((LEFT, top), (end, top));
    svg.text((end + 8.0, top + 4.0), "quiet", "1");
    svg.text((end + 8.0, top + height + 4.0), "quiet", "0");
    let note = format!("the share of each tile; sums lie from {least:.6} to {most:.6}");
    svg.text((LEFT, top + height + 24.0), "quiet", &note);
    svg.text(
        (LEFT, top + height + 44.0),
        "quiet",
        "no ramp at either end: one tile there has it all",
    );
    Ok(svg)
}

pub(crate) fn halo() -> Figure {
    let mut svg = Svg::new("Tiles own a core and read a halo");
    let tiles = Tiles::new([14], [4], Halo::from(1))?;
    for element in 0..14 {
        svg.cell(at(LEFT, 45.0, 0, element), "plain", element);
    }
    svg.text((LEFT, 30.0), "title", "14 elements, cores of 4, halo of 1");
    for (index, tile) in tiles.iter().enumerate() {
        let [read] = tile.read();
        let y = 85.0 + 18.0 * index as f64;
        let bar = |range: &std::ops::Range<usize>| {
            ((LEFT + CELL * range.start as f64, y), (CELL * range.len() as f64, 13.0))
        };
        let (place, size) = bar(&read);
        svg.rect(place, size, "virtual");
        let (place, size) = bar(&tile.core()[0]);
        svg.rect(place, size, colour(index));
    }
    let bottom = 85.0 + 18.0 * tiles.len() as f64 + 18.0;
    svg.text((LEFT, bottom), "quiet", "filled: what a tile makes; dashed: what it looks at");
    Ok(svg)
}

pub(crate) fn orders() -> Figure {
    let mut svg = Svg::new("Two orders of the same patches");
    let orders = [("vit", Order::Vit), ("qwen2-vl, merge 2", Order::Qwen2Vl)];
    for (panel, (name, order)) in orders.into_iter().enumerate() {
        let x = LEFT + 190.0 * panel as f64;
        let plan = Patchify::new([14, 14]).order(order).over([1, 56, 56, 3])?;
        svg.text((x, 30.0), "title", name);
        for (index, [_, row, column]) in plan.positions().enumerate() {
            svg.cell(at(x, 45.0, row, column), colour(index / 4), index);
        }
    }
    svg.text((LEFT, 180.0), "quiet", "56 x 56 pixels in 14 x 14 patches, numbered as the model");
    svg.text((LEFT, 198.0), "quiet", "expects them; four of a colour are neighbours in memory");
    Ok(svg)
}

pub(crate) fn pool() -> Figure {
    let mut svg = Svg::new("Max pooling");
    let data: Vec<u8> = (0..24_u32).map(|i| (i * i * i * 7 % 23) as u8).collect();
    let view = View::new(&data, [4, 6])?;
    let grid = Grid::new([4, 6], WindowSpec::new([2, 2]).step(2))?;
    let pooled = Pool::max(grid.spec().to_dyn()).run(&view)?;
    svg.text((LEFT, 30.0), "title", "4 x 6 numbers");
    for (offset, value) in data.iter().enumerate() {
        let element = [offset / 6, offset % 6];
        let owner = grid.covering(element).next().ok_or("covered")?;
        let owner = grid.index(owner).ok_or("inside")?;
        svg.cell(at(LEFT, 45.0, element[0], element[1]), colour(owner), value);
    }
    svg.text((230.0, 30.0), "title", "max of 2 x 2, step 2");
    for (window, value) in pooled.iter().enumerate() {
        svg.cell(at(230.0, 45.0, window / 3, window % 3), colour(window), value);
    }
    Ok(svg)
}

pub(crate) fn im2col() -> Figure {
    let mut svg = Svg::new("Windows as the columns of a matrix");
    let data: Vec<u8> = (0..9).collect();
    let view = DynView::new(&data, [1, 1, 3, 3])?;
    let im2col = Im2col::new(view.layout(), [2, 2])?;
    let [_, taps, positions] = im2col.shape(ColumnOrder::Torch);
    let mut columns = vec![0; im2col.len()];
    im2col.write_into(&view, ColumnOrder::Torch, &mut columns)?;
    svg.text((LEFT, 30.0), "title", "a 3 x 3 channel");
    for (offset, value) in data.iter().enumerate() {
        svg.cell(at(LEFT, 45.0, offset / 3, offset % 3), "plain", value);
    }
    svg.text((190.0, 30.0), "title", "its columns");
    for (index, value) in columns.iter().enumerate() {
        let (tap, position) = (index / positions, index % positions);
        svg.cell(at(190.0, 45.0, tap, position), colour(position), value);
    }
    let note = format!("{taps} taps (rows) x {positions} windows (columns):");
    svg.text((LEFT, 182.0), "quiet", &note);
    svg.text((LEFT, 200.0), "quiet", "one row of weights times this is a convolution");
    Ok(svg)
}

pub(crate) fn frames() -> Figure {
    const SIDE: f64 = 24.0;
    let mut svg = Svg::new("Where libraries put their frames");
    let samples: Vec<u32> = (1..=9).collect();
    let conventions = [
        ("none", FrameSpec::new(4, 2)),
        ("librosa: centred, zeros", FrameSpec::librosa(4, 2)),
        ("torch: centred, reflected", FrameSpec::torch(4, 2)),
        ("kaldi, not snipped", FrameSpec::kaldi_unsnipped(4, 2)),
    ];
    for (panel, (name, spec)) in conventions.into_iter().enumerate() {
        let x = LEFT + 2.0 * SIDE + 370.0 * (panel % 2) as f64;
        let y = 30.0 + 220.0 * (panel / 2) as f64;
        let frames = spec.frames(&samples)?;
        svg.text((x - 2.0 * SIDE, y), "title", &format!("{name}: {} frames", frames.len()));
        for (index, sample) in samples.iter().enumerate() {
            let place = (x + SIDE * index as f64, y + 12.0);
            svg.rect(place, (SIDE, SIDE), "plain");
            svg.text((place.0 + 8.0, place.1 + 16.5), "", &sample.to_string());
        }
        for frame in frames.iter() {
            let mut values = [0; 4];
            frame.write_into(&mut values)?;
            let y = y + 44.0 + 26.0 * frame.index() as f64;
            for (tap, value) in values.iter().enumerate() {
                let x = x + SIDE * (frame.start() + tap as isize) as f64;
                let real = frame.taps().contains(&tap);
                svg.rect((x, y), (SIDE, 20.0), if real { colour(frame.index()) } else { "lost" });
                svg.text((x + 8.0, y + 14.5), "", &value.to_string());
            }
        }
    }
    Ok(svg)
}

pub(crate) fn text() -> Figure {
    let mut svg = Svg::new("Windows over words: context and what is fresh");
    let text = "to be or not to be that is the question";
    let words = Units::new(text, &Unit::Separated(Delimiter::text(" ")?));
    let spec = FrameSpec::overlapping(4, 1).edge(Edge::Covered);
    let x = LEFT;
    svg.text((x, 30.0), "title", "4 words, 1 of overlap");
    svg.text((x, 55.0), "", text);
    for (index, window) in words.windows(spec)?.enumerate() {
        let y = 70.0 + 30.0 * index as f64;
        let bar = |range: std::ops::Range<usize>| {
            ((x + GLYPH * range.start as f64, y), (GLYPH * range.len() as f64, 21.0))
        };
        let (place, size) = bar(window.bytes());
        svg.rect(place, size, "virtual");
        let (place, size) = bar(window.fresh());
        svg.rect(place, size, colour(index));
        svg.text((x + GLYPH * window.bytes().start as f64, y + 15.0), "", window.text());
    }
    let count = Axis::new(words.len(), AxisSpec::new(4).step(3).edge(Edge::Covered))?.count();
    let y = 70.0 + 30.0 * count as f64 + 18.0;
    svg.text((x, y), "quiet", "filled: fresh; dashed: context that was there before");
    Ok(svg)
}
