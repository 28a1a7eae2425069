//! The host a file came from, told by its path: bundles usually have one folder per host.
//!
//! `bundle.tar.gz!/broker-a/logs/broker.log` → `broker-a`; `logs/10.0.0.1/store.log` → `10.0.0.1`;
//! `logs/broker.log` → nothing. Content may know better; this is only the label for when it does not.

/// Folder names that say what is inside, not whose it is.
const GENERIC: &[&str] = &[
    "archive",
    "backup",
    "backups",
    "bin",
    "bundle",
    "bundles",
    "collect",
    "collected",
    "conf",
    "config",
    "configs",
    "containers",
    "data",
    "desktop",
    "docker",
    "download",
    "downloads",
    "dump",
    "dumps",
    "env",
    "etc",
    "files",
    "gc",
    "gclog",
    "gclogs",
    "home",
    "host",
    "hosts",
    "incident",
    "input",
    "java",
    "jstack",
    "jvm",
    "lib",
    "local",
    "log",
    "logs",
    "metrics",
    "mnt",
    "mq",
    "nodes",
    "old",
    "opt",
    "other",
    "otherdays",
    "other_days",
    "output",
    "pods",
    "proc",
    "root",
    "rocketmq",
    "rocketmqlogs",
    "run",
    "srv",
    "stack",
    "stacks",
    "state",
    "stats",
    "store",
    "sys",
    "sysstat",
    "system",
    "systemd",
    "tar",
    "temp",
    "threads",
    "tmp",
    "unpacked",
    "usr",
    "users",
    "var",
    "volumes",
    "work",
];

/// The host label of `path` among all paths of the run, or an empty string when the path tells none.
///
/// Folders that all paths share are not hosts (they are where the user put the bundle), unless the only shared folder
/// names look like an address or a RocketMQ process. Of the others the first one that is not generic is the host.
pub fn host_of(path: &str, all_paths: &[&str]) -> String {
    Hosts::new(all_paths.iter().copied()).of(path)
}

/// `host_of` for many paths: the part that all paths share is found once.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    shared: usize,
}

impl Hosts {
    /// Learns what all paths of a run share.
    pub fn new<'a>(all_paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut paths = all_paths.into_iter();
        let Some(first) = paths.next() else {
            return Self::default();
        };
        let first: Vec<&str> = folders(first).collect();
        let shared = paths.fold(first.len(), |shared, path| {
            folders(path)
                .zip(&first)
                .take(shared)
                .take_while(|(a, b)| a == *b)
                .count()
        });
        Self { shared }
    }

    /// The host label of one path.
    pub fn of(&self, path: &str) -> String {
        let all: Vec<&str> = folders(path).collect();
        let shared = self.shared.min(all.len());
        let own = all[shared..].iter().find(|name| !is_generic(name));
        let named = || all[..shared].iter().rev().find(|name| names_a_host(name));
        own.or_else(named).map(|name| (*name).to_owned()).unwrap_or_default()
    }
}

/// Folder names of a path, outermost first; an archive (`x.tar.gz!`) gives its name without endings.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let mut parts: Vec<&str> = path.split(['/', '\\']).filter(|p| !p.is_empty() && *p != ".").collect();
    parts.pop();
    parts.into_iter().map(|part| match part.strip_suffix('!') {
        Some(archive) => archive_stem(archive),
        None => part,
    })
}

fn archive_stem(name: &str) -> &str {
    let mut stem = name;
    for ending in [".gz", ".tgz", ".zst", ".xz", ".bz2", ".zip", ".tar", ".tbz2", ".txz"] {
        stem = stem.strip_suffix(ending).unwrap_or(stem);
    }
    stem.strip_suffix(".tar").unwrap_or(stem)
}

fn is_generic(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let dated = lower.bytes().all(|b| b.is_ascii_digit() || b"-_.:t ".contains(&b)) && !is_address(&lower);
    let numbered = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '_');
    let versioned = numbered.trim_end_matches(|c: char| c.is_ascii_digit() || ".-_v".contains(c));
    dated
        || GENERIC.contains(&lower.as_str())
        || (numbered != "host" && GENERIC.contains(&numbered) && lower.len() > numbered.len() + 3)
        || matches!(
            versioned,
            "rocketmq" | "rocketmq-all" | "jdk" | "java" | "bundle" | "logs" | "log"
        )
}

/// Four numbers with dots (or dashes, as in `ip-10-0-0-1`).
fn is_address(name: &str) -> bool {
    let name = name.strip_prefix("ip-").unwrap_or(name);
    let parts: Vec<&str> = name.split(['.', '-']).take(5).collect();
    let first_is_year = parts.first().is_some_and(|p| p.len() == 4);
    parts.len() == 4 && !first_is_year && parts.iter().all(|p| p.parse::<u8>().is_ok())
}

/// Whether a folder that every path shares still names a host.
fn names_a_host(name: &str) -> bool {
    const WORDS: [&str; 6] = ["broker", "namesrv", "nameserver", "proxy", "controller", "consumer"];
    let lower = name.to_ascii_lowercase();
    let tail = |word: &str| lower.find(word).map(|at| &lower[at + word.len()..]);
    is_address(&lower)
        || WORDS
            .iter()
            .any(|w| tail(w).is_some_and(|t| t.starts_with(['-', '_', '.']) || t.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_per_host() {
        let paths = [
            "in/bundle.tar.gz!/broker-a/logs/broker.log",
            "in/bundle.tar.gz!/broker-b/logs/broker.log",
            "in/bundle.tar.gz!/app-1/rocketmq_client.log",
            "in/bundle.tar.gz!/system/iostat.txt",
        ];
        let hosts: Vec<String> = paths.iter().map(|p| host_of(p, &paths)).collect();
        assert_eq!(hosts, ["broker-a", "broker-b", "app-1", ""]);
    }

    #[test]
    fn addresses_and_deep_folders() {
        let paths = [
            "logs/10.0.0.1/store.log",
            "logs/10.0.0.2/otherdays/store.1.log.gz",
            "logs/host1/var/log/messages",
            "logs/2024-05-02/broker.log",
            "logs/host1/rocketmq-all-5.1.4/conf/broker.conf",
        ];
        let hosts: Vec<String> = paths.iter().map(|p| host_of(p, &paths)).collect();
        assert_eq!(hosts, ["10.0.0.1", "10.0.0.2", "host1", "", "host1"]);
    }

    #[test]
    fn flat_folders_tell_nothing() {
        let paths = ["/home/me/case7/logs/broker.log", "/home/me/case7/logs/store.log"];
        assert_eq!(host_of(paths[0], &paths), "");
        assert_eq!(host_of("broker.log", &["broker.log"]), "");
        assert_eq!(
            host_of("/tmp/x/broker-a/logs/broker.log", &["/tmp/x/broker-a/logs/broker.log"]),
            "broker-a"
        );
        assert_eq!(host_of("", &[]), "");
    }
}
