//! The answers of torch and scipy, from `golden/generate.py`.

use serde_json::Value;
use windows_core::{Border, Dyn, Edge, Layout, View, WindowSpec};
use windows_pool::{Average, Isa, Kind, Lp, Max, Median, Min, Pool};

fn numbers(value: &Value) -> Vec<usize> {
    let list = value.as_array().expect("a list");
    list.iter().map(|n| n.as_u64().expect("a number") as usize).collect()
}

fn floats(value: &Value) -> Vec<f32> {
    let list = value.as_array().expect("a list");
    list.iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect()
}

struct Case {
    json: Value,
    data: Vec<f32>,
    out: Vec<f32>,
    shape: Vec<usize>,
}

impl Case {
    fn spec(&self) -> WindowSpec<Dyn> {
        let of = |name: &str| numbers(&self.json[name]);
        let spec = WindowSpec::new(&of("size")).step(&of("step")).dilation(&of("dilation"));
        let spec = match self.json.get("before") {
            Some(before) => spec.before(&numbers(before)).after(&of("after")),
            None => spec.padding(&of("pad")),
        };
        if self.json["ceil"] == true { spec.edge(Edge::Ceil) } else { spec }
    }

    /// Runs a kind on every path, and holds it against the answer.
    fn check<K: Kind<f32, Out = f32>>(&self, pool: &Pool<K>, bound: f32) {
        let border = self.json.get("border").map(|border| match border.as_str().unwrap() {
            "symmetric" => Border::Symmetric,
            "reflect" => Border::Reflect,
            "replicate" => Border::Replicate,
            _ => Border::Wrap,
        });
        let view = View::from_slice(&self.data);
        let view = windows_core::DynView::new(view.data(), &self.shape).unwrap();
        for pool in [pool.clone().scalar(), pool.clone().isa(Isa::Portable), pool.clone()] {
            let layout = Layout::<Dyn>::contiguous(&self.shape).unwrap();
            let plan = pool.plan_layout(&layout, border).unwrap();
            assert_eq!(plan.output_shape(), numbers(&self.json["out_shape"]), "{plan:?}");
            let out = plan.run(&view).unwrap();
            for (at, (&got, &expected)) in out.iter().zip(&self.out).enumerate() {
                let same = got == expected
                    || (got.is_nan() && expected.is_nan())
                    || (got - expected).abs() <= bound * expected.abs();
                assert!(same, "{got} at {at}, not {expected}: {plan:?}");
            }
        }
    }

    fn check_indices(&self) {
        let Some(expected) = self.json.get("indices") else { return };
        let plan = Pool::max(self.spec()).plan::<f32>(&self.shape).unwrap();
        let view = windows_core::DynView::new(&self.data, &self.shape).unwrap();
        let (values, indices) = plan.run_indexed::<i64, _>(&view).unwrap();
        let expected = expected.as_array().unwrap();
        for ((value, index), expected) in values.iter().zip(indices).zip(expected) {
            // Of several NaNs torch names the last one, and these cases have one each.
            assert_eq!(Some(index), expected.as_i64(), "{value}: {plan:?}");
        }
    }
}

#[test]
fn answers_are_those_of_torch_and_scipy() {
    let golden: Value = serde_json::from_str(include_str!("../golden/golden.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() > 150, "{}", cases.len());
    for json in cases {
        let case = Case {
            json: json.clone(),
            data: floats(&json["data"]),
            out: floats(&json["out"]),
            shape: numbers(&json["shape"]),
        };
        match json["kind"].as_str().unwrap() {
            "max" => {
                case.check(&Pool::max(case.spec()), 0.0);
                case.check_indices();
            }
            "min" => case.check(&Pool::new(Min, case.spec()), 0.0),
            "median" => case.check(&Pool::new(Median, case.spec()), 0.0),
            "average" => {
                let mut kind = Average::new();
                if json["count_padding"] == true {
                    kind = kind.count_padding();
                }
                if let Some(divisor) = json.get("divisor").and_then(Value::as_u64) {
                    kind = kind.divisor((divisor as usize).try_into().unwrap());
                }
                case.check(&Pool::new(kind, case.spec()), 1e-6);
            }
            "lp" => {
                let exponent = json["exponent"].as_f64().unwrap();
                case.check(&Pool::new(Lp::new(exponent), case.spec()), 1e-6);
            }
            "adaptive-max" => {
                case.check(&Pool::adaptive(Max, &numbers(&json["size"])), 0.0);
            }
            "adaptive-average" => {
                case.check(&Pool::adaptive(Average::new(), &numbers(&json["size"])), 1e-6);
            }
            kind => panic!("unknown kind {kind}"),
        }
    }
}
