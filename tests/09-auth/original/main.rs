//! Users, roles and tokens beside the original: the same requests have the same answers and leave
//! the same rows; each takes the other's passwords and tokens.
//!
//! `cargo workbook verify` runs these tests where the original is built, and says to them where its
//! programs are. Whoever runs all tests of this crate sees them ignored: they need Go, and no
//! exercise.

#[allow(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../05-bolt/original/programs.rs"]
mod programs;
mod server;
#[allow(dead_code, reason = "the graded tests use more of it")]
#[path = "../setup.rs"]
mod setup;

use api::permission::Type;
use api::{
    AuthRoleAddRequest, AuthRoleDeleteRequest, AuthRoleGetRequest, AuthRoleGrantPermissionRequest,
    AuthRoleRevokePermissionRequest, AuthUserAddRequest, AuthUserChangePasswordRequest,
    AuthUserDeleteRequest, AuthUserGetRequest, AuthUserGrantRoleRequest, AuthUserRevokeRoleRequest,
    DeleteRangeRequest, Error, Permission, RangeRequest, UserAddOptions,
};
use auth::password::{hide_added, hide_changed, matches};
use auth::{AUTH, Asker, Auth, AuthRevision, Jwt, Method, ROLES, Request, Response, USERS};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bolt::backend::{self, Committer, Writer};
use bolt::{Folder, Options};
use bytes::Bytes;
use harness::Draws;
use programs::{folder, name};
use serde_json::{Value, json};
use server::Server;
use setup::{Member, Stored, cheap, load};
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Far from now, so that no token ends during a test.
const NOW: Duration = Duration::from_secs(4_000_000_000);
const SECRET: &[u8] = b"a secret of both";

const NAMES: [&str; 4] = ["", "root", "u", "v"];
const ROLE_NAMES: [&str; 4] = ["", "root", "r", "s"];
/// Keys with their ends. No two begin alike: there the original may keep what was replaced.
const GRANTS: [(&str, &str); 6] =
    [("a", ""), ("a\0", "b"), ("b", "d"), ("c", "c"), ("d", "\0"), ("", "x")];

fn letters(text: &[u8]) -> String {
    STANDARD.encode(text)
}

