//! What happened in an event, for those who watch a run.

use api::{LeaseId, Revision};
use basics::{Index, Position};
use harness::history::Answer as Told;
use raft::{Change, Payload};
use server::still::{Outcome, Proposal, number};
use std::hash::{Hash, Hasher};

/// Every part of a state, as a number.
pub type Parts = Vec<(&'static str, u64)>;

/// What happened on a member.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// Proposals that were made here, by number, and whether whoever asks may do it, as far as
    /// this member knows.
    pub asked: Vec<(u64, bool)>,
    /// Clients who want to renew a lease.
    pub renewals: Vec<(u64, LeaseId)>,
    /// Entries that were carried out together, and the parts of the state after them.
    pub applied: Vec<(Vec<Entry>, Parts)>,
    /// Another member's state has taken the place of this one's.
    pub installed: bool,
    /// What it has taken the place of: were there leases, and users?
    pub covered: Option<(bool, bool)>,
    /// Leases that were renewed here: for which command, and for how many seconds.
    pub renewed: Vec<(u64, LeaseId, i64)>,
    /// A rest had to be taken back first.
    pub taken_back: bool,
    /// Commands whose clients were told.
    pub told: Vec<(u64, Told)>,
    /// At which revision a read was answered.
    pub revisions: Vec<(u64, Revision)>,
}

/// Answers have no numbers with a point.
impl Eq for News {}

/// It says little of itself: it is gone with the next event.
impl Hash for News {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.told.hash(hasher);
    }
}

/// An entry that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub at: Position,
    /// What it wishes, if it wishes anything.
    pub proposal: Option<Proposal>,
    pub outcome: Option<Outcome>,
}

impl Entry {
    /// One of which nobody knows what becomes of it.
    pub fn new((index, entry): (Index, &replication::Entry<Payload>)) -> Entry {
        let data = match &entry.payload {
            None => None,
            Some(Payload::Data(data)) => Some(data.bytes()),
            Some(Payload::Change(written)) => match written.change() {
                Change::Enter { context, .. } => Some(context.clone()),
                Change::Leave => None,
            },
        };
        let proposal = data.and_then(|data| Proposal::read(data).ok());
        Entry { at: Position { term: entry.term, index }, proposal, outcome: None }
    }

    /// Its number, if somebody is told what becomes of it.
    pub fn number(&self) -> Option<u64> {
        self.proposal.as_ref().and_then(number)
    }
}
