//! Where the book finds an item, and what it shows when a learner has taken the item away.
//!
//! With `solutions/`, a name that is not there is the author's mistake, and an error. Without it,
//! the book shows `chapters/`, and there a learner may rename and delete at will: then the chapter
//! as it was given stands in, if git still has it, and else a sentence. So no edit in `chapters/`
//! keeps the book from being built.

use std::sync::Arc;

use workbook::items::Item;

use crate::checkout::{Checkout, Package, Tree, told};

/// What was found of an item.
pub(crate) enum Sought {
    /// The crate that has it.
    Found {
        package: Arc<Package>,
        /// A sentence for the reader, if that crate is not the one in `chapters/` now.
        remark: Option<String>,
    },
    /// Nothing, and this sentence takes its place.
    Gone(String),
}

/// Looks for code to show: as it is now, or else as it was given.
pub(crate) fn code(checkout: &Checkout, tree: Tree, path: &str) -> Result<Sought, String> {
    let name = crate_of(path);
    let current = checkout.package(tree, name);
    let found = current.and_then(|package| match package.source.find(path) {
        Ok(_) => Ok(package),
        Err(error) => Err(told(error)),
    });
    let problem = match found {
        Ok(package) => return Ok(Sought::Found { package, remark: None }),
        Err(problem) => problem,
    };
    let owned = checkout.is_learners(name);
    if !owned || (checkout.has_solutions() && tree == Tree::Solutions) {
        return Err(problem);
    }
    match checkout.given(name).filter(|given| given.source.find(path).is_ok()) {
        Some(package) => Ok(Sought::Found { remark: Some(replaced(path)), package }),
        None if checkout.has_solutions() => Err(problem),
        None => Ok(Sought::Gone(gone(path))),
    }
}

/// Looks for a promise, which no edit changes: in the solution, or in the chapter as it was given,
/// and only where git does not have that in the chapter as it is. `promises` says whether an item
/// is good enough.
pub(crate) fn contract(
    checkout: &Checkout,
    path: &str,
    promises: impl Fn(&Package, &Item) -> bool,
) -> Result<Sought, String> {
    let name = crate_of(path);
    if checkout.has_solutions() || !checkout.is_learners(name) {
        return code(checkout, Tree::Solutions, path);
    }
    let has = |package: &Arc<Package>| {
        package.source.find(path).is_ok_and(|item| promises(package, item))
    };
    let now = checkout.package(Tree::Chapters, name).ok();
    let is_there = now.as_ref().is_some_and(|now| now.source.find(path).is_ok());
    let remark = (!is_there).then(|| replaced(path));
    Ok(match checkout.given(name).filter(has).or(now.filter(has)) {
        Some(package) => Sought::Found { package, remark },
        None => Sought::Gone(gone(path)),
    })
}

/// The crate that a path begins with.
fn crate_of(path: &str) -> &str {
    path.split("::").next().unwrap_or_default()
}

fn replaced(path: &str) -> String {
    format!("Your `chapters/` has no `{path}` now: this is the chapter as it was given.")
}

/// What stands in the place of something that is nowhere.
pub(crate) fn gone(what: &str) -> String {
    format!(
        "Your `chapters/` has no `{what}` now, and git has no chapter as it was given. It is in \
         the workbook as you got it."
    )
}