/// A request to the service for users and roles: for the gateway, and for ours.
type Both = (&'static str, Value, Request);

fn drawn(draws: &mut Draws) -> Both {
    let user = NAMES[draws.index(NAMES.len())].to_owned();
    let role = ROLE_NAMES[draws.index(ROLE_NAMES.len())].to_owned();
    if draws.chance(50) { of_users(draws, user, role) } else { of_roles(draws, role) }
}

fn of_users(draws: &mut Draws, user: String, role: String) -> Both {
    match draws.below(49) {
        0..2 => ("auth/enable", json!({}), Request::Enable),
        2..4 => ("auth/disable", json!({}), Request::Disable),
        4..14 => {
            let no_password = draws.chance(20);
            let options = Some(UserAddOptions { no_password });
            let (name, password) = (user.clone(), format!("password of {user}"));
            let mut added = AuthUserAddRequest { name, password, options, ..Default::default() };
            let options = json!({"no_password": no_password});
            let json = json!({"name": user, "password": added.password, "options": options});
            hide_added(&mut added, cheap(), [1; 16]).expect("it is short");
            ("auth/user/add", json, Request::UserAdd(added))
        }
        14..17 => {
            let request = AuthUserDeleteRequest { name: user.clone() };
            ("auth/user/delete", json!({"name": user}), Request::UserDelete(request))
        }
        17..20 => {
            let (name, password) = (user.clone(), format!("password of {user}"));
            let mut changed =
                AuthUserChangePasswordRequest { name, password, ..Default::default() };
            let json = json!({"name": user, "password": changed.password});
            hide_changed(&mut changed, cheap(), [2; 16]).expect("it is short");
            ("auth/user/changepw", json, Request::UserChangePassword(changed))
        }
        20..25 => {
            let request = AuthUserGetRequest { name: user.clone() };
            ("auth/user/get", json!({"name": user}), Request::UserGet(request))
        }
        25..27 => ("auth/user/list", json!({}), Request::UserList),
        27..29 => ("auth/role/list", json!({}), Request::RoleList),
        29..43 => {
            let json = json!({"user": user, "role": role});
            (
                "auth/user/grant",
                json,
                Request::UserGrantRole(AuthUserGrantRoleRequest { user, role }),
            )
        }
        _ => {
            let json = json!({"name": user, "role": role});
            let request = AuthUserRevokeRoleRequest { name: user, role };
            ("auth/user/revoke", json, Request::UserRevokeRole(request))
        }
    }
}

fn of_roles(draws: &mut Draws, role: String) -> Both {
    let (key, end) = GRANTS[draws.index(GRANTS.len())];
    let (key, range_end) = (Bytes::from_static(key.as_bytes()), Bytes::from_static(end.as_bytes()));
    let keys = [letters(&key), letters(&range_end)];
    match draws.below(51) + 49 {
        49..59 => {
            let request = AuthRoleAddRequest { name: role.clone() };
            ("auth/role/add", json!({"name": role}), Request::RoleAdd(request))
        }
        59..62 => {
            let request = AuthRoleDeleteRequest { role: role.clone() };
            ("auth/role/delete", json!({"role": role}), Request::RoleDelete(request))
        }
        62..68 => {
            let request = AuthRoleGetRequest { role: role.clone() };
            ("auth/role/get", json!({"role": role}), Request::RoleGet(request))
        }
        68..92 => {
            let perm_type = [0, 1, 2, 7][draws.index(4)];
            let perm = json!({"permType": perm_type, "key": keys[0], "range_end": keys[1]});
            let json = json!({"name": role, "perm": perm});
            let perm = Some(Permission { perm_type, key, range_end });
            let request = AuthRoleGrantPermissionRequest { name: role, perm };
            ("auth/role/grant", json, Request::RoleGrantPermission(request))
        }
        _ => {
            let json = json!({"role": role, "key": keys[0], "range_end": keys[1]});
            let request = AuthRoleRevokePermissionRequest { role, key, range_end };
            ("auth/role/revoke", json, Request::RoleRevokePermission(request))
        }
    }
}

/// Our answer, as the gateway writes it.
fn written(answer: Result<Response, Error>) -> Value {
    match answer {
        Err(error) => json!({"code": error.sent().number(), "message": error.text()}),
        Ok(Response::UserGet(response)) if response.roles.is_empty() => json!({}),
        Ok(Response::UserGet(response)) => json!({"roles": response.roles}),
        Ok(Response::UserList(response)) if response.users.is_empty() => json!({}),
        Ok(Response::UserList(response)) => json!({"users": response.users}),
        Ok(Response::RoleList(response)) if response.roles.is_empty() => json!({}),
        Ok(Response::RoleList(response)) => json!({"roles": response.roles}),
        Ok(Response::RoleGet(response)) if response.perm.is_empty() => json!({}),
        Ok(Response::RoleGet(response)) => {
            json!({"perm": response.perm.iter().map(permission).collect::<Vec<Value>>()})
        }
        Ok(_) => json!({}),
    }
}

fn permission(permission: &Permission) -> Value {
    let mut fields = serde_json::Map::new();
    match permission.perm_type {
        0 => None,
        1 => fields.insert("permType".to_owned(), json!("WRITE")),
        2 => fields.insert("permType".to_owned(), json!("READWRITE")),
        other => fields.insert("permType".to_owned(), json!(other)),
    };
    for (name, bytes) in [("key", &permission.key), ("range_end", &permission.range_end)] {
        if !bytes.is_empty() {
            fields.insert(name.to_owned(), json!(letters(bytes)));
        }
    }
    Value::Object(fields)
}

/// Who asks, and their token of this moment.
fn somebody(member: &Member, jwt: &Jwt, name: &str) -> (Asker, Option<String>) {
    if name.is_empty() {
        return (Asker::Nobody, None);
    }
    let token = jwt.sign(name, member.auth.revision(), NOW).expect("it can sign");
    let asker = member.auth.is_enabled().then(|| jwt.asker(&token, NOW).expect("it is ours"));
    (asker.unwrap_or(Asker::Nobody), Some(token))
}

/// May these keys be read, and deleted? Nothing is ever there.
fn compare_keys(server: &Server, member: &Member, jwt: &Jwt, draws: &mut Draws) {
    const ENDS: [&str; 8] = ["\0", "a", "a\0", "b", "c", "d", "e", ""];
    let name = NAMES[draws.index(NAMES.len())];
    let (key, end) = (ENDS[draws.index(7)], ENDS[draws.index(8)]);
    if !matches!(end, "" | "\0") && end <= key {
        // What the original answers about no keys depends on its tree.
        return;
    }
    let (asker, token) = somebody(member, jwt, name);
    let json = json!({"key": letters(key.as_bytes()), "range_end": letters(end.as_bytes())});
    let (key, range_end) = (Bytes::from_static(key.as_bytes()), Bytes::from_static(end.as_bytes()));
    let range =
        RangeRequest { key: key.clone(), range_end: range_end.clone(), ..Default::default() };
    let delete = DeleteRangeRequest { key, range_end, prev_kv: false };
    let ours = [
        ("kv/range", member.auth.check_range(&asker, &range)),
        ("kv/deleterange", member.auth.check_delete_range(&asker, &delete)),
    ];
    for (path, ours) in ours {
        let theirs = server.ask(path, token.as_deref(), &json);
        let ours = ours.map_or_else(|error| written(Err(error)), |()| json!({}));
        assert_eq!(theirs, ours, "{name}: {path} {json}");
    }
}

fn open(data: &Path) -> (Writer<File>, Committer<Folder>) {
    let options = Options { growth: 0, ..Options::default() };
    backend::open(Folder::new(data.join("member/snap")), "db", options).expect("it is sound")
}

/// The rows of users and roles in a member's store.
fn rows(data: &Path) -> Stored {
    let (writer, _committer) = open(data);
    let view = writer.reader().view();
    let mut stored = Stored::new();
    for bucket in [AUTH, USERS, ROLES] {
        for row in view.range(bucket.as_bytes(), ..).expect("it is sound") {
            let (key, value) = row.expect("it is sound");
            stored.insert((bucket, Bytes::copy_from_slice(&key)), Bytes::copy_from_slice(&value));
        }
    }
    stored
}

/// A row without the hash of a password, and the hash.
fn split(bucket: &str, value: &Bytes) -> (Bytes, Bytes) {
    if bucket != USERS {
        return (value.clone(), Bytes::new());
    }
    let mut user: api::User = prost::Message::decode(&value[..]).expect("it is a user");
    let password = std::mem::take(&mut user.password);
    (prost::Message::encode_to_vec(&user).into(), password)
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn answers_and_rows_are_the_same() {
    let folder = folder();
    let data = folder.path().join("data");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, SECRET).expect("there is room on the disk");
    let tokens = format!("jwt,priv-key={},sign-method=HS256", name(&secret));
    let server = Server::start(&data, &tokens);
    let jwt = Jwt::new(Method::HS256, Some(SECRET), None, Duration::from_secs(300));
    let jwt = jwt.expect("it is a secret");
    let mut member = Member::new();
    let mut draws = Draws::new(1);
    let (mut enabled, mut refused) = (0, 0);
    for _ in 0..1_500 {
        let (path, json, request) = drawn(&mut draws);
        let who = if draws.chance(90) { "root" } else { NAMES[draws.index(NAMES.len())] };
        let (asker, token) = somebody(&member, &jwt, who);
        let theirs = server.ask(path, token.as_deref(), &json);
        let ours = written(member.apply(&asker, &request).answer);
        assert_eq!(ours, theirs, "{who}: {path} {json}");
        enabled += usize::from(member.auth.is_enabled());
        refused += usize::from(ours.get("message").is_some());
        let status = server.ask("auth/status", None, &json!({}));
        let revision = member.auth.revision().to_string();
        assert_eq!(status["authRevision"], json!(revision), "after {path} {json}");
        compare_keys(&server, &member, &jwt, &mut draws);
    }
    assert!(enabled > 300 && refused > 300, "{enabled} {refused}");
    server.stop();

    let theirs = rows(&data);
    let names = |stored: &Stored| stored.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&theirs), names(&member.stored), "the same rows");
    for ((bucket, key), value) in &theirs {
        let (theirs, their_hash) = split(bucket, value);
        let (ours, our_hash) = split(bucket, &member.stored[&(*bucket, key.clone())]);
        assert_eq!(theirs, ours, "{bucket} {key:?}");
        assert_eq!(their_hash.is_empty(), our_hash.is_empty(), "{bucket} {key:?}");
        let password = format!("password of {}", String::from_utf8_lossy(key));
        for hash in [their_hash, our_hash].iter().filter(|hash| !hash.is_empty()) {
            assert!(matches(password.as_bytes(), hash), "{key:?}");
        }
    }
    let read = load(&theirs).expect("it is sound");
    assert_eq!(
        (read.revision(), read.is_enabled()),
        (member.auth.revision(), member.auth.is_enabled())
    );
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn the_original_may_keep_what_was_replaced_and_ours_does_not() {
    let folder = folder();
    let server = Server::start(&folder.path().join("data"), "simple");
    let mut member = Member::new();
    member.add_role("r");
    server.ask("auth/role/add", None, &json!({"name": "r"}));
    let mut grant = |kind: Type, end: &str| {
        member.grant("r", kind, "a", end);
        let range_end = letters(end.as_bytes());
        let perm = json!({"permType": kind as i32, "key": letters(b"a"), "range_end": range_end});
        server.ask("auth/role/grant", None, &json!({"name": "r", "perm": perm}));
        let request = AuthRoleGetRequest { role: "r".to_owned() };
        let ours = written(Ok(member.ok(Request::RoleGet(request))));
        let theirs = server.ask("auth/role/get", None, &json!({"role": "r"}));
        let count = |answer: &Value| answer["perm"].as_array().map_or(0, Vec::len);
        (count(&ours), count(&theirs), ours == theirs)
    };
    assert_eq!(grant(Type::Read, "b"), (1, 1, true));
    assert_eq!(grant(Type::Readwrite, "c"), (2, 2, true));
    assert_eq!(grant(Type::Write, "b"), (2, 2, true), "the first with this key is replaced");
    // Here, what may be written may still be read in the original: it looks at the first alone.
    assert_eq!(grant(Type::Write, "c"), (2, 3, false));
    server.stop();
}

