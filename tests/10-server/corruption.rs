//! Members that do not hold the same: who is wrong, and what comes of it.

use crate::client::Client;
use crate::cluster::{Plan, by_lead, members, own, put, stop};
use crate::member::{Member, config, place};
use api::alarm_request::AlarmAction;
use api::maintenance_client::MaintenanceClient;
use api::{AlarmRequest, AlarmType, CompactionRequest, HashKvRequest, HashKvResponse};
use bolt::{Changes, Folder, Options, Store};
use harness::check;
use server::config::Gates;
use server::verdict::{
    Agreement, Beside, Finding, Hashed, Split, agreement, agreement_of, beside, findings,
};
use server::{Config, Stop, run};
use std::path::Path;
use std::thread;
use std::time::Duration;
use tonic::Code;

macro_rules! ask {
    ($client:expr, $call:ident, $request:expr) => {
        $client.call(async |connection, origin| {
            MaintenanceClient::with_origin(connection, origin).$call($request).await
        })
    };
}

const SHOWN: Hashed = Hashed { hash: 1, revision: 7, compacted: 3, newest: 9 };
const OTHER: Hashed = Hashed { hash: 2, ..SHOWN };

#[test]
fn a_member_that_starts_is_wrong_only_if_the_same_compaction_counts() {
    check(|| {
        assert_eq!(beside(&SHOWN, &SHOWN), Beside::Same);
        assert_eq!(beside(&SHOWN, &OTHER), Beside::Different);
        let later = Hashed { compacted: 5, ..OTHER };
        assert_eq!(beside(&SHOWN, &later), Beside::NotEquallyFar);
        let equal = Hashed { compacted: 5, ..SHOWN };
        assert_eq!(beside(&SHOWN, &equal), Beside::Same);
    });
}

#[test]
fn a_leader_finds_who_shows_another_past_or_has_more_than_it_has() {
    check(|| {
        assert_eq!(findings(&SHOWN, &SHOWN, &[(2, SHOWN), (3, SHOWN)]), []);
        assert_eq!(findings(&SHOWN, &SHOWN, &[]), [], "it is alone");
        assert_eq!(findings(&SHOWN, &OTHER, &[]), [Finding::Changed]);
        assert_eq!(Finding::Changed.suspect(1), 1);
        // It went on between the two, so they are not of the same.
        let later = Hashed { revision: 8, ..OTHER };
        assert_eq!(findings(&SHOWN, &later, &[]), []);
        let compacted = Hashed { compacted: 5, ..OTHER };
        assert_eq!(findings(&SHOWN, &compacted, &[]), []);

        let found = findings(&SHOWN, &SHOWN, &[(2, SHOWN), (3, OTHER)]);
        assert_eq!(found, [Finding::Different(3)]);
        assert_eq!(found[0].suspect(1), 3);
        // A follower that has compacted less or more than the leader had is not compared.
        let behind = Hashed { compacted: -1, ..OTHER };
        assert_eq!(findings(&SHOWN, &SHOWN, &[(2, behind)]), []);
        assert_eq!(findings(&SHOWN, &compacted, &[(2, compacted)]), []);
        assert_eq!(findings(&SHOWN, &SHOWN, &[(2, compacted)]), [Finding::CompactedAhead(2)]);
        // What a follower has, the leader has after it has read, or it should not lead.
        let ahead = Hashed { newest: 10, ..SHOWN };
        assert_eq!(findings(&SHOWN, &SHOWN, &[(2, ahead)]), [Finding::Ahead(2)]);
        assert_eq!(findings(&SHOWN, &ahead, &[(2, ahead)]), []);
        let all = Hashed { newest: 10, compacted: 4, ..SHOWN };
        let found = findings(&SHOWN, &SHOWN, &[(2, all), (3, OTHER)]);
        let expected = [Finding::Ahead(2), Finding::CompactedAhead(2), Finding::Different(3)];
        assert_eq!(found, expected);
    });
}

