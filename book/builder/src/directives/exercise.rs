//! `{{#exercise 1.4}}`: an exercise with its contract, which is the doc comment in the solution
//! or, in a copy without solutions, in the starter.
//!
//! Nothing of an exercise is written twice: title, points, tests and hints come from the manifest,
//! signature and contract from the code.

use std::fmt::Write as _;

use workbook::items::{Item, Owner};
use workbook::manifest::{Exercise, Half, Manifest};

use super::item::dedent;
use crate::checkout::{Package, told};
use crate::code;
use crate::context::{Context, Expanded};
use crate::docs;
use crate::html::{escape, inline};
use crate::outline::exercise_anchor;
use crate::sought::{self, Sought};

/// Draws the exercise's block.
pub(super) fn expand(context: &Context<'_>, words: &str) -> Expanded {
    if words.is_empty() || words.contains(char::is_whitespace) {
        return Err(format!("want the number of one exercise, as in 1.4, and have `{words}`"));
    }
    let (manifest, exercise) = context.checkout.exercise(words)?;
    let mut page = String::from("<div class=\"exercise\">\n\n");
    let hashes = "#".repeat((context.level + 1).clamp(2, 6));
    let _ = writeln!(
        page,
        "{hashes} <span class=\"number\">{}</span> {} {{#{}}}\n",
        exercise.id,
        exercise.title,
        exercise_anchor(&exercise.id)
    );
    let _ = writeln!(page, "{}\n", facts(exercise));
    for path in &exercise.items {
        page.push_str(&contract(context, path)?);
    }
    let _ = writeln!(page, "{}\n", links(context, manifest, exercise)?);
    let command = format!("$ cargo workbook grade {}", exercise.id);
    let _ = writeln!(page, "{}\n", code::block("console", &command, None));
    page.push_str(&hints(exercise));
    page.push_str("</div>\n");
    Ok(page)
}

fn facts(exercise: &Exercise) -> String {
    let half = match exercise.half {
        Half::First => "first half",
        Half::Second => "second half: a first pass can leave it",
    };
    format!(
        "<ul class=\"facts\"><li>{} minutes</li><li>{}</li><li>{half}</li></ul>",
        exercise.minutes,
        super::listing::points(exercise.points)
    )
}

/// The signature of an item and, under it, what it promises.
fn contract(context: &Context<'_>, path: &str) -> Result<String, String> {
    let promises = |package: &Package, item: &Item| promise(package, item).is_some();
    let (package, remark) = match sought::contract(context.checkout, path, promises)? {
        Sought::Found { package, remark } => (package, remark),
        Sought::Gone(sentence) => return Ok(format!("{sentence}\n\n")),
    };
    let item = package.source.find(path).map_err(told)?;
    let promise = promise(&package, item).ok_or_else(|| {
        format!("`{path}` has no doc comment, and the doc comment is the exercise's contract")
    })?;
    // A method alone would not say whose it is.
    let owner = match &item.owner {
        Some(Owner::Trait(of, of_trait)) => format!("// impl {} for {}\n", of_trait.full, of.full),
        Some(Owner::Inherent(of)) => format!("// impl {}\n", of.full),
        Some(Owner::Definition(name)) => format!("// in {name}\n"),
        None => String::new(),
    };
    let signature = format!("{owner}{}", dedent(item.signature.trim_end()));
    let file =
        format!("{}/{}", package.folder.replace("solutions/", "chapters/"), item.file.display());
    let block = code::block("rust", &signature, Some(&file));
    let remark = remark.map_or_else(String::new, |remark| format!("{remark}\n\n"));
    Ok(format!("{block}\n\n{remark}{}\n\n", docs::markdown(&promise)))
}

/// The item's doc comment, or that of the trait's method that it implements.
fn promise(package: &Package, item: &Item) -> Option<String> {
    if !item.docs.trim().is_empty() {
        return Some(item.docs.clone());
    }
    let Some(Owner::Trait(_, of_trait)) = &item.owner else { return None };
    let path = format!("{}::{}::{}", package.source.name(), of_trait.short, item.name);
    let declared = package.source.find(&path).ok()?;
    Some(declared.docs.clone()).filter(|docs| !docs.trim().is_empty())
}

/// What the exercise is tied to: its invariant, its tests, what it needs and where to read.
fn links(
    context: &Context<'_>,
    manifest: &Manifest,
    exercise: &Exercise,
) -> Result<String, String> {
    let mut list = String::from("<dl class=\"links\">");
    let mut row = |name: &str, value: String| {
        let _ = write!(list, "<dt>{name}</dt><dd>{value}</dd>");
    };
    let page = context.page;
    if let Some(name) = &exercise.invariant {
        let (target, number) = context.outline.invariant(page, name).ok_or_else(|| {
            format!(
                "exercise {} keeps the invariant `{name}`, and no page has \
                 {{{{#invariant … | {name}}}}}",
                exercise.id
            )
        })?;
        row(
            "Invariant",
            format!("<a href=\"{}\">{number} · {}</a>", page.link(&target), inline(name)),
        );
    }
    let tests: Vec<String> =
        exercise.tests.iter().map(|test| format!("<code>{}</code>", breakable(test))).collect();
    row("Graded by", tests.join(", "));
    if !exercise.needs.is_empty() {
        let needs: Vec<String> =
            exercise.needs.iter().map(|id| need(context, manifest, id)).collect();
        row("Needs", needs.join(", "));
    }
    if let Some(section) = &exercise.section {
        let (source, anchor) = section.split_once('#').unwrap_or((section, ""));
        let section = context.outline.page(source).ok_or_else(|| {
            format!(
                "exercise {} belongs to the section `{source}`, which is not in \
                 book/src/SUMMARY.md",
                exercise.id
            )
        })?;
        let target = match anchor {
            "" => section.html.clone(),
            anchor => format!("{}#{anchor}", section.html),
        };
        if section != page || !anchor.is_empty() {
            let (address, title) = (page.link(&target), inline(&section.title));
            row("Read", format!("<a href=\"{address}\">{title}</a>"));
        }
    }
    list.push_str("</dl>");
    Ok(list)
}

/// A long name that a narrow page may break between its words.
pub(super) fn breakable(name: &str) -> String {
    escape(name).replace("::", "::<wbr>").replace('_', "_<wbr>")
}

/// An exercise that comes before, as a link if it stands on a page.
fn need(context: &Context<'_>, manifest: &Manifest, id: &str) -> String {
    let title = manifest.exercise(id);
    let title = title.map_or_else(String::new, |other| format!(" {}", inline(&other.title)));
    match context.outline.exercise(id) {
        Some(target) => {
            format!("<a href=\"{}\">{}{title}</a>", context.page.link(&target), escape(id))
        }
        None => format!("{}{title}", escape(id)),
    }
}

/// The ladder of hints: each stands inside the one before it.
fn hints(exercise: &Exercise) -> String {
    let count = exercise.hints.len();
    if count == 0 {
        return String::new();
    }
    let mut ladder = String::from("<div class=\"hints\">\n");
    for (at, hint) in exercise.hints.iter().enumerate() {
        let _ = write!(
            ladder,
            "\n<details class=\"hint\"><summary>Hint {} of {count}</summary>\n\n{}\n",
            at + 1,
            hint.trim()
        );
    }
    let _ = writeln!(ladder, "\n{}</div>", "</details>".repeat(count));
    ladder
}
