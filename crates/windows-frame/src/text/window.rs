//! One window over text.

use core::ops::Range;

use super::chars::CharOrigin;

/// The byte range of each unit, in one of three forms, the smallest that will do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bounds<'a> {
    /// Every byte is a unit.
    Bytes,
    /// Unit `i` is bytes `[i]..[i + 1]`.
    Joined(&'a [usize]),
    /// Unit `i` is bytes `[i]`: there may be gaps between them.
    Apart(&'a [Range<usize>]),
}

impl Bounds<'_> {
    pub(super) fn start(&self, unit: usize) -> usize {
        match self {
            Self::Bytes => unit,
            Self::Joined(bounds) => bounds[unit],
            Self::Apart(ranges) => ranges[unit].start,
        }
    }

    pub(super) fn end(&self, unit: usize) -> usize {
        match self {
            Self::Bytes => unit + 1,
            Self::Joined(bounds) => bounds[unit + 1],
            Self::Apart(ranges) => ranges[unit].end,
        }
    }
}

/// Some consecutive units of a text: where they lie, and which part of them is new.
///
/// All ranges are half-open and count from the start of the whole text, or of the stream. The window
/// borrows its text: nothing is copied. `&text[window.bytes()] == window.text()`, always.
///
/// # Example
/// ```
/// use windows_core::Edge;
/// use windows_frame::FrameSpec;
/// use windows_frame::text::{Unit, Units};
///
/// let text = "né\nici\nun jour";
/// let lines = Units::new(text, &Unit::Line);
/// let window = lines.windows(FrameSpec::overlapping(2, 1))?.nth(1).unwrap();
/// assert_eq!(window.text(), "ici\nun jour");
/// assert_eq!(window.bytes(), 4..15);
/// assert_eq!(window.chars(), 3..14);
/// assert_eq!(window.units(), 1..3);
/// assert_eq!(window.fresh_text(), "un jour");
/// assert_eq!(window.fresh(), 8..15);
/// # Ok::<(), windows_frame::text::TextError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TextWindow<'a> {
    pub(super) text: &'a str,
    /// The byte it starts at.
    pub(super) start: usize,
    /// The first unit, and the one behind the last.
    pub(super) first: usize,
    pub(super) end: usize,
    /// The byte its fresh part starts at.
    pub(super) fresh: usize,
    /// The bounds of units, of which `known` is the first.
    pub(super) bounds: Bounds<'a>,
    pub(super) known: usize,
    pub(super) chars: CharOrigin<'a>,
}

impl<'a> TextWindow<'a> {
    /// The text, from the start of the first unit to the end of the last, with what lies between.
    #[must_use]
    #[inline]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Its bytes.
    #[must_use]
    #[inline]
    pub fn bytes(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// Its characters (Unicode scalar values): what Python calls positions of a `str`.
    ///
    /// Counts the window's text, at the speed of memory. The first window in memory that is asked
    /// indexes the whole text, so that the start is O(1) for all.
    #[must_use]
    pub fn chars(&self) -> Range<usize> {
        self.chars.range(self.start, self.text)
    }

    /// Its units. Never empty.
    #[must_use]
    #[inline]
    pub fn units(&self) -> Range<usize> {
        self.first..self.end
    }

    /// The bytes that no earlier window had. Possibly empty, and then at the end of the window.
    #[must_use]
    #[inline]
    pub fn fresh(&self) -> Range<usize> {
        self.fresh..self.start + self.text.len()
    }

    /// The text that no earlier window had.
    #[must_use]
    pub fn fresh_text(&self) -> &'a str {
        &self.text[self.fresh - self.start..]
    }

    /// The text that an earlier window had as well.
    #[must_use]
    pub fn context_text(&self) -> &'a str {
        &self.text[..self.fresh - self.start]
    }

    /// The bytes of each unit.
    #[must_use = "iterators do nothing unless consumed"]
    pub fn unit_bytes(&self) -> impl ExactSizeIterator<Item = Range<usize>> + DoubleEndedIterator + use<'a> {
        let (bounds, known, inside) = (self.bounds, self.known, self.bytes());
        // A unit that was split for its size may reach beyond the window.
        (self.first..self.end).map(move |unit| {
            let (start, end) = (bounds.start(unit - known), bounds.end(unit - known));
            start.max(inside.start)..end.min(inside.end)
        })
    }

    /// The text of each unit.
    #[must_use = "iterators do nothing unless consumed"]
    pub fn unit_texts(&self) -> impl ExactSizeIterator<Item = &'a str> + DoubleEndedIterator + use<'a> {
        let (text, start) = (self.text, self.start);
        self.unit_bytes().map(move |unit| &text[unit.start - start..unit.end - start])
    }

    /// The first `units` units of it, as a window of which the bytes from `seen` on are fresh.
    pub(super) fn head(&self, units: usize, seen: usize) -> Self {
        let end = self.first + units;
        let stop = self.bounds.end(end - 1 - self.known);
        let text = &self.text[..stop - self.start];
        Self { text, end, fresh: seen.clamp(self.start, stop), ..*self }
    }
}

/// Equal are windows of equal text at equal places.
impl PartialEq for TextWindow<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            && self.start == other.start
            && self.units() == other.units()
            && self.fresh == other.fresh
            && self.chars() == other.chars()
    }
}

impl Eq for TextWindow<'_> {}
