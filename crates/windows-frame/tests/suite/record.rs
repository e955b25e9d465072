//! Windows over text by enumeration, and what the library says in the same words.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use windows_core::Edge;
use windows_frame::FrameSpec;
use windows_frame::text::{Delimiter, TextError, TextStream, TextWindow, Unit, Units};
use windows_testkit::axis as naive;

pub(crate) const EDGES: [(Edge, naive::Edge); 6] = [
    (Edge::Drop, naive::Edge::Drop),
    (Edge::Keep, naive::Edge::Keep),
    (Edge::Covered, naive::Edge::Covered),
    (Edge::Ceil, naive::Edge::Ceil),
    (Edge::Snap, naive::Edge::Snap),
    (Edge::Balance, naive::Edge::Balance),
];

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) text: String,
    pub(crate) bytes: Range<usize>,
    pub(crate) chars: Range<usize>,
    pub(crate) units: Range<usize>,
    pub(crate) fresh: Range<usize>,
    pub(crate) parts: Vec<Range<usize>>,
}

impl Record {
    pub(crate) fn of(window: TextWindow<'_>) -> Self {
        Self {
            text: window.text().to_owned(),
            bytes: window.bytes(),
            chars: window.chars(),
            units: window.units(),
            fresh: window.fresh(),
            parts: window.unit_bytes().collect(),
        }
    }

    fn at(
        text: &str,
        bytes: Range<usize>,
        units: Range<usize>,
        seen: usize,
        parts: Vec<Range<usize>>,
    ) -> Self {
        let chars = |at: usize| text[..at].chars().count();
        Self {
            text: text[bytes.clone()].to_owned(),
            chars: chars(bytes.start)..chars(bytes.end),
            units,
            fresh: seen.max(bytes.start)..bytes.end,
            bytes,
            parts,
        }
    }
}

pub(crate) fn kinds() -> Vec<Unit> {
    vec![
        Unit::Char,
        Unit::Grapheme,
        Unit::Word,
        Unit::Segment,
        Unit::Sentence,
        Unit::Line,
        Unit::Terminated(Delimiter::text(". ").unwrap()),
        Unit::Terminated(Delimiter::chars(|c| c == 'e')),
        Unit::Separated(Delimiter::text("\r\n").unwrap()),
        Unit::Separated(Delimiter::chars(char::is_whitespace)),
    ]
}

/// The units by other means than the library's.
fn ranges(text: &str, unit: &Unit) -> Vec<Range<usize>> {
    let pieces: Vec<&str> = match unit {
        Unit::Char => text.split_inclusive(|_| true).collect(),
        Unit::Grapheme => text.graphemes(true).collect(),
        Unit::Word => text.split_word_bounds().filter(|word| !word.trim().is_empty()).collect(),
        Unit::Segment => text.split_word_bounds().collect(),
        Unit::Sentence => text.split_sentence_bounds().collect(),
        Unit::Line => text.split_inclusive('\n').collect(),
        Unit::Terminated(d) if format!("{d:?}").contains(". ") => {
            text.split_inclusive(". ").collect()
        }
        Unit::Terminated(_) => text.split_inclusive('e').collect(),
        Unit::Separated(d) if format!("{d:?}").contains("Text") => {
            text.split("\r\n").filter(|piece| !piece.is_empty()).collect()
        }
        _ => text.split_whitespace().collect(),
    };
    let start = text.as_ptr() as usize;
    pieces
        .iter()
        .map(|p| p.as_ptr() as usize - start..p.as_ptr() as usize - start + p.len())
        .collect()
}

pub(crate) fn expected(
    text: &str,
    unit: &Unit,
    size: usize,
    step: usize,
    edge: naive::Edge,
) -> Vec<Record> {
    let units = ranges(text, unit);
    let axis = naive::NaiveAxis::new(units.len(), size, step).edge(edge);
    let mut seen = 0;
    let mut records = Vec::new();
    for window in 0..axis.count() {
        let taps: Vec<usize> = axis.taps(window).into_iter().flatten().collect();
        let (Some(&first), Some(&last)) = (taps.first(), taps.last()) else { continue };
        let bytes = units[first].start..units[last].end;
        records.push(Record::at(
            text,
            bytes.clone(),
            first..last + 1,
            seen,
            units[first..=last].to_vec(),
        ));
        seen = bytes.end;
    }
    records
}

/// Byte windows from the words that define them.
pub(crate) fn expected_bytes(text: &str, size: usize, step: usize, edge: Edge) -> Vec<Record> {
    let boundaries: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
    let floor = |at: usize| *boundaries.iter().filter(|&&b| b <= at).max().unwrap();
    let after = |at: usize| *boundaries.iter().find(|&&b| b > at).unwrap();
    let mut records: Vec<Record> = Vec::new();
    let (mut start, mut seen) = (0, 0);
    let len = text.len();
    if edge == Edge::Ceil && len < size && size - len >= step {
        return records;
    }
    while start < len || (edge == Edge::Snap && seen < len) {
        if matches!(edge, Edge::Covered | Edge::Ceil | Edge::Snap) && seen == len {
            break;
        }
        if edge == Edge::Drop && start + size > len {
            break;
        }
        if edge == Edge::Snap && start + size > len && len > size {
            let last_char = boundaries[boundaries.len() - 2];
            start = last_char.min(*boundaries.iter().find(|&&b| b >= len - size).unwrap());
        }
        let end = floor((start + size).min(len)).max(after(start));
        let parts = (start..end).map(|byte| byte..byte + 1).collect();
        records.push(Record::at(text, start..end, start..end, seen, parts));
        seen = end;
        let target = start + step;
        if target > len && step > size {
            if edge != Edge::Snap || seen == len {
                break;
            }
            start = len;
            continue;
        }
        let next = if step <= size { floor(target.min(len)).min(end) } else { floor(target) };
        start = next.max(after(start));
    }
    records
}

pub(crate) fn in_memory(text: &str, unit: &Unit, spec: FrameSpec) -> Vec<Record> {
    Units::new(text, unit).windows(spec).unwrap().map(Record::of).collect()
}

/// The windows before the end or the error, for text cut at some bytes.
pub(crate) fn streamed(
    mut stream: TextStream,
    input: &[u8],
    cuts: &[usize],
) -> (Vec<Record>, Option<TextError>) {
    let mut records = Vec::new();
    let mut at = 0;
    for &cut in cuts.iter().chain([&input.len()]) {
        if let Err(error) = stream.push(&input[at..cut], |window| records.push(Record::of(window)))
        {
            return (records, Some(error));
        }
        at = cut;
    }
    let error = stream.finish(|window| records.push(Record::of(window))).err();
    (records, error)
}

pub(crate) fn check_place(text: &str, records: &[Record]) {
    for record in records {
        assert_eq!(text[record.bytes.clone()], record.text);
        assert!(record.fresh.end == record.bytes.end && record.fresh.start >= record.bytes.start);
        let by_char: String =
            text.chars().skip(record.chars.start).take(record.chars.len()).collect();
        assert_eq!(by_char, record.text);
    }
}
