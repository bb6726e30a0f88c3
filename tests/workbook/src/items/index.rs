//! Every item of one file, with its spans.
//!
//! Owns the walk over the syntax tree. It decides nothing about names: see `path`.

use super::modules::modules_of;
use super::path::compact;
use super::{Function, Item, Kind, Owner, TypeName, docs};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, Ident, ImplItem, Meta, Pat, ReceiverKind, ReturnType, Signature, TraitItem,
};

/// All items of a file, or why it cannot be read, with the line.
pub(super) fn items_of(path: &Path, text: &Arc<str>, package: &str) -> Result<Vec<Item>, String> {
    let file = syn::parse_file(text)
        .map_err(|error| format!("line {}: {error}", error.span().start().line))?;
    let mut index = Index {
        file: path.to_path_buf(),
        source: Arc::clone(text),
        skipped: skipped(text, file.shebang.as_deref()),
        modules: modules_of(path),
        owner: None,
        in_tests: is_test(&file.attrs),
        items: Vec::new(),
    };
    index.whole_file(&file.attrs, package);
    for item in &file.items {
        index.item(item);
    }
    Ok(index.items)
}

/// What the parser leaves out before it counts bytes.
fn skipped(text: &str, shebang: Option<&str>) -> usize {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    mark + shebang.map_or(0, str::len)
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        Meta::Path(_) | Meta::NameValue(_) => false,
    })
}

struct Index {
    file: PathBuf,
    source: Arc<str>,
    skipped: usize,
    modules: Vec<String>,
    owner: Option<Owner>,
    in_tests: bool,
    items: Vec<Item>,
}

impl Index {
    fn whole_file(&mut self, attributes: &[Attribute], package: &str) {
        let mut modules = self.modules.clone();
        let inner = modules.pop();
        let kind = if inner.is_some() { Kind::Module } else { Kind::Crate };
        let name = inner.unwrap_or_else(|| package.to_owned());
        let all = 0..self.source.len();
        let docs = attributes.iter().rfind(|attribute| docs::is_doc(attribute));
        let bare = self.after(docs.map_or(0, |last| self.range(last).end), all.end);
        self.items.push(Item {
            modules,
            owner: None,
            name,
            kind,
            file: self.file.clone(),
            source: Arc::clone(&self.source),
            span: all.clone(),
            bare: bare..all.end,
            plain: bare..all.end,
            body: None,
            signature: String::new(),
            docs: docs::markdown(attributes),
            in_tests: self.in_tests,
            function: None,
        });
    }

    fn range(&self, node: &impl Spanned) -> Range<usize> {
        let range = node.span().byte_range();
        range.start + self.skipped..range.end + self.skipped
    }

    /// The first byte from `from` on that is not white space.
    fn after(&self, from: usize, end: usize) -> usize {
        let rest = &self.source[from..end];
        from + rest.len() - rest.trim_start().len()
    }

    fn push(&mut self, kind: Kind, name: &str, attributes: &[Attribute], parts: Parts) {
        let span = parts.span;
        let outer = |attribute: &&Attribute| self.range(attribute).start < parts.inner;
        let before: Vec<&Attribute> = attributes.iter().filter(outer).collect();
        let last_doc = before.iter().rfind(|attribute| docs::is_doc(attribute));
        let bare = last_doc.map_or(span.start, |last| self.after(self.range(last).end, span.end));
        let plain = before.last();
        let plain = plain.map_or(bare, |last| self.after(self.range(last).end, span.end)).max(bare);
        let head = parts.body.as_ref().map_or(span.end, |body| body.start);
        let signature = self.source[plain..head].trim().trim_end_matches(';').trim_end().to_owned();
        self.items.push(Item {
            modules: self.modules.clone(),
            owner: self.owner.clone(),
            name: name.to_owned(),
            kind,
            file: self.file.clone(),
            source: Arc::clone(&self.source),
            bare: bare..span.end,
            plain: plain..span.end,
            span,
            body: parts.body,
            signature,
            docs: docs::markdown(attributes),
            in_tests: self.in_tests,
            function: parts.function,
        });
    }

    /// An item without a block.
    fn whole(&self, node: &impl Spanned) -> Parts {
        let span = self.range(node);
        Parts { inner: span.end, span, body: None, function: None }
    }

