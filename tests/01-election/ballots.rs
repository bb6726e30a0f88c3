//! 1.1: majorities, and the count of a vote.

use basics::NodeId;
use election::{Ballots, Majority, Outcome, Quorum};
use harness::check;
use std::collections::BTreeSet;

fn majority(voters: u64) -> Majority {
    Majority::of((1..=voters).map(NodeId))
}

/// The nodes whose bits are set.
fn subset(bits: u64) -> impl Fn(NodeId) -> bool {
    move |node| bits & (1 << node.0) != 0
}

#[test]
fn more_than_half_is_a_majority() {
    check(|| {
        for voters in 1..=9 {
            for yes in 0..=voters {
                let met = majority(voters).is_met_by(&|node| node.0 <= yes);
                assert_eq!(met, yes > voters - yes, "{yes} of {voters} voters");
            }
        }
    });
}

#[test]
fn two_majorities_share_a_node() {
    check(|| {
        for voters in 1..=6 {
            let quorum = majority(voters);
            let sets = 1_u64 << (voters + 1);
            for (one, two) in (0..sets).flat_map(|one| (0..sets).map(move |two| (one, two))) {
                let both = quorum.is_met_by(&subset(one)) && quorum.is_met_by(&subset(two));
                let shared = (1..=voters).any(|node| one & two & (1 << node) != 0);
                assert!(
                    !both || shared,
                    "of {voters} voters, two majorities have no node in common: {one:b}, {two:b}"
                );
            }
        }
    });
}

#[test]
fn only_voters_count() {
    check(|| {
        let quorum = majority(3);
        assert!(!quorum.is_met_by(&|node| node.0 == 1 || node.0 > 3), "n4 and above do not vote");
        assert!(quorum.is_met_by(&|node| node.0 != 2 && node.0 < 4), "n1 and n3 are two of three");
    });
}

#[test]
fn nobody_is_no_majority_of_nobody() {
    check(|| {
        assert!(!majority(0).is_met_by(&|_| true), "a cluster without voters decides nothing");
    });
}

fn count(voters: u64, yes: u64, no: u64) -> Outcome {
    let mut ballots = Ballots::default();
    for node in 1..=yes {
        ballots.record(NodeId(node), true);
    }
    for node in yes + 1..=yes + no {
        ballots.record(NodeId(node), false);
    }
    ballots.outcome(&majority(voters))
}

#[test]
fn a_majority_of_yes_wins() {
    check(|| {
        for (voters, yes) in [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4)] {
            assert_eq!(count(voters, yes, 0), Outcome::Won, "{yes} yes of {voters}");
            assert_ne!(count(voters, yes - 1, 0), Outcome::Won, "{} yes of {voters}", yes - 1);
        }
    });
}

#[test]
fn a_vote_is_lost_as_soon_as_it_cannot_be_won() {
    check(|| {
        for (voters, no) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (7, 4)] {
            assert_eq!(count(voters, 0, no), Outcome::Lost, "{no} no of {voters}");
            assert_eq!(count(voters, 0, no - 1), Outcome::Pending, "{} no of {voters}", no - 1);
        }
        assert_eq!(count(4, 2, 2), Outcome::Lost, "two yes and two no of four");
    });
}

/// Two majorities at once, as in a change of membership.
struct Both(Majority, Majority);

impl Quorum for Both {
    fn voters(&self) -> BTreeSet<NodeId> {
        &self.0.voters() | &self.1.voters()
    }

    fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
        self.0.is_met_by(has) && self.1.is_met_by(has)
    }
}

#[test]
fn the_quorum_decides_not_the_count() {
    check(|| {
        let old = Majority::of([1, 2, 3].map(NodeId));
        let new = Majority::of([3, 4, 5].map(NodeId));
        let quorum = Both(old, new);
        let mut ballots = Ballots::default();
        for node in [1, 2, 3] {
            ballots.record(NodeId(node), true);
        }
        let why = "n1, n2 and n3 are three of five, but of n3, n4 and n5 only one";
        assert_eq!(ballots.outcome(&quorum), Outcome::Pending, "{why}");
        ballots.record(NodeId(4), false);
        assert_eq!(ballots.outcome(&quorum), Outcome::Pending, "n5 can still decide");
        ballots.record(NodeId(5), false);
        assert_eq!(ballots.outcome(&quorum), Outcome::Lost, "two of n3, n4 and n5 said no");
    });
}
