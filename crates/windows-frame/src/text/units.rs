//! A text in memory, cut into units once.

use core::iter::FusedIterator;
use core::ops::Range;

use super::chars::CharIndex;
use super::window::Bounds;
use super::{CharOrigin, TextError, TextWindow, Unit, text_frames};
use crate::{FrameGrid, FrameSpec};

/// The units of a text: any part of it by their number, in O(1).
///
/// Made in one pass. Holds 8 bytes a unit where units join without gaps, 16 where there are gaps, and
/// nothing for the characters of an ASCII text.
///
/// # Example
/// ```
/// # #[cfg(feature = "unicode")] {
/// use windows_core::Edge;
/// use windows_frame::FrameSpec;
/// use windows_frame::text::{Unit, Units};
///
/// let words = Units::new("The quick (“brown”) fox can’t jump 32.3 feet", &Unit::Word);
/// assert_eq!(words.len(), 12);
/// assert_eq!(words.get(8), Some("can’t"));
/// let windows = words.windows(FrameSpec::new(5, 5).edge(Edge::Covered)).unwrap();
/// assert_eq!(
///     windows.map(|window| window.text()).collect::<Vec<_>>(),
///     ["The quick (“brown", "”) fox can’t jump", "32.3 feet"],
/// );
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Units<'a> {
    text: &'a str,
    bounds: Owned,
    kind: Option<Unit>,
    chars: CharIndex,
}

/// See [`Bounds`].
#[derive(Clone, Debug)]
enum Owned {
    Bytes,
    Joined(Vec<usize>),
    Apart(Vec<Range<usize>>),
}

impl<'a> Units<'a> {
    /// The units of one kind.
    ///
    /// Time and memory are linear in the text, but for one case outside ASCII: a sentence in which a
    /// full stop is followed by a run of `n` closing brackets or blanks costs the square of `n`.
    #[must_use]
    pub fn new(text: &'a str, unit: &Unit) -> Self {
        let mut bounds = match unit {
            Unit::Char if text.is_ascii() => Owned::Bytes,
            Unit::Separated(_) => Owned::Apart(Vec::new()),
            #[cfg(feature = "unicode")]
            Unit::Word => Owned::Apart(Vec::new()),
            _ => Owned::Joined(vec![0]),
        };
        match &mut bounds {
            Owned::Bytes => {}
            Owned::Joined(bounds) => {
                unit.scan(text, true, |unit| bounds.push(unit.end));
            }
            Owned::Apart(ranges) => {
                unit.scan(text, true, |unit| ranges.push(unit));
            }
        }
        Self { text, bounds, kind: Some(unit.clone()), chars: CharIndex::default() }
    }

    /// Units by their byte ranges: the tokens of any tokenizer.
    ///
    /// Starts must not descend, and ends neither; gaps, overlaps and empty units are allowed, such as
    /// tokens that share a character. A window reaches from the start of its first unit to the end of
    /// its last.
    ///
    /// # Errors
    /// The first range that is backwards, out of order, outside the text or inside a character.
    ///
    /// # Example
    /// ```
    /// use windows_frame::FrameSpec;
    /// use windows_frame::text::Units;
    ///
    /// let tokens = Units::from_offsets("unbelievable!", [0..2, 2..9, 9..12, 12..13])?;
    /// let pairs: Vec<_> = tokens.windows(FrameSpec::new(2, 2))?.map(|pair| pair.text()).collect();
    /// assert_eq!(pairs, ["unbelieva", "ble!"]);
    /// # Ok::<(), windows_frame::text::TextError>(())
    /// ```
    pub fn from_offsets(
        text: &'a str,
        offsets: impl IntoIterator<Item = Range<usize>>,
    ) -> Result<Self, TextError> {
        let ranges: Vec<_> = offsets.into_iter().collect();
        check_order(&ranges, text.len())?;
        for (index, range) in ranges.iter().enumerate() {
            for at in [range.start, range.end] {
                if !text.is_char_boundary(at) {
                    return Err(TextError::InsideChar { index, at });
                }
            }
        }
        Ok(Self { text, bounds: Owned::Apart(ranges), kind: None, chars: CharIndex::default() })
    }

