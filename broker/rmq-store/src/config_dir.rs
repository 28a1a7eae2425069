//! The folder `config/`: JSON files of topics, groups and offsets, each with the content before as `.bak`.
//!
//! Only the files are kept here; what is in them is the broker's. RocketMQ writes `<file>.bak` and then `<file>` in
//! place; here each is put there whole, so that a crash leaves one of the two readable. Reading takes the `.bak` when
//! the file is missing, empty, or refused by its reader.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::{Disk, read_file, replace_file};

/// Longest file that is read.
const CAP_BYTES: u64 = 1 << 30;

/// The folder.
#[derive(Debug, Clone)]
pub struct ConfigDir {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
}

impl ConfigDir {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf) -> Self {
        ConfigDir { disk, dir }
    }

    /// Path of a file, for messages.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Writes a file, keeping what it held as `.bak`.
    pub fn save(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.disk.create_dir_all(&self.dir)?;
        let path = self.path(name);
        if let Some(before) = read_file(self.disk.as_ref(), &path, CAP_BYTES)?.filter(|before| !before.is_empty()) {
            replace_file(self.disk.as_ref(), &self.path(&format!("{name}.bak")), &before)?;
        }
        replace_file(self.disk.as_ref(), &path, content)
    }

    /// Reads a file with `parse`, or its `.bak`; `None` when neither is there, the first error when neither can be
    /// read.
    pub fn load<T, E>(&self, name: &str, parse: impl Fn(&[u8]) -> Result<T, E>) -> Result<Option<T>, LoadError<E>> {
        let mut refused = None;
        for name in [name.to_owned(), format!("{name}.bak")] {
            match read_file(self.disk.as_ref(), &self.path(&name), CAP_BYTES) {
                Ok(Some(bytes)) if !bytes.is_empty() => match parse(&bytes) {
                    Ok(value) => return Ok(Some(value)),
                    Err(error) => refused = refused.or(Some(LoadError::Refused(error))),
                },
                Ok(_) => {}
                Err(error) => refused = refused.or(Some(LoadError::Io(error))),
            }
        }
        refused.map_or(Ok(None), Err)
    }
}

/// Why a configuration file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError<E> {
    /// The system said no.
    #[error(transparent)]
    Io(io::Error),
    /// Its reader said no.
    #[error("{0}")]
    Refused(E),
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::disk::sim::SimDisk;

    #[test]
    fn keeps_the_content_before_and_falls_back_to_it() {
        let disk = SimDisk::new();
        let config = ConfigDir::new(Arc::new(disk.clone()), PathBuf::from("/s/config"));
        let parse = |bytes: &[u8]| {
            if bytes.starts_with(b"{") {
                Ok(bytes.to_vec())
            } else {
                Err("no JSON")
            }
        };
        assert!(config.load("topics.json", parse).unwrap().is_none());
        config.save("topics.json", b"{1}").unwrap();
        config.save("topics.json", b"{2}").unwrap();
        assert_eq!(disk.peek(Path::new("/s/config/topics.json.bak")).unwrap(), b"{1}");
        assert_eq!(config.load("topics.json", parse).unwrap().unwrap(), b"{2}");
        disk.plant(Path::new("/s/config/topics.json"), b"garbage");
        assert_eq!(config.load("topics.json", parse).unwrap().unwrap(), b"{1}");
        disk.plant(Path::new("/s/config/topics.json"), b"");
        assert_eq!(config.load("topics.json", parse).unwrap().unwrap(), b"{1}");
        disk.plant(Path::new("/s/config/topics.json.bak"), b"garbage");
        assert!(config.load("topics.json", parse).is_err());
    }
}
