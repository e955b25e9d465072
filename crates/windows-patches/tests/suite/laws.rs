//! What must hold for every image, size, order and memory layout.

use proptest::prelude::*;
use proptest::sample::select;
use windows_patches::{Border, Edge, ImageView, Normalize, Order, PatchError, PatchPlan, Patchify};
use windows_testkit::axis::{self, NaiveAxis};

use crate::loops::Case;

const EDGES: [(Edge, axis::Edge); 6] = [
    (Edge::Drop, axis::Edge::Drop),
    (Edge::Keep, axis::Edge::Keep),
    (Edge::Covered, axis::Edge::Covered),
    (Edge::Ceil, axis::Edge::Ceil),
    (Edge::Snap, axis::Edge::Snap),
    (Edge::Balance, axis::Edge::Balance),
];

#[derive(Clone, Debug)]
struct Asked {
    shape: [usize; 4],
    size: [usize; 2],
    step: [usize; 2],
    edge: usize,
    order: Order,
    merge: usize,
    frames: usize,
}

fn asked() -> impl Strategy<Value = Asked> {
    let shape = (1..4_usize, 1..20_usize, 1..40_usize, 1..5_usize);
    let size = (1..6_usize, prop_oneof![1..6_usize, 14..20_usize]);
    let step = (1..6_usize, 1..20_usize);
    (shape, size, step, 0..6_usize, select(Order::ALL.to_vec()), 1..3_usize, 1..3_usize).prop_map(
        |((n, h, w, c), (ph, pw), (down, right), edge, order, merge, frames)| Asked {
            shape: [n, h, w, c],
            size: [ph, pw],
            step: [down, right],
            edge,
            order,
            merge,
            frames,
        },
    )
}

impl Asked {
    fn plan(&self) -> Result<PatchPlan, PatchError> {
        Patchify::new(self.size)
            .step(self.step)
            .edge(EDGES[self.edge].0)
            .order(self.order)
            .merge(self.merge)
            .frames(self.frames)
            .over(self.shape)
    }

    fn case(&self) -> Case {
        let starts = |axis: usize| {
            NaiveAxis::new(self.shape[axis + 1], self.size[axis], self.step[axis])
                .edge(EDGES[self.edge].1)
                .starts()
                .into_iter()
                .map(|start| usize::try_from(start).unwrap())
                .collect()
        };
        Case {
            shape: self.shape,
            size: self.size,
            starts: [starts(0), starts(1)],
            merge: self.merge,
            frames: if self.order == Order::Qwen2Vl { self.frames } else { 1 },
        }
    }

    fn len(&self) -> usize {
        self.shape.iter().product()
    }

    fn flat(&self, [n, y, x, c]: [usize; 4]) -> Option<usize> {
        let [_, height, width, channels] = self.shape;
        (y < height && x < width).then(|| ((n * height + y) * width + x) * channels + c)
    }

    fn covers(&self, case: &Case) -> bool {
        (0..2).all(|axis| {
            let under = |at: usize| {
                case.starts[axis]
                    .iter()
                    .any(|&start| (start..start + self.size[axis]).contains(&at))
            };
            (0..self.shape[axis + 1]).all(under)
        })
    }
}

/// The same images in another memory: planes, or everything backwards.
fn memories(asked: &Asked, pixels: &[u16]) -> [(Vec<u16>, &'static str); 2] {
    let view = windows_core::View::new(pixels, asked.shape).unwrap();
    let planar = view.permute([0, 3, 1, 2]).unwrap().to_vec();
    let backwards = pixels.iter().rev().copied().collect();
    [(planar, "planar"), (backwards, "backwards")]
}

fn image<'a>(asked: &Asked, memory: &'a [u16], kind: &str) -> ImageView<'a, u16> {
    let [n, h, w, c] = asked.shape;
    match kind {
        "planar" => ImageView::planar_batch(memory, [n, c, h, w]).unwrap(),
        "backwards" => {
            let mut view = windows_core::View::new(memory, asked.shape).unwrap();
            (0..4).for_each(|axis| view = view.reverse(axis).unwrap());
            ImageView::from_view(view)
        }
        _ => ImageView::interleaved_batch(memory, asked.shape).unwrap(),
    }
}

