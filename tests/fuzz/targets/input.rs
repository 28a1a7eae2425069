//! Files, encodings, prefixes, archives: broken ones give what is there and say what is wrong.

use super::random::Random;
use super::{Corpus, hunt, mutate};
use rmqdoc::input::{Buffer, Limits, Peel, collect_bytes};
use std::io::Write;

#[test]
fn input_archives() {
    let corpus = Corpus::new(&["samples/formats"]);
    hunt(
        "input_archives",
        |random| {
            let mut bytes = corpus.pick(random).to_vec();
            for _ in 0..1 + random.below(3) {
                bytes = packed(&bytes, random);
                if random.one_in(3) {
                    break_somewhere(&mut bytes, random);
                }
            }
            break_somewhere(&mut bytes, random);
            bytes
        },
        |bytes, random| read(bytes, &limits(random)),
    );
}

#[test]
fn input_text() {
    let corpus = Corpus::new(&["samples/formats", "samples/rules"]);
    hunt(
        "input_text",
        |random| {
            let bytes = mutate::case(&corpus, random);
            around(bytes, random)
        },
        |bytes, random| {
            let text = String::from_utf8_lossy(bytes);
            Peel::detect(&text, random.one_in(2).then(|| random.next() as i64));
            read(bytes, &limits(random));
        },
    );
}

/// Reads everything that is found, whole and in small pieces.
fn read(bytes: &[u8], limits: &Limits) {
    let found = collect_bytes("x", bytes.to_vec(), limits);
    for source in &found.sources {
        let _ = source.head();
        source.tail(1000);
        let Ok(reader) = source.open() else { continue };
        let mut buffer = Buffer::new();
        let mut line = 1;
        while let Some(chunk) = reader.next(&mut buffer) {
            assert_eq!(chunk.first_line, line, "line numbers have a gap");
            assert!(
                chunk.text.len() <= limits.chunk_bytes.max(limits.max_line_bytes) * 4 + 4096,
                "a chunk is too big"
            );
            line += chunk.lines;
        }
        reader.finish();
    }
    for problem in &found.problems {
        assert!(
            !problem.what.is_empty() && !problem.what.contains('\n'),
            "a problem is not one line"
        );
        assert!(
            !problem.path.contains(char::is_control),
            "a path with control characters is shown"
        );
    }
}

fn limits(random: &mut Random) -> Limits {
    let line = if random.one_in(2) {
        1 << 20
    } else {
        1 + random.below(3000)
    };
    Limits {
        chunk_bytes: if random.one_in(2) {
            512 << 10
        } else {
            1 + random.below(5000)
        },
        max_line_bytes: line,
        keep_total_bytes: if random.one_in(2) { 64 << 20 } else { 100 },
        max_decoded_bytes: 64 << 20,
        ratio_grace_bytes: 8 << 20,
        ..Limits::default()
    }
}

fn packed(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    match random.below(7) {
        0 | 1 => {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        }
        2 => zstd::encode_all(bytes, 1).unwrap(),
        3 => {
            let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        }
        4 => {
            let mut to = liblzma::write::XzEncoder::new(Vec::new(), 0);
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        }
        5 => {
            let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            for name in ["a.log", "b/c.log"] {
                to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
                to.write_all(bytes).unwrap();
            }
            to.finish().unwrap().into_inner()
        }
        _ => {
            let mut to = tar::Builder::new(Vec::new());
            for name in ["a.log", "b/c.log", "d.log"] {
                let mut header = tar::Header::new_gnu();
                header.set_size(bytes.len() as u64);
                header.set_mode(0o644);
                to.append_data(&mut header, name, bytes).unwrap();
            }
            to.into_inner().unwrap()
        }
    }
}

/// Damages bytes; the first ones more often, since headers and lengths stand there.
fn break_somewhere(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..random.below(4) {
        let near = if random.one_in(2) {
            bytes.len().min(600)
        } else {
            bytes.len()
        };
        let at = random.below(near);
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => {
                bytes.insert(at, random.next() as u8);
            }
            2 => {
                let part = random.range(bytes.len());
                let part = bytes[part].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.next() as u8;
                }
            }
        }
    }
}

/// Puts on what containers, journals and editors put around lines.
fn around(bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let prefix = match random.below(9) {
        0 => "2024-05-02T06:56:12.123456789Z stdout F ",
        1 => "2024-05-02T06:56:12.123456789Z stdout P ",
        2 => "2024-05-02T06:56:12.123456789Z ",
        3 => "May 02 14:56:12 mq-1 java[123]: ",
        4 => "broker-a  | ",
        5 => "[pod/broker-a-0/broker] ",
        6 => return json_lines(&bytes),
        7 => return utf16(&bytes, random.one_in(2)),
        _ => return bytes,
    };
    let mut out = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        out.extend_from_slice(prefix.as_bytes());
        out.extend_from_slice(line);
    }
    out
}

fn json_lines(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split_inclusive('\n').map(|line| {
        let line = serde_json::to_string(line).unwrap();
        format!("{{\"log\":{line},\"stream\":\"stdout\",\"time\":\"2024-05-02T06:56:12.1Z\"}}\n")
    });
    lines.collect::<String>().into_bytes()
}

fn utf16(bytes: &[u8], little: bool) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units
        .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
        .collect()
}
