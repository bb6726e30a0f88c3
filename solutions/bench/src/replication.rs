//! Chapters 4 and 2 beside the crate `raft`: how many commits a second three nodes make.
//!
//! Chapter 2 replicates a log and no more. Chapter 4 is a whole node, as `raft` is: what it costs
//! beyond chapter 2 is the price of being ready for members, reads and snapshots.
//!
//! The nodes live in one thread and in memory: no network, no disk, no clock. What is left is the
//! price of the protocol itself. One client keeps so many proposals under way at the leader, and
//! proposes as many anew as the leader has applied. With one under way, nothing is shared between
//! proposals, and what wrapping one layer in another costs is seen best: some four thousand
//! instructions a commit, a microsecond. No server is loaded like that, and a disk that syncs hides
//! it; the bar that chapter 4 is not slower than chapter 2 by more than a tenth is for the other
//! two.
//!
//! Owns the [`Node`] that every side is, and the [`Cluster`] that drives each of them: the same
//! loop, the same payloads, the same checks, and as much of the log kept. `whole`, `ours` and
//! `theirs` translate, and no more; the disk of the two that are the workbook's is `disk`.
//!
//! Left out: ticks, so no heartbeats; and faults.

mod disk;
mod ours;
#[cfg(not(all(target_os = "macos", target_arch = "aarch64")))]
mod theirs;
mod whole;

use crate::measure::{Rates, alternate, grouped, timed};
use ours::Ours;
use replication::Limits;
use std::io::{self, Write};
use whole::Whole;

/// How long every payload is. Its first bytes are its number.
const PAYLOAD: usize = 256;

/// A node lets go of its log's beginning whenever it has applied so many more entries, and keeps
/// as many. That is seldom enough for `raft`'s own storage, which moves all that it keeps. (Chapter
/// 4 keeps as many, and lets go of others by itself, whenever it has applied any.)
const KEPT: u64 = 4096;

/// How many appends may be under way to one follower.
const WINDOW: usize = 512;

/// So many turns of all nodes without progress, and a node is broken.
const PATIENCE: u32 = 100;

/// How many proposals are under way, and how many are made.
const LOADS: [(u64, u64); 3] = [(1_000, 2_000_000), (100, 1_000_000), (1, 200_000)];

/// What is measured: so many proposals under way, and so many in all.
type Load = fn(u64, u64);

/// Who is measured. Each is compared with those after it.
const SIDES: &[(&str, Load)] = &[
    ("chapter 4", load::<Whole>),
    ("chapter 2", load::<Ours>),
    #[cfg(not(all(target_os = "macos", target_arch = "aarch64")))]
    ("raft 0.7", load::<theirs::Theirs>),
];

/// One node of three, with its disk. Its name is one of 1, 2 and 3.
trait Node {
    /// What it says to the others.
    type Message;

    /// A node that starts for the first time.
    fn new(name: u64) -> Self;

    /// It wants to lead.
    fn stand(&mut self);

    /// Does it lead?
    fn leads(&self) -> bool;

    /// Payloads for the log, in this order. Each is written where it is to stay, as a service does
    /// that has a request and needs its bytes.
    fn propose(&mut self, payloads: impl Iterator<Item = Number>);

    /// A message arrives.
    fn receive(&mut self, message: Self::Message);

    /// Does what there is to do until nothing is: sends, writes to its disk, which syncs at once,
    /// and applies. An entry without payload is not applied.
    fn work(&mut self, send: &mut impl FnMut(u64, Self::Message), apply: &mut impl FnMut(&[u8]));

    /// Lets go of the entries up to this index, which were applied, in memory and on its disk.
    fn compact(&mut self, index: u64);
}

/// Three nodes, and the messages between them.
struct Cluster<N: Node> {
    /// The first leads.
    nodes: [N; 3],
    inboxes: [Vec<N::Message>; 3],
    /// How many payloads each has applied, and at how many its log was compacted.
    applied: [u64; 3],
    compacted: [u64; 3],
}

/// The limits of a node of the workbook.
fn limits() -> Option<Limits> {
    let limits = replication::Options::default().limits?;
    Some(Limits { window_messages: WINDOW, ..limits })
}

/// Measures every load, and writes a line for each side.
pub fn figure(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "replication: three nodes in one thread, in memory, payloads of {PAYLOAD} bytes\n\
         commits a second: the median of five runs, and the slowest and the fastest"
    )?;
    for (window, count) in LOADS {
        let runs: Vec<_> = SIDES.iter().map(|(_, load)| || timed(|| load(window, count))).collect();
        let rates = alternate(count, &runs);
        writeln!(out, "\n{} under way, {} proposals", grouped(window), grouped(count))?;
        for (place, (name, _)) in SIDES.iter().enumerate() {
            writeln!(out, "  {name:<9}  {:<34}{}", rates[place], ratios(place, &rates))?;
        }
    }
    Ok(())
}

