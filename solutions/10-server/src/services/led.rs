//! Streams that somebody wants to be cut off from a cluster that nobody leads.
//!
//! Owns [`Led`], an answer that ends with an error when nobody has led for a while: its client has
//! other members to ask, and would wait here for what does not happen.
//!
//! Left to others: who wants that (`layers`), and who leads (`replica`).

use crate::facts::Facts;
use api::Error;
use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body, Frame};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tonic::Status;

/// An answer.
pub struct Led {
    /// None once it has ended.
    body: Option<tonic::body::Body>,
    facts: Arc<Facts>,
    /// So long there may be no leader.
    patience: Duration,
    looks: Interval,
}

impl Led {
    /// One that ends if nobody has led for so long.
    pub fn new(body: tonic::body::Body, facts: Arc<Facts>, patience: Duration) -> Led {
        let mut looks = interval((patience / 6).max(Duration::from_millis(1)));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Led { body: Some(body), facts, patience, looks }
    }
}

impl Body for Led {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        loop {
            ready!(self.looks.poll_tick(context));
            if self.facts.leading.get().is_lost_for(self.patience) {
                // Whoever made the answer sees that nobody wants it any more.
                self.body = None;
                let mut trailers = HeaderMap::new();
                Status::from(Error::NoLeader).add_header(&mut trailers)?;
                return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }
}
