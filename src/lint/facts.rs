//! The facts of one bundle, sorted for checks: configuration files with their keys, JVM command lines, kernel settings,
//! memory and disks per host, versions. Not here: any judgement.

use crate::model::{Event, LogKind, SourceInfo, Version};
use std::collections::BTreeMap;

/// One key of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) key: &'a str,
    /// As the program reads it, blanks behind it included.
    pub(crate) raw: &'a str,
    pub(crate) event: &'a Event,
}

/// One configuration: a file, a block of a paste, a service, or the dump of a running process.
#[derive(Debug, Clone)]
pub(crate) struct ConfFile<'a> {
    pub(crate) class: &'a str,
    pub(crate) form: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) entries: Vec<Entry<'a>>,
}

impl<'a> ConfFile<'a> {
    /// The entry that counts: of a key that stands twice the last.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries.iter().rev().find(|entry| entry.key == key)
    }

    /// The value that counts, without blanks around it.
    pub(crate) fn value(&self, key: &str) -> Option<&'a str> {
        self.entry(key).map(|entry| entry.raw.trim()).filter(|v| !v.is_empty())
    }

    /// A number as the program parses it: a value with blanks, a comment or a unit leaves the default, so it gives none.
    pub(crate) fn number(&self, key: &str) -> Option<i64> {
        self.entry(key)?.raw.parse().ok()
    }

    /// Whether the key is `true` as the program parses it.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.entry(key)
            .is_some_and(|entry| entry.raw.eq_ignore_ascii_case("true"))
    }

    /// Whether the key is meant to be something that is not `true`.
    pub(crate) fn is_false(&self, key: &str) -> bool {
        self.meant(key).is_some_and(|value| !value.eq_ignore_ascii_case("true"))
    }

    /// The value as its writer meant it: without a comment and blanks behind it. For checks between files, so that one
    /// trailing blank does not start a chain of follow-up complaints.
    pub(crate) fn meant(&self, key: &str) -> Option<&'a str> {
        let value = self.value(key)?;
        let value = value.split(" #").next().unwrap_or(value);
        Some(value.trim()).filter(|v| !v.is_empty())
    }

    /// `listenPort`, or the port that the broker opens without it. What is no port is left to the check of types.
    pub(crate) fn port(&self) -> i64 {
        let written = self.meant("listenPort").and_then(|v| v.parse().ok());
        written.filter(|port| (1..=65_535).contains(port)).unwrap_or(10911)
    }

    /// Role as meant: `ASYNC_MASTER`, `SYNC_MASTER`, `SLAVE`.
    pub(crate) fn role(&self) -> &'a str {
        self.meant("brokerRole").unwrap_or("ASYNC_MASTER")
    }

    /// Whether it is meant to be a slave.
    pub(crate) fn is_slave(&self) -> bool {
        self.role().eq_ignore_ascii_case("SLAVE")
    }

    /// Whether role and id come from an election and not from this file.
    pub(crate) fn is_elected(&self) -> bool {
        self.is_true("enableDLegerCommitLog") || self.is_true("enableControllerMode")
    }

    /// Whether it was written by hand (or could have been): dumps and admin output show all keys, defaults too.
    pub(crate) fn is_written(&self) -> bool {
        matches!(self.form, "file" | "manifest" | "command")
    }

    /// Keys and values alike, in whatever order.
    fn same_content(&self, other: &Self) -> bool {
        let sorted = |file: &Self| {
            let mut keys: Vec<(&str, &str)> = file.entries.iter().map(|e| (e.key, e.raw.trim())).collect();
            keys.sort_unstable();
            keys
        };
        self.entries.len() == other.entries.len() && sorted(self) == sorted(other)
    }
}

