//! Watching.
//!
//! Owns the service `Watch`: a stream of requests, and a stream of answers. Both are one task: it
//! hands requests on as they come, and answers as they are there.

use super::{Member, Who, wording};
use crate::letters::ToWatches;
use crate::outbox::{Outbox, Told};
use api::watch_request::RequestUnion;
use api::watch_server::Watch as Service;
use api::{Error, WatchRequest, WatchResponse};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc;
use tonic::codegen::tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming, async_trait};

/// So many requests of a stream wait to be heard at most.
const WAITING: usize = 64;

/// The service of a member.
pub struct Watch {
    member: Arc<Member>,
}

impl Watch {
    /// That of this member.
    pub fn new(member: Arc<Member>) -> Watch {
        Watch { member }
    }
}

/// Numbers of streams, of all runtimes.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// The number of a new stream.
pub fn number() -> u64 {
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

#[async_trait]
impl Service for Watch {
    type WatchStream = Answers;

    async fn watch(
        &self,
        request: Request<Streaming<WatchRequest>>,
    ) -> Result<Response<Answers>, Status> {
        let number = number();
        let (outbox, told) = Outbox::new();
        let (who, requests) = Who::of(request);
        // Only that it is known: whether it is good, each watcher is told.
        let _ = self.member.asker(&who).await;
        let (member, requests) = (self.member.clone(), Some(requests));
        member.watches.put(ToWatches::Open(number, outbox.clone()));
        Ok(Response::new(Answers { member, who, number, requests, outbox, told, unheard: 0 }))
    }
}

/// The answers of a stream.
pub struct Answers {
    member: Arc<Member>,
    who: Who,
    number: u64,
    /// None once the client has said that there are no more.
    requests: Option<Streaming<WatchRequest>>,
    outbox: Arc<Outbox>,
    told: mpsc::UnboundedReceiver<Told>,
    /// How many requests wait to be heard.
    unheard: usize,
}

impl Stream for Answers {
    type Item = Result<WatchResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Err(gone) = self.hand_on(context) {
                return Poll::Ready(gone.map(Err));
            }
            match ready!(self.told.poll_recv(context)) {
                Some(Told::Answer(response, bytes)) => {
                    if self.outbox.take(bytes) {
                        self.member.watches.put(ToWatches::Room(self.number));
                    }
                    return Poll::Ready(Some(Ok(response)));
                }
                Some(Told::Heard) => self.unheard -= 1,
                None => return Poll::Ready(None),
            }
        }
    }
}

impl Answers {
    /// May the client have what it wants?
    fn may(&self, request: &RequestUnion) -> Result<(), Error> {
        let gate = &self.member.facts.gate;
        let RequestUnion::CreateRequest(request) = request else { return Ok(()) };
        if !gate.is_enabled() {
            return Ok(());
        }
        let asker = gate.identify(self.who.credentials());
        asker.and_then(|asker| gate.auth().check_watch(&asker, request))
    }

    /// Hands on what the client wants. An error is the end: the client's, if there is one.
    fn hand_on(&mut self, context: &mut Context<'_>) -> Result<(), Option<Status>> {
        while self.unheard < WAITING
            && let Some(requests) = &mut self.requests
            && let Poll::Ready(request) = Pin::new(requests).poll_next(context)
        {
            match request {
                Some(Ok(WatchRequest { request_union: Some(request) })) => {
                    self.unheard += 1;
                    let may = self.may(&request);
                    self.member.watches.put(ToWatches::Want(self.number, request, may));
                }
                // It says nothing.
                Some(Ok(WatchRequest { request_union: None })) => {}
                Some(Err(status)) => return Err(Some(wording::of_stream(status))),
                // A client that wants no more goes on to be told.
                None => self.requests = None,
            }
        }
        Ok(())
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.member.watches.put(ToWatches::Close(self.number));
    }
}
