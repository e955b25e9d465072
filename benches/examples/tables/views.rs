//! Views, sums of windows, packing and stitching.

use std::cell::RefCell;
use std::hint::black_box;

use windows_benches::{noise, noise_u8, sum_3x3_by_hand};
use windows_core::{DynView, Edge, Extent, Rank, View, WindowSpec, Windows};
use windows_stitch::{Stitch, StitchSpec, Taper};

use crate::row::{Row, Target};
use crate::session::{Array, Case, Session, peak};

const HEIGHT: usize = 1080;
const WIDTH: usize = 1920;
/// Of the square that is stitched.
const SIDE: usize = 2048;

fn view(session: &mut Session) {
    let image = noise(HEIGHT * WIDTH);
    let view = View::new(&image, black_box([HEIGHT, WIDTH])).expect("a picture");
    let windows = view.windows([3, 3]);
    let counts: Vec<i64> = windows.grid().counts().iter().map(|&count| count as i64).collect();
    let case = Case {
        kernel: "no copy".to_owned(),
        arrays: vec![
            Array::new("image", &[HEIGHT, WIDTH], &image),
            Array::new("output", &[2], &counts),
        ],
        ..Case::default()
    };
    let mut ours = || {
        black_box(black_box(&view).windows(black_box([3, 3])));
    };
    session.serve(&case, &mut [("ours", &mut ours)]);
}

fn sum(session: &mut Session) {
    let image = noise(HEIGHT * WIDTH);
    let (shape, size) = black_box((vec![HEIGHT, WIDTH], vec![3, 3]));
    let counts = [HEIGHT - 2, WIDTH - 2];
    let mut expected = vec![0.0; counts[0] * counts[1]];
    sum_3x3_by_hand(&image, WIDTH, &mut expected);

    let view = DynView::new(&image, &shape).expect("a picture");
    let windows = view.windows(&size);
    let array = ndarray::ArrayView2::from_shape((HEIGHT, WIDTH), &image).expect("a picture");
    let [a, b, c] = [0; 3].map(|_| RefCell::new(vec![f32::NAN; expected.len()]));
    let mut ours =
        || windows.reduce_into(&mut a.borrow_mut(), 0.0, |sum, x| sum + x).expect("an output");
    let mut by_hand = || sum_3x3_by_hand(black_box(&image), black_box(WIDTH), &mut b.borrow_mut());
    let mut rival = || {
        for (out, window) in c.borrow_mut().iter_mut().zip(array.windows((size[0], size[1]))) {
            *out = window.iter().fold(0.0, |sum, x| sum + x);
        }
    };
    ours();
    by_hand();
    rival();
    assert!(*a.borrow() == expected && *b.borrow() == expected && *c.borrow() == expected);
    let case = Case {
        kernel: "lanes, rank at run time".to_owned(),
        arrays: vec![
            Array::new("image", &[HEIGHT, WIDTH], &image),
            Array::new("output", &counts, &expected),
        ],
        ..Case::default()
    };
    session.serve(
        &case,
        &mut [
            ("ours", &mut ours),
            ("hand-written loop", &mut by_hand),
            ("ndarray windows()", &mut rival),
        ],
    );
}

/// All windows, by all threads if there are several.
pub(crate) fn pack<T: Copy + Send + Sync, R: Rank>(
    windows: &Windows<'_, T, R>,
    parallel: bool,
    out: &mut [T],
) {
    match parallel {
        true => windows.par_pack_into(out).expect("an output"),
        false => windows.pack_into(out).expect("an output"),
    }
}

/// Patches of an interleaved picture, without overlap.
fn pack_rgb(session: &mut Session, side: usize, patch: usize) {
    let image = noise_u8(side * side * 3);
    let view = View::new(&image, black_box([side, side, 3])).expect("a picture");
    let (patch, count) = (black_box(patch), side / patch);
    let size = [Extent::Size(patch), Extent::Size(patch), Extent::Whole];
    let windows = view.windows(WindowSpec::of(size).step(patch));
    let array = ndarray::ArrayView3::from_shape((side, side, 3), &image).expect("a picture");
    let [a, b, c] = [0; 3].map(|_| RefCell::new(vec![0; image.len()]));
    let parallel = session.threads() > 1;
    let mut ours = || pack(&windows, parallel, black_box(&mut *a.borrow_mut()));
    let mut memcpy = || black_box(b.borrow_mut()).copy_from_slice(black_box(&image));
    let mut rival = || {
        let mut out = c.borrow_mut();
        let patches = array.exact_chunks((patch, patch, 3));
        for (out, chunk) in out.chunks_exact_mut(patch * patch * 3).zip(patches) {
            let out = ndarray::ArrayViewMut3::from_shape((patch, patch, 3), out);
            out.expect("a patch").assign(&chunk);
        }
    };
    ours();
    memcpy();
    rival();
    let expected = a.borrow().clone();
    assert!(*c.borrow() == expected, "the patches of ndarray");
    let case = Case {
        kernel: "runs".to_owned(),
        arrays: vec![
            Array::new("image", &[side, side, 3], &image),
            Array::new("output", &[count, count, patch, patch, 3], &expected),
        ],
        ..Case::default()
    };
    session.serve(
        &case,
        &mut [("ours", &mut ours), ("memcpy", &mut memcpy), ("ndarray exact_chunks()", &mut rival)],
    );
}

