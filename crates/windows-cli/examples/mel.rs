//! The log-mel spectrogram that Whisper hears, of a file of sound, drawn as a picture.
//!
//! ```sh
//! cargo run --release -p windows-cli --example mel -- docs/assets/speech.wav target/mel.png
//! ```

use std::error::Error;

use image::{Rgb, RgbImage};
use windows_frame::audio::WhisperMel;

const BANDS: usize = 80;
const ZOOM: usize = 3;

/// From black over red and yellow to white.
fn heat(value: f64) -> Rgb<u8> {
    let part = |from: f64| (((value - from) * 3.0).clamp(0.0, 1.0) * 255.0) as u8;
    Rgb([part(0.0), part(1.0 / 3.0), part(2.0 / 3.0)])
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let mut path = || arguments.next().ok_or("usage: mel INPUT.wav OUTPUT.png");
    let (input, output) = (path()?, path()?);
    let mut sound = hound::WavReader::open(input)?;
    let spec = sound.spec();
    if (spec.channels, spec.sample_rate) != (1, 16_000) {
        return Err(format!("Whisper hears one channel at 16 kHz, not {spec:?}").into());
    }
    let samples: Vec<i16> = sound.samples().collect::<Result<_, _>>()?;
    let mel = WhisperMel::<f64>::new(BANDS)?.features(&samples)?; // frames x bands

    // Features lie within 2 of the loudest, which is about 1.
    let loudest = mel.as_slice().iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut picture = RgbImage::new((mel.frames() * ZOOM) as u32, (BANDS * ZOOM) as u32);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (frame, band) = (x as usize / ZOOM, BANDS - 1 - y as usize / ZOOM);
        *pixel = heat((mel.frame(frame)[band] - loudest) / 2.0 + 1.0);
    }
    picture.save(&output)?;
    println!("{}: {} frames of {BANDS} bands", output.display(), mel.frames());
    Ok(())
}
