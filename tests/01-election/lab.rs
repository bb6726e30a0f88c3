//! One node on the bench: its quorum, its log's end and its draws lent by hand.

use basics::{Index, Message, NodeId, Position, Save, Term};
use election::{Body, Dropped, Election, HardState, Majority, Options, Role, Round, View};
use harness::Draws;

/// A node that a test feeds by hand. It is n1.
pub struct Lab {
    pub election: Election,
    pub majority: Majority,
    pub last: Position,
    draws: Draws,
}

/// The options of the chapter's first half.
pub const PLAIN: Options =
    Options { election_ticks: 10, heartbeat_ticks: 1, pre_vote: false, check_quorum: false };

/// The first half's, with a poll before every election.
pub const POLL: Options = Options { pre_vote: true, ..PLAIN };

/// Everything on.
pub const ALL: Options = Options { check_quorum: true, ..POLL };

pub const N1: NodeId = NodeId(1);
pub const N2: NodeId = NodeId(2);
pub const N3: NodeId = NodeId(3);
pub const N4: NodeId = NodeId(4);
pub const N5: NodeId = NodeId(5);

/// A position in a log.
pub fn at(term: u64, index: u64) -> Position {
    Position { term: Term(term), index: Index(index) }
}

/// A saved term, and the vote in it.
pub fn saved(term: u64, vote: Option<NodeId>) -> HardState {
    HardState { term: Term(term), vote }
}

/// A request for a vote.
pub fn asks(last: Position) -> Body {
    Body::VoteRequest { round: Round::Vote, last }
}

/// A question whether one would vote.
pub fn polls(last: Position) -> Body {
    Body::VoteRequest { round: Round::PreVote, last }
}

/// An answer to a request for a vote.
pub fn answers(granted: bool) -> Body {
    Body::VoteAnswer { round: Round::Vote, granted }
}

/// An answer to a poll.
pub fn would(granted: bool) -> Body {
    Body::VoteAnswer { round: Round::PreVote, granted }
}

impl Lab {
    /// n1 of so many voters, with the first half's options, for the first time.
    pub fn of(voters: u64) -> Lab {
        Lab::with(voters, PLAIN, HardState::default())
    }

    /// n1 of so many voters, started from what its disk holds.
    pub fn with(voters: u64, options: Options, hard_state: HardState) -> Lab {
        let mut draws = Draws::new(voters);
        Lab {
            election: Election::new(N1, options, hard_state, draws.next()),
            majority: Majority::of((1..=voters).map(NodeId)),
            last: Position::START,
            draws,
        }
    }

    /// The same, with a log that ends here.
    pub fn log_to(mut self, last: Position) -> Lab {
        self.last = last;
        self
    }

    /// n1 of so many voters, leading.
    pub fn leader(voters: u64, options: Options) -> Lab {
        let mut lab = Lab::with(voters, Options { pre_vote: false, ..options }, saved(1, None));
        lab.stand();
        let _ = lab.drain();
        for other in 2..=voters {
            let _ = lab.receive(NodeId(other), 2, answers(true));
        }
        assert_eq!(
            lab.role(),
            Role::Leader,
            "n1 has every vote of term 2, saved its own, and leads"
        );
        let _ = lab.drain();
        lab
    }

    /// A message arrives from another node.
    pub fn receive(&mut self, from: NodeId, term: u64, body: Body) -> Result<(), Dropped> {
        let message = Message { from, to: N1, term: Term(term), body };
        let view = View { quorum: &self.majority, last: self.last, draw: self.draws.next() };
        self.election.receive(message, view)
    }

    /// Ticks pass.
    pub fn tick(&mut self, count: u32) {
        for _ in 0..count {
            let view = View { quorum: &self.majority, last: self.last, draw: self.draws.next() };
            self.election.tick(view);
        }
    }

    /// Ticks pass, so many at the most, until something is so.
    pub fn tick_until(&mut self, most: u32, done: impl Fn(&Lab) -> bool) {
        for _ in 0..most {
            if done(self) {
                return;
            }
            self.tick(1);
        }
    }

    /// The node stands.
    pub fn stand(&mut self) {
        let view = View { quorum: &self.majority, last: self.last, draw: self.draws.next() };
        self.election.stand(view);
    }

    /// The leader hands over to the node.
    pub fn take_over(&mut self) {
        let view = View { quorum: &self.majority, last: self.last, draw: self.draws.next() };
        self.election.take_over(view);
    }

    /// A message arrives that no shield keeps off.
    pub fn receive_unshielded(&mut self, message: Message<Body>) -> Result<(), Dropped> {
        let view = View { quorum: &self.majority, last: self.last, draw: self.draws.next() };
        self.election.receive_unshielded(message, view)
    }

    /// The node gives its leadership up.
    pub fn resign(&mut self) {
        let view = View { quorum: &self.majority, last: self.last, draw: self.draws.next() };
        self.election.resign(view);
    }

    /// The disk syncs a save; what may leave now.
    pub fn sync(&mut self, save: Save<HardState, Body>) -> Vec<Message<Body>> {
        let (synced, messages) = save.synced();
        let view = View { quorum: &self.majority, last: self.last, draw: self.draws.next() };
        self.election.persisted(synced, view);
        messages
    }

    /// Hands out batches and syncs them until nothing is left; every message, in order.
    pub fn drain(&mut self) -> Vec<Message<Body>> {
        let mut all = Vec::new();
        for _ in 0..10 {
            let Some(batch) = self.election.ready() else {
                return all;
            };
            all.extend(batch.send_now);
            if let Some(save) = batch.save {
                all.extend(self.sync(save));
            }
        }
        panic!("ready() has something to do each time it is asked, without any event in between");
    }

    pub fn role(&self) -> Role {
        self.election.role()
    }

    pub fn term(&self) -> u64 {
        self.election.hard_state().term.0
    }

    pub fn vote(&self) -> Option<NodeId> {
        self.election.hard_state().vote
    }

    /// What is about to leave to this node.
    pub fn said_to(&self, to: NodeId) -> Vec<Body> {
        let messages = self.election.outgoing().iter();
        messages.filter(|message| message.to == to).map(|message| message.body.clone()).collect()
    }

    /// Asserts that one message, this one, is about to leave to this node, from n1's term.
    #[track_caller]
    pub fn assert_said(&self, to: NodeId, body: &Body) {
        assert_eq!(self.said_to(to), std::slice::from_ref(body), "what n1 has to say to {to}");
        let term = self.election.hard_state().term;
        let message = self.election.outgoing().iter().find(|message| message.to == to);
        let message = message.expect("it was there a line ago");
        assert_eq!((message.from, message.term), (N1, term), "sender and term of {message}");
    }
}
