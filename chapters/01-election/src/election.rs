//! The election of a leader, as one node sees it.
//!
//! Owns [`Election`]: the node's term and vote, what part it plays, and its timers. It decides and
//! changes only itself; what it wants done comes out of [`Election::ready`]. It reads from top to
//! bottom in the order of an election: time passes, a message comes, somebody stands, the answers
//! are counted, a leader leads.
//!
//! Left to others: the log (chapter 2; here a log is only where it ends, in [`View::last`]), disks
//! and networks, and who the voters are.

use crate::durable::{Batch, HardState};
use crate::interface::{Dropped, Options, Role, View};
use crate::message::{Body, Round};
#[allow(unused_imports, reason = "exercise 1.7 uses it")]
use crate::quorum::{Ballots, Outcome};
use crate::timer::Timer;
#[allow(unused_imports, reason = "exercise 1.6 uses it")]
use basics::{Message, NodeId, Position, Save, Synced, Term};
use std::collections::BTreeSet;

mod handover;
mod refinements;
mod say;

/// One node's part in the election of leaders.
///
/// Invariants:
/// - The term never falls, and the vote of one term never changes: it is none, then somebody.
/// - A candidate and a leader have voted for themselves, in the term that they are in.
/// - The state that a message depends on is in the same [`Save`] as the message, or in an earlier
///   one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Election {
    id: NodeId,
    options: Options,
    /// The term and the vote that everything below belongs to.
    hard: HardState,
    /// The newest hard state that was handed out to be saved.
    handed_out: HardState,
    state: State,
    /// A follower's patience, a candidate's deadline, a leader's time to its next check of the
    /// quorum.
    timer: Timer,
    /// Messages since the last batch, in order.
    outgoing: Vec<Message<Body>>,
}

/// What each role has to remember.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum State {
    /// Never its own leader.
    Follower { leader: Option<NodeId> },
    /// In the round of the poll, `hard` is still the old term's; in the vote's it is our own.
    #[allow(dead_code, reason = "exercises 1.5, 1.7, 1.8 and 1.9 use it")]
    Candidate { round: Round, ballots: Ballots },
    /// `heard` is who has spoken to us since the last check of the quorum.
    #[allow(dead_code, reason = "exercises 1.8, 1.9 and 1.10 use it")]
    Leader { heartbeat: Timer, heard: BTreeSet<NodeId> },
}

impl Election {
    /// A node that starts: for the first time with `HardState::default()`, later with what its disk
    /// holds. Either way it begins as a follower that knows no leader, with a new random timer.
    ///
    /// It panics if the options make no sense: a heartbeat at least every tick, and patience for
    /// more than one.
    pub fn new(id: NodeId, options: Options, hard_state: HardState, draw: u64) -> Election {
        assert!(options.heartbeat_ticks > 0, "a leader must say that it leads");
        assert!(
            options.heartbeat_ticks < options.election_ticks,
            "a leader must be heard before its followers lose patience"
        );
        Election {
            id,
            options,
            hard: hard_state,
            handed_out: hard_state,
            state: State::Follower { leader: None },
            timer: Timer::random(options.election_ticks, draw),
            outgoing: Vec::new(),
        }
    }

    /// Who this is.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// The term and the vote as they are now, saved or not.
    pub fn hard_state(&self) -> HardState {
        self.hard
    }

    /// The part that this node plays.
    pub fn role(&self) -> Role {
        match &self.state {
            State::Follower { .. } => Role::Follower,
            State::Candidate { round: Round::PreVote, .. } => Role::PreCandidate,
            State::Candidate { round: Round::Vote, .. } => Role::Candidate,
            State::Leader { .. } => Role::Leader,
        }
    }

    /// Who leads this term, as far as this node knows.
    pub fn leader(&self) -> Option<NodeId> {
        match &self.state {
            State::Follower { leader } => *leader,
            State::Candidate { .. } => None,
            State::Leader { .. } => Some(self.id),
        }
    }

    /// The messages that the next batch will hold, in the order in which they were said.
    pub fn outgoing(&self) -> &[Message<Body>] {
        &self.outgoing
    }

    /// A tick passes.
    ///
    /// - A leader says so every `heartbeat_ticks`, and every `election_ticks` it checks its quorum
    ///   if `check_quorum` is on (1.10).
    /// - Everybody else stands when the timer fires, `election_ticks` or up to twice as many after
    ///   it was started anew. Hearing the leader starts it anew, and so does giving a vote. A
    ///   follower whose timer fires knows no leader any more, also if it has no vote and cannot
    ///   stand.
    pub fn tick(&mut self, view: View<'_>) {
        let fires = self.timer.tick();
        match &mut self.state {
            State::Leader { heartbeat, .. } => {
                if heartbeat.tick() {
                    self.announce(view);
                }
                if fires && self.options.check_quorum {
                    self.check_quorum(view);
                }
            }
            State::Follower { leader } => {
                if fires {
                    // Else the timer, which starts over, would look like a heartbeat.
                    *leader = None;
                    self.stand(view);
                }
            }
            State::Candidate { .. } => {
                if fires {
                    self.stand(view);
                }
            }
        }
    }

