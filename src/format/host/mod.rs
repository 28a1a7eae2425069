//! What a host says of itself: system tools, kernel messages, kernel settings and limits. One file per tool; the files
//! that are no format are what several of them share (`table`, `stamp`, `prompt`, `setting`, `socket`).
//!
//! Operators paste several of these into one file, with prompts and log lines between. So every format here finds its
//! own headings, takes the lines that fit below them, and leaves the rest.

mod clock;
mod container;
mod df;
mod ethtool;
mod free;
mod hosts;
mod interface;
mod iostat;
mod kernel_log;
mod limits;
mod meminfo;
mod mpstat;
mod netstat;
mod nstat;
mod pidstat;
mod process;
mod processor_info;
mod prompt;
mod ps;
mod resolver;
mod sar;
mod setting;
mod shell;
mod socket;
mod ss;
mod stamp;
mod sysctl;
mod sysstat;
mod table;
mod tc;
#[cfg(test)]
mod tests;
mod top;
mod uname;
mod uptime;
mod vmstat;

use super::Format;
pub(super) use iostat::in_pieces as iostat_in_pieces;
pub(super) use mpstat::in_pieces as mpstat_in_pieces;
pub(super) use pidstat::in_pieces as pidstat_in_pieces;
pub(super) use sar::in_pieces as sar_in_pieces;
pub(super) use top::last_screen;
pub(super) use vmstat::in_pieces as vmstat_in_pieces;

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
    kernel_log::FORMAT,
    uname::FORMAT,
    clock::FORMAT,
    sysctl::FORMAT,
    limits::FORMAT,
    hosts::FORMAT,
    resolver::FORMAT,
    container::FORMAT,
    shell::FORMAT,
];