/// One option of a JVM.
#[derive(Debug, Clone)]
pub(crate) struct Flag<'a> {
    /// `-Xmx`, `UseG1GC` (without `-XX:` and sign).
    pub(crate) name: &'a str,
    /// As the event has it; sizes in bytes.
    pub(crate) value: String,
    pub(crate) event: &'a Event,
    /// `<9`, `>=9`: the branch of a start script that sets it; empty when it always holds.
    branch: &'a str,
}

impl Flag<'_> {
    /// Whether the flag is set on this JDK.
    fn holds_on(&self, major: u32) -> bool {
        let number = |text: &str| text.trim().parse::<u32>().ok();
        if let Some(limit) = self.branch.strip_prefix(">=").and_then(number) {
            return major >= limit;
        }
        self.branch
            .strip_prefix('<')
            .and_then(number)
            .is_none_or(|limit| major < limit)
    }
}

/// The options of one JVM.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jvm<'a> {
    pub(crate) host: &'a str,
    pub(crate) process: &'a str,
    pub(crate) flags: Vec<Flag<'a>>,
    pub(crate) jdk: Option<u32>,
}

impl<'a> Jvm<'a> {
    /// The last occurrence wins, as in the JVM.
    pub(crate) fn flag(&self, name: &str) -> Option<&Flag<'a>> {
        self.flags.iter().rev().find(|flag| flag.name == name)
    }

    /// A size in bytes.
    pub(crate) fn bytes(&self, name: &str) -> Option<f64> {
        let value = self.flag(name)?.value.trim();
        value
            .parse()
            .ok()
            .or_else(|| crate::model::units::parse_bytes(value))
            .filter(|bytes| *bytes > 0.0)
    }

    /// Whether a switch is on: `+`, `true`.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.flag(name)
            .is_some_and(|flag| matches!(flag.value.as_str(), "true" | "+" | "1" | ""))
    }

    /// Whether a switch is off.
    pub(crate) fn is_off(&self, name: &str) -> bool {
        self.flag(name)
            .is_some_and(|flag| matches!(flag.value.as_str(), "false" | "-" | "0"))
    }
}

/// All facts that checks look at.
#[derive(Debug, Default)]
pub(crate) struct Facts<'a> {
    /// Every configuration, copies included.
    pub(crate) files: Vec<ConfFile<'a>>,
    pub(crate) jvms: Vec<Jvm<'a>>,
    pub(crate) sysctls: Vec<(&'a str, &'a Event)>,
    pub(crate) limits: Vec<(&'a str, &'a Event)>,
    /// Host → names that its /etc/hosts knows.
    pub(crate) hosts_files: BTreeMap<&'a str, Vec<&'a str>>,
    /// Host → bytes of physical memory.
    ram: BTreeMap<&'a str, f64>,
    pub(crate) disks: Vec<(&'a str, &'a Event)>,
    versions: BTreeMap<&'a str, Version>,
    only_version: Option<Version>,
    /// Host → major version of its JDK.
    jdks: BTreeMap<&'a str, u32>,
    /// Hosts whose own broker log is in the bundle.
    broker_hosts: Vec<&'a str>,
    /// Hosts that say they are containers.
    pub(crate) containers: Vec<&'a str>,
}