    /// A message arrives. The rules apply in this order:
    ///
    /// - One for another node, or from this one, is dropped.
    /// - With `check_quorum`, a request that would disturb a leader at work is dropped (1.10).
    /// - The terms are compared (1.3). From here on both nodes are in the same term.
    /// - A request for a vote is answered (1.4). If the answer is yes, this node has voted.
    /// - A question whether one would vote is answered, and changes nothing (1.9).
    /// - An answer is counted (1.7), if this node still asks.
    /// - A heartbeat is followed and answered (1.8).
    /// - A leader notes whom it has heard, whatever they said.
    pub fn receive(&mut self, message: Message<Body>, view: View<'_>) -> Result<(), Dropped> {
        if self.options.check_quorum && message.to == self.id && self.shields(&message) {
            return Err(Dropped::LeaderInTouch);
        }
        self.take_in(message, view)
    }

    /// A message arrives at a node that no shield keeps from it.
    fn take_in(&mut self, message: Message<Body>, view: View<'_>) -> Result<(), Dropped> {
        if message.to != self.id || message.from == self.id {
            return Err(Dropped::Misaddressed);
        }
        if !self.heed_term(&message, view) {
            return Err(Dropped::Stale);
        }
        if let State::Leader { heard, .. } = &mut self.state {
            heard.insert(message.from);
        }
        let from = message.from;
        match message.body {
            Body::VoteRequest { round: Round::Vote, last } => {
                let granted = self.grants(from, last, view);
                if granted {
                    self.hard.vote = Some(from);
                    self.timer = Timer::random(self.options.election_ticks, view.draw);
                }
                self.send(from, Body::VoteAnswer { round: Round::Vote, granted });
            }
            Body::VoteRequest { round: Round::PreVote, last } => {
                let granted = self.would_grant(last, view);
                self.send(from, Body::VoteAnswer { round: Round::PreVote, granted });
            }
            Body::VoteAnswer { round, granted } => self.tally(from, round, granted, view),
            Body::Heartbeat => self.hear_leader(from, view)?,
            Body::HeartbeatAnswer => {}
        }
        Ok(())
    }

    /// Compares the message's term with ours, before anything else in it counts. Is the rest of
    /// the message worth looking at?
    ///
    /// - Later than ours: the cluster has moved on. Enter that term: no vote in it yet, and
    ///   [`Election::follow`] nobody yet, whatever we were. Yes.
    /// - The same: yes.
    /// - Earlier: no, and nothing of ours changes. But its sender may not know that its term is
    ///   over, and would go on in vain: if the message has a [`Body::refusal`], send it that.
    ///
    /// *Example:* the leader of term 2 comes back from a partition and sends a heartbeat to a
    /// follower in term 4. The follower answers from term 4; that answer is what makes the old
    /// leader step down.
    fn heed_term(&mut self, message: &Message<Body>, view: View<'_>) -> bool {
        #![allow(unused_variables, reason = "exercise 1.3 is not written yet")]
        todo!("exercise 1.3: heed the term")
    }

    /// Does this node vote for `candidate`, in the term that both are in by now?
    ///
    /// - No, if it has voted for another node in this term.
    /// - No, if the candidate's log, which ends at `last`, ends before ours, at `view.last`.
    /// - Yes otherwise. A vote given to this same candidate before is no reason to refuse: the
    ///   answer may have been lost, and it asks again.
    ///
    /// It changes nothing: [`Election::receive`] records the vote, and sends the answer.
    ///
    /// *Example:* our log ends at (term 2, index 7). A candidate whose log ends at (3, 5) gets our
    /// vote, one at (2, 7) does, one at (2, 6) does not.
    fn grants(&self, candidate: NodeId, last: Position, view: View<'_>) -> bool {
        #![allow(unused_variables, reason = "exercise 1.4 is not written yet")]
        todo!("exercise 1.4: grant a vote")
    }

    /// The timer has fired, or somebody wants an election now. A leader does nothing, nor does a
    /// node without a vote. All others take a poll (1.9) if `pre_vote` is on, and campaign (1.5) if
    /// not.
    pub fn stand(&mut self, view: View<'_>) {
        match (self.may_stand(view), self.options.pre_vote) {
            (true, true) => self.canvass(view),
            (true, false) => self.campaign(view),
            (false, true | false) => {}
        }
    }

    fn may_stand(&self, view: View<'_>) -> bool {
        let allowed = view.quorum.lets_stand(self.id);
        self.role() != Role::Leader && allowed && self.hard.term != Term::LAST
    }

