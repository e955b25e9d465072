//! One window over text.

use core::ops::{Range, RangeInclusive};

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
    #[inline]
    pub(super) fn start(&self, unit: usize) -> usize {
        match self {
            Self::Bytes => unit,
            Self::Joined(bounds) => bounds[unit],
            Self::Apart(ranges) => ranges[unit].start,
        }
    }

    #[inline]
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
    #[inline]
    pub fn fresh_text(&self) -> &'a str {
        &self.text[self.fresh - self.start..]
    }

    /// The text that an earlier window had as well.
    #[must_use]
    #[inline]
    pub fn context_text(&self) -> &'a str {
        &self.text[..self.fresh - self.start]
    }

    /// The bytes of each unit.
    #[must_use = "iterators do nothing unless consumed"]
    pub fn unit_bytes(
        &self,
    ) -> impl ExactSizeIterator<Item = Range<usize>> + DoubleEndedIterator + use<'a> {
        let (bounds, known, inside) = (self.bounds, self.known, self.bytes());
        // A unit that was split for its size may reach beyond the window.
        (self.first..self.end).map(move |unit| {
            let (start, end) = (bounds.start(unit - known), bounds.end(unit - known));
            start.max(inside.start)..end.min(inside.end)
        })
    }

    /// The text of each unit.
    #[must_use = "iterators do nothing unless consumed"]
    pub fn unit_texts(
        &self,
    ) -> impl ExactSizeIterator<Item = &'a str> + DoubleEndedIterator + use<'a> {
        let (text, start) = (self.text, self.start);
        self.unit_bytes().map(move |unit| &text[unit.start - start..unit.end - start])
    }

    /// The n-grams that start where it does, each a window, fresh in what none before it had.
    ///
    /// Over windows of the longest n-gram at step 1 under [`Edge::Keep`](windows_core::Edge::Keep) these
    /// are all n-grams of a text by position: from a stream as well, where
    /// [`Units::ngrams`](super::Units::ngrams) needs the text in memory.
    ///
    /// # Example
    /// ```
    /// use windows_core::Edge;
    /// use windows_frame::FrameSpec;
    /// use windows_frame::text::{TextStream, Unit};
    ///
    /// let mut grams = Vec::new();
    /// let mut stream = TextStream::new(Unit::Char, FrameSpec::new(2, 1).edge(Edge::Keep))?;
    /// let mut add = |window: windows_frame::text::TextWindow<'_>| {
    ///     grams.extend(window.ngrams(1..=2).map(|gram| gram.text().to_owned()));
    /// };
    /// stream.push(b"ab", &mut add)?;
    /// stream.push(b"c", &mut add)?;
    /// stream.finish(&mut add)?;
    /// assert_eq!(grams, ["a", "ab", "b", "bc", "c"]);
    /// # Ok::<(), windows_frame::text::TextError>(())
    /// ```
    #[must_use = "iterators do nothing unless consumed"]
    pub fn ngrams(&self, lengths: RangeInclusive<usize>) -> impl Iterator<Item = Self> + use<'a> {
        let (window, mut seen) = (*self, self.fresh);
        let longest = (*lengths.end()).min(self.end - self.first);
        ((*lengths.start()).max(1)..=longest).map(move |units| {
            let stop = window.bounds.end(window.first + units - 1 - window.known);
            let fresh = seen.clamp(window.start, stop);
            seen = seen.max(stop);
            let text = &window.text[..stop - window.start];
            Self { text, end: window.first + units, fresh, ..window }
        })
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
