//! Code as it stands in the book: coloured when the book is built, so that a page needs no script.
//!
//! Owns the block's HTML and a small lexer. The lexer knows just enough to tell comments, strings,
//! numbers, keywords, attributes and types apart; what it does not know stays plain, never lost:
//! the text of the spans is always the text of the code.

use crate::html::{escape, one_line};

/// One code block, as a single line of HTML, with an optional caption that says where it lives.
pub(crate) fn block(language: &str, code: &str, caption: Option<&str>) -> String {
    let code = code.trim_end_matches(['\n', ' ', '\r']);
    let name = if language.is_empty() { "text" } else { language };
    let body = one_line(&highlight(language, code));
    let pre =
        format!("<pre class=\"code\" data-language=\"{}\"><code>{body}</code></pre>", escape(name));
    match caption {
        None => format!("<div class=\"listing\">{pre}</div>"),
        Some(caption) => format!(
            "<figure class=\"listing\"><figcaption>{}</figcaption>{pre}</figure>",
            escape(caption)
        ),
    }
}

/// What the lexer has to know of a language.
struct Language {
    line_comment: &'static str,
    block_comments: bool,
    keywords: &'static [&'static str],
    numbers: bool,
    /// `'a` is a lifetime, `'a'` a character, `#[…]` an attribute, capitals are types.
    rust: bool,
}

const RUST: &[&str] = &[
    "Self", "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum",
    "extern", "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move",
    "mut", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true", "type",
    "unsafe", "use", "where", "while",
];
const PROTO: &[&str] = &[
    "enum", "import", "message", "oneof", "option", "package", "repeated", "returns", "rpc",
    "service", "stream", "syntax",
];
const GO: &[&str] = &[
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "for",
    "func",
    "go",
    "if",
    "import",
    "interface",
    "map",
    "nil",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];

fn language(name: &str) -> Option<Language> {
    let (line_comment, block_comments, keywords, rust) = match name {
        "rust" | "rs" => ("//", true, RUST, true),
        "proto" | "protobuf" => ("//", true, PROTO, false),
        "go" => ("//", true, GO, false),
        "toml" => ("#", false, &["true", "false"][..], false),
        "json" => ("//", false, &["true", "false", "null"][..], false),
        "sh" | "bash" => ("#", false, &[][..], false),
        _ => return None,
    };
    // In a shell `1.4` is a word like others.
    let numbers = line_comment != "#" || name == "toml";
    Some(Language { line_comment, block_comments, keywords, numbers, rust })
}

/// The code as escaped HTML with spans.
fn highlight(name: &str, code: &str) -> String {
    if name == "console" {
        return console(code);
    }
    let Some(language) = language(name) else { return escape(code) };
    let mut html = String::with_capacity(code.len() * 2);
    let mut rest = code;
    while !rest.is_empty() {
        let (class, length) = token(&language, rest);
        let (text, after) = rest.split_at(length);
        match class {
            "" => html.push_str(&escape(text)),
            class => html.push_str(&format!("<span class=\"{class}\">{}</span>", escape(text))),
        }
        rest = after;
    }
    html
}

/// A session in a terminal: the prompt cannot be selected, so a copied line is a command.
fn console(code: &str) -> String {
    let lines: Vec<String> = code
        .lines()
        .map(|line| match line.strip_prefix("$ ") {
            Some(command) => format!(
                "<span class=\"hl-prompt\">$ </span><span class=\"hl-command\">{}</span>",
                escape(command)
            ),
            None => format!("<span class=\"hl-output\">{}</span>", escape(line)),
        })
        .collect();
    lines.join("\n")
}

/// The next token's class and length in bytes; the length is at least one character's.
fn token(language: &Language, rest: &str) -> (&'static str, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    if rest.starts_with(language.line_comment) {
        return ("hl-comment", rest.find('\n').unwrap_or(rest.len()));
    }
    if language.block_comments && rest.starts_with("/*") {
        return ("hl-comment", rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    if language.rust {
        if let Some(found) = rust_token(rest) {
            return found;
        }
    } else if first == '\'' {
        return ("hl-string", quoted(rest, '\''));
    }
    match first {
        '"' => ("hl-string", quoted(rest, '"')),
        '0'..='9' if language.numbers => {
            let part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            ("hl-number", run(rest, part))
        }
        first if first.is_alphabetic() || first == '_' => {
            let length = run(rest, |letter| letter.is_alphanumeric() || letter == '_');
            (word(language, &rest[..length], &rest[length..]), length)
        }
        first => ("", first.len_utf8()),
    }
}

fn word(language: &Language, word: &str, after: &str) -> &'static str {
    let capital = word.starts_with(|first: char| first.is_ascii_uppercase());
    if language.keywords.contains(&word) {
        "hl-keyword"
    } else if language.rust && after.starts_with('!') && !after.starts_with("!=") {
        "hl-macro"
    } else if language.rust && capital && word.chars().any(|letter| letter.is_ascii_lowercase()) {
        "hl-type"
    } else {
        ""
    }
}

