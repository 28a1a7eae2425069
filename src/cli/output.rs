//! Where a report goes: standard output or a file.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Opens `file`, or standard output, lets `write` fill it, and makes sure that it all arrived.
pub(super) fn write(file: Option<&Path>, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    match file {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            fill(&mut out).and_then(|()| out.flush()).context("standard output")
        }
        Some(path) => {
            let mut out = File::create(path)
                .map(BufWriter::new)
                .with_context(|| path.display().to_string())?;
            fill(&mut out)
                .and_then(|()| out.flush())
                .with_context(|| path.display().to_string())
        }
    }
}

/// Whether the reader of our output has gone, as in `rmqdoc … | head`.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut io_errors = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    io_errors.any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
