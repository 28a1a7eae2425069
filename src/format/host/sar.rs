//! sar: processor, queue, memory, swap, paging, devices and network per reading, from `sar` or its recorded files.
//! Averages count only where a table shows nothing else. The binary files (`sa24`) are not read.
//!
//! ```text
//! 12:00:01 AM     IFACE   rxpck/s   txpck/s    rxkB/s    txkB/s   rxcmp/s   txcmp/s  rxmcst/s   %ifutil
//! 12:10:01 AM      eth0   9021.10   8812.45  98020.33  97120.09      0.00      0.00      0.00     80.30
//! 12:00:01 AM  active/s passive/s    iseg/s    oseg/s
//! 12:00:01 AM  atmptf/s  estres/s retrans/s isegerr/s   orsts/s
//! 11:18:11 AM       LINUX RESTART (2 CPU)
//! ```

use std::collections::HashMap;

use crate::format::pieces::Pieces;
use crate::format::{Format, Sink};
use crate::model::Text;

use super::mpstat;
use super::stamp::{Calendar, clock_at_start, day_in};
use super::sysstat::{self, Reading, Shape, Tables};
use super::table::{Heading, MaybeWith, Row, event, round, score_by};

/// sar.
pub(super) const FORMAT: Format = Format {
    name: "sar",
    score,
    parse,
};

/// The tables that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Processors,
    Queue,
    Memory,
    Swap,
    Swapping,
    Paging,
    Transfers,
    Device,
    Interface,
    InterfaceErrors,
    Tcp,
    TcpErrors,
    Sockets,
    SoftNet,
}

/// Each table's telling columns, all of which its heading must have. The first match wins.
const TABLES: &[(Table, &[&str])] = &[
    (Table::Processors, &["CPU", "%iowait", "%idle"]),
    (Table::Queue, &["runq-sz", "ldavg-1"]),
    (Table::Memory, &["kbmemfree", "kbmemused"]),
    (Table::Swap, &["kbswpfree", "kbswpused"]),
    (Table::Swapping, &["pswpin/s", "pswpout/s"]),
    (Table::Paging, &["pgpgin/s", "pgpgout/s"]),
    (Table::Transfers, &["tps", "rtps", "wtps"]),
    (Table::Device, &["DEV", "tps", "%util"]),
    (Table::Interface, &["IFACE", "rxpck/s"]),
    (Table::InterfaceErrors, &["IFACE", "rxerr/s"]),
    (Table::Tcp, &["active/s", "oseg/s"]),
    (Table::TcpErrors, &["atmptf/s", "retrans/s"]),
    (Table::Sockets, &["totsck", "tcp-tw"]),
    (Table::SoftNet, &["CPU", "total/s", "squeezd/s"]),
];

fn table_of(heading: &Heading<'_>) -> Option<Table> {
    let (table, _) = TABLES
        .iter()
        .find(|(_, columns)| columns.iter().all(|column| heading.has(column)))?;
    let irq = heading.position(&["%irq"]);
    let steal = heading.position(&["%steal"]);
    // Interrupts before stolen time is mpstat's order.
    let is_mpstat = *table == Table::Processors && irq.is_some() && (steal.is_none() || irq < steal);
    (!is_mpstat).then_some(*table)
}

fn shape_of(heading: &Heading<'_>) -> Option<Shape> {
    table_of(heading).map(|_| Shape {
        words: &["CPU", "DEV", "IFACE"],
        tail: false,
    })
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| sysstat::is_heading(line, shape_of))
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    Reader::default().piece(text, sink);
}

#[derive(Default)]
struct Reader {
    tables: Tables,
    /// Segments sent per reading: a share of retransmissions needs both TCP tables, which may stand far apart.
    sent: HashMap<i64, f64>,
    restarts: Restarts,
}

/// Reads a text in pieces.
pub(in crate::format) fn in_pieces(_: &str) -> Box<dyn Pieces> {
    Box::new(Reader::default())
}

impl Pieces for Reader {
    fn piece(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        let sent = &mut self.sent;
        self.tables
            .read(text, shape_of, |heading, reading| match table_of(heading) {
                Some(Table::TcpErrors) => tcp_errors(text, &reading, sent, sink),
                Some(Table::Tcp) => {
                    let segments = reading.row.num(&["oseg/s"]);
                    if let (Some(segments), true) = (segments, sent.len() < SENT_MAX) {
                        sent.insert(key(&reading), segments);
                    }
                    sink.event(reading.event(text, "net.tcp").maybe("out_seg_per_s", segments));
                }
                Some(table) => row(text, table, &reading, sink),
                None => {}
            });
        self.restarts.read(text, sink);
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) {}
}

