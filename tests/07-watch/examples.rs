//! The smallest case of each rule that a client of etcd may rely on.

use crate::past::Change::Delete;
use crate::world::{EVERY, World, all_from, line, put, revision, watch, watch_from};
use api::watch_create_request::FilterType;
use api::{Error, Event, WatchCreateRequest};
use harness::check;
use std::time::Duration;
use watch::{DUPLICATE, EMPTY_RANGE, Full, Limits, StreamId, WatchId};

const NEVER: Result<(), Error> = Ok(());

#[test]
fn a_watcher_is_told_of_what_comes_next() {
    check(|| {
        let mut world = World::new();
        world.puts("a", 2);
        let (stream, _) = world.watching(&watch("a", ""));
        assert_eq!(world.lines(stream), [""; 0], "what was before is not for it");
        world.write(&[put("a", "1")]);
        world.write(&[put("b", "1")]);
        world.write(&[Delete("a")]);
        let [first, second] = ["0@4: put a=1 at 4", "0@6: delete a at 6"];
        // Both are just written: it may have them in one answer, with the head of the last.
        let lines = world.lines(stream).join("; ");
        let together = "0@6: put a=1 at 4, delete a at 6".to_owned();
        assert!(lines == together || lines == format!("{first}; {second}"), "{lines}");
        world.puts("a", 1);
        assert_eq!(world.lines(stream), ["0@7: put a=v at 7"], "the revision of the event");
    });
}

#[test]
fn it_is_created_first_with_the_newest_revision() {
    check(|| {
        let mut world = World::new();
        world.puts("a", 3);
        let stream = world.open();
        world.hub.create(stream, &all_from(2), NEVER).expect("there is room");
        world.puts("a", 1);
        let lines = world.lines(stream);
        assert_eq!(lines[0], "0@4: created", "it was the newest then");
        assert_eq!(lines[1], "0@5: put a=v at 2, put a=v at 3, put a=v at 4, put a=v at 5");
        assert_eq!(lines.len(), 2);
    });
}

#[test]
fn ranges_are_those_of_requests() {
    check(|| {
        let cases: [(&str, &str, &[&str]); 8] = [
            ("b", "", &["b"]),
            ("b", "d", &["b", "ba", "c"]),
            ("b", "c", &["b", "ba"]),
            ("b", "\0", &["b", "ba", "c", "d"]),
            ("", "", &["\0"]),
            ("", "\0", &["\0", "a", "b", "ba", "c", "d"]),
            ("", "b", &["\0", "a"]),
            ("\0", "\0", &["\0", "a", "b", "ba", "c", "d"]),
        ];
        for (key, end, expected) in cases {
            let mut world = World::new();
            let (live, _) = world.watching(&watch(key, end));
            for key in ["\0", "a", "b", "ba", "c", "d"] {
                world.puts(key, 1);
            }
            let (past, _) = world.watching(&watch_from(key, end, 1));
            for stream in [live, past] {
                let mut found = Vec::new();
                while let Some(answer) = world.say(stream) {
                    found.extend(answer.events.into_iter().map(|event| event.kv.unwrap().key));
                }
                assert_eq!(found, expected, "{key:?} to {end:?}");
            }
        }
    });
}

#[test]
fn an_empty_range_is_refused() {
    check(|| {
        let mut world = World::new();
        let stream = world.open();
        for (key, end) in [("b", "b"), ("b", "a"), ("", "\0\0"), ("ba", "b")] {
            let request = watch(key, end);
            if key.is_empty() {
                // The empty key is the first there is, and this end comes after it.
                world.create(stream, &request);
                continue;
            }
            assert_eq!(world.refused(stream, &request, NEVER), "mvcc: watcher range is empty");
        }
        assert_eq!(EMPTY_RANGE, "mvcc: watcher range is empty");
    });
}

