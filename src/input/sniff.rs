//! What a stream of bytes is, by its first bytes only; names are never trusted.

/// A way to pack bytes that is opened here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Zip,
    Tar,
}

impl Packing {
    pub(super) fn name(self) -> &'static str {
        match self {
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
            Packing::Bzip2 => "bzip2",
            Packing::Xz => "xz",
            Packing::Zip => "zip",
            Packing::Tar => "tar",
        }
    }

    /// Whether it holds one stream, not members.
    pub(super) fn is_single(self) -> bool {
        !matches!(self, Packing::Zip | Packing::Tar)
    }
}

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Something to open.
    Packed(Packing),
    /// Lines of text in some encoding.
    Text,
    /// Only NUL bytes so far; text may follow a hole.
    Hole,
    /// Not for us; one phrase says what it is.
    Binary(&'static str),
}

/// What is said of a source that is a hole from end to end.
pub(super) const ONLY_NULS: &str = "holds nothing but NUL bytes";

/// How many first bytes `sniff` wants to see.
pub(super) const SNIFF_BYTES: usize = 8 << 10;

/// Magic numbers of what is recognised and not read.
const REFUSED: &[(&[u8], &str)] = &[
    (b"7z\xbc\xaf\x27\x1c", "7z archive, not read: unpack it first"),
    (b"Rar!\x1a\x07", "rar archive, not read: unpack it first"),
    (b"\x04\x22\x4d\x18", "lz4 file, not read: run lz4 -d first"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy file, not read: unpack it first"),
    (b"\x1f\x9d", "compress (.Z) file, not read: run uncompress first"),
    (b"\x7fELF", "program or core dump (ELF), not read"),
    (b"MZ\x90\x00", "Windows program, not read"),
    (b"\xca\xfe\xba\xbe", "Java class file, not read"),
    (
        b"JAVA PROFILE 1.",
        "heap dump (hprof), not read: give jmap -histo output instead",
    ),
    (
        b"FLR\0",
        "flight recording (JFR), not read: give jfr print output instead",
    ),
    (
        b"LPKSHHRH",
        "journal file of systemd, not read: give journalctl -o short-iso output instead",
    ),
    (b"SQLite format 3\0", "SQLite database, not read"),
    (b"\x89PNG", "PNG image, not read"),
    (b"\xff\xd8\xff", "JPEG image, not read"),
    (b"GIF8", "GIF image, not read"),
    (b"%PDF-", "PDF document, not read"),
    (b"\xd0\xcf\x11\xe0", "office document, not read: save it as text first"),
    (b"\xd4\xc3\xb2\xa1", "packet capture, not read"),
    (b"\x0a\x0d\x0d\x0a", "packet capture, not read"),
    (b"!<arch>\n", "ar archive, not read"),
    (
        b"\x96\xd5",
        "binary file of sysstat, not read: give sar -A -f output instead",
    ),
    (
        b"\xd5\x96",
        "binary file of sysstat, not read: give sar -A -f output instead",
    ),
    (b"bplist00", "property list, not read"),
    (b"\x00\x05\x16\x07", "macOS file attributes, not read"),
];

/// Tells what `head` starts; `head` should hold `SNIFF_BYTES` or the whole source.
pub(super) fn sniff(head: &[u8]) -> Content {
    if let Some(packing) = packing(head) {
        return Content::Packed(packing);
    }
    if let Some((_, what)) = REFUSED.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Content::Binary(what);
    }
    if !head.is_empty() && head.iter().all(|&b| b == 0) {
        return Content::Hole;
    }
    if super::peel::utf16(head).is_some() || looks_like_text(head) {
        return Content::Text;
    }
    Content::Binary("binary file, not read")
}

