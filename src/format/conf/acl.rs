//! plain_acl.yml and conf/acl/*.yml (the ACL of 4.4 to 5.3.2) and tools.yml (the account mqadmin uses). Each account is a
//! unit; secrets come as stars.
//!
//! ```text
//! globalWhiteRemoteAddresses:
//! - 10.10.103.*
//! accounts:
//! - accessKey: orders-app
//!   secretKey: 12345678
//!   defaultTopicPerm: DENY
//!   topicPerms:
//!   - orders=PUB|SUB
//! ```

use super::yaml::{self, Leaf};
use super::{Keys, Place};
use crate::format::{Format, Sink};
use crate::model::Text;

pub(super) const FORMAT: Format = Format {
    name: "acl-yaml",
    score,
    parse,
};

fn score(text: &Text<'_>) -> u8 {
    if super::is_too_long(text) {
        return 0;
    }
    let hit = |word: &str| text.lines().iter().any(|line| line.contains(word));
    if hit("accounts:") && hit("accessKey") || hit("globalWhiteRemoteAddresses") {
        80
    } else if text.lines().len() < 40 && hit("accessKey:") && hit("secretKey:") {
        40
    } else {
        0
    }
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    if score(text) == 0 {
        return;
    }
    let mut keys = Keys::new(text, sink);
    for leaf in yaml::leaves(text.lines()).iter().filter(|leaf| is_acl(leaf)) {
        let unit = leaf.path.find(']').map_or("", |end| &leaf.path[..=end]);
        let unit = if unit.starts_with("accounts") { unit } else { "" };
        let key = leaf.path[unit.len()..].trim_start_matches('.');
        if key == "accounts" || (leaf.value.is_empty() && key.contains("Perms")) {
            continue;
        }
        let place = Place {
            class: "acl",
            form: "file",
            unit,
        };
        keys.give(place, key, &leaf.value, leaf.line);
    }
}

fn is_acl(leaf: &Leaf) -> bool {
    [
        "accounts",
        "globalWhiteRemoteAddresses",
        "accessKey",
        "secretKey",
        "dataVersion",
    ]
    .iter()
    .any(|start| leaf.path.starts_with(start))
}
