//! A store of revisions as one would write it first: every revision is a copy of everything.

use api::compare::{CompareResult, CompareTarget, TargetUnion};
use api::range_request::{SortOrder, SortTarget};
use api::request_op::Request;
use api::response_op::Response;
use api::{
    Compare, DeleteRangeRequest, DeleteRangeResponse, Error, KeyValue, PutRequest, PutResponse,
    RangeRequest, RangeResponse, RequestOp, ResponseHeader, ResponseOp, TxnRequest, TxnResponse,
};
use bytes::Bytes;
use std::collections::BTreeMap;

/// All that is there at a revision.
pub type State = BTreeMap<Bytes, KeyValue>;

/// Every state there was; that of revision `n` at place `n`.
#[derive(Clone, Debug)]
pub struct Naive {
    pub states: Vec<State>,
    pub compacted: i64,
    leases: &'static [i64],
}

/// A request that is carried out on a copy.
struct Copy {
    state: State,
    revision: i64,
    changed: bool,
    current: i64,
}

fn header(revision: i64) -> Option<ResponseHeader> {
    Some(ResponseHeader { revision, ..ResponseHeader::default() })
}

fn is_meant(key: &[u8], range_end: &[u8], it: &[u8]) -> bool {
    match range_end {
        [] => it == key,
        [0] => it >= key,
        _ => it >= key && it < range_end,
    }
}

impl Naive {
    pub fn new(leases: &'static [i64]) -> Naive {
        Naive { states: vec![State::new(); 2], compacted: -1, leases }
    }

    pub fn current(&self) -> i64 {
        self.states.len() as i64 - 1
    }

    pub fn now(&self) -> &State {
        self.states.last().expect("there is the first")
    }

    fn copy(&self) -> Copy {
        let current = self.current();
        Copy { state: self.now().clone(), revision: current + 1, changed: false, current }
    }

    fn keep(&mut self, copy: Copy) {
        if copy.changed {
            self.states.push(copy.state);
        }
    }

    pub fn put(&mut self, request: &PutRequest) -> Result<PutResponse, Error> {
        self.can_put(request)?;
        let mut copy = self.copy();
        let response = copy.put(request);
        self.keep(copy);
        Ok(response)
    }

    pub fn delete_range(&mut self, request: &DeleteRangeRequest) -> DeleteRangeResponse {
        let mut copy = self.copy();
        let response = copy.delete_range(request);
        self.keep(copy);
        response
    }

    pub fn end_lease(&mut self, lease: i64) -> usize {
        let mut copy = self.copy();
        let before = copy.state.len();
        copy.state.retain(|_, pair| pair.lease != lease);
        let count = before - copy.state.len();
        copy.changed = count > 0;
        self.keep(copy);
        count
    }

    pub fn compact(&mut self, revision: i64) -> Result<(), Error> {
        if revision <= self.compacted {
            return Err(Error::Compacted);
        }
        if revision > self.current() {
            return Err(Error::FutureRev);
        }
        self.compacted = revision;
        Ok(())
    }

    fn can_put(&self, request: &PutRequest) -> Result<(), Error> {
        if request.lease != 0 && !self.leases.contains(&request.lease) {
            return Err(Error::LeaseNotFound);
        }
        let keeps = request.ignore_value || request.ignore_lease;
        if keeps && !self.now().contains_key(&request.key) {
            return Err(Error::KeyNotFound);
        }
        Ok(())
    }

    pub fn range(&self, request: &RangeRequest) -> Result<RangeResponse, Error> {
        let revision = if request.revision <= 0 { self.current() } else { request.revision };
        if revision > self.current() {
            return Err(Error::FutureRev);
        }
        if revision < self.compacted {
            return Err(Error::Compacted);
        }
        let state = &self.states[usize::try_from(revision).expect("not negative")];
        Ok(RangeResponse { header: header(self.current()), ..range(state, request) })
    }

    pub fn txn(&mut self, request: &TxnRequest) -> Result<TxnResponse, Error> {
        self.can_do(request)?;
        let mut copy = self.copy();
        let mut response = self.run(request, &mut copy);
        response.header = header(copy.current());
        self.keep(copy);
        Ok(response)
    }

