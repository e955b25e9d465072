//! Where graphemes, words and sentences of UAX 29 end.
//!
//! The tables and the rules for all of Unicode are those of `unicode-segmentation`. Most text is ASCII
//! for long stretches, where a class of a byte is one load and the rules are few: each function here
//! walks ASCII by itself, and hands over as soon as the answer could depend on another character, one
//! segment at a time. So one accented letter costs one word, not the fast path.
//!
//! The rules have no memory across a boundary, in either direction of the hand-over: after a pair of
//! regional indicators counting starts anew, and what extends the character before it never starts a
//! segment, unless at a line start, where it does so with or without what came before.

use unicode_segmentation::UnicodeSegmentation;

/// The word break classes that ASCII has; those of one character are bits, so that "joins" is one test.
mod class {
    /// Any other character.
    pub(super) const OTHER: u8 = 0;
    pub(super) const LETTER: u8 = 1;
    pub(super) const DIGIT: u8 = 2;
    /// The underscore, `ExtendNumLet`.
    pub(super) const JOINER: u8 = 4;
    /// Part of a word as it stands.
    pub(super) const CORE: u8 = LETTER | DIGIT | JOINER;
    /// Joins letters on both sides: `MidLetter`, `MidNumLet`, `Single_Quote`.
    pub(super) const MID_LETTER: u8 = 8;
    /// Joins digits on both sides: `MidNum`, `MidNumLet`, `Single_Quote`.
    pub(super) const MID_DIGIT: u8 = 16;
    pub(super) const SPACE: u8 = 32;
    /// Line feed, vertical tab, form feed, carriage return: a boundary follows, whatever comes.
    pub(super) const NEWLINE: u8 = 64;
    /// A byte of a character that is not ASCII.
    pub(super) const WIDE: u8 = 128;
}

const WORD_CLASS: [u8; 256] = {
    let mut table = [class::OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => class::LETTER,
            b'0'..=b'9' => class::DIGIT,
            b'_' => class::JOINER,
            b':' => class::MID_LETTER,
            b',' | b';' => class::MID_DIGIT,
            b'.' | b'\'' => class::MID_LETTER | class::MID_DIGIT,
            b' ' => class::SPACE,
            b'\n' | 0x0b | 0x0c | b'\r' => class::NEWLINE,
            0x80.. => class::WIDE,
            _ => class::OTHER,
        };
        byte += 1;
    }
    table
};

/// The end of the word segment, blank or not, that starts at `from`.
#[inline]
pub(super) fn word_end(text: &str, from: usize) -> usize {
    match ascii_word_end(text.as_bytes(), from) {
        Some(end) => end,
        None => from + first(text[from..].split_word_bounds()),
    }
}

/// `None` if the end depends on a character that is not ASCII.
#[inline]
fn ascii_word_end(bytes: &[u8], from: usize) -> Option<usize> {
    let class_at = |at: usize| bytes.get(at).map(|&byte| WORD_CLASS[usize::from(byte)]);
    let first = class_at(from)?;
    let mut end = from + 1;
    if first & class::CORE != 0 {
        // WB5, 8, 9, 10, 13a, 13b: letters, digits and underscores run together.
        loop {
            let mut next = class_at(end);
            while let Some(class) = next
                && class & class::CORE != 0
            {
                end += 1;
                next = class_at(end);
            }
            let Some(mid) = next else { return Some(end) };
            if mid & (class::MID_LETTER | class::MID_DIGIT | class::WIDE) == 0 {
                return Some(end);
            }
            if mid == class::WIDE {
                return None;
            }
            let Some(after) = class_at(end + 1) else { return Some(end) };
            if after == class::WIDE {
                return None;
            }
            // WB6, 7, 11, 12: one character between two letters, or between two digits.
            let sides = class_at(end - 1)? & after;
            let joined = (sides & class::LETTER != 0 && mid & class::MID_LETTER != 0)
                || (sides & class::DIGIT != 0 && mid & class::MID_DIGIT != 0);
            if !joined {
                return Some(end);
            }
            end += 2;
        }
    }
    match first {
        class::WIDE => return None,
        class::NEWLINE => {
            // WB3, WB3a
            let crlf = bytes[from] == b'\r' && bytes.get(end) == Some(&b'\n');
            return Some(end + usize::from(crlf));
        }
        class::SPACE => {
            // WB3d
            while class_at(end) == Some(class::SPACE) {
                end += 1;
            }
        }
        _ => {}
    }
    // WB4: a mark that follows belongs to the segment.
    if class_at(end) == Some(class::WIDE) { None } else { Some(end) }
}

