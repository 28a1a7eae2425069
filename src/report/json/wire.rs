//! From the model to the wire types, field by field.

use super::{
    Advice, Alternative, Coverage, DataRisk, Episode, Evidence, Finding, Happening, NotChecked, Problem, RuledOut,
    Scope, Source, Unexplained, Version, Weight,
};
use crate::model::finding;
use crate::model::{Diagnosis, LogKind, Role, SourceInfo};
use crate::report::clock::Clock;

/// Turns parts of the model into their wire form.
#[derive(Debug)]
pub(in crate::report) struct Wire {
    clock: Clock,
}

impl Wire {
    pub(in crate::report) fn of(diagnosis: &Diagnosis) -> Self {
        Self {
            clock: Clock::of(&diagnosis.coverage),
        }
    }

    pub(in crate::report) fn over(coverage: &finding::Coverage) -> Self {
        Self {
            clock: Clock::of(coverage),
        }
    }

    fn time(&self, ms: Option<i64>) -> Option<String> {
        self.clock.rfc3339(ms?)
    }

    pub(in crate::report) fn coverage(&self, it: &finding::Coverage) -> Coverage {
        let (first, last) = it.range().unzip();
        Coverage {
            files: it.sources.len(),
            lines: it.lines,
            bytes: it.bytes,
            hosts: it.hosts(),
            first: self.time(first),
            last: self.time(last),
            versions: it
                .versions
                .iter()
                .map(|(component, version, place)| Version {
                    component: component.clone(),
                    version: version.clone(),
                    place: place.clone(),
                })
                .collect(),
            assumptions: it.assumptions.clone(),
            sources: (0u32..)
                .zip(&it.sources)
                .map(|(id, source)| self.source(source, it.spans.get(&id).copied()))
                .collect(),
            problems: it
                .problems
                .iter()
                .map(|problem| Problem {
                    path: problem.path.clone(),
                    what: problem.what.clone(),
                })
                .collect(),
        }
    }

    pub(in crate::report) fn source(&self, it: &SourceInfo, span: Option<(i64, i64)>) -> Source {
        Source {
            path: it.path.clone(),
            host: it.host.clone(),
            role: it.role.map(role_word),
            format: it.format,
            log: it.log.map(log_word),
            bytes: it.bytes,
            lines: it.lines,
            first: self.time(span.map(|(first, _)| first)),
            last: self.time(span.map(|(_, last)| last)),
        }
    }

    pub(in crate::report) fn finding(&self, it: &finding::Finding) -> Finding {
        Finding {
            rule: it.rule.clone(),
            cause: it.cause.clone(),
            verdict: it.verdict.word(),
            severity: it.severity.word(),
            confidence: it.confidence,
            title: it.title.clone(),
            why: it.why.clone(),
            overturn: it.overturn.clone(),
            first: self.time(it.first),
            last: self.time(it.last),
            worst: self.time(it.worst),
            zone: it.zone_assumed.then_some("assumed"),
            ongoing: it.ongoing,
            count: it.count,
            data: DataRisk {
                loss: it.data.loss,
                duplicates: it.data.duplicates,
            },
            episodes: it.episodes.iter().map(|episode| self.episode(episode)).collect(),
            scope: Scope {
                hosts: it.scope.hosts.clone(),
                names: it.scope.names.clone(),
            },
            evidence: self.lines(&it.evidence),
            symptoms: it.symptoms.clone(),
            explains: it.explains.clone(),
            alternatives: alternatives(&it.alternatives),
            ruled_out: it.ruled_out.iter().map(|rival| self.ruled_out(rival)).collect(),
            not_checked: not_checked(&it.not_checked),
            before: self.lines(&it.before),
            advice: it.advice.iter().map(advice).collect(),
            weights: it
                .weights
                .iter()
                .map(|weight| Weight {
                    what: weight.what.clone(),
                    decibans: weight.decibans,
                    counted: weight.counted,
                })
                .collect(),
            references: it.references.clone(),
        }
    }

    fn episode(&self, it: &finding::Episode) -> Episode {
        Episode {
            first: self.time(Some(it.first)),
            last: self.time(Some(it.last)),
            worst: self.time(Some(it.worst)),
            count: it.count,
        }
    }

    fn ruled_out(&self, it: &finding::RuledOut) -> RuledOut {
        RuledOut {
            cause: it.cause.clone(),
            why: it.why.clone(),
            evidence: self.lines(&it.evidence),
        }
    }

    fn lines(&self, lines: &[finding::Evidence]) -> Vec<Evidence> {
        lines.iter().map(|line| self.evidence(line)).collect()
    }

    pub(in crate::report) fn evidence(&self, it: &finding::Evidence) -> Evidence {
        Evidence {
            file: it.file.clone(),
            from_byte: it.from_byte,
            line: it.span.line,
            end: (it.span.end > it.span.line).then_some(it.span.end),
            host: it.host.clone(),
            text: it.text.clone(),
            note: it.note.clone(),
            mark: it.mark,
            at: self.time(it.at),
            count: it.count,
        }
    }

    pub(in crate::report) fn unexplained(&self, it: &finding::Unexplained) -> Unexplained {
        Unexplained {
            symptom: it.symptom.clone(),
            title: it.title.clone(),
            count: it.count,
            evidence: self.lines(&it.evidence),
            candidates: alternatives(&it.candidates),
            templates: self.lines(&it.templates),
            collect: not_checked(&it.collect),
        }
    }

    pub(in crate::report) fn happening(&self, it: &finding::Happening) -> Happening {
        Happening {
            at: self.time(Some(it.at)),
            what: it.what.clone(),
            evidence: self.evidence(&it.evidence),
        }
    }
}

fn alternatives(rivals: &[finding::Alternative]) -> Vec<Alternative> {
    let wire = |it: &finding::Alternative| Alternative {
        cause: it.cause.clone(),
        confidence: it.confidence,
        separated_by: it.separated_by.clone(),
    };
    rivals.iter().map(wire).collect()
}

fn not_checked(candidates: &[finding::NotChecked]) -> Vec<NotChecked> {
    let wire = |it: &finding::NotChecked| NotChecked {
        cause: it.cause.clone(),
        command: it.command.clone(),
    };
    candidates.iter().map(wire).collect()
}

pub(in crate::report) fn advice(it: &finding::Advice) -> Advice {
    Advice {
        action: it.action.clone(),
        place: it.place.clone(),
        restart: it.restart.clone(),
        price: it.price.clone(),
        undo: it.undo.clone(),
        verify: it.verify.clone(),
    }
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Namesrv => "namesrv",
        Role::Broker => "broker",
        Role::Proxy => "proxy",
        Role::Controller => "controller",
        Role::Client => "client",
    }
}

fn log_word(log: LogKind) -> &'static str {
    match log {
        LogKind::Broker => "broker",
        LogKind::Store => "store",
        LogKind::StoreError => "storeerror",
        LogKind::Remoting => "remoting",
        LogKind::Watermark => "watermark",
        LogKind::Stats => "stats",
        LogKind::Transaction => "transaction",
        LogKind::Namesrv => "namesrv",
        LogKind::Controller => "controller",
        LogKind::Proxy => "proxy",
        LogKind::BrokerOther => "broker-other",
        LogKind::Client => "client",
        LogKind::App => "app",
        LogKind::Tools => "tools",
        LogKind::System => "system",
    }
}
