//! Every preset against files that its own library made: see `tests/golden/generate.py`.

use std::path::Path;

use windows_dtype::{Element, npy};
use windows_patches::{ImageView, Normalize, Order, PatchError, PatchPlan, Patchify};

fn load<T: Element>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let file = std::fs::read(path.with_extension("npy")).unwrap();
    let array = npy::read(&file[..], file.len() as u64).unwrap();
    let array = T::from_any(&array).unwrap_or_else(|| panic!("{name} is {}", array.dtype()));
    array.view().to_vec()
}

fn bytes(name: &str) -> Vec<u8> {
    load(name)
}

fn floats(name: &str) -> Vec<f32> {
    load(name)
}

fn numbers(name: &str) -> Vec<usize> {
    load(name).into_iter().map(|number: i64| usize::try_from(number).unwrap()).collect()
}

const IMAGE: [usize; 3] = [16, 24, 3];

/// Equal up to two units in the last place of numbers below 4.
fn near(ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len());
    for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert!((ours - theirs).abs() <= 5e-7, "{at}: {ours} {theirs}");
    }
}

fn plan(order: Order) -> PatchPlan {
    Patchify::new(4).order(order).over([1, 16, 24, 3]).unwrap()
}

/// Planar memory holds the same image.
fn planes(interleaved: &[u8]) -> Vec<u8> {
    let image = ImageView::interleaved(interleaved, IMAGE).unwrap();
    image.pixels().permute([0, 3, 1, 2]).unwrap().to_vec()
}

fn packed_as(order: Order, name: &str) {
    let pixels = bytes("image");
    let image = ImageView::interleaved(&pixels, IMAGE).unwrap();
    let expected = bytes(name);
    assert_eq!(plan(order).pack(&image).unwrap(), expected, "{order}");
    let planar = planes(&pixels);
    let image = ImageView::planar(&planar, [3, 16, 24]).unwrap();
    assert_eq!(plan(order).pack(&image).unwrap(), expected, "{order}, planar");
    let mut restored = vec![0; pixels.len()];
    plan(order).restore_into(&expected, &mut restored).unwrap();
    assert_eq!(restored, pixels, "{order}, back");
}

fn normalised_as(plan: &PatchPlan, normalize: &Normalize, name: &str) {
    let pixels = bytes("image");
    let image = ImageView::interleaved(&pixels, IMAGE).unwrap();
    let expected = floats(name);
    near(&plan.convert(&image, normalize).unwrap(), &expected);
    let planar = planes(&pixels);
    let image = ImageView::planar(&planar, [3, 16, 24]).unwrap();
    near(&plan.convert(&image, normalize).unwrap(), &expected);
    let mut restored = vec![0_u8; pixels.len()];
    plan.revert_into(&expected, &normalize.of(&image), &mut restored).unwrap();
    assert_eq!(restored, pixels, "back");
}

#[test]
fn vit() {
    normalised_as(&plan(Order::Vit), &Normalize::imagenet(), "vit_imagenet");
}

#[test]
fn mae() {
    let pixels = bytes("image");
    let image = ImageView::interleaved(&pixels, IMAGE).unwrap();
    let square = ImageView::from_view(image.pixels().slice(2, 0..16).unwrap());
    let plan = Patchify::new(4).order(Order::Mae).over(square.shape()).unwrap();
    assert_eq!(plan.pack(&square).unwrap(), bytes("mae"));
}

#[test]
fn siglip2() {
    let plan = Patchify::new(4).order(Order::Siglip2).limit(30).over([1, 16, 24, 3]).unwrap();
    assert_eq!((plan.shape(), plan.patches()), (vec![1, 30, 48], 24));
    normalised_as(&plan, &Normalize::half(), "siglip2_half_limit30");
}

#[test]
fn pix2struct() {
    normalised_as(&plan(Order::Pix2Struct), &Normalize::standardize(), "pix2struct");
}

#[test]
fn qwen2_vl() {
    let plan = plan(Order::Qwen2Vl);
    assert_eq!(plan.grid_thw(), numbers("qwen2vl_grid_thw")[..]);
    normalised_as(&plan, &Normalize::clip(), "qwen2vl_clip");
    // Blocks of 2 x 2 are neighbours.
    let columns: Vec<[usize; 3]> = plan.positions().take(5).collect();
    assert_eq!(columns, [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [0, 0, 2]]);
}

#[test]
fn qwen2_vl_video() {
    let frames = bytes("video");
    let video = ImageView::interleaved_batch(&frames, [4, 16, 24, 3]).unwrap();
    let plan = Patchify::new(4).order(Order::Qwen2Vl).over(video.shape()).unwrap();
    assert_eq!(plan.grid_thw(), numbers("qwen2vl_video_grid_thw")[..]);
    let expected = floats("qwen2vl_video_clip");
    near(&plan.convert(&video, &Normalize::clip()).unwrap(), &expected);
    let mut restored = vec![0_u8; frames.len()];
    plan.revert_into(&expected, &Normalize::clip(), &mut restored).unwrap();
    assert_eq!(restored, frames);
    assert_eq!(plan.patches(), 48);
    let odd = Patchify::new(4).order(Order::Qwen2Vl).over([3, 16, 24, 3]);
    assert_eq!(odd, Err(PatchError::Group { axis: "frames", count: 3, group: 2 }));
}

#[test]
fn tensorflow() {
    packed_as(Order::TensorFlow, "tf_extract_patches");
    // Its standardisation, in the order of the image.
    let pixels = bytes("image");
    let image = ImageView::interleaved(&pixels, IMAGE).unwrap();
    let whole = Patchify::new([16, 24]).over(image.shape()).unwrap();
    let ours: Vec<f32> = whole.convert(&image, &Normalize::standardize()).unwrap();
    near(&ours, &floats("tf_per_image_standardization"));
}

#[test]
fn jax() {
    packed_as(Order::Jax, "jax_patches");
}

#[test]
fn torch() {
    packed_as(Order::Torch, "torch_unfold");
    let pixels = bytes("image");
    let image = ImageView::interleaved(&pixels, IMAGE).unwrap();
    let overlapping = Patchify::new([3, 4]).step([1, 2]).order(Order::Torch);
    let plan = overlapping.over(image.shape()).unwrap();
    assert_eq!(plan.shape(), [1, 36, 154]);
    let expected = bytes("torch_unfold_3x4_step_1x2");
    assert_eq!(plan.pack(&image).unwrap(), expected);
    let mut restored = vec![0; pixels.len()];
    plan.restore_into(&expected, &mut restored).unwrap();
    assert_eq!(restored, pixels);
}
