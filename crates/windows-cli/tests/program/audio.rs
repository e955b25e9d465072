//! `ndwin frames`, `ndwin spectrogram` and `ndwin istft`: sound to frames and spectra, and back.

use std::f64::consts::TAU;

use num_complex::Complex;

use crate::support::{Folder, sample};

const SIZE: usize = 8;
const HOP: usize = 3;

/// Where each frame starts, in plain words of each library.
fn starts(convention: &str, n: usize) -> Vec<isize> {
    let (size, hop, len) = (SIZE as isize, HOP as isize, n as isize);
    let from = |first: isize| (0..).map(move |k| first + k * hop);
    match convention {
        // One frame per hop, rounded, each with its middle in the middle of its hop.
        "kaldi-nosnip" => from(hop / 2 - size / 2).take((n + HOP / 2) / HOP).collect(),
        // All that touch the sound, one with its middle on the first sample.
        "scipy" => from(-size / 2 - 100 * hop)
            .skip_while(|start| start + size <= 0)
            .take_while(|&start| start < len)
            .collect(),
        // Centred, without the last.
        "whisper" => from(-size / 2).take(n / HOP).collect(),
        _ => from(0).take_while(|start| start + size <= len).collect(),
    }
}

/// Sample `i` of 1, 2, .. n, beyond its ends as the convention has it.
fn beyond(convention: &str, i: isize, n: usize) -> i16 {
    let (last, mut i) = (n as isize - 1, i);
    while !(0..=last).contains(&i) {
        i = match convention {
            "kaldi-nosnip" if i < 0 => -1 - i,
            "kaldi-nosnip" => 2 * last + 1 - i,
            "whisper" if last == 0 => 0,
            "whisper" if i < 0 => -i,
            "whisper" => 2 * last - i,
            _ => return 0,
        };
    }
    i as i16 + 1
}

#[test]
fn frames_of_every_convention_lie_where_it_says() {
    let folder = Folder::new();
    let mut frames = 0;
    for n in [1, 7, 8, 13, 40] {
        let data: Vec<i16> = (1..=n as i16).collect();
        folder.put_array("x.npy", &[n], &data);
        for convention in
            ["none", "librosa", "torch", "tensorflow", "kaldi", "kaldi-nosnip", "scipy", "whisper"]
        {
            let run = folder.run(&format!(
                "frames x.npy --size 8 --hop 3 --convention {convention} -o f.npy --force -q"
            ));
            if n < SIZE && matches!(convention, "librosa" | "torch") {
                // As `librosa.util.frame` and `Tensor.unfold` raise.
                let said = run.failure();
                assert!(
                    said.contains(&format!("frame size 8 on axis 0, but the length is {n}")),
                    "{said}"
                );
                continue;
            }
            run.success();
            let written = folder.array::<i16>("f.npy");
            let starts = starts(convention, n);
            assert_eq!(written.shape(), [starts.len(), SIZE], "{convention} of {n}");
            let expected: Vec<i16> = starts
                .iter()
                .flat_map(|&start| (start..start + SIZE as isize).map(|i| beyond(convention, i, n)))
                .collect();
            assert_eq!(written.data(), expected, "{convention} of {n}");
            frames += starts.len();
        }
    }
    assert!(frames > 140, "{frames}");
}

