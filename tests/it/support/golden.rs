//! Compares a text with a file under `tests/it/golden/`; `UPDATE=1 cargo test` rewrites the files.

use std::path::PathBuf;

/// Fails with the first line that differs.
pub(crate) fn check(name: &str, got: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/golden")
        .join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, got).unwrap();
        return;
    }
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    if want == got {
        return;
    }
    let (mut wants, mut gots) = (want.lines(), got.lines());
    for number in 1.. {
        let (want, got) = (wants.next(), gots.next());
        let ends = want.is_none() && got.is_none();
        assert!(
            want == got && !ends,
            "{name}:{number}\n  file: {want:?}\n  now:  {got:?}\nUPDATE=1 rewrites the file"
        );
    }
}
