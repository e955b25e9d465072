//! Windows over text that never cut a unit and never lose their place.
//!
//! | text | counted in | windows |
//! | --- | --- | --- |
//! | [`Units`], in memory | characters, graphemes, words, sentences, lines, pieces, or tokens that you bring | [`Units::windows`] |
//! | [`Bytes`], in memory | bytes, on character boundaries | [`Bytes::windows`] |
//! | [`TextStream`], in pieces; [`TextReader`], from a reader | any of these | as they become complete |
//!
//! Every [`TextWindow`] knows its text, its bytes, characters and units in the whole, and its *fresh*
//! part, which no window before it had. The spec is the [`FrameSpec`] that
//! frames of audio have: size, step or overlap, and what happens at the end.
#[cfg(feature = "unicode")]
mod boundaries;
mod budget;
mod buffer;
mod bytes;
mod chars;
mod error;
mod finder;
mod merge;
mod ngrams;
mod reader;
mod stream;
mod unit;
mod units;
mod utf8;
mod window;

use chars::CharOrigin;

pub use budget::{Budget, Chunk, Chunks, Oversize, SearchedChunks};
pub use bytes::{ByteWindows, Bytes};
pub use error::{ReadError, TextError};
pub use merge::{Merge, Reduce, Score};
pub use ngrams::{
    Gram, Ngrams, Order, PaddedNgrams, SkipGrams, WordGram, WordGrams, kmers, padded_ngrams,
    skip_grams,
};
pub use reader::TextReader;
pub use stream::TextStream;
pub use unit::{Delimiter, Unit};
pub use units::{TextWindows, Units};
pub use utf8::Invalid;
pub use window::TextWindow;

use windows_core::Edge;

use crate::{FrameGrid, FrameSpec};

/// The frames over `len` units, none of which may start before the text.
fn text_frames(spec: FrameSpec, len: usize) -> Result<FrameGrid, TextError> {
    let (before, after) = (spec.before(), spec.after());
    if before != 0 || after < 0 || (after > 0 && spec.rule() != Edge::Drop) {
        return Err(TextError::Padding { before, after });
    }
    Ok(spec.over(len)?)
}
