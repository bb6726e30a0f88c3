//! The command line: every call, its help, and which module answers it.
//!
//! Owns the names of commands and options, and the exit status: 0 if everything asked for is well,
//! 1 if something graded or checked is not, 2 if the command could not be carried out. What a
//! command does is left to its module.

use crate::replay::Show;
use crate::repo::Repo;
use crate::{
    Error, begin, book, cluster, diff, doctor, grade, guard, hint, limits, original, play, prove,
    replay, reset, screen, status, swap, sync, verify, watch,
};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Could not be carried out: a mistake on the command line, or a broken file.
const UNUSABLE: u8 = 2;

const EXAMPLES: &str = "\
Start here:
  cargo workbook              where you are, and what to type next
  cargo workbook book         builds the text and opens it
  cargo workbook grade 1.1    grades the first exercise

Chapters are written as 1, exercises as 1.4.";

const KEYS: &str = "\
The run opens in a browser: the one that BROWSER names, or the system's. Where there is none, or
with --terminal, you step through it here. Enter, Space or → is one step on, ← or b one back,
g the start, G the end, q leaves. Without a terminal, every step is printed.";

#[derive(Parser)]
#[command(
    name = "cargo workbook",
    bin_name = "cargo workbook",
    about = "Builds, grades and explains the exercises of this workbook.",
    after_help = EXAMPLES,
    max_term_width = 100
)]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Build and run the tests of a chapter or an exercise
    #[command(after_help = "\
Examples:
  cargo workbook grade              the chapter of your next exercise
  cargo workbook grade 1            chapter 1
  cargo workbook grade 1.4          exercise 1.4 only
  cargo workbook grade 1 --solution the solution's code instead of yours
  cargo workbook grade 1.4 --seeds 1000 --seed 7
                                    1000 simulated runs, the first with seed 7

Ends with 0 if everything asked for passes, 1 if not, 2 if it does not build.")]
    Grade(GradeLine),
    /// Grade whenever a file of the chapter is saved; Ctrl-C ends it
    Watch {
        /// The chapter; that of your next exercise if left out
        #[arg(value_name = "N")]
        chapter: Option<String>,
    },
    /// Show the next hint of an exercise
    Hint {
        /// As in 1.4
        #[arg(value_name = "N.M")]
        exercise: String,
    },
    /// Show your code of an exercise beside the solution's
    Diff {
        /// As in 1.4
        #[arg(value_name = "N.M")]
        exercise: String,
    },
    /// Put an exercise or a chapter back as it was given; a backup is kept
    Reset {
        /// As in 1.4, or 1
        #[arg(value_name = "N or N.M")]
        target: String,
        /// Leave the public interface only, to design the inside yourself (whole chapters)
        #[arg(long)]
        bare: bool,
    },
    /// Build later chapters on the solution of a chapter, or on your own again
    Use {
        #[command(subcommand)]
        whose: Whose,
    },
    /// Run your own cluster and step through the run
    #[command(after_help = KEYS)]
    Play {
        /// As in 1
        #[arg(value_name = "N")]
        chapter: String,
        /// Here, not in a browser
        #[arg(long)]
        terminal: bool,
    },
    /// Step through the last failing run of an exercise
    #[command(after_help = KEYS)]
    Replay {
        /// An exercise as in 1.4, or a file with a run
        #[arg(value_name = "N.M or FILE")]
        what: String,
        /// Here, not in a browser
        #[arg(long)]
        terminal: bool,
    },
    /// Run a cluster of members, of your own layers, that etcd's clients can use
    Cluster {
        /// How many members
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = members)]
        members: usize,
        /// The solution's, instead of yours
        #[arg(long)]
        solution: bool,
        /// As fast as they can be; takes minutes to build
        #[arg(long)]
        release: bool,
    },
    /// Build the text
    Book {
        /// Serve it on this machine and rebuild it when it changes
        #[arg(long)]
        serve: bool,
    },
    /// Say whether this machine is ready, and what to do if not
    Doctor,
    /// Build etcd itself, to compare with; needs Go
    Original,
    /// For authors: begin a chapter, given until it has exercises
    New {
        /// As in 03-wal; 00 for what several chapters stand on
        #[arg(value_name = "NN-name")]
        name: String,
        /// As in "The log on disk"
        #[arg(long)]
        title: Option<String>,
        /// One seed is one run: no clock, no thread, no order of chance
        #[arg(long)]
        pure: bool,
    },
    /// For authors: take a given chapter away again
    Remove {
        /// As in 03-wal, or 3
        #[arg(value_name = "NN-name")]
        chapter: String,
        /// Also if git does not have all of it
        #[arg(long)]
        force: bool,
    },
    /// For authors: make chapters/ from solutions/, and what lists the chapters
    Sync {
        /// Change nothing; say whether they are equal
        #[arg(long, conflicts_with = "force")]
        check: bool,
        /// Also over a chapter whose changes would be lost
        #[arg(long)]
        force: bool,
    },
    /// For authors: run the graded tests against plausible mistakes
    Prove {
        /// A chapter as in 1; all if left out
        #[arg(value_name = "N")]
        chapter: Option<String>,
        /// Write down which test catches which mistake, for the book
        #[arg(long)]
        write: bool,
    },
    /// Check the whole repository, as its CI does, or some chapters
    Verify {
        /// As in 4, or basics; all if left out
        #[arg(value_name = "N")]
        chapters: Vec<String>,
        /// Also what was proven before and has not changed
        #[arg(long)]
        again: bool,
    },
    /// Sets limits and becomes the test.
    #[command(name = "__exec", hide = true)]
    Exec {
        cpu: u64,
        memory: u64,
        program: OsString,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Ends the tests of a command that was ended itself.
    #[command(name = "__guard", hide = true)]
    Guard,
}

