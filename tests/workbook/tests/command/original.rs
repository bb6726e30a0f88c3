//! Building the original etcd, and comparing with it, with a `go` that only pretends: a script that
//! writes six programs which are scripts as well.

use crate::fixture::{Fixture, Ran, ended, is_alive, until};
use crate::given;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

const MODULE: &str = "tests/original/go.mod";
const PROGRAMS: [&str; 6] = ["etcd", "etcdctl", "etcdutl", "benchmark", "bbolt", "client"];

/// `FAKE_GO` is what it does wrong, `FAKE_VERSION` its version and `FAKE_ETCD` what it builds. It
/// notes each build beside itself. At the gate it waits until it is opened, or until the test is
/// over and its folder gone.
const GO: &str = r##"#!/bin/sh
here=$(dirname "$0")
if [ "$1" = version ]; then
    echo "go version ${FAKE_VERSION:-go1.99.0} none/none"
    exit
fi
echo "$GOTOOLCHAIN $CGO_ENABLED $*" >>"$here/builds"
while [ "$1" != -o ]; do shift; done
into=$2
program() {
    printf '#!/bin/sh\necho "%s"\n' "$2" >"$into/$1"
    chmod +x "$into/$1"
}
version=${FAKE_ETCD:-3.7.1}
program server "etcd Version: $version"
program etcdctl "etcdctl version: $version"
case "$FAKE_GO" in
gate)
    echo $$ >"$here/started"
    while [ -d "$here" ] && [ ! -e "$here/open" ]; do sleep 0.01; done
    ;;
fail)
    echo "go: downloading example.org/thing v1.0.0" >&2
    echo "# example.org/thing" >&2
    echo "thing.go:7:2: undefined: nothing" >&2
    exit 1
    ;;
esac
program etcdutl "etcdutl version: $version"
program benchmark ""
program bbolt "bbolt Version: 0.0.0"
program client ""
"##;

const PINNED: &str = "module original

go 1.26

require (
\tgo.etcd.io/bbolt v1.5.0 // indirect
\tgo.etcd.io/etcd/client/v3 v3.7.1 // indirect
\tgo.etcd.io/etcd/etcdctl/v3 v3.7.1 // indirect
\tgo.etcd.io/etcd/etcdutl/v3 v3.7.1 // indirect
\tgo.etcd.io/etcd/server/v3 v3.7.1 // indirect
\tgo.etcd.io/etcd/v3 v3.7.1 // indirect
)
";

/// A workbook that pins the original, and a Go.
struct Scene {
    fixture: Fixture,
}

impl Scene {
    fn new() -> Scene {
        Scene::of(Fixture::new())
    }

    fn of(fixture: Fixture) -> Scene {
        let scene = Scene { fixture };
        scene.fixture.write(MODULE, PINNED);
        scene.fixture.write("tests/original/go.sum", "");
        fs::create_dir(scene.fixture.path("go")).expect("a folder");
        // Written by a process of its own: one that another test starts meanwhile would hold the
        // file open, and a file that is open for writing cannot be run.
        let mut shell = Command::new("sh");
        shell.args(["-c", "cat >go/go && chmod +x go/go"]).current_dir(scene.fixture.root());
        let mut shell = shell.stdin(Stdio::piped()).spawn().expect("there is a shell");
        let mut input = shell.stdin.take().expect("it is piped");
        input.write_all(GO.as_bytes()).expect("it listens");
        drop(input);
        assert!(shell.wait().expect("it ends").success());
        scene
    }

    /// A command that finds this Go first.
    fn command(&self, arguments: &[&str], faults: &[(&str, &str)]) -> Command {
        let mut command = self.fixture.command(arguments);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let first = std::iter::once(self.fixture.path("go"));
        let path = std::env::join_paths(first.chain(std::env::split_paths(&path)));
        command.env("PATH", path.expect("no path has a colon"));
        command.envs(faults.iter().copied());
        command
    }

    fn original(&self, faults: &[(&str, &str)]) -> Ran {
        ended(&mut self.command(&["original"], faults))
    }

