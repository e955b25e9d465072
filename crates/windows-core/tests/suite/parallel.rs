//! Threads change nothing: every split, every number of threads.
#![cfg(feature = "rayon")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use rayon::iter::plumbing::{Producer, ProducerCallback};
use rayon::prelude::*;
use windows_core::{Border, DynView, DynViewMut, Edge, View, ViewMut, WindowSpec};

use crate::specs::specs;
use crate::support::view;
use crate::windows::case;

/// Cuts a producer at `at` and the rest at `then`, and gives what the three parts give, forwards or
/// backwards each.
struct Cut {
    at: usize,
    then: usize,
    backwards: bool,
}

impl<T: Send> ProducerCallback<T> for Cut {
    type Output = Vec<T>;

    fn callback<P: Producer<Item = T>>(self, producer: P) -> Vec<T> {
        let (head, tail) = producer.split_at(self.at);
        let (middle, tail) = tail.split_at(self.then);
        let mut all = Vec::new();
        let mut take = |part: P, expected: Option<usize>| {
            let part = part.into_iter();
            assert!(expected.is_none_or(|len| part.len() == len));
            let items: Vec<T> = if self.backwards {
                let mut items: Vec<T> = part.rev().collect();
                items.reverse();
                items
            } else {
                part.collect()
            };
            all.extend(items);
        };
        take(head, Some(self.at));
        take(middle, Some(self.then));
        take(tail, None);
        all
    }
}

#[test]
fn every_split_gives_every_window() {
    let data: Vec<u32> = (0..7 * 6).collect();
    let view = View::new(&data, [7, 6]).unwrap();
    for spec in [
        WindowSpec::new([3, 2]).step([2, 2]).padding(1),
        WindowSpec::new([3, 4]).step(2).edge(Edge::Snap),
        WindowSpec::new([2, 3]).step([3, 3]),
    ] {
        let windows = view.windows(spec);
        let expected: Vec<Vec<u32>> = windows.iter().map(|w| w.to_vec()).collect();
        for at in 0..=windows.len() {
            for then in 0..=windows.len() - at {
                for backwards in [false, true] {
                    let cut = Cut { at, then, backwards };
                    let parts = windows.par_iter().with_producer(cut);
                    assert!(parts.iter().map(|w| w.index()).eq(0..windows.len()));
                    assert!(parts.iter().map(|w| w.to_vec()).eq(expected.iter().cloned()));
                }
            }
        }
    }
}

#[test]
fn every_split_gives_every_tile() {
    let spec = WindowSpec::new([3, 2]).step([3, 2]).edge(Edge::Keep);
    let len = 9;
    for at in 0..=len {
        for then in 0..=len - at {
            for backwards in [false, true] {
                let mut data = vec![0; 7 * 6];
                let mut view = ViewMut::new(&mut data, [7, 6]).unwrap();
                let cut = Cut { at, then, backwards };
                let tiles = view.par_tiles_mut(spec).unwrap().with_producer(cut);
                assert_eq!(tiles.len(), len);
                for (index, mut tile) in tiles.into_iter().enumerate() {
                    tile.iter_mut().for_each(|x| *x += index + 1);
                }
                let expected = |i: usize| i / 6 / 3 * 3 + i % 6 / 2 + 1;
                assert!(data.iter().copied().eq((0..42).map(expected)));
            }
        }
    }
}

/// Splits a producer where rayon never would, and gives what the parts give.
struct SplitAt(usize);

impl<T: Send> ProducerCallback<T> for SplitAt {
    type Output = Vec<T>;

    fn callback<P: Producer<Item = T>>(self, producer: P) -> Vec<T> {
        let (head, tail) = producer.split_at(self.0);
        head.into_iter().chain(tail.into_iter()).collect()
    }
}

/// A tile beyond the last one would be an earlier one again: two `&mut` to its elements.
#[test]
fn a_split_beyond_the_end_is_refused() {
    let refused = |split: &mut dyn FnMut()| {
        let caught = catch_unwind(AssertUnwindSafe(split)).unwrap_err();
        let said = caught.downcast_ref::<String>().expect("a message with both numbers");
        assert!(said.starts_with("a split at ") && said.contains("of 2"), "{said}");
    };
    for at in [3, 4, usize::MAX / 2, usize::MAX - 1, usize::MAX] {
        let mut data = [0_u64; 2];
        let mut view = ViewMut::new(&mut data, [2]).unwrap();
        refused(&mut || {
            let tiles = view.par_tiles_mut([1]).unwrap().with_producer(SplitAt(at));
            unreachable!("{} tiles of 2", tiles.len());
        });
        let view = View::from_slice(&data);
        refused(&mut || {
            let windows = view.windows([1]);
            let windows = windows.par_iter().with_producer(SplitAt(at));
            unreachable!("{} windows of 2", windows.len());
        });
    }
    // A part is split inside itself, not inside the whole.
    struct Twice;
    impl<T: Send> ProducerCallback<T> for Twice {
        type Output = ();

        fn callback<P: Producer<Item = T>>(self, producer: P) {
            drop(producer.split_at(1).0.split_at(2));
        }
    }
    let mut data = [0_u64; 2];
    let mut view = ViewMut::new(&mut data, [2]).unwrap();
    let split = || view.par_tiles_mut([1]).unwrap().with_producer(Twice);
    assert!(catch_unwind(AssertUnwindSafe(split)).is_err());
}

proptest! {
    #![proptest_config(windows_testkit::strategy::cases(48))]

    #[test]
    fn parallel_is_sequential((strided, naive) in case()) {
        let buffer = strided.buffer();
        let view = view(&buffer, &strided);
        let windows = view.try_windows(specs(&naive)).unwrap();
        let sums = windows.map(|w| w.iter().sum::<usize>());
        let parallel: Vec<usize> = windows.par_iter().map(|w| w.iter().sum()).collect();
        prop_assert_eq!(&parallel, &sums);
        let mut out = vec![0; windows.len()];
        windows.par_map_into(&mut out, |w| w.iter().sum()).unwrap();
        prop_assert_eq!(&out, &sums);
        let bordered = windows.with_border(Border::Constant(77)).unwrap();
        let expected = bordered.pack();
        let mut out = vec![0; expected.len()];
        bordered.par_pack_into(&mut out).unwrap();
        prop_assert_eq!(&out, &expected);
    }
}

#[test]
fn large_outputs_are_the_same_for_any_number_of_threads() {
    let data: Vec<f32> = (0..400 * 300).map(|i| (i as f32).sin()).collect();
    let view = DynView::new(&data, [400, 300]).unwrap();
    let spec = WindowSpec::new([5, 7]).step([2, 3]).padding(2);
    let windows = view.windows(spec);
    let bordered = windows.with_border(Border::Reflect).unwrap();
    let (packed, sums) = (bordered.pack(), windows.map(|w| w.iter().sum::<f32>()));
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut out = vec![f32::NAN; packed.len()];
            bordered.par_pack_into(&mut out).unwrap();
            assert!(out == packed);
            let mut out = vec![f32::NAN; sums.len()];
            windows.par_map_into(&mut out, |w| w.iter().sum()).unwrap();
            assert!(out == sums);
            let mut tiles = vec![0; 400 * 300];
            DynViewMut::new(&mut tiles, [400, 300])
                .unwrap()
                .par_tiles_mut(WindowSpec::new([64, 64]).step(64).edge(Edge::Keep))
                .unwrap()
                .enumerate()
                .for_each(|(index, mut tile)| tile.fill(index));
            assert_eq!((tiles[0], tiles[299], tiles[400 * 300 - 1]), (0, 4, 34));
        });
    }
}
