//! The requests of etcd's service `Auth`, as entries of the log are applied.
//!
//! Owns [`Auth::apply`]. What it does depends on the entry and on the state alone: passwords are
//! hashed before, tokens are drawn or signed elsewhere, and no clock is looked at. So all members
//! do the same.
//!
//! It changes nothing. An [`Outcome`] has the next state, the rows to write, what becomes of
//! tokens, the answer, and what there is to tell.

use crate::asker::{Asker, AuthRevision};
use crate::change::Change;
use crate::record::Record;
use crate::request::{LogIn, Request, Response};
use crate::rows::Row;
use crate::state::{Auth, Granted, ROOT};
use crate::tokens::{Token, TokenChange};
use api::{
    AuthRoleGetResponse, AuthRoleListResponse, AuthStatusResponse, AuthUserGetResponse,
    AuthUserListResponse, AuthenticateResponse, Error,
};

/// What comes of an entry.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What the client is told. The server fills in the header.
    pub answer: Result<Response, Error>,
    /// The state from now on, or none if it stays.
    pub next: Option<Auth>,
    /// That of the state from now on. Who logs in gets a token for it, if it is the one at which
    /// the password was checked; else the check begins anew.
    pub revision: AuthRevision,
    /// What is written, together with the entry's index.
    pub rows: Vec<Row>,
    /// What becomes of simple tokens. A member whose tokens are signed has none.
    pub tokens: TokenChange,
    /// Who did what.
    pub record: Record,
}

/// An answer, and what comes with it.
type Applied = Result<(Response, Effect), Error>;

/// What an entry does beside its answer.
enum Effect {
    Nothing,
    /// Somebody has logged in, which changes nothing that is stored.
    Token(TokenChange),
    Change(Box<Change>),
}

impl Auth {
    /// Applies the entry at this index.
    pub fn apply(&self, index: u64, asker: &Asker, request: &Request) -> Outcome {
        let applied = self.permits(asker, request).and_then(|()| self.carry_out(index, request));
        let (answer, effect) = match applied {
            Ok((response, effect)) => (Ok(response), effect),
            Err(error) => (Err(error), Effect::Nothing),
        };
        let (next, rows, tokens) = match effect {
            Effect::Nothing => (None, Vec::new(), TokenChange::Nothing),
            Effect::Token(tokens) => (None, Vec::new(), tokens),
            Effect::Change(change) => (Some(change.next), change.rows, change.tokens),
        };
        let revision = next.as_ref().unwrap_or(self).revision;
        let answered = answer.as_ref().map(|_| revision).map_err(|error| *error);
        let record = Record::of(Some(index), asker.clone(), request, answered);
        Outcome { answer, next, revision, rows, tokens, record }
    }

    /// May whoever asks do this at all? It is the first question, so nobody but root learns
    /// anything else.
    fn permits(&self, asker: &Asker, request: &Request) -> Result<(), Error> {
        match request {
            Request::UserGet(request) => self.check_user_get(asker, &request.name),
            Request::RoleGet(request) => self.check_role_get(asker, &request.role),
            Request::Enable
            | Request::Disable
            | Request::Status
            | Request::Authenticate(_)
            | Request::UserAdd(_)
            | Request::UserList
            | Request::UserDelete(_)
            | Request::UserChangePassword(_)
            | Request::UserGrantRole(_)
            | Request::UserRevokeRole(_)
            | Request::RoleAdd(_)
            | Request::RoleList
            | Request::RoleDelete(_)
            | Request::RoleGrantPermission(_)
            | Request::RoleRevokePermission(_) => self.check_call(asker, request.call()),
        }
    }

