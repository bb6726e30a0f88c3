//! Leadership that is handed over because somebody wishes it.

use crate::bench::Bench;
use crate::lab::{
    EAGER, Lab, N1, N2, N3, N4, N5, WIDE, append, at, entry, first, granted, please, vote,
};
use basics::NodeId;
use election::{Role, Round};
use harness::check;
use raft::{Body, Dropped, Reading, Refused, Step, Ticket};

/// A letter of the election from a candidate that its leader has wished for.
fn wished(index: u64) -> Body {
    Body::WishedVote { last: at(2, index) }
}

/// How often this node was bidden take over since the last call.
fn bidden(lab: &mut Lab, to: NodeId) -> usize {
    lab.work();
    lab.take_sent(to).iter().filter(|body| **body == Body::TakeOver).count()
}

fn role(lab: &Lab) -> Role {
    lab.node.replica().election().role()
}

#[test]
fn the_heir_is_brought_up_to_date_first() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.propose(1).expect("n1 leads");
        lab.transfer(N2).expect("n2 votes");
        assert_eq!(lab.status().transfer, Some(N2));
        assert_eq!(bidden(&mut lab, N2), 0, "entry 3 is on its way to n2");
        lab.accepts(N3, 3);
        assert_eq!(bidden(&mut lab, N2), 0, "committed or not");
        lab.accepts(N2, 3);
        assert_eq!(bidden(&mut lab, N2), 1, "n2 has everything");
        assert_eq!(bidden(&mut lab, N3), 0);
        assert!(lab.node.leads(), "n1 leads until n2 does");
    });
}

#[test]
fn an_heir_that_has_everything_is_told_at_once() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.transfer(N3).expect("n3 votes");
        assert_eq!(bidden(&mut lab, N3), 1);
        lab.accepts(N3, 2);
        lab.answers(N2, vote(election::Body::HeartbeatAnswer));
        assert_eq!(bidden(&mut lab, N3), 0, "once until the next tick");
    });
}

#[test]
fn nothing_is_taken_while_it_lasts() {
    check(|| {
        let mut lab = Lab::leader(3, EAGER);
        lab.transfer(N2).expect("n2 votes");
        for _ in 0..9 {
            lab.tick(1);
            assert_eq!(lab.propose(1), Err(Refused::HandingOver(N2)), "n2 could not catch up");
            assert_eq!(lab.change(&[Step::Learner(N4)]), Err(Refused::HandingOver(N2)));
        }
        lab.tick(1);
        assert_eq!(lab.propose(1), Ok(at(2, 3)), "n1 leads on: n2 may be dead");
        assert_eq!(lab.status().transfer, None);
        lab.accepts(N2, 2);
        lab.work();
        lab.sent.clear();
        lab.tick(3);
        assert_eq!(bidden(&mut lab, N2), 0, "it is over");
    });
}

#[test]
fn the_heir_is_told_again_with_each_tick() {
    check(|| {
        let mut lab = Lab::leader(3, EAGER);
        lab.transfer(N2).expect("n2 votes");
        assert_eq!(bidden(&mut lab, N2), 1);
        for _ in 0..9 {
            lab.tick(1);
            assert_eq!(bidden(&mut lab, N2), 1, "the letter may be lost");
        }
        lab.tick(1);
        assert_eq!(bidden(&mut lab, N2), 0);
    });
}

#[test]
fn an_heir_that_never_catches_up_is_told_nothing() {
    check(|| {
        let mut lab = Lab::leader(3, EAGER);
        lab.propose(1).expect("n1 leads");
        lab.work();
        lab.transfer(N2).expect("n2 votes");
        lab.tick(9);
        assert_eq!(lab.status().transfer, Some(N2));
        lab.tick(1);
        assert_eq!(lab.status().transfer, None);
        assert_eq!(bidden(&mut lab, N2), 0);
    });
}

#[test]
fn one_transfer_at_a_time() {
    check(|| {
        let mut lab = Lab::leader(3, EAGER);
        lab.transfer(N2).expect("n2 votes");
        assert_eq!(bidden(&mut lab, N2), 1);
        lab.tick(5);
        assert_eq!(lab.transfer(N3), Err(Refused::HandingOver(N2)));
        assert_eq!(lab.transfer(N1), Err(Refused::HandingOver(N2)), "nor is it taken back");
        assert_eq!(lab.transfer(N2), Ok(()), "the same wish");
        lab.tick(5);
        assert_eq!(lab.status().transfer, None, "got no more time");
        assert_eq!(lab.transfer(N3), Ok(()), "and now another");
    });
}

#[test]
fn to_whom_it_cannot_go() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        assert_eq!(lab.transfer(N1), Ok(()), "n1 leads already");
        assert_eq!(lab.status().transfer, None);
        assert!(lab.propose(1).is_ok(), "so there is nothing to do");
        lab.change(&[Step::Learner(N4)]).expect("n1 leads");
        for node in [N4, N5] {
            assert_eq!(lab.transfer(node), Err(Refused::NoVoter(node)));
        }
        assert!(lab.propose(2).is_ok());
        let mut lab = Lab::follower(3, WIDE);
        assert_eq!(lab.transfer(N3), Err(Refused::NotLeader(Some(N2))));
        assert_eq!(lab.transfer(N1), Err(Refused::NotLeader(Some(N2))), "only a leader gives");
    });
}

