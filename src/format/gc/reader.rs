//! Cuts bytes into lines and hands each to the reader of its kind. Works piece by piece, in one pass, with a bounded
//! amount of memory, on any bytes.

use super::classic::Classic;
use super::collect::Collect;
use super::record::{Foreign, GcLog};
use super::unified::{Unified, find_id};
use super::{header, stopped};
use memchr::memmem;
use std::borrow::Cow;

/// Longest piece of a line that is looked at as one.
const MAX_LINE: usize = 256 * 1024;

/// Reads a GC log from pieces of any size.
#[derive(Debug)]
pub struct GcReader {
    out: Collect,
    classic: Classic,
    unified: Unified,
    /// Start of a line whose end has not come yet.
    pending: Vec<u8>,
    line: u32,
    /// The piece before ended with a carriage return.
    after_cr: bool,
    foreign: Option<Foreign>,
}

impl GcReader {
    /// A reader for the log of that path; the path only serves to guess the process.
    pub fn new(path: &str) -> Self {
        Self {
            out: Collect::new(path),
            classic: Classic::default(),
            unified: Unified::default(),
            pending: Vec::new(),
            line: 1,
            after_cr: false,
            foreign: None,
        }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        if std::mem::take(&mut self.after_cr) && bytes.first() == Some(&b'\n') {
            bytes = &bytes[1..];
        }
        while let Some(at) = memchr::memchr2(b'\n', b'\r', bytes) {
            self.complete(&bytes[..at]);
            let is_cr = bytes[at] == b'\r';
            bytes = &bytes[at + 1..];
            if is_cr {
                match bytes.first() {
                    Some(b'\n') => bytes = &bytes[1..],
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            self.line = self.line.saturating_add(1);
        }
        while self.pending.len() + bytes.len() > MAX_LINE {
            let take = (MAX_LINE - self.pending.len()).min(bytes.len());
            self.complete(&bytes[..take]);
            bytes = &bytes[take..];
        }
        self.pending.extend_from_slice(bytes);
    }

    /// The log, when all bytes were given.
    pub fn finish(mut self) -> GcLog {
        if !self.pending.is_empty() {
            self.complete(&[]);
        }
        self.end()
    }

    /// The log as far as it was read; see [`Collect::so_far`].
    pub fn so_far(&mut self) -> Option<&mut GcLog> {
        self.out.so_far()
    }

    /// The log, when lines were given one by one.
    pub fn end(mut self) -> GcLog {
        self.classic.finish(self.line, &mut self.out);
        let mut log = self.out.finish();
        if log.gc_lines == 0 {
            log.foreign = Some(match self.foreign {
                Some(foreign) => foreign,
                None if log.text_lines == 0 => Foreign::Empty,
                None => Foreign::Other,
            });
        }
        log
    }

    fn complete(&mut self, rest: &[u8]) {
        let line = self.line;
        if self.pending.is_empty() {
            self.line(line, rest);
        } else {
            let mut whole = std::mem::take(&mut self.pending);
            whole.extend_from_slice(rest);
            self.line(line, &whole);
            whole.clear();
            self.pending = whole;
        }
    }

    /// Reads one line without its line end.
    pub fn line(&mut self, no: u32, line: &[u8]) {
        self.line = self.line.max(no);
        self.out.saw_line(line.iter().all(u8::is_ascii_whitespace));
        for piece in line.chunks(MAX_LINE) {
            if memchr::memchr(0, piece).is_none() {
                self.clean_line(no, piece);
                continue;
            }
            // A log that was truncated in place while the JVM wrote on has a run of NUL bytes: what was open is lost.
            for part in piece.split(|b| *b == 0).filter(|part| !part.is_empty()) {
                self.classic.cut(&mut self.out);
                self.clean_line(no, part);
            }
        }
    }

    fn clean_line(&mut self, no: u32, line: &[u8]) {
        if line.starts_with(b"{\"log\":\"") {
            let inner = docker_json(line);
            self.message(no, &inner);
        } else {
            self.message(no, line);
        }
    }

    fn message(&mut self, no: u32, line: &[u8]) {
        if let Some(found) = find_id(line) {
            self.unified.line(no, line, found, &mut self.out);
            return;
        }
        if let Some(end) = stopped::line(no, line, &mut self.out) {
            let rest = &line[end..];
            if memchr::memchr(b'[', rest).is_some() {
                self.classic.line(no, rest, &mut self.out);
            }
            return;
        }
        if line.first() == Some(&b'[') && self.unified.other(no, line, &mut self.out) {
            return;
        }
        if self.unified.continuation(no, line, &mut self.out) || header::classic(no, line, &mut self.out) {
            return;
        }
        self.classic.line(no, line, &mut self.out);
        if header::table(line) {
            self.out.saw_detail();
        }
        if self.foreign.is_none() {
            self.foreign = foreign(line);
        }
    }
}

/// Marks of files that people open by mistake.
fn foreign(line: &[u8]) -> Option<Foreign> {
    if line.starts_with(b"Full thread dump ") {
        Some(Foreign::ThreadDump)
    } else if line.starts_with(b"# A fatal error has been detected by the Java Runtime Environment") {
        Some(Foreign::CrashReport)
    } else if line.starts_with(b" num     #instances") {
        Some(Foreign::Histogram)
    } else {
        None
    }
}

/// The text inside of a line of Docker's json-file driver.
fn docker_json(line: &[u8]) -> Cow<'_, [u8]> {
    let body = &line[b"{\"log\":\"".len()..];
    let end = memmem::rfind(body, b"\",\"stream\":").unwrap_or(body.len());
    let body = &body[..end];
    if memchr::memchr(b'\\', body).is_none() {
        return Cow::Borrowed(body);
    }
    let mut text = Vec::with_capacity(body.len());
    let mut at = 0;
    while at < body.len() {
        match (body[at], body.get(at + 1)) {
            (b'\\', Some(b'n' | b'r')) => at += 2,
            (b'\\', Some(b't')) => {
                text.push(b'\t');
                at += 2;
            }
            (b'\\', Some(b'u')) => {
                let code = body
                    .get(at + 2..at + 6)
                    .and_then(|hex| std::str::from_utf8(hex).ok())
                    .and_then(|hex| u32::from_str_radix(hex, 16).ok());
                // `>`, `<` and `&` are the ones that Docker escapes
                text.push(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(b'?'));
                at += 6;
            }
            (b'\\', Some(byte)) => {
                text.push(*byte);
                at += 2;
            }
            (byte, _) => {
                text.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> GcLog {
        let mut reader = GcReader::new("gc.log");
        reader.feed(text);
        reader.finish()
    }

    #[test]
    fn pieces_of_any_size_give_the_same() {
        let text: &[u8] =
            b"1.0: [GC (Allocation Failure)  10K->5K(20K), 0.5 secs]\r\n2.0: [Full GC\r 10K->5K(20K), 1.5 secs]\n";
        let whole = read(text);
        for size in 1..20 {
            let mut reader = GcReader::new("gc.log");
            text.chunks(size).for_each(|piece| reader.feed(piece));
            let log = reader.finish();
            assert_eq!(log.pauses, whole.pauses, "{size}");
            assert_eq!(log.lines, whole.lines, "{size}");
        }
        assert_eq!(whole.pauses.len(), 2);
        assert_eq!((whole.pauses[1].line, whole.pauses[1].end_line), (2, 3));
    }

    #[test]
    fn unwraps_docker_lines() {
        let text = br#"{"log":"[0.5s][gc] GC(0) Pause Full (System.gc()) 10M-\u003e1M(20M) 5.5ms\n","stream":"stdout","time":"2024-01-01T00:00:00Z"}"#;
        let log = read(text);
        assert_eq!(log.pauses[0].heap.unwrap().after_kb, 1024);
        assert_eq!(log.pauses[0].secs, 0.0055);
    }

    #[test]
    fn says_what_is_not_a_gc_log() {
        assert_eq!(read(b"").foreign, Some(Foreign::Empty));
        assert_eq!(
            read(b"Full thread dump OpenJDK 64-Bit\n").foreign,
            Some(Foreign::ThreadDump)
        );
        assert_eq!(read(b"hello\n").foreign, Some(Foreign::Other));
    }

    #[test]
    fn nul_runs_cut_records() {
        let log = read(b"1.0: [GC 1.0: [ParNew\0\0\0\0: 10K->5K(20K), 0.1 secs] 30K->20K(90K), 0.25 secs]\n2.0: [GC 10K->5K(20K), 0.5 secs]\n");
        let secs: Vec<f64> = log.pauses.iter().map(|pause| pause.secs).collect();
        assert_eq!(secs, [0.25, 0.5]);
    }
}
