//! Inputs that the benches share, and the plain loops that they are held against.

pub mod layers;

/// Deterministic values in [-1, 1), with nothing regular about them.
#[must_use]
pub fn noise(len: usize) -> Vec<f32> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        // xorshift64*, Vigna 2016
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

/// The same as bytes.
#[must_use]
pub fn noise_u8(len: usize) -> Vec<u8> {
    noise(len).into_iter().map(|x| ((x + 1.0) * 127.5) as u8).collect()
}

/// The sum of every 3 x 3 window, as one writes it by hand: the compiler sees the window's size.
pub fn sum_3x3_by_hand(image: &[f32], width: usize, out: &mut [f32]) {
    let height = image.len() / width;
    let row = |y: usize| &image[y * width..][..width];
    for (y, out) in (0..height - 2).zip(out.chunks_exact_mut(width - 2)) {
        let (a, b, c) = (row(y), row(y + 1), row(y + 2));
        for (x, out) in out.iter_mut().enumerate() {
            *out = a[x]
                + a[x + 1]
                + a[x + 2]
                + b[x]
                + b[x + 1]
                + b[x + 2]
                + c[x]
                + c[x + 1]
                + c[x + 2];
        }
    }
}

/// The normalised ViT tokens of an interleaved picture of `side` x `side`, in patches of `patch`, as one
/// writes it by hand: one pass over the tokens.
#[inline(always)] // the sides are constants of the caller
pub fn vit_tokens_by_hand(pixels: &[u8], side: usize, patch: usize, out: &mut [f32]) {
    let (mean, deviation) = ([0.485_f32, 0.456, 0.406], [0.229_f32, 0.224, 0.225]);
    let tokens = side / patch;
    for (token, out) in out.chunks_exact_mut(3 * patch * patch).enumerate() {
        let (row, column) = (token / tokens * patch, token % tokens * patch);
        for (at, out) in out.iter_mut().enumerate() {
            let (channel, pixel) = (at / (patch * patch), at % (patch * patch));
            let (y, x) = (row + pixel / patch, column + pixel % patch);
            let sample = f32::from(pixels[(y * side + x) * 3 + channel]);
            *out = (sample / 255.0 - mean[channel]) / deviation[channel];
        }
    }
}

/// About `len` bytes of prose: words of one to ten letters, sentences of about twelve words, and, of a
/// hundred words, so many that are not ASCII.
#[must_use]
pub fn prose(len: usize, wide: usize) -> String {
    const LETTERS: &[u8] = b"etaoinshrdlucmfwypvbgk";
    const WIDE: [&str; 8] = ["naïve", "“so”", "日本語", "Привет", "नमस्ते", "don’t", "café—", "👩‍👩‍👧"];
    let mut dice = noise_u8(4096).into_iter().cycle().map(usize::from);
    let mut roll = move |sides: usize| {
        let (high, low) = (dice.next().unwrap_or(0), dice.next().unwrap_or(0));
        (high * 251 + low) % sides
    };
    let mut text = String::with_capacity(len + 64);
    let mut start = true;
    while text.len() < len {
        let from = text.len();
        if roll(100) < wide {
            text.push_str(WIDE[roll(WIDE.len())]);
        } else {
            for _ in 0..=roll(10) {
                let letter = roll(LETTERS.len()).min(roll(LETTERS.len()));
                text.push(char::from(LETTERS[letter]));
            }
            if start {
                text[from..].make_ascii_uppercase();
            }
        }
        let end = roll(36);
        start = end < 3;
        text.push_str(match end {
            0..2 => ". ",
            2 => ".\n",
            3..6 => ", ",
            _ => " ",
        });
    }
    text
}