proptest! {
    #[test]
    fn orders_agree_with_loops_and_come_back(asked in asked(), seed in 1..60_000_usize) {
        let Ok(plan) = asked.plan() else { return Ok(()) };
        let case = asked.case();
        let pixels: Vec<u16> = (0..asked.len()).map(|at| (at * seed % 65_521) as u16).collect();
        let read = |pixel| asked.flat(pixel).map_or(0, |at| pixels[at]);
        let mut expected: Vec<u16> = case.pixels(asked.order).into_iter().map(read).collect();
        if asked.order == Order::Pix2Struct {
            // Numbers in front of every patch.
            let patch = asked.size[0] * asked.size[1] * asked.shape[3];
            let columns = case.starts[1].len();
            let per_image = columns * case.starts[0].len();
            expected = expected
                .chunks_exact(patch)
                .enumerate()
                .flat_map(|(at, patch)| {
                    let at = at % per_image;
                    let numbers = [(at / columns + 1) as u16, (at % columns + 1) as u16];
                    numbers.into_iter().chain(patch.iter().copied()).collect::<Vec<_>>()
                })
                .collect();
        }
        let mut memories = memories(&asked, &pixels).to_vec();
        memories.push((pixels.clone(), "interleaved"));
        for (memory, kind) in &memories {
            let image = image(&asked, memory, kind);
            let mut out = vec![9; plan.packed_len()];
            plan.convert_into(&image, &Normalize::none(), &mut out).unwrap();
            prop_assert_eq!(&out, &expected, "{}, converted", kind);
            if asked.order != Order::Pix2Struct {
                out.fill(9);
                plan.pack_into(&image, &mut out).unwrap();
                prop_assert_eq!(&out, &expected, "{}, packed", kind);
            }
        }
        let mut back = vec![7; pixels.len()];
        match plan.restore_into(&expected, &mut back) {
            Ok(()) => {
                prop_assert!(asked.covers(&case));
                prop_assert_eq!(&back, &pixels);
                back.fill(7);
                plan.revert_into(&expected, &Normalize::none(), &mut back).unwrap();
                prop_assert_eq!(&back, &pixels);
            }
            Err(error) => {
                let uncovered = matches!(
                    error,
                    PatchError::Stitch(windows_patches::StitchError::Uncovered { .. })
                );
                prop_assert!(uncovered && !asked.covers(&case), "{error}");
            }
        }
        // Positions are where the patches start.
        let starts: Vec<[usize; 2]> = plan
            .positions()
            .map(|[_, row, column]| [case.starts[0][row], case.starts[1][column]])
            .collect();
        if !matches!(asked.order, Order::Torch) {
            let values = expected.len() / starts.len();
            let first = case.pixels(asked.order).into_iter().map(|[_, y, x, _]| [y, x]);
            let skip = if asked.order == Order::Pix2Struct { values - 2 } else { values };
            prop_assert_eq!(first.step_by(skip).collect::<Vec<_>>(), starts);
        }
    }

    #[test]
    fn every_pair_of_sample_types_agrees_with_the_formula(
        asked in asked(), seed in 1..60_000_usize, deviation in 0.1_f32..2.0, mean in -1.0_f32..1.0,
    ) {
        let Ok(plan) = asked.plan() else { return Ok(()) };
        // Passed by and not rejected: of many cases too many are.
        if asked.order == Order::Pix2Struct {
            return Ok(());
        }
        let normalize = Normalize::new(&[mean], &[deviation]);
        let bytes: Vec<u8> = (0..asked.len()).map(|at| (at * seed % 65_521) as u8).collect();
        let case = asked.case().pixels(asked.order);
        let exact: Vec<f64> = case
            .iter()
            .map(|&pixel| {
                let sample = asked.flat(pixel).map_or(0, |at| bytes[at]);
                (f64::from(sample) / 255.0 - f64::from(mean)) / f64::from(deviation)
            })
            .collect();
        let image = ImageView::interleaved_batch(&bytes, asked.shape).unwrap();
        let ours: Vec<f32> = plan.convert(&image, &normalize).unwrap();
        for (ours, exact) in ours.iter().zip(&exact) {
            prop_assert!((f64::from(*ours) - exact).abs() < 6e-6, "{ours} {exact}");
        }
        // Wider samples of the same intensities.
        let wide: Vec<u16> = bytes.iter().map(|&byte| u16::from(byte) * 257).collect();
        let image = ImageView::interleaved_batch(&wide, asked.shape).unwrap();
        let from_wide: Vec<f32> = plan.convert(&image, &normalize).unwrap();
        let floats: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        let image = ImageView::interleaved_batch(&floats, asked.shape).unwrap();
        let from_floats: Vec<f32> = plan.convert(&image, &normalize).unwrap();
        for (other, exact) in from_wide.iter().chain(&from_floats).zip(exact.iter().chain(&exact)) {
            prop_assert!((f64::from(*other) - exact).abs() < 6e-6, "{other} {exact}");
        }
        // To integers: rounded, and stopping at the ends.
        let image = ImageView::interleaved_batch(&bytes, asked.shape).unwrap();
        let scaled = Normalize::new(&[0.25], &[deviation / 300.0]);
        let ours: Vec<u8> = plan.convert(&image, &scaled).unwrap();
        for (ours, &pixel) in ours.iter().zip(&case) {
            let sample = asked.flat(pixel).map_or(0, |at| bytes[at]);
            let exact = (f64::from(sample) / 255.0 - 0.25) * 300.0 / f64::from(deviation);
            let near = exact.clamp(0.0, 255.0);
            prop_assert!((f64::from(*ours) - near).abs() <= 0.501, "{ours} {exact}");
        }
    }

    #[test]
    fn borders_read_what_the_edge_asks_for(width in 1..9_usize, size in 1..5_usize) {
        let pixels: Vec<u8> = (1..=width as u8).collect();
        let image = ImageView::interleaved(&pixels, [1, width, 1]).unwrap();
        let plan = Patchify::new([1, size]).edge(Edge::Covered).order(Order::Vit);
        let plan = plan.over(image.shape()).unwrap();
        let mut out = vec![0; plan.packed_len()];
        plan.pack_bordered_into(&image, Border::Replicate, &mut out).unwrap();
        let expected: Vec<u8> = (1..=out.len()).map(|at| at.min(width) as u8).collect();
        prop_assert_eq!(&out, &expected);
        let mut floats = vec![0.0_f32; out.len()];
        let none = Normalize::none();
        plan.convert_bordered_into(&image, Border::Replicate, &none, &mut floats).unwrap();
        prop_assert!(floats.iter().zip(&out).all(|(a, b)| *a == f32::from(*b)));
    }
}

