//! n-grams of units, of characters inside words, and of bytes: ranges, not copies.

use core::fmt;
use core::iter::FusedIterator;
use core::ops::{Range, RangeInclusive};

use windows_core::{Axis, AxisSpec};

use super::{TextError, TextWindow, Units};

/// Which n-gram comes after which, where there are several lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// All lengths at one position, then the next position: a, ab, b, bc, c. As nltk's `everygrams`.
    #[default]
    ByPosition,
    /// All of one length, then the next length: a, b, c, ab, bc. As scikit-learn's vectorizers.
    ByLength,
}

/// Checks a range of lengths.
fn lengths(range: &RangeInclusive<usize>) -> Result<(usize, usize), TextError> {
    let (shortest, longest) = (*range.start(), *range.end());
    if shortest == 0 || shortest > longest {
        return Err(TextError::Ngrams { shortest, longest });
    }
    Ok((shortest, longest))
}

impl Units<'_> {
    /// All n-grams of some lengths, each a window. None that does not fit.
    ///
    /// # Errors
    /// A length of 0, or lengths from more to less.
    ///
    /// # Example
    /// ```
    /// use windows_frame::text::{Delimiter, Order, Unit, Units};
    ///
    /// let words = Units::new("to be or", &Unit::Separated(Delimiter::text(" ")?));
    /// let grams: Vec<_> = words.ngrams(1..=2, Order::ByPosition)?.map(|gram| gram.text()).collect();
    /// assert_eq!(grams, ["to", "to be", "be", "be or", "or"]);
    /// # Ok::<(), windows_frame::text::TextError>(())
    /// ```
    pub fn ngrams(
        &self,
        range: RangeInclusive<usize>,
        order: Order,
    ) -> Result<Ngrams<'_>, TextError> {
        let (shortest, longest) = lengths(&range)?;
        Ok(Ngrams { units: self, order, shortest, longest, position: 0, length: shortest })
    }

    /// All n-grams of characters inside units, with one blank on both sides of each unit.
    ///
    /// For each unit, all of the shortest length, then of the next; a unit that is shorter than the
    /// n-grams, blanks included, is one n-gram itself, once. As scikit-learn's `analyzer="char_wb"`,
    /// which takes what lies between white space for words.
    ///
    /// # Errors
    /// A length of 0, or lengths from more to less.
    ///
    /// # Example
    /// ```
    /// use windows_frame::text::{Delimiter, Unit, Units};
    ///
    /// let words = Units::new("né à", &Unit::Separated(Delimiter::text(" ")?));
    /// let grams: Vec<_> = words.word_grams(3..=3)?.map(|gram| gram.to_string()).collect();
    /// assert_eq!(grams, [" né", "né ", " à "]);
    /// # Ok::<(), windows_frame::text::TextError>(())
    /// ```
    pub fn word_grams(&self, range: RangeInclusive<usize>) -> Result<WordGrams<'_>, TextError> {
        let (shortest, longest) = lengths(&range)?;
        let mut grams = WordGrams {
            units: self,
            shortest,
            longest,
            unit: 0,
            bounds: Vec::new(),
            length: shortest,
            offset: 0,
        };
        grams.enter();
        Ok(grams)
    }
}

/// See [`Units::ngrams`].
#[derive(Clone, Debug)]
pub struct Ngrams<'a> {
    units: &'a Units<'a>,
    order: Order,
    shortest: usize,
    longest: usize,
    position: usize,
    length: usize,
}

impl Ngrams<'_> {
    /// Units that an n-gram before the current one had: up to here.
    fn seen(&self) -> usize {
        let total = self.units.len();
        let (shorter, earlier) = (self.length > self.shortest, self.position.checked_sub(1));
        match self.order {
            Order::ByPosition => {
                let here = if shorter { self.position + self.length - 1 } else { 0 };
                let before =
                    earlier.map_or(0, |start| start.saturating_add(self.longest).min(total));
                here.max(before)
            }
            Order::ByLength if shorter => total,
            Order::ByLength => earlier.map_or(0, |start| start + self.length),
        }
    }
}

