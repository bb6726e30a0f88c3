//! 2.8 and 2.9: what may leave, what is written, what is applied; and receipts for entries that are
//! gone.

use crate::lab::{Lab, N2, N3, WIDE, append, at, holds, lacks};
use crate::node::{ALL, Disk, Op, SMALL, entries, entry};
use basics::{Index, Message, Term};
use election::HardState;
use harness::check;
use replication::{Body, OnDisk, Options};

/// What a batch of the replica sends now, writes, sends after that, and applies.
#[derive(Debug, PartialEq)]
struct Split {
    now: Vec<Body<Op>>,
    hard_state: Option<HardState>,
    written: Option<(u64, usize)>,
    gated: Vec<Body<Op>>,
    applied: Option<(u64, usize)>,
}

/// Takes one batch apart. Its save is not synced: a clone of it is opened, as no disk would.
fn split(lab: &mut Lab) -> Split {
    let batch = lab.replica.ready().expect("there is something to do");
    let save = batch.save.clone();
    let bodies = |messages: Vec<Message<Body<Op>>>| {
        messages.into_iter().map(|message| message.body).collect()
    };
    let parts = |span: &replication::Span<Op>| (span.prev.index.0, span.entries.len());
    lab.saves.extend(batch.save);
    Split {
        now: bodies(batch.send_now),
        hard_state: save.as_ref().and_then(|save| save.content().hard_state),
        written: save.as_ref().and_then(|save| save.content().entries.as_ref()).map(parts),
        gated: save.map(|save| bodies(save.synced().1)).unwrap_or_default(),
        applied: batch.apply.as_ref().map(parts),
    }
}

#[test]
fn an_acceptance_waits_for_the_disk() {
    check(|| {
        let mut lab = Lab::follower(2, &[1]);
        lab.receive(N2, 2, append(at(1, 1), vec![entry(2, 1)], 0)).expect("n2 leads");
        let split = split(&mut lab);
        assert_eq!(split.now, [], "what leaves before the sync");
        assert_eq!(split.written, Some((1, 1)), "one entry is written, after entry 1");
        assert_eq!(split.gated, [holds(2)], "what leaves after the sync");
    });
}

#[test]
fn an_acceptance_of_nothing_new_waits_too() {
    check(|| {
        let mut lab = Lab::follower(2, &[1]);
        lab.receive(N2, 2, append(at(1, 1), vec![entry(2, 1)], 0)).expect("n2 leads");
        let first = split(&mut lab);
        assert_eq!(first.gated, [holds(2)], "the first answer");
        // The first save is still on its way to the disk when the append comes again.
        lab.receive(N2, 2, append(at(1, 1), vec![entry(2, 1)], 0)).expect("n2 leads");
        let second = split(&mut lab);
        assert_eq!(second.now, [], "entry 2 is still not on disk");
        assert_eq!(second.written, None, "it is on its way already");
        assert_eq!(second.gated, [holds(2)], "the second answer waits behind the first");
    });
}

#[test]
fn a_refusal_need_not_wait() {
    check(|| {
        let mut lab = Lab::follower(2, &[1]);
        lab.receive(N2, 2, append(at(2, 5), vec![], 0)).expect("n2 leads");
        let split = split(&mut lab);
        assert_eq!(split.now, [lacks(at(2, 5), at(1, 1))], "nothing is promised");
        assert_eq!((split.written, split.gated), (None, vec![]), "and nothing written");
    });
}

#[test]
fn a_leaders_appends_need_not_wait() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[]);
        lab.receive(N2, 4, holds(1)).expect("n1 leads");
        lab.work();
        lab.sent.clear();
        lab.propose(7).expect("n1 leads");
        lab.propose(8).expect("n1 leads");
        let split = split(&mut lab);
        let both = vec![entry(4, 7), entry(4, 8)];
        assert_eq!(split.now, [append(at(4, 1), both, 1)], "to n2, while n1's disk writes");
        assert_eq!(split.written, Some((1, 2)), "what n1's disk writes");
        assert_eq!(split.gated, [], "nothing waits for it");
        assert_eq!(split.applied, None, "nothing is committed");
    });
}

#[test]
fn everything_new_is_written() {
    check(|| {
        // Entries of 20 bytes, and batches of 45: that bounds messages, not writes.
        let pieces = Options { limits: None, ..SMALL };
        let mut lab = Lab::leader(3, pieces, 3, &[]);
        for number in 0..6 {
            lab.propose(number).expect("n1 leads");
        }
        assert_eq!(split(&mut lab).written, Some((0, 7)), "n1's first entry and six more");
    });
}

#[test]
fn votes_wait_as_before() {
    check(|| {
        let mut lab = Lab::follower(2, &[1]);
        lab.stand();
        let split = split(&mut lab);
        assert_eq!(split.now, [], "what leaves before the sync");
        let voted = HardState { term: Term(3), vote: Some(crate::lab::N1) };
        assert_eq!(split.hard_state, Some(voted), "the term and the vote are written");
        assert_eq!(split.gated.len(), 2, "the requests to n2 and n3");
    });
}

