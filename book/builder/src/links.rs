//! The check of the finished site: every link and every anchor leads somewhere, and a page fetches
//! nothing but its own files, so the book works from a disk without a network.
//!
//! It reads what was rendered, not the Markdown, so it sees what a reader's browser will see: the
//! template's links and those that directives wrote are checked like the author's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::anatomy::{self, Anatomy, Reference};
use crate::outline::Outline;
use crate::problem::Problem;

/// The site as the check knows it.
struct Site<'a> {
    outline: &'a Outline,
    /// `book/src`, to find the line of a broken link.
    sources: &'a Path,
    files: BTreeSet<String>,
    pages: BTreeMap<String, Anatomy>,
}

/// What the check found out beside problems.
pub(crate) struct Checked {
    /// Files that some page or style sheet names.
    pub used: BTreeSet<String>,
    /// How many links and resources were followed.
    pub followed: usize,
}

/// Checks all pages and style sheets in the folder `site`.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn check(
    site: &Path,
    sources: &Path,
    outline: &Outline,
    problems: &mut Vec<Problem>,
) -> io::Result<Checked> {
    let files = files_under(site)?;
    let mut pages = BTreeMap::new();
    let mut styles = Vec::new();
    for file in &files {
        if file.ends_with(".html") {
            pages.insert(file.clone(), anatomy::page(&fs::read_to_string(site.join(file))?));
        } else if file.ends_with(".css") {
            styles.push((file.clone(), anatomy::style(&fs::read_to_string(site.join(file))?)));
        }
    }
    let site = Site { outline, sources, files, pages };
    let mut checked = Checked { used: BTreeSet::new(), followed: 0 };
    // The print page repeats all others, and would repeat their problems.
    let (print, single): (Vec<_>, Vec<_>) =
        site.pages.iter().partition(|(file, _)| file.as_str() == "print.html");
    for (file, anatomy) in single.into_iter().chain(print) {
        if file == "print.html" && !problems.is_empty() {
            break;
        }
        site.twice(file, anatomy, problems);
        for reference in &anatomy.references {
            site.follow(file, reference, &mut checked, problems);
        }
    }
    for (file, references) in &styles {
        for reference in references {
            site.follow(file, reference, &mut checked, problems);
        }
    }
    Ok(checked)
}

/// All files under a folder, by their paths in it with `/`.
pub(crate) fn files_under(folder: &Path) -> io::Result<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(folder.join(&inner))? {
            let entry = entry?;
            let path = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(files)
}

impl Site<'_> {
    fn twice(&self, file: &str, anatomy: &Anatomy, problems: &mut Vec<Problem>) {
        let mut seen = BTreeSet::new();
        for id in &anatomy.ids {
            if !seen.insert(id) {
                let reason = format!("two things have the anchor `#{id}`");
                problems.push(self.problem(file, &format!("{{#{id}}}"), reason));
            }
        }
    }

    fn follow(
        &self,
        file: &str,
        reference: &Reference,
        checked: &mut Checked,
        problems: &mut Vec<Problem>,
    ) {
        let (address, fetched) = match reference {
            Reference::Link(address) => (address, None),
            Reference::Resource { what, address } => (address, Some(what)),
            Reference::Id(id) => {
                let known = self.pages.get(file).is_some_and(|page| page.ids.contains(id));
                if !known {
                    let reason = format!("nothing in the page has the id `{id}`");
                    problems.push(self.problem(file, id, reason));
                }
                return;
            }
        };
        checked.followed += 1;
        match self.target(file, address, fetched.map(String::as_str)) {
            Ok(Some(target)) => {
                checked.used.insert(target);
            }
            Ok(None) => {}
            Err(reason) => problems.push(self.problem(file, address, reason)),
        }
    }

    /// The file that an address in `file` leads to, none if it leads out of the site by right.
    fn target(
        &self,
        file: &str,
        address: &str,
        fetched: Option<&str>,
    ) -> Result<Option<String>, String> {
        let scheme = address.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| {
            !scheme.is_empty()
                && scheme
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        });
        match (scheme, fetched) {
            (Some("data"), Some(_)) => return Ok(None),
            (Some(_), Some(what)) => {
                return Err(format!("{what} fetches `{address}`; the book makes no request"));
            }
            (Some("https" | "http" | "mailto"), None) => return Ok(None),
            (Some(scheme), None) => {
                return Err(format!("`{address}`: links of the kind `{scheme}:` are not allowed"));
            }
            (None, _) => {}
        }
        if address.starts_with("//") {
            return Err(format!("`{address}` leaves the book; write https:// in a link"));
        }
        let (path, anchor) = address.split_once('#').unwrap_or((address, ""));
        let path = path.split('?').next().unwrap_or_default();
        let path = percent_decoded(path).ok_or_else(|| format!("`{address}` is not an address"))?;
        let target = resolve(file, &path).ok_or_else(|| format!("`{address}` leaves the book"))?;
        if !self.files.contains(&target) {
            let folder = format!("{}/index.html", target.trim_end_matches('/'));
            return Err(if self.files.contains(&folder) || target.is_empty() {
                format!("`{address}` is a folder; name its page, for readers without a server")
            } else {
                format!("`{address}` leads nowhere: the site has no {target}")
            });
        }
        let page = self.pages.get(&target);
        let anchor = percent_decoded(anchor).unwrap_or_default();
        if anchor.is_empty() || page.is_none_or(|page| page.ids.contains(&anchor)) {
            return Ok(Some(target));
        }
        Err(format!("`{address}`: {target} has no anchor `#{anchor}`"))
    }

    /// Names the Markdown that a page was made from, and the line where `text` stands in it.
    fn problem(&self, file: &str, text: &str, reason: String) -> Problem {
        // mdBook writes the first page a second time, as the site's index.
        let first = self.outline.pages().next().filter(|_| file == "index.html");
        let page = self.outline.pages().find(|page| page.html == file).or(first);
        let Some(page) = page else { return Problem::of(format!("{file} (built)"), reason) };
        let markdown = fs::read_to_string(self.sources.join(&page.source)).unwrap_or_default();
        let spellings = [
            text.to_owned(),
            text.replace(".html", ".md"),
            text.replace("index.html", "README.md"),
        ];
        let line = markdown
            .lines()
            .position(|line| spellings.iter().any(|spelling| stands_in(line, spelling)));
        match line {
            Some(line) => Problem::at(page.file(), line + 1, reason),
            None => Problem::of(page.file(), reason),
        }
    }
}

/// Whether an address stands in a line, and not as the end of a longer one.
fn stands_in(line: &str, address: &str) -> bool {
    line.match_indices(address).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|letter| !letter.is_alphanumeric() && !":/.".contains(letter))
    })
}

/// The path in the site that a relative path in `file` means; none if it climbs out.
fn resolve(file: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(file.to_owned());
    }
    if path.starts_with('/') || path.contains('\\') {
        return None;
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

/// The text behind `%20` and the like; none if that is not UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_resolved_inside_the_site() {
        assert_eq!(resolve("a/b.html", "c.html").as_deref(), Some("a/c.html"));
        assert_eq!(resolve("a/b.html", "../c/./d.html").as_deref(), Some("c/d.html"));
        assert_eq!(resolve("a/b.html", "").as_deref(), Some("a/b.html"));
        assert_eq!(resolve("a/b.html", "../../c.html"), None);
        assert_eq!(resolve("a/b.html", "/c.html"), None);
        assert_eq!(percent_decoded("a%20b%zz%").as_deref(), Some("a b%zz%"));
        assert_eq!(percent_decoded("%ff"), None);
    }
}
