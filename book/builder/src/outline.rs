//! The book before it is written out: which pages there are, and which exercises and invariants
//! stand on which of them, so that every page can link to every other.
//!
//! Invariant: an exercise stands on one page; an invariant's number and its name are used once in
//! a folder. What breaks that is a [`Problem`], and the first one stays.

use std::collections::BTreeMap;

use mdbook_preprocessor::book::Book;

use crate::problem::Problem;
use crate::scan::{self, Line};

/// A page, by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The Markdown file under `book/src`, with `/`: `01-election/README.md`.
    pub source: String,
    /// The HTML file in the site: `01-election/index.html`.
    pub html: String,
    /// Its title in the summary.
    pub title: String,
}

impl Page {
    pub fn new(source: &str, title: &str) -> Self {
        let stem = source.strip_suffix(".md").unwrap_or(source);
        let html = match stem.strip_suffix("README") {
            Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("{folder}index"),
            _ => stem.to_owned(),
        };
        Page { source: source.to_owned(), html: format!("{html}.html"), title: title.to_owned() }
    }

    /// The folder of the source, empty or with a `/` at its end.
    pub fn folder(&self) -> &str {
        self.source.rfind('/').map_or("", |slash| &self.source[..=slash])
    }

    /// The file from the repository's root, as problems name it.
    pub fn file(&self) -> String {
        format!("book/src/{}", self.source)
    }

    /// The address of `target` (with an `#anchor` or without) as seen from this page.
    pub fn link(&self, target: &str) -> String {
        let own: Vec<&str> = self.html.split('/').collect();
        let other: Vec<&str> = target.split('/').collect();
        let folders = own.len().min(other.len()) - 1;
        let shared = (0..folders).take_while(|at| own[*at] == other[*at]).count();
        let up = "../".repeat(own.len() - 1 - shared);
        format!("{up}{}", other[shared..].join("/"))
    }
}

/// An invariant, as its page states it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invariant<'a> {
    pub page: &'a Page,
    pub number: &'a str,
    pub name: &'a str,
    /// The first paragraph of its box, on one line.
    pub statement: &'a str,
}

impl Invariant<'_> {
    /// Where it stands.
    pub fn address(&self) -> String {
        format!("{}#invariant-{}", self.page.html, self.number)
    }
}

/// What stands where.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pages: Vec<Page>,
    /// By its id, the page.
    exercises: BTreeMap<String, usize>,
    /// By folder and name, the page and the number.
    invariants: BTreeMap<(String, String), (usize, String)>,
    /// In the order of the book: the page, the number, the name and the statement.
    statements: Vec<(usize, String, String, String)>,
}

impl Outline {
    /// Reads all pages once.
    pub fn of(book: &Book, problems: &mut Vec<Problem>) -> Outline {
        let mut outline = Outline::default();
        let mut numbers: BTreeMap<(String, String), usize> = BTreeMap::new();
        for chapter in book.chapters() {
            let Some(source) = &chapter.source_path else { continue };
            let source = source.to_string_lossy().replace('\\', "/");
            let page = Page::new(&source, &chapter.name);
            let at = outline.pages.len();
            for (number, line) in scan::lines(&chapter.content) {
                let Line::Directive { name, rest, .. } = line else { continue };
                let again = |what: String, other: usize, pages: &[Page]| {
                    let other = pages.get(other).unwrap_or(&page);
                    Problem::at(page.file(), number, format!("{what} is on {} too", other.file()))
                };
                match name {
                    "#exercise" => {
                        if let Some(other) = outline.exercises.get(rest) {
                            problems.push(again(
                                format!("exercise {rest}"),
                                *other,
                                &outline.pages,
                            ));
                        } else {
                            outline.exercises.insert(rest.to_owned(), at);
                        }
                    }
                    "#invariant" => {
                        let (count, title) = rest.split_once('|').unwrap_or((rest, ""));
                        let (count, title) = (count.trim(), title.trim());
                        let key = (page.folder().to_owned(), count.to_owned());
                        if let Some(other) = numbers.insert(key, at) {
                            let what = format!("invariant {count}");
                            problems.push(again(what, other, &outline.pages));
                        }
                        let key = (page.folder().to_owned(), title.to_owned());
                        outline.invariants.entry(key).or_insert((at, count.to_owned()));
                        let statement = statement(&chapter.content, number);
                        let (count, title) = (count.to_owned(), title.to_owned());
                        outline.statements.push((at, count, title, statement));
                    }
                    _ => {}
                }
            }
            outline.pages.push(page);
        }
        outline
    }

    /// All pages, in the order of the summary.
    pub fn pages(&self) -> impl Iterator<Item = &Page> {
        self.pages.iter()
    }

    /// The page of a Markdown file, if the summary has it.
    pub fn page(&self, source: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.source == source)
    }

    /// Where an exercise stands, as a page and an anchor.
    pub fn exercise(&self, id: &str) -> Option<String> {
        let page = &self.pages[*self.exercises.get(id)?];
        Some(format!("{}#{}", page.html, exercise_anchor(id)))
    }

    /// All exercises that stand somewhere.
    pub fn exercises(&self) -> impl Iterator<Item = (&str, &Page)> {
        self.exercises.iter().map(|(id, page)| (id.as_str(), &self.pages[*page]))
    }

    /// All invariants, in the order of the book.
    pub fn invariants(&self) -> impl Iterator<Item = Invariant<'_>> {
        self.statements.iter().map(|(page, number, name, statement)| Invariant {
            page: &self.pages[*page],
            number,
            name,
            statement,
        })
    }

    /// Where an invariant stands: its address and its number. The page's own folder is asked
    /// first, then the whole book, so a later chapter can rest on an earlier one's invariant.
    pub fn invariant(&self, from: &Page, name: &str) -> Option<(String, &str)> {
        let own = (from.folder().to_owned(), name.to_owned());
        let (page, number) = self.invariants.get(&own).or_else(|| {
            let mut all = self.invariants.iter();
            all.find(|((_, other), _)| other == name).map(|(_, found)| found)
        })?;
        Some((format!("{}#invariant-{number}", self.pages[*page].html), number))
    }
}

/// The first paragraph after a line.
fn statement(text: &str, line: usize) -> String {
    let lines = text.lines().skip(line).map(str::trim).skip_while(|line| line.is_empty());
    let words = lines.take_while(|line| !line.is_empty() && !line.starts_with("{{"));
    words.collect::<Vec<&str>>().join(" ")
}

/// The anchor of an exercise's block: `exercise-1-4`.
pub(crate) fn exercise_anchor(id: &str) -> String {
    format!("exercise-{}", id.replace('.', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_find_each_other() {
        let readme = Page::new("01-election/README.md", "Leader election");
        assert_eq!(readme.html, "01-election/index.html");
        assert_eq!(readme.folder(), "01-election/");
        assert_eq!(readme.link("01-election/votes.html#invariant-1"), "votes.html#invariant-1");
        assert_eq!(readme.link("introduction.html"), "../introduction.html");
        assert_eq!(readme.link("02-replication/index.html"), "../02-replication/index.html");
        let top = Page::new("introduction.md", "Introduction");
        assert_eq!(top.link("01-election/index.html"), "01-election/index.html");
        assert_eq!(top.link("introduction.html#a"), "introduction.html#a");
    }
}
