//! Rust items by name, and the bytes that they occupy.
//!
//! Owns the search for an item over all files of a crate ([`Crate::find`]), and what is known about
//! one ([`Item`]): its file, its spans, its signature and its documentation. The command cuts and
//! compares items with it; the book includes code by it.
//!
//! A path is `crate::[modules::]name`, `crate::[modules::]Type::name`, or, where a type has the
//! same method from several traits, `crate::<Type as Trait>::name`. The same without the last name
//! means the whole block: `crate::<Type as Trait>`, `crate::<Type>`. Modules may be left out; a
//! path that fits several items is an error which lists them.
//!
//! Invariants: every span lies on character boundaries of `source`, which is the file as it was
//! read, byte for byte; `span` contains `bare`, which contains `body`.
//!
//! Left to others: macros are not expanded and `cfg` is not evaluated, but an item in a
//! `#[cfg(test)]` module is found only if nothing else has its name.

mod docs;
mod index;
mod modules;
mod path;

use crate::Error;
use path::Wanted;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of one crate, and every item in them.
#[derive(Clone, Debug)]
pub struct Crate {
    name: String,
    files: Vec<SourceFile>,
    items: Vec<Item>,
}

/// One file of a crate.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Where it is, relative to the package's folder: `src/votes.rs`.
    pub path: PathBuf,
    /// Its text, byte for byte.
    pub text: Arc<str>,
    /// Why it cannot be read as Rust, with the line, if it cannot; then it has no items.
    pub broken: Option<String>,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A function, free or in a block.
    Function,
    /// A struct or a union.
    Struct,
    /// An enum.
    Enum,
    /// A variant of an enum.
    Variant,
    /// A named field.
    Field,
    /// A trait.
    Trait,
    /// A constant or a static, free or in a block.
    Constant,
    /// A type alias, free or in a block.
    Alias,
    /// A `macro_rules!`.
    Macro,
    /// The crate's root: `src/lib.rs`, or `src/main.rs` if there is no library.
    Crate,
    /// A module: a block, or a whole file.
    Module,
    /// A whole `impl` block.
    Impl,
    /// `use …;` or `mod name;`: a declaration is never found by name, the module's file is.
    Declaration,
}

/// The block that an item stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// `impl Type`
    Inherent(TypeName),
    /// `impl Trait for Type`
    Trait(TypeName, TypeName),
    /// The trait, enum or struct of this name.
    Definition(String),
}

/// A type as it is written, without spaces, and its bare name: `&Log<T>` and `Log`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// Without generics and references.
    pub short: String,
    /// With everything.
    pub full: String,
}

impl TypeName {
    fn is(&self, name: &str) -> bool {
        self.short == name || self.full == name
    }
}

/// What the cutter must know about a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// It is a `const fn`.
    pub is_const: bool,
    /// The return type, if it contains an `impl Trait`.
    pub opaque: Option<String>,
    /// A parameter binds a name that the compiler would call unused.
    pub binds: bool,
    /// A parameter is bound as `mut`.
    pub mutates: bool,
}

/// One item of a crate.
#[derive(Clone, Debug)]
pub struct Item {
    /// The modules around it, from the crate's root.
    pub modules: Vec<String>,
    /// The block around it.
    pub owner: Option<Owner>,
    /// Its name; empty for an `impl` block and a `use`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its file, relative to the package's folder.
    pub file: PathBuf,
    /// The whole text of that file.
    pub source: Arc<str>,
    /// The item with its doc comments and attributes.
    pub span: Range<usize>,
    /// The item without its doc comments, from the first attribute or word after them.
    pub bare: Range<usize>,
    /// The item without doc comments and attributes.
    pub plain: Range<usize>,
    /// The block, from brace to brace.
    pub body: Option<Range<usize>>,
    /// What comes before the block, or all of it if there is none.
    pub signature: String,
    /// The doc comment, as Markdown.
    pub docs: String,
    /// It stands in a `#[cfg(test)]` module.
    pub in_tests: bool,
    /// More about a function.
    pub function: Option<Function>,
}

impl Item {
    /// The item as it is written, moved to the left margin.
    pub fn text(&self) -> String {
        self.dedented(&self.span)
    }

    /// The item without its doc comment, moved to the left margin.
    pub fn text_without_docs(&self) -> String {
        self.dedented(&self.bare)
    }

    /// The line on which the item starts, after its doc comment; the first line is 1.
    pub fn line(&self) -> usize {
        line_of(&self.source, self.bare.start)
    }

    /// The spaces before the item on its first line.
    pub fn indent(&self) -> &str {
        indent_of(&self.source, self.span.start)
    }

    fn dedented(&self, range: &Range<usize>) -> String {
        let indent = self.indent();
        let lines = self.source[range.clone()].lines();
        let lines: Vec<&str> =
            lines.map(|line| line.strip_prefix(indent).unwrap_or(line)).collect();
        lines.join("\n")
    }

