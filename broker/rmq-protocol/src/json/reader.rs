//! Reads fastjson's dialect as a stream. Nesting is bounded; nothing is kept but what the caller keeps.

use std::borrow::Cow;

/// Deepest nesting accepted. RocketMQ's deepest body (consumer running info) has six levels.
const DEPTH_MAX: u32 = 64;

/// Why a text is not JSON, even in fastjson's dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Something else was expected.
    #[error("bad JSON at byte {at}: expected {expected}")]
    Unexpected {
        /// Where.
        at: usize,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// The text ends inside a value.
    #[error("bad JSON: the text ends inside a value")]
    Ended,
    /// Nested deeper than any body of the protocol.
    #[error("bad JSON at byte {at}: nested too deep")]
    TooDeep {
        /// Where.
        at: usize,
    },
    /// A table grew beyond what the reader of a body accepts.
    #[error("too many entries in {0}")]
    TooMany(&'static str),
}

type Result<T> = std::result::Result<T, JsonError>;

/// A place in a JSON text.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    depth: u32,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte. What follows the first value is ignored: the C++ client ends its text with a newline.
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// Reads an object: `each` gets every key and reads its value; a value it leaves is skipped. False for `null`.
    ///
    /// A key is the text between quotes, a bare number or word, or the source of an object used as a key.
    pub fn object(&mut self, mut each: impl FnMut(&str, &mut Self) -> Result<()>) -> Result<bool> {
        if !self.enter(b'{', "an object")? {
            return Ok(false);
        }
        loop {
            match self.peek()? {
                b'}' => break,
                b',' => self.at += 1,
                _ => {
                    let key = self.key()?;
                    self.expect(b':', "a colon")?;
                    self.peek()?;
                    self.value(|reader| each(&key, reader))?;
                }
            }
        }
        self.leave();
        Ok(true)
    }

    /// Reads an array: `each` reads one element. False for `null`.
    pub fn array(&mut self, mut each: impl FnMut(&mut Self) -> Result<()>) -> Result<bool> {
        if !self.enter(b'[', "an array")? {
            return Ok(false);
        }
        loop {
            match self.peek()? {
                b']' => break,
                b',' => self.at += 1,
                _ => self.value(&mut each)?,
            }
        }
        self.leave();
        Ok(true)
    }

    /// Reads a scalar as text: a string's content, a number or a word as written, `None` for `null`. An object or
    /// array gives its source, as fastjson does when a text was expected.
    pub fn text(&mut self) -> Result<Option<Cow<'a, str>>> {
        match self.peek()? {
            b'"' | b'\'' => self.quoted().map(Some),
            b'{' | b'[' => self.source().map(Some),
            _ => {
                let word = self.word()?;
                Ok((word != "null").then_some(word))
            }
        }
    }

    /// Reads a text that is kept; empty for `null`.
    pub fn string(&mut self) -> Result<String> {
        Ok(self.text()?.map(Cow::into_owned).unwrap_or_default())
    }

    /// Reads a whole number, written as a number or as text. `None` for `null`.
    pub fn number(&mut self) -> Result<Option<i64>> {
        let at = self.at;
        let Some(text) = self.text()? else { return Ok(None) };
        if let Ok(number) = text.parse() {
            return Ok(Some(number));
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number as i64)),
            _ => Err(JsonError::Unexpected {
                at,
                expected: "a number",
            }),
        }
    }

    /// Reads a whole number that Java keeps in an `int`, cut to 32 bits as Java's cast does. 0 for `null`.
    pub fn int(&mut self) -> Result<i32> {
        Ok(self.number()?.unwrap_or_default() as i32)
    }

    /// Reads a boolean, written as a word, a text or a number. False for `null`.
    pub fn boolean(&mut self) -> Result<bool> {
        let text = self.text()?;
        Ok(text.is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1"))
    }

    /// The source of the next value, which is passed over.
    pub fn source(&mut self) -> Result<Cow<'a, str>> {
        self.peek()?;
        let from = self.at;
        self.skip()?;
        Ok(String::from_utf8_lossy(&self.text[from..self.at]))
    }

    /// Passes over the next value without recursion, however deep it is.
    pub fn skip(&mut self) -> Result<()> {
        let mut open = 0u32;
        loop {
            match self.peek()? {
                b'"' | b'\'' => {
                    self.skip_quoted()?;
                }
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                }
                b'}' | b']' if open > 0 => {
                    open -= 1;
                    self.at += 1;
                }
                b',' | b':' if open > 0 => self.at += 1,
                _ => {
                    self.word()?;
                }
            }
            if open == 0 {
                return Ok(());
            }
        }
    }

    /// Runs `read` on the next value and skips the value if it was left untouched.
    fn value(&mut self, read: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let from = self.at;
        read(self)?;
        if self.at == from { self.skip() } else { Ok(()) }
    }

    fn enter(&mut self, open: u8, expected: &'static str) -> Result<bool> {
        let found = self.peek()?;
        if found != open {
            let at = self.at;
            return match self.word() {
                Ok(word) if word == "null" => Ok(false),
                _ => Err(JsonError::Unexpected { at, expected }),
            };
        }
        if self.depth == DEPTH_MAX {
            return Err(JsonError::TooDeep { at: self.at });
        }
        self.depth += 1;
        self.at += 1;
        Ok(true)
    }

    fn leave(&mut self) {
        self.depth -= 1;
        self.at += 1;
    }

    fn key(&mut self) -> Result<Cow<'a, str>> {
        match self.peek()? {
            b'"' | b'\'' => self.quoted(),
            b'{' => self.source(),
            _ => self.word(),
        }
    }

    /// The next byte that is no white space, which is not consumed.
    fn peek(&mut self) -> Result<u8> {
        while let Some(byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok(*byte);
            }
            self.at += 1;
        }
        Err(JsonError::Ended)
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<()> {
        if self.peek()? != byte {
            return Err(JsonError::Unexpected { at: self.at, expected });
        }
        self.at += 1;
        Ok(())
    }

    /// A number or a word without quotes.
    fn word(&mut self) -> Result<Cow<'a, str>> {
        let from = self.at;
        let is_word =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_' | b'$' | b'@');
        while self.text.get(self.at).is_some_and(is_word) {
            self.at += 1;
        }
        if self.at == from {
            return Err(JsonError::Unexpected {
                at: self.at,
                expected: "a value",
            });
        }
        Ok(String::from_utf8_lossy(&self.text[from..self.at]))
    }

    /// Passes over a quoted text and says where its content is and whether it has escapes.
    fn skip_quoted(&mut self) -> Result<(usize, usize, bool)> {
        let quote = self.text[self.at];
        let from = self.at + 1;
        let mut at = from;
        let mut escaped = false;
        loop {
            match self.text.get(at) {
                None => return Err(JsonError::Ended),
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(byte) if *byte == quote => break,
                Some(_) => at += 1,
            }
        }
        self.at = at + 1;
        Ok((from, at, escaped))
    }

    fn quoted(&mut self) -> Result<Cow<'a, str>> {
        let (from, to, escaped) = self.skip_quoted()?;
        let content = String::from_utf8_lossy(&self.text[from..to]);
        Ok(if escaped {
            Cow::Owned(unescape(&content))
        } else {
            content
        })
    }
}

