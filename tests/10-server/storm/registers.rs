//! Clients that write, read, delete and compare registers.

use super::clients::{Caller, PATIENCE, Shared, within};
use super::told::{Call, Change, History, Row, Told, Wish};
use crate::client::Client;
use api::compare::{CompareResult, CompareTarget, TargetUnion};
use api::request_op::Request;
use api::response_op::Response;
use api::{
    Compare, DeleteRangeRequest, KeyValue, PutRequest, RangeRequest, RequestOp, ResponseHeader,
    TxnRequest,
};
use harness::Draws;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tonic::Status;

/// So many of them, and so many registers.
pub const CLIENTS: usize = 4;
const REGISTERS: usize = 4;

/// One of them, until there is calm.
pub fn run(shared: Arc<Shared>, client: usize, seed: u64) -> History {
    let mut draws = Draws::new(seed * 1_000 + client as u64);
    let mut caller = Caller::new(shared.clone(), client);
    let (mut history, mut known) = (History::default(), BTreeMap::new());
    while !shared.is_calm() {
        let wish = wish(&mut draws, client, history.calls.len(), &known);
        match call(&shared, &mut caller, client, wish) {
            None => shared.note_refusal(),
            Some(call) => {
                learn(&call, &mut known);
                history.calls.push(call);
            }
        }
        thread::sleep(Duration::from_millis(draws.below(4)));
    }
    history
}

/// Asks for something at whichever member can be reached, if one can be.
pub fn call(shared: &Shared, caller: &mut Caller, client: usize, wish: Wish) -> Option<Call> {
    let (member, connection) = caller.reach()?;
    let (member, asked) = (*member, shared.began.elapsed());
    let outcome = carry_out(connection, &wish);
    let now = shared.began.elapsed();
    let mut call = Call { client, member, wish, asked, told: None, gave_up: None };
    match outcome {
        Ok(told) => {
            shared.note_answer(told.revision);
            call.told = Some(Told { at: now, ..told });
        }
        Err(status) => {
            call.gave_up = Some((now, format!("{:?}: {}", status.code(), status.message())));
            caller.leave();
            shared.note_refusal();
        }
    }
    Some(call)
}

fn wish(draws: &mut Draws, client: usize, count: usize, known: &BTreeMap<String, i64>) -> Wish {
    let register = |draws: &mut Draws| format!("r{}", draws.index(REGISTERS));
    let put = |key: String, more: &str| {
        let value = format!("c{client}.{count}{more}");
        Change::Put { key, value, lease: 0 }
    };
    let key = register(draws);
    let (guard, changes) = match draws.below(100) {
        0..40 => return Wish::Read,
        40..60 => (None, vec![put(key, "")]),
        60..68 => (None, vec![Change::Delete { key }]),
        68..90 => {
            let modified = known.get(&key).copied().unwrap_or_default();
            (Some((key.clone(), modified)), vec![put(key, "")])
        }
        _ => {
            // Two registers at once: nobody may ever see one without the other.
            let other = format!("r{}", (draws.index(REGISTERS - 1) + 1) % REGISTERS);
            let changes = vec![put(key.clone(), "a"), put(other.clone(), "b")];
            (None, if key == other { vec![put(key, "")] } else { changes })
        }
    };
    Wish::Write { guard, changes }
}

/// What a client knows of registers, from what it was told last.
fn learn(call: &Call, known: &mut BTreeMap<String, i64>) {
    let Some(told) = &call.told else { return };
    if let (Wish::Read, Some(rows)) = (&call.wish, &told.rows) {
        known.clear();
        known.extend(rows.iter().map(|row| (row.key.clone(), row.modified)));
    }
    if let Wish::Write { guard, changes } = &call.wish {
        for change in changes.iter().filter(|_| told.has_changed) {
            match change {
                Change::Put { key, .. } => known.insert(key.clone(), told.revision),
                Change::Delete { key } => known.remove(key),
            };
        }
        if let (Some((key, _)), Some(rows)) = (guard, &told.rows) {
            known.remove(key);
            known.extend(rows.iter().map(|row| (row.key.clone(), row.modified)));
        }
    }
}

