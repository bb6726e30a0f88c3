//! The house style, as far as a machine can see it.
//!
//! Owns the limits of every file that is not a learner's: `solutions/`, the harness, the command,
//! the book's builder and the graded tests. Each finding says where, which rule, and why it is one.
//! What is in `chapters/` is cut from `solutions/` or belongs to whoever is learning.
//!
//! Left to `circles`: the one rule that is about a crate and not about a file.

mod circles;

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use workbook::items::{Crate, Item, Kind, line_of};
use workbook::repo::{Repo, Tree};

const COLUMNS: usize = 100;
const FUNCTION: usize = 70;
const FILE: usize = 400;
/// Tests are lists of cases, which may be longer.
const TEST_FILE: usize = 600;

/// One broken rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    file: String,
    line: usize,
    what: String,
}

#[test]
fn the_repository_is_tidy() {
    let root = root();
    let pure = pure(&root);
    let mut findings = Vec::new();
    let mut rust = 0;
    let mut crates: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for path in files(&root) {
        let name = path.to_string_lossy().replace('\\', "/");
        let Ok(text) = fs::read_to_string(root.join(&path)) else { continue };
        findings.extend(machine_paths(&name, &text));
        if name.ends_with(".rs") && is_ours(&name) {
            rust += 1;
            findings.extend(check(&name, &text, &pure));
            if let Some(folder) = circles::crate_of(&name) {
                let inside = PathBuf::from(&name[folder.len() + 1..]);
                crates.entry(folder.to_owned()).or_default().push((inside, text));
            }
        }
    }
    assert!(rust > 10, "only {rust} files were looked at: the walk is broken");
    assert!(crates.contains_key("tests/harness"), "tests/harness was not looked at whole");
    for (folder, files) in crates {
        findings.extend(circles::circles(&folder, files));
    }
    let list: Vec<String> = findings
        .iter()
        .map(|finding| format!("{}:{}: {}", finding.file, finding.line, finding.what))
        .collect();
    assert!(list.is_empty(), "\n{}\n\n{} in all\n", list.join("\n"), list.len());
}

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).expect("this package is two folders below the root").to_path_buf()
}

/// The folders of crates in which one seed is one run, as their manifests say.
fn pure(root: &Path) -> Vec<String> {
    let repo = Repo::at(root).expect("the manifests can be read");
    let pure = repo.chapters.iter().filter(|chapter| chapter.manifest.pure);
    pure.map(|chapter| format!("{}/", chapter.folder(Tree::Solution))).collect()
}

/// Every file of the repository: what git knows or would add; without git, what is there.
fn files(root: &Path) -> Vec<PathBuf> {
    let words = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").args(words).current_dir(root).output();
    let mut found: Vec<PathBuf> = match listed {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect()
        }
        _ => {
            let mut found = Vec::new();
            walk(root, Path::new(""), &mut found);
            found
        }
    };
    found.retain(|path| root.join(path).is_file());
    found.sort();
    found.dedup();
    found
}

fn walk(root: &Path, inside: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(root.join(inside)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let path = inside.join(&name);
        let hidden = name.to_string_lossy().starts_with('.') && name != ".cargo" && name != ".ci";
        let built = name == "target" || path == Path::new("book/dist");
        if hidden || built {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(root, &path, found),
            Ok(kind) if kind.is_file() => found.push(path),
            _ => {}
        }
    }
}

fn is_ours(name: &str) -> bool {
    let ours =
        ["solutions/", "tests/", "book/builder/"].iter().any(|start| name.starts_with(start));
    // A mutant is a mistake, in a form of its own.
    ours && !name.contains("/mutants/")
}

/// Files that are tests as a whole.
fn is_test_file(name: &str) -> bool {
    let graded = name.strip_prefix("tests/").is_some_and(|rest| rest.starts_with(char::is_numeric));
    graded
        || name.contains("/tests/") && !name.starts_with("tests/workbook/src/")
        || name.ends_with("/tests.rs")
}

/// All rules for one Rust file.
fn check(name: &str, text: &str, pure: &[String]) -> Vec<Finding> {
    let krate = Crate::from_files("tidy", [(PathBuf::from("src/lib.rs"), text.to_owned())]);
    if let Some(reason) = &krate.files()[0].broken {
        return vec![finding(name, 1, format!("is not Rust: {reason}"))];
    }
    let tests = test_lines(&krate, text, is_test_file(name));
    let mut found = long_lines(name, text);
    found.extend(long_file(name, text, &tests));
    found.extend(long_functions(name, &krate));
    found.extend(no_introduction(name, text));
    found.extend(words(name, text, &tests, pure));
    found.extend(unfinished(name, text));
    found
}

