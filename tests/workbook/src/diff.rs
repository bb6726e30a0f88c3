//! `diff`: the learner's code of an exercise beside the solution's.
//!
//! Owns the comparison by lines and its two drawings: side by side where there are 100 columns,
//! one below the other where there are fewer. It compares the exercise's items only, without their
//! documentation, and needs neither git nor another tool.

use crate::Error;
use crate::cut::locate::locate;
use crate::cut::starter::require_solutions;
use crate::items::Crate;
use crate::repo::{Chapter, Repo, Tree};
use crate::screen::{Look, Style, say, width_of};
use std::process::ExitCode;

/// From this width on, two columns are readable.
const SIDE_BY_SIDE: usize = 100;

/// Shows the learner's code of an exercise beside the solution's.
pub fn run(repo: &Repo, id: &str) -> Result<ExitCode, Error> {
    let (chapter, exercise) = repo.exercise(id)?;
    let look = Look::now();
    let heading = format!("{}  {}", exercise.id, exercise.title);
    let mut text = format!("{}\n", look.paint(Style::Strong, &heading));
    for pair in pairs(repo, chapter, &exercise.items)? {
        text.push_str(&pair.drawn(look));
    }
    let command = format!("cargo workbook grade {}", exercise.id);
    text.push_str(&format!("\n  grade yours  {}\n", look.paint(Style::Command, &command)));
    say(&text);
    Ok(ExitCode::SUCCESS)
}

/// One item, in both versions.
struct Pair {
    path: String,
    file: String,
    mine: Result<String, String>,
    solution: String,
}

fn pairs(repo: &Repo, chapter: &Chapter, items: &[String]) -> Result<Vec<Pair>, Error> {
    require_solutions(repo, chapter)?;
    repo.require(chapter, Tree::Mine)?;
    let package = &chapter.manifest.package;
    let solution = Crate::read(package, &repo.folder(chapter, Tree::Solution))?;
    let mine = Crate::read(package, &repo.folder(chapter, Tree::Mine))?;
    let mut pairs = Vec::new();
    for path in items {
        let theirs = solution.find(path)?;
        let own = match locate(&mine, theirs, path) {
            Ok(place) => Ok(dedented(&place.source, place.bare.start, place.bare.end)),
            Err(error) => Err(error.message),
        };
        pairs.push(Pair {
            path: path.clone(),
            file: theirs.file.display().to_string(),
            mine: own,
            solution: theirs.text_without_docs(),
        });
    }
    Ok(pairs)
}

fn dedented(source: &str, start: usize, end: usize) -> String {
    let indent = crate::items::indent_of(source, start);
    let lines = source[start..end].lines();
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix(indent).unwrap_or(line)).collect();
    lines.join("\n")
}

impl Pair {
    fn drawn(&self, look: Look) -> String {
        let heading = format!("{}  {}", self.path, self.file);
        let mut text = format!("\n  {}\n", look.paint(Style::Faint, &heading));
        let mine = match &self.mine {
            Ok(mine) if *mine == self.solution => {
                text.push_str("  Yours and the solution's are the same.\n");
                return text;
            }
            Ok(mine) => mine.as_str(),
            Err(why) => {
                text.push_str(&format!("  Yours was not found: {why}\n"));
                ""
            }
        };
        let lines = compare(mine, &self.solution);
        if look.width >= SIDE_BY_SIDE {
            text.push_str(&side_by_side(&lines, look));
        } else {
            text.push_str(&unified(&lines, look));
        }
        text
    }
}

