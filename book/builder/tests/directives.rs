//! What every directive becomes, and what every mistake in one is answered with.

mod demo;

use demo::{Demo, page, text_of};

#[track_caller]
fn has(html: &str, expected: &str) {
    assert!(html.contains(expected), "want: {expected}\nin: {html}");
}

#[test]
fn an_item_is_shown_with_its_file_and_without_its_docs() {
    let html = page("# Vote\n\n{{#item vote::Election::grants}}\n").page("01-vote/index.html");
    has(&html, "<figcaption>solutions/01-vote/src/lib.rs</figcaption>");
    has(&html, "<span class=\"hl-attribute\">#[must_use]</span>");
    let text = text_of(&html);
    has(&text, "candidate: NodeId, last: Position, ours: Position, ) -> bool { let free");
    has(&text, "free && last >= ours // the newer log wins }");
    assert!(!text.contains("Decides whether"), "{text}");
    // Moved to the margin, with the empty line in the body still there.
    has(&html, "given == candidate);\n\n    free");
}

#[test]
fn an_item_comes_with_docs_as_a_signature_from_the_starter_or_in_company() {
    let docs = page("# Vote\n\n{{#item vote::Term docs}}\n").page("01-vote/index.html");
    has(&text_of(&docs), "/// A term: the time between two elections. #[derive(Clone,");
    let signature = "# Vote\n\n{{#item vote::Election::grants signature}}\n";
    let signature = page(signature).page("01-vote/index.html");
    has(&text_of(&signature), "ours: Position, ) -> bool;");
    assert!(!signature.contains("let</span> free"), "{signature}");
    let both = "# Vote\n\n{{#item vote::joined docs signature}}\n";
    has(
        &text_of(&page(both).page("01-vote/index.html")),
        "for no reason but its characters. pub fn",
    );
    let starter = "# Vote\n\n{{#item vote::Election::grants starter}}\n";
    let starter = page(starter).page("01-vote/index.html");
    has(&starter, "<figcaption>chapters/01-vote/src/lib.rs</figcaption>");
    has(&text_of(&starter), "todo!(\"exercise 1.1: grant a vote\")");
    let several = "# Vote\n\n{{#item vote::Term vote::<Majority as Quorum>::is_met vote::Role}}\n";
    let several = page(several).page("01-vote/index.html");
    has(&several, "<figcaption>solutions/01-vote/src/types.rs, solutions/01-vote/src/quorum.rs<");
    assert_eq!(several.matches("<pre ").count(), 1);
    let odd = page("# Vote\n\n{{#item vote::joined}}\n").page("01-vote/index.html");
    has(&text_of(&odd), "names.join(\"<&>\")");
}

#[test]
fn an_item_in_a_list_stays_in_its_list() {
    let text = "# Vote\n\n1. One:\n\n   {{#item vote::Term}}\n\n2. Two.\n";
    let html = page(text).page("01-vote/index.html");
    assert_eq!(html.matches("<ol>").count(), 1 + html.matches("<ol>\n<ol>").count());
    let list = &html[html.find("<ol>").expect("a list")..];
    let list = &list[..list.find("</ol>").expect("its end")];
    assert_eq!(list.matches("<li>").count(), 2, "{list}");
    has(list, "<pre class=\"code\"");
}

#[test]
fn a_missing_item_is_named_with_its_line() {
    let text = "# Vote\n\n{{#item vote::Election::grant}}\n\n{{#item vole::Term}}\n\n\
                {{#item vote::Term twice}}\n\n{{#item docs}}\n";
    page(text).fails(&[
        "book/src/01-vote/README.md:3: the crate `vote` has no item `vote::Election::grant`; did \
         you mean `vote::Election::grants`?",
        "book/src/01-vote/README.md:5: no crate `vole` in solutions/; there are 01-vote",
        "book/src/01-vote/README.md:7: `twice` is neither a path",
        "book/src/01-vote/README.md:9: names no item",
    ]);
}

