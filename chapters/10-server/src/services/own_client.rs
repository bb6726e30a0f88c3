//! A client inside of the member.
//!
//! Owns [`Client`], by which `Lock` and `Election` ask the member for what any client could ask it
//! for, in the name of whoever asked them; and [`Watching`], a watcher of theirs. In etcd, they are
//! on top of a whole client, so all errors that they meet arrive as unknown ones, with their texts.
//!
//! Left to others: what is asked for (`queue`).

use super::kv::cost_of_txn;
use super::{Member, Signed, Who, watch};
use crate::letters::ToWatches;
use crate::outbox::{Outbox, Told};
use crate::queue::{Joined, Place, Queue};
use api::event::EventType;
use api::watch_create_request::FilterType;
use api::watch_request::RequestUnion;
use api::{
    DeleteRangeRequest, DeleteRangeResponse, Event, KeyValue, LeaseGrantRequest, RangeRequest,
    RangeResponse, ResponseHeader, TxnRequest, TxnResponse, WatchCreateRequest,
};
use auth::{Asker, Auth};
use bytes::Bytes;
use mvcc::checks;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::vec::IntoIter;
use tokio::sync::mpsc;
use tonic::{Code, Status};

/// A lease that a client did not bring lasts so many seconds. Nobody renews it.
const TTL: i64 = 60;

/// Asks the member, in somebody's name.
#[derive(Clone)]
pub struct Client {
    member: Arc<Member>,
    who: Arc<Who>,
}

impl Client {
    /// One of this member, in the name of whoever this is.
    pub fn new(member: Arc<Member>, who: Who) -> Client {
        Client { member, who: Arc::new(who) }
    }

    /// Reads what is there now.
    pub async fn range(&self, request: RangeRequest) -> Result<RangeResponse, Status> {
        let read = async {
            checks::range(&request)?;
            self.member.catch_up().await?;
            let check = |auth: &Auth, asker: &Asker| auth.check_range(asker, &request);
            let asker = self.member.permit(&self.who, check).await?;
            let response = self.member.range(request).await?;
            self.member.check_still(&asker)?;
            Ok(response)
        };
        read.await.map_err(unknown)
    }

    /// Carries out a transaction that writes.
    pub async fn txn(&self, request: TxnRequest) -> Result<TxnResponse, Status> {
        let carried_out = async {
            match cost_of_txn(&request) {
                0 => {}
                cost => self.member.check_quota(cost)?,
            }
            checks::txn(&request, self.member.max_txn_ops)?;
            let response = self.member.propose(&self.who, request).await?;
            Ok(response.signed(&self.member))
        };
        carried_out.await.map_err(unknown)
    }

    /// Deletes a key.
    pub async fn delete(&self, key: Bytes) -> Result<DeleteRangeResponse, Status> {
        let deleted = async {
            let request = DeleteRangeRequest { key, ..DeleteRangeRequest::default() };
            checks::delete_range(&request)?;
            let response = self.member.propose(&self.who, request).await?;
            Ok(response.signed(&self.member))
        };
        deleted.await.map_err(unknown)
    }

    /// The lease of a request; a new one, if it brings none.
    pub async fn lease(&self, lease: i64) -> Result<i64, Status> {
        if lease != 0 {
            return Ok(lease);
        }
        self.member.check_quota(super::lease::COST).map_err(|error| unknown(error.into()))?;
        let (request, draw) = (LeaseGrantRequest { ttl: TTL, id: 0 }, RandomState::new());
        let draw = draw.hash_one("lease");
        let request = lease::proposed(&request, self.member.shortest_lease, draw);
        Ok(self.member.propose(&self.who, request).await.map_err(unknown)?.id)
    }

    /// Watches a range from a revision on. Who asks must have been allowed to read it just now.
    pub fn watch(&self, mut request: WatchCreateRequest, revision: i64) -> Watching {
        request.start_revision = revision;
        Watching::new(self.member.clone(), request)
    }

