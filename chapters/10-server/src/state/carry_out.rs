//! What each kind of entry does.
//!
//! Owns [`State::apply`]: is it admitted, and then one arm for each wish. What it does depends on
//! the entry and the state alone.

use super::admission::admit;
use super::{State, Wires};
use crate::alarms;
use crate::facts::Versions;
use crate::journal::fields;
use crate::leases;
use crate::lines;
use crate::proposal::{
    Answer, By, LeaseRests, Proposal, Publish, SetDowngrade, SetVersion, UserWish, Wish,
};
use crate::roster::Changed;
use crate::rows;
use crate::stop::REMOVED;
use crate::version::{TOO_OLD, Version};
use api::{
    AlarmRequest, AlarmResponse, Error, LeaseGrantRequest, LeaseGrantResponse, LeaseRevokeRequest,
    LeaseRevokeResponse, ResponseHeader,
};
use auth::Asker;
use basics::{NodeId, Position};
use bytes::Bytes;
use lease::{Decided, Reign};

impl State {
    /// Carries out a proposal that is in the log at this position.
    pub(super) fn apply(
        &mut self,
        proposal: &Proposal,
        at: Position,
        wires: &Wires,
    ) -> Result<Answer, mvcc::Error> {
        let asker = By::asker(proposal.by.as_ref());
        let Some(wish) = &proposal.wish else { return Ok(Answer::Done(())) };
        let (alarms, auth) = (wires.facts.alarms.get(), wires.facts.gate.auth());
        admit(wish, &asker, &alarms, &auth, self.store.attached())?;
        match wish {
            Wish::Put(request) => self.store.put(request, &*wires.leases).map(Answer::Put),
            Wish::DeleteRange(request) => self.store.delete_range(request).map(Answer::DeleteRange),
            Wish::Txn(request) => self.store.txn(request, &*wires.leases).map(Answer::Txn),
            Wish::Compact(request) => self.compact(request, wires),
            Wish::LeaseGrant(request) => self.grant(request, wires),
            Wish::LeaseRevoke(request) => self.revoke(request, wires),
            Wish::LeaseIsOver(over) => {
                let decided = Decided { reign: Reign(over.reign), what: over.lease };
                match decided.in_force(Reign(at.term.0)) {
                    Some(id) => self.revoke(&LeaseRevokeRequest { id }, wires),
                    None => Err(Error::LeaseNotFound.into()),
                }
            }
            Wish::LeaseRests(rests) => self.write_rests(rests, at, wires),
            Wish::Users(request) => self.change_users(request, &asker, at, wires),
            Wish::Alarm(request) => self.alarm(request, wires),
            Wish::AddMember(wish) => {
                let roster = wires.facts.roster.get();
                let id = NodeId(wish.id);
                let changed = roster.add(id, wish.peer_urls.clone(), wish.is_learner);
                self.change_members(changed, wires)
            }
            Wish::PromoteMember(wish) => {
                let changed = wires.facts.roster.get().promote(NodeId(wish.id))?;
                self.change_members(changed, wires)
            }
            Wish::RemoveMember(wish) => {
                let changed = wires.facts.roster.get().remove(NodeId(wish.id))?;
                self.change_members(changed, wires)
            }
            Wish::UpdateMember(wish) => {
                let roster = wires.facts.roster.get();
                let changed = roster.update(NodeId(wish.id), wish.peer_urls.clone())?;
                self.change_members(changed, wires)
            }
            Wish::Publish(wish) => self.publish(wish, wires),
            Wish::SetVersion(wish) => self.set_version(wish, wires),
            Wish::SetDowngrade(wish) => self.set_downgrade(wish, wires),
        }
    }

    fn grant(&mut self, request: &LeaseGrantRequest, wires: &Wires) -> Result<Answer, mvcc::Error> {
        let granted = wires.leases.lock().grant(request, wires.leases.now())?;
        self.store_lease(granted.row)?;
        let header = self.header();
        Ok(Answer::LeaseGrant(LeaseGrantResponse { header, ..granted.response }))
    }

    /// A lease ends, and its keys with it.
    fn revoke(
        &mut self,
        request: &LeaseRevokeRequest,
        wires: &Wires,
    ) -> Result<Answer, mvcc::Error> {
        let revoked = wires.leases.lock().revoke(request)?;
        self.store.delete_attached(revoked.lease)?;
        self.store_lease(revoked.row)?;
        wires.leases.news().notify_waiters();
        Ok(Answer::LeaseRevoke(LeaseRevokeResponse { header: self.header() }))
    }

    fn write_rests(
        &mut self,
        rests: &LeaseRests,
        at: Position,
        wires: &Wires,
    ) -> Result<Answer, mvcc::Error> {
        if let Some(rests) = leases::read(rests).in_force(Reign(at.term.0)) {
            let now = wires.leases.now();
            let rows = wires.leases.lock().checkpoint(&rests, lease::Keep::Row, now);
            rows.into_iter().try_for_each(|row| self.store_lease(row))?;
        }
        Ok(Answer::Done(()))
    }

