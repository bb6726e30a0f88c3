//! Ends of leases, as the primary sees them.

use crate::member::{NONE, at, empty, grant, id, ids, left, over, primary, renewed, revoke};
use api::Error;
use harness::check;
use lease::{PER_ROUND, Reign, Renewal};

#[test]
fn a_lease_ends_when_its_time_is_over_and_not_before() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 2, at(300));
        for now in [300, 500, 2_000, 2_299] {
            assert_eq!(over(&mut lessor, at(now)), NONE, "at {now}");
        }
        assert_eq!(over(&mut lessor, at(2_300)), [7]);
        assert!(lessor.is_there(id(7)), "until it is revoked");
        revoke(&mut lessor, 7);
        assert_eq!(over(&mut lessor, at(10_000)), NONE);
    });
}

#[test]
fn what_is_decided_has_the_reign_it_was_decided_in() {
    check(|| {
        let mut lessor = primary(at(0));
        lessor.promote(Reign(5), at(0));
        grant(&mut lessor, 7, 2, at(0));
        let decided = lessor.expired(at(2_000)).expect("one is over");
        assert_eq!(decided.reign, Reign(5));
        assert_eq!(decided.clone().in_force(Reign(4)), None);
        assert_eq!(decided.clone().in_force(Reign(6)), None, "somebody else leads by now");
        assert_eq!(decided.in_force(Reign(5)), Some(ids(&[7])));
    });
}

#[test]
fn leases_end_in_the_order_of_their_ends() {
    check(|| {
        let mut lessor = primary(at(0));
        for (number, seconds) in [(1, 9), (2, 5), (3, 7), (4, 5), (5, 60)] {
            grant(&mut lessor, number, seconds, at(0));
        }
        lessor.renew(id(2), at(1_000)).expect("it is there");
        assert_eq!(over(&mut lessor, at(20_000)), [4, 2, 3, 1], "renewed at 1 s, 2 ends at 6");
    });
}

#[test]
fn only_so_many_end_in_a_round_and_the_next_goes_on() {
    check(|| {
        let mut lessor = primary(at(0));
        let count = i64::try_from(PER_ROUND).expect("a few") + 100;
        for number in 1..=count {
            // The later ones have the smaller numbers, so that numbers are no order.
            grant(&mut lessor, count + 1 - number, 2, at(number.unsigned_abs()));
        }
        let first = over(&mut lessor, at(10_000));
        let expected: Vec<i64> = (101..=count).rev().collect();
        assert_eq!(first, expected, "the first {PER_ROUND}");
        let second = over(&mut lessor, at(10_500));
        assert_eq!(second, (1..=100).rev().collect::<Vec<i64>>(), "the rest, and none twice");
        assert_eq!(over(&mut lessor, at(11_000)), NONE, "all are on their way");
    });
}

#[test]
fn a_revocation_that_is_not_carried_out_is_proposed_again() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 2, at(0));
        grant(&mut lessor, 8, 2, at(0));
        assert_eq!(over(&mut lessor, at(2_000)), [7, 8]);
        for now in [2_000, 2_500, 4_999] {
            assert_eq!(over(&mut lessor, at(now)), NONE, "it is under way at {now}");
        }
        revoke(&mut lessor, 8);
        assert_eq!(over(&mut lessor, at(5_000)), [7], "it may be lost");
        assert_eq!(over(&mut lessor, at(7_999)), NONE);
        assert_eq!(over(&mut lessor, at(8_000)), [7], "again and again");
        revoke(&mut lessor, 7);
        assert_eq!(over(&mut lessor, at(20_000)), NONE);
    });
}

#[test]
fn those_that_wait_for_their_retry_do_not_stand_in_the_way() {
    check(|| {
        let mut lessor = primary(at(0));
        let count = i64::try_from(PER_ROUND).expect("a few");
        for number in 1..=count {
            grant(&mut lessor, number, 2, at(0));
        }
        grant(&mut lessor, 10_000, 3, at(0));
        assert_eq!(over(&mut lessor, at(2_000)).len(), PER_ROUND);
        assert_eq!(over(&mut lessor, at(3_000)), [10_000]);
    });
}

