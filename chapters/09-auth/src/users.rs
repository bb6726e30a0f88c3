//! What changes users.
//!
//! Owns the requests about users, each with its refusals in etcd's order. That whoever asks is root
//! was asked before.

use crate::change::Change;
use crate::state::{Auth, ROOT};
use crate::tokens::TokenChange;
use api::{
    AuthUserAddRequest, AuthUserChangePasswordRequest, AuthUserDeleteRequest,
    AuthUserGrantRoleRequest, AuthUserRevokeRoleRequest, Error, User, UserAddOptions,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// How many bytes a name may have: the store has no longer keys. etcd stops for ever at a longer
/// one, on every member.
pub const LONGEST: usize = 32_768;

/// A name that a user or role can have, or what is wrong with it.
pub(crate) fn check_name(name: &str, if_empty: Error) -> Result<(), Error> {
    match name.len() {
        0 => Err(if_empty),
        1..=LONGEST => Ok(()),
        _ => Err(Error::InvalidAuthMgmt),
    }
}

/// bcrypt's text, as the proposer sent it. It may be empty, and then no password is right.
fn hashed(text: &str) -> Result<Bytes, Error> {
    STANDARD.decode(text).map(Bytes::from).map_err(|_| Error::NoPasswordUser)
}

impl Auth {
    /// A user more, without a role. A password in the clear is not looked at: the proposer has
    /// hashed it.
    pub(crate) fn add_user(&self, request: &AuthUserAddRequest) -> Result<Change, Error> {
        let name = &request.name;
        check_name(name, Error::UserEmpty)?;
        if self.user(name).is_some() {
            return Err(Error::UserAlreadyExist);
        }
        let options = request.options.unwrap_or(UserAddOptions { no_password: false });
        let password = match options.no_password {
            true => Bytes::new(),
            false => hashed(&request.hashed_password)?,
        };
        let mut change = Change::of(self);
        let stored = User {
            name: Bytes::copy_from_slice(name.as_bytes()),
            password,
            roles: Vec::new(),
            options: Some(options),
        };
        change.put_user(name, stored);
        Ok(change.count())
    }

    /// A user less. Its tokens are void.
    pub(crate) fn delete_user(&self, request: &AuthUserDeleteRequest) -> Result<Change, Error> {
        if self.enabled && request.name == ROOT {
            return Err(Error::InvalidAuthMgmt);
        }
        self.user(&request.name).ok_or(Error::UserNotFound)?;
        let mut change = Change::of(self);
        change.delete_user(&request.name);
        change.tokens = TokenChange::VoidUser(request.name.clone());
        Ok(change.count())
    }

    /// Another password, but for a user who has none. Tokens for the old one are void.
    pub(crate) fn change_password(
        &self,
        request: &AuthUserChangePasswordRequest,
    ) -> Result<Change, Error> {
        let user = self.user(&request.name).ok_or(Error::UserNotFound)?;
        let mut stored = User::clone(&user.stored);
        let has_one = !stored.options.is_some_and(|options| options.no_password);
        stored.password = if has_one { hashed(&request.hashed_password)? } else { Bytes::new() };
        let mut change = Change::of(self);
        change.put_user(&request.name, stored);
        change.tokens = TokenChange::VoidUser(request.name.clone());
        Ok(change.count())
    }

    /// A user gets a role. The role `root` may be had without being there. If the user has it
    /// already, nothing changes.
    pub(crate) fn grant_role(
        &self,
        request: &AuthUserGrantRoleRequest,
    ) -> Result<Option<Change>, Error> {
        let user = self.user(&request.user).ok_or(Error::UserNotFound)?;
        if request.role != ROOT {
            self.role(&request.role).ok_or(Error::RoleNotFound)?;
        }
        let Err(place) = user.stored.roles.binary_search(&request.role) else { return Ok(None) };
        let mut stored = User::clone(&user.stored);
        stored.roles.insert(place, request.role.clone());
        let mut change = Change::of(self);
        change.put_user(&request.user, stored);
        Ok(Some(change.count()))
    }

    /// A user loses a role. Whether the role is there is not asked.
    pub(crate) fn revoke_role(&self, request: &AuthUserRevokeRoleRequest) -> Result<Change, Error> {
        if self.enabled && request.name == ROOT && request.role == ROOT {
            return Err(Error::InvalidAuthMgmt);
        }
        let user = self.user(&request.name).ok_or(Error::UserNotFound)?;
        let place = user.stored.roles.binary_search(&request.role);
        let place = place.map_err(|_| Error::RoleNotGranted)?;
        let mut stored = User::clone(&user.stored);
        stored.roles.remove(place);
        let mut change = Change::of(self);
        change.put_user(&request.name, stored);
        Ok(change.count())
    }
}
