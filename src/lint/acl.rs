//! Access control: the old ACL (plain_acl.yml, aclEnable) and authentication and authorization of 5.3.

use super::facts::{ConfFile, Facts};
use super::hit::{Hit, Hits};
use crate::model::Version;

/// Version from which nothing reads `aclEnable`.
const OLD_ACL_GONE: Version = Version::new(5, 3, 3);
/// Keys must be longer than this.
const SHORTEST_KEY: usize = 6;

pub(super) fn check(facts: &Facts<'_>, hits: &mut Hits) {
    for file in facts.of_class("broker") {
        broker(facts, file, hits);
    }
    let mut accounts: Vec<(&str, &str)> = Vec::new();
    for file in facts.of_class("acl") {
        account(file, &mut accounts, hits);
    }
    differs(facts, hits);
}

fn broker(facts: &Facts<'_>, file: &ConfFile<'_>, hits: &mut Hits) {
    let authenticated = file.is_true("authenticationEnabled");
    if let Some(entry) = file.entry("aclEnable").filter(|_| file.is_true("aclEnable")) {
        if let Some(version) = facts.version(file.host).filter(|v| *v >= OLD_ACL_GONE) {
            hits.add(Hit::new("acl-dead-switch", entry.event).version(version));
        } else if authenticated {
            hits.add(Hit::new("acl-and-authentication", entry.event));
        }
    }
    if let Some(entry) = file.entry("authorizationEnabled")
        && file.is_true("authorizationEnabled")
        && !authenticated
    {
        hits.add(Hit::new("authorization-without-authentication", entry.event));
    }
    let Some(entry) = file
        .entry("authenticationEnabled")
        .filter(|_| authenticated && file.is_written())
    else {
        return;
    };
    for key in [
        "authenticationMetadataProvider",
        "initAuthenticationUser",
        "innerClientAuthenticationCredentials",
    ] {
        if file.meant(key).is_none() {
            let severity = if key == "initAuthenticationUser" {
                "warning"
            } else {
                "error"
            };
            hits.add(
                Hit::new("authentication-incomplete", entry.event)
                    .key(key)
                    .detail(key)
                    .severity(severity),
            );
        }
    }
}

fn account<'a>(file: &ConfFile<'a>, accounts: &mut Vec<(&'a str, &'a str)>, hits: &mut Hits) {
    for entry in &file.entries {
        let value = entry.raw.trim();
        match entry.key {
            "accessKey" | "secretKey" if value.chars().count() <= SHORTEST_KEY => {
                hits.add(Hit::new("acl-key-short", entry.event).detail(SHORTEST_KEY));
            }
            "accessKey" if !file.unit.is_empty() => {
                if accounts.contains(&(file.path, value)) {
                    hits.add(Hit::new("acl-account-twice", entry.event));
                }
                if accounts.len() < 5_000 {
                    accounts.push((file.path, value));
                }
            }
            "defaultTopicPerm" | "defaultGroupPerm" if !is_permission(value) => {
                hits.add(Hit::new("acl-permission-unreadable", entry.event));
            }
            key if (key.starts_with("topicPerms[") || key.starts_with("groupPerms["))
                && !value.split_once('=').is_some_and(|(_, perm)| is_permission(perm)) =>
            {
                hits.add(Hit::new("acl-permission-unreadable", entry.event));
            }
            key if key.starts_with("globalWhiteRemoteAddresses") && matches!(value, "*" | "*.*.*.*") => {
                hits.add(Hit::new("acl-open-to-all", entry.event));
            }
            _ => {}
        }
    }
}

fn is_permission(text: &str) -> bool {
    matches!(text.trim(), "DENY" | "PUB" | "SUB" | "PUB|SUB" | "SUB|PUB" | "ANY")
}

/// Brokers of one name of which one asks for a signature and the other does not.
fn differs(facts: &Facts<'_>, hits: &mut Hits) {
    let brokers = facts.brokers();
    for (at, file) in brokers.iter().enumerate() {
        let other = brokers[..at].iter().find(|other| {
            other.meant("brokerName").is_some()
                && other.meant("brokerClusterName") == file.meant("brokerClusterName")
                && other.is_true("aclEnable") != file.is_true("aclEnable")
                && facts.comparable(other, file)
        });
        let entry = file.entry("aclEnable").or(file.entry("brokerName"));
        if let (Some(other), Some(entry)) = (other, entry) {
            hits.add(
                Hit::new("acl-differs", entry.event)
                    .key("aclEnable")
                    .value(file.is_true("aclEnable"))
                    .other(super::cluster::place(other, "aclEnable")),
            );
        }
    }
}