    fn carry_out(&self, index: u64, request: &Request) -> Applied {
        match request {
            Request::Enable => self.enable(),
            Request::Disable => Ok(self.disable()),
            Request::Status => Ok(self.status()),
            Request::Authenticate(log_in) => self.authenticate(index, log_in),
            Request::UserAdd(request) => {
                self.add_user(request).map(with(Response::UserAdd(Default::default())))
            }
            Request::UserGet(request) => self.get_user(&request.name),
            Request::UserList => Ok(self.list_users()),
            Request::UserDelete(request) => {
                self.delete_user(request).map(with(Response::UserDelete(Default::default())))
            }
            Request::UserChangePassword(request) => {
                let response = Response::UserChangePassword(Default::default());
                self.change_password(request).map(with(response))
            }
            Request::UserGrantRole(request) => {
                let response = Response::UserGrantRole(Default::default());
                match self.grant_role(request)? {
                    Some(change) => Ok(with(response)(change)),
                    None => Ok((response, Effect::Nothing)),
                }
            }
            Request::UserRevokeRole(request) => {
                self.revoke_role(request).map(with(Response::UserRevokeRole(Default::default())))
            }
            Request::RoleAdd(request) => {
                self.add_role(request).map(with(Response::RoleAdd(Default::default())))
            }
            Request::RoleGet(request) => self.get_role(&request.role),
            Request::RoleList => Ok(self.list_roles()),
            Request::RoleDelete(request) => {
                self.delete_role(request).map(with(Response::RoleDelete(Default::default())))
            }
            Request::RoleGrantPermission(request) => {
                let response = Response::RoleGrantPermission(Default::default());
                self.grant_permission(request).map(with(response))
            }
            Request::RoleRevokePermission(request) => {
                let response = Response::RoleRevokePermission(Default::default());
                self.revoke_permission(request).map(with(response))
            }
        }
    }

    /// Authentication is on. There must be somebody who may do everything, or nobody could turn it
    /// off again. It does not count as a change, and once more changes nothing.
    fn enable(&self) -> Applied {
        let response = Response::Enable(Default::default());
        if self.enabled {
            return Ok((response, Effect::Nothing));
        }
        let root = self.user(ROOT).ok_or(Error::RootUserNotExist)?;
        if *root.granted != Granted::Everything {
            return Err(Error::RootRoleNotExist);
        }
        let mut change = Change::of(self);
        change.enable(true);
        Ok((response, Effect::Change(Box::new(change))))
    }

    /// Authentication is off, and all tokens are void. If it was off, nothing changes.
    fn disable(&self) -> (Response, Effect) {
        let response = Response::Disable(Default::default());
        if !self.enabled {
            return (response, Effect::Nothing);
        }
        let mut change = Change::of(self);
        change.enable(false);
        change.tokens = TokenChange::VoidAll;
        (response, Effect::Change(Box::new(change.count())))
    }

    fn status(&self) -> (Response, Effect) {
        let response = AuthStatusResponse {
            header: None,
            enabled: self.enabled,
            auth_revision: self.revision.0,
        };
        (Response::Status(response), Effect::Nothing)
    }

    /// A user, whose password was checked, gets a token. It is looked at once more whether there is
    /// such a user, for it may be gone since.
    fn authenticate(&self, index: u64, log_in: &LogIn) -> Applied {
        if !self.enabled {
            return Err(Error::AuthNotEnabled);
        }
        let (name, user) = self.users.get_key_value(&log_in.name[..]).ok_or(Error::AuthFailed)?;
        if user.stored.options.is_some_and(|options| options.no_password) {
            return Err(Error::AuthFailed);
        }
        let mut response = AuthenticateResponse::default();
        let mut effect = Effect::Nothing;
        if let Some(letters) = log_in.letters {
            let token = Token::new(letters, index);
            response.token = token.to_string();
            effect = Effect::Token(TokenChange::Give { token, user: name.clone() });
        }
        Ok((Response::Authenticate(response), effect))
    }

    fn get_user(&self, name: &str) -> Applied {
        let user = self.user(name).ok_or(Error::UserNotFound)?;
        let response = AuthUserGetResponse { header: None, roles: user.stored.roles.clone() };
        Ok((Response::UserGet(response), Effect::Nothing))
    }

    fn list_users(&self) -> (Response, Effect) {
        let users = self.users.keys().map(|name| name.to_string()).collect();
        (Response::UserList(AuthUserListResponse { header: None, users }), Effect::Nothing)
    }

    fn get_role(&self, role: &str) -> Applied {
        let response = AuthRoleGetResponse { header: None, perm: self.permissions(role)? };
        Ok((Response::RoleGet(response), Effect::Nothing))
    }

    fn list_roles(&self) -> (Response, Effect) {
        let roles = self.roles.keys().map(|name| name.to_string()).collect();
        (Response::RoleList(AuthRoleListResponse { header: None, roles }), Effect::Nothing)
    }
}

/// A change, with an answer that says nothing but that it was made.
fn with(response: Response) -> impl FnOnce(Change) -> (Response, Effect) {
    move |change| (response, Effect::Change(Box::new(change)))
}
