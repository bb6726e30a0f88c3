//! Where other members come in.
//!
//! Owns [`Desk`]. Whoever comes says who it is, whom it means, and of which cluster it is; whoever
//! means another, or is of another cluster, is sent away, and so is a member that was removed: that
//! is how it learns of it. Letters are handed to the replica; and if that is behind, no more are
//! taken from anybody until it has read some.

use super::codec::{MOST, packed, unpacked};
use super::connection::{CLUSTER, FROM, TO};
use super::{ASK, BRING, DELIVER, Room, images, pages};
use crate::door::Door;
use crate::hashes;
use crate::journal::fields;
use crate::letters::{Heard, ToReplica};
use crate::lines::hex;
use crate::links::{Question, Reply, Unhashed};
use crate::plain::Plain;
use crate::serve::Answers;
use crate::services::{left_for, renew_for};
use crate::stop::REMOVED;
use crate::verdict::Hashed;
use crate::version::Version;
use crate::wire::{self, LONGEST};
use api::{Error, Revision};
use basics::NodeId;
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::server::Grpc;
use tonic::{Status, Streaming};
use tower_service::Service;

/// So many bytes of letters wait for the replica at most, in units of [`UNIT`] bytes.
const ROOM: usize = 2 * LONGEST / UNIT;
const UNIT: usize = 1 << 10;

/// The desk.
#[derive(Clone)]
pub struct Desk {
    room: Arc<Room>,
    places: Arc<Semaphore>,
    /// One image comes at a time.
    image: Arc<Semaphore>,
}

impl Answers for Desk {
    async fn answer(&self, _: &Door, request: Request<Incoming>) -> Response<Body> {
        let method = match request.uri().path() {
            DELIVER => DELIVER,
            BRING => BRING,
            ASK => ASK,
            _ => return pages::answer(&self.room.member, &request).await,
        };
        let called = Called { desk: self.clone(), method };
        let mut grpc = Grpc::new(Plain).apply_max_message_size_config(Some(MOST), None);
        grpc.client_streaming(called, request.map(Body::new)).await
    }
}

impl Desk {
    pub fn new(room: Arc<Room>) -> Desk {
        Desk { room, places: Arc::new(Semaphore::new(ROOM)), image: Arc::new(Semaphore::new(1)) }
    }

    /// Who is it? Is it right here?
    fn check(&self, metadata: &MetadataMap) -> Result<NodeId, Status> {
        let number = |name: &str| {
            let text = metadata.get(name).and_then(|value| value.to_str().ok());
            text.and_then(|text| u64::from_str_radix(text, 16).ok())
        };
        let (Some(from), Some(to), Some(cluster)) = (number(FROM), number(TO), number(CLUSTER))
        else {
            return Err(Status::invalid_argument("it does not say who it is"));
        };
        let (road, from) = (self.room.road, NodeId(from));
        if cluster != road.cluster {
            let fields = fields![
                "local-member-id": hex(road.own.0),
                "local-member-cluster-id": hex(road.cluster),
                "remote-peer-id": hex(from.0),
                "remote-peer-cluster-id": hex(cluster),
            ];
            self.room.journal.warn("request cluster ID mismatch", fields);
            return Err(Status::failed_precondition("cluster ID mismatch"));
        }
        if to != road.own.0 {
            return Err(Status::failed_precondition("another member was meant"));
        }
        self.check_belongs(from)?;
        Ok(from)
    }

    fn check_belongs(&self, from: NodeId) -> Result<(), Status> {
        if !self.room.member.facts.roster.get().is_removed(from) {
            return Ok(());
        }
        let own = hex(self.room.road.own.0);
        let fields = fields!["local-member-id": own, "remote-peer-id-from": hex(from.0)];
        self.room.journal.warn("rejected stream from remote peer because it was removed", fields);
        Err(Status::failed_precondition(REMOVED))
    }

    /// Only who belongs to the cluster brings a state; to one that knows nobody yet, anybody.
    fn check_member(&self, from: NodeId) -> Result<(), Status> {
        let roster = self.room.member.facts.roster.get();
        match roster.get(from).is_some() || roster.list().is_empty() {
            true => Ok(()),
            false => Err(Status::permission_denied("it is no member")),
        }
    }

