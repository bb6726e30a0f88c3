//! Which items of a crate are its contract.
//!
//! Owns the selection: what the crate's root offers, and whatever local items that mentions in
//! turn, so that what is left compiles. It goes by names, and rather keeps one item too many.

use crate::cut::allow::names_in;
use crate::items::{Crate, Item, Kind, Owner};
use std::collections::BTreeSet;

/// What stays of a crate.
#[derive(Debug, Default)]
pub(super) struct Keep {
    /// Positions in [`Crate::items`] of those that stay and have no owner.
    items: BTreeSet<usize>,
    /// Their names.
    names: BTreeSet<String>,
    /// Names that a kept constant is computed from: these keep their fields and bodies.
    computed: BTreeSet<String>,
}

/// One path of a `use` declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    /// All parts; the last is the name, or `*`.
    pub(super) parts: Vec<String>,
    /// What it is called here, if not by its name.
    pub(super) renamed: Option<String>,
}

impl Keep {
    /// Selects what the crate offers, and what that needs.
    pub(super) fn of(krate: &Crate) -> Keep {
        let mut keep = Keep::default();
        keep.offer(krate, &[]);
        loop {
            let before = (keep.items.len(), keep.computed.len());
            let mentioned = keep.mentioned(krate);
            for (at, item) in krate.items().iter().enumerate() {
                if can_stay(item) && mentioned.contains(&item.name) {
                    keep.add(at, item);
                }
            }
            if before == (keep.items.len(), keep.computed.len()) {
                return keep;
            }
        }
    }

    /// The item itself stays, if it is one without an owner.
    pub(super) fn item(&self, krate: &Crate, item: &Item) -> bool {
        let same = |other: &&usize| {
            let other = &krate.items()[**other];
            other.file == item.file && other.span == item.span && other.kind == item.kind
        };
        self.items.iter().any(|at| same(&at))
    }

    /// A block stays if its type does, and its trait unless that is one of the crate's that goes.
    pub(super) fn block(&self, krate: &Crate, owner: &Owner) -> bool {
        match owner {
            Owner::Definition(name) => self.names.contains(name),
            Owner::Inherent(of) => self.names.contains(&of.short),
            Owner::Trait(of, name) => {
                let is_local = |item: &Item| item.kind == Kind::Trait && item.name == name.short;
                let local = krate.items().iter().any(is_local);
                self.names.contains(&of.short) && (!local || self.names.contains(&name.short))
            }
        }
    }

    /// A constant is computed from this name.
    pub(super) fn computed(&self, name: &str) -> bool {
        self.computed.contains(name)
    }

    /// A module stays if something in it does: an item, or a method of a type from elsewhere.
    pub(super) fn module(&self, krate: &Crate, path: &[String]) -> bool {
        self.staying(krate).any(|item| item.modules.starts_with(path))
    }

    /// The items that stay for their own sake, with the members that their blocks are kept for.
    fn staying<'a>(&'a self, krate: &'a Crate) -> impl Iterator<Item = &'a Item> {
        krate.items().iter().enumerate().filter_map(|(at, item)| {
            let stays = match &item.owner {
                None => self.items.contains(&at),
                // The head of an inherent block says nothing yet; that of a trait's says enough.
                Some(Owner::Inherent(_)) if item.kind == Kind::Impl => false,
                Some(owner @ (Owner::Inherent(_) | Owner::Trait(..))) => {
                    !item.in_tests
                        && self.block(krate, owner)
                        && (member_stays(item) || self.keeps_body(item))
                }
                Some(Owner::Definition(_)) => false,
            };
            stays.then_some(item)
        })
    }

    /// An import of something that goes must go.
    pub(super) fn import(&self, krate: &Crate, import: &Import) -> bool {
        let Some(first) = import.parts.first() else { return true };
        let is_module = |name: &str| {
            let declares = |item: &Item| matches!(item.kind, Kind::Module | Kind::Declaration);
            krate.items().iter().any(|item| declares(item) && item.name == name)
        };
        let local = ["crate", "self", "super"].contains(&first.as_str())
            || is_module(first)
            || krate.items().iter().any(|item| can_stay(item) && item.name == *first);
        let here = |name: &String| self.names.contains(name) || self.has_module(krate, name);
        let mut last = import.parts.iter().rev();
        match (last.next(), last.next()) {
            _ if !local => true,
            (Some(name), Some(before)) if name == "*" || name == "self" => {
                ["crate", "self", "super"].contains(&before.as_str()) || here(before)
            }
            (Some(name), before) => here(name) || before.is_some_and(|b| self.names.contains(b)),
            (None, _) => true,
        }
    }

    fn has_module(&self, krate: &Crate, name: &str) -> bool {
        self.staying(krate).any(|item| item.modules.iter().any(|part| part == name))
    }

    fn add(&mut self, at: usize, item: &Item) {
        self.items.insert(at);
        self.names.insert(item.name.clone());
    }

