//! Small sources, and what becomes of them.

use super::check::Warning;
use super::{Cut, Hole, Plan, first_difference};
use crate::items::Crate;
use std::path::PathBuf;

fn plan(holes: &[(&str, &str)], removed: &[&str]) -> Plan {
    let hole = |(exercise, item): &(&str, &str)| Hole {
        exercise: (*exercise).to_owned(),
        says: format!("exercise {exercise}: do it"),
        item: (*item).to_owned(),
    };
    Plan {
        holes: holes.iter().map(hole).collect(),
        removed: removed.iter().map(|path| (*path).to_owned()).collect(),
    }
}

fn demo(source: &str) -> Crate {
    Crate::from_files("demo", [(PathBuf::from("src/lib.rs"), source.to_owned())])
}

#[track_caller]
fn cut(source: &str, holes: &[(&str, &str)], removed: &[&str]) -> String {
    let cut = Cut::new(&demo(source), &plan(holes, removed)).expect("it can be cut");
    cut.render().remove(0).1
}

#[track_caller]
fn refused(source: &str, holes: &[(&str, &str)], removed: &[&str]) -> String {
    let error = Cut::new(&demo(source), &plan(holes, removed)).expect_err("it cannot be cut");
    assert!(!error.message.contains('\n') && !error.next.is_empty(), "{error}");
    error.message
}

#[test]
fn a_body_becomes_a_hole_and_nothing_else_changes() {
    let before = r##"//! Größe ≤ 3.

/// Docs with } and { and ```todo```.
impl Vote {
    /// Grants.
    pub fn grants<T>(&self, who: T) -> bool
    where
        T: Into<u8>,
    {
        let text = r#"} "{"#; // }
        matches!(who.into(), 0..=9) && text.len() > '{'.len_utf8()
    }

    fn kept(&self) -> &str { "{ as it was }" }
}
"##;
    let after = r##"//! Größe ≤ 3.

/// Docs with } and { and ```todo```.
impl Vote {
    /// Grants.
    pub fn grants<T>(&self, who: T) -> bool
    where
        T: Into<u8>,
    {
        #![allow(unused_variables, reason = "exercise 1.4 is not written yet")]
        todo!("exercise 1.4: do it")
    }

    fn kept(&self) -> &str { "{ as it was }" }
}
"##;
    assert_eq!(cut(before, &[("1.4", "demo::Vote::grants")], &[]), after);
}

#[test]
fn the_attribute_names_what_would_be_unused() {
    let source =
        "fn none() {}\nfn bound(a: u8) {}\nfn changed(mut a: u8) {}\nfn hidden(_a: u8) {}\n";
    let holes = [
        ("1.1", "demo::none"),
        ("1.2", "demo::bound"),
        ("1.3", "demo::changed"),
        ("1.4", "demo::hidden"),
    ];
    let after = cut(source, &holes, &[]);
    assert!(after.starts_with("fn none() {\n    todo!(\"exercise 1.1: do it\")\n}\n"), "{after}");
    assert!(after.contains("#![allow(unused_variables, reason = \"exercise 1.2 is"), "{after}");
    assert!(after.contains("#![allow(unused_variables, unused_mut, reason = "), "{after}");
    assert!(
        after.ends_with("fn hidden(_a: u8) {\n    todo!(\"exercise 1.4: do it\")\n}\n"),
        "{after}"
    );
}

#[test]
fn long_lines_are_broken_as_rustfmt_breaks_them() {
    let source = ["mod a {", "mod b {", "mod c {", "mod d {", "fn f(mut a: u8) {"];
    let opened = (0..).zip(source).map(|(depth, line)| format!("{}{line}\n", "    ".repeat(depth)));
    let closed = (0..source.len()).rev().map(|depth| format!("{}}}\n", "    ".repeat(depth)));
    let source: String = opened.chain(closed).collect();
    let mut plan = plan(&[("1.4", "demo::f")], &[]);
    plan.holes[0].says = format!("exercise 1.4: {}", "x".repeat(60));
    let after = Cut::new(&demo(&source), &plan).expect("it fits").render().remove(0).1;
    let (space, deeper) = (" ".repeat(20), " ".repeat(24));
    let attribute = format!(
        "{space}#![allow(\n{deeper}unused_variables,\n{deeper}unused_mut,\n{deeper}reason = \
         \"exercise 1.4 is not written yet\"\n{space})]\n{space}todo!(\n{deeper}\"exercise 1.4: x"
    );
    assert!(after.contains(&attribute), "{after}");
    plan.holes[0].says = format!("exercise 1.4: {}", "x".repeat(61));
    let error = Cut::new(&demo(&source), &plan).expect_err("it does not fit");
    assert!(error.message.contains("title that does not fit"), "{error}");
}

