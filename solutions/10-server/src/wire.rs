//! What members write to each other, in bytes.
//!
//! Owns [`Letter`], and the frames in which letters travel: one after the other, in bincode. Who
//! has written a frame and for whom it is, the stream says that it comes by; so no letter can say
//! anything else. What a payload holds is copied once into a frame, and once out of it.
//!
//! A frame that is no frame is an error, and never more: what it claims of its own length is
//! bounded by the bytes that there are.
//!
//! Left to others: how frames get there (`peers`), and what the letters mean (`replica`).

pub use crate::proposal::Sender;
use api::Error;
use basics::{Index, Message, NodeId, Position, Term};
use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::de::{BorrowDecoder, Decode};
use bincode::error::DecodeError;
use bincode::{BorrowDecode, Encode};
use election::Round;
use raft::{Body, Data, Payload};
use replication::{Answer, Entry, Payload as _, Span};
use thiserror::Error;

/// No frame is longer. Entries are cut into spans long before.
pub const LONGEST: usize = 64 << 20;

/// No frame has more letters: one takes more memory than it takes bytes.
pub const MOST: usize = 1 << 15;

/// What one member has to say to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letter {
    /// Of the node.
    Raft(Message<Body>),
    /// A client of the sender's wants this in the log, and the receiver leads, as the sender hears.
    Forward(Data),
    /// The same, and it changes the members.
    Change(Data),
    /// What somebody at the receiver's has proposed will not be in the log, for this reason.
    Refused(Sender, Error),
}

/// These bytes are no frame.
#[derive(Debug, Error)]
#[error("a frame of another member's makes no sense: {0}")]
pub struct Malformed(String);

type Bincode = Configuration<LittleEndian, Varint, Limit<LONGEST>>;

fn bincode() -> Bincode {
    bincode::config::standard().with_limit::<LONGEST>()
}

#[derive(Encode, BorrowDecode)]
enum Record<'a> {
    Raft { term: u64, says: Says<'a> },
    Forward(&'a [u8]),
    Change(&'a [u8]),
    Refused { start: u64, runtime: u32, number: u64, error: &'a str },
}

#[derive(Clone, Copy, Encode, BorrowDecode)]
struct At {
    term: u64,
    index: u64,
}

#[derive(Encode, BorrowDecode)]
enum Says<'a> {
    Vote { is_poll: bool, last: At },
    Voted { is_poll: bool, granted: bool },
    Heartbeat,
    Heard,
    Append { prev: At, commit: u64, entries: Lines<'a> },
    Accepted { matched: u64 },
    Lacks { prev: At, hint: At },
    TakeOver,
    WishedVote { last: At },
    Confirm { round: u64 },
    Confirmed { round: u64 },
    Ask { number: u64 },
    Told { number: u64, index: u64 },
}

/// An entry.
#[derive(Encode, BorrowDecode)]
struct Line<'a> {
    term: u64,
    payload: Option<&'a [u8]>,
}

/// Entries. How many there are is only said: room for them is made as they come.
#[derive(Encode)]
struct Lines<'a>(Vec<Line<'a>>);

impl<'a, C> BorrowDecode<'a, C> for Lines<'a> {
    fn borrow_decode<D: BorrowDecoder<'a, Context = C>>(
        decoder: &mut D,
    ) -> Result<Lines<'a>, DecodeError> {
        let count = usize::try_from(u64::decode(decoder)?).unwrap_or(usize::MAX);
        decoder.claim_container_read::<Line<'_>>(count)?;
        let mut lines = Vec::new();
        for _ in 0..count {
            decoder.unclaim_bytes_read(size_of::<Line<'_>>());
            lines.push(Line::borrow_decode(decoder)?);
        }
        Ok(Lines(lines))
    }
}

impl Letter {
    /// About how many bytes it takes.
    pub fn size(&self) -> usize {
        const LITTLE: usize = 64;
        LITTLE
            + match self {
                Letter::Forward(data) | Letter::Change(data) => data.as_ref().len(),
                Letter::Raft(Message {
                    body: Body::Replication(replication::Body::Append { span, .. }),
                    ..
                }) => span.entries.iter().map(Entry::size).sum(),
                Letter::Raft(_) | Letter::Refused(..) => 0,
            }
    }

    /// Adds it to a frame.
    pub fn write(&self, frame: &mut Vec<u8>) {
        let record = match self {
            Letter::Raft(message) => {
                Record::Raft { term: message.term.0, says: Says::of(&message.body) }
            }
            Letter::Forward(data) => Record::Forward(data.as_ref()),
            Letter::Change(data) => Record::Change(data.as_ref()),
            Letter::Refused(sender, error) => {
                let Sender { start, runtime, number, .. } = *sender;
                Record::Refused { start, runtime, number, error: error.text() }
            }
        };
        bincode::encode_into_std_write(record, frame, bincode())
            .expect("memory takes everything, and what is proposed has its limit");
    }
}

