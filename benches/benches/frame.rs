//! Frames, spectra and log-mel of a minute of sound, per frame.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use windows_benches::noise;
use windows_frame::audio::{Stft, StftSpec, Transform, WhisperMel, Window};
use windows_frame::{FrameSpec, Framer};

const MINUTE: usize = 60 * 16_000;
const LENGTH: usize = 400;
const HOP: usize = 160;

fn frames(c: &mut Criterion) {
    let sound = noise(MINUTE);
    let frames = FrameSpec::new(LENGTH, HOP).frames(&sound).unwrap();
    let expected: Vec<f32> = sound.windows(LENGTH).step_by(HOP).map(|frame| frame[7]).collect();
    let seen: Vec<f32> = frames.iter().map(|frame| frame.as_slice().unwrap()[7]).collect();
    assert_eq!(seen, expected);

    let mut group = c.benchmark_group("frames of 400 every 160, a minute");
    group.throughput(Throughput::Elements(frames.len() as u64));
    group.bench_function("view", |b| {
        b.iter(|| {
            for frame in black_box(&frames) {
                black_box(frame.as_slice());
            }
        });
    });
    group.bench_function("std windows().step_by()", |b| {
        b.iter(|| {
            for frame in black_box(&sound).windows(LENGTH).step_by(HOP) {
                black_box(frame);
            }
        });
    });
    let window: Vec<f32> =
        Window::Hann.periodic(LENGTH).unwrap().iter().map(|&w| w as f32).collect();
    let mut scratch = vec![0.0; LENGTH];
    group.bench_function("windowed into scratch", |b| {
        b.iter(|| {
            for frame in black_box(&frames) {
                frame.windowed_into(&window, &mut scratch).unwrap();
                black_box(&scratch);
            }
        });
    });
    let mut framer = Framer::new(FrameSpec::new(LENGTH, HOP), 1).unwrap();
    group.bench_function("streamed in pieces of 682", |b| {
        b.iter(|| {
            for chunk in black_box(&sound).chunks(682) {
                framer.push(chunk, |frame| {
                    black_box(frame.channel(0));
                });
            }
            framer.reset();
        });
    });
}

/// One frame after the other, without the memory of the whole result.
fn power<F: Transform>(c: &mut Criterion, name: &str, sound: &[f32]) {
    let window = Window::Hann.periodic(LENGTH).unwrap();
    let stft = Stft::<F>::new(StftSpec::torch(LENGTH, HOP, &window).unwrap()).unwrap();
    let frames = stft.spec().frames().frames(sound).unwrap();
    let batch = stft.power(sound).unwrap();
    let mut scratch = stft.scratch();
    let mut out = vec![F::default(); stft.spec().bins()];
    stft.power_of(&frames.get(9).unwrap(), &mut scratch, &mut out).unwrap();
    assert_eq!(out, batch.frame(9));

    let mut group = c.benchmark_group("power spectra 400/160, a minute");
    group.throughput(Throughput::Elements(frames.len() as u64));
    group.bench_function(name, |b| {
        b.iter(|| {
            for frame in black_box(&frames) {
                stft.power_of(&frame, &mut scratch, &mut out).unwrap();
                black_box(&out);
            }
        });
    });
    group.bench_function(format!("{name}, whole result"), |b| {
        b.iter(|| stft.power(black_box(sound)).unwrap());
    });
}

fn spectra(c: &mut Criterion) {
    let sound = noise(MINUTE);
    power::<f32>(c, "f32", &sound);
    power::<f64>(c, "f64", &sound);

    let mut group = c.benchmark_group("log-mel, a minute");
    let whisper = WhisperMel::<f64>::new(80).unwrap();
    group.throughput(Throughput::Elements((MINUTE / HOP) as u64));
    group.bench_function("Whisper, 80 bands, f64", |b| {
        b.iter(|| whisper.features(black_box(&sound)).unwrap());
    });
}

criterion_group!(benches, frames, spectra);
criterion_main!(benches);
