//! Long random histories of a cluster, in virtual time. A history that fails is made shorter before
//! it is shown.
//!
//! After every entry that a member carries out, its rows, its leases and its keys are those of the
//! naive state. A lease that a primary ends was promised to nobody for longer. At the end, all is
//! well for a while, and then no lease is left.

use crate::cluster::{Cluster, Seen};
use crate::member::ttl;
use crate::naive::Entry;
use crate::shrink::{fails, shrink};
use api::{LeaseGrantRequest, LeaseRevokeRequest};
use harness::{Draws, check};
use lease::{Keep, proposed};

/// What happens. Leases are drawn from `seed` where there is one.
#[derive(Clone, Copy, Debug)]
enum Event {
    Grant { node: usize, seed: u64 },
    Revoke { node: usize, seed: u64 },
    Put { node: usize, key: u8, seed: u64 },
    Renew { node: usize, seed: u64 },
    RenewAll { node: usize },
    Pass { milliseconds: u64 },
    Round { node: usize },
    Arrive { node: usize },
    Lose { node: usize },
    CarryOut { node: usize, count: usize },
    Settle,
    Elect { node: usize },
    Depose { node: usize },
    Save { node: usize },
    Restart { node: usize },
    SetBack { node: usize, milliseconds: u64 },
}

/// Each seed has its own mix: how long time passes, and how often something goes wrong.
fn history(seed: u64) -> Vec<Event> {
    let mut draws = Draws::new(seed);
    let step = [300, 1_000, 100_000][draws.index(3)];
    let trouble = draws.below(12);
    (0..400)
        .map(|_| {
            let node = draws.index(3);
            match draws.below(100) + trouble {
                0..8 => Event::Grant { node, seed: draws.next() },
                8..9 => Event::Revoke { node, seed: draws.next() },
                9..13 => Event::Put { node, key: draws.next() as u8 % 16, seed: draws.next() },
                13..22 => Event::Renew { node, seed: draws.next() },
                22..28 => Event::RenewAll { node },
                28..46 => Event::Pass { milliseconds: draws.below(step) },
                46..58 => Event::Round { node },
                58..73 => Event::Arrive { node },
                73..90 => Event::CarryOut { node, count: draws.index(6) + 1 },
                90..94 => Event::Settle,
                94..97 => Event::Save { node },
                97..99 => Event::Elect { node },
                99..101 => Event::SetBack { node, milliseconds: draws.below(20_000) },
                101..103 => Event::Depose { node },
                103..106 => Event::Elect { node },
                106..108 => Event::Restart { node },
                _ => Event::Lose { node },
            }
        })
        .collect()
}

/// A client's request for a lease. No number comes twice, or a revocation that is late could take a
/// lease that has the number of an old one.
fn grant(cluster: &Cluster, draws: &mut Draws, next: &mut i64) -> LeaseGrantRequest {
    let id = match draws.below(10) {
        0 => cluster.some_lease(draws),
        1 => 0,
        _ => {
            *next += 1;
            *next
        }
    };
    let seconds = match draws.below(20) {
        0 => i64::MAX,
        1 => -1,
        2..10 => 2,
        10..16 => i64::try_from(draws.below(30)).expect("a few"),
        _ => i64::try_from(draws.between(290, 5_000)).expect("a few"),
    };
    proposed(&LeaseGrantRequest { id, ttl: seconds }, ttl(2), draws.next())
}

fn play(events: &[Event], keep: Keep) -> Seen {
    let mut cluster = Cluster::new(keep);
    let mut next = 0;
    for event in events {
        match *event {
            Event::Grant { node, seed } => {
                let request = grant(&cluster, &mut Draws::new(seed), &mut next);
                cluster.propose(node, Entry::Grant(request));
            }
            Event::Revoke { node, seed } => {
                let id = cluster.some_lease(&mut Draws::new(seed));
                cluster.propose(node, Entry::Revoke(LeaseRevokeRequest { id }));
            }
            Event::Put { node, key, seed } => {
                let mut draws = Draws::new(seed);
                let lease = draws.chance(80).then(|| cluster.some_lease(&mut draws));
                cluster.propose(node, Entry::Put { key, lease });
            }
            Event::Renew { node, seed } => {
                let lease = cluster.some_lease(&mut Draws::new(seed));
                cluster.renew(node, lease);
            }
            Event::RenewAll { node } => {
                let leases: Vec<i64> = cluster.now().leases.keys().copied().collect();
                leases.into_iter().for_each(|lease| cluster.renew(node, lease));
            }
            Event::Pass { milliseconds } => cluster.pass(milliseconds),
            Event::Round { node } => cluster.round(node),
            Event::Arrive { node } => cluster.arrive(node),
            Event::Lose { node } => cluster.lose(node),
            Event::CarryOut { node, count } => cluster.carry_out(node, count),
            Event::Settle => cluster.settle(),
            Event::Elect { node } => cluster.elect(node),
            Event::Depose { node } => cluster.depose(node),
            Event::Save { node } => cluster.save(node),
            Event::Restart { node } => cluster.restart(node),
            Event::SetBack { node, milliseconds } => cluster.set_back(node, milliseconds),
        }
    }
    cluster.come_to_rest();
    cluster.seen
}

fn all(seeds: std::ops::Range<u64>, keep: Keep) -> Seen {
    let mut sum = Seen::default();
    for seed in seeds {
        let events = history(seed);
        if fails(|| play(&events, keep)) {
            let short = shrink(events, |events| fails(|| play(events, keep)));
            eprintln!("seed {seed}, made shorter: {short:#?}");
            play(&short, keep);
            unreachable!("it has failed before");
        }
        sum.add(&play(&events, keep));
    }
    harness::note(format!("{sum:?}"));
    sum
}

#[test]
fn leases_end_neither_early_nor_late_and_members_agree() {
    check(|| {
        let seen = all(0..600, Keep::Row);
        let Seen { ends, too_late, waits, by_deposed, .. } = seen;
        assert!(ends > 500 && too_late > 20 && waits > 20 && by_deposed > 20, "{seen:?}");
        let Seen { rests, taken_back, refusals, set_back, .. } = seen;
        assert!(rests > 50 && taken_back > 20 && refusals > 50 && set_back > 50, "{seen:?}");
    });
}

#[test]
fn the_same_holds_where_rests_are_not_stored() {
    check(|| {
        let seen = all(1_000..1_100, Keep::Memory);
        assert!(seen.rests > 10 && seen.restarts > 10, "{seen:?}");
    });
}
