//! Cutting: from a finished chapter to the one that a learner starts with.
//!
//! Owns the change of texts. [`Plan`] says which bodies become holes and which items go;
//! [`Cut::new`] makes those changes and no other; [`Cut::render`] adds the `#[allow]`s that keep
//! what is left free of warnings.
//!
//! Invariants: the same crate and plan give the same bytes; every byte outside the holes, the
//! removed items and the lines of added attributes is as it was; what `rustfmt` would not touch
//! before the cut, it does not touch after.
//!
//! Left to others: where the files are and whether they may be overwritten (`sync`), and what the
//! compiler says about a cut (`check`).

pub mod allow;
pub mod check;
mod edit;
pub mod locate;
pub mod starter;

use crate::Error;
use crate::items::{Crate, Function, Item, Kind};
use crate::manifest::Manifest;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub use edit::first_difference;
pub(crate) use edit::{Edits, lines_of};

/// The widest line that `rustfmt` leaves alone.
const WIDTH: usize = 100;

/// What to cut out of a crate.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The bodies that become holes, in the order of the exercises.
    pub holes: Vec<Hole>,
    /// The paths of items that would give an answer away.
    pub removed: Vec<String>,
}

/// One body that becomes a hole.
#[derive(Clone, Debug)]
pub struct Hole {
    /// The exercise, as in `1.4`.
    pub exercise: String,
    /// What the hole says when it is reached: `exercise 1.4: grant a vote`.
    pub says: String,
    /// The item's path.
    pub item: String,
}

impl Plan {
    /// What a chapter's manifest says about its code.
    pub fn of(manifest: &Manifest) -> Plan {
        let holes = manifest.exercises.iter().flat_map(|exercise| {
            exercise.items.iter().map(|item| Hole {
                exercise: exercise.id.clone(),
                says: exercise.hole(),
                item: item.clone(),
            })
        });
        Plan { holes: holes.collect(), removed: manifest.remove.clone() }
    }
}

/// A crate with its holes, before any attribute is added.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The crate with the holes in it.
    pub starter: Crate,
    /// Which exercises' solutions use which names.
    pub mentions: allow::Mentions,
    /// The `#[allow]`s added so far.
    allows: allow::Allows,
}

impl Cut {
    /// Makes the holes and removes what is to be removed.
    pub fn new(solution: &Crate, plan: &Plan) -> Result<Cut, Error> {
        for file in solution.files() {
            if let Some(reason) = &file.broken {
                return Err(Error::new(
                    format!("{} of the solution is not Rust: {reason}", file.path.display()),
                    "repair the solution; the starter is cut from it",
                ));
            }
        }
        let mut changes: BTreeMap<PathBuf, Edits> = BTreeMap::new();
        let mut gone: Vec<PathBuf> = Vec::new();
        for hole in &plan.holes {
            let item = solution.find(&hole.item)?;
            let (body, text) = hole_in(item, hole)?;
            let what = format!("exercise {} ({})", hole.exercise, hole.item);
            changes.entry(item.file.clone()).or_default().replace(body, text, &what)?;
        }
        for path in &plan.removed {
            let item = solution.find(path)?;
            remove(solution, item, &mut changes, &mut gone)?;
        }
        if let Some(file) = gone.iter().find(|file| plan_touches(solution, plan, file)) {
            return Err(Error::new(
                format!("{} is removed and holds an exercise", file.display()),
                "take one of the two out of exercises.toml",
            ));
        }
        let files = solution.files().iter().filter(|file| !gone.contains(&file.path));
        let files = files.map(|file| {
            let text = match changes.get(&file.path) {
                Some(edits) => edits.apply(&file.text),
                None => file.text.to_string(),
            };
            (file.path.clone(), text)
        });
        Ok(Cut {
            starter: Crate::from_files(solution.name(), files),
            mentions: allow::Mentions::read(solution, plan)?,
            allows: allow::Allows::default(),
        })
    }

    /// The files as a learner gets them, with the attributes added so far.
    pub fn render(&self) -> Vec<(PathBuf, String)> {
        let files = self.starter.files().iter();
        files.map(|file| (file.path.clone(), self.allows.apply(file))).collect()
    }

    /// Adds an `#[allow]` for each warning; true if something new was added.
    pub fn allow(&mut self, warnings: &[check::Warning]) -> Result<bool, Error> {
        self.allows.add(&self.starter, &self.mentions, warnings)
    }
}

fn plan_touches(solution: &Crate, plan: &Plan, file: &Path) -> bool {
    plan.holes.iter().any(|hole| solution.find(&hole.item).is_ok_and(|item| item.file == file))
}

