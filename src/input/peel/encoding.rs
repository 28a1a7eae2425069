//! Bytes to UTF-8: UTF-16 as a stream, GBK line by line, and anything else with replacement characters.
//!
//! GBK is judged per line and not per file, since logs mix encodings: a JVM in GBK writes its own lines, a client's
//! message in UTF-8 stands in the next one. Trail bytes of GBK never are a line end, so lines are cut before decoding.

use encoding_rs::{Decoder, GB18030, UTF_16BE, UTF_16LE};
use std::borrow::Cow;
use std::io::{self, Read};

/// Byte order of UTF-16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Utf16 {
    Little,
    Big,
}

/// Whether these first bytes are UTF-16: by its mark, or by the zeros that ASCII text in it has at every second byte.
pub(in super::super) fn utf16(head: &[u8]) -> Option<Utf16> {
    match head {
        [0xff, 0xfe, 0, 0, ..] => None,
        [0xff, 0xfe, ..] => Some(Utf16::Little),
        [0xfe, 0xff, ..] => Some(Utf16::Big),
        _ => {
            let sample = &head[..head.len().min(4096) & !1];
            let pairs = sample.len() / 2;
            if pairs < 4 {
                return None;
            }
            let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
            let (even, odd) = (zeros(0), zeros(1));
            let most = pairs * 6 / 10;
            match () {
                () if odd > most && even * 20 < pairs => Some(Utf16::Little),
                () if even > most && odd * 20 < pairs => Some(Utf16::Big),
                () => None,
            }
        }
    }
}

/// Decodes a UTF-16 stream to UTF-8 bytes.
pub(in super::super) struct Utf16Read<R> {
    from: R,
    decoder: Decoder,
    raw: Vec<u8>,
    ready: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Utf16Read<R> {
    pub(in super::super) fn new(from: R, order: Utf16) -> Self {
        let encoding = match order {
            Utf16::Little => UTF_16LE,
            Utf16::Big => UTF_16BE,
        };
        Self {
            from,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; 32 << 10],
            ready: Vec::new(),
            given: 0,
            ended: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        let got = self.from.read(&mut self.raw)?;
        self.ended = got == 0;
        // Three UTF-8 bytes per UTF-16 unit at most, and room for what the decoder held back.
        self.ready.resize(got * 3 / 2 + 64, 0);
        let (_, _, written, _) = self
            .decoder
            .decode_to_utf8(&self.raw[..got], &mut self.ready, self.ended);
        self.ready.truncate(written);
        self.given = 0;
        Ok(())
    }
}

impl<R: Read> Read for Utf16Read<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() {
            if self.ended || buf.is_empty() {
                return Ok(0);
            }
            self.refill()?;
        }
        let len = buf.len().min(self.ready.len() - self.given);
        buf[..len].copy_from_slice(&self.ready[self.given..self.given + len]);
        self.given += len;
        Ok(len)
    }
}

/// One line as text: UTF-8 if it is, GBK if it reads as Chinese, else UTF-8 with `U+FFFD` for what is broken.
pub(in super::super) fn decode_line(line: &[u8]) -> Cow<'_, str> {
    let error = match std::str::from_utf8(line) {
        Ok(text) => return Cow::Borrowed(text),
        Err(error) => error,
    };
    // A line that was cut inside a character.
    let cut = error.error_len().is_none();
    if !cut && !mostly_utf8(line) {
        if let Some(text) = GB18030.decode_without_bom_handling_and_without_replacement(line)
            && text.chars().any(is_chinese)
        {
            return text;
        }
        // GBK with a cut or a stray byte: its Chinese is worth more than none.
        let text = GB18030.decode_without_bom_handling(line).0;
        let chinese = text.chars().filter(|c| is_chinese(*c)).count();
        let broken = text.chars().filter(|c| *c == '\u{fffd}').count();
        if chinese > 3 * broken && broken <= 2 {
            return text;
        }
    }
    String::from_utf8_lossy(line)
}

/// Whether whole UTF-8 characters outnumber what is broken.
fn mostly_utf8(line: &[u8]) -> bool {
    let (mut whole, mut broken) = (0, 0);
    for chunk in line.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > broken
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}')
}

/// A chunk that is not UTF-8, decoded line by line. Line feeds stay where they are.
pub(in super::super) fn repair(bytes: &[u8], out: &mut String) {
    out.clear();
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let (body, feed) = match line.split_last() {
            Some((b'\n', body)) => (body, "\n"),
            _ => (line, ""),
        };
        out.push_str(&decode_line(body));
        out.push_str(feed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_in_any_encoding() {
        let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
        for (raw, want) in [
            (b"plain".to_vec(), "plain"),
            ("网络".as_bytes().to_vec(), "网络"),
            (gbk("2024 WARN 连接超时: 拒绝连接"), "2024 WARN 连接超时: 拒绝连接"),
            (b"caf\xe9 closed".to_vec(), "caf\u{fffd} closed"),
            (["消息堆积".as_bytes(), b"\xff x"].concat(), "消息堆积\u{fffd} x"),
            ("消息堆积".as_bytes()[..11].to_vec(), "消息堆\u{fffd}"),
        ] {
            assert_eq!(decode_line(&raw), want);
        }
    }

    #[test]
    fn utf16_is_seen_and_read() {
        let text = "2024-05-02 WARN 网络\r\nsecond 😀\n";
        for (order, mark) in [(Utf16::Little, true), (Utf16::Big, true), (Utf16::Little, false)] {
            let mut raw = Vec::new();
            let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
            for unit in units {
                raw.extend(match order {
                    Utf16::Little => unit.to_le_bytes(),
                    Utf16::Big => unit.to_be_bytes(),
                });
            }
            assert_eq!(utf16(&raw), Some(order));
            let mut out = String::new();
            Utf16Read::new(&raw[..], order).read_to_string(&mut out).unwrap();
            assert_eq!(out, text);
        }
        assert_eq!(utf16(b"plain text"), None);
        assert_eq!(utf16(&[0; 64]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_decode(raw in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut out = String::new();
            repair(&raw, &mut out);
            let feeds = |bytes: &[u8]| bytes.iter().filter(|&&b| b == b'\n').count();
            prop_assert_eq!(feeds(out.as_bytes()), feeds(&raw));
            let mut text = Vec::new();
            Utf16Read::new(&raw[..], Utf16::Big).read_to_end(&mut text).unwrap();
            prop_assert!(std::str::from_utf8(&text).is_ok());
        }
    }
}