impl<'a> Facts<'a> {
    /// Sorts the events of a bundle.
    pub(crate) fn new(events: &'a [Event], sources: &'a [SourceInfo]) -> Self {
        let mut facts = Facts::default();
        let mut versions = Vec::new();
        for event in events {
            let source = sources.get(event.span.source.0 as usize);
            let host = source.map_or("", |s| s.host.as_str());
            match &*event.kind {
                "conf.key" => facts.take_key(event, host, source.map_or("", |s| s.path.as_str())),
                "jvm.flag" => facts.take_flag(event, host),
                "sysctl" => facts.sysctls.push((host, event)),
                "limit" => facts.limits.push((host, event)),
                "hosts" => facts
                    .hosts_files
                    .entry(host)
                    .or_default()
                    .extend(event.fields.str("name")),
                "disk.usage" => facts.disks.push((host, event)),
                "mem.sample" => facts.take_ram(host, event.fields.num("total_mb").map(|mb| mb * 1024.0 * 1024.0)),
                "env" => facts.take_env(event, host),
                "version" if event.fields.str("component") == Some("rocketmq") => {
                    versions.extend(
                        event
                            .fields
                            .get("version")
                            .and_then(|v| Version::parse(&v.to_text()))
                            .map(|v| (host, v)),
                    );
                }
                "version" if event.fields.str("component") == Some("jdk") => {
                    let major = event.fields.get("version").and_then(|v| major_jdk(&v.to_text()));
                    facts.jdks.extend(major.map(|major| (host, major)));
                }
                _ => {}
            }
        }
        facts.broker_hosts = sources
            .iter()
            .filter(|s| matches!(s.log, Some(LogKind::Broker | LogKind::Store)))
            .map(|s| s.host.as_str())
            .collect();
        facts.settle_versions(versions);
        facts.merge_dumps();
        facts.split_branches();
        facts
    }

    /// A start script has branches per JDK: only the one in use counts, or, when the JDK is unknown, each by itself.
    fn split_branches(&mut self) {
        for jvm in std::mem::take(&mut self.jvms) {
            if jvm.flags.iter().all(|flag| flag.branch.is_empty()) {
                self.jvms.push(jvm);
                continue;
            }
            // The JDKs that RocketMQ runs on, one on each side of every branch.
            let majors = self.jdk(&jvm).map_or_else(|| vec![8, 17], |major| vec![major]);
            for major in majors {
                let mut branch = jvm.clone();
                branch.flags.retain(|flag| flag.holds_on(major));
                self.jvms.push(branch);
            }
        }
    }

    fn take_key(&mut self, event: &'a Event, host: &'a str, path: &'a str) {
        let text = |name: &str| event.fields.str(name).unwrap_or("");
        let (class, form, unit) = (text("class"), text("form"), text("unit"));
        let entry = Entry {
            key: text("key"),
            raw: text("value"),
            event,
        };
        let source = event.span.source;
        let open = self.files.iter_mut().rev().take(64).find(|file| {
            file.class == class
                && file.unit == unit
                && file.form == form
                && file
                    .entries
                    .first()
                    .is_some_and(|first| first.event.span.source == source)
        });
        match open {
            // A dump that starts again is another run of the process.
            Some(file) if form != "dump" || file.entries.first().is_none_or(|first| first.key != entry.key) => {
                file.entries.push(entry);
            }
            _ => self.files.push(ConfFile {
                class,
                form,
                unit,
                host,
                path,
                entries: vec![entry],
            }),
        }
    }

    fn take_flag(&mut self, event: &'a Event, host: &'a str) {
        let text = |name: &str| event.fields.str(name).unwrap_or("");
        let process = text("process");
        let name = text("flag").trim_start_matches("-XX:").trim_start_matches(['+', '-']);
        let name = if text("flag").starts_with("-X") && !text("flag").starts_with("-XX:") {
            text("flag")
        } else {
            name
        };
        let flag = Flag {
            name,
            value: event.fields.get("value").map(|v| v.to_text()).unwrap_or_default(),
            event,
            branch: event
                .fields
                .str("jdk")
                .filter(|jdk| jdk.starts_with(['<', '>']))
                .unwrap_or(""),
        };
        let told = event.fields.get("jdk").map(|v| v.to_text());
        let jdk = told
            .filter(|_| flag.branch.is_empty())
            .and_then(|told| major_jdk(&told));
        let source = event.span.source;
        let open = self.jvms.iter_mut().rev().take(64).find(|jvm| {
            jvm.process == process && jvm.flags.first().is_some_and(|first| first.event.span.source == source)
        });
        match open {
            Some(jvm) => {
                jvm.flags.push(flag);
                jvm.jdk = jvm.jdk.or(jdk);
            }
            None => self.jvms.push(Jvm {
                host,
                process,
                flags: vec![flag],
                jdk,
            }),
        }
    }