/// The end of the extended grapheme cluster that starts at `from`.
#[inline]
pub(super) fn grapheme_end(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    match (bytes[from], bytes.get(from + 1)) {
        (b'\r', Some(b'\n')) => from + 2,
        (first, None) if first.is_ascii() => from + 1,
        // GB4: nothing joins a control character.
        (first, Some(next))
            if first.is_ascii() && (next.is_ascii() || first.is_ascii_control()) =>
        {
            from + 1
        }
        _ => from + first(text[from..].graphemes(true)),
    }
}

/// The end of the sentence that starts at `from`.
#[inline]
pub(super) fn sentence_end(text: &str, from: usize) -> usize {
    match ascii_sentence_end(text.as_bytes(), from) {
        Some(end) => end,
        None => from + first(text[from..].split_sentence_bounds()),
    }
}

/// What a byte means to a sentence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    Lower,
    Upper,
    Digit,
    /// `.`, which may end an abbreviation.
    FullStop,
    /// `!` and `?`.
    Terminator,
    /// Brackets and quotes.
    Close,
    /// Blanks inside a line.
    Blank,
    /// `,` `-` `:` `;`
    Continue,
    LineFeed,
    CarriageReturn,
    Wide,
}

impl Role {
    const fn of(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' => Self::Lower,
            b'A'..=b'Z' => Self::Upper,
            b'0'..=b'9' => Self::Digit,
            b'.' => Self::FullStop,
            b'!' | b'?' => Self::Terminator,
            b'"' | b'\'' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => Self::Close,
            b'\t' | 0x0b | 0x0c | b' ' => Self::Blank,
            b',' | b'-' | b':' | b';' => Self::Continue,
            b'\n' => Self::LineFeed,
            b'\r' => Self::CarriageReturn,
            0x80.. => Self::Wide,
            _ => Self::Plain,
        }
    }

    /// Whether a sentence may end at or soon after such a byte.
    const fn stops(self) -> bool {
        matches!(
            self,
            Self::FullStop | Self::Terminator | Self::LineFeed | Self::CarriageReturn | Self::Wide
        )
    }
}

const STOPS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = Role::of(byte as u8).stops();
        byte += 1;
    }
    table
};

