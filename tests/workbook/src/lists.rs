//! What lists the chapters and is generated: the layers in both tables of dependencies, and the
//! README's table.
//!
//! Owns these lines. They are made from the manifests, so a chapter begins and ends with its
//! folders. Each list stands under a mark that is its file's own text; a file without the mark is
//! left alone.
//!
//! Invariant: only the lines of a list change; every other byte of the file stays.

use crate::Error;
use crate::cache::write_whole;
use crate::compile::cargo;
use crate::repo::{Chapter, Repo, Tree};
use std::fs;
use std::ops::Range;
use std::process::{Command, Stdio};

/// One list: where it is, what stands above it, and how a chapter's line is made.
struct List {
    file: &'static str,
    /// How the last line above the list begins.
    mark: &'static str,
    /// A line that can stand in the list. The first one that cannot is behind it.
    fits: fn(&str) -> bool,
    line: fn(&Chapter) -> String,
}

const LAYERS: &str = "# The layers.";

const LISTS: [List; 3] = [
    List {
        file: "Cargo.toml",
        mark: LAYERS,
        fits: is_entry,
        line: |chapter| dependency(chapter, &chapter.folder(Tree::Mine)),
    },
    List {
        file: "solutions/Cargo.toml",
        mark: LAYERS,
        fits: is_entry,
        line: |chapter| dependency(chapter, &chapter.name),
    },
    List {
        file: "README.md",
        mark: "|---|---|---|---|",
        fits: |line| line.starts_with('|'),
        line: row,
    },
];

/// Neither a comment, nor the next table's head, nor the empty line before it.
fn is_entry(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with(['#', '['])
}

fn dependency(chapter: &Chapter, path: &str) -> String {
    format!("{} = {{ path = \"{path}\" }}\n", chapter.manifest.package)
}

fn row(chapter: &Chapter) -> String {
    let manifest = &chapter.manifest;
    let number = if manifest.number == 0 { String::new() } else { chapter.word() };
    let hours = if chapter.is_given() { "given".to_owned() } else { manifest.hours.to_string() };
    format!("| {number} | {} | `{}` | {hours} |\n", manifest.title, manifest.package)
}

/// Files whose list is not as it would be made.
pub fn stale(repo: &Repo) -> Result<Vec<&'static str>, Error> {
    let mut files = Vec::new();
    for list in &LISTS {
        if let Some((old, new)) = list.read(repo)?
            && old != new
        {
            files.push(list.file);
        }
    }
    Ok(files)
}

/// Makes every list anew; the files that have changed. Their lock files are left to [`lock`].
pub fn write(repo: &Repo) -> Result<Vec<&'static str>, Error> {
    let mut files = Vec::new();
    for list in &LISTS {
        let Some((old, new)) = list.read(repo)? else { continue };
        if old != new {
            let path = repo.path(list.file);
            write_whole(&path, new.as_bytes()).map_err(|error| failed("write", list, &error))?;
            files.push(list.file);
        }
    }
    Ok(files)
}

/// Brings the lock file of a tree's workspace after its members.
pub fn lock(repo: &Repo, tree: Tree) -> Result<(), Error> {
    let workspace = repo.workspace(tree);
    if !workspace.join("Cargo.lock").is_file() {
        return Ok(());
    }
    let failed = |reason: String| {
        Error::new(
            format!("the lock file of {} cannot follow: {reason}", workspace.display()),
            "`cargo update --workspace` in that folder, which may need the network once",
        )
    };
    let output = Command::new(cargo())
        // It loads no packages, so none needs to be here that this machine does not build.
        .args(["update", "--workspace", "--offline", "--quiet"])
        .current_dir(&workspace)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(failed(text.trim().lines().collect::<Vec<_>>().join("; ")))
}

impl List {
    /// The file as it is and as it would be; nothing if it has no such list.
    fn read(&self, repo: &Repo) -> Result<Option<(String, String)>, Error> {
        let old = match fs::read_to_string(repo.path(self.file)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", self, &error)),
        };
        let Some(place) = self.place(&old) else { return Ok(None) };
        let mut lines: String = repo.chapters.iter().map(self.line).collect();
        if old.contains("\r\n") {
            lines = lines.replace('\n', "\r\n");
        }
        let mut new = old.clone();
        new.replace_range(place, &lines);
        Ok(Some((old, new)))
    }

    /// The bytes of the list's lines.
    fn place(&self, text: &str) -> Option<Range<usize>> {
        let mut at = 0;
        let mut start = None;
        for line in text.split_inclusive('\n') {
            match start {
                None if line.starts_with(self.mark) => start = Some(at + line.len()),
                Some(start) if !(self.fits)(line) => return Some(start..at),
                None | Some(_) => {}
            }
            at += line.len();
        }
        start.map(|start| start..text.len())
    }
}

fn failed(what: &str, list: &List, error: &std::io::Error) -> Error {
    Error::new(
        format!("cannot {what} {}: {error}", list.file),
        format!("`git status {}` shows what became of it", list.file),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    fn chapter(name: &str, head: &str) -> Chapter {
        let manifest = Manifest::parse(&format!("[chapter]\n{head}\n"), "exercises.toml");
        Chapter { name: name.to_owned(), manifest: manifest.expect("it is complete") }
    }

    #[test]
    fn only_the_lines_of_a_list_are_its_place() {
        let text = "[a]\n# The layers. More.\none = 1\ntwo = 2\n# Others.\nthree = 3\n";
        assert_eq!(&text[LISTS[0].place(text).expect("a list")], "one = 1\ntwo = 2\n");
        assert_eq!(LISTS[0].place("# The layers.\n[b]\n"), Some(14..14));
        assert_eq!(LISTS[0].place("# The layers.\r\none = 1\r\n\r\n[b]\r\n"), Some(15..24));
        assert_eq!(LISTS[0].place("[a]\none = 1\n"), None);
        let text = "| a |\n|---|---|---|---|\n| 1 |\n| 2 |\n\nMore.\n";
        assert_eq!(&text[LISTS[2].place(text).expect("a list")], "| 1 |\n| 2 |\n");
        assert_eq!(LISTS[2].place("|---|---|---|---|\nMore.\n"), Some(18..18));
    }

    #[test]
    fn lines_end_as_the_file_s_do_and_what_follows_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "# A\r\n|---|---|---|---|\r\n| old |\r\n\r\nMore.\r\n";
        fs::write(folder.path().join("README.md"), text).expect("it is ours");
        let chapters = vec![chapter("03-wal", "number = 3\npackage = \"wal\"\ntitle = \"Log\"")];
        let repo = Repo { root: folder.path().to_owned(), chapters };
        let (old, new) = LISTS[2].read(&repo).expect("it is there").expect("it has a list");
        assert_eq!(old, text);
        assert_eq!(new, text.replace("| old |", "| 3 | Log | `wal` | given |"));
    }

    #[test]
    fn a_chapter_is_a_line() {
        let wal = chapter("03-wal", "number = 3\npackage = \"wal\"\ntitle = \"The log on disk\"");
        assert_eq!(row(&wal), "| 3 | The log on disk | `wal` | given |\n");
        assert_eq!(dependency(&wal, &wal.name), "wal = { path = \"03-wal\" }\n");
        let api = chapter("00-api", "number = 0\npackage = \"api\"\ntitle = \"Messages\"");
        assert_eq!(row(&api), "|  | Messages | `api` | given |\n");
    }
}
