//! What windows are counted in, and where units of each kind end.
//!
//! Every kind is *memoryless at boundaries*: the next boundary depends on the text after the last one
//! alone. So one function answers all questions: where does the unit end that starts here. Where more
//! text could still move an end, a stream holds units back: the kinds differ in how many.

use core::fmt;
use core::ops::Range;

use super::TextError;
#[cfg(feature = "unicode")]
use super::boundaries;

/// Where one unit of text ends and the next begins.
///
/// | kind | unit | together they are the whole text |
/// | --- | --- | --- |
/// | `Char` | a Unicode scalar value | yes |
/// | `Line` | a line with its terminator: `\n`, and so `\r\n`; a lone `\r` ends none | yes |
/// | `Terminated` | text up to and with a delimiter | yes |
/// | `Separated` | what lies between delimiters, never empty | no |
/// | `Grapheme` | an extended grapheme cluster of UAX 29 | yes |
/// | `Word` | a segment between word boundaries of UAX 29 that is not blank | no |
/// | `Segment` | a segment between word boundaries, blank or not | yes |
/// | `Sentence` | a sentence of UAX 29, with the blanks behind it | yes |
///
/// The last four need feature `unicode`; their rules are those of [UAX 29]. Punctuation is a word
/// unit: only segments of nothing but `White_Space` are left out. Windows over bytes are another type,
/// [`Bytes`](super::Bytes), because a character has several.
///
/// [UAX 29]: https://www.unicode.org/reports/tr29/
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Unit {
    /// Characters.
    Char,
    /// Lines.
    Line,
    /// Pieces that end with a delimiter; the last one may lack it.
    Terminated(Delimiter),
    /// Pieces between delimiters.
    Separated(Delimiter),
    /// What a reader calls a character.
    #[cfg(feature = "unicode")]
    Grapheme,
    /// Words, numbers and punctuation.
    #[cfg(feature = "unicode")]
    Word,
    /// Words, and the blanks between them as well.
    #[cfg(feature = "unicode")]
    Segment,
    /// Sentences.
    #[cfg(feature = "unicode")]
    Sentence,
}

/// What ends or separates pieces of text: a string, or every character of a kind.
///
/// # Example
/// ```
/// use windows_frame::text::{Delimiter, Unit, Units};
///
/// let words = Units::new(" to  be ", &Unit::Separated(Delimiter::chars(char::is_whitespace)));
/// assert_eq!(words.iter().collect::<Vec<_>>(), ["to", "be"]);
/// let records = Units::new("a--b", &Unit::Terminated(Delimiter::text("--")?));
/// assert_eq!(records.iter().collect::<Vec<_>>(), ["a--", "b"]);
/// # Ok::<(), windows_frame::text::TextError>(())
/// ```
#[derive(Clone)]
pub struct Delimiter(Kind);

#[derive(Clone)]
enum Kind {
    Text(Box<memchr::memmem::Finder<'static>>),
    Chars(fn(char) -> bool),
}

impl Delimiter {
    /// This string, found from left to right without overlaps.
    ///
    /// # Errors
    /// When it is empty.
    pub fn text(delimiter: &str) -> Result<Self, TextError> {
        if delimiter.is_empty() {
            return Err(TextError::EmptyDelimiter);
        }
        let finder = memchr::memmem::Finder::new(delimiter.as_bytes()).into_owned();
        Ok(Self(Kind::Text(Box::new(finder))))
    }

    /// Every character that fulfils a condition.
    #[must_use]
    pub fn chars(is_delimiter: fn(char) -> bool) -> Self {
        Self(Kind::Chars(is_delimiter))
    }

