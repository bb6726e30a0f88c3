//! What entries do to users and roles.
//!
//! Owns [`UserWish`], etcd's requests of the service `Auth` as an entry has them, and the way from
//! there to what `auth` carries out. One is not etcd's: [`LoggedIn`], for whoever logs in has shown
//! the password before, and it is not in the log.

use api::{
    AuthDisableRequest, AuthEnableRequest, AuthRoleAddRequest, AuthRoleDeleteRequest,
    AuthRoleGetRequest, AuthRoleGrantPermissionRequest, AuthRoleListRequest,
    AuthRoleRevokePermissionRequest, AuthStatusRequest, AuthUserAddRequest,
    AuthUserChangePasswordRequest, AuthUserDeleteRequest, AuthUserGetRequest,
    AuthUserGrantRoleRequest, AuthUserListRequest, AuthUserRevokeRoleRequest,
};
use auth::{Letters, LogIn, Request};
use prost::Message;

/// A request of the service `Auth`.
#[derive(Clone, PartialEq, Message)]
pub struct UserWish {
    /// It; none in an entry that nobody here has written.
    #[prost(oneof = "Users", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17")]
    request: Option<Users>,
}

/// Somebody whose password was checked.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct LoggedIn {
    /// The user.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What the letters of the token are drawn from, in 16 bytes; none if tokens are signed.
    #[prost(bytes = "vec", tag = "2")]
    pub draw: Vec<u8>,
}

/// Makes the enum, and the way from and to requests, from one list.
macro_rules! users {
    ($($tag:literal $name:ident($message:ty);)*) => {
        /// Which request.
        #[derive(Clone, PartialEq, prost::Oneof)]
        enum Users {
            $(#[prost(message, tag = $tag)] $name($message),)*
        }

        impl UserWish {
            /// What it is called; none if it is nothing.
            pub fn name(&self) -> Option<&'static str> {
                match self.request.as_ref()? {
                    $(Users::$name(_) => Some(stringify!($name)),)*
                }
            }
        }

        $(impl From<$message> for UserWish {
            fn from(request: $message) -> UserWish {
                UserWish { request: Some(Users::$name(request)) }
            }
        })*
    };
}

users! {
    "1" Enable(AuthEnableRequest);
    "2" Disable(AuthDisableRequest);
    "3" Status(AuthStatusRequest);
    "4" LogIn(LoggedIn);
    "5" UserAdd(AuthUserAddRequest);
    "6" UserGet(AuthUserGetRequest);
    "7" UserList(AuthUserListRequest);
    "8" UserDelete(AuthUserDeleteRequest);
    "9" UserChangePassword(AuthUserChangePasswordRequest);
    "10" UserGrantRole(AuthUserGrantRoleRequest);
    "11" UserRevokeRole(AuthUserRevokeRoleRequest);
    "12" RoleAdd(AuthRoleAddRequest);
    "13" RoleGet(AuthRoleGetRequest);
    "14" RoleList(AuthRoleListRequest);
    "15" RoleDelete(AuthRoleDeleteRequest);
    "16" RoleGrantPermission(AuthRoleGrantPermissionRequest);
    "17" RoleRevokePermission(AuthRoleRevokePermissionRequest);
}

impl UserWish {
    /// What is to be carried out.
    pub fn request(&self) -> Option<Request> {
        Some(match self.request.clone()? {
            Users::Enable(AuthEnableRequest {}) => Request::Enable,
            Users::Disable(AuthDisableRequest {}) => Request::Disable,
            Users::Status(AuthStatusRequest {}) => Request::Status,
            Users::LogIn(LoggedIn { name, draw }) => {
                let draw = draw.try_into().ok().map(u128::from_be_bytes);
                Request::Authenticate(LogIn { name, letters: draw.map(Letters::of) })
            }
            Users::UserAdd(request) => Request::UserAdd(request),
            Users::UserGet(request) => Request::UserGet(request),
            Users::UserList(AuthUserListRequest {}) => Request::UserList,
            Users::UserDelete(request) => Request::UserDelete(request),
            Users::UserChangePassword(request) => Request::UserChangePassword(request),
            Users::UserGrantRole(request) => Request::UserGrantRole(request),
            Users::UserRevokeRole(request) => Request::UserRevokeRole(request),
            Users::RoleAdd(request) => Request::RoleAdd(request),
            Users::RoleGet(request) => Request::RoleGet(request),
            Users::RoleList(AuthRoleListRequest {}) => Request::RoleList,
            Users::RoleDelete(request) => Request::RoleDelete(request),
            Users::RoleGrantPermission(request) => Request::RoleGrantPermission(request),
            Users::RoleRevokePermission(request) => Request::RoleRevokePermission(request),
        })
    }
}
