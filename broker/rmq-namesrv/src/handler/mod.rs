//! The table of requests and what they have in common. One file for each subject beside this one.
//!
//! A handler reads its header, works on the state and gives back the answer. It never waits.

mod config;
mod kv;
mod registration;
mod routes;
mod topics;
mod write_perm;

use std::net::SocketAddr;
use std::sync::Arc;

use rmq_net::Connection;
use rmq_protocol::{Frame, Header, HeaderError, RequestCode, ResponseCode};

use crate::server::State;

/// Name of the thread that handles requests in Java, for log lines.
const THREAD: &str = "RemotingExecutorThread_1";

/// A request on its way through a handler.
struct Request<'r> {
    state: &'r Arc<State>,
    frame: &'r Frame,
    peer: SocketAddr,
    connection_id: u64,
}

impl Request<'_> {
    fn header<H: Header>(&self) -> Result<H, Refusal> {
        Ok(self.frame.header()?)
    }

    fn success(&self) -> Frame {
        self.frame.answer(ResponseCode::SUCCESS)
    }
}

/// Why a request is answered with a failure.
#[derive(Debug)]
struct Refusal {
    code: ResponseCode,
    remark: String,
}

impl Refusal {
    fn new(code: ResponseCode, remark: impl Into<String>) -> Self {
        Self {
            code,
            remark: remark.into(),
        }
    }

    fn error(remark: impl Into<String>) -> Self {
        Self::new(ResponseCode::SYSTEM_ERROR, remark)
    }
}

impl From<HeaderError> for Refusal {
    fn from(error: HeaderError) -> Self {
        Self::error(error.to_string())
    }
}

type Answer = Result<Frame, Refusal>;

struct Handler {
    code: RequestCode,
    answer: fn(&Request<'_>) -> Answer,
}

const fn handler(code: RequestCode, answer: fn(&Request<'_>) -> Answer) -> Handler {
    Handler { code, answer }
}

/// Every request the name server answers.
const HANDLERS: &[Handler] = &[
    handler(RequestCode::GET_ROUTEINFO_BY_TOPIC, routes::route),
    handler(RequestCode::REGISTER_BROKER, registration::register),
    handler(RequestCode::UNREGISTER_BROKER, registration::unregister),
    handler(RequestCode::QUERY_DATA_VERSION, registration::query_data_version),
    handler(RequestCode::BROKER_HEARTBEAT, registration::heartbeat),
    handler(RequestCode::GET_BROKER_MEMBER_GROUP, routes::member_group),
    handler(RequestCode::GET_BROKER_CLUSTER_INFO, routes::cluster_info),
    handler(RequestCode::WIPE_WRITE_PERM_OF_BROKER, write_perm::wipe),
    handler(RequestCode::ADD_WRITE_PERM_OF_BROKER, write_perm::add),
    handler(RequestCode::GET_ALL_TOPIC_LIST_FROM_NAMESERVER, topics::all),
    handler(RequestCode::GET_TOPICS_BY_CLUSTER, topics::of_cluster),
    handler(RequestCode::GET_SYSTEM_TOPIC_LIST_FROM_NS, topics::system),
    handler(RequestCode::GET_UNIT_TOPIC_LIST, topics::unit),
    handler(RequestCode::GET_HAS_UNIT_SUB_TOPIC_LIST, topics::unit_sub),
    handler(
        RequestCode::GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST,
        topics::unit_sub_without_unit,
    ),
    handler(RequestCode::REGISTER_TOPIC_IN_NAMESRV, topics::register),
    handler(RequestCode::DELETE_TOPIC_IN_NAMESRV, topics::delete),
    handler(RequestCode::PUT_KV_CONFIG, kv::put),
    handler(RequestCode::GET_KV_CONFIG, kv::get),
    handler(RequestCode::DELETE_KV_CONFIG, kv::delete),
    handler(RequestCode::GET_KVLIST_BY_NAMESPACE, kv::list),
    handler(RequestCode::UPDATE_NAMESRV_CONFIG, config::update),
    handler(RequestCode::GET_NAMESRV_CONFIG, config::get),
];

/// Answers a request, whatever it is.
pub(crate) fn answer(state: &Arc<State>, connection: &Connection, frame: &Frame) -> Frame {
    let code = frame.request_code();
    let Some(handler) = HANDLERS.iter().find(|handler| handler.code == code) else {
        state.tell_unsupported(frame, connection.peer());
        return not_supported(frame);
    };
    let request = Request {
        state,
        frame,
        peer: connection.peer(),
        connection_id: connection.id(),
    };
    (handler.answer)(&request).unwrap_or_else(|refusal| frame.failure(refusal.code, refusal.remark))
}

/// The answer to a request that nobody handles, in Java's words.
pub(crate) fn not_supported(frame: &Frame) -> Frame {
    frame.failure(
        ResponseCode::REQUEST_CODE_NOT_SUPPORTED,
        format!(" request type {} not supported", frame.code),
    )
}