#[test]
fn a_course_without_solutions_shows_the_starters() {
    let demo = page("# Vote\n\n{{#item vote::Election::grants}}\n");
    std::fs::remove_dir_all(demo.root().join("solutions")).expect("the fixture's solutions");
    let html = demo.page("01-vote/index.html");
    has(&html, "<figcaption>chapters/01-vote/src/lib.rs</figcaption>");
    std::fs::remove_dir_all(demo.root().join("chapters")).expect("the fixture's chapters");
    demo.fails(&["README.md:3: this checkout has no chapters/, and the book shows code from it"]);
}

#[test]
fn an_exercise_is_drawn_from_manifest_and_code() {
    let html = Demo::new().page("01-vote/exercises.html");
    has(&html, "<h3 id=\"exercise-1-2\">");
    let start = html.find("id=\"exercise-1-2\"").expect("the exercise");
    let block = &html[start..start + html[start..].find("exercise-1-3\"><").expect("the next")];
    for expected in [
        "<li>20 minutes</li>\n<li>10 points</li>\n<li>first half</li>",
        "<figcaption>chapters/01-vote/src/lib.rs</figcaption>",
        "<span class=\"hl-comment\">// impl Election</span>",
        "<li>Yes, if it has not voted in this term",
        "<code>Position</code> compares as the paper’s rule",
        "<em>Example:</em>",
        "<dd><a href=\"index.html#invariant-1\">1 · Election Safety</a></dd>",
        "<code>votes::<wbr>at_<wbr>most_<wbr>one_<wbr>per_<wbr>term</code>, <code>votes::<wbr>",
        "<a href=\"exercises.html#exercise-1-1\">1.1 Count the ballots</a>",
        "<a href=\"index.html#votes\">Leader election</a>",
        "<span class=\"hl-command\">cargo workbook grade 1.2</span>",
    ] {
        has(block, expected);
    }
    // A hint stands inside the one before it.
    let hints = text_of(&block[block.find("<div class=\"hints\">").expect("hints")..]);
    has(&hints, "Hint 1 of 3 Which two facts does the doc comment name? Hint 2 of 3");
    let second = block.find("Hint 2 of 3").expect("a second hint");
    assert!(!block[..second].contains("</details>"), "{block}");
    // The contract of a trait's method is the trait's doc comment.
    has(&html, "An even number has no middle");
    has(&html, "// impl Quorum for Majority");
    has(&html, "<li>second half: a first pass can leave it</li>");
}

#[test]
fn what_is_missing_around_an_exercise_is_a_problem() {
    let exercises = "book/src/01-vote/exercises.md";
    Demo::new()
        .replacing(exercises, "{{#exercise 1.3}}", "{{#exercise 1.7}}\n\n{{#exercise}}")
        .fails(&[
            "exercises.md: exercise 1.3 stands on no page",
            "exercises.md:15: no manifest in tests/*/exercises.toml has an exercise 1.7",
            "exercises.md:17: want the number of one exercise",
        ]);
    Demo::new()
        .replacing(exercises, "{{#exercise 1.3}}", "{{#exercise 1.3}}\n\n{{#exercise 1.2}}")
        .fails(&["exercises.md:17: exercise 1.2 is on book/src/01-vote/exercises.md too"]);
    Demo::new()
        .replacing("book/src/01-vote/README.md", "1 | Election Safety", "1 | Safety")
        .fails(&["exercises.md:11: exercise 1.2 keeps the invariant `Election Safety`"]);
    Demo::new()
        .replacing("tests/01-vote/exercises.toml", "01-vote/exercises.md", "01-vote/time.md")
        .fails(&["exercises.md:15: exercise 1.3 belongs to the section `01-vote/time.md`"]);
    Demo::new()
        .replacing("tests/01-vote/exercises.toml", "README.md#votes", "README.md#voting")
        .fails(&["exercises.md: `index.html#voting`: 01-vote/index.html has no anchor `#voting`"]);
    Demo::new()
        .replacing("solutions/01-vote/src/time.rs", "/// Draws a timeout from `draw`.\n", "")
        .fails(&["exercises.md:15: `vote::time::timeout` has no doc comment"]);
    Demo::new().replacing("tests/01-vote/exercises.toml", "hours = 8", "hours = ?").fails(&[
        "tests/01-vote/exercises.toml:5",
        "tests/01-vote/exercises.toml:5",
        "tests/01-vote/exercises.toml:5",
        "tests/01-vote/exercises.toml:5",
        "tests/01-vote/exercises.toml:5",
    ]);
}

