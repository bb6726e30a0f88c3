//! The gateway's JSON: what a running etcd 3.7.1 has sent and taken, and what it makes of the rest.
//!
//! The table beside this file has one body for each message that the gateway takes or sends, if one
//! was seen that says something.

use api::*;
use harness::check;
use prost::{Message, Name};
use serde_json::Value;
use std::fmt::Debug;

const TABLE: &str = include_str!("bodies.tsv");

/// Reads a body and writes it again.
fn again<M: Message + Name + Default>(body: &str) -> Value {
    let message: Json<M> = serde_json::from_str(body).expect(body);
    serde_json::to_value(&message).expect(body)
}

/// The same, for a message that a table names.
fn again_by_name(name: &str, body: &str) -> Value {
    macro_rules! one_of {
        ($($message:ident,)*) => {
            match name {
                $(stringify!($message) => again::<$message>(body),)*
                // Rust's spelling is another one.
                "HashKVRequest" => again::<HashKvRequest>(body),
                "HashKVResponse" => again::<HashKvResponse>(body),
                other => panic!("{other} is not listed here"),
            }
        };
    }
    one_of! {
        AlarmRequest, AlarmResponse, AuthRoleAddRequest, AuthRoleDeleteRequest,
        AuthRoleGetRequest, AuthRoleGetResponse, AuthRoleGrantPermissionRequest,
        AuthRoleListResponse, AuthRoleRevokePermissionRequest, AuthStatusResponse,
        AuthUserAddRequest, AuthUserChangePasswordRequest, AuthUserDeleteRequest,
        AuthUserGetRequest, AuthUserGetResponse, AuthUserGrantRoleRequest, AuthUserListResponse,
        AuthenticateRequest, AuthenticateResponse, CampaignRequest, CampaignResponse,
        CompactionRequest, DeleteRangeRequest, DeleteRangeResponse, DowngradeRequest,
        DowngradeResponse, HashResponse, LeaderRequest, LeaderResponse, LeaseGrantRequest,
        LeaseGrantResponse, LeaseKeepAliveRequest, LeaseKeepAliveResponse, LeaseLeasesResponse,
        LeaseRevokeRequest, LeaseTimeToLiveRequest, LeaseTimeToLiveResponse, LockRequest,
        LockResponse, MemberAddRequest, MemberAddResponse, MemberListRequest,
        MemberListResponse, MemberRemoveResponse, MemberUpdateResponse, MoveLeaderRequest,
        PutRequest, PutResponse, RangeRequest, RangeResponse, SnapshotResponse, StatusResponse,
        TxnRequest, TxnResponse, UnlockRequest, WatchRequest, WatchResponse,
    }
}

#[test]
fn bodies_are_read_and_written_as_etcd_does() {
    check(|| {
        for row in TABLE.lines().skip(1) {
            let (name, body) = row.split_once('\t').unwrap();
            let wanted: Value = serde_json::from_str(body).unwrap();
            assert_eq!(again_by_name(name, body), wanted, "{name}");
        }
    });
}

#[track_caller]
fn is_read_as<M: Message + Name + Default + PartialEq + Debug>(body: &str, wanted: M) {
    let message: Json<M> = serde_json::from_str(body).expect(body);
    assert_eq!(message.0, wanted, "{body}");
}

/// Bodies that a running etcd has taken: see what its answers say about each.
#[test]
fn it_reads_as_leniently_as_etcd() {
    check(|| {
        let plain = RangeRequest { key: "a".into(), ..RangeRequest::default() };
        is_read_as(r#"{"key":"YQ==","foo":1}"#, plain.clone());
        is_read_as(r#"{"key":"YQ"}"#, plain.clone());
        is_read_as(r#"{"key":"YQ==","sort_order":"XX"}"#, plain.clone());
        is_read_as(r#"{"key":null}"#, RangeRequest::default());
        let key = vec![0xff, 0xef].into();
        is_read_as(r#"{"key":"_-8="}"#, RangeRequest { key, ..RangeRequest::default() });
        let unknown = RangeRequest { sort_order: 77, ..plain.clone() };
        is_read_as(r#"{"key":"YQ==","sort_order":77}"#, unknown);
        let mut sorted = RangeRequest { limit: 1, ..plain };
        sorted.set_sort_target(range_request::SortTarget::Mod);
        sorted.set_sort_order(range_request::SortOrder::Descend);
        is_read_as(r#"{"key":"YQ==","sortTarget":"MOD","sort_order":2,"limit":"1"}"#, sorted);
    });
}

#[test]
fn what_is_no_message_is_refused() {
    check(|| {
        let bodies = [r#"{"key":"!!"}"#, r#"{"key":"#, "[]", r#"{"key":1}"#, r#"{"limit":"x"}"#];
        for body in bodies {
            assert!(serde_json::from_str::<Json<RangeRequest>>(body).is_err(), "{body}");
        }
    });
}

#[test]
fn a_choice_of_nothing_is_a_choice() {
    check(|| {
        let target_union = Some(compare::TargetUnion::Version(0));
        let compare = Compare { key: "a".into(), target_union, ..Compare::default() };
        let written = serde_json::to_string(&Json(compare)).unwrap();
        assert_eq!(written, r#"{"key":"YQ==","version":"0"}"#);
    });
}

#[test]
fn several_requests_come_in_one_body() {
    check(|| {
        let body = r#"{"ID":"5"}{"ID":"8"}{"ID":77}"#;
        let requests = serde_json::Deserializer::from_str(body).into_iter();
        let ids: Vec<i64> = requests.map(|one| id_of(one.unwrap())).collect();
        assert_eq!(ids, [5, 8, 77]);
    });
}

fn id_of(request: Json<LeaseKeepAliveRequest>) -> i64 {
    request.0.id
}

/// Whoever learns while it runs which message it has, knows its method.
#[test]
fn a_method_reads_and_writes_its_messages() {
    check(|| {
        let range = Method::find("etcdserverpb.KV", "Range").expect("there is one");
        assert_eq!((range.service(), range.name()), ("etcdserverpb.KV", "Range"));
        assert!(!range.takes_many() && !range.gives_many());
        let mut json = serde_json::Deserializer::from_str(r#"{"key":"YQ==","limit":"3"} more"#);
        let request = RangeRequest { key: "a".into(), limit: 3, ..RangeRequest::default() };
        assert_eq!(range.request(&mut json).expect("it is one"), request.encode_to_vec());
        let response = RangeResponse { count: 5, ..RangeResponse::default() };
        let written = range.response(response.encode_to_vec().into()).expect("it is one");
        assert_eq!(serde_json::to_string(&written).expect("it is one"), r#"{"count":"5"}"#);
        assert!(range.response(vec![0xff].into()).is_err(), "this is no message");
        let watch = Method::find("etcdserverpb.Watch", "Watch").expect("there is one");
        assert!(watch.takes_many() && watch.gives_many());
        assert!(Method::find("etcdserverpb.KV", "Nothing").is_none());
        assert!(Method::find("etcdserverpb.Nothing", "Range").is_none());
        let snapshots = Method::all().filter(|method| method.name() == "Snapshot");
        assert!(snapshots.map(|one| (one.takes_many(), one.gives_many())).eq([(false, true)]));
    });
}