#[test]
fn most_members_are_right() {
    check(|| {
        let (same, other) = (Some(SHOWN), Some(OTHER));
        let third = Some(Hashed { hash: 3, ..SHOWN });
        let elsewhere = Some(Hashed { compacted: 5, ..OTHER });
        let split = |others: &[(u64, Option<Hashed>)]| match agreement(1, &SHOWN, others) {
            Agreement::Split(split) => split,
            agreed => panic!("they do not agree: {agreed:?}"),
        };
        assert_eq!(agreement(1, &SHOWN, &[(2, same), (3, same)]), Agreement::All);
        assert_eq!(agreement(1, &SHOWN, &[(2, same), (3, None)]), Agreement::Part(1));
        assert_eq!(agreement(1, &SHOWN, &[(2, None), (3, elsewhere)]), Agreement::Part(0));
        assert_eq!(agreement(1, &SHOWN, &[(2, same), (3, elsewhere)]), Agreement::Part(1));

        let one = split(&[(2, same), (3, other)]);
        assert_eq!(one, Split { has_quorum: true, groups: vec![(2, vec![3])] });
        assert_eq!(one.suspects(), [3]);
        assert_eq!(split(&[(2, other), (3, other)]).suspects(), [1], "it is the leader");
        assert_eq!(split(&[(2, other)]).suspects(), [0], "nobody can tell");
        assert_eq!(split(&[(2, other), (3, third)]).suspects(), [0]);
        // Who does not say anything is a member all the same.
        assert_eq!(split(&[(2, other), (3, None)]).suspects(), [0]);
        assert_eq!(split(&[(2, same), (3, other), (4, None)]).suspects(), [0]);
        assert_eq!(split(&[(2, same), (3, same), (4, other)]).suspects(), [4]);
        let two = split(&[(2, same), (3, other), (4, third), (5, same)]);
        assert_eq!(two.groups, [(2, vec![3]), (3, vec![4])]);
        assert_eq!(two.suspects(), [3, 4]);
    });
}

fn hash(client: &mut Client, revision: i64) -> HashKvResponse {
    ask!(client, hash_kv, HashKvRequest { revision }).expect("it is told")
}

fn compact(client: &mut Client, revision: i64) {
    let request = CompactionRequest { revision, physical: true };
    client.kv(async |mut kv| kv.compact(request).await).expect("it can be");
}

#[test]
fn sums_are_compared_as_hashes_are() {
    check(|| {
        assert_eq!(agreement_of(1, 5_u64, &[(2, Some(5)), (3, Some(5))]), Agreement::All);
        assert_eq!(agreement_of(1, 5_u64, &[(2, Some(5)), (3, None)]), Agreement::Part(1));
        let split = Split { has_quorum: true, groups: vec![(6_u64, vec![3])] };
        let found = agreement_of(1, 5, &[(2, Some(5)), (3, Some(6))]);
        assert_eq!(found, Agreement::Split(split));
        let split = Split { has_quorum: false, groups: vec![(5_u64, vec![1]), (6, vec![2])] };
        assert_eq!(agreement_of(1, 5, &[(2, Some(6)), (3, None)]), Agreement::Split(split));
    });
}

#[test]
fn what_a_compaction_left_is_remembered() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let mut client = member.client();
        for at in 0..12 {
            put(&mut client, &format!("k{}", at % 3), &format!("{at}")).expect("it can be");
        }
        let before = [hash(&mut client, 4), hash(&mut client, 6)];
        compact(&mut client, 4);
        let again = hash(&mut client, 6);
        assert_eq!((again.compact_revision, before[1].compact_revision), (4, -1));
        compact(&mut client, 6);
        for (revision, expected) in [(4, &before[0]), (6, &again)] {
            let found = hash(&mut client, revision);
            assert_eq!(found.hash, expected.hash, "at {revision}");
            assert_eq!(found.compact_revision, expected.compact_revision);
            assert_eq!(found.hash_revision, revision);
        }
        let gone = ask!(client, hash_kv, HashKvRequest { revision: 5 });
        assert_eq!(gone.expect_err("nobody remembers it").code(), Code::OutOfRange);
        let now = hash(&mut client, 0);
        assert_eq!((now.compact_revision, now.hash_revision), (6, 13));
        compact(&mut client, 13);
        assert_eq!(hash(&mut client, 0).compact_revision, 13, "that is the store as it is");
        assert_eq!(hash(&mut client, 13), HashKvResponse { compact_revision: 6, ..now });
        drop(client);
        member.stop();
    });
}

