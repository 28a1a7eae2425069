//! Build script: reads `rules/` and the sentences of lint and packs what it read into the binary, so that a new rule file
//! needs no edit of code and a start reads no TOML. A mistake in a file ends the build, with file and line.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

// The program reads the files of users with the same code.
#[allow(dead_code, unreachable_pub)]
#[path = "rule/file.rs"]
mod file;

#[allow(unreachable_pub)]
#[path = "lint/entry.rs"]
mod entry;

use file::{Content, ReadFile};

fn main() -> io::Result<()> {
    let home = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    rules(&home.join("rules"), &out)?;
    checks(&home, &out)
}

fn rules(root: &Path, out: &Path) -> io::Result<()> {
    let mut paths = Vec::new();
    walk(root, &mut paths)?;
    paths.sort();
    let files = paths
        .iter()
        .map(|path| read(root, path))
        .collect::<io::Result<Vec<ReadFile>>>()?;
    let rules = files.iter().filter(|it| matches!(it.content, Content::Rule(_))).count();
    let packed = postcard::to_stdvec(&files).map_err(io::Error::other)?;
    fs::write(out.join("rules.postcard"), packed)?;
    fs::write(
        out.join("rules.rs"),
        format!("/// How many rules are embedded.\npub const RULES: usize = {rules};\n"),
    )
}

fn checks(home: &Path, out: &Path) -> io::Result<()> {
    const TEXTS: &str = "src/lint/texts.toml";
    println!("cargo:rerun-if-changed={TEXTS}");
    let text = fs::read_to_string(home.join(TEXTS))?;
    let checks: entry::Checks = file::read(TEXTS, &text).map_err(io::Error::other)?;
    let packed = postcard::to_stdvec(&checks).map_err(io::Error::other)?;
    fs::write(out.join("checks.postcard"), packed)
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
