//! What the entries of these tests carry.

use bytes::Bytes;
use replication::Payload;

/// Bytes that do not begin with a zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op(Bytes);

impl Op {
    /// So many bytes, none of them zero, that differ from others' by this number.
    pub fn new(number: u64, length: usize) -> Op {
        let byte = |at: usize| 1 + u8::try_from((number + at as u64) % 255).expect("below 255");
        Op((0..length).map(byte).collect::<Vec<u8>>().into())
    }
}

impl Payload for Op {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// These bytes are no [`Op`].
#[derive(Debug)]
pub struct NoOp;

impl TryFrom<&[u8]> for Op {
    type Error = NoOp;

    fn try_from(bytes: &[u8]) -> Result<Op, NoOp> {
        if bytes.first() == Some(&0) { Err(NoOp) } else { Ok(Op(Bytes::copy_from_slice(bytes))) }
    }
}
