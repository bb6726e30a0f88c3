//! Requests, drawn from few keys, so that they meet.

use api::compare::TargetUnion;
use api::request_op::Request;
use api::{Compare, DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest};
use bytes::Bytes;
use harness::Draws;

/// All keys.
pub const KEYS: &str = "abcdef";

/// All leases.
pub const LEASES: &[i64] = &[7, -3];

fn key(draws: &mut Draws) -> Bytes {
    let at = draws.index(KEYS.len());
    let key = KEYS[at..=at].to_owned();
    if draws.chance(20) { format!("{key}{key}").into() } else { key.into() }
}

fn range_end(draws: &mut Draws) -> Bytes {
    match draws.below(10) {
        0..5 => Bytes::new(),
        5 => vec![0].into(),
        _ => key(draws),
    }
}

fn lease(draws: &mut Draws) -> i64 {
    match draws.below(12) {
        0..8 => 0,
        8 | 9 => 7,
        10 => -3,
        _ => 1_000,
    }
}

pub fn put(draws: &mut Draws) -> PutRequest {
    let mut request = PutRequest {
        key: key(draws),
        value: vec![b'0' + draws.below(10).to_le_bytes()[0]; draws.index(20)].into(),
        lease: lease(draws),
        prev_kv: draws.chance(50),
        ..PutRequest::default()
    };
    if draws.chance(15) {
        request.ignore_value = true;
        request.value = Bytes::new();
    }
    if draws.chance(15) {
        request.ignore_lease = true;
        request.lease = 0;
    }
    request
}

pub fn delete_range(draws: &mut Draws) -> DeleteRangeRequest {
    DeleteRangeRequest { key: key(draws), range_end: range_end(draws), prev_kv: draws.chance(50) }
}

pub fn range(draws: &mut Draws, current: i64) -> RangeRequest {
    let near = |draws: &mut Draws| current - i64::try_from(draws.below(12)).expect("few") + 1;
    let mut request = RangeRequest {
        key: if draws.chance(20) { vec![0].into() } else { key(draws) },
        range_end: if draws.chance(30) { vec![0].into() } else { range_end(draws) },
        limit: if draws.chance(40) { i64::try_from(draws.below(6)).expect("few") - 1 } else { 0 },
        revision: if draws.chance(50) { near(draws) } else { 0 },
        sort_order: i32::try_from(draws.below(3)).expect("few"),
        sort_target: i32::try_from(draws.below(5)).expect("few"),
        keys_only: draws.chance(20),
        count_only: draws.chance(10),
        ..RangeRequest::default()
    };
    if draws.chance(20) {
        request.min_mod_revision = near(draws);
    }
    if draws.chance(20) {
        request.max_create_revision = near(draws);
    }
    if draws.chance(10) {
        request.max_mod_revision = near(draws);
        request.min_create_revision = near(draws);
    }
    request
}

pub fn txn(draws: &mut Draws, current: i64) -> TxnRequest {
    nested(draws, current, 2)
}

fn nested(draws: &mut Draws, current: i64, depth: usize) -> TxnRequest {
    let list = |draws: &mut Draws, most: usize| -> Vec<RequestOp> {
        (0..draws.index(most + 1)).map(|_| operation(draws, current, depth)).collect()
    };
    let (success, failure) = (list(draws, 4), list(draws, 3));
    let compare = (0..draws.index(3)).map(|_| compare(draws, current)).collect();
    TxnRequest { compare, success, failure }
}

fn operation(draws: &mut Draws, current: i64, depth: usize) -> RequestOp {
    let request = match draws.below(10) {
        0..4 => Request::RequestPut(put(draws)),
        4 | 5 => Request::RequestDeleteRange(delete_range(draws)),
        6 if depth > 0 => Request::RequestTxn(nested(draws, current, depth - 1)),
        _ => Request::RequestRange(range(draws, current)),
    };
    RequestOp { request: Some(request) }
}

fn compare(draws: &mut Draws, current: i64) -> Compare {
    let number = i64::try_from(draws.below(4)).expect("few");
    let revision = current - number;
    let target = i32::try_from(draws.below(5)).expect("few");
    let union = match if draws.chance(90) { target } else { 0 } {
        0 => TargetUnion::Version(number),
        1 => TargetUnion::CreateRevision(revision),
        2 => TargetUnion::ModRevision(revision),
        3 => TargetUnion::Value(vec![b'5'; draws.index(4)].into()),
        _ => TargetUnion::Lease(if draws.chance(50) { 7 } else { 0 }),
    };
    Compare {
        result: i32::try_from(draws.below(4)).expect("few"),
        target,
        key: key(draws),
        range_end: range_end(draws),
        target_union: draws.chance(95).then_some(union),
    }
}
