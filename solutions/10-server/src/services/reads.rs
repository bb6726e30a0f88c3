//! Reading the state, without holding up a runtime.
//!
//! Owns the way from a request that only reads to its answer. What is short is read at once, by the
//! thread that serves the request; what is not goes to `blocking`. Which of the two it is, nobody
//! knows before: so the runtime begins, and gives up when it has looked at too much.
//!
//! Left to others: whether the request can be, and how old the answer may be.

use super::steps::Source;
use super::{Member, Signed};
use crate::disk::File;
use api::request_op::Request as Operation;
use api::{Compare, RangeRequest, RangeResponse, RangeStreamResponse, TxnRequest, TxnResponse};
use mvcc::Most;
use std::sync::Arc;
use tonic::Status;

/// A runtime looks at no more than that for a range.
const SHORT: Most = Most { keys: 1_000, bytes: 1 << 20 };

/// Nor for a transaction at more than so many keys.
const FEW: usize = 16;

impl Member {
    /// The pairs of a range, as the state is now.
    pub async fn range(&self, request: RangeRequest) -> Result<RangeResponse, Status> {
        let view = self.reader.view();
        let response = match view.short_range(&request, SHORT).map_err(refused)? {
            Some(response) => response,
            None => {
                // It would keep the state of that time from being forgotten, for as long as it
                // waits for its turn.
                drop(view);
                let reader = self.reader.clone();
                let read = self.blocking.run(move || reader.view().range(&request));
                read.await.map_err(refused)?
            }
        };
        Ok(response.signed(self))
    }

    /// The answer to a transaction that does nothing but read, and has no other in it.
    pub async fn read_txn(&self, request: TxnRequest) -> Result<TxnResponse, Status> {
        let response = if is_short(&request) {
            self.reader.view().txn(&request)
        } else {
            let reader = self.reader.clone();
            self.blocking.run(move || reader.view().txn(&request)).await
        };
        let response = response.map_err(refused)?;
        Ok(response.expect("it does nothing but read").signed(self))
    }
}

/// The pieces of a range. Each is read in `blocking`, since nobody knows how long it gets.
pub struct Pieces {
    member: Arc<Member>,
    pieces: mvcc::Pieces<File>,
}

impl Pieces {
    /// Those of this range, as the state is now.
    pub async fn new(member: Arc<Member>, request: RangeRequest) -> Result<Pieces, Status> {
        let (reader, bytes) = (member.reader.clone(), member.max_request_bytes);
        // It counts all keys.
        let work = move || mvcc::Pieces::new(reader.view(), &request, bytes);
        let pieces = member.blocking.run(work).await.map_err(refused)?;
        Ok(Pieces { member, pieces })
    }
}

impl Source for Pieces {
    type Item = RangeStreamResponse;

    async fn next(self) -> Result<Option<(RangeStreamResponse, Option<Pieces>)>, Status> {
        let Pieces { member, mut pieces } = self;
        let work = move || (pieces.next(), pieces);
        let (piece, pieces) = member.blocking.run(work).await;
        let mut piece = piece.expect("the last one says that it is").map_err(refused)?;
        let is_last = piece.header.is_some();
        if is_last {
            piece = piece.signed(&member);
        }
        let rest = (!is_last).then_some(Pieces { member, pieces });
        Ok(Some((RangeStreamResponse { range_response: Some(piece) }, rest)))
    }
}

/// Is it about a few single keys?
fn is_short(request: &TxnRequest) -> bool {
    let TxnRequest { compare, success, failure } = request;
    let is_one = |compare: &Compare| compare.range_end.is_empty();
    compare.len() + success.len().max(failure.len()) <= FEW
        && compare.iter().all(is_one)
        && success.iter().chain(failure).all(|operation| match &operation.request {
            Some(Operation::RequestRange(range)) => range.range_end.is_empty(),
            Some(
                Operation::RequestPut(_)
                | Operation::RequestDeleteRange(_)
                | Operation::RequestTxn(_),
            )
            | None => false,
        })
}

/// What a client is told of an error.
pub fn refused(error: mvcc::Error) -> Status {
    match error {
        mvcc::Error::Refused(error) => error.into(),
        broken => Status::internal(broken.to_string()),
    }
}