    /// An item with a block.
    fn block(&self, node: &impl Spanned, braces: &syn::token::Brace) -> Parts {
        let body = self.range(&braces.span.join());
        Parts { span: self.range(node), inner: body.start, body: Some(body), function: None }
    }

    fn leaf(&mut self, kind: Kind, name: &Ident, attributes: &[Attribute], node: &impl Spanned) {
        let parts = self.whole(node);
        self.push(kind, &name.to_string(), attributes, parts);
    }

    fn inside(&mut self, owner: Owner, walk: impl FnOnce(&mut Index)) {
        let before = self.owner.replace(owner);
        walk(self);
        self.owner = before;
    }

    fn item(&mut self, item: &syn::Item) {
        use syn::Item::{
            Const, Enum, Fn, Impl, Macro, Mod, Static, Struct, Trait, Type, Union, Use,
        };
        match item {
            Fn(node) => {
                let parts = self.block(node, &node.block.brace_token);
                self.function(&node.sig, &node.attrs, parts);
            }
            Struct(node) => self.structure(node),
            Enum(node) => self.enumeration(node),
            Union(node) => {
                let parts = self.block(node, &node.fields.brace_token);
                self.push(Kind::Struct, &node.ident.to_string(), &node.attrs, parts);
            }
            Trait(node) => self.definition(node),
            Impl(node) => self.implementation(node),
            Mod(node) => self.module(node),
            Const(node) => self.leaf(Kind::Constant, &node.ident, &node.attrs, node),
            Static(node) => self.leaf(Kind::Constant, &node.ident, &node.attrs, node),
            Type(node) => self.leaf(Kind::Alias, &node.ident, &node.attrs, node),
            Macro(node) => {
                if let Some(ident) = &node.ident {
                    self.leaf(Kind::Macro, ident, &node.attrs, node);
                }
            }
            Use(node) => {
                let parts = self.whole(node);
                self.push(Kind::Declaration, "", &node.attrs, parts);
            }
            // Foreign blocks, `extern crate`, trait aliases: nothing that a chapter names.
            _ => {}
        }
    }

    fn function(&mut self, signature: &Signature, attributes: &[Attribute], parts: Parts) {
        let function = Some(self.facts(signature));
        let name = signature.ident.to_string();
        self.push(Kind::Function, &name, attributes, Parts { function, ..parts });
    }

    fn structure(&mut self, node: &syn::ItemStruct) {
        let name = node.ident.to_string();
        let parts = match &node.fields {
            syn::Fields::Named(fields) => self.block(node, &fields.brace_token),
            syn::Fields::Unnamed(_) | syn::Fields::Unit => self.whole(node),
        };
        self.push(Kind::Struct, &name, &node.attrs, parts);
        self.inside(Owner::Definition(name), |index| index.fields(&node.fields));
    }

    fn enumeration(&mut self, node: &syn::ItemEnum) {
        let name = node.ident.to_string();
        let parts = self.block(node, &node.brace_token);
        self.push(Kind::Enum, &name, &node.attrs, parts);
        self.inside(Owner::Definition(name), |index| {
            for variant in &node.variants {
                index.leaf(Kind::Variant, &variant.ident, &variant.attrs, variant);
                let name = variant.ident.to_string();
                index.inside(Owner::Definition(name), |index| index.fields(&variant.fields));
            }
        });
    }

    fn fields(&mut self, fields: &syn::Fields) {
        for field in fields {
            if let Some(ident) = &field.ident {
                self.leaf(Kind::Field, ident, &field.attrs, field);
            }
        }
    }

    fn module(&mut self, node: &syn::ItemMod) {
        let name = node.ident.to_string();
        let outside = self.in_tests;
        self.in_tests |= is_test(&node.attrs);
        if let Some((braces, items)) = &node.content {
            let parts = self.block(node, braces);
            self.push(Kind::Module, &name, &node.attrs, parts);
            self.modules.push(name);
            for item in items {
                self.item(item);
            }
            self.modules.pop();
        } else {
            self.leaf(Kind::Declaration, &node.ident, &node.attrs, node);
        }
        self.in_tests = outside;
    }

    fn definition(&mut self, node: &syn::ItemTrait) {
        let name = node.ident.to_string();
        let parts = self.block(node, &node.brace_token);
        self.push(Kind::Trait, &name, &node.attrs, parts);
        self.inside(Owner::Definition(name), |index| {
            for item in &node.items {
                index.trait_item(item);
            }
        });
    }

