//! A copy without `solutions/`, in which a learner has changed what the book names.

mod demo;

use std::fs;
use std::process::Command;

use book_builder::site;
use demo::{Demo, page, text_of};

const LIB: &str = "chapters/01-vote/src/lib.rs";
const TEXT: &str = "# Vote\n\n{{#item vote::Election::grants}}\n\n{{#item vote::Term}}\n\n\
                    {{#contract vote}}\n";
/// The exercise whose contract stands on no page but this one.
const ALONE: &str = "[chapter]\nnumber = 1\npackage = \"vote\"\ntitle = \"T\"\nhours = 1\n\n\
                     [[exercise]]\nid = \"1.1\"\ntitle = \"Grant a vote\"\n\
                     item = \"vote::Election::grants\"\npoints = 1\nminutes = 5\n\
                     tests = [\"a\"]\nhints = [\"Why?\"]\n";

/// The demo as it is handed out: the chapter is whole, and has a hole for its exercise.
fn given(text: &str) -> Demo {
    let demo = page(text).with("tests/01-vote/exercises.toml", ALONE);
    for file in ["quorum.rs", "time.rs", "types.rs"] {
        let text = fs::read_to_string(demo.root().join("solutions/01-vote/src").join(file));
        let folder = demo.root().join("chapters/01-vote/src");
        fs::write(folder.join(file), text.expect("a file of the fixture")).expect("our folder");
    }
    fs::remove_dir_all(demo.root().join("solutions")).expect("the fixture's solutions");
    demo
}

fn committed(demo: Demo) -> Demo {
    let git = |words: &[&str]| {
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
        let mut command = Command::new("git");
        let output = command.args(who).args(words).current_dir(demo.root()).output();
        assert!(output.expect("git is there").status.success(), "{words:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "All"]);
    demo
}

#[track_caller]
fn has(html: &str, part: &str) {
    assert!(html.contains(part), "`{part}` is not in {html}");
}

#[test]
fn holes_are_explained_once_a_page() {
    let text = "# Vote\n\n{{#item vote::Term}}\n\n{{#item vote::Election::grants}}\n\n\
                {{#item vote::Election::grants}}\n\n{{#exercise 1.1}}\n";
    let html = text_of(&given(text).page("01-vote/index.html"));
    assert_eq!(html.matches("has no solutions/, so you see your own chapters/").count(), 1);
    assert!(!html.contains("now: this is"), "{html}");
}

#[test]
fn a_deleted_item_is_shown_as_it_was_given() {
    let text = format!("{TEXT}\n{{{{#exercise 1.1}}}}\n");
    let demo = committed(given(&text));
    // Renamed, renamed and no longer Rust, and gone altogether.
    let demo = demo.replacing(LIB, "fn grants(", "fn allows(");
    for step in 0..3 {
        let html = text_of(&demo.page("01-vote/index.html"));
        has(&html, "Your chapters/ has no vote::Election::grants now: this is the chapter as it");
        has(&html, "Yes, if it has not voted in this term");
        has(&html, "todo!(\"exercise 1.1: grant a vote\")");
        has(&html, "pub fn grants( &self,");
        assert!(!html.contains("allows"), "the contract is what was given");
        match step {
            0 => fs::write(demo.root().join(LIB), "fn allows(").expect("our file"),
            _ => drop(fs::remove_dir_all(demo.root().join("chapters/01-vote"))),
        }
    }
}

#[test]
fn a_contract_without_its_comment_is_the_one_that_was_given() {
    let demo = committed(given("# Vote\n\n{{#exercise 1.1}}\n"));
    let text = fs::read_to_string(demo.root().join(LIB)).expect("the learner's file");
    let bare: Vec<&str> = text.lines().filter(|line| !line.contains("///")).collect();
    let html = text_of(&demo.with(LIB, &bare.join("\n")).page("01-vote/index.html"));
    has(&html, "Yes, if it has not voted in this term");
    assert!(!html.contains("now: this is"), "{html}");
}

#[test]
fn without_git_a_sentence_stands_in_for_what_is_gone() {
    let text = format!("{TEXT}\n{{{{#exercise 1.1}}}}\n");
    let demo = given(&text).replacing(LIB, "fn grants(", "fn allows(");
    let html = text_of(&demo.page("01-vote/index.html"));
    let sentence = "Your chapters/ has no vote::Election::grants now, and git has no chapter as it";
    assert_eq!(html.matches(sentence).count(), 2, "{html}");
    has(&html, "struct Term(");
    has(&html, "cargo workbook grade 1.1");
    fs::remove_dir_all(demo.root().join("chapters/01-vote")).expect("the learner's chapter");
    has(&text_of(&demo.page("01-vote/index.html")), "Your chapters/ has no vote now");
}

#[test]
fn a_starter_that_is_gone_is_found_beside_solutions_too() {
    let demo = page("# Vote\n\n{{#item vote::Election::grants starter}}\n")
        .with("tests/01-vote/exercises.toml", ALONE);
    let demo = committed(demo).replacing(LIB, "fn grants(", "fn allows(");
    has(&text_of(&demo.page("01-vote/index.html")), "now: this is the chapter as it was given");
    // Nobody ever had these.
    let text = "# Vote\n\n{{#item vote::Election::grant starter}}\n\n{{#item vote::Nothing}}\n";
    demo.with("book/src/01-vote/README.md", text).fails(&[
        "3: the crate `vote` has no item `vote::Election::grant`",
        "5: the crate `vote` has no item `vote::Nothing`",
    ]);
}

#[test]
fn an_item_that_was_never_given_is_a_problem_where_nobody_edited() {
    let demo = given(TEXT).replacing(LIB, "fn grants(", "fn allows(");
    let problems = site::check(&demo.checkout().untouched()).expect_err("an item is missing");
    assert!(problems.to_string().contains("README.md:3: the crate `vote` has no item"));
    assert!(site::check(&given(TEXT).checkout().untouched()).is_ok());
}

#[test]
fn what_is_no_edit_stays_a_problem() {
    given("# Vote\n\n{{#item vole::Term}}\n\n{{#contract vole}}\n\n{{#item vote::Term twice}}\n")
        .fails(&["3: no crate `vole` in chapters/", "5: no crate `vole`", "7: `twice` is neither"]);
}
