//! What is legal to ask for and what nobody would: more windows than elements, strides that mean nothing, windows
//! that no memory holds. Each is right, or refused with its numbers.

use windows_core::{Border, Dyn, DynView, Layout, View, WindowError};
use windows_pool::{
    Average, Edge, Isa, Kind, Lp, Max, Min, Nan, Pool, PoolError, SlidingAverage, SlidingMax, Sum,
    WindowSpec,
};

/// Results on every path of this machine, that of the definition first.
fn everywhere<K: Kind<f32, Out = f32>>(
    pool: &Pool<K>,
    data: &[f32],
    shape: &[usize],
) -> Vec<Vec<f32>> {
    let view = DynView::new(data, shape).unwrap();
    let isas = [Isa::PORTABLE, Isa::AVX2, Isa::AVX512];
    let fast = isas.into_iter().filter(|isa| isa.is_available()).map(|isa| pool.clone().isa(isa));
    [pool.clone().scalar()].into_iter().chain(fast).map(|pool| pool.run(&view).unwrap()).collect()
}

#[test]
fn more_windows_than_elements_are_right() {
    // The greatest of one element: there 139 times, of which the middle one holds it.
    let pool = Pool::max(WindowSpec::new([1]).padding(69));
    for out in everywhere(&pool, &[5.0], &[1]) {
        assert_eq!(out.len(), 139);
        assert!(
            out.iter()
                .enumerate()
                .all(|(at, &out)| out == if at == 69 { 5.0 } else { f32::NEG_INFINITY })
        );
    }
    // Six windows of 86 over five elements: all of them hold all but one.
    let spec = || WindowSpec::new([86]).padding(43);
    for out in everywhere(&Pool::average(spec()), &[1.0, 2.0, 3.0, 4.0, 5.0], &[5]) {
        assert_eq!(out, [3.0; 6]);
    }
    for out in everywhere(&Pool::sum(spec()), &[1.0, 2.0, 3.0, 4.0, 5.0], &[5]) {
        assert_eq!(out, [15.0; 6]);
    }
    for out in everywhere(
        &Pool::max(WindowSpec::new([2, 300]).padding([0, 150]).edge(Edge::Drop)),
        &[1.0, 2.0],
        &[2, 1],
    ) {
        assert_eq!(out, [2.0, 2.0]);
    }
    for out in
        everywhere(&Pool::max(WindowSpec::new([1, 300]).padding([0, 150])), &[1.0, 2.0], &[2, 1])
    {
        assert_eq!(out, [1.0, 1.0, 2.0, 2.0]);
    }
    for out in everywhere(
        &Pool::new(Min, WindowSpec::new([1, 300]).padding([0, 150])),
        &[1.0, 2.0],
        &[2, 1],
    ) {
        assert_eq!(out, [1.0, 1.0, 2.0, 2.0]);
    }
}

#[test]
fn adaptive_pooling_upwards_repeats_elements() {
    for out in everywhere(&Pool::adaptive(Max, &[3]), &[7.0], &[1]) {
        assert_eq!(out, [7.0; 3]);
    }
    for out in everywhere(&Pool::adaptive(Max, &[2, 2]), &[13.0, 54.0], &[2, 1]) {
        assert_eq!(out, [13.0, 13.0, 54.0, 54.0]);
    }
    for out in everywhere(
        &Pool::adaptive(Average::new(), &[2, 5]),
        &[1.0, 2.0, 3.0, 5.0, 6.0, 7.0],
        &[2, 3],
    ) {
        assert_eq!(out, [1.0, 1.5, 2.0, 2.5, 3.0, 5.0, 5.5, 6.0, 6.5, 7.0]);
    }
}

/// NaNs of every sign and payload, infinities of both signs, and nothing at all.
fn troubled() -> Vec<f32> {
    let special = [0x7fc0_0000_u32, 0xffc1_2345, 0x7f80_0001, 0xff80_0000, 0x7f80_0000];
    (0..40 * 31)
        .map(|at: u32| match at.wrapping_mul(2_654_435_761) >> 16 {
            noise if noise % 7 == 0 => f32::from_bits(special[noise as usize / 7 % 5]),
            noise => (noise % 2001) as f32 / 16.0 - 60.0,
        })
        .collect()
}

