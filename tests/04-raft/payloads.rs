//! What the log carries, and the bytes of it.

use crate::lab::{N1, N2, N3, data};
use basics::NodeId;
use bytes::Bytes;
use harness::{Draws, check};
use raft::{Change, Data, Malformed, Payload, Step};
use replication::Payload as _;

fn enter(steps: Vec<Step>, context: &'static [u8]) -> Change {
    Change::Enter { steps, context: Bytes::from_static(context) }
}

/// One step of each kind.
fn steps() -> Vec<Step> {
    vec![Step::Voter(N1), Step::Learner(N2), Step::Remove(NodeId(u64::MAX))]
}

fn decoded(bytes: &[u8]) -> Result<Payload, Malformed> {
    Payload::try_from(bytes)
}

/// What was encoded is decoded again, and has the same bytes then.
fn returns(payload: &Payload) {
    let again = decoded(payload.bytes()).expect("it was encoded here");
    assert_eq!(&again, payload, "what comes back");
    assert_eq!(again.bytes(), payload.bytes(), "in the same bytes");
}

#[test]
fn the_bytes_are_those_of_the_table() {
    check(|| {
        let payload = Payload::Data(Data::from(&b"hello"[..]));
        assert_eq!(payload.bytes(), b"\0hello", "data");
        let payload = Payload::from(Change::Leave);
        assert_eq!(payload.bytes(), [2], "the end of a joint configuration");
        let steps = vec![
            Step::Voter(NodeId(0x0102)),
            Step::Learner(NodeId(3)),
            Step::Remove(NodeId(u64::MAX)),
        ];
        let payload = Payload::from(enter(steps, b"why"));
        let mut bytes = vec![1, 3];
        bytes.extend([0, 2, 1, 0, 0, 0, 0, 0, 0]);
        bytes.extend([1, 3, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([2, 255, 255, 255, 255, 255, 255, 255, 255]);
        bytes.extend(b"why");
        assert_eq!(payload.bytes(), bytes, "a change: its steps, then the context");
    });
}

#[test]
fn what_goes_in_comes_out() {
    check(|| {
        for length in [0, 1, 2, 300] {
            let text: Vec<u8> = (0..length).map(|byte: u32| byte.to_le_bytes()[0]).collect();
            let written = Data::from(&text[..]);
            assert_eq!(written.bytes(), text, "data of {length} bytes");
            returns(&Payload::Data(written));
        }
        for step in steps() {
            returns(&enter(vec![step], b"").into());
        }
        returns(&enter(steps(), b"context").into());
        returns(&enter(vec![], b"\x01\x02").into());
        returns(&Change::Leave.into());
        let many: Vec<Step> = (0..255).map(|node| Step::Learner(NodeId(node))).collect();
        returns(&enter(many, b"the most steps that there can be").into());
    });
}

#[test]
fn a_change_says_what_it_is() {
    check(|| {
        let change = enter(steps(), b"context");
        let Payload::Change(written) = Payload::from(change.clone()) else {
            panic!("a change is a change");
        };
        assert_eq!(written.change(), &change);
        let Ok(Payload::Change(read)) = decoded(Payload::Change(written).bytes()) else {
            panic!("and still is one when it is read");
        };
        assert_eq!(read.change(), &change);
    });
}

#[test]
fn data_may_look_like_a_change() {
    check(|| {
        let change = Payload::from(enter(steps(), b""));
        let data = Payload::Data(Data::from(change.bytes()));
        assert_ne!(data, change);
        assert!(matches!(decoded(data.bytes()), Ok(Payload::Data(_))), "the first byte decides");
        assert_ne!(Payload::Data(Data::write(0, |_| {})), Payload::from(Change::Leave));
    });
}

#[test]
fn bytes_are_shared() {
    check(|| {
        let data = Data::write(3, |place| {
            assert_eq!(place, [0; 3], "nothing is there before");
            place.copy_from_slice(b"abc");
        });
        let place = data.as_ref().as_ptr();
        let payload = Payload::Data(data.clone());
        assert_eq!(payload.bytes().as_ptr().wrapping_add(1), place, "it is where it was written");
        assert_eq!(payload.clone().bytes().as_ptr().wrapping_add(1), place, "also in a clone");
        let kept = data.bytes();
        drop((payload, data));
        assert_eq!(kept.as_ptr(), place, "whoever carries it out keeps it without a copy");
        assert_eq!(kept, b"abc"[..]);

        let change = Payload::from(enter(steps(), b"context"));
        assert_eq!(change.clone().bytes().as_ptr(), change.bytes().as_ptr(), "a change neither");
    });
}

#[test]
fn what_is_read_does_not_keep_what_it_was_read_from() {
    check(|| {
        for payload in [Payload::Data(data(7)), enter(steps(), b"context").into()] {
            let frame = Bytes::from(payload.bytes().to_vec());
            let read = decoded(&frame).expect("it was encoded here");
            assert!(frame.is_unique(), "the frame can go");
            assert_eq!(read, payload);
        }
    });
}

#[test]
fn what_is_cut_short_is_not_taken_for_the_whole() {
    check(|| {
        let whole = Payload::from(enter(steps(), b"ctx"));
        let bytes = whole.bytes();
        for length in 0..bytes.len() {
            let cut = decoded(&bytes[..length]);
            let steps_end = bytes.len() - 3;
            if length < steps_end {
                assert_eq!(cut, Err(Malformed), "{length} bytes of {}", bytes.len());
            } else {
                // Where a context ends, only the layer below can know.
                assert_ne!(cut.as_ref(), Ok(&whole), "{length} bytes of {}", bytes.len());
            }
        }
    });
}

#[test]
fn a_damaged_change_is_another_or_none() {
    check(|| {
        for change in [enter(steps(), b"ctx"), enter(vec![], b""), Change::Leave] {
            let whole = Payload::from(change);
            for place in 0..whole.bytes().len() {
                for value in 0..=u8::MAX {
                    let mut bytes = whole.bytes().to_vec();
                    let before = std::mem::replace(&mut bytes[place], value);
                    match decoded(&bytes) {
                        Ok(read) => {
                            assert_eq!(read == whole, before == value, "byte {place} is {value}");
                            assert_eq!(read.bytes(), bytes, "it keeps the bytes that it has");
                        }
                        Err(Malformed) => assert_ne!(before, value, "nothing was damaged"),
                    }
                }
            }
        }
    });
}

#[test]
fn noise_harms_nobody() {
    check(|| {
        let mut draws = Draws::new(4);
        for _ in 0..20_000 {
            let length = draws.index(40);
            let mut bytes: Vec<u8> = (0..length).map(|_| draws.next().to_le_bytes()[0]).collect();
            if let Some(first) = bytes.first_mut() {
                *first %= 4;
            }
            if let Ok(payload) = decoded(&bytes) {
                assert_eq!(payload.bytes(), bytes, "what is read is what is there");
                let _ = format!("{payload:?}");
            }
        }
        assert_eq!(decoded(&[]), Err(Malformed), "no bytes are no payload");
        assert_eq!(decoded(&[3]), Err(Malformed), "nobody knows a third kind");
        assert_eq!(decoded(&[2, 0]), Err(Malformed), "nothing follows an end");
    });
}

#[test]
fn an_entry_counts_its_bytes() {
    check(|| {
        assert_eq!(Payload::Data(data(7)).bytes().len(), 5, "one byte says what it is");
        assert_eq!(Payload::from(enter(vec![Step::Voter(N3)], b"ab")).bytes().len(), 2 + 9 + 2);
    });
}
