//! Users, roles, and what follows from them: one value.
//!
//! Owns [`Auth`]. It is never changed. Whoever checks a request holds one of them, in an `Arc`, and
//! asks it from as many threads as there are, without a lock; a change makes the next one, and the
//! server puts that in its place. So a request is checked against one state of users, roles and
//! permissions, and never against half of a change.
//!
//! What a user may do is worked out when it changes, and not when somebody asks: [`Granted`] has
//! the keys of all the user's roles, merged. Users with the same roles share it.
//!
//! Left to others: whether a request is permitted (`check`), what changes (`users`, `roles`), how
//! it is stored (`rows`).

use crate::asker::AuthRevision;
use crate::ranges::Ranges;
use api::Keys;
use api::permission::Type;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The user, and the role, for which there are no limits.
pub const ROOT: &str = "root";

/// What is to be done with keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// They are read.
    Read,
    /// They are written or deleted.
    Write,
}

/// All users and roles, and whether anybody asks for them.
///
/// - Every user's name is its key in the map, and every role's.
/// - What a user is granted is what its roles grant now. A role that is not there grants nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Auth {
    pub(crate) enabled: bool,
    pub(crate) revision: AuthRevision,
    pub(crate) users: Arc<BTreeMap<Arc<str>, User>>,
    pub(crate) roles: Arc<BTreeMap<Arc<str>, Arc<api::Role>>>,
}

/// A user.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct User {
    /// As it is stored, with its roles in order.
    pub stored: Arc<api::User>,
    /// What its roles grant.
    pub granted: Arc<Granted>,
}

/// What somebody may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Granted {
    /// It has the role `root`.
    Everything,
    /// Some keys.
    Some {
        /// Those that may be read.
        read: Ranges,
        /// Those that may be written.
        write: Ranges,
    },
}

impl Granted {
    pub fn has(&self, access: Access, keys: &Keys) -> bool {
        match (self, access) {
            (Granted::Everything, _) => true,
            (Granted::Some { read, .. }, Access::Read) => read.covers(keys),
            (Granted::Some { write, .. }, Access::Write) => write.covers(keys),
        }
    }
}

impl User {
    pub fn has_role(&self, role: &str) -> bool {
        self.stored.roles.binary_search_by(|held| held.as_str().cmp(role)).is_ok()
    }
}

impl Default for Auth {
    fn default() -> Auth {
        Auth::new()
    }
}

impl Auth {
    /// That of a new cluster: nobody is known, and nobody is asked.
    pub fn new() -> Auth {
        Auth {
            enabled: false,
            revision: AuthRevision::FIRST,
            users: Arc::default(),
            roles: Arc::default(),
        }
    }

    /// Does everybody have to say who they are?
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// How often users, roles or permissions were changed.
    pub fn revision(&self) -> AuthRevision {
        self.revision
    }

    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.users.get(name)
    }

    pub(crate) fn role(&self, name: &str) -> Option<&Arc<api::Role>> {
        self.roles.get(name)
    }

    /// What these roles grant together.
    pub(crate) fn granted(&self, roles: &[String]) -> Granted {
        if roles.iter().any(|role| role == ROOT) {
            return Granted::Everything;
        }
        let permissions: Vec<&api::Permission> = roles
            .iter()
            .filter_map(|role| self.role(role))
            .flat_map(|role| &role.key_permission)
            .collect();
        let keys = |access: Access| {
            let granting = permissions.iter().filter(|permission| grants(permission, access));
            Ranges::of(granting.map(|permission| Keys::new(&permission.key, &permission.range_end)))
        };
        Granted::Some { read: keys(Access::Read), write: keys(Access::Write) }
    }

    /// Works out anew what these users are granted.
    pub(crate) fn grant_anew(&mut self, affected: impl Fn(&str, &User) -> bool) {
        let mut made: BTreeMap<&[String], Arc<Granted>> = BTreeMap::new();
        let mut changed = Vec::new();
        for (name, user) in self.users.iter().filter(|(name, user)| affected(name, user)) {
            let roles = &user.stored.roles[..];
            let granted = made.entry(roles).or_insert_with(|| Arc::new(self.granted(roles)));
            changed.push((name.clone(), granted.clone()));
        }
        let users = Arc::make_mut(&mut self.users);
        for (name, granted) in changed {
            users.get_mut(&name).expect("it was found a moment ago").granted = granted;
        }
    }
}

/// Does a permission let somebody read, or write? A type that etcd does not know is stored, and
/// lets nobody do anything.
fn grants(permission: &api::Permission, access: Access) -> bool {
    match Type::try_from(permission.perm_type) {
        Ok(Type::Readwrite) => true,
        Ok(Type::Read) => access == Access::Read,
        Ok(Type::Write) => access == Access::Write,
        Err(_) => false,
    }
}
