//! Signed tokens: which are taken, and every way to forge one that is known.

use crate::setup::{Leased, Member, lease};
use api::{Error, RangeRequest};
use auth::{Asker, AuthRevision, Call, Jwt, Method};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::check;
use std::time::Duration;

/// The keys in the files beside this one: private, public.
pub const RSA: (&[u8], &[u8]) = (include_bytes!("keys/rsa.pem"), include_bytes!("keys/rsa.pub"));
const OTHER: (&[u8], &[u8]) = (include_bytes!("keys/other.pem"), include_bytes!("keys/other.pub"));
const P256: (&[u8], &[u8]) = (include_bytes!("keys/ec256.pem"), include_bytes!("keys/ec256.pub"));
const P384: (&[u8], &[u8]) = (include_bytes!("keys/ec384.pem"), include_bytes!("keys/ec384.pub"));
const ED: (&[u8], &[u8]) = (include_bytes!("keys/ed.pem"), include_bytes!("keys/ed.pub"));
const SECRET: &[u8] = b"a secret";

/// A file, if there is one.
type File = Option<&'static [u8]>;

const LASTS: Duration = Duration::from_secs(60);
const NOW: Duration = Duration::from_secs(1_800_000_000);
const REVISION: AuthRevision = AuthRevision(7);

/// The keys that belong to a way to sign.
fn keys(method: Method) -> (&'static [u8], Option<&'static [u8]>) {
    match method {
        Method::HS256 | Method::HS384 | Method::HS512 => (SECRET, None),
        Method::RS256 | Method::RS384 | Method::RS512 => (RSA.0, Some(RSA.1)),
        Method::PS256 | Method::PS384 | Method::PS512 => (RSA.0, Some(RSA.1)),
        Method::ES256 => (P256.0, Some(P256.1)),
        Method::ES384 => (P384.0, Some(P384.1)),
        Method::EdDSA => (ED.0, Some(ED.1)),
    }
}

fn jwt(method: Method) -> Jwt {
    let (private, public) = keys(method);
    Jwt::new(method, Some(private), public, LASTS).expect("they are a pair")
}

fn u() -> Asker {
    Asker::User { name: "u".into(), revision: REVISION }
}

fn letters(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A token with any head and any claims, signed with the secret by SHA-256.
fn signed(head: &str, says: &str, secret: &[u8]) -> String {
    let message = format!("{}.{}", letters(head), letters(says));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    let signature = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, message.as_bytes()));
    format!("{message}.{signature}")
}

const HEAD: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const SAYS: &str = r#"{"exp":1800000060,"revision":7,"username":"u"}"#;

#[test]
fn are_made_and_checked_in_every_way() {
    check(|| {
        for method in Method::ALL {
            let ours = jwt(method);
            let token = ours.sign("u", REVISION, NOW).expect("it can sign");
            assert_eq!(ours.asker(&token, NOW), Some(u()), "{method}");
            let parts: Vec<&str> = token.split('.').collect();
            assert_eq!(parts[0], letters(&HEAD.replace("HS256", &method.to_string())), "{method}");
            assert_eq!(parts[1], letters(SAYS), "{method}");
            // By whoever has the one key that is needed for it.
            let (private, public) = keys(method);
            let alone = Jwt::new(method, Some(private), None, LASTS).expect("it is one");
            assert_eq!(alone.asker(&token, NOW), Some(u()), "{method}");
            if let Some(public) = public {
                let checks = Jwt::new(method, None, Some(public), LASTS).expect("it is one");
                assert_eq!(checks.asker(&token, NOW), Some(u()), "{method}");
                assert_eq!(checks.sign("u", REVISION, NOW), Err(Error::VerifyOnlyKey));
            }
        }
    });
}