fn finding(file: &str, line: usize, what: impl Into<String>) -> Finding {
    Finding { file: file.to_owned(), line, what: what.into() }
}

/// The lines that are tests.
fn test_lines(krate: &Crate, text: &str, all: bool) -> Vec<RangeInclusive<usize>> {
    if all {
        return vec![1..=usize::MAX];
    }
    let is_block = |item: &&Item| item.kind == Kind::Module && item.in_tests;
    let blocks = krate.items().iter().filter(is_block);
    blocks.map(|item| line_of(text, item.span.start)..=line_of(text, item.span.end)).collect()
}

fn long_lines(name: &str, text: &str) -> Vec<Finding> {
    let long = text.lines().enumerate().filter(|(_, line)| line.chars().count() > COLUMNS);
    let what = |line: &str| {
        format!(
            "has {} columns; beyond {COLUMNS}, two files do not fit side by side",
            line.chars().count()
        )
    };
    long.map(|(at, line)| finding(name, at + 1, what(line))).collect()
}

fn long_file(name: &str, text: &str, tests: &[RangeInclusive<usize>]) -> Option<Finding> {
    let (limit, lines) = if is_test_file(name) {
        (TEST_FILE, text.lines().count())
    } else {
        let own = (1..=text.lines().count()).filter(|at| !tests.iter().any(|t| t.contains(at)));
        (FILE, own.count())
    };
    (lines > limit).then(|| {
        let what =
            format!("the file has {lines} lines; beyond {limit}, it owns more than one thing");
        finding(name, 1, what)
    })
}

fn long_functions(name: &str, krate: &Crate) -> Vec<Finding> {
    let functions = krate.items().iter().filter(|item| item.kind == Kind::Function);
    let mut found = Vec::new();
    for item in functions {
        let lines = item.source[item.plain.clone()].lines().count();
        if lines > FUNCTION {
            let what = format!(
                "`{}` has {lines} lines; beyond {FUNCTION}, nobody sees all of it at once",
                item.name
            );
            found.push(finding(name, item.line(), what));
        }
    }
    found
}

fn no_introduction(name: &str, text: &str) -> Option<Finding> {
    let what = "the file does not begin with `//!`: what it owns, what it leaves to others";
    (!text.starts_with("//!")).then(|| finding(name, 1, what))
}

/// Words that have no place in some crates.
fn words(name: &str, text: &str, tests: &[RangeInclusive<usize>], pure: &[String]) -> Vec<Finding> {
    let library = (name.starts_with("solutions/") || name.starts_with("tests/harness/"))
        && name.contains("/src/")
        && !name.contains("/src/bin/")
        && !name.ends_with("/main.rs");
    let pure = pure.iter().any(|folder| name.starts_with(folder));
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (at, (word, line)) in tokens.iter().enumerate() {
        if tests.iter().any(|test| test.contains(line)) {
            continue;
        }
        let next = tokens.get(at + 1).map_or("", |(word, _)| word.as_str());
        let before = at.checked_sub(1).map_or("", |before| tokens[before].0.as_str());
        let what = match word.as_str() {
            "unwrap" if before == "." => {
                "unwraps outside a test: `expect` can say what was expected, `?` can hand it on"
            }
            "println" | "print" | "dbg" if library && next == "!" => {
                "prints in a library: what a machine does comes out of its calls"
            }
            "HashMap" | "HashSet" | "RandomState" if pure => {
                "has an order of chance: with BTreeMap and BTreeSet one seed is one run"
            }
            "Instant" | "SystemTime" | "thread_rng" if pure => {
                "reads a clock or draws: time and draws are lent for the call"
            }
            _ => continue,
        };
        found.push(finding(name, *line, format!("`{word}` {what}")));
    }
    found
}

fn unfinished(name: &str, text: &str) -> Vec<Finding> {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut found = Vec::new();
    if name.starts_with("solutions/") {
        for (at, line) in text.lines().enumerate() {
            let mut words = line.split(|letter: char| !letter.is_alphanumeric());
            if let Some(mark) = words.find(|word| marks.contains(word)) {
                let what = format!("`{mark}` in a solution: a reader cannot do it for us");
                found.push(finding(name, at + 1, what));
            }
        }
    }
    found
}

