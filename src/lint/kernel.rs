//! Kernel settings and limits. Each line of RocketMQ's own os.sh gets a verdict of its own: keep, or go back to what, and
//! why. In a list that somebody wrote (a script, sysctl.conf) every line is judged; of the live values (`sysctl -a`) only
//! those that hurt.

use super::facts::Facts;
use super::hit::{Hit, Hits};
use crate::model::Event;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    for (host, event) in &facts.sysctls {
        let key = event.fields.str("key").unwrap_or("").replace('/', ".");
        let Some(value) = event.fields.num("value") else {
            continue;
        };
        let live = event.fields.str("form") == Some("live");
        if let Some(verdict) = judge(&key, value, live, facts.ram(host)) {
            let hit = Hit::new(verdict.check, event).suggestion(verdict.back_to).value(value);
            hits.add(match verdict.severity {
                Some(severity) => hit.severity(severity),
                None => hit,
            });
        }
    }
    limits(facts, hits);
}

struct Verdict {
    check: &'static str,
    back_to: &'static str,
    /// Where it is not the check's own.
    severity: Option<&'static str>,
}

fn verdict(check: &'static str, back_to: &'static str) -> Option<Verdict> {
    Some(Verdict {
        check,
        back_to,
        severity: None,
    })
}

/// A line that may stay; said only of lists that somebody wrote.
fn keep(check: &'static str, live: bool) -> Option<Verdict> {
    let verdict = Verdict {
        check,
        back_to: "",
        severity: Some("info"),
    };
    (!live).then_some(verdict)
}

fn judge(key: &str, value: f64, live: bool, ram: Option<f64>) -> Option<Verdict> {
    match key {
        "vm.extra_free_kbytes" if value > 0.0 => verdict("sysctl-extra-free", "0"),
        "vm.min_free_kbytes" => min_free(value * 1024.0, live, ram),
        "vm.overcommit_memory" if value == 2.0 => verdict("sysctl-overcommit-strict", "0"),
        "vm.overcommit_memory" if value == 1.0 => keep("sysctl-overcommit-always", live),
        "vm.drop_caches" if value > 0.0 && !live => verdict("sysctl-drop-caches", ""),
        "vm.zone_reclaim_mode" if value > 0.0 => verdict("sysctl-zone-reclaim", "0"),
        "vm.zone_reclaim_mode" => keep("sysctl-zone-reclaim-off", live),
        "vm.max_map_count" if value < 65_530.0 => verdict("sysctl-map-count-low", "655360"),
        "vm.max_map_count" if value < 262_144.0 => Some(Verdict {
            check: "sysctl-map-count-default",
            back_to: "655360",
            severity: None,
        }),
        "vm.max_map_count" => keep("sysctl-map-count-high", live),
        "vm.dirty_background_ratio" if value >= 30.0 => verdict("sysctl-dirty-background-ratio", "10"),
        "vm.dirty_ratio" if value >= 40.0 => verdict("sysctl-dirty-ratio", "20"),
        "vm.dirty_writeback_centisecs" if value > 3_000.0 => verdict("sysctl-dirty-writeback", "500"),
        "vm.dirty_writeback_centisecs" if value == 0.0 => verdict("sysctl-dirty-writeback", "500"),
        "vm.dirty_expire_centisecs" if value > 12_000.0 => verdict("sysctl-dirty-expire", "3000"),
        "vm.page-cluster" if value > 3.0 => verdict("sysctl-page-cluster-high", "3"),
        "vm.page-cluster" => keep("sysctl-page-cluster", live),
        "vm.swappiness" if value > 30.0 => verdict("sysctl-swappiness-high", "1"),
        "vm.swappiness" if value == 0.0 => verdict("sysctl-swappiness-zero", "1"),
        "vm.swappiness" => keep("sysctl-swappiness-low", live),
        "net.ipv4.tcp_tw_recycle" if value > 0.0 => verdict("sysctl-tw-recycle", "0"),
        "net.core.somaxconn" if value < 1_024.0 => verdict("sysctl-somaxconn-low", "1024"),
        "fs.file-max" if value < 65_535.0 => verdict("sysctl-file-max-low", "1000000"),
        _ => None,
    }
}

/// A reserve of a few percent helps network bursts; one gigabyte of a small host is taken from the page cache.
fn min_free(bytes: f64, live: bool, ram: Option<f64>) -> Option<Verdict> {
    if bytes < 0.9 * GIB {
        return None;
    }
    match ram {
        Some(ram) if bytes / ram <= 0.03 => keep("sysctl-min-free-fits", live),
        _ => verdict("sysctl-min-free", ""),
    }
}

fn limits(facts: &Facts<'_>, hits: &mut Hits) {
    let pooled = |host: &str| {
        facts
            .of_class("broker")
            .any(|file| file.host == host && file.is_true("transientStorePoolEnable"))
    };
    for (host, event) in &facts.limits {
        let soft = event.fields.num("soft").or_else(|| event.fields.num("hard"));
        let Some(soft) = soft else { continue };
        match event.fields.str("what").unwrap_or("") {
            "nofile" => nofile(event, soft, hits),
            "memlock" if soft >= 1e17 && event.fields.str("form") != Some("live") => {
                let check = if pooled(host) {
                    "memlock-needed"
                } else {
                    "memlock-unlimited"
                };
                hits.add(Hit::new(check, event).value(shown(soft)));
            }
            "memlock" if soft < GIB && pooled(host) => {
                hits.add(
                    Hit::new("memlock-low", event)
                        .value(shown(soft))
                        .suggestion("unlimited"),
                );
            }
            "nproc" if soft < 4_096.0 => {
                hits.add(Hit::new("nproc-low", event).value(shown(soft)).suggestion("65535"));
            }
            _ => {}
        }
    }
}

fn nofile(event: &Event, soft: f64, hits: &mut Hits) {
    let hit = if soft <= 4_096.0 {
        Hit::new("nofile-low", event).suggestion("65535")
    } else if soft < 65_535.0 {
        Hit::new("nofile-low", event).suggestion("65535").severity("info")
    } else if soft > 1_048_576.0 && soft < 1e17 {
        Hit::new("nofile-over-kernel-limit", event).suggestion("655350")
    } else if soft == 655_350.0 {
        Hit::new("nofile-large", event)
    } else {
        return;
    };
    hits.add(hit.value(shown(soft)));
}

fn shown(limit: f64) -> String {
    if limit >= 1e17 {
        "unlimited".to_owned()
    } else {
        format!("{limit:.0}")
    }
}
