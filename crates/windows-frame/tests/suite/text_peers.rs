//! n-grams against nltk and scikit-learn, token windows against Hugging Face tokenizers.

use serde_json::Value;
use windows_core::Edge;
use windows_frame::FrameSpec;
use windows_frame::text::{Delimiter, Order, Unit, Units, padded_ngrams, skip_grams};

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/text.json")).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap().try_into().unwrap()
}

fn strings(value: &Value) -> Vec<&str> {
    list(value).iter().map(|text| text.as_str().unwrap()).collect()
}

fn words(text: &str) -> Units<'_> {
    Units::new(text, &Unit::Separated(Delimiter::chars(char::is_whitespace)))
}

#[test]
fn ngrams_are_those_of_nltk() {
    for case in list(&golden()["ngrams"]) {
        let words = words(case["text"].as_str().unwrap());
        for expected in list(&case["grams"]) {
            let lengths = number(&expected[0])..=number(&expected[1]);
            let grams = words.ngrams(lengths, Order::ByPosition).unwrap();
            let got: Vec<Vec<&str>> = grams.map(|gram| gram.unit_texts().collect()).collect();
            assert_eq!(got, list(&expected[2]).iter().map(strings).collect::<Vec<_>>());

            let lengths = number(&expected[0])..=number(&expected[1]);
            let longest = FrameSpec::new(*lengths.end(), 1).edge(Edge::Keep);
            let by_window = words.windows(longest).unwrap().flat_map(|w| w.ngrams(lengths.clone()));
            let all: Vec<_> = words.ngrams(lengths.clone(), Order::ByPosition).unwrap().collect();
            assert_eq!(by_window.collect::<Vec<_>>(), all);
        }
        for expected in list(&case["padded"]) {
            let flag = |index: usize| expected[index].as_bool().unwrap();
            let grams = padded_ngrams(words.len(), number(&expected[0]), flag(1), flag(2)).unwrap();
            assert_eq!(grams.len(), grams.clone().count());
            let got: Vec<Vec<&str>> = grams
                .map(|gram| {
                    let mut texts = vec!["<s>"; gram.before];
                    texts.extend(gram.units.map(|unit| words.get(unit).unwrap()));
                    texts.extend(vec!["</s>"; gram.after]);
                    texts
                })
                .collect();
            assert_eq!(got, list(&expected[3]).iter().map(strings).collect::<Vec<_>>());
        }
        for expected in list(&case["skip"]) {
            let grams =
                skip_grams(words.len(), number(&expected[0]), number(&expected[1])).unwrap();
            let got: Vec<Vec<&str>> = grams
                .map(|gram| gram.iter().map(|&unit| words.get(unit).unwrap()).collect())
                .collect();
            assert_eq!(got, list(&expected[2]).iter().map(strings).collect::<Vec<_>>());
        }
    }
}

#[test]
fn ngrams_are_those_of_scikit_learn() {
    for case in list(&golden()["ngrams"]) {
        let words = words(case["text"].as_str().unwrap());
        for expected in list(&case["words"]) {
            let lengths = number(&expected[0])..=number(&expected[1]);
            let grams = words.ngrams(lengths, Order::ByLength).unwrap();
            let got: Vec<String> =
                grams.map(|gram| gram.unit_texts().collect::<Vec<_>>().join(" ")).collect();
            assert_eq!(got, strings(&expected[2]));
        }
        for expected in list(&case["char_wb"]) {
            let grams = words.word_grams(number(&expected[0])..=number(&expected[1])).unwrap();
            for gram in grams.clone() {
                assert_eq!(&words.text()[gram.start..][..gram.text.len()], gram.text);
            }
            let got: Vec<String> = grams.map(|gram| gram.to_string()).collect();
            assert_eq!(got, strings(&expected[2]));
        }
    }
}

#[test]
fn fresh_parts_of_ngrams_are_the_text_once() {
    let text = "a bb ccc dd e";
    let words = words(text);
    for order in [Order::ByPosition, Order::ByLength] {
        for lengths in [1..=1, 1..=3, 2..=4, 3..=9] {
            let mut seen = 0;
            for gram in words.ngrams(lengths, order).unwrap() {
                assert_eq!(gram.fresh().start, seen.clamp(gram.bytes().start, gram.bytes().end));
                seen = seen.max(gram.bytes().end);
            }
            assert_eq!(seen, text.len());
        }
    }
    assert!(words.ngrams(0..=2, Order::ByLength).is_err());
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is tested")]
    let backwards = words.word_grams(3..=2);
    assert!(backwards.is_err());
    assert!(padded_ngrams(3, 0, true, true).is_err() && skip_grams(3, 0, 1).is_err());
    assert!(padded_ngrams(3, usize::MAX, true, true).is_err());
}

#[test]
fn token_windows_are_those_of_hugging_face() {
    for case in list(&golden()["tokens"]) {
        let text = case["text"].as_str().unwrap();
        let ranges = |value: &Value| -> Vec<_> {
            list(value).iter().map(|offset| number(&offset[0])..number(&offset[1])).collect()
        };
        let offsets = ranges(&case["offsets"]);
        let tokens = Units::from_char_offsets(text, offsets.iter().cloned()).unwrap();
        for expected in list(&case["windows"]) {
            let spec = FrameSpec::overlapping(number(&expected[0]), number(&expected[1]));
            let windows = tokens.windows(spec.edge(Edge::Covered)).unwrap();
            let got: Vec<_> =
                windows.clone().map(|window| offsets[window.units()].to_vec()).collect();
            assert_eq!(got, list(&expected[2]).iter().map(ranges).collect::<Vec<_>>());
            for window in windows {
                assert_eq!(window.chars().start, offsets[window.units().start].start);
                assert_eq!(window.chars().end, offsets[window.units().end - 1].end);
            }
        }
    }
}