#[test]
fn views_are_the_pixels_themselves() {
    let pixels: Vec<u32> = (0..2 * 6 * 8 * 2).collect();
    let image = ImageView::interleaved_batch(&pixels, [2, 6, 8, 2]).unwrap();
    let plan = Patchify::new([2, 4]).over(image.shape()).unwrap();
    let view = plan.view(&image).unwrap();
    assert_eq!(view.shape(), plan.shape());
    assert_eq!(view.to_vec(), plan.pack(&image).unwrap());
    assert!(std::ptr::eq(view.data(), &pixels[..]));
    assert_eq!(view.get([1, 2, 1, 1, 3, 1]), Some(&191));
}

#[test]
fn what_does_not_fit_is_said() {
    let plan = |size: usize| Patchify::new(size).over([1, 20, 16, 3]);
    let error = plan(16).unwrap_err();
    let expected = PatchError::DoesNotFit { axis: "height", len: 20, size: 16, step: 16, left: 4 };
    assert_eq!(error, expected);
    assert_eq!(
        error.to_string(),
        "patch size 16 at step 16 leaves 4 of 20 pixels of the height over: name an edge"
    );
    assert!(plan(17).is_err());
    assert!(Patchify::new(0).over([1, 4, 4, 1]).is_err());
    assert!(Patchify::new([2, 2]).step([0, 1]).over([1, 4, 4, 1]).is_err());
    assert!(Patchify::new(2).over([0, 4, 4, 1]).is_err());
    assert!(Patchify::new(2).over([1, 4, 4, 0]).is_err());
    let merged = Patchify::new(2).order(Order::Qwen2Vl).over([1, 4, 6, 1]).unwrap_err();
    assert_eq!(merged, PatchError::Group { axis: "width", count: 3, group: 2 });
    assert!(Patchify::new(2).order(Order::Qwen2Vl).merge(0).over([1, 4, 4, 1]).is_err());
    let many = Patchify::new(2).order(Order::Mae).limit(3).over([1, 4, 4, 1]).unwrap_err();
    assert_eq!(many, PatchError::TooManyPatches { patches: 4, limit: 3 });

    let pixels = [0_u8; 16];
    let image = ImageView::interleaved(&pixels, [4, 4, 1]).unwrap();
    let other = Patchify::new(2).over([1, 4, 2, 2]).unwrap();
    assert!(other.pack(&image).is_err());
    let vit = Patchify::new(2).order(Order::Vit).over(image.shape()).unwrap();
    assert!(vit.pack_into(&image, &mut [0; 15]).is_err());
    let mut out = [0.0_f32; 16];
    let error = vit.convert_into(&image, &Normalize::imagenet(), &mut out).unwrap_err();
    assert_eq!(error, PatchError::Channels { what: "mean", got: 3, channels: 1 });
    let nothing = Normalize::new(&[0.5], &[0.0]);
    let error = vit.convert_into(&image, &nothing, &mut out).unwrap_err();
    assert_eq!(error, PatchError::BadNormalization { channel: 0, value: 0.0 });
    let numbered = Patchify::new(2).order(Order::Pix2Struct).over(image.shape()).unwrap();
    assert_eq!(
        numbered.pack(&image).unwrap_err(),
        PatchError::NumbersNeeded { order: "pix2struct" }
    );
    let error = vit.revert_into(&out, &Normalize::standardize(), &mut [0_u8; 16]).unwrap_err();
    assert_eq!(error, PatchError::ImageNeeded);
}

