//! Windows over text in memory against enumeration, and streams against windows in memory.

use std::ops::Range;

use crate::record::{
    EDGES, Record, check_place, expected, expected_bytes, in_memory, kinds, streamed,
};
use unicode_segmentation::UnicodeSegmentation;
use windows_core::Edge;
use windows_frame::FrameSpec;
use windows_frame::text::{
    Bytes, Delimiter, Invalid, TextError, TextReader, TextStream, Unit, Units,
};

/// Scripts that join, combine, run right to left, have no blanks, or end lines oddly.
const MIXED: &str = "\u{feff}The quick (“brown”) fox can't jump 32.3 feet, right? e.g. a:b 1,5 U.S.A. is…\r\n\
    नमस्ते दुनिया। क्षत्रिय\r\nสวัสดีชาวโลก ฉันชื่อ\n\nمرحبا بالعالم، 12:30؟ \u{202e}abc\u{202c}\r \
    日本語の文。これは、テスト！「終」\u{3000}カタカナ_x 👩‍👩‍👧‍👦🏳️‍🌈🇩🇪🇫🇷🇯 e\u{301}\u{308}\u{301}o \u{308}x\n\
    a.\u{ad}b א\"ב ג'ד  3.x 'tis ...) (1). \"So.\" he said. (Etc.) 5. lower\u{2028}Σίσυφος—naïve";

#[test]
fn windows_in_memory_equal_enumeration() {
    let texts = [
        "",
        "a",
        "é",
        "a b",
        "né\r\n\n x",
        "日本 語。a. b",
        "one. two e.g. three! Four\nfive 👩‍👧 sixé",
    ];
    for text in texts {
        for unit in kinds() {
            for size in 1..6 {
                for step in 1..7 {
                    for (edge, naive) in EDGES {
                        let spec = FrameSpec::new(size, step).edge(edge);
                        let got = in_memory(text, &unit, spec);
                        assert_eq!(
                            got,
                            expected(text, &unit, size, step, naive),
                            "{text:?} {unit:?} {size} {step} {edge:?}"
                        );
                        check_place(text, &got);
                    }
                }
            }
        }
    }
}

#[test]
fn byte_windows_equal_their_definition_and_never_cut() {
    let texts = ["", "a", "é", "日", "abcdefghij", "日本語です", "aé日🙂b日é", "🙂🙂🙂", "ab🙂"];
    for text in texts {
        for size in 1..12 {
            for step in 1..14 {
                for (edge, _) in EDGES {
                    let spec = FrameSpec::new(size, step).edge(edge);
                    if edge == Edge::Balance {
                        assert_eq!(Bytes::new(text).windows(spec).unwrap_err(), TextError::Balance);
                        continue;
                    }
                    let source = Bytes::new(text);
                    let got: Vec<_> = source.windows(spec).unwrap().map(Record::of).collect();
                    assert_eq!(
                        got,
                        expected_bytes(text, size, step, edge),
                        "{text:?} {size} {step} {edge:?}"
                    );
                    check_place(text, &got);
                    for cut in 0..=text.len() {
                        let stream = TextStream::bytes(spec).unwrap();
                        assert_eq!(
                            streamed(stream, text.as_bytes(), &[cut]),
                            (got.clone(), None),
                            "{text:?} {size} {step} {edge:?} cut at {cut}"
                        );
                    }
                    let stream = TextStream::bytes(spec).unwrap();
                    let cuts: Vec<_> = (0..text.len()).collect();
                    assert_eq!(streamed(stream, text.as_bytes(), &cuts), (got, None));
                }
            }
        }
    }
}

#[test]
fn byte_windows_overlap_and_cover_whatever_the_characters() {
    let source = Bytes::new("日本語です");
    for (size, overlap) in [(4, 1), (4, 2), (4, 3), (1, 0), (3, 2)] {
        let spec = FrameSpec::overlapping(size, overlap).edge(Edge::Covered);
        let windows: Vec<_> = source.windows(spec).unwrap().collect();
        assert!(windows.is_sorted_by(|a, b| a.bytes().start < b.bytes().start), "always advances");
        let fresh: String = windows.iter().map(|window| window.fresh_text()).collect();
        assert_eq!(
            fresh,
            source.windows(spec).unwrap().map(|w| w.fresh_text()).collect::<String>()
        );
        assert_eq!(fresh, "日本語です");
    }
}

