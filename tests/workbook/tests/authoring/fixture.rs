//! A small workbook in a folder of its own: one chapter, two exercises, no dependencies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const WORKSPACE: &str = "[workspace]
resolver = \"3\"
members = [\"MEMBERS\"]
exclude = [\"solutions\"]

[workspace.package]
version = \"0.1.0\"
edition = \"2024\"
";

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"demo\"\nversion = \"0.1.0\"\n";

const PACKAGE: &str = "[package]
name = \"demo\"
version.workspace = true
edition.workspace = true

[lib]
path = \"src/lib.rs\"

[[test]]
name = \"grade\"
path = \"../../tests/01-demo/main.rs\"
";

const EXERCISES: &str = r#"[chapter]
number = 1
package = "demo"
title = "Demo"
hours = 1

[[exercise]]
id = "1.1"
title = "Count the votes"
item = "demo::Votes::count"
points = 10
minutes = 10
tests = ["count"]
section = "01-demo/count.md"
hints = ["Look at the map.", "Ask it how long it is."]

[[exercise]]
id = "1.2"
title = "Decide"
items = ["demo::Votes::decide", "demo::<Votes as fmt::Display>::fmt"]
points = 10
minutes = 10
tests = ["decide"]
needs = ["1.1"]
hints = []

[[remove]]
item = "demo::more_than_half"
"#;

/// The solution, with every kind of thing that a hole leaves unused.
pub const SOLUTION: &str = r#"//! Votes: größer ist ≥.

mod limits;

use limits::LARGEST;
use std::collections::BTreeMap;
use std::fmt;

/// Who voted how.
#[derive(Clone, Debug, Default)]
pub struct Votes {
    /// By voter; } and { are braces.
    given: BTreeMap<u8, bool>,
}

impl Votes {
    /// Counts.
    pub fn count(&self) -> usize {
        let votes: &BTreeMap<u8, bool> = &self.given;
        votes.len().min(LARGEST)
    }

    /// Decides.
    ///
    ///     { is no brace of the code
    pub fn decide(&mut self, of: usize) -> bool {
        let _brace = r"}";
        more_than_half(self.yes(), of)
    }

    fn yes(&self) -> usize {
        self.given.values().filter(|yes| **yes).count()
    }
}

impl fmt::Display for Votes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} votes", self.count())
    }
}

fn more_than_half(yes: usize, of: usize) -> bool {
    2 * yes > of
}
"#;

/// What it becomes.
pub const STARTER: &str = r#"//! Votes: größer ist ≥.

mod limits;

#[allow(unused_imports, reason = "exercise 1.1 uses it")]
use limits::LARGEST;
use std::collections::BTreeMap;
use std::fmt;

/// Who voted how.
#[derive(Clone, Debug, Default)]
pub struct Votes {
    /// By voter; } and { are braces.
    #[allow(dead_code, reason = "exercise 1.1 uses it")]
    given: BTreeMap<u8, bool>,
}

impl Votes {
    /// Counts.
    pub fn count(&self) -> usize {
        todo!("exercise 1.1: count the votes")
    }

    /// Decides.
    ///
    ///     { is no brace of the code
    pub fn decide(&mut self, of: usize) -> bool {
        #![allow(unused_variables, reason = "exercise 1.2 is not written yet")]
        todo!("exercise 1.2: decide")
    }

    #[allow(dead_code, reason = "exercise 1.2 uses it")]
    fn yes(&self) -> usize {
        self.given.values().filter(|yes| **yes).count()
    }
}

impl fmt::Display for Votes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #![allow(unused_variables, reason = "exercise 1.2 is not written yet")]
        todo!("exercise 1.2: decide")
    }
}
"#;

const LIMITS: &str = "//! Limits.\n\n/// Large.\npub const LARGEST: usize = 100;\n";

/// The workbook; its folder goes with it.
pub struct Fixture {
    folder: tempfile::TempDir,
}

