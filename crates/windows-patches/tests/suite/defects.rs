//! One test for each way in which tile-and-stitch libraries were seen to damage data: each would have
//! found the defect that it is named after.

use windows_core::{Canvas, Grid, Layout, View, WindowSpec};
use windows_patches::{Edge, ImageView, Order, PatchError, Patchify};
use windows_stitch::{Reduce, Stitch, StitchError, StitchSpec, Taper};

/// Stitches what was cut.
fn there_and_back<T: windows_stitch::Element>(
    data: &[T],
    shape: [usize; 2],
    spec: WindowSpec<windows_core::Const<2>>,
    taper: Taper,
) -> Vec<T> {
    let windows = View::new(data, shape).unwrap().windows(spec);
    let stitch = Stitch::new(windows.grid(), StitchSpec::new().taper(taper)).unwrap();
    stitch.run(&windows.pack().unwrap()).unwrap()
}

/// patchify's `unpatchify` infers the step from shapes: of this image only 17 % came back.
#[test]
fn a_step_is_known_not_inferred() {
    let pixels: Vec<u16> = (0..844 * 1280).map(|at| (at % 65_521) as u16).collect();
    let spec = || WindowSpec::new([256, 256]).step(128);
    let grid = Grid::new([844, 1280], spec()).unwrap();
    // Without an edge the last rows are in no tile, which is said,
    let error = Stitch::new(&grid, StitchSpec::new()).unwrap_err();
    assert_eq!(error, StitchError::Uncovered { first: 768 * 1280, count: 76 * 1280 });
    // and with one, every pixel comes back.
    let back = there_and_back(&pixels, [844, 1280], spec().edge(Edge::Snap), Taper::Constant);
    assert_eq!(back, pixels);
}

/// empatches averages by a running `(a + b) / 2` in which 0 means "not yet": 1, 2, 3 gave 2.25, and 0
/// with 4 gave 4; its maximum of negative values is 0.
#[test]
fn a_mean_is_a_mean_and_zero_is_a_value() {
    let grid = Grid::new([1, 5], WindowSpec::new([1, 3]).step([1, 1])).unwrap();
    let stitch = |reduce| Stitch::new(&grid, StitchSpec::new().reduce(reduce)).unwrap();
    let tiles = [1.0_f32, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0];
    assert_eq!(stitch(Reduce::Mean).run(&tiles).unwrap()[2], 2.0);
    let tiles = [0_u8, 0, 0, 4, 4, 4, 4, 4, 4];
    assert_eq!(stitch(Reduce::Mean).run(&tiles).unwrap()[1], 2);
    let tiles = [-1_i8, -1, -1, -2, -2, -2, -3, -3, -3];
    assert_eq!(stitch(Reduce::Max).run(&tiles).unwrap(), [-1, -1, -1, -2, -3]);
}

/// tiler's Hann, Bartlett and Bohman windows weigh 0 at the border, and 0 / 0 becomes 0: a frame of one
/// pixel was blank.
#[test]
fn no_pixel_of_the_border_is_blank() {
    let pixels = vec![200_u8; 16 * 16];
    for taper in [Taper::Hann, Taper::Linear, Taper::GAUSSIAN] {
        let spec = WindowSpec::new([8, 8]).step(4);
        assert_eq!(there_and_back(&pixels, [16, 16], spec, taper), pixels);
    }
}

/// TorchIO divides by the greater of the summed weights and 1, while they are below 1: a constant 1
/// became 0.0023 at the border.
#[test]
fn constants_stay_constant() {
    for size in [8, 64] {
        for overlap in [0, size / 4, size / 2, size - 1] {
            let data = vec![1.0_f32; 3 * size * size];
            let spec = WindowSpec::new([1, size]).step([1, size - overlap]).edge(Edge::Snap);
            let back = there_and_back(&data, [1, data.len()], spec, Taper::Hann);
            assert!(back.iter().all(|&x| x == 1.0), "size {size} overlap {overlap}");
        }
    }
}

/// MONAI's AvgMerger counts visits in bytes, which wrap at 256 of them, and what was not visited becomes
/// NaN.
#[test]
fn many_visits_do_not_wrap_and_none_is_an_error() {
    let data: Vec<f32> = (0..40_000).map(|at| at as f32).collect();
    let spec = WindowSpec::new([32, 32]).step(1); // up to 1024 tiles over one element
    assert_eq!(there_and_back(&data[..2500], [50, 50], spec, Taper::Constant), data[..2500]);
    let spec = WindowSpec::new([1, 600]).step([1, 1]);
    assert_eq!(there_and_back(&data[..1500], [1, 1500], spec, Taper::Hann), data[..1500]);

    let grid = Grid::new([4, 4], WindowSpec::new([2, 2]).step(2)).unwrap();
    let stitch = Stitch::new(&grid, StitchSpec::new()).unwrap();
    let mut out = vec![0.0_f32; 16];
    let mut stitcher = stitch.stitcher(Canvas::new(&mut out, &[4, 4]).unwrap());
    stitcher.add(0, &[1.0; 4]).unwrap();
    let error = stitcher.finish().map(|_| ()).unwrap_err();
    assert_eq!(error, StitchError::Uncovered { first: 2, count: 12 }.into());
}

