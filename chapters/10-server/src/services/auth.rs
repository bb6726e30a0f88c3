//! Users and roles.
//!
//! Owns the service `Auth`. Passwords are hashed and checked before anything is proposed, where a
//! thread may be busy; what goes through the log has none.

use super::{Member, Signed, Who};
use crate::proposal::{LoggedIn, UserWish};
use ::auth::password::{self, hide_added, hide_changed};
use ::auth::{AuthRevision, Response as Answer};
use api::auth_server::Auth as Service;
use api::{
    AuthDisableRequest, AuthDisableResponse, AuthEnableRequest, AuthEnableResponse,
    AuthRoleAddRequest, AuthRoleAddResponse, AuthRoleDeleteRequest, AuthRoleDeleteResponse,
    AuthRoleGetRequest, AuthRoleGetResponse, AuthRoleGrantPermissionRequest,
    AuthRoleGrantPermissionResponse, AuthRoleListRequest, AuthRoleListResponse,
    AuthRoleRevokePermissionRequest, AuthRoleRevokePermissionResponse, AuthStatusRequest,
    AuthStatusResponse, AuthUserAddRequest, AuthUserAddResponse, AuthUserChangePasswordRequest,
    AuthUserChangePasswordResponse, AuthUserDeleteRequest, AuthUserDeleteResponse,
    AuthUserGetRequest, AuthUserGetResponse, AuthUserGrantRoleRequest, AuthUserGrantRoleResponse,
    AuthUserListRequest, AuthUserListResponse, AuthUserRevokeRoleRequest,
    AuthUserRevokeRoleResponse, AuthenticateRequest, AuthenticateResponse, Error,
};
use ring::rand::{SecureRandom, SystemRandom};
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};

/// The service of a member.
pub struct Users {
    member: Arc<Member>,
}

/// Whoever logs in while users and roles change again and again is told to come back after so
/// many attempts.
const ATTEMPTS: usize = 10;

impl Users {
    /// That of this member.
    pub fn new(member: Arc<Member>) -> Users {
        Users { member }
    }

    async fn propose(&self, who: &Who, wish: impl Into<UserWish>) -> Result<Answer, Status> {
        let (answer, _) = self.member.propose(who, wish.into()).await?;
        Ok(answer)
    }

    /// Checks a password, and gives a token if nothing has changed meanwhile. None if something
    /// has.
    async fn log_in(
        &self,
        name: &str,
        password: &str,
    ) -> Result<Option<AuthenticateResponse>, Status> {
        let gate = &self.member.facts.gate;
        let login = gate.auth().login(name, self.member.bcrypt_cost)?;
        let password = password.to_owned();
        let check = move || login.check(|hash| password::matches(password.as_bytes(), hash));
        let checked = self.member.passwords.run(check).await?;
        let draw = if gate.draws() { random::<16>().to_vec() } else { Vec::new() };
        let wish = UserWish::from(LoggedIn { name: name.to_owned(), draw });
        // A client that has no token yet is nobody.
        let pending = self.member.begin(&::auth::Asker::Nobody, wish)?;
        let (answer, revision) = pending.outcome().await?;
        let Answer::Authenticate(mut response) = answer else {
            unreachable!("each answer goes to the request it answers")
        };
        if revision != checked {
            return Ok(None);
        }
        if gate.draws() {
            return Ok(Some(response));
        }
        response.token = self.sign(name.to_owned(), revision).await?;
        Ok(Some(response))
    }

    async fn sign(&self, name: String, revision: AuthRevision) -> Result<String, Status> {
        let facts = self.member.facts.clone();
        let sign = move || facts.gate.sign(&name, revision);
        let signed = self.member.passwords.run(sign).await;
        Ok(signed.expect("tokens are not drawn")?)
    }
}

/// So many random bytes, that nobody can guess.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the system has random bytes");
    bytes
}

/// The calls that are proposed as they came.
macro_rules! proposed {
    ($($call:ident($request:ty) -> $answer:ident($response:ty);)*) => {
        #[async_trait]
        impl Service for Users {
            $(async fn $call(
                &self,
                request: Request<$request>,
            ) -> Result<Response<$response>, Status> {
                let (who, request) = Who::of(request);
                let Answer::$answer(response) = self.propose(&who, request).await? else {
                    unreachable!("each answer goes to the request it answers")
                };
                Ok(Response::new(response.signed(&self.member)))
            })*

            async fn authenticate(
                &self,
                request: Request<AuthenticateRequest>,
            ) -> Result<Response<AuthenticateResponse>, Status> {
                let request = request.into_inner();
                self.member.catch_up().await?;
                for _ in 0..ATTEMPTS {
                    if let Some(response) = self.log_in(&request.name, &request.password).await? {
                        return Ok(Response::new(response.signed(&self.member)));
                    }
                }
                Err(Error::AuthOldRevision.into())
            }

            async fn user_add(
                &self,
                request: Request<AuthUserAddRequest>,
            ) -> Result<Response<AuthUserAddResponse>, Status> {
                let (who, mut request) = Who::of(request);
                let (cost, salt) = (self.member.bcrypt_cost, random());
                let hide = move || hide_added(&mut request, cost, salt).map(|()| request);
                let request = self.member.passwords.run(hide).await?;
                let Answer::UserAdd(response) = self.propose(&who, request).await? else {
                    unreachable!("each answer goes to the request it answers")
                };
                Ok(Response::new(response.signed(&self.member)))
            }

            async fn user_change_password(
                &self,
                request: Request<AuthUserChangePasswordRequest>,
            ) -> Result<Response<AuthUserChangePasswordResponse>, Status> {
                let (who, mut request) = Who::of(request);
                let (cost, salt) = (self.member.bcrypt_cost, random());
                let hide = move || hide_changed(&mut request, cost, salt).map(|()| request);
                let request = self.member.passwords.run(hide).await?;
                let Answer::UserChangePassword(response) = self.propose(&who, request).await?
                else {
                    unreachable!("each answer goes to the request it answers")
                };
                Ok(Response::new(response.signed(&self.member)))
            }
        }
    };
}

proposed! {
    auth_enable(AuthEnableRequest) -> Enable(AuthEnableResponse);
    auth_disable(AuthDisableRequest) -> Disable(AuthDisableResponse);
    auth_status(AuthStatusRequest) -> Status(AuthStatusResponse);
    user_get(AuthUserGetRequest) -> UserGet(AuthUserGetResponse);
    user_list(AuthUserListRequest) -> UserList(AuthUserListResponse);
    user_delete(AuthUserDeleteRequest) -> UserDelete(AuthUserDeleteResponse);
    user_grant_role(AuthUserGrantRoleRequest) -> UserGrantRole(AuthUserGrantRoleResponse);
    user_revoke_role(AuthUserRevokeRoleRequest) -> UserRevokeRole(AuthUserRevokeRoleResponse);
    role_add(AuthRoleAddRequest) -> RoleAdd(AuthRoleAddResponse);
    role_get(AuthRoleGetRequest) -> RoleGet(AuthRoleGetResponse);
    role_list(AuthRoleListRequest) -> RoleList(AuthRoleListResponse);
    role_delete(AuthRoleDeleteRequest) -> RoleDelete(AuthRoleDeleteResponse);
    role_grant_permission(AuthRoleGrantPermissionRequest)
        -> RoleGrantPermission(AuthRoleGrantPermissionResponse);
    role_revoke_permission(AuthRoleRevokePermissionRequest)
        -> RoleRevokePermission(AuthRoleRevokePermissionResponse);
}
