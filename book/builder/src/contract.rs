//! The Contract page: what a crate shows to the outside, and so what graded tests may use.
//!
//! A name is on the page if a user of the crate can write it: it is `pub` in the root, or in a
//! `pub` module, or re-exported by a `pub use` from wherever it is. Fields and methods are on it if
//! they are `pub` themselves. Signatures are the source's own text. A method's documentation is
//! shown whole; a type's only to its first paragraph, since the rest is about its inside.
//!
//! Left out on purpose: `cfg`, macros, and re-exports of other crates' items; a re-export that
//! cannot be followed is an error, so nothing is missing in silence.

use std::fmt::Write as _;

use workbook::items::{Crate, Item, Kind, Owner};

use crate::code;
use crate::docs::{first_paragraph, markdown};
use crate::exports::{Export, exports, is_public, split_commas};

/// The page's body. Headings are one level below `level`.
pub(crate) fn render(source: &Crate, level: usize) -> Result<String, String> {
    let exports = exports(source)?;
    let hashes = "#".repeat((level + 1).clamp(2, 5));
    let mut page = String::new();
    for (kinds, title) in GROUPS {
        let group: Vec<&Export<'_>> =
            exports.iter().filter(|export| kinds.contains(&export.item.kind)).collect();
        if group.is_empty() {
            continue;
        }
        let _ = writeln!(page, "{hashes} {title}\n");
        for export in group {
            entry(source, export, &hashes, &mut page);
        }
    }
    if page.is_empty() {
        return Err(format!("the crate `{}` shows nothing to the outside", source.name()));
    }
    Ok(page)
}

/// In the order of the page.
const GROUPS: &[(&[Kind], &str)] = &[
    (&[Kind::Struct], "Structs"),
    (&[Kind::Enum], "Enums"),
    (&[Kind::Trait], "Traits"),
    (&[Kind::Function], "Functions"),
    (&[Kind::Alias, Kind::Constant, Kind::Macro], "Constants and aliases"),
];

fn entry(source: &Crate, export: &Export<'_>, hashes: &str, page: &mut String) {
    let item = export.item;
    let anchor = format!("contract-{}", export.name.replace("::", "-"));
    let _ = writeln!(page, "{hashes}# `{}` {{#{anchor}}}\n", export.name);
    let _ = writeln!(page, "<div class=\"api\">\n\n{}\n", first_paragraph(&item.docs));
    let _ = writeln!(page, "{}\n", code::block("rust", &definition(source, item), None));
    let traits = traits_of(source, item);
    if !traits.is_empty() {
        let _ = writeln!(page, "<p class=\"api-traits\">Implements {}</p>\n", traits.join(", "));
    }
    for member in source.items().iter().filter(|member| is_method_of(member, item)) {
        let _ = writeln!(
            page,
            "<div class=\"api-member\">{}\n\n{}\n\n</div>\n",
            code::block("rust", &signature(member), None),
            markdown(&member.docs)
        );
    }
    page.push_str("</div>\n\n");
}

/// The item as its user sees it: without bodies, and without what is private.
fn definition(source: &Crate, item: &Item) -> String {
    let Some(body) = &item.body else { return without_private(item) };
    let head = item.signature.trim_end();
    match item.kind {
        Kind::Function => format!("{head};"),
        Kind::Struct => {
            let fields = members(source, item, Kind::Field);
            let public = fields.iter().filter(|field| is_public(&field.signature));
            let mut lines: Vec<String> = public.map(|field| documented(field, ",")).collect();
            if lines.is_empty() {
                return format!("{head} {{ /* private fields */ }}");
            }
            if lines.len() < fields.len() {
                lines.push("    // private fields".to_owned());
            }
            format!("{head} {{\n{}\n}}", lines.join("\n"))
        }
        Kind::Enum => {
            let variants = members(source, item, Kind::Variant);
            let lines: Vec<String> =
                variants.iter().map(|variant| documented(variant, ",")).collect();
            format!("{head} {{\n{}\n}}", lines.join("\n"))
        }
        Kind::Trait => {
            let all = source.items().iter().filter(|member| is_in(member, item));
            let lines: Vec<String> = all.map(|member| documented(member, ";")).collect();
            format!("{head} {{\n{}\n}}", lines.join("\n\n"))
        }
        _ => item.source[body.clone()].to_owned(),
    }
}

