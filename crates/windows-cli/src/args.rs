//! The options that every command has, and the parsing of all of them.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser};

use crate::command::Command;
use crate::error::{Error, Result};

/// Sliding windows over arrays, images, audio and text.
#[derive(Debug, Parser)]
#[command(name = "ndwin", version, disable_help_subcommand = true, arg_required_else_help = false)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Run")]
pub struct Common {
    /// Where the result goes; its extension chooses the format, and missing parent folders are
    /// created
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,

    /// Replace outputs that exist
    #[arg(long)]
    pub force: bool,

    /// Threads to work with [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub threads: Option<u16>,

    /// Neither a progress bar nor a summary line
    #[arg(short, long)]
    pub quiet: bool,

    /// Print what was done as one line of JSON
    #[arg(long)]
    pub json: bool,
}

impl Common {
    /// Gives the process its threads. Once: the pool is the process's.
    pub(crate) fn start_threads(&self) -> Result<()> {
        let Some(threads) = self.threads else {
            return Ok(());
        };
        rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global().map_err(|_| {
            Error::new(format_args!("--threads {threads}: the system refuses to start them"))
        })
    }
}

/// All commands with their options, as they are parsed.
pub fn definition() -> clap::Command {
    Program::command()
}

/// The command that the arguments ask for; none if they ask for help or the version, which is then
/// printed.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Option<Command>> {
    match Program::try_parse_from(args) {
        Ok(program) => Ok(Some(program.command)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match error.print() {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(Error::at("standard output", error))
                }
                _ => Ok(None),
            },
            _ => Err(Error::new(one_line(&error))),
        },
    }
}

/// The message of `error` without its paragraphs of usage: what is wrong, and the hint if there is
/// one.
fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let words = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .filter(|line| !line.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        Program::command().debug_assert();
    }

    #[test]
    fn every_command_ends_its_help_with_an_example() {
        for command in Program::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string);
            let example = format!("ndwin {} ", command.get_name());
            assert!(
                help.is_some_and(|help| help.contains(&example)),
                "`ndwin {} --help` shows no example",
                command.get_name()
            );
        }
    }
}
