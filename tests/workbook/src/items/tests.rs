//! Every kind of item, in sources that are hard to read.

use super::{Crate, Item, Kind};

fn one(source: &str) -> Crate {
    Crate::from_files("demo", [("src/lib.rs".into(), source.to_owned())])
}

fn many(files: &[(&str, &str)]) -> Crate {
    let owned = files.iter().map(|(path, text)| ((*path).into(), (*text).to_owned()));
    Crate::from_files("demo", owned)
}

#[track_caller]
fn find<'a>(demo: &'a Crate, path: &str) -> &'a Item {
    demo.find(path).unwrap_or_else(|error| panic!("{path}: {error:?}"))
}

#[track_caller]
fn refused(demo: &Crate, path: &str) -> String {
    let error = demo.find(path).expect_err("nothing, or more than one thing, has this name");
    format!("{error:?}")
}

fn body(item: &Item) -> &str {
    &item.source[item.body.clone().expect("an item with a block")]
}

const KINDS: &str = r##"//! The crate.
#![allow(dead_code)]

use std::fmt;

/// A thing with a } brace { in its docs.
///
///     let code = "{";
#[derive(Clone)]
pub struct Thing<T> where T: Clone {
    /// The inside.
    #[allow(unused)]
    inner: T,
}

struct Pair(u8, u8);

pub enum Shape {
    /// Round.
    Round { radius: u8 },
    Flat,
}

pub trait Area {
    const SIDES: u8 = 0;
    type Unit;
    /// How much.
    fn area(&self) -> u64;
    fn twice(&self) -> u64 { 2 * self.area() }
}

impl<T> Thing<T>
where
    T: Clone,
{
    /// New.
    pub fn new(inner: T) -> Thing<T> {
        let text = r#"} "quoted" {"#;
        println!("{text} {{ {} }}", '}');
        Thing { inner }
    }
}

impl<T: Clone> Area for Thing<T> {
    type Unit = u8;
    fn area(&self) -> u64 { 1 }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}", self.0) }
}
impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{{}}") }
}

const LIMIT: usize = { 3 };
static NAME: &str = "{";
type Pairs = Vec<Pair>;
macro_rules! twice { ($e:expr) => { $e + $e } }

mod inner {
    //! Inside.
    pub mod deep {
        pub fn answer() -> u8 { 42 }
        pub fn limit() {}
    }
    pub fn limit() {}
}

#[cfg(test)]
mod tests {
    fn answer() {}
}
"##;

#[test]
fn every_kind_is_found() {
    let demo = one(KINDS);
    for (path, kind, signature) in [
        ("demo::Thing", Kind::Struct, "pub struct Thing<T> where T: Clone"),
        ("demo::Thing::inner", Kind::Field, "inner: T"),
        ("demo::Pair", Kind::Struct, "struct Pair(u8, u8)"),
        ("demo::Shape", Kind::Enum, "pub enum Shape"),
        ("demo::Shape::Round", Kind::Variant, "Round { radius: u8 }"),
        ("demo::Area", Kind::Trait, "pub trait Area"),
        ("demo::Area::area", Kind::Function, "fn area(&self) -> u64"),
        ("demo::Area::twice", Kind::Function, "fn twice(&self) -> u64"),
        ("demo::Area::SIDES", Kind::Constant, "const SIDES: u8 = 0"),
        ("demo::Thing::new", Kind::Function, "pub fn new(inner: T) -> Thing<T>"),
        ("demo::Thing<T>::new", Kind::Function, "pub fn new(inner: T) -> Thing<T>"),
        ("demo::Thing::area", Kind::Function, "fn area(&self) -> u64"),
        ("demo::<Thing as Area>::area", Kind::Function, "fn area(&self) -> u64"),
        ("demo::<Thing<T> as Area>::Unit", Kind::Alias, "type Unit = u8"),
        ("demo::<Thing as Area>", Kind::Impl, "impl<T: Clone> Area for Thing<T>"),
        ("demo::<Thing>", Kind::Impl, "impl<T> Thing<T>\nwhere\n    T: Clone,"),
        ("demo::LIMIT", Kind::Constant, "const LIMIT: usize = { 3 }"),
        ("demo::NAME", Kind::Constant, "static NAME: &str = \"{\""),
        ("demo::Pairs", Kind::Alias, "type Pairs = Vec<Pair>"),
        ("demo::inner", Kind::Module, "mod inner"),
        ("demo::deep::limit", Kind::Function, "pub fn limit()"),
        ("demo::inner::deep::limit", Kind::Function, "pub fn limit()"),
        ("demo", Kind::Crate, ""),
    ] {
        let item = find(&demo, path);
        assert_eq!((item.kind, item.signature.as_str()), (kind, signature), "{path}");
    }
    assert_eq!(find(&demo, "demo::twice").kind, Kind::Macro);
}

