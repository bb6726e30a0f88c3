//! Pages for those who watch members.
//!
//! Owns `/version`, `/metrics` and `/debug/vars`: what is read when they are asked for.

use super::{VERSION, answers};
use crate::metrics::limit;
use crate::services::Member;
use crate::version::SAYS_NOTHING;
use api::AlarmType;
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;
use std::sync::Arc;
use tonic::body::Body;

/// `/version`.
pub fn version(member: &Member) -> Response<Body> {
    let versions = member.facts.versions.get();
    let cluster = versions.cluster.as_deref().unwrap_or("not_decided");
    let storage = versions.storage.as_deref().unwrap_or(SAYS_NOTHING);
    // By hand, since the order is etcd's.
    let text =
        format!(r#"{{"etcdserver":"{VERSION}","etcdcluster":"{cluster}","storage":"{storage}"}}"#);
    answers::of(StatusCode::OK, answers::JSON, text)
}

/// `/metrics`. The system is asked for some of it, and may take its time.
pub async fn metrics(member: &Arc<Member>) -> Response<Body> {
    let asked = member.clone();
    let page = member.blocking.run(move || {
        note(&asked);
        let versions = asked.facts.versions.get();
        let (id, cluster) = (asked.signature.id.0, versions.cluster.as_deref());
        asked.facts.metrics.page(id, VERSION, cluster, &asked.features)
    });
    let kind = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
    answers::of(StatusCode::OK, HeaderValue::from_static(kind), page.await)
}

/// Notes what is known and not counted.
fn note(member: &Member) {
    let (facts, own) = (&member.facts, format!("{:x}", member.signature.id.0));
    let (metrics, said) = (&facts.metrics, facts.progress.get());
    metrics.raft.has_leader.set(i64::from(said.leader.is_some()));
    metrics.raft.is_leader.set(i64::from(said.leads));
    metrics.raft.is_learner.set(i64::from(is_learner(member)));
    metrics.raft.committed.set_unsigned(said.committed);
    metrics.raft.applied.set_unsigned(said.applied);
    metrics.disk.size.set_unsigned(facts.sizes.allocated());
    metrics.disk.in_use.set_unsigned(facts.sizes.in_use());
    metrics.disk.quota.set_unsigned(member.quota.unwrap_or_default());
    let view = member.reader.view();
    metrics.state.current.set(view.current().wire());
    metrics.state.compacted.set(view.compacted().map_or(-1, |revision| revision.wire()));
    metrics.state.auth_revision.set_unsigned(facts.gate.auth().revision().0);
    metrics.state.alarms.all().for_each(|alarm| alarm.set(0));
    for alarm in facts.alarms.get().iter() {
        let kind = AlarmType::try_from(alarm.alarm).map_or("UNKNOWN", |kind| kind.as_str_name());
        metrics.state.alarms.with(&[&format!("{:x}", alarm.member_id), kind]).set(1);
    }
    metrics.peers.known.all().for_each(|known| known.set(0));
    for known in facts.roster.get().list() {
        metrics.peers.known.with(&[&own, &format!("{:x}", known.id)]).set(1);
    }
    for (code, count) in [("200", 1), ("500", 0), ("503", 0)] {
        metrics.health.pages.with(&[code]).add(count);
    }
}

/// Is this a member that decides nothing yet?
pub fn is_learner(member: &Member) -> bool {
    member.facts.roster.get().get(member.signature.id).is_some_and(|entry| entry.is_learner)
}

/// `/debug/vars`. Memory is told of in less detail than by etcd, whose own memory is another one.
pub async fn page(member: &Member) -> Response<Body> {
    let id = |id: u64| if id == 0 { "0".to_owned() } else { format!("{id:x}") };
    let said = member.facts.progress.get();
    let state = match (said.leads, said.leader) {
        (true, _) => "StateLeader",
        (false, Some(_)) => "StateFollower",
        (false, None) => "StateCandidate",
    };
    let words: Vec<_> = std::env::args_os().map(|word| word.display().to_string()).collect();
    let files = member.blocking.run(|| limit("Max open files")).await;
    let vars = json!({
        "cmdline": words,
        "file_descriptor_limit": files.map(|most| most as u64),
        "memstats": {},
        "raft.status": {
            "id": id(member.signature.id.0),
            "term": said.term,
            "vote": id(member.facts.metrics.votes.vote()),
            "commit": said.committed,
            "lead": id(said.leader.map_or(0, |leader| leader.0)),
            "raftState": state,
            "applied": said.applied,
            "progress": {},
            "leadtransferee": "0",
        },
    });
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    answers::of(StatusCode::OK, kind, vars.to_string())
}
