//! A watcher of everything, at one member, which goes on where it was whenever it is cut off.

use super::clients::Shared;
use super::registers::row;
use super::told::{Event, Watcher};
use crate::client::Client;
use api::event::EventType;
use api::watch_request::RequestUnion;
use api::{WatchCreateRequest, WatchRequest, WatchResponse};
use std::thread;
use std::time::Duration;
use tonic::Streaming;
use tonic::codegen::tokio_stream::{self, StreamExt};

/// So long it waits for news before it looks whether there will be any.
const LOOK: Duration = Duration::from_millis(200);

/// After so many looks without any, it asks anew: its member may not have noticed that it stood
/// still, and a stream that says nothing looks like one that is lost.
const LOOKS: usize = 10;

/// One, until all is over or its member is none any more.
pub fn run(shared: &Shared, member: usize) -> Watcher {
    let mut watcher = Watcher { member, ..Watcher::default() };
    let mut next = 1;
    while !shared.is_over() && shared.is_member(member) {
        let Some(mut client) = shared.reach(member) else {
            thread::sleep(LOOK / 10);
            continue;
        };
        if let Some(mut answers) = open(&mut client, next) {
            follow(shared, &mut client, &mut answers, &mut watcher, &mut next);
        }
    }
    watcher
}

fn open(client: &mut Client, start_revision: i64) -> Option<Streaming<WatchResponse>> {
    let create = WatchCreateRequest {
        key: "\0".into(),
        range_end: "\0".into(),
        start_revision,
        ..WatchCreateRequest::default()
    };
    let request = WatchRequest { request_union: Some(RequestUnion::CreateRequest(create)) };
    let requests = tokio_stream::iter([request]).chain(tokio_stream::pending());
    let opened = client.watch(async move |mut watch| {
        super::clients::within(LOOK * 5, watch.watch(requests)).await
    });
    opened.ok()
}

/// Writes down what it is told, until it is cut off.
fn follow(
    shared: &Shared,
    client: &mut Client,
    answers: &mut Streaming<WatchResponse>,
    watcher: &mut Watcher,
    next: &mut i64,
) {
    let mut looks = 0;
    while !shared.is_over() && shared.is_member(watcher.member) && looks < LOOKS {
        let told = client.wait(async { tokio::time::timeout(LOOK, answers.message()).await });
        let Ok(told) = told else {
            looks += 1;
            continue;
        };
        looks = 0;
        let Ok(Some(answer)) = told else { return };
        if answer.compact_revision > 0 {
            *next = answer.compact_revision;
            watcher.skipped_to.push(*next);
            return;
        }
        if answer.canceled {
            return;
        }
        note(shared, &answer, watcher, next);
    }
}

fn note(shared: &Shared, answer: &WatchResponse, watcher: &mut Watcher, next: &mut i64) {
    let at = shared.began.elapsed();
    for event in &answer.events {
        let pair = row(event.kv.as_ref().expect("every event has one"));
        let revision = pair.modified;
        let event = match event.r#type() {
            EventType::Put => Event::Put(pair),
            EventType::Delete => Event::Delete { key: pair.key, modified: revision },
        };
        match watcher.seen.last_mut() {
            Some((last, events, when)) if *last == revision && *when == at => events.push(event),
            Some(_) | None => watcher.seen.push((revision, vec![event], at)),
        }
        *next = revision + 1;
    }
    let mut seen = shared.seen.lock().expect("nobody panics while holding it");
    seen.insert(watcher.member, *next - 1);
}
