//! The judge is judged: it believes what can be true, and finds each kind of lie.

use super::judge::judge;
use super::picture;
use super::told::{
    Call, Change, Copied, Event, History, Moment, Promise, Row, Same, Told, Watcher, Wish,
};
use harness::check;

fn at(milliseconds: u64) -> Moment {
    Moment::from_millis(milliseconds)
}

fn put(key: &str, value: &str) -> Wish {
    let (key, value) = (key.to_owned(), value.to_owned());
    Wish::Write { guard: None, changes: vec![Change::Put { key, value, lease: 0 }] }
}

fn swap(key: &str, modified: i64, value: &str) -> Wish {
    match put(key, value) {
        Wish::Write { changes, .. } => {
            Wish::Write { guard: Some((key.to_owned(), modified)), changes }
        }
        Wish::Read => unreachable!("it is a write"),
    }
}

fn delete(key: &str) -> Wish {
    Wish::Write { guard: None, changes: vec![Change::Delete { key: key.to_owned() }] }
}

fn row(key: &str, value: &str, [created, modified, version]: [i64; 3]) -> Row {
    let (key, value) = (key.to_owned(), value.to_owned());
    Row { key, value, created, modified, version, lease: 0 }
}

/// A call between two moments, which was told this, or nothing.
fn call(wish: Wish, [asked, ends]: [u64; 2], told: Option<(i64, bool, Option<Vec<Row>>)>) -> Call {
    let told = told.map(|(revision, has_changed, rows)| Told {
        at: at(ends),
        revision,
        has_changed,
        rows,
    });
    let gave_up = told.is_none().then(|| (at(ends), "no answer".to_owned()));
    Call { client: 0, member: 1, wish, asked: at(asked), told, gave_up }
}

fn watched(events: &[(i64, Event, u64)]) -> Watcher {
    let seen =
        |(revision, event, when): &(i64, Event, u64)| (*revision, vec![event.clone()], at(*when));
    Watcher { member: 1, seen: events.iter().map(seen).collect(), skipped_to: Vec::new() }
}

fn was_put(row: Row) -> Event {
    Event::Put(row)
}

fn was_deleted(key: &str, modified: i64) -> Event {
    Event::Delete { key: key.to_owned(), modified }
}

/// a is written, read, swapped by somebody who was told nothing, read, and deleted.
fn story() -> History {
    let first = row("r0", "a", [2, 2, 1]);
    let second = row("r0", "b", [2, 3, 2]);
    let events = [
        (2, was_put(first.clone()), 15),
        (3, was_put(second.clone()), 45),
        (4, was_deleted("r0", 4), 75),
    ];
    History {
        calls: vec![
            call(put("r0", "a"), [0, 10], Some((2, true, None))),
            call(Wish::Read, [20, 30], Some((2, false, Some(vec![first])))),
            call(swap("r0", 2, "b"), [32, 90], None),
            call(Wish::Read, [50, 60], Some((3, false, Some(vec![second.clone()])))),
            call(swap("r0", 2, "c"), [61, 65], Some((3, false, Some(vec![second])))),
            call(delete("r0"), [66, 70], Some((4, true, None))),
            call(Wish::Read, [80, 90], Some((4, false, Some(Vec::new())))),
        ],
        watchers: vec![watched(&events), watched(&events)],
        ..History::default()
    }
}

/// What is wrong with the story if this is changed.
fn with(change: impl FnOnce(&mut History)) -> String {
    let mut history = story();
    change(&mut history);
    let wrong = judge(&history, &Same::default()).expect_err("it cannot be true");
    // Whatever it is, it can be drawn.
    assert!(picture::page(7, &history, &wrong).ends_with("</script></html>\n"));
    let lines = picture::lines(&history, &wrong);
    assert!(wrong.calls.is_empty() || lines.contains('▶'), "{lines}");
    wrong.text
}

fn told(history: &mut History, call: usize) -> &mut Told {
    history.calls[call].told.as_mut().expect("it was told")
}

#[test]
fn what_can_be_true_is_believed() {
    check(|| {
        judge(&story(), &Same::default()).expect("it can be true");
        let mut history = story();
        // Nobody has to know of it.
        history.calls[0].told = None;
        history.calls.push(call(put("r1", "never"), [1, 2], None));
        history.calls.push(call(delete("r0"), [1, 2], None));
        // Who comes late sees what is left.
        history.watchers[1].seen.drain(..2);
        history.watchers[1].skipped_to.push(4);
        judge(&history, &Same::default()).expect("it can be true");
    });
}