#[test]
fn a_chapter_without_exercises_is_listed_as_given() {
    let given = "[chapter]\nnumber = 2\npackage = \"log\"\ntitle = \"The log\"\n";
    let basics = "[chapter]\nnumber = 0\npackage = \"basics\"\ntitle = \"Basics\"\n";
    let demo = Demo::new().with("tests/02-log/exercises.toml", given);
    let page = demo.with("tests/00-basics/exercises.toml", basics).page("introduction.html");
    let given = "<td class=\"count\" colspan=\"3\">given</td>";
    assert!(page.contains(&format!("<td class=\"count\">2</td><td>The log</td>{given}")), "{page}");
    assert!(page.contains(&format!("<td class=\"count\"></td><td>Basics</td>{given}")), "{page}");
}

#[test]
fn tables_list_exercises_and_chapters() {
    let demo = Demo::new();
    let exercises = text_of(&demo.page("01-vote/exercises.html"));
    has(&exercises, "ExerciseMinutesPointsHalf");
    has(&exercises, "1.2Grant a vote2010first 1.3Draw a timeout106second");
    has(&exercises, "Together4524");
    let chapters = demo.page("introduction.html");
    has(&chapters, "<td><a href=\"01-vote/index.html\">Leader election</a></td>");
    has(&text_of(&chapters), "Together3824");
    page("# Vote\n\n{{#exercises 2}}\n\n{{#exercises one}}\n\n{{#chapters 1}}\n").fails(&[
        "README.md:3: no manifest in tests/*/exercises.toml is chapter 2",
        "README.md:5: want the number of a chapter",
        "README.md:7: takes nothing, and has `1`",
    ]);
}

#[test]
fn a_contract_lists_what_a_user_can_name() {
    let html = Demo::new().page("01-vote/contract.html");
    let text = text_of(&html[html.find("<main").expect("the text")..]);
    for expected in [
        "Structs Majority More than half.",
        "pub struct Term(pub u64);",
        "pub struct NodeId(_);",
        "pub struct Votes(pub std::collections::BTreeMap<NodeId, bool>, _);",
        "pub struct Receipt { /* private fields */ }",
        "Position Where a log ends.",
        "/// The term of the last entry. pub term: Term, /// Its index. pub index: u64, }",
        "pub term: Term, // private fields } Implements Clone, Debug, PartialEq, Eq, Hash",
        "pub fn new(term: Term) -> Self; Starts a node that has never voted.",
        "/// It asks for votes. Candidate { /// How many said yes. ballots: usize, },",
        "/// Whether `yes` of `all` nodes are enough. fn is_met(&self, yes: usize, all: usize)",
        "Functions time::timeout Draws a timeout from draw. pub fn timeout(draw: u64) -> u32;",
        "Constants and aliases time::PATIENCE",
    ] {
        has(&text, expected);
    }
    for hidden in ["voted_for", "helper", "let free", "An even number"] {
        assert!(!text.contains(hidden), "{hidden} is in {text}");
    }
    has(&html, "id=\"contract-time-timeout\"");
    page("# Vote\n\n{{#contract vole}}\n\n{{#contract}}\n")
        .fails(&["README.md:3: no crate `vole`", "README.md:5: want the name of one crate"]);
    Demo::new()
        .replacing("solutions/01-vote/src/lib.rs", "pub use quorum::{", "pub use other::{")
        .fails(&["contract.md:5: cannot follow `pub use other::{Majority, Quorum}`"]);
}