#[test]
fn a_renewal_gives_all_of_the_time_again() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 10, at(0));
        for now in [4_000, 9_999, 15_000, 15_001] {
            assert_eq!(lessor.renew(id(7), at(now)), renewed(10));
            assert_eq!(over(&mut lessor, at(now)), NONE);
        }
        assert_eq!(over(&mut lessor, at(25_000)), NONE);
        assert_eq!(over(&mut lessor, at(25_001)), [7]);
    });
}

#[test]
fn looks_at_leases_that_were_renewed_end_nothing() {
    check(|| {
        let mut lessor = primary(at(0));
        for number in 1..=2_000 {
            grant(&mut lessor, number, 10, at(0));
        }
        for number in 1..=1_999 {
            lessor.renew(id(number), at(5_000)).expect("it is there");
        }
        assert_eq!(over(&mut lessor, at(10_000)), [2_000], "it is found behind all others");
        revoke(&mut lessor, 2_000);
        assert_eq!(over(&mut lessor, at(14_999)), NONE);
        assert_eq!(over(&mut lessor, at(15_000)).len(), PER_ROUND);
    });
}

#[test]
fn many_looks_delay_the_end_of_a_lease_by_a_few_rounds_at_most() {
    check(|| {
        let mut lessor = primary(at(0));
        for number in 1..=25_000 {
            grant(&mut lessor, number, 10, at(0));
        }
        for number in 1..=24_999 {
            lessor.renew(id(number), at(9_000)).expect("it is there");
        }
        let rounds = (0..5).map(|round| over(&mut lessor, at(10_000 + round * 500)));
        let found: Vec<Vec<i64>> = rounds.collect();
        assert_eq!(found.concat(), [25_000], "{found:?}");
    });
}

#[test]
fn a_lease_that_is_over_is_not_renewed_any_more() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 2, at(0));
        // Whether the round has found it or not.
        assert_eq!(lessor.renew(id(7), at(2_000)), Ok(Renewal::Wait));
        assert_eq!(over(&mut lessor, at(2_000)), [7]);
        assert_eq!(lessor.renew(id(7), at(2_001)), Ok(Renewal::Wait), "it is on its way");
        assert_eq!(over(&mut lessor, at(5_000)), [7], "and whoever waits changes nothing");
        revoke(&mut lessor, 7);
        assert_eq!(lessor.renew(id(7), at(5_001)), Err(Error::LeaseNotFound));
    });
}

#[test]
fn whoever_waits_hears_when_the_primary_is_another() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 2, at(0));
        assert_eq!(lessor.renew(id(7), at(2_000)), Ok(Renewal::Wait));
        lessor.demote();
        assert_eq!(lessor.renew(id(7), at(2_000)), Err(Error::NotPrimaryLessor));
    });
}

#[test]
fn an_unknown_lease_is_not_found() {
    check(|| {
        let mut lessor = primary(at(0));
        assert_eq!(lessor.renew(id(7), at(0)), Err(Error::LeaseNotFound));
        assert_eq!(lessor.time_to_live(id(7), at(0)), Err(Error::LeaseNotFound));
    });
}

#[test]
fn whoever_is_not_the_primary_knows_no_times() {
    check(|| {
        let mut lessor = empty();
        grant(&mut lessor, 7, 2, at(0));
        for number in [7, 8] {
            let refused = Error::NotPrimaryLessor;
            assert_eq!(lessor.renew(id(number), at(0)), Err(refused));
            assert_eq!(lessor.time_to_live(id(number), at(0)), Err(refused));
        }
        assert_eq!(over(&mut lessor, at(1_000_000)), NONE, "and ends nothing");
        assert!(lessor.checkpoints(at(1_000_000)).is_none());
    });
}

#[test]
fn what_is_left_is_told_in_whole_seconds() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 500, at(0));
        let seconds = |now| left(&lessor, 7, at(now));
        assert_eq!([0, 1, 1_000, 1_001].map(seconds), [500, 499, 499, 498]);
        assert_eq!([499_000, 499_001, 500_000].map(seconds), [1, 0, 0]);
        // It is over and not revoked: etcd counts on, towards zero.
        assert_eq!([500_999, 501_000, 502_999, 508_000].map(seconds), [0, -1, -2, -8]);
        assert_eq!(over(&mut lessor, at(508_000)), [7]);
        assert_eq!(left(&lessor, 7, at(508_000)), -8, "whether it was found or not");
    });
}
