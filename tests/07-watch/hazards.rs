//! Where real implementations went wrong, or could: one script each.

use crate::past::Broken;
use crate::past::Change::Delete;
use crate::world::{EVERY, World, all_from, line, put, revision, watch, watch_from};
use api::WatchCreateRequest;
use bytes::Bytes;
use harness::check;
use std::collections::BTreeMap;
use std::sync::Arc;
use watch::{Limits, StreamId, WatchId, weight};

/// So few bytes of the newest events are kept that it is one or two.
fn forgetful() -> World {
    World::with(Limits { ring: 700, ..Limits::default() })
}

/// So many watchers of the same.
fn create(world: &mut World, stream: StreamId, count: usize, request: &WatchCreateRequest) {
    for _ in 0..count {
        world.create(stream, request);
    }
}

#[test]
fn a_start_that_is_gone_is_created_and_then_ends() {
    check(|| {
        let mut world = World::new();
        world.puts("a", 8);
        world.compact(5);
        let stream = world.open();
        world.hub.create(stream, &watch_from("a", "", 4), Ok(())).expect("there is room");
        assert_eq!(world.lines(stream), ["0@9: created", "0@0: canceled compacted 5"]);
        world.puts("a", 1);
        world.hub.tick(EVERY);
        assert_eq!(world.lines(stream), [""; 0], "nothing comes after that");
        // It is gone although the newest events are all at hand, and although none is for it.
        world.hub.create(stream, &watch_from("b", "", 4), Ok(())).expect("there is room");
        assert_eq!(world.lines(stream), ["1@10: created", "1@0: canceled compacted 5"]);
    });
}

#[test]
fn the_number_of_a_watcher_that_ended_so_stays_taken() {
    check(|| {
        let mut world = World::new();
        world.puts("a", 8);
        world.compact(5);
        let (stream, other) = world.watching(&watch("a", ""));
        let gone = WatchCreateRequest { watch_id: 7, ..watch_from("a", "", 2) };
        world.create(stream, &gone);
        assert_eq!(world.lines(stream), ["7@0: canceled compacted 5"]);
        assert!(world.refused(stream, &gone, Ok(())).contains("duplicate"));
        world.hub.progress(stream).expect("there is room");
        assert_eq!(world.lines(stream), [""; 0], "the client does not know yet");
        world.hub.cancel(stream, WatchId(7)).expect("there is room");
        assert_eq!(world.lines(stream), ["7@9: canceled"], "now it does");
        world.hub.progress(stream).expect("there is room");
        assert_eq!(world.lines(stream), ["-1@9:"]);
        world.hub.cancel(stream, WatchId(7)).expect("there is room");
        assert_eq!(world.lines(stream), [""; 0]);
        let again = WatchCreateRequest { start_revision: 9, ..gone };
        world.create(stream, &again);
        assert_eq!(world.lines(stream), ["7@9: put a=v at 9"]);
        world.hub.cancel(stream, other).expect("there is room");
    });
}

#[test]
fn a_start_at_the_compaction_is_there_but_not_what_was_before() {
    check(|| {
        let mut world = World::new();
        world.write(&[put("a", "1")]);
        world.write(&[put("a", "2")]);
        world.write(&[put("a", "3")]);
        world.compact(3);
        let request = WatchCreateRequest { prev_kv: true, ..watch_from("a", "", 3) };
        let (stream, _) = world.watching(&request);
        assert_eq!(world.lines(stream), ["0@4: put a=2 at 3, put a=3 at 4 (was 2 at 3)"]);
    });
}

#[test]
fn a_slow_watcher_ends_when_a_compaction_overtakes_it() {
    check(|| {
        let mut world = forgetful();
        let (slow, _) = world.watching(&watch("a", ""));
        world.puts("a", 9);
        world.compact(5);
        assert_eq!(world.lines(slow), ["0@0: canceled compacted 5"]);
        // This one has just not been overtaken.
        let (slow, _) = world.watching(&watch("a", ""));
        world.puts("b", 3);
        world.puts("a", 9);
        world.compact(14);
        let lines = world.lines(slow);
        assert!(lines[0].starts_with("0@22: put a=v at 14, put a=v at 15"), "{lines:?}");
    });
}

