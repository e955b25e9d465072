//! What went wrong, in one line.

use std::fmt::{self, Display, Write};
use std::path::{Path, PathBuf};

/// The result of everything that the program does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A reason to stop, and the file it is about if it is about one.
///
/// It prints as one line, whatever a file name or a library's message contains:
///
/// ```
/// use windows_cli::Error;
///
/// let error = Error::at("photo.jpg", "window size 900 on axis 0 exceeds\nthe length 427");
/// assert_eq!(error.to_string(), "photo.jpg: window size 900 on axis 0 exceeds the length 427");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    path: Option<PathBuf>,
    reason: String,
}

impl Error {
    /// Wrong arguments, or a failure that no single file explains.
    pub fn new(reason: impl Display) -> Self {
        Self { path: None, reason: reason.to_string() }
    }

    /// Something about the file at `path`.
    pub fn at(path: impl AsRef<Path>, reason: impl Display) -> Self {
        Self { path: Some(path.as_ref().to_owned()), reason: reason.to_string() }
    }
}

impl Error {
    /// The same reason, said of the file at `path` instead: the path of a hidden file helps nobody.
    #[must_use]
    pub fn about(self, path: impl AsRef<Path>) -> Self {
        Self { path: Some(path.as_ref().to_owned()), ..self }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = OneLine { f, blank: false };
        if let Some(path) = &self.path {
            write!(line, "{}: ", path.display())?;
        }
        line.write_str(self.reason.trim())
    }
}

impl std::error::Error for Error {}

/// Turns each run of control characters, line breaks above all, into one blank.
struct OneLine<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    blank: bool,
}

impl Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            let blank = c.is_control();
            match (blank, self.blank) {
                (false, _) => self.f.write_char(c)?,
                (true, false) => self.f.write_char(' ')?,
                (true, true) => {}
            }
            self.blank = blank;
        }
        Ok(())
    }
}

/// Names the file that a failure is about: `File::open(path).at(path)?`.
pub trait At<T> {
    /// The value, or an [`Error`] that starts with `path`.
    fn at(self, path: impl AsRef<Path>) -> Result<T>;
}

impl<T, E: Display> At<T> for std::result::Result<T, E> {
    fn at(self, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|reason| Error::at(path, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_even_for_a_hostile_file_name() {
        let error = Error::at("a\nb\r\n.npy", "first\n\n  second\u{1b}[31m");
        assert_eq!(error.to_string(), "a b .npy: first   second [31m");
    }
}
