//! Layouts, numbers of threads, geometries and sums that are legal and far from ordinary: the right value or an error,
//! with memory and time by what is read, never a panic.

use proptest::prelude::*;
use windows_conv::{
    Activation, CausalConv1d, ColumnOrder, ConvError, ConvPlan, ConvSpec, Im2col, MOST_THREADS,
    Operand, OutputOrder, Overflow, PlanOptions, col2im, conv, im2col,
};
use windows_core::{Dyn, DynView, Edge, Layout, WindowSpec};
use windows_testkit::strategy::cases;

const MOST: isize = isize::MAX;

fn counting() -> Vec<f32> {
    (0..8).map(|x| x as f32).collect()
}

/// By every algorithm that a plan can be made for: they must agree.
fn convolved(spec: &ConvSpec, x: &DynView<'_, f32>, w: &DynView<'_, f32>) -> Vec<f32> {
    let plain = conv(spec, x, w).unwrap();
    for output in [OutputOrder::ChannelsFirst, OutputOrder::ChannelsLast] {
        for reference in [false, true] {
            let options = PlanOptions { output, reference, ..PlanOptions::default() };
            let plan = ConvPlan::with(spec, x.layout(), w, &options).unwrap();
            let mut got = plan.conv(x).unwrap();
            if plan.output_shape()[1] == 1 || output == OutputOrder::ChannelsFirst {
                assert_eq!(got, plain, "{}", plan.kernel());
            }
            got.sort_by(f32::total_cmp);
            let mut sorted = plain.clone();
            sorted.sort_by(f32::total_cmp);
            assert_eq!(got, sorted, "{}", plan.kernel());
        }
    }
    plain
}

#[test]
fn strides_along_axes_of_length_1_do_not_matter() {
    let data = counting();
    let w = vec![1.0f32; 3];
    let w = DynView::new(&w, [1, 1, 1, 3, 1]).unwrap();
    for stride in [isize::MIN, -1, 0, 1, MOST] {
        // A reversed axis beside it: the sums of offsets wrap either way.
        let x = DynView::strided(&data, 4, [1, 1, 2, 1, 4], &[stride, stride, -4, stride, 1][..]);
        let x = x.unwrap();
        for padding in [1, 2, 3] {
            let spec = ConvSpec::new([1, 3, 1]).padding([0, padding, 0]);
            let y = convolved(&spec, &x, &w);
            let rows: Vec<&[f32]> = y.chunks(4).collect();
            assert!(rows.contains(&&[4.0, 5.0, 6.0, 7.0][..]), "{y:?}");
            let real = if padding == 1 { 1.0 } else { 3.0 }; // windows that have the one element
            assert_eq!(y.iter().sum::<f32>(), real * 28.0);
        }
    }
}

#[test]
fn a_row_of_length_1_may_have_any_stride() {
    let data = counting();
    let w = [1.0f32; 5];
    let w = DynView::new(&w, [1, 1, 1, 5]).unwrap();
    for stride in [isize::MIN, -1, 0, 1, MOST] {
        let x = DynView::strided(&data, 0, [1, 1, 4, 1], &[0, 0, 1, stride][..]).unwrap();
        let spec = ConvSpec::new([1, 5]).padding([0, 4]);
        let expected: Vec<f32> = (0..4).flat_map(|x| [x as f32; 5]).collect();
        let y = convolved(&spec, &x, &w);
        let real: Vec<f32> = y.chunks(5).flatten().copied().collect();
        assert_eq!(real, expected);
    }
}

#[test]
fn channels_and_images_of_length_1_may_have_any_stride() {
    let data = counting();
    let w = vec![1.0f32; 9];
    let w = DynView::new(&w, [1, 1, 3, 3]).unwrap();
    let x = DynView::strided(&data, 0, [1, 1, 1, 8], &[isize::MIN, MOST, isize::MIN, 1][..]);
    let y = convolved(&ConvSpec::new([3, 3]).padding(1), &x.unwrap(), &w);
    assert_eq!(y, [1.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 13.0]);
    // Pairs of channels, of which there is one.
    let bytes: Vec<u8> = (0..8).collect();
    let x = DynView::strided(&bytes, 0, [1, 1, 1, 8], &[isize::MIN, MOST, isize::MIN, 1][..]);
    let ones = [1u8; 9];
    let w = DynView::new(&ones, [1, 1, 3, 3]).unwrap();
    let y = conv(&ConvSpec::new([3, 3]).padding(1), &x.unwrap(), &w).unwrap();
    assert_eq!(y, [1, 3, 6, 9, 12, 15, 18, 13]);
}

