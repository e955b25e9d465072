//! The Python literal in the header of a `.npy` file.
//!
//! A parser of its own: the one on the registry is made by a parser generator at build time and brings large integers,
//! twenty seconds of a processor for a line of a hundred bytes. What is read is what `numpy.lib.format` can write:
//!
//! ```text
//! value  = text | number | True | False | None | list | tuple | dict
//! text   = ' .. ' or " .. ", with \ before a quote or a backslash
//! number = [-] digits [L]                              L as Python 2 wrote it
//! list   = [ value, .. ]   tuple = ( value, .. )   dict = { value: value, .. }
//! ```

/// Brackets in brackets: more than a structured type needs, and little for a parser that calls itself.
const MAX_DEPTH: usize = 16;

/// A value, with the words that it was written in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value<'t> {
    pub(super) kind: Kind<'t>,
    pub(super) source: &'t str,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'t> {
    /// Between quotes.
    Text(String),
    /// Digits, a minus before them.
    Number(&'t str),
    /// `True` or `False`.
    Truth(bool),
    /// `None`.
    Nothing,
    /// A list or a tuple.
    Sequence(Vec<Value<'t>>),
    /// Keys and values, in order.
    Dict(Vec<(Value<'t>, Value<'t>)>),
}

/// Parses one value with nothing but white space around it.
///
/// # Errors
/// What is wrong, and at which byte.
pub(super) fn parse(text: &str) -> Result<Value<'_>, String> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let value = parser.value()?;
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(parser.unexpected("the end")),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    /// The next byte that is no white space, which is skipped.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn unexpected(&self, expected: &str) -> String {
        match self.text[self.at..].chars().next() {
            Some(found) => format!("{expected} is expected at byte {}, not {found:?}", self.at),
            None => format!("{expected} is expected at byte {}, where it ends", self.at),
        }
    }

    fn value(&mut self) -> Result<Value<'t>, String> {
        let first = self.peek();
        let start = self.at;
        let kind = match first {
            Some(quote @ (b'\'' | b'"')) => Kind::Text(self.text(quote)?),
            Some(b'0'..=b'9' | b'-') => Kind::Number(self.number()?),
            Some(b'(') => self.items(b')', Self::value).map(Kind::Sequence)?,
            Some(b'[') => self.items(b']', Self::value).map(Kind::Sequence)?,
            Some(b'{') => self.items(b'}', Self::entry).map(Kind::Dict)?,
            _ => self.word()?,
        };
        Ok(Value { kind, source: &self.text[start..self.at] })
    }

    fn entry(&mut self) -> Result<(Value<'t>, Value<'t>), String> {
        let key = self.value()?;
        if self.peek() != Some(b':') {
            return Err(self.unexpected("':'"));
        }
        self.at += 1;
        Ok((key, self.value()?))
    }

    /// Items between brackets, with a comma behind each, which the last one may lack.
    fn items<T>(
        &mut self,
        close: u8,
        item: impl Fn(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("brackets are nested more than {MAX_DEPTH} deep"));
        }
        self.at += 1;
        let mut items = Vec::new();
        while self.peek() != Some(close) {
            items.push(item(self)?);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => {}
                _ => return Err(self.unexpected("',' or a closing bracket")),
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(items)
    }

    fn text(&mut self, quote: u8) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.text[self.at + 1..].char_indices();
        while let Some((at, char)) = chars.next() {
            match char {
                _ if char == char::from(quote) => {
                    self.at += 1 + at + 1;
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, escaped @ ('\\' | '\'' | '"'))) => text.push(escaped),
                    _ => {
                        return Err(format!(
                            "an escape of a text at byte {} is not known",
                            self.at
                        ));
                    }
                },
                _ => text.push(char),
            }
        }
        Err(format!("a text at byte {} does not end", self.at))
    }

    fn number(&mut self) -> Result<&'t str, String> {
        let rest = &self.text[self.at..];
        let sign = usize::from(rest.starts_with('-'));
        let digits = rest[sign..].bytes().take_while(u8::is_ascii_digit).count();
        self.at += sign + digits;
        if digits == 0 {
            return Err(self.unexpected("a digit"));
        }
        if self.text.as_bytes().get(self.at) == Some(&b'L') {
            self.at += 1;
        }
        Ok(&rest[..sign + digits])
    }

    fn word(&mut self) -> Result<Kind<'t>, String> {
        let words =
            [("True", Kind::Truth(true)), ("False", Kind::Truth(false)), ("None", Kind::Nothing)];
        for (word, kind) in words {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        Err(self.unexpected("a value"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, parse};

    #[test]
    fn what_numpy_writes_is_read() {
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }          \n";
        let Kind::Dict(entries) = parse(header).unwrap().kind else { panic!("a dictionary") };
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[0].1.kind, Kind::Text("<f4".into()));
        assert_eq!(entries[1].1.kind, Kind::Truth(false));
        let Kind::Sequence(axes) = &entries[2].1.kind else { panic!("a tuple") };
        assert_eq!((&axes[0].kind, axes[1].source), (&Kind::Number("3"), "4"));
        for (text, len) in
            [("()", 0), ("(5,)", 1), ("[ 7 , 8L ]", 2), ("('a\\'b', \"\u{e9}\", None)", 3)]
        {
            let Kind::Sequence(items) = parse(text).unwrap().kind else { panic!("{text}") };
            assert_eq!(items.len(), len, "{text}");
        }
        let structured = parse("[('a', '<f4'), ('b', '<i2', (2, 3))]").unwrap();
        assert_eq!(structured.source, "[('a', '<f4'), ('b', '<i2', (2, 3))]");
    }

    #[test]
    fn what_is_no_literal_is_an_error_at_a_byte() {
        for text in [
            "",
            " ",
            "(",
            "(1",
            "(1 2)",
            "{1}",
            "{1: 2",
            "'a",
            "'\\x41'",
            "-",
            "1.5",
            "True False",
            "nan",
            "[1,,2]",
            "(,)",
            "{'a': }",
            "\u{e9}",
            "1_000",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("byte"), "{text}: {error}");
        }
        let deep = "[".repeat(10_000);
        assert!(parse(&deep).unwrap_err().contains("16 deep"));
    }
}
