//! Chunks within their budget, and predictions merged, against the words that define them.

use std::ops::Range;

use proptest::prelude::*;
use windows_core::Edge;
use windows_frame::FrameSpec;
use windows_frame::text::{Budget, Chunk, Merge, Oversize, Reduce, TextError, Unit, Units};

fn text() -> impl Strategy<Value = String> {
    let pieces =
        ["a", "to", "word", "überlänge", "日本語", "👩‍👩‍👧", " ", "  ", "\n", ". ", "e\u{301}"];
    // Nothing, one piece, or many.
    let count = prop_oneof![1 => 0..2_usize, 6 => 2..60_usize];
    let pieces = move |count| prop::collection::vec(prop::sample::select(pieces.to_vec()), count);
    count.prop_flat_map(pieces).prop_map(|all| all.concat())
}

/// Budgets of a few units, of less than most, and of more than there is.
fn budget(longest: usize) -> impl Strategy<Value = usize> {
    prop_oneof![6 => 1..longest, 1 => Just(1_usize), 1 => 300..2000_usize]
}

/// The cases of a property: those that are asked for, else few.
fn cases() -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(600),
    }
}

fn unit() -> impl Strategy<Value = Unit> {
    prop::sample::select(vec![
        Unit::Char,
        Unit::Grapheme,
        Unit::Word,
        Unit::Segment,
        Unit::Line,
        Unit::Sentence,
    ])
}

fn oversize() -> impl Strategy<Value = Oversize> {
    prop::sample::select(vec![Oversize::Refuse, Oversize::Keep, Oversize::Split])
}

/// What holds for chunks of every kind.
fn check<'a>(
    units: &Units<'a>,
    budget: (usize, usize, Oversize),
    measure: impl Fn(Range<usize>) -> usize,
    chunks: impl Iterator<Item = Result<Chunk<'a>, TextError>>,
) -> Result<Vec<Range<usize>>, TestCaseError> {
    let (most, overlap, oversize) = budget;
    let text = units.text();
    let mut seen = 0;
    let mut before: Option<Range<usize>> = None;
    let mut all = Vec::new();
    for chunk in chunks {
        let Chunk { window, measure: measured } = match chunk {
            Ok(chunk) => chunk,
            Err(TextError::AboveBudget { at, measure: measured, budget }) => {
                prop_assert!(oversize != Oversize::Keep && measured > most && budget == most);
                prop_assert!(at >= seen);
                if oversize == Oversize::Split {
                    let char = text[at..].chars().next().unwrap();
                    prop_assert_eq!(measure(at..at + char.len_utf8()), measured);
                }
                return Ok(all);
            }
            Err(other) => panic!("{other}"),
        };
        let bytes = window.bytes();
        prop_assert_eq!(&text[bytes.clone()], window.text());
        prop_assert_eq!(measured, measure(bytes.clone()));
        if measured > most {
            prop_assert!(oversize == Oversize::Keep && window.units().len() == 1);
        }
        prop_assert_eq!(window.fresh(), seen.max(bytes.start)..bytes.end);
        prop_assert!(
            window.fresh().start < bytes.end || bytes.is_empty(),
            "each has something new"
        );
        if let Some(before) = before {
            prop_assert!(before.start < bytes.start && before.end < bytes.end, "always advancing");
            if bytes.start < before.end {
                prop_assert!(measure(bytes.start..before.end) <= overlap, "overlap {overlap}");
            }
        }
        // Nothing but what lies between units is left out.
        prop_assert!(
            units.starting_in(seen..window.fresh().start) == 0 || window.fresh().start == seen
        );
        for (part, range) in window.unit_texts().zip(window.unit_bytes()) {
            prop_assert_eq!(part, &text[range]);
        }
        seen = bytes.end;
        before = Some(bytes.clone());
        all.push(bytes);
    }
    let last = if units.is_empty() { 0 } else { units.span(0..units.len()).end };
    prop_assert_eq!(seen, last, "all units");
    Ok(all)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn chunks_by_a_sum_keep_their_budget(
        text in text(), unit in unit(), most in budget(30), part in 0_usize..2000, oversize in oversize()
    ) {
        let units = Units::new(&text, &unit);
        let overlap = part % most;
        let budget = Budget::new(most).overlap(overlap).oversize(oversize);
        let chars = |bytes: Range<usize>| text[bytes].chars().count();
        let mut measured = 0;
        let chunks = units.chunks(budget, |bytes| { measured += bytes.len(); chars(bytes) }).unwrap();
        let summed = check(&units, (most, overlap, oversize), chars, chunks)?;
        if oversize != Oversize::Split {
            prop_assert!(measured <= text.len(), "each part is measured once");
        }
        // A sum is a measure like any other, and its chunks are as long as they can be.
        let chunks = units.chunks_by(budget, chars).unwrap();
        let searched = check(&units, (most, overlap, oversize), chars, chunks)?;
        if oversize == Oversize::Keep {
            prop_assert_eq!(summed, searched);
        }
    }

    #[test]
    fn chunks_by_any_measure_keep_their_budget(
        text in text(), unit in unit(), most in budget(12), part in 0_usize..2000, oversize in oversize(), salt in 0_usize..5
    ) {
        let units = Units::new(&text, &unit);
        let overlap = part % most;
        let budget = Budget::new(most).overlap(overlap).oversize(oversize);
        // Tokens of a kind whose number may fall as the text grows.
        let tokens = |bytes: Range<usize>| {
            let piece = &text[bytes];
            (piece.chars().count() / 2 + piece.len() % (2 + salt)).max(usize::from(!piece.is_empty()))
        };
        let chunks = units.chunks_by(budget, tokens).unwrap();
        check(&units, (most, overlap, oversize), tokens, chunks)?;
    }
}

