//! Frames, spectra and log-mel of a minute of sound.

use std::cell::RefCell;
use std::hint::black_box;

use realfft::RealFftPlanner;
use windows_benches::noise;
use windows_frame::audio::{Istft, Stft, StftSpec, Transform, WhisperMel, Window};
use windows_frame::{FrameSpec, Framer};

use crate::row::{ABSENT, Row, Target};
use crate::session::{Array, Case, Session, peak};

const MINUTE: usize = 60 * 16_000;
const LENGTH: usize = 400;
const HOP: usize = 160;
/// Whole frames, and frames centred on multiples of the hop.
const FRAMES: usize = (MINUTE - LENGTH) / HOP + 1;
const CENTRED: usize = MINUTE / HOP + 1;

fn view(session: &mut Session) {
    let sound = noise(MINUTE);
    let frames = FrameSpec::new(LENGTH, HOP).frames(&sound).expect("frames");
    let expected: Vec<f32> = sound.windows(LENGTH).step_by(HOP).map(|frame| frame[7]).collect();
    let seen = frames.iter().map(|frame| frame.as_slice().expect("a whole frame")[7]);
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    let mut ours = || {
        for frame in black_box(&frames) {
            black_box(frame.as_slice());
        }
    };
    let mut std = || {
        for frame in black_box(&sound).windows(LENGTH).step_by(HOP) {
            black_box(frame);
        }
    };
    let case = Case {
        kernel: "no copy".to_owned(),
        arrays: vec![
            Array::new("sound", &[MINUTE], &sound),
            Array::new("output", &[FRAMES], &expected),
        ],
        ..Case::default()
    };
    session.serve(&case, &mut [("ours", &mut ours), ("std windows()", &mut std)]);
}

fn windowed(session: &mut Session) {
    let sound = noise(MINUTE);
    let frames = FrameSpec::new(LENGTH, HOP).frames(&sound).expect("frames");
    let window = Window::Hann.periodic(LENGTH).expect("a window");
    let window: Vec<f32> = window.iter().map(|&w| w as f32).collect();
    let [a, b] = [0; 2].map(|_| RefCell::new(vec![0.0; LENGTH]));
    let mut ours = || {
        let scratch = &mut *a.borrow_mut();
        for frame in black_box(&frames) {
            frame.windowed_into(&window, scratch).expect("a frame");
            black_box(&scratch);
        }
    };
    let mut by_hand = || {
        let scratch = &mut *b.borrow_mut();
        for frame in black_box(&sound).windows(LENGTH).step_by(HOP) {
            for ((out, sample), weight) in scratch.iter_mut().zip(frame).zip(&window) {
                *out = sample * weight;
            }
            black_box(&scratch);
        }
    };
    ours();
    by_hand();
    assert_eq!(*a.borrow(), *b.borrow());
    let case = Case { kernel: "lanes".to_owned(), ..Case::default() };
    session.serve(&case, &mut [("ours", &mut ours), ("hand-written loop", &mut by_hand)]);
}

fn streamed(session: &mut Session) {
    let sound = noise(MINUTE);
    let framer = Framer::new(FrameSpec::new(LENGTH, HOP), 1).expect("a framer");
    let framer = RefCell::new(framer);
    let mut ours = || {
        let framer = &mut *framer.borrow_mut();
        let mut count = 0;
        for chunk in black_box(&sound).chunks(682) {
            framer.push(chunk, |frame| {
                black_box(frame.channel(0));
                count += 1;
            });
        }
        framer.reset();
        assert_eq!(count, FRAMES);
    };
    ours();
    let case = Case { kernel: "ring".to_owned(), ..Case::default() };
    session.serve(&case, &mut [("ours", &mut ours)]);
}

