//! Line ends on raw bytes: makes `\n` the only one, takes NUL bytes and colour out, counts, and finds where to cut.
//!
//! A line ends at `\n`, `\r\n` or a bare `\r`, as `model::Text` and editors have it. A bare `\r` is overwritten by
//! `\n` in place, so that every later stage looks for one byte only.

use memchr::{memchr, memchr_iter, memchr2, memchr3, memrchr};

/// Whether anything but plain lines is in here: a NUL, a carriage return or an escape. One pass.
pub(super) fn needs_care(bytes: &[u8]) -> bool {
    memchr3(0, b'\r', 0x1b, bytes).is_some()
}

/// Moves everything but NUL bytes to the front and gives the new length. NUL runs are holes that a crash or
/// `copytruncate` leaves in a log.
pub(super) fn drop_nuls(buf: &mut [u8]) -> usize {
    let Some(first) = memchr(0, buf) else {
        return buf.len();
    };
    let mut write = first;
    let mut read = write;
    while read < buf.len() {
        read += buf[read..].iter().take_while(|&&b| b == 0).count();
        let end = memchr(0, &buf[read..]).map_or(buf.len(), |at| read + at);
        buf.copy_within(read..end, write);
        write += end - read;
        read = end;
    }
    write
}

/// Overwrites each bare `\r` by `\n`. A `\r` that is the last byte stays: it is bare only if `at_end`.
pub(super) fn unify(bytes: &mut [u8], at_end: bool) {
    let mut from = 0;
    while let Some(at) = memchr(b'\r', &bytes[from..]) {
        let at = from + at;
        match bytes.get(at + 1) {
            Some(b'\n') => from = at + 2,
            Some(_) => {
                bytes[at] = b'\n';
                from = at + 1;
            }
            None => {
                if at_end {
                    bytes[at] = b'\n';
                }
                return;
            }
        }
    }
}

/// Lines in bytes whose line ends are unified: line feeds, and one more if the last line has none.
pub(super) fn count(bytes: &[u8]) -> u32 {
    let feeds = memchr_iter(b'\n', bytes).count();
    let open = bytes.last().is_some_and(|&last| last != b'\n');
    u32::try_from(feeds + usize::from(open)).unwrap_or(u32::MAX)
}

/// Index after the first line end at or after `from`, on bytes that are not unified yet. A `\r` in last place counts
/// only if `at_end`.
pub(super) fn after_first_end(bytes: &[u8], from: usize, at_end: bool) -> Option<usize> {
    let at = from + memchr2(b'\n', b'\r', bytes.get(from..)?)?;
    match (bytes[at], bytes.get(at + 1)) {
        (b'\n', _) => Some(at + 1),
        (_, Some(b'\n')) => Some(at + 2),
        (_, Some(_)) => Some(at + 1),
        (_, None) => at_end.then_some(at + 1),
    }
}

/// Index after the last line feed.
pub(super) fn after_last_feed(bytes: &[u8]) -> Option<usize> {
    memrchr(b'\n', bytes).map(|at| at + 1)
}

/// The largest length up to `max` that does not cut a UTF-8 character.
pub(super) fn cut_at_char(bytes: &[u8], max: usize) -> usize {
    if max >= bytes.len() {
        return bytes.len();
    }
    let back = bytes[..=max]
        .iter()
        .rev()
        .take(4)
        .take_while(|&&b| b & 0xc0 == 0x80)
        .count();
    if back < 4 { max - back } else { max }
}

/// Moves everything but terminal escapes to the front and gives the new length: colours and other CSI sequences, titles
/// (OSC), two-byte escapes.
pub(super) fn drop_escapes(buf: &mut [u8]) -> usize {
    let Some(first) = memchr(0x1b, buf) else {
        return buf.len();
    };
    let mut write = first;
    let mut read = write;
    while read < buf.len() {
        read += escape_len(&buf[read..]);
        let end = memchr(0x1b, &buf[read..]).map_or(buf.len(), |at| read + at);
        buf.copy_within(read..end, write);
        write += end - read;
        read = end;
    }
    write
}

/// Length of the escape sequence that `bytes` starts with. Never reaches over a line end.
fn escape_len(bytes: &[u8]) -> usize {
    /// Longest sequence believed; a stray escape must not swallow a line.
    const LONGEST: usize = 128;
    let body = &bytes[..bytes.len().min(LONGEST)];
    match body.get(1) {
        Some(b'[') => {
            let params = body[2..].iter().take_while(|b| (0x20..=0x3f).contains(*b)).count();
            match body.get(2 + params) {
                Some(0x40..=0x7e) => 3 + params,
                _ => 2 + params,
            }
        }
        Some(b']') => match body.iter().position(|&b| matches!(b, 0x07 | b'\n' | b'\r')) {
            Some(at) if body[at] == 0x07 => at + 1,
            _ => 2,
        },
        Some(b'(' | b')') if body.get(2).is_some_and(|b| b.is_ascii_alphanumeric()) => 3,
        Some(0x40..=0x5f | b'7' | b'8' | b'=' | b'>' | b'c') => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nuls_go_and_text_stays() {
        for (raw, want) in [
            ("a\0\0b\0", "ab"),
            ("\0\0\0", ""),
            ("ab", "ab"),
            ("\0x\n\0\0y\n", "x\ny\n"),
        ] {
            let mut buf = raw.as_bytes().to_vec();
            let len = drop_nuls(&mut buf);
            assert_eq!(&buf[..len], want.as_bytes(), "{raw:?}");
        }
    }

    #[test]
    fn bare_returns_become_feeds() {
        for (raw, want) in [
            ("a\rb\r\nc\n", "a\nb\r\nc\n"),
            ("a\r\r\n", "a\n\r\n"),
            ("\r\r", "\n\n"),
            ("a\r", "a\n"),
        ] {
            let mut buf = raw.as_bytes().to_vec();
            unify(&mut buf, true);
            assert_eq!(buf, want.as_bytes(), "{raw:?}");
        }
        let mut open = b"a\r".to_vec();
        unify(&mut open, false);
        assert_eq!(open, b"a\r");
    }

    #[test]
    fn escapes_go() {
        for (raw, want) in [
            ("\x1b[31mERROR\x1b[0m x", "ERROR x"),
            ("\x1b[1;38;5;208mW\x1b[m", "W"),
            ("\x1b]0;title\x07text", "text"),
            ("\x1b(Bplain", "plain"),
            ("\x1b", ""),
            ("\x1b[12", ""),
            ("a\x1b[31\nb", "a\nb"),
        ] {
            let mut buf = raw.as_bytes().to_vec();
            let len = drop_escapes(&mut buf);
            assert_eq!(String::from_utf8_lossy(&buf[..len]), want, "{raw:?}");
        }
    }

    #[test]
    fn cuts_between_characters() {
        let text = "ab中文".as_bytes();
        assert_eq!(cut_at_char(text, 2), 2);
        assert_eq!(cut_at_char(text, 3), 2);
        assert_eq!(cut_at_char(text, 4), 2);
        assert_eq!(cut_at_char(text, 5), 5);
        assert_eq!(cut_at_char(text, 99), 8);
    }
}
