//! Packing, padding and folding against the oracle.

use proptest::prelude::*;
use windows_core::{Border, Edge, View, WindowSpec};
use windows_testkit::array::NdArray;
use windows_testkit::axis::NaiveAxis;
use windows_testkit::border::Border as NaiveBorder;
use windows_testkit::strategy::{border, strided};
use windows_testkit::windows::NaiveWindows;

use crate::agree;
use crate::windows::case;

proptest! {
    #[test]
    fn packing_agrees_with_the_oracle((strided, naive) in case(), kind in border()) {
        agree::pack(&strided, &naive, kind);
    }

    #[test]
    fn padding_agrees_with_the_oracle(
        strided in strided(0..=3, 0..=4),
        sides in prop::collection::vec((0..9_usize, 0..9_usize), 3),
        kind in border(),
    ) {
        agree::pad(&strided, &sides, kind);
    }
}

/// Runs of every length around the sizes that the copy lanes treat apart.
#[test]
fn runs_of_every_length_are_copied() {
    fn check<T: Copy + PartialEq + std::fmt::Debug>(value: impl Fn(usize) -> T, longest: usize) {
        let (rows, width) = (5, longest + 3);
        let data: Vec<T> = (0..rows * width).map(value).collect();
        let array = NdArray::new(data.clone(), &[rows, width]);
        for run in 1..=longest {
            let windows =
                NaiveWindows::new(vec![NaiveAxis::new(rows, 3, 2), NaiveAxis::new(width, run, 2)]);
            let expected = windows.pack(&array, NaiveBorder::Constant, data[0]);
            let view = View::new(&data, [rows, width]).unwrap();
            let packed = view.windows(WindowSpec::new([3, run]).step(2)).pack().unwrap();
            assert_eq!(&packed, expected.data(), "runs of {run}");
            // Rows from the last to the first: negative row strides.
            let flipped = view.reverse(0).unwrap();
            let packed = flipped.windows(WindowSpec::new([rows, run])).pack().unwrap();
            let taken = flipped.windows(WindowSpec::new([rows, run]));
            let expected: Vec<T> = taken.iter().flat_map(|w| w.to_vec()).collect();
            assert_eq!(packed, expected, "runs of {run}");
        }
    }
    check(|i| (i % 251) as u8, if cfg!(miri) { 20 } else { 140 });
    check(|i| i as u16, if cfg!(miri) { 10 } else { 70 });
    check(|i| i as f32, if cfg!(miri) { 6 } else { 36 });
    check(|i| [i as u8, 1, 2], if cfg!(miri) { 6 } else { 50 });
    check(|i| i as u128, if cfg!(miri) { 3 } else { 10 });
}

/// Outputs so large that they are stored past the caches, from aligned and unaligned starts.
#[test]
fn large_outputs_are_copied_like_small_ones() {
    let (height, width) = if cfg!(miri) { (70, 180) } else { (1000, 640) };
    let data: Vec<u8> = (0..height * width).map(|i| (i * 7 + i / width) as u8).collect();
    let view = View::new(&data, [height, width]).unwrap();
    let flipped = view.reverse(0).unwrap();
    // Blocks of less and of more than what is written of one before the next; short and long runs;
    // starts that are not equally spaced.
    for (size, step, view) in [
        ([4, 32], [2, 8], &view),
        ([5, 24], [2, 8], &view),
        ([64, 48], [16, 16], &view),
        ([64, 80], [21, 23], &view),
        ([40, 112], [21, 23], &view),
        ([61, 144], [13, 33], &flipped),
    ] {
        let windows = view.windows(WindowSpec::new(size).step(step).edge(Edge::Balance));
        // In slices: an interpreter takes minutes for as many elements one by one.
        let mut expected = Vec::new();
        windows.iter().for_each(|w| expected.extend_from_slice(&w.to_vec()));
        assert!(cfg!(miri) || expected.len() > 4 << 20);
        // Every place in a line of the cache that a stored block of 16 bytes can begin at, and some others.
        let mut out = vec![0; expected.len() + 48];
        let starts: &[usize] = if cfg!(miri) { &[0, 1] } else { &[0, 16, 32, 48, 1, 8] };
        for &start in starts {
            let out = &mut out[start..][..expected.len()];
            out.fill(0);
            windows.pack_into(out).unwrap();
            assert!(out == expected);
        }
        assert!(windows.pack().unwrap() == expected);
    }
}

/// Windows of three and four axes that stay apart in memory, large outputs and small ones.
#[test]
fn volumes_are_copied_plane_by_plane() {
    let shape: [usize; 4] = if cfg!(miri) { [3, 5, 4, 36] } else { [3, 40, 50, 180] };
    let data: Vec<u8> = (0..shape.iter().product()).map(|i| (i * 7 + i / 180) as u8).collect();
    let view = View::new(&data, shape).unwrap();
    let flipped = view.reverse(1).unwrap().reverse(2).unwrap();
    for (size, step, view) in [
        ([1, 3, 3, 16], [1, 2, 3, 8], &view),
        ([1, 4, 3, 32], [1, 3, 5, 7], &flipped),
        ([1, 2, 4, 13], [1, 2, 3, 5], &view),
        ([2, 3, 2, 32], [1, 3, 4, 9], &flipped),
    ] {
        let windows = view.windows(WindowSpec::new(size).step(step));
        let expected: Vec<u8> = windows.iter().flat_map(|w| w.to_vec()).collect();
        let mut out = vec![0; expected.len()];
        windows.pack_into(&mut out).unwrap();
        assert!(out == expected, "{size:?}");
    }
    let large = view.windows(WindowSpec::new([1, 20, 30, 112]).step([1, 5, 10, 34]));
    let expected: Vec<u8> = large.iter().flat_map(|w| w.to_vec()).collect();
    assert!(cfg!(miri) || expected.len() > 4 << 20);
    assert!(large.pack().unwrap() == expected);
}

#[test]
fn a_value_is_only_in_the_grid_and_in_the_window() {
    let data = [1, 2, 3, 4];
    let view = View::new(&data, [2, 2]).unwrap();
    let windows = view.windows(WindowSpec::new([2, 2]).padding(1)); // 3 x 3
    let bordered = windows.with_border(Border::Replicate).unwrap();
    assert_eq!(bordered.value([0, 0], [1, 1]), Some(&1));
    assert_eq!(bordered.value([2, 2], [1, 1]), Some(&4));
    for (position, tap) in [([3, 0], [0, 0]), ([0, 3], [0, 0]), ([0, 0], [2, 0]), ([0, 0], [0, 2])]
    {
        assert_eq!(bordered.value(position, tap), None, "{position:?} {tap:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused_whole() {
    let data = [1_u8, 2, 3];
    let windows = View::from_slice(&data).windows(WindowSpec::new([3]).padding(1));
    let mut out = [9; 9];
    let error = windows.pack_into(&mut out).unwrap_err();
    assert_eq!(error.to_string(), "only 1 of 3 windows on axis 0 lie wholly inside: name a border");
    let bordered = windows.with_border(Border::Constant(0)).unwrap();
    let error = bordered.pack_into(&mut out[..8]).unwrap_err();
    assert_eq!(error.to_string(), "output has length 8, but 9 is needed");
    assert_eq!(out, [9; 9]);
}
