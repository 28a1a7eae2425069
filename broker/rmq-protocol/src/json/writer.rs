//! Writes JSON as fastjson does: no white space, keys in the order the caller gives (Java's is alphabetical).

use std::fmt::Write as _;

/// How numbers used as keys and letters beyond ASCII are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// fastjson's default: `{0:"…"}` without quotes, letters as they are.
    Fastjson,
    /// Standard JSON: `{"0":"…"}`, letters beyond ASCII as `\uXXXX` (fastjson's `BrowserCompatible`).
    Strict,
}

/// A JSON text that grows. Commas come by themselves.
#[derive(Debug)]
pub struct Writer {
    out: String,
    dialect: Dialect,
    /// Whether the next value or key is the first of its object or array.
    first: bool,
}

impl Writer {
    /// An empty text.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            out: String::new(),
            dialect,
            first: true,
        }
    }

    /// The finished text.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    /// The finished text.
    pub fn into_string(self) -> String {
        self.out
    }

    /// Writes an object; `fill` writes its keys and values.
    pub fn object(&mut self, fill: impl FnOnce(&mut Self)) {
        self.nest('{', '}', fill);
    }

    /// Writes an array; `fill` writes its elements.
    pub fn array(&mut self, fill: impl FnOnce(&mut Self)) {
        self.nest('[', ']', fill);
    }

    /// Writes a key; its value must follow.
    pub fn key(&mut self, key: &str) -> &mut Self {
        self.comma();
        self.quoted(key);
        self.out.push(':');
        self.first = true;
        self
    }

    /// Writes a number as a key, with quotes only in the strict form.
    pub fn number_key(&mut self, key: i64) -> &mut Self {
        match self.dialect {
            Dialect::Strict => return self.key(&key.to_string()),
            Dialect::Fastjson => self.comma(),
        }
        let _ = write!(self.out, "{key}:");
        self.first = true;
        self
    }

    /// Writes an object as a key, as fastjson does for `Map<MessageQueue, …>`; there is no strict form of it.
    pub fn object_key(&mut self, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.object(fill);
        self.out.push(':');
        self.first = true;
        self
    }

    /// Writes a text.
    pub fn text(&mut self, text: &str) {
        self.comma();
        self.quoted(text);
    }

    /// Writes a number.
    pub fn number(&mut self, number: i64) {
        self.comma();
        let _ = write!(self.out, "{number}");
    }

    /// Writes a number with a fraction as Java's `Double.toString` does for figures of everyday size.
    pub fn double(&mut self, number: f64) {
        self.comma();
        let _ = write!(self.out, "{number:?}");
    }

    /// Writes a boolean.
    pub fn boolean(&mut self, value: bool) {
        self.comma();
        self.out.push_str(if value { "true" } else { "false" });
    }

    fn nest(&mut self, open: char, close: char, fill: impl FnOnce(&mut Self)) {
        self.comma();
        self.out.push(open);
        self.first = true;
        fill(self);
        self.out.push(close);
        self.first = false;
    }

    fn comma(&mut self) {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
    }

    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        for letter in text.chars() {
            match letter {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => self.escaped(letter),
                _ if self.dialect == Dialect::Strict && !letter.is_ascii() => self.escaped(letter),
                _ => self.out.push(letter),
            }
        }
        self.out.push('"');
    }

    fn escaped(&mut self, letter: char) {
        for unit in letter.encode_utf16(&mut [0; 2]) {
            let _ = write!(self.out, "\\u{unit:04X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(dialect: Dialect) -> String {
        let mut writer = Writer::new(dialect);
        writer.object(|writer| {
            writer.key("a").object(|writer| {
                writer.number_key(0).text("x\"\u{1}中");
                writer.number_key(1).boolean(true);
            });
            writer.key("b").array(|writer| {
                writer.number(-3);
                writer.double(0.0);
            });
            writer.key("c").object(|_| ());
        });
        writer.into_string()
    }

    #[test]
    fn both_dialects() {
        assert_eq!(
            sample(Dialect::Fastjson),
            r#"{"a":{0:"x\"\u0001中",1:true},"b":[-3,0.0],"c":{}}"#
        );
        assert_eq!(
            sample(Dialect::Strict),
            r#"{"a":{"0":"x\"\u0001\u4E2D","1":true},"b":[-3,0.0],"c":{}}"#
        );
    }

    #[test]
    fn objects_as_keys() {
        let mut writer = Writer::new(Dialect::Fastjson);
        writer.object(|writer| {
            for queue in 0..2 {
                writer
                    .object_key(|writer| writer.key("queueId").number(queue))
                    .number(7);
            }
        });
        assert_eq!(writer.into_string(), r#"{{"queueId":0}:7,{"queueId":1}:7}"#);
    }
}
