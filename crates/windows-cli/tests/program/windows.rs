//! `ndwin windows` against the naive oracle.

use windows_cli::io::Element;
use windows_testkit::NdArray;

use crate::support::{Folder, Geometry, Numbers};

/// One random case of elements `T`.
fn check<T: Element + From<u8>>(folder: &Folder, numbers: &mut Numbers) {
    let geometry = Geometry::random(numbers);
    let shape = geometry.naive.shape();
    let len: usize = shape.iter().product();
    let data: Vec<T> = (0..len).map(|_| T::from(numbers.pick(0..=255) as u8)).collect();
    folder.put_array("x.npy", &shape, &data);
    let args = format!("windows x.npy -o y.npy --force -q {}", geometry.options(7));
    let run = folder.run(&args);
    let counts = geometry.naive.counts();
    if counts.contains(&0) && !geometry.names_edge {
        run.failure();
        return;
    }
    run.success();
    let array = NdArray::new(data, &shape);
    let expected = geometry.naive.pack(&array, geometry.border, T::from(7));
    let got = folder.array::<T>("y.npy");
    let window = geometry.naive.sizes();
    let window = &window[shape.len() - geometry.k..];
    assert_eq!(got.shape(), [&counts, window].concat(), "ndwin {args}");
    assert_eq!(got.data(), expected.data(), "ndwin {args} on {shape:?}");
}

#[test]
fn windows_of_random_arrays_are_those_of_the_oracle() {
    let folder = Folder::new();
    let mut numbers = Numbers(7);
    for _ in 0..30 {
        check::<u8>(&folder, &mut numbers);
        check::<i16>(&folder, &mut numbers);
        check::<u32>(&folder, &mut numbers);
        check::<i64>(&folder, &mut numbers);
        check::<f32>(&folder, &mut numbers);
        check::<f64>(&folder, &mut numbers);
    }
}

#[test]
fn the_border_is_zero_unless_said_and_floats_keep_their_bits() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[3], &[f32::NAN, -0.0, 1.0]);
    folder.run("windows x.npy --size 2 --pad 1 -o y.npy").success();
    let bits: Vec<u32> = folder.array::<f32>("y.npy").data().iter().map(|v| v.to_bits()).collect();
    let expected = [0.0, f32::NAN, f32::NAN, -0.0, -0.0, 1.0, 1.0, 0.0].map(f32::to_bits);
    assert_eq!(bits, expected);
}

#[test]
fn a_picture_keeps_its_channels_innermost_and_a_recording_its_channels_first() {
    let folder = Folder::new();
    let photo = crate::support::sample("rocket.jpg");
    let speech = crate::support::sample("speech.wav");
    let line = folder.run(&format!("windows {} --size 3 --step 100,200 -o p.npy", photo.display()));
    assert!(line.success().contains("20 windows"), "{}", line.success());
    assert_eq!(folder.array::<u8>("p.npy").shape(), [5, 4, 3, 3, 3]);
    folder.run(&format!("windows {} --size 400 --step 160 -o s.npy", speech.display())).success();
    assert_eq!(folder.array::<f32>("s.npy").shape(), [297, 400]);
}

#[test]
fn fortran_order_is_seen_and_not_copied_wrongly() {
    let folder = Folder::new();
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let dict = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }";
    bytes.extend((dict.len() as u16).to_le_bytes());
    bytes.extend(dict.as_bytes());
    bytes.extend([0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6]);
    folder.put("x.npy", bytes);
    folder.run("windows x.npy --size 2 -o y.npy").success();
    assert_eq!(folder.array::<i16>("y.npy").data(), [1, 2, 2, 3, 4, 5, 5, 6]);
}

#[test]
fn empty_arrays_have_no_windows_and_a_named_edge_allows_it() {
    let folder = Folder::new();
    folder.put_array::<f64>("empty.npy", &[0, 5], &[]);
    folder.run("windows empty.npy --size 2 -o a.npy").success();
    assert_eq!(folder.array::<f64>("a.npy").shape(), [0, 4, 2]);
    folder.run("windows empty.npy --size 1,2 -o b.npy").failure();
    folder.run("windows empty.npy --size 9 --edge drop -o c.npy").success();
    assert_eq!(folder.array::<f64>("c.npy").shape(), [0, 0, 9]);
}

#[test]
fn the_report_is_one_line_of_json_or_for_people_or_none() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[5], &[0u8; 5]);
    let json = folder.run("windows x.npy --size 2 -o a.npy --json").success();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.lines().count(), 1);
    assert_eq!(value["outputs"][0]["shape"], serde_json::json!([4, 2]));
    assert_eq!(value["counts"]["windows"], 4);
    assert!(value["seconds"].is_f64());
    let line = folder.run("windows x.npy --size 2 -o b.npy").success();
    assert!(line.starts_with("windows: x.npy u8 [5] -> b.npy u8 [4, 2], 4 windows in "), "{line}");
    assert_eq!(folder.run("windows x.npy --size 2 -o c.npy -q --threads 1").success(), "");
}