#[test]
fn a_slow_watcher_does_not_end_when_its_events_are_at_hand() {
    check(|| {
        let mut world = World::new();
        let (slow, _) = world.watching(&watch("a", ""));
        world.puts("a", 2);
        world.compact(3);
        let told = "put a=v at 2, put a=v at 3";
        assert_eq!(world.lines(slow), [format!("0@3: {told}")]);
    });
}

#[test]
fn a_quiet_watcher_never_ends_by_a_compaction() {
    check(|| {
        let mut world = forgetful();
        let (quiet, _) = world.watching(&watch("a", ""));
        let (read, _) = world.watching(&watch_from("a", "", 1));
        assert_eq!(world.lines(read), [""; 0]);
        world.puts("b", 50);
        world.compact(51);
        for stream in [quiet, read] {
            assert_eq!(world.lines(stream), [""; 0]);
        }
        world.puts("a", 1);
        for stream in [quiet, read] {
            assert_eq!(world.lines(stream), ["0@52: put a=v at 52"]);
        }
    });
}

#[test]
fn a_watcher_of_the_future_does_not_end_by_a_compaction() {
    check(|| {
        let mut world = forgetful();
        let (stream, _) = world.watching(&watch_from("a", "", 30));
        world.puts("b", 20);
        world.compact(21);
        world.puts("a", 10);
        let told = world.lines(stream).join("; ");
        assert!(told.contains("at 30") && told.contains("at 31"), "{told}");
    });
}

#[test]
fn nothing_is_lost_or_told_twice_between_the_past_and_the_present() {
    check(|| {
        // Whenever the writer goes on while a watcher reads, all comes once.
        for ring in [0, 700, 1 << 20] {
            for pause in 0..12 {
                let limits = Limits { ring, revisions: 2, ..Limits::default() };
                let mut world = World::with(limits);
                world.puts("a", 9);
                let (stream, _) = world.watching(&watch_from("a", "", 2));
                let mut told = Vec::new();
                for turn in 0..24 {
                    if turn >= pause && turn < pause + 6 {
                        world.puts("a", 1);
                    }
                    if let Some(answer) = world.say(stream) {
                        let kvs = answer.events.into_iter().map(|event| event.kv.expect("a pair"));
                        told.extend(kvs.map(|kv| kv.mod_revision));
                    }
                }
                assert_eq!(told, (2..=16).collect::<Vec<i64>>(), "ring {ring}, pause {pause}");
            }
        }
    });
}

#[test]
fn after_a_progress_answer_everything_is_newer() {
    check(|| {
        for ring in [700, 1 << 20] {
            let mut world = World::with(Limits { ring, bytes: 1, ..Limits::default() });
            let stream = world.open();
            for key in ["a", "a", "b"] {
                world.create(stream, &watch(key, ""));
            }
            world.puts("a", 2);
            world.hub.progress(stream).expect("there is room");
            // What is written now may come before the answer, and does not hold it up.
            world.puts("b", 2);
            world.puts("a", 2);
            let mut left = BTreeMap::from([(0, 0), (1, 0), (2, 0)]);
            let mut answered = false;
            while let Some(answer) = world.say(stream) {
                if answer.watch_id == -1 {
                    assert_eq!(revision(&answer), 3, "the newest when it asked");
                    assert!(left[&0] >= 2 && left[&1] >= 2, "it came too early: {left:?}");
                    assert!(left != BTreeMap::from([(0, 4), (1, 4), (2, 2)]), "it came last");
                    answered = true;
                } else {
                    *left.get_mut(&answer.watch_id).expect("it is one of them") += 1;
                }
            }
            assert!(answered, "all were in sync when it asked");
        }
    });
}

