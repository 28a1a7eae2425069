//! Key-value configuration by namespace, kept in a file as Java keeps it (`KVConfigManager`).
//!
//! ```text
//! {"configTable":{"ORDER_TOPIC_CONFIG":{"T":"broker-a:4;broker-b:4"}}}
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use rmq_protocol::json::{Dialect, JsonError, Reader, Writer};

/// Namespace of the order topics, which brokers are told of when they register.
pub const ORDER_TOPIC_CONFIG: &str = "ORDER_TOPIC_CONFIG";

type Table = BTreeMap<String, String>;

/// The tables of all namespaces.
#[derive(Debug, Default)]
pub struct KvConfig {
    namespaces: BTreeMap<String, Table>,
}

impl KvConfig {
    /// Reads the file's text.
    pub fn decode(text: &[u8]) -> Result<Self, JsonError> {
        let mut config = Self::default();
        Reader::new(text).object(|key, reader| {
            if key != "configTable" {
                return Ok(());
            }
            reader.object(|namespace, reader| {
                let table = config.namespaces.entry(namespace.to_owned()).or_default();
                reader.object(|key, reader| {
                    table.insert(key.to_owned(), reader.string()?);
                    Ok(())
                })?;
                Ok(())
            })?;
            Ok(())
        })?;
        Ok(config)
    }

    /// The file's text.
    pub fn encode(&self) -> String {
        let mut writer = Writer::new(Dialect::Fastjson);
        writer.object(|writer| {
            writer.key("configTable").object(|writer| {
                for (namespace, table) in &self.namespaces {
                    writer.key(namespace).object(|writer| {
                        for (key, value) in table {
                            writer.key(key).text(value);
                        }
                    });
                }
            });
        });
        writer.into_string()
    }

    /// The table of a namespace.
    pub fn namespace(&self, namespace: &str) -> Option<&Table> {
        self.namespaces.get(namespace)
    }

    /// All namespaces with their tables.
    pub fn namespaces(&self) -> impl Iterator<Item = (&str, &Table)> {
        self.namespaces
            .iter()
            .map(|(namespace, table)| (namespace.as_str(), table))
    }

    /// One value.
    pub fn get(&self, namespace: &str, key: &str) -> Option<&str> {
        self.namespaces.get(namespace)?.get(key).map(String::as_str)
    }

    /// Sets a value. Says whether the namespace is new and what was there before.
    pub fn put(&mut self, namespace: &str, key: &str, value: &str) -> (bool, Option<String>) {
        let is_new = !self.namespaces.contains_key(namespace);
        let table = self.namespaces.entry(namespace.to_owned()).or_default();
        (is_new, table.insert(key.to_owned(), value.to_owned()))
    }

    /// Removes a value. Nothing when the namespace is unknown, else what was there.
    pub fn delete(&mut self, namespace: &str, key: &str) -> Option<Option<String>> {
        Some(self.namespaces.get_mut(namespace)?.remove(key))
    }
}

/// Reads the file, or the copy beside it when the file is empty or gone. Nothing when there is neither.
pub fn read_file(path: &Path) -> io::Result<Option<Vec<u8>>> {
    for candidate in [path.to_owned(), backup_of(path)] {
        match std::fs::read(&candidate) {
            Ok(text) if !text.is_empty() => return Ok(Some(text)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Replaces a file as Java's `MixAll.string2File` does, the old content goes to `<file>.bak`; but the new content is
/// written beside it first, so that a crash leaves one or the other.
pub fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    if path.exists() {
        std::fs::copy(path, backup_of(path))?;
    }
    let beside = with_suffix(path, ".tmp");
    std::fs::write(&beside, text)?;
    std::fs::File::open(&beside)?.sync_all()?;
    std::fs::rename(&beside, path)
}

fn backup_of(path: &Path) -> std::path::PathBuf {
    with_suffix(path, ".bak")
}

fn with_suffix(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn put_get_delete() {
        let mut config = KvConfig::default();
        assert_eq!(config.put("n", "k", "1"), (true, None));
        assert_eq!(config.put("n", "k", "2"), (false, Some("1".into())));
        assert_eq!(config.get("n", "k"), Some("2"));
        assert_eq!(config.delete("x", "k"), None);
        assert_eq!(config.delete("n", "k"), Some(Some("2".into())));
        assert_eq!(config.namespace("n"), Some(&Table::new()));
    }

    #[test]
    fn the_file_survives_and_has_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/kvConfig.json");
        assert_eq!(read_file(&path).unwrap(), None);
        write_file(&path, "first").unwrap();
        write_file(&path, "second").unwrap();
        assert_eq!(read_file(&path).unwrap().as_deref(), Some(&b"second"[..]));
        std::fs::write(&path, "").unwrap();
        assert_eq!(read_file(&path).unwrap().as_deref(), Some(&b"first"[..]));
    }

    proptest! {
        #[test]
        fn round_trip(namespaces in prop::collection::btree_map(".{1,5}", prop::collection::btree_map(".{1,5}", ".{0,5}", 0..4), 0..4)) {
            let config = KvConfig { namespaces };
            let read = KvConfig::decode(config.encode().as_bytes()).unwrap();
            prop_assert_eq!(read.namespaces, config.namespaces);
        }

        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            let _ = KvConfig::decode(&bytes);
        }
    }
}
