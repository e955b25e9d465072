//! Spectrograms to look at: time to the right, frequency upwards, colour for level.

use windows_frame::audio::Spectra;

use crate::canvas::{Canvas, Colour};
use crate::error::{Error, Result};

/// One channel.
#[derive(Debug)]
pub struct Panel {
    /// Values, frame by frame.
    pub spectra: Spectra<f64>,
    /// Seconds in the middle of the first frame and of the last.
    pub time: (f64, f64),
    /// Hz, or number of mel bands, at the top.
    pub top: f64,
    /// Whether the bins are mel bands.
    pub mel: bool,
}

/// How values become levels.
#[derive(Debug, Clone, Copy)]
pub enum Scale {
    /// Logarithmic: this factor times `log10`, in dB below the loudest, down to -80.
    Decibels(f64),
    /// As they are, from the least to the greatest.
    Plain,
}

const GROUND: Colour = [255; 3];
const INK: Colour = [40; 3];
const GRID: Colour = [150; 3];
/// Room for labels around a panel, in pixels.
const LEFT: usize = 84;
const RIGHT: usize = 110;
const ABOVE: usize = 18;
const BELOW: usize = 68;
/// Pixels of one dot of a letter.
const DOT: usize = 2;
const RANGE: f64 = 80.0;

/// Dark to bright, each as bright as its level: the colour map "magma" of matplotlib (public domain) at nine levels.
const COLOURS: [[f64; 3]; 9] = [
    [0.0, 0.0, 4.0],
    [28.0, 16.0, 68.0],
    [79.0, 18.0, 123.0],
    [129.0, 37.0, 129.0],
    [181.0, 54.0, 122.0],
    [229.0, 80.0, 100.0],
    [251.0, 135.0, 97.0],
    [254.0, 194.0, 135.0],
    [252.0, 253.0, 191.0],
];

fn colour(level: f64) -> Colour {
    let at = level.clamp(0.0, 1.0) * 8.0;
    let index = (at as usize).min(7);
    let part = at - index as f64;
    std::array::from_fn(|i| {
        (COLOURS[index][i] * (1.0 - part) + COLOURS[index + 1][i] * part).round() as u8
    })
}

/// Draws the channels below one another.
///
/// # Errors
/// More channels than a picture holds.
pub fn plot(panels: &[Panel], scale: Scale) -> Result<Canvas> {
    if panels.is_empty() || panels.len() > 64 {
        return Err(Error::new(format_args!(
            "{} channels, and a picture shows 1 to 64",
            panels.len()
        )));
    }
    let frames = panels.iter().map(|panel| panel.spectra.frames()).max().unwrap_or(1);
    let width = frames.clamp(640, 1600);
    let height = panels[0].spectra.bins().clamp(256, 512);
    let row = height + ABOVE + BELOW;
    let mut canvas = Canvas::new([row * panels.len(), width + LEFT + RIGHT], GROUND)?;
    for (index, panel) in panels.iter().enumerate() {
        draw(&mut canvas, panel, scale, (LEFT, row * index + ABOVE), (width, height));
    }
    Ok(canvas)
}

fn draw(
    canvas: &mut Canvas,
    panel: &Panel,
    scale: Scale,
    at: (usize, usize),
    size: (usize, usize),
) {
    let (left, top) = at;
    let (width, height) = size;
    let levels = |value: f64| match scale {
        Scale::Decibels(factor) => factor * value.max(1e-300).log10(),
        Scale::Plain => value,
    };
    let values = panel.spectra.as_slice().iter().map(|&value| levels(value));
    let (least, most) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
    let (most, least) = if most.is_finite() { (most, least) } else { (0.0, 0.0) };
    let low = match scale {
        Scale::Decibels(_) => most - RANGE,
        Scale::Plain => least,
    };
    let span = if most > low { most - low } else { 1.0 };
    let (frames, bins) = (panel.spectra.frames(), panel.spectra.bins());
    // A pixel shows the greatest of the values under it: a click must not vanish.
    let under = |pixel: usize, pixels: usize, values: usize| {
        let first = pixel * values / pixels;
        let end = ((pixel + 1) * values).div_ceil(pixels);
        first..end.clamp(first + 1, values)
    };
    for x in 0..width {
        let columns = under(x, width, frames);
        for y in 0..height {
            let rows = under(height - 1 - y, height, bins);
            let value = columns
                .clone()
                .flat_map(|k| panel.spectra.frame(k)[rows.clone()].iter())
                .fold(f64::NEG_INFINITY, |most, &value| most.max(value));
            canvas.fill((left + x, top + y), (1, 1), colour((levels(value) - low) / span));
        }
    }
    frame(canvas, (left, top), (width, height));

    // Time below, between the edges of the first and the last frame's share of the picture.
    let (first, last) = panel.time;
    let share = if frames > 1 { (last - first) / (frames - 1) as f64 } else { 0.0 };
    let (begin, end) = (first - share / 2.0, last + share / 2.0);
    for (value, label) in ticks(begin, end, 8) {
        let x = left + ((value - begin) / (end - begin).max(1e-12) * width as f64) as usize;
        let x = x.min(left + width);
        line(canvas, (x, top + height), (1, 6));
        text(canvas, &label, (x.saturating_sub(text_width(&label) / 2), top + height + 16));
    }
    let label = "time (s)";
    let middle = left + width / 2 - text_width(label) / 2;
    text(canvas, label, (middle, top + height + 42));

    // Frequency on the left.
    let (unit, upper) = match (panel.mel, panel.top >= 2000.0) {
        (true, _) => ("mel", panel.top),
        (false, true) => ("kHz", panel.top / 1000.0),
        (false, false) => ("Hz", panel.top),
    };
    for (value, label) in ticks(0.0, upper, 6) {
        let y = top + height - (value / upper * height as f64) as usize;
        line(canvas, (left - 6, y), (6, 1));
        let x = (left - 10).saturating_sub(text_width(&label));
        text(canvas, &label, (x, y.saturating_sub(7).max(top)));
    }
    text(canvas, unit, (4, top + height / 2 - 7));

    // Level on the right.
    let bar = left + width + 16;
    for y in 0..height {
        let shade = colour(1.0 - y as f64 / (height - 1) as f64);
        for x in 0..14 {
            canvas.fill((bar + x, top + y), (1, 1), shade);
        }
    }
    frame(canvas, (bar, top), (14, height));
    let (low, most, unit) = match scale {
        Scale::Decibels(_) => (-RANGE, 0.0, "dB"),
        Scale::Plain => (low, most, "log"),
    };
    for (value, label) in ticks(low, most, 5) {
        let y = top + height - ((value - low) / (most - low).max(1e-12) * height as f64) as usize;
        line(canvas, (bar + 14, y), (5, 1));
        text(canvas, &label, (bar + 22, y.saturating_sub(7).max(top)));
    }
    text(canvas, unit, (bar + 22, top + height + 16));
}

