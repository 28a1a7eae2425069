//! Bytes from a stream that must be read from any place: held in memory while they are few, else in a temporary file
//! that has no name and is gone when the program ends, however it ends.
//!
//! Needed where a format says at its end what is in it (zip), and where members are looked at before they are read (an
//! archive from a pipe). A stream of one compressed text needs none of this.

use super::limits::Limits;
use super::stored::Stored;
use super::unpack::{size, stop};
use std::io::{self, Read, Write};

/// What could be spooled.
pub(super) struct Spooled {
    pub(super) bytes: Stored,
    /// What ended the stream before its end; what came before it is there.
    pub(super) failed: Option<io::Error>,
}

/// Takes `head`, and then everything that `from` gives up to the limit.
///
/// # Errors
/// No temporary file can be made or written.
pub(super) fn spool(head: Vec<u8>, from: &mut dyn Read, limits: &Limits) -> io::Result<Spooled> {
    let mut held = head;
    let room = limits.spool_memory_bytes.saturating_sub(held.len());
    let mut failed = from.take(room as u64).read_to_end(&mut held).err();
    if failed.is_some() || held.len() < limits.spool_memory_bytes {
        let bytes = Stored::Memory(held.into());
        return Ok(Spooled { bytes, failed });
    }
    let no_room = |error: io::Error| {
        let folder = std::env::temp_dir();
        stop(format!("cannot be kept in {}: {error}", folder.display()))
    };
    let mut file = tempfile::tempfile().map_err(no_room)?;
    file.write_all(&held).map_err(no_room)?;
    let mut len = held.len() as u64;
    loop {
        held.resize(BLOCK_BYTES, 0);
        let got = match from.read(&mut held) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                failed = Some(error);
                break;
            }
        };
        if len + got as u64 > limits.spool_bytes {
            failed = Some(stop(format!(
                "more than {}; read up to there",
                size(limits.spool_bytes)
            )));
            break;
        }
        file.write_all(&held[..got]).map_err(no_room)?;
        len += got as u64;
    }
    let bytes = Stored::of(file)?;
    Ok(Spooled { bytes, failed })
}

const BLOCK_BYTES: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn spooled(memory: usize, most: u64, bytes: &[u8]) -> (bool, Vec<u8>, Option<String>) {
        let limits = Limits {
            spool_memory_bytes: memory,
            spool_bytes: most,
            ..Limits::default()
        };
        let (head, mut rest) = bytes.split_at(bytes.len().min(10));
        let Spooled { bytes, failed } = spool(head.to_vec(), &mut rest, &limits).unwrap();
        let mut got = vec![0; bytes.len() as usize];
        assert_eq!(bytes.read_at(&mut got, 0).unwrap(), got.len());
        (matches!(bytes, Stored::File(_)), got, failed.map(|e| e.to_string()))
    }

    #[test]
    fn few_bytes_stay_in_memory_and_many_go_to_a_file() {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| (n >> 3) as u8).collect();
        for (memory, len, in_file) in [
            (100, 5, false),
            (100, 99, false),
            (100, 100, true),
            (1000, 1_000_000, true),
        ] {
            let (file, got, failed) = spooled(memory, u64::MAX, &bytes[..len]);
            assert_eq!((file, failed), (in_file, None), "{memory} {len}");
            assert!(got == bytes[..len], "{memory} {len}");
        }
    }

    #[test]
    fn the_limit_leaves_the_start() {
        let (_, got, failed) = spooled(100, 300_000, &[1; 1_000_000]);
        assert!(got.len() >= 100 && got.len() <= 300_000, "{}", got.len());
        assert_eq!(failed.unwrap(), "more than 293.0 KiB; read up to there");
    }
}
