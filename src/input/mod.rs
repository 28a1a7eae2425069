//! Where bytes come from: files, folders, archives in archives, standard input. Knows no formats and no rules.
//!
//! ```text
//! collect(&[PathBuf], &Limits) -> Collected { sources: Vec<Source>, problems: Vec<Problem> }
//!
//! Source { path, size, size_is_exact, modified_ms }
//!     .kind()               -> Kind            File | Memory | Packed { archive } | Pipe
//!     .head()               -> Head            first 64 KiB as text, for format detection
//!     .tail(bytes)          -> Option<String>  last bytes as text, where that is cheap
//!     .read_all(max_bytes)  -> Whole           small sources
//!     .chunks(|chunk| …)    -> Outcome         any size, in order, on this thread
//!     .lines_at(byte, …)    -> Option<Vec<…>>  a few lines from any place of a plain file
//!     .open_parts(…)        -> Reader          the start and one later part of a plain file
//!     .open()               -> Reader          any size, from several threads:
//!
//! let reader = source.open()?;                 // Reader is Sync
//! // on every thread:
//! let mut buffer = Buffer::new();
//! while let Some(chunk) = reader.next(&mut buffer) {
//!     // chunk.text: &str of whole lines, chunk.first_line, chunk.lines, chunk.offset, chunk.order, chunk.stamps
//! }
//! // afterwards, on one:
//! let outcome = reader.finish();               // bytes, lines, cut_lines, problems
//! ```
//!
//! `Problem` is `model::finding::Problem`. Text is always UTF-8, its only line end is `\n` (perhaps after a `\r`), and
//! its line numbers are those of the source after decompression and decoding. See `README.md` beside this file for how
//! the pieces fit.

mod archive;
mod collect;
pub mod host;
mod limits;
mod lines;
mod peel;
mod ranges;
mod reader;
pub mod rotate;
mod sniff;
mod source;
mod spool;
mod stored;
mod stream;
mod unpack;
mod walk;

pub use crate::model::finding::Problem;
pub use collect::{Collected, collect, collect_bytes};
pub use host::{Hosts, host_of};
pub use limits::Limits;
pub use peel::Peel;
pub use ranges::Parts;
pub use reader::{Buffer, Chunk, Outcome, Reader};
pub use rotate::group_rotated;
pub use source::{HEAD_BYTES, Head, Kind, Source, Whole};

#[cfg(test)]
mod tests;
