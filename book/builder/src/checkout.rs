//! The repository around the book: its manifests, its crates and the solution's runs, each read
//! once.
//!
//! Leaves the reading itself to the package `workbook`; adds where things are. A course can be
//! handed out without `solutions/`: then the book shows the code of `chapters/`, whose signatures
//! and doc comments are the same until a learner changes them; see `sought`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use harness::report::Trace;
use workbook::items::Crate;
use workbook::manifest::{Exercise, Manifest};
use workbook::repo::{Repo, Tree as Side};
use workbook::reset;
use workbook::traces::Recorder;

/// Where things are, and what was read of them so far. A clone shares what was read.
#[derive(Clone)]
pub struct Checkout {
    root: PathBuf,
    /// The program that starts tests: this one, if it is not told otherwise.
    runner: Option<PathBuf>,
    /// Nobody has edited `chapters/`: what is missing there is an author's mistake.
    untouched: bool,
    read: Arc<Read>,
}

/// Which of the two trees of crates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tree {
    /// What the reader is to look at: complete.
    Solutions,
    /// What the learner starts from: with holes.
    Chapters,
}

#[derive(Default)]
struct Read {
    manifests: OnceLock<Result<Vec<Manifest>, String>>,
    crates: Mutex<BTreeMap<(Tree, String), Found>>,
    given: Mutex<BTreeMap<String, Option<Arc<Package>>>>,
    recorders: Mutex<BTreeMap<u32, Result<Recorder, String>>>,
}

/// A crate that was looked for.
type Found = Result<Arc<Package>, String>;

/// A chapter's crate and its folder, `solutions/01-election`.
pub(crate) struct Package {
    pub folder: String,
    pub source: Crate,
}

impl Tree {
    fn folder(self) -> &'static str {
        match self {
            Tree::Solutions => "solutions",
            Tree::Chapters => "chapters",
        }
    }
}

impl Checkout {
    /// The checkout whose root is `root`.
    pub fn at(root: &Path) -> Checkout {
        Checkout { root: root.to_owned(), runner: None, untouched: false, read: Arc::default() }
    }

    /// The checkout that `folder` is in, at any depth.
    ///
    /// # Errors
    /// When no folder above holds a book.
    pub fn around(folder: &Path) -> Result<Checkout, String> {
        folder
            .ancestors()
            .find(|root| root.join("book/book.toml").is_file())
            .map(Checkout::at)
            .ok_or_else(|| format!("{} is not in a checkout with book/book.toml", folder.display()))
    }

    /// The same place, with nothing read yet.
    pub fn afresh(&self) -> Checkout {
        Checkout { read: Arc::default(), ..self.clone() }
    }

    /// The same place, with tests started through this program: `book-builder` itself, for tests
    /// that are another.
    pub fn running(self, program: &Path) -> Checkout {
        Checkout { runner: Some(program.to_owned()), ..self }
    }

    /// The same place, whose `chapters/` are as they are handed out: no item may be missing.
    pub fn untouched(self) -> Checkout {
        Checkout { untouched: true, ..self }
    }

    /// The repository's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The book's folder.
    pub fn book(&self) -> PathBuf {
        self.root.join("book")
    }

    /// The manifests of all chapters that have one, by number.
    pub(crate) fn manifests(&self) -> Result<&[Manifest], String> {
        let read = self.read.manifests.get_or_init(|| {
            let mut manifests = Vec::new();
            for folder in folders(&self.root.join("tests")) {
                let shown = format!("tests/{folder}/exercises.toml");
                let path = self.root.join(&shown);
                if path.is_file() {
                    manifests.push(Manifest::read(&path, &shown).map_err(told)?);
                }
            }
            manifests.sort_by_key(|manifest| manifest.number);
            Ok(manifests)
        });
        read.as_deref().map_err(Clone::clone)
    }

