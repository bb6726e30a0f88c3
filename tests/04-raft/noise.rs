//! One node, and whatever may arrive: nothing that another node says, and no order of calls, ends
//! it.
//!
//! The letters make no sense together. So nothing is said here about what the node does, only that
//! it goes on, that its marks stand in order and never fall, and that every read is over once.

use crate::lab::{
    EAGER, Lab, N1, Store, WIDE, append, change, entry, first, granted, holds, lacks, leave,
    please, vote,
};
use basics::{Index, NodeId, Position, Term};
use election::Round;
use harness::{Draws, check};
use raft::{Body, Configuration, Keep, Members, Options, Payload, Status, Step, Stored};
use replication::{Entry, Limits};
use std::collections::BTreeSet;

/// Everything is scarce.
const TIGHT: Options = Options {
    replication: replication::Options {
        batch_bytes: 50,
        limits: Some(Limits {
            window_messages: 2,
            window_bytes: 60,
            uncommitted_bytes: 120,
            unapplied_bytes: 60,
        }),
        ..WIDE.replication
    },
    keep: Keep { entries: 2, bytes: 60, bytes_for_snapshots: 100 },
    reads: 5,
};

/// A small number, and now and then one that is not.
fn number(draws: &mut Draws) -> u64 {
    match draws.below(60) {
        0 => u64::MAX,
        1 => u64::MAX - 1,
        _ => draws.below(14),
    }
}

fn node(draws: &mut Draws) -> NodeId {
    NodeId(draws.between(1, 5))
}

fn position(draws: &mut Draws) -> Position {
    // FINDING 11: an append after the last number ends a node. Without the limit, this test does.
    let index = number(draws);
    Position { term: Term(draws.below(5)), index: Index(index) }
}

fn steps(draws: &mut Draws) -> Vec<Step> {
    let step = |draws: &mut Draws| match draws.below(3) {
        0 => Step::Voter(node(draws)),
        1 => Step::Learner(node(draws)),
        _ => Step::Remove(node(draws)),
    };
    (0..draws.below(4)).map(|_| step(draws)).collect()
}

fn entries(lab: &Lab, draws: &mut Draws) -> Vec<Entry<Payload>> {
    let mut term = lab.term().saturating_sub(draws.below(3));
    let mut entries = Vec::new();
    for number in 0..draws.below(5) {
        term += u64::from(draws.chance(10));
        entries.push(match draws.below(5) {
            0 => first(term),
            1 => change(term, &steps(draws)),
            2 => leave(term),
            _ => entry(term, u32::try_from(number).expect("a small number")),
        });
    }
    entries
}

/// Where the node's log may go on: often at its end, or in it.
fn place(lab: &Lab, draws: &mut Draws) -> Position {
    let log = lab.node.log();
    let index = Index(log.start().index.0.saturating_add(draws.below(6)));
    match (draws.below(4), log.term_at(index)) {
        (0, _) => position(draws),
        (1, Some(term)) => Position { term, index },
        _ => log.last(),
    }
}

fn body(lab: &Lab, draws: &mut Draws) -> Body {
    let round = if draws.chance(50) { Round::Vote } else { Round::PreVote };
    let last = lab.last();
    match draws.below(16) {
        0..=3 => {
            let (prev, entries) = (place(lab, draws), entries(lab, draws));
            append(prev, entries, last.saturating_add(draws.below(3)))
        }
        4..=5 => holds(last.saturating_sub(draws.below(3))),
        6 => holds(number(draws)),
        7 => lacks(place(lab, draws), position(draws)),
        8 => please(round, place(lab, draws)),
        9 => granted(round),
        10 => vote(election::Body::VoteAnswer { round, granted: false }),
        11 => match draws.below(3) {
            0 => Body::TakeOver,
            1 => vote(election::Body::Heartbeat),
            _ => vote(election::Body::HeartbeatAnswer),
        },
        12 => Body::WishedVote { last: place(lab, draws) },
        13 => Body::Confirm { round: number(draws) },
        14 => Body::Confirmed { round: draws.below(4) },
        _ if draws.chance(50) => Body::Ask { number: number(draws) },
        _ => Body::Told { number: number(draws), index: Index(number(draws)) },
    }
}

