//! Every way past the permissions that some version of etcd had, one script each; and those that
//! anybody would try first.

use crate::setup::{Leased, Member, lease};
use api::permission::Type::{Read, Readwrite, Write};
use api::request_op::Request as Operation;
use api::{
    AuthRoleGrantPermissionRequest, Compare, DeleteRangeRequest, Error, Permission, PutRequest,
    RangeRequest, RequestOp, TxnRequest, WatchCreateRequest,
};
use auth::{Asker, Auth, Call, Credentials, Request};
use harness::check;

const DENIED: Result<(), Error> = Err(Error::PermissionDenied);
const NONE: Leased = Leased(&[]);

fn range(key: &'static str, end: &'static str) -> RangeRequest {
    RangeRequest { key: key.into(), range_end: end.into(), ..RangeRequest::default() }
}

fn put(key: &'static str) -> PutRequest {
    PutRequest { key: key.into(), ..PutRequest::default() }
}

fn delete(key: &'static str, end: &'static str) -> DeleteRangeRequest {
    DeleteRangeRequest { key: key.into(), range_end: end.into(), prev_kv: false }
}

fn watch(key: &'static str, end: &'static str) -> WatchCreateRequest {
    let (key, range_end) = (key.into(), end.into());
    WatchCreateRequest { key, range_end, ..WatchCreateRequest::default() }
}

fn of(operation: Operation) -> RequestOp {
    RequestOp { request: Some(operation) }
}

/// A transaction that does this if all goes well.
fn then(operation: Operation) -> TxnRequest {
    TxnRequest { success: vec![of(operation)], ..TxnRequest::default() }
}

/// The same, in so many transactions one in another, and in the list that is not taken.
fn deep(operation: Operation, levels: usize) -> TxnRequest {
    let mut request = then(operation);
    for _ in 0..levels {
        let failure = vec![of(Operation::RequestTxn(request))];
        request = TxnRequest { failure, ..TxnRequest::default() };
    }
    request
}

#[test]
fn a_watcher_of_all_keys_from_one_on_is_none_of_one_key() {
    check(|| {
        let mut member = Member::enabled();
        let user = member.user_with("u", &[(Read, "k", "")]);
        let auth = &member.auth;
        assert_eq!(auth.check_watch(&user, &watch("k", "")), Ok(()));
        assert_eq!(auth.check_watch(&user, &watch("k", "\0")), DENIED, "the open end");
        assert_eq!(auth.check_watch(&user, &watch("k", "k\0")), Ok(()), "the same key again");
        assert_eq!(auth.check_watch(&user, &watch("k", "k\0\0")), DENIED, "its neighbour");
        assert_eq!(auth.check_watch(&user, &watch("k", "l")), DENIED);
        assert_eq!(auth.check_watch(&user, &watch("", "")), DENIED, "the first of all keys");
        assert_eq!(auth.check_watch(&user, &watch("", "\0")), DENIED, "all keys");
    });
}

#[test]
fn a_watcher_without_a_key_begins_at_the_first() {
    check(|| {
        let mut member = Member::enabled();
        let user = member.user_with("u", &[(Read, "\0", "")]);
        assert_eq!(member.auth.check_watch(&user, &watch("", "")), Ok(()));
        assert_eq!(member.auth.check_watch(&user, &watch("", "\0")), DENIED);
        let everything = member.user_with("v", &[(Read, "\0", "\0")]);
        assert_eq!(member.auth.check_watch(&everything, &watch("", "\0")), Ok(()));
        assert_eq!(member.auth.check_watch(&everything, &watch("a", "\0")), Ok(()));
    });
}