fn power<F: Transform + bytemuck::Pod>(session: &mut Session) {
    let sound = noise(MINUTE);
    let window = Window::Hann.periodic(LENGTH).expect("a window");
    let spec = StftSpec::torch(LENGTH, HOP, &window).expect("a spec");
    let stft = Stft::<F>::new(spec).expect("a plan");
    let out = RefCell::new(vec![F::default(); CENTRED * (LENGTH / 2 + 1)]);
    let mut ours = || {
        let out = &mut *out.borrow_mut();
        stft.power_into(black_box(&sound), out).expect("spectra");
    };
    ours();
    let expected = out.borrow().clone();
    let fft = RealFftPlanner::<F>::new().plan_fft_forward(LENGTH);
    let (mut input, mut output) = (fft.make_input_vec(), fft.make_output_vec());
    let mut scratch = fft.make_scratch_vec();
    let mut transforms = || {
        for _ in 0..CENTRED {
            let input = black_box(&mut input);
            fft.process_with_scratch(input, &mut output, &mut scratch).expect("a spectrum");
        }
    };
    let case = Case {
        kernel: "realfft".to_owned(),
        arrays: vec![
            Array::new("sound", &[MINUTE], &sound),
            Array::new("output", &[CENTRED, LENGTH / 2 + 1], &expected),
        ],
        peak: peak(|| drop(stft.power(&sound))),
        ..Case::default()
    };
    session.serve(&case, &mut [("ours", &mut ours), ("realfft alone", &mut transforms)]);
}

fn inverse(session: &mut Session) {
    let sound = noise(MINUTE);
    let window = Window::Hann.periodic(LENGTH).expect("a window");
    let spec = StftSpec::torch(LENGTH, HOP, &window).expect("a spec");
    let spectra = Stft::<f64>::new(spec.clone()).expect("a plan").complex(&sound).expect("spectra");
    let istft = Istft::<f64>::new(spec).expect("a plan");
    let rebuild = || istft.rebuild(black_box(spectra.as_slice()), MINUTE).expect("a sound");
    let expected = rebuild();
    let mut ours = || drop(black_box(rebuild()));
    let case = Case {
        kernel: "realfft".to_owned(),
        arrays: vec![
            Array::new("sound", &[MINUTE], &sound),
            Array::new("output", &[MINUTE], &expected),
        ],
        peak: peak(|| drop(rebuild())),
        ..Case::default()
    };
    session.serve(&case, &mut [("ours", &mut ours)]);
}

fn whisper(session: &mut Session) {
    let sound = noise(MINUTE);
    let plan = WhisperMel::<f64>::new(80).expect("a plan");
    let out = RefCell::new(vec![0.0; MINUTE / HOP * 80]);
    let mut ours = || {
        let out = &mut *out.borrow_mut();
        plan.features_into(black_box(&sound), out).expect("features");
    };
    ours();
    let expected = out.borrow().clone();
    let case = Case {
        kernel: "realfft, f64".to_owned(),
        arrays: vec![
            Array::new("sound", &[MINUTE], &sound),
            Array::new("output", &[MINUTE / HOP, 80], &expected),
        ],
        peak: peak(|| drop(plan.features(&sound))),
        ..Case::default()
    };
    session.serve(&case, &mut [("ours", &mut ours)]);
}

pub(crate) fn rows() -> Vec<Row> {
    let spectra = |id, name, run: fn(&mut Session), seconds| {
        let work = format!("power STFT 400 / 160 of 60 s, {name}");
        Row::new("audio", id, work, run)
            .items(CENTRED, "frame")
            .rivals(&["realfft alone"])
            .peers(&["librosa", "torch"])
            .skip("ruststft", ABSENT)
            .target(Target::Faster(2.5, "librosa"))
            .target(Target::Seconds(seconds))
            .threads()
    };
    vec![
        Row::new("audio", "view", "frames of 400 every 160, as views", view)
            .items(FRAMES, "frame")
            .rivals(&["std windows()"])
            .peers(&["librosa"])
            .target(Target::Seconds(1e-9)),
        Row::new("audio", "windowed", "each frame times a window, into scratch", windowed)
            .items(FRAMES, "frame")
            .rivals(&["hand-written loop"])
            .target(Target::Seconds(40e-9)),
        Row::new("audio", "streamed", "frames of sound that arrives in pieces of 682", streamed)
            .items(FRAMES, "frame"),
        spectra("power-f32", "f32", power::<f32>, 0.50e-6),
        spectra("power-f64", "f64", power::<f64>, 0.65e-6),
        Row::new(
            "audio",
            "inverse",
            "the sound of complex spectra 400 / 160 of 60 s, f64",
            inverse,
        )
        .items(CENTRED, "frame")
        .peers(&["librosa", "torch"])
        .threads(),
        Row::new("audio", "whisper", "Whisper log-mel, 80 bands, of 60 s, f64 inside", whisper)
            .items(MINUTE / HOP, "frame")
            .peers(&["HF numpy", "torch"])
            .target(Target::Seconds(1e-6))
            .target(Target::Faster(8.0, "HF numpy"))
            .threads(),
    ]
}
