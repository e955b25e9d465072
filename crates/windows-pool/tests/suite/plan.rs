//! What a plan promises: its kernel, its errors, its scratch, streams, indices, bands.

use proptest::prelude::*;
use windows_core::{Border, DynView, Extent, View, WindowError};
use windows_pool::{
    Average, ColumnKernel, Isa, Kernel, Kind, Max, Median, Min, Nan, Pool, PoolError, RowKernel,
    SlidingAverage, SlidingMax, SlidingMin, WindowSpec,
};
use windows_testkit::strategy::cases;

fn separable(rows: RowKernel, columns: ColumnKernel) -> Kernel {
    Kernel::Separable { isa: Isa::Portable, rows, columns }
}

#[test]
fn a_plan_says_which_kernel_it_chose() {
    use ColumnKernel::{Direct, Stacks};
    use RowKernel::{Doubling, Each, Halving, Pixels, Whole};
    let kernel = |pool: Pool<Max>, shape: &[usize]| {
        pool.isa(Isa::Portable).plan::<f32>(shape).unwrap().kernel()
    };
    let nchw = |size: usize, step: usize, pad: usize| {
        Pool::max(WindowSpec::new([size, size]).step(step).padding(pad))
    };
    assert_eq!(kernel(nchw(2, 2, 0), &[64, 224, 224]), separable(Halving, Direct));
    assert_eq!(kernel(nchw(3, 2, 1), &[64, 112, 112]), separable(Halving, Direct));
    assert_eq!(kernel(nchw(3, 1, 1), &[64, 112, 112]), separable(Doubling, Direct));
    assert_eq!(kernel(nchw(13, 1, 6), &[512, 20, 20]), separable(Doubling, Stacks));
    assert_eq!(kernel(nchw(101, 1, 50), &[1080, 1920]), separable(Doubling, Stacks));
    assert_eq!(kernel(nchw(2, 2, 0).behind(1), &[224, 224, 64]), separable(Pixels, Direct));
    assert_eq!(kernel(Pool::global(Max, 2), &[8, 7, 7]), separable(Whole, Stacks));
    assert_eq!(kernel(Pool::adaptive(Max, &[3, 3]), &[8, 7, 7]), separable(Each, Direct));
    assert_eq!(kernel(nchw(3, 1, 1).scalar(), &[8, 8]), Kernel::Scalar);
    let median = Pool::new(Median, WindowSpec::new([3])).plan::<u8>([9]).unwrap();
    assert_eq!(median.kernel().to_string(), "scalar");
}

#[test]
fn runs_with_scratch_allocate_nothing() {
    fn check<K: Kind<f32>>(kind: K, channels_last: bool) {
        let name = format!("{kind:?}");
        let data: Vec<f32> = (0..5 * 24 * 26).map(|i| (i % 101) as f32).collect();
        for (size, step, padding) in [(2, 2, 0), (3, 1, 1), (3, 2, 1), (21, 1, 10)] {
            let spec = WindowSpec::new([size, size]).step(step).padding(padding);
            let (pool, shape) = match channels_last {
                true => (Pool::new(kind.clone(), spec).behind(1), [24, 26, 5]),
                false => (Pool::new(kind.clone(), spec), [5, 24, 26]),
            };
            let view = View::new(&data, shape).unwrap();
            let plan = pool.plan::<f32>(shape).unwrap();
            let mut out = vec![Default::default(); plan.output_len()];
            let mut scratch = plan.scratch();
            let run = || plan.run_with(&view, &mut out, &mut scratch).unwrap();
            let counted = allocation_counter::measure(run);
            assert_eq!(counted.count_total, 0, "{name} {size} {step} {}", plan.kernel());
        }
    }
    for channels_last in [false, true] {
        check(Max, channels_last);
        check(Average::default(), channels_last);
        check(Median, channels_last);
    }
}

