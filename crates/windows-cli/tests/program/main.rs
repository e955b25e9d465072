//! The program as it is used: the binary is run on files, and its files, lines and status are
//! looked at.

mod arguments;
mod audio;
mod bad_days;
mod bad_input;
mod conv;
mod fold;
mod options;
mod patches;
mod pool;
mod stitch;
mod support;
mod text;
mod wav;
mod windows;
