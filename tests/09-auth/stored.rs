//! Rows: to the byte as etcd writes them, and whatever else may stand there.

use crate::setup::{Member, Stored, add_user, load};
use api::permission::Type::{Read, Readwrite, Write};
use api::{
    AuthRoleDeleteRequest, AuthUserAddRequest, AuthUserChangePasswordRequest, Keys, RangeRequest,
    UserAddOptions,
};
use auth::{AUTH, Auth, AuthRevision, Error, LONGEST, ROLES, Request, USERS};
use bytes::Bytes;
use harness::{Draws, check};

fn value(member: &Member, bucket: &'static str, key: &'static str) -> Option<Vec<u8>> {
    member.stored.get(&(bucket, key.into())).map(|value| value.to_vec())
}

/// What a user without a password looks like.
fn without_password(name: &str) -> Request {
    let options = Some(UserAddOptions { no_password: true });
    let name = name.to_owned();
    Request::UserAdd(AuthUserAddRequest { name, options, ..AuthUserAddRequest::default() })
}

#[test]
fn are_etcds_to_the_byte() {
    check(|| {
        let mut member = Member::new();
        let revision = |member: &Member| value(member, AUTH, "authRevision");
        assert_eq!(revision(&member), Some(vec![0, 0, 0, 0, 0, 0, 0, 1]));
        assert_eq!(value(&member, AUTH, "authEnabled"), None);
        member.ok(without_password("np"));
        assert_eq!(
            value(&member, USERS, "np").as_deref(),
            Some(&b"\x0a\x02np\x22\x02\x08\x01"[..])
        );
        member.add_user("root", "pw");
        let row = value(&member, USERS, "root").expect("it is there");
        assert_eq!(&row[..8], b"\x0a\x04root\x12\x3c");
        assert_eq!(&row[8..15], b"$2a$04$");
        assert_eq!(&row[68..], b"\x22\x00", "options, even though they say nothing");
        member.add_role("r");
        assert_eq!(value(&member, ROLES, "r").as_deref(), Some(&b"\x0a\x01r"[..]));
        member.grant("r", Read, "k", "");
        member.grant("r", Readwrite, "a", "\0");
        let row = b"\x0a\x01r\x12\x08\x08\x02\x12\x01a\x1a\x01\0\x12\x03\x12\x01k";
        assert_eq!(value(&member, ROLES, "r").as_deref(), Some(&row[..]));
        member.grant_role("root", "root");
        member.grant_role("root", "r");
        let row = value(&member, USERS, "root").expect("it is there");
        assert_eq!(&row[68..], b"\x1a\x01r\x1a\x04root\x22\x00", "roles in order");
        assert_eq!(revision(&member), Some(vec![0, 0, 0, 0, 0, 0, 0, 8]));
        member.ok(Request::Enable);
        assert_eq!(value(&member, AUTH, "authEnabled"), Some(vec![1]));
        assert_eq!(revision(&member), Some(vec![0, 0, 0, 0, 0, 0, 0, 8]), "it does not count");
        member.ok(Request::Disable);
        assert_eq!(value(&member, AUTH, "authEnabled"), Some(vec![0]));
        assert_eq!(revision(&member), Some(vec![0, 0, 0, 0, 0, 0, 0, 9]));
        member.delete_user("np");
        assert_eq!(value(&member, USERS, "np"), None);
        member.ok(Request::RoleDelete(AuthRoleDeleteRequest { role: "r".to_owned() }));
        assert_eq!(value(&member, ROLES, "r"), None);
        let row = value(&member, USERS, "root").expect("it is there");
        assert_eq!(&row[68..], b"\x1a\x04root\x22\x00", "a role less");
        let name = "root".to_owned();
        let changed = AuthUserChangePasswordRequest { name, ..Default::default() };
        member.ok(Request::UserChangePassword(changed));
        let row = value(&member, USERS, "root").expect("it is there");
        assert_eq!(row, b"\x0a\x04root\x1a\x04root\x22\x00", "no password is right any more");
    });
}

#[test]
fn have_permissions_in_the_order_of_their_keys() {
    check(|| {
        let mut member = Member::new();
        member.add_role("r");
        for (kind, key, end) in
            [(Read, "m", ""), (Read, "a", "b"), (Read, "a", "c"), (Read, "z", ""), (Read, "a", "")]
        {
            member.grant("r", kind, key, end);
        }
        member.grant("r", Write, "a", "c");
        member.grant("r", Write, "m", "");
        let row = value(&member, ROLES, "r").expect("it is there");
        let role: api::Role = prost::Message::decode(&row[..]).expect("it is a role");
        let list: Vec<(i32, &[u8], &[u8])> = role
            .key_permission
            .iter()
            .map(|p| (p.perm_type, &p.key[..], &p.range_end[..]))
            .collect();
        let expected: [(i32, &[u8], &[u8]); 5] =
            [(0, b"a", b"b"), (1, b"a", b"c"), (0, b"a", b""), (1, b"m", b""), (0, b"z", b"")];
        assert_eq!(list, expected, "the later word counts, in the place of the earlier");
        assert_eq!(member.auth, member.reloaded());
    });
}

