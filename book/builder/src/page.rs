//! One page: its Markdown with every directive replaced by what it stands for.
//!
//! Besides directives it colours fenced code and makes links to `README.md` lead to the page that
//! mdBook renames it to. Everything else passes through as it is.
//!
//! Invariant: a page whose blocks are not closed, or that holds a directive nobody knows, is a
//! problem with its line; nothing is passed over in silence.

use std::cell::Cell;

use crate::checkout::Checkout;
use crate::code;
use crate::context::Context;
use crate::directives::{self, Action, Directive};
use crate::outline::{Outline, Page};
use crate::problem::Problem;
use crate::scan::{self, Line};

/// A block that waits for its end.
struct Open {
    directive: &'static Directive,
    line: usize,
    /// The middle that must come before the end.
    wants: Option<&'static str>,
}

struct Fence<'a> {
    line: usize,
    indent: &'a str,
    language: &'a str,
    code: String,
}

struct Expansion<'a> {
    context: Context<'a>,
    problems: &'a mut Vec<Problem>,
    open: Vec<Open>,
    fence: Option<Fence<'a>>,
    markdown: String,
}

/// Expands the page's text; what cannot be expanded is added to `problems`.
pub(crate) fn expand<'a>(
    text: &'a str,
    checkout: &'a Checkout,
    outline: &'a Outline,
    page: &'a Page,
    problems: &'a mut Vec<Problem>,
) -> String {
    let (level, figures, traces, told) = (1, 0, 0, Cell::new(false));
    let context = Context { checkout, outline, page, level, figures, traces, told };
    let markdown = String::with_capacity(text.len() * 2);
    let mut expansion = Expansion { context, problems, open: Vec::new(), fence: None, markdown };
    for (number, line) in scan::lines(text) {
        expansion.line(number, line);
    }
    expansion.finish();
    expansion.markdown
}

