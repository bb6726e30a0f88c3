//! A conversation with etcd 3.7.1, line by line: what it has permitted and refused, ours does too.
//!
//! `recorded.jsonl` has of each line the call, the token that came with it (`wrong` is one that
//! nobody gave), the request, and the answer so far as it is about users and roles. One member was
//! asked, from an empty store on.

use crate::setup::{Leased, Member, cheap};
use api::{
    AuthRoleAddRequest, AuthRoleDeleteRequest, AuthRoleGetRequest, AuthRoleGrantPermissionRequest,
    AuthRoleRevokePermissionRequest, AuthUserAddRequest, AuthUserChangePasswordRequest,
    AuthUserDeleteRequest, AuthUserGetRequest, AuthUserGrantRoleRequest, AuthUserRevokeRoleRequest,
    Compare, DeleteRangeRequest, Error, LeaseId, Permission, PutRequest, RangeRequest, TxnRequest,
    UserAddOptions, WatchCreateRequest,
};
use auth::password::{hide_added, hide_changed, matches};
use auth::{Asker, Call, Credentials, Letters, LogIn, Request, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use harness::check;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const RECORDED: &str = include_str!("recorded.jsonl");
const NONE: Leased = Leased(&[]);

fn text(request: &Value, field: &str) -> String {
    request[field].as_str().unwrap_or_default().to_owned()
}

fn bytes(request: &Value, field: &str) -> Bytes {
    STANDARD.decode(text(request, field)).expect("it is base64").into()
}

fn is_set(request: &Value, field: &str) -> bool {
    request[field].as_bool().unwrap_or_default()
}

fn kind(name: &str) -> i32 {
    ["READ", "WRITE", "READWRITE"].iter().position(|kind| *kind == name).unwrap_or(0) as i32
}

fn permission(request: &Value) -> Option<Permission> {
    let perm = request.get("perm")?;
    Some(Permission {
        perm_type: kind(&text(perm, "permType")),
        key: bytes(perm, "key"),
        range_end: bytes(perm, "range_end"),
    })
}

/// A request to the service for users and roles, as it is proposed.
fn proposed(member: &mut Member, call: &str, request: &Value) -> Result<Request, Error> {
    let name = text(request, "name");
    let role = text(request, "role");
    let password = text(request, "password");
    Ok(match call {
        "status" => Request::Status,
        "enable" => Request::Enable,
        "disable" => Request::Disable,
        "authenticate" => {
            let login = member.auth.login(&name, cheap())?;
            login.check(|hash| matches(password.as_bytes(), hash))?;
            let letters = Some(Letters::of(u128::from(member.index)));
            Request::Authenticate(LogIn { name, letters })
        }
        "user/add" => {
            let options = request.get("options");
            let options = options
                .map(|options| UserAddOptions { no_password: is_set(options, "no_password") });
            let mut added = AuthUserAddRequest { name, password, options, ..Default::default() };
            hide_added(&mut added, cheap(), [1; 16])?;
            Request::UserAdd(added)
        }
        "user/changepw" => {
            let mut changed =
                AuthUserChangePasswordRequest { name, password, ..Default::default() };
            hide_changed(&mut changed, cheap(), [2; 16])?;
            Request::UserChangePassword(changed)
        }
        "user/get" => Request::UserGet(AuthUserGetRequest { name }),
        "user/list" => Request::UserList,
        "user/delete" => Request::UserDelete(AuthUserDeleteRequest { name }),
        "user/grant" => {
            Request::UserGrantRole(AuthUserGrantRoleRequest { user: text(request, "user"), role })
        }
        "user/revoke" => Request::UserRevokeRole(AuthUserRevokeRoleRequest { name, role }),
        "role/add" => Request::RoleAdd(AuthRoleAddRequest { name }),
        "role/get" => Request::RoleGet(AuthRoleGetRequest { role }),
        "role/list" => Request::RoleList,
        "role/delete" => Request::RoleDelete(AuthRoleDeleteRequest { role }),
        "role/grant" => {
            let perm = permission(request);
            Request::RoleGrantPermission(AuthRoleGrantPermissionRequest { name, perm })
        }
        "role/revoke" => {
            let (key, range_end) = (bytes(request, "key"), bytes(request, "range_end"));
            Request::RoleRevokePermission(AuthRoleRevokePermissionRequest { role, key, range_end })
        }
        other => panic!("there is no {other}"),
    })
}

/// An answer of that service, as the gateway writes it.
fn written(response: Response) -> Value {
    let mut fields = match response {
        Response::Status(response) => {
            json!({"enabled": response.enabled, "authRevision": response.auth_revision.to_string()})
        }
        Response::Authenticate(response) => json!({"token": response.token}),
        Response::UserGet(response) => json!({"roles": response.roles}),
        Response::UserList(response) => json!({"users": response.users}),
        Response::RoleList(response) => json!({"roles": response.roles}),
        Response::RoleGet(response) => {
            let permission = |permission: &Permission| {
                let kind = ["", "WRITE", "READWRITE"][permission.perm_type as usize];
                let [key, end] =
                    [&permission.key, &permission.range_end].map(|b| STANDARD.encode(b));
                without_defaults(json!({"permType": kind, "key": key, "range_end": end}))
            };
            json!({"perm": response.perm.iter().map(permission).collect::<Vec<Value>>()})
        }
        _ => json!({}),
    };
    fields = without_defaults(fields);
    fields
}

fn without_defaults(mut fields: Value) -> Value {
    let defaults = [json!(false), json!(""), json!([])];
    fields.as_object_mut().expect("it has fields").retain(|_, value| !defaults.contains(value));
    fields
}

/// Is a request of another service permitted?
fn permitted(member: &Member, asker: &Asker, path: &str, request: &Value) -> Result<(), Error> {
    let auth = &member.auth;
    let (key, range_end) = (bytes(request, "key"), bytes(request, "range_end"));
    let prev_kv = is_set(request, "prev_kv");
    let lease = LeaseId::new(text(request, "ID").parse().unwrap_or(0));
    let lease = || lease.expect("it is not zero");
    let asks = request["action"].as_str().unwrap_or("GET") == "GET";
    let call = match path {
        "kv/range" => {
            let range = RangeRequest { key, range_end, ..RangeRequest::default() };
            return auth.check_range(asker, &range);
        }
        "kv/put" => {
            return auth.check_put(
                asker,
                &PutRequest { key, prev_kv, ..Default::default() },
                &NONE,
            );
        }
        "kv/deleterange" => {
            return auth.check_delete_range(asker, &DeleteRangeRequest { key, range_end, prev_kv });
        }
        "kv/txn" => {
            let compares = request["compare"].as_array().cloned().unwrap_or_default();
            let compare =
                |compare: &Value| Compare { key: bytes(compare, "key"), ..Compare::default() };
            let compare = compares.iter().map(compare).collect();
            let txn = TxnRequest { compare, ..TxnRequest::default() };
            return auth.check_txn(asker, &txn, &NONE);
        }
        "watch" => {
            let request = &request["create_request"];
            let (key, range_end) = (bytes(request, "key"), bytes(request, "range_end"));
            let watch = WatchCreateRequest { key, range_end, ..WatchCreateRequest::default() };
            return auth.check_watch(asker, &watch);
        }
        "lease/revoke" => return auth.check_lease_revoke(asker, lease(), &NONE),
        "lease/keepalive" => return auth.check_lease_renew(asker, lease(), &NONE),
        "lease/timetolive" => return auth.check_lease_time_to_live(asker, lease(), false, &NONE),
        "kv/compaction" => Call::Compact,
        "lease/grant" => Call::LeaseGrant,
        "cluster/member/list" => Call::MemberList,
        "cluster/member/remove" => Call::MemberRemove,
        "maintenance/status" => Call::Status,
        "maintenance/alarm" if asks => Call::AlarmGet,
        "maintenance/alarm" => Call::AlarmDeactivate,
        "maintenance/hash" => Call::Hash,
        "maintenance/transfer-leadership" => Call::MoveLeader,
        "maintenance/downgrade" => Call::Downgrade,
        other => panic!("there is no {other}"),
    };
    auth.check_call(asker, call)
}

/// What a line is answered: fields, or an error.
fn answer(member: &mut Member, line: &Value, token: Option<&str>) -> Result<Value, Error> {
    let path = line["path"].as_str().expect("it is text");
    let request = &line["request"];
    let (revision, now) = (member.auth.revision(), member.now);
    let Member { auth, tokens, .. } = &mut *member;
    let credentials = Credentials { token, certificate: None };
    let asker = auth.identify(credentials, |token| tokens.asker(token, revision, now));
    let Some(call) = path.strip_prefix("auth/") else {
        return permitted(member, &asker?, path, request).map(|()| json!({}));
    };
    // A password is hashed before anybody asks who it is.
    let proposed = proposed(member, call, request)?;
    member.apply(&asker?, &proposed).answer.map(written)
}

/// What is refused by users and roles, and not by what is stored.
fn is_refusal(message: &str) -> bool {
    let ours = [Error::UserEmpty, Error::InvalidAuthToken, Error::PermissionDenied];
    ours.iter().any(|error| error.text() == message)
}

#[test]
fn answers_are_ours() {
    check(|| {
        let mut member = Member::new();
        let mut tokens = BTreeMap::from([("wrong".to_owned(), "wrong".to_owned())]);
        let (mut refused, mut permitted) = (0, 0);
        for line in RECORDED.lines() {
            let line: Value = serde_json::from_str(line).expect("it is JSON");
            let n = &line["n"];
            let name = line["token"].as_str();
            let token = name.map(|name| tokens[name].clone());
            let answer = answer(&mut member, &line, token.as_deref());
            let response = &line["response"];
            let is_auth = line["path"].as_str().is_some_and(|path| path.starts_with("auth/"));
            match (&answer, response["message"].as_str()) {
                (Err(error), Some(message)) => {
                    assert_eq!(error.text(), message, "n {n}");
                    assert_eq!(json!(error.sent().number()), response["code"], "n {n}");
                    refused += 1;
                }
                (Err(error), None) => {
                    assert_eq!(json!(error.cancel_reason()), response["cancel_reason"], "n {n}");
                    refused += 1;
                }
                (Ok(fields), Some(message)) => {
                    assert!(!is_auth && !is_refusal(message), "n {n}: {fields}, not {message}");
                    permitted += 1;
                }
                (Ok(fields), None) if fields.get("token").is_some() => {
                    let name = text(&line["request"], "name").replacen('u', "user", 1);
                    tokens.insert(name, text(fields, "token"));
                    permitted += 1;
                }
                (Ok(fields), None) => {
                    assert_eq!(fields, response, "n {n}");
                    permitted += 1;
                }
            }
            assert_eq!(member.auth, member.reloaded(), "n {n}");
        }
        harness::note(format!("{permitted} permitted, {refused} refused"));
        assert!(permitted > 80 && refused > 100, "all of it was read");
    });
}
