//! Every option of every command, value by value: it changes the result, is refused, or is listed with the reason why it
//! does neither. The options are those of the parser, so that a new one cannot be forgotten.

use std::collections::BTreeMap;

use num_complex::Complex;
use windows_cli::args;

use crate::support::{Folder, Numbers};

mod arrays;
mod sound;

/// What a value does to the result.
#[derive(Clone, Copy)]
enum Effect {
    /// Another result.
    Changes,
    /// A failure that says this.
    Refused(&'static str),
    /// The same result, for this reason.
    Same(&'static str),
}

use Effect::{Changes, Refused, Same};

/// An option, its values, and a line in which it matters.
struct Case {
    option: &'static str,
    /// Where `{}` stands, the option goes.
    line: String,
    /// What makes the input, with the same option in it; nothing if empty.
    input: String,
    /// What stands there without the option.
    without: &'static str,
    values: Vec<(&'static str, Effect)>,
}

fn case(option: &'static str, line: impl Into<String>, values: &[(&'static str, Effect)]) -> Case {
    Case { option, line: line.into(), input: String::new(), without: "", values: values.to_vec() }
}

const DEFAULT: Effect = Same("it is the default");
const AFFINE: Effect =
    Same("an adjoint drops what lies on a border of constants, whatever they are");

/// A line that works as it stands, and all cases of a command.
type Table = (String, Vec<Case>);

fn table(command: &str) -> Table {
    match command {
        "windows" => arrays::windows(),
        "fold" => arrays::fold(),
        "patches" => arrays::patches(),
        "stitch" => arrays::stitch(),
        "conv" => arrays::conv(),
        "im2col" => arrays::im2col(),
        "col2im" => arrays::col2im(),
        "pool" => arrays::pool(),
        "frames" => sound::frames(),
        "spectrogram" => sound::spectrogram(),
        "istft" => sound::istft(),
        "text" => sound::text(),
        other => panic!("no case has the command {other}"),
    }
}

fn inputs() -> Folder {
    let folder = Folder::new();
    let mut numbers = Numbers(11);
    let mut noise = |n: usize| (0..n).map(|_| numbers.pick(0..=1000) as f64).collect::<Vec<_>>();
    folder.put_array("x.npy", &[5, 7], &noise(35));
    folder.put_array("b.npy", &[1, 1, 5, 7], &noise(35));
    folder.put_array("k2.npy", &[1, 1, 2, 2], &noise(4));
    folder.put_array("k3.npy", &[1, 1, 3, 3], &noise(9));
    folder.put_array("one.npy", &[1], &[1.0]);
    folder.put_array("s.npy", &[40], &noise(40));
    folder.put_array("n.npy", &[3, 5, 4, 4], &noise(240));
    folder.put_array("nan.npy", &[4], &[1.0, f64::NAN, 2.0, 3.0]);
    let parts = noise(90);
    let spectra: Vec<Complex<f64>> = parts.chunks(2).map(|c| Complex::new(c[0], c[1])).collect();
    folder.put_array("c.npy", &[5, 9], &spectra);
    let picture = image::RgbImage::from_fn(12, 8, |_, _| {
        image::Rgb(std::array::from_fn(|_| noise(1)[0] as u8))
    });
    picture.save(folder.path().join("p.png")).unwrap();
    folder.put("t.txt", "One e\u{301}ta, two. Three four? Five\nsix seven ");
    std::fs::create_dir(folder.path().join("o")).unwrap();
    folder.run("windows x.npy --size 2,2 -o v.npy -q").success();
    folder.run("im2col b.npy --size 2 -o m.npy -q").success();
    folder.run("patches p.png --size 4 --step 2 -o t.npy -q").success();
    folder
}

/// What a run leaves: its files, or what it said.
fn outcome(folder: &Folder, line: &str) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let outputs = folder.path().join("o");
    std::fs::remove_dir_all(&outputs).unwrap();
    std::fs::create_dir(&outputs).unwrap();
    let run = folder.run(line);
    if !run.succeeded() {
        return Err(run.failure());
    }
    run.success();
    let files = std::fs::read_dir(&outputs).unwrap().map(|entry| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
    });
    Ok(files.collect())
}

/// The options of every command say how it is run, not what it does: each is tried once a command.
fn common(folder: &Folder, line: &str) {
    let expected = outcome(folder, line).unwrap();
    assert!(!expected.is_empty(), "{line}");
    let again = folder.run(line).failure();
    assert!(again.contains("exists"), "{line}: {again}");
    assert!(folder.run(&format!("{line} --force")).success().contains(" -> "));
    assert_eq!(folder.run(&format!("{line} --force --quiet")).success(), "");
    assert!(folder.run(&format!("{line} --force --json")).success().starts_with('{'));
    // Bits do not depend on threads.
    assert_eq!(outcome(folder, &format!("{line} --threads 3")).unwrap(), expected, "{line}");
}

#[test]
fn every_option_of_every_command_does_something_or_says_why_not() {
    let folder = inputs();
    let shared = ["output", "force", "threads", "quiet", "json", "help", "version"];
    let mut tried = 0;
    let mut faults = Vec::new();
    for command in args::definition().get_subcommands() {
        let (line, cases) = table(command.get_name());
        common(&folder, &line);
        for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
            let option = arg.get_long().unwrap();
            if shared.contains(&option) {
                continue;
            }
            let of: Vec<&Case> = cases.iter().filter(|case| case.option == option).collect();
            assert!(!of.is_empty(), "no case of {} --{option}", command.get_name());
            for value in arg.get_possible_values() {
                let value = value.get_name();
                // A flag has the values true and false to the parser.
                let flag = !arg.get_action().takes_values();
                let has = |case: &Case| case.values.iter().any(|(named, _)| *named == value);
                assert!(
                    flag || of.iter().any(|case| has(case)),
                    "{} --{option} {value}",
                    command.get_name()
                );
            }
        }
        for Case { option, line, input, without, values } in cases {
            let prepare = |filled: &str| {
                if !input.is_empty() && !input.ends_with(".npy") {
                    folder.run(&input.replace("{}", filled));
                } else if input.contains(' ') {
                    folder.run(&input.replace("{}", filled)).success();
                }
            };
            prepare(without);
            let plain = outcome(&folder, &line.replace("{}", without));
            for (value, effect) in values {
                tried += 1;
                let given = format!("--{option} {value}");
                prepare(&given);
                let given = line.replace("{}", given.trim());
                let became = outcome(&folder, &given);
                let right = match (effect, &plain, &became) {
                    (Changes, Ok(plain), Ok(became)) => plain != became,
                    (Same(_), Ok(plain), Ok(became)) => plain == became,
                    (Refused(said), Ok(_), Err(line)) => line.contains(said),
                    _ => false,
                };
                if !right {
                    let became = became.map(|files| files.into_keys().collect::<Vec<_>>());
                    let plain = plain.as_ref().map(|_| "");
                    let effect = match effect {
                        Changes => "the result changes",
                        Same(reason) => reason,
                        Refused(said) => said,
                    };
                    faults.push(format!("ndwin {given}: not so: {effect}: {became:?} ({plain:?})"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "of {tried}, {}:\n{}", faults.len(), faults.join("\n"));
    assert!(tried > 250, "{tried}");
}