#[test]
fn a_progress_answer_waits_for_nobody_who_has_ended() {
    check(|| {
        let mut world = forgetful();
        let (stream, first) = world.watching(&watch("a", ""));
        let second = world.create(stream, &watch("a", ""));
        world.puts("a", 1);
        world.hub.progress(stream).expect("there is room");
        world.hub.cancel(stream, first).expect("there is room");
        // The other one is overtaken by a compaction while the answer waits for it.
        world.puts("b", 9);
        world.compact(11);
        let lines = world.lines(stream);
        let expected = ["0@2: canceled", "1@0: canceled compacted 11", "-1@2:"];
        assert_eq!(lines, expected, "{second} has ended too");
    });
}

#[test]
fn a_stream_may_ask_again_before_it_was_answered() {
    check(|| {
        let mut world = World::new();
        let (stream, _) = world.watching(&watch("a", ""));
        world.puts("a", 1);
        world.hub.progress(stream).expect("there is room");
        world.puts("a", 1);
        world.hub.progress(stream).expect("there is room");
        let lines = world.lines(stream);
        assert_eq!(lines, ["0@3: put a=v at 2, put a=v at 3", "-1@2:", "-1@3:"]);
    });
}

#[test]
fn who_asks_and_then_wants_the_past_is_not_told_too_early() {
    check(|| {
        let mut world = World::with(Limits { revisions: 1, ..Limits::default() });
        let (stream, _) = world.watching(&watch("a", ""));
        world.puts("a", 3);
        world.hub.progress(stream).expect("there is room");
        world.create(stream, &watch_from("a", "", 2));
        let lines = world.lines(stream);
        let place = lines.iter().position(|line| line == "-1@4:").expect("it is answered");
        let early: Vec<_> = lines[place..].iter().filter(|line| line.contains("put")).collect();
        assert_eq!(early, [""; 0], "all of it is up to 4");
        // If nothing is under way, the answer stands before the watcher that comes after it.
        world.hub.progress(stream).expect("there is room");
        world.hub.create(stream, &watch_from("a", "", 4), Ok(())).expect("there is room");
        assert_eq!(world.lines(stream), ["-1@4:", "2@4: created", "2@4: put a=v at 4"]);
    });
}

#[test]
fn a_watcher_with_an_old_number_is_told_nothing_of_the_old_one() {
    check(|| {
        let mut world = World::new();
        let request = WatchCreateRequest { watch_id: 5, ..watch("a", "") };
        let (stream, id) = world.watching(&request);
        world.puts("a", 1);
        world.hub.cancel(stream, id).expect("there is room");
        let request = WatchCreateRequest { watch_id: 5, ..watch("b", "") };
        world.hub.create(stream, &request, Ok(())).expect("there is room");
        assert_eq!(world.lines(stream), ["5@2: canceled", "5@2: created"]);
        world.write(&[put("a", "1"), put("b", "1")]);
        assert_eq!(world.lines(stream), ["5@3: put b=1 at 3"]);
    });
}

#[test]
fn a_store_that_was_replaced_is_read_from_where_each_watcher_was() {
    check(|| {
        let mut world = World::new();
        let (quiet, _) = world.watching(&watch("a", ""));
        let (slow, _) = world.watching(&watch("a", ""));
        let (future, _) = world.watching(&watch_from("a", "", 6));
        let (far, _) = world.watching(&watch_from("a", "", 9));
        world.puts("a", 1);
        assert_eq!(world.lines(quiet), ["0@2: put a=v at 2"]);
        for _ in 0..5 {
            world.past.write(&[put("a", "new")]);
        }
        world.hub.resync(world.past.newest());
        world.puts("a", 2);
        let told = |from: i64, to: i64| -> String {
            let all = (from..=to).map(|at| {
                let value = if (3..=7).contains(&at) { "new" } else { "v" };
                format!("put a={value} at {at}")
            });
            format!("0@9: {}", all.collect::<Vec<_>>().join(", "))
        };
        for (stream, from) in [(quiet, 3), (slow, 2), (future, 6), (far, 9)] {
            assert_eq!(world.lines(stream), [told(from, 9)]);
        }
    });
}