#[test]
fn line_ends_stay_as_they_are() {
    let after = cut("fn f(a: u8) {\r\n    a;\r\n}\r\n", &[("1.1", "demo::f")], &[]);
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count(), "{after:?}");
}

#[test]
fn what_cannot_be_a_hole_is_refused() {
    let source = "pub fn iterates() -> impl Iterator<Item = u8> { [].into_iter() }
const fn constant() -> u8 { 1 }
trait T { fn declared(&self); }
struct S { field: u8 }
fn outer() { fn inner() {} }
mod m { pub fn inside() {} }
";
    for (item, why) in [
        ("demo::iterates", "returns `impl Iterator<Item = u8>`"),
        ("demo::constant", "is a `const fn`"),
        ("demo::T::declared", "has no body"),
        ("demo::S", "has no body"),
        ("demo::missing", "has no item `demo::missing`"),
        ("other::outer", "is not an item of the crate `demo`"),
    ] {
        let message = refused(source, &[("1.1", item)], &[]);
        assert!(message.contains(why), "{item}: {message}");
    }
    let twice = refused(source, &[("1.1", "demo::outer"), ("1.2", "demo::outer")], &[]);
    assert!(twice.contains("exercise 1.2 (demo::outer) overlaps exercise 1.1 (demo::outer)"));
    let inside = refused(source, &[("1.1", "demo::m::inside")], &["demo::m"]);
    assert!(inside.contains("overlaps exercise 1.1"), "{inside}");
    assert!(refused("fn f( {}", &[], &[]).contains("src/lib.rs of the solution is not Rust"));
}

#[test]
fn removed_items_go_with_their_docs_and_one_empty_line() {
    let source = "fn first() {}

// Why it is so.
/// Helps.
#[inline]
fn helper() {}

impl S {
    fn a() {}

    /// Helps.
    fn b() {}

    fn c() {}
}

enum E {
    /// One.
    One,
    Two,
}
";
    let all = ["demo::helper", "demo::S::b", "demo::E::One"];
    let after = "fn first() {}

impl S {
    fn a() {}

    fn c() {}
}

enum E {
    Two,
}
";
    assert_eq!(cut(source, &[], &all), after);
    assert!(cut(source, &[], &["demo::S::c"]).contains("    fn b() {}\n}\n"));
    assert!(cut(source, &[], &["demo::S::a"]).contains("impl S {\n    /// Helps.\n    fn b"));
    assert!(cut(source, &[], &["demo::first"]).starts_with("// Why it is so."));
    assert!(cut("struct P { a: u8, b: u8 }\n", &[], &["demo::P::a"]).contains("{  b: u8 }"));
}

#[test]
fn a_removed_module_takes_its_files_along() {
    let files = [
        ("src/lib.rs", "mod a;\n/// Answers.\nmod answers;\nmod b;\n"),
        ("src/a.rs", "fn a() {}\n"),
        ("src/answers.rs", "mod deep;\n"),
        ("src/answers/deep.rs", "fn deep() {}\n"),
        ("src/b.rs", "fn b() {}\n"),
    ];
    let files = files.map(|(path, text)| (PathBuf::from(path), text.to_owned()));
    let krate = Crate::from_files("demo", files);
    let cut = Cut::new(&krate, &plan(&[], &["demo::answers"])).expect("it can be cut").render();
    let paths: Vec<&str> = cut.iter().filter_map(|(path, _)| path.to_str()).collect();
    assert_eq!(paths, ["src/lib.rs", "src/a.rs", "src/b.rs"]);
    assert_eq!(cut[0].1, "mod a;\nmod b;\n");
    let error = Cut::new(&krate, &plan(&[("1.1", "demo::deep::deep")], &["demo::answers"]));
    assert!(error.expect_err("an exercise is in it").message.contains("holds an exercise"));
}