    /// An exercise by its id, and the manifest that it is in.
    pub(crate) fn exercise(&self, id: &str) -> Result<(&Manifest, &Exercise), String> {
        let found =
            self.manifests()?.iter().find_map(|manifest| Some((manifest, manifest.exercise(id)?)));
        found.ok_or_else(|| format!("no manifest in tests/*/exercises.toml has an exercise {id}"))
    }

    /// The crate of this name; of the starters, if there are no solutions.
    pub(crate) fn package(&self, tree: Tree, name: &str) -> Found {
        let tree = if self.has_solutions() { tree } else { Tree::Chapters };
        let mut crates = self.read.crates.lock().unwrap_or_else(PoisonError::into_inner);
        let read = crates.entry((tree, name.to_owned())).or_insert_with(|| self.find(tree, name));
        read.clone()
    }

    /// The complete crates are here.
    pub(crate) fn has_solutions(&self) -> bool {
        self.root.join(Tree::Solutions.folder()).is_dir()
    }

    /// A chapter's crate that a learner may have edited; there has to be a `chapters/` at all.
    pub(crate) fn is_learners(&self, name: &str) -> bool {
        let is_its = |manifest: &Manifest| manifest.package.replace('-', "_") == name;
        !self.untouched
            && self.root.join(Tree::Chapters.folder()).is_dir()
            && self.manifests().is_ok_and(|all| all.iter().any(is_its))
    }

    /// The chapter's crate as it was given, if git has it.
    pub(crate) fn given(&self, name: &str) -> Option<Arc<Package>> {
        let mut given = self.read.given.lock().unwrap_or_else(PoisonError::into_inner);
        let read = given.entry(name.to_owned()).or_insert_with(|| {
            let repo = Repo::at(&self.root).ok()?;
            let mut chapters = repo.chapters.iter();
            let chapter =
                chapters.find(|chapter| chapter.manifest.package.replace('-', "_") == name)?;
            let source = reset::from_git(&repo, chapter)?;
            Some(Arc::new(Package { folder: chapter.folder(Side::Mine), source }))
        });
        read.clone()
    }

    /// The run that a graded test of a chapter plays on the solution; none if this checkout has no
    /// solutions.
    pub(crate) fn trace(&self, chapter: u32, test: &str) -> Result<Option<Trace>, String> {
        if !self.has_solutions() {
            return Ok(None);
        }
        let mut recorders = self.read.recorders.lock().unwrap_or_else(PoisonError::into_inner);
        let recorder = recorders.entry(chapter).or_insert_with(|| {
            let this = || std::env::current_exe().map_err(|error| format!("no program: {error}"));
            let runner = self.runner.clone().map_or_else(this, Ok)?;
            Recorder::new(&self.root, chapter, &runner).map_err(told)
        });
        let recorder = recorder.as_mut().map_err(|reason| reason.clone())?;
        recorder.trace(test).map(Some).map_err(told)
    }

    fn find(&self, tree: Tree, name: &str) -> Found {
        let folder = tree.folder();
        let crates = self.root.join(folder);
        if !crates.is_dir() {
            return Err(format!("this checkout has no {folder}/, and the book shows code from it"));
        }
        let wanted = format!("-{}", name.replace('_', "-"));
        let mut all = folders(&crates);
        all.retain(|folder| folder.starts_with(|first: char| first.is_ascii_digit()));
        let found = all.iter().find(|folder| folder.ends_with(&wanted)).ok_or_else(|| {
            format!("no crate `{name}` in {folder}/; there are {}", all.join(", "))
        })?;
        let source = Crate::read(name, &crates.join(found)).map_err(told)?;
        Ok(Arc::new(Package { folder: format!("{folder}/{found}"), source }))
    }
}

/// An error of the package `workbook`, as the reason of a problem.
pub(crate) fn told(error: workbook::Error) -> String {
    format!("{}; {}", error.message, error.next)
}

/// The names of the folders in a folder, sorted.
fn folders(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let inner = entries.flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> =
        inner.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
