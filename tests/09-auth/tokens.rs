//! Simple tokens: what becomes of them when users change and time passes.

use crate::setup::Member;
use api::{AuthUserChangePasswordRequest, AuthUserGrantRoleRequest};
use auth::{Asker, AuthRevision, Letters, Request, Token, TokenChange, Tokens};
use harness::check;
use std::collections::BTreeSet;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn two_users() -> (Member, String, String) {
    let mut member = Member::enabled();
    member.add_user("u", "u");
    member.add_user("v", "v");
    let (u, v) = (member.log_in("u", 1), member.log_in("v", 2));
    (member, u, v)
}

#[test]
fn are_sixteen_letters_and_the_entry() {
    check(|| {
        let mut member = Member::enabled();
        let token = member.log_in("root", u128::MAX);
        let (letters, index) = token.split_once('.').expect("there is a dot");
        assert_eq!(index, member.index.to_string());
        assert_eq!(letters.len(), 16);
        assert!(letters.bytes().all(|letter| letter.is_ascii_alphabetic()), "{letters}");
        assert_eq!(member.holder(&token), Some("root".to_owned()));
        let drawn: BTreeSet<String> = (0..2_000_u128)
            .map(|draw| Token::new(Letters::of(draw * (u128::MAX / 2_000)), 1).to_string())
            .collect();
        assert_eq!(drawn.len(), 2_000, "other numbers, other letters");
        let used: BTreeSet<u8> = drawn.iter().flat_map(|text| text.bytes()).collect();
        assert_eq!(used.len(), 52 + 2, "all letters, the dot and the 1");
    });
}

#[test]
fn are_known_only_as_they_were_given() {
    check(|| {
        let mut member = Member::enabled();
        let token = member.log_in("root", 5);
        let (letters, index) = token.split_once('.').expect("there is a dot");
        let mut one_less = letters.to_owned();
        one_less.pop();
        let wrong = [
            String::new(),
            ".".to_owned(),
            letters.to_owned(),
            format!("{letters}."),
            format!("{letters}.0{index}"),
            format!("{letters}.+{index}"),
            format!("{letters}.{index}.{index}"),
            format!("{letters}.{index}0"),
            format!("{letters}.{}", u128::MAX),
            format!("{}.{index}", letters.to_lowercase()),
            format!("{}.{index}", letters.to_uppercase()),
            format!("{one_less}.{index}"),
            format!("x{one_less}.{index}"),
            format!("{one_less}x.{index}"),
            format!("{letters}x.{index}"),
            format!(" {token}"),
            format!("{token} "),
            format!("{one_less}é.{index}"),
            "\0".repeat(40),
        ];
        for wrong in wrong.iter().filter(|wrong| **wrong != token) {
            assert_eq!(member.holder(wrong), None, "{wrong:?}");
        }
        assert_eq!(member.holder(&token), Some("root".to_owned()), "it is still there");
        assert_eq!(Token::parse(&token).map(|token| token.index()), Some(member.index));
    });
}

#[test]
fn end_when_nobody_shows_them() {
    check(|| {
        let (mut member, u, v) = two_users();
        for minute in 1..=20 {
            member.now = MINUTE * minute;
            assert_eq!(member.holder(&u), Some("u".to_owned()), "it is shown every minute");
        }
        assert_eq!(member.holder(&v), None, "nobody has shown it for twenty");
        assert_eq!(member.tokens.len(), 2, "nobody has looked");
        member.tokens.expire(member.now);
        assert_eq!(member.tokens.len(), 1);
        member.now += MINUTE * 5 - Duration::from_nanos(1);
        member.tokens.expire(member.now);
        assert_eq!(member.holder(&u), Some("u".to_owned()), "just in time");
        member.now += MINUTE * 5;
        assert_eq!(member.holder(&u), None, "its time is up");
        assert_eq!(member.holder(&u), None, "and showing it does not bring it back");
        member.tokens.expire(member.now);
        assert!(member.tokens.is_empty());
    });
}