#[test]
fn numbers_are_chosen_from_0_up_and_never_again() {
    check(|| {
        let mut world = World::new();
        let stream = world.open();
        let with = |watch_id: i64| WatchCreateRequest { watch_id, ..watch("a", "") };
        assert_eq!(world.create(stream, &with(0)), WatchId(0));
        assert_eq!(world.create(stream, &with(2)), WatchId(2));
        assert_eq!(world.create(stream, &with(0)), WatchId(1));
        assert_eq!(world.create(stream, &with(0)), WatchId(3), "2 is taken");
        for id in [1, 3] {
            world.hub.cancel(stream, WatchId(id)).expect("there is room");
        }
        assert_eq!(world.lines(stream), ["1@1: canceled", "3@1: canceled"]);
        assert_eq!(world.create(stream, &with(0)), WatchId(4), "it does not go back");
        assert_eq!(world.create(stream, &with(3)), WatchId(3), "but a client may");
        for id in [-1, i64::MIN, i64::MAX] {
            assert_eq!(world.create(stream, &with(id)), WatchId(id));
            assert_eq!(world.refused(stream, &with(id), NEVER), DUPLICATE);
        }
        assert_eq!(world.refused(stream, &with(4), NEVER), DUPLICATE);
        assert_eq!(DUPLICATE, "mvcc: duplicate watch ID provided on the WatchStream");
        let other = world.open();
        assert_eq!(world.create(other, &with(4)), WatchId(4), "each stream has its own");
        assert_eq!(world.create(other, &with(0)), WatchId(0));
    });
}

#[test]
fn refusals_come_in_an_order() {
    check(|| {
        let mut world = World::new();
        let (stream, _) = world.watching(&watch("a", ""));
        world.create(stream, &WatchCreateRequest { watch_id: 7, ..watch("a", "") });
        let denied = Err(Error::PermissionDenied);
        let all = WatchCreateRequest { watch_id: 7, ..watch_from("b", "a", -1) };
        let compacted = "etcdserver: mvcc: required revision has been compacted";
        assert_eq!(world.refused(stream, &all, denied), compacted);
        let all = WatchCreateRequest { start_revision: 0, ..all };
        let reason = "rpc error: code = PermissionDenied desc = etcdserver: permission denied";
        assert_eq!(world.refused(stream, &all, denied), reason);
        let reasons = [
            (Error::UserEmpty, "InvalidArgument desc = etcdserver: user name is empty"),
            (
                Error::AuthOldRevision,
                "InvalidArgument desc = etcdserver: revision of auth store is old",
            ),
            (Error::InvalidAuthToken, "Unauthenticated desc = etcdserver: invalid auth token"),
        ];
        for (error, reason) in reasons {
            let reason = format!("rpc error: code = {reason}");
            assert_eq!(world.refused(stream, &all, Err(error)), reason);
        }
        assert_eq!(world.refused(stream, &all, NEVER), EMPTY_RANGE);
        let all = WatchCreateRequest { range_end: "z".into(), ..all };
        assert_eq!(world.refused(stream, &all, NEVER), DUPLICATE);
        world.puts("a", 1);
        assert_eq!(world.lines(stream).len(), 2, "the stream goes on");
    });
}

#[test]
fn a_start_in_the_past_is_read_and_then_goes_on() {
    check(|| {
        let mut world = World::new();
        world.puts("a", 4);
        let (stream, _) = world.watching(&watch_from("a", "", 4));
        assert_eq!(world.lines(stream), ["0@5: put a=v at 4, put a=v at 5"]);
        world.puts("a", 1);
        assert_eq!(world.lines(stream), ["0@6: put a=v at 6"]);
        let (stream, _) = world.watching(&watch_from("a", "", 6));
        assert_eq!(world.lines(stream), ["0@6: put a=v at 6"], "the newest is the past too");
    });
}

#[test]
fn a_start_to_come_is_waited_for() {
    check(|| {
        let mut world = World::new();
        let (stream, _) = world.watching(&watch_from("a", "", 5));
        let (next, _) = world.watching(&watch_from("a", "", 2));
        world.puts("a", 3);
        assert_eq!(world.lines(stream), [""; 0]);
        let lines = world.lines(next).join("; ");
        assert!(lines.contains("put a=v at 2"), "{lines}");
        world.puts("a", 2);
        let lines = world.lines(stream).join("; ");
        assert!(lines.contains("put a=v at 5") && !lines.contains("at 4"), "{lines}");
        let (stream, _) = world.watching(&watch_from("a", "", i64::MAX));
        world.puts("a", 1);
        assert_eq!(world.lines(stream), [""; 0]);
    });
}

