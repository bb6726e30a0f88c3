//! Every interleaving of three nodes whose membership changes. What a search has exhausted is not
//! sampled, it is known.
//!
//! The state machine carries out entries at once, and the store never syncs. So every restart folds
//! the whole log over the members of the first day.

use crate::node::{SMALL, id};
use crate::store::data;
use basics::{Index, Message, Position, Save, Term};
use bytes::Bytes;
use election::HardState;
use harness::explore::{Bounds, Law, explore};
use harness::{Effects, Input, Machine, Violation, check};
use raft::{Body, Options, Payload, Step, Stored};
use replication::{Answer, Body as Below, Entry, Limits, Span, Write};

/// A node that says aloud what it applies, so that two nodes which never meet are compared all the
/// same.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Loud {
    raft: raft::Node,
    /// What clients may ask for, by the number of the command.
    wishes: Vec<Option<Vec<Step>>>,
}

/// What a loud node says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Said {
    /// To another node.
    Real(Message<Body>),
    /// To nobody: this entry was applied at this index, by a node in this term.
    Applied(Index, Entry<Payload>, Term),
}

/// What all nodes start with.
#[derive(Clone)]
struct Setup {
    /// Of so many nodes, the first found the cluster. The others hold what it was founded with, and
    /// are no members.
    founders: usize,
    /// What clients may ask for: a change, or else some data.
    wishes: Vec<Option<Vec<Step>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Disk {
    hard_state: HardState,
    entries: Vec<Entry<Payload>>,
}

type Kept = Save<Write<Payload>, Body>;

/// Appends carry one entry, and nothing keeps an election from being held.
const OPTIONS: Options = Options {
    replication: replication::Options {
        election: election::Options {
            pre_vote: false,
            check_quorum: false,
            ..SMALL.replication.election
        },
        batch_bytes: 1,
        limits: Some(Limits {
            window_messages: 1,
            window_bytes: 1_000,
            uncommitted_bytes: 1_000,
            unapplied_bytes: 1_000,
        }),
    },
    ..SMALL
};

fn addressed(message: Message<Body>) -> (usize, Said) {
    let to = usize::try_from(message.to.0).expect("a small number") - 1;
    (to, Said::Real(message))
}

impl Loud {
    fn take(&mut self, batch: raft::Batch, draw: u64, effects: &mut Effects<Loud>) {
        effects.now.extend(batch.send_now.into_iter().map(addressed));
        effects.save = batch.save;
        let Some(span) = batch.apply else { return };
        let last = span.last().index;
        let term = self.raft.term();
        for (index, entry) in (span.prev.index.0 + 1..).map(Index).zip(span.entries) {
            effects.now.push((0, Said::Applied(index, entry, term)));
        }
        self.raft.note_applied(last, draw);
    }
}

impl Machine for Loud {
    type Setup = Setup;
    type Message = Said;
    type Save = Kept;
    type Disk = Disk;

    fn blank(setup: &Setup, _: usize) -> Disk {
        let founded = Stored::found((0..setup.founders).map(id));
        Disk { hard_state: founded.hard_state, entries: Vec::new() }
    }

    fn start(setup: &Setup, node: usize, disk: &Disk, draw: u64) -> Loud {
        let founded = Stored::found((0..setup.founders).map(id));
        let log = Span { prev: founded.applied, entries: disk.entries.clone() }.into();
        let stored = Stored { hard_state: disk.hard_state, log, ..founded };
        let raft = raft::Node::new(id(node), OPTIONS, stored, draw);
        Loud {
            raft: raft.expect("the log begins where the store ends"),
            wishes: setup.wishes.clone(),
        }
    }

