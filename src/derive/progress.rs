//! The order of `consumerProgress` tables: by their own stamps where all have one, else by the names of their files
//! (`consumerProgress-1.txt`, `consumerProgress-2.txt`) and their place in them. No events of its own.

use super::{Bundle, natural, num, text};
use crate::model::Event;
use std::collections::BTreeMap;

/// One table: its source and which table of that file it is.
pub(super) type TableId = (u32, i64);

/// Where a table stands among the others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    utc: Option<i64>,
    path: String,
    order: i64,
}

/// Which table a row or summary belongs to.
pub(super) fn table_of(event: &Event) -> TableId {
    (event.span.source.0, num(event, "order").unwrap_or(0.0) as i64)
}

/// Groups and ranks of all tables of the bundle.
#[derive(Debug)]
pub(super) struct Tables<'b> {
    groups: BTreeMap<TableId, &'b str>,
    ranks: BTreeMap<TableId, Rank>,
    stamped: bool,
}

impl<'b> Tables<'b> {
    pub(super) fn of(bundle: &'b Bundle<'_>) -> Self {
        let mut groups: BTreeMap<TableId, &str> = BTreeMap::new();
        let mut ranks = BTreeMap::new();
        for event in bundle.of("admin.progress").chain(bundle.of("admin.progress.summary")) {
            let id = table_of(event);
            let group = text(event, "group");
            if !group.is_empty() && &*event.kind == "admin.progress" {
                groups.entry(id).or_insert(group);
            }
            ranks.entry(id).or_insert_with(|| Rank {
                utc: bundle.utc(event),
                path: natural(bundle.source(event).map_or("", |source| &source.path)),
                order: id.1,
            });
        }
        let stamped = ranks.values().all(|rank: &Rank| rank.utc.is_some());
        Self { groups, ranks, stamped }
    }

    /// The group of a row or summary: its own, or that of another row of the table (`%RETRY%group`); else the name of
    /// the file without its numbers, so that readings of one unknown group are still compared.
    pub(super) fn group(&self, bundle: &'b Bundle<'_>, event: &'b Event) -> (&'b str, String) {
        let own = text(event, "group");
        let group = if own.is_empty() {
            self.groups.get(&table_of(event)).copied().unwrap_or("")
        } else {
            own
        };
        if !group.is_empty() {
            return (group, group.to_string());
        }
        let path = bundle.source(event).map_or("", |source| source.path.as_str());
        let stem: String = path.chars().filter(|c| !c.is_ascii_digit()).collect();
        ("", format!("?{stem}"))
    }

    /// Where the table of a row stands; tables without a stamp make all tables stand by name.
    pub(super) fn rank(&self, event: &Event) -> Option<Rank> {
        let rank = self.ranks.get(&table_of(event))?;
        Some(Rank {
            utc: rank.utc.filter(|_| self.stamped),
            ..rank.clone()
        })
    }
}
