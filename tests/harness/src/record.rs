//! A list of actions, done again and written down for a person.
//!
//! Owns the way from actions to a [`Trace`]. It repeats the run on a new cluster and looks at each
//! node before and after; the run itself carries no such cost. Ticks that bring nothing are counted
//! and shown with the next step of their node.
//!
//! It repeats runs that panicked and that hung, so it catches the first and leaves out the last
//! action of the second.
//!
//! A cluster that reports are about begins here as well: [`Cluster::new`] tells the flight recorder
//! how its actions become a trace.

use crate::action::{Action, Timed};
use crate::cluster::Cluster;
use crate::flight::{self, Ending, Origin};
use crate::machine::Machine;
use crate::printed::Printed;
use crate::report::{Event, Sent, Step, Trace};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

impl<M: Machine> Cluster<M> {
    /// A cluster of `nodes` that start from blank disks. Whatever goes wrong in this test from now
    /// on is told with this cluster's history.
    pub fn new(setup: M::Setup, nodes: usize) -> Cluster<M> {
        let cluster = Cluster::unwatched(setup.clone(), nodes);
        begin::<M>(setup, nodes, cluster.recording());
        cluster
    }
}

/// The run to tell about is this one, made from a longer one if `shrunk_from` says so.
pub(crate) fn land<M: Machine>(
    setup: &M::Setup,
    nodes: usize,
    log: Vec<Timed>,
    shrunk_from: Option<usize>,
    origin: &Origin,
) {
    begin::<M>(setup.clone(), nodes, Arc::new(Mutex::new(log)));
    flight::land(shrunk_from, origin.clone());
}

fn begin<M: Machine>(setup: M::Setup, nodes: usize, log: Arc<Mutex<Vec<Timed>>>) {
    flight::begin(log, move |log, ending| trace::<M>(&setup, nodes, log, ending));
}

/// The run, as a trace without a title.
fn trace<M: Machine>(setup: &M::Setup, nodes: usize, log: &[Timed], ending: Ending) -> Trace {
    let printed = Printed::start();
    let mut scribe = Scribe::<M> {
        cluster: Cluster::unwatched(setup.clone(), nodes),
        quiet: vec![0; nodes],
        steps: Vec::new(),
        printed,
    };
    for node in 0..nodes {
        scribe.start(node);
    }
    for (number, timed) in log.iter().enumerate() {
        let hangs = ending == Ending::InLast && number + 1 == log.len();
        if !scribe.write(timed, hangs) {
            break;
        }
    }
    Trace {
        format: Trace::FORMAT.to_owned(),
        nodes: (1..=nodes).map(|number| format!("n{number}")).collect(),
        steps: scribe.steps,
        ..Trace::default()
    }
}

struct Scribe<M: Machine> {
    cluster: Cluster<M>,
    /// Ticks of each node since its last step.
    quiet: Vec<u64>,
    steps: Vec<Step>,
    printed: Printed,
}

impl<M: Machine> Scribe<M> {
    fn start(&mut self, node: usize) {
        let machine = self.cluster.node(node);
        self.steps.push(Step {
            time: 0,
            node: Some(node),
            event: Event::Start,
            says: machine.status(),
            sends: Vec::new(),
            answers: Vec::new(),
            state: machine.fields(),
            printed: self.printed.take(),
        });
    }

    /// Does the action and writes it down. False if the run ends in it.
    fn write(&mut self, timed: &Timed, hangs: bool) -> bool {
        if !self.same_so_far(&timed.action) {
            return false;
        }
        let node = timed.action.node(|packet| self.cluster.receiver(packet));
        let before = node.and_then(|node| self.look(node));
        let sent_before = self.cluster.packets().len();
        let told_before = self.cluster.told().len();
        let saves_before = node.map_or(0, |node| self.cluster.unsynced(node));
        let event = self.event(&timed.action);
        self.cluster.set_time(timed.time);
        let action = timed.action.clone();
        let done = if hangs {
            Err("does not come back".to_owned())
        } else {
            let cluster = &mut self.cluster;
            catch_unwind(AssertUnwindSafe(|| cluster.apply(action)))
                .map_err(|_| "panics".to_owned())
        };
        let printed = self.printed.take();
        let after = node.and_then(|node| self.look(node));
        let mut sends = self.sent_since(sent_before);
        if let (Some(node), Ok(_)) = (node, &done) {
            let synced = usize::from(event == Event::Sync);
            if self.cluster.unsynced(node) + synced > saves_before {
                sends.extend(self.waiting(node));
            }
        }
        let quiet = matches!(timed.action, Action::Tick { .. })
            && done.is_ok()
            && sends.is_empty()
            && self.cluster.told().len() == told_before
            && before == after
            && printed.is_empty();
        if let (true, Some(node)) = (quiet, node) {
            self.quiet[node] += 1;
            return true;
        }
        if let (Event::Tick { .. }, Some(node)) = (&event, node) {
            self.quiet[node] = 0;
        }
        let (says, goes_on) = match done {
            Ok(_) => (news(before.as_ref(), after.as_ref()), true),
            Err(end) => (end, false),
        };
        let state = after.map(|(_, fields)| fields).unwrap_or_default();
        let time = timed.time;
        let answers = self.told_since(told_before);
        self.steps.push(Step { time, node, event, says, sends, answers, state, printed });
        goes_on
    }

