//! 2.10: finding where two logs part.

use crate::lab::{Lab, N2, N3, WIDE, at, log};
use crate::node::Disk;
use crate::progress::flows;
use basics::Index;
use harness::check;
use replication::{Mode, Progress};

/// Lets n2, a follower with a log of these terms, answer a leader until it holds the leader's log.
/// In how many rounds, and what it holds then.
fn repair(lab: &mut Lab, have: &[u64]) -> (usize, Vec<u64>) {
    let term = lab.hard_state().term.0;
    let mut follower = Lab::new(3, WIDE, Disk::with(term, have));
    for round in 0..50 {
        let before = lab.progress(N2).clone();
        lab.tick(1);
        lab.work();
        for body in lab.take_sent(N2) {
            // The follower on the bench is called n1 as well. Only envelopes know.
            follower.receive(N3, term, body).expect("it comes from its leader");
            follower.work();
            for answer in follower.take_sent(N3) {
                lab.receive(N2, term, answer).expect("it is a good answer");
            }
        }
        if *lab.progress(N2) == before && before.matched == lab.replica.log().last().index {
            return (round, follower.terms());
        }
    }
    panic!("fifty rounds, and n2 does not hold n1's log: {:?}", follower.terms());
}

#[test]
fn the_last_position_that_may_be_shared() {
    check(|| {
        let log = log(&[1, 1, 1, 5, 5, 5]);
        for (limit, shared) in [
            (at(3, 6), at(1, 3)),
            (at(5, 4), at(5, 4)),
            (at(5, 9), at(5, 6)),
            (at(9, 9), at(5, 6)),
            (at(1, 2), at(1, 2)),
            (at(1, 9), at(1, 3)),
            (at(0, 4), at(0, 0)),
            (at(5, 0), at(0, 0)),
        ] {
            assert_eq!(log.shared(limit), shared, "of the terms 1 1 1 5 5 5, with {limit}");
        }
    });
}

#[test]
fn refusals_lead_to_where_the_logs_part() {
    check(|| {
        let leaders = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
        let followers: [&[u64]; 7] = [
            &[1, 1, 1, 4, 4, 5, 5, 6, 6],
            &[1, 1, 1, 4],
            &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
            &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
            &[1, 1, 1, 4, 4, 4, 4],
            &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
            &[],
        ];
        for have in followers {
            let mut lab = Lab::leader(3, WIDE, 7, &leaders);
            let (_, log) = repair(&mut lab, have);
            let mut expected = leaders.to_vec();
            expected.push(8);
            assert_eq!(log, expected, "the log of a follower that had {have:?}");
        }
    });
}

#[test]
fn a_term_at_a_time() {
    check(|| {
        // A hundred entries of a leader that nobody else heard of.
        let mut have = vec![1, 1];
        have.extend([3; 100]);
        let mut leaders = vec![1, 1];
        leaders.extend([2; 100]);
        let mut lab = Lab::leader(3, WIDE, 4, &leaders);
        let (rounds, log) = repair(&mut lab, &have);
        assert_eq!(log.len(), 103, "the follower's log is the leader's");
        assert!(rounds <= 4, "one term is wrong, and it took {rounds} rounds of questions");
    });
}

#[test]
fn a_refusal_starts_a_probe() {
    check(|| {
        let mut progress = flows(4, 10, &[(6, 60), (9, 60)]);
        progress.refused(Index(6), Index(4));
        let expected = Progress { matched: Index(4), ..Progress::new(Index(5)) };
        assert_eq!(progress, expected, "5 and 6 are lost: ask about 4 again");
    });
}

#[test]
fn a_probe_moves_back() {
    check(|| {
        let mut progress = Progress::new(Index(10));
        progress.sent(Index(10), 20);
        progress.refused(Index(9), Index(5));
        assert_eq!(progress, Progress::new(Index(6)), "and has a question to ask");
    });
}

#[test]
fn an_old_refusal_is_no_news() {
    check(|| {
        let mut progress = flows(6, 10, &[(9, 60)]);
        progress.refused(Index(3), Index(1));
        assert_eq!(progress, flows(6, 10, &[(9, 60)]), "n2 has acknowledged 6 since");
        let mut progress = Progress::new(Index(4));
        progress.sent(Index(4), 20);
        let asked = progress.clone();
        progress.refused(Index(9), Index(5));
        assert_eq!(progress, asked, "the question was about 3, not about 9");
        progress.refused(Index(1), Index(0));
        assert_eq!(progress, asked, "nor about 1");
        let mut progress = Progress { mode: Mode::Snapshot, ..Progress::new(Index(3)) };
        progress.refused(Index(2), Index(0));
        assert_eq!(progress.mode, Mode::Snapshot, "a snapshot is on its way");
    });
}

#[test]
fn a_follower_that_lost_its_disk() {
    check(|| {
        let mut progress = flows(6, 7, &[]);
        progress.refused(Index(6), Index(0));
        assert_eq!(
            progress,
            Progress { suspect: true, ..Progress::new(Index(1)) },
            "it had acknowledged 6 and lacks it: believe what it says now, and suspect it"
        );
    });
}

#[test]
fn a_suspect_stays_one() {
    check(|| {
        let mut progress = flows(6, 7, &[]);
        progress.refused(Index(6), Index(2));
        assert!(progress.suspect, "it had acknowledged 6, and shares 2");
        progress.accepted(Index(2));
        assert!(progress.suspect, "an acceptance clears nothing: the promises are gone for good");
        progress.sent(Index(4), 20);
        progress.refused(Index(4), Index(2));
        assert!(progress.suspect, "nor does an append that was lost");
    });
}
