//! What a queue of clients asks for, and what it makes of the answers.

use api::compare::TargetUnion;
use api::range_request::{SortOrder, SortTarget};
use api::request_op::Request;
use api::response_op::Response;
use api::{
    KeyValue, PutResponse, RangeResponse, RequestOp, ResponseHeader, ResponseOp, TxnRequest,
    TxnResponse,
};
use harness::check;
use server::queue::{Place, Queue};

fn pair(key: &str, created: i64, value: &str) -> KeyValue {
    let (key, value) = (key.to_owned().into(), value.to_owned().into());
    KeyValue { key, value, create_revision: created, ..KeyValue::default() }
}

fn ranged(pair: KeyValue) -> ResponseOp {
    let range = RangeResponse { kvs: vec![pair], ..RangeResponse::default() };
    ResponseOp { response: Some(Response::ResponseRange(range)) }
}

fn put() -> ResponseOp {
    ResponseOp { response: Some(Response::ResponsePut(PutResponse::default())) }
}

fn answer(revision: i64, responses: Vec<ResponseOp>) -> TxnResponse {
    let header = Some(ResponseHeader { revision, ..ResponseHeader::default() });
    TxnResponse { header, succeeded: true, responses }
}

fn created(request: &TxnRequest) -> Option<(&str, i64)> {
    let compare = request.compare.first()?;
    let Some(TargetUnion::CreateRevision(revision)) = compare.target_union else { return None };
    Some((str::from_utf8(&compare.key).ok()?, revision))
}

#[test]
fn a_place_is_named_after_its_lease() {
    check(|| {
        let queue = Queue::new(b"name");
        let names = [31, i64::MAX, -77, i64::MIN].map(|lease| queue.key(lease));
        let expected = ["name/1f", "name/7fffffffffffffff", "name/-4d", "name/-8000000000000000"];
        assert_eq!(names, expected);
        assert_eq!(queue.range(), ("name/".into(), "name0".into()));
        assert_eq!(Queue::new(b"").range(), ("/".into(), "0".into()), "a name may be empty");
    });
}

#[test]
fn whoever_has_a_place_keeps_it() {
    check(|| {
        let queue = Queue::new(b"name");
        let request = queue.join(31, "value".into());
        assert_eq!(created(&request), Some(("name/1f", 0)), "only if the key is not there");
        let Some(Request::RequestPut(put)) = &request.success[0].request else { panic!("a put") };
        assert_eq!((&put.key[..], &put.value[..], put.lease), (&b"name/1f"[..], &b"value"[..], 31));
        let Some(Request::RequestRange(own)) = &request.failure[0].request else {
            panic!("a range")
        };
        assert_eq!(own.key, "name/1f");
        let first = Some(Request::RequestRange(queue.first()));
        let first = RequestOp { request: first };
        assert_eq!([&request.success[1], &request.failure[1]], [&first; 2], "and who is first");
    });
}

#[test]
fn the_lowest_create_revision_is_first() {
    check(|| {
        let queue = Queue::new(b"name");
        let value = "value".into();
        let place = |created| Place { key: "name/1f".into(), created };
        let own = pair("name/1f", 7, "old");
        let other = pair("name/1", 5, "");
        let asked = |revision, own, first: KeyValue| {
            let response = answer(revision, vec![own, ranged(first)]);
            queue.joined(31, &value, &response).expect("it is an answer")
        };
        let new = asked(9, put(), pair("name/1f", 9, "value"));
        assert_eq!((new.place, new.is_first, new.value), (place(9), true, value.clone()));
        let later = asked(9, put(), other.clone());
        assert_eq!((later.place, later.is_first), (place(9), false));
        let again = asked(9, ranged(own.clone()), own.clone());
        assert_eq!((again.place, again.is_first, again.value), (place(7), true, "old".into()));
        assert!(!asked(9, ranged(own), other).is_first, "it has a place, and waits");
        assert_eq!(queue.joined(31, &value, &answer(9, Vec::new())), None);
    });
}

#[test]
fn a_place_waits_for_those_before_it() {
    check(|| {
        let queue = Queue::new(b"name");
        let place = Place { key: "name/1f".into(), created: 7 };
        let before = queue.before(&place);
        assert_eq!((before.max_create_revision, before.limit), (6, 1));
        assert_eq!(before.sort_target(), SortTarget::Create);
        assert_eq!(before.sort_order(), SortOrder::Descend, "for the last of them");
        assert_eq!(queue.first().sort_order(), SortOrder::Ascend);
        assert_eq!((before.key, before.range_end), queue.range());
    });
}

#[test]
fn a_place_that_is_gone_is_left_alone() {
    check(|| {
        let place = Place { key: "name/1f".into(), created: 7 };
        let left = place.clone().leave();
        assert_eq!(created(&left), Some(("name/1f", 7)), "not one that has come after it");
        assert!(matches!(left.success[0].request, Some(Request::RequestDeleteRange(_))));
        assert!(left.failure.is_empty());
        let proclaimed = place.proclaim("value".into(), 5);
        assert_eq!(created(&proclaimed), Some(("name/1f", 7)));
        let Some(Request::RequestPut(put)) = &proclaimed.success[0].request else {
            panic!("a put")
        };
        assert_eq!((&put.value[..], put.lease), (&b"value"[..], 5));
    });
}
