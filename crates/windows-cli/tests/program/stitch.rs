//! `ndwin stitch`, and the orders of `ndwin patches`: from pictures to tokens and tiles, and back.

use windows_patches::{ImageView, Normalize, Order, Patchify};

use crate::support::{Folder, sample};

fn photograph() -> (Vec<u8>, String) {
    let path = sample("rocket.jpg");
    (image::open(&path).unwrap().into_rgb8().into_raw(), path.display().to_string())
}

#[test]
fn a_photograph_comes_back_to_the_bit() {
    let folder = Folder::new();
    let (pixels, _) = photograph();
    // Decoded once: what is tried here is not the decoder.
    folder.put_array("photo.npy", &[427, 640, 3], &pixels);
    let photo = "photo.npy";
    for edge in ["snap", "balance", "keep", "covered", "ceil"] {
        let geometry = format!("--step 96,100 --edge {edge}");
        folder.run(&format!("patches {photo} --size 128 {geometry} -o t.npy --force")).success();
        for blend in ["none", "linear", "hann", "gaussian"] {
            let stitch = format!("stitch t.npy --shape 427,640 {geometry} --blend {blend}");
            folder.run(&format!("{stitch} -o whole.npy --force")).success();
            let whole = folder.array::<u8>("whole.npy");
            assert_eq!(whole.shape(), [427, 640, 3]);
            assert!(whole.data() == pixels, "{edge} {blend}");
        }
    }
    // A grid that leaves pixels out, and nothing is written.
    folder.run(&format!("patches {photo} --size 128 --edge drop -o t.npy --force")).success();
    let failure = folder.run("stitch t.npy --shape 427,640 -o short.npy").failure();
    let uncovered = 427 * 640 * 3 - 384 * 640 * 3;
    assert!(failure.contains(&format!("{uncovered} elements are covered by no tile")), "{failure}");
    assert!(!folder.names().contains(&"short.npy".to_owned()));
}

#[test]
fn a_folder_of_tiles_comes_back_and_a_missing_one_is_missed() {
    let folder = Folder::new();
    let (pixels, photo) = photograph();
    let geometry = "--step 150 --edge snap";
    folder.run(&format!("patches {photo} --size 200 {geometry} -o tiles")).success();
    for reduce in ["mean", "max", "min", "first", "last", "crop"] {
        let stitch = format!("stitch tiles --shape 427,640 {geometry} --reduce {reduce}");
        folder.run(&format!("{stitch} -o whole.png --force")).success();
        let whole = image::open(folder.path().join("whole.png")).unwrap().into_rgb8();
        assert!(*whole.as_raw() == pixels, "{reduce}");
    }
    folder.run(&format!("stitch tiles --shape 427,640 {geometry} -o whole.npy")).success();
    let whole = folder.array::<u8>("whole.npy");
    assert!(whole.shape() == [427, 640, 3] && whole.data() == pixels);
    let narrow = image::open(folder.path().join("tiles/rocket_227_440.png")).unwrap();
    narrow.crop_imm(0, 0, 200, 199).save(folder.path().join("tiles/rocket_227_440.png")).unwrap();
    let before = folder.names();
    let stitch = format!("stitch tiles --shape 427,640 {geometry} -o other.npy");
    let failure = folder.run(&stitch).failure();
    assert!(
        failure.starts_with("ndwin: tiles/rocket_227_440.png: has shape [199, 200, 3]"),
        "{failure}"
    );
    assert_eq!(folder.names(), before);
    narrow.save(folder.path().join("tiles/rocket_227_440.png")).unwrap();
    std::fs::remove_file(folder.path().join("tiles/rocket_150_150.png")).unwrap();
    let stitch = format!("stitch tiles --shape 427,640 {geometry} -o other.png");
    let failure = folder.run(&stitch).failure();
    assert!(failure.contains("120000 elements are covered by no tile"), "{failure}");
    let failure =
        folder.run("stitch tiles --shape 427,640 --step 100 --edge snap -o o.png").failure();
    assert!(failure.contains("starts at 0, 150, where the grid has no tile"), "{failure}");
    folder.put("tiles/readme.png", "");
    folder.run(&stitch).failure();
}

