//! What messages speak of: numbers, and ranges of keys.

use api::{Keys, LeaseId, Revision};
use bytes::Bytes;
use harness::check;
use std::ops::RangeBounds;

/// As `etcdctl lease list` of 3.7.1 prints them, the negative ones included.
#[test]
fn a_lease_is_printed_as_etcd_prints_it() {
    check(|| {
        let printed = |number: i64| LeaseId::new(number).map(|lease| lease.to_string());
        assert_eq!(printed(0), None, "that is no lease");
        assert_eq!(printed(255).as_deref(), Some("00000000000000ff"));
        assert_eq!(printed(-7).as_deref(), Some("-000000000000007"));
        assert_eq!(printed(i64::MAX).as_deref(), Some("7fffffffffffffff"));
        assert_eq!(printed(i64::MIN).as_deref(), Some("-8000000000000000"));
        assert_eq!(LeaseId::wire(LeaseId::new(-7)), -7);
        assert_eq!(LeaseId::wire(None), 0);
    });
}

#[test]
fn an_empty_store_is_at_the_first_revision() {
    check(|| {
        assert_eq!(Revision::FIRST.wire(), 1);
        assert_eq!(Revision::FIRST.next(), Revision(2));
        assert_eq!(Revision(2).to_string(), "2");
    });
}

#[test]
fn a_range_has_the_keys_that_its_request_means() {
    check(|| {
        let all = ["\0", "a", "b", "b\0", "c", "~"];
        for (key, range_end, meant) in [
            ("b", "", &["b"][..]),
            ("b", "\0", &["b", "b\0", "c", "~"]),
            ("b", "c", &["b", "b\0"]),
            ("b", "b\0", &["b"]),
            ("b", "b", &[]),
            ("c", "b", &[]),
            ("\0", "\0", &all),
        ] {
            let keys = Keys::new(&Bytes::from(key), &Bytes::from(range_end));
            let found = all.into_iter().filter(|it| keys.contains(it.as_bytes()));
            assert_eq!(found.collect::<Vec<&str>>(), meant, "{keys:?}");
        }
    });
}