#[test]
fn bad_input_is_refused_and_named() {
    let view = View::new(&[0.0_f32; 12], [3, 4]).unwrap();
    let error = |pool: Pool<Max>| pool.run(&view).unwrap_err().to_string();
    let spec = |size: &[usize]| WindowSpec::new(size);
    assert_eq!(error(Pool::max(spec(&[3, 3, 3]))), "the windows take 3 axes, but the array has 2");
    assert_eq!(
        error(Pool::max(spec(&[2, 2]).step([1, 0]))),
        "step 0 on axis 1: windows must advance by at least 1"
    );
    assert_eq!(
        error(Pool::max(spec(&[2, 2]).step([1, 1, 1]))),
        "step has 3 values, but there are 2 axes"
    );
    assert_eq!(error(Pool::adaptive(Max, &[2, 0])), "0 windows asked for on axis 1 of length 4");
    for exponent in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Pool::lp(exponent, spec(&[2])).run(&view).is_err());
    }
    for quantile in [-0.1, 1.1, f64::NAN] {
        assert!(Pool::quantile(quantile, spec(&[2])).run(&view).is_err());
    }

    let plan = Pool::max(spec(&[2, 2])).plan::<f32>([3, 4]).unwrap();
    let short = plan.run_into(&view, &mut [0.0; 5]).unwrap_err();
    assert_eq!(short, WindowError::Length { what: "output", expected: 6, got: 5 }.into());
    let other = View::new(&[0.0_f32; 12], [4, 3]).unwrap();
    assert!(plan.run(&other).is_err());
    let turned = other.permute([1, 0]).unwrap();
    assert_eq!(plan.run(&turned), Err(PoolError::Strides { axis: 0, expected: 4, got: 1 }));
    let mut none = Pool::max(spec(&[1])).plan::<u8>([0]).unwrap().scratch();
    assert!(matches!(
        plan.run_with(&view, &mut [0.0; 6], &mut none),
        Err(PoolError::Scratch { .. })
    ));
}

#[test]
fn an_index_type_must_count_the_plane() {
    let plan = |shape: [usize; 2], pad: usize| {
        Pool::max(WindowSpec::new([1, 1]).padding(pad)).plan::<u8>(shape).unwrap()
    };
    let data = [7_u8; 17 * 16];
    let view = |rows: usize| View::new(&data[..rows * 16], [rows, 16]).unwrap();
    let (_, indices) = plan([16, 16], 0).run_indexed::<u8, _>(&view(16)).unwrap();
    assert_eq!(indices[255], 255);
    // A window in the padding needs a value of its own.
    let small = |plan: windows_pool::Plan<u8, Max>, rows: usize| {
        plan.run_indexed::<u8, _>(&view(rows)).unwrap_err()
    };
    assert_eq!(
        small(plan([16, 16], 1), 16),
        PoolError::IndexTooSmall { index: "u8", highest: 254, plane: 256 }
    );
    assert_eq!(
        small(plan([17, 16], 0), 17).to_string(),
        "index type u8 counts to 255, but a plane has 272 elements"
    );
    let (_, indices) =
        plan([1, 1], 1).run_indexed::<i64, _>(&View::new(&[3], [1, 1]).unwrap()).unwrap();
    assert_eq!(indices, [-1, -1, -1, -1, 0, -1, -1, -1, -1]);
    let mut back = [9; 2];
    let line = Pool::max(WindowSpec::new([2])).plan::<u8>([2]).unwrap();
    let error = line.unpool_into::<u32>(&[3], &[2], &mut back).unwrap_err();
    assert_eq!((error, back), (PoolError::IndexOutside { at: 0, index: 2, plane: 2 }, [9; 2]));
}

#[test]
fn channels_last_unpool_to_their_own_channel() {
    let data = [1, 8, 5, 2, 3, 4, 7, 6_i32];
    let view = View::new(&data, [2, 2, 2]).unwrap();
    let plan = Pool::max(WindowSpec::new([2, 2])).behind(1).plan::<i32>([2, 2, 2]).unwrap();
    let (values, indices) = plan.run_indexed::<u32, _>(&view).unwrap();
    assert_eq!((values.as_slice(), indices.as_slice()), (&[7, 8][..], &[3, 0][..]));
    let mut back = [0; 8];
    plan.unpool_into(&values, &indices, &mut back).unwrap();
    assert_eq!(back, [0, 8, 0, 0, 0, 0, 7, 0]);
}

#[test]
fn empty_batches_and_channels_are_fine() {
    for shape in [[0, 3, 4, 4], [2, 0, 4, 4], [2, 3, 0, 4]] {
        let view = DynView::<u8>::new(&[], shape).unwrap();
        let out = Pool::max(WindowSpec::new([2, 2]).padding(1)).run(&view).unwrap();
        assert!(out.iter().all(|&value| value == u8::MIN));
        assert_eq!(out.is_empty(), shape[0] * shape[1] == 0);
    }
    let spec = WindowSpec::of([Extent::Each, Extent::Whole]);
    let view = View::new(&[] as &[f32], [0, 4]).unwrap();
    assert!(Pool::new(Average::new(), spec).run(&view).unwrap().is_empty());
}