#[test]
fn of_old_versions_are_read() {
    check(|| {
        let row = |key: &'static [u8], value: &'static [u8]| {
            (Bytes::from_static(key), Bytes::from_static(value))
        };
        let (u, user) = row(b"u", b"\x0a\x01u\x1a\x01r\x1a\x01b\x1a\x01r");
        let (r, role) =
            row(b"r", b"\x0a\x01r\x12\x03\x12\x01k\x12\x03\x1a\x01\0\x12\x06\x12\x01z\x1a\x01a");
        let mut stored = Stored::from([((USERS, u), user), ((ROLES, r), role)]);
        stored.insert((AUTH, "authEnabled".into()), vec![1].into());
        stored.insert((AUTH, "authRevision".into()), vec![0; 8].into());
        stored.insert((AUTH, "something else".into()), "x".into());
        stored.insert(("key", "authEnabled".into()), vec![0].into());
        let auth = load(&stored).expect("it can be");
        assert!(auth.is_enabled());
        let name = "u".to_owned();
        let asked = Request::UserGet(api::AuthUserGetRequest { name });
        let answer = auth.apply(1, &auth::Asker::Cluster, &asked).answer;
        let roles = vec!["b".to_owned(), "r".to_owned()];
        let expected = api::AuthUserGetResponse { header: None, roles };
        assert_eq!(answer, Ok(auth::Response::UserGet(expected)), "in order, and each once");
        assert_eq!(auth.revision(), AuthRevision::FIRST, "there is no count before the first");
        let asker = auth::Asker::User { name: "u".into(), revision: auth.revision() };
        let reads = |key: &'static str, end: &'static str| {
            let (key, range_end) = (key.into(), end.into());
            auth.check_range(&asker, &RangeRequest { key, range_end, ..Default::default() }).is_ok()
        };
        assert!(reads("k", ""), "options, order and doubles do not matter");
        assert!(!reads("b", "") && !reads("z", "") && !reads("a", "\0"), "these had no keys");
        assert_eq!(load(&Stored::new()), Ok(Auth::new()), "nothing at all is a new store");
    });
}

#[test]
fn that_nobody_can_have_written_are_named() {
    check(|| {
        let broken: [(&'static str, &[u8], &[u8]); 11] = [
            (AUTH, b"authRevision", b""),
            (AUTH, b"authRevision", b"\0\0\0\0\0\0\0\0\x01"),
            (AUTH, b"authRevision", &[0xff; 8]),
            (USERS, b"u", b"\xff"),
            (USERS, b"u", b"\x0a\x01v"),
            (USERS, b"u", b""),
            (USERS, b"u", b"\x0a\x01u\x1a\x01\xff"),
            (USERS, b"\xff", b"\x0a\x01\xff"),
            (ROLES, b"r", b"\xff"),
            (ROLES, b"r", b"\x0a\x01s"),
            (ROLES, b"\xff", b"\x0a\x01\xff"),
        ];
        for (bucket, key, value) in broken {
            let (key, value) = (Bytes::copy_from_slice(key), Bytes::copy_from_slice(value));
            let stored = Stored::from([((bucket, key.clone()), value)]);
            let error = load(&stored).expect_err("nobody can have written it");
            let written = key.escape_ascii().to_string();
            let Error::Foreign { bucket: found, key, .. } = &error else { panic!("{error}") };
            assert_eq!((*found, key), (bucket, &written), "{error}");
        }
    });
}

#[test]
fn with_any_bytes_are_an_answer_or_an_error() {
    check(|| {
        let mut member = Member::enabled();
        member.user_with("u", &[(Read, "k", "l"), (Write, "a", "\0")]);
        let rows: Vec<_> = member.stored.iter().collect();
        let mut draws = Draws::new(3);
        let added = add_user("new", "x");
        for _ in 0..3_000 {
            let mut stored = member.stored.clone();
            let ((bucket, key), value) = rows[draws.index(rows.len())];
            let mut value = value.to_vec();
            if draws.chance(30) {
                value.truncate(draws.index(value.len() + 1));
            }
            if !value.is_empty() {
                let at = draws.index(value.len());
                value[at] = u8::try_from(draws.below(256)).expect("it is a byte");
            }
            stored.insert((bucket, key.clone()), value.into());
            if let Ok(auth) = load(&stored) {
                let asker = auth::Asker::User { name: "u".into(), revision: auth.revision() };
                let _ = auth.check_range(&asker, &RangeRequest::default());
                let _ = auth.apply(1, &asker, &added);
            }
        }
    });
}

#[test]
fn have_names_that_the_store_can_hold() {
    check(|| {
        let mut member = Member::enabled();
        let refused = Err(api::Error::InvalidAuthMgmt);
        for (length, fits) in [(1, true), (1_000, true), (LONGEST, true), (LONGEST + 1, false)] {
            let name = "n".repeat(length);
            let added = member.ask(add_user(&name, "x"));
            let role = Request::RoleAdd(api::AuthRoleAddRequest { name: name.clone() });
            let role = member.ask(role);
            if fits {
                assert!(added.is_ok() && role.is_ok(), "{length}");
            } else {
                assert_eq!((added, role), (refused.clone(), refused.clone()), "{length}");
            }
        }
        for name in ["a\0b", "\0", "é", "\n", "../../x"] {
            member.add_user(name, "x");
            member.add_role(name);
            member.grant_role(name, name);
        }
        let long = "k".repeat(100_000);
        member.grant("é", Read, &long, "");
        let keys = Keys::One(Bytes::from(long));
        assert!(auth::Ranges::of([keys.clone()]).covers(&keys));
        assert_eq!(member.auth, member.reloaded());
        assert!(member.stored.keys().all(|(_, key)| (1..=LONGEST).contains(&key.len())));
    });
}