/// Changes a member's newest value in its file, as a bad disk would.
fn spoil(data: &Path) {
    let folder = Folder::new(data.join("member/snap"));
    let mut store = Store::open(folder, "db", Options::default()).expect("it is one");
    let view = store.view();
    let bucket = view.bucket(b"key").expect("it can be read").expect("it is there");
    let (key, mut value) = bucket
        .range_back(..)
        .next()
        .expect("there is a row")
        .map(|(key, value)| (key.to_vec(), value.to_vec()))
        .expect("it can be read");
    drop(bucket);
    drop(view);
    *value.last_mut().expect("a row is not empty") ^= 1;
    let mut changes = Changes::new();
    changes.bucket(b"key".to_vec()).put(key, value);
    store.commit(changes).expect("it can be written");
}

/// Starts these members, each as it is told.
fn start(plan: &Plan, numbers: &[usize], change: fn(&mut Config)) -> Vec<Member> {
    let starting = numbers.iter().map(|number| {
        let mut config = plan.config(*number);
        change(&mut config);
        thread::spawn(move || Member::start(config))
    });
    let starting: Vec<_> = starting.collect();
    starting.into_iter().map(|thread| thread.join().expect("it starts")).collect()
}

fn alarms(client: &mut Client) -> Vec<(u64, i32)> {
    let request = AlarmRequest { action: AlarmAction::Get as i32, ..AlarmRequest::default() };
    let alarms = ask!(client, alarm, request).expect("it is told").alarms;
    alarms.into_iter().map(|alarm| (alarm.member_id, alarm.alarm)).collect()
}

/// Waits until somebody is found wrong.
fn wait_for_alarms(client: &mut Client) -> Vec<(u64, i32)> {
    loop {
        let alarms = alarms(client);
        if !alarms.is_empty() {
            return alarms;
        }
    }
}

/// Stops the last one, and spoils its file. Which one it was, and its number as a member.
fn spoil_last(plan: &Plan, all: &mut Vec<(Member, Client)>) -> (usize, u64) {
    let (member, mut client) = all.pop().expect("there is one");
    let id = own(&mut client);
    let listed = members(&mut client);
    let name = &listed.iter().find(|it| it.id == id).expect("it is one").name;
    let number = name[1..].parse().expect("it has a number");
    stop([(member, client)]);
    spoil(&plan.place.path().join(name).join("data"));
    (number, id)
}

const CORRUPT: i32 = AlarmType::Corrupt as i32;

fn looks_at_nothing(config: &mut Config) {
    config.sum_check = None;
}

fn looks_at_all(config: &mut Config) {
    config.sum_check = None;
    config.corruption_check = Some(Duration::from_millis(50));
}

#[test]
fn a_follower_whose_store_was_changed_is_found() {
    check(|| {
        let plan = Plan::of(3);
        let mut all = by_lead(start(&plan, &[1, 2, 3], looks_at_all));
        for at in 0..20 {
            put(&mut all[0].1, &format!("{at}"), "there").expect("it can be written");
        }
        assert_eq!(alarms(&mut all[0].1), [], "all have the same");
        let (number, id) = spoil_last(&plan, &mut all);
        put(&mut all[0].1, "with two", "there").expect("two are enough");
        assert_eq!(alarms(&mut all[0].1), [], "who is away is not wrong");
        let back = start(&plan, &[number], looks_at_all).remove(0);
        assert_eq!(wait_for_alarms(&mut all[0].1), [(id, CORRUPT)]);
        let mut client = back.client();
        assert_eq!(wait_for_alarms(&mut client), [(id, CORRUPT)], "all members know");
        for client in [&mut client, &mut all[1].1] {
            let refused = put(client, "more", "").expect_err("somebody has to look first");
            assert_eq!(refused.code(), Code::DataLoss);
            assert_eq!(refused.message(), "etcdserver: corrupt cluster");
        }
        // Whoever clears it is told again.
        let clear =
            AlarmRequest { action: AlarmAction::Deactivate as i32, member_id: id, alarm: CORRUPT };
        ask!(client, alarm, clear).expect("it can be");
        assert_eq!(wait_for_alarms(&mut client), [(id, CORRUPT)]);
        all.push((back, client));
        stop(all);
    });
}

