//! # The whole of Raft

mod configuration;
mod interface;
mod membership;
mod message;
mod node;
mod payload;
mod reads;
mod shipping;
mod status;
mod transfer;

pub use configuration::{Configuration, Impossible, Members, Step};
pub use interface::{
    Batch, Dropped, Gap, Keep, Options, Reading, Refused, Snapshot, Stored, Ticket,
};
pub use message::Body;
pub use node::Node;
pub use payload::{Change, Data, Malformed, Payload, Written};
pub use status::{Follower, Sending, Status};
