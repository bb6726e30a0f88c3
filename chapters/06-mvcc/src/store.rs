//! Writing: puts, deletions, and what they leave behind.
//!
//! Owns [`Store`]. There is one, and one thread writes with it. Every request that changes anything
//! is one revision; within it, each change of a key has a stamp, and is one row. What a request
//! does depends on the request and on the state, and on nothing else: so every member that carries
//! out the same requests has the same state.
//!
//! What was written is seen by views once it was published, and is on disk once the buffer below
//! was frozen and committed: that is the server's to decide, between two entries of its log.
//!
//! Left to others: transactions (`txn`), starting (`restore`), compactions (`forget`), leases
//! and whether they are there (the caller).

use crate::compaction::Compaction;
use crate::error::Error;
use crate::leases::Attached;
use crate::range::{header, range};
use crate::row;
use crate::stamp::{Act, Stamp};
use crate::sums::{Sums, hash};
use crate::versions::Life;
use crate::view::{Moment, Reader, Shared};
use api::event::EventType;
use api::{
    DeleteRangeRequest, DeleteRangeResponse, Event, KeyValue, Keys, LeaseId, PutRequest,
    PutResponse, RangeRequest, RangeResponse, Revision,
};
use bolt::{File, backend};
use bytes::Bytes;
use std::num::NonZeroU64;
use std::sync::Arc;

/// Which leases there are.
pub trait Leases {
    /// Is it there?
    fn is_there(&self, lease: LeaseId) -> bool;
}

/// A store that is written.
///
/// Invariants:
/// - The index has a version for every row, but for those that a compaction is taking.
/// - No stamp is of a revision after `current`, but for those of a request that is being carried
///   out.
pub struct Store<F: File> {
    pub(crate) rows: backend::Writer<F>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) current: Revision,
    pub(crate) compacted: Option<Revision>,
    /// Whoever has it has seen the state before the next compaction.
    pub(crate) era: Arc<()>,
    pub(crate) compaction: Option<Compaction>,
    /// So many rows were deleted by compactions since the start.
    pub(crate) forgotten: u64,
    pub(crate) attached: Attached,
    pub(crate) sums: Sums,
    /// What has happened since somebody took them.
    pub(crate) events: Vec<Event>,
}

impl<F: File> Store<F> {
    /// The newest revision, published or not.
    pub fn current(&self) -> Revision {
        self.current
    }

    /// The revision of the last compaction, if there was one.
    pub fn compacted(&self) -> Option<Revision> {
        self.compacted
    }

    /// Is there a compaction that has not come to its end?
    pub fn is_compacting(&self) -> bool {
        self.compaction.is_some()
    }

    /// How many rows compactions have deleted since the start.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Which keys go with which lease.
    pub fn attached(&self) -> &Attached {
        &self.attached
    }

    /// The sum of the hashes of all that is there, at one of the last revisions.
    pub fn sum(&self, revision: Revision) -> Option<u64> {
        self.sums.at(revision)
    }

    /// Rows of other buckets that are to be on disk together with what was written here.
    pub fn rows(&mut self) -> &mut backend::Writer<F> {
        &mut self.rows
    }

    /// Whoever wants to read gets one of these.
    pub fn reader(&self) -> Reader<F> {
        Reader::new(self.rows.reader(), self.shared.clone())
    }

    /// What has happened to keys since the last call, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// From now on, views see what was written until now.
    pub fn publish(&mut self) {
        self.rows.publish();
        self.publish_moment();
    }

    pub(crate) fn publish_moment(&self) {
        self.shared.publish(Moment {
            current: self.current,
            compacted: self.compacted,
            era: self.era.clone(),
        });
    }

    /// Publishes what was written, and says that it is to be on disk ([`backend::Writer::freeze`]).
    pub fn freeze(&mut self) -> Option<backend::Frozen> {
        let frozen = self.rows.freeze();
        self.publish_moment();
        frozen
    }

    /// Puts a key.
    pub fn put(
        &mut self,
        request: &PutRequest,
        leases: &impl Leases,
    ) -> Result<PutResponse, Error> {
        self.can_put(request, leases)?;
        self.change(|change| change.put(request))
    }

    /// Deletes keys.
    pub fn delete_range(
        &mut self,
        request: &DeleteRangeRequest,
    ) -> Result<DeleteRangeResponse, Error> {
        self.change(|change| change.delete_range(request))
    }

    /// Deletes the keys of a lease that has ended, all at one revision. How many there were.
    pub fn delete_attached(&mut self, lease: LeaseId) -> Result<usize, Error> {
        let keys: Vec<Bytes> = self.attached.keys(lease).cloned().collect();
        self.change(|change| {
            keys.iter().for_each(|key| change.delete(key));
            Ok(keys.len())
        })
    }

    /// Can a key be put, as the state is now?
    pub(crate) fn can_put(&self, request: &PutRequest, leases: &impl Leases) -> Result<(), Error> {
        if let Some(lease) = LeaseId::new(request.lease)
            && !leases.is_there(lease)
        {
            return Err(api::Error::LeaseNotFound.into());
        }
        let keeps = request.ignore_value || request.ignore_lease;
        if keeps && self.newest(&request.key).is_none() {
            return Err(api::Error::KeyNotFound.into());
        }
        Ok(())
    }

    /// A key's newest version, if it is there.
    pub(crate) fn newest(&self, key: &[u8]) -> Option<(Stamp, Life)> {
        let version = self.shared.index().newest(key)?;
        Some((version.stamp, version.life?))
    }

