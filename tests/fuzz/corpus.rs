//! What cases are made of: the samples of this repository.

use super::random::Random;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of which cases are made.
#[derive(Debug)]
pub(crate) struct Corpus {
    own: Vec<Vec<u8>>,
    others: Vec<Vec<u8>>,
}

impl Corpus {
    /// All files in these folders first of all, and now and then one of `samples/`.
    pub(crate) fn new(folders: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |folders: &[&str]| {
            let mut paths = Vec::new();
            folders.iter().for_each(|folder| list(&root.join(folder), &mut paths));
            paths.sort();
            paths.iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>()
        };
        let (own, others) = (read(folders), read(&["samples"]));
        assert!(!own.is_empty() && !others.is_empty(), "no samples in {folders:?}");
        Self { own, others }
    }

    pub(crate) fn pick(&self, random: &mut Random) -> &[u8] {
        let from = if random.one_in(5) { &self.others } else { &self.own };
        &from[random.below(from.len())]
    }
}

fn list(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(&path, found);
        } else if path.extension().is_none_or(|ending| ending != "expect") {
            found.push(path);
        }
    }
}