#[test]
fn tails_and_centres_of_frames() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[2, 10], &(1..=20_u8).collect::<Vec<_>>());
    let frames = |options: &str| {
        folder.run(&format!("frames x.npy {options} -o f.npy --force -q")).success();
        let frames = folder.array::<u8>("f.npy");
        let (first, second) = frames.data().split_at(frames.data().len() / 2);
        // The second row is the first plus 10, but for zeros.
        for (a, b) in first.iter().zip(second) {
            assert!(*b == a + 10 || (*a, *b) == (0, 0), "{options}: {a} {b}");
        }
        assert_eq!(frames.shape()[0], 2);
        first.chunks(frames.shape()[2]).map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    assert_eq!(frames("--size 4 --hop 4"), [[1, 2, 3, 4], [5, 6, 7, 8]]);
    assert_eq!(frames("--size 4 --hop 4 --tail pad")[2], [9, 10, 0, 0]);
    assert_eq!(frames("--size 4 --hop 4 --tail keep")[2], [9, 10, 0, 0]);
    assert_eq!(frames("--size 4 --hop 4 --tail slide-back")[2], [7, 8, 9, 10]);
    assert_eq!(frames("--size 4 --hop 2 --tail keep").len(), 5);
    assert_eq!(frames("--size 4 --hop 2 --tail covered").len(), 4);
    assert_eq!(
        frames("--size 4 --hop 3 --tail balance"),
        [[1, 2, 3, 4], [4, 5, 6, 7], [7, 8, 9, 10]]
    );
    let first = |mode: &str| frames(&format!("--size 4 --hop 4 --center {mode}")).swap_remove(0);
    assert_eq!(first("constant"), [0, 0, 1, 2]);
    assert_eq!(first("reflect"), [3, 2, 1, 2]);
    assert_eq!(first("replicate"), [1, 1, 1, 2]);
    assert_eq!(first("symmetric"), [2, 1, 1, 2]);
    assert_eq!(first("wrap"), [9, 10, 1, 2]);
    assert_eq!(first("none"), [1, 2, 3, 4]);
}

/// A recording of two channels: each value of full scale times this, and the rate.
fn stereo(folder: &Folder, name: &str, bits: u16) -> Vec<[f64; 2]> {
    use hound::{SampleFormat, WavSpec, WavWriter};
    let float = bits == 0;
    let sample_format = if float { SampleFormat::Float } else { SampleFormat::Int };
    let bits_per_sample = if float { 32 } else { bits };
    let spec = WavSpec { channels: 2, sample_rate: 8_000, bits_per_sample, sample_format };
    let mut writer = WavWriter::create(folder.path().join(name), spec).unwrap();
    // Eighths of full scale: whole numbers of any format.
    let values: Vec<[f64; 2]> =
        (0..30).map(|i| [f64::from(i % 15 - 7) / 8.0, f64::from(i % 3) / 8.0]).collect();
    for value in values.iter().flatten() {
        if float {
            writer.write_sample(*value as f32).unwrap();
        } else {
            writer.write_sample((value * f64::from(bits - 1).exp2()) as i32).unwrap();
        }
    }
    writer.finalize().unwrap();
    values
}

#[test]
fn recordings_of_every_format_give_the_same_frames() {
    let folder = Folder::new();
    for bits in [8, 16, 24, 32, 0] {
        let values = stereo(&folder, "a.wav", bits);
        folder.run("frames a.wav --size 10 --hop 5 -o f.npy --force -q").success();
        let frames = folder.array::<f32>("f.npy");
        assert_eq!(frames.shape(), [2, 5, 10], "{bits} bits");
        for (at, &value) in frames.data().iter().enumerate() {
            let (channel, k, tap) = (at / 50, at / 10 % 5, at % 10);
            assert_eq!(f64::from(value), values[k * 5 + tap][channel], "{bits} bits, {at}");
        }
    }
}

/// A few seconds of nothing regular.
fn noise(n: usize) -> Vec<f64> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

