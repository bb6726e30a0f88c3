//! Which names a crate gives to its users.
//!
//! Owns the walk from the crate's root through `pub mod` and `pub use`. It works on the items that
//! the package `workbook` lists, and reads only `use` declarations itself.

use std::collections::BTreeSet;

use workbook::items::{Crate, Item, Kind};

/// An item under the name that users write after the crate's own.
pub(crate) struct Export<'a> {
    pub name: String,
    pub item: &'a Item,
}

/// All names, in the order of the root file, each item once.
pub(crate) fn exports(source: &Crate) -> Result<Vec<Export<'_>>, String> {
    let mut walk = Walk { source, found: Vec::new(), entered: BTreeSet::new() };
    walk.module(&[], "")?;
    Ok(walk.found)
}

struct Walk<'a> {
    source: &'a Crate,
    found: Vec<Export<'a>>,
    /// Modules and the prefixes under which they were entered, against circles of globs.
    entered: BTreeSet<(Vec<String>, String)>,
}

/// One name of a `use` declaration.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    path: Vec<String>,
    name: String,
}

impl<'a> Walk<'a> {
    fn module(&mut self, modules: &[String], prefix: &str) -> Result<(), String> {
        if !self.entered.insert((modules.to_vec(), prefix.to_owned())) {
            return Ok(());
        }
        let inside =
            |item: &&Item| item.modules == modules && item.owner.is_none() && !item.in_tests;
        for item in self.source.items().iter().filter(inside) {
            if !is_public(item.source[item.plain.clone()].trim_start()) {
                continue;
            }
            match item.kind {
                Kind::Declaration if item.name.is_empty() => self.imports(item, modules, prefix)?,
                // A file: its declaration, `mod name;`, says whether it is public.
                Kind::Module if item.body.is_none() => {}
                _ => self.name(item, &item.name, prefix)?,
            }
        }
        Ok(())
    }

    fn imports(&mut self, item: &'a Item, modules: &[String], prefix: &str) -> Result<(), String> {
        let text = &item.source[item.plain.clone()];
        for import in parse(text) {
            let mut path = import.path.clone();
            let glob = import.name == "*";
            let last = if glob { None } else { path.pop() };
            let Some(target) = self.resolve(&path, modules) else {
                return Err(format!("cannot follow `{}` ({item})", text.trim_end_matches(';')));
            };
            match last {
                None => self.module(&target, prefix)?,
                Some(last) => {
                    let found = self.source.items().iter().filter(|item| {
                        item.kind != Kind::Declaration
                            && item.modules == target
                            && item.owner.is_none()
                            && item.name == last
                    });
                    let found: Vec<&Item> = found.collect();
                    if found.is_empty() {
                        return Err(format!("cannot find `{last}` of `{text}` ({item})"));
                    }
                    for found in found {
                        self.name(found, &import.name, prefix)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The module that a path means, seen from `modules`.
    fn resolve(&self, path: &[String], modules: &[String]) -> Option<Vec<String>> {
        let (mut at, rest) = match path.first().map(String::as_str) {
            Some("crate") => (Vec::new(), &path[1..]),
            Some("self") => (modules.to_vec(), &path[1..]),
            _ => (modules.to_vec(), path),
        };
        for part in rest {
            if part == "super" {
                at.pop()?;
            } else {
                at.push(part.clone());
            }
        }
        let last = at.split_last();
        let known = last.is_none_or(|(name, outer)| {
            self.source.items().iter().any(|item| {
                item.kind == Kind::Module && item.modules == outer && item.name == *name
            })
        });
        known.then_some(at)
    }

    fn name(&mut self, item: &'a Item, name: &str, prefix: &str) -> Result<(), String> {
        if matches!(item.kind, Kind::Module | Kind::Declaration) {
            let mut modules = item.modules.clone();
            modules.push(item.name.clone());
            return self.module(&modules, &format!("{prefix}{name}::"));
        }
        let again = self.found.iter().any(|export| std::ptr::eq(export.item, item));
        if !again {
            self.found.push(Export { name: format!("{prefix}{name}"), item });
        }
        Ok(())
    }
}

/// The names of `pub use a::{b, c::{self, d as e}, f::*};`.
fn parse(text: &str) -> Vec<Import> {
    let tree = text.trim().trim_start_matches("pub").trim_start();
    let tree = tree.trim_start_matches("use").trim().trim_end_matches(';');
    let mut found = Vec::new();
    branch(tree, &[], &mut found);
    found
}

fn branch(tree: &str, before: &[String], found: &mut Vec<Import>) {
    let tree = tree.trim();
    let (path, group) = match tree.split_once('{') {
        Some((path, group)) => (path, group.rfind('}').map(|end| &group[..end])),
        None => (tree, None),
    };
    let (path, alias) = match path.split_once(" as ") {
        Some((path, alias)) => (path, Some(alias.trim())),
        None => (path, None),
    };
    let mut parts: Vec<String> = before.to_vec();
    parts
        .extend(path.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
    if let Some(group) = group {
        for inner in split_commas(group) {
            branch(inner, &parts, found);
        }
        return;
    }
    // `a::{self}` is `a`.
    if parts.len() > 1 && parts.last().is_some_and(|last| last == "self") {
        parts.pop();
    }
    let Some(last) = parts.last().cloned() else { return };
    if last == "*" {
        parts.pop();
    }
    let name = alias.map_or(last, str::to_owned);
    found.push(Import { path: parts, name });
}

/// Is this declaration for everybody?
pub(crate) fn is_public(text: &str) -> bool {
    text.starts_with("pub ")
}

/// The parts between commas that stand in no brackets of any kind.
pub(crate) fn split_commas(group: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' | '(' | '[' | '<' => depth += 1,
            '}' | ')' | ']' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_declarations_are_taken_apart() {
        let names = |text: &str| -> Vec<String> {
            let name = |import: Import| format!("{} {}", import.path.join("::"), import.name);
            parse(text).into_iter().map(name).collect()
        };
        assert_eq!(names("pub use a::B;"), ["a::B B"]);
        assert_eq!(
            names("pub use crate::a::{\n    self, b::{C as D, E}, f::*,\n};"),
            ["crate::a a", "crate::a::b::C D", "crate::a::b::E E", "crate::a::f *"]
        );
    }
}
