//! From bytes to characters: which character starts at a byte.

use core::ops::Range;
use std::sync::OnceLock;

/// Bytes between two entries of the index: 1/128 of the text in memory, at most 40 ns a look-up.
const BLOCK: usize = 1024;

/// Characters of a text: bytes that start one.
pub(super) fn count(bytes: &[u8]) -> usize {
    // As signed numbers, continuation bytes are the smallest. std counts a `&str` so too, but a block
    // of the index need not be one.
    bytes.iter().filter(|&&byte| (byte as i8) >= -0x40).count()
}

/// Character offsets of a text, indexed on first use.
#[derive(Clone, Debug, Default)]
pub(super) struct CharIndex(OnceLock<Vec<usize>>);

impl CharIndex {
    /// Characters before `byte` in `text`, always the same text.
    fn before(&self, text: &str, byte: usize) -> usize {
        let blocks = self.0.get_or_init(|| {
            let mut total = 0;
            let starts = text.as_bytes().chunks(BLOCK).map(|block| {
                let start = total;
                total += count(block);
                start
            });
            starts.collect()
        });
        let block = byte / BLOCK;
        match blocks.get(block) {
            Some(start) => start + count(&text.as_bytes()[block * BLOCK..byte]),
            // The end of a text of whole blocks, or of an empty one.
            None => match blocks.last() {
                Some(start) => start + count(&text.as_bytes()[(block - 1) * BLOCK..]),
                None => 0,
            },
        }
    }
}

/// Where the characters of a window are counted from.
#[derive(Clone, Copy, Debug)]
pub(super) enum CharOrigin<'a> {
    /// This many lie before it.
    At(usize),
    /// As many as the index says.
    Index(&'a CharIndex, &'a str),
}

impl CharOrigin<'_> {
    pub(super) fn range(self, start: usize, text: &str) -> Range<usize> {
        let first = match self {
            Self::At(first) => first,
            Self::Index(index, whole) => index.before(whole, start),
        };
        // std's count runs at the speed of memory.
        first..first + text.chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_counts_like_a_loop() {
        for len in [0, 1, 1000, 1023, 1024, 1025, 2048, 5000] {
            let text: String = "aé漢🙂".chars().cycle().take(len).collect();
            let index = CharIndex::default();
            for (nth, (byte, _)) in text.char_indices().enumerate() {
                assert_eq!(index.before(&text, byte), nth);
            }
            assert_eq!(index.before(&text, text.len()), len);
        }
        let whole = "a".repeat(2 * BLOCK);
        assert_eq!(CharIndex::default().before(&whole, whole.len()), whole.len());
    }
}
