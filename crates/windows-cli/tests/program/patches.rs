//! `ndwin patches` against crops.

use image::GenericImageView;

use crate::support::{Folder, sample};

fn photo() -> Folder {
    let folder = Folder::new();
    folder.put("photo.jpg", std::fs::read(sample("rocket.jpg")).unwrap());
    folder
}

#[test]
fn every_file_is_the_crop_that_its_name_says() {
    let folder = photo();
    folder.run("patches photo.jpg --size 96,128 --step 64,100 --edge snap -o p").success();
    let photo = image::open(folder.path().join("photo.jpg")).unwrap();
    let mut names: Vec<String> = std::fs::read_dir(folder.path().join("p"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 7 * 7);
    assert!(names.contains(&"photo_331_512.png".to_owned()), "{names:?}");
    for name in names {
        let stem = name.strip_prefix("photo_").and_then(|n| n.strip_suffix(".png")).unwrap();
        let (y, x) = stem.split_once('_').unwrap();
        let crop = photo.crop_imm(x.parse().unwrap(), y.parse().unwrap(), 128, 96);
        let patch = image::open(folder.path().join("p").join(&name)).unwrap();
        assert_eq!(patch.as_bytes(), crop.as_bytes(), "{name}");
    }
}

#[test]
fn an_array_holds_the_grid_and_then_the_patches() {
    let folder = photo();
    let line = folder.run("patches photo.jpg --size 61,64 -o p.npy").success();
    assert!(line.contains("p.npy u8 [7, 10, 61, 64, 3], 1 images, 70 patches"), "{line}");
    let patches = folder.array::<u8>("p.npy");
    let photo = image::open(folder.path().join("photo.jpg")).unwrap();
    let crop = photo.crop_imm(3 * 64, 2 * 61, 64, 61);
    let len = 61 * 64 * 3;
    assert_eq!(&patches.data()[(2 * 10 + 3) * len..][..len], crop.as_bytes());
}

#[test]
fn partial_patches_are_filled_with_zeros() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[3, 3], &[1u16, 2, 3, 4, 5, 6, 7, 8, 9]);
    folder.run("patches x.npy --size 2 --edge keep -o p.npy").success();
    let patches = folder.array::<u16>("p.npy");
    assert_eq!(patches.shape(), [2, 2, 2, 2]);
    assert_eq!(patches.data(), [1, 2, 4, 5, 3, 0, 6, 0, 7, 8, 0, 0, 9, 0, 0, 0]);
}

#[test]
fn many_pictures_have_an_axis_of_their_own_or_their_names() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("in")).unwrap();
    for (name, value) in [("b", 2u8), ("a", 1), ("c", 3)] {
        let picture = image::GrayImage::from_pixel(4, 2, image::Luma([value]));
        picture.save(folder.path().join(format!("in/{name}.png"))).unwrap();
    }
    for input in ["in", "in/*.png", "in/a.png in/b.png in/c.png"] {
        folder.run(&format!("patches {input} --size 2 -o p.npy --force")).success();
        let patches = folder.array::<u8>("p.npy");
        assert_eq!(patches.shape(), [3, 1, 2, 2, 2], "{input}");
        let first: Vec<u8> = patches.data().chunks(8).map(|picture| picture[0]).collect();
        assert_eq!(first, [1, 2, 3], "{input}");
    }
    folder.run("patches in/?.png --size 2 -o p").success();
    let mut names: Vec<_> = std::fs::read_dir(folder.path().join("p"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["a_0_0.png", "a_0_2.png", "b_0_0.png", "b_0_2.png", "c_0_0.png", "c_0_2.png"]
    );
}

#[test]
fn the_sheet_shows_the_tiles_in_the_order_of_the_grid() {
    let folder = Folder::new();
    let picture =
        image::RgbImage::from_fn(30, 20, |x, y| image::Rgb([(x * 8) as u8, (y * 8) as u8, 99]));
    picture.save(folder.path().join("x.png")).unwrap();
    folder.run("patches x.png --size 10 --step 5 -o p.npy --sheet s.png").success();
    let sheet = image::open(folder.path().join("s.png")).unwrap().into_rgb8();
    // 3 x 5 tiles of 10, and 4 pixels between and around them.
    assert_eq!(sheet.dimensions(), (5 * 14 + 4, 3 * 14 + 4));
    for row in 0..3 {
        for column in 0..5 {
            let tile = sheet.view(4 + column * 14, 4 + row * 14, 10, 10).to_image();
            let crop = picture.view(column * 5, row * 5, 10, 10).to_image();
            assert_eq!(tile, crop, "row {row}, column {column}");
        }
    }
}

#[test]
fn a_sheet_of_many_tiles_is_scaled_down_and_of_too_many_refused() {
    let folder = photo();
    folder
        .run("patches photo.jpg --size 64 --step 9,8 --edge drop -o p.npy --sheet s.png")
        .success();
    let sheet = image::open(folder.path().join("s.png")).unwrap();
    assert!(sheet.width() <= 4096 && sheet.height() <= 4096 && sheet.width() > 2000);
    folder.put_array("long.npy", &[1, 5000], &[0u8; 5000]);
    let line = folder.run("patches long.npy --size 1 -o q.npy --sheet t.png").failure();
    assert!(line.contains("5000"), "{line}");
    assert_eq!(folder.names(), ["long.npy", "p.npy", "photo.jpg", "s.png"]);
}
