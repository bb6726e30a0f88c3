//! Every refusal, and which comes first if there is more than one reason.

use crate::setup::{Member, add_user, grant};
use api::permission::Type::Read;
use api::{
    AuthRoleAddRequest, AuthRoleDeleteRequest, AuthRoleGetRequest, AuthRoleGrantPermissionRequest,
    AuthRoleRevokePermissionRequest, AuthUserAddRequest, AuthUserChangePasswordRequest,
    AuthUserDeleteRequest, AuthUserGetRequest, AuthUserGrantRoleRequest, AuthUserRevokeRoleRequest,
    Error, Permission, RangeRequest, UserAddOptions,
};
use auth::{Asker, Auth, AuthRevision, Call, Need, Request, Response};
use bytes::Bytes;
use harness::check;

fn delete_user(name: &str) -> Request {
    Request::UserDelete(AuthUserDeleteRequest { name: name.to_owned() })
}

fn change_password(name: &str) -> Request {
    let name = name.to_owned();
    Request::UserChangePassword(AuthUserChangePasswordRequest { name, ..Default::default() })
}

fn grant_role(user: &str, role: &str) -> Request {
    let (user, role) = (user.to_owned(), role.to_owned());
    Request::UserGrantRole(AuthUserGrantRoleRequest { user, role })
}

fn revoke_role(name: &str, role: &str) -> Request {
    let (name, role) = (name.to_owned(), role.to_owned());
    Request::UserRevokeRole(AuthUserRevokeRoleRequest { name, role })
}

fn add_role(name: &str) -> Request {
    Request::RoleAdd(AuthRoleAddRequest { name: name.to_owned() })
}

fn delete_role(role: &str) -> Request {
    Request::RoleDelete(AuthRoleDeleteRequest { role: role.to_owned() })
}

fn get_user(name: &str) -> Request {
    Request::UserGet(AuthUserGetRequest { name: name.to_owned() })
}

fn get_role(role: &str) -> Request {
    Request::RoleGet(AuthRoleGetRequest { role: role.to_owned() })
}

fn revoke(role: &str, key: &'static str, end: &'static str) -> Request {
    let (role, key, range_end) = (role.to_owned(), key.into(), end.into());
    Request::RoleRevokePermission(AuthRoleRevokePermissionRequest { role, key, range_end })
}

fn grant_nothing(name: &str, perm: Option<Permission>) -> Request {
    let name = name.to_owned();
    Request::RoleGrantPermission(AuthRoleGrantPermissionRequest { name, perm })
}

/// One of each.
fn all(user: &str, role: &str) -> Vec<Request> {
    vec![
        Request::Enable,
        Request::Disable,
        add_user(user, "x"),
        delete_user(user),
        change_password(user),
        grant_role(user, role),
        revoke_role(user, role),
        Request::UserList,
        get_user(user),
        add_role(role),
        delete_role(role),
        get_role(role),
        Request::RoleList,
        grant(role, Read, "k", ""),
        grant_nothing(role, None),
        revoke(role, "k", ""),
    ]
}

#[test]
fn of_who_asks_come_first() {
    check(|| {
        let mut member = Member::enabled();
        member.add_user("u", "u");
        let before = member.auth.clone();
        // None of these can be, for reasons of its own; but root alone learns them.
        let mut requests = all("gone", "gone");
        requests.extend(all("", ""));
        requests.extend([delete_user("root"), delete_role("root"), revoke_role("root", "root")]);
        let askers = [
            (Asker::Nobody, Error::UserEmpty),
            (member.user("u"), Error::PermissionDenied),
            (member.user("ghost"), Error::UserNotFound),
        ];
        for (asker, error) in askers {
            for request in &requests {
                let nobody_asks_for_nobody = asker == Asker::Nobody && *request == get_user("");
                let expected = if nobody_asks_for_nobody { Error::UserNotFound } else { error };
                let outcome = member.apply(&asker, request);
                assert_eq!(outcome.answer, Err(expected), "{asker}: {request:?}");
                assert!(outcome.next.is_none() && outcome.rows.is_empty(), "{request:?}");
            }
            let status = member.apply(&asker, &Request::Status).answer;
            assert!(status.is_ok(), "{asker} may ask whether it is on");
        }
        assert_eq!(member.auth, before);
        let root = Asker::User { name: "root".into(), revision: AuthRevision(1) };
        assert!(member.apply(&root, &Request::UserList).answer.is_ok(), "an old token of root's");
    });
}