#[test]
fn boxes_keep_their_markdown() {
    let html = Demo::new().page("01-vote/index.html");
    has(&html, "<aside class=\"box invariant\" id=\"invariant-1\">");
    let predict = &html[html.find("<aside class=\"box predict\">").expect("a box")..];
    let predict = &predict[..predict.find("</aside>").expect("its end")];
    has(predict, "<li>What does n2 remember?</li>");
    has(predict, "<details class=\"answer\"><summary>Answer</summary>");
    has(predict, "n2 votes twice.");
    has(predict, "<span class=\"hl-keyword\">let</span> vote");
    assert_eq!(html.matches("<div class=\"ask\">").count(), 2);
}

#[test]
fn blocks_must_be_closed_and_whole() {
    page("# Vote\n\n{{#predict}}\nWhat?\n").fails(&["3: {{#predict}} is never closed by"]);
    page("# Vote\n\n{{#predict}}\nWhat?\n{{/predict}}\n")
        .fails(&["5: the {{#predict}} of line 3 has no {{#answer}}"]);
    page("# Vote\n\n{{#ask}}\n{{#answer}}\n{{#answer}}\n{{/ask}}\n")
        .fails(&["5: a second {{#answer}} in the block of line 3"]);
    page("# Vote\n\n{{#ask}}\n{{#answer}}\n{{/predict}}\n{{/ask}}\n\n{{/ask}}\n").fails(&[
        "5: {{/predict}} does not end the {{#ask}} of line 3",
        "8: {{/ask}} ends nothing",
    ]);
    page("# Vote\n\n{{#ask}}\n{{#predict}}\n{{#answer}}\n{{/ask}}\n")
        .fails(&["4: {{#predict}} inside {{#ask}} of line 3"]);
    page("# Vote\n\n{{#invariant Safety}}\nx\n{{/invariant}}\n")
        .fails(&["3: want `NUMBER | Name`, and have `Safety`"]);
    let one = "{{#invariant 1 | A}}\nx\n{{/invariant}}\n\n";
    page(&format!("# Vote\n\n{one}{one}"))
        .fails(&["7: invariant 1 is on book/src/01-vote/README.md too"]);
    page("# Vote\n\n```rust\nlet open = 1;\n").fails(&["3: this block of code is never closed"]);
}

#[test]
fn strangers_are_refused() {
    page("# Vote\n\n{{#exercice 1.1}}\n\n{{#include ../x.rs}}\n\nsee {{#item vote::Term}}\n")
        .fails(&[
            "README.md:3: no directive `exercice`; there are {{#item ",
            "README.md:5: files are not included by lines, which drift; name the item: {{#item",
            "README.md:7: `{{#item vote::Term}}` wants a line of its own",
        ]);
    page("# Vote\n\n```rust\n{{#item vote::Term}}\n```\n\n{{#answer}}\n").fails(&[
        "README.md:4: `{{#item vote::Term}}` is inside a block of code",
        "README.md:7: no directive `answer`",
    ]);
}

#[test]
fn a_backslash_shows_a_directive() {
    let text = text_of(&Demo::new().page("introduction.html"));
    has(&text, "Write {{#item …}} in a page");
    has(&text, "inside a sentence, {{#item …}} is only text");
    has(&text, "In a fence: {{#figure three-nodes.svg | …}}");
}

const MUTANT: &str = "// exercise: 1.2\n// item: vote::Election::grants\n\
                      // differs: it says `yes` to everybody\n\
                      pub fn grants(&self) -> bool {\n    true\n}\n";

const KILLS: &str = r#"{"format": "workbook-kills/1", "mutants": [
    {"file": "1.2-yes.rs", "exercise": "1.2", "item": "vote::Election::grants",
     "test": "votes::one"}
], "seconds": 41, "cores": 2}"#;

