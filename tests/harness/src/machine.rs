//! The one trait through which the harness knows a layer.
//!
//! Owns [`Machine`] and the values that pass through it. It decides nothing.

use crate::history::{Answer, Request};
use std::fmt::Debug;
use std::hash::Hash;

/// A node of some layer, as a value: fed one input at a time, it answers with effects.
///
/// A test implements it with a newtype around the learner's type. The same state, input and draw
/// must give the same state and effects, always: `Clone`, `Eq` and `Hash` are what the search
/// stands on.
pub trait Machine: Clone + Eq + Hash + Send + 'static {
    /// What every node of a cluster is started with.
    type Setup: Clone + Send + Sync + 'static;
    /// What nodes say to each other.
    type Message: Clone + Eq + Hash + Debug + Send;
    /// A write that the disk is asked for, with the messages that wait for it inside.
    type Save: Clone + Eq + Hash + Debug + Send;
    /// What survives a crash.
    type Disk: Clone + Eq + Hash + Debug + Send;

    /// An empty disk.
    fn blank(setup: &Self::Setup, node: usize) -> Self::Disk;

    /// The node starts, or starts again, from its disk.
    fn start(setup: &Self::Setup, node: usize, disk: &Self::Disk, draw: u64) -> Self;

    /// One event on this node, and all that it wants done after it. `draw` is a fresh random
    /// number.
    fn step(&mut self, input: Input<Self>, draw: u64) -> Effects<Self>;

    /// What the disk holds once `save` is synced.
    fn write(disk: &mut Self::Disk, save: &Self::Save);

    /// What the disk holds when power has gone. These saves were synced, oldest first, and nobody
    /// was told; those that wait came after them, and were not. A disk that is more than a value
    /// may have begun to write them.
    fn crash(disk: &mut Self::Disk, synced: &[Self::Save], _waiting: &[Self::Save]) {
        for save in synced {
            Self::write(disk, save);
        }
    }

    /// The messages that wait in `save` until it is synced, each with its receiver. For a person
    /// who looks at a run; nobody can send them.
    fn waiting(save: &Self::Save) -> Vec<(usize, Self::Message)>;

    /// What a message says, in a few words: "vote? t2".
    fn label(message: &Self::Message) -> String;

    /// What a client's command asks for, in a few words: "write 7".
    fn wish(command: u64) -> String {
        format!("do {command}")
    }

    /// What a client's command asks of a register; none if it is about something else. A command
    /// on a register is answered by [`Effects::answers`], or never; a run's answers are checked for
    /// one order that explains them.
    fn request(_command: u64) -> Option<Request> {
        None
    }

    /// Has this node carried out this command? In a calm, every command that the simulation gives
    /// must be carried out on every node. A layer without clients has nothing to carry out.
    fn has_done(&self, _command: u64) -> bool {
        true
    }

    /// Does this node have background work to do: entries that its state machine is still to apply,
    /// a store that is still to sync? As long as it says so, the simulation gives it
    /// [`Input::Work`], early or late as drawn.
    fn has_work(&self) -> bool {
        false
    }

    /// What this node is, in a few words: "leads t2". A change of it is what a reader looks for.
    fn status(&self) -> String;

    /// The state as names and values, for a person.
    fn fields(&self) -> Vec<(String, String)>;
}

/// What can happen to a node that is up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input<M: Machine> {
    /// Its clock ticks.
    Tick,
    /// Its election timer fires now, whatever it has counted.
    Timeout,
    /// A message arrives.
    Message {
        /// The sender.
        from: usize,
        /// What it says.
        message: M::Message,
    },
    /// The disk has synced this save.
    Synced(M::Save),
    /// One step of the background work that this node has is done. If it has work of several
    /// kinds, the draw may choose. Only a node that [has work](Machine::has_work) gets it.
    Work,
    /// A client asks for something; what the number means is the machine's business.
    Command(u64),
}

/// What a node wants done after an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Effects<M: Machine> {
    /// Messages that leave at once, each with its receiver.
    pub now: Vec<(usize, M::Message)>,
    /// A write; what depends on it is inside, and leaves at [`Input::Synced`].
    pub save: Option<M::Save>,
    /// What clients are told now, each by the number of its command. Who is told nothing does not
    /// know.
    pub answers: Vec<(u64, Answer)>,
}

impl<M: Machine> Default for Effects<M> {
    fn default() -> Self {
        Effects { now: Vec::new(), save: None, answers: Vec::new() }
    }
}
