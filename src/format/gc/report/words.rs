//! The words of the text report in English and Chinese.

use crate::format::gc::record::{FailureKind, Foreign, PauseKind};
use crate::model::Lang;

/// One set of words.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) covers: &'static str,
    pub(super) lines: &'static str,
    pub(super) pauses: &'static str,
    pub(super) full: &'static str,
    pub(super) total: &'static str,
    pub(super) longest: &'static str,
    pub(super) throughput: &'static str,
    pub(super) young: &'static str,
    pub(super) per_min: &'static str,
    pub(super) allocation: &'static str,
    pub(super) promotion: &'static str,
    pub(super) heap: &'static str,
    pub(super) live: &'static str,
    pub(super) trend_over: &'static str,
    pub(super) collections: &'static str,
    pub(super) after_full: &'static str,
    pub(super) stopped: &'static str,
    pub(super) beyond_gc: &'static str,
    pub(super) failures: &'static str,
    pub(super) first_line: &'static str,
    pub(super) causes: &'static str,
    pub(super) count: &'static str,
    pub(super) longest_pauses: &'static str,
    pub(super) line: &'static str,
    pub(super) chart: &'static str,
    pub(super) uptime: &'static str,
    pub(super) no_pause: &'static str,
    pub(super) not_gc: &'static str,
    pub(super) together: &'static str,
    pub(super) files: &'static str,
    pub(super) not_told: &'static str,
}

const EN: Words = Words {
    title: "GC log",
    covers: "covers",
    lines: "lines",
    pauses: "pauses",
    full: "full",
    total: "total",
    longest: "longest",
    throughput: "throughput",
    young: "young",
    per_min: "/min",
    allocation: "allocation",
    promotion: "promotion",
    heap: "heap",
    live: "live set",
    trend_over: "over",
    collections: "old collections",
    after_full: "after the last full collection",
    stopped: "stops",
    beyond_gc: "not for GC",
    failures: "failures",
    first_line: "first in line",
    causes: "cause",
    count: "count",
    longest_pauses: "longest pauses",
    line: "line",
    chart: "longest pause over time",
    uptime: "up",
    no_pause: "no pause in this log",
    not_gc: "not a GC log",
    together: "all files together",
    files: "files",
    not_told: "(cause not told)",
};

const ZH: Words = Words {
    title: "GC 日志",
    covers: "时间范围",
    lines: "行",
    pauses: "停顿",
    full: "Full GC",
    total: "合计",
    longest: "最长",
    throughput: "吞吐率",
    young: "年轻代",
    per_min: "次/分钟",
    allocation: "分配速率",
    promotion: "晋升速率",
    heap: "堆",
    live: "存活对象",
    trend_over: "依据",
    collections: "次老年代回收",
    after_full: "最后一次 Full GC 之后",
    stopped: "安全点停顿",
    beyond_gc: "非 GC 部分",
    failures: "异常",
    first_line: "首次在第",
    causes: "原因",
    count: "次数",
    longest_pauses: "最长的停顿",
    line: "行",
    chart: "最长停顿随时间变化",
    uptime: "运行",
    no_pause: "此日志中没有停顿",
    not_gc: "不是 GC 日志",
    together: "全部文件",
    files: "个文件",
    not_told: "（未说明原因）",
};

/// The words of that language.
pub(super) fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::En => &EN,
        Lang::Zh => &ZH,
    }
}

/// What a file is that holds nothing of a GC log.
pub(super) fn foreign(what: Foreign, lang: Lang) -> &'static str {
    match (what, lang) {
        (Foreign::Empty, Lang::En) => "the file is empty",
        (Foreign::Empty, Lang::Zh) => "文件为空",
        (Foreign::ThreadDump, Lang::En) => "it looks like a thread dump (jstack)",
        (Foreign::ThreadDump, Lang::Zh) => "看起来是线程转储（jstack）",
        (Foreign::CrashReport, Lang::En) => "it looks like a crash report of the JVM (hs_err)",
        (Foreign::CrashReport, Lang::Zh) => "看起来是 JVM 崩溃报告（hs_err）",
        (Foreign::Histogram, Lang::En) => "it looks like a heap histogram (jmap -histo)",
        (Foreign::Histogram, Lang::Zh) => "看起来是堆直方图（jmap -histo）",
        (Foreign::Other, Lang::En) => "no line of it was written by a garbage collector",
        (Foreign::Other, Lang::Zh) => "没有任何一行来自垃圾回收器",
    }
}

/// The kind of a pause in words.
pub(super) fn kind(kind: PauseKind, lang: Lang) -> &'static str {
    if lang == Lang::En {
        return kind.word();
    }
    match kind {
        PauseKind::Young => "年轻代",
        PauseKind::Mixed => "混合",
        PauseKind::Full => "Full",
        PauseKind::InitialMark => "初始标记",
        PauseKind::Remark => "重新标记",
        PauseKind::Cleanup => "清理",
        PauseKind::Phase => "阶段",
        PauseKind::Degenerated => "退化",
    }
}

/// A failure in words.
pub(super) fn failure(kind: FailureKind, lang: Lang) -> &'static str {
    match (kind, lang) {
        (FailureKind::ToSpaceExhausted, Lang::En) => "to-space exhausted",
        (FailureKind::ToSpaceExhausted, Lang::Zh) => "转移空间耗尽",
        (FailureKind::PromotionFailed, Lang::En) => "promotion failed",
        (FailureKind::PromotionFailed, Lang::Zh) => "晋升失败",
        (FailureKind::ConcurrentModeFailure, Lang::En) => "concurrent mode failure",
        (FailureKind::ConcurrentModeFailure, Lang::Zh) => "并发模式失败",
        (FailureKind::EvacuationFailure, Lang::En) => "evacuation failure",
        (FailureKind::EvacuationFailure, Lang::Zh) => "转移失败",
        (FailureKind::Humongous, Lang::En) => "humongous allocation",
        (FailureKind::Humongous, Lang::Zh) => "大对象分配",
        (FailureKind::AllocationStall, Lang::En) => "allocation stall",
        (FailureKind::AllocationStall, Lang::Zh) => "分配阻塞",
        (FailureKind::Degenerated, Lang::En) => "degenerated collection",
        (FailureKind::Degenerated, Lang::Zh) => "退化回收",
    }
}