    /// The packets from this number on.
    fn sent_since(&self, first: usize) -> Vec<Sent> {
        let packets = self.cluster.packets().iter().enumerate().skip(first);
        let sent = packets.map(|(number, packet)| Sent {
            packet: u32::try_from(number).ok(),
            to: packet.to,
            label: M::label(&packet.message),
        });
        sent.collect()
    }

    /// What clients were told from this answer on.
    fn told_since(&self, first: usize) -> Vec<String> {
        let told = self.cluster.told()[first..].iter();
        told.map(|(command, answer)| format!("{}: {answer}", M::wish(*command))).collect()
    }

    /// What a node will send when its newest save is synced, and not before.
    fn waiting(&self, node: usize) -> Vec<Sent> {
        let messages = self.cluster.saves(node).last().map(M::waiting).unwrap_or_default();
        let known = messages.into_iter().filter(|(to, _)| *to < self.cluster.size());
        known.map(|(to, said)| Sent { packet: None, to, label: M::label(&said) }).collect()
    }

    fn look(&self, node: usize) -> Option<(String, Vec<(String, String)>)> {
        self.cluster.machine(node).map(|machine| (machine.status(), machine.fields()))
    }

    /// Could this action follow here? Not if the machine has a secret and went another way this
    /// time.
    fn same_so_far(&self, action: &Action) -> bool {
        match action {
            Action::Deliver { packet, .. } | Action::Lose { packet } => {
                *packet < self.cluster.packets().len()
            }
            Action::Tick { .. }
            | Action::Timeout { .. }
            | Action::Sync { .. }
            | Action::Work { .. }
            | Action::Crash { .. }
            | Action::Restart { .. }
            | Action::Pause { .. }
            | Action::Resume { .. }
            | Action::Cut { .. }
            | Action::Heal
            | Action::Calm { .. }
            | Action::Wipe { .. }
            | Action::Command { .. } => true,
        }
    }

    fn event(&self, action: &Action) -> Event {
        match action {
            Action::Tick { node, .. } => Event::Tick { count: self.quiet[*node] + 1 },
            Action::Timeout { .. } => Event::Timeout,
            Action::Deliver { packet: number, .. } => {
                let packet = &self.cluster.packets()[*number];
                let label = M::label(&packet.message);
                let number = u32::try_from(*number).expect("fewer packets than that");
                if self.cluster.machine(packet.to).is_none() {
                    return Event::Lose { packet: number, from: packet.from, label };
                }
                let copy = packet.arrived > 0;
                Event::Deliver { packet: number, from: packet.from, label, copy }
            }
            Action::Lose { packet: number } => {
                let packet = &self.cluster.packets()[*number];
                Event::Lose {
                    packet: u32::try_from(*number).expect("fewer packets than that"),
                    from: packet.from,
                    label: M::label(&packet.message),
                }
            }
            Action::Sync { .. } => Event::Sync,
            Action::Work { .. } => Event::Work,
            Action::Crash { .. } => Event::Crash,
            Action::Restart { .. } => Event::Restart,
            Action::Pause { .. } => Event::Pause,
            Action::Resume { .. } => Event::Resume,
            Action::Cut { links } => Event::Cut { links: links.clone() },
            Action::Heal => Event::Heal,
            Action::Calm { dead } => Event::Calm { dead: dead.clone() },
            Action::Wipe { .. } => Event::Wipe,
            Action::Command { command, .. } => Event::Command { label: M::wish(*command) },
        }
    }
}

type Look = (String, Vec<(String, String)>);

/// What a reader would want to know of a step: the node's new status, if it has one.
fn news(before: Option<&Look>, after: Option<&Look>) -> String {
    match (before, after) {
        (Some((old, _)), Some((new, _))) if old == new => String::new(),
        (_, Some((new, _))) => new.clone(),
        (Some(_), None) => "down".to_owned(),
        (None, None) => String::new(),
    }
}