    fn change_users(
        &mut self,
        wish: &UserWish,
        asker: &Asker,
        at: Position,
        wires: &Wires,
    ) -> Result<Answer, mvcc::Error> {
        let Some(request) = wish.request() else { return Ok(Answer::Done(())) };
        let gate = &wires.facts.gate;
        let outcome = gate.auth().apply(at.index.0, asker, &request);
        for auth::Row { bucket, key, value } in outcome.rows {
            self.store_row(bucket, key, value)?;
        }
        gate.change(outcome.next, &outcome.tokens);
        Ok(Answer::Users((outcome.answer?, outcome.revision)))
    }

    fn alarm(&mut self, request: &AlarmRequest, wires: &Wires) -> Result<Answer, mvcc::Error> {
        let outcome = wires.facts.alarms.get().carry_out(request);
        if let Some((key, value)) = outcome.row {
            self.store_row(alarms::BUCKET, key, value)?;
        }
        if let Some(next) = outcome.next {
            wires.facts.alarms.set(next);
        }
        Ok(Answer::Alarm(AlarmResponse { header: self.header(), alarms: outcome.told }))
    }

    /// The list of members changes.
    fn change_members(&mut self, changed: Changed, wires: &Wires) -> Result<Answer, mvcc::Error> {
        let (roster, all) = changed;
        for (bucket, key, value) in all {
            self.store_row(bucket, key, value)?;
        }
        let members = roster.list();
        let is_own_end = roster.is_removed(wires.id);
        wires.links.note_roster(&roster);
        wires.facts.roster.set(roster);
        if is_own_end {
            wires.stop.leave(REMOVED);
        }
        Ok(Answer::Members(members))
    }

    fn publish(&mut self, wish: &Publish, wires: &Wires) -> Result<Answer, mvcc::Error> {
        let Publish { id, name, client_urls } = wish.clone();
        let changed = wires.facts.roster.get().publish(NodeId(id), name, client_urls);
        if let Some(changed) = changed {
            self.change_members(changed, wires)?;
        }
        Ok(Answer::Done(()))
    }

    fn set_version(&mut self, wish: &SetVersion, wires: &Wires) -> Result<Answer, mvcc::Error> {
        // What is no version comes from nobody.
        let Some(version) = Version::parse(&wish.version) else { return Ok(Answer::Done(())) };
        rows::set_version(self.store.rows(), &wish.version)?;
        let before = wires.facts.versions.get();
        let storage = version.storage();
        if let Some(storage) = &storage {
            rows::set_storage_version(self.store.rows(), Some(storage))?;
        }
        lines::say_version(&wires.journal, before.cluster.as_deref(), version);
        if storage.is_some() && storage != before.storage {
            let fields = fields!["new-storage-version": storage];
            wires.journal.info("updated storage version", fields);
        }
        wires.facts.versions.set(Versions {
            cluster: Some(wish.version.clone()),
            storage: storage.or_else(|| before.storage.clone()),
            downgrade: before.downgrade.clone(),
        });
        if version > Version::own().minor_only() {
            // What the others write from now on, this one does not understand.
            wires.stop.fail(TOO_OLD);
        }
        Ok(Answer::Done(()))
    }

    fn set_downgrade(&mut self, wish: &SetDowngrade, wires: &Wires) -> Result<Answer, mvcc::Error> {
        rows::set_downgrade(self.store.rows(), wish.target.as_deref())?;
        let versions = wires.facts.versions.get();
        let downgrade = wish.target.clone();
        wires.facts.versions.set(Versions { downgrade, ..(*versions).clone() });
        Ok(Answer::Done(()))
    }

    /// The keys of each of these leases.
    pub(super) fn keys_of(&self, leases: &[api::LeaseId]) -> Vec<Vec<Bytes>> {
        let keys = |lease: &api::LeaseId| self.store.attached().keys(*lease).cloned().collect();
        leases.iter().map(keys).collect()
    }

    fn store_lease(&mut self, row: lease::Row) -> Result<(), bolt::Error> {
        let lease::Row { bucket, key, value } = row;
        self.store_row(bucket, key, value)
    }

    fn store_row(
        &mut self,
        bucket: impl AsRef<[u8]>,
        key: impl Into<Bytes>,
        value: Option<impl Into<Bytes>>,
    ) -> Result<(), bolt::Error> {
        match value {
            Some(value) => self.store.rows().put(bucket.as_ref(), key, value),
            None => self.store.rows().delete(bucket.as_ref(), key),
        }
    }

    /// What an answer says of the state.
    pub(super) fn header(&self) -> Option<ResponseHeader> {
        let revision = self.store.current().wire();
        Some(ResponseHeader { revision, ..ResponseHeader::default() })
    }
}
