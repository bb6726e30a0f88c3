//! Circles between the modules of a crate.
//!
//! Owns one rule of the house style: a module depends on those below it, and no two on each other.
//! A module is here a file `src/a.rs` with everything in `src/a/`. It depends on each other module
//! that it names by a path from the crate's root: `crate::b::B`, or `super::b::B` in `src/a.rs`.
//!
//! Left out on purpose: tests, for they may use everything; the crate's root, which names every
//! module, and what it re-exports (`crate::Error`); what the files of one module use of each other.
//! A method that is called without naming its module is not seen.

use super::{Finding, finding};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use workbook::items::{Crate, Item, Kind};

/// The crates that are looked at; a star is any folder.
const CRATES: [&str; 4] = ["solutions/*", "tests/harness", "tests/workbook", "book/builder"];

/// For each module those that it names, and where it does so first: the file and the line.
type Uses = BTreeMap<String, BTreeMap<String, (String, usize)>>;

/// The folder of the crate that a source file belongs to, if it is one that is looked at.
pub(super) fn crate_of(name: &str) -> Option<&str> {
    let (folder, _) = name.split_once("/src/")?;
    let fits = |wanted: &&str| match wanted.strip_suffix('*') {
        Some(start) => folder.strip_prefix(start).is_some_and(|rest| !rest.contains('/')),
        None => folder == *wanted,
    };
    CRATES.iter().any(fits).then_some(folder)
}

/// One finding for each circle in the crate in `folder`, whose files are named as in `src/lib.rs`.
pub(super) fn circles(folder: &str, files: Vec<(PathBuf, String)>) -> Vec<Finding> {
    let uses = uses(&Crate::from_files("tidy", files));
    // The shortest circle through each module: the same one comes from each of its modules.
    let found: BTreeSet<Vec<&str>> =
        uses.keys().filter_map(|module| circle_through(&uses, module)).collect();
    let told = found.iter().map(|circle| {
        let (file, line) = &uses[circle[0]][circle[1]];
        finding(&format!("{folder}/{file}"), *line, in_words(circle))
    });
    told.collect()
}

fn in_words(circle: &[&str]) -> String {
    let names: Vec<String> = circle.iter().map(|module| format!("`{module}`")).collect();
    let (last, others) = names.split_last().expect("a circle has two modules at least");
    let names = format!("{} and {last}", others.join(", "));
    let steps = circle.join(" -> ");
    let first = circle[0];
    let end = match circle.len() {
        2 => "a reader cannot start with either",
        _ => "a reader can start with none of them",
    };
    format!("{names} depend on each other: {steps} -> {first}; {end}")
}

/// The shortest way from a module back to it, begun at the first of its modules by name.
fn circle_through<'a>(uses: &'a Uses, module: &'a str) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::new();
    let mut ways = VecDeque::from([vec![module]]);
    while let Some(mut way) = ways.pop_front() {
        let used = uses.get(*way.last()?)?;
        if used.contains_key(module) {
            let first = way.iter().enumerate().min_by_key(|(_, name)| **name)?.0;
            way.rotate_left(first);
            return Some(way);
        }
        let new = used.keys().filter(|name| seen.insert(name.as_str()));
        ways.extend(new.map(|name| [&way[..], &[name]].concat()));
    }
    None
}

/// Every file counts for its module, but those that hold nothing but tests.
fn uses(krate: &Crate) -> Uses {
    let is_file = |item: &&Item| item.kind == Kind::Module && item.body.is_none();
    let files: Vec<&Item> = krate.items().iter().filter(is_file).collect();
    let top = |item: &Item| item.modules.first().unwrap_or(&item.name).clone();
    let mut uses: Uses = files.iter().map(|item| (top(item), BTreeMap::new())).collect();
    for file in files.iter().filter(|item| !item.in_tests) {
        let own = top(file);
        let mut named = Vec::new();
        if let Ok(stream) = file.source.parse() {
            names_at_root(stream, file.modules.len() + 1, &mut named);
        }
        named.retain(|(name, _)| *name != own && uses.contains_key(name));
        let place = file.file.to_string_lossy().replace('\\', "/");
        let used = uses.get_mut(&own).expect("it is there for each file");
        for (name, line) in named {
            used.entry(name).or_insert((place.clone(), line));
        }
    }
    uses
}