    fn step(&mut self, input: Input<Loud>, draw: u64) -> Effects<Loud> {
        let mut effects = Effects::default();
        match input {
            Input::Tick | Input::Work => {}
            Input::Timeout => self.raft.stand(draw),
            Input::Command(number) => {
                let place = usize::try_from(number).expect("a small number") - 1;
                match self.wishes[place].clone() {
                    Some(steps) => {
                        let _ = self.raft.change(steps, Bytes::new(), draw);
                    }
                    None => {
                        let _ = self.raft.propose(data(number));
                    }
                }
            }
            Input::Message { message: Said::Real(message), .. } => {
                let _ = self.raft.receive(message, draw);
            }
            Input::Message { message: Said::Applied(..), .. } => return effects,
            Input::Synced(save) => {
                let (synced, messages) = save.synced();
                effects.now.extend(messages.into_iter().map(addressed));
                self.raft.persisted(synced, draw);
            }
        }
        while effects.save.is_none()
            && let Some(batch) = self.raft.ready()
        {
            self.take(batch, draw, &mut effects);
        }
        effects
    }

    fn write(disk: &mut Disk, save: &Kept) {
        let Write { hard_state, entries, .. } = save.content();
        disk.hard_state = hard_state.unwrap_or(disk.hard_state);
        if let Some(span) = entries {
            let kept = usize::try_from(span.prev.index.0 - 1).expect("a short log");
            disk.entries.truncate(kept);
            disk.entries.extend(span.entries.iter().cloned());
        }
    }

    fn waiting(save: &Kept) -> Vec<(usize, Said)> {
        save.clone().synced().1.into_iter().map(addressed).collect()
    }

    fn label(message: &Said) -> String {
        match message {
            Said::Real(message) => message.to_string(),
            Said::Applied(index, entry, _) => format!("applies {}:{index}", entry.term.0),
        }
    }

    fn status(&self) -> String {
        let leads = if self.raft.leads() { "leads" } else { "in" };
        format!("{leads} {}, by {}", self.raft.term(), self.raft.configuration())
    }

    fn fields(&self) -> Vec<(String, String)> {
        let status = self.raft.status();
        vec![
            ("role".to_owned(), status.role.to_string()),
            ("term".to_owned(), status.term.to_string()),
            ("members".to_owned(), status.configuration.to_string()),
            ("log".to_owned(), status.last.to_string()),
            ("commit".to_owned(), status.commit.to_string()),
        ]
    }
}

/// The search goes no further than this term, and this entry.
struct Rules(Term, Index);

impl Law<Loud> for Rules {
    fn matters(&self, message: &Said) -> bool {
        let Said::Real(message) = message else { return true };
        let heard = Below::Election(election::Body::HeartbeatAnswer);
        message.body != Body::Replication(heard)
    }

    fn within(&self, machine: &Loud) -> bool {
        machine.raft.term() <= self.0 && machine.raft.log().last().index <= self.1
    }

    fn node(&self, node: usize, machine: &Loud) -> Result<(), Violation> {
        let (log, commit) = (machine.raft.log(), machine.raft.replica().commit());
        let is_change = |index: &u64| {
            let payload = log.get(Index(*index)).and_then(|entry| entry.payload.as_ref());
            matches!(payload, Some(Payload::Change(_)))
        };
        // Of a follower, more may be committed than it knows.
        let open = (commit.0 + 1..=log.last().index.0).filter(is_change).count();
        if machine.raft.leads() && open > 1 {
            let text = format!("n{} leads, and {open} of its changes are open", node + 1);
            return Err(Violation::new("One Change At A Time", text));
        }
        Ok(())
    }

    fn sent(&self, from: usize, disk: &Disk, message: &Said) -> Result<(), Violation> {
        let (index, term) = match message {
            Said::Applied(index, ..) => (*index, Term::ZERO),
            Said::Real(Message {
                term,
                body: Body::Replication(Below::Answer(Answer::Accepted { matched })),
                ..
            }) if disk.hard_state.term <= *term => (*matched, *term),
            Said::Real(_) => return Ok(()),
        };
        // The first entry on disk is entry 2.
        if disk.entries.len() as u64 + 1 >= index.0 && disk.hard_state.term >= term {
            return Ok(());
        }
        let text = format!("n{} speaks of entry {index}, and has it not on disk", from + 1);
        Err(Violation::new("Saved Before Sent", text))
    }