fn overlapping(session: &mut Session) {
    let image = noise(HEIGHT * WIDTH);
    let view = View::new(&image, black_box([HEIGHT, WIDTH])).expect("a picture");
    let windows = view.windows(WindowSpec::new(black_box([8, 8])).step(black_box(4)));
    let counts = windows.grid().counts();
    let (rows, columns) = (counts[0], counts[1]);
    let expected = windows.pack().expect("whole windows");
    let [a, b] = [0; 2].map(|_| RefCell::new(vec![0.0; expected.len()]));
    let parallel = session.threads() > 1;
    let mut ours = || pack(&windows, parallel, black_box(&mut *a.borrow_mut()));
    let mut memcpy = || black_box(b.borrow_mut()).copy_from_slice(black_box(&expected));
    ours();
    memcpy();
    assert!(*a.borrow() == expected);
    let case = Case {
        kernel: "runs".to_owned(),
        arrays: vec![
            Array::new("image", &[HEIGHT, WIDTH], &image),
            Array::new("output", &[rows, columns, 8, 8], &expected),
        ],
        ..Case::default()
    };
    session.serve(&case, &mut [("ours", &mut ours), ("memcpy", &mut memcpy)]);
}

/// Tiles of one overlap, cut and stitched one by one.
fn stitch(session: &mut Session, size: usize, overlap: usize) {
    let image = noise(SIDE * SIDE);
    let tile = [size as i64, overlap as i64];
    let view = View::new(&image, black_box([SIDE, SIDE])).expect("a picture");
    let windows = view.windows(WindowSpec::new([size; 2]).overlap(overlap).edge(Edge::Snap));
    let spec = || StitchSpec::new().taper(Taper::Hann);
    let plan = Stitch::new(windows.grid(), spec()).expect("a grid without gaps");
    let tiles = RefCell::new(windows.pack().expect("whole windows"));
    let out = RefCell::new(vec![0.0; image.len()]);
    let parallel = session.threads() > 1;
    let mut ours = || {
        let (tiles, out) = (&mut *tiles.borrow_mut(), &mut *out.borrow_mut());
        if parallel {
            windows.par_pack_into(tiles).expect("tiles");
            plan.par_run_into(black_box(tiles), out).expect("an output");
        } else {
            // Tile by tile, as where a model works on them; tiler does the same.
            let mut stitcher = plan.stitcher_into(out).expect("an output");
            for (index, window) in windows.iter().enumerate() {
                let tile = &mut tiles[..plan.tile_len()];
                window.view().copy_into(tile).expect("a whole tile");
                stitcher.add(index, black_box(tile)).expect("the next tile");
            }
            stitcher.finish().expect("all tiles");
        }
    };
    ours();
    let expected = out.borrow().clone();
    assert!(expected.iter().zip(&image).all(|(a, b)| (a - b).abs() < 1e-6));
    let case = Case {
        kernel: "shares".to_owned(),
        arrays: vec![
            Array::new("image", &[SIDE, SIDE], &image),
            Array::new("tile", &[2], &tile),
            Array::new("output", &[SIDE, SIDE], &expected),
        ],
        // Beside the tiles and the picture.
        peak: peak(|| {
            let plan = Stitch::new(windows.grid(), spec()).expect("a grid without gaps");
            plan.run_into(&tiles.borrow(), &mut out.borrow_mut()).expect("an output");
        }),
        ..Case::default()
    };
    session.serve(&case, &mut [("ours", &mut ours)]);
}

pub(crate) fn rows() -> Vec<Row> {
    let pixels = (HEIGHT - 2) * (WIDTH - 2);
    let packed = |side: usize, patch: usize, times: f64| {
        let id = format!("pack-{side}");
        let work = format!("pack {side} x {side} x 3 u8 into {patch} x {patch} patches");
        let row = Row::new("views", id, work, move |session| pack_rgb(session, side, patch));
        row.items(side * side * 3, "byte")
            .rivals(&["memcpy", "ndarray exact_chunks()"])
            .peers(&["numpy", "torch"])
            .target(Target::Within(times, "memcpy"))
    };
    let stitched = |id: &str, size: usize, overlap: usize| {
        let work =
            format!("cut and stitch {SIDE} x {SIDE} f32, tiles of {size}, {overlap} overlap, Hann");
        Row::new("views", id, work, move |session| stitch(session, size, overlap))
            .items(SIDE * SIDE, "element")
            .peers(&["tiler"])
            .threads()
            .target(Target::Faster(20.0, "tiler"))
    };
    vec![
        Row::new("views", "view", "view of all 3 x 3 windows of 1080p made", view)
            .peers(&["numpy"])
            .target(Target::Seconds(50e-9)),
        Row::new("views", "sum", "sum of every 3 x 3 window of 1080p f32", sum)
            .items(pixels, "window")
            .rivals(&["hand-written loop", "ndarray windows()"])
            .peers(&["numpy"])
            .target(Target::Within(1.1, "hand-written loop")),
        packed(224, 16, 1.5),
        packed(4096, 256, 1.2).threads(),
        Row::new("views", "pack-overlapping", "pack 1080p f32, 8 x 8 step 4", overlapping)
            .items(269 * 479 * 64, "element")
            .rivals(&["memcpy"])
            .peers(&["numpy", "torch"])
            .threads()
            .target(Target::Faster(3.0, "numpy")),
        stitched("stitch", 256, 64),
        stitched("stitch-small", 64, 16),
    ]
}
