//! Asking all other members for what they show of their past, and of which version they are.
//!
//! Owns [`ask_all`] and [`ask_for_versions`]. All are asked at once, and whoever does not answer in
//! time has not answered.
//!
//! Left to others: what the answers mean (`verdict`).

use crate::hashes;
use crate::journal::{Journal, fields};
use crate::lines::hex;
use crate::links::{Question, Reply, Unhashed};
use crate::services::Member;
use crate::verdict::Hashed;
use crate::version::Version;
use api::Revision;
use basics::NodeId;
use futures_util::future::join_all;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::time::timeout;

/// So long another member has to answer.
pub const PATIENCE: Duration = Duration::from_secs(7);

/// The same, if it has nothing to look up.
const SOON: Duration = Duration::from_secs(2);

/// Another member, and what it says.
pub struct Asked {
    /// Which one.
    pub id: u64,
    /// Where it is.
    pub urls: Vec<String>,
    /// What it shows, or why it does not.
    pub answer: Result<Hashed, Silent>,
}

/// Why a member shows nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silent {
    /// What was asked for is not there.
    Without(Unhashed),
    /// It could not be asked, or something failed.
    Failed(String),
}

/// Waits for work, as long as the member is not to stop.
pub fn wait_for<T>(member: &Member, work: impl Future<Output = T>) -> Option<T> {
    let mut stops = member.stop.heard();
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.expect("the system has room for one more").block_on(async {
        tokio::select! {
            done = work => Some(done),
            _ = stops.wait_for(|stops| *stops) => None,
        }
    })
}

/// What this member shows at a revision.
pub fn own(member: &Member, revision: i64) -> Result<Hashed, mvcc::Error> {
    hashes::hash(&member.reader, &member.facts, revision)
}

/// Asks every other member.
pub async fn ask_all(member: &Member, journal: &Journal, revision: i64) -> Vec<Asked> {
    let all = member.links.all();
    let asked = all.iter().map(|(id, link)| async {
        let answer = ask_for_hash(member, *id, revision).await;
        if let Err(why) = &answer {
            let fields = fields![
                "local-member-id": hex(member.signature.id.0),
                "requested-revision": revision,
                "remote-peer-endpoint": link.urls.join(","),
                "error": why.text(),
            ];
            journal.warn("failed hash kv request", fields);
        }
        Asked { id: id.0, urls: link.urls.clone(), answer }
    });
    join_all(asked).await
}

async fn ask_for_hash(member: &Member, of: NodeId, revision: i64) -> Result<Hashed, Silent> {
    let hash = |reply| if let Reply::Hashed(hash) = reply { Some(hash) } else { None };
    let asked = ask(member, of, Question::Hash(revision), PATIENCE, hash).await;
    asked.map_err(Silent::Failed)?.map_err(Silent::Without)
}

/// Asks another member, and waits so long for an answer of the kind that is wanted.
async fn ask<T>(
    member: &Member,
    of: NodeId,
    question: Question,
    patience: Duration,
    wanted: impl FnOnce(Reply) -> Option<T>,
) -> Result<T, String> {
    match timeout(patience, member.links.ask(of, question)).await {
        Ok(Ok(reply)) => wanted(reply).ok_or_else(|| "it answers something else".to_owned()),
        Ok(Err(status)) => Err(status.message().to_owned()),
        Err(_) => Err("it does not answer".to_owned()),
    }
}

/// The sum of all that is there at a revision, here and at every other member that knows it.
pub async fn ask_for_sums(
    member: &Member,
    revision: Revision,
) -> (Option<u64>, Vec<(u64, Option<u64>)>) {
    let own = member.sum(revision).await.ok().flatten();
    let all = member.links.all();
    let asked = all.keys().map(|id| async {
        let sum = |reply| if let Reply::Summed(sum) = reply { Some(sum) } else { None };
        let asked = ask(member, *id, Question::Sum(revision.0), PATIENCE, sum).await;
        // Whoever cannot be asked is asked again soon.
        (id.0, asked.ok().flatten())
    });
    (own, join_all(asked).await)
}

/// Of which version every other member is; or where those are that cannot be asked, and why.
pub async fn ask_for_versions(member: &Member) -> Vec<(u64, Result<Version, String>)> {
    let all = member.links.all();
    let asked = all.keys().map(|id| async {
        let version =
            |reply| if let Reply::Version(version) = reply { Some(version) } else { None };
        (id.0, ask(member, *id, Question::Version, SOON, version).await)
    });
    join_all(asked).await
}

impl Silent {
    /// As people read it.
    pub fn text(&self) -> String {
        match self {
            Silent::Without(Unhashed::Compacted) => api::Error::Compacted.to_string(),
            Silent::Without(Unhashed::Future) => api::Error::FutureRev.to_string(),
            Silent::Failed(why) => why.clone(),
        }
    }
}