const USES: &str = r#"use std::collections::{BTreeMap, BTreeSet};

/// Two fields.
pub struct S {
    /// Kept.
    pub a: BTreeSet<u8>,
    /// Only a hole reads it.
    #[cfg(all())]
    b: u8,
}

impl S {
    fn helps(&self) -> u8 { self.deeper() }

    fn deeper(&self) -> u8 { self.b }

    pub fn one(&self) -> u8 {
        let map: BTreeMap<u8, u8> = BTreeMap::new();
        self.helps() + map.len() as u8
    }

    pub fn two(&self) -> u8 {
        self.helps()
    }
}
"#;

/// A warning that points at the first place where `text` stands in the rendered starter.
fn warn(cut: &Cut, lint: &str, text: &str, word: &str) -> Warning {
    let (file, rendered) = cut.render().remove(0);
    let at = rendered.find(text).expect("the text is there");
    let at = at + text.find(word).expect("the word is in the text");
    let span = at..at + word.len();
    Warning { file, lint: lint.to_owned(), spans: vec![span], message: "never used".to_owned() }
}

#[test]
fn warnings_become_attributes_that_name_their_exercises() {
    let plan = plan(&[("1.1", "demo::S::one"), ("1.2", "demo::S::two")], &[]);
    let mut cut = Cut::new(&demo(USES), &plan).expect("it can be cut");
    let first = [
        warn(&cut, "unused_imports", "{BTreeMap", "BTreeMap"),
        warn(&cut, "dead_code", "fn helps", "helps"),
        warn(&cut, "dead_code", "fn deeper", "deeper"),
    ];
    assert!(cut.allow(&first).expect("all about unused things"));
    let text = cut.render().remove(0).1;
    assert!(text.starts_with(
        "#[allow(unused_imports, reason = \"exercise 1.1 uses it\")]\nuse std::collections"
    ));
    let helps = "    #[allow(dead_code, reason = \"exercises 1.1 and 1.2 use it\")]\n    fn helps";
    assert!(text.contains(helps), "{text}");
    // `deeper` is only used by `helps`, which the compiler takes for used from now on.
    assert!(!text.contains("use it\")]\n    fn deeper"), "{text}");

    // Positions count behind the attributes that are there by now.
    let second = [warn(&cut, "dead_code", "    b: u8", "b"), first[1].clone()];
    assert!(cut.allow(&second[..1]).expect("about an unused thing"));
    let text = cut.render().remove(0).1;
    let field = "    /// Only a hole reads it.
    #[allow(dead_code, reason = \"an exercise of this chapter uses it\")]
    #[cfg(all())]
    b: u8,
";
    assert!(text.contains(field), "{text}");
    assert!(!cut.allow(&second[..0]).expect("nothing to do"));
}

#[test]
fn what_a_removed_helper_uses_counts_for_its_users() {
    let source = "fn low() {}\nfn helper() { low() }\npub fn one() { helper() }\n";
    let mut cut = Cut::new(&demo(source), &plan(&[("1.1", "demo::one")], &["demo::helper"]))
        .expect("it can be cut");
    let warning = warn(&cut, "dead_code", "low", "low");
    assert!(cut.allow(&[warning]).expect("about an unused thing"));
    let text = cut.render().remove(0).1;
    assert!(text.starts_with("#[allow(dead_code, reason = \"exercise 1.1 uses it\")]\nfn low"));
}

#[test]
fn other_warnings_are_errors() {
    let mut cut = Cut::new(&demo(USES), &plan(&[], &[])).expect("it can be cut");
    let warning = warn(&cut, "deprecated", "fn helps", "helps");
    let error = cut.allow(&[warning]).expect_err("no hole explains it");
    assert!(error.message.contains("(deprecated) in src/lib.rs"), "{error}");
}

#[test]
fn the_first_difference_is_found() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nbc\nd", "a\nbd\nd"), Some((2, "bc", "bd")));
    assert_eq!(first_difference("a\n", "a\nb\n"), Some((2, "", "b")));
    assert_eq!(first_difference("ä\nö", "ä\nü"), Some((2, "ö", "ü")));
    assert_eq!(first_difference("", "x"), Some((1, "", "x")));
}