#[test]
fn a_store_that_was_replaced_may_lack_what_a_watcher_needs() {
    check(|| {
        for (compacted, expected) in [
            (2, ["0@7: put a=v at 2, put a=v at 3, put a=v at 7", "0@7: put a=v at 7"]),
            (4, ["0@0: canceled compacted 4", "0@7: put a=v at 7"]),
            (5, ["0@0: canceled compacted 5", "0@0: canceled compacted 5"]),
        ] {
            let mut world = World::new();
            let (slow, _) = world.watching(&watch("a", ""));
            let (quiet, _) = world.watching(&watch("a", ""));
            world.puts("a", 2);
            assert_eq!(world.lines(quiet).len(), 1);
            for key in ["b", "b", "b", "a"] {
                world.past.write(&[put(key, "v")]);
            }
            world.compact(compacted);
            world.hub.resync(world.past.newest());
            let found = [slow, quiet].map(|stream| world.lines(stream).join("; "));
            assert_eq!(found, expected, "compacted at {compacted}");
        }
    });
}

#[test]
fn an_event_that_is_not_wanted_is_no_event() {
    check(|| {
        let mut world = World::new();
        let request =
            WatchCreateRequest { filters: vec![0], progress_notify: true, ..watch("a", "") };
        let (stream, _) = world.watching(&request);
        world.puts("a", 1);
        assert_eq!(world.hub.ready(), None, "nobody has something to say");
        world.hub.tick(EVERY);
        assert_eq!(world.lines(stream), ["0@2:"], "it was told of no event");
    });
}

#[test]
fn a_revision_that_is_larger_than_all_room_comes_whole() {
    check(|| {
        let mut world = World::with(Limits { ring: 2_000, bytes: 100, ..Limits::default() });
        let (stream, _) = world.watching(&watch("a", "z"));
        let keys = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n"];
        world.write(&keys.map(|key| put(key, "1")));
        assert_eq!(world.hub.kept(), 0, "it keeps none of it");
        let answer = world.say(stream).expect("there are events");
        assert_eq!(answer.events.len(), keys.len());
        world.write(&keys.map(Delete));
        assert_eq!(world.say(stream).expect("there are events").events.len(), keys.len());
    });
}

#[test]
fn ten_thousand_slow_watchers_cost_no_copy() {
    check(|| {
        let mut world = World::with(Limits { ring: 1 << 20, ..Limits::default() });
        for _ in 0..100 {
            let stream = world.open();
            create(&mut world, stream, 100, &watch("a", ""));
        }
        let value = Bytes::from(vec![7; 100_000]);
        for _ in 0..100 {
            let change = crate::past::Change::Put("a", value.clone());
            let revision = world.past.write(&[change]).expect("a put is one");
            let events: Arc<[_]> = world.past.of(revision).to_vec().into();
            world.hub.note(revision, events.clone());
            assert_eq!(Arc::strong_count(&events), 2, "it is there once, for all of them");
            assert!(world.hub.kept() <= 1 << 20);
        }
        let bytes = weight(&world.past.events[2][0]);
        assert_eq!(world.hub.kept(), (1 << 20) / bytes * bytes, "as many as there is room for");
    });
}

#[test]
fn a_watcher_keeps_nothing_of_the_request() {
    check(|| {
        let mut world = World::new();
        let buffer = Bytes::from(vec![b'a'; 1_000_000]);
        let request = WatchCreateRequest {
            key: buffer.slice(0..1),
            range_end: buffer.slice(0..2),
            ..WatchCreateRequest::default()
        };
        world.watching(&request);
        drop(request);
        assert!(buffer.is_unique(), "a megabyte stays for two short keys");
    });
}

