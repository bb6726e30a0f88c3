//! Can all of this be true?
//!
//! Owns [`judge`]. Every answer says as of which revision it is true, and watchers have seen what
//! happened at each revision. So the order that would explain a history is given, and it is enough
//! to look whether it does:
//! - every watcher saw the same, each revision once, in order and whole;
//! - every revision is what one call asked for, or the end of a lease; no call has two; and a call
//!   that was told of one has it;
//! - whoever read, or compared, found what was there at the revision that it was told;
//! - if one call was over before another began, the other's revision is not the older one. This
//!   makes it linearizable, and not only a story that fits; what watchers saw counts, too.
//! - no lease ends before the time that its client was promised.

use super::told::{Change, Event, History, Moment, Row, Same, Wish, Wrong};
use std::collections::{BTreeMap, BTreeSet};

type Past<'a> = BTreeMap<i64, (&'a [Event], Moment)>;

/// Says what cannot be true, if anything.
pub fn judge(history: &History, same: &Same) -> Result<(), Wrong> {
    let past = history.past();
    for watcher in 0..history.watchers.len() {
        saw_everything(history, watcher, &past)?;
    }
    has_no_gap(&past)?;
    let revisions = revisions(history, &past)?;
    all_are_there(history, &revisions)?;
    found_what_was_there(history, &revisions, &past)?;
    in_order_of_time(history, &revisions, &past)?;
    leases_lived(history, &past)?;
    all_have_the_same(same)
}

/// A watcher has seen each revision, but for those that were gone before it came to them.
fn saw_everything(history: &History, number: usize, past: &Past) -> Result<(), Wrong> {
    let watcher = &history.watchers[number];
    let member = watcher.member;
    let mut before = 0;
    for (revision, events, at) in &watcher.seen {
        let wrong = |text: String| Err(Wrong { at: Some(*at), ..Wrong::new(text) });
        if *revision <= before {
            return wrong(format!("m{member}'s watcher saw {revision} after {before}"));
        }
        let gone = watcher.skipped_to.iter().filter(|to| before < **to && **to <= *revision).max();
        let first = gone.copied().unwrap_or(before + 1);
        if let Some((missed, _)) = past.range(first..*revision).next() {
            return wrong(format!(
                "m{member}'s watcher missed revision {missed}: it saw {before}, then {revision}"
            ));
        }
        if past[revision].0 != events {
            return wrong(format!(
                "m{member}'s watcher saw something else at {revision} than another one: {events:?} \
                 and {:?}",
                past[revision].0
            ));
        }
        before = *revision;
    }
    Ok(())
}

/// Every revision is one at which something happened.
fn has_no_gap(past: &Past) -> Result<(), Wrong> {
    for (expected, (revision, (_, at))) in (2..).zip(past) {
        if expected != *revision {
            let text = format!("no watcher has seen revision {expected}, and one saw {revision}");
            return Err(Wrong { at: Some(*at), ..Wrong::new(text) });
        }
    }
    Ok(())
}

/// Which call has made each revision; those that a lease's end has made are nobody's.
fn revisions(history: &History, past: &Past) -> Result<BTreeMap<i64, usize>, Wrong> {
    let mut writers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut deletions: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (number, call) in history.calls.iter().enumerate() {
        let Wish::Write { changes, .. } = &call.wish else { continue };
        for change in changes {
            match change {
                Change::Put { value, .. } => {
                    writers.insert(value, number);
                }
                Change::Delete { key } => {
                    deletions.entry(key).or_default().insert(number);
                }
            }
        }
    }
    let mut found: BTreeMap<i64, usize> = BTreeMap::new();
    let mut taken = BTreeMap::new();
    for (revision, (events, at)) in past {
        let call = match &events[0] {
            Event::Put(row) => writers.get(&row.value[..]).copied(),
            // A lease has one key.
            Event::Delete { key, .. } if key.starts_with('l') && events.len() == 1 => continue,
            Event::Delete { key, .. } => {
                deleted_by(history, deletions.get_mut(&key[..]), *revision)
            }
        };
        let wrong = |text: String, calls| Err(Wrong { text, calls, at: Some(*at) });
        let Some(call) = call else {
            return wrong(format!("nobody has asked for revision {revision}: {events:?}"), vec![]);
        };
        if !fits(&history.calls[call].wish, events) {
            return wrong(format!("revision {revision} is not what was asked for"), vec![call]);
        }
        if let Some(before) = taken.insert(call, *revision) {
            let text = format!("one call was carried out twice, at {before} and {revision}");
            return wrong(text, vec![call]);
        }
        found.insert(*revision, call);
    }
    Ok(found)
}