#[test]
fn filters_drop_puts_or_deletions_or_both() {
    check(|| {
        let (put_filter, delete_filter) = (FilterType::Noput as i32, FilterType::Nodelete as i32);
        let cases: [(&[i32], &str); 5] = [
            (&[], "put a=1 at 2, delete a at 3, put a=2 at 4"),
            (&[put_filter], "delete a at 3"),
            (&[delete_filter], "put a=1 at 2, put a=2 at 4"),
            (&[put_filter, delete_filter], ""),
            (&[5], "put a=1 at 2, delete a at 3, put a=2 at 4"),
        ];
        for (filters, expected) in cases {
            let mut world = World::new();
            let request = WatchCreateRequest { filters: filters.into(), ..watch("a", "") };
            let (live, _) = world.watching(&request);
            world.write(&[put("a", "1")]);
            world.write(&[Delete("a")]);
            world.write(&[put("a", "2")]);
            let request = WatchCreateRequest { start_revision: 1, ..request };
            let (past, _) = world.watching(&request);
            for stream in [live, past] {
                let lines = world.lines(stream);
                let told = lines.iter().map(|line| line.split_once(": ").expect("a head").1);
                assert_eq!(told.collect::<Vec<_>>().join(", "), expected, "{filters:?}");
            }
        }
    });
}

#[test]
fn the_pair_before_comes_with_what_is_no_creation() {
    check(|| {
        let mut world = World::new();
        let request = WatchCreateRequest { prev_kv: true, ..watch("a", "") };
        let (live, _) = world.watching(&request);
        let (plain, _) = world.watching(&watch("a", ""));
        world.write(&[put("a", "1")]);
        world.write(&[put("a", "2")]);
        world.write(&[Delete("a")]);
        world.write(&[put("a", "3")]);
        let (past, _) = world.watching(&WatchCreateRequest { start_revision: 1, ..request });
        for stream in [live, past] {
            let told = "put a=1 at 2, put a=2 at 3 (was 1 at 2), delete a at 4 (was 2 at 3), \
                        put a=3 at 5";
            assert_eq!(world.lines(stream), [format!("0@5: {told}")]);
        }
        assert!(!world.lines(plain).join("").contains("was"), "who did not ask is not told");
    });
}

#[test]
fn the_pair_before_may_come_with_the_event() {
    check(|| {
        // A store that knows it says so, and nobody reads it again; who did not ask is not told.
        let mut world = World::new();
        world.write(&[put("a", "1")]);
        let request = WatchCreateRequest { prev_kv: true, ..watch("a", "") };
        let (wants, _) = world.watching(&request);
        let (plain, _) = world.watching(&watch("a", ""));
        let revision = world.past.write(&[put("a", "2")]).expect("a put is one");
        let event = world.past.of(revision)[0].clone();
        let known = Event { prev_kv: world.past.before(&event), ..event };
        world.hub.note(revision, [known].into());
        assert_eq!(world.lines(wants), ["0@3: put a=2 at 3 (was 1 at 2)"]);
        assert_eq!(world.lines(plain), ["0@3: put a=2 at 3"]);
        assert_eq!(world.past.asked.get().1, 0, "nobody had to look");
    });
}

#[test]
fn a_watcher_is_ended_by_its_number() {
    check(|| {
        let mut world = World::new();
        let (stream, id) = world.watching(&watch("a", ""));
        world.puts("a", 1);
        world.hub.cancel(stream, id).expect("there is room");
        assert_eq!(world.lines(stream), ["0@2: canceled"], "and nothing comes after that");
        for unknown in [id, WatchId(9), WatchId(-1)] {
            world.hub.cancel(stream, unknown).expect("there is room");
        }
        world.puts("a", 1);
        assert_eq!(world.lines(stream), [""; 0], "of those it has no watcher");
        let again = WatchCreateRequest { watch_id: 0, ..watch_from("a", "", 2) };
        assert_eq!(world.create(stream, &again), WatchId(1));
        assert_eq!(world.lines(stream), ["1@3: put a=v at 2, put a=v at 3"]);
    });
}

