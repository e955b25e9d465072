//! `ndwin text`: windows over text of any length, as JSON lines.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;
use serde::Serialize;
use windows_core::Edge;
use windows_frame::FrameSpec;
use windows_frame::text::{Invalid, TextReader, TextStream, TextWindow, Unit};

use crate::args::Common;
use crate::error::{At, Error, Result};
use crate::geometry::tail_parser;
use crate::io::output::{self, Outputs};
use crate::progress::Progress;
use crate::report::Report;

/// Input between two steps of the progress bar.
const PROGRESS: u64 = 1 << 20;

/// One line a window: its text, where it lies, and which bytes no window before it had. Ranges are half-open and count from
/// the start of the input.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Each line is {\"text\": .., \"bytes\": [a,b], \"chars\": [a,b], \"units\": [a,b], \"fresh\": [a,b]}; fresh is in bytes.

Words are the segments of UAX 29 that are not blank. A line has its terminator with it. Windows of bytes end on
character boundaries, their units are bytes. However long the input, memory is that of a window and a unit.

Example, 40 words a window, the last 10 of them again in the next:
  ndwin text docs/assets/README.md --unit word --size 40 --overlap 10 -o target/words.jsonl --force"
)]
pub struct Args {
    /// A text file in UTF-8, or - for standard input
    #[arg(value_name = "FILE")]
    input: PathBuf,

    /// What windows are counted in
    #[arg(long, value_enum)]
    unit: Kind,

    /// Units of a window
    #[arg(long, value_name = "N", required_unless_present = "ngrams", conflicts_with = "ngrams")]
    size: Option<usize>,

    /// Units that neighbouring windows share
    #[arg(long, value_name = "K", conflicts_with = "step")]
    overlap: Option<usize>,

    /// Units from one window to the next [default: 1]
    #[arg(long, value_name = "S")]
    step: Option<usize>,

    /// What happens to the last windows; `pad` is another name of `ceil`, `slide-back` of `snap` [default: covered]
    #[arg(long, value_name = "EDGE", value_parser = tail_parser())]
    tail: Option<Edge>,

    /// All runs of A to B units instead, position by position
    #[arg(long, value_name = "A:B", conflicts_with_all = ["overlap", "step", "tail"])]
    ngrams: Option<Lengths>,

    /// The longest unit that is waited for
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    max_unit: usize,

    /// Read U+FFFD where the input is not UTF-8; offsets are then those of the text with it
    #[arg(long)]
    lossy: bool,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// The kinds of unit by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Byte,
    Char,
    Grapheme,
    Word,
    Sentence,
    Line,
}

impl Kind {
    /// `None` for bytes, whose windows are of their own kind.
    fn unit(self) -> Option<Unit> {
        Some(match self {
            Self::Byte => return None,
            Self::Char => Unit::Char,
            Self::Grapheme => Unit::Grapheme,
            Self::Word => Unit::Word,
            Self::Sentence => Unit::Sentence,
            Self::Line => Unit::Line,
        })
    }
}

/// `A:B`, or `N` for both.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lengths(RangeInclusive<usize>);

impl FromStr for Lengths {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (shortest, longest) = text.split_once(':').unwrap_or((text, text));
        let number = |text: &str| text.trim().parse::<usize>().ok();
        match (number(shortest), number(longest)) {
            (Some(shortest), Some(longest)) if 0 < shortest && shortest <= longest => {
                Ok(Self(shortest..=longest))
            }
            _ => Err("not A:B with 1 <= A <= B".to_owned()),
        }
    }
}

/// A line of the output.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    bytes: [usize; 2],
    chars: [usize; 2],
    units: [usize; 2],
    fresh: [usize; 2],
}

impl<'a> Line<'a> {
    fn of(window: &TextWindow<'a>) -> Self {
        let pair = |range: std::ops::Range<usize>| [range.start, range.end];
        Self {
            text: window.text(),
            bytes: pair(window.bytes()),
            chars: pair(window.chars()),
            units: pair(window.units()),
            fresh: pair(window.fresh()),
        }
    }
}

impl Args {
    pub(crate) fn run(&self) -> Result<Report> {
        let output = &self.common.output;
        let to_stdout = output::is_stdout(output);
        if !to_stdout && output.extension().is_none_or(|extension| extension != "jsonl") {
            return Err(Error::at(
                output,
                "windows of text are lines of JSON: write a .jsonl file, or -",
            ));
        }
        let mut outputs = Outputs::new(self.common.force);
        if !to_stdout {
            outputs.plan_file(output)?;
        }
        let stream = self.stream()?;
        let mut windows = TextReader::new(self.open()?, stream);
        let mut count = 0;
        if to_stdout {
            let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
            self.write(&mut windows, &mut out, &mut count)?;
            forgive(out.flush())?;
        } else {
            // What is wrong with the input is not said of the output.
            let mut written = Ok(());
            outputs.file(output, |out| {
                written = self.write(&mut windows, out, &mut count);
                io::Result::Ok(())
            })?;
            written?;
            outputs.commit()?;
        }
        let name = if self.ngrams.is_some() { "n-grams" } else { "windows" };
        Ok(Report::new("text").input_file(&self.input).output_file(output).count(name, count))
    }