#[test]
fn a_row_number_that_does_not_fit_is_said() {
    let pixels = vec![0_u8; 300];
    let image = ImageView::interleaved(&pixels, [300, 1, 1]).unwrap();
    let plan = Patchify::new(1).order(Order::Pix2Struct).over(image.shape()).unwrap();
    let error = plan.convert::<u8, u8>(&image, &Normalize::none()).unwrap_err();
    assert_eq!(error, PatchError::NumberTooLarge { number: 256 });
    assert!(plan.convert::<u8, u16>(&image, &Normalize::none()).is_ok());
}

#[test]
fn unused_rows_are_zeros_whatever_was_there() {
    let pixels: Vec<u8> = (1..33).collect();
    let image = ImageView::interleaved_batch(&pixels, [2, 4, 4, 1]).unwrap();
    let plan = Patchify::new(2).order(Order::Mae).limit(5).over(image.shape()).unwrap();
    assert_eq!((plan.shape(), plan.patches()), (vec![2, 5, 4], 4));
    let mut out = vec![99; plan.packed_len()];
    plan.pack_into(&image, &mut out).unwrap();
    assert_eq!((&out[..4], &out[16..24]), (&[1, 2, 5, 6][..], &[0, 0, 0, 0, 17, 18, 21, 22][..]));
    let mut back = vec![0; 32];
    plan.restore_into(&out, &mut back).unwrap();
    assert_eq!(back, pixels);
}
