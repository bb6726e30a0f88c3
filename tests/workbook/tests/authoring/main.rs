//! `sync`, `reset`, `hint`, `diff` and `use`, end to end on a small workbook.

mod fixture;

use fixture::{Fixture, SOLUTION, STARTER};
use std::fs;

#[test]
fn sync_cuts_a_starter_that_compiles_without_a_warning() {
    let book = Fixture::new();
    book.succeeds(&["sync", "--force"]);
    assert_eq!(book.mine(), STARTER);
    assert_eq!(book.read("chapters/01-demo/README.md"), "Not cut: copied.\n");
    book.compiles();

    // Whoever writes the bodies has no warning left either.
    for body in ["count", "decide", "fmt"] {
        let starter = book.mine();
        let (hole, solved) = (body_of(&starter, body), body_of(SOLUTION, body));
        let solved = solved.replace("more_than_half(self.yes(), of)", "2 * self.yes() > of");
        let end = starter.find(&hole).unwrap();
        let before = &starter[..end];
        let text = format!("{before}{solved}{}", &starter[end + hole.len()..]);
        book.write("chapters/01-demo/src/lib.rs", &text);
    }
    assert!(!book.mine().contains("todo!"), "{}", book.mine());
    book.compiles();
}

/// From the function's name to the line that closes it.
fn body_of(text: &str, name: &str) -> String {
    let from = text.find(&format!("fn {name}(")).expect("the function is there");
    let end = from + text[from..].find("\n    }\n").expect("it ends");
    text[from..end].to_owned()
}

#[test]
fn sync_is_idempotent_and_compares() {
    let book = Fixture::cut();
    let before =
        fs::metadata(book.path("chapters/01-demo/src/lib.rs")).unwrap().modified().unwrap();
    assert!(book.succeeds(&["sync"]).contains("chapters/01-demo is as it is cut"));
    let after = fs::metadata(book.path("chapters/01-demo/src/lib.rs")).unwrap().modified().unwrap();
    assert_eq!(before, after);
    book.succeeds(&["sync", "--check"]);
    // The same bytes come out when nothing is remembered.
    fs::remove_dir_all(book.path("target/workbook")).unwrap();
    book.succeeds(&["sync", "--check"]);

    book.edit("/// Counts.", "/// Counts them.");
    book.write("chapters/01-demo/src/extra.rs", "//! Mine.\n");
    book.write("chapters/01-demo/notes.md", "Beside src, a learner may keep what they like.\n");
    fs::remove_file(book.path("chapters/01-demo/src/limits.rs")).unwrap();
    let text = book.fails(&["sync", "--check"]);
    let line = "chapters/01-demo/src/lib.rs:19 is `/// Counts them.`, the cut has `/// Counts.`";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("chapters/01-demo/src/extra.rs is not in the cut"), "{text}");
    assert!(text.contains("chapters/01-demo/src/limits.rs is missing"), "{text}");
    assert!(!text.contains("notes.md"), "{text}");
}

#[test]
fn sync_never_loses_what_somebody_wrote() {
    let book = Fixture::new();
    // No git, and nothing says that `sync` wrote the placeholder.
    let text = book.fails(&["sync"]);
    assert!(text.contains("holds changes that neither `sync` made nor git has"), "{text}");
    book.succeeds(&["sync", "--force"]);

    // What `sync` wrote itself, it may write anew.
    let solution = SOLUTION.replace("Who voted how", "Who said what");
    book.write("solutions/01-demo/src/lib.rs", &solution);
    book.succeeds(&["sync"]);
    assert!(book.mine().contains("Who said what"));

    // A learner's change stops it, until git has it.
    book.edit("todo!(\"exercise 1.1: count the votes\")", "self.given.len()");
    book.write("solutions/01-demo/src/lib.rs", SOLUTION);
    book.fails(&["sync"]);
    assert!(book.mine().contains("self.given.len()"));
    book.commit();
    book.write("chapters/01-demo/src/new.rs", "//! New.\n");
    book.fails(&["sync"]);
    fs::remove_file(book.path("chapters/01-demo/src/new.rs")).unwrap();
    book.succeeds(&["sync"]);
    assert_eq!(book.mine(), STARTER);

    // What is gone cannot be lost.
    book.commit();
    fs::remove_file(book.path("chapters/01-demo/src/limits.rs")).unwrap();
    book.succeeds(&["sync"]);
    assert!(book.path("chapters/01-demo/src/limits.rs").is_file());

    // A file that the solution no longer has goes, with its folder.
    book.write("solutions/01-demo/src/deep/inner.rs", "//! Inner.\n");
    book.succeeds(&["sync"]);
    assert!(book.path("chapters/01-demo/src/deep/inner.rs").is_file());
    fs::remove_dir_all(book.path("solutions/01-demo/src/deep")).unwrap();
    book.succeeds(&["sync"]);
    assert!(!book.path("chapters/01-demo/src/deep").exists());
}

