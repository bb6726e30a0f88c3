//! Keys and values, over the wire.

use crate::client::Client;
use crate::member::{Member, config, place};
use api::range_request::SortOrder;
use api::request_op::Request as Operation;
use api::response_op::Response as Answer;
use api::{
    CompactionRequest, DeleteRangeRequest, KeyValue, PutRequest, RangeRequest, RequestOp,
    TxnRequest,
};
use harness::check;
use tonic::codegen::tokio_stream::StreamExt;

fn put(key: &str, value: &str) -> PutRequest {
    let (key, value) = (key.to_owned().into(), value.to_owned().into());
    PutRequest { key, value, ..PutRequest::default() }
}

fn range(key: &str, range_end: &str) -> RangeRequest {
    let (key, range_end) = (key.to_owned().into(), range_end.to_owned().into());
    RangeRequest { key, range_end, ..RangeRequest::default() }
}

fn get(client: &mut Client, key: &str) -> Option<KeyValue> {
    let found = client.kv(async |mut kv| kv.range(range(key, "")).await);
    found.expect("it can be read").kvs.pop()
}

#[test]
fn a_key_is_put_read_and_deleted() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let done = client.kv(async |mut kv| kv.put(put("a", "1")).await).expect("it can be");
        let header = done.header.expect("every answer has one");
        assert_eq!((header.revision, header.raft_term), (2, 2), "the first write");
        assert!(header.member_id != 0 && header.cluster_id != 0, "the member says who it is");
        let pair = get(&mut client, "a").expect("it is there");
        assert_eq!((&pair.value[..], pair.mod_revision, pair.version), (&b"1"[..], 2, 1));
        let request = DeleteRangeRequest { key: "a".into(), ..DeleteRangeRequest::default() };
        let done = client.kv(async |mut kv| kv.delete_range(request).await).expect("it can be");
        assert_eq!(done.deleted, 1);
        assert_eq!(get(&mut client, "a"), None, "it is gone");
        member.stop();
    });
}

#[test]
fn a_transaction_is_not_deeper_than_the_log_can_hold() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let nested = |depth: usize| {
            let mut inner = TxnRequest::default();
            for _ in 1..depth {
                let request = Some(Operation::RequestTxn(inner));
                inner =
                    TxnRequest { success: vec![RequestOp { request }], ..TxnRequest::default() };
            }
            inner
        };
        client.kv(async |mut kv| kv.txn(nested(32)).await).expect("it can be");
        let refused = client.kv(async |mut kv| kv.txn(nested(33)).await).expect_err("too deep");
        assert_eq!(refused.message(), "etcdserver: too many operations in txn request");
        client.kv(async |mut kv| kv.txn(nested(60)).await).expect_err("nobody reads so deep");
        member.stop();
    });
}

#[test]
fn whoever_reads_sees_what_was_answered_before() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        // Two connections, on the two runtimes.
        let (mut one, mut other) = (member.client(), member.client());
        for at in 0..50 {
            let value = at.to_string();
            one.kv(async |mut kv| kv.put(put("a", &value)).await).expect("it can be");
            let pair = get(&mut other, "a").expect("it is there");
            assert_eq!(pair.value, value, "the other one sees it");
        }
        member.stop();
    });
}

#[test]
fn a_transaction_that_writes_and_one_that_reads() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let operation = |request| RequestOp { request: Some(request) };
        let writes = TxnRequest {
            success: vec![
                operation(Operation::RequestPut(put("a", "1"))),
                operation(Operation::RequestPut(put("b", "2"))),
            ],
            ..TxnRequest::default()
        };
        let done = client.kv(async |mut kv| kv.txn(writes).await).expect("it can be");
        assert_eq!((done.succeeded, done.responses.len()), (true, 2));
        let reads = TxnRequest {
            success: vec![operation(Operation::RequestRange(range("a", "c")))],
            ..TxnRequest::default()
        };
        let done = client.kv(async |mut kv| kv.txn(reads).await).expect("it can be");
        let Some(Answer::ResponseRange(found)) = &done.responses[0].response else {
            panic!("a range is answered by one");
        };
        assert_eq!(found.kvs.len(), 2, "both are there");
        assert_eq!(done.header.expect("every answer has one").revision, 2, "at one revision");
        member.stop();
    });
}

