//! The options of the commands for arrays and pictures.

use super::Effect::{Changes, Refused, Same};
use super::{AFFINE, Case, DEFAULT, Effect, Table, case};

/// The options of windows, of a command whose line has `{}` for them. `sized` writes the sizes of windows.
fn geometry(line: &str, input: &str, sized: impl Fn(usize) -> String) -> Vec<Case> {
    let with = |option, size, more: &str, values: &[(&'static str, Effect)]| {
        let fill = |line: &str| line.replace("{}", &format!("{} {more} {{}}", sized(size)));
        Case { input: fill(input), ..case(option, fill(line), values) }
    };
    let adjoint = !input.is_empty();
    let constant = if adjoint { AFFINE } else { Changes };
    vec![
        with(
            "step",
            2,
            "",
            &[("1", DEFAULT), ("2", Changes), ("3,1", Changes), ("0", Refused("step 0"))],
        ),
        with("dilation", 2, "", &[("1", DEFAULT), ("2", Changes), ("0", Refused("dilation 0"))]),
        with("pad", 2, "", &[("0", DEFAULT), ("1", Changes), ("0:1", Changes), ("0,1:0", Changes)]),
        with(
            "border",
            3,
            "--pad 1",
            &[
                ("constant", Same("without a border, padding reads as 0")),
                ("constant:7", constant),
                ("replicate", Changes),
                ("reflect", Changes),
                ("symmetric", Changes),
                ("wrap", Changes),
            ],
        ),
        with("same", 2, "", &[("upper", Changes), ("lower", Changes)]),
        with("ceil", 3, "--step 3", &[("", Changes)]),
        with(
            "edge",
            3,
            "--step 3",
            &[
                ("drop", DEFAULT),
                ("keep", Changes),
                ("ceil", Changes),
                ("covered", Changes),
                ("snap", Changes),
                ("balance", Changes),
            ],
        ),
    ]
}

fn size(option: &'static str, line: &str, input: &str) -> Case {
    let values = [("3,2", Changes), ("2,3", Changes), ("0", Refused(" 0"))];
    Case { input: input.to_owned(), without: "--size 2,2", ..case(option, line, &values) }
}

/// One size for all axes that are windowed.
fn alike(size: usize) -> String {
    format!("--size {size}")
}

/// Two sizes: as many as there are axes to be windowed.
fn square(size: usize) -> String {
    format!("--size {size},{size}")
}

pub(super) fn windows() -> Table {
    let line = "windows x.npy {} -o o/y.npy";
    let mut all = geometry(line, "", square);
    all.push(size("size", line, ""));
    (String::from("windows x.npy --size 2 -o o/y.npy"), all)
}

pub(super) fn fold() -> Table {
    let line = "fold w.npy --shape 5,7 {} -o o/y.npy";
    let input = "windows x.npy {} -o w.npy --force";
    let mut all = geometry(line, input, square);
    all.push(size("size", line, input));
    let line = "fold w.npy {} --size 3,3 --step 3 -o o/y.npy";
    let input = "windows x.npy --size 3,3 --step 3 -o w.npy --force";
    all.push(Case {
        without: "--shape 5,7",
        input: input.to_owned(),
        ..case("shape", line, &[("5,8", Changes), ("4,7", Changes), ("9,7", Refused("length"))])
    });
    (String::from("fold v.npy --shape 5,7 --size 2,2 -o o/y.npy"), all)
}

pub(super) fn patches() -> Table {
    let line = "patches p.png {} -o o/y.npy";
    let of = |option, values: &[(&'static str, Effect)], more: &str, without| Case {
        without,
        ..case(option, line.replace("{}", &format!("{{}} {more}")), values)
    };
    let all = vec![
        of("size", &[("2", Changes), ("4,6", Changes), ("0", Refused("size 0"))], "", "--size 4"),
        of(
            "step",
            &[("2", Changes), ("4", Same("the step is the size unless it is said"))],
            "--size 4",
            "",
        ),
        of(
            "edge",
            &[
                ("drop", Changes),
                ("keep", Changes),
                ("ceil", Changes),
                ("covered", Changes),
                ("snap", Changes),
                ("balance", Changes),
            ],
            "--size 5",
            "--edge drop --step 4",
        ),
        of(
            "order",
            &[
                ("grid", DEFAULT),
                ("vit", Changes),
                ("mae", Changes),
                ("siglip2", Changes),
                ("pix2struct", Changes),
                ("qwen2-vl", Changes),
                ("tf", Changes),
                ("jax", Changes),
                ("torch", Changes),
            ],
            "--size 2",
            "",
        ),
        of(
            "merge",
            &[("2", DEFAULT), ("1", Changes), ("3", Refused("groups of 3"))],
            "--size 2 --order qwen2-vl",
            "",
        ),
        of("merge", &[("2", Refused("--merge is of order qwen2-vl"))], "--size 4", ""),
        of(
            "normalize",
            &[("imagenet", Changes), ("clip", Changes), ("half", Changes), ("0.4/0.3", Changes)],
            "--size 4",
            "",
        ),
        of("sheet", &[("o/s.png", Changes)], "--size 4", ""),
    ];
    (String::from("patches p.png --size 4 -o o/y.npy"), all)
}

pub(super) fn stitch() -> Table {
    let line = "stitch t.npy --shape 8,12 --step 2 {} -o o/y.npy";
    let tiles = "patches p.png --size 4 {} -o t.npy --force";
    let input = |case| Case { input: tiles.replace("{}", "--step 2"), ..case };
    let reduced = [
        ("mean", DEFAULT),
        ("max", Changes),
        ("min", Changes),
        ("first", Changes),
        ("last", Changes),
        ("crop", Changes),
    ];
    let edges = [
        ("drop", DEFAULT),
        ("keep", Refused("tiles on axis")),
        ("ceil", Same("where tiles fit, none hangs over")),
        ("covered", Same("where tiles fit, nothing is left to cover")),
        ("snap", Same("where tiles fit, the last one stays where it is")),
        ("balance", Same("where tiles fit, they are balanced already")),
    ];
    let blends = [("none", DEFAULT), ("linear", Changes), ("hann", Changes), ("gaussian", Changes)];
    let all = vec![
        Case {
            input: String::from("n.npy"),
            ..case("reduce", line.replace("t.npy", "n.npy"), &reduced)
        },
        Case {
            input: String::from("n.npy"),
            ..case("blend", line.replace("t.npy", "n.npy"), &blends)
        },
        input(case("edge", line, &edges)),
        Case {
            without: "--step 2",
            input: tiles.to_owned(),
            ..case(
                "step",
                "stitch t.npy --shape 8,12 {} -o o/y.npy",
                &[
                    ("4", Same("tiles of one picture give it back whatever their step")),
                    ("3", Refused("no tile")),
                ],
            )
        },
        Case {
            without: "--shape 8,12",
            ..input(case(
                "shape",
                "stitch t.npy {} --step 2 -o o/y.npy",
                &[("12,8", Refused("tiles on axis")), ("8", Refused("--shape"))],
            ))
        },
    ];
    (String::from("stitch t.npy --shape 8,12 --step 2 -o o/y.npy"), all)
}

pub(super) fn conv() -> Table {
    let sized = |size: usize| format!("k{size}.npy");
    let mut all = geometry("conv b.npy {} -o o/y.npy", "", sized);
    for case in &mut all {
        // A window that hangs over reads as 0, and a border is something else.
        if case.option == "edge" {
            case.values.retain(|(value, _)| *value != "balance" && *value != "snap");
            case.values.extend([("snap", Changes), ("balance", Changes)]);
        }
    }
    let plain = |option, line: &str, values: &[(&'static str, Effect)]| case(option, line, values);
    all.extend([
        plain("bias", "conv b.npy k2.npy {} -o o/y.npy", &[("one.npy", Changes)]),
        plain(
            "groups",
            "conv b.npy k2.npy {} -o o/y.npy",
            &[("1", DEFAULT), ("3", Refused("groups")), ("0", Refused("at least 1"))],
        ),
        plain("transpose", "conv b.npy k2.npy {} -o o/y.npy", &[("", Changes)]),
        plain(
            "output-padding",
            "conv b.npy k2.npy --transpose --step 2 {} -o o/y.npy",
            &[("0", DEFAULT), ("1", Changes), ("2", Refused("2"))],
        ),
        plain(
            "output-padding",
            "conv b.npy k2.npy {} -o o/y.npy",
            &[("0", Refused("--transpose"))],
        ),
        plain(
            "border",
            "conv b.npy k3.npy --transpose --pad 1 {} -o o/y.npy",
            &[
                ("constant", DEFAULT),
                ("constant:7", Refused("constant:7")),
                ("wrap", Refused("only constant")),
            ],
        ),
        plain(
            "edge",
            "conv b.npy k3.npy --transpose {} -o o/y.npy",
            &[
                ("drop", DEFAULT),
                ("keep", Refused("")),
                ("ceil", Refused("")),
                ("covered", Refused("")),
                ("snap", Refused("")),
                ("balance", Refused("")),
            ],
        ),
        plain("ceil", "conv b.npy k3.npy --transpose {} -o o/y.npy", &[("", Refused(""))]),
        plain(
            "same",
            "conv b.npy k3.npy --transpose {} -o o/y.npy",
            &[("upper", Changes), ("lower", Changes)],
        ),
        Case {
            without: "--kernel box:2",
            ..plain(
                "kernel",
                "conv p.png {} -o o/y.npy",
                &[
                    ("sobel-x", Changes),
                    ("sobel-y", Changes),
                    ("laplace", Changes),
                    ("sharpen", Changes),
                    ("gauss:1", Changes),
                    ("box:3", Changes),
                    ("box:0", Refused("box:0")),
                ],
            )
        },
    ]);
    for (option, value) in [("bias", "one.npy"), ("groups", "2"), ("transpose", "")] {
        all.push(case(
            option,
            "conv p.png --kernel box:2 {} -o o/y.npy",
            &[(value, Refused("cannot be used with"))],
        ));
    }
    (String::from("conv b.npy k2.npy -o o/y.npy"), all)
}

pub(super) fn im2col() -> Table {
    let line = "im2col b.npy {} -o o/y.npy";
    let mut all = geometry(line, "", alike);
    all.push(size("size", line, ""));
    (String::from("im2col b.npy --size 2 -o o/y.npy"), all)
}

pub(super) fn col2im() -> Table {
    let line = "col2im w.npy --shape 5,7 {} -o o/y.npy";
    let input = "im2col b.npy {} -o w.npy --force";
    let mut all = geometry(line, input, alike);
    for case in &mut all {
        if case.option == "border" {
            // Padding that reads from the data has its own place in a matrix, which the adjoint would need.
            for (value, effect) in &mut case.values {
                if !value.starts_with("constant") {
                    *effect = Refused("only constant");
                }
            }
        }
    }
    all.push(size("size", line, input));
    all.push(Case {
        without: "--shape 5,7",
        input: String::from("im2col b.npy --size 2,2 -o w.npy --force"),
        ..case(
            "shape",
            "col2im w.npy {} --size 2,2 -o o/y.npy",
            &[("7,5", Changes), ("5,8", Refused("windows"))],
        )
    });
    (String::from("col2im m.npy --shape 5,7 --size 2 -o o/y.npy"), all)
}

pub(super) fn pool() -> Table {
    let line = "pool x.npy --kind sum {} -o o/y.npy";
    let mut all = geometry(line, "", square);
    all.push(size("size", line, ""));
    let with = |option, line: &str, values: &[(&'static str, Effect)]| case(option, line, values);
    all.push(Case {
        without: "--kind sum",
        ..with(
            "kind",
            "pool x.npy {} --size 2,2 -o o/y.npy",
            &[
                ("max", Changes),
                ("min", Changes),
                ("avg", Changes),
                ("lp:2", Changes),
                ("median", Changes),
                ("quantile:0.3", Changes),
                ("mode", Refused("mode")),
            ],
        )
    });
    for (kind, effect) in [
        ("max", Refused("--count-include-pad is of --kind avg")),
        ("min", Refused("--count-include-pad is of --kind avg")),
        ("sum", Refused("--count-include-pad is of --kind avg")),
        ("lp:2", Refused("--count-include-pad is of --kind avg")),
        ("median", Refused("--count-include-pad is of --kind avg")),
        ("quantile:0.3", Refused("--count-include-pad is of --kind avg")),
        ("avg", Changes),
        ("avg --border wrap", Refused("--count-include-pad beside --border")),
    ] {
        let line = format!("pool x.npy --kind {kind} --size 2,2 --pad 1 {{}} -o o/y.npy");
        all.push(case("count-include-pad", line, &[("", effect)]));
    }
    all.extend([
        with(
            "nan",
            "pool nan.npy --kind sum --size 2 {} -o o/y.npy",
            &[("propagate", DEFAULT), ("ignore", Changes)],
        ),
        with("indices", "pool x.npy --kind max --size 2 {} -o o/y.npy", &[("o/i.npy", Changes)]),
        with(
            "indices",
            "pool x.npy --kind sum --size 2 {} -o o/y.npy",
            &[("o/i.npy", Refused("--indices"))],
        ),
    ]);
    // A border of zeros is an ordinary value, and absent padding adds nothing: to a sum they are one.
    (String::from("pool x.npy --kind max --size 2 -o o/y.npy"), all)
}
