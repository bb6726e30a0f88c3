//! The attributes that keep a starter free of warnings.
//!
//! Owns two things: [`Mentions`], which exercise's solution uses which name, and [`Allows`], the
//! `#[allow(…, reason = …)]` on imports, helpers, fields and variants that only holes used.
//!
//! Invariants: an attribute is on the innermost item that begins a line of its own around what the
//! compiler complained about; only lints about unused things are allowed; what an exercise mentions
//! is allowed first, so that what is only used by *that* needs no attribute.

use super::check::Warning;
use super::{Plan, allow_line};
use crate::Error;
use crate::items::{Crate, Item, Kind, SourceFile};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The names that each exercise's solution uses, in the order of the exercises.
#[derive(Clone, Debug, Default)]
pub struct Mentions {
    list: Vec<Mention>,
}

/// What one body uses.
#[derive(Clone, Debug)]
struct Mention {
    exercise: String,
    file: PathBuf,
    names: BTreeSet<String>,
}

impl Mentions {
    /// Reads them off the bodies that the plan cuts. What the plan removes counts for those
    /// exercises that use it.
    pub(super) fn read(solution: &Crate, plan: &Plan) -> Result<Mentions, Error> {
        let mut mentions = Mentions::default();
        for hole in &plan.holes {
            let item = solution.find(&hole.item)?;
            let body = item.body.clone().unwrap_or(item.span.clone());
            mentions.list.push(Mention {
                exercise: hole.exercise.clone(),
                file: item.file.clone(),
                names: names_in(&item.source[body]),
            });
        }
        let mut removed = Vec::new();
        for path in &plan.removed {
            let item = solution.find(path)?;
            removed.push((item.name.clone(), names_in(&item.source[item.span.clone()])));
        }
        // Each pass can only reach one removed item further.
        for _ in 0..removed.len() {
            for mention in &mut mentions.list {
                for (name, inside) in &removed {
                    if mention.names.contains(name) {
                        mention.names.extend(inside.iter().cloned());
                    }
                }
            }
        }
        Ok(mentions)
    }

    /// The exercises that use a name. An import serves its own file only.
    fn of(&self, name: &str, item: &Item) -> Vec<String> {
        let near = |mention: &&Mention| item.kind != Kind::Declaration || mention.file == item.file;
        let using = self.list.iter().filter(near).filter(|mention| mention.names.contains(name));
        using.map(|mention| mention.exercise.clone()).collect()
    }

    fn position(&self, exercise: &str) -> Option<usize> {
        self.list.iter().position(|mention| mention.exercise == exercise)
    }
}

/// All words of a piece of code, also those that a format string captures.
pub(crate) fn names_in(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Ok(tokens) = code.parse::<TokenStream>() {
        collect(tokens, &mut names);
    }
    names
}

fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Ident(ident) => {
                names.insert(ident.to_string());
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                for part in text.split('{').skip(1) {
                    let name: String =
                        part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    names.insert(name);
                }
            }
            TokenTree::Punct(_) => {}
        }
    }
}

/// The attributes of one crate, by the place in its starter at which they are inserted.
#[derive(Clone, Debug, Default)]
pub(super) struct Allows {
    list: BTreeMap<(PathBuf, usize), Allow>,
}

#[derive(Clone, Debug, Default)]
struct Allow {
    indent: String,
    lints: BTreeSet<String>,
    exercises: Vec<String>,
}

impl Allow {
    /// The attribute's lines; they begin behind the item's indentation and end before it.
    fn text(&self, newline: &str) -> String {
        let reason = match self.exercises.as_slice() {
            [] => "an exercise of this chapter uses it".to_owned(),
            [one] => format!("exercise {one} uses it"),
            [before @ .., last] => format!("exercises {} and {last} use it", before.join(", ")),
        };
        let lints: Vec<&str> = self.lints.iter().map(String::as_str).collect();
        let lines = allow_line(&self.indent, "#[allow", &lints, &reason);
        let lines = lines.strip_prefix(self.indent.as_str()).unwrap_or(&lines);
        format!("{lines}{}", self.indent).replace('\n', newline)
    }
}