#[test]
fn an_open_end_needs_one() {
    check(|| {
        let mut member = Member::enabled();
        let user = member.user_with("u", &[(Readwrite, "a", "z"), (Readwrite, "z", "\u{7f}")]);
        let auth = &member.auth;
        assert_eq!(auth.check_range(&user, &range("a", "\u{7f}")), Ok(()), "both together");
        assert_eq!(auth.check_range(&user, &range("a", "\0")), DENIED);
        assert_eq!(auth.check_range(&user, &range("b", "\u{7f}\0")), DENIED);
        assert_eq!(auth.check_delete_range(&user, &delete("a", "\0")), DENIED);
        let user = member.user_with("v", &[(Read, "m", "\0")]);
        let auth = &member.auth;
        assert_eq!(auth.check_range(&user, &range("m", "\0")), Ok(()));
        assert_eq!(auth.check_range(&user, &range("x", "\0")), Ok(()), "later");
        assert_eq!(auth.check_range(&user, &range("l", "\0")), DENIED, "earlier");
        assert_eq!(auth.check_delete_range(&user, &delete("m", "\0")), DENIED, "only to read");
    });
}

#[test]
fn the_pair_before_a_put_is_read_however_deep() {
    check(|| {
        let mut member = Member::enabled();
        let user = member.user_with("u", &[(Write, "w", "")]);
        let auth = &member.auth;
        let asks = PutRequest { prev_kv: true, ..put("w") };
        let deletes = DeleteRangeRequest { prev_kv: true, ..delete("w", "") };
        assert_eq!(auth.check_put(&user, &put("w"), &NONE), Ok(()));
        assert_eq!(auth.check_put(&user, &asks, &NONE), DENIED);
        assert_eq!(auth.check_delete_range(&user, &delete("w", "")), Ok(()));
        assert_eq!(auth.check_delete_range(&user, &deletes), DENIED);
        for levels in 0..4 {
            let may = |operation| auth.check_txn(&user, &deep(operation, levels), &NONE);
            assert_eq!(may(Operation::RequestPut(put("w"))), Ok(()), "{levels}");
            assert_eq!(may(Operation::RequestPut(asks.clone())), DENIED, "{levels}");
            assert_eq!(may(Operation::RequestDeleteRange(delete("w", ""))), Ok(()), "{levels}");
            assert_eq!(may(Operation::RequestDeleteRange(deletes.clone())), DENIED, "{levels}");
            assert_eq!(may(Operation::RequestRange(range("w", ""))), DENIED, "{levels}");
        }
    });
}

#[test]
fn a_lease_brings_no_right_to_delete_what_hangs_on_it() {
    check(|| {
        let mut member = Member::enabled();
        let user = member.user_with("u", &[(Readwrite, "k", "l")]);
        let auth = &member.auth;
        let leased = Leased(&[(1, "k1"), (2, "k2"), (2, "secret"), (3, "secret")]);
        for (id, expected) in [(1, Ok(())), (2, DENIED), (3, DENIED), (9, Ok(()))] {
            let with = PutRequest { lease: id, ..put("k") };
            assert_eq!(auth.check_put(&user, &with, &leased), expected, "{id}");
            for levels in 0..4 {
                let request = deep(Operation::RequestPut(with.clone()), levels);
                assert_eq!(auth.check_txn(&user, &request, &leased), expected, "{id}, {levels}");
            }
            assert_eq!(auth.check_lease_revoke(&user, lease(id), &leased), expected, "{id}");
            assert_eq!(auth.check_lease_renew(&user, lease(id), &leased), expected, "{id}");
            let asks = auth.check_lease_time_to_live(&user, lease(id), true, &leased);
            assert_eq!(asks, expected, "{id}");
            let asks = auth.check_lease_time_to_live(&user, lease(id), false, &leased);
            assert_eq!(asks, Ok(()), "{id}: how long it lasts is no secret");
        }
        assert_eq!(auth.check_lease_list(&user, [lease(1), lease(9)], &leased), Ok(()));
        assert_eq!(auth.check_lease_list(&user, [lease(1), lease(2)], &leased), DENIED);
    });
}

