//! Passwords: who gets in, what it costs, and what never reaches the log.

use crate::setup::{Member, add_user, cheap};
use api::{AuthUserAddRequest, AuthUserChangePasswordRequest, Error, UserAddOptions};
use auth::password::{Cost, hash, hide_added, hide_changed, matches};
use auth::{Asker, LogIn, Request, Response};
use base64::Engine;
use harness::check;

/// Logs in, and counts how often bcrypt had to work, at which cost.
fn log_in(member: &Member, name: &str, password: &[u8]) -> (Result<(), Error>, Vec<String>) {
    let mut costs = Vec::new();
    let login = member.auth.login(name, cheap());
    let checked = login.and_then(|login| {
        login.check(|hash| {
            let text = String::from_utf8(hash.to_vec()).expect("it is text");
            assert_eq!(text.len(), 60, "bcrypt takes its time only over a text of its own");
            costs.push(text[..7].to_owned());
            matches(password, hash)
        })
    });
    (checked.map(|_| ()), costs)
}

fn change_password(member: &mut Member, name: &str, password: &str) -> Result<Response, Error> {
    let (name, password) = (name.to_owned(), password.to_owned());
    let mut request = AuthUserChangePasswordRequest { name, password, ..Default::default() };
    hide_changed(&mut request, cheap(), [9; 16])?;
    member.ask(Request::UserChangePassword(request))
}

#[test]
fn cost_the_same_for_a_wrong_password_and_a_name_that_nobody_has() {
    check(|| {
        let mut member = Member::enabled();
        member.add_user("u", "right");
        let once = vec!["$2a$04$".to_owned()];
        assert_eq!(log_in(&member, "u", b"right"), (Ok(()), once.clone()));
        let failed = Err(Error::AuthFailed);
        assert_eq!(log_in(&member, "u", b"wrong"), (failed, once.clone()));
        assert_eq!(log_in(&member, "nobody", b"wrong"), (failed, once.clone()));
        assert_eq!(log_in(&member, "", b""), (failed, once.clone()));
        assert_eq!(log_in(&member, &"n".repeat(100_000), b"x"), (failed, once.clone()));
        change_password(&mut member, "u", "").expect("it can be");
        assert_eq!(log_in(&member, "u", b""), (failed, once.clone()), "no password is right now");
        assert_eq!(log_in(&member, "u", b"right"), (failed, once));
    });
}

#[test]
fn of_a_name_that_nobody_has_is_never_right() {
    check(|| {
        let member = Member::enabled();
        let login = member.auth.login("nobody", cheap()).expect("it is on");
        assert_eq!(login.check(|_| true), Err(Error::AuthFailed), "whatever bcrypt says");
    });
}

#[test]
fn need_authentication_to_be_on_and_a_password_to_be_there() {
    check(|| {
        let mut member = Member::new();
        let off = Err(Error::AuthNotEnabled);
        assert_eq!(log_in(&member, "root", b"root"), (off, vec![]));
        let request = Request::Authenticate(LogIn { name: "root".to_owned(), letters: None });
        let answer = member.apply(&Asker::Nobody, &request).answer;
        assert_eq!(answer, Err(Error::AuthNotEnabled));

        let mut member = Member::enabled();
        let options = Some(UserAddOptions { no_password: true });
        let name = "np".to_owned();
        let request = AuthUserAddRequest { name, options, ..AuthUserAddRequest::default() };
        member.ok(Request::UserAdd(request));
        assert_eq!(log_in(&member, "np", b""), (Err(Error::NoPasswordUser), vec![]));
        change_password(&mut member, "np", "x").expect("it changes nothing");
        assert_eq!(log_in(&member, "np", b"x"), (Err(Error::NoPasswordUser), vec![]));
        let request = Request::Authenticate(LogIn { name: "np".to_owned(), letters: None });
        let answer = member.apply(&Asker::Nobody, &request).answer;
        assert_eq!(answer, Err(Error::AuthFailed));
    });
}

#[test]
fn are_looked_at_again_if_users_have_changed_meanwhile() {
    check(|| {
        let mut member = Member::enabled();
        member.add_user("u", "old");
        let login = member.auth.login("u", cheap()).expect("it is on");
        change_password(&mut member, "u", "new").expect("it can be");
        let checked = login.check(|hash| matches(b"old", hash)).expect("it was right then");
        let letters = Some(auth::Letters::of(1));
        let request = Request::Authenticate(LogIn { name: "u".to_owned(), letters });
        let outcome = member.apply(&Asker::Nobody, &request);
        assert_ne!(outcome.revision, checked, "whoever asked sees that it is too late");
        member.delete_user("u");
        let answer = member.apply(&Asker::Nobody, &request).answer;
        assert_eq!(answer, Err(Error::AuthFailed), "and there is no token for nobody");
    });
}

