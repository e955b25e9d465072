//! A volume of 96 MiB, cut into overlapping tiles, worked on and stitched, in less than 28 MiB:
//!
//! ```text
//! cargo build --release -p windows-stitch --example stream_volume
//! bash -c 'ulimit -v 28672; target/release/examples/stream_volume'
//! ```
//!
//! Tiles are read as they are needed, and finished slices leave as soon as no later tile can touch them.
//! With `HOLD=1` in the environment the whole result is kept as well, which the limit does not allow.

use std::convert::Infallible;
use std::ops::Range;

use windows_core::{Edge, Grid, TileSource, WindowSpec};
use windows_stitch::{Stitch, StitchSpec, StitcherError, Taper};

const SHAPE: [usize; 3] = [384, 256, 256];
const TILE: usize = 24;
const OVERLAP: usize = 8;

/// What a scanner would have measured.
fn voxel(z: usize, y: usize, x: usize) -> f32 {
    ((z * 31 + y * 17) ^ (x * 7)) as f32
}

/// The model: it sees one tile at a time.
fn model(tile: &mut [f32]) {
    tile.iter_mut().for_each(|value| *value = 2.0 * *value + 1.0);
}

/// Streams the volume.
#[allow(unreachable_pub, reason = "a test runs this file as well")]
pub fn main() {
    let hold = std::env::var_os("HOLD").is_some();
    let spec = WindowSpec::new([TILE; 3]).overlap(OVERLAP).edge(Edge::Snap);
    let grid = Grid::new(SHAPE, spec).expect("a grid");
    let stitch =
        Stitch::new(&grid, StitchSpec::new().taper(Taper::Hann)).expect("a grid that covers");

    let mut source = |region: &[Range<usize>], tile: &mut [f32]| -> Result<(), Infallible> {
        let rows = region[0].clone().flat_map(|z| region[1].clone().map(move |y| (z, y)));
        for ((z, y), row) in rows.zip(tile.chunks_exact_mut(region[2].len())) {
            row.iter_mut().zip(region[2].clone()).for_each(|(value, x)| *value = voxel(z, y, x));
        }
        Ok(())
    };
    let (mut seen, mut held) = (0, Vec::new());
    let sink = |region: &[Range<usize>], slab: &[f32]| -> Result<(), Infallible> {
        let rows = region[0].clone().flat_map(|z| (0..SHAPE[1]).map(move |y| (z, y)));
        for ((z, y), row) in rows.zip(slab.chunks_exact(SHAPE[2])) {
            let right = row.iter().enumerate().all(|(x, &v)| v == 2.0 * voxel(z, y, x) + 1.0);
            assert!(right, "row {y} of slice {z}");
        }
        seen += slab.len();
        if hold {
            held.extend_from_slice(slab);
        }
        Ok(())
    };

    let mut stitcher = stitch.stitcher(sink);
    let mut tile = vec![0.0; stitch.tile_len()];
    let mut run = || -> Result<(), StitcherError<Infallible>> {
        for (index, position) in grid.positions().enumerate() {
            source.read(&grid.region(position), &mut tile).map_err(StitcherError::Sink)?;
            model(&mut tile);
            stitcher.add(index, &tile)?;
        }
        Ok(())
    };
    run().expect("every tile, once");
    let _sink = stitcher.finish().expect("every element under a tile");
    println!("{seen} voxels in {} tiles, {} held at most", grid.len(), stitch.band_len());
}