#[test]
fn the_kill_table_names_mistakes_behind_a_fold() {
    let text = "# Vote\n\n{{#kills 1}}\n\n{{#kills 1 1.2-yes.rs}}\n";
    let demo = page(text)
        .with("tests/01-vote/mutants/1.2-yes.rs", MUTANT)
        .with("tests/01-vote/kills.json", KILLS);
    let html = demo.page("01-vote/index.html");
    has(&html, "1 mistake, and each was caught by a test of its exercise. Running them took 41");
    has(&html, "took 41 seconds on 2 processors; ");
    let fold = &html[html.find("<details class=\"kills\">").expect("a fold")..];
    let fold = &fold[..fold.find("</details>").expect("its end")];
    has(fold, "<summary>1.2 Grant a vote: 1 mistake</summary>");
    has(fold, "and so a hint");
    has(fold, "<td>It says <code>yes</code> to everybody</td>");
    has(fold, "<td><code>Election::<wbr>grants</code></td><td><code>votes::<wbr>one</code></td>");
    assert!(!html.contains("1.1 Count the ballots: "), "no mistake, no fold");
    has(&html, "<figcaption>tests/01-vote/mutants/1.2-yes.rs</figcaption>");
}

#[test]
fn a_course_without_mutants_says_so() {
    let html = page("# Vote\n\n{{#kills 1}}\n").page("01-vote/index.html");
    has(&text_of(&html), "comes without the mistakes that its tests were tried on");
    assert!(!html.contains("class=\"kills\""), "{html}");
}

#[test]
fn a_kill_table_that_does_not_fit_is_a_problem() {
    let text = "# Vote\n\n{{#kills 1}}\n";
    let demo = || page(text).with("tests/01-vote/mutants/1.2-yes.rs", MUTANT);
    demo().fails(&["3: tests/01-vote/kills.json is not there; `cargo workbook prove 1 --write`"]);
    demo()
        .with("tests/01-vote/kills.json", &KILLS.replace("1.2-yes", "1.2-no"))
        .fails(&["3: tests/01-vote/kills.json does not fit the mutants; `cargo workbook prove 1"]);
    demo()
        .with("tests/01-vote/kills.json", "{}")
        .fails(&["3: tests/01-vote/kills.json: missing field"]);
    page("# Vote\n\n{{#kills 2}}\n\n{{#kills}}\n").fails(&[
        "3: no manifest in tests/*/exercises.toml is chapter 2",
        "5: want the number of a chapter",
    ]);
    page("# Vote\n\n{{#kills 1 ../main.rs}}\n")
        .with("tests/01-vote/mutants/1.2-yes.rs", MUTANT)
        .fails(&["3: there is no tests/01-vote/mutants/../main.rs"]);
}

#[test]
fn invariants_are_listed_with_those_who_keep_them() {
    let index = "# Index\n\n{{#invariants}}\n";
    let demo = || {
        Demo::new().with("book/src/index-of-all.md", index).replacing(
            "book/src/SUMMARY.md",
            "# Summary\n",
            "# Summary\n\n[Index](index-of-all.md)\n",
        )
    };
    let html = demo().page("index-of-all.html");
    has(&html, "Leader election</a></h2>");
    has(&html, "<a href=\"01-vote/index.html#invariant-1\"><strong>1 · Election Safety</strong>");
    has(&html, "At most one node leads a term.<br>");
    assert!(!html.contains("It follows from two rules"), "one sentence is enough");
    has(&html, "Kept by <a href=\"01-vote/exercises.html#exercise-1-2\">1.2 Grant a vote</a></li>");
    page("# Vote\n\n{{#invariants}}\n\n{{#invariants 1}}\n")
        .fails(&["3: no page has an {{#invariant …}}", "5: takes nothing, and has `1`"]);
}
