//! The list of members, with names and addresses.
//!
//! Owns [`Roster`], one value that the state swaps, its rows, which are etcd's, and what may be
//! done to it. By whom the cluster decides, raft's configuration says; who that is, this.
//!
//! Invariants:
//! - A member that was removed never comes back under its number.
//! - No address belongs to two members.
//!
//! Left to others: when a change is proposed (`services`), and carried out (`state`).

use api::Error;
use basics::NodeId;
use bytes::Bytes;
use raft::Members;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The bucket of members.
pub const MEMBERS: &str = "members";
/// The bucket of those that were removed.
pub const REMOVED: &str = "members_removed";

/// What is written of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    id: u64,
    /// Where other members find it.
    #[serde(rename = "peerURLs", default)]
    pub peer_urls: Vec<String>,
    /// It has no vote.
    #[serde(rename = "isLearner", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_learner: bool,
    /// What people call it. It is empty until the member has started.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where clients find it.
    #[serde(rename = "clientURLs", default, skip_serializing_if = "Vec::is_empty")]
    pub client_urls: Vec<String>,
}

impl Entry {
    /// Does the cluster know the member by this name, and that clients find it there?
    pub fn is_called(&self, name: &str, client_urls: &[String]) -> bool {
        self.name == name && self.client_urls == client_urls
    }
}

/// All members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    members: BTreeMap<NodeId, Entry>,
    removed: BTreeSet<NodeId>,
}