    /// The path after the crate's name.
    fn tail(&self) -> String {
        let mut parts = self.modules.clone();
        match &self.owner {
            None => {}
            Some(Owner::Inherent(of)) if self.kind == Kind::Impl => {
                parts.push(format!("<{}>", of.full));
            }
            Some(Owner::Inherent(of)) => parts.push(of.full.clone()),
            Some(Owner::Trait(of, name)) => {
                parts.push(format!("<{} as {}>", of.full, name.full));
            }
            Some(Owner::Definition(name)) => parts.push(name.clone()),
        }
        if !self.name.is_empty() {
            parts.push(self.name.clone());
        }
        parts.join("::")
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.tail(), self.file.display(), self.line())
    }
}

impl Crate {
    /// Reads all `.rs` files under `src` of the package in `folder`.
    pub fn read(name: &str, folder: &Path) -> Result<Crate, Error> {
        let mut paths = Vec::new();
        list(&folder.join("src"), &mut paths)?;
        let mut files = Vec::new();
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
            let inside = path.strip_prefix(folder).unwrap_or(&path).to_path_buf();
            files.push((inside, text));
        }
        Ok(Crate::from_files(name, files))
    }

    /// The same from texts; the paths are relative to the package's folder, as in `src/lib.rs`.
    pub fn from_files(name: &str, files: impl IntoIterator<Item = (PathBuf, String)>) -> Crate {
        let mut result = Crate { name: name.to_owned(), files: Vec::new(), items: Vec::new() };
        for (path, text) in files {
            let text: Arc<str> = text.into();
            let broken = match index::items_of(&path, &text, &name.replace('-', "_")) {
                Ok(items) => {
                    result.items.extend(items);
                    None
                }
                Err(reason) => Some(reason),
            };
            result.files.push(SourceFile { path, text, broken });
        }
        modules::mark_test_files(&mut result.items);
        result
    }

    /// The package's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its files, in the order of their paths.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// All items, by file and in the order in which they stand there, outer before inner.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The one item that `path` names.
    pub fn find(&self, path: &str) -> Result<&Item, Error> {
        let wanted = Wanted::parse(path)?;
        if wanted.package != self.name.replace('-', "_") {
            return Err(Error::new(
                format!("`{path}` is not an item of the crate `{}`", self.name),
                format!("a path begins with its crate: `{}::…`", self.name),
            ));
        }
        let fits = self.items.iter().filter_map(|item| Some((wanted.fits(item)?, item)));
        let found: Vec<(path::Fit, &Item)> = fits.collect();
        let best = found.iter().map(|(fit, _)| *fit).max();
        let best: Vec<&Item> =
            found.iter().filter(|(fit, _)| Some(*fit) == best).map(|(_, item)| *item).collect();
        match best.as_slice() {
            [] => Err(self.not_found(path, &wanted)),
            [item] => Ok(item),
            several => Err(ambiguous(path, several)),
        }
    }

    fn not_found(&self, path: &str, wanted: &Wanted) -> Error {
        let mut message = format!("the crate `{}` has no item `{path}`", self.name);
        for file in &self.files {
            if let Some(reason) = &file.broken {
                message.push_str(&format!("; {} cannot be read: {reason}", file.path.display()));
            }
        }
        let near = self.nearest(wanted);
        let next = if near.is_empty() {
            "write the path as crate::Type::method or crate::function".to_owned()
        } else {
            format!("did you mean {}?", near.join(" or "))
        };
        Error::new(message, next)
    }

    /// Up to three paths whose names are close to the wanted one.
    fn nearest(&self, wanted: &Wanted) -> Vec<String> {
        let name = wanted.last();
        let limit = 1 + name.chars().count() / 3;
        let mut near: Vec<(usize, String)> = Vec::new();
        for item in self.items.iter().filter(|item| !item.in_tests) {
            let own = match &item.owner {
                Some(Owner::Inherent(of) | Owner::Trait(of, _)) if item.name.is_empty() => {
                    &of.short
                }
                _ => &item.name,
            };
            let distance = path::distance(name, own);
            if !own.is_empty() && distance <= limit {
                near.push((distance, format!("`{}::{}`", self.name, item.tail())));
            }
        }
        near.sort();
        near.dedup();
        near.into_iter().map(|(_, path)| path).take(3).collect()
    }
}

/// The line of a byte in a text; the first line is 1.
pub fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].bytes().filter(|byte| *byte == b'\n').count()
}

/// The white space at the start of the line of a byte.
pub fn indent_of(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = &text[start..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

fn ambiguous(path: &str, several: &[&Item]) -> Error {
    let list: Vec<String> = several.iter().map(|item| item.to_string()).collect();
    Error::new(
        format!("`{path}` fits {} items: {}", several.len(), list.join(", ")),
        "name the module as well, or the block: crate::<Type as Trait>::method",
    )
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(
        format!("cannot read {}: {error}", path.display()),
        "is the folder complete? `git status` shows what is missing",
    )
}

/// All `.rs` files below a folder, sorted.
fn list(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| unreadable(folder, &error))?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            list(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
