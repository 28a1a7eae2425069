//! Lists of topics (206, 224, 304, 311, 312, 313), and topics entered or removed by hand (216, 217).

use rmq_journal::{Event, Level, Severity};
use rmq_protocol::request::routes::{DeleteTopicInNamesrv, GetTopicsByCluster, RegisterTopic};
use rmq_protocol::route::{TopicList, TopicRoute};

use super::{Answer, Refusal, Request, THREAD};

pub(super) fn all(request: &Request<'_>) -> Answer {
    let is_on = request.state.config().is_all_topic_list_on();
    let line = format!("getAllTopicListFromNameserver /{} enable {is_on}", request.peer);
    request.state.journal.log(Level::Warn, THREAD, line);
    if !is_on {
        return Err(Refusal::error("disable"));
    }
    Ok(request
        .success()
        .with_body(request.state.routes().all_topics().encode()))
}

/// Answers a list that `enableTopicList` can switch off.
fn list(request: &Request<'_>, read: impl FnOnce() -> Result<TopicList, Refusal>) -> Answer {
    if !request.state.config().is_topic_list_on() {
        return Err(Refusal::error("disable"));
    }
    Ok(request.success().with_body(read()?.encode()))
}

pub(super) fn of_cluster(request: &Request<'_>) -> Answer {
    list(request, || {
        let header: GetTopicsByCluster = request.header()?;
        Ok(request.state.routes().topics_of_cluster(&header.cluster))
    })
}

pub(super) fn system(request: &Request<'_>) -> Answer {
    Ok(request
        .success()
        .with_body(request.state.routes().system_topics().encode()))
}

pub(super) fn unit(request: &Request<'_>) -> Answer {
    list(request, || Ok(request.state.routes().unit_topics(Some(true), false)))
}

pub(super) fn unit_sub(request: &Request<'_>) -> Answer {
    list(request, || Ok(request.state.routes().unit_topics(None, true)))
}

pub(super) fn unit_sub_without_unit(request: &Request<'_>) -> Answer {
    list(request, || Ok(request.state.routes().unit_topics(Some(false), true)))
}

pub(super) fn register(request: &Request<'_>) -> Answer {
    let header: RegisterTopic = request.header()?;
    if request.frame.body.is_empty() {
        return Ok(request.success());
    }
    let route = TopicRoute::decode(&request.frame.body).map_err(|error| Refusal::error(error.to_string()))?;
    if !route.queues.is_empty() {
        let topic = &header.topic;
        let is_taken = request.state.routes_mut().register_topic(topic, route.queues);
        let (level, line) = match is_taken {
            true => (
                Level::Info,
                format!("Register topic route:{topic}, by {}", request.peer),
            ),
            // Java answers success all the same.
            false => (
                Level::Warn,
                format!("Register topic contains illegal broker, {topic}, by {}", request.peer),
            ),
        };
        request.state.journal.log(level, THREAD, line);
    }
    Ok(request.success())
}

pub(super) fn delete(request: &Request<'_>) -> Answer {
    let header: DeleteTopicInNamesrv = request.header()?;
    let cluster = header.cluster_name.as_deref().filter(|cluster| !cluster.is_empty());
    request.state.routes_mut().delete_topic(&header.topic, cluster);
    let event = Event::new("route.changed", Severity::Notice)
        .text("change", "topic_deleted")
        .text("topic", &header.topic)
        .text("by", request.peer.to_string())
        .java_line("deleteTopic, remove the topic all queue");
    request.state.journal.event(event);
    let line = format!(
        "deleteTopic, remove the topic all queue {} {}",
        cluster.unwrap_or_default(),
        header.topic
    );
    request.state.journal.log(Level::Info, THREAD, line);
    Ok(request.success())
}