/// `None` if the end depends on a character that is not ASCII.
fn ascii_sentence_end(bytes: &[u8], from: usize) -> Option<usize> {
    let role_at = |at: usize| bytes.get(at).map(|&byte| Role::of(byte));
    let mut at = from;
    loop {
        at += match bytes[at..].iter().position(|&byte| STOPS[usize::from(byte)]) {
            Some(distance) => distance,
            None => return Some(bytes.len()),
        };
        let stop = Role::of(bytes[at]);
        match stop {
            Role::Wide => return None,
            // SB3, SB4
            Role::LineFeed => return Some(at + 1),
            Role::CarriageReturn => {
                return Some(at + 1 + usize::from(bytes.get(at + 1) == Some(&b'\n')));
            }
            _ => {}
        }
        let full_stop = stop == Role::FullStop;
        let mut next = at + 1;
        if full_stop {
            match role_at(next) {
                // SB6: 1.5
                Some(Role::Digit) => {
                    at = next;
                    continue;
                }
                // SB7: U.S
                Some(Role::Upper)
                    if at > from
                        && matches!(Role::of(bytes[at - 1]), Role::Upper | Role::Lower) =>
                {
                    at = next;
                    continue;
                }
                _ => {}
            }
        }
        // SB9, SB10: what closes a sentence, and the blanks behind it, belong to it.
        while role_at(next) == Some(Role::Close) {
            next += 1;
        }
        while role_at(next) == Some(Role::Blank) {
            next += 1;
        }
        match role_at(next) {
            None => return Some(next),
            Some(Role::Wide) => return None,
            Some(Role::LineFeed | Role::CarriageReturn) => {
                at = next;
                continue;
            }
            // SB8a
            Some(Role::Continue | Role::FullStop | Role::Terminator) => {
                at = next;
                continue;
            }
            _ => {}
        }
        // SB8: a full stop ends no sentence if the next letter is a small one. The look ahead ends
        // where the next one can begin, so that all of them together are linear.
        if full_stop {
            let ahead = bytes[next..]
                .iter()
                .map(|&byte| Role::of(byte))
                .find(|role| role.stops() || matches!(role, Role::Lower | Role::Upper));
            match ahead {
                Some(Role::Wide) => return None,
                Some(Role::Lower) => {
                    at = next;
                    continue;
                }
                _ => {}
            }
        }
        // SB11
        return Some(next);
    }
}

/// The length of the first segment.
fn first<'a>(mut segments: impl Iterator<Item = &'a str>) -> usize {
    segments.next().map_or(0, str::len)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Characters of every class that a rule names, ASCII ones above all.
    fn hard() -> impl Strategy<Value = String> {
        let ascii = prop::sample::select(
            "aZz09_.,;:'\"!?-()[]{}/@~ \t\n\r\x0b\x0c\x00\x7f".chars().collect::<Vec<_>>(),
        );
        let wide = prop::sample::select(
            "é\u{301}\u{200d}\u{ad}\u{feff}\u{85}\u{2028}\u{2024}。\u{3000}\u{a0}א״ـカ٣क\u{94d}\u{93f}🇩🇪👩🏽❤\u{fe0f}\u{600}각\u{1160}»“”’…ß№"
                .chars()
                .collect::<Vec<_>>(),
        );
        let c = prop_oneof![6 => ascii, 1 => any::<char>(), 2 => wide];
        prop::collection::vec(c, 0..40).prop_map(|chars| chars.into_iter().collect())
    }

    fn ends(text: &str, end: fn(&str, usize) -> usize) -> Vec<usize> {
        let mut ends = Vec::new();
        let mut at = 0;
        while at < text.len() {
            at = end(text, at);
            ends.push(at);
        }
        ends
    }

    fn expected<'a>(segments: impl Iterator<Item = &'a str>) -> Vec<usize> {
        segments
            .scan(0, |at, segment| {
                *at += segment.len();
                Some(*at)
            })
            .collect()
    }

    fn compare(text: &str) {
        assert_eq!(ends(text, word_end), expected(text.split_word_bounds()), "words of {text:?}");
        assert_eq!(
            ends(text, grapheme_end),
            expected(text.graphemes(true)),
            "graphemes of {text:?}"
        );
        assert_eq!(
            ends(text, sentence_end),
            expected(text.split_sentence_bounds()),
            "sentences of {text:?}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn short_cuts_over_ascii_change_no_boundary(text in hard()) {
            compare(&text);
        }
    }

    #[test]
    fn every_pair_and_triple_of_classes_breaks_as_the_rules_say() {
        let alphabet = [
            "a", "B", "1", "_", ".", "'", ":", ",", "!", ")", " ", "\t", "\n", "\r", "é", "\u{301}",
        ];
        for a in alphabet {
            for b in alphabet {
                for c in alphabet {
                    compare(&[a, b, c].concat());
                    compare(&[a, b, c, "x"].concat());
                }
            }
        }
    }
}
