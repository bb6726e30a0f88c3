//! Where things are: the root, the chapters in order, and the folders of each.
//!
//! Owns the layout of the repository. The root is the nearest folder upwards that has a
//! `Cargo.toml` and a `tests/NN-name/exercises.toml`, so every command works from anywhere below
//! it, also from inside `solutions/`, which is a workspace of its own.
//!
//! Invariant: chapters are in the order of their numbers, and no two share one, except for number
//! 0: foundations, which are called by the names of their packages.

use crate::Error;
use crate::manifest::{Exercise, Manifest};
use std::fs;
use std::path::{Path, PathBuf};

/// Whose code: the learner's or the solution's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// `chapters/`
    Mine,
    /// `solutions/`
    Solution,
}

impl Tree {
    /// The folder's name.
    pub fn folder(self) -> &'static str {
        match self {
            Tree::Mine => "chapters",
            Tree::Solution => "solutions",
        }
    }
}

/// The repository, as far as the command needs it.
#[derive(Clone, Debug)]
pub struct Repo {
    /// The repository's root.
    pub root: PathBuf,
    /// In the order of their numbers.
    pub chapters: Vec<Chapter>,
}

/// One chapter: its manifest and its folders.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// `01-election`, the name of its folder in every tree.
    pub name: String,
    /// What it asks for.
    pub manifest: Manifest,
}

impl Chapter {
    /// Its number.
    pub fn number(&self) -> u32 {
        self.manifest.number
    }

    /// The word by which a command knows it: its number, or its package for a foundation.
    pub fn word(&self) -> String {
        match self.number() {
            0 => self.manifest.package.clone(),
            number => number.to_string(),
        }
    }

    /// "chapter 1", in a sentence.
    pub fn called(&self) -> String {
        match self.number() {
            0 => format!("`{}`", self.manifest.package),
            number => format!("chapter {number}"),
        }
    }

    /// "Chapter 1", at the beginning of a sentence.
    pub fn starts(&self) -> String {
        self.called().replacen("chapter", "Chapter", 1)
    }

    /// "Chapter 1 · Leader election"
    pub fn heading(&self) -> String {
        match self.number() {
            0 => format!("{} · {}", self.manifest.package, self.manifest.title),
            number => format!("Chapter {number} · {}", self.manifest.title),
        }
    }

    /// It has no exercises: its solution is in both trees.
    pub fn is_given(&self) -> bool {
        self.manifest.is_given()
    }

    /// Its folder in a tree, relative to the root: `chapters/01-election`.
    pub fn folder(&self, tree: Tree) -> String {
        format!("{}/{}", tree.folder(), self.name)
    }
}

/// What a command is asked to look at.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// `1`
    Chapter(&'a Chapter),
    /// `1.4`
    Exercise(&'a Chapter, &'a Exercise),
}

impl<'a> Target<'a> {
    /// The chapter, either way.
    pub fn chapter(&self) -> &'a Chapter {
        match self {
            Target::Chapter(chapter) | Target::Exercise(chapter, _) => chapter,
        }
    }

    /// As it is typed: `1` or `1.4`.
    pub fn name(&self) -> String {
        match self {
            Target::Chapter(chapter) => chapter.word(),
            Target::Exercise(_, exercise) => exercise.id.clone(),
        }
    }
}

impl Repo {
    /// Finds the repository around the current folder and reads every manifest.
    pub fn find() -> Result<Repo, Error> {
        let here = std::env::current_dir().map_err(|error| {
            Error::new(
                format!("the current folder cannot be read: {error}"),
                "change into the workbook's folder and type the command again",
            )
        })?;
        let Some(root) = here.ancestors().find(|folder| is_root(folder)) else {
            return Err(Error::new(
                format!("{} is not inside the workbook", here.display()),
                "change into the folder that you cloned and type the command again",
            ));
        };
        Repo::at(root)
    }

    /// The repository whose root is known.
    pub fn at(root: &Path) -> Result<Repo, Error> {
        let mut chapters: Vec<Chapter> = Vec::new();
        for name in chapter_names(root) {
            let shown = format!("tests/{name}/exercises.toml");
            let manifest = Manifest::read(&root.join(&shown), &shown)?;
            if name.get(..2).and_then(|number| number.parse().ok()) != Some(manifest.number) {
                let message = format!("{shown}: number = {} is not the folder's", manifest.number);
                return Err(Error::new(message, format!("`git diff {shown}` shows what changed")));
            }
            let same = |other: &&Chapter| other.number() == manifest.number && manifest.number > 0;
            if let Some(other) = chapters.iter().find(same) {
                let message = format!(
                    "tests/{} and tests/{name} are both chapter {}",
                    other.name, manifest.number
                );
                return Err(Error::new(
                    message,
                    "`git status` shows which one is not the workbook's",
                ));
            }
            chapters.push(Chapter { name, manifest });
        }
        Ok(Repo { root: root.to_path_buf(), chapters })
    }