    fn spec(&self) -> Result<FrameSpec> {
        if let Some(Lengths(lengths)) = &self.ngrams {
            if self.unit == Kind::Byte {
                return Err(Error::new("--ngrams of bytes would cut characters: give --unit char"));
            }
            return Ok(FrameSpec::new(*lengths.end(), 1).edge(Edge::Keep));
        }
        let size = self.size.unwrap_or(1);
        let step = match (self.overlap, self.step) {
            (Some(overlap), _) if overlap >= size => {
                return Err(Error::new(format_args!(
                    "--overlap {overlap} leaves nothing of --size {size} to advance by"
                )));
            }
            (Some(overlap), _) => size - overlap,
            (None, step) => step.unwrap_or(1),
        };
        Ok(FrameSpec::new(size, step).edge(self.tail.unwrap_or(Edge::Covered)))
    }

    fn stream(&self) -> Result<TextStream> {
        if self.max_unit == 0 {
            return Err(Error::new("--max-unit 0: a unit has at least one byte"));
        }
        let spec = self.spec()?;
        let balanced = spec.rule() == Edge::Balance;
        let stream = match self.unit.unit() {
            None if balanced => {
                return Err(Error::new(
                    "--tail balance needs units of one length: give --unit char",
                ));
            }
            None => TextStream::bytes(spec),
            Some(unit) if balanced => TextStream::balanced(unit, spec, self.count(spec)?),
            Some(unit) => TextStream::new(unit, spec),
        };
        let stream = stream.map_err(Error::new)?;
        Ok(self.with_limits(stream))
    }

    fn with_limits(&self, stream: TextStream) -> TextStream {
        let invalid = if self.lossy { Invalid::Replace } else { Invalid::Refuse };
        stream.max_unit(self.max_unit).invalid(invalid)
    }

    /// The units of a file, which balanced windows must know before the first one.
    fn count(&self, spec: FrameSpec) -> Result<usize> {
        // The spec's errors come before the file is read.
        spec.over(0).map_err(Error::new)?;
        let Some(unit) = self.unit.unit().filter(|_| !output::is_stdout(&self.input)) else {
            return Err(Error::new(
                "--tail balance needs to know the number of units: give a file",
            ));
        };
        let each = TextStream::new(unit, FrameSpec::new(1, 1)).map_err(Error::new)?;
        let mut units = TextReader::new(self.open()?, self.with_limits(each));
        let mut count = 0;
        while units.next_window().at(&self.input)?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    fn open(&self) -> Result<Input> {
        let path = &self.input;
        if output::is_stdout(path) {
            return Ok(Input { reader: Box::new(io::stdin().lock()), progress: None, read: 0 });
        }
        let metadata = std::fs::metadata(path).at(path)?;
        if metadata.is_dir() {
            return Err(Error::at(path, "is a folder, and a file is expected"));
        }
        let steps = metadata.len() / PROGRESS;
        let progress = Progress::new(steps, "MiB", self.common.quiet);
        let reader = Box::new(File::open(path).at(path)?);
        Ok(Input { reader, progress: Some(progress), read: 0 })
    }

    /// Writes all windows, until there are no more or nobody reads them.
    fn write(
        &self,
        windows: &mut TextReader<Input>,
        out: &mut impl Write,
        count: &mut usize,
    ) -> Result<()> {
        let source =
            if output::is_stdout(&self.input) { Path::new("standard input") } else { &self.input };
        while let Some(window) = windows.next_window().at(source)? {
            let mut line = |window: &TextWindow<'_>| {
                *count += 1;
                serde_json::to_writer(&mut *out, &Line::of(window)).map_err(io::Error::from)?;
                out.write_all(b"\n")
            };
            let written = match &self.ngrams {
                Some(Lengths(lengths)) => {
                    window.ngrams(lengths.clone()).try_for_each(|gram| line(&gram))
                }
                None => line(&window),
            };
            match written {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                written => written.at(&self.common.output)?,
            }
        }
        Ok(())
    }
}

/// A reader that closes standard output has seen enough: that is no error.
fn forgive(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::at("standard output", error))
        }
        _ => Ok(()),
    }
}

/// A file or standard input, and how much of it was read.
struct Input {
    reader: Box<dyn Read>,
    progress: Option<Progress>,
    read: u64,
}

impl Read for Input {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let len = self.reader.read(piece)?;
        let before = self.read / PROGRESS;
        self.read += len as u64;
        if let Some(progress) = &self.progress {
            for _ in before..self.read / PROGRESS {
                progress.step();
            }
        }
        Ok(len)
    }
}
