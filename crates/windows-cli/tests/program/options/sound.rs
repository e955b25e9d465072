//! The options of the commands for sound and text.

use super::Effect::{Changes, Refused, Same};
use super::{Case, DEFAULT, Effect, Table, case};
use crate::support::sample;

/// The options that place frames, beside those of `line`.
fn framing(line: &str, conventions: &[(&'static str, Effect)]) -> Vec<Case> {
    let with = |more: &str| line.replace("{}", &format!("{more} {{}}"));
    vec![
        Case {
            without: "--size 8",
            ..case("size", with("--hop 4"), &[("6", Changes), ("0", Refused("--size 0"))])
        },
        Case {
            without: "--hop 4",
            ..case("hop", with("--size 8"), &[("3", Changes), ("0", Refused("--hop 0"))])
        },
        case("convention", with("--size 6 --hop 4"), conventions),
        case(
            "center",
            with("--size 8 --hop 4"),
            &[
                ("none", DEFAULT),
                ("constant", Changes),
                ("reflect", Changes),
                ("replicate", Changes),
                ("symmetric", Changes),
                ("wrap", Changes),
            ],
        ),
        case(
            "tail",
            with("--size 8 --hop 7"),
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

fn docs(name: &str) -> String {
    sample(name).display().to_string()
}

pub(super) fn frames() -> Table {
    let same = |reason| Same(reason);
    let conventions = [
        ("none", DEFAULT),
        ("librosa", same("librosa.util.frame is not centred")),
        ("torch", same("Tensor.unfold is not centred")),
        ("tensorflow", same("tf.signal.frame is not centred")),
        ("kaldi", same("with snipped edges nothing is centred")),
        ("kaldi-nosnip", Changes),
        ("scipy", Changes),
        ("whisper", Changes),
    ];
    (
        String::from("frames s.npy --size 8 --hop 4 -o o/y.npy"),
        framing("frames s.npy {} -o o/y.npy", &conventions),
    )
}

pub(super) fn spectrogram() -> Table {
    let line = "spectrogram s.npy {} -o o/y.npy";
    let conventions = [
        ("none", DEFAULT),
        ("librosa", Changes),
        ("torch", Changes),
        ("tensorflow", Changes),
        ("kaldi", Changes),
        ("kaldi-nosnip", Changes),
        ("scipy", Changes),
        ("whisper", Changes),
    ];
    let mut all = framing(line, &conventions);
    let with = |option, more: &str, values: &[(&'static str, Effect)]| {
        case(option, line.replace("{}", &format!("{more} {{}}")), values)
    };
    let plain = "--size 8 --hop 4";
    all.extend([
        with(
            "window",
            plain,
            &[("hann", DEFAULT), ("hamming", Changes), ("hann:symmetric", Changes)],
        ),
        with("power", plain, &[("1", Changes), ("2", DEFAULT), ("3", Refused("3"))]),
        with("complex", plain, &[("", Changes)]),
        with("mel", plain, &[("2", Changes), ("3", Changes), ("0", Refused("0"))]),
        with("rate", plain, &[("8000", Refused("--rate 8000 is for --mel"))]),
        with("rate", &format!("{plain} --mel 3"), &[("16000", DEFAULT), ("8000", Changes)]),
        Case {
            line: format!("spectrogram s.npy {plain} {{}} -o o/y.png"),
            ..with("rate", "", &[("16000", DEFAULT), ("8000", Changes)])
        },
    ]);
    let sound = docs("speech.wav");
    let profiled = |option, profile: &str, values: &[(&'static str, Effect)]| {
        case(option, format!("spectrogram {sound} --profile {profile} {{}} -o o/y.npy"), values)
    };
    all.push(Case {
        line: format!("spectrogram {sound} {{}} -o o/y.npy"),
        without: "--size 400 --hop 160 --mel 80",
        ..case("profile", "", &[("whisper", Changes), ("kaldi", Changes)])
    });
    for profile in ["whisper", "kaldi"] {
        let fixed = "cannot be used with";
        let own = "400 every 160";
        let frames = |of: &str| {
            if profile.starts_with(of) {
                Same("it is the profile's")
            } else {
                Refused("--convention")
            }
        };
        let nosnip = if profile == "kaldi" { Changes } else { Refused("--convention") };
        all.extend([
            profiled(
                "size",
                profile,
                &[("400", Same("it is the profile's")), ("512", Refused(own))],
            ),
            profiled(
                "hop",
                profile,
                &[("160", Same("it is the profile's")), ("128", Refused(own))],
            ),
            profiled(
                "center",
                profile,
                &[("none", Refused("--center")), ("wrap", Refused("--center"))],
            ),
            profiled("tail", profile, &[("drop", Refused("--tail")), ("keep", Refused("--tail"))]),
            profiled("window", profile, &[("hamming", Refused(fixed))]),
            profiled("power", profile, &[("2", Refused(fixed))]),
            profiled("complex", profile, &[("", Refused(fixed))]),
            profiled("mel", profile, &[("80", DEFAULT)]),
            profiled(
                "rate",
                profile,
                &[("16000", Same("it is the recording's")), ("8000", Refused("16000"))],
            ),
            profiled(
                "convention",
                profile,
                &[
                    ("none", Refused("--convention")),
                    ("librosa", Refused("--convention")),
                    ("torch", Refused("--convention")),
                    ("tensorflow", Refused("--convention")),
                    ("kaldi", frames("kaldi")),
                    ("kaldi-nosnip", nosnip),
                    ("scipy", Refused("--convention")),
                    ("whisper", frames("whisper")),
                ],
            ),
        ]);
    }
    all.push(profiled("mel", "whisper", &[("128", Changes)]));
    all.push(profiled("mel", "kaldi", &[("40", Changes)]));
    (String::from("spectrogram s.npy --size 8 --hop 4 -o o/y.npy"), all)
}

pub(super) fn istft() -> Table {
    // Spectra of noise that belongs to no sound: whatever places or weighs frames otherwise shows.
    let line = "istft c.npy {} --length 40 -o o/y.npy";
    let with = |option, more: &str, values: &[(&'static str, Effect)]| {
        case(option, line.replace("{}", &format!("{more} {{}}")), values)
    };
    let plain = "--size 8 --hop 4";
    let frames = "frames on axis 1, but a sound of 40";
    let all = vec![
        Case { without: plain, ..with("size", "", &[("--hop 4", Refused("--size"))]) },
        Case {
            without: "--size 8",
            ..with(
                "size",
                "--hop 4",
                &[("9", Refused("frames on axis 1")), ("12", Refused("bins on axis 0"))],
            )
        },
        Case { without: "--hop 4", ..with("hop", "--size 8", &[("2", Refused(frames))]) },
        with(
            "convention",
            plain,
            &[
                ("none", DEFAULT),
                ("librosa", Refused(frames)),
                ("torch", Refused(frames)),
                ("tensorflow", Same("tf.signal.stft is not centred")),
                ("kaldi", Same("its transforms are of a power of two, and 8 is one")),
                ("kaldi-nosnip", Refused(frames)),
                ("scipy", Refused(frames)),
                ("whisper", Refused(frames)),
            ],
        ),
        with(
            "center",
            plain,
            &[
                ("none", DEFAULT),
                ("constant", Refused(frames)),
                ("reflect", Refused(frames)),
                ("replicate", Refused(frames)),
                ("symmetric", Refused(frames)),
                ("wrap", Refused(frames)),
            ],
        ),
        with(
            "tail",
            plain,
            &[
                ("drop", DEFAULT),
                ("keep", Refused(frames)),
                ("ceil", Same("frames fit the 40 samples")),
                ("covered", Same("frames fit the 40 samples")),
                ("snap", Same("frames fit the 40 samples")),
                ("balance", Same("frames fit the 40 samples")),
            ],
        ),
        with(
            "window",
            plain,
            &[("hann", DEFAULT), ("hamming", Changes), ("hann:symmetric", Changes)],
        ),
        Case {
            without: "--length 40",
            ..case(
                "length",
                format!("istft c.npy {plain} {{}} -o o/y.npy"),
                &[("43", Changes), ("99", Refused("frames"))],
            )
        },
        with("rate", plain, &[("8000", Refused("an array has no rate"))]),
        case(
            "rate",
            format!("istft c.npy {plain} {{}} -o o/y.wav"),
            &[("16000", DEFAULT), ("8000", Changes)],
        ),
    ];
    (String::from("istft c.npy --size 8 --hop 4 --length 40 -o o/y.npy"), all)
}

pub(super) fn text() -> Table {
    let line = "text t.txt --unit word --size 2 {} -o o/y.jsonl";
    let all = vec![
        Case {
            without: "--unit char",
            ..case(
                "unit",
                "text t.txt {} --size 2 -o o/y.jsonl",
                &[
                    ("byte", Changes),
                    ("char", Same("it is what is compared with")),
                    ("grapheme", Changes),
                    ("word", Changes),
                    ("sentence", Changes),
                    ("line", Changes),
                ],
            )
        },
        Case {
            without: "--size 2",
            ..case(
                "size",
                "text t.txt --unit word {} -o o/y.jsonl",
                &[("3", Changes), ("0", Refused("size 0"))],
            )
        },
        case(
            "size",
            "text t.txt --unit char --ngrams 1:2 {} -o o/y.jsonl",
            &[("2", Refused("cannot be used with"))],
        ),
        case(
            "overlap",
            line,
            &[
                ("0", Changes),
                ("1", Same("a size of 2 overlaps by 1 at step 1")),
                ("2", Refused("--overlap 2")),
            ],
        ),
        case("step", line, &[("1", DEFAULT), ("2", Changes), ("0", Refused("step 0"))]),
        case(
            "tail",
            line.replace("--size 2", "--size 4 --step 2"),
            &[
                ("drop", Changes),
                ("keep", Changes),
                ("ceil", Same("the last window overlaps what is left, as covered has it")),
                ("covered", DEFAULT),
                ("snap", Changes),
                ("balance", Changes),
            ],
        ),
        Case {
            without: "--size 2",
            ..case(
                "ngrams",
                "text t.txt --unit word {} -o o/y.jsonl",
                &[("1:2", Changes), ("2:1", Refused("2:1"))],
            )
        },
        case(
            "max-unit",
            line,
            &[
                ("100", Same("it is a bound, and no word is longer")),
                ("3", Refused("3")),
                ("0", Refused("--max-unit 0")),
            ],
        ),
        Case {
            without: "",
            ..case(
                "lossy",
                "text t.txt --unit word --size 2 {} -o o/y.jsonl",
                &[("", Same("it matters to what is not UTF-8"))],
            )
        },
    ];
    (String::from("text t.txt --unit word --size 2 -o o/y.jsonl"), all)
}
