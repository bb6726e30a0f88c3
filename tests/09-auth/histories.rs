//! Long random histories of users and roles against the naive ones: every answer, every permission,
//! every token, and after each entry a start. A history that fails is made shorter before it is
//! shown.

use crate::naive::{Naive, is_in, world};
use crate::setup::Member;
use crate::shrink::{fails, shrink};
use api::{
    AuthRoleAddRequest, AuthRoleDeleteRequest, AuthRoleGetRequest, AuthRoleGrantPermissionRequest,
    AuthRoleRevokePermissionRequest, AuthUserAddRequest, AuthUserChangePasswordRequest,
    AuthUserDeleteRequest, AuthUserGetRequest, AuthUserGrantRoleRequest, AuthUserRevokeRoleRequest,
    DeleteRangeRequest, Permission, RangeRequest, UserAddOptions,
};
use auth::{Access, Asker, Letters, LogIn, Request, Response, TokenChange};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use harness::{Draws, check};
use std::time::Duration;

const USERS: [&str; 5] = ["", "root", "u", "v", "w"];
const ROLES: [&str; 5] = ["", "root", "r", "s", "t"];
const ENDS: [&[u8]; 9] = [b"", b"\0", b"a", b"a\0", b"aa", b"ab", b"b", b"ba", b"bb"];

/// What happens. Everything is drawn from `seed`.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// Authentication is on, and there are two users, each with a role of its own.
    Begin,
    Request {
        seed: u64,
        as_root: bool,
    },
    LogIn {
        seed: u64,
    },
    Show {
        seed: u64,
    },
    Wait {
        seconds: u64,
    },
}

fn history(seed: u64) -> Vec<Event> {
    let mut draws = Draws::new(seed);
    let begin = draws.chance(80).then_some(Event::Begin);
    let events = (0..150).map(|_| match draws.below(100) {
        0..60 => Event::Request { seed: draws.next(), as_root: draws.chance(85) },
        60..75 => Event::LogIn { seed: draws.next() },
        75..94 => Event::Show { seed: draws.next() },
        _ => Event::Wait { seconds: draws.below(200) },
    });
    begin.into_iter().chain(events).collect()
}

/// What [`Event::Begin`] asks for.
fn beginning() -> Vec<Request> {
    let user = |name: &str| {
        let name = name.to_owned();
        Request::UserAdd(AuthUserAddRequest { name, ..Default::default() })
    };
    let role = |name: &str| Request::RoleAdd(AuthRoleAddRequest { name: name.to_owned() });
    let granted = |user: &str, role: &str| {
        let (user, role) = (user.to_owned(), role.to_owned());
        Request::UserGrantRole(AuthUserGrantRoleRequest { user, role })
    };
    vec![
        user("root"),
        user("u"),
        user("v"),
        role("r"),
        role("s"),
        granted("root", "root"),
        granted("u", "r"),
        granted("v", "s"),
        Request::Enable,
    ]
}

fn one(draws: &mut Draws, list: &[&str]) -> String {
    list[draws.index(list.len())].to_owned()
}

fn end(draws: &mut Draws) -> Bytes {
    Bytes::from_static(ENDS[draws.index(ENDS.len())])
}

