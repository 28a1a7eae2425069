//! `LogPart`: takes what the scan of a log, or of a part of one, finds: records for the rules, lines for the series.

use super::gather::Gather;
use crate::format::conf;
use crate::format::log::{Found, SeriesLine, which};
use crate::format::series::{Clock, LogSeries};
use crate::model::{Event, LogKind, LogRecord, SourceId, SourceInfo, Span};

/// Takes what the scan of a log, or of a part of one, finds.
pub(super) struct LogPart<'g, 'a> {
    gather: &'g mut Gather<'a>,
    info: &'g SourceInfo,
    series: LogSeries,
    source: SourceId,
    dump_class: Option<&'static str>,
    events: Vec<Event>,
}

impl<'g, 'a> LogPart<'g, 'a> {
    pub(super) fn new(gather: &'g mut Gather<'a>, info: &'g SourceInfo, id: SourceId, log: LogKind) -> Self {
        let clock = if which::is_server(log) || log == LogKind::App {
            Clock::Gmt8
        } else {
            Clock::Local
        };
        Self {
            gather,
            info,
            series: LogSeries::new(id, Some(log), clock),
            source: id,
            dump_class: dump_class(log),
            events: Vec::new(),
        }
    }

    /// Of a big log.
    pub(super) fn thin(mut self) -> Self {
        self.series = self.series.thin();
        self
    }

    /// Reads the series of a log without a sieve.
    pub(super) fn text(&mut self, body: &str) {
        self.series.text(1, body, &mut self.events);
    }

    pub(super) fn finish(mut self) {
        self.series.finish(&mut self.events);
        for event in self.events {
            self.gather.event(&event, self.info);
        }
    }
}

impl Found for LogPart<'_, '_> {
    fn record(&mut self, record: &LogRecord<'_>) {
        self.gather.record(record, self.info);
    }

    fn line(&mut self, line: &SeriesLine<'_>) {
        self.series.at(line, &mut self.events);
        if let Some(class) = self.dump_class.filter(|_| line.marked) {
            let text = line.line();
            if text.contains(" main - ")
                && let Some((key, value)) = conf::start_dump_line(text)
            {
                let span = Span::line(self.source, line.number);
                self.events
                    .push(conf::dump_event(class, &self.info.path, key, value, span, text));
            }
        }
        if self.events.len() >= EVENTS_HELD {
            for event in std::mem::take(&mut self.events) {
                self.gather.event(&event, self.info);
            }
        }
    }
}

/// Events of series held before they are counted.
const EVENTS_HELD: usize = 1000;

/// The class of configuration whose start-up dump stands in such a log.
fn dump_class(log: LogKind) -> Option<&'static str> {
    match log {
        LogKind::Broker => Some("broker"),
        LogKind::Namesrv => Some("namesrv"),
        LogKind::Controller => Some("controller"),
        _ => None,
    }
}
