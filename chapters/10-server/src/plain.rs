//! Messages of gRPC that stay as they travel.
//!
//! Owns [`Plain`], by which tonic carries bytes as they are: those that the gateway has written
//! itself, and what members write to each other.

use bytes::{Buf, BufMut, Bytes};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// A message is bytes, and nothing else.
#[derive(Clone, Copy)]
pub struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Plain;
    type Decoder = Plain;

    fn encoder(&mut self) -> Plain {
        Plain
    }

    fn decoder(&mut self) -> Plain {
        Plain
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, place: &mut EncodeBuf<'_>) -> Result<(), Status> {
        place.put(message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, place: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(place.copy_to_bytes(place.remaining())))
    }
}
