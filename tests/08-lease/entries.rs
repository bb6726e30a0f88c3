//! What an entry of the log does to leases: granting and revoking.

use crate::member::{OPTIONS, Rows, at, empty, grant, id, ids, load, primary, revoke, store, ttl};
use api::{Error, LeaseGrantRequest, LeaseRevokeRequest};
use harness::{Draws, check};
use lease::{Ttl, proposed};
use std::time::Duration;

fn request(number: i64, seconds: i64) -> LeaseGrantRequest {
    LeaseGrantRequest { id: number, ttl: seconds }
}

#[test]
fn a_number_that_is_chosen_stays() {
    check(|| {
        for number in [1, 77, -77, i64::MAX, i64::MIN] {
            for draw in [0, 1, u64::MAX] {
                assert_eq!(proposed(&request(number, 10), ttl(2), draw), request(number, 10));
            }
        }
    });
}

#[test]
fn whoever_chooses_no_number_gets_a_positive_one_by_the_draw() {
    check(|| {
        let drawn = |draw| proposed(&request(0, 10), ttl(2), draw).id;
        for draw in [0, 1, i64::MAX.unsigned_abs(), u64::MAX - 1, u64::MAX] {
            assert!(drawn(draw) > 0, "{draw}: {}", drawn(draw));
            assert_eq!(drawn(draw), drawn(draw), "the draw decides");
        }
        let mut draws = Draws::new(1);
        let mut numbers: Vec<i64> = (0..1_000).map(|_| drawn(draws.next())).collect();
        assert!(numbers.iter().all(|number| *number > 0));
        let large = numbers.iter().filter(|number| **number > i64::MAX / 2).count();
        assert!((400..600).contains(&large), "{large} of 1000 are in the upper half");
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 1_000, "all differ");
    });
}

#[test]
fn too_short_a_time_is_raised_and_too_long_a_one_is_left_for_the_entry() {
    check(|| {
        let asked = |seconds| proposed(&request(7, seconds), ttl(2), 0).ttl;
        for seconds in [i64::MIN, -1, 0, 1, 2] {
            assert_eq!(asked(seconds), 2);
        }
        for seconds in [3, 9_000_000_000, 9_000_000_001, i64::MAX] {
            assert_eq!(asked(seconds), seconds);
        }
    });
}

#[test]
fn the_shortest_time_is_one_and_a_half_of_an_election() {
    check(|| {
        let shortest = |milliseconds, ticks| {
            Ttl::shortest(Duration::from_millis(milliseconds), ticks).seconds()
        };
        assert_eq!(shortest(100, 10), 2, "1.5 s: etcd's own times");
        assert_eq!(shortest(100, 50), 8, "7.5 s");
        assert_eq!(shortest(100, 20), 3, "3 s, to the point");
        // Half a tick does not count: 13 ticks are 1.5 × 9, rounded down.
        assert_eq!(shortest(1_000, 9), 13);
        assert_eq!(shortest(0, 10), 1, "a lease lasts a second at least");
        assert_eq!(shortest(u64::MAX, u32::MAX), 9_000_000_000, "and no longer than the longest");
    });
}

#[test]
fn the_longest_time_is_granted_and_one_second_more_is_refused() {
    check(|| {
        let mut lessor = empty();
        let granted =
            lessor.grant(&request(1, 9_000_000_000), at(0)).expect("it can last that long");
        assert_eq!(granted.response.ttl, 9_000_000_000);
        for seconds in [9_000_000_001, i64::MAX] {
            let refused = lessor.grant(&request(2, seconds), at(0));
            assert_eq!(refused, Err(Error::LeaseTTLTooLarge));
        }
        assert!(!lessor.is_there(id(2)));
    });
}

#[test]
fn the_answer_has_the_number_and_the_time_and_no_error() {
    check(|| {
        let response =
            empty().grant(&request(-77, 60), at(0)).expect("its number is free").response;
        assert_eq!((response.id, response.ttl, response.error.as_str()), (-77, 60, ""));
        assert!(response.header.is_none(), "the server knows it");
    });
}

#[test]
fn a_number_that_is_taken_is_refused_and_too_long_a_time_first() {
    check(|| {
        let mut lessor = empty();
        grant(&mut lessor, 7, 60, at(0));
        assert_eq!(lessor.grant(&request(7, 90), at(0)), Err(Error::LeaseExist));
        assert_eq!(lessor.grant(&request(7, i64::MAX), at(0)), Err(Error::LeaseTTLTooLarge));
        lessor.promote(lease::Reign(1), at(0));
        let found = lessor.time_to_live(id(7), at(0)).expect("it is there");
        assert_eq!(found.granted, ttl(60), "nothing has changed");
    });
}

#[test]
fn an_entry_that_nobody_proposes_has_an_answer_too() {
    check(|| {
        let mut lessor = empty();
        assert_eq!(lessor.grant(&request(0, 60), at(0)), Err(Error::LeaseNotFound));
        let granted = lessor.grant(&request(1, i64::MIN), at(0)).expect("its number is free");
        assert_eq!(granted.response.ttl, 1, "a lease lasts a second at least");
    });
}

#[test]
fn a_lease_is_revoked_once() {
    check(|| {
        for mut lessor in [empty(), primary(at(0))] {
            grant(&mut lessor, 7, 60, at(0));
            let revoked = lessor.revoke(&LeaseRevokeRequest { id: 7 }).expect("it is there");
            assert_eq!(revoked.lease, id(7), "whose keys are to be deleted");
            assert!(!lessor.is_there(id(7)));
            for number in [7, 8, 0] {
                let refused = lessor.revoke(&LeaseRevokeRequest { id: number });
                assert_eq!(refused, Err(Error::LeaseNotFound), "{number}");
            }
            grant(&mut lessor, 7, 90, at(0));
            assert!(lessor.is_there(id(7)), "its number is free again");
        }
    });
}

#[test]
fn what_an_entry_does_depends_neither_on_the_time_nor_on_who_is_the_primary() {
    check(|| {
        let mut members = [empty(), primary(at(0)), primary(at(1_000_000))];
        let mut stored = [(); 3].map(|()| Rows::new());
        for (place, (lessor, rows)) in members.iter_mut().zip(&mut stored).enumerate() {
            // The same entries, at quite different times.
            let now = |seconds: u64| at(seconds * [0, 1_000, 3][place]);
            store(rows, grant(lessor, 1, 2, now(0)));
            store(rows, grant(lessor, -2, 1_000, now(1)));
            assert!(lessor.is_there(id(1)), "over or not, it is there until it is revoked");
            assert!(lessor.grant(&request(1, 2), now(900)).is_err());
            let rests = [crate::member::rest(-2, Some(700)), crate::member::rest(9, Some(1))];
            for row in lessor.checkpoint(&rests, lease::Keep::Row, now(901)) {
                store(rows, row);
            }
            store(rows, revoke(lessor, 1));
        }
        assert_eq!(stored[0], stored[1]);
        assert_eq!(stored[0], stored[2]);
        assert_eq!(stored[0].len(), 1);
        assert_eq!(load(OPTIONS, &stored[0]).leases(), ids(&[-2]));
    });
}
