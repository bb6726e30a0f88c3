//! `{{#figure name.svg | what to see}}`: a drawing from the page's own folder.

use std::fs;

use crate::context::{Context, Expanded};
use crate::figure;

/// Draws the figure into the page.
pub(super) fn expand(context: &Context<'_>, words: &str) -> Expanded {
    let (name, caption) = words
        .split_once('|')
        .map(|(name, caption)| (name.trim(), caption.trim()))
        .filter(|(name, caption)| !name.is_empty() && !caption.is_empty())
        .ok_or("want `name.svg | a sentence that says what to see`")?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
    if !name.ends_with(".svg") || !name.chars().all(plain) || name.starts_with('/') {
        return Err(format!("`{name}` is not the name of an .svg file in the page's folder"));
    }
    let source = format!("{}{name}", context.page.folder());
    if source.split('/').any(|part| part == "..") {
        return Err(format!("`{name}` leads out of the page's folder"));
    }
    let path = context.checkout.book().join("src").join(&source);
    let svg = fs::read_to_string(&path)
        .map_err(|error| format!("cannot read the figure book/src/{source}: {error}"))?;
    let stem = source.trim_end_matches(".svg").replace(['/', '.', '_'], "-");
    let prefix = format!("figure-{stem}-{}", context.figures + 1);
    figure::draw(&svg, caption, &prefix)
        .map_err(|(line, reason)| format!("book/src/{source}:{line}: {reason}"))
}
