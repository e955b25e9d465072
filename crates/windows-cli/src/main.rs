//! The program `ndwin`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    windows_cli::run(std::env::args_os())
}
