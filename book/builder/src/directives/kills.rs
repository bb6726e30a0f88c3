//! `{{#kills 1}}`: which test catches which mistake, from the mutants of a chapter and the table
//! that `prove` has written beside them. `{{#kills 1 1.1-half.rs}}` shows one mutant's file.
//!
//! A mistake is a hint, so the rows of an exercise are folded, and say so. A course is handed out
//! without mutants; then one sentence stands in the table's place.

use std::fmt::Write as _;

use workbook::manifest::Exercise;
use workbook::prove::kills::{FILE, Kill, Kills};
use workbook::prove::mutants::{self, Mutant};

use super::exercise::breakable;
use crate::checkout::told;
use crate::code;
use crate::context::{Context, Expanded};
use crate::html::inline;

const WARNING: &str = "Each row is a mistake that can be made here, and so a hint: read them when \
                       your own tests pass.";

/// Draws the table.
pub(super) fn expand(context: &Context<'_>, words: &str) -> Expanded {
    let (number, file) = words.split_once(' ').unwrap_or((words, ""));
    let manifest = super::listing::chapter(context, number)?;
    let name = format!("{:02}-{}", manifest.number, manifest.package);
    let root = context.checkout.root();
    if !root.join("tests").join(&name).join("mutants").is_dir() {
        let command = format!("cargo workbook prove {}", manifest.number);
        return Ok(format!(
            "This copy of the workbook comes without the mistakes that its tests were tried on, so \
             there is nothing to show here, and nothing to run for `{command}`."
        ));
    }
    let mutants = mutants::read(root, &name, manifest).map_err(told)?;
    if !file.is_empty() {
        let shown = format!("tests/{name}/mutants/{file}");
        // Only the names that are there, so that none leads elsewhere.
        if !mutants.iter().any(|mutant| mutant.file == file) {
            return Err(format!("there is no {shown}"));
        }
        let text = std::fs::read_to_string(root.join(&shown));
        let text = text.map_err(|error| format!("cannot read {shown}: {error}"))?;
        return Ok(code::block("rust", text.trim_end(), Some(&shown)));
    }
    let command = format!("cargo workbook prove {} --write", manifest.number);
    let kills = Kills::read(root, &name).map_err(told)?;
    let kills =
        kills.ok_or_else(|| format!("tests/{name}/{FILE} is not there; `{command}` writes it"))?;
    let mut page = total(&kills, manifest.number);
    for exercise in &manifest.exercises {
        let own: Vec<&Mutant> =
            mutants.iter().filter(|mutant| mutant.exercise == exercise.id).collect();
        if !own.is_empty() {
            page.push_str(&folded(exercise, &own, &kills.mutants).ok_or_else(|| {
                format!("tests/{name}/{FILE} does not fit the mutants; `{command}` writes it anew")
            })?);
        }
    }
    Ok(page)
}

/// How many, and how long it took.
fn total(kills: &Kills, number: u32) -> String {
    let Kills { seconds, cores, mutants, .. } = kills;
    let cores =
        if *cores == 1 { "one processor".to_owned() } else { format!("{cores} processors") };
    let mistakes = count(mutants.len());
    format!(
        "{mistakes}, and each was caught by a test of its exercise. Running them took {seconds} \
         seconds on {cores}; `cargo workbook prove {number}` repeats it.\n\n"
    )
}

/// The rows of one exercise; none if a mutant is not in the table.
fn folded(exercise: &Exercise, mutants: &[&Mutant], kills: &[Kill]) -> Option<String> {
    let mut rows = String::new();
    for mutant in mutants {
        let known = |kill: &&Kill| kill.file == mutant.file && kill.exercise == mutant.exercise;
        let kill = kills.iter().find(known)?;
        // The crate is the chapter's, in every row.
        let item = mutant.item.split_once("::").map_or(mutant.item.as_str(), |(_, item)| item);
        let _ = write!(
            rows,
            "<tr><td>{}</td><td><code>{}</code></td><td><code>{}</code></td></tr>",
            inline(&capital(&mutant.differs)),
            breakable(item),
            breakable(&kill.test)
        );
    }
    let mistakes = count(mutants.len());
    Some(format!(
        "<details class=\"kills\"><summary>{} {}: {mistakes}</summary>\n\n{WARNING}\n\n\
         <div class=\"table-wrapper\"><table class=\"catalogue\"><thead><tr>\
         <th scope=\"col\">What is wrong</th><th scope=\"col\">In</th>\
         <th scope=\"col\">Caught by</th></tr></thead><tbody>{rows}</tbody></table></div>\n\n\
         </details>\n\n",
        exercise.id,
        inline(&exercise.title)
    ))
}

/// The sentence with its first letter as a sentence has it; the name of a node or a function keeps
/// its own.
fn capital(sentence: &str) -> String {
    let first = sentence.split(' ').next().unwrap_or_default();
    let is_word = first.chars().all(char::is_alphabetic);
    match sentence.chars().next() {
        Some(letter) if is_word => letter.to_uppercase().chain(sentence.chars().skip(1)).collect(),
        Some(_) | None => sentence.to_owned(),
    }
}

/// "1 mistake", "8 mistakes".
fn count(mistakes: usize) -> String {
    if mistakes == 1 { "1 mistake".to_owned() } else { format!("{mistakes} mistakes") }
}
