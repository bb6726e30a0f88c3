//! The preprocessor: mdBook hands over the book, and gets it back with all directives expanded.
//!
//! The same function serves two callers: this crate's own `build`, in process, and a stock
//! `mdbook`, through JSON on standard input and output. Leaves the site's links to `links`.

use std::io::{Read, Write};

use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::errors::Error;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext, parse_input};

use crate::checkout::Checkout;
use crate::outline::Outline;
use crate::page;
use crate::problem::{Problem, Problems};

/// The name of the preprocessor in `book.toml`.
pub const NAME: &str = "workbook";

/// The preprocessor, as mdBook's library wants it.
pub struct Workbook {
    checkout: Checkout,
}

impl Workbook {
    /// For the book of this checkout.
    pub fn new(checkout: Checkout) -> Self {
        Workbook { checkout }
    }
}

impl Preprocessor for Workbook {
    fn name(&self) -> &str {
        NAME
    }

    fn run(&self, _: &PreprocessorContext, book: Book) -> Result<Book, Error> {
        Ok(expand(&self.checkout, book)?)
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool, Error> {
        Ok(supports(renderer))
    }
}

/// Only HTML: the boxes, figures and coloured code are HTML.
pub fn supports(renderer: &str) -> bool {
    renderer == "html"
}

/// Serves one request of a stock mdBook.
///
/// # Errors
/// When the input is not mdBook's, or the book has problems, or the output is closed.
pub fn answer(checkout: &Checkout, input: impl Read, output: impl Write) -> Result<(), Problems> {
    let (_, book) = parse_input(input)
        .map_err(|error| Problem::of("", format!("the input is not mdBook's: {error:#}")))?;
    let book = expand(checkout, book)?;
    serde_json::to_writer(output, &book)
        .map_err(|error| Problem::of("", format!("cannot hand the book back: {error}")).into())
}

/// Expands every page of the book.
///
/// # Errors
/// All that is missing or misspelt, with file and line.
pub fn expand(checkout: &Checkout, mut book: Book) -> Result<Book, Problems> {
    let mut problems = Vec::new();
    let outline = Outline::of(&book, &mut problems);
    book.for_each_mut(|item| {
        let BookItem::Chapter(chapter) = item else { return };
        let Some(source) = &chapter.source_path else { return };
        let source = source.to_string_lossy().replace('\\', "/");
        let Some(page) = outline.page(&source) else { return };
        chapter.content = page::expand(&chapter.content, checkout, &outline, page, &mut problems);
    });
    missing_exercises(checkout, &outline, &mut problems);
    Problems::none(problems)?;
    Ok(book)
}

/// A chapter that shows one of its exercises shows them all.
fn missing_exercises(checkout: &Checkout, outline: &Outline, problems: &mut Vec<Problem>) {
    // A manifest that cannot be read is a problem of the directive that needed it.
    let Ok(manifests) = checkout.manifests() else { return };
    for manifest in manifests {
        let ids: Vec<&str> = manifest.exercises.iter().map(|exercise| &*exercise.id).collect();
        let Some((_, page)) = outline.exercises().find(|(id, _)| ids.contains(id)) else {
            continue;
        };
        for id in ids.iter().filter(|id| outline.exercise(id).is_none()) {
            let reason = format!("exercise {id} stands on no page: want {{{{#exercise {id}}}}}");
            problems.push(Problem::of(page.file(), reason));
        }
    }
}