#[test]
fn whoever_is_live_does_not_wait_for_all_that_read() {
    check(|| {
        let limits = Limits { ring: 0, revisions: 1, ..Limits::default() };
        let mut world = World::with(limits);
        world.puts("b", 30);
        let (stream, live) = world.watching(&watch("a", ""));
        create(&mut world, stream, 50, &watch_from("b", "", 2));
        // There is no room for what was just written, so it has to be read; but it comes next.
        world.puts("a", 1);
        let turns = (0..).find(|_| {
            let said = world.hub.next(stream, &world.past).expect("the disk works");
            said.is_some_and(|answer| answer.response.watch_id == live.0)
        });
        assert!(turns < Some(60), "{turns:?} turns, of which 50 are others'");
        let mut world = World::with(Limits { ring: 10_000, ..limits });
        world.puts("b", 100);
        let (stream, live) = world.watching(&watch("a", ""));
        create(&mut world, stream, 50, &watch_from("b", "", 2));
        world.puts("a", 1);
        let turns = (0..).find(|_| {
            let said = world.hub.next(stream, &world.past).expect("the disk works");
            said.is_some_and(|answer| answer.response.watch_id == live.0)
        });
        assert!(turns <= Some(1), "{turns:?} turns, though it is at hand");
    });
}

#[test]
fn streams_take_turns() {
    check(|| {
        let mut world = World::with(Limits { revisions: 1, ..Limits::default() });
        world.puts("b", 30);
        let read: Vec<StreamId> =
            (0..50).map(|_| world.watching(&watch_from("b", "", 2)).0).collect();
        let (live, _) = world.watching(&watch("a", ""));
        world.puts("a", 1);
        let mut turns = Vec::new();
        for _ in 0..102 {
            let stream = world.hub.ready().expect("there is much to say");
            world.hub.next(stream, &world.past).expect("the disk works");
            turns.push(stream);
        }
        assert!(turns[..2].contains(&live), "it is served at once");
        for stream in read {
            let count = turns.iter().filter(|turn| **turn == stream).count();
            assert!((2..=3).contains(&count), "{stream} had {count} turns of 101");
        }
    });
}

#[test]
fn a_stream_in_hand_is_left_alone() {
    check(|| {
        let mut world = World::new();
        let (slow, _) = world.watching(&watch("a", ""));
        let (fast, _) = world.watching(&watch("a", ""));
        world.puts("a", 1);
        assert_eq!((world.hub.ready(), world.hub.ready()), (Some(slow), Some(fast)));
        world.lines(fast);
        for _ in 0..5 {
            world.puts("a", 1);
            assert_eq!(world.hub.ready(), Some(fast), "nobody is troubled by the slow one");
            assert_eq!(world.hub.ready(), None);
            assert_eq!(world.lines(fast).len(), 1);
        }
        let answer = world.say(slow).expect("it has room now");
        assert_eq!(answer.events.len(), 6, "and has lost nothing");
        world.puts("a", 1);
        assert_eq!((world.hub.ready(), world.hub.ready()), (Some(slow), Some(fast)));
    });
}

#[test]
fn a_disk_that_fails_loses_nothing() {
    check(|| {
        let mut world = forgetful();
        world.puts("a", 9);
        let request = WatchCreateRequest { prev_kv: true, ..all_from(3) };
        let (stream, _) = world.watching(&request);
        world.past.fails = true;
        for _ in 0..3 {
            assert_eq!(world.hub.next(stream, &world.past), Err(Broken));
        }
        world.past.fails = false;
        let answer = world.say(stream).expect("there are events");
        assert_eq!(answer.events.len(), 8, "{}", line(&answer));
    });
}