/// What is named by a path from the crate's root, with its line. The code is in a module that is
/// `depth` below the root.
fn names_at_root(stream: TokenStream, depth: usize, found: &mut Vec<(String, usize)>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        at += match rest {
            [hash, attribute, item @ ..] if is_sign(hash, '#') && is_cfg_test(attribute) => {
                2 + length_of_item(item)
            }
            [word, _, TokenTree::Group(block), ..] if is_word(word, "mod") => {
                names_at_root(block.stream(), depth + 1, found);
                3
            }
            [TokenTree::Group(group), ..] => {
                names_at_root(group.stream(), depth, found);
                1
            }
            [word, ..] if is_word(word, "crate") => {
                found.extend(names_after(&rest[1..]));
                1
            }
            [word, ..] if is_word(word, "super") => {
                let steps = rest.chunks(3).take_while(|step| is_word(&step[0], "super")).count();
                let words = 3 * steps - 2;
                if steps == depth {
                    found.extend(names_after(&rest[words..]));
                }
                words
            }
            _ => 1,
        };
    }
}

/// The names in `::name…` and in `::{name…, name…}`.
fn names_after(rest: &[TokenTree]) -> Vec<(String, usize)> {
    let [colon, other, next, ..] = rest else { return Vec::new() };
    if !is_sign(colon, ':') || !is_sign(other, ':') {
        return Vec::new();
    }
    let heads: Vec<TokenTree> = match next {
        TokenTree::Group(group) => {
            let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
            let parts = tokens.split(|token| is_sign(token, ','));
            parts.filter_map(|part| part.first().cloned()).collect()
        }
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => vec![next.clone()],
    };
    heads.iter().map(|head| (head.to_string(), head.span().start().line)).collect()
}

/// How many tokens an item has: up to its block, or to its semicolon if it has none, or is a `use`.
fn length_of_item(tokens: &[TokenTree]) -> usize {
    let block = tokens.iter().position(is_block).unwrap_or(tokens.len());
    let semicolon = tokens.iter().position(|token| is_sign(token, ';')).unwrap_or(tokens.len());
    let is_use = tokens[..block].iter().any(|token| is_word(token, "use"));
    let last = if is_use { semicolon } else { block.min(semicolon) };
    tokens.len().min(last + 1)
}

fn is_block(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    group.delimiter() == Delimiter::Brace
}

