//! Markdown line by line, as far as directives are concerned.
//!
//! Owns the question what is a directive and what is text: code in fences and between backticks
//! is text. Leaves to `page` what the lines turn into, and Markdown itself to mdBook.

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// Plain Markdown.
    Text(&'a str),
    /// `{{#name rest}}` or `{{/name}}` on a line of its own. The name keeps its `#` or `/`.
    Directive { indent: &'a str, name: &'a str, rest: &'a str },
    /// A line of code that shows a directive: `\{{#name …}}`, here without the backslash. Outside
    /// of code Markdown itself takes the backslash away.
    Escaped { before: &'a str, after: &'a str },
    /// Something like a directive that shares its line with other text.
    Misplaced(&'a str),
    /// The first line of a fenced block of code.
    Open { indent: &'a str, language: &'a str },
    /// A line of code, as it stands.
    Code(&'a str),
    /// A directive inside a block of code, where nothing is expanded.
    CodeDirective(&'a str),
    /// The last line of a fenced block.
    Close,
}

/// The lines with their numbers, counted from 1.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, Line<'_>)> {
    let mut fence: Option<(char, usize)> = None;
    text.lines().enumerate().map(move |(at, line)| {
        let kind = match fence {
            Some((mark, length)) => {
                if closes(line, mark, length) {
                    fence = None;
                    Line::Close
                } else {
                    code(line)
                }
            }
            None => match opens(line) {
                Some((mark, length, open)) => {
                    fence = Some((mark, length));
                    open
                }
                None => outside(line),
            },
        };
        (at + 1, kind)
    })
}

fn code(line: &str) -> Line<'_> {
    if let Some((before, after)) = line.split_once("\\{{#").or_else(|| line.split_once("\\{{/")) {
        return Line::Escaped { before, after: &line[line.len() - after.len() - 3..] };
    }
    match directive(line) {
        Some(_) => Line::CodeDirective(line.trim()),
        None => Line::Code(line),
    }
}

fn outside(line: &str) -> Line<'_> {
    if let Some(found) = directive(line) {
        return found;
    }
    match misplaced(line) {
        Some(at) => Line::Misplaced(&line[at..]),
        None => Line::Text(line),
    }
}

fn directive(line: &str) -> Option<Line<'_>> {
    let trimmed = line.trim();
    let inner = trimmed.strip_prefix("{{")?.strip_suffix("}}")?;
    if !inner.starts_with(['#', '/']) || inner.contains("}}") {
        return None;
    }
    let (name, rest) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    let indent = &line[..line.len() - line.trim_start().len()];
    Some(Line::Directive { indent, name, rest: rest.trim() })
}

/// Where `{{#` or `{{/` stands outside of code, if it does.
fn misplaced(line: &str) -> Option<usize> {
    let mut code = false;
    for (at, letter) in line.char_indices() {
        let here = &line[at..];
        if letter == '`' {
            code = !code;
        } else if !code
            && (here.starts_with("{{#") || here.starts_with("{{/"))
            && !line[..at].ends_with('\\')
        {
            return Some(at);
        }
    }
    None
}

fn opens(line: &str) -> Option<(char, usize, Line<'_>)> {
    let trimmed = line.trim_start();
    let indent = &line[..line.len() - trimmed.len()];
    let mark = trimmed.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let length = trimmed.len() - trimmed.trim_start_matches(mark).len();
    let info = trimmed[length..].trim();
    if length < 3 || (mark == '`' && info.contains('`')) {
        return None;
    }
    let language = info.split([',', ' ', '{', '\t']).next().unwrap_or_default();
    Some((mark, length, Line::Open { indent, language }))
}

fn closes(line: &str, mark: char, length: usize) -> bool {
    let trimmed = line.trim();
    trimmed.len() >= length && trimmed.chars().all(|letter| letter == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Line<'_>> {
        lines(text).map(|(_, line)| line).collect()
    }

    #[test]
    fn a_directive_has_a_line_of_its_own() {
        let item = Line::Directive { indent: "  ", name: "#item", rest: "a::b docs" };
        assert_eq!(kinds("  {{#item  a::b docs }}"), [item]);
        let close = Line::Directive { indent: "", name: "/ask", rest: "" };
        assert_eq!(kinds("{{/ask}}"), [close]);
        assert_eq!(kinds("see {{#item a}}"), [Line::Misplaced("{{#item a}}")]);
        assert_eq!(kinds("{{#a}} {{#b}}"), [Line::Misplaced("{{#a}} {{#b}}")]);
        assert_eq!(kinds("write `{{#item a}}` here"), [Line::Text("write `{{#item a}}` here")]);
        assert_eq!(kinds("{{ x }}"), [Line::Text("{{ x }}")]);
    }

    #[test]
    fn nothing_is_a_directive_in_code_and_a_backslash_shows_it() {
        let text =
            "~~~ rust,ignore\n```\nlet x = \"{{#a}}\";\n{{#item a}}\n\\{{#item a}}\n~~~~\n{{#b}}";
        assert_eq!(
            kinds(text),
            [
                Line::Open { indent: "", language: "rust" },
                Line::Code("```"),
                Line::Code("let x = \"{{#a}}\";"),
                Line::CodeDirective("{{#item a}}"),
                Line::Escaped { before: "", after: "{{#item a}}" },
                Line::Close,
                Line::Directive { indent: "", name: "#b", rest: "" },
            ]
        );
        assert_eq!(kinds("```a`b```"), [Line::Text("```a`b```")]);
        assert_eq!(kinds(" \\{{#x}}"), [Line::Text(" \\{{#x}}")]);
    }
}
