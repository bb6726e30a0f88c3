//! 2.8: whom a leader brings its log to, when not everybody has a vote and not everybody was there
//! from the beginning.

use crate::lab::{Lab, Members, N1, N2, N3, N4, WIDE, append, appends, at, holds};
use crate::node::{ALL, Disk, SMALL};
use basics::{Index, Message, Term};
use election::{Body, Majority, Role, Round};
use harness::check;
use replication::View;

/// n1 leads term 4 of three voters, with n4 as a learner.
fn with_learner() -> Lab {
    let mut lab = Lab::leader(3, WIDE, 3, &[1, 1]);
    let mut members = Members::voters(3);
    members.learners.insert(N4);
    lab.reconfigure(members);
    lab
}

#[test]
fn a_learner_gets_the_log_and_does_not_count() {
    check(|| {
        let mut lab = with_learner();
        assert_eq!(appends(&mut lab, N4).len(), 1, "n4 is asked where its log ends");
        lab.receive(N4, 4, holds(0)).expect("n1 leads, and n4 belongs to the cluster");
        assert_eq!(appends(&mut lab, N4), [(0, 3, 0)], "and is sent what it lacks");
        lab.receive(N4, 4, holds(3)).expect("n1 leads");
        assert_eq!(lab.progress(N4).matched, Index(3), "n4 holds the whole log");
        assert_eq!(lab.commit(), 0, "it has no vote: nothing is committed by its copy");
        lab.receive(N2, 4, holds(3)).expect("n1 leads");
        lab.work();
        assert_eq!(lab.commit(), 3, "n1 and n2 are two of three voters");
        lab.sent.clear();
        lab.tick(1);
        lab.work();
        assert_eq!(appends(&mut lab, N4).len(), 1, "n4 hears heartbeats like everybody else");
    });
}

#[test]
fn a_voter_that_joins_is_served_and_counts() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[1, 1]);
        lab.work();
        lab.receive(N2, 4, holds(3)).expect("n1 leads");
        assert_eq!(lab.commit(), 3, "two of three");
        lab.reconfigure(Members::voters(5));
        lab.propose(1).expect("n1 leads");
        lab.work();
        assert!(!appends(&mut lab, N4).is_empty(), "n4 has joined, and is asked");
        lab.receive(N2, 4, holds(4)).expect("n1 leads");
        assert_eq!(lab.commit(), 3, "n1 and n2 are two of five");
        lab.receive(N4, 4, holds(4)).expect("n1 leads, and n4 belongs to the cluster");
        assert_eq!(lab.commit(), 4, "n1, n2 and n4 are three of five");
    });
}

#[test]
fn whoever_has_left_is_served_no_longer() {
    check(|| {
        let mut lab = Lab::leader(5, WIDE, 3, &[1, 1]);
        lab.work();
        for node in [N2, N3] {
            lab.receive(node, 4, holds(2)).expect("n1 leads");
        }
        let known = lab.progress(N2).clone();
        lab.propose(1).expect("n1 leads");
        lab.work();
        lab.receive(N2, 4, holds(4)).expect("n1 leads");
        assert_eq!(lab.commit(), 0, "n1 and n2 are two of five");
        lab.reconfigure(Members::voters(3));
        assert_eq!(lab.commit(), 4, "and two of three: nobody has to answer again");
        assert!(lab.progress(N2).matched > known.matched, "what is known of n2 stays");
        assert_eq!(lab.replica.progress(N4), None, "n4 is served no longer");
        lab.sent.clear();
        lab.tick(1);
        lab.work();
        assert_eq!(appends(&mut lab, N4), [], "it has left");
        assert!(lab.receive(N4, 4, holds(4)).is_err(), "and what it says does not count");
    });
}

#[test]
fn leadership_can_be_taken_over_and_given_up() {
    check(|| {
        let quorum = Majority::of([N1, N2, N3]);
        let view = View { quorum: &quorum, draw: 7 };
        let mut lab = Lab::new(3, ALL, Disk::with(3, &[1, 1]));
        lab.replica.take_over(view);
        let election = lab.replica.election();
        assert_eq!(election.role(), Role::Candidate, "it stands at once, with no poll");
        assert_eq!(election.hard_state().term, Term(4));
        // n2 leads, and wishes n3 to. n1 hears n2 well, and votes for n3 all the same.
        let mut lab = Lab::new(3, ALL, Disk::with(3, &[1, 1]));
        lab.receive(N2, 3, append(at(1, 2), vec![], 0)).expect("n2 leads term 3");
        let body = Body::VoteRequest { round: Round::Vote, last: at(1, 2) };
        let request = Message { from: N3, to: N1, term: Term(4), body };
        lab.replica.receive_unshielded(request, view).expect("its leader wishes it");
        assert_eq!(lab.hard_state().vote, Some(N3));
        let mut lab = Lab::leader(3, SMALL, 3, &[1, 1]);
        let body = Body::VoteRequest { round: Round::Vote, last: at(4, 9) };
        let request = Message { from: N3, to: N1, term: Term(5), body };
        lab.replica.receive_unshielded(request, view).expect("n1 hears of term 5");
        assert!(lab.replica.progress(N2).is_none(), "it leads no more");
        let mut lab = Lab::leader(3, ALL, 3, &[1, 1]);
        lab.replica.resign(view);
        assert!(!lab.leads(), "it leads no longer");
        assert!(lab.propose(1).is_err(), "and takes nothing");
    });
}