#[test]
fn a_stale_read_is_found() {
    check(|| {
        let text = with(|history| {
            let old = told(history, 1).clone();
            *told(history, 3) = Told { at: at(60), ..old };
        });
        assert!(text.contains("began when revision 3 was known, and is of revision 2"), "{text}");
        let text = with(|history| told(history, 6).rows = Some(vec![row("r0", "b", [2, 3, 2])]));
        assert!(text.contains("at revision 4 there was: "), "{text}");
    });
}

#[test]
fn what_was_acknowledged_and_lost_is_found() {
    check(|| {
        let text = with(|history| {
            history.calls.push(call(put("r1", "x"), [91, 92], Some((5, true, None))));
        });
        assert_eq!(text, "this was done, and is not there");
        let text = with(|history| told(history, 0).revision = 1);
        assert!(text.contains("somebody else was told"), "{text}");
    });
}

#[test]
fn what_was_done_twice_or_unasked_is_found() {
    check(|| {
        let again = was_put(row("r0", "a", [5, 5, 1]));
        let text = with(|history| {
            let again = (5, vec![again.clone()], at(95));
            history.watchers.iter_mut().for_each(|one| one.seen.push(again.clone()));
        });
        assert_eq!(text, "one call was carried out twice, at 2 and 5");
        let text = with(|history| {
            history.calls.remove(0);
        });
        assert!(text.starts_with("nobody has asked for revision 2"), "{text}");
        let text = with(|history| {
            let unasked = (5, vec![was_deleted("r0", 5)], at(95));
            history.watchers.iter_mut().for_each(|one| one.seen.push(unasked.clone()));
        });
        assert!(text.starts_with("nobody has asked for revision 5"), "{text}");
    });
}

#[test]
fn a_swap_that_should_not_have_been_is_found() {
    check(|| {
        let text = with(|history| history.calls[2].wish = swap("r0", 9, "b"));
        assert!(text.contains("what it needed was not so"), "{text}");
        let text = with(|history| history.calls[4].wish = swap("r0", 3, "c"));
        assert!(text.starts_with("at revision 3 there was"), "{text}");
    });
}

#[test]
fn what_a_watcher_missed_or_saw_twice_is_found() {
    check(|| {
        let text = with(|history| {
            history.watchers[1].seen.remove(1);
        });
        assert!(text.contains("missed revision 3"), "{text}");
        let text = with(|history| {
            let again = history.watchers[1].seen[1].clone();
            history.watchers[1].seen.insert(2, again);
        });
        assert!(text.contains("saw 3 after 3"), "{text}");
        let text = with(|history| {
            history.watchers.iter_mut().for_each(|one| {
                one.seen.remove(1);
            });
        });
        assert!(text.contains("no watcher has seen revision 3"), "{text}");
        let text = with(|history| {
            history.watchers[1].seen[1].1 = vec![was_put(row("r0", "x", [2, 3, 2]))];
        });
        assert!(text.contains("saw something else at 3"), "{text}");
    });
}

#[test]
fn a_lease_that_ends_too_early_is_found() {
    check(|| {
        let lease = |history: &mut History, ends: u64| {
            let change = Change::Put { key: "l7".to_owned(), value: "x".to_owned(), lease: 7 };
            let wish = Wish::Write { guard: None, changes: vec![change] };
            history.calls.push(call(wish, [1_000, 1_005], Some((5, true, None))));
            let there = Row { lease: 7, ..row("l7", "x", [5, 5, 1]) };
            let more = [(5, was_put(there), 1_006), (6, was_deleted("l7", 6), ends)];
            let more = watched(&more).seen;
            history.watchers.iter_mut().for_each(|one| one.seen.extend(more.clone()));
            let promise =
                |asked| Promise { lease: 7, asked: at(asked), lives: Moment::from_secs(1) };
            history.promises.extend([990, 1_400].map(promise));
        };
        let mut history = story();
        lease(&mut history, 2_400);
        judge(&history, &Same::default()).expect("it was renewed, and lived a second more");
        let text = with(|history| lease(history, 2_399));
        assert!(text.starts_with("l7 went at revision 6"), "{text}");
    });
}

#[test]
fn members_that_differ_are_found() {
    check(|| {
        let same = Same { hashes: vec![(1, 7, 4), (2, 7, 4)], ..Same::default() };
        judge(&story(), &same).expect("they are the same");
        let other = Same { hashes: vec![(1, 7, 4), (2, 8, 4)], ..same.clone() };
        judge(&story(), &other).expect_err("one has something else");
        let alarm = Same { alarms: vec!["corrupt".to_owned()], ..same.clone() };
        judge(&story(), &alarm).expect_err("somebody has found something");
        let copied = Copied { revision: 3, hash: 1, at_member: Some(2) };
        judge(&story(), &Same { copies: vec![copied], ..same }).expect_err("it is no copy");
    });
}
