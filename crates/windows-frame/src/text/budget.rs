//! Chunks that hold all the units that a budget allows.
//!
//! A chunk is never above its budget, has at least one unit that the chunk before had not, and starts
//! and ends behind it: so chunking always ends. What neighbours share is at most the overlap, and less
//! where the budget leaves no room for both the overlap and a new unit.

use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;
use std::collections::VecDeque;

use super::unit::Finer;
use super::{TextError, TextWindow, Unit, Units};

/// How much a chunk may hold, how much it may share with the one before, and what to do with a unit
/// that alone is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    most: usize,
    overlap: usize,
    oversize: Oversize,
}

/// What to do with one unit that is above the budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Oversize {
    /// Refuse it: [`TextError::AboveBudget`].
    #[default]
    Refuse,
    /// Keep it whole, alone in a chunk that is above the budget.
    Keep,
    /// Split it into units of the next finer kind, and those again where need be: lines, pieces and
    /// your own units into sentences, then segments, graphemes, characters (without feature `unicode`
    /// into characters). A character above the budget is refused.
    Split,
}

impl Budget {
    /// At most this much in a chunk, in whatever the measure measures; no overlap.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { most, overlap: 0, oversize: Oversize::Refuse }
    }

    /// With at most this much shared by neighbouring chunks, in whole units.
    #[must_use]
    pub const fn overlap(mut self, overlap: usize) -> Self {
        self.overlap = overlap;
        self
    }

    /// With this treatment of single units that are too large.
    #[must_use]
    pub const fn oversize(mut self, oversize: Oversize) -> Self {
        self.oversize = oversize;
        self
    }

    fn check(self) -> Result<Self, TextError> {
        if self.most == 0 {
            return Err(TextError::NoBudget);
        }
        if self.overlap >= self.most {
            return Err(TextError::Overlap { overlap: self.overlap, budget: self.most });
        }
        Ok(self)
    }
}

/// Some consecutive units that fit a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The chunk as a window. Where units were split it may hold only parts of them.
    pub window: TextWindow<'a>,
    /// Its measure: at most the budget, unless it is one unit that was kept whole.
    pub measure: usize,
}

impl<'a> Units<'a> {
    /// Chunks by a measure that adds up: bytes, characters, words, or tokens of known offsets.
    ///
    /// `measure` is given byte ranges of the text, of units and of what lies between them, and what it
    /// says of parts must add up to what it would say of the whole. Each unit is measured once: chunking
    /// is linear, and holds one chunk.
    ///
    /// # Errors
    /// A budget of 0, an overlap as large as the budget. Items are errors where a unit is refused.
    ///
    /// # Example
    /// ```
    /// use windows_frame::text::{Budget, Unit, Units};
    ///
    /// let text = "one\ntwo\nthree\nfour\n";
    /// let lines = Units::new(text, &Unit::Line);
    /// let chunks = lines.chunks(Budget::new(10).overlap(4), |bytes| text[bytes].chars().count())?;
    /// let chunks: Vec<_> = chunks.map(|chunk| chunk.map(|chunk| chunk.window.text())).collect::<Result<_, _>>()?;
    /// assert_eq!(chunks, ["one\ntwo\n", "two\nthree\n", "four\n"]);
    /// # Ok::<(), windows_frame::text::TextError>(())
    /// ```
    pub fn chunks<M: FnMut(Range<usize>) -> usize>(
        &self,
        budget: Budget,
        measure: M,
    ) -> Result<Chunks<'_, M>, TextError> {
        let pieces = Pieces::new(self, budget.check()?);
        Ok(Chunks { pieces, measure, held: VecDeque::new(), total: 0, next: None, failed: None })
    }

    /// Chunks by any measure, such as the number of tokens that a tokenizer finds in a text.
    ///
    /// The measure is asked for whole chunks, about `2 log2(units of a chunk)` times each: the search
    /// starts at the length of the chunk before. It takes for granted that more units measure more;
    /// where that fails now and then chunks may be shorter than they could be, but no chunk is given
    /// that was not measured and found within the budget. A unit that is split starts a chunk, where
    /// [`Units::chunks`] fills the chunk before it with its first parts.
    ///
    /// # Errors
    /// A budget of 0, an overlap as large as the budget. Items are errors where a unit is refused.
    ///
    /// # Example
    /// ```
    /// use windows_frame::text::{Budget, Delimiter, Unit, Units};
    ///
    /// // A measure that does not add up: distinct letters.
    /// let distinct = |text: &str| (b'a'..=b'z').filter(|&b| text.contains(char::from(b))).count();
    /// let text = "aa ab ba cd dc a";
    /// let words = Units::new(text, &Unit::Separated(Delimiter::text(" ")?));
    /// let chunks = words.chunks_by(Budget::new(3), |bytes| distinct(&text[bytes]))?;
    /// let chunks: Vec<_> = chunks.map(|chunk| chunk.map(|chunk| chunk.window.text())).collect::<Result<_, _>>()?;
    /// assert_eq!(chunks, ["aa ab ba", "cd dc a"]);
    /// # Ok::<(), windows_frame::text::TextError>(())
    /// ```
    pub fn chunks_by<M: FnMut(Range<usize>) -> usize>(
        &self,
        budget: Budget,
        measure: M,
    ) -> Result<SearchedChunks<'_, M>, TextError> {
        let pieces = Pieces::new(self, budget.check()?);
        Ok(SearchedChunks { pieces, measure, held: VecDeque::new(), guess: 1, shared: 0 })
    }
}