/// Whose deletion is it? Of those that were told nothing, whoever asked first.
fn deleted_by(
    history: &History,
    candidates: Option<&mut BTreeSet<usize>>,
    revision: i64,
) -> Option<usize> {
    let candidates = candidates?;
    let told = |number: &&usize| {
        let told = history.calls[**number].told.as_ref();
        told.is_some_and(|told| told.has_changed && told.revision == revision)
    };
    let unknown = |number: &&usize| history.calls[**number].told.is_none();
    let found = candidates.iter().find(told).or_else(|| candidates.iter().find(unknown)).copied();
    candidates.remove(&found?);
    found
}

/// Is this what the call wants?
fn fits(wish: &Wish, events: &[Event]) -> bool {
    let Wish::Write { changes, .. } = wish else { return false };
    let is_of = |(change, event): (&Change, &Event)| match (change, event) {
        (Change::Put { key, value, lease }, Event::Put(row)) => {
            (key, value, lease) == (&row.key, &row.value, &row.lease)
        }
        (Change::Delete { key }, Event::Delete { key: gone, .. }) => key == gone,
        (Change::Put { .. }, Event::Delete { .. }) | (Change::Delete { .. }, Event::Put(_)) => {
            false
        }
    };
    changes.len() == events.len() && changes.iter().zip(events).all(is_of)
}

/// Whoever was told that something was done has a revision at which it was.
fn all_are_there(history: &History, revisions: &BTreeMap<i64, usize>) -> Result<(), Wrong> {
    let made: BTreeMap<usize, i64> = revisions.iter().map(|(at, call)| (*call, *at)).collect();
    for (number, call) in history.calls.iter().enumerate() {
        let Some(told) = &call.told else { continue };
        let made = made.get(&number).copied();
        let wanted = told.has_changed.then_some(told.revision);
        if made != wanted {
            let text = match made {
                None => "this was done, and is not there".to_owned(),
                Some(made) => {
                    format!("this was done at revision {made}, and somebody else was told")
                }
            };
            return Err(Wrong { text, calls: vec![number], at: Some(told.at) });
        }
    }
    Ok(())
}

/// Goes through all revisions, and looks at each whether those who were told of it were told what
/// was there.
fn found_what_was_there(
    history: &History,
    revisions: &BTreeMap<i64, usize>,
    past: &Past,
) -> Result<(), Wrong> {
    let mut readers: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (number, call) in history.calls.iter().enumerate() {
        if let Some(told) = call.told.as_ref().filter(|told| told.rows.is_some()) {
            readers.entry(told.revision).or_default().push(number);
        }
    }
    let newest = past.keys().next_back().copied().unwrap_or(1);
    if let Some((revision, calls)) = readers.range(newest + 1..).next() {
        let text = format!("somebody was told of revision {revision}, and {newest} was the last");
        return Err(Wrong { text, calls: calls.clone(), at: None });
    }
    let mut state: BTreeMap<String, Row> = BTreeMap::new();
    for revision in 1..=newest {
        if let Some((events, at)) = past.get(&revision) {
            if let Some(call) = revisions.get(&revision)
                && !guard_holds(&history.calls[*call].wish, &state)
            {
                let text = format!("revision {revision} was made, and what it needed was not so");
                return Err(Wrong { text, calls: vec![*call], at: Some(*at) });
            }
            for event in *events {
                happen(&mut state, event, revision)
                    .map_err(|text| Wrong { at: Some(*at), ..Wrong::new(text) })?;
            }
        }
        for number in readers.get(&revision).into_iter().flatten() {
            let call = &history.calls[*number];
            let told = call.told.as_ref().expect("it was told");
            let (expected, is_right) = expected(&call.wish, &state);
            if told.rows.as_ref() != Some(&expected) || !is_right {
                let expected: Vec<String> = expected.iter().map(Row::to_string).collect();
                let text = format!("at revision {revision} there was: {}", expected.join(", "));
                return Err(Wrong { text, calls: vec![*number], at: Some(told.at) });
            }
        }
    }
    Ok(())
}

fn guard_holds(wish: &Wish, state: &BTreeMap<String, Row>) -> bool {
    match wish {
        Wish::Read | Wish::Write { guard: None, .. } => true,
        Wish::Write { guard: Some((key, modified)), .. } => {
            state.get(key).map_or(0, |row| row.modified) == *modified
        }
    }
}

