//! What is wrong with the book, said so that its author can go and mend it.
//!
//! Owns [`Problem`] and [`Problems`]. Every check collects all that it finds: an author who has
//! renamed an item wants the whole list, not its first line.

use std::fmt;

/// One thing to mend, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, from the repository's root; empty where no single file is to blame.
    pub file: String,
    /// The line in it, counted from 1, where one is known.
    pub line: Option<usize>,
    /// What is wrong, in a sentence that names the thing.
    pub reason: String,
}

impl Problem {
    /// A problem on a known line.
    pub fn at(file: impl Into<String>, line: usize, reason: impl Into<String>) -> Self {
        Problem { file: file.into(), line: Some(line), reason: reason.into() }
    }

    /// A problem of a file, or of the book as a whole if `file` is empty.
    pub fn of(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Problem { file: file.into(), line: None, reason: reason.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.is_empty(), self.line) {
            (true, _) => write!(out, "{}", self.reason),
            (false, None) => write!(out, "{}: {}", self.file, self.reason),
            (false, Some(line)) => write!(out, "{}:{line}: {}", self.file, self.reason),
        }
    }
}

/// All that stands in the way of the book; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// `Ok` if nothing was found, else what was, in the order of the files.
    ///
    /// # Errors
    /// When the list is not empty.
    pub fn none(mut found: Vec<Problem>) -> Result<(), Problems> {
        found.sort();
        found.dedup();
        if found.is_empty() { Ok(()) } else { Err(Problems(found)) }
    }

    /// What was found.
    pub fn list(&self) -> &[Problem] {
        &self.0
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Problems(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, problem) in self.0.iter().enumerate() {
            if count > 0 {
                writeln!(out)?;
            }
            write!(out, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
