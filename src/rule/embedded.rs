//! The rules that `build.rs` read and packed into the binary.

use super::file::ReadFile;

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));

/// All embedded files.
pub fn embedded() -> Vec<ReadFile> {
    postcard::from_bytes(PACKED).expect("the build script packed the very types that are read here")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn what_was_packed_is_what_the_files_say() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let files = embedded();
        assert!(files.len() > RULES);
        for packed in files {
            let text = std::fs::read_to_string(root.join(&packed.path)).unwrap();
            let read = ReadFile::parse(&packed.path, &text).unwrap();
            assert_eq!(format!("{packed:?}"), format!("{read:?}"));
        }
    }
}
