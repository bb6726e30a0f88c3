//! A store that is asked as the gateway of etcd is: by a path and JSON. It answers with an HTTP
//! status and JSON.

use crate::whole::Whole;
use api::{
    CompactionRequest, CompactionResponse, DeleteRangeRequest, Error, HashKvRequest,
    HashKvResponse, Json, LeaseId, LeaseRevokeRequest, LeaseRevokeResponse, PutRequest,
    RangeRequest, ResponseHeader, TxnRequest,
};
use mvcc::{Leases, Progress, checks};
use prost::{Message, Name};
use serde_json::Value;
use std::collections::BTreeSet;

/// Those that there are.
#[derive(Default)]
pub struct Granted(pub BTreeSet<i64>);

/// A store, and what a member knows beside it.
pub struct Asked {
    pub whole: Whole,
    pub granted: Granted,
    /// How many operations a transaction may have.
    most: usize,
    /// What the member adds to each answer's header.
    member: ResponseHeader,
}

/// Why there is no answer.
enum Wrong {
    /// It is no request.
    Json,
    Refused(Error),
}

impl Leases for Granted {
    fn is_there(&self, lease: LeaseId) -> bool {
        self.0.contains(&lease.get())
    }
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Wrong {
        Wrong::Refused(error)
    }
}

impl From<mvcc::Error> for Wrong {
    fn from(error: mvcc::Error) -> Wrong {
        match error {
            mvcc::Error::Refused(error) => Wrong::Refused(error),
            other => panic!("{other}"),
        }
    }
}

impl Asked {
    /// An empty one.
    pub fn new(most: usize, member: ResponseHeader) -> Asked {
        Asked { whole: Whole::new(), granted: Granted::default(), most, member }
    }

    /// The answer to a request; none if this is nothing that a store is asked.
    pub fn answer(&mut self, path: &str, body: &str) -> Option<(u64, Value)> {
        let answer = match path {
            "/v3/kv/range" | "/v3beta/kv/range" => self.range(body),
            "/v3/kv/put" => self.put(body),
            "/v3/kv/deleterange" => self.delete_range(body),
            "/v3/kv/txn" => self.txn(body),
            "/v3/kv/compaction" => self.compact(body),
            "/v3/maintenance/hashkv" => self.hash(body),
            "/v3/lease/revoke" => self.revoke(body),
            _ => return None,
        };
        self.whole.store.publish();
        Some(match answer {
            Ok(response) => (200, response),
            Err(Wrong::Json) => (400, serde_json::json!({ "code": 3, "message": "" })),
            Err(Wrong::Refused(error)) => {
                let code = error.sent().number();
                (status(code), serde_json::json!({ "code": code, "message": error.text() }))
            }
        })
    }

    fn range(&mut self, body: &str) -> Result<Value, Wrong> {
        let request: RangeRequest = read(body)?;
        checks::range(&request)?;
        let mut response = self.whole.store.reader().view().range(&request)?;
        self.fill(&mut response.header);
        Ok(write(response))
    }

    fn put(&mut self, body: &str) -> Result<Value, Wrong> {
        let request: PutRequest = read(body)?;
        checks::put(&request)?;
        let mut response = self.whole.store.put(&request, &self.granted)?;
        self.fill(&mut response.header);
        Ok(write(response))
    }

    fn delete_range(&mut self, body: &str) -> Result<Value, Wrong> {
        let request: DeleteRangeRequest = read(body)?;
        checks::delete_range(&request)?;
        let mut response = self.whole.store.delete_range(&request)?;
        self.fill(&mut response.header);
        Ok(write(response))
    }

    fn txn(&mut self, body: &str) -> Result<Value, Wrong> {
        let request: TxnRequest = read(body)?;
        checks::txn(&request, self.most)?;
        let mut response = self.whole.store.txn(&request, &self.granted)?;
        self.fill(&mut response.header);
        Ok(write(response))
    }

    fn compact(&mut self, body: &str) -> Result<Value, Wrong> {
        let request: CompactionRequest = read(body)?;
        self.whole.store.compact(request.revision)?;
        if request.physical {
            while self.whole.store.compaction_step(1)? != Progress::Done {}
        }
        let mut response = CompactionResponse { header: self.now() };
        self.fill(&mut response.header);
        Ok(write(response))
    }

    fn hash(&mut self, body: &str) -> Result<Value, Wrong> {
        let request: HashKvRequest = read(body)?;
        let view = self.whole.store.reader().view();
        let hash = view.hash(request.revision)?;
        let compact_revision = view.compacted().map_or(-1, |revision| revision.wire());
        let hash_revision = view.at(request.revision)?.wire();
        let header = self.now();
        let mut response = HashKvResponse { header, hash, compact_revision, hash_revision };
        self.fill(&mut response.header);
        Ok(write(response))
    }

    fn revoke(&mut self, body: &str) -> Result<Value, Wrong> {
        let LeaseRevokeRequest { id } = read(body)?;
        let lease = LeaseId::new(id).filter(|lease| self.granted.is_there(*lease));
        self.whole.store.delete_attached(lease.ok_or(Error::LeaseNotFound)?)?;
        self.granted.0.remove(&id);
        let mut response = LeaseRevokeResponse { header: self.now() };
        self.fill(&mut response.header);
        Ok(write(response))
    }

    fn now(&self) -> Option<ResponseHeader> {
        let revision = self.whole.store.current().wire();
        Some(ResponseHeader { revision, ..ResponseHeader::default() })
    }

    fn fill(&self, header: &mut Option<ResponseHeader>) {
        let header = header.as_mut().expect("every answer has one");
        let revision = header.revision;
        *header = ResponseHeader { revision, ..self.member };
    }
}

/// An empty body is an empty request.
fn read<M: Message + Name + Default>(body: &str) -> Result<M, Wrong> {
    if body.is_empty() {
        return Ok(M::default());
    }
    let message: Json<M> = serde_json::from_str(body).map_err(|_| Wrong::Json)?;
    Ok(message.0)
}

fn write<M: Message + Name>(message: M) -> Value {
    serde_json::to_value(Json(message)).expect("every message can be written")
}

/// The status that the gateway gives to a code.
fn status(code: i32) -> u64 {
    match code {
        3 | 9 | 11 => 400,
        5 => 404,
        other => panic!("no answer of a store has the code {other}"),
    }
}