    /// The first delimiter in `text`.
    fn find(&self, text: &str) -> Option<Range<usize>> {
        match &self.0 {
            // UTF-8 is self-synchronising: a match of whole characters lies on their boundaries.
            Kind::Text(finder) => {
                finder.find(text.as_bytes()).map(|at| at..at + finder.needle().len())
            }
            Kind::Chars(is_delimiter) => text
                .char_indices()
                .find(|&(_, c)| is_delimiter(c))
                .map(|(at, c)| at..at + c.len_utf8()),
        }
    }
}

impl fmt::Debug for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Text(finder) => {
                f.debug_tuple("Text").field(&String::from_utf8_lossy(finder.needle())).finish()
            }
            Kind::Chars(_) => f.write_str("Chars(..)"),
        }
    }
}

impl Unit {
    /// Boundaries that must follow an end before no further text can move it.
    ///
    /// A grapheme's end is certain once the next character is there. Words look beyond one more
    /// boundary: in `a.b` the full stop joins what `a.` would part (WB6, WB12). So do sentences: the
    /// lower-case letter that continues one (SB8) comes before the next sentence can end.
    pub(super) const fn lookahead(&self) -> usize {
        match self {
            Self::Char => 0,
            Self::Line | Self::Terminated(_) | Self::Separated(_) => 1,
            #[cfg(feature = "unicode")]
            Self::Grapheme => 1,
            #[cfg(feature = "unicode")]
            Self::Word | Self::Segment | Self::Sentence => 2,
        }
    }

    /// Whether an end that is certain in some text is found in every longer one.
    ///
    /// Where ends are told to be certain by counting boundaries, a longer text can have fewer.
    pub(super) const fn is_monotone(&self) -> bool {
        self.lookahead() <= 1
    }

    /// Bytes behind a unit that may be needed to see its end: a delimiter, or a character.
    pub(super) fn reach(&self) -> usize {
        match self {
            Self::Separated(Delimiter(Kind::Text(finder))) => finder.needle().len(),
            _ => super::utf8::MAX_CHAR,
        }
    }

    /// In a text in which no unit ends for certain, up to where all is decided nevertheless: blanks
    /// between words are no unit however many they are, and nothing reaches across them.
    #[cfg_attr(not(feature = "unicode"), expect(unused_variables, reason = "no unit skips blanks"))]
    pub(super) fn decided(&self, text: &str) -> usize {
        match self {
            #[cfg(feature = "unicode")]
            Self::Word => {
                let words = text.trim_end_matches(' ');
                if words.len() < text.len() && !words.ends_with(char::is_whitespace) {
                    return words.len();
                }
                let first = if text.starts_with(' ') { boundaries::word_end(text, 0) } else { 0 };
                if first < text.len() { first } else { 0 }
            }
            _ => 0,
        }
    }

    /// Whether `text` is blanks that are no unit unless a mark follows them.
    #[cfg_attr(not(feature = "unicode"), expect(unused_variables, reason = "no unit skips blanks"))]
    pub(super) fn passes(&self, text: &str) -> bool {
        match self {
            #[cfg(feature = "unicode")]
            Self::Word => text.bytes().all(|byte| byte == b' '),
            _ => false,
        }
    }

    /// Finds the units of `text`, which starts at a boundary, and returns where to go on.
    ///
    /// Unless this is the `last` text, units whose end is not certain are left for the next time.
    pub(super) fn scan(&self, text: &str, last: bool, mut each: impl FnMut(Range<usize>)) -> usize {
        match self {
            Self::Char => {
                for (at, c) in text.char_indices() {
                    each(at..at + c.len_utf8());
                }
                text.len()
            }
            Self::Line => {
                let mut at = 0;
                for end in memchr::memchr_iter(b'\n', text.as_bytes()) {
                    each(at..end + 1);
                    at = end + 1;
                }
                finish(text, at, last, each)
            }
            Self::Terminated(delimiter) => {
                let mut at = 0;
                while let Some(found) = delimiter.find(&text[at..]) {
                    each(at..at + found.end);
                    at += found.end;
                }
                finish(text, at, last, each)
            }
            Self::Separated(delimiter) => {
                let mut at = 0;
                while let Some(found) = delimiter.find(&text[at..]) {
                    if found.start > 0 {
                        each(at..at + found.start);
                    }
                    at += found.end;
                }
                finish(text, at, last, each)
            }
            #[cfg(feature = "unicode")]
            Self::Grapheme => settled::<1>(text, last, boundaries::grapheme_end, each),
            #[cfg(feature = "unicode")]
            Self::Segment => settled::<2>(text, last, boundaries::word_end, each),
            #[cfg(feature = "unicode")]
            Self::Word => settled::<2>(text, last, boundaries::word_end, |segment| {
                if !is_blank(&text[segment.clone()]) {
                    each(segment);
                }
            }),
            #[cfg(feature = "unicode")]
            Self::Sentence => settled::<2>(text, last, boundaries::sentence_end, each),
        }
    }