impl<'a> Expansion<'a> {
    fn line(&mut self, number: usize, line: Line<'a>) {
        match line {
            Line::Text(text) => self.text(text),
            Line::Directive { indent, name, rest } => self.directive(number, indent, name, rest),
            Line::Escaped { before, after } => {
                if let Some(fence) = &mut self.fence {
                    fence.push(&format!("{before}{after}"));
                }
            }
            Line::Misplaced(found) => {
                self.problem(number, format!("`{found}` wants a line of its own"));
            }
            Line::Open { indent, language } => {
                self.fence = Some(Fence { line: number, indent, language, code: String::new() });
            }
            Line::Code(code) => {
                if let Some(fence) = &mut self.fence {
                    fence.push(code);
                }
            }
            Line::CodeDirective(found) => self.problem(
                number,
                format!(
                    "`{found}` is inside a block of code; take the fence away, or write \
                         `\\{found}` to show it"
                ),
            ),
            Line::Close => {
                if let Some(fence) = self.fence.take() {
                    let block = code::block(fence.language, &fence.code, None);
                    self.block(fence.indent, &block);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        let hashes = text.len() - text.trim_start_matches('#').len();
        if (1..=6).contains(&hashes) && text[hashes..].starts_with(' ') {
            self.context.level = hashes;
        }
        self.markdown.push_str(&readme_links(text));
        self.markdown.push('\n');
    }

    fn directive(&mut self, number: usize, indent: &str, name: &str, rest: &str) {
        let ended = match name.strip_prefix('/') {
            Some(name) => self.close(name, rest),
            None => match name.strip_prefix('#') {
                Some(name) if self.is_middle(name) => self.middle(name),
                name => self.begin(number, name.unwrap_or_default(), rest),
            },
        };
        match ended {
            Ok(html) => self.block(indent, &html),
            Err(reason) => self.problem(number, reason),
        }
    }

    fn begin(&mut self, number: usize, name: &str, rest: &str) -> Result<String, String> {
        let Some(directive) = directives::find(name) else { return Err(unknown(name)) };
        let html = match &directive.action {
            Action::Line(run) => run(&self.context, rest)?,
            Action::Refused(reason) => return Err((*reason).to_owned()),
            Action::Block { open, middle, .. } => {
                if let Some(outer) = self.open.last() {
                    return Err(format!(
                        "{{{{#{name}}}}} inside {{{{#{}}}}} of line {}",
                        outer.directive.name, outer.line
                    ));
                }
                // The block is open even if its heading is wrong: its end is not a second fault.
                let wants = middle.map(|(name, _)| name);
                self.open.push(Open { directive, line: number, wants });
                open(&self.context, rest)?
            }
        };
        match name {
            "figure" => self.context.figures += 1,
            "trace" => self.context.traces += 1,
            _ => {}
        }
        Ok(html)
    }

    fn is_middle(&self, name: &str) -> bool {
        self.open.iter().any(|open| match open.directive.action {
            Action::Block { middle: Some((middle, _)), .. } => middle == name,
            _ => false,
        })
    }

    fn middle(&mut self, name: &str) -> Result<String, String> {
        let open = self.open.last_mut().ok_or_else(|| unknown(name))?;
        match (open.wants.take(), &open.directive.action) {
            (Some(_), Action::Block { middle: Some((_, html)), .. }) => Ok((*html).to_owned()),
            _ => Err(format!("a second {{{{#{name}}}}} in the block of line {}", open.line)),
        }
    }

    fn close(&mut self, name: &str, rest: &str) -> Result<String, String> {
        if !rest.is_empty() {
            return Err(format!("{{{{/{name}}}}} takes nothing, and has `{rest}`"));
        }
        let Some(open) = self.open.pop_if(|open| open.directive.name == name) else {
            return Err(match self.open.last() {
                Some(open) => format!(
                    "{{{{/{name}}}}} does not end the {{{{#{}}}}} of line {}",
                    open.directive.name, open.line
                ),
                None => format!("{{{{/{name}}}}} ends nothing"),
            });
        };
        if let Some(middle) = open.wants {
            return Err(format!(
                "the {{{{#{name}}}}} of line {} has no {{{{#{middle}}}}}",
                open.line
            ));
        }
        match open.directive.action {
            Action::Block { close, .. } => Ok(close.to_owned()),
            _ => Ok(String::new()),
        }
    }

    fn finish(&mut self) {
        if let Some(fence) = self.fence.take() {
            self.problem(fence.line, "this block of code is never closed".to_owned());
        }
        for open in std::mem::take(&mut self.open) {
            let name = open.directive.name;
            self.problem(open.line, format!("{{{{#{name}}}}} is never closed by {{{{/{name}}}}}"));
        }
    }

    /// Writes a block with blank lines around it, as deep as its directive stood.
    fn block(&mut self, indent: &str, text: &str) {
        self.markdown.push('\n');
        for line in text.lines() {
            if !line.is_empty() {
                self.markdown.push_str(indent);
                self.markdown.push_str(line);
            }
            self.markdown.push('\n');
        }
        self.markdown.push('\n');
    }

    fn problem(&mut self, line: usize, reason: String) {
        self.problems.push(Problem::at(self.context.page.file(), line, reason));
    }
}

impl Fence<'_> {
    fn push(&mut self, line: &str) {
        let spaces = line.len() - line.trim_start_matches([' ', '\t']).len();
        self.code.push_str(&line[spaces.min(self.indent.len())..]);
        self.code.push('\n');
    }
}

fn unknown(name: &str) -> String {
    let known: Vec<&str> = directives::DIRECTIVES
        .iter()
        .filter(|directive| !matches!(directive.action, Action::Refused(_)))
        .map(|directive| directive.usage)
        .collect();
    format!("no directive `{name}`; there are {}", known.join("  "))
}

/// mdBook turns `README.md` into `index.html`, and leaves links to it behind.
fn readme_links(text: &str) -> String {
    let mut links = text.to_owned();
    for (from, to) in [("README.md)", "index.md)"), ("README.md#", "index.md#")] {
        for before in ["(", "/"] {
            links = links.replace(&format!("{before}{from}"), &format!("{before}{to}"));
        }
    }
    links
}
