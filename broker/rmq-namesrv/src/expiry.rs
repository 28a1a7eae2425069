//! Brokers that stopped talking, and brokers whose connection is gone (`scanNotActiveBroker`, `onChannelDestroy`).

use std::sync::Arc;

use rmq_journal::{Event, Level, Severity};
use rmq_protocol::request::registration::UnregisterBroker;

use crate::routes::{BrokerKey, Millis};
use crate::server::State;

const SCAN_THREAD: &str = "NSScanScheduledThread1";
const EVENT_THREAD: &str = "NettyEventExecutor";

/// Takes out the brokers that were silent too long. Gives back the connections to close.
pub(crate) fn drop_silent(state: &Arc<State>, now: Millis) -> Vec<u64> {
    state.journal.log(Level::Info, SCAN_THREAD, "start scanNotActiveBroker");
    let expired = state.routes().expired(now);
    for (key, timeout_ms, _) in &expired {
        let line = format!("The broker channel expired, {key} {timeout_ms}ms");
        state.journal.log(Level::Warn, SCAN_THREAD, line);
        let event = Event::new("route.expired", Severity::Critical)
            .text("cluster", &key.cluster)
            .text("addr", &key.addr)
            .number("silent_for_more_than_ms", *timeout_ms)
            .java_line("The broker channel expired,");
        state.journal.event(event);
    }
    drop_brokers(state, expired.iter().map(|(key, ..)| key), SCAN_THREAD);
    expired.into_iter().map(|(.., connection_id)| connection_id).collect()
}

/// Takes out the brokers that registered on a connection that is gone.
pub(crate) fn drop_connected(state: &Arc<State>, connection_id: u64) {
    let keys = state.routes().on_connection(connection_id);
    drop_brokers(state, keys.iter(), EVENT_THREAD);
}

fn drop_brokers<'k>(state: &Arc<State>, keys: impl Iterator<Item = &'k BrokerKey>, thread: &str) {
    let mut changes = Vec::new();
    let requests: Vec<UnregisterBroker> = {
        let mut routes = state.routes_mut();
        let requests: Vec<_> = keys.filter_map(|key| routes.unregistration_of(key)).collect();
        routes.unregister(&requests, &mut changes);
        requests
    };
    for request in &requests {
        let line = format!(
            "the broker's channel destroyed, submit the unregister request at once, broker info: {}, submit result: true",
            describe(request)
        );
        state.journal.log(Level::Info, thread, line);
    }
    state.tell(changes, thread);
}

/// As `UnRegisterBrokerRequestHeader.toString` in Java.
fn describe(request: &UnregisterBroker) -> String {
    format!(
        "UnRegisterBrokerRequestHeader{{brokerName='{}', brokerAddr='{}', clusterName='{}', brokerId={}}}",
        request.broker_name, request.broker_addr, request.cluster_name, request.broker_id
    )
}
