//! `Limits`: how far the input layer goes before it stops with a message. Every cap of this layer is a field here, so
//! that no hostile file can make it read, hold or nest more than a known amount.

/// Caps on what is read. The defaults suit a broker's own host and logs of any honest size.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How many archives and compressions may stand inside each other (`a.tar.gz` counts as two).
    pub max_nesting: usize,
    /// How many folders may stand inside each other.
    pub max_folder_depth: usize,
    /// How many sources a run may have, members of archives included.
    pub max_sources: usize,
    /// How many bytes may come out of one compressed file or archive, all layers added.
    pub max_decoded_bytes: u64,
    /// How many bytes may come out per byte that went in, once more than `ratio_grace_bytes` came out. Logs reach
    /// about 60; a bomb of gzip's fastest level reaches 230, of its best 1000.
    pub max_ratio: u64,
    /// Below this many decoded bytes no ratio is looked at.
    pub ratio_grace_bytes: u64,
    /// Longest line in bytes; what is longer is cut here, counted, and skipped to the next line end.
    pub max_line_bytes: usize,
    /// Bytes per chunk handed to a scanner. Half a MiB stays in the second cache level of one core.
    pub chunk_bytes: usize,
    /// Archive members up to this size are kept in memory after the first pass, while `keep_total_bytes` lasts.
    pub keep_member_bytes: usize,
    /// Memory for kept members, all archives added. Members that do not fit are unpacked a second time when read.
    pub keep_total_bytes: usize,
    /// How much text of standard input or a pipe is held in memory; more is read as a stream, once.
    pub pipe_text_bytes: usize,
    /// How much of an archive from a pipe, or of a zip inside another archive, is held in memory; more goes to a
    /// temporary file.
    pub spool_memory_bytes: usize,
    /// How much goes to such a file; more is not read.
    pub spool_bytes: u64,
    /// Memory for first bytes of members that are not kept.
    pub keep_heads_bytes: usize,
}

const MIB: usize = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_nesting: 8,
            max_folder_depth: 64,
            max_sources: 100_000,
            max_decoded_bytes: 64 << 30,
            max_ratio: 200,
            ratio_grace_bytes: 64 << 20,
            max_line_bytes: MIB,
            chunk_bytes: MIB / 2,
            keep_member_bytes: 8 * MIB,
            keep_total_bytes: 32 * MIB,
            pipe_text_bytes: 16 * MIB,
            spool_memory_bytes: 8 * MIB,
            spool_bytes: 16 << 30,
            keep_heads_bytes: 8 * MIB,
        }
    }
}

impl Limits {
    /// The chunk size in use: never longer than the longest line, so that only the last line of a chunk can be too
    /// long.
    pub(super) fn chunk(&self) -> usize {
        self.chunk_bytes.clamp(1, self.max_line_bytes.max(1))
    }
}
