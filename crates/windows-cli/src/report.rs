//! What was done: one line for a reader, or one JSON line for a program.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::args::Common;
use crate::error::{Error, Result};
use crate::io::{Dtype, output};

/// A file that was read or written.
#[derive(Debug, Clone, Serialize)]
struct Item {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shape: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dtype: Option<&'static str>,
}

impl Item {
    fn new(path: &Path) -> Self {
        Self { path: path.display().to_string(), shape: None, dtype: None }
    }

    fn array(path: &Path, shape: &[usize], dtype: Dtype) -> Self {
        Self { shape: Some(shape.to_vec()), dtype: Some(dtype.name()), ..Self::new(path) }
    }
}

/// What a command did; [`Report::print`] says it on standard output.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    command: &'static str,
    inputs: Vec<Item>,
    outputs: Vec<Item>,
    counts: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    seconds: f64,
}

impl Report {
    /// A report of `command`, with nothing in it yet.
    pub fn new(command: &'static str) -> Self {
        Self {
            command,
            inputs: Vec::new(),
            outputs: Vec::new(),
            counts: serde_json::Map::new(),
            notes: Vec::new(),
            seconds: 0.0,
        }
    }

    /// An array that was read, with its shape and the name of its element type.
    #[must_use]
    pub fn input(mut self, path: &Path, shape: &[usize], dtype: Dtype) -> Self {
        self.inputs.push(Item::array(path, shape, dtype));
        self
    }

    /// An array that was written.
    #[must_use]
    pub fn output(mut self, path: &Path, shape: &[usize], dtype: Dtype) -> Self {
        self.outputs.push(Item::array(path, shape, dtype));
        self
    }

    /// A file that was read and is no array: text, a folder.
    #[must_use]
    pub fn input_file(mut self, path: &Path) -> Self {
        self.inputs.push(Item::new(path));
        self
    }

    /// A file or folder that was written and is no array.
    #[must_use]
    pub fn output_file(mut self, path: &Path) -> Self {
        self.outputs.push(Item::new(path));
        self
    }

    /// How many there were of something: `count("windows", 81)`.
    #[must_use]
    pub fn count(mut self, name: &str, number: usize) -> Self {
        self.counts.insert(name.to_owned(), number.into());
        self
    }

    /// What else is to be said, if anything is.
    #[must_use]
    pub fn note(mut self, note: Option<String>) -> Self {
        self.notes.extend(note);
        self
    }

    /// The line for people.
    fn line(&self) -> String {
        let items = |items: &[Item]| match items {
            [first, .., last] if items.len() > 3 => {
                format!("{} .. {} ({} files)", first.path, last.path, items.len())
            }
            _ => {
                let texts: Vec<String> = items.iter().map(Item::text).collect();
                texts.join(", ")
            }
        };
        let counts: Vec<String> =
            self.counts.iter().map(|(name, number)| format!("{number} {name}")).collect();
        let counts =
            if counts.is_empty() { String::new() } else { format!(", {}", counts.join(", ")) };
        let notes: String = self.notes.iter().map(|note| format!("; {note}")).collect();
        format!(
            "{}: {} -> {}{counts} in {:.3} s{notes}",
            self.command,
            items(&self.inputs),
            items(&self.outputs),
            self.seconds
        )
    }

    /// Prints the report: JSON with `--json`, else a readable line unless `-q`. It goes to standard
    /// output, or to standard error when standard output (`-o -`) is where the result itself went.
    ///
    /// # Errors
    /// When it cannot be written. A reader that closed the pipe has seen enough: that is no error.
    pub fn print(mut self, common: &Common, elapsed: Duration) -> Result<()> {
        self.seconds = elapsed.as_secs_f64();
        let line = if common.json {
            serde_json::to_string(&self).map_err(Error::new)?
        } else if common.quiet {
            return Ok(());
        } else {
            // A file name may hold a line break; the summary is one line all the same.
            Error::new(self.line()).to_string()
        };
        let written = if output::is_stdout(&common.output) {
            writeln!(io::stderr(), "{line}")
        } else {
            print_line(&line)
        };
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::at("standard output", error))
            }
            _ => Ok(()),
        }
    }
}

fn print_line(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

impl Item {
    fn text(&self) -> String {
        match (&self.shape, self.dtype) {
            (Some(shape), Some(dtype)) => format!("{} {dtype} {shape:?}", self.path),
            _ => self.path.clone(),
        }
    }
}
