//! Key-value configuration: PUT (100), GET (101), DELETE (102), list of a namespace (219).

use rmq_journal::{Event, Level, Severity};
use rmq_protocol::ResponseCode;
use rmq_protocol::request::kv_config::{
    DeleteKvConfig, GetKvConfig, GetKvConfigAnswer, GetKvListByNamespace, PutKvConfig,
};
use rmq_protocol::route::encode_table;

use super::{Answer, Refusal, Request, THREAD};
use crate::kv::{KvConfig, write_file};

pub(super) fn put(request: &Request<'_>) -> Answer {
    let PutKvConfig { namespace, key, value } = request.header()?;
    let mut kv = request.state.kv();
    let (is_new, old) = kv.put(&namespace, &key, &value);
    let log = |line: String| request.state.journal.log(Level::Info, THREAD, line);
    if is_new {
        log(format!("putKVConfig create new Namespace {namespace}"));
    }
    let what = if old.is_some() { "update" } else { "create new" };
    log(format!(
        "putKVConfig {what} config item, Namespace: {namespace} Key: {key} Value: {value}"
    ));
    tell(request, &format!("{namespace}/{key}"), old.unwrap_or_default(), value);
    persist(request, &kv)?;
    Ok(request.success())
}

pub(super) fn get(request: &Request<'_>) -> Answer {
    let GetKvConfig { namespace, key } = request.header()?;
    match request.state.kv().get(&namespace, &key) {
        Some(value) => Ok(request.success().with_header(&GetKvConfigAnswer {
            value: Some(value.to_owned()),
        })),
        None => Err(Refusal::new(
            ResponseCode::QUERY_NOT_FOUND,
            format!("No config item, Namespace: {namespace} Key: {key}"),
        )),
    }
}

pub(super) fn delete(request: &Request<'_>) -> Answer {
    let DeleteKvConfig { namespace, key } = request.header()?;
    let mut kv = request.state.kv();
    if let Some(old) = kv.delete(&namespace, &key) {
        let shown = old.as_deref().unwrap_or("null");
        let line = format!("deleteKVConfig delete a config item, Namespace: {namespace} Key: {key} Value: {shown}");
        request.state.journal.log(Level::Info, THREAD, line);
        tell(
            request,
            &format!("{namespace}/{key}"),
            old.unwrap_or_default(),
            String::new(),
        );
    }
    persist(request, &kv)?;
    Ok(request.success())
}

pub(super) fn list(request: &Request<'_>) -> Answer {
    let GetKvListByNamespace { namespace } = request.header()?;
    match request.state.kv().namespace(&namespace) {
        Some(table) => Ok(request.success().with_body(encode_table(table))),
        None => Err(Refusal::new(
            ResponseCode::QUERY_NOT_FOUND,
            format!("No config item, Namespace: {namespace}"),
        )),
    }
}

fn tell(request: &Request<'_>, key: &str, from: String, to: String) {
    let event = Event::new("config.changed", Severity::Notice)
        .text("key", key)
        .text("from", from)
        .text("to", to)
        .text("by", request.peer.to_string());
    request.state.journal.event(event);
}

/// Writes the file. Java answers success when it cannot; here the one who changed it learns that it will not last.
fn persist(request: &Request<'_>, kv: &KvConfig) -> Result<(), Refusal> {
    let path = request.state.config().kv_path();
    write_file(&path, &kv.encode()).map_err(|error| {
        let line = format!("persist kvconfig Exception, {} {error}", path.display());
        request.state.journal.log(Level::Error, THREAD, &line);
        Refusal::error(line)
    })
}