#[test]
fn tokens_of_known_offsets_are_a_sum() {
    let text = "One two three. Four five. Six seven eight nine. Ten.";
    let tokens = Units::new(text, &Unit::Word);
    let sentences = Units::new(text, &Unit::Sentence);
    let budget = Budget::new(8).overlap(4);
    let chunks = sentences.chunks(budget, |bytes| tokens.starting_in(bytes)).unwrap();
    let chunks: Vec<_> = chunks.map(|chunk| chunk.unwrap()).collect();
    let texts: Vec<_> = chunks.iter().map(|chunk| chunk.window.text()).collect();
    assert_eq!(texts, ["One two three. Four five. ", "Four five. Six seven eight nine. ", "Ten."]);
    assert_eq!(chunks.iter().map(|chunk| chunk.measure).collect::<Vec<_>>(), [7, 8, 2]);
    let again = sentences.chunks(budget, tokens.measure()).unwrap();
    assert_eq!(again.map(|chunk| chunk.unwrap()).collect::<Vec<_>>(), chunks);
}

#[test]
fn a_measure_counts_the_same_from_wherever_it_looked_last() {
    let text = "ab c  d éfg h i jk l m n o p q r s t u v w x y z.";
    let ends = text.len() + 2;
    let none = Units::from_offsets(text, []).unwrap();
    let odd = Units::from_offsets(text, [0..1, 0..2, 3..3, 3..4, 13..14]).unwrap();
    for units in [Units::new(text, &Unit::Word), Units::new(text, &Unit::Char), none, odd] {
        let starts: Vec<usize> = (0..units.len()).map(|i| units.span(i..i + 1).start).collect();
        let mut measure = units.measure();
        for (start, end) in (0..ends).flat_map(|start| (0..ends).map(move |end| (start, end))) {
            // A detour, so that the next look comes from afar.
            let _ = measure(end % 7 * 8..ends);
            let expected = starts.iter().filter(|&&at| (start..end).contains(&at)).count();
            assert_eq!(measure(start..end), expected, "{start}..{end}");
            assert_eq!(units.starting_in(start..end), expected, "{start}..{end}");
        }
    }
}

#[test]
fn a_search_measures_little() {
    let text = "word ".repeat(20_000);
    let units = Units::new(&text, &Unit::Segment);
    let mut calls = 0;
    let chunks = units.chunks_by(Budget::new(1000), |bytes| {
        calls += 1;
        bytes.len()
    });
    let count = chunks.unwrap().count();
    assert_eq!(count, 100);
    assert!(calls < 20 * count, "{calls}");
}

