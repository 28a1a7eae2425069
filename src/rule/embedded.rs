//! The rules that `build.rs` read and packed into the binary.

use super::file::ReadFile;

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));

/// All embedded files.
pub fn embedded() -> Vec<ReadFile> {
    postcard::from_bytes(PACKED).expect("the build script packed the very types that are read here")
}