#[test]
fn spectra_are_those_of_plain_sums() {
    let folder = Folder::new();
    let sound = noise(40);
    folder.put_array("x.npy", &[40], &sound);
    let run = |options: &str| {
        folder
            .run(&format!("spectrogram x.npy --size 8 --hop 3 {options} -o s.npy --force -q"))
            .success();
    };
    // Frame and transform lengths, and the first sample of a frame, of each library's stft.
    for (convention, size, first, count) in
        [("none", 8, 0, 11), ("librosa", 8, -4, 14), ("torch", 8, -4, 14), ("tensorflow", 8, 0, 11)]
    {
        let at = |i: isize| match (usize::try_from(i), convention) {
            (Ok(i), _) if i < 40 => sound[i],
            (Ok(i), "torch") => sound[78 - i],
            (Err(_), "torch") => sound[i.unsigned_abs()],
            _ => 0.0,
        };
        let expected = |bin: usize, k: usize| -> Complex<f64> {
            let terms = (0..size).map(|tap| {
                let hann = 0.5 - 0.5 * (TAU * tap as f64 / 8.0).cos();
                let sample = at(first + (k * 3 + tap) as isize) * hann;
                Complex::from_polar(sample, -TAU * (bin * tap) as f64 / size as f64)
            });
            terms.sum()
        };
        run(&format!("--convention {convention} --complex"));
        let spectra = folder.array::<Complex<f64>>("s.npy");
        assert_eq!(spectra.shape(), [5, count], "{convention}");
        for (i, value) in spectra.data().iter().enumerate() {
            let expected = expected(i / count, i % count);
            assert!((value - expected).norm() < 1e-13, "{convention} {i}: {value} {expected}");
        }
        for (power, of) in [(1, Complex::norm as fn(Complex<f64>) -> f64), (2, |x| x.norm_sqr())] {
            run(&format!("--convention {convention} --power {power}"));
            let real = folder.array::<f64>("s.npy");
            assert_eq!(real.shape(), spectra.shape());
            for (real, &complex) in real.data().iter().zip(spectra.data()) {
                assert!((real - of(complex)).abs() < 1e-13, "{convention} {power}");
            }
        }
    }
    run("--mel 3 --convention librosa");
    assert_eq!(folder.array::<f64>("s.npy").shape(), [3, 14]);
}

#[test]
fn profiles_of_a_recording() {
    let folder = Folder::new();
    let speech = sample("speech.wav");
    let samples = hound::WavReader::open(&speech).unwrap().duration() as usize;
    for (options, bands, count) in [
        ("whisper", 80, samples / 160),
        ("whisper --mel 128", 128, samples / 160),
        ("kaldi", 80, (samples - 400) / 160 + 1),
        ("kaldi --convention kaldi-nosnip", 80, (samples + 80) / 160),
    ] {
        let speech = speech.display();
        folder
            .run(&format!("spectrogram {speech} --profile {options} -o s.npy --force -q"))
            .success();
        let features = folder.array::<f32>("s.npy");
        assert_eq!(features.shape(), [bands, count], "{options}");
        let most = features.data().iter().copied().fold(f32::MIN, f32::max);
        let least = features.data().iter().copied().fold(f32::MAX, f32::min);
        if options.starts_with("whisper") {
            // (x + 4) / 4 of what lies at most 8 below the loudest.
            assert!((most - least - 2.0).abs() < 1e-6, "{least} {most}");
        } else {
            assert!(least >= f32::EPSILON.ln() - 1e-6, "{least}");
        }
    }
}

