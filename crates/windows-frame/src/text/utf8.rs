//! From bytes in pieces to text.

use super::TextError;

/// Bytes of the longest characters.
pub(super) const MAX_CHAR: usize = 4;

/// What to do with bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Invalid {
    /// Stop, and name the byte.
    #[default]
    Refuse,
    /// Read U+FFFD instead, one for each maximal sequence that starts like a character, as
    /// [`String::from_utf8_lossy`] does. Offsets are then those of the text with the replacements.
    Replace,
}

/// The start of a character whose end has not come yet, and how many bytes came before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Decoder {
    part: [u8; MAX_CHAR],
    held: usize,
    consumed: usize,
    invalid: Invalid,
}

impl Decoder {
    pub(super) fn new(invalid: Invalid) -> Self {
        Self { invalid, ..Self::default() }
    }

    /// Appends the whole characters of `bytes` to `text`; the rest is kept for the next time.
    ///
    /// # Errors
    /// At the first byte that is not UTF-8; what came before it has been appended.
    pub(super) fn push(&mut self, mut bytes: &[u8], text: &mut String) -> Result<(), TextError> {
        // At most three bytes complete a character, so this ends soon.
        while self.held > 0 && !bytes.is_empty() {
            self.part[self.held] = bytes[0];
            let part = self.part;
            let part = &part[..=self.held];
            match str::from_utf8(part) {
                Ok(char) => {
                    text.push_str(char);
                    self.take(part.len());
                    bytes = &bytes[1..];
                }
                Err(error) => match error.error_len() {
                    None => {
                        self.held += 1;
                        bytes = &bytes[1..];
                    }
                    // The held bytes alone are the broken sequence: the new one may start a character.
                    Some(_) => self.broken(self.held, text)?,
                },
            }
        }
        // What ends inside a character is validated without it: once, not up to there and again.
        let (mut whole, part) = bytes.split_at(bytes.len() - cut_off(bytes));
        loop {
            match str::from_utf8(whole) {
                Ok(valid) => {
                    text.push_str(valid);
                    self.consumed += valid.len();
                    break;
                }
                Err(error) => {
                    let (valid, rest) = whole.split_at(error.valid_up_to());
                    text.push_str(str::from_utf8(valid).unwrap_or_default());
                    self.consumed += valid.len();
                    // Nothing that may still become a character is in here, so each error has a length.
                    let len = error.error_len().unwrap_or(rest.len());
                    self.broken(len, text)?;
                    whole = &rest[len..];
                }
            }
        }
        self.part[..part.len()].copy_from_slice(part);
        self.held += part.len();
        Ok(())
    }

    /// There is no more.
    pub(super) fn finish(&mut self, text: &mut String) -> Result<(), TextError> {
        if self.held > 0 { self.broken(self.held, text) } else { Ok(()) }
    }

    fn broken(&mut self, len: usize, text: &mut String) -> Result<(), TextError> {
        match self.invalid {
            Invalid::Refuse => Err(TextError::InvalidUtf8 { at: self.consumed }),
            Invalid::Replace => {
                text.push(char::REPLACEMENT_CHARACTER);
                self.take(len);
                Ok(())
            }
        }
    }

    fn take(&mut self, len: usize) {
        self.consumed += len;
        self.held = 0;
    }
}

/// How many bytes at the end start a character that more bytes can complete.
fn cut_off(bytes: &[u8]) -> usize {
    (1..MAX_CHAR.min(bytes.len() + 1))
        .find(|&len| {
            let end = &bytes[bytes.len() - len..];
            end[0] >= 0xc0
                && str::from_utf8(end)
                    .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(bytes: &[u8], cuts: &[usize], invalid: Invalid) -> (String, Result<(), TextError>) {
        let mut decoder = Decoder::new(invalid);
        let mut text = String::new();
        let mut rest = bytes;
        let mut result = Ok(());
        for cut in cuts {
            let (piece, behind) = rest.split_at((*cut).min(rest.len()));
            rest = behind;
            result = result.and_then(|()| decoder.push(piece, &mut text));
        }
        result = result.and_then(|()| decoder.push(rest, &mut text));
        result = result.and_then(|()| decoder.finish(&mut text));
        (text, result)
    }

    /// Bytes that start characters, continue them, and never occur.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop::sample::select(
            b"az\x80\x8f\x90\x9f\xa0\xbf\xc0\xc2\xc3\xdf\xe0\xe1\xed\xef\xf0\xf1\xf4\xf5\xff"
                .to_vec(),
        );
        prop::collection::vec(byte, 0..24)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn every_split_decodes_as_the_standard_library(bytes in bytes(), cuts in prop::collection::vec(0_usize..5, 0..24)) {
            let (text, result) = decode(&bytes, &cuts, Invalid::Replace);
            prop_assert_eq!(result, Ok(()));
            prop_assert_eq!(text, String::from_utf8_lossy(&bytes));

            let (text, result) = decode(&bytes, &cuts, Invalid::Refuse);
            match str::from_utf8(&bytes) {
                Ok(whole) => {
                    prop_assert_eq!(result, Ok(()));
                    prop_assert_eq!(text, whole);
                }
                Err(error) => {
                    let at = error.valid_up_to();
                    prop_assert_eq!(result, Err(TextError::InvalidUtf8 { at }));
                    prop_assert_eq!(text.as_bytes(), &bytes[..at]);
                }
            }
        }
    }
}