fn request(draws: &mut Draws) -> Request {
    let (user, role) = (one(draws, &USERS), one(draws, &ROLES));
    let hashed_password = STANDARD.encode(draws.next().to_string());
    match draws.below(100) {
        0..3 => Request::Enable,
        3..5 => Request::Disable,
        5..7 => Request::Status,
        7..17 => Request::UserAdd(AuthUserAddRequest {
            name: user,
            hashed_password,
            options: draws.chance(30).then(|| UserAddOptions { no_password: draws.chance(50) }),
            ..Default::default()
        }),
        17..21 => Request::UserDelete(AuthUserDeleteRequest { name: user }),
        21..25 => Request::UserChangePassword(AuthUserChangePasswordRequest {
            name: user,
            hashed_password,
            ..Default::default()
        }),
        25..28 => Request::UserGet(AuthUserGetRequest { name: user }),
        28..29 => Request::UserList,
        29..45 => Request::UserGrantRole(AuthUserGrantRoleRequest { user, role }),
        45..50 => Request::UserRevokeRole(AuthUserRevokeRoleRequest { name: user, role }),
        50..60 => Request::RoleAdd(AuthRoleAddRequest { name: role }),
        60..63 => Request::RoleDelete(AuthRoleDeleteRequest { role }),
        63..66 => Request::RoleGet(AuthRoleGetRequest { role }),
        66..67 => Request::RoleList,
        67..92 => {
            let perm_type = i32::try_from(draws.below(3)).expect("few");
            let (key, range_end) = (end(draws), end(draws));
            let perm = draws.chance(97).then_some(Permission { perm_type, key, range_end });
            Request::RoleGrantPermission(AuthRoleGrantPermissionRequest { name: role, perm })
        }
        _ => {
            let (key, range_end) = (end(draws), end(draws));
            Request::RoleRevokePermission(AuthRoleRevokePermissionRequest { role, key, range_end })
        }
    }
}

/// What an answer tells, as the naive one does.
fn told(response: Response) -> Vec<String> {
    match response {
        Response::Status(response) => {
            vec![response.enabled.to_string(), response.auth_revision.to_string()]
        }
        Response::UserGet(response) => response.roles,
        Response::UserList(response) => response.users,
        Response::RoleList(response) => response.roles,
        Response::RoleGet(response) => {
            let told =
                |p: &Permission| format!("{} {:?} {:?}", p.perm_type, &p.key[..], &p.range_end[..]);
            response.perm.iter().map(told).collect()
        }
        Response::Enable(_)
        | Response::Disable(_)
        | Response::Authenticate(_)
        | Response::UserAdd(_)
        | Response::UserDelete(_)
        | Response::UserChangePassword(_)
        | Response::UserGrantRole(_)
        | Response::UserRevokeRole(_)
        | Response::RoleAdd(_)
        | Response::RoleDelete(_)
        | Response::RoleGrantPermission(_)
        | Response::RoleRevokePermission(_) => Vec::new(),
    }
}

fn asker(member: &Member, name: &str) -> Asker {
    if name.is_empty() { Asker::Nobody } else { member.user(name) }
}

/// Is everybody permitted the same?
fn compare(member: &Member, model: &Naive, draws: &mut Draws) {
    assert_eq!(member.auth.is_enabled(), model.enabled);
    assert_eq!(member.auth.revision().0, model.revision);
    for _ in 0..8 {
        let name = one(draws, &USERS);
        let (key, range_end) = (end(draws), end(draws));
        if key.is_empty() || !world().iter().any(|point| is_in(point, &key, &range_end)) {
            continue;
        }
        let asker = asker(member, &name);
        let read =
            RangeRequest { key: key.clone(), range_end: range_end.clone(), ..Default::default() };
        let found = member.auth.check_range(&asker, &read);
        let expected = model.may(&name, Access::Read, &key, &range_end);
        assert_eq!(found, expected, "{name} reads {key:?}..{range_end:?}");
        let expected = model.may(&name, Access::Write, &key, &range_end);
        let write = DeleteRangeRequest { key, range_end, prev_kv: false };
        assert_eq!(member.auth.check_delete_range(&asker, &write), expected, "{name}: {write:?}");
    }
}

/// A token as the naive one knows it: its text, whose it is, when it was shown last.
type Known = (String, String, Duration);

/// How tokens last, and what has been seen.
#[derive(Debug, Default)]
struct Seen {
    changes: u64,
    refusals: usize,
    shown: usize,
    ended: usize,
}

const LASTS: Duration = Duration::from_secs(300);

