//! What hardware tells of processors: lscpu and /proc/cpuinfo. Their use is told by other formats.
//!
//! ```text
//! Architecture:                            x86_64
//! CPU(s):                                  2
//! Hypervisor vendor:                       KVM
//!
//! processor  : 0
//! model name  : Intel(R) Xeon(R) Platinum 8269CY CPU @ 2.50GHz
//! ```

use crate::format::{Format, Sink};
use crate::model::Text;

use super::table::{count, event, score_by};

/// lscpu and /proc/cpuinfo.
pub(super) const FORMAT: Format = Format {
    name: "lscpu",
    score,
    parse,
};

/// Names of lscpu's lines in English and Chinese, and what they tell.
const LINES: &[(&str, &str)] = &[
    ("CPU(s)", "cpus"),
    ("CPU", "cpus"),
    ("Model name", "cpu_model"),
    ("型号名称", "cpu_model"),
    ("NUMA node(s)", "numa_nodes"),
    ("NUMA 节点", "numa_nodes"),
    ("Hypervisor vendor", "virtualization"),
    ("超管理器厂商", "virtualization"),
];

fn starts_lscpu(line: &str) -> bool {
    line.starts_with("Architecture:") || line.starts_with("架构")
}

fn is_cpuinfo(line: &str) -> bool {
    line.strip_prefix("processor")
        .and_then(|rest| rest.trim_start().strip_prefix(':'))
        .is_some_and(|number| count(number.trim()).is_some())
}

fn score(text: &Text<'_>) -> u8 {
    score_by(text, |line| starts_lscpu(line) || is_cpuinfo(line))
}

fn parse(text: &Text<'_>, sink: &mut dyn Sink) {
    let mut lscpu = false;
    // Of /proc/cpuinfo: the last number told, and whether the model was told.
    let mut last_processor: Option<usize> = None;
    let mut model_told = false;
    for (index, &line) in text.lines().iter().enumerate() {
        let pair = line
            .split_once([':', '：'])
            .map(|(name, value)| (name.trim(), value.trim()));
        lscpu = starts_lscpu(line) || lscpu && pair.is_some();
        if is_cpuinfo(line) {
            last_processor = Some(index);
        }
        let Some((name, value)) = pair.filter(|(_, value)| !value.is_empty()) else {
            continue;
        };
        if lscpu && line.starts_with(name) {
            lscpu_line(text, index, name, value, sink);
        } else if name == "model name" && last_processor.is_some() && !model_told {
            model_told = true;
            env(text, index, "cpu_model", value, sink);
        }
    }
    let Some(index) = last_processor else { return };
    let number = text.lines()[index].rsplit(':').next().and_then(|n| count(n.trim()));
    if let Some(number) = number {
        let event = event(text, index, "env")
            .with("what", "cpus")
            .with("value", number + 1.0);
        sink.event(event);
    }
}

fn lscpu_line(text: &Text<'_>, index: usize, name: &str, value: &str, sink: &mut dyn Sink) {
    if let Some((_, what)) = LINES.iter().find(|(known, _)| *known == name) {
        env(text, index, what, value, sink);
    } else if name == "Architecture" || name == "架构" {
        env(text, index, "arch", value, sink);
    }
}

fn env(text: &Text<'_>, index: usize, what: &str, value: &str, sink: &mut dyn Sink) {
    let event = event(text, index, "env").with("what", what);
    sink.event(match count(value) {
        Some(number) => event.with("value", number),
        None => event.with("value", value),
    });
}