impl<'a> Iterator for Ngrams<'a> {
    type Item = TextWindow<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let total = self.units.len();
        // Of the lengths at a position the first that does not fit ends them, of the positions of a
        // length as well.
        if self.length > self.longest || total - self.position < self.length {
            match self.order {
                Order::ByPosition => {
                    (self.position, self.length) = (self.position + 1, self.shortest)
                }
                Order::ByLength => {
                    (self.position, self.length) = (0, self.length.saturating_add(1))
                }
            }
            if self.length > self.longest
                || self.position > total
                || total - self.position < self.length
            {
                // Not even the shortest one fits here, or the next longer one anywhere.
                (self.position, self.length) = (total, self.longest);
                return None;
            }
        }
        let units = self.position..self.position + self.length;
        let seen = match self.seen() {
            0 => 0,
            seen => self.units.span(seen - 1..seen).end,
        };
        let gram = self.units.window(units, seen);
        match self.order {
            Order::ByPosition => self.length += 1,
            Order::ByLength => self.position += 1,
        }
        Some(gram)
    }
}

impl FusedIterator for Ngrams<'_> {}

/// An n-gram with pad symbols: how many stand before its units and behind them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gram {
    /// Pad symbols before.
    pub before: usize,
    /// The units, possibly none.
    pub units: Range<usize>,
    /// Pad symbols behind.
    pub after: usize,
}

/// The n-grams over some units with `n - 1` pad symbols before them, behind them, or both: nltk's
/// `ngrams(.., pad_left, pad_right)`.
///
/// # Errors
/// An `n` of 0 or beyond `isize`.
///
/// # Example
/// ```
/// use windows_frame::text::padded_ngrams;
///
/// let words = ["to", "be"];
/// let show = |gram: windows_frame::text::Gram| {
///     let (before, after) = ("<s> ".repeat(gram.before), " </s>".repeat(gram.after));
///     format!("{before}{}{after}", words[gram.units].join(" "))
/// };
/// let grams: Vec<_> = padded_ngrams(2, 3, true, true)?.map(show).collect();
/// assert_eq!(grams, ["<s> <s> to", "<s> to be", "to be </s>", "be </s> </s>"]);
/// # Ok::<(), windows_frame::text::TextError>(())
/// ```
pub fn padded_ngrams(
    units: usize,
    n: usize,
    left: bool,
    right: bool,
) -> Result<PaddedNgrams, TextError> {
    let pad = n.checked_sub(1).ok_or(TextError::Ngrams { shortest: n, longest: n })?;
    let spec = AxisSpec::new(n).padding(if left { pad } else { 0 }, if right { pad } else { 0 });
    let axis = Axis::new(units, spec).map_err(|error| TextError::Frames(error.into()))?;
    Ok(PaddedNgrams { axis, positions: 0..axis.count() })
}

/// See [`padded_ngrams`].
#[derive(Clone, Debug)]
pub struct PaddedNgrams {
    axis: Axis,
    positions: Range<usize>,
}

impl PaddedNgrams {
    fn gram(&self, position: usize) -> Gram {
        let start = self.axis.start(position);
        let size = self.axis.size();
        let units = self.axis.region(position);
        // Where no unit is inside, the pads on both sides meet, or are of one side.
        let before = start.min(0).unsigned_abs().min(size);
        Gram { before, after: size - before - units.len(), units }
    }
}

impl Iterator for PaddedNgrams {
    type Item = Gram;

    fn next(&mut self) -> Option<Gram> {
        self.positions.next().map(|position| self.gram(position))
    }

    fn nth(&mut self, n: usize) -> Option<Gram> {
        self.positions.nth(n).map(|position| self.gram(position))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.positions.size_hint()
    }
}

impl DoubleEndedIterator for PaddedNgrams {
    fn next_back(&mut self) -> Option<Gram> {
        self.positions.next_back().map(|position| self.gram(position))
    }
}

impl ExactSizeIterator for PaddedNgrams {}
impl FusedIterator for PaddedNgrams {}

/// The skip-grams over some units: each unit with every choice of `n - 1` among the `n + skip - 1`
/// behind it, in order. nltk's `skipgrams`.
///
/// # Errors
/// An `n` of 0.
///
/// # Example
/// ```
/// use windows_frame::text::skip_grams;
///
/// let grams: Vec<_> = skip_grams(4, 2, 1)?.collect();
/// assert_eq!(grams, [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]);
/// # Ok::<(), windows_frame::text::TextError>(())
/// ```
pub fn skip_grams(units: usize, n: usize, skip: usize) -> Result<SkipGrams, TextError> {
    if n == 0 {
        return Err(TextError::Ngrams { shortest: n, longest: n });
    }
    let first = if n <= units { (0..n).collect() } else { Vec::new() };
    Ok(SkipGrams { units, reach: n.saturating_add(skip), next: first })
}

/// See [`skip_grams`]. Each item is a vector of `n` unit numbers.
#[derive(Clone, Debug)]
pub struct SkipGrams {
    units: usize,
    /// Units from the head to the last that may be chosen, both included.
    reach: usize,
    /// Empty when there are no more.
    next: Vec<usize>,
}

