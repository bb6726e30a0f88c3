//! Answers with a header.
//!
//! Owns [`Signed`]: a response whose header the member fills in. It says who answers, and the
//! newest revision if whoever made the response did not say one.

use super::Member;
use api::{
    AlarmResponse, AuthDisableResponse, AuthEnableResponse, AuthRoleAddResponse,
    AuthRoleDeleteResponse, AuthRoleGetResponse, AuthRoleGrantPermissionResponse,
    AuthRoleListResponse, AuthRoleRevokePermissionResponse, AuthStatusResponse,
    AuthUserAddResponse, AuthUserChangePasswordResponse, AuthUserDeleteResponse,
    AuthUserGetResponse, AuthUserGrantRoleResponse, AuthUserListResponse,
    AuthUserRevokeRoleResponse, AuthenticateResponse, CompactionResponse, DeleteRangeResponse,
    DowngradeResponse, HashKvResponse, HashResponse, LeaseGrantResponse, LeaseKeepAliveResponse,
    LeaseLeasesResponse, LeaseRevokeResponse, LeaseTimeToLiveResponse, PutResponse, RangeResponse,
    ResponseHeader, StatusResponse, TxnResponse,
};

/// A response whose header the member fills in.
pub trait Signed: Sized {
    /// Where the header is.
    fn header(&mut self) -> &mut Option<ResponseHeader>;

    /// The same, signed.
    fn signed(mut self, member: &Member) -> Self {
        let header = member.signature.sign(self.header());
        if header.revision == 0 {
            header.revision = member.reader.view().current().wire();
        }
        self
    }
}

macro_rules! signed {
    ($($response:ty),* $(,)?) => { $(
        impl Signed for $response {
            fn header(&mut self) -> &mut Option<ResponseHeader> {
                &mut self.header
            }
        }
    )* };
}

signed! {
    AlarmResponse, AuthDisableResponse, AuthEnableResponse, AuthRoleAddResponse,
    AuthRoleDeleteResponse, AuthRoleGetResponse, AuthRoleGrantPermissionResponse,
    AuthRoleListResponse, AuthRoleRevokePermissionResponse, AuthStatusResponse,
    AuthUserAddResponse, AuthUserChangePasswordResponse, AuthUserDeleteResponse,
    AuthUserGetResponse, AuthUserGrantRoleResponse, AuthUserListResponse,
    AuthUserRevokeRoleResponse, AuthenticateResponse, CompactionResponse, DeleteRangeResponse,
    DowngradeResponse, HashKvResponse, HashResponse, LeaseGrantResponse, LeaseKeepAliveResponse,
    LeaseLeasesResponse, LeaseRevokeResponse, LeaseTimeToLiveResponse, PutResponse, RangeResponse,
    StatusResponse, TxnResponse,
}
