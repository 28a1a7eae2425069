//! The last bytes of the text behind the last bracket, kept over line ends: mail and terminals break lines anywhere
//! (`0.0000750 ⏎ secs]`).

/// Bytes kept; the longest tail of a record is about 40.
const KEEP: usize = 64;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Tail {
    bytes: Vec<u8>,
}

impl Tail {
    /// Adds the rest of a line; `fresh` when a bracket stood before it on its line.
    pub(super) fn push(&mut self, text: &[u8], fresh: bool) {
        if fresh {
            self.bytes.clear();
        }
        if self.bytes.len() > 4 * KEEP {
            self.bytes.drain(..self.bytes.len() - KEEP);
        }
        self.bytes.push(b' ');
        self.bytes.extend_from_slice(&text[text.len().saturating_sub(KEEP)..]);
    }

    /// Forgets it.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The tail followed by a blank and `text`.
    pub(super) fn with(&self, text: &[u8]) -> Vec<u8> {
        let mut all = self.bytes.clone();
        all.push(b' ');
        all.extend_from_slice(text);
        all
    }
}
