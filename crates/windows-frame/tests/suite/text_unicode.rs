//! The break tests of the Unicode Character Database, all lines, in memory and in streams.

use windows_frame::FrameSpec;
use windows_frame::text::{TextStream, Unit, Units};

fn conforms(file: &str, unit: &Unit, lines: usize) {
    let mut count = 0;
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let segments: Vec<String> = line
            .trim_matches(['÷', ' '])
            .split('÷')
            .map(|segment| {
                let points = segment.split('×').map(|point| u32::from_str_radix(point.trim(), 16));
                points.map(|point| char::from_u32(point.unwrap()).unwrap()).collect()
            })
            .collect();
        let text = segments.concat();
        let got: Vec<_> = Units::new(&text, unit).iter().map(str::to_owned).collect();
        assert_eq!(got, segments, "{line}");

        // Byte by byte: no boundary is given before it is certain.
        let mut got = Vec::new();
        let mut stream = TextStream::new(unit.clone(), FrameSpec::new(1, 1)).unwrap().look(1);
        for byte in text.bytes() {
            stream.push(&[byte], |window| got.push(window.text().to_owned())).unwrap();
        }
        stream.finish(|window| got.push(window.text().to_owned())).unwrap();
        assert_eq!(got, segments, "streamed {line}");
        count += 1;
    }
    assert_eq!(count, lines);
}

#[test]
fn tables_and_tests_are_of_one_version() {
    assert_eq!(unicode_segmentation::UNICODE_VERSION, (17, 0, 0));
}

#[test]
fn grapheme_break_test() {
    conforms(include_str!("../golden/unicode/GraphemeBreakTest.txt"), &Unit::Grapheme, 766);
}

#[test]
fn word_break_test() {
    conforms(include_str!("../golden/unicode/WordBreakTest.txt"), &Unit::Segment, 1944);
}

#[test]
fn sentence_break_test() {
    conforms(include_str!("../golden/unicode/SentenceBreakTest.txt"), &Unit::Sentence, 512);
}
