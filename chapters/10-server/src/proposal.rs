//! What an entry of the log carries: a client's wish, and where its answer is waited for.
//!
//! Owns [`Proposal`], [`Wish`] and [`Answer`], and [`Asked`], which says for each request what its
//! wish and its answer are called. A proposal is written once, into the bytes that log, peers and
//! state share; keys and values that are read from it are parts of those.
//!
//! Invariant: what carrying out a wish does depends on the wish and the state alone. Whatever could
//! differ between members, a clock or a size, whoever proposes puts into the wish.

use api::{
    CompactionRequest, CompactionResponse, DeleteRangeRequest, DeleteRangeResponse, Error,
    PutRequest, PutResponse, TxnRequest, TxnResponse,
};
use bytes::Bytes;
use prost::Message;
use raft::Data;

/// Who waits for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Sender {
    /// The member.
    #[prost(fixed64, tag = "1")]
    pub member: u64,
    /// Which start of it: whoever waited before is gone.
    #[prost(fixed64, tag = "2")]
    pub start: u64,
    /// Which of its runtimes.
    #[prost(uint32, tag = "3")]
    pub runtime: u32,
    /// Which request of that.
    #[prost(uint64, tag = "4")]
    pub number: u64,
}

/// An entry's content.
#[derive(Clone, PartialEq, Message)]
pub struct Proposal {
    /// Who waits for the answer; nobody, if the member itself proposes.
    #[prost(message, optional, tag = "1")]
    pub sender: Option<Sender>,
    /// What is to be done.
    #[prost(oneof = "Wish", tags = "2, 3, 4, 5")]
    pub wish: Option<Wish>,
}

/// What is to be done.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Wish {
    /// A key gets a value.
    #[prost(message, tag = "2")]
    Put(PutRequest),
    /// Keys go.
    #[prost(message, tag = "3")]
    DeleteRange(DeleteRangeRequest),
    /// Several things at once.
    #[prost(message, tag = "4")]
    Txn(TxnRequest),
    /// The past goes.
    #[prost(message, tag = "5")]
    Compact(CompactionRequest),
}

/// What has become of a wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To [`Wish::Put`].
    Put(PutResponse),
    /// To [`Wish::DeleteRange`].
    DeleteRange(DeleteRangeResponse),
    /// To [`Wish::Txn`].
    Txn(TxnResponse),
    /// To [`Wish::Compact`].
    Compact(CompactionResponse),
}

/// What somebody who waits is told.
pub type Outcome = Result<Answer, Error>;

/// A request that becomes a proposal.
pub trait Asked {
    /// What answers it.
    type Response;

    /// The wish.
    fn wish(self) -> Wish;

    /// The answer to it; none if it is one to another request.
    fn answer(answer: Answer) -> Option<Self::Response>;
}

macro_rules! asked {
    ($($name:ident: $request:ty => $response:ty;)*) => { $(
        impl Asked for $request {
            type Response = $response;

            fn wish(self) -> Wish {
                Wish::$name(self)
            }

            fn answer(answer: Answer) -> Option<$response> {
                if let Answer::$name(response) = answer { Some(response) } else { None }
            }
        }
    )* };
}

asked! {
    Put: PutRequest => PutResponse;
    DeleteRange: DeleteRangeRequest => DeleteRangeResponse;
    Txn: TxnRequest => TxnResponse;
    Compact: CompactionRequest => CompactionResponse;
}

impl Proposal {
    /// The proposal as the log's data.
    pub fn write(&self) -> Data {
        Data::write(self.encoded_len(), |mut place| {
            self.encode(&mut place).expect("it is as long as it said");
        })
    }

    /// The proposal in an entry's data. Bytes in it are parts of the data.
    pub fn read(data: Bytes) -> Result<Proposal, prost::DecodeError> {
        Proposal::decode(data)
    }
}
