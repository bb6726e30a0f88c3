//! What members write to each other, in bytes; and bytes that are nothing of the kind.

use crate::client::Client;
use crate::cluster::{Plan, put, status, stop};
use basics::{Index, Message, NodeId, Position, Term};
use bytes::{Buf, BufMut, Bytes};
use harness::{Draws, check};
use raft::{Body, Change, Data, Payload, Step};
use replication::{Answer, Entry, Span};
use rustix::process::{Resource, Rlimit, setrlimit};
use server::wire::{LONGEST, Letter, MOST, Sender, read};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::tokio_stream;
use tonic::{Code, Status};

/// Between whom the letters are.
const FROM: NodeId = NodeId(3);
const TO: NodeId = NodeId(u64::MAX - 7);

/// How many kinds of letters there are.
const KINDS: usize = 16;

/// Which kind it is. A new one is not forgotten: this does not compile then.
fn kind(letter: &Letter) -> usize {
    use replication::Body as Log;
    match letter {
        Letter::Forward(_) => 0,
        Letter::Change(_) => 1,
        Letter::Refused(..) => 2,
        Letter::Raft(message) => match &message.body {
            Body::Replication(Log::Election(election)) => match election {
                election::Body::VoteRequest { .. } => 3,
                election::Body::VoteAnswer { .. } => 4,
                election::Body::Heartbeat => 5,
                election::Body::HeartbeatAnswer => 6,
            },
            Body::Replication(Log::Append { .. }) => 7,
            Body::Replication(Log::Answer(Answer::Accepted { .. })) => 8,
            Body::Replication(Log::Answer(Answer::Refused { .. })) => 9,
            Body::TakeOver => 10,
            Body::WishedVote { .. } => 11,
            Body::Confirm { .. } => 12,
            Body::Confirmed { .. } => 13,
            Body::Ask { .. } => 14,
            Body::Told { .. } => 15,
        },
    }
}

/// A number of any length, and often one at which the length changes.
fn number(draws: &mut Draws) -> u64 {
    const EDGES: [u64; 9] =
        [0, 1, 250, 251, 1 << 16, u32::MAX as u64, 1 << 32, u64::MAX - 1, u64::MAX];
    match draws.chance(50) {
        true => EDGES[draws.index(EDGES.len())],
        false => draws.next() >> draws.below(64),
    }
}

fn position(draws: &mut Draws) -> Position {
    Position { term: Term(number(draws)), index: Index(number(draws)) }
}

fn some_bytes(draws: &mut Draws) -> Vec<u8> {
    let most = if draws.chance(10) { 100_000 } else { 300 };
    (0..draws.below(most)).map(|_| draws.next() as u8).collect()
}

fn data(draws: &mut Draws) -> Data {
    some_bytes(draws)[..].into()
}

fn entry(draws: &mut Draws) -> Entry<Payload> {
    let steps = |draws: &mut Draws| {
        let node = NodeId(number(draws));
        [Step::Voter(node), Step::Learner(node), Step::Remove(node)][draws.index(3)]
    };
    let payload = match draws.below(4) {
        0 => None,
        1 => Some(Change::Leave.into()),
        2 => {
            let steps = (0..draws.below(4)).map(|_| steps(draws)).collect();
            Some(Change::Enter { steps, context: some_bytes(draws).into() }.into())
        }
        _ => Some(Payload::Data(data(draws))),
    };
    Entry { term: Term(number(draws)), payload }
}

/// A letter of any kind.
fn letter(draws: &mut Draws) -> Letter {
    use replication::Body as Log;
    let log = Body::Replication;
    let round = [election::Round::PreVote, election::Round::Vote][draws.index(2)];
    let body = match draws.index(KINDS) {
        0 => return Letter::Forward(data(draws)),
        1 => return Letter::Change(data(draws)),
        2 => {
            let (start, runtime) = (number(draws), number(draws) as u32);
            let sender = Sender { member: TO.0, start, runtime, number: number(draws) };
            return Letter::Refused(sender, api::Error::ALL[draws.index(api::Error::ALL.len())]);
        }
        3 => log(Log::Election(election::Body::VoteRequest { round, last: position(draws) })),
        4 => {
            let granted = draws.chance(50);
            log(Log::Election(election::Body::VoteAnswer { round, granted }))
        }
        5 => log(Log::Election(election::Body::Heartbeat)),
        6 => log(Log::Election(election::Body::HeartbeatAnswer)),
        7 => {
            let entries = (0..draws.below(20)).map(|_| entry(draws)).collect();
            let span = Span { prev: position(draws), entries };
            log(Log::Append { span, commit: Index(number(draws)) })
        }
        8 => log(Log::Answer(Answer::Accepted { matched: Index(number(draws)) })),
        9 => {
            let (prev, hint) = (position(draws), position(draws));
            log(Log::Answer(Answer::Refused { prev, hint }))
        }
        10 => Body::TakeOver,
        11 => Body::WishedVote { last: position(draws) },
        12 => Body::Confirm { round: number(draws) },
        13 => Body::Confirmed { round: number(draws) },
        14 => Body::Ask { number: number(draws) },
        _ => Body::Told { number: number(draws), index: Index(number(draws)) },
    };
    Letter::Raft(Message { from: FROM, to: TO, term: Term(number(draws)), body })
}

