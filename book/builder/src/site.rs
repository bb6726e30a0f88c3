//! The site: rendered by mdBook into a folder aside, checked there, then moved to `book/dist`.
//!
//! Invariant: `book/dist` changes only to a site without problems. A failed build leaves the last
//! good one where it is.

use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::{fs, io};

use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use mdbook_driver::errors::Error;

use crate::checkout::Checkout;
use crate::links::{self, Checked};
use crate::outline::Outline;
use crate::preprocess::Workbook;
use crate::problem::{Problem, Problems};
use crate::warnings;

/// Files that mdBook always writes, and that the theme does not use.
const UNUSED: &[&str] =
    &["ayu-highlight", "tomorrow-night", "highlight", "clipboard", "mark", "searcher"];

/// What was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The page to open; empty if nothing was written.
    pub index: PathBuf,
    /// How many pages the book has.
    pub pages: usize,
    /// How many links, images and scripts were followed.
    pub followed: usize,
}

/// Builds the site into `book/dist`.
///
/// # Errors
/// Whatever is wrong with the book; then `book/dist` stays as it was.
pub fn build(checkout: &Checkout) -> Result<Built, Problems> {
    let (stage, mut built) = render(checkout)?;
    let config = config(checkout)?;
    let dist = checkout.book().join(&config.build.build_dir);
    publish(stage.path(), &dist)
        .map_err(|error| Problem::of("", format!("cannot write {}: {error}", dist.display())))?;
    built.index = dist.join("index.html");
    Ok(built)
}

/// Does all that [`build`] does, and throws the site away.
///
/// # Errors
/// Whatever is wrong with the book.
pub fn check(checkout: &Checkout) -> Result<Built, Problems> {
    render(checkout).map(|(_, built)| built)
}

fn config(checkout: &Checkout) -> Result<Config, Problems> {
    let path = checkout.book().join("book.toml");
    Config::from_disk(path).map_err(|error| Problem::of("book/book.toml", chain(&error)).into())
}

fn render(checkout: &Checkout) -> Result<(tempfile::TempDir, Built), Problems> {
    let stage = tempfile::Builder::new()
        .prefix("workbook-book-")
        .tempdir()
        .map_err(|error| Problem::of("", format!("no place to build in: {error}")))?;
    let mut config = config(checkout)?;
    config.build.build_dir = stage.path().to_owned();
    let sources = checkout.book().join(&config.book.src);
    let (rendered, warnings) = warnings::heard(|| {
        // mdBook asserts what it thinks of a page; a strange one must not end `serve`.
        panic::catch_unwind(AssertUnwindSafe(|| {
            let mut book = MDBook::load_with_config(checkout.book(), config)?;
            // Read again what the last build read: the code may be another by now.
            book.with_preprocessor(Workbook::new(checkout.afresh()));
            book.build().map(|()| book)
        }))
    });
    let rendered =
        rendered.map_err(|_| Problem::of("", "mdBook panicked; see its message above"))?;
    let book = rendered.map_err(problems_of)?;
    let mut problems: Vec<Problem> =
        warnings.into_iter().map(|warning| Problem::of("mdBook warns", warning)).collect();
    // The summary's own pages, before mdBook renamed any.
    let outline = Outline::of(&book.book, &mut Vec::new());
    if let Some(first) = outline.pages().next().filter(|page| page.html.contains('/')) {
        let reason =
            "the first page is also the site's index.html: it has to lie in book/src itself";
        return Err(Problem::of(first.file(), reason).into());
    }
    let checked = links::check(stage.path(), &sources, &outline, &mut problems)
        .map_err(|error| Problem::of("", format!("cannot read the built site: {error}")))?;
    Problems::none(problems)?;
    sweep(stage.path(), &checked)
        .map_err(|error| Problem::of("", format!("cannot tidy the built site: {error}")))?;
    let (pages, followed) = (outline.pages().count(), checked.followed);
    Ok((stage, Built { index: PathBuf::new(), pages, followed }))
}

/// The preprocessor's own problems come back through mdBook's error type.
fn problems_of(error: Error) -> Problems {
    match error.downcast::<Problems>() {
        Ok(problems) => problems,
        Err(error) => Problem::of("", chain(&error)).into(),
    }
}

fn chain(error: &Error) -> String {
    format!("{error:#}")
}

/// Removes what mdBook writes for its own theme and ours does not load.
fn sweep(site: &Path, checked: &Checked) -> io::Result<()> {
    for file in links::files_under(site)? {
        let stock = UNUSED.iter().any(|name| {
            let rest = file.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['-', '.']))
        });
        if stock && !checked.used.contains(&file) {
            fs::remove_file(site.join(&file))?;
        }
    }
    Ok(())
}

/// Makes `dist` hold exactly what `stage` holds, file by file: who reads it meanwhile, as `serve`
/// does, always finds a page.
fn publish(stage: &Path, dist: &Path) -> io::Result<()> {
    fs::create_dir_all(dist)?;
    let wanted = links::files_under(stage)?;
    let stale: BTreeSet<String> = links::files_under(dist)?.difference(&wanted).cloned().collect();
    for file in &wanted {
        let target = dist.join(file);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(stage.join(file), target)?;
    }
    for file in stale {
        fs::remove_file(dist.join(file))?;
    }
    Ok(())
}
