//! Windows over text that arrives in pieces.
//!
//! Pieces may end anywhere, inside a character too. Units are found as soon as no further text can
//! move their ends, windows given as soon as their units are there; the last ones when the text ends.
//! What is found depends on the text alone, not on how it was cut: limits are applied to prefixes of
//! fixed length, never to what happens to be at hand.

use super::buffer::Buffer;
use super::bytes::Cursor;
use super::chars::CharOrigin;
use super::finder::{Finder, Ready, UnitFinder};
use super::utf8::{Invalid, MAX_CHAR};
use super::{TextError, TextWindow, Unit};
use crate::FrameSpec;

/// Input is taken in at most this many bytes before the windows that it completes are given.
const PIECE: usize = 1 << 16;

/// Windows over text that is pushed in pieces of any length.
///
/// **Law.** For every way to cut a text into pieces, the windows are those of [`Units::windows`] (or
/// [`Bytes::windows`]) over the whole text, with the same offsets; see [`TextReader`] for text from a
/// reader. If an error comes, the windows before it are the same for every way too.
///
/// Memory: the text of one window and of the units that are not certain yet (at most twice the cap,
/// see [`TextStream::max_unit`]), 16 bytes a unit of it, and 64 KiB; at most twice of that while it grows.
///
/// # Example
/// ```
/// use windows_core::Edge;
/// use windows_frame::FrameSpec;
/// use windows_frame::text::{TextStream, Unit};
///
/// let mut seen = Vec::new();
/// let spec = FrameSpec::overlapping(2, 1).edge(Edge::Covered);
/// let mut stream = TextStream::new(Unit::Line, spec)?;
/// for piece in [b"caf\xc3".as_slice(), b"\xa9\nt", b"ea\nmilk"] {
///     stream.push(piece, |window| seen.push((window.bytes(), window.text().to_owned())))?;
/// }
/// stream.finish(|window| seen.push((window.bytes(), window.text().to_owned())))?;
/// assert_eq!(seen, [(0..10, "café\ntea\n".to_owned()), (6..14, "tea\nmilk".to_owned())]);
/// # Ok::<(), windows_frame::text::TextError>(())
/// ```
///
/// [`Units::windows`]: super::Units::windows
/// [`Bytes::windows`]: super::Bytes::windows
/// [`TextReader`]: super::TextReader
#[derive(Clone, Debug)]
pub struct TextStream {
    buffer: Buffer,
    counted: Counted,
    /// The text has ended.
    last: bool,
    failed: Option<TextError>,
}

/// What the windows are counted in.
#[derive(Clone, Debug)]
enum Counted {
    Units(Box<UnitFinder>),
    Bytes(Cursor),
}

impl Counted {
    fn finder(&self) -> &dyn Finder {
        match self {
            Self::Units(finder) => &**finder,
            Self::Bytes(cursor) => cursor,
        }
    }

    fn finder_mut(&mut self) -> &mut dyn Finder {
        match self {
            Self::Units(finder) => &mut **finder,
            Self::Bytes(cursor) => cursor,
        }
    }
}

impl TextStream {
    /// Windows over the units of one kind.
    ///
    /// # Errors
    /// A size or step of 0 (an overlap as large as the size), padding before the text; balanced
    /// windows, which need [`TextStream::balanced`].
    pub fn new(unit: Unit, spec: FrameSpec) -> Result<Self, TextError> {
        Ok(Self::of(Counted::Units(Box::new(UnitFinder::new(unit, spec)?))))
    }

    /// Windows over a text of which the number of units is known, for edges of every kind.
    ///
    /// # Errors
    /// Those of [`TextStream::new`], but for the last; at the end another number of units.
    pub fn balanced(unit: Unit, spec: FrameSpec, units: usize) -> Result<Self, TextError> {
        Ok(Self::of(Counted::Units(Box::new(UnitFinder::expecting(unit, spec, units)?))))
    }

