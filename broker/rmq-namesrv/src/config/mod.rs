//! The configuration: Java's keys from a `.properties` file, their defaults, and what each does here.
//!
//! ```text
//! listenPort=9876
//! kvConfigPath=/data/namesrv/kvConfig.json
//! ```
//!
//! Which keys there are is in `keys.rs`. A value that cannot be read leaves the default, as in Java, but is told.

mod keys;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rmq_net::Limits;
use rmq_protocol::properties_text;

use crate::routes::Rules;
use keys::{Effect, KEYS, Key, Kind};

/// Something in a configuration file that does not do what its author may think.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A key that no part of the name server knows.
    Unknown {
        /// As written.
        key: String,
        /// The known key nearest to it.
        suggestion: Option<&'static str>,
    },
    /// A key of Java's that has no effect here.
    NoEffect {
        /// The key.
        key: &'static str,
        /// Why.
        why: &'static str,
    },
    /// A value that cannot be read; the default counts.
    BadValue {
        /// The key.
        key: &'static str,
        /// As written.
        value: String,
        /// What would be accepted.
        expected: &'static str,
    },
}

impl std::fmt::Display for Finding {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown {
                key,
                suggestion: Some(near),
            } => {
                write!(out, "unknown key {key}, did you mean {near}?")
            }
            Self::Unknown { key, suggestion: None } => write!(out, "unknown key {key}"),
            Self::NoEffect { key, why } => write!(out, "{key} has no effect here: {why}"),
            Self::BadValue { key, value, expected } => {
                write!(
                    out,
                    "{key}={value} cannot be read, expected {expected}; the default counts"
                )
            }
        }
    }
}

/// The configuration in force.
#[derive(Debug, Clone)]
pub struct Config {
    /// Every known key with its value as text, and the unknown ones of the file, which Java keeps as well.
    values: BTreeMap<String, String>,
    /// The values as they were before the file: what a bad value falls back to.
    defaults: BTreeMap<&'static str, String>,
}

impl Config {
    /// Java's defaults, for a name server with a configuration file.
    pub fn java_defaults(home: &Path) -> Self {
        let mut config = Self {
            values: BTreeMap::new(),
            defaults: BTreeMap::new(),
        };
        for key in KEYS {
            let value = match key.name {
                "kvConfigPath" => home.join("namesrv/kvConfig.json").display().to_string(),
                "configStorePath" => home.join("namesrv/namesrv.properties").display().to_string(),
                "rocketmqHome" => std::env::var("ROCKETMQ_HOME").unwrap_or_default(),
                _ => key.default.to_owned(),
            };
            config.set_default(key.name, value);
        }
        config
    }

    /// Defaults for a name server started without a file: loopback only, everything in `folder`.
    pub fn embedded_defaults(home: &Path, folder: &Path) -> Self {
        let mut config = Self::java_defaults(home);
        config.set_default("bindAddress", Ipv4Addr::LOCALHOST.to_string());
        config.set_default("kvConfigPath", folder.join("kvConfig.json").display().to_string());
        config.set_default(
            "configStorePath",
            folder.join("namesrv.properties").display().to_string(),
        );
        config
    }

    fn set_default(&mut self, key: &'static str, value: String) {
        self.values.insert(key.to_owned(), value.clone());
        self.defaults.insert(key, value);
    }

    /// Takes over the pairs of a properties text. Changes of the configuration go to `file` from then on, as in Java.
    pub fn load(&mut self, text: &str, file: &Path) -> Vec<Finding> {
        let findings = properties_text::parse(text)
            .into_iter()
            .filter_map(|(key, value)| self.take(key, value))
            .collect();
        self.values.insert("configStorePath".into(), file.display().to_string());
        findings
    }

    /// Sets one key, as an option of the command line or a test does.
    pub fn set(&mut self, key: &str, value: &str) -> Option<Finding> {
        self.take(key.to_owned(), value.to_owned())
    }

    fn take(&mut self, written: String, value: String) -> Option<Finding> {
        let value = value.trim().to_owned();
        let Some(key) = KEYS.iter().find(|key| key.name == written) else {
            let suggestion = nearest(&written);
            self.values.insert(written.clone(), value);
            return Some(Finding::Unknown {
                key: written,
                suggestion,
            });
        };
        if let Err(expected) = key.kind.check(&value) {
            return Some(Finding::BadValue {
                key: key.name,
                value,
                expected,
            });
        }
        let is_default = self.defaults.get(key.name) == Some(&value);
        self.values.insert(written, value);
        match key.effect {
            Effect::None(why) if !is_default => Some(Finding::NoEffect { key: key.name, why }),
            _ => None,
        }
    }

