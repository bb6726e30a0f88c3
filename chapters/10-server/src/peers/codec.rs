//! Small things in gRPC, beside frames of letters.
//!
//! Owns what members ask each other and answer, in bincode, and how long a message may be.

use crate::links::{Question, Reply};
use crate::wire::LONGEST;
use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bytes::Bytes;
use tonic::Status;

/// As long as one may be: a frame, and a little.
pub const MOST: usize = LONGEST + (1 << 20);

/// What is said beside the frames is small.
const SMALL: usize = 1 << 16;

type Bincode = Configuration<LittleEndian, Varint, Limit<SMALL>>;

fn bincode() -> Bincode {
    bincode::config::standard().with_limit::<SMALL>()
}

/// What one member asks another, and what it is told.
pub trait Small: bincode::Encode + bincode::Decode<()> {}
impl Small for Question {}
impl Small for Reply {}

/// In bytes.
pub fn packed(small: impl Small) -> Bytes {
    bincode::encode_to_vec(small, bincode()).expect("it is small").into()
}

/// Of bytes.
pub fn unpacked<T: Small>(bytes: &[u8]) -> Result<T, Status> {
    let read = bincode::decode_from_slice(bytes, bincode());
    let read = read.map_err(|error| Status::invalid_argument(error.to_string()))?;
    Ok(read.0)
}