/// Folders of somebody's machine.
fn machine_paths(name: &str, text: &str) -> Vec<Finding> {
    let folders = [
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/Us", "ers/"),
    ];
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for folder in folders {
            // In the middle of a path it is an ordinary folder's name.
            let starts = line.match_indices(folder).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|letter| !letter.is_alphanumeric() && !"._-~/})".contains(letter))
            });
            if starts {
                let what = format!("`{folder}…` is a folder of one machine");
                found.push(finding(name, at + 1, what));
            }
        }
    }
    found
}

/// Words and signs with their lines, without comments and the insides of strings.
fn tokens(text: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    if let Ok(stream) = text.parse::<TokenStream>() {
        flatten(stream, &mut found);
    }
    found
}

fn flatten(stream: TokenStream, found: &mut Vec<(String, usize)>) {
    for token in stream {
        let line = token.span().start().line;
        match token {
            TokenTree::Group(group) => flatten(group.stream(), found),
            TokenTree::Ident(ident) => found.push((ident.to_string(), line)),
            TokenTree::Punct(punct) => found.push((punct.as_char().to_string(), line)),
            TokenTree::Literal(_) => found.push((String::new(), line)),
        }
    }
}

#[track_caller]
fn finds(name: &str, text: &str, line: usize, what: &str) {
    let found = check(name, text, &["solutions/01-demo/".to_owned()]);
    let fits = |finding: &Finding| finding.line == line && finding.what.contains(what);
    assert!(found.iter().any(fits), "{what} in {name}: {found:?}");
}

#[test]
fn every_rule_finds_its_case() {
    let source = "solutions/01-demo/src/lib.rs";
    finds(source, &format!("//! A.\n// {}\n", "x".repeat(98)), 2, "has 101 columns");
    finds(source, &format!("//! A.\n{}", "\n".repeat(400)), 1, "the file has 401 lines");
    let function = format!("//! A.\n/// B.\nfn f() {{{}}}\n", "\n".repeat(71));
    finds(source, &function, 3, "`f` has 72 lines");
    finds(source, "fn f() {}\n", 1, "does not begin with `//!`");
    finds(source, "//! A.\nfn f() {\n    a().unwrap();\n}\n", 3, "unwraps outside a test");
    finds(source, "//! A.\nfn f() {\n    println!();\n}\n", 3, "prints in a library");
    finds(source, "//! A.\nuse std::collections::HashMap;\n", 2, "an order of chance");
    finds(source, "//! A.\nuse std::time::{Duration, Instant};\n", 2, "reads a clock");
    finds(source, &format!("//! A.\n// {}: b\n", concat!("TO", "DO")), 2, "cannot do it for us");
    finds(source, "//! A.\nfn f( {\n", 1, "is not Rust");
    let path = format!("see {}me/x\n", "/ho");
    assert_eq!(machine_paths("a.md", &path).len(), 1);
}

#[test]
fn no_rule_finds_what_is_allowed() {
    for (name, text) in [
        ("tests/01-demo/main.rs", format!("//! A.\n{}", "\n".repeat(500))),
        ("tests/harness/src/a.rs", "//! A.\nuse std::collections::HashMap;\n".to_owned()),
        ("solutions/10-server/src/main.rs", "//! A.\nfn f() { println!(); }\n".to_owned()),
        ("solutions/03-wal/src/a.rs", "//! A.\nuse std::time::Instant;\n".to_owned()),
        ("solutions/01-demo/src/a.rs", "//! A `HashMap`, .unwrap()\n// println!\n".to_owned()),
        ("solutions/01-demo/src/a.rs", "//! A.\nconst A: &str = \"x.unwrap()\";\n".to_owned()),
        (
            "solutions/01-demo/src/a.rs",
            format!(
                "//! A.\n#[cfg(test)]\nmod tests {{\n    fn f() {{ a.unwrap() }}\n{}}}\n",
                "\n".repeat(450)
            ),
        ),
        ("solutions/01-demo/src/a.rs", "//! A.\nfn todo_list() { todo!() }\n".to_owned()),
    ] {
        let found = check(name, &text, &["solutions/01-demo/".to_owned()]);
        assert_eq!(found, [], "{name}: {text}");
    }
    for fine in ["https://example.org/home/x", "../home/main", "athome/a", "{root}/home/x"] {
        assert_eq!(machine_paths("a.md", fine), []);
    }
}