impl Iterator for SkipGrams {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let (&head, n) = (self.next.first()?, self.next.len());
        let gram = self.next.clone();
        let end = head.saturating_add(self.reach).min(self.units);
        // The last choice that can still move, with all behind it as close to it as they can be.
        let free = (1..n).rev().find(|&choice| self.next[choice] < end - (n - choice));
        let (choice, unit) = free.map_or((0, head + 1), |choice| (choice, self.next[choice] + 1));
        for (distance, slot) in self.next[choice..].iter_mut().enumerate() {
            *slot = unit + distance;
        }
        if self.next[n - 1] >= self.units {
            self.next.clear();
        }
        Some(gram)
    }
}

impl FusedIterator for SkipGrams {}

/// Some characters of a unit, with the blank before it or behind it if they reach there.
///
/// Its `Display` is the n-gram: text with the blanks, which the source need not have there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WordGram<'a> {
    /// The characters.
    pub text: &'a str,
    /// Where they start, in bytes.
    pub start: usize,
    /// The unit they belong to.
    pub unit: usize,
    /// Whether the n-gram starts with the blank before the unit.
    pub before: bool,
    /// Whether it ends with the blank behind it.
    pub after: bool,
}

impl fmt::Display for WordGram<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blank = |there: bool| if there { " " } else { "" };
        write!(f, "{}{}{}", blank(self.before), self.text, blank(self.after))
    }
}

/// See [`Units::word_grams`].
#[derive(Clone, Debug)]
pub struct WordGrams<'a> {
    units: &'a Units<'a>,
    shortest: usize,
    longest: usize,
    unit: usize,
    /// Where the characters of the unit start, and where the last one ends.
    bounds: Vec<usize>,
    length: usize,
    /// In characters, from the blank before the unit on.
    offset: usize,
}

impl WordGrams<'_> {
    /// Starts with the current unit.
    fn enter(&mut self) {
        (self.length, self.offset) = (self.shortest, 0);
        self.bounds.clear();
        if self.unit < self.units.len() {
            let span = self.units.span(self.unit..self.unit + 1);
            let chars = self.units.text()[span.clone()].char_indices();
            self.bounds.extend(chars.map(|(at, _)| span.start + at));
            self.bounds.push(span.end);
        }
    }
}

impl<'a> Iterator for WordGrams<'a> {
    type Item = WordGram<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.unit >= self.units.len() {
            return None;
        }
        let chars = self.bounds.len() - 1;
        let padded = chars + 2;
        let end = self.offset.saturating_add(self.length).min(padded);
        let (first, last) = (self.offset.saturating_sub(1), (end - 1).min(chars));
        let bytes = self.bounds[first.min(last)]..self.bounds[last];
        let gram = WordGram {
            text: &self.units.text()[bytes.clone()],
            start: bytes.start,
            unit: self.unit,
            before: self.offset == 0,
            after: end == padded,
        };
        if end < padded {
            self.offset += 1;
        } else if self.length < self.longest && self.offset > 0 {
            (self.length, self.offset) = (self.length + 1, 0);
        } else {
            // All lengths are done, or the unit was shorter than this one.
            self.unit += 1;
            self.enter();
        }
        Some(gram)
    }
}

impl FusedIterator for WordGrams<'_> {}

/// All runs of `k` bytes of which every one is valid, with where they start: the k-mers of a sequence,
/// without those that an `N` spoils. Each is a slice of the sequence, and costs O(1).
///
/// # Errors
/// A `k` of 0.
///
/// # Example
/// ```
/// use windows_frame::text::kmers;
///
/// let bases = |base: u8| matches!(base, b'A' | b'C' | b'G' | b'T');
/// let found: Vec<_> = kmers(b"ACGNTTAA", 3, bases)?.collect();
/// assert_eq!(found, [(0, b"ACG".as_slice()), (4, b"TTA"), (5, b"TAA")]);
/// # Ok::<(), windows_frame::text::TextError>(())
/// ```
pub fn kmers(
    sequence: &[u8],
    k: usize,
    valid: impl Fn(u8) -> bool + Clone,
) -> Result<impl Iterator<Item = (usize, &[u8])> + Clone, TextError> {
    if k == 0 {
        return Err(TextError::Ngrams { shortest: k, longest: k });
    }
    let mut run = 0_usize;
    Ok(sequence.iter().enumerate().filter_map(move |(last, &base)| {
        run = if valid(base) { run + 1 } else { 0 };
        (run >= k).then(|| (last + 1 - k, &sequence[last + 1 - k..=last]))
    }))
}
