//! `cargo workbook`: where you are, and the next step.
//!
//! Owns what is known without building anything: remembered grades of exactly this code, and
//! otherwise whether an exercise's hole is still in the text.
//!
//! Invariant: every state of the repository has one next step, and it is printed.

use crate::Error;
use crate::cache;
use crate::holes;
use crate::manifest::{Exercise, Half};
use crate::measure::Grade;
use crate::repo::{Chapter, Repo, Tree};
use crate::report::{heading, next_step, pointers};
use crate::score::Score;
use crate::screen::{self, Look, Style, clip, paragraph};
use crate::verdict::State;
use std::process::ExitCode;

/// What the status says of a given chapter.
pub fn given(chapter: &Chapter) -> &'static str {
    match chapter.number() {
        0 => "given: what other chapters stand on",
        _ => "given: yours to read, exercises to come",
    }
}

/// The widest bar.
const BAR: usize = 16;

const WELCOME: &str = "\
Welcome. You build etcd layer by layer: for each exercise the book says what a function must do, \
you write its body, and one command says whether it is right, and if not, shows what went wrong.";

/// What is known of a chapter.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// The chapter.
    pub chapter: &'a Chapter,
    /// How far it is.
    pub stage: Stage<'a>,
}

/// How far a chapter is.
#[derive(Clone, Debug)]
pub enum Stage<'a> {
    /// Its folder is not there.
    Missing,
    /// The solution is in use.
    Swapped,
    /// It has no exercises.
    Given,
    /// The learner's own code.
    Own {
        /// Each exercise's state and points.
        exercises: Vec<(&'a Exercise, State, Score)>,
        /// Some of it is from the last grade, and the code has changed since.
        old: bool,
    },
}

