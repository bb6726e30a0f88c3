//! Doc comments as text of the book.
//!
//! The doc comment in the code is the contract, so the book shows it, with three changes: links to
//! items become code (rustdoc resolves them, a book cannot), headings become strong text (a page's
//! headings are the book's own), and fenced code is coloured like the rest.

use crate::code;

/// The doc comment as Markdown for a page.
pub(crate) fn markdown(docs: &str) -> String {
    let mut page = String::new();
    let mut fence: Option<(String, String, String)> = None;
    for line in docs.lines() {
        let trimmed = line.trim_start();
        match &mut fence {
            Some((mark, _, _)) if trimmed.trim_end() == mark => {
                if let Some((_, language, code)) = fence.take() {
                    page.push_str(&format!("\n{}\n\n", code::block(&language, &code, None)));
                }
            }
            Some((_, language, code)) => {
                // rustdoc hides lines that begin with `# `.
                if !(language == "rust" && (trimmed == "#" || trimmed.starts_with("# "))) {
                    code.push_str(line);
                    code.push('\n');
                }
            }
            None if trimmed.starts_with("```") => {
                let info = trimmed.trim_start_matches('`');
                let mark = trimmed[..trimmed.len() - info.len()].to_owned();
                fence = Some((mark, language(info), String::new()));
            }
            None => {
                page.push_str(&text(line));
                page.push('\n');
            }
        }
    }
    if let Some((_, language, code)) = fence {
        page.push_str(&format!("\n{}\n", code::block(&language, &code, None)));
    }
    page.trim().to_owned()
}

/// The first paragraph alone, on one line.
pub(crate) fn first_paragraph(docs: &str) -> String {
    let lines = docs.lines().skip_while(|line| line.trim().is_empty());
    let lines: Vec<&str> = lines.take_while(|line| !line.trim().is_empty()).collect();
    text(&lines.join(" "))
}

/// rustdoc's examples are Rust unless they say otherwise.
fn language(info: &str) -> String {
    let first = info.split([',', ' ']).next().unwrap_or_default();
    match first {
        "" | "ignore" | "no_run" | "should_panic" | "compile_fail" => "rust".to_owned(),
        other => other.to_owned(),
    }
}

fn text(line: &str) -> String {
    let hashes = line.len() - line.trim_start_matches('#').len();
    if hashes > 0 && line[hashes..].starts_with(' ') {
        return format!("**{}**\n", item_links(line[hashes..].trim()));
    }
    item_links(line)
}

/// `` [`Foo`] `` and `` [`Foo`](Self::foo) `` become `` `Foo` ``; `[text](crate::foo)` becomes
/// text.
fn item_links(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find('[') {
        let Some(length) = rest[open..].find(']') else { break };
        let (label, after) = (&rest[open + 1..open + length], &rest[open + length + 1..]);
        let (target, after_target) = match after.chars().next() {
            Some('(') => parenthesised(after, ')'),
            Some('[') => parenthesised(after, ']'),
            _ => (None, after),
        };
        let code = label.len() > 2 && label.starts_with('`') && label.ends_with('`');
        let web = target.is_some_and(|target| target.contains("://") || target.starts_with('#'));
        let item = target.is_some_and(|target| target.contains("::") || is_name(target));
        if !web && (code || item) {
            plain.push_str(&rest[..open]);
            plain.push_str(label);
            rest = after_target;
        } else {
            plain.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
        }
    }
    plain.push_str(rest);
    plain
}

/// What stands in the brackets that `text` begins with, and what follows them.
fn parenthesised(text: &str, close: char) -> (Option<&str>, &str) {
    match text.find(close) {
        Some(end) => (Some(&text[1..end]), &text[end + 1..]),
        None => (None, text),
    }
}

fn is_name(target: &str) -> bool {
    !target.is_empty() && target.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_items_become_code() {
        assert_eq!(item_links("see [`Term`] and [`f`](Self::f)."), "see `Term` and `f`.");
        assert_eq!(item_links("the [rule](crate::rule) of [x][Term]"), "the rule of x");
        assert_eq!(
            item_links("a [page](https://a.b/c) [1, 2] [`"),
            "a [page](https://a.b/c) [1, 2] [`"
        );
        assert_eq!(item_links("`[u8; 4]` and [`Vec<u8>`]"), "`[u8; 4]` and `Vec<u8>`");
    }

    #[test]
    fn headings_are_strong_and_examples_are_rust() {
        let page = markdown("One.\n\n# Panics\nNever.\n```\n# hidden\nlet a = 1;\n```\nEnd [`A`].");
        assert!(page.starts_with("One.\n\n**Panics**\n\nNever."), "{page}");
        assert!(page.contains("data-language=\"rust\"") && !page.contains("hidden"), "{page}");
        assert!(page.ends_with("End `A`."), "{page}");
        assert_eq!(first_paragraph("\nOne\ntwo [`x`].\n\nThree."), "One two `x`.");
    }
}