#[test]
fn of_one_way_are_none_of_another() {
    check(|| {
        let made = Method::ALL.map(|method| (method, jwt(method)));
        for (method, ours) in &made {
            let token = ours.sign("u", REVISION, NOW).expect("it can sign");
            for (other, theirs) in &made {
                let expected = (method == other).then(u);
                assert_eq!(theirs.asker(&token, NOW), expected, "{method} as {other}");
                // And if the token says that it is the other one.
                let (_, rest) = token.split_once('.').expect("it has parts");
                let head = letters(&HEAD.replace("HS256", &other.to_string()));
                let renamed = format!("{head}.{rest}");
                assert_eq!(theirs.asker(&renamed, NOW), expected, "{method} called {other}");
            }
        }
    });
}

#[test]
fn signed_with_a_public_key_as_a_secret_are_forged() {
    check(|| {
        let ours = jwt(Method::RS256);
        let der: Vec<u8> =
            RSA.1.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>().concat();
        for secret in [RSA.1, &der] {
            for alg in ["HS256", "RS256"] {
                let forged = signed(&HEAD.replace("HS256", alg), SAYS, secret);
                assert_eq!(ours.asker(&forged, NOW), None, "{alg}");
            }
        }
        let none = Jwt::new(Method::HS256, None, Some(RSA.1), LASTS);
        let none = none.expect_err("a public key is no secret");
        assert_eq!(none.to_string(), "auth: missing key data");
    });
}

#[test]
fn that_are_not_signed_are_forged() {
    check(|| {
        for method in Method::ALL {
            let ours = jwt(method);
            for alg in ["none", "None", "NONE", "", &method.to_string()] {
                let message = format!("{}.{}", letters(&HEAD.replace("HS256", alg)), letters(SAYS));
                for signature in ["", ".", "AA", "."] {
                    let forged = format!("{message}{}{signature}", ".");
                    assert_eq!(ours.asker(&forged, NOW), None, "{alg:?}");
                }
                assert_eq!(ours.asker(&message, NOW), None, "{alg:?}");
            }
        }
    });
}

#[test]
fn of_another_key_are_forged() {
    check(|| {
        let theirs = Jwt::new(Method::RS256, Some(OTHER.0), Some(OTHER.1), LASTS);
        let token = theirs.expect("they are a pair").sign("u", REVISION, NOW).expect("it signs");
        assert_eq!(jwt(Method::RS256).asker(&token, NOW), None);
        let forged = signed(HEAD, SAYS, b"another secret");
        assert_eq!(jwt(Method::HS256).asker(&forged, NOW), None);
        let pair = Jwt::new(Method::RS256, Some(RSA.0), Some(OTHER.1), LASTS);
        let error = pair.expect_err("they are no pair").to_string();
        assert_eq!(error, "auth: public and private keys don't match");
    });
}

#[test]
fn that_were_changed_are_forged() {
    check(|| {
        let ours = jwt(Method::HS256);
        let token = ours.sign("u", REVISION, NOW).expect("it signs");
        for at in 0..token.len() {
            for letter in ["A", "B", ".", "=", "é"] {
                let mut changed = token.clone();
                changed.replace_range(at..=at, letter);
                if changed != token {
                    assert_eq!(ours.asker(&changed, NOW), None, "{letter} at {at}");
                }
            }
            assert_eq!(ours.asker(&token[..at], NOW), None, "only {at} letters");
        }
        for longer in
            [format!("{token}."), format!("{token}.x"), format!("{token}="), format!(" {token}")]
        {
            assert_eq!(ours.asker(&longer, NOW), None, "{longer}");
        }
    });
}