#[test]
fn impossible_budgets_are_refused() {
    let units = Units::new("a b", &Unit::Word);
    let one = |_: Range<usize>| 1;
    assert_eq!(units.chunks(Budget::new(0), one).unwrap_err(), TextError::NoBudget);
    let error = TextError::Overlap { overlap: 3, budget: 3 };
    assert_eq!(units.chunks_by(Budget::new(3).overlap(3), one).unwrap_err(), error);
    let mut chunks = units.chunks(Budget::new(1), |bytes| bytes.start + 1).unwrap();
    assert_eq!(chunks.next().unwrap().unwrap().window.text(), "a");
    assert!(matches!(
        chunks.next(),
        Some(Err(TextError::AboveBudget { at: 2, measure: 3, budget: 1 }))
    ));
    assert!(chunks.next().is_none());
}

#[test]
fn merging_gives_every_unit_once() {
    for (len, size, step) in [(1, 1, 1), (7, 3, 1), (10, 4, 3), (10, 4, 2), (23, 8, 5)] {
        let text = "x".repeat(len);
        let units = Units::new(&text, &Unit::Char);
        let windows: Vec<Range<usize>> = units
            .windows(FrameSpec::new(size, step).edge(Edge::Snap))
            .unwrap()
            .map(|w| w.units())
            .collect();
        // A prediction says which window and which unit it is of.
        let say = |window: usize, unit: usize| [(window * 100 + unit) as f32, -(window as f32)];
        let merged = |reduce| {
            let mut merge = Merge::new(len, 2, reduce).unwrap();
            for (number, window) in windows.iter().enumerate() {
                let values: Vec<f32> = window.clone().flat_map(|unit| say(number, unit)).collect();
                merge.add(window.clone(), &values).unwrap();
            }
            merge.finish().unwrap()
        };
        let (crop, mean, weighted) =
            (merged(Reduce::Crop), merged(Reduce::Mean), merged(Reduce::TRIANGLE));
        let (max, first, last) = (merged(Reduce::Max), merged(Reduce::First), merged(Reduce::Last));
        for unit in 0..len {
            let of: Vec<usize> =
                (0..windows.len()).filter(|&w| windows[w].contains(&unit)).collect();
            let context = |w: usize| (unit - windows[w].start).min(windows[w].end - 1 - unit);
            let best = of.iter().rev().copied().max_by_key(|&w| context(w)).unwrap();
            let at = 2 * unit;
            assert_eq!(crop[at..at + 2], say(best, unit));
            assert_eq!(first[at..at + 2], say(of[0], unit));
            assert_eq!(last[at..at + 2], say(of[of.len() - 1], unit));
            assert_eq!(max[at..at + 2], [say(of[of.len() - 1], unit)[0], say(of[0], unit)[1]]);
            for value in 0..2 {
                let sum: f64 = of.iter().map(|&w| f64::from(say(w, unit)[value])).sum();
                assert!((f64::from(mean[at + value]) - sum / of.len() as f64).abs() < 1e-4);
                let weight = |w: usize| (context(w) + 1) as f64;
                let sum: f64 = of.iter().map(|&w| weight(w) * f64::from(say(w, unit)[value])).sum();
                let all: f64 = of.iter().map(|&w| weight(w)).sum();
                assert!((f64::from(weighted[at + value]) - sum / all).abs() < 1e-4);
            }
        }
    }
}

#[test]
fn merging_refuses_what_does_not_fit() {
    let mut merge = Merge::<f64>::new(4, 2, Reduce::Weighted(|place, _| place as f64)).unwrap();
    assert_eq!(merge.add(3..5, &[0.0; 4]).unwrap_err(), TextError::OutOfUnits { end: 5, units: 4 });
    let error = TextError::Length { what: "predictions", expected: 4, got: 3 };
    assert_eq!(merge.add(0..2, &[0.0; 3]).unwrap_err(), error);
    assert_eq!(merge.add(0..2, &[0.0; 4]).unwrap_err(), TextError::Weight { index: 0, len: 2 });
    assert_eq!(merge.finish().unwrap_err(), TextError::Uncovered { first: 0, count: 4 });
    assert!(Merge::<f32>::new(usize::MAX, 2, Reduce::Max).is_err());
    assert_eq!(Merge::<f32>::new(0, 3, Reduce::Mean).unwrap().finish().unwrap(), [0_f32; 0]);
    let mut merge = Merge::new(2, 1, Reduce::Max).unwrap();
    merge.add(0..2, &[f32::NAN, 1.0]).unwrap();
    merge.add(0..2, &[2.0, f32::NAN]).unwrap();
    assert_eq!(merge.finish().unwrap(), [2.0, 1.0]);
}
