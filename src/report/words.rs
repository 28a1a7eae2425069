//! All fixed words of the reports, in English and in Chinese. A struct, so that a word without a translation does not
//! compile. `{}` stands for what is filled in, in order.

use crate::model::{Lang, Severity};

/// The words of one language.
#[derive(Debug)]
pub(super) struct Words {
    // Severities
    pub(super) critical: &'static str,
    pub(super) warning: &'static str,
    pub(super) notice: &'static str,
    pub(super) ok: &'static str,
    pub(super) unknown: &'static str,
    pub(super) confidence: &'static str,

    // The answer in five lines
    pub(super) hurt: &'static str,
    pub(super) since: &'static str,
    pub(super) data: &'static str,
    pub(super) do_first: &'static str,
    pub(super) comma: &'static str,
    /// Day, hour, minute, second.
    pub(super) units: [&'static str; 4],
    pub(super) lasted: &'static str,
    pub(super) episodes_since: &'static str,
    pub(super) ongoing: &'static str,
    pub(super) over: &'static str,
    pub(super) no_time: &'static str,
    pub(super) zone_assumed: &'static str,
    pub(super) loss_between: &'static str,
    pub(super) loss: &'static str,
    pub(super) no_loss: &'static str,
    pub(super) duplicates: &'static str,
    pub(super) no_duplicates: &'static str,
    pub(super) data_unknown: &'static str,
    pub(super) nobody_named: &'static str,
    pub(super) nothing_to_do: &'static str,
    pub(super) healthy: &'static str,
    pub(super) healthy_in_window: &'static str,
    pub(super) nothing_read: &'static str,
    pub(super) nothing_in_window: &'static str,
    pub(super) cause_unknown: &'static str,

    // A finding
    pub(super) first: &'static str,
    pub(super) last: &'static str,
    pub(super) worst: &'static str,
    pub(super) cause: &'static str,
    pub(super) explains: &'static str,
    pub(super) ruled_out: &'static str,
    pub(super) not_checked: &'static str,
    pub(super) before_it: &'static str,
    pub(super) or_else: &'static str,
    pub(super) separated_by: &'static str,
    pub(super) overturned_by: &'static str,
    pub(super) todo: &'static str,
    pub(super) verify: &'static str,
    pub(super) see: &'static str,
    pub(super) weights: &'static str,
    pub(super) weight_unused: &'static str,
    pub(super) more_evidence: &'static str,
    pub(super) times: &'static str,
    pub(super) place: &'static str,
    pub(super) price: &'static str,
    pub(super) undo: &'static str,
    pub(super) restart_none: &'static str,
    pub(super) restart: &'static str,
    pub(super) restart_of: &'static str,
    pub(super) restart_broker: &'static str,
    pub(super) restart_client: &'static str,
    pub(super) restart_namesrv: &'static str,
    pub(super) restart_host: &'static str,

    // A symptom without a cause
    pub(super) no_cause_won: &'static str,
    pub(super) candidates: &'static str,
    pub(super) new_lines: &'static str,
    pub(super) collect: &'static str,

    // Coverage
    pub(super) covered: &'static str,
    pub(super) time: &'static str,
    pub(super) window: &'static str,
    pub(super) versions: &'static str,
    pub(super) clocks: &'static str,
    pub(super) not_understood: &'static str,
    pub(super) problems: &'static str,
    pub(super) timeline: &'static str,
    pub(super) nothing_covered: &'static str,

    // Lint
    pub(super) lint_clean: &'static str,
    pub(super) lint_nothing: &'static str,
    pub(super) checked: &'static str,
    pub(super) suggestion: &'static str,
    pub(super) harm: &'static str,
    /// It does not start, data, availability, speed.
    pub(super) harms: [&'static str; 4],

    // Comparison
    pub(super) changes: &'static str,
    pub(super) effects: &'static str,
    pub(super) findings: &'static str,
    pub(super) goes_with: &'static str,
    pub(super) compared: &'static str,
    pub(super) no_changes: &'static str,
    pub(super) no_effects: &'static str,
    pub(super) not_set: &'static str,
    pub(super) not_measured: &'static str,
    pub(super) setting: &'static str,
    pub(super) quantity: &'static str,
    pub(super) before: &'static str,
    pub(super) after: &'static str,
    pub(super) trend: &'static str,
    pub(super) plausible: &'static str,
    pub(super) per_hour: &'static str,
    pub(super) stayed_same: &'static str,
    pub(super) one_side: &'static str,
    pub(super) and_more: &'static str,
    pub(super) nothing_changed: &'static str,
    pub(super) line_verdicts: &'static str,
    pub(super) unexplained: &'static str,
    pub(super) all_unexplained: &'static str,
    pub(super) not_comparable: &'static str,
    pub(super) setting_count: Noun,
    pub(super) new: &'static str,
    pub(super) worse: &'static str,
    pub(super) changed: &'static str,
    pub(super) same: &'static str,
    pub(super) better: &'static str,
    pub(super) gone: &'static str,

    // A rule
    pub(super) rule: &'static str,
    pub(super) area: &'static str,
    pub(super) all_versions: &'static str,
    pub(super) symptoms: &'static str,
    pub(super) evidence: &'static str,
    pub(super) absent: &'static str,

    // Things counted
    pub(super) critical_ones: Noun,
    pub(super) warning_ones: Noun,
    pub(super) notice_ones: Noun,
    pub(super) file: Noun,
    pub(super) line: Noun,
    pub(super) host: Noun,
    pub(super) event: Noun,
    pub(super) episode: Noun,
    pub(super) topic: Noun,
    pub(super) group: Noun,
    pub(super) broker: Noun,
    pub(super) client: Noun,
    pub(super) address: Noun,
    pub(super) more: Noun,
    pub(super) symptom: Noun,
    pub(super) rule_file: Noun,
}

/// A thing that is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noun {
    pub(super) one: &'static str,
    pub(super) many: &'static str,
    /// In front of a name: `topic orders`.
    pub(super) bare: &'static str,
}

const fn noun(one: &'static str, many: &'static str) -> Noun {
    Noun { one, many, bare: one }
}

/// Chinese: the measure word with the noun, and the noun alone.
const fn measured(counted: &'static str, bare: &'static str) -> Noun {
    Noun {
        one: counted,
        many: counted,
        bare,
    }
}

const EN: Words = Words {
    critical: "critical",
    warning: "warning",
    notice: "notice",
    ok: "ok",
    unknown: "unknown",
    confidence: "confidence {} %",

    hurt: "hurt",
    since: "since",
    data: "data",
    do_first: "do first",
    comma: ", ",
    units: ["d", "h", "min", "s"],
    lasted: "for {}",
    episodes_since: "{}, the worst at {}",
    ongoing: "still going on when the logs end ({})",
    over: "over when the logs end ({})",
    no_time: "the lines tell no time",
    zone_assumed: "zone assumed",
    loss_between: "acknowledged messages at risk, from {} to {}",
    loss: "acknowledged messages at risk",
    no_loss: "no acknowledged message is lost",
    duplicates: "duplicates possible",
    no_duplicates: "no duplicates",
    data_unknown: "nothing here tells whether messages were lost or doubled",
    nobody_named: "the lines name no topic, group or client",
    nothing_to_do: "nothing to do",
    healthy: "nothing is wrong in what was read",
    healthy_in_window: "nothing is wrong in {}",
    nothing_read: "nothing here that rmqdoc can read",
    nothing_in_window: "no log has a line in the time that was asked for",
    cause_unknown: "{}: the cause is not known",

    first: "first",
    last: "last",
    worst: "worst",
    cause: "cause",
    explains: "explains",
    ruled_out: "ruled out",
    not_checked: "not checked",
    before_it: "before it",
    or_else: "or else",
    separated_by: "told apart by {}",
    overturned_by: "wrong if",
    todo: "do",
    verify: "verify",
    see: "see",
    weights: "weights",
    weight_unused: "not counted",
    more_evidence: "{} of evidence, shown with --verbose",
    times: "{} times",
    place: "where",
    price: "costs",
    undo: "undo",
    restart_none: "no restart",
    restart: "restart",
    restart_of: "restart {}",
    restart_broker: "broker",
    restart_client: "client",
    restart_namesrv: "name server",
    restart_host: "host",

    no_cause_won: "No cause that rmqdoc knows explains this.",
    candidates: "candidates",
    new_lines: "New lines, or ten times as many, since it began:",
    collect: "collect",

    covered: "covered",
    time: "time",
    window: "asked for",
    versions: "versions",
    clocks: "clocks",
    not_understood: "not read",
    problems: "problems",
    timeline: "timeline",
    nothing_covered: "nothing",

    lint_clean: "nothing to object to",
    lint_nothing: "no configuration here that rmqdoc knows",
    checked: "{} checked",
    suggestion: "better",
    harm: "harm",
    harms: ["it does not start", "data", "availability", "speed"],

    changes: "What was changed",
    effects: "What became different",
    findings: "Findings",
    goes_with: "What goes with what",
    compared: "Before and after",
    no_changes: "No setting differs.",
    no_effects: "No measured quantity differs by more than its spread.",
    not_set: "not set",
    not_measured: "not measured",
    setting: "setting",
    quantity: "measured",
    before: "before",
    after: "after",
    trend: "trend",
    plausible: "plausible {} %",
    per_hour: "{} to {} an hour",
    stayed_same: "{} more stayed within their spread, shown with --verbose",
    one_side: "{} were measured on one side only, shown with --verbose",
    and_more: "{} more, shown with --verbose",
    nothing_changed: "Nothing changed: settings are alike, what was measured differs by no more than its spread, and the findings are the same.",
    line_verdicts: "Each changed line",
    unexplained: "No change explains:",
    all_unexplained: "No known mechanism leads from what was changed to what became different.",
    not_comparable: "the other side has no such file",
    setting_count: noun("setting", "settings"),
    new: "new",
    worse: "worse",
    changed: "changed",
    same: "same",
    better: "better",
    gone: "gone",

    rule: "rule",
    area: "area",
    all_versions: "all",
    symptoms: "symptoms",
    evidence: "evidence",
    absent: "absent",

    critical_ones: noun("critical", "critical"),
    warning_ones: noun("warning", "warnings"),
    notice_ones: noun("notice", "notices"),
    file: noun("file", "files"),
    line: noun("line", "lines"),
    host: noun("host", "hosts"),
    event: noun("event", "events"),
    episode: noun("episode", "episodes"),
    topic: noun("topic", "topics"),
    group: noun("group", "groups"),
    broker: noun("broker", "brokers"),
    client: noun("client", "clients"),
    address: noun("address", "addresses"),
    more: noun("more line", "more lines"),
    symptom: noun("symptom without a known cause", "symptoms without a known cause"),
    rule_file: noun("rule", "rules"),
};

const ZH: Words = Words {
    critical: "严重",
    warning: "警告",
    notice: "提示",
    ok: "正常",
    unknown: "未知",
    confidence: "置信度 {} %",

    hurt: "影响",
    since: "时间",
    data: "数据",
    do_first: "先做",
    comma: "，",
    units: ["天", "小时", "分钟", "秒"],
    lasted: "持续 {}",
    episodes_since: "{}，最严重在 {}",
    ongoing: "到日志结束（{}）时仍在继续",
    over: "日志结束（{}）前已停止",
    no_time: "这些日志行没有时间",
    zone_assumed: "时区为推测",
    loss_between: "{} 至 {} 已确认的消息有丢失风险",
    loss: "已确认的消息有丢失风险",
    no_loss: "已确认的消息没有丢失",
    duplicates: "可能有重复消息",
    no_duplicates: "没有重复消息",
    data_unknown: "从现有日志无法判断消息是否丢失或重复",
    nobody_named: "日志行没有写明主题、消费组或客户端",
    nothing_to_do: "无需处理",
    healthy: "读到的内容中没有发现问题",
    healthy_in_window: "{} 期间没有发现问题",
    nothing_read: "这里没有 rmqdoc 能识别的内容",
    nothing_in_window: "所查时段内没有任何日志",
    cause_unknown: "{}：原因未知",

    first: "首次",
    last: "最后",
    worst: "最严重",
    cause: "原因",
    explains: "由此引起",
    ruled_out: "已排除",
    not_checked: "未检查",
    before_it: "此前",
    or_else: "其他可能",
    separated_by: "区分方法：{}",
    overturned_by: "何时不成立",
    todo: "处理",
    verify: "验证",
    see: "参考",
    weights: "权重",
    weight_unused: "未计入",
    more_evidence: "另有 {}证据，加 --verbose 显示",
    times: "{} 次",
    place: "位置",
    price: "代价",
    undo: "撤销",
    restart_none: "无需重启",
    restart: "需重启",
    restart_of: "需重启{}",
    restart_broker: " Broker",
    restart_client: "客户端",
    restart_namesrv: " NameServer",
    restart_host: "主机",

    no_cause_won: "rmqdoc 已知的原因都不能解释这个现象。",
    candidates: "候选原因",
    new_lines: "发生以来新出现、或增加到十倍以上的日志：",
    collect: "请收集",

    covered: "已读取",
    time: "时间范围",
    window: "所查时段",
    versions: "版本",
    clocks: "时钟",
    not_understood: "未识别",
    problems: "问题",
    timeline: "时间线",
    nothing_covered: "无",

    lint_clean: "没有发现问题",
    lint_nothing: "这里没有 rmqdoc 认识的配置",
    checked: "检查了 {}",
    suggestion: "建议",
    harm: "危害",
    harms: ["无法启动", "数据安全", "可用性", "性能"],

    changes: "改了什么",
    effects: "结果有何不同",
    findings: "诊断结果",
    goes_with: "变更与结果的对应",
    compared: "前后对比",
    no_changes: "配置没有差异。",
    no_effects: "各项指标的差异都在波动范围之内。",
    not_set: "未设置",
    not_measured: "无数据",
    setting: "配置项",
    quantity: "指标",
    before: "之前",
    after: "之后",
    trend: "变化",
    plausible: "可信度 {} %",
    per_hour: "每小时 {} → {}",
    stayed_same: "另有 {} 项在波动范围之内，加 --verbose 显示",
    one_side: "{} 项只有一侧有数据，加 --verbose 显示",
    and_more: "另有 {} 项，加 --verbose 显示",
    nothing_changed: "没有变化：配置相同，各项指标的差异都在波动范围之内，诊断结果也相同。",
    line_verdicts: "逐行评价",
    unexplained: "没有改动能解释：",
    all_unexplained: "没有已知的机制能把这些改动与这些变化联系起来。",
    not_comparable: "另一侧没有此类文件",
    setting_count: noun("项配置", "项配置"),
    new: "新增",
    worse: "变差",
    changed: "改变",
    same: "不变",
    better: "变好",
    gone: "消失",

    rule: "规则",
    area: "领域",
    all_versions: "全部",
    symptoms: "现象",
    evidence: "证据",
    absent: "不出现",

    critical_ones: noun("个严重", "个严重"),
    warning_ones: noun("个警告", "个警告"),
    notice_ones: noun("个提示", "个提示"),
    file: noun("个文件", "个文件"),
    line: noun("行", "行"),
    host: measured("台主机", "主机"),
    event: noun("次事件", "次事件"),
    episode: noun("轮", "轮"),
    topic: measured("个主题", "主题"),
    group: measured("个消费组", "消费组"),
    broker: measured("个 Broker", "Broker"),
    client: measured("个客户端", "客户端"),
    address: measured("个地址", "地址"),
    more: noun("行", "行"),
    symptom: noun("个原因未知的现象", "个原因未知的现象"),
    rule_file: noun("条规则", "条规则"),
};

impl Words {
    /// The words of that language.
    pub(super) fn of(lang: Lang) -> &'static Words {
        match lang {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }

