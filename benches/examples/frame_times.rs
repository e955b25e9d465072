//! Times frames, spectra and log-mel of a sound and prints a JSON line each, in nanoseconds a frame, for
//! `benches/peers/audio.py`.
//!
//! `frame_times [--sound FILE] [--seconds S] [--out FILE] [NAME]`
//!
//! The sound is raw `f32`, a minute of noise unless given; `--out` takes the whole result of one work as raw
//! `f64`. Works alternate, and the best counts: of a hundred frames where one frame is made after the other, of
//! whole results otherwise.

use std::hint::black_box;
use std::time::{Duration, Instant};

use windows_benches::noise;
use windows_frame::FrameSpec;
use windows_frame::audio::{
    Complex, Istft, Stft, StftScratch, StftSpec, Transform, WhisperMel, Window,
};

const LENGTH: usize = 400;
const HOP: usize = 160;
/// Frames of one measurement, where they are made one after the other.
const BATCH: usize = 100;

/// One thing to time.
struct Work<'a> {
    name: &'static str,
    /// Frames of one call.
    frames: usize,
    call: Box<dyn FnMut() + 'a>,
    /// Everything it computes.
    result: Box<dyn Fn() -> Vec<f64> + 'a>,
}

fn doubles<F: Transform>(values: &[F]) -> Vec<f64> {
    values.iter().map(|&value| value.to_f64()).collect()
}

fn hann() -> Vec<f64> {
    Window::Hann.periodic(LENGTH).expect("a window")
}

/// Frames by themselves, and times a window.
fn frames<'a>(sound: &'a [f32], works: &mut Vec<Work<'a>>) {
    let spec = FrameSpec::new(LENGTH, HOP);
    let frames = spec.frames(sound).expect("frames");
    works.push(Work {
        name: "view",
        frames: frames.len(),
        call: Box::new(move || {
            for frame in black_box(&frames) {
                black_box(frame.as_slice());
            }
        }),
        result: Box::new(move || {
            let slices = frames.iter().filter_map(|frame| frame.as_slice());
            slices.flatten().copied().map(f64::from).collect()
        }),
    });
    let window: Vec<f32> = hann().into_iter().map(|weight| weight as f32).collect();
    let (weights, mut scratch) = (window.clone(), vec![0.0; LENGTH]);
    works.push(Work {
        name: "windowed",
        frames: BATCH,
        call: Box::new(move || {
            for frame in black_box(&frames).iter().take(BATCH) {
                frame.windowed_into(&weights, &mut scratch).expect("a frame");
                black_box(&scratch);
            }
        }),
        result: Box::new(move || {
            let mut out = vec![0.0; LENGTH];
            let windowed = frames.iter().flat_map(|frame| {
                frame.windowed_into(&window, &mut out).expect("a frame");
                doubles(&out)
            });
            windowed.collect()
        }),
    });
}

/// Power spectra, one after the other and all of them.
fn spectra<'a, F: Transform>(
    names: [&'static str; 2],
    sound: &'a [f32],
    works: &mut Vec<Work<'a>>,
) {
    let spec = StftSpec::torch(LENGTH, HOP, &hann()).expect("a spec");
    let stft = Stft::<F>::new(spec.clone()).expect("a plan");
    let frames = spec.frames().frames(sound).expect("frames");
    let whole = stft.clone();
    let result = move || doubles(whole.power(sound).expect("spectra").as_slice());
    let (one, mut scratch) = (stft.clone(), stft.scratch());
    let mut out = vec![F::default(); spec.bins()];
    works.push(Work {
        name: names[0],
        frames: BATCH,
        call: Box::new(move || {
            for frame in black_box(&frames).iter().skip(3).take(BATCH) {
                one.power_of(&frame, &mut scratch, &mut out).expect("a frame");
                black_box(&out);
            }
        }),
        result: Box::new(result.clone()),
    });
    works.push(Work {
        name: names[1],
        frames: frames.len(),
        call: Box::new(move || drop(black_box(stft.power(black_box(sound)).expect("spectra")))),
        result: Box::new(result),
    });
}

