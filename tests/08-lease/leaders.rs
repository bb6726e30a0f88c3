//! Leaders change, and members start again.

use crate::member::{
    ELECTION, NONE, OPTIONS, Rows, at, empty, grant, id, ids, left, load, over, primary, renewed,
    rest, revoke, store,
};
use api::LeaseRevokeRequest;
use harness::check;
use lease::{Keep, Options, Reign};
use std::time::Duration;

#[test]
fn a_new_primary_gives_every_lease_its_time_and_an_election() {
    check(|| {
        let mut lessor = empty();
        grant(&mut lessor, 7, 10, at(0));
        grant(&mut lessor, 8, 20, at(0));
        lessor.promote(Reign(1), at(100_000));
        assert!(lessor.is_primary());
        assert_eq!(left(&lessor, 7, at(100_000)), 11, "10 s, and 1 s for the election");
        assert_eq!(over(&mut lessor, at(110_999)), NONE);
        assert_eq!(over(&mut lessor, at(111_000)), [7]);
        assert_eq!(over(&mut lessor, at(120_999)), [7], "and no other");
        assert_eq!(over(&mut lessor, at(121_000)), [8]);
    });
}

#[test]
fn the_election_is_on_top_as_long_as_it_takes() {
    check(|| {
        let options = Options { election_timeout: Duration::from_secs(50), ..OPTIONS };
        let mut lessor = load(options, &Rows::new());
        grant(&mut lessor, 7, 10, at(0));
        lessor.promote(Reign(1), at(0));
        assert_eq!(over(&mut lessor, at(59_999)), NONE);
        assert_eq!(over(&mut lessor, at(60_000)), [7]);
    });
}

#[test]
fn a_renewal_takes_the_election_away_again() {
    check(|| {
        let mut lessor = empty();
        grant(&mut lessor, 7, 10, at(0));
        lessor.promote(Reign(1), at(0));
        assert_eq!(lessor.renew(id(7), at(500)), renewed(10));
        assert_eq!(left(&lessor, 7, at(500)), 10);
        assert_eq!(over(&mut lessor, at(10_499)), NONE);
        assert_eq!(over(&mut lessor, at(10_500)), [7]);
    });
}

#[test]
fn a_lease_that_is_granted_by_the_primary_has_no_election_on_top() {
    check(|| {
        let mut lessor = empty();
        lessor.promote(Reign(1), at(0));
        grant(&mut lessor, 7, 10, at(0));
        assert_eq!(left(&lessor, 7, at(0)), 10);
    });
}

#[test]
fn a_member_that_does_not_lead_any_more_forgets_all_deadlines() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 2, at(0));
        assert_eq!(over(&mut lessor, at(2_000)), [7]);
        lessor.demote();
        assert!(!lessor.is_primary() && lessor.is_there(id(7)));
        assert_eq!(over(&mut lessor, at(100_000)), NONE);
        lessor.promote(Reign(2), at(100_000));
        assert_eq!(left(&lessor, 7, at(100_000)), 3, "it was over, and begins anew");
        assert_eq!(lessor.renew(id(7), at(100_000)), renewed(2));
        lessor.demote();
        lessor.demote();
        assert_eq!(lessor.leases(), ids(&[7]), "once more does no harm");
    });
}

#[test]
fn a_primary_that_is_promoted_again_begins_anew() {
    check(|| {
        let mut lessor = primary(at(0));
        grant(&mut lessor, 7, 10, at(0));
        lessor.promote(Reign(2), at(9_000));
        assert_eq!(left(&lessor, 7, at(9_000)), 11);
        assert_eq!(lessor.expired(at(20_000)).expect("one is over").reign, Reign(2));
    });
}

#[test]
fn all_that_a_start_knows_is_in_the_rows() {
    check(|| {
        let mut rows = Rows::new();
        let mut lessor = primary(at(0));
        store(&mut rows, grant(&mut lessor, 7, 10, at(0)));
        store(&mut rows, grant(&mut lessor, 8, 10, at(0)));
        store(&mut rows, revoke(&mut lessor, 8));
        // The row keeps the time that was granted, and no deadline.
        let mut again = load(OPTIONS, &rows);
        assert_eq!(again.leases(), ids(&[7]));
        again.promote(Reign(2), at(0));
        assert_eq!(left(&again, 7, at(0)), 11);
    });
}

#[test]
fn a_start_and_a_new_primary_go_on_from_the_last_checkpoint() {
    check(|| {
        let mut rows = Rows::new();
        let mut lessor = primary(at(0));
        store(&mut rows, grant(&mut lessor, 7, 1_000, at(0)));
        for row in lessor.checkpoint(&[rest(7, Some(400))], Keep::Row, at(600_000)) {
            store(&mut rows, row);
        }
        lessor.demote();
        for mut lessor in [lessor, load(OPTIONS, &rows)] {
            lessor.promote(Reign(2), at(600_000));
            let found = lessor.time_to_live(id(7), at(600_000)).expect("it is there");
            assert_eq!((found.granted.seconds(), found.left), (1_000, 401));
            assert_eq!(over(&mut lessor, at(1_000_999)), NONE);
            assert_eq!(over(&mut lessor, at(1_001_000)), [7]);
        }
    });
}

#[test]
fn what_a_deposed_primary_decides_is_not_in_force() {
    check(|| {
        // n1 leads term 1 and finds that 7 is over. Before its proposal arrives, n2 leads term 2,
        // has given 7 all of its time again, and has renewed it.
        let [mut n1, mut n2] = [primary(at(0)), empty()];
        for member in [&mut n1, &mut n2] {
            grant(member, 7, 2, at(0));
        }
        let decided = n1.expired(at(2_000)).expect("it is over");
        n2.promote(Reign(2), at(1_900));
        assert_eq!(n2.renew(id(7), at(2_000)), renewed(2));
        assert_eq!(decided.in_force(Reign(2)), None, "7 lives");
        // A client's own revocation counts in any term.
        assert!(n2.revoke(&LeaseRevokeRequest { id: 7 }).is_ok());
    });
}

#[test]
fn what_is_appended_in_time_is_in_force_whoever_carries_it_out() {
    check(|| {
        let mut n1 = primary(at(0));
        grant(&mut n1, 7, 2, at(0));
        let decided = n1.expired(at(2_000)).expect("it is over");
        // n1 has appended it in its own term. n2, which leads the next one, has it in its log, and
        // carries it out before it watches over leases.
        let mut n2 = empty();
        grant(&mut n2, 7, 2, at(0));
        for lease in decided.in_force(Reign(1)).expect("it is of that term") {
            revoke(&mut n2, lease.get());
        }
        n2.promote(Reign(2), at(2_500));
        assert_eq!(n2.leases(), []);
    });
}

#[test]
fn a_promise_of_two_primaries_at_once_is_kept_by_the_new_one() {
    check(|| {
        // n1 goes on to renew as long as an election takes, and does not know of n2 yet.
        let [mut n1, mut n2] = [primary(at(0)), empty()];
        for member in [&mut n1, &mut n2] {
            grant(member, 7, 5, at(0));
        }
        n2.promote(Reign(2), at(3_000));
        let last = Duration::from_secs(3) + ELECTION;
        assert_eq!(n1.renew(id(7), lease::Time::new(last)), renewed(5));
        assert_eq!(over(&mut n2, at(8_999)), NONE, "promised until 9 s");
        assert_eq!(over(&mut n2, at(9_000)), [7]);
    });
}
