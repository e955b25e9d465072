//! What the libraries themselves gave: see `golden/generate_audio.py`.

use std::path::Path;

use windows_dtype::{Array, npy, with_real};
use windows_frame::FrameSpec;
use windows_frame::audio::Window;

/// A golden file.
fn array(name: &str) -> Array {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.npy"));
    let file = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    npy::read(&file[..], file.len() as u64).unwrap()
}

/// Values and shape of a golden file, whatever its number type.
#[expect(clippy::unnecessary_cast, reason = "one of the types needs none")]
fn golden(name: &str) -> (Vec<f64>, Vec<usize>) {
    let array = array(name);
    let values = with_real!(&array, array => array.view().iter().map(|&x| x as f64).collect(),
        complex => panic!("{name} is complex"));
    (values, array.shape().to_vec())
}

/// Counts of 0 to 2000 samples; where the library raises, `refused` says what may be the reason.
fn counts(
    name: &str,
    spec: impl Fn(usize, usize) -> FrameSpec,
    refused: impl Fn(usize, usize) -> bool,
) {
    let (rows, shape) = golden(&format!("counts_{name}"));
    let mut compared = 0;
    for row in rows.chunks(shape[1]) {
        let (length, hop) = (row[0] as usize, row[1] as usize);
        for (n, &count) in row[2..].iter().enumerate() {
            if count < 0.0 {
                assert!(refused(n, length), "{name} {length}/{hop} refuses {n} samples");
                continue;
            }
            // Tokenizers give one empty window over nothing.
            let count = if name == "huggingface" && n == 0 { 0 } else { count as usize };
            assert_eq!(spec(length, hop).count(n), count, "{name} {length}/{hop} of {n}");
            compared += 1;
        }
    }
    assert!(compared > 1500, "{name}: {compared}");
}

#[test]
fn counts_of_every_library_from_0_to_2000_samples() {
    let never = |_, _| false;
    let too_short = |n, length| n < length;
    counts("librosa", FrameSpec::librosa, |n, length| n == 0 && length % 2 == 1);
    counts("librosa_frame", FrameSpec::new, too_short);
    counts("torch", FrameSpec::torch, |n, length| n <= length / 2);
    counts("torch_unfold", FrameSpec::new, too_short);
    // Raises for input shorter than the transform, and where an odd number of zeros surrounds the
    // window and the frames end exactly.
    counts("torch_aligned", FrameSpec::torch_aligned, |n, length| {
        let size = length.next_power_of_two();
        n < size || (size - length) % 2 == 1
    });
    counts("tensorflow", FrameSpec::tensorflow, never);
    counts("tensorflow_pad", FrameSpec::tensorflow_padded, never);
    counts("kaldi", FrameSpec::kaldi, never);
    counts("kaldi_nosnip", FrameSpec::kaldi_unsnipped, never);
    counts(
        "scipy",
        |length, hop| FrameSpec::scipy(length, hop, 1),
        |n, length| n < length.div_ceil(2),
    );
    counts("scipy_legacy", FrameSpec::scipy_legacy, |n, length| n < length);
    // Transformed by torch, which reflects no more than there is.
    counts("whisper", FrameSpec::whisper, |n, length| n <= length / 2);
    counts("huggingface", FrameSpec::huggingface, never);
}

fn contents(name: &str, spec: impl Fn(usize, usize) -> FrameSpec) {
    for (n, length, hop) in [(23_u16, 8, 3), (40, 7, 5), (9, 6, 2)] {
        let (expected, shape) = golden(&format!("frames_{name}_{n}_{length}_{hop}"));
        assert_eq!(shape[1], length);
        let ramp: Vec<f64> = (1..=n).map(f64::from).collect();
        let frames = spec(length, hop).frames(&ramp).unwrap();
        assert_eq!(frames.len(), shape[0], "{name} {n} {length}/{hop}");
        let mut out = vec![0.0; length];
        for (frame, expected) in frames.iter().zip(expected.chunks(length)) {
            frame.write_into(&mut out).unwrap();
            assert_eq!(out, expected, "{name} {n} {length}/{hop} frame {}", frame.index());
        }
    }
}

#[test]
fn contents_of_every_library() {
    contents("librosa", FrameSpec::librosa);
    contents("librosa_frame", FrameSpec::new);
    contents("torch", FrameSpec::torch);
    contents("torch_unfold", FrameSpec::new);
    contents("tensorflow", FrameSpec::tensorflow);
    contents("tensorflow_pad", FrameSpec::tensorflow_padded);
    contents("kaldi_nosnip", FrameSpec::kaldi_unsnipped);
    contents("scipy_boxcar", |length, hop| FrameSpec::scipy(length, hop, 0));
    contents("scipy_legacy", FrameSpec::scipy_legacy);
}

#[test]
fn windows_of_scipy_and_kaldi() {
    let lengths = [16, 17, 400];
    for (name, window) in [
        ("rectangular", Window::Rectangular),
        ("hann", Window::Hann),
        ("hamming", Window::Hamming),
        ("blackman", Window::Blackman),
        ("blackman-harris", Window::BlackmanHarris),
        ("nuttall", Window::Nuttall),
        ("flat-top", Window::FlatTop),
        ("bartlett", Window::Bartlett),
        ("kaiser", Window::Kaiser(8.6)),
        ("gaussian", Window::Gaussian(5.0)),
        ("tukey", Window::Tukey(0.3)),
        ("sine", Window::Sine),
    ] {
        let (expected, _) = golden(&format!("window_{name}"));
        let ours: Vec<f64> = lengths
            .iter()
            .flat_map(|&n| [window.periodic(n).unwrap(), window.symmetric(n).unwrap()].concat())
            .collect();
        assert_eq!(ours.len(), expected.len());
        for (i, (ours, expected)) in ours.iter().zip(&expected).enumerate() {
            // Theirs take cosines of rounded angles; an error of I0 grows with its argument.
            let bound = if name == "kaiser" { 4e-15 } else { 2e-15 };
            assert!((ours - expected).abs() <= bound, "{name} weight {i}: {ours} {expected}");
        }
    }
    let (expected, _) = golden("window_povey");
    let ours = lengths.iter().flat_map(|&n| Window::Povey.symmetric(n).unwrap());
    for (ours, expected) in ours.zip(expected) {
        assert!((ours - expected).abs() <= 6e-8, "{ours} {expected}"); // theirs is f32
    }
}