#[test]
fn are_none_of_who_asks_while_authentication_is_off() {
    check(|| {
        let mut member = Member::new();
        for request in [add_user("u", "u"), add_role("r"), grant_role("u", "r"), get_user("u")] {
            assert!(member.apply(&Asker::Nobody, &request).answer.is_ok(), "{request:?}");
        }
        let range = RangeRequest { key: "k".into(), ..RangeRequest::default() };
        let old = Asker::User { name: "u".into(), revision: AuthRevision(0) };
        assert_eq!(member.auth.check_range(&old, &range), Ok(()));
        assert_eq!(member.auth.check_range(&Asker::Nobody, &range), Ok(()));
    });
}

#[test]
fn of_enabling_name_what_is_missing() {
    check(|| {
        let mut member = Member::new();
        let mut enable = |requests: &[Request]| {
            requests.iter().for_each(|request| drop(member.ask(request.clone())));
            member.ask(Request::Enable).map(|_| member.auth.revision().0)
        };
        assert_eq!(enable(&[]), Err(Error::RootUserNotExist));
        assert_eq!(enable(&[add_role("root")]), Err(Error::RootUserNotExist));
        assert_eq!(
            enable(&[delete_role("root"), add_user("root", "")]),
            Err(Error::RootRoleNotExist)
        );
        let other = [add_role("r"), grant_role("root", "r")];
        assert_eq!(enable(&other), Err(Error::RootRoleNotExist));
        assert_eq!(enable(&[grant_role("root", "root")]), Ok(7), "the role need not be there");
        assert_eq!(enable(&[]), Ok(7), "again, and nothing changes");
    });
}

#[test]
fn of_users_come_in_order() {
    check(|| {
        let mut member = Member::enabled();
        member.add_user("u", "u");
        member.add_role("r");
        member.grant_role("u", "r");
        let cases = [
            (add_user("", ""), Error::UserEmpty),
            (add_user("u", ""), Error::UserAlreadyExist),
            (delete_user("root"), Error::InvalidAuthMgmt),
            (delete_user("gone"), Error::UserNotFound),
            (delete_user(""), Error::UserNotFound),
            (change_password("gone"), Error::UserNotFound),
            (get_user("gone"), Error::UserNotFound),
            (grant_role("gone", "gone"), Error::UserNotFound),
            (grant_role("u", "gone"), Error::RoleNotFound),
            (grant_role("u", ""), Error::RoleNotFound),
            (revoke_role("root", "root"), Error::InvalidAuthMgmt),
            (revoke_role("gone", "gone"), Error::UserNotFound),
            (revoke_role("gone", "root"), Error::UserNotFound),
            (revoke_role("u", "gone"), Error::RoleNotGranted),
            (revoke_role("u", "root"), Error::RoleNotGranted),
            (revoke_role("root", "r"), Error::RoleNotGranted),
        ];
        let before = member.auth.clone();
        for (request, error) in cases {
            assert_eq!(member.ask(request.clone()), Err(error), "{request:?}");
        }
        assert_eq!(member.auth, before, "a refusal changes nothing");
        member.ok(grant_role("u", "r"));
        assert_eq!(member.auth, before, "what is so already does not count");
        member.ok(grant_role("u", "root"));
        member.ok(revoke_role("u", "root"));
        let taken = AuthUserAddRequest {
            name: "u".to_owned(),
            hashed_password: "%%%".to_owned(),
            options: Some(UserAddOptions { no_password: false }),
            ..Default::default()
        };
        assert_eq!(member.ask(Request::UserAdd(taken)), Err(Error::UserAlreadyExist));
    });
}