#[test]
fn whoever_wishes_is_told_that_nothing_happened() {
    check(|| {
        let mut world = World::new();
        let request = WatchCreateRequest { progress_notify: true, ..watch("a", "") };
        let (stream, _) = world.watching(&request);
        world.create(stream, &watch("a", ""));
        world.puts("b", 2);
        let tick = |world: &mut World, times: u32| world.hub.tick(EVERY * times);
        world.hub.tick(EVERY - Duration::from_millis(1));
        assert_eq!(world.lines(stream), [""; 0], "not yet");
        assert_eq!(world.hub.next_tick(), Some(EVERY));
        tick(&mut world, 1);
        assert_eq!(world.lines(stream), ["0@3:"], "and only who asked");
        world.puts("a", 1);
        assert_eq!(world.lines(stream).len(), 2, "an event for each");
        tick(&mut world, 2);
        assert_eq!(world.lines(stream), [""; 0], "the event has said it");
        tick(&mut world, 3);
        tick(&mut world, 4);
        assert_eq!(world.lines(stream), ["0@4:"], "once, however long nobody has asked");
        tick(&mut world, 40);
        tick(&mut world, 41);
        assert_eq!(world.hub.next_tick(), Some(EVERY * 42), "what was missed is not made up for");
    });
}

#[test]
fn nobody_is_told_that_nothing_happened_who_may_miss_something() {
    check(|| {
        let mut world = World::new();
        world.puts("a", 3);
        let stream = world.open();
        let request = |start_revision: i64| WatchCreateRequest {
            progress_notify: true,
            ..watch_from("b", "", start_revision)
        };
        for start in [1, 9] {
            world.hub.create(stream, &request(start), NEVER).expect("there is room");
        }
        world.hub.tick(EVERY);
        let told = world.lines(stream);
        assert_eq!(told, ["0@4: created", "1@4: created"], "one reads, and one waits");
        world.puts("a", 5);
        world.hub.tick(EVERY * 2);
        assert_eq!(world.lines(stream), ["0@9:", "1@9:"]);
    });
}

#[test]
fn a_client_may_ask_how_far_all_are() {
    check(|| {
        let mut world = World::new();
        let stream = world.open();
        let ask = |world: &mut World| {
            world.hub.progress(stream).expect("there is room");
            world.lines(stream)
        };
        assert_eq!(ask(&mut world), [""; 0], "without a watcher there is no answer");
        world.create(stream, &watch("a", ""));
        world.puts("b", 2);
        assert_eq!(ask(&mut world), ["-1@3:"]);
        world.create(stream, &watch_from("a", "", 5));
        assert_eq!(ask(&mut world), [""; 0], "one waits for its start");
        world.puts("b", 2);
        assert_eq!(ask(&mut world), ["-1@5:"]);
        world.create(stream, &watch_from("a", "", 2));
        world.hub.progress(stream).expect("there is room");
        assert_eq!(world.lines(stream), [""; 0], "one was reading when it asked");
        assert_eq!(ask(&mut world), ["-1@5:"], "it has read to the end");
        world.hub.cancel(stream, WatchId(0)).expect("there is room");
        assert_eq!(ask(&mut world), ["0@5: canceled", "-1@5:"]);
        for id in [1, 2] {
            world.hub.cancel(stream, WatchId(id)).expect("there is room");
        }
        assert_eq!(ask(&mut world).len(), 2, "no watcher is left");
    });
}

#[test]
fn events_of_a_revision_come_in_one_answer_and_in_order() {
    check(|| {
        let limits = Limits { bytes: 1, ..Limits::default() };
        let mut world = World::with(limits);
        let (live, _) = world.watching(&watch("a", "z"));
        let all = [put("c", "1"), put("a", "1"), put("z", "1"), put("b", "1")];
        world.write(&all);
        world.write(&[Delete("b"), Delete("a")]);
        let (past, _) = world.watching(&watch_from("a", "z", 1));
        let first = "put c=1 at 2, put a=1 at 2, put b=1 at 2";
        let second = "delete b at 3, delete a at 3";
        let expected = [format!("0@2: {first}"), format!("0@3: {second}")];
        assert_eq!(world.lines(live), expected);
        let expected = [format!("0@3: {first}"), format!("0@3: {second}")];
        assert_eq!(world.lines(past), expected);
    });
}

