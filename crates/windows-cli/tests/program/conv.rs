//! `ndwin conv`, `im2col` and `col2im`.

use crate::support::{Folder, Numbers, sample};

#[test]
fn weights_bias_groups_and_padding_reach_the_library() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[1, 2, 3], &[1f32, 2.0, 4.0, 10.0, 20.0, 40.0]);
    folder.put_array("w.npy", &[2, 1, 2], &[1f32, 1.0, -1.0, 1.0]);
    folder.put_array("b.npy", &[2], &[0.5f32, 0.0]);
    let summary =
        folder.run("conv x.npy w.npy -o y.npy --groups 2 --pad 1:0 --bias b.npy").success();
    assert!(summary.contains("6 outputs"), "{summary}");
    let y = folder.array::<f32>("y.npy");
    assert_eq!(y.shape(), [1, 2, 3]);
    assert_eq!(y.data(), [1.5, 3.5, 6.5, 10.0, 10.0, 20.0]);

    folder.run("conv x.npy w.npy -o r.npy --groups 2 --pad 1:0 --border replicate -q").success();
    assert_eq!(folder.array::<f32>("r.npy").data(), [2.0, 3.0, 6.0, 0.0, 10.0, 20.0]);
}

#[test]
fn transposed_spreads_every_input() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[1, 1, 2], &[1f64, 10.0]);
    folder.put_array("w.npy", &[1, 1, 3], &[1f64, 2.0, 3.0]);
    folder.run("conv x.npy w.npy -o y.npy --transpose --step 2 --output-padding 1 -q").success();
    let y = folder.array::<f64>("y.npy");
    assert_eq!((y.shape(), y.data()), (&[1, 1, 6][..], &[1.0, 2.0, 13.0, 20.0, 30.0, 0.0][..]));
}

#[test]
fn bytes_are_convolved_exactly() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[1, 3, 1], &[255u8, 255, 255]);
    folder.put_array("w.npy", &[1, 3, 1], &[-128i8, -128, -128]);
    folder.put_array("b.npy", &[1], &[7i64]);
    folder.run("conv x.npy w.npy -o y.npy --bias b.npy -q").success();
    assert_eq!(folder.array::<i32>("y.npy").data(), [-3 * 255 * 128 + 7]);
}

#[test]
fn a_picture_keeps_its_size_and_its_alpha() {
    let folder = Folder::new();
    let pixels: Vec<u8> = (0..4 * 5 * 4).map(|i| if i % 4 == 3 { i as u8 } else { 90 }).collect();
    // A picture of one colour: its mean is the colour, its edges are black.
    let picture = image::RgbaImage::from_raw(5, 4, pixels.clone()).unwrap();
    picture.save(folder.path().join("p.png")).unwrap();
    folder.run("conv p.png --kernel box:3 --border replicate -o mean.png -q").success();
    let mean = image::open(folder.path().join("mean.png")).unwrap().into_rgba8();
    assert_eq!(mean.as_raw(), &pixels);
    folder.run("conv p.png --kernel sobel-x --border replicate -o edges.npy -q").success();
    let edges = folder.array::<f32>("edges.npy");
    assert_eq!(edges.shape(), [4, 5, 4]);
    assert!(edges.data().chunks(4).all(|pixel| pixel[..3] == [0.0; 3]));
    folder.run("conv p.png --kernel sharpen --pad 0 --edge drop -o inner.npy -q").success();
    assert_eq!(folder.array::<f32>("inner.npy").shape(), [2, 3, 3]);
}

/// The mean of a square is its sum, divided once and rounded half to even, for 8 bits and 16.
#[test]
fn a_box_is_its_exact_mean() {
    fn check<T: Copy + Into<u64> + TryFrom<u64> + PartialEq + std::fmt::Debug>(
        pixels: &[T],
        [height, width]: [usize; 2],
        side: usize,
        made: &[T],
    ) -> usize {
        let (before, n) = ((side - 1) / 2, (side * side) as u64);
        let mut ties = 0;
        for (at, &mean) in made.iter().enumerate() {
            let (y, x) = (at / width, at % width);
            let taps = (0..side * side).filter_map(|tap| {
                let y = (y + tap / side).checked_sub(before).filter(|&y| y < height)?;
                let x = (x + tap % side).checked_sub(before).filter(|&x| x < width)?;
                Some(pixels[y * width + x].into())
            });
            let sum: u64 = taps.sum();
            let (whole, rest) = (sum / n, sum % n);
            ties += usize::from(2 * rest == n);
            let up = 2 * rest > n || (2 * rest == n && whole % 2 == 1);
            assert!(
                T::try_from(whole + u64::from(up)).is_ok_and(|mean_of| mean_of == mean),
                "{y}, {x}"
            );
        }
        ties
    }
    let folder = Folder::new();
    let side = [90, 110];
    let mut numbers = Numbers(3);
    let grey: Vec<u8> = (0..9900).map(|_| numbers.pick(0..=255) as u8).collect();
    let picture = image::GrayImage::from_raw(110, 90, grey.clone()).unwrap();
    picture.save(folder.path().join("grey.png")).unwrap();
    let deep: Vec<u16> = (0..9900).map(|_| numbers.pick(0..=65_535) as u16).collect();
    let picture =
        image::ImageBuffer::<image::Luma<u16>, _>::from_raw(110, 90, deep.clone()).unwrap();
    picture.save(folder.path().join("deep.png")).unwrap();
    let mut ties = [0, 0];
    for size in [1, 2, 3, 6, 31] {
        let run = |name: &str| {
            folder
                .run(&format!("conv {name}.png --kernel box:{size} -o o.png --force -q"))
                .success();
            image::open(folder.path().join("o.png")).unwrap()
        };
        ties[0] += check(&grey, side, size, run("grey").into_luma8().as_raw());
        ties[1] += check(&deep, side, size, run("deep").into_luma16().as_raw());
    }
    assert!(ties.iter().all(|&ties| ties > 1000), "{ties:?}");
}