#[test]
fn sync_explains_what_cannot_be_cut() {
    let book = Fixture::new();
    let manifest = book.read("tests/01-demo/exercises.toml");
    let with = |from: &str, to: &str| {
        book.write("tests/01-demo/exercises.toml", &manifest.replace(from, to));
        book.fails(&["sync", "--force"])
    };
    let text = with("demo::Votes::count", "demo::Votes::cuont");
    assert!(
        text.contains("no item `demo::Votes::cuont`") && text.contains("Votes::count"),
        "{text}"
    );
    // Without this import the rest does not compile; the compiler says why.
    let text = with("demo::more_than_half", "demo::limits");
    assert!(text.contains("unresolved") && text.contains("does not compile"), "{text}");
    assert_eq!(book.mine(), "//! Nothing yet.\n");
}

#[test]
fn reset_puts_a_hole_back_and_keeps_a_backup() {
    let book = Fixture::cut();
    assert!(book.succeeds(&["reset", "1.1"]).contains("Exercise 1.1 is as it was given already"));
    // A body that does not even parse, and a change elsewhere.
    book.edit("todo!(\"exercise 1.1: count the votes\")", "if (self.given {\n        }");
    book.edit("Who voted how.", "Who voted how, in my words.");
    let broken = book.mine();
    let text = book.succeeds(&["reset", "1.1"]);
    assert!(text.contains("target/workbook/backup/1"), "{text}");
    assert_eq!(book.read("target/workbook/backup/1/chapters/01-demo/src/lib.rs"), broken);
    assert_eq!(book.mine(), STARTER.replace("Who voted how.", "Who voted how, in my words."));

    // The whole chapter, with files that were not given.
    book.write("chapters/01-demo/src/extra.rs", "//! Mine.\n");
    let text = book.succeeds(&["reset", "1"]);
    assert!(text.contains("target/workbook/backup/2"), "{text}");
    assert_eq!(book.mine(), STARTER);
    assert!(!book.path("chapters/01-demo/src/extra.rs").exists());
    assert_eq!(book.read("target/workbook/backup/2/chapters/01-demo/src/extra.rs"), "//! Mine.\n");

    // An item that is gone has no place to go to.
    book.edit("pub fn count(&self)", "pub fn counted(&self)");
    let text = book.fails(&["reset", "1.1"]);
    assert!(text.contains("has no place for `demo::Votes::count`"), "{text}");
    assert!(text.contains("cargo workbook reset 1"), "{text}");
    for wrong in ["1.9", "2", "x", "1.1 --bare"] {
        let words: Vec<&str> = ["reset"].into_iter().chain(wrong.split(' ')).collect();
        assert!(book.fails(&words).contains("next:"), "{wrong}");
    }
}

