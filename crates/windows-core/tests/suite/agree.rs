//! The library against the oracle, one function a promise: called over every small case, at random, and by
//! the fuzzer.

use windows_core::{Axis, DynView, Grid, WindowError};
use windows_testkit::array::indices;
use windows_testkit::axis::NaiveAxis;
use windows_testkit::border::Border as NaiveBorder;
use windows_testkit::strategy::Strided;
use windows_testkit::windows::NaiveWindows;

use super::specs::{spec, specs};
use super::support::{self, noise, view};

/// Every answer of an axis.
pub(crate) fn axis(naive: &NaiveAxis) {
    let axis = Axis::new(naive.len, spec(naive)).unwrap();
    let starts: Vec<i64> = (0..axis.count()).map(|i| axis.start(i) as i64).collect();
    assert_eq!(starts, naive.starts(), "{naive:?}");
    assert_eq!(axis.field(), naive.field(), "{naive:?}");
    assert_eq!((axis.before(), axis.after()), naive.padding_in_force(), "{naive:?}");

    let interior = naive.interior();
    assert!(axis.interior().eq(interior.iter().copied()), "{naive:?}");
    assert_eq!(axis.is_whole(), interior.len() == axis.count(), "{naive:?}");

    for i in 0..axis.count() {
        let inside = interior.contains(&i).then(|| axis.start(i).unsigned_abs());
        assert_eq!(axis.interior_start(i), inside, "{naive:?} window {i}");
        let taps = naive.taps(i);
        let real: Vec<usize> = (0..naive.size).filter(|&t| taps[t].is_some()).collect();
        assert!(axis.taps(i).eq(real.iter().copied()), "{naive:?} window {i}");
        for (tap, coordinate) in naive.coordinates(i).into_iter().enumerate() {
            assert_eq!(axis.element(i, tap) as i64, coordinate, "{naive:?}");
        }
        let hull = (0..naive.len as i64)
            .filter(|x| (starts[i]..starts[i] + naive.field() as i64).contains(x));
        assert!(axis.region(i).map(|x| x as i64).eq(hull), "{naive:?} window {i}");
    }
    assert_eq!(axis.interior_start(axis.count()), None, "{naive:?}");
    for element in 0..naive.len {
        let covering = axis.covering(element);
        let (low, high) = covering.size_hint();
        let found: Vec<usize> = covering.collect();
        assert_eq!(found, naive.covering(element), "{naive:?} element {element}");
        assert!(low <= found.len() && found.len() <= high.unwrap(), "{naive:?}");
    }
    assert_eq!(axis.covering(naive.len).next(), None, "{naive:?}");
}

/// Positions, origins and indices of a grid.
pub(crate) fn grid(strided: &Strided, naive: &NaiveWindows) {
    let grid = Grid::dynamic(&strided.shape, specs(naive)).unwrap();
    assert_eq!(grid.counts(), naive.counts());
    assert_eq!(grid.len(), naive.positions().len());
    let positions = naive.positions();
    assert!(grid.positions().map(|p| p.to_vec()).eq(positions.iter().cloned()));
    for (index, position) in positions.iter().enumerate() {
        let origin: Vec<i64> = grid.origin(position).iter().map(|&x| x as i64).collect();
        assert_eq!(origin, naive.origin(position));
        assert_eq!(grid.index(position), Some(index));
        assert_eq!(grid.position(index).unwrap().to_vec(), position.clone());
        let sources = naive.sources(position, NaiveBorder::Constant);
        assert_eq!(grid.is_interior(position), sources.iter().all(Option::is_some));
    }
    assert_eq!(grid.position(positions.len()), None);
    assert_eq!(grid.spec(), specs(naive));
    assert_eq!(Grid::dynamic(&strided.shape, grid.spec()).unwrap(), grid);
}

/// The windows with a tap on each element.
pub(crate) fn covering(strided: &Strided, naive: &NaiveWindows) {
    let grid = Grid::dynamic(&strided.shape, specs(naive)).unwrap();
    for element in indices(&strided.shape) {
        let covering: Vec<Vec<usize>> = grid.covering(&element).map(|p| p.to_vec()).collect();
        let expected: Vec<Vec<usize>> = naive
            .positions()
            .into_iter()
            .filter(|p| naive.sources(p, NaiveBorder::Constant).contains(&Some(element.clone())))
            .collect();
        assert_eq!(covering, expected);
    }
}

