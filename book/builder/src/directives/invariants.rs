//! `{{#invariants}}`: every invariant of the book, by chapter, with the exercises that keep it.

use std::fmt::Write as _;

use super::nothing;
use crate::context::{Context, Expanded};
use crate::html::inline;
use crate::outline::{Invariant, Page};

/// Draws the index.
pub(super) fn expand(context: &Context<'_>, words: &str) -> Expanded {
    nothing(words)?;
    let mut list = String::new();
    let mut folder = None;
    for invariant in context.outline.invariants() {
        if folder != Some(invariant.page.folder()) {
            folder = Some(invariant.page.folder());
            list.push_str(&heading(context, invariant.page));
        }
        list.push_str(&entry(context, &invariant)?);
    }
    if list.is_empty() {
        return Err("no page has an {{#invariant …}}".to_owned());
    }
    Ok(list)
}

/// The chapter that the next invariants are from: the title of its first page.
fn heading(context: &Context<'_>, page: &Page) -> String {
    let hashes = "#".repeat((context.level + 1).clamp(2, 6));
    let first = context.outline.page(&format!("{}README.md", page.folder())).unwrap_or(page);
    format!("\n{hashes} {}\n\n", first.title)
}

/// One invariant: its number and name, what it says, and who keeps it.
fn entry(context: &Context<'_>, invariant: &Invariant<'_>) -> Result<String, String> {
    let address = context.page.link(&invariant.address());
    let mut text = format!(
        "- <a href=\"{address}\"><strong>{} · {}</strong></a><br>\n  {}",
        invariant.number,
        inline(invariant.name),
        first_sentence(invariant.statement)
    );
    let mut keepers = Vec::new();
    for manifest in context.checkout.manifests()? {
        let home = Page::new(&format!("{:02}-{}/", manifest.number, manifest.package), "");
        for exercise in &manifest.exercises {
            let named = exercise.invariant.as_deref() == Some(invariant.name);
            let meant = named.then(|| context.outline.invariant(&home, invariant.name)).flatten();
            if meant.is_some_and(|(address, _)| address == invariant.address()) {
                let title = format!("{} {}", exercise.id, inline(&exercise.title));
                keepers.push(match context.outline.exercise(&exercise.id) {
                    Some(target) => {
                        format!("<a href=\"{}\">{title}</a>", context.page.link(&target))
                    }
                    None => title,
                });
            }
        }
    }
    if !keepers.is_empty() {
        let _ = write!(text, "<br>\n  Kept by {}", keepers.join(", "));
    }
    Ok(text + "\n")
}

/// Up to the first full stop that ends a sentence; links become their text, for they are written
/// for another page.
fn first_sentence(statement: &str) -> String {
    let mut rest = statement;
    let mut text = String::new();
    while let Some((before, link)) = rest.split_once('[') {
        let after = link.split_once("](").and_then(|(words, after)| {
            let (_, after) = after.split_once(')')?;
            Some((words, after))
        });
        let Some((words, after)) = after else { break };
        text.push_str(before);
        text.push_str(words);
        rest = after;
    }
    text.push_str(rest);
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn one_sentence_is_enough() {
        assert_eq!(first_sentence("A node votes once. It follows that"), "A node votes once.");
        assert_eq!(first_sentence("All of etcd 3.7 keeps it."), "All of etcd 3.7 keeps it.");
        let linked = "A leader of a [term](terms.md) has [one. Two](a.md). More.";
        assert_eq!(first_sentence(linked), "A leader of a term has one.");
        assert_eq!(first_sentence("It [is] so. More."), "It [is] so.");
        assert_eq!(first_sentence(""), "");
    }
}