    fn path<'a>(&self, request: &'a TxnRequest) -> (bool, &'a [RequestOp]) {
        let all = request.compare.iter().all(|compare| holds(compare, self.now()));
        (all, if all { &request.success } else { &request.failure })
    }

    fn can_do(&self, request: &TxnRequest) -> Result<(), Error> {
        for operation in self.path(request).1 {
            match operation.request.as_ref().expect("it is there") {
                Request::RequestRange(request) => {
                    if request.revision > self.current() {
                        return Err(Error::FutureRev);
                    }
                    if request.revision != 0 && request.revision < self.compacted {
                        return Err(Error::Compacted);
                    }
                }
                Request::RequestPut(request) => self.can_put(request)?,
                Request::RequestTxn(request) => self.can_do(request)?,
                Request::RequestDeleteRange(_) => {}
            }
        }
        Ok(())
    }

    fn run(&self, request: &TxnRequest, copy: &mut Copy) -> TxnResponse {
        let (succeeded, list) = self.path(request);
        let mut responses = Vec::new();
        for operation in list {
            let response = match operation.request.as_ref().expect("it is there") {
                Request::RequestRange(request) => {
                    let explicit = usize::try_from(request.revision).ok().filter(|at| *at > 0);
                    let state = explicit.map_or(&copy.state, |at| &self.states[at]);
                    let mut response = range(state, request);
                    response.header = header(copy.current());
                    Response::ResponseRange(response)
                }
                Request::RequestPut(request) => Response::ResponsePut(copy.put(request)),
                Request::RequestDeleteRange(request) => {
                    Response::ResponseDeleteRange(copy.delete_range(request))
                }
                Request::RequestTxn(request) => {
                    let mut response = self.run(request, copy);
                    response.header = Some(ResponseHeader::default());
                    Response::ResponseTxn(response)
                }
            };
            responses.push(ResponseOp { response: Some(response) });
        }
        TxnResponse { header: None, succeeded, responses }
    }
}

impl Copy {
    fn current(&self) -> i64 {
        if self.changed { self.revision } else { self.current }
    }

    fn put(&mut self, request: &PutRequest) -> PutResponse {
        let old = self.state.get(&request.key).cloned();
        let pair = KeyValue {
            key: request.key.clone(),
            create_revision: old.as_ref().map_or(self.revision, |old| old.create_revision),
            mod_revision: self.revision,
            version: old.as_ref().map_or(1, |old| old.version + 1),
            value: match &old {
                Some(old) if request.ignore_value => old.value.clone(),
                _ => request.value.clone(),
            },
            lease: match &old {
                Some(old) if request.ignore_lease => old.lease,
                _ => request.lease,
            },
        };
        self.state.insert(request.key.clone(), pair);
        self.changed = true;
        let prev_kv = old.filter(|_| request.prev_kv);
        PutResponse { header: header(self.revision), prev_kv }
    }

    fn delete_range(&mut self, request: &DeleteRangeRequest) -> DeleteRangeResponse {
        let gone: Vec<KeyValue> = self
            .state
            .values()
            .filter(|pair| is_meant(&request.key, &request.range_end, &pair.key))
            .cloned()
            .collect();
        gone.iter().for_each(|pair| drop(self.state.remove(&pair.key)));
        self.changed |= !gone.is_empty();
        DeleteRangeResponse {
            header: header(self.current()),
            deleted: gone.len() as i64,
            prev_kvs: if request.prev_kv { gone } else { Vec::new() },
        }
    }
}