    /// Units by their ranges in characters, which is what tokenizers count in under Python.
    ///
    /// # Errors
    /// The first range that is backwards, out of order or outside the text.
    pub fn from_char_offsets(
        text: &'a str,
        offsets: impl IntoIterator<Item = Range<usize>>,
    ) -> Result<Self, TextError> {
        let mut ranges: Vec<_> = offsets.into_iter().collect();
        check_order(&ranges, text.chars().count())?;
        // Starts ascend, and ends do: one walk for each finds their bytes.
        let mut starts = Walk::new(text);
        let mut ends = Walk::new(text);
        for range in &mut ranges {
            *range = starts.byte(range.start)..ends.byte(range.end);
        }
        Ok(Self { text, bounds: Owned::Apart(ranges), kind: None, chars: CharIndex::default() })
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// How many units.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        match &self.bounds {
            Owned::Bytes => self.text.len(),
            Owned::Joined(bounds) => bounds.len() - 1,
            Owned::Apart(ranges) => ranges.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of unit `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&'a str> {
        (index < self.len()).then(|| &self.text[self.span(index..index + 1)])
    }

    /// The texts of all units.
    #[must_use = "iterators do nothing unless consumed"]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a str> + DoubleEndedIterator + Clone {
        (0..self.len()).map(|unit| &self.text[self.span(unit..unit + 1)])
    }

    /// The bytes from the start of the first of some units to the end of the last.
    ///
    /// # Panics
    /// If the range is empty or beyond the units.
    #[must_use]
    #[inline]
    #[track_caller]
    pub fn span(&self, units: Range<usize>) -> Range<usize> {
        assert!(units.start < units.end && units.end <= self.len(), "units beyond the text");
        let bounds = self.bounds();
        bounds.start(units.start)..bounds.end(units.end - 1)
    }

    /// How many units start inside some bytes. O(log n).
    #[must_use]
    pub fn starting_in(&self, bytes: Range<usize>) -> usize {
        let before = |at: usize| self.first_from(0..self.len(), at);
        before(bytes.end).saturating_sub(before(bytes.start))
    }

    /// How many units start inside some bytes, as a measure for [`Units::chunks`]: of ranges that follow
    /// one another, O(1) each on average; of any others, the logarithm of the distance.
    ///
    /// # Example
    /// ```
    /// use windows_frame::text::{Budget, Unit, Units};
    ///
    /// // What a tokenizer said of the text, and chunks of whole lines with at most 4 tokens.
    /// let text = "un believ able\nit\nis\nnot\n";
    /// let tokens = Units::from_offsets(text, [0..2, 3..9, 10..14, 15..17, 18..20, 21..24])?;
    /// let lines = Units::new(text, &Unit::Line);
    /// let chunks: Result<Vec<_>, _> = lines.chunks(Budget::new(4).overlap(1), tokens.measure())?.collect();
    /// let texts: Vec<_> = chunks?.iter().map(|chunk| chunk.window.text()).collect();
    /// assert_eq!(texts, ["un believ able\nit\n", "it\nis\nnot\n"]);
    /// # Ok::<(), windows_frame::text::TextError>(())
    /// ```
    pub fn measure(&self) -> impl FnMut(Range<usize>) -> usize + Clone + use<'_, 'a> {
        let mut near = 0;
        move |bytes| {
            let first = self.first_from_near(near, bytes.start);
            near = self.first_from_near(first, bytes.end);
            near.saturating_sub(first)
        }
    }

    /// The first of some units that starts at a byte or behind it; those before the range do not, those
    /// behind it do.
    fn first_from(&self, units: Range<usize>, at: usize) -> usize {
        let bounds = self.bounds();
        let (mut low, mut high) = (units.start, units.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if bounds.start(middle) < at { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// As [`Units::first_from`] of all units, looked for from one of them on in steps that double.
    #[inline]
    fn first_from_near(&self, near: usize, at: usize) -> usize {
        let (bounds, len) = (self.bounds(), self.len());
        let mut step = 1;
        if near < len && bounds.start(near) < at {
            let mut low = near + 1;
            while step <= len - low && bounds.start(low + step - 1) < at {
                low += step;
                step *= 2;
            }
            return self.first_from(low..len.min(low + step - 1), at);
        }
        let mut high = near;
        while step <= high && bounds.start(high - step) >= at {
            high -= step;
            step *= 2;
        }
        self.first_from(high.saturating_sub(step - 1)..high, at)
    }

    /// Windows of these units.
    ///
    /// The frame spec counts in units. Windows without a unit are left out: they arise where the step
    /// exceeds the size.
    ///
    /// # Errors
    /// A size or step of 0 (an overlap as large as the size), padding before the text, units left out.
    pub fn windows(&self, spec: FrameSpec) -> Result<TextWindows<'_>, TextError> {
        let grid = text_frames(spec, self.len())?;
        // Starts ascend, so windows behind the last unit are the last windows.
        let axis = grid.axis();
        let mut count = grid.count();
        if axis.is_regular() {
            count = count.min(axis.len().div_ceil(axis.step()));
        }
        Ok(TextWindows { units: self, grid, front: 0, back: count })
    }

    /// The window over some units of which the bytes from `seen` on are fresh.
    pub(super) fn window(&self, units: Range<usize>, seen: usize) -> TextWindow<'_> {
        let span = self.span(units.clone());
        self.cut(span, units, seen)
    }

    /// The window over some bytes inside some units of which those from `seen` on are fresh.
    pub(super) fn cut(
        &self,
        span: Range<usize>,
        units: Range<usize>,
        seen: usize,
    ) -> TextWindow<'_> {
        TextWindow {
            text: &self.text[span.clone()],
            start: span.start,
            first: units.start,
            end: units.end,
            fresh: seen.clamp(span.start, span.end),
            bounds: self.bounds(),
            known: 0,
            chars: CharOrigin::Index(&self.chars, self.text),
        }
    }

    #[inline]
    pub(super) fn bounds(&self) -> Bounds<'_> {
        match &self.bounds {
            Owned::Bytes => Bounds::Bytes,
            Owned::Joined(bounds) => Bounds::Joined(bounds),
            Owned::Apart(ranges) => Bounds::Apart(ranges),
        }
    }

