//! Windows over text that arrives in pieces.
//!
//! Pieces may end anywhere, inside a character too. Units are found as soon as no further text can
//! move their ends, windows given as soon as their units are there; the last ones when the text ends.
//! What is found depends on the text alone, not on how it was cut: limits are applied to prefixes of
//! fixed length, never to what happens to be at hand.

use core::ops::Range;

use windows_core::Edge;

use super::buffer::Buffer;
use super::bytes::Cursor;
use super::chars::CharOrigin;
use super::utf8::{Invalid, MAX_CHAR};
use super::window::Bounds;
use super::{TextError, TextWindow, Unit, text_frames};
use crate::{FrameGrid, FrameSpec};

/// Input is taken in at most this many bytes before the windows that it completes are given.
const PIECE: usize = 1 << 16;

/// The most bytes of a unit, unless set.
const MAX_UNIT: usize = 64 << 20;

/// Bytes to wait for before units are looked for, unless set.
const LOOK: usize = 1 << 12;

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
    finder: Finder,
    /// The text has ended.
    last: bool,
    failed: Option<TextError>,
}

#[derive(Clone, Debug)]
enum Finder {
    Units(Box<UnitFinder>),
    Bytes(Cursor),
}

/// A window that is complete.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ready {
    first: usize,
    end: usize,
    start: usize,
    stop: usize,
    seen: usize,
    chars: usize,
}

impl TextStream {
    /// Windows over the units of one kind.
    ///
    /// # Errors
    /// A size or step of 0 (an overlap as large as the size), padding before the text; balanced
    /// windows, which need [`TextStream::balanced`].
    pub fn new(unit: Unit, spec: FrameSpec) -> Result<Self, TextError> {
        text_frames(spec, 0)?;
        if spec.rule() == Edge::Balance {
            return Err(TextError::Balance);
        }
        // The windows that exist whatever comes: those over a text without an end.
        let endless = FrameSpec::new(spec.length(), spec.hop()).over(isize::MAX as usize)?;
        Ok(Self::of(Finder::Units(Box::new(UnitFinder::new(unit, spec, endless, None)))))
    }

    /// Windows over a text of which the number of units is known, for edges of every kind.
    ///
    /// # Errors
    /// Those of [`TextStream::new`], but for the last; at the end another number of units.
    pub fn balanced(unit: Unit, spec: FrameSpec, units: usize) -> Result<Self, TextError> {
        let grid = text_frames(spec, units)?;
        Ok(Self::of(Finder::Units(Box::new(UnitFinder::new(unit, spec, grid, Some(units))))))
    }

    /// Windows counted in bytes, on character boundaries, as those of [`Bytes`](super::Bytes).
    ///
    /// # Errors
    /// A size or step of 0 (an overlap as large as the size), padding, balanced windows.
    pub fn bytes(spec: FrameSpec) -> Result<Self, TextError> {
        Ok(Self::of(Finder::Bytes(Cursor::new(spec)?)))
    }

    fn of(finder: Finder) -> Self {
        Self { buffer: Buffer::default(), finder, last: false, failed: None }
    }

    /// With this cap on the length of a unit, in bytes, instead of 64 MiB: a longer one is an error,
    /// because no other unit could be found before it ends.
    ///
    /// Units to both sides count as well where one depends on the next: the error comes when a cap's
    /// length behind the end of a unit leaves that end uncertain. Windows over bytes have no units.
    #[must_use]
    pub fn max_unit(mut self, bytes: usize) -> Self {
        if let Finder::Units(finder) = &mut self.finder {
            finder.cap = bytes.max(1);
        }
        self
    }

