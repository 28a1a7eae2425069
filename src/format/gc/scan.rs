//! Numbers, sizes and changes as GC logs print them, read from bytes without allocation. Both `.` and `,` are decimal
//! marks (`0,0854230 secs` of a JVM under a European locale).
//!
//! ```text
//! 5811.9M(12.0G)->3097M(12G)      374465K->374455K(524224K)      8703K(9792K)->1088K(9792K)      0.0B
//! ```

use super::record::Change;
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Building a searcher costs more than searching a line, so those used on every line are built once.
static ARROW: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"->"));

/// Powers of ten that a double holds exactly.
const POW10: [f64; 19] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
];

/// The number at the start of `text` and its length: digits with at most one decimal mark that digits follow.
pub fn number(text: &[u8]) -> Option<(f64, usize)> {
    let mut mantissa = 0u64;
    let mut digits = 0usize;
    let mut decimals = 0usize;
    let mut seen_mark = false;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'0'..=b'9' if digits < 18 => {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                digits += 1;
                decimals += usize::from(seen_mark);
            }
            b'0'..=b'9' if seen_mark => {}
            b'.' | b',' if !seen_mark && digits > 0 && text.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                seen_mark = true;
            }
            _ => break,
        }
        at += 1;
    }
    (digits > 0).then(|| (mantissa as f64 / POW10[decimals], at))
}

/// Where the number that ends at the end of `text` begins: digits, at most one decimal mark inside.
pub fn number_start(text: &[u8]) -> Option<usize> {
    let mut start = text.len();
    let mut seen_mark = false;
    while start > 0 {
        match text[start - 1] {
            b'0'..=b'9' => start -= 1,
            b'.' | b',' if !seen_mark && start < text.len() && start > 1 && text[start - 2].is_ascii_digit() => {
                seen_mark = true;
                start -= 1;
            }
            _ => break,
        }
    }
    (start < text.len()).then_some(start)
}

/// The size at the start of `text` in KiB and its length. The unit is needed: counts of regions have none.
pub fn size_kb(text: &[u8]) -> Option<(u64, usize)> {
    let (value, len) = number(text)?;
    let factor = match text.get(len)? {
        b'B' => 1.0 / 1024.0,
        b'K' | b'k' => 1.0,
        b'M' | b'm' => 1024.0,
        b'G' | b'g' => 1024.0 * 1024.0,
        b'T' | b't' => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some(((value * factor).round() as u64, len + 1))
}

/// The size that ends at the end of `text`.
fn size_before(text: &[u8]) -> Option<u64> {
    let unit = text.len().checked_sub(1)?;
    let start = number_start(&text[..unit])?;
    size_kb(&text[start..]).map(|(kb, _)| kb)
}

/// `(size)` at the start of `text`.
fn size_in_parens(text: &[u8]) -> Option<u64> {
    let (kb, len) = size_kb(text.strip_prefix(b"(")?)?;
    (text.get(len + 1) == Some(&b')')).then_some(kb)
}

/// The first `before->after(total)` or `before(total)->after(total)` in `text`.
pub fn change(text: &[u8]) -> Option<Change> {
    let mut from = 0;
    while let Some(found) = ARROW.find(&text[from..]) {
        let arrow = from + found;
        if let Some(change) = change_at(text, arrow) {
            return Some(change);
        }
        from = arrow + 2;
    }
    None
}

fn change_at(text: &[u8], arrow: usize) -> Option<Change> {
    let mut left = &text[..arrow];
    if left.last() == Some(&b')') {
        left = &left[..memchr::memrchr(b'(', left)?];
    }
    let before_kb = size_before(left)?;
    let right = &text[arrow + 2..];
    let (after_kb, len) = size_kb(right)?;
    let total_kb = size_in_parens(&right[len..]).unwrap_or(0);
    Some(Change {
        before_kb,
        after_kb,
        total_kb,
    })
}

/// The last `used(total)` in `text`, as CMS initial marks print the heap; nothing is freed.
pub fn used_of_total(text: &[u8]) -> Option<Change> {
    let open = memchr::memrchr(b'(', text)?;
    let total_kb = size_in_parens(&text[open..])?;
    let used_kb = size_before(&text[..open])?;
    Some(Change {
        before_kb: used_kb,
        after_kb: used_kb,
        total_kb,
    })
}

/// The counts of `a->b` at the start of `text` (regions).
pub fn counts(text: &[u8]) -> Option<(u64, u64)> {
    let (before, len) = number(text)?;
    let right = text[len..].strip_prefix(b"->")?;
    let (after, _) = number(right)?;
    Some((before as u64, after as u64))
}

/// Seconds of milliseconds, without the dust that a division leaves (`2367.551` is `2.367551`).
pub fn secs_of_ms(ms: f64) -> f64 {
    (ms * 1e6).round() / 1e9
}

/// Whole milliseconds of seconds. No JVM runs for a thousand years: what says so is cut there, so that sums of times
/// cannot overflow.
pub fn whole_ms(secs: f64) -> i64 {
    const MOST_MS: f64 = 1000.0 * 366.0 * 86_400_000.0;
    (secs * 1000.0).round().clamp(-MOST_MS, MOST_MS) as i64
}

/// Drops blanks at both ends.
pub fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}