/// The elements of every window, with and without a border.
pub(crate) fn windows(strided: &Strided, naive: &NaiveWindows, kind: NaiveBorder) {
    let (buffer, shown) = (strided.buffer(), strided.counting());
    let windows = view(&buffer, strided).try_windows(specs(naive)).unwrap();
    let positions = naive.positions();
    assert_eq!(windows.iter().len(), positions.len());
    let bordered = windows.with_border(support::border(kind, usize::MAX));
    for (window, position) in windows.iter().zip(&positions) {
        assert_eq!(window.position().to_vec(), position.clone());
        let taps = naive.window(&shown, position, NaiveBorder::Constant);
        let real: Vec<usize> = taps.iter().flatten().copied().collect();
        assert_eq!(window.to_vec(), real.clone());
        assert!(window.iter().eq(&real));
        assert_eq!(window.is_whole(), taps.iter().all(Option::is_some));
        let missing = window.missing();
        let kept = window.view();
        for axis in 0..missing.len() {
            let (before, after) = missing[axis];
            assert_eq!(before + kept.shape()[axis] + after, naive.sizes()[axis]);
        }
        let tap_indices = indices(&naive.sizes());
        for (tap, value) in tap_indices.iter().zip(&taps) {
            assert_eq!(window.get(tap).copied(), *value);
        }
        assert_eq!(window.get(&naive.sizes()).is_some(), naive.sizes().is_empty());
        if let Ok(bordered) = &bordered {
            let values = naive.window(&shown, position, kind);
            for (tap, value) in tap_indices.iter().zip(values) {
                let read = bordered.value(position, tap).copied();
                assert_eq!(read, Some(value.unwrap_or(usize::MAX)));
            }
        }
        assert_eq!(windows.get(position).unwrap().to_vec(), real.clone());
        assert_eq!(windows.nth(window.index()).unwrap().to_vec(), real);
    }
}

/// Rows of taps, and folds over them.
pub(crate) fn rows(strided: &Strided, naive: &NaiveWindows) {
    let (buffer, shown) = (strided.buffer(), strided.counting());
    let windows = view(&buffer, strided).try_windows(specs(naive)).unwrap();
    let mut seen: Vec<Vec<(usize, usize)>> = vec![Vec::new(); windows.len()];
    let mut outputs = Vec::new();
    for row in windows.lanes() {
        outputs.extend(row.output());
        for lane in row.taps() {
            for (output, &value) in lane.output().zip(&lane.input()) {
                seen[output].push((lane.tap(), value));
            }
        }
    }
    assert!(outputs.into_iter().eq(0..windows.len()));
    for (position, seen) in naive.positions().iter().zip(&seen) {
        let expected: Vec<(usize, usize)> = naive
            .window(&shown, position, NaiveBorder::Constant)
            .into_iter()
            .enumerate()
            .filter_map(|(tap, value)| value.map(|value| (tap, value)))
            .collect();
        assert_eq!(seen, &expected);
    }
    // The fold keeps the order of taps, which this operation depends on.
    let step = |acc: usize, &x: &usize| acc.wrapping_mul(31).wrapping_add(x);
    let mut folded = vec![0; windows.len()];
    windows.reduce_into(&mut folded, 7, step).unwrap();
    let expected = windows.map(|window| window.iter().fold(7, step));
    assert_eq!(folded, expected);
}

/// All windows as one array.
pub(crate) fn as_view(strided: &Strided, naive: &NaiveWindows) {
    let (buffer, shown) = (strided.buffer(), strided.counting());
    let windows = view(&buffer, strided).try_windows(specs(naive)).unwrap();
    match windows.as_view() {
        Ok(all) => {
            let packed = naive.pack(&shown, NaiveBorder::Constant, usize::MAX);
            assert_eq!(all.shape(), packed.shape());
            assert_eq!(&all.to_vec(), packed.data());
        }
        Err(WindowError::Partial { axis, count, whole }) => {
            assert_eq!(count, naive.counts()[axis]);
            assert_eq!(whole, naive.axes()[axis].interior().len());
            assert!(whole < count);
        }
        Err(error) => {
            let irregular = matches!(error, WindowError::Irregular { .. });
            assert!(irregular && !windows.grid().is_regular());
        }
    }
}

/// Packed windows.
pub(crate) fn pack(strided: &Strided, naive: &NaiveWindows, kind: NaiveBorder) {
    let (buffer, shown) = (strided.buffer(), strided.counting());
    let windows = view(&buffer, strided).try_windows(specs(naive)).unwrap();
    let expected = naive.pack(&shown, kind, usize::MAX);
    let constant = kind == NaiveBorder::Constant;
    match windows.with_border(support::border(kind, usize::MAX)) {
        Ok(bordered) => {
            assert_eq!(&bordered.pack(), expected.data());
            let mut out = vec![12345; expected.data().len()];
            bordered.pack_into(&mut out).unwrap();
            assert_eq!(&out, expected.data());
            assert!(bordered.pack_into(&mut vec![0; out.len() + 1]).is_err());
        }
        Err(error) => {
            let is_empty =
                matches!(error, WindowError::EmptyBorder { axis } if strided.shape[axis] == 0);
            assert!(is_empty && !constant);
        }
    }
    match windows.pack() {
        Ok(packed) => assert_eq!(&packed, expected.data()),
        Err(error) => {
            let partial = matches!(error, WindowError::Partial { .. });
            assert!(partial && windows.iter().any(|w| !w.is_whole()));
        }
    }
}