#[test]
fn reset_finds_the_starter_in_git_without_solutions() {
    let book = Fixture::cut();
    book.edit("/// Counts.", "/// Counts all.");
    fs::rename(book.path("solutions"), book.path("gone")).unwrap();
    let text = book.fails(&["reset", "1.1"]);
    assert!(text.contains("solutions/") && text.contains("git has no earlier"), "{text}");

    book.commit();
    book.edit("todo!(\"exercise 1.1: count the votes\")", "self.given.len()");
    // A learner who commits has the starter further back.
    book.commit();
    book.succeeds(&["reset", "1.1"]);
    let given = STARTER.replace("/// Counts.", "/// Counts all.");
    assert_eq!(book.mine(), given);
    book.edit("exercise 1.2: decide", "exercise 1.2: hm");
    book.succeeds(&["reset", "1"]);
    assert_eq!(book.mine(), given);
    book.succeeds(&["reset", "1", "--bare"]);
    book.compiles();
}

#[test]
fn reset_bare_leaves_the_contract() {
    let book = Fixture::cut();
    let text = book.succeeds(&["reset", "1", "--bare"]);
    assert!(text.contains("target/workbook/backup/1"), "{text}");
    let bare = book.mine();
    assert!(bare.contains("pub struct Votes {}"), "{bare}");
    assert!(bare.contains("todo!(\"exercise 1: everything behind the contract\")"), "{bare}");
    for gone in ["fn yes", "given", "exercise 1.", "LARGEST"] {
        assert!(!bare.contains(gone), "{gone}: {bare}");
    }
    assert!(!book.path("chapters/01-demo/src/limits.rs").exists());
    book.compiles();
    assert!(book.succeeds(&["reset", "1", "--bare"]).contains("already"));
    book.succeeds(&["reset", "1"]);
    assert_eq!(book.mine(), STARTER);
}

#[test]
fn reset_bare_never_leaves_tests_that_do_not_compile() {
    let book = Fixture::cut();
    book.write("tests/01-demo/main.rs", "#[test]\nfn count() {\n    demo::Votes::lost();\n}\n");
    let text = book.fails(&["reset", "1", "--bare"]);
    assert!(text.contains("named `lost` found for struct `Votes`"), "{text}");
    assert!(text.contains("does not compile with its graded tests, so nothing was"), "{text}");
    assert_eq!(book.mine(), STARTER);
    assert!(!book.path("target/workbook/backup").exists());
}

#[test]
fn reset_bare_keeps_methods_in_files_of_their_own() {
    let book = Fixture::new();
    let solution = SOLUTION.replace("mod limits;", "mod limits;\nmod more;");
    book.write("solutions/01-demo/src/lib.rs", &solution);
    let more = "//! More.\n\nuse super::Votes;\n\nimpl Votes {\n    /// All of them.\n    pub fn \
                all(&self) -> bool {\n        self.yes() > 1\n    }\n}\n";
    book.write("solutions/01-demo/src/more.rs", more);
    book.succeeds(&["sync", "--force"]);
    book.succeeds(&["reset", "1", "--bare"]);
    let hole = "todo!(\"exercise 1: everything behind the contract\")";
    assert_eq!(book.read("chapters/01-demo/src/more.rs"), more.replace("self.yes() > 1", hole));
    book.compiles();
}

#[test]
fn hints_come_one_by_one() {
    let book = Fixture::cut();
    let first = book.succeeds(&["hint", "1.1"]);
    assert!(first.contains("Count the votes") && first.contains("hint 1 of 2"), "{first}");
    assert!(first.contains("Look at the map.") && first.contains("01-demo/count.md"), "{first}");
    let second = book.succeeds(&["hint", "1.1"]);
    assert!(second.contains("how long it is") && second.contains("diff 1.1"), "{second}");
    assert!(book.succeeds(&["hint", "1.1"]).contains("You have seen all 2"));
    assert!(book.succeeds(&["hint", "1.2"]).contains("has no hints"));
    book.write("target/workbook/hints.json", "{ broken");
    assert!(book.succeeds(&["hint", "1.1"]).contains("hint 1 of 2"));
    book.fails(&["hint", "1.3"]);
}

