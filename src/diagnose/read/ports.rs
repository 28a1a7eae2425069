//! Ports that the configurations of a bundle name. They are looked for before anything else is read, so that a neighbour
//! of any `listenPort` is known for what it is.

use super::WHOLE_MAX;
use crate::format::conf;
use crate::input::Source;
use crate::model::{Event, SourceId, Text};
use crate::rule::matcher::Ports;

/// Ports that configurations name, looked for in the heads of all sources before anything is scanned.
pub(in crate::diagnose) fn ports_of(source: &Source, id: SourceId) -> Ports {
    let mut ports = Ports::default();
    let Ok(head) = source.head() else { return ports };
    let names_one = ["listenPort", "namesrvAddr", "name-server"]
        .iter()
        .any(|key| head.text.contains(key));
    if !names_one || source.size > WHOLE_MAX as u64 {
        return ports;
    }
    let text = Text::new(id, &source.path, &head.text);
    let mut events: Vec<Event> = Vec::new();
    for format in conf::CONF_FORMATS.iter().filter(|f| (f.score)(&text) > 0) {
        (format.parse)(&text, &mut events);
    }
    for event in events.iter().filter(|e| &*e.kind == "conf.key") {
        let value = event.fields.get("value").map(|v| v.to_text()).unwrap_or_default();
        match (event.fields.str("class"), event.fields.str("key")) {
            (Some("namesrv"), Some("listenPort")) => ports.namesrv.extend(value.trim().parse::<u32>().ok()),
            (_, Some("listenPort")) => ports.listen.extend(value.trim().parse::<u32>().ok()),
            (_, Some("namesrvAddr" | "rocketmq.name-server")) => {
                let port = |a: &str| a.trim().rsplit(':').next().and_then(|p| p.parse::<u32>().ok());
                ports.namesrv.extend(value.split([';', ',']).filter_map(port));
            }
            _ => {}
        }
    }
    ports
}