#[test]
fn an_heir_that_loses_its_vote_is_none() {
    check(|| {
        // From 1, 2, 3 to 1, 4, 5. While both decide, n2 votes and may lead.
        let mut lab = Lab::leader(3, WIDE);
        let steps = [Step::Remove(N2), Step::Remove(N3), Step::Voter(N4), Step::Voter(N5)];
        lab.change(&steps).expect("n1 leads");
        lab.work();
        lab.transfer(N2).expect("n2 votes in one half");
        assert_eq!(bidden(&mut lab, N2), 0, "n2 lacks the change");
        lab.accepts(N3, 3);
        lab.accepts(N4, 3);
        lab.work();
        assert_eq!(lab.last(), 4, "n1 completes the change, whoever is to lead");
        assert_eq!(lab.status().transfer, None, "n2 is out");
        assert!(lab.propose(1).is_ok());
        assert_eq!(bidden(&mut lab, N2), 0);
    });
}

#[test]
fn a_completion_on_the_way_is_waited_for() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.change(&[Step::Voter(N4), Step::Voter(N5)]).expect("n1 leads");
        lab.work();
        lab.transfer(N4).expect("n4 votes");
        lab.accepts(N2, 3);
        lab.accepts(N4, 3);
        assert_eq!(bidden(&mut lab, N4), 1, "n4 had everything");
        assert_eq!(lab.last(), 4, "the change is completed meanwhile");
        lab.tick(1);
        assert_eq!(bidden(&mut lab, N4), 0, "n4 lacks that");
        lab.accepts(N4, 4);
        assert_eq!(bidden(&mut lab, N4), 1);
    });
}

#[test]
fn the_heir_stands_without_a_poll() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.hears(N2, 2, Body::TakeOver);
        lab.ready();
        assert_eq!((role(&lab), lab.term()), (Role::Candidate, 3));
        assert!(!lab.take_sent(N3).contains(&wished(2)), "its vote is not on its disk");
        lab.work();
        assert_eq!(lab.take_sent(N3), [wished(2)], "it says whose wish it is");
        assert!(lab.take_sent(N2).contains(&wished(2)), "to the old leader as well");
        lab.hears(N3, 3, granted(Round::Vote));
        assert!(lab.node.leads());
    });
}

#[test]
fn whoever_is_bidden_twice_stands_once() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.hears(N2, 2, Body::TakeOver);
        lab.work();
        let again = lab.receive(N2, 2, Body::TakeOver);
        assert!(again.is_err(), "the letter of the old term comes late");
        lab.work();
        assert_eq!((role(&lab), lab.term()), (Role::Candidate, 3), "nothing has changed");
    });
}

#[test]
fn who_does_not_lead_bids_nobody() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        assert!(lab.receive(N3, 2, Body::TakeOver).is_err(), "n2 leads term 2, not n3");
        assert!(lab.receive(N3, 1, Body::TakeOver).is_err(), "nor is term 1 any more");
        assert_eq!((role(&lab), lab.term()), (Role::Follower, 2));
        let mut lab = Lab::leader(3, WIDE);
        assert!(lab.receive(N2, 2, Body::TakeOver).is_err(), "n1 leads");
        assert!(lab.node.leads());
    });
}

#[test]
fn a_wish_is_good_for_one_election() {
    check(|| {
        let mut lab = Lab::follower(3, EAGER);
        lab.hears(N2, 2, Body::TakeOver);
        lab.work();
        assert!(lab.take_sent(N3).contains(&wished(2)));
        // Nobody answers, and n1 stands again.
        lab.tick(20);
        lab.work();
        assert!(lab.term() >= 4, "in another term");
        let asked = lab.take_sent(N3);
        assert!(asked.contains(&please(Round::Vote, at(2, 2))), "{asked:?}");
        assert!(!asked.contains(&wished(2)), "nobody has wished that");
    });
}

#[test]
fn voters_that_hear_their_leader_heed_its_wish() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        let plain = please(Round::Vote, at(2, 2));
        let shield =
            Dropped::Replication(replication::Dropped::Election(election::Dropped::LeaderInTouch));
        assert_eq!(lab.receive(N3, 3, plain), Err(shield), "n2 is heard well");
        assert_eq!(lab.term(), 2);
        lab.hears(N3, 3, wished(2));
        lab.ready();
        assert_eq!(lab.take_sent(N3), [], "a vote waits for the disk like any other");
        lab.work();
        assert_eq!(lab.take_sent(N3), [granted(Round::Vote)]);
        lab.hears(N2, 3, wished(2));
        lab.work();
        assert!(!lab.take_sent(N2).contains(&granted(Round::Vote)), "one vote a term");
    });
}