/// A row: the bucket, the key, and what is under it from now on.
pub type Row = (&'static str, Bytes, Option<Bytes>);

/// A roster that is changed, and the rows of it.
pub type Changed = (Roster, Vec<Row>);

impl Roster {
    /// The founders of a cluster: who, what each is called, and where the others find it.
    pub fn of_founders(all: impl IntoIterator<Item = (NodeId, String, Vec<String>)>) -> Roster {
        let entry = |(id, name, peer_urls): (NodeId, String, Vec<String>)| {
            (id, Entry { id: id.0, peer_urls, name, ..Entry::default() })
        };
        Roster { members: all.into_iter().map(entry).collect(), removed: BTreeSet::new() }
    }

    /// Its rows, if nobody was removed.
    pub fn rows(&self) -> Vec<Row> {
        self.members.iter().map(|(id, entry)| row(*id, entry)).collect()
    }

    /// The one in these rows of both buckets. What is no member is passed over.
    pub fn load(
        members: impl IntoIterator<Item = (Bytes, Bytes)>,
        removed: impl IntoIterator<Item = Bytes>,
    ) -> Roster {
        let entry = |(_, value): (Bytes, Bytes)| serde_json::from_slice::<Entry>(&value).ok();
        let members = members.into_iter().filter_map(entry);
        let number = |key: Bytes| {
            let text = std::str::from_utf8(&key).ok()?;
            u64::from_str_radix(text, 16).ok().map(NodeId)
        };
        Roster {
            members: members.map(|entry| (NodeId(entry.id), entry)).collect(),
            removed: removed.into_iter().filter_map(number).collect(),
        }
    }

    /// Was it a member, and is none any more?
    pub fn is_removed(&self, id: NodeId) -> bool {
        self.removed.contains(&id)
    }

    /// All of them, as etcd's members tell each other.
    pub fn json(&self) -> String {
        let all: Vec<&Entry> = self.members.values().collect();
        serde_json::to_string(&all).expect("it has nothing that JSON has not")
    }

    /// Those of [`Roster::json`]; none if it is something else.
    pub fn of_json(text: &[u8]) -> Option<Roster> {
        let all: Vec<Entry> = serde_json::from_slice(text).ok()?;
        let members = all.into_iter().map(|entry| (NodeId(entry.id), entry)).collect();
        Some(Roster { members, removed: BTreeSet::new() })
    }

    /// A member.
    pub fn get(&self, id: NodeId) -> Option<&Entry> {
        self.members.get(&id)
    }

    /// All of them, by their numbers.
    pub fn list(&self) -> Vec<api::Member> {
        let member = |(id, entry): (&NodeId, &Entry)| {
            let Entry { peer_urls, is_learner, name, client_urls, .. } = entry.clone();
            api::Member { id: id.0, name, peer_urls, client_urls, is_learner }
        };
        self.members.iter().map(member).collect()
    }

    /// Who votes and who does not.
    pub fn members(&self) -> Members {
        let (learners, voters) =
            self.members.iter().partition::<Vec<_>, _>(|(_, entry)| entry.is_learner);
        let ids =
            |all: Vec<(&NodeId, &Entry)>| all.into_iter().map(|(id, _)| *id).collect::<Vec<_>>();
        Members::new(ids(voters), ids(learners))
    }

    /// May a member come?
    pub fn can_add(
        &self,
        id: NodeId,
        peer_urls: &[String],
        is_learner: bool,
        most_learners: usize,
    ) -> Result<(), Error> {
        if self.removed.contains(&id) {
            return Err(Error::MemberNotFound);
        }
        if self.members.contains_key(&id) {
            return Err(Error::MemberExist);
        }
        self.are_free(peer_urls, None)?;
        let learners = self.members.values().filter(|entry| entry.is_learner).count();
        if is_learner && learners >= most_learners {
            return Err(Error::TooManyLearners);
        }
        Ok(())
    }

    /// Is there this member?
    pub fn find(&self, id: NodeId) -> Result<&Entry, Error> {
        self.get(id).ok_or(Error::MemberNotFound)
    }

    /// Does nobody else have any of these addresses?
    fn are_free(&self, peer_urls: &[String], but: Option<NodeId>) -> Result<(), Error> {
        let mut others = self.members.iter().filter(|(id, _)| Some(**id) != but);
        let is_taken =
            others.any(|(_, entry)| entry.peer_urls.iter().any(|url| peer_urls.contains(url)));
        if is_taken { Err(Error::PeerURLExist) } else { Ok(()) }
    }

    /// Would enough of the voters have started, if this many voted, of whom this many have? One
    /// that has started may be joined by a second.
    fn is_enough(started: usize, voters: usize) -> Result<(), Error> {
        if started > voters / 2 { Ok(()) } else { Err(Error::MemberNotEnoughStarted) }
    }

    /// Would enough have started if a member came that votes?
    pub fn can_grow(&self) -> Result<(), Error> {
        let (started, voters) = self.started(None);
        if started == 1 && voters == 1 {
            return Ok(());
        }
        Roster::is_enough(started, voters + 1)
    }

    /// Would enough have started if a learner voted? It has started, for it has all that there is.
    pub fn can_promote(&self) -> Result<(), Error> {
        let (started, voters) = self.started(None);
        Roster::is_enough(started + 1, voters + 1)
    }

    /// Would enough have started if this member went?
    pub fn can_shrink(&self, id: NodeId) -> Result<(), Error> {
        if self.find(id)?.is_learner {
            return Ok(());
        }
        let (started, voters) = self.started(Some(id));
        Roster::is_enough(started, voters)
    }

    /// How many voters have started, and how many there are, without this one.
    fn started(&self, without: Option<NodeId>) -> (usize, usize) {
        let voters = || {
            let others = self.members.iter().filter(move |(id, _)| Some(**id) != without);
            others.filter(|(_, entry)| !entry.is_learner)
        };
        (voters().filter(|(_, entry)| !entry.name.is_empty()).count(), voters().count())
    }

    /// A member comes.
    pub fn add(&self, id: NodeId, peer_urls: Vec<String>, is_learner: bool) -> Changed {
        let entry = Entry { id: id.0, peer_urls, is_learner, ..Entry::default() };
        self.with(id, entry)
    }

    /// A learner gets a vote.
    pub fn promote(&self, id: NodeId) -> Result<Changed, Error> {
        let entry = self.find(id)?;
        if !entry.is_learner {
            return Err(Error::MemberNotLearner);
        }
        Ok(self.with(id, Entry { is_learner: false, ..entry.clone() }))
    }

    /// A member is found elsewhere.
    pub fn update(&self, id: NodeId, peer_urls: Vec<String>) -> Result<Changed, Error> {
        let entry = self.find(id)?;
        self.are_free(&peer_urls, Some(id))?;
        Ok(self.with(id, Entry { peer_urls, ..entry.clone() }))
    }

    /// A member has started.
    pub fn publish(&self, id: NodeId, name: String, client_urls: Vec<String>) -> Option<Changed> {
        let entry = self.get(id)?;
        Some(self.with(id, Entry { name, client_urls, ..entry.clone() }))
    }

    /// A member goes.
    pub fn remove(&self, id: NodeId) -> Result<Changed, Error> {
        self.find(id)?;
        let mut next = self.clone();
        next.members.remove(&id);
        next.removed.insert(id);
        let rows = vec![
            (MEMBERS, key(id), None),
            (REMOVED, key(id), Some(Bytes::from_static(b"removed"))),
        ];
        Ok((next, rows))
    }

    fn with(&self, id: NodeId, entry: Entry) -> Changed {
        let rows = vec![row(id, &entry)];
        let mut next = self.clone();
        next.members.insert(id, entry);
        (next, rows)
    }
}

fn row(id: NodeId, entry: &Entry) -> Row {
    let value = serde_json::to_vec(entry).expect("it has nothing that JSON has not");
    (MEMBERS, key(id), Some(value.into()))
}

fn key(id: NodeId) -> Bytes {
    format!("{:x}", id.0).into()
}