fn line(canvas: &mut Canvas, at: (usize, usize), size: (usize, usize)) {
    canvas.fill(at, size, INK);
}

fn frame(canvas: &mut Canvas, (x, y): (usize, usize), (width, height): (usize, usize)) {
    for y in [y - 1, y + height] {
        canvas.fill((x - 1, y), (width + 2, 1), GRID);
    }
    for x in [x - 1, x + width] {
        canvas.fill((x, y - 1), (1, height + 2), GRID);
    }
}

/// Round numbers between `from` and `to` with their labels, near `about` of them.
fn ticks(from: f64, to: f64, about: usize) -> Vec<(f64, String)> {
    let span = to - from;
    if span <= 0.0 || !span.is_finite() {
        return vec![(from, format!("{from:.1}"))];
    }
    let rough = span / about as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|&step| step >= rough)
        .unwrap_or(power);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let first = (from / step).ceil() as i64;
    let last = (to / step + 1e-9).floor() as i64;
    (first..=last)
        .map(|index| {
            let value = index as f64 * step;
            (value, format!("{value:.decimals$}"))
        })
        .collect()
}

/// Letters of 5 x 7 dots, a row a number, the leftmost dot its highest bit. Only those that labels need.
const LETTERS: [(char, [u8; 7]); 28] = [
    ('0', [14, 17, 17, 17, 17, 17, 14]),
    ('1', [4, 12, 4, 4, 4, 4, 14]),
    ('2', [14, 17, 1, 2, 4, 8, 31]),
    ('3', [31, 2, 4, 2, 1, 17, 14]),
    ('4', [2, 6, 10, 18, 31, 2, 2]),
    ('5', [31, 16, 30, 1, 1, 17, 14]),
    ('6', [6, 8, 16, 30, 17, 17, 14]),
    ('7', [31, 1, 2, 4, 8, 8, 8]),
    ('8', [14, 17, 17, 14, 17, 17, 14]),
    ('9', [14, 17, 17, 15, 1, 2, 12]),
    ('.', [0, 0, 0, 0, 0, 12, 12]),
    ('-', [0, 0, 0, 31, 0, 0, 0]),
    ('(', [2, 4, 8, 8, 8, 4, 2]),
    (')', [8, 4, 2, 2, 2, 4, 8]),
    (' ', [0; 7]),
    ('B', [30, 17, 17, 30, 17, 17, 30]),
    ('H', [17, 17, 17, 31, 17, 17, 17]),
    ('d', [1, 1, 13, 19, 17, 17, 15]),
    ('e', [0, 0, 14, 17, 31, 16, 14]),
    ('g', [0, 15, 17, 17, 15, 1, 14]),
    ('i', [4, 0, 12, 4, 4, 4, 14]),
    ('k', [16, 16, 18, 20, 24, 20, 18]),
    ('l', [12, 4, 4, 4, 4, 4, 14]),
    ('m', [0, 0, 26, 21, 21, 17, 17]),
    ('o', [0, 0, 14, 17, 17, 17, 14]),
    ('s', [0, 0, 14, 16, 14, 1, 30]),
    ('t', [8, 8, 28, 8, 8, 9, 6]),
    ('z', [0, 0, 31, 2, 4, 8, 31]),
];

fn text_width(text: &str) -> usize {
    text.chars().count() * 6 * DOT
}

fn text(canvas: &mut Canvas, text: &str, at: (usize, usize)) {
    for (place, letter) in text.chars().enumerate() {
        let rows = LETTERS.iter().find(|(of, _)| *of == letter).map_or([0; 7], |(_, rows)| *rows);
        for (y, row) in rows.iter().enumerate() {
            for x in (0..5).filter(|x| row >> (4 - x) & 1 == 1) {
                let left = at.0 + (place * 6 + x) * DOT;
                line(canvas, (left, at.1 + y * DOT), (DOT, DOT));
            }
        }
    }
}
