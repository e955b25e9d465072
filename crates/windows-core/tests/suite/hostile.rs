//! Callers that break what can be broken from safe code: geometry at the ends of `usize` and `isize`, more
//! memory than there is, arrays without elements, more axes than a stack has frames.

use windows_core::{
    Axis, AxisSpec, Border, Const, Dyn, DynView, Edge, Extent, Grid, Layout, Same, View, ViewMut,
    WindowError, WindowSpec,
};

const MOST: usize = isize::MAX as usize;
const FAR: isize = isize::MAX;

/// Strides that no array of some elements could have.
const STRANGE: [isize; 6] = [isize::MIN, isize::MIN + 1, -FAR / 2, FAR / 3, FAR - 1, FAR];

/// Everything that windows of a short view can be asked for, where there are few of them.
fn walk(view: &View<'_, u16, 2>, spec: WindowSpec<Const<2>>) {
    let Ok(windows) = view.try_windows(spec) else { return };
    if windows.len() > 40 || windows.window_len() > 40 {
        return;
    }
    let sums: Vec<u32> = windows.map(|w| w.iter().map(|&x| u32::from(x)).sum());
    let mut out = vec![0; windows.len()];
    windows.reduce_into(&mut out, 0, |sum, &x| sum + u32::from(x)).unwrap();
    assert_eq!(out, sums);
    for (window, &sum) in windows.iter().rev().zip(sums.iter().rev()) {
        assert_eq!(window.to_vec().iter().map(|&x| u32::from(x)).sum::<u32>(), sum);
        assert_eq!(window.lanes().flat_map(|lane| lane.to_vec()).map(u32::from).sum::<u32>(), sum);
        assert_eq!(window.view().len(), window.iter().len());
        let _ = (window.missing(), window.origin(), window.get([0, 0]));
    }
    let _ = windows.as_view();
    let _ = windows.pack();
    for border in
        [Border::Constant(0), Border::Replicate, Border::Reflect, Border::Symmetric, Border::Wrap]
    {
        let Ok(bordered) = windows.with_border(border) else { continue };
        let packed = bordered.pack();
        if let Border::Constant(0) = border {
            let whole: u32 = packed.iter().map(|&x| u32::from(x)).sum();
            assert_eq!(whole, sums.iter().sum::<u32>());
        }
        let mut folded = vec![0; view.len()];
        windows.grid().fold_border_into(&packed, &border, &mut folded).unwrap();
    }
    let mut copy: Vec<u16> = view.to_vec();
    let shape = [view.shape()[0], view.shape()[1]];
    let mut lent = ViewMut::new(&mut copy, shape).unwrap();
    let mut index = 0;
    lent.for_each_window_mut(spec, |_, window| {
        assert_eq!(window.len(), windows.nth(index).unwrap().view().len());
        index += 1;
    })
    .unwrap();
    if let Ok(tiles) = lent.tiles_mut(spec) {
        tiles.for_each(|mut tile| tile.fill(1));
    }
    let _ = (
        windows.arrays::<1, 1>().map(Iterator::count),
        windows.arrays::<1, 2>().map(Iterator::count),
    );
}

