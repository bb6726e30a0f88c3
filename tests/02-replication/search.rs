//! Every interleaving of three nodes with short logs. What a search has exhausted is not sampled,
//! it is known.

use crate::node::{Disk, LIMITS, Node, Op, SMALL, Setup, indexed};
use basics::{Index, Message, Position, Save, Term};
use harness::explore::{Bounds, Law, explore};
use harness::{Effects, Input, Machine, Violation, check};
use replication::{Answer, Body, Entry, Limits, Options, Write};

/// A node that says aloud what it applies. The search asks about messages, so that two nodes which
/// never meet are compared all the same.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Loud(Node);

/// What a loud node says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Said {
    /// To another node.
    Real(Message<Body<Op>>),
    /// To nobody: this entry was applied at this index, by a node in this term.
    Applied(Index, Entry<Op>, Term),
}

/// A save of a loud node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kept(Save<Write<Op>, Body<Op>>);

impl Machine for Loud {
    type Setup = Setup;
    type Message = Said;
    type Save = Kept;
    type Disk = Disk;

    fn blank(setup: &Setup, node: usize) -> Disk {
        Node::blank(setup, node)
    }

    fn start(setup: &Setup, node: usize, disk: &Disk, draw: u64) -> Loud {
        Loud(Node::start(setup, node, disk, draw))
    }

    fn step(&mut self, input: Input<Loud>, draw: u64) -> Effects<Loud> {
        let before = self.0.applied().len();
        let input = match input {
            Input::Tick => Input::Tick,
            Input::Timeout => Input::Timeout,
            Input::Work => Input::Work,
            Input::Command(number) => Input::Command(number),
            Input::Synced(save) => Input::Synced(save.0),
            Input::Message { from, message: Said::Real(message) } => {
                Input::Message { from, message }
            }
            Input::Message { message: Said::Applied(..), .. } => return Effects::default(),
        };
        let Effects { now, save, .. } = self.0.step(input, draw);
        let mut now: Vec<_> =
            now.into_iter().map(|(to, message)| (to, Said::Real(message))).collect();
        let term = self.0.term();
        let applied = (1..).zip(self.0.applied()).skip(before);
        now.extend(
            applied.map(|(index, entry)| (0, Said::Applied(Index(index), entry.clone(), term))),
        );
        Effects { now, save: save.map(Kept), ..Effects::default() }
    }

    fn write(disk: &mut Disk, save: &Kept) {
        Node::write(disk, &save.0);
    }

    fn waiting(save: &Kept) -> Vec<(usize, Said)> {
        let messages = Node::waiting(&save.0).into_iter();
        messages.map(|(to, message)| (to, Said::Real(message))).collect()
    }

    fn label(message: &Said) -> String {
        match message {
            Said::Real(message) => Node::label(message),
            Said::Applied(index, entry, _) => format!("applies {}:{index}", entry.term.0),
        }
    }

    fn wish(command: u64) -> String {
        Node::wish(command)
    }

    fn status(&self) -> String {
        self.0.status()
    }

    fn fields(&self) -> Vec<(String, String)> {
        self.0.fields()
    }
}

/// The search goes no further than this term.
struct Rules(Term);

impl Law<Loud> for Rules {
    fn matters(&self, message: &Said) -> bool {
        match message {
            Said::Real(message) => message.body != Body::Election(election::Body::HeartbeatAnswer),
            Said::Applied(..) => true,
        }
    }

    fn within(&self, machine: &Loud) -> bool {
        machine.0.term() <= self.0 && machine.0.replica().log().last().index <= Index(3)
    }

    fn node(&self, node: usize, machine: &Loud) -> Result<(), Violation> {
        let replica = machine.0.replica();
        if replica.commit() <= replica.log().last().index {
            return Ok(());
        }
        let text = format!("n{} has committed more than its log holds", node + 1);
        Err(Violation::new("Commit Never Falls", text))
    }

    fn sent(&self, from: usize, disk: &Disk, message: &Said) -> Result<(), Violation> {
        match message {
            Said::Real(Message {
                term, body: Body::Answer(Answer::Accepted { matched }), ..
            }) => {
                let held = disk.entries.len() as u64 >= matched.0 && disk.hard_state.term >= *term;
                if held || disk.hard_state.term > *term {
                    return Ok(());
                }
                let text = format!("n{} says it holds {matched}, its disk does not", from + 1);
                Err(Violation::new("Saved Before Sent", text))
            }
            Said::Real(_) => Ok(()),
            Said::Applied(index, entry, _) => {
                let place = usize::try_from(index.0).expect("a short log") - 1;
                if disk.entries.get(place) == Some(entry) {
                    return Ok(());
                }
                let text = format!("n{} applies {index}, and has it not on disk", from + 1);
                Err(Violation::new("Saved Before Applied", text))
            }
        }
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
            (Said::Real(_), Said::Real(_)) => Ok(()),
        }
    }
}

/// A leader of a later term than the one in which an entry was applied has that entry.
fn led_by_holder(
    at: Index,
    entry: &Entry<Op>,
    term: Term,
    message: &Message<Body<Op>>,
) -> Result<(), Violation> {
    let Body::Append { span, .. } = &message.body else { return Ok(()) };
    let mut positions = std::iter::once(span.prev)
        .chain(indexed(span).map(|(index, entry)| Position { term: entry.term, index }));
    let differs = positions.any(|it| it.index == at && it.term != entry.term);
    if message.term <= term || !differs {
        return Ok(());
    }
    let text =
        format!("{} leads {} without entry {at}, applied in {term}", message.from, message.term);
    Err(Violation::new("Leader Completeness", text))
}

/// Searches all runs to this term, from these disks. Appends carry one entry, and no log grows past
/// its third.
fn search(disks: &[Disk], last_term: u64, timeouts: u8, restarts: u8, commands: u8) {
    let limits = Some(Limits { window_messages: 1, ..LIMITS });
    let options = Options { batch_bytes: 1, limits, ..SMALL };
    let setup = Setup { options, disks: disks.to_vec(), clients: false };
    // The solution has at most 5.1 million. A program with more states of its own is searched up to
    // here, and not blamed for them.
    let bounds = Bounds { nodes: disks.len(), timeouts, restarts, commands, states: 8_000_000 };
    explore::<Loud>(&setup, bounds, &Rules(Term(last_term)));
}

#[test]
fn a_leader_with_two_commands_and_a_restart() {
    check(|| search(&vec![Disk::with(0, &[]); 3], 1, 1, 1, 2));
}

#[test]
fn two_leaders_from_nothing() {
    check(|| search(&vec![Disk::with(0, &[]); 3], 2, 2, 0, 0));
}

#[test]
fn a_tail_that_nobody_else_has() {
    check(|| {
        let disks = [Disk::with(2, &[1, 2]), Disk::with(2, &[1]), Disk::with(2, &[1])];
        search(&disks, 4, 2, 0, 0);
    });
}

#[test]
fn figure_8_and_all_around_it() {
    check(|| {
        let disks = [Disk::with(3, &[1, 2]), Disk::with(3, &[1]), Disk::with(3, &[1, 3])];
        search(&disks, 5, 2, 0, 0);
    });
}
