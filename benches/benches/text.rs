//! Units, byte windows, streams and chunks of text, beside the segmenters and a chunker of others.
//!
//! Every result is compared before it is timed.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use unicode_segmentation::UnicodeSegmentation;
use windows_benches::prose;
use windows_core::Edge;
use windows_frame::FrameSpec;
use windows_frame::text::{Budget, Bytes, TextReader, TextStream, Unit, Units};

const LEN: usize = 1_400_000;

/// Texts by how many of a hundred words are not ASCII.
fn texts() -> [(&'static str, String); 3] {
    [("ASCII", prose(LEN, 0)), ("2 % wide", prose(LEN, 2)), ("all wide", prose(LEN, 100))]
}

fn bytes(c: &mut Criterion) {
    let mut group = c.benchmark_group("byte windows, 256 step 192");
    for (name, text) in texts() {
        let source = Bytes::new(&text);
        let spec = FrameSpec::new(256, 192).edge(Edge::Covered);
        let windows = source.windows(spec).unwrap();
        assert!(windows.clone().all(|w| text[w.bytes()] == *w.text() && w.text().len() <= 256));
        group.throughput(Throughput::Elements(windows.clone().count() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                black_box(&windows).clone().fold(0, |sum, w| sum ^ w.text().len() ^ w.fresh().start)
            });
        });
    }
}

fn units(c: &mut Criterion) {
    for (kind, unit) in [
        ("words", Unit::Segment),
        ("sentences", Unit::Sentence),
        ("graphemes", Unit::Grapheme),
        ("lines", Unit::Line),
    ] {
        let mut group = c.benchmark_group(kind);
        for (name, text) in texts() {
            let count = |text: &str| match unit {
                Unit::Segment => text.split_word_bounds().count(),
                Unit::Sentence => text.split_sentence_bounds().count(),
                Unit::Grapheme => text.graphemes(true).count(),
                _ => text.lines().count(),
            };
            assert_eq!(Units::new(&text, &unit).len(), count(&text));
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_function(format!("units, {name}"), |b| {
                b.iter(|| Units::new(black_box(&text), &unit).len());
            });
            let spec = FrameSpec::new(100, 50).edge(Edge::Covered);
            group.bench_function(format!("stream of windows, {name}"), |b| {
                b.iter(|| {
                    let stream = TextStream::new(unit.clone(), spec).unwrap();
                    let mut windows = TextReader::new(black_box(text.as_bytes()), stream);
                    let mut sum = 0;
                    while let Some(window) = windows.next_window().unwrap() {
                        sum ^= window.fresh().start;
                    }
                    sum
                });
            });
            group.bench_function(format!("unicode-segmentation, {name}"), |b| {
                b.iter(|| count(black_box(&text)));
            });
            #[cfg(feature = "rivals")]
            {
                use icu_segmenter::options::{
                    SentenceBreakInvariantOptions, WordBreakInvariantOptions,
                };
                use icu_segmenter::{GraphemeClusterSegmenter, SentenceSegmenter, WordSegmenter};
                let words = WordSegmenter::new_for_non_complex_scripts(
                    WordBreakInvariantOptions::default(),
                );
                let sentences = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
                let graphemes = GraphemeClusterSegmenter::new();
                // They give boundaries, the first of which is the start.
                let icu = |text: &str| match unit {
                    Unit::Segment => words.segment_str(text).count() - 1,
                    Unit::Sentence => sentences.segment_str(text).count() - 1,
                    Unit::Grapheme => graphemes.segment_str(text).count() - 1,
                    _ => text.lines().count(),
                };
                if icu(&text) != count(&text) {
                    println!("SKIPPED icu_segmenter, {kind}, {name}: other boundaries");
                    continue;
                }
                group.bench_function(format!("icu_segmenter, {name}"), |b| {
                    b.iter(|| icu(black_box(&text)));
                });
            }
        }
    }
}

fn chunks(c: &mut Criterion) {
    let mut group = c.benchmark_group("chunks of 512 characters, overlap 128, of words");
    for (name, text) in texts() {
        let chars = |bytes: std::ops::Range<usize>| text[bytes].chars().count();
        let budget = Budget::new(512).overlap(128);
        let run = |text: &str| {
            let units = Units::new(text, &Unit::Segment);
            let chunks = units.chunks(budget, |bytes| text[bytes].chars().count()).unwrap();
            chunks.map(|chunk| chunk.unwrap()).fold((0, 0), |(count, fresh), chunk| {
                assert!(chunk.measure <= 512);
                (count + 1, fresh + chunk.window.fresh().len())
            })
        };
        assert_eq!(run(&text).1, text.len());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format!("measured, {name}"), |b| b.iter(|| run(black_box(&text))));
        group.bench_function(format!("searched, {name}"), |b| {
            b.iter(|| {
                let units = Units::new(black_box(&text), &Unit::Segment);
                units.chunks_by(budget, chars).unwrap().count()
            });
        });
        #[cfg(feature = "rivals")]
        {
            use text_splitter::{ChunkConfig, TextSplitter};
            let config = ChunkConfig::new(512).with_overlap(128).unwrap().with_trim(false);
            let splitter = TextSplitter::new(config);
            assert!(splitter.chunks(&text).all(|chunk| chunk.chars().count() <= 512));
            group.bench_function(format!("text-splitter, {name}"), |b| {
                b.iter(|| splitter.chunks(black_box(&text)).count());
            });
        }
    }
}

fn tokens(c: &mut Criterion) {
    let text = prose(LEN, 2);
    let tokens = Units::new(&text, &Unit::Word);
    let sentences = Units::new(&text, &Unit::Sentence);
    let budget = Budget::new(256).overlap(32);
    let chunks = || sentences.chunks(budget, tokens.measure()).unwrap();
    assert!(chunks().all(|chunk| {
        let chunk = chunk.unwrap();
        chunk.measure <= 256 && chunk.measure == tokens.starting_in(chunk.window.bytes())
    }));
    let mut group = c.benchmark_group("token budget");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("256 tokens, overlap 32, of sentences", |b| b.iter(|| chunks().count()));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = bytes, units, chunks, tokens
}
criterion_main!(benches);