    /// With this many bytes to wait for, instead of 4 KiB, before words, segments and sentences are
    /// looked for, whose ends depend on what follows. Less gives windows sooner, more costs less time.
    #[must_use]
    pub fn look(mut self, bytes: usize) -> Self {
        if let Finder::Units(finder) = &mut self.finder {
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
        let Finder::Units(finder) = &mut self.finder else {
            self.failed = decoded.err();
            return;
        };
        // What comes first in the text is said first: units before an invalid byte.
        let now = self.last || decoded.is_err();
        self.failed = finder.find(&self.buffer, self.last, now).and(decoded).err();
        if self.last && self.failed.is_none() {
            self.failed = finder.close().err();
        }
    }

    /// The next window that is complete. Text before it is forgotten.
    pub(super) fn ready(&mut self) -> Result<Option<Ready>, TextError> {
        let ready = match &mut self.finder {
            Finder::Units(finder) => finder.ready(&mut self.buffer),
            Finder::Bytes(cursor) => {
                let (text, base) = (self.buffer.text(), self.buffer.start());
                cursor.advance(text, base, self.last).map(|span| Ready {
                    first: span.start,
                    end: span.end,
                    start: span.start,
                    stop: span.end,
                    seen: span.fresh,
                    chars: self.buffer.chars_before(span.start),
                })
            }
        };
        if ready.is_none() {
            match &mut self.finder {
                Finder::Units(finder) => finder.forget(&mut self.buffer),
                Finder::Bytes(cursor) => {
                    let keep = cursor.keeps(self.buffer.text(), self.buffer.start());
                    self.buffer.release(keep);
                }
            }
        }
        match (ready, self.failed) {
            (None, Some(error)) => Err(error),
            (ready, _) => Ok(ready),
        }
    }

    pub(super) fn window(&self, ready: Ready) -> TextWindow<'_> {
        let (bounds, known) = match &self.finder {
            Finder::Units(finder) => (Bounds::Apart(&finder.units), finder.known),
            Finder::Bytes(_) => (Bounds::Bytes, 0),
        };
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

/// Finds units in a buffer and windows of them.
#[derive(Clone, Debug)]
struct UnitFinder {
    unit: Unit,
    spec: FrameSpec,
    /// Over the true number of units once it is known, over an endless text before.
    grid: FrameGrid,
    /// The number of units, if it was said.
    expected: Option<usize>,
    cap: usize,
    /// Bytes to look at, at the least, where it matters how many.
    look: usize,
    /// The bytes of each unit that a window may still have, `known` being the first of them.
    units: Vec<Range<usize>>,
    known: usize,
    /// Up to where units were found, a boundary.
    scanned: usize,
    /// A run of blanks longer than the cap; `scanned` was at its end, the last blank behind it.
    blanks: Range<usize>,
    /// Bytes behind `scanned` that are worth another look.
    enough: usize,
    next: usize,
    /// The end of the window before.
    seen: usize,
    ended: bool,
}

impl UnitFinder {
    fn new(unit: Unit, spec: FrameSpec, grid: FrameGrid, expected: Option<usize>) -> Self {
        Self {
            unit,
            spec,
            grid,
            expected,
            cap: MAX_UNIT,
            look: LOOK,
            units: Vec::new(),
            known: 0,
            scanned: 0,
            blanks: 0..0,
            enough: 0,
            next: 0,
            seen: 0,
            ended: false,
        }
    }

    /// The number of units found.
    fn total(&self) -> usize {
        self.known + self.units.len()
    }

    /// Bytes in which a unit of the cap's length and the boundaries that decide on its end must lie.
    fn limit(&self) -> usize {
        self.cap.saturating_mul(self.unit.lookahead().max(1)).saturating_add(self.unit.reach())
    }

    /// How much of `rest` bytes to look at, if it is worth it or must be `now`.
    ///
    /// Each look takes as much text as was left over by the one before, or more: to look again at every
    /// byte would cost the square of a long unit. Where what is found depends on how far one looks, it
    /// is a fixed length.
    fn prefix(&self, rest: usize, now: bool) -> Option<usize> {
        let limit = self.limit();
        if !self.unit.is_monotone() {
            let look = self.enough.max(self.look).min(limit);
            return if rest >= look { Some(look) } else { (now && rest > 0).then_some(rest) };
        }
        let worth = rest >= self.enough.min(limit);
        (rest > 0 && (now || worth)).then_some(rest.min(limit))
    }

    /// Finds the units that are certain, with all the text at hand if it must be `now`.
    fn find(&mut self, buffer: &Buffer, last: bool, now: bool) -> Result<(), TextError> {
        loop {
            let rest = buffer.from(self.scanned);
            let Some(look) = self.prefix(rest.len(), now) else { return Ok(()) };
            let mut len = look;
            while !rest.is_char_boundary(len) {
                len -= 1;
            }
            let prefix = &rest[..len];
            let whole = len == rest.len();
            let done = self.scan(prefix, last && whole)?;
            self.scanned += done;
            if done == 0 && look >= self.limit() {
                self.pass_blanks(prefix)?;
                continue;
            }
            self.enough = if done == 0 { look } else { len - done }.saturating_mul(2);
            if whole && (now || self.unit.is_monotone()) {
                return Ok(());
            }
        }
    }

    /// Goes on behind a long run of blanks, of which no unit is made: in `text`, which is as long as
    /// one may look, no unit ends for certain.
    ///
    /// # Errors
    /// When it is not for blanks that none does.
    fn pass_blanks(&mut self, text: &str) -> Result<(), TextError> {
        if self.unit.passes(text) {
            // The last blank stays: a mark behind it would make a unit of them all.
            let start = self.blanks_before(self.scanned);
            self.scanned += text.len() - 1;
            self.blanks = start..self.scanned;
            return Ok(());
        }
        match self.unit.decided(text) {
            0 => Err(TextError::UnitTooLong { at: self.scanned, cap: self.cap }),
            decided => {
                self.scanned += self.scan(&text[..decided], true)?;
                Ok(())
            }
        }
    }

    /// Finds the units of a text behind the last ones, and returns where to go on.
    fn scan(&mut self, text: &str, last: bool) -> Result<usize, TextError> {
        let (cap, base) = (self.cap, self.scanned);
        let first = self.blanks_before(base);
        let mut failed = None;
        let done = self.unit.scan(text, last, |unit| {
            let at = if unit.start == 0 { first } else { base + unit.start };
            let end = base + unit.end;
            if failed.is_some() {
            } else if end - at > cap {
                failed = Some(TextError::UnitTooLong { at, cap });
            } else {
                self.units.push(at..end);
            }
        });
        failed.map_or(Ok(done), Err)
    }

    /// Where the segment starts that is scanned from `at` on: before, if only its last blank is left.
    fn blanks_before(&self, at: usize) -> usize {
        if self.blanks.end == at { self.blanks.start } else { at }
    }

    /// There are no more units.
    fn close(&mut self) -> Result<(), TextError> {
        let total = self.total();
        match self.expected {
            Some(expected) if expected != total => {
                return Err(TextError::Length { what: "units", expected, got: total });
            }
            _ => {}
        }
        self.grid = text_frames(self.spec, total)?;
        self.ended = true;
        Ok(())
    }

    /// The units of the next window, if it is known to exist.
    fn next_units(&self) -> Option<Range<usize>> {
        if self.next >= self.grid.count() {
            return None;
        }
        let units = self.grid.range(self.next);
        (units.end <= self.total() && !units.is_empty()).then_some(units)
    }

    fn ready(&mut self, buffer: &mut Buffer) -> Option<Ready> {
        let units = self.next_units()?;
        let start = self.units[units.start - self.known].start;
        let stop = self.units[units.end - 1 - self.known].end;
        let ready = Ready {
            first: units.start,
            end: units.end,
            start,
            stop,
            seen: self.seen,
            chars: buffer.chars_before(start),
        };
        self.next += 1;
        self.seen = stop;
        Some(ready)
    }

    /// Forgets units and text that no later window can have.
    fn forget(&mut self, buffer: &mut Buffer) {
        let total = self.total();
        let mut keep =
            if self.next < self.grid.count() { self.grid.range(self.next).start } else { total };
        if self.spec.rule() == Edge::Snap && !self.ended {
            // The last window may slide back.
            keep = keep.min(total.saturating_sub(self.spec.length()));
        }
        let keep = keep.clamp(self.known, total);
        self.units.drain(..keep - self.known);
        self.known = keep;
        buffer.release(self.units.first().map_or(self.scanned, |unit| unit.start));
    }
}
