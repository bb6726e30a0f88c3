//! Recorded runs: what becomes of the directive, where the runs come from, and the player in a page
//! of the book.

#[path = "../../../tests/harness/tests/browser/mod.rs"]
mod browser;
mod demo;
#[path = "../../../tests/harness/tests/toy/mod.rs"]
mod toy;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use book_builder::checkout::Checkout;
use book_builder::{preprocess, site};
use browser::Browser;
use demo::{Demo, page, text_of};
use harness::report::Trace;
use serde_json::{Value, json};
use workbook::cache;
use workbook::repo::{Repo, Tree};

const RUN: &str = "{{#trace 1 traces::a_crash | n2 forgets its `vote`.}}\n";

/// A page with this text, in a checkout where this run of the solution has been recorded before.
fn recorded(text: &str) -> Demo {
    let trace = Trace { broken: None, title: "A crash".to_owned(), ..toy::two_leaders() };
    let demo = page(text).with("solutions/01-vote/Cargo.toml", "");
    keep(&demo, &BTreeMap::from([("traces::a_crash", trace)]));
    demo
}

/// Keeps runs as if the recorder had made them from what is there.
fn keep(demo: &Demo, runs: &BTreeMap<&str, Trace>) {
    let repo = Repo::at(demo.root()).expect("the fixture's manifest");
    let chapter = repo.chapter("1").expect("its chapter");
    let key = cache::key(&repo, chapter, Tree::Solution);
    let folder = repo.store().join("traces");
    fs::create_dir_all(&folder).expect("a folder of the demo");
    let kept = json!({ "key": key, "runs": runs }).to_string();
    fs::write(folder.join("01-vote.json"), kept).expect("a file of the demo");
}

#[test]
fn a_run_is_a_figure_with_a_player_and_a_text() {
    let demo = recorded(&format!("# Vote\n\n{RUN}\nBetween.\n\n{RUN}\nAfter.\n"));
    let html = demo.page("01-vote/index.html");
    assert_eq!(html.matches("<figure class=\"trace\">").count(), 2);
    assert_eq!(html.matches("<figcaption>n2 forgets its <code>vote</code>.</figca").count(), 2);
    for id in ["trace-01-vote-index-1", "trace-01-vote-index-2"] {
        assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }
    // What all players need comes once.
    assert_eq!(html.matches(".player-flying {").count(), 1);
    assert_eq!(html.matches("class Player {").count(), 1);
    let text = text_of(&html);
    assert!(text.contains("The run as text tick n1 n2 n3 4 │ waits r1"), "{text}");
    assert!(text.contains("Between.") && text.contains("After."), "{text}");
    let words = search_index(&demo);
    assert!(words.contains("forgets"), "captions are found");
    for hidden in ["workbook-trace", "packet", "addEventListener"] {
        assert!(!words.contains(hidden), "{hidden} is in the search index");
    }
}

fn search_index(demo: &Demo) -> String {
    let dist = demo.root().join("book/dist");
    let files = fs::read_dir(dist).expect("the site").flatten().map(|entry| entry.path());
    let mut index = files.filter(|path| path.to_string_lossy().contains("searchindex"));
    fs::read_to_string(index.next().expect("a search index")).expect("it is text")
}

#[test]
fn a_run_that_cannot_be_recorded_is_a_problem_with_its_line() {
    let text = "# Vote\n\n{{#trace 1 a::b}}\n\n{{#trace a::b | c}}\n\n{{#trace 7 a::b | c}}\n\n\
                {{#trace 1 a::b | c}}\n";
    page(text).fails(&[
        "README.md:3: want `1 module::test | a sentence that says what to see`",
        "README.md:5: want `1 module::test | a sentence that says what to see`",
        "README.md:7: there is no chapter 7; there are: 1",
        "README.md:9: solutions/01-vote is missing, or has no Cargo.toml; `git checkout solu",
    ]);
}

#[test]
fn a_copy_without_solutions_says_how_to_see_a_run() {
    let demo = page(&format!("# Vote\n\n{RUN}"));
    fs::remove_dir_all(demo.root().join("solutions")).expect("the fixture's solutions");
    let html = demo.page("01-vote/index.html");
    let text = text_of(&html);
    assert!(
        text.contains(
            "This run is recorded from the solution, which this copy does not have: \
             cargo workbook play 1 shows a run of your own code. n2 forgets its vote."
        ),
        "{text}"
    );
    assert!(!html.contains("class Player {"), "{html}");
}