#[test]
fn of_a_deleted_user_are_void() {
    check(|| {
        let (mut member, u, v) = two_users();
        member.delete_user("u");
        assert_eq!(member.holder(&u), None);
        assert_eq!(member.holder(&v), Some("v".to_owned()));
        member.add_user("u", "u");
        assert_eq!(member.holder(&u), None, "somebody else of the same name");
    });
}

#[test]
fn of_a_changed_password_are_void() {
    check(|| {
        let (mut member, u, v) = two_users();
        let second = member.log_in("u", 3);
        let name = "u".to_owned();
        let request = AuthUserChangePasswordRequest { name, ..Default::default() };
        member.ok(Request::UserChangePassword(request));
        assert_eq!((member.holder(&u), member.holder(&second)), (None, None));
        assert_eq!(member.holder(&v), Some("v".to_owned()));
    });
}

#[test]
fn are_void_when_authentication_goes_off_and_stay_so_when_it_comes_back() {
    check(|| {
        let (mut member, u, v) = two_users();
        member.ok(Request::Disable);
        assert!(member.tokens.is_empty());
        member.ok(Request::Enable);
        assert_eq!((member.holder(&u), member.holder(&v)), (None, None));
        let again = member.log_in("u", 1);
        assert_ne!(again, u, "the same letters, in another entry");
        assert_eq!(member.holder(&again), Some("u".to_owned()));
    });
}

#[test]
fn outlive_every_other_change() {
    check(|| {
        let (mut member, u, _) = two_users();
        let before = member.auth.revision();
        member.add_role("r");
        let (user, role) = ("u".to_owned(), "r".to_owned());
        member.ok(Request::UserGrantRole(AuthUserGrantRoleRequest { user, role }));
        member.ok(Request::RoleDelete(api::AuthRoleDeleteRequest { role: "r".to_owned() }));
        let revision = member.auth.revision();
        assert!(revision > before);
        let asker = member.tokens.asker(&u, revision, member.now);
        assert_eq!(asker, Some(Asker::User { name: "u".into(), revision }), "as new as can be");
    });
}

#[test]
fn are_never_more_than_there_may_be() {
    check(|| {
        let mut tokens = Tokens::new(MINUTE, 10);
        let token = |index: u64| Token::new(Letters::of(u128::from(index)), index);
        let give = |tokens: &mut Tokens, index: u64| {
            let change = TokenChange::Give { token: token(index), user: "u".into() };
            tokens.change(&change, Duration::from_secs(index));
        };
        for index in 0..10 {
            give(&mut tokens, index);
        }
        let shown = tokens.asker(&token(0).to_string(), AuthRevision(1), Duration::from_secs(10));
        assert!(shown.is_some());
        for index in 11..15 {
            give(&mut tokens, index);
            assert_eq!(tokens.len(), 10);
        }
        let mut known = |index: u64| {
            let now = Duration::from_secs(15);
            tokens.asker(&token(index).to_string(), AuthRevision(1), now).is_some()
        };
        assert!(known(0), "it was shown a moment ago");
        assert!((1..5).all(|index| !known(index)), "those that would have ended first");
        assert!((5..10).chain(11..15).all(known), "all others");
    });
}

#[test]
fn of_one_entry_are_one() {
    check(|| {
        let mut tokens = Tokens::new(MINUTE, 10);
        for (draw, user) in [(1, "u"), (2, "v")] {
            let change =
                TokenChange::Give { token: Token::new(Letters::of(draw), 7), user: user.into() };
            tokens.change(&change, Duration::ZERO);
        }
        assert_eq!(tokens.len(), 1);
        let again = TokenChange::Give { token: Token::new(Letters::of(3), 7), user: "w".into() };
        tokens.change(&again, Duration::from_secs(1));
        tokens.expire(MINUTE);
        assert_eq!(tokens.len(), 1, "the last one lasts a little longer");
        tokens.change(&again, Duration::from_secs(2));
        tokens.change(&TokenChange::VoidAll, Duration::from_secs(2));
        assert!(tokens.is_empty());
        tokens.expire(MINUTE * 2);
    });
}