    async fn called(
        &self,
        method: &'static str,
        request: tonic::Request<Streaming<Bytes>>,
    ) -> Result<Bytes, Status> {
        let (metadata, _, mut messages) = request.into_parts();
        let from = self.check(&metadata)?;
        match method {
            DELIVER => self.deliver(from, messages).await,
            BRING => {
                self.check_member(from)?;
                let place = self.image.clone().try_acquire_owned();
                let place = place.map_err(|_| Status::unavailable("another image is coming"))?;
                images::receive(&self.room, from, &metadata, messages, place).await
            }
            _ => {
                let question = messages.message().await?;
                let question =
                    question.ok_or_else(|| Status::invalid_argument("it asks nothing"))?;
                let asked = unpacked(&question)?;
                if asked == Question::Hello {
                    // What only keeps a connection is of nobody, as in etcd.
                    let counted = &self.room.member.facts.metrics.peers;
                    counted.received.with(&["0"]).add(question.len() as u64);
                }
                Ok(packed(self.ask(asked).await?))
            }
        }
    }

    /// Hands letters to the replica, until there are no more.
    async fn deliver(&self, from: NodeId, mut frames: Streaming<Bytes>) -> Result<Bytes, Status> {
        let sender = hex(from.0);
        while let Some(frame) = frames.message().await? {
            self.check_belongs(from)?;
            let units = u32::try_from(frame.len().div_ceil(UNIT)).expect("it has a limit");
            let place = self.places.clone().acquire_many_owned(units).await;
            let place = place.expect("it is never closed");
            let counted = &self.room.member.facts.metrics.peers;
            counted.received.with(&[&sender]).add(frame.len() as u64);
            let letters = wire::read(&frame, from, self.room.road.own).map_err(|malformed| {
                counted.receive_failures.with(&[&sender]).add(1);
                Status::invalid_argument(malformed.to_string())
            })?;
            self.room.replica.put(ToReplica::Heard(Heard { letters, place }));
        }
        Ok(Bytes::new())
    }

    /// Answers a question.
    async fn ask(&self, question: Question) -> Result<Reply, Status> {
        let member = &self.room.member;
        Ok(match question {
            Question::Hello => Reply::Hello,
            Question::Version => Reply::Version(Version::own()),
            Question::Renew(lease) => Reply::Renewed(renew_for(member, lease).await?),
            Question::TimeToLive(lease) => Reply::Left(left_for(member, lease).await?),
            Question::Hash(revision) => Reply::Hashed(self.hash(revision).await?),
            Question::Sum(revision) => Reply::Summed(member.sum(Revision(revision)).await?),
        })
    }

    /// What the store shows at a revision.
    async fn hash(&self, revision: i64) -> Result<Result<Hashed, Unhashed>, Status> {
        let member = &self.room.member;
        let (reader, facts) = (member.reader.clone(), member.facts.clone());
        let hash = move || hashes::hash(&reader, &facts, revision);
        match member.blocking.run(hash).await {
            Ok(hashed) => Ok(Ok(hashed)),
            Err(mvcc::Error::Refused(Error::Compacted)) => Ok(Err(Unhashed::Compacted)),
            Err(mvcc::Error::Refused(Error::FutureRev)) => Ok(Err(Unhashed::Future)),
            Err(mvcc::Error::Refused(error)) => Err(error.into()),
            Err(broken) => Err(Status::internal(broken.to_string())),
        }
    }
}

/// A method that is called.
struct Called {
    desk: Desk,
    method: &'static str,
}

impl Service<tonic::Request<Streaming<Bytes>>> for Called {
    type Response = tonic::Response<Bytes>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<Bytes>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: tonic::Request<Streaming<Bytes>>) -> Self::Future {
        let (desk, method) = (self.desk.clone(), self.method);
        Box::pin(async move { desk.called(method, request).await.map(tonic::Response::new) })
    }
}