/// A unit, or a part of one that was split.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: usize,
    end: usize,
    unit: usize,
    /// The kind it was split into.
    kind: Option<Finer>,
}

impl Piece {
    fn bytes(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Units one by one, with those that are too large split.
#[derive(Clone, Debug)]
struct Pieces<'a> {
    units: &'a Units<'a>,
    budget: Budget,
    next: usize,
    /// Parts of a unit that was split, the next one last.
    parts: Vec<Piece>,
    /// The end of the chunk before.
    seen: usize,
}

impl<'a> Pieces<'a> {
    fn new(units: &'a Units<'a>, budget: Budget) -> Self {
        Self { units, budget, next: 0, parts: Vec::new(), seen: 0 }
    }

    #[inline]
    fn next(&mut self) -> Option<Piece> {
        self.parts.pop().or_else(|| {
            let unit = self.next;
            (unit < self.units.len()).then(|| {
                self.next += 1;
                let Range { start, end } = self.units.span(unit..unit + 1);
                Piece { start, end, unit, kind: None }
            })
        })
    }

    /// Treats a piece that is above the budget: `Some` is to be kept whole.
    fn oversize(&mut self, piece: Piece, measure: usize) -> Result<Option<Piece>, TextError> {
        let refused = TextError::AboveBudget { at: piece.start, measure, budget: self.budget.most };
        match self.budget.oversize {
            Oversize::Keep => Ok(Some(piece)),
            Oversize::Refuse => Err(refused),
            Oversize::Split => {
                let finer = match piece.kind {
                    Some(kind) => kind.unit().finer(),
                    None => self.units.kind().unwrap_or(&Unit::Line).finer(),
                };
                let finer = finer.ok_or(refused)?;
                let first = self.parts.len();
                finer.unit().scan(&self.units.text()[piece.bytes()], true, |part| {
                    let (start, end) = (piece.start + part.start, piece.start + part.end);
                    self.parts.push(Piece { start, end, kind: Some(finer), ..piece });
                });
                self.parts[first..].reverse();
                Ok(None)
            }
        }
    }

    fn chunk(&mut self, first: &Piece, last: &Piece, measure: usize) -> Chunk<'a> {
        let window = self.units.cut(first.start..last.end, first.unit..last.unit + 1, self.seen);
        self.seen = last.end;
        Chunk { window, measure }
    }

