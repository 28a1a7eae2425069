//! The keys that RocketMQ's configuration classes really read, one row per setter (`conf_keys.tsv`), and which class a
//! file may use. Not here: what a sensible value is (`lint/`), and how files are read (`format/conf/`).
//!
//! ```text
//! class  key            type                              default      since  removed  replaced_by
//! store  flushDiskType  enum:ASYNC_FLUSH|SYNC_FLUSH       ASYNC_FLUSH
//! store  haSlaveFallbehindMax  int                        268435456           5.0.0    haMaxGapNotInSync
//! ```
//!
//! An empty `since` means that 4.9.8 and all later versions know the key. Type `unset` means: the field exists and has no
//! setter, so no file can set it.

use super::version::Version;
use std::collections::HashMap;
use std::sync::OnceLock;

/// What a setter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfType {
    /// `Integer.parseInt`: no blanks, no unit, 32 bits.
    Int,
    /// `Long.parseLong`.
    Long,
    /// `Double.parseDouble`.
    Double,
    /// `Boolean.parseBoolean`: anything but `true` is false.
    Bool,
    /// Any text.
    Text,
    /// One of these words joined by `|`, case-sensitive.
    Enum(&'static str),
    /// A field without a setter that the loader would call.
    Unset,
}

/// One key of one configuration class.
#[derive(Debug, Clone, Copy)]
pub struct ConfKey {
    /// Configuration class: `broker` `store` `netty-server` `netty-client` `auth` `tiered` `namesrv` `controller` `jraft`
    /// `container` `proxy`.
    pub class: &'static str,
    /// The key, case-sensitive.
    pub key: &'static str,
    /// What its setter takes.
    pub kind: ConfType,
    /// The default of 5.x, empty when null or unknown.
    pub default: &'static str,
    /// First version that reads it, when that is after 4.9.8.
    pub since: Option<Version>,
    /// First version that reads it no more.
    pub removed: Option<Version>,
    /// The key that took its place.
    pub replaced_by: Option<&'static str>,
}

impl ConfKey {
    /// Whether this version reads the key.
    pub fn read_by(&self, version: Version) -> bool {
        self.kind != ConfType::Unset
            && self.since.is_none_or(|since| version >= since)
            && self.removed.is_none_or(|removed| version < removed)
    }
}

/// Keys that tutorials use and no version of RocketMQ has ever read.
pub const WITHOUT_EFFECT: &[&str] = &[
    "storePathConsumeQueue",
    "storePathIndex",
    "storeCheckpoint",
    "abortFile",
    "storePathBrokerConfig",
    "checkTransactionMessageEnable",
    "namesrvDomain",
    "diskSpaceWarningThreshold",
];

/// Keys that are read without a setter: copied to system properties by the start-up classes.
pub const EXTRA_KEYS: &[&str] = &["rmqAddressServerDomain", "rmqAddressServerSubGroup"];

/// Kinds of files and the configuration classes that each is applied to.
const FILE_CLASSES: &[(&str, &[&str])] = &[
    (
        "broker",
        &["broker", "store", "netty-server", "netty-client", "auth", "tiered"],
    ),
    (
        "namesrv",
        &["namesrv", "netty-server", "netty-client", "controller", "jraft"],
    ),
    ("controller", &["controller", "jraft", "netty-server", "netty-client"]),
    ("container", &["container", "netty-server", "netty-client"]),
    ("proxy", &["proxy", "auth"]),
];

/// The configuration classes that a file of this class is applied to; empty for files that are not RocketMQ's own.
pub fn classes_of_file(class: &str) -> &'static [&'static str] {
    FILE_CLASSES
        .iter()
        .find(|(name, _)| *name == class)
        .map_or(&[], |(_, classes)| classes)
}

/// All rows of the table.
pub fn all() -> &'static [ConfKey] {
    static ROWS: OnceLock<Vec<ConfKey>> = OnceLock::new();
    ROWS.get_or_init(|| {
        include_str!("conf_keys.tsv")
            .lines()
            .skip(1)
            .filter_map(parse_row)
            .collect()
    })
}

fn parse_row(line: &'static str) -> Option<ConfKey> {
    let mut cells = line.split('\t');
    let class = cells.next()?;
    let key = cells.next()?;
    let kind = match cells.next()? {
        "int" => ConfType::Int,
        "long" => ConfType::Long,
        "double" => ConfType::Double,
        "boolean" => ConfType::Bool,
        "unset" => ConfType::Unset,
        other => other.strip_prefix("enum:").map_or(ConfType::Text, ConfType::Enum),
    };
    let default = cells.next().unwrap_or("");
    let since = cells.next().and_then(Version::parse);
    let removed = cells.next().and_then(Version::parse);
    let replaced_by = cells.next().filter(|name| !name.is_empty());
    Some(ConfKey {
        class,
        key,
        kind,
        default,
        since,
        removed,
        replaced_by,
    })
}

/// All rows with this key, of whatever class.
pub fn rows_of(key: &str) -> &'static [&'static ConfKey] {
    static INDEX: OnceLock<HashMap<&'static str, Vec<&'static ConfKey>>> = OnceLock::new();
    INDEX
        .get_or_init(|| {
            let mut index: HashMap<&'static str, Vec<&'static ConfKey>> = HashMap::new();
            for row in all() {
                index.entry(row.key).or_default().push(row);
            }
            index
        })
        .get(key)
        .map_or(&[], Vec::as_slice)
}

/// The row of a key as a file of this class would use it. Where two classes of the file share a key, the class that acts
/// on it wins (`listenPort` of the netty server, not BrokerConfig's shadow copy).
pub fn row_in_file(file_class: &str, key: &str) -> Option<&'static ConfKey> {
    let classes = classes_of_file(file_class);
    rows_of(key)
        .iter()
        .filter(|row| classes.contains(&row.class))
        .min_by_key(|row| row.since)
        .copied()
}

/// Whether any RocketMQ process knows this key, or tutorials pretend that it does.
pub fn is_known(key: &str) -> bool {
    !rows_of(key).is_empty() || WITHOUT_EFFECT.contains(&key) || EXTRA_KEYS.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert!(all().len() > 700);
        assert!(all().iter().all(|row| !row.key.is_empty() && !row.class.is_empty()));
        for (_, classes) in FILE_CLASSES {
            for class in *classes {
                assert!(all().iter().any(|row| row.class == *class), "{class}");
            }
        }
    }

    #[test]
    fn versions_decide() {
        let old = row_in_file("broker", "haSlaveFallbehindMax").unwrap();
        assert!(old.read_by(Version::new(4, 9, 8)) && !old.read_by(Version::new(5, 0, 0)));
        let new = row_in_file("broker", "enableControllerMode").unwrap();
        assert!(!new.read_by(Version::new(4, 9, 8)) && new.read_by(Version::new(5, 3, 3)));
        assert_eq!(row_in_file("broker", "listenPort").unwrap().class, "netty-server");
        assert!(row_in_file("broker", "kvConfigPath").is_none());
    }
}