pub fn row(pair: &KeyValue) -> Row {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Row {
        key: text(&pair.key),
        value: text(&pair.value),
        created: pair.create_revision,
        modified: pair.mod_revision,
        version: pair.version,
        lease: pair.lease,
    }
}

fn told(header: Option<ResponseHeader>, has_changed: bool, rows: Option<&[KeyValue]>) -> Told {
    let revision = header.map_or(0, |header| header.revision);
    let rows = rows.map(|rows| rows.iter().map(row).collect());
    Told { at: Duration::ZERO, revision, has_changed, rows }
}

fn carry_out(client: &mut Client, wish: &Wish) -> Result<Told, Status> {
    let (guard, changes) = match wish {
        Wish::Read => {
            let request =
                RangeRequest { key: "r".into(), range_end: "s".into(), ..RangeRequest::default() };
            let found = client.kv(async move |mut kv| within(PATIENCE, kv.range(request)).await)?;
            return Ok(told(found.header, false, Some(&found.kvs)));
        }
        Wish::Write { guard, changes } => (guard, changes),
    };
    match (guard, &changes[..]) {
        (None, [Change::Put { key, value, lease }]) => {
            let request = put(key, value, *lease);
            let done = client.kv(async move |mut kv| within(PATIENCE, kv.put(request)).await)?;
            Ok(told(done.header, true, None))
        }
        (None, [Change::Delete { key }]) => {
            let request = delete(key);
            let done =
                client.kv(async move |mut kv| within(PATIENCE, kv.delete_range(request)).await)?;
            let has_changed = done.deleted > 0;
            Ok(told(done.header, has_changed, (!has_changed).then_some(&[])))
        }
        (guard, changes) => transact(client, guard.as_ref(), changes),
    }
}

fn transact(
    client: &mut Client,
    guard: Option<&(String, i64)>,
    changes: &[Change],
) -> Result<Told, Status> {
    let compare = |(key, modified): &(String, i64)| Compare {
        result: CompareResult::Equal.into(),
        target: CompareTarget::Mod.into(),
        key: key.clone().into(),
        target_union: Some(TargetUnion::ModRevision(*modified)),
        ..Compare::default()
    };
    let look = |(key, _): &(String, i64)| {
        Request::RequestRange(RangeRequest { key: key.clone().into(), ..RangeRequest::default() })
    };
    let change = |change: &Change| match change {
        Change::Put { key, value, lease } => Request::RequestPut(put(key, value, *lease)),
        Change::Delete { key } => Request::RequestDeleteRange(delete(key)),
    };
    let operation = |request: Request| RequestOp { request: Some(request) };
    let request = TxnRequest {
        compare: guard.iter().map(|guard| compare(guard)).collect(),
        success: changes.iter().map(change).map(operation).collect(),
        failure: guard.iter().map(|guard| look(guard)).map(operation).collect(),
    };
    let done = client.kv(async move |mut kv| within(PATIENCE, kv.txn(request)).await)?;
    let found = done.responses.iter().find_map(|one| match &one.response {
        Some(Response::ResponseRange(found)) => Some(&found.kvs[..]),
        Some(
            Response::ResponsePut(_) | Response::ResponseDeleteRange(_) | Response::ResponseTxn(_),
        )
        | None => None,
    });
    Ok(told(done.header, done.succeeded, found.filter(|_| !done.succeeded)))
}

fn put(key: &str, value: &str, lease: i64) -> PutRequest {
    let (key, value) = (key.to_owned().into(), value.to_owned().into());
    PutRequest { key, value, lease, ..PutRequest::default() }
}

fn delete(key: &str) -> DeleteRangeRequest {
    DeleteRangeRequest { key: key.to_owned().into(), ..DeleteRangeRequest::default() }
}