fn looks_at_compactions(config: &mut Config) {
    config.sum_check = None;
    config.gates = Gates::parse("CompactHashCheck=true").expect("it is one");
    config.compact_hash_check = Duration::from_millis(50);
}

#[test]
fn what_compactions_left_shows_who_is_wrong_if_most_agree() {
    check(|| {
        for (count, is_known) in [(3, true), (2, false)] {
            let plan = Plan::of(count);
            let numbers: Vec<usize> = (1..=count).collect();
            let mut all = by_lead(start(&plan, &numbers, looks_at_compactions));
            put(&mut all[0].1, "a", "1").expect("it can be written");
            compact(&mut all[0].1, 2);
            put(&mut all[0].1, "a", "2").expect("it can be written");
            let (number, id) = spoil_last(&plan, &mut all);
            let back = start(&plan, &[number], looks_at_compactions).remove(0);
            let mut client = back.client();
            assert_eq!(alarms(&mut client), [], "nothing was compacted since");
            compact(&mut client, 3);
            let suspect = if is_known { id } else { 0 };
            assert_eq!(wait_for_alarms(&mut client), [(suspect, CORRUPT)]);
            all.push((back, client));
            stop(all);
        }
    });
}

fn looks_at_sums(config: &mut Config) {
    config.sum_check = Some(Duration::from_millis(50));
}

#[test]
fn sums_show_who_holds_something_else() {
    check(|| {
        let plan = Plan::of(3);
        let mut all = by_lead(start(&plan, &[1, 2, 3], looks_at_sums));
        for at in 0..200 {
            put(&mut all[at % 3].1, &format!("{}", at % 7), "there").expect("it can be written");
        }
        assert_eq!(alarms(&mut all[0].1), [], "all have the same, or are not equally far");
        let (number, id) = spoil_last(&plan, &mut all);
        put(&mut all[0].1, "with two", "there").expect("two are enough");
        assert_eq!(alarms(&mut all[0].1), [], "who is away is not wrong");
        let back = start(&plan, &[number], looks_at_sums).remove(0);
        let mut client = back.client();
        assert_eq!(wait_for_alarms(&mut client), [(id, CORRUPT)]);
        all.push((back, client));
        stop(all);
    });
}

fn looks_first(config: &mut Config) {
    config.sum_check = None;
    config.gates = Gates::parse("InitialCorruptCheck=true").expect("it is one");
}

#[test]
fn a_member_whose_store_was_changed_does_not_start() {
    check(|| {
        let plan = Plan::of(3);
        let mut all = by_lead(start(&plan, &[1, 2, 3], looks_first));
        put(&mut all[0].1, "a", "1").expect("it can be written");
        stop(all);
        // Nobody is there before the others are, and all of them start.
        let mut all = by_lead(start(&plan, &[1, 2, 3], looks_first));
        let (number, id) = spoil_last(&plan, &mut all);
        put(&mut all[0].1, "a", "2").expect("two are enough");
        let mut config = plan.config(number);
        looks_first(&mut config);
        let ended = run(&config, &Stop::default(), |_| panic!("it does not serve"));
        let ended = ended.expect_err("others hold something else");
        assert_eq!(ended.to_string(), format!("{id:x} found data inconsistency with peers"));
        assert_eq!(ended.line().message, "discovery failed");
        // Without that check, nobody looks.
        let back = start(&plan, &[number], looks_at_nothing).remove(0);
        let client = back.client();
        all.push((back, client));
        assert_eq!(alarms(&mut all[0].1), []);
        stop(all);
    });
}