    /// The word of a severity behind a number.
    pub(super) fn counted(&self, severity: Severity) -> Noun {
        match severity {
            Severity::Critical => self.critical_ones,
            Severity::Warning => self.warning_ones,
            Severity::Notice => self.notice_ones,
        }
    }

    /// What has to be restarted, by the word of the rules.
    pub(super) fn process<'a>(&self, restart: &'a str) -> &'a str
    where
        'static: 'a,
    {
        match restart {
            "client" => self.restart_client,
            "namesrv" => self.restart_namesrv,
            "host" => self.restart_host,
            "broker" => self.restart_broker,
            other => other,
        }
    }

    /// What a problem of a configuration harms, by the word of lint; nothing for none.
    pub(super) fn harmed<'a>(&self, harm: &'a str) -> &'a str
    where
        'static: 'a,
    {
        let [start, data, availability, speed] = self.harms;
        match harm {
            "stops-start" => start,
            "data" => data,
            "availability" => availability,
            "speed" => speed,
            "none" => "",
            other => other,
        }
    }

    /// The word of a severity.
    pub(super) fn severity(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Critical => self.critical,
            Severity::Warning => self.warning,
            Severity::Notice => self.notice,
        }
    }
}

/// `48,211 lines`
pub(super) fn count(number: u64, noun: Noun) -> String {
    let word = if number == 1 { noun.one } else { noun.many };
    format!("{} {word}", grouped(number))
}

/// `48,211`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Puts the parts where the `{}` of a pattern stand, in order.
pub(super) fn fill(pattern: &str, parts: &[&str]) -> String {
    let mut text = String::new();
    let mut parts = parts.iter();
    for (at, piece) in pattern.split("{}").enumerate() {
        if at > 0 {
            text.push_str(parts.next().copied().unwrap_or_default());
        }
        text.push_str(piece);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (48211, "48,211"),
            (1_234_567, "1,234,567"),
        ];
        for (number, want) in cases {
            assert_eq!(grouped(number), want);
        }
        assert_eq!(count(1, EN.file), "1 file");
        assert_eq!(count(2, ZH.file), "2 个文件");
        assert_eq!(fill("{} to {}", &["a", "b"]), "a to b");
        assert_eq!(fill("{} to {}", &["{}"]), "{} to ");
    }
}