    fn together(
        &self,
        (one, this): (usize, &Said),
        (other, that): (usize, &Said),
    ) -> Result<(), Violation> {
        match (this, that) {
            (Said::Applied(at, entry, _), Said::Applied(there, rival, _)) => {
                if at != there || entry == rival {
                    return Ok(());
                }
                let text = format!("n{} and n{} apply different entries {at}", one + 1, other + 1);
                Err(Violation::new("State Machine Safety", text))
            }
            (Said::Applied(at, entry, term), Said::Real(append))
            | (Said::Real(append), Said::Applied(at, entry, term)) => {
                led_by_holder(*at, entry, *term, append)
            }
            (Said::Real(one), Said::Real(other)) => one_leader(one, other),
        }
    }
}

/// Two nodes never send appends of one term.
fn one_leader(one: &Message<Body>, other: &Message<Body>) -> Result<(), Violation> {
    let leads =
        |message: &Message<Body>| matches!(message.body, Body::Replication(Below::Append { .. }));
    if one.term != other.term || one.from == other.from || !leads(one) || !leads(other) {
        return Ok(());
    }
    let text = format!("{} and {} both lead {}", one.from, other.from, one.term);
    Err(Violation::new("Election Safety", text))
}

/// A leader of a later term than the one in which an entry was applied has that entry.
fn led_by_holder(
    at: Index,
    entry: &Entry<Payload>,
    term: Term,
    message: &Message<Body>,
) -> Result<(), Violation> {
    let Body::Replication(Below::Append { span, .. }) = &message.body else { return Ok(()) };
    let indexes = (span.prev.index.0 + 1..).map(Index);
    let positions = indexes.zip(&span.entries);
    let positions = positions.map(|(index, entry)| Position { term: entry.term, index });
    let differs = std::iter::once(span.prev)
        .chain(positions)
        .any(|it| it.index == at && it.term != entry.term);
    if message.term <= term || !differs {
        return Ok(());
    }
    let text =
        format!("{} leads {} without entry {at}, applied in {term}", message.from, message.term);
    Err(Violation::new("Leader Completeness", text))
}

struct Reach {
    term: u64,
    last: u64,
    timeouts: u8,
    restarts: u8,
}

fn search(founders: usize, wishes: Vec<Option<Vec<Step>>>, reach: Reach) {
    let commands = u8::try_from(wishes.len()).expect("a few");
    let setup = Setup { founders, wishes };
    let Reach { term, last, timeouts, restarts } = reach;
    // Enough for the solution. A program with more states of its own is searched up to here.
    let bounds = Bounds { nodes: 3, timeouts, restarts, commands, states: 8_000_000 };
    explore::<Loud>(&setup, bounds, &Rules(Term(term), Index(last)));
}

#[test]
fn from_two_to_three() {
    check(|| {
        let wishes = vec![Some(vec![Step::Voter(id(2))])];
        search(2, wishes, Reach { term: 4, last: 3, timeouts: 3, restarts: 0 });
    });
}

#[test]
fn from_three_to_two() {
    check(|| {
        let wishes = vec![Some(vec![Step::Remove(id(2))])];
        search(3, wishes, Reach { term: 2, last: 4, timeouts: 1, restarts: 2 });
    });
}

#[test]
fn a_leader_that_leaves() {
    check(|| {
        let wishes = vec![Some(vec![Step::Remove(id(0))])];
        search(3, wishes, Reach { term: 2, last: 4, timeouts: 1, restarts: 2 });
    });
}

#[test]
fn there_and_back() {
    check(|| {
        let wishes = vec![Some(vec![Step::Voter(id(2))]), Some(vec![Step::Remove(id(1))])];
        search(2, wishes, Reach { term: 3, last: 4, timeouts: 1, restarts: 2 });
    });
}

#[test]
fn one_for_another() {
    check(|| {
        let steps = vec![Step::Voter(id(2)), Step::Remove(id(0))];
        search(2, vec![Some(steps)], Reach { term: 3, last: 4, timeouts: 2, restarts: 0 });
    });
}