#[test]
fn a_nan_that_is_summed_up_is_the_types_own() {
    fn check<K: Kind<f32, Out = f32>>(kind: K) {
        for (size, step, padding) in
            [(1, 1, 0), (2, 2, 0), (3, 1, 1), (3, 2, 1), (13, 1, 6), (5, 1, 7)]
        {
            let spec = WindowSpec::new([size, size]).step(step).padding(padding);
            for nan in [Nan::Propagate, Nan::Ignore] {
                let pool = Pool::new(kind.clone(), spec.clone()).nan(nan);
                let name = format!("{kind:?} {size} {step} {nan:?}");
                let outs = everywhere(&pool, &troubled(), &[40, 31]);
                let found = outs[0].iter().any(|value| value.is_nan());
                assert!(found || nan == Nan::Ignore, "{name}");
                let bits =
                    |out: &[f32]| out.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
                for (path, out) in outs.iter().enumerate() {
                    let own =
                        |value: &f32| !value.is_nan() || value.to_bits() == f32::NAN.to_bits();
                    assert!(out.iter().all(own), "{name}");
                    // The definition sums in another order.
                    assert!(path == 0 || bits(out) == bits(&outs[1]), "{name}");
                }
            }
        }
    }
    check(Sum);
    check(Average::new());
    check(Average::new().count_padding().real());
    check(Lp::new(1.0));
    check(Lp::new(2.0));
    check(Lp::new(3.0));
}

#[test]
fn a_nan_of_a_stream_is_the_types_own() {
    for nan in [Nan::Propagate, Nan::Ignore] {
        let mut average = SlidingAverage::<f32>::new(3, 1, nan).unwrap();
        let mut out = Vec::new();
        average.push_all(&troubled(), &mut out);
        assert!(out.iter().any(|value| value.is_nan()));
        assert!(out.iter().all(|value| !value.is_nan() || value.to_bits() == f32::NAN.to_bits()));
    }
}

#[test]
fn strides_of_axes_of_one_element_are_not_looked_at() {
    const MOST: isize = isize::MAX;
    let data: Vec<f32> = (0..48).map(|at| (at * 37 % 23) as f32).collect();
    let spec = |sizes: [usize; 2]| WindowSpec::new(sizes).padding([0, 1]);
    for odd in [MOST, isize::MIN, MOST / 2 + 1, -7, 0] {
        let layouts: [(&[usize], &[isize]); 6] = [
            (&[1, 40], &[odd, 1]),
            (&[1, 1, 2, 20], &[odd, odd, 20, 1]),
            (&[2, 1, 20], &[20, odd, 1]),
            (&[1, 2, 1, 2, 10], &[odd, 20, odd, 10, 1]),
            (&[40, 1], &[1, odd]),
            (&[2, 20, 1], &[20, 1, odd]),
        ];
        for (shape, strides) in layouts {
            let view = DynView::strided(&data, 0, shape, strides).unwrap();
            let same = DynView::new(&data[..40], shape).unwrap();
            for (pool, behind) in [(spec([1, 3]), 0), (spec([1, 2]), usize::from(shape.len() > 2))]
            {
                let average = Pool::average(pool.clone()).behind(behind);
                let max = Pool::max(pool).behind(behind);
                let plan = average.plan_layout::<f32, _>(view.layout(), None).unwrap();
                assert_eq!(plan.run(&view), average.run(&same), "{shape:?} {odd}");
                assert_eq!(max.run(&view), max.run(&same), "{shape:?} {odd}");
                assert_eq!(max.clone().scalar().run(&view), max.run(&same), "{shape:?} {odd}");
                let wrapped = max.plan_layout(view.layout(), Some(Border::Wrap)).unwrap();
                let plain = max.plan_layout(same.layout(), Some(Border::Wrap)).unwrap();
                assert_eq!(wrapped.run(&view), plain.run(&same), "{shape:?} {odd}");
            }
        }
    }
}

#[test]
fn windows_of_more_elements_than_can_be_counted_are_refused() {
    let layout = Layout::<Dyn>::contiguous([1, 1, 1]).unwrap();
    let cube = WindowSpec::new([1_usize << 22; 3]).padding(1_usize << 21);
    let error =
        Pool::median(cube).plan_layout::<f32, _>(&layout, Some(Border::Replicate)).unwrap_err();
    let expected = WindowError::ProductOverflow {
        what: "elements of a window",
        axis: 2,
        product: 1 << 44,
        len: 1 << 22,
    };
    assert_eq!(error, expected.into());
    // Absent elements count where padding does.
    let square = WindowSpec::new([1_usize << 40; 2]).padding(1_usize << 39).step(1_usize << 40);
    let error =
        Pool::new(Average::new().count_padding(), square.clone()).plan::<f32>([1, 1]).unwrap_err();
    assert!(
        matches!(error, PoolError::Window(WindowError::ProductOverflow { axis: 1, .. })),
        "{error}"
    );
    assert_eq!(Pool::average(square).run(&View::new(&[3.0_f32], [1, 1]).unwrap()), Ok(vec![3.0]));
}

