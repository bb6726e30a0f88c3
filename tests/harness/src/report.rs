//! What a graded test says about itself, and the record of a run.
//!
//! Owns the data that leaves the test's process: one [`Verdict`] for each test, as one line of
//! JSON, perhaps an [`Aside`] before it, and inside a failure the [`Trace`] of the run, which the
//! terminal, the player and the book draw. It knows nothing about how a run comes about.
//!
//! Invariants: `Step::node` and every packet's `from` and `to` are indices into `Trace::nodes`;
//! `Broken::step` is an index into `Trace::steps`; a packet number is sent before it is delivered.

use serde::{Deserialize, Serialize};

/// What one graded test found out. A process that ends without one has crashed or was stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Everything that the test promises holds.
    Passed {
        /// What was tried, in a few words: "200 runs, 61,240 events".
        note: Option<String>,
        /// A run worth watching, when the test was asked to play one.
        trace: Option<Trace>,
        /// The hazard states that its runs were looking for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        hazards: Vec<Reached>,
    },
    /// The code reached the hole of an exercise.
    NotWritten {
        /// The exercise, as in `1.4`.
        exercise: String,
    },
    /// The code did something else than the text promises.
    Wrong(Failure),
    /// The learner's code panicked.
    Panicked(Failure),
    /// The learner's code did not come back, or never comes to rest.
    Hung(Failure),
}

/// A hazard state, and how many runs of a test have reached it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub sentence: String,
    /// In so many runs.
    pub runs: u64,
}

/// What went wrong, and all that is known about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// One sentence or a few lines: what was expected, what happened.
    pub message: String,
    /// The invariant that is broken, by its name in the book.
    pub invariant: Option<String>,
    /// Where it was noticed, `file:line`, from the repository's root where possible.
    pub location: Option<String>,
    /// The run, if there was a cluster.
    pub trace: Option<Trace>,
}

/// What may leave the test's process before its verdict: what a thread has ended with, the test's
/// own or another. If no verdict follows, this is the reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aside {
    /// Wrong, panicked or hung; without a run.
    pub aside: Verdict,
}

/// One run of a cluster, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The format's name and version: [`Trace::FORMAT`].
    pub format: String,
    /// The test that made the run, `votes::at_most_one_per_term`.
    pub test: String,
    /// What the run shows, in a few words.
    pub title: String,
    /// The seed, if the run was drawn at random.
    pub seed: Option<u64>,
    /// Which faults the seed drew, in one line: "weather: many crashes, loss 12%; no pauses".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weather: Option<String>,
    /// How many steps the run had before it was shrunk to these.
    pub shrunk_from: Option<usize>,
    /// The nodes' names.
    pub nodes: Vec<String>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// The invariant that broke, if one did.
    pub broken: Option<Broken>,
}

/// The end of a failing run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Broken {
    /// The invariant's name in the book.
    pub invariant: String,
    /// What broke it: "n1 and n3 both lead term 2".
    pub message: String,
    /// The step that broke it.
    pub step: usize,
}

/// One event on one node, or on the network as a whole, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// When, in ticks of virtual time.
    pub time: u64,
    /// Whose event it is; none for the network's.
    pub node: Option<usize>,
    /// What happened.
    pub event: Event,
    /// What it changed, in a few words; empty if nothing that a person would look for.
    pub says: String,
    /// What left the node, or is ready to leave once the disk is in sync.
    pub sends: Vec<Sent>,
    /// What clients are told, in a few words each: "write 7: done".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// The node's state afterwards, as names and values; empty for the network's events.
    pub state: Vec<(String, String)>,
    /// What the code printed during the event.
    pub printed: String,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The node starts for the first time.
    Start,
    /// Its clock ticks this many times in a row.
    Tick {
        /// How often; several quiet ticks are one step.
        count: u64,
    },
    /// Its election timer is made to fire.
    Timeout,
    /// A message arrives.
    Deliver {
        /// The packet's number.
        packet: u32,
        /// Who sent it.
        from: usize,
        /// What it says.
        label: String,
        /// It arrived before: this is a copy.
        copy: bool,
    },
    /// A message is lost on its way to this node.
    Lose {
        /// The packet's number.
        packet: u32,
        /// Who sent it.
        from: usize,
        /// What it says.
        label: String,
    },
    /// The disk has synced the node's oldest waiting write.
    Sync,
    /// The node does one step of its background work.
    Work,
    /// Power goes; what was not synced is gone, and so is what waited for it.
    Crash,
    /// The node starts again from its disk.
    Restart,
    /// The node stands still: no tick, no message, until it goes on.
    Pause,
    /// It goes on.
    Resume,
    /// Links are cut.
    Cut {
        /// Which, as `(from, to)`.
        links: Vec<(usize, usize)>,
    },
    /// Every link works again.
    Heal,
    /// The storm is over, and every link works again; but some nodes are left dead. Those that are
    /// down stay down, and the others are cut off by the next event.
    Calm {
        /// Who is left dead.
        dead: Vec<usize>,
    },
    /// The node, which is down, gets a blank disk.
    Wipe,
    /// A client asks for something.
    Command {
        /// What for, in a few words.
        label: String,
    },
}

/// A message that a node has sent, or will send once its disk has synced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The packet's number, unique in the run; a message that waits for the disk gets it when it
    /// leaves.
    pub packet: Option<u32>,
    /// To whom.
    pub to: usize,
    /// What it says, in a few words: "vote? t2".
    pub label: String,
}

impl Verdict {
    /// What went wrong, if something did.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Verdict::Wrong(failure) | Verdict::Panicked(failure) | Verdict::Hung(failure) => {
                Some(failure)
            }
            Verdict::Passed { .. } | Verdict::NotWritten { .. } => None,
        }
    }

    /// The same, to add to it.
    pub fn failure_mut(&mut self) -> Option<&mut Failure> {
        match self {
            Verdict::Wrong(failure) | Verdict::Panicked(failure) | Verdict::Hung(failure) => {
                Some(failure)
            }
            Verdict::Passed { .. } | Verdict::NotWritten { .. } => None,
        }
    }
}

impl Failure {
    /// The end of a line that another failure has about this one: its place and first words.
    pub fn in_short(&self) -> String {
        let at = self.location.as_ref().map(|place| format!(", at {place}")).unwrap_or_default();
        format!("{at}: {}", self.message.lines().next().unwrap_or_default())
    }
}

impl Trace {
    /// The name and version of the format.
    pub const FORMAT: &str = "workbook-trace/1";

    /// The messages of a node that wait for its disk when step `end` begins, oldest first.
    pub fn waiting(&self, node: usize, end: usize) -> Vec<&Sent> {
        let mut waiting: Vec<&Sent> = Vec::new();
        for step in self.steps[..end].iter().filter(|step| step.node == Some(node)) {
            if step.event == Event::Crash {
                waiting.clear();
            }
            for sent in &step.sends {
                let same = |one: &&Sent| one.to == sent.to && one.label == sent.label;
                if sent.waits() {
                    waiting.push(sent);
                } else if step.event == Event::Sync
                    && let Some(place) = waiting.iter().position(same)
                {
                    waiting.remove(place);
                }
            }
        }
        waiting
    }
}

impl Sent {
    /// It waits for the disk: it leaves at a sync of its node, or is lost with a crash.
    pub fn waits(&self) -> bool {
        self.packet.is_none()
    }
}
