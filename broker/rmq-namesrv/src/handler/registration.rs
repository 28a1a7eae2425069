//! Brokers: REGISTER_BROKER (103), UNREGISTER_BROKER (104), QUERY_DATA_VERSION (322), BROKER_HEARTBEAT (904).

use rmq_journal::Level;
use rmq_protocol::register::{self, RegisterBrokerBody};
use rmq_protocol::request::registration::{
    BrokerHeartbeat, QueryDataVersion, QueryDataVersionAnswer, RegisterBroker, RegisterBrokerAnswer, UnregisterBroker,
};
use rmq_protocol::route::encode_table;
use rmq_protocol::topic::DataVersion;

use super::{Answer, Refusal, Request, THREAD};
use crate::kv::ORDER_TOPIC_CONFIG;
use crate::routes::{Registered, Registration};
use crate::server::now_ms;

/// Field in which a 5.x broker names its zone.
const ZONE_NAME: &str = "__ZONE_NAME";

pub(super) fn register(request: &Request<'_>) -> Answer {
    let header: RegisterBroker = request.header()?;
    check_crc(request, header.body_crc32.unwrap_or_default())?;
    let is_compressed = header.compressed.unwrap_or_default();
    let body = RegisterBrokerBody::decode(&request.frame.body, is_compressed, request.frame.version)
        .map_err(|error| Refusal::error(format!("Failed to decode RegisterBrokerBody: {error}")))?;
    let zone = request.frame.fields.get(ZONE_NAME).map(str::to_owned);
    let registration = Registration {
        header,
        body,
        zone,
        connection_id: request.connection_id,
    };

    let (rules, is_order_config_returned) = {
        let config = request.state.config();
        (config.rules(), config.is_order_config_returned())
    };
    let mut changes = Vec::new();
    let registered = request
        .state
        .routes_mut()
        .register(registration, &rules, now_ms(), &mut changes);
    request.state.tell(changes, THREAD);

    let Registered::Taken {
        ha_server_addr,
        master_addr,
    } = registered
    else {
        return Err(Refusal::error("register broker failed"));
    };
    let mut answer = request.success().with_header(&RegisterBrokerAnswer {
        ha_server_addr,
        master_addr,
    });
    if is_order_config_returned && let Some(table) = request.state.kv().namespace(ORDER_TOPIC_CONFIG) {
        answer = answer.with_body(encode_table(table));
    }
    Ok(answer)
}

fn check_crc(request: &Request<'_>, crc: i32) -> Result<(), Refusal> {
    if crc == 0 || crc == register::crc(&request.frame.body) {
        return Ok(());
    }
    let line = format!("receive registerBroker request,crc32 not match,from {}", request.peer);
    request.state.journal.log(Level::Warn, THREAD, line);
    Err(Refusal::error("crc32 not match"))
}

pub(super) fn unregister(request: &Request<'_>) -> Answer {
    let header: UnregisterBroker = request.header()?;
    let mut changes = Vec::new();
    request.state.routes_mut().unregister(&[header], &mut changes);
    request.state.tell(changes, THREAD);
    Ok(request.success())
}

pub(super) fn query_data_version(request: &Request<'_>) -> Answer {
    let header: QueryDataVersion = request.header()?;
    let asked = match request.frame.body.is_empty() {
        true => None,
        false => Some(DataVersion::decode(&request.frame.body).map_err(|error| Refusal::error(error.to_string()))?),
    };
    let mut routes = request.state.routes_mut();
    let known = routes.data_version(&header.cluster_name, &header.broker_addr);
    routes.touch(&header.cluster_name, &header.broker_addr, now_ms());
    let changed = known.is_none() || known != asked;
    let answer = request.success().with_header(&QueryDataVersionAnswer { changed });
    Ok(match known {
        Some(version) => answer.with_body(version.encode()),
        None => answer,
    })
}

pub(super) fn heartbeat(request: &Request<'_>) -> Answer {
    let header: BrokerHeartbeat = request.header()?;
    request
        .state
        .routes_mut()
        .touch(&header.cluster_name, &header.broker_addr, now_ms());
    Ok(request.success())
}
