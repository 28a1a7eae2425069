//! GET_ROUTEINFO_BY_TOPIC (105), GET_BROKER_CLUSTER_INFO (106), GET_BROKER_MEMBER_GROUP (901).

use rmq_journal::Level;
use rmq_protocol::ResponseCode;
use rmq_protocol::json::Dialect;
use rmq_protocol::request::routes::{GetBrokerMemberGroup, GetRouteInfo};
use rmq_protocol::version;

use super::{Answer, Refusal, Request};
use crate::kv::ORDER_TOPIC_CONFIG;
use crate::routes::keep_zone;

/// Fields of a client that wants brokers of its zone only (5.x).
const ZONE_MODE: &str = "__ZONE_MODE";
const ZONE_NAME: &str = "__ZONE_NAME";
/// What Java adds to the remark (`FAQUrl.suggestTodo`); clients print it.
const SEE_FAQ: &str = "\nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.";

pub(super) fn route(request: &Request<'_>) -> Answer {
    let header: GetRouteInfo = request.header()?;
    let (rules, wait, is_order_message_on) = {
        let config = request.state.config();
        (config.rules(), config.wait_for_service(), config.is_order_message_on())
    };
    if wait.is_some_and(|wait| request.state.age() < wait) {
        let line = format!("name server not ready. request code {} ", request.frame.code);
        request
            .state
            .journal
            .log(Level::Warn, "ClientRequestExecutorThread_1", line);
        return Err(Refusal::error("name server not ready"));
    }
    let topic = &header.topic;
    let Some(mut route) = request.state.routes().route(topic, &rules) else {
        let remark = format!("No topic route info in name server for the topic: {topic}{SEE_FAQ}");
        return Err(Refusal::new(ResponseCode::TOPIC_NOT_EXIST, remark));
    };
    if is_order_message_on {
        route.order_topic_conf = request.state.kv().get(ORDER_TOPIC_CONFIG, topic).map(str::to_owned);
    }
    let field = |name| request.frame.fields.get(name).unwrap_or_default();
    let zone = field(ZONE_NAME);
    if field(ZONE_MODE).eq_ignore_ascii_case("true") && !zone.trim().is_empty() {
        keep_zone(&mut route, zone);
    }
    let is_strict = request.frame.version >= version::V4_9_4 || header.accept_standard_json_only == Some(true);
    let dialect = if is_strict { Dialect::Strict } else { Dialect::Fastjson };
    Ok(request.success().with_body(route.encode(dialect)))
}

pub(super) fn cluster_info(request: &Request<'_>) -> Answer {
    Ok(request
        .success()
        .with_body(request.state.routes().cluster_info().encode(Dialect::Fastjson)))
}

pub(super) fn member_group(request: &Request<'_>) -> Answer {
    let header: GetBrokerMemberGroup = request.header()?;
    let group = request
        .state
        .routes()
        .member_group(&header.cluster_name, &header.broker_name);
    Ok(request.success().with_body(group.encode()))
}
