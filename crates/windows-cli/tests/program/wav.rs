//! Recordings of every layout have the values that libsndfile reads, or are refused by name.

use serde_json::Value;
use windows_cli::io::wav::{self, Samples};

use crate::support::Folder;

/// What is read otherwise, or refused, where libsndfile reads: a part of the name of the cases, and what is said. Nothing
/// said means other values, which [`values_of_our_own`] has.
const OTHERWISE: &[(&str, &str)] = &[
    // It reads blocks of 4 bytes as if they were of 3.
    ("24 bits in blocks of 4", ""),
    ("extensible, 24 bits in blocks of 4", "blocks of 4 bytes, but 1 channels of 24 bits take 3"),
    // It does not look at the blocks.
    ("16 bits in blocks of 0", "blocks of 0 bytes, but 1 channels of 16 bits take 2"),
    ("16 bits in blocks of 1", "blocks of 1 bytes, but 1 channels of 16 bits take 2"),
    ("16 bits in blocks of 3", "blocks of 3 bytes, but 1 channels of 16 bits take 2"),
    ("16 bits in blocks of 4", "blocks of 4 bytes, but 1 channels of 16 bits take 2"),
    ("A-law of 16 bits", "format 0x0006 and 16 bits (A-law)"),
    ("mu-law of 16 bits", "format 0x0007 and 16 bits (mu-law)"),
    // It reads what there is, and says nothing.
    ("a size of 0", ""),
    ("more claimed than held", "claims 50 samples of 16 bits, but the file holds 6"),
    ("part of a sample", "7 bytes, which is no multiple of the 2"),
    ("part of a sample of all channels", "6 bytes, which is no multiple of the 4"),
];

/// What libsndfile refuses and is read here: a chunk that it looks into and finds short says nothing of the samples.
const ALSO_READ: &[&str] = &["fact of ", "bext of "];

fn values_of_our_own(name: &str) -> Vec<f64> {
    let low = [0.0, 0.0, 0x40_0000 as f64, 256.0, 0.0, -1.0];
    match name {
        "a size of 0" => {
            vec![0.5, -1.0, 1.0 / 32768.0, -1.0 / 32768.0, 32767.0 / 32768.0, 16.0 / 32768.0]
        }
        _ => low.map(|sample| sample / 8_388_608.0).to_vec(),
    }
}