#[test]
fn what_hangs_on_a_lease_is_written_by_an_end_and_read_by_a_question() {
    check(|| {
        let mut member = Member::enabled();
        let leased = Leased(&[(1, "r"), (2, "w")]);
        let user = member.user_with("u", &[(Read, "r", ""), (Write, "w", "")]);
        let auth = &member.auth;
        assert_eq!(auth.check_lease_revoke(&user, lease(1), &leased), DENIED);
        assert_eq!(auth.check_lease_renew(&user, lease(1), &leased), DENIED);
        assert_eq!(auth.check_lease_time_to_live(&user, lease(1), true, &leased), Ok(()));
        assert_eq!(auth.check_lease_list(&user, [lease(1)], &leased), Ok(()));
        assert_eq!(auth.check_lease_revoke(&user, lease(2), &leased), Ok(()));
        assert_eq!(auth.check_lease_renew(&user, lease(2), &leased), Ok(()));
        assert_eq!(auth.check_lease_time_to_live(&user, lease(2), true, &leased), DENIED);
        assert_eq!(auth.check_lease_list(&user, [lease(2)], &leased), DENIED);
    });
}

#[test]
fn a_transaction_hides_no_write() {
    check(|| {
        let mut member = Member::enabled();
        let user = member.user_with("u", &[(Read, "a", "z")]);
        let auth = &member.auth;
        let reads = of(Operation::RequestRange(range("a", "z")));
        let writes = of(Operation::RequestPut(put("b")));
        let deletes = of(Operation::RequestDeleteRange(delete("nothing", "")));
        for hidden in [writes, deletes] {
            let lists = [
                (vec![reads.clone(), hidden.clone()], vec![reads.clone()]),
                (vec![reads.clone()], vec![reads.clone(), hidden.clone()]),
                (vec![reads.clone()], vec![hidden.clone(), reads.clone()]),
                (vec![], vec![hidden.clone()]),
            ];
            for (success, failure) in lists {
                let request = TxnRequest { compare: Vec::new(), success, failure };
                assert_eq!(auth.check_txn(&user, &request, &NONE), DENIED, "{request:?}");
                let nested = then(Operation::RequestTxn(request));
                assert_eq!(auth.check_txn(&user, &nested, &NONE), DENIED, "{nested:?}");
            }
        }
        let harmless = then(reads.request.expect("it is one"));
        assert_eq!(auth.check_txn(&user, &harmless, &NONE), Ok(()));
    });
}

#[test]
fn a_comparison_tells_what_it_compares() {
    check(|| {
        let mut member = Member::enabled();
        let user = member.user_with("u", &[(Write, "a", "\0"), (Read, "k", "")]);
        let auth = &member.auth;
        let comparing = |key: &'static str, end: &'static str| {
            let (key, range_end) = (key.into(), end.into());
            let compare = vec![Compare { key, range_end, ..Compare::default() }];
            TxnRequest { compare, ..TxnRequest::default() }
        };
        assert_eq!(auth.check_txn(&user, &comparing("k", ""), &NONE), Ok(()));
        assert_eq!(auth.check_txn(&user, &comparing("secret", ""), &NONE), DENIED);
        assert_eq!(auth.check_txn(&user, &comparing("k", "\0"), &NONE), DENIED);
        assert_eq!(auth.check_txn(&user, &comparing("k", "l"), &NONE), DENIED);
        let nested = deep(Operation::RequestTxn(comparing("secret", "")), 2);
        assert_eq!(auth.check_txn(&user, &nested, &NONE), DENIED);
    });
}

#[test]
fn a_role_that_is_taken_away_is_gone_at_once() {
    check(|| {
        let mut member = Member::enabled();
        let user = member.user_with("u", &[(Read, "k", "")]);
        assert_eq!(member.auth.check_range(&user, &range("k", "")), Ok(()));
        let before = member.auth.clone();
        let role = "u".to_owned();
        member.ok(Request::RoleDelete(api::AuthRoleDeleteRequest { role }));
        let again = member.user("u");
        assert_eq!(member.auth.check_range(&again, &range("k", "")), DENIED);
        let old = Err(Error::AuthOldRevision);
        assert_eq!(member.auth.check_range(&user, &range("k", "")), old, "what was known before");
        assert_eq!(before.check_range(&user, &range("k", "")), Ok(()), "a value does not change");
        assert_eq!(member.auth.check_still(&user), old, "a read that began before is not answered");
        member.add_role("u");
        let again = member.user("u");
        assert_eq!(member.auth.check_range(&again, &range("k", "")), DENIED, "it is another role");
    });
}

