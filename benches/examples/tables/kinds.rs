//! Every kind of pooling and convolution of every type, beside the definition of each.

use std::cell::RefCell;
use std::hint::black_box;

use windows_benches::noise;
use windows_conv::{ConvPlan, ConvSpec, Operand, PlanOptions};
use windows_core::DynView;
use windows_pool::{Average, Element, Kind, Lp, Max, Median, Pool, Sum, WindowSpec};

use crate::row::Row;
use crate::session::{Case, Session};

/// Values of any type, small enough for the narrowest.
trait FromNoise: Sized {
    fn from_noise(len: usize) -> Vec<Self>;
}

macro_rules! from_noise {
    ($($type:ident)*) => {$(
        impl FromNoise for $type {
            fn from_noise(len: usize) -> Vec<Self> {
                noise(len).iter().map(|x| ((x + 1.0) * 60.0) as $type).collect()
            }
        }
    )*};
}

from_noise!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);

const SHAPE: [usize; 3] = [2, 128, 160];

/// Equal, or, where sums of floats are added up in another order, close: errors are relative to one.
fn close<T: Copy + PartialEq>(a: &[T], b: &[T], real: impl Fn(T) -> f64) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-4 * a.abs().max(1.0);
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| a == b || close(real(a), real(b)))
}

fn pool<T: Element + FromNoise, K: Kind<T> + Copy>(
    name: &'static str,
    kind: K,
    size: usize,
    real: fn(K::Out) -> f64,
) -> Row {
    let work = format!("{name} {size} x {size}, {}", std::any::type_name::<T>());
    let len: usize = SHAPE.iter().product();
    let run = move |session: &mut Session| {
        let data = T::from_noise(len);
        let view = DynView::new(&data, SHAPE).expect("planes");
        let pool = Pool::new(kind, WindowSpec::new([size, size]).padding(size / 2));
        let plan = pool.plan::<T>(SHAPE).expect("a plan");
        let slow = pool.clone().scalar().plan::<T>(SHAPE).expect("a plan");
        let [a, b] = [0; 2].map(|_| RefCell::new(vec![K::Out::default(); plan.output_len()]));
        let mut ours = || plan.run_into(black_box(&view), &mut a.borrow_mut()).expect("an output");
        let mut scalar =
            || slow.run_into(black_box(&view), &mut b.borrow_mut()).expect("an output");
        ours();
        scalar();
        assert!(close(&a.borrow(), &b.borrow(), real));
        let case = Case { kernel: plan.kernel().to_string(), ..Case::default() };
        session.serve(&case, &mut [("ours", &mut ours), ("definition", &mut scalar)]);
    };
    let row = Row::new("kinds", work.replace(' ', "-"), work, run);
    row.items(len, "element").rivals(&["definition"])
}

/// What a convolution is made of; the same for every type.
#[derive(Clone, Copy)]
struct Form {
    name: &'static str,
    /// Images, channels, spatial.
    input: &'static [usize],
    weights: &'static [usize],
    groups: usize,
    dilation: usize,
    transposed: bool,
}

const FORM: Form = Form {
    name: "3 x 3",
    input: &[1, 32, 28, 28],
    weights: &[32, 32, 3, 3],
    groups: 1,
    dilation: 1,
    transposed: false,
};

const FORMS: [Form; 7] = [
    FORM,
    Form { name: "1 x 1", weights: &[32, 32, 1, 1], ..FORM },
    Form { name: "3 x 3 dilation 2", dilation: 2, ..FORM },
    Form { name: "3 x 3 transposed", transposed: true, ..FORM },
    Form { name: "3 x 3 depthwise", weights: &[32, 1, 3, 3], groups: 32, ..FORM },
    Form { name: "9, one axis", input: &[1, 32, 1000], weights: &[32, 32, 9], ..FORM },
    Form { name: "3 x 3 x 3", input: &[1, 16, 12, 12, 12], weights: &[16, 16, 3, 3, 3], ..FORM },
];

fn conv<X, W>(form: Form, real: fn(X::Output) -> f64) -> Row
where
    X: Operand<W> + FromNoise,
    W: Copy + Sync + FromNoise + 'static,
{
    let Form { name, input, weights, groups, dilation, transposed } = form;
    let (x, w) = (std::any::type_name::<X>(), std::any::type_name::<W>());
    let dtype = if x == w { x.to_owned() } else { format!("{x} by {w}") };
    let work = format!("convolution {name}, {dtype}");
    let len: usize = input.iter().product();
    let run = move |session: &mut Session| {
        let data = X::from_noise(len);
        let x = DynView::new(&data, input).expect("an image");
        let kernel = W::from_noise(weights.iter().product());
        let w = DynView::new(&kernel, weights).expect("weights");
        let spec = ConvSpec::new(&weights[2..]).dilation(dilation).groups(groups);
        let spec = if transposed { spec.transposed() } else { spec };
        let plan = |reference| {
            let options = PlanOptions { reference, ..PlanOptions::default() };
            ConvPlan::<X, W>::with(&spec, x.layout(), &w, &options).expect("a plan")
        };
        let [(fast, a), (slow, b)] = [false, true].map(|reference| {
            let plan = plan(reference);
            let memory = (vec![X::Output::default(); plan.output_len()], plan.scratch_len());
            let scratch = vec![X::Output::default(); memory.1];
            (plan, RefCell::new((memory.0, scratch)))
        });
        let mut ours = || {
            let (out, scratch) = &mut *a.borrow_mut();
            fast.run(black_box(&x), out, scratch).expect("an output");
        };
        let mut definition = || {
            let (out, scratch) = &mut *b.borrow_mut();
            slow.run(black_box(&x), out, scratch).expect("an output");
        };
        ours();
        definition();
        assert!(close(&a.borrow().0, &b.borrow().0, real));
        let case = Case { kernel: fast.kernel().to_string(), ..Case::default() };
        session.serve(&case, &mut [("ours", &mut ours), ("definition", &mut definition)]);
    };
    let row = Row::new("kinds", work.replace(' ', "-"), work, run);
    row.items(len, "element").rivals(&["definition"])
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    macro_rules! pools {
        ($($type:ident)*) => {$(
            rows.push(pool::<$type, Max>("max", Max, 3, |x| x as f64));
            rows.push(pool::<$type, Max>("max", Max, 15, |x| x as f64));
            rows.push(pool::<$type, Average>("average", Average::default(), 3, |x| x as f64));
            rows.push(pool::<$type, Average>("average", Average::default(), 15, |x| x as f64));
        )*};
    }
    pools!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);
    rows.push(pool::<f32, Sum>("sum", Sum, 3, f64::from));
    rows.push(pool::<u8, Sum>("sum", Sum, 3, |x| x as f64));
    rows.push(pool::<f32, Lp>("Lp of 2", Lp::new(2.0), 3, f64::from));
    rows.push(pool::<f32, Median>("median", Median, 3, f64::from));
    rows.push(pool::<u8, Median>("median", Median, 3, f64::from));
    for form in FORMS {
        rows.push(conv::<f32, f32>(form, f64::from));
        rows.push(conv::<f64, f64>(form, |x| x));
        rows.push(conv::<u8, i8>(form, f64::from));
        rows.push(conv::<i8, i8>(form, f64::from));
    }
    rows
}