impl<'a> Known<'a> {
    /// Looks at a chapter.
    pub fn of(repo: &Repo, chapter: &'a Chapter) -> Known<'a> {
        if repo.require(chapter, Tree::Mine).is_err() {
            return Known { chapter, stage: Stage::Missing };
        }
        if crate::swap::is_swapped(repo, chapter) {
            return Known { chapter, stage: Stage::Swapped };
        }
        if chapter.is_given() {
            return Known { chapter, stage: Stage::Given };
        }
        let key = cache::key(repo, chapter, Tree::Mine);
        let grade = Grade { outcomes: cache::recall(repo, &key) };
        let holes = holes::find(repo, chapter, Tree::Mine);
        let last = cache::last(repo, chapter);
        let mut old = false;
        let mut exercises = Vec::new();
        for exercise in &chapter.manifest.exercises {
            let mut state = grade.state(exercise);
            let mut score = grade.score(exercise);
            if state == State::NotGraded && holes.contains_key(&exercise.id) {
                state = State::NotWritten;
            } else if state == State::NotGraded
                && let Some(earned) = last.earned.get(&exercise.id)
            {
                old = true;
                score.earned = (*earned).min(score.possible);
                if last.right.contains(&exercise.id) {
                    state = State::Passed;
                }
            }
            exercises.push((exercise, state, score));
        }
        Known { chapter, stage: Stage::Own { exercises, old } }
    }

    fn score(&self) -> Score {
        match &self.stage {
            Stage::Missing | Stage::Swapped | Stage::Given => Score::default(),
            Stage::Own { exercises, .. } => exercises.iter().map(|(_, _, score)| *score).sum(),
        }
    }

    /// Not one exercise is written.
    fn is_untouched(&self) -> bool {
        match &self.stage {
            Stage::Missing | Stage::Swapped => false,
            Stage::Given => true,
            Stage::Own { exercises, .. } => exercises.iter().all(|(_, state, score)| {
                score.earned == 0 && matches!(state, State::NotWritten | State::Waits(_))
            }),
        }
    }

    /// Some of what is known is older than the code.
    fn is_old(&self) -> bool {
        matches!(self.stage, Stage::Own { old: true, .. })
    }

    /// The first exercise that is not known to be right.
    fn open(&self) -> Option<(&'a Exercise, &State)> {
        match &self.stage {
            Stage::Missing | Stage::Swapped | Stage::Given => None,
            Stage::Own { exercises, .. } => {
                let open = |state: &State| !matches!(state, State::Passed | State::Waits(_));
                let (exercise, state, _) = exercises
                    .iter()
                    .find(|(_, state, _)| open(state))
                    .or_else(|| exercises.iter().find(|(_, state, _)| *state != State::Passed))?;
                Some((exercise, state))
            }
        }
    }
}

/// Carries out `cargo workbook` without an argument.
pub fn run(repo: &Repo) -> Result<ExitCode, Error> {
    screen::say(&text(repo, Look::now()));
    Ok(ExitCode::SUCCESS)
}

/// The chapter of the next exercise; the first one with exercises if everything is done.
pub fn next_chapter(repo: &Repo) -> Result<&Chapter, Error> {
    let open = repo.chapters.iter().find(|chapter| {
        let known = Known::of(repo, chapter);
        known.open().is_some() || known.is_old() || matches!(known.stage, Stage::Missing)
    });
    let taught = || repo.chapters.iter().find(|chapter| !chapter.is_given());
    open.or_else(taught).or(repo.chapters.first()).ok_or_else(|| {
        Error::new("there are no chapters in tests/", "`git checkout tests` brings them back")
    })
}

/// The whole screen.
pub fn text(repo: &Repo, look: Look) -> String {
    let known: Vec<Known<'_>> =
        repo.chapters.iter().map(|chapter| Known::of(repo, chapter)).collect();
    let earned: u32 = known.iter().map(|known| known.score().earned).sum();
    let possible: u32 = repo.chapters.iter().map(|chapter| chapter.manifest.points()).sum();
    let points = format!("{earned} of {possible} points");
    let mut text = heading("Build Your Own etcd", &points, look);
    text.push('\n');
    if known.iter().all(Known::is_untouched) {
        text.push_str(&paragraph(WELCOME, 0, look.width));
        text.push('\n');
    }
    for known in &known {
        text.push_str(&row(known, look));
    }
    if known.iter().any(Known::is_old) {
        let line = "  as of the last grade; the code has changed since";
        text.push_str(&look.paint(Style::Faint, line));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&next_of(repo, &known, look));
    text
}

/// The next step alone, for the end of another screen: in this chapter, as long as it has one.
pub fn next_text(repo: &Repo, chapter: &Chapter, look: Look) -> String {
    let at = repo.chapters.iter().position(|other| other.name == chapter.name).unwrap_or(0);
    let (before, from_here) = repo.chapters.split_at(at);
    let chapters = from_here.iter().chain(before);
    let known: Vec<Known<'_>> = chapters.map(|chapter| Known::of(repo, chapter)).collect();
    next_of(repo, &known, look)
}

/// One chapter's line.
fn row(known: &Known<'_>, look: Look) -> String {
    let chapter = known.chapter;
    let possible = chapter.manifest.points();
    let right = match &known.stage {
        Stage::Missing => format!("{} is missing", chapter.folder(Tree::Mine)),
        Stage::Swapped => "the solution is in use".to_owned(),
        Stage::Given => given(chapter).to_owned(),
        Stage::Own { exercises, .. } => {
            let earned = known.score().earned;
            let done = exercises.iter().filter(|(_, state, _)| *state == State::Passed).count();
            format!(
                "{} {earned:>3}/{possible:<3}  {done} of {} exercises",
                bar(earned, possible, look),
                exercises.len()
            )
        }
    };
    let room = look.width.saturating_sub(6 + screen::width_of(&right) + 2);
    let title = clip(&chapter.manifest.title, room);
    let titles = 24.min(room).max(screen::width_of(&title));
    let number = if chapter.number() == 0 { String::new() } else { chapter.word() };
    let line = format!("  {number:>2}  {title:titles$}  {right}");
    format!("{}\n", line.trim_end())
}

fn bar(earned: u32, possible: u32, look: Look) -> String {
    let width = BAR.min(look.width / 4);
    let full = width * earned as usize / (possible.max(1) as usize);
    format!("{}{}", "█".repeat(full), "░".repeat(width - full))
}

/// The one next step.
fn next_of(repo: &Repo, known: &[Known<'_>], look: Look) -> String {
    let first = known.iter().position(|known| !matches!(known.stage, Stage::Given));
    for (place, known) in known.iter().enumerate() {
        let chapter = known.chapter;
        if matches!(known.stage, Stage::Missing) {
            let command = format!("git checkout {}", chapter.folder(Tree::Mine));
            return format!(
                "Next: bring {} back\n{}",
                chapter.called(),
                pointers(&[("type", command)], look)
            );
        }
        let Some((exercise, state)) = known.open() else {
            if known.is_old() {
                let command = format!("cargo workbook grade {}", chapter.word());
                return format!(
                    "{}\n{}",
                    look.paint(Style::Strong, "Next: grade what you have changed"),
                    pointers(&[("type", command)], look)
                );
            }
            continue;
        };
        if first == Some(place) && known.is_untouched() {
            return first_step(repo, chapter, exercise, look);
        }
        let mut text = next_step(repo, chapter, exercise, state, look);
        if let Some(other) = after_first_half(repo, known, exercise) {
            let words = format!(
                "It is in the second half, which a first pass may leave: chapter {other} needs \
                 only the first."
            );
            text.push_str(&paragraph(&words, 2, look.width));
        }
        return text;
    }
    done(known, look)
}

/// The number of the next chapter, if this exercise opens the second half of its own.
fn after_first_half(repo: &Repo, known: &Known<'_>, exercise: &Exercise) -> Option<u32> {
    let number = known.chapter.number();
    let taught = |chapter: &&Chapter| chapter.number() > number && !chapter.is_given();
    let next = repo.chapters.iter().find(taught)?;
    (exercise.half == Half::Second).then_some(next.number())
}

/// The first step of all.
fn first_step(repo: &Repo, chapter: &Chapter, exercise: &Exercise, look: Look) -> String {
    let title = format!("Next: {} {}", exercise.id, exercise.title);
    let mut lines = vec![("read", "cargo workbook book".to_owned())];
    if let Some(place) = crate::place::of_exercise(repo, chapter, Tree::Mine, exercise) {
        lines.push(("write", format!("{}:{}", place.file.display(), place.line)));
    }
    lines.push(("grade", format!("cargo workbook grade {}", exercise.id)));
    lines.push(("more", "cargo workbook --help".to_owned()));
    let cost = format!(" · {} minutes, {} points", exercise.minutes, exercise.points);
    format!("{}{cost}\n{}", look.paint(Style::Strong, &title), pointers(&lines, look))
}

/// Nothing is open.
fn done(known: &[Known<'_>], look: Look) -> String {
    let own = known.iter().rfind(|known| matches!(known.stage, Stage::Own { .. }));
    match own {
        Some(known) => {
            let number = known.chapter.word();
            let (title, command) = if known.chapter.manifest.play.is_some() {
                ("Next: watch your own nodes", format!("cargo workbook play {number}"))
            } else {
                ("Next: the harder runs", format!("cargo workbook grade {number} --seeds 1000"))
            };
            format!(
                "Everything that is here is right.\n{}\n{}",
                look.paint(Style::Strong, title),
                pointers(&[("type", command)], look)
            )
        }
        None => {
            let swapped = known.iter().find(|known| matches!(known.stage, Stage::Swapped));
            let number = swapped.map_or("1".to_owned(), |known| known.chapter.word());
            format!(
                "Every chapter is the solution's at the moment.\nNext: bring yours back\n{}",
                pointers(&[("type", format!("cargo workbook use mine {number}"))], look)
            )
        }
    }
}
