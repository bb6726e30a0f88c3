//! What the log carries: data of somebody above, or a change of the members.
//!
//! Owns [`Payload`], and the bytes of it. They are made once, by whoever proposes, and shared by
//! the log, the saves and the appends. A payload is one counted pointer, whatever it is: a node
//! copies it eight times on its way. The first byte says which of the two it is.
//!
//! | first byte | then |
//! |---|---|
//! | 0 | data, which nobody looks at here |
//! | 1 | a change: how many steps (1 byte), each step (1 byte what, 8 bytes who), the context |
//! | 2 | the end of a joint configuration; nothing follows |
//!
//! Numbers have their lowest byte first.
//!
//! Left to others: how an entry lies on a disk and travels, with its term (chapter 3 and the
//! server).

use crate::configuration::Step;
use basics::NodeId;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;

const DATA: u8 = 0;
const ENTER: u8 = 1;
const LEAVE: u8 = 2;

const VOTER: u8 = 0;
const LEARNER: u8 = 1;
const REMOVE: u8 = 2;

/// What an entry of the log holds.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Payload {
    /// Somebody above proposed it, and its meaning is theirs.
    Data(Data),
    /// The members change.
    Change(Written),
}

/// Data, with its place in the log's bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Data(Arc<Bytes>);

/// A change, and the bytes of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Written(Arc<(Change, Bytes)>);

/// A change of the members.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// These steps, one after the other.
    Enter {
        /// What becomes of whom; at most 255.
        steps: Vec<Step>,
        /// What the layer above wants to know of it when it is applied.
        context: Bytes,
    },
    /// Both halves have agreed: the change is complete.
    Leave,
}

/// Bytes that are no payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Malformed;

impl Data {
    /// The data that `write` writes. So it can be encoded right where it is to stay.
    pub fn write(write: impl FnOnce(&mut Vec<u8>)) -> Data {
        Data::write_sized(0, write)
    }

    /// The same for whoever knows how long it will be: its place has the right size at once.
    pub fn write_sized(length: usize, write: impl FnOnce(&mut Vec<u8>)) -> Data {
        let mut bytes = Vec::with_capacity(1 + length);
        bytes.push(DATA);
        write(&mut bytes);
        assert!(bytes.first() == Some(&DATA), "whoever writes adds to what is there");
        Data(Arc::new(bytes.into()))
    }

    /// What was written, without a copy.
    pub fn bytes(&self) -> Bytes {
        self.0.slice(1..)
    }
}

impl AsRef<[u8]> for Data {
    /// What was written, for whoever only reads it.
    fn as_ref(&self) -> &[u8] {
        &self.0[1..]
    }
}

impl Written {
    /// The change.
    pub fn change(&self) -> &Change {
        &self.0.0
    }
}

impl From<Change> for Payload {
    /// It panics if the change has more steps than there can be.
    fn from(change: Change) -> Payload {
        let mut bytes = Vec::new();
        match &change {
            Change::Leave => bytes.push(LEAVE),
            Change::Enter { steps, context } => {
                let count = u8::try_from(steps.len()).expect("no more steps than a change holds");
                bytes.extend([ENTER, count]);
                for step in steps {
                    let (kind, node) = match step {
                        Step::Voter(node) => (VOTER, node),
                        Step::Learner(node) => (LEARNER, node),
                        Step::Remove(node) => (REMOVE, node),
                    };
                    bytes.push(kind);
                    bytes.extend(node.0.to_le_bytes());
                }
                bytes.extend(context);
            }
        }
        Payload::Change(Written(Arc::new((change, bytes.into()))))
    }
}

impl TryFrom<Bytes> for Payload {
    type Error = Malformed;

    /// The payload of these bytes, from a disk or from another node.
    fn try_from(bytes: Bytes) -> Result<Payload, Malformed> {
        let change = match bytes.first() {
            Some(&DATA) => return Ok(Payload::Data(Data(Arc::new(bytes)))),
            Some(&ENTER) => enter(&bytes).ok_or(Malformed)?,
            Some(&LEAVE) if bytes.len() == 1 => Change::Leave,
            Some(_) | None => return Err(Malformed),
        };
        Ok(Payload::Change(Written(Arc::new((change, bytes)))))
    }
}

fn enter(bytes: &Bytes) -> Option<Change> {
    let count = usize::from(*bytes.get(1)?);
    let end = 2 + 9 * count;
    let steps = bytes.get(2..end)?.chunks_exact(9).map(|step| {
        let (kind, node) = step.split_first()?;
        let node = NodeId(u64::from_le_bytes(node.try_into().ok()?));
        match *kind {
            VOTER => Some(Step::Voter(node)),
            LEARNER => Some(Step::Learner(node)),
            REMOVE => Some(Step::Remove(node)),
            _ => None,
        }
    });
    let steps = steps.collect::<Option<Vec<Step>>>()?;
    Some(Change::Enter { steps, context: bytes.slice(end..) })
}

impl replication::Payload for Payload {
    fn bytes(&self) -> &[u8] {
        match self {
            Payload::Data(Data(bytes)) => bytes,
            Payload::Change(Written(written)) => &written.1,
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Payload::Data(data) => data.fmt(f),
            Payload::Change(written) => written.fmt(f),
        }
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data({:?})", self.bytes())
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.change().fmt(f)
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these bytes are no payload of an entry")
    }
}

impl std::error::Error for Malformed {}