/// A small, seeded generator: the same splits in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn cuts(&mut self, len: usize) -> Vec<usize> {
        let count = self.below(24);
        let mut cuts: Vec<_> = (0..count).map(|_| self.below(len + 1)).collect();
        cuts.sort_unstable();
        cuts
    }

    fn spec(&mut self) -> FrameSpec {
        // Now and then windows or steps of more than there is, and texts are of no unit and of one as well.
        let (longest, widest) = [(9, 11), (9, 11), (400, 11), (9, 400)][self.below(4)];
        let spec = FrameSpec::new(1 + self.below(longest), 1 + self.below(widest));
        match self.below(7) {
            6 => spec.keep_at_least(1 + self.below(spec.length())),
            edge => spec.edge(EDGES[edge].0),
        }
    }
}

#[test]
fn ten_thousand_random_splits_give_the_windows_of_memory() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let pieces: Vec<&str> = MIXED.graphemes(true).collect();
    let kinds = kinds();
    for round in 0..10_000 {
        // A text of the pieces of the mixed one, often in their order, sometimes not.
        let mut text = String::new();
        let mut at = random.below(pieces.len());
        let most = [90, 90, 90, 2][random.below(4)];
        for _ in 0..random.below(most) {
            text.push_str(pieces[at]);
            at = if random.below(8) == 0 {
                random.below(pieces.len())
            } else {
                (at + 1) % pieces.len()
            };
        }
        let spec = random.spec();
        let cuts = random.cuts(text.len());
        let (stream, whole) = match random.below(kinds.len() + 1) {
            kind if kind == kinds.len() => {
                let spec =
                    if spec.rule() == Edge::Balance { spec.edge(Edge::Covered) } else { spec };
                let whole: Vec<_> =
                    Bytes::new(&text).windows(spec).unwrap().map(Record::of).collect();
                (TextStream::bytes(spec).unwrap(), whole)
            }
            kind => {
                let unit = kinds[kind].clone();
                let whole = in_memory(&text, &unit, spec);
                let count = Units::new(&text, &unit).len();
                let stream = if spec.rule() == Edge::Balance {
                    TextStream::balanced(unit, spec, count)
                } else {
                    TextStream::new(unit, spec)
                };
                (stream.unwrap().look(random.below(100)), whole)
            }
        };
        check_place(&text, &whole);
        assert_eq!(
            streamed(stream, text.as_bytes(), &cuts),
            (whole, None),
            "round {round}: {text:?} cut at {cuts:?}, {spec:?}"
        );
    }
}

#[test]
fn every_single_cut_of_the_mixed_text_gives_the_windows_of_memory() {
    let spec = FrameSpec::overlapping(3, 1).edge(Edge::Covered);
    for unit in kinds() {
        let whole = in_memory(MIXED, &unit, spec);
        for cut in 0..=MIXED.len() {
            let stream = TextStream::new(unit.clone(), spec).unwrap().look(cut % 64);
            assert_eq!(
                streamed(stream, MIXED.as_bytes(), &[cut]),
                (whole.clone(), None),
                "{unit:?} {cut}"
            );
        }
        let each: Vec<_> = (0..MIXED.len()).collect();
        let stream = TextStream::new(unit.clone(), spec).unwrap().look(1);
        assert_eq!(
            streamed(stream, MIXED.as_bytes(), &each),
            (whole, None),
            "{unit:?} byte by byte"
        );
    }
}

