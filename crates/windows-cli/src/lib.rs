//! The program `ndwin`: sliding windows over arrays, images, audio and text, from the command line.
//!
//! A thin shell over the library: parse, call, write. What it can do, the crates can do. It is a
//! library with a one-line `main` so that tests reach every part of it; its modules promise no stable interface.
//!
//! | module | concept |
//! | --- | --- |
//! | [`args`] | the options that every command has, and errors of arguments in one line |
//! | [`geometry`] | `--size --step --dilation --pad --border --edge --ceil --same` as plain values |
//! | [`framing`] | `--size --hop --convention --center --tail --window` of sound |
//! | [`io`] | arrays from `.npy`, pictures and `.wav`, and back; outputs that appear whole or not at all |
//! | [`command`] | one file a command |
//! | [`sheet`], [`plot`] | contact sheets and spectrograms, to look at, drawn on a [`canvas`] |
//! | [`memory`], [`progress`], [`report`], [`error`] | large buffers, the bar, the summary, what went wrong |
//!
//! # Adding a command
//!
//! Write `command/name.rs` with a `clap::Args` struct that flattens [`args::Common`] (and
//! [`geometry::GeometryArgs`]), and a `run(&self) -> Result<Report>`; list it in `command/mod.rs`.
//! Its help ends with an example, which a test runs as typed. A run plans its outputs early
//! ([`io::output::Outputs`]), reads its inputs ([`io::read`]), works, writes, commits, and reports.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fmt::Display;
use std::process::ExitCode;
use std::time::Instant;

use windows_core::kernel::Isa;

pub mod args;
pub mod canvas;
pub mod command;
pub mod error;
pub mod framing;
pub mod geometry;
pub mod io;
pub mod memory;
pub mod plot;
pub mod progress;
pub mod report;
pub mod sheet;

pub use error::{At, Error, Result};

/// Exit status of wrong arguments and bad input.
const FAILURE: u8 = 2;

/// Runs the program on `args`, the first of which is the program's own name.
///
/// The status is 0 on success, on `--help` and on `--version`, and 2 on any failure, which then is
/// one line on standard error.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command = match args::parse(args) {
        Ok(Some(command)) => command,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => return fail(&error),
    };
    if let Err(error) = Isa::from_env() {
        tell(&format_args!("WINDOWS_ISA is ignored: {error}"));
    }
    let common = command.common();
    let started = Instant::now();
    let done = common
        .start_threads()
        .and_then(|()| command.run())
        .and_then(|report| report.print(common, started.elapsed()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &Error) -> ExitCode {
    tell(error);
    ExitCode::from(FAILURE)
}

/// One line on standard error.
fn tell(what: &dyn Display) {
    use std::io::Write;
    // Nobody is left to tell when standard error is closed as well.
    let _ = writeln!(std::io::stderr(), "ndwin: {what}");
}

/// The documents of the repository, so that their code is tested.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../../README.md")]
    struct Readme;

    #[doc = include_str!("../../../docs/guide.md")]
    struct Guide;

    #[doc = include_str!("../../../docs/design.md")]
    struct Design;

    #[doc = include_str!("../../../docs/comparison.md")]
    struct Comparison;
}
