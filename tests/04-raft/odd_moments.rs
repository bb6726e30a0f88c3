//! Odd moments: what a node makes of an answer that comes a round late, of a snapshot that is in
//! place when it leads, and of a log that a snapshot has replaced.

use crate::node::SMALL;
use basics::{Index, Message, NodeId, Position, Term};
use harness::check;
use raft::{Batch, Body, Configuration, Data, Dropped, Node, Payload, Snapshot, Stored, Ticket};
use replication::{Answer, Body as Below, Entry, Span};

const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);
const N3: NodeId = NodeId(3);

/// Takes all that the node wants done. Its disk and its state machine are quick.
fn drain(node: &mut Node) -> (Vec<Message<Body>>, Vec<Batch>) {
    let (mut sent, mut all) = (vec![], vec![]);
    while let Some(batch) = node.ready() {
        sent.extend(batch.send_now.clone());
        if let Some(save) = batch.save.clone() {
            let (synced, messages) = save.synced();
            sent.extend(messages);
            node.persisted(synced, 1);
        }
        if let Some(span) = &batch.apply {
            node.note_applied(span.last().index, 1);
        }
        all.push(batch);
    }
    (sent, all)
}

fn from(node: NodeId, term: Term, body: Body) -> Message<Body> {
    Message { from: node, to: N1, term, body }
}

fn accepted(matched: u64) -> Body {
    Body::Replication(Below::Answer(Answer::Accepted { matched: Index(matched) }))
}

fn vote(round: election::Round) -> Body {
    Body::Replication(Below::Election(election::Body::VoteAnswer { round, granted: true }))
}

/// n1 of three, on the first day.
fn founder() -> Node {
    Node::new(N1, SMALL, Stored::found([N1, N2, N3]), 0).expect("store and log fit")
}

/// n1 leads three, with an entry of its term committed.
fn leader() -> Node {
    let mut node = founder();
    node.stand(0);
    drain(&mut node);
    node.receive(from(N2, node.term(), vote(election::Round::PreVote)), 0).expect("n1 takes it");
    drain(&mut node);
    node.receive(from(N2, node.term(), vote(election::Round::Vote)), 0).expect("n1 takes it");
    drain(&mut node);
    ack(&mut node, N2);
    drain(&mut node);
    node
}

fn ack(node: &mut Node, who: NodeId) {
    let last = node.log().last().index.0;
    let term = node.term();
    let _ = node.receive(from(who, term, accepted(last)), 0);
}

#[test]
fn a_confirmation_of_an_older_round_confirms_nothing() {
    check(|| {
        let mut node = leader();
        let term = node.term();
        node.read(Ticket(1), 0).expect("n1 takes it");
        drain(&mut node);
        node.receive(from(N2, term, Body::Confirmed { round: 1 }), 0).expect("n1 takes it");
        assert_eq!(drain(&mut node).1.iter().map(|batch| batch.reads.len()).sum::<usize>(), 1);
        node.read(Ticket(2), 0).expect("n1 takes it");
        drain(&mut node);
        assert_eq!(
            node.receive(from(N3, term, Body::Confirmed { round: 1 }), 0),
            Err(Dropped::Late)
        );
        assert_eq!(drain(&mut node).1.iter().map(|batch| batch.reads.len()).sum::<usize>(), 0);
    });
}

#[test]
fn what_an_installed_log_keeps_is_counted_anew() {
    check(|| {
        let mut node = founder();
        let entries = |k: usize, bytes: usize| {
            (0..k)
                .map(|_| Entry {
                    term: Term(2),
                    payload: Some(Payload::Data(Data::write(bytes, |data| data.fill(1)))),
                })
                .collect::<Vec<_>>()
        };
        let span =
            Span { prev: Position { term: Term(1), index: Index(1) }, entries: entries(2, 40) };
        node.receive(
            from(N2, Term(2), Body::Replication(Below::Append { span, commit: Index(3) })),
            0,
        )
        .expect("n1 takes it");
        drain(&mut node);
        node.note_durable(Index(3));
        let at = Position { term: Term(2), index: Index(50) };
        assert!(node.prepare(at));
        assert!(node.install(Snapshot { at, configuration: Configuration::of([N1, N2, N3]) }, 0));
        drain(&mut node);
        let span = Span { prev: at, entries: entries(2, 4) };
        node.receive(
            from(N2, Term(2), Body::Replication(Below::Append { span, commit: Index(52) })),
            0,
        )
        .expect("n1 takes it");
        drain(&mut node);
        node.note_durable(Index(52));
        assert_eq!(node.log().start(), at, "two small entries stay");
    });
}

#[test]
fn a_leader_that_was_prepared_resigns() {
    check(|| {
        let mut node = founder();
        node.receive(from(N2, Term(2), Body::Confirm { round: 1 }), 0).expect("n1 takes it");
        drain(&mut node);
        let at = Position { term: Term(2), index: Index(50) };
        assert!(node.prepare(at));
        for _ in 0..20 {
            node.tick(0);
            drain(&mut node);
        }
        node.receive(from(N3, node.term(), vote(election::Round::PreVote)), 0)
            .expect("n1 takes it");
        drain(&mut node);
        node.receive(from(N3, node.term(), vote(election::Round::Vote)), 0).expect("n1 takes it");
        drain(&mut node);
        assert!(node.leads());
        assert!(node.install(Snapshot { at, configuration: Configuration::of([N1, N2, N3]) }, 0));
        assert!(!node.leads() && node.log().last() == at);
    });
}