/// All spectra, and the sound from them.
fn inverse<'a>(sound: &'a [f32], works: &mut Vec<Work<'a>>) {
    let spec = StftSpec::torch(LENGTH, HOP, &hann()).expect("a spec");
    let spectra = Stft::<f64>::new(spec.clone()).and_then(|stft| stft.complex(sound));
    let spectra = spectra.expect("spectra");
    let istft = Istft::<f64>::new(spec).expect("a plan");
    let rebuild = move |spectra: &[Complex<f64>]| {
        istft.rebuild(spectra, sound.len()).expect("every sample has weight")
    };
    let frames = spectra.frames();
    let again = (rebuild.clone(), spectra.clone());
    works.push(Work {
        name: "istft f64",
        frames,
        call: Box::new(move || drop(black_box(rebuild(black_box(spectra.as_slice()))))),
        result: Box::new(move || again.0(again.1.as_slice())),
    });
}

/// Whisper's features, and the part of them behind the transform.
fn log_mel<'a, F: Transform>(
    name: &'static str,
    behind: &'static str,
    sound: &'a [f32],
    works: &mut Vec<Work<'a>>,
) {
    let whisper = WhisperMel::<F>::new(80).expect("a plan");
    let frames = whisper.stft().spec().frames().frames(sound).expect("frames");
    let mut scratch: StftScratch<F> = whisper.stft().scratch();
    let frame = frames.get(9).expect("ten frames");
    let spectrum = whisper.stft().spectrum(&frame, &mut scratch).expect("a spectrum").to_vec();
    let (column, mut out) = (whisper.clone(), vec![F::default(); 80]);
    let again = whisper.clone();
    let result = move || doubles(again.features(sound).expect("features").as_slice());
    works.push(Work {
        name: behind,
        frames: BATCH,
        call: Box::new(move || {
            for _ in 0..BATCH {
                column.column(black_box(&spectrum), &mut out).expect("a spectrum");
                black_box(&out);
            }
        }),
        result: Box::new(result.clone()),
    });
    works.push(Work {
        name,
        frames: frames.len(),
        call: Box::new(move || {
            drop(black_box(whisper.features(black_box(sound)).expect("features")))
        }),
        result: Box::new(result),
    });
}

fn main() {
    let (mut sound, mut seconds, mut out) = (None, 1.0, None);
    let mut only = String::new(); // one work by name, or all
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value");
        match argument.as_str() {
            "--sound" => {
                let bytes = std::fs::read(value()).expect("a readable file");
                let samples = bytes.as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four));
                sound = Some(samples.collect::<Vec<_>>());
            }
            "--seconds" => seconds = value().parse().expect("seconds"),
            "--out" => out = Some(value()),
            name => only = name.to_owned(),
        }
    }
    let sound = sound.unwrap_or_else(|| noise(60 * 16_000));
    let mut works = Vec::new();
    frames(&sound, &mut works);
    spectra::<f32>(["power f32", "power f32, all"], &sound, &mut works);
    spectra::<f64>(["power f64", "power f64, all"], &sound, &mut works);
    inverse(&sound, &mut works);
    log_mel::<f32>("log-mel f32", "power to log-mel f32", &sound, &mut works);
    log_mel::<f64>("log-mel f64", "power to log-mel f64", &sound, &mut works);
    works.retain(|work| only.is_empty() || work.name == only);
    assert!(!works.is_empty(), "no work is called {only}");
    if let Some(path) = out {
        let bytes: Vec<u8> = (works[0].result)().iter().flat_map(|x| x.to_le_bytes()).collect();
        std::fs::write(path, bytes).expect("a writable file");
    }

    let mut best = vec![Duration::MAX; works.len()];
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < seconds * works.len() as f64 {
        for (work, best) in works.iter_mut().zip(&mut best) {
            for _ in 0..if work.frames == BATCH { 20 } else { 1 } {
                let before = Instant::now();
                (work.call)();
                *best = before.elapsed().min(*best);
            }
        }
    }
    for (work, best) in works.iter().zip(best) {
        let nanoseconds = best.as_secs_f64() * 1e9 / work.frames as f64;
        println!("{{\"name\": \"{}\", \"ns\": {nanoseconds:.2}}}", work.name);
    }
}
