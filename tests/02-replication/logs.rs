//! 2.1 and 2.2: reading a log, and making it agree with a leader's.

use crate::lab::{at, log, terms};
use crate::node::{Op, entries, entry};
use basics::{Index, Position, Term};
use harness::check;
use replication::{Entry, Log, Payload, Span};

/// A payload of so many bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Sized(Vec<u8>);

impl Payload for Sized {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Entries that count so many bytes each.
fn sized(sizes: &[usize]) -> Log<Sized> {
    let entry = |size: &usize| {
        let payload = Sized(vec![7; size - Entry::<Sized>::OVERHEAD]);
        Entry { term: Term(1), payload: Some(payload) }
    };
    Span { prev: Position::START, entries: sizes.iter().map(entry).collect() }.into()
}

/// How many entries a span has.
fn length(log: &Log<Sized>, after: u64, to: u64, bytes: usize) -> usize {
    let span = log.span(Index(after), Index(to), bytes);
    span.expect("the log holds the entry before the span").entries.len()
}

#[test]
fn a_term_for_each_entry() {
    check(|| {
        let log = log(&[1, 1, 4]);
        let terms: Vec<Option<u64>> =
            (0..=5).map(|index| log.term_at(Index(index)).map(|term| term.0)).collect();
        assert_eq!(
            terms,
            [Some(0), Some(1), Some(1), Some(4), None, None],
            "the terms at 0 to 5 of a log with the terms 1, 1, 4"
        );
        assert_eq!(log.term_at(Index(u64::MAX)), None, "there is no such entry");
    });
}

#[test]
fn a_log_that_begins_later() {
    check(|| {
        let span = Span { prev: at(3, 10), entries: entries(&[3, 5]) };
        let log = Log::from(span);
        let terms: Vec<Option<u64>> =
            (9..=13).map(|index| log.term_at(Index(index)).map(|term| term.0)).collect();
        assert_eq!(
            terms,
            [None, Some(3), Some(3), Some(5), None],
            "the terms at 9 to 13 of a log that starts at (3, 10) and holds the terms 3 and 5"
        );
        assert_eq!(log.term_at(Index(0)), None, "the log no longer knows its beginning");
    });
}

#[test]
fn a_span_joins_on() {
    check(|| {
        let log = log(&[1, 1, 4, 4, 6]);
        let span = log.span(Index(2), Index(4), 1_000).expect("the log holds entry 2");
        assert_eq!(span.prev, at(1, 2), "the position before entries 3 and 4");
        assert_eq!(span.entries, entries(&[1, 1, 4, 4, 6])[2..4], "entries 3 and 4");
        let all = log.span(Index(0), Index(5), 1_000).expect("every log holds its start");
        assert_eq!((all.prev, all.entries.len()), (Position::START, 5), "the whole log");
        let more = log.span(Index(3), Index(9), 1_000).expect("the log holds entry 3");
        assert_eq!(more.entries.len(), 2, "there are two entries after 3, whatever is asked for");
        let none = log.span(Index(5), Index(5), 1_000).expect("the log holds entry 5");
        assert_eq!(none, Span::empty(at(6, 5)), "nothing comes after entry 5");
    });
}

#[test]
fn a_span_keeps_to_its_bytes() {
    check(|| {
        let log = sized(&[40, 40, 40, 40, 40]);
        assert_eq!(length(&log, 1, 5, 100), 2, "entries of 40 in 100 bytes");
        assert_eq!(length(&log, 1, 5, 80), 2, "entries of 40 in 80 bytes: both fit exactly");
        assert_eq!(length(&log, 1, 5, 79), 1, "entries of 40 in 79 bytes");
        assert_eq!(length(&log, 0, 5, 1_000), 5, "all fit");
    });
}

#[test]
fn one_entry_always_fits() {
    check(|| {
        let log = sized(&[40, 900, 40, 40]);
        assert_eq!(length(&log, 1, 4, 100), 1, "an entry of 900 bytes goes alone");
        assert_eq!(length(&log, 0, 4, 100), 1, "and does not come along with the one before it");
        assert_eq!(length(&log, 2, 4, 0), 1, "even without any room");
    });
}

#[test]
fn no_span_without_the_entry_before_it() {
    check(|| {
        let log = Log::from(Span { prev: at(3, 10), entries: entries(&[3, 5]) });
        assert_eq!(log.span(Index(9), Index(12), 100), None, "entry 9 is gone, and so is 10");
        assert_eq!(log.span(Index(13), Index(14), 100), None, "entry 13 is not there yet");
        let span = log.span(Index(10), Index(12), 100).expect("the log starts at 10");
        assert_eq!((span.prev, span.entries.len()), (at(3, 10), 2), "the whole of this log");
    });
}

/// What a log of these terms becomes by a span, and the last index that stayed if there was a cut.
fn merged(have: &[u64], prev: Position, span: Vec<Entry<Op>>) -> (Vec<u64>, Option<u64>) {
    let mut log = log(have);
    let kept = log.merge(Span { prev, entries: span });
    (terms(&log), kept.map(|index| index.0))
}

#[test]
fn new_entries_are_added() {
    check(|| {
        let (terms, cut) = merged(&[1, 1], at(1, 2), vec![entry(2, 1), entry(2, 2)]);
        assert_eq!((terms, cut), (vec![1, 1, 2, 2], None), "two entries join on");
        let (terms, cut) = merged(&[], at(0, 0), vec![entry(1, 1)]);
        assert_eq!((terms, cut), (vec![1], None), "the first entry of all");
    });
}

#[test]
fn what_disagrees_is_cut() {
    check(|| {
        let (terms, cut) = merged(&[1, 1, 2, 2], at(1, 1), vec![entry(1, 7), entry(3, 7)]);
        assert_eq!(
            (terms, cut),
            (vec![1, 1, 3], Some(2)),
            "entry 3 is of another term: it goes, and entry 4 with it"
        );
        let (terms, cut) = merged(&[2, 2, 2], at(0, 0), vec![entry(4, 7)]);
        assert_eq!((terms, cut), (vec![4], Some(0)), "the first entry already disagrees");
    });
}

#[test]
fn what_agrees_stays() {
    check(|| {
        let have = entries(&[1, 1, 2, 2]);
        let (terms, cut) = merged(&[1, 1, 2, 2], at(0, 0), have[..1].to_vec());
        assert_eq!((terms, cut), (vec![1, 1, 2, 2], None), "an old append of entry 1 alone");
        let (terms, cut) = merged(&[1, 1, 2, 2], at(1, 2), have[2..].to_vec());
        assert_eq!((terms, cut), (vec![1, 1, 2, 2], None), "the same entries once more");
        let (terms, cut) = merged(&[1, 1, 2, 2], at(2, 4), Vec::new());
        assert_eq!((terms, cut), (vec![1, 1, 2, 2], None), "no entries at all");
        let (terms, cut) = merged(&[1, 1, 2, 2], at(1, 1), Vec::new());
        assert_eq!((terms, cut), (vec![1, 1, 2, 2], None), "none, in the middle of the log");
    });
}

#[test]
fn an_overlap_adds_the_rest() {
    check(|| {
        let mut span = entries(&[1, 1, 2, 2])[1..].to_vec();
        span.push(entry(2, 9));
        let (terms, cut) = merged(&[1, 1, 2, 2], at(1, 1), span);
        assert_eq!((terms, cut), (vec![1, 1, 2, 2, 2], None), "entries 2 to 4 again, and a fifth");
    });
}

#[test]
fn the_leaders_payload_wins() {
    check(|| {
        let mut log = log(&[1, 2]);
        log.merge(Span { prev: at(1, 1), entries: vec![entry(3, 77)] });
        let payload = log.get(Index(2)).and_then(|entry| entry.payload);
        assert_eq!(payload, Some(Op::new(77)), "entry 2 is the leader's now");
        assert_eq!(log.last(), at(3, 2), "where the log ends");
    });
}

#[test]
fn a_merge_where_the_log_begins_later() {
    check(|| {
        let mut log = Log::from(Span { prev: at(3, 10), entries: entries(&[3, 5, 5]) });
        let kept = log.merge(Span { prev: at(3, 11), entries: vec![entry(6, 1), entry(6, 2)] });
        assert_eq!(kept, Some(Index(11)), "entry 12 was of another term");
        assert_eq!((terms(&log), log.last()), (vec![3, 6, 6], at(6, 13)), "the log after it");
    });
}
