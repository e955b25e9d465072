//! Other libraries' arrays.

#[cfg(feature = "ndarray")]
mod with_ndarray {
    use ndarray::{Array, Axis, Dimension, IxDyn, Slice, s};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use windows_core::{ArrayWindows, DynView, DynViewMut, WindowError, WindowSpec};
    use windows_testkit::strategy::{axis_over, strided};

    use crate::specs::spec;
    use crate::support::view;

    proptest! {
        #[test]
        fn views_go_there_and_back(strided in strided(0..=4, 0..=4)) {
            let (buffer, shown) = (strided.buffer(), strided.counting());
            let ours = view(&buffer, &strided);
            let theirs = ours.to_ndarray();
            prop_assert_eq!(theirs.shape(), ours.shape());
            prop_assert!(theirs.iter().eq(shown.data()));
            match DynView::try_from(theirs) {
                Ok(back) => prop_assert!(back == ours),
                Err(error) => {
                    let gaps = matches!(error, WindowError::Gaps { .. });
                    prop_assert!(gaps);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn windows_of_a_part_are_those_of_a_copy(
            axes in (1..=3usize).prop_flat_map(|rank| vec((1..8usize).prop_flat_map(axis_over), rank)),
            steps in vec(select(vec![1_isize, -1, 2, 3]), 3),
        ) {
            let whole: Vec<usize> = axes.iter().map(|axis| 3 * axis.len + 2).collect();
            let array = Array::from_shape_fn(IxDyn(&whole), |i| {
                i.slice().iter().fold(0, |sum, &at| 100 * sum + at)
            });
            let part = array.slice_each_axis(|at| {
                let (step, len) = (steps[at.axis.index()], axes[at.axis.index()].len);
                let taken = ((len - 1) * step.unsigned_abs()) as isize + 1;
                Slice::new(1, Some(1 + taken), step)
            });
            let copy: Vec<usize> = part.iter().copied().collect();
            let spec = WindowSpec::from_axes(&axes.iter().map(spec).collect::<Vec<_>>());
            let ours = DynView::new(&copy, part.shape()).unwrap().try_windows(&spec);
            match part.window_arrays(&spec) {
                Ok(windows) => {
                    let ours = ours.unwrap();
                    prop_assert_eq!(windows.len(), ours.len());
                    for (theirs, ours) in windows.rev().zip(ours.iter().rev()) {
                        let clipped = ours.view();
                        prop_assert_eq!(theirs.shape(), clipped.shape());
                        prop_assert!(theirs.iter().eq(clipped.iter()));
                    }
                }
                Err(error) => prop_assert_eq!(Some(error), ours.err()),
            }
        }
    }

    #[test]
    fn any_order_and_direction_of_a_whole_array_is_viewed() {
        let array = Array::from_shape_fn(IxDyn(&[3, 4, 5]), |i| 100 * i[0] + 10 * i[1] + i[2]);
        for turn in 0..6 {
            let mut theirs = array.view();
            theirs.swap_axes(turn % 3, (turn + 1) % 3);
            theirs.invert_axis(Axis(turn % 3));
            let ours = theirs.strided_view().unwrap();
            assert_eq!(ours.strides(), theirs.strides());
            assert!(ours.iter().eq(theirs.iter()));
        }
        let row = Array::from_vec(vec![1, 2, 3]);
        let repeated = row.broadcast((2, 3)).unwrap();
        assert_eq!(
            repeated.sliding_windows([2, 2]).unwrap().nth(1).unwrap().to_vec(),
            [2, 3, 2, 3]
        );
        let part = array.slice(s![.., 1..3, ..]);
        assert!(matches!(part.strided_view(), Err(WindowError::Gaps { .. })));
        let part = array.strided_view().unwrap().slice(1, 1..3).unwrap();
        assert!(part.iter().eq(array.slice(s![.., 1..3, ..]).iter()));
    }

    #[test]
    fn arrays_without_elements_go_there_and_back() {
        let none: [u16; 0] = [];
        let six = [1_u16, 2, 3, 4, 5, 6];
        for shape in [
            vec![0],
            vec![0, 3],
            vec![3, 0],
            vec![0, 3, 4],
            vec![3, 0, 4],
            vec![0, isize::MAX as usize],
        ] {
            let ours = DynView::new(&none, &shape).unwrap();
            for ours in [ours.clone(), ours.reverse(0).unwrap()] {
                let theirs = ours.to_ndarray();
                assert_eq!(theirs.shape(), shape);
                assert!(DynView::try_from(theirs).unwrap() == ours);
            }
            let mut empty = Array::<u16, _>::default(IxDyn(
                &shape.iter().map(|&n| n.min(5)).collect::<Vec<_>>(),
            ));
            assert!(DynViewMut::try_from(empty.view_mut()).unwrap().is_empty());
        }
        // A part without elements of an array that has some: no gaps, for there is nothing between them.
        let view = DynView::new(&six, [2, 3]).unwrap();
        for part in [
            view.slice(1, 1..1).unwrap().reverse(1).unwrap(),
            view.reverse(1).unwrap().slice(0, 2..2).unwrap(),
            DynView::strided(&none, 0, [0, 2], [1, isize::MAX]).unwrap(),
            DynView::strided(&none, 0, [0, 2], [isize::MIN, -5]).unwrap(),
        ] {
            assert_eq!(part.to_ndarray().shape(), part.shape());
        }
        let mut array = Array::from_shape_vec((2, 3), six.to_vec()).unwrap();
        for (from, to) in [(0, 0), (1, 1), (2, 2)] {
            let part = array.slice(s![.., from..to]);
            assert_eq!(part.strided_view().unwrap().shape(), [2, 0]);
            assert_eq!(part.sliding_windows(WindowSpec::new([1, 1]).padding(1)).unwrap().len(), 8);
            let part = array.slice_mut(s![from..to, 1..;-1]);
            assert_eq!(DynViewMut::try_from(part).unwrap().shape(), [0, 2]);
        }
        // Windows of one tap have no distance between taps, whatever it is said to be.
        for dilation in [isize::MAX as usize, 1 << (usize::BITS - 1), usize::MAX] {
            let spec = WindowSpec::new([1, 1]).dilation(dilation);
            let windows = array.window_arrays(spec).unwrap();
            assert!(windows.flat_map(|window| window.iter().copied().collect::<Vec<_>>()).eq(six));
        }
        let clipped = view.windows(WindowSpec::new([1, 1]).padding([2, 0]));
        assert!(clipped.iter().all(|w| w.view().to_ndarray().len() == w.view().len()));
    }

    #[test]
    fn strides_of_a_single_element_do_not_matter() {
        let one = [7_u16, 8];
        for stride in [isize::MIN, -isize::MAX, isize::MAX] {
            for ours in [
                DynView::strided(&one, 0, [1, 1], [stride, isize::MAX]).unwrap(),
                DynView::strided(&one, 1, [2, 1], [-1, stride]).unwrap(),
            ] {
                for ours in [ours.clone(), ours.reverse(0).unwrap(), ours.reverse(1).unwrap()] {
                    assert!(ours.to_ndarray().iter().eq(ours.iter()));
                }
            }
        }
    }

    #[test]
    fn mutable_views_write_through() {
        let mut array = Array::from_shape_fn((4, 6), |(y, x)| 10 * y + x);
        let mut flipped = array.view_mut();
        flipped.invert_axis(Axis(1));
        let mut ours = DynViewMut::try_from(flipped).unwrap();
        ours.tiles_mut([4, 3]).unwrap_err();
        ours[[0, 0]] = 99;
        assert_eq!(array[[0, 5]], 99);
    }
}

#[cfg(feature = "bytemuck")]
mod with_bytemuck {
    use windows_core::{View, WindowError};

    #[test]
    fn bytes_are_elements_where_they_can_be() {
        let numbers: Vec<u32> = (0..12).collect();
        let bytes: &[u8] = bytemuck::cast_slice(&numbers);
        let view = View::<u32, 2>::from_bytes(bytes, [3, 4]).unwrap();
        assert_eq!(view.windows([2, 2]).nth(0).unwrap().to_vec(), [0, 1, 4, 5]);
        // 4 x 4 x 3 in bytes: the strides of the idea times the size of an element.
        let view = View::<u32, 2>::from_bytes_strided(bytes, 4, [2, 2], [16, 8]).unwrap();
        assert_eq!(view.to_vec(), [1, 3, 5, 7]);
        let refused = |error| matches!(error, WindowError::Bytes { .. });
        assert!(refused(View::<u32, 1>::from_bytes(&bytes[1..], [11]).unwrap_err()));
        assert!(refused(View::<u32, 1>::from_bytes(&bytes[..7], [1]).unwrap_err()));
        assert!(refused(View::<u32, 1>::from_bytes_strided(bytes, 2, [2], [4]).unwrap_err()));
        assert!(refused(View::<u32, 1>::from_bytes_strided(bytes, 0, [2], [6]).unwrap_err()));
        assert!(View::<u32, 1>::from_bytes_strided(bytes, 0, [4], [16]).is_err());
    }

    #[test]
    fn strides_without_a_second_element_need_not_be_whole() {
        let numbers = [1_u32, 2];
        let bytes: &[u8] = bytemuck::cast_slice(&numbers);
        for stride in [3, isize::MIN, isize::MAX] {
            let view = View::<u32, 2>::from_bytes_strided(bytes, 0, [2, 1], [4, stride]).unwrap();
            assert_eq!(view.to_vec(), numbers);
            let none = View::<u32, 2>::from_bytes_strided(bytes, 0, [2, 0], [4, stride]).unwrap();
            assert!(none.is_empty());
        }
        // A row of an image whose rows are no whole number of pixels apart.
        let bytes: Vec<u8> = (0..14).collect();
        let row =
            View::new(&bytes, [2, 7]).unwrap().slice(0, 0..1).unwrap().slice(1, 0..6).unwrap();
        let pixels = row.split(1, 3).unwrap().pixels::<[u8; 3]>().unwrap();
        assert_eq!(pixels.to_vec(), [[0, 1, 2], [3, 4, 5]]);
    }

    #[test]
    fn pixels_are_channels_and_back() {
        let pixels: Vec<[u8; 3]> = (0..20).map(|i| [i, i + 100, i + 200]).collect();
        let image = View::new(&pixels, [4, 5]).unwrap();
        let part = image.slice(1, 1..4).unwrap().reverse(0).unwrap();
        let channels = part.channels::<u8>().unwrap();
        assert_eq!((channels.shape(), channels.strides()), (&[4, 3, 3][..], &[-15, 3, 1][..]));
        assert_eq!(channels[[0, 0, 1]], 116);
        assert_eq!(channels.pixels::<[u8; 3]>().unwrap(), part.to_dyn());
        assert!(channels.pixels::<[u8; 2]>().is_err());
        assert!(channels.reverse(2).unwrap().pixels::<[u8; 3]>().is_err());
    }
}

#[cfg(feature = "serde")]
mod with_serde {
    use windows_core::{Const, Dyn, Edge, Extent, Grid, WindowSpec};

    #[test]
    fn specs_and_grids_are_data() {
        let spec = WindowSpec::<Const<3>>::of([Extent::Each, Extent::Size(5), Extent::Whole])
            .step(2)
            .edge([Edge::Drop, Edge::Snap, Edge::Drop]);
        let text = serde_json::to_string(&spec).unwrap();
        assert!(text.contains(r#""edge":"snap""#), "{text}");
        assert_eq!(serde_json::from_str::<WindowSpec<Const<3>>>(&text).unwrap(), spec);
        assert!(serde_json::from_str::<WindowSpec<Const<2>>>(&text).is_err());
        let grid = Grid::new([4, 9, 3], spec).unwrap();
        let text = serde_json::to_string(&grid).unwrap();
        assert_eq!(serde_json::from_str::<Grid<Const<3>>>(&text).unwrap(), grid);
        assert_eq!(serde_json::from_str::<Grid<Dyn>>(&text).unwrap(), grid.to_dyn());
        // What a grid would refuse is refused.
        let bad = text.replace(r#""step":2"#, r#""step":0"#);
        assert!(
            serde_json::from_str::<Grid<Dyn>>(&bad).unwrap_err().to_string().contains("step 0")
        );
    }
}
