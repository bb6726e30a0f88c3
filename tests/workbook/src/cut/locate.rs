//! Where a learner's own version of an item is, also in a file that does not parse.
//!
//! A half-written body is exactly what somebody wants to put back or compare. So where the parser
//! gives up, lines decide: the line that begins the item, and the first closing brace below it at
//! the same indentation, as `rustfmt` would write them.

use crate::Error;
use crate::items::{Crate, Item};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A range of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, relative to the package's folder.
    pub file: PathBuf,
    /// Its text.
    pub source: Arc<str>,
    /// The item with its doc comments and attributes.
    pub span: Range<usize>,
    /// The item without its doc comments.
    pub bare: Range<usize>,
}

/// Finds the learner's version of `given`, which `path` names.
pub fn locate(mine: &Crate, given: &Item, path: &str) -> Result<Place, Error> {
    let error = match mine.find(path) {
        Ok(item) => {
            return Ok(Place {
                file: item.file.clone(),
                source: Arc::clone(&item.source),
                span: item.span.clone(),
                bare: item.bare.clone(),
            });
        }
        Err(error) => error,
    };
    let broken = mine.files().iter().find(|file| file.path == given.file && file.broken.is_some());
    let Some(file) = broken else { return Err(error) };
    match by_lines(&file.text, given) {
        Some((span, bare)) => {
            Ok(Place { file: file.path.clone(), source: Arc::clone(&file.text), span, bare })
        }
        None => Err(error),
    }
}

fn by_lines(text: &str, given: &Item) -> Option<(Range<usize>, Range<usize>)> {
    let wanted = given.source[given.plain.clone()].lines().next()?.trim();
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        lines.push((at, line));
        at += line.len();
    }
    let mut begins = lines.iter().enumerate().filter(|(_, (_, line))| line.trim() == wanted);
    let (first, (begin, line)) = begins.next()?;
    if begins.next().is_some() {
        return None;
    }
    let indent = &line[..line.len() - line.trim_start().len()];
    let closing = format!("{indent}}}");
    let (end, last) = lines[first..].iter().find(|(_, line)| line.trim_end() == closing)?;
    let end = end + last.trim_end().len();
    let begin = begin + indent.len();
    let (mut start, mut bare) = (begin, begin);
    for (above, line) in lines[..first].iter().rev() {
        let inner = line.trim_start();
        if inner.starts_with("#[") && bare == start {
            bare = above + line.len() - inner.len();
        } else if !inner.starts_with("///") {
            break;
        }
        start = above + line.len() - inner.len();
    }
    Some((start..end, bare..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "impl S {
    /// Docs.
    #[inline]
    fn f(&self) -> bool {
        todo!()
    }

    fn g() {}
}
";

    fn find(mine: &str) -> Option<String> {
        let file = |text: &str| [(PathBuf::from("src/lib.rs"), text.to_owned())];
        let given = Crate::from_files("demo", file(GIVEN));
        let mine = Crate::from_files("demo", file(mine));
        let given = given.find("demo::S::f").expect("it is there");
        let place = locate(&mine, given, "demo::S::f").ok()?;
        assert!(place.span.start <= place.bare.start && place.span.end == place.bare.end);
        Some(place.source[place.span].to_owned())
    }

    #[test]
    fn a_file_that_parses_is_searched_by_name() {
        let mine = "struct S;\nimpl S { fn f(&self, more: u8) {} }\n";
        assert_eq!(find(mine).as_deref(), Some("fn f(&self, more: u8) {}"));
        assert_eq!(find("struct S;\n"), None);
    }

    #[test]
    fn a_broken_file_is_searched_by_lines() {
        let broken = GIVEN.replace("todo!()", "if (self {\n        }");
        let found = find(&broken).expect("the lines are there");
        assert!(found.starts_with("/// Docs.\n    #[inline]\n    fn f(&self)"), "{found}");
        assert!(found.ends_with("if (self {\n        }\n    }"), "{found}");
        assert_eq!(find("impl S {\n    fn f(&self) -> bool {\n"), None);
        assert_eq!(find(&format!("{broken}{broken}")), None);
    }
}