    /// The kind of the units; none if the caller brought them.
    pub(super) fn kind(&self) -> Option<&Unit> {
        self.kind.as_ref()
    }
}

fn check_order(ranges: &[Range<usize>], len: usize) -> Result<(), TextError> {
    let mut before = 0..0;
    for (index, range) in ranges.iter().enumerate() {
        if range.start > range.end {
            return Err(TextError::Backwards { index, start: range.start, end: range.end });
        }
        if range.start < before.start {
            return Err(TextError::Disordered { index, at: range.start, before: before.start });
        }
        if range.end < before.end {
            return Err(TextError::Disordered { index, at: range.end, before: before.end });
        }
        if range.end > len {
            return Err(TextError::OutOfText { index, end: range.end, len });
        }
        before = range.clone();
    }
    Ok(())
}

/// From character offsets to byte offsets, both ascending.
struct Walk<'a> {
    chars: core::str::CharIndices<'a>,
    len: usize,
    /// The character that `chars` gives next.
    at: usize,
    byte: usize,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str) -> Self {
        Self { chars: text.char_indices(), len: text.len(), at: 0, byte: 0 }
    }

    fn byte(&mut self, char: usize) -> usize {
        while self.at < char {
            self.chars.next();
            self.at += 1;
            self.byte = self.chars.offset();
        }
        self.byte.min(self.len)
    }
}

/// Windows over [`Units`]; see [`Units::windows`]. Each costs O(1).
#[derive(Clone, Debug)]
pub struct TextWindows<'a> {
    units: &'a Units<'a>,
    grid: FrameGrid,
    front: usize,
    back: usize,
}

impl<'a> TextWindows<'a> {
    #[inline]
    fn at(&self, index: usize) -> TextWindow<'a> {
        let seen = match index.checked_sub(1) {
            Some(before) => self.units.span(self.grid.range(before)).end,
            None => 0,
        };
        self.units.window(self.grid.range(index), seen)
    }
}

impl<'a> Iterator for TextWindows<'a> {
    type Item = TextWindow<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.nth(0)
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        let index = self.front.saturating_add(n).min(self.back);
        self.front = index;
        (index < self.back).then(|| {
            self.front += 1;
            self.at(index)
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.back - self.front;
        (left, Some(left))
    }

    fn count(self) -> usize {
        self.len()
    }

    fn last(mut self) -> Option<Self::Item> {
        self.next_back()
    }
}

impl DoubleEndedIterator for TextWindows<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.nth_back(0)
    }

    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        self.back -= n.min(self.back - self.front);
        (self.front < self.back).then(|| {
            self.back -= 1;
            self.at(self.back)
        })
    }
}

impl ExactSizeIterator for TextWindows<'_> {}
impl FusedIterator for TextWindows<'_> {}
