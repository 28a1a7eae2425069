//! How a sample is damaged.

use super::corpus::Corpus;
use super::random::Random;

/// No case is longer: the bounds of time and memory are measured well enough at this size.
const MOST_BYTES: usize = 256 << 10;

/// Numbers, stamps, words and bytes that parsers trip over.
const NASTY: &[&str] = &[
    "0",
    "-0",
    "-1",
    "1e309",
    "-1e-400",
    "NaN",
    "inf",
    "0x",
    "00000000000000000000000000000000000000001",
    "2147483648",
    "-2147483649",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999",
    "0.0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
    "1,234,567",
    "1.2.3.4.5.6",
    "999999999999g",
    "16777216T",
    "100%%",
    "-5%",
    "0000-00-00 00:00:00",
    "9999-12-31 23:59:60,999999999999",
    "-2024-02-30T25:61:61.9999999999999+99:99",
    "2024-02-30",
    "1970-01-01T00:00:00Z",
    "292278994-08-17T07:12:55Z",
    "Feb 31 24:00:00",
    "999.999.999.999:99999999",
    "[::ffff:1.2.3.4%eth0]:0",
    "\u{feff}",
    "\u{202e}",
    "\u{0}",
    "\u{1b}[31m",
    "\u{7f}\u{8}\u{c}",
    "\u{fffd}",
    "\u{1d7d8}\u{1d7d9}",
    "１２３",
    "İ",
    "ß",
    "ﬁ",
    "e\u{301}\u{301}\u{301}",
    "👩‍👩‍👧‍👦",
    "年月日 时：分",
    "\"",
    "'",
    "\\",
    "\\u",
    "\\ud800",
    "\\x",
    "${a:${b:${c}}}",
    "{{{{{{{{",
    "[[[[[[[[",
    "((((((((",
    "<<<<<<<<",
    "}}]]))>>",
    "->",
    "=",
    ":",
    ";",
    "#",
    "|",
    ",",
    "&a *a",
    "!!binary |",
    "---",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\u{2028}",
    " ",
    "",
];

/// A damaged sample; sometimes one that is nothing but damage.
pub(crate) fn case(corpus: &Corpus, random: &mut Random) -> Vec<u8> {
    let mut bytes = corpus.pick(random).to_vec();
    if random.one_in(50) {
        bytes = (0..random.below(4096)).map(|_| random.next() as u8).collect();
    }
    for _ in 0..=random.below(6) {
        damage(&mut bytes, corpus, random);
        bytes.truncate(MOST_BYTES);
    }
    // Most of what is read is small; long repetitions are dear in time, so they come last and seldom.
    if random.one_in(12) {
        repeat(&mut bytes, random);
        bytes.truncate(MOST_BYTES);
    }
    bytes
}

fn damage(bytes: &mut Vec<u8>, corpus: &Corpus, random: &mut Random) {
    match random.below(11) {
        0 => flip(bytes, random),
        1 => {
            let lines = lines(bytes, random);
            bytes.drain(lines);
        }
        2 => {
            let lines = lines(bytes, random);
            let copy = bytes[lines].to_vec();
            insert_at_line(bytes, &copy, random);
        }
        3 => {
            let other = corpus.pick(random);
            let part = &other[lines(other, random)];
            insert_at_line(bytes, part, random);
        }
        4 => {
            let other = corpus.pick(random);
            bytes.truncate(random.below(bytes.len() + 1));
            bytes.extend_from_slice(&other[random.below(other.len() + 1)..]);
        }
        5 | 6 => {
            let token = token(bytes, random);
            bytes.splice(token, random.pick(NASTY).bytes());
        }
        7 => {
            let (from, to) = (token(bytes, random), token(bytes, random));
            let moved = bytes[from].to_vec();
            bytes.splice(to, moved);
        }
        8 => bytes.truncate(random.below(bytes.len() + 1)),
        9 => {
            let part = random.range(bytes.len());
            bytes.drain(part);
        }
        _ => {
            let at = random.below(bytes.len() + 1);
            bytes.splice(at..at, random.pick(NASTY).bytes());
        }
    }
}

fn flip(bytes: &mut [u8], random: &mut Random) {
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = if random.one_in(2) {
                *byte ^ (1 << random.below(8))
            } else {
                random.next() as u8
            };
        }
    }
}

/// Writes a piece of the case, or something nasty, up to ten thousand times.
fn repeat(bytes: &mut Vec<u8>, random: &mut Random) {
    let (at, piece) = match random.below(4) {
        0 => (random.below(bytes.len() + 1), random.pick(NASTY).as_bytes().to_vec()),
        1 => {
            let lines = lines(bytes, random);
            (lines.end, bytes[lines].to_vec())
        }
        2 => {
            let token = token(bytes, random);
            (token.end, bytes[token].to_vec())
        }
        _ => {
            let part = random.range(bytes.len());
            (part.end, bytes[part].to_vec())
        }
    };
    let times = random.below(10_000).min(MOST_BYTES / piece.len().max(1));
    let repeated = piece.repeat(times);
    bytes.splice(at..at, repeated);
    if random.one_in(8) {
        // All of it as one line.
        bytes
            .iter_mut()
            .filter(|byte| matches!(**byte, b'\n' | b'\r'))
            .for_each(|byte| *byte = b' ');
    }
}

fn insert_at_line(bytes: &mut Vec<u8>, part: &[u8], random: &mut Random) {
    let at = line_start(bytes, random.below(bytes.len() + 1));
    bytes.splice(at..at, part.iter().copied());
}

fn line_start(bytes: &[u8], at: usize) -> usize {
    bytes[..at]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1)
}

/// One line or several.
fn lines(bytes: &[u8], random: &mut Random) -> std::ops::Range<usize> {
    let from = line_start(bytes, random.below(bytes.len() + 1));
    let mut to = from;
    let most = if random.one_in(3) { 40 } else { 2 };
    for _ in 0..=random.below(most) {
        to = bytes[to..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(bytes.len(), |end| to + end + 1);
    }
    from..to
}

/// A word, a number, or a run of signs.
fn token(bytes: &[u8], random: &mut Random) -> std::ops::Range<usize> {
    let at = random.below(bytes.len());
    let Some(first) = bytes.get(at) else { return 0..0 };
    let kind = |byte: &u8| (byte.is_ascii_digit(), byte.is_ascii_alphabetic() || *byte >= 0x80);
    let same = |byte: &u8| kind(byte) == kind(first) && *byte != b'\n';
    let from = bytes[..at]
        .iter()
        .rposition(|byte| !same(byte))
        .map_or(0, |before| before + 1);
    let to = bytes[at..]
        .iter()
        .position(|byte| !same(byte))
        .map_or(bytes.len(), |after| at + after);
    from..to.max(from)
}
