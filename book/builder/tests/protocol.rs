//! The command: mdBook's protocol, word for word, and what a person gets from it.

mod demo;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use demo::Demo;
use serde_json::{Value, json};

fn run(folder: &Path, words: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_book-builder"))
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the builder starts");
    let mut stdin = child.stdin.take().expect("its input");
    // A builder that has already refused does not read to the end.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the builder ends")
}

/// What mdBook 0.5 writes to a preprocessor: the context and the book.
fn request(root: &Path, content: &str) -> String {
    let chapter = json!({ "Chapter": {
        "name": "Vote",
        "content": content,
        "number": [1],
        "sub_items": [],
        "path": "01-vote/index.md",
        "source_path": "01-vote/README.md",
        "parent_names": [],
    }});
    let context = json!({
        "root": root,
        "config": { "book": { "title": "A book" }, "output": { "html": {} } },
        "renderer": "html",
        "mdbook_version": "0.5.4",
    });
    json!([context, { "items": [chapter, "Separator", { "PartTitle": "Part" }] }]).to_string()
}

#[test]
fn a_book_goes_in_and_comes_back_expanded() {
    let demo = Demo::new();
    let input = request(demo.root(), "# Vote\n\n{{#item vote::Term}}\n");
    let output = run(&demo.root().join("book"), &["preprocess"], &input);
    assert!(output.status.success(), "{output:?}");
    let book: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let items = book["items"].as_array().expect("items");
    assert_eq!(items.len(), 3);
    assert_eq!(items[1], "Separator");
    let chapter = &items[0]["Chapter"];
    assert_eq!(chapter["path"], "01-vote/index.md");
    assert_eq!(chapter["name"], "Vote");
    let content = chapter["content"].as_str().expect("the text");
    assert!(content.starts_with("# Vote\n") && content.contains("hl-keyword"), "{content}");
    assert!(!content.contains("{{#"), "{content}");
}

#[test]
fn a_problem_ends_the_build_with_file_and_line() {
    let demo = Demo::new();
    let input = request(demo.root(), "# Vote\n\n{{#item vote::Terms}}\n");
    let output = run(&demo.root().join("book"), &["preprocess"], &input);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("book/src/01-vote/README.md:3: the crate `vote` has no item"), "{said}");
}

#[test]
fn broken_requests_are_refused() {
    let demo = Demo::new();
    for input in ["", "{}", "[", "[{}, {}]", "\u{0}", "[1, 2, 3]"] {
        let output = run(&demo.root().join("book"), &["preprocess"], input);
        assert_eq!(output.status.code(), Some(1), "{input:?}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("the input is not mdBook's"), "{said}");
    }
}

#[test]
fn it_supports_html_only() {
    let demo = Demo::new();
    let code = |words: &[&str]| run(demo.root(), words, "").status.code();
    assert_eq!(code(&["preprocess", "supports", "html"]), Some(0));
    assert_eq!(code(&["preprocess", "supports", "epub"]), Some(1));
}

#[test]
fn build_and_check_say_what_they_did() {
    let demo = Demo::new();
    let checked = run(&demo.root().join("book/src"), &["check"], "");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success() && said.starts_with("The book is sound: 4 pages"), "{said}");
    assert!(!demo.root().join("book/dist").exists());
    let built = run(demo.root(), &["build"], "");
    let said = String::from_utf8_lossy(&built.stdout).into_owned();
    assert!(built.status.success() && said.contains("\nbook/dist/index.html\n"), "{said}");
    let broken = demo.with("book/src/introduction.md", "# I\n\n[a](b.md)\n");
    let failed = run(broken.root(), &["build"], "");
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert_eq!(failed.status.code(), Some(1));
    assert!(said.starts_with("The book has a problem:\n  book/src/introduction.md:3: `b.html`"));
    assert!(said.ends_with("Mend it, then: cargo workbook book\n"), "{said}");
}

#[test]
fn unknown_words_and_places_are_answered() {
    let demo = Demo::new();
    for words in [&["bild"][..], &["serve", "--port", "x"], &["serve", "--port", "70000"]] {
        let output = run(demo.root(), words, "");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(!output.stderr.is_empty());
    }
    let elsewhere = tempfile::tempdir().expect("a folder");
    let output = run(elsewhere.path(), &["build"], "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("is not in a checkout with book/book.toml"), "{said}");
}