/// What only Rust has: raw and byte strings, characters beside lifetimes, attributes.
fn rust_token(rest: &str) -> Option<(&'static str, usize)> {
    if rest.starts_with("#[") || rest.starts_with("#![") {
        return Some(("hl-attribute", bracketed(rest)));
    }
    let unprefixed = rest.strip_prefix('b').unwrap_or(rest);
    if let Some(raw) = unprefixed.strip_prefix('r') {
        let hashes = run(raw, |letter| letter == '#');
        if raw[hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let head = rest.len() - raw.len() + hashes + 1;
            let end = rest[head..].find(&close).map_or(rest.len(), |at| head + at + close.len());
            return Some(("hl-string", end));
        }
    }
    if rest.starts_with("b\"") {
        return Some(("hl-string", 1 + quoted(&rest[1..], '"')));
    }
    let quote = rest.strip_prefix('\'')?;
    let mut letters = quote.chars();
    match (letters.next()?, letters.next()) {
        ('\\', _) => Some(("hl-string", quoted(rest, '\''))),
        (letter, Some('\'')) => Some(("hl-string", 2 + letter.len_utf8())),
        _ => {
            let name = run(quote, |letter| letter.is_alphanumeric() || letter == '_');
            Some(("hl-lifetime", 1 + name))
        }
    }
}

/// The length of the leading characters that `belongs` accepts.
fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !belongs(letter)).unwrap_or(text.len())
}

/// The length of a string with escapes, both quotes included; the rest of the text if it is open.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            letter if letter == quote => return at + letter.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// The length of an attribute, up to the bracket that closes its first.
fn bracketed(text: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        match letter {
            '"' => at += quoted(&text[at..], '"'),
            '[' => (depth, at) = (depth + 1, at + 1),
            ']' if depth == 1 => return at + 1,
            ']' => (depth, at) = (depth.saturating_sub(1), at + 1),
            other => at += other.len_utf8(),
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code that a reader sees and copies: the block without its tags.
    fn text_of(html: &str) -> String {
        let mut text = String::new();
        let mut inside = false;
        for letter in html.chars() {
            match letter {
                '<' => inside = true,
                '>' => inside = false,
                letter if !inside => text.push(letter),
                _ => {}
            }
        }
        let text = text.replace("&#10;", "\n").replace("&lt;", "<").replace("&gt;", ">");
        text.replace("&quot;", "\"").replace("&amp;", "&")
    }

    #[test]
    fn rust_is_coloured_and_no_byte_is_lost() {
        let code = "#[derive(Clone)] // a \"note\"\nfn f<'a>(x: &'a Term) -> bool {\n\n    \
                    x != 'é' && r#\"raw \"s\"# == \"a\\\"b\" && matches!(x, 0x1f)\n}";
        let html = block("rust", code, None);
        assert!(!html.contains('\n'), "{html}");
        for expected in [
            "<span class=\"hl-attribute\">#[derive(Clone)]</span>",
            "<span class=\"hl-comment\">// a &quot;note&quot;</span>",
            "<span class=\"hl-keyword\">fn</span>",
            "<span class=\"hl-lifetime\">'a</span>",
            "<span class=\"hl-type\">Term</span>",
            "<span class=\"hl-string\">'é'</span>",
            "<span class=\"hl-string\">r#&quot;raw &quot;s&quot;#</span>",
            "<span class=\"hl-macro\">matches</span>",
            "<span class=\"hl-number\">0x1f</span>",
        ] {
            assert!(html.contains(expected), "{expected} is not in {html}");
        }
        assert_eq!(text_of(&html), code);
    }

    #[test]
    fn broken_code_ends_too() {
        for code in ["\"open", "'", "#[open", "r#\"open", "/* open", "b\"", "'\\", "é'\u{1F600}"] {
            assert_eq!(text_of(&block("rust", code, None)), code);
        }
    }

    #[test]
    fn a_prompt_is_apart_from_its_command() {
        let html = block("console", "$ cargo workbook\nChapter 1", Some("a caption"));
        assert!(html.contains("<span class=\"hl-command\">cargo workbook</span>"), "{html}");
        assert!(html.contains("<figcaption>a caption</figcaption>"), "{html}");
    }
}