#[test]
fn of_roles_come_in_order() {
    check(|| {
        let mut member = Member::enabled();
        member.add_role("r");
        member.grant("r", Read, "k", "l");
        let nothing = Some(Permission::default());
        let empty = |end: &'static str| {
            let range_end = Bytes::from_static(end.as_bytes());
            Some(Permission { range_end, ..Permission::default() })
        };
        let cases = [
            (add_role(""), Error::RoleEmpty),
            (add_role("r"), Error::RoleAlreadyExist),
            (delete_role("root"), Error::InvalidAuthMgmt),
            (delete_role("gone"), Error::RoleNotFound),
            (get_role("gone"), Error::RoleNotFound),
            (get_role("root"), Error::RoleNotFound),
            (grant_nothing("gone", None), Error::PermissionNotGiven),
            (grant_nothing("gone", nothing), Error::InvalidAuthMgmt),
            (grant_nothing("r", empty("\0")), Error::InvalidAuthMgmt),
            (grant_nothing("r", empty("z")), Error::InvalidAuthMgmt),
            (grant("gone", Read, "l", "k"), Error::InvalidAuthMgmt),
            (grant("r", Read, "k", "k"), Error::InvalidAuthMgmt),
            (grant("gone", Read, "k", "l"), Error::RoleNotFound),
            (revoke("gone", "k", "l"), Error::RoleNotFound),
            (revoke("r", "k", ""), Error::PermissionNotGranted),
            (revoke("r", "k", "\0"), Error::PermissionNotGranted),
            (revoke("r", "", ""), Error::PermissionNotGranted),
        ];
        let before = member.auth.clone();
        for (request, error) in cases {
            assert_eq!(member.ask(request.clone()), Err(error), "{request:?}");
        }
        assert_eq!(member.auth, before, "a refusal changes nothing");
        member.ok(revoke("r", "k", "l"));
    });
}

#[test]
fn are_lifted_when_authentication_is_off() {
    check(|| {
        let mut member = Member::enabled();
        member.add_role("root");
        member.ok(Request::Disable);
        let off = member.auth.revision();
        member.ok(Request::Disable);
        assert_eq!(member.auth.revision(), off, "again, and nothing changes");
        member.ok(revoke_role("root", "root"));
        member.ok(delete_role("root"));
        member.ok(delete_user("root"));
        assert_eq!(member.ask(Request::Enable), Err(Error::RootUserNotExist));
    });
}

#[test]
fn do_not_keep_anybody_from_their_own() {
    check(|| {
        let mut member = Member::enabled();
        let user = member.user_with("u", &[(Read, "k", "")]);
        member.add_role("other");
        let mut ask = |request: Request| member.apply(&user, &request).answer;
        let roles = api::AuthUserGetResponse { header: None, roles: vec!["u".to_owned()] };
        assert_eq!(ask(get_user("u")), Ok(Response::UserGet(roles)));
        assert!(matches!(ask(get_role("u")), Ok(Response::RoleGet(role)) if role.perm.len() == 1));
        for request in [get_user("root"), get_user("gone"), get_user(""), get_role("other")] {
            assert_eq!(ask(request.clone()), Err(Error::PermissionDenied), "{request:?}");
        }
        assert_eq!(ask(get_role("gone")), Err(Error::PermissionDenied));
        assert_eq!(
            ask(change_password("u")),
            Err(Error::PermissionDenied),
            "not even the password"
        );
        let ghost = member.user("ghost");
        let answer = member.apply(&ghost, &get_user("ghost")).answer;
        assert_eq!(answer, Err(Error::UserNotFound));
    });
}

#[test]
fn of_root_are_none_and_its_role_permits_everything() {
    check(|| {
        let mut member = Member::enabled();
        member.add_role("root");
        member.grant("root", Read, "k", "");
        let all = Permission { perm_type: 2, key: Bytes::new(), range_end: vec![0].into() };
        let expected = api::AuthRoleGetResponse { header: None, perm: vec![all] };
        assert_eq!(member.ok(get_role("root")), Response::RoleGet(expected));
        member.add_user("admin", "x");
        member.grant_role("admin", "root");
        let admin = member.user("admin");
        let range =
            RangeRequest { key: "a".into(), range_end: vec![0].into(), ..Default::default() };
        assert_eq!(member.auth.check_range(&admin, &range), Ok(()));
        assert!(member.apply(&admin, &Request::UserList).answer.is_ok());
    });
}

#[test]
fn of_calls_stand_in_one_table() {
    check(|| {
        let root = Call::ALL.iter().filter(|call| call.need() == Need::Root).count();
        let user: Vec<_> = Call::ALL.iter().filter(|call| call.need() == Need::User).collect();
        let user: Vec<String> = user.iter().map(|call| call.to_string()).collect();
        let expected = [
            "LeaseGrant",
            "LeaseRevoke",
            "LeaseKeepAlive",
            "LeaseTimeToLive",
            "LeaseLeases",
            "MemberList",
            "AlarmGet",
            "Status",
        ];
        assert_eq!(user, expected);
        assert_eq!(Call::ALL.len() - root - user.len(), 8, "what needs keys, or nothing");
        let auth = Auth::new();
        for call in Call::ALL {
            assert_eq!(auth.check_call(&Asker::Nobody, *call), Ok(()), "while it is off");
        }
    });
}