#[test]
fn diff_shows_both() {
    let book = Fixture::cut();
    let text = book.succeeds(&["diff", "1.2"]);
    assert!(text.contains("-     todo!(\"exercise 1.2: decide\")"), "{text}");
    assert!(text.contains("+     more_than_half(self.yes(), of)"), "{text}");
    assert!(text.contains("+     write!(f, \"{} votes\", self.count())"), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
    book.edit("todo!(\"exercise 1.1: count the votes\")", "self.given.len( // half a line");
    assert!(book.succeeds(&["diff", "1.1"]).contains("-     self.given.len( // half a line"));
    book.write("chapters/01-demo/src/lib.rs", SOLUTION);
    assert!(book.succeeds(&["diff", "1.1"]).contains("are the same"));
    fs::remove_dir_all(book.path("solutions")).unwrap();
    assert!(book.fails(&["diff", "1.1"]).contains("this copy of the workbook has none"));
}

#[test]
fn use_swaps_a_layer_and_back() {
    let book = Fixture::cut();
    let before = book.read("chapters/01-demo/Cargo.toml");
    let text = book.succeeds(&["use", "solution", "1"]);
    assert!(text.contains("use mine 1"), "{text}");
    let swapped = before.replace("\"src/lib.rs\"", "\"../../solutions/01-demo/src/lib.rs\"");
    assert_eq!(book.read("chapters/01-demo/Cargo.toml"), swapped);
    assert!(book.succeeds(&["use", "solution", "1"]).contains("already"));
    book.compiles();
    // The comparison takes it for an edit.
    assert!(book.fails(&["sync", "--check"]).contains("chapters/01-demo/Cargo.toml:7"));
    assert!(book.fails(&["sync"]).contains("holds changes"));
    book.succeeds(&["use", "mine", "1"]);
    assert_eq!(book.read("chapters/01-demo/Cargo.toml"), before);
    book.fails(&["use", "solution", "1", "9"]);
    assert_eq!(book.read("chapters/01-demo/Cargo.toml"), before);
    fs::remove_dir_all(book.path("solutions")).unwrap();
    assert!(book.fails(&["use", "solution", "1"]).contains("this copy of the workbook has none"));
}

#[test]
fn verify_names_what_is_wrong_and_leaves_edited_chapters_out() {
    let book = Fixture::cut();
    let sign = |text: &str, check: &str| {
        let line =
            text.lines().find(|line| line.contains(check)).unwrap_or_else(|| panic!("{text}"));
        line.trim().chars().next().unwrap()
    };
    // The tests of this small workbook report nothing, so nothing passes; all else is in order.
    let text = book.fails(&["verify"]);
    assert_eq!(sign(&text, "the two workspaces agree"), '✓', "{text}");
    assert_eq!(sign(&text, "code is formatted"), '✓', "{text}");
    assert_eq!(sign(&text, "what sync makes"), '✓', "{text}");
    assert_eq!(sign(&text, "solutions build without a warning"), '✓', "{text}");
    assert_eq!(sign(&text, "the rest does, without solutions/"), '✓', "{text}");
    assert_eq!(sign(&text, "solutions pass every test"), '✗', "{text}");
    assert_eq!(sign(&text, "mutants die"), '✗', "{text}");
    assert!(text.contains("exercise 1.1 has 0 mutants, not 2"), "{text}");
    assert_eq!(sign(&text, "the book builds"), '·', "{text}");
    assert!(text.contains("exercise 1.1 points to book/src/01-demo/count.md"), "{text}");
    let last = text.lines().last().unwrap();
    assert_eq!(last, "5 passed, 5 failed, 5 skipped");

    // A learner's chapter is left out, but not by CI; tables that drifted apart are named.
    book.edit("/// Counts.", "/// Counts them.");
    let tables = "\n[profile.dev]\ndebug = 1\n";
    book.write("solutions/Cargo.toml", &(book.read("solutions/Cargo.toml") + tables));
    let text = book.fails(&["verify"]);
    assert_eq!(sign(&text, "the two workspaces agree"), '✗', "{text}");
    assert!(text.contains("[profile] dev is in solutions/Cargo.toml only"), "{text}");
    assert_eq!(sign(&text, "what sync makes"), '·', "{text}");
    assert!(text.contains("chapters/01-demo is edited and left out"), "{text}");
}