/// A line of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'a> {
    Both(&'a str),
    Mine(&'a str),
    Solution(&'a str),
}

/// The longest common lines, and what each side has between them. Items are short: a table of all
/// pairs of lines is small.
fn compare<'a>(mine: &'a str, solution: &'a str) -> Vec<Line<'a>> {
    let mine: Vec<&str> = mine.lines().collect();
    let solution: Vec<&str> = solution.lines().collect();
    let mut common = vec![vec![0_usize; solution.len() + 1]; mine.len() + 1];
    for i in (0..mine.len()).rev() {
        for j in (0..solution.len()).rev() {
            common[i][j] = if mine[i] == solution[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < mine.len() || j < solution.len() {
        if i < mine.len() && j < solution.len() && mine[i] == solution[j] {
            lines.push(Line::Both(mine[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == solution.len() || (i < mine.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(Line::Mine(mine[i]));
            i += 1;
        } else {
            lines.push(Line::Solution(solution[j]));
            j += 1;
        }
    }
    lines
}

fn unified(lines: &[Line<'_>], look: Look) -> String {
    let mut text = String::from("  - yours   + the solution's\n\n");
    for line in lines {
        let line = match line {
            Line::Both(line) => format!("    {line}"),
            Line::Mine(line) => look.paint(Style::Bad, &format!("  - {line}")),
            Line::Solution(line) => look.paint(Style::Good, &format!("  + {line}")),
        };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn side_by_side(lines: &[Line<'_>], look: Look) -> String {
    // Two columns, with a margin of two and three for the rule between them.
    let width = (look.width - 5) / 2;
    let mut text = row(look, width, Style::Faint, "yours", Style::Faint, "the solution's");
    let mut rest = lines;
    while let Some(first) = rest.first() {
        if let Line::Both(line) = first {
            text.push_str(&row(look, width, Style::Faint, line, Style::Faint, line));
            rest = &rest[1..];
            continue;
        }
        // A stretch in which the two differ: yours and the solution's, line by line.
        let end = rest.iter().position(|line| matches!(line, Line::Both(_))).unwrap_or(rest.len());
        let (stretch, after) = rest.split_at(end);
        let mine: Vec<&str> = stretch
            .iter()
            .filter_map(|line| match line {
                Line::Mine(line) => Some(*line),
                Line::Both(_) | Line::Solution(_) => None,
            })
            .collect();
        let solution: Vec<&str> = stretch
            .iter()
            .filter_map(|line| match line {
                Line::Solution(line) => Some(*line),
                Line::Both(_) | Line::Mine(_) => None,
            })
            .collect();
        for at in 0..mine.len().max(solution.len()) {
            let left = mine.get(at).copied().unwrap_or("");
            let right = solution.get(at).copied().unwrap_or("");
            text.push_str(&row(look, width, Style::Bad, left, Style::Good, right));
        }
        rest = after;
    }
    text
}

/// One row of two columns; a long line goes on in the next row.
fn row(look: Look, width: usize, left: Style, mine: &str, right: Style, solution: &str) -> String {
    let (mine, solution) = (folded(mine, width), folded(solution, width));
    let mut text = String::new();
    for at in 0..mine.len().max(solution.len()) {
        let own = mine.get(at).map_or("", String::as_str);
        let other = solution.get(at).map_or("", String::as_str);
        let gap = " ".repeat(width - width_of(own));
        let line = format!("  {}{gap} │ {}", look.paint(left, own), look.paint(right, other));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A line in pieces of at most `width` letters.
fn folded(line: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = line.replace('\t', "    ").chars().collect();
    if letters.is_empty() {
        return vec![String::new()];
    }
    letters.chunks(width).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: &str = "fn f() -> bool {\n    let a = 1;\n    a == 2\n}";
    const SOLUTION: &str = "fn f() -> bool {\n    1 == 2\n}";

    fn pair(mine: Result<&str, &str>) -> Pair {
        Pair {
            path: "demo::f".to_owned(),
            file: "src/lib.rs".to_owned(),
            mine: mine.map(str::to_owned).map_err(str::to_owned),
            solution: SOLUTION.to_owned(),
        }
    }

    #[test]
    fn lines_are_matched() {
        use Line::{Both, Mine, Solution};
        let expected = [
            Both("fn f() -> bool {"),
            Mine("    let a = 1;"),
            Mine("    a == 2"),
            Solution("    1 == 2"),
            Both("}"),
        ];
        assert_eq!(compare(MINE, SOLUTION), expected);
        assert_eq!(compare("", "a"), [Solution("a")]);
        assert_eq!(compare("a", ""), [Mine("a")]);
        assert_eq!(compare("", ""), []);
    }

    #[test]
    fn a_narrow_screen_shows_one_below_the_other() {
        let text = pair(Ok(MINE)).drawn(Look::plain(80));
        let expected = "
  demo::f  src/lib.rs
  - yours   + the solution's

    fn f() -> bool {
  -     let a = 1;
  -     a == 2
  +     1 == 2
    }
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_wide_screen_shows_two_columns() {
        let text = pair(Ok(MINE)).drawn(Look::plain(100));
        assert!(text.contains("  fn f() -> bool {") && text.contains("│ fn f() -> bool {"));
        let row = text.lines().find(|line| line.contains("let a = 1;")).expect("a row");
        assert!(row.contains("│     1 == 2"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        let long = format!("fn {}() {{}}", "x".repeat(120));
        let text = pair(Ok(&long)).drawn(Look::plain(100));
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }

    #[test]
    fn equal_and_missing_items_say_so() {
        assert!(pair(Ok(SOLUTION)).drawn(Look::plain(80)).contains("are the same"));
        let text = pair(Err("no such item")).drawn(Look::plain(80));
        assert!(text.contains("was not found: no such item") && text.contains("+ fn f()"));
    }

    #[test]
    fn colours_are_for_terminals() {
        let look = Look { width: 80, color: true, terminal: true };
        assert!(pair(Ok(MINE)).drawn(look).contains('\x1b'));
        assert!(!pair(Ok(MINE)).drawn(Look::plain(80)).contains('\x1b'));
    }
}
