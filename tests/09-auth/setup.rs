//! A member's users and roles, with the rows that a start would read.

use api::permission::Type;
use api::{
    AuthRoleAddRequest, AuthRoleGrantPermissionRequest, AuthUserAddRequest, AuthUserDeleteRequest,
    AuthUserGrantRoleRequest, Error, LeaseId, Permission,
};
use auth::password::{Cost, hide_added};
use auth::{Asker, Auth, LeaseKeys, Letters, LogIn, Outcome, Request, Response, Tokens};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::Duration;

/// What bcrypt takes at least.
pub fn cheap() -> Cost {
    Cost::new(4).expect("it is the cheapest")
}

/// What is in the buckets.
pub type Stored = BTreeMap<(&'static str, Bytes), Bytes>;

pub struct Member {
    pub auth: Auth,
    pub stored: Stored,
    pub tokens: Tokens,
    pub now: Duration,
    pub index: u64,
}

impl Member {
    pub fn new() -> Member {
        let first = Auth::first_row();
        let value = first.value.expect("it is written");
        Member {
            auth: Auth::new(),
            stored: BTreeMap::from([((first.bucket, first.key), value)]),
            tokens: Tokens::new(Duration::from_secs(300), 1_000),
            now: Duration::ZERO,
            index: 10,
        }
    }

    /// With root, whose password is `root`, and with authentication on.
    pub fn enabled() -> Member {
        let mut member = Member::new();
        member.add_user("root", "root");
        member.grant_role("root", "root");
        member.ok(Request::Enable);
        member
    }

    /// A member at the end of a start.
    pub fn reloaded(&self) -> Auth {
        load(&self.stored).expect("it is what was written")
    }

    /// Applies an entry.
    pub fn apply(&mut self, asker: &Asker, request: &Request) -> Outcome {
        self.index += 1;
        let outcome = self.auth.apply(self.index, asker, request);
        for row in &outcome.rows {
            match &row.value {
                Some(value) => {
                    self.stored.insert((row.bucket, row.key.clone()), value.clone());
                }
                None => {
                    let gone = self.stored.remove(&(row.bucket, row.key.clone()));
                    assert!(gone.is_some(), "a row that was there");
                }
            }
        }
        self.tokens.change(&outcome.tokens, self.now);
        if let Some(next) = &outcome.next {
            self.auth = next.clone();
        }
        outcome
    }

    /// What root is told.
    pub fn ask(&mut self, request: Request) -> Result<Response, Error> {
        let root = self.user("root");
        self.apply(&root, &request).answer
    }

    pub fn ok(&mut self, request: Request) -> Response {
        let answer = self.ask(request.clone());
        answer.unwrap_or_else(|error| panic!("{request:?}: {error}"))
    }

    /// Somebody as they are known now.
    pub fn user(&self, name: &str) -> Asker {
        Asker::User { name: name.into(), revision: self.auth.revision() }
    }

    pub fn add_user(&mut self, name: &str, password: &str) {
        let request = add_user(name, password);
        self.ok(request);
    }

    pub fn delete_user(&mut self, name: &str) {
        self.ok(Request::UserDelete(AuthUserDeleteRequest { name: name.to_owned() }));
    }

    pub fn grant_role(&mut self, user: &str, role: &str) {
        let (user, role) = (user.to_owned(), role.to_owned());
        self.ok(Request::UserGrantRole(AuthUserGrantRoleRequest { user, role }));
    }

    pub fn add_role(&mut self, role: &str) {
        self.ok(Request::RoleAdd(AuthRoleAddRequest { name: role.to_owned() }));
    }

    pub fn grant(&mut self, role: &str, kind: Type, key: &str, end: &str) {
        self.ok(grant(role, kind, key, end));
    }

    /// A user with the role of the same name, which permits this.
    pub fn user_with(&mut self, name: &str, permissions: &[(Type, &str, &str)]) -> Asker {
        self.add_user(name, name);
        self.add_role(name);
        self.grant_role(name, name);
        for (kind, key, end) in permissions {
            self.grant(name, *kind, key, end);
        }
        self.user(name)
    }

    /// A token for a user, whose password is right.
    pub fn log_in(&mut self, name: &str, draw: u128) -> String {
        let letters = Some(Letters::of(draw));
        let log_in = LogIn { name: name.to_owned(), letters };
        let outcome = self.apply(&Asker::Nobody, &Request::Authenticate(log_in));
        match outcome.answer {
            Ok(Response::Authenticate(response)) => response.token,
            other => panic!("{other:?}"),
        }
    }

    /// Whose token it is.
    pub fn holder(&mut self, token: &str) -> Option<String> {
        let asker = self.tokens.asker(token, self.auth.revision(), self.now);
        asker.map(|asker| asker.name().to_owned())
    }
}

pub fn load(stored: &Stored) -> Result<Auth, auth::Error> {
    let rows = stored.iter().map(|((bucket, key), value)| (*bucket, key.clone(), value.clone()));
    Auth::load(rows)
}

/// A user, whose password is hidden as a member does it.
pub fn add_user(name: &str, password: &str) -> Request {
    let mut request = AuthUserAddRequest {
        name: name.to_owned(),
        password: password.to_owned(),
        ..AuthUserAddRequest::default()
    };
    hide_added(&mut request, cheap(), [7; 16]).expect("it is short");
    Request::UserAdd(request)
}

pub fn grant(role: &str, kind: Type, key: &str, end: &str) -> Request {
    let perm = Permission {
        perm_type: kind as i32,
        key: Bytes::copy_from_slice(key.as_bytes()),
        range_end: Bytes::copy_from_slice(end.as_bytes()),
    };
    let name = role.to_owned();
    Request::RoleGrantPermission(AuthRoleGrantPermissionRequest { name, perm: Some(perm) })
}

/// Keys that hang on leases.
pub struct Leased(pub &'static [(i64, &'static str)]);

impl LeaseKeys for Leased {
    fn each(
        &self,
        lease: LeaseId,
        ask: &mut dyn FnMut(&Bytes) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let keys = self.0.iter().filter(|(id, _)| *id == lease.get());
        keys.map(|(_, key)| Bytes::from_static(key.as_bytes())).try_for_each(|key| ask(&key))
    }
}

pub fn lease(id: i64) -> LeaseId {
    LeaseId::new(id).expect("it is not zero")
}