    fn started(&self) -> Child {
        let mut command = self.command(&["original"], &[("FAKE_GO", "gate")]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts")
    }

    /// Waits until Go is at the gate; the file has its process's number.
    fn at_the_gate(&self) -> PathBuf {
        let file = self.fixture.path("go/started");
        until("Go is at the gate", || {
            fs::read_to_string(&file).ok().filter(|text| text.ends_with('\n'))
        });
        file
    }

    /// What Go was asked to build, a line each.
    fn builds(&self) -> Vec<String> {
        let text = fs::read_to_string(self.fixture.path("go/builds")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What is in `target` with the original's name.
    fn left(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.fixture.path("target")) else { return Vec::new() };
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let names = names.map(|name| name.into_string().expect("it is text"));
        let mut names: Vec<String> = names.filter(|name| name.starts_with("original")).collect();
        names.sort();
        names
    }
}

#[test]
fn it_is_built_once_and_again_when_something_has_changed() {
    let scene = Scene::new();
    let listed = "  etcd       3.7.1  target/original/etcd\n  \
                  etcdctl    3.7.1  target/original/etcdctl\n  \
                  etcdutl    3.7.1  target/original/etcdutl\n  \
                  benchmark  3.7.1  target/original/benchmark\n  \
                  bbolt      1.5.0  target/original/bbolt\n  \
                  client     3.7.1  target/original/client\n";
    let ran = scene.original(&[]);
    ran.ends(0).complains("Building etcd 3.7.1");
    assert_eq!(ran.stdout, listed);
    assert!(PROGRAMS.iter().all(|name| scene.fixture.path("target/original").join(name).is_file()));
    assert_eq!(scene.left(), ["original", "original.lock"]);
    let [build] = &scene.builds()[..] else { panic!("one build: {:?}", scene.builds()) };
    assert!(build.starts_with("local 0 build "), "{build}");
    assert!(build.contains(" -trimpath -mod=readonly ") && build.ends_with(" tool"), "{build}");

    let ran = scene.original(&[]);
    ran.ends(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (listed, ""));
    assert_eq!(scene.builds().len(), 1, "nothing has changed");

    let newer = [("FAKE_ETCD", "3.7.2")];
    scene.fixture.edit(MODULE, "v3.7.1", "v3.7.2");
    scene.original(&newer).ends(0).says("etcd       3.7.2");
    assert_eq!(scene.builds().len(), 2, "another release");
    assert_eq!(scene.left(), ["original", "original.lock"]);
    scene.fixture.write("tests/original/go.sum", "example.org/thing v1.0.0 h1:AAAA\n");
    scene.original(&newer).ends(0);
    assert_eq!(scene.builds().len(), 3, "another sum");
    scene.original(&[newer[0], ("FAKE_VERSION", "go1.99.1")]).ends(0);
    assert_eq!(scene.builds().len(), 4, "another Go");
    scene.fixture.write("tests/original/client/main.go", "package main\n");
    scene.original(&[newer[0], ("FAKE_VERSION", "go1.99.1")]).ends(0);
    assert_eq!(scene.builds().len(), 5, "another client");
    fs::remove_file(scene.fixture.path("target/original/etcdutl")).expect("it is there");
    scene.original(&[newer[0], ("FAKE_VERSION", "go1.99.1")]).ends(0);
    assert_eq!(scene.builds().len(), 6, "a program is gone");
}

#[test]
fn without_a_go_that_will_do_it_says_so() {
    let scene = Scene::new();
    let mut command = scene.fixture.command(&["original"]);
    let ran = ended(command.env("PATH", scene.fixture.path("chapters")));
    ran.ends(2).complains("error: Go is not installed\n");
    ran.complains("  next: install Go 1.26 or newer, from https://go.dev/dl");
    let old = [("FAKE_VERSION", "go1.25.4")];
    let ran = scene.original(&old);
    ran.ends(2).complains("error: Go 1.25.4 is here, and etcd needs 1.26\n");
    assert_eq!(scene.builds().len(), 0);
    // It is no reason to call the machine ill.
    let ran = ended(scene.command(&["doctor"], &old).env("COLUMNS", "100"));
    ran.ends(0).says("· go         Go 1.25.4 is here, and etcd needs 1.26: only");
    let ran = ended(&mut scene.command(&["doctor"], &[]));
    ran.ends(0).says("✓ go         go version go1.99.0 none/none");
    fs::remove_file(scene.fixture.path(MODULE)).expect("it is there");
    let ran = scene.original(&[]);
    ran.ends(2).complains("tests/original is not here").complains("git checkout tests/original");
}

#[test]
fn a_build_that_fails_is_explained_and_leaves_nothing() {
    let scene = Scene::new();
    let ran = scene.original(&[("FAKE_GO", "fail")]);
    ran.ends(2)
        .complains("`go build` ended with exit status: 1\n# example.org/thing\n")
        .complains("thing.go:7:2: undefined: nothing\n")
        .complains("next: ");
    assert!(!ran.stderr.contains("downloading"), "progress is no explanation\n{ran}");
    assert_eq!(scene.left(), ["original.lock"]);
    // What was there before is whole, and is not taken for what is wanted.
    scene.original(&[]).ends(0);
    scene.fixture.edit(MODULE, "v3.7.1", "v3.7.2");
    scene.original(&[("FAKE_GO", "fail")]).ends(2);
    assert!(PROGRAMS.iter().all(|name| scene.fixture.path("target/original").join(name).is_file()));
    scene.original(&[]).ends(2).complains("etcd reports \"3.7.1\"");
    scene.original(&[("FAKE_ETCD", "3.7.2")]).ends(0).says("benchmark  3.7.2");
    scene.fixture.edit(MODULE, "etcdutl/v3 v3.7.2", "etcdutl/v3 v3.7.0");
    let split = "does not pin etcd and its tools to one release";
    scene.original(&[]).ends(2).complains(split);
    scene.fixture.edit(MODULE, "etcdutl/v3 v3.7.0", "etcdutl/v3 v3.7.2");
    scene.fixture.edit(MODULE, "go.etcd.io/bbolt v1.5.0", "go.etcd.io/bbolt/v2 v2.0.0");
    scene.original(&[]).ends(2).complains(split);
}

#[test]
fn a_command_that_is_ended_leaves_no_go_running() {
    let scene = Scene::new();
    let mut command = scene.started();
    let go = scene.at_the_gate();
    command.kill().expect("it can be killed");
    command.wait().expect("it ends");
    until("Go is gone", || (!is_alive(&go)).then_some(()));
    assert!(!scene.fixture.path("target/original").exists(), "half a set");
    scene.original(&[]).ends(0).says("target/original/benchmark");
    assert_eq!(scene.left(), ["original", "original.lock"]);
}

#[test]
fn the_second_waits_for_the_first_and_grading_does_not() {
    let scene = Scene::new();
    let first = scene.started();
    scene.at_the_gate();
    let mut second = scene.started();
    let mut said = String::new();
    let mut stderr = BufReader::new(second.stderr.take().expect("it is piped"));
    stderr.read_line(&mut said).expect("the second says something");
    assert_eq!(said, "Another `cargo workbook` is building the original; waiting for it.\n");
    scene.fixture.run(&["grade", "1.1"]).ends(0);
    fs::write(scene.fixture.path("go/open"), "").expect("the gate opens");
    for command in [first, second] {
        let output = command.wait_with_output().expect("it ends");
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{stdout}");
        assert!(stdout.contains("target/original/benchmark"), "{stdout}");
    }
    assert_eq!(scene.builds().len(), 1);
}

/// A test of the kind that compares.
const COMPARES: &str = r#"//! Beside the original.

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn its_programs_are_there() {
    let folder = std::env::var_os("WORKBOOK_ORIGINAL").expect("verify says where they are");
    assert!(std::path::Path::new(&folder).join("bbolt").is_file());
    assert_eq!(log::log(), 43);
}
"#;

#[test]
fn verify_compares_where_there_is_something_to_compare_with() {
    let scene = Scene::of(given::with_a_given_chapter());
    let verify = |faults: &[(&str, &str)]| ended(&mut scene.command(&["verify", "2"], faults));
    verify(&[]).ends(0).says("skipped: no chapter here is compared with it");

    let target = "name = \"original\"\npath = \"../../tests/02-log/original/main.rs\"";
    for tree in ["solutions", "chapters"] {
        let manifest = format!("{tree}/02-log/Cargo.toml");
        let table = format!("[[test]]\n{target}\n\n[dependencies]");
        scene.fixture.edit(&manifest, "[dependencies]", &table);
    }
    scene.fixture.write("tests/02-log/original/main.rs", COMPARES);
    scene.fixture.run(&["grade", "2"]).ends(0).says("3 of 3 tests");
    let old = [("FAKE_VERSION", "go1.25.4")];
    verify(&old).ends(0).says("skipped: Go 1.25.4 is here, and etcd needs 1.26; install Go");
    verify(&[]).ends(0).says("skipped: the original etcd is not built; cargo workbook original");

    scene.original(&[]).ends(0);
    let compared = "1 chapter, beside etcd 3.7.1, etcdctl, etcdutl, benchmark, bbolt, client";
    let first = verify(&[]);
    first.ends(0).says("✓ ours and the original read each other").says(compared);
    assert!(!first.stdout.contains("client, proven before"), "{first}");
    verify(&[]).ends(0).says("client, proven before");
    // Another original is another proof.
    scene.fixture.write("tests/original/go.sum", "example.org/thing v1.0.0 h1:AAAA\n");
    scene.original(&[]).ends(0);
    let other = verify(&[]);
    assert!(!other.ends(0).says(compared).stdout.contains("client, proven before"), "{other}");
    scene.fixture.edit("tests/02-log/original/main.rs", "43", "44");
    verify(&[]).ends(1).says("✗ ours and the original read each other").says("right: 44");
}
