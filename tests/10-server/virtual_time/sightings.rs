//! The hazard states of the whole state machine.
//!
//! They are said in a note, and not counted for the chapter: that takes ten thousand runs of each
//! simulation, and a run here has stores in files.

use super::node::Node;
use api::Error;
use harness::{Action, Cluster, Hazard};
use server::still::Wish;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

const HAZARDS: [Hazard; 10] = [
    Hazard {
        name: "late-expiry",
        sentence: "A deposed leader has found a lease over, and its word comes in another reign.",
    },
    Hazard {
        name: "covered-state",
        sentence: "An image takes the place of a state with leases and users.",
    },
    Hazard {
        name: "old-permission",
        sentence: "A put that was allowed when it was asked is refused when it is carried out.",
    },
    Hazard {
        name: "nameless",
        sentence: "Somebody without a name comes when names have just become necessary.",
    },
    Hazard {
        name: "replay",
        sentence: "A member starts again, and carries out what it had carried out before.",
    },
    Hazard { name: "cut-compaction", sentence: "Power goes while the past is being forgotten." },
    Hazard { name: "removed-host", sentence: "A member is removed while clients wait at it." },
    Hazard { name: "full", sentence: "Something is refused because there is no space." },
    Hazard { name: "ended-lease", sentence: "A lease ends by itself." },
    Hazard {
        name: "rest-taken-back",
        sentence: "A rest that was written down is taken back for a renewal.",
    },
];

/// Is a machine told anything by this? Only then it has news.
pub fn is_step(action: &Action) -> bool {
    match action {
        Action::Tick { .. }
        | Action::Timeout { .. }
        | Action::Deliver { .. }
        | Action::Sync { .. }
        | Action::Work { .. }
        | Action::Command { .. } => true,
        Action::Lose { .. }
        | Action::Crash { .. }
        | Action::Restart { .. }
        | Action::Wipe { .. }
        | Action::Pause { .. }
        | Action::Resume { .. }
        | Action::Cut { .. }
        | Action::Heal
        | Action::Calm { .. } => false,
    }
}

/// The hazard states that the runs of a test have seen.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<BTreeSet<&'static str>>>);

impl Seen {
    fn see(&self, name: &'static str) {
        self.0.lock().expect("nobody panics while holding it").insert(name);
    }

    /// Which of these, in words.
    pub fn words(&self, looked_for: &[&'static str]) -> String {
        let seen = self.0.lock().expect("nobody panics while holding it");
        let missed = HAZARDS.iter().filter(|hazard| looked_for.contains(&hazard.name));
        let missed: Vec<&Hazard> = missed.filter(|hazard| !seen.contains(hazard.name)).collect();
        let count = looked_for.len() - missed.len();
        let words = |hazard: &&Hazard| format!("; not: {}", hazard.sentence);
        let missed: String = missed.iter().map(words).collect();
        format!("saw {count} of {}{missed}", looked_for.len())
    }
}

/// Looks out for hazard states.
#[derive(Default)]
pub struct Watch {
    /// How far each node ever was, and whether it had begun to forget.
    furthest: BTreeMap<usize, u64>,
    compacts: BTreeMap<usize, bool>,
    /// What was asked, and may have been done.
    permitted: BTreeMap<u64, bool>,
}

impl Watch {
    pub fn look(&mut self, cluster: &Cluster<Node>, action: &Action, seen: &Seen) {
        let Some(node) = cluster.actor(action) else { return };
        let Some(machine) = cluster.machine(node) else {
            if self.compacts.remove(&node) == Some(true) {
                seen.see("cut-compaction");
            }
            return;
        };
        if !is_step(action) {
            return;
        }
        let news = machine.news();
        self.permitted.extend(news.asked.iter().copied());
        if news.covered == Some((true, true)) {
            seen.see("covered-state");
        }
        if news.taken_back {
            seen.see("rest-taken-back");
        }
        if !news.applied.is_empty() && machine.has_left() && machine.is_waited_for() {
            seen.see("removed-host");
        }
        let furthest = self.furthest.entry(node).or_default();
        for entry in news.applied.iter().flat_map(|(entries, _)| entries) {
            if entry.at.index.0 <= *furthest {
                seen.see("replay");
            }
            *furthest = entry.at.index.0.max(*furthest);
            let wish = entry.proposal.as_ref().and_then(|proposal| proposal.wish.as_ref());
            let may = entry.number().and_then(|it| self.permitted.get(&it)).copied();
            match (wish, &entry.outcome) {
                (Some(Wish::LeaseIsOver(over)), Some(Err(Error::LeaseNotFound)))
                    if over.reign != entry.at.term.0 =>
                {
                    seen.see("late-expiry");
                }
                (Some(Wish::LeaseIsOver(_)), Some(Ok(_))) => seen.see("ended-lease"),
                (_, Some(Err(Error::NoSpace))) => seen.see("full"),
                (_, Some(Err(Error::UserEmpty))) => seen.see("nameless"),
                (_, Some(Err(Error::AuthOldRevision | Error::PermissionDenied)))
                    if may == Some(true) =>
                {
                    seen.see("old-permission");
                }
                _ => {}
            }
        }
        self.compacts.insert(node, machine.is_forgetting());
    }
}