#[test]
fn the_past_comes_a_thousand_revisions_at_a_time() {
    check(|| {
        let mut world = World::with(Limits { ring: 1_000_000, ..Limits::default() });
        world.puts("a", 2_500);
        let (stream, _) = world.watching(&watch_from("a", "", 2));
        let mut counts = Vec::new();
        while let Some(answer) = world.say(stream) {
            assert_eq!(revision(&answer), 2_501, "the newest revision");
            counts.push(answer.events.len());
        }
        assert_eq!(counts, [1_000, 1_000, 500]);
        let many: Vec<_> = (0..2_500).map(|at| put(name(at), "v")).collect();
        world.write(&many);
        world.write(&(0..2_500).map(|at| Delete(name(at))).collect::<Vec<_>>());
        let (stream, _) = world.watching(&watch_from("k", "l", 2_503));
        let answer = world.say(stream).expect("there are events");
        assert_eq!(answer.events.len(), 2_500, "one revision is one answer");
        assert_eq!(world.lines(stream), [""; 0]);
    });
}

/// A key that lives as long as the test.
fn name(at: usize) -> &'static str {
    format!("k{at:04}").leak()
}

#[test]
fn whoever_does_not_fetch_answers_is_not_listened_to() {
    check(|| {
        let mut world = World::with(Limits { answers: 3, ..Limits::default() });
        let (stream, id) = world.watching(&watch("a", ""));
        for _ in 0..2 {
            world.hub.create(stream, &watch("a", ""), NEVER).expect("there is room");
        }
        world.hub.progress(stream).expect("there is room");
        assert_eq!(world.hub.create(stream, &watch("a", ""), NEVER), Err(Full));
        assert_eq!(world.hub.cancel(stream, id), Err(Full));
        assert_eq!(world.hub.progress(stream), Err(Full));
        assert_eq!(world.lines(stream), ["1@1: created", "2@1: created", "-1@1:"]);
        world.hub.cancel(stream, id).expect("there is room again");
        let first = world.say(stream).expect("it is answered");
        assert_eq!(line(&first), "0@1: canceled");
    });
}

#[test]
fn a_stream_has_so_many_watchers() {
    check(|| {
        let mut world = World::with(Limits { watchers: 2, ..Limits::default() });
        let (stream, id) = world.watching(&watch("a", ""));
        world.create(stream, &watch("a", ""));
        let reason = Error::RequestTooManyRequests.cancel_reason();
        assert_eq!(world.refused(stream, &watch("a", ""), NEVER), reason);
        world.hub.cancel(stream, id).expect("there is room");
        world.lines(stream);
        world.create(stream, &watch("a", ""));
    });
}

#[test]
fn a_stream_that_is_closed_is_gone() {
    check(|| {
        let mut world = World::new();
        let (stream, id) = world.watching(&watch("a", ""));
        let (other, _) = world.watching(&watch("a", ""));
        world.puts("a", 1);
        world.hub.close(stream);
        world.hub.close(stream);
        world.puts("a", 1);
        world.hub.tick(EVERY);
        assert_eq!(world.lines(stream), [""; 0]);
        assert_eq!(world.hub.create(stream, &watch("a", ""), NEVER), Ok(()));
        assert_eq!(world.hub.cancel(stream, id), Ok(()));
        assert_eq!(world.hub.progress(stream), Ok(()));
        assert_eq!(world.lines(stream), [""; 0]);
        assert_eq!(world.hub.ready(), Some(other));
        assert_eq!(world.hub.ready(), None);
        assert_eq!(world.hub.counts().watchers, 1);
        assert_eq!(world.hub.next(StreamId(77), &world.past), Ok(None), "there never was one");
    });
}
