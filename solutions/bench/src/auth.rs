//! Chapter 9: what it costs to ask whether a request is permitted, and what tokens weigh.
//!
//! One user has a thousand ranges that do not touch, another a thousand roles; keys are asked for
//! in no order. Then a hundred thousand users log in, and each token is shown; and tokens are
//! signed and checked.
//!
//! Owns the figure. Nothing stands beside it: no other crate does this.

use crate::measure::{ROUNDS, grouped, resident, timed};
use api::permission::Type;
use api::{
    AuthRoleAddRequest, AuthRoleGrantPermissionRequest, AuthUserAddRequest,
    AuthUserGrantRoleRequest, Permission, RangeRequest,
};
use auth::password::{Cost, hash, matches};
use auth::{Asker, Auth, AuthRevision, Jwt, Letters, Method, Request, Token, TokenChange, Tokens};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How many ranges the user has, and how many roles the other one.
const RANGES: u64 = 1_000;
/// How many requests are asked about.
const CHECKS: u64 = 1_000_000;
const TOKENS: u64 = 100_000;
const SIGNED: u64 = 200;

/// Measures everything.
pub fn figure(out: &mut dyn io::Write) -> io::Result<()> {
    let ranges = grouped(RANGES);
    writeln!(out, "auth: a user with {ranges} ranges, one with {ranges} roles")?;
    let mut auth = Auth::new();
    for name in ["root", "ranges", "roles"] {
        let user = AuthUserAddRequest { name: name.to_owned(), ..Default::default() };
        apply(&mut auth, Request::UserAdd(user));
    }
    role(&mut auth, "ranges", "ranges");
    (0..RANGES).for_each(|at| grant(&mut auth, "ranges", at));
    for at in 0..RANGES {
        let name = format!("role{at}");
        role(&mut auth, &name, "roles");
        grant(&mut auth, &name, at);
    }
    role(&mut auth, "root", "root");
    apply(&mut auth, Request::Enable);
    let one = timed(|| {
        role(&mut auth, "one more", "roles");
        grant(&mut auth, "one more", RANGES);
    });
    for name in ["ranges", "roles"] {
        let nanoseconds = check(&auth, name);
        writeln!(out, "  a check, user with many {name:<6}, in ns   {nanoseconds:.0}")?;
    }
    writeln!(out, "  one role more for it, three entries, ms  {:.2}", one.as_secs_f64() * 1e3)?;
    tokens(out)?;
    signed(out)?;
    passwords(out)
}

fn apply(auth: &mut Auth, request: Request) {
    let outcome = auth.apply(1, &Asker::Cluster, &request);
    outcome.answer.expect("it can be");
    if let Some(next) = outcome.next {
        *auth = next;
    }
}

fn role(auth: &mut Auth, name: &str, user: &str) {
    apply(auth, Request::RoleAdd(AuthRoleAddRequest { name: name.to_owned() }));
    let (user, role) = (user.to_owned(), name.to_owned());
    apply(auth, Request::UserGrantRole(AuthUserGrantRoleRequest { user, role }));
}

fn key(at: u64) -> String {
    format!("/registry/tenants/{at:06}/")
}

fn grant(auth: &mut Auth, role: &str, at: u64) {
    let perm = Permission {
        perm_type: Type::Readwrite as i32,
        key: key(at * 2).into(),
        range_end: key(at * 2 + 1).into(),
    };
    let request = AuthRoleGrantPermissionRequest { name: role.to_owned(), perm: Some(perm) };
    apply(auth, Request::RoleGrantPermission(request));
}