/// Reads a frame that came from one member to another.
pub fn read(frame: &[u8], from: NodeId, to: NodeId) -> Result<Vec<Letter>, Malformed> {
    let (mut letters, mut rest) = (Vec::new(), frame);
    while !rest.is_empty() {
        if letters.len() == MOST {
            return Err(Malformed(format!("it has more than {MOST} letters")));
        }
        let read = bincode::borrow_decode_from_slice::<Record<'_>, _>(rest, bincode());
        let (record, length) = read.map_err(|error| Malformed(error.to_string()))?;
        rest = &rest[length..];
        letters.push(match record {
            Record::Raft { term, says } => {
                let body = says.body()?;
                Letter::Raft(Message { from, to, term: Term(term), body })
            }
            Record::Forward(data) => Letter::Forward(data.into()),
            Record::Change(data) => Letter::Change(data.into()),
            Record::Refused { start, runtime, number, error } => {
                let error = Error::from_text(error)
                    .ok_or_else(|| Malformed(format!("there is no error {error:?}")))?;
                Letter::Refused(Sender { member: to.0, start, runtime, number }, error)
            }
        });
    }
    Ok(letters)
}

impl Says<'_> {
    fn of(body: &Body) -> Says<'_> {
        use replication::Body as Log;
        let is_poll = |round: &Round| matches!(round, Round::PreVote);
        match body {
            Body::Replication(Log::Election(election)) => match election {
                election::Body::VoteRequest { round, last } => {
                    Says::Vote { is_poll: is_poll(round), last: At::of(*last) }
                }
                election::Body::VoteAnswer { round, granted } => {
                    Says::Voted { is_poll: is_poll(round), granted: *granted }
                }
                election::Body::Heartbeat => Says::Heartbeat,
                election::Body::HeartbeatAnswer => Says::Heard,
            },
            Body::Replication(Log::Append { span, commit }) => {
                let entries = Lines(span.entries.iter().map(Line::of).collect());
                Says::Append { prev: At::of(span.prev), commit: commit.0, entries }
            }
            Body::Replication(Log::Answer(Answer::Accepted { matched })) => {
                Says::Accepted { matched: matched.0 }
            }
            Body::Replication(Log::Answer(Answer::Refused { prev, hint })) => {
                Says::Lacks { prev: At::of(*prev), hint: At::of(*hint) }
            }
            Body::TakeOver => Says::TakeOver,
            Body::WishedVote { last } => Says::WishedVote { last: At::of(*last) },
            Body::Confirm { round } => Says::Confirm { round: *round },
            Body::Confirmed { round } => Says::Confirmed { round: *round },
            Body::Ask { number } => Says::Ask { number: *number },
            Body::Told { number, index } => Says::Told { number: *number, index: index.0 },
        }
    }

    fn body(self) -> Result<Body, Malformed> {
        use replication::Body as Log;
        let round = |is_poll| if is_poll { Round::PreVote } else { Round::Vote };
        Ok(match self {
            Says::Vote { is_poll, last } => {
                let (round, last) = (round(is_poll), last.position());
                Body::Replication(Log::Election(election::Body::VoteRequest { round, last }))
            }
            Says::Voted { is_poll, granted } => {
                let round = round(is_poll);
                Body::Replication(Log::Election(election::Body::VoteAnswer { round, granted }))
            }
            Says::Heartbeat => Body::Replication(Log::Election(election::Body::Heartbeat)),
            Says::Heard => Body::Replication(Log::Election(election::Body::HeartbeatAnswer)),
            Says::Append { prev, commit, entries: Lines(entries) } => {
                let entries =
                    entries.into_iter().map(Line::entry).collect::<Result<Vec<_>, _>>()?;
                let span = Span { prev: prev.position(), entries };
                Body::Replication(Log::Append { span, commit: Index(commit) })
            }
            Says::Accepted { matched } => {
                Body::Replication(Log::Answer(Answer::Accepted { matched: Index(matched) }))
            }
            Says::Lacks { prev, hint } => {
                let (prev, hint) = (prev.position(), hint.position());
                Body::Replication(Log::Answer(Answer::Refused { prev, hint }))
            }
            Says::TakeOver => Body::TakeOver,
            Says::WishedVote { last } => Body::WishedVote { last: last.position() },
            Says::Confirm { round } => Body::Confirm { round },
            Says::Confirmed { round } => Body::Confirmed { round },
            Says::Ask { number } => Body::Ask { number },
            Says::Told { number, index } => Body::Told { number, index: Index(index) },
        })
    }
}

impl Line<'_> {
    fn of(entry: &Entry<Payload>) -> Line<'_> {
        Line { term: entry.term.0, payload: entry.payload.as_ref().map(Payload::bytes) }
    }

    fn entry(self) -> Result<Entry<Payload>, Malformed> {
        let payload = self.payload.map(Payload::try_from).transpose();
        let payload = payload.map_err(|error| Malformed(error.to_string()))?;
        Ok(Entry { term: Term(self.term), payload })
    }
}

impl At {
    fn of(position: Position) -> At {
        At { term: position.term.0, index: position.index.0 }
    }

    fn position(self) -> Position {
        Position { term: Term(self.term), index: Index(self.index) }
    }
}