#[test]
fn only_what_is_new_is_written() {
    check(|| {
        let mut lab = Lab::follower(2, &[1, 1]);
        for (prev, number, written) in [(at(1, 2), 1, (2, 1)), (at(2, 3), 2, (3, 1))] {
            lab.receive(N2, 2, append(prev, vec![entry(2, number)], 0)).expect("n2 leads");
            assert_eq!(split(&mut lab).written, Some(written), "one entry a time");
        }
        assert!(lab.replica.ready().is_none(), "nothing has happened since");
    });
}

#[test]
fn what_was_cut_is_written_over() {
    check(|| {
        let mut lab = Lab::follower(3, &[1, 2, 2, 2]);
        lab.receive(N2, 3, append(at(1, 1), vec![entry(3, 1)], 0)).expect("n2 leads");
        let split = split(&mut lab);
        assert_eq!(
            split.written,
            Some((1, 1)),
            "the disk's log is cut after 1, and gets one entry"
        );
    });
}

#[test]
fn a_term_is_saved_with_the_first_entry() {
    check(|| {
        let mut lab = Lab::follower(2, &[1]);
        lab.receive(N2, 5, append(at(1, 1), vec![entry(5, 1)], 0)).expect("n2 leads");
        let split = split(&mut lab);
        let saved = split.hard_state.map(|state| state.term);
        assert_eq!(saved, Some(Term(5)), "a promise to the leader of term 5 is kept in term 5");
        assert_eq!((split.written, split.gated), (Some((1, 1)), vec![holds(2)]), "all in one save");
    });
}

#[test]
fn committed_entries_are_applied_once() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[1]);
        assert_eq!(lab.applied, [], "nothing is committed");
        lab.receive(N2, 4, holds(2)).expect("n1 leads");
        lab.work();
        let indexes: Vec<u64> = lab.applied.iter().map(|(index, _)| index.0).collect();
        assert_eq!(indexes, [1, 2], "entries 1 and 2, in order");
        lab.receive(N3, 4, holds(2)).expect("n1 leads");
        lab.work();
        assert_eq!(lab.applied.len(), 2, "each once");
    });
}

#[test]
fn nothing_is_applied_before_it_is_on_this_disk() {
    check(|| {
        let mut lab = Lab::elected(3, WIDE, 3, &[]);
        lab.ready();
        for other in [N2, N3] {
            lab.receive(other, 4, holds(1)).expect("n1 leads");
        }
        assert_eq!(lab.commit(), 1, "n2 and n3 hold it");
        lab.ready();
        assert_eq!(lab.applied, [], "n1's disk does not hold entry 1 yet");
        lab.work();
        assert_eq!(lab.applied.len(), 1, "now it does");
    });
}

#[test]
fn a_followers_state_machine_waits_for_its_disk() {
    check(|| {
        let mut lab = Lab::follower(2, &[]);
        lab.receive(N2, 2, append(at(0, 0), entries(&[2, 2]), 2)).expect("n2 leads");
        lab.ready();
        assert_eq!((lab.commit(), lab.applied.len()), (2, 0), "committed, and not on n1's disk");
        lab.work();
        assert_eq!(lab.applied.len(), 2, "the disk has synced");
    });
}

#[test]
fn a_long_log_is_applied_in_pieces() {
    check(|| {
        // Entries of 20 bytes, batches of 45.
        let mut lab = Lab::new(3, ALL, Disk::with(2, &[2; 5]));
        lab.receive(N2, 2, append(at(2, 5), vec![], 5)).expect("n2 leads");
        let mut pieces = Vec::new();
        for _ in 0..10 {
            let before = lab.applied.len();
            if !lab.ready() {
                break;
            }
            pieces.push(lab.applied.len() - before);
        }
        assert_eq!(pieces, [2, 2, 1], "entries in each batch");
    });
}

#[test]
fn a_state_machine_that_lags_gets_nothing_more() {
    check(|| {
        // An entry counts about 20 bytes, a batch holds 45, and 100 may wait.
        let mut lab = Lab::new(1, SMALL, Disk::with(3, &[1; 20]));
        lab.lags = true;
        lab.stand();
        lab.work();
        let given = lab.applied.len();
        assert!(
            (5..=7).contains(&given),
            "{given} entries were handed out and none is carried out: 100 bytes may wait, and an \
             entry counts 20"
        );
        lab.tick(3);
        lab.work();
        assert_eq!(lab.applied.len(), given, "none of them was carried out");
        lab.replica.note_applied(lab.replica.handed_out());
        lab.work();
        assert!(lab.applied.len() > given, "there is room again");
        lab.lags = false;
        for _ in 0..20 {
            lab.replica.note_applied(lab.replica.handed_out());
            lab.work();
        }
        assert_eq!(lab.applied.len(), 21, "all come in the end, each once");
    });
}