#[test]
fn have_their_time() {
    check(|| {
        let ours = jwt(Method::HS256);
        let token = ours.sign("u", REVISION, NOW).expect("it signs");
        let almost = NOW + LASTS - Duration::from_millis(1);
        assert_eq!(ours.asker(&token, almost), Some(u()));
        assert_eq!(ours.asker(&token, NOW + LASTS), None, "not a moment longer");
        assert_eq!(ours.asker(&token, Duration::MAX), None);
        let says =
            |claims: &str| signed(HEAD, &SAYS.replace(r#""exp":1800000060"#, claims), SECRET);
        let good = [
            r#""exp":1800000000.5,"exp":1800000001"#,
            r#""iat":1900000000"#,
            r#""exp":0"#,
            r#""nbf":1800000000.9,"aud":["x"],"iss":5"#,
            r#""nbf":0"#,
        ];
        for claims in good {
            assert_eq!(ours.asker(&says(claims), NOW), Some(u()), "{claims}");
        }
        let bad = [
            r#""exp":1800000000.9"#,
            r#""exp":-1"#,
            r#""exp":null"#,
            r#""exp":"1800000060""#,
            r#""exp":[]"#,
            r#""nbf":1800000001"#,
            r#""nbf":"x""#,
        ];
        for claims in bad {
            assert_eq!(ours.asker(&says(claims), NOW), None, "{claims}");
        }
        let short = Jwt::new(Method::HS256, Some(SECRET), None, Duration::ZERO);
        let short = short.expect("it is a secret");
        let token = short.sign("u", REVISION, NOW).expect("it signs");
        assert_eq!(short.asker(&token, NOW), None, "it has ended when it is made");
    });
}

#[test]
fn say_a_user_and_a_revision() {
    check(|| {
        let ours = jwt(Method::HS256);
        let asker = |says: &str| ours.asker(&signed(HEAD, says, SECRET), NOW);
        assert_eq!(asker(r#"{"revision":7,"username":"u"}"#), Some(u()), "for ever");
        assert_eq!(asker(r#"{"revision":7.9,"username":"u"}"#), Some(u()));
        let bad = [
            "",
            "[]",
            "7",
            "{",
            r#"{"username":"u"}"#,
            r#"{"revision":7}"#,
            r#"{"revision":"7","username":"u"}"#,
            r#"{"revision":7,"username":5}"#,
            r#"{"revision":7,"username":null}"#,
            r#"{"Revision":7,"Username":"u"}"#,
        ];
        for says in bad {
            assert_eq!(asker(says), None, "{says}");
        }
        assert_eq!(asker(&"[".repeat(100_000)), None, "too deep for anybody");
        let revision = |text: &str| {
            let asked = asker(&format!(r#"{{"revision":{text},"username":"u"}}"#));
            match asked {
                Some(Asker::User { revision, .. }) => revision.0,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!([revision("-1"), revision("0"), revision("1e30")], [0, 0, u64::MAX]);
        for head in ["", "{}", "[]", r#"{"alg":5}"#, r#"{"alg":"hs256"}"#, r#"{"alg":"HS384"}"#] {
            assert_eq!(ours.asker(&signed(head, SAYS, SECRET), NOW), None, "{head}");
        }
        let name = "\"\\\n\u{0}é";
        let token = ours.sign(name, REVISION, NOW).expect("it signs");
        assert_eq!(ours.asker(&token, NOW).expect("it is ours").name(), name);
    });
}

#[test]
fn of_an_old_revision_open_no_key_and_name_all_users() {
    check(|| {
        let mut member = Member::enabled();
        let ours = jwt(Method::HS256);
        let token = ours.sign("root", member.auth.revision(), NOW).expect("it signs");
        let range = RangeRequest { key: "k".into(), ..RangeRequest::default() };
        let asker = ours.asker(&token, NOW).expect("it is ours");
        assert_eq!(member.auth.check_range(&asker, &range), Ok(()));
        member.add_role("r");
        let auth = &member.auth;
        let old = Err(Error::AuthOldRevision);
        assert_eq!(auth.check_range(&asker, &range), old, "root's too");
        assert_eq!(auth.check_still(&asker), old, "a transaction without keys as well");
        assert_eq!(auth.check_call(&asker, Call::UserList), Ok(()));
        assert_eq!(auth.check_call(&asker, Call::Status), Ok(()));
        let leased = Leased(&[(1, "k")]);
        assert_eq!(auth.check_lease_revoke(&asker, lease(1), &leased), Ok(()), "no key is asked");
        assert_eq!(auth.check_lease_list(&asker, [lease(1)], &leased), Ok(()));
        // A member that is behind does not answer either.
        let newer = ours.sign("root", AuthRevision(99), NOW).expect("it signs");
        let newer = ours.asker(&newer, NOW).expect("it is ours");
        assert_eq!(auth.check_range(&newer, &range), Ok(()));
        assert_eq!(auth.check_still(&newer), old);
    });
}

#[test]
fn of_a_user_who_is_gone_are_nobodys() {
    check(|| {
        let mut member = Member::enabled();
        member.add_user("u", "u");
        let ours = jwt(Method::HS256);
        let token = ours.sign("u", member.auth.revision().next(), NOW).expect("it signs");
        member.delete_user("u");
        let asker = ours.asker(&token, NOW).expect("it is ours");
        let range = RangeRequest { key: "k".into(), ..RangeRequest::default() };
        assert_eq!(member.auth.check_range(&asker, &range), Err(Error::PermissionDenied));
        assert_eq!(member.auth.check_call(&asker, Call::UserList), Err(Error::UserNotFound));
    });
}

#[test]
fn take_keys_from_every_kind_of_file() {
    check(|| {
        let good: [(Method, File, File); 8] = [
            (Method::RS256, Some(include_bytes!("keys/rsa1.pem")), Some(RSA.1)),
            (Method::RS256, Some(RSA.0), Some(include_bytes!("keys/rsa1.pub"))),
            (Method::RS256, Some(RSA.0), Some(include_bytes!("keys/rsa.crt"))),
            (Method::ES256, Some(include_bytes!("keys/ec256p8.pem")), Some(P256.1)),
            (Method::ES256, Some(P256.0), Some(b"")),
            (Method::HS256, Some(RSA.1), None),
            (Method::HS256, Some(SECRET), Some(RSA.1)),
            (Method::EdDSA, None, Some(ED.1)),
        ];
        for (method, private, public) in good {
            Jwt::new(method, private, public, LASTS).unwrap_or_else(|e| panic!("{method}: {e}"));
        }
        let bad: [(Method, File, File); 13] = [
            (Method::RS256, Some(b"garbage"), None),
            (Method::RS256, None, Some(b"garbage")),
            (Method::RS256, Some(RSA.1), None),
            (Method::RS256, None, Some(RSA.0)),
            (Method::RS256, Some(P256.0), None),
            (Method::RS256, None, Some(P256.1)),
            (Method::ES256, Some(P384.0), None),
            (Method::ES256, None, Some(P384.1)),
            (Method::ES384, Some(P256.0), None),
            (Method::ES256, Some(RSA.0), None),
            (Method::EdDSA, Some(RSA.0), None),
            (Method::EdDSA, None, Some(P256.1)),
            (Method::ES256, Some(P256.0), Some(b"garbage")),
        ];
        for (method, private, public) in bad {
            let error = Jwt::new(method, private, public, LASTS).expect_err("it is no such key");
            assert!(error.to_string().starts_with("invalid key: "), "{method}: {error}");
        }
        for (private, public) in [(None, None), (Some(&b""[..]), Some(&b""[..]))] {
            let error = Jwt::new(Method::RS256, private, public, LASTS).expect_err("there is none");
            assert_eq!(error.to_string(), "auth: missing key data");
        }
    });
}

#[test]
fn whose_key_files_are_broken_anywhere_are_refused_and_nothing_else_happens() {
    check(|| {
        for (method, file) in
            [(Method::RS256, RSA.1), (Method::ES256, P256.1), (Method::EdDSA, ED.1)]
        {
            for cut in 0..file.len() {
                let _ = Jwt::new(method, None, Some(&file[..cut]), LASTS);
                let _ = Jwt::new(method, Some(&file[..cut]), None, LASTS);
            }
        }
        for (method, file) in [(Method::ES256, P256.0), (Method::EdDSA, ED.0)] {
            for at in 0..file.len() {
                let mut changed = file.to_vec();
                changed[at] ^= 1;
                let _ = Jwt::new(method, Some(&changed), None, LASTS);
            }
        }
        let written = format!("{:?}", jwt(Method::HS256));
        assert!(!written.contains("secret"), "{written}");
    });
}
