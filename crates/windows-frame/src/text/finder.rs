//! What finds windows in text as it arrives: of units, or of bytes.

use core::fmt;
use core::ops::Range;

use windows_core::Edge;

use super::buffer::Buffer;
use super::bytes::Cursor;
use super::window::Bounds;
use super::{TextError, Unit, text_frames};
use crate::{FrameGrid, FrameSpec};

/// The most bytes of a unit, unless set.
const MAX_UNIT: usize = 64 << 20;

/// Bytes to wait for before units are looked for, unless set.
const LOOK: usize = 1 << 12;

/// Finds windows in a buffer to which text is added at its end.
///
/// The caller adds text and calls [`Finder::find`], then [`Finder::ready`] until it gives no window, then
/// [`Finder::forget`].
pub(super) trait Finder: fmt::Debug {
    /// Looks for what is certain in the text that arrived: `last` if the text ends with it, `now` if what is at hand
    /// must do.
    fn find(&mut self, buffer: &Buffer, last: bool, now: bool) -> Result<(), TextError>;

    /// The next window that is complete.
    fn ready(&mut self, buffer: &mut Buffer, last: bool) -> Option<Ready>;

    /// Forgets what no later window can have, and releases the text of it.
    fn forget(&mut self, buffer: &mut Buffer);

    /// The units inside of windows, and the number of the first of them.
    fn bounds(&self) -> (Bounds<'_>, usize);
}

/// A window that is complete.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ready {
    /// The number of its first unit, and of the one behind its last.
    pub(super) first: usize,
    pub(super) end: usize,
    /// The byte that it starts at, and the one that it stops before.
    pub(super) start: usize,
    pub(super) stop: usize,
    /// The bytes that windows before it had end here.
    pub(super) seen: usize,
    /// The number of characters before it.
    pub(super) chars: usize,
}

/// Bytes have no units: a window ends at the character that its last byte is in.
impl Finder for Cursor {
    fn find(&mut self, _: &Buffer, _: bool, _: bool) -> Result<(), TextError> {
        Ok(())
    }

    fn ready(&mut self, buffer: &mut Buffer, last: bool) -> Option<Ready> {
        let span = self.advance(buffer.text(), buffer.start(), last)?;
        Some(Ready {
            first: span.start,
            end: span.end,
            start: span.start,
            stop: span.end,
            seen: span.fresh,
            chars: buffer.chars_before(span.start),
        })
    }

    fn forget(&mut self, buffer: &mut Buffer) {
        let keep = self.keeps(buffer.text(), buffer.start());
        buffer.release(keep);
    }

    fn bounds(&self) -> (Bounds<'_>, usize) {
        (Bounds::Bytes, 0)
    }
}

/// Finds units in a buffer and windows of them.
#[derive(Clone, Debug)]
pub(super) struct UnitFinder {
    unit: Unit,
    spec: FrameSpec,
    /// Over the true number of units once it is known, over an endless text before.
    grid: FrameGrid,
    /// The number of units, if it was said.
    expected: Option<usize>,
    /// The most bytes of a unit.
    pub(super) cap: usize,
    /// Bytes to look at, at the least, where it matters how many.
    pub(super) look: usize,
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
    /// Finds units of which nobody knows how many come.
    pub(super) fn new(unit: Unit, spec: FrameSpec) -> Result<Self, TextError> {
        text_frames(spec, 0)?;
        if spec.rule() == Edge::Balance {
            return Err(TextError::Balance);
        }
        // The windows that exist whatever comes: those over a text without an end.
        let endless = FrameSpec::new(spec.length(), spec.hop()).over(isize::MAX as usize)?;
        Ok(Self::over(unit, spec, endless, None))
    }

    /// Finds `units` of them.
    pub(super) fn expecting(unit: Unit, spec: FrameSpec, units: usize) -> Result<Self, TextError> {
        Ok(Self::over(unit, spec, text_frames(spec, units)?, Some(units)))
    }

    fn over(unit: Unit, spec: FrameSpec, grid: FrameGrid, expected: Option<usize>) -> Self {
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

    /// Finds the units that are certain.
    fn find_certain(&mut self, buffer: &Buffer, last: bool, now: bool) -> Result<(), TextError> {
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
            if end - at > cap {
                failed.get_or_insert(TextError::UnitTooLong { at, cap });
            }
            if failed.is_none() {
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
}

impl Finder for UnitFinder {
    fn find(&mut self, buffer: &Buffer, last: bool, now: bool) -> Result<(), TextError> {
        self.find_certain(buffer, last, now)?;
        if last { self.close() } else { Ok(()) }
    }

    fn ready(&mut self, buffer: &mut Buffer, _: bool) -> Option<Ready> {
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

    fn bounds(&self) -> (Bounds<'_>, usize) {
        (Bounds::Apart(&self.units), self.known)
    }
}