#[test]
fn whoever_reads_goes_on_however_much_is_written() {
    check(|| {
        // In one stream, and in two.
        for together in [true, false] {
            let mut world = World::with(Limits { revisions: 1, ..Limits::default() });
            world.puts("b", 10);
            let (busy, _) = world.watching(&watch("a", ""));
            let reads = if together { busy } else { world.open() };
            let reader = world.create(reads, &watch_from("b", "", 2));
            let mut told = 0;
            for _ in 0..60 {
                world.puts("a", 1);
                let stream = world.hub.ready().expect("there is much to say");
                let said = world.hub.next(stream, &world.past).expect("the disk works");
                let is_its = |id: i64| stream == reads && id == reader.0;
                told += usize::from(said.is_some_and(|it| is_its(it.response.watch_id)));
            }
            assert!(told >= 10, "it was told of {told} revisions of 10");
        }
    });
}

#[test]
fn a_store_that_is_ahead_tells_nothing_before_its_time() {
    check(|| {
        for start in [0, 2] {
            let mut world = forgetful();
            world.puts("a", 4);
            let (stream, _) = world.watching(&watch_from("a", "", start));
            world.puts("a", 4);
            // This was written, and the hub was not told of it yet.
            let late = world.past.write(&[put("a", "late")]).expect("a put is one");
            let before = world.lines(stream).join("; ");
            assert!(before.contains("at 9") && !before.contains("late"), "{before}");
            world.hub.note(late, world.past.of(late).clone());
            assert_eq!(world.lines(stream), ["0@10: put a=late at 10"], "and then once");
        }
    });
}

#[test]
fn an_event_takes_the_place_of_word_that_nothing_happened() {
    check(|| {
        let mut world = World::new();
        let request = WatchCreateRequest { progress_notify: true, ..watch("a", "") };
        let (stream, _) = world.watching(&request);
        world.hub.tick(EVERY);
        world.puts("a", 1);
        assert_eq!(world.lines(stream), ["0@2: put a=v at 2"]);
    });
}

#[test]
fn whoever_was_there_first_does_not_wait_for_all_that_come() {
    check(|| {
        let mut world = World::with(Limits { ring: 0, revisions: 1, ..Limits::default() });
        world.puts("a", 20);
        let (reads, _) = world.watching(&all_from(1));
        // For every turn that is given, two clients come who want the past as well.
        let mut told = 0;
        for _ in 0..200 {
            for _ in 0..2 {
                world.watching(&all_from(1));
            }
            let id = world.hub.ready().expect("many wait");
            let answer = world.hub.next(id, &world.past).expect("the disk works");
            told += usize::from(id == reads && answer.is_some());
        }
        assert!(told > 0, "whoever comes stands before whoever waits");
    });
}

#[test]
fn no_number_is_too_large_or_too_small() {
    check(|| {
        let mut world = World::new();
        world.puts("a", 3);
        let stream = world.open();
        for watch_id in [i64::MIN, -1, i64::MAX] {
            for start_revision in [i64::MIN, -1] {
                let request = WatchCreateRequest { watch_id, ..all_from(start_revision) };
                let text = "etcdserver: mvcc: required revision has been compacted";
                assert_eq!(world.refused(stream, &request, Ok(())), text);
            }
            let filters = vec![i32::MIN, -1, 2, i32::MAX];
            let request = WatchCreateRequest { watch_id, filters, ..all_from(i64::MAX) };
            assert_eq!(world.create(stream, &request), WatchId(watch_id));
        }
        world.hub.progress(stream).expect("there is room");
        world.hub.tick(std::time::Duration::MAX);
        let current = world.past.write(&[put("a", "unseen")]).expect("a put is one");
        world.hub.resync(current);
        world.puts("a", 1);
        assert!(world.lines(stream).is_empty());
        assert_eq!(world.create(stream, &watch("a", "")), WatchId(0));
    });
}
