//! Windows counted in bytes that never cut a character.

use core::hint::select_unpredictable;
use core::iter::FusedIterator;

use windows_core::Edge;

use super::chars::CharIndex;
use super::utf8::MAX_CHAR;
use super::window::Bounds;
use super::{CharOrigin, TextError, TextWindow, text_frames};
use crate::FrameSpec;

/// No text is longer: a size or step above it says no more.
const LONGEST: usize = isize::MAX.cast_unsigned();

/// A text in memory whose windows are counted in bytes.
///
/// # Example
/// ```
/// use windows_core::Edge;
/// use windows_frame::FrameSpec;
/// use windows_frame::text::Bytes;
///
/// let text = Bytes::new("日本語です");
/// let windows = text.windows(FrameSpec::overlapping(7, 3).edge(Edge::Covered))?;
/// let windows: Vec<_> = windows.map(|window| (window.bytes(), window.text())).collect();
/// assert_eq!(windows, [(0..6, "日本"), (3..9, "本語"), (6..12, "語で"), (9..15, "です")]);
/// # Ok::<(), windows_frame::text::TextError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bytes<'a> {
    text: &'a str,
    chars: CharIndex,
}

impl<'a> Bytes<'a> {
    /// The bytes of `text`. Free of cost.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, chars: CharIndex::default() }
    }

    /// Windows of at most [`FrameSpec::length`] bytes, on character boundaries.
    ///
    /// Ends are rounded down to a boundary, but a window has at least one character, and each starts
    /// and ends behind the one before: window `s..e` has `e = floor(s + size)`, the next one starts at
    /// `min(floor(s + step), e)`, or at `floor(s + step)` where the step exceeds the size, and at least
    /// one character later. The edge decides as it does for frames, on the sizes as they are asked for;
    /// under snap the last window starts at
    /// the first boundary from which it is not too long.
    ///
    /// Every window costs O(1): the text is not read between boundaries.
    ///
    /// # Errors
    /// A size or step of 0 (an overlap as large as the size), padding, balanced windows.
    pub fn windows(&self, spec: FrameSpec) -> Result<ByteWindows<'_>, TextError> {
        Ok(ByteWindows { source: self, cursor: Cursor::new(spec)? })
    }
}

/// Windows over [`Bytes`]; see [`Bytes::windows`].
#[derive(Clone, Debug)]
pub struct ByteWindows<'a> {
    source: &'a Bytes<'a>,
    cursor: Cursor,
}

impl<'a> Iterator for ByteWindows<'a> {
    type Item = TextWindow<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let Bytes { text, chars } = self.source;
        let span = self.cursor.advance(text, 0, true)?;
        Some(span.window(text, 0, CharOrigin::Index(chars, text)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // Each window starts at least one byte behind the one before.
        (0, Some(self.source.text.len()))
    }

    /// The cursor stays in registers, not in memory as from call to call of `next`.
    #[inline]
    fn fold<A, F: FnMut(A, Self::Item) -> A>(mut self, init: A, mut each: F) -> A {
        let Bytes { text, chars } = self.source;
        let mut folded = init;
        while let Some(span) = self.cursor.advance(text, 0, true) {
            folded = each(folded, span.window(text, 0, CharOrigin::Index(chars, text)));
        }
        folded
    }
}

impl FusedIterator for ByteWindows<'_> {}

/// Where the next window lies, in a text of which only a part may be at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    size: usize,
    step: usize,
    /// Bytes that a window at the end of the text must have.
    least: usize,
    edge: Edge,
    /// Start and end of the window before.
    previous: Option<(usize, usize)>,
    /// The start of the next one, once the text there was in sight.
    next: Option<usize>,
}

/// Start and end of a byte window, and the start of its fresh part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) fresh: usize,
}

