//! Windows over the text of a reader.

use std::io::{ErrorKind, Read};

use super::{ReadError, TextStream, TextWindow};

/// Bytes asked of the reader at once.
const PIECE: usize = 1 << 16;

/// Windows over text that is read as it is needed: a file of any length, standard input, a socket.
///
/// The windows are those of the [`TextStream`] it is made of; each borrows the reader's buffer until
/// the next one is asked for.
///
/// # Example
/// ```
/// use windows_core::Edge;
/// use windows_frame::FrameSpec;
/// use windows_frame::text::{TextReader, TextStream, Unit};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let input = "an endless text".as_bytes(); // a file, `stdin().lock()`, ..
/// let spec = FrameSpec::overlapping(8, 2).edge(Edge::Covered);
/// let mut windows = TextReader::new(input, TextStream::new(Unit::Char, spec)?);
/// let mut fresh = String::new();
/// while let Some(window) = windows.next_window()? {
///     fresh.push_str(window.fresh_text());
/// }
/// assert_eq!(fresh, "an endless text");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TextReader<R> {
    reader: R,
    stream: TextStream,
    piece: Box<[u8]>,
    ended: bool,
}

impl<R: Read> TextReader<R> {
    /// The windows of `stream` over what `reader` gives. Nothing is read yet.
    ///
    /// Reads are of 64 KiB: no buffer is needed in between.
    #[must_use]
    pub fn new(reader: R, stream: TextStream) -> Self {
        Self { reader, stream, piece: vec![0; PIECE].into(), ended: false }
    }

    /// The next window, or `None` when the text has ended.
    ///
    /// # Errors
    /// When reading fails, and as [`TextStream::push`]. All windows before the error were given.
    pub fn next_window(&mut self) -> Result<Option<TextWindow<'_>>, ReadError> {
        loop {
            if let Some(ready) = self.stream.ready()? {
                return Ok(Some(self.stream.window(ready)));
            }
            if self.ended {
                return Ok(None);
            }
            match self.reader.read(&mut self.piece) {
                Ok(0) => {
                    self.ended = true;
                    self.stream.end();
                }
                Ok(len) => self.stream.feed(&self.piece[..len]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The reader, of which all was read if there are no more windows.
    pub fn into_inner(self) -> R {
        self.reader
    }
}
