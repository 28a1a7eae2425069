//! Tests of the layer as a whole: every way in gives the same lines; hostile bytes end in a message.

mod agree;
mod collecting;
mod hostile;

use super::*;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Lines that a source must give, cut independently of the code under test.
pub(super) fn lines_of(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    text.split_inclusive('\n')
        .map(|line| line.trim_end_matches('\n').to_owned())
        .collect()
}

/// All lines of a source, and what was told at the end; checks numbers and sums on the way.
pub(super) fn read(source: &Source) -> (Vec<String>, Outcome) {
    let mut lines = Vec::new();
    let outcome = source
        .chunks(|chunk| {
            assert_eq!(chunk.first_line as usize, lines.len() + 1, "first line of a chunk");
            let before = lines.len();
            lines.extend(chunk.numbered_lines().map(|(_, line)| line.to_owned()));
            assert_eq!(chunk.lines as usize, lines.len() - before, "lines of a chunk");
            assert!(
                chunk.stamps.is_empty() || chunk.stamps.len() == chunk.lines as usize,
                "stamps of a chunk"
            );
        })
        .unwrap();
    assert_eq!(outcome.lines as usize, lines.len());
    (lines, outcome)
}

/// The same, read by three threads.
pub(super) fn read_in_parallel(source: &Source) -> Vec<String> {
    let reader = source.open().unwrap();
    let chunks = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut buffer = Buffer::new();
                while let Some(chunk) = reader.next(&mut buffer) {
                    chunks
                        .lock()
                        .unwrap()
                        .push((chunk.order, chunk.first_line, chunk.text.to_owned()));
                }
            });
        }
    });
    let mut chunks = chunks.into_inner().unwrap();
    chunks.sort();
    let mut lines: Vec<String> = Vec::new();
    for (_, first_line, text) in chunks {
        assert_eq!(first_line as usize, lines.len() + 1);
        lines.extend(lines_of(&text));
    }
    lines
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub(super) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

pub(super) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut to = liblzma::write::XzEncoder::new(Vec::new(), 1);
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

pub(super) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut to = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_714_632_972);
        // Set raw, since the crate refuses to write names that lead out.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        to.append(&header, *bytes).unwrap();
    }
    to.into_inner().unwrap()
}

pub(super) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        to.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(bytes).unwrap();
    }
    to.finish().unwrap().into_inner()
}

pub(super) fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    dir
}

pub(super) fn collect_one(path: &Path, limits: &Limits) -> Collected {
    collect(&[PathBuf::from(path)], limits)
}

/// Paths under a folder, and problems as `path: what`, both without the folder.
pub(super) fn shown(found: &Collected, dir: &Path) -> (Vec<String>, Vec<String>) {
    let strip = |path: &str| {
        let dir = format!("{}/", dir.display());
        path.strip_prefix(&dir).unwrap_or(path).to_owned()
    };
    let sources = found.sources.iter().map(|s| strip(&s.path)).collect();
    let problems = found
        .problems
        .iter()
        .map(|p| format!("{}: {}", strip(&p.path), p.what))
        .collect();
    (sources, problems)
}
