//! Users and permissions, over the wire.

use crate::client::Client;
use crate::member::{Member, cheap_auth, config, place};
use api::auth_client::AuthClient;
use api::watch_request::RequestUnion;
use api::{
    AuthDisableRequest, AuthEnableRequest, AuthRoleAddRequest, AuthRoleGrantPermissionRequest,
    AuthUserAddRequest, AuthUserChangePasswordRequest, AuthUserGrantRoleRequest,
    AuthenticateRequest, LeaseGrantRequest, LeaseKeepAliveRequest, Permission, PutRequest,
    RangeRequest, TxnRequest, WatchCreateRequest, WatchRequest, permission,
};
use harness::check;
use server::Config;
use std::path::Path;
use tonic::codegen::tokio_stream::{self, StreamExt};
use tonic::{Code, Request, Status};

/// A member that checks passwords as fast as bcrypt can.
fn fast(place: &Path) -> Config {
    Config { auth: cheap_auth(), ..config(place) }
}

/// A request that brings a token.
fn with<R>(token: &str, request: R) -> Request<R> {
    let mut request = Request::new(request);
    let token = token.parse().expect("it is text");
    request.metadata_mut().insert("token", token);
    request
}

fn put(key: &str) -> PutRequest {
    PutRequest { key: key.to_owned().into(), ..PutRequest::default() }
}

fn get(key: &str) -> RangeRequest {
    RangeRequest { key: key.to_owned().into(), ..RangeRequest::default() }
}

macro_rules! ask {
    ($client:expr, $call:ident, $request:expr) => {
        $client.call(async |connection, origin| {
            AuthClient::with_origin(connection, origin).$call($request).await
        })
    };
}

fn log_in(client: &mut Client, name: &str, password: &str) -> Result<String, Status> {
    let (name, password) = (name.to_owned(), password.to_owned());
    ask!(client, authenticate, AuthenticateRequest { name, password }).map(|it| it.token)
}

/// Makes root, and u who may read and write keys from a to c, and turns authentication on.
fn enable(client: &mut Client) {
    for (name, role) in [("root", "root"), ("u", "r")] {
        let (user, role) = (name.to_owned(), role.to_owned());
        let password = name.to_owned();
        let add = AuthUserAddRequest { name: user.clone(), password, ..Default::default() };
        ask!(client, user_add, add).expect("it can be");
        ask!(client, role_add, AuthRoleAddRequest { name: role.clone() }).expect("it can be");
        let grant = AuthUserGrantRoleRequest { user, role };
        ask!(client, user_grant_role, grant).expect("it can be");
    }
    let perm_type = permission::Type::Readwrite as i32;
    let perm = Permission { perm_type, key: "a".into(), range_end: "c".into() };
    let grant = AuthRoleGrantPermissionRequest { name: "r".to_owned(), perm: Some(perm) };
    ask!(client, role_grant_permission, grant).expect("it can be");
    ask!(client, auth_enable, AuthEnableRequest {}).expect("it can be");
}

#[test]
fn whoever_has_no_token_is_refused_and_a_user_may_what_is_granted() {
    check(|| {
        let place = place();
        let member = Member::start(fast(place.path()));
        let mut client = member.client();
        enable(&mut client);
        let refused = client.kv(async |mut kv| kv.put(put("a")).await).expect_err("nobody asks");
        assert_eq!(refused.message(), "etcdserver: user name is empty");
        let token = log_in(&mut client, "u", "u").expect("the password is right");
        client.kv(async |mut kv| kv.put(with(&token, put("a"))).await).expect("it is granted");
        client.kv(async |mut kv| kv.range(with(&token, get("b"))).await).expect("it is granted");
        for refused in [
            client.kv(async |mut kv| kv.put(with(&token, put("c"))).await).map(drop),
            client.kv(async |mut kv| kv.range(with(&token, get("c"))).await).map(drop),
        ] {
            assert_eq!(refused.expect_err("it is not").code(), Code::PermissionDenied);
        }
        let wrong = client.kv(async |mut kv| kv.range(with("wrong", get("a"))).await);
        assert_eq!(wrong.expect_err("nobody's token").code(), Code::Unauthenticated);
        // An empty transaction names no keys, so nobody in particular may ask for it.
        client.kv(async |mut kv| kv.txn(TxnRequest::default()).await).expect("it needs nothing");
        member.stop();
    });
}