    /// Carries out a request. If it changes anything, that is the next revision.
    pub(crate) fn change<T>(
        &mut self,
        run: impl FnOnce(&mut Changing<'_, F>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut changing = Changing { revision: self.current.next(), changes: 0, store: self };
        let result = run(&mut changing)?;
        let Changing { revision, changes, .. } = changing;
        if changes > 0 {
            self.current = revision;
            self.sums.note(revision);
        }
        Ok(result)
    }
}

/// A request that is being carried out.
pub struct Changing<'a, F: File> {
    store: &'a mut Store<F>,
    /// That of its changes.
    revision: Revision,
    /// How many there were.
    changes: u32,
}

impl<F: File> Changing<'_, F> {
    /// The newest revision, with what has changed already.
    pub fn current(&self) -> Revision {
        if self.changes > 0 { self.revision } else { self.store.current }
    }

    /// Puts a key. What it keeps is there, or an open deletion before it in the same transaction
    /// has taken it (see `checks`): then there is no value and no lease to keep.
    pub fn put(&mut self, request: &PutRequest) -> Result<PutResponse, Error> {
        let key = &request.key;
        let before = self.store.newest(key);
        let old = match before {
            Some((stamp, _)) if request.prev_kv || request.ignore_value => Some(self.read(stamp)?),
            Some(_) | None => None,
        };
        let lease = match request.ignore_lease {
            true => self.store.attached.lease(key),
            false => LeaseId::new(request.lease),
        };
        let value = match &old {
            Some(old) if request.ignore_value => old.value.clone(),
            Some(_) | None => request.value.clone(),
        };
        let stamp = self.stamp();
        let (created, version) = match before {
            Some((_, life)) => (life.created, life.version.saturating_add(1)),
            None => (self.revision, NonZeroU64::MIN),
        };
        let pair = KeyValue {
            key: key.clone(),
            create_revision: created.wire(),
            mod_revision: self.revision.wire(),
            version: i64::try_from(version.get()).expect("nobody counts that far"),
            value,
            lease: LeaseId::wire(lease),
        };
        let row = row::encode(&pair);
        let life = Life { created, version, hash: hash(&row) };
        // The event's key and value are parts of the row. Those of the request are parts of all
        // that came with it, which would stay for as long as somebody keeps the event.
        let pair = row::decode(row.clone(), stamp)?;
        self.store.rows.put(row::BUCKET, stamp.row_key(Act::Put), row)?;
        self.store.shared.index_mut().put(key, stamp, life);
        self.store.sums.replace(before.map(|(_, life)| life.hash), Some(life.hash));
        self.store.attached.attach(key, lease);
        self.note(EventType::Put, pair);
        let prev_kv = old.filter(|_| request.prev_kv);
        Ok(PutResponse { header: Some(header(self.current())), prev_kv })
    }

    /// Deletes the keys of a range.
    pub fn delete_range(
        &mut self,
        request: &DeleteRangeRequest,
    ) -> Result<DeleteRangeResponse, Error> {
        let mut found: Vec<(Bytes, Stamp)> = Vec::new();
        let keys = Keys::new(&request.key, &request.range_end);
        // Nothing is of a later revision, so these are the newest.
        self.store.shared.each(&keys, self.revision, |key, stamp, _| {
            found.push((Bytes::copy_from_slice(key), stamp));
            true
        });
        let mut prev_kvs = Vec::new();
        if request.prev_kv {
            for (_, stamp) in &found {
                prev_kvs.push(self.read(*stamp)?);
            }
        }
        found.iter().for_each(|(key, _)| self.delete(key));
        let deleted = i64::try_from(found.len()).expect("they were in memory");
        Ok(DeleteRangeResponse { header: Some(header(self.current())), deleted, prev_kvs })
    }

    /// Deletes a key, if it is there.
    fn delete(&mut self, key: &Bytes) {
        let Some((_, life)) = self.store.newest(key) else { return };
        let stamp = self.stamp();
        let row = (stamp.row_key(Act::Delete), row::tombstone(key));
        self.store.rows.put(row::BUCKET, row.0, row.1).expect("a stamp is a short key");
        self.store.shared.index_mut().delete(key, stamp);
        self.store.sums.replace(Some(life.hash), None);
        self.store.attached.attach(key, None);
        let mod_revision = self.revision.wire();
        self.note(
            EventType::Delete,
            KeyValue { key: key.clone(), mod_revision, ..KeyValue::default() },
        );
    }

    /// Reads a range, with all that was changed until now.
    pub fn range(&mut self, request: &RangeRequest) -> Result<RangeResponse, Error> {
        let at = match u64::try_from(request.revision) {
            Err(_) | Ok(0) => self.current(),
            Ok(revision) => Revision(revision),
        };
        let rows = self.store.rows.view();
        let mut response = range(&rows, &self.store.shared, at, request, true)?;
        response.header = Some(header(self.current()));
        Ok(response)
    }

    /// The pair that an earlier change has put, of this request or of one before.
    pub(crate) fn read(&self, stamp: Stamp) -> Result<KeyValue, Error> {
        self.store.read(stamp)
    }

    /// The stamp of the next change.
    fn stamp(&mut self) -> Stamp {
        let stamp = Stamp { revision: self.revision, sub: self.changes };
        self.changes += 1;
        stamp
    }

    fn note(&mut self, what: EventType, pair: KeyValue) {
        self.store.events.push(Event { r#type: what as i32, kv: Some(pair), prev_kv: None });
    }
}

impl<F: File> Store<F> {
    /// The pair that a change has put.
    pub(crate) fn read(&self, stamp: Stamp) -> Result<KeyValue, Error> {
        let row = self.rows.get(row::BUCKET, &stamp.row_key(Act::Put))?;
        row::decode(row.ok_or(Error::Row { stamp, why: "is missing" })?, stamp)
    }
}