#[test]
fn a_nan_stays_in_its_windows() {
    let mut data = vec![1.0_f32; 4000];
    data[2000] = f32::NAN;
    data[1000] = f32::INFINITY;
    let view = View::from_slice(&data);
    let out = Pool::average(WindowSpec::new([101])).run(&view).unwrap();
    for (at, value) in out.iter().enumerate() {
        let holds = |element: usize| (at..at + 101).contains(&element);
        assert_eq!(value.is_nan(), holds(2000), "{at}");
        assert_eq!(*value == f32::INFINITY, holds(1000), "{at}");
        assert!(holds(1000) || holds(2000) || *value == 1.0, "{at}");
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn any_chunking_of_a_stream_gives_the_batch(
        data in prop::collection::vec(prop_oneof![20 => -1e6_f64..1e6, 1 => Just(f64::NAN)], 0..200),
        size in 1..40_usize, step in 1..5_usize, chunk in 1..50_usize, ignore in any::<bool>(),
    ) {
        let nan = if ignore { Nan::Ignore } else { Nan::Propagate };
        let view = View::from_slice(&data);
        let spec = || WindowSpec::new([size]).step(step);
        let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
        let (mut max, mut min) = (Vec::new(), Vec::new());
        let mut sliding = SlidingMax::new(size, step, nan).unwrap();
        let mut least = SlidingMin::new(size, step, nan).unwrap();
        let mut average = SlidingAverage::new(size, step, nan).unwrap();
        let mut averages = Vec::new();
        for chunk in data.chunks(chunk) {
            sliding.push_all(chunk, &mut max);
            // A copy goes on like the original.
            least.clone().push_all(chunk, &mut Vec::new());
            least.push_all(chunk, &mut min);
            average.push_all(chunk, &mut averages);
        }
        prop_assert_eq!(bits(max), bits(Pool::max(spec()).nan(nan).run(&view).unwrap()));
        prop_assert_eq!(bits(min), bits(Pool::new(Min, spec()).nan(nan).run(&view).unwrap()));
        let batch = Pool::average(spec()).nan(nan).run(&view).unwrap();
        prop_assert_eq!(averages.len(), batch.len());
        for (stream, batch) in averages.into_iter().zip(batch) {
            let close = (stream - batch).abs() <= 1e-9;
            // Where NaNs are ignored the batch sums one by one.
            let same = if ignore { close } else { stream == batch };
            prop_assert!(same || (stream.is_nan() && batch.is_nan()), "{} {}", stream, batch);
        }
    }

    #[test]
    fn bands_change_no_bit(
        planes in 1..4_usize, rows in 1..60_usize, columns in 1..300_usize, size in 1..20_usize,
    ) {
        let len = planes * rows * columns;
        let data: Vec<u16> = (0..len).map(|i| (i * 7919 % 4001) as u16).collect();
        let view = View::new(&data, [planes, rows, columns]).unwrap();
        let plan = Pool::max(WindowSpec::new([size, size]).padding(size / 2))
            .plan::<u16>([planes, rows, columns]).unwrap();
        let (mut max, mut min) = (vec![0; plan.output_len()], vec![0; plan.output_len()]);
        plan.run_with_min_into(&view, &mut max, &mut min).unwrap();
        let mut one = vec![0; plan.output_len()];
        plan.run_with(&view, &mut one, &mut plan.scratch()).unwrap();
        prop_assert_eq!(&max, &one);
        prop_assert_eq!(&max, &plan.run(&view).unwrap());
        let spec = WindowSpec::new([size, size]).padding(size / 2);
        prop_assert_eq!(min, Pool::min(spec).run(&view).unwrap());
    }
}

#[test]
fn a_dilated_window_as_long_as_its_row_reads_its_taps_alone() {
    // Six taps, two apart, from -3 on: elements 1, 3, 5 and 7, of which the last is padding.
    let pool = Pool::max(WindowSpec::new([6]).dilation(2).before(3).after(2));
    let plan = pool.plan::<u8>([6]).unwrap();
    assert_eq!(plan.run(&View::from_slice(&[9, 1, 8, 2, 7, 3])).unwrap(), [3]);
}

#[test]
fn a_row_of_the_padding_is_read_from_the_border() {
    let pool = Pool::sum(WindowSpec::new([1, 2]).after([1, 0]));
    // A row that is long enough to be read where it is.
    let data = [1_i64; 300];
    let view = View::new(&data, [1, 300]).unwrap();
    let plan = pool.plan_layout(view.layout(), Some(Border::Constant(5))).unwrap();
    let sums = plan.run(&view).unwrap();
    assert_eq!((&sums[..299], &sums[299..]), (&[2; 299][..], &[10; 299][..]));
}