impl Fixture {
    /// A workbook whose chapter holds a placeholder.
    pub fn new() -> Fixture {
        let fixture = Fixture { folder: tempfile::tempdir().expect("a folder of our own") };
        fixture.write("Cargo.toml", &WORKSPACE.replace("MEMBERS", "chapters/*"));
        fixture.write("Cargo.lock", LOCK);
        let solutions = WORKSPACE.replace("MEMBERS", "[0-9]*").replace("exclude", "# exclude");
        fixture.write("solutions/Cargo.toml", &solutions);
        fixture.write("solutions/Cargo.lock", LOCK);
        fixture.write("solutions/01-demo/Cargo.toml", PACKAGE);
        fixture.write("solutions/01-demo/README.md", "Not cut: copied.\n");
        fixture.write("solutions/01-demo/src/lib.rs", SOLUTION);
        fixture.write("solutions/01-demo/src/limits.rs", LIMITS);
        fixture.write("chapters/01-demo/Cargo.toml", PACKAGE);
        fixture.write("chapters/01-demo/src/lib.rs", "//! Nothing yet.\n");
        fixture.write("tests/01-demo/exercises.toml", EXERCISES);
        fixture.write("tests/01-demo/main.rs", "#[test]\nfn count() {}\n#[test]\nfn decide() {}\n");
        fixture.write(".gitignore", "target\n");
        fixture
    }

    /// The same, and the chapter is cut.
    pub fn cut() -> Fixture {
        let fixture = Fixture::new();
        fixture.succeeds(&["sync", "--force"]);
        fixture
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    pub fn write(&self, inside: &str, text: &str) {
        let path = self.path(inside);
        let parent = path.parent().expect("a file is in a folder");
        fs::create_dir_all(parent).expect("the folder is ours");
        fs::write(path, text).expect("the folder is ours");
    }

    pub fn read(&self, inside: &str) -> String {
        fs::read_to_string(self.path(inside)).unwrap_or_else(|error| panic!("{inside}: {error}"))
    }

    /// The learner's file.
    pub fn mine(&self) -> String {
        self.read("chapters/01-demo/src/lib.rs")
    }

    /// Changes the learner's file.
    pub fn edit(&self, from: &str, to: &str) {
        let before = self.mine();
        assert!(before.contains(from), "{from} is in {before}");
        self.write("chapters/01-demo/src/lib.rs", &before.replace(from, to));
    }

    /// Runs the command; what it printed, and whether it was content.
    pub fn run(&self, words: &[&str]) -> (String, bool) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-workbook"));
        let output = self.prepared(command.args(words)).output().expect("the program is there");
        (text(&output), output.status.success())
    }

    #[track_caller]
    pub fn succeeds(&self, words: &[&str]) -> String {
        let (text, content) = self.run(words);
        assert!(content, "{words:?}: {text}");
        text
    }

    #[track_caller]
    pub fn fails(&self, words: &[&str]) -> String {
        let (text, content) = self.run(words);
        assert!(!content, "{words:?}: {text}");
        text
    }

    /// Compiles the chapter; a warning is an error.
    #[track_caller]
    pub fn compiles(&self) {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        command.args(["check", "--locked", "--package", "demo"]).env("RUSTFLAGS", "-Dwarnings");
        let output = self.prepared(&mut command).output().expect("the program is there");
        assert!(output.status.success(), "{}", text(&output));
    }

    /// Puts all that is there into git, as a commit. Its owner wants no word of untracked files.
    pub fn commit(&self) {
        self.git(&["init", "--quiet"]);
        self.git(&["config", "status.showUntrackedFiles", "no"]);
        self.git(&["add", "--all"]);
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
        self.git(&[&who[..], &["commit", "--quiet", "--message", "All"]].concat());
    }

    fn git(&self, words: &[&str]) {
        let output = Command::new("git").args(words).current_dir(self.folder.path()).output();
        let output = output.expect("git is there");
        assert!(output.status.success(), "{words:?}: {}", text(&output));
    }

    fn prepared<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .current_dir(self.folder.path())
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env("GIT_CEILING_DIRECTORIES", self.folder.path().parent().unwrap_or(Path::new("/")))
            .env_remove("CARGO_BUILD_BUILD_DIR")
            .env_remove("CARGO_BUILD_TARGET_DIR")
            .env_remove("COLUMNS")
            .env_remove("CI")
    }
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}
