//! Whether the member is well, for those who start, stop and ask members.
//!
//! Owns `/health`, which is one answer, and `/livez` and `/readyz`, which are lists of checks that
//! can be asked for one by one.

use super::answers::{self, TEXT};
use super::vars::is_learner;
use crate::services::Member;
use api::{AlarmType, RangeRequest};
use http::{Response, StatusCode};
use serde_json::json;
use tonic::Status;
use tonic::body::Body;

/// What of a page is to be looked at, or left out.
#[derive(Default)]
pub struct Query {
    /// These are left out.
    pub exclude: Vec<String>,
    /// The member alone is looked at, not what others say.
    pub serializable: bool,
    /// Each check is to be named.
    pub verbose: bool,
}

impl Query {
    /// What the part of an address behind its question mark says.
    pub fn read(query: &str) -> Query {
        let mut found = Query::default();
        for pair in query.split('&') {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("exclude", name) => found.exclude.push(name.to_owned()),
                ("serializable", value) => found.serializable = value == "true",
                ("verbose", _) => found.verbose = true,
                (_, _) => {}
            }
        }
        found
    }

    fn excludes(&self, name: &str) -> bool {
        self.exclude.iter().any(|excluded| excluded == name)
    }
}

/// `/health`.
pub async fn health(member: &Member, query: &Query) -> Response<Body> {
    let reason = sickness(member, query).await;
    let is_well = reason.is_none();
    let counted = &member.facts.metrics.health;
    if is_well {
        counted.successes.add(1)
    } else {
        counted.failures.add(1)
    }
    let reason = reason.unwrap_or_default();
    // By hand, since the order of the two is etcd's.
    let body = format!(r#"{{"health":"{is_well}","reason":{}}}"#, json!(reason));
    if is_well {
        return answers::of(StatusCode::OK, TEXT, body);
    }
    answers::plain(StatusCode::SERVICE_UNAVAILABLE, body + "\n")
}

/// What the member suffers from.
async fn sickness(member: &Member, query: &Query) -> Option<String> {
    for alarm in member.facts.alarms.get().iter() {
        let name = match AlarmType::try_from(alarm.alarm) {
            Ok(AlarmType::Nospace) => "NOSPACE",
            Ok(AlarmType::Corrupt) => "CORRUPT",
            Ok(AlarmType::None) | Err(_) => "UNKNOWN",
        };
        if !query.excludes(name) {
            return Some(format!("ALARM {name}"));
        }
    }
    if !query.serializable && member.facts.progress.get().leader.is_none() {
        return Some("RAFT NO LEADER".to_owned());
    }
    let linearizable = !query.serializable && !is_learner(member);
    let read = read(member, linearizable).await.err()?;
    Some(format!("RANGE ERROR:{}", read.message()))
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    DataCorruption,
    SerializableRead,
    LinearizableRead,
    NonLearner,
}

/// Those that say whether the member should be left running.
const LIVE: &[Check] = &[Check::SerializableRead];
/// Those that say whether requests should be sent to it.
const READY: &[Check] =
    &[Check::DataCorruption, Check::SerializableRead, Check::LinearizableRead, Check::NonLearner];

impl Check {
    fn name(self) -> &'static str {
        match self {
            Check::DataCorruption => "data_corruption",
            Check::SerializableRead => "serializable_read",
            Check::LinearizableRead => "linearizable_read",
            Check::NonLearner => "non_learner",
        }
    }

    async fn run(self, member: &Member) -> Result<(), String> {
        let failed = |status: Status| status.message().to_owned();
        match self {
            Check::DataCorruption if member.facts.alarms.get().has(AlarmType::Corrupt) => {
                Err("alarm activated: CORRUPT".to_owned())
            }
            Check::SerializableRead => read(member, false).await.map_err(failed),
            Check::LinearizableRead => read(member, true).await.map_err(failed),
            Check::NonLearner if is_learner(member) => Err("not supported for learner".to_owned()),
            Check::DataCorruption | Check::NonLearner => Ok(()),
        }
    }
}

/// `/livez` or `/readyz`, or one of their checks; none if there is no such page.
pub async fn checks(member: &Member, path: &str, query: &Query) -> Option<Response<Body>> {
    let mut steps = path.splitn(3, '/').skip(1);
    let (page, all) = match steps.next()? {
        "livez" => ("livez", LIVE),
        "readyz" => ("readyz", READY),
        _ => return None,
    };
    let one = steps.next();
    let mut lines = String::new();
    let (mut all_well, mut found) = (true, one.is_none());
    for check in all {
        let name = check.name();
        match one {
            Some(one) if one != name => continue,
            Some(_) => found = true,
            None if query.excludes(name) => continue,
            None => {}
        }
        let outcome = check.run(member).await;
        member.facts.metrics.health.note(page, name, outcome.is_ok());
        match outcome {
            Ok(()) => lines += &format!("[+]{name} ok\n"),
            Err(why) => {
                all_well = false;
                lines += &format!("[-]{name} failed: {why}\n");
            }
        }
    }
    if !found {
        return None;
    }
    Some(match (all_well, query.verbose) {
        (true, true) => answers::plain(StatusCode::OK, lines + "ok\n"),
        (true, false) => answers::plain(StatusCode::OK, "ok\n"),
        (false, _) => answers::plain(StatusCode::SERVICE_UNAVAILABLE, lines + "\n"),
    })
}

/// Reads a key, whichever comes first.
async fn read(member: &Member, linearizable: bool) -> Result<(), Status> {
    if linearizable {
        member.catch_up().await?;
    }
    let (key, range_end) = (vec![0].into(), vec![0].into());
    let first =
        RangeRequest { key, range_end, limit: 1, keys_only: true, ..RangeRequest::default() };
    match member.reader.view().range(&first) {
        Ok(_) => Ok(()),
        Err(mvcc::Error::Refused(error)) => Err(error.into()),
        Err(broken) => Err(Status::internal(broken.to_string())),
    }
}
