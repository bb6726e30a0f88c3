//! Doc comments as Markdown.
//!
//! Owns the way from attributes to text: the same margin is taken off all lines, as rustdoc does
//! it, so that lists and code blocks keep their shape.

use syn::{Attribute, Expr, Lit, Meta};

/// Is it a doc comment, in either spelling? `#[doc(hidden)]` is none.
pub(super) fn is_doc(attribute: &Attribute) -> bool {
    matches!(&attribute.meta, Meta::NameValue(pair) if pair.path.is_ident("doc"))
}

/// The text of all doc comments among the attributes.
pub(super) fn markdown<'a>(attributes: impl IntoIterator<Item = &'a Attribute>) -> String {
    let mut lines: Vec<String> = Vec::new();
    for attribute in attributes {
        if let Some(text) = text_of(attribute) {
            lines.extend(unframed(&text));
        }
    }
    let margin = lines.iter().filter(|line| !line.trim().is_empty());
    let margin = margin.map(|line| line.len() - line.trim_start_matches(' ').len()).min();
    let lines = lines.iter().map(|line| line.get(margin.unwrap_or(0)..).unwrap_or("").trim_end());
    let text: Vec<&str> = lines.collect();
    text.join("\n").trim_matches('\n').to_owned()
}

fn text_of(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(literal) = &pair.value else { return None };
    match &literal.lit {
        Lit::Str(text) if pair.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}

/// The lines of one comment, without the column of stars that a block comment may have.
fn unframed(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let Some((first, rest)) = lines.split_first() else { return vec![String::new()] };
    let framed = !rest.is_empty()
        && rest.iter().all(|line| line.trim().is_empty() || line.trim_start().starts_with('*'))
        && rest.iter().any(|line| line.trim_start().starts_with('*'));
    let rest = rest.iter().map(|line| match line.trim_start().strip_prefix('*') {
        Some(inner) if framed => inner.to_owned(),
        _ => (*line).to_owned(),
    });
    std::iter::once((*first).to_owned()).chain(rest).collect()
}
