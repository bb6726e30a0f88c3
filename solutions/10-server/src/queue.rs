//! A queue of clients, made of keys.
//!
//! Owns [`Queue`] and [`Place`], which `Lock` and `Election` have in common. All keys that begin
//! with a name and a slash are a queue. A client's place in it is a key of its own, named after its
//! lease, so that the place goes when the client does; and whoever came first, the key with the
//! lowest create revision, is at the head: it has the lock, or is the leader. To wait for one's
//! turn is to wait until all keys that came before are gone.
//!
//! It decides which requests are made, and what their answers mean. Nothing more is known of a
//! queue than that, and clients may do the same without these services: etcd's own library does.
//!
//! Left to others: making the requests (`services`).

use api::compare::{CompareResult, CompareTarget, TargetUnion};
use api::range_request::{SortOrder, SortTarget};
use api::request_op::Request;
use api::response_op::Response;
use api::{
    Compare, DeleteRangeRequest, KeyValue, PutRequest, RangeRequest, RequestOp, ResponseOp,
    TxnRequest, TxnResponse,
};
use bytes::Bytes;

/// All keys that begin with this.
///
/// Invariant: it ends with a slash.
#[derive(Clone, Debug)]
pub struct Queue {
    prefix: Vec<u8>,
}

/// A place in a queue: a key, and at which revision it was put there. If the key goes and comes
/// again, that is another place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The key.
    pub key: Bytes,
    /// Its create revision.
    pub created: i64,
}

/// How somebody stands who has asked for a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The place.
    pub place: Place,
    /// It is the first.
    pub is_first: bool,
    /// The value that the key has.
    pub value: Bytes,
}

impl Queue {
    /// The queue of this name.
    pub fn new(name: &[u8]) -> Queue {
        Queue { prefix: [name, b"/"].concat() }
    }

    /// The key of whoever has this lease.
    pub fn key(&self, lease: i64) -> Bytes {
        let sign = if lease < 0 { "-" } else { "" };
        let number = format!("{sign}{:x}", lease.unsigned_abs());
        [&self.prefix, number.as_bytes()].concat().into()
    }

    /// Asks for a place, with this value. Whoever has one keeps it, and its value.
    pub fn join(&self, lease: i64, value: Bytes) -> TxnRequest {
        let key = self.key(lease);
        let first = operation(Request::RequestRange(self.first()));
        let found = RangeRequest { key: key.clone(), ..RangeRequest::default() };
        let compare = vec![was_created(key.clone(), 0)];
        let put = PutRequest { key, value, lease, ..PutRequest::default() };
        TxnRequest {
            compare,
            success: vec![operation(Request::RequestPut(put)), first.clone()],
            failure: vec![operation(Request::RequestRange(found)), first],
        }
    }

    /// What the answer to [`Queue::join`] says; nothing if it is none.
    pub fn joined(&self, lease: i64, value: &Bytes, response: &TxnResponse) -> Option<Joined> {
        let [own, first] = &response.responses[..] else { return None };
        let first = pair(first)?;
        let (created, value) = match pair(own) {
            Some(own) => (own.create_revision, &own.value),
            // It was put there just now.
            None => (response.header.as_ref()?.revision, value),
        };
        let place = Place { key: self.key(lease), created };
        let is_first = first.create_revision == created;
        Some(Joined { place, is_first, value: value.clone() })
    }

    /// Asks who is at the head.
    pub fn first(&self) -> RangeRequest {
        self.one(SortOrder::Ascend)
    }

    /// Asks who is the last of those before a place. Each waits for the one before it alone, so
    /// that one who goes wakes one, and not all.
    pub fn before(&self, place: &Place) -> RangeRequest {
        let max_create_revision = place.created - 1;
        RangeRequest { max_create_revision, ..self.one(SortOrder::Descend) }
    }

    /// The first key, and the end, of the range that the queue is.
    pub fn range(&self) -> (Bytes, Bytes) {
        let mut end = self.prefix.clone();
        *end.last_mut().expect("a slash at least") += 1;
        (self.prefix.clone().into(), end.into())
    }

    fn one(&self, order: SortOrder) -> RangeRequest {
        let (key, range_end) = self.range();
        RangeRequest {
            key,
            range_end,
            limit: 1,
            sort_order: order.into(),
            sort_target: SortTarget::Create.into(),
            ..RangeRequest::default()
        }
    }
}

impl Place {
    /// Gives the key another value, if the place is still there. From then on it goes with this
    /// lease.
    pub fn proclaim(self, value: Bytes, lease: i64) -> TxnRequest {
        let put = PutRequest { key: self.key.clone(), value, lease, ..PutRequest::default() };
        self.if_there(Request::RequestPut(put))
    }

    /// Gives the place up, if it is still there.
    pub fn leave(self) -> TxnRequest {
        let delete = DeleteRangeRequest { key: self.key.clone(), ..DeleteRangeRequest::default() };
        self.if_there(Request::RequestDeleteRange(delete))
    }

    fn if_there(self, request: Request) -> TxnRequest {
        let compare = vec![was_created(self.key, self.created)];
        TxnRequest { compare, success: vec![operation(request)], ..TxnRequest::default() }
    }
}

fn operation(request: Request) -> RequestOp {
    RequestOp { request: Some(request) }
}

/// Was the key created at this revision? Zero is that of a key that is not there.
fn was_created(key: Bytes, revision: i64) -> Compare {
    Compare {
        key,
        result: CompareResult::Equal.into(),
        target: CompareTarget::Create.into(),
        target_union: Some(TargetUnion::CreateRevision(revision)),
        ..Compare::default()
    }
}

/// The first pair of a range in a transaction; none if it is no range.
fn pair(response: &ResponseOp) -> Option<&KeyValue> {
    match &response.response {
        Some(Response::ResponseRange(range)) => range.kvs.first(),
        Some(
            Response::ResponsePut(_) | Response::ResponseDeleteRange(_) | Response::ResponseTxn(_),
        )
        | None => None,
    }
}
