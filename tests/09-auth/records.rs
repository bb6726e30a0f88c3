//! What there is to tell of who did what.

use crate::setup::{Member, add_user, grant};
use api::permission::Type::Readwrite;
use api::{AuthUserGrantRoleRequest, Error};
use auth::{Asker, Call, Letters, LogIn, Record, Request};
use harness::check;

#[test]
fn say_who_did_what_to_what() {
    check(|| {
        let mut member = Member::enabled();
        let root = member.user("root");
        let line = |member: &mut Member, asker: &Asker, request: &Request| {
            member.apply(asker, request).record.to_string()
        };
        let added = add_user("u", "secret");
        assert_eq!(
            line(&mut member, &root, &added),
            r#"entry 14: "root" UserAdd user="u": ok, revision 4"#
        );
        let again = r#"entry 15: "root" UserAdd user="u": etcdserver: user name already exists"#;
        assert_eq!(line(&mut member, &root, &added), again);
        let role = Request::RoleAdd(api::AuthRoleAddRequest { name: "r".to_owned() });
        assert_eq!(
            line(&mut member, &root, &role),
            r#"entry 16: "root" RoleAdd role="r": ok, revision 5"#
        );
        let granted = grant("r", Readwrite, "k", "l");
        let expected = concat!(
            r#"entry 17: "root" RoleGrantPermission role="r" keys="k..l""#,
            r#" permission="readwrite": ok, revision 6"#
        );
        assert_eq!(line(&mut member, &root, &granted), expected);
        let user = member.user("u");
        let (name, role) = ("u".to_owned(), "root".to_owned());
        let wants = Request::UserGrantRole(AuthUserGrantRoleRequest { user: name, role });
        let expected =
            r#"entry 18: "u" UserGrantRole user="u" role="root": etcdserver: permission denied"#;
        assert_eq!(line(&mut member, &user, &wants), expected);
        let expected = concat!(
            r#"entry 19: nobody UserGrantRole user="u" role="root": "#,
            "etcdserver: user name is empty"
        );
        assert_eq!(line(&mut member, &Asker::Nobody, &wants), expected);
        let expected = "entry 20: the cluster AuthStatus: ok, revision 6";
        assert_eq!(line(&mut member, &Asker::Cluster, &Request::Status), expected);
    });
}

#[test]
fn of_refusals_before_the_log_have_no_entry() {
    check(|| {
        let asker = Asker::User { name: "u".into(), revision: auth::AuthRevision(1) };
        let record = Record::refused(asker, Call::Range, Error::PermissionDenied);
        assert_eq!(record.to_string(), r#""u" Range: etcdserver: permission denied"#);
        let record = Record::failed_login("u\nroot", Error::AuthFailed);
        let expected = concat!(
            r#"nobody Authenticate user="u\nroot": "#,
            "etcdserver: authentication failed, invalid user ID or password"
        );
        assert_eq!(record.to_string(), expected, "one line");
        assert_eq!(record.index, None);
    });
}

#[test]
fn tell_no_secrets() {
    check(|| {
        let mut member = Member::enabled();
        let root = member.user("root");
        let added = add_user("u", "secret");
        let outcome = member.apply(&root, &added);
        let written = format!("{} {:?}", outcome.record, outcome.record);
        assert!(!written.contains("secret") && !written.contains("$2a$"), "{written}");
        let letters = Letters::of(1234);
        let request = Request::Authenticate(LogIn { name: "u".to_owned(), letters: Some(letters) });
        let outcome = member.apply(&Asker::Nobody, &request);
        let token = auth::Token::new(letters, member.index).to_string();
        let written = format!("{} {:?} {:?}", outcome.record, outcome.record, outcome.tokens);
        assert!(!written.contains(&token[..16]), "{written}");
    });
}
