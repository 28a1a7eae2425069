//! The text of a unified pause line: kind, cause and duration.
//!
//! ```text
//! Pause Young (Concurrent Start) (G1 Humongous Allocation) 16113M->15932M(16384M) 36.022ms
//! Pause Final Mark (process weakrefs) 1.404ms
//! ```

use crate::format::gc::collect::Collect;
use crate::format::gc::record::{CauseId, Collector, PauseKind};
use crate::format::gc::scan::{number, number_start};
use memchr::memmem::{self, Finder};
use std::sync::LazyLock;

/// The number before the first ` <number>ms` of the text. What follows may be the wrapping of a container, or the
/// start of a message that another process wrote onto the same line.
pub(super) fn closing_ms(text: &[u8]) -> Option<f64> {
    static MS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"ms"));
    MS.find_iter(text).find_map(|at| {
        if text.get(at + 2).is_some_and(u8::is_ascii_alphabetic) {
            return None;
        }
        let start = number_start(&text[..at])?;
        if start == 0 || text[start - 1] != b' ' {
            return None;
        }
        number(&text[start..at]).map(|(ms, _)| ms)
    })
}

/// What a pause line names.
pub(super) fn kind_and_cause(text: &[u8], out: &mut Collect) -> (PauseKind, CauseId) {
    let name = &text[b"Pause ".len()..];
    let is = |word: &[u8]| name.starts_with(word);
    let mut kind = if is(b"Young") {
        PauseKind::Young
    } else if is(b"Full") {
        PauseKind::Full
    } else if is(b"Mixed") {
        PauseKind::Mixed
    } else if is(b"Remark") {
        PauseKind::Remark
    } else if is(b"Cleanup") {
        PauseKind::Cleanup
    } else if is(b"Initial Mark") {
        PauseKind::InitialMark
    } else if is(b"Degenerated") {
        PauseKind::Degenerated
    } else {
        PauseKind::Phase
    };
    if is(b"Init Mark") || is(b"Final ") || is(b"Init Update") || is(b"Degenerated") {
        out.saw_collector(Collector::Shenandoah);
    } else if is(b"Mark Start") || is(b"Mark End") || is(b"Relocate Start") {
        out.saw_collector(Collector::Zgc);
    }
    let mut cause = CauseId::default();
    for word in groups(name) {
        match word {
            b"Normal" | b"Concurrent Start" | b"Prepare Mixed" => out.saw_collector(Collector::G1),
            b"Mixed" => {
                out.saw_collector(Collector::G1);
                kind = PauseKind::Mixed;
            }
            _ if word.starts_with(b"Evacuation Failure") => {}
            _ if kind == PauseKind::Phase || kind == PauseKind::Degenerated => {}
            _ => {
                if word.starts_with(b"G1 ") {
                    out.saw_collector(Collector::G1);
                }
                if let Ok(name) = std::str::from_utf8(word) {
                    cause = out.cause(name);
                }
            }
        }
    }
    (kind, cause)
}

/// The texts in parentheses before the sizes: `(Normal) (G1 Evacuation Pause)`, `(System.gc())`.
fn groups(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let open = memmem::find(rest, b" (")?;
        rest = &rest[open + 2..];
        let mut depth = 0;
        let close = rest.iter().take(80).position(|byte| match byte {
            b'(' => {
                depth += 1;
                false
            }
            b')' if depth == 0 => true,
            b')' => {
                depth -= 1;
                false
            }
            _ => false,
        })?;
        let word = &rest[..close];
        rest = &rest[close + 1..];
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_pause_messages() {
        let cases = [
            (
                "Pause Young (Normal) (G1 Evacuation Pause) 1M->1M(2M) 1.5ms",
                PauseKind::Young,
                "G1 Evacuation Pause",
            ),
            (
                "Pause Young (Mixed) (G1 Evacuation Pause) 1M->1M(2M) 1.5ms",
                PauseKind::Mixed,
                "G1 Evacuation Pause",
            ),
            (
                "Pause Full (System.gc()) 1M->1M(2M) 1.5ms",
                PauseKind::Full,
                "System.gc()",
            ),
            ("Pause Final Mark (process weakrefs) 1.404ms", PauseKind::Phase, ""),
            (
                "Pause Degenerated GC (Mark) 1M->1M(2M) 1.5ms",
                PauseKind::Degenerated,
                "",
            ),
            ("Pause Remark 24M->24M(61M) 0.240ms", PauseKind::Remark, ""),
        ];
        for (text, kind, cause) in cases {
            let mut out = Collect::new("");
            let (got, id) = kind_and_cause(text.as_bytes(), &mut out);
            assert_eq!((got, out.cause_name(id)), (kind, cause), "{text}");
            assert!(closing_ms(text.as_bytes()).is_some(), "{text}");
        }
        assert_eq!(closing_ms(b"Pause Young (Normal) (G1 Evacuation Pause)"), None);
        assert_eq!(closing_ms(br#"Pause Remark 10,147ms\n","stream""#), Some(10.147));
    }
}
