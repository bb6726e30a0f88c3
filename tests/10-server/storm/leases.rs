//! Clients that hold leases: they give a key to each, renew it a few times, and forget it.
//!
//! What a client is promised counts from the moment at which it asked. So it must never be too
//! short, however long the answer took.

use super::clients::{Caller, PATIENCE, Shared, within};
use super::registers;
use super::told::{Change, History, Promise, Wish};
use crate::client::Client;
use api::{LeaseGrantRequest, LeaseKeepAliveRequest, RangeRequest};
use harness::Draws;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tonic::codegen::tokio_stream::{self, StreamExt};
use tonic::{Response, Status};

/// So many of them.
pub const CLIENTS: usize = 2;

/// So many seconds a lease is to live, at least and at most.
const SECONDS: [u64; 2] = [1, 2];

/// One of them, until there is calm.
pub fn run(shared: Arc<Shared>, client: usize, seed: u64) -> History {
    let mut draws = Draws::new(seed * 1_000 + client as u64);
    let mut caller = Caller::new(shared.clone(), client);
    let mut history = History::default();
    let mut lease = i64::try_from(client).expect("they are few") * 1_000_000;
    while !shared.is_calm() {
        lease += 1;
        let ttl = draws.between(SECONDS[0], SECONDS[1]).cast_signed();
        let renewals = draws.below(5);
        if let Some(promise) = asked(&shared, &mut caller, |client| grant(client, lease, ttl)) {
            history.promises.push(Promise { lease, ..promise });
            let (key, value) = (format!("l{lease}"), format!("of {lease}"));
            let wish =
                Wish::Write { guard: None, changes: vec![Change::Put { key, value, lease }] };
            history.calls.extend(registers::call(&shared, &mut caller, client, wish));
        }
        for _ in 0..renewals {
            thread::sleep(Duration::from_millis(draws.between(50, 400)));
            if shared.is_calm() {
                break;
            }
            let renewed = asked(&shared, &mut caller, |client| renew(client, lease));
            history.promises.extend(renewed.map(|promise| Promise { lease, ..promise }));
        }
    }
    history
}

/// Asks for a promise. How many seconds, and as of which revision?
fn asked(
    shared: &Shared,
    caller: &mut Caller,
    ask: impl FnOnce(&mut Client) -> Result<(i64, i64), Status>,
) -> Option<Promise> {
    let Some((_, client)) = caller.reach() else {
        shared.note_refusal();
        return None;
    };
    let asked = shared.began.elapsed();
    match ask(client) {
        Ok((seconds, revision)) => {
            shared.note_answer(revision);
            let lives = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
            // One that is told of no time is promised nothing.
            (seconds > 0).then_some(Promise { lease: 0, asked, lives })
        }
        Err(_) => {
            caller.leave();
            shared.note_refusal();
            None
        }
    }
}

fn grant(client: &mut Client, id: i64, ttl: i64) -> Result<(i64, i64), Status> {
    let request = LeaseGrantRequest { id, ttl };
    let granted =
        client.lease(async move |mut lease| within(PATIENCE, lease.lease_grant(request)).await)?;
    Ok((granted.ttl, granted.header.map_or(0, |header| header.revision)))
}

fn renew(client: &mut Client, id: i64) -> Result<(i64, i64), Status> {
    let renewed = client.lease(async move |mut lease| {
        within(PATIENCE, async {
            let requests = tokio_stream::iter([LeaseKeepAliveRequest { id }]);
            // An answer may take longer than the question: the stream stays open.
            let requests = requests.chain(tokio_stream::pending());
            let mut answers = lease.lease_keep_alive(requests).await?.into_inner();
            let answer = answers.message().await?;
            answer.map(Response::new).ok_or_else(|| Status::cancelled("the stream has ended"))
        })
        .await
    })?;
    Ok((renewed.ttl, renewed.header.map_or(0, |header| header.revision)))
}

/// How many keys of leases are left, and as of which revision.
pub fn left(client: &mut Client) -> Option<(i64, i64)> {
    let request = RangeRequest {
        key: "l".into(),
        range_end: "m".into(),
        count_only: true,
        ..RangeRequest::default()
    };
    let found = client.kv(async move |mut kv| within(PATIENCE, kv.range(request)).await).ok()?;
    Some((found.header?.revision, found.count))
}