#[cfg(feature = "stft")]
mod spectra {
    use super::*;
    use windows_dtype::Element;
    use windows_frame::audio::{Complex, Istft, Stft, StftSpec};

    fn complex(name: &str) -> (Vec<Complex<f64>>, Vec<usize>) {
        let array = array(name);
        let array = <Complex<f64>>::from_any(&array).expect("spectra of f64");
        (array.view().to_vec(), array.shape().to_vec())
    }

    #[test]
    fn spectra_of_every_library_and_back() {
        let (signal, _) = golden("signal");
        let hann = Window::Hann.periodic(60).unwrap();
        let legacy = StftSpec::new(FrameSpec::scipy_legacy(60, 16), &hann).unwrap();
        for (name, spec) in [
            ("librosa", StftSpec::librosa(64, 16, &hann).unwrap()),
            ("torch", StftSpec::torch(64, 16, &hann).unwrap()),
            ("torch_aligned", StftSpec::torch_aligned(64, 16, &hann).unwrap()),
            ("tensorflow", StftSpec::tensorflow(16, &hann).unwrap()),
            ("scipy", StftSpec::scipy(16, &hann).unwrap()),
            ("scipy_legacy", legacy),
        ] {
            let (expected, shape) = complex(&format!("stft_{name}"));
            let spectra = Stft::<f64>::new(spec.clone()).unwrap().complex(&signal).unwrap();
            assert_eq!([spectra.frames(), spectra.bins()], shape[..], "{name}");
            // TensorFlow computes in double but makes its window in single precision.
            let bound = if name == "tensorflow" { 2e-6 } else { 1e-12 };
            for (i, (ours, expected)) in spectra.as_slice().iter().zip(&expected).enumerate() {
                assert!((ours - expected).norm() <= bound, "{name} {i}: {ours} {expected}");
            }

            let inverse = Istft::new(spec).unwrap();
            let (rebuilt, lost) = inverse.rebuild_lossy(spectra.as_slice(), signal.len()).unwrap();
            let centred = !matches!(name, "torch_aligned" | "tensorflow");
            assert_eq!(lost.ranges.is_empty(), centred, "{name}");
            for (i, (ours, expected)) in rebuilt.iter().zip(&signal).enumerate() {
                if !lost.ranges.iter().any(|range| range.contains(&i)) {
                    assert!(
                        (ours - expected).abs() <= 1e-12,
                        "{name} sample {i}: {ours} {expected}"
                    );
                }
            }
        }
    }
}

#[cfg(feature = "mel")]
mod mel {
    use super::*;
    use windows_frame::audio::{Fbank, MelBank, MelNorm, MelScale, WhisperMel};

    #[test]
    fn filters_of_librosa() {
        for (name, scale, norm, size) in [
            ("mel_slaney_40", MelScale::Slaney, MelNorm::Slaney, 200),
            ("mel_htk_40", MelScale::Htk, MelNorm::None, 256),
        ] {
            let (expected, shape) = golden(name);
            let bank = MelBank::<f64>::new(scale, norm, 16_000.0, size, 40, 0.0, 8_000.0).unwrap();
            assert_eq!([bank.mels(), bank.bins()], shape[..]);
            for (filter, expected) in expected.chunks(shape[1]).enumerate() {
                for (bin, expected) in expected.iter().enumerate() {
                    let ours = bank.weight(filter, bin);
                    assert!((ours - expected).abs() < 1e-13, "{name} {filter} {bin}");
                }
            }
        }
    }

    fn pcm() -> Vec<i16> {
        golden("pcm").0.into_iter().map(|sample| sample as i16).collect()
    }

    fn compare(ours: &[f64], name: &str, bound: f64) {
        let (expected, _) = golden(name);
        assert_eq!(ours.len(), expected.len(), "{name}");
        let pairs = ours.iter().zip(&expected);
        let error = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(error <= bound, "{name}: {error}");
    }

    #[test]
    fn log_mel_of_whisper() {
        let ours = WhisperMel::<f64>::new(80).unwrap().features(&pcm()).unwrap();
        compare(ours.as_slice(), "mel_whisper", 1e-9);
        compare(ours.as_slice(), "mel_whisper_library", 1e-6);
        let single = WhisperMel::<f32>::new(80).unwrap().features(&pcm()).unwrap();
        let single: Vec<f64> = single.as_slice().iter().map(|&x| f64::from(x)).collect();
        compare(&single, "mel_whisper", 5e-5);
    }

    #[test]
    fn fbank_of_kaldi() {
        let scaled: Vec<f64> = pcm().into_iter().map(f64::from).collect();
        let ours = Fbank::<f64>::new(80).unwrap().features(&scaled).unwrap();
        compare(ours.as_slice(), "mel_kaldi", 1e-9);
        // Kaldi's own is f32.
        compare(ours.as_slice(), "mel_kaldi_library", 1e-3);
    }
}
