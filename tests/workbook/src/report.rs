//! The screen of a grade: one line an exercise.
//!
//! Owns the table under the chapter's heading, and the parts that other screens share: the heading
//! and the block that names the next step. What follows a failure is left to `explain`.

use crate::manifest::{Exercise, Half};
use crate::measure::{Grade, Request};
use crate::place;
use crate::repo::{Chapter, Repo, Target, Tree};
use crate::score::Score;
use crate::screen::{Look, Style, clip, width_of};
use crate::verdict::State;

/// From this width on there is room for whole sentences beside a title.
const ROOMY: usize = 76;

/// What there is to show.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// What was graded.
    pub target: Target<'a>,
    /// How it was asked for.
    pub request: &'a Request,
    /// What came of it.
    pub grade: &'a Grade,
    /// What the screen can show.
    pub look: Look,
}

impl<'a> Shown<'a> {
    /// The exercises that were asked for.
    pub fn exercises(&self) -> Vec<&'a Exercise> {
        match self.target {
            Target::Chapter(chapter) => chapter.manifest.exercises.iter().collect(),
            Target::Exercise(_, exercise) => vec![exercise],
        }
    }
}

/// The heading and the lines of the exercises.
pub fn screen(shown: &Shown<'_>) -> String {
    let chapter = shown.target.chapter();
    let exercises = shown.exercises();
    let score: Score = exercises.iter().map(|exercise| shown.grade.score(exercise)).sum();
    let mut title = chapter.heading();
    if shown.request.tree == Tree::Solution {
        title.push_str(" · the solution");
    }
    let points = format!("{} of {} points", score.earned, score.possible);
    let mut text = heading(&title, &points, shown.look);
    text.push('\n');
    let rows: Vec<Row> = exercises
        .iter()
        .map(|exercise| {
            let state = shown.grade.state(exercise);
            let mut words = state.words();
            if state == State::Passed {
                words = shown.grade.note(exercise).unwrap_or_default().to_owned();
            }
            if state.is_bad()
                && let Some(cause) = shown.grade.cause(&chapter.manifest, exercise)
            {
                let because = if shown.look.width < ROOMY { "" } else { "because of " };
                words.push_str(&format!(", perhaps {because}{}", cause.id));
            }
            Row { exercise, score: Some(shown.grade.score(exercise)), state, words }
        })
        .collect();
    text.push_str(&table(&rows, shown.look, matches!(shown.target, Target::Chapter(_))));
    text
}

/// A title at the left and a few words at the right.
pub fn heading(title: &str, right: &str, look: Look) -> String {
    let room = look.width.saturating_sub(width_of(right) + 2);
    let title = clip(title, room);
    let space = look.width.saturating_sub(width_of(&title) + width_of(right));
    format!("{}{:space$}{right}\n", look.paint(Style::Strong, &title), "")
}

/// One line of the table.
pub struct Row<'a> {
    /// The exercise.
    pub exercise: &'a Exercise,
    /// Its points, if they are known.
    pub score: Option<Score>,
    /// Its state.
    pub state: State,
    /// What stands at the end of the line.
    pub words: String,
}

/// The table of exercises.
pub fn table(rows: &[Row<'_>], look: Look, halves: bool) -> String {
    let ids = rows.iter().map(|row| width_of(&row.exercise.id)).max().unwrap_or(0);
    let titles = rows.iter().map(|row| width_of(&row.exercise.title)).max().unwrap_or(0);
    // What was tried is shown where there is room; what is wrong makes itself room.
    let wordy = rows.iter().filter(|row| row.state != State::Passed);
    let words = wordy.map(|row| width_of(&row.words)).max().unwrap_or(0);
    // sign, id, title, points, words, and the spaces between them
    let fixed = 4 + ids + 2 + 2 + 7 + 3;
    let titles = titles.min(look.width.saturating_sub(fixed + words).max(14));
    let mut text = String::new();
    let mut half = Half::First;
    for row in rows {
        if halves && row.exercise.half != half {
            half = row.exercise.half;
            let line = "  the second half; a first pass may leave it";
            text.push_str(&look.paint(Style::Faint, line));
            text.push('\n');
        }
        let style = match row.state {
            State::Passed => Style::Good,
            ref state if state.is_bad() => Style::Bad,
            _ => Style::Faint,
        };
        let points = match row.score {
            Some(score) => format!("{}/{}", score.earned, score.possible),
            None => format!("–/{}", row.exercise.points),
        };
        let title = clip(&row.exercise.title, titles);
        let mut line = format!(
            "  {} {:ids$}  {title:titles$}  {points:>7}",
            look.paint(style, row.state.sign()),
            row.exercise.id,
        );
        let room = look.width.saturating_sub(width_of(&line) + 3);
        if row.state != State::Passed {
            line.push_str(&format!("   {}", look.paint(style, &clip(&row.words, room))));
        } else if width_of(&row.words) <= room {
            line.push_str(&format!("   {}", look.paint(Style::Faint, &row.words)));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Labels and values, one a line, the labels in a column.
pub fn pointers(lines: &[(&str, String)], look: Look) -> String {
    let width = lines.iter().map(|(label, _)| width_of(label)).max().unwrap_or(0);
    let mut text = String::new();
    for (label, value) in lines {
        let value = if value.starts_with("cargo workbook") {
            look.paint(Style::Command, value)
        } else {
            value.clone()
        };
        text.push_str(&format!("  {label:width$}  {value}\n"));
    }
    text
}

/// What to do next about an exercise: read, write, grade.
pub fn next_step(
    repo: &Repo,
    chapter: &Chapter,
    exercise: &Exercise,
    state: &State,
    look: Look,
) -> String {
    let mut text = String::new();
    let title = format!("Next: {} {}", exercise.id, exercise.title);
    let cost = format!(" · {} minutes, {} points", exercise.minutes, exercise.points);
    text.push_str(&look.paint(Style::Strong, &title));
    text.push_str(&cost);
    text.push('\n');
    let mut lines = Vec::new();
    if let Some(section) = &exercise.section {
        lines.push(("read", section_line(repo, section, look)));
    }
    let label = if *state == State::NotWritten { "write" } else { "open" };
    if let Some(place) = place::of_exercise(repo, chapter, Tree::Mine, exercise) {
        lines.push((label, format!("{}:{}", place.file.display(), place.line)));
    }
    lines.push(("type", format!("cargo workbook grade {}", exercise.id)));
    text.push_str(&pointers(&lines, look));
    text
}

/// A section's title and file, as far as there is room.
pub fn section_line(repo: &Repo, section: &str, look: Look) -> String {
    let (title, path) = place::of_section(repo, section);
    let long = format!("{title} · {path}");
    if width_of(&long) + 12 <= look.width { long } else { title }
}
