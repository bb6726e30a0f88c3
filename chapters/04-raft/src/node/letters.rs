//! What a node makes of a message, and the questions of reads.
//!
//! Every letter is shown to the replica, and so to the election, before anything in it counts: it
//! compares the terms, and hears the leader, or a follower.

use super::*;
use election::Round;
use replication::{Body as Below, Span};

/// A letter of the layer below, in one of ours. If `wished`, this node stands because its leader
/// wished it, and says so.
pub(super) fn envelop(body: Below<Payload>, wished: bool) -> Body {
    match body {
        Below::Election(election::Body::VoteRequest { round: Round::Vote, last }) if wished => {
            Body::WishedVote { last }
        }
        body => Body::Replication(body),
    }
}

impl Node {
    /// What a message says is done, if it is not dropped.
    pub(super) fn take_in(&mut self, message: Message<Body>, draw: u64) -> Result<(), Dropped> {
        let Message { from, to, term, body } = message;
        match body {
            Body::Replication(body) => self.replicate(Message { from, to, term, body }, draw),
            Body::WishedVote { last } => {
                let body = election::Body::VoteRequest { round: Round::Vote, last };
                let request = Message { from, to, term, body };
                let heard =
                    self.below(draw, |replica, view| replica.receive_unshielded(request, view));
                heard.map_err(Dropped::Replication)
            }
            Body::TakeOver => {
                self.hear(from, to, term, election::Body::Heartbeat, draw)?;
                self.take_over(draw);
                Ok(())
            }
            Body::Confirm { round } => {
                self.hear(from, to, term, election::Body::Heartbeat, draw)?;
                self.send(from, Body::Confirmed { round });
                Ok(())
            }
            Body::Told { number, index } => {
                self.hear(from, to, term, election::Body::Heartbeat, draw)?;
                self.read_from(number, index)
            }
            Body::Confirmed { round } => {
                self.hear(from, to, term, election::Body::HeartbeatAnswer, draw)?;
                let reads = &mut self.leading_for(from)?.reads;
                if reads.confirmed(from, round) { Ok(()) } else { Err(Dropped::Late) }
            }
            Body::Ask { number } => {
                self.hear(from, to, term, election::Body::HeartbeatAnswer, draw)?;
                self.leading_for(from)?.reads.ask(from, number);
                Ok(())
            }
        }
    }

    /// A letter of the layer below. If it is an append, the log may be another one afterwards, and
    /// with it the configuration.
    ///
    /// While it is behind with what is committed, a follower takes nothing, or the log between the
    /// two would have no end. It says what it has committed, as it does to an append from long ago.
    /// To refuse would be wrong: the leader would send the same again, at once and for ever.
    fn replicate(
        &mut self,
        mut message: Message<Below<Payload>>,
        draw: u64,
    ) -> Result<(), Dropped> {
        let mut same = None;
        if let Below::Append { span, .. } = &mut message.body {
            if self.is_behind() {
                *span = Span::empty(Position::START);
            }
            same = (!span.entries.is_empty()).then_some(span.prev.index);
        }
        let commit = self.replica.commit();
        let heard = self.below(draw, |replica, view| replica.receive(message, view));
        heard.map_err(Dropped::Replication)?;
        if let Some(same) = same {
            self.membership.follow(self.replica.log(), same.max(commit));
        }
        Ok(())
    }

    /// Shows the election who has written, in words that it knows.
    fn hear(
        &mut self,
        from: NodeId,
        to: NodeId,
        term: Term,
        body: election::Body,
        draw: u64,
    ) -> Result<(), Dropped> {
        let message = Message { from, to, term, body: Below::Election(body) };
        let heard = self.below(draw, |replica, view| replica.receive(message, view));
        self.notice();
        heard.map_err(Dropped::Replication)
    }

    /// What this node remembers as a leader, for a letter to a leader from one of its members.
    fn leading_for(&mut self, from: NodeId) -> Result<&mut Leading, Dropped> {
        if !self.membership.current().has(from) {
            return Err(Dropped::Stranger);
        }
        self.leading.as_mut().ok_or(Dropped::NotLeading)
    }

    /// The answer to a question is here: whoever waited for it may read.
    fn read_from(&mut self, number: u64, index: Index) -> Result<(), Dropped> {
        let tickets = self.asking.answered(number).ok_or(Dropped::Late)?;
        self.over.extend(tickets.into_iter().map(|ticket| (ticket, Reading::From(index))));
        Ok(())
    }

    /// Asks the leader, if there are reads and no question is under way.
    pub(super) fn ask(&mut self) {
        if let Some((leader, number)) = self.asking.question() {
            self.put(leader, number);
        }
    }

    /// Puts a question to the leader that this node knows, which may be itself.
    fn put(&mut self, leader: NodeId, number: u64) {
        let own = self.id();
        match &mut self.leading {
            Some(leading) if leader == own => leading.reads.ask(own, number),
            Some(_) | None => self.send(leader, Body::Ask { number }),
        }
    }

    /// Asks once more what nobody has answered yet: the leader about reads, and the voters whether
    /// this node still leads.
    pub(super) fn ask_again(&mut self) {
        if let Some((leader, number)) = self.asking.question_again() {
            self.put(leader, number);
        }
        let round = self
            .leading
            .as_ref()
            .and_then(|leading| leading.reads.unconfirmed(self.membership.current().voters()));
        let own = self.id();
        if let Some((round, voters)) = round {
            for voter in voters.into_iter().filter(|voter| *voter != own) {
                self.send(voter, Body::Confirm { round });
            }
        }
    }

    /// A leader answers the reads that it may answer, and finds out about the others.
    ///
    /// Until an entry of its own term is committed, it may not know all that is: whoever asks
    /// waits.
    pub(super) fn confirm(&mut self) {
        let own = self.id();
        while self.has_committed()
            && let Some(leading) = &mut self.leading
        {
            let begun = leading.reads.begin(self.replica.commit());
            let finished = leading.reads.finish(own, self.membership.current());
            if let Some((index, askers)) = finished {
                for (node, number) in askers {
                    if node == own {
                        // Only a question of this term is among them, so somebody waits.
                        let _ = self.read_from(number, index);
                    } else {
                        self.send(node, Body::Told { number, index });
                    }
                }
                self.ask();
                continue;
            }
            if let Some(round) = begun {
                let voters = self.membership.current().voters();
                for voter in voters.into_iter().filter(|voter| *voter != own) {
                    self.send(voter, Body::Confirm { round });
                }
            }
            return;
        }
    }
}
