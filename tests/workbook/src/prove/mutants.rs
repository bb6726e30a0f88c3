//! Mistakes on file.
//!
//! Owns the form of a mutant: a file of Rust in `tests/NN-name/mutants/`, three comment lines and
//! the function as a learner might have written it:
//!
//! ```text
//! // exercise: 1.4
//! // item: election::Election::grants
//! // differs: it votes for everybody who asks in a term
//! fn grants(&self, candidate: NodeId, last: Position, view: View<'_>) -> bool {
//!     last >= view.last
//! }
//! ```
//!
//! `differs` is the behaviour that tells it from the solution: who cannot write that line has a
//! mutant that is no mistake.

use crate::Error;
use crate::items::Crate;
use crate::manifest::Manifest;
use std::fs;
use std::path::{Path, PathBuf};

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// Its file's name in the folder of mutants.
    pub file: String,
    /// The exercise whose tests must catch it.
    pub exercise: String,
    /// The item that it replaces.
    pub item: String,
    /// The behaviour that differs.
    pub differs: String,
    /// The body, braces included.
    pub(super) body: String,
}

/// The mutants of the chapter whose folder under `tests/` is `name`, in the order of their files'
/// names; none if there is no folder of them.
pub fn read(root: &Path, name: &str, manifest: &Manifest) -> Result<Vec<Mutant>, Error> {
    let folder = root.join("tests").join(name).join("mutants");
    let failed = |path: &Path, reason: String| {
        let path = path.strip_prefix(root).unwrap_or(path).display();
        Error::new(
            format!("{path}: {reason}"),
            "see the form in tests/workbook/src/prove/mutants.rs",
        )
    };
    let unread = |error: std::io::Error| failed(&folder, format!("cannot be read: {error}"));
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unread(error)),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    paths.sort();
    let mut mutants = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| failed(&path, error.to_string()))?;
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let mutant = parse(&file, &text).map_err(|reason| failed(&path, reason))?;
        if manifest.exercise(&mutant.exercise).is_none() {
            return Err(failed(&path, format!("there is no exercise {}", mutant.exercise)));
        }
        mutants.push(mutant);
    }
    Ok(mutants)
}

/// Reads one file.
fn parse(file: &str, text: &str) -> Result<Mutant, String> {
    let line = |name: &str| {
        let start = format!("// {name}: ");
        let found = text.lines().find_map(|line| line.strip_prefix(&start));
        found.map(|value| value.trim().to_owned()).ok_or(format!("it has no line \"{start}…\""))
    };
    let item = line("item")?;
    let name = item.rsplit("::").next().unwrap_or(&item).to_owned();
    // A method stands in an impl block; whose is of no importance here.
    let wrapped = format!("impl Mutant {{\n{text}\n}}\n");
    let source = Crate::from_files("mutant", [(PathBuf::from("src/lib.rs"), wrapped)]);
    let found =
        source.find(&format!("mutant::Mutant::{name}")).map_err(|error| error.to_string())?;
    let body = found.body.clone().ok_or(format!("`{name}` has no body"))?;
    Ok(Mutant {
        file: file.to_owned(),
        exercise: line("exercise")?,
        differs: line("differs")?,
        body: found.source[body].to_owned(),
        item,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOTES: &str = "// exercise: 1.4\n// item: election::Election::grants\n\
                         // differs: it votes for everybody\n\
                         fn grants(&self, last: u8) -> bool {\n    last > 3\n}\n";

    #[test]
    fn a_mutant_is_three_lines_and_a_function() {
        let mutant = parse("1.4-any.rs", VOTES).unwrap();
        assert_eq!(mutant.file, "1.4-any.rs");
        assert_eq!(mutant.exercise, "1.4");
        assert_eq!(mutant.item, "election::Election::grants");
        assert_eq!(mutant.differs, "it votes for everybody");
        assert_eq!(mutant.body, "{\n    last > 3\n}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let without = |line: &str| parse("1.4-any.rs", &VOTES.replace(line, "")).unwrap_err();
        assert!(without("// differs: it votes for everybody\n").contains("// differs: "));
        assert!(without("// exercise: 1.4\n").contains("// exercise: "));
        let other = parse("1.4-any.rs", &VOTES.replace("fn grants", "fn grant")).unwrap_err();
        assert!(other.contains("grants"), "{other}");
    }
}
