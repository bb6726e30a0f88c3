//! `new` and `remove`: a chapter begins, and a given one goes away again.
//!
//! Owns the folders of a chapter that nobody has written yet, and what its name may be. What lists
//! the chapters is made from them (see `lists`), and `chapters/` is made by `sync`.
//!
//! Invariant: nothing that git does not have is lost.

use crate::repo::{Chapter, Repo, Tree};
use crate::screen::say;
use crate::{Error, lists, sync};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `new` is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// `03-wal`
    pub name: String,
    /// "The log on disk"; made from the name if left out.
    pub title: Option<String>,
    /// One seed is one run.
    pub pure: bool,
}

/// Names that a crate should not have: they are the language's, or of what grades and measures it.
const TAKEN: [&str; 8] =
    ["alloc", "core", "harness", "proc_macro", "std", "test", "workbook", "bench"];

/// Makes the folders of a chapter, given until it has exercises, and everything that lists it.
pub fn new(repo: &Repo, request: &Request) -> Result<ExitCode, Error> {
    let name = &request.name;
    let (number, package) = parts(name)?;
    needs_solutions(repo)?;
    free(repo, name, number, package)?;
    let title = request.title.clone().unwrap_or_else(|| upper(package));
    if !is_title(&title) {
        return Err(Error::new(
            format!("{title:?} cannot be a title: one line, without quotes, \\ and |"),
            "name it as in --title \"The log on disk\"",
        ));
    }
    for (path, text) in begun(name, number, package, &title, request.pure) {
        let path = repo.path(path);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, text))
            .map_err(|error| failed("write", &path, &error))?;
    }
    let repo = Repo::at(&repo.root)?;
    listed(&repo)?;
    let word = repo.chapters.iter().find(|chapter| chapter.name == *name).map(Chapter::word);
    let word = word.unwrap_or_else(|| name.clone());
    say(&format!(
        "{name} is begun, and given until it has exercises.\n  \
         write  solutions/{name}/src/lib.rs\n  \
         and    tests/{name}/main.rs\n  then   cargo workbook sync\n  \
         and    cargo workbook grade {word} --solution\n"
    ));
    Ok(ExitCode::SUCCESS)
}

