//! What an entry of the log carries: a client's wish, and where its answer is waited for.
//!
//! Owns [`Proposal`], [`Wish`] and [`Answer`], and [`Asked`], which says for each request what its
//! wish and its answer are called. A proposal is written once, into the bytes that log, peers and
//! state share; keys and values that are read from it are parts of those.
//!
//! Invariant: what carrying out a wish does depends on the wish and the state alone. Whatever could
//! differ between members, a clock or a size, whoever proposes puts into the wish.

use api::{
    AlarmRequest, AlarmResponse, CompactionRequest, CompactionResponse, DeleteRangeRequest,
    DeleteRangeResponse, Error, LeaseGrantRequest, LeaseGrantResponse, LeaseRevokeRequest,
    LeaseRevokeResponse, PutRequest, PutResponse, TxnRequest, TxnResponse,
};
use auth::AuthRevision;
use bytes::Bytes;
use prost::Message;
use raft::Data;

mod by;
mod members;
mod users;

pub use by::By;
pub use members::{
    AddMember, PromoteMember, Publish, RemoveMember, SetDowngrade, SetVersion, UpdateMember,
};
pub use users::{LoggedIn, UserWish};

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
    #[prost(oneof = "Wish", tags = "2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19")]
    pub wish: Option<Wish>,
    /// In whose name; nobody's, while nobody has a name.
    #[prost(message, optional, tag = "10")]
    pub by: Option<By>,
}

impl Proposal {
    /// Does it change by whom the cluster decides?
    pub fn is_change(&self) -> bool {
        let change = |wish: &Wish| {
            matches!(wish, Wish::AddMember(_) | Wish::PromoteMember(_) | Wish::RemoveMember(_))
        };
        self.wish.as_ref().is_some_and(change)
    }
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
    /// There is to be a lease. Its number is chosen.
    #[prost(message, tag = "6")]
    LeaseGrant(LeaseGrantRequest),
    /// A lease ends, with its keys.
    #[prost(message, tag = "7")]
    LeaseRevoke(LeaseRevokeRequest),
    /// A primary has found that the time of a lease is over.
    #[prost(message, tag = "8")]
    LeaseIsOver(LeaseIsOver),
    /// A primary writes down what is left of leases, or takes it back.
    #[prost(message, tag = "9")]
    LeaseRests(LeaseRests),
    /// Users and roles change, or are asked for.
    #[prost(message, tag = "11")]
    Users(UserWish),
    /// An alarm is raised or cleared, or all are asked for.
    #[prost(message, tag = "12")]
    Alarm(AlarmRequest),
    /// A member comes.
    #[prost(message, tag = "13")]
    AddMember(AddMember),
    /// A learner gets a vote.
    #[prost(message, tag = "14")]
    PromoteMember(PromoteMember),
    /// A member goes.
    #[prost(message, tag = "15")]
    RemoveMember(RemoveMember),
    /// A member is found elsewhere.
    #[prost(message, tag = "16")]
    UpdateMember(UpdateMember),
    /// A member has started.
    #[prost(message, tag = "17")]
    Publish(Publish),
    /// All members speak a version.
    #[prost(message, tag = "18")]
    SetVersion(SetVersion),
    /// The cluster is to go back to an earlier one.
    #[prost(message, tag = "19")]
    SetDowngrade(SetDowngrade),
}

/// The time of a lease is over, for the primary of this reign.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct LeaseIsOver {
    /// The reign.
    #[prost(uint64, tag = "1")]
    pub reign: u64,
    /// The lease.
    #[prost(int64, tag = "2")]
    pub lease: i64,
}

/// What is left of leases, for the primary of this reign.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct LeaseRests {
    /// The reign.
    #[prost(uint64, tag = "1")]
    pub reign: u64,
    /// The leases.
    #[prost(message, repeated, tag = "2")]
    pub rests: Vec<LeaseRest>,
}

/// What is left of a lease.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct LeaseRest {
    /// The lease.
    #[prost(int64, tag = "1")]
    pub lease: i64,
    /// So many seconds; 0 if it is taken back.
    #[prost(int64, tag = "2")]
    pub seconds: i64,
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
    /// To [`Wish::LeaseGrant`].
    LeaseGrant(LeaseGrantResponse),
    /// To [`Wish::LeaseRevoke`], and to [`Wish::LeaseIsOver`].
    LeaseRevoke(LeaseRevokeResponse),
    /// To [`Wish::Users`], and users and roles as they are then.
    Users((auth::Response, AuthRevision)),
    /// To [`Wish::Alarm`].
    Alarm(AlarmResponse),
    /// To each that changes members: those there are then.
    Members(Vec<api::Member>),
    /// To [`Wish::LeaseRests`], and to what else a member wishes without asking for anything.
    Done(()),
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
    ($($name:ident: $request:ty => $answer:ident: $response:ty;)*) => { $(
        impl Asked for $request {
            type Response = $response;

            fn wish(self) -> Wish {
                Wish::$name(self)
            }

            fn answer(answer: Answer) -> Option<$response> {
                if let Answer::$answer(response) = answer { Some(response) } else { None }
            }
        }
    )* };
}

asked! {
    Put: PutRequest => Put: PutResponse;
    DeleteRange: DeleteRangeRequest => DeleteRange: DeleteRangeResponse;
    Txn: TxnRequest => Txn: TxnResponse;
    Compact: CompactionRequest => Compact: CompactionResponse;
    LeaseGrant: LeaseGrantRequest => LeaseGrant: LeaseGrantResponse;
    LeaseRevoke: LeaseRevokeRequest => LeaseRevoke: LeaseRevokeResponse;
    LeaseRests: LeaseRests => Done: ();
    Users: UserWish => Users: (auth::Response, AuthRevision);
    Alarm: AlarmRequest => Alarm: AlarmResponse;
    AddMember: AddMember => Members: Vec<api::Member>;
    PromoteMember: PromoteMember => Members: Vec<api::Member>;
    RemoveMember: RemoveMember => Members: Vec<api::Member>;
    UpdateMember: UpdateMember => Members: Vec<api::Member>;
    Publish: Publish => Done: ();
    SetVersion: SetVersion => Done: ();
    SetDowngrade: SetDowngrade => Done: ();
}

impl Proposal {
    /// What somebody wishes, and where that somebody waits.
    pub fn new(sender: Option<Sender>, by: &auth::Asker, wish: Wish) -> Proposal {
        Proposal { sender, wish: Some(wish), by: By::of(by) }
    }

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