#[derive(clap::Args)]
struct GradeLine {
    /// A chapter as in 1, an exercise as in 1.4; your next one's chapter if left out
    #[arg(value_name = "N or N.M")]
    target: Option<String>,
    /// Grade the solution's code instead of yours
    #[arg(long)]
    solution: bool,
    /// Write the result to a file as well, as JSON (schema workbook-grade/1)
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How many simulated runs a test makes
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// The seed of the first simulated run
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
}

#[derive(Subcommand)]
enum Whose {
    /// Later chapters build on the solution of these chapters
    Solution {
        /// As in 1 2 3
        #[arg(value_name = "N", required = true)]
        chapters: Vec<String>,
    },
    /// Later chapters build on your own code of these chapters
    Mine {
        /// As in 1 2 3
        #[arg(value_name = "N", required = true)]
        chapters: Vec<String>,
    },
}

/// Reads the command line of this process and carries it out.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let line = match Line::try_parse_from(&arguments) {
        Ok(line) => line,
        Err(error) => return explain(&error, &arguments),
    };
    match dispatch(line.command) {
        Ok(status) => status,
        Err(error) => {
            screen::complain(&error);
            ExitCode::from(UNUSABLE)
        }
    }
}

/// As many members as a cluster of this machine has.
fn members(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=cluster::MOST).contains(count));
    count.ok_or_else(|| format!("1 to {}", cluster::MOST))
}

fn dispatch(command: Option<Command>) -> Result<ExitCode, Error> {
    match command {
        None => status::run(&Repo::find()?),
        Some(Command::Grade(line)) => {
            let seeds = crate::measure::Seeds { runs: line.seeds, first: line.seed };
            let tree =
                if line.solution { crate::repo::Tree::Solution } else { crate::repo::Tree::Mine };
            let request =
                crate::measure::Request { target: line.target, tree, seeds, json: line.json };
            grade::run(&Repo::find()?, &request)
        }
        Some(Command::Watch { chapter }) => watch::run(&Repo::find()?, chapter.as_deref()),
        Some(Command::Hint { exercise }) => hint::run(&Repo::find()?, &exercise),
        Some(Command::Diff { exercise }) => diff::run(&Repo::find()?, &exercise),
        Some(Command::Reset { target, bare }) => reset::run(&Repo::find()?, &target, bare),
        Some(Command::Use { whose: Whose::Solution { chapters } }) => {
            swap::use_solution(&Repo::find()?, &chapters)
        }
        Some(Command::Use { whose: Whose::Mine { chapters } }) => {
            swap::use_mine(&Repo::find()?, &chapters)
        }
        Some(Command::Cluster { members, solution, release }) => {
            let tree = if solution { crate::repo::Tree::Solution } else { crate::repo::Tree::Mine };
            cluster::run(&Repo::find()?, members, tree, release)
        }
        Some(Command::Play { chapter, terminal }) => {
            play::run(&Repo::find()?, &chapter, place_of(terminal))
        }
        Some(Command::Replay { what, terminal }) => {
            replay::run(&Repo::find()?, &what, place_of(terminal))
        }
        Some(Command::Book { serve }) => book::run(&Repo::find()?, serve),
        Some(Command::Doctor) => doctor::run(&Repo::find()?),
        Some(Command::New { name, title, pure }) => {
            begin::new(&Repo::find()?, &begin::Request { name, title, pure })
        }
        Some(Command::Remove { chapter, force }) => begin::remove(&Repo::find()?, &chapter, force),
        Some(Command::Original) => original::run(&Repo::find()?),
        Some(Command::Sync { check, force }) => {
            let mode = match (check, force) {
                (true, _) => sync::Mode::Check,
                (false, false) => sync::Mode::Write,
                (false, true) => sync::Mode::Force,
            };
            sync::run(&Repo::find()?, mode)
        }
        Some(Command::Prove { chapter, write }) => {
            prove::run(&Repo::find()?, chapter.as_deref(), write)
        }
        Some(Command::Verify { chapters, again }) => {
            verify::run(&Repo::find()?, &verify::Request { chapters, again })
        }
        Some(Command::Exec { cpu, memory, program, arguments }) => {
            Err(limits::become_test(cpu, memory, &program, &arguments))
        }
        Some(Command::Guard) => Ok(guard::stand()),
    }
}

fn place_of(terminal: bool) -> Show {
    if terminal { Show::Terminal } else { Show::Browser }
}

/// What clap says, and the exit status for it. Asking for help is no error.
fn explain(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        screen::say(&format!("{}\n", error.render().to_string().trim_end()));
        return ExitCode::SUCCESS;
    }
    let mut text = error.render().to_string();
    // `cargo workbook 1.4` is meant as a grade.
    if let Some(first) = arguments.get(1).and_then(|first| first.to_str())
        && first.starts_with(|letter: char| letter.is_ascii_digit())
    {
        text = format!("error: \"{first}\" is no command\n  next: cargo workbook grade {first}\n");
    }
    screen::remark(&text);
    ExitCode::from(UNUSABLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Line::command().debug_assert();
    }
}