    /// Everything public in a module, and what it exports from others.
    fn offer(&mut self, krate: &Crate, path: &[String]) {
        for (at, item) in krate.items().iter().enumerate() {
            if item.modules != path || item.owner.is_some() || !is_public(item) || item.in_tests {
                continue;
            }
            match item.kind {
                Kind::Module | Kind::Declaration if !item.name.is_empty() => {
                    let inner: Vec<String> = [path, std::slice::from_ref(&item.name)].concat();
                    self.offer(krate, &inner);
                }
                Kind::Declaration => {
                    for import in imports(item) {
                        self.export(krate, path, &import);
                    }
                }
                _ if can_stay(item) => self.add(at, item),
                _ => {}
            }
        }
    }

    fn export(&mut self, krate: &Crate, here: &[String], import: &Import) {
        let Some((name, before)) = import.parts.split_last() else { return };
        let parts = before.iter().filter(|part| *part != "crate" && *part != "self");
        let module: Vec<&String> = parts.filter(|part| *part != "super").collect();
        let inside = |item: &Item| {
            let own: Vec<&String> = item.modules.iter().collect();
            own.ends_with(&module) && (!module.is_empty() || item.modules != here)
        };
        for (at, item) in krate.items().iter().enumerate() {
            let named = name == "*" || item.name == *name;
            if can_stay(item) && named && is_public(item) && inside(item) {
                self.add(at, item);
            }
        }
    }

    /// All names in the parts of kept items that stay.
    fn mentioned(&mut self, krate: &Crate) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut computed = BTreeSet::new();
        for item in krate.items().iter().filter(|item| !item.in_tests) {
            let stays = match &item.owner {
                None => self.item(krate, item),
                Some(owner) => self.block(krate, owner) && member_stays(item),
            };
            if !stays && !self.keeps_body(item) {
                continue;
            }
            let text = match item.kind {
                Kind::Struct if !self.computed.contains(&item.name) => &item.signature,
                Kind::Function if !self.keeps_body(item) => &item.signature,
                Kind::Impl | Kind::Trait => &item.signature,
                _ => &item.source[item.plain.clone()],
            };
            let mut own = names_in(text);
            if item.kind == Kind::Struct && !self.computed.contains(&item.name) {
                own = names_in(&offered(text));
            }
            let computes = item.kind == Kind::Constant
                || (item.kind == Kind::Function && self.keeps_body(item));
            if computes {
                computed.extend(own.iter().cloned());
                if let (true, Some(Owner::Inherent(of) | Owner::Trait(of, _))) =
                    (own.contains("Self"), &item.owner)
                {
                    computed.insert(of.short.clone());
                }
            }
            names.extend(own);
        }
        self.computed.extend(computed);
        names
    }

    /// The body of a `const fn` that a constant calls is part of the constant's value.
    pub(super) fn keeps_body(&self, item: &Item) -> bool {
        let is_const = item.function.as_ref().is_some_and(|function| function.is_const);
        is_const && self.computed.contains(&item.name)
    }
}

/// A struct's head without the private fields of a tuple.
fn offered(head: &str) -> String {
    let Some((before, fields)) = head.split_once('(') else { return head.to_owned() };
    let fields = fields.trim_end_matches(')').split(',');
    let public: Vec<&str> = fields.filter_map(|field| field.trim().strip_prefix("pub ")).collect();
    format!("{before} ({})", public.join(", "))
}

/// Things that a contract consists of.
fn can_stay(item: &Item) -> bool {
    let kind = matches!(
        item.kind,
        Kind::Function | Kind::Struct | Kind::Enum | Kind::Trait | Kind::Constant | Kind::Alias
    );
    kind && item.owner.is_none() && !item.in_tests
}

/// Members of a kept block that stay with it.
pub(super) fn member_stays(item: &Item) -> bool {
    match (&item.owner, item.kind) {
        (Some(Owner::Trait(..)), _) | (_, Kind::Impl | Kind::Variant) => true,
        (Some(Owner::Inherent(_)), _) | (_, Kind::Field) => is_public(item),
        (Some(Owner::Definition(_)), _) | (None, _) => true,
    }
}

/// Declared `pub`, not `pub(crate)`. Of a module that is a file, the declaration says it.
pub(super) fn is_public(item: &Item) -> bool {
    if item.span == (0..item.source.len()) {
        return false;
    }
    item.source[item.plain.clone()]
        .strip_prefix("pub")
        .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_whitespace()))
}

/// The single paths of a `use` declaration.
pub(super) fn imports(item: &Item) -> Vec<Import> {
    let Ok(declaration) = syn::parse_str::<syn::ItemUse>(&item.source[item.plain.clone()]) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    flatten(&declaration.tree, &mut Vec::new(), &mut found);
    found
}

fn flatten(tree: &syn::UseTree, before: &mut Vec<String>, found: &mut Vec<Import>) {
    let mut push = |name: String, renamed: Option<String>| {
        let parts = before.iter().cloned().chain([name]).collect();
        found.push(Import { parts, renamed });
    };
    match tree {
        syn::UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        syn::UseTree::Name(name) => push(name.ident.to_string(), None),
        syn::UseTree::Rename(name) => push(name.ident.to_string(), Some(name.rename.to_string())),
        syn::UseTree::Glob(_) => push("*".to_owned(), None),
        syn::UseTree::Group(group) => {
            group.items.iter().for_each(|inner| flatten(inner, before, found));
        }
    }
}
