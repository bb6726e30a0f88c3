//! `cargo workbook replay`: a failing run, kept and shown: in a browser where there is one, else in
//! the terminal.
//!
//! Owns `target/workbook/replays`: the last failing run of each exercise and of each given chapter,
//! as JSON in the format of `harness::report::Trace`, and the reading of such files from anywhere.
//! A run that has been read has been checked: every number in it points to something, so it can be
//! drawn.

use crate::cache::write_whole;
use crate::measure::Grade;
use crate::repo::{Chapter, Repo, Target, Tree};
use crate::screen::{self, Look};
use crate::verdict::Outcome;
use crate::{Error, browser, step};
use harness::player;
use harness::report::{Event, Trace};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A run that can be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The exercise, or the given chapter.
    pub exercise: String,
    /// What `replay` takes: the same, or the file.
    pub name: String,
}

/// Keeps the first failing run of each exercise in a grade, or of the whole chapter if it is given.
pub fn save(repo: &Repo, chapter: &Chapter, tree: Tree, grade: &Grade) -> Vec<Saved> {
    let exercises = chapter.manifest.exercises.iter();
    let mut runs: Vec<(String, Option<&Outcome>)> =
        exercises.map(|one| (one.id.clone(), grade.telling_failure(one))).collect();
    if chapter.is_given() {
        runs.push((chapter.word(), grade.telling_failure_of_all()));
    }
    let runs = runs.into_iter().filter_map(|(id, outcome)| Some((id, outcome?.trace.as_ref()?)));
    runs.filter_map(|(id, trace)| save_one(repo, tree, id, trace)).collect()
}

fn save_one(repo: &Repo, tree: Tree, id: String, trace: &Trace) -> Option<Saved> {
    let (path, name) = match tree {
        Tree::Mine => (file_of(repo, &id), id.clone()),
        Tree::Solution => {
            let path = file_of(repo, &format!("solution-{id}"));
            let shown = path.strip_prefix(&repo.root).unwrap_or(&path).display().to_string();
            (path, shown)
        }
    };
    let bytes = serde_json::to_vec(trace).ok()?;
    write_whole(&path, &bytes).ok()?;
    Some(Saved { exercise: id, name })
}

fn file_of(repo: &Repo, name: &str) -> PathBuf {
    repo.store().join("replays").join(format!("{name}.json"))
}

/// Where a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// In a browser, if there is one.
    Browser,
    /// In the terminal.
    Terminal,
}

/// Carries out `replay`.
pub fn run(repo: &Repo, what: &str, how: Show) -> Result<ExitCode, Error> {
    let is_number = what.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    let is_known = is_number || repo.chapter(what).is_ok();
    let (trace, name) = if is_known && !Path::new(what).is_file() {
        let id = match repo.target(what)? {
            Target::Chapter(chapter) if chapter.is_given() => chapter.word(),
            Target::Chapter(_) | Target::Exercise(..) => repo.exercise(what)?.1.id.clone(),
        };
        let again = format!("cargo workbook grade {id}");
        let path = file_of(repo, &id);
        if !path.is_file() {
            return Err(Error::new(
                format!(
                    "no failing run of {id} is kept: it has not failed, or the tests that failed \
                     feed one node by hand"
                ),
                again,
            ));
        }
        (read(&path, &again)?, id)
    } else {
        let next = "name an exercise as in 1.4, or a file that `grade` has written";
        (read(Path::new(what), next)?, "file".to_owned())
    };
    show(repo, &trace, &name, how)?;
    Ok(ExitCode::SUCCESS)
}

/// Shows a run, and keeps it as a page for the browser.
pub fn show(repo: &Repo, trace: &Trace, name: &str, how: Show) -> Result<(), Error> {
    let look = Look::now();
    let page = repo.store().join("replays").join(format!("{name}.html"));
    let is_kept = write_whole(&page, player::page(trace).as_bytes()).is_ok();
    let shown = page.strip_prefix(&repo.root).unwrap_or(&page).display();
    if is_kept && how == Show::Browser && browser::open(&page, look) {
        screen::say(&format!("The run is open in your browser: {shown}\n"));
        return Ok(());
    }
    step::through(trace, look)?;
    if is_kept {
        screen::say(&format!("\nThe same run in a browser: {shown}\n"));
    }
    Ok(())
}