/// Resolves backslash escapes. A broken one is kept as the character after the backslash.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(letter) = rest.chars().next() else { break };
        rest = &rest[letter.len_utf8()..];
        match letter {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'u' => rest = unescape_unit(rest, &mut out),
            other => out.push(other),
        }
    }
    out.push_str(rest);
    out
}

/// Resolves `XXXX` of `\uXXXX`, joining surrogate pairs; gives back what follows.
fn unescape_unit<'t>(rest: &'t str, out: &mut String) -> &'t str {
    let Some(unit) = hex4(rest) else { return rest };
    let after = &rest[4..];
    if let Some(low) = after.strip_prefix("\\u").and_then(hex4)
        && let Some(Ok(pair)) = char::decode_utf16([unit, low]).next()
        && (0xD800..0xDC00).contains(&unit)
    {
        out.push(pair);
        return &after[6..];
    }
    out.push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER));
    after
}

fn hex4(text: &str) -> Option<u16> {
    let digits = text.get(..4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let mut out = Vec::new();
        Reader::new(text.as_bytes())
            .object(|key, reader| {
                out.push((key.to_owned(), reader.text()?.unwrap_or_default().into_owned()));
                Ok(())
            })
            .unwrap();
        out
    }

    fn owned(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_dialect() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            (r#"{0:"a",1 : "b"}"#, &[("0", "a"), ("1", "b")]),
            (r#"{{"q":0,"t":"}"}:12}"#, &[(r#"{"q":0,"t":"}"}"#, "12")]),
            (r#"{'a':'b',c:true,"d":null,}"#, &[("a", "b"), ("c", "true"), ("d", "")]),
            (
                r#"{"a":{"b":[1,2]},"c":-1.5e3}"#,
                &[("a", r#"{"b":[1,2]}"#), ("c", "-1.5e3")],
            ),
            (r#"{"a":"\u4e2d\ud83d\ude00\n\/\"\\"}"#, &[("a", "中😀\n/\"\\")]),
            (" { } \n", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(pairs(text), owned(expected), "{text}");
        }
    }

    #[test]
    fn values_left_alone_are_skipped() {
        let mut found = None;
        Reader::new(br#"{"x":{"y":[{},{"z":"]"}]},"n":"42"}"#)
            .object(|key, reader| {
                if key == "n" {
                    found = reader.number()?;
                }
                Ok(())
            })
            .unwrap();
        assert_eq!(found, Some(42));
    }

    #[test]
    fn nesting_is_bounded() {
        fn dive(reader: &mut Reader<'_>) -> Result<()> {
            reader.array(dive).map(|_| ())
        }
        let deep = "[".repeat(1_000_000);
        assert_eq!(
            dive(&mut Reader::new(deep.as_bytes())),
            Err(JsonError::TooDeep { at: 64 })
        );
        assert_eq!(Reader::new(deep.as_bytes()).skip(), Err(JsonError::Ended));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Reader::new(&bytes).skip();
            let _ = Reader::new(&bytes).object(|_, reader| reader.text().map(|_| ()));
        }

        #[test]
        fn any_structure_never_panics(text in r#"[\[\]{}:,"'\\u0-9a-z \n]{0,80}"#) {
            let _ = Reader::new(text.as_bytes()).object(|_, reader| reader.array(|reader| reader.number().map(|_| ())).map(|_| ()));
            let _ = Reader::new(text.as_bytes()).text();
        }
    }
}
