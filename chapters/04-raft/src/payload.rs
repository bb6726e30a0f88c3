//! What the log carries: data of somebody above, or a change of the members.
//!
//! Owns [`Payload`], and the bytes of it. They are made once, by whoever proposes, and shared by
//! the log, the saves and the appends: a node hands a payload on eight times, and counts instead of
//! copying. Data lies beside its counter, so whoever counts has it at hand, and its length beside
//! the pointer, so limits need not look at it. The first byte says which of the two it is.
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
pub struct Data(Arc<[u8]>);

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
    /// Data of so many bytes, which are zero until `write` has written them. So it can be encoded
    /// right where it is to stay.
    pub fn write(length: usize, write: impl FnOnce(&mut [u8])) -> Data {
        let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, 1 + length).collect();
        let (first, rest) = Arc::get_mut(&mut bytes)
            .and_then(<[u8]>::split_first_mut)
            .expect("it is not shared yet, and not empty");
        *first = DATA;
        write(rest);
        Data(bytes)
    }

    /// What was written, without a copy, for whoever keeps it.
    pub fn bytes(&self) -> Bytes {
        Bytes::from_owner(self.clone())
    }
}

impl From<&[u8]> for Data {
    /// A copy.
    fn from(bytes: &[u8]) -> Data {
        Data::write(bytes.len(), |place| place.copy_from_slice(bytes))
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

impl TryFrom<&[u8]> for Payload {
    type Error = Malformed;

    /// The payload of these bytes, from a disk or from another node. It is a copy: an entry must
    /// not keep all that it came with in memory.
    fn try_from(bytes: &[u8]) -> Result<Payload, Malformed> {
        let change = match bytes {
            [DATA, ..] => return Ok(Payload::Data(Data(bytes.into()))),
            [ENTER, count, rest @ ..] => enter(usize::from(*count), rest).ok_or(Malformed)?,
            [LEAVE] => Change::Leave,
            _ => return Err(Malformed),
        };
        Ok(Payload::Change(Written(Arc::new((change, Bytes::copy_from_slice(bytes))))))
    }
}

/// A change of so many steps.
fn enter(count: usize, bytes: &[u8]) -> Option<Change> {
    let (steps, context) = bytes.split_at_checked(9 * count)?;
    let steps = steps.chunks_exact(9).map(|step| {
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
    Some(Change::Enter { steps, context: Bytes::copy_from_slice(context) })
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