impl Cursor {
    pub(super) fn new(spec: FrameSpec) -> Result<Self, TextError> {
        // What the spec may be does not depend on the length.
        text_frames(spec, 0)?;
        let edge = spec.rule();
        if edge == Edge::Balance {
            return Err(TextError::Balance);
        }
        let least = match edge {
            // Padding after the data is what a window may lack.
            Edge::Drop => spec.length().saturating_sub(spec.after().unsigned_abs()).max(1),
            Edge::Keep | Edge::Ceil | Edge::Covered | Edge::Snap | Edge::Balance => 1,
        };
        Ok(Self {
            size: spec.length().min(LONGEST),
            step: spec.hop().min(LONGEST),
            least,
            edge,
            previous: None,
            next: Some(0),
        })
    }

    /// The next window over a text of which `text` is the part from byte `base` on, in whole
    /// characters.
    ///
    /// `None` if there is none, or if it depends on text behind: never so when this is the `last`.
    #[inline(always)]
    pub(super) fn advance(&mut self, text: &str, base: usize, last: bool) -> Option<Span> {
        let len = base + text.len();
        let seen = self.seen();
        let start = self.start(text, base);
        if last && self.ends(seen, len) {
            return None;
        }
        let mut start = match start {
            Some(start) => start,
            None if last && self.edge == Edge::Snap => len,
            None => return None,
        };
        let target = further(start, self.size);
        let end = if target > len {
            if !last {
                return None;
            }
            if self.edge == Edge::Snap && len > self.size {
                let slid = base + boundary_from(text, len - self.size - base);
                start = slid.min(base + boundary_until(text, text.len() - 1));
            } else if start >= len || len - start < self.least {
                return None;
            }
            len
        } else {
            let end = base + boundary_until(text, target - base);
            if end > start { end } else { base + boundary_from(text, start + 1 - base) }
        };
        self.previous = Some((start, end));
        self.next = None;
        Some(Span { start, end, fresh: seen.clamp(start, end) })
    }

    /// Where the next window starts, if that is in sight.
    #[inline(always)]
    fn start(&mut self, text: &str, base: usize) -> Option<usize> {
        if let (None, Some((start, end))) = (self.next, self.previous) {
            let mut target = further(start, self.step);
            if self.step <= self.size {
                // An end is rounded down by less than a character: where the overlap is more than that,
                // the next start need not wait for the end to be found.
                if self.size - self.step < MAX_CHAR {
                    target = not_behind(target, end);
                }
            } else if target > base + text.len() {
                return None;
            }
            let next = base + boundary_until(text, target - base);
            let next =
                if next > start { next } else { base + boundary_from(text, start + 1 - base) };
            self.next = Some(next);
        }
        self.next
    }

    /// Whether the text, of `len` bytes, needs no more windows.
    #[inline]
    fn ends(&self, seen: usize, len: usize) -> bool {
        match self.edge {
            Edge::Covered | Edge::Snap => seen == len,
            // Ceil counts back from the end: a text far too short has no window.
            Edge::Ceil => seen == len || self.size.saturating_sub(len) >= self.step,
            Edge::Drop | Edge::Keep | Edge::Balance => false,
        }
    }

    #[inline]
    fn seen(&self) -> usize {
        self.previous.map_or(0, |(_, end)| end)
    }

    /// The first byte that a later window may still have, with a text that goes on behind `text`.
    pub(super) fn keeps(&mut self, text: &str, base: usize) -> usize {
        let len = base + text.len();
        let next = self.start(text, base).unwrap_or(len);
        match self.edge {
            Edge::Snap => {
                let slid = len.saturating_sub(self.size).max(base);
                next.min(base + boundary_until(text, slid - base))
            }
            Edge::Drop | Edge::Keep | Edge::Ceil | Edge::Covered | Edge::Balance => next,
        }
    }
}

impl Span {
    #[inline]
    pub(super) fn window<'a>(
        self,
        text: &'a str,
        base: usize,
        chars: CharOrigin<'a>,
    ) -> TextWindow<'a> {
        TextWindow {
            text: &text[self.start - base..self.end - base],
            start: self.start,
            first: self.start,
            end: self.end,
            fresh: self.fresh,
            bounds: Bounds::Bytes,
            known: 0,
            chars,
        }
    }
}

/// The smaller of two. A call, so that it is jumped over where it is not needed: a conditional move would
/// wait for both.
#[cold]
fn not_behind(target: usize, end: usize) -> usize {
    target.min(end)
}