#[test]
fn geometry_at_the_ends_of_the_numbers_neither_wraps_nor_panics() {
    // An interpreter sees the outermost.
    let some = |all: &[usize]| match cfg!(miri) {
        true => vec![all[0], all[all.len() - 1]],
        false => all.to_vec(),
    };
    let ends = some(&[1, 2, MOST / 2, MOST + 1, usize::MAX, MOST]);
    let sizes = some(&[2, 1, 3, MOST / 2, MOST]);
    let sides = some(&[0, 1, MOST / 2, MOST - 4, MOST - 1]);
    let mut specs = Vec::new();
    for &size in &sizes {
        for &step in &ends {
            for &dilation in &ends {
                let of = AxisSpec::new(size).step(step).dilation(dilation);
                for edge in [Edge::Keep, Edge::Covered, Edge::Snap, Edge::Balance] {
                    specs.push(of.edge(edge));
                }
                specs.extend([of.same(Same::Upper), of.same(Same::Lower)]);
                for &before in &sides {
                    for &after in &sides {
                        for edge in [Edge::Drop, Edge::Ceil] {
                            specs.push(of.padding(before, after).edge(edge));
                        }
                    }
                }
            }
        }
    }
    let data = [7_u16, 8, 9];
    let other = AxisSpec::new(1);
    for len in 0..=3 {
        let row = View::new(&data[..len], [1, len]).unwrap();
        for spec in &specs {
            walk(&row, WindowSpec::from_axes([other, *spec]));
            walk(&row.permute([1, 0]).unwrap(), WindowSpec::from_axes([*spec, other]));
            if len == 1 {
                walk(&row, WindowSpec::from_axes([*spec, *spec]));
            }
        }
    }
}

#[test]
fn strides_of_a_single_element_do_not_matter() {
    let data = [1_u16, 2, 3];
    for strange in STRANGE {
        let cases = [
            View::strided(&data, 0, [1, 1], [strange, isize::MIN]).unwrap(),
            View::strided(&data, 2, [3, 1], [-1, strange]).unwrap(),
            View::strided(&data, 0, [1, 3], [strange, 1]).unwrap(),
        ];
        for view in cases {
            let plain = view.to_vec();
            let alone = View::new(&plain, [view.shape()[0], view.shape()[1]]).unwrap();
            assert_eq!(view, alone);
            for spec in [
                WindowSpec::new([3, 3]).padding(1),
                WindowSpec::new([2, 2]).padding([3, 1]).step([2, 3]).dilation(2),
                WindowSpec::new([1, 1]).dilation(MOST),
                WindowSpec::new([2, 2]).step([4, 9]).edge(Edge::Keep),
            ] {
                walk(&view, spec);
                let (ours, theirs) = (view.windows(spec), alone.windows(spec));
                let (ours, theirs) = (
                    ours.with_border(Border::Reflect).unwrap(),
                    theirs.with_border(Border::Reflect).unwrap(),
                );
                assert_eq!(ours.pack(), theirs.pack());
            }
            assert_eq!(view.reverse(0).unwrap().reverse(1).unwrap().iter().count(), plain.len());
            assert_eq!(view.layout().merge_axes().len(), plain.len());
        }
    }
}

#[test]
fn axes_are_merged_by_exact_arithmetic() {
    // Twice the longest stride wraps to -2.
    let layout = Layout::<Const<2>>::new([2, 2], [1, FAR - 1]).unwrap();
    assert_eq!(layout.merge_axes().shape(), [2, 2]);
    let layout = Layout::<Const<2>>::new([3, 2], [0, FAR]).unwrap();
    assert_eq!(layout.merge_axes().shape(), [3, 2]);
    let nothing = vec![(); MOST];
    let view = View::strided(&nothing, 0, [2, 2], [0, FAR - 1]).unwrap();
    assert_eq!(view.to_vec().len(), 4);
    view.copy_into(&mut [(); 4]).unwrap();
}

#[test]
fn windows_without_elements_are_arrays_without_elements() {
    let none: [u8; 0] = [];
    let taken = WindowSpec::of([Extent::Each, Extent::Whole]);
    let view = View::new(&none, [3, 0]).unwrap();
    let windows = view.windows(taken);
    let nothing: [[[u8; 0]; 1]; 3] = [[[]]; 3];
    assert_eq!(windows.arrays::<1, 0>().unwrap().collect::<Vec<_>>(), nothing);
    assert!(windows.iter().all(|w| w.to_vec().is_empty() && w.lanes().count() == 0));
    let mut out = [9; 3];
    windows.reduce_into(&mut out, 1, |sum, &x| sum + x).unwrap();
    assert_eq!(out, [1; 3]);
    // Rows of nothing, at strides that no element is apart by.
    let view = View::strided(&none, 0, [3, 0], [FAR / 2, 1]).unwrap();
    let whole = view.windows(WindowSpec::of([Extent::Whole, Extent::Whole]));
    assert_eq!(whole.arrays::<3, 0>().unwrap().count(), 1);
    assert_eq!(whole.arrays::<3, 0>().unwrap().next(), Some([[0; 0]; 3]));
    let line = View::from_slice(&none).windows(WindowSpec::of([Extent::Whole]));
    assert_eq!(line.arrays::<0>().unwrap().next(), Some([0; 0]));
}

