//! Every iterator obeys every law, also when half consumed, reversed or jumped.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use windows_core::{View, WindowSpec};

use crate::specs::specs;
use crate::support::view;
use crate::windows::case;

/// Compares an iterator with a plain vector of what it should give, through every method.
fn obeys_the_laws<I>(make: impl Fn() -> I, expected: &[I::Item])
where
    I: DoubleEndedIterator + ExactSizeIterator + Clone,
    I::Item: PartialEq + Debug + Clone,
{
    let n = expected.len();
    let all = |it: I| it.collect::<Vec<_>>();
    assert_eq!(all(make()), expected);
    let reversed: Vec<_> = expected.iter().rev().cloned().collect();
    assert_eq!(make().rev().collect::<Vec<_>>(), reversed);
    // From either end first, then everything else. An interpreter takes minutes for each.
    let (fronts, backs) = if cfg!(miri) { (1, 1) } else { (4, 3) };
    for front in 0..=n.min(fronts) {
        for back in 0..=(n - front).min(backs) {
            let mut it = make();
            for item in &expected[..front] {
                assert_eq!(it.next().as_ref(), Some(item));
            }
            for item in expected[n - back..].iter().rev() {
                assert_eq!(it.next_back().as_ref(), Some(item));
            }
            let rest = &expected[front..n - back];
            assert_eq!((it.len(), it.size_hint()), (rest.len(), (rest.len(), Some(rest.len()))));
            assert_eq!(all(it.clone()), rest);
            assert_eq!(it.clone().count(), rest.len());
            assert_eq!(it.clone().last().as_ref(), rest.last());
            let mut folded = Vec::new();
            it.clone().for_each(|item| folded.push(item));
            assert_eq!(folded, rest);
            let mut folded: Vec<_> = it.clone().rfold(Vec::new(), |mut v, item| {
                v.push(item);
                v
            });
            folded.reverse();
            assert_eq!(folded, rest);
            for k in [0, 1, 2, rest.len() / 2, rest.len(), rest.len() + 3, usize::MAX] {
                let mut jumped = it.clone();
                assert_eq!(jumped.nth(k).as_ref(), rest.get(k));
                let after = rest.get(k.saturating_add(1)..).unwrap_or(&[]);
                assert_eq!(all(jumped), after);
                let mut jumped = it.clone();
                let from_back = rest.len().checked_sub(k.saturating_add(1));
                assert_eq!(jumped.nth_back(k).as_ref(), from_back.map(|i| &rest[i]));
                assert_eq!(all(jumped), &rest[..from_back.unwrap_or(0)]);
            }
            // Fused.
            let mut spent = it;
            while spent.next().is_some() {}
            assert!(
                spent.next().is_none() && spent.next_back().is_none() && spent.next().is_none()
            );
        }
    }
}

proptest! {
    #![proptest_config(windows_testkit::strategy::cases(64))]

    #[test]
    fn elements_lanes_windows_and_positions((strided, naive) in case()) {
        let buffer = strided.buffer();
        let view = view(&buffer, &strided);
        let elements: Vec<&usize> = strided.counting().data().iter().map(|&i| &buffer[i]).collect();
        obeys_the_laws(|| view.iter(), &elements);
        let lanes: Vec<Vec<usize>> = match view.shape().last() {
            Some(0) => Vec::new(),
            Some(&len) => view.to_vec().chunks(len).map(<[usize]>::to_vec).collect(),
            None => vec![view.to_vec()],
        };
        obeys_the_laws(|| view.lanes().map(|lane| lane.to_vec()), &lanes);

        let windows = view.try_windows(specs(&naive)).unwrap();
        let expected: Vec<(usize, Vec<usize>)> =
            (0..windows.len()).map(|i| (i, windows.nth(i).unwrap().to_vec())).collect();
        obeys_the_laws(|| windows.iter().map(|w| (w.index(), w.to_vec())), &expected);
        let positions: Vec<Vec<usize>> = naive.positions();
        obeys_the_laws(|| windows.grid().positions().map(|p| p.to_vec()), &positions);
    }
}

#[test]
fn windows_as_arrays() {
    let data: Vec<u8> = (0..30).collect();
    let view = View::new(&data, [5, 6]).unwrap();
    for spec in [
        WindowSpec::new([2, 3]),
        WindowSpec::new([2, 3]).step(9),
        WindowSpec::new([2, 3]).step([2, 3]),
    ] {
        let windows = view.reverse(0).unwrap().windows(spec);
        let expected: Vec<Vec<u8>> = windows.iter().map(|w| w.to_vec()).collect();
        obeys_the_laws(|| windows.arrays::<2, 3>().unwrap().map(|rows| rows.concat()), &expected);
    }
}

#[test]
fn nth_and_its_like_do_not_walk() {
    // Walking 2^33 positions takes ten seconds at least. (Half of the bits, so that 32 have room as well.)
    const HALF: u32 = usize::BITS / 2;
    let (side, far) = (1 << (HALF - 6), 1 << (HALF + 1));
    let data = [1_u8];
    let endless = View::strided(&data, 0, [side, side], [0, 0]).unwrap();
    let windows = endless.windows(WindowSpec::new([3, 3]));
    let begin = Instant::now();
    let mut it = windows.iter();
    assert_eq!(it.nth(far).unwrap().index(), far);
    assert_eq!(it.nth_back(far).unwrap().index(), windows.len() - 1 - far);
    assert_eq!(it.clone().last().unwrap().index(), windows.len() - 2 - far);
    assert_eq!(it.clone().count(), it.len());
    assert!(endless.iter().nth(far).is_some());
    assert!(endless.lanes().nth(side / 4).is_some());
    assert!(windows.grid().positions().nth(far).is_some());
    let arrays = windows.arrays::<3, 3>().unwrap();
    assert!(arrays.clone().nth(far).is_some() && arrays.clone().nth_back(far).is_some());
    assert_eq!((arrays.clone().count(), arrays.clone().last()), (arrays.len(), Some([[1; 3]; 3])));
    assert!(begin.elapsed() < Duration::from_secs(2));
}