#[test]
fn a_recording_comes_back_from_its_spectra() {
    let folder = Folder::new();
    let speech = sample("speech.wav");
    let read = |path| hound::WavReader::open(path).unwrap().into_samples::<i16>();
    let original: Vec<i16> = read(speech.clone()).map(Result::unwrap).collect();
    let (speech, n) = (speech.display(), original.len());
    for options in [
        "--size 400 --hop 160 --convention librosa",
        "--size 400 --hop 160 --convention torch",
        "--size 512 --hop 128 --convention scipy --window hamming",
        "--size 400 --hop 160 --convention kaldi-nosnip --window povey",
        "--size 300 --hop 75 --center symmetric --tail ceil --window sine",
    ] {
        folder
            .run(&format!("spectrogram {speech} {options} --complex -o s.npy --force -q"))
            .success();
        folder.run(&format!("istft s.npy {options} --length {n} -o back.wav --force -q")).success();
        let back: Vec<i16> = read(folder.path().join("back.wav")).map(Result::unwrap).collect();
        assert!(back == original, "{options}");
    }
    assert_eq!(folder.bytes("back.wav")[44..], std::fs::read(sample("speech.wav")).unwrap()[44..]);

    // In double precision, to the last digits, and two channels at once.
    let sound = noise(2000);
    folder.put_array("x.npy", &[2, 1000], &sound);
    let options = "--size 60 --hop 16 --convention librosa";
    folder.run(&format!("spectrogram x.npy {options} --complex -o s.npy --force -q")).success();
    folder.run(&format!("istft s.npy {options} --length 1000 -o y.npy -q")).success();
    let back = folder.array::<f64>("y.npy");
    assert_eq!(back.shape(), [2, 1000]);
    for (a, b) in back.data().iter().zip(&sound) {
        assert!((a - b).abs() <= 1e-12, "{a} {b}");
    }
}

#[test]
fn sound_of_no_samples_has_the_frames_of_its_padding() {
    let folder = Folder::new();
    folder.put_array::<f64>("one.npy", &[0], &[]);
    folder.put_array::<f64>("two.npy", &[2, 0], &[]);
    for (name, leading) in [("one.npy", &[][..]), ("two.npy", &[2])] {
        // Zeros around nothing are a frame of zeros: librosa's one.
        let run = |options: &str| {
            folder
                .run(&format!("spectrogram {name} --size 8 --hop 4 {options} -o s.npy --force -q"))
        };
        run("--convention librosa").success();
        let spectra = folder.array::<f64>("s.npy");
        assert_eq!(spectra.shape(), [leading, &[5, 1]].concat());
        assert!(spectra.data().iter().all(|&power| power == 0.0));
        run("--convention kaldi-nosnip --complex").success();
        assert_eq!(folder.array::<Complex<f64>>("s.npy").shape(), [leading, &[5, 0]].concat());
        // Nothing reflected is no frame.
        assert!(run("--convention torch").failure().contains("1 frames over 0 samples"));

        let run = |options: &str| {
            folder.run(&format!("frames {name} --size 8 --hop 4 {options} -o f.npy --force -q"))
        };
        run("--center constant").success();
        assert_eq!(folder.array::<f64>("f.npy").shape(), [leading, &[1, 8]].concat());
        assert!(run("--center reflect").failure().contains("1 frames over 0 samples"));
    }
}

/// What librosa and torch raise is refused with both numbers, and what they take is taken.
#[test]
fn a_sound_shorter_than_a_frame_is_what_it_is_in_the_library() {
    let folder = Folder::new();
    for n in 1..=9_usize {
        folder.put_array("x.npy", &[n], &(1..=n).map(|i| i as f64).collect::<Vec<_>>());
        let short = n < 8;
        let reflects = "padding 4 on axis 0";
        for (command, options, refused) in [
            ("frames", "--convention librosa", short.then_some("frame size 8 on axis 0")),
            ("frames", "--convention torch", short.then_some("frame size 8 on axis 0")),
            ("frames", "--convention torch --center none", short.then_some("frame size 8")),
            ("frames", "--convention torch --center reflect", (n <= 4).then_some(reflects)),
            ("frames", "--convention torch --center constant", None),
            // numpy reflects what was reflected.
            ("frames", "--convention librosa --center reflect", None),
            ("frames", "--convention librosa --tail keep", None),
            ("frames", "--convention torch --tail drop", None),
            ("frames", "--convention tensorflow", None),
            ("frames", "--convention kaldi", None),
            ("spectrogram", "--convention librosa", None),
            ("spectrogram", "--convention librosa --center none", short.then_some("frame size 8")),
            ("spectrogram", "--convention torch", (n <= 4).then_some(reflects)),
            ("spectrogram", "--convention torch --center none", short.then_some("frame size 8")),
            ("spectrogram", "--convention torch --center constant", None),
        ] {
            let run = folder
                .run(&format!("{command} x.npy --size 8 --hop 3 {options} -o f.npy --force -q"));
            let Some(said) = refused else {
                run.success();
                continue;
            };
            let line = run.failure();
            assert!(
                line.contains(said) && line.contains(&format!("the length is {n}")),
                "{command} {options} of {n}: {line}"
            );
        }
    }
    let line = folder.run("frames x.npy --size 4611686018427387904 --hop 1 --tail drop -o y.npy");
    let line = line.failure();
    assert!(line.contains("numpy cannot load the shape [0, 4611686018427387904]"), "{line}");
}