fn is_cfg_test(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    group.stream().to_string().replace(' ', "") == "cfg(test)"
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_sign(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// What is found in `src/lib.rs` with these modules, and in their files.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let texts = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned()));
    let findings = circles("demo", texts.collect());
    findings.iter().map(|it| format!("{}:{}: {}", it.file, it.line, it.what)).collect()
}

#[test]
fn two_modules_that_use_each_other_are_a_circle() {
    let log = "//! A.\n\nuse crate::interface::Payload;\n";
    let interface = "//! A.\nuse crate::log::Log;\n";
    let expected = "demo/src/interface.rs:2: `interface` and `log` depend on each other: \
                    interface -> log -> interface; a reader cannot start with either";
    assert_eq!(found(&[("src/log.rs", log), ("src/interface.rs", interface)]), [expected]);
}

#[test]
fn every_way_to_name_a_module_counts() {
    let back = ("src/a.rs", "use crate::b::B;\n");
    for text in [
        "use super::a::A;\n",
        "use crate::{Error, a};\n",
        "use crate::{c::{self, D}, a::A};\n",
        "fn f() { crate::a::f() }\n",
        "fn f(a: &mut crate::a::A) {}\n",
        "fn f() { assert!(g(crate::a::A)); }\n",
        "mod inner { use super::super::a::A; }\n",
        "#[cfg(test)]\nuse crate::{c::C, d};\nuse crate::a::A;\n",
        "#[cfg(test)]\nmod tests;\n#[cfg(unix)]\nuse crate::a::A;\n",
        "#[cfg(test)]\n#[allow(a)]\nfn f(b: B) {}\nuse crate::a::A;\n",
    ] {
        assert_eq!(found(&[back, ("src/b.rs", text)]).len(), 1, "{text}");
    }
    let below = [back, ("src/b.rs", "mod c;\n"), ("src/b/c.rs", "use super::super::a::A;\n")];
    let [told] = &found(&below)[..] else { panic!("{:?}", found(&below)) };
    assert!(told.contains("a -> b -> a"), "{told}");
    let folder = [back, ("src/b/mod.rs", "use super::a::A;\n")];
    assert_eq!(found(&folder).len(), 1);
}

#[test]
fn a_long_circle_is_found_once() {
    let files = [
        ("src/d.rs", "use crate::b::B;\n"),
        ("src/b.rs", "use crate::c::C;\n"),
        ("src/c.rs", "use crate::{a::A, d::D};\n"),
        ("src/a.rs", ""),
        ("src/e.rs", "use crate::d::D;\n"),
    ];
    let expected = "demo/src/b.rs:1: `b`, `c` and `d` depend on each other: b -> c -> d -> b; a \
                    reader can start with none of them";
    assert_eq!(found(&files), [expected]);
}

#[test]
fn two_circles_through_one_module_are_two() {
    let files = [
        ("src/a.rs", "use crate::{b::B, c::C};\n"),
        ("src/b.rs", "use crate::a::A;\n"),
        ("src/c.rs", "use crate::a::A;\n"),
    ];
    assert_eq!(found(&files).len(), 2);
}

#[test]
fn no_circle_is_found_where_none_is() {
    let back = ("src/a.rs", "use crate::b::B;\n");
    for text in [
        "use std::fmt;\n",
        "use crate::c::a;\n",
        "use super::b::a;\n",
        "//! See [`A`](crate::a::A).\n\n/// Or `crate::a`.\nfn f() {}\n",
        "// crate::a::A\nconst A: &str = \"crate::a::A\";\n",
        "#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n",
        "#[cfg(test)]\nuse crate::{c::C, a::A};\n",
        "#[cfg(test)]\n#[allow(a)]\nfn f(a: crate::a::A) {}\n",
        "mod inner { use super::a; }\n",
        "pub(crate) fn a() { self::a::f() }\n",
        "use crate::*;\n",
    ] {
        assert_eq!(found(&[back, ("src/b.rs", text)]), [""; 0], "{text}");
    }
    let root = ("src/lib.rs", "mod a;\nmod b;\npub use crate::a::A;\n");
    assert_eq!(found(&[root, back, ("src/b.rs", "use crate::A;\n")]), [""; 0]);
    let child = ("src/b/c.rs", "use super::B;\nuse super::a;\nuse crate::b::f;\n");
    assert_eq!(found(&[back, ("src/b.rs", "mod c;\nuse c::C;\n"), child]), [""; 0]);
    let tests = ("src/b/tests.rs", "use crate::a::A;\n");
    assert_eq!(found(&[back, ("src/b.rs", "#[cfg(test)]\nmod tests;\n"), tests]), [""; 0]);
}

#[test]
fn crates_are_told_from_other_folders() {
    assert_eq!(crate_of("solutions/02-replication/src/a/b.rs"), Some("solutions/02-replication"));
    assert_eq!(crate_of("tests/harness/src/lib.rs"), Some("tests/harness"));
    assert_eq!(crate_of("book/builder/src/page.rs"), Some("book/builder"));
    for other in ["tests/harness/tests/toy/mod.rs", "book/src/x.rs", "solutions/a/b/src/lib.rs"] {
        assert_eq!(crate_of(other), None, "{other}");
    }
}