const SENT_MAX: usize = 100_000;

fn key(reading: &Reading<'_, '_>) -> i64 {
    reading.at.map_or(reading.clock, |at| at.ms)
}

fn row(text: &Text<'_>, table: Table, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    match table {
        Table::Processors => mpstat::processor(text, reading, sink),
        Table::Queue => queue(text, reading, sink),
        Table::Memory => memory(text, reading, sink),
        Table::Swap => swap(text, reading, sink),
        Table::Swapping => swapping(text, reading, sink),
        Table::Paging => paging(text, reading, sink),
        Table::Transfers | Table::Device => device(text, reading, sink),
        Table::Interface => interface(text, reading, sink),
        Table::InterfaceErrors => interface_errors(text, reading, sink),
        Table::Sockets => sockets(text, reading, sink),
        Table::SoftNet => soft_net(text, reading, sink),
        Table::Tcp | Table::TcpErrors => {}
    }
}

fn queue(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    let row = &reading.row;
    sink.event(
        reading
            .event(text, "cpu.queue")
            .maybe("run_queue", row.num(&["runq-sz"]))
            .maybe("blocked", row.num(&["blocked"]))
            .maybe("load1", row.num(&["ldavg-1"]))
            .maybe("load5", row.num(&["ldavg-5"]))
            .maybe("load15", row.num(&["ldavg-15"])),
    );
}

fn mb(row: &Row<'_, '_>, name: &str) -> Option<f64> {
    row.num(&[name]).map(|kb| round(kb / 1024.0))
}

fn memory(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    let row = &reading.row;
    // Until sysstat 11.7 "used" holds buffers and cache, since then it does not; with `kbavail` the total is told by
    // neither, but `%memused` always is used/total.
    let total = row
        .num(&["kbmemused"])
        .zip(row.num(&["%memused"]))
        .filter(|(_, pct)| *pct >= 1.0)
        .map(|(kb, pct)| round(kb / pct * 100.0 / 1024.0));
    let available = mb(row, "kbavail");
    let share = available
        .zip(total)
        .map(|(part, all)| round(part / all * 100.0).min(100.0));
    sink.event(
        reading
            .event(text, "mem.sample")
            .maybe("total_mb", total)
            .maybe("free_mb", mb(row, "kbmemfree"))
            .maybe("available_mb", available)
            .maybe("cached_mb", mb(row, "kbcached"))
            .maybe("dirty_mb", mb(row, "kbdirty"))
            .maybe("available_pct", share),
    );
}

fn swap(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    let row = &reading.row;
    let used = row.num(&["kbswpused"]);
    let total = row.num(&["kbswpfree"]).zip(used).map(|(free, used)| free + used);
    sink.event(
        reading
            .event(text, "mem.sample")
            .maybe("swap_total_mb", total.map(|kb| round(kb / 1024.0)))
            .maybe("swap_used_mb", used.map(|kb| round(kb / 1024.0))),
    );
}

fn swapping(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    let row = &reading.row;
    sink.event(
        reading
            .event(text, "mem.swap")
            .maybe("in_per_s", row.num(&["pswpin/s"]))
            .maybe("out_per_s", row.num(&["pswpout/s"])),
    );
}

fn paging(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    let row = &reading.row;
    sink.event(
        reading
            .event(text, "mem.paging")
            .maybe("in_kb_per_s", row.num(&["pgpgin/s"]))
            .maybe("out_kb_per_s", row.num(&["pgpgout/s"]))
            .maybe("major_faults_per_s", row.num(&["majflt/s"]))
            .maybe("scan_kswapd_per_s", row.num(&["pgscank/s"]))
            .maybe("scan_direct_per_s", row.num(&["pgscand/s"]))
            .maybe("efficiency_pct", row.num(&["%vmeff"])),
    );
}

