//! Who may write what, found out once more and more simply: from what entries that change users
//! and roles were answered.

use super::news::Entry;
use api::request_op::Request as Operation;
use api::{Permission, RequestOp, TxnRequest, permission::Type};
use auth::{Asker, Request};
use bytes::Bytes;
use server::still::{Answer, By, Wish};
use std::collections::{BTreeMap, BTreeSet};

/// Users, the roles of each, and what each role may write.
#[derive(Default)]
pub struct Rights {
    enabled: bool,
    users: BTreeMap<String, BTreeSet<String>>,
    roles: BTreeMap<String, Vec<(Bytes, Bytes)>>,
}

impl Rights {
    /// An entry was carried out. What is wrong with that, if whoever wished it may not.
    pub fn look(&mut self, entry: &Entry) -> Option<String> {
        let (Some(proposal), Some(Ok(answer))) = (&entry.proposal, &entry.outcome) else {
            return None;
        };
        let wish = proposal.wish.as_ref()?;
        let asker = By::asker(proposal.by.as_ref());
        let written = written(wish, answer);
        let wrong = match &asker {
            Asker::Cluster => None,
            _ if !self.enabled => None,
            Asker::Nobody if changes(wish) => Some("somebody without a name".to_owned()),
            Asker::Nobody => None,
            Asker::User { name, .. } => {
                let may = |(key, end): &(Bytes, Bytes)| self.may_write(name, key, end);
                (!written.iter().all(may)).then(|| format!("{name}, who may not,"))
            }
        };
        if let Wish::Users(wish) = wish {
            self.change(&wish.request()?);
        }
        wrong.map(|who| format!("{who} has changed something: {wish:?}"))
    }

    fn may_write(&self, name: &str, key: &Bytes, end: &Bytes) -> bool {
        let Some(roles) = self.users.get(name) else { return false };
        let covers = |(from, to): &(Bytes, Bytes)| {
            from <= key && (if end.is_empty() { key < to } else { end <= to })
        };
        let grants = |role: &String| self.roles.get(role).is_some_and(|it| it.iter().any(covers));
        roles.contains("root") || roles.iter().any(grants)
    }

    /// It was carried out, so there was no reason to refuse it.
    fn change(&mut self, request: &Request) {
        match request {
            Request::Enable => self.enabled = true,
            Request::Disable => self.enabled = false,
            Request::UserAdd(it) => drop(self.users.insert(it.name.clone(), BTreeSet::new())),
            Request::UserDelete(it) => drop(self.users.remove(&it.name)),
            Request::UserGrantRole(it) => {
                self.users.entry(it.user.clone()).or_default().insert(it.role.clone());
            }
            Request::UserRevokeRole(it) => {
                self.users.entry(it.name.clone()).or_default().remove(&it.role);
            }
            Request::RoleAdd(it) => drop(self.roles.insert(it.name.clone(), Vec::new())),
            Request::RoleDelete(it) => {
                self.roles.remove(&it.role);
                for roles in self.users.values_mut() {
                    roles.remove(&it.role);
                }
            }
            Request::RoleGrantPermission(it) => {
                let Some(Permission { perm_type, key, range_end }) = &it.perm else { return };
                if *perm_type != i32::from(Type::Read) {
                    let range = (key.clone(), range_end.clone());
                    self.roles.entry(it.name.clone()).or_default().push(range);
                }
            }
            Request::RoleRevokePermission(it) => {
                let range = (it.key.clone(), it.range_end.clone());
                self.roles.entry(it.role.clone()).or_default().retain(|held| *held != range);
            }
            Request::Status
            | Request::Authenticate(_)
            | Request::UserGet(_)
            | Request::UserList
            | Request::UserChangePassword(_)
            | Request::RoleGet(_)
            | Request::RoleList => {}
        }
    }
}

/// Does it change anything that a name is needed for?
fn changes(wish: &Wish) -> bool {
    match wish {
        Wish::Put(_)
        | Wish::DeleteRange(_)
        | Wish::Txn(_)
        | Wish::Compact(_)
        | Wish::LeaseGrant(_)
        | Wish::LeaseRevoke(_)
        | Wish::LeaseIsOver(_)
        | Wish::LeaseRests(_)
        | Wish::Alarm(_) => true,
        Wish::Users(wish) => !matches!(
            wish.request(),
            Some(Request::Status | Request::Authenticate(_) | Request::Enable) | None
        ),
        // Of these, services ask before they are in the log.
        Wish::AddMember(_)
        | Wish::PromoteMember(_)
        | Wish::RemoveMember(_)
        | Wish::UpdateMember(_)
        | Wish::Publish(_)
        | Wish::SetVersion(_)
        | Wish::SetDowngrade(_) => false,
    }
}

/// The ranges of keys that a wish has written.
fn written(wish: &Wish, answer: &Answer) -> Vec<(Bytes, Bytes)> {
    match (wish, answer) {
        (Wish::Put(put), _) => vec![(put.key.clone(), Bytes::new())],
        (Wish::DeleteRange(delete), _) => vec![(delete.key.clone(), delete.range_end.clone())],
        (Wish::Txn(request), Answer::Txn(response)) => {
            let mut all = Vec::new();
            in_transaction(request, response, &mut all);
            all
        }
        _ => Vec::new(),
    }
}

fn in_transaction(
    request: &TxnRequest,
    response: &api::TxnResponse,
    all: &mut Vec<(Bytes, Bytes)>,
) {
    let done = if response.succeeded { &request.success } else { &request.failure };
    for (RequestOp { request }, response) in done.iter().zip(&response.responses) {
        match (request, &response.response) {
            (Some(Operation::RequestPut(put)), _) => all.push((put.key.clone(), Bytes::new())),
            (Some(Operation::RequestDeleteRange(delete)), _) => {
                all.push((delete.key.clone(), delete.range_end.clone()));
            }
            (
                Some(Operation::RequestTxn(request)),
                Some(api::response_op::Response::ResponseTxn(response)),
            ) => in_transaction(request, response, all),
            _ => {}
        }
    }
}