fn holds(compare: &Compare, state: &State) -> bool {
    let none = KeyValue::default();
    let mut pairs: Vec<&KeyValue> = state
        .values()
        .filter(|pair| is_meant(&compare.key, &compare.range_end, &pair.key))
        .collect();
    if pairs.is_empty() {
        if compare.target() == CompareTarget::Value {
            return false;
        }
        pairs.push(&none);
    }
    pairs.into_iter().all(|pair| {
        let number = |it: i64, given: Option<i64>| it.cmp(&given.unwrap_or(0));
        let order = match (compare.target(), &compare.target_union) {
            (CompareTarget::Version, Some(TargetUnion::Version(given))) => {
                number(pair.version, Some(*given))
            }
            (CompareTarget::Version, _) => number(pair.version, None),
            (CompareTarget::Create, Some(TargetUnion::CreateRevision(given))) => {
                number(pair.create_revision, Some(*given))
            }
            (CompareTarget::Create, _) => number(pair.create_revision, None),
            (CompareTarget::Mod, Some(TargetUnion::ModRevision(given))) => {
                number(pair.mod_revision, Some(*given))
            }
            (CompareTarget::Mod, _) => number(pair.mod_revision, None),
            (CompareTarget::Lease, Some(TargetUnion::Lease(given))) => {
                number(pair.lease, Some(*given))
            }
            (CompareTarget::Lease, _) => number(pair.lease, None),
            (CompareTarget::Value, Some(TargetUnion::Value(given))) => pair.value.cmp(given),
            (CompareTarget::Value, _) => pair.value.cmp(&Bytes::new()),
        };
        match compare.result() {
            CompareResult::Equal => order.is_eq(),
            CompareResult::NotEqual => order.is_ne(),
            CompareResult::Greater => order.is_gt(),
            CompareResult::Less => order.is_lt(),
        }
    })
}

/// The answer of a range in a state, but for its header.
fn range(state: &State, request: &RangeRequest) -> RangeResponse {
    let all = state.values().filter(|pair| is_meant(&request.key, &request.range_end, &pair.key));
    let mut pairs: Vec<KeyValue> = all.cloned().collect();
    let count = pairs.len() as i64;
    if request.count_only {
        return RangeResponse { count, ..RangeResponse::default() };
    }
    let bounds = [
        request.max_mod_revision,
        request.min_mod_revision,
        request.max_create_revision,
        request.min_create_revision,
    ];
    let limit = usize::try_from(request.limit).ok().filter(|limit| *limit > 0);
    if bounds == [0; 4]
        && request.sort_order() == SortOrder::None
        && let Some(limit) = limit
    {
        pairs.truncate(limit + 1);
    }
    pairs.retain(|pair| {
        let [max_mod, min_mod, max_create, min_create] = bounds;
        (max_mod == 0 || pair.mod_revision <= max_mod)
            && (min_mod == 0 || pair.mod_revision >= min_mod)
            && (max_create == 0 || pair.create_revision <= max_create)
            && (min_create == 0 || pair.create_revision >= min_create)
    });
    match request.sort_target() {
        SortTarget::Key => {}
        SortTarget::Version => pairs.sort_by_key(|pair| pair.version),
        SortTarget::Create => pairs.sort_by_key(|pair| pair.create_revision),
        SortTarget::Mod => pairs.sort_by_key(|pair| pair.mod_revision),
        SortTarget::Value => pairs.sort_by(|one, other| one.value.cmp(&other.value)),
    }
    if request.sort_order() == SortOrder::Descend {
        pairs.reverse();
        if request.sort_target() != SortTarget::Key {
            // Those that are equal stay in the order of their keys.
            stay(request.sort_target(), &mut pairs);
        }
    }
    let more = limit.is_some_and(|limit| pairs.len() > limit);
    pairs.truncate(limit.unwrap_or(usize::MAX));
    if request.keys_only {
        let by_value = request.sort_target() == SortTarget::Value;
        for pair in &mut pairs {
            pair.value = Bytes::new();
            pair.lease = if by_value { pair.lease } else { 0 };
        }
    }
    RangeResponse { header: None, kvs: pairs, more, count }
}

fn stay(target: SortTarget, pairs: &mut [KeyValue]) {
    let same = |one: &KeyValue, other: &KeyValue| match target {
        SortTarget::Key => one.key == other.key,
        SortTarget::Version => one.version == other.version,
        SortTarget::Create => one.create_revision == other.create_revision,
        SortTarget::Mod => one.mod_revision == other.mod_revision,
        SortTarget::Value => one.value == other.value,
    };
    pairs.chunk_by_mut(same).for_each(<[KeyValue]>::reverse);
}
