//! Small crates, and what is left of them.

use super::keep::Keep;
use super::{Stripper, complete};
use crate::items::Crate;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn stripped(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned()));
    let krate = Crate::from_files("demo", owned);
    let mut stripper = Stripper {
        keep: Keep::of(&krate),
        krate: &krate,
        says: "exercise 1: all".to_owned(),
        edits: BTreeMap::new(),
        gone: Vec::new(),
    };
    for item in krate.items() {
        stripper.item(item).expect("it can be left bare");
    }
    let kept = krate.files().iter().filter(|file| stripper.file_stays(&file.path));
    let texts = kept.map(|file| {
        let edits = stripper.edits.get(&file.path);
        let text = edits.map_or(file.text.to_string(), |edits| edits.apply(&file.text));
        (file.path.display().to_string(), text)
    });
    texts.collect()
}

#[track_caller]
fn one(before: &str, after: &str) {
    let files = stripped(&[("src/lib.rs", before)]);
    assert_eq!(files[0].1, after);
}

const INSIDE: &str = "/// Docs.
#[derive(Clone)]
pub struct S {
    /// Kept.
    pub a: u8,
    /// Gone.
    b: Inner,
}

#[allow(dead_code, reason = \"exercise 1.2 uses it\")]
pub struct Hidden {
    b: Inner,
}

pub struct Pair(pub u8, u16);

#[derive(Clone)]
struct Inner;

impl S {
    /// Docs.
    pub fn f(&self) -> u8 {
        self.g()
    }

    fn g(&self) -> u8 {
        1
    }

    pub(crate) fn h(&self) {}
}

impl Hidden {
    fn only_private(&self) {}
}

impl Drop for Hidden {
    fn drop(&mut self) {
        helper();
    }
}

fn helper() {}

#[cfg(test)]
mod tests {}
";

#[test]
fn private_fields_methods_and_items_go() {
    one(
        INSIDE,
        "/// Docs.
#[derive(Clone)]
pub struct S {
    /// Kept.
    pub a: u8,
}

pub struct Hidden {}

pub struct Pair(pub u8);

impl S {
    /// Docs.
    pub fn f(&self) -> u8 {
        todo!(\"exercise 1: all\")
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        todo!(\"exercise 1: all\")
    }
}

",
    );
}

#[test]
fn what_the_contract_mentions_stays() {
    let after = stripped(&[
        (
            "src/lib.rs",
            "mod a;\nmod b;\nmod inner;\n\npub use a::{One, Two as Deux};\npub use inner::*;\n",
        ),
        (
            "src/a.rs",
            "use crate::b::{Argument, Private};\nuse super::inner;\nuse std::fmt;\n\n\
             pub struct One(Private);\n\npub enum Two {\n    V(Kind),\n}\n\npub struct Kind;\n\n\
             pub struct Unreachable;\n\nimpl One {\n    pub fn f(argument: Argument) {}\n}\n",
        ),
        ("src/b.rs", "pub struct Argument;\n\npub(crate) struct Private;\n"),
        ("src/inner.rs", "pub trait Offered {\n    fn f(&self) {}\n}\n\nmod deep;\n"),
        ("src/inner/deep.rs", "pub struct Gone;\n"),
    ]);
    let names: Vec<&str> = after.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(names, ["src/lib.rs", "src/a.rs", "src/b.rs", "src/inner.rs"]);
    assert!(after[0].1.contains("mod a;\nmod b;\nmod inner;"));
    assert_eq!(
        after[1].1,
        "use crate::b::Argument;\nuse super::inner;\nuse std::fmt;\n\npub struct One();\n\n\
         pub enum Two {\n    V(Kind),\n}\n\npub struct Kind;\n\nimpl One {\n    pub fn \
         f(argument: Argument) {\n        todo!(\"exercise 1: all\")\n    }\n}\n"
    );
    assert_eq!(after[2].1, "pub struct Argument;\n");
    assert!(!after[3].1.contains("deep"), "{}", after[3].1);
}

const REPLICA: &str = "mod display;
mod inner;
mod leader;
mod tests;

use inner::Hidden;

pub struct Replica(Hidden);
";

const LEADER: &str = "//! Leading.

use super::Replica;
use super::inner::Hidden;

impl Replica {
    pub fn appends(&self) -> u8 {
        self.own()
    }

    fn own(&self) -> u8 {
        1
    }
}
";

const DISPLAY: &str = "impl std::fmt::Display for super::Replica {
    fn fmt(&self) {}
}
";

/// Nobody outside sees what is in it.
const INNER: &str = "use super::Replica;

pub(super) struct Hidden;

impl Hidden {
    pub fn f() {}
}

impl Replica {
    pub(super) fn g(&self) {}
}
";

const TESTS: &str = "#![cfg(test)]
impl super::Replica {
    pub fn h() {}
}
";

#[test]
fn a_file_with_nothing_but_blocks_of_a_kept_type_stays() {
    let after = stripped(&[
        ("src/lib.rs", "mod replica;\n\npub use replica::Replica;\n"),
        ("src/replica.rs", REPLICA),
        ("src/replica/leader.rs", LEADER),
        ("src/replica/display.rs", DISPLAY),
        ("src/replica/inner.rs", INNER),
        ("src/replica/tests.rs", TESTS),
    ]);
    let names: Vec<&str> = after.iter().map(|(path, _)| path.as_str()).collect();
    let kept = ["src/lib.rs", "src/replica.rs", "src/replica/leader.rs", "src/replica/display.rs"];
    assert_eq!(names, kept);
    assert_eq!(after[1].1, "mod display;\nmod leader;\n\npub struct Replica();\n");
    assert_eq!(
        after[2].1,
        "//! Leading.

use super::Replica;

impl Replica {
    pub fn appends(&self) -> u8 {
        todo!(\"exercise 1: all\")
    }
}
"
    );
}

#[test]
fn a_public_method_is_never_lost_in_silence() {
    let krate =
        |text: &str| Crate::from_files("demo", [(PathBuf::from("src/lib.rs"), text.into())]);
    let given = krate("pub struct S;\nimpl S {\n    pub fn f() {}\n    fn g() {}\n}\n");
    let error = complete(&given, &krate("pub struct S;\n")).expect_err("`f` is gone");
    assert!(error.message.contains("`S::f` is public and would be lost"), "{error}");
    complete(&given, &krate("pub struct S;\nimpl S {\n    pub fn f() {}\n}\n"))
        .expect("only `g` is gone");
    complete(&given, &krate("pub struct Other;\n")).expect("the type went with it");
}

#[test]
fn constants_keep_what_they_are_computed_from() {
    one(
        "pub struct Term(u64);

impl Term {
    pub const FIRST: Term = Term::new(1);

    pub const fn new(n: u64) -> Term {
        Term(n)
    }

    pub const fn other(n: u64) -> Term {
        Term(n)
    }
}
",
        "pub struct Term(u64);

impl Term {
    pub const FIRST: Term = Term::new(1);

    pub const fn new(n: u64) -> Term {
        Term(n)
    }

    pub const fn other(n: u64) -> Term {
        panic!(\"not yet implemented: exercise 1: all\")
    }
}
",
    );
}

#[test]
fn parameters_that_nothing_uses_get_a_marker() {
    one(
        "pub struct Log<'a, T> {
    entries: Vec<&'a T>,
}

pub struct Half<T, U> {
    pub a: T,
    b: U,
}
",
        "pub struct Log<'a, T> { _inside: std::marker::PhantomData<(&'a (), T)> }

pub struct Half<T, U> {
    _inside: std::marker::PhantomData<U>,
    pub a: T,
}
",
    );
}