/// The snapshot of another node: of a place that this node may not have reached.
fn snapshot(lab: &Lab, draws: &mut Draws) -> Store {
    let ahead = draws.below(4);
    let at = Position {
        term: Term(lab.term().saturating_sub(draws.below(2))),
        index: Index(lab.commit() + ahead),
    };
    let voters: BTreeSet<NodeId> = (0..3).map(|_| node(draws)).collect();
    let configuration = Configuration::Simple(Members::new(voters, [node(draws)]));
    Store { at, configuration }
}

/// The node stands, and everybody is for it.
fn campaign(lab: &mut Lab) {
    lab.stand();
    for round in [Round::PreVote, Round::Vote] {
        lab.work();
        for other in 2..=5 {
            let _ = lab.receive(NodeId(other), lab.term(), granted(round));
        }
    }
}

/// Whatever may happen to a node.
fn happen(lab: &mut Lab, draws: &mut Draws, ticket: u64) {
    match draws.below(32) {
        0 => campaign(lab),
        1 => lab.stand(),
        2..=3 => lab.tick(u32::try_from(draws.between(1, 12)).expect("a few")),
        4..=6 => {
            let _ = lab.propose(7);
        }
        7 => {
            let steps = steps(draws);
            let _ = lab.change(&steps);
        }
        8 => {
            let _ = lab.transfer(node(draws));
        }
        9 => {
            let at = place(lab, draws);
            let _ = lab.node.sending(node(draws), at);
        }
        10 => lab.node.snapshot_failed(node(draws)),
        11 => {
            let store = snapshot(lab, draws);
            lab.bring(&store);
        }
        12 => lab.lags = draws.chance(30),
        13 => lab.unsynced = draws.chance(30),
        14 => lab.carry_out(),
        15 => lab.sync_store(),
        16..=18 => {
            if !lab.saves.is_empty() {
                lab.sync();
            }
        }
        19..=21 => {
            lab.ready();
        }
        22 => lab.work(),
        23 => {
            let _ = lab.read(ticket);
        }
        _ => {
            let from = node(draws);
            let term = match draws.below(12) {
                0 => lab.term().saturating_add(1),
                1 => lab.term().saturating_sub(1),
                _ => lab.term(),
            };
            let body = body(lab, draws);
            let _ = lab.receive(from, term, body);
        }
    }
}

fn marks(status: &Status) -> [Index; 4] {
    [status.durable, status.applied, status.handed_out, status.commit]
}

/// Did the node ever lead?
fn run(seed: u64, options: Options) -> bool {
    let mut draws = Draws::new(seed);
    let stored = if draws.chance(10) { Stored::join() } else { Stored::found([N1, NodeId(2)]) };
    let mut lab = Lab::new(N1, options, stored);
    let mut before = lab.status();
    let mut led = false;
    if draws.chance(50) {
        campaign(&mut lab);
    }
    for step in 0..200 {
        happen(&mut lab, &mut draws, step);
        led |= lab.node.leads();
        let status = lab.status();
        assert!(marks(&status).is_sorted(), "seed {seed}: {status:?}");
        assert!(status.commit <= status.last.index, "seed {seed}: {status:?}");
        assert!(status.term >= before.term, "seed {seed}: terms never fall");
        for (now, then) in marks(&status).iter().zip(marks(&before)) {
            assert!(*now >= then, "seed {seed}, step {step}: marks never fall");
        }
        before = status;
        if draws.chance(2) {
            lab.restart().expect("disk and store fit");
            before = lab.status();
        }
    }
    let mut tickets = BTreeSet::new();
    for (ticket, _) in &lab.over {
        assert!(tickets.insert(*ticket), "seed {seed}: {ticket:?} is over once");
    }
    led
}

#[test]
fn whatever_arrives_the_node_goes_on() {
    check(|| {
        let mut led = 0;
        for seed in 0..600 {
            for options in [TIGHT, WIDE, EAGER] {
                led += u32::from(run(seed, options));
            }
        }
        assert!(led > 600, "in {led} runs of 1800 the node led");
    });
}