/// What a convolution takes is bounded by what it is asked for, and asked for before it is taken.
#[test]
fn memory_is_asked_for_before_it_is_planned() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[1, 1, 4, 4], &[0f32; 16]);
    folder.put_array("w.npy", &[1, 1, 3, 3], &[0f32; 9]);
    for options in [
        "--pad 100000000",
        "--pad 1000000000000",
        "--pad 100000000 --step 100000000 --dilation 1000000000",
        "--transpose --step 1000000",
        "--transpose --dilation 1000000000",
    ] {
        let line = folder.run(&format!("conv x.npy w.npy {options} -o y.npy")).failure();
        let said = ["of memory are needed", "exceeds", "overflow", "spans", "address space"];
        assert!(said.iter().any(|said| line.contains(said)), "{options}: {line}");
    }
    let line = folder.run("conv x.npy w.npy --transpose --border constant:5 -o y.npy").failure();
    assert!(line.contains("constant:5"), "{line}");
}

#[test]
fn col2im_is_the_adjoint_of_im2col() {
    let folder = Folder::new();
    let x: Vec<i32> = (0..2 * 3 * 20).map(|i| i * 7919 % 101 - 50).collect();
    folder.put_array("x.npy", &[2, 3, 4, 5], &x);
    let options = "--size 3,2 --step 2,1 --pad 1,0:1 --force -q";
    folder.run(&format!("im2col x.npy -o c.npy {options}")).success();
    let columns = folder.array::<i32>("c.npy");
    assert_eq!(columns.shape(), [2, 18, 10]);
    let y: Vec<i32> = (0..columns.data().len() as i32).map(|i| i * 104_729 % 97 - 40).collect();
    folder.put_array("y.npy", &[2, 18, 10], &y);
    folder.run(&format!("col2im y.npy -o s.npy --shape 4,5 {options}")).success();
    let sums = folder.array::<i32>("s.npy");
    assert_eq!(sums.shape(), [2, 3, 4, 5]);
    let dot = |a: &[i32], b: &[i32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<i32>();
    assert_eq!(dot(columns.data(), &y), dot(&x, sums.data()));
}

#[test]
fn bad_input_is_one_line_and_leaves_nothing() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[1, 4, 5], &[0f32; 20]);
    folder.put_array("w.npy", &[6, 4, 3], &[0f32; 72]);
    folder.put_array("i.npy", &[6, 4, 3], &[0i16; 72]);
    folder.put_array("c.npy", &[1, 12, 3], &[0f32; 36]);
    let before = folder.names();
    let photo = sample("rocket.jpg").display().to_string();
    for (args, said) in [
        ("conv x.npy w.npy -o y.npy --groups 3", "4 input channels do not divide into 3 groups"),
        ("conv x.npy w.npy -o y.npy --groups 2", "the weights are for 4 a group"),
        ("conv x.npy w.npy -o y.npy --dilation 3", "spans 7 on axis 2, but the padded length is 5"),
        ("conv x.npy c.npy -o y.npy", "the weights are for 12 a group"),
        ("conv x.npy i.npy -o y.npy", "f32 by i16 weights"),
        ("conv x.npy w.npy -o y.npy --bias x.npy", "bias has length 20"),
        ("conv x.npy w.npy -o y.png", "write a .npy file"),
        ("conv x.npy w.npy -o y.npy --output-padding 1", "--transpose"),
        ("conv x.npy w.npy -o y.npy --kernel laplace", "--kernel"),
        ("conv x.npy -o y.npy", "W.npy"),
        ("conv x.npy --kernel laplace -o y.npy", "x.npy"),
        ("im2col x.npy -o y.npy --size 9", "window size 9 on axis 2, but the length is 5"),
        ("im2col x.npy -o y.npy --size 2,2", "--size gives 2 values"),
        ("im2col w.npy -o y.npy --size 0", "axis 2"),
        ("col2im c.npy -o y.npy --shape 5 --size 5", "length 12 on axis 1"),
        ("col2im c.npy -o y.npy --shape 6 --size 3", "length 3 on axis 2"),
        ("col2im x.npy -o y.npy --shape 5 --size 3 --border wrap", "--border"),
    ] {
        let line = folder.run(args).failure();
        assert!(line.contains(said), "{args}: {line}");
    }
    let line = folder.run(&format!("conv {photo} --kernel gauss:0 -o y.png")).failure();
    assert!(line.contains("gauss:0"), "{line}");
    assert_eq!(folder.names(), before);
}