/// A padded copy.
pub(crate) fn pad(strided: &Strided, sides: &[(usize, usize)], kind: NaiveBorder) {
    let (buffer, shown) = (strided.buffer(), strided.counting());
    let view = view(&buffer, strided);
    let ndim = view.ndim();
    let (before, after): (Vec<usize>, Vec<usize>) = sides[..ndim].iter().copied().unzip();
    let padded = view.pad(&before, &after, support::border(kind, usize::MAX));
    // One window that takes everything.
    let sizes: Vec<usize> = (0..ndim).map(|a| before[a] + view.shape()[a] + after[a]).collect();
    if sizes.contains(&0) {
        assert!(padded.map_or(true, |padded| padded.is_empty()));
        return;
    }
    let axes = (0..ndim)
        .map(|a| NaiveAxis::new(view.shape()[a], sizes[a], 1).padding(before[a], after[a]))
        .collect();
    match padded {
        Ok(padded) => {
            let expected = NaiveWindows::new(axes).pack(&shown, kind, usize::MAX);
            assert_eq!(&padded, expected.data());
        }
        Err(error) => {
            let empty = matches!(error, WindowError::EmptyBorder { .. });
            assert!(empty && view.shape().contains(&0));
        }
    }
}

/// Sums of packed windows.
pub(crate) fn fold(strided: &Strided, naive: &NaiveWindows, kind: NaiveBorder, seed: u32) {
    let grid = Grid::dynamic(&strided.shape, specs(naive)).unwrap();
    let packed = noise(grid.packed_len().unwrap(), seed);
    let mut out = vec![99; strided.shape.iter().product()];
    let border = support::border(kind, 5);
    match grid.fold_border_into(&packed, &border, &mut out) {
        Ok(()) => {
            let expected = naive.fold(&packed, kind, 0, |a, b| a + b);
            assert_eq!(&out, expected.data());
        }
        Err(error) => {
            let empty = matches!(error, WindowError::EmptyBorder { .. });
            assert!(empty && strided.shape.contains(&0));
        }
    }
}

/// What a strided view shows, in every way of reading it.
pub(crate) fn layout(strided: &Strided) {
    let (buffer, shown) = (strided.buffer(), strided.counting());
    let view = view(&buffer, strided);
    assert_eq!(view.shape(), shown.shape());
    assert_eq!(&view.to_vec(), shown.data());
    assert!(view.iter().eq(shown.data()));
    let lanes: Vec<usize> = view.lanes().flat_map(|lane| lane.to_vec()).collect();
    assert_eq!(&lanes, shown.data());
    assert!(view.lanes().all(|lane| lane.len() == *view.shape().last().unwrap_or(&1)));
    let mut copy = vec![usize::MAX; view.len()];
    view.copy_into(&mut copy).unwrap();
    assert_eq!(&copy, shown.data());
    for index in indices(view.shape()) {
        assert_eq!(view.get(&index), Some(shown.get(&index)));
    }
    assert_eq!(view.get(view.shape()).is_some(), view.ndim() == 0);
    if let Some(slice) = view.as_slice() {
        assert_eq!(slice, shown.data());
    }
}

/// A view is made exactly if exact arithmetic says that it reaches no element outside of the data.
pub(crate) fn bounds(shape: &[usize], strides: &[isize], offset: usize) {
    let data = [7_u8; 9];
    let made = DynView::strided(&data, offset, shape, strides);
    let rank_fits = shape.len() == strides.len();
    let elements = shape.iter().map(|&n| n.max(1) as u128).try_fold(1_u128, u128::checked_mul);
    let fits = rank_fits && elements.is_some_and(|n| n <= isize::MAX as u128) && {
        let ends =
            shape.iter().zip(strides).map(|(&n, &s)| n.saturating_sub(1) as i128 * s as i128);
        let sum = |ends: &mut dyn Iterator<Item = i128>| ends.fold(0, i128::saturating_add);
        let reach = sum(&mut ends.clone().map(|end| end.saturating_abs()));
        let low = sum(&mut ends.clone().map(|end| end.min(0)));
        let high = sum(&mut ends.map(|end| end.max(0)));
        let inside = shape.contains(&0)
            || (offset as i128 + low >= 0 && offset as i128 + high < data.len() as i128);
        reach <= isize::MAX as i128 && inside
    };
    assert_eq!(made.is_ok(), fits, "{shape:?} {strides:?} {offset}");
    if let Ok(view) = made
        && view.len() < 1000
    {
        assert!(view.iter().all(|&x| x == 7));
    }
}