/// Users whose passwords are odd.
const PASSWORDS: [(&str, &str); 6] = [
    ("root", "root"),
    ("empty", ""),
    ("nul", "a\0b"),
    ("longest", "seventy-two bytes, and not one more: 0123456789012345678901234567890123"),
    ("e\u{301}\n", "\u{1f511}"),
    ("with spaces", " "),
];

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn the_original_goes_on_with_our_rows_and_passwords() {
    let folder = folder();
    let data = folder.path().join("data");
    Server::start(&data, "simple").stop();
    let mut member = Member::new();
    for (name, password) in PASSWORDS {
        member.add_user(name, password);
    }
    member.grant_role("root", "root");
    member.add_role("r");
    member.grant("r", Type::Read, "k", "l");
    member.grant_role("nul", "r");
    member.ok(Request::Enable);
    let (mut writer, mut committer) = open(&data);
    for ((bucket, key), value) in &member.stored {
        writer.put(bucket.as_bytes(), key.clone(), value.clone()).expect("it can be");
    }
    writer.publish();
    let frozen = writer.freeze().expect("there are rows");
    let committed = committer.commit(frozen).expect("the disk works");
    committer.retire(committed);
    drop((writer, committer));

    let server = Server::start(&data, "simple");
    let log_in = |name: &str, password: &str| {
        server.ask("auth/authenticate", None, &json!({"name": name, "password": password}))
    };
    let failed = written(Err(Error::AuthFailed));
    for (name, password) in PASSWORDS {
        assert!(log_in(name, password).get("token").is_some(), "{name:?}");
        assert_eq!(log_in(name, &format!("{password}x").replace("23x", "2x")), failed, "{name:?}");
    }
    assert_eq!(log_in("nul", "a"), failed);
    let token = log_in("nul", "a\0b")["token"].as_str().map(str::to_owned);
    let range = |key: &str, end: &str| {
        let json = json!({"key": letters(key.as_bytes()), "range_end": letters(end.as_bytes())});
        server.ask("kv/range", token.as_deref(), &json)
    };
    assert_eq!(range("k", "l"), json!({}));
    assert_eq!(range("k", "m"), written(Err(Error::PermissionDenied)));
    let status = server.ask("auth/status", None, &json!({}));
    let revision = member.auth.revision().to_string();
    assert_eq!(status, json!({"enabled": true, "authRevision": revision}));
    server.stop();
    assert_eq!(load(&rows(&data)), Ok::<Auth, auth::Error>(member.auth));
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn each_takes_the_tokens_that_the_other_has_signed() {
    let keys = |name: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/09-auth/keys").join(name)
    };
    let ways = [
        (Method::RS256, "rsa.pem", "rsa.pub"),
        (Method::PS384, "rsa1.pem", "rsa1.pub"),
        (Method::ES256, "ec256p8.pem", "ec256.pub"),
        (Method::ES384, "ec384.pem", "ec384.pub"),
        (Method::EdDSA, "ed.pem", "ed.pub"),
        (Method::HS512, "rsa.crt", ""),
    ];
    for (method, private, public) in ways {
        let folder = folder();
        let data = folder.path().join("data");
        let private = keys(private);
        let mut options = format!("jwt,sign-method={method},priv-key={}", name(&private));
        if !public.is_empty() {
            options += &format!(",pub-key={}", name(&keys(public)));
        }
        let server = Server::start(&data, &options);
        let done = |path: &str, json: Value| assert_eq!(server.ask(path, None, &json), json!({}));
        done("auth/user/add", json!({"name": "root", "password": "root"}));
        done("auth/user/grant", json!({"user": "root", "role": "root"}));
        done("auth/enable", json!({}));
        let Ok(auth::Options::Jwt(parsed)) = auth::Options::parse(&options) else {
            panic!("the original takes them")
        };
        let jwt = parsed.load(|file| std::fs::read(file)).expect("the original takes them");
        let answer =
            server.ask("auth/authenticate", None, &json!({"name": "root", "password": "root"}));
        let theirs = answer["token"].as_str().expect("the password is right");
        let root = Asker::User { name: "root".into(), revision: AuthRevision(3) };
        assert_eq!(jwt.asker(theirs, Duration::ZERO), Some(root), "{method}");
        let ours = jwt.sign("root", AuthRevision(3), NOW).expect("it can sign");
        let head = |token: &str| token.split('.').next().map(str::to_owned);
        assert_eq!(head(&ours), head(theirs), "{method}");
        let list = server.ask("auth/user/list", Some(&ours), &json!({}));
        assert_eq!(list, json!({"users": ["root"]}), "{method}");
        let range = server.ask("kv/range", Some(&ours), &json!({"key": letters(b"k")}));
        assert_eq!(range, json!({}), "{method}");
        server.stop();
    }
}
