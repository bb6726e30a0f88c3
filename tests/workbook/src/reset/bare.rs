//! A chapter of which only the contract is left.
//!
//! Owns what `reset N --bare` writes: the public types with their public fields, variants, derives
//! and documentation, and the public functions and trait implementations with holes for bodies.
//! Private items, fields and modules go, for whoever wants to design the inside alone.
//!
//! Invariant: the result has every public method of the types that it keeps, and compiles without a
//! warning and with the graded tests, or nothing is changed.

mod keep;

use crate::Error;
use crate::cut::starter::{self, Files, as_crate};
use crate::cut::{Edits, allow_line, lines_of};
use crate::items::{Crate, Item, Kind, Owner};
use crate::repo::{Chapter, Repo};
use keep::{Keep, imports, is_public, member_stays};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What is left of the given files.
pub(super) fn of(repo: &Repo, chapter: &Chapter, given: &Files) -> Result<Files, Error> {
    let krate = as_crate(chapter, given);
    let mut stripper = Stripper {
        keep: Keep::of(&krate),
        krate: &krate,
        says: format!("exercise {}: everything behind the contract", chapter.number()),
        edits: BTreeMap::new(),
        gone: Vec::new(),
    };
    for item in krate.items() {
        stripper.item(item)?;
    }
    stripper.head(chapter)?;
    let mut files = Files::new();
    for (path, bytes) in given {
        let text = String::from_utf8_lossy(bytes);
        if starter::is_source(path) && !stripper.file_stays(path) {
            continue;
        }
        let text = match stripper.edits.get(path) {
            Some(edits) => edits.apply(&text).into_bytes(),
            None => bytes.clone(),
        };
        files.push((path.clone(), text));
    }
    complete(&krate, &as_crate(chapter, &files))?;
    starter::compile(repo, chapter, &files)?;
    Ok(files)
}

/// Every public method of a type that stays is still there. The graded tests, which are compiled
/// next, need not use each of them; a later chapter may.
fn complete(given: &Crate, left: &Crate) -> Result<(), Error> {
    let methods = |krate: &Crate| -> BTreeSet<(String, String)> {
        let of = |item: &Item| match &item.owner {
            Some(Owner::Inherent(of)) if is_public(item) && !item.in_tests => {
                Some((of.short.clone(), item.name.clone()))
            }
            _ => None,
        };
        krate.items().iter().filter(|item| !is_program(&item.file)).filter_map(of).collect()
    };
    let stays =
        |name: &String| left.items().iter().any(|item| item.owner.is_none() && item.name == *name);
    let (before, after) = (methods(given), methods(left));
    match before.difference(&after).find(|(owner, _)| stays(owner)) {
        None => Ok(()),
        Some((owner, name)) => Err(Error::new(
            format!("`{owner}::{name}` is public and would be lost, so nothing was changed"),
            "leave out --bare: the chapter with its exercises is always possible",
        )),
    }
}

struct Stripper<'a> {
    keep: Keep,
    krate: &'a Crate,
    says: String,
    edits: BTreeMap<PathBuf, Edits>,
    /// What no longer has to be looked at.
    gone: Vec<(PathBuf, Range<usize>)>,
}

