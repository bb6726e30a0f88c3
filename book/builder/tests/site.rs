//! The finished site: what it holds, and what keeps it from being finished.

mod demo;

use std::fs;

use book_builder::site;
use demo::{Demo, page};

#[test]
fn the_demo_builds_and_is_complete() {
    let demo = Demo::new();
    let built = site::build(&demo.checkout()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(built.pages, 4);
    assert!(built.followed > 100, "{built:?}");
    assert!(built.index.is_file());
    let dist = demo.root().join("book/dist");
    let mut scripts = Vec::new();
    for entry in fs::read_dir(&dist).expect("dist") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if name.ends_with(".js") {
            scripts.push(name.split('-').next().expect("a name").to_owned());
        }
    }
    scripts.sort();
    // Nothing of mdBook's own theme: no highlight.js, no mark.js, no searcher.js, no fonts.
    assert_eq!(scripts, ["book", "elasticlunr", "searchindex", "toc"]);
    assert!(!dist.join("fonts").exists() && !dist.join("FontAwesome").exists());
}

#[test]
fn links_to_a_readme_follow_its_new_name() {
    let html = Demo::new().page("01-vote/exercises.html");
    assert!(html.contains("<a href=\"index.html#votes\">the chapter</a>"), "{html}");
}

#[test]
fn broken_links_are_found_with_their_line() {
    page(
        "# Vote\n\n[a](nowhere.md)\n\n[b](README.md#nothing)\n\n[c](#gone)\n\n\
         [d](../../README.md)\n\n\
         [e](/01-vote/index.html)\n\n![f](f.png)\n\n[g](javascript:alert)\n\n[h](../01-vote/)\n",
    )
    .fails(&[
        "README.md:3: `nowhere.html` leads nowhere: the site has no 01-vote/nowhere.html",
        "README.md:5: `index.html#nothing`: 01-vote/index.html has no anchor `#nothing`",
        "README.md:7: `#gone`: 01-vote/index.html has no anchor `#gone`",
        "README.md:9: `../../index.html` leaves the book",
        "README.md:11: `/01-vote/index.html` leaves the book",
        "README.md:13: `f.png` leads nowhere",
        "README.md:15: `javascript:alert`: links of the kind `javascript:` are not allowed",
        "README.md:17: `../01-vote/` is a folder",
    ]);
}

#[test]
fn good_links_pass() {
    page(
        "# Vote\n\n[a](https://etcd.io/) [b](#vote) [c](README.md#vote)\n\n\
         <https://raft.github.io>\n\n\
         ![f](f.svg)\n\n[g](f%2Esvg)\n",
    )
    .with("book/src/01-vote/f.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")
    .page("01-vote/index.html");
}

#[test]
fn nothing_is_fetched_from_elsewhere() {
    page(
        "# Vote\n\n<script src=\"https://example.org/a.js\"></script>\n\n\
         ![x](https://example.org/x.png)\n\n<iframe src=\"//example.org\"></iframe>\n\n\
         <p style=\"background: url(https://example.org/y.png)\">y</p>\n",
    )
    .fails(&[
        "README.md:3: <script src> fetches `https://example.org/a.js`; the book makes no request",
        "README.md:5: <img src> fetches `https://example.org/x.png`",
        "README.md:7: `//example.org` leaves the book",
        "README.md:9: url() fetches `https://example.org/y.png`",
    ]);
    Demo::new()
        .with("book/theme/css/print.css", "@import url(https://example.org/font.css);")
        .fails(&["(built): url() fetches `https://example.org/font.css`"]);
}

#[test]
fn one_anchor_is_for_one_thing() {
    page("# Vote\n\n## One {#same}\n\n## Two {#same}\n")
        .fails(&["README.md:3: two things have the anchor `#same`"]);
}

#[test]
fn what_mdbook_only_warns_of_is_a_problem() {
    page("# Vote\n\n<div>\n\nnever closed\n").fails(&["mdBook warns: unclosed HTML tag `<div>`"]);
    page("# Vote\n\nA note.\n\n[^1]: unused\n").fails(&["mdBook warns: footnote `1`"]);
}

#[test]
fn a_page_that_the_summary_names_must_be_there() {
    Demo::new().with("book/src/SUMMARY.md", "# Summary\n\n- [Gone](gone.md)\n").fails(&["gone.md"]);
    Demo::new()
        .with("book/src/SUMMARY.md", "# Summary\n\n- [Vote](01-vote/README.md)\n")
        .with("book/src/01-vote/README.md", "# Vote\n")
        .fails(&["README.md: the first page is also the site's index.html"]);
    Demo::new().with("book/book.toml", "[book]\ntitle = 3\n").fails(&["title"]);
}

#[test]
fn a_failed_build_leaves_the_last_good_one() {
    let demo = Demo::new();
    site::build(&demo.checkout()).unwrap_or_else(|problems| panic!("{problems}"));
    let dist = demo.root().join("book/dist");
    fs::write(dist.join("stale.html"), "old").expect("a stale page");
    let before = fs::read_to_string(dist.join("introduction.html")).expect("a page");
    let demo = demo.with("book/src/introduction.md", "# Other\n\n[a](b.md)\n");
    site::build(&demo.checkout()).expect_err("the link is broken");
    let after = fs::read_to_string(dist.join("introduction.html")).expect("a page");
    assert_eq!(before, after);
    let demo = demo.with("book/src/introduction.md", "# Other\n");
    site::build(&demo.checkout()).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(!dist.join("stale.html").exists());
}

#[test]
fn every_build_reads_the_code_again() {
    let demo = page("# Vote\n\n{{#item vote::Term}}\n");
    let checkout = demo.checkout();
    site::build(&checkout).unwrap_or_else(|problems| panic!("{problems}"));
    let demo = demo.replacing("solutions/01-vote/src/types.rs", "struct Term(", "struct Era(");
    let problems = site::build(&checkout).expect_err("the item is gone");
    assert!(problems.to_string().contains("has no item `vote::Term`"), "{problems}");
    let text = "# Vote\n\n{{#item vote::Era}}\n";
    let demo = demo.with("book/src/01-vote/README.md", text);
    site::build(&checkout).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(demo.root().join("book/dist/index.html").is_file());
}

#[test]
fn all_problems_of_all_pages_come_at_once() {
    Demo::new()
        .with("book/src/introduction.md", "# I\n\n{{#item vote::Nothing}}\n")
        .with("book/src/01-vote/contract.md", "# C\n\n{{#figure none.svg | See.}}\n")
        .fails(&["contract.md:3: cannot read", "introduction.md:3: the crate `vote` has no item"]);
}