/// Something happens to the keys, and what watchers were told of it has to fit.
fn happen(state: &mut BTreeMap<String, Row>, event: &Event, revision: i64) -> Result<(), String> {
    match event {
        Event::Put(row) => {
            let before = state.get(&row.key);
            let created = before.map_or(revision, |before| before.created);
            let version = before.map_or(1, |before| before.version + 1);
            if (row.created, row.version, row.modified) != (created, version, revision) {
                return Err(format!(
                    "{row}: watchers were told of version {}, created at {}; it is {version}, \
                     {created}",
                    row.version, row.created
                ));
            }
            state.insert(row.key.clone(), row.clone());
        }
        Event::Delete { key, .. } => {
            let before = state.remove(key);
            before.ok_or_else(|| format!("{key} was deleted at {revision}, and was not there"))?;
        }
    }
    Ok(())
}

/// What a call that reads has to be told, and whether it should have come to that.
fn expected(wish: &Wish, state: &BTreeMap<String, Row>) -> (Vec<Row>, bool) {
    match wish {
        Wish::Read => {
            let registers = state.values().filter(|row| row.key.starts_with('r'));
            (registers.cloned().collect(), true)
        }
        Wish::Write { guard: Some((key, modified)), .. } => {
            let row = state.get(key);
            let holds = row.map_or(0, |row| row.modified) == *modified;
            (row.cloned().into_iter().collect(), !holds)
        }
        Wish::Write { guard: None, changes } => {
            let key = changes.iter().find_map(|change| match change {
                Change::Delete { key } => Some(key),
                Change::Put { .. } => None,
            });
            (key.and_then(|key| state.get(key)).cloned().into_iter().collect(), true)
        }
    }
}

/// What was over before a call began is not newer than it.
fn in_order_of_time(
    history: &History,
    revisions: &BTreeMap<i64, usize>,
    past: &Past,
) -> Result<(), Wrong> {
    let made: BTreeMap<usize, i64> = revisions.iter().map(|(at, call)| (*call, *at)).collect();
    // When somebody knew of a revision, and which call told it.
    let mut known: Vec<(Moment, i64, Option<usize>)> =
        past.iter().map(|(revision, (_, at))| (*at, *revision, None)).collect();
    let told = history.calls.iter().enumerate().filter_map(|(number, call)| {
        call.told.as_ref().map(|told| (told.at, told.revision, Some(number)))
    });
    known.extend(told);
    known.sort_unstable();
    let mut known = known.into_iter().peekable();
    let mut newest: (i64, Option<usize>) = (1, None);
    let mut calls: Vec<usize> = (0..history.calls.len()).collect();
    calls.sort_by_key(|number| history.calls[*number].asked);
    for number in calls {
        let call = &history.calls[number];
        while let Some((_, revision, by)) = known.next_if(|(at, ..)| *at < call.asked) {
            newest = newest.max((revision, by));
        }
        let (revision, is_late) = match (made.get(&number), &call.told) {
            (Some(revision), _) => (*revision, *revision <= newest.0),
            (None, Some(told)) => (told.revision, told.revision < newest.0),
            (None, None) => continue,
        };
        if is_late {
            let text = format!(
                "this began when revision {} was known, and is of revision {revision}",
                newest.0
            );
            let calls = newest.1.into_iter().chain([number]).collect();
            return Err(Wrong { text, calls, at: Some(call.asked) });
        }
    }
    Ok(())
}

/// A key with a lease goes no earlier than was promised.
fn leases_lived(history: &History, past: &Past) -> Result<(), Wrong> {
    for (revision, (events, at)) in past {
        for event in *events {
            let (Event::Delete { key, .. }, Some(lease)) = (event, event.key().strip_prefix('l'))
            else {
                continue;
            };
            let of_it = |promise: &&_| {
                let promise: &super::told::Promise = promise;
                promise.lease.to_string() == lease && promise.asked + promise.lives > *at
            };
            if let Some(promise) = history.promises.iter().find(of_it) {
                let text = format!(
                    "{key} went at revision {revision}, at {at:?}; its client had asked at {:?}, \
                     and was promised {:?}",
                    promise.asked, promise.lives
                );
                return Err(Wrong { at: Some(*at), ..Wrong::new(text) });
            }
        }
    }
    Ok(())
}

fn all_have_the_same(same: &Same) -> Result<(), Wrong> {
    let all: BTreeSet<(u32, i64)> =
        same.hashes.iter().map(|(_, hash, revision)| (*hash, *revision)).collect();
    if all.len() > 1 {
        return Err(Wrong::new(format!("members have different things: {:?}", same.hashes)));
    }
    if !same.alarms.is_empty() {
        return Err(Wrong::new(format!("there are alarms: {}", same.alarms.join(", "))));
    }
    let differs = |copied: &&super::told::Copied| {
        copied.at_member.is_some_and(|at_member| at_member != copied.hash)
    };
    match same.copies.iter().find(differs) {
        Some(copied) => Err(Wrong::new(format!("a copy is not what members have: {copied:?}"))),
        None => Ok(()),
    }
}