#[test]
fn what_memory_cannot_hold_is_refused() {
    let one = View::from_slice(&[1.0_f32]);
    let refused = |error: PoolError| assert!(matches!(error, PoolError::Memory { .. }), "{error}");
    let square = WindowSpec::new([1_usize << 29; 2]).padding(1_usize << 28).step(1_usize << 29);
    let view = View::new(&[1.0_f32], [1, 1]).unwrap();
    // A table of windows, and one of padded elements.
    refused(Pool::max(WindowSpec::new([1]).padding(1_usize << 59)).run(&one).unwrap_err());
    let wide = Pool::max(WindowSpec::new([3]).dilation(1_usize << 59).padding(1_usize << 59));
    refused(wide.plan_layout(one.layout(), Some(Border::Constant(0.0_f32))).unwrap_err());
    refused(Pool::adaptive(Max, &[1 << 59]).run(&one).unwrap_err());
    // Results.
    let vast = Layout::<Dyn>::new([1 << 20, 1 << 20, 1 << 20], [0, 0, 0]).unwrap();
    let vast = DynView::strided(&[1.0_f32], 0, vast.shape(), vast.strides()).unwrap();
    refused(Pool::max(WindowSpec::new([1, 1])).run(&vast).unwrap_err());
    refused(SlidingMax::<f64>::new(1 << 50, 1, Nan::Propagate).unwrap_err());
    // Padding beside few elements takes neither.
    assert_eq!(Pool::max(square).run(&view), Ok(vec![1.0]));
    let tall = Pool::max(WindowSpec::new([isize::MAX as usize]).padding(isize::MAX as usize / 2));
    assert_eq!(tall.run(&one), Ok(vec![1.0]));
}

#[test]
fn scratch_that_memory_cannot_hold_is_refused() {
    let view = View::new(&[1.0_f32], [1, 1]).unwrap();
    let square = WindowSpec::new([1_usize << 24; 2]).padding(1_usize << 23).step(1_usize << 24);
    let median = Pool::median(square);
    let plan = median.plan_layout(view.layout(), Some(Border::Replicate)).unwrap();
    assert!(plan.scratch_bytes() >= 1 << 50);
    let error = plan.run(&view).unwrap_err();
    assert!(matches!(error, PoolError::Memory { what: "scratch", .. }), "{error}");
}

#[test]
fn a_hundred_thousand_axes_are_pooled() {
    // Windows over the first axis, the last one and all between, of which only two have more than one element.
    let mut shape = vec![1_usize; 100_000];
    let mut sizes = shape.clone();
    let mut padding = vec![0_usize; 100_000];
    (shape[0], sizes[0]) = (2, 2);
    (shape[99_999], sizes[99_999], padding[99_999]) = (3, 3, 1);
    let data = [2.0_f32, 9.0, 4.0, 1.0, 3.0, 10.0];
    let view = DynView::new(&data, &shape).unwrap();
    let spec = WindowSpec::new(&sizes).padding(&padding);
    assert_eq!(Pool::max(spec.clone()).run(&view), Ok(vec![9.0, 10.0, 10.0]));
    assert_eq!(Pool::sum(spec).run(&view), Ok(vec![15.0, 29.0, 26.0]));
}

#[test]
fn windows_at_the_ends_of_the_address_space_are_right() {
    const MOST: usize = isize::MAX as usize;
    let pair = View::from_slice(&[1.0_f32, 2.0]);
    let far = WindowSpec::new([3]).dilation(MOST / 4).padding(MOST / 4);
    assert_eq!(Pool::max(far.clone()).run(&pair), Ok(vec![1.0, 2.0]));
    assert_eq!(Pool::sum(far.clone()).run(&pair), Ok(vec![1.0, 2.0]));
    assert_eq!(Pool::median(far).run(&pair), Ok(vec![1.0, 2.0]));
    let kept = WindowSpec::new([3]).step(usize::MAX).edge(Edge::Keep);
    assert_eq!(Pool::max(kept).run(&pair), Ok(vec![2.0]));
    for columns in [1, 2] {
        let view = View::new(&[1.0_f32, 2.0], [2 / columns, columns]).unwrap();
        let spec = WindowSpec::new([1, 1]).step(MOST / 2).padding(MOST / 2 - 3);
        let refused = Pool::max(spec.clone()).run(&view);
        assert_eq!(refused, Pool::max(spec).scalar().run(&view));
    }
    // A row of nothing but a border, and an axis without elements beside it.
    let none = DynView::<f32>::new(&[], [3, 0]).unwrap();
    let spec = WindowSpec::new([1, 2]).padding([0, 2]);
    assert_eq!(Pool::max(spec.clone()).run(&none), Ok(vec![f32::NEG_INFINITY; 9]));
    let bordered = Pool::sum(spec).plan_layout(none.layout(), Some(Border::Constant(4.0))).unwrap();
    assert_eq!(bordered.run(&none), Ok(vec![8.0; 9]));
}