#[test]
fn what_cannot_be_stitched_is_said() {
    let folder = Folder::new();
    folder.put_array("t.npy", &[2, 2, 3, 3], &[1_u8; 36]);
    let failure = |args: &str| folder.run(args).failure();
    let said = failure("stitch t.npy --shape 6,9 -o o.npy");
    assert!(said.contains("2 tiles on axis 1, but this geometry has 3 there"), "{said}");
    let said = failure("stitch t.npy --shape 6,6,6 -o o.npy");
    assert!(said.contains("3 axes of --shape need 6 axes or more"), "{said}");
    let said = failure("stitch t.npy --shape 6,6 --reduce max --blend hann -o o.npy");
    assert!(said.contains("--blend weighs the tiles of a mean"), "{said}");
    folder.put_array("w.npy", &[1, 1, 3, 3], &[1_u64; 9]);
    let said = failure("stitch w.npy --shape 3,3 -o o.npy");
    assert!(said.contains("u64 tiles are not stitched"), "{said}");
    folder.run("stitch t.npy --shape 6,6 -o o.npy").success();
    // Halves round up.
    folder.put_array("h.npy", &[1, 2, 1, 2], &[1_u8, 1, 2, 2]);
    folder.run("stitch h.npy --shape 1,3 --step 1 -o h3.npy").success();
    assert_eq!(folder.array::<u8>("h3.npy").data(), [1, 2, 2]);
}

#[test]
fn orders_are_those_of_the_library() {
    let folder = Folder::new();
    let pixels: Vec<u8> = (0..8 * 12 * 3).map(|at| (at * 7 % 251) as u8).collect();
    folder.put_array("x.npy", &[8, 12, 3], &pixels);
    let image = ImageView::interleaved(&pixels, [8, 12, 3]).unwrap();
    for order in Order::ALL {
        let plan = Patchify::new([2, 3]).order(order).over(image.shape()).unwrap();
        let shape = plan.shape();
        let shape = if order == Order::Qwen2Vl { &shape[..] } else { &shape[1..] };
        if order != Order::Pix2Struct {
            folder
                .run(&format!("patches x.npy --size 2,3 --order {order} -o t.npy --force"))
                .success();
            let tokens = folder.array::<u8>("t.npy");
            assert_eq!(tokens.shape(), shape, "{order}");
            assert_eq!(tokens.data(), plan.pack(&image).unwrap(), "{order}");
        }
        let normalized = format!("--order {order} --normalize imagenet -o n.npy --force");
        folder.run(&format!("patches x.npy --size 2,3 {normalized}")).success();
        let tokens = folder.array::<f32>("n.npy");
        assert_eq!(tokens.shape(), shape, "{order}");
        let expected: Vec<f32> = plan.convert(&image, &Normalize::imagenet()).unwrap();
        assert_eq!(tokens.data(), expected, "{order}");
    }
    folder.run("patches x.npy --size 2,3 --order pix2struct -o p.npy").success();
    let tokens = folder.array::<f32>("p.npy");
    assert_eq!((tokens.shape(), &tokens.data()[..2]), (&[16, 20][..], &[1.0, 1.0][..]));
    let own = "--order vit --normalize 0.25/0.5 -o own.npy";
    folder.run(&format!("patches x.npy --size 2,3 {own}")).success();
    assert_eq!(folder.array::<f32>("own.npy").data()[0], -0.5);

    let failure = |args: &str| folder.run(args).failure();
    assert!(failure("patches x.npy --size 2 --order nowhere -o o.npy").contains("the orders are"));
    assert!(failure("patches x.npy --size 2 --normalize 1/2/3 -o o.npy").contains("MEAN/STD"));
    assert!(failure("patches x.npy --size 2 --order vit -o folder").contains("write a .npy file"));
    assert!(failure("patches x.npy --size 2 --merge 2 -o o.npy").contains("qwen2-vl"));
    let said = failure("patches x.npy --size 2,4 --order qwen2-vl -o o.npy");
    assert!(said.contains("3 along the width do not divide into groups of 2"), "{said}");
    folder.put_array("g.npy", &[4, 4], &[1_u8; 16]);
    let said = failure("patches g.npy --size 2 --normalize clip -o o.npy");
    assert!(said.contains("3 values, but the image has 1 channels"), "{said}");
    folder.put_array("i.npy", &[4, 4], &[1_i64; 16]);
    let said = failure("patches i.npy --size 2 --normalize half -o o.npy");
    assert!(said.contains("i64 samples are not normalised"), "{said}");
}
