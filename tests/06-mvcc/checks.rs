//! What a member refuses before it proposes it, and in which order.

use api::request_op::Request;
use api::{Compare, DeleteRangeRequest, Error, PutRequest, RangeRequest, RequestOp, TxnRequest};
use bytes::Bytes;
use harness::check;
use mvcc::checks;

fn put(key: &'static str) -> RequestOp {
    let request = PutRequest { key: key.into(), ..PutRequest::default() };
    RequestOp { request: Some(Request::RequestPut(request)) }
}

fn delete(key: &'static str, range_end: &'static str) -> RequestOp {
    let (key, range_end) = (key.into(), range_end.into());
    let request = DeleteRangeRequest { key, range_end, prev_kv: false };
    RequestOp { request: Some(Request::RequestDeleteRange(request)) }
}

fn get(key: &'static str) -> RequestOp {
    let request = RangeRequest { key: key.into(), ..RangeRequest::default() };
    RequestOp { request: Some(Request::RequestRange(request)) }
}

fn txn(success: Vec<RequestOp>, failure: Vec<RequestOp>) -> RequestOp {
    let request = TxnRequest { compare: Vec::new(), success, failure };
    RequestOp { request: Some(Request::RequestTxn(request)) }
}

fn result(success: Vec<RequestOp>) -> Result<(), Error> {
    checks::txn(&TxnRequest { success, ..TxnRequest::default() }, 128)
}

#[test]
fn puts_and_ranges() {
    check(|| {
        let put = |request: PutRequest| checks::put(&request);
        let request = PutRequest { key: "k".into(), value: "v".into(), ..PutRequest::default() };
        assert_eq!(put(request.clone()), Ok(()));
        let no_key = PutRequest { key: Bytes::new(), ignore_value: true, ..request.clone() };
        assert_eq!(put(no_key), Err(Error::EmptyKey), "the key comes first");
        let both = PutRequest { ignore_value: true, ignore_lease: true, lease: 7, ..request };
        assert_eq!(put(both.clone()), Err(Error::ValueProvided), "then the value");
        let lease = PutRequest { value: Bytes::new(), ..both };
        assert_eq!(put(lease.clone()), Err(Error::LeaseProvided));
        assert_eq!(put(PutRequest { lease: 0, ..lease }), Ok(()));
        let range = RangeRequest { key: "k".into(), sort_order: 3, ..RangeRequest::default() };
        assert_eq!(checks::range(&range), Err(Error::InvalidSortOption));
        let range = RangeRequest { sort_order: 2, sort_target: 5, ..range };
        assert_eq!(checks::range(&range), Err(Error::InvalidSortOption));
        assert_eq!(checks::range(&RangeRequest { sort_target: 4, ..range.clone() }), Ok(()));
        let no_key = RangeRequest { key: Bytes::new(), ..range };
        assert_eq!(checks::range(&no_key), Err(Error::EmptyKey), "the key comes first");
        assert_eq!(checks::delete_range(&DeleteRangeRequest::default()), Err(Error::EmptyKey));
    });
}

#[test]
fn a_key_is_written_once_in_a_list() {
    check(|| {
        let duplicate = Err(Error::DuplicateKey);
        for (list, expected) in [
            (vec![put("a"), put("b")], Ok(())),
            (vec![put("a"), put("a")], duplicate),
            (vec![put("b"), delete("a", "c")], duplicate),
            (vec![delete("a", "c"), put("b")], duplicate),
            (vec![delete("a", "c"), put("c")], Ok(())),
            (vec![delete("a", ""), put("a")], duplicate),
            (vec![delete("a", ""), put("aa")], Ok(())),
            (vec![delete("a", "c"), delete("b", "d")], Ok(())),
            (vec![delete("a", "c"), delete("b", "d"), put("cc")], duplicate),
            (vec![delete("x", "z"), delete("a", "c"), put("y")], duplicate),
            (vec![delete("a", "z"), delete("b", "d"), put("x")], duplicate),
            (vec![delete("b", "d"), delete("a", "z"), put("x")], duplicate),
            (vec![delete("a", "c"), delete("e", "g"), delete("b", "f"), put("ff")], duplicate),
            (vec![delete("a", "c"), delete("e", "g"), delete("b", "d"), put("dd")], Ok(())),
            (vec![delete("a", "c"), delete("c", "e"), put("d")], duplicate),
            // An end of a zero byte, or before the key, covers nothing here.
            (vec![delete("m", "\0"), put("y")], Ok(())),
            (vec![delete("m", "a"), put("b")], Ok(())),
            (vec![get("a"), put("a"), get("a")], Ok(())),
            // In transactions within the list.
            (vec![put("a"), txn(vec![put("a")], vec![])], duplicate),
            (vec![put("a"), txn(vec![], vec![delete("a", "")])], duplicate),
            (vec![delete("a", "c"), txn(vec![put("b")], vec![])], duplicate),
            (vec![txn(vec![put("a")], vec![put("a")])], Ok(())),
            (vec![txn(vec![put("a")], vec![delete("a", "")])], Ok(())),
            (vec![txn(vec![put("a")], vec![]), txn(vec![], vec![put("a")])], duplicate),
            (vec![txn(vec![put("a")], vec![]), txn(vec![delete("a", "")], vec![])], Ok(())),
            (vec![txn(vec![delete("a", "")], vec![]), txn(vec![put("a")], vec![])], duplicate),
            (vec![txn(vec![txn(vec![put("a")], vec![])], vec![]), put("a")], duplicate),
        ] {
            assert_eq!(result(list.clone()), expected, "{list:?}");
        }
    });
}

#[test]
fn how_many_operations_there_may_be() {
    check(|| {
        let some = |count: usize| vec![get("k"); count];
        assert_eq!(result(some(128)), Ok(()));
        assert_eq!(result(some(129)), Err(Error::TooManyOps));
        let compare = vec![Compare { key: "k".into(), ..Compare::default() }; 129];
        let request = TxnRequest { compare, ..TxnRequest::default() };
        assert_eq!(checks::txn(&request, 128), Err(Error::TooManyOps));
        // What is left for one in it.
        let with = |count: usize| vec![txn(some(count), vec![])];
        assert_eq!(result(with(127)), Ok(()));
        assert_eq!(result(with(128)), Err(Error::TooManyOps));
        let half = |count: usize| [some(63), with(count)].concat();
        assert_eq!(result(half(64)), Ok(()));
        assert_eq!(result(half(65)), Err(Error::TooManyOps));
    });
}

#[test]
fn the_first_thing_that_is_wrong() {
    check(|| {
        let none = RequestOp { request: None };
        assert_eq!(result(vec![none.clone()]), Err(Error::KeyNotFound));
        assert_eq!(result(vec![put(""), none.clone()]), Err(Error::EmptyKey));
        assert_eq!(result(vec![none, put("")]), Err(Error::KeyNotFound));
        let request = TxnRequest {
            compare: vec![Compare::default()],
            success: vec![put("a"), put("a")],
            failure: vec![put("")],
        };
        assert_eq!(checks::txn(&request, 128), Err(Error::EmptyKey), "comparisons come first");
        let request = TxnRequest { compare: Vec::new(), ..request };
        let error = checks::txn(&request, 128);
        assert_eq!(error, Err(Error::EmptyKey), "operations come before what they have in common");
        let request = TxnRequest { failure: Vec::new(), ..request };
        assert_eq!(checks::txn(&request, 128), Err(Error::DuplicateKey));
        assert_eq!(checks::txn(&TxnRequest::default(), 128), Ok(()), "an empty one is fine");
    });
}
