//! UPDATE_NAMESRV_CONFIG (318) and GET_NAMESRV_CONFIG (319): properties texts.

use rmq_journal::{Event, Level, Severity};
use rmq_protocol::ResponseCode;
use rmq_protocol::properties_text;

use super::{Answer, Refusal, Request, THREAD};
use crate::kv::write_file;

pub(super) fn update(request: &Request<'_>) -> Answer {
    let log = |level, line: String| request.state.journal.log(level, THREAD, line);
    log(Level::Info, format!("updateConfig called by {}", request.peer));
    let text = String::from_utf8_lossy(&request.frame.body);
    let pairs = properties_text::parse(&text);
    if pairs.is_empty() {
        return Ok(request.success());
    }
    let mut config = request.state.config_mut();
    if pairs.iter().any(|(key, _)| config.is_black_listed(key)) {
        return Err(Refusal::new(
            ResponseCode::NO_PERMISSION,
            "Can not update config in black list.",
        ));
    }
    let (changed, findings) = config.update(pairs);
    for (key, from, to) in &changed {
        log(Level::Info, format!("Replace, key: {key}, value: {from} -> {to}"));
        let event = Event::new("config.changed", Severity::Notice)
            .text("key", key)
            .text("from", from)
            .text("to", to)
            .text("by", request.peer.to_string())
            .java_line("Replace, key:");
        request.state.journal.event(event);
    }
    findings
        .iter()
        .for_each(|finding| log(Level::Warn, finding.to_string()));
    let path = config.store_path();
    write_file(&path, &config.to_text()).map_err(|error| {
        let line = format!("persist string2File error, {} {error}", path.display());
        log(Level::Error, line.clone());
        Refusal::error(line)
    })?;
    Ok(request.success())
}

pub(super) fn get(request: &Request<'_>) -> Answer {
    Ok(request.success().with_body(request.state.config().to_text()))
}
