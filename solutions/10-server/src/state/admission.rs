//! May this be carried out?
//!
//! Owns [`admit`], the questions that an entry is asked before anything happens, in etcd's order:
//! alarms, and then permission. All members ask the same of the same state, so they answer the
//! same.
//!
//! Left to others: what is wrong with a request whoever asks (`services`, `mvcc`).

use crate::alarms::Alarms;
use crate::proposal::Wish;
use api::alarm_request::AlarmAction;
use api::request_op::Request;
use api::{AlarmType, Error, LeaseId, RequestOp, TxnRequest};
use auth::{Asker, Auth, Call, LeaseKeys};
use bytes::Bytes;
use mvcc::Attached;

/// The keys of leases, as the store has them.
pub struct KeysOf<'a>(pub &'a Attached);

impl LeaseKeys for KeysOf<'_> {
    fn each(
        &self,
        lease: LeaseId,
        ask: &mut dyn FnMut(&Bytes) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.0.keys(lease).try_for_each(ask)
    }
}

/// May this wish of this asker be carried out?
pub fn admit(
    wish: &Wish,
    asker: &Asker,
    alarms: &Alarms,
    auth: &Auth,
    attached: &Attached,
) -> Result<(), Error> {
    let (is_corrupt, is_full) = (alarms.has(AlarmType::Corrupt), alarms.has(AlarmType::Nospace));
    if is_corrupt || is_full {
        match effect(wish) {
            Effect::Grows | Effect::Changes if is_corrupt => return Err(Error::Corrupt),
            Effect::Grows if is_full => return Err(Error::NoSpace),
            Effect::Grows | Effect::Changes | Effect::None => {}
        }
    }
    permits(wish, asker, auth, attached)
}

/// What a wish does to what clients have stored.
enum Effect {
    /// It makes it larger.
    Grows,
    /// It changes it, and does not make it larger. While there is no space, it must go on, or
    /// nobody could make room; but not while the store is not what other members have.
    Changes,
    /// Neither.
    None,
}

fn effect(wish: &Wish) -> Effect {
    match wish {
        Wish::Put(_) | Wish::LeaseGrant(_) => Effect::Grows,
        Wish::Txn(request) if has_put(request) => Effect::Grows,
        Wish::Txn(_)
        | Wish::DeleteRange(_)
        | Wish::Compact(_)
        | Wish::LeaseRevoke(_)
        | Wish::LeaseIsOver(_) => Effect::Changes,
        Wish::LeaseRests(_)
        | Wish::Users(_)
        | Wish::Alarm(_)
        | Wish::AddMember(_)
        | Wish::PromoteMember(_)
        | Wish::RemoveMember(_)
        | Wish::UpdateMember(_)
        | Wish::Publish(_)
        | Wish::SetVersion(_)
        | Wish::SetDowngrade(_) => Effect::None,
    }
}

/// Is there a put in it, at whatever depth, in whichever list?
fn has_put(request: &TxnRequest) -> bool {
    let mut all = request.success.iter().chain(&request.failure);
    all.any(|RequestOp { request }| match request {
        Some(Request::RequestPut(_)) => true,
        Some(Request::RequestTxn(request)) => has_put(request),
        Some(Request::RequestRange(_) | Request::RequestDeleteRange(_)) | None => false,
    })
}

fn permits(wish: &Wish, asker: &Asker, auth: &Auth, attached: &Attached) -> Result<(), Error> {
    let keys = KeysOf(attached);
    match wish {
        Wish::Put(request) => auth.check_put(asker, request, &keys),
        Wish::DeleteRange(request) => auth.check_delete_range(asker, request),
        Wish::Txn(request) => auth.check_txn(asker, request, &keys),
        Wish::Compact(_) => auth.check_call(asker, Call::Compact),
        Wish::LeaseGrant(_) => auth.check_call(asker, Call::LeaseGrant),
        Wish::LeaseRevoke(request) => match LeaseId::new(request.id) {
            Some(lease) => auth.check_lease_revoke(asker, lease, &keys),
            None => auth.check_call(asker, Call::LeaseRevoke),
        },
        Wish::Alarm(request) => match AlarmAction::try_from(request.action) {
            Ok(AlarmAction::Get) => auth.check_call(asker, Call::AlarmGet),
            Ok(AlarmAction::Activate) => auth.check_call(asker, Call::AlarmActivate),
            Ok(AlarmAction::Deactivate) | Err(_) => auth.check_call(asker, Call::AlarmDeactivate),
        },
        Wish::UpdateMember(_) => auth.check_call(asker, Call::MemberUpdate),
        Wish::SetDowngrade(_) => auth.check_call(asker, Call::Downgrade),
        // It asks for itself, so that what it tells of a refusal is written down.
        Wish::Users(_)
        // They are in force already, so whoever proposed them has asked.
        | Wish::AddMember(_)
        | Wish::PromoteMember(_)
        | Wish::RemoveMember(_)
        // Nobody but a member wishes these.
        | Wish::LeaseIsOver(_)
        | Wish::LeaseRests(_)
        | Wish::Publish(_)
        | Wish::SetVersion(_) => Ok(()),
    }
}