/// The number before a closing unit: `, 0.0308466 secs` with unit `secs`. Blanks between are skipped. What stands
/// before the number must be a blank, a comma or nothing, so that `real=0.03 secs` is not taken.
pub fn closing_number(text: &[u8], units: &[&[u8]]) -> Option<f64> {
    let text = text.trim_ascii_end();
    let bare = units.iter().find_map(|unit| text.strip_suffix(*unit))?.trim_ascii_end();
    let start = number_start(bare)?;
    if start > 0 && !matches!(bare[start - 1], b' ' | b',' | b'\t') {
        return None;
    }
    number(&bare[start..]).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_with_either_mark() {
        for (text, value) in [
            ("0.0308466 secs", 0.0308466),
            ("0,0854230 secs", 0.085423),
            ("107,5896657", 107.5896657),
            ("12, 3", 12.0),
            ("7", 7.0),
        ] {
            assert_eq!(number(text.as_bytes()).unwrap().0, value, "{text}");
        }
        assert_eq!(number(b".5"), None);
        assert_eq!(number(b""), None);
    }

    #[test]
    fn reads_changes() {
        let show = |text: &str| change(text.as_bytes()).map(|c| (c.before_kb, c.after_kb, c.total_kb));
        assert_eq!(show("374465K->374455K(524224K), "), Some((374_465, 374_455, 524_224)));
        assert_eq!(
            show("Heap: 4982,3M(5704,0M)->2498,4M(5704,0M)"),
            Some((5_101_875, 2_558_362, 5_840_896))
        );
        assert_eq!(show("70M->70M(128M) 12.615ms"), Some((71_680, 71_680, 131_072)));
        assert_eq!(show("106M(0%)->88M(0%)"), Some((108_544, 90_112, 0)));
        assert_eq!(show("Old regions: 7->9"), None);
        assert_eq!(show("a->b"), None);
    }

    #[test]
    fn reads_closing_seconds_only() {
        let secs = |text: &str| closing_number(text.as_bytes(), &[b"secs", b"sec"]);
        assert_eq!(secs(", 0.0308466 secs"), Some(0.0308466));
        assert_eq!(secs(", 0,0308466 secs "), Some(0.0308466));
        assert_eq!(secs("icms_dc=8 , 107,5896657 secs"), Some(107.5896657));
        assert_eq!(secs(" sys=0.00, real=0.03 secs"), None);
        assert_eq!(secs("mark: 3.120/4.102 secs"), None);
        assert_eq!(secs("secs"), None);
    }
}