/// How many times as fast one side is as each of those after it.
fn ratios(place: usize, rates: &[Rates]) -> String {
    let others = SIDES.iter().zip(rates).skip(place + 1);
    let ratio = |other: &Rates| rates[place].median() / other.median();
    others.map(|((name, _), other)| format!("  {:.2} of {name}", ratio(other))).collect()
}

/// Makes `count` proposals, with at most `window` of them under way, and waits until all three
/// nodes have applied all of them.
fn load<N: Node>(window: u64, count: u64) {
    let mut cluster: Cluster<N> = Cluster::new();
    cluster.run(window, count, &mut |_, _| {});
}

impl<N: Node> Cluster<N> {
    /// A new cluster, of which the first node leads.
    fn new() -> Cluster<N> {
        let mut cluster = Cluster {
            nodes: [1, 2, 3].map(N::new),
            inboxes: [const { Vec::new() }; 3],
            applied: [0; 3],
            compacted: [0; 3],
        };
        cluster.nodes[0].stand();
        for _ in 0..PATIENCE {
            if cluster.nodes[0].leads() {
                return cluster;
            }
            (0..3).for_each(|place| cluster.turn(place, &mut |_, _| {}));
        }
        panic!("no message is lost, and yet nobody leads");
    }

    /// Makes `count` proposals, with at most `window` under way. It calls `applied` with the place
    /// of the node and the number of the payload, and returns when every node has applied all.
    fn run(&mut self, window: u64, count: u64, applied: &mut impl FnMut(usize, u64)) {
        let mut proposed = 0;
        let (mut before, mut idle) = (self.applied, 0);
        while self.applied != [count; 3] {
            self.turn(0, applied);
            let room = (count - proposed).min(window - (proposed - self.applied[0]));
            if room > 0 {
                self.nodes[0].propose((proposed..proposed + room).map(Number));
                proposed += room;
                self.work(0, applied);
            }
            self.turn(1, applied);
            self.turn(2, applied);
            idle = if self.applied == before { idle + 1 } else { 0 };
            assert!(idle < PATIENCE, "no message is lost, and yet nothing more is committed");
            before = self.applied;
        }
    }

    /// One node reads what was sent to it, and does what follows.
    fn turn(&mut self, place: usize, applied: &mut impl FnMut(usize, u64)) {
        for message in self.inboxes[place].drain(..) {
            self.nodes[place].receive(message);
        }
        self.work(place, applied);
        // There are no fewer entries than payloads, so the index is that of an applied entry.
        let applied = self.applied[place];
        if applied >= self.compacted[place] + 2 * KEPT {
            self.compacted[place] = applied - KEPT;
            self.nodes[place].compact(applied - KEPT);
        }
    }

    fn work(&mut self, place: usize, applied: &mut impl FnMut(usize, u64)) {
        let count = &mut self.applied[place];
        let inboxes = &mut self.inboxes;
        let mut send = |to: u64, message| inboxes[to as usize - 1].push(message);
        self.nodes[place].work(&mut send, &mut |payload| {
            assert_eq!(payload.len(), PAYLOAD, "payloads come out as they went in");
            let number = number(payload);
            assert_eq!(number, *count, "every node applies in the order of the proposals");
            *count += 1;
            applied(place, number);
        });
    }
}

/// The number of a payload, which says all of its bytes.
#[derive(Clone, Copy)]
struct Number(u64);

impl Number {
    /// Writes the payload where it has room, all zeros.
    fn write(self, place: &mut [u8]) {
        place[..8].copy_from_slice(&self.0.to_le_bytes());
    }

    /// The payload alone.
    fn payload(self) -> Vec<u8> {
        let mut bytes = vec![0; PAYLOAD];
        self.write(&mut bytes);
        bytes
    }
}

/// The number of this payload.
fn number(payload: &[u8]) -> u64 {
    u64::from_le_bytes(*payload.first_chunk().expect("a payload begins with its number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each node applied, after 10,000 proposals: enough that logs are compacted.
    fn applied<N: Node>(window: u64) -> [Vec<u64>; 3] {
        let mut all = [const { Vec::new() }; 3];
        let mut cluster: Cluster<N> = Cluster::new();
        cluster.run(window, 10_000, &mut |place, number| all[place].push(number));
        all
    }

    #[test]
    fn all_apply_everything_in_order_on_every_node() {
        for window in [1, 7, 1_000, 20_000] {
            let all: Vec<u64> = (0..10_000).collect();
            let expected = [all.clone(), all.clone(), all];
            assert_eq!(applied::<Whole>(window), expected, "chapter 4, {window} under way");
            assert_eq!(applied::<Ours>(window), expected, "chapter 2, {window} under way");
            #[cfg(not(all(target_os = "macos", target_arch = "aarch64")))]
            assert_eq!(applied::<theirs::Theirs>(window), expected, "raft, {window} under way");
        }
    }
}