#[test]
fn spans_are_exact() {
    let demo = one(KINDS);
    let new = find(&demo, "demo::Thing::new");
    assert!(body(new).starts_with("{\n        let text") && body(new).ends_with("inner }\n    }"));
    assert!(new.text().starts_with("/// New.\npub fn new(inner: T) -> Thing<T> {\n    let text"));
    assert!(new.text_without_docs().starts_with("pub fn new"));

    let thing = find(&demo, "demo::Thing");
    assert!(thing.text().starts_with("/// A thing with a } brace"));
    assert!(thing.text_without_docs().starts_with("#[derive(Clone)]\npub struct"));
    assert!(thing.source[thing.plain.clone()].starts_with("pub struct Thing<T>"));
    assert_eq!(thing.docs, "A thing with a } brace { in its docs.\n\n    let code = \"{\";");
    assert_eq!(find(&demo, "demo::Thing::inner").docs, "The inside.");

    assert_eq!(find(&demo, "demo").docs, "The crate.");
    assert_eq!(find(&demo, "demo::inner").docs, "Inside.");
    assert_eq!(body(find(&demo, "demo::answer")), "{ 42 }");
    assert_eq!(find(&demo, "demo::Area::area").body, None);
}

#[test]
fn ambiguous_names_list_their_candidates() {
    let demo = one(KINDS);
    let both = refused(&demo, "demo::Pair::fmt");
    assert!(both.contains("fits 2 items"), "{both}");
    assert!(both.contains("<Pair as fmt::Display>::fmt (src/lib.rs:50)"), "{both}");
    assert_eq!(find(&demo, "demo::<Pair as Debug>::fmt").line(), 53);
    assert_eq!(find(&demo, "demo::<Pair as fmt::Debug>::fmt").line(), 53);
    assert!(refused(&demo, "demo::limit").contains("inner::deep::limit"));
    // All modules named beats some modules left out.
    assert_eq!(find(&demo, "demo::inner::limit").modules, ["inner"]);
    assert_eq!(find(&demo, "demo::deep::limit").modules, ["inner", "deep"]);
}

#[test]
fn unknown_names_get_the_nearest() {
    let demo = one(KINDS);
    assert!(refused(&demo, "demo::Thing::news").contains("`demo::Thing<T>::new`"));
    assert!(refused(&demo, "demo::Shap").contains("`demo::Shape`"));
    assert!(refused(&demo, "other::Shape").contains("begins with its crate: `demo::"));
    assert!(refused(&demo, "demo::xyzzy_plugh").contains("write the path as"));
    for nonsense in ["", "::", "demo::", "demo::<Thing", "demo::Thing>", "<Thing as Area>", "<>"] {
        refused(&demo, nonsense);
    }
}