#[test]
fn what_cannot_be_is_refused_with_the_texts_of_etcd() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let refused = client.kv(async |mut kv| kv.put(put("", "1")).await).expect_err("no key");
        assert_eq!(refused.message(), "etcdserver: key is not provided");
        let request = CompactionRequest { revision: 5, ..CompactionRequest::default() };
        let refused =
            client.kv(async |mut kv| kv.compact(request).await).expect_err("it is to come");
        assert_eq!(refused.message(), "etcdserver: mvcc: required revision is a future revision");
        let large = PutRequest {
            key: "a".into(),
            value: vec![0; 1_572_864].into(),
            ..PutRequest::default()
        };
        let refused = client.kv(async |mut kv| kv.put(large).await).expect_err("it is too large");
        assert_eq!(refused.message(), "etcdserver: request is too large");
        assert_eq!(get(&mut client, "a"), None, "nothing has happened");
        member.stop();
    });
}

#[test]
fn a_long_range_comes_in_pieces() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        for at in 0..100 {
            let key = format!("{at:03}");
            client.kv(async |mut kv| kv.put(put(&key, "1")).await).expect("it can be");
        }
        let all = async |mut kv: api::kv_client::KvClient<_>| {
            let pieces = kv.range_stream(range("0", "1")).await?;
            let pieces: Vec<_> = pieces.into_inner().collect().await;
            Ok(tonic::Response::new(pieces))
        };
        let pieces = client.kv(all).expect("it can be streamed");
        let answers = pieces
            .into_iter()
            .map(|piece| piece.expect("nothing fails").range_response.expect("each piece has one"));
        let lengths: Vec<usize> = answers.map(|answer| answer.kvs.len()).collect();
        assert_eq!(lengths, [10, 20, 40, 30], "as etcd does");
        member.stop();
    });
}

#[test]
fn what_is_long_is_answered_as_what_is_short() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        let operation = |request| RequestOp { request: Some(request) };
        for part in 0..12 {
            let names = (0..100).map(|at| format!("many/{:04}", part * 100 + at));
            let puts = names.map(|key| operation(Operation::RequestPut(put(&key, "1"))));
            let writes = TxnRequest { success: puts.collect(), ..TxnRequest::default() };
            client.kv(async |mut kv| kv.txn(writes).await).expect("it can be");
        }
        for key in ["large/1", "large/2", "large/3"] {
            let value = "v".repeat(500_000);
            client.kv(async |mut kv| kv.put(put(key, &value)).await).expect("it can be");
        }
        let mut ask = |request: RangeRequest| {
            client.kv(async |mut kv| kv.range(request).await).expect("it can be read")
        };
        let all = ask(range("many/", "many0"));
        assert_eq!((all.count, all.kvs.len(), all.more), (1_200, 1_200, false));
        assert!(all.kvs.is_sorted_by_key(|pair| pair.key.clone()));
        assert!(all.header.expect("it has one").member_id != 0, "it is signed");
        let first = ask(RangeRequest { limit: 5, ..range("many/", "many0") });
        assert_eq!((first.count, &first.kvs[..], first.more), (1_200, &all.kvs[..5], true));
        let order = SortOrder::Descend.into();
        let last = ask(RangeRequest { limit: 1, sort_order: order, ..range("many/", "many0") });
        assert_eq!((last.count, &last.kvs[..]), (1_200, &all.kvs[1_199..]));
        let large = ask(range("large/", "large0"));
        let lengths: Vec<usize> = large.kvs.iter().map(|pair| pair.value.len()).collect();
        assert_eq!(lengths, [500_000; 3]);
        let reads = TxnRequest {
            success: vec![operation(Operation::RequestRange(range("many/", "many0")))],
            ..TxnRequest::default()
        };
        let done = client.kv(async |mut kv| kv.txn(reads).await).expect("it can be");
        let Some(Answer::ResponseRange(found)) = &done.responses[0].response else {
            panic!("a range is answered by one");
        };
        assert_eq!(found.kvs, all.kvs);
        member.stop();
    });
}