#[test]
fn a_wish_does_not_make_a_log_longer() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.hears(N2, 2, append(at(2, 2), vec![entry(2, 1)], 2));
        lab.work();
        lab.sent.clear();
        lab.hears(N3, 3, wished(2));
        lab.work();
        let no = vote(election::Body::VoteAnswer { round: Round::Vote, granted: false });
        assert_eq!(lab.take_sent(N3), [no], "n3 lacks entry 3");
        assert!(lab.receive(N3, 2, wished(9)).is_err(), "an old term");
    });
}

#[test]
fn the_old_leader_votes_for_its_heir() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.transfer(N2).expect("n2 votes");
        lab.work();
        lab.sent.clear();
        lab.hears(N2, 3, wished(2));
        assert!(!lab.node.leads());
        lab.work();
        assert_eq!(lab.take_sent(N2), [granted(Round::Vote)]);
        assert_eq!(lab.propose(1), Err(Refused::NotLeader(None)), "n2 has not won yet");
        lab.hears(N2, 3, append(at(2, 2), vec![first(3)], 2));
        assert_eq!(lab.propose(1), Err(Refused::NotLeader(Some(N2))));
    });
}

#[test]
fn a_transfer_ends_with_the_leadership() {
    check(|| {
        let mut lab = Lab::leader(3, EAGER);
        lab.transfer(N2).expect("n2 votes");
        lab.hears(N3, 3, append(at(2, 2), vec![first(3)], 2));
        assert_eq!(lab.status().transfer, None);
        lab.win();
        lab.sent.clear();
        assert!(lab.propose(1).is_ok(), "n1 leads again, and nobody has wished anything");
        lab.accepts(N2, 5);
        assert_eq!(bidden(&mut lab, N2), 0);
    });
}

#[test]
fn reads_go_on_meanwhile() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.transfer(N2).expect("n2 votes");
        lab.read(1).expect("n1 leads");
        lab.answers(N3, Body::Confirmed { round: 1 });
        lab.work();
        assert_eq!(lab.over, [(Ticket(1), Reading::From(basics::Index(2)))]);
    });
}

#[test]
fn leadership_goes_over_without_a_tick() {
    check(|| {
        let mut bench = Bench::led(5, WIDE);
        for number in 1..=3 {
            bench.lab(N1).propose(number).expect("n1 leads");
        }
        bench.lab(N1).transfer(N4).expect("n4 votes");
        bench.calm();
        assert_eq!(bench.leader(), Some(N4));
        assert_eq!(bench.lab(N4).term(), 3, "the very next term");
        assert!(!bench.lab(N1).node.leads());
        bench.lab(N4).propose(4).expect("n4 leads");
        bench.calm();
        for number in 1..=4 {
            assert!(bench.who_applied(number).contains(&N4), "{number} is not lost");
        }
    });
}

/// n1 has tried in vain to hand over to n3, which does nothing. Its letters are under way.
fn tried_in_vain() -> Bench {
    let mut bench = Bench::led(3, WIDE);
    bench.lab(N1).transfer(N3).expect("n3 votes");
    for _ in 0..10 {
        bench.lab(N1).tick(1);
        bench.settle(&[N1, N2]);
    }
    bench.lab(N1).propose(1).expect("n1 leads on");
    bench.settle(&[N1, N2]);
    bench
}

#[test]
fn a_dead_heir_costs_an_election_timeout_and_no_more() {
    check(|| {
        let mut bench = tried_in_vain();
        assert_eq!(bench.leader(), Some(N1));
        assert!(bench.lab(N1).commit() >= 3, "n1 commits with n2");
        bench.lose(&[N3]);
        bench.beat(N1);
        assert_eq!((bench.leader(), bench.lab(N3).last()), (Some(N1), 3), "n3 follows again");
    });
}

#[test]
fn a_wish_that_comes_late_costs_an_election() {
    check(|| {
        let mut bench = tried_in_vain();
        // n3 wakes up, and stands as it was bidden long ago. It lacks entry 3, and cannot win.
        bench.calm();
        assert!(bench.lab(N3).term() == 3 && !bench.lab(N3).node.leads());
        for _ in 0..60 {
            for node in bench.all() {
                bench.beat(node);
            }
        }
        let leader = bench.leader().expect("somebody leads in the end");
        bench.lab(leader).propose(2).expect("it leads");
        bench.calm();
        for number in 1..=2 {
            assert!(bench.who_applied(number).contains(&leader), "{number} is not lost");
        }
    });
}

#[test]
fn an_heir_that_lacks_a_lot_gets_it_first() {
    check(|| {
        let mut bench = Bench::led(3, WIDE);
        for number in 1..=20 {
            bench.lab(N1).propose(number).expect("n1 leads");
            bench.settle(&[N1, N2]);
        }
        bench.lose(&[N3]);
        bench.lab(N1).transfer(N3).expect("n3 votes");
        bench.beat(N1);
        bench.beat(N1);
        assert_eq!(bench.leader(), Some(N3));
        assert_eq!(bench.lab(N3).last(), 23, "20 entries, n1's first and n3's own");
    });
}
