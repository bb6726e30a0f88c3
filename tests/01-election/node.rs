//! An [`Election`] as the harness sees it: fed one input at a time, its log a fixed place.

use basics::{Index, Message, NodeId, Position, Save, Term};
use election::{Body, Election, HardState, Majority, Options, Role, View};
use harness::{Draws, Effects, Input, Machine};

/// One node.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Node {
    election: Election,
    majority: Majority,
    last: Position,
}

/// What all nodes of a cluster are started with.
#[derive(Clone)]
pub struct Setup {
    pub options: Options,
    /// The term that every disk holds at the start.
    pub term: Term,
    /// Where each node's log ends; there are as many nodes.
    pub logs: Vec<Position>,
}

impl Setup {
    /// A new cluster: empty disks, empty logs.
    pub fn new(nodes: usize, options: Options) -> Setup {
        Setup { options, term: Term::ZERO, logs: vec![Position::START; nodes] }
    }

    /// A cluster with a past: in every second run its logs end at different places.
    pub fn with_past(nodes: usize, options: Options, draws: &mut Draws) -> Setup {
        if draws.chance(50) {
            return Setup::new(nodes, options);
        }
        let mut log = || {
            let term = draws.below(3);
            Position { term: Term(term), index: Index(term + draws.below(3)) }
        };
        Setup { options, term: Term(3), logs: (0..nodes).map(|_| log()).collect() }
    }
}

impl Node {
    pub fn election(&self) -> &Election {
        &self.election
    }
}

/// The harness counts nodes from 0, the cluster from 1.
pub fn id(node: usize) -> NodeId {
    NodeId(node as u64 + 1)
}

fn index(id: NodeId) -> usize {
    usize::try_from(id.0).unwrap_or(0).wrapping_sub(1)
}

impl Machine for Node {
    type Setup = Setup;
    type Message = Message<Body>;
    type Save = Save<HardState, Body>;
    type Disk = HardState;

    fn blank(setup: &Setup, _: usize) -> HardState {
        HardState { term: setup.term, vote: None }
    }

    fn start(setup: &Setup, node: usize, disk: &HardState, draw: u64) -> Node {
        Node {
            election: Election::new(id(node), setup.options, *disk, draw),
            majority: Majority::of((0..setup.logs.len()).map(id)),
            last: setup.logs[node],
        }
    }

    fn step(&mut self, input: Input<Node>, draw: u64) -> Effects<Node> {
        let view = View { quorum: &self.majority, last: self.last, draw };
        let mut effects = Effects::default();
        let mut send = |messages: Vec<Message<Body>>| {
            effects.now.extend(messages.into_iter().map(|message| (index(message.to), message)));
        };
        match input {
            Input::Tick => self.election.tick(view),
            Input::Timeout => self.election.stand(view),
            // Nobody can ask for anything: there is no log yet. Nor is there work for later.
            Input::Command(_) | Input::Work => {}
            // A message that is dropped is dropped; why is told to a log that nobody reads here.
            Input::Message { message, .. } => drop(self.election.receive(message, view)),
            Input::Synced(save) => {
                let (synced, messages) = save.synced();
                send(messages);
                self.election.persisted(synced, view);
            }
        }
        if let Some(batch) = self.election.ready() {
            send(batch.send_now);
            effects.save = batch.save;
        }
        effects
    }

    fn write(disk: &mut HardState, save: &Save<HardState, Body>) {
        *disk = *save.content();
    }

    fn waiting(save: &Save<HardState, Body>) -> Vec<(usize, Message<Body>)> {
        let messages = save.clone().synced().1;
        messages.into_iter().map(|message| (index(message.to), message)).collect()
    }

    fn label(message: &Message<Body>) -> String {
        let Message { term, body, .. } = message;
        match body {
            Body::VoteRequest { last, .. } if *last != Position::START => {
                format!("{body} {term}, log {}:{}", last.term.0, last.index)
            }
            Body::VoteRequest { .. }
            | Body::VoteAnswer { .. }
            | Body::Heartbeat
            | Body::HeartbeatAnswer => format!("{body} {term}"),
        }
    }

    fn status(&self) -> String {
        let HardState { term, vote } = self.election.hard_state();
        match (self.election.role(), self.election.leader(), vote) {
            (Role::Leader, ..) => format!("leads {term}"),
            (Role::Follower, Some(leader), _) => format!("follows {leader}, {term}"),
            (Role::Follower, None, Some(vote)) => format!("votes {vote}, {term}"),
            (Role::Follower, None, None) => format!("follower, {term}"),
            (Role::PreCandidate, ..) => format!("polls, {term}"),
            (Role::Candidate, ..) => format!("candidate, {term}"),
        }
    }

    fn fields(&self) -> Vec<(String, String)> {
        let HardState { term, vote } = self.election.hard_state();
        let name = |node: Option<NodeId>| node.map_or("-".to_owned(), |node| node.to_string());
        let mut fields = vec![
            ("role".to_owned(), self.election.role().to_string()),
            ("term".to_owned(), term.to_string()),
            ("vote".to_owned(), name(vote)),
            ("leader".to_owned(), name(self.election.leader())),
        ];
        if self.last != Position::START {
            fields.push(("log to".to_owned(), self.last.to_string()));
        }
        fields
    }
}