    /// Stands for election.
    ///
    /// - Enter the next term and vote for yourself in it.
    /// - Become a candidate, in [`Round::Vote`], with no ballots at all. Your own is not counted
    ///   here: it counts when the disk holds it (1.7).
    /// - Start a new random timer; if it fires before the vote is decided, the next term begins.
    /// - Ask every other voter for its vote. Your log ends at `view.last`.
    ///
    /// *Example:* n1 follows in term 4 and stands. It is a candidate in term 5 with its vote given
    /// to n1, and requests to n2 and n3 are in `outgoing`.
    fn campaign(&mut self, view: View<'_>) {
        #![allow(unused_variables, reason = "exercise 1.5 is not written yet")]
        todo!("exercise 1.5: campaign")
    }

    /// Hands out what this node wants done since the last call; none if there is nothing.
    ///
    /// The messages in `outgoing` leave in this batch, each by one of two doors:
    /// - **Gated**, inside the save: a request for votes and a granted vote, both of
    ///   [`Round::Vote`]. They are promises. After a crash, only the disk remembers them.
    /// - **Now**: everything else. A poll and its answers bind nobody, a refusal gives nothing, and
    ///   a leader's term was on disk before anybody could vote in it.
    ///
    /// There is a [`Save`] if the hard state differs from the one in `handed_out`, or if a message
    /// is gated. It holds the hard state as it is now, and `handed_out` is that from then on.
    ///
    /// *Example:* n2 grants n1 its vote. The batch has nothing to send now, and a save of (term 2,
    /// vote n1) with the answer inside. If n2 then refuses n3, the next batch has the refusal to
    /// send now, and no save.
    pub fn ready(&mut self) -> Option<Batch> {
        todo!("exercise 1.6: save before you send")
    }

    /// The disk has synced a save, and here is its receipt.
    ///
    /// A candidate's own vote counts from now on: if this node's role is [`Role::Candidate`] and
    /// the receipt is for the hard state that it is in, `tally` a yes from itself, in
    /// [`Round::Vote`]. A receipt for an earlier state changes nothing.
    ///
    /// *Example:* the only node of a cluster stands, in term 1. It leads as soon as the disk holds
    /// its vote, and not before.
    pub fn persisted(&mut self, synced: Synced<HardState>, view: View<'_>) {
        #![allow(unused_variables, reason = "exercise 1.7 is not written yet")]
        todo!("exercise 1.7: win, lose or wait")
    }

    /// Counts one voter's answer, from the term that both are in, and acts on the outcome.
    ///
    /// - It counts only if this node is a candidate in the same `round`. Late answers come to
    ///   leaders and to followers, and a poll's to a candidate that is past it.
    /// - If the vote is won, [`Election::lead`]. If it was the poll that is won,
    ///   [`Election::campaign`].
    /// - If either is lost, [`Election::follow`] nobody, and wait for the timer.
    /// - If it is pending, wait.
    ///
    /// *Example:* of three nodes, n1 is a candidate and its own vote is counted. n2 grants: n1
    /// leads. n3's grant comes later and finds a leader.
    fn tally(&mut self, voter: NodeId, round: Round, granted: bool, view: View<'_>) {
        #![allow(unused_variables, reason = "exercise 1.7 is not written yet")]
        todo!("exercise 1.7: win, lose or wait")
    }

    /// A heartbeat has come from the leader of our term.
    ///
    /// - A candidate has lost, and a follower has heard what it waits for: follow `from`, with a
    ///   new timer, and answer [`Body::HeartbeatAnswer`].
    /// - A leader cannot hear another leader of its own term, nor can a follower hear two: Election
    ///   Safety says so. Should it happen all the same, some node is broken. Change nothing, do not
    ///   answer, and say [`Dropped::SecondLeader`].
    ///
    /// *Example:* n1 and n2 both stand for term 3, and n3's vote decides for n2. n2's first
    /// heartbeat makes n1 its follower, in term 3.
    fn hear_leader(&mut self, from: NodeId, view: View<'_>) -> Result<(), Dropped> {
        #![allow(unused_variables, reason = "exercise 1.8 is not written yet")]
        todo!("exercise 1.8: hear a leader")
    }

    /// Leads the term that this node has just won, and says so at once.
    #[allow(dead_code, reason = "exercise 1.7 uses it")]
    fn lead(&mut self, view: View<'_>) {
        assert_eq!(self.hard.vote, Some(self.id), "a leader has voted for itself");
        self.state = State::Leader {
            heartbeat: Timer::fixed(self.options.heartbeat_ticks),
            heard: BTreeSet::new(),
        };
        self.timer = Timer::fixed(self.options.election_ticks);
        self.announce(view);
    }

    /// Follows `leader`, or nobody yet, in the term that this node is in, with a new random timer.
    /// The vote stays.
    fn follow(&mut self, leader: Option<NodeId>, view: View<'_>) {
        self.state = State::Follower { leader };
        self.timer = Timer::random(self.options.election_ticks, view.draw);
    }
}
