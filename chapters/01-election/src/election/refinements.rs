//! Pre-vote and check-quorum: elections that disturb no leader at work, and leaders that notice
//! when they are cut off.
//!
//! Owns the second half of the chapter, behind [`Options::pre_vote`] and [`Options::check_quorum`].
//! Neither makes an election safer; the vote rule alone does that. They keep a cluster available
//! when a part of the network works and a part does not.
//!
//! [`Options::pre_vote`]: crate::Options::pre_vote
//! [`Options::check_quorum`]: crate::Options::check_quorum

#[allow(unused_imports, reason = "exercises 1.9 and 1.10 use it")]
use super::{Election, State};
use crate::interface::View;
#[allow(unused_imports, reason = "exercise 1.9 uses it")]
use crate::message::{Body, Round};
#[allow(unused_imports, reason = "exercise 1.9 uses it")]
use crate::quorum::Ballots;
#[allow(unused_imports, reason = "exercise 1.9 uses it")]
use crate::timer::Timer;
use basics::{Message, Position};

impl Election {
    /// Takes a poll before an election: asks every other voter whether it would vote for us in the
    /// next term.
    ///
    /// - Become a candidate in [`Round::PreVote`], with your own yes counted at once. Term and vote
    ///   stay as they are: a poll costs nothing, so nothing has to be saved.
    /// - Start a new random timer; if it fires first, the next poll begins.
    /// - Ask every other voter, in [`Round::PreVote`].
    /// - If your own yes was enough, you have won already. [`Election::tally`] counts it and acts
    ///   on the outcome.
    ///
    /// *Example:* a node that is cut off stays in its term for ever, a pre-candidate again and
    /// again.
    pub(super) fn canvass(&mut self, view: View<'_>) {
        #![allow(unused_variables, reason = "exercise 1.9 is not written yet")]
        todo!("exercise 1.9: ask before you stand")
    }

    /// Would this node vote for a candidate whose log ends at `last`, if it stood for the next
    /// term?
    ///
    /// Not if its log ends before ours, and not while we are [`Election::in_touch`] with a leader:
    /// then there is nothing to elect. Whom we voted for does not matter; the next term has not
    /// begun.
    pub(super) fn would_grant(&self, last: Position, view: View<'_>) -> bool {
        #![allow(unused_variables, reason = "exercise 1.9 is not written yet")]
        todo!("exercise 1.9: ask before you stand")
    }

    /// Has this node heard its leader within the last `election_ticks`?
    ///
    /// A leader always has: itself. A follower has if it knows its leader and less than
    /// `election_ticks` have passed; its timer has counted them, since it starts anew with every
    /// heartbeat. A candidate has not.
    #[allow(dead_code, reason = "exercises 1.9 and 1.10 use it")]
    fn in_touch(&self) -> bool {
        todo!("exercise 1.9: ask before you stand")
    }

    /// Is this a request for votes that must not disturb a leader at work?
    ///
    /// Yes if it asks for a vote, in either round, from a later term than ours, while we are
    /// [`Election::in_touch`]. Such a message is dropped whole: not even its term counts.
    ///
    /// *Example:* n3 was cut off, and stood until it was in term 57. Its requests reach n2, which
    /// hears the leader of term 2 every tick. n2 drops them, and stays in term 2. The leader's next
    /// heartbeat reaches n3, and n3's refusal, from term 57, is no request: it goes through, the
    /// leader steps down, and the next leader's term is later than 57. Without that way out, n3
    /// would be ignored for ever.
    pub(super) fn shields(&self, message: &Message<Body>) -> bool {
        #![allow(unused_variables, reason = "exercise 1.10 is not written yet")]
        todo!("exercise 1.10: notice that you are alone")
    }

    /// Every `election_ticks`, a leader asks itself whether it still has a majority.
    ///
    /// `heard` is who has spoken to it since the last check. With itself, do they meet the quorum?
    /// If not, it follows nobody, in the same term: whoever reaches a majority may lead. Either way
    /// the count starts over.
    ///
    /// *Example:* the leader of five has heard n2 since the last check, and nobody else. Two of
    /// five are no majority: it steps down.
    pub(super) fn check_quorum(&mut self, view: View<'_>) {
        #![allow(unused_variables, reason = "exercise 1.10 is not written yet")]
        todo!("exercise 1.10: notice that you are alone")
    }
}
