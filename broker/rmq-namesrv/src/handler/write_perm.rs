//! WIPE_WRITE_PERM_OF_BROKER (205) and ADD_WRITE_PERM_OF_BROKER (327): take a broker out of writing and back.

use rmq_journal::{Event, Level, Severity};
use rmq_protocol::request::registration::{AddWritePerm, AddWritePermAnswer, WipeWritePerm, WipeWritePermAnswer};

use super::{Answer, Request, THREAD};

pub(super) fn wipe(request: &Request<'_>) -> Answer {
    let header: WipeWritePerm = request.header()?;
    let wipe_topic_count = set(request, "wipe", &header.broker_name, false);
    Ok(request.success().with_header(&WipeWritePermAnswer { wipe_topic_count }))
}

pub(super) fn add(request: &Request<'_>) -> Answer {
    let header: AddWritePerm = request.header()?;
    let add_topic_count = set(request, "add", &header.broker_name, true);
    Ok(request.success().with_header(&AddWritePermAnswer { add_topic_count }))
}

fn set(request: &Request<'_>, verb: &'static str, broker_name: &str, is_writable: bool) -> i32 {
    let count = request.state.routes_mut().set_write_perm(broker_name, is_writable);
    let line = format!(
        "{verb} write perm of broker[{broker_name}], client: {}, {count}",
        request.peer
    );
    request.state.journal.log(Level::Info, THREAD, line);
    let event = Event::new("route.changed", Severity::Warning)
        .text(
            "change",
            if is_writable {
                "write_perm_added"
            } else {
                "write_perm_wiped"
            },
        )
        .text("broker", broker_name)
        .number("topics", count.into())
        .text("by", request.peer.to_string())
        .java_line(format!("{verb} write perm of broker["));
    request.state.journal.event(event);
    count
}
