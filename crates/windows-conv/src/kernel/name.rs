//! What kernels are called: `avx512-f32-14x32-channels`, made while the crate is compiled.
//!
//! ```text
//! name = set - element - tile - lanes       of a multiplication: 14 pixels times 32 channels
//! name = set - element - "depthwise" - lanes
//! ```
//!
//! The tile is written from the numbers that the kernel itself is compiled with: a literal in the table would be a
//! second place for them.

/// Bytes of the longest name.
const MOST: usize = 48;

/// A text that is put together in a constant.
pub(super) struct Name {
    bytes: [u8; MOST],
    len: usize,
}

impl Name {
    /// These words with hyphens between them.
    pub(super) const fn of(words: &[&str]) -> Self {
        let mut name = Self { bytes: [0; MOST], len: 0 };
        let mut word = 0;
        while word < words.len() {
            if word > 0 {
                name = name.and(b"-");
            }
            name = name.and(words[word].as_bytes());
            word += 1;
        }
        name
    }

    /// `rows x lanes`, for a word of another name.
    pub(super) const fn tile((rows, lanes): (usize, usize)) -> Self {
        Self { bytes: [0; MOST], len: 0 }.number(rows).and(b"x").number(lanes)
    }

    const fn and(mut self, more: &[u8]) -> Self {
        let mut at = 0;
        while at < more.len() {
            self.bytes[self.len] = more[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    const fn number(self, value: usize) -> Self {
        let rest = if value < 10 { self } else { self.number(value / 10) };
        rest.and(&[b'0' + (value % 10) as u8])
    }

    pub(super) const fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => panic!("words are text"),
        }
    }
}
