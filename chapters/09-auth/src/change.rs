//! A change of users and roles, while it is made.
//!
//! Owns [`Change`]: the next state, and the rows that say the same. Every function of it does both,
//! so that a start finds what was there.

use crate::rows::Row;
use crate::state::{Auth, User};
use crate::tokens::TokenChange;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an entry changes.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub next: Auth,
    pub rows: Vec<Row>,
    pub tokens: TokenChange,
    /// Users who have other roles than before.
    users: BTreeSet<String>,
    /// Roles that grant something else than before.
    roles: BTreeSet<String>,
}

impl Change {
    /// None yet.
    pub fn of(auth: &Auth) -> Change {
        Change {
            next: auth.clone(),
            rows: Vec::new(),
            tokens: TokenChange::Nothing,
            users: BTreeSet::new(),
            roles: BTreeSet::new(),
        }
    }

    pub fn enable(&mut self, enabled: bool) {
        self.next.enabled = enabled;
        self.rows.push(Row::enabled(enabled));
    }

    pub fn put_user(&mut self, name: &str, user: api::User) {
        self.rows.push(Row::user(name, Some(&user)));
        self.users.insert(name.to_owned());
        let granted = Arc::new(self.next.granted(&[]));
        let user = User { stored: Arc::new(user), granted };
        Arc::make_mut(&mut self.next.users).insert(name.into(), user);
    }

    pub fn delete_user(&mut self, name: &str) {
        self.rows.push(Row::user(name, None));
        Arc::make_mut(&mut self.next.users).remove(name);
    }

    pub fn put_role(&mut self, name: &str, role: api::Role) {
        self.rows.push(Row::role(name, Some(&role)));
        self.roles.insert(name.to_owned());
        Arc::make_mut(&mut self.next.roles).insert(name.into(), Arc::new(role));
    }

    pub fn delete_role(&mut self, name: &str) {
        self.rows.push(Row::role(name, None));
        Arc::make_mut(&mut self.next.roles).remove(name);
    }

    /// All of it is made: it counts, and everybody whom it concerns is granted what they are from
    /// now on.
    pub fn count(mut self) -> Change {
        self.next.revision = self.next.revision.next();
        self.rows.push(Row::revision(self.next.revision));
        let (users, roles) = (std::mem::take(&mut self.users), std::mem::take(&mut self.roles));
        self.next.grant_anew(|name, user| {
            users.contains(name) || roles.iter().any(|role| user.has_role(role))
        });
        self
    }
}