#[test]
fn a_plan_takes_views_whose_strides_differ_where_they_do_not_matter() {
    let data = counting();
    let plan = |strides: [isize; 4]| {
        let w = [1.0f32; 2];
        let w = DynView::new(&w, [1, 1, 1, 2]).unwrap();
        let layout = Layout::<Dyn>::new([1, 1, 1, 8], &strides[..]).unwrap();
        ConvPlan::<f32>::new(&ConvSpec::new([1, 2]), &layout, &w).unwrap()
    };
    let x = DynView::strided(&data, 0, [1, 1, 1, 8], &[3, MOST, isize::MIN, 1][..]).unwrap();
    assert_eq!(plan([8, 8, 8, 1]).conv(&x).unwrap(), plan([0, -5, 7, 1]).conv(&x).unwrap());
    let x = DynView::strided(&data, 7, [1, 1, 1, 8], &[8, 8, 8, -1][..]).unwrap();
    let error = plan([8, 8, 8, 1]).conv(&x).unwrap_err();
    assert_eq!(error, ConvError::Stride { axis: 3, got: -1, expected: 1 });
}

#[test]
fn arrays_without_elements_may_have_any_strides() {
    let x = DynView::<f32>::strided(&[], 0, [2, 2, 0, 2], &[MOST, MOST, 0, 0][..]);
    let x = match x {
        Ok(x) => x,
        // Two axes at once reach too far for a layout.
        Err(_) => DynView::strided(&[], 0, [2, 2, 0, 2], &[MOST, 0, MOST, 0][..]).unwrap(),
    };
    let w = vec![1.0f32; 2 * 9];
    let w = DynView::new(&w, [1, 2, 3, 3]).unwrap();
    let spec = ConvSpec::new([3, 3]).padding(3);
    assert_eq!(conv(&spec, &x, &w).unwrap(), [0.0; 2 * 4 * 6]);
    let columns = im2col(&x, spec.windows().clone(), ColumnOrder::Torch).unwrap();
    assert!(columns.iter().all(|&x| x == 0.0));
}

#[test]
fn channels_may_be_none_and_axes_empty_together() {
    let w = DynView::<f32>::new(&[], [2, 0, 3, 3]).unwrap();
    let x = DynView::<f32>::new(&[], [1, 0, 0, 4]).unwrap();
    let options = PlanOptions {
        bias: vec![1.0, -2.0],
        activation: Activation::Relu,
        ..PlanOptions::default()
    };
    let spec = ConvSpec::new([3, 3]).padding(2);
    for output in [OutputOrder::ChannelsFirst, OutputOrder::ChannelsLast] {
        let options = PlanOptions { output, ..options.clone() };
        let y = ConvPlan::with(&spec, x.layout(), &w, &options).unwrap().conv(&x).unwrap();
        let ones = y.iter().filter(|&&y| y == 1.0).count();
        assert_eq!((ones, y.len()), (12, 24));
    }
}

#[test]
fn im2col_takes_any_stride_that_does_not_matter() {
    let data = counting();
    for stride in [isize::MIN, 0, MOST] {
        let x = DynView::strided(&data, 4, [1, 1, 2, 1, 4], &[stride, stride, -4, stride, 1][..]);
        let x = x.unwrap();
        let windows = || WindowSpec::<Dyn>::new([1, 3, 1]).padding([0, 2, 0]);
        let columns = im2col(&x, windows(), ColumnOrder::Torch).unwrap();
        assert_eq!(columns.iter().sum::<f32>(), 3.0 * 28.0);
        let last = im2col(&x, windows(), ColumnOrder::ChannelsLast).unwrap();
        assert_eq!(last.iter().sum::<f32>(), 3.0 * 28.0);
        let plain = Layout::<Dyn>::new([1, 1, 8, 1], &[stride, stride, 1, stride][..]).unwrap();
        let im2col = Im2col::new(&plain, WindowSpec::<Dyn>::new([1, 3]).padding([0, 2])).unwrap();
        let mut sums = vec![7; 8];
        im2col.fold_into(&vec![1; im2col.len()], ColumnOrder::Torch, &mut sums).unwrap();
        assert_eq!(sums, [3; 8]);
    }
}

