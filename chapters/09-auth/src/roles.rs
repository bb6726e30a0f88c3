//! What changes roles.
//!
//! Owns the requests about roles, each with its refusals in etcd's order. That whoever asks is root
//! was asked before.

use crate::change::Change;
use crate::state::{Auth, ROOT};
use crate::users::check_name;
use api::permission::Type;
use api::{
    AuthRoleAddRequest, AuthRoleDeleteRequest, AuthRoleGrantPermissionRequest,
    AuthRoleRevokePermissionRequest, Error, Keys, Permission, Role, User,
};
use bytes::Bytes;

impl Auth {
    /// A role more, which permits nothing.
    pub(crate) fn add_role(&self, request: &AuthRoleAddRequest) -> Result<Change, Error> {
        let name = &request.name;
        check_name(name, Error::RoleEmpty)?;
        if self.role(name).is_some() {
            return Err(Error::RoleAlreadyExist);
        }
        let mut change = Change::of(self);
        let name_bytes = Bytes::copy_from_slice(name.as_bytes());
        change.put_role(name, Role { name: name_bytes, key_permission: Vec::new() });
        Ok(change.count())
    }

    /// A role less. All users lose it.
    pub(crate) fn delete_role(&self, request: &AuthRoleDeleteRequest) -> Result<Change, Error> {
        let name = &request.role;
        if self.enabled && name == ROOT {
            return Err(Error::InvalidAuthMgmt);
        }
        self.role(name).ok_or(Error::RoleNotFound)?;
        let mut change = Change::of(self);
        change.delete_role(name);
        for (holder, user) in self.users.iter().filter(|(_, user)| user.has_role(name)) {
            let mut stored = User::clone(&user.stored);
            stored.roles.retain(|role| role != name);
            change.put_user(holder, stored);
        }
        Ok(change.count())
    }

    /// What a role permits. For `root` it is everything, whatever is stored.
    pub(crate) fn permissions(&self, role: &str) -> Result<Vec<Permission>, Error> {
        let stored = self.role(role).ok_or(Error::RoleNotFound)?;
        if role != ROOT {
            return Ok(stored.key_permission.clone());
        }
        let all = Permission {
            perm_type: Type::Readwrite as i32,
            key: Bytes::new(),
            range_end: Bytes::from_static(&[0]),
        };
        Ok(vec![all])
    }

    /// A role permits more, or, if it has the same keys already, what is said now instead. (If
    /// another permission begins with the same key, etcd may keep both, and what was taken back is
    /// permitted still.)
    pub(crate) fn grant_permission(
        &self,
        request: &AuthRoleGrantPermissionRequest,
    ) -> Result<Change, Error> {
        let permission = request.perm.as_ref().ok_or(Error::PermissionNotGiven)?;
        check_permission(permission)?;
        // Their own bytes, and not parts of a request that would stay for as long as the role does.
        let permission = Permission {
            perm_type: permission.perm_type,
            key: Bytes::copy_from_slice(&permission.key),
            range_end: Bytes::copy_from_slice(&permission.range_end),
        };
        let mut role = Role::clone(self.role(&request.name).ok_or(Error::RoleNotFound)?);
        let list = &mut role.key_permission;
        let first =
            list.iter().position(|held| is_for(held, &permission.key, &permission.range_end));
        list.retain(|held| !is_for(held, &permission.key, &permission.range_end));
        let last = list.partition_point(|held| held.key <= permission.key);
        list.insert(first.unwrap_or(last), permission);
        let mut change = Change::of(self);
        change.put_role(&request.name, role);
        Ok(change.count())
    }

    /// A role permits less: what was granted with exactly these keys.
    pub(crate) fn revoke_permission(
        &self,
        request: &AuthRoleRevokePermissionRequest,
    ) -> Result<Change, Error> {
        let mut role = Role::clone(self.role(&request.role).ok_or(Error::RoleNotFound)?);
        let before = role.key_permission.len();
        role.key_permission.retain(|held| !is_for(held, &request.key, &request.range_end));
        if role.key_permission.len() == before {
            return Err(Error::PermissionNotGranted);
        }
        let mut change = Change::of(self);
        change.put_role(&request.role, role);
        Ok(change.count())
    }
}

/// A permission that names keys. There must be a first one, and an end after it.
fn check_permission(permission: &Permission) -> Result<(), Error> {
    let has_keys = match Keys::new(&permission.key, &permission.range_end) {
        Keys::One(key) | Keys::From(key) => !key.is_empty(),
        Keys::Between(from, to) => !from.is_empty() && from < to,
    };
    if has_keys { Ok(()) } else { Err(Error::InvalidAuthMgmt) }
}

fn is_for(held: &Permission, key: &Bytes, range_end: &Bytes) -> bool {
    held.key == key && held.range_end == range_end
}
