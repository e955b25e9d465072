//! Torch's and onnxruntime's answers, from files that `golden/generate.py` wrote.

use std::path::Path;

use windows_conv::{
    Activation, ColumnOrder, ConvPlan, ConvSpec, Im2col, Method, OutputOrder, PlanOptions, col2im,
};
use windows_core::kernel::Isa;
use windows_core::{DynView, WindowSpec};
use windows_dtype::{Element, npy};

fn load<T: Element>(name: &str) -> (Vec<usize>, Vec<T>) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.npy"));
    let file = std::fs::read(path).unwrap();
    let array = npy::read(&file[..], file.len() as u64).unwrap();
    let array = T::from_any(&array).unwrap_or_else(|| panic!("{name} is {}", array.dtype()));
    (array.shape().to_vec(), array.view().to_vec())
}

fn isas() -> impl Iterator<Item = Isa> {
    [Isa::PORTABLE, Isa::AVX2, Isa::AVX512].into_iter().filter(|isa| isa.is_available())
}

/// A millionth of the sum of magnitudes, which is near 90 for the largest of these windows.
const TOLERANCE: f64 = 9e-5;

fn check(name: &str, spec: &ConvSpec, activation: Activation<f32>) {
    let (x_shape, x) = load::<f32>(&format!("{name}.x"));
    let (w_shape, w) = load::<f32>(&format!("{name}.w"));
    let (_, bias) = load::<f32>(&format!("{name}.b"));
    let (y_shape, y) = load::<f64>(&format!("{name}.y"));
    let (x, w) = (DynView::new(&x, &x_shape).unwrap(), DynView::new(&w, &w_shape).unwrap());
    for isa in isas() {
        for (output, method) in [
            (OutputOrder::ChannelsFirst, Method::Direct),
            (OutputOrder::ChannelsLast, Method::Direct),
            (OutputOrder::ChannelsFirst, Method::Winograd),
        ] {
            let options = PlanOptions {
                bias: bias.clone(),
                activation,
                output,
                method,
                isa: Some(isa),
                ..PlanOptions::default()
            };
            let plan = ConvPlan::with(spec, x.layout(), &w, &options).unwrap();
            assert_eq!(plan.output_shape(), y_shape);
            let got = plan.conv(&x).unwrap();
            let ndim = y_shape.len();
            let got = match output {
                OutputOrder::ChannelsFirst => got,
                OutputOrder::ChannelsLast => {
                    let shape = [&y_shape[..1], &y_shape[2..], &y_shape[1..2]].concat();
                    let order: Vec<usize> = [0, ndim - 1].into_iter().chain(1..ndim - 1).collect();
                    DynView::new(&got, &shape).unwrap().permute(&order).unwrap().to_vec()
                }
            };
            for (i, (got, want)) in got.iter().zip(&y).enumerate() {
                let error = (f64::from(*got) - want).abs();
                assert!(
                    error < TOLERANCE,
                    "{name} by {}: output {i} is off by {error}",
                    plan.kernel()
                );
            }
        }
    }
}

#[test]
fn torch_conv() {
    let none = Activation::None;
    check("conv1d", &ConvSpec::new([4]).step(2).dilation(3).padding(4), none);
    check("conv2d", &ConvSpec::new([3, 3]).padding(1), Activation::Relu);
    check("stem", &ConvSpec::new([7, 7]).step(2).padding(3), Activation::Silu);
    check("pointwise", &ConvSpec::new([1, 1]), Activation::Clamp(0.0, 6.0));
    check("groups", &ConvSpec::new([3, 2]).groups(4).step([2, 1]).padding([0, 1]), none);
    check("depthwise", &ConvSpec::new([3, 3]).groups(10).padding(1), none);
    check("conv3d", &ConvSpec::new([2, 3, 3]).dilation([1, 2, 1]).padding([1, 2, 0]), none);
}

#[test]
fn torch_conv_transpose() {
    let spec = ConvSpec::new([3, 4]).step([2, 3]).dilation([2, 1]).padding([1, 0]).groups(2);
    check("transposed", &spec.transposed().output_padding(&[1, 2]), Activation::None);
}

#[test]
fn torch_unfold_and_fold() {
    let (x_shape, x) = load::<f32>("unfold.x");
    let (y_shape, y) = load::<f32>("unfold.y");
    let (_, z) = load::<f32>("unfold.z");
    let spec = WindowSpec::new([3, 2]).dilation([1, 2]).padding([1, 0]).step([2, 1]);
    let x = DynView::new(&x, &x_shape).unwrap();
    let im2col = Im2col::new(x.layout(), &spec).unwrap();
    assert_eq!(im2col.shape(ColumnOrder::Torch)[..], y_shape);
    let mut got = vec![f32::NAN; im2col.len()];
    im2col.write_into(&x, ColumnOrder::Torch, &mut got).unwrap();
    assert_eq!(got, y);
    let sums = col2im(&y, &x_shape, &spec, ColumnOrder::Torch).unwrap();
    assert!(sums.iter().zip(&z).all(|(got, want)| (got - want).abs() < 1e-5));
}

#[test]
fn onnx_conv_integer() {
    let (x_shape, x) = load::<u8>("integer.x");
    let (w_shape, w) = load::<i8>("integer.w");
    let (_, y) = load::<i32>("integer.y");
    let (x, w) = (DynView::new(&x, &x_shape).unwrap(), DynView::new(&w, &w_shape).unwrap());
    for isa in isas() {
        let options = PlanOptions {
            input_zero: 131,
            weight_zeros: vec![-3],
            isa: Some(isa),
            ..PlanOptions::default()
        };
        let spec = ConvSpec::new([3, 3]).padding(1);
        let plan = ConvPlan::with(&spec, x.layout(), &w, &options).unwrap();
        assert_eq!(plan.conv(&x).unwrap(), y);
    }
}