fn with_threads(threads: usize) -> Result<ConvPlan<f32>, ConvError> {
    let x = Layout::<Dyn>::contiguous([1, 4, 8, 8]).unwrap();
    let w = vec![1.0f32; 16 * 4 * 9];
    let w = DynView::new(&w, [16, 4, 3, 3]).unwrap();
    let options = PlanOptions { threads, ..PlanOptions::default() };
    ConvPlan::with(&ConvSpec::new([3, 3]), &x, &w, &options)
}

#[test]
fn threads_are_as_many_as_there_can_be_or_an_error() {
    for threads in [0, MOST_THREADS + 1, 1 << 60, usize::MAX] {
        let error = with_threads(threads).unwrap_err();
        assert_eq!(error, ConvError::Threads { threads, most: MOST_THREADS });
        assert!(error.to_string().starts_with(&format!("{threads} threads")), "{error}");
    }
    let one = with_threads(1).unwrap();
    let most = with_threads(MOST_THREADS).unwrap();
    assert!(most.scratch_len() <= MOST_THREADS * (1 << 20) / size_of::<f32>());
    assert!(one.scratch_len() > 0);
    assert_eq!(with_threads(2).is_ok(), cfg!(feature = "rayon"));
}

/// A transposed convolution from its definition, in one dimension.
fn spread(x: &[f32], w: &[f32], step: usize, dilation: usize, more: usize) -> Vec<f32> {
    let len = (x.len() - 1) * step + (w.len() - 1) * dilation + 1 + more;
    let mut y = vec![0.0; len];
    for (i, x) in x.iter().enumerate() {
        for (t, w) in w.iter().enumerate() {
            y[i * step + t * dilation] += x * w;
        }
    }
    y
}

#[test]
fn a_transposed_convolution_costs_by_its_taps_not_by_its_step() {
    // A million phases, of which nine have taps.
    let x = vec![2.0f32; 16];
    let x = DynView::new(&x, [1, 1, 4, 4]).unwrap();
    let w = vec![1.0f32; 9];
    let w = DynView::new(&w, [1, 1, 3, 3]).unwrap();
    let spec = ConvSpec::new([3, 3]).step(1000).transposed().output_padding(&[999, 0]);
    let options = PlanOptions { bias: vec![0.5], ..PlanOptions::default() };
    let counted = allocation_counter::measure(|| {
        ConvPlan::<f32>::with(&spec, x.layout(), &w, &options).unwrap();
    });
    assert!(counted.bytes_max < 1 << 16, "{} bytes", counted.bytes_max);
    let plan = ConvPlan::with(&spec, x.layout(), &w, &options).unwrap();
    assert_eq!(plan.output_shape(), [1, 1, 4002, 3003]);
    let y = plan.conv(&x).unwrap();
    assert_eq!(y.iter().filter(|&&y| y == 2.5).count(), 144);
    assert_eq!(y.iter().filter(|&&y| y == 0.5).count(), y.len() - 144);

    for (step, dilation, more) in [(1000, 1, 999), (7, 3, 0), (2, 2, 1), (50, 200, 199), (3, 1, 2)]
    {
        let (x, w) = ([1.0f32, 2.0, 3.0], [1.0f32, 10.0]);
        let expected = spread(&x, &w, step, dilation, more);
        let x = DynView::new(&x, [1, 1, 3]).unwrap();
        let w = DynView::new(&w, [1, 1, 2]).unwrap();
        let spec = ConvSpec::new([2]).step(step).dilation(dilation);
        let spec = spec.transposed().output_padding(&[more]);
        assert_eq!(convolved(&spec, &x, &w), expected);
    }
}

#[test]
fn the_longest_step_is_that_of_a_single_window() {
    let x = [3.0f32];
    let x = DynView::new(&x, [1, 1, 1]).unwrap();
    let w = [1.0f32, 2.0];
    let w = DynView::new(&w, [1, 1, 2]).unwrap();
    for step in [1 << 62, isize::MAX as usize, usize::MAX] {
        let spec = ConvSpec::new([2]).step(step);
        assert_eq!(convolved(&spec.clone().padding(1), &x, &w), [6.0]);
        assert_eq!(convolved(&spec.transposed(), &x, &w), [3.0, 6.0]);
    }
}