fn log_in(member: &mut Member, model: &Naive, known: &mut Vec<Known>, draws: &mut Draws) {
    let name = one(draws, &USERS);
    let letters = Some(Letters::of(u128::from(draws.next())));
    let log_in = Request::Authenticate(LogIn { name: name.clone(), letters });
    let answer = member.apply(&Asker::Nobody, &log_in).answer;
    let user = model.users.get(&name).filter(|user| user.has_password);
    match answer {
        Ok(Response::Authenticate(response)) => {
            assert!(model.enabled && user.is_some(), "{name}");
            known.push((response.token, name, member.now));
        }
        other => assert!(other.is_err() && (!model.enabled || user.is_none()), "{name}: {other:?}"),
    }
}

fn play(events: &[Event]) -> Seen {
    let mut member = Member::new();
    let mut model = Naive::new();
    let mut known: Vec<Known> = Vec::new();
    let mut draws = Draws::new(4);
    let mut seen = Seen::default();
    for event in events {
        match *event {
            Event::Begin => {
                for request in beginning() {
                    let told = member.apply(&Asker::Nobody, &request).answer.map(told);
                    assert_eq!(told, model.apply("", &request), "{request:?}");
                }
            }
            Event::Request { seed, as_root } => {
                let mut draws = Draws::new(seed);
                let request = request(&mut draws);
                let name = if as_root { "root".to_owned() } else { one(&mut draws, &USERS) };
                let asker = asker(&member, &name);
                let before = member.auth.clone();
                let outcome = member.apply(&asker, &request);
                let told = outcome.answer.map(told);
                let expected = model.apply(&name, &request);
                assert_eq!(told, expected, "{name}: {request:?}");
                seen.refusals += usize::from(told.is_err());
                assert_eq!(outcome.next.is_some(), !outcome.rows.is_empty(), "{request:?}");
                assert_eq!(outcome.next.is_some(), before != member.auth, "{request:?}");
                match outcome.tokens {
                    TokenChange::VoidAll => known.clear(),
                    TokenChange::VoidUser(user) => known.retain(|(_, name, _)| *name != user),
                    TokenChange::Nothing | TokenChange::Give { .. } => {}
                }
                let is_there = |name: &String| model.users.contains_key(name);
                assert!(known.iter().all(|(_, name, _)| model.enabled && is_there(name)));
            }
            Event::LogIn { seed } => {
                log_in(&mut member, &model, &mut known, &mut Draws::new(seed));
            }
            Event::Show { seed } if !known.is_empty() => {
                let at = Draws::new(seed).index(known.len());
                let (token, name, last) = &mut known[at];
                let is_valid = member.now < *last + LASTS;
                assert_eq!(member.holder(token), is_valid.then(|| name.clone()), "{token}");
                (seen.shown, seen.ended) =
                    (seen.shown + usize::from(is_valid), seen.ended + usize::from(!is_valid));
                if is_valid {
                    *last = member.now;
                } else {
                    known.remove(at);
                }
            }
            Event::Show { .. } => {}
            Event::Wait { seconds } => {
                member.now += Duration::from_secs(seconds);
                member.tokens.expire(member.now);
                let valid = known.iter().filter(|(_, _, last)| member.now < *last + LASTS);
                assert_eq!(member.tokens.len(), valid.count(), "none is kept that has ended");
            }
        }
        compare(&member, &model, &mut draws);
        assert_eq!(member.reloaded(), member.auth, "a start finds the same");
    }
    seen.changes = model.revision;
    seen
}

#[test]
fn are_those_of_the_naive_one() {
    check(|| {
        let mut all = Seen::default();
        for seed in 0..60 {
            let events = history(seed);
            if fails(|| play(&events)) {
                let short = shrink(events, |events| fails(|| play(events)));
                eprintln!("seed {seed}, made shorter: {short:#?}");
                play(&short);
                unreachable!("it has failed before");
            }
            let seen = play(&events);
            all.changes += seen.changes;
            all.refusals += seen.refusals;
            all.shown += seen.shown;
            all.ended += seen.ended;
        }
        harness::note(format!("{all:?}"));
        assert!(all.changes > 600 && all.refusals > 600, "{all:?}");
        assert!(all.shown > 100 && all.ended > 5, "{all:?}");
    });
}