/// A place `by` bytes, at most [`LONGEST`], behind another.
///
/// With 64 bits no text and no stream comes to where the sum overflows; to saturate would cost 0.6 ns of
/// 5 a window.
#[inline]
fn further(at: usize, by: usize) -> usize {
    if cfg!(target_pointer_width = "64") { at + by } else { at.saturating_add(by) }
}

/// The last character boundary that is not behind `at`, nor behind the end.
///
/// Four bytes at once, the longest that a character is: how far it is to a boundary is chance where
/// characters are wide, and a branch on chance costs more than all else here. The next window waits for
/// it, so that every operation in a row counts: three comparisons side by side, each with a choice, take
/// fewer than a search for a bit or a sum.
#[inline]
fn boundary_until(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let before = at.checked_sub(MAX_CHAR - 1).and_then(|first| bytes.get(first..)?.first_chunk());
    if let Some(&[_, third, second, here]) = before {
        let from = |byte, before, at| select_unpredictable(continues(byte), before, at);
        return from(here, from(second, from(third, at - 3, at - 2), at - 1), at);
    }
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The first character boundary that is not before `at`.
#[inline]
fn boundary_from(text: &str, mut at: usize) -> usize {
    let behind = text.as_bytes().get(at..).and_then(<[u8]>::first_chunk);
    if let Some(&four) = behind {
        return at + (continuing(u32::from_le_bytes(four)).trailing_ones() / 8) as usize;
    }
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// Whether a byte continues a character: `10......`.
#[inline]
fn continues(byte: u8) -> bool {
    byte.cast_signed() < -0x40
}

/// All ones in the bytes that continue a character; no eight ones in a row from the lowest bit on in
/// others.
#[inline]
fn continuing(bytes: u32) -> u32 {
    bytes & !(bytes << 1) | 0x7f7f_7f7f
}

#[cfg(test)]
mod tests {
    use core::ops::Range;

    use super::*;

    #[test]
    fn sizes_and_steps_without_end_do_not_overflow() {
        let text = Bytes::new("aé漢🙂");
        let ends = |bytes: Range<usize>| (bytes.start, bytes.end);
        let longest = isize::MAX.cast_unsigned();
        let check = |size, step, edge, expected: &[(usize, usize)]| {
            let windows = text.windows(FrameSpec::new(size, step).edge(edge)).expect("windows");
            let found: Vec<_> = windows.clone().map(|window| ends(window.bytes())).collect();
            assert_eq!(found, expected, "{size} {step} {edge:?}");
            let next: Vec<_> = core::iter::from_fn({
                let mut windows = windows;
                move || windows.next().map(|window| ends(window.bytes()))
            })
            .collect();
            assert_eq!(next, expected, "by next: {size} {step} {edge:?}");
        };
        for edge in [Edge::Keep, Edge::Covered, Edge::Snap, Edge::Ceil] {
            check(longest, usize::MAX, edge, &[(0, 10)]);
        }
        check(longest, 1, Edge::Keep, &[(0, 10), (1, 10), (3, 10), (6, 10)]);
        check(longest, 1, Edge::Ceil, &[]);
        check(3, usize::MAX, Edge::Keep, &[(0, 3)]);
        check(3, usize::MAX, Edge::Snap, &[(0, 3), (6, 10)]);
        assert!(text.windows(FrameSpec::new(usize::MAX, 1)).is_err());
    }

    #[test]
    fn boundaries_are_those_of_the_standard_library() {
        let text = "aé漢🙂 zß語👩‍👩‍👧é漢🙂a";
        for start in text.char_indices().map(|(at, _)| at) {
            let text = &text[start..];
            for at in 0..=text.len() {
                let until = (0..=at).rfind(|&at| text.is_char_boundary(at));
                let from = (at..=text.len()).find(|&at| text.is_char_boundary(at));
                assert_eq!(Some(boundary_until(text, at)), until, "{text} {at}");
                assert_eq!(Some(boundary_from(text, at)), from, "{text} {at}");
            }
        }
    }
}