/// Every sample as it is in an array.
fn read(samples: Samples) -> Vec<f64> {
    match samples {
        Samples::Int { data, bits } => {
            data.iter().map(|&sample| f64::from(sample) / f64::from(bits - 1).exp2()).collect()
        }
        Samples::Float(data) => data.into_iter().map(f64::from).collect(),
        Samples::Double(data) => data,
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

#[test]
fn recordings_of_every_layout_are_those_of_libsndfile() {
    let golden: Value = serde_json::from_str(include_str!("../golden/wav.json")).unwrap();
    let folder = Folder::new();
    let (mut same, mut refused) = (0, 0);
    for case in golden["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        folder.put("x.wav", hex(case["file"].as_str().unwrap()));
        let ours = wav::read(&folder.path().join("x.wav"));
        let otherwise = OTHERWISE.iter().find(|(part, _)| {
            name.starts_with(part) && {
                // The longest name that fits, for those that begin alike.
                OTHERWISE
                    .iter()
                    .all(|(other, _)| other.len() <= part.len() || !name.starts_with(other))
            }
        });
        match (ours, &case["values"], otherwise) {
            (Ok(ours), Value::Array(theirs), otherwise) => {
                assert_eq!(ours.rate, case["rate"], "{name}");
                let theirs: Vec<f64> =
                    theirs.iter().map(|value| value.as_str().unwrap().parse().unwrap()).collect();
                let expected = if otherwise.is_some() { values_of_our_own(name) } else { theirs };
                let values = read(ours.samples);
                let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                if otherwise.is_none() || !name.contains("2 channels") {
                    assert_eq!(bits(&values), bits(&expected), "{name}: {values:?} {expected:?}");
                }
                same += 1;
            }
            (Ok(ours), Value::Null, None) => {
                assert!(ALSO_READ.iter().any(|part| name.starts_with(part)), "{name}: {ours:?}");
                assert_eq!(read(ours.samples), values_of_our_own("a size of 0"), "{name}");
                same += 1;
            }
            (Err(error), Value::Null, None) => {
                // What libsndfile refuses is refused, with words of our own.
                assert!(!error.to_string().contains("Error"), "{name}: {error}");
                refused += 1;
            }
            (Err(error), _, Some((_, said))) if !said.is_empty() => {
                assert!(error.to_string().contains(said), "{name}: {error}");
                refused += 1;
            }
            (ours, theirs, _) => panic!("{name}: {ours:?} {theirs}"),
        }
    }
    assert!(same > 170 && refused > 90, "{same} {refused}");
}

/// A little recording of 16 bits with this size of its data in the header.
fn recording(size: u32, data: &[i16]) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    bytes.extend([8000_u32, 16_000].iter().flat_map(|x| x.to_le_bytes()));
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend(size.to_le_bytes());
    bytes.extend(data.iter().flat_map(|x| x.to_le_bytes()));
    bytes
}

/// What writers into pipes leave in the header means to the end of the file, which every command says.
#[test]
fn a_length_that_nobody_filled_in_is_said() {
    let folder = Folder::new();
    for size in [0, u32::MAX] {
        folder.put("x.wav", recording(size, &[100; 40]));
        for command in [
            "windows x.wav --size 2 -o y.npy",
            "pool x.wav --kind max --size 2 -o y.npy",
            "frames x.wav --size 4 --hop 2 -o y.npy",
            "spectrogram x.wav --size 4 --hop 2 -o y.npy",
        ] {
            let said = folder.run(&format!("{command} --force")).success();
            let note = "; the header of x.wav names no length: 40 samples to the end of the file";
            assert!(said.trim_end().ends_with(note), "{command}: {said}");
            let said = folder.run(&format!("{command} --force --json")).success();
            assert!(said.contains("\"notes\":[\"the header of x.wav"), "{command}: {said}");
        }
    }
    folder.put("x.wav", recording(200, &[100; 40]));
    let line = folder.run("windows x.wav --size 2 -o z.npy").failure();
    assert!(line.contains("claims 100 samples of 16 bits, but the file holds 40"), "{line}");
}

/// Every command says what it makes of a recording without samples.
#[test]
fn a_recording_of_no_samples_is_said() {
    let folder = Folder::new();
    folder.put("x.wav", recording(0, &[]));
    for (args, said) in [
        ("windows x.wav --size 2", "window size 2 on axis 0, but the length is 0"),
        ("pool x.wav --kind max --size 2", "window size 2 on axis 0, but the length is 0"),
        ("frames x.wav --size 4 --hop 2", "frame size 4 on axis 0, but the length is 0"),
        ("spectrogram x.wav --size 4 --hop 2", "frame size 4 on axis 0, but the length is 0"),
        ("spectrogram x.wav --profile kaldi --rate 8000", "8000 samples a second"),
        ("istft x.wav --size 4 --hop 2", "at least 2 axes"),
        ("im2col x.wav --size 2", "x.wav"),
        ("patches x.wav --size 2", "is a recording, and a picture is expected"),
        ("conv x.wav --kernel laplace", "--kernel filters pictures"),
        ("stitch x.wav --shape 2", "x.wav"),
    ] {
        let line = folder.run(&format!("{args} -o y.npy")).failure();
        assert!(line.contains(said), "{args}: {line}");
    }
    for (args, said) in [
        ("windows x.wav --size 2 --edge drop", "0 windows"),
        ("pool x.wav --kind max --size 2 --edge drop", "0 windows"),
        ("frames x.wav --size 4 --hop 2 --tail keep", "0 frames"),
        ("frames x.wav --size 4 --hop 2 --center constant", "1 frames"),
        ("spectrogram x.wav --size 4 --hop 2 --convention librosa", "1 frames"),
    ] {
        let line = folder.run(&format!("{args} -o y.npy --force")).success();
        assert!(line.contains(said) && line.contains("[0]"), "{args}: {line}");
    }
}
