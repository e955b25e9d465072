//! `ndwin pool`.

use windows_testkit::{Border, NdArray};

use crate::support::{Folder, Geometry, Numbers, sample};

#[test]
fn extremes_of_random_arrays_are_those_of_the_oracle() {
    let folder = Folder::new();
    let mut numbers = Numbers(11);
    for _ in 0..40 {
        let geometry = Geometry::random(&mut numbers);
        let shape = geometry.naive.shape();
        let len: usize = shape.iter().product();
        let data: Vec<i16> = (0..len).map(|_| numbers.pick(0..=99) as i16 - 50).collect();
        folder.put_array("x.npy", &shape, &data);
        let options = geometry.options(7);
        let run = folder.run(&format!("pool x.npy -o y.npy --kind max --force -q {options}"));
        let counts = geometry.naive.counts();
        if counts.contains(&0) && !geometry.names_edge {
            run.failure();
            continue;
        }
        run.success();
        // Partial windows reach over the border too, so that its elements are ordinary ones.
        let array = NdArray::new(data, &shape);
        let expected: Vec<i16> = geometry
            .naive
            .positions()
            .iter()
            .map(|position| {
                let sources = geometry.naive.sources(position, geometry.border);
                let values = sources.iter().map(|source| match source {
                    Some(index) => Some(*array.get(index)),
                    None => (geometry.border == Border::Constant).then_some(7),
                });
                values.flatten().max().unwrap_or(i16::MIN)
            })
            .collect();
        let got = folder.array::<i16>("y.npy");
        assert_eq!(got.shape(), counts, "{options} on {shape:?}");
        assert_eq!(got.data(), expected, "{options} on {shape:?}");
    }
}

#[test]
fn each_kind_keeps_or_widens_its_type() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[4], &[250u8, 10, 7, 8]);
    folder.put_array("f.npy", &[4], &[3f32, -4.0, 0.0, 2.0]);
    let pool = |kind: &str, input: &str| {
        let line = format!("pool {input}.npy -o y.npy --kind {kind} --size 2 --step 2 --force");
        let summary = folder.run(&line).success();
        assert!(summary.contains("2 windows"), "{summary}");
    };
    for (kind, expected) in
        [("max", [250u8, 8]), ("min", [10, 7]), ("median", [250, 8]), ("quantile:0.5", [10, 7])]
    {
        pool(kind, "x");
        assert_eq!(folder.array::<u8>("y.npy").data(), expected, "{kind}");
    }
    pool("sum", "x");
    assert_eq!(folder.array::<u64>("y.npy").data(), [260, 15]);
    pool("avg", "x");
    assert_eq!(folder.array::<f64>("y.npy").data(), [130.0, 7.5]);
    pool("lp:1", "x");
    assert_eq!(folder.array::<f64>("y.npy").data(), [260.0, 15.0]);
    for (kind, expected) in [("sum", [-1f32, 2.0]), ("avg", [-0.5, 1.0]), ("lp:2", [5.0, 2.0])] {
        pool(kind, "f");
        assert_eq!(folder.array::<f32>("y.npy").data(), expected, "{kind}");
    }
}

#[test]
fn padding_is_absent_unless_it_is_asked_for() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[2], &[-3f32, -5.0]);
    let pool = |options: &str| {
        folder.run(&format!("pool x.npy -o y.npy --size 2 --pad 1 --force -q {options}")).success();
        folder.array::<f32>("y.npy").data().to_vec()
    };
    assert_eq!(pool("--kind max"), [-3.0, -3.0, -5.0]);
    assert_eq!(pool("--kind max --border constant"), [0.0, -3.0, 0.0]);
    assert_eq!(pool("--kind avg"), [-3.0, -4.0, -5.0]);
    assert_eq!(pool("--kind avg --count-include-pad"), [-1.5, -4.0, -2.5]);
    // A window of padding alone.
    folder.run("pool x.npy -o y.npy --kind max --size 2 --pad 3:0 --force -q").success();
    assert_eq!(folder.array::<f32>("y.npy").data()[0], f32::NEG_INFINITY);
}

#[test]
fn nan_propagates_or_is_ignored_and_indices_name_the_first() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[1, 2, 3], &[1f64, f64::NAN, 4.0, 9.0, 9.0, 2.0]);
    folder.run("pool x.npy -o y.npy --kind max --size 2,2 --indices i.npy").success();
    assert!(folder.array::<f64>("y.npy").data().iter().all(|value| value.is_nan()));
    let indices = folder.array::<i64>("i.npy");
    assert_eq!((indices.shape(), indices.data()), (&[1, 1, 2][..], &[1, 1][..]));
    let ignoring = "pool x.npy -o y.npy --kind max --size 2,2 --indices i.npy --nan ignore --force";
    folder.run(ignoring).success();
    assert_eq!(folder.array::<f64>("y.npy").data(), [9.0, 9.0]);
    assert_eq!(folder.array::<i64>("i.npy").data(), [3, 4]);
}

#[test]
fn a_picture_gives_a_picture() {
    let folder = Folder::new();
    let photo = sample("rocket.jpg").display().to_string();
    folder.run(&format!("pool {photo} --kind max --size 15 --same upper -o d.png -q")).success();
    let before = image::open(&photo).unwrap().into_rgb8();
    let after = image::open(folder.path().join("d.png")).unwrap().into_rgb8();
    assert_eq!(before.dimensions(), after.dimensions());
    let (x, y) = (201, 97);
    for channel in 0..3 {
        let window = (y - 7..=y + 7).flat_map(|y| (x - 7..=x + 7).map(move |x| (x, y)));
        let greatest = window.map(|(x, y)| before.get_pixel(x, y)[channel]).max();
        assert_eq!(Some(after.get_pixel(x, y)[channel]), greatest);
    }
    folder.run(&format!("pool {photo} --kind avg --size 8 --step 8 -o s.png -q")).success();
    let small = image::open(folder.path().join("s.png")).unwrap();
    assert_eq!((small.width(), small.height()), (before.width() / 8, before.height() / 8));
}

#[test]
fn bad_input_is_one_line_and_leaves_nothing() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[4, 5], &[0f32; 20]);
    let before = folder.names();
    for (args, said) in [
        ("--kind max --size 9", "window size 9 on axis 1, but the length is 5"),
        ("--kind max --size 2,2,2", "--size gives 3 values"),
        ("--kind max --size 2 --step 0", "step"),
        ("--kind lp:-1 --size 2", "-1"),
        ("--kind quantile:1.5 --size 2", "1.5"),
        ("--kind mean --size 2", "median"),
        ("--kind avg --size 2 --indices i.npy", "--indices"),
        ("--kind max --size 2 --indices i.png", "i.png"),
    ] {
        let line = folder.run(&format!("pool x.npy -o y.npy {args}")).failure();
        assert!(line.contains(said), "{args}: {line}");
    }
    assert_eq!(folder.names(), before);
}
