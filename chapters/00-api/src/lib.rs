//! # etcd's messages and errors
//!
//! What a client of etcd 3.7 and a member say to each other, as types; and what a member stores in
//! that same form. A client that was written for etcd knows nothing of us but this: numbers of
//! fields, names of services, texts of errors. So nothing here is ours to design. It is given, and
//! tests compare it with what etcd has.
//!
//! ## Messages
//!
//! They are written down in `proto/`, one file for each service of etcd, and the build makes Rust
//! of them. There is a module for each package; and since no two of them share a name, all but
//! [`health`] are here without it: [`RangeRequest`], [`KeyValue`], [`Permission`]. What belongs to
//! a message, its enums and its choices, is in a module of the message's name:
//! [`range_request::SortOrder`], [`request_op::Request`].
//!
//! Three things are worth knowing.
//!
//! - **Bytes are shared.** Keys and values are [`Bytes`](prost::bytes::Bytes). A message that is
//!   decoded from `Bytes` copies none: its keys and values are pieces of the buffer it came in, and
//!   keep all of it alive for as long as one of them is kept.
//! - **There is one way to write a message.** Fields are encoded in the order of their numbers, and
//!   none that has its default value. Members compare hashes of stored rows, so two of them must
//!   not write one pair in two ways.
//! - **Zero means absent** in most fields, and an enum is a number that may be none of its names.
//!   A layer turns both into types of its own as soon as a request comes in.
//!
//! ## What messages speak of
//!
//! Three notions of theirs are types here, because every layer above has them: [`Revision`],
//! [`LeaseId`] and [`Keys`], a range of keys.
//!
//! ## Errors
//!
//! [`Error`] is the catalogue of what can go wrong in a client's eyes, with gRPC's [`Code`]. etcd's
//! own client knows an error by its text, so these texts are exact.
//!
//! ## Features
//!
//! What most layers do not need is not built for them. `services` adds gRPC's clients and servers,
//! `kv_client::KvClient`, `kv_server::KvServer` and so on, and the way from an error to a status.
//! `json` adds `Json`, the form in which the gateway reads and writes messages, and `Method`, which
//! does so for a message whose kind is known by name only.
//!
//! ## Left out on purpose
//!
//! The messages that etcd's members send each other and write into their log: ours have a log of
//! their own. The paths of the gateway, which are the server's. When which error is due, which is
//! the rule of each layer. And one limit is ours alone: the decoder goes 100 messages deep, so a
//! transaction that is nested deeper than 50 is refused, where etcd's limit on operations may still
//! let it pass.

mod code;
mod errors;
#[cfg(feature = "json")]
mod json;
mod keys;
mod numbers;
mod packages;
#[cfg(feature = "services")]
mod status;

pub use authpb::*;
pub use code::Code;
pub use errors::Error;
pub use etcdserverpb::*;
#[cfg(feature = "json")]
pub use json::{Json, Method};
pub use keys::Keys;
pub use leasepb::*;
pub use mvccpb::*;
pub use numbers::{LeaseId, Revision};
pub use packages::{authpb, etcdserverpb, health, leasepb, mvccpb, v3electionpb, v3lockpb};
pub use v3electionpb::*;
pub use v3lockpb::*;
