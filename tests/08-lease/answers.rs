//! What clients are told.

use crate::member::{at, grant, id, ids, primary, ttl};
use api::{LeaseKeepAliveRequest, LeaseTimeToLiveRequest};
use bytes::Bytes;
use harness::check;
use lease::{TimeToLive, answers};

#[test]
fn a_renewal_of_an_unknown_lease_is_an_answer_without_a_time() {
    check(|| {
        for number in [7, 0, -1] {
            let request = LeaseKeepAliveRequest { id: number };
            let response = answers::keep_alive(&request, None);
            assert_eq!((response.id, response.ttl), (number, 0));
            let response = answers::keep_alive(&request, Some(ttl(60)));
            assert_eq!((response.id, response.ttl), (number, 60));
        }
    });
}

#[test]
fn the_time_of_an_unknown_lease_is_minus_one() {
    check(|| {
        for number in [7, 0] {
            let request = LeaseTimeToLiveRequest { id: number, keys: true };
            let response = answers::time_to_live(&request, None, []);
            assert_eq!((response.id, response.ttl, response.granted_ttl), (number, -1, 0));
            assert!(response.keys.is_empty());
        }
    });
}

#[test]
fn keys_are_told_to_whoever_asks_for_them() {
    check(|| {
        let keys = || ["a", "b"].map(Bytes::from);
        for asked in [false, true] {
            let request = LeaseTimeToLiveRequest { id: 7, keys: asked };
            let found = TimeToLive { granted: ttl(60), left: 59 };
            let response = answers::time_to_live(&request, Some(found), keys());
            assert_eq!((response.id, response.ttl, response.granted_ttl), (7, 59, 60));
            assert_eq!(response.keys, if asked { keys().to_vec() } else { Vec::new() });
        }
    });
}

#[test]
fn the_list_is_in_the_order_of_ends() {
    check(|| {
        let mut lessor = primary(at(0));
        for (number, seconds) in [(1, 30), (2, 10), (-3, 20), (4, 10)] {
            grant(&mut lessor, number, seconds, at(0));
        }
        assert_eq!(lessor.leases(), ids(&[2, 4, -3, 1]));
        lessor.renew(id(2), at(9_000)).expect("it is there");
        assert_eq!(lessor.leases(), ids(&[4, 2, -3, 1]), "2 ends at 19 s, −3 at 20");
        let response = answers::leases(&lessor.leases());
        let numbers: Vec<i64> = response.leases.iter().map(|lease| lease.id).collect();
        assert_eq!(numbers, [4, 2, -3, 1]);
        lessor.demote();
        assert_eq!(lessor.leases(), ids(&[-3, 1, 2, 4]), "whoever knows no ends has another order");
    });
}