#[test]
fn planning_takes_memory_by_what_is_read_not_by_padding() {
    let data = counting();
    let x = DynView::new(&data, [1, 1, 2, 4]).unwrap();
    let w = vec![1.0f32; 9];
    let w = DynView::new(&w, [1, 1, 3, 3]).unwrap();
    let far = 100_000_000;
    for spec in [
        ConvSpec::new([3, 3]).padding(far),
        ConvSpec::new([3, 3]).padding([far, 1]),
        ConvSpec::new([3, 3]).dilation(far).padding(far),
        ConvSpec::new([3, 3]).dilation(far).padding(3 * far),
        ConvSpec::new([3, 3]).step(3).padding(far),
        ConvSpec::new([3, 3]).step(far).padding(2 * far),
    ] {
        let counted = allocation_counter::measure(|| {
            ConvPlan::<f32>::new(&spec, x.layout(), &w).unwrap();
        });
        assert!(counted.bytes_max < 1 << 16, "{} bytes for {spec:?}", counted.bytes_max);
    }
    let counted = allocation_counter::measure(|| {
        let windows = WindowSpec::<Dyn>::new([3, 3]).padding([far, 1]);
        Im2col::new(x.layout(), windows).unwrap();
    });
    assert!(counted.bytes_max < 1 << 16, "{} bytes for columns", counted.bytes_max);
}

#[test]
fn memory_that_is_not_there_is_an_error() {
    // A view that shows one element often.
    let one = [1.0f32];
    let many = DynView::strided(&one, 0, [1, 1, 1 << 50, 4], &[0, 0, 0, 0][..]).unwrap();
    let w = vec![1.0f32; 9];
    let w = DynView::new(&w, [1, 1, 3, 3]).unwrap();
    let no_room = |error: ConvError, what: &str| {
        assert!(matches!(error, ConvError::Memory { .. }), "{error:?} of {what}");
        assert!(error.to_string().contains(what), "{error} of {what}");
    };
    let three = || ConvSpec::new([3, 3]);
    no_room(ConvPlan::<f32>::new(&three(), many.layout(), &w).unwrap_err(), "tables");
    let wide = DynView::strided(&one, 0, [1, 1, 4, 1 << 50], &[0, 0, 0, 0][..]).unwrap();
    no_room(conv(&three(), &wide, &w).unwrap_err(), "output");
    no_room(im2col(&wide, [3, 3], ColumnOrder::Torch).unwrap_err(), "columns");
    no_room(col2im(&one, &[1, 1, 4, 1 << 50], [3, 3], ColumnOrder::Torch).unwrap_err(), "sums");
    let x = DynView::new(&one, [1, 1, 1, 1]).unwrap();
    let w = DynView::strided(&one, 0, [1 << 50, 1, 1, 1], &[0, 0, 0, 0][..]).unwrap();
    no_room(conv(&ConvSpec::new([1, 1]), &x, &w).unwrap_err(), "weights");
    let w = DynView::new(&one, [1, 1, 1]).unwrap();
    let spec = ConvSpec::new([1]).step(1 << 50);
    no_room(CausalConv1d::<f32>::new(&spec, 1, &w, &PlanOptions::default()).unwrap_err(), "state");
}

#[test]
fn balanced_windows_share_their_weights() {
    // Gaps of 44 and 45 in turn: every window has a row of its own in the plan.
    let x = Layout::<Dyn>::contiguous([1, 64, 1000, 1]).unwrap();
    let w = vec![1.0f32; 64 * 64 * 50];
    let w = DynView::new(&w, [64, 64, 50, 1]).unwrap();
    let spec = ConvSpec::new([50, 1]).step([46, 1]).edge([Edge::Balance, Edge::Drop]);
    let counted = allocation_counter::measure(|| {
        ConvPlan::<f32>::new(&spec, &x, &w).unwrap();
    });
    let weights = 64 * 64 * 50 * size_of::<f32>() as u64;
    assert!(counted.bytes_max < 3 * weights, "{} of {weights}", counted.bytes_max);
}

/// Bytes of one output channel, and the products that it is the sum of.
fn bytes_plan<X: Operand<W, Output = i32>, W: Copy + Sync>(
    channels: usize,
    weight: W,
    options: &PlanOptions<i32>,
) -> Result<ConvPlan<X, W>, ConvError> {
    let x = Layout::<Dyn>::contiguous([1, channels, 1]).unwrap();
    let w = vec![weight; channels];
    let w = DynView::new(&w, [1, channels, 1]).unwrap();
    ConvPlan::with(&ConvSpec::new([1]), &x, &w, options)
}