/// Reads a run and checks it; `next` is what to do if it cannot be read.
pub fn read(path: &Path, next: &str) -> Result<Trace, Error> {
    let failed = |reason: String| Error::new(format!("{}: {reason}", path.display()), next);
    let bytes = fs::read(path).map_err(|error| failed(format!("cannot be read: {error}")))?;
    let trace: Trace = serde_json::from_slice(&bytes).map_err(|error| {
        failed(if error.is_eof() {
            "the file is cut off; it is not a whole run".to_owned()
        } else {
            format!("this is not a run of the workbook (line {})", error.line())
        })
    })?;
    if trace.format != Trace::FORMAT {
        let reason = format!("its format is \"{}\", not \"{}\"", trace.format, Trace::FORMAT);
        return Err(failed(reason));
    }
    check(&trace).map_err(|reason| failed(format!("the run is damaged: {reason}")))?;
    Ok(trace)
}

/// Does every number point to something?
fn check(trace: &Trace) -> Result<(), String> {
    let nodes = trace.nodes.len();
    if nodes == 0 {
        return Err("it has no nodes".to_owned());
    }
    for (number, step) in trace.steps.iter().enumerate() {
        let mut named: Vec<usize> = step.node.into_iter().collect();
        named.extend(step.sends.iter().map(|sent| sent.to));
        match &step.event {
            Event::Deliver { from, .. } | Event::Lose { from, .. } => {
                named.push(*from);
                if step.node.is_none() || step.node == Some(*from) {
                    return Err(format!("step {} delivers a message to nobody", number + 1));
                }
            }
            Event::Cut { links } => named.extend(links.iter().flat_map(|(from, to)| [*from, *to])),
            Event::Calm { dead } => named.extend(dead),
            Event::Start
            | Event::Tick { .. }
            | Event::Timeout
            | Event::Sync
            | Event::Work
            | Event::Crash
            | Event::Restart
            | Event::Pause
            | Event::Resume
            | Event::Wipe
            | Event::Command { .. }
            | Event::Heal => {}
        }
        if let Some(node) = named.into_iter().find(|node| *node >= nodes) {
            return Err(format!("step {} names node {node} of {nodes}", number + 1));
        }
    }
    match &trace.broken {
        Some(broken) if broken.step >= trace.steps.len() => {
            Err(format!("it breaks at step {} of {}", broken.step + 1, trace.steps.len()))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness::report::{Broken, Step};

    fn trace() -> Trace {
        let step = Step {
            time: 1,
            node: Some(0),
            event: Event::Timeout,
            says: "campaigns".to_owned(),
            sends: Vec::new(),
            answers: Vec::new(),
            state: vec![("term".to_owned(), "1".to_owned())],
            printed: String::new(),
        };
        Trace {
            format: Trace::FORMAT.to_owned(),
            nodes: vec!["n1".to_owned(), "n2".to_owned()],
            steps: vec![step],
            ..Trace::default()
        }
    }

    fn error(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.json");
        fs::write(&path, bytes).expect("it can be written");
        let message = read(&path, "next").expect_err("it is no run").message;
        assert!(!message.contains('\n'));
        message.rsplit_once(".json: ").expect("it names the file").1.to_owned()
    }

    #[test]
    fn a_cut_off_file_is_called_so() {
        let bytes = serde_json::to_vec(&trace()).expect("it is data");
        for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            let message = error(&bytes[..length]);
            assert_eq!(message, "the file is cut off; it is not a whole run", "{length}");
        }
    }

    #[test]
    fn a_foreign_file_is_called_so() {
        assert_eq!(error(b"hello"), "this is not a run of the workbook (line 1)");
        assert_eq!(error(b"{\"a\": 1}"), "this is not a run of the workbook (line 1)");
        assert_eq!(error(b"\xff\xfe"), "this is not a run of the workbook (line 1)");
        let other = Trace { format: "workbook-trace/9".to_owned(), ..trace() };
        let message = error(&serde_json::to_vec(&other).expect("it is data"));
        assert_eq!(message, "its format is \"workbook-trace/9\", not \"workbook-trace/1\"");
    }

    #[test]
    fn numbers_that_point_nowhere_are_noticed() {
        let mut other = trace();
        other.steps[0].node = Some(7);
        let message = error(&serde_json::to_vec(&other).expect("it is data"));
        assert_eq!(message, "the run is damaged: step 1 names node 7 of 2");
        let mut other = trace();
        other.broken = Some(Broken { invariant: String::new(), message: String::new(), step: 1 });
        let message = error(&serde_json::to_vec(&other).expect("it is data"));
        assert_eq!(message, "the run is damaged: it breaks at step 2 of 1");
    }
}
