//! Every interleaving of a small cluster, breadth first.
//!
//! Owns the search: [`explore`] visits all states that a few nodes can reach within [`Bounds`], and
//! asks a [`Law`] about each. Because it goes breadth first, the run that it reports is a shortest
//! one.
//!
//! Messages are never removed. A message that has been sent may arrive in any later state, once,
//! twice or not at all, before or after any other: so loss, delay, reordering and duplication need
//! no events of their own. What is left are five events: a timer fires, a message arrives, a save
//! is synced, power goes and comes back, a client wants something. (A node that is down for a while
//! is a node that nothing happens to for a while.)
//!
//! While a node waits for its disk, the others stand still, and it alone goes on: it may receive,
//! time out, crash, or hear from the disk, as long as that asks for no second save. What the others
//! could do meanwhile they can do before or after, unless they answer to something that left the
//! node early.
//!
//! The learner's code runs rarely. Node states and messages are interned, and what an event does to
//! a node is remembered; after a while the search only combines what it knows. A sample of calls is
//! made twice, to catch code that keeps a secret.
//!
//! Invariants: a state is expanded once; equal states have equal fingerprints. Two different states
//! with one 64-bit fingerprint would be taken for one: in a search of ten million, that happens
//! once in 370,000 searches.
//!
//! Left to others: ticks (a timer fires whenever it likes), background work and answers to clients,
//! liveness, and big clusters.

mod memory;
mod nodes;
mod search;
mod table;

use crate::action::Action;
use crate::check::{note, wrong};
use crate::cluster::{Cluster, Packet};
use crate::machine::Machine;
use crate::property::Violation;
use crate::report::Failure;
use memory::Event;
use nodes::Nodes;
use search::Search;

/// How far a search goes. Numbers of events and states, never time.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Nodes.
    pub nodes: usize,
    /// How many timers may fire in a run.
    pub timeouts: u8,
    /// How often power may go and come back in a run.
    pub restarts: u8,
    /// How many commands clients may give in a run, up to eight; they are numbered from 1.
    pub commands: u8,
    /// The search gives up after so many states, and says so.
    pub states: usize,
}

/// What must hold of every reachable state. Each question is about one node, one message or two
/// messages, so that its answer can be remembered.
pub trait Law<M: Machine> {
    /// Can this message change anything? Those that cannot are left out of the search.
    fn matters(&self, message: &M::Message) -> bool;

    /// Is this node still within the bounds of the search? Steps that leave them are not taken.
    fn within(&self, machine: &M) -> bool;

    /// May a node be in this state?
    fn node(&self, node: usize, machine: &M) -> Result<(), Violation>;

    /// May this message leave a node whose disk holds this?
    fn sent(&self, from: usize, disk: &M::Disk, message: &M::Message) -> Result<(), Violation>;

    /// May both of these have been sent in one run? Each with its sender.
    fn together(
        &self,
        one: (usize, &M::Message),
        other: (usize, &M::Message),
    ) -> Result<(), Violation>;
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Different states.
    pub states: usize,
    /// Events that were tried and changed something.
    pub transitions: u64,
    /// Events in the longest of the shortest runs.
    pub depth: usize,
    /// Every state within the bounds was visited.
    pub exhausted: bool,
    /// Bytes that the search held for its states when it ended.
    pub bytes: usize,
}

/// Visits every state within the bounds. If one breaks the law, the test ends with the shortest run
/// that leads to it.
pub fn explore<M: Machine>(setup: &M::Setup, bounds: Bounds, law: &impl Law<M>) -> Found {
    let mut nodes = Nodes::new(setup, bounds.nodes, law);
    match Search::new(bounds, &mut nodes).run() {
        Ok(found) => {
            let end = if found.exhausted { "exhausted" } else { "and more" };
            note(format!(
                "{} states, {} transitions, depth {}, {end}",
                found.states, found.transitions, found.depth
            ));
            found
        }
        Err(stop) => explain(setup, &nodes, stop.events, stop.violation),
    }
}

/// Does the run again, as a script, and ends the test with it.
fn explain<M: Machine, L: Law<M>>(
    setup: &M::Setup,
    nodes: &Nodes<'_, M, L>,
    events: Vec<Event>,
    violation: Option<Violation>,
) -> ! {
    let mut cluster = Cluster::<M>::new(setup.clone(), nodes.size());
    for (time, event) in (1..).zip(events) {
        cluster.set_time(time);
        for action in actions(&cluster, nodes, event) {
            let done = cluster.apply(action);
            assert!(done, "the search and the cluster disagree about what can happen");
        }
    }
    let Some(Violation { invariant, message }) = violation else {
        panic!("The same call panicked once and did not the next time.");
    };
    wrong(Failure { message, invariant: Some(invariant), ..Failure::default() });
}

fn actions<M: Machine, L: Law<M>>(
    cluster: &Cluster<M>,
    nodes: &Nodes<'_, M, L>,
    event: Event,
) -> Vec<Action> {
    let draw = 0;
    match event {
        Event::Command(node, number) => {
            let command = u64::from(number) + 1;
            vec![Action::Command { node: node.into(), command, draw }]
        }
        Event::Timeout(node) => vec![Action::Timeout { node: node.into(), draw }],
        Event::Sync(node) => vec![Action::Sync { node: node.into(), draw }],
        Event::Cycle(node) => {
            let node = node.into();
            vec![Action::Crash { node, kept: 0 }, Action::Restart { node, draw }]
        }
        Event::Deliver(message) => {
            let (from, to, said) = nodes.sent(message);
            let is_it = |packet: &Packet<M>| {
                (packet.from, packet.to, &packet.message) == (*from, *to, said)
            };
            let packet = cluster.packets().iter().rposition(is_it);
            vec![Action::Deliver { packet: packet.expect("it was sent before"), draw }]
        }
    }
}