/// Takes a given chapter away, and everything that lists it.
pub fn remove(repo: &Repo, word: &str, force: bool) -> Result<ExitCode, Error> {
    let named = repo.chapters.iter().find(|chapter| chapter.name == word);
    let chapter = match named {
        Some(chapter) => chapter,
        None => repo.chapter(word)?,
    };
    let name = &chapter.name;
    if !chapter.is_given() {
        return Err(Error::new(
            format!("{} has exercises, and a text that speaks of it", chapter.called()),
            "only a chapter that is given is removed here; take out its [[exercise]]s first",
        ));
    }
    needs_solutions(repo)?;
    if let Some(user) = packages(repo).into_iter().find(|user| stands_on(repo, user, chapter)) {
        return Err(Error::new(
            format!("{user} stands on {}", chapter.called()),
            format!("take it out of {user}/Cargo.toml first"),
        ));
    }
    let folders = folders(name);
    let kept = sync::is_in_git(repo, &folders.each_ref().map(String::as_str));
    if !force && !kept {
        return Err(Error::new(
            format!("{name} holds files that git does not have"),
            format!("commit them, or lose them: `cargo workbook remove {word} --force`"),
        ));
    }
    for folder in &folders {
        let path = repo.path(folder);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed("remove", &path, &error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    listed(&Repo::at(&repo.root)?)?;
    say(&format!("{name} is gone.\n"));
    if kept {
        say(&format!("  back  git checkout {}\n", folders.join(" ")));
    }
    Ok(ExitCode::SUCCESS)
}

/// The lists, the chapters and the lock files follow the folders.
fn listed(repo: &Repo) -> Result<(), Error> {
    lists::write(repo)?;
    let is_new = |chapter: &&Chapter| !repo.folder(chapter, Tree::Mine).is_dir();
    for chapter in repo.chapters.iter().filter(|chapter| chapter.is_given()).filter(is_new) {
        sync::write(repo, chapter, &sync::compare(repo, chapter)?.starter)?;
    }
    for tree in [Tree::Mine, Tree::Solution] {
        lists::lock(repo, tree)?;
    }
    Ok(())
}

fn folders(name: &str) -> [String; 3] {
    [Tree::Solution.folder(), Tree::Mine.folder(), "tests"].map(|tree| format!("{tree}/{name}"))
}

/// Number and package of `03-wal`.
fn parts(name: &str) -> Result<(u32, &str), Error> {
    let bad = |why: &str| Error::new(format!("\"{name}\" {why}"), "name it as in 03-wal");
    let Some((number, package)) = name.split_once('-') else {
        return Err(bad("is not a number and a name"));
    };
    let two = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = two.then(|| number.parse().ok()).flatten() else {
        return Err(bad("does not begin with a number of two digits"));
    };
    let letters = package.bytes().all(|byte| byte.is_ascii_lowercase());
    if package.is_empty() || !letters {
        return Err(bad("does not end with a word in small letters, which is its crate's name"));
    }
    if TAKEN.contains(&package) || syn::parse_str::<syn::Ident>(package).is_err() {
        return Err(bad("ends with a name that is taken"));
    }
    Ok((number, package))
}

/// Nothing of this name, number or package is there.
fn free(repo: &Repo, name: &str, number: u32, package: &str) -> Result<(), Error> {
    let next = |chapter: &Chapter| format!("`cargo workbook grade {}`", chapter.word());
    for chapter in &repo.chapters {
        if chapter.manifest.package == package || number > 0 && chapter.number() == number {
            let message = format!("{} is there already: {}", chapter.name, chapter.heading());
            return Err(Error::new(message, next(chapter)));
        }
    }
    for folder in folders(name) {
        if repo.path(&folder).exists() {
            let next = format!("look at it, and `git clean -n {folder}` before you delete it");
            return Err(Error::new(format!("{folder} is there already"), next));
        }
    }
    for file in ["Cargo.toml", "solutions/Cargo.toml"] {
        let text = fs::read_to_string(repo.path(file)).unwrap_or_default();
        let start = format!("{package} = ");
        if text.lines().any(|line| line.starts_with(&start)) {
            let message = format!("{file} has a dependency that is called {package}");
            return Err(Error::new(message, "call the chapter something else"));
        }
    }
    Ok(())
}

/// What a chapter begins with.
fn begun(
    name: &str,
    number: u32,
    package: &str,
    title: &str,
    pure: bool,
) -> Vec<(PathBuf, String)> {
    let what = match number {
        0 => title.to_owned(),
        number => format!("Chapter {number}: {}", lower(title)),
    };
    let manifest = format!(
        "[package]\nname = \"{package}\"\ndescription = \"{what}\"\nversion.workspace = true\n\
         edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n\
         publish.workspace = true\n\n[lib]\npath = \"src/lib.rs\"\n\n[[test]]\nname = \"grade\"\n\
         path = \"../../tests/{name}/main.rs\"\n\n[dev-dependencies]\nharness.workspace = true\n\n\
         [lints]\nworkspace = true\n"
    );
    let purity = if pure { "# One seed is one run.\npure = true\n" } else { "" };
    let exercises = format!(
        "# {title} is given: a chapter without an [[exercise]] is whole in both trees.\n\n\
         [chapter]\nnumber = {number}\npackage = \"{package}\"\ntitle = \"{title}\"\n{purity}"
    );
    let tests = format!("//! The graded tests of `{package}`.\n");
    let library = format!("//! # {title}\n");
    let file = |folder: &str, file: &str| Path::new(folder).join(name).join(file);
    vec![
        (file("solutions", "Cargo.toml"), manifest),
        (file("solutions", "src/lib.rs"), library),
        (file("tests", "exercises.toml"), exercises),
        (file("tests", "main.rs"), tests),
    ]
}

fn upper(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_uppercase().chain(letters).collect());
    first.unwrap_or_default()
}

fn lower(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Chapters begin and end in `solutions/`; a clear word if it is not there.
fn needs_solutions(repo: &Repo) -> Result<(), Error> {
    if repo.path("solutions/Cargo.toml").is_file() {
        return Ok(());
    }
    Err(Error::new(
        "chapters begin and end in solutions/, and this copy of the workbook has none",
        "`git checkout solutions/` brings it back, if it was there before",
    ))
}

/// It can stand in a manifest, in the README's table and in a comment as it is.
fn is_title(title: &str) -> bool {
    let odd = |letter: char| letter.is_control() || ['"', '\\', '|'].contains(&letter);
    !title.trim().is_empty() && !title.contains(odd)
}

/// The folders of packages that may stand on a chapter: other chapters, and what measures and tests
/// them.
fn packages(repo: &Repo) -> Vec<String> {
    let mut found = Vec::new();
    for above in ["solutions", "tests", "book"] {
        let entries = fs::read_dir(repo.path(above)).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let folders = names.map(|name| format!("{above}/{name}"));
        found.extend(folders.filter(|folder| repo.path(folder).join("Cargo.toml").is_file()));
    }
    found.sort();
    found
}

/// The manifest of the package in this folder names a chapter's.
fn stands_on(repo: &Repo, folder: &str, below: &Chapter) -> bool {
    let manifest = repo.path(folder).join("Cargo.toml");
    let text = fs::read_to_string(manifest).unwrap_or_default();
    let table: toml::Table = text.parse().unwrap_or_default();
    ["dependencies", "dev-dependencies", "build-dependencies"].iter().any(|section| {
        let section = table.get(*section).and_then(toml::Value::as_table);
        section.is_some_and(|section| section.contains_key(&below.manifest.package))
    })
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(
        format!("cannot {what} {}: {error}", path.display()),
        "is the folder yours, and is there room on the disk?",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_two_digits_and_a_word() {
        assert_eq!(parts("03-wal").expect("it is one"), (3, "wal"));
        assert_eq!(parts("00-api").expect("it is one"), (0, "api"));
        for bad in
            ["wal", "3-wal", "003-wal", "03-", "03-WAL", "03-a-b", "03-std", "03-loop", "+3-a"]
        {
            let error = parts(bad).expect_err(bad);
            assert!(error.message.starts_with(&format!("\"{bad}\" ")), "{error}");
        }
    }

    #[test]
    fn a_title_is_one_line_that_needs_no_quotes() {
        assert!(is_title("Größe: the log's \u{201c}disk\u{201d} (1)"));
        for bad in ["", "  ", "a\nb", "a\rb", "a\u{7}b", "a \"b\"", "a\\b", "a | b"] {
            assert!(!is_title(bad), "{bad:?}");
        }
    }
}