/// What comes of this text in this repository.
fn expanded(text: &str) -> Result<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the root");
    let runner = Path::new(env!("CARGO_BIN_EXE_book-builder"));
    let chapter = json!({ "Chapter": {
        "name": "Vote", "content": text, "number": [1], "sub_items": [], "parent_names": [],
        "path": "01-vote/index.md", "source_path": "01-vote/README.md",
    }});
    let context = json!({
        "root": root, "config": {}, "renderer": "html", "mdbook_version": "0.5.4",
    });
    let input = json!([context, { "items": [chapter] }]).to_string();
    let mut output = Vec::new();
    preprocess::answer(&Checkout::at(root).running(runner), input.as_bytes(), &mut output)
        .map_err(|problems| problems.to_string())?;
    let book: Value = serde_json::from_slice(&output).expect("JSON");
    Ok(book["items"][0]["Chapter"]["content"].as_str().expect("a text").to_owned())
}

/// Builds the first chapter's solution if nobody has; where there is none, there is nothing to see.
#[test]
fn runs_are_recorded_from_the_solution() {
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join("../../solutions/01-election").is_dir() {
        return;
    }
    let page = "# Vote\n\n{{#trace 1 play::an_election | a}}\n\n{{#trace 1 ballots::no | b}}\n\n\
                {{#trace 1 ballots::only_voters_count | c}}\n";
    let problems = expanded(page).expect_err("two of the three make no run");
    let lines: Vec<&str> = problems.lines().collect();
    let [missing, without] = lines.as_slice() else { panic!("{problems}") };
    assert!(missing.contains("README.md:5: chapter 1 has no test `ballots::no`; tests/01-elec"));
    assert!(
        without.contains("README.md:7: the test `ballots::only_voters_count` of chapter 1 passes")
    );
    let text = expanded("# Vote\n\n{{#trace 1 play::an_election | a}}\n").expect("a run");
    assert!(text.contains("\"test\":\"play::an_election\""), "{text}");
    assert!(text.contains("\"packet\":null"), "some messages wait for the disk");
}

/// Opens a built page.
fn visit(browser: &mut Browser, demo: &Demo, page: &str) {
    let built = site::build(&demo.checkout()).unwrap_or_else(|problems| panic!("{problems}"));
    let dist = built.index.parent().expect("a folder").to_owned();
    browser.visit(&dist.join(page));
}

#[test]
fn a_page_with_runs_can_be_stepped_through() {
    let Some(mut browser) = Browser::start("a_page_with_runs_can_be_stepped_through") else {
        return;
    };
    let demo = recorded(&format!("# Vote\n\n{RUN}\n{RUN}"));
    visit(&mut browser, &demo, "01-vote/index.html");
    let at = "[...document.querySelectorAll('.player')].map((one) => one.player.at)";
    assert_eq!(browser.text(at), "[0,0]");
    let address = browser.text("location.href");
    browser.press("ArrowRight", "");
    assert_eq!(browser.text(at), "[0,0]", "the key is the page's");
    browser.text("(document.querySelector('.player-controls').scrollIntoView(), '')");
    for step in 1..=4 {
        browser.click("Step forward");
        assert_eq!(browser.text(at), format!("[{step},0]"));
    }
    // The fourth step is n1's timer; its requests wait.
    browser.click("Step back");
    let said = browser.text("document.querySelector('.player-now').innerText");
    assert!(said.contains("Waiting for the disk: “vote? r1” to n2, n3."), "{said}");
    browser.text("(document.querySelectorAll('.player-frame')[1].focus(), '')");
    browser.press("End", "");
    browser.press("ArrowLeft", "");
    assert_eq!(browser.text(at), "[3,11]", "the key is the player's that has the focus");
    assert_eq!(browser.text("location.href"), address, "and turns no page");
    assert_eq!(browser.problems(), Vec::<String>::new());
}

#[test]
fn a_run_follows_the_theme_and_fits_a_telephone() {
    let Some(mut browser) = Browser::start("a_run_follows_the_theme_and_fits_a_telephone") else {
        return;
    };
    let demo = recorded(&format!("# Vote\n\n{RUN}"));
    visit(&mut browser, &demo, "01-vote/index.html");
    let colours = "(() => { const style = getComputedStyle(document.querySelector('.player-app'));\
                   return `${style.backgroundColor} ${style.color}`; })()";
    let mut seen = Vec::new();
    for theme in ["light", "dark"] {
        browser.text(&format!("(document.documentElement.dataset.theme = '{theme}')"));
        seen.push(browser.text(colours));
    }
    assert_ne!(seen[0], seen[1], "the book's switch, not the system's");
    for width in [360, 640, 1280] {
        browser.resize(width, 740);
        browser.wait_for(&format!("innerWidth === {width}"));
        let wide = browser.number("document.documentElement.scrollWidth");
        assert!(wide <= i64::from(width), "the page is {wide} wide on {width}");
        browser.text("(document.querySelector('.player-as-text').open = true, '')");
        let wide = browser.number("document.documentElement.scrollWidth");
        assert!(wide <= i64::from(width), "with the text, the page is {wide} wide on {width}");
    }
    visit(&mut browser, &demo, "print.html");
    browser.wait_for("document.querySelectorAll('.player-ready').length === 1");
    assert_eq!(browser.problems(), Vec::<String>::new());
}
