//! A text as overlapping chunks of whole sentences, as an index for search or a language model wants them,
//! one JSON object a line, with the place of each in the source.
//!
//! ```sh
//! cargo run --release -p windows-cli --example text_chunks -- docs/assets/README.md
//! ```
//!
//! A chunk has at most 120 words and repeats about 30 of the chunk before.

use std::error::Error;
use std::io::Write;

use serde_json::json;
use windows_frame::text::{Budget, Unit, Units};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: text_chunks INPUT")?;
    let text = std::fs::read_to_string(path)?;
    let words = Units::new(&text, &Unit::Word);
    let sentences = Units::new(&text, &Unit::Sentence);

    let mut out = std::io::stdout().lock();
    // Any count that adds up will do: the offsets of a tokenizer by `Units::from_offsets`, for example.
    for chunk in sentences.chunks(Budget::new(120).overlap(30), words.measure())? {
        let chunk = chunk?;
        let window = chunk.window;
        assert_eq!(&text[window.bytes()], window.text());
        let line = json!({
            "bytes": [window.bytes().start, window.bytes().end],
            "fresh": [window.fresh().start, window.fresh().end],
            "words": chunk.measure,
            "text": window.text(),
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