/// A tuple struct keeps its public fields; everything else without a body is shown whole.
fn without_private(item: &Item) -> String {
    let text = item.source[item.plain.clone()].to_owned();
    let Some((head, fields)) = text.split_once('(').filter(|_| item.kind == Kind::Struct) else {
        return text;
    };
    let fields: Vec<&str> =
        split_commas(fields.trim_end().trim_end_matches(';').trim_end_matches(')'))
            .into_iter()
            .map(str::trim)
            .map(|field| if is_public(field) { field } else { "_" })
            .collect();
    format!("{head}({});", fields.join(", "))
}

/// A member with its whole doc comment, four spaces in.
fn documented(member: &Item, end: &str) -> String {
    let mut text = String::new();
    let paragraph: Vec<&str> = member.docs.lines().take_while(|line| !line.is_empty()).collect();
    for line in paragraph {
        let _ = writeln!(text, "    /// {line}");
    }
    let own = signature(member);
    let own = own.trim_end_matches([',', ';']);
    for (at, line) in own.lines().enumerate() {
        let _ = write!(text, "{}    {line}", if at > 0 { "\n" } else { "" });
    }
    text.push_str(end);
    text
}

/// The member's text without body, attributes and documentation, at the left margin.
fn signature(member: &Item) -> String {
    let text = match (member.kind, &member.body) {
        // A variant's fields belong to it.
        (Kind::Variant, _) | (_, None) => member.source[member.plain.clone()].to_owned(),
        (_, Some(_)) => format!("{};", member.signature.trim_end()),
    };
    let margin = member.indent();
    let lines = text.lines().map(|line| line.strip_prefix(margin).unwrap_or(line));
    lines.collect::<Vec<&str>>().join("\n")
}

fn members<'a>(source: &'a Crate, item: &Item, kind: Kind) -> Vec<&'a Item> {
    source.items().iter().filter(|member| member.kind == kind && is_in(member, item)).collect()
}

/// Declared between the braces of `item`, directly.
fn is_in(member: &Item, item: &Item) -> bool {
    let Some(Owner::Definition(name)) = &member.owner else { return false };
    let inside = item
        .body
        .as_ref()
        .is_some_and(|body| body.start < member.plain.start && member.plain.end <= body.end);
    *name == item.name && member.file == item.file && inside
}

fn is_method_of(member: &Item, item: &Item) -> bool {
    let of_type = matches!(item.kind, Kind::Struct | Kind::Enum);
    let owned = matches!(&member.owner, Some(Owner::Inherent(of)) if of.short == item.name);
    of_type
        && owned
        && !member.in_tests
        && matches!(member.kind, Kind::Function | Kind::Constant)
        && is_public(&member.signature)
}

/// What the type implements: derived first, then by hand, in the order of the source.
fn traits_of(source: &Crate, item: &Item) -> Vec<String> {
    let attributes = &item.source[item.bare.start..item.plain.start];
    let derived = attributes.split("derive(").skip(1).filter_map(|rest| rest.split(')').next());
    let derived = derived.flat_map(|list| list.split(',')).map(str::trim);
    let mut traits: Vec<String> = derived.map(str::to_owned).collect();
    for block in source.items() {
        let Some(Owner::Trait(of, name)) = &block.owner else { continue };
        if block.kind == Kind::Impl && of.short == item.name && !block.in_tests {
            traits.push(name.full.clone());
        }
    }
    traits.retain(|name| !name.is_empty());
    traits.iter().map(|name| format!("<code>{}</code>", crate::html::escape(name))).collect()
}