    /// Ends the pieces.
    fn stop(&mut self) {
        self.next = self.units.len();
        self.parts.clear();
    }
}

/// A piece with its measure, and that of the gap before it.
#[derive(Clone, Copy, Debug)]
struct Weighed {
    piece: Piece,
    weight: usize,
    gap: usize,
}

/// See [`Units::chunks`].
#[derive(Clone)]
pub struct Chunks<'a, M> {
    pieces: Pieces<'a>,
    measure: M,
    /// The pieces of the chunk.
    held: VecDeque<Weighed>,
    /// The measure of the chunk.
    total: usize,
    /// The piece behind the chunk, which did not fit.
    next: Option<Weighed>,
    /// The error behind the last chunk.
    failed: Option<TextError>,
}

impl<M: FnMut(Range<usize>) -> usize> Chunks<'_, M> {
    /// The piece behind the chunk.
    #[inline]
    fn fetch(&mut self) -> Result<Option<Weighed>, TextError> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        while let Some(mut piece) = self.pieces.next() {
            let weight = (self.measure)(piece.bytes());
            if weight > self.pieces.budget.most {
                let Some(kept) = self.pieces.oversize(piece, weight)? else { continue };
                piece = kept;
            }
            let gap = match self.held.back() {
                Some(last) if last.piece.end < piece.start => {
                    (self.measure)(last.piece.end..piece.start)
                }
                _ => 0,
            };
            return Ok(Some(Weighed { piece, weight, gap }));
        }
        Ok(None)
    }

    /// What the chunk would measure with one more piece.
    #[inline]
    fn with(&self, next: &Weighed) -> usize {
        if self.held.is_empty() {
            next.weight
        } else {
            self.total.saturating_add(next.gap).saturating_add(next.weight)
        }
    }

    /// Drops pieces at the front until the rest may be shared, and leaves room for the next one.
    fn shrink(&mut self) {
        let Budget { most, overlap, .. } = self.pieces.budget;
        let Some(next) = self.next else {
            self.held.clear();
            return;
        };
        while !self.held.is_empty() && (self.total > overlap || self.with(&next) > most) {
            if let Some(first) = self.held.pop_front() {
                // The gap behind the piece that goes is no longer inside.
                let gap = self.held.front().map_or(0, |second| second.gap);
                self.total = self.total.saturating_sub(first.weight.saturating_add(gap));
            }
        }
    }
}

impl<'a, M: FnMut(Range<usize>) -> usize> Iterator for Chunks<'a, M> {
    type Item = Result<Chunk<'a>, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        let mut added = false;
        loop {
            match self.fetch() {
                Ok(Some(next)) => {
                    let total = self.with(&next);
                    // A unit that is kept whole stands alone, first in an empty chunk.
                    if total > self.pieces.budget.most && added {
                        self.next = Some(next);
                        break;
                    }
                    self.held.push_back(next);
                    self.total = total;
                    added = true;
                }
                Ok(None) if added => break,
                Ok(None) => return None,
                Err(error) => {
                    // What was gathered before the refused unit is a chunk; the error comes after it.
                    self.pieces.stop();
                    if !added {
                        self.held.clear();
                        return Some(Err(error));
                    }
                    self.failed = Some(error);
                    break;
                }
            }
        }
        let (first, last) = (self.held.front()?.piece, self.held.back()?.piece);
        let chunk = self.pieces.chunk(&first, &last, self.total);
        self.shrink();
        Some(Ok(chunk))
    }
}

impl<M: FnMut(Range<usize>) -> usize> FusedIterator for Chunks<'_, M> {}

impl<M> fmt::Debug for Chunks<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks").field("held", &self.held).finish_non_exhaustive()
    }
}

/// See [`Units::chunks_by`].
#[derive(Clone)]
pub struct SearchedChunks<'a, M> {
    pieces: Pieces<'a>,
    measure: M,
    /// The pieces that were looked at, from the start of the chunk on.
    held: VecDeque<Piece>,
    /// Pieces of the chunk before, where the search starts.
    guess: usize,
    /// Pieces at the front that the chunk before had as well.
    shared: usize,
}