/// A frame of these letters.
fn frame(letters: &[Letter]) -> Vec<u8> {
    let mut frame = Vec::new();
    letters.iter().for_each(|letter| letter.write(&mut frame));
    frame
}

#[test]
fn every_letter_arrives_as_it_was_written() {
    check(|| {
        let mut seen = BTreeSet::new();
        for seed in 0..400 {
            let mut draws = Draws::new(seed);
            let letters: Vec<Letter> =
                (0..draws.between(1, 8)).map(|_| letter(&mut draws)).collect();
            seen.extend(letters.iter().map(kind));
            let found = read(&frame(&letters), FROM, TO).expect("it is a frame");
            assert_eq!(found, letters, "seed {seed}");
            let size: usize = letters.iter().map(Letter::size).sum();
            assert!(frame(&letters).len() <= size, "seed {seed}: there is room for it");
        }
        assert_eq!(seen.len(), KINDS, "all kinds were tried");
        assert_eq!(read(&[], FROM, TO).expect("nothing is a frame"), []);
    });
}

#[test]
fn a_frame_that_is_cut_short_is_refused() {
    check(|| {
        for seed in 0..200 {
            let mut draws = Draws::new(seed);
            let (first, second) = (letter(&mut draws), letter(&mut draws));
            let (whole, border) =
                (frame(&[first.clone(), second]), frame(std::slice::from_ref(&first)).len());
            let step = whole.len().div_ceil(2_000);
            for end in (1..whole.len()).step_by(step).filter(|end| *end != border) {
                assert!(read(&whole[..end], FROM, TO).is_err(), "seed {seed}, {end} bytes");
            }
            assert_eq!(read(&whole[..border], FROM, TO).expect("it is one letter"), [first]);
        }
    });
}

#[test]
fn garbage_is_refused_or_is_a_frame() {
    check(|| {
        let look = |bytes: &[u8]| {
            let Ok(letters) = read(bytes, FROM, TO) else { return false };
            let again = read(&frame(&letters), FROM, TO).expect("they were letters");
            assert_eq!(again, letters, "{bytes:?}");
            true
        };
        let mut refused = 0;
        for seed in 0..2_000 {
            let mut draws = Draws::new(seed);
            refused += usize::from(!look(&some_bytes(&mut draws)));
            let mut bent = frame(&[letter(&mut draws), letter(&mut draws)]);
            for _ in 0..draws.between(1, 3) {
                let place = draws.index(bent.len().min(64));
                bent[place] = draws.next() as u8;
            }
            refused += usize::from(!look(&bent));
        }
        assert!(refused > 1_000, "{refused}");
        for kind in 0..=u8::MAX {
            look(&[kind]);
            look(&[kind; 1_000]);
        }
    });
}

/// A number as the frames have it.
fn packed(number: u64) -> Vec<u8> {
    [&[253][..], &number.to_le_bytes()].concat()
}

/// Frames that are few bytes, and claim to be many.
fn claims() -> Vec<Vec<u8>> {
    let append = |entries: Vec<Entry<Payload>>| {
        use replication::Body::Append;
        let span = Span { prev: Position::START, entries };
        let body = Body::Replication(Append { span, commit: Index(0) });
        frame(&[Letter::Raft(Message { from: FROM, to: TO, term: Term(1), body })])
    };
    // They end with how much follows.
    let entries = append(Vec::new());
    let payload = append(vec![Entry { term: Term(1), payload: Some(Change::Leave.into()) }]);
    let forward = frame(&[Letter::Forward([][..].into())]);
    let ends = [&entries[..entries.len() - 1], &payload[..payload.len() - 2], &forward[..1]];
    assert_eq!((entries[entries.len() - 1], &payload[payload.len() - 2..]), (0, &[1, 2][..]));
    let lengths = [1, 1_000, 1 << 20, 2 << 20, LONGEST as u64, u32::MAX as u64, u64::MAX];
    let claims = ends.iter().flat_map(|end| lengths.map(|length| [*end, &packed(length)].concat()));
    claims.filter(|claim| claim.len() > 2).collect()
}

/// So says whoever runs this test that it is to be alone.
const ALONE: &str = "WORKBOOK_TEST_ALONE";

/// From now on, this process has room for so many bytes more, if the system says how many it has.
fn limit_memory(more: u64) {
    let Ok(said) = fs::read_to_string("/proc/self/status") else { return };
    let line = said.lines().find(|line| line.starts_with("VmData:")).expect("it says so");
    let kilobytes = line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok());
    let most = Some((kilobytes.expect("it is a number") << 10) + more);
    setrlimit(Resource::Data, Rlimit { current: most, maximum: most }).expect("it is less");
}

