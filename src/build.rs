//! Build script: reads `rules/` and packs what it read into the binary, so that a new rule file needs no edit of code and
//! a start reads no TOML. A mistake in a file ends the build, with file and line.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

// The program reads the files of users with the same code.
#[allow(dead_code, unreachable_pub)]
#[path = "rule/file.rs"]
mod file;

use file::{Content, ReadFile};

fn main() -> io::Result<()> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("rules");
    let mut paths = Vec::new();
    walk(&root, &mut paths)?;
    paths.sort();
    let files = paths
        .iter()
        .map(|path| read(&root, path))
        .collect::<io::Result<Vec<ReadFile>>>()?;
    let rules = files.iter().filter(|it| matches!(it.content, Content::Rule(_))).count();
    let out = PathBuf::from(variable("OUT_DIR")?);
    let packed = postcard::to_stdvec(&files).map_err(io::Error::other)?;
    fs::write(out.join("rules.postcard"), packed)?;
    fs::write(
        out.join("rules.rs"),
        format!("/// How many rules are embedded.\npub const RULES: usize = {rules};\n"),
    )
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}

fn read(root: &Path, path: &Path) -> io::Result<ReadFile> {
    let below = path.strip_prefix(root).map_err(io::Error::other)?;
    let name = below.to_string_lossy().replace('\\', "/");
    ReadFile::parse(&name, &fs::read_to_string(path)?).map_err(|mistake| io::Error::other(format!("rules/{mistake}")))
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", dir.display());
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            println!("cargo:rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    Ok(())
}