impl Allows {
    /// The file's text with its attributes.
    pub(super) fn apply(&self, file: &SourceFile) -> String {
        let (mut result, mut from) = (String::new(), 0);
        for (at, text) in self.inserted(file) {
            result.push_str(&file.text[from..at]);
            result.push_str(&text);
            from = at;
        }
        result.push_str(&file.text[from..]);
        result
    }

    /// Answers warnings about the rendered text with attributes; true if there is a new one.
    pub(super) fn add(
        &mut self,
        starter: &Crate,
        mentions: &Mentions,
        warnings: &[Warning],
    ) -> Result<bool, Error> {
        let mut wanted = Vec::new();
        for warning in warnings {
            let file = starter.files().iter().find(|file| file.path == warning.file);
            let file = file.ok_or_else(|| unexpected(warning))?;
            if !is_about_use(&warning.lint) {
                return Err(unexpected(warning));
            }
            for span in &warning.spans {
                let span = self.original(file, span).ok_or_else(|| unexpected(warning))?;
                let item = around(starter, &warning.file, &span);
                let item = item.ok_or_else(|| unexpected(warning))?;
                let name = file.text.get(span).unwrap_or("");
                let name = name.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next();
                wanted.push((item, warning, mentions.of(name.unwrap_or(""), item)));
            }
        }
        // What an exercise names comes first; the rest may have been used by that alone.
        let named = wanted.iter().any(|(_, _, exercises)| !exercises.is_empty());
        let mut added = false;
        for (item, warning, exercises) in wanted {
            if named && exercises.is_empty() {
                continue;
            }
            let key = (item.file.clone(), item.bare.start);
            let allow = self.list.entry(key).or_default();
            allow.indent = item.indent().to_owned();
            added |= allow.lints.insert(warning.lint.clone());
            allow.exercises.extend(exercises);
            allow.exercises.sort_by_key(|exercise| mentions.position(exercise));
            allow.exercises.dedup();
        }
        Ok(added)
    }

    fn inserted(&self, file: &SourceFile) -> Vec<(usize, String)> {
        let newline = if file.text.contains("\r\n") { "\r\n" } else { "\n" };
        let own = self.list.iter().filter(|((path, _), _)| *path == file.path);
        own.map(|((_, at), allow)| (*at, allow.text(newline))).collect()
    }

    /// Where a range of the rendered text is in the text without attributes.
    fn original(&self, file: &SourceFile, range: &Range<usize>) -> Option<Range<usize>> {
        let mut added = 0;
        for (at, text) in self.inserted(file) {
            if range.start < at + added {
                break;
            }
            if range.start < at + added + text.len() {
                return None;
            }
            added += text.len();
        }
        Some(range.start - added..range.end.checked_sub(added)?)
    }
}

/// The innermost item around a range that an attribute can stand above.
fn around<'a>(starter: &'a Crate, file: &Path, range: &Range<usize>) -> Option<&'a Item> {
    let fits = |item: &&Item| {
        let holds = item.span.start <= range.start && range.end <= item.span.end;
        let line = item.source[..item.bare.start].rsplit('\n').next().unwrap_or("");
        let is_file = item.span == (0..item.source.len());
        item.file == file && holds && line.trim().is_empty() && !is_file
    };
    starter.items().iter().filter(fits).min_by_key(|item| item.span.len())
}

/// Holes make things unused, and nothing else.
fn is_about_use(lint: &str) -> bool {
    lint == "dead_code" || lint.starts_with("unused_")
}

fn unexpected(warning: &Warning) -> Error {
    Error::new(
        format!(
            "the starter has a warning that no hole explains: {} ({}) in {}",
            warning.message,
            warning.lint,
            warning.file.display()
        ),
        "does the solution have it too? `cargo clippy --all-targets` in solutions/ shows it",
    )
}
