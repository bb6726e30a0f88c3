//! `{{#item …}}`: code by the name of its item; `{{#contract …}}`: a crate's public side.

use crate::checkout::{Tree, told};
use crate::code;
use crate::context::{Context, Expanded};
use crate::contract;
use crate::sought::{self, Sought};

const HOLES: &str = "This copy of the workbook has no `solutions/`, so you see your own \
                     `chapters/` here, with a `todo!` where nothing is written yet.";

/// How much of an item is shown.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Options {
    docs: bool,
    signature: bool,
    starter: bool,
}

/// Shows one item, or several as one block.
pub(super) fn expand(context: &Context<'_>, words: &str) -> Expanded {
    let mut options = Options::default();
    let mut paths = Vec::new();
    for word in split(words) {
        match word {
            "docs" => options.docs = true,
            "nodocs" => options.docs = false,
            "signature" => options.signature = true,
            "starter" => options.starter = true,
            path if path.contains("::") => paths.push(path),
            other => {
                return Err(format!(
                    "`{other}` is neither a path like crate::Type::method nor one of docs, nodocs, \
                     signature, starter"
                ));
            }
        }
    }
    if paths.is_empty() {
        return Err("names no item; want {{#item crate::Type::method}}".to_owned());
    }
    let tree = if options.starter { Tree::Chapters } else { Tree::Solutions };
    let mut parts: Vec<String> = Vec::new();
    let mut files: Vec<String> = Vec::new();
    let mut remarks: Vec<String> = Vec::new();
    for path in paths {
        let package = match sought::code(context.checkout, tree, path)? {
            Sought::Found { package, remark } => {
                remarks.extend(remark);
                package
            }
            Sought::Gone(sentence) => {
                remarks.push(sentence);
                continue;
            }
        };
        let item = package.source.find(path).map_err(told)?;
        let file = format!("{}/{}", package.folder, item.file.display());
        if !files.contains(&file) {
            files.push(file);
        }
        let docs = if options.docs { doc_comment(&item.docs) } else { String::new() };
        let text = match (options.signature, options.docs) {
            (true, _) => format!("{docs}{};", dedent(item.signature.trim_end())),
            (false, true) => item.text(),
            (false, false) => item.text_without_docs(),
        };
        parts.push(text);
    }
    // Signatures stand under each other; whole items apart.
    let between = if options.signature && !options.docs { "\n" } else { "\n\n" };
    let text = parts.join(between);
    let has_holes = text.contains("todo!(\"exercise ") && !options.starter;
    // Once a page is enough.
    if has_holes && !context.checkout.has_solutions() && !context.told.replace(true) {
        remarks.push(HOLES.to_owned());
    }
    let block = if parts.is_empty() {
        String::new()
    } else {
        code::block("rust", &text, Some(&files.join(", ")))
    };
    remarks.insert(0, block);
    Ok(remarks.join("\n\n"))
}

/// The crate's public items, with signatures and first paragraphs.
pub(super) fn contract(context: &Context<'_>, words: &str) -> Expanded {
    if words.is_empty() || words.contains(char::is_whitespace) {
        return Err(format!("want the name of one crate, and have `{words}`"));
    }
    let (checkout, level) = (context.checkout, context.level);
    let now = || contract::render(&checkout.package(Tree::Solutions, words)?.source, level);
    if checkout.has_solutions() || !checkout.is_learners(words) {
        return now();
    }
    let given = checkout.given(words).and_then(|given| contract::render(&given.source, level).ok());
    Ok(given.or_else(|| now().ok()).unwrap_or_else(|| sought::gone(words)))
}

/// Words, with `<Type as Trait>` in one piece.
fn split(words: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut depth) = (0, 0usize);
    for (at, letter) in words.char_indices() {
        match letter {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            space if space.is_whitespace() && depth == 0 => {
                found.push(&words[start..at]);
                start = at + space.len_utf8();
            }
            _ => {}
        }
    }
    found.push(&words[start..]);
    found.retain(|word| !word.is_empty());
    found
}

/// Moves all lines but the first to the left by what they have in common.
pub(crate) fn dedent(text: &str) -> String {
    let rest = || text.lines().skip(1).filter(|line| !line.trim().is_empty());
    // A signature's inner lines are four deeper than its last; the least is its own margin.
    let margin = rest().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let lines = text.lines().enumerate().map(|(at, line)| match at {
        0 => line,
        _ => line.get(margin..).unwrap_or(""),
    });
    lines.collect::<Vec<&str>>().join("\n")
}

fn doc_comment(docs: &str) -> String {
    docs.lines().map(|line| format!("/// {line}").trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trait_path_is_one_word() {
        assert_eq!(split("a::<B as C>::d  docs"), ["a::<B as C>::d", "docs"]);
        assert!(split("  ").is_empty());
    }

    #[test]
    fn a_signature_moves_to_the_margin() {
        assert_eq!(dedent("pub fn f(\n        a: A,\n    ) -> B"), "pub fn f(\n    a: A,\n) -> B");
        assert_eq!(dedent("fn f()"), "fn f()");
    }
}
