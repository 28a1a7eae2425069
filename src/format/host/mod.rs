//! What a host says of itself: system tools, kernel messages, kernel settings and limits. One file per tool; the files
//! that are no format are what several of them share (`table`, `stamp`, `prompt`, `setting`, `socket`).
//!
//! Operators paste several of these into one file, with prompts and log lines between. So every format here finds its
//! own headings, takes the lines that fit below them, and leaves the rest.

mod df;
mod ethtool;
mod free;
mod interface;
mod iostat;
mod meminfo;
mod mpstat;
mod netstat;
mod nstat;
mod pidstat;
mod process;
mod processor_info;
mod prompt;
mod ps;
mod sar;
mod socket;
mod ss;
mod stamp;
mod sysstat;
mod table;
mod tc;
#[cfg(test)]
mod tests;
mod top;
mod uptime;
mod vmstat;

use super::Format;

/// All formats of this folder.
pub const HOST_FORMATS: &[Format] = &[
    iostat::FORMAT,
    vmstat::FORMAT,
    mpstat::FORMAT,
    pidstat::FORMAT,
    sar::FORMAT,
    top::FORMAT,
    free::FORMAT,
    df::FORMAT,
    ps::FORMAT,
    uptime::FORMAT,
    processor_info::FORMAT,
    meminfo::FORMAT,
    ss::FORMAT,
    netstat::FORMAT,
    nstat::FORMAT,
    ethtool::FORMAT,
    interface::FORMAT,
    tc::FORMAT,
];