#[test]
fn may_have_any_bytes_and_up_to_72_of_them() {
    check(|| {
        let long: Vec<u8> = (0..100).collect();
        for length in [0, 1, 55, 71, 72] {
            let text = hash(&long[..length], cheap(), [3; 16]).expect("it is short enough");
            assert!(text.starts_with("$2a$04$") && text.len() == 60, "{text}");
            assert!(matches(&long[..length], text.as_bytes()), "{length}");
            let other = [&long[..length.saturating_sub(1)], b"\xff"].concat();
            assert!(!matches(&other, text.as_bytes()), "{length}");
        }
        let text = hash(&long[..72], cheap(), [3; 16]).expect("it is short enough");
        assert!(matches(&long, text.as_bytes()), "what comes after is not looked at");
        assert!(!matches(&long[..71], text.as_bytes()));
        for length in [73, 100] {
            assert_eq!(hash(&long[..length], cheap(), [3; 16]), Err(Error::PasswordTooLong));
        }
        let text = hash(b"a\0b", cheap(), [3; 16]).expect("it is short enough");
        assert!(!matches(b"a", text.as_bytes()) && !matches(b"a\0c", text.as_bytes()));
        let text = hash(b"\xff\xfe", cheap(), [3; 16]).expect("it is short enough");
        assert!(matches(b"\xff\xfe", text.as_bytes()));
        let (one, other) = ([3; 16], [4; 16]);
        assert_ne!(hash(b"a", cheap(), one), hash(b"a", cheap(), other), "the salt counts");
    });
}

#[test]
fn that_others_have_hashed_are_right() {
    check(|| {
        // Of the tests of OpenBSD's own program.
        let known = [
            ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
            ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ];
        for (password, text) in known {
            assert!(matches(password.as_bytes(), text.as_bytes()), "{password:?}");
            let other = text.replacen("$2a$", "$2b$", 1);
            assert!(matches(password.as_bytes(), other.as_bytes()), "a later name of the same");
            assert!(!matches(b"b", text.as_bytes()));
        }
        let broken = ["", "x", "$2a$", &known[0].1[..59], &format!("{}x", known[0].1)];
        for text in broken.map(str::as_bytes).into_iter().chain([&[0xff; 60][..]]) {
            assert!(!matches(b"", text), "{text:?}");
        }
    });
}

#[test]
fn have_a_cost_from_4_to_31() {
    check(|| {
        let good: Vec<u32> = (0..100).filter(|cost| Cost::new(*cost).is_some()).collect();
        assert_eq!(good, (4..=31).collect::<Vec<u32>>());
        assert_eq!(Cost::USUAL.get(), 10);
    });
}

#[test]
fn are_hidden_before_they_are_proposed() {
    check(|| {
        let text = |encoded: &str| {
            let bytes = base64::engine::general_purpose::STANDARD.decode(encoded);
            String::from_utf8(bytes.expect("it is base64")).expect("it is text")
        };
        let given = AuthUserAddRequest {
            name: "u".to_owned(),
            password: "secret".to_owned(),
            options: None,
            hashed_password: "what the client says".to_owned(),
        };
        let mut added = given.clone();
        hide_added(&mut added, cheap(), [1; 16]).expect("it is short");
        assert_eq!(added.password, "");
        assert!(matches(b"secret", text(&added.hashed_password).as_bytes()));

        let options = Some(UserAddOptions { no_password: true });
        let mut added = AuthUserAddRequest { options, password: "x".repeat(80), ..given.clone() };
        hide_added(&mut added, cheap(), [1; 16]).expect("it is not looked at");
        assert_eq!((&added.password[..], &added.hashed_password[..]), ("", ""));

        let mut added = AuthUserAddRequest { password: "x".repeat(73), ..given };
        assert_eq!(hide_added(&mut added, cheap(), [1; 16]), Err(Error::PasswordTooLong));

        let mut changed = AuthUserChangePasswordRequest {
            name: "u".to_owned(),
            password: String::new(),
            hashed_password: "what the client says".to_owned(),
        };
        hide_changed(&mut changed, cheap(), [1; 16]).expect("it is short");
        assert_eq!(changed.hashed_password, "", "an empty one is hidden as nothing");
        changed.password = "secret".to_owned();
        hide_changed(&mut changed, cheap(), [1; 16]).expect("it is short");
        assert_eq!(changed.password, "");
        assert!(matches(b"secret", text(&changed.hashed_password).as_bytes()));
    });
}

#[test]
fn in_the_clear_are_not_looked_at_in_an_entry() {
    check(|| {
        let mut member = Member::enabled();
        let mut request = add_user("u", "good");
        if let Request::UserAdd(request) = &mut request {
            request.password = "bad".to_owned();
        }
        member.ok(request);
        assert!(log_in(&member, "u", b"good").0.is_ok());
        assert!(log_in(&member, "u", b"bad").0.is_err());
        let mut request = add_user("v", "good");
        if let Request::UserAdd(request) = &mut request {
            request.hashed_password = "%%%".to_owned();
        }
        assert_eq!(member.ask(request), Err(Error::NoPasswordUser));
    });
}
