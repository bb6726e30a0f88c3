//! A large answer in pieces.

use api::{Event, KeyValue, ResponseHeader, WatchResponse};
use bytes::Bytes;
use harness::{Draws, check};
use prost::Message;
use watch::pieces;

fn response(lengths: &[usize]) -> WatchResponse {
    let event = |(at, length): (usize, &usize)| Event {
        kv: Some(KeyValue {
            key: format!("{at}").into(),
            value: Bytes::from(vec![7; *length]),
            mod_revision: 5,
            ..KeyValue::default()
        }),
        ..Event::default()
    };
    WatchResponse {
        header: Some(ResponseHeader { cluster_id: 9, member_id: 9, revision: 7, raft_term: 2 }),
        watch_id: 3,
        events: lengths.iter().enumerate().map(event).collect(),
        ..WatchResponse::default()
    }
}

#[test]
fn five_large_values_come_as_two_and_two_and_one() {
    check(|| {
        let pieces = pieces(response(&[1_000_000; 5]), 2 << 20);
        let counts: Vec<usize> = pieces.iter().map(|piece| piece.events.len()).collect();
        assert_eq!(counts, [2, 2, 1]);
        let marks: Vec<bool> = pieces.iter().map(|piece| piece.fragment).collect();
        assert_eq!(marks, [true, true, false], "all but the last say that one follows");
    });
}

#[test]
fn what_is_short_or_has_one_event_stays_whole() {
    check(|| {
        for whole in [response(&[]), response(&[3_000]), response(&[10; 4])] {
            assert_eq!(pieces(whole.clone(), 1_000), [whole]);
        }
        let two = response(&[10, 10]);
        let length = two.encoded_len();
        assert_eq!(pieces(two.clone(), length + 1), std::slice::from_ref(&two));
        assert_eq!(pieces(two, length).len(), 2, "an answer is shorter than the limit");
        assert_eq!(pieces(response(&[10; 4]), 0).len(), 4);
    });
}

#[test]
fn pieces_are_what_one_would_get_by_trying() {
    check(|| {
        let mut draws = Draws::new(3);
        for _ in 0..200 {
            let count = draws.index(12);
            let lengths: Vec<usize> = (0..count).map(|_| draws.index(300)).collect();
            let limit = draws.index(900);
            let whole = response(&lengths);
            let found = pieces(whole.clone(), limit);
            assert_eq!(found, tried(&whole, limit), "{lengths:?} within {limit}");
        }
    });
}

/// Adds one event after the other, and looks how long the piece is then.
fn tried(whole: &WatchResponse, limit: usize) -> Vec<WatchResponse> {
    if whole.encoded_len() < limit || whole.events.len() < 2 {
        return vec![whole.clone()];
    }
    let head = WatchResponse { events: Vec::new(), fragment: true, ..whole.clone() };
    let mut pieces = vec![head.clone()];
    for event in &whole.events {
        let piece = pieces.last_mut().expect("there is one");
        piece.events.push(event.clone());
        if piece.events.len() > 1 && piece.encoded_len() >= limit {
            piece.events.pop();
            pieces.push(WatchResponse { events: vec![event.clone()], ..head.clone() });
        }
    }
    pieces.last_mut().expect("there is one").fragment = false;
    pieces
}