    /// The next finer kind, into which a unit that is too large is split; `None` for a character.
    pub(super) fn finer(&self) -> Option<Finer> {
        match self {
            Self::Char => None,
            #[cfg(feature = "unicode")]
            Self::Line | Self::Terminated(_) | Self::Separated(_) => Some(Finer::Sentence),
            #[cfg(feature = "unicode")]
            Self::Sentence => Some(Finer::Segment),
            #[cfg(feature = "unicode")]
            Self::Word | Self::Segment => Some(Finer::Grapheme),
            #[cfg(feature = "unicode")]
            Self::Grapheme => Some(Finer::Char),
            #[cfg(not(feature = "unicode"))]
            _ => Some(Finer::Char),
        }
    }
}

/// The kinds into which units are split, small enough to be kept with every part.
#[derive(Clone, Copy, Debug)]
pub(super) enum Finer {
    Char,
    #[cfg(feature = "unicode")]
    Grapheme,
    #[cfg(feature = "unicode")]
    Segment,
    #[cfg(feature = "unicode")]
    Sentence,
}

impl Finer {
    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Char => Unit::Char,
            #[cfg(feature = "unicode")]
            Self::Grapheme => Unit::Grapheme,
            #[cfg(feature = "unicode")]
            Self::Segment => Unit::Segment,
            #[cfg(feature = "unicode")]
            Self::Sentence => Unit::Sentence,
        }
    }
}

/// The rest of the text behind the last delimiter.
fn finish(text: &str, at: usize, last: bool, mut each: impl FnMut(Range<usize>)) -> usize {
    if last && at < text.len() {
        each(at..text.len());
        return text.len();
    }
    at
}

/// All segments between boundaries, less the last `LOOKAHEAD` (1 or 2) unless this is the last text.
#[cfg(feature = "unicode")]
fn settled<const LOOKAHEAD: usize>(
    text: &str,
    last: bool,
    end: impl Fn(&str, usize) -> usize,
    mut each: impl FnMut(Range<usize>),
) -> usize {
    let mut at = 0;
    if last {
        while at < text.len() {
            let next = end(text, at);
            each(at..next);
            at = next;
        }
        return at;
    }
    // The start of the segment before the current one, if there is one.
    let mut previous = None;
    while at < text.len() {
        let next = end(text, at);
        match previous {
            // With one boundary to follow, a segment is certain when the next one begins.
            Some(start) if LOOKAHEAD == 2 && next < text.len() => each(start..at),
            _ => {}
        }
        if next == text.len() {
            break;
        }
        if LOOKAHEAD == 1 {
            each(at..next);
        }
        previous = Some(at);
        at = next;
    }
    if LOOKAHEAD == 2 { previous.unwrap_or(at) } else { at }
}

/// Whether a segment is nothing but white space.
#[cfg(feature = "unicode")]
fn is_blank(segment: &str) -> bool {
    match segment.as_bytes() {
        // A segment that starts with a letter is not blank; most do.
        [first, ..] if first.is_ascii_graphic() => false,
        _ => segment.chars().all(char::is_whitespace),
    }
}
