//! A file that is rolled at a size: `name`, `name.1` (newest) … `name.N` (oldest).

use std::fs::{File, OpenOptions, rename};
use std::io::{self, Write};
use std::path::PathBuf;

/// Text gathered before it is written anyway.
const GATHERED_BYTES_MAX: usize = 256 * 1024;

/// The file that is written now.
#[derive(Debug)]
pub(crate) struct RollingFile {
    path: PathBuf,
    /// What every new file begins with.
    head: String,
    bytes_max: u64,
    kept_max: u32,
    file: File,
    bytes: u64,
    gathered: String,
}

impl RollingFile {
    pub(crate) fn open(path: PathBuf, head: String, bytes_max: u64, kept_max: u32) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let bytes = file.metadata()?.len();
        // A file that goes on from an earlier run gets the head again: it tells where this run begins.
        let gathered = head.clone();
        let mut opened = Self {
            path,
            head,
            bytes_max,
            kept_max,
            file,
            bytes,
            gathered,
        };
        opened.flush();
        Ok(opened)
    }

    pub(crate) fn push(&mut self, line: &str) {
        self.gathered.push_str(line);
        if self.gathered.len() >= GATHERED_BYTES_MAX {
            self.flush();
        }
    }

    /// Writes what was gathered. A disk that takes nothing costs the lines, never the server.
    pub(crate) fn flush(&mut self) {
        if self.gathered.is_empty() {
            return;
        }
        if self.file.write_all(self.gathered.as_bytes()).is_ok() {
            self.bytes += self.gathered.len() as u64;
        }
        self.gathered.clear();
        if self.bytes >= self.bytes_max {
            self.roll();
        }
    }

    fn roll(&mut self) {
        for number in (1..self.kept_max).rev() {
            let _ = rename(self.rolled(number), self.rolled(number + 1));
        }
        let _ = rename(&self.path, self.rolled(1));
        if let Ok(file) = OpenOptions::new().create(true).append(true).open(&self.path) {
            self.file = file;
            self.bytes = 0;
            self.gathered.push_str(&self.head);
        }
    }

    fn rolled(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolls_and_keeps_so_many() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut file = RollingFile::open(path.clone(), "head\n".into(), 20, 2).unwrap();
        for number in 0..6 {
            file.push(&format!("line {number}........\n"));
            file.flush();
        }
        let mut names: Vec<_> = folder
            .path()
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["x.log", "x.log.1", "x.log.2"]);
        let newest = std::fs::read_to_string(folder.path().join("x.log.1")).unwrap();
        assert!(newest.starts_with("head\nline "), "{newest}");
    }
}