impl Stripper<'_> {
    fn item(&mut self, item: &Item) -> Result<(), Error> {
        if is_program(&item.file) || !self.file_stays(&item.file) || self.is_gone(item) {
            return Ok(());
        }
        if let Some(attribute) = allowed(item) {
            self.change(item, attribute, String::new())?;
        }
        match item.kind {
            Kind::Declaration if item.name.is_empty() => self.import(item),
            Kind::Declaration | Kind::Module => {
                let whole = item.kind == Kind::Module && item.span == (0..item.source.len());
                let path = [item.modules.as_slice(), std::slice::from_ref(&item.name)].concat();
                if whole || (self.keep.module(self.krate, &path) && !item.in_tests) {
                    return Ok(());
                }
                self.remove(item)
            }
            Kind::Impl => {
                let stays = item.owner.as_ref().is_some_and(|of| self.keep.block(self.krate, of));
                if stays && self.has_members(item) { Ok(()) } else { self.remove(item) }
            }
            Kind::Crate | Kind::Variant => Ok(()),
            Kind::Field => self.field(item),
            Kind::Macro => self.remove(item),
            _ if item.owner.is_none() && !self.keep.item(self.krate, item) => self.remove(item),
            _ if !member_stays(item) && !self.keep.keeps_body(item) => self.remove(item),
            Kind::Function => self.hole(item),
            Kind::Struct => self.structure(item),
            Kind::Enum | Kind::Trait | Kind::Constant | Kind::Alias => Ok(()),
        }
    }

    fn change(&mut self, item: &Item, range: Range<usize>, text: String) -> Result<(), Error> {
        self.edits.entry(item.file.clone()).or_default().replace(range, text, &item.to_string())
    }

    fn remove(&mut self, item: &Item) -> Result<(), Error> {
        self.gone.push((item.file.clone(), item.span.clone()));
        self.change(item, lines_of(&item.source, item), String::new())
    }

    /// An item around it is removed already.
    fn is_gone(&self, item: &Item) -> bool {
        let around =
            |range: &Range<usize>| range.start <= item.span.start && item.span.end <= range.end;
        self.gone.iter().any(|(file, range)| *file == item.file && around(range))
    }

    fn file_stays(&self, file: &Path) -> bool {
        let whole = |item: &&Item| item.file == file && item.span == (0..item.source.len());
        let Some(module) = self.krate.items().iter().find(whole) else { return true };
        if is_program(file) || module.kind == Kind::Crate {
            return true;
        }
        let path = [module.modules.as_slice(), std::slice::from_ref(&module.name)].concat();
        self.keep.module(self.krate, &path) && !module.in_tests
    }

    /// An inherent block without public members is nothing but an inside.
    fn has_members(&self, block: &Item) -> bool {
        matches!(block.owner, Some(Owner::Trait(..)))
            || self.krate.items().iter().any(|item| {
                let inside = item.file == block.file
                    && block.span.start <= item.span.start
                    && item.span.end <= block.span.end;
                inside && item.kind != Kind::Impl && (is_public(item) || self.keep.keeps_body(item))
            })
    }

    fn import(&mut self, item: &Item) -> Result<(), Error> {
        let all = imports(item);
        let kept: Vec<_> =
            all.iter().filter(|import| self.keep.import(self.krate, import)).collect();
        if kept.len() == all.len() {
            return Ok(());
        }
        if kept.is_empty() {
            return self.remove(item);
        }
        let before = item.source[item.plain.clone()].split("use ").next().unwrap_or("");
        let lines = kept.iter().map(|import| {
            let name = import.renamed.as_ref().map_or(String::new(), |name| format!(" as {name}"));
            // `a::self` is only allowed inside braces.
            let parts = match import.parts.as_slice() {
                [parts @ .., last] if last == "self" && !parts.is_empty() => parts,
                parts => parts,
            };
            format!("{before}use {}{name};", parts.join("::"))
        });
        let text: Vec<String> = lines.collect();
        let separator = format!("\n{}", item.indent());
        self.change(item, item.plain.clone(), text.join(&separator))
    }

    fn field(&mut self, item: &Item) -> Result<(), Error> {
        let Some(Owner::Definition(of)) = &item.owner else { return Ok(()) };
        let is_variant =
            self.krate.items().iter().any(|other| other.kind == Kind::Variant && other.name == *of);
        if is_variant || is_public(item) || self.keep.computed(of) {
            return Ok(());
        }
        self.remove(item)
    }

    /// Fields go one by one; a parameter that only they used is kept alive by a marker.
    fn structure(&mut self, item: &Item) -> Result<(), Error> {
        let text = &item.source[item.plain.clone()];
        let Ok(parsed) = syn::parse_str::<syn::ItemStruct>(text) else { return Ok(()) };
        if self.keep.computed(&item.name) {
            return Ok(());
        }
        let is_kept = |field: &&syn::Field| matches!(field.vis, syn::Visibility::Public(_));
        let kept: Vec<&syn::Field> = parsed.fields.iter().filter(is_kept).collect();
        if kept.len() == parsed.fields.len() {
            return Ok(());
        }
        let start = item.plain.start;
        let range = |node: &dyn Fn() -> proc_macro2::Span| {
            let range = node().byte_range();
            start + range.start..start + range.end
        };
        let types: Vec<&str> = kept
            .iter()
            .map(|field| &item.source[range(&|| syn::spanned::Spanned::span(*field))])
            .collect();
        let marker = marker(&parsed.generics, &types.join(" "));
        match &parsed.fields {
            syn::Fields::Named(fields) => {
                let body = range(&|| fields.brace_token.span.join());
                if kept.is_empty() {
                    let inside = marker.map_or(String::new(), |m| format!(" _inside: {m} "));
                    self.gone.push((item.file.clone(), body.clone()));
                    return self.change(item, body, format!("{{{inside}}}"));
                }
                if let Some(marker) = marker {
                    let inside = format!("\n{}    _inside: {marker},", item.indent());
                    return self.change(item, body.start + 1..body.start + 1, inside);
                }
                Ok(())
            }
            syn::Fields::Unnamed(fields) => {
                let own = types.iter().map(|text| (*text).to_owned());
                let all: Vec<String> = own.chain(marker).collect();
                let parens = range(&|| fields.paren_token.span.join());
                self.change(item, parens, format!("({})", all.join(", ")))
            }
            syn::Fields::Unit => Ok(()),
        }
    }

    fn hole(&mut self, item: &Item) -> Result<(), Error> {
        let (Some(body), Some(function)) = (&item.body, &item.function) else { return Ok(()) };
        if self.keep.keeps_body(item) {
            return Ok(());
        }
        if let Some(opaque) = &function.opaque {
            return Err(Error::new(
                format!("{item} returns `{opaque}`, so the chapter cannot be left bare"),
                "leave out --bare: the chapter with its exercises is always possible",
            ));
        }
        let indent = item.indent();
        let todo = if function.is_const {
            format!("panic!(\"not yet implemented: {}\")", self.says)
        } else {
            format!("todo!(\"{}\")", self.says)
        };
        self.change(item, body.clone(), format!("{{\n{indent}    {todo}\n{indent}}}"))
    }

    /// One attribute for the whole crate: until it is written, almost everything is unused.
    fn head(&mut self, chapter: &Chapter) -> Result<(), Error> {
        let reason =
            format!("chapter {} is not written yet: delete this line when it is", chapter.number());
        let line = allow_line("", "#![allow", &["unused"], &reason);
        let root = self.krate.items().iter().find(|item| item.kind == Kind::Crate);
        match root {
            Some(file) => self.change(file, file.bare.start..file.bare.start, format!("{line}\n")),
            None => Ok(()),
        }
    }
}

