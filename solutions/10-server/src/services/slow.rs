//! Calls that took long, in the journal.
//!
//! Owns [`Slow`]: how long is long, and the lines `request stats` and `apply request took too
//! long`. What there is to say of a call is only found out if it is said. At level debug, every
//! call that has one answer is.
//!
//! Left to others: how requests are written (`loggable`), and entries that took long (`state`).

use super::Who;
use crate::door::Caller;
use crate::journal::{Journal, Level, Line, fields, timestamp};
use crate::loggable;
use crate::metrics::Metrics;
use api::{
    DeleteRangeRequest, DeleteRangeResponse, Method, PutRequest, PutResponse, RangeRequest,
    RangeResponse, TxnRequest, TxnResponse,
};
use http::Request;
use prost::Message;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tonic::Status;

/// How long is long, and who is told.
pub struct Slow {
    journal: Journal,
    request: Duration,
    read: Duration,
    /// Paths of calls that have one answer, and of whose content nothing is said.
    others: HashSet<Arc<str>>,
}

/// What there is to say of a call.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    request_count: i64,
    request_size: i64,
    response_count: i64,
    response_size: i64,
    content: String,
}

/// A call of whose content nothing is said, and that has begun.
pub struct Watched {
    path: Arc<str>,
    remote: Option<SocketAddr>,
    began: Instant,
}

const NOTHING: Said = Said {
    request_count: -1,
    request_size: -1,
    response_count: -1,
    response_size: -1,
    content: String::new(),
};

impl Slow {
    /// Requests are slow after so long, and reads among them.
    pub fn new(journal: Journal, request: Duration, read: Duration) -> Slow {
        let is_other = |method: &Method| {
            !method.takes_many() && !method.gives_many() && method.service() != "etcdserverpb.KV"
        };
        let path = |method: Method| format!("/{}/{}", method.service(), method.name()).into();
        let others = Method::all().filter(is_other).map(path).collect();
        Slow { journal, request, read, others }
    }

    /// A call begins. None if something is said of its content, for then its service does.
    pub fn watch<B>(&self, request: &Request<B>) -> Option<Watched> {
        let path = request.uri().path();
        // It is most of them, and should be fast.
        if path.starts_with("/etcdserverpb.KV/") {
            return None;
        }
        let path = self.others.get(path)?.clone();
        let remote = request.extensions().get::<Caller>().map(|caller| caller.remote);
        Some(Watched { path, remote, began: Instant::now() })
    }

    /// It has ended.
    pub fn end(&self, watched: &Watched) {
        self.say(&watched.path, watched.remote, watched.began.elapsed(), || NOTHING);
    }

    /// A compaction has ended.
    pub fn compact(&self, who: &Who) {
        self.of("Compact", who, who.began().elapsed(), || NOTHING);
    }

    /// A range was read, or not.
    pub fn range(
        &self,
        who: &Who,
        asked: &RangeRequest,
        told: &Result<RangeResponse, Status>,
        metrics: &Metrics,
    ) {
        let took = who.began().elapsed();
        // One that is wrong in itself was never begun.
        if took > self.read && mvcc::checks::range(asked).is_ok() {
            let told = told.as_ref().map(loggable::range_response);
            self.read(took, "read-only range ", loggable::range(asked), told, metrics);
        }
        self.of("Range", who, took, || Said {
            request_count: 0,
            request_size: size(asked),
            response_count: told.as_ref().map_or(0, |told| told.count),
            response_size: told.as_ref().map_or(0, size),
            content: loggable::range(asked),
        });
    }

    /// A key was put, or not.
    pub fn put(&self, who: &Who, asked: &PutRequest, told: &Result<PutResponse, Status>) {
        self.of("Put", who, who.began().elapsed(), || Said {
            request_count: 1,
            request_size: size(asked),
            response_count: 0,
            response_size: told.as_ref().map_or(0, size),
            content: loggable::put(asked),
        });
    }

    /// Keys were deleted, or not.
    pub fn delete_range(
        &self,
        who: &Who,
        asked: &DeleteRangeRequest,
        told: &Result<DeleteRangeResponse, Status>,
    ) {
        self.of("DeleteRange", who, who.began().elapsed(), || Said {
            request_count: 0,
            request_size: size(asked),
            response_count: told.as_ref().map_or(0, |told| told.deleted),
            response_size: told.as_ref().map_or(0, size),
            content: loggable::delete_range(asked),
        });
    }

    /// A transaction was carried out, or not. Of one that was not, nothing is said.
    pub fn txn(&self, who: &Who, asked: &TxnRequest, told: &Result<TxnResponse, Status>) {
        self.of("Txn", who, who.began().elapsed(), || {
            let Ok(told) = told else { return Said::default() };
            let done = if told.succeeded { &asked.success } else { &asked.failure };
            Said {
                request_count: i64::try_from(done.len()).unwrap_or(i64::MAX),
                request_size: done.iter().map(size).sum(),
                response_count: 0,
                response_size: size(told),
                content: loggable::txn(asked),
            }
        });
    }

    /// A transaction that does nothing but read has done so.
    pub fn read_txn(
        &self,
        who: &Who,
        asked: &TxnRequest,
        told: &Result<TxnResponse, Status>,
        metrics: &Metrics,
    ) {
        let took = who.began().elapsed();
        if took > self.read {
            let told = told.as_ref().map(loggable::txn_response);
            self.read(took, "read-only txn ", loggable::txn(asked), told, metrics);
        }
    }

    fn read(
        &self,
        took: Duration,
        prefix: &str,
        request: String,
        told: Result<String, &Status>,
        metrics: &Metrics,
    ) {
        metrics.raft.slow_applies.add(1);
        let (response, error) = match told {
            Ok(told) => (told, None),
            Err(status) => (String::new(), Some(status.message())),
        };
        let mut fields = fields![
            "took": format!("{took:?}"),
            "expected-duration": format!("{:?}", self.read),
            "prefix": prefix,
            "request": request,
            "response": response,
        ];
        fields.extend(error.map(|error| ("error", error.into())));
        self.journal.warn("apply request took too long", fields);
    }

    fn of(&self, name: &str, who: &Who, took: Duration, said: impl FnOnce() -> Said) {
        if took > self.request || self.journal.hears(Level::Debug) {
            self.say(&format!("/etcdserverpb.KV/{name}"), who.remote(), took, said);
        }
    }

    fn say(
        &self,
        path: &str,
        remote: Option<SocketAddr>,
        took: Duration,
        said: impl FnOnce() -> Said,
    ) {
        let level = if took > self.request { Level::Warn } else { Level::Debug };
        if !self.journal.hears(level) {
            return;
        }
        let said = said();
        let began = SystemTime::now().checked_sub(took).unwrap_or(SystemTime::UNIX_EPOCH);
        let fields = fields![
            "start time": timestamp(began),
            "time spent": format!("{took:?}"),
            "remote": remote.map_or(String::new(), |remote| remote.to_string()),
            "response type": path,
            "request count": said.request_count,
            "request size": said.request_size,
            "response count": said.response_count,
            "response size": said.response_size,
            "request content": said.content,
        ];
        self.journal.say(&Line::new(level, "request stats", fields));
    }
}

fn size(message: &impl Message) -> i64 {
    i64::try_from(message.encoded_len()).unwrap_or(i64::MAX)
}