/// kornia leaves a strip of zeros where patches do not fit, and sends integers through `f32`, truncating:
/// wrong above 2^24.
#[test]
fn integers_are_exact_and_strips_are_refused() {
    let values: Vec<u32> = (0..64).map(|at| u32::MAX - at * 3).collect();
    for taper in [Taper::Constant, Taper::Hann, Taper::Linear, Taper::GAUSSIAN] {
        let spec = WindowSpec::new([4, 4]).step(1);
        assert_eq!(there_and_back(&values, [8, 8], spec, taper), values);
    }
    // 1 and 2 make 1.5, which rounds to 2; truncation makes it 1.
    let grid = Grid::new([1, 3], WindowSpec::new([1, 2]).step([1, 1])).unwrap();
    let stitch = Stitch::new(&grid, StitchSpec::new()).unwrap();
    assert_eq!(stitch.run(&[1_u8, 1, 2, 2]).unwrap(), [1, 2, 2]);
    let error = Patchify::new(3).over([1, 8, 9, 1]).unwrap_err();
    assert_eq!(error, PatchError::DoesNotFit { axis: "height", len: 8, size: 3, step: 3, left: 2 });
    // Dropped on request, the strip cannot be restored, and that is said.
    let plan = Patchify::new(3).edge(Edge::Drop).over([1, 8, 9, 1]).unwrap();
    let patches = vec![0_u8; plan.packed_len()];
    let error = plan.restore_into(&patches, &mut [0; 72]).unwrap_err();
    assert_eq!(error, StitchError::Uncovered { first: 54, count: 18 }.into());
}

/// JAX, Keras on JAX and burn make patches by a convolution with ones and zeros: an infinity makes its
/// neighbours NaN.
#[test]
fn infinities_stay_where_they_are() {
    let mut pixels = vec![1.0_f32; 8 * 8];
    pixels[27] = f32::INFINITY;
    pixels[40] = f32::NAN;
    let image = ImageView::interleaved(&pixels, [8, 8, 1]).unwrap();
    let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    for order in Order::ALL.into_iter().filter(|&order| order != Order::Pix2Struct) {
        let plan = Patchify::new(4).order(order).frames(1).over(image.shape()).unwrap();
        let patches = plan.pack(&image).unwrap();
        assert_eq!(patches.iter().filter(|x| x.is_infinite()).count(), 1);
        assert_eq!(patches.iter().filter(|x| x.is_nan()).count(), 1);
        let mut back = vec![0.0; 64];
        plan.restore_into(&patches, &mut back).unwrap();
        assert_eq!(bits(&back), bits(&pixels), "{order}");
    }
    // Overlapping, blended: infinity less infinity is no number, but all tiles agree.
    pixels[40] = f32::NEG_INFINITY;
    let spec = WindowSpec::new([4, 4]).step(2);
    assert_eq!(there_and_back(&pixels, [8, 8], spec, Taper::Hann), pixels);
}

/// SnapOtter tapers at the border of the image: a corner weighed 0.00092, so noise grew 1089-fold.
#[test]
fn there_is_no_ramp_at_the_outer_border() {
    let grid = Grid::new([64, 64], WindowSpec::new([32, 32]).step(16)).unwrap();
    let stitch = Stitch::new(&grid, StitchSpec::new().taper(Taper::Hann)).unwrap();
    // The corner is under one tile only: it is what that tile says, to the bit.
    let tiles: Vec<f32> = (0..grid.packed_len().unwrap()).map(|at| at as f32 * 0.1).collect();
    let out = stitch.run(&tiles).unwrap();
    assert_eq!(out[0], tiles[0]);
    assert_eq!(out[64 * 64 - 1], tiles[tiles.len() - 1]);
}

/// scikit-image hands out a writable view of windows that share elements.
#[test]
fn overlapping_windows_are_not_handed_out_mutably() {
    let mut data = [0_u8; 16];
    let mut view = windows_core::ViewMut::new(&mut data, [4, 4]).unwrap();
    assert!(view.tiles_mut(WindowSpec::new([2, 2]).step(1)).is_err());
    assert!(view.tiles_mut(WindowSpec::new([2, 2]).step(2)).is_ok());
}

/// torch.compile zeroes what lies between windows when they are written in place.
#[test]
fn elements_between_windows_keep_their_values() {
    let mut data: Vec<u8> = (0..10).collect();
    let mut view = windows_core::ViewMut::new(&mut data, [10]).unwrap();
    for mut tile in view.tiles_mut(WindowSpec::new([2]).step(4)).unwrap() {
        tile.iter_mut().for_each(|x| *x += 100);
    }
    assert_eq!(data, [100, 101, 2, 3, 104, 105, 6, 7, 108, 109]);
}

/// ndarray takes a stride of `usize::MAX` for -1 and walks backwards.
#[test]
fn a_stride_beyond_memory_is_an_error() {
    assert!(Layout::<windows_core::Dyn>::new([4], [isize::MAX]).is_err());
    assert!(Layout::<windows_core::Dyn>::new([usize::MAX, 2], [1, 1]).is_err());
    let data = [1, 2, 3, 4];
    assert!(View::strided(&data, 3, [4], [1]).is_err());
    assert_eq!(View::strided(&data, 3, [4], [-1]).unwrap().to_vec(), [4, 3, 2, 1]);
}
