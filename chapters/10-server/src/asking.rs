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
        let answer = ask(member, *id, revision).await;
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

async fn ask(member: &Member, of: NodeId, revision: i64) -> Result<Hashed, Silent> {
    match timeout(PATIENCE, member.links.ask(of, Question::Hash(revision))).await {
        Ok(Ok(Reply::Hashed(answer))) => answer.map_err(Silent::Without),
        Ok(Ok(
            Reply::Renewed(_)
            | Reply::Left(_)
            | Reply::Summed(_)
            | Reply::Version(_)
            | Reply::Hello,
        )) => Err(Silent::Failed("it answers something else".to_owned())),
        Ok(Err(status)) => Err(Silent::Failed(status.message().to_owned())),
        Err(_) => Err(Silent::Failed("it does not answer".to_owned())),
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
        let asked = timeout(PATIENCE, member.links.ask(*id, Question::Sum(revision.0))).await;
        let sum = match asked {
            Ok(Ok(Reply::Summed(sum))) => sum,
            // It is asked again soon.
            Ok(
                Ok(
                    Reply::Renewed(_)
                    | Reply::Left(_)
                    | Reply::Hashed(_)
                    | Reply::Version(_)
                    | Reply::Hello,
                )
                | Err(_),
            )
            | Err(_) => None,
        };
        (id.0, sum)
    });
    (own, join_all(asked).await)
}

/// Of which version every other member is; or where those are that cannot be asked, and why.
pub async fn ask_for_versions(member: &Member) -> Vec<(u64, Result<Version, String>)> {
    let all = member.links.all();
    let asked = all.keys().map(|id| async {
        let asked = timeout(SOON, member.links.ask(*id, Question::Version)).await;
        let version = match asked {
            Ok(Ok(Reply::Version(version))) => Ok(version),
            Ok(Ok(
                Reply::Renewed(_)
                | Reply::Left(_)
                | Reply::Hashed(_)
                | Reply::Summed(_)
                | Reply::Hello,
            )) => Err("it answers something else".to_owned()),
            Ok(Err(status)) => Err(status.message().to_owned()),
            Err(_) => Err("it does not answer".to_owned()),
        };
        (id.0, version)
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