/// A profile is of 16 kHz: another rate would put every band elsewhere.
#[test]
fn a_profile_of_another_rate_is_refused() {
    let folder = Folder::new();
    stereo(&folder, "a.wav", 16);
    folder.put_array("x.npy", &[1000], &noise(1000));
    std::fs::copy(sample("speech.wav"), folder.path().join("speech.wav")).unwrap();
    for profile in ["whisper", "kaldi"] {
        for (options, said) in [
            ("a.wav", "8000 samples a second, but a profile is of 16000"),
            ("a.wav --rate 16000", "--rate 16000, but the recording has 8000"),
            ("speech.wav --rate 8000", "--rate 8000, but the recording has 16000"),
            ("x.npy --rate 44100", "44100 samples a second, but a profile is of 16000"),
            ("x.npy --center constant", "--center does not change"),
            ("x.npy --tail drop", "--tail does not change"),
        ] {
            let line = folder
                .run(&format!("spectrogram {options} --profile {profile} -o s.npy --force -q"))
                .failure();
            assert!(line.contains(said), "{profile} {options}: {line}");
        }
        for options in ["x.npy", "x.npy --rate 16000", "speech.wav --rate 16000"] {
            let run = format!("spectrogram {options} --profile {profile} -o s.npy --force -q");
            folder.run(&run).success();
        }
    }
}

/// What a .wav file cannot hold is clipped, counted and said.
#[test]
fn clipped_samples_are_counted() {
    let folder = Folder::new();
    let sound: Vec<f64> = noise(1000).iter().map(|x| 2.0 * x).collect();
    folder.put_array("x.npy", &[1000], &sound);
    let options = "--size 60 --hop 16 --convention librosa";
    folder.run(&format!("spectrogram x.npy {options} --complex -o s.npy -q")).success();
    let beyond = sound
        .iter()
        .filter(|&&x| !(-32768.0..=32767.0).contains(&(x * 32768.0).round_ties_even()))
        .count();
    let said = folder.run(&format!("istft s.npy {options} --length 1000 -o y.wav")).success();
    assert!(said.contains(&format!(", {beyond} samples clipped in ")) && beyond > 100, "{said}");
    let said = folder.run(&format!("istft s.npy {options} --length 1000 -o y.npy")).success();
    assert!(!said.contains("clipped"), "{said}");
}

#[test]
fn a_tone_shines_where_its_frequency_is() {
    let folder = Folder::new();
    let sound: Vec<f64> =
        (0..16_000).map(|i| (TAU * 2_000.0 * f64::from(i) / 16e3).sin()).collect();
    folder.put_array("x.npy", &[16_000], &sound);
    folder.run("spectrogram x.npy --size 400 --hop 160 -o s.png -q").success();
    let picture = image::open(folder.path().join("s.png")).unwrap().to_rgb8();
    let light = |y: u32| {
        let pixel = picture.get_pixel(picture.width() / 2, y).0;
        pixel.iter().map(|&x| u32::from(x)).sum::<u32>()
    };
    // Inside the panel, the rest of which is dark.
    let bright: Vec<u32> = (30..picture.height() - 80).filter(|&y| light(y) > 600).collect();
    let dark = (30..picture.height() - 80).filter(|&y| light(y) < 60).count();
    assert!((1..=12).contains(&bright.len()), "{bright:?}");
    assert!(dark > 150, "{dark}");
    // A quarter of the way up: 2 kHz of 8. The panel is 256 high, 18 below the top of the picture.
    let middle = bright[bright.len() / 2] as f64;
    assert!((middle - (18.0 + 256.0 * 0.75)).abs() <= 3.0, "{middle}");
}