    fn take_ram(&mut self, host: &'a str, bytes: Option<f64>) {
        if let Some(bytes) = bytes.filter(|bytes| *bytes > 0.0) {
            self.ram.entry(host).or_insert(bytes);
        }
    }

    fn take_env(&mut self, event: &'a Event, host: &'a str) {
        match event.fields.str("what").unwrap_or("") {
            "ram_bytes" => self.take_ram(host, event.fields.num("value")),
            what if what.contains("container") || what.contains("docker") => self.containers.push(host),
            _ => {}
        }
    }

    fn settle_versions(&mut self, told: Vec<(&'a str, Version)>) {
        let mut all: Vec<Version> = told.iter().map(|(_, version)| *version).collect();
        self.versions = told.into_iter().collect();
        if all.is_empty() {
            all = self.files.iter().filter_map(version_in_manifest).collect();
        }
        all.sort_unstable();
        all.dedup();
        if let [only] = all[..] {
            self.only_version = Some(only);
        }
    }

    /// Of several runs in the logs of one host only the last of each broker counts.
    fn merge_dumps(&mut self) {
        let mut kept: Vec<ConfFile<'a>> = Vec::new();
        for file in std::mem::take(&mut self.files) {
            let identity = |f: &ConfFile<'a>| (f.value("brokerName"), f.value("storePathRootDir"));
            let twin = kept.iter_mut().find(|other| {
                other.form == "dump"
                    && file.form == "dump"
                    && other.host == file.host
                    && other.class == file.class
                    && identity(other) == identity(&file)
            });
            match twin {
                Some(older) => *older = file,
                None => kept.push(file),
            }
        }
        self.files = kept;
    }

    /// The RocketMQ version of a host, or the only one in the bundle.
    pub(crate) fn version(&self, host: &str) -> Option<Version> {
        self.versions.get(host).copied().or(self.only_version)
    }

    /// The JDK of a JVM: told with its flags, or by its host, or the only one in the bundle.
    pub(crate) fn jdk(&self, jvm: &Jvm<'_>) -> Option<u32> {
        let only = || {
            (self.jdks.len() == 1)
                .then(|| self.jdks.values().next().copied())
                .flatten()
        };
        jvm.jdk.or_else(|| self.jdks.get(jvm.host).copied()).or_else(only)
    }

    /// Physical memory of a host; the only one known when the host has no name.
    pub(crate) fn ram(&self, host: &str) -> Option<f64> {
        self.ram.get(host).copied().or_else(|| {
            let only = self.ram.len() == 1 && (host.is_empty() || self.ram.contains_key(""));
            only.then(|| self.ram.values().next().copied()).flatten()
        })
    }

    /// Files of one class.
    pub(crate) fn of_class(&self, class: &str) -> impl Iterator<Item = &ConfFile<'a>> {
        self.files.iter().filter(move |file| file.class == class)
    }

    /// Broker files, each broker once: of copies only the first, and no dump where a file of that host is there.
    pub(crate) fn brokers(&self) -> Vec<&ConfFile<'a>> {
        let mut out: Vec<&ConfFile<'a>> = Vec::new();
        let all: Vec<&ConfFile<'a>> = self.of_class("broker").filter(|file| is_a_broker(file)).collect();
        for file in &all {
            let has_file =
                file.form != "file" && all.iter().any(|other| other.form == "file" && same_broker(other, file));
            let copied = out.iter().any(|other| {
                other.same_content(file) && self.comparable(other, file) && !self.are_two_machines(other, file)
            });
            if !has_file && !copied && out.len() < BROKERS_MAX {
                out.push(file);
            }
        }
        out
    }

    /// Whether two files may be taken for two brokers of one cluster: they lie in one folder, or both show that they are
    /// in use. The stock samples of a release, each in its own folder, are no cluster.
    pub(crate) fn comparable(&self, one: &ConfFile<'_>, two: &ConfFile<'_>) -> bool {
        let in_use = |file: &ConfFile<'_>| {
            ["namesrvAddr", "brokerIP1", "storePathRootDir", "listenPort"]
                .iter()
                .any(|key| file.value(key).is_some())
                || self.broker_hosts.contains(&file.host)
        };
        !are_two_clusters(one, two) && (folder(one.path) == folder(two.path) || in_use(one) && in_use(two))
    }

    /// Whether two files with the same content are known to run on two machines: both hosts have a broker log.
    fn are_two_machines(&self, one: &ConfFile<'_>, two: &ConfFile<'_>) -> bool {
        one.host != two.host && self.broker_hosts.contains(&one.host) && self.broker_hosts.contains(&two.host)
    }
}

