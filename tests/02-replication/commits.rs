//! 2.6: what is committed, and when.

use crate::lab::{Lab, N1, N2, N3, N4, WIDE, append, at, holds, lacks};
use crate::node::{ALL, Disk};
use basics::{Index, Message, NodeId, Term};
use election::Quorum;
use harness::check;
use replication::View;
use std::collections::BTreeSet;

/// A leader of term 4 whose disk does not hold its last entry yet.
fn unsaved(voters: u64, terms: &[u64]) -> Lab {
    let mut lab = Lab::elected(voters, WIDE, 3, terms);
    lab.ready();
    lab
}

#[test]
fn a_majority_commits() {
    check(|| {
        // Nothing of this term is on n1's own disk.
        let mut lab = Lab::elected(5, WIDE, 3, &[]);
        for node in [N2, N2, N3] {
            lab.receive(node, 4, holds(1)).expect("n1 leads");
            assert_eq!(
                lab.commit(),
                0,
                "n2 said it twice, and n1's own disk does not hold it yet: two of five at most"
            );
        }
        lab.receive(N4, 4, holds(1)).expect("n1 leads");
        assert_eq!(lab.commit(), 1, "three of five hold entry 1");
    });
}

#[test]
fn half_is_no_majority() {
    check(|| {
        let mut lab = Lab::elected(4, WIDE, 3, &[]);
        for node in [N2, N3] {
            lab.receive(node, 4, holds(1)).expect("n1 leads");
            assert_eq!(lab.commit(), 0, "two of four hold entry 1 at most");
        }
        lab.receive(N4, 4, holds(1)).expect("n1 leads");
        assert_eq!(lab.commit(), 1, "three of four hold entry 1");
    });
}

#[test]
fn the_majoritys_last_counts() {
    check(|| {
        let mut lab = Lab::elected(5, WIDE, 3, &[]);
        for number in 0..6 {
            lab.propose(number).expect("n1 leads");
        }
        for (node, matched) in [(N2, 6), (N3, 3), (N4, 5)] {
            lab.receive(node, 4, holds(matched)).expect("n1 leads");
        }
        assert_eq!(lab.commit(), 3, "n2 holds 6, n4 holds 5, n3 holds 3, n1 and n5 nothing");
        lab.receive(NodeId(5), 4, holds(5)).expect("n1 leads");
        assert_eq!(lab.commit(), 5, "now three hold 5");
    });
}

#[test]
fn an_older_term_is_not_counted() {
    check(|| {
        let mut lab = Lab::elected(3, WIDE, 3, &[1, 2, 2]);
        lab.receive(N2, 4, holds(3)).expect("n1 leads");
        assert_eq!(lab.commit(), 0, "n1 and n2 hold entry 3, of term 2, and n1 leads term 4");
        for node in [N2, N3] {
            lab.receive(node, 4, holds(4)).expect("n1 leads");
        }
        assert_eq!(lab.commit(), 4, "entry 4 is of term 4, and takes 1 to 3 with it");
    });
}

#[test]
fn a_leaders_own_entry_counts_when_its_disk_holds_it() {
    check(|| {
        let mut lab = unsaved(5, &[]);
        lab.receive(N2, 4, holds(1)).expect("n1 leads");
        lab.receive(N3, 4, holds(1)).expect("n1 leads");
        assert_eq!(lab.commit(), 0, "n2 and n3 hold it, n1's disk does not yet");
        lab.sync();
        assert_eq!(lab.commit(), 1, "three of five do");
    });
}

#[test]
fn a_majority_without_the_leader_will_do() {
    check(|| {
        let mut lab = unsaved(3, &[]);
        lab.receive(N2, 4, holds(1)).expect("n1 leads");
        assert_eq!(lab.commit(), 0, "one of three");
        lab.receive(N3, 4, holds(1)).expect("n1 leads");
        assert_eq!(lab.commit(), 1, "n2 and n3 are two of three; n1's disk is slow");
    });
}

#[test]
fn alone_its_own_disk_decides() {
    check(|| {
        let mut lab = Lab::new(1, WIDE, Disk::with(0, &[]));
        lab.stand();
        lab.work();
        assert!(lab.leads(), "the only node leads");
        assert_eq!(lab.commit(), 1, "its first entry is on its disk");
        lab.propose(7).expect("n1 leads");
        assert_eq!(lab.commit(), 1, "the second is not yet");
        lab.work();
        assert_eq!(lab.commit(), 2, "now it is");
    });
}

/// A quorum that n3 is in, whoever else is.
struct WithN3;

impl Quorum for WithN3 {
    fn voters(&self) -> BTreeSet<NodeId> {
        (1..=5).map(NodeId).collect()
    }

    fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
        has(N3)
    }
}

#[test]
fn the_quorum_decides() {
    check(|| {
        let mut lab = Lab::elected(5, WIDE, 3, &[]);
        for (node, commit) in [(N2, 0), (N4, 0), (NodeId(5), 0), (N3, 1)] {
            let answer = Message { from: node, to: N1, term: Term(4), body: holds(1) };
            let view = View { quorum: &WithN3, draw: 0 };
            lab.replica.receive(answer, view).expect("n1 leads");
            assert_eq!(lab.commit(), commit, "{node} holds entry 1, and n3 is who must");
        }
    });
}

#[test]
fn commit_never_falls() {
    check(|| {
        let mut lab = Lab::elected(3, WIDE, 3, &[1]);
        for (node, matched) in [(N2, 2), (N3, 2), (N3, 1), (N2, 0)] {
            lab.receive(node, 4, holds(matched)).expect("n1 leads");
        }
        assert_eq!(lab.commit(), 2, "n2 and n3 hold 2, and older answers come after that");
    });
}

#[test]
fn a_lost_disk_takes_no_commit_back() {
    check(|| {
        let mut lab = unsaved(3, &[]);
        lab.sync();
        for number in 0..2 {
            lab.propose(number).expect("n1 leads");
        }
        for node in [N2, N3] {
            lab.receive(node, 4, holds(3)).expect("n1 leads");
        }
        assert_eq!(lab.commit(), 3, "n2 and n3 hold it; n1's disk holds entry 1");
        lab.receive(N2, 4, lacks(at(4, 3), at(0, 0))).expect("n1 leads");
        lab.receive(N3, 4, holds(3)).expect("n1 leads");
        assert_eq!(lab.progress(N2).matched, Index(0), "n2 has lost its disk");
        assert_eq!(lab.commit(), 3, "what was committed may be applied already");
    });
}

#[test]
fn a_follower_commits_nothing_by_itself() {
    check(|| {
        let mut lab = Lab::new(3, ALL, Disk::with(2, &[]));
        let entries = crate::node::entries(&[2, 2]);
        lab.receive(N2, 2, append(at(0, 0), entries, 0)).expect("n2 leads");
        assert_eq!(lab.commit(), 0, "n1 holds entries 1 and 2; whether others do, n2 knows");
    });
}
