//! `ndwin fold`: the adjoint of `ndwin windows`.

use crate::support::{Folder, Geometry, Numbers, sample};

/// `<windows x, y> = <x, fold y>` where windowing is linear, so for every border but a constant
/// that is not 0.
#[test]
fn fold_is_the_adjoint_of_windows() {
    let folder = Folder::new();
    let mut numbers = Numbers(3);
    let mut checked = 0;
    while checked < 60 {
        let geometry = Geometry::random(&mut numbers);
        if geometry.naive.counts().contains(&0) {
            continue;
        }
        let options = geometry.options(0);
        let whole = geometry.naive.shape();
        let len: usize = whole.iter().product();
        let x: Vec<i64> = (0..len).map(|_| numbers.pick(0..=99) as i64 - 50).collect();
        folder.put_array("x.npy", &whole, &x);
        folder.run(&format!("windows x.npy -o w.npy --force -q {options}")).success();
        let windows = folder.array::<i64>("w.npy");
        let y: Vec<i64> = windows.data().iter().map(|_| numbers.pick(0..=99) as i64 - 50).collect();
        folder.put_array("y.npy", windows.shape(), &y);
        let shape = Geometry::list(&whole[whole.len() - geometry.k..]);
        folder.run(&format!("fold y.npy -o f.npy --force -q --shape {shape} {options}")).success();
        let folded = folder.array::<i64>("f.npy");
        assert_eq!(folded.shape(), whole, "{options}");
        let dot = |a: &[i64], b: &[i64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<i64>();
        assert_eq!(dot(windows.data(), &y), dot(&x, folded.data()), "{options} on {whole:?}");
        checked += 1;
    }
}

#[test]
fn windows_of_a_picture_fold_to_a_picture() {
    let folder = Folder::new();
    let photo = sample("rocket.jpg");
    let windows = format!("windows {} --size 61,64 --step 61,64 -o w.npy", photo.display());
    folder.run(&windows).success();
    // Side by side, every pixel is in one window: the sum is the photograph.
    for name in ["f.png", "f.npy"] {
        let fold = format!("fold w.npy --shape 427,640 --size 61,64 --step 61,64 -o {name}");
        folder.run(&fold).success();
    }
    let expected = image::open(&photo).unwrap();
    assert_eq!(image::open(folder.path().join("f.png")).unwrap().as_bytes(), expected.as_bytes());
    assert_eq!(folder.array::<u8>("f.npy").shape(), [427, 640, 3]);
    // All axes alike: the output says whether channels come first or last.
    folder.put_array("same.npy", &[3; 5], &[1u8; 243]);
    folder.run("fold same.npy --shape 5,5 --size 3 -o a.npy").success();
    assert_eq!(folder.array::<u8>("a.npy").shape(), [3, 5, 5]);
    folder.run("fold same.npy --shape 5,5 --size 3 -o a.png").success();
    assert_eq!(image::open(folder.path().join("a.png")).unwrap().width(), 5);
}

#[test]
fn overlaps_are_summed_and_integers_wrap() {
    let folder = Folder::new();
    folder.put_array("w.npy", &[3, 2], &[1u8, 2, 10, 20, 100, 200]);
    folder.run("fold w.npy --shape 4 --size 2 -o f.npy").success();
    assert_eq!(folder.array::<u8>("f.npy").data(), [1, 12, 120, 200]);
    folder.put_array("w.npy", &[2, 2], &[1u8, 200, 100, 1]);
    folder.run("fold w.npy --shape 3 --size 2 -o f.npy --force").success();
    assert_eq!(folder.array::<u8>("f.npy").data(), [1, 44, 1]);
}

#[test]
fn what_windows_did_not_write_is_refused() {
    let folder = Folder::new();
    folder.put_array("w.npy", &[3, 2], &[1f32; 6]);
    folder.put_array("c.npy", &[3, 2], &[num_complex::Complex::new(1f32, 0.0); 6]);
    for (args, parts) in [
        ("fold w.npy --shape 5 --size 2 -o f.npy", &["w.npy", "3 on axis 0", "have 4"][..]),
        ("fold w.npy --shape 4 --size 3 -o f.npy", &["w.npy", "3 on axis 0", "have 2"]),
        ("fold w.npy --shape 4,4 --size 2 -o f.npy", &["w.npy", "4 axes", "has 2"]),
        ("fold w.npy --shape 4 --size 2,2 -o f.npy", &["--size", "2 values"]),
        ("fold w.npy --shape 4 --size 0 -o f.npy", &["w.npy", "size 0", "axis 0"]),
        ("fold c.npy --shape 4 --size 2 -o f.npy", &["c.npy", "complex64"]),
        ("fold w.npy --shape 4 --size 2 -o f.png", &["f.png"]),
    ] {
        let line = folder.run(args).failure();
        for part in parts {
            assert!(line.contains(part), "ndwin {args}: {line:?} lacks {part:?}");
        }
    }
    assert_eq!(folder.names(), ["c.npy", "w.npy"]);
}
