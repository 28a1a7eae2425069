//! df: use of file systems and their inodes, in any unit, English and Chinese, with device names on lines of their own.
//!
//! ```text
//! Filesystem            Type      Size  Used Avail Use% Mounted on
//! /dev/mapper/VolGroup00-data
//!                       xfs       500G  470G   30G  95% /data
//! 文件系统                  Inodes  已用I    可用I 已用I% 挂载点
//! ```
//!
//! Images that are always full (snaps, CD-ROMs) are left out.

use crate::format::{Format, Sink};
use crate::model::Text;

use super::prompt::prompt;
use super::table::{MaybeWith, amount_kb, event_of, number, score_by};

/// df.
pub(super) const FORMAT: Format = Format {
    name: "df",
    score,
    parse,
};

/// What the heading says of the columns.
#[derive(Clone, Copy)]
struct Columns {
    has_type: bool,
    inodes: bool,
    /// KiB of a plain number.
    unit_kb: f64,
}

fn columns(line: &str) -> Option<Columns> {
    let line = line.trim();
    let english = line.starts_with("Filesystem") && line.ends_with("Mounted on");
    let chinese = line.starts_with("文件系统") && line.ends_with("挂载点");
    if line.len() > 300 || !(english || chinese) {
        return None;
    }
    let names: Vec<&str> = line.split_whitespace().collect();
    let has = |any: &[&str]| names.iter().any(|name| any.contains(name));
    Some(Columns {
        has_type: has(&["Type", "类型"]),
        inodes: has(&["Inodes", "IUsed", "iused", "已用I", "已用(I)"]) && !has(&["Capacity"]),
        unit_kb: if has(&["512-blocks", "512-块", "512B-块"]) {
            0.5
        } else if has(&["1M-blocks", "1M-块"]) {
            1024.0
        } else if has(&["1G-blocks", "1G-块"]) {
            1024.0 * 1024.0
        } else {
            1.0
        },
    })
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| columns(line).is_some())
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let lines = text.lines();
    let mut current: Option<Columns> = None;
    let mut index = 0;
    while index < lines.len() {
        let line = lines[index];
        if let Some(found) = columns(line) {
            current = Some(found);
        } else if let Some(columns) = current {
            let mut cells: Vec<&str> = line.split_whitespace().take(12).collect();
            let first = index;
            if cells.len() == 1 && index + 1 < lines.len() {
                cells.extend(lines[index + 1].split_whitespace().take(12));
                if row(&cells, columns).is_some() {
                    index += 1;
                }
            }
            match row(&cells, columns) {
                Some(row) => give(text, first, index, &row, columns, sink),
                None if cells.is_empty() || prompt(line).is_some() => current = None,
                None => {}
            }
        }
        index += 1;
    }
}

/// The cells of one file system.
struct Row<'a> {
    device: &'a str,
    fstype: Option<&'a str>,
    size: &'a str,
    available: &'a str,
    used_pct: f64,
    mount: String,
}

/// Cells are told from the first share on: names before it may hold blanks, the mount point behind it may too.
fn row<'a>(cells: &[&'a str], columns: Columns) -> Option<Row<'a>> {
    let share = (3 + usize::from(columns.has_type)..cells.len())
        .find(|at| cells[*at] == "-" || cells[*at].ends_with('%') && number(cells[*at]).is_some())?;
    let mount = cells.get(share + 1..).filter(|cells| !cells.is_empty())?.join(" ");
    let figures = &cells[share - 3..share];
    let plausible = figures
        .iter()
        .all(|cell| *cell == "-" || amount_kb(cell, 1.0).is_some());
    (plausible && mount.starts_with('/')).then(|| Row {
        device: cells[0],
        fstype: columns.has_type.then(|| cells[1]),
        size: figures[0],
        available: figures[2],
        used_pct: number(cells[share]).unwrap_or(0.0),
        mount,
    })
}

fn give(text: &Text<'_>, first: usize, last: usize, row: &Row<'_>, columns: Columns, sink: &mut dyn Sink) {
    let is_image = matches!(row.fstype, Some("squashfs" | "iso9660"))
        || row.device.starts_with("/dev/sr")
        || row.device.starts_with("/dev/loop") && row.mount.starts_with("/snap/");
    if is_image {
        return;
    }
    let event = event_of(text, first, last, last, "disk.usage")
        .with("mount", row.mount.as_str())
        .with("device", row.device)
        .maybe("fstype", row.fstype);
    let event = if columns.inodes {
        event.with("inodes_pct", row.used_pct)
    } else {
        event
            .maybe("size_kb", amount_kb(row.size, columns.unit_kb).map(f64::round))
            .with("used_pct", row.used_pct)
            .maybe("avail_kb", amount_kb(row.available, columns.unit_kb).map(f64::round))
    };
    sink.event(event);
}