    /// Changes keys of a running server (UPDATE_NAMESRV_CONFIG). As in Java only keys that are there are taken.
    /// Gives back what changed: key, old value, new value.
    pub fn update(&mut self, pairs: Vec<(String, String)>) -> (Vec<(String, String, String)>, Vec<Finding>) {
        let mut changed = Vec::new();
        let mut findings = Vec::new();
        for (key, value) in pairs {
            let Some(old) = self.values.get(&key).cloned() else {
                continue;
            };
            findings.extend(self.take(key.clone(), value));
            let new = self.values.get(&key).cloned().unwrap_or_default();
            if new != old {
                changed.push((key, old, new));
            }
        }
        (changed, findings)
    }

    /// Keys that UPDATE_NAMESRV_CONFIG may not touch.
    pub fn is_black_listed(&self, key: &str) -> bool {
        const ALWAYS: [&str; 4] = ["configBlackList", "configStorePath", "kvConfigPath", "rocketmqHome"];
        ALWAYS.contains(&key) || self.text("configBlackList").split(';').any(|listed| listed == key)
    }

    /// The properties text that GET_NAMESRV_CONFIG answers and that is stored after a change: sorted, the keys of the
    /// server only.
    pub fn to_text(&self) -> String {
        let is_client = |name: &str| KEYS.iter().any(|key| key.name == name && key.class == keys::CLIENT);
        let kept = self
            .values
            .iter()
            .filter(|(name, value)| !is_client(name) && !value.is_empty());
        properties_text::format(kept.map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// Every known key with its value in the order of Java's `-p`.
    pub fn effective(&self) -> impl Iterator<Item = (&'static str, &str)> {
        KEYS.iter().map(|key| (key.name, self.text(key.name)))
    }

    fn text(&self, key: &str) -> &str {
        self.values.get(key).map(String::as_str).unwrap_or_default()
    }

    fn is_on(&self, key: &str) -> bool {
        self.text(key).eq_ignore_ascii_case("true")
    }

    fn number(&self, key: &str) -> u64 {
        self.text(key).parse().unwrap_or_default()
    }

    /// The address to listen on.
    pub fn listen(&self) -> Result<SocketAddr, String> {
        let port = u16::try_from(self.number("listenPort")).map_err(|_| "listenPort is beyond 65535".to_owned())?;
        let address = self.text("bindAddress");
        let ip: IpAddr = match address {
            "localhost" => Ipv4Addr::LOCALHOST.into(),
            _ => address
                .parse()
                .map_err(|_| format!("bindAddress {address:?} is no IP address"))?,
        };
        Ok(SocketAddr::new(ip, port))
    }

    /// Limits of the server's connections.
    pub fn limits(&self) -> Limits {
        let u32_of = |key| u32::try_from(self.number(key)).unwrap_or(u32::MAX);
        Limits {
            idle_time_max: Duration::from_secs(self.number("serverChannelMaxIdleTimeSeconds").max(1)),
            connect_time_max: Duration::from_millis(self.number("connectTimeoutMillis").max(1)),
            socket_send_bytes: u32_of("serverSocketSndBufSize"),
            socket_receive_bytes: u32_of("serverSocketRcvBufSize"),
            backlog: u32_of("serverSocketBacklog"),
            ..Limits::default()
        }
    }

    /// How registrations are taken.
    pub fn rules(&self) -> Rules {
        Rules {
            expire_after: Duration::from_millis(self.number("brokerChannelExpiredTimeMillis")),
            delete_unlisted_topics: self.is_on("deleteTopicWithBrokerRegistration"),
            support_acting_master: self.is_on("supportActingMaster"),
        }
    }

    /// How often silent brokers are looked for.
    pub fn scan_interval(&self) -> Duration {
        Duration::from_millis(self.number("scanNotActiveBrokerInterval").max(1))
    }

    /// For how long after its start routes are refused, so that clients do not see half a cluster.
    pub fn wait_for_service(&self) -> Option<Duration> {
        self.is_on("needWaitForService")
            .then(|| Duration::from_secs(self.number("waitSecondsForService")))
    }

    /// Whether routes carry the queues of order topics.
    pub fn is_order_message_on(&self) -> bool {
        self.is_on("orderMessageEnable")
    }

    /// Whether brokers are told of order topics when they register.
    pub fn is_order_config_returned(&self) -> bool {
        self.is_on("returnOrderTopicConfigToBroker")
    }

    /// Whether the list of all topics is answered.
    pub fn is_all_topic_list_on(&self) -> bool {
        self.is_on("enableAllTopicList")
    }

    /// Whether the lists by cluster and unit are answered.
    pub fn is_topic_list_on(&self) -> bool {
        self.is_on("enableTopicList")
    }

    /// Whether brokers are told when the smallest id of their name changes.
    pub fn is_min_id_notified(&self) -> bool {
        self.is_on("notifyMinBrokerIdChanged")
    }

    /// Requests that take longer leave a `request.done` event.
    pub fn slow_request(&self) -> Duration {
        Duration::from_millis(self.number("slowRequestMillis"))
    }

    /// Where key-value configuration is kept.
    pub fn kv_path(&self) -> PathBuf {
        self.text("kvConfigPath").into()
    }

    /// Where this configuration is stored after a change.
    pub fn store_path(&self) -> PathBuf {
        self.text("configStorePath").into()
    }
}

/// The known key nearest to a misspelt one.
fn nearest(written: &str) -> Option<&'static str> {
    let lower = written.to_lowercase();
    let scored = KEYS
        .iter()
        .map(|key: &Key| (strsim::jaro_winkler(&lower, &key.name.to_lowercase()), key.name));
    scored
        .filter(|(score, _)| *score > 0.85)
        .max_by(|one, two| one.0.total_cmp(&two.0))
        .map(|(_, name)| name)
}

impl Kind {
    fn check(self, value: &str) -> Result<(), &'static str> {
        let is_fine = match self {
            Self::Text => true,
            Self::Number => value.parse::<i64>().is_ok_and(|number| number >= 0),
            Self::Boolean => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
        };
        if is_fine {
            Ok(())
        } else {
            Err(if self == Self::Number {
                "a whole number"
            } else {
                "true or false"
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::java_defaults(Path::new("/home/rmq"))
    }

    #[test]
    fn a_file_of_the_operators() {
        let mut config = config();
        let findings = config.load(
            "listenPort=9999\nserverWorkerThreads=16\nlistenport=1\nwaitSecondsForService=soon\nclusterTest=false\nzzz=1",
            Path::new("/etc/ns.conf"),
        );
        let lines: Vec<_> = findings.iter().map(Finding::to_string).collect();
        assert_eq!(
            lines,
            [
                "serverWorkerThreads has no effect here: one thread per core serves all connections",
                "unknown key listenport, did you mean listenPort?",
                "waitSecondsForService=soon cannot be read, expected a whole number; the default counts",
                "unknown key zzz",
            ]
        );
        assert_eq!(config.listen(), Ok("0.0.0.0:9999".parse().unwrap()));
        assert_eq!(config.store_path(), Path::new("/etc/ns.conf"));
        assert_eq!(config.kv_path(), Path::new("/home/rmq/namesrv/kvConfig.json"));
        assert!(config.to_text().contains("\nlistenPort=9999\n"));
        assert!(config.to_text().contains("\nzzz=1"), "Java keeps what it does not know");
        assert!(!config.to_text().contains("connectTimeoutMillis"));
        assert_eq!(
            config.effective().next(),
            Some(("rocketmqHome", config.text("rocketmqHome")))
        );
    }

    #[test]
    fn changes_while_running() {
        let mut config = config();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let (changed, findings) = config.update(vec![
            pair("orderMessageEnable", "true"),
            pair("nothingSuch", "1"),
            pair("scanNotActiveBrokerInterval", "often"),
        ]);
        assert_eq!(changed, [("orderMessageEnable".into(), "false".into(), "true".into())]);
        assert_eq!(findings.len(), 1);
        assert!(config.is_order_message_on());
        assert!(config.is_black_listed("kvConfigPath") && !config.is_black_listed("orderMessageEnable"));
        assert_eq!(config.scan_interval(), Duration::from_secs(5));
    }

    #[test]
    fn bad_addresses_are_told() {
        let mut config = config();
        config.set("bindAddress", "nowhere");
        assert_eq!(config.listen(), Err("bindAddress \"nowhere\" is no IP address".into()));
        config.set("bindAddress", "::1");
        config.set("listenPort", "70000");
        assert!(config.listen().is_err());
    }
}
