//! Reads whole files until the input layer stands.

use super::engine::Input;
use crate::model::finding::Problem;
use std::path::{Path, PathBuf};

pub(super) fn inputs(paths: &[PathBuf]) -> (Vec<Input>, Vec<Problem>) {
    let (mut inputs, mut problems) = (Vec::new(), Vec::new());
    for root in paths {
        let mut files = Vec::new();
        walk(root, &mut files);
        for file in files {
            let read = match file.as_os_str() == "-" {
                true => std::io::read_to_string(std::io::stdin()).map(String::into_bytes),
                false => std::fs::read(&file),
            };
            let bytes = match read {
                Ok(bytes) => bytes,
                Err(e) => {
                    problems.push(Problem {
                        path: file.display().to_string(),
                        what: e.to_string(),
                    });
                    continue;
                }
            };
            let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
                let mut out = Vec::new();
                let _ = std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&bytes[..]), &mut out);
                out
            } else {
                bytes
            };
            let below = file.strip_prefix(root).unwrap_or(&file);
            let parts: Vec<_> = below
                .components()
                .map(|c| c.as_os_str().to_string_lossy().to_string())
                .collect();
            let generic = ["logs", "conf", "system"];
            let host = if parts.len() > 1 && !generic.contains(&parts[0].as_str()) {
                parts[0].clone()
            } else {
                String::new()
            };
            let body = String::from_utf8_lossy(&bytes).into_owned();
            inputs.push(Input {
                path: file.display().to_string(),
                host,
                body,
            });
        }
    }
    (inputs, problems)
}

fn walk(path: &Path, out: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let mut list: Vec<_> = std::fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.path())
            .collect();
        list.sort();
        list.iter().for_each(|p| walk(p, out));
    } else {
        out.push(path.into());
    }
}
