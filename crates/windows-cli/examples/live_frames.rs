//! Sound as it arrives, in pieces of any length, framed and measured at once: a level meter.
//!
//! ```sh
//! cargo run --release -p windows-cli --example live_frames -- docs/assets/speech.wav
//! ```
//!
//! The pieces stand for what a sound card hands over: of uneven length, ending anywhere. Frames are the
//! same as if the whole had been there; nothing is allocated while it runs.

use std::error::Error;
use std::io::Write;

use windows_frame::{FrameSpec, Framer};

const SILENCE: f64 = -60.0; // decibels below full scale

fn level(frame: &[i16]) -> f64 {
    let power: f64 = frame.iter().map(|&x| (f64::from(x) / 32768.0).powi(2)).sum();
    (10.0 * (power / frame.len() as f64).log10()).max(SILENCE)
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: live_frames INPUT.wav")?;
    let mut sound = hound::WavReader::open(path)?;
    let (rate, channels) = (sound.spec().sample_rate as usize, sound.spec().channels);
    let samples: Vec<i16> = sound.samples().collect::<Result<_, _>>()?;

    // A quarter of a second, every eighth.
    let mut framer = Framer::new(FrameSpec::new(rate / 4, rate / 8), usize::from(channels))?;
    let mut out = std::io::stdout().lock();
    let mut rest = &samples[..];
    for length in [441, 1024, 7, 160, 2000].into_iter().cycle() {
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        let mut written = Ok(());
        framer.push(piece, |frame| {
            let level = level(frame.channel(0));
            let seconds = frame.start() as f64 / rate as f64;
            let bar = (level - SILENCE) as usize;
            let line = writeln!(out, "{seconds:5.2} s {level:6.1} dB {:#<bar$}", "");
            if written.is_ok() {
                written = line;
            }
        });
        written?;
        if behind.is_empty() {
            break;
        }
        rest = behind;
    }
    Ok(())
}