#[test]
fn memory_is_taken_for_what_comes_and_not_for_what_is_claimed() {
    if std::env::var_os(ALONE).is_some() {
        let claims = claims();
        limit_memory(16 << 20);
        for claim in claims {
            assert!(read(&claim, FROM, TO).is_err(), "{claim:?}");
        }
        return;
    }
    check(|| {
        let own = std::env::current_exe().expect("it runs");
        let name = "wire_frames::memory_is_taken_for_what_comes_and_not_for_what_is_claimed";
        let output = Command::new(own).args(["--exact", name]).env(ALONE, "1").output();
        let output = output.expect("it can be started");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        // One more than the most is one too many.
        let little = Letter::Forward([][..].into());
        let frame = |count| frame(&vec![little.clone(); count]);
        assert_eq!(read(&frame(MOST), FROM, TO).expect("it is a frame").len(), MOST);
        assert!(read(&frame(MOST + 1), FROM, TO).is_err());
    });
}

/// Bytes as they are.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, place: &mut EncodeBuf<'_>) -> Result<(), Status> {
        place.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, place: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(place.copy_to_bytes(place.remaining())))
    }
}

/// Sends these to a method of a member's, with words about itself.
fn send(
    peer: &mut Client,
    method: &'static str,
    words: &[(&'static str, String)],
    messages: Vec<Bytes>,
) -> Result<Bytes, Status> {
    let mut request = tonic::Request::new(tokio_stream::iter(messages));
    for (name, value) in words {
        request.metadata_mut().insert(*name, value.parse().expect("it is text"));
    }
    peer.call(async |connection, origin| {
        let mut grpc = tonic::client::Grpc::with_origin(connection, origin);
        grpc.ready().await.expect("it is connected");
        let path = http::uri::PathAndQuery::from_static(method);
        grpc.client_streaming(request, path, Raw).await
    })
}

#[test]
fn a_member_outlives_whatever_it_is_sent() {
    check(|| {
        let plan = Plan::of(1);
        let member = plan.start([1]).remove(0);
        let mut client = member.client();
        let mut peer = Client::new(plan.peer(1).parse().expect("it is an address"));
        let header = status(&mut client).header.expect("every answer has one");
        let (own, cluster) = (header.member_id, header.cluster_id);
        let is = |name, value: u64| (name, format!("{value:x}"));
        let words = |from| vec![is("from", from), is("to", own), is("cluster", cluster)];
        let whole = |bytes: &[u8]| vec![Bytes::copy_from_slice(bytes)];

        let mut draws = Draws::new(1);
        let frames = claims().into_iter().chain((0..50).map(|_| some_bytes(&mut draws)));
        for frame in frames.filter(|frame| read(frame, FROM, TO).is_err()) {
            let told = send(&mut peer, "/workbook.Peers/Deliver", &words(7), whole(&frame));
            assert_eq!(told.expect_err("it is no frame").code(), Code::InvalidArgument);
            let told = send(&mut peer, "/workbook.Peers/Ask", &words(7), whole(&[0xFF; 9]));
            assert_eq!(told.expect_err("it is no question").code(), Code::InvalidArgument);
        }
        let long = vec![Bytes::from(vec![0; LONGEST + (2 << 20)])];
        let told = send(&mut peer, "/workbook.Peers/Deliver", &words(7), long);
        assert_eq!(told.expect_err("nobody writes that much").code(), Code::OutOfRange);
        put(&mut client, "still", "1").expect("it is well");

        let bring = "/workbook.Peers/Bring";
        let told = send(&mut peer, bring, &words(7), whole(&[0; 100]));
        assert_eq!(told.expect_err("who is it?").code(), Code::PermissionDenied);
        let told = send(&mut peer, bring, &words(own), whole(&[0; 100]));
        assert_eq!(told.expect_err("what is it?").code(), Code::InvalidArgument);
        // There is no room for the first one.
        let images = [
            (u64::MAX, vec![], Code::ResourceExhausted),
            (68, whole(&[0; 100]), Code::Aborted),
            (9, whole(&[0; 100]), Code::Aborted),
        ];
        for (length, pieces, code) in images {
            let image = [is("term", 9), is("index", 99), is("length", length)];
            let words = [words(own), image.to_vec()].concat();
            let told = send(&mut peer, bring, &words, pieces).expect_err("it is no image");
            assert_eq!(told.code(), code, "{told}");
        }
        let part = plan.config(1).data_dir.join("member/snap/db.part");
        assert!(!part.exists(), "nothing is left of it");
        put(&mut client, "and still", "1").expect("it is well");
        drop(peer);
        stop([(member, client)]);
    });
}