fn packing(head: &[u8]) -> Option<Packing> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    Some(match () {
        () if starts(b"\x1f\x8b\x08") => Packing::Gzip,
        () if starts(b"\x28\xb5\x2f\xfd") => Packing::Zstd,
        // A skippable frame first, as pzstd and others write it.
        () if head.len() > 8 && head[0] & 0xf0 == 0x50 && head[1..4] == *b"\x2a\x4d\x18" => Packing::Zstd,
        () if starts(b"BZh") && head.get(4..10).is_some_and(is_bzip2_block) => Packing::Bzip2,
        () if starts(b"\xfd7zXZ\0") => Packing::Xz,
        () if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") || starts(b"PK\x07\x08PK\x03\x04") => Packing::Zip,
        () if is_tar_header(head) => Packing::Tar,
        () => return None,
    })
}

fn is_bzip2_block(magic: &[u8]) -> bool {
    magic == b"\x31\x41\x59\x26\x53\x59" || magic == b"\x17\x72\x45\x38\x50\x90"
}

/// A tar block is known by its checksum, which every tar dialect has.
fn is_tar_header(head: &[u8]) -> bool {
    let Some(block) = head.get(..512) else { return false };
    if block[0] == 0 {
        return false;
    }
    let field = String::from_utf8_lossy(&block[148..156]);
    let Ok(told) = u64::from_str_radix(field.trim_matches(['\0', ' ']), 8) else {
        return false;
    };
    let sum = |range: std::ops::Range<usize>| block[range].iter().map(|&b| u64::from(b)).sum::<u64>();
    told == sum(0..148) + 8 * u64::from(b' ') + sum(156..512)
}

/// Text has few control bytes; NUL bytes come in few long runs (holes), not one by one.
fn looks_like_text(head: &[u8]) -> bool {
    let mut controls = 0;
    let mut nul_runs = 0;
    let mut before = 1;
    for &byte in head {
        match byte {
            0 if before != 0 => nul_runs += 1,
            0 | b'\t' | b'\n' | b'\r' | 0x08 | 0x0c | 0x1b => {}
            0x01..=0x1f | 0x7f => controls += 1,
            _ => {}
        }
        before = byte;
    }
    let shown = head.iter().filter(|&&b| b != 0).count();
    if nul_runs > 2 + head.len() / 512 || controls > 2 + shown / 20 {
        return false;
    }
    let high = head.iter().filter(|&&b| b >= 0x80).count();
    high * 4 < shown || reads_as_words(head)
}

/// Whether bytes with many high ones are Chinese in UTF-8 or GBK, and not noise.
fn reads_as_words(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(_) => return true,
        Err(e) if e.error_len().is_none() => return true,
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(head).0,
    };
    let (mut bad, mut all) = (0, 0);
    for c in text.chars() {
        all += 1;
        // Bytes that decode to private or odd planes are noise.
        bad += usize::from(c == '\u{fffd}' || ('\u{e000}'..='\u{f8ff}').contains(&c) || c > '\u{ffff}');
    }
    bad * 20 < all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_text_from_the_rest() {
        let gbk = encoding_rs::GBK
            .encode("2024-05-02 网络连接超时，请检查代理\n")
            .0
            .into_owned();
        let mut after_hole = vec![0; 3000];
        after_hole.extend_from_slice(b"2024-05-02 text after a hole\n");
        for (bytes, want) in [
            (&b""[..], Content::Text),
            (b"2024-05-02 14:56:12 INFO x\n", Content::Text),
            (b"\x1b[31mred\x1b[0m\r\n", Content::Text),
            ("中文日志".as_bytes(), Content::Text),
            (&gbk, Content::Text),
            (&after_hole, Content::Text),
            (b"\xff\xfea\0b\0", Content::Text),
            (&[0; 100], Content::Hole),
            (b"\x1f\x8b\x08\0\0", Content::Packed(Packing::Gzip)),
            (b"PK\x03\x04abc", Content::Packed(Packing::Zip)),
            (b"\x7fELF\x02", Content::Binary("program or core dump (ELF), not read")),
            (
                b"\x01\x02\x03\x04\x05\x06\x07\x0e\x0f",
                Content::Binary("binary file, not read"),
            ),
        ] {
            assert_eq!(sniff(bytes), want, "{bytes:?}");
        }
        let noise: Vec<u8> = (0..4000u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        assert!(matches!(sniff(&noise), Content::Binary(_)));
    }
}