    fn trait_item(&mut self, item: &TraitItem) {
        match item {
            TraitItem::Fn(node) => {
                let parts = match &node.default {
                    Some(block) => self.block(node, &block.brace_token),
                    None => self.whole(node),
                };
                self.function(&node.sig, &node.attrs, parts);
            }
            TraitItem::Const(node) => self.leaf(Kind::Constant, &node.ident, &node.attrs, node),
            TraitItem::Type(node) => self.leaf(Kind::Alias, &node.ident, &node.attrs, node),
            _ => {}
        }
    }

    fn implementation(&mut self, node: &syn::ItemImpl) {
        let of = self.type_name(&node.self_ty);
        let owner = match &node.trait_ {
            None => Owner::Inherent(of),
            Some((path, _)) => {
                let short = path.segments.last().map(|part| part.ident.to_string());
                let full = compact(&self.source[self.range(path)]);
                Owner::Trait(of, TypeName { short: short.unwrap_or_default(), full })
            }
        };
        let parts = self.block(node, &node.brace_token);
        self.inside(owner, |index| {
            index.push(Kind::Impl, "", &node.attrs, parts);
            for item in &node.items {
                index.impl_item(item);
            }
        });
    }

    fn impl_item(&mut self, item: &ImplItem) {
        match item {
            ImplItem::Fn(node) => {
                let parts = self.block(node, &node.block.brace_token);
                self.function(&node.sig, &node.attrs, parts);
            }
            ImplItem::Const(node) => self.leaf(Kind::Constant, &node.ident, &node.attrs, node),
            ImplItem::Type(node) => self.leaf(Kind::Alias, &node.ident, &node.attrs, node),
            _ => {}
        }
    }

    fn type_name(&self, of: &syn::Type) -> TypeName {
        let full = compact(&self.source[self.range(of)]);
        let mut inner = of;
        loop {
            inner = match inner {
                syn::Type::Reference(reference) => &reference.elem,
                syn::Type::Paren(paren) => &paren.elem,
                _ => break,
            };
        }
        let short = match inner {
            syn::Type::Path(path) => path.path.segments.last().map(|part| part.ident.to_string()),
            _ => None,
        };
        TypeName { short: short.unwrap_or_else(|| full.clone()), full }
    }

    fn facts(&self, signature: &Signature) -> Function {
        let mut facts = Function { is_const: signature.constness.is_some(), ..Function::default() };
        if let ReturnType::Type(_, returned) = &signature.output {
            let text = &self.source[self.range(returned)];
            let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            facts.opaque = words.into_iter().any(|word| word == "impl").then(|| text.to_owned());
        }
        for input in &signature.inputs {
            match input {
                FnArg::Receiver(receiver) => {
                    // `&mut self` lends; only `mut self` is a binding that is told to change.
                    let lent = matches!(receiver.kind, ReceiverKind::Reference(..));
                    facts.mutates |= receiver.mutability.is_some() && !lent;
                }
                FnArg::Typed(typed) => bindings(&typed.pat, &mut facts),
            }
        }
        facts
    }
}

struct Parts {
    span: Range<usize>,
    /// Attributes from here on are inner ones.
    inner: usize,
    body: Option<Range<usize>>,
    function: Option<Function>,
}

/// Notes the names that a parameter's pattern binds.
fn bindings(pattern: &Pat, facts: &mut Function) {
    match pattern {
        Pat::Ident(node) => {
            facts.mutates |= node.mutability.is_some();
            facts.binds |= !node.ident.to_string().starts_with('_');
            if let Some((_, inner)) = &node.subpat {
                bindings(inner, facts);
            }
        }
        Pat::Paren(node) => bindings(&node.pat, facts),
        Pat::Reference(node) => bindings(&node.pat, facts),
        Pat::Type(node) => bindings(&node.pat, facts),
        Pat::Tuple(node) => node.elems.iter().for_each(|inner| bindings(inner, facts)),
        Pat::Slice(node) => node.elems.iter().for_each(|inner| bindings(inner, facts)),
        Pat::TupleStruct(node) => node.elems.iter().for_each(|inner| bindings(inner, facts)),
        Pat::Struct(node) => node.fields.iter().for_each(|field| bindings(&field.pat, facts)),
        // A parameter's pattern always matches, so nothing else can bind a name in it.
        _ => {}
    }
}