#[test]
fn sums_that_leave_i32_are_refused_unless_wrapping_is_asked_for() {
    let plain = PlanOptions::default;
    // 33,025 products of 255 x 255 fit, and one more does not.
    assert!(bytes_plan::<u8, u8>(33_025, 255, &plain()).is_ok());
    let error = bytes_plan::<u8, u8>(33_026, 255, &plain()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "33026 products of output channel 0 may add up to 2147515650, but an i32 holds -2147483648 to \
         2147483647: `Overflow::Wrap` lets sums wrap"
    );
    let wrap = PlanOptions { overflow: Overflow::Wrap, ..plain() };
    let plan = bytes_plan::<u8, u8>(33_026, 255, &wrap).unwrap();
    let x = vec![255u8; 33_026];
    let x = DynView::new(&x, [1, 33_026, 1]).unwrap();
    assert_eq!(plan.conv(&x).unwrap(), [2_147_515_650_u32 as i32]);
    // The weights that are there, not those that could be.
    assert!(bytes_plan::<u8, u8>(4_000_000, 1, &plain()).is_ok());
    // Zero points count: the other end is as far.
    assert!(bytes_plan::<u8, i8>(60_000, 127, &plain()).is_ok());
    let zeros = PlanOptions { weight_zeros: vec![-128], ..plain() };
    assert!(bytes_plan::<u8, i8>(60_000, 127, &zeros).is_err());
    let zeros = PlanOptions { input_zero: 255, ..plain() };
    let error = bytes_plan::<u8, u8>(33_027, 255, &zeros).unwrap_err();
    assert_eq!(error, ConvError::Overflow { channel: 0, products: 33_027, sum: -2_147_580_675 });
    // And so does a bias.
    let biased = PlanOptions { bias: vec![i32::MAX - 254], ..plain() };
    let error = bytes_plan::<u8, u8>(1, 1, &biased).unwrap_err();
    assert_eq!(error, ConvError::Overflow { channel: 0, products: 1, sum: 2_147_483_648 });
    let biased = PlanOptions { bias: vec![i32::MAX - 255], ..plain() };
    assert!(bytes_plan::<u8, u8>(1, 1, &biased).is_ok());
}

proptest! {
    #![proptest_config(cases(256))]

    /// Few products beside a bias near either end of `i32`: refused exactly where some input leaves it.
    #[test]
    fn a_plan_is_refused_exactly_where_some_input_overflows(
        weights in proptest::collection::vec(any::<i8>(), 1..40),
        input_zero in any::<u8>(), weight_zero in any::<i8>(),
        room in 0..3_000_000_i32, top in any::<bool>(), transposed in any::<bool>(),
    ) {
        let bias = if top { i32::MAX - room } else { i32::MIN + room };
        let far = |most: bool| -> Vec<u8> {
            weights.iter().map(|&w| if (w >= weight_zero) == most { 255 } else { 0 }).collect()
        };
        let sum = |x: &[u8]| {
            let product = |(x, w): (&u8, &i8)| {
                (i64::from(*x) - i64::from(input_zero)) * (i64::from(*w) - i64::from(weight_zero))
            };
            i64::from(bias) + x.iter().zip(&weights).map(product).sum::<i64>()
        };
        let (least, greatest) = (sum(&far(false)), sum(&far(true)));
        let fits = i32::try_from(least).is_ok() && i32::try_from(greatest).is_ok();
        let layout = Layout::<Dyn>::contiguous([1, weights.len(), 1]).unwrap();
        let shape = if transposed { [weights.len(), 1, 1] } else { [1, weights.len(), 1] };
        let w = DynView::new(&weights, shape).unwrap();
        let spec = ConvSpec::new([1]);
        let spec = if transposed { spec.transposed() } else { spec };
        let options = PlanOptions {
            bias: vec![bias],
            input_zero: input_zero.into(),
            weight_zeros: vec![weight_zero.into()],
            ..PlanOptions::default()
        };
        let plan = ConvPlan::<u8, i8>::with(&spec, &layout, &w, &options);
        prop_assert_eq!(plan.is_ok(), fits);
        let options = PlanOptions { overflow: Overflow::Wrap, ..options };
        let plan = ConvPlan::<u8, i8>::with(&spec, &layout, &w, &options).unwrap();
        for most in [false, true] {
            let x = far(most);
            let expected = sum(&x) as i32;
            let x = DynView::new(&x, [1, weights.len(), 1]).unwrap();
            prop_assert_eq!(plan.conv(&x).unwrap(), [expected]);
        }
    }
}
