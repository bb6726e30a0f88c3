//! What a request needs to be permitted of its keys.
//!
//! Owns one function for each kind of request that names keys. Each of them was a way past the
//! permissions in some version of etcd:
//!
//! - a transaction that asks for the pair before a put, in a transaction of its own;
//! - a put that takes a lease, and with it the right to delete whatever else hangs on that lease;
//! - a watcher of all keys from one on, whose open end was rewritten before it was looked at, and
//!   then looked like that of a single key.
//!
//! Left to others: what is wrong with a request whoever asks.

use crate::asker::Asker;
use crate::needs::Call;
use crate::state::{Access, Auth};
use api::request_op::Request;
use api::{
    Compare, DeleteRangeRequest, Error, Keys, LeaseId, PutRequest, RangeRequest, RequestOp,
    TxnRequest, WatchCreateRequest,
};
use bytes::Bytes;

/// Which keys hang on a lease.
pub trait LeaseKeys {
    /// Asks this of each key of the lease, in any order, until one is refused. A lease that is not
    /// there has none.
    fn each(
        &self,
        lease: LeaseId,
        ask: &mut dyn FnMut(&Bytes) -> Result<(), Error>,
    ) -> Result<(), Error>;
}

impl Auth {
    /// May all of these keys be read?
    pub fn check_range(&self, asker: &Asker, request: &RangeRequest) -> Result<(), Error> {
        self.check_keys(asker, Access::Read, &Keys::new(&request.key, &request.range_end))
    }

    /// May this be put?
    ///
    /// The key must be one that may be written. If the put takes a lease, so must all keys that
    /// hang on the lease already: who may let a lease end deletes them. And if it asks for the pair
    /// before, the key must be one that may be read as well.
    pub fn check_put(
        &self,
        asker: &Asker,
        request: &PutRequest,
        leases: &impl LeaseKeys,
    ) -> Result<(), Error> {
        let key = Keys::One(request.key.clone());
        self.check_keys(asker, Access::Write, &key)?;
        if let Some(lease) = LeaseId::new(request.lease) {
            self.check_lease(asker, Access::Write, lease, leases)?;
        }
        if request.prev_kv { self.check_keys(asker, Access::Read, &key) } else { Ok(()) }
    }

    /// May all of these keys be deleted, those that are not there as well? If it asks for the pairs
    /// before, they must be keys that may be read, too.
    pub fn check_delete_range(
        &self,
        asker: &Asker,
        request: &DeleteRangeRequest,
    ) -> Result<(), Error> {
        let keys = Keys::new(&request.key, &request.range_end);
        self.check_keys(asker, Access::Write, &keys)?;
        if request.prev_kv { self.check_keys(asker, Access::Read, &keys) } else { Ok(()) }
    }

    /// May this transaction be carried out, whichever way it goes?
    ///
    /// What is compared must be readable, for the answer tells how it compares. Both lists count,
    /// the one that is not taken as well, and so do transactions in them, to the last: nobody knows
    /// yet how they go. One that names no keys needs nothing.
    pub fn check_txn(
        &self,
        asker: &Asker,
        request: &TxnRequest,
        leases: &impl LeaseKeys,
    ) -> Result<(), Error> {
        let TxnRequest { compare, success, failure } = request;
        for Compare { key, range_end, .. } in compare {
            self.check_keys(asker, Access::Read, &Keys::new(key, range_end))?;
        }
        for RequestOp { request } in success.iter().chain(failure) {
            match request {
                Some(Request::RequestRange(request)) => self.check_range(asker, request)?,
                Some(Request::RequestPut(request)) => self.check_put(asker, request, leases)?,
                Some(Request::RequestDeleteRange(request)) => {
                    self.check_delete_range(asker, request)?;
                }
                Some(Request::RequestTxn(request)) => self.check_txn(asker, request, leases)?,
                None => {}
            }
        }
        Ok(())
    }

    /// May somebody be told of changes to these keys? The request must be as the client sent it: an
    /// open end of one zero byte is all keys that follow, and not none. Without a key, it begins at
    /// the first that there can be.
    pub fn check_watch(&self, asker: &Asker, request: &WatchCreateRequest) -> Result<(), Error> {
        let key = match request.key.is_empty() {
            true => Bytes::from_static(&[0]),
            false => request.key.clone(),
        };
        self.check_keys(asker, Access::Read, &Keys::new(&key, &request.range_end))
    }

    /// May the lease be ended? All of its keys go with it.
    pub fn check_lease_revoke(
        &self,
        asker: &Asker,
        lease: LeaseId,
        leases: &impl LeaseKeys,
    ) -> Result<(), Error> {
        self.check_call(asker, Call::LeaseRevoke)?;
        self.check_lease(asker, Access::Write, lease, leases)
    }

    /// May the lease be renewed? Its keys stay as long as it does.
    pub fn check_lease_renew(
        &self,
        asker: &Asker,
        lease: LeaseId,
        leases: &impl LeaseKeys,
    ) -> Result<(), Error> {
        self.check_call(asker, Call::LeaseKeepAlive)?;
        self.check_lease(asker, Access::Write, lease, leases)
    }

    /// May somebody know how long the lease lasts, and which keys it has if that is asked for?
    pub fn check_lease_time_to_live(
        &self,
        asker: &Asker,
        lease: LeaseId,
        with_keys: bool,
        leases: &impl LeaseKeys,
    ) -> Result<(), Error> {
        self.check_call(asker, Call::LeaseTimeToLive)?;
        if with_keys { self.check_lease(asker, Access::Read, lease, leases) } else { Ok(()) }
    }

    /// May somebody know which leases there are? Only if all keys of all of them may be read.
    pub fn check_lease_list(
        &self,
        asker: &Asker,
        all: impl IntoIterator<Item = LeaseId>,
        leases: &impl LeaseKeys,
    ) -> Result<(), Error> {
        self.check_call(asker, Call::LeaseLeases)?;
        all.into_iter().try_for_each(|lease| self.check_lease(asker, Access::Read, lease, leases))
    }

    /// May all keys of the lease be read, or written? For root, no key is looked at, and so no
    /// revision is.
    fn check_lease(
        &self,
        asker: &Asker,
        access: Access,
        lease: LeaseId,
        leases: &impl LeaseKeys,
    ) -> Result<(), Error> {
        if self.check_root(asker).is_ok() {
            return Ok(());
        }
        leases.each(lease, &mut |key| self.check_keys(asker, access, &Keys::One(key.clone())))
    }
}