#[test]
fn files_are_modules() {
    let demo = many(&[
        ("src/lib.rs", "//! Root.\nmod votes;\n/// About tests.\n#[cfg(test)]\nmod checks;\n"),
        ("src/votes.rs", "//! Votes.\n//!\n//! More.\n\nmod count;\nfn cast() {}\n"),
        ("src/votes/count.rs", "pub fn count() {}\npub(crate) fn cast() {}\n"),
        ("src/checks.rs", "fn count() {}\n"),
        ("src/log/mod.rs", "fn append() {}\n"),
    ]);
    let votes = find(&demo, "demo::votes");
    assert_eq!((votes.docs.as_str(), votes.span.clone()), ("Votes.\n\nMore.", 0..50));
    assert!(votes.text_without_docs().starts_with("mod count;"));
    assert_eq!(find(&demo, "demo::votes::count::cast").modules, ["votes", "count"]);
    assert_eq!(find(&demo, "demo::votes::cast").modules, ["votes"]);
    assert_eq!(find(&demo, "demo::log::append").file.to_str(), Some("src/log/mod.rs"));
    // Both the function and its module are called so; the path must say which.
    assert!(refused(&demo, "demo::count").contains("votes::count::count"));
    assert_eq!(find(&demo, "demo::count::count").kind, Kind::Function);
    assert!(find(&demo, "demo::checks::count").in_tests);
}

#[test]
fn a_module_may_be_called_as_its_crate() {
    let demo = many(&[("src/lib.rs", "//! Root.\nmod demo;\n"), ("src/demo.rs", "//! Inner.\n")]);
    assert_eq!(find(&demo, "demo").docs, "Root.");
    assert_eq!(find(&demo, "demo::demo").docs, "Inner.");
}

#[test]
fn bytes_are_counted_behind_what_the_parser_skips() {
    for before in ["", "\u{feff}", "#!/usr/bin/env rust\n", "// größer → ≤\r\n/* 水 */"] {
        let source =
            format!("{before}\r\n/// Für „alle“.\r\nfn größe() -> u8 {{\r\n    7\r\n}}\r\n");
        let demo = one(&source);
        let item = find(&demo, "demo::größe");
        assert_eq!(body(item), "{\r\n    7\r\n}", "{before:?}");
        assert_eq!(item.docs, "Für „alle“.");
        assert!(source[item.span.clone()].starts_with("/// Für"), "{before:?}");
    }
}

#[test]
fn block_comments_are_docs_too() {
    let demo =
        one("/**\n * First.\n *\n *   indented\n */\nfn a() {}\n#[doc = \"Said.\"]\nfn b() {}\n");
    assert_eq!(find(&demo, "demo::a").docs, "First.\n\n  indented");
    assert_eq!(find(&demo, "demo::b").docs, "Said.");
    assert_eq!(find(&demo, "demo::b").text_without_docs(), "fn b() {}");
}

#[test]
fn a_function_tells_what_the_cutter_must_know() {
    let demo = one("impl S {
        fn plain(&mut self, _unused: u8) {}
        fn binds(&self, (a, _): (u8, u8)) {}
        fn mutates(mut self) -> Vec<impl Iterator> {}
        const fn constant(mut n: u8) -> u8 { n }
        fn implicit(&self, [_x, S { y, .. }]: [S; 2]) {}
    }");
    let facts = |name: &str| {
        let item = find(&demo, &format!("demo::S::{name}"));
        let facts = item.function.clone().expect("a function");
        (facts.is_const, facts.opaque, facts.binds, facts.mutates)
    };
    assert_eq!(facts("plain"), (false, None, false, false));
    assert_eq!(facts("binds"), (false, None, true, false));
    assert_eq!(facts("mutates"), (false, Some("Vec<impl Iterator>".to_owned()), false, true));
    assert_eq!(facts("constant"), (true, None, true, true));
    assert_eq!(facts("implicit"), (false, None, true, false));
}

#[test]
fn a_broken_file_hides_only_itself() {
    let demo = many(&[("src/lib.rs", "fn good() {}"), ("src/bad.rs", "fn bad( {}")]);
    assert_eq!(find(&demo, "demo::good").line(), 1);
    let error = refused(&demo, "demo::bad");
    assert!(error.contains("src/bad.rs cannot be read: line 1"), "{error}");
}