    /// Asks for a place in a queue, with this value, and holds it. If the client goes away
    /// meanwhile, nobody knows whether there will be a place; so that is awaited, and then it is
    /// given up.
    pub async fn join(&self, queue: &Queue, lease: i64, value: Bytes) -> Result<Seat, Status> {
        let (client, queue) = (self.clone(), queue.clone());
        let seated = tokio::spawn(async move {
            let response = client.txn(queue.join(lease, value.clone())).await?;
            let joined = queue.joined(lease, &value, &response);
            let joined = joined.expect("it answers what was asked");
            // Who had it before, and is first, does not lose it by asking once more.
            let is_held = response.succeeded || !joined.is_first;
            let held = is_held.then(|| client.hold(joined.place.clone()));
            Ok(Seat { joined, held, header: response.header })
        });
        match seated.await {
            Ok(seated) => seated,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }

    /// Waits until everybody is gone who was in the queue before this place.
    pub async fn wait_for_those_before(&self, queue: &Queue, place: &Place) -> Result<(), Status> {
        loop {
            let mut response = self.range(queue.before(place)).await?;
            let Some(last) = response.kvs.pop() else { return Ok(()) };
            let revision = response.header.expect("it is signed").revision;
            let filters = vec![FilterType::Noput.into()];
            let request =
                WatchCreateRequest { key: last.key, filters, ..WatchCreateRequest::default() };
            // If nothing more is told, it is looked at anew.
            self.watch(request, revision + 1).next().await;
        }
    }

    fn hold(&self, place: Place) -> Held {
        Held { client: self.clone(), place: Some(place) }
    }
}

/// How somebody stands who has joined a queue.
pub struct Seat {
    /// The place.
    pub joined: Joined,
    /// If this is dropped, the place is given up. None if nothing is to be given up.
    pub held: Option<Held>,
    /// The header of the answer.
    pub header: Option<ResponseHeader>,
}

/// A place that is given up when this is dropped, as when its client goes away.
pub struct Held {
    client: Client,
    place: Option<Place>,
}

impl Seat {
    /// The place is not given up.
    pub fn keep(&mut self) {
        if let Some(held) = &mut self.held {
            held.place = None;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            // Nobody waits for it. If it fails, the place goes with its lease.
            let Client { member, who } = &self.client;
            if let Ok(asker) = member.facts.gate.identify(who.credentials()) {
                let _ = member.begin(&asker, place.leave());
            }
        }
    }
}

/// A watcher, which is gone when this is dropped.
pub struct Watching {
    member: Arc<Member>,
    number: u64,
    outbox: Arc<Outbox>,
    told: mpsc::UnboundedReceiver<Told>,
    header: Option<ResponseHeader>,
    events: IntoIter<Event>,
}

/// What has happened to a key.
pub enum Happened {
    /// It has this value, and the answer that said so this header.
    Put(ResponseHeader, KeyValue),
    /// It is gone.
    Gone,
}

impl Watching {
    fn new(member: Arc<Member>, request: WatchCreateRequest) -> Watching {
        let number = watch::number();
        let (outbox, told) = Outbox::new();
        member.watches.put_all([
            ToWatches::Open(number, outbox.clone()),
            ToWatches::Want(number, RequestUnion::CreateRequest(request), Ok(())),
        ]);
        let (header, events) = (None, Vec::new().into_iter());
        Watching { member, number, outbox, told, header, events }
    }

    /// What happened next; nothing, if the watcher cannot go on.
    pub async fn next(&mut self) -> Option<Happened> {
        loop {
            if let Some(Event { kv: Some(pair), r#type, .. }) = self.events.next() {
                let header = self.header.expect("events come in an answer");
                let is_put = r#type == EventType::Put as i32;
                return Some(if is_put { Happened::Put(header, pair) } else { Happened::Gone });
            }
            let Told::Answer(response, bytes) = self.told.recv().await? else { continue };
            if self.outbox.take(bytes) {
                self.member.watches.put(ToWatches::Room(self.number));
            }
            if response.canceled {
                return None;
            }
            (self.header, self.events) = (response.header, response.events.into_iter());
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.member.watches.put(ToWatches::Close(self.number));
    }
}

/// An error that has come by way of a client. Only that it took too long stays what it is.
fn unknown(status: Status) -> Status {
    if status.code() == Code::DeadlineExceeded {
        return status;
    }
    Status::unknown(status.message())
}