#[test]
fn caps_and_invalid_bytes_say_the_same_for_every_split() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let kinds = kinds();
    let mut failures = [0, 0];
    for _ in 0..4000 {
        let from = random.below(MIXED.len());
        let mut input = MIXED.as_bytes()[from..].to_vec();
        input.truncate(random.below(160));
        for _ in 0..random.below(3) {
            if !input.is_empty() {
                let at = random.below(input.len());
                input[at] = [b' ', b' ', b'\xff', b'\xe6'][random.below(4)];
            }
        }
        if random.below(4) == 0 {
            let at = random.below(input.len() + 1);
            input.splice(at..at, [b' '; 60]);
        }
        let unit = kinds[random.below(kinds.len())].clone();
        let spec = FrameSpec::new(1 + random.below(3), 1 + random.below(3)).edge(Edge::Covered);
        let cap = 1 + random.below(24);
        let stream =
            TextStream::new(unit.clone(), spec).unwrap().max_unit(cap).look(random.below(40));
        let whole = streamed(stream.clone(), &input, &[]);
        match whole.1 {
            Some(TextError::InvalidUtf8 { at }) => {
                assert_eq!(at, str::from_utf8(&input).unwrap_err().valid_up_to());
                failures[0] += 1;
            }
            Some(TextError::UnitTooLong { .. }) => failures[1] += 1,
            Some(other) => panic!("{other}"),
            None => {
                let text = str::from_utf8(&input).unwrap();
                assert_eq!(whole.0, in_memory(text, &unit, spec));
                assert!(Units::new(text, &unit).iter().all(|unit| unit.len() <= cap));
            }
        }
        for _ in 0..4 {
            let cuts = random.cuts(input.len());
            assert_eq!(
                streamed(stream.clone(), &input, &cuts),
                whole,
                "{unit:?} cap {cap} {input:?} {cuts:?}"
            );
        }
        let each: Vec<_> = (0..input.len()).collect();
        assert_eq!(streamed(stream.clone(), &input, &each), whole, "{unit:?} cap {cap} {input:?}");

        let lossy = String::from_utf8_lossy(&input);
        let stream = TextStream::new(unit.clone(), spec).unwrap().look(9).invalid(Invalid::Replace);
        let got = streamed(stream, &input, &each);
        assert_eq!(got, (in_memory(&lossy, &unit, spec), None));
    }
    assert!(failures.iter().all(|&count| count > 200), "{failures:?}");
}

#[test]
fn a_unit_is_refused_only_above_its_cap() {
    let spec = FrameSpec::new(1, 1);
    for (unit, text) in [
        (Unit::Line, "abc\nabcde\n".to_owned()),
        (Unit::Word, format!("abc {} abcdef abc", " ".repeat(500))),
        (Unit::Grapheme, "ab e\u{301}\u{301}.".to_owned()),
        (Unit::Sentence, "Abc.\nAb cd.\nA".to_owned()),
        (
            Unit::Separated(Delimiter::text("-----------").unwrap()),
            "abc-----------abcdef".to_owned(),
        ),
    ] {
        let units = Units::new(&text, &unit);
        let longest = units.iter().map(str::len).max().unwrap();
        let at = units.iter().position(|unit| unit.len() == longest).unwrap();
        let stream = |cap| TextStream::new(unit.clone(), spec).unwrap().max_unit(cap);
        assert_eq!(streamed(stream(longest), text.as_bytes(), &[]).1, None, "{unit:?}");
        assert_eq!(
            streamed(stream(longest - 1), text.as_bytes(), &[]).1,
            Some(TextError::UnitTooLong { at: units.span(at..at + 1).start, cap: longest - 1 }),
            "{unit:?}"
        );
    }
}

#[test]
fn long_runs_and_long_lines_take_linear_time_and_little_memory() {
    // In debug builds a square of this would not end.
    let line = "word ".repeat(400_000);
    let spec = FrameSpec::new(1000, 1000).edge(Edge::Covered);
    let mut windows = TextReader::new(line.as_bytes(), TextStream::new(Unit::Word, spec).unwrap());
    let mut count = 0;
    while let Some(window) = windows.next_window().unwrap() {
        count += window.units().len();
    }
    assert_eq!(count, 400_000);

    let blanks = " ".repeat(2_000_000) + "end";
    let stream = TextStream::new(Unit::Word, spec).unwrap().max_unit(1000);
    let (records, error) = streamed(stream, blanks.as_bytes(), &[]);
    assert_eq!((records.len(), error), (1, None));
    assert_eq!(records[0].bytes, 2_000_000..2_000_003);
    let marked = " ".repeat(2_000_000) + "\u{308}";
    let stream = TextStream::new(Unit::Word, spec).unwrap().max_unit(1000);
    let (_, error) = streamed(stream, marked.as_bytes(), &[]);
    assert_eq!(error, Some(TextError::UnitTooLong { at: 0, cap: 1000 }));

    let one = "x".repeat(3_000_000);
    for unit in [Unit::Line, Unit::Word, Unit::Sentence] {
        let stream = TextStream::new(unit, spec).unwrap();
        let (records, error) = streamed(stream, one.as_bytes(), &[1, 100, 5000, 1_000_000]);
        assert_eq!((records.len(), error), (1, None));
    }
}

