//! Users and roles as rows, in etcd's buckets and etcd's encoding.
//!
//! Owns [`Row`] and [`Auth::load`]. A change comes out as the rows that it writes, which the server
//! puts into the same batch as the entry's index; a start, and a snapshot, read all of them.
//!
//! | bucket | key | value |
//! |---|---|---|
//! | `auth` | `authEnabled` | one byte, 1 while authentication is on |
//! | `auth` | `authRevision` | eight bytes, the highest first |
//! | `authUsers` | the name | a `User`, its roles in order |
//! | `authRoles` | the name | a `Role`, its permissions in the order of their keys |
//!
//! Left to others: the store.

use crate::asker::AuthRevision;
use crate::error::Error;
use crate::state::{Auth, Granted, User};
use bytes::Bytes;
use prost::Message;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The bucket of what is there once.
pub const AUTH: &str = "auth";
/// The bucket of users.
pub const USERS: &str = "authUsers";
/// The bucket of roles.
pub const ROLES: &str = "authRoles";

const ENABLED: &str = "authEnabled";
const REVISION: &str = "authRevision";

/// One row that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The bucket: [`AUTH`], [`USERS`] or [`ROLES`].
    pub bucket: &'static str,
    /// Its key. It is not empty, and never longer than [`LONGEST`](crate::LONGEST) bytes.
    pub key: Bytes,
    /// What is stored under it from now on, or none if the row is deleted.
    pub value: Option<Bytes>,
}

impl Row {
    fn new(bucket: &'static str, key: &str, value: Option<Bytes>) -> Row {
        Row { bucket, key: Bytes::copy_from_slice(key.as_bytes()), value }
    }

    pub(crate) fn enabled(enabled: bool) -> Row {
        Row::new(AUTH, ENABLED, Some(Bytes::copy_from_slice(&[u8::from(enabled)])))
    }

    pub(crate) fn revision(revision: AuthRevision) -> Row {
        Row::new(AUTH, REVISION, Some(Bytes::copy_from_slice(&revision.0.to_be_bytes())))
    }

    pub(crate) fn user(name: &str, user: Option<&api::User>) -> Row {
        Row::new(USERS, name, user.map(|user| user.encode_to_vec().into()))
    }

    pub(crate) fn role(name: &str, role: Option<&api::Role>) -> Row {
        Row::new(ROLES, name, role.map(|role| role.encode_to_vec().into()))
    }
}

impl Auth {
    /// The row that every store has, and that a new one gets when it is made.
    pub fn first_row() -> Row {
        Row::revision(AuthRevision::FIRST)
    }

    /// What the rows of the three buckets say, in any order. Those of other buckets, and what is in
    /// `auth` besides, are passed over. No bytes of theirs are kept, which may be parts of pages.
    pub fn load(
        rows: impl IntoIterator<Item = (impl AsRef<str>, Bytes, Bytes)>,
    ) -> Result<Auth, Error> {
        let mut auth = Auth::new();
        let mut users = BTreeMap::new();
        let mut roles = BTreeMap::new();
        for (bucket, key, value) in rows {
            match bucket.as_ref() {
                AUTH if &key[..] == ENABLED.as_bytes() => auth.enabled = value[..] == [1],
                AUTH if &key[..] == REVISION.as_bytes() => {
                    auth.revision = revision(&key, &value)?;
                }
                USERS => {
                    let (name, user) = user(&key, &value)?;
                    users.insert(name, user);
                }
                ROLES => {
                    let (name, role) = role(&key, &value)?;
                    roles.insert(name, role);
                }
                _ => {}
            }
        }
        auth.users = Arc::new(users);
        auth.roles = Arc::new(roles);
        auth.grant_anew(|_, _| true);
        Ok(auth)
    }
}

/// A count. Old versions of etcd may have left it at zero; and nobody counts to the end.
fn revision(key: &Bytes, value: &[u8]) -> Result<AuthRevision, Error> {
    let bytes = value.try_into().ok().map(u64::from_be_bytes);
    let count = bytes.filter(|count| i64::try_from(*count).is_ok());
    let count = count.ok_or_else(|| foreign(AUTH, key, "it is no count"))?;
    Ok(AuthRevision(count).max(AuthRevision::FIRST))
}

fn user(key: &Bytes, value: &[u8]) -> Result<(Arc<str>, User), Error> {
    let name = name(USERS, key)?;
    let decoded = api::User::decode(value);
    let mut stored = decoded.map_err(|_| foreign(USERS, key, "it is no user"))?;
    if stored.name != key {
        return Err(foreign(USERS, key, "it is a user of another name"));
    }
    // Old versions of etcd did not always keep them so.
    stored.roles.sort_unstable();
    stored.roles.dedup();
    // What its roles grant is worked out when all of them are there.
    let granted = Arc::new(Granted::Some { read: Default::default(), write: Default::default() });
    Ok((name, User { stored: Arc::new(stored), granted }))
}

fn role(key: &Bytes, value: &[u8]) -> Result<(Arc<str>, Arc<api::Role>), Error> {
    let name = name(ROLES, key)?;
    let decoded = api::Role::decode(value);
    let stored = decoded.map_err(|_| foreign(ROLES, key, "it is no role"))?;
    if stored.name != key {
        return Err(foreign(ROLES, key, "it is a role of another name"));
    }
    Ok((name, Arc::new(stored)))
}

fn name(bucket: &'static str, key: &Bytes) -> Result<Arc<str>, Error> {
    let text = std::str::from_utf8(key);
    text.map(Arc::from).map_err(|_| foreign(bucket, key, "its name is no text"))
}

fn foreign(bucket: &'static str, key: &Bytes, why: &'static str) -> Error {
    Error::Foreign { bucket, key: key.escape_ascii().to_string(), why }
}