/// `sar -d` per device; `sar -b` for all devices together, in blocks of 512 bytes.
fn device(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    let row = &reading.row;
    let rate = |kb: &str, sectors: &[&str]| row.num(&[kb]).or_else(|| row.num(sectors).map(|n| round(n / 2.0)));
    sink.event(
        reading
            .event(text, "disk.sample")
            .with("device", row.text(&["DEV"]).unwrap_or("all"))
            .maybe("util_pct", row.num(&["%util"]))
            .maybe("await_ms", row.num(&["await"]))
            .maybe("svctm_ms", row.num(&["svctm"]))
            .maybe("queue", row.num(&["aqu-sz", "avgqu-sz"]))
            .maybe("r_per_s", row.num(&["rtps"]))
            .maybe("w_per_s", row.num(&["wtps"]))
            .maybe("r_kb_per_s", rate("rkB/s", &["rd_sec/s", "bread/s"]))
            .maybe("w_kb_per_s", rate("wkB/s", &["wr_sec/s", "bwrtn/s"]))
            .maybe("tps", row.num(&["tps"])),
    );
}

fn interface(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    let row = &reading.row;
    let rate = |kb: &str, bytes: &str| row.num(&[kb]).or_else(|| row.num(&[bytes]).map(|n| round(n / 1024.0)));
    let received = rate("rxkB/s", "rxbyt/s");
    let sent = rate("txkB/s", "txbyt/s");
    // %ifutil is the share of the busier direction; the other follows in proportion.
    let share = |part: Option<f64>| {
        let utilisation = row.num(&["%ifutil"]).filter(|pct| *pct > 0.0)?;
        let most = received?.max(sent?);
        (most > 0.0).then(|| round(utilisation * part.unwrap_or(0.0) / most))
    };
    sink.event(
        reading
            .event(text, "net.sample")
            .maybe("iface", row.text(&["IFACE"]))
            .maybe("rx_kb_per_s", received)
            .maybe("tx_kb_per_s", sent)
            .maybe("rx_pct", share(received))
            .maybe("tx_pct", share(sent)),
    );
}

fn interface_errors(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    let row = &reading.row;
    sink.event(
        reading
            .event(text, "net.sample")
            .maybe("iface", row.text(&["IFACE"]))
            .maybe("rx_drop_per_s", row.num(&["rxdrop/s"]))
            .maybe("tx_drop_per_s", row.num(&["txdrop/s"]))
            .maybe("rx_err_per_s", row.num(&["rxerr/s"])),
    );
}

fn tcp_errors(text: &Text<'_>, reading: &Reading<'_, '_>, sent: &HashMap<i64, f64>, sink: &mut dyn Sink) {
    let row = &reading.row;
    let retransmitted = row.num(&["retrans/s"]);
    let segments = sent.get(&key(reading)).copied().filter(|n| *n > 0.0);
    let share = retransmitted.zip(segments).map(|(part, all)| round(part / all * 100.0));
    sink.event(
        reading
            .event(text, "net.tcp")
            .maybe("retrans_per_s", retransmitted)
            .maybe("retrans_pct", share)
            .maybe("out_seg_per_s", segments)
            .maybe("in_err_per_s", row.num(&["isegerr/s"])),
    );
}

fn sockets(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    for (state, column) in [("ALL", "tcpsck"), ("TIME-WAIT", "tcp-tw")] {
        let event = reading.event(text, "net.socket").with("state", state);
        sink.event(event.maybe("count", reading.row.num(&[column])));
    }
}

/// Packets that the kernel dropped before any socket saw them (`sar -n SOFT`).
fn soft_net(text: &Text<'_>, reading: &Reading<'_, '_>, sink: &mut dyn Sink) {
    for (name, column) in [("softnet_dropped", "dropd/s"), ("softnet_squeezed", "squeezd/s")] {
        if let Some(value) = reading.row.num(&[column]).filter(|value| *value > 0.0) {
            sink.event(
                reading
                    .event(text, "net.counter")
                    .with("name", name)
                    .with("value", value),
            );
        }
    }
}

/// The host was started anew while sar recorded.
#[derive(Default)]
struct Restarts {
    calendar: Calendar,
}

impl Restarts {
    fn read(&mut self, text: &Text<'_>, sink: &mut dyn Sink) {
        for (index, &line) in text.lines().iter().enumerate() {
            if line.starts_with("Linux ") {
                self.calendar = Calendar::starting(day_in(line));
            } else if let Some((clock, rest)) = clock_at_start(line) {
                let at = self.calendar.moment(clock);
                let rest = rest.trim();
                let words = ["LINUX RESTART", "LINUX 重启", "LINUX 重新启动"];
                if words.iter().any(|words| rest.starts_with(words)) {
                    let event = event(text, index, "kernel").at(at).with("what", "boot");
                    sink.event(event.with("detail", rest));
                }
            }
        }
    }
}