#[test]
fn a_type_that_nobody_knows_is_stored_and_permits_nothing() {
    check(|| {
        let mut member = Member::enabled();
        let user = member.user_with("u", &[]);
        for perm_type in [3, 7, -1, i32::MAX] {
            let perm = Some(Permission { perm_type, key: "k".into(), ..Permission::default() });
            let request = AuthRoleGrantPermissionRequest { name: "u".to_owned(), perm };
            member.ok(Request::RoleGrantPermission(request));
            let user = member.user("u");
            assert_eq!(member.auth.check_range(&user, &range("k", "")), DENIED, "{perm_type}");
            assert_eq!(member.auth.check_put(&user, &put("k"), &NONE), DENIED, "{perm_type}");
            assert_eq!(member.auth, member.reloaded(), "{perm_type}");
        }
        assert_eq!(member.auth.check_range(&user, &range("k", "")), Err(Error::AuthOldRevision));
    });
}

#[test]
fn admin_calls_are_roots_also_while_nobody_looks() {
    check(|| {
        let mut member = Member::enabled();
        let user = member.user_with("u", &[(Readwrite, "\0", "\0")]);
        let auth = &member.auth;
        let calls = [Call::Compact, Call::MemberAdd, Call::AlarmActivate, Call::AlarmDeactivate];
        for call in calls.into_iter().chain([Call::Snapshot, Call::Defragment, Call::HashKv]) {
            assert_eq!(auth.check_call(&user, call), DENIED, "{call}");
            assert_eq!(auth.check_call(&member.user("root"), call), Ok(()), "{call}");
            assert_eq!(auth.check_call(&Asker::Nobody, call), Err(Error::UserEmpty), "{call}");
            let gone = auth.check_call(&member.user("gone"), call);
            assert_eq!(gone, Err(Error::UserNotFound), "{call}");
            assert_eq!(auth.check_call(&Asker::Cluster, call), Ok(()), "{call}");
            assert_eq!(Auth::new().check_call(&user, call), Ok(()), "{call}, while it is off");
        }
    });
}

#[test]
fn a_certificate_does_not_help_a_bad_token() {
    check(|| {
        let member = Member::enabled();
        let ask = |auth: &Auth, token, certificate| {
            auth.identify(Credentials { token, certificate }, |token| {
                (token == "good").then(|| member.user("u"))
            })
        };
        let auth = &member.auth;
        let invalid = Err(Error::InvalidAuthToken);
        assert_eq!(ask(auth, Some("good"), None), Ok(member.user("u")));
        assert_eq!(ask(auth, Some("Bearer good"), Some("root")), Ok(member.user("u")));
        assert_eq!(ask(auth, Some("Bearer Bearer good"), None), invalid);
        assert_eq!(ask(auth, Some("bearer good"), None), invalid);
        assert_eq!(ask(auth, Some("bad"), Some("root")), invalid);
        assert_eq!(ask(auth, Some(""), Some("root")), invalid);
        assert_eq!(ask(auth, None, Some("root")), Ok(member.user("root")));
        assert_eq!(ask(auth, None, None), Ok(Asker::Nobody));
        assert_eq!(ask(&Auth::new(), Some("bad"), Some("root")), Ok(Asker::Nobody), "off");
        // A certificate without a name is a user whom nobody knows.
        let nameless = ask(auth, None, Some("")).expect("it is one");
        assert_eq!(auth.check_range(&nameless, &range("k", "")), DENIED);
        assert_eq!(auth.check_call(&nameless, Call::UserList), Err(Error::UserEmpty));
        assert_eq!(auth.check_call(&nameless, Call::AuthStatus), Ok(()));
        assert_eq!(auth.check_call(&nameless, Call::LeaseGrant), Ok(()));
    });
}
