//! The directives: a table of what an author can write on a line of its own.
//!
//! A new one is a line in [`DIRECTIVES`] and a function from its words to Markdown. A function
//! returns a reason when it cannot; file and line are added by the page.

mod boxes;
mod exercise;
mod figure;
mod invariants;
mod item;
mod kills;
mod listing;
mod trace;

use crate::context::{Context, Expanded};

/// One directive.
pub(crate) struct Directive {
    /// Its name, without the `#`.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// What becomes of it.
    pub action: Action,
}

/// What becomes of a directive.
pub(crate) enum Action {
    /// The line is replaced.
    Line(fn(&Context<'_>, &str) -> Expanded),
    /// The lines up to `{{/name}}` are put between two pieces of HTML, and stay Markdown.
    Block {
        /// What stands before them.
        open: fn(&Context<'_>, &str) -> Expanded,
        /// A directive that must come in between, and what it is replaced by.
        middle: Option<(&'static str, &'static str)>,
        /// What stands after them.
        close: &'static str,
    },
    /// Something of mdBook's that this book does not use, and what to write instead.
    Refused(&'static str),
}

const ANSWER: &str = "<details class=\"answer\"><summary>Answer</summary>\n";
const INCLUDE: &str =
    "files are not included by lines, which drift; name the item: {{#item crate::Type::method}}";

/// All directives.
pub(crate) const DIRECTIVES: &[Directive] = &[
    Directive {
        name: "item",
        usage: "{{#item crate::Type::method … [docs] [signature] [starter]}}",
        action: Action::Line(item::expand),
    },
    Directive {
        name: "exercise",
        usage: "{{#exercise 1.4}}",
        action: Action::Line(exercise::expand),
    },
    Directive {
        name: "exercises",
        usage: "{{#exercises 1}}",
        action: Action::Line(listing::exercises),
    },
    Directive { name: "chapters", usage: "{{#chapters}}", action: Action::Line(listing::chapters) },
    Directive {
        name: "contract",
        usage: "{{#contract crate}}",
        action: Action::Line(item::contract),
    },
    Directive {
        name: "figure",
        usage: "{{#figure name.svg | what to see}}",
        action: Action::Line(figure::expand),
    },
    Directive {
        name: "trace",
        usage: "{{#trace 1 module::test | what to see}}",
        action: Action::Line(trace::expand),
    },
    Directive {
        name: "invariant",
        usage: "{{#invariant 1 | Name}} … {{/invariant}}",
        action: Action::Block { open: boxes::invariant, middle: None, close: "</aside>" },
    },
    Directive {
        name: "invariants",
        usage: "{{#invariants}}",
        action: Action::Line(invariants::expand),
    },
    Directive {
        name: "kills",
        usage: "{{#kills 1 [a mutant's file]}}",
        action: Action::Line(kills::expand),
    },
    Directive {
        name: "predict",
        usage: "{{#predict}} … {{#answer}} … {{/predict}}",
        action: Action::Block {
            open: boxes::predict,
            middle: Some(("answer", ANSWER)),
            close: "</details></aside>",
        },
    },
    Directive {
        name: "ask",
        usage: "{{#ask}} … {{#answer}} … {{/ask}}",
        action: Action::Block {
            open: boxes::ask,
            middle: Some(("answer", ANSWER)),
            close: "</details></div>",
        },
    },
    Directive { name: "include", usage: "", action: Action::Refused(INCLUDE) },
    Directive { name: "rustdoc_include", usage: "", action: Action::Refused(INCLUDE) },
    Directive {
        name: "playground",
        usage: "",
        action: Action::Refused("nothing runs in the page; show code with {{#item …}}"),
    },
    Directive {
        name: "title",
        usage: "",
        action: Action::Refused("a page's title is the one that book/src/SUMMARY.md gives it"),
    },
];

/// The directive of this name.
pub(crate) fn find(name: &str) -> Option<&'static Directive> {
    DIRECTIVES.iter().find(|directive| directive.name == name)
}

/// Refuses words after a directive that takes none.
fn nothing(words: &str) -> Result<(), String> {
    if words.is_empty() { Ok(()) } else { Err(format!("takes nothing, and has `{words}`")) }
}
