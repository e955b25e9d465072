//! Windows over text, its units and chunks.

use std::hint::black_box;

use icu_segmenter::WordSegmenter;
use icu_segmenter::options::WordBreakInvariantOptions;
use text_splitter::{ChunkConfig, TextSplitter};
use unicode_segmentation::UnicodeSegmentation;
use windows_benches::prose;
use windows_core::Edge;
use windows_frame::FrameSpec;
use windows_frame::text::{Budget, Bytes, Unit, Units};

use crate::row::{Row, Target};
use crate::session::{Case, Session};

const LEN: usize = 1_400_000;

fn case(kernel: &str) -> Case<'_> {
    Case { kernel: kernel.to_owned(), ..Case::default() }
}

fn byte_windows(session: &mut Session) {
    let text = prose(LEN, 2);
    let bytes = Bytes::new(&text);
    let spec = FrameSpec::new(256, 192).edge(Edge::Covered);
    let windows = bytes.windows(spec).expect("windows");
    assert!(windows.clone().all(|w| text[w.bytes()] == *w.text() && w.text().len() <= 256));
    let count = windows.clone().count();
    let mut ours = || {
        let windows = black_box(&windows).clone();
        black_box(windows.fold(0, |sum, w| sum ^ w.text().len() ^ w.fresh().start));
    };
    let case = Case { items: Some(count), ..case("no copy") };
    session.serve(&case, &mut [("ours", &mut ours)]);
}

fn words(session: &mut Session, wide: usize) {
    let text = prose(LEN, wide);
    let icu = WordSegmenter::new_for_non_complex_scripts(WordBreakInvariantOptions::default());
    let count = text.split_word_bounds().count();
    assert_eq!(Units::new(&text, &Unit::Segment).len(), count);
    assert_eq!(icu.segment_str(&text).count() - 1, count);
    let mut ours = || {
        black_box(Units::new(black_box(&text), &Unit::Segment).len());
    };
    let mut segmentation = || {
        black_box(black_box(&text).split_word_bounds().count());
    };
    let mut segmenter = || {
        black_box(icu.segment_str(black_box(&text)).count());
    };
    session.serve(
        &case("UAX 29, offsets kept"),
        &mut [
            ("ours", &mut ours),
            ("unicode-segmentation", &mut segmentation),
            ("icu_segmenter", &mut segmenter),
        ],
    );
}

fn chunks(session: &mut Session) {
    let text = prose(LEN, 0);
    let budget = Budget::new(512).overlap(128);
    let run = |text: &str| {
        let units = Units::new(text, &Unit::Segment);
        let chunks = units.chunks(budget, |bytes| text[bytes].chars().count()).expect("chunks");
        chunks.map(|chunk| chunk.expect("words shorter than a chunk")).fold(0, |fresh, chunk| {
            assert!(chunk.measure <= 512);
            fresh + chunk.window.fresh().len()
        })
    };
    assert_eq!(run(&text), text.len());
    let config = ChunkConfig::new(512).with_overlap(128).expect("an overlap").with_trim(false);
    let splitter = TextSplitter::new(config);
    assert!(splitter.chunks(&text).all(|chunk| chunk.chars().count() <= 512));
    let mut ours = || {
        black_box(run(black_box(&text)));
    };
    let mut rival = || {
        black_box(splitter.chunks(black_box(&text)).count());
    };
    session.serve(
        &case("measured once a unit"),
        &mut [("ours", &mut ours), ("text-splitter", &mut rival)],
    );
}

fn tokens(session: &mut Session) {
    let text = prose(LEN, 2);
    let tokens = Units::new(&text, &Unit::Word);
    let sentences = Units::new(&text, &Unit::Sentence);
    let budget = Budget::new(256).overlap(32);
    let chunks = || sentences.chunks(budget, tokens.measure()).expect("chunks");
    assert!(chunks().all(|chunk| chunk.expect("sentences shorter than a chunk").measure <= 256));
    let mut ours = || {
        black_box(chunks().count());
    };
    session.serve(&case("tokens by offset"), &mut [("ours", &mut ours)]);
}

pub(crate) fn rows() -> Vec<Row> {
    let words = |id, name, wide| {
        let work = format!("words (UAX 29) of {name}");
        Row::new("text", id, work, move |session| words(session, wide))
            .items(LEN, "byte")
            .rivals(&["unicode-segmentation", "icu_segmenter"])
    };
    vec![
        Row::new(
            "text",
            "bytes",
            "byte windows 256 step 192 on character boundaries",
            byte_windows,
        )
        .items(LEN / 192, "window")
        .target(Target::Seconds(5e-9)),
        words("words-ascii", "1.4 MB of ASCII", 0).target(Target::Rate(300e6)),
        words("words-mixed", "1.4 MB, 2 % of the words not ASCII", 2),
        Row::new("text", "chunks", "chunks of 512 characters of whole words, overlap 128", chunks)
            .items(LEN, "byte")
            .rivals(&["text-splitter"])
            .target(Target::Rate(100e6)),
        Row::new("text", "tokens", "chunks of 256 tokens of whole sentences, overlap 32", tokens)
            .items(LEN, "byte")
            .target(Target::Rate(100e6)),
    ]
}