impl<M: FnMut(Range<usize>) -> usize> SearchedChunks<'_, M> {
    /// Whether there are this many pieces; fetches them.
    fn has(&mut self, count: usize) -> bool {
        while self.held.len() < count {
            let Some(piece) = self.pieces.next() else { return false };
            self.held.push_back(piece);
        }
        true
    }

    /// The measure of some pieces.
    fn of(&mut self, pieces: Range<usize>) -> usize {
        (self.measure)(self.held[pieces.start].start..self.held[pieces.end - 1].end)
    }

    /// The most pieces from the front that fit, and their measure; at least the `shared` and one more
    /// are known to. `None` if that is not so: the first piece alone is above the budget.
    fn longest(&mut self) -> Option<(usize, usize)> {
        let most = self.pieces.budget.most;
        let mut fits = None;
        let mut low = self.shared;
        let mut count = self.guess.max(low + 1);
        // Below this many pieces all is known to fit, from this many on nothing is.
        let mut high = usize::MAX;
        loop {
            while !self.has(count) {
                high = high.min(self.held.len() + 1);
                count = self.held.len();
                if count <= low {
                    return fits;
                }
            }
            let measure = self.of(0..count);
            if measure <= most {
                fits = Some((count, measure));
                low = count;
            } else {
                high = count;
            }
            if low + 1 >= high {
                return fits;
            }
            count = if high == usize::MAX { low.saturating_mul(2) } else { low + (high - low) / 2 };
        }
    }

    /// The number of pieces that the next chunk leaves behind, of `count` that this one has.
    fn advance(&mut self, count: usize) -> usize {
        let Budget { most, overlap, .. } = self.pieces.budget;
        if overlap == 0 || !self.has(count + 1) {
            return count;
        }
        // To share nothing is always allowed.
        let (mut low, mut high) = (0, count);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if self.of(middle..count) <= overlap && self.of(middle..count + 1) <= most {
                high = middle;
            } else {
                low = middle;
            }
        }
        high
    }
}

impl<'a, M: FnMut(Range<usize>) -> usize> Iterator for SearchedChunks<'a, M> {
    type Item = Result<Chunk<'a>, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if !self.has(self.shared + 1) {
                self.held.clear();
                self.shared = 0;
                return None;
            }
            let (count, measure) = match self.longest() {
                Some(found) => found,
                None if self.shared > 0 => {
                    // They did fit with the next one when they were measured last; a measure that
                    // says otherwise now must not stop the chunks.
                    self.held.drain(..self.shared);
                    self.shared = 0;
                    continue;
                }
                None => {
                    let piece = self.held.pop_front()?;
                    let measure = (self.measure)(piece.bytes());
                    // Pieces looked at too far are looked at again behind the parts of this one.
                    while let Some(later) = self.held.pop_back() {
                        self.pieces.parts.push(later);
                    }
                    match self.pieces.oversize(piece, measure) {
                        Ok(None) => continue,
                        Ok(Some(whole)) => {
                            self.held.push_front(whole);
                            (1, measure)
                        }
                        Err(error) => {
                            self.pieces.stop();
                            return Some(Err(error));
                        }
                    }
                }
            };
            let (first, last) = (self.held[0], self.held[count - 1]);
            let chunk = self.pieces.chunk(&first, &last, measure);
            let left_behind = self.advance(count);
            self.held.drain(..left_behind);
            self.shared = count - left_behind;
            self.guess = count;
            return Some(Ok(chunk));
        }
    }
}

impl<M: FnMut(Range<usize>) -> usize> FusedIterator for SearchedChunks<'_, M> {}

impl<M> fmt::Debug for SearchedChunks<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchedChunks").field("held", &self.held).finish_non_exhaustive()
    }
}