    /// Windows counted in bytes, on character boundaries, as those of [`Bytes`](super::Bytes).
    ///
    /// # Errors
    /// A size or step of 0 (an overlap as large as the size), padding, balanced windows.
    pub fn bytes(spec: FrameSpec) -> Result<Self, TextError> {
        Ok(Self::of(Counted::Bytes(Cursor::new(spec)?)))
    }

    fn of(counted: Counted) -> Self {
        Self { buffer: Buffer::default(), counted, last: false, failed: None }
    }

    /// With this cap on the length of a unit, in bytes, instead of 64 MiB: a longer one is an error,
    /// because no other unit could be found before it ends.
    ///
    /// Units to both sides count as well where one depends on the next: the error comes when a cap's
    /// length behind the end of a unit leaves that end uncertain. Windows over bytes have no units.
    #[must_use]
    pub fn max_unit(mut self, bytes: usize) -> Self {
        if let Counted::Units(finder) = &mut self.counted {
            finder.cap = bytes.max(1);
        }
        self
    }

    /// With this many bytes to wait for, instead of 4 KiB, before words, segments and sentences are
    /// looked for, whose ends depend on what follows. Less gives windows sooner, more costs less time.
    #[must_use]
    pub fn look(mut self, bytes: usize) -> Self {
        if let Counted::Units(finder) = &mut self.counted {
            finder.look = bytes.max(MAX_CHAR);
        }
        self
    }

    /// With this treatment of bytes that are not UTF-8, which otherwise are an error.
    #[must_use]
    pub fn invalid(mut self, invalid: Invalid) -> Self {
        self.buffer = Buffer::new(invalid);
        self
    }

    /// Takes the next piece of the text and gives the windows that are complete with it.
    ///
    /// # Errors
    /// Bytes that are not UTF-8, a unit that is too long; again at every later call.
    pub fn push(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(TextWindow<'_>),
    ) -> Result<(), TextError> {
        for piece in bytes.chunks(PIECE) {
            self.feed(piece);
            self.give(&mut each)?;
        }
        Ok(())
    }

    /// Ends the text and gives the windows that are left.
    ///
    /// # Errors
    /// As for [`TextStream::push`]; and another number of units than was said.
    pub fn finish(mut self, mut each: impl FnMut(TextWindow<'_>)) -> Result<(), TextError> {
        self.end();
        self.give(&mut each)
    }

    fn give(&mut self, mut each: impl FnMut(TextWindow<'_>)) -> Result<(), TextError> {
        while let Some(ready) = self.ready()? {
            each(self.window(ready));
        }
        Ok(())
    }

    /// Takes bytes; what is wrong with them is said when the windows before are given.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            let decoded = self.buffer.push(bytes);
            self.found(decoded);
        }
    }

    /// Ends the text.
    pub(super) fn end(&mut self) {
        if self.failed.is_none() && !self.last {
            let decoded = self.buffer.finish();
            self.last = decoded.is_ok();
            self.found(decoded);
        }
    }

    fn found(&mut self, decoded: Result<(), TextError>) {
        // What comes first in the text is said first: units before an invalid byte.
        let now = self.last || decoded.is_err();
        let found = self.counted.finder_mut().find(&self.buffer, self.last, now);
        self.failed = found.and(decoded).err();
    }

    /// The next window that is complete. Text before it is forgotten.
    pub(super) fn ready(&mut self) -> Result<Option<Ready>, TextError> {
        let finder = self.counted.finder_mut();
        let ready = finder.ready(&mut self.buffer, self.last);
        if ready.is_none() {
            finder.forget(&mut self.buffer);
        }
        match (ready, self.failed) {
            (None, Some(error)) => Err(error),
            (ready, _) => Ok(ready),
        }
    }

    pub(super) fn window(&self, ready: Ready) -> TextWindow<'_> {
        let (bounds, known) = self.counted.finder().bounds();
        TextWindow {
            text: self.buffer.part(ready.start..ready.stop),
            start: ready.start,
            first: ready.first,
            end: ready.end,
            fresh: ready.seen.clamp(ready.start, ready.stop),
            bounds,
            known,
            chars: CharOrigin::At(ready.chars),
        }
    }
}
