//! The gRPC services.
//!
//! Owns the way from a path to a service, and [`Member`], what all of them stand on: a request
//! becomes a proposal and waits for its answer, or it waits until it may read.
//!
//! Left to others: what a request does (`state`), and connections (`serve`).

use crate::boxes::{Boxes, PostBox, Told};
use crate::mailbox::Mailbox;
use crate::proposal::{Asked, Proposal};
use crate::replica::{Asker, Event, Wanted};
use api::kv_server::KvServer;
use api::{Error, ResponseHeader};
use basics::NodeId;
use http::{Request, Response};
use hyper::body::Incoming;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tonic::body::Body;
use tower_service::Service;

mod kv;

/// The services of a runtime.
pub struct Services {
    kv: KvServer<kv::Kv>,
}

/// A member, as a runtime's services see it.
pub struct Member {
    /// Who it is.
    pub id: NodeId,
    /// Its cluster.
    pub cluster: u64,
    /// The term that it is in.
    pub term: Arc<AtomicU64>,
    /// Where proposals go.
    pub replica: Arc<Mailbox<Event>>,
    /// Where answers come.
    pub boxes: Arc<Boxes>,
    /// The box of this runtime.
    pub post_box: Arc<PostBox>,
    /// Which runtime it is.
    pub runtime: usize,
    /// Who reads the state.
    pub reader: mvcc::Reader<File>,
    /// How long a request waits.
    pub patience: Duration,
    /// How long a proposal may be.
    pub max_request_bytes: usize,
    /// How many operations a transaction may have.
    pub max_txn_ops: usize,
}

impl Services {
    /// Those of this member.
    pub fn new(member: Arc<Member>) -> Services {
        let limit = member.max_request_bytes + (512 << 10);
        let kv = KvServer::new(kv::Kv::new(member));
        Services { kv: kv.max_decoding_message_size(limit).max_encoding_message_size(usize::MAX) }
    }

    /// Answers a request of any service.
    pub async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let request = request.map(Body::new);
        let answered = match request.uri().path().split('/').nth(1) {
            Some("etcdserverpb.KV") => self.kv.clone().call(request).await,
            Some(_) | None => {
                let unknown = tonic::Status::unimplemented("unknown service");
                return unknown.into_http();
            }
        };
        match answered {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

impl Member {
    /// Proposes a request, and waits until it was carried out.
    pub async fn propose<R: Asked>(&self, request: R) -> Result<R::Response, tonic::Status> {
        let waiting = self.post_box.wait();
        let number = waiting.number();
        let sender = Some(self.boxes.sender(self.runtime, number));
        let data = Proposal { sender, wish: Some(request.wish()) }.write();
        if data.as_ref().len() > self.max_request_bytes {
            return Err(Error::RequestTooLarge.into());
        }
        let until = Instant::now() + self.patience;
        let asker = Some(self.asker(number));
        self.replica.put(Event::Propose(Wanted { asker, data, until }));
        let Ok(told) = tokio::time::timeout_at(until.into(), waiting).await else {
            return Err(tonic::Status::deadline_exceeded("context deadline exceeded"));
        };
        match told {
            Told::Done(outcome) => {
                Ok(R::answer(outcome?).expect("each answer goes to the request it answers"))
            }
            Told::Read => unreachable!("nothing was to be read"),
        }
    }

    /// Waits until this member knows everything that was acknowledged by now.
    pub async fn catch_up(&self) -> Result<(), tonic::Status> {
        let waiting = self.post_box.wait();
        self.replica.put(Event::Read(self.asker(waiting.number())));
        match tokio::time::timeout(self.patience, waiting).await {
            Ok(Told::Read) => Ok(()),
            Ok(Told::Done(outcome)) => Err(outcome.err().unwrap_or(Error::Stopped).into()),
            Err(_) => Err(Error::Timeout.into()),
        }
    }

    /// Fills in what the member that answers knows.
    pub fn sign(&self, header: &mut Option<ResponseHeader>) {
        let header = header.get_or_insert_default();
        header.cluster_id = self.cluster;
        header.member_id = self.id.0;
        header.raft_term = self.term.load(Ordering::Relaxed);
    }

    fn asker(&self, number: u64) -> Asker {
        Asker { runtime: u32::try_from(self.runtime).expect("there are few"), number }
    }
}
