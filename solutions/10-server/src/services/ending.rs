//! Answers that have no end of their own, and come to one.
//!
//! Owns [`Ending`], an answer that ends with an error when something happens: nobody has led for a
//! while, and its client would rather ask other members than wait here for what does not happen; or
//! the member is to stop, and a watcher that is never told anything would hold it up.
//!
//! A client that does not read what it is told is not told of the end either: its connection goes
//! with all others when the member's patience is over.
//!
//! Left to others: who leads (`replica`), and when a member stops (`stop`).

use super::{Member, layers};
use crate::facts::Facts;
use api::Error;
use bytes::Bytes;
use http::{HeaderMap, Request};
use hyper::body::{Body, Frame};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::sleep;
use tonic::Status;

/// The methods whose answers have no end.
const ENDLESS: [&str; 4] = [
    "/etcdserverpb.Watch/Watch",
    "/etcdserverpb.Lease/LeaseKeepAlive",
    "/v3electionpb.Election/Observe",
    "/grpc.health.v1.Health/Watch",
];

/// What ends an answer, and why.
pub type End = Pin<Box<dyn Future<Output = Error> + Send>>;

/// What ends the answer to this request, if anything but itself does.
pub fn end<B>(member: &Arc<Member>, request: &Request<B>) -> Option<End> {
    let wants_leader = layers::wants_leader(request);
    if !wants_leader && !ENDLESS.contains(&request.uri().path()) {
        return None;
    }
    let (facts, patience) = (member.facts.clone(), 3 * member.election);
    let mut stops = member.stop.heard();
    Some(Box::pin(async move {
        tokio::select! {
            () = nobody_leads(&facts, patience), if wants_leader => Error::NoLeader,
            _ = stops.wait_for(|stops| *stops) => Error::Stopped,
        }
    }))
}

/// Waits until nobody has led for so long.
async fn nobody_leads(facts: &Facts, patience: Duration) {
    loop {
        let Some(left) = patience.checked_sub(facts.leading.get().lost()) else { return };
        // Not before then: there may be thousands who wait for this.
        sleep(left).await;
    }
}

/// An answer.
pub struct Ending {
    /// None once it has ended.
    body: Option<tonic::body::Body>,
    end: End,
}

impl Ending {
    /// One that ends at the latest then.
    pub fn new(body: tonic::body::Body, end: End) -> Ending {
        Ending { body: Some(body), end }
    }
}

impl Body for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        // First, or one that always has something to say would never end.
        let Poll::Ready(error) = this.end.as_mut().poll(context) else {
            return Pin::new(body).poll_frame(context);
        };
        // Whoever made the answer sees that nobody wants it any more.
        this.body = None;
        let mut trailers = HeaderMap::new();
        Status::from(error).add_header(&mut trailers)?;
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }
}
