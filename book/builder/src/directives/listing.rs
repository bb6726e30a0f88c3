//! `{{#exercises 1}}` and `{{#chapters}}`: tables of what the manifests hold.

use std::fmt::Write as _;

use workbook::manifest::{Half, Manifest};

use super::nothing;
use crate::context::{Context, Expanded};
use crate::html::{escape, inline};

/// A chapter's exercises, each linked to its block.
pub(super) fn exercises(context: &Context<'_>, words: &str) -> Expanded {
    let manifest = chapter(context, words)?;
    let mut rows = String::new();
    let (mut minutes, mut total) = (0, 0);
    for exercise in &manifest.exercises {
        let title = match context.outline.exercise(&exercise.id) {
            Some(target) => {
                let address = context.page.link(&target);
                format!("<a href=\"{address}\">{}</a>", inline(&exercise.title))
            }
            None => inline(&exercise.title),
        };
        let half = if exercise.half == Half::First { "first" } else { "second" };
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{title}</td><td class=\"count\">{}</td>\
             <td class=\"count\">{}</td><td>{half}</td></tr>",
            escape(&exercise.id),
            exercise.minutes,
            exercise.points
        );
        minutes += exercise.minutes;
        total += exercise.points;
    }
    let head = "<th scope=\"col\"></th><th scope=\"col\">Exercise</th>\
                <th scope=\"col\" class=\"count\">Minutes</th>\
                <th scope=\"col\" class=\"count\">Points</th><th scope=\"col\">Half</th>";
    let foot = format!(
        "<td></td><td>Together</td><td class=\"count\">{minutes}</td>\
         <td class=\"count\">{total}</td><td></td>"
    );
    Ok(table(head, &rows, &foot))
}

/// The chapters that exist, with what they ask for.
pub(super) fn chapters(context: &Context<'_>, words: &str) -> Expanded {
    nothing(words)?;
    let mut rows = String::new();
    let (mut hours, mut total, mut count) = (0, 0, 0);
    for manifest in context.checkout.manifests()? {
        if manifest.is_given() {
            let number =
                if manifest.number == 0 { String::new() } else { manifest.number.to_string() };
            let title = title(context, manifest);
            let _ = write!(
                rows,
                "<tr><td class=\"count\">{number}</td><td>{title}</td>\
                 <td class=\"count\" colspan=\"3\">given</td></tr>"
            );
            continue;
        }
        let sum = manifest.points();
        let _ = write!(
            rows,
            "<tr><td class=\"count\">{}</td><td>{}</td><td class=\"count\">{}</td>\
             <td class=\"count\">{}</td><td class=\"count\">{sum}</td></tr>",
            manifest.number,
            title(context, manifest),
            manifest.exercises.len(),
            manifest.hours
        );
        hours += manifest.hours;
        total += sum;
        count += manifest.exercises.len();
    }
    let head = "<th scope=\"col\"></th><th scope=\"col\">Chapter</th>\
                <th scope=\"col\" class=\"count\">Exercises</th>\
                <th scope=\"col\" class=\"count\">Hours</th>\
                <th scope=\"col\" class=\"count\">Points</th>";
    let foot = format!(
        "<td></td><td>Together</td><td class=\"count\">{count}</td>\
         <td class=\"count\">{hours}</td><td class=\"count\">{total}</td>"
    );
    Ok(table(head, &rows, &foot))
}

/// The chapter whose number a directive names.
pub(super) fn chapter<'a>(context: &Context<'a>, words: &str) -> Result<&'a Manifest, String> {
    let number: u32 = words
        .parse()
        .map_err(|_| format!("want the number of a chapter, as in 1, and have `{words}`"))?;
    let manifests = context.checkout.manifests()?;
    let found = manifests.iter().find(|manifest| manifest.number == number);
    found.ok_or_else(|| format!("no manifest in tests/*/exercises.toml is chapter {number}"))
}

/// The chapter's title, linked if its first page is in the summary.
fn title(context: &Context<'_>, manifest: &Manifest) -> String {
    let source = format!("{:02}-{}/README.md", manifest.number, manifest.package);
    match context.outline.page(&source) {
        Some(page) => {
            format!("<a href=\"{}\">{}</a>", context.page.link(&page.html), inline(&manifest.title))
        }
        None => inline(&manifest.title),
    }
}

fn table(head: &str, rows: &str, foot: &str) -> String {
    format!(
        "<div class=\"table-wrapper\"><table class=\"catalogue\"><thead><tr>{head}</tr></thead>\
         <tbody>{rows}</tbody><tfoot><tr>{foot}</tr></tfoot></table></div>"
    )
}

/// "1 point", "8 points".
pub(super) fn points(count: u32) -> String {
    if count == 1 { "1 point".to_owned() } else { format!("{count} points") }
}