    /// The chapter with this number, or of this package: `1` or `election`.
    pub fn chapter(&self, word: &str) -> Result<&Chapter, Error> {
        let is_it = |chapter: &&Chapter| chapter.word() == word || chapter.manifest.package == word;
        self.chapters.iter().find(is_it).ok_or_else(|| {
            let words: Vec<String> = self.chapters.iter().map(Chapter::word).collect();
            Error::new(
                format!("there is no chapter {word}; there are: {}", words.join(", ")),
                "`cargo workbook` shows where you are",
            )
        })
    }

    /// A chapter and an exercise of it, from `1.4`.
    pub fn exercise(&self, id: &str) -> Result<(&Chapter, &Exercise), Error> {
        match self.target(id)? {
            Target::Exercise(chapter, exercise) => Ok((chapter, exercise)),
            Target::Chapter(chapter) => Err(match chapter.manifest.exercises.first() {
                Some(first) => Error::new(
                    format!("\"{id}\" is a chapter; this command takes an exercise"),
                    format!("name one as in {}", first.id),
                ),
                None => no_exercises(chapter),
            }),
        }
    }

    /// A chapter from `1` or `election`, or an exercise from `1.4`.
    pub fn target(&self, text: &str) -> Result<Target<'_>, Error> {
        if let Some(chapter) = self.chapters.iter().find(|other| other.manifest.package == text) {
            return Ok(Target::Chapter(chapter));
        }
        let malformed = || {
            Error::new(
                format!("\"{text}\" is neither a chapter nor an exercise"),
                "write a chapter as 1 and an exercise as 1.4",
            )
        };
        let (chapter, exercise) = match text.split_once('.') {
            Some((chapter, exercise)) => (chapter, Some(exercise)),
            None => (text, None),
        };
        let number: u32 = chapter.parse().map_err(|_| malformed())?;
        let chapter = self.chapter(&number.to_string())?;
        let Some(exercise) = exercise else {
            return Ok(Target::Chapter(chapter));
        };
        let number: u32 = exercise.parse().map_err(|_| malformed())?;
        let id = format!("{}.{number}", chapter.number());
        if let Some(exercise) = chapter.manifest.exercise(&id) {
            return Ok(Target::Exercise(chapter, exercise));
        }
        let exercises = &chapter.manifest.exercises;
        let (Some(first), Some(last)) = (exercises.first(), exercises.last()) else {
            return Err(no_exercises(chapter));
        };
        let has = format!("{} has {} to {}", chapter.called(), first.id, last.id);
        Err(Error::new(
            format!("there is no exercise {id}; {has}"),
            "`cargo workbook` shows where you are",
        ))
    }

    /// A path below the root.
    pub fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.root.join(inside)
    }

    /// A chapter's folder in a tree, which may be missing.
    pub fn folder(&self, chapter: &Chapter, tree: Tree) -> PathBuf {
        self.root.join(chapter.folder(tree))
    }

    /// The folder of a chapter's graded tests.
    pub fn tests(&self, chapter: &Chapter) -> PathBuf {
        self.root.join("tests").join(&chapter.name)
    }

    /// The folder of a chapter's text.
    pub fn text(&self, chapter: &Chapter) -> PathBuf {
        self.root.join("book/src").join(&chapter.name)
    }

    /// The workspace of a tree.
    pub fn workspace(&self, tree: Tree) -> PathBuf {
        match tree {
            Tree::Mine => self.root.clone(),
            Tree::Solution => self.root.join("solutions"),
        }
    }

    /// Where the command keeps what it can compute again.
    pub fn store(&self) -> PathBuf {
        self.root.join("target/workbook")
    }

    /// The chapter's package is there; a clear word if it is not.
    pub fn require(&self, chapter: &Chapter, tree: Tree) -> Result<(), Error> {
        if tree == Tree::Solution && !self.root.join("solutions").is_dir() {
            return Err(Error::new(
                "--solution needs solutions/, and this copy of the workbook has none",
                "leave out --solution, or `git checkout solutions` if the folder was deleted",
            ));
        }
        let folder = chapter.folder(tree);
        if self.root.join(&folder).join("Cargo.toml").is_file() {
            return Ok(());
        }
        Err(Error::new(
            format!("{folder} is missing, or has no Cargo.toml"),
            format!("`git checkout {folder}` brings it back; other chapters are not affected"),
        ))
    }
}

/// Somebody wants an exercise of a chapter that has none.
fn no_exercises(chapter: &Chapter) -> Error {
    Error::new(
        format!("{} is given and has no exercises", chapter.called()),
        format!("`cargo workbook grade {}` runs its tests", chapter.word()),
    )
}

/// The folders of chapters under `tests/`, in order.
fn chapter_names(root: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root.join("tests")) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| {
            let bytes = name.as_bytes();
            let numbered = matches!(bytes, [a, b, b'-', _, ..]
                if a.is_ascii_digit() && b.is_ascii_digit());
            numbered && root.join("tests").join(name).join("exercises.toml").is_file()
        })
        .collect();
    names.sort();
    names
}

fn is_root(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file() && !chapter_names(folder).is_empty()
}
