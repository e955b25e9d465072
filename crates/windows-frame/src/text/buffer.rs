//! The part of a stream's text that is still needed.

use core::ops::Range;

use super::TextError;
use super::chars;
use super::utf8::{Decoder, Invalid};

/// Forgotten text is moved over only when it is at least this, and half of all.
const WASTE: usize = 1 << 12;

/// Text behind an offset that only grows. All offsets count from the start of the stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffer {
    decoder: Decoder,
    text: String,
    /// The offset of `text`.
    base: usize,
    /// How much of `text` is forgotten.
    forgotten: usize,
    /// A byte, and how many characters lie before it.
    mark: (usize, usize),
}

impl Buffer {
    pub(super) fn new(invalid: Invalid) -> Self {
        Self { decoder: Decoder::new(invalid), ..Self::default() }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), TextError> {
        self.decoder.push(bytes, &mut self.text)
    }

    pub(super) fn finish(&mut self) -> Result<(), TextError> {
        self.decoder.finish(&mut self.text)
    }

    /// Where the text at hand starts.
    pub(super) fn start(&self) -> usize {
        self.base + self.forgotten
    }

    /// The text at hand.
    pub(super) fn text(&self) -> &str {
        &self.text[self.forgotten..]
    }

    pub(super) fn from(&self, at: usize) -> &str {
        &self.text[at - self.base..]
    }

    pub(super) fn part(&self, range: Range<usize>) -> &str {
        &self.text[range.start - self.base..range.end - self.base]
    }

    /// Characters before a byte that is not before the last one asked for.
    pub(super) fn chars_before(&mut self, at: usize) -> usize {
        let (byte, before) = self.mark;
        let count = before + chars::count(self.part(byte..at).as_bytes());
        self.mark = (at, count);
        count
    }

    /// Forgets the text before a byte.
    pub(super) fn release(&mut self, to: usize) {
        if to > self.mark.0 {
            self.chars_before(to);
        }
        self.forgotten = self.forgotten.max(to - self.base);
        if self.forgotten >= WASTE && self.forgotten >= self.text.len() / 2 {
            self.text.drain(..self.forgotten);
            self.base += self.forgotten;
            self.forgotten = 0;
        }
    }
}
