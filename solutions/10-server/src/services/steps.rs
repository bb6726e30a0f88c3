//! A stream whose items are made one after the other.
//!
//! Owns [`Steps`]: an item is begun when the one before was taken, so at most one is under way. If
//! the client goes away, that one is dropped.
//!
//! Left to others: what an item is.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tonic::Status;
use tonic::codegen::tokio_stream::Stream;

/// What makes the items of a stream.
pub trait Source: Sized + Send + 'static {
    /// An item.
    type Item: Send;

    /// The next item, and the source as it is after it; no source if that is the last one. Nothing
    /// is the end, and so is an error.
    fn next(self) -> impl Future<Output = Next<Self>> + Send;
}

type Next<S> = Result<Option<(<S as Source>::Item, Option<S>)>, Status>;

/// The items of a source.
pub struct Steps<S: Source>(Option<Pin<Box<dyn Future<Output = Next<S>> + Send>>>);

impl<S: Source> Steps<S> {
    /// All of them.
    pub fn new(source: S) -> Steps<S> {
        Steps(Some(Box::pin(source.next())))
    }
}

impl<S: Source> Stream for Steps<S> {
    type Item = Result<S::Item, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(step) = &mut self.0 else { return Poll::Ready(None) };
        let next = ready!(step.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(match next {
            Ok(Some((item, rest))) => {
                self.0 = rest.map(|source| Box::pin(source.next()) as _);
                Some(Ok(item))
            }
            Ok(None) => None,
            Err(status) => Some(Err(status)),
        })
    }
}