/// Not a panic, and not an attempt either.
#[test]
#[cfg_attr(miri, ignore = "an interpreter refuses memory by stopping")]
fn more_memory_than_there_is_is_an_error() {
    let one = [1_u32];
    let broadcast = View::strided(&one, 0, [MOST / 2], [0]).unwrap();
    let refused = |error: &WindowError| matches!(error, WindowError::Memory { .. });
    let error = broadcast.windows([1]).pack().unwrap_err();
    assert!(refused(&error));
    assert_eq!(
        error.to_string(),
        format!("no memory for packed windows: {} elements of 4 bytes", MOST / 2)
    );
    let error = View::from_slice(&one).pad([MOST - 1], [0], Border::Constant(0)).unwrap_err();
    assert!(refused(&error));
    // What is wrong is said before memory is asked for.
    let grid = Grid::new([MOST / 2], WindowSpec::new([1]).step(MOST / 2)).unwrap();
    let error = grid.fold(&[] as &[u64]).unwrap_err();
    assert_eq!(error, WindowError::Length { what: "packed windows", expected: 1, got: 0 });
    assert!(refused(&grid.fold(&[1_u64]).unwrap_err()));
}

#[test]
fn any_number_of_axes_is_walked_on_any_stack() {
    let ndim = if cfg!(miri) { 1000 } else { 100_000 };
    let walk = move || {
        let data = [3_u64, 4];
        let mut shape = vec![1; ndim];
        shape[ndim / 2] = 2;
        let view = DynView::new(&data, &shape).unwrap();
        assert_eq!(view.iter().sum::<u64>(), 7);
        assert_eq!(view.to_vec(), data);
        assert_eq!(view.iter().rev().copied().collect::<Vec<_>>(), [4, 3]);
        let windows = view.windows(WindowSpec::new(&shape));
        assert_eq!(windows.map(|w| w.iter().sum::<u64>()), [7]);
        assert_eq!(windows.pack().unwrap(), data);
        let order: Vec<usize> = (0..ndim).rev().collect();
        assert_eq!(view.permute(&order).unwrap().to_vec(), data);
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(walk).unwrap().join().unwrap();
}

#[test]
fn a_grid_with_nothing_to_read_has_only_constants() {
    let none: [u8; 0] = [];
    for shape in [[0, 1], [1, 0], [0, 3], [3, 0], [0, 0]] {
        for stride in STRANGE {
            let Ok(view) = View::strided(&none, 0, shape, [stride, 1]) else { continue };
            let windows = view.windows(WindowSpec::new([2, 2]).padding(3));
            assert!(windows.iter().all(|w| w.iter().count() == 0 && !w.is_whole()));
            assert!(
                windows.with_border(Border::Constant(5)).unwrap().pack().iter().all(|&x| x == 5)
            );
            assert_eq!(
                windows.with_border(Border::Wrap).unwrap_err(),
                WindowError::EmptyBorder { axis: usize::from(shape[0] != 0) }
            );
        }
    }
}

#[test]
fn axes_beyond_every_offset_are_refused_by_name() {
    let error = Axis::new(usize::MAX, AxisSpec::new(1)).unwrap_err();
    assert!(matches!(error, WindowError::PaddedOverflow { axis: 0, .. }));
    let error = Layout::<Dyn>::new([2, 2], [1_isize]).unwrap_err();
    assert_eq!(error, WindowError::Rank { what: "strides", got: 1, expected: 2 });
}
