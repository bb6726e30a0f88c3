//! A small repository to build a book from: the fixture beside this file, with the real theme.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};

use book_builder::checkout::Checkout;
use book_builder::problem::Problems;
use book_builder::site;

pub struct Demo {
    folder: tempfile::TempDir,
}

impl Demo {
    /// The whole fixture.
    pub fn new() -> Demo {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&crate_folder.join("tests/fixture"), folder.path());
        copy(&crate_folder.join("../theme"), &folder.path().join("book/theme"));
        let book = crate_folder.join("../book.toml");
        fs::copy(book, folder.path().join("book/book.toml")).expect("book.toml");
        Demo { folder }
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn checkout(&self) -> Checkout {
        Checkout::at(self.root())
    }

    /// The demo with another text in a file.
    pub fn with(self, file: &str, text: &str) -> Demo {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the file's folder");
        fs::write(path, text).expect("writing a file of the demo");
        self
    }

    /// The demo with a piece of a file's text replaced.
    pub fn replacing(self, file: &str, from: &str, to: &str) -> Demo {
        let text = fs::read_to_string(self.root().join(file)).expect("a file of the demo");
        assert!(text.contains(from), "`{from}` is not in {file}");
        self.with(file, &text.replace(from, to))
    }

    /// Builds the book, and reads a page of it.
    pub fn page(&self, page: &str) -> String {
        let built = site::build(&self.checkout()).unwrap_or_else(|problems| panic!("{problems}"));
        let folder = built.index.parent().map(PathBuf::from).expect("dist");
        fs::read_to_string(folder.join(page)).expect("a page of the site")
    }

    /// What is wrong with the book.
    pub fn problems(&self) -> Problems {
        match site::check(&self.checkout()) {
            Ok(built) => panic!("the book was built: {built:?}"),
            Err(problems) => problems,
        }
    }

    /// Asserts that exactly this is wrong, a line each.
    #[track_caller]
    pub fn fails(&self, expected: &[&str]) {
        let found: Vec<String> = self.problems().list().iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "want: {expected}\nhave: {found}");
        }
    }
}

/// A book of one page with this text, beside the fixture's code and manifests.
pub fn page(text: &str) -> Demo {
    Demo::new()
        .with(
            "book/src/SUMMARY.md",
            "# Summary\n\n[Start](start.md)\n\n- [Vote](01-vote/README.md)\n",
        )
        .with("book/src/start.md", "# Start\n")
        .with("book/src/01-vote/README.md", text)
}

/// The text of HTML, with one space for every run of white space.
pub fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            letter if !inside => text.push(letter),
            _ => {}
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    let text = text.replace("&#39;", "'").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder of the demo");
    for entry in fs::read_dir(from).expect("a folder of the fixture") {
        let entry = entry.expect("an entry of the fixture");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copying a file of the fixture");
        }
    }
}