#[test]
fn a_node_whose_state_machine_lags_goes_on() {
    check(|| {
        // As much waits to be carried out as may.
        let mut lab = Lab::new(3, SMALL, Disk::with(2, &[2; 20]));
        lab.lags = true;
        lab.receive(N2, 2, append(at(2, 20), vec![], 20)).expect("n2 leads");
        lab.work();
        lab.sent.clear();
        lab.receive(N2, 2, append(at(2, 20), entries(&[2]), 20)).expect("n2 leads");
        lab.work();
        assert_eq!(lab.take_sent(N2), [holds(21)], "it takes entries, saves and answers");
    });
}

#[test]
fn nothing_is_handed_out_twice_while_it_waits() {
    check(|| {
        let mut lab = Lab::new(3, SMALL, Disk::with(2, &[2; 3]));
        lab.lags = true;
        lab.receive(N2, 2, append(at(2, 3), vec![], 3)).expect("n2 leads");
        lab.work();
        assert_eq!(lab.applied.len(), 3, "three entries wait, and more might");
        assert!(!lab.ready(), "nothing has happened since");
        let marks = [lab.replica.handed_out(), lab.replica.applied()];
        assert_eq!(marks, [Index(3), Index(0)], "handed out, applied");
    });
}

#[test]
fn what_is_handed_out_is_gone() {
    check(|| {
        let mut lab = Lab::follower(2, &[1]);
        assert!(lab.replica.ready().is_none(), "a node that has just started wants nothing");
        lab.receive(N2, 2, append(at(1, 1), vec![entry(2, 1)], 1)).expect("n2 leads");
        assert!(lab.ready(), "there is an entry to save");
        assert!(!lab.ready(), "nothing has happened since");
        lab.sync();
        assert!(!lab.ready(), "entry 1 was applied with the first batch, entry 2 is not committed");
    });
}

#[test]
fn what_is_cut_is_not_on_disk() {
    check(|| {
        let mut on_disk = OnDisk::new(Index(6));
        on_disk.cut(Index(4));
        assert_eq!(
            (on_disk.synced(), on_disk.handed_out()),
            (Index(4), Index(4)),
            "the disk holds 5 and 6 of a log that is no more"
        );
        on_disk.cut(Index(9));
        assert_eq!(on_disk.synced(), Index(4), "a cut after what the disk holds");
    });
}

#[test]
fn a_cut_after_a_save_leaves_it_alone() {
    check(|| {
        let mut on_disk = OnDisk::new(Index(2));
        on_disk.hand_out(Index(3));
        on_disk.hand_out(Index(7));
        on_disk.cut(Index(5));
        on_disk.receipt();
        assert_eq!(on_disk.synced(), Index(3), "the first save ends at 3, before the cut at 5");
        on_disk.receipt();
        assert_eq!(on_disk.synced(), Index(5), "of the second's, 6 and 7 were cut");
    });
}

#[test]
fn a_receipt_for_what_was_cut() {
    check(|| {
        let mut on_disk = OnDisk::new(Index(4));
        on_disk.hand_out(Index(7));
        on_disk.cut(Index(4));
        on_disk.hand_out(Index(7));
        on_disk.receipt();
        assert_eq!(on_disk.synced(), Index(4), "the first save held other entries 5 to 7");
        on_disk.receipt();
        assert_eq!(on_disk.synced(), Index(7), "the second holds these");
    });
}

#[test]
fn a_cut_goes_through_all_saves() {
    check(|| {
        let mut on_disk = OnDisk::new(Index(2));
        for last in [3, 5, 7] {
            on_disk.hand_out(Index(last));
        }
        on_disk.cut(Index(4));
        assert_eq!(on_disk.handed_out(), Index(4), "what the disk will hold in the end");
        for synced in [3, 4, 4] {
            on_disk.receipt();
            assert_eq!(on_disk.synced(), Index(synced), "saves to 3, 5 and 7, and a cut to 4");
        }
    });
}

#[test]
fn a_leader_does_not_count_what_was_cut() {
    check(|| {
        // Two saves: n2's entries 2 to 4 of term 2, then n3's of term 3 in their place.
        let mut lab = Lab::follower(2, &[1]);
        lab.receive(N2, 2, append(at(1, 1), entries(&[1, 2, 2, 2])[1..].to_vec(), 0))
            .expect("n2 leads");
        lab.ready();
        lab.receive(N3, 3, append(at(1, 1), entries(&[1, 3, 3, 3])[1..].to_vec(), 4))
            .expect("n3 leads");
        lab.ready();
        assert_eq!(lab.commit(), 4, "n3 has committed its entries");
        lab.sync();
        lab.ready();
        assert_eq!(lab.replica.synced(), Index(1), "n1's disk holds n2's entries, not n3's");
        assert_eq!(lab.applied.len(), 1, "and n1 applies what is on its disk: entry 1");
        lab.work();
        let terms: Vec<u64> = lab.applied.iter().map(|(_, entry)| entry.term.0).collect();
        assert_eq!(terms, [1, 3, 3, 3], "what n1 has applied in the end");
    });
}
