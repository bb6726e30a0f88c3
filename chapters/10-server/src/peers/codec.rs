//! Bytes in gRPC.
//!
//! Owns [`Frames`], by which tonic carries bytes as they are, and small things in bincode.

use crate::links::{Question, Reply};
use crate::wire::LONGEST;
use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bytes::{Buf, BufMut, Bytes};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// A message is bytes, and nothing else.
#[derive(Clone, Copy)]
pub struct Frames;

/// As long as one may be: a frame, and a little.
pub const MOST: usize = LONGEST + (1 << 20);

impl Codec for Frames {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Frames;
    type Decoder = Frames;

    fn encoder(&mut self) -> Frames {
        Frames
    }

    fn decoder(&mut self) -> Frames {
        Frames
    }
}

impl Encoder for Frames {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, bytes: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(bytes);
        Ok(())
    }
}

impl Decoder for Frames {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

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
