//! The commands, one file each.

use clap::Subcommand;

use crate::args::Common;
use crate::error::Result;
use crate::report::Report;

pub mod col2im;
pub mod conv;
pub mod fold;
pub mod frames;
pub mod im2col;
pub mod istft;
pub mod patches;
pub mod pool;
pub mod spectrogram;
pub mod stitch;
pub mod text;
pub mod windows;

/// Writes the list of commands, and what all of them can do, from one table.
macro_rules! commands {
    ($($(#[doc = $doc:literal])+ $name:ident = $module:ident;)*) => {
        /// What the program is asked to do.
        #[derive(Debug, Clone, Subcommand)]
        pub enum Command {
            $($(#[doc = $doc])+ $name($module::Args),)*
        }

        impl Command {
            /// The options that every command has.
            pub fn common(&self) -> &Common {
                match self { $(Self::$name(args) => &args.common,)* }
            }

            /// Does it.
            ///
            /// # Errors
            /// In one line, on bad input.
            pub fn run(&self) -> Result<Report> {
                match self { $(Self::$name(args) => args.run(),)* }
            }
        }
    };
}

commands! {
    /// Write all windows of an array as one array
    Windows = windows;
    /// Sum windows back to an array
    Fold = fold;
    /// Cut pictures into patches
    Patches = patches;
    /// Put tiles together to what they were cut from
    Stitch = stitch;
    /// Cut sound into frames
    Frames = frames;
    /// Transform sound into spectra, or draw them
    Spectrogram = spectrogram;
    /// Rebuild sound from complex spectra
    Istft = istft;
    /// Convolve an array by weights, or a picture by a named kernel
    Conv = conv;
    /// Write windows as the columns of a matrix
    Im2col = im2col;
    /// Sum the columns of a matrix back to an array
    Col2im = col2im;
    /// Pool the windows of an array: max, min, average, sum, norm, median, quantile
    Pool = pool;
    /// Write windows over text as lines of JSON
    Text = text;
}