/// Another cluster name and no name server in common: what one does is nothing to the other.
fn are_two_clusters(one: &ConfFile<'_>, two: &ConfFile<'_>) -> bool {
    let (Some(one_ns), Some(two_ns)) = (one.value("namesrvAddr"), two.value("namesrvAddr")) else {
        return false;
    };
    let cluster = |file: &ConfFile<'_>| file.value("brokerClusterName").unwrap_or("DefaultCluster").to_string();
    let addresses = |list: &str| -> Vec<String> { list.split([';', ',']).map(|a| a.trim().to_string()).collect() };
    let two_ns = addresses(two_ns);
    cluster(one) != cluster(two) && !addresses(one_ns).iter().any(|a| two_ns.contains(a))
}

/// The path without its last part.
pub(crate) fn folder(path: &str) -> &str {
    path.rfind(['/', '\\']).map_or("", |at| &path[..at])
}

/// Most brokers compared with each other.
const BROKERS_MAX: usize = 400;

/// Fragments without any sign of who they are for cannot be compared with other brokers.
fn is_a_broker(file: &ConfFile<'_>) -> bool {
    [
        "brokerName",
        "brokerId",
        "brokerRole",
        "brokerClusterName",
        "brokerIP1",
        "listenPort",
        "storePathRootDir",
    ]
    .iter()
    .any(|key| file.value(key).is_some())
}

/// Whether a dump or an answer of `getBrokerConfig` is of the broker whose file this is: the same host and nothing
/// against it, or the same name and id and no other address.
fn same_broker(file: &ConfFile<'_>, dump: &ConfFile<'_>) -> bool {
    let agree = |key: &str| match (file.meant(key), dump.meant(key)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    let on_host = file.host == dump.host
        && ["brokerName", "storePathRootDir", "listenPort"]
            .iter()
            .all(|k| agree(k));
    let by_name =
        file.meant("brokerName").is_some() && ["brokerName", "brokerId", "brokerIP1"].iter().all(|k| agree(k));
    on_host || by_name && dump.meant("brokerName").is_some()
}

/// `apache/rocketmq:5.1.0`, `/usr/local/rocketmq-4.9.2/store`.
fn version_in_manifest(file: &ConfFile<'_>) -> Option<Version> {
    file.entries.iter().find_map(|entry| {
        let at = entry.raw.find("rocketmq")?;
        let rest = &entry.raw[at + "rocketmq".len()..];
        let rest = rest.strip_prefix("-all").unwrap_or(rest);
        let rest = rest.strip_prefix([':', '-', '_'])?;
        rest.starts_with(|c: char| c.is_ascii_digit()).then_some(())?;
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        Version::parse(&rest[..end])
    })
}

/// `1.8.0_292` → 8, `17.0.9` → 17.
pub(crate) fn major_jdk(text: &str) -> Option<u32> {
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty());
    let first: u32 = numbers.next()?.parse().ok()?;
    match first {
        1 => numbers.next()?.parse().ok(),
        major => Some(major),
    }
}
