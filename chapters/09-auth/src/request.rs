//! The requests of etcd's service `Auth`, and its answers.
//!
//! Owns [`Request`], which is what goes through the log, and [`Response`]. They are etcd's
//! messages, with one exception: who logs in has shown the password already, so what goes through
//! the log is a name and the letters of a token.

use crate::needs::Call;
use crate::tokens::Letters;
use api::{
    AuthDisableResponse, AuthEnableResponse, AuthRoleAddRequest, AuthRoleAddResponse,
    AuthRoleDeleteRequest, AuthRoleDeleteResponse, AuthRoleGetRequest, AuthRoleGetResponse,
    AuthRoleGrantPermissionRequest, AuthRoleGrantPermissionResponse, AuthRoleListResponse,
    AuthRoleRevokePermissionRequest, AuthRoleRevokePermissionResponse, AuthStatusResponse,
    AuthUserAddRequest, AuthUserAddResponse, AuthUserChangePasswordRequest,
    AuthUserChangePasswordResponse, AuthUserDeleteRequest, AuthUserDeleteResponse,
    AuthUserGetRequest, AuthUserGetResponse, AuthUserGrantRoleRequest, AuthUserGrantRoleResponse,
    AuthUserListResponse, AuthUserRevokeRoleRequest, AuthUserRevokeRoleResponse,
    AuthenticateResponse,
};

/// A request, as it goes through the log.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Turns authentication on.
    Enable,
    /// Turns it off.
    Disable,
    /// Asks whether it is on.
    Status,
    /// Gives somebody a token who has shown the password.
    Authenticate(LogIn),
    /// Adds a user. The password is hidden: see [`hide_added`](crate::password::hide_added).
    UserAdd(AuthUserAddRequest),
    /// Names the roles of a user.
    UserGet(AuthUserGetRequest),
    /// Names all users.
    UserList,
    /// Deletes a user.
    UserDelete(AuthUserDeleteRequest),
    /// Changes a password, which is hidden: see [`hide_changed`](crate::password::hide_changed).
    UserChangePassword(AuthUserChangePasswordRequest),
    /// Gives a role to a user.
    UserGrantRole(AuthUserGrantRoleRequest),
    /// Takes a role from a user.
    UserRevokeRole(AuthUserRevokeRoleRequest),
    /// Adds a role.
    RoleAdd(AuthRoleAddRequest),
    /// Names the permissions of a role.
    RoleGet(AuthRoleGetRequest),
    /// Names all roles.
    RoleList,
    /// Deletes a role.
    RoleDelete(AuthRoleDeleteRequest),
    /// Lets a role do something with some keys.
    RoleGrantPermission(AuthRoleGrantPermissionRequest),
    /// Takes that back.
    RoleRevokePermission(AuthRoleRevokePermissionRequest),
}

/// Somebody whose password was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogIn {
    /// The user.
    pub name: String,
    /// The letters of the token, or none if tokens are signed: then the member that was asked signs
    /// one when this is applied.
    pub letters: Option<Letters>,
}

/// An answer, still without its header.
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    /// Authentication is on.
    Enable(AuthEnableResponse),
    /// Authentication is off.
    Disable(AuthDisableResponse),
    /// Whether it is on.
    Status(AuthStatusResponse),
    /// The token. It is empty if it is to be signed.
    Authenticate(AuthenticateResponse),
    /// The user was added.
    UserAdd(AuthUserAddResponse),
    /// The roles of the user.
    UserGet(AuthUserGetResponse),
    /// All users.
    UserList(AuthUserListResponse),
    /// The user was deleted.
    UserDelete(AuthUserDeleteResponse),
    /// The password was changed.
    UserChangePassword(AuthUserChangePasswordResponse),
    /// The user has the role.
    UserGrantRole(AuthUserGrantRoleResponse),
    /// The user has not.
    UserRevokeRole(AuthUserRevokeRoleResponse),
    /// The role was added.
    RoleAdd(AuthRoleAddResponse),
    /// The permissions of the role.
    RoleGet(AuthRoleGetResponse),
    /// All roles.
    RoleList(AuthRoleListResponse),
    /// The role was deleted.
    RoleDelete(AuthRoleDeleteResponse),
    /// The role has the permission.
    RoleGrantPermission(AuthRoleGrantPermissionResponse),
    /// The role has not.
    RoleRevokePermission(AuthRoleRevokePermissionResponse),
}

impl Request {
    /// Which call it is.
    pub fn call(&self) -> Call {
        match self {
            Request::Enable => Call::AuthEnable,
            Request::Disable => Call::AuthDisable,
            Request::Status => Call::AuthStatus,
            Request::Authenticate(_) => Call::Authenticate,
            Request::UserAdd(_) => Call::UserAdd,
            Request::UserGet(_) => Call::UserGet,
            Request::UserList => Call::UserList,
            Request::UserDelete(_) => Call::UserDelete,
            Request::UserChangePassword(_) => Call::UserChangePassword,
            Request::UserGrantRole(_) => Call::UserGrantRole,
            Request::UserRevokeRole(_) => Call::UserRevokeRole,
            Request::RoleAdd(_) => Call::RoleAdd,
            Request::RoleGet(_) => Call::RoleGet,
            Request::RoleList => Call::RoleList,
            Request::RoleDelete(_) => Call::RoleDelete,
            Request::RoleGrantPermission(_) => Call::RoleGrantPermission,
            Request::RoleRevokePermission(_) => Call::RoleRevokePermission,
        }
    }
}