#[test]
fn what_cannot_be_framed_is_said_and_nothing_is_written() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[100], &noise(100));
    folder.put_array("scalar.npy", &[], &[1.0]);
    folder.put_array("flat.npy", &[2, 100], &noise(200));
    folder.put_array("c.npy", &[4, 5], &[Complex::new(1.0_f32, 0.0); 20]);
    folder.put("broken.wav", b"RIFF\x10\0\0\0WAVEfmt ");
    folder.put("empty.wav", "");
    let before = folder.names();
    for (args, reason) in [
        (
            "frames x.npy --size 101 --hop 1 -o o.npy",
            "x.npy: frame size 101 on axis 0, but the length is 100",
        ),
        ("frames flat.npy --size 101 --hop 1 -o o.npy", "frame size 101 on axis 1"),
        ("frames x.npy --size 0 --hop 1 -o o.npy", "--size 0"),
        ("frames x.npy --size 4 --hop 0 -o o.npy", "--hop 0"),
        ("frames x.npy --hop 4 -o o.npy", "--size"),
        ("frames x.npy --size 4 --hop 4 -o o.wav", ".npy"),
        ("frames x.npy --size 4 --hop 4 --center middle -o o.npy", "middle"),
        ("frames x.npy --size 4 --hop 4 --tail cut -o o.npy", "cut"),
        ("frames x.npy --size 4 --hop 4 --convention matlab -o o.npy", "matlab"),
        ("frames x.npy --size 9000000000000000000 --hop 1 --tail keep -o o.npy", "x.npy: "),
        ("frames scalar.npy --size 4 --hop 4 -o o.npy", "axis of time"),
        ("frames none.npy --size 4 --hop 4 -o o.npy", "none.npy: "),
        ("frames broken.wav --size 4 --hop 4 -o o.npy", "broken.wav: "),
        ("frames empty.wav --size 4 --hop 4 -o o.npy", "empty.wav: "),
        ("spectrogram x.npy --size 101 --hop 1 -o o.npy", "frame size 101 on axis 0"),
        ("spectrogram x.npy --size 8 --hop 4 -o o.wav", "o.wav: "),
        ("spectrogram x.npy --size 8 --hop 4 --complex -o o.png", ".npy"),
        ("spectrogram x.npy --size 8 --hop 4 --window kaiser:-1 -o o.npy", "Kaiser's beta"),
        ("spectrogram x.npy --size 8 --hop 4 --window round -o o.npy", "round"),
        ("spectrogram x.npy --size 8 --hop 4 --power 3 -o o.npy", "3"),
        ("spectrogram x.npy --profile whisper --size 8 --hop 4 -o o.npy", "400 every 160"),
        ("spectrogram c.npy --size 2 --hop 1 -o o.npy", "complex"),
        (
            "istft c.npy --size 8 --hop 4 -o o.wav",
            "4 bins on axis 0, but a transform of 8 points has 5",
        ),
        (
            "istft c.npy --size 6 --hop 3 --length 100 -o o.wav",
            "5 frames on axis 1, but a sound of 100",
        ),
        ("istft x.npy --size 8 --hop 4 -o o.wav", "at least 2 axes"),
        ("istft flat.npy --size 2 --hop 1 -o o.wav", "complex"),
        ("istft c.npy --size 6 --hop 3 -o o.png", "o.png: "),
    ] {
        let said = folder.run(args).failure();
        assert!(said.contains(reason), "{args}: {said}");
        assert_eq!(folder.names(), before, "{args}");
    }
}