/// The attribute that the cut put above the item, if it did: one for the whole crate will do.
fn allowed(item: &Item) -> Option<Range<usize>> {
    let attributes = &item.source[item.bare.start..item.plain.start];
    let end = attributes.find(")]")? + 2;
    let ours = attributes.starts_with("#[allow(")
        && ["uses it\"", "use it\""].iter().any(|said| attributes[..end].contains(said));
    let rest = &attributes[end..];
    let space = rest.len() - rest.trim_start().len();
    ours.then(|| item.bare.start..item.bare.start + end + space)
}

/// Programs only use the library's contract, so they stay as they are.
fn is_program(file: &Path) -> bool {
    file == Path::new("src/main.rs") || file.starts_with("src/bin")
}

/// The type of a field that uses all parameters which nothing else uses any more.
fn marker(generics: &syn::Generics, types: &str) -> Option<String> {
    let used = crate::cut::allow::names_in(types);
    let mut parts = Vec::new();
    for parameter in &generics.params {
        match parameter {
            syn::GenericParam::Type(node) if !used.contains(&node.ident.to_string()) => {
                parts.push(node.ident.to_string());
            }
            syn::GenericParam::Lifetime(node)
                if !types.contains(&format!("'{}", node.lifetime.ident)) =>
            {
                parts.push(format!("&'{} ()", node.lifetime.ident));
            }
            _ => {}
        }
    }
    match parts.as_slice() {
        [] => None,
        [one] => Some(format!("std::marker::PhantomData<{one}>")),
        several => Some(format!("std::marker::PhantomData<({})>", several.join(", "))),
    }
}

#[cfg(test)]
mod tests;
