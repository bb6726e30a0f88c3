//! Boxes whose content is the page's own Markdown: invariants, predictions, questions.

use super::nothing;
use crate::context::{Context, Expanded};
use crate::html::{escape, inline};

/// `{{#invariant 1 | Election Safety}}`: a numbered rule, with an anchor for links.
pub(super) fn invariant(_: &Context<'_>, words: &str) -> Expanded {
    let form = || format!("want `NUMBER | Name`, and have `{words}`");
    let (number, name) = words.split_once('|').ok_or_else(form)?;
    let (number, name) = (number.trim(), name.trim());
    if name.is_empty() || !number.parse::<u32>().is_ok_and(|number| number > 0) {
        return Err(form());
    }
    let number = escape(number);
    Ok(format!(
        "<aside class=\"box invariant\" id=\"invariant-{number}\">\
         <p class=\"box-title\">\
         <a class=\"header\" href=\"#invariant-{number}\">Invariant {number}</a> \
         <strong>{}</strong></p>\n",
        inline(name)
    ))
}

/// `{{#predict}}`: think first, then open the answer.
pub(super) fn predict(_: &Context<'_>, words: &str) -> Expanded {
    nothing(words)?;
    Ok("<aside class=\"box predict\"><p class=\"box-title\">Predict first</p>\n".to_owned())
}

/// `{{#ask}}`: a question to check yourself by.
pub(super) fn ask(_: &Context<'_>, words: &str) -> Expanded {
    nothing(words)?;
    Ok("<div class=\"ask\">\n".to_owned())
}