#[test]
fn impossible_windows_are_refused() {
    let units = Units::new("a b c", &Unit::Word);
    for spec in [FrameSpec::new(0, 1), FrameSpec::new(2, 0), FrameSpec::overlapping(3, 3)] {
        assert!(matches!(units.windows(spec), Err(TextError::Frames(_))));
        assert!(matches!(TextStream::new(Unit::Word, spec), Err(TextError::Frames(_))));
        assert!(matches!(Bytes::new("a").windows(spec), Err(TextError::Frames(_))));
    }
    let padded = FrameSpec::new(3, 1).padding(1, 0);
    assert_eq!(units.windows(padded).unwrap_err(), TextError::Padding { before: 1, after: 0 });
    assert!(matches!(
        TextStream::new(Unit::Word, FrameSpec::new(3, 1).edge(Edge::Balance)),
        Err(TextError::Balance)
    ));
    let stream = TextStream::balanced(Unit::Word, FrameSpec::new(2, 1), 4).unwrap();
    let (_, error) = streamed(stream, b"a b c", &[]);
    assert_eq!(error, Some(TextError::Length { what: "units", expected: 4, got: 3 }));
    assert!(Delimiter::text("").is_err());
}

#[test]
fn iterators_keep_their_laws() {
    let text = "a b c d e f g h i j";
    let units = Units::new(text, &Unit::Word);
    for (size, step) in [(3, 1), (3, 2), (2, 5), (20, 1)] {
        let windows = units.windows(FrameSpec::new(size, step).edge(Edge::Covered)).unwrap();
        let all: Vec<_> = windows.clone().collect();
        assert_eq!((windows.len(), windows.clone().count()), (all.len(), all.len()));
        assert_eq!(windows.clone().last(), all.last().copied());
        let mut back: Vec<_> = windows.clone().rev().collect();
        back.reverse();
        assert_eq!(back, all);
        for n in 0..all.len() + 2 {
            assert_eq!(windows.clone().nth(n), all.get(n).copied());
            assert_eq!(windows.clone().nth_back(n), all.iter().rev().nth(n).copied());
            let mut rest = windows.clone();
            rest.nth(n);
            assert_eq!(rest.len(), all.len().saturating_sub(n + 1));
        }
        let mut ended = windows;
        ended.nth(usize::MAX);
        assert_eq!((ended.next(), ended.next_back()), (None, None));
    }
}

#[test]
fn offsets_of_the_caller_are_checked() {
    let text = "añb日";
    assert_eq!(Units::from_offsets(text, [0..1, 1..3, 3..4, 4..7]).unwrap().len(), 4);
    assert_eq!(Units::from_offsets(text, [0..1, 0..3, 3..3, 3..7]).unwrap().get(2), Some(""));
    let wrong =
        |offsets: &[Range<usize>]| Units::from_offsets(text, offsets.iter().cloned()).unwrap_err();
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is tested")]
    let backwards = wrong(&[0..1, 2..1]);
    assert_eq!(backwards, TextError::Backwards { index: 1, start: 2, end: 1 });
    assert_eq!(wrong(&[1..3, 0..4]), TextError::Disordered { index: 1, at: 0, before: 1 });
    assert_eq!(wrong(&[0..4, 1..3]), TextError::Disordered { index: 1, at: 3, before: 4 });
    assert_eq!(wrong(&[0..1, 1..8]), TextError::OutOfText { index: 1, end: 8, len: 7 });
    assert_eq!(wrong(&[0..1, 1..5]), TextError::InsideChar { index: 1, at: 5 });

    let chars = Units::from_char_offsets(text, [0..1, 1..2, 1..3, 3..4, 4..4]).unwrap();
    assert_eq!(chars.iter().collect::<Vec<_>>(), ["a", "ñ", "ñb", "日", ""]);
    let outside = Units::from_char_offsets(text, [0..1, 0..5]).unwrap_err();
    assert_eq!(outside, TextError::OutOfText { index: 1, end: 5, len: 4 });
}