/// The body's bytes, and what stands there in the starter.
fn hole_in(item: &Item, hole: &Hole) -> Result<(Range<usize>, String), Error> {
    let refuse = |why: &str, next: &str| {
        Err(Error::new(
            format!("exercise {} cannot be a hole: `{}` {why}", hole.exercise, hole.item),
            next,
        ))
    };
    let (Some(function), Some(body)) = (&item.function, &item.body) else {
        return refuse("has no body to cut", "name a function or a method with a body");
    };
    if function.is_const {
        return refuse(
            "is a `const fn`, and those do not compile as a `todo!`",
            "drop the `const`",
        );
    }
    if let Some(opaque) = &function.opaque {
        let why = format!("returns `{opaque}`, and no `todo!` has a type behind `impl`");
        return refuse(&why, "return a type with a name, or a Box");
    }
    let indent = item.indent();
    let inner = format!("{indent}    ");
    let todo = match todo_line(&inner, hole) {
        Some(line) => line,
        None => return refuse("has a title that does not fit its line", "shorten the title"),
    };
    let quiet = quiet_line(&inner, function, hole);
    Ok((body.clone(), format!("{{\n{quiet}{todo}\n{indent}}}")))
}

/// `todo!("exercise 1.4: grant a vote")`, as `rustfmt` breaks it.
fn todo_line(indent: &str, hole: &Hole) -> Option<String> {
    let message = format!("{:?}", hole.says.replace('{', "{{").replace('}', "}}"));
    let line = format!("{indent}todo!({message})");
    if line.chars().count() <= WIDTH {
        return Some(line);
    }
    let message = format!("{indent}    {message}");
    let fits = message.chars().count() <= WIDTH;
    fits.then(|| format!("{indent}todo!(\n{message}\n{indent})"))
}

/// The attribute that keeps the compiler quiet about parameters, if it would say anything. An
/// `expect` would complain if it were left over, but rustc up to 1.95 at least may crash when it
/// compiles a changed file with one incrementally.
fn quiet_line(indent: &str, function: &Function, hole: &Hole) -> String {
    let mut lints = Vec::new();
    if function.binds {
        lints.push("unused_variables");
    }
    if function.mutates {
        lints.push("unused_mut");
    }
    if lints.is_empty() {
        return String::new();
    }
    let reason = format!("exercise {} is not written yet", hole.exercise);
    allow_line(indent, "#![allow", &lints, &reason)
}

/// An attribute that names lints and a reason, as `rustfmt` breaks it, with its line's end.
pub(crate) fn allow_line(indent: &str, start: &str, lints: &[&str], reason: &str) -> String {
    let lints = lints.iter().map(|lint| (*lint).to_owned());
    let parts: Vec<String> = lints.chain([format!("reason = {reason:?}")]).collect();
    let line = format!("{indent}{start}({})]", parts.join(", "));
    if line.chars().count() <= WIDTH {
        return format!("{line}\n");
    }
    let inner = format!(",\n{indent}    ");
    format!("{indent}{start}(\n{indent}    {}\n{indent})]\n", parts.join(&inner))
}

/// Takes an item out; a module that is a file goes with its declaration and its own modules.
fn remove(
    solution: &Crate,
    item: &Item,
    changes: &mut BTreeMap<PathBuf, Edits>,
    gone: &mut Vec<PathBuf>,
) -> Result<(), Error> {
    let what = format!("the removal of {item}");
    if item.kind == Kind::Crate {
        return Err(Error::new(format!("{what} would leave nothing"), "name an item of the crate"));
    }
    let is_file = item.kind == Kind::Module && item.span == (0..item.source.len());
    if !is_file {
        let range = edit::lines_of(&item.source, item);
        return changes.entry(item.file.clone()).or_default().replace(range, String::new(), &what);
    }
    let mut path = item.modules.clone();
    path.push(item.name.clone());
    for inner in solution.items() {
        let mut own = inner.modules.clone();
        if inner.kind == Kind::Module {
            own.push(inner.name.clone());
        }
        let whole = inner.kind == Kind::Module && inner.span == (0..inner.source.len());
        if whole && own.starts_with(&path) {
            gone.push(inner.file.clone());
        }
        let declares = inner.kind == Kind::Declaration
            && inner.name == item.name
            && inner.modules == item.modules;
        if declares {
            let range = edit::lines_of(&inner.source, inner);
            let edits = changes.entry(inner.file.clone()).or_default();
            edits.replace(range, String::new(), &what)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