#[test]
fn a_wrong_password_gives_no_token_and_a_changed_one_voids_those_given() {
    check(|| {
        let place = place();
        let member = Member::start(fast(place.path()));
        let mut client = member.client();
        let refused = log_in(&mut client, "u", "u").expect_err("it is off");
        assert_eq!(refused.message(), "etcdserver: authentication is not enabled");
        enable(&mut client);
        for (name, password) in [("u", "x"), ("x", "u"), ("", "")] {
            let refused = log_in(&mut client, name, password).expect_err("it is wrong");
            let told = "etcdserver: authentication failed, invalid user ID or password";
            assert_eq!(refused.message(), told, "{name}");
        }
        let root = log_in(&mut client, "root", "root").expect("it is right");
        let token = log_in(&mut client, "u", "u").expect("it is right");
        let change = AuthUserChangePasswordRequest {
            name: "u".to_owned(),
            password: "new".to_owned(),
            ..Default::default()
        };
        ask!(client, user_change_password, with(&root, change)).expect("root may");
        let refused = client.kv(async |mut kv| kv.range(with(&token, get("a"))).await);
        assert_eq!(refused.expect_err("it is void").code(), Code::Unauthenticated);
        log_in(&mut client, "u", "new").expect("it is right");
        ask!(client, auth_disable, with(&root, AuthDisableRequest {})).expect("root may");
        client.kv(async |mut kv| kv.put(put("z")).await).expect("nobody is asked any more");
        member.stop();
    });
}

#[test]
fn users_outlast_a_restart_and_tokens_do_not() {
    check(|| {
        let place = place();
        let member = Member::start(fast(place.path()));
        let mut client = member.client();
        enable(&mut client);
        let token = log_in(&mut client, "root", "root").expect("it is right");
        drop(client);
        member.stop();
        let member = Member::start(fast(place.path()));
        let mut client = member.client();
        let refused = client.kv(async |mut kv| kv.put(put("a")).await).expect_err("it is still on");
        assert_eq!(refused.message(), "etcdserver: user name is empty");
        let refused = client.kv(async |mut kv| kv.put(with(&token, put("a"))).await);
        assert_eq!(refused.expect_err("it is forgotten").code(), Code::Unauthenticated);
        let token = log_in(&mut client, "root", "root").expect("it is right");
        client.kv(async |mut kv| kv.put(with(&token, put("a"))).await).expect("root may");
        member.stop();
    });
}

#[test]
fn watchers_and_leases_are_checked_as_well() {
    check(|| {
        let place = place();
        let member = Member::start(fast(place.path()));
        let mut client = member.client();
        enable(&mut client);
        let token = log_in(&mut client, "u", "u").expect("it is right");
        for (key, is_granted) in [("a", true), ("x", false)] {
            let create = WatchCreateRequest { key: key.into(), ..Default::default() };
            let request_union = Some(RequestUnion::CreateRequest(create));
            let one = tokio_stream::iter([WatchRequest { request_union }]);
            let opened = client.watch(async |mut watch| watch.watch(with(&token, one)).await);
            let mut answers = opened.expect("a stream opens whoever asks");
            let answer = client.wait(answers.next()).expect("it is told").expect("it lasts");
            assert!(answer.created, "it is told that it was heard");
            assert_eq!(answer.canceled, !is_granted, "{key}: {}", answer.cancel_reason);
        }
        let grant = LeaseGrantRequest { id: 7, ttl: 100 };
        let refused = client.lease(async |mut lease| lease.lease_grant(grant).await);
        assert_eq!(refused.expect_err("nobody asks").message(), "etcdserver: user name is empty");
        let granted = client.lease(async |mut lease| lease.lease_grant(with(&token, grant)).await);
        granted.expect("a user may");
        // A key that u may not write hangs on the lease, so u may not keep it alive.
        let root = log_in(&mut client, "root", "root").expect("it is right");
        let own = PutRequest { lease: 7, ..put("x") };
        client.kv(async |mut kv| kv.put(with(&root, own)).await).expect("root may");
        let renew = || tokio_stream::iter([LeaseKeepAliveRequest { id: 7 }]);
        for (token, may) in [(&token, false), (&root, true)] {
            let opened =
                client.lease(async |mut lease| lease.lease_keep_alive(with(token, renew())).await);
            let mut answers = opened.expect("a stream opens whoever asks");
            let answer = client.wait(answers.next()).expect("it is told");
            assert_eq!(answer.is_ok(), may);
        }
        member.stop();
    });
}