/// Nanoseconds for one check.
fn check(auth: &Auth, name: &str) -> f64 {
    let asker = Asker::User { name: name.into(), revision: auth.revision() };
    let requests: Vec<RangeRequest> = (0..1_000)
        .map(|at| {
            let at = at * 7_919 % (RANGES * 2);
            RangeRequest { key: format!("{}pod", key(at)).into(), ..Default::default() }
        })
        .collect();
    let mut times: Vec<f64> = (0..ROUNDS).map(|_| asked(auth, &asker, &requests)).collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn asked(auth: &Auth, asker: &Asker, requests: &[RangeRequest]) -> f64 {
    let mut permitted = 0;
    let time = timed(|| {
        for at in 0..CHECKS as usize {
            let request = &requests[at % requests.len()];
            permitted += u64::from(auth.check_range(asker, request).is_ok());
        }
    });
    assert_eq!(permitted, CHECKS / 2, "every other one is");
    time.as_secs_f64() / CHECKS as f64 * 1e9
}

fn tokens(out: &mut dyn io::Write) -> io::Result<()> {
    let users: Vec<Arc<str>> = (0..TOKENS).map(|at| format!("user{at}").into()).collect();
    let token =
        |at: u64| Token::new(Letters::of(u128::from(at) << 64 | u128::from(at)), at + 1_000);
    let mut tokens = Tokens::new(Duration::from_secs(300), 1_000_000);
    let before = resident();
    for (at, user) in (0..).zip(&users) {
        let change = TokenChange::Give { token: token(at), user: user.clone() };
        tokens.change(&change, Duration::from_micros(at));
    }
    let bytes = resident().saturating_sub(before);
    let shown: Vec<String> = (0..TOKENS).map(|at| token(at * 7_919 % TOKENS).to_string()).collect();
    let time = timed(|| {
        for text in &shown {
            let asker = tokens.asker(text, AuthRevision::FIRST, Duration::from_secs(1));
            assert!(asker.is_some(), "it was given");
        }
    });
    let nanoseconds = time.as_secs_f64() / TOKENS as f64 * 1e9;
    writeln!(
        out,
        "  {} tokens, in MB                    {:.1}",
        grouped(TOKENS),
        bytes as f64 / 1e6
    )?;
    writeln!(out, "  a token that is shown, in ns             {nanoseconds:.0}")?;
    let time = timed(|| tokens.expire(Duration::from_secs(302)));
    assert!(tokens.is_empty(), "all have ended");
    writeln!(out, "  the end of all, in ms                    {:.0}", time.as_secs_f64() * 1e3)
}

fn signed(out: &mut dyn io::Write) -> io::Result<()> {
    let rsa: &[u8] = include_bytes!("../../../tests/09-auth/keys/rsa.pem");
    let curve: &[u8] = include_bytes!("../../../tests/09-auth/keys/ec256.pem");
    let edwards: &[u8] = include_bytes!("../../../tests/09-auth/keys/ed.pem");
    let (now, lasts) = (Duration::from_secs(1_800_000_000), Duration::from_secs(300));
    let ways = [
        (Method::HS256, &b"a secret"[..]),
        (Method::RS256, rsa),
        (Method::ES256, curve),
        (Method::EdDSA, edwards),
    ];
    for (method, key) in ways {
        let jwt = Jwt::new(method, Some(key), None, lasts).expect("it is a key");
        let mut token = String::new();
        let micro = |time: Duration| time.as_secs_f64() / SIGNED as f64 * 1e6;
        let signs = timed(|| {
            for _ in 0..SIGNED {
                token = jwt.sign("user", AuthRevision::FIRST, now).expect("it can sign");
            }
        });
        let checks = timed(|| {
            for _ in 0..SIGNED {
                assert!(jwt.asker(&token, now).is_some(), "it is ours");
            }
        });
        let name = method.to_string();
        let (signs, checks) = (micro(signs), micro(checks));
        writeln!(out, "  {name:<5} signed, checked, in µs             {signs:.1}, {checks:.1}")?;
    }
    Ok(())
}

fn passwords(out: &mut dyn io::Write) -> io::Result<()> {
    let text = hash(b"password", Cost::USUAL, [7; 16]).expect("it is short");
    let time = timed(|| assert!(matches(b"password", text.as_bytes()), "it is right"));
    writeln!(out, "  a password at cost 10, in ms             {:.0}", time.as_secs_f64() * 1e3)
}
